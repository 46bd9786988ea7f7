//! Does a query say what a person who typed it means, and is everything else refused with a reason?

use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};
use proptest::prop_assert;
use rstest::rstest;

use super::{DEPTH, Kind, LENGTH, Query, WORDS, parse};
use crate::model::Field;

/// A tree on one line, with every bracket.
fn shown(query: &Query) -> String {
    let list = |parts: &[Query]| parts.iter().map(shown).collect::<Vec<_>>().join(" ");
    match &query.kind {
        Kind::Words { text, field } => match field {
            Some(Field::Title) => format!("title[{text}]"),
            Some(Field::Body) => format!("body[{text}]"),
            None => format!("[{text}]"),
        },
        Kind::And(all) => format!("(and {})", list(all)),
        Kind::Or(any) => format!("(or {})", list(any)),
        Kind::Not(inner) => format!("(not {})", shown(inner)),
    }
}

#[rstest]
#[case::word("Russia", "[Russia]")]
#[case::juxtaposed("Russia China", "(and [Russia] [China])")]
#[case::and("Russia AND China", "(and [Russia] [China])")]
#[case::ampersands("a && b", "(and [a] [b])")]
#[case::phrase("\"military cooperation\"", "[military cooperation]")]
#[case::or("a OR b", "(or [a] [b])")]
#[case::bar("a | b|c||d", "(or [a] [b] [c] [d])")]
#[case::bar_wide("a｜b", "(or [a] [b])")]
#[case::and_binds_before_or("a b OR c AND d", "(or (and [a] [b]) (and [c] [d]))")]
#[case::not_binds_before_and("a -b c", "(and [a] (not [b]) [c])")]
#[case::not_binds_before_or("a OR b NOT c", "(or [a] (and [b] (not [c])))")]
#[case::group("(a OR b) c", "(and (or [a] [b]) [c])")]
#[case::group_tight("(a OR b)c(d)", "(and (or [a] [b]) [c] [d])")]
#[case::groups_in_groups("((a))", "[a]")]
#[case::group_wide("（a OR b） c", "(and (or [a] [b]) [c])")]
#[case::minus_phrase("x -\"a b\"", "(and [x] (not [a b]))")]
#[case::minus_group("x -(a b)", "(and [x] (not (and [a] [b])))")]
#[case::minus_field("x -title:y", "(and [x] (not title[y]))")]
#[case::not_word("x AND NOT y", "(and [x] (not [y]))")]
#[case::minus_first("-y x", "(and (not [y]) [x])")]
#[case::minus_sign("x −y", "(and [x] (not [y]))")]
#[case::minus_en_dash("x –y", "(and [x] (not [y]))")]
#[case::minus_em_dash("x —y", "(and [x] (not [y]))")]
#[case::minus_wide("x －y", "(and [x] (not [y]))")]
#[case::hyphen_inside("no-limits", "[no-limits]")]
#[case::title("title:Putin", "title[Putin]")]
#[case::body("body:Putin", "body[Putin]")]
#[case::field_any_case("Title:Putin", "title[Putin]")]
#[case::field_wide_colon("title：Putin", "title[Putin]")]
#[case::field_phrase("title:\"x y\"", "title[x y]")]
#[case::field_group("title:(a OR b) c", "(and (or title[a] title[b]) [c])")]
#[case::field_group_not("title:(a -b)", "(and title[a] (not title[b]))")]
#[case::field_in_same_field("title:(title:a b)", "(and title[a] title[b])")]
#[case::field_then_number("title:10:30", "title[10:30]")]
#[case::quotes_typographic("“a b” „c d“ «e f»", "(and [a b] [c d] [e f])")]
#[case::quotes_wide("＂a b＂", "[a b]")]
#[case::quotes_keep_keywords("\"a OR b\"", "[a OR b]")]
#[case::quotes_keep_signs("\"title: -x @y =z\"", "[title: -x @y =z]")]
#[case::quotes_right_after("a\"b c\"d", "(and [a] [b c] [d])")]
#[case::time("10:30", "[10:30]")]
#[case::lower_case("a or b and not c", "(and [a] [or] [b] [and] [not] [c])")]
#[case::keyword_in_word("ORBIT ANDES NOTE OFFICE", "(and [ORBIT] [ANDES] [NOTE] [OFFICE])")]
#[case::of_without_bracket("2 OF Russia", "(and [2] [OF] [Russia])")]
#[case::signs_inside(
    "AT&T C++ C# l'Iran user@host a/b",
    "(and [AT&T] [C++] [C#] [l'Iran] [user@host] [a/b])"
)]
#[case::scripts("北京 Москва", "(and [北京] [Москва])")]
#[case::spaces("\u{A0}a\u{3000}b\t\n", "(and [a] [b])")]
fn queries_are_read(#[case] query: &str, #[case] expected: &str) {
    let parsed = parse(query).unwrap();
    assert_eq!(shown(&parsed), expected);
}

/// The error of `query`: the wrong bytes between `>` and `<`, what is wrong, what to write.
fn refused(query: &str) -> (String, String, String) {
    let error = parse(query).unwrap_err();
    let (before, rest) = query.split_at(error.span.start);
    let (wrong, after) = rest.split_at(error.span.len());
    let place = format!("{before}>{wrong}<{after}");
    (place, error.message, error.help.unwrap_or_default())
}

#[rstest]
#[case::empty("><", "the query is empty", "at least one word")]
#[case::blank("  ><", "the query is empty", "at least one word")]
#[case::only_minus(">-drill<", "only says what must not be there", "navy -drill")]
#[case::only_not(">NOT drill<", "only says what must not be there", "navy -drill")]
#[case::only_nots(">-a -b<", "only says what must not be there", "navy -drill")]
#[case::or_not("a OR >-b<", "only says what must not be there", "navy -drill")]
#[case::not_of_only_nots("a ->(-b)<", "only says what must not be there", "navy -drill")]
#[case::quote_open("a >\"b c<", "this quote is not closed", "close it")]
#[case::quote_open_wide(">“b c<", "this quote is not closed", "close it")]
#[case::bracket_open("a >(<b OR c", "this bracket is not closed", "close it")]
#[case::bracket_close("a b>)< c", "this bracket closes nothing", "delete it")]
#[case::bracket_empty("a (>)<", "nothing between this bracket", "at least one word")]
#[case::bracket_after_or("(a OR >)<", "nothing between this bracket", "at least one word")]
#[case::and_first(">AND< b", "AND has nothing on one of its sides", "\"AND\"")]
#[case::or_first(">OR< b", "OR has nothing on one of its sides", "\"OR\"")]
#[case::bar_first(">|< b", "OR has nothing on one of its sides", "word before and after")]
#[case::or_last("a >OR<", "ends where a word should follow", "one more word")]
#[case::and_last("a >AND<", "ends where a word should follow", "one more word")]
#[case::and_or("a AND >OR< b", "OR has nothing on one of its sides", "\"OR\"")]
#[case::or_or("a OR >OR< b", "OR has nothing on one of its sides", "\"OR\"")]
#[case::not_last("a >NOT<", "nothing here that it could exclude", "-drill")]
#[case::not_not("a >NOT NOT< b", "not of not", "leave both out")]
#[case::minus_minus("a >--<b", "not of not", "leave both out")]
#[case::minus_or("a >NOT< OR b", "nothing here that it could exclude", "-drill")]
#[case::field_alone(">title:<", "names a field, but nothing to look for", "title:Putin")]
#[case::field_space(
    ">title:< x",
    "names a field, but nothing to look for",
    "without a space"
)]
#[case::field_minus(">title:-<x", "names a field, but nothing to look for", "-title:x")]
#[case::field_field(
    ">title:<body:x",
    "names a field, but nothing to look for",
    "title:Putin"
)]
#[case::field_in_field("title:(a >body:<b)", "field within another field", "one of the two")]
#[case::field_misspelt(">titel:<x", "no field `titel:`", "did you mean `title:`?")]
#[case::field_unknown(
    ">author:<x",
    "the field `author:` is not understood",
    "title: and body:"
)]
#[case::field_site(
    ">site:<tass.com",
    "the field `site:` is not understood",
    "title: and body:"
)]
#[case::field_wide_colon(
    ">lang：<ru",
    "the field `lang:` is not understood",
    "title: and body:"
)]
#[case::headline(">Update:< Putin", "no field `Update:`", "quotes")]
#[case::address(">http:<//x", "no field `http:`", "quotes")]
#[case::minus_alone("a >-< b", "this minus stands alone", "right before")]
#[case::dash_alone("Russia >–< China", "this minus stands alone", "leave it out")]
#[case::minus_last("a >-<", "this minus stands alone", "right before")]
#[case::pluses(">+++<", "`+` is not understood", "leave it out")]
#[case::plus(">+drill<", "`+` is not understood", "leave it out")]
#[case::bang("a >!b<", "`!` is not understood", "-drill")]
#[case::no_word("a >...<", "there is no word in this", "delete it")]
#[case::no_word_quoted(">\"...\"<", "there is no word in this", "write words")]
#[case::quotes_empty(">\"\"<", "nothing between these quotes", "write words")]
#[case::quotes_blank(">\"  \"<", "nothing between these quotes", "write words")]
#[case::prefix(">militar*<", "wildcard `*` is not understood", "whole words")]
#[case::prefix_wide(">militar＊<", "wildcard `*` is not understood", "whole words")]
#[case::suffix(">*stan<", "wildcard `*` is not understood", "whole words")]
#[case::every(">*<", "wildcard `*` is not understood", "whole words")]
#[case::gap(
    "\"joint >*< drill\"",
    "`*` for a word is not understood",
    "two phrases"
)]
#[case::stem(">~x<", "`~` is not understood", "spellings")]
#[case::edits(">x~1<", "`~` is not understood", "spellings")]
#[case::slop("\"a b\">~2<", "`~` is not understood", "spellings")]
#[case::exact(">=US<", "`=` is not understood", "quotes")]
#[case::exact_phrase(">=<\"Five Eyes\"", "`=` is not understood", "quotes")]
#[case::exact_in_field("title:>=US<", "`=` is not understood", "quotes")]
#[case::list(
    ">@russia<",
    "a word list (`@`) is not understood",
    "(Russia OR Moscow)"
)]
#[case::list_wide(
    ">＠russia<",
    "a word list (`@`) is not understood",
    "(Russia OR Moscow)"
)]
#[case::regex(
    ">/T-?90M?/<",
    "a regular expression (`/`) is not understood",
    "quotes"
)]
#[case::near("a >NEAR/5< b", "`NEAR` is not understood", "both words")]
#[case::then("a >THEN/3< b", "`THEN` is not understood", "both words")]
#[case::then_wide("a >THEN／3< b", "`THEN` is not understood", "both words")]
#[case::of("2 >OF< (a, b)", "`n OF (...)` is not understood", "combinations")]
#[case::of_tight("2 >OF<(a, b)", "`n OF (...)` is not understood", "combinations")]
fn mistakes_are_explained(#[case] marked: &str, #[case] message: &str, #[case] help: &str) {
    let query = marked.replace(['>', '<'], "");
    let (place, said, advice) = refused(&query);
    assert_eq!(place, marked, "{said}: {advice}");
    assert!(said.contains(message), "{said}");
    assert!(advice.contains(help), "{advice}");
}

#[test]
fn brackets_have_a_depth() {
    let nested = |depth| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
    assert!(parse(&nested(DEPTH)).is_ok());
    let error = parse(&nested(DEPTH + 1)).unwrap_err();
    assert_eq!((error.span.start, error.span.len()), (DEPTH, 1));
    assert!(error.message.contains("64 deep"), "{error}");
    // Side by side they are no deeper.
    assert!(parse(&"(a) ".repeat(4 * DEPTH)).is_ok());
}

#[test]
fn queries_and_phrases_have_a_length() {
    let long = "é".repeat(LENGTH);
    let error = parse(&format!("a{long}")).unwrap_err();
    assert!(error.message.contains("65536 bytes"), "{error}");
    assert!(format!("a{long}").is_char_boundary(error.span.end));

    let phrase = |words| format!("\"{}\"", "a ".repeat(words));
    assert!(parse(&phrase(WORDS)).is_ok());
    let error = parse(&phrase(WORDS + 1)).unwrap_err();
    assert!(error.message.contains("64 words"), "{error}");
}

#[rstest]
fn endless_queries_are_answered(
    #[values(
        "(", ")", "-", "\"", "a ", "NOT ", "title:", "title:(", "a|", "-(", "a OR ", "«", "a-",
        "é:"
    )]
    unit: &str,
    #[values(LENGTH - 1, 1 << 20)] length: usize,
) {
    let _ = parse(&unit.repeat(length / unit.len()));
}

/// Pieces of the language in any order.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<char>().prop_map(String::from),
        proptest::sample::select(vec![
            "a", "б", "北", " ", " ", "(", ")", "（", "）", "\"", "“", "»", "-", "–", "|", "||",
            "AND", "OR", "NOT", "NEAR/5", "THEN", "OF", "title:", "body：", "x:", "*", "＊", "~",
            "~1", "=", "@", "/", "+", "!", ",", "'s", "\u{301}", "\u{3000}",
        ])
        .prop_map(str::to_owned),
        Just(" ".to_owned()),
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn check(query: &str) -> Result<(), proptest::test_runner::TestCaseError> {
    match parse(query) {
        Ok(parsed) => prop_assert!(query.get(parsed.span).is_some()),
        Err(error) => {
            prop_assert!(query.get(error.span).is_some());
            prop_assert!(!error.message.is_empty() && error.help.is_some());
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn anything_typed_is_answered(query in any::<String>()) {
        check(&query)?;
    }

    #[test]
    fn pieces_of_the_language_in_any_order_are_answered(query in pieces()) {
        check(&query)?;
    }

    /// What is shown as the part of a tree reads as that tree again.
    #[test]
    fn parts_read_as_themselves(query in pieces()) {
        if let Ok(parsed) = parse(&query) {
            let again = parse(&query[parsed.span.clone()]);
            prop_assert!(again.is_ok_and(|again| shown(&again) == shown(&parsed)));
        }
    }
}

//! Does a query say what a person who typed it means, and is everything else refused with a reason?

use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};
use proptest::prop_assert;
use rstest::rstest;

use super::{DEPTH, How, Kind, LENGTH, Label, Lists, Query, SyntaxError, WORDS, Words, doubts};
use crate::model::Field;

/// A tree on one line, with every bracket.
fn shown(query: &Query) -> String {
    let list = |parts: &[Query]| parts.iter().map(shown).collect::<Vec<_>>().join(" ");
    let of = |field: &Option<Field>| {
        field.map_or(String::new(), |field| format!("{field:?}").to_lowercase())
    };
    match &query.kind {
        Kind::Words(Words { text, field, how }) => {
            let how = match how {
                How::Folded => String::new(),
                How::Exact => "=".to_owned(),
                How::Stemmed => "~".to_owned(),
                How::Edits(edits) => format!("{edits}~"),
            };
            format!("{}{how}[{text}]", of(field))
        }
        Kind::Near {
            left,
            right,
            distance,
            ordered,
        } => {
            let name = if *ordered { "then" } else { "near" };
            format!("({name}{distance} {} {})", shown(left), shown(right))
        }
        Kind::Regex { pattern, field } => format!("{}/{pattern}/", of(field)),
        Kind::Is(Label::Site(host)) => format!("site<{host}>"),
        Kind::Is(Label::Tag(tag)) => format!("tag<{tag}>"),
        Kind::Is(Label::Lang(code)) => format!("lang<{code}>"),
        Kind::Every => "every".to_owned(),
        Kind::List { name, field, .. } => format!("{}@[{name}]", of(field)),
        Kind::AtLeast { least, of } => format!("({least} of {})", list(of)),
        Kind::And(all) => format!("(and {})", list(all)),
        Kind::Or(any) => format!("(or {})", list(any)),
        Kind::Not(inner) => format!("(not {})", shown(inner)),
    }
}

fn parse(query: &str) -> Result<Query, SyntaxError> {
    let lists = [
        ("russia", "Russia"),
        ("country/ru", "@russia"),
        ("tanks", "/T-?90/"),
    ];
    let lists = lists.map(|(name, entry)| (name.to_owned(), vec![entry.to_owned()]));
    let (lists, problems) = Lists::new(&lists.into());
    assert_eq!(problems, []);
    super::parse(query, &lists)
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
#[case::of_word("one OF us", "(and [one] [OF] [us])")]
#[case::of("2 OF (a, b c, \"d e\")", "(2 of [a] (and [b] [c]) [d e])")]
#[case::of_tight("2 OF(a,b)", "(2 of [a] [b])")]
#[case::of_numbers("1 OF (10,000, 5)", "(1 of [10,000] [5])")]
#[case::of_groups(
    "2 OF (a OR b, (c d), -e f)",
    "(2 of (or [a] [b]) (and [c] [d]) (and (not [e]) [f]))"
)]
#[case::of_in_of("2 OF (a, 1 OF (b, c), d)", "(2 of [a] (1 of [b] [c]) [d])")]
#[case::of_ends_commas("2 OF (a, b) c,d", "(and (2 of [a] [b]) [c,d])")]
#[case::of_commas_wide("2 OF (a，b、c)", "(2 of [a] [b] [c])")]
#[case::of_field("title:2 OF (a, b)", "(2 of title[a] title[b])")]
#[case::prefix("militar*", "[militar*]")]
#[case::suffix("*stan", "[*stan]")]
#[case::gap("\"joint * drill\"", "[joint * drill]")]
#[case::every("*", "every")]
#[case::every_but("* -a", "(and every (not [a]))")]
#[case::near("a NEAR/5 b", "(near5 [a] [b])")]
#[case::near_wide("a THEN／3 b", "(then3 [a] [b])")]
#[case::near_binds_before_and("a b NEAR/5 c d", "(and [a] (near5 [b] [c]) [d])")]
#[case::near_groups("(a OR \"b c\") NEAR/5 @russia", "(near5 (or [a] [b c]) @[russia])")]
#[case::near_lower("a near/5 b", "(and [a] [near/5] [b])")]
#[case::exact("=US", "=[US]")]
#[case::exact_wide("＝US", "=[US]")]
#[case::exact_phrase("=\"Five Eyes\"", "=[Five Eyes]")]
#[case::exact_operators("=OR =NOT =NEAR", "(and =[OR] =[NOT] =[NEAR])")]
#[case::exact_field("title:=US", "title=[US]")]
#[case::exact_not("a -=US", "(and [a] (not =[US]))")]
#[case::stem("~sanction", "~[sanction]")]
#[case::stem_phrase("title:~\"a b\"", "title~[a b]")]
#[case::edits("zelensky~1", "1~[zelensky]")]
#[case::edits_two("zelensky～２", "2~[zelensky]")]
#[case::list("@russia", "@[russia]")]
#[case::list_wide("＠russia", "@[russia]")]
#[case::list_of_lists("@country/ru -@tanks", "(and @[country/ru] (not @[tanks]))")]
#[case::list_field("title:(@russia b)", "(and title@[russia] title[b])")]
#[case::regex("/T-?90M?/", "/T-?90M?/")]
#[case::regex_any_case("/t 90|x/i b", "(and /(?i)t 90|x/ [b])")]
#[case::regex_slash("/a\\/b/", "/a\\/b/")]
#[case::regex_field("link:/news\\/\\d+/", "link/news\\/\\d+/")]
#[case::fields(
    "author:a category:b link:c feed:d",
    "(and author[a] category[b] link[c] feed[d])"
)]
#[case::site("site:tass.com", "site<tass.com>")]
#[case::site_cleaned("site:.WWW.Tass.com", "site<www.tass.com>")]
#[case::site_names("site:президент.рф", "site<xn--d1abbgf6aiiy.xn--p1ai>")]
#[case::site_any(
    "site:(tass.com OR \"bbc.co.uk\")",
    "(or site<tass.com> site<bbc.co.uk>)"
)]
#[case::tag("tag:\"East Asia\"", "tag<east asia>")]
#[case::lang("lang:ru_RU", "lang<ru>")]
#[case::not_lang("a -lang:ru", "(and [a] (not lang<ru>))")]
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
#[case::star_inside(">mil*ary<", "beginning or at the end", "militar*")]
#[case::star_twice(">militar**<", "beginning or at the end", "militar*")]
#[case::star_both_ends(">*milit*<", "beginning or at the end", "list")]
#[case::star_short(">a*<", "so short a beginning", "two letters")]
#[case::star_after_sign(">ab-*<", "not stand beside a letter", "militar*")]
#[case::star_first(">\"* drill\"<", "begins and ends with a word", "outer star")]
#[case::star_last(">\"drill *\"<", "begins and ends with a word", "outer star")]
#[case::stars(">**<", "begins and ends with a word", "outer star")]
#[case::every_in_field("title:>*<", "stands for every item", "leave the field out")]
#[case::stem_alone("a >~< b", "has no word after it", "~sanction")]
#[case::stem_star(">~militar*<", "cannot be combined", "leave one")]
#[case::exact_alone(">=<", "has no word after it", "=US")]
#[case::exact_star(">=militar*<", "cannot be combined", "leave one")]
#[case::edits_none(">zelensky~<", "1 letter or 2", "zelensky~1")]
#[case::edits_many(">zelensky~3<", "1 letter or 2", "zelensky~1")]
#[case::edits_short(">us~1<", "so short a word", "three letters")]
#[case::edits_short_two(">iran~2<", "so short a word", "five")]
#[case::edits_hyphen(">no-limits~1<", "only a single word", "as a list")]
#[case::edits_star(">zelen*~1<", "cannot be combined", "leave one")]
#[case::edits_phrase(">\"a b\"~2<", "a phrase has no spelling variants", "NEAR/3")]
#[case::list_unknown(">@rusia<", "no word list `@rusia`", "did you mean `@russia`?")]
#[case::list_new(">@zzz<", "no word list `@zzz`", "[words]")]
#[case::list_empty(">@<", "no word list `@`", "[words]")]
#[case::list_near("a NEAR/5 >@tanks<", "not all of it is words", "words and phrases")]
#[case::regex_open(
    "a /world/>europe<",
    "stands right after a regular expression",
    "space"
)]
#[case::regex_unclosed("a >/world b<", "this regular expression is not closed", "close it")]
#[case::regex_wrong("/a>(<b/", "unclosed group", "backslash")]
#[case::regex_class("/x[>z-a<]/", "invalid character class range", "docs.rs/regex")]
#[case::regex_empty("/>x*</", "fits the empty text", "at least one letter")]
#[case::regex_big("/>(\\w{500}){500}</", "too big", "smaller")]
#[case::regex_look("/a>(?=<b)/", "look-around", "docs.rs/regex")]
#[case::near_no_number("a >NEAR< b", "needs a distance", "NEAR/5")]
#[case::near_zero("a >NEAR/0< b", "needs a distance", "NEAR/5")]
#[case::near_far("a >THEN/101< b", "from 1 to 100", "THEN/5")]
#[case::near_word("a >NEAR/x< b", "needs a distance", "NEAR/5")]
#[case::near_chain("a NEAR/5 b >NEAR/5< c", "between two words", "in pairs")]
#[case::near_not(">-a< NEAR/5 b", "cannot stand beside NEAR", "a word, a phrase")]
#[case::near_and("a NEAR/5 >(b c)<", "cannot stand beside NEAR", "a word, a phrase")]
#[case::near_every(">*< NEAR/5 a", "cannot stand beside NEAR", "a word, a phrase")]
#[case::near_first(">NEAR/5< a", "NEAR has nothing", "\"NEAR\"")]
#[case::of_no_bracket(">2 OF< Russia", "a list in brackets", "2 OF (a, b, c)")]
#[case::of_no_number("a >OF< (b, c)", "how many", "2 OF (")]
#[case::of_one(">2 OF (a b)<", "only one thing", "commas")]
#[case::of_none(">0 OF< (a, b)", "always there", "from 1 to 2")]
#[case::of_many(">3 OF< (a, b)", "2 things are listed", "from 1 to 2")]
#[case::of_huge(
    ">99999999999999999999 OF< (a, b)",
    "2 things are listed",
    "from 1 to 2"
)]
#[case::of_comma("2 OF (a, >,< b)", "nothing before this comma", "between two commas")]
#[case::of_comma_last("2 OF (a, >)<", "nothing between this bracket", "at least one word")]
#[case::of_comma_inside("2 OF (a, (b >,< c))", "this comma parts nothing", "one OF list")]
#[case::of_not("2 OF (a, >-b<)", "only says what must not be there", "navy -drill")]
#[case::site_path("site:>tass.com/world<", "is no host name", "link:world")]
#[case::site_exact("site:>=tass<", "plain names only", "site:example.org")]
#[case::site_list("site:>@russia<", "plain names only", "site:example.org")]
#[case::tag_star("tag:>as*<", "this is no tag", "tag:asia")]
#[case::lang_name("lang:>russian<", "no language code", "lang:ru")]
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
            "AND", "OR", "NOT", "NEAR/5", "THEN/2", "2 OF", "title:", "site:", "lang:", "@russia",
            "/a/", "body：", "x:", "*", "＊", "~", "~1", "=", "@", "/", "+", "!", ",", "'s",
            "\u{301}", "\u{3000}",
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

#[rstest]
#[case("Russia or China", "or", "did you mean OR?")]
#[case("a And b", "And", "did you mean AND?")]
#[case("x (a not b)", "not", "did you mean NOT?")]
fn operators_in_lower_case_are_doubted(
    #[case] query: &str,
    #[case] word: &str,
    #[case] help: &str,
) {
    let doubts = doubts(&parse(query).unwrap());
    assert_eq!(doubts.len(), 1);
    assert_eq!(&query[doubts[0].span.clone()], word);
    assert_eq!(doubts[0].help, help);
}

#[rstest]
fn what_is_meant_is_not_doubted(
    #[values("a OR b", "or", "\"this or that\"", "a \"or\" b", "=or a")] query: &str,
) {
    assert_eq!(doubts(&parse(query).unwrap()), []);
}

/// What is wrong with lists written as `name: entry, entry; ...`.
fn wrong_lists(written: &str) -> String {
    let lists = written.split("; ").map(|list| {
        let (name, entries) = list.split_once(": ").unwrap();
        let entries = entries.split(", ").map(str::to_owned).collect();
        (name.to_owned(), entries)
    });
    let (_, problems) = Lists::new(&lists.collect());
    let shown = problems.iter().map(|problem| {
        format!(
            "{}[{}]: {}",
            problem.list, problem.entry, problem.error.message
        )
    });
    shown.collect::<Vec<_>>().join("\n")
}

#[rstest]
#[case::fine(
    "a: x, two words, \"a b\", =US, ~x, zelensky~1, mil*, /ab/, @b; b: y",
    ""
)]
#[case::itself("a: x, @a", "a[1]: this list includes itself: @a -> @a")]
#[case::circle(
    "a: @b; b: @c; c: x, @a",
    "c[1]: this list includes itself: @a -> @b -> @c -> @a"
)]
#[case::tail_of_circle("a: @b; b: @b", "b[0]: this list includes itself: @b -> @b")]
#[case::unknown("a: @z", "a[0]: there is no word list `@z`")]
#[case::query("a: x OR y", "a[0]: an entry is one word or phrase, not a query")]
#[case::brackets("a: (x y)", "a[0]: an entry is one word or phrase, not a query")]
#[case::not(
    "a: -x",
    "a[0]: this only says what must not be there, so it would match nearly everything"
)]
#[case::two_exact(
    "a: =a b",
    "a[0]: an entry is one word, one phrase, one regular expression or one list"
)]
#[case::every(
    "a: *",
    "a[0]: an entry is one word, one phrase, one regular expression or one list"
)]
#[case::no_word(
    "a: ..",
    "a[0]: there is no word in this: it has no letter and no digit"
)]
fn lists_are_checked(#[case] written: &str, #[case] expected: &str) {
    assert_eq!(wrong_lists(written), expected);
}

#[test]
fn lists_that_use_lists_have_a_depth() {
    let lists = |depth: usize| {
        let list = |at: usize| format!("l{at:03}: @l{:03}", at + 1);
        let mut all: Vec<String> = (0..depth).map(list).collect();
        all.push(format!("l{depth:03}: x"));
        wrong_lists(&all.join("; "))
    };
    assert_eq!(lists(31), "");
    assert!(lists(32).contains("at most 32 deep"), "{}", lists(32));
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

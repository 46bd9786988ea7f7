//! Do rules match what they say, for the reasons they give?

mod reference;

use std::time::{Duration, Instant};

use jiff::SignedDuration;
use proptest::prelude::{any, proptest};
use proptest::{prop_assert, prop_assume};
use rstest::rstest;

use super::{Match, RuleSet};
use crate::model::{Evidence, Field, Item, Rule, Urgency};

fn rule(queries: &[&str]) -> Rule {
    Rule {
        name: "test".into(),
        queries: queries.iter().map(|query| (*query).to_owned()).collect(),
        urgency: Urgency::default(),
        channels: Vec::new(),
        cooldown: SignedDuration::ZERO,
    }
}

fn item(title: &str, body: &str) -> Item {
    Item {
        key: "key".to_owned(),
        link: None,
        canonical_link: None,
        title: title.to_owned(),
        body: body.to_owned(),
        authors: Vec::new(),
        categories: Vec::new(),
        published: None,
        language: None,
    }
}

/// How long `work` takes.
#[expect(
    clippy::disallowed_methods,
    reason = "the measured time decides nothing but the test"
)]
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let done = work();
    (done, start.elapsed())
}

fn matches(queries: &[&str], item: &Item) -> Option<Vec<Evidence>> {
    let rules = RuleSet::compile(&[rule(queries)]).unwrap();
    rules.matches(item).pop().map(|found| found.evidence)
}

fn rings(query: &str, title: &str) -> bool {
    matches(&[query], &item(title, "")).is_some()
}

/// Evidence as `field[text]part`, in its order.
fn reasons(query: &str, title: &str, body: &str) -> String {
    let item = item(title, body);
    let Some(evidence) = matches(&[query], &item) else {
        return "no".to_owned();
    };
    let shown = evidence.iter().map(|evidence| {
        let (field, text) = match evidence.field {
            Field::Title => ("title", title),
            Field::Body => ("body", body),
        };
        assert_eq!(&text[evidence.start..evidence.end], evidence.text);
        format!("{field}[{}]{}", evidence.text, evidence.part)
    });
    shown.collect::<Vec<_>>().join(" ")
}

#[rstest]
fn spellings_of_a_joined_word_meet(
    #[values("no-limits", "no\u{2011}limits", "no‐limits", "NO-LIMITS")] text: &str,
    #[values(
        "no-limits",
        "\"no limits\"",
        "nolimits",
        "\"no-limits\"",
        "no\u{AD}limits",
        "limits"
    )]
    query: &str,
) {
    assert!(rings(query, text));
}

#[rstest]
#[case::possessive("\"China navy\"", "China's navy", true)]
#[case::possessive_back("\"China's navy\"", "the China navy", true)]
#[case::possessive_curly("\"China’s navy\"", "CHINA'S NAVY", true)]
#[case::possessive_alone("China", "China’s", true)]
#[case::plural("\"states rights\"", "states' rights", true)]
#[case::elision("Iran", "l'Iran", true)]
#[case::elision_joined("liran", "l’Iran", true)]
#[case::elision_query("l'Iran", "l Iran", true)]
#[case::elision_query_joined("l'Iran", "lIran", true)]
#[case::elision_other("l'Iran", "Iran", false)]
#[case::cooperation("cooperation", "co-operation", true)]
#[case::cooperation_back("co-operation", "cooperation", true)]
#[case::cooperation_phrase("\"military cooperation\"", "Military co-operation grows", true)]
#[case::cooperation_phrase_back(
    "\"military co-operation grows\"",
    "military cooperation grows",
    true
)]
#[case::in_a_chain("cooperation", "non-co-operation", true)]
#[case::obrien("obrien", "O'Brien-Smith", true)]
#[case::us("us", "U.S. navy", true)]
#[case::us_back("U.S.", "US navy", true)]
#[case::us_phrase("\"US navy\"", "the U.S. navy", true)]
#[case::us_phrase_back("\"U.S. navy\"", "the US Navy", true)]
#[case::us_possessive("\"US navy\"", "the U.S.'s navy", true)]
#[case::us_compound("\"US China\"", "U.S.-China talks", true)]
#[case::us_compound_back("U.S.-China", "US-China talks", true)]
#[case::f16("f16", "F-16 jets", true)]
#[case::f16_back("F-16", "F16 jets", true)]
#[case::thousands("10000", "10,000 troops", true)]
#[case::thousands_back("10,000", "10000 troops", true)]
#[case::accents("Sao", "São Paulo", true)]
#[case::accents_back("São", "Sao Paulo", true)]
#[case::part_of_a_word("mar", "Marshal", false)]
#[case::part_of_a_word_end("stan", "Pakistan", false)]
#[case::c_plus_plus("C++", "C++ 26", true)]
#[case::c_plus_plus_not_c("C++", "vitamin C", false)]
#[case::han_inside("北京", "在北京时间", true)]
#[case::han_order("北京", "京北", false)]
#[case::thai("ไทย", "ประเทศไทย", true)]
#[case::hangul("북한", "북한은", true)]
#[case::katakana("ガス", "天然ｶﾞｽ", true)]
#[case::yo("королев", "Королёв", true)]
#[case::phrase_order("\"navy China\"", "China navy", false)]
#[case::phrase_gap("\"China navy\"", "China big navy", false)]
#[case::phrase_across_punctuation("\"China navy\"", "China, navy", true)]
#[case::phrase_of_same("\"bye bye bye\"", "bye bye", false)]
#[case::phrase_late("\"a b c\"", "a b a b c", true)]
fn words_meet(#[case] query: &str, #[case] title: &str, #[case] expected: bool) {
    assert_eq!(rings(query, title), expected);
}

#[rstest]
#[case::across("\"military cooperation\"", "Military", "cooperation", "no")]
#[case::and_across(
    "Russia China",
    "Russia here",
    "there China",
    "title[Russia]Russia body[China]China"
)]
#[case::and_one_misses("Russia China", "Russia Russia", "", "no")]
#[case::title_only("title:Putin", "x", "Putin", "no")]
#[case::title_holds("title:Putin", "Putin", "Putin", "title[Putin]title:Putin")]
#[case::body_only("body:Putin", "Putin", "", "no")]
#[case::title_group("title:(a OR b) c", "b", "a c", "title[b]b body[c]c")]
#[case::title_phrase("title:\"x y\"", "x y", "x y", "title[x y]title:\"x y\"")]
#[case::not("a -b", "a", "b", "no")]
#[case::not_holds("a -b", "a", "c", "title[a]a")]
#[case::not_field("a -title:b", "a", "b", "title[a]a")]
#[case::not_field_misses("a -title:b", "b", "a", "no")]
#[case::not_in_title_group("title:(a -b)", "a", "b", "title[a]a")]
#[case::not_group("a -(b c)", "a b", "", "title[a]a")]
#[case::not_group_misses("a -(b c)", "a b", "c", "no")]
#[case::not_of_not("a -(b -c)", "a b c", "", "title[a]a")]
#[case::every_branch("a OR b OR c", "c a", "", "title[c]c title[a]a")]
#[case::no_failed_branch("(a x) OR b", "a b", "", "title[b]b")]
#[case::no_failed_branch_inside("(a (b OR c) x) OR b", "a b c", "", "title[b]b")]
#[case::no_excluded_branch("a OR (b -c)", "a b c", "", "title[a]a")]
#[case::same_part_twice("a a", "a", "", "title[a]a")]
#[case::all_places("a", "a b a", "a", "title[a]a title[a]a body[a]a")]
#[case::original_spelling(
    "\"china navy\"",
    "«CHINA’S  Navy»",
    "",
    "title[CHINA’S  Navy]\"china navy\""
)]
#[case::joined_spelling(
    "cooperation",
    "the co-operation.",
    "",
    "title[co-operation]cooperation"
)]
#[case::dotted_spelling("us", "The U.S.!", "", "title[U.S.]us")]
#[case::both_readings(
    "no-limits",
    "no-limits nolimits",
    "",
    "title[no-limits]no-limits title[nolimits]no-limits"
)]
fn reasons_are_exact(
    #[case] query: &str,
    #[case] title: &str,
    #[case] body: &str,
    #[case] expected: &str,
) {
    assert_eq!(reasons(query, title, body), expected);
}

#[rstest]
#[case(
    "\"military cooperation\"",
    "title[Military Cooperation]\"military cooperation\""
)]
#[case("Russia China", "body[Russia]Russia body[China]China")]
fn the_story_this_was_built_for_rings(#[case] query: &str, #[case] expected: &str) {
    let title = "Putin and Zhang Forge Stronger Defense Partnership, Boosting Military Cooperation";
    let body = "The leaders of Russia and China's top general met on Thursday.";
    assert_eq!(reasons(query, title, body), expected);
}

#[test]
fn a_rule_matches_once_by_any_of_its_queries() {
    let rules =
        RuleSet::compile(&[rule(&["x"]), rule(&["a", "b", "a", "z"]), rule(&["b"])]).unwrap();
    let found = rules.matches(&item("b a", ""));
    let shown: Vec<(usize, String)> = found
        .iter()
        .map(|Match { rule, evidence }| (*rule, evidence.iter().map(|e| &*e.part).collect()))
        .collect();
    assert_eq!(shown, [(1, "ba".to_owned()), (2, "b".to_owned())]);
    assert_eq!(RuleSet::default().matches(&item("b a", "")), []);
}

#[test]
fn a_bad_rule_is_named() {
    let error = RuleSet::compile(&[rule(&["fine", "a OR"])]).unwrap_err();
    assert_eq!(error.error.span, 2..4);
    let said = error.to_string();
    assert!(said.starts_with("rule `test`: the query ends"), "{said}");
}

#[test]
fn reasons_are_bounded_and_sorted() {
    let text = "a b ".repeat(10_000);
    let evidence = matches(&["a OR b OR \"b a\""], &item(&text, &text)).unwrap();
    assert_eq!(evidence.len(), 2 * 3 * 8);
    assert!(evidence.is_sorted());
    assert_eq!(evidence.first().unwrap().start, 0);
}

#[rstest]
#[case::same_word_again("a ", "\"a a a a a a a a a a a a a a a a a a a a a a a a a a a a b\"".to_owned())]
#[case::many_readings("a-a ", format!("\"{} b\"", "a-a ".repeat(30)))]
#[case::long_chains("a-a-a-a-a-a ", format!("\"{} b\"", "a-a-a-a-a-a ".repeat(8)))]
fn hostile_items_are_answered_quickly(#[case] unit: &str, #[case] query: String) {
    let item = item("", &unit.repeat(8 * 1024 / unit.len()));
    let (found, time) = timed(|| matches(&[&query], &item));
    assert_eq!(found, None);
    assert!(time < Duration::from_secs(20));
}

proptest! {
    /// Quoted, any text finds itself.
    #[test]
    fn a_text_is_found_in_itself(text in any::<String>()) {
        finds_itself(&text)?;
    }

    #[test]
    fn a_text_of_signs_is_found_in_itself(
        text in "([abUS北ガไ'’״.,+#0-9\u{301}\u{AD}ﷺ \\-]|U\\.S\\.|'s|,000|C\\+\\+){1,30}",
        before in "[a-c'. -]{0,4} ",
        after in " [a-c'. -]{0,4}",
    ) {
        finds_itself(&text)?;
        let query = format!("\"{text}\"");
        prop_assume!(super::parse(&query).is_ok());
        let title = format!("{before};{text};{after}");
        prop_assert!(rings(&query, &title));
    }
}

fn finds_itself(text: &str) -> Result<(), proptest::test_runner::TestCaseError> {
    let query = format!("\"{text}\"");
    // Texts with quotes or stars in them, and those without a word.
    prop_assume!(super::parse(&query).is_ok());
    let item = item(text, "");
    let found = matches(&[&query], &item);
    prop_assert!(found.is_some());
    for evidence in found.into_iter().flatten() {
        prop_assert!(text.get(evidence.start..evidence.end) == Some(&*evidence.text));
    }
    Ok(())
}

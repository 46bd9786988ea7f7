//! Do rules match what they say, for the reasons they give?

mod reference;
mod typed;

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use proptest::prelude::{any, proptest};
use proptest::{prop_assert, prop_assert_eq, prop_assume};
use rstest::rstest;

use super::frequencies::Frequencies;
use super::syntax::Kind;
use super::{BadRule, Lists, Match, Matcher, RuleSet, Subject, text_of};
use crate::model::{Evidence, Item, Only, Rule, Telling, Urgency};

fn rule(queries: &[&str]) -> Rule {
    Rule {
        name: "test".into(),
        queries: queries.iter().map(|query| (*query).to_owned()).collect(),
        urgency: Urgency::default(),
        channels: Vec::new(),
        cooldown: SignedDuration::ZERO,
        stem: false,
        only: Only::default(),
        telling: Telling::default(),
    }
}

fn compile(rules: &[Rule]) -> Result<Matcher, BadRule> {
    let lists = [
        (
            "russia",
            vec!["Russia", "Russian*", "Moscow", "Soviet Union"],
        ),
        ("china", vec!["China", "=PLA", "@beijing"]),
        ("beijing", vec!["Beijing", "北京"]),
        ("tanks", vec!["/T-?90M?/", "tank"]),
    ];
    let lists = lists.map(|(name, entries)| {
        let entries = entries.into_iter().map(str::to_owned);
        (name.to_owned(), entries.collect())
    });
    let (lists, problems) = Lists::new(&lists.into());
    assert_eq!(problems, []);
    let set = RuleSet::compile(rules, &lists, &Frequencies::default())?;
    Ok(Matcher::new(Arc::new(set)))
}

fn ask(matcher: &mut Matcher, item: &Item) -> Vec<Match> {
    let tags = ["East Asia".to_owned(), "navy".to_owned()];
    let subject = Subject {
        item,
        feed: "BBC World",
        tags: &tags,
    };
    let all = matcher.matches(&subject);
    let rules: Vec<usize> = all.iter().map(|found| found.rule).collect();
    assert_eq!(matcher.rules(&subject), rules);
    for evidence in all.iter().flat_map(|found| &found.evidence) {
        let text = text_of(&subject, evidence.field);
        assert_eq!(&text[evidence.start..evidence.end], evidence.text);
    }
    all
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
    let mut matcher = compile(&[rule(queries)]).unwrap();
    ask(&mut matcher, item).pop().map(|found| found.evidence)
}

fn rings(query: &str, title: &str) -> bool {
    matches(&[query], &item(title, "")).is_some()
}

/// Evidence as `field[text]part`, in its order.
fn reasons(query: &str, title: &str, body: &str) -> String {
    why(query, &item(title, body))
}

/// What a query found and missed: `has`, then the faults.
fn missed(query: &str, title: &str) -> String {
    let mut matcher = compile(&[rule(&[query])]).unwrap();
    let item = item(title, "");
    let subject = Subject {
        item: &item,
        feed: "BBC World",
        tags: &[],
    };
    let Some((_, miss)) = matcher.misses(&subject).pop() else {
        return "holds".to_owned();
    };
    let faults: Vec<String> = miss
        .faults
        .iter()
        .map(|fault| format!("{fault:?}"))
        .collect();
    format!("{} | {}", miss.has.join(" "), faults.join(" ")).replace('"', "'")
}

#[rstest]
#[case::holds("a b", "b a", "holds")]
#[case::word("Russia China", "Russia", "Russia | Lacks(['China'])")]
#[case::either("(a OR b) c", "c", "c | Lacks(['a', 'b'])")]
#[case::groups("(a b OR c) d", "a d", "d | Lacks(['a with b', 'c'])")]
#[case::phrase("'x y' z".replace('\'', "\""), "y x", " | Scattered('\\'x y\\'') Lacks(['z'])")]
#[case::one_word_of_a_phrase("\"x y\"", "x", " | Lacks(['\\'x y\\''])")]
#[case::joined(
    "\"no-limits pact\"",
    "pact: no-limits",
    " | Scattered('\\'no-limits pact\\'')"
)]
#[case::exact("=US", "us", " | Otherwise('=US')")]
#[case::not("a -b", "a B", "a | Excluded('B')")]
#[case::not_label("a -feed:BBC", "a", "a | Excluded('BBC')")]
#[case::near("a NEAR/1 b", "a x b", " | Apart('a', 'b')")]
#[case::then("a THEN/1 b", "b a", " | Apart('a', 'b')")]
#[case::near_one_side("(a OR b) NEAR/2 c", "b", "b | Lacks(['c'])")]
#[case::some(
    "2 OF (a, b c, d)",
    "a c",
    "a | Few { found: 1, least: 2, missing: ['b with c', 'd'] }"
)]
#[case::list("@china x", "x", "x | Lacks(['@china'])")]
#[case::regex("/T-90/ x", "x", "x | Lacks(['/T-90/'])")]
#[case::label("tag:asia OR lang:ru", "x", " | Outside(['tag:asia', 'lang:ru'])")]
#[case::label_or_word("tag:asia OR y", "x", " | Lacks(['tag:asia', 'y'])")]
#[case::field("title:a author:b", "a", "title:a | Lacks(['author:b'])")]
fn what_a_query_misses(
    #[case] query: impl AsRef<str>,
    #[case] title: &str,
    #[case] expected: &str,
) {
    assert_eq!(missed(query.as_ref(), title), expected);
}

fn why(query: &str, item: &Item) -> String {
    let Some(evidence) = matches(&[query], item) else {
        return "no".to_owned();
    };
    let shown = evidence.iter().map(|evidence| {
        let field = format!("{:?}", evidence.field).to_lowercase();
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
#[case::prefix(
    "militar*",
    "The military",
    "body militarism",
    "title[military]militar* body[militarism]militar*"
)]
#[case::prefix_is_itself("militar*", "militar", "", "title[militar]militar*")]
#[case::prefix_not_inside("militar*", "paramilitary", "", "no")]
#[case::prefix_wide("militar＊", "military", "", "title[military]militar＊")]
#[case::prefix_accents("milít*", "Militär", "", "title[Militär]milít*")]
#[case::prefix_in_phrase(
    "\"milit* coop*\"",
    "Military co-operation",
    "",
    "title[Military co-operation]\"milit* coop*\""
)]
#[case::prefix_of_hyphens(
    "no-lim*",
    "a no-limits pact",
    "nolimits",
    "title[no-limits]no-lim* body[nolimits]no-lim*"
)]
#[case::prefix_han("北京*", "北京大学", "", "title[北京]北京*")]
#[case::suffix(
    "*stan",
    "Pakistan and Stan",
    "",
    "title[Pakistan]*stan title[Stan]*stan"
)]
#[case::suffix_not_inside("*stan", "standing", "", "no")]
#[case::suffix_possessive("*stan", "Pakistan's", "", "title[Pakistan]*stan")]
#[case::gap(
    "\"joint * drill\"",
    "a joint naval drill",
    "joint drill",
    "title[joint naval drill]\"joint * drill\""
)]
#[case::gap_of_one_only("\"joint * drill\"", "joint big naval drill", "", "no")]
#[case::gaps("\"a * * b\"", "a x y b", "a x b", "title[a x y b]\"a * * b\"")]
#[case::gap_of_hyphens("\"a * b\"", "a no-limits b", "", "title[a no-limits b]\"a * b\"")]
#[case::near(
    "Russia NEAR/3 China",
    "China and big Russia",
    "",
    "title[China]China title[Russia]Russia"
)]
#[case::near_too_far("Russia NEAR/2 China", "China and big Russia", "", "no")]
#[case::near_beside(
    "Russia NEAR/1 China",
    "Russia China",
    "",
    "title[Russia]Russia title[China]China"
)]
#[case::near_not_itself("a NEAR/5 a", "a", "", "no")]
#[case::near_itself_again("a NEAR/5 a", "a b a", "", "title[a]a title[a]a")]
#[case::near_not_across("a NEAR/100 b", "a", "b", "no")]
#[case::near_phrases(
    "\"a b\" NEAR/2 \"c d\"",
    "c d x a b",
    "",
    "title[c d]\"c d\" title[a b]\"a b\""
)]
#[case::near_any("(a OR b) NEAR/2 (c OR d)", "d x b", "", "title[d]d title[b]b")]
#[case::near_list(
    "@russia NEAR/3 @china",
    "Moscow and Beijing",
    "",
    "title[Moscow]@russia title[Beijing]@china"
)]
#[case::near_not("a -(a NEAR/2 b)", "a x b", "", "no")]
#[case::near_not_holds("a -(a NEAR/2 b)", "a x y b", "", "title[a]a")]
#[case::near_field("title:a NEAR/5 b", "a b", "", "title[a]title:a title[b]b")]
#[case::near_field_group("title:(a NEAR/5 b)", "", "a b", "no")]
#[case::then(
    "Putin THEN/3 Beijing",
    "Putin visits Beijing",
    "",
    "title[Putin]Putin title[Beijing]Beijing"
)]
#[case::then_order("Putin THEN/3 Beijing", "Beijing greets Putin", "", "no")]
#[case::at_least("2 OF (a, b, \"c d\")", "a c d", "", "title[a]a title[c d]\"c d\"")]
#[case::at_least_misses("2 OF (a, b, \"c d\")", "a a", "c x d", "no")]
#[case::at_least_fields("title:2 OF (a, b)", "a", "b", "no")]
#[case::at_least_of_groups("2 OF (a OR b, c x, d)", "b", "x c", "title[b]b body[x]x body[c]c")]
#[case::exact("=US", "US us U.S.", "Us", "title[US]=US")]
#[case::exact_dots("=U.S.", "US us U.S. navy", "", "title[U.S.]=U.S.")]
#[case::exact_accents("=Malé", "Male", "Malé", "body[Malé]=Malé")]
#[case::exact_accents_composed("=Malé", "Male\u{301}", "", "title[Male\u{301}]=Malé")]
#[case::exact_phrase(
    "=\"Five Eyes\"",
    "five eyes",
    "the Five  Eyes",
    "body[Five  Eyes]=\"Five Eyes\""
)]
#[case::exact_operator("=OR", "Portland, OR", "or", "title[OR]=OR")]
#[case::exact_field("title:=US", "us", "US", "no")]
#[case::exact_late("=A", "a a a a a a a a a a a A", "", "title[A]=A")]
#[case::edits(
    "zelensky~1",
    "Zelenskyy Zelenski Zelinski Zelensky",
    "",
    "title[Zelenskyy]zelensky~1 title[Zelenski]zelensky~1 title[Zelensky]zelensky~1"
)]
#[case::edits_two("zelensky~2", "Selenskij Zelinsky", "", "title[Zelinsky]zelensky~2")]
#[case::edits_swap("tehran~1", "Terhan", "", "title[Terhan]tehran~1")]
#[case::edits_cyrillic(
    "зеленский~1",
    "Зеленского Зеленский",
    "",
    "title[Зеленский]зеленский~1"
)]
#[case::list(
    "@russia @china",
    "Russians",
    "in Beijing",
    "title[Russians]@russia body[Beijing]@china"
)]
#[case::list_phrase("@russia", "the Soviet Union", "", "title[Soviet Union]@russia")]
#[case::list_exact("@china", "pla", "PLA", "body[PLA]@china")]
#[case::list_field("title:@russia", "", "Russia", "no")]
#[case::list_not("navy -@russia", "navy", "Moscow", "no")]
#[case::list_regex("@tanks", "T90 tank", "", "title[T90]@tanks title[tank]@tanks")]
#[case::regex(
    "/T-?90M?/",
    "A T-90M and a T90",
    "t90",
    "title[T-90M]/T-?90M?/ title[T90]/T-?90M?/"
)]
#[case::regex_case("/kalibr/i", "Kalibr", "", "title[Kalibr]/kalibr/i")]
#[case::regex_case_counts("/kalibr/", "Kalibr", "", "no")]
#[case::regex_slash("/a\\/b c/", "xa/b cx", "", "title[a/b c]/a\\/b c/")]
#[case::regex_field("title:/x+/", "a", "x", "no")]
#[case::regex_with_words(
    "navy /\\d+ ships/",
    "The navy sent 12 ships",
    "",
    "title[navy]navy title[12 ships]/\\d+ ships/"
)]
#[case::every("*", "", "", "")]
#[case::every_but("* -drill", "x", "", "")]
#[case::every_but_misses("* -drill", "drill", "", "no")]
fn the_language_means_what_it_says(
    #[case] query: &str,
    #[case] title: &str,
    #[case] body: &str,
    #[case] expected: &str,
) {
    assert_eq!(reasons(query, title, body), expected);
}

#[rstest]
#[case::russian(
    "~санкция",
    "ru",
    "Новые санкциями угрожают",
    "title[санкциями]~санкция"
)]
#[case::english(
    "~sanction",
    "en",
    "Sanctioned: more sanctions",
    "title[Sanctioned]~sanction title[sanctions]~sanction"
)]
#[case::german("~Haus", "de", "Die Häuser", "title[Häuser]~Haus")]
#[case::german_other("~Haus", "en", "Die Häuser", "no")]
#[case::spanish("~sanción", "es", "Las sanciones", "title[sanciones]~sanción")]
#[case::without_accents(
    "~sancion",
    "es",
    "La sanción, las sanciones",
    "title[sanción]~sancion title[sanciones]~sancion"
)]
#[case::phrase(
    "~\"economic sanction\"",
    "en",
    "economic sanctions",
    "title[economic sanctions]~\"economic sanction\""
)]
#[case::no_stemmer("~laiva", "lv", "laivas laiva", "title[laiva]~laiva")]
#[case::arabic("~عقوبة", "ar", "عقوبة جديدة", "title[عقوبة]~عقوبة")]
#[case::han("~北京", "zh", "在北京", "title[北京]~北京")]
fn inflected_forms_are_found_by_the_items_language(
    #[case] query: &str,
    #[case] language: &str,
    #[case] title: &str,
    #[case] expected: &str,
) {
    let language = Some(language.to_owned());
    let item = Item {
        language,
        ..item(title, "")
    };
    assert_eq!(why(query, &item), expected);
}

#[test]
fn an_unknown_language_is_not_inflected() {
    assert_eq!(
        reasons("~sanction", "sanctions sanction", ""),
        "title[sanction]~sanction"
    );
}

#[rstest]
#[case::author("author:Lee", "author[Lee]author:Lee")]
#[case::author_phrase("author:\"Ann Lee\"", "author[Ann Lee]author:\"Ann Lee\"")]
#[case::authors_do_not_join("author:\"Lee Bo\"", "no")]
#[case::author_second("author:Bo", "author[Bo]author:Bo")]
#[case::author_regex("author:/^Ann/", "author[Ann]author:/^Ann/")]
#[case::author_not_in_text("Lee", "no")]
#[case::category(
    "category:\"armed forces\"",
    "category[Armed Forces]category:\"armed forces\""
)]
#[case::category_any("category:(sport OR forces)", "category[Forces]forces")]
#[case::link("link:asia", "link[asia]link:asia")]
#[case::link_phrase("link:\"world/asia\"", "link[world/asia]link:\"world/asia\"")]
#[case::link_not_in_text("asia", "no")]
#[case::site("site:tass.com", "")]
#[case::site_whole("site:en.tass.com", "")]
#[case::site_top("site:com", "")]
#[case::site_www("site:www.tass.com", "")]
#[case::site_case("site:TASS.com", "")]
#[case::site_part("site:ass.com", "no")]
#[case::site_other("site:tass.ru", "no")]
#[case::feed("feed:\"BBC World\"", "feed[BBC World]feed:\"BBC World\"")]
#[case::feed_word("feed:bbc", "feed[BBC]feed:bbc")]
#[case::feed_other("feed:TASS", "no")]
#[case::tag("tag:navy", "")]
#[case::tag_words("tag:\"east asia\"", "")]
#[case::tag_part("tag:asia", "no")]
#[case::tag_any("tag:(asia OR Navy)", "")]
#[case::lang("lang:ru", "")]
#[case::lang_region("lang:RU-ru", "")]
#[case::lang_other("lang:en", "no")]
#[case::not_lang("Fleet -lang:ru", "no")]
#[case::with_words("Fleet lang:ru site:tass.com", "title[Fleet]Fleet")]
fn fields_are_looked_into(#[case] query: &str, #[case] expected: &str) {
    let item = Item {
        authors: vec!["Ann Lee".to_owned(), "Bo".to_owned()],
        categories: vec!["World".to_owned(), "Armed Forces".to_owned()],
        link: Some("https://en.tass.com/world/asia/123".to_owned()),
        language: Some("ru".to_owned()),
        ..item("Fleet", "sails")
    };
    assert_eq!(why(query, &item), expected);
}

#[rstest]
#[case::all(Only::default(), true)]
#[case::feed(Only { feeds: vec!["X".into(), "BBC World".into()], ..Only::default() }, true)]
#[case::other_feed(Only { feeds: vec!["BBC".into()], ..Only::default() }, false)]
#[case::tag(Only { tags: vec!["east asia".into()], ..Only::default() }, true)]
#[case::other_tag(Only { tags: vec!["asia".into()], ..Only::default() }, false)]
#[case::both(Only { tags: vec!["navy".into()], feeds: vec!["X".into()], ..Only::default() }, false)]
#[case::language(Only { languages: vec!["en".into(), "ru".into()], ..Only::default() }, true)]
#[case::other_language(Only { languages: vec!["en".into()], ..Only::default() }, false)]
#[case::disabled(Only { disabled: true, ..Only::default() }, false)]
fn a_rule_looks_at_what_it_is_told_to(#[case] only: Only, #[case] expected: bool) {
    let rule = Rule {
        only,
        ..rule(&["fleet"])
    };
    let item = Item {
        language: Some("ru".to_owned()),
        ..item("Fleet", "")
    };
    let found = ask(&mut compile(&[rule]).unwrap(), &item);
    assert_eq!(found.len(), usize::from(expected));
}

#[test]
fn a_rule_may_stem_its_plain_words() {
    let rule = Rule {
        stem: true,
        ..rule(&["\"naval drill\" OR =Sanction OR ship* OR no-limit"])
    };
    let mut matcher = compile(&[rule]).unwrap();
    let mut rings = |title: &str| {
        let item = Item {
            language: Some("en".to_owned()),
            ..item(title, "")
        };
        !ask(&mut matcher, &item).is_empty()
    };
    assert!(rings("Naval drills"));
    assert!(rings("shipping"));
    assert!(rings("a no-limit pact"));
    assert!(!rings("Sanctions"));
    assert!(!rings("drills for navies"));
}

#[test]
fn items_leave_nothing_behind() {
    let queries = [
        "a b",
        "\"a b\"",
        "*xz",
        "/qqq/",
        "q NEAR/2 b",
        "~run",
        "run~1",
        "tag:x",
    ];
    let rules: Vec<Rule> = queries.iter().map(|query| rule(&[query])).collect();
    let mut matcher = compile(&rules).unwrap();
    let full = ask(&mut matcher, &item("a b yxz qqq q b run", "a b"));
    assert_eq!(full.len(), 7);
    assert_eq!(ask(&mut matcher, &item("", "")), []);
    assert_eq!(ask(&mut matcher, &item("a b yxz qqq q b run", "a b")), full);
}

#[test]
fn words_that_only_begin_as_a_rule_does_stand_where_they_are() {
    // The second of them is looked for as a whole, too, and so found before the first.
    let rules = [rule(&["abce"]), rule(&["\"q abc*\""])];
    let mut matcher = compile(&rules).unwrap();
    let found = ask(&mut matcher, &item("abce q abcd abce", ""));
    let texts: Vec<&str> = found
        .iter()
        .flat_map(|found| &found.evidence)
        .map(|part| &*part.text)
        .collect();
    assert_eq!(texts, ["abce", "abce", "q abcd"]);
}

#[test]
fn many_rules_may_ask_for_one_word() {
    let queries: Vec<String> = (0..30).map(|n| format!("word other{n}")).collect();
    let rules: Vec<Rule> = queries.iter().map(|query| rule(&[query])).collect();
    let mut matcher = compile(&rules).unwrap();
    let found = ask(&mut matcher, &item("word", "other3 other8 other29"));
    let numbers: Vec<usize> = found.iter().map(|found| found.rule).collect();
    assert_eq!(numbers, [3, 8, 29]);
}

#[test]
fn a_word_may_begin_in_many_ways() {
    let word = "abcdefghijklmnopqrstuvwxyz";
    let queries: Vec<String> = (2..20)
        .map(|length| format!("{}*", &word[..length]))
        .collect();
    let mut rules: Vec<Rule> = queries.iter().map(|query| rule(&[query])).collect();
    rules.push(rule(&[word]));
    let mut matcher = compile(&rules).unwrap();
    assert_eq!(ask(&mut matcher, &item(word, "")).len(), rules.len());
}

#[test]
fn the_always_tried_are_known() {
    let rules = [
        rule(&["navy", "/T-?90M?/"]),
        rule(&["/Kalibr/"]),
        rule(&["navy /x+/"]),
        rule(&["/x+/ OR navy"]),
        rule(&["author:/Kalibr/"]),
    ];
    let matcher = compile(&rules).unwrap();
    let always: Vec<usize> = matcher
        .set()
        .always_tried()
        .map(|tried| tried.rule)
        .collect();
    assert_eq!(always, [0, 3, 4]);
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
    let rules = [rule(&["x"]), rule(&["a", "b", "a", "z"]), rule(&["b"])];
    let found = ask(&mut compile(&rules).unwrap(), &item("b a", ""));
    let shown: Vec<(usize, String)> = found
        .iter()
        .map(|Match { rule, evidence }| (*rule, evidence.iter().map(|e| &*e.part).collect()))
        .collect();
    assert_eq!(shown, [(1, "ba".to_owned()), (2, "b".to_owned())]);
    assert_eq!(ask(&mut compile(&[]).unwrap(), &item("b a", "")), []);
}

#[test]
fn a_bad_rule_is_named() {
    let error = compile(&[rule(&["fine", "a OR"])]).unwrap_err();
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
        prop_assume!(is_phrase(&query));
        let title = format!("{before};{text};{after}");
        prop_assert!(rings(&query, &title));
    }
}

proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(100))]

    /// Few rules are looked for in the text as it is; of many, every word is looked up.
    #[test]
    fn few_rules_find_what_many_do(
        text in "(china|China|navy|led|co|operation|cooperation|us|U|S|s|é|北| |  |, |\\.|-|'|’|‘|\"|—|\u{AD}|\n|\\+|<){1,14}"
    ) {
        const QUERIES: [&str; 8] = [
            "\"china navy\"",
            "\"navy cooperation\"",
            "\"cooperation led\"",
            "chinaled",
            "cooperation china -us",
            "(navy OR chinanavy) led",
            "navy NEAR/3 china",
            "*ration",
        ];
        let item = item(&text, "");
        for query in QUERIES {
            let mut many = vec![rule(&[query])];
            many.resize(100, rule(&["\"never there\" OR nowhere"]));
            let mut many = compile(&many).unwrap();
            prop_assert_eq!(rings(query, &text), !ask(&mut many, &item).is_empty(), "{}", query);
        }
    }
}

/// Not if the text has stars in it or no word, or quotes: two phrases, with a minus between them, may
/// well not fit.
fn is_phrase(query: &str) -> bool {
    let query = super::parse(query, &Lists::default());
    query.is_ok_and(|query| matches!(query.kind, Kind::Words(_)))
}

fn finds_itself(text: &str) -> Result<(), proptest::test_runner::TestCaseError> {
    let query = format!("\"{text}\"");
    prop_assume!(is_phrase(&query));
    let item = item(text, "");
    let found = matches(&[&query], &item);
    prop_assert!(found.is_some());
    for evidence in found.into_iter().flatten() {
        prop_assert!(text.get(evidence.start..evidence.end) == Some(&*evidence.text));
    }
    Ok(())
}

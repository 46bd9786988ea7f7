//! Do items that tell the same news make one story, and others not?

use std::convert::Infallible;

use proptest::prelude::*;
use rstest::rstest;
use xxhash_rust::xxh3::xxh3_64;

use super::lexicon::{Form, Lexicon};
use super::terms::Terms;
use super::*;
use crate::text::Language;

/// A day's news, told one after the other.
struct News {
    grouper: Grouper,
    stories: i64,
    at: Timestamp,
    /// Everything told so far, to be recalled.
    told: Vec<(Told, StoryId)>,
}

#[derive(Clone, Debug, Default)]
struct Told {
    title: String,
    body: String,
    link: Option<String>,
    language: Option<&'static str>,
    feed: i64,
    at: Timestamp,
}

impl Told {
    fn seen(&self) -> Sighting<'_> {
        Sighting {
            title: &self.title,
            body: &self.body,
            link: self.link.as_deref(),
            language: self.language,
            feed: FeedId(self.feed),
            published: None,
            at: self.at,
        }
    }
}

fn told(title: &str) -> Told {
    Told {
        title: title.to_owned(),
        ..Told::default()
    }
}

impl Told {
    fn body(mut self, body: &str) -> Told {
        body.clone_into(&mut self.body);
        self
    }

    fn link(mut self, link: &str) -> Told {
        self.link = Some(link.to_owned());
        self
    }

    fn feed(mut self, feed: i64) -> Told {
        self.feed = feed;
        self
    }

    fn language(mut self, language: &'static str) -> Told {
        self.language = Some(language);
        self
    }
}

impl News {
    fn new() -> News {
        News {
            grouper: Grouper::new(WINDOW, ITEMS),
            stories: 0,
            at: "2026-03-04T05:06:07Z".parse().unwrap(),
            told: Vec::new(),
        }
    }

    fn pass(&mut self, minutes: i64) {
        self.at += SignedDuration::from_mins(minutes);
    }

    /// Tells an item ten minutes after the one before.
    fn tell(&mut self, item: Told) -> Placed {
        self.pass(10);
        let item = Told {
            at: self.at,
            ..item
        };
        let begin = || {
            self.stories += 1;
            Ok::<StoryId, Infallible>(StoryId(self.stories))
        };
        let placed = self.grouper.place(item.seen(), begin).unwrap();
        self.told.push((item, placed.story));
        placed
    }

    fn story(&mut self, title: &str) -> StoryId {
        let feed = i64::try_from(self.told.len()).unwrap();
        self.tell(told(title).feed(feed)).story
    }
}

#[test]
fn one_link_is_one_story_but_for_that_of_a_site() {
    let mut news = News::new();
    let first = news.tell(told("Ferry capsizes").link("https://a.example/ferry"));
    assert_eq!(first.bond, Bond::First);
    let other = news.tell(told("Disaster at sea").link("https://a.example/ferry"));
    assert_eq!((other.story, other.bond), (first.story, Bond::Link));
    for front in ["https://a.example/", "https://a.example"] {
        let one = news.tell(told("Cheese prices double").link(front));
        let two = news.tell(told("Volcano wakes").link(front));
        assert_ne!(one.story, two.story, "{front}");
    }
}

#[test]
fn one_headline_is_one_story_if_it_tells_something() {
    let mut news = News::new();
    let one = news.tell(told("Putin\u{2019}s envoy \u{2013} in Beijing, again!").body("a"));
    let two = news.tell(told("PUTIN'S ENVOY IN BEIJING AGAIN").body("b"));
    assert_eq!((two.story, two.bond), (one.story, Bond::Headline));
    for headline in [
        "Morning briefing",
        "Live",
        "What to know today",
        "News of the day in brief",
    ] {
        let one = news.tell(told(headline).body(
            "Glaciers of the Andes are melting faster than anyone thought, says a team from Lima.",
        ));
        let two = news.tell(told(headline).feed(2).body(
            "The orchestra of Vienna begins its season with Mahler and an unknown soprano on Friday.",
        ));
        assert_ne!(one.story, two.story, "{headline}");
    }
}

const COPY: &str = "The central bank of Ruritania has frozen all accounts of the shipping line Strelsau \
    after its ferries stopped without notice on Monday, stranding thousands of holidaymakers.";

#[test]
fn a_copy_with_another_headline_joins() {
    let mut news = News::new();
    let one = news.tell(told("Ferries stop, accounts frozen").feed(1).body(COPY));
    let cut = &COPY[..120];
    let two = news.tell(
        told("What it means for your holiday")
            .feed(2)
            .body(&format!("{cut}…")),
    );
    assert_eq!(two.story, one.story);
    assert!(
        matches!(two.bond, Bond::Text { share } if share >= 0.6),
        "{:?}",
        two.bond
    );
}

#[test]
fn a_feed_that_begins_every_text_alike_tells_many_stories() {
    let mut news = News::new();
    let body = "Welcome to our daily podcast, made with love by listeners like you; subscribe wherever \
        you get your podcasts, and leave us a rating.";
    let titles = [
        "Bees",
        "The fall of Constantinople",
        "Tax returns",
        "Jazz in Lagos",
    ];
    let stories: Vec<StoryId> = titles
        .iter()
        .map(|title| news.tell(told(title).feed(1).body(body)).story)
        .collect();
    let mut distinct = stories.clone();
    distinct.dedup();
    assert_eq!(stories, distinct);
}

#[rstest]
#[case::quake(&[
    "Magnitude 6.8 earthquake strikes off northern Chile",
    "Strong quake of magnitude 6.8 shakes Chile's northern coast, no tsunami warning",
    "Chile hit by 6.8 quake near Iquique",
])]
#[case::ferry(&[
    "Ferry with 300 aboard capsizes off Philippines",
    "Dozens missing as Philippine ferry capsizes in storm",
    "Philippine coast guard searches for survivors of capsized ferry",
])]
#[case::fine(&[
    "Apple fined 1.1 billion euros by French antitrust watchdog",
    "France fines Apple record 1.1 billion euros over distribution cartel",
])]
#[case::union(&[
    "Amazon workers in Alabama vote against union",
    "Union defeated in Amazon vote in Alabama",
])]
#[case::ties(&[
    "Putin and Zhang forge stronger defence partnership, boosting military cooperation",
    "Russia and China agree to widen military cooperation after Putin and Zhang meet in Moscow",
    "Putin receives Zhang in the Kremlin and hails growing military ties",
])]
fn different_words_for_one_event_are_one_story(#[case] headlines: &[&str]) {
    let mut news = News::new();
    let first = news.story(headlines[0]);
    for headline in &headlines[1..] {
        news.story("Cheese prices double as cows go on holiday");
        assert_eq!(news.story(headline), first, "{headline}");
    }
}

#[rstest]
#[case(
    "Putin and Zhang forge stronger defence partnership, boosting military cooperation",
    "Putin and Zhang watch ice hockey final in Sochi"
)]
#[case(
    "Taylor Swift announces world tour of stadiums",
    "Taylor Swift donates to victims of tornado"
)]
#[case(
    "Biden signs infrastructure bill into law at White House ceremony",
    "Biden undergoes colonoscopy and hands power to Harris for an hour"
)]
#[case(
    "Erdogan threatens to block Sweden's entry",
    "Giant bridge over the strait opened by Erdogan"
)]
#[case(
    "Amazon workers in Alabama vote against union",
    "Amazon rainforest lost at record pace"
)]
#[case(
    "Boeing 737 skids off runway in Istanbul",
    "Airline orders forty planes from Boeing"
)]
fn the_same_people_in_two_stories_stay_apart(#[case] one: &str, #[case] other: &str) {
    let mut news = News::new();
    let first = news.story(one);
    assert_ne!(news.story(other), first);
}

/// Each is told before anything else was, so nothing is known of how common words are.
#[rstest]
#[case::topic(
    ("Military exercises end as envoys seek cooperation on fishing", "The exercises in the strait closed a day early."),
    ("Two island states sign pact on military cooperation", "The pact leaves fishing rights for next year."),
)]
#[case::elsewhere(
    ("Earthquake of magnitude 5.9 shakes western Nepal", "Houses collapsed in Jajarkot, police said."),
    ("Earthquake of magnitude 6.1 strikes off Papua New Guinea", "The quake struck near Rabaul, police said."),
)]
#[case::other_bank(
    ("Central bank of Kenya holds key rate at 12.5 percent", "Inflation is within its target."),
    ("Bank of Canada keeps rates unchanged", "The central bank left its key rate at 5 percent on inflation."),
)]
#[case::other_flaw(
    ("CVE-2026-31337: critical flaw lets attackers run code", "Users of the gateway should update."),
    ("CVE-2026-20991: critical flaw lets attackers run code", "Users of the gateway should update at once."),
)]
fn the_same_kind_of_event_elsewhere_is_another(
    #[case] one: (&str, &str),
    #[case] other: (&str, &str),
) {
    for (first, second) in [(one, other), (other, one)] {
        let mut news = News::new();
        let mut tell =
            |(title, body): (&str, &str), feed| news.tell(told(title).body(body).feed(feed)).story;
        assert_ne!(tell(first, 1), tell(second, 2), "{first:?}");
    }
}

#[test]
fn a_code_tells_which_flaw_it_is() {
    let mut news = News::new();
    let one = news.story("CVE-2026-31337 in gateways of Acme is exploited");
    let flaw = "Acme patches hole in its gateways";
    let two = news.tell(told(flaw).body("It is known as CVE-2026-31337.").feed(7));
    assert_eq!(two.story, one, "{:?}", two.bond);
}

#[test]
fn more_items_than_can_be_held_are_forgotten_before_their_time() {
    let mut news = News::new();
    news.grouper = Grouper::new(WINDOW, 3);
    let first = news.story("Ferry capsizes off Zanzibar with hundreds aboard");
    assert_eq!(
        news.story("Hundreds aboard as ferry capsizes off Zanzibar"),
        first
    );
    for other in [
        "Volcano wakes on Iceland",
        "Cheese prices double in Switzerland",
    ] {
        news.story(other);
    }
    assert_eq!(news.grouper.squeezed(), 1);
    assert_eq!(news.grouper.squeezed(), 0, "since it was asked");
    news.story("Mayor of Quito resigns over viaduct");
    assert_ne!(
        news.story("Ferry off Zanzibar capsizes with hundreds aboard"),
        first,
        "both are forgotten"
    );
    assert_eq!(news.grouper.items.len(), 3);
}

#[test]
fn a_form_that_is_filled_in_again_tells_something_else_each_time() {
    let mut news = News::new();
    let notice = |number| told(&format!("Security notice {number}: update the kernel")).feed(7);
    let first = news.tell(notice(17)).story;
    assert_ne!(news.tell(notice(18)).story, first);
    let again = news.tell(notice(17).feed(8));
    assert_eq!(again.story, first, "another feed has it, too");
    let drill = |place| told(&format!("Long drill begins at {place} naval base")).feed(9);
    let north = news.tell(drill("northern")).story;
    assert_ne!(news.tell(drill("southern")).story, north);
}

#[test]
fn time_parts_what_words_do_not() {
    let headline = "Wildfire near Athens forces thousands to flee";
    let other = "Thousands evacuated as wildfire rages outside Athens";
    let mut news = News::new();
    let first = news.story(headline);
    news.pass(60);
    assert_eq!(news.story(other), first);
    let mut news = News::new();
    let first = news.story(headline);
    news.pass(60 * 24 * 2);
    assert_ne!(news.story(other), first, "it burns again");
    assert_eq!(
        news.story(headline),
        first,
        "the same headline, within the window"
    );
    news.pass(60 * 24 * 4);
    assert_ne!(news.story(headline), first);
}

#[rstest]
#[case::russian("Путин и Эрдоган открыли мост в Измире за 800 миллионов", "ru")]
#[case::greek(
    "Ο Πούτιν και ο Ερντογάν εγκαινίασαν γέφυρα στο Ιζμίρ, 800 εκατ.",
    "el"
)]
#[case::german(
    "Putin und Erdogan weihen Brücke in Izmir ein, die 800 Millionen kostet",
    "de"
)]
fn names_and_numbers_are_shared_across_languages(
    #[case] headline: &str,
    #[case] language: &'static str,
) {
    let mut news = News::new();
    let first = news
        .tell(told("Putin and Erdogan open bridge in Izmir that cost 800 million").language("en"));
    news.tell(
        told("Cheese prices double as cows go on holiday")
            .feed(1)
            .language("en"),
    );
    let other = news.tell(told(headline).feed(2).language(language));
    assert_eq!(other.story, first.story, "{:?}", other.bond);
}

#[test]
fn a_bond_says_which_words_and_how_much_they_weigh() {
    let mut news = News::new();
    news.story("Ferry with 300 aboard capsizes off Philippines");
    let placed = news.tell(told("Dozens missing as Philippine ferry capsizes in storm").feed(9));
    let Bond::Words {
        similarity,
        least,
        words,
    } = placed.bond
    else {
        panic!("{:?}", placed.bond);
    };
    let mut names: Vec<&str> = words.iter().map(|(word, _)| word.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["Philippine", "capsizes", "ferry"]);
    let sum: f32 = words.iter().map(|(_, weight)| weight).sum();
    assert!((sum - similarity).abs() < 0.001, "{sum} {similarity}");
    assert!(similarity >= least);
}

/// Headlines of two halves of one event, and one that has both.
const HALVES: [&str; 3] = [
    "Viaduct collapses in Quito during rush hour traffic",
    "Mayor Salgado resigns over corruption in concrete contracts",
    "Mayor Salgado resigns after viaduct collapses in Quito: corruption in concrete contracts, rush hour traffic",
];

#[test]
fn two_stories_that_turn_out_to_be_one_become_the_older() {
    let mut news = News::new();
    let (one, two) = (news.story(HALVES[0]), news.story(HALVES[1]));
    assert_ne!(one, two);
    let mut merged = None;
    for feed in 10..16 {
        let placed = news.tell(told(&format!("{} {feed}", HALVES[2])).feed(feed));
        merged = merged.or(placed.merged);
    }
    assert_eq!(merged, Some(two));
    assert_eq!(news.grouper.resolve(two), one);
    assert_eq!(news.story(HALVES[1]), one);
}

#[test]
fn what_was_held_can_be_recalled() {
    let mut news = News::new();
    for headline in HALVES {
        for feed in 0..4 {
            news.tell(told(&format!("{headline} {feed}")).feed(feed).body(COPY));
        }
        news.story("Cheese prices double as cows go on holiday");
    }
    let mut again = Grouper::new(WINDOW, ITEMS);
    for (item, story) in &news.told {
        again.recall(item.seen(), news.grouper.resolve(*story));
    }
    let next = Told {
        at: news.at,
        ..told("Viaduct in Quito: mayor Salgado gone").feed(9)
    };
    let begin = || Ok::<StoryId, Infallible>(StoryId(99));
    let before = news.grouper.place(next.seen(), begin).unwrap();
    let after = again.place(next.seen(), begin).unwrap();
    assert_eq!(before.story, after.story);
    assert_ne!(after.story, StoryId(99));
}

#[test]
fn what_is_forgotten_leaves_nothing_behind() {
    let mut news = News::new();
    for number in 0..50 {
        let headline = format!("Headline about thing{number} and matter{number}");
        news.tell(told(&headline).feed(number));
        // What a copy says makes the story no better known, but is read.
        let body = format!("Also of note{number}");
        news.tell(told(&headline).body(&body).feed(number + 1));
    }
    news.pass(60 * 24 * 4);
    news.story("Cheese prices double");
    let grouper = &news.grouper;
    assert_eq!((grouper.items.len(), grouper.held.count()), (1, 1));
    assert_eq!(grouper.words.ids.len(), 3, "cheese, price, double");
}

#[rstest]
#[case::inflected("Fined, fines, fining", "en", &["fine", "fine", "fine"])]
#[case::numbers("1.8 billion, 14,000 and $25bn", "en", &["1.8", "bilion", "14000", "and", "25"])]
#[case::initials("J.C. Penney of the U.S.", "en", &["ic", "pene", "of", "the", "us"])]
#[case::hyphens("Metro-North", "en", &["metr", "north"])]
#[case::code("CVE-2026-31337 in the F-16", "en", &["cve-2026-31337", "in", "the", "f", "16"])]
#[case::letters("Beijing bei", "en", &["beii", "bei"])]
#[case::year("a mid-2026 sale", "en", &["a", "mid", "2026", "sale"])]
#[case::cyrillic("Путину", "ru", &["putin"])]
#[case::greek("Ερντογάν", "el", &["erntog"])]
#[case::spellings("Zelenskyy Zelensky Kharkiv Harkiv", "en", &["zelensk", "zelensk", "harkiv", "harkiv"])]
#[case::no_spaces("北京和上海", "zh", &["北京", "京和", "和上", "上海"])]
fn a_term_is_what_spellings_have_in_common(
    #[case] text: &str,
    #[case] language: &str,
    #[case] expected: &[&str],
) {
    let mut terms = Terms::new(Lexicon::new());
    for _ in 0..2 {
        let words = terms.words(text, Language::of(language));
        // But for the bits that say how common it is.
        let found: Vec<u64> = words.iter().map(|word| word.term.hash >> 2).collect();
        let expected: Vec<u64> = expected
            .iter()
            .map(|term| lexicon::hash(term) >> 2)
            .collect();
        assert_eq!(found, expected, "remembered or not");
    }
}

#[test]
fn a_word_of_one_language_is_not_taken_for_that_of_another() {
    let (mut terms, lexicon) = (Terms::new(Lexicon::new()), Lexicon::new());
    let languages = ["en", "de", "fr", "es", "it", "pt", "nl", "ru", "sv"];
    let languages: Vec<_> = languages.into_iter().map(Language::of).collect();
    for first in 'a'..='z' {
        for last in 'a'..='z' {
            for language in languages.iter().copied().chain([None]) {
                let word = format!("{first}h{last}");
                let found = terms.words(&word, language)[0].term;
                let expected = lexicon.term(&spelling::normal(&word, language), Form::Word);
                assert_eq!(found, expected, "{word} {language:?}");
            }
        }
    }
}

#[rstest]
#[case::middle("The visit of Putin to Beijing", &[3, 0, 0, 1, 0, 1])]
#[case::first_name("Taylor Swift sings in a small club", &[1, 1, 0, 0, 0, 0, 0])]
#[case::title_case("Taylor Swift Sings In Nashville", &[2, 2, 2, 2, 2])]
#[case::sentence("It ended. Nobody came", &[3, 0, 3, 0])]
fn a_name_is_written_with_a_capital_where_others_are_not(
    #[case] title: &str,
    #[case] expected: &[u8],
) {
    let case = |word: &terms::Word| match word.case {
        terms::Case::Small => 0,
        terms::Case::Capital => 1,
        terms::Case::Unsaid => 2,
        terms::Case::Initial => 3,
    };
    let words = Terms::new(Lexicon::new()).headline(title, Language::of("en"));
    let found: Vec<u8> = words.iter().map(case).collect();
    assert_eq!(found, expected);
}

#[test]
fn an_edit_is_noticed_by_its_content() {
    let hash = |title: &str, body: &str| {
        content(&Item {
            key: "id:1".to_owned(),
            link: None,
            canonical_link: None,
            title: title.to_owned(),
            body: body.to_owned(),
            authors: Vec::new(),
            categories: Vec::new(),
            published: None,
            language: None,
        })
    };
    assert_eq!(hash("a", "b"), hash("a", "b"));
    assert_ne!(hash("a", "b"), hash("a", "c"));
    assert_ne!(hash("a b", "c"), hash("a", "b c"));
    // As it is in the databases that there are.
    assert_eq!(hash("a", "b"), xxh3_64(b"a\nb").cast_signed());
}

#[test]
fn a_copy_is_noticed_by_the_words_of_its_headline() {
    let hash = |title: &str| headline(title, &mut Scanner::default());
    let one = hash("Putin\u{2019}s envoy \u{2013} in Beijing, again!");
    assert_eq!(one, hash("PUTIN'S ENVOY IN BEIJING AGAIN"));
    assert_ne!(one, hash("Putin's envoy in Beijing once more"));
    assert_eq!(hash("Morning news briefing"), None);
    let known = xxh3_64(b"putin envoy in beijing again").cast_signed();
    assert_eq!(one, Some(known), "as it is in the databases that there are");
}

proptest! {
    #[test]
    fn no_text_breaks_it(texts in proptest::collection::vec(("\\PC{0,60}", "\\PC{0,200}"), 1..12)) {
        let mut news = News::new();
        for (title, body) in texts {
            news.tell(told(&title).body(&body));
        }
    }

    #[test]
    fn words_of_news_in_any_order_make_the_same_stories_twice(
        picks in proptest::collection::vec(proptest::collection::vec(0_usize..40, 1..9), 1..40),
    ) {
        let group = || {
            let mut news = News::new();
            let stories = picks.iter().map(|words| {
                let words: Vec<String> = words.iter().map(|word| format!("word{word}")).collect();
                news.story(&words.join(" "))
            });
            stories.collect::<Vec<_>>()
        };
        prop_assert_eq!(group(), group());
    }
}

//! Are items what rules and the store rely on: stable keys, clean text, sane dates?

use super::*;
use proptest::prelude::*;
use rstest::rstest;

const NOON: &str = "2024-05-01T12:00:00Z";

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

fn entry(change: impl FnOnce(&mut Entry)) -> Entry {
    let mut entry = Entry {
        title: Some("Bridge closed".to_owned()),
        ..Entry::default()
    };
    change(&mut entry);
    entry
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "it writes the fields of an entry, which are optional"
)]
fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn normal(change: impl FnOnce(&mut Entry)) -> Item {
    item(&entry(change), Some("en-GB"), at(NOON))
}

fn keys(entries: Vec<Entry>) -> Vec<String> {
    let document = Document {
        entries,
        ..Document::default()
    };
    items(&document, at(NOON))
        .into_iter()
        .map(|item| item.key)
        .collect()
}

#[test]
fn the_id_is_the_key() {
    let item = normal(|e| (e.id, e.link) = (some(" a 1\n"), some("https://example.org/")));
    assert_eq!(item.key, "id:a 1");
}

#[test]
fn without_an_id_the_canonical_link_is_the_key() {
    let item = normal(|e| e.link = some("http://Example.org/a?utm_source=rss"));
    assert_eq!(item.key, "link:https://example.org/a");
    assert_eq!(
        item.link.as_deref(),
        Some("http://example.org/a?utm_source=rss")
    );
}

#[test]
fn without_id_and_link_the_text_is_the_key_whatever_its_case_and_spacing() {
    let one = normal(|e| e.summary = some("<p>Until   Friday</p>"));
    let same = normal(|e| (e.title, e.summary) = (some("BRIDGE closed"), some("until friday")));
    let other = normal(|e| e.summary = some("Until Saturday"));
    assert!(one.key.starts_with("hash:"));
    assert_eq!(one.key, same.key);
    assert_ne!(one.key, other.key);
}

#[test]
fn long_ids_are_hashed() {
    assert_eq!(normal(|e| e.id = Some("x".repeat(9_999))).key.len(), 35);
}

#[test]
fn a_shared_guid_parts_by_link_then_by_title() {
    let of = |id: &str, link: &str, title: &str| {
        entry(|e| (e.id, e.link, e.title) = (some(id), some(link), some(title)))
    };
    let entries = vec![
        of("1", "https://example.org/a", "A"),
        of("1", "https://example.org/b", "B"),
        of("1", "https://example.org/b?utm_campaign=x", "B"),
        of("2", "https://example.org/c", "C"),
        of("2", "https://example.org/c", "D"),
        of("3", "https://example.org/e", "E"),
    ];
    let keys = keys(entries);
    insta::assert_snapshot!(keys.join("\n"), @"
    id:1 link:https://example.org/a
    id:1 link:https://example.org/b
    id:2 text:12d8bdd17f74de858c40219a46b9f81b
    id:2 text:56a841f9102d5ff745f80274c9c7a7ca
    id:3
    ");
}

#[test]
fn untitled_posts_of_one_guid_part_by_their_text() {
    let of = |text: &str| entry(|e| (e.id, e.title, e.summary) = (some("1"), None, some(text)));
    assert_eq!(
        keys(vec![of("Good morning"), of("Good night"), of("Good night")]).len(),
        2
    );
}

#[test]
fn of_revisions_the_newest_stays_at_the_place_of_the_first() {
    let of = |id: &str, text: &str, updated: &str| {
        entry(|e| (e.id, e.summary, e.updated) = (some(id), some(text), Some(at(updated))))
    };
    let document = Document {
        entries: vec![
            of("1", "early", "2024-05-01T08:00:00Z"),
            of("2", "other", "2024-05-01T08:00:00Z"),
            of("1", "late", "2024-05-01T09:00:00Z"),
        ],
        ..Document::default()
    };
    let bodies: Vec<_> = items(&document, at(NOON))
        .into_iter()
        .map(|item| item.body)
        .collect();
    assert_eq!(bodies, ["late", "other"]);
}

#[rstest]
#[case::only_summary("One", "", "One")]
#[case::only_content("", "One", "One")]
#[case::summary_begins_content("One two […]", "<p>One</p><p>two three</p>", "One\ntwo three")]
#[case::dots("One two...", "One two three", "One two three")]
#[case::content_within_summary("One two three.", "two", "One two three.")]
#[case::both_have_words_of_their_own("Teaser", "<p>Story</p>", "Teaser\nStory")]
#[case::neither("", "", "")]
fn no_word_of_summary_or_content_is_lost(
    #[case] summary: &str,
    #[case] content: &str,
    #[case] body: &str,
) {
    let item = normal(|e| (e.summary, e.content) = (some(summary), some(content)));
    assert_eq!(item.body, body);
}

#[rstest]
#[case::past("2024-05-01T11:00:00Z", None, Some("2024-05-01T11:00:00Z"))]
#[case::clock_a_little_ahead("2024-05-01T12:05:00Z", None, Some("2024-05-01T12:05:00Z"))]
#[case::to_come("2024-05-01T12:11:00Z", None, None)]
#[case::to_come_but_updated(
    "2099-01-01T00:00:00Z",
    Some("2024-05-01T10:00:00Z"),
    Some("2024-05-01T10:00:00Z")
)]
#[case::epoch("1970-01-01T00:00:00Z", None, None)]
fn dates_are_sane(
    #[case] published: &str,
    #[case] updated: Option<&str>,
    #[case] sane: Option<&str>,
) {
    let item = normal(|e| (e.published, e.updated) = (Some(at(published)), updated.map(at)));
    assert_eq!(item.published, sane.map(at));
}

#[test]
fn fields_are_plain_and_bounded() {
    let item = normal(|e| {
        e.title = Some(format!(
            "<b>Bri</b>dge\u{1b}[31m\n &amp; {}",
            "x".repeat(2_000)
        ));
        e.summary = Some("Ж".repeat(BODY_BYTES));
        e.authors = vec![
            "Jo <b>Doe</b>".to_owned(),
            "Jo Doe".to_owned(),
            " ".to_owned(),
        ];
        e.categories = (0..999).map(|n| n.to_string()).collect();
    });
    assert!(item.title.starts_with("Bridge[31m & xxx") && item.title.ends_with("x…"));
    assert!(item.title.len() <= TITLE_BYTES && item.body.len() <= BODY_BYTES);
    assert_eq!(item.authors, ["Jo Doe"]);
    assert_eq!(item.categories.len(), NAMES);
}

#[rstest]
#[case(Some("zh_Hans"), Some("zh"))]
#[case(Some("english"), Some("en"))]
#[case(None, Some("en"))]
fn languages(#[case] declared: Option<&str>, #[case] language: Option<&str>) {
    let item = normal(|e| e.language = declared.map(str::to_owned));
    assert_eq!(item.language.as_deref(), language);
}

#[test]
fn a_script_link_is_never_kept() {
    let item = normal(|e| e.link = some("javascript:alert(1)"));
    assert_eq!((item.link, item.canonical_link), (None, None));
}

proptest! {
    #[test]
    fn keys_are_unique_and_the_same_each_time(
        fields in prop::collection::vec(("[a-c]?", "(https://example.org/[a-c])?", "[a-c]?", "[a-c]?"), 0..12),
    ) {
        let entries: Vec<Entry> = fields
            .into_iter()
            .map(|(id, link, title, summary)| Entry {
                id: Some(id),
                link: Some(link),
                title: Some(title),
                summary: Some(summary),
                ..Entry::default()
            })
            .collect();
        let first = keys(entries.clone());
        let unique: HashSet<_> = first.iter().collect();
        prop_assert_eq!(unique.len(), first.len());
        prop_assert_eq!(&first, &keys(entries));
    }

    #[test]
    fn any_strings_are_survived(id in "\\PC{0,20}", link in "\\PC{0,40}", text in ".{0,80}", tag in "\\PC{0,9}") {
        let entry = Entry {
            id: Some(id),
            link: Some(format!("https://{link}")),
            title: Some(text.clone()),
            content: Some(text),
            language: Some(tag),
            ..Entry::default()
        };
        let document = Document { entries: vec![entry.clone(), entry], ..Document::default() };
        prop_assert_eq!(items(&document, at(NOON)).len(), 1);
    }
}

//! Are whole documents read as their publishers meant them?

use std::fmt::Write;

use super::*;
use proptest::prelude::*;
use rstest::rstest;

fn read_as(bytes: &[u8], content_type: Option<&str>) -> Result<Document, ParseError> {
    let base = Url::parse("https://feeds.example.com/all.xml").unwrap();
    document(bytes, content_type, &base)
}

fn shown_fields(document: &Document) -> String {
    let mut out = format!(
        "{} {:?} {:?}\n",
        document.format, document.title, document.language
    );
    for entry in &document.entries {
        let published = entry.published.map(|time| time.to_string());
        let updated = entry.updated.map(|time| time.to_string());
        writeln!(out, "- id {:?} link {:?}", entry.id, entry.link).unwrap();
        writeln!(out, "  title {:?}", entry.title).unwrap();
        writeln!(out, "  published {published:?} updated {updated:?}").unwrap();
        writeln!(out, "  summary {:?}", entry.summary).unwrap();
        writeln!(out, "  content {:?}", entry.content).unwrap();
        writeln!(out, "  by {:?} about {:?}", entry.authors, entry.categories).unwrap();
    }
    out
}

macro_rules! feed {
    ($name:literal) => {
        include_bytes!(concat!("../../tests/feeds/", $name))
    };
}

/// Every document in `tests/feeds`, each with the one fault or shape that it is named after.
#[test]
fn every_document_is_read_as_it_is_meant() {
    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/feeds");
    let mut paths: Vec<_> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    assert!(paths.len() >= 150, "{} documents", paths.len());
    for path in paths {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let shown = match read_as(&std::fs::read(&path).unwrap(), None) {
            Ok(document) => format!(
                "{}{:?}\n{:?}",
                shown_fields(&document),
                document.repairs,
                document.rhythm
            ),
            Err(error) => format!("error: {error}"),
        };
        insta::assert_snapshot!(name, shown);
    }
}

#[rstest]
#[case::by_http(feed!("windows_1251_by_http_only.xml"), Some("text/xml; charset=windows-1251"))]
#[case::by_mark(feed!("utf_16_with_mark.xml"), None)]
fn all_encodings_give_the_same(#[case] bytes: &[u8], #[case] content_type: Option<&str>) {
    let declared = read_as(feed!("windows_1251_by_declaration.xml"), None);
    assert_eq!(read_as(bytes, content_type), declared);
}

#[rstest]
#[case::nothing(
    b"",
    "the answer is empty; the feed may be broken for a while, or its address may be wrong"
)]
#[case::declaration_only(
    b"<?xml version='1.0'?>\n",
    "the answer is empty; the feed may be broken for a while, or its address may be wrong"
)]
#[case::html_page(feed!("html_page.html"), "this is a web page, not a feed; open it in a browser and look for its RSS or Atom address")]
#[case::sitemap(
    b"<urlset/>",
    "this is not a feed: found the element `urlset` where `rss`, `feed`, `RDF` or a JSON Feed should be"
)]
#[case::other_json(
    b"{\"version\":\"2\",\"title\":\"\",\"items\":[]}",
    "this is not a feed: found JSON of the version \"2\" where `rss`, `feed`, `RDF` or a JSON Feed should be"
)]
fn says_why_not(#[case] bytes: &[u8], #[case] message: &str) {
    assert_eq!(read_as(bytes, None).unwrap_err().to_string(), message);
}

#[rstest]
#[case::no_json(b"{\"version\":")]
fn broken_documents_are_damaged(#[case] bytes: &[u8]) {
    assert!(matches!(
        read_as(bytes, None),
        Err(ParseError::Malformed { .. })
    ));
}

#[test]
fn a_feed_without_entries_is_a_feed() {
    let document = read_as(feed!("empty_feed.xml"), None).unwrap();
    assert_eq!(document.title.as_deref(), Some("Quiet"));
    assert_eq!(document.entries, []);
}

#[test]
fn a_panic_of_the_parser_leaves_other_panics_audible() {
    assert_eq!(survive_panics(|| panic!("not to be heard")), None::<()>);
    assert!(panic::catch_unwind(|| panic!("this one is meant to be seen")).is_err());
    assert!(read_as(feed!("rdf.xml"), None).is_ok());
}

#[rstest]
#[case("(Jo Doe)", "Jo Doe")]
#[case("Jo Doe)", "Jo Doe")]
#[case("\"Jo Doe\"", "Jo Doe")]
#[case("Network (3N)", "Network (3N)")]
#[case("(Network (3N)", "Network (3N)")]
#[case("()", "")]
fn names_lose_only_brackets_around_them(#[case] name: &str, #[case] plain: &str) {
    assert_eq!(without_brackets(name), plain);
}

fn long_feed(dates: impl Iterator<Item = String>) -> String {
    let items = dates
        .enumerate()
        .map(|(n, date)| format!("<item><guid>{n}</guid>{date}</item>"))
        .collect::<Vec<_>>()
        .concat();
    format!("<rss version='2.0'><channel>{items}</channel></rss>")
}

#[rstest]
#[case::newest_first(|n: usize| 3_000 - n, "0", "1999")]
#[case::oldest_first(|n: usize| n, "500", "2499")]
fn of_too_many_the_newest_stay(
    #[case] second: fn(usize) -> usize,
    #[case] first: &str,
    #[case] last: &str,
) {
    let start: Timestamp = "2024-05-01T00:00:00Z".parse().unwrap();
    let dates = (0..2_500).map(|n| {
        let time = start + jiff::SignedDuration::from_secs(i64::try_from(second(n)).unwrap());
        format!("<pubDate>{time}</pubDate>")
    });
    let document = read_as(long_feed(dates).as_bytes(), None).unwrap();
    assert_eq!(
        (document.entries.len(), document.left_out),
        (ENTRIES_A_POLL, 500)
    );
    assert_eq!(document.entries[0].id.as_deref(), Some(first));
    assert_eq!(
        document.entries[ENTRIES_A_POLL - 1].id.as_deref(),
        Some(last)
    );
}

#[test]
fn without_dates_the_first_stay() {
    let document = read_as(
        long_feed((0..2_001).map(|_| String::new())).as_bytes(),
        None,
    )
    .unwrap();
    assert_eq!(document.left_out, 1);
    assert_eq!(
        document.entries[ENTRIES_A_POLL - 1].id.as_deref(),
        Some("1999")
    );
}

/// A stack overflow cannot be caught: without the repair this would end the program.
#[test]
fn nested_media_groups_do_not_overflow_the_stack() {
    let groups = "<m:group>".repeat(200_000);
    let bomb = format!(
        "<rss version='2.0' xmlns:m='http://search.yahoo.com/mrss/'><channel><item><title>A</title>{groups}"
    );
    assert_eq!(read_as(bomb.as_bytes(), None).unwrap().entries.len(), 1);
}

#[test]
fn as_many_nested_media_groups_as_are_allowed_can_be_read() {
    let (open, close) = ("<m:group>".repeat(250), "</m:group>".repeat(250));
    let text = format!(
        "<rss version='2.0' xmlns:m='http://search.yahoo.com/mrss/'><channel><item><title>A</title>{open}{close}</item></channel></rss>"
    );
    assert_eq!(read_as(text.as_bytes(), None).unwrap().entries.len(), 1);
}

#[test]
fn an_element_of_countless_attributes_does_no_harm() {
    let attributes = (0..200_000).map(|n| format!(" a{n}=''"));
    let attributes = attributes.collect::<Vec<_>>().concat();
    let bomb = format!("<rss version='2.0'><channel{attributes}><item/></channel></rss>");
    assert_eq!(read_as(bomb.as_bytes(), None).unwrap().entries.len(), 1);
}

/// The feeds of the quick start have to hold what its explanation promises.
#[test]
fn the_quick_start_feeds_tell_one_story_twice() {
    let feeds: [&[u8]; 3] = [
        include_bytes!("../../config/quickstart/world.rss.xml"),
        include_bytes!("../../config/quickstart/agency.atom.xml"),
        include_bytes!("../../config/quickstart/archive.rdf.xml"),
    ];
    let documents = feeds.map(|bytes| read_as(bytes, None).unwrap());
    assert_eq!(
        documents.each_ref().map(|document| document.entries.len()),
        [7, 7, 6]
    );
    let headline =
        "Putin and Zhang Forge Stronger Defense Partnership, Boosting Military Cooperation";
    let told = documents.iter().flat_map(|document| &document.entries);
    let told = told.filter(|entry| entry.title.as_deref() == Some(headline));
    let pages: Vec<_> = told
        .filter_map(|entry| entry.link.as_deref()?.split('?').next())
        .collect();
    assert_eq!(
        pages,
        ["https://world.example.org/asia/defense-partnership"; 2]
    );
}

#[rstest]
#[case("<ttl>90</ttl>", Rhythm { ttl: Some(90), ..Rhythm::default() })]
#[case("<ttl> 90 </ttl>", Rhythm { ttl: Some(90), ..Rhythm::default() })]
#[case("<ttl>0</ttl>", Rhythm::default())]
#[case("<ttl>-1</ttl>", Rhythm::default())]
#[case("<ttl>soon</ttl>", Rhythm::default())]
#[case(
    "<skipHours><hour>0</hour><hour>23</hour><hour>24</hour><hour>25</hour></skipHours>",
    Rhythm { skip_hours: 1 | 1 << 23, ..Rhythm::default() }
)]
#[case(
    "<skipDays><day>Saturday</day><day>SUNDAY</day><day>Holiday</day></skipDays>",
    Rhythm { skip_days: 0b110_0000, ..Rhythm::default() }
)]
#[case(
    "<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>",
    Rhythm { period: Some(360), ..Rhythm::default() }
)]
#[case(
    "<s:updatePeriod xmlns:s='http://purl.org/rss/1.0/modules/syndication/'>Weekly</s:updatePeriod>",
    Rhythm { period: Some(7 * 1440), ..Rhythm::default() }
)]
#[case(
    "<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>99</sy:updateFrequency>",
    Rhythm::default()
)]
#[case("<sy:updateFrequency>4</sy:updateFrequency>", Rhythm::default())]
#[case("<updatePeriod>daily</updatePeriod>", Rhythm::default())]
#[case(
    "<item><title>A</title><ttl>5</ttl><hour>3</hour></item>",
    Rhythm::default()
)]
fn when_a_feed_changes_is_what_it_says(#[case] says: &str, #[case] expected: Rhythm) {
    let text = format!(
        "<rss version='2.0'><channel><title>A</title>{says}<item><title>B</title></item></channel></rss>"
    );
    let document = read_as(text.as_bytes(), None).unwrap();
    assert_eq!(document.rhythm, expected);
    assert_eq!(document.title.as_deref(), Some("A"));
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..300), content_type in ".{0,30}") {
        let _ = read_as(&bytes, Some(&content_type));
    }

    #[test]
    fn any_text_in_a_feed_is_survived(title in "\\PC{0,30}", author in "[a-z@.“”<>() ]{0,30}", date in "[ -~]{0,30}") {
        let text = format!("<rss version='2.0'><channel><item><title>{title}</title><author>{author}</author><pubDate>{date}</pubDate></item></channel></rss>");
        let first = read_as(text.as_bytes(), None);
        prop_assert_eq!(first, read_as(text.as_bytes(), None));
    }
    #[test]
    fn no_entry_is_lost_that_is_found_without_repair(entries in prop::collection::vec(("\\PC{0,12}", "[a-z<>/& ]{0,12}", any::<bool>()), 0..6)) {
        let mut text = String::from("<rss version='2.0'><channel><title>A</title>");
        for (title, summary, nested) in entries {
            let inside = if nested { "<title>in</title><guid>g</guid>" } else { "" };
            write!(text, "<item><title>{title}</title><description>{summary}</description>{inside}</item>").unwrap();
        }
        text.push_str("</channel></rss>");
        let raw = read(&text, None).map_or(0, |feed| feed.entries.len());
        let repaired = repair::repair(&text).unwrap();
        let found = read(&repaired.text, None).map_or(0, |feed| feed.entries.len());
        prop_assert!(found >= raw, "{found} of {raw}");
    }
}

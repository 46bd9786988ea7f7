//! Is every fault put right, and does putting right cost no more than reading?

use super::*;
use proptest::prelude::*;
use rstest::rstest;

fn text(document: &str) -> String {
    repair(document).unwrap().text
}

fn items(document: &str) -> usize {
    text(document).matches("</item>").count()
}

#[rstest]
#[case::in_text("<!--")]
#[case::ampersands("&")]
#[case::nested_tags("<a>")]
#[case::nested_cdata("<![CDATA[")]
#[case::instructions("<?")]
#[case::half_tags("<a b=\"<")]
#[case::quotes("<a b='>\"")]
#[case::entities("&amp")]
#[case::ends("</a>")]
#[case::items("<item>")]
fn a_bomb_is_read_to_its_end_and_does_not_grow(#[case] part: &str) {
    let bomb = format!("<rss><channel>{}", part.repeat(200_000));
    let grown = text(&bomb).len();
    assert!(grown < 16 * bomb.len(), "{grown}");
    let bomb = format!("<rss><channel><item><title>{}", part.repeat(200_000));
    assert!(text(&bomb).len() < 16 * bomb.len());
}

#[test]
fn a_million_nested_tags_cost_no_entry() {
    let nested = "<b>".repeat(1_000_000);
    let bomb = format!("<rss><channel><item>{nested}</item><item><title>A</title></item>");
    assert_eq!(items(&bomb), 2);
}

#[test]
fn of_countless_attributes_the_first_are_kept() {
    let attributes: String = (0..80_000)
        .map(|n| format!(" a{n}='{n}'"))
        .collect::<Vec<_>>()
        .concat();
    let document =
        format!("<rss><channel><item{attributes}><title>A</title></item></channel></rss>");
    let repaired = repair(&document).unwrap();
    assert_eq!(repaired.begun, 1);
    assert!(
        repaired
            .repairs
            .contains(&("too many attributes", 80_000 - 64))
    );
}

#[test]
fn entities_made_of_entities_do_not_multiply() {
    let doctype: String = (1..30)
        .map(|n| format!("<!ENTITY e{n} '{}'>", format!("&e{};", n - 1).repeat(10)))
        .collect::<Vec<_>>()
        .concat();
    let document = format!(
        "<!DOCTYPE rss [<!ENTITY e0 'aaaaaaaaaa'>{doctype}]><rss><channel><item><title>{}</title></item>",
        "&e29;&e2;".repeat(10_000)
    );
    assert!(text(&document).len() < 2 * 1024 * 1024);
}

fn fragment() -> impl Strategy<Value = String> {
    let parts = prop::sample::select(vec![
        "<rss version='2.0'>",
        "<feed>",
        "<rdf:RDF>",
        "<channel>",
        "<item>",
        "<entry>",
        "</item>",
        "</entry>",
        "</channel>",
        "<title>",
        "</title>",
        "<link>",
        "</link>",
        "<link href='a'/>",
        "<description>",
        "</description>",
        "<content type='xhtml'>",
        "</content>",
        "<author>",
        "</author>",
        "<name>",
        "</name>",
        "jo@example.org",
        "“é”",
        "<![CDATA[",
        "]]>",
        "<!--",
        "-->",
        "<b>",
        "</b>",
        "<br>",
        "&amp;",
        "&",
        "&nbsp;",
        "&#1;",
        "\u{1}",
        " word ",
        "<",
        "media:title>",
        "<media:title>",
        "</media:title>",
        "<a b='",
        "\"",
        "xml:base='x:y:z'>",
        "<guid>",
        "</guid>",
        "<category term='c'/>",
        "<summary type='text'>",
        "</summary>",
        "<div>",
        "</div>",
        "</rss>",
    ]);
    prop::collection::vec(parts, 0..40).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn what_was_repaired_needs_no_repair(inside in fragment(), atom in any::<bool>()) {
        let document = if atom { format!("<feed>{inside}") } else { format!("<rss><channel>{inside}") };
        let once = text(&document);
        let twice = repair(&once).unwrap();
        prop_assert_eq!(&twice.text, &once);
        prop_assert_eq!(twice.repairs, []);
    }

    #[test]
    fn any_text_is_survived(inside in "\\PC{0,200}") {
        let _ = repair(&inside);
        let _ = repair(&format!("<rss>{inside}"));
    }
}

proptest! {
    #[test]
    fn text_is_written_as_character_for_character_it_would_be(
        text in "[a-z &<>\"\t\r\n\u{0}\u{b}\u{1f}\u{7f}é中。\u{fffd}\u{fffe}\u{ffff}😀]{0,50}",
    ) {
        let mut counts = Counts([0; NAMES.len()]);
        let mut sound = String::new();
        refs::literal(&text, &mut sound, &mut counts);
        let forbidden = |c: &char| {
            matches!(c, '\0'..'\t' | '\u{b}' | '\u{c}' | '\u{e}'..' ' | '\u{fffe}' | '\u{ffff}')
        };
        let (gone, kept): (String, String) = text.chars().partition(forbidden);
        prop_assert_eq!(sound, kept);
        let dropped = counts.0[Repair::ControlDropped as usize];
        prop_assert_eq!(dropped as usize, gone.chars().count());

        let mut written = String::new();
        escaped(&text, &mut written);
        let each = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        prop_assert_eq!(written, each.replace('"', "&quot;"));
    }
}

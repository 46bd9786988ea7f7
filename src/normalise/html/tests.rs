//! Does HTML become the text a person reads, whatever is done to it?

use super::*;
use proptest::prelude::*;
use rstest::rstest;

#[rstest]
#[case::inline_is_one_word("mili<b>tary</b>", "military")]
#[case::blocks("<p>One</p><p>Two</p>", "One\nTwo")]
#[case::breaks("One<br>Two<br/>Three", "One\nTwo\nThree")]
#[case::list("<ul><li>One<li>Two</ul>", "One\nTwo")]
#[case::cells(
    "<table><tr><td>One</td><td>Two</td></tr><tr><th>Three</table>",
    "One Two\nThree"
)]
#[case::white_space("  One\n\t two&nbsp;&nbsp;three\u{3000}four ", "One two three four")]
#[case::script("One<script>if (a < b) { '</p>' }</script> two", "One two")]
#[case::style_in_capitals("One<STYLE type=x>p { }</Style > two", "One two")]
#[case::template("<template><p>x</p></template>One", "One")]
#[case::script_without_end("One <script> two", "One two")]
#[case::comment("One<!-- <p> a > b -->Two", "OneTwo")]
#[case::short_comment("One<!-->Two", "OneTwo")]
#[case::comment_without_end("One <!-- two", "One two")]
#[case::declaration("<!DOCTYPE html><?xml a?>One", "One")]
#[case::conditional("<![if IE]>One<![endif]>", "One")]
#[case::cdata("<![CDATA[One <b>two</b>]]>", "One two")]
#[case::picture("One <img src='a' alt='logo'>two", "One two")]
#[case::greater_in_quotes("<a title=\"a > b\" href='>'>One</a>", "One")]
#[case::quote_without_end("<a href=\"x>One</a> two", "One two")]
#[case::noscript_is_read("<noscript>One</noscript>", "One")]
#[case::unknown_with_attributes("<g-emoji a=b>One</g-emoji> <o:p>two</o:p>", "One two")]
#[case::cut_within_a_tag("One <a href=\"http://exam", "One")]
fn markup(#[case] html: &str, #[case] plain: &str) {
    assert_eq!(text(html, 1_000), plain);
}

#[rstest]
#[case("AT&T and R&D and Q&A; fine")]
#[case("a < b && c > d")]
#[case("I <3 you </3 <- <")]
#[case("a <b and c < d")]
#[case("List<String> of <jo@example.org>")]
#[case("&; &# &#x; &#; &nosuchname; &")]
#[case("?a=1&copy=2&section=3")]
#[case("<Reuters> reports")]
fn what_is_no_markup_stays(#[case] plain: &str) {
    assert_eq!(text(plain, 1_000), plain);
}

#[rstest]
#[case::named("caf&eacute; &mdash; &lt;&amp;", "café — <&")]
#[case::without_semicolon("AT&amp T &copy 2024", "AT& T © 2024")]
#[case::numbers("&#1046;&#x416;&#X416 &#8217", "ЖЖЖ ’")]
#[case::windows("&#146;&#150;", "’–")]
#[case::impossible("&#0;&#xD800;&#99999999999999;", "\u{fffd}\u{fffd}\u{fffd}")]
#[case::escape_sequence("a&#27;[31m\u{1b}[0m\u{9b}b&#7;", "a[31m[0mb")]
#[case::two_characters("&NotEqualTilde;", "≂\u{338}")]
#[case::escaped_once("&lt;b&gt;Bold&lt;/b&gt; move", "Bold move")]
#[case::escaped_twice("&amp;amp; &amp;quot;x&amp;quot;", "& \"x\"")]
#[case::not_three_times("&amp;amp;amp;", "&amp;")]
#[case::about_html(
    "<p>Use &lt;b&gt; and &lt;script&gt; tags</p>",
    "Use <b> and <script> tags"
)]
#[case::escaped_generics("Map&lt;Key, Value&gt; &lt; x", "Map<Key, Value> < x")]
fn references(#[case] html: &str, #[case] plain: &str) {
    assert_eq!(text(html, 1_000), plain);
}

#[test]
fn lines_have_no_line_feed() {
    assert_eq!(line("<p>One</p>\n<p>Two</p>", 100), "One Two");
}

#[rstest]
#[case("abcdef", 6, "abcdef")]
#[case("abcdefg", 6, "abc…")]
#[case("ЖЖЖЖ", 6, "Ж…")]
#[case("ЖЖЖЖ", 2, "…")]
fn cuts_between_characters(#[case] html: &str, #[case] limit: usize, #[case] plain: &str) {
    assert_eq!(text(html, limit), plain);
}

#[test]
fn markup_escaped_twice_does_not_count_as_text() {
    assert_eq!(text("&lt;b&gt;a&lt;/b&gt;", 6), "a");
    assert_eq!(text(&"&lt;b&gt;a&lt;/b&gt; ".repeat(9), 6), "a a…");
}

/// Each of these takes minutes with any scanner that reads a stretch again for each tag in it.
#[rstest]
#[case("<")]
#[case("&")]
#[case("<b>")]
#[case("<b ")]
#[case("</b")]
#[case("<!--")]
#[case("<![CDATA[")]
#[case("<script>")]
#[case("<script></p>")]
#[case("<a b=\">\" ")]
#[case("<a b='")]
#[case("<a b='' c='")]
#[case("<a b=\"<a c='")]
#[case("&#1")]
#[case("&aaaaaaaaaa")]
#[case("<p a1 b2 c3=")]
#[case("= ")]
fn hostile_text_is_read_in_linear_time(#[case] unit: &str) {
    let html = unit.repeat(1_000_000 / unit.len());
    let plain = text(&html, 10_000_000);
    assert!(plain.len() <= html.len());
    assert!(text(&(html + "<"), 10_000_000).len() <= 1_000_001);
}

proptest! {
    #[test]
    fn never_panics_and_is_clean(html in r#"([<>/&;#!='" \-a-c]|script|&amp;|<!--|-->|&#x1b;|Ж|\PC){0,60}"#, limit in 0_usize..200) {
        let plain = text(&html, limit);
        prop_assert!(plain.len() <= limit.max(3));
        prop_assert!(!plain.contains(|c: char| c.is_control() && c != '\n'));
        prop_assert!(!line(&html, limit).contains('\n'));
    }

    #[test]
    fn text_without_markup_is_unchanged(words in "[a-zA-Zа-я0-9.,!?]{1,9}( [a-zA-Zа-я0-9.,!?]{1,9}){0,9}") {
        prop_assert_eq!(text(&words, 1_000), words);
    }
}

proptest! {
    #[test]
    fn tidy_text_is_read_as_any_other(text in "([a-z]{1,9} ?|[ \t\n\u{7f}\u{85}\u{a0}\u{2003}\u{3000}]|\\PC){0,40}") {
        let plain = || Plain { text: String::new(), gap: Gap::None };
        let (mut whole, mut each) = (plain(), plain());
        whole.push_str(&text);
        text.chars().for_each(|c| each.push(c));
        prop_assert_eq!(whole.text, each.text);
        prop_assert!(whole.gap == each.gap);
    }
}

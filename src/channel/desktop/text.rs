//! Which summary and body say a message on a server with these capabilities?
//!
//! Text from feeds is hostile: it may hold markup, characters that turn the writing direction, line
//! feeds, or a megabyte. It leaves here clean, bounded and escaped.

use super::APP_NAME;
use super::bus::Capabilities;
use crate::channel::text::{bounded, cut, plain, squeezed};
use crate::model::{Line, Message};

/// Characters of the summary, which servers show in one line.
const SUMMARY_CHARS: usize = 200;
/// Characters of the body, markup not counted.
const BODY_CHARS: usize = 2_000;
/// Lines of the body.
const BODY_LINES: usize = 24;

/// The two texts of a notification ("Protocol", `Notify`).
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Text {
    /// Plain text, one line, never empty.
    pub(super) summary: String,
    /// Markup if the server reads it, else plain text; lines are separated by line feeds.
    pub(super) body: String,
}

/// The text of `message` for a server that can do `capabilities`.
pub(super) fn fit(message: &Message, capabilities: Capabilities) -> Text {
    let title = squeezed(&message.title);
    let lines = bounded(&message.lines, BODY_CHARS, BODY_LINES);
    if !capabilities.body {
        // All there is to see is the summary, so the first line of the text joins it.
        let first = lines.first().map(plain).unwrap_or_default();
        let first = squeezed(&first);
        return Text {
            summary: summary(&if title.is_empty() || first.is_empty() {
                title + &first
            } else {
                format!("{title} – {first}")
            }),
            body: String::new(),
        };
    }
    let write = if capabilities.markup {
        marked_up
    } else {
        plain
    };
    Text {
        summary: summary(&title),
        body: lines.iter().map(write).collect::<Vec<_>>().join("\n"),
    }
}

fn summary(text: &str) -> String {
    // The specification requires a summary, and some servers refuse an empty one.
    if text.is_empty() {
        APP_NAME.to_owned()
    } else {
        cut(text, SUMMARY_CHARS)
    }
}

/// The subset of markup every server with `body-markup` reads ("Markup").
fn marked_up(line: &Line) -> String {
    line.iter()
        .map(|span| {
            let text = escaped(&span.text);
            if span.marked && !text.is_empty() {
                format!("<b>{text}</b>")
            } else {
                text
            }
        })
        .collect()
}

/// By name, not by number: GNOME Shell knows these five entities only.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::model::{AlertId, Span, Urgency};

    const FULL: Capabilities = Capabilities {
        body: true,
        markup: true,
        actions: false,
    };
    const PLAIN: Capabilities = Capabilities {
        body: true,
        markup: false,
        actions: false,
    };
    const SUMMARY_ONLY: Capabilities = Capabilities {
        body: false,
        markup: false,
        actions: false,
    };

    fn told(title: &str, lines: &[&[(&str, bool)]]) -> Message {
        let span = |&(text, marked): &(&str, bool)| Span {
            text: text.into(),
            marked,
        };
        Message {
            alert: AlertId("a1".into()),
            title: title.into(),
            lines: lines.iter().map(|l| l.iter().map(span).collect()).collect(),
            link: None,
            urgency: Urgency::Normal,
            rule: None,
            story: None,
        }
    }

    #[rstest]
    #[case::markup(
        FULL,
        "Army: R&D <b>",
        "the <b>navy &amp; &apos;army&apos;</b> &lt;i&gt;\nTass"
    )]
    #[case::plain(PLAIN, "Army: R&D <b>", "the navy & 'army' <i>\nTass")]
    #[case::summary_only(SUMMARY_ONLY, "Army: R&D <b> – the navy & 'army' <i>", "")]
    fn what_a_server_is_told_depends_on_what_it_can_show(
        #[case] capabilities: Capabilities,
        #[case] summary: &str,
        #[case] body: &str,
    ) {
        let lines: &[&[(&str, bool)]] = &[
            &[("the ", false), ("navy & 'army'", true), (" <i>", false)],
            &[("Tass", false)],
        ];
        let text = fit(&told("Army: R&D <b>", lines), capabilities);
        assert_eq!((text.summary.as_str(), text.body.as_str()), (summary, body));
    }

    #[rstest]
    #[case::markup_stays_text("<b>x</b>", "&lt;b&gt;x&lt;/b&gt;")]
    #[case::all_five("&<>\"'", "&amp;&lt;&gt;&quot;&apos;")]
    #[case::escaped_once_more("&amp;", "&amp;amp;")]
    #[case::attribute("<img src='x'>", "&lt;img src=&apos;x&apos;&gt;")]
    #[case::split_by_a_control("<\u{202e}b>", "&lt;b&gt;")]
    fn text_from_feeds_is_never_markup(#[case] text: &str, #[case] body: &str) {
        assert_eq!(fit(&told("t", &[&[(text, false)]]), FULL).body, body);
    }

    #[test]
    fn a_mark_without_text_leaves_no_empty_tags() {
        let message = told("t", &[&[("\u{200b}", true), ("x", false)]]);
        assert_eq!(fit(&message, FULL).body, "x");
    }

    #[rstest]
    #[case::line_feeds("a\r\nb\tc\u{2028}d", "a b c d")]
    #[case::escape_sequence("a\x1b[31mb\x07\0", "a[31mb")]
    #[case::bidi_override("abc\u{202e}fdp.exe\u{202c}", "abcfdp.exe")]
    #[case::bidi_isolate("\u{2067}abc\u{2069}\u{200f}", "abc")]
    #[case::c1("a\u{9b}31mb", "a31mb")]
    #[case::zero_width_space("mili\u{200b}tary", "military")]
    #[case::emoji_keep_their_joiners("👩\u{200d}💻", "👩\u{200d}💻")]
    #[case::persian_keeps_its_joiners("می\u{200c}خواهم", "می\u{200c}خواهم")]
    #[case::right_to_left_letters_stay("שלום", "שלום")]
    #[case::nothing_left("\u{202e} \n", "newsbell")]
    fn the_summary_is_one_clean_line(#[case] title: &str, #[case] summary: &str) {
        assert_eq!(fit(&told(title, &[]), FULL).summary, summary);
    }

    #[test]
    fn a_long_title_ends_in_an_ellipsis() {
        let summary = fit(&told(&"ж".repeat(1_000_000), &[]), FULL).summary;
        assert_eq!(summary.chars().count(), SUMMARY_CHARS);
        assert!(summary.ends_with("ж…"));
    }

    #[test]
    fn a_long_body_is_cut_before_it_is_marked_up() {
        let long = "&".repeat(BODY_CHARS * 2);
        let body = fit(
            &told("t", &[&[(&long, true), ("x", false)], &[("y", false)]]),
            FULL,
        )
        .body;
        let kept = "&amp;".repeat(BODY_CHARS - 1);
        assert_eq!(body, format!("<b>{kept}…</b>…\n…"));
    }

    #[test]
    fn many_lines_are_cut() {
        let line: &[(&str, bool)] = &[("x", false)];
        let body = fit(&told("t", &[line; 100]), FULL).body;
        assert_eq!(body.lines().count(), BODY_LINES + 1);
        assert!(body.ends_with("x\n…"));
    }
}

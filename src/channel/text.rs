//! Which text may leave for any medium? Clean and bounded.
//!
//! Text from feeds is hostile: it may hold characters that turn the writing direction, line feeds, or a
//! megabyte. How it is escaped is for each medium to know.

use unicode_general_category::{GeneralCategory, get_general_category};

use crate::model::{Line, Span};
use crate::render::escape::Markup;
use crate::text::printable;

/// Characters of foreign error text that are worth a line of the log.
const DETAIL_CHARS: usize = 200;
const ELLIPSIS: char = '…';

/// Foreign error text, fit for one line of a log.
pub(super) fn one_line(text: &str) -> String {
    cut(&squeezed(text), DETAIL_CHARS)
}

/// Clean, and white space as single spaces.
pub(super) fn squeezed(text: &str) -> String {
    let text = printable(text);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// At most `limit` characters of `text`; what was cut off shows as an ellipsis.
pub(super) fn cut(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let mut kept: Vec<char> = text.chars().take(limit).collect();
    // The last one makes room for the ellipsis; marks go with the letter they stand on.
    while let Some(c) = kept.pop() {
        if !leans_on_neighbours(c) {
            break;
        }
    }
    while kept.last().is_some_and(|&c| is_joiner(c) || c == ' ') {
        kept.pop();
    }
    kept.push(ELLIPSIS);
    kept.into_iter().collect()
}

fn leans_on_neighbours(c: char) -> bool {
    is_joiner(c)
        || matches!(
            get_general_category(c),
            GeneralCategory::NonspacingMark
                | GeneralCategory::SpacingMark
                | GeneralCategory::EnclosingMark
        )
}

fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

/// The first lines, clean, until `most` lines or `chars` characters; an ellipsis says that there was more.
pub(super) fn bounded(lines: &[Line], chars: usize, most: usize) -> Vec<Line> {
    let mut kept: Vec<Line> = Vec::new();
    let mut room = chars;
    for line in lines {
        if kept.len() == most || room == 0 {
            kept.push(vec![ellipsis()]);
            break;
        }
        let mut spans = Line::new();
        for span in line {
            if room == 0 {
                spans.push(ellipsis());
                break;
            }
            let text = cut(&printable(&span.text), room);
            room -= text.chars().count();
            spans.push(Span {
                text,
                marked: span.marked,
            });
        }
        kept.push(spans);
    }
    kept
}

fn ellipsis() -> Span {
    Span {
        text: ELLIPSIS.to_string(),
        marked: false,
    }
}

/// A line without its marks.
pub(super) fn plain(line: &Line) -> String {
    line.iter().map(|span| span.text.as_str()).collect()
}

/// The first lines as one text without marks.
pub(super) fn flat(lines: &[Line], chars: usize, most: usize) -> String {
    let lines: Vec<String> = bounded(lines, chars, most).iter().map(plain).collect();
    lines.join("\n")
}

/// A line in a markup, with what stands around marked words.
pub(super) fn marked(line: &Line, markup: Markup, (begin, end): (&str, &str)) -> String {
    let mut out = String::new();
    for span in line {
        let text = markup.escape(&span.text);
        // Emphasis that begins or ends with a space is none.
        if span.marked && !text.trim().is_empty() {
            let inner = text.trim();
            let (before, after) = text.split_once(inner).unwrap_or_default();
            out.extend([before, begin, inner, end, after]);
        } else {
            out.push_str(&text);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::fits("abc", "abc")]
    #[case::cut("abcd", "ab…")]
    #[case::no_space_before_the_ellipsis("a bc", "a…")]
    #[case::an_accent_goes_with_its_letter("abe\u{301}\u{301}", "ab…")]
    #[case::no_joiner_is_left_over("👩\u{200d}💻💻", "👩…")]
    fn a_cut_falls_between_whole_letters(#[case] text: &str, #[case] short: &str) {
        assert_eq!(cut(text, 3), short);
    }
}

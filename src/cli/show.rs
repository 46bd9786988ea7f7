//! How do times, reasons and matched words look on a terminal and in a pipe?

use std::io::IsTerminal;

use comfy_table::{ContentArrangement, Table, presets};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use unicode_width::UnicodeWidthStr;

use crate::config::file::written;
use crate::model::{Bond, Span, Verdict, Why};
use crate::telemetry;
use crate::text;

/// Bold and yellow: matched words.
const MARK: (&str, &str) = ("\x1b[1;33m", "\x1b[0m");
/// Bold: headlines.
const BOLD: (&str, &str) = ("\x1b[1m", "\x1b[0m");
/// Dim: what is said in passing.
const DIM: (&str, &str) = ("\x1b[2m", "\x1b[0m");

/// Columns of a table that goes to no terminal.
const PLAIN_WIDTH: u16 = 120;

/// Whether `stream` takes colours.
pub(super) fn colour(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && !telemetry::no_color()
}

/// How text is marked: by colours, or by brackets where there are none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paint {
    colour: bool,
}

impl Paint {
    pub(super) fn new(colour: bool) -> Paint {
        Paint { colour }
    }

    /// A line with its matched words marked.
    pub(super) fn line(self, line: &[Span]) -> String {
        let mut painted = String::new();
        for span in line {
            let text = text::printable(&span.text);
            match (span.marked, self.colour) {
                (false, _) => painted.push_str(&text),
                (true, true) => painted.extend([MARK.0, &text, MARK.1]),
                (true, false) => painted.extend(["[", &text, "]"]),
            }
        }
        painted
    }

    /// A headline, its matched words marked.
    pub(super) fn headline(self, line: &[Span]) -> String {
        if !self.colour {
            return self.line(line);
        }
        let mut painted = String::new();
        for span in line {
            let style = if span.marked { MARK } else { BOLD };
            painted.extend([style.0, &text::printable(&span.text), style.1]);
        }
        painted
    }

    /// Something said in passing.
    pub(super) fn dim(self, text: &str) -> String {
        let text = text::printable(text);
        if self.colour {
            format!("{}{text}{}", DIM.0, DIM.1)
        } else {
            text.into_owned()
        }
    }
}

/// A verdict in words.
pub(super) fn verdict(verdict: &Verdict) -> String {
    let why = match verdict.why() {
        Why::NewStory => "a new story".to_owned(),
        Why::CooldownOver { last } => format!("told before, at {}", time(*last)),
        Why::SameStory { alert } => format!("joined alert {alert}, the same story"),
        Why::Escalated { sources, within } => format!(
            "told before, and {sources} feeds carry it within {}",
            written(SignedDuration::from_secs(*within))
        ),
        Why::Updated { told } => format!("it was changed after it was told at {}", time(*told)),
        Why::FewSources { sources, least } => {
            let s = if *sources == 1 { " carries" } else { "s carry" };
            format!("{sources} feed{s} the story, the rule rings for {least}")
        }
        Why::Rekeyed => {
            "its feed brought it again with others under new keys, told in one summary".to_owned()
        }
        Why::Replayed { published } => format!(
            "its feed brought its archive, this of {}, told in one summary",
            time(*published)
        ),
        Why::Muted { topic, until } => {
            let topic = topic.to_string();
            format!(
                "{} is muted until {}",
                text::printable(&topic),
                time(*until)
            )
        }
        Why::NotRelevant { said } => format!("found not relevant {}", time(*said)),
        Why::Baseline => "it was there at the feed's first poll".to_owned(),
        Why::TooOld { published } => {
            format!(
                "published {}, longer ago than the rule's max_age",
                time(*published)
            )
        }
        Why::Backfill => "stored before this rule was there".to_owned(),
        Why::Flood { alerts } => format!("one of {alerts} at once, told in one summary"),
        Why::QuietHours { until } => {
            format!(
                "it came in quiet hours, told in one digest at {}",
                time(*until)
            )
        }
        Why::Digest { at } => format!("its rule is told in digests, the next at {}", time(*at)),
        Why::Repeat {
            most,
            within,
            until,
        } => format!(
            "its rule had rung {most} times in {}, told in one digest at {}",
            written(SignedDuration::from_secs(*within)),
            time(*until)
        ),
    };
    match verdict {
        Verdict::Ring(_) => format!("rang: {why}"),
        Verdict::Hold(_) => format!("held: {why}"),
        Verdict::Drop(_) => format!("quiet: {why}"),
    }
}

/// Why an item joined its story, in words; `None` if it began it.
pub(super) fn bond(bond: &Bond) -> Option<String> {
    Some(match bond {
        Bond::First => return None,
        Bond::Link => "it has the same link".to_owned(),
        Bond::Headline => "it has the same headline".to_owned(),
        Bond::Text { share } => {
            format!("its text begins alike ({:.0} % of it)", share * 100.0)
        }
        Bond::Words {
            similarity,
            least,
            words,
        } => {
            let words: Vec<String> = words
                .iter()
                .map(|(word, weight)| format!("{word} {weight:.2}"))
                .collect();
            format!(
                "it shares {} (alike {similarity:.2}, {least:.2} is enough)",
                words.join(", ")
            )
        }
    })
}

/// A time where the user is, to the minute.
pub(super) fn time(time: Timestamp) -> String {
    let zoned = time.to_zoned_datetime(TimeZone::system());
    zoned.strftime("%Y-%m-%d %H:%M").to_string()
}

/// How far a time is from now: `in 12 min`, `3 d ago`.
pub(super) fn distance(time: Timestamp, now: Timestamp) -> String {
    let away = time.duration_since(now);
    if away.abs() < SignedDuration::from_secs(1) {
        return "now".to_owned();
    }
    let length = length(away.abs());
    if away.is_negative() {
        format!("{length} ago")
    } else {
        format!("in {length}")
    }
}

/// A length of time in its largest unit.
pub(super) fn length(length: SignedDuration) -> String {
    let seconds = length.as_secs();
    match seconds {
        ..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        7200..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// What was put right in a document, and how often if more than once.
pub(super) fn repair(name: &str, count: u32) -> String {
    match count {
        1 => name.to_owned(),
        count => format!("{name} ({count} times)"),
    }
}

/// Columns that a text takes on a terminal.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// A table as wide as the terminal.
pub(super) fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_HORIZONTAL_ONLY)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(header);
    if !std::io::stdout().is_terminal() {
        table.set_width(PLAIN_WIDTH);
    }
    table
}

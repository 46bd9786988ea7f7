//! What stands in a mail, in which order? The same for plain text and HTML.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::channel::text::{bounded, cut, squeezed};
use crate::model::{Line, Urgency};
use crate::render::facts::{Facts, Told};
use crate::render::wording::Said;

/// Characters and lines of a text.
const TEXT: usize = 4000;
const LINES: usize = 60;
/// Characters of a headline.
const HEADLINE: usize = 300;

/// A mail, before it is written.
pub(super) struct Layout<'s> {
    /// The subject.
    pub(super) title: String,
    /// What stands above the headline: the rule, or that it is a summary.
    pub(super) label: String,
    /// The headline, or the title of a summary.
    pub(super) headline: Line,
    /// The page to open.
    pub(super) link: Option<&'s str>,
    /// Paragraphs of lines.
    pub(super) text: Vec<Vec<Line>>,
    /// Whether the user has broken its lines himself.
    pub(super) is_own: bool,
    /// Where else the story is told, or what a summary tells, by rule.
    pub(super) sections: Vec<Section<'s>>,
    /// How many hits a summary leaves out.
    pub(super) more: u64,
    pub(super) urgency: Urgency,
    /// When, where, and which alert.
    pub(super) footer: String,
}

/// A part of a mail with a heading.
pub(super) struct Section<'s> {
    pub(super) heading: String,
    pub(super) entries: Vec<Entry<'s>>,
}

/// One hit.
pub(super) struct Entry<'s> {
    /// Empty where it would repeat what was said.
    pub(super) headline: Line,
    pub(super) snippet: Line,
    pub(super) link: Option<&'s str>,
    /// The feed and the time.
    pub(super) source: String,
}

impl<'s> Layout<'s> {
    pub(super) fn of(said: &'s Said) -> Layout<'s> {
        let facts = &said.facts;
        let title = cut(&squeezed(&said.message.title), HEADLINE);
        let is_story = facts.story.is_some();
        let own = said.body.is_some();
        let first = facts.hits.first();
        let lines = bounded(&said.message.lines, TEXT, LINES);
        let (headline, text, sections) = match first.filter(|_| is_story && !own) {
            Some(first) => (
                bounded(std::slice::from_ref(&first.headline), HEADLINE, 1).concat(),
                // The last line names the sources, which have a section here.
                lines
                    .into_iter()
                    .filter(|line| !flat(line).starts_with("— "))
                    .collect(),
                vec![sources(facts)],
            ),
            None if own => (plain(&title), lines, Vec::new()),
            // The headlines that a summary names, its sections tell in full.
            None if lines.iter().any(|line| flat(line).starts_with("• ")) => (
                plain(&title),
                lines.into_iter().take(1).collect(),
                by_rule(facts),
            ),
            None => (plain(&title), lines, Vec::new()),
        };
        let told = u64::try_from(facts.hits.len()).unwrap_or(u64::MAX);
        Layout {
            label: if is_story {
                label(&title, facts)
            } else {
                "newsbell".to_owned()
            },
            headline,
            link: said.message.link.as_deref(),
            text: if own { paragraphs(text) } else { apart(text) },
            is_own: own,
            sections,
            more: if is_story || own {
                0
            } else {
                facts.total.saturating_sub(told)
            },
            urgency: said.message.urgency,
            footer: format!("newsbell, {} · alert {}", time(facts.time), facts.id),
            title,
        }
    }
}

/// What the title says before the headline: the rule, and why the story is told again.
fn label(title: &str, facts: &Facts) -> String {
    let before = title.strip_suffix(&facts.headline);
    let before = before.map(|before| before.trim_end_matches([':', ' ']));
    let before = before.filter(|before| !before.is_empty());
    before.unwrap_or(&facts.rule).to_owned()
}

/// Every line that says something is a paragraph.
fn apart(lines: Vec<Line>) -> Vec<Vec<Line>> {
    let lines = lines.into_iter().filter(|line| !flat(line).is_empty());
    lines.map(|line| vec![line]).collect()
}

/// Empty lines stand between paragraphs.
fn paragraphs(lines: Vec<Line>) -> Vec<Vec<Line>> {
    let mut paragraphs = vec![Vec::new()];
    for line in lines {
        match paragraphs.last_mut() {
            Some(last) if !flat(&line).trim().is_empty() => last.push(line),
            _ => paragraphs.push(Vec::new()),
        }
    }
    paragraphs.retain(|paragraph| !paragraph.is_empty());
    paragraphs
}

fn plain(text: &str) -> Line {
    vec![crate::model::Span {
        text: text.to_owned(),
        marked: false,
    }]
}

/// Every feed that carries the story, once.
fn sources(facts: &Facts) -> Section<'_> {
    let mut entries: Vec<Entry<'_>> = Vec::new();
    let first = facts.hits.first();
    for hit in &facts.hits {
        let mut entry = entry(hit);
        entry.snippet = Line::new();
        if first.is_some_and(|first| flat(&first.headline) == flat(&hit.headline)) {
            entry.headline = Line::new();
        }
        let is_known = |known: &Entry<'_>| known.link == entry.link && known.source == entry.source;
        if !entries.iter().any(is_known) {
            entries.push(entry);
        }
    }
    let heading = match entries.len() {
        1 => "Source".to_owned(),
        count => format!("{count} sources"),
    };
    Section { heading, entries }
}

fn by_rule(facts: &Facts) -> Vec<Section<'_>> {
    let section = |count: &crate::render::facts::Count| {
        let hits = facts.hits.iter().filter(|hit| hit.rule == count.rule);
        let entries: Vec<Entry<'_>> = hits.map(entry).collect();
        (!entries.is_empty()).then(|| Section {
            heading: format!("{} ({})", count.rule, count.count),
            entries,
        })
    };
    facts.counts.iter().filter_map(section).collect()
}

fn entry(hit: &Told) -> Entry<'_> {
    let source = match hit.published {
        Some(at) => format!("{} · {}", hit.feed, time(at)),
        None => hit.feed.clone(),
    };
    Entry {
        headline: bounded(std::slice::from_ref(&hit.headline), HEADLINE, 1).concat(),
        snippet: hit.snippet.clone(),
        link: Some(hit.link.as_str()).filter(|link| !link.is_empty()),
        source,
    }
}

fn flat(line: &Line) -> String {
    line.iter().map(|span| span.text.as_str()).collect()
}

/// A time where newsbell runs, to the minute.
fn time(time: Timestamp) -> String {
    let zoned = time.to_zoned_datetime(TimeZone::system());
    zoned.strftime("%a %-d %b %Y, %H:%M %Z").to_string()
}

//! What is known of an alert? One shape for webhooks, programs and templates.

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use super::{headline, is_story, snippet, title, was};
use crate::model::{AlertKind, AlertView, HitView, Line, Message, Span, Urgency};
use crate::text::printable;

/// The version of this shape. It grows when a field changes its meaning or goes; new fields may come.
pub const SCHEMA: u32 = 1;

/// An alert with its words: free of control characters, bounded by what the store reads of it.
/// Texts that are not there are empty.
#[derive(Clone, Debug, Serialize)]
pub struct Facts {
    /// [`SCHEMA`]
    pub schema: u32,
    /// The alert's stable id.
    pub id: String,
    /// What it tells: `story`, `baseline`, `flood`, `away`, ...
    pub kind: AlertKind,
    /// How loudly.
    pub urgency: Urgency,
    /// When it was committed, RFC 3339.
    pub time: Timestamp,
    /// What newsbell itself would call it, one line.
    pub title: String,
    /// What newsbell itself would say, without the link.
    pub text: String,
    /// The rule of its first hit.
    pub rule: String,
    /// The headline of its first hit; the title of a summary.
    pub headline: String,
    /// The words around the first match.
    pub snippet: String,
    /// The page to open.
    pub link: String,
    /// The number of its story.
    pub story: Option<i64>,
    /// The feed that it is about, if it is about one.
    pub about: String,
    /// The feeds that carry it, in order of time, as far as its hits tell.
    pub sources: Vec<String>,
    /// How many sources carry its story in all.
    pub carriers: usize,
    /// The words that matched.
    pub words: Vec<String>,
    /// How many hits it tells.
    pub total: u64,
    /// How many by rule, most first.
    pub counts: Vec<Count>,
    /// The hits, oldest first; of a summary the first of them.
    pub hits: Vec<Told>,
}

/// How many hits of one rule an alert tells.
#[derive(Clone, Debug, Serialize)]
pub struct Count {
    /// The rule.
    pub rule: String,
    /// Its hits.
    pub count: u64,
}

/// One hit that an alert tells.
#[derive(Clone, Debug, Serialize)]
pub struct Told {
    /// Its rule.
    pub rule: String,
    /// The feed.
    pub feed: String,
    /// The headline, matched words marked.
    #[serde(serialize_with = "as_text")]
    pub headline: Line,
    /// The words around the match, which are marked.
    #[serde(serialize_with = "as_text")]
    pub snippet: Line,
    /// The page to open.
    pub link: String,
    /// When it was published, RFC 3339.
    #[serde(serialize_with = "if_known")]
    pub published: Option<Timestamp>,
    /// The words that matched.
    pub words: Vec<String>,
    /// What a change of its item did away with.
    pub was: String,
}

/// Everything that is known of an alert and the message that newsbell makes of it.
#[must_use]
pub fn facts(alert: &AlertView, message: &Message) -> Facts {
    let hits: Vec<Told> = alert.hits.iter().map(told).collect();
    let (mut sources, mut words) = (Vec::new(), Vec::new());
    for hit in &hits {
        for (all, new) in [
            (&mut sources, std::slice::from_ref(&hit.feed)),
            (&mut words, hit.words.as_slice()),
        ] {
            for one in new {
                if !all.contains(one) {
                    all.push(one.clone());
                }
            }
        }
    }
    let of_one = is_story(alert);
    let first = hits.first();
    let story = alert.hits.first().filter(|_| of_one);
    let title = clean(&message.title);
    let text: Vec<String> = message.lines.iter().map(|line| flat(line)).collect();
    Facts {
        schema: SCHEMA,
        id: clean(&alert.id.0),
        kind: alert.kind,
        urgency: alert.urgency,
        time: alert.created_at,
        text: text.join("\n"),
        rule: first.map(|hit| hit.rule.clone()).unwrap_or_default(),
        headline: match first.filter(|_| of_one) {
            Some(hit) => flat(&hit.headline),
            None => title.clone(),
        },
        title,
        snippet: first.map(|hit| flat(&hit.snippet)).unwrap_or_default(),
        link: clean(message.link.as_deref().unwrap_or_default()),
        story: story.map(|hit| hit.story.0),
        about: clean(alert.about.as_deref().unwrap_or_default()),
        sources,
        carriers: alert.sources,
        words,
        total: alert.counts.iter().map(|(_, count)| count).sum(),
        counts: alert
            .counts
            .iter()
            .map(|(rule, count)| Count {
                rule: clean(rule),
                count: *count,
            })
            .collect(),
        hits,
    }
}

fn told(hit: &HitView) -> Told {
    let mut words = Vec::new();
    for mark in &hit.evidence {
        let word = clean(&mark.text);
        if !words.contains(&word) {
            words.push(word);
        }
    }
    let marked = if hit.title.is_empty() {
        vec![Span {
            text: headline(hit).to_owned(),
            marked: false,
        }]
    } else {
        title(&hit.title, &hit.evidence)
    };
    Told {
        rule: clean(&hit.rule),
        feed: clean(&hit.feed),
        headline: tidy(marked),
        snippet: tidy(snippet(&hit.body, &hit.evidence)),
        link: clean(hit.link.as_deref().unwrap_or_default()),
        published: hit.published,
        words,
        was: hit
            .was
            .as_ref()
            .map(|gone| clean(&was(gone)))
            .unwrap_or_default(),
    }
}

/// One line, without control characters.
fn clean(text: &str) -> String {
    printable(text).into_owned()
}

fn tidy(mut line: Line) -> Line {
    for span in &mut line {
        span.text = clean(&span.text);
    }
    line
}

/// A line without its marks.
fn flat(line: &[Span]) -> String {
    line.iter().map(|span| clean(&span.text)).collect()
}

#[expect(clippy::ref_option, reason = "serde's own signature")]
fn if_known<S: Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    let text = at.map(|at| at.to_string()).unwrap_or_default();
    serializer.serialize_str(&text)
}

fn as_text<S: Serializer>(line: &Line, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&flat(line))
}

//! What is a rule, what does it look at, and how is it told?

use std::fmt;
use std::sync::Arc;

use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Field, StoryId};

/// How loudly an alert is told (freedesktop Desktop Notifications, "Urgency Levels").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Urgency {
    /// Shown without insisting.
    Low,
    /// The default.
    #[default]
    Normal,
    /// Stays until it is dismissed.
    Critical,
}

/// A named query with options. The queries have been checked: a `Rule` that exists compiles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Unique in the configuration.
    pub name: Arc<str>,
    /// Query texts; any of them may match.
    pub queries: Vec<String>,
    /// How loudly its alerts are told.
    pub urgency: Urgency,
    /// Names of the channels its alerts go to.
    pub channels: Vec<String>,
    /// One alert a story in this time; more sources join it quietly.
    pub cooldown: SignedDuration,
    /// Whether plain words stand for all their inflected forms.
    pub stem: bool,
    /// Which items it looks at.
    pub only: Only,
    /// When its alerts may be told.
    pub telling: Telling,
}

/// When the alerts of a rule may be told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Telling {
    /// So many alerts in so long a time; what is beyond them is told in one digest.
    pub repeat: Option<Limit>,
    /// Nothing is told at once, but all together at certain times.
    pub digest: Option<Digest>,
    /// Whether it is told in quiet hours too.
    pub breaks_quiet: bool,
    /// Nothing is told of a story before so many feeds carry it.
    pub min_sources: usize,
    /// It rings again, once, when so many feeds carry a story within so long a time.
    pub escalate: Option<Limit>,
    /// Whether it rings again when an item is changed that was told.
    pub rings_on_update: bool,
}

/// So many in so long a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// How many.
    pub most: usize,
    /// In what time.
    pub within: SignedDuration,
}

/// When a rule's digests are told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Digest {
    /// At these times of day.
    At(Vec<Time>),
    /// So many seconds after the first hit.
    Every(i64),
}

/// When nobody is to be disturbed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quiet {
    /// Spans of the day.
    pub hours: Vec<QuietSpan>,
    /// Whether alerts of critical rules are told all the same.
    pub critical: bool,
    /// Whose clocks count; those of the machine if it is not said.
    pub zone: Option<TimeZone>,
}

/// A span of the day in which nobody is to be disturbed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuietSpan {
    /// When it begins.
    pub from: Time,
    /// When it ends: on the day after, if that is not later than it begins.
    pub to: Time,
    /// The days on which it begins; none means every day.
    pub days: Vec<Weekday>,
}

/// Which items a rule looks at; an empty list allows all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Only {
    /// Names of feeds.
    pub feeds: Vec<String>,
    /// Tags of feeds.
    pub tags: Vec<String>,
    /// BCP 47 primary language subtags, lower case.
    pub languages: Vec<String>,
    /// Items published longer ago are stored and not told.
    pub max_age: Option<SignedDuration>,
    /// From then on the rule looks at nothing.
    pub until: Option<Timestamp>,
    /// Whether the rule is switched off.
    pub disabled: bool,
    /// When the rule is new: stored items of at most this age, too.
    pub backfill: Option<SignedDuration>,
}

/// Why a rule matched: one span of the item's text and the part of the query it satisfied.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Evidence {
    /// Where the words stand.
    pub field: Field,
    /// First byte of the span in the field's text.
    pub start: usize,
    /// First byte after the span.
    pub end: usize,
    /// The span's text as published. A later edit of the item may have moved it.
    pub text: String,
    /// The part of the query it satisfied, as written in the rule.
    pub part: String,
}

/// What may be kept from ringing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Topic {
    /// A rule, by its name.
    Rule(String),
    /// A story.
    Story(StoryId),
    /// A feed, by its name.
    Feed(String),
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Topic::Rule(name) => write!(f, "rule {name}"),
            Topic::Story(id) => write!(f, "story {}", id.0),
            Topic::Feed(name) => write!(f, "feed {name}"),
        }
    }
}

/// A topic that is not to ring for a while: its hits are stored, and not told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mute {
    /// What is muted.
    pub topic: Topic,
    /// When that was said.
    pub since: Timestamp,
    /// From then on it rings again.
    pub until: Timestamp,
}

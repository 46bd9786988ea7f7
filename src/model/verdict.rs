//! What is decided about a hit, and why?

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{AlertId, Topic};

/// What was decided about a hit: always stored with its reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", content = "why", rename_all = "snake_case")]
pub enum Verdict {
    /// Told now, by an alert of its own.
    Ring(Why),
    /// Told later or together with others, in one summary.
    Hold(Why),
    /// Not told: it was told already, or is not to be.
    Drop(Why),
}

/// The reason of a [`Verdict`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Why {
    /// The rule has not rung for this story before.
    NewStory,
    /// The rule rang for this story, but longer ago than its cooldown.
    CooldownOver {
        /// When it last rang.
        last: Timestamp,
    },
    /// The rule rang for this story before, and now many feeds carry it.
    Escalated {
        /// How many.
        sources: usize,
        /// Within how many seconds.
        within: i64,
    },
    /// The item was changed after it was told.
    Updated {
        /// When it was told.
        told: Timestamp,
    },
    /// Too few feeds carry the story yet.
    FewSources {
        /// How many do.
        sources: usize,
        /// How many must.
        least: usize,
    },
    /// A person has found the story to be not what the rule is for.
    NotRelevant {
        /// When that was said.
        said: Timestamp,
    },
    /// The rule rang for this story within its cooldown; the item joined that alert.
    SameStory {
        /// The alert it joined.
        alert: AlertId,
    },
    /// Its rule, story or feed is muted.
    Muted {
        /// Which of them.
        topic: Topic,
        /// Until when.
        until: Timestamp,
    },
    /// Its feed carried it before, and brought it again with others under new keys.
    Rekeyed,
    /// Its feed brought its archive.
    Replayed {
        /// When it was published.
        published: Timestamp,
    },
    /// It was in the feed when newsbell first read it; one summary tells how many there were.
    Baseline,
    /// It was published longer ago than the rule's `max_age`.
    TooOld {
        /// When it was published.
        published: Timestamp,
    },
    /// There were more alerts in a short time than a person can read; one summary tells them all.
    Flood {
        /// How many there would have been.
        alerts: usize,
    },
    /// Nobody is to be disturbed; one digest tells it afterwards.
    QuietHours {
        /// When they end.
        until: Timestamp,
    },
    /// The rule is told in digests.
    Digest {
        /// When the next one is told.
        at: Timestamp,
    },
    /// The rule has rung as often as it may; one digest tells what is beyond.
    Repeat {
        /// How often it may ring.
        most: usize,
        /// In how many seconds.
        within: i64,
        /// When the digest is told.
        until: Timestamp,
    },
    /// It was stored before the rule was there; one summary tells how many there were.
    Backfill,
}

impl Verdict {
    /// The reason alone.
    #[must_use]
    pub fn why(&self) -> &Why {
        match self {
            Verdict::Ring(why) | Verdict::Hold(why) | Verdict::Drop(why) => why,
        }
    }

    /// One word for the log, the same as in JSON.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Verdict::Ring(_) => "ring",
            Verdict::Hold(_) => "hold",
            Verdict::Drop(_) => "drop",
        }
    }
}

impl Why {
    /// One word for the log, the same as in JSON.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Why::NewStory => "new_story",
            Why::CooldownOver { .. } => "cooldown_over",
            Why::SameStory { .. } => "same_story",
            Why::Escalated { .. } => "escalated",
            Why::Updated { .. } => "updated",
            Why::FewSources { .. } => "few_sources",
            Why::Rekeyed => "rekeyed",
            Why::Replayed { .. } => "replayed",
            Why::Muted { .. } => "muted",
            Why::NotRelevant { .. } => "not_relevant",
            Why::Baseline => "baseline",
            Why::TooOld { .. } => "too_old",
            Why::Flood { .. } => "flood",
            Why::QuietHours { .. } => "quiet_hours",
            Why::Digest { .. } => "digest",
            Why::Repeat { .. } => "repeat",
            Why::Backfill => "backfill",
        }
    }
}

/// What an alert tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AlertKind {
    /// One rule and one story.
    Story,
    /// How many items of newly added feeds match.
    Baseline,
    /// One rule and one story that it has rung for before: now many feeds carry it.
    Escalation,
    /// One rule and one item that was changed after it was told.
    Update,
    /// A feed that brings as new what it brought before, or its archive.
    Repeats,
    /// Many stories in a short time.
    Flood,
    /// What came in quiet hours.
    Quiet,
    /// What came for rules that are told in digests.
    Digest,
    /// What came for a rule that had rung as often as it may.
    Repeat,
    /// What could not be shown while nobody could be reached.
    Away,
    /// A feed whose server says that it is gone for good.
    Gone,
    /// How many stored items match a rule that is new.
    Backfill,
    /// A new configuration that was refused.
    Config,
}

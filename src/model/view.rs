//! What do people see of hits, stories and alerts?

use jiff::Timestamp;
use serde::Serialize;

use super::{AlertId, AlertKind, Bond, Evidence, ItemId, StoryId, Urgency, Verdict};

/// One hit with what people want to see of its item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HitView {
    /// Row id of the hit.
    pub id: i64,
    /// Row id of its item.
    pub item: ItemId,
    /// When the rule matched.
    pub at: Timestamp,
    /// Name of the rule.
    pub rule: String,
    /// What was decided, and why.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// The alert that tells it, if any.
    pub alert: Option<AlertId>,
    /// The story its item belongs to.
    pub story: StoryId,
    /// Name of the feed.
    pub feed: String,
    /// [`Item::title`](super::Item::title)
    pub title: String,
    /// [`Item::link`](super::Item::link)
    pub link: Option<String>,
    /// When the item was published, if the feed said so.
    pub published: Option<Timestamp>,
    /// Why the rule matched.
    pub evidence: Vec<Evidence>,
    /// [`Item::body`](super::Item::body)
    pub body: String,
    /// What the last change of the item did away with, if it was changed after it was first seen.
    pub was: Option<Was>,
    /// When a person found its story to be not what the rule is for, if one did.
    pub not_relevant: Option<Timestamp>,
}

/// What a change of an item did away with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Was {
    /// When the change was seen.
    pub at: Timestamp,
    /// The title, if its words changed.
    pub title: Option<String>,
    /// What is gone of the text, if its words changed; empty if something was only added.
    pub passage: Option<String>,
}

/// One story with what people want to see of its items.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StoryView {
    /// Row id of the story.
    pub story: StoryId,
    /// When its first item came out, as far as that is known.
    pub first: Timestamp,
    /// When its last item did.
    pub last: Timestamp,
    /// How many feeds carry it.
    pub feeds: u64,
    /// How many items there are, also of those that are not shown.
    pub count: u64,
    /// The rules that it hit.
    pub rules: Vec<String>,
    /// Its items, in the order of time; at most so many as were asked for.
    pub items: Vec<Source>,
}

/// One item of a [`StoryView`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Source {
    /// Row id of the item.
    pub item: ItemId,
    /// Name of the feed.
    pub feed: String,
    /// When it came out, or was first seen if that is not known.
    pub at: Timestamp,
    /// [`Item::title`](super::Item::title)
    pub title: String,
    /// [`Item::link`](super::Item::link)
    pub link: Option<String>,
    /// Why it belongs to the story, if that was stored.
    pub bond: Option<Bond>,
}

/// An alert with everything that is needed to tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertView {
    /// Stable id.
    pub id: AlertId,
    /// What it tells.
    pub kind: AlertKind,
    /// How loudly.
    pub urgency: Urgency,
    /// When it was committed.
    pub created_at: Timestamp,
    /// The feed that it is about, or the first mistake of a configuration, if it is about one.
    pub about: Option<String>,
    /// The hits it tells, oldest first; at most a few of them for a summary.
    pub hits: Vec<HitView>,
    /// How many hits it tells by rule, most first: complete, also for a summary.
    pub counts: Vec<(String, u64)>,
    /// How many feeds carry its story, if it is about one.
    pub sources: usize,
    /// How often it was tried to send it on the channel it is leased for, this time included.
    pub attempts: u32,
}

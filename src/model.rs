//! Which nouns does newsbell speak of, and what does each carry?
//!
//! Plain values, no behaviour beyond small conversions. Every other module speaks in these words.

mod batch;
pub mod channel;
mod feed;
mod item;
mod rule;
mod verdict;
mod view;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use batch::{Batch, Decided, Got, Read};
pub use feed::{
    Access, Feed, FeedState, Health, Hints, Login, Moved, Pace, Rhythm, Secret, Trouble,
    Validators, is_at_home, without_password,
};
pub use item::{Bond, Document, Entry, Field, Item, primary_language};
pub use rule::{
    Digest, Evidence, Limit, Mute, Only, Quiet, QuietSpan, Rule, Telling, Topic, Urgency,
};
pub use verdict::{AlertKind, Verdict, Why};
pub use view::{AlertView, HitView, Source, StoryView, Was};

/// Row id of a [`Feed`] in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FeedId(pub i64);

/// Row id of a stored [`Item`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ItemId(pub i64);

/// Row id of a Story: items, from any feeds, that tell the same news.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StoryId(pub i64);

/// Stable id of an alert: random, made once when the alert is committed, the same on every re-send.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AlertId(pub String);

impl fmt::Display for AlertId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A message ready for any channel: structure, no markup. Channels escape it for their medium.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The alert it tells; the same on every re-send.
    pub alert: AlertId,
    /// Rule and headline, one line.
    pub title: String,
    /// Lines of the text.
    pub lines: Vec<Line>,
    /// The page to open, `http(s)` only.
    pub link: Option<String>,
    /// How loudly to tell it.
    pub urgency: Urgency,
    /// The rule that it is of, if it is of one only.
    pub rule: Option<String>,
    /// The story that it tells, if it tells one only.
    pub story: Option<StoryId>,
}

/// One line of a [`Message`].
pub type Line = Vec<Span>;

/// A run of text, marked where it is evidence of a match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Plain text.
    pub text: String,
    /// A matched word or phrase: to be highlighted.
    pub marked: bool,
}

//! What does one poll bring, and what comes of it?

use std::sync::Arc;

use jiff::Timestamp;
use url::Url;

use super::{Feed, FeedId, FeedState, Health, Hints, HitView, Item, Moved, Rhythm, Validators};

/// Everything one poll of a feed brought.
#[derive(Debug)]
pub struct Batch {
    /// Whose poll.
    pub feed: Arc<Feed>,
    /// The feed's row.
    pub id: FeedId,
    /// When the feed was asked.
    pub at: Timestamp,
    /// What its server says about when to come back.
    pub hints: Hints,
    /// What moves the next poll a little, in `0.0..1.0`.
    pub chance: f64,
    /// How its polls go now.
    pub health: Health,
    /// Where it has moved to.
    pub moved: Option<Moved>,
    /// Whether its server says that it is gone for good.
    pub gone: bool,
    /// The answer, if a complete one was got.
    pub got: Got,
}

/// What a poll got.
#[derive(Debug)]
pub enum Got {
    /// No answer, or one that says that nothing has changed.
    Nothing,
    /// The document that is known already, under these validators of this URL.
    Same(Validators, Url),
    /// A document.
    Read(Read),
}

/// What a complete document held.
#[derive(Debug)]
pub struct Read {
    /// In document order.
    pub items: Vec<Item>,
    /// To be stored in the same transaction as the items.
    pub validators: Validators,
    /// Who gave the validators.
    pub url: Url,
    /// A hash of the document.
    pub body_hash: u128,
    /// What it says about when to come back.
    pub rhythm: Rhythm,
    /// What was put right in it.
    pub repairs: Vec<(&'static str, u32)>,
}

/// What one batch came to.
#[derive(Debug, Default)]
pub struct Decided {
    /// Items that were not known.
    pub new: usize,
    /// Known items whose title or text changed.
    pub edited: usize,
    /// Whether this was the feed's first complete document.
    pub baseline: bool,
    /// The feed as the next poll finds it.
    pub state: Option<Box<FeedState>>,
    /// Whether something is to be told now, or at another time, without a new hit.
    pub moved: bool,
    /// New hits with their verdicts.
    pub hits: Vec<HitView>,
}

//! What is an item, before and after it is made plain?

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Rhythm;

/// A feed document as the parser gives it: theirs, not yet checked or cleaned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// `rss`, `atom`, `rdf` or `json`.
    pub format: &'static str,
    /// Title of the feed, markup and all.
    pub title: Option<String>,
    /// Declared language (RSS `language`, Atom `xml:lang`), as written.
    pub language: Option<String>,
    /// In document order.
    pub entries: Vec<Entry>,
    /// Entries left unread because the document held more than the cap.
    pub left_out: usize,
    /// What was wrong with the document and was put right: its name and how often.
    pub repairs: Vec<(&'static str, u32)>,
    /// What it says about when to come back.
    pub rhythm: Rhythm,
}

/// One entry of a [`Document`]: theirs. Text is as published, so it may hold HTML.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// Atom `id`, RSS `guid`, RDF `rdf:about`. Unique, if at all, within its feed only.
    pub id: Option<String>,
    /// Headline, possibly HTML.
    pub title: Option<String>,
    /// Resolved against the document's base where it was relative.
    pub link: Option<String>,
    /// When it was first published, if the date could be read.
    pub published: Option<Timestamp>,
    /// When it was last changed, if the date could be read.
    pub updated: Option<Timestamp>,
    /// Teaser, possibly HTML.
    pub summary: Option<String>,
    /// Full text, possibly HTML.
    pub content: Option<String>,
    /// Names only.
    pub authors: Vec<String>,
    /// Labels as people read them, else their terms.
    pub categories: Vec<String>,
    /// Declared language of this entry, as written.
    pub language: Option<String>,
}

/// A normalised entry: what rules look at and what is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Stable within its feed from poll to poll.
    pub key: String,
    /// Where the story is read: absolute `http(s)` URL as published.
    pub link: Option<String>,
    /// The link without fragment and tracking parameters: equal for copies of one page.
    pub canonical_link: Option<String>,
    /// Plain text, one line.
    pub title: String,
    /// Plain text; blocks are separated by line feeds.
    pub body: String,
    /// Names only.
    pub authors: Vec<String>,
    /// In document order, without repeats.
    pub categories: Vec<String>,
    /// When it was published; `None` if the feed did not say or named a time to come.
    pub published: Option<Timestamp>,
    /// BCP 47 primary language subtag, lower case (`en`), if the entry or its feed declares one. Rules that
    /// ask recognise it by the text otherwise.
    pub language: Option<String>,
}

/// The language of a tag: `en` of `EN-us` or `en_US` (RFC 5646 §2.2.1); `None` of what is no tag.
#[must_use]
pub fn primary_language(tag: &str) -> Option<String> {
    let primary = tag.trim().split(['-', '_']).next()?;
    let is_language =
        (2..=3).contains(&primary.len()) && primary.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_language.then(|| primary.to_ascii_lowercase())
}

/// What a rule may look at in an [`Item`]. Fields never join: no phrase crosses from one to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Field {
    /// [`Item::title`]
    Title,
    /// [`Item::body`]
    Body,
    /// [`Item::authors`], one a line.
    Author,
    /// [`Item::categories`], one a line.
    Category,
    /// [`Item::link`]
    Link,
    /// The name of the feed it came in.
    Feed,
}

/// Why an item belongs to its story: stored with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Bond {
    /// It was the first of its story.
    First,
    /// Another item of the story has its link.
    Link,
    /// Another item of the story has its headline.
    Headline,
    /// Another item of the story begins with the same text.
    Text {
        /// How much of it is the same, in `0.0..=1.0`.
        share: f32,
    },
    /// It shares words with the story.
    Words {
        /// How much of its words' weight, in `0.0..=1.0`; what time has passed counts against it.
        similarity: f32,
        /// How much was needed.
        least: f32,
        /// What they added to the similarity, the most telling first.
        words: Vec<(String, f32)>,
    },
}

//! Which nouns does newsbell speak of, and what does each carry?
//!
//! Plain values, no behaviour beyond small conversions. Every other module speaks in these words.

pub mod channel;

use std::fmt;
use std::sync::Arc;

use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use url::{Host, Url};

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

/// A configured source. Its identity in the store is its URL; the name may change freely.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    /// What people see: in notices, tables and logs.
    pub name: Arc<str>,
    /// `http`, `https` or `file`.
    pub url: Url,
    /// Free words to group feeds by.
    pub tags: Vec<String>,
    /// How often to ask, unless the server asks for more time.
    pub every: SignedDuration,
    /// The longest pause between two polls, back-off included.
    pub at_most: SignedDuration,
    /// Whether the feed may live at a private, loopback or link-local address.
    pub allow_private: bool,
    /// How it is asked, if it is not open to everybody.
    pub access: Access,
}

/// How a feed is asked that is not open to everybody. Nothing of it goes to another host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// Header fields, name and value.
    pub headers: Vec<(String, String)>,
    /// How to log in.
    pub login: Option<Login>,
    /// The value of `Cookie` (RFC 6265 §4.2.1).
    pub cookies: Option<Secret>,
    /// Through whom it is asked: `http`, `https`, `socks5` or `socks5h`.
    pub proxy: Option<Url>,
    /// Certificates in PEM of authorities to be trusted beside those of the machine.
    pub certificates: Option<Vec<u8>>,
}

/// How to log in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Login {
    /// RFC 7617.
    Basic {
        /// The user.
        name: String,
        /// Possibly none.
        password: Option<Secret>,
    },
    /// RFC 6750.
    Bearer(Secret),
}

/// A text that is shown nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<str>);

impl Secret {
    /// A secret.
    #[must_use]
    pub fn new(text: &str) -> Secret {
        Secret(text.into())
    }

    /// The text, for whom it is meant.
    #[must_use]
    pub fn told(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

impl Feed {
    /// Whether it lives on this machine: then nobody has to be spared.
    #[must_use]
    pub fn is_at_home(&self) -> bool {
        is_at_home(&self.url)
    }
}

/// Whether a URL is a file or a server of this machine.
#[must_use]
pub fn is_at_home(url: &Url) -> bool {
    match url.host() {
        None => true,
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
    }
}

/// A URL as it may be shown: without the name and password in it.
#[must_use]
pub fn without_password(url: &Url) -> Url {
    let mut url = url.clone();
    // Refused only for URLs that can have no user.
    let _ = url.set_password(None);
    let _ = url.set_username("");
    url
}

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

/// Caching validators of one URL, byte for byte as the server sent them (RFC 9110 §8.8).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validators {
    /// `ETag` field value, quotes and `W/` included.
    pub etag: Option<Vec<u8>>,
    /// `Last-Modified` field value.
    pub last_modified: Option<Vec<u8>>,
}

/// What a server says about when to come back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hints {
    /// `Retry-After` (RFC 9110 §10.2.3), as a delay.
    pub retry_after: Option<SignedDuration>,
    /// For how long the answer is fresh, by `Cache-Control: max-age` or `Expires` (RFC 9111 §4.2).
    pub fresh: Option<SignedDuration>,
}

/// What a feed's document says about when to come back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rhythm {
    /// RSS 2.0 `ttl`, in minutes.
    #[serde(default)]
    pub ttl: Option<u32>,
    /// RSS 1.0 `sy:updatePeriod` divided by `sy:updateFrequency`, in minutes.
    #[serde(default)]
    pub period: Option<u32>,
    /// RSS `skipHours`: a bit for each hour of the day, in GMT, from midnight.
    #[serde(default)]
    pub skip_hours: u32,
    /// RSS `skipDays`: a bit for each day of the week, in GMT, from Monday.
    #[serde(default)]
    pub skip_days: u8,
}

/// Why a feed is asked when it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pace {
    /// It is asked as often as the user wishes.
    #[default]
    Every,
    /// It has brought nothing new for a while.
    Quiet,
    /// Its server says how long its answer is fresh.
    Fresh,
    /// Its document says how long it may be kept (`ttl`).
    Ttl,
    /// Its document says how often it changes (`sy:updatePeriod`).
    Period,
    /// Its document names hours or days when nobody needs to ask.
    Skip,
    /// Its last polls went wrong.
    BackOff,
    /// Its server asked for time (`Retry-After`).
    RetryAfter,
    /// Its server says that it is gone for good (410).
    Gone,
}

/// Where a feed has moved to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Where its address redirects to permanently (301 or 308).
    pub to: Url,
    /// For how many polls in a row it has.
    pub polls: u32,
}

/// What became of one feed's polls, as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedState {
    /// The feed's row.
    pub id: FeedId,
    /// To be sent back with the next request.
    pub validators: Validators,
    /// The URL that gave the validators: the feed's own, or where it redirected to.
    pub validators_url: Option<Url>,
    /// When it was first read whole: until then a poll is the baseline.
    pub first_read_at: Option<Timestamp>,
    /// When it was last asked.
    pub last_poll_at: Option<Timestamp>,
    /// When it is to be asked again.
    pub next_poll_at: Option<Timestamp>,
    /// Until when its server asked not to be asked (`Retry-After`).
    pub asked_until: Option<Timestamp>,
    /// Whether its polls go well.
    pub health: Health,
    /// When it last brought something new; when its newest item appeared, if that is not known.
    pub changed_at: Option<Timestamp>,
    /// A hash of the last complete document.
    pub body_hash: Option<u128>,
    /// Why it is asked when it is.
    pub pace: Pace,
    /// What its last complete document says about when to come back.
    pub rhythm: Rhythm,
    /// Where it has moved to, if it has.
    pub moved: Option<Moved>,
    /// When its server said that it is gone for good.
    pub gone_at: Option<Timestamp>,
    /// What was put right in its last complete document: names, and how often.
    pub repairs: Vec<(String, u32)>,
}

/// Whether a feed's polls go well.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Health {
    /// The last poll went well, or there was none yet.
    #[default]
    Ok,
    /// The last `failures` polls went wrong.
    Failing {
        /// When the first of them did.
        since: Timestamp,
        /// How many in a row.
        failures: u32,
        /// What the last of them said.
        error: String,
    },
}

impl Health {
    /// Polls that went wrong in a row.
    #[must_use]
    pub fn failures(&self) -> u32 {
        match self {
            Health::Ok => 0,
            Health::Failing { failures, .. } => *failures,
        }
    }
}

/// What keeps newsbell from doing all it should, worst first. It goes on as far as it can, and recovers by
/// itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trouble {
    /// Nothing can be stored: nobody is asked, since what they say would be lost.
    NotStored {
        /// What the store says, in one line.
        error: String,
    },
    /// No file can be opened and no connection made.
    NoDescriptors,
    /// No server can be reached.
    NoNetwork,
    /// The machine or the program slept, or its clock was set forward.
    Late {
        /// So many feeds should have been asked meanwhile.
        feeds: usize,
        /// The first of them, for so long.
        by: SignedDuration,
    },
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::NotStored { error } => {
                write!(f, "polling waits until it can be stored: {error}")
            }
            Trouble::NoDescriptors => f.write_str(
                "out of file descriptors: polls are repeated until there are some (LimitNOFILE=)",
            ),
            Trouble::NoNetwork => {
                f.write_str("no network: feeds are asked again as soon as it is back")
            }
            Trouble::Late { feeds, by } => {
                let minutes = by.as_mins();
                let by = match minutes {
                    ..120 => format!("{minutes} min"),
                    120..2880 => format!("{} h", minutes / 60),
                    _ => format!("{} d", minutes / 1440),
                };
                write!(
                    f,
                    "feeds late after a sleep, a stop or a clock set forward: {feeds}, by up to {by}; they are \
                     asked one after the other"
                )
            }
        }
    }
}

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
    /// [`Item::title`]
    pub title: String,
    /// [`Item::link`]
    pub link: Option<String>,
    /// When the item was published, if the feed said so.
    pub published: Option<Timestamp>,
    /// Why the rule matched.
    pub evidence: Vec<Evidence>,
    /// [`Item::body`]
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
    /// [`Item::title`]
    pub title: String,
    /// [`Item::link`]
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

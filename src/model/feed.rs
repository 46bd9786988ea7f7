//! What is a feed, how is it asked, and how is it?

use std::fmt;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use url::{Host, Url};

use super::FeedId;

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

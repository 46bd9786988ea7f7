//! What does a feed document say? Bytes in, entries out.
//!
//! In: the body of an answer, its `Content-Type` and its address. Out: a [`Document`] as published,
//! neither checked nor cleaned (that is `normalise`), or a [`ParseError`] a person can act on.
//!
//! The only file naming `feed_rs` and `chrono`. What it adds to them: character decoding
//! (`charset`), repair of what is broken
//! (`repair`), bounds on the shape of the XML (`shape`), dates as they are really written
//! (`date`), an honest "there is no id", and survival of the parser's panics.

use std::cell::Cell;
use std::cmp::Reverse;
use std::panic;
use std::sync::Once;

use feed_rs::model as theirs;
use feed_rs::parser::Builder;
use jiff::Timestamp;
use thiserror::Error;
use url::Url;

use crate::model::{Document, Entry, Rhythm};
use discover::Offered;

mod charset;
mod date;
pub mod discover;
mod json;
pub mod opml;
mod repair;
mod shape;

#[cfg(test)]
mod tests;

/// The most entries one document may bring; the others are counted in [`Document::left_out`].
pub const ENTRIES_A_POLL: usize = 2_000;

/// The longest reason shown of a damaged document, in characters.
const REASON_CHARS: usize = 200;

/// Why a document could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ParseError {
    /// No text at all: an empty answer says nothing about the feed, so nothing is changed by it.
    #[error("the answer is empty; the feed may be broken for a while, or its address may be wrong")]
    Empty,
    /// HTML: a login page, a cookie wall, or the address of the site instead of its feed.
    #[error("this is a web page, not a feed; {}", advice(feeds))]
    WebPage {
        /// The feeds that it offers, the likeliest first.
        feeds: Vec<Offered>,
    },
    /// Something else than any kind of feed.
    #[error(
        "this is not a feed: found {found} where `rss`, `feed`, `RDF` or a JSON Feed should be"
    )]
    NotAFeed {
        /// What was found instead.
        found: String,
    },
    /// A feed, but broken: its publisher has to repair it.
    #[error("the feed is damaged: {reason}")]
    Malformed {
        /// What is wrong, in the words of the XML or JSON reader.
        reason: String,
    },
    /// A fault of the parser, not of the feed.
    #[error("the feed cannot be read because of a fault in the parser; please report its address")]
    Panicked,
}

/// Whether a text says of itself that it is HTML. Its outermost tags may be left out.
fn is_html(text: &str) -> bool {
    let begin = text.trim_start().get(.."<!doctype html".len());
    begin.is_some_and(|begin| begin.eq_ignore_ascii_case("<!doctype html"))
}

fn web_page(text: &str, base: &Url) -> ParseError {
    ParseError::WebPage {
        feeds: discover::offered(text, base),
    }
}

/// What to do with a web page.
fn advice(feeds: &[Offered]) -> String {
    match feeds {
        [] => "open it in a browser and look for its RSS or Atom address".to_owned(),
        [feed] => format!("its feed is {}", feed.url),
        [first, second, ..] => {
            let more = match feeds.len() - 2 {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            format!("its feeds are {}, {}{more}", first.url, second.url)
        }
    }
}

/// Reads a feed document: RSS 0.91 to 2.0, RSS 1.0 (RDF), Atom 1.0 or JSON Feed 1.
///
/// `content_type` is the HTTP field value; only its `charset` is used, for servers name any media
/// type. Relative links of Atom and RDF are resolved against `xml:base`, then `base`, the address
/// the document came from (RFC 4287 §2, RFC 3986 §5.1); those of RSS, which has no such rule,
/// against the channel's own link first, since feeds are often served from another host.
///
/// # Errors
/// See [`ParseError`]. A document without entries is no error.
pub fn document(
    bytes: &[u8],
    content_type: Option<&str>,
    base: &Url,
) -> Result<Document, ParseError> {
    let text = charset::decode(bytes, content_type, Some(base));
    let text = charset::without_declaration(&text);
    if text.is_empty() {
        return Err(ParseError::Empty);
    }
    if shape::is_json(text) {
        shape::root(text)?;
        return json::read(text, base);
    }
    let repaired = repair::repair(text).map_err(|error| match error {
        ParseError::NotAFeed { .. } if is_html(text) => web_page(text, base),
        ParseError::WebPage { .. } => web_page(text, base),
        other => other,
    })?;
    let (format, base_uri) = match repaired.family {
        repair::Family::Rss => ("rss", None),
        repair::Family::Rdf => ("rdf", Some(base.as_str())),
        repair::Family::Atom => ("atom", Some(base.as_str())),
    };
    let feed = read(&repaired.text, base_uri);
    let found = feed.as_ref().map_or(0, |feed| feed.entries.len());
    let raw = (found < repaired.begun)
        .then(|| shape::root(text).and_then(|_| read(text, base_uri)).ok())
        .flatten()
        .filter(|raw| raw.entries.len() > found);
    let mut document = ours(raw.map_or(feed, Ok)?, format, base);
    document.repairs = repaired.repairs;
    document.rhythm = repaired.rhythm;
    Ok(document)
}

/// What the parser makes of a text.
fn read(text: &str, base_uri: Option<&str>) -> Result<theirs::Feed, ParseError> {
    survive_panics(|| {
        Builder::new()
            .base_uri(base_uri)
            // The default invents an id, at times a random one; ours leaves it empty.
            .id_generator(|_, _, _| String::new())
            .sanitize_content(false)
            .timestamp_parser(|text| date::read(text).and_then(to_chrono))
            .build()
            .parse(text.as_bytes())
    })
    .ok_or(ParseError::Panicked)?
    .map_err(|error| ParseError::Malformed {
        reason: shown(&error.to_string()),
    })
}

/// Runs `work`; `None` if it panicked.
///
/// feed-rs slices strings at byte offsets and so panics on some ordinary feeds. The hook keeps
/// those panics off the log: it is installed once and asks a flag of the panicking thread, so
/// panics elsewhere are reported as before, even at the same moment.
fn survive_panics<T>(work: impl FnOnce() -> T + panic::UnwindSafe) -> Option<T> {
    thread_local! {
        static EXPECTED: Cell<bool> = const { Cell::new(false) };
    }
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !EXPECTED.get() {
                report(info);
            }
        }));
    });
    EXPECTED.set(true);
    let outcome = panic::catch_unwind(work);
    EXPECTED.set(false);
    outcome.ok()
}

/// Words of a hostile document, fit for a log line.
fn shown(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control())
        .take(REASON_CHARS)
        .collect()
}

fn ours(feed: theirs::Feed, format: &'static str, base: &Url) -> Document {
    let site = best_link(&feed.links).and_then(|link| base.join(&link).ok());
    let base = site
        .as_ref()
        .filter(|site| format == "rss" && site.has_host())
        .unwrap_or(base);
    let authors = names(&feed.authors);
    let mut entries: Vec<Entry> = feed
        .entries
        .into_iter()
        .map(|entry| our_entry(entry, format, base))
        .collect();
    if format == "atom" {
        // RFC 4287 §4.2.1: an entry without an author has the feed's.
        for entry in &mut entries {
            if entry.authors.is_empty() {
                entry.authors.clone_from(&authors);
            }
        }
    }
    let left_out = keep_newest(&mut entries, ENTRIES_A_POLL);
    Document {
        format,
        title: feed.title.and_then(|title| filled(title.content)),
        language: feed.language.and_then(filled),
        entries,
        left_out,
        repairs: Vec::new(),
        rhythm: Rhythm::default(),
    }
}

/// Keeps the newest `most` entries, in document order, and returns how many were left out.
///
/// By date, not by place: some feeds list the oldest first, and there the first entries are the
/// ones known already, so that no new entry would ever be seen. An entry without a date counts as
/// new, as nothing says otherwise; among equals the first ones stay.
fn keep_newest(entries: &mut Vec<Entry>, most: usize) -> usize {
    let left_out = entries.len().saturating_sub(most);
    if left_out > 0 {
        let mut ranked: Vec<_> = std::mem::take(entries).into_iter().enumerate().collect();
        ranked.sort_by_key(|(_, entry)| {
            Reverse(entry.published.or(entry.updated).unwrap_or(Timestamp::MAX))
        });
        ranked.truncate(most);
        ranked.sort_by_key(|(place, _)| *place);
        entries.extend(ranked.into_iter().map(|(_, entry)| entry));
    }
    left_out
}

fn our_entry(entry: theirs::Entry, format: &str, base: &Url) -> Entry {
    let link = best_link(&entry.links)
        .or_else(|| permalink(&entry.id, format))
        .map(|link| {
            if is_web(&link) {
                return link;
            }
            match Url::parse(&link) {
                Err(url::ParseError::RelativeUrlWithoutBase) => {
                    base.join(&link).map_or(link, |url| url.to_string())
                }
                _ => link,
            }
        });
    let content = entry
        .content
        .filter(is_text)
        .and_then(|content| content.body);
    let mut summary = entry.summary.map(|text| text.content);
    if summary.is_none() && content.is_none() {
        // Video channels describe their entries nowhere else (Media RSS `media:description`).
        summary = entry
            .media
            .into_iter()
            .find_map(|media| media.description)
            .map(|text| text.content);
    }
    Entry {
        id: filled(entry.id),
        title: entry.title.and_then(|title| filled(title.content)),
        link,
        published: entry.published.and_then(to_jiff),
        updated: entry.updated.and_then(to_jiff),
        summary: summary.and_then(filled),
        content: content.and_then(filled),
        authors: names(&entry.authors),
        categories: entry
            .categories
            .into_iter()
            .filter_map(|category| category.label.and_then(filled).or(filled(category.term)))
            .collect(),
        language: entry.language.and_then(filled),
    }
}

/// The page that tells the story: the first `alternate`, HTML if there are several (RFC 4287
/// §4.2.7.2). Links to the feed itself, to replies, attachments or comments are never it.
fn best_link(links: &[theirs::Link]) -> Option<String> {
    let mut pages = links.iter().filter(|link| {
        let alternate = match link.rel.as_deref() {
            None => true,
            Some(rel) => rel.rsplit('/').next() == Some("alternate"),
        };
        alternate && link.target.is_none() && !link.href.is_empty()
    });
    let first = pages.clone().next();
    pages
        .find(|link| {
            let kind = link.media_type.as_deref();
            kind.is_none_or(|kind| kind.contains("html"))
        })
        .or(first)
        .map(|link| link.href.clone())
}

/// An `rdf:about` that is an address. Atom ids are names even if they look like addresses (RFC 4287
/// §4.2.6), and the `guid` of RSS was seen to before.
fn permalink(id: &str, format: &str) -> Option<String> {
    let id = id.trim();
    (format == "rdf" && is_web(id)).then(|| id.to_owned())
}

/// Whether a link says of itself that it is one of the web, and whole.
fn is_web(link: &str) -> bool {
    link.starts_with("http://") || link.starts_with("https://")
}

/// Atom content may be a picture in Base64 (RFC 4287 §4.1.3): no words for any rule.
fn is_text(content: &theirs::Content) -> bool {
    let kind = content.content_type.as_str();
    // The parser calls XHTML `application/xhtml`.
    kind.starts_with("text/") || kind.ends_with("xml") || kind.ends_with("html")
}

/// Names, where the parser leaves the brackets of `jo@example.org (Jo Doe)`. An address is no name.
fn names(persons: &[theirs::Person]) -> Vec<String> {
    persons
        .iter()
        .filter_map(|person| person.name.as_deref())
        .map(|name| without_brackets(name.trim()).to_owned())
        .filter(|name| !name.is_empty())
        .collect()
}

/// A name without brackets around it, or left of a pair; `Network (3N)` keeps its own.
fn without_brackets(name: &str) -> &str {
    [('(', ')'), ('<', '>')]
        .into_iter()
        .fold(name.trim_matches('"'), |name, (opening, closing)| {
            let inner = name.strip_prefix(opening).unwrap_or(name);
            let inner = if inner.contains(opening) {
                inner
            } else {
                inner.strip_suffix(closing).unwrap_or(inner)
            };
            inner.trim()
        })
}

fn filled(text: String) -> Option<String> {
    (!text.trim().is_empty()).then_some(text)
}

fn to_chrono(time: Timestamp) -> Option<chrono::DateTime<chrono::Utc>> {
    let nanosecond = u32::try_from(time.subsec_nanosecond()).unwrap_or(0);
    chrono::DateTime::from_timestamp(time.as_second(), nanosecond)
}

fn to_jiff(time: chrono::DateTime<chrono::Utc>) -> Option<Timestamp> {
    let nanosecond = i32::try_from(time.timestamp_subsec_nanos()).ok()?;
    Timestamp::new(time.timestamp(), nanosecond).ok()
}

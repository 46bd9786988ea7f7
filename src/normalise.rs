//! What is this entry, in terms the rules and the store can rely on?
//!
//! In: a [`Document`] as its publisher wrote it. Out: [`Item`]s with a key that is stable from poll
//! to poll, plain text without control characters, sane dates and safe links. Arithmetic only.
//!
//! Feed text is hostile; what must never reach a terminal (control characters) is dropped here,
//! once. What only some media have to escape (markup, bidi controls) is left to them.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use xxhash_rust::xxh3::xxh3_128;

use crate::model::{Document, Entry, Item, primary_language};

mod html;
mod link;

#[cfg(test)]
mod tests;

/// The longest title, in bytes.
pub const TITLE_BYTES: usize = 1024;
/// The longest body, in bytes.
pub const BODY_BYTES: usize = 256 * 1024;
/// How far a clock may be ahead of ours before its dates are taken for nonsense.
pub const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(10);
/// 1990-01-01T00:00:00Z. Older than the Web, so a placeholder (0001, 1900, 1970) and no date.
pub const OLDEST: Timestamp = Timestamp::constant(631_152_000, 0);

/// The longest id kept as it is; longer ones are kept as their hash.
const ID_BYTES: usize = 512;
/// The longest name of an author or category, in bytes.
const NAME_BYTES: usize = 256;
/// The most authors, and the most categories, of one item.
const NAMES: usize = 64;

/// An item, and when it was revised.
type Revised = (Item, Option<Timestamp>);

/// The items of a document, in its order, each with a key of its own.
///
/// A key may be shared by entries of one document: some feeds give all entries the same guid, some
/// list each revision. If their links differ they are different stories, and the link joins the
/// key; if then their titles differ, or their bodies where there is no title, that does. What still
/// agrees is one story: its newest revision stays, at the place of the first. An entry is so never
/// lost to a careless guid; the price is that its key changes when such a neighbour comes or goes.
pub fn items(document: &Document, now: Timestamp) -> Vec<Item> {
    let mut items: Vec<Revised> = document
        .entries
        .iter()
        .map(|entry| {
            let changed = entry.updated.or(entry.published);
            (item(entry, document.language.as_deref(), now), changed)
        })
        .collect();
    if !sharing(&items).is_empty() {
        items = each_its_own(items);
    }
    items.into_iter().map(|(item, _)| item).collect()
}

/// Items, some of which share their key, each with one of its own.
fn each_its_own(mut items: Vec<Revised>) -> Vec<Revised> {
    part(&mut items, |item| {
        let link = item.canonical_link.as_deref();
        link.map_or_else(|| "no link".to_owned(), |link| format!("link:{link}"))
    });
    part(&mut items, |item| {
        let told = if item.title.is_empty() {
            &item.body
        } else {
            &item.title
        };
        format!("text:{:032x}", xxh3_128(folded(told).as_bytes()))
    });
    let mut gone = HashSet::new();
    for places in sharing(&items) {
        let first = places[0];
        for place in places.into_iter().skip(1) {
            if items[place].1 > items[first].1 {
                items.swap(place, first);
            }
            gone.insert(place);
        }
    }
    let kept = items.into_iter().enumerate();
    let kept = kept.filter(|(place, _)| !gone.contains(place));
    kept.map(|(_, revised)| revised).collect()
}

/// The places of entries that share a key, in their order, for every key of several.
fn sharing(items: &[Revised]) -> Vec<Vec<usize>> {
    let key = |place: &usize| items[*place].0.key.as_str();
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by_key(key);
    let same = order.chunk_by(|one, other| key(one) == key(other));
    same.filter(|same| same.len() > 1)
        .map(<[usize]>::to_vec)
        .collect()
}

/// Where entries share a key but not the distinction, adds the latter to the key of each.
fn part(items: &mut [Revised], distinction: impl Fn(&Item) -> String) {
    for places in sharing(items) {
        let distinctions: Vec<_> = places
            .iter()
            .map(|&place| distinction(&items[place].0))
            .collect();
        if distinctions.iter().collect::<HashSet<_>>().len() > 1 {
            for (place, distinction) in places.into_iter().zip(distinctions) {
                let key = &mut items[place].0.key;
                key.push(' ');
                key.push_str(&distinction);
            }
        }
    }
}

/// The link that pages share which are the same; `None` if `link` is no URL.
#[must_use]
pub fn canonical_link(link: &str) -> Option<String> {
    url::Url::parse(link).ok().map(|url| link::canonical(&url))
}

/// One entry as an item. `document_language` is used where the entry declares none.
///
/// The key is, in this order: `id:` and the trimmed id; `link:` and the canonical link; `hash:` and
/// a hash of title and body, letter case and spacing aside.
pub fn item(entry: &Entry, document_language: Option<&str>, now: Timestamp) -> Item {
    let title = html::line(entry.title.as_deref().unwrap_or_default(), TITLE_BYTES);
    let body = body(entry);
    let url = entry.link.as_deref().and_then(link::absolute);
    let canonical_link = url.as_ref().map(link::canonical);
    Item {
        key: key(
            entry.id.as_deref(),
            canonical_link.as_deref(),
            &title,
            &body,
        ),
        language: [entry.language.as_deref(), document_language]
            .into_iter()
            .flatten()
            .find_map(primary_language),
        link: url.map(String::from),
        canonical_link,
        title,
        body,
        authors: names(&entry.authors),
        categories: names(&entry.categories),
        published: [entry.published, entry.updated]
            .into_iter()
            .flatten()
            .find(|time| (OLDEST..=latest(now)).contains(time)),
    }
}

fn key(id: Option<&str>, link: Option<&str>, title: &str, body: &str) -> String {
    let id = id.map(str::trim).filter(|id| !id.is_empty());
    match (id, link) {
        (Some(id), _) if id.len() > ID_BYTES => format!("id:{:032x}", xxh3_128(id.as_bytes())),
        (Some(id), _) => format!("id:{id}"),
        (None, Some(link)) => format!("link:{link}"),
        (None, None) => {
            let text = format!("{}\n{}", folded(title), folded(body));
            format!("hash:{:032x}", xxh3_128(text.as_bytes()))
        }
    }
}

/// Content, or summary, or both: whatever words the feed gives have to be in the body, since a rule
/// may ask for any of them. A summary that only repeats or begins the content is left out.
fn body(entry: &Entry) -> String {
    let plain = |html: &Option<String>| html::text(html.as_deref().unwrap_or_default(), BODY_BYTES);
    let (summary, content) = (plain(&entry.summary), plain(&entry.content));
    if content.is_empty() {
        return summary;
    }
    if summary.is_empty() {
        return content;
    }
    let (flat_summary, flat_content) = (summary.replace('\n', " "), content.replace('\n', " "));
    if flat_content.contains(without_ellipsis(&flat_summary)) {
        content
    } else if flat_summary.contains(&flat_content) {
        summary
    } else {
        html::cut(format!("{summary}\n{content}"), BODY_BYTES)
    }
}

fn without_ellipsis(text: &str) -> &str {
    let end = text
        .trim_end_matches([']', ')'])
        .trim_end_matches(['…', '.']);
    // A full stop alone may well be in the content; three, or one in brackets, are a mark.
    if text.len() - end.len() >= '…'.len_utf8() {
        end.trim_end_matches(['[', '(', ' '])
    } else {
        text
    }
}

fn folded(text: &str) -> String {
    text.to_lowercase().replace('\n', " ")
}

fn latest(now: Timestamp) -> Timestamp {
    now.checked_add(CLOCK_SKEW).unwrap_or(Timestamp::MAX)
}

/// Plain names in order, without repeats.
fn names(names: &[String]) -> Vec<String> {
    let mut seen = HashSet::new();
    names
        .iter()
        .take(NAMES)
        .map(|name| html::line(name, NAME_BYTES))
        .filter(|name| !name.is_empty() && seen.insert(name.clone()))
        .collect()
}

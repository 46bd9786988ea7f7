//! Does this item have anything at all that the rules look for?
//!
//! A few rules look for a few words, and most items have none of these. A search for all of them at
//! once tells so without reading the item, and a look at what stands beside a word that was found.

use std::collections::BTreeMap;

use aho_corasick::{AhoCorasick, Input, MatchKind};
use memchr::memmem::Finder;

use crate::model::Item;
use crate::text::{Neighbours, Squeezed};

/// Texts that are looked for, at most: with more of them, an item is read as fast.
pub(super) const MANY: usize = 64;

/// The shortest text that is looked for, in bytes: shorter ones stand in most items.
const SHORT: usize = 3;

/// A folded form that is looked for, or a part of one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part<'f> {
    pub(super) text: &'f str,
    /// Whether a word begins with it.
    pub(super) first: bool,
    /// Whether a word ends with it.
    pub(super) last: bool,
}

/// What an item must have for one query to hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sought<'f> {
    pub(super) part: Part<'f>,
    /// The word that must stand beside it, and on which side.
    pub(super) beside: Option<(Side, &'f str)>,
    /// What the item must have besides, anywhere.
    pub(super) need: Option<&'f str>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Side {
    Before,
    After,
}

/// What else must be where a text was found.
#[derive(Debug)]
struct Watch {
    first: bool,
    last: bool,
    beside: Option<(Side, Vec<u8>)>,
    need: Option<Finder<'static>>,
}

/// A search for what one of any queries must have.
#[derive(Debug)]
pub(super) struct Glance {
    search: AhoCorasick,
    /// By pattern, what else one of its queries must have.
    watches: Vec<Vec<Watch>>,
    /// Whether two patterns may begin at one place.
    nested: bool,
    /// Letters that stand side by side in anything that is looked for.
    neighbours: Neighbours,
}

impl Glance {
    /// A search for these. `None` if reading is as good.
    pub(super) fn new(all: &[Sought<'_>]) -> Option<Glance> {
        let mut texts: BTreeMap<String, Vec<Watch>> = BTreeMap::new();
        for Sought { part, beside, need } in all {
            // No text that can be squeezed has other letters.
            if !is_latin(part.text) {
                continue;
            }
            let watch = Watch {
                first: part.first,
                last: part.last,
                beside: beside.map(|(side, word)| (side, word.as_bytes().to_owned())),
                need: need.map(|text| Finder::new(&letters(text)).into_owned()),
            };
            texts.entry(letters(part.text)).or_default().push(watch);
        }
        if texts.keys().any(|text| text.len() < SHORT) {
            return None;
        }
        let needs = all.iter().filter_map(|sought| sought.need);
        let neighbours = Neighbours::of(texts.keys().map(String::as_str).chain(needs));
        let sorted: Vec<&String> = texts.keys().collect();
        let nested = sorted.windows(2).any(|pair| pair[1].starts_with(pair[0]));
        // Of searches, the one for leftmost matches knows how to skip.
        let search = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostFirst)
            .build(texts.keys())
            .ok()?;
        Some(Glance {
            search,
            watches: texts.into_values().collect(),
            nested,
            neighbours,
        })
    }

    /// Whether an item may have any of them. `squeezed` is a buffer.
    pub(super) fn may_have(&self, item: &Item, squeezed: &mut Squeezed) -> bool {
        !squeezed.squeeze(&[&item.title, &item.body], &self.neighbours) || self.is_in(squeezed)
    }

    fn is_in(&self, squeezed: &Squeezed) -> bool {
        let bytes = squeezed.bytes();
        let mut from = 0;
        while let Some(hit) = self.search.find(Input::new(bytes).span(from..bytes.len())) {
            let mut watches = self
                .watches
                .get(hit.pattern().as_usize())
                .into_iter()
                .flatten();
            if self.nested
                || watches.any(|watch| watch.may_hold(squeezed, (hit.start(), hit.end())))
            {
                return true;
            }
            from = hit.start() + 1;
        }
        false
    }
}

impl Watch {
    /// Whether a query may hold of which a text was found from `start` to `end`.
    fn may_hold(&self, squeezed: &Squeezed, (start, end): (usize, usize)) -> bool {
        if self.first && !squeezed.may_part(start) || self.last && !squeezed.may_part(end) {
            return false;
        }
        if let Some((side, word)) = &self.beside
            && end <= squeezed.plain().len()
        {
            let stands = match side {
                Side::Before => may_end(&squeezed.plain()[..start], word),
                Side::After => may_begin(&squeezed.plain()[end..], word),
            };
            if !stands {
                return false;
            }
        }
        let need = self.need.as_ref();
        need.is_none_or(|need| need.find(squeezed.bytes()).is_some())
    }
}

/// Whether the first word of a text may be this one.
fn may_begin(text: &[u8], word: &[u8]) -> bool {
    let Some(start) = text.iter().position(|byte| is_part(*byte)) else {
        return false;
    };
    let rest = &text[start..];
    let end = rest.iter().position(|byte| !byte.is_ascii_alphanumeric());
    let (run, after) = rest.split_at(end.unwrap_or(rest.len()));
    run == word || may_go_on(run, after.first()) && word.starts_with(run) || run == b"s"
}

/// Whether the last word of a text may be this one.
fn may_end(text: &[u8], word: &[u8]) -> bool {
    let Some(end) = text.iter().rposition(|byte| is_part(*byte)) else {
        return false;
    };
    let rest = &text[..=end];
    let start = rest.iter().rposition(|byte| !byte.is_ascii_alphanumeric());
    let (before, run) = rest.split_at(start.map_or(0, |at| at + 1));
    run == word || may_go_on(run, before.last()) && word.ends_with(run) || run == b"s"
}

/// Whether a byte may be a part of a word.
fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || !byte.is_ascii()
}

/// Whether a run of letters may be but a part of a word, for what stands beside it.
fn may_go_on(run: &[u8], beside: Option<&u8>) -> bool {
    let joins =
        |byte: &u8| !byte.is_ascii() || matches!(byte, b'-' | b'\'' | b'`' | b'.' | b',' | b'"');
    run.is_empty() || beside.is_some_and(joins)
}

fn is_latin(text: &str) -> bool {
    let beyond = |char: char| !char.is_ascii() && char.is_alphanumeric();
    !text.chars().any(beyond)
}

/// What is left of a form when it is squeezed.
fn letters(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).collect()
}

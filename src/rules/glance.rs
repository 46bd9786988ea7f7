//! Does this item have anything at all that the rules look for?
//!
//! A few rules look for a few words, and most items have none of these. A search for all of them at
//! once tells so without reading the item.

use aho_corasick::{AhoCorasick, Input, MatchKind};

use crate::model::Item;
use crate::text::Squeezed;

/// Texts that are looked for, at most: with more of them, an item is read as fast.
pub(super) const MANY: usize = 64;

/// The shortest text that is looked for, in bytes: shorter ones stand in most items.
const SHORT: usize = 3;

/// A folded form that is looked for, or a part of one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sought<'f> {
    pub(super) text: &'f str,
    /// Whether a word begins with it.
    pub(super) first: bool,
    /// Whether a word ends with it.
    pub(super) last: bool,
}

/// A search for what one of any queries must have.
#[derive(Debug)]
pub(super) struct Glance {
    search: AhoCorasick,
    /// By pattern, whether a word begins and ends with it.
    bounds: Vec<(bool, bool)>,
    /// Whether two patterns may begin at one place.
    nested: bool,
}

impl Glance {
    /// A search for these. `None` if reading is as good.
    pub(super) fn new(all: &[Sought<'_>]) -> Option<Glance> {
        // No text that can be squeezed has other letters.
        let latin = all.iter().filter(|sought| {
            let beyond = |char: char| !char.is_ascii() && char.is_alphanumeric();
            !sought.text.chars().any(beyond)
        });
        let (bounds, texts): (Vec<(bool, bool)>, Vec<String>) = latin
            .map(|sought| {
                let letters = sought.text.chars().filter(char::is_ascii_alphanumeric);
                ((sought.first, sought.last), letters.collect::<String>())
            })
            .unzip();
        if texts.iter().any(|text| text.len() < SHORT) {
            return None;
        }
        let mut sorted = texts.clone();
        sorted.sort_unstable();
        let nested = sorted.windows(2).any(|pair| pair[1].starts_with(&pair[0]));
        // Of searches, the one for leftmost matches knows how to skip.
        let search = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostFirst)
            .build(&texts)
            .ok()?;
        Some(Glance {
            search,
            bounds,
            nested,
        })
    }

    /// Whether an item may have any of them. `squeezed` is a buffer.
    pub(super) fn may_have(&self, item: &Item, squeezed: &mut Squeezed) -> bool {
        [&item.title, &item.body]
            .into_iter()
            .any(|text| !squeezed.squeeze(text) || self.is_in(squeezed))
    }

    fn is_in(&self, squeezed: &Squeezed) -> bool {
        let bytes = squeezed.bytes();
        let mut from = 0;
        while let Some(hit) = self.search.find(Input::new(bytes).span(from..bytes.len())) {
            let bounds = self.bounds.get(hit.pattern().as_usize());
            let (first, last) = bounds.copied().unwrap_or_default();
            let begins = !first || squeezed.may_part(hit.start());
            let ends = !last || self.nested || squeezed.may_part(hit.end());
            if begins && ends {
                return true;
            }
            from = hit.start() + 1;
        }
        false
    }
}

//! Which beginnings, or endings, has this word?

use super::{Form, Table};

/// Slots of the filter, by two bytes of the word.
const HEADS: usize = 4096;

/// Lengths from here on share a bit of the filter.
const LONGEST: usize = 31;

/// Beginnings with their numbers, or endings (`END`). Most words have none of them, and their two
/// outermost bytes tell.
#[derive(Clone, Debug, Default)]
pub(in crate::rules) struct Affixes<const END: bool> {
    table: Table,
    /// By two bytes, the lengths that there are, one bit each.
    lengths: Vec<u32>,
    /// The longest.
    most: usize,
}

impl<const END: bool> Affixes<END> {
    pub(in crate::rules) fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// The number of an affix of at least two bytes; if it has none, it gets `form`.
    pub(super) fn add(&mut self, affix: &str, form: Form) -> Form {
        if self.lengths.is_empty() {
            self.lengths = vec![0; HEADS];
        }
        self.lengths[Self::head(affix)] |= 1 << affix.len().min(LONGEST);
        self.most = self.most.max(affix.len());
        self.table.add(affix, form)
    }

    /// Calls `found` for every affix that `word` has.
    pub(in crate::rules) fn of(&self, word: &str, mut found: impl FnMut(Form)) {
        let mut look = |length: usize| {
            let affix = if END {
                word.get(word.len() - length..)
            } else {
                word.get(..length)
            };
            if let Some(form) = affix.and_then(|affix| self.table.get(affix)) {
                found(form);
            }
        };
        let mut lengths = self.lengths.get(Self::head(word)).copied().unwrap_or(0);
        while lengths != 0 {
            let length = lengths.trailing_zeros() as usize;
            if length > word.len() {
                return;
            }
            if length == LONGEST {
                (length..=self.most.min(word.len())).for_each(look);
                return;
            }
            look(length);
            lengths &= lengths - 1;
        }
    }

    /// Every affix with its number.
    pub(in crate::rules) fn iter(&self) -> impl Iterator<Item = (&str, Form)> {
        self.table.iter()
    }

    fn head(word: &str) -> usize {
        let bytes = word.as_bytes();
        let two = if END {
            bytes.last_chunk()
        } else {
            bytes.first_chunk()
        };
        two.map_or(0, |[a, b]| {
            (usize::from(*a) * 31 + usize::from(*b) * 17) % HEADS
        })
    }
}

//! Which beginnings, or endings, has this word?

use super::{Form, Table};
use crate::text::{self, Word};

/// Bits of the filter.
const FILTER: usize = 1 << 16;

/// Lengths from here on share a bit.
const LONGEST: usize = 63;

/// Beginnings with their numbers, or endings (`END`). Most words have none of them, and their
/// outermost bytes tell.
#[derive(Clone, Debug, Default)]
pub(in crate::rules) struct Affixes<const END: bool> {
    table: Table,
    /// By the outermost bytes of a word, whether an affix has the same.
    filter: Vec<u64>,
    /// Bytes that the filter looks at: as many as the shortest affix has, at most eight.
    outermost: usize,
    /// The lengths that there are, one bit each.
    lengths: u64,
    /// The longest.
    most: usize,
}

impl<const END: bool> Affixes<END> {
    /// The number of an affix of at least two bytes; if it has none, it gets `form`.
    pub(super) fn add(&mut self, affix: &str, form: Form) -> Form {
        self.lengths |= 1 << affix.len().min(LONGEST);
        self.most = self.most.max(affix.len());
        let form = self.table.add(affix, form);
        let outermost = (self.lengths.trailing_zeros() as usize).min(8);
        if self.outermost == outermost {
            self.let_through(affix.as_bytes());
        } else {
            self.outermost = outermost;
            self.filter = vec![0; FILTER / 64];
            let all: Vec<String> = self.iter().map(|(affix, _)| affix.to_owned()).collect();
            for affix in all {
                self.let_through(affix.as_bytes());
            }
        }
        form
    }

    fn let_through(&mut self, affix: &[u8]) {
        let outer = if END {
            affix.get(affix.len() - self.outermost..)
        } else {
            affix.get(..self.outermost)
        };
        let bit = bit(text::head(outer.unwrap_or_default()));
        self.filter[bit / 64] |= 1 << (bit % 64);
    }

    /// Whether a word with these first eight bytes may have any of them: if not, it has none.
    #[inline]
    pub(in crate::rules) fn may_have(&self, head: u64, length: usize) -> bool {
        if self.filter.is_empty() {
            return false;
        }
        let outer = if END {
            head >> (8 * (length.min(8).saturating_sub(self.outermost)))
        } else {
            head
        };
        let bit = bit(outer & (u64::MAX >> (64 - 8 * self.outermost)));
        // The end of a long word is not in its head.
        END && length > 8 || self.filter[bit / 64] >> (bit % 64) & 1 == 1
    }

    /// Calls `found` for every affix that a word has.
    pub(in crate::rules) fn of(&self, word: &Word<'_>, found: impl FnMut(Form)) {
        if !self.may_have(word.head, word.form_length()) {
            return;
        }
        self.of_text(word.form(), word.head, found);
    }

    /// Calls `found` for every affix that a text has with these first eight bytes.
    pub(super) fn of_text(&self, word: &str, head: u64, mut found: impl FnMut(Form)) {
        let mut look = |length: usize| {
            if !END && length <= 8 {
                if let Some(form) = self.table.of_head(head, length) {
                    found(form);
                }
                return;
            }
            let affix = if END {
                word.get(word.len() - length..)
            } else {
                word.get(..length)
            };
            if let Some(form) = affix.and_then(|affix| self.table.get(affix)) {
                found(form);
            }
        };
        let mut lengths = self.lengths;
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
}

/// The bit of at most eight bytes.
#[inline]
fn bit(outer: u64) -> usize {
    let mixed = outer.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
    usize::try_from(mixed).unwrap_or(0) % FILTER
}

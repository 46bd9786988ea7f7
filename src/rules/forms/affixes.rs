//! Which beginnings, or endings, has this word?

use super::{Form, Table};
use crate::rules::bits::each;
use crate::text::{self, Word};

/// Numbers in the filter, of 64 bits each.
const FILTER: usize = 1 << 11;

/// Lengths from here on share a bit.
const LONGEST: usize = 63;

/// Beginnings with their numbers, or endings (`END`). Most words have none of them, and their
/// outermost bytes tell.
#[derive(Clone, Debug, Default)]
pub(in crate::rules) struct Affixes<const END: bool> {
    table: Table,
    /// By the outermost bytes of a word, whether an affix has the same, if there are any affixes.
    filter: Option<Box<[u64; FILTER]>>,
    /// Bytes that the filter looks at: as many as the shortest affix has, at most eight.
    outermost: usize,
    /// The bits of so many bytes.
    mask: u64,
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
            self.mask = u64::MAX >> (64 - 8 * outermost);
            self.filter = Some(Box::new([0; FILTER]));
            let all: Vec<String> = self.iter().map(|(affix, _)| affix.to_owned()).collect();
            for affix in all {
                self.let_through(affix.as_bytes());
            }
        }
        form
    }

    /// Lets them be found. After this none is added.
    pub(super) fn settle(&mut self) {
        self.table.settle();
    }

    fn let_through(&mut self, affix: &[u8]) {
        let outer = if END {
            affix.get(affix.len() - self.outermost..)
        } else {
            affix.get(..self.outermost)
        };
        let (at, bit) = place(text::head(outer.unwrap_or_default()));
        if let Some(filter) = &mut self.filter {
            filter[at] |= 1 << bit;
        }
    }

    /// Tells which words may have any of them.
    #[inline]
    pub(in crate::rules) fn outer(&self) -> Outer<'_, END> {
        Outer {
            filter: self.filter.as_deref(),
            outermost: self.outermost,
            mask: self.mask,
        }
    }

    /// Calls `found` for every affix that a word has.
    #[inline]
    pub(in crate::rules) fn of(&self, word: &Word<'_>, found: impl FnMut(Form)) {
        let (head, length) = (word.head, word.form_length());
        if self.outer().may_have(head, length) {
            self.find((head, length), || word.form(), found);
        }
    }

    /// Calls `found` for every affix that a text has.
    pub(super) fn of_text(&self, word: &str, found: impl FnMut(Form)) {
        let head = text::head(word.as_bytes());
        self.find((head, word.len()), || word, found);
    }

    /// Calls `found` for every affix that a word has with these first eight bytes, and so many.
    #[inline]
    fn find<'w>(
        &self,
        (head, length): (u64, usize),
        word: impl Fn() -> &'w str,
        mut found: impl FnMut(Form),
    ) {
        let affix = |length: usize| {
            let word = word();
            let affix = if END {
                word.get(word.len().checked_sub(length)?..)
            } else {
                word.get(..length)
            };
            self.table.get(affix?)
        };
        let most = length.min(LONGEST - 1);
        each(self.lengths & ((2 << most) - 1), |length| {
            let length = length as usize;
            let form = if !END && length <= 8 {
                self.table.of_head(head, length)
            } else {
                affix(length)
            };
            form.into_iter().for_each(&mut found);
        });
        if self.lengths >> LONGEST == 1 {
            let longest = LONGEST..=self.most.min(length);
            longest.filter_map(affix).for_each(found);
        }
    }

    /// Every affix with its number.
    pub(in crate::rules) fn iter(&self) -> impl Iterator<Item = (&str, Form)> {
        self.table.iter()
    }
}

/// The outermost bytes of affixes.
#[derive(Clone, Copy)]
pub(in crate::rules) struct Outer<'a, const END: bool> {
    filter: Option<&'a [u64; FILTER]>,
    outermost: usize,
    mask: u64,
}

impl<const END: bool> Outer<'_, END> {
    /// Whether a word with these first eight bytes may have any of the affixes: if not, it has none.
    #[inline]
    pub(in crate::rules) fn may_have(self, head: u64, length: usize) -> bool {
        let Some(filter) = self.filter else {
            return false;
        };
        let outer = if END {
            head >> (8 * (length.min(8).saturating_sub(self.outermost)))
        } else {
            head
        };
        let (at, bit) = place(outer & self.mask);
        // The end of a long word is not in its head.
        END && length > 8 || filter[at] >> bit & 1 == 1
    }
}

/// Where at most eight bytes are in the filter: in which number, and in which of its bits.
#[inline]
fn place(outer: u64) -> (usize, u64) {
    let mixed = outer.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let at = usize::try_from(mixed >> (64 - FILTER.ilog2())).unwrap_or(0);
    (at, mixed >> 32 & 63)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<const END: bool>(affixes: &[&str], word: &str) -> Vec<Form> {
        let mut all = Affixes::<END>::default();
        for (affix, form) in affixes.iter().zip(0..) {
            all.add(affix, form);
        }
        all.settle();
        let mut found = Vec::new();
        all.of_text(word, |form| found.push(form));
        found
    }

    #[test]
    fn every_affix_is_found_once() {
        let begins = ["abc", "ab", "abcde", "abcdefghij", "zzzz"];
        assert_eq!(found::<false>(&begins, "abc"), [1, 0]);
        assert_eq!(found::<false>(&begins, "abcdefghijk"), [1, 0, 2, 3]);
        assert_eq!(found::<false>(&begins, "a"), [0_u32; 0]);
        let ends = ["stan", "an", "kazakhstan"];
        assert_eq!(found::<true>(&ends, "kazakhstan"), [1, 0, 2]);
        assert_eq!(found::<true>(&ends, "stan"), [1, 0]);
    }

    #[test]
    fn long_affixes_share_a_bit_and_are_all_found() {
        let word = "x".repeat(70);
        let begins = [&word[..LONGEST], &word[..66], &word];
        assert_eq!(found::<false>(&begins, &word), [0, 1, 2]);
        assert_eq!(found::<true>(&begins, &word[..67]), [0, 1]);
    }
}

//! Which number has this word? A hash table for short strings, read once for every word of every item.

use super::{Form, NONE};

/// Strings with numbers.
#[derive(Clone, Debug, Default)]
pub(in crate::rules) struct Table {
    /// By slot, the hash of its string and its index; an index of `NONE` means that it is free.
    slots: Vec<(u64, u32)>,
    /// By index, where its string ends in `text`; it begins where the one before ends.
    ends: Vec<u32>,
    /// By index, its number.
    forms: Vec<Form>,
    text: String,
}

/// An odd number whose bits look random: the golden ratio (Knuth, TAOCP 3, 6.4).
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

/// Strings of at most eight bytes have different hashes: it is a bijection of their bytes.
pub(in crate::rules) fn hash(word: &[u8]) -> u64 {
    if let ..=8 = word.len() {
        return short(word).wrapping_mul(SPREAD);
    }
    let mut hash = word.len() as u64;
    let (chunks, rest) = word.as_chunks::<8>();
    for chunk in chunks {
        hash = (hash ^ u64::from_le_bytes(*chunk))
            .wrapping_mul(SPREAD)
            .rotate_left(23);
    }
    (hash ^ short(rest)).wrapping_mul(SPREAD)
}

/// At most eight bytes as a number, the missing ones as zeros.
fn short(word: &[u8]) -> u64 {
    if let (Some(low), Some(high)) = (word.first_chunk::<4>(), word.last_chunk::<4>()) {
        // They overlap in bytes that are the same.
        let shift = 8 * (word.len() - 4);
        return u64::from(u32::from_le_bytes(*low)) | u64::from(u32::from_le_bytes(*high)) << shift;
    }
    word.iter()
        .rev()
        .fold(0, |number, byte| number << 8 | u64::from(*byte))
}

impl Table {
    pub(in crate::rules) fn is_empty(&self) -> bool {
        self.forms.is_empty()
    }

    /// The number of `word`, if it has one.
    pub(in crate::rules) fn get(&self, word: &str) -> Option<Form> {
        let hash = hash(word.as_bytes());
        let mask = self.slots.len().checked_sub(1)?;
        let mut slot = place(hash) & mask;
        loop {
            let (found, index) = self.slots[slot];
            if index == NONE {
                return None;
            }
            if found == hash && self.holds(index, word) {
                return self.forms.get(index as usize).copied();
            }
            slot = (slot + 1) & mask;
        }
    }

    /// The number of `word`; if it has none, it gets `form`.
    pub(in crate::rules) fn add(&mut self, word: &str, form: Form) -> Form {
        if let Some(known) = self.get(word) {
            return known;
        }
        let index = u32::try_from(self.forms.len()).unwrap_or(NONE);
        self.text.push_str(word);
        self.ends
            .push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
        self.forms.push(form);
        // Two slots for each string: most are found at once.
        if self.slots.len() < 2 * self.forms.len() {
            self.grow();
        } else {
            self.settle(hash(word.as_bytes()), index);
        }
        form
    }

    fn holds(&self, index: u32, word: &str) -> bool {
        let index = index as usize;
        let end = self.ends[index] as usize;
        let start = index
            .checked_sub(1)
            .map_or(0, |before| self.ends[before] as usize);
        // Short strings of one length and one hash are the same.
        end - start == word.len()
            && (word.len() <= 8 || self.text.as_bytes()[start..end] == *word.as_bytes())
    }

    fn settle(&mut self, hash: u64, index: u32) {
        let mask = self.slots.len() - 1;
        let mut slot = place(hash) & mask;
        while self.slots[slot].1 != NONE {
            slot = (slot + 1) & mask;
        }
        self.slots[slot] = (hash, index);
    }

    fn grow(&mut self) {
        let size = (2 * self.slots.len()).max(16);
        self.slots = vec![(0, NONE); size];
        let mut start = 0;
        for index in 0..self.ends.len() {
            let end = self.ends[index] as usize;
            let hash = hash(&self.text.as_bytes()[start..end]);
            self.settle(hash, u32::try_from(index).unwrap_or(NONE));
            start = end;
        }
    }

    /// Every string with its number.
    pub(in crate::rules) fn iter(&self) -> impl Iterator<Item = (&str, Form)> {
        (0..self.ends.len()).map(|index| {
            let start = index
                .checked_sub(1)
                .map_or(0, |before| self.ends[before] as usize);
            let word = self.text.get(start..self.ends[index] as usize);
            (word.unwrap_or_default(), self.forms[index])
        })
    }
}

/// Where to look first. The high bits of a product depend on all bits of its factors.
fn place(hash: u64) -> usize {
    usize::try_from(hash >> 32).unwrap_or(0)
}

//! Which number has this word? A hash table for short strings, read once for every word of every item.

use super::{Form, NONE};
use crate::text::{Word, hash};

/// Strings with numbers.
#[derive(Clone, Debug, Default)]
pub(in crate::rules) struct Table {
    slots: Vec<Slot>,
    /// By some bits of a hash, whether any string has it. Most words of most texts are none of these,
    /// and it is small enough to be near at hand.
    filter: Vec<u64>,
    /// By index, where its string begins in `text`.
    starts: Vec<u32>,
    /// By index, its number.
    forms: Vec<Form>,
    text: String,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    hash: u64,
    /// Bytes of the string.
    length: u32,
    /// The index of the string; `NONE` means that the slot is free.
    index: u32,
}

const FREE: Slot = Slot {
    hash: 0,
    length: 0,
    index: NONE,
};

impl Table {
    /// The number of a word of a text, if it has one.
    #[inline]
    pub(in crate::rules) fn of(&self, word: &Word<'_>) -> Option<Form> {
        self.find(word.hash, word.form_length(), || word.form())
    }

    /// The number of `word`, if it has one.
    pub(in crate::rules) fn get(&self, word: &str) -> Option<Form> {
        self.find(hash(word.as_bytes()), word.len(), || word)
    }

    #[inline]
    fn find<'w>(&self, hash: u64, length: usize, word: impl Fn() -> &'w str) -> Option<Form> {
        if !self.may_have(hash) {
            return None;
        }
        let mask = self.slots.len() - 1;
        let mut place = place(hash) & mask;
        loop {
            let slot = self.slots.get(place)?;
            if slot.index == NONE {
                return None;
            }
            // Short strings of one length and one hash are the same.
            if slot.hash == hash
                && slot.length as usize == length
                && (length <= 8 || self.text_of(slot) == word())
            {
                return self.forms.get(slot.index as usize).copied();
            }
            place = (place + 1) & mask;
        }
    }

    /// Whether a string may have this hash: if not, none has.
    #[inline]
    pub(in crate::rules) fn may_have(&self, hash: u64) -> bool {
        let bit = self.bit(hash);
        self.filter
            .get(bit / 64)
            .is_some_and(|bits| bits >> (bit % 64) & 1 == 1)
    }

    #[inline]
    fn bit(&self, hash: u64) -> usize {
        let bits = 64 * self.filter.len();
        usize::try_from(hash >> 20).unwrap_or(0) & bits.wrapping_sub(1)
    }

    /// The number of `word`; if it has none, it gets `form`.
    pub(in crate::rules) fn add(&mut self, word: &str, form: Form) -> Form {
        if let Some(known) = self.get(word) {
            return known;
        }
        let slot = Slot {
            hash: hash(word.as_bytes()),
            length: short(word.len()),
            index: short(self.forms.len()),
        };
        self.starts.push(short(self.text.len()));
        self.text.push_str(word);
        self.forms.push(form);
        // Two slots for each string: most are found at once.
        if self.slots.len() < 2 * self.forms.len() {
            let size = (2 * self.slots.len()).max(16);
            self.filter = vec![0; size / 8];
            let slots = std::mem::replace(&mut self.slots, vec![FREE; size]);
            for slot in slots.into_iter().filter(|slot| slot.index != NONE) {
                self.settle(slot);
            }
        }
        self.settle(slot);
        form
    }

    fn settle(&mut self, slot: Slot) {
        let mask = self.slots.len() - 1;
        let mut place = place(slot.hash) & mask;
        while self.slots[place].index != NONE {
            place = (place + 1) & mask;
        }
        let bit = self.bit(slot.hash);
        self.filter[bit / 64] |= 1 << (bit % 64);
        self.slots[place] = slot;
    }

    fn text_of(&self, slot: &Slot) -> &str {
        let start = self.starts[slot.index as usize] as usize;
        let text = self.text.get(start..start + slot.length as usize);
        text.unwrap_or_default()
    }

    /// Every string with its number.
    pub(in crate::rules) fn iter(&self) -> impl Iterator<Item = (&str, Form)> {
        let taken = self.slots.iter().filter(|slot| slot.index != NONE);
        taken.map(|slot| (self.text_of(slot), self.forms[slot.index as usize]))
    }
}

/// Where to look first. The high bits of a product depend on all bits of its factors.
#[inline]
fn place(hash: u64) -> usize {
    usize::try_from(hash >> 32).unwrap_or(0)
}

/// Queries are bounded far below this.
fn short(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(NONE)
}

//! Which number has this word? A hash table for short strings, read once for every word of every item.

use super::{Form, NONE, UNSURE};
use crate::text::{self, Word, hash, head};

/// The bits of a slot's string that are its length.
const LENGTH: u32 = 0x1F;

/// Strings with numbers.
#[derive(Clone, Debug, Default)]
pub(in crate::rules) struct Table {
    slots: Vec<Slot>,
    /// By some bits of a hash, whether any string has it. Most words of most texts are none of these,
    /// and it is small enough to be near at hand.
    filter: Vec<u64>,
    /// By index, where its string ends in `text`; it begins where the one before ends.
    ends: Vec<u32>,
    text: String,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    hash: u64,
    /// The second eight bytes of the string.
    tail: u64,
    /// The number of the string; `NONE` means that the slot is free.
    form: Form,
    /// The index of the string, and in the last five bits its length, or that it is long.
    string: u32,
}

/// The length of strings that are longer than their hash and tail tell.
const LONG: u32 = 17;

const FREE: Slot = Slot {
    hash: 0,
    tail: 0,
    form: NONE,
    string: 0,
};

impl Table {
    /// The number of a word of a text, if it has one.
    #[inline]
    pub(in crate::rules) fn of(&self, word: &Word<'_>) -> Option<Form> {
        self.find(word.hash, word.tail, word.form_length(), || word.form())
    }

    /// The number of a word of a text, or `NONE`, or [`UNSURE`]. With few branches, so that a
    /// processor may look for the next word before the memory has answered.
    #[inline]
    pub(in crate::rules) fn guess(&self, word: &Word<'_>) -> Form {
        let mask = self.slots.len().wrapping_sub(1);
        let slot = self.slots.get(place(word.hash) & mask).unwrap_or(&FREE);
        let length = slot.string & LENGTH ^ short(word.form_length());
        let other = slot.hash ^ word.hash | slot.tail ^ word.tail | u64::from(length);
        if other == 0 || slot.form == NONE {
            slot.form
        } else {
            UNSURE
        }
    }

    /// The number of the first bytes of a word, at most eight, if they have one.
    pub(in crate::rules) fn of_head(&self, head: u64, length: usize) -> Option<Form> {
        let head = head & (u64::MAX >> (64 - 8 * length));
        self.find(text::short_hash(head, 0), 0, length, || "")
    }

    /// The number of `word`, if it has one.
    pub(in crate::rules) fn get(&self, word: &str) -> Option<Form> {
        let tail = head(word.as_bytes().get(8..).unwrap_or_default());
        self.find(hash(word.as_bytes()), tail, word.len(), || word)
    }

    #[inline]
    fn find<'w>(
        &self,
        hash: u64,
        tail: u64,
        length: usize,
        word: impl Fn() -> &'w str,
    ) -> Option<Form> {
        if !self.may_have(hash) {
            return None;
        }
        let mask = self.slots.len() - 1;
        let mut place = place(hash) & mask;
        loop {
            let slot = self.slots.get(place)?;
            if slot.form == NONE {
                return None;
            }
            // Strings of at most 16 bytes are the same if their lengths, hashes and tails are.
            if slot.hash == hash
                && slot.tail == tail
                && slot.string & LENGTH == short(length).min(LONG)
                && (length <= 16 || self.text_of(slot) == word())
            {
                return Some(slot.form);
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
            tail: head(word.as_bytes().get(8..).unwrap_or_default()),
            form,
            string: short(self.ends.len()) << 5 | short(word.len()).min(LONG),
        };
        self.text.push_str(word);
        self.ends.push(short(self.text.len()));
        // Two slots for each string: most are found at once.
        if self.slots.len() < 2 * self.ends.len() {
            let size = (2 * self.slots.len()).max(16);
            self.filter = vec![0; size / 8];
            let slots = std::mem::replace(&mut self.slots, vec![FREE; size]);
            for slot in slots.into_iter().filter(|slot| slot.form != NONE) {
                self.settle(slot);
            }
        }
        self.settle(slot);
        form
    }

    fn settle(&mut self, slot: Slot) {
        let mask = self.slots.len() - 1;
        let mut place = place(slot.hash) & mask;
        while self.slots[place].form != NONE {
            place = (place + 1) & mask;
        }
        let bit = self.bit(slot.hash);
        self.filter[bit / 64] |= 1 << (bit % 64);
        self.slots[place] = slot;
    }

    fn text_of(&self, slot: &Slot) -> &str {
        let index = (slot.string >> 5) as usize;
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        let text = self.text.get(start as usize..self.ends[index] as usize);
        text.unwrap_or_default()
    }

    /// Every string with its number.
    pub(in crate::rules) fn iter(&self) -> impl Iterator<Item = (&str, Form)> {
        let taken = self.slots.iter().filter(|slot| slot.form != NONE);
        taken.map(|slot| (self.text_of(slot), slot.form))
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

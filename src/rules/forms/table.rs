//! Which number has this word? A hash table for short strings, read once for every word of every item.

use super::{Form, NONE, UNSURE};
use crate::text::{self, Word, hash, head};

/// Strings with numbers. Those that are added first stand together: who makes rules begins with
/// common words, so that what is looked at most is near at hand.
#[derive(Clone, Debug, Default)]
pub(in crate::rules) struct Table {
    /// By a hash, the index of a string in the bits that count slots, and in the others some of its
    /// hash.
    slots: Vec<u32>,
    keys: Vec<Key>,
    /// By some bits of a hash, whether any string has it. Most words of most texts are none of these,
    /// and it is small enough to be near at hand.
    filter: Vec<u64>,
    text: String,
}

/// A string. Those of at most 16 bytes are the same if their lengths, hashes and tails are.
#[derive(Clone, Copy, Debug)]
struct Key {
    hash: u64,
    /// The second eight bytes of the string.
    tail: u64,
    form: Form,
    /// Where it ends in the text; it begins where the one before ends.
    end: u32,
}

/// No string: there are always more slots than strings.
const FREE: u32 = u32::MAX;

impl Table {
    /// The number of a word of a text, if it has one.
    #[inline]
    pub(in crate::rules) fn of(&self, word: &Word<'_>) -> Option<Form> {
        self.find(word.hash, word.tail, word.form_length(), || word.form())
    }

    /// What [`Table::guess`] needs to know of a word. Apart, so that a processor may look for the next
    /// word before the memory has answered.
    #[inline]
    pub(in crate::rules) fn slot(&self, word: &Word<'_>) -> u32 {
        let mask = self.slots.len().wrapping_sub(1);
        let slot = self.slots.get(place(word.hash) & mask);
        slot.copied().unwrap_or(FREE)
    }

    /// The number of a word of a text, or `NONE`, or [`UNSURE`]. With few branches, for the same
    /// reason.
    #[inline]
    pub(in crate::rules) fn guess(&self, slot: u32, word: &Word<'_>) -> Form {
        if slot == FREE {
            return NONE;
        }
        let mask = self.slots.len().wrapping_sub(1);
        match self.keys.get(slot as usize & mask) {
            Some(key)
                if (key.hash ^ word.hash) | (key.tail ^ word.tail) == 0
                    && word.form_length() <= 16 =>
            {
                key.form
            }
            _ => UNSURE,
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
            let slot = *self.slots.get(place)?;
            if slot == FREE {
                return None;
            }
            let index = slot as usize & mask;
            if (slot ^ some(hash)) as usize & !mask == 0
                && let Some(key) = self.keys.get(index)
                && key.hash == hash
                && key.tail == tail
                && self.length(index) == length
                && (length <= 16 || self.text_of(index) == word())
            {
                return Some(key.form);
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
        self.text.push_str(word);
        self.keys.push(Key {
            hash: hash(word.as_bytes()),
            tail: head(word.as_bytes().get(8..).unwrap_or_default()),
            form,
            end: short(self.text.len()),
        });
        // Four slots for each string: nearly all are found at once.
        if self.slots.len() < 4 * self.keys.len() {
            let size = (2 * self.slots.len()).max(16);
            self.filter = vec![0; size / 8];
            self.slots = vec![FREE; size];
            (0..self.keys.len()).for_each(|index| self.settle(index));
        } else {
            self.settle(self.keys.len() - 1);
        }
        form
    }

    fn settle(&mut self, index: usize) {
        let hash = self.keys[index].hash;
        let mask = self.slots.len() - 1;
        let mut place = place(hash) & mask;
        while self.slots[place] != FREE {
            place = (place + 1) & mask;
        }
        let bit = self.bit(hash);
        self.filter[bit / 64] |= 1 << (bit % 64);
        let mask = short(mask);
        self.slots[place] = some(hash) & !mask | short(index) & mask;
    }

    fn start(&self, index: usize) -> usize {
        let before = index
            .checked_sub(1)
            .and_then(|before| self.keys.get(before));
        before.map_or(0, |key| key.end as usize)
    }

    fn length(&self, index: usize) -> usize {
        self.keys[index].end as usize - self.start(index)
    }

    fn text_of(&self, index: usize) -> &str {
        let text = self
            .text
            .get(self.start(index)..self.keys[index].end as usize);
        text.unwrap_or_default()
    }

    /// Every string with its number.
    pub(in crate::rules) fn iter(&self) -> impl Iterator<Item = (&str, Form)> {
        let keys = self.keys.iter().enumerate();
        keys.map(|(index, key)| (self.text_of(index), key.form))
    }
}

/// The bits of a hash that slots remember, where they have room.
#[inline]
fn some(hash: u64) -> u32 {
    u32::try_from(hash & u64::from(u32::MAX)).unwrap_or(0)
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

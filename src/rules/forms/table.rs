//! Which number has this word? A perfect hash table of short strings, read once for every word of every
//! item.

use std::hint::select_unpredictable;

use hashbrown::HashTable;

use super::{Form, LONG, MARKS, NONE, UNSURE};
use crate::text::prefetch;
use crate::text::{self, Plain, Word, hash, head};

/// Strings with numbers. Nothing is found before they are settled.
#[derive(Clone, Debug, Default)]
pub(in crate::rules) struct Table {
    /// Each string in the one place where it may stand: see [`Table::place`].
    entries: Vec<Entry>,
    /// By some bits of a hash, what is mixed into the hash so that all strings stand in different places
    /// (hash and displace: Belazzougui, Botelho and Dietzfelbinger, ESA 2009).
    seeds: Vec<u16>,
    /// By other bits of it, whether any string may have this hash. Most words of most texts are none of
    /// these, and it is small enough to be near at hand.
    filter: Vec<u64>,
    /// Indices of strings that have the hash of another.
    twins: Vec<u32>,
    keys: Vec<Key>,
    text: String,
    /// Indices of all strings, until they are settled.
    added: HashTable<u32>,
}

/// A string in its place. A short one is told from all others by its hash and its rest.
#[derive(Clone, Copy, Debug)]
struct Entry {
    hash: u64,
    /// What follows the first eight bytes of a short string; of a long one, its index.
    rest: u32,
    /// Its number, with its marks; [`LONG`] is set if it is long.
    form: Form,
}

/// A string, for those who know neither its hash nor its length.
#[derive(Clone, Copy, Debug)]
struct Key {
    form: Form,
    /// Where it ends in the text; it begins where the one before ends.
    end: u32,
}

/// The longest short string, in bytes.
const SHORT: usize = 12;

/// No string: none is empty, and only that has its hash.
const FREE: Entry = Entry {
    hash: 0,
    rest: 0,
    form: NONE,
};

/// Strings that share a seed, on average.
const SHARING: usize = 4;

/// Seeds that are tried before there is more room.
const SEEDS: u16 = 4096;

impl Table {
    /// The number of a word of a text with its marks, if it has one.
    #[inline]
    pub(in crate::rules) fn of(&self, word: &Word<'_>) -> Option<Form> {
        self.find(word.hash, word.tail, word.form_length(), || word.form())
    }

    /// Finds the numbers of words with their marks, in one place each, step by step for all of them, and with
    /// few branches: so the memory is asked for all before the first is needed. [`NONE`] if a word has no
    /// number; says whether any is left [`UNSURE`].
    pub(in crate::rules) fn guess(&self, words: &[Plain], forms: &mut [Form]) -> bool {
        for (form, word) in forms.iter_mut().zip(words) {
            let place = self.place(word.hash);
            prefetch(&self.entries, place);
            *form = short(place);
        }
        let mut any = 0;
        for (form, word) in forms.iter_mut().zip(words) {
            let entry = self.entries.get(*form as usize).unwrap_or(&FREE);
            // What is left of a long word is more than fits.
            let is_same = u64::from(entry.rest) == word.tail;
            let found = select_unpredictable(is_same, entry.form, UNSURE);
            *form = select_unpredictable(entry.hash == word.hash, found, NONE);
            any |= *form;
        }
        any & UNSURE != 0
    }

    /// The number of the first bytes of a word, at most eight, if they have one.
    #[inline]
    pub(in crate::rules) fn of_head(&self, head: u64, length: usize) -> Option<Form> {
        let head = head & (u64::MAX >> (64 - 8 * length));
        let found = self.find(text::short_hash(head, 0), 0, length, || "");
        found.map(|form| form & !MARKS)
    }

    /// The number of `word`, if it has one.
    pub(in crate::rules) fn get(&self, word: &str) -> Option<Form> {
        let tail = head(word.as_bytes().get(8..).unwrap_or_default());
        let found = self.find(hash(word.as_bytes()), tail, word.len(), || word);
        found.map(|form| form & !MARKS)
    }

    #[inline]
    fn find<'w>(
        &self,
        hash: u64,
        tail: u64,
        length: usize,
        word: impl Fn() -> &'w str,
    ) -> Option<Form> {
        if !self.filter().may_have(hash) {
            return None;
        }
        let entry = self.entries.get(self.place(hash))?;
        if entry.hash != hash {
            return None;
        }
        if entry.form & LONG == 0 {
            if length <= SHORT && entry.rest == low(tail) {
                return Some(entry.form);
            }
        } else if length > SHORT && self.text_of(entry.rest as usize) == word() {
            return Some(entry.form & !LONG);
        }
        let twin = |index: &&u32| self.text_of(**index as usize) == word();
        let twin = self.twins.iter().find(twin);
        twin.map(|index| self.keys[*index as usize].form)
    }

    /// Tells whether a string may have a hash.
    #[inline]
    pub(in crate::rules) fn filter(&self) -> Filter<'_> {
        Filter(&self.filter)
    }

    /// Where the string with a hash stands, if there is one.
    #[inline]
    fn place(&self, hash: u64) -> usize {
        let seed = self.seeds.get(self.sharing(hash)).copied().unwrap_or(0);
        placed(hash, seed, self.entries.len())
    }

    /// Which seed a hash has.
    #[inline]
    fn sharing(&self, hash: u64) -> usize {
        index(hash >> 20) & self.seeds.len().wrapping_sub(1)
    }

    /// The number of `word`; if it has none, it gets `form`.
    pub(in crate::rules) fn add(&mut self, word: &str, form: Form) -> Form {
        let same = |index: &u32| text_of(&self.text, &self.keys, *index as usize) == word;
        let hash_of = hash(word.as_bytes());
        if let Some(index) = self.added.find(hash_of, same) {
            return self.keys[*index as usize].form;
        }
        self.text.push_str(word);
        self.keys.push(Key {
            form,
            end: short(self.text.len()),
        });
        let (text, keys) = (&self.text, &self.keys);
        let again = |index: &u32| hash(text_of(text, keys, *index as usize).as_bytes());
        self.added
            .insert_unique(hash_of, short(keys.len() - 1), again);
        form
    }

    /// Gives every string its place. After this none is added.
    pub(in crate::rules) fn settle(&mut self) {
        self.added = HashTable::new();
        let count = self.keys.len();
        if count == 0 {
            return;
        }
        self.filter = vec![0; (count / 4).next_power_of_two()];
        self.seeds = vec![0; (count / SHARING).next_power_of_two()];
        let mut all: Vec<(usize, u64, u32)> = (0..count)
            .map(|at| {
                let hash = hash(self.text_of(at).as_bytes());
                (self.sharing(hash), hash, short(at))
            })
            .collect();
        // Of twins the shortest has the place: at most one of them has no more than eight bytes, and is
        // looked for by these alone.
        let length = |at: u32| self.text_of(at as usize).len();
        all.sort_unstable_by_key(|(sharing, hash, at)| (*sharing, *hash, length(*at), *at));
        let twins = all.chunk_by(|a, b| a.1 == b.1).flat_map(|same| &same[1..]);
        self.twins = twins.map(|(.., at)| *at).collect();
        all.dedup_by_key(|(_, hash, _)| *hash);
        let mut groups: Vec<&[(usize, u64, u32)]> = all.chunk_by(|a, b| a.0 == b.0).collect();
        // The largest first, while there is most room.
        groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
        let mut room = all.len() + all.len() / 4 + 1;
        while !self.put(&groups, room) {
            room += room / 4 + 1;
        }
    }

    /// Puts strings, in groups that share a seed, where they are looked for. `false` if they have not
    /// enough room.
    fn put(&mut self, groups: &[&[(usize, u64, u32)]], room: usize) -> bool {
        self.entries = vec![FREE; room];
        let mut places = Vec::new();
        for group in groups {
            let fits = |seed: &u16| {
                places.clear();
                group.iter().all(|(_, hash, _)| {
                    let place = placed(*hash, *seed, room);
                    let is_free = self.entries[place].form == NONE && !places.contains(&place);
                    places.push(place);
                    is_free
                })
            };
            let Some(seed) = (0..SEEDS).find(fits) else {
                return false;
            };
            for ((sharing, hash, at), place) in group.iter().zip(&places) {
                self.seeds[*sharing] = seed;
                self.entries[*place] = self.entry(*hash, *at);
                let (at, bits) = self.filter().bits(*hash);
                self.filter[at] |= 1 << bits[0] | 1 << bits[1];
            }
        }
        true
    }

    /// Sets the marks of every number, so that they are known once it is: some of [`MARKS`].
    pub(in crate::rules) fn mark(&mut self, of: impl Fn(Form) -> u32) {
        let taken = self.entries.iter_mut().filter(|entry| entry.form != NONE);
        for entry in taken {
            entry.form |= of(entry.form & !LONG);
        }
        for index in &self.twins {
            let key = &mut self.keys[*index as usize];
            key.form |= of(key.form);
        }
    }

    fn entry(&self, hash: u64, at: u32) -> Entry {
        let (word, form) = (self.text_of(at as usize), self.keys[at as usize].form);
        let (rest, form) = if word.len() <= SHORT {
            (
                low(head(word.as_bytes().get(8..).unwrap_or_default())),
                form,
            )
        } else {
            (at, form | LONG)
        };
        Entry { hash, rest, form }
    }

    fn text_of(&self, index: usize) -> &str {
        text_of(&self.text, &self.keys, index)
    }

    /// Every string with its number.
    pub(in crate::rules) fn iter(&self) -> impl Iterator<Item = (&str, Form)> {
        let keys = self.keys.iter().enumerate();
        keys.map(|(index, key)| (self.text_of(index), key.form & !MARKS))
    }
}

/// Which hashes a string may have: a blocked Bloom filter.
#[derive(Clone, Copy)]
pub(in crate::rules) struct Filter<'t>(&'t [u64]);

impl Filter<'_> {
    /// If not, no string has this hash.
    #[inline]
    pub(in crate::rules) fn may_have(self, hash: u64) -> bool {
        let (at, bits) = self.bits(hash);
        let word = self.0.get(at).copied().unwrap_or(0);
        let bits = 1 << bits[0] | 1 << bits[1];
        word & bits == bits
    }

    /// In which of the numbers the bits of a hash are, and which they are.
    #[inline]
    fn bits(self, hash: u64) -> (usize, [u64; 2]) {
        let at = index(hash >> 44) & self.0.len().wrapping_sub(1);
        (at, [hash >> 32 & 63, hash >> 38 & 63])
    }
}

fn text_of<'t>(text: &'t str, keys: &[Key], index: usize) -> &'t str {
    let before = index.checked_sub(1);
    let start = before.map_or(0, |before| keys[before].end as usize);
    text.get(start..keys[index].end as usize)
        .unwrap_or_default()
}

/// Where a string stands among so many places if its hash has this seed. The high bits of a product
/// depend on all bits of its factors.
#[inline]
fn placed(hash: u64, seed: u16, room: usize) -> usize {
    let mixed = (hash ^ u64::from(seed).wrapping_mul(0xD6E8_FEB8_6659_FD93))
        .wrapping_mul(0xBF58_476D_1CE4_E5B9);
    index(((mixed >> 32) * (room as u64)) >> 32)
}

#[inline]
fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or(0)
}

/// The first four bytes of eight.
#[inline]
fn low(eight: u64) -> u32 {
    u32::try_from(eight & u64::from(u32::MAX)).unwrap_or(0)
}

/// Queries are bounded far below this.
fn short(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(NONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(words: &[String]) -> Table {
        let mut table = Table::default();
        for (word, form) in words.iter().zip(0..) {
            assert_eq!(table.add(word, form), form);
        }
        assert_eq!(table.add(&words[0], NONE), 0, "a word has one number");
        table.settle();
        table
    }

    #[test]
    fn every_word_has_its_number_and_no_other_has_any() {
        let words = (0..3000).flat_map(|n| [format!("w{n}"), format!("thirteen{n}letters")]);
        let words: Vec<String> = words.collect();
        let mut table = table(&words);
        table.mark(|form| if form % 2 == 0 { MARKS } else { 0 });
        for (word, form) in words.iter().zip(0..) {
            assert_eq!(table.get(word), Some(form));
            assert!(table.iter().any(|known| known == (word, form)));
        }
        for n in 3000..6000 {
            assert_eq!(table.get(&format!("w{n}")), None);
            assert_eq!(table.get(&format!("thirteen{n}letters")), None);
        }
    }

    #[test]
    fn words_with_one_hash_are_told_apart() {
        let twins = ["pqwuzifwaaaaaaaa", "zhqcwzwbo48xsxeh"].map(str::to_owned);
        assert_eq!(hash(twins[0].as_bytes()), hash(twins[1].as_bytes()));
        let both = table(&twins);
        assert_eq!([0, 1].map(|at| both.get(&twins[at])), [Some(0), Some(1)]);
        let one = table(&twins[..1]);
        assert_eq!(one.get(&twins[1]), None);
    }

    #[test]
    fn a_short_twin_is_found_by_its_head() {
        let twins = ["lxctlptld0yk4w97", "bxvuntqn"].map(str::to_owned);
        let [long, short] = [0, 1].map(|at| hash(twins[at].as_bytes()));
        assert_eq!(long, short);
        let both = table(&twins);
        assert_eq!([0, 1].map(|at| both.get(&twins[at])), [Some(0), Some(1)]);
        assert_eq!(both.of_head(head(twins[1].as_bytes()), 8), Some(1));
    }

    #[test]
    fn a_long_word_with_the_hash_of_a_short_one_is_not_taken_for_it() {
        let short = "abcdefghijkl".to_owned();
        let bytes = short.as_bytes();
        let mut word = Plain {
            hash: hash(bytes),
            head: head(bytes),
            tail: head(&bytes[8..]),
            end: 12,
            ..Plain::default()
        };
        let table = table(&[short]);
        let mut forms = [NONE];
        assert!(!table.guess(&[word], &mut forms));
        assert_eq!(forms, [0]);
        word.tail |= u64::from(b'm') << 32;
        word.end += 1;
        assert!(table.guess(&[word], &mut forms));
        assert_eq!(forms, [UNSURE]);
    }
}

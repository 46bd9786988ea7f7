//! What was found out about a word, and how is it found again fast?
//!
//! A table of numbers by numbers that can be asked for before it is read, which is most of the time that it
//! takes.

use crate::text::prefetch;

/// Places at first, and at most: half a megabyte.
const FIRST: usize = 1 << 10;
const MOST: usize = 1 << 15;

/// Values by keys, none of which is zero. When it is full it begins anew.
#[derive(Debug)]
pub(super) struct Remembered {
    /// Each key with its value, in its place or after it, at the end as at the beginning; zeros are free places.
    places: Vec<(u64, u64)>,
    count: usize,
    /// So that nobody can choose words that all have one place.
    seed: u64,
}

/// An odd number whose bits look random.
const SPREAD: u64 = 0xC2B2_AE3D_27D4_EB4F;

impl Default for Remembered {
    fn default() -> Remembered {
        Remembered {
            places: Vec::new(),
            count: 0,
            seed: fastrand::u64(..),
        }
    }
}

impl Remembered {
    /// Asks for what is known of a key.
    #[inline]
    pub(super) fn expect(&self, key: u64) {
        prefetch(&self.places, self.place(key));
    }

    /// The value of a key.
    #[inline]
    pub(super) fn get(&self, key: u64) -> Option<u64> {
        let mut at = self.place(key);
        loop {
            let (known, value) = *self.places.get(at)?;
            if known == key {
                return Some(value);
            }
            if known == 0 {
                return None;
            }
            at = self.after(at);
        }
    }

    /// Adds a key that is not there.
    pub(super) fn insert(&mut self, key: u64, value: u64) {
        // A quarter is left free, so that most are found at once.
        if 4 * (self.count + 1) > 3 * self.places.len() {
            self.grow();
        }
        self.count += 1;
        self.put(key, value);
    }

    fn grow(&mut self) {
        let known = std::mem::take(&mut self.places);
        if known.len() == MOST {
            self.count = 0;
            self.places = known;
            self.places.fill((0, 0));
            return;
        }
        self.places = vec![(0, 0); (2 * known.len()).max(FIRST)];
        for (key, value) in known {
            if key != 0 {
                self.put(key, value);
            }
        }
    }

    fn put(&mut self, key: u64, value: u64) {
        let mut at = self.place(key);
        while self.places[at].0 != 0 {
            at = self.after(at);
        }
        self.places[at] = (key, value);
    }

    #[inline]
    fn place(&self, key: u64) -> usize {
        place((key ^ self.seed).wrapping_mul(SPREAD), self.places.len())
    }

    fn after(&self, at: usize) -> usize {
        (at + 1) & (self.places.len() - 1)
    }
}

/// The place among so many, a power of two, by the first bits of a number that looks random.
#[inline]
pub(super) fn place(random: u64, places: usize) -> usize {
    let bits = places.checked_ilog2().unwrap_or(0);
    usize::try_from(random.unbounded_shr(u64::BITS - bits)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_is_found_until_the_table_is_full() {
        let most = MOST * 3 / 4;
        // Of so many tables, some have keys that stand at the end and go on at the beginning.
        for seed in 0..8 {
            let mut random = fastrand::Rng::with_seed(seed);
            let mut table = Remembered::default();
            assert_eq!(table.get(1), None);
            let keys: Vec<u64> = (0..=most).map(|_| random.u64(1..)).collect();
            for (key, number) in keys[..most].iter().zip(0..) {
                table.insert(*key, number);
            }
            let found: Vec<Option<u64>> = keys.iter().map(|key| table.get(*key)).collect();
            let all: Vec<Option<u64>> = (0..most as u64).map(Some).chain([None]).collect();
            assert_eq!(found, all);
            assert_eq!(table.places.len(), MOST);
            table.insert(keys[most], 7);
            assert_eq!((table.get(keys[most]), table.get(keys[0])), (Some(7), None));
        }
    }
}

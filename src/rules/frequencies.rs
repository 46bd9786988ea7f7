//! How common is a word?

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use xxhash_rust::xxh3::xxh3_64;

use crate::text::{Scanner, Word};

/// Items that must have been read before their words say more than guesses do.
const ENOUGH: u32 = 200;

/// Words that are in very many texts of their languages, folded.
const COMMON: [&str; 130] = [
    "a", "about", "after", "al", "all", "also", "an", "and", "are", "as", "at", "au", "auf", "aus",
    "avec", "be", "been", "bei", "but", "by", "can", "con", "da", "das", "dans", "de", "del",
    "dem", "den", "der", "des", "die", "du", "e", "ein", "eine", "el", "en", "er", "es", "est",
    "et", "for", "from", "fur", "had", "has", "have", "he", "his", "i", "il", "im", "in", "is",
    "ist", "it", "its", "la", "las", "le", "les", "los", "mit", "more", "new", "nicht", "no",
    "not", "o", "of", "on", "one", "or", "os", "ou", "over", "par", "para", "pas", "por", "pour",
    "que", "qui", "s", "said", "se", "sich", "sie", "sur", "than", "that", "the", "their", "they",
    "this", "to", "um", "un", "una", "und", "une", "up", "von", "was", "we", "were", "which",
    "who", "will", "with", "would", "y", "year", "you", "zu", "zum", "в", "и", "из", "к", "на",
    "не", "о", "от", "по", "с", "что", "它", "的",
];

/// In how many of the items a word is, learnt from those that were read.
#[derive(Debug, Default)]
pub struct Frequencies {
    items: u32,
    counts: HashTable<Count>,
}

#[derive(Debug)]
struct Count {
    /// Of the word: there are many, and nobody asks which they are.
    hash: u64,
    /// The items that have it, and the last one that did.
    items: u32,
    last: u32,
}

impl Frequencies {
    /// Counts the words of one more item.
    pub fn learn(&mut self, (title, body): (&str, &str), scanner: &mut Scanner) {
        self.items += 1;
        for text in [title, body] {
            scanner.scan(text, |word: Word<'_>| self.count(word.form()));
        }
    }

    fn count(&mut self, word: &str) {
        let (hash, last) = (xxh3_64(word.as_bytes()), self.items);
        let counted = self
            .counts
            .entry(hash, |count| count.hash == hash, |count| count.hash);
        match counted {
            Entry::Occupied(mut known) => {
                let known = known.get_mut();
                known.items += u32::from(known.last != last);
                known.last = last;
            }
            Entry::Vacant(free) => {
                let items = 1;
                free.insert(Count { hash, items, last });
            }
        }
    }

    /// The share of items that have a folded word, from 0 to 1: learnt, or guessed if too little was
    /// read.
    #[must_use]
    pub fn word(&self, word: &str) -> f32 {
        if self.items < ENOUGH {
            return guess(word);
        }
        let hash = xxh3_64(word.as_bytes());
        let known = self.counts.find(hash, |count| count.hash == hash);
        let count = known.map_or(0, |count| count.items);
        // One that was not seen yet is rarer than any that was.
        (share(count) + 0.5) / (share(self.items) + 1.0)
    }

    /// The share of items with a word that begins so, or ends so.
    #[must_use]
    pub fn affix(affix: &str) -> f32 {
        match affix.chars().count() {
            ..=2 => 0.5,
            3 => 0.25,
            4 => 0.12,
            5 => 0.05,
            _ => 0.02,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a share, not a count")]
fn share(count: u32) -> f32 {
    count as f32
}

fn guess(word: &str) -> f32 {
    if COMMON.contains(&word) {
        return 0.6;
    }
    match (word.is_ascii(), word.chars().count()) {
        (true, ..=2) => 0.1,
        // A character that is a word of its own, in Chinese for example.
        (false, 1) | (_, 3) => 0.05,
        (_, 4) => 0.03,
        (_, 5..=6) => 0.015,
        (_, 7..=8) => 0.008,
        _ => 0.004,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_counted_once_an_item() {
        let (mut learnt, mut scanner) = (Frequencies::default(), Scanner::default());
        for n in 0..400 {
            let title = if n % 4 == 0 { "Navy navy" } else { "x" };
            learnt.learn((title, "the navy the"), &mut scanner);
        }
        assert!((learnt.word("navy") - 1.0).abs() < 0.01);
        assert!((learnt.word("x") - 0.75).abs() < 0.01);
        assert!(learnt.word("unseen") < 0.01);
    }

    #[test]
    fn what_was_not_learnt_is_guessed() {
        let empty = Frequencies::default();
        assert!(empty.word("the") > empty.word("navy"));
        assert!(empty.word("navy") > empty.word("cooperation"));
        assert!(Frequencies::affix("mi") > Frequencies::affix("militar"));
    }
}

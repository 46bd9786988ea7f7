//! How common is a word?

use std::collections::HashMap;

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
#[derive(Clone, Debug, Default)]
pub struct Frequencies {
    items: u32,
    /// By word, the items that have it and the last one that did.
    counts: HashMap<String, (u32, u32)>,
}

impl Frequencies {
    /// Counts the words of texts, each of them one item.
    #[must_use]
    pub fn of<'t>(texts: impl IntoIterator<Item = (&'t str, &'t str)>) -> Frequencies {
        let mut learnt = Frequencies::default();
        let mut scanner = Scanner::default();
        for (title, body) in texts {
            learnt.items += 1;
            for text in [title, body] {
                scanner.scan(text, |word: Word<'_>| learnt.count(word.form()));
            }
        }
        learnt
    }

    fn count(&mut self, word: &str) {
        let item = self.items;
        match self.counts.get_mut(word) {
            Some((_, last)) if *last == item => {}
            Some(known) => *known = (known.0 + 1, item),
            None => {
                self.counts.insert(word.to_owned(), (1, item));
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
        let count = self.counts.get(word).map_or(0, |(count, _)| *count);
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
        let texts = (0..400).map(|n| (if n % 4 == 0 { "Navy navy" } else { "x" }, "the navy the"));
        let learnt = Frequencies::of(texts);
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

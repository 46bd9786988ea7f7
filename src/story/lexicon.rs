//! By which term is a word known, and how common is that beforehand?
//!
//! To find the term of a word takes longer than all else that is done with it, and most words come again:
//! those that came last are remembered.

use hashbrown::HashTable;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::common::{Common, EVERYDAY, RARE};
use super::spelling;
use crate::text::{Language, fold};

/// Words whose terms are remembered, at most: as many as a table of half a megabyte has. Then it begins anew.
const REMEMBERED: usize = 28_000;

/// How a term is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Word,
    Number,
    Code,
}

/// What a word is known by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Term {
    pub(super) hash: u64,
    /// The share of stories that it is likely to be in.
    pub(super) share: f32,
    pub(super) form: Form,
}

impl Term {
    /// Whether it says something about which news is told.
    pub(super) fn is_telling(&self) -> bool {
        self.share <= RARE
    }
}

/// Knows the terms of words.
#[derive(Debug)]
pub(super) struct Lexicon {
    common: Common,
    /// By the hash of the word and its language, the hash of its term.
    known: HashTable<(u64, u64)>,
}

impl Lexicon {
    pub(super) fn new() -> Lexicon {
        Lexicon {
            common: Common::new(),
            known: HashTable::new(),
        }
    }

    /// The term of a folded word in `language`, if it is remembered.
    pub(super) fn known(&self, word: &str, language: Option<Language>) -> Option<Term> {
        self.find(key(word, language))
    }

    fn find(&self, key: u64) -> Option<Term> {
        let found = self.known.find(key, |(known, _)| *known == key);
        found.map(|(_, hash)| self.word(*hash))
    }

    /// The term of a folded word in `language`.
    pub(super) fn of(&mut self, word: &str, language: Option<Language>) -> Term {
        let key = key(word, language);
        if let Some(term) = self.find(key) {
            return term;
        }
        let hash = hash(&spelling::normal(word, language));
        if self.known.len() >= REMEMBERED {
            self.known.clear();
        }
        self.known.insert_unique(key, (key, hash), |(key, _)| *key);
        self.word(hash)
    }

    fn word(&self, hash: u64) -> Term {
        Term {
            hash,
            share: self.common.share(hash),
            form: Form::Word,
        }
    }

    /// That of a number.
    pub(super) fn number(&self, digits: &str) -> Term {
        let hash = hash(digits);
        Term {
            hash,
            // Hours, dates, years and small counts are everywhere.
            share: if is_small(digits) {
                EVERYDAY
            } else {
                self.common.share(hash)
            },
            form: Form::Number,
        }
    }

    /// That of a code as it is written.
    pub(super) fn code(&self, written: &str) -> Term {
        let hash = hash(&fold(written));
        Term {
            hash,
            share: self.common.share(hash),
            form: Form::Code,
        }
    }
}

fn key(word: &str, language: Option<Language>) -> u64 {
    let slot = language.map_or(0, |language| language.slot() as u64 + 1);
    xxh3_64_with_seed(word.as_bytes(), slot)
}

/// The hash of a term.
pub(super) fn hash(term: &str) -> u64 {
    xxh3_64(term.as_bytes())
}

fn is_small(digits: &str) -> bool {
    digits.bytes().all(|byte| byte.is_ascii_digit()) && (digits.len() <= 2 || is_year(digits))
}

/// Whether a number is most likely a year.
pub(super) fn is_year(digits: &str) -> bool {
    digits.len() == 4 && (digits.starts_with("19") || digits.starts_with("20"))
}

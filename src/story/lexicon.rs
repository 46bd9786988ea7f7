//! By which term is a word known, and how common is that beforehand?
//!
//! To find the term of a word takes longer than all else that is done with it, and most words come again:
//! those that came last are remembered.

use xxhash_rust::xxh3::xxh3_64;

use super::common::{Common, Commonness};
use super::remembered::Remembered;
use super::spelling;
use crate::text::{Language, fold};

/// An odd number whose bits look random, so that a word has a place of its own in each language.
const LANGUAGES_APART: u64 = 0xD1B5_4A32_D192_ED03;

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
    /// Its last bits say how common it is.
    pub(super) hash: u64,
    pub(super) form: Form,
}

impl Term {
    fn new(hash: u64, common: Commonness, form: Form) -> Term {
        Term {
            hash: hash & !COMMONNESS | common as u64,
            form,
        }
    }

    /// How common it is beforehand.
    pub(super) fn commonness(&self) -> Commonness {
        commonness(self.hash)
    }

    /// Whether it says something about which news is told.
    pub(super) fn is_telling(&self) -> bool {
        self.commonness() == Commonness::Rare
    }
}

/// The bits of a hash that say how common a term is.
const COMMONNESS: u64 = 0b11;

/// How common the term with this hash is beforehand.
pub(super) fn commonness(hash: u64) -> Commonness {
    const RARE: u64 = Commonness::Rare as u64;
    const EVERYDAY: u64 = Commonness::Everyday as u64;
    match hash & COMMONNESS {
        RARE => Commonness::Rare,
        EVERYDAY => Commonness::Everyday,
        _ => Commonness::Function,
    }
}

/// Knows the terms of words.
#[derive(Debug)]
pub(super) struct Lexicon {
    common: Common,
    /// By the hash of the word and its language, the hash of its term.
    known: Remembered,
}

impl Lexicon {
    pub(super) fn new() -> Lexicon {
        Lexicon {
            common: Common::new(),
            known: Remembered::default(),
        }
    }

    /// Asks for what is remembered of a folded word of which [`text::hash`](crate::text::hash) says `hash`.
    pub(super) fn expect(&self, hash: u64, language: Option<Language>) {
        self.known.expect(key(hash, language));
    }

    /// The term of a folded word in `language`, of which [`text::hash`](crate::text::hash) says `hash`, if it is
    /// remembered.
    pub(super) fn known(&self, hash: u64, language: Option<Language>) -> Option<Term> {
        let form = Form::Word;
        let hash = self.known.get(key(hash, language))?;
        Some(Term { hash, form })
    }

    /// The same, whether it is remembered or not.
    pub(super) fn of(&mut self, word: &str, hash: u64, language: Option<Language>) -> Term {
        if let Some(term) = self.known(hash, language) {
            return term;
        }
        let term = self.term(&spelling::normal(word, language), Form::Word);
        self.known.insert(key(hash, language), term.hash);
        term
    }

    /// The term that is written so.
    pub(super) fn term(&self, written: &str, form: Form) -> Term {
        let hash = hash(written);
        Term::new(hash, self.common.of(hash), form)
    }

    /// That of a number.
    pub(super) fn number(&self, digits: &str) -> Term {
        // Hours, dates, years and small counts are everywhere.
        if is_small(digits) {
            return Term::new(hash(digits), Commonness::Everyday, Form::Number);
        }
        self.term(digits, Form::Number)
    }

    /// That of a code as it is written.
    pub(super) fn code(&self, written: &str) -> Term {
        self.term(&fold(written), Form::Code)
    }
}

fn key(hash: u64, language: Option<Language>) -> u64 {
    let slot = language.map_or(0, |language| language.slot() as u64 + 1);
    (hash ^ slot.wrapping_mul(LANGUAGES_APART)).max(1)
}

/// The hash of a term, but for its last bits.
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

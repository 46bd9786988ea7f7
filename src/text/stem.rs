//! What do the inflected forms of a word have in common?

use std::borrow::Cow;

use rust_stemmers::{Algorithm, Stemmer};

use super::fold;

/// Languages with a stemmer, by their code. The order is that of their slots.
const KNOWN: [(&str, Algorithm); 18] = [
    ("ar", Algorithm::Arabic),
    ("da", Algorithm::Danish),
    ("nl", Algorithm::Dutch),
    ("en", Algorithm::English),
    ("fi", Algorithm::Finnish),
    ("fr", Algorithm::French),
    ("de", Algorithm::German),
    ("el", Algorithm::Greek),
    ("hu", Algorithm::Hungarian),
    ("it", Algorithm::Italian),
    ("no", Algorithm::Norwegian),
    ("pt", Algorithm::Portuguese),
    ("ro", Algorithm::Romanian),
    ("ru", Algorithm::Russian),
    ("es", Algorithm::Spanish),
    ("sv", Algorithm::Swedish),
    ("ta", Algorithm::Tamil),
    ("tr", Algorithm::Turkish),
];

/// How many languages have a stemmer.
pub const LANGUAGES: usize = KNOWN.len();

/// A language with a stemmer, as an index into the known ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Language(usize);

impl Language {
    /// The one with this code: BCP 47 primary subtag, lower case.
    #[must_use]
    pub fn of(code: &str) -> Option<Language> {
        // Both written forms of Norwegian are inflected much alike.
        let code = if matches!(code, "nb" | "nn") {
            "no"
        } else {
            code
        };
        KNOWN
            .iter()
            .position(|(known, _)| *known == code)
            .map(Language)
    }

    /// Its number among them, below [`LANGUAGES`].
    #[must_use]
    pub fn slot(self) -> usize {
        self.0
    }

    /// The stem of a word in lower case.
    #[must_use]
    pub fn stem(self, lower: &str) -> Cow<'_, str> {
        match KNOWN.get(self.0) {
            Some((_, algorithm)) => Stemmer::create(*algorithm).stem(lower),
            None => Cow::Borrowed(lower),
        }
    }

    /// The stems of a word, folded: of the word as it is spelled and of its folded form.
    #[must_use]
    pub fn stems(self, folded: &str, lower: &str) -> [String; 2] {
        [fold(&self.stem(lower)), self.stem(folded).into_owned()]
    }
}

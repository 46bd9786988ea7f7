//! Which beginnings and endings has a word that is looked for itself?

use super::{Affixes, FITS, Form, Table};
use crate::text::prefetch;

/// Words with the beginnings and endings that they have. Found once: an item has many such words.
#[derive(Debug, Default)]
pub(in crate::rules) struct Fits {
    /// By word, where its own begin in `affixes`; they end where those of the next word begin.
    starts: Vec<u32>,
    affixes: Vec<Form>,
}

impl Fits {
    pub(super) fn new(words: &Table, begins: &Affixes<false>, ends: &Affixes<true>) -> Fits {
        let mut found: Vec<(Form, Form)> = Vec::new();
        for (word, form) in words.iter() {
            begins.of_text(word, |affix| found.push((form, affix)));
            ends.of_text(word, |affix| found.push((form, affix)));
        }
        found.sort_unstable();
        let mut fits = Fits::default();
        for (form, affix) in found {
            fits.end(form as usize + 1);
            fits.affixes.push(affix);
        }
        fits.end(fits.starts.len() + 1);
        fits
    }

    /// Ends the rows of those words before `words` that have no end yet.
    fn end(&mut self, words: usize) {
        let start = u32::try_from(self.affixes.len()).unwrap_or(u32::MAX);
        self.starts.resize(self.starts.len().max(words), start);
    }

    /// The mark of a word.
    pub(in crate::rules) fn mark(&self, word: Form) -> u32 {
        if self.of(word).is_empty() { 0 } else { FITS }
    }

    /// Says that it will be asked for a word.
    #[inline]
    pub(in crate::rules) fn expect(&self, word: Form) {
        prefetch(&self.starts, word as usize);
    }

    /// What a word begins and ends with.
    #[inline]
    pub(in crate::rules) fn of(&self, word: Form) -> &[Form] {
        let at = word as usize;
        let row = self.starts.get(at).zip(self.starts.get(at + 1));
        let affixes = row.and_then(|(start, end)| self.affixes.get(*start as usize..*end as usize));
        affixes.unwrap_or_default()
    }
}

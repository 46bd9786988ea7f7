//! Which beginnings and endings has a word that is looked for itself?

use super::{Affixes, FITS, Form, Table};
use crate::rules::bits::Bits;
use crate::text;

/// Words with the beginnings and endings that they have. Found once: an item has many such words.
#[derive(Debug, Default)]
pub(in crate::rules) struct Fits {
    /// Words that have any.
    some: Bits,
    /// By word, where its own end in `affixes`; they begin where those of the one before end.
    ends: Vec<u32>,
    affixes: Vec<Form>,
}

impl Fits {
    pub(super) fn new(words: &Table, begins: &Affixes<false>, ends: &Affixes<true>) -> Fits {
        let mut found: Vec<(Form, Form)> = Vec::new();
        for (word, form) in words.iter() {
            let head = text::head(word.as_bytes());
            begins.of_text(word, head, |affix| found.push((form, affix)));
            ends.of_text(word, head, |affix| found.push((form, affix)));
        }
        found.sort_unstable();
        let mut fits = Fits::default();
        let count = found.last().map_or(0, |(form, _)| *form as usize + 1);
        fits.some.reserve(count);
        fits.ends = vec![0; count];
        for (form, affix) in found {
            fits.some.add(form);
            fits.affixes.push(affix);
            fits.ends[form as usize] = u32::try_from(fits.affixes.len()).unwrap_or(u32::MAX);
        }
        let mut last = 0;
        for end in &mut fits.ends {
            last = last.max(*end);
            *end = last;
        }
        fits
    }

    /// Whether a word begins or ends with any.
    fn has_any(&self, word: Form) -> bool {
        self.some.has(word)
    }

    /// The mark of a word.
    pub(in crate::rules) fn mark(&self, word: Form) -> u32 {
        if self.has_any(word) { FITS } else { 0 }
    }

    /// What a word begins and ends with.
    #[inline]
    pub(in crate::rules) fn of(&self, word: Form) -> &[Form] {
        if !self.has_any(word) {
            return &[];
        }
        let at = word as usize;
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        let affixes = self.affixes.get(start as usize..self.ends[at] as usize);
        affixes.unwrap_or_default()
    }
}

//! Which beginnings and endings has a word that is looked for itself?

use super::{Affixes, FITS, Form, LONG, NONE, Table};
use crate::text;

/// Words with the beginnings and endings that they have. Found once: an item has many such words.
#[derive(Debug, Default)]
pub(in crate::rules) struct Fits {
    /// By word, what it begins or ends with; if that is more than one thing, where they begin in `several`,
    /// with [`MORE`]; [`NONE`] if nothing.
    firsts: Vec<Form>,
    /// What the words have that have several, one word after the other, all but the last with [`MORE`].
    several: Vec<Form>,
}

/// Set where more follows.
const MORE: Form = LONG;

impl Fits {
    pub(super) fn new(words: &Table, begins: &Affixes<false>, ends: &Affixes<true>) -> Fits {
        let mut fits = Fits::default();
        let mut found: Vec<Form> = Vec::new();
        for (word, form) in words.iter() {
            let head = text::head(word.as_bytes());
            begins.of_text(word, head, |affix| found.push(affix));
            ends.of_text(word, head, |affix| found.push(affix));
            let Some((last, others)) = found.split_last() else {
                continue;
            };
            let first = if others.is_empty() {
                *last
            } else {
                let start = u32::try_from(fits.several.len()).unwrap_or(NONE);
                let others = others.iter().map(|form| form | MORE);
                fits.several.extend(others.chain([*last]));
                start | MORE
            };
            let at = form as usize;
            if fits.firsts.len() <= at {
                fits.firsts.resize(at + 1, NONE);
            }
            fits.firsts[at] = first;
            found.clear();
        }
        fits
    }

    /// The mark of a word.
    pub(in crate::rules) fn mark(&self, word: Form) -> u32 {
        let first = self.firsts.get(word as usize);
        if first.is_some_and(|first| *first != NONE) {
            FITS
        } else {
            0
        }
    }

    /// Calls `found` for all that a word begins and ends with.
    #[inline]
    pub(in crate::rules) fn of(&self, word: Form, mut found: impl FnMut(Form)) {
        match self.firsts.get(word as usize) {
            None | Some(&NONE) => {}
            Some(first) if first & MORE == 0 => found(*first),
            Some(start) => {
                let several = self.several[(start & !MORE) as usize..].iter();
                for form in several {
                    found(form & !MORE);
                    if form & MORE == 0 {
                        return;
                    }
                }
            }
        }
    }
}

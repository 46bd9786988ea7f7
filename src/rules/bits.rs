//! Which of many numbers are in a set?

use super::forms::Form;

/// A set of numbers, a bit each.
#[derive(Clone, Debug, Default)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    /// Makes room for the numbers below `count`.
    pub(super) fn reserve(&mut self, count: usize) {
        let words = count.div_ceil(64);
        if self.0.len() < words {
            self.0.resize(words, 0);
        }
    }

    #[inline]
    pub(super) fn has(&self, form: Form) -> bool {
        self.0
            .get(form as usize / 64)
            .is_some_and(|word| word >> (form % 64) & 1 == 1)
    }

    /// Adds a number there is room for; says whether it is new.
    #[inline]
    pub(super) fn add(&mut self, form: Form) -> bool {
        let Some(word) = self.0.get_mut(form as usize / 64) else {
            return false;
        };
        let known = *word;
        *word |= 1 << (form % 64);
        *word != known
    }

    /// Takes a number out, and any others.
    #[inline]
    pub(super) fn forget(&mut self, form: Form) {
        if let Some(word) = self.0.get_mut(form as usize / 64) {
            *word = 0;
        }
    }
}

//! Which two words in a row does an item have that rules are filed under?

use hashbrown::HashTable;

use super::bits::Bits;
use super::forms::{Form, LEFT, RIGHT};
use super::reading::Token;

/// Pairs of words with their numbers.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    numbers: HashTable<Pair>,
    /// Words that are the left one of a pair.
    left: Bits,
    /// Words that are the right one.
    right: Bits,
}

#[derive(Clone, Copy, Debug)]
struct Pair {
    left: Form,
    right: Form,
    number: Form,
}

/// Mixes the bits of two numbers (Knuth, TAOCP 3, 6.4).
fn hash(left: Form, right: Form) -> u64 {
    let mixed = (u64::from(left) << 32 | u64::from(right)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed ^ mixed >> 32
}

impl Pairs {
    pub(super) fn add(&mut self, left: Form, right: Form, number: impl FnOnce() -> Form) -> Form {
        for (side, form) in [(&mut self.left, left), (&mut self.right, right)] {
            side.reserve(form as usize + 1);
            side.add(form);
        }
        if let Some(known) = self.find(left, right) {
            return known;
        }
        let pair = Pair {
            left,
            right,
            number: number(),
        };
        let again = |pair: &Pair| hash(pair.left, pair.right);
        self.numbers.insert_unique(again(&pair), pair, again);
        pair.number
    }

    /// The pair that has a number.
    pub(super) fn of_number(&self, number: Form) -> Option<(Form, Form)> {
        let mut pairs = self.numbers.iter();
        let found = pairs.find(|pair| pair.number == number);
        found.map(|pair| (pair.left, pair.right))
    }

    /// The marks of a word.
    pub(super) fn marks(&self, form: Form) -> u32 {
        let mark = |side: &Bits, mark| if side.has(form) { mark } else { 0 };
        mark(&self.left, LEFT) | mark(&self.right, RIGHT)
    }

    /// The number of a pair.
    #[inline]
    pub(super) fn find(&self, left: Form, right: Form) -> Option<Form> {
        let same = |pair: &Pair| (pair.left, pair.right) == (left, right);
        let found = self.numbers.find(hash(left, right), same);
        found.map(|pair| pair.number)
    }

    /// Calls `found` for every pair whose right word is this one. `left` are words before it that may
    /// be the left one, each with the position after it.
    pub(super) fn after(
        &self,
        form: Form,
        token: &Token,
        left: &[(u32, Form)],
        mut found: impl FnMut(Form),
    ) {
        if self.right.has(form) {
            for (_, before) in left.iter().filter(|(after, _)| *after == token.first) {
                if let Some(pair) = self.find(*before, form) {
                    found(pair);
                }
            }
        }
    }

    /// Notes a word that ends at a position, if it may be the left one of a pair.
    pub(super) fn note(&self, form: Form, after: u32, left: &mut Vec<(u32, Form)>) {
        if self.left.has(form) {
            left.push((after, form));
        }
    }
}

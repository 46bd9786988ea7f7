//! Which two words in a row does an item have that rules are filed under?

use std::collections::HashMap;

use super::forms::Form;
use super::reading::Token;

/// Pairs of words with their numbers.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    numbers: HashMap<(Form, Form), Form>,
    /// By word, whether it is the left one of a pair, and the right one.
    sides: Vec<[bool; 2]>,
}

impl Pairs {
    pub(super) fn add(&mut self, left: Form, right: Form, number: impl FnOnce() -> Form) -> Form {
        let most = left.max(right) as usize;
        if self.sides.len() <= most {
            self.sides.resize(most + 1, [false; 2]);
        }
        self.sides[left as usize][0] = true;
        self.sides[right as usize][1] = true;
        *self.numbers.entry((left, right)).or_insert_with(number)
    }

    /// Calls `found` for every pair whose right word is this one. `left` are the words before it that
    /// may be the left one, each with the position after it.
    pub(super) fn of(
        &self,
        form: Form,
        token: &Token,
        left: &mut Vec<(u32, Form)>,
        mut found: impl FnMut(Form),
    ) {
        let Some([is_left, is_right]) = self.sides.get(form as usize).copied() else {
            return;
        };
        if is_right {
            for (_, before) in left.iter().filter(|(after, _)| *after == token.first) {
                if let Some(pair) = self.numbers.get(&(*before, form)) {
                    found(*pair);
                }
            }
        }
        if is_left {
            left.retain(|(after, _)| *after >= token.first);
            left.push((token.after, form));
        }
    }
}

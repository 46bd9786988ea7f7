//! Which of many numbers are in a set?

use super::forms::Form;

/// A set of numbers, a bit each.
#[derive(Clone, Debug, Default)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    /// Makes room for the numbers below `count`.
    pub(super) fn reserve(&mut self, count: usize) {
        let words = count.div_ceil(64) + 1;
        if self.0.len() < words {
            self.0.resize(words, 0);
        }
    }

    #[inline]
    pub(super) fn has(&self, form: Form) -> bool {
        self.view().has(form)
    }

    /// The set as it is now.
    pub(super) fn view(&self) -> View<'_> {
        View(&self.0)
    }

    /// Adds a number; says whether it is new. Those there is no room for are in no set, and all the same.
    #[inline]
    pub(super) fn add(&mut self, form: Form) -> bool {
        add(&mut self.0, form)
    }

    /// The same for many, one after the other. A processor that adds often keeps where the set is at hand.
    #[inline]
    pub(super) fn adding(&mut self) -> impl FnMut(Form) -> bool {
        let all = self.0.as_mut_slice();
        move |form| add(all, form)
    }

    /// Takes a number out, and any others.
    #[inline]
    pub(super) fn forget(&mut self, form: Form) {
        if let Some(word) = word(&mut self.0, form) {
            *word = 0;
        }
    }
}

#[inline]
fn add(all: &mut [u64], form: Form) -> bool {
    let Some(word) = word(all, form) else {
        return false;
    };
    let known = *word;
    *word |= 1 << (form % 64);
    *word != known
}

/// The bits that a number is among. Which numbers there is no room for cannot be foreseen: so they are
/// among the last, where no others are.
#[inline]
fn word(all: &mut [u64], form: Form) -> Option<&mut u64> {
    let last = all.len().wrapping_sub(1);
    all.get_mut((form as usize / 64).min(last))
}

/// A set that stays as it is. A processor that asks it often keeps where it is at hand.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'b>(&'b [u64]);

impl View<'_> {
    #[inline]
    pub(super) fn has(self, form: Form) -> bool {
        let word = self.0.get(form as usize / 64);
        word.is_some_and(|word| word >> (form % 64) & 1 == 1)
    }
}

/// A set of numbers that gives them back in their order. To sort a few takes longer, because it cannot
/// be foreseen which of two is the greater.
#[derive(Clone, Debug, Default)]
pub(super) struct Ordered {
    /// A bit for each number; then, twice, one for every 64 bits of the level before, set if any of them
    /// is.
    levels: [Vec<u64>; 3],
}

impl Ordered {
    /// Makes room for the numbers below `count`.
    pub(super) fn reserve(&mut self, count: usize) {
        let mut bits = count;
        for level in &mut self.levels {
            bits = bits.div_ceil(64);
            if level.len() < bits {
                level.resize(bits, 0);
            }
        }
    }

    /// Adds a number there is room for.
    #[inline]
    pub(super) fn add(&mut self, number: u32) {
        let mut number = number;
        for level in &mut self.levels {
            if let Some(bits) = level.get_mut(number as usize / 64) {
                *bits |= 1 << (number % 64);
            }
            number /= 64;
        }
    }

    /// Takes all numbers out, in order.
    pub(super) fn take(&mut self, numbers: &mut Vec<u32>) {
        let [first, second, third] = &mut self.levels;
        for (at, bits) in (0..).zip(third) {
            each(std::mem::take(bits), |bit| {
                let at = at * 64 + bit;
                each(take(second, at), |bit| {
                    let at = at * 64 + bit;
                    each(take(first, at), |bit| numbers.push(at * 64 + bit));
                });
            });
        }
    }
}

/// The number of every bit that is set.
#[inline]
pub(super) fn bits(bits: u64) -> impl Iterator<Item = u32> {
    let left = |bits: &u64| Some(bits & bits.wrapping_sub(1));
    std::iter::successors(Some(bits), left)
        .take_while(|bits| *bits != 0)
        .map(u64::trailing_zeros)
}

/// Calls `found` with the number of every bit that is set.
#[inline]
pub(super) fn each(mut bits: u64, mut found: impl FnMut(u32)) {
    while bits != 0 {
        found(bits.trailing_zeros());
        bits &= bits - 1;
    }
}

fn take(level: &mut [u64], at: u32) -> u64 {
    level.get_mut(at as usize).map_or(0, std::mem::take)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_come_back_in_order(all in proptest::collection::vec(0_u32..600_000, 0..60)) {
            let mut set = Ordered::default();
            set.reserve(600_000);
            // What was taken is gone.
            for _ in 0..2 {
                for number in &all {
                    set.add(*number);
                }
                let mut taken = Vec::new();
                set.take(&mut taken);
                let sorted: std::collections::BTreeSet<u32> = all.iter().copied().collect();
                prop_assert_eq!(taken, sorted.into_iter().collect::<Vec<_>>());
            }
        }
    }
}

//! Which words of an item have this form?

use std::cell::{Cell, OnceCell, RefCell};

use wide::u32x4;

use super::bits::bits;
use super::forms::{Form, NONE};

/// A form that a token has. A token may have several: its word, and patterns that it fits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) form: Form,
    /// Its index.
    pub(super) token: u32,
}

/// Forms that are looked for among all, one after the other. If more are asked for, all are grouped
/// first, which takes as long.
const FEW: u32 = 16;

/// Which tokens of an item have which form.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// How many forms were asked for.
    asked: Cell<u32>,
    /// All of them, once that was often.
    groups: OnceCell<Groups>,
    /// What they are made in.
    spare: RefCell<Groups>,
}

impl Places {
    /// Forgets the item before.
    pub(super) fn clear(&mut self) {
        self.asked.set(0);
        if let Some(groups) = self.groups.take() {
            self.spare.replace(groups);
        }
    }

    /// The tokens that have a form, in order. `forms` are those of the words of one item, by token, and
    /// `patterns` what these fit, in the order of the tokens.
    pub(super) fn of<'a>(
        &'a self,
        forms: &'a [Form],
        patterns: &'a [Found],
        form: Form,
    ) -> impl Iterator<Item = u32> {
        let asked = self.asked.replace(self.asked.get() + 1);
        let (forms, found) = if asked < FEW {
            (forms, patterns)
        } else {
            let groups = self.groups.get_or_init(|| self.group(forms, patterns));
            (&[][..], groups.with(form))
        };
        let mut words = places(forms, form);
        let word = words.next();
        // Nothing is both a word and a pattern.
        let found = if word.is_some() { &[] } else { found };
        let found = found.iter().filter(move |found| found.form == form);
        let words = word.into_iter().chain(words);
        words.chain(found.map(|found| found.token))
    }

    fn group(&self, forms: &[Form], patterns: &[Found]) -> Groups {
        let words = forms.iter().enumerate();
        let words = words.map(|(token, form)| Found {
            form: *form,
            token: u32::try_from(token).unwrap_or(u32::MAX),
        });
        let mut groups = self.spare.take();
        let all = words.chain(patterns.iter().copied());
        groups.fill(all, forms.len() + patterns.len());
        groups
    }
}

/// What was found, in groups of a few forms each.
#[derive(Debug, Default)]
struct Groups {
    /// By group, where it begins in `grouped`; it ends where the next one begins.
    starts: Vec<u32>,
    /// In each group those of one form by token.
    grouped: Vec<Found>,
}

impl Groups {
    /// Groups what was found, so many of them. Those of one form keep their order.
    fn fill<I>(&mut self, found: I, count: usize)
    where
        I: DoubleEndedIterator<Item = Found> + Clone,
    {
        let groups = count.next_power_of_two();
        self.starts.clear();
        self.starts.resize(groups, 0);
        for Found { form, .. } in found.clone() {
            self.starts[number(form, groups)] += 1;
        }
        let mut end = 0;
        for count in &mut self.starts {
            end += *count;
            *count = end;
        }
        self.grouped.resize(count, Found::default());
        for found in found.rev() {
            let start = &mut self.starts[number(found.form, groups)];
            *start -= 1;
            self.grouped[*start as usize] = found;
        }
    }

    /// The group that a form is in, among others.
    fn with(&self, form: Form) -> &[Found] {
        let group = number(form, self.starts.len());
        let start = self.starts.get(group).copied().unwrap_or(0) as usize;
        let next = self.starts.get(group + 1);
        let end = next.map_or(self.grouped.len(), |next| *next as usize);
        self.grouped.get(start..end).unwrap_or_default()
    }
}

/// Forms that are looked at together.
const TOGETHER: usize = 64;

/// Where a form stands among others.
fn places(forms: &[Form], form: Form) -> impl Iterator<Item = u32> {
    let places = move |forms: &[Form; TOGETHER]| {
        let (fours, _) = forms.as_chunks::<4>();
        let fours = fours.iter().zip((0..TOGETHER).step_by(4));
        fours.fold(0, |found, (four, shift)| {
            let same = u32x4::new(*four).simd_eq(u32x4::splat(form));
            found | u64::from(same.to_bitmask()) << shift
        })
    };
    let (all, rest) = forms.as_chunks::<TOGETHER>();
    let mut last = [NONE; TOGETHER];
    last[..rest.len()].copy_from_slice(rest);
    let all = all.iter().map(places).chain(std::iter::once(places(&last)));
    let all = all.zip((0..).step_by(TOGETHER));
    all.flat_map(|(found, base)| bits(found).map(move |bit| base + bit))
}

/// The group of a form, of a power of two of them.
fn number(form: Form, groups: usize) -> usize {
    let mixed = u64::from(form).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    usize::try_from(mixed).unwrap_or(0) & groups.wrapping_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_found_wherever_it_stands() {
        let mut random = fastrand::Rng::with_seed(1);
        let mut places = Places::default();
        for count in 0..200 {
            let forms: Vec<Form> = (0..count).map(|_| random.u32(0..9)).collect();
            let patterns: Vec<Found> = (0..count)
                .map(|token| Found {
                    form: random.u32(10..19),
                    token,
                })
                .collect();
            places.clear();
            for form in (0..FEW).chain(0..20) {
                let words = forms.iter().zip(0..).filter(|(other, _)| **other == form);
                let fits = patterns.iter().filter(|found| found.form == form);
                let expected = words.map(|(_, token)| token);
                let expected = expected.chain(fits.map(|found| found.token));
                let found = places.of(&forms, &patterns, form);
                assert_eq!(found.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
            }
        }
    }
}

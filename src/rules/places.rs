//! Which words of an item have this form?

use super::forms::Form;

/// A form that a token has. A token may have several: its word, and patterns that it fits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) form: Form,
    /// Its index.
    pub(super) token: u32,
}

/// Which tokens have which form: what was found, in groups of a few forms each.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// By group, where it begins in `grouped`; it ends where the next one begins.
    starts: Vec<u32>,
    /// In each group by token.
    grouped: Vec<Found>,
}

impl Places {
    /// Groups what was found, in the order of the tokens.
    pub(super) fn group<I>(&mut self, found: I)
    where
        I: ExactSizeIterator<Item = Found> + DoubleEndedIterator + Clone,
    {
        let groups = found.len().next_power_of_two();
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
        self.grouped.resize(found.len(), Found::default());
        for found in found.rev() {
            let start = &mut self.starts[number(found.form, groups)];
            *start -= 1;
            self.grouped[*start as usize] = found;
        }
    }

    /// The tokens that have a form, in order.
    pub(super) fn of(&self, form: Form) -> impl Iterator<Item = u32> {
        let found = self.with(form).iter();
        found
            .filter(move |found| found.form == form)
            .map(|found| found.token)
    }

    /// Whether a token has a form.
    pub(super) fn has(&self, token: u32, form: Form) -> bool {
        let group = self.with(form);
        let from = group.partition_point(|found| found.token < token);
        let mut found = group[from..]
            .iter()
            .take_while(|found| found.token == token);
        found.any(|found| found.form == form)
    }

    /// The group that a form is in.
    fn with(&self, form: Form) -> &[Found] {
        let group = number(form, self.starts.len());
        let start = self.starts.get(group).copied().unwrap_or(0) as usize;
        let next = self.starts.get(group + 1);
        let end = next.map_or(self.grouped.len(), |next| *next as usize);
        self.grouped.get(start..end).unwrap_or_default()
    }
}

/// The group of a form, of a power of two of them.
fn number(form: Form, groups: usize) -> usize {
    let mixed = u64::from(form).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    usize::try_from(mixed).unwrap_or(0) & groups.wrapping_sub(1)
}

//! Which words of an item have this form?

use super::forms::Form;

/// A form that a token has. A token may have several: its word, and patterns that it fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    pub(super) form: Form,
    /// Its index.
    pub(super) token: u32,
}

/// Which tokens have which form: what was found, in groups of a few forms each.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// By group, where it begins in `sorted`; it ends where the next one begins.
    starts: Vec<u32>,
    sorted: Vec<Found>,
}

impl Places {
    /// Sorts what was found. Most groups have but one form, found once: that is faster than to compare
    /// all with each other.
    pub(super) fn sort(&mut self, found: &[Found]) {
        let groups = found.len().next_power_of_two();
        self.starts.clear();
        self.starts.resize(groups, 0);
        for Found { form, .. } in found {
            self.starts[group(*form, groups)] += 1;
        }
        let mut end = 0;
        for count in &mut self.starts {
            end += *count;
            *count = end;
        }
        self.sorted.clear();
        self.sorted.extend_from_slice(found);
        for found in found {
            let start = &mut self.starts[group(found.form, groups)];
            *start -= 1;
            self.sorted[*start as usize] = *found;
        }
        let mut end = self.sorted.len();
        for start in self.starts.iter().rev() {
            let start = *start as usize;
            if end - start > 1 {
                self.sorted[start..end].sort_unstable();
            }
            end = start;
        }
    }

    /// The tokens that have a form, in order.
    pub(super) fn of(&self, form: Form) -> impl Iterator<Item = u32> {
        let group = self.group(form);
        let from = group.partition_point(|found| found.form < form);
        let found = group[from..].iter();
        found
            .take_while(move |found| found.form == form)
            .map(|found| found.token)
    }

    /// Whether a token has a form.
    pub(super) fn has(&self, token: u32, form: Form) -> bool {
        self.group(form)
            .binary_search(&Found { form, token })
            .is_ok()
    }

    fn group(&self, form: Form) -> &[Found] {
        let group = group(form, self.starts.len());
        let start = self.starts.get(group).copied().unwrap_or(0) as usize;
        let next = self.starts.get(group + 1);
        let end = next.map_or(self.sorted.len(), |next| *next as usize);
        self.sorted.get(start..end).unwrap_or_default()
    }
}

/// The group of a form, of a power of two of them.
fn group(form: Form, groups: usize) -> usize {
    let mixed = u64::from(form).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    usize::try_from(mixed).unwrap_or(0) & groups.wrapping_sub(1)
}

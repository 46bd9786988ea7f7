//! Which forms does an item have?

use super::bits::{Bits, View};
use super::forms::Form;
use super::kept::Kept;

/// The forms that were met in an item.
#[derive(Debug, Default)]
pub(super) struct Met {
    has: Bits,
    /// The same, in the order in which they were met.
    present: Kept<Form>,
}

impl Met {
    /// Forgets the item before, and makes room for so many forms.
    pub(super) fn clear(&mut self, forms: usize) {
        for form in self.present.all() {
            self.has.forget(*form);
        }
        self.present.clear();
        self.has.reserve(forms);
    }

    #[inline]
    pub(super) fn add(&mut self, form: Form) {
        let is_new = self.has.add(form);
        self.present.push(form, is_new);
    }

    #[inline]
    pub(super) fn extend(&mut self, forms: impl ExactSizeIterator<Item = Form>) {
        let Met { has, present } = self;
        let mut add = has.adding();
        present.extend(forms.map(|form| (form, add(form))));
    }

    /// Every form that the item has, each once, and perhaps [`NONE`](super::forms::NONE).
    pub(super) fn all(&self) -> &[Form] {
        self.present.all()
    }

    /// The same as a set.
    pub(super) fn set(&self) -> View<'_> {
        self.has.view()
    }
}

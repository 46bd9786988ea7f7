//! What can a word of an item be to the rules? Every word and pattern that any rule looks for has a
//! number, and this finds the numbers of a word.

mod affixes;
mod fits;
mod table;
mod variants;

use std::collections::HashMap;

use super::syntax::Label;
pub(super) use affixes::Affixes;
pub(super) use fits::Fits;
pub(super) use table::Table;
pub(super) use variants::{Cache, Variants};

/// The number of something that rules look for: a word, a pattern of words, two words in a row, a
/// literal of a regular expression, or a label.
pub(super) type Form = u32;

/// Any one word: `*` within a phrase. It has no number of its own.
pub(super) const ANY: Form = Form::MAX;

/// No form: a word that no rule looks for. It has no marks.
pub(super) const NONE: Form = FITS - 1;

/// It was not looked for to the end.
pub(super) const UNSURE: Form = LONG;

/// Set in the number of a long word while it is not certain. No configuration has as many forms.
const LONG: Form = 1 << 31;

/// Marks a word with beginnings or ends that are looked for, too.
pub(super) const FITS: u32 = 1 << 28;

/// Marks a word that is the left one of a pair.
pub(super) const LEFT: u32 = 1 << 29;

/// Marks a word that is the right one of a pair.
pub(super) const RIGHT: u32 = 1 << 30;

/// All marks, which [`Table::mark`] sets in the numbers of words. No configuration has as many forms.
pub(super) const MARKS: u32 = FITS | LEFT | RIGHT;

/// What one word of a phrase must be, folded.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Shape {
    /// This word.
    Is(String),
    /// A word that begins so: `militar*`.
    Begins(String),
    /// A word that ends so: `*stan`.
    Ends(String),
    /// Any one word: `*` within a phrase.
    Any,
    /// Any inflected form of this word.
    Stem {
        folded: String,
        /// In lower case, with its accents: languages inflect those too.
        lower: String,
    },
    /// This word within so many edits.
    Edits(String, u8),
}

/// Everything that rules look for.
#[derive(Debug, Default)]
pub(super) struct Forms {
    pub(super) words: Table,
    pub(super) begins: Affixes<false>,
    pub(super) ends: Affixes<true>,
    /// Which of these its words begin and end with.
    pub(super) fits: Fits,
    pub(super) variants: Variants,
    pub(super) labels: HashMap<Label, Form>,
    /// Items of these feeds, by the feeds' names.
    pub(super) feeds: HashMap<String, Form>,
    /// Every item.
    pub(super) every: Option<Form>,
    /// Whether any word may stand somewhere in a phrase.
    pub(super) gaps: bool,
    count: u32,
}

impl Forms {
    /// How many there are: all are below it.
    pub(super) fn count(&self) -> usize {
        self.count as usize
    }

    /// Looks up the beginnings and ends of all words, once for all items.
    pub(super) fn settle(&mut self) {
        self.words.settle();
        self.begins.settle();
        self.ends.settle();
        self.fits = Fits::new(&self.words, &self.begins, &self.ends);
    }

    /// A number for something that is kept elsewhere.
    pub(super) fn fresh(&mut self) -> Form {
        let form = self.count;
        self.count += 1;
        form
    }

    /// The number of a shape, which is a new one if it was not known.
    pub(super) fn of(&mut self, shape: &Shape) -> Form {
        let next = self.count;
        let form = match shape {
            Shape::Any => {
                self.gaps = true;
                return ANY;
            }
            Shape::Is(word) => self.words.add(word, next),
            Shape::Begins(prefix) => self.begins.add(prefix, next),
            Shape::Ends(suffix) => self.ends.add(suffix, next),
            Shape::Stem { folded, lower } => self.variants.add_stem(folded, lower, next),
            Shape::Edits(word, edits) => self.variants.add_edits(word, *edits, next),
        };
        self.count = self.count.max(form + 1);
        form
    }

    /// The number of a label.
    pub(super) fn label(&mut self, label: &Label) -> Form {
        if let Some(form) = self.labels.get(label) {
            return *form;
        }
        let form = self.fresh();
        self.labels.insert(label.clone(), form);
        form
    }

    /// The number of a feed.
    pub(super) fn feed(&mut self, name: &str) -> Form {
        if let Some(form) = self.feeds.get(name) {
            return *form;
        }
        let form = self.fresh();
        self.feeds.insert(name.to_owned(), form);
        form
    }

    /// The number of every item.
    pub(super) fn every(&mut self) -> Form {
        if let Some(form) = self.every {
            return form;
        }
        let form = self.fresh();
        self.every = Some(form);
        form
    }
}

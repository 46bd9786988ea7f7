//! In how many stories is a term, which are they, and is it a name?

use hashbrown::HashTable;
use smallvec::SmallVec;

use super::common;
use super::lexicon::{Form, Term};
use super::terms::Case;

/// The number of a term. It is below 2^22, for there are fewer than 2^16 stories of at most 2^6 terms each, and two
/// bits more have room beside it in a [`U24`](super::u24::U24).
pub(super) type TermId = u32;

/// The number of a story while it is held.
pub(super) type Slot = u16;

/// Stories that count before any was seen: what is known beforehand weighs as much as they.
const BEFOREHAND: f32 = 1500.0;

/// A term of more stories than this finds none: they are found by rarer ones.
const CARRIERS: usize = 500;

/// What kind of term it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It is mostly written with a capital where other words are not.
    Name,
    /// It is in news of every kind, as one knows beforehand.
    Everyday,
    /// It is the only one of its kind, such as `CVE-2026-31337`.
    Code,
    /// Any other.
    Word,
}

/// The terms of all stories that are held.
#[derive(Debug, Default)]
pub(super) struct Vocabulary {
    /// By the hash of the term.
    pub(super) ids: HashTable<TermId>,
    entries: Vec<Entry>,
    /// Numbers of entries that no story has any more.
    free: Vec<TermId>,
}

#[derive(Debug)]
struct Entry {
    hash: u64,
    /// The share of stories it is likely to be in.
    share: f32,
    /// How many stories have it.
    stories: u16,
    form: Form,
    /// How much speaks for a name: how often it was written with a capital.
    capitals: u16,
    /// How much against it.
    small: u16,
    /// Whether it was ever written so where no sentence begins.
    is_surely_capital: bool,
    /// Whether it was ever in too many stories to find one.
    is_common: bool,
    /// Otherwise, the stories that have it. Most words are in a few only.
    carriers: SmallVec<[Slot; 8]>,
}

impl Vocabulary {
    pub(super) fn find(&self, hash: u64) -> Option<TermId> {
        let same = |id: &TermId| self.entry(*id).is_some_and(|entry| entry.hash == hash);
        self.ids.find(hash, same).copied()
    }

    /// The number of a term.
    pub(super) fn intern(&mut self, term: Term) -> TermId {
        let hash = term.hash;
        if let Some(id) = self.find(hash) {
            return id;
        }
        let entry = Entry {
            hash,
            share: term.share,
            form: term.form,
            stories: 0,
            capitals: 0,
            small: 0,
            is_surely_capital: false,
            is_common: false,
            carriers: SmallVec::new(),
        };
        let id = if let Some(id) = self.free.pop() {
            self.entries[id as usize] = entry;
            id
        } else {
            self.entries.push(entry);
            // Terms are bounded by what is held of all items.
            u32::try_from(self.entries.len() - 1).unwrap_or(u32::MAX)
        };
        let entries = &self.entries;
        self.ids
            .insert_unique(hash, id, |id| entries[*id as usize].hash);
        id
    }

    fn entry(&self, id: TermId) -> Option<&Entry> {
        self.entries.get(id as usize)
    }

    /// Notes how a term is written; returns of what kind it is now.
    pub(super) fn note(&mut self, id: TermId, case: Case) -> Kind {
        if let Some(entry) = self.entries.get_mut(id as usize) {
            // A capital that a sentence may have to blame for counts only where there is no better proof.
            let (capitals, small) = match case {
                Case::Capital => (2, 0),
                Case::Initial => (1, 0),
                Case::Small => (0, 2),
                Case::Unsaid => (0, 0),
            };
            entry.capitals = entry.capitals.saturating_add(capitals);
            entry.small = entry.small.saturating_add(small);
            entry.is_surely_capital |= case == Case::Capital;
        }
        self.kind(id)
    }

    /// What kind of term it is.
    pub(super) fn kind(&self, id: TermId) -> Kind {
        match self.entry(id) {
            Some(entry) if entry.form == Form::Code => Kind::Code,
            Some(entry) if entry.share > common::RARE => Kind::Everyday,
            Some(entry) if entry.capitals > entry.small => Kind::Name,
            _ => Kind::Word,
        }
    }

    /// Whether it is surely a name, or a number that is not everywhere.
    pub(super) fn is_named(&self, id: TermId) -> bool {
        self.entry(id).is_some_and(|entry| match entry.form {
            Form::Word => entry.is_surely_capital && self.kind(id) == Kind::Name,
            Form::Number | Form::Code => entry.share <= common::RARE,
        })
    }

    /// How much a term tells if there are so many stories: the logarithm of how rare it is.
    pub(super) fn weight(&self, id: TermId, stories: usize) -> f32 {
        self.entry(id)
            .map_or(0.0, |entry| weight(entry.share, entry.stories, stories))
    }

    /// A story has a term now.
    pub(super) fn add(&mut self, id: TermId, story: Slot) {
        let Some(entry) = self.entries.get_mut(id as usize) else {
            return;
        };
        entry.stories = entry.stories.saturating_add(1);
        entry.is_common |= entry.carriers.len() >= CARRIERS;
        if entry.is_common {
            entry.carriers = SmallVec::new();
        } else {
            if entry.carriers.len() == entry.carriers.capacity() {
                // Half of what doubling takes would be unused, and there are many lists.
                entry.carriers.reserve_exact(4 + entry.carriers.len() / 4);
            }
            entry.carriers.push(story);
        }
    }

    /// A story has a term no more.
    pub(super) fn remove(&mut self, id: TermId, story: Slot) {
        let Some(entry) = self.entries.get_mut(id as usize) else {
            return;
        };
        entry.stories = entry.stories.saturating_sub(1);
        if let Some(at) = entry.carriers.iter().position(|carrier| *carrier == story) {
            // In their order, so that the same items always make the same stories.
            entry.carriers.remove(at);
        }
        self.release(id);
    }

    /// Knows a term no more, unless a story has it.
    pub(super) fn release(&mut self, id: TermId) {
        if let Some(entry) = self.entries.get_mut(id as usize)
            && entry.stories == 0
        {
            let hash = entry.hash;
            entry.carriers = SmallVec::new();
            if let Ok(found) = self.ids.find_entry(hash, |known| *known == id) {
                found.remove();
                self.free.push(id);
            }
        }
    }

    /// The stories that have a term; none if it is too common to find one.
    pub(super) fn carriers(&self, id: TermId) -> &[Slot] {
        self.entry(id).map_or(&[], |entry| &entry.carriers)
    }
}

/// How much a term tells that `having` of so many stories have.
#[expect(clippy::cast_precision_loss, reason = "a weight, not a count")]
pub(super) fn weight(share: f32, having: u16, stories: usize) -> f32 {
    let all = BEFOREHAND + stories as f32 + 1.0;
    (all / (BEFOREHAND * share + f32::from(having) + 0.5))
        .ln()
        .max(0.0)
}

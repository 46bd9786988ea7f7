//! In how many stories is a term, which are they, and is it a name?

use hashbrown::HashTable;
use smallvec::SmallVec;

use super::common::Commonness;
use super::lexicon::{Form, Term, commonness};
use super::remembered::place;
use super::terms::Case;
use crate::text::prefetch;

/// The number of a term. It is below 2^22, for there are fewer than 2^16 stories of at most 2^6 terms each, and two
/// bits more have room beside it in a [`U24`](super::u24::U24).
pub(super) type TermId = u32;

/// The number of a story while it is held.
pub(super) type Slot = u16;

/// Stories that count before any was seen: what is known beforehand weighs as much as they.
const BEFOREHAND: f32 = 1500.0;

/// Places of guesses at first.
const GUESSES: usize = 1 << 9;

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
    /// The same, where it can be asked for beforehand: at the [`place`] of a hash, the last two terms whose hashes
    /// have it.
    guesses: Vec<[TermId; 2]>,
    entries: Vec<Entry>,
    /// By the number of the term, the stories that have it, unless it was ever in too many. Most terms are in a
    /// few only.
    carriers: Vec<SmallVec<[Slot; 8]>>,
    /// Numbers of terms that no story has any more.
    free: Vec<TermId>,
}

/// What is known of a term. It is looked at for each word of each item, so it is small: a line of memory holds
/// four.
#[derive(Debug)]
struct Entry {
    hash: u64,
    /// How many stories have it.
    stories: u16,
    /// How much speaks for a name: how often it was written with a capital.
    capitals: u16,
    /// How much against it.
    small: u16,
    form: Form,
    /// Some of the next two.
    ever: u8,
}

const _: () = assert!(4 * size_of::<Entry>() == 64);

/// It was written with a capital where no sentence begins.
const CAPITAL: u8 = 1;

/// It was in too many stories to find one.
const COMMON: u8 = 2;

impl Entry {
    fn kind(&self) -> Kind {
        if self.form == Form::Code {
            Kind::Code
        } else if commonness(self.hash) > Commonness::Rare {
            Kind::Everyday
        } else if self.capitals > self.small {
            Kind::Name
        } else {
            Kind::Word
        }
    }

    fn is_named(&self) -> bool {
        match self.form {
            Form::Word => self.ever & CAPITAL != 0 && self.kind() == Kind::Name,
            Form::Number | Form::Code => commonness(self.hash) == Commonness::Rare,
        }
    }
}

impl Vocabulary {
    /// Asks for what [`Vocabulary::guess`] reads.
    pub(super) fn expect(&self, hash: u64) {
        prefetch(&self.guesses, place(hash, self.guesses.len()));
    }

    /// Asks for what [`Vocabulary::find`] reads.
    pub(super) fn guess(&self, hash: u64) {
        for id in self.guesses(hash) {
            prefetch(&self.entries, id as usize);
        }
    }

    fn guesses(&self, hash: u64) -> [TermId; 2] {
        let found = self.guesses.get(place(hash, self.guesses.len()));
        found.copied().unwrap_or_default()
    }

    /// The number of a term.
    pub(super) fn find(&mut self, hash: u64) -> Option<TermId> {
        let same = |id: &TermId| self.entry(*id).is_some_and(|entry| entry.hash == hash);
        let mut guesses = self.guesses(hash).into_iter();
        if let Some(id) = guesses.find(same) {
            return Some(id);
        }
        let id = *self.ids.find(hash, same)?;
        self.remember(hash, id);
        Some(id)
    }

    /// The number of a term, which becomes known.
    pub(super) fn intern(&mut self, term: Term) -> TermId {
        let hash = term.hash;
        if let Some(id) = self.find(hash) {
            return id;
        }
        let entry = Entry {
            hash,
            stories: 0,
            capitals: 0,
            small: 0,
            form: term.form,
            ever: 0,
        };
        let id = if let Some(id) = self.free.pop() {
            self.entries[id as usize] = entry;
            id
        } else {
            self.entries.push(entry);
            self.carriers.push(SmallVec::new());
            // Terms are bounded by what is held of all items.
            u32::try_from(self.entries.len() - 1).unwrap_or(u32::MAX)
        };
        let entries = &self.entries;
        self.ids
            .insert_unique(hash, id, |id| entries[*id as usize].hash);
        if self.entries.len() > 2 * self.guesses.len() {
            self.guess_anew();
        } else {
            self.remember(hash, id);
        }
        id
    }

    /// Guesses a term from now on.
    fn remember(&mut self, hash: u64, id: TermId) {
        let at = place(hash, self.guesses.len());
        self.guesses[at] = [id, self.guesses[at][0]];
    }

    /// Makes room for more guesses.
    fn guess_anew(&mut self) {
        self.guesses = vec![[0; 2]; (2 * self.guesses.len()).max(GUESSES)];
        for id in 0.. {
            let Some(entry) = self.entry(id) else {
                return;
            };
            self.remember(entry.hash, id);
        }
    }

    fn entry(&self, id: TermId) -> Option<&Entry> {
        self.entries.get(id as usize)
    }

    /// Notes how a term is written; returns of what kind it is now, and whether it is surely a name, or a number
    /// that is not everywhere.
    pub(super) fn note(&mut self, id: TermId, case: Case) -> (Kind, bool) {
        // It may soon be asked which stories have it.
        prefetch(&self.carriers, id as usize);
        let Some(entry) = self.entries.get_mut(id as usize) else {
            return (Kind::Word, false);
        };
        // A capital that a sentence may have to blame for counts only where there is no better proof.
        let (capitals, small) = match case {
            Case::Capital => (2, 0),
            Case::Initial => (1, 0),
            Case::Small => (0, 2),
            Case::Unsaid => (0, 0),
        };
        entry.capitals = entry.capitals.saturating_add(capitals);
        entry.small = entry.small.saturating_add(small);
        if case == Case::Capital {
            entry.ever |= CAPITAL;
        }
        (entry.kind(), entry.is_named())
    }

    /// What kind of term it is.
    pub(super) fn kind(&self, id: TermId) -> Kind {
        self.entry(id).map_or(Kind::Word, Entry::kind)
    }

    /// Whether it is surely a name, or a number that is not everywhere.
    pub(super) fn is_named(&self, id: TermId) -> bool {
        self.entry(id).is_some_and(Entry::is_named)
    }

    /// How much a term tells if there are so many stories: the logarithm of how rare it is.
    pub(super) fn weight(&self, id: TermId, stories: usize) -> f32 {
        self.entry(id).map_or(0.0, |entry| {
            weight(commonness(entry.hash), entry.stories, stories)
        })
    }

    fn get_mut(&mut self, id: TermId) -> Option<(&mut Entry, &mut SmallVec<[Slot; 8]>)> {
        let entry = self.entries.get_mut(id as usize)?;
        Some((entry, self.carriers.get_mut(id as usize)?))
    }

    /// A story has a term now.
    pub(super) fn add(&mut self, id: TermId, story: Slot) {
        let Some((entry, carriers)) = self.get_mut(id) else {
            return;
        };
        entry.stories = entry.stories.saturating_add(1);
        if carriers.len() >= CARRIERS {
            entry.ever |= COMMON;
            *carriers = SmallVec::new();
        }
        if entry.ever & COMMON == 0 {
            if carriers.len() == carriers.capacity() {
                // Half of what doubling takes would be unused, and there are many lists.
                carriers.reserve_exact(4 + carriers.len() / 4);
            }
            carriers.push(story);
        }
    }

    /// A story has a term no more.
    pub(super) fn remove(&mut self, id: TermId, story: Slot) {
        let Some((entry, carriers)) = self.get_mut(id) else {
            return;
        };
        entry.stories = entry.stories.saturating_sub(1);
        if let Some(at) = carriers.iter().position(|carrier| *carrier == story) {
            // In their order, so that the same items always make the same stories.
            carriers.remove(at);
        }
        self.release(id);
    }

    /// Knows a term no more, unless a story has it.
    pub(super) fn release(&mut self, id: TermId) {
        if let Some((entry, carriers)) = self.get_mut(id)
            && entry.stories == 0
        {
            // No term has this one, so that nobody guesses it.
            let hash = std::mem::take(&mut entry.hash);
            *carriers = SmallVec::new();
            if let Ok(found) = self.ids.find_entry(hash, |known| *known == id) {
                found.remove();
                self.free.push(id);
            }
        }
    }

    /// Asks for which stories have some terms.
    pub(super) fn expect_carriers(&self, ids: impl Iterator<Item = TermId> + Clone) {
        for id in ids.clone() {
            prefetch(&self.entries, id as usize);
            prefetch(&self.carriers, id as usize);
        }
        for id in ids {
            prefetch(self.carriers(id), 0);
        }
    }

    /// The stories that have a term; none if it is too common to find one.
    pub(super) fn carriers(&self, id: TermId) -> &[Slot] {
        self.carriers
            .get(id as usize)
            .map_or(&[], SmallVec::as_slice)
    }
}

/// How much a term tells that `having` of so many stories have.
#[expect(clippy::cast_precision_loss, reason = "a weight, not a count")]
pub(super) fn weight(common: Commonness, having: u16, stories: usize) -> f32 {
    let all = BEFOREHAND + stories as f32 + 1.0;
    (all / (BEFOREHAND * common.share() + f32::from(having) + 0.5))
        .ln()
        .max(0.0)
}

//! Which items are held, and which of them is an item a copy of?

use std::collections::VecDeque;

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use xxhash_rust::xxh3::xxh3_64;

use super::Second;
use super::copies::{COPY, Mark, Marks};
use super::u24::U24;
use super::vocabulary::Slot;
use crate::model::FeedId;

/// An item that is held.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) marks: Marks,
    pub(super) story: Slot,
    pub(super) at: Second,
    pub(super) feed: FeedId,
}

/// Bits of a [`Place`] that say which of an item's marks it is.
const WHICH: u32 = 3;

/// Items are numbered up to here, then anew: by far more than are held at once.
const NUMBERS: u32 = 1 << (24 - WHICH);

/// A mark of an item: the number of the item, and which of its marks.
type Place = U24;

/// The items that are held, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Items {
    kept: VecDeque<Kept>,
    /// The number of the first of them.
    first: u32,
    /// The newest item with each mark by which items are found.
    marked: HashTable<Place>,
}

impl Items {
    pub(super) fn len(&self) -> usize {
        self.kept.len()
    }

    pub(super) fn oldest(&self) -> Option<&Kept> {
        self.kept.front()
    }

    pub(super) fn push(&mut self, kept: Kept) {
        let marks = kept.marks.clone();
        // There are fewer of them than numbers.
        let held = u32::try_from(self.kept.len()).unwrap_or(NUMBERS);
        let number = (self.first + held) % NUMBERS;
        self.kept.push_back(kept);
        let look = Look {
            kept: &self.kept,
            first: self.first,
        };
        for (which, mark) in marks.finding() {
            let place = U24::of(number << WHICH | which);
            let same = |other: &Place| look.mark(*other) == Some(mark);
            let hash = |other: &Place| look.mark(*other).map_or(0, hash);
            match self.marked.entry(self::hash(mark), same, hash) {
                Entry::Occupied(mut known) => *known.get_mut() = place,
                Entry::Vacant(free) => {
                    free.insert(place);
                }
            }
        }
    }

    /// Holds the oldest no more.
    pub(super) fn pop(&mut self) -> Option<Kept> {
        let gone = self.kept.pop_front()?;
        for (which, mark) in gone.marks.finding() {
            let place = U24::of(self.first << WHICH | which);
            if let Ok(known) = self.marked.find_entry(hash(mark), |own| *own == place) {
                known.remove();
            }
        }
        self.first = (self.first + 1) % NUMBERS;
        Some(gone)
    }

    pub(super) fn by_link(&self, marks: &Marks) -> Option<&Kept> {
        self.find(marks.link()?)
    }

    pub(super) fn by_headline(&self, marks: &Marks) -> Option<&Kept> {
        self.find(marks.headline()?)
    }

    /// The item whose text begins most alike, and the share of rows that are the same.
    pub(super) fn by_text(&self, marks: &Marks) -> Option<(&Kept, f32)> {
        let look = self.look();
        let found = marks.rows().filter_map(|row| self.place(row));
        let found = found.filter_map(|place| {
            let after = look.after(place);
            let item = self.kept.get(after)?;
            // The newest of those that are as much alike.
            Some((item.marks.shared(marks), after, item))
        });
        let (same, _, item) = found.max_by_key(|(same, after, _)| (*same, *after))?;
        let few = |count: usize| f32::from(u8::try_from(count).unwrap_or(u8::MAX));
        let share = few(same) / few(marks.rows().count());
        (share >= COPY).then_some((item, share))
    }

    /// What items told is another story now.
    pub(super) fn retell(&mut self, gone: Slot, now: Slot) {
        for kept in &mut self.kept {
            if kept.story == gone {
                kept.story = now;
            }
        }
    }

    fn find(&self, mark: Mark) -> Option<&Kept> {
        let look = self.look();
        look.item(self.place(mark)?)
    }

    fn place(&self, mark: Mark) -> Option<Place> {
        let look = self.look();
        let same = |place: &Place| look.mark(*place) == Some(mark);
        self.marked.find(hash(mark), same).copied()
    }

    fn look(&self) -> Look<'_> {
        Look {
            kept: &self.kept,
            first: self.first,
        }
    }
}

/// Finds the items that places say.
struct Look<'k> {
    kept: &'k VecDeque<Kept>,
    first: u32,
}

impl<'k> Look<'k> {
    /// How many are held before the item.
    fn after(&self, place: Place) -> usize {
        ((place.get() >> WHICH) + NUMBERS - self.first) as usize % NUMBERS as usize
    }

    fn item(&self, place: Place) -> Option<&'k Kept> {
        self.kept.get(self.after(place))
    }

    fn mark(&self, place: Place) -> Option<Mark> {
        let which = place.get() % (1 << WHICH);
        self.item(place)?.marks.get(which)
    }
}

fn hash(mark: Mark) -> u64 {
    match mark {
        Mark::Link(link) => link.get(),
        Mark::Headline(headline) => headline.get(),
        Mark::Row(row) => xxh3_64(&row.to_le_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_found_while_numbers_begin_anew() {
        let marks = |number: Slot| {
            let link = format!("https://a.example/{number}");
            Marks::of(Some(&link), Some(u64::from(number)), &[])
        };
        let mut items = Items {
            first: NUMBERS - 4,
            ..Items::default()
        };
        for number in 1..=8 {
            items.push(Kept {
                marks: marks(number),
                story: number,
                at: 0,
                feed: FeedId(1),
            });
            for known in (number - 1).max(1)..=number {
                let found = [
                    items.by_link(&marks(known)),
                    items.by_headline(&marks(known)),
                ];
                let stories = found.map(|kept| kept.map(|kept| kept.story));
                assert_eq!(stories, [Some(known); 2]);
            }
            if number > 1 {
                items.pop();
            }
        }
        assert!(items.by_link(&marks(7)).is_none());
        assert_eq!((items.len(), items.marked.len()), (1, 2));
    }
}

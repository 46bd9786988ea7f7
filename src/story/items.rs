//! Which items are held, and which of them is an item a copy of?

use std::collections::VecDeque;

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use xxhash_rust::xxh3::xxh3_64;

use super::Millis;
use super::copies::{COPY, Mark, Marks, ROWS};
use crate::model::{FeedId, StoryId};

/// An item that is held.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) story: StoryId,
    pub(super) feed: FeedId,
    pub(super) at: Millis,
    pub(super) marks: Marks,
}

/// Bits of a [`Place`] that say which of an item's marks it is.
const WHICH: u32 = 3;

/// A mark of an item: the number of the item, and which of its marks. The numbers begin anew after five
/// hundred million.
type Place = u32;

/// The items that are held, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Items {
    kept: VecDeque<Kept>,
    /// The number of the first of them.
    first: u32,
    /// The newest item with each mark.
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
        let held = u32::try_from(self.kept.len()).unwrap_or(u32::MAX);
        let number = self.first.wrapping_add(held);
        self.kept.push_back(kept);
        let look = Look {
            kept: &self.kept,
            first: self.first,
        };
        for (which, mark) in marks.each() {
            let place = number << WHICH | which;
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
        for (which, mark) in gone.marks.each() {
            let place = self.first << WHICH | which;
            if let Ok(known) = self.marked.find_entry(hash(mark), |own| *own == place) {
                known.remove();
            }
        }
        self.first = self.first.wrapping_add(1);
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
        let mut found = [0; ROWS];
        let mut count = 0;
        for row in marks.rows() {
            if let Some(place) = self.place(row) {
                // In the order in which they are held.
                found[count] = (place >> WHICH).wrapping_sub(self.first) & (u32::MAX >> WHICH);
                count += 1;
            }
        }
        let found = &mut found[..count];
        found.sort_unstable();
        let most = found
            .chunk_by(|a, b| a == b)
            .max_by_key(|same| same.len())?;
        let few = |count: usize| f32::from(u8::try_from(count).unwrap_or(u8::MAX));
        let share = few(most.len()) / few(marks.rows().count());
        let item = self.kept.get(*most.first()? as usize)?;
        (share >= COPY).then_some((item, share))
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
    fn item(&self, place: Place) -> Option<&'k Kept> {
        let after = (place >> WHICH).wrapping_sub(self.first) & (u32::MAX >> WHICH);
        self.kept.get(after as usize)
    }

    fn mark(&self, place: Place) -> Option<Mark> {
        self.item(place)?.marks.get(place & ((1 << WHICH) - 1))
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
    use crate::text;

    #[test]
    fn copies_are_found_while_numbers_begin_anew() {
        let marks = |number: i64| {
            let link = format!("https://a.example/{number}");
            Marks::of(Some(&link), Some(number.unsigned_abs()), &text::tokens(""))
        };
        let mut items = Items {
            first: u32::MAX - 3,
            ..Items::default()
        };
        for number in 1..=8 {
            items.push(Kept {
                story: StoryId(number),
                feed: FeedId(1),
                at: 0,
                marks: marks(number),
            });
            for known in (number - 1).max(1)..=number {
                let found = [
                    items.by_link(&marks(known)),
                    items.by_headline(&marks(known)),
                ];
                let stories = found.map(|kept| kept.map(|kept| kept.story));
                assert_eq!(stories, [Some(StoryId(known)); 2]);
            }
            if number > 1 {
                items.pop();
            }
        }
        assert!(items.by_link(&marks(7)).is_none());
        assert_eq!((items.len(), items.marked.len()), (1, 2));
    }
}

//! By what are copies of one item known: their link, their headline, or how their texts begin?

use std::num::NonZeroU64;

use smallvec::SmallVec;
use xxhash_rust::xxh3::xxh3_64;

/// Words that a text begins with, as far as it is compared: feeds cut texts at different places.
pub(super) const OPENING: usize = 40;

/// Texts of fewer words ("Read more on our site") are not compared.
const FEWEST: usize = 12;

/// Words in a row that are compared as one.
const ROW: usize = 4;

/// Rows that are kept of a text: those with the smallest hashes, so that they are the same for texts
/// that are the same.
const ROWS: usize = 5;

/// Rows by which an item is found, the first of them: of [`ROWS`] each, two that share [`COPY`] of them share
/// one of these at least.
const FINDING: usize = 3;

/// The share of rows that copies have in common, at least.
pub(super) const COPY: f32 = 0.6;

/// What copies of an item have in common with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks {
    link: Option<NonZeroU64>,
    headline: Option<NonZeroU64>,
    rows: [u32; ROWS],
    count: u8,
}

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    Link(NonZeroU64),
    Headline(NonZeroU64),
    Row(u32),
}

impl Marks {
    /// `opening` are hashes of the first words of its text, up to [`OPENING`].
    pub(super) fn of(link: Option<&str>, headline: Option<u64>, opening: &[u64]) -> Marks {
        let link = link.filter(|link| !is_front_page(link));
        let mut marks = Marks {
            link: link.and_then(|link| NonZeroU64::new(xxh3_64(link.as_bytes()))),
            headline: headline.and_then(NonZeroU64::new),
            ..Marks::default()
        };
        let rows = rows(opening);
        for (place, row) in marks.rows.iter_mut().zip(&rows) {
            *place = *row;
            marks.count += 1;
        }
        marks
    }

    pub(super) fn link(&self) -> Option<Mark> {
        self.link.map(Mark::Link)
    }

    pub(super) fn headline(&self) -> Option<Mark> {
        self.headline.map(Mark::Headline)
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = Mark> {
        let rows = self.rows.iter().take(usize::from(self.count));
        rows.map(|row| Mark::Row(*row))
    }

    /// The mark of a number that [`Marks::finding`] gives.
    pub(super) fn get(&self, which: u32) -> Option<Mark> {
        match which {
            0 => self.link(),
            1 => self.headline(),
            row => self.rows().nth(row as usize - 2),
        }
    }

    /// Those by which an item is found, each with a number below eight.
    pub(super) fn finding(&self) -> impl Iterator<Item = (u32, Mark)> {
        let named = [self.link(), self.headline()];
        let named = (0..).zip(named);
        let named = named.filter_map(|(which, mark)| Some((which, mark?)));
        named.chain((2..).zip(self.rows().take(FINDING)))
    }

    /// How many rows are in both.
    pub(super) fn shared(&self, other: &Marks) -> usize {
        let is_shared = |row: &Mark| other.rows().any(|theirs| theirs == *row);
        self.rows().filter(is_shared).count()
    }
}

/// Whether a link is that of a site and not of a page: then it is every item's.
fn is_front_page(link: &str) -> bool {
    let rest = link.split_once("://").map_or(link, |(_, rest)| rest);
    rest.split_once('/').is_none_or(|(_, path)| path.is_empty())
}

/// The rows by which the beginning of a text is known, the smallest first.
fn rows(words: &[u64]) -> SmallVec<[u32; ROWS + 1]> {
    let mut rows = SmallVec::new();
    if words.len() < FEWEST {
        return rows;
    }
    for words in words.windows(ROW) {
        let row = row(words);
        let at = rows.partition_point(|known| *known < row);
        if at < ROWS && rows.get(at) != Some(&row) {
            rows.insert(at, row);
            rows.truncate(ROWS);
        }
    }
    rows
}

/// A hash of some words in a row. Half of the bits are enough to tell some hundred thousand from each other.
fn row(words: &[u64]) -> u32 {
    let mut bytes = [0; ROW * 8];
    for (place, word) in bytes.chunks_exact_mut(8).zip(words) {
        place.copy_from_slice(&word.to_le_bytes());
    }
    let [a, b, c, d, ..] = xxh3_64(&bytes).to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

#[cfg(test)]
mod tests {
    use super::super::items::{Items, Kept};
    use super::*;
    use crate::model::FeedId;

    #[test]
    fn texts_that_share_three_of_five_rows_find_each_other_wherever_these_stand() {
        // Each row is one of both texts, of the first, or of the second.
        let mut tried = 0;
        for choice in 0..3_u32.pow(7) {
            let whose = |row: u32| choice / 3_u32.pow(row) % 3;
            let those = |of: &[u32]| -> Vec<u32> {
                (0..7).filter(|row| of.contains(&whose(*row))).collect()
            };
            let (Ok(one), Ok(other)) = (those(&[0, 1]).try_into(), those(&[0, 2]).try_into())
            else {
                continue;
            };
            let marks = |rows: [u32; ROWS]| Marks {
                rows,
                count: 5,
                ..Marks::default()
            };
            let mut items = Items::default();
            items.push(Kept {
                marks: marks(one),
                story: 7,
                at: 0,
                feed: FeedId(1),
            });
            let found = items.by_text(&marks(other));
            let found = found.map(|(kept, share)| (kept.story, share));
            assert_eq!(found, Some((7, COPY)), "{one:?} {other:?}");
            tried += 1;
        }
        assert_eq!(tried, 210);
    }

    #[test]
    fn the_smallest_rows_are_kept_each_once() {
        let mut random = fastrand::Rng::with_seed(1);
        for _ in 0..200 {
            // Some rows come again.
            let words: Vec<u64> = (0..random.usize(..=OPENING))
                .map(|_| random.u64(..3))
                .collect();
            let mut all: Vec<u32> = words.windows(ROW).map(row).collect();
            all.sort_unstable();
            all.dedup();
            all.truncate(if words.len() < FEWEST { 0 } else { ROWS });
            assert_eq!(rows(&words).as_slice(), all, "{words:?}");
        }
    }
}

//! Which items are copies of one: by their link, their headline, or how their texts begin?

use std::collections::HashMap;

use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use crate::text::{Token, Tokens};

/// Words that a text begins with, as far as it is compared: feeds cut texts at different places.
const WORDS: usize = 40;

/// Texts of fewer words ("Read more on our site") are not compared.
const FEWEST: usize = 12;

/// Words in a row that are compared as one.
const ROW: usize = 4;

/// Rows that are kept of a text: those with the smallest hashes, so that they are the same for texts
/// that are the same.
const ROWS: usize = 5;

/// The share of rows that copies have in common, at least.
pub(super) const COPY: f32 = 0.6;

/// The number of an item while it is held. They begin anew after four thousand million.
pub(super) type Seq = u32;

/// What copies of an item have in common with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks {
    pub(super) link: Option<u64>,
    pub(super) headline: Option<u64>,
    rows: [u32; ROWS],
    count: u8,
}

impl Marks {
    pub(super) fn of(link: Option<&str>, headline: Option<u64>, body: &Tokens) -> Marks {
        let mut marks = Marks {
            link: link
                .filter(|link| !is_front_page(link))
                .map(|link| xxh3_64(link.as_bytes())),
            headline,
            ..Marks::default()
        };
        let rows = rows(body);
        for (place, row) in marks.rows.iter_mut().zip(&rows) {
            *place = *row;
            marks.count += 1;
        }
        marks
    }

    fn rows(&self) -> &[u32] {
        &self.rows[..usize::from(self.count)]
    }
}

/// Whether a link is that of a site and not of a page: then it is every item's.
fn is_front_page(link: &str) -> bool {
    let rest = link.split_once("://").map_or(link, |(_, rest)| rest);
    rest.split_once('/').is_none_or(|(_, path)| path.is_empty())
}

/// The rows by which the beginning of a text is known, the smallest first.
fn rows(body: &Tokens) -> Vec<u32> {
    let single = |token: &&Token| token.after == token.first + 1 && !token.is_signed();
    let words = body.iter().filter(single).take(WORDS);
    let words: Vec<u64> = words
        .map(|word| xxh3_64(body.form(word).as_bytes()))
        .collect();
    if words.len() < FEWEST {
        return Vec::new();
    }
    // Half of the bits are enough to tell some hundred thousand from each other.
    let hash = |row: &[u64]| {
        let mut hash = Xxh3::new();
        for word in row {
            hash.update(&word.to_le_bytes());
        }
        let [a, b, c, d, ..] = hash.digest().to_le_bytes();
        u32::from_le_bytes([a, b, c, d])
    };
    let mut rows: Vec<u32> = words.windows(ROW).map(hash).collect();
    rows.sort_unstable();
    rows.dedup();
    rows.truncate(ROWS);
    rows
}

/// The newest item with each mark.
#[derive(Debug, Default)]
pub(super) struct Copies {
    links: HashMap<u64, Seq>,
    headlines: HashMap<u64, Seq>,
    rows: HashMap<u32, Seq>,
}

impl Copies {
    pub(super) fn add(&mut self, marks: &Marks, seq: Seq) {
        self.links.extend(marks.link.map(|link| (link, seq)));
        self.headlines
            .extend(marks.headline.map(|headline| (headline, seq)));
        self.rows.extend(marks.rows().iter().map(|row| (*row, seq)));
    }

    /// An item is held no more.
    pub(super) fn remove(&mut self, marks: &Marks, seq: Seq) {
        forget(&mut self.links, marks.link.iter(), seq);
        forget(&mut self.headlines, marks.headline.iter(), seq);
        forget(&mut self.rows, marks.rows().iter(), seq);
    }

    pub(super) fn by_link(&self, marks: &Marks) -> Option<Seq> {
        self.links.get(&marks.link?).copied()
    }

    pub(super) fn by_headline(&self, marks: &Marks) -> Option<Seq> {
        self.headlines.get(&marks.headline?).copied()
    }

    /// The item whose text begins most alike, and the share of rows that are the same.
    pub(super) fn by_text(&self, marks: &Marks) -> Option<(Seq, f32)> {
        let mut found: Vec<Seq> = Vec::with_capacity(ROWS);
        found.extend(marks.rows().iter().filter_map(|row| self.rows.get(row)));
        found.sort_unstable();
        let most = found
            .chunk_by(|a, b| a == b)
            .max_by_key(|same| same.len())?;
        let share = f32::from(u8::try_from(most.len()).unwrap_or(u8::MAX)) / f32::from(marks.count);
        (share >= COPY).then(|| most.first().map(|seq| (*seq, share)))?
    }
}

fn forget<'m, K: std::hash::Hash + Eq + 'm>(
    known: &mut HashMap<K, Seq>,
    marks: impl Iterator<Item = &'m K>,
    seq: Seq,
) {
    for mark in marks {
        if known.get(mark) == Some(&seq) {
            known.remove(mark);
        }
    }
}

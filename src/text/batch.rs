//! How do plain words wait until they are told?
//!
//! A listener says which words it wants, and is told many of them at once.

use super::scan::{Word, hash, short, short_hash};

/// Who is told the words of a text.
pub trait Listener {
    /// Whether every word is wanted, so that [`Listener::sieve`] need not be asked.
    const WANTS_ALL: bool = false;

    /// Says whether a word is to be told, if it is plain or as good as that, by its hash, its bytes, and the
    /// first eight of them.
    #[inline]
    fn sieve(&self) -> impl Fn(u64, usize, u64) -> bool {
        |_, _, _| true
    }

    /// Is told plain words of a text that are wanted, at most [`BATCH`] in a row.
    fn words(&mut self, text: &str, words: &[Plain]) {
        for word in words {
            self.word(word.of(text));
        }
    }

    /// Is told every word that is wanted, and every one that is not plain, by the position of its
    /// first word.
    fn word(&mut self, word: Word<'_>);
}

impl<F: FnMut(Word<'_>)> Listener for F {
    const WANTS_ALL: bool = true;

    fn word(&mut self, word: Word<'_>) {
        self(word);
    }
}

/// Plain words that are told together, at most.
pub const BATCH: usize = 64;

/// A plain word, whose form stands in the text.
#[derive(Clone, Copy, Debug, Default)]
pub struct Plain {
    /// What [`hash`] says of the form.
    pub hash: u64,
    /// The first eight bytes of the form, zeros where it has none.
    pub head: u64,
    /// The next eight.
    pub tail: u64,
    /// First byte of the form.
    pub start: u32,
    /// First byte after it.
    pub end: u32,
    /// Its position among the words.
    pub position: u32,
}

impl Plain {
    /// Bytes of the form.
    #[must_use]
    #[inline]
    pub fn length(&self) -> usize {
        (self.end - self.start) as usize
    }

    /// The word as it stands in its text, in lower case.
    #[must_use]
    pub fn of<'w>(&self, text: &'w str) -> Word<'w> {
        Word {
            forms: text,
            from: self.start as usize,
            to: self.end as usize,
            hash: self.hash,
            head: self.head,
            tail: self.tail,
            first: self.position,
            after: self.position + 1,
            start: self.start,
            end: self.end,
            signed: false,
        }
    }
}

/// The hash of a form in a text that goes on behind it, the first eight bytes of the form and the next eight.
#[inline]
fn read_form(text: &[u8], start: usize, length: usize) -> (u64, u64, u64) {
    let bytes = text.get(start..start + 16).unwrap_or(&[0; 16]);
    let heads = [bytes.first_chunk(), bytes.last_chunk()];
    let [head, tail] = heads.map(|eight| eight.map_or(0, |eight| u64::from_le_bytes(*eight)));
    if let Some(masks) = MASKS.get(length) {
        let (head, tail) = (head & masks[0], tail & masks[1]);
        return (short_hash(head, tail), head, tail);
    }
    let form = text.get(start..start + length);
    (hash(form.unwrap_or_default()), head, tail)
}

/// Plain words that wait to be told. Which of them are wanted is asked of many at once, when nothing
/// else is kept in mind. It cannot be foreseen, and a processor that guesses wrong loses more time than
/// reading the word took: so each is written down, and the next one over it if it was not wanted.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// Words that were not asked about yet.
    read: Vec<Plain>,
    read_count: usize,
    /// Words that are wanted: fewer than [`BATCH`], and room for as many more.
    wanted: Vec<Plain>,
    count: usize,
}

impl Batch {
    /// Makes room. To be called before any word is added.
    pub(super) fn reserve(&mut self) {
        self.read.resize(BATCH, Plain::default());
        self.wanted.resize(2 * BATCH, Plain::default());
    }

    /// Writes down words by where they start and end, until one ends no earlier than `until`; the first of them
    /// has this position. Returns how many.
    #[inline]
    pub(super) fn add(
        &mut self,
        (lower, listener): (&str, &mut impl Listener),
        runs: &[[u32; 2]],
        until: u32,
        position: u32,
    ) -> usize {
        let mut read = 0;
        loop {
            let room = BATCH - self.read_count;
            let added = self.add_few(lower, &runs[read..], until, position + short(read));
            read += added;
            if self.read_count == BATCH {
                self.sift(lower, listener);
            }
            if added < room {
                return read;
            }
        }
    }

    /// Writes down one word by where it starts and ends.
    pub(super) fn add_one(
        &mut self,
        told: (&str, &mut impl Listener),
        run: [u32; 2],
        position: u32,
    ) {
        self.add(told, &[run], u32::MAX, position);
    }

    /// As [`Batch::add`], for as many as there is room for.
    #[inline]
    fn add_few(&mut self, lower: &str, runs: &[[u32; 2]], until: u32, position: u32) -> usize {
        let room = self.read.get_mut(self.read_count..).unwrap_or_default();
        let mut read = 0;
        for ((room, [start, end]), position) in room.iter_mut().zip(runs).zip(position..) {
            if *end >= until {
                break;
            }
            let length = (end - start) as usize;
            let (hash, head, tail) = read_form(lower.as_bytes(), *start as usize, length);
            *room = Plain {
                hash,
                head,
                tail,
                start: *start,
                end: *end,
                position,
            };
            read += 1;
        }
        self.read_count += read;
        read
    }

    /// Tells a word with a form of its own, if it is wanted, after those that wait.
    pub(super) fn tell_one(
        &mut self,
        (lower, listener): (&str, &mut impl Listener),
        word: Word<'_>,
    ) {
        let is_wanted = listener.sieve()(word.hash, word.form_length(), word.head);
        if is_wanted {
            self.tell(lower, listener);
            listener.word(word);
        }
    }

    /// Tells all that wait.
    pub(super) fn tell(&mut self, lower: &str, listener: &mut impl Listener) {
        self.sift(lower, listener);
        if self.count > 0 {
            listener.words(lower, &self.wanted[..self.count]);
            self.count = 0;
        }
    }

    /// Keeps those of the words that are wanted, and tells as many as are told together.
    fn sift<L: Listener>(&mut self, lower: &str, listener: &mut L) {
        if L::WANTS_ALL {
            if self.read_count > 0 {
                listener.words(lower, &self.read[..self.read_count]);
                self.read_count = 0;
            }
            return;
        }
        self.count = self.count_wanted(listener.sieve());
        self.read_count = 0;
        if self.count >= BATCH {
            listener.words(lower, &self.wanted[..BATCH]);
            self.wanted.copy_within(BATCH..self.count, 0);
            self.count -= BATCH;
        }
    }

    /// Writes down those of the words that are wanted; returns how many there are now.
    #[inline]
    fn count_wanted(&mut self, is_wanted: impl Fn(u64, usize, u64) -> bool) -> usize {
        let mut count = self.count;
        for word in &self.read[..self.read_count] {
            if let Some(room) = self.wanted.get_mut(count) {
                *room = *word;
            }
            count += usize::from(is_wanted(word.hash, word.length(), word.head));
        }
        count
    }
}

/// By a number of bytes up to sixteen, the bits that they fill in the first eight and in the next.
const MASKS: [[u64; 2]; 17] = {
    let mut masks = [[0; 2]; 17];
    let mut bytes = 1;
    while bytes <= 16 {
        masks[bytes] = if bytes <= 8 {
            [u64::MAX >> (64 - 8 * bytes), 0]
        } else {
            [u64::MAX, u64::MAX >> (128 - 8 * bytes)]
        };
        bytes += 1;
    }
    masks
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Scanner;

    /// Wants two words of three.
    struct Choosy<'t>(&'t mut Vec<(u64, u32)>);

    fn is_wanted(hash: u64) -> bool {
        !hash.is_multiple_of(3)
    }

    impl Listener for Choosy<'_> {
        fn sieve(&self) -> impl Fn(u64, usize, u64) -> bool {
            |hash, _, _| is_wanted(hash)
        }

        fn words(&mut self, text: &str, words: &[Plain]) {
            assert!(words.len() <= BATCH);
            for word in words {
                self.word(word.of(text));
            }
        }

        fn word(&mut self, word: Word<'_>) {
            self.0.push((word.hash, word.first));
        }
    }

    #[test]
    fn words_that_are_wanted_are_told_in_order_and_no_others() {
        let mut random = fastrand::Rng::with_seed(1);
        let mut scanner = Scanner::default();
        for count in 0..400 {
            let mut text = String::new();
            for _ in 0..count {
                // Of more than two joined words all are told.
                let joined = random.u8(0..20) == 0 && !text.ends_with('-');
                let sign = if joined { '-' } else { ' ' };
                text.push_str(&format!("w{}{sign}", random.u32(..)));
            }
            let (mut all, mut told) = (Vec::new(), Vec::new());
            scanner.scan(&text, |word: Word<'_>| all.push((word.hash, word.first)));
            all.retain(|(hash, _)| is_wanted(*hash));
            scanner.scan(&text, Choosy(&mut told));
            assert_eq!(told, all, "{text:?}");
        }
    }
}

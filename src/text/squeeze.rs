//! Which words can a text certainly not have?
//!
//! Reading a text takes longer than searching it. Most words stand in a text as they are, but for
//! capitals. Where something may join two words, or a letter has marks, the stretch is squeezed and
//! put behind the text: letters are folded, and what may join words is left out. Every folded form
//! that the text has and anybody looks for then stands somewhere, and what does not stand there need
//! not be read for.

use super::letters;
use super::marks::Marks;
use super::scan::{Kind, apart_beyond, begins_apart, joined, kind, kind_of};

/// Which two letters or digits stand side by side in the texts that are looked for. Where others meet,
/// nothing is found that reaches over, and nothing need be squeezed.
#[derive(Clone, Debug)]
pub struct Neighbours([[u64; 2]; 128]);

impl Neighbours {
    /// Those of some texts, in lower case.
    #[must_use]
    pub fn of<'t>(texts: impl IntoIterator<Item = &'t str>) -> Neighbours {
        let mut neighbours = Neighbours([[0; 2]; 128]);
        for text in texts {
            for pair in text.as_bytes().windows(2) {
                let (left, right) = (pair[0], pair[1]);
                if left.is_ascii() && right.is_ascii() {
                    let after = &mut neighbours.0[usize::from(left)];
                    after[usize::from(right / 64)] |= 1 << (right % 64);
                }
            }
        }
        neighbours
    }

    /// Whether two ASCII characters are such.
    #[inline]
    fn has(&self, left: u8, right: u8) -> bool {
        let after = self.0[usize::from(left & 0x7F)];
        after[usize::from(right >> 6 & 1)] >> (right % 64) & 1 == 1
    }

    /// Whether nothing need be squeezed for the sign at `at`, as for most: it joins nothing, being a
    /// dash, a quote, or the apostrophe of a possessive before a space; or the two words that meet there
    /// are parted as far as anybody looks. Not where a possessive may be dropped: then it is others that
    /// meet.
    #[expect(
        clippy::needless_bitwise_bool,
        reason = "which sign it is cannot be foreseen"
    )]
    #[inline]
    fn keep_apart(&self, bytes: &[u8], at: usize) -> bool {
        let Some([left, rest @ ..]) = bytes
            .get(at.wrapping_sub(1)..)
            .and_then(<[u8]>::first_chunk::<6>)
        else {
            return false;
        };
        let [sign, right, third, fourth, fifth] = *rest;
        let typed = [sign, right, third] == *b"'s ";
        let set = [sign, right, third, fourth, fifth] == *"’s ".as_bytes();
        let is_word = |byte: u8| kind_of(byte) == Kind::Word;
        let possessive = (typed | set) & is_word(*left);
        let is_apostrophe = matches!(sign, b'\'' | b'`');
        let parted = (kind_of(sign) == Kind::Joint)
            & is_word(*left)
            & is_word(right)
            & !(is_apostrophe & (right == b's'))
            & !self.has(*left, right);
        possessive | parted | begins_apart([sign, right, third])
    }
}

/// Texts that were squeezed. Keeps its buffers from one to the next.
#[derive(Debug, Default)]
pub struct Squeezed {
    marks: Marks,
    /// Bytes of the texts as they are.
    plain: usize,
    stretch: Stretch,
    /// Where something was left out, in order.
    seams: Vec<usize>,
}

impl Squeezed {
    /// Squeezes some texts for those who look for these neighbours. `false` if that cannot be done: they
    /// have characters other than ASCII, letters that are folded to such, and the common signs of print.
    pub fn squeeze(&mut self, texts: &[&str], neighbours: &Neighbours) -> bool {
        self.seams.clear();
        let Squeezed { marks, stretch, .. } = self;
        marks.read_signs(texts);
        marks.keep_signs(|bytes, at| !neighbours.keep_apart(bytes, at));
        self.plain = marks.lower.len();
        let mut read = 0;
        for number in 0..marks.signs().len() {
            let at = marks.signs()[number] as usize;
            let bytes = &marks.lower.as_bytes()[..self.plain];
            if at < read {
                continue;
            }
            let is_word = |at: &usize| kind(bytes, *at) == Kind::Word;
            let before = at.checked_sub(1).filter(is_word);
            let after = before.and_then(|_| joined(bytes, at));
            if let Some(after) = after {
                read = after;
                continue;
            }
            let apart = |byte: &u8| kind(&[*byte], 0) == Kind::Apart;
            let start = bytes[..at].iter().rposition(apart).map_or(0, |at| at + 1);
            let Some(length) = stretch.squeeze(&bytes[start..]) else {
                return false;
            };
            read = start + length;
            // Nothing but ASCII is left.
            marks.lower.push(' ');
            let base = marks.lower.len();
            self.seams.extend(stretch.seams.iter().map(|at| base + at));
            marks
                .lower
                .push_str(std::str::from_utf8(&stretch.bytes).unwrap_or_default());
        }
        true
    }

    /// What is to be searched.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.marks.lower.as_bytes()
    }

    /// Bytes of the texts as they are, which come before what was squeezed.
    #[must_use]
    pub fn plain(&self) -> &[u8] {
        &self.bytes()[..self.plain]
    }

    /// Whether a word may begin or end at `at`.
    #[must_use]
    pub fn may_part(&self, at: usize) -> bool {
        let inside = |at: Option<usize>| {
            at.and_then(|at| self.bytes().get(at))
                .is_some_and(u8::is_ascii_alphanumeric)
        };
        !inside(at.checked_sub(1)) || !inside(Some(at)) || self.seams.binary_search(&at).is_ok()
    }
}

/// One stretch that was squeezed.
#[derive(Debug, Default)]
struct Stretch {
    bytes: Vec<u8>,
    /// Where something was left out, in order.
    seams: Vec<usize>,
}

impl Stretch {
    /// Squeezes a text up to where words certainly part; returns how much that is. `None` if it cannot
    /// be done.
    fn squeeze(&mut self, text: &[u8]) -> Option<usize> {
        self.bytes.clear();
        self.seams.clear();
        let (mut at, mut after_apostrophe) = (0, false);
        loop {
            let run = text[at..]
                .iter()
                .position(|byte| !byte.is_ascii_alphanumeric());
            let end = run.map_or(text.len(), |run| at + run);
            self.bytes.extend_from_slice(&text[at..end]);
            at = end;
            let left_out = match (kind(text, at), &text[at..]) {
                (Kind::Apart, _) if kind(text, at + 1) != Kind::Beyond => return Some(at),
                (Kind::Apart, _) if apart_beyond(text, at + 1) > 0 => return Some(at),
                (Kind::Joint, _) => 1,
                // Dashes, quotes, and characters that are not seen.
                (_, [0xE2, 0x80, ..]) => 3,
                (_, [0xC2, 0xAD, ..]) => 2,
                (_, [0xC2, 0xA0 | 0xAB | 0xBB, ..]) => {
                    self.bytes.push(b' ');
                    at += 2;
                    continue;
                }
                (Kind::Beyond, rest) => {
                    let form = letters::first(rest).filter(|form| form.is_ascii())?;
                    self.bytes.extend_from_slice(form.as_bytes());
                    at += 2;
                    continue;
                }
                _ => {
                    self.bytes.push(b' ');
                    at += 1;
                    continue;
                }
            };
            // What goes on after a possessive is joined without it: `China's-led` has `chinaled`.
            let from = self.seams.last().copied().unwrap_or(0);
            let part = self.bytes.get(from..).unwrap_or_default();
            if after_apostrophe && part == b"s" {
                return None;
            }
            if !part.is_empty() {
                after_apostrophe = false;
            }
            after_apostrophe |= !matches!(text[at], b'-' | b'.' | b',');
            self.seams.push(self.bytes.len());
            at += left_out;
        }
    }
}

//! Which words can a text certainly not have?
//!
//! Reading a text takes longer than searching it. Most words stand in a text as they are, but for
//! capitals. Where something may join two words, or a letter has marks, the stretch is squeezed and
//! put behind the text: letters are folded, and what may join words is left out. Every folded form
//! that the text has and anybody looks for then stands somewhere, and what does not stand there need
//! not be read for.

use super::letters;
use super::marks::Marks;
use super::scan::{Kind, apart_beyond, joined, kind};

/// Which two letters or digits stand side by side in the texts that are looked for. Where others meet,
/// nothing is found that reaches over, and nothing need be squeezed.
#[derive(Clone, Debug)]
pub struct Neighbours([u128; 128]);

impl Neighbours {
    /// Those of some texts, in lower case.
    #[must_use]
    pub fn of<'t>(texts: impl IntoIterator<Item = &'t str>) -> Neighbours {
        let mut neighbours = Neighbours([0; 128]);
        for text in texts {
            for pair in text.as_bytes().windows(2) {
                if let Some(after) = neighbours.0.get_mut(usize::from(pair[0])) {
                    *after |= 1_u128.checked_shl(u32::from(pair[1])).unwrap_or(0);
                }
            }
        }
        neighbours
    }

    fn has(&self, left: u8, right: u8) -> bool {
        let after = self.0.get(usize::from(left)).copied().unwrap_or(0);
        after.checked_shr(u32::from(right)).unwrap_or(0) & 1 == 1
    }

    /// Whether two words that meet at `at` are parted as far as anybody looks. Not where a possessive
    /// may be dropped: then it is others that meet.
    fn keep_apart(&self, bytes: &[u8], at: usize) -> bool {
        let sides = at.checked_sub(1).map(|before| bytes.get(before..));
        let Some(Some([left, joint, right, ..])) = sides else {
            return false;
        };
        let is_apostrophe = matches!(joint, b'\'' | b'`');
        kind(bytes, at) == Kind::Joint
            && left.is_ascii_alphanumeric()
            && right.is_ascii_alphanumeric()
            && !(is_apostrophe && *right == b's')
            && !self.has(*left, *right)
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
        self.plain = marks.lower.len();
        let mut read = 0;
        for number in 0..marks.signs().len() {
            let at = marks.signs()[number] as usize;
            let bytes = &marks.lower.as_bytes()[..self.plain];
            if at < read || joins_nothing(bytes, at) || neighbours.keep_apart(bytes, at) {
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

/// Whether a sign joins nothing, as most do not: a dash, a quote, or the apostrophe of a possessive
/// before a space. No more than [`joined`] says, and sooner.
#[inline]
fn joins_nothing(bytes: &[u8], at: usize) -> bool {
    match bytes.get(at..) {
        Some([b'\'', b's', b' ', ..] | [0xE2, 0x80, 0x99, b's', b' ', ..]) => {
            at > 0 && kind(bytes, at - 1) == Kind::Word
        }
        _ => apart_beyond(bytes, at) > 0,
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

//! How are the words of a long text read fast?
//!
//! Most words of most texts are plain: ASCII letters and digits between spaces. They need no tables
//! of Unicode; words with simple letters beyond need a small one. Everything else is cut out, from one
//! character that certainly parts words to the next, and read as the definition says; the tests hold
//! both to the same words.

use super::batch::{Batch, Listener};
use super::chars::{self, Ch};
use super::letters;
use super::marks::Marks;
use super::{JOINED, Tokens, read};

/// One reading of a stretch of text, while it is being read.
#[derive(Clone, Copy, Debug)]
pub struct Word<'w> {
    /// The text that the form is a part of.
    pub(super) forms: &'w str,
    pub(super) from: usize,
    pub(super) to: usize,
    /// What [`hash`] says of the form.
    pub hash: u64,
    /// The first eight bytes of the form, zeros where it has none.
    pub head: u64,
    /// The next eight.
    pub tail: u64,
    /// Position of its first word.
    pub first: u32,
    /// Position after its last word: what follows it begins here.
    pub after: u32,
    /// First byte of the original text.
    pub start: u32,
    /// First byte after it.
    pub end: u32,
    /// Whether its sign belongs to it, as in `C++`: then the bare letter is another word.
    pub signed: bool,
}

impl<'w> Word<'w> {
    /// Whether it is one word, and not another way to read one or several of them.
    #[must_use]
    pub fn is_single(&self) -> bool {
        self.after == self.first + 1 && !self.signed
    }

    /// The folded form.
    #[must_use]
    pub fn form(&self) -> &'w str {
        self.forms.get(self.from..self.to).unwrap_or_default()
    }

    /// Bytes of the folded form.
    #[must_use]
    pub fn form_length(&self) -> usize {
        self.to - self.from
    }
}

/// An odd number whose bits look random: the golden ratio (Knuth, TAOCP 3, 6.4).
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

/// A hash of a folded form. Those of at most sixteen bytes have different ones if their second eight
/// bytes agree: it is a bijection of the first.
#[must_use]
pub fn hash(form: &[u8]) -> u64 {
    if form.len() <= 16 {
        return short_hash(head(form), head(form.get(8..).unwrap_or_default()));
    }
    let (chunks, rest) = form.as_chunks::<8>();
    let mixed = chunks
        .iter()
        .fold(0, |mixed, chunk| mix(mixed ^ u64::from_le_bytes(*chunk)));
    (mixed ^ eight(rest)).wrapping_mul(SPREAD)
}

/// The hash of a form of at most sixteen bytes, which are given as numbers.
#[must_use]
#[inline]
pub fn short_hash(head: u64, tail: u64) -> u64 {
    (mix(head) ^ tail).wrapping_mul(SPREAD)
}

/// What a hash remembers of eight bytes that others follow.
#[inline]
fn mix(eight: u64) -> u64 {
    eight.wrapping_mul(SPREAD).rotate_left(23)
}

/// The first eight bytes of a form as a number, zeros where it has none.
#[must_use]
pub fn head(form: &[u8]) -> u64 {
    eight(&form[..form.len().min(8)])
}

/// At most eight bytes as a number, the missing ones as zeros.
fn eight(bytes: &[u8]) -> u64 {
    if let (Some(low), Some(high)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        // They overlap in bytes that are the same.
        let shift = 8 * (bytes.len() - 4);
        return u64::from(u32::from_le_bytes(*low)) | u64::from(u32::from_le_bytes(*high)) << shift;
    }
    bytes
        .iter()
        .rev()
        .fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Reads texts; keeps its buffers from one to the next.
#[derive(Debug, Default)]
pub struct Scanner {
    marks: Marks,
    batch: Batch,
    slow: Slow,
}

/// What texts that are not plain are read with.
#[derive(Debug, Default)]
struct Slow {
    chars: Vec<Ch>,
    tokens: Tokens,
    /// A folded form that is not in the text.
    form: String,
}

/// What an ASCII byte is to the words around it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Letter or digit.
    Word,
    /// Parts words whatever stands beside it.
    Apart,
    /// May join the words on its sides, or belong to one.
    Joint,
    /// Parts words, but a mark may follow it that makes another sign of it (UAX #15).
    Marked,
    /// Part of a character beyond ASCII.
    Beyond,
}

const KINDS: [Kind; 256] = kinds();

const fn kinds() -> [Kind; 256] {
    let mut kinds = [Kind::Beyond; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        kinds[byte as usize] = match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => Kind::Word,
            b'-' | b'\'' | b'`' | b'.' | b',' | b'"' | b'+' | b'#' => Kind::Joint,
            b'<' | b'=' | b'>' => Kind::Marked,
            _ => Kind::Apart,
        };
        byte += 1;
    }
    kinds
}

pub(super) fn kind(bytes: &[u8], at: usize) -> Kind {
    bytes.get(at).map_or(Kind::Apart, |byte| kind_of(*byte))
}

#[inline]
pub(super) fn kind_of(byte: u8) -> Kind {
    KINDS[usize::from(byte)]
}

/// Characters beyond ASCII that certainly part words, by the last six bits of their last byte: the
/// no-break space and the quotes of French, U+0080 and on.
const APART_TWO: u64 = 1 << 0x20 | 1 << 0x2B | 1 << 0x3B;

/// Dashes, double quotes, the bullet and the ellipsis, U+2000 and on.
const APART_THREE: u64 = 0b111 << 0x13 | 0b111 << 0x1C | 1 << 0x22 | 1 << 0x26;

/// Whether one of these characters has such a last byte.
#[inline]
fn is_one_of(chars: u64, last: u8) -> bool {
    chars >> (last & 0x3F) & 1 == 1
}

/// Bytes of the character at `at`, if it is one beyond ASCII that certainly parts words.
pub(super) fn apart_beyond(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at..) {
        Some([0xC2, last, ..]) if is_one_of(APART_TWO, *last) => 2,
        Some([0xE2, 0x80, last, ..]) if is_one_of(APART_THREE, *last) => 3,
        _ => 0,
    }
}

/// Whether a text with these first bytes begins with such a character. Without branches.
#[inline]
pub(super) fn begins_apart([first, second, third]: [u8; 3]) -> bool {
    let two = (first == 0xC2) & is_one_of(APART_TWO, second);
    two | ([first, second] == [0xE2, 0x80]) & is_one_of(APART_THREE, third)
}

/// Bytes of the apostrophe at `at`, if one stands there.
fn apostrophe(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at..) {
        Some([b'\'' | b'`', ..]) => 1,
        Some([0xE2, 0x80, 0x99, ..]) => 3,
        _ => 0,
    }
}

/// Texts are bounded far below this.
pub(super) fn short(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl Scanner {
    /// Tells `listener` the words of a text; returns the position after the last. Linear in the length
    /// of the text.
    pub fn scan(&mut self, text: &str, mut listener: impl Listener) -> u32 {
        let Scanner { marks, batch, slow } = self;
        marks.read(text);
        // Nothing more is seen at these.
        marks.keep_signs(|bytes, at| {
            let sign = bytes.get(at..).and_then(<[u8]>::first_chunk);
            sign.is_none_or(|sign| !begins_apart(*sign))
        });
        batch.reserve();
        let lower = &*marks.lower;
        let bytes = lower.as_bytes();
        let runs = marks.runs();
        let mut signs = marks.signs().iter();
        // How many runs and bytes were read.
        let (mut count, mut at) = (0, 0);
        let mut position = 0;
        loop {
            let sign = signs.find(|sign| **sign as usize >= at).copied();
            // Before the next sign all words are plain.
            let until = sign.unwrap_or(u32::MAX);
            let added = batch.add((lower, &mut listener), &runs[count..], until, position);
            position += short(added);
            count += added;
            let Some(sign) = sign else { break };
            // A sign that ends a word is looked at with it.
            let next = runs.get(count).map_or(sign, |[start, _]| sign.min(*start));
            at = next as usize;
            while at <= sign as usize {
                let word = runs.get(count).copied();
                let word = word.filter(|[start, _]| *start as usize == at);
                if let Some(word) = word
                    && let Some(after) = plain(bytes, word[1] as usize)
                {
                    batch.add_one((lower, &mut listener), word, position);
                    position += 1;
                    at = after;
                } else if let Some(word) = word
                    && let Some(next) = runs.get(count + 1).copied()
                    && let Some(after) = joined_pair(bytes, word, next)
                {
                    batch.add_one((lower, &mut listener), word, position);
                    slow.join(lower, [word, next]);
                    let joined = slow.word((position, position + 2), [word[0], next[1]]);
                    batch.tell_one((lower, &mut listener), joined);
                    batch.add_one((lower, &mut listener), next, position + 1);
                    position += 2;
                    at = after;
                } else if let Some(end) = slow.letters(bytes, at)
                    && let Some(after) = plain(bytes, end)
                {
                    let span = [short(at), short(end)];
                    let word = slow.word((position, position + 1), span);
                    batch.tell_one((lower, &mut listener), word);
                    position += 1;
                    at = after;
                } else if word.is_some() || is_beyond(bytes, at) {
                    batch.tell(lower, &mut listener);
                    (at, position) = slow.read(text, at, position, &mut listener);
                } else {
                    at += apart_beyond(bytes, at).max(1);
                }
                let is_read = |[start, _]: &[u32; 2]| (*start as usize) < at;
                while runs.get(count).is_some_and(is_read) {
                    count += 1;
                }
            }
        }
        batch.tell(lower, &mut listener);
        position
    }
}

/// Where words certainly part again after `start`.
fn stretch_end(bytes: &[u8], start: usize) -> usize {
    let mut end = start + 1;
    loop {
        match kind(bytes, end) {
            Kind::Apart if kind(bytes, end + 1) != Kind::Beyond => break,
            Kind::Apart if apart_beyond(bytes, end + 1) > 0 => break,
            _ => end += 1,
        }
    }
    // Past the last byte everything is apart.
    end.min(bytes.len())
}

/// Whether what stands at `at` can only be read as the definition says.
fn is_beyond(bytes: &[u8], at: usize) -> bool {
    match kind(bytes, at) {
        Kind::Marked => kind(bytes, at + 1) == Kind::Beyond,
        Kind::Beyond => apart_beyond(bytes, at) == 0,
        _ => false,
    }
}

/// Whether these two words stand joined by a hyphen or an apostrophe, and to nothing else; if so,
/// where to go on.
fn joined_pair(bytes: &[u8], [start, end]: [u32; 2], next: [u32; 2]) -> Option<usize> {
    let end = end as usize;
    let apostrophe = apostrophe(bytes, end);
    let joint = if bytes.get(end) == Some(&b'-') {
        1
    } else {
        apostrophe
    };
    let possessive = apostrophe > 0 && bytes.get(next[0] as usize..next[1] as usize) == Some(b"s");
    let length = end - start as usize + (next[1] - next[0]) as usize;
    if joint == 0 || end + joint != next[0] as usize || possessive || length > JOINED {
        return None;
    }
    plain(bytes, next[1] as usize)
}

impl Slow {
    /// Joins two words.
    fn join(&mut self, lower: &str, words: [[u32; 2]; 2]) {
        self.form.clear();
        for [start, end] in words {
            let word = lower.get(start as usize..end as usize);
            self.form.push_str(word.unwrap_or_default());
        }
    }

    /// Folds letters and digits, as far as they are simple; returns where they end. `None` if there are
    /// none.
    fn letters(&mut self, lower: &[u8], start: usize) -> Option<usize> {
        self.form.clear();
        let mut at = start;
        loop {
            match lower.get(at) {
                Some(byte) if byte.is_ascii_alphanumeric() => {
                    self.form.push(char::from(*byte));
                    at += 1;
                }
                Some(byte) if !byte.is_ascii() => {
                    let Some(form) = letters::first(&lower[at..]) else {
                        break;
                    };
                    self.form.push_str(form);
                    at += 2;
                }
                _ => break,
            }
        }
        (at > start).then_some(at)
    }

    /// The word that has the form which was made last.
    fn word(&self, (first, after): (u32, u32), [start, end]: [u32; 2]) -> Word<'_> {
        let form = self.form.as_bytes();
        Word {
            forms: &self.form,
            from: 0,
            to: form.len(),
            hash: hash(form),
            head: head(form),
            tail: head(form.get(8..).unwrap_or_default()),
            first,
            after,
            start,
            end,
            signed: false,
        }
    }

    /// Reads from `start` to where words certainly part again, as the definition says.
    fn read(
        &mut self,
        text: &str,
        start: usize,
        position: u32,
        listener: &mut impl Listener,
    ) -> (usize, u32) {
        let end = stretch_end(text.as_bytes(), start);
        self.chars.clear();
        self.tokens.clear();
        chars::read(text.get(start..end).unwrap_or_default(), &mut self.chars);
        let position = read(&self.chars, position, &mut self.tokens);
        for token in &self.tokens {
            let form = self.tokens.form(token);
            listener.word(Word {
                forms: form,
                from: 0,
                to: form.len(),
                hash: hash(form.as_bytes()),
                head: head(form.as_bytes()),
                tail: head(form.as_bytes().get(8..).unwrap_or_default()),
                first: token.first,
                after: token.after,
                start: token.start + short(start),
                end: token.end + short(start),
                signed: token.signed,
            });
        }
        (end, position)
    }
}

/// Whether the run of letters and digits that ends at `at` is a word by itself; if so, where to go on.
#[inline]
fn plain(bytes: &[u8], at: usize) -> Option<usize> {
    if bytes.get(at) == Some(&b' ') {
        // A mark may stand on no space.
        return Some(at + 1);
    }
    joined(bytes, at)
}

/// The same after anything but a space.
pub(super) fn joined(bytes: &[u8], at: usize) -> Option<usize> {
    match kind(bytes, at) {
        Kind::Apart => Some(at),
        Kind::Marked if kind(bytes, at + 1) != Kind::Beyond => Some(at),
        Kind::Joint | Kind::Beyond => {
            let apostrophe = apostrophe(bytes, at);
            let joined = at + apostrophe.max(1);
            if apostrophe > 0 && bytes.get(joined) == Some(&b's') {
                // The possessive is dropped.
                let after = kind(bytes, joined + 1);
                let sign = matches!(bytes.get(joined + 1), Some(b'+' | b'#'));
                let ends = after == Kind::Apart
                    || after == Kind::Joint && !sign && kind(bytes, joined + 2) == Kind::Apart;
                return ends.then_some(joined + 1);
            }
            if matches!(bytes.get(at), Some(b'+' | b'#')) {
                return None;
            }
            if apostrophe == 0 && kind(bytes, at) == Kind::Beyond {
                return (apart_beyond(bytes, at) > 0).then_some(at);
            }
            // What joins stands between two words.
            if bytes.get(joined) == Some(&b' ') {
                return Some(joined + 1);
            }
            match kind(bytes, joined) {
                Kind::Apart | Kind::Joint | Kind::Marked => Some(joined),
                Kind::Beyond => (apart_beyond(bytes, joined) > 0).then_some(joined),
                Kind::Word => None,
            }
        }
        Kind::Marked | Kind::Word => None,
    }
}

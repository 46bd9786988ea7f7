//! How are the words of a long text read fast?
//!
//! Most words of most texts are plain: ASCII letters and digits between spaces. They need no tables
//! of Unicode. Everything else is cut out, from one character that certainly parts words to the
//! next, and read as the definition says; the tests hold both to the same words.

use super::chars::{self, Ch};
use super::{Tokens, read};

/// One reading of a stretch of text, while it is being read.
#[derive(Clone, Copy, Debug)]
pub struct Word<'w> {
    /// The text that the form is a part of.
    forms: &'w str,
    from: usize,
    to: usize,
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

/// A hash of a folded form. Those of at most eight bytes have different ones, as far as their
/// lengths agree: it is a bijection of their bytes.
#[must_use]
#[inline]
pub fn hash(form: &[u8]) -> u64 {
    if form.len() <= 8 {
        return short_hash(eight(form));
    }
    let (chunks, rest) = form.as_chunks::<8>();
    let mixed = chunks
        .iter()
        .fold(0, |mixed, chunk| mix(mixed, u64::from_le_bytes(*chunk)));
    short_hash(mixed ^ eight(rest))
}

/// The hash of a form of at most eight bytes, which are given as a number.
#[must_use]
pub fn short_hash(eight: u64) -> u64 {
    eight.wrapping_mul(SPREAD)
}

/// What the hash of a long form remembers of eight bytes that others follow.
fn mix(mixed: u64, eight: u64) -> u64 {
    (mixed ^ eight).wrapping_mul(SPREAD).rotate_left(23)
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

/// One in every byte.
const ONES: u64 = 0x0101_0101_0101_0101;

/// The highest bit of every byte.
pub(super) const HIGHS: u64 = 0x80 * ONES;

/// The highest bit of each of these eight bytes that lies between two ASCII characters, inclusive.
#[inline]
pub(super) fn between(eight: u64, first: u8, last: u8) -> u64 {
    // All eight at once: adding lifts the bytes from a bound on over 0x7F, without a carry.
    let low = eight & !HIGHS;
    let from = |bound: u8| low + ONES * u64::from(0x80 - bound);
    from(first) & !from(last + 1) & !eight & HIGHS
}

/// How many of these eight bytes, from the first, are ASCII digits and lower-case letters.
#[inline]
fn letters(eight: u64) -> usize {
    let letters = between(eight, b'a', b'z') | between(eight, b'0', b'9');
    (!letters & HIGHS).trailing_zeros() as usize / 8
}

/// Reads texts; keeps its buffers from one to the next.
#[derive(Debug, Default)]
pub struct Scanner {
    lower: String,
    chars: Vec<Ch>,
    tokens: Tokens,
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
    bytes
        .get(at)
        .map_or(Kind::Apart, |byte| KINDS[usize::from(*byte)])
}

/// Bytes of the character at `at`, if it is one beyond ASCII that certainly parts words.
fn apart_beyond(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at..) {
        // No-break space and the quotes of French.
        Some([0xC2, 0xA0 | 0xAB | 0xBB, ..]) => 2,
        // Dashes, double quotes, the bullet and the ellipsis.
        Some([0xE2, 0x80, 0x93..=0x95 | 0x9C..=0x9E | 0xA2 | 0xA6, ..]) => 3,
        _ => 0,
    }
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
fn short(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Who is told the words of a text.
pub trait Listener {
    /// Whether a plain word is to be told: its hash, its bytes, and the first eight of them.
    #[inline]
    fn wants(&self, hash: u64, length: usize, head: u64) -> bool {
        let _ = (hash, length, head);
        true
    }

    /// Is told plain words that are wanted, at most [`BATCH`] in a row.
    fn words<'w>(&mut self, words: impl Iterator<Item = Word<'w>> + Clone) {
        for word in words {
            self.word(word);
        }
    }

    /// Is told every word that is wanted, and every one that is not plain, by the position of its
    /// first word.
    fn word(&mut self, word: Word<'_>);
}

impl<F: FnMut(Word<'_>)> Listener for F {
    fn word(&mut self, word: Word<'_>) {
        self(word);
    }
}

/// Plain words that are told together, at most.
pub const BATCH: usize = 64;

/// A plain word that is wanted.
#[derive(Clone, Copy, Default)]
struct Plain {
    hash: u64,
    head: u64,
    tail: u64,
    start: u32,
    end: u32,
    position: u32,
}

/// Plain words that wait to be told. Which word is wanted cannot be foreseen, and a processor that
/// guesses wrong loses more time than reading the word took: so each is written down, and the next
/// one over it if it was not wanted.
struct Batch {
    words: [Plain; BATCH],
    count: usize,
}

impl Batch {
    #[inline]
    fn add(&mut self, word: Plain, wanted: bool) {
        self.words[self.count % BATCH] = word;
        self.count += usize::from(wanted);
    }

    fn tell(&mut self, lower: &str, listener: &mut impl Listener) {
        let words = self.words[..self.count].iter();
        listener.words(words.map(|word| Word {
            forms: lower,
            from: word.start as usize,
            to: word.end as usize,
            hash: word.hash,
            head: word.head,
            tail: word.tail,
            first: word.position,
            after: word.position + 1,
            start: word.start,
            end: word.end,
            signed: false,
        }));
        self.count = 0;
    }
}

impl Scanner {
    /// Tells `listener` the words of a text; returns the position after the last. Linear in the length
    /// of the text.
    pub fn scan(&mut self, text: &str, mut listener: impl Listener) -> u32 {
        let mut lower = std::mem::take(&mut self.lower);
        lower.clear();
        lower.push_str(text);
        lower.make_ascii_lowercase();
        // Eight bytes can be read at once anywhere.
        lower.push_str(PADDING);
        let bytes = lower.as_bytes();
        let mut batch = Batch {
            words: [Plain::default(); BATCH],
            count: 0,
        };
        let (mut at, mut position) = (0, 0);
        while at < text.len() {
            let start = at;
            let (end, head, tail, hash) = run(bytes, start);
            if end > start
                && let Some(next) = plain(bytes, end)
            {
                let word = Plain {
                    hash,
                    head,
                    tail,
                    start: short(start),
                    end: short(end),
                    position,
                };
                batch.add(word, listener.wants(hash, end - start, head));
                if batch.count == BATCH {
                    batch.tell(&lower, &mut listener);
                }
                position += 1;
                at = next;
                continue;
            }
            let slowly = match kind(bytes, at) {
                Kind::Marked => kind(bytes, at + 1) == Kind::Beyond,
                Kind::Beyond => match apart_beyond(bytes, at) {
                    0 => true,
                    length => {
                        at += length;
                        continue;
                    }
                },
                kind => kind == Kind::Word,
            };
            if slowly {
                batch.tell(&lower, &mut listener);
                (at, position) = self.slowly(text, at, position, &mut listener);
            } else {
                at += 1;
            }
        }
        batch.tell(&lower, &mut listener);
        self.lower = lower;
        position
    }

    /// Reads from `start` to where words certainly part again, as the definition says.
    fn slowly(
        &mut self,
        text: &str,
        start: usize,
        position: u32,
        listener: &mut impl Listener,
    ) -> (usize, u32) {
        let bytes = text.as_bytes();
        let mut end = start + 1;
        loop {
            match kind(bytes, end) {
                Kind::Apart if kind(bytes, end + 1) != Kind::Beyond => break,
                Kind::Apart if apart_beyond(bytes, end + 1) > 0 => break,
                _ => end += 1,
            }
        }
        // Past the last byte everything is apart.
        let end = end.min(text.len());
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

/// The end of the run of letters and digits that begins at `start`, its first eight bytes, the next
/// eight, and its hash.
#[inline]
fn run(bytes: &[u8], start: usize) -> (usize, u64, u64, u64) {
    let (eight, length) = eight_at(bytes, start);
    if length == 8 {
        return long_run(bytes, start, eight);
    }
    (start + length, eight, 0, short_hash(eight))
}

/// The same of a run of eight bytes or more.
fn long_run(bytes: &[u8], start: usize, head: u64) -> (usize, u64, u64, u64) {
    let (tail, length) = eight_at(bytes, start + 8);
    let mut at = start + 8 + length;
    if length == 0 {
        return (at, head, 0, short_hash(head));
    }
    let (mut mixed, mut eight, mut length) = (mix(0, head), tail, length);
    while length == 8 {
        mixed = mix(mixed, eight);
        (eight, length) = eight_at(bytes, at);
        at += length;
    }
    (at, head, tail, short_hash(mixed ^ eight))
}

/// At most eight letters and digits that stand at `at`, and how many.
#[inline]
fn eight_at(bytes: &[u8], at: usize) -> (u64, usize) {
    let chunk = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>());
    let eight = chunk.map_or(0, |chunk| u64::from_le_bytes(*chunk));
    let length = letters(eight);
    // Shifting by 64 is none.
    let mask = !(u64::MAX << (8 * (length % 8)));
    (if length == 8 { eight } else { eight & mask }, length)
}

/// Stands after the text in the scanner's copy, and parts words.
const PADDING: &str = "\0\0\0\0\0\0\0\0";

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
fn joined(bytes: &[u8], at: usize) -> Option<usize> {
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

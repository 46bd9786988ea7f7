//! How are the words of a long text read fast?
//!
//! Most words of most texts are plain: ASCII letters and digits between spaces. They need no tables
//! of Unicode. Everything else is cut out, from one character that certainly parts words to the
//! next, and read as the definition says; the tests hold both to the same words.

use super::chars::{self, Ch};
use super::{Tokens, read};

/// One reading of a stretch of text, while it is being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word<'w> {
    /// The folded form.
    pub form: &'w str,
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

/// Reads texts; keeps its buffers from one to the next.
#[derive(Debug, Default)]
pub struct Scanner {
    lower: String,
    chars: Vec<Ch>,
    tokens: Tokens,
}

/// What an ASCII byte is to the words around it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
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

fn kind(bytes: &[u8], at: usize) -> Kind {
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

impl Scanner {
    /// Calls `emit` for every reading, by the position of its first word; returns the position after
    /// the last. Linear in the length of the text.
    pub fn scan(&mut self, text: &str, mut emit: impl FnMut(Word<'_>)) -> u32 {
        let mut lower = std::mem::take(&mut self.lower);
        lower.clear();
        lower.push_str(text);
        lower.make_ascii_lowercase();
        let bytes = lower.as_bytes();
        let (mut at, mut position) = (0, 0);
        while let Some(byte) = bytes.get(at) {
            match KINDS[usize::from(*byte)] {
                Kind::Apart | Kind::Joint => at += 1,
                Kind::Word => {
                    let start = at;
                    while kind(bytes, at) == Kind::Word {
                        at += 1;
                    }
                    let Some(next) = plain(bytes, at) else {
                        (at, position) = self.slowly(text, start, position, &mut emit);
                        continue;
                    };
                    emit(Word {
                        form: lower.get(start..at).unwrap_or_default(),
                        first: position,
                        after: position + 1,
                        start: short(start),
                        end: short(at),
                        signed: false,
                    });
                    position += 1;
                    at = next;
                }
                Kind::Marked if kind(bytes, at + 1) != Kind::Beyond => at += 1,
                Kind::Marked => (at, position) = self.slowly(text, at, position, &mut emit),
                Kind::Beyond => match apart_beyond(bytes, at) {
                    0 => (at, position) = self.slowly(text, at, position, &mut emit),
                    length => at += length,
                },
            }
        }
        self.lower = lower;
        position
    }

    /// Reads from `start` to where words certainly part again, as the definition says.
    fn slowly(
        &mut self,
        text: &str,
        start: usize,
        position: u32,
        emit: &mut impl FnMut(Word<'_>),
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
            emit(Word {
                form: self.tokens.form(token),
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
fn plain(bytes: &[u8], at: usize) -> Option<usize> {
    match kind(bytes, at) {
        Kind::Apart => Some(at),
        Kind::Marked if kind(bytes, at + 1) != Kind::Beyond => Some(at),
        Kind::Joint | Kind::Beyond => {
            let apostrophe = apostrophe(bytes, at);
            let joined = at + apostrophe.max(1);
            if apostrophe > 0 && bytes.get(joined) == Some(&b's') {
                // The possessive is dropped.
                let after = kind(bytes, joined + 1);
                let ends = after == Kind::Apart
                    || after == Kind::Joint && kind(bytes, joined + 2) == Kind::Apart;
                return ends.then_some(joined + 1);
            }
            if matches!(bytes.get(at), Some(b'+' | b'#')) {
                return None;
            }
            if apostrophe == 0 && kind(bytes, at) == Kind::Beyond {
                return (apart_beyond(bytes, at) > 0).then_some(at);
            }
            // What joins stands between two words.
            match kind(bytes, joined) {
                Kind::Apart | Kind::Joint | Kind::Marked => Some(joined),
                Kind::Beyond => (apart_beyond(bytes, joined) > 0).then_some(joined),
                Kind::Word => None,
            }
        }
        Kind::Marked | Kind::Word => None,
    }
}

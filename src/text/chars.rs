//! Which characters does a text consist of, once normalised, and where did each come from?

use unicode_normalization::char::{
    canonical_combining_class, decompose_compatible, is_combining_mark,
};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

use super::Class;
use super::fold;

/// Characters that are normalised together, at most (UAX #15, "Stream-Safe Text Format": 30).
const SEGMENT: usize = 32;

/// One normalised character.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ch {
    pub(super) char: char,
    pub(super) class: Class,
    /// First byte of what it came from.
    pub(super) start: usize,
    /// First byte after what it came from.
    pub(super) end: usize,
}

/// The characters of `text` in NFKC, without those that are not seen (soft hyphens, zero-width and
/// bidi controls).
pub(super) fn of(text: &str) -> Vec<Ch> {
    let mut chars = Vec::with_capacity(text.len());
    read(text, &mut chars);
    chars
}

/// Adds them.
pub(super) fn read(text: &str, chars: &mut Vec<Ch>) {
    if text.is_ascii() {
        chars.extend(text.bytes().enumerate().map(|(at, byte)| {
            let class = if byte.is_ascii_alphanumeric() {
                Class::Word
            } else {
                Class::Other
            };
            Ch {
                char: char::from(byte),
                class,
                start: at,
                end: at + 1,
            }
        }));
        return;
    }
    let mut segment = Segment::default();
    for (at, char) in text.char_indices() {
        if fold::is_unseen(char) {
            continue;
        }
        let end = at + char.len_utf8();
        // To Unicode the acute accent is a space with a mark; to people it is an apostrophe.
        let char = if char == '\u{B4}' { '\'' } else { char };
        if segment.is_full() || segment.is_closed() || starts_segment(char) {
            segment.flush(chars);
        }
        segment.push(char, at, end);
    }
    segment.flush(chars);
}

/// Whether nothing before `char` composes or is reordered with it.
pub(super) fn starts_segment(char: char) -> bool {
    if char.is_ascii() {
        return true;
    }
    // What it stands for decides: the halfwidth voiced mark is the combining one.
    let mut first = None;
    decompose_compatible(char, |part| {
        first.get_or_insert(part);
    });
    let first = first.unwrap_or(char);
    canonical_combining_class(first) == 0
        && is_nfkc_quick(std::iter::once(first)) != IsNormalized::Maybe
}

/// Characters that are normalised together. If they change, their normal form stands for all of them.
#[derive(Default)]
struct Segment(Vec<(char, usize, usize)>);

impl Segment {
    fn is_full(&self) -> bool {
        self.0.len() >= SEGMENT
    }

    /// Whether it is a sign that composes with no mark: what follows is not written on it.
    fn is_closed(&self) -> bool {
        let [(sign, ..)] = self.0.as_slice() else {
            return false;
        };
        matches!(sign, '\u{A0}' | '«' | '»' | '–'..='―' | '“'..='„' | '•' | '…')
            || sign.is_ascii() && !sign.is_ascii_alphanumeric() && !matches!(sign, '<'..='>')
    }

    fn push(&mut self, char: char, at: usize, end: usize) {
        self.0.push((char, at, end));
    }

    fn flush(&mut self, chars: &mut Vec<Ch>) {
        let plain = || self.0.iter().map(|(char, ..)| *char);
        let mut add = |char: char, start, end| {
            chars.push(Ch {
                char,
                class: class(char),
                start,
                end,
            });
        };
        if is_nfkc_quick(plain()) == IsNormalized::Yes || plain().nfkc().eq(plain()) {
            for (char, start, end) in &self.0 {
                add(*char, *start, *end);
            }
        } else if let (Some((_, start, _)), Some((.., end))) = (self.0.first(), self.0.last()) {
            plain().nfkc().for_each(|char| add(char, *start, *end));
        }
        self.0.clear();
    }
}

fn class(char: char) -> Class {
    if fold::is_apostrophe(char) {
        // The modifier letter apostrophe is a letter to Unicode.
        Class::Other
    } else if is_alone(char) {
        Class::Alone
    } else if char.is_alphanumeric() || is_combining_mark(char) {
        Class::Word
    } else {
        Class::Other
    }
}

/// Whether a character belongs to a script that writes no spaces between words, or to Hangul, whose
/// words take particles without a space. Their marks count as well: what is searched for is found
/// exactly as it is written.
fn is_alone(char: char) -> bool {
    matches!(u32::from(char),
        0x0E01..=0x0E3A | 0x0E40..=0x0E4E             // Thai
        | 0x0E81..=0x0EBD | 0x0EC0..=0x0ECE | 0x0EDC..=0x0EDF // Lao
        | 0x1000..=0x103F | 0x1050..=0x108F | 0x109A..=0x109D // Burmese
        | 0xA9E0..=0xA9EF | 0xA9FA..=0xA9FE | 0xAA60..=0xAA7F
        | 0x1780..=0x17D3 | 0x17D7 | 0x17DC..=0x17DD  // Khmer
        | 0x2E80..=0x2FDF | 0x3005..=0x3007 | 0x3021..=0x3029 | 0x3038..=0x303B // Han
        | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF
        | 0x2_0000..=0x3_FFFF
        | 0x3041..=0x3096 | 0x3099..=0x309A | 0x309D..=0x309F // Hiragana
        | 0x30A1..=0x30FA | 0x30FC..=0x30FF | 0x31F0..=0x31FF // Katakana
        | 0x1_AFF0..=0x1_B16F
        | 0xAC00..=0xD7A3                             // Hangul syllables
    )
}

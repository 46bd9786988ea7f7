//! Which characters do references, entities and stray control characters stand for?

use std::collections::HashMap;

use encoding_rs::WINDOWS_1252;
use memchr::memchr;
use wide::u8x16;

use super::bytes::places;
use super::{Counts, Repair, entities};

/// The longest name of an entity, in bytes.
const NAME: usize = 64;
/// The most entities a document may declare.
const ENTITIES: usize = 512;
/// The longest text of a declared entity: those made of others cannot multiply beyond it.
const ENTITY_BYTES: usize = 1024;
/// How much text declared entities may add to one document.
const EXPANSION_BYTES: usize = 1024 * 1024;

/// The entities of one document.
#[derive(Debug, Default)]
pub(super) struct Entities {
    declared: HashMap<String, String>,
    expanded: usize,
}

impl Entities {
    /// Reads the internal subset of a document type declaration. Entities that live elsewhere
    /// (`SYSTEM`) are never fetched.
    pub(super) fn declare(&mut self, doctype: &str, counts: &mut Counts) {
        for declaration in doctype.split("<!ENTITY").skip(1) {
            if self.declared.len() >= ENTITIES {
                break;
            }
            let declaration = declaration.trim_start();
            let Some((name, rest)) = declaration.split_once(char::is_whitespace) else {
                continue;
            };
            let rest = rest.trim_start();
            let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
                continue;
            };
            let Some(value) = rest[1..].split(quote).next() else {
                continue;
            };
            let mut text = String::new();
            self.decode(value, &mut text, counts);
            if text.len() <= ENTITY_BYTES && name.len() <= NAME && name != "%" {
                // XML 1.0 §4.2: the first declaration binds.
                self.declared.entry(name.to_owned()).or_insert(text);
            }
        }
    }

    /// Appends the text that `raw` stands for.
    pub(super) fn decode(&mut self, raw: &str, out: &mut String, counts: &mut Counts) {
        let mut rest = raw;
        while let Some(at) = memchr(b'&', rest.as_bytes()) {
            literal(&rest[..at], out, counts);
            let behind = &rest[at + 1..];
            let length = self.reference(behind, out, counts);
            if length == 0 {
                counts.add(Repair::AmpersandEscaped);
                out.push('&');
            }
            rest = &behind[length..];
        }
        literal(rest, out, counts);
    }

    /// Resolves one reference and returns how long it was; nothing if it was none.
    fn reference(&mut self, behind: &str, out: &mut String, counts: &mut Counts) -> usize {
        let bytes = behind.as_bytes();
        let near = &bytes[..bytes.len().min(NAME + 1)];
        let name_end = near
            .iter()
            .position(|byte| !byte.is_ascii_alphanumeric() && !b"#._-".contains(byte));
        let Some(end) = name_end.filter(|end| *end > 0 && bytes[*end] == b';') else {
            return 0;
        };
        let name = &behind[..end];
        if let Some(number) = name.strip_prefix('#') {
            let Some(code) = code(number) else {
                return 0;
            };
            if let Some((c, length)) = pair(code, &behind[end + 1..]) {
                counts.add(Repair::ReferenceReplaced);
                out.push(c);
                return end + 1 + length;
            }
            out.push(character(code, counts));
            return end + 1;
        }
        if let Some(c) = predefined(name) {
            out.push(c);
        } else if let Some(text) = self.declared.get(name) {
            self.expanded += text.len();
            if self.expanded > EXPANSION_BYTES {
                counts.add(Repair::ExpansionStopped);
                return end + 1;
            }
            counts.add(Repair::EntityResolved);
            out.push_str(text);
        } else if let Some(c) = entities::character(name) {
            counts.add(Repair::EntityResolved);
            out.push(c);
        } else {
            return 0;
        }
        end + 1
    }
}

fn predefined(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => return None,
    })
}

fn code(number: &str) -> Option<u32> {
    let (digits, radix) = match number.strip_prefix(['x', 'X']) {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    let sound = !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
    // A number too large for the type names no character either.
    sound.then(|| u32::from_str_radix(digits, radix).unwrap_or(u32::MAX))
}

/// The character that is written as its two halves in UTF-16, as in `&#xD83C;&#xDF5E;`, and how long the
/// reference to the second half is, which `behind` begins with.
fn pair(high: u32, behind: &str) -> Option<(char, usize)> {
    const LONGEST: usize = 8;
    if !(0xD800..0xDC00).contains(&high) {
        return None;
    }
    let number = behind.strip_prefix("&#")?;
    let near = number.bytes().take(LONGEST);
    let end = near.into_iter().position(|byte| byte == b';')?;
    let low = code(&number[..end]).filter(|low| (0xDC00..0xE000).contains(low))?;
    let c = char::from_u32(0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00))?;
    Some((c, "&#;".len() + end))
}

/// The character of a number; numbers of Windows-1252 are read as HTML reads them.
fn character(code: u32, counts: &mut Counts) -> char {
    if let Some(byte) = u8::try_from(code)
        .ok()
        .filter(|byte| (0x80..0xa0).contains(byte))
    {
        counts.add(Repair::ReferenceReplaced);
        let bytes = [byte];
        let (text, _) = WINDOWS_1252.decode_without_bom_handling(&bytes);
        return text.chars().next().unwrap_or(char::REPLACEMENT_CHARACTER);
    }
    char::from_u32(code)
        .filter(|c| is_sound(*c))
        .unwrap_or_else(|| {
            counts.add(Repair::ReferenceReplaced);
            char::REPLACEMENT_CHARACTER
        })
}

/// Whether XML 1.0 allows the character (§2.2).
fn is_sound(c: char) -> bool {
    !matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

/// Appends text as it is, but for what XML forbids.
pub(super) fn literal(text: &str, out: &mut String, counts: &mut Counts) {
    // Control characters, and the first byte of U+FFFE and U+FFFF.
    let may_be_forbidden = |step: u8x16| {
        let is = |byte| step.simd_eq(u8x16::splat(byte));
        let blank = is(b'\t') | is(b'\n') | is(b'\r');
        (step.simd_lt(u8x16::splat(b' ')) & !blank) | is(0xef)
    };
    let mut from = 0;
    places(text, may_be_forbidden, |at| {
        let forbidden = text[at..].chars().next().filter(|c| !is_sound(*c));
        if let Some(c) = forbidden {
            counts.add(Repair::ControlDropped);
            out.push_str(&text[from..at]);
            from = at + c.len_utf8();
        }
    });
    out.push_str(&text[from..]);
}

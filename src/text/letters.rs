//! Which letters beyond ASCII are read as simply as those within?
//!
//! Most of those that take two bytes, as in Latin, Greek, Cyrillic, Hebrew and Arabic texts: they are
//! in normal form whatever stands beside them.

use std::sync::LazyLock;

use super::{Class, chars, fold};

/// The folded forms of the characters of two bytes, one after the other, and where each ends. Those
/// that are no such letters have none.
#[derive(Default)]
struct Forms {
    text: String,
    ends: Vec<u16>,
}

static FORMS: LazyLock<Forms> = LazyLock::new(|| {
    let mut forms = Forms::default();
    for char in '\u{80}'..'\u{800}' {
        let alone = chars::of(char.encode_utf8(&mut [0; 4]));
        let is_letter =
            matches!(alone.as_slice(), [ch] if ch.char == char && ch.class == Class::Word);
        if is_letter && chars::starts_segment(char) {
            fold::push(char, &mut forms.text);
        }
        let end = u16::try_from(forms.text.len());
        forms.ends.push(end.unwrap_or(u16::MAX));
    }
    forms
});

/// The folded form of the letter of two bytes that a text in UTF-8 begins with, if it is one of these.
pub(super) fn first(text: &[u8]) -> Option<&'static str> {
    let [lead @ 0xC2..=0xDF, next, ..] = text else {
        return None;
    };
    let index = usize::from(lead - 0xC2) << 6 | usize::from(next & 0x3F);
    let forms = &*FORMS;
    let end = usize::from(*forms.ends.get(index)?);
    let start = index
        .checked_sub(1)
        .and_then(|before| forms.ends.get(before));
    let start = start.map_or(0, |start| usize::from(*start));
    forms.text.get(start..end).filter(|form| !form.is_empty())
}

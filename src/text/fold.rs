//! Which spellings of a character are the same?

use std::borrow::Cow;

use unicode_normalization::char::decompose_canonical;

/// A text in the form in which words are compared, spaces and signs included.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut form = String::with_capacity(text.len());
    for ch in super::chars::of(text) {
        push(ch.char, &mut form);
    }
    form
}

/// Adds the folded form of a character in NFKC: lower case, no diacritics, and letters that differ
/// from their plain neighbours only by a stroke as those.
pub(super) fn push(char: char, form: &mut String) {
    if char.is_ascii() {
        form.push(char.to_ascii_lowercase());
        return;
    }
    for lower in char.to_lowercase() {
        let mut marked = false;
        decompose_canonical(lower, |part| marked |= is_diacritic(part));
        // Marks that are no diacritics belong to the letter: が is not か.
        if !marked || keeps_its_mark(lower) {
            push_plain(lower, form);
            continue;
        }
        decompose_canonical(lower, |part| {
            if !is_diacritic(part) {
                push_plain(part, form);
            }
        });
    }
}

fn push_plain(char: char, form: &mut String) {
    match plain(char) {
        Some(plain) => form.push_str(plain),
        None => form.push(char),
    }
}

/// Letters that Unicode does not decompose, and that people type without their stroke.
fn plain(char: char) -> Option<&'static str> {
    Some(match char {
        'ß' => "ss",
        'ı' | 'ɨ' => "i",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'ħ' => "h",
        'ŧ' => "t",
        'þ' => "th",
        'ŋ' => "n",
        'ƒ' => "f",
        'ʉ' => "u",
        // Final sigma (Unicode CaseFolding.txt).
        'ς' => "σ",
        // Alef wasla is the one alef that does not decompose.
        'ٱ' => "ا",
        // Arabic tatweel only stretches a word.
        'ـ' => "",
        _ => return None,
    })
}

/// й is a letter of its own, not a marked и.
fn keeps_its_mark(lower: char) -> bool {
    lower == 'й'
}

/// Marks that people leave out when they type: accents, Hebrew points, Arabic vowel signs. Vowel
/// signs of Indic scripts are not among them: a word without them is another word.
fn is_diacritic(char: char) -> bool {
    matches!(u32::from(char),
        0x0300..=0x036F | 0x1AB0..=0x1AFF | 0x1DC0..=0x1DFF | 0x20D0..=0x20FF | 0xFE20..=0xFE2F
        | 0x0483..=0x0489
        | 0x0591..=0x05BD | 0x05BF | 0x05C1..=0x05C2 | 0x05C4..=0x05C5 | 0x05C7
        | 0x0610..=0x061A | 0x064B..=0x065F | 0x0670 | 0x06D6..=0x06DC | 0x06DF..=0x06E4
        | 0x06E7..=0x06E8 | 0x06EA..=0x06ED
    )
}

/// Characters nobody sees: they neither make nor part words.
#[must_use]
pub fn is_unseen(char: char) -> bool {
    matches!(char,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
        | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}' | '\u{E0100}'..='\u{E01EF}'
    )
}

/// Apostrophes as they are typed and set, and the letters and signs that stand in their place: those
/// of romanised names (Hawaiʻi, Qurʾān) and of Hebrew abbreviations.
pub(super) fn is_apostrophe(char: char) -> bool {
    matches!(
        char,
        '\'' | '`' | '\u{2018}'..='\u{2019}' | '\u{201B}' | '\u{02BB}'..='\u{02BF}' | '\u{05F3}' | '\u{05F4}'
    )
}

/// A text from a feed as it may be shown on one line anywhere: nothing in it moves the cursor, turns
/// the direction of writing or hides. Line ends and tabs become spaces.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    let is_break = |c: char| matches!(c, '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}');
    let harmless = |c: char| !c.is_control() && !is_hidden(c) && !is_break(c);
    if text.chars().all(harmless) {
        return Cow::Borrowed(text);
    }
    let shown = text.chars().filter_map(|c| match c {
        c if is_break(c) => Some(' '),
        c if harmless(c) => Some(c),
        _ => None,
    });
    Cow::Owned(shown.collect())
}

/// Unseen characters other than those that scripts and emoji are written with.
fn is_hidden(char: char) -> bool {
    is_unseen(char)
        && !matches!(char, '\u{200C}' | '\u{200D}' | '\u{FE00}'..='\u{FE0F}' | '\u{180B}'..='\u{180D}')
}

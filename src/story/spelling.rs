//! What do the inflected forms and the spellings of a word have in common?
//!
//! It is written in Latin letters where the script has them: a name is to be the same in every language.

use crate::text::Language;

/// The longest term, in bytes.
const LONGEST: usize = 64;

/// The term of a folded form in `language`.
pub(super) fn normal(form: &str, language: Option<Language>) -> String {
    let form = &form[..form.floor_char_boundary(LONGEST)];
    let stem = |language: Option<Language>| match language {
        Some(language) => language.stem(form),
        None => form.into(),
    };
    match form.chars().next() {
        // The Slavic languages that are written so inflect names much alike.
        Some('\u{0400}'..='\u{052F}') => latin(&stem(Language::of("ru"))),
        Some('\u{0370}'..='\u{03FF}') => latin(&stem(Language::of("el"))),
        Some(first) if first.is_ascii() => {
            let others = ["ru", "el", "ar", "ta"].map(Language::of);
            let own = language.filter(|own| !others.contains(&Some(*own)));
            latin(&stem(own.or(Language::of("en"))))
        }
        _ => stem(language).into_owned(),
    }
}

/// A form in plain Latin letters, without what differs between ways to spell one name.
fn latin(form: &str) -> String {
    let mut plain = String::with_capacity(form.len() + 4);
    for char in form.chars() {
        match letters(char) {
            Some(letters) => letters.chars().for_each(|letter| push(letter, &mut plain)),
            None => push(char, &mut plain),
        }
    }
    // Endings of names differ more than their stems.
    if plain.len() > 4 && plain.ends_with(['a', 'e', 'i', 'o']) {
        plain.pop();
    }
    plain
}

fn push(letter: char, plain: &mut String) {
    let last = plain.chars().next_back();
    // "Beijing", whose stem is not the German "bei".
    let is_apart = letter == 'j';
    let letter = match letter {
        'y' | 'j' => 'i',
        'w' => 'v',
        'h' if last == Some('k') => {
            plain.pop();
            'h'
        }
        'h' if last == Some('p') => {
            plain.pop();
            'f'
        }
        letter => letter,
    };
    let doubled = letter.is_alphabetic() && plain.ends_with(letter) && !is_apart;
    if !doubled {
        plain.push(letter);
    }
}

/// A letter in Latin letters: Cyrillic much as ICAO Doc 9303 has it, Greek as ELOT 743.
fn letters(char: char) -> Option<&'static str> {
    Some(match char {
        'а' | 'α' => "a",
        'б' => "b",
        'в' | 'β' => "v",
        'г' | 'ґ' | 'γ' => "g",
        'д' | 'δ' => "d",
        'е' | 'э' | 'є' | 'ε' => "e",
        'ж' => "zh",
        'з' | 'ζ' => "z",
        'и' | 'й' | 'ы' | 'і' | 'ї' | 'η' | 'ι' | 'υ' => "i",
        'к' | 'κ' => "k",
        'л' | 'λ' => "l",
        'м' | 'μ' => "m",
        'н' | 'ν' => "n",
        'о' | 'ο' | 'ω' => "o",
        'п' | 'π' => "p",
        'р' | 'ρ' => "r",
        'с' | 'σ' => "s",
        'т' | 'τ' => "t",
        'у' => "u",
        'ф' | 'φ' => "f",
        'х' | 'χ' => "h",
        'ц' => "ts",
        'ч' => "ch",
        'ш' => "sh",
        'щ' => "shch",
        'ю' => "iu",
        'я' => "ia",
        'ξ' => "x",
        'θ' => "th",
        'ψ' => "ps",
        'ъ' | 'ь' => "",
        _ => return None,
    })
}

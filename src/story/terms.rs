//! Which terms does a text consist of, and which of them are written as names?
//!
//! A term is what the inflected forms and the spellings of a word have in common, in Latin letters
//! where the script has them: a name is to be the same term in every language.

use xxhash_rust::xxh3::xxh3_64;

use crate::text::{self, Language, Token, Tokens};

/// Above this share of words with a capital a headline says nothing about which are names.
const TITLE_CASE: f32 = 0.6;

/// The longest term, in bytes.
const LONGEST: usize = 64;

/// Whether a word begins with a capital where only names do: what says more comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Case {
    Capital,
    Small,
    /// It begins with a capital, and a sentence.
    Initial,
    /// Its script or headline makes no such difference.
    Unsaid,
}

/// One word of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// As it is compared.
    pub(super) term: String,
    /// Of the term.
    pub(super) hash: u64,
    pub(super) case: Case,
    /// Bytes of the text.
    pub(super) span: (usize, usize),
}

/// What a term is known by.
pub(super) fn hash(term: &str) -> u64 {
    xxh3_64(term.as_bytes())
}

/// The words of a text in `language`, in their order.
pub(super) fn words(text: &str, language: Option<Language>) -> Vec<Word> {
    let tokens = text::tokens(text);
    let mut words: Vec<Word> = Vec::new();
    let mut before: Option<(char, usize)> = None;
    for token in whole(text, &tokens) {
        let (form, span) = (tokens.form(token), (token.span().start, token.span().end));
        if let Some(char) = unspaced(form) {
            // A pair of characters is what comes closest to a word in such scripts.
            if let Some((first, _)) = before.filter(|(_, end)| *end == span.0) {
                words.push(word(String::from_iter([first, char]), span, Case::Unsaid));
            }
            before = Some((char, span.1));
        } else if form.starts_with(|first: char| first.is_ascii_digit()) {
            number(text, form, span, &mut words);
        } else if !form.is_empty() {
            let case = case(text, words.last(), span.0);
            words.push(word(normal(form, language), span, case));
        }
    }
    begun_names(text, &mut words);
    codes(text, &words)
}

/// Makes one word of a code whose parts are joined by hyphens: `CVE-2026-31337` tells one thing only.
fn codes(text: &str, words: &[Word]) -> Vec<Word> {
    let joined = |a: &Word, b: &Word| text.get(a.span.1..b.span.0) == Some("-");
    let mut whole = Vec::with_capacity(words.len());
    for run in words.chunk_by(joined) {
        match run {
            [first, .., last] if !is_number(&first.term) && is_serial(&last.term) => {
                let term = run.iter().map(|part| part.term.as_str());
                let term = term.collect::<Vec<_>>().join("-");
                whole.push(word(term, (first.span.0, last.span.1), Case::Unsaid));
            }
            _ => whole.extend_from_slice(run),
        }
    }
    whole
}

/// Whether a term is a number that counts things of a kind, and no year.
fn is_serial(term: &str) -> bool {
    let is_year = term.len() == 4 && (term.starts_with("19") || term.starts_with("20"));
    term.len() >= 4 && !is_year && term.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a term is a code.
pub(super) fn is_code(term: &str) -> bool {
    term.contains('-')
}

/// Adds a number, without what is written onto it (`25bn`) and with what stands before its point.
fn number(text: &str, form: &str, span: (usize, usize), words: &mut Vec<Word>) {
    let rest = form.trim_start_matches(|digit: char| digit.is_ascii_digit());
    let digits = &form[..form.len() - rest.len()];
    let whole = words
        .pop_if(|before| is_number(&before.term) && text.get(before.span.1..span.0) == Some("."));
    words.push(match whole {
        Some(whole) => word(
            format!("{}.{digits}", whole.term),
            (whole.span.0, span.1),
            Case::Unsaid,
        ),
        None => word(digits.to_owned(), span, Case::Unsaid),
    });
}

/// Whether a term is a number.
pub(super) fn is_number(term: &str) -> bool {
    term.starts_with(|first: char| first.is_ascii_digit())
}

/// The same of a headline, whose words may all be capitalised.
pub(super) fn headline(title: &str, language: Option<Language>) -> Vec<Word> {
    let mut words = words(title, language);
    let (mut capitals, mut small) = (0_u16, 0_u16);
    for word in &words {
        let first = title
            .get(word.span.0..)
            .and_then(|rest| rest.chars().next());
        capitals += u16::from(first.is_some_and(char::is_uppercase));
        small += u16::from(first.is_some_and(char::is_lowercase));
    }
    if f32::from(capitals) > TITLE_CASE * f32::from(capitals.saturating_add(small)) {
        for word in &mut words {
            word.case = Case::Unsaid;
        }
    }
    words
}

fn word(term: String, span: (usize, usize), case: Case) -> Word {
    Word {
        hash: hash(&term),
        term,
        case,
        span,
    }
}

/// Each word once: initials and grouped digits joined (`U.S.`, `14,000`), hyphens as spaces.
fn whole<'t>(text: &str, tokens: &'t Tokens) -> Vec<&'t Token> {
    let mut chosen: Vec<&Token> = Vec::new();
    let mut next = 0;
    for token in tokens {
        let parts = token.after - token.first;
        if parts > 1 {
            let form = tokens.form(token);
            let initials = form.chars().count() == parts as usize;
            let grouped = || {
                form.bytes().all(|byte| byte.is_ascii_digit())
                    && text
                        .get(token.span())
                        .is_some_and(|span| span.contains(','))
            };
            // The shorter joined forms that begin here, and its first part, came before.
            let begins = chosen.pop_if(|last| last.first == token.first && (initials || grouped()));
            if begins.is_some() {
                chosen.push(token);
                next = token.after;
            }
        } else if token.first >= next {
            chosen.push(token);
            next = token.after;
        }
    }
    chosen
}

/// The character of a form that is one character of a script without spaces.
fn unspaced(form: &str) -> Option<char> {
    let mut chars = form.chars();
    let char = chars.next().filter(|_| chars.next().is_none())?;
    (!matches!(char, '\0'..='\u{0DFF}' | '\u{1E00}'..='\u{1FFF}')).then_some(char)
}

/// What the case of the word at `start` says, after the word before it.
fn case(text: &str, before: Option<&Word>, start: usize) -> Case {
    let first = text.get(start..).and_then(|rest| rest.chars().next());
    if first.is_some_and(char::is_lowercase) {
        return Case::Small;
    }
    let runs_on = before.is_some_and(|before| {
        let between = text.get(before.span.1..start).unwrap_or_default();
        matches!(
            between,
            " " | ", " | "-" | "'" | "\u{2019}" | "'s " | "\u{2019}s " | " & "
        )
    });
    match first.is_some_and(char::is_uppercase) {
        true if runs_on => Case::Capital,
        true => Case::Initial,
        false => Case::Unsaid,
    }
}

/// A sentence that begins with a name of several words: their first is one as well.
fn begun_names(text: &str, words: &mut [Word]) {
    for at in 1..words.len() {
        let (head, rest) = words.split_at_mut(at);
        let (Some(first), Some(second)) = (head.last_mut(), rest.first()) else {
            continue;
        };
        let together = text.get(first.span.1..second.span.0) == Some(" ");
        if first.case == Case::Initial && together && second.case == Case::Capital {
            first.case = Case::Capital;
        }
    }
}

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

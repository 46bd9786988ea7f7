//! Which words does a text consist of, and which of them are written as names?

use super::lexicon::{Form, Lexicon, Term, is_year};
use crate::text::{Language, Token, Tokens};

/// Above this share of words with a capital a headline says nothing about which are names.
const TITLE_CASE: f32 = 0.6;

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
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Word {
    pub(super) term: Term,
    pub(super) case: Case,
    /// Bytes of the text.
    pub(super) span: (usize, usize),
}

/// The words of a text in `language`, in their order.
pub(super) fn words(
    (text, tokens): (&str, &Tokens),
    language: Option<Language>,
    lexicon: &mut Lexicon,
) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::with_capacity(tokens.len());
    let mut before: Option<(char, usize)> = None;
    // The last number that was read.
    let mut number = String::new();
    let chosen = whole(text, tokens);
    // All of them first: so the memory is asked for many at a time.
    let known: Vec<Option<Term>> = chosen
        .iter()
        .map(|token| lexicon.known(tokens.form(token), language))
        .collect();
    for (token, known) in chosen.into_iter().zip(known) {
        let (form, span) = (tokens.form(token), (token.span().start, token.span().end));
        if let Some(char) = unspaced(form) {
            // A pair of characters is what comes closest to a word in such scripts.
            if let Some((first, _)) = before.filter(|(_, end)| *end == span.0) {
                let term = lexicon.of(&String::from_iter([first, char]), language);
                words.push(word(term, span, Case::Unsaid));
            }
            before = Some((char, span.1));
        } else if form.starts_with(|first: char| first.is_ascii_digit()) {
            // Without what is written onto it (`25bn`), and with what stands before its point.
            let rest = form.trim_start_matches(|digit: char| digit.is_ascii_digit());
            let digits = &form[..form.len() - rest.len()];
            let whole = words.pop_if(|before| {
                let point = text.get(before.span.1..span.0) == Some(".");
                point && before.term.form == Form::Number
            });
            if whole.is_some() {
                number.push('.');
            } else {
                number.clear();
            }
            number.push_str(digits);
            let start = whole.map_or(span.0, |whole| whole.span.0);
            let term = lexicon.number(&number);
            words.push(word(term, (start, span.1), Case::Unsaid));
        } else if !form.is_empty() {
            let case = case(text, words.last(), span.0);
            let term = known.unwrap_or_else(|| lexicon.of(form, language));
            words.push(word(term, span, case));
        }
    }
    begun_names(text, &mut words);
    codes(text, words, lexicon)
}

/// Makes one word of a code whose parts are joined by hyphens: `CVE-2026-31337` tells one thing only.
fn codes(text: &str, words: Vec<Word>, lexicon: &Lexicon) -> Vec<Word> {
    let written = |from: &Word, to: &Word| text.get(from.span.0..to.span.1).unwrap_or_default();
    let joined = |a: &Word, b: &Word| text.get(a.span.1..b.span.0) == Some("-");
    let ends_code = |pair: &[Word]| match pair {
        [before, last] => joined(before, last) && is_serial(written(last, last)),
        _ => false,
    };
    if !words.windows(2).any(ends_code) {
        return words;
    }
    let mut whole = Vec::with_capacity(words.len());
    for run in words.chunk_by(joined) {
        match run {
            [first, .., last]
                if first.term.form != Form::Number && is_serial(written(last, last)) =>
            {
                let term = lexicon.code(written(first, last));
                whole.push(word(term, (first.span.0, last.span.1), Case::Unsaid));
            }
            _ => whole.extend_from_slice(run),
        }
    }
    whole
}

/// Whether a word is a number that counts things of a kind, and no year.
fn is_serial(word: &str) -> bool {
    word.len() >= 4 && !is_year(word) && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// The same of a headline, whose words may all be capitalised.
pub(super) fn headline(
    (title, tokens): (&str, &Tokens),
    language: Option<Language>,
    lexicon: &mut Lexicon,
) -> Vec<Word> {
    let mut words = words((title, tokens), language, lexicon);
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

fn word(term: Term, span: (usize, usize), case: Case) -> Word {
    Word { term, case, span }
}

/// Each word once: initials and grouped digits joined (`U.S.`, `14,000`), hyphens as spaces.
fn whole<'t>(text: &str, tokens: &'t Tokens) -> Vec<&'t Token> {
    let mut chosen: Vec<&Token> = Vec::with_capacity(tokens.len());
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

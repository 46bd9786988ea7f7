//! Which words does a text consist of, and which of them are written as names?

use smallvec::SmallVec;
use xxhash_rust::xxh3::xxh3_64;

use super::copies::OPENING;
use super::lexicon::{Form, Lexicon, Term, is_year};
use crate::text::{self, Language, Listener, Plain, Scanner};

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
    pub(super) span: (u32, u32),
}

/// What stands in a text, before it is known what it says beside its neighbours.
#[derive(Clone, Copy, Debug)]
struct Piece {
    what: What,
    /// Position of its first word.
    first: u32,
    span: (u32, u32),
}

#[derive(Clone, Copy, Debug)]
enum What {
    Word(Term),
    /// Where its digits are among all of them.
    Number(usize, usize),
    /// A character of a script without spaces.
    Char(char),
}

/// Reads the words of texts; keeps its buffers from one to the next.
#[derive(Debug)]
pub(super) struct Terms {
    scanner: Scanner,
    lexicon: Lexicon,
    pieces: Vec<Piece>,
    digits: String,
    opening: SmallVec<[u64; OPENING]>,
}

impl Terms {
    pub(super) fn new(lexicon: Lexicon) -> Terms {
        Terms {
            scanner: Scanner::default(),
            lexicon,
            pieces: Vec::new(),
            digits: String::new(),
            opening: SmallVec::new(),
        }
    }

    /// The words of a text in `language`, in their order.
    pub(super) fn words(&mut self, text: &str, language: Option<Language>) -> Vec<Word> {
        self.pieces.clear();
        self.digits.clear();
        self.opening.clear();
        self.scanner.scan(
            text,
            Taker {
                text,
                language,
                lexicon: &mut self.lexicon,
                pieces: &mut self.pieces,
                digits: &mut self.digits,
                opening: &mut self.opening,
                next: 0,
            },
        );
        let mut words = self.put_together(text, language);
        begun_names(text, &mut words);
        codes(text, words, &self.lexicon)
    }

    /// The same of a headline, whose words may all be capitalised.
    pub(super) fn headline(&mut self, title: &str, language: Option<Language>) -> Vec<Word> {
        let mut words = self.words(title, language);
        let (mut capitals, mut small) = (0_u16, 0_u16);
        for word in &words {
            let first = char_at(title, word.span.0);
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

    /// Hashes of the first words of the text that was read last, as they are folded.
    pub(super) fn opening(&self) -> &[u64] {
        &self.opening
    }

    fn put_together(&mut self, text: &str, language: Option<Language>) -> Vec<Word> {
        let mut words: Vec<Word> = Vec::with_capacity(self.pieces.len());
        let mut before: Option<(char, u32)> = None;
        // The last number that was read.
        let mut number = String::new();
        for Piece { what, span, .. } in &self.pieces {
            match *what {
                What::Word(term) => {
                    let case = case(text, words.last(), span.0);
                    words.push(word(term, *span, case));
                }
                What::Char(char) => {
                    // A pair of characters is what comes closest to a word in such scripts.
                    if let Some((first, _)) = before.filter(|(_, end)| *end == span.0) {
                        let pair = String::from_iter([first, char]);
                        let hash = text::hash(pair.as_bytes());
                        let term = self.lexicon.of(&pair, hash, language);
                        words.push(word(term, *span, Case::Unsaid));
                    }
                    before = Some((char, span.1));
                }
                What::Number(from, to) => {
                    // With what stands before its point.
                    let whole = words.pop_if(|before| {
                        let point = between(text, before.span.1, span.0) == ".";
                        point && before.term.form == Form::Number
                    });
                    if whole.is_some() {
                        number.push('.');
                    } else {
                        number.clear();
                    }
                    number.push_str(self.digits.get(from..to).unwrap_or_default());
                    let start = whole.map_or(span.0, |whole| whole.span.0);
                    let term = self.lexicon.number(&number);
                    words.push(word(term, (start, span.1), Case::Unsaid));
                }
            }
        }
        words
    }
}

/// Takes the words of a text, each once: initials and grouped digits joined (`U.S.`, `14,000`), hyphens as
/// spaces.
struct Taker<'t> {
    text: &'t str,
    language: Option<Language>,
    lexicon: &'t mut Lexicon,
    pieces: &'t mut Vec<Piece>,
    digits: &'t mut String,
    opening: &'t mut SmallVec<[u64; OPENING]>,
    /// Position after the last word that was taken.
    next: u32,
}

impl Listener for Taker<'_> {
    const WANTS_ALL: bool = true;

    fn words(&mut self, text: &str, words: &[Plain]) {
        // All of them first: so the memory is asked for many at a time.
        for word in words {
            self.lexicon.expect(word.hash, self.language);
        }
        for word in words {
            let known = self.lexicon.known(word.hash, self.language);
            self.take(word.of(text), known);
        }
    }

    fn word(&mut self, word: text::Word<'_>) {
        self.take(word, None);
    }
}

impl Taker<'_> {
    /// Takes a word, whose term may be known.
    fn take(&mut self, word: text::Word<'_>, known: Option<Term>) {
        if word.is_single() && self.opening.len() < OPENING {
            self.opening.push(xxh3_64(word.form().as_bytes()));
        }
        if word.after - word.first > 1 {
            // The shorter joined forms that begin here, and its first part, came before.
            let begins = |last: &mut Piece| last.first == word.first && is_whole(self.text, word);
            if self.pieces.pop_if(begins).is_none() {
                return;
            }
        } else if word.first < self.next {
            return;
        }
        self.next = word.after;
        if let Some(what) = self.what(word, known) {
            self.pieces.push(Piece {
                what,
                first: word.first,
                span: (word.start, word.end),
            });
        }
    }

    fn what(&mut self, word: text::Word<'_>, known: Option<Term>) -> Option<What> {
        if let Some(term) = known {
            return Some(What::Word(term));
        }
        let form = word.form();
        let first = *form.as_bytes().first()?;
        if first.is_ascii_digit() {
            // Without what is written onto it (`25bn`).
            let rest = form.trim_start_matches(|digit: char| digit.is_ascii_digit());
            let from = self.digits.len();
            self.digits.push_str(&form[..form.len() - rest.len()]);
            return Some(What::Number(from, self.digits.len()));
        }
        if !first.is_ascii()
            && let Some(char) = unspaced(form)
        {
            return Some(What::Char(char));
        }
        let term = self.lexicon.of(form, word.hash, self.language);
        Some(What::Word(term))
    }
}

/// Whether a word that is joined of several is one: initials, or groups of digits.
fn is_whole(text: &str, word: text::Word<'_>) -> bool {
    let form = word.form();
    let parts = (word.after - word.first) as usize;
    form.chars().count() == parts
        || form.bytes().all(|byte| byte.is_ascii_digit())
            && between(text, word.start, word.end).contains(',')
}

/// The text from one byte up to another.
fn between(text: &str, from: u32, to: u32) -> &str {
    text.get(from as usize..to as usize).unwrap_or_default()
}

fn char_at(text: &str, at: u32) -> Option<char> {
    text.get(at as usize..)?.chars().next()
}

/// Makes one word of a code whose parts are joined by hyphens: `CVE-2026-31337` tells one thing only.
fn codes(text: &str, words: Vec<Word>, lexicon: &Lexicon) -> Vec<Word> {
    let joined = |a: &Word, b: &Word| between(text, a.span.1, b.span.0) == "-";
    let ends_code = |pair: &[Word]| match pair {
        [before, last] => is_serial(text, last) && joined(before, last),
        _ => false,
    };
    if !words.windows(2).any(ends_code) {
        return words;
    }
    let mut whole = Vec::with_capacity(words.len());
    for run in words.chunk_by(joined) {
        match run {
            [first, .., last] if first.term.form != Form::Number && is_serial(text, last) => {
                let span = (first.span.0, last.span.1);
                let term = lexicon.code(between(text, span.0, span.1));
                whole.push(word(term, span, Case::Unsaid));
            }
            _ => whole.extend_from_slice(run),
        }
    }
    whole
}

/// Whether a word is a number that counts things of a kind, and no year.
fn is_serial(text: &str, word: &Word) -> bool {
    if word.term.form != Form::Number {
        return false;
    }
    let written = between(text, word.span.0, word.span.1);
    written.len() >= 4 && !is_year(written) && written.bytes().all(|byte| byte.is_ascii_digit())
}

fn word(term: Term, span: (u32, u32), case: Case) -> Word {
    Word { term, case, span }
}

/// The character of a form that is one character of a script without spaces.
fn unspaced(form: &str) -> Option<char> {
    let mut chars = form.chars();
    let char = chars.next().filter(|_| chars.next().is_none())?;
    (!matches!(char, '\0'..='\u{0DFF}' | '\u{1E00}'..='\u{1FFF}')).then_some(char)
}

/// What the case of the word at `start` says, after the word before it.
fn case(text: &str, before: Option<&Word>, start: u32) -> Case {
    let first = match text.as_bytes().get(start as usize) {
        Some(b'a'..=b'z') => return Case::Small,
        Some(byte) if byte.is_ascii() => Some(char::from(*byte)),
        _ => char_at(text, start),
    };
    if first.is_some_and(char::is_lowercase) {
        return Case::Small;
    }
    let runs_on = || {
        before.is_some_and(|before| {
            matches!(
                between(text, before.span.1, start),
                " " | ", " | "-" | "'" | "\u{2019}" | "'s " | "\u{2019}s " | " & "
            )
        })
    };
    match first.is_some_and(char::is_uppercase) {
        true if runs_on() => Case::Capital,
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
        if first.case == Case::Initial
            && second.case == Case::Capital
            && between(text, first.span.1, second.span.0) == " "
        {
            first.case = Case::Capital;
        }
    }
}

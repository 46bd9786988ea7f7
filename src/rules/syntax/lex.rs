//! Which pieces does a query consist of?

use std::ops::Range;

use super::{SyntaxError, error};
use crate::model::Field;

/// What a piece is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    Open,
    Close,
    /// Between the members of `n OF (...)`.
    Comma,
    And,
    Or,
    Not,
    /// `2 OF`, and a bracket follows.
    Of(usize),
    /// `title:`, and what follows it is in that field.
    Scope(Scope),
    /// `NEAR/5` or `THEN/5`.
    Near {
        distance: u32,
        ordered: bool,
    },
    /// `=`, and what follows it is meant as spelled.
    Exact,
    /// `~`, and what follows it is meant in any inflected form.
    Stem,
    Phrase,
    Word,
    /// `@name`; inside is the name.
    List,
    /// `/.../`; inside is the pattern.
    Regex {
        ignore_case: bool,
    },
    /// `*`
    Every,
    End,
}

/// What a field restriction restricts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    Text(Field),
    Site,
    Tag,
    Lang,
}

/// One piece with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) sign: Sign,
    /// All of it.
    pub(super) span: Range<usize>,
    /// The words in it, without quotes.
    pub(super) inner: Range<usize>,
}

pub(super) struct Lexer<'q> {
    text: &'q str,
    at: usize,
    peeked: Option<Piece>,
    /// Whether commas part things, as they do in the brackets of OF.
    commas: bool,
}

/// What may stand before a colon.
pub(super) const SCOPES: [(&str, Scope); 9] = [
    ("title", Scope::Text(Field::Title)),
    ("body", Scope::Text(Field::Body)),
    ("author", Scope::Text(Field::Author)),
    ("category", Scope::Text(Field::Category)),
    ("link", Scope::Text(Field::Link)),
    ("feed", Scope::Text(Field::Feed)),
    ("site", Scope::Site),
    ("tag", Scope::Tag),
    ("lang", Scope::Lang),
];

/// The longest distance of NEAR and THEN.
pub(crate) const FAR: u32 = 100;

pub(super) fn is_quote(char: char) -> bool {
    matches!(
        char,
        '"' | '\u{201C}' | '\u{201D}' | '\u{201E}' | '\u{201F}' | '«' | '»' | '\u{FF02}'
    )
}

pub(super) fn is_open(char: char) -> bool {
    matches!(char, '(' | '\u{FF08}')
}

pub(super) fn is_close(char: char) -> bool {
    matches!(char, ')' | '\u{FF09}')
}

fn is_bar(char: char) -> bool {
    matches!(char, '|' | '\u{FF5C}')
}

/// Commas as they are typed, also by Chinese, Japanese and Arabic keyboards.
fn is_comma(char: char) -> bool {
    matches!(char, ',' | '\u{FF0C}' | '\u{3001}' | '\u{060C}')
}

/// Minus as it is typed, and what word processors make of it.
fn is_minus(char: char) -> bool {
    matches!(
        char,
        '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FE63}' | '\u{FF0D}'
    )
}

pub(super) fn is_star(char: char) -> bool {
    matches!(char, '*' | '\u{FF0A}')
}

fn is_colon(char: char) -> bool {
    matches!(char, ':' | '\u{FF1A}')
}

/// Signs that input methods write in full width mean the same.
pub(super) fn narrow(char: char) -> char {
    match u32::from(char) {
        wide @ 0xFF01..=0xFF5E => char::from_u32(wide - 0xFEE0).unwrap_or(char),
        _ => char,
    }
}

fn ends_word(char: char) -> bool {
    char.is_whitespace() || is_quote(char) || is_open(char) || is_close(char) || is_bar(char)
}

impl<'q> Lexer<'q> {
    pub(super) fn new(text: &'q str) -> Lexer<'q> {
        Lexer {
            text,
            at: 0,
            peeked: None,
            commas: false,
        }
    }

    pub(super) fn peek(&mut self) -> Result<Piece, SyntaxError> {
        let piece = self.next()?;
        self.peeked = Some(piece.clone());
        Ok(piece)
    }

    pub(super) fn next(&mut self) -> Result<Piece, SyntaxError> {
        match self.peeked.take() {
            Some(piece) => Ok(piece),
            None => self.read(),
        }
    }

    /// Says whether commas part things from here on; returns what was before. Nothing may be peeked.
    pub(super) fn part_at_commas(&mut self, commas: bool) -> bool {
        std::mem::replace(&mut self.commas, commas)
    }

    /// What stands right after `=` or `~`: a phrase or a word, also one that is an operator elsewhere.
    pub(super) fn operand(&mut self) -> Result<Option<Piece>, SyntaxError> {
        let Some(first) = self.rest().chars().next() else {
            return Ok(None);
        };
        if is_quote(first) {
            return self.phrase(first).map(Some);
        }
        let length = self.word_length();
        Ok((length > 0).then(|| self.take(Sign::Word, length)))
    }

    fn rest(&self) -> &'q str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Takes the next `length` bytes as one piece.
    fn take(&mut self, sign: Sign, length: usize) -> Piece {
        let span = self.at..self.at + length;
        self.at = span.end;
        Piece {
            sign,
            inner: span.clone(),
            span,
        }
    }

    fn read(&mut self) -> Result<Piece, SyntaxError> {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
        let mut chars = self.rest().chars();
        let Some(first) = chars.next() else {
            return Ok(self.take(Sign::End, 0));
        };
        let length = first.len_utf8();
        if is_open(first) {
            return Ok(self.take(Sign::Open, length));
        }
        if is_close(first) {
            return Ok(self.take(Sign::Close, length));
        }
        if is_bar(first) {
            // `a || b` is how programmers say OR.
            let doubled = chars.next().filter(|next| is_bar(*next));
            return Ok(self.take(Sign::Or, length + doubled.map_or(0, char::len_utf8)));
        }
        if self.commas && is_comma(first) {
            return Ok(self.take(Sign::Comma, length));
        }
        if is_quote(first) {
            return self.phrase(first);
        }
        if is_minus(first) {
            return self.minus(first);
        }
        match narrow(first) {
            '=' => Ok(self.take(Sign::Exact, length)),
            '~' => Ok(self.take(Sign::Stem, length)),
            '/' => self.regex(length),
            _ => self.word(),
        }
    }

    fn phrase(&mut self, open: char) -> Result<Piece, SyntaxError> {
        let inside = self.at + open.len_utf8();
        let found = self
            .text
            .get(inside..)
            .unwrap_or_default()
            .char_indices()
            .find(|(_, char)| is_quote(*char));
        let Some((length, close)) = found else {
            return Err(error(
                self.at..self.text.len(),
                "this quote is not closed",
                "close it: \"two words\"",
            ));
        };
        let inner = inside..inside + length;
        let mut piece = self.take(Sign::Phrase, open.len_utf8() + length + close.len_utf8());
        piece.inner = inner;
        if self.rest().starts_with(['~', '\u{FF5E}']) {
            let end = self.at + self.word_length();
            return Err(error(
                piece.span.start..end,
                "a phrase has no spelling variants",
                "write ~1 after single words; for words near each other: a NEAR/3 b",
            ));
        }
        Ok(piece)
    }

    fn minus(&mut self, minus: char) -> Result<Piece, SyntaxError> {
        let next = self.rest().chars().nth(1);
        let piece = self.take(Sign::Not, minus.len_utf8());
        if next.is_none_or(char::is_whitespace) {
            return Err(error(
                piece.span,
                "this minus stands alone",
                "write it right before what must not be there (-drill), or leave it out",
            ));
        }
        Ok(piece)
    }

    /// `/pattern/` or `/pattern/i`; a slash within is written `\/`.
    fn regex(&mut self, slash: usize) -> Result<Piece, SyntaxError> {
        let inside = self.rest().get(slash..).unwrap_or_default();
        let mut escaped = false;
        let close = inside.char_indices().find(|(_, char)| {
            let closes = narrow(*char) == '/' && !escaped;
            escaped = *char == '\\' && !escaped;
            closes
        });
        let Some((length, close)) = close else {
            return Err(error(
                self.at..self.text.len(),
                "this regular expression is not closed",
                "close it: /T-?90M?/, or put it in quotes if you mean the words: \"a/b\"",
            ));
        };
        let start = self.at;
        let inner = start + slash..start + slash + length;
        self.at = inner.end + close.len_utf8();
        let flags = self.word_length();
        let written = self.rest().get(..flags).unwrap_or_default();
        if !matches!(written, "" | "i") {
            return Err(error(
                self.at..self.at + flags,
                "this stands right after a regular expression",
                "part them by a space; only /.../i (any case) may follow, and a slash within is \\/",
            ));
        }
        let ignore_case = written == "i";
        self.at += flags;
        Ok(Piece {
            sign: Sign::Regex { ignore_case },
            span: start..self.at,
            inner,
        })
    }

    /// Bytes of the word that begins here.
    fn word_length(&self) -> usize {
        let rest = self.rest();
        let mut before = ' ';
        for (at, char) in rest.char_indices() {
            let after = || rest.get(at + char.len_utf8()..).unwrap_or_default();
            // The comma of 10,000 parts nothing.
            let within =
                || before.is_ascii_digit() && after().starts_with(|c: char| c.is_ascii_digit());
            if ends_word(char) || self.commas && is_comma(char) && !within() {
                return at;
            }
            before = char;
        }
        rest.len()
    }

    fn word(&mut self) -> Result<Piece, SyntaxError> {
        let length = self.word_length();
        let rest = self.rest();
        let (word, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        match word {
            "AND" | "&&" => return Ok(self.take(Sign::And, length)),
            "OR" => return Ok(self.take(Sign::Or, length)),
            "NOT" => return Ok(self.take(Sign::Not, length)),
            "*" | "\u{FF0A}" => return Ok(self.take(Sign::Every, length)),
            _ => {}
        }
        let span = self.at..self.at + length;
        if let Some(sign) = near(word, &span)? {
            return Ok(self.take(sign, length));
        }
        if let Some((length, sign)) = of(word, after, &span)? {
            return Ok(self.take(sign, length));
        }
        let mut chars = word.chars();
        let first = chars.next().map(narrow);
        match first {
            Some('@') => {
                let mut piece = self.take(Sign::List, length);
                piece.inner.start += length - chars.as_str().len();
                return Ok(piece);
            }
            Some('!') => {
                return Err(error(
                    span,
                    "`!` is not understood",
                    "write a minus: -drill",
                ));
            }
            Some('+') if word.len() > 1 => {
                let help = "leave it out: every word must be there anyway";
                return Err(error(span, "`+` is not understood", help));
            }
            _ => {}
        }
        if let Some((name, rest)) = word.split_once(is_colon)
            && !name.is_empty()
            && name.chars().all(|char| char.is_ascii_alphabetic())
        {
            let length = word.len() - rest.len();
            return self.scope(name, length);
        }
        Ok(self.take(Sign::Word, length))
    }

    fn scope(&mut self, name: &str, length: usize) -> Result<Piece, SyntaxError> {
        let piece = self.take(Sign::Word, length);
        let lower = name.to_ascii_lowercase();
        if let Some((_, scope)) = SCOPES.iter().find(|(known, _)| *known == lower) {
            return Ok(Piece {
                sign: Sign::Scope(*scope),
                ..piece
            });
        }
        let near = SCOPES
            .iter()
            .map(|(known, _)| (strsim::osa_distance(known, &lower), known))
            .filter(|(distance, _)| *distance <= 2)
            .min();
        let help = near.map_or_else(
            || {
                let names: Vec<_> = SCOPES.iter().map(|(name, _)| format!("{name}:")).collect();
                let names = names.join(", ");
                format!("the fields are {names}; put it in quotes if you mean the words")
            },
            |(_, known)| format!("did you mean `{known}:`?"),
        );
        let message = format!("there is no field `{name}:`");
        Err(error(piece.span, message, help))
    }
}

/// Reads `NEAR/5` and `THEN/5`.
fn near(word: &str, span: &Range<usize>) -> Result<Option<Sign>, SyntaxError> {
    if !word.starts_with(['N', 'T', '\u{FF2E}', '\u{FF34}']) {
        return Ok(None);
    }
    let word: String = word.chars().map(narrow).collect();
    let (name, distance) = match word.split_once('/') {
        Some((name, distance)) => (name, Some(distance)),
        None => (&*word, None),
    };
    let ordered = match name {
        "NEAR" => false,
        "THEN" => true,
        _ => return Ok(None),
    };
    let distance = distance.and_then(|distance| distance.parse().ok());
    match distance.filter(|distance| (1..=FAR).contains(distance)) {
        Some(distance) => Ok(Some(Sign::Near { distance, ordered })),
        None => Err(error(
            span.clone(),
            format!("{name} needs a distance in words, from 1 to {FAR}"),
            format!("write {name}/5, or put it in quotes if you mean the word: \"{name}\""),
        )),
    }
}

/// Reads `2 OF` before a bracket; returns its length.
fn of(word: &str, after: &str, span: &Range<usize>) -> Result<Option<(usize, Sign)>, SyntaxError> {
    if word == "OF" && after.trim_start().starts_with(is_open) {
        return Err(error(
            span.clone(),
            "OF needs to know how many",
            "write the number before it: 2 OF (satellite, missile, navy)",
        ));
    }
    if !word.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(None);
    }
    let Some(rest) = after.trim_start().strip_prefix("OF") else {
        return Ok(None);
    };
    if !rest.starts_with(|char: char| char.is_whitespace() || is_open(char)) {
        return Ok(None);
    }
    let length = word.len() + after.len() - rest.len();
    if !rest.trim_start().starts_with(is_open) {
        return Err(error(
            span.start..span.start + length,
            "OF needs a list in brackets",
            format!("write {word} OF (a, b, c), or put it in quotes if you mean the words"),
        ));
    }
    // A number that does not fit is more than there can be.
    Ok(Some((length, Sign::Of(word.parse().unwrap_or(usize::MAX)))))
}

//! Which pieces does a query consist of?

use std::ops::Range;

use super::{SyntaxError, error};
use crate::model::Field;

/// What a piece is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    Open,
    Close,
    And,
    Or,
    Not,
    /// `title:`, and what follows it is in that field.
    Field(Field),
    Phrase,
    Word,
    End,
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
}

/// Fields that exist.
const FIELDS: [(&str, Field); 2] = [("title", Field::Title), ("body", Field::Body)];

/// Fields of the whole language that this version does not have.
const FIELDS_TO_COME: [&str; 7] = ["author", "category", "link", "site", "feed", "tag", "lang"];

fn is_quote(char: char) -> bool {
    matches!(
        char,
        '"' | '\u{201C}' | '\u{201D}' | '\u{201E}' | '\u{201F}' | '«' | '»' | '\u{FF02}'
    )
}

fn is_open(char: char) -> bool {
    matches!(char, '(' | '\u{FF08}')
}

fn is_close(char: char) -> bool {
    matches!(char, ')' | '\u{FF09}')
}

fn is_bar(char: char) -> bool {
    matches!(char, '|' | '\u{FF5C}')
}

/// Minus as it is typed, and what word processors make of it.
fn is_minus(char: char) -> bool {
    matches!(
        char,
        '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FE63}' | '\u{FF0D}'
    )
}

fn is_star(char: char) -> bool {
    matches!(char, '*' | '\u{FF0A}')
}

fn is_colon(char: char) -> bool {
    matches!(char, ':' | '\u{FF1A}')
}

/// Signs that input methods write in full width mean the same.
fn narrow(char: char) -> char {
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
        if is_quote(first) {
            return self.phrase(first);
        }
        if is_minus(first) {
            return self.minus(first);
        }
        self.word()
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
        let star = self.text[inner.clone()]
            .char_indices()
            .find(|(_, char)| is_star(*char));
        if let Some((at, star)) = star {
            let at = inner.start + at;
            return Err(error(
                at..at + star.len_utf8(),
                "`*` for a word is not understood in this version",
                "write the words themselves, or two phrases",
            ));
        }
        piece.inner = inner;
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

    fn word(&mut self) -> Result<Piece, SyntaxError> {
        let rest = self.rest();
        let length = rest.find(ends_word).unwrap_or(rest.len());
        let word = &rest[..length];
        match word {
            "AND" | "&&" => return Ok(self.take(Sign::And, length)),
            "OR" => return Ok(self.take(Sign::Or, length)),
            "NOT" => return Ok(self.take(Sign::Not, length)),
            _ => {}
        }
        if let Some((name, rest)) = word.split_once(is_colon)
            && !name.is_empty()
            && name.chars().all(|char| char.is_ascii_alphabetic())
        {
            let length = word.len() - rest.len();
            return self.field(name, length);
        }
        not_yet(word, &(self.at..self.at + length), &rest[length..])?;
        Ok(self.take(Sign::Word, length))
    }

    fn field(&mut self, name: &str, length: usize) -> Result<Piece, SyntaxError> {
        let piece = self.take(Sign::Word, length);
        let lower = name.to_ascii_lowercase();
        if let Some((_, field)) = FIELDS.iter().find(|(known, _)| *known == lower) {
            return Ok(Piece {
                sign: Sign::Field(*field),
                ..piece
            });
        }
        let all = "the fields are title: and body:; put it in quotes if you mean the words";
        if FIELDS_TO_COME.contains(&&*lower) {
            let message = format!("the field `{lower}:` is not understood in this version");
            return Err(error(piece.span, message, all));
        }
        let near = FIELDS
            .iter()
            .map(|(known, _)| (strsim::osa_distance(known, &lower), known))
            .filter(|(distance, _)| *distance <= 2)
            .min();
        let help = near.map_or_else(
            || all.to_owned(),
            |(_, known)| format!("did you mean `{known}:`?"),
        );
        let message = format!("there is no field `{name}:`");
        Err(error(piece.span, message, help))
    }
}

/// Signs of the whole language that this version does not understand yet: they are refused, because
/// as plain words they would mean something else.
fn not_yet(word: &str, span: &Range<usize>, rest: &str) -> Result<(), SyntaxError> {
    let refuse = |what: &str, help: &str| {
        let message = format!("{what} is not understood in this version");
        Err(error(span.clone(), message, help))
    };
    let quotes = "put it in quotes if you mean the words themselves";
    let word: &str = &word.chars().map(narrow).collect::<String>();
    let operator = word.split('/').next().unwrap_or_default();
    if matches!(operator, "NEAR" | "THEN") {
        return refuse(&format!("`{operator}`"), "write both words: Russia China");
    }
    if word == "OF" && rest.trim_start().starts_with(is_open) {
        return refuse("`n OF (...)`", "write the combinations: (a b) OR (b c)");
    }
    if word.contains('*') {
        return refuse(
            "the wildcard `*`",
            "write the whole words: military OR militarily",
        );
    }
    if let Some((before, after)) = word.rsplit_once('~')
        && (before.is_empty() || after.chars().all(|char| char.is_ascii_digit()))
    {
        return refuse("`~`", "write the spellings: Zelensky OR Zelenskyy");
    }
    match word.chars().next() {
        Some('=') => refuse("`=`", quotes),
        Some('@') => refuse("a word list (`@`)", "write the words: (Russia OR Moscow)"),
        Some('/') => refuse("a regular expression (`/`)", quotes),
        Some('!') => refuse("`!`", "write a minus: -drill"),
        Some('+') => refuse("`+`", "leave it out: every word must be there anyway"),
        _ => Ok(()),
    }
}

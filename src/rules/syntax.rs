//! What does a query say? Text to tree, or an error that says what to write instead.
//!
//! ```text
//! any     = all { ("OR" | "|") all }
//! all     = not { ["AND"] not }
//! not     = ("-" | "NOT") not | term
//! term    = "(" any ")" | field ":" term | phrase | word
//! ```

mod lex;

use std::ops::Range;

use crate::model::Field;
use crate::text;
use lex::{Lexer, Piece, Sign};

/// Brackets within brackets, at most.
const DEPTH: usize = 64;

/// The longest query, in bytes.
const LENGTH: usize = 64 * 1024;

/// Words in one phrase, at most: every place where its first word stands is followed through all.
const WORDS: usize = 64;

/// What is wrong with a query, where, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// Bytes of the query that are wrong.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

/// A query as a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// What it asks.
    pub kind: Kind,
    /// As written.
    pub part: String,
    /// Bytes of the text it was read from.
    pub span: Range<usize>,
}

/// What a query asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// These words in a row.
    Words {
        /// What stands between the quotes, or the word.
        text: String,
        /// Where; `None` for anywhere.
        field: Option<Field>,
    },
    /// All of these.
    And(Vec<Query>),
    /// At least one of these.
    Or(Vec<Query>),
    /// Not this.
    Not(Box<Query>),
}

/// Reads a query. Nothing that can be typed is ignored without a word, and nothing panics.
pub fn parse(query: &str) -> Result<Query, SyntaxError> {
    if query.len() > LENGTH {
        return Err(error(
            0..query.floor_char_boundary(LENGTH),
            format!("a query has at most {LENGTH} bytes"),
            "give the rule several queries: match = [\"...\", \"...\"]",
        ));
    }
    let mut parser = Parser {
        lexer: Lexer::new(query),
        text: query,
        depth: 0,
    };
    let parsed = parser.any(None)?;
    let piece = parser.lexer.next()?;
    match piece.sign {
        Sign::End => {}
        Sign::Close => {
            return Err(error(
                piece.span,
                "this bracket closes nothing",
                "delete it, or open one before it: ( ... )",
            ));
        }
        _ => return Err(misplaced(&piece)),
    }
    demand_words(&parsed)?;
    Ok(parsed)
}

fn error(span: Range<usize>, message: impl Into<String>, help: impl Into<String>) -> SyntaxError {
    SyntaxError {
        span,
        message: message.into(),
        help: Some(help.into()),
    }
}

/// A query must want something: one of nothing but exclusions would match nearly every item.
fn demand_words(query: &Query) -> Result<(), SyntaxError> {
    match &query.kind {
        Kind::Words { .. } => Ok(()),
        Kind::Not(inner) => {
            demand_words(inner)?;
            Err(error(
                query.span.clone(),
                "this only says what must not be there, so it would match nearly everything",
                "say first what must be there: navy -drill",
            ))
        }
        Kind::Or(any) => any.iter().try_for_each(demand_words),
        Kind::And(all) => {
            for part in all {
                if let Kind::Not(inner) = &part.kind {
                    demand_words(inner)?;
                }
            }
            let wanted = |part: &&Query| !matches!(part.kind, Kind::Not(_));
            let mut wants = all.iter().filter(wanted).peekable();
            match wants.peek() {
                Some(_) => wants.try_for_each(demand_words),
                None => Err(error(
                    query.span.clone(),
                    "this only says what must not be there, so it would match nearly everything",
                    "say first what must be there: navy -drill",
                )),
            }
        }
    }
}

fn misplaced(piece: &Piece) -> SyntaxError {
    let name = match piece.sign {
        Sign::And => "AND",
        Sign::Or => "OR",
        _ => {
            return error(
                piece.span.clone(),
                "the query should have ended here",
                "check the brackets and quotes before it",
            );
        }
    };
    error(
        piece.span.clone(),
        format!("{name} has nothing on one of its sides"),
        format!(
            "write a word before and after it, or put it in quotes if you mean the word: \"{name}\""
        ),
    )
}

struct Parser<'q> {
    lexer: Lexer<'q>,
    text: &'q str,
    depth: usize,
}

impl Parser<'_> {
    fn query(&self, kind: Kind, span: Range<usize>) -> Query {
        Query {
            part: self.text.get(span.clone()).unwrap_or_default().to_owned(),
            kind,
            span,
        }
    }

    /// Puts the parts of an AND or OR together; one alone is itself.
    fn together(&self, mut parts: Vec<Query>, kind: fn(Vec<Query>) -> Kind) -> Query {
        if parts.len() == 1 {
            return parts.remove(0);
        }
        let start = parts.first().map_or(0, |part| part.span.start);
        let end = parts.last().map_or(0, |part| part.span.end);
        self.query(kind(parts), start..end)
    }

    fn any(&mut self, field: Option<Field>) -> Result<Query, SyntaxError> {
        let mut parts = vec![self.all(field)?];
        while self.lexer.peek()?.sign == Sign::Or {
            self.lexer.next()?;
            parts.push(self.all(field)?);
        }
        Ok(self.together(parts, Kind::Or))
    }

    fn all(&mut self, field: Option<Field>) -> Result<Query, SyntaxError> {
        let mut parts = vec![self.not(field)?];
        loop {
            match self.lexer.peek()?.sign {
                Sign::And => {
                    self.lexer.next()?;
                }
                Sign::Or | Sign::Close | Sign::End => break,
                Sign::Not | Sign::Open | Sign::Field(_) | Sign::Phrase | Sign::Word => {}
            }
            parts.push(self.not(field)?);
        }
        Ok(self.together(parts, Kind::And))
    }

    fn not(&mut self, field: Option<Field>) -> Result<Query, SyntaxError> {
        let piece = self.lexer.peek()?;
        if piece.sign != Sign::Not {
            return self.term(field);
        }
        self.lexer.next()?;
        let next = self.lexer.peek()?;
        match next.sign {
            Sign::Not => Err(error(
                piece.span.start..next.span.end,
                "not of not",
                "leave both out",
            )),
            Sign::End | Sign::Close | Sign::Or | Sign::And => Err(error(
                piece.span,
                "there is nothing here that it could exclude",
                "write what must not be there right after it: -drill, NOT drill",
            )),
            _ => {
                let inner = self.term(field)?;
                let span = piece.span.start..inner.span.end;
                Ok(self.query(Kind::Not(Box::new(inner)), span))
            }
        }
    }

    fn term(&mut self, field: Option<Field>) -> Result<Query, SyntaxError> {
        let piece = self.lexer.next()?;
        match piece.sign {
            Sign::Open => self.group(&piece, field),
            Sign::Field(inner) => {
                let next = self.lexer.peek()?;
                let follows = matches!(next.sign, Sign::Open | Sign::Phrase | Sign::Word);
                if next.sign == Sign::Not && next.span.start == piece.span.end {
                    return Err(error(
                        piece.span.start..next.span.end,
                        "this names a field, but nothing to look for in it",
                        "write what must not be there with the minus first: -title:x",
                    ));
                }
                if !follows || next.span.start != piece.span.end {
                    return Err(error(
                        piece.span,
                        "this names a field, but nothing to look for in it",
                        "write it without a space: title:Putin, title:\"two words\", title:(a OR b)",
                    ));
                }
                if field.is_some_and(|outer| outer != inner) {
                    return Err(error(
                        piece.span,
                        "a field within another field can never match",
                        "write one of the two only",
                    ));
                }
                let mut term = self.term(Some(inner))?;
                term.span.start = piece.span.start;
                self.text
                    .get(term.span.clone())
                    .unwrap_or_default()
                    .clone_into(&mut term.part);
                Ok(term)
            }
            Sign::Phrase | Sign::Word => self.words(&piece, field),
            Sign::End if self.text.trim().is_empty() => Err(error(
                piece.span,
                "the query is empty",
                "write at least one word",
            )),
            Sign::Close => Err(error(
                piece.span,
                "there is nothing between this bracket and what is before it",
                "write at least one word there, or delete the bracket",
            )),
            Sign::End => {
                let before = self.text.trim_end();
                let start = before
                    .char_indices()
                    .rev()
                    .take_while(|(_, c)| !c.is_whitespace())
                    .last()
                    .map_or(0, |(at, _)| at);
                Err(error(
                    start..before.len(),
                    "the query ends where a word should follow",
                    "write one more word, or delete this",
                ))
            }
            Sign::And | Sign::Or | Sign::Not => Err(misplaced(&piece)),
        }
    }

    fn group(&mut self, open: &Piece, field: Option<Field>) -> Result<Query, SyntaxError> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(error(
                open.span.clone(),
                format!("brackets stand in each other at most {DEPTH} deep"),
                "split the rule in several",
            ));
        }
        let mut inner = self.any(field)?;
        let close = self.lexer.next()?;
        match close.sign {
            Sign::Close => {}
            Sign::End => {
                return Err(error(
                    open.span.clone(),
                    "this bracket is not closed",
                    "close it: ( ... )",
                ));
            }
            _ => return Err(misplaced(&close)),
        }
        self.depth -= 1;
        inner.span = open.span.start..close.span.end;
        Ok(inner)
    }

    fn words(&self, piece: &Piece, field: Option<Field>) -> Result<Query, SyntaxError> {
        let written = self.text.get(piece.inner.clone()).unwrap_or_default();
        let words = text::words(written).len();
        if words > WORDS {
            return Err(error(
                piece.span.clone(),
                format!("a phrase has at most {WORDS} words"),
                "write fewer words: the first ones are enough to find it",
            ));
        }
        if words == 0 {
            let quoted = piece.sign == Sign::Phrase;
            return Err(error(
                piece.span.clone(),
                if written.trim().is_empty() {
                    "there is nothing between these quotes"
                } else {
                    "there is no word in this: it has no letter and no digit"
                },
                if quoted {
                    "write words between them, or delete them"
                } else {
                    "delete it, or write the word it belongs to"
                },
            ));
        }
        let kind = Kind::Words {
            text: written.to_owned(),
            field,
        };
        Ok(self.query(kind, piece.span.clone()))
    }
}

#[cfg(test)]
mod tests;

//! What does a query say? Text to tree, or an error that says what to write instead.
//!
//! ```text
//! any     = all { ("OR" | "|") all }
//! all     = near { ["AND"] near }
//! near    = not [("NEAR/" | "THEN/") number not]
//! not     = ("-" | "NOT") term | term
//! term    = "(" any ")" | number "OF" "(" any { "," any } ")" | field ":" term
//!         | ["=" | "~"] (phrase | word) | word "~" ("1" | "2") | "/" regex "/" ["i"] | "@" list | "*"
//! ```

mod grammar;
mod lex;
mod lists;
mod words;

use std::ops::Range;
use std::sync::Arc;

use crate::model::Field;

pub(super) use lex::FAR;
pub use lists::{ListProblem, Lists};
pub(super) use words::regex;

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
    /// Bytes of the text it was read from.
    pub span: Range<usize>,
}

/// What a query asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// These words in a row.
    Words(Words),
    /// Two words or phrases close to each other.
    Near {
        /// A word, a phrase, or an OR of such.
        left: Box<Query>,
        /// The same.
        right: Box<Query>,
        /// Word positions that may lie between them and one more.
        distance: u32,
        /// Whether the left one comes first.
        ordered: bool,
    },
    /// A text that fits this regular expression.
    Regex {
        /// As the `regex` crate reads it; checked.
        pattern: String,
        /// Where; `None` for title and body.
        field: Option<Field>,
    },
    /// Something said of the item as a whole.
    Is(Label),
    /// Every item.
    Every,
    /// A named list: any of its entries.
    List {
        /// Its name, without the `@`.
        name: Arc<str>,
        /// An OR of its entries, with spans of their own.
        entries: Arc<Query>,
        /// Where; `None` for title and body.
        field: Option<Field>,
    },
    /// At least `least` of these.
    AtLeast {
        /// From 1 to their number.
        least: usize,
        /// Two or more.
        of: Vec<Query>,
    },
    /// All of these.
    And(Vec<Query>),
    /// At least one of these.
    Or(Vec<Query>),
    /// Not this.
    Not(Box<Query>),
}

/// Words in a row, and how they are compared.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Words {
    /// What stands between the quotes, or the word.
    pub text: String,
    /// Where; `None` for title and body.
    pub field: Option<Field>,
    /// How its words are compared with those of the item.
    pub how: How,
}

/// How words are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum How {
    /// Without case and accents; with wildcards.
    Folded,
    /// Exactly as spelled.
    Exact,
    /// By their stems, in the item's language.
    Stemmed,
    /// With at most so many letters added, left out, changed or swapped.
    Edits(u8),
}

/// Something said of an item as a whole, ready to be compared byte for byte.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Label {
    /// The host of its link, or a domain that the host is in: ASCII, lower case.
    Site(String),
    /// A tag of its feed, folded.
    Tag(String),
    /// Its language: BCP 47 primary subtag, lower case.
    Lang(String),
}

/// Reads a query that may name the word lists `lists`. Nothing that can be typed is ignored without
/// a word, and nothing panics.
pub fn parse(query: &str, lists: &Lists) -> Result<Query, SyntaxError> {
    if query.len() > LENGTH {
        return Err(error(
            0..query.floor_char_boundary(LENGTH),
            format!("a query has at most {LENGTH} bytes"),
            "give the rule several queries: match = [\"...\", \"...\"]",
        ));
    }
    grammar::read(query, lists)
}

/// Something in a query that is allowed and looks like a mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// Bytes of the query.
    pub span: Range<usize>,
    /// What it means as it stands.
    pub message: String,
    /// What may have been meant.
    pub help: String,
}

/// Operators in lower case are words. Who types one between others mostly means the operator.
#[must_use]
pub fn doubts(query: &Query) -> Vec<Doubt> {
    let mut doubts = Vec::new();
    look_for_doubts(query, &mut doubts);
    doubts
}

fn look_for_doubts(query: &Query, doubts: &mut Vec<Doubt>) {
    match &query.kind {
        Kind::And(all) => {
            for part in all {
                if let Kind::Words(Words { text, .. }) = &part.kind
                    && part.span.len() == text.len()
                    && ["or", "and", "not"].contains(&text.to_lowercase().as_str())
                {
                    doubts.push(Doubt {
                        span: part.span.clone(),
                        message: format!("`{text}` is a word here, and the item must have it"),
                        help: format!("did you mean {}?", text.to_uppercase()),
                    });
                }
                look_for_doubts(part, doubts);
            }
        }
        Kind::Or(parts) | Kind::AtLeast { of: parts, .. } => {
            for part in parts {
                look_for_doubts(part, doubts);
            }
        }
        Kind::Not(inner) => look_for_doubts(inner, doubts),
        Kind::Words(_)
        | Kind::Near { .. }
        | Kind::Regex { .. }
        | Kind::Is(_)
        | Kind::Every
        | Kind::List { .. } => {}
    }
}

fn error(span: Range<usize>, message: impl Into<String>, help: impl Into<String>) -> SyntaxError {
    SyntaxError {
        span,
        message: message.into(),
        help: Some(help.into()),
    }
}

#[cfg(test)]
mod tests;

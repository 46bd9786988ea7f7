//! Which words does `@name` stand for?

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::lex::{is_close, is_open, is_quote, narrow};
use super::{Kind, Query, SyntaxError, error, parse};

/// Lists may use lists that use lists ... so many times.
const DEPTH: usize = 32;

/// The named word lists of a configuration, read and checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lists(BTreeMap<Arc<str>, Arc<Query>>);

/// What is wrong with a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListProblem {
    /// The list.
    pub list: String,
    /// The index of its wrong entry.
    pub entry: usize,
    /// What is wrong with it.
    pub error: SyntaxError,
}

impl Lists {
    /// Reads lists of entries. An entry is a word, a phrase (with or without quotes), either of them
    /// with `=`, `~`, `~1` or a star, a regular expression, or another list. A list with a mistake is
    /// there with its other entries, so that the rules that use it are not wrong too.
    #[must_use]
    pub fn new(written: &BTreeMap<String, Vec<String>>) -> (Lists, Vec<ListProblem>) {
        let mut reader = Reader {
            written,
            lists: Lists::default(),
            problems: Vec::new(),
            path: Vec::new(),
        };
        for name in written.keys() {
            reader.read(name);
        }
        (reader.lists, reader.problems)
    }

    /// Every name, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(|name| &**name)
    }

    /// The list that a query names.
    pub(super) fn named(
        &self,
        name: &str,
        span: &Range<usize>,
    ) -> Result<(Arc<str>, Arc<Query>), SyntaxError> {
        if let Some((name, entries)) = self.0.get_key_value(name) {
            return Ok((Arc::clone(name), Arc::clone(entries)));
        }
        let near = self
            .names()
            .map(|known| (strsim::osa_distance(known, name), known))
            .filter(|(distance, _)| *distance <= (name.chars().count() / 3).max(1))
            .min();
        let help = match near {
            Some((_, known)) => format!("did you mean `@{known}`?"),
            None if self.0.is_empty() => {
                "add it to the configuration: [words] and below it russia = [\"Russia\", \"Russian*\"]"
                    .to_owned()
            }
            None => "add it below [words] in the configuration".to_owned(),
        };
        let message = format!("there is no word list `@{name}`");
        Err(error(span.clone(), message, help))
    }
}

struct Reader<'w> {
    written: &'w BTreeMap<String, Vec<String>>,
    lists: Lists,
    problems: Vec<ListProblem>,
    /// The lists being read, each used by the one before.
    path: Vec<&'w str>,
}

impl<'w> Reader<'w> {
    fn read(&mut self, name: &'w str) {
        let written = self.written;
        let Some(entries) = written.get(name) else {
            return;
        };
        if self.lists.0.contains_key(name) {
            return;
        }
        self.path.push(name);
        let mut parts = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            match self.entry(entry) {
                Ok(query) => parts.push(query),
                Err(error) => self.problems.push(ListProblem {
                    list: name.to_owned(),
                    entry: index,
                    error,
                }),
            }
        }
        self.path.pop();
        let kind = Kind::Or(parts);
        let whole = Query { kind, span: 0..0 };
        self.lists.0.insert(name.into(), Arc::new(whole));
    }

    fn entry(&mut self, written: &str) -> Result<Query, SyntaxError> {
        let whole = 0..written.len();
        let trimmed = written.trim();
        let mut chars = trimmed.chars();
        let Some(first) = chars.next() else {
            return Err(error(
                whole,
                "this entry is empty",
                "write a word or a phrase",
            ));
        };
        if narrow(first) == '@' {
            self.used(chars.as_str(), &whole)?;
        }
        let signed = matches!(narrow(first), '@' | '=' | '~' | '/') || is_quote(first);
        if !signed && trimmed.contains(char::is_whitespace) {
            return phrase(written);
        }
        let query = parse(written, &self.lists)?;
        match query.kind {
            Kind::Words(_) | Kind::Regex { .. } | Kind::List { .. } => Ok(query),
            _ => Err(error(
                whole,
                "an entry is one word, one phrase, one regular expression or one list",
                "write entries apart: [\"Russia\", \"Five Eyes\", \"=US\"]; a phrase with a sign in quotes: '=\"Five Eyes\"'",
            )),
        }
    }

    /// Reads the list that an entry uses first.
    fn used(&mut self, name: &str, span: &Range<usize>) -> Result<(), SyntaxError> {
        let Some((name, _)) = self.written.get_key_value(name) else {
            return Ok(());
        };
        if let Some(at) = self.path.iter().position(|on| on == name) {
            let circle: Vec<String> = self.path[at..].iter().map(|on| format!("@{on}")).collect();
            return Err(error(
                span.clone(),
                format!(
                    "this list includes itself: {} -> @{name}",
                    circle.join(" -> ")
                ),
                "delete one of these entries",
            ));
        }
        if self.path.len() >= DEPTH {
            return Err(error(
                span.clone(),
                format!("lists use each other at most {DEPTH} deep"),
                "write the words themselves",
            ));
        }
        self.read(name);
        Ok(())
    }
}

/// Several words without quotes are a phrase.
fn phrase(written: &str) -> Result<Query, SyntaxError> {
    let operator = |word: &str| {
        matches!(word, "OR" | "AND" | "NOT" | "OF" | "|" | "||" | "&&")
            || word.starts_with(['-', '@'])
    };
    if written.contains(|c| is_open(c) || is_close(c) || is_quote(c))
        || written.split_whitespace().any(operator)
    {
        return Err(error(
            0..written.len(),
            "an entry is one word or phrase, not a query",
            "write entries apart: [\"Russia\", \"Moscow\"]; any of them will do",
        ));
    }
    parse(&format!("\"{written}\""), &Lists::default())
        .map(|query| Query {
            span: 0..written.len(),
            ..query
        })
        .map_err(|wrong| SyntaxError {
            span: 0..written.len(),
            ..wrong
        })
}

//! Does this query hold for these words, and where?

use std::collections::HashMap;

use super::syntax::{Kind, Query};
use crate::model::{Evidence, Field, Item};
use crate::text::{self, Readings, Token, Tokens};

/// Places that are noted for one part of a query in one field.
const PLACES: usize = 8;

/// A query, ready to be asked.
#[derive(Clone, Debug)]
pub(super) struct Plan(Node);

#[derive(Clone, Debug)]
enum Node {
    Phrase {
        stretches: Vec<Readings>,
        field: Option<Field>,
        /// As written in the rule.
        part: String,
    },
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
}

/// The words of one item, by their folded forms.
#[derive(Debug)]
pub(super) struct Words<'i>([FieldWords<'i>; 2]);

#[derive(Debug)]
struct FieldWords<'i> {
    field: Field,
    text: &'i str,
    tokens: Tokens,
    /// Indices of tokens, in their order.
    places: HashMap<String, Vec<u32>>,
    /// By position, the first token that begins there.
    begins: Vec<u32>,
}

impl<'i> Words<'i> {
    pub(super) fn of(item: &'i Item) -> Words<'i> {
        Words([
            FieldWords::of(Field::Title, &item.title),
            FieldWords::of(Field::Body, &item.body),
        ])
    }
}

impl<'i> FieldWords<'i> {
    fn of(field: Field, text: &'i str) -> FieldWords<'i> {
        let tokens = text::tokens(text);
        let mut places: HashMap<String, Vec<u32>> = HashMap::new();
        let mut begins = Vec::new();
        for (index, token) in (0u32..).zip(tokens.iter()) {
            while begins.len() <= token.first as usize {
                begins.push(index);
            }
            let form = tokens.form(token);
            match places.get_mut(form) {
                Some(places) => places.push(index),
                None => {
                    places.insert(form.to_owned(), vec![index]);
                }
            }
        }
        FieldWords {
            field,
            text,
            tokens,
            places,
            begins,
        }
    }

    fn token(&self, index: u32) -> Option<&Token> {
        self.tokens.get(index as usize)
    }

    /// Where `form` stands at `position`, if it does: its token.
    fn at(&self, position: u32, form: &str) -> Option<&Token> {
        let from = *self.begins.get(position as usize)? as usize;
        self.tokens
            .iter()
            .skip(from)
            .take_while(|token| token.first == position)
            .find(|token| self.tokens.form(token) == form)
    }

    /// Spans of the text where the stretches follow each other, at most [`PLACES`].
    fn find(&self, stretches: &[Readings]) -> Vec<(usize, usize)> {
        let Some((first, rest)) = stretches.split_first() else {
            return Vec::new();
        };
        let mut spans = Vec::new();
        for reading in first {
            let Some((word, more)) = reading.split_first() else {
                continue;
            };
            let mut found = 0;
            for &index in self.places.get(word).into_iter().flatten() {
                let Some(token) = self.token(index) else {
                    continue;
                };
                let end = self
                    .follow(more, (token.after, token.span().end))
                    .and_then(|end| self.follow_all(rest, end));
                if let Some(end) = end {
                    spans.push((token.span().start, end));
                    found += 1;
                }
                if found == PLACES {
                    break;
                }
            }
        }
        spans.sort_unstable();
        spans.dedup();
        spans.truncate(PLACES);
        spans
    }

    /// The position and byte after `words`, if they stand from `from` on.
    fn follow(&self, words: &[String], from: (u32, usize)) -> Option<(u32, usize)> {
        words.iter().try_fold(from, |(position, _), word| {
            let token = self.at(position, word)?;
            Some((token.after, token.span().end))
        })
    }

    /// The first byte after `stretches`, if they stand from `from` on, each in whichever reading
    /// leads to the end.
    fn follow_all(&self, stretches: &[Readings], from: (u32, usize)) -> Option<usize> {
        // All ends at once: going back to try the other reading doubles the work with each stretch.
        let mut ends = vec![from];
        for readings in stretches {
            let mut next: Vec<(u32, usize)> = readings
                .iter()
                .flat_map(|reading| ends.iter().filter_map(|end| self.follow(reading, *end)))
                .collect();
            next.sort_unstable();
            next.dedup_by_key(|(position, _)| *position);
            ends = next;
        }
        ends.iter().map(|(_, byte)| *byte).min()
    }
}

impl Plan {
    pub(super) fn of(query: &Query) -> Plan {
        Plan(Node::of(query))
    }

    /// Whether the query holds; if so, adds where each of its positive parts stands.
    pub(super) fn holds(&self, words: &Words<'_>, evidence: &mut Vec<Evidence>) -> bool {
        self.0.holds(words, evidence)
    }
}

impl Node {
    fn of(query: &Query) -> Node {
        match &query.kind {
            Kind::Words { text, field } => Node::Phrase {
                stretches: text::phrase(text),
                field: *field,
                part: query.part.clone(),
            },
            Kind::And(all) => Node::All(all.iter().map(Node::of).collect()),
            Kind::Or(any) => Node::Any(any.iter().map(Node::of).collect()),
            Kind::Not(inner) => Node::Not(Box::new(Node::of(inner))),
        }
    }

    fn holds(&self, words: &Words<'_>, evidence: &mut Vec<Evidence>) -> bool {
        let before = evidence.len();
        match self {
            Node::Phrase {
                stretches,
                field,
                part,
            } => {
                for words in words
                    .0
                    .iter()
                    .filter(|words| field.is_none_or(|f| f == words.field))
                {
                    for (start, end) in words.find(stretches) {
                        evidence.push(Evidence {
                            field: words.field,
                            start,
                            end,
                            text: words.text.get(start..end).unwrap_or_default().to_owned(),
                            part: part.clone(),
                        });
                    }
                }
                evidence.len() > before
            }
            Node::All(all) => {
                let hold = all.iter().all(|node| node.holds(words, evidence));
                if !hold {
                    evidence.truncate(before);
                }
                hold
            }
            Node::Any(any) => {
                // Not only the first that holds: every one is a reason.
                let mut hold = false;
                for node in any {
                    hold |= node.holds(words, evidence);
                }
                hold
            }
            Node::Not(inner) => {
                let hold = inner.holds(words, evidence);
                evidence.truncate(before);
                !hold
            }
        }
    }
}

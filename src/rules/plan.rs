//! Does this query hold for this item, and where?
//!
//! Queries are compiled to nodes in one arena. Equal parts of any queries are one node, and what was
//! found out about a node is remembered for the rest of the item.

mod build;
mod find;

use std::ops::Range;

use regex::Regex;

pub(super) use build::Builder;
pub(super) use find::{NEAR_PLACES, Place, Stretches};

use super::forms::Form;
use super::reading::Reading;
use super::syntax::regex;
use super::{Subject, text_of};
use crate::model::{Evidence, Field};
use crate::text::prefetch;

/// Places that are noted for one part of a query in one field.
const PLACES: usize = 8;

/// The number of a node.
pub(super) type Id = u32;

/// What a node asks.
#[derive(Clone, Copy, Debug)]
pub(super) enum Node<'n> {
    /// Words in a row, each written in one way.
    Row {
        field: Option<Field>,
        forms: &'n [Form],
    },
    /// Words in a row, some of which may be read in several ways: see [`find::Stretches`].
    Lattice {
        field: Option<Field>,
        code: &'n [u32],
    },
    /// What holds for `inner` where the text is spelled as the numbered one.
    Exact { inner: Id, spelled: u32 },
    /// Two sides, each of them any of some rows, close to each other.
    Near {
        left: &'n [Id],
        right: &'n [Id],
        distance: u32,
        ordered: bool,
    },
    /// A regular expression.
    Regex { field: Option<Field>, number: u32 },
    /// Something said of the item as a whole.
    Label(Form),
    /// All of these.
    All(&'n [Id]),
    /// At least one of these.
    Any(&'n [Id]),
    /// At least so many of these.
    AtLeast { least: u32, of: &'n [Id] },
    /// Not this.
    Not(Id),
    /// This; its parts are shown as one, because a list is one word of the query.
    List(Id),
}

/// Nodes, immutable once built.
#[derive(Debug, Default)]
pub(super) struct Plan {
    code: Vec<u32>,
    /// By node, where its code ends; it begins where the one before ends.
    ends: Vec<u32>,
    /// By node, how many parts of a query it has that can be shown as a reason.
    leaves: Vec<u32>,
    /// Texts that are meant exactly.
    spelled: Vec<String>,
    regexes: Vec<Regex>,
}

/// What is known of the nodes for one item.
#[derive(Debug, Default)]
pub(super) struct Memo {
    /// By node, twice the number of the item it was asked for, and one more if it held.
    known: Vec<u32>,
    item: u32,
}

impl Memo {
    /// Forgets everything: another item follows.
    pub(super) fn forget(&mut self, plan: &Plan) {
        if self.known.len() != plan.ends.len() || self.item >= u32::MAX / 2 {
            self.known = vec![0; plan.ends.len()];
            self.item = 0;
        }
        self.item += 1;
    }

    fn get(&self, id: Id) -> Option<bool> {
        let known = self.known.get(id as usize).copied()?;
        (known >> 1 == self.item).then_some(known & 1 == 1)
    }

    fn set(&mut self, id: Id, holds: bool) {
        if let Some(known) = self.known.get_mut(id as usize) {
            *known = self.item << 1 | u32::from(holds);
        }
    }
}

const ROW: u32 = 0;
const LATTICE: u32 = 1;
const EXACT: u32 = 2;
const NEAR: u32 = 3;
const REGEX: u32 = 4;
const LABEL: u32 = 5;
const ALL: u32 = 6;
const ANY_OF: u32 = 7;
const AT_LEAST: u32 = 8;
const NOT: u32 = 9;
const LIST: u32 = 10;

/// Fields as they stand in code; 0 is none.
const FIELDS: [Field; 6] = [
    Field::Title,
    Field::Body,
    Field::Author,
    Field::Category,
    Field::Link,
    Field::Feed,
];

fn field_code(field: Option<Field>) -> u32 {
    let at = field.and_then(|field| FIELDS.iter().position(|known| *known == field));
    at.map_or(0, |at| u32::try_from(at + 1).unwrap_or(0))
}

fn field_of(code: u32) -> Option<Field> {
    FIELDS.get((code as usize).checked_sub(1)?).copied()
}

impl Plan {
    /// Says that it will be asked for these nodes, and what is known of them.
    pub(super) fn expect(&self, ids: impl Iterator<Item = Id> + Clone, memo: &Memo) {
        for id in ids.clone() {
            prefetch(&self.ends, id as usize);
            prefetch(&memo.known, id as usize);
        }
        for id in ids {
            let start = self.ends.get((id as usize).wrapping_sub(1));
            prefetch(&self.code, start.map_or(0, |start| *start as usize));
        }
    }

    /// The node with a number. Every number was given out by the builder.
    pub(super) fn node(&self, id: Id) -> Node<'_> {
        let end = self.ends[id as usize] as usize;
        let start = (id as usize)
            .checked_sub(1)
            .map_or(0, |before| self.ends[before] as usize);
        let (head, rest) = (self.code[start], &self.code[start + 1..end]);
        let (kind, detail) = (head & 0xFF, head >> 8);
        let first = rest.first().copied().unwrap_or(0);
        match kind {
            ROW => Node::Row {
                field: field_of(detail),
                forms: rest,
            },
            LATTICE => Node::Lattice {
                field: field_of(detail),
                code: rest,
            },
            EXACT => Node::Exact {
                inner: first,
                spelled: detail,
            },
            NEAR => {
                let (left, right) = rest[1..].split_at(first as usize);
                Node::Near {
                    left,
                    right,
                    distance: detail >> 1,
                    ordered: detail & 1 == 1,
                }
            }
            REGEX => Node::Regex {
                field: field_of(detail),
                number: first,
            },
            LABEL => Node::Label(first),
            ALL => Node::All(rest),
            ANY_OF => Node::Any(rest),
            AT_LEAST => Node::AtLeast {
                least: first,
                of: &rest[1..],
            },
            NOT => Node::Not(first),
            _ => Node::List(first),
        }
    }

    /// Whether a node asks for these two words in a row anywhere, and nothing else.
    pub(super) fn is_pair(&self, id: Id, left: Form, right: Form) -> bool {
        matches!(self.node(id), Node::Row { field: None, forms } if forms == [left, right])
    }

    /// The text of a regular expression.
    pub(super) fn pattern(&self, number: u32) -> Option<&str> {
        self.regexes.get(number as usize).map(Regex::as_str)
    }

    /// Tries every regular expression below a node on a text.
    pub(super) fn any_regex(&self, id: Id, text: &str) -> bool {
        match self.node(id) {
            Node::Regex { number, .. } => self
                .regexes
                .get(number as usize)
                .is_some_and(|regex| regex.is_match(text)),
            Node::All(of) | Node::Any(of) | Node::AtLeast { of, .. } => {
                of.iter().filter(|id| self.any_regex(**id, text)).count() > 0
            }
            Node::Not(inner) | Node::List(inner) => self.any_regex(inner, text),
            Node::Row { .. }
            | Node::Lattice { .. }
            | Node::Exact { .. }
            | Node::Near { .. }
            | Node::Label(_) => false,
        }
    }

    /// How many parts of a query this node has that can be shown.
    pub(super) fn leaves(&self, id: Id) -> usize {
        self.leaves[id as usize] as usize
    }
}

/// One item being asked about.
pub(super) struct Asked<'a> {
    pub(super) plan: &'a Plan,
    pub(super) reading: &'a Reading,
    pub(super) subject: &'a Subject<'a>,
}

impl Asked<'_> {
    /// Whether a node holds.
    pub(super) fn holds(&self, id: Id, memo: &mut Memo) -> bool {
        if let Some(known) = memo.get(id) {
            return known;
        }
        let holds = match self.plan.node(id) {
            Node::Row { field, forms } => self.rows(field, forms).next().is_some(),
            Node::Lattice { .. } | Node::Exact { .. } => !self.places(id, 1).is_empty(),
            Node::Near { .. } => !self.near(id, 1).is_empty(),
            Node::Regex { field, number } => !self.fits(field, number, 1).is_empty(),
            Node::Label(form) => self.reading.has(form),
            Node::All(all) => all.iter().all(|id| self.holds(*id, memo)),
            Node::Any(any) => any.iter().any(|id| self.holds(*id, memo)),
            Node::AtLeast { least, of } => {
                let mut missing = least;
                let mut left = u32::try_from(of.len()).unwrap_or(u32::MAX);
                for id in of {
                    if missing > left || missing == 0 {
                        break;
                    }
                    missing -= u32::from(self.holds(*id, memo));
                    left -= 1;
                }
                missing == 0
            }
            Node::Not(inner) => !self.holds(inner, memo),
            Node::List(inner) => self.holds(inner, memo),
        };
        memo.set(id, holds);
        holds
    }

    /// Adds where the parts of a node stand that make it hold. `parts` are the parts of the query as
    /// written, in their order.
    pub(super) fn reasons(
        &self,
        id: Id,
        parts: &[&str],
        memo: &mut Memo,
        evidence: &mut Vec<Evidence>,
    ) {
        if !self.holds(id, memo) {
            return;
        }
        let part = parts.first().copied().unwrap_or_default();
        match self.plan.node(id) {
            Node::Row { .. } | Node::Lattice { .. } | Node::Exact { .. } => {
                for place in self.places_in_every_field(id) {
                    evidence.extend(self.evidence(place, part));
                }
            }
            Node::Near { left, .. } => {
                for ((one, at), (other, other_at)) in self.near(id, PLACES) {
                    evidence.extend(self.evidence(one, parts.get(at).copied().unwrap_or(part)));
                    let other_part = parts.get(left.len() + other_at).copied();
                    evidence.extend(self.evidence(other, other_part.unwrap_or(part)));
                }
            }
            Node::Regex { field, number } => {
                for (field, span) in self.fits(field, number, PLACES) {
                    evidence.extend(self.shown(field, span, part));
                }
            }
            // What is said of the whole item stands nowhere; what must not be there neither.
            Node::Label(_) | Node::Not(_) => {}
            Node::All(of) | Node::Any(of) | Node::AtLeast { of, .. } => {
                let mut at = 0;
                for id in of {
                    let count = self.plan.leaves(*id);
                    let own = parts.get(at..at + count).unwrap_or_default();
                    self.reasons(*id, own, memo, evidence);
                    at += count;
                }
            }
            Node::List(inner) => {
                let all = vec![part; self.plan.leaves(inner)];
                self.reasons(inner, &all, memo, evidence);
            }
        }
    }

    /// The first few places of a phrase in each field.
    fn places_in_every_field(&self, id: Id) -> Vec<Place> {
        let mut counts = [0; FIELDS.len() + 1];
        let mut places = self.places(id, NEAR_PLACES);
        places.retain(|place| {
            let field = self.reading.field_at(place.first);
            let count = &mut counts[field_code(field) as usize];
            *count += 1;
            *count <= PLACES
        });
        places
    }

    fn evidence(&self, place: Place, part: &str) -> Option<Evidence> {
        let field = self.reading.field_at(place.first)?;
        self.shown(field, place.start as usize..place.end as usize, part)
    }

    fn shown(&self, field: Field, span: Range<usize>, part: &str) -> Option<Evidence> {
        let text = text_of(self.subject, field);
        Some(Evidence {
            field,
            start: span.start,
            end: span.end,
            text: text.get(span)?.to_owned(),
            part: part.to_owned(),
        })
    }

    /// Where a regular expression fits.
    fn fits(&self, field: Option<Field>, number: u32, most: usize) -> Vec<(Field, Range<usize>)> {
        let Some(regex) = self.plan.regexes.get(number as usize) else {
            return Vec::new();
        };
        let fields = match &field {
            None => &FIELDS[..2],
            Some(field) => std::slice::from_ref(field),
        };
        let mut found = Vec::new();
        for field in fields {
            let text = text_of(self.subject, *field);
            let fits = regex.find_iter(&text).filter(|fit| !fit.is_empty());
            found.extend(fits.take(most).map(|fit| (*field, fit.range())));
            if most == 1 && !found.is_empty() {
                break;
            }
        }
        found
    }
}

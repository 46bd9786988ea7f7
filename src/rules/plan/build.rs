//! How does a query become nodes?

use std::collections::HashMap;
use std::sync::Arc;

use hashbrown::HashTable;

use super::find::as_spelled;
use super::{
    ALL, ANY_OF, AT_LEAST, EXACT, Field, Form, Id, LABEL, LATTICE, LIST, NEAR, NOT, Plan, REGEX,
    ROW, field_code, regex,
};
use crate::rules::forms::{Forms, Shape};
use crate::rules::phrase::{Stretch, stretches};
use crate::rules::syntax::{How, Kind, Query, Words};
use crate::text;

/// Turns queries into nodes.
#[derive(Debug, Default)]
pub(crate) struct Builder {
    pub(crate) plan: Plan,
    pub(crate) forms: Forms,
    known: HashTable<Id>,
    phrases: HashMap<(Words, bool), Id>,
    lists: HashMap<(Arc<str>, Option<Field>, bool), Id>,
    spelled: HashMap<String, u32>,
    regexes: HashMap<String, u32>,
}

/// The parts of a query that can be shown as reasons, as they stand in it.
pub(crate) type Spans = Vec<(u32, u32)>;

impl Builder {
    /// What was built.
    pub(crate) fn done(mut self) -> (Plan, Forms) {
        self.plan.code.shrink_to_fit();
        self.plan.ends.shrink_to_fit();
        self.plan.leaves.shrink_to_fit();
        (self.plan, self.forms)
    }

    /// The node of a query; adds its parts to `spans`.
    pub(crate) fn query(&mut self, query: &Query, stem: bool, spans: &mut Spans) -> Id {
        self.node(query, None, stem, spans)
    }

    fn node(&mut self, query: &Query, field: Option<Field>, stem: bool, spans: &mut Spans) -> Id {
        match &query.kind {
            Kind::Words(words) => {
                spans.push(span(query));
                self.words(words, field, stem)
            }
            Kind::Near {
                left,
                right,
                distance,
                ordered,
            } => {
                let mut sides = Vec::new();
                self.side(left, field, stem, &mut sides, spans);
                let count = sides.len();
                self.side(right, field, stem, &mut sides, spans);
                let mut code = vec![
                    NEAR | (distance << 1 | u32::from(*ordered)) << 8,
                    number(count),
                ];
                let leaves = number(sides.len());
                code.append(&mut sides);
                self.intern(&code, leaves)
            }
            Kind::Regex {
                pattern,
                field: own,
            } => {
                spans.push(span(query));
                let next = number(self.plan.regexes.len());
                let number = match self.regexes.get(pattern) {
                    Some(known) => *known,
                    None => match regex(pattern) {
                        Ok(regex) => {
                            self.plan.regexes.push(regex);
                            self.regexes.insert(pattern.clone(), next);
                            next
                        }
                        // The parser compiled it before.
                        Err(_) => u32::MAX,
                    },
                };
                self.intern(&[REGEX | field_code(own.or(field)) << 8, number], 1)
            }
            Kind::Is(label) => {
                let form = self.forms.label(label);
                self.label(form)
            }
            Kind::Every => {
                let form = self.forms.every();
                self.label(form)
            }
            Kind::List {
                name,
                entries,
                field: own,
            } => {
                spans.push(span(query));
                let field = own.or(field);
                let key = (Arc::clone(name), field, stem);
                let inner = if let Some(known) = self.lists.get(&key) {
                    *known
                } else {
                    let inner = self.node(entries, field, stem, &mut Vec::new());
                    self.lists.insert(key, inner);
                    inner
                };
                self.intern(&[LIST, inner], 1)
            }
            Kind::AtLeast { least, of } => {
                let mut ids = self.each(of, field, stem, spans);
                let mut code = vec![AT_LEAST, number(*least)];
                let leaves = self.leaves(&ids);
                code.append(&mut ids);
                self.intern(&code, leaves)
            }
            Kind::And(all) => {
                let ids = self.each(all, field, stem, spans);
                self.all(&ids)
            }
            Kind::Or(any) => {
                let ids = self.each(any, field, stem, spans);
                self.any(&ids)
            }
            Kind::Not(inner) => {
                // What must not be there is never shown.
                let inner = self.node(inner, field, stem, &mut Vec::new());
                self.intern(&[NOT, inner], 0)
            }
        }
    }

    fn each(
        &mut self,
        all: &[Query],
        field: Option<Field>,
        stem: bool,
        spans: &mut Spans,
    ) -> Vec<Id> {
        all.iter()
            .map(|part| self.node(part, field, stem, spans))
            .collect()
    }

    /// The phrases of one side of NEAR.
    fn side(
        &mut self,
        query: &Query,
        field: Option<Field>,
        stem: bool,
        ids: &mut Vec<Id>,
        spans: &mut Spans,
    ) {
        match &query.kind {
            Kind::Words(words) => {
                spans.push(span(query));
                ids.push(self.words(words, field, stem));
            }
            Kind::Or(any) => {
                for part in any {
                    self.side(part, field, stem, ids, spans);
                }
            }
            Kind::List {
                entries,
                field: own,
                ..
            } => {
                let (before, mut inner) = (ids.len(), Vec::new());
                self.side(entries, own.or(field), stem, ids, &mut inner);
                spans.resize(spans.len() + ids.len() - before, span(query));
            }
            // The parser lets nothing else stand here.
            _ => {}
        }
    }

    /// All of these nodes.
    pub(crate) fn all(&mut self, ids: &[Id]) -> Id {
        self.group(ALL, ids)
    }

    /// Any of these nodes.
    pub(crate) fn any(&mut self, ids: &[Id]) -> Id {
        self.group(ANY_OF, ids)
    }

    /// That the item as a whole has a form.
    pub(crate) fn label(&mut self, form: Form) -> Id {
        self.intern(&[LABEL, form], 0)
    }

    fn group(&mut self, kind: u32, ids: &[Id]) -> Id {
        if let [only] = ids {
            return *only;
        }
        let mut code = vec![kind];
        code.extend_from_slice(ids);
        let leaves = self.leaves(ids);
        self.intern(&code, leaves)
    }

    fn words(&mut self, words: &Words, field: Option<Field>, stem: bool) -> Id {
        let mut words = words.clone();
        words.field = words.field.or(field);
        let key = (words, stem);
        if let Some(known) = self.phrases.get(&key) {
            return *known;
        }
        let (words, _) = &key;
        let phrase = stretches(words, stem);
        let mut id = self.phrase(&phrase, words.field);
        if words.how == How::Exact {
            let spelled = self.spelled(&words.text);
            id = self.intern(&[EXACT | spelled << 8, id], 1);
        }
        self.phrases.insert(key, id);
        id
    }

    fn phrase(&mut self, phrase: &[Stretch], field: Option<Field>) -> Id {
        let field = field_code(field) << 8;
        let single = phrase.iter().all(|readings| readings.len() == 1);
        let mut code = vec![if single { ROW } else { LATTICE } | field];
        for readings in phrase {
            if !single {
                code.push(number(readings.len()));
            }
            for reading in readings {
                if !single {
                    code.push(number(reading.len()));
                }
                code.extend(reading.iter().map(|shape: &Shape| self.forms.of(shape)));
            }
        }
        self.intern(&code, 1)
    }

    /// The number of a text that is meant exactly: from its first word to its last.
    fn spelled(&mut self, text: &str) -> u32 {
        let tokens = text::tokens(text);
        let start = tokens.iter().map(|token| token.span().start).min();
        let end = tokens.iter().map(|token| token.span().end).max();
        let within = text.get(start.unwrap_or(0)..end.unwrap_or(0));
        let spelled = as_spelled(within.unwrap_or_default());
        let next = number(self.plan.spelled.len());
        *self.spelled.entry(spelled.clone()).or_insert_with(|| {
            self.plan.spelled.push(spelled);
            next
        })
    }

    fn leaves(&self, ids: &[Id]) -> u32 {
        ids.iter().map(|id| self.plan.leaves[*id as usize]).sum()
    }

    /// The node with this code: the known one if there is one.
    fn intern(&mut self, code: &[u32], leaves: u32) -> Id {
        let plan = &self.plan;
        let of = |id: Id| {
            let end = plan.ends[id as usize] as usize;
            let start = (id as usize)
                .checked_sub(1)
                .map_or(0, |before| plan.ends[before] as usize);
            &plan.code[start..end]
        };
        let hash = hash(code);
        if let Some(known) = self.known.find(hash, |id| of(*id) == code) {
            return *known;
        }
        let id = number(plan.ends.len());
        self.plan.code.extend_from_slice(code);
        self.plan.ends.push(number(self.plan.code.len()));
        self.plan.leaves.push(leaves);
        let plan = &self.plan;
        let again = |id: &Id| {
            let end = plan.ends[*id as usize] as usize;
            let start = (*id as usize)
                .checked_sub(1)
                .map_or(0, |before| plan.ends[before] as usize);
            self::hash(&plan.code[start..end])
        };
        self.known.insert_unique(hash, id, again);
        id
    }
}

fn span(query: &Query) -> (u32, u32) {
    (number(query.span.start), number(query.span.end))
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn hash(code: &[u32]) -> u64 {
    code.iter().fold(code.len() as u64, |hash, word| {
        (hash ^ u64::from(*word))
            .wrapping_mul(0x9E37_79B9_7F4A_7C15)
            .rotate_left(29)
    })
}

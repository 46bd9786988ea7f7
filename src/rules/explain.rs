//! Why does this query not hold?

use super::Label;
use super::forms::{ANY, Form, Forms};
use super::plan::{Asked, Id, Memo, Node, Stretches};

/// What keeps a query from holding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// None of these parts of the query is there; mostly it is one.
    Lacks(Vec<String>),
    /// All words of this phrase are there, but not in a row.
    Scattered(String),
    /// The words are there, but spelled otherwise.
    Otherwise(String),
    /// This is there, as it stands in the item, and must not be.
    Excluded(String),
    /// The item as a whole is none of these: its feed, tag, site or language.
    Outside(Vec<String>),
    /// Both sides are there, but too far apart, or in the other order.
    Apart(String, String),
    /// So many are there, and so many must be.
    Few {
        /// How many are there.
        found: usize,
        /// How many must be.
        least: usize,
        /// Those that are not.
        missing: Vec<String>,
    },
}

/// What a query found in an item for which it does not hold, and what not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Miss {
    /// The parts that are there.
    pub has: Vec<String>,
    /// What keeps it from holding: at least one, all of which would have to change.
    pub faults: Vec<Fault>,
}

impl Miss {
    fn note_has(&mut self, part: &str) {
        if !part.is_empty() && !self.has.iter().any(|known| known == part) {
            self.has.push(part.to_owned());
        }
    }
}

/// Words that are shown of what must not be there.
const SHOWN: usize = 3;

/// Explains nodes of one item.
pub(super) struct Explainer<'e> {
    pub(super) asked: &'e Asked<'e>,
    pub(super) forms: &'e Forms,
    pub(super) memo: &'e mut Memo,
    pub(super) miss: Miss,
}

impl Explainer<'_> {
    /// Notes what a node found and what keeps it from holding. `parts` are the parts of the query as
    /// written.
    pub(super) fn explain(&mut self, id: Id, parts: &[&str]) {
        let holds = self.asked.holds(id, self.memo);
        let part = parts.first().copied().unwrap_or_default();
        match self.asked.plan.node(id) {
            Node::Row { .. } | Node::Lattice { .. } | Node::Exact { .. } | Node::Regex { .. } => {
                if holds {
                    self.miss.note_has(part);
                } else {
                    let fault = self.fault(id, part);
                    self.miss.faults.push(fault);
                }
            }
            Node::Label(form) => {
                if !holds {
                    let label = self.label(form);
                    self.miss.faults.push(Fault::Outside(vec![label]));
                }
            }
            Node::Near { left, .. } => {
                self.near(id, parts.split_at(left.len().min(parts.len())), holds);
            }
            Node::All(of) => {
                for (id, parts) in self.each(of, parts) {
                    self.explain(id, parts);
                }
            }
            Node::Any(of) => {
                let each = self.each(of, parts);
                if holds {
                    for (id, parts) in each {
                        if self.asked.holds(id, self.memo) {
                            self.explain(id, parts);
                        }
                    }
                } else {
                    self.none(&each);
                }
            }
            Node::AtLeast { least, of } => {
                let each = self.each(of, parts);
                let (there, missing): (Vec<_>, Vec<_>) = each
                    .into_iter()
                    .partition(|(id, _)| self.asked.holds(*id, self.memo));
                for (id, parts) in &there {
                    self.explain(*id, parts);
                }
                if !holds {
                    self.miss.faults.push(Fault::Few {
                        found: there.len(),
                        least: least as usize,
                        missing: missing
                            .iter()
                            .map(|(id, parts)| self.named(*id, parts))
                            .collect(),
                    });
                }
            }
            Node::Not(inner) => {
                if !holds {
                    let found = self.found(inner);
                    self.miss.faults.push(Fault::Excluded(found));
                }
            }
            Node::List(_) if holds => self.miss.note_has(part),
            Node::List(_) => self.miss.faults.push(Fault::Lacks(vec![part.to_owned()])),
        }
    }

    /// Why a single part does not hold.
    fn fault(&self, id: Id, part: &str) -> Fault {
        let part = part.to_owned();
        match self.asked.plan.node(id) {
            Node::Exact { inner, .. } if !self.asked.places(inner, 1).is_empty() => {
                Fault::Otherwise(part)
            }
            Node::Row { forms, field: None } if forms.len() > 1 && self.has_all(forms) => {
                Fault::Scattered(part)
            }
            Node::Lattice { code, field: None } if self.has_stretches(Stretches(code)) => {
                Fault::Scattered(part)
            }
            _ => Fault::Lacks(vec![part]),
        }
    }

    fn has_all(&self, forms: &[Form]) -> bool {
        let is = |form: &Form| *form == ANY || self.asked.reading.has(*form);
        forms.iter().all(is)
    }

    fn has_stretches(&self, stretches: Stretches<'_>) -> bool {
        let (mut rest, mut count) = (stretches, 0);
        while let Some((readings, after)) = rest.split() {
            if !readings.iter().any(|reading| self.has_all(reading)) {
                return false;
            }
            (rest, count) = (after, count + 1);
        }
        count > 1
    }

    fn near(&mut self, id: Id, (left, right): (&[&str], &[&str]), holds: bool) {
        let Node::Near {
            left: left_ids,
            right: right_ids,
            ..
        } = self.asked.plan.node(id)
        else {
            return;
        };
        let there = |ids: &[Id], parts: &[&str]| -> Vec<String> {
            let found = ids
                .iter()
                .zip(parts)
                .filter(|(id, _)| !self.asked.places(**id, 1).is_empty());
            found.map(|(_, part)| (*part).to_owned()).collect()
        };
        let (one, other) = (there(left_ids, left), there(right_ids, right));
        if holds || one.is_empty() || other.is_empty() {
            for part in one.iter().chain(&other) {
                self.miss.note_has(part);
            }
        }
        match (one.first(), other.first()) {
            _ if holds => {}
            (Some(one), Some(other)) => {
                self.miss
                    .faults
                    .push(Fault::Apart(one.clone(), other.clone()));
            }
            (one, other) => {
                for (found, parts) in [(one, left), (other, right)] {
                    if found.is_none() {
                        let parts = parts.iter().map(|part| (*part).to_owned()).collect();
                        self.miss.faults.push(Fault::Lacks(parts));
                    }
                }
            }
        }
    }

    /// None of these holds.
    fn none(&mut self, each: &[(Id, &[&str])]) {
        let is_label = |id: &Id| matches!(self.asked.plan.node(*id), Node::Label(_));
        if each.iter().all(|(id, _)| is_label(id)) {
            let labels = each.iter().map(|(id, _)| self.named(*id, &[])).collect();
            self.miss.faults.push(Fault::Outside(labels));
            return;
        }
        let named = each
            .iter()
            .map(|(id, parts)| self.named(*id, parts))
            .collect();
        self.miss.faults.push(Fault::Lacks(named));
    }

    /// The words that make a node hold; its labels, if it has none.
    fn found(&mut self, id: Id) -> String {
        let mut evidence = Vec::new();
        self.asked.reasons(id, &[], self.memo, &mut evidence);
        let mut words: Vec<String> = evidence.into_iter().map(|mark| mark.text).collect();
        words.sort_unstable();
        words.dedup();
        words.truncate(SHOWN);
        if words.is_empty() {
            return self.named(id, &[]);
        }
        words.join(" … ")
    }

    /// Nodes with their parts of a query.
    fn each<'p>(&self, of: &[Id], parts: &'p [&'p str]) -> Vec<(Id, &'p [&'p str])> {
        let mut at = 0;
        of.iter()
            .map(|id| {
                let count = self.asked.plan.leaves(*id);
                let own = parts.get(at..at + count).unwrap_or_default();
                at += count;
                (*id, own)
            })
            .collect()
    }

    /// A node as people would call it: by its parts.
    fn named(&self, id: Id, parts: &[&str]) -> String {
        match self.asked.plan.node(id) {
            Node::Label(form) => self.label(form),
            Node::Any(of) => self.joined(of, parts, " or "),
            Node::All(of) => self.joined(of, parts, " with "),
            _ => parts.join(" … "),
        }
    }

    fn joined(&self, of: &[Id], parts: &[&str], with: &str) -> String {
        let each = self.each(of, parts);
        let named: Vec<String> = each
            .iter()
            .map(|(id, parts)| self.named(*id, parts))
            .collect();
        named.join(with)
    }

    /// A label as it is written.
    fn label(&self, form: Form) -> String {
        let labels = self.forms.labels.iter();
        let label = labels
            .filter(|(_, known)| **known == form)
            .map(|(label, _)| match label {
                Label::Site(site) => format!("site:{site}"),
                Label::Tag(tag) => format!("tag:{tag}"),
                Label::Lang(code) => format!("lang:{code}"),
            });
        let feeds = self.forms.feeds.iter();
        let feed = feeds
            .filter(|(_, known)| **known == form)
            .map(|(name, _)| format!("feed:\"{name}\""));
        label.chain(feed).next().unwrap_or_default()
    }
}

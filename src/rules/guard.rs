//! What must an item have, and not have, for a query to hold?
//!
//! A guard is read in one stretch of memory, without looking into the query. Of most queries it is
//! all there is to know: they ask for words, wherever these stand.

use super::bits::View;
use super::forms::{ANY, Form};
use super::plan::{Id, Node, Plan, Stretches};

/// Alternatives in one condition, at most: longer ones cost more to check than they save.
const MANY: usize = 16;

/// Conditions of one guard, at most.
const LONG: usize = 32;

/// A form that an item must have, or must not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Literal(u32);

impl Literal {
    pub(super) fn has(form: Form) -> Literal {
        Literal(form << 1)
    }

    /// The form that must be there, if one must.
    pub(super) fn wanted(self) -> Option<Form> {
        (!self.is_lack()).then_some(self.form())
    }

    fn form(self) -> Form {
        self.0 >> 1
    }

    fn is_lack(self) -> bool {
        self.0 & 1 == 1
    }

    fn other(self) -> Literal {
        Literal(self.0 ^ 1)
    }

    #[inline]
    pub(super) fn holds(self, present: View<'_>) -> bool {
        present.has(self.form()) != self.is_lack()
    }
}

/// At least one of these.
type Clause = Vec<Literal>;

/// Conditions all of which hold if the query does.
#[derive(Clone, Debug, Default)]
pub(super) struct Guard {
    pub(super) clauses: Vec<Clause>,
    /// Whether the query holds, too, if all of them do.
    pub(super) decides: bool,
}

impl Guard {
    fn unit(literal: Literal, decides: bool) -> Guard {
        Guard {
            clauses: vec![vec![literal]],
            decides,
        }
    }

    /// The guard of a node. `bare` says that items are only read where queries without a field look,
    /// so that a word they have is a word that counts.
    pub(super) fn of(plan: &Plan, id: Id, bare: bool) -> Guard {
        match plan.node(id) {
            Node::Row { field, forms } => {
                let known = forms.iter().filter(|form| **form != ANY);
                Guard {
                    clauses: known.map(|form| vec![Literal::has(*form)]).collect(),
                    decides: bare && field.is_none() && forms.len() == 1,
                }
            }
            Node::Lattice { code, .. } => Guard::of_stretches(Stretches(code)),
            Node::Exact { inner, .. } => Guard {
                decides: false,
                ..Guard::of(plan, inner, bare)
            },
            Node::Near { left, right, .. } => {
                let side = |ids: &[Id]| Guard::any(ids.iter().map(|id| Guard::of(plan, *id, bare)));
                let mut guard = side(left);
                guard.and(side(right));
                guard.decides = false;
                guard
            }
            Node::Regex { .. } => Guard::default(),
            Node::Label(form) => Guard::unit(Literal::has(form), true),
            Node::All(of) => {
                let mut guard = Guard {
                    decides: true,
                    ..Guard::default()
                };
                for id in of {
                    guard.and(Guard::of(plan, *id, bare));
                }
                guard
            }
            Node::Any(of) => Guard::any(of.iter().map(|id| Guard::of(plan, *id, bare))),
            Node::AtLeast { of, .. } => Guard {
                decides: false,
                ..Guard::any(of.iter().map(|id| Guard::of(plan, *id, bare)))
            },
            Node::Not(inner) => Guard::of(plan, inner, bare).not(),
            Node::List(inner) => Guard::of(plan, inner, bare),
        }
    }

    fn of_stretches(stretches: Stretches<'_>) -> Guard {
        let mut guard = Guard::default();
        let mut rest = stretches;
        while let Some((readings, after)) = rest.split() {
            let known = |reading: &&[Form]| reading.iter().copied().find(|form| *form != ANY);
            let clause: Option<Clause> = readings
                .iter()
                .map(|reading| known(reading).map(Literal::has))
                .collect();
            guard.add(clause);
            rest = after;
        }
        guard.decides = false;
        guard
    }

    fn and(&mut self, other: Guard) {
        self.decides &= other.decides;
        for clause in other.clauses {
            self.add(Some(clause));
        }
    }

    /// Adds a condition, if it is known and short enough.
    fn add(&mut self, clause: Option<Clause>) {
        match clause {
            Some(clause) if self.clauses.contains(&clause) => {}
            Some(clause) if clause.len() <= MANY && self.clauses.len() < LONG => {
                self.clauses.push(clause);
            }
            _ => self.decides = false,
        }
    }

    /// At least one of them holds.
    fn any(of: impl Iterator<Item = Guard>) -> Guard {
        let mut decides = true;
        let mut union = Clause::new();
        for guard in of {
            decides &= guard.decides && guard.clauses.len() == 1;
            let Some(clause) = guard.clauses.into_iter().min_by_key(Vec::len) else {
                return Guard::default();
            };
            union.extend(clause);
            if union.len() > MANY {
                return Guard::default();
            }
        }
        union.sort_unstable_by_key(|literal| literal.0);
        union.dedup();
        Guard {
            clauses: vec![union],
            decides,
        }
    }

    fn not(self) -> Guard {
        if !self.decides {
            return Guard::default();
        }
        let mut guard = Guard {
            decides: true,
            ..Guard::default()
        };
        match self.clauses.as_slice() {
            // Not any of these: none of them.
            [any] => {
                for literal in any {
                    guard.add(Some(vec![literal.other()]));
                }
                guard
            }
            // Not all of these: one is missing.
            all if all.iter().all(|clause| clause.len() == 1) => {
                let other = all.iter().flatten().map(|literal| literal.other());
                guard.add(Some(other.collect()));
                guard
            }
            _ => Guard::default(),
        }
    }
}

/// Guards in one stretch of memory each: for every condition, the number of its alternatives and
/// these; then a zero.
#[derive(Debug, Default)]
pub(super) struct Guards(Vec<u32>);

impl Guards {
    /// Adds conditions; returns where they begin.
    pub(super) fn add(&mut self, clauses: &[&Clause]) -> u32 {
        let start = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        for clause in clauses {
            self.0.push(u32::try_from(clause.len()).unwrap_or(0));
            self.0.extend(clause.iter().map(|literal| literal.0));
        }
        self.0.push(0);
        start
    }

    /// Whether all conditions hold that begin at `start`.
    pub(super) fn hold(&self, start: u32, present: View<'_>) -> bool {
        let mut rest = self.0.get(start as usize..).unwrap_or_default();
        while let Some((count, after)) = rest.split_first()
            && *count > 0
        {
            let Some((clause, next)) = after.split_at_checked(*count as usize) else {
                return false;
            };
            if !clause
                .iter()
                .any(|literal| Literal(*literal).holds(present))
            {
                return false;
            }
            rest = next;
        }
        true
    }
}

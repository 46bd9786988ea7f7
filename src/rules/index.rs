//! Which queries could hold for an item that has this word?

use std::collections::HashMap;

use super::forms::{ANY, Form, Forms};
use super::frequencies::Frequencies;
use super::literals::{self, Literals};
use super::pairs::Pairs;
use super::plan::{Id, Node, Plan, Stretches};
use crate::model::Field;

/// A single word is rare enough if fewer items than this have it: else two in a row are looked for.
const RARE: f32 = 0.002;

/// How much rarer two words in a row are than the rarer of them, as a guess.
const TOGETHER: f32 = 0.2;

/// The share of items with a form of which nothing is known.
const UNKNOWN: f32 = 0.05;

/// Queries by what an item must have for them to hold.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// By form, where its queries begin in `filed`.
    starts: Vec<u32>,
    filed: Vec<u32>,
    pairs: Pairs,
    literals: Literals,
    /// Queries that are filed under every item, though they ask for something.
    always: Vec<u32>,
}

/// Something to file a query under.
#[derive(Clone, Copy, Debug)]
enum Anchor {
    Form(Form),
    Pair(Form, Form),
    /// One of the literals that were collected.
    Literal(usize),
}

/// What a query can be filed under: an item for which it holds has at least one of these.
#[derive(Clone, Debug)]
struct Anchors {
    /// The expected share of items that have one.
    cost: f32,
    all: Vec<Anchor>,
}

impl Index {
    /// Files the queries with these roots.
    pub(super) fn new(
        roots: &[Id],
        plan: &Plan,
        forms: &mut Forms,
        frequencies: &Frequencies,
    ) -> Index {
        let mut filer = Filer {
            plan,
            shares: shares(forms, frequencies),
            words: words(forms),
            literals: Vec::new(),
            known: HashMap::new(),
        };
        let chosen: Vec<Option<Anchors>> = roots.iter().map(|id| filer.anchors(*id)).collect();
        let texts = filer.literals;
        let literals: Vec<(String, Form)> = texts
            .into_iter()
            .map(|literal| (literal, forms.fresh()))
            .collect();
        let mut index = Index::default();
        let searched = Literals::new(&literals);
        let mut entries: Vec<(Form, u32)> = Vec::new();
        for (query, anchors) in (0_u32..).zip(chosen) {
            let anchors = anchors.filter(|anchors| {
                let literal = |anchor: &Anchor| matches!(anchor, Anchor::Literal(_));
                searched.is_some() || !anchors.all.iter().any(literal)
            });
            let Some(anchors) = anchors else {
                index.always.push(query);
                entries.push((forms.every(), query));
                continue;
            };
            for anchor in anchors.all {
                let form = match anchor {
                    Anchor::Form(form) => form,
                    Anchor::Pair(left, right) => index.pairs.add(left, right, || forms.fresh()),
                    Anchor::Literal(number) => literals[number].1,
                };
                entries.push((form, query));
            }
        }
        index.literals = searched.unwrap_or_default();
        entries.sort_unstable();
        entries.dedup();
        index.starts = vec![0; forms.count() + 1];
        for (form, _) in &entries {
            index.starts[*form as usize + 1] += 1;
        }
        for form in 1..index.starts.len() {
            index.starts[form] += index.starts[form - 1];
        }
        index.filed = entries.into_iter().map(|(_, query)| query).collect();
        index
    }

    /// The queries filed under a form.
    pub(super) fn filed(&self, form: Form) -> &[u32] {
        let form = form as usize;
        let (Some(start), Some(end)) = (self.starts.get(form), self.starts.get(form + 1)) else {
            return &[];
        };
        self.filed
            .get(*start as usize..*end as usize)
            .unwrap_or_default()
    }

    pub(super) fn pairs(&self) -> &Pairs {
        &self.pairs
    }

    pub(super) fn literals(&self) -> &Literals {
        &self.literals
    }

    pub(super) fn always(&self) -> &[u32] {
        &self.always
    }
}

/// By form, the share of items that have it.
fn shares(forms: &Forms, frequencies: &Frequencies) -> Vec<f32> {
    let mut shares = vec![UNKNOWN; forms.count()];
    for (word, form) in forms.words.iter() {
        shares[form as usize] = frequencies.word(word);
    }
    for (affix, form) in forms.begins.iter().chain(forms.ends.iter()) {
        shares[form as usize] = Frequencies::affix(affix);
    }
    if let Some(every) = forms.every {
        shares[every as usize] = 1.0;
    }
    shares
}

fn words(forms: &Forms) -> Vec<bool> {
    let mut words = vec![false; forms.count()];
    for (_, form) in forms.words.iter() {
        words[form as usize] = true;
    }
    words
}

struct Filer<'f> {
    plan: &'f Plan,
    shares: Vec<f32>,
    /// By form, whether it is a word as it stands.
    words: Vec<bool>,
    /// Texts that regular expressions demand.
    literals: Vec<String>,
    known: HashMap<Id, Option<Anchors>>,
}

impl Filer<'_> {
    fn share(&self, form: Form) -> f32 {
        self.shares.get(form as usize).copied().unwrap_or(1.0)
    }

    fn is_word(&self, form: Form) -> bool {
        self.words.get(form as usize).is_some_and(|is| *is)
    }

    /// What a node can be filed under, the rarest there is; `None` if an item may have anything.
    fn anchors(&mut self, id: Id) -> Option<Anchors> {
        match self.plan.node(id) {
            Node::Row { forms, .. } => self.of_row(forms),
            Node::Lattice { code, .. } => self.of_lattice(Stretches(code)),
            Node::Exact { inner, .. } => self.anchors(inner),
            Node::Near { left, right, .. } => {
                let (left, right) = (self.union(left), self.union(right));
                rarer(left, right)
            }
            // Literals are looked for in title and body only.
            Node::Regex {
                field: None | Some(Field::Title | Field::Body),
                number,
            } => self.remembered(id, |filer| filer.of_regex(number)),
            Node::Label(form) => Some(Anchors {
                cost: self.share(form),
                all: vec![Anchor::Form(form)],
            }),
            Node::All(all) => all.iter().map(|id| self.anchors(*id)).fold(None, rarer),
            Node::Any(any) => self.union(any),
            Node::AtLeast { least, of } => {
                // If so many are there, one of any `len - least + 1` is there.
                let enough = of.len() + 1 - least as usize;
                let mut each: Vec<Anchors> = of.iter().filter_map(|id| self.anchors(*id)).collect();
                each.sort_by(|a, b| a.cost.total_cmp(&b.cost));
                if each.len() < enough {
                    return None;
                }
                each.truncate(enough);
                Some(together(each))
            }
            Node::Regex { .. } | Node::Not(_) => None,
            Node::List(inner) => self.remembered(id, |filer| filer.anchors(inner)),
        }
    }

    /// Lists are in many rules, and regular expressions are slow to look into.
    fn remembered(
        &mut self,
        id: Id,
        find: impl FnOnce(&mut Self) -> Option<Anchors>,
    ) -> Option<Anchors> {
        if let Some(known) = self.known.get(&id) {
            return known.clone();
        }
        let found = find(self);
        self.known.insert(id, found.clone());
        found
    }

    fn union(&mut self, ids: &[Id]) -> Option<Anchors> {
        let all: Option<Vec<Anchors>> = ids.iter().map(|id| self.anchors(*id)).collect();
        all.map(together)
    }

    fn of_row(&self, forms: &[Form]) -> Option<Anchors> {
        let single = forms
            .iter()
            .filter(|form| **form != ANY)
            .map(|form| (self.share(*form), Anchor::Form(*form)))
            .min_by(|a, b| a.0.total_cmp(&b.0))?;
        let mut best = single;
        if single.0 > RARE {
            for pair in forms.windows(2) {
                let [left, right] = *pair else { continue };
                let cost = TOGETHER * self.share(left).min(self.share(right));
                if cost < best.0 && self.is_word(left) && self.is_word(right) {
                    best = (cost, Anchor::Pair(left, right));
                }
            }
        }
        Some(Anchors {
            cost: best.0,
            all: vec![best.1],
        })
    }

    fn of_lattice(&self, stretches: Stretches<'_>) -> Option<Anchors> {
        let mut best = None;
        let mut rest = stretches;
        while let Some((readings, after)) = rest.split() {
            let each: Option<Vec<Anchors>> = readings
                .into_iter()
                .map(|reading| self.of_row(reading))
                .collect();
            best = rarer(best, each.map(together));
            rest = after;
        }
        best
    }

    fn of_regex(&mut self, number: u32) -> Option<Anchors> {
        let literals = literals::required(self.plan.pattern(number)?)?;
        let first = self.literals.len();
        self.literals.extend(literals);
        let all: Vec<Anchor> = (first..self.literals.len()).map(Anchor::Literal).collect();
        let cost = self.literals[first..]
            .iter()
            .map(|literal| Frequencies::affix(literal))
            .sum();
        Some(Anchors { cost, all })
    }
}

/// The one that fewer items have.
fn rarer(one: Option<Anchors>, other: Option<Anchors>) -> Option<Anchors> {
    match (one, other) {
        (Some(one), Some(other)) if other.cost < one.cost => Some(other),
        (one, other) => one.or(other),
    }
}

/// Any of these.
fn together(each: Vec<Anchors>) -> Anchors {
    Anchors {
        cost: each.iter().map(|anchors| anchors.cost).sum(),
        all: each.into_iter().flat_map(|anchors| anchors.all).collect(),
    }
}

//! Which queries could hold for an item that has this word?

use std::collections::HashMap;

use super::answer::{Answer, DECIDES};
use super::forms::{ANY, Form, Forms, NONE};
use super::frequencies::Frequencies;
use super::glance::{Part, Side, Sought};
use super::guard::{Guard, Guards, Literal};
use super::literals::{self, Literals};
use super::met::Met;
use super::pairs::Pairs;
use super::plan::{Id, Node, Plan, Stretches};
use crate::model::Field;
use crate::text::prefetch;

/// A single word is rare enough if fewer items than this have it: else two in a row are looked for.
const RARE: f32 = 0.002;

/// How much rarer two words in a row are than the rarer of them, as a guess.
const TOGETHER: f32 = 0.2;

/// How much more it takes to ask for a query for which the item need not have another word.
const ALONE: f32 = 4.0;

/// The share of items with a form of which nothing is known.
const UNKNOWN: f32 = 0.05;

/// Queries by what an item must have for them to hold.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// By form, where its queries begin in `needs` and in `filed`; they end where those of the next
    /// form begin.
    starts: Vec<u32>,
    /// By what is filed, another form that the item must have: the one it is filed under if there is
    /// none. Apart, because of most queries nothing else is looked at.
    needs: Vec<Form>,
    /// The numbers of the queries; where more must be than two forms, those of their [`Case`]s.
    filed: Vec<u32>,
    cases: Vec<Case>,
    guards: Guards,
    pairs: Pairs,
    literals: Literals,
    /// Queries that are filed under every item, though they ask for something.
    always: Vec<u32>,
}

/// Set in what is filed if it is the number of a case.
const IS_CASE: u32 = 1 << 30;

/// A query for which more must be.
#[derive(Clone, Copy, Debug)]
struct Case {
    query: u32,
    /// Another condition: that the item has the form it is filed under if there is none.
    also: Literal,
    /// What else must be, as the guards know it; [`NOTHING`] if nothing.
    guard: u32,
}

/// No guard.
const NOTHING: u32 = u32::MAX;

/// A query that is to be filed.
struct Entry<'q> {
    form: Form,
    query: u32,
    /// Conditions, and whether the query holds if all of them do.
    clauses: &'q [Vec<Literal>],
    decides: bool,
    /// Forms that the item has if it has `form`.
    known: [Form; 2],
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
    /// The expected share of items that have one; more if asking takes more.
    cost: f32,
    all: Vec<Anchor>,
}

impl Index {
    /// Files the queries with these roots. `bare` is as in [`Guard::of`].
    pub(super) fn new(
        roots: &[Id],
        plan: &Plan,
        bare: bool,
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
        let (texts, shares) = (filer.literals, filer.shares);
        let literals: Vec<(String, Form)> = texts
            .into_iter()
            .map(|literal| (literal, forms.fresh()))
            .collect();
        let mut index = Index::default();
        let searched = Literals::new(&literals);
        let guards: Vec<Guard> = roots
            .iter()
            .map(|root| Guard::of(plan, *root, bare))
            .collect();
        let mut entries: Vec<Entry<'_>> = Vec::new();
        for ((query, anchors), guard) in (0_u32..).zip(chosen).zip(&guards) {
            let anchors = anchors.filter(|anchors| {
                let literal = |anchor: &Anchor| matches!(anchor, Anchor::Literal(_));
                searched.is_some() || !anchors.all.iter().any(literal)
            });
            let root = roots[query as usize];
            let entry = |form, known, decides| Entry {
                form,
                query,
                clauses: &guard.clauses,
                decides,
                known,
            };
            let Some(anchors) = anchors else {
                index.always.push(query);
                entries.push(entry(forms.every(), [NONE, NONE], guard.decides));
                continue;
            };
            for anchor in anchors.all {
                entries.push(match anchor {
                    Anchor::Form(form) => entry(form, [form, NONE], guard.decides),
                    Anchor::Pair(left, right) => {
                        let pair = index.pairs.add(left, right, || forms.fresh());
                        let decides = bare && plan.is_pair(root, left, right);
                        entry(pair, [left, right], decides)
                    }
                    Anchor::Literal(number) => {
                        entry(literals[number].1, [NONE, NONE], guard.decides)
                    }
                });
            }
        }
        index.literals = searched.unwrap_or_default();
        let share = |form: Form| shares.get(form as usize).copied().unwrap_or(0.0);
        entries.sort_unstable_by_key(|entry| (entry.form, entry.query));
        entries.dedup_by_key(|entry| (entry.form, entry.query));
        for entry in &entries {
            let start = short(index.filed.len());
            index.starts.resize(entry.form as usize + 1, start);
            index.file(entry, share);
        }
        index.starts.resize(forms.count() + 1, short(entries.len()));
        index
    }

    /// Files a query with what an item must have besides what it is known to have.
    fn file(&mut self, entry: &Entry<'_>, share: impl Fn(Form) -> f32) {
        let is_known = |literal: &Literal| {
            let wanted = literal.wanted();
            wanted.is_some_and(|form| entry.known.contains(&form))
        };
        let mut left: Vec<&Vec<Literal>> = entry
            .clauses
            .iter()
            .filter(|clause| !clause.iter().any(is_known))
            .collect();
        let need = left
            .iter()
            .enumerate()
            .filter_map(|(at, clause)| match clause.as_slice() {
                [literal] => Some((at, literal.wanted()?)),
                _ => None,
            })
            .min_by(|a, b| share(a.1).total_cmp(&share(b.1)));
        if let Some((at, _)) = need {
            left.remove(at);
        }
        let also = left.iter().position(|clause| clause.len() == 1);
        let also = also.and_then(|at| left.remove(at).first().copied());
        let query = entry.query | if entry.decides { DECIDES } else { 0 };
        self.needs.push(need.map_or(entry.form, |(_, form)| form));
        if also.is_none() && left.is_empty() {
            self.filed.push(query);
            return;
        }
        self.filed.push(short(self.cases.len()) | IS_CASE);
        self.cases.push(Case {
            query,
            also: also.unwrap_or(Literal::has(entry.form)),
            guard: if left.is_empty() {
                NOTHING
            } else {
                self.guards.add(&left)
            },
        });
    }

    /// What all queries are filed under, if these are words and parts of words; `None` if there are
    /// more than `most`, or one is filed under something else.
    pub(super) fn sought<'f>(
        &self,
        forms: &'f Forms,
        frequencies: &Frequencies,
        most: usize,
    ) -> Option<Vec<Sought<'f>>> {
        if self.filed.len() > most {
            return None;
        }
        let part =
            |first, last| move |(text, form): (&'f str, Form)| (form, Part { text, first, last });
        let known: HashMap<Form, Part<'f>> = (forms.words.iter().map(part(true, true)))
            .chain(forms.begins.iter().map(part(true, false)))
            .chain(forms.ends.iter().map(part(false, true)))
            .collect();
        let plain = |form: &Form| {
            let part: &Part<'f> = known.get(form)?;
            let is_plain = part.text.bytes().all(|byte| byte.is_ascii_alphanumeric());
            is_plain.then_some(part.text)
        };
        let mut all = Vec::new();
        for form in (0..).take(self.starts.len()) {
            let (start, end) = span(&self.starts, form);
            for need in &self.needs[start as usize..end as usize] {
                let need = plain(need).filter(|_| *need != form);
                let (part, beside) = match self.pairs.of_number(form) {
                    Some((left, right)) => {
                        let share = |form| plain(form).map_or(1.0, |word| frequencies.word(word));
                        let (rarer, side, other) = if share(&left) <= share(&right) {
                            (left, Side::After, right)
                        } else {
                            (right, Side::Before, left)
                        };
                        let beside = plain(&other).map(|word| (side, word));
                        (*known.get(&rarer)?, beside)
                    }
                    None => (*known.get(&form)?, None),
                };
                all.push(Sought { part, beside, need });
            }
        }
        Some(all)
    }

    /// Finds the queries that are filed under these forms and hold, or may. The answer was cleared.
    pub(super) fn ask(&self, met: &Met, answer: &mut Answer) {
        let present = met.set();
        let Answer {
            asked,
            maybe,
            cases,
            queries,
            ..
        } = answer;
        let (starts, needs, all) = (&*self.starts, &*self.needs, &*self.filed);
        for form in met.all() {
            let (start, end) = span(starts, *form);
            prefetch(needs, start as usize);
            asked.push_row((end - start) as usize, |at| start + at);
        }
        maybe.extend(
            asked
                .all()
                .iter()
                .map(move |place| (*place, present.has(needs[*place as usize]))),
        );
        let filed = maybe.all().iter().map(move |place| {
            let filed = all[*place as usize];
            (filed & !IS_CASE, filed & IS_CASE != 0)
        });
        cases.extend(filed.clone());
        queries.extend(filed.map(|(query, is_case)| (query, !is_case)));
        queries.extend(cases.all().iter().map(|number| {
            let case = self.cases[*number as usize];
            let holds = case.also.holds(present)
                && (case.guard == NOTHING || self.guards.hold(case.guard, present));
            (case.query, holds)
        }));
        answer.part();
    }

    /// Tells of which forms it will be asked for what is filed under them.
    #[inline]
    pub(super) fn expecting(&self) -> impl Fn(Form) {
        let starts = self.starts.as_slice();
        let last = starts.len().saturating_sub(1);
        move |form| prefetch(starts, (form as usize).min(last))
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

/// Where the queries filed under a form begin and end.
#[inline]
fn span(starts: &[u32], form: Form) -> (u32, u32) {
    let at = form as usize;
    let bounds = starts.get(at).zip(starts.get(at + 1));
    bounds.map_or((0, 0), |(start, end)| (*start, *end))
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
            Node::All(all) => {
                let each = all.iter().filter_map(|id| self.anchors(*id));
                weighed(each.collect()).map(Some).fold(None, rarer)
            }
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

/// Parts all of which must be there, each by what it takes to ask for all where that part is: more if
/// there is no single form among the others, which is looked for first.
fn weighed(parts: Vec<Anchors>) -> impl Iterator<Item = Anchors> {
    let is_single = |part: &Anchors| part.all.len() == 1;
    let singles = parts.iter().filter(|part| is_single(part)).count();
    parts.into_iter().map(move |part| {
        let alone = singles == usize::from(is_single(&part));
        let cost = if alone { ALONE * part.cost } else { part.cost };
        Anchors { cost, ..part }
    })
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

/// Queries are bounded far below this.
fn short(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

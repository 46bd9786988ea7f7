//! Which rules does an item match, and by which words?
//!
//! Rules are compiled once into an immutable set. Every query is filed under words one of which an
//! item must have for the query to hold, the rarest ones there are; for each item only the queries
//! filed under its own words are asked. So the time for an item hardly depends on how many rules there
//! are.

pub mod explain;
pub mod frequencies;
pub mod syntax;

mod answer;
mod bits;
mod closer;
mod forms;
mod glance;
mod guard;
mod index;
mod kept;
mod literals;
mod met;
mod pairs;
mod phrase;
mod places;
mod plan;
mod reading;

use std::borrow::Cow;
use std::sync::Arc;

use crate::model::{Evidence, Field, Item, Only, Rule};
use crate::text::{self, Squeezed, prefetch, prefetch_text};
use answer::Answer;
use bits::Ordered;
use explain::{Explainer, Miss};
use forms::{Form, Forms};
use frequencies::Frequencies;
use glance::Glance;
use index::Index;
use plan::{Asked, Builder, Id, Memo, Plan};
use reading::{Reader, Reading, Wanted};
use syntax::Label;

pub use syntax::{Lists, SyntaxError, parse};

/// A rule whose query does not parse. Configurations are checked before, so that people see it with
/// its file and line.
#[derive(Debug, thiserror::Error)]
#[error("rule `{rule}`: {error}")]
pub struct BadRule {
    /// The rule's name.
    pub rule: String,
    /// What is wrong.
    pub error: SyntaxError,
}

/// An item with what rules may ask of its feed.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'s> {
    /// The item.
    pub item: &'s Item,
    /// The name of its feed.
    pub feed: &'s str,
    /// The tags of its feed.
    pub tags: &'s [String],
}

impl Subject<'_> {
    /// Calls `found` for every form that the item has as a whole.
    fn labels(&self, forms: &Forms, language: Option<&str>, mut found: impl FnMut(Form)) {
        let known = forms.every.iter().chain(forms.feeds.get(self.feed));
        known.copied().for_each(&mut found);
        if forms.labels.is_empty() {
            return;
        }
        let mut label = |label: Label| {
            if let Some(form) = forms.labels.get(&label) {
                found(*form);
            }
        };
        for tag in self.tags {
            label(Label::Tag(text::fold(tag.trim())));
        }
        if let Some(language) = language {
            label(Label::Lang(language.to_owned()));
        }
        let link = self.item.link.as_deref().map(url::Url::parse);
        if let Some(Ok(link)) = link
            && let Some(host) = link.host_str()
        {
            let parts = host.match_indices('.').map(|(at, _)| at + 1);
            for start in std::iter::once(0).chain(parts) {
                label(Label::Site(
                    host.get(start..).unwrap_or_default().to_owned(),
                ));
            }
        }
    }
}

/// The text of a field, as evidence counts its bytes.
fn text_of<'s>(subject: &Subject<'s>, field: Field) -> Cow<'s, str> {
    let item = subject.item;
    match field {
        Field::Title => Cow::Borrowed(&item.title),
        Field::Body => Cow::Borrowed(&item.body),
        Field::Author => Cow::Owned(item.authors.join("\n")),
        Field::Category => Cow::Owned(item.categories.join("\n")),
        Field::Link => Cow::Borrowed(item.link.as_deref().unwrap_or_default()),
        Field::Feed => Cow::Borrowed(subject.feed),
    }
}

/// Rules, compiled. Immutable: a new configuration makes a new one.
#[derive(Debug, Default)]
pub struct RuleSet {
    forms: Forms,
    plan: Plan,
    index: Index,
    glance: Option<Glance>,
    wanted: Wanted,
    /// Whether any rule depends on the language of the item.
    asks_language: bool,
    queries: Vec<Compiled>,
    /// By query, its rule.
    rules: Vec<u32>,
    /// Where the parts of the queries stand in their texts, query by query.
    spans: Vec<(u32, u32)>,
    /// The texts of all queries.
    texts: String,
}

/// One query of a rule.
#[derive(Clone, Copy, Debug)]
struct Compiled {
    root: Id,
    /// Its first span; its last is before the first of the next query.
    spans: u32,
    /// Its first byte.
    text: u32,
}

/// One rule that an item matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// Index of the rule.
    pub rule: usize,
    /// Every part of its queries that holds: sorted by place, without repeats, bounded.
    pub evidence: Vec<Evidence>,
}

impl RuleSet {
    /// Compiles `rules`, whose queries may name `lists`; matches name them by their index. The rarest
    /// words are chosen by `frequencies`, which change the speed and nothing else.
    pub fn compile(
        rules: &[Rule],
        lists: &Lists,
        frequencies: &Frequencies,
    ) -> Result<RuleSet, BadRule> {
        let mut set = RuleSet::default();
        let mut builder = Builder::default();
        for (number, rule) in (0_u32..).zip(rules) {
            if rule.only.disabled {
                continue;
            }
            for text in &rule.queries {
                let query = parse(text, lists).map_err(|error| BadRule {
                    rule: rule.name.to_string(),
                    error,
                })?;
                set.wanted.note(&query);
                let compiled = Compiled {
                    spans: short(set.spans.len()),
                    text: short(set.texts.len()),
                    root: builder.query(&query, rule.stem, &mut set.spans),
                };
                let root = only(&mut builder, compiled.root, &rule.only);
                set.queries.push(Compiled { root, ..compiled });
                set.rules.push(number);
                set.texts.push_str(text);
            }
        }
        (set.plan, set.forms) = builder.done();
        let is_language = |label: &Label| matches!(label, Label::Lang(_));
        set.asks_language = set.forms.variants.stems() || set.forms.labels.keys().any(is_language);
        set.forms.settle();
        let roots: Vec<Id> = set.queries.iter().map(|query| query.root).collect();
        let plain = set.wanted.is_plain();
        set.index = Index::new(&roots, &set.plan, plain, &mut set.forms, frequencies);
        let (fits, pairs) = (&set.forms.fits, set.index.pairs());
        set.forms
            .words
            .mark(|form| fits.mark(form) | pairs.marks(form));
        if plain {
            let sought = set.index.sought(&set.forms, frequencies, glance::MANY);
            set.glance = sought.and_then(|sought| Glance::new(&sought));
        }
        set.spans.shrink_to_fit();
        set.texts.shrink_to_fit();
        set.queries.shrink_to_fit();
        set.rules.shrink_to_fit();
        Ok(set)
    }

    /// Queries that are tried on every item, because nothing else tells which could fit: those with a
    /// regular expression that demands no fixed text.
    pub fn always_tried(&self) -> impl Iterator<Item = Tried<'_>> {
        self.index.always().iter().filter_map(|number| {
            let query = self.queries.get(*number as usize)?;
            Some(Tried {
                rule: *self.rules.get(*number as usize)? as usize,
                set: self,
                root: query.root,
            })
        })
    }

    /// Finds which words an item has, and forgets the one before.
    fn read(&self, subject: &Subject<'_>, (reading, memo): (&mut Reading, &mut Memo)) {
        let item = subject.item;
        let declared = item.language.as_deref();
        // Recognising takes longer than all the rest.
        let recognised = if declared.is_none() && self.asks_language {
            text::recognise(&item.title, &item.body)
        } else {
            None
        };
        let reader = Reader {
            language: declared.or(recognised),
            forms: &self.forms,
            index: &self.index,
            wanted: &self.wanted,
            gaps: self.forms.gaps,
        };
        reading.read(reader, subject);
        memo.forget(&self.plan);
    }

    /// The parts of a query as they are written.
    fn parts(&self, number: usize) -> Vec<&str> {
        let Some(query) = self.queries.get(number) else {
            return Vec::new();
        };
        let next = self.queries.get(number + 1);
        let end = next.map_or(self.spans.len(), |next| next.spans as usize);
        let spans = self.spans.get(query.spans as usize..end);
        let base = query.text as usize;
        let part = |(start, end): &(u32, u32)| {
            self.texts
                .get(base + *start as usize..base + *end as usize)
                .unwrap_or_default()
        };
        spans.unwrap_or_default().iter().map(part).collect()
    }
}

/// A query that is tried on every item.
#[derive(Clone, Copy, Debug)]
pub struct Tried<'s> {
    /// Index of its rule.
    pub rule: usize,
    set: &'s RuleSet,
    root: Id,
}

impl Tried<'_> {
    /// Tries its regular expressions on a text; says whether one of them fits.
    #[must_use]
    pub fn fits(&self, text: &str) -> bool {
        self.set.plan.any_regex(self.root, text)
    }
}

/// The query of a rule that looks at some items only.
fn only(builder: &mut Builder, root: Id, only: &Only) -> Id {
    let mut all = vec![root];
    let mut any = |builder: &mut Builder, forms: Vec<Form>| {
        if !forms.is_empty() {
            let ids: Vec<Id> = forms.iter().map(|form| builder.label(*form)).collect();
            all.push(builder.any(&ids));
        }
    };
    let feeds = only.feeds.iter();
    let feeds = feeds.map(|name| builder.forms.feed(name)).collect();
    any(builder, feeds);
    let tags = only
        .tags
        .iter()
        .map(|tag| Label::Tag(text::fold(tag.trim())));
    let tags = tags.map(|tag| builder.forms.label(&tag)).collect();
    any(builder, tags);
    let languages = only.languages.iter().cloned().map(Label::Lang);
    let languages = languages.map(|code| builder.forms.label(&code)).collect();
    any(builder, languages);
    builder.all(&all)
}

/// Asks the rules of one set about item after item; keeps its buffers from one to the next.
#[derive(Debug)]
pub struct Matcher {
    set: Arc<RuleSet>,
    reading: Reading,
    memo: Memo,
    answer: Answer,
    /// Queries that hold.
    held: Vec<u32>,
    order: Ordered,
    squeezed: Squeezed,
}

impl Matcher {
    /// A matcher for these rules.
    #[must_use]
    pub fn new(set: Arc<RuleSet>) -> Matcher {
        Matcher {
            set,
            reading: Reading::default(),
            memo: Memo::default(),
            answer: Answer::default(),
            held: Vec::new(),
            order: Ordered::default(),
            squeezed: Squeezed::default(),
        }
    }

    /// Its rules.
    #[must_use]
    pub fn set(&self) -> &RuleSet {
        &self.set
    }

    /// The rules that an item matches, in their order, each once: if any of its queries does.
    pub fn matches(&mut self, subject: &Subject<'_>) -> Vec<Match> {
        self.ask(subject);
        let asked = Asked {
            plan: &self.set.plan,
            reading: &self.reading,
            subject,
        };
        let mut matches: Vec<Match> = Vec::new();
        for number in &self.held {
            let number = *number as usize;
            let query = self.set.queries[number];
            let rule = self.set.rules[number] as usize;
            if matches.last().is_none_or(|last| last.rule != rule) {
                let evidence = Vec::new();
                matches.push(Match { rule, evidence });
            }
            if let Some(found) = matches.last_mut() {
                let parts = self.set.parts(number);
                asked.reasons(query.root, &parts, &mut self.memo, &mut found.evidence);
            }
        }
        for found in &mut matches {
            found.evidence.sort();
            found.evidence.dedup();
        }
        matches
    }

    /// The indices of the rules that an item matches, in their order, each once.
    pub fn rules(&mut self, subject: &Subject<'_>) -> Vec<usize> {
        self.ask(subject);
        let rule = |query: &u32| self.set.rules[*query as usize] as usize;
        let mut rules: Vec<usize> = self.held.iter().map(rule).collect();
        rules.dedup();
        rules
    }

    /// What every query that does not hold found and missed, each with the index of its rule.
    pub fn misses(&mut self, subject: &Subject<'_>) -> Vec<(usize, Miss)> {
        let set = &*self.set;
        set.read(subject, (&mut self.reading, &mut self.memo));
        let asked = Asked {
            plan: &set.plan,
            reading: &self.reading,
            subject,
        };
        let mut misses = Vec::new();
        for (number, query) in set.queries.iter().enumerate() {
            if asked.holds(query.root, &mut self.memo) {
                continue;
            }
            let mut explainer = Explainer {
                asked: &asked,
                forms: &set.forms,
                memo: &mut self.memo,
                miss: Miss::default(),
            };
            explainer.explain(query.root, &set.parts(number));
            misses.push((set.rules[number] as usize, explainer.miss));
        }
        misses
    }

    /// Notes the queries that hold, in their order.
    fn ask(&mut self, subject: &Subject<'_>) {
        let set = &*self.set;
        self.held.clear();
        self.answer.clear();
        if set.queries.is_empty() {
            return;
        }
        // It is read after the title.
        prefetch_text(&subject.item.body);
        if let Some(glance) = &set.glance
            && !glance.may_have(subject.item, &mut self.squeezed)
        {
            return;
        }
        set.read(subject, (&mut self.reading, &mut self.memo));
        set.index.ask(self.reading.met(), &mut self.answer);
        self.order.reserve(set.queries.len());
        let open = self.answer.open();
        for query in open {
            prefetch(&set.queries, *query as usize);
        }
        for query in self.answer.held() {
            self.order.add(*query);
        }
        if !open.is_empty() {
            let roots = open.iter().map(|query| set.queries[*query as usize].root);
            set.plan.expect(roots, &self.memo);
            let asked = Asked {
                plan: &set.plan,
                reading: &self.reading,
                subject,
            };
            for query in open {
                if asked.holds(set.queries[*query as usize].root, &mut self.memo) {
                    self.order.add(*query);
                }
            }
        }
        self.order.take(&mut self.held);
    }
}

/// Queries are bounded far below this.
fn short(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;

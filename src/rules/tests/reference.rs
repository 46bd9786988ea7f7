//! What would someone say who reads the definition with a finger on the words?
//!
//! Queries and items are made of words whose readings are written down by hand, from the definition
//! of a word; whether a query holds is found by trying everything. Nothing here uses the engine's
//! text, index or plan.

mod ask;
mod world;

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::SignedDuration;

use super::{Matcher, RuleSet, Subject};
use crate::model::{Only, Rule, Telling, Urgency};
use crate::rules::Lists;
use crate::rules::frequencies::Frequencies;
use crate::text::Scanner;
use ask::{Ask, KINDS, Maker, View};
use world::{LANGUAGES, LISTS, Made, TAGS};

/// Pairs of items and rules that are compared.
const PAIRS: usize = 10_000_000;

/// One comparison of some rules with some items.
#[derive(Clone, Copy)]
struct Round {
    seed: u64,
    rules: usize,
    items: usize,
    /// Whether rules look at title and body only, and ask for words.
    plain: bool,
}

/// How often each kind of query was asked, and held.
#[derive(Default)]
struct Counts {
    asked: [AtomicUsize; KINDS.len()],
    held: [AtomicUsize; KINDS.len()],
    pairs: AtomicUsize,
    hits: AtomicUsize,
}

#[test]
fn rules_agree_with_the_definition() {
    let large = (0..12).map(|seed| Round {
        seed,
        rules: 900,
        items: 800,
        plain: seed % 4 == 3,
    });
    // Few rules go another way through the engine.
    let small = (100..2_000).map(|seed| Round {
        seed,
        rules: 7,
        items: 110,
        plain: seed % 3 != 0,
    });
    let rounds: Vec<Round> = large.chain(small).collect();
    let (next, counts) = (AtomicUsize::new(0), Counts::default());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some(round) = rounds.get(next.fetch_add(1, Ordering::Relaxed)) {
                    compare(*round, &counts);
                }
            });
        }
    });
    let pairs = counts.pairs.load(Ordering::Relaxed);
    let hits = counts.hits.load(Ordering::Relaxed);
    assert!(pairs >= PAIRS, "{pairs} pairs");
    // A comparison where one answer hardly occurs compares nothing.
    assert!(
        hits > pairs / 50 && hits < pairs / 2,
        "{hits} of {pairs} hold"
    );
    for ((kind, asked), held) in KINDS.iter().zip(&counts.asked).zip(&counts.held) {
        let (asked, held) = (asked.load(Ordering::Relaxed), held.load(Ordering::Relaxed));
        assert!(
            held > 100 && asked - held > 100,
            "{kind}: {held} of {asked} hold"
        );
    }
}

fn compare(round: Round, counts: &Counts) {
    let mut random = fastrand::Rng::with_seed(round.seed);
    let mut maker = Maker {
        random: random.fork(),
        plain: round.plain,
    };
    let asked: Vec<(Vec<Ask>, Rule)> = (0..round.rules).map(|_| rule(&mut maker)).collect();
    let items: Vec<Made> = (0..round.items).map(|_| Made::new(&mut random)).collect();
    let lists = LISTS.map(|(name, entries)| {
        let entries = entries.iter().map(|(written, _)| (*written).to_owned());
        (name.to_owned(), entries.collect())
    });
    let (lists, problems) = Lists::new(&lists.into());
    assert_eq!(problems, []);
    let mut frequencies = Frequencies::default();
    if random.bool() {
        let mut scanner = Scanner::default();
        for Made { item, .. } in &items {
            frequencies.learn((&item.title, &item.body), &mut scanner);
        }
    }
    let rules: Vec<Rule> = asked.iter().map(|(_, rule)| rule.clone()).collect();
    let set = RuleSet::compile(&rules, &lists, &frequencies).unwrap();
    let mut matcher = Matcher::new(Arc::new(set));
    let noted = Cell::new((0, 0));
    for made in &items {
        let subject = Subject {
            item: &made.item,
            feed: made.feed,
            tags: &made.tags,
        };
        let mut found = matcher.rules(&subject).into_iter().peekable();
        for (number, (queries, rule)) in asked.iter().enumerate() {
            let expected = allows(&rule.only, made)
                && queries.iter().any(|ask| {
                    ask.holds(
                        View {
                            made,
                            stem: rule.stem,
                        },
                        None,
                    )
                });
            let holds = found.next_if_eq(&number).is_some();
            assert_eq!(
                holds, expected,
                "round {}: {:?} {:?}\n{:?}\n{:#?}",
                round.seed, rule.queries, rule.only, made.item, queries
            );
            let (pairs, hits) = noted.get();
            noted.set((pairs + 1, hits + usize::from(expected)));
        }
        // Counting what every part of every query says would take most of the time.
        if random.u32(..32) == 0 {
            for (ask, rule) in asked
                .iter()
                .flat_map(|(queries, rule)| queries.iter().map(move |ask| (ask, rule)))
            {
                ask.count(
                    View {
                        made,
                        stem: rule.stem,
                    },
                    &mut |kind, holds| {
                        counts.asked[kind].fetch_add(1, Ordering::Relaxed);
                        counts.held[kind].fetch_add(usize::from(holds), Ordering::Relaxed);
                    },
                );
            }
        }
    }
    let (pairs, hits) = noted.get();
    counts.pairs.fetch_add(pairs, Ordering::Relaxed);
    counts.hits.fetch_add(hits, Ordering::Relaxed);
}

/// A rule with its queries.
fn rule(maker: &mut Maker) -> (Vec<Ask>, Rule) {
    let stem = !maker.plain && maker.random.u32(..8) == 0;
    let count = if maker.random.u32(..6) == 0 { 2 } else { 1 };
    let queries: Vec<Ask> = (0..count).map(|_| maker.query(stem)).collect();
    let mut only = Only::default();
    if !maker.plain && maker.random.u32(..6) == 0 {
        match maker.random.u32(..3) {
            0 => only
                .feeds
                .push(world::FEEDS[maker.random.usize(..2)].0.to_owned()),
            1 => only.tags.push(TAGS[maker.random.usize(..2)].to_owned()),
            _ => only
                .languages
                .push(LANGUAGES[maker.random.usize(..2)].to_owned()),
        }
    }
    let rule = Rule {
        name: "test".into(),
        queries: queries
            .iter()
            .map(|ask| ask.written(&mut maker.random))
            .collect(),
        urgency: Urgency::default(),
        channels: Vec::new(),
        cooldown: SignedDuration::ZERO,
        stem,
        only,
        telling: Telling::default(),
    };
    (queries, rule)
}

/// Whether the options of a rule let it look at an item.
fn allows(only: &Only, made: &Made) -> bool {
    let language = made.item.language.as_ref();
    (only.feeds.is_empty() || only.feeds.iter().any(|feed| feed == made.feed))
        && (only.tags.is_empty() || only.tags.iter().any(|tag| made.tags.contains(tag)))
        && (only.languages.is_empty() || only.languages.iter().any(|code| Some(code) == language))
}

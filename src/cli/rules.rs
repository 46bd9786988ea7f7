//! `newsbell rules`: what does each rule bring, and what does it cost?

use std::io::{IsTerminal, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::trial::TOO_MUCH;
use super::{open, show};
use crate::clock::Clock;
use crate::config::Config;
use crate::model::Rule;
use crate::policy;
use crate::rules::frequencies::Frequencies;
use crate::rules::{Matcher, RuleSet, Subject};
use crate::store::{Reader, RuleCount, Stored};
use crate::text;

/// How far back it is looked whether a rule is too narrow or too wide.
const BACK: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Items that say something about a share.
pub(super) const ENOUGH: usize = 50;

/// Items that a rule is timed on, at most.
const TIMED: usize = 500;

/// What the stored items say of the rules.
struct Tried {
    items: usize,
    /// By rule, how many of them it matches.
    matched: Vec<usize>,
    /// The newest of them.
    sample: Vec<Stored>,
}

pub(super) fn run(path: &Path) -> anyhow::Result<ExitCode> {
    let (config, mut reader) = open(path)?;
    let clock = Clock::wall();
    let now = clock.now();
    let ago = |hours| {
        now.saturating_sub(SignedDuration::from_hours(hours))
            .unwrap_or(now)
    };
    let (counts, from) =
        reader.read(|tx| Ok((tx.rule_counts(ago(24), ago(7 * 24))?, tx.stored_from()?)))?;
    let since = now.saturating_sub(BACK).unwrap_or(now);
    let tried = try_all(&config, &mut reader, since)?;
    let reaches_back = from.is_some_and(|from| from <= since);
    let stdout = std::io::stdout();
    let terminal = stdout.is_terminal();
    let mut out = stdout.lock();
    let header = [
        "Rule",
        "Last day",
        "Last week",
        "Last hit",
        "Not relevant",
        "Per item",
        "",
    ];
    let mut table = show::table(&header);
    for (number, rule) in config.rules.iter().enumerate() {
        let count = counts.iter().find(|count| count.rule == *rule.name);
        let fields = [
            text::printable(&rule.name).into_owned(),
            count.map_or(0, |count| count.day).to_string(),
            count.map_or(0, |count| count.week).to_string(),
            last(count, now),
            count.map_or(0, |count| count.not_relevant).to_string(),
            cost(&config, rule, (&tried.sample, clock.clone()))?,
            note(rule, (number, &tried), reaches_back, now),
        ];
        if terminal {
            table.add_row(fields);
        } else {
            writeln!(out, "{}", fields.join("\t").trim_end())?;
        }
    }
    if terminal {
        writeln!(out, "{table}")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Asks all rules about the items since `since`.
fn try_all(config: &Config, reader: &mut Reader, since: Timestamp) -> anyhow::Result<Tried> {
    let mut matcher = Matcher::new(Arc::new(config.compile(&Frequencies::default())?));
    let mut tried = Tried {
        items: 0,
        matched: vec![0; config.rules.len()],
        sample: Vec::new(),
    };
    reader.read(|tx| {
        tx.stored_since(Timestamp::MIN, |stored| {
            if stored.at() < since {
                if tried.sample.len() == TIMED {
                    return ControlFlow::Break(());
                }
                tried.sample.push(stored);
                return ControlFlow::Continue(());
            }
            tried.items += 1;
            for rule in matcher.rules(&subject(config, &stored)) {
                tried.matched[rule] += 1;
            }
            if tried.sample.len() < TIMED {
                tried.sample.push(stored);
            }
            ControlFlow::Continue(())
        })
    })?;
    Ok(tried)
}

fn subject<'s>(config: &'s Config, stored: &'s Stored) -> Subject<'s> {
    let feed = config.feeds.iter().find(|feed| *feed.name == *stored.feed);
    Subject {
        item: &stored.item,
        feed: &stored.feed,
        tags: feed.map_or(&[], |feed| &feed.tags),
    }
}

fn last(count: Option<&RuleCount>, now: Timestamp) -> String {
    let last = count.and_then(|count| count.last);
    last.map_or("never".to_owned(), |at| show::distance(at, now))
}

/// How long the rule takes for an item if it is the only one.
fn cost(
    config: &Config,
    rule: &Rule,
    (sample, clock): (&[Stored], Clock),
) -> anyhow::Result<String> {
    if sample.is_empty() {
        return Ok("-".to_owned());
    }
    let rules = std::slice::from_ref(rule);
    let set = RuleSet::compile(rules, &config.lists, &Frequencies::default())?;
    let mut matcher = Matcher::new(Arc::new(set));
    let begin = clock.now();
    for stored in sample {
        matcher.rules(&subject(config, stored));
    }
    let nanos = clock.now().duration_since(begin).as_nanos();
    let each = nanos / i128::try_from(sample.len()).unwrap_or(1);
    Ok(format!("{}.{} µs", each / 1000, each % 1000 / 100))
}

/// What a person should know of a rule.
fn note(
    rule: &Rule,
    (number, tried): (usize, &Tried),
    reaches_back: bool,
    now: Timestamp,
) -> String {
    if rule.only.disabled {
        return "switched off".to_owned();
    }
    if !policy::is_on(rule, now) {
        return "expired".to_owned();
    }
    let matched = tried.matched.get(number).copied().unwrap_or(0);
    #[expect(clippy::cast_precision_loss, reason = "a share for people")]
    let share = matched as f64 / tried.items.max(1) as f64;
    if tried.items >= ENOUGH && share > TOO_MUCH {
        return format!(
            "too wide? it matches {:.0}% of all items of 30 days",
            100.0 * share
        );
    }
    if matched == 0 && reaches_back {
        let items = tried.items;
        return format!("too narrow? it matches none of the {items} items of 30 days");
    }
    String::new()
}

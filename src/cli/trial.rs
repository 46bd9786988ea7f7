//! `newsbell try`: what would this rule have rung for?

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::{USAGE, hits, show};
use crate::clock::Clock;
use crate::config::{Config, Problems};
use crate::model::{Evidence, Only, Rule, StoryId, Telling, Urgency};
use crate::rules::frequencies::Frequencies;
use crate::rules::{Matcher, RuleSet, Subject, parse};
use crate::store::{Reader, StoreError, Stored};
use crate::{render, text};

/// Columns of the longest bar.
const BAR: usize = 40;

/// Empty bars in a row that are shown; more are left out.
const GAP: usize = 3;

/// Bars that are days; of a longer time they are weeks.
const DAYS: usize = 62;

/// A rule for more than this share of all items rings all day.
pub(super) const TOO_MUCH: f64 = 0.2;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A query as in a rule's `match`, in single quotes for the shell
    #[arg(allow_hyphen_values = true)]
    query: String,
    /// How far to look back: 12h, 2d, 4w
    #[arg(long, value_name = "TIME", default_value = "30d", value_parser = hits::parse_since)]
    since: SignedDuration,
    /// Show at most so many items, the newest
    #[arg(short = 'n', long, value_name = "NUMBER", default_value_t = 10)]
    limit: usize,
}

/// What the query met.
#[derive(Default)]
struct Found {
    /// Items looked at.
    items: usize,
    matched: usize,
    stories: HashSet<StoryId>,
    days: BTreeMap<Date, usize>,
    /// By index of a rule, how many of the matched items it matches.
    others: HashMap<usize, usize>,
    /// Matched items that no other rule matches.
    alone: usize,
    shown: Vec<(Stored, Vec<Evidence>)>,
    /// The first item looked at.
    oldest: Option<Timestamp>,
}

pub(super) fn run(path: &Path, args: &Args) -> anyhow::Result<ExitCode> {
    let config = Config::load(path)?;
    let stderr = std::io::stderr();
    match parse(&args.query, &config.lists) {
        Ok(query) => {
            let doubts = Problems::doubts_of(&args.query, &query);
            write!(stderr.lock(), "{}", doubts.render(show::colour(&stderr)))?;
        }
        Err(error) => {
            let wrong = Problems::of_query(&args.query, &error);
            write!(stderr.lock(), "{}", wrong.render(show::colour(&stderr)))?;
            return Ok(ExitCode::from(USAGE));
        }
    }
    let mut reader = Reader::open(&config.store.path)?;
    let now = Clock::wall().now();
    let since = now.saturating_sub(args.since).unwrap_or(Timestamp::MIN);
    let found = look(&config, &mut reader, (&args.query, since, args.limit))?;
    let mut out = std::io::stdout().lock();
    let paint = show::Paint::new(show::colour(&std::io::stdout()));
    tell(&mut out, &found, (&args.query, args.since, now))?;
    others(&mut out, &found, &config)?;
    for (stored, evidence) in &found.shown {
        let title = paint.headline(&render::title(&stored.item.title, evidence));
        writeln!(out, "\n{title}")?;
        let snippet = paint.line(&render::snippet(&stored.item.body, evidence));
        if !snippet.is_empty() {
            writeln!(out, "  {snippet}")?;
        }
        let link = stored.item.link.as_deref().unwrap_or("no link");
        let about = format!("{} · {} · {link}", show::time(stored.at()), stored.feed);
        writeln!(out, "  {}", paint.dim(&about))?;
    }
    let left = found.matched - found.shown.len();
    if left > 0 {
        writeln!(out, "\nand {left} older ones: `-n` shows more")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn look(
    config: &Config,
    reader: &mut Reader,
    (query, since, limit): (&str, Timestamp, usize),
) -> anyhow::Result<Found> {
    let rule = Rule {
        name: "try".into(),
        queries: vec![query.to_owned()],
        urgency: Urgency::Normal,
        channels: Vec::new(),
        cooldown: SignedDuration::ZERO,
        stem: false,
        only: Only::default(),
        telling: Telling::default(),
    };
    let set = RuleSet::compile(&[rule], &config.lists, &Frequencies::default())?;
    let mut matcher = Matcher::new(Arc::new(set));
    let mut rules = Matcher::new(Arc::new(config.compile(&Frequencies::default())?));
    let zone = TimeZone::system();
    let mut found = Found::default();
    reader
        .read(|tx| {
            tx.stored_since(since, |stored| {
                found.items += 1;
                found.oldest = Some(stored.at());
                let feed = config.feeds.iter().find(|feed| *feed.name == *stored.feed);
                let subject = Subject {
                    item: &stored.item,
                    feed: &stored.feed,
                    tags: feed.map_or(&[], |feed| &feed.tags),
                };
                if let Some(matched) = matcher.matches(&subject).pop() {
                    found.matched += 1;
                    found.stories.insert(stored.story);
                    let day = stored.at().to_zoned_datetime(zone.clone()).date();
                    *found.days.entry(day).or_default() += 1;
                    let others = rules.rules(&subject);
                    found.alone += usize::from(others.is_empty());
                    for rule in others {
                        *found.others.entry(rule).or_default() += 1;
                    }
                    if found.shown.len() < limit {
                        found.shown.push((stored, matched.evidence));
                    }
                }
                ControlFlow::Continue(())
            })
        })
        .map_err(|error: StoreError| error)?;
    Ok(found)
}

fn tell(
    out: &mut impl Write,
    found: &Found,
    (query, since, now): (&str, SignedDuration, Timestamp),
) -> anyhow::Result<()> {
    if found.items == 0 {
        let since = show::length(since);
        writeln!(
            out,
            "nothing is stored that came out in the last {since}: `--since` looks further back, \
             `newsbell feeds` shows what was read"
        )?;
        return Ok(());
    }
    let items = match found.items {
        1 => "the one item".to_owned(),
        items => format!("the {items} items"),
    };
    let stories = match found.stories.len() {
        1 => "1 story".to_owned(),
        stories => format!("{stories} stories"),
    };
    let matched = match found.matched {
        0 => "none".to_owned(),
        matched => matched.to_string(),
    };
    let query = text::printable(query);
    write!(
        out,
        "{query} matches {matched} of {items} of the last {}",
        show::length(since)
    )?;
    if found.matched > 0 {
        write!(out, ", {stories}")?;
    }
    writeln!(out)?;
    if found.matched == 0 {
        return Ok(());
    }
    #[expect(clippy::cast_precision_loss, reason = "a share for people")]
    let share = found.matched as f64 / found.items as f64;
    if share > TOO_MUCH && found.items >= super::rules::ENOUGH {
        writeln!(
            out,
            "that is {:.0}% of all: it would ring all day",
            100.0 * share
        )?;
    }
    let zone = TimeZone::system();
    let date = |at: Timestamp| at.to_zoned_datetime(zone.clone()).date();
    let from = found.oldest.map_or(date(now), date);
    writeln!(out)?;
    let bars = bars(&found.days, from, date(now));
    let most = bars.iter().map(|(_, count)| *count).max().unwrap_or(0);
    for run in bars.chunk_by(|one, other| one.1 == 0 && other.1 == 0) {
        if run.len() > GAP {
            writeln!(out, "…")?;
            continue;
        }
        for (label, count) in run {
            writeln!(out, "{label}  {}", bar(*count, most))?;
        }
    }
    writeln!(out)?;
    Ok(())
}

/// A bar with its number: one column for each, or fewer if the longest, `most`, would be too long.
fn bar(count: usize, most: usize) -> String {
    if count == 0 {
        return "·".to_owned();
    }
    let length = if most <= BAR {
        count
    } else {
        (count * BAR).div_ceil(most)
    };
    format!("{} {count}", "█".repeat(length))
}

/// Every day or week from the first to the last, with what it counts.
fn bars(days: &BTreeMap<Date, usize>, from: Date, to: Date) -> Vec<(String, usize)> {
    let first = days.keys().next().copied().unwrap_or(from).min(from);
    let last = days.keys().next_back().copied().unwrap_or(to).max(to);
    let mut all: Vec<(Date, usize)> = Vec::new();
    let mut day = first;
    while day <= last {
        all.push((day, days.get(&day).copied().unwrap_or(0)));
        let Ok(next) = day.tomorrow() else { break };
        day = next;
    }
    if all.len() <= DAYS {
        return all
            .into_iter()
            .map(|(day, count)| (day.to_string(), count))
            .collect();
    }
    all.chunks(7)
        .map(|week| {
            let begin = week.first().map_or(first, |(day, _)| *day);
            (
                format!("{begin} +7d"),
                week.iter().map(|(_, count)| count).sum(),
            )
        })
        .collect()
}

/// Says which of the configured rules match the same items.
fn others(out: &mut impl Write, found: &Found, config: &Config) -> std::io::Result<()> {
    if found.matched == 0 || config.rules.is_empty() {
        return Ok(());
    }
    let caught = found.matched - found.alone;
    writeln!(
        out,
        "{caught} of them already match other rules, {} would be new",
        found.alone
    )?;
    let mut others: Vec<(&usize, &usize)> = found.others.iter().collect();
    others.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
    for (rule, count) in others {
        if let Some(rule) = config.rules.get(*rule) {
            writeln!(out, "  {count:>5}  {}", text::printable(&rule.name))?;
        }
    }
    Ok(())
}

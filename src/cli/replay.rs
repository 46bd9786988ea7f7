//! `newsbell replay`: what would these rules have done with recorded items?

use std::collections::{HashMap, HashSet, VecDeque};
use std::convert::Infallible;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::DATA;
use crate::clock::Clock;
use crate::config::Config;
use crate::model::{
    AlertId, Evidence, FeedId, Item, Limit, Rule, StoryId, Verdict, Why, primary_language,
};
use crate::policy::hold::{self, Gather, Hours};
use crate::rules::frequencies::Frequencies;
use crate::rules::{Matcher, Subject};
use crate::story::{Grouper, ITEMS, Sighting};
use crate::{policy, store};

/// Alerts that are remembered to see whether there are too many.
const RUNG: usize = 10_000;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Recorded items, one JSON object a line: id, title, and if you like body, link, feed,
    /// published (RFC 3339) and lang; `-` reads them from the standard input
    items: PathBuf,
    /// Print `item<TAB>rule` for every hit (the default)
    #[arg(long, conflicts_with_all = ["stories", "output"])]
    pairs: bool,
    /// Print `item<TAB>story` for every item
    #[arg(long, conflicts_with = "output")]
    stories: bool,
    /// Print every hit with its evidence and verdict
    #[arg(short = 'o', long, value_name = "FORMAT")]
    output: Option<Format>,
    /// Say on the standard error how fast it was and how much memory it took
    #[arg(long)]
    timing: bool,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Format {
    /// One object a line
    Jsonl,
}

/// An item as it was recorded.
#[derive(Debug, Deserialize)]
struct Recorded {
    id: String,
    title: String,
    #[serde(default)]
    body: String,
    link: Option<String>,
    feed: Option<String>,
    published: Option<Timestamp>,
    lang: Option<String>,
}

/// A hit as it is printed.
#[derive(Debug, Serialize)]
struct Hit<'h> {
    item: &'h str,
    rule: &'h str,
    feed: Option<&'h str>,
    story: StoryId,
    at: Timestamp,
    #[serde(flatten)]
    verdict: &'h Verdict,
    alert: Option<&'h AlertId>,
    evidence: &'h [Evidence],
}

pub(super) fn run(path: &Path, args: &Args) -> anyhow::Result<ExitCode> {
    let config = Config::load(path)?;
    let mut matcher = Matcher::new(Arc::new(config.compile(&Frequencies::default())?));
    let clock = Clock::wall();
    let begin = clock.now();
    let name = args.items.display();
    let input = input(&args.items).with_context(|| format!("cannot read {name}"))?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut past = Past::new(config.stories.window);
    let zone = config.quiet.zone.clone();
    let zone = zone.unwrap_or_else(TimeZone::system);
    let hours = Hours {
        quiet: &config.quiet,
        zone: &zone,
    };
    let mut placed: Vec<(String, StoryId)> = Vec::new();
    let mut items: u64 = 0;
    let mut at = Timestamp::UNIX_EPOCH;
    for (number, line) in input.lines().enumerate() {
        let line = line.with_context(|| format!("cannot read {name}"))?;
        if line.trim().is_empty() {
            continue;
        }
        let recorded: Recorded = match serde_json::from_str(&line) {
            Ok(recorded) => recorded,
            Err(error) => {
                out.flush()?;
                let place = format!("{name}:{}", number + 1);
                let mut stderr = std::io::stderr().lock();
                writeln!(stderr, "error: {place}: this is no recorded item: {error}")?;
                return Ok(ExitCode::from(DATA));
            }
        };
        items += 1;
        // Time does not run backwards; an item without a time came with the one before.
        at = recorded.published.map_or(at, |published| published.max(at));
        let item = item(&recorded);
        let feed = recorded.feed.as_deref().unwrap_or_default();
        let story = past.story(&item, feed, at);
        if args.stories {
            placed.push((recorded.id, story));
            continue;
        }
        let carriers = past.feeds.entry(story).or_default();
        carriers.insert(feed.to_owned(), at);
        let configured = config.feeds.iter().find(|known| &*known.name == feed);
        let subject = Subject {
            item: &item,
            feed,
            tags: configured.map_or(&[], |feed| &feed.tags),
        };
        let is_on = |rule: usize| policy::is_on(&config.rules[rule], at);
        if args.output.is_none() {
            for rule in matcher
                .rules(&subject)
                .into_iter()
                .filter(|rule| is_on(*rule))
            {
                writeln!(out, "{}\t{}", recorded.id, config.rules[rule].name)?;
            }
            continue;
        }
        for found in matcher.matches(&subject) {
            if !is_on(found.rule) {
                continue;
            }
            let rule = &config.rules[found.rule];
            let (verdict, alert) =
                past.judge((rule, story), item.published, (hours, config.flood), at)?;
            let hit = Hit {
                item: &recorded.id,
                rule: &rule.name,
                feed: recorded.feed.as_deref(),
                story,
                at,
                verdict: &verdict,
                alert: alert.as_ref(),
                evidence: &found.evidence,
            };
            serde_json::to_writer(&mut out, &hit)?;
            writeln!(out)?;
        }
    }
    // Not before the end: only then is it known which stories turned out to be one.
    for (item, story) in &placed {
        writeln!(out, "{item}\t{}", past.grouper.resolve(*story).0)?;
    }
    out.flush()?;
    if args.timing {
        let seconds = clock.now().duration_since(begin).as_secs_f64().max(1e-6);
        #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
        let rate = items as f64 / seconds;
        let (rules, memory) = (config.rules.len(), peak_memory());
        let mut stderr = std::io::stderr().lock();
        writeln!(
            stderr,
            "{items} items, {rules} rules, {seconds:.3} s, {rate:.0} items/s, peak memory {memory}"
        )?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The lines of a file, or of the standard input.
fn input(path: &Path) -> std::io::Result<Box<dyn BufRead>> {
    Ok(if path == Path::new("-") {
        Box::new(std::io::stdin().lock())
    } else {
        Box::new(BufReader::new(File::open(path)?))
    })
}

fn item(recorded: &Recorded) -> Item {
    Item {
        key: recorded.id.clone(),
        link: recorded.link.clone(),
        canonical_link: recorded.link.clone(),
        title: recorded.title.clone(),
        body: recorded.body.clone(),
        authors: Vec::new(),
        categories: Vec::new(),
        published: recorded.published,
        language: recorded.lang.as_deref().and_then(primary_language),
    }
}

/// What the items so far have left behind.
struct Past {
    grouper: Grouper,
    items: i64,
    stories: i64,
    told: HashMap<(String, StoryId), (AlertId, Timestamp)>,
    /// By story, who carries it, and when they did last.
    feeds: HashMap<StoryId, HashMap<String, Timestamp>>,
    /// What rang again because many carried it.
    escalated: HashSet<(String, StoryId)>,
    /// Which rule rang, and when.
    rung: VecDeque<(String, Timestamp)>,
    /// Alerts that are held, by what they wait for, and until when.
    gathering: HashMap<String, (AlertId, Timestamp)>,
    /// When a flood was told last.
    flood: Option<Timestamp>,
}

impl Past {
    fn new(window: SignedDuration) -> Past {
        Past {
            grouper: Grouper::new(window, ITEMS),
            items: 0,
            stories: 0,
            told: HashMap::new(),
            feeds: HashMap::new(),
            escalated: HashSet::new(),
            rung: VecDeque::new(),
            gathering: HashMap::new(),
            flood: None,
        }
    }

    fn story(&mut self, item: &Item, feed: &str, at: Timestamp) -> StoryId {
        // Recorded items know their feed by name only; without one each is of a feed of its own.
        self.items += 1;
        let feed = match feed {
            "" => FeedId(self.items),
            name => FeedId(xxh3_64(name.as_bytes()).cast_signed()),
        };
        let begin = || {
            self.stories += 1;
            Ok(StoryId(self.stories))
        };
        let Ok(placed) = self
            .grouper
            .place(Sighting::new(item, feed, at), begin)
            .map_err(|never: Infallible| match never {});
        if let Some(gone) = placed.merged {
            self.merge(gone, placed.story);
        }
        placed.story
    }

    /// What is known of a story that turned out to be another one is known of that.
    fn merge(&mut self, gone: StoryId, kept: StoryId) {
        if let Some(feeds) = self.feeds.remove(&gone) {
            self.feeds.entry(kept).or_default().extend(feeds);
        }
        let told: Vec<_> = self
            .told
            .extract_if(|(_, story), _| *story == gone)
            .collect();
        for ((rule, _), told) in told {
            self.told.entry((rule, kept)).or_insert(told);
        }
        let escalated: Vec<_> = self
            .escalated
            .extract_if(|(_, story)| *story == gone)
            .collect();
        self.escalated
            .extend(escalated.into_iter().map(|(rule, _)| (rule, kept)));
    }

    /// Who carries a story, as far as the rule asks.
    fn carried(&self, about: &(String, StoryId), rule: &Rule, at: Timestamp) -> policy::Carried {
        let empty = HashMap::new();
        let feeds = self.feeds.get(&about.1).unwrap_or(&empty);
        let within = rule.telling.escalate.map(|limit| limit.within);
        let lately =
            |last: &&Timestamp| within.is_some_and(|within| at.duration_since(**last) <= within);
        policy::Carried {
            ever: feeds.len(),
            lately: feeds.values().filter(lately).count(),
            escalated: self.escalated.contains(about),
        }
    }

    fn judge(
        &mut self,
        (rule, story): (&Rule, StoryId),
        published: Option<Timestamp>,
        (hours, flood): (Hours<'_>, Limit),
        at: Timestamp,
    ) -> anyhow::Result<(Verdict, Option<AlertId>)> {
        let about = (rule.name.to_string(), story);
        let told = self.told.get(&about);
        let carried = self.carried(&about, rule, at);
        let case = policy::Case {
            rule,
            published,
            muted: None,
            not_relevant: None,
            repeats: None,
            baseline: false,
            told,
            carried,
        };
        let verdict = policy::verdict(case, at);
        let Verdict::Ring(why) = &verdict else {
            return Ok((verdict, told.map(|(alert, _)| alert.clone())));
        };
        if let Why::Escalated { .. } = why {
            self.escalated.insert(about.clone());
        }
        let within = rule.telling.repeat.map(|limit| limit.within);
        let rung = lately(&self.rung, within.unwrap_or_default(), at);
        let of_rule = rung.filter(|(name, _)| *name == about.0).map(|(_, at)| *at);
        let of_rule: Vec<Timestamp> = of_rule.collect();
        let alerts = 1 + lately(&self.rung, flood.within, at).count();
        let held = hold::hold(rule, &of_rule, hours, at).or_else(|| {
            let floods = policy::is_flood(alerts, flood);
            floods.then(|| hold::flood(self.flood, flood, hours, at))
        });
        let (verdict, id, told_at) = match held {
            None => {
                self.rung.push_back((about.0.clone(), at));
                (verdict, store::new_alert_id(), at)
            }
            Some((gather, due_at)) => {
                let key = serde_json::to_string(&(&gather, &rule.channels))?;
                let open = self.gathering.get(&key).cloned();
                let open = open.filter(|(_, due_at)| *due_at > at);
                let (id, due_at) = open.unwrap_or_else(|| (store::new_alert_id(), due_at));
                self.gathering.insert(key, (id.clone(), due_at));
                if gather == Gather::Flood {
                    self.flood = Some(due_at);
                }
                let why = gather.why((rule, alerts), due_at);
                (Verdict::Hold(why), id, due_at)
            }
        };
        while self.rung.len() > RUNG {
            self.rung.pop_front();
        }
        self.told.insert(about, (id.clone(), told_at));
        Ok((verdict, Some(id)))
    }
}

/// What was rung in so long a time before `at`.
fn lately(
    rung: &VecDeque<(String, Timestamp)>,
    within: SignedDuration,
    at: Timestamp,
) -> impl Iterator<Item = &(String, Timestamp)> {
    let recent = move |rang: &&(String, Timestamp)| at.duration_since(rang.1) < within;
    rung.iter().filter(recent)
}

/// The most memory this process has held, as Linux tells it.
fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or("unknown".to_owned(), |value| value.trim().to_owned())
}

//! `newsbell poll`: one pass now, and what came of it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use futures_util::future::try_join_all;
use tokio::sync::watch;

use super::run::runtime;
use super::{UNREACHABLE, show};
use crate::clock::Clock;
use crate::config::Config;
use crate::daemon::Parts;
use crate::decide::Decider;
use crate::model::{Evidence, HitView, StoryId, Trouble};
use crate::poll::{Outcome, Report};
use crate::pulse::Pulse;
use crate::store::{Store, StoreError};
use crate::{decide, deliver, poll, render, text};

pub(super) fn run(path: &Path) -> anyhow::Result<ExitCode> {
    let config = Config::load(path)?;
    let store = Store::open(&config.store.path)?;
    runtime()?.block_on(pass(&config, path, store))
}

async fn pass(config: &Config, path: &Path, store: Store) -> anyhow::Result<ExitCode> {
    let clock = Clock::wall();
    let parts = Parts::new(config, &store, clock.clone(), &Arc::default()).await?;
    let decider = decide::run(
        store.clone(),
        Decider::new(Arc::clone(&parts.rules), config.stories.window),
        config.store.keep,
        (
            clock.clone(),
            parts.inbox,
            watch::Sender::new(0),
            Pulse::default().beat(),
        ),
    );
    let mut reports = Vec::new();
    let poller = poll::pass(parts.feeds, parts.tools, |report| reports.push(report));
    // The poller owns the only way in, so the decider ends when it has.
    tokio::join!(decider, poller);
    // Nobody else's first poll can join the summary any more, and no more of a flood.
    let now = clock.now();
    store.write(move |tx| tx.stop_gathering(now)).await?;
    // At once, so that one that hangs delays no other.
    let passes = parts.outlets.iter().map(|outlet| {
        let (store, clock) = (&store, &clock);
        async move {
            let passed = deliver::pass(store, outlet, clock).await?;
            Ok::<_, StoreError>((outlet.name.clone(), passed))
        }
    });
    let told = try_join_all(passes).await?;

    let stdout = std::io::stdout();
    let paint = show::Paint::new(show::colour(&stdout));
    let mut out = stdout.lock();
    let feeds = config.feeds.iter().map(|feed| feed.url.as_str());
    let places: HashMap<&str, usize> = feeds.zip(0..).collect();
    reports.sort_by_key(|report| places.get(report.feed.url.as_str()));
    for report in &reports {
        let name = text::printable(&report.feed.name);
        let outcome = outcome(&report.outcome, &clock);
        writeln!(out, "{name}: {}", text::printable(&outcome))?;
    }
    let hits = stories(&reports);
    for story in &hits {
        writeln!(out)?;
        tell(&mut out, story, paint)?;
    }
    writeln!(out)?;
    for (channel, passed) in told {
        match passed.error {
            None => writeln!(out, "{channel}: {} alerts told", passed.sent)?,
            Some(error) => writeln!(
                out,
                "{channel}: {} alerts told, the others wait in the outbox: {}",
                passed.sent,
                text::printable(&error)
            )?,
        }
    }
    let path = path.display();
    writeln!(
        out,
        "next: `newsbell --config {path} hits` lists every hit so far,"
    )?;
    writeln!(
        out,
        "      `newsbell --config {path} run` keeps watching and rings for new ones"
    )?;

    let failed = |report: &Report| {
        matches!(
            report.outcome,
            Outcome::Failed(_)
                | Outcome::Gone
                | Outcome::NoDescriptors
                | Outcome::NotReached
                | Outcome::NotStored(_)
        )
    };
    let none_reached = !reports.is_empty() && reports.iter().all(failed);
    Ok(if none_reached {
        ExitCode::from(UNREACHABLE)
    } else {
        ExitCode::SUCCESS
    })
}

fn outcome(outcome: &Outcome, clock: &Clock) -> String {
    match outcome {
        Outcome::Unchanged => "nothing new".to_owned(),
        Outcome::Read(decided) => {
            let mut text = format!("{} new items", decided.new);
            if decided.edited > 0 {
                text.push_str(&format!(", {} edited", decided.edited));
            }
            text.push_str(&format!(", {} hits", decided.hits.len()));
            if decided.baseline {
                text.push_str(" (read for the first time)");
            }
            text
        }
        Outcome::Asked(until) => format!(
            "not asked: its server wants to be left alone; {}",
            show::distance(*until, clock.now())
        ),
        Outcome::Failed(error) => format!("failed: {error}"),
        Outcome::NotReached => "not reached".to_owned(),
        Outcome::NoDescriptors => Trouble::NoDescriptors.to_string(),
        Outcome::Gone => "gone for good, says its server (410)".to_owned(),
        Outcome::NotStored(error) => format!("not stored: {error}"),
    }
}

/// The hits of a pass by story, the newest story first.
fn stories(reports: &[Report]) -> Vec<Vec<&HitView>> {
    let mut stories: BTreeMap<StoryId, Vec<&HitView>> = BTreeMap::new();
    for report in reports {
        if let Outcome::Read(decided) = &report.outcome {
            for hit in &decided.hits {
                stories.entry(hit.story).or_default().push(hit);
            }
        }
    }
    let mut stories: Vec<_> = stories.into_values().collect();
    stories.sort_by_key(|hits| {
        let published = hits.first().map(|hit| hit.published.unwrap_or(hit.at));
        Reverse(published)
    });
    stories
}

/// One story: headline, then each rule with its verdict and the words it matched, then the sources.
fn tell(out: &mut impl Write, hits: &[&HitView], paint: show::Paint) -> anyhow::Result<()> {
    let Some(first) = hits.first() else {
        return Ok(());
    };
    writeln!(
        out,
        "{}",
        paint.headline(&render::title(&first.title, &all_marks(hits, first)))
    )?;
    let mut rules: Vec<&str> = Vec::new();
    for hit in hits {
        if rules.contains(&hit.rule.as_str()) {
            continue;
        }
        rules.push(&hit.rule);
        let verdict = show::verdict(&hit.verdict);
        writeln!(out, "  {} — {verdict}", text::printable(&hit.rule))?;
        let snippet = paint.line(&render::snippet(&hit.body, &hit.evidence));
        if !snippet.is_empty() {
            writeln!(out, "    {snippet}")?;
        }
    }
    let mut sources: Vec<&str> = Vec::new();
    for hit in hits {
        if !sources.contains(&hit.feed.as_str()) {
            sources.push(&hit.feed);
            let link = hit.link.as_deref().unwrap_or("no link");
            writeln!(out, "  {}", paint.dim(&format!("{} · {link}", hit.feed)))?;
        }
    }
    Ok(())
}

/// The evidence of every rule that met the item of `first`.
fn all_marks(hits: &[&HitView], first: &HitView) -> Vec<Evidence> {
    let mut marks: Vec<_> = hits
        .iter()
        .filter(|hit| hit.item == first.item)
        .flat_map(|hit| hit.evidence.iter().cloned())
        .collect();
    marks.sort();
    marks.dedup();
    marks
}

//! `newsbell feeds`: how is each feed, and why is it asked when it is?

mod add;
mod check;
pub(super) mod names;

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use jiff::Timestamp;

use super::{USAGE, open, show};
use crate::clock::Clock;
use crate::config::{Config, edit};
use crate::model::{Feed, FeedState, Health, Pace, without_password};
use crate::poll::MOVED;
use crate::store::FeedRow;
use crate::text;

const COLUMNS: [&str; 9] = [
    "Feed",
    "State",
    "Last new",
    "Next poll",
    "Interval",
    "A day",
    "Items",
    "Hits",
    "Put right",
];

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Add a feed, or the feeds of a site, to the configuration
    Add(add::Args),
    /// Remove a feed from the configuration
    Remove {
        /// Its name or its URL
        feed: String,
    },
    /// Fetch and read every feed once; store and ring nothing
    Check,
}

pub(super) fn run(path: &Path, args: &Args) -> anyhow::Result<ExitCode> {
    match &args.command {
        None => list(path),
        Some(Command::Add(args)) => add::run(path, args),
        Some(Command::Remove { feed }) => remove(path, feed),
        Some(Command::Check) => check::run(path),
    }
}

fn remove(path: &Path, which: &str) -> anyhow::Result<ExitCode> {
    let config = Config::load(path)?;
    let known = config
        .feeds
        .iter()
        .find(|feed| *feed.name == *which || feed.url.as_str() == which);
    let removed = match known {
        Some(feed) => edit::remove(&config, &feed.name)?,
        None => None,
    };
    let (Some(feed), Some(file)) = (known, removed) else {
        writeln!(
            std::io::stderr().lock(),
            "error: there is no feed `{}`\n  help: `newsbell feeds` lists them all",
            text::printable(which)
        )?;
        return Ok(ExitCode::from(USAGE));
    };
    writeln!(
        std::io::stdout().lock(),
        "removed {} from {}",
        text::printable(&feed.name),
        file.display()
    )?;
    Ok(ExitCode::SUCCESS)
}

fn list(path: &Path) -> anyhow::Result<ExitCode> {
    let (config, mut reader) = open(path)?;
    let now = Clock::wall().now();
    let rows = reader.read(|tx| {
        config
            .feeds
            .iter()
            .map(|feed| Ok((feed, tx.feed_row(&feed.url, now)?)))
            .collect::<Result<Vec<_>, _>>()
    })?;
    let stdout = std::io::stdout();
    let terminal = stdout.is_terminal();
    let mut out = stdout.lock();
    let mut table = show::table(&COLUMNS);
    for (feed, row) in &rows {
        let fields = fields(feed, row.as_ref(), now);
        if terminal {
            table.add_row(fields);
        } else {
            writeln!(
                out,
                "{}\t{}",
                fields.join("\t"),
                without_password(&feed.url)
            )?;
        }
    }
    if terminal {
        writeln!(out, "{table}")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn fields(feed: &Feed, row: Option<&FeedRow>, now: Timestamp) -> [String; COLUMNS.len()] {
    let name = text::printable(&feed.name).into_owned();
    let Some(row) = row else {
        let not_yet = ["not read yet", "", "now", "", "", "0", "0", ""];
        let mut fields = [const { String::new() }; COLUMNS.len()];
        fields[0] = name;
        for (field, text) in fields[1..].iter_mut().zip(not_yet) {
            text.clone_into(field);
        }
        return fields;
    };
    let polls = &row.state;
    let when = |time| show::distance(time, now);
    [
        name,
        text::printable(&state(polls, now)).into_owned(),
        polls.changed_at.map_or("never".to_owned(), when),
        next(polls, now),
        interval(polls),
        a_day(row.week),
        row.items.to_string(),
        row.hits.to_string(),
        repairs(polls),
    ]
}

fn state(polls: &FeedState, now: Timestamp) -> String {
    if let Some(gone) = polls.gone_at {
        let since = show::distance(gone, now);
        return format!("gone for good, says its server (410), {since}: remove it");
    }
    match (&polls.health, polls.first_read_at) {
        (
            Health::Failing {
                since,
                failures,
                error,
            },
            _,
        ) => format!(
            "failing since {} ({failures} times): {error}",
            show::time(*since)
        ),
        (Health::Ok, None) => "not read yet".to_owned(),
        (Health::Ok, Some(_)) => match &polls.moved {
            Some(moved) if moved.polls >= MOVED => {
                format!("ok, moved to {}", without_password(&moved.to))
            }
            _ => "ok".to_owned(),
        },
    }
}

fn next(polls: &FeedState, now: Timestamp) -> String {
    match polls.next_poll_at {
        _ if polls.gone_at.is_some() => "never".to_owned(),
        Some(due) if due > now => show::distance(due, now),
        _ => "now".to_owned(),
    }
}

/// How long the pause is, and who wants it so long.
fn interval(polls: &FeedState) -> String {
    let (Some(last), Some(next)) = (polls.last_poll_at, polls.next_poll_at) else {
        return String::new();
    };
    let length = show::length(next.duration_since(last));
    match polls.pace {
        Pace::Every => length,
        Pace::Quiet => format!("{length}: quiet"),
        Pace::Fresh => format!("{length}: max-age"),
        Pace::Ttl => format!("{length}: ttl"),
        Pace::Period => format!("{length}: updatePeriod"),
        Pace::Skip => format!("{length}: skipHours"),
        Pace::BackOff => format!("{length}: after failures"),
        Pace::RetryAfter => format!("{length}: Retry-After"),
        Pace::Gone => String::new(),
    }
}

/// Items a day, over the last seven.
fn a_day(week: u64) -> String {
    let tenths = (week * 10 + 3) / 7;
    if tenths >= 100 {
        (tenths / 10).to_string()
    } else {
        format!("{}.{}", tenths / 10, tenths % 10)
    }
}

/// What was put right in the last document.
fn repairs(polls: &FeedState) -> String {
    let named: Vec<String> = polls
        .repairs
        .iter()
        .map(|(name, count)| show::repair(name, *count))
        .collect();
    text::printable(&named.join(", ")).into_owned()
}

//! `newsbell stories`: what is the news, and who carries it?

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::ValueEnum;
use jiff::{SignedDuration, Timestamp};

use super::hits::parse_since;
use super::{open, show};
use crate::clock::Clock;
use crate::model::StoryView;
use crate::text;

/// How far back stories are listed, unless it is said.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Items of one story in a table, at most.
const SHOWN: usize = 12;

/// Items of one story elsewhere, at most.
const WRITTEN: usize = 1000;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only stories with new items in this last while: 30m, 12h, 2d, 1w [default: 24h]
    #[arg(long, value_name = "TIME", value_parser = parse_since)]
    since: Option<SignedDuration>,
    /// At most so many, those of most feeds
    #[arg(short = 'n', long, value_name = "NUMBER", default_value_t = 20)]
    limit: usize,
    /// A table on a terminal and plain lines in a pipe, unless you say
    #[arg(short = 'o', long, value_name = "FORMAT")]
    output: Option<Format>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// One array
    Json,
    /// One object a line
    Jsonl,
}

pub(super) fn run(path: &Path, args: &Args) -> anyhow::Result<ExitCode> {
    let (_, mut reader) = open(path)?;
    let now = Clock::wall().now();
    let since = now
        .saturating_sub(args.since.unwrap_or(DAY))
        .unwrap_or(Timestamp::MIN);
    let stdout = std::io::stdout();
    let terminal = stdout.is_terminal();
    let sources = match args.output {
        Some(Format::Table) => SHOWN,
        None if terminal => SHOWN,
        _ => WRITTEN,
    };
    let stories = reader.read(|tx| tx.stories(since, (args.limit, sources)))?;
    let paint = show::Paint::new(show::colour(&stdout));
    let mut out = stdout.lock();
    match args.output {
        Some(Format::Json) => {
            serde_json::to_writer_pretty(&mut out, &stories)?;
            writeln!(out)?;
        }
        Some(Format::Jsonl) => {
            for story in &stories {
                serde_json::to_writer(&mut out, story)?;
                writeln!(out)?;
            }
        }
        Some(Format::Table) => table(&mut out, &stories, paint)?,
        None if terminal => table(&mut out, &stories, paint)?,
        None => lines(&mut out, &stories)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn table(out: &mut impl Write, stories: &[StoryView], paint: show::Paint) -> anyhow::Result<()> {
    if stories.is_empty() {
        writeln!(out, "no stories")?;
        return Ok(());
    }
    let mut table = show::table(&["First", "Story", "Spread"]);
    for story in stories {
        table.add_row([show::time(story.first), cell(story, paint), spread(story)]);
    }
    writeln!(out, "{table}")?;
    Ok(())
}

/// The headline that came first, and everyone who carries it in the order of time.
fn cell(story: &StoryView, paint: show::Paint) -> String {
    let mut lines = Vec::new();
    let first = story.items.first();
    lines.extend(first.map(|source| text::printable(&source.title).into_owned()));
    for source in &story.items {
        let title = text::printable(&source.title);
        let feed = text::printable(&source.feed);
        let at = show::time(source.at);
        // What is above already is not said again.
        lines.push(if first.is_some_and(|first| first.title == source.title) {
            paint.dim(&format!("{at} {feed}"))
        } else {
            paint.dim(&format!("{at} {feed}: {title}"))
        });
    }
    let more = usize::try_from(story.count)
        .unwrap_or(usize::MAX)
        .saturating_sub(story.items.len());
    if more > 0 {
        lines.push(paint.dim(&format!("and {more} more")));
    }
    let number = format!("story {}", story.story.0);
    lines.push(paint.dim(&match story.rules.as_slice() {
        [] => number,
        rules => format!("{number} · {}", rules.join(", ")),
    }));
    lines.join("\n")
}

/// How many feeds carry a story, and how long it took to reach them.
fn spread(story: &StoryView) -> String {
    let feeds = match story.feeds {
        1 => "1 feed".to_owned(),
        feeds => format!("{feeds} feeds"),
    };
    if story.first == story.last {
        return feeds;
    }
    let time = show::length(story.last.duration_since(story.first));
    format!("{feeds} in {time}")
}

/// One story a line, fields separated by tabs: for `grep` and `cut`.
fn lines(out: &mut impl Write, stories: &[StoryView]) -> anyhow::Result<()> {
    for story in stories {
        let mut feeds: Vec<&str> = Vec::new();
        for source in &story.items {
            if !feeds.contains(&&*source.feed) {
                feeds.push(&source.feed);
            }
        }
        let title = story.items.first().map_or("", |source| &source.title);
        writeln!(
            out,
            "{}\t{}\t{}\t{}\t{}\t{}",
            story.story.0,
            story.first,
            story.last,
            story.feeds,
            text::printable(title),
            text::printable(&feeds.join(", "))
        )?;
    }
    Ok(())
}

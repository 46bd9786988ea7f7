//! `newsbell hits`: what matched, and why.

use std::borrow::Cow;
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::ValueEnum;
use jiff::SignedDuration;

use super::{open, show};
use crate::clock::Clock;
use crate::config;
use crate::model::{HitView, StoryId};
use crate::render;
use crate::store::HitFilter;
use crate::text;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only hits of this last while: 30m, 12h, 2d, 1w
    #[arg(long, value_name = "TIME", value_parser = parse_since)]
    since: Option<SignedDuration>,
    /// Only hits of this rule
    #[arg(long, value_name = "RULE")]
    rule: Option<String>,
    /// Only hits of this story, by its number
    #[arg(long, value_name = "ID", value_parser = story_number)]
    story: Option<StoryId>,
    /// At most so many, the newest
    #[arg(short = 'n', long, value_name = "NUMBER", default_value_t = 50)]
    limit: usize,
    /// A table on a terminal and plain lines in a pipe, unless you say
    #[arg(short = 'o', long, value_name = "FORMAT")]
    output: Option<Format>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people, matched words highlighted
    Table,
    /// One array
    Json,
    /// One object a line
    Jsonl,
    /// With a header line
    Csv,
}

pub(super) fn parse_since(text: &str) -> Result<SignedDuration, String> {
    config::file::duration(text)
        .ok_or_else(|| "write a number and a unit: 30m, 12h, 2d, 1w".to_owned())
}

/// A story as `stories`, `hits` and `why` name it: `12` or `#12`.
fn story_number(text: &str) -> Result<StoryId, String> {
    let number = text.trim_start_matches('#').parse();
    let number =
        number.map_err(|_| "write its number: `newsbell stories` lists them".to_owned())?;
    Ok(StoryId(number))
}

pub(super) fn run(path: &Path, args: &Args) -> anyhow::Result<ExitCode> {
    let (config, mut reader) = open(path)?;
    let now = Clock::wall().now();
    let story = match args.story {
        None => None,
        Some(story) => match reader.read(|tx| tx.story_now(story))? {
            Some(now) => Some(now),
            None => anyhow::bail!(
                "there is no story {}\n  help: `newsbell stories` lists those of the last day, \
                 `--since 7d` those of a week",
                story.0
            ),
        },
    };
    let filter = HitFilter {
        since: args.since.and_then(|since| now.saturating_sub(since).ok()),
        rule: args.rule.clone(),
        story,
        limit: args.limit,
    };
    let hits = reader.read(|tx| tx.hits(&filter))?;
    if let Some(rule) = args.rule.as_deref().filter(|_| hits.is_empty()) {
        let names: Vec<&str> = config.rules.iter().map(|rule| &*rule.name).collect();
        if !names.contains(&rule) {
            anyhow::bail!(
                "there is no rule `{rule}`\n  help: the rules are: {}",
                names.join(", ")
            );
        }
    }
    let stdout = std::io::stdout();
    let terminal = stdout.is_terminal();
    let paint = show::Paint::new(show::colour(&stdout));
    let mut out = stdout.lock();
    match args.output {
        Some(Format::Json) => {
            serde_json::to_writer_pretty(&mut out, &hits)?;
            writeln!(out)?;
        }
        Some(Format::Jsonl) => {
            for hit in &hits {
                serde_json::to_writer(&mut out, hit)?;
                writeln!(out)?;
            }
        }
        Some(Format::Csv) => csv(&mut out, &hits)?,
        Some(Format::Table) => table(&mut out, &hits, paint)?,
        None if terminal => table(&mut out, &hits, paint)?,
        None => lines(&mut out, &hits)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn table(out: &mut impl Write, hits: &[HitView], paint: show::Paint) -> anyhow::Result<()> {
    if hits.is_empty() {
        writeln!(out, "no hits")?;
        return Ok(());
    }
    let mut table = show::table(&["When", "Rule", "Story", "Verdict"]);
    for hit in hits {
        let mut story = paint.headline(&render::title(&hit.title, &hit.evidence));
        let snippet = paint.line(&render::snippet(&hit.body, &hit.evidence));
        if !snippet.is_empty() {
            story.push('\n');
            story.push_str(&snippet);
        }
        if let Some(was) = &hit.was {
            story.push('\n');
            story.push_str(&paint.dim(&render::was(was)));
        }
        if let Some(said) = hit.not_relevant {
            story.push('\n');
            story.push_str(&paint.dim(&format!("found not relevant {}", show::time(said))));
        }
        let link = hit.link.as_deref().unwrap_or("no link");
        story.push('\n');
        story.push_str(&paint.dim(&format!(
            "{} · item {} · story {} · {link}",
            hit.feed, hit.item.0, hit.story.0
        )));
        table.add_row([
            show::time(hit.at),
            text::printable(&hit.rule).into_owned(),
            story,
            show::verdict(&hit.verdict),
        ]);
    }
    writeln!(out, "{table}")?;
    Ok(())
}

/// One hit a line, fields separated by tabs: for `grep` and `cut`.
fn lines(out: &mut impl Write, hits: &[HitView]) -> anyhow::Result<()> {
    for hit in hits {
        let link = hit.link.as_deref().unwrap_or_default();
        let verdict = show::verdict(&hit.verdict);
        let at = hit.at.to_string();
        let fields = [&at, &hit.rule, &hit.feed, &hit.title, link, &verdict];
        let fields: Vec<Cow<'_, str>> = fields.iter().map(|field| text::printable(field)).collect();
        writeln!(out, "{}", fields.join("\t"))?;
    }
    Ok(())
}

fn csv(out: &mut impl Write, hits: &[HitView]) -> anyhow::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record([
        "id",
        "item",
        "at",
        "rule",
        "verdict",
        "alert",
        "story",
        "feed",
        "title",
        "link",
        "published",
        "matched",
        "was",
        "not_relevant",
    ])?;
    for hit in hits {
        let matched: Vec<&str> = hit.evidence.iter().map(|mark| mark.text.as_str()).collect();
        let alert = hit.alert.as_ref().map(|id| id.0.as_str());
        let fields = [
            hit.id.to_string(),
            hit.item.0.to_string(),
            hit.at.to_string(),
            cell(&hit.rule),
            show::verdict(&hit.verdict),
            alert.unwrap_or_default().to_owned(),
            hit.story.0.to_string(),
            cell(&hit.feed),
            cell(&hit.title),
            cell(hit.link.as_deref().unwrap_or_default()),
            hit.published.map(|at| at.to_string()).unwrap_or_default(),
            cell(&matched.join(" | ")),
            cell(&hit.was.as_ref().map(render::was).unwrap_or_default()),
            hit.not_relevant
                .map(|at| at.to_string())
                .unwrap_or_default(),
        ];
        csv.write_record(fields)?;
    }
    csv.flush()?;
    Ok(())
}

/// A cell that no spreadsheet takes for a formula: those that begin like one get an apostrophe
/// (OWASP, "CSV Injection").
fn cell(text: &str) -> String {
    let text = text::printable(text);
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.into_owned()
    }
}

//! `newsbell outbox`: what has no channel taken?

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::ValueEnum;
use jiff::Timestamp;
use serde_json::json;

use super::{USAGE, open, show};
use crate::clock::Clock;
use crate::config::{Config, DESKTOP};
use crate::store::{self, Kept, KeptState, Store};
use crate::{render, text};

/// The most alerts that are listed.
const MOST: usize = 500;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// A table on a terminal and plain lines in a pipe, unless you say
    #[arg(short = 'o', long, value_name = "FORMAT")]
    output: Option<Format>,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Send again what was given up, and try now what waits
    Retry {
        /// Only on this channel
        channel: Option<String>,
    },
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
    match &args.command {
        None => list(path, args.output),
        Some(Command::Retry { channel }) => retry(path, channel.as_deref()),
    }
}

fn list(path: &Path, format: Option<Format>) -> anyhow::Result<ExitCode> {
    let (_, mut reader) = open(path)?;
    let kept = reader.read(|tx| tx.kept(MOST))?;
    let now = Clock::wall().now();
    let stdout = std::io::stdout();
    let terminal = stdout.is_terminal();
    let mut out = stdout.lock();
    match format {
        Some(Format::Json) => {
            let all: Vec<_> = kept.iter().map(object).collect();
            serde_json::to_writer_pretty(&mut out, &all)?;
            writeln!(out)?;
        }
        Some(Format::Jsonl) => {
            for one in &kept {
                writeln!(out, "{}", object(one))?;
            }
        }
        Some(Format::Table) => table(&mut out, &kept, now)?,
        None if terminal => table(&mut out, &kept, now)?,
        None => {
            for one in &kept {
                writeln!(out, "{}", fields(one, now).join("\t"))?;
            }
        }
    }
    if kept.len() == MOST {
        writeln!(
            std::io::stderr().lock(),
            "these are the first {MOST}; there are more"
        )?;
    }
    Ok(ExitCode::SUCCESS)
}

fn object(kept: &Kept) -> serde_json::Value {
    json!({
        "alert": kept.alert.id,
        "channel": kept.channel,
        "state": kept.state,
        "title": text::printable(&render::message(&kept.alert).title),
        "kind": kept.alert.kind,
        "created_at": kept.alert.created_at,
        "attempts": kept.alert.attempts,
        "due_at": kept.due_at,
        "error": kept.error,
    })
}

fn fields(kept: &Kept, now: Timestamp) -> [String; 6] {
    let due = kept.due_at.map(|due| show::distance(due.max(now), now));
    let due = due.unwrap_or_default();
    let state = match kept.state {
        KeptState::Held => format!("held, to be told {due}"),
        KeptState::Waiting => format!("waits, next attempt {due}"),
        KeptState::GivenUp => "given up".to_owned(),
    };
    [
        kept.channel.clone(),
        show::time(kept.alert.created_at),
        render::message(&kept.alert).title,
        state,
        kept.alert.attempts.to_string(),
        kept.error.clone().unwrap_or_default(),
    ]
    .map(|field| text::printable(&field).into_owned())
}

fn table(out: &mut impl Write, kept: &[Kept], now: Timestamp) -> anyhow::Result<()> {
    if kept.is_empty() {
        writeln!(out, "nothing waits, and nothing was given up")?;
        return Ok(());
    }
    let header = ["Channel", "Since", "Alert", "State", "Tried", "It says"];
    let mut table = show::table(&header);
    for one in kept {
        table.add_row(fields(one, now));
    }
    writeln!(out, "{table}")?;
    Ok(())
}

fn retry(path: &Path, channel: Option<&str>) -> anyhow::Result<ExitCode> {
    let config = Config::load(path)?;
    let database = &config.store.path;
    let now = Clock::wall().now();
    let (again, kept_for) = store::write_beside(database, |tx| {
        let kept_for = tx.channels_kept_for()?;
        Ok((tx.send_again(channel, now)?, kept_for))
    })?;
    store::knock(database)?;
    if let Some(name) = channel.filter(|_| again == 0) {
        let mut known = vec![DESKTOP];
        known.extend(config.channels.iter().map(|channel| channel.name.as_str()));
        if !known.contains(&name) && !kept_for.iter().any(|kept| kept == name) {
            writeln!(std::io::stderr().lock(), "{}", no_channel(name, &known))?;
            return Ok(ExitCode::from(USAGE));
        }
    }
    let s = if again == 1 { "" } else { "s" };
    let mut out = std::io::stdout().lock();
    if again > 0 && Store::owner(database).is_none() {
        writeln!(
            out,
            "{again} alert{s} will be sent again as soon as newsbell runs: `newsbell run`, or `newsbell poll`"
        )?;
    } else {
        writeln!(out, "{again} alert{s} sent for again")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// That there is no such channel, and which there are.
pub(super) fn no_channel(name: &str, known: &[&str]) -> String {
    let known = known.join(", ");
    let name = text::printable(name);
    let known = text::printable(&known);
    format!("error: there is no channel `{name}`\n  help: the channels are: {known}")
}

//! `newsbell status`: is everything all right?

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use jiff::SignedDuration;

use super::{mute, open, show};
use crate::clock::Clock;
use crate::config::DESKTOP;
use crate::model::Health;
use crate::store::Store;
use crate::text;

pub(super) fn run(path: &Path) -> anyhow::Result<ExitCode> {
    let (config, mut reader) = open(path)?;
    let now = Clock::wall().now();
    let day_ago = now
        .saturating_sub(SignedDuration::from_hours(24))
        .unwrap_or(now);
    let (rows, totals, outbox, mutes) = reader.read(|tx| {
        let mut rows = Vec::new();
        for feed in &config.feeds {
            rows.push((feed, tx.feed_row(&feed.url, now)?));
        }
        let outbox = tx.channel_state(DESKTOP)?;
        Ok((rows, tx.totals(day_ago)?, outbox, tx.mutes(now)?))
    })?;
    let failing: Vec<_> = rows
        .iter()
        .filter_map(|(feed, row)| match &row.as_ref()?.state.health {
            Health::Ok => None,
            Health::Failing { since, error, .. } => Some((feed, since, error)),
        })
        .collect();
    let next = rows
        .iter()
        .filter_map(|(_, row)| Some(&row.as_ref()?.state))
        .filter(|state| state.gone_at.is_none())
        .filter_map(|state| state.next_poll_at)
        .min();

    let mut out = std::io::stdout().lock();
    let owner = Store::owner(&config.store.path);
    let service = owner.as_ref().map_or_else(
        || "not running".to_owned(),
        |owner| format!("running ({})", owner.name),
    );
    writeln!(out, "service   {service}")?;
    if let Some(trouble) = owner.and_then(|owner| owner.trouble) {
        writeln!(out, "trouble   {}", text::printable(&trouble))?;
    }
    for (index, file) in config.files.iter().enumerate() {
        let label = if index == 0 { "config" } else { "" };
        writeln!(out, "{label:<9} {}", file.display())?;
    }
    let size = std::fs::metadata(&config.store.path).map_or(0, |meta| meta.len());
    let path = config.store.path.display();
    writeln!(out, "database  {path} ({} KiB)", size.div_ceil(1024))?;
    write!(out, "feeds     {}, {} failing", rows.len(), failing.len())?;
    match next {
        Some(next) if next > now => writeln!(out, ", next poll {}", show::distance(next, now))?,
        _ => writeln!(out, ", next poll now")?,
    }
    for (feed, since, error) in failing {
        let name = text::printable(&feed.name);
        let error = text::printable(error);
        writeln!(
            out,
            "          {name}: since {}: {error}",
            show::time(*since)
        )?;
    }
    writeln!(
        out,
        "rules     {}, {} hits in the last 24 h, {} in all, in {} items",
        config.rules.len(),
        totals.recent_hits,
        totals.hits,
        totals.items
    )?;
    for mute in &mutes {
        writeln!(out, "          {}", mute::line(mute, now))?;
    }
    write!(
        out,
        "desktop   {} alerts told, {} waiting",
        outbox.sent, outbox.waiting
    )?;
    if let Some(until) = outbox.held_until {
        write!(out, ", {} held until {}", outbox.held, show::time(until))?;
    }
    match (outbox.error, outbox.due_at) {
        (Some(error), Some(due)) => {
            let due = show::distance(due.max(now), now);
            writeln!(out, ", next attempt {due}")?;
            writeln!(out, "          {}", text::printable(&error))?;
        }
        _ => writeln!(out)?,
    }
    Ok(ExitCode::SUCCESS)
}

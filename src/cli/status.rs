//! `newsbell status`: is everything all right?

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use jiff::{SignedDuration, Timestamp};

use super::{mute, open, show};
use crate::clock::Clock;
use crate::config::DESKTOP;
use crate::model::Health;
use crate::store::{ChannelState, Store};
use crate::text;

pub(super) fn run(path: &Path) -> anyhow::Result<ExitCode> {
    let (config, mut reader) = open(path)?;
    let now = Clock::wall().now();
    let day_ago = now
        .saturating_sub(SignedDuration::from_hours(24))
        .unwrap_or(now);
    let (rows, totals, channels, mutes) = reader.read(|tx| {
        let mut rows = Vec::new();
        for feed in &config.feeds {
            rows.push((feed, tx.feed_row(&feed.url, now)?));
        }
        let mut names = vec![DESKTOP.to_owned()];
        names.extend(config.channels.iter().map(|channel| channel.name.clone()));
        let set_up = names.len();
        for forgotten in tx.channels_kept_for()? {
            if !names.contains(&forgotten) {
                names.push(forgotten);
            }
        }
        let mut channels = Vec::new();
        for (index, name) in names.into_iter().enumerate() {
            let state = tx.channel_state(&name)?;
            channels.push((name, index < set_up, state));
        }
        Ok((rows, tx.totals(day_ago)?, channels, tx.mutes(now)?))
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
    for (name, is_set_up, state) in channels {
        tell_channel(&mut out, (&name, is_set_up), &state, now)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// How one channel is.
fn tell_channel(
    out: &mut impl Write,
    (name, is_set_up): (&str, bool),
    state: &ChannelState,
    now: Timestamp,
) -> anyhow::Result<()> {
    let name = text::printable(name);
    write!(
        out,
        "{name:<9} {} alerts told, {} waiting",
        state.sent, state.waiting
    )?;
    if let Some(until) = state.held_until {
        write!(out, ", {} held until {}", state.held, show::time(until))?;
    }
    if state.dead > 0 {
        write!(out, ", {} given up", state.dead)?;
    }
    match (&state.error, state.due_at) {
        (Some(error), Some(due)) if is_set_up => {
            let due = show::distance(due.max(now), now);
            writeln!(out, ", next attempt {due}")?;
            writeln!(out, "          {}", text::printable(error))?;
        }
        _ => writeln!(out)?,
    }
    if !is_set_up {
        writeln!(
            out,
            "          the configuration has no channel of this name: what it keeps waits for one"
        )?;
    }
    if state.dead > 0 {
        writeln!(
            out,
            "          `newsbell outbox` lists what was given up, `newsbell outbox retry` sends it again"
        )?;
    }
    Ok(())
}

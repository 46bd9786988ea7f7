//! `newsbell feeds`: how is each feed?

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use url::Url;

use super::{open, show};
use crate::clock::Clock;
use crate::model::Health;
use crate::store::FeedRow;
use crate::text;

pub(super) fn run(path: &Path) -> anyhow::Result<ExitCode> {
    let (config, mut reader) = open(path)?;
    let now = Clock::wall().now();
    let rows = reader.read(|tx| {
        config
            .feeds
            .iter()
            .map(|feed| Ok((feed, tx.feed_row(&feed.url)?)))
            .collect::<Result<Vec<_>, _>>()
    })?;
    let stdout = std::io::stdout();
    let terminal = stdout.is_terminal();
    let mut out = stdout.lock();
    let mut table = show::table(&[
        "Feed",
        "State",
        "Last poll",
        "Next poll",
        "Items",
        "Hits",
        "Newest item",
    ]);
    for (feed, row) in &rows {
        let state = state(row.as_ref());
        let when = |time| show::distance(time, now);
        let polls = row.as_ref().map(|row| &row.state);
        let fields = [
            text::printable(&feed.name).into_owned(),
            text::printable(&state).into_owned(),
            polls
                .and_then(|state| state.last_poll_at)
                .map_or("never".to_owned(), when),
            polls
                .and_then(|state| state.next_poll_at)
                .map_or("now".to_owned(), |due| {
                    if due <= now {
                        "now".to_owned()
                    } else {
                        when(due)
                    }
                }),
            row.as_ref().map_or(0, |row| row.items).to_string(),
            row.as_ref().map_or(0, |row| row.hits).to_string(),
            row.as_ref()
                .and_then(|row| row.newest_at)
                .map_or("none".to_owned(), when),
        ];
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

/// A URL as it may be shown.
fn without_password(url: &Url) -> Url {
    let mut url = url.clone();
    // Refused only for URLs that can have no user.
    let _ = url.set_password(None);
    let _ = url.set_username("");
    url
}

fn state(row: Option<&FeedRow>) -> String {
    match row.map(|row| (&row.state.health, row.state.first_read_at)) {
        None | Some((Health::Ok, None)) => "not read yet".to_owned(),
        Some((Health::Ok, Some(_))) => "ok".to_owned(),
        Some((
            Health::Failing {
                since,
                failures,
                error,
            },
            _,
        )) => format!(
            "failing since {} ({failures} times): {error}",
            show::time(*since)
        ),
    }
}

//! `newsbell feeds check`: what would each feed say now? Stores and rings nothing.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use futures_util::stream::{self, StreamExt};
use jiff::SignedDuration;

use super::super::run::runtime;
use super::super::{UNREACHABLE, show};
use crate::clock::Clock;
use crate::config::Config;
use crate::daemon::fetcher;
use crate::fetch::{Answer, Ask, Fetcher};
use crate::model::{Document, Feed, Validators, without_password};
use crate::poll::Readers;
use crate::{parse, text};

/// What a feed answered.
struct Checked {
    place: usize,
    answer: anyhow::Result<(Document, Option<url::Url>)>,
    took: SignedDuration,
}

pub(super) fn run(path: &Path) -> anyhow::Result<ExitCode> {
    let config = Config::load(path)?;
    let tools = (&fetcher(&config)?, &Readers::new()?);
    let mut checked = runtime()?.block_on(all(&config, tools));
    checked.sort_by_key(|checked| checked.place);
    let mut out = std::io::stdout().lock();
    for checked in &checked {
        let Some(feed) = config.feeds.get(checked.place) else {
            continue;
        };
        let name = text::printable(&feed.name);
        let said = match &checked.answer {
            Ok((document, moved)) => described(document, moved.as_ref()),
            Err(error) => format!("failed: {error:#}"),
        };
        let said = text::printable(&said);
        writeln!(out, "{name}: {said} [{} ms]", checked.took.as_millis())?;
    }
    let failed = checked.iter().filter(|one| one.answer.is_err()).count();
    writeln!(
        out,
        "{} feeds, {} can be read, {failed} cannot",
        checked.len(),
        checked.len() - failed
    )?;
    Ok(ExitCode::from(if failed == 0 { 0 } else { UNREACHABLE }))
}

/// Asks every feed once, hosts side by side, the feeds of one host one after the other.
async fn all(config: &Config, tools: (&Fetcher, &Readers)) -> Vec<Checked> {
    let mut hosts: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (place, feed) in config.feeds.iter().enumerate() {
        let host = feed.url.host_str().unwrap_or(feed.url.path());
        hosts.entry(host.to_owned()).or_default().push(place);
    }
    let clock = &Clock::wall();
    let checks = hosts.into_values().map(|places| async move {
        let mut checked = Vec::new();
        for place in places {
            let begin = clock.now();
            let answer = check(tools, &config.feeds[place]).await;
            checked.push(Checked {
                place,
                answer,
                took: clock.now().duration_since(begin),
            });
        }
        checked
    });
    let checked: Vec<Vec<Checked>> = stream::iter(checks)
        .buffer_unordered(config.poll.concurrency)
        .collect()
        .await;
    checked.into_iter().flatten().collect()
}

async fn check(
    (fetcher, readers): (&Fetcher, &Readers),
    feed: &Feed,
) -> anyhow::Result<(Document, Option<url::Url>)> {
    let ask = Ask {
        url: &feed.url,
        validators: &Validators::default(),
        validators_url: None,
        allow_private: feed.allow_private,
        access: Some((&feed.access, &feed.url)),
        keep: false,
    };
    let reply = fetcher.get(ask, Clock::wall().now()).await?;
    let Answer::Body(body) = reply.answer else {
        anyhow::bail!("the server sent no document");
    };
    let read = move || parse::document(&body.bytes, body.content_type.as_deref(), &body.url);
    let document = readers
        .read(read)
        .await
        .context("the document could not be read")??;
    Ok((document, reply.moved))
}

fn described(document: &Document, moved: Option<&url::Url>) -> String {
    let mut said = format!("ok, {}, {} items", document.format, document.entries.len());
    let dates = document.entries.iter();
    let newest = dates
        .filter_map(|entry| entry.published.or(entry.updated))
        .max();
    if let Some(newest) = newest {
        said.push_str(&format!(", the newest of {}", show::time(newest)));
    }
    let repairs = document.repairs.iter();
    let repairs: Vec<String> = repairs
        .map(|(name, count)| show::repair(name, *count))
        .collect();
    if !repairs.is_empty() {
        said.push_str(&format!("; put right: {}", repairs.join(", ")));
    }
    if let Some(moved) = moved {
        said.push_str(&format!("; moved for good to {}", without_password(moved)));
    }
    said
}

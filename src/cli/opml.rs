//! `newsbell import` and `export`: feeds to and from other readers, as OPML.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use url::Url;

use super::DATA;
use super::feeds::names;
use crate::config::Config;
use crate::config::edit::{self, NewFeed};
use crate::parse::opml::{self, Listed};
use crate::text;

/// The largest OPML document, in bytes.
const LARGEST: u64 = 64 * 1024 * 1024;

#[derive(Debug, clap::Args)]
pub(super) struct Import {
    /// An OPML document; `-` reads it from the standard input
    file: PathBuf,
}

pub(super) fn import(path: &Path, args: &Import) -> anyhow::Result<ExitCode> {
    let config = Config::load(path)?;
    let bytes = read(&args.file)?;
    let Ok(listed) = opml::read(&bytes) else {
        writeln!(
            std::io::stderr().lock(),
            "error: {}: this is no OPML document: export the feeds of your reader as OPML",
            args.file.display()
        )?;
        return Ok(ExitCode::from(DATA));
    };
    let mut out = std::io::stdout().lock();
    let mut taken = names::Taken::of(&config);
    let mut known: Vec<Url> = config.feeds.iter().map(|feed| feed.url.clone()).collect();
    let (mut new, mut there) = (Vec::new(), 0);
    for listed in listed {
        // OPML brings addresses of the web only: no file of this machine is read because one says so.
        let url = Url::parse(listed.url.trim());
        let Some(mut url) = url
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https"))
        else {
            let (name, url) = (text::printable(&listed.name), text::printable(&listed.url));
            writeln!(out, "left out {name}: {url} is no address of the web")?;
            continue;
        };
        url.set_fragment(None);
        if known.contains(&url) {
            there += 1;
            continue;
        }
        new.push(NewFeed {
            name: taken.name(&listed.name, &url),
            url: url.to_string(),
            tags: listed.tags,
            allow_private: false,
        });
        known.push(url);
    }
    if !new.is_empty() {
        edit::add(path, &new)?;
    }
    writeln!(
        out,
        "added {} feeds to {}; {there} were there already",
        new.len(),
        path.display()
    )?;
    Ok(ExitCode::SUCCESS)
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let named = || format!("cannot read {}", file.display());
    if file == Path::new("-") {
        std::io::stdin().take(LARGEST).read_to_end(&mut bytes)?;
    } else {
        let file = std::fs::File::open(file).with_context(named)?;
        file.take(LARGEST)
            .read_to_end(&mut bytes)
            .with_context(named)?;
    }
    Ok(bytes)
}

pub(super) fn export(path: &Path) -> anyhow::Result<ExitCode> {
    let config = Config::load(path)?;
    let mut left_out = 0;
    let mut listed = Vec::new();
    for feed in &config.feeds {
        // What is local or secret is of no use to others.
        let secret = !feed.url.username().is_empty() || feed.url.password().is_some();
        if feed.url.scheme() == "file" || secret {
            left_out += 1;
            continue;
        }
        listed.push(Listed {
            name: feed.name.to_string(),
            url: feed.url.to_string(),
            tags: feed.tags.clone(),
        });
    }
    std::io::stdout()
        .lock()
        .write_all(opml::write(&listed).as_bytes())?;
    if left_out > 0 {
        writeln!(
            std::io::stderr().lock(),
            "left out {left_out} feeds: local files, and addresses with a password"
        )?;
    }
    Ok(ExitCode::SUCCESS)
}

//! `newsbell parse`: what does the parser see in a document?

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use serde::Serialize;
use url::Url;

use super::run::runtime;
use super::{DATA, show};
use crate::clock::Clock;
use crate::daemon::user_agent;
use crate::fetch::{Answer, Ask, Fetcher, Limits};
use crate::model::{Document, Entry, Validators};
use crate::{parse, text};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Files or http(s) URLs
    #[arg(required = true, value_name = "FILE|URL")]
    documents: Vec<String>,
    /// A summary for people, unless you say
    #[arg(short = 'o', long, value_name = "FORMAT")]
    output: Option<Format>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Format {
    /// One object a document, one document a line
    Json,
}

/// One document as it is printed. Texts are as published, markup and all.
#[derive(Serialize)]
struct Seen<'d> {
    file: &'d str,
    format: &'d str,
    title: Option<&'d str>,
    language: Option<&'d str>,
    repairs: Vec<String>,
    entries: Vec<SeenEntry<'d>>,
}

#[derive(Serialize)]
struct SeenEntry<'d> {
    id: Option<&'d str>,
    title: Option<&'d str>,
    link: Option<&'d str>,
    published: Option<jiff::Timestamp>,
    updated: Option<jiff::Timestamp>,
    summary: Option<&'d str>,
    content: Option<&'d str>,
    authors: &'d [String],
    categories: &'d [String],
}

/// A document that could not be read.
#[derive(Serialize)]
struct Unread<'d> {
    file: &'d str,
    error: String,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let fetcher =
        Fetcher::new(Limits::default(), &user_agent(None)).context("cannot set up HTTP")?;
    let runtime = runtime()?;
    let mut out = std::io::stdout().lock();
    let mut unread = false;
    for name in &args.documents {
        let read = runtime.block_on(read(&fetcher, name));
        unread |= read.is_err();
        match (&read, args.output) {
            (Ok(document), Some(Format::Json)) => {
                serde_json::to_writer(&mut out, &seen(name, document))?;
                writeln!(out)?;
            }
            (Err(error), Some(Format::Json)) => {
                let error = format!("{error:#}");
                serde_json::to_writer(&mut out, &Unread { file: name, error })?;
                writeln!(out)?;
            }
            (Ok(document), None) => summary(&mut out, name, document)?,
            (Err(error), None) => writeln!(out, "{name}: {error:#}")?,
        }
    }
    Ok(ExitCode::from(if unread { DATA } else { 0 }))
}

async fn read(fetcher: &Fetcher, name: &str) -> anyhow::Result<Document> {
    let is_web = name.starts_with("http://") || name.starts_with("https://");
    let url = if is_web {
        Url::parse(name)?
    } else {
        let path = std::path::absolute(Path::new(name))?;
        Url::from_file_path(path).map_err(|()| anyhow::anyhow!("this names no file"))?
    };
    let ask = Ask {
        url: &url,
        validators: &Validators::default(),
        validators_url: None,
        // Whoever types an address means it.
        allow_private: true,
        access: None,
        keep: false,
    };
    match fetcher.get(ask, Clock::wall().now()).await?.answer {
        Answer::NotModified => anyhow::bail!("the server sent no document"),
        Answer::Body(body) => {
            let content_type = body.content_type.as_deref();
            Ok(parse::document(&body.bytes, content_type, &body.url)?)
        }
    }
}

fn seen<'d>(file: &'d str, document: &'d Document) -> Seen<'d> {
    let entry = |entry: &'d Entry| SeenEntry {
        id: entry.id.as_deref(),
        title: entry.title.as_deref(),
        link: entry.link.as_deref(),
        published: entry.published,
        updated: entry.updated,
        summary: entry.summary.as_deref(),
        content: entry.content.as_deref(),
        authors: &entry.authors,
        categories: &entry.categories,
    };
    Seen {
        file,
        format: document.format,
        title: document.title.as_deref(),
        language: document.language.as_deref(),
        repairs: repairs(document),
        entries: document.entries.iter().map(entry).collect(),
    }
}

/// What was put right: its name, and how often if more than once.
fn repairs(document: &Document) -> Vec<String> {
    let name = |(name, count): &(&'static str, u32)| show::repair(name, *count);
    document.repairs.iter().map(name).collect()
}

fn summary(out: &mut impl Write, name: &str, document: &Document) -> anyhow::Result<()> {
    let title = document.title.as_deref().unwrap_or("(no title)");
    let count = document.entries.len();
    let (format, title) = (document.format, text::printable(title));
    writeln!(out, "{name}: {format}, {count} entries, {title}")?;
    if document.left_out > 0 {
        writeln!(
            out,
            "  left out: {} entries over the cap",
            document.left_out
        )?;
    }
    let repairs = repairs(document);
    if !repairs.is_empty() {
        writeln!(out, "  put right: {}", repairs.join(", "))?;
    }
    for entry in &document.entries {
        let at = entry
            .published
            .or(entry.updated)
            .map_or("no date".to_owned(), show::time);
        let title = entry.title.as_deref().unwrap_or("(no title)");
        writeln!(out, "  {at:<16}  {}", text::printable(title))?;
        let link = entry.link.as_deref().unwrap_or("no link");
        writeln!(out, "  {:<16}  {}", "", text::printable(link))?;
    }
    Ok(())
}

//! `newsbell feeds add`: which feed does this site have?

use std::io::{BufRead, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use url::Url;

use super::super::run::runtime;
use super::super::{FAILED, UNREACHABLE, USAGE};
use super::names;
use crate::clock::Clock;
use crate::config::edit::{self, NewFeed};
use crate::config::{Config, ConfigError};
use crate::daemon::fetcher;
use crate::fetch::{Answer, Ask, FetchError, Fetcher};
use crate::model::{Document, Validators, without_password};
use crate::parse::{self, ParseError, discover};
use crate::text;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// A feed, or a site whose feeds are looked for
    url: String,
    /// What to call it; its own title is the default
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// A word to group feeds by; may be repeated
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// Add all feeds of the site
    #[arg(long, conflicts_with = "first")]
    all: bool,
    /// Add the first feed of the site
    #[arg(long)]
    first: bool,
}

/// Feeds of one site that are looked at, at most.
const LOOKED_AT: usize = 10;

/// A feed that was read.
struct Found {
    url: Url,
    document: Document,
    /// Whether its address is not public.
    private: bool,
}

/// What is at an address.
enum At {
    Feed(Box<Found>),
    Page(Vec<discover::Offered>),
}

pub(super) fn run(path: &Path, args: &Args) -> anyhow::Result<ExitCode> {
    let config = Config::load(path)?;
    let fetcher = fetcher(&config)?;
    let url = address(&args.url)?;
    let looked = runtime()?.block_on(async {
        match look(&fetcher, &url).await {
            // Who names no scheme means what works.
            Err(error) if !args.url.contains("://") && url.scheme() == "https" => {
                let mut plain = url.clone();
                // Between http and https it is never refused.
                let _ = plain.set_scheme("http");
                look(&fetcher, &plain).await.map_err(|_| error)
            }
            looked => looked,
        }
    });
    let found = match looked {
        Ok(found) => found,
        Err(error) => {
            let shown = without_password(&url);
            let error = format!(
                "error: {shown}: {}\n",
                text::printable(&format!("{error:#}"))
            );
            std::io::stderr().write_all(error.as_bytes())?;
            return Ok(ExitCode::from(UNREACHABLE));
        }
    };
    let Some(chosen) = choose(found, args)? else {
        return Ok(ExitCode::from(USAGE));
    };
    write(path, &config, args, &chosen)
}

/// An address as people type it.
fn address(typed: &str) -> anyhow::Result<Url> {
    let typed = typed.trim();
    let typed = typed
        .strip_prefix("feed:")
        .map_or(typed, |rest| rest.strip_prefix("//").unwrap_or(rest));
    if let Ok(url) = Url::parse(typed)
        && matches!(url.scheme(), "http" | "https" | "file")
    {
        return Ok(url);
    }
    if Path::new(typed).is_file() {
        let path = std::path::absolute(Path::new(typed))?;
        return Url::from_file_path(path).map_err(|()| anyhow::anyhow!("{typed} names no file"));
    }
    Url::parse(&format!("https://{typed}")).with_context(|| format!("`{typed}` is no address"))
}

/// The feeds at an address: itself, those that the page there offers, or those in the usual places.
async fn look(fetcher: &Fetcher, url: &Url) -> anyhow::Result<Vec<Found>> {
    let offered = match at(fetcher, url).await? {
        At::Feed(found) => return Ok(vec![*found]),
        At::Page(offered) => offered,
    };
    let mut found: Vec<Found> = Vec::new();
    for offered in offered.iter().take(LOOKED_AT) {
        if let Ok(At::Feed(feed)) = at(fetcher, &offered.url).await
            && !found.iter().any(|known| known.url == feed.url)
        {
            found.push(*feed);
        }
    }
    if found.is_empty() {
        for place in discover::usual_places(url) {
            if let Ok(At::Feed(feed)) = at(fetcher, &place).await {
                found.push(*feed);
                break;
            }
        }
    }
    if found.is_empty() {
        anyhow::bail!(
            "this page offers no feed, and there is none in the usual places; \
             look for an address with RSS or Atom in it on the site"
        );
    }
    Ok(found)
}

async fn at(fetcher: &Fetcher, url: &Url) -> anyhow::Result<At> {
    let ask = |allow_private| Ask {
        url,
        validators: &Validators {
            etag: None,
            last_modified: None,
        },
        validators_url: None,
        allow_private,
        access: None,
        keep: true,
    };
    let now = Clock::wall().now();
    let (reply, private) = match fetcher.get(ask(false), now).await {
        // Whoever types an address means it.
        Err(FetchError::Refused { .. }) => (fetcher.get(ask(true), now).await?, true),
        reply => (reply?, false),
    };
    let Answer::Body(body) = reply.answer else {
        anyhow::bail!("the server sent no document");
    };
    match parse::document(&body.bytes, body.content_type.as_deref(), &body.url) {
        Ok(document) => Ok(At::Feed(Box::new(Found {
            url: reply.moved.unwrap_or_else(|| url.clone()),
            document,
            private,
        }))),
        Err(ParseError::WebPage { feeds }) => Ok(At::Page(feeds)),
        Err(error) => Err(error.into()),
    }
}

/// Which of several; `None` if nobody said.
fn choose(mut found: Vec<Found>, args: &Args) -> anyhow::Result<Option<Vec<Found>>> {
    if args.first {
        found.truncate(1);
    }
    if found.len() == 1 || args.all {
        return Ok(Some(found));
    }
    let stdin = std::io::stdin();
    let mut stderr = std::io::stderr().lock();
    writeln!(stderr, "This site has {} feeds:", found.len())?;
    for (number, feed) in (1..).zip(&found) {
        writeln!(stderr, "  {number}  {}", described(feed))?;
    }
    if !stdin.is_terminal() {
        writeln!(
            stderr,
            "error: say which: give its address, or --first, or --all"
        )?;
        return Ok(None);
    }
    write!(stderr, "Which? Numbers, or `all`: ")?;
    stderr.flush()?;
    let mut answer = String::new();
    stdin.lock().read_line(&mut answer)?;
    if answer.trim() == "all" {
        return Ok(Some(found));
    }
    let numbers: Option<Vec<usize>> = answer
        .split([',', ' '])
        .map(str::trim)
        .filter(|number| !number.is_empty())
        .map(|number| {
            number
                .parse()
                .ok()
                .filter(|n| (1..=found.len()).contains(n))
        })
        .collect();
    let Some(numbers) = numbers.filter(|numbers| !numbers.is_empty()) else {
        writeln!(stderr, "error: that is none of them; nothing was added")?;
        return Ok(None);
    };
    let mut number = 0;
    found.retain(|_| {
        number += 1;
        numbers.contains(&number)
    });
    Ok(Some(found))
}

fn described(feed: &Found) -> String {
    let title = feed.document.title.as_deref().unwrap_or("(no title)");
    let items = feed.document.entries.len();
    let line = format!(
        "{} ({items} items) {}",
        title.trim(),
        without_password(&feed.url)
    );
    text::printable(&line).into_owned()
}

fn write(path: &Path, config: &Config, args: &Args, chosen: &[Found]) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    let mut taken = names::Taken::of(config);
    let mut new = Vec::new();
    for feed in chosen {
        if let Some(known) = config.feeds.iter().find(|known| known.url == feed.url) {
            writeln!(out, "there already: {}", text::printable(&known.name))?;
            continue;
        }
        let title = args.name.as_deref().or(feed.document.title.as_deref());
        new.push(NewFeed {
            name: taken.name(title.unwrap_or_default(), &feed.url),
            url: feed.url.to_string(),
            tags: args.tags.clone(),
            allow_private: feed.private && feed.url.scheme() != "file",
        });
    }
    if new.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    match edit::add(path, &new) {
        Ok(()) => {}
        Err(edit::EditError::Wrong { path, source }) => {
            let text = match &*source {
                ConfigError::Wrong(problems) => problems.first_line(),
                other @ ConfigError::Unreadable { .. } => other.to_string(),
            };
            writeln!(
                std::io::stderr().lock(),
                "error: {} was left as it was, because with this feed it would be wrong: {text}",
                path.display()
            )?;
            return Ok(ExitCode::from(FAILED));
        }
        Err(error) => return Err(error.into()),
    }
    for feed in &new {
        let url = Url::parse(&feed.url).map(|url| without_password(&url));
        let url = url.map_or_else(|_| feed.url.clone(), String::from);
        writeln!(out, "added {}: {url}", text::printable(&feed.name))?;
        if feed.allow_private {
            writeln!(
                out,
                "  with `allow_private = true`, because its address is not public"
            )?;
        }
    }
    writeln!(
        out,
        "to {}; a running service reads it after `systemctl --user reload newsbell`",
        path.display()
    )?;
    Ok(ExitCode::SUCCESS)
}

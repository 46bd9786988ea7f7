//! What do the tables mean? Reads them all, whatever mistakes are found on the way.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use toml::Spanned;
use toml::de::DeTable;
use url::Url;

use super::channel::Channels;
use super::file::{self, At, Notes, Problem, Table};
use super::problems::Source;
use super::{
    Config, DESKTOP, Desktop, Keep, Poll, Stories, access, channel, default_store, rule, telling,
};
use crate::model::{Feed, Limit, Quiet, Rule, is_at_home};

/// No feed on somebody else's server is polled more often.
const FLOOR: SignedDuration = SignedDuration::from_mins(1);

/// Files and servers on this machine belong to the user, who may ask them as often as he likes.
const FLOOR_AT_HOME: SignedDuration = SignedDuration::from_secs(1);

/// No feed is polled less often.
pub(super) const CEILING: SignedDuration = SignedDuration::from_hours(31 * 24);

/// The longest pause between two requests to one host.
const GAP: SignedDuration = SignedDuration::from_mins(10);

/// The longest name of a feed or rule, in characters: names stand in tables and notices.
const NAME: usize = 100;

/// The tables of every file, as far as they are TOML.
fn parse<'s>(sources: &'s [Source], notes: &mut Notes) -> Vec<Spanned<DeTable<'s>>> {
    let tables = sources.iter().enumerate().map(|(file, source)| {
        let (table, errors) = DeTable::parse_recoverable(&source.text);
        notes.problems.extend(errors.iter().map(|error| Problem {
            file,
            span: error.span().unwrap_or(0..0),
            message: error.message().to_owned(),
            label: "not TOML".to_owned(),
            help: None,
        }));
        table
    });
    tables.collect()
}

/// Reads every file. What comes back is to be used only if no problem was noted.
pub(super) fn check(sources: &[Source], notes: &mut Notes) -> Config {
    let tables = parse(sources, notes);
    let mut roots: Vec<Table<'_>> = tables
        .iter()
        .enumerate()
        .map(|(file, table)| Table::root(table, file))
        .collect();
    let directory = sources[0].path.parent().unwrap_or(Path::new("."));

    let mut poll = Poll {
        concurrency: 16,
        per_host: 1,
        host_gap: SignedDuration::from_secs(1),
        connect_timeout: Duration::from_secs(10),
        timeout: Duration::from_secs(30),
        contact: None,
        proxy: None,
    };
    let mut every = SignedDuration::from_mins(15);
    let mut at_most = SignedDuration::from_hours(6);
    let mut store = Keep::default();
    let mut stories = Stories::default();
    let mut desktop = Desktop::default();
    let mut quiet = Quiet::default();
    let mut flood = Limit {
        most: 8,
        within: SignedDuration::from_mins(5),
    };
    let mut path = None;
    let mut once = Once::default();
    for root in &mut roots {
        read_poll(
            root,
            (&mut poll, &mut every, &mut at_most),
            &mut once,
            notes,
        );
        read_store(root, (&mut store, &mut path), &mut once, notes);
        read_stories(root, &mut stories, &mut once, notes);
        telling::quiet(root, &mut quiet, &mut once, notes);
        telling::flood(root, &mut flood, &mut once, notes);
    }
    store.path = path.map_or_else(default_store, |path: PathBuf| directory.join(path));

    let channels = read_channels(&mut roots, sources, (&mut desktop, &mut once), notes);
    let mut names = vec![DESKTOP];
    names.extend(channels.names.iter().map(String::as_str));

    let mut feeds = Vec::new();
    for (root, source) in roots.iter_mut().zip(sources) {
        // Read before, to know all files.
        let _ = root.strings("include", true, notes);
        let directory = source.path.parent().unwrap_or(Path::new("."));
        for table in root.tables("feed", notes) {
            feeds.extend(read_feed(
                table,
                (every, at_most, poll.proxy.as_ref()),
                directory,
                notes,
            ));
        }
    }
    let lists = rule::lists(&mut roots, sources, notes);
    let mut rules = Vec::new();
    for (root, source) in roots.iter_mut().zip(sources) {
        for table in root.tables("rule", notes) {
            rules.extend(rule::read(table, source, (&lists, &feeds, &names), notes));
        }
    }
    names_are_unique(&feeds, &rules, sources, notes);
    for root in roots {
        root.finish(notes);
    }
    // Collected, they would keep the room of all that was read beside them.
    let mut shared = Vec::with_capacity(feeds.len());
    shared.extend(feeds.into_iter().map(|feed| Arc::new(feed.value)));
    Config {
        files: sources.iter().map(|source| source.path.clone()).collect(),
        poll,
        store,
        stories,
        desktop,
        quiet,
        flood,
        channels: channels.right,
        feeds: shared,
        rules: rules.into_iter().map(|rule| rule.value).collect(),
        lists,
    }
}

/// Settings may be spread over files, but each may be made in one of them only.
#[derive(Default)]
pub(super) struct Once(HashMap<&'static str, usize>);

impl Once {
    /// Calls `set` with a setting that is written, and complains if another file made it before.
    pub(super) fn set<T>(
        &mut self,
        name: &'static str,
        value: Option<At<T>>,
        notes: &mut Notes,
        set: impl FnOnce(T),
    ) {
        let Some(value) = value else { return };
        let first = *self.0.entry(name).or_insert(value.file);
        if first == value.file {
            set(value.value);
        } else {
            notes.problems.push(value.problem(
                format!("`{name}` is set in another file already"),
                "keep one of the two",
            ));
        }
    }
}

fn read_poll(
    root: &mut Table<'_>,
    (poll, every, at_most): (&mut Poll, &mut SignedDuration, &mut SignedDuration),
    once: &mut Once,
    notes: &mut Notes,
) {
    let mut table = root.table("poll", "poll", notes);
    let value = table
        .duration("every", notes)
        .and_then(|value| between(value, FLOOR_AT_HOME, CEILING, notes));
    once.set("poll.every", value, notes, |value| *every = value);
    let value = table
        .duration("at_most", notes)
        .and_then(|value| between(value, FLOOR_AT_HOME, CEILING, notes));
    once.set("poll.at_most", value, notes, |value| *at_most = value);
    let value = table.string("proxy", notes);
    let proxy = value.as_ref();
    let proxy = proxy.and_then(|proxy| access::read_proxy(proxy, notes));
    once.set("poll.proxy", value, notes, |_| poll.proxy = proxy);
    let value = table.number("concurrency", 1..=256, notes);
    once.set("poll.concurrency", value, notes, |value| {
        poll.concurrency = value;
    });
    let value = table.number("per_host", 1..=16, notes);
    once.set("poll.per_host", value, notes, |value| {
        poll.per_host = value;
    });
    let value = table
        .duration("host_gap", notes)
        .and_then(|value| between(value, SignedDuration::ZERO, GAP, notes));
    once.set("poll.host_gap", value, notes, |value| poll.host_gap = value);
    let second = SignedDuration::from_secs(1);
    let limit = SignedDuration::from_mins(10);
    let value = table
        .duration("connect_timeout", notes)
        .and_then(|value| between(value, second, limit, notes));
    once.set("poll.connect_timeout", value, notes, |value| {
        poll.connect_timeout = value.unsigned_abs();
    });
    let value = table
        .duration("timeout", notes)
        .and_then(|value| between(value, second, limit, notes));
    once.set("poll.timeout", value, notes, |value| {
        poll.timeout = value.unsigned_abs();
    });
    let value = table.string("contact", notes).and_then(|value| {
        if value.value.is_empty() {
            return None;
        }
        let fits = value.value.is_ascii() && !value.value.contains(|c: char| c.is_control());
        if !fits {
            notes.problems.push(value.problem(
                "`contact` goes into an HTTP header and must be plain ASCII",
                "write an address (\"me@example.org\") or a URL",
            ));
        }
        fits.then_some(value)
    });
    once.set("poll.contact", value, notes, |value| {
        poll.contact = Some(value);
    });
    table.finish(notes);
}

fn read_store(
    root: &mut Table<'_>,
    (store, path): (&mut Keep, &mut Option<PathBuf>),
    once: &mut Once,
    notes: &mut Notes,
) {
    let mut table = root.table("store", "store", notes);
    let value = table
        .string("path", notes)
        .filter(|value| !value.value.is_empty());
    once.set("store.path", value, notes, |value| {
        *path = Some(value.into());
    });
    let value = table.duration("keep", notes).and_then(|value| {
        let day = SignedDuration::from_hours(24);
        between(
            value,
            day,
            SignedDuration::from_hours(100 * 366 * 24),
            notes,
        )
    });
    once.set("store.keep", value, notes, |value| store.keep = value);
    table.finish(notes);
}

fn read_stories(root: &mut Table<'_>, stories: &mut Stories, once: &mut Once, notes: &mut Notes) {
    let mut table = root.table("stories", "stories", notes);
    let value = table
        .duration("window", notes)
        .and_then(|value| between(value, SignedDuration::from_mins(1), CEILING, notes));
    once.set("stories.window", value, notes, |value| {
        stories.window = value;
    });
    table.finish(notes);
}

fn read_channels(
    roots: &mut [Table<'_>],
    sources: &[Source],
    (desktop, once): (&mut Desktop, &mut Once),
    notes: &mut Notes,
) -> Channels {
    let mut channels = Channels::default();
    for (root, source) in roots.iter_mut().zip(sources) {
        let mut table = root.table("channel", "channel", notes);
        read_desktop(&mut table, desktop, once, notes);
        let place = channel::Place {
            source,
            directory: source.path.parent().unwrap_or(Path::new(".")),
        };
        channel::read(&table, place, &mut channels, notes);
    }
    channels
}

fn read_desktop(
    channels: &mut Table<'_>,
    desktop: &mut Desktop,
    once: &mut Once,
    notes: &mut Notes,
) {
    let mut table = channels.table(DESKTOP, "channel.desktop", notes);
    let value = table.duration("away_after", notes).and_then(|value| {
        let minute = SignedDuration::from_mins(1);
        between(value, minute, CEILING, notes)
    });
    once.set("channel.desktop.away_after", value, notes, |value| {
        desktop.away_after = value;
    });
    let value = channel::rate(&mut table, notes);
    once.set("channel.desktop.rate", value, notes, |value| {
        desktop.rate = Some(value);
    });
    let value = table.duration("mute", notes).and_then(|value| {
        let minute = SignedDuration::from_mins(1);
        between(value, minute, CEILING, notes)
    });
    once.set("channel.desktop.mute", value, notes, |value| {
        desktop.mute = value;
    });
    table.finish(notes);
}

fn read_feed(
    mut table: Table<'_>,
    (every, at_most, proxy): (SignedDuration, SignedDuration, Option<&Url>),
    directory: &Path,
    notes: &mut Notes,
) -> Option<At<Feed>> {
    let name = table
        .required("name", notes)
        .and_then(|name| named(name, notes));
    let url = table
        .required("url", notes)
        .and_then(|url| address(&url, directory, notes));
    let tags = table.strings("tags", false, notes).unwrap_or_default();
    let allow_private = table.boolean("allow_private", notes).unwrap_or(false);
    let every_written = table.has("every");
    let every_here = table.duration("every", notes);
    let at_most_here = table.duration("at_most", notes);
    let access = access::read(&mut table, directory, proxy, notes);
    table.finish(notes);
    let at_home = url.as_ref().is_none_or(is_at_home);
    let floor = if at_home { FLOOR_AT_HOME } else { FLOOR };
    let every_here = every_here.and_then(|value| between(value, floor, CEILING, notes));
    // A wrong interval is one mistake: what is measured by it is not another.
    let least = match &every_here {
        Some(every) => every.value,
        None if every_written => floor,
        None => every.max(floor),
    };
    let at_most_here = at_most_here.and_then(|value| between(value, least, CEILING, notes));
    let name = name?;
    Some(At {
        value: Feed {
            name: name.value.into(),
            url: url?,
            tags: tags.into_iter().map(|tag| tag.value).collect(),
            every: least,
            at_most: at_most_here.map_or(at_most.max(least), |value| value.value),
            allow_private,
            access,
        },
        file: name.file,
        span: name.span,
    })
}

/// Complains about a length of time that is out of bounds.
pub(super) fn between(
    value: At<SignedDuration>,
    least: SignedDuration,
    most: SignedDuration,
    notes: &mut Notes,
) -> Option<At<SignedDuration>> {
    if (least..=most).contains(&value.value) {
        return Some(value);
    }
    let message = if value.value < least {
        "this is too short"
    } else {
        "this is too long"
    };
    notes.problems.push(value.problem(
        message,
        format!(
            "write a length of time from {} to {}",
            file::written(least),
            file::written(most)
        ),
    ));
    None
}

/// Complains about a name that would not fit a table or a notice.
pub(super) fn named(name: At<String>, notes: &mut Notes) -> Option<At<String>> {
    let fits = name.value.chars().count() <= NAME && !name.value.contains(|c: char| c.is_control());
    if !fits {
        notes.problems.push(name.problem(
            format!("a name is one line of at most {NAME} characters"),
            "write a shorter one",
        ));
    }
    fits.then_some(name)
}

/// Reads a feed's URL; a relative `file:` one is looked for beside the configuration file.
pub(super) fn address(text: &At<String>, directory: &Path, notes: &mut Notes) -> Option<Url> {
    // A file named without a directory is where we stand.
    let here = Path::new(".");
    let directory = Some(directory).filter(|directory| *directory != Path::new(""));
    let base = std::path::absolute(directory.unwrap_or(here))
        .ok()
        .and_then(|directory| Url::from_directory_path(directory).ok());
    let written = text.value.trim();
    let scheme = written.split(':').next().unwrap_or_default();
    let is_file = scheme.eq_ignore_ascii_case("file");
    let url = Url::options()
        .base_url(base.as_ref().filter(|_| is_file))
        .parse(written);
    let help = "write an http:// or https:// URL, or file:PATH for a local document";
    let message = match url {
        Err(error) => format!("`{}` is not a URL: {error}", text.value),
        Ok(url) if !matches!(url.scheme(), "http" | "https" | "file") => {
            format!("feeds are not fetched by `{}:`", url.scheme())
        }
        Ok(url) if url.scheme() == "file" && url.to_file_path().is_err() => {
            format!("`{}` names no local file", text.value)
        }
        Ok(mut url) => {
            url.set_fragment(None);
            return Some(url);
        }
    };
    notes.problems.push(text.problem(message, help));
    None
}

fn names_are_unique(feeds: &[At<Feed>], rules: &[At<Rule>], sources: &[Source], notes: &mut Notes) {
    unique(
        feeds,
        "feed",
        |feed: &Feed| feed.name.to_string(),
        sources,
        notes,
    );
    unique(
        feeds,
        "url",
        |feed: &Feed| feed.url.to_string(),
        sources,
        notes,
    );
    unique(
        rules,
        "rule",
        |rule: &Rule| rule.name.to_string(),
        sources,
        notes,
    );
}

/// Complains about the second of two with the same name.
fn unique<T>(
    all: &[At<T>],
    what: &str,
    name: impl Fn(&T) -> String,
    sources: &[Source],
    notes: &mut Notes,
) {
    let mut seen: HashMap<String, &At<T>> = HashMap::new();
    for one in all {
        let name = name(&one.value);
        if let Some(first) = seen.get(&name) {
            let source = &sources[first.file];
            let before = source.text.get(..first.span.start).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            let path = source.path.display();
            let (message, help) = if what == "url" {
                (
                    format!("the URL of this feed, {name}, is listed twice"),
                    format!("the first is at {path}:{line}; delete one of them"),
                )
            } else {
                (
                    format!("there is a {what} named `{name}` already"),
                    format!("the first is at {path}:{line}; give this one another name"),
                )
            };
            notes.problems.push(one.problem(message, help));
        } else {
            seen.insert(name, one);
        }
    }
}

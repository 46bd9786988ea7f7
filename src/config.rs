//! What has the user asked for? If you hold a [`Config`] it is valid.

pub mod file;

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use etcetera::BaseStrategy;
use jiff::SignedDuration;
use toml::Spanned;
use toml::de::DeTable;
use url::{Host, Url};

use crate::model::{Feed, Rule, Urgency};
use crate::rules;
use file::{At, Notes, Problem, Table};

/// The name of the channel that is there without being configured.
pub const DESKTOP: &str = "desktop";

/// No feed on somebody else's server is polled more often.
const FLOOR: SignedDuration = SignedDuration::from_mins(1);

/// Files and servers on this machine belong to the user, who may ask them as often as he likes.
const FLOOR_AT_HOME: SignedDuration = SignedDuration::from_secs(1);

/// No feed is polled less often.
const CEILING: SignedDuration = SignedDuration::from_hours(31 * 24);

/// The longest name of a feed or rule, in characters: names stand in tables and notices.
const NAME: usize = 100;

/// The largest configuration file, in bytes.
const FILE: u64 = 16 * 1024 * 1024;

/// The configuration, checked and whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The files it was read from, the main one first.
    pub files: Vec<PathBuf>,
    /// How feeds are polled.
    pub poll: Poll,
    /// Where and for how long things are kept.
    pub store: Keep,
    /// Settings of the desktop channel.
    pub desktop: Desktop,
    /// The feeds, in the order they are written.
    pub feeds: Vec<Arc<Feed>>,
    /// The rules, in the order they are written.
    pub rules: Vec<Rule>,
}

/// How feeds are polled: `[poll]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Poll {
    /// Requests under way at once, over all hosts.
    pub concurrency: usize,
    /// For connecting to a server.
    pub connect_timeout: Duration,
    /// For a whole poll, redirects and body included.
    pub timeout: Duration,
    /// Where a site's operator reaches the user: told to every site in the User-Agent.
    pub contact: Option<String>,
}

/// Where and for how long things are kept: `[store]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keep {
    /// The database file.
    pub path: PathBuf,
    /// How long an item is kept after its feed dropped it.
    pub keep: SignedDuration,
}

/// Settings of the desktop channel: `[channel.desktop]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desktop {
    /// Alerts that could not be shown for so long are folded into one summary.
    pub away_after: SignedDuration,
}

impl Config {
    /// Reads the file at `path` and every `conf.d/*.toml` beside it, in the order of their names.
    pub fn load(path: &Path) -> Result<Config, ConfigError> {
        load(path).map(|(config, _)| config)
    }
}

/// Reads the configuration and notes which keys it names.
pub fn load(path: &Path) -> Result<(Config, Notes), ConfigError> {
    let sources = read(path)?;
    let mut notes = Notes::default();
    let config = check(&sources, &mut notes);
    if notes.problems.is_empty() {
        Ok((config, notes))
    } else {
        notes
            .problems
            .sort_by_key(|problem| (problem.file, problem.span.start));
        Err(ConfigError::Wrong(Problems {
            sources,
            problems: notes.problems,
        }))
    }
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file that cannot be read.
    #[error(
        "cannot read the configuration {path}: {source}\n  help: `newsbell init` writes a first one"
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// Mistakes, all of them.
    #[error("{0}")]
    Wrong(Problems),
}

/// Every mistake of a configuration, with the text it stands in.
#[derive(Clone, Debug)]
pub struct Problems {
    sources: Vec<Source>,
    problems: Vec<Problem>,
}

#[derive(Clone, Debug)]
struct Source {
    path: PathBuf,
    text: String,
}

impl Problems {
    /// How many mistakes there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.problems.len()
    }

    /// The first mistake in one line: `file:line:column: what`.
    #[must_use]
    pub fn first_line(&self) -> String {
        let Some(problem) = self.problems.first() else {
            return String::new();
        };
        let source = &self.sources[problem.file];
        let before = source.text.get(..problem.span.start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        let path = source.path.display();
        format!("{path}:{line}:{column}: {}", problem.message)
    }

    /// Every mistake with its line, a caret under it and what to write instead; in colour if asked.
    #[must_use]
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        let mut text = String::new();
        for problem in &self.problems {
            let source = &self.sources[problem.file];
            let path = source.path.display().to_string();
            let end = problem.span.end.min(source.text.len());
            let span = problem.span.start.min(end)..end;
            let mut annotation = AnnotationKind::Primary.span(span);
            if !problem.label.is_empty() {
                annotation = annotation.label(problem.label.as_str());
            }
            let snippet = Snippet::source(source.text.as_str())
                .path(path.as_str())
                .annotation(annotation);
            let mut group = Level::ERROR
                .primary_title(problem.message.as_str())
                .element(snippet);
            if let Some(help) = &problem.help {
                group = group.element(Level::HELP.message(help.as_str()));
            }
            text.push_str(&renderer.render(&[group]));
            text.push_str("\n\n");
        }
        text
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.render(false).trim_end())
    }
}

fn read(path: &Path) -> Result<Vec<Source>, ConfigError> {
    let unreadable = |path: &Path, source| ConfigError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let mut paths = vec![path.to_owned()];
    let fragments = path.with_file_name("conf.d");
    match std::fs::read_dir(&fragments) {
        Ok(entries) => {
            let mut found = Vec::new();
            for entry in entries {
                let entry = entry.map_err(|e| unreadable(&fragments, e))?.path();
                if entry
                    .extension()
                    .is_some_and(|extension| extension == "toml")
                {
                    found.push(entry);
                }
            }
            found.sort();
            paths.append(&mut found);
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
        Err(e) => return Err(unreadable(&fragments, e)),
    }
    let mut sources = Vec::new();
    for path in paths {
        let text = text_of(&path).map_err(|e| unreadable(&path, e))?;
        sources.push(Source { path, text });
    }
    Ok(sources)
}

fn text_of(path: &Path) -> std::io::Result<String> {
    let length = std::fs::metadata(path)?.len();
    if length > FILE {
        let message = format!("{length} bytes are more than a configuration may have ({FILE})");
        return Err(std::io::Error::new(
            std::io::ErrorKind::FileTooLarge,
            message,
        ));
    }
    let text = std::fs::read_to_string(path)?;
    Ok(text
        .strip_prefix('\u{feff}')
        .map_or(text.clone(), str::to_owned))
}

fn check(sources: &[Source], notes: &mut Notes) -> Config {
    let tables: Vec<Spanned<DeTable<'_>>> = sources
        .iter()
        .enumerate()
        .map(|(file, source)| {
            let (table, errors) = DeTable::parse_recoverable(&source.text);
            notes.problems.extend(errors.iter().map(|error| Problem {
                file,
                span: error.span().unwrap_or(0..0),
                message: error.message().to_owned(),
                label: "not TOML".to_owned(),
                help: None,
            }));
            table
        })
        .collect();
    let mut roots: Vec<Table<'_>> = tables
        .iter()
        .enumerate()
        .map(|(file, table)| Table::root(table, file))
        .collect();
    let directory = sources[0].path.parent().unwrap_or(Path::new("."));

    let mut poll = Poll {
        concurrency: 16,
        connect_timeout: Duration::from_secs(10),
        timeout: Duration::from_secs(30),
        contact: None,
    };
    let mut every = SignedDuration::from_mins(15);
    let mut at_most = SignedDuration::from_hours(6);
    let mut store = Keep {
        path: PathBuf::new(),
        keep: SignedDuration::from_hours(90 * 24),
    };
    let mut desktop = Desktop {
        away_after: SignedDuration::from_hours(1),
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
        read_channels(root, &mut desktop, &mut once, notes);
    }
    store.path = path.map_or_else(default_store, |path: PathBuf| directory.join(path));

    let mut feeds = Vec::new();
    let mut rules = Vec::new();
    for (root, source) in roots.iter_mut().zip(sources) {
        let directory = source.path.parent().unwrap_or(Path::new("."));
        for table in root.tables("feed", notes) {
            feeds.extend(read_feed(table, (every, at_most), directory, notes));
        }
        for table in root.tables("rule", notes) {
            rules.extend(read_rule(table, source, notes));
        }
    }
    unique(
        &feeds,
        "feed",
        |feed: &Feed| feed.name.to_string(),
        sources,
        notes,
    );
    unique(
        &feeds,
        "url",
        |feed: &Feed| feed.url.to_string(),
        sources,
        notes,
    );
    unique(
        &rules,
        "rule",
        |rule: &Rule| rule.name.to_string(),
        sources,
        notes,
    );
    for root in roots {
        root.finish(notes);
    }
    Config {
        files: sources.iter().map(|source| source.path.clone()).collect(),
        poll,
        store,
        desktop,
        feeds: feeds.into_iter().map(|feed| Arc::new(feed.value)).collect(),
        rules: rules.into_iter().map(|rule| rule.value).collect(),
    }
}

/// Settings may be spread over files, but each may be made in one of them only.
#[derive(Default)]
struct Once(HashMap<&'static str, usize>);

impl Once {
    /// Calls `set` with a setting that is written, and complains if another file made it before.
    fn set<T>(
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
    let value = table.number("concurrency", 1..=256, notes);
    once.set("poll.concurrency", value, notes, |value| {
        poll.concurrency = value
    });
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
        poll.contact = Some(value)
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
        *path = Some(value.into())
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

fn read_channels(root: &mut Table<'_>, desktop: &mut Desktop, once: &mut Once, notes: &mut Notes) {
    let mut channels = root.table("channel", "channel", notes);
    let mut table = channels.table(DESKTOP, "channel.desktop", notes);
    let value = table.duration("away_after", notes).and_then(|value| {
        let minute = SignedDuration::from_mins(1);
        between(value, minute, CEILING, notes)
    });
    once.set("channel.desktop.away_after", value, notes, |value| {
        desktop.away_after = value;
    });
    table.finish(notes);
    channels.finish(notes);
}

fn read_feed(
    mut table: Table<'_>,
    (every, at_most): (SignedDuration, SignedDuration),
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
    let allow_private = table.boolean("allow_private", notes);
    let every_here = table.duration("every", notes);
    let at_most_here = table.duration("at_most", notes);
    table.finish(notes);
    let (name, url) = (name?, url?);
    let floor = if at_home(&url) { FLOOR_AT_HOME } else { FLOOR };
    let every = match every_here {
        Some(value) => between(value, floor, CEILING, notes).map_or(CEILING, |value| value.value),
        None => every.max(floor),
    };
    let at_most = match at_most_here {
        Some(value) => between(value, every, CEILING, notes).map_or(CEILING, |value| value.value),
        None => at_most.max(every),
    };
    Some(At {
        value: Feed {
            name: name.value.into(),
            url,
            tags: tags.into_iter().map(|tag| tag.value).collect(),
            every,
            at_most,
            allow_private,
        },
        file: name.file,
        span: name.span,
    })
}

fn read_rule(mut table: Table<'_>, source: &Source, notes: &mut Notes) -> Option<At<Rule>> {
    let name = table
        .required("name", notes)
        .and_then(|name| named(name, notes));
    let place = table.span.clone();
    let queries = table.strings("match", true, notes);
    let urgency = table.string("urgency", notes);
    let channels = table.strings("channels", false, notes);
    let cooldown = table
        .duration("cooldown", notes)
        .and_then(|value| between(value, SignedDuration::ZERO, CEILING, notes));
    table.finish(notes);
    if queries.as_ref().is_none_or(Vec::is_empty) {
        notes.problems.push(Problem {
            file: name.as_ref()?.file,
            span: place,
            message: "this [[rule]] has nothing to match".to_owned(),
            label: String::new(),
            help: Some("add what to look for: match = '\"military cooperation\"'".to_owned()),
        });
    }
    for query in queries.iter().flatten() {
        if let Err(error) = rules::parse(&query.value) {
            notes.problems.push(Problem {
                file: query.file,
                span: file::within(&source.text, query, &error.span),
                message: error.message,
                label: String::new(),
                help: error.help,
            });
        }
    }
    let urgency = match urgency.as_ref().map(|urgency| urgency.value.as_str()) {
        None | Some("normal") => Urgency::Normal,
        Some("low") => Urgency::Low,
        Some("critical") => Urgency::Critical,
        Some(other) => {
            let message = format!("`{other}` is not an urgency");
            let help = "write \"low\", \"normal\" or \"critical\"";
            notes
                .problems
                .extend(urgency.map(|urgency| urgency.problem(message, help)));
            Urgency::Normal
        }
    };
    for channel in channels.iter().flatten() {
        if channel.value != DESKTOP {
            notes.problems.push(channel.problem(
                format!("there is no channel `{}`", channel.value),
                "the one channel is \"desktop\"; write [] for hits that are stored and logged only",
            ));
        }
    }
    let name = name?;
    Some(At {
        value: Rule {
            name: name.value.into(),
            queries: queries?.into_iter().map(|query| query.value).collect(),
            urgency,
            channels: channels.map_or_else(
                || vec![DESKTOP.to_owned()],
                |names| names.into_iter().map(|name| name.value).collect(),
            ),
            cooldown: cooldown.map_or(SignedDuration::from_hours(6), |cooldown| cooldown.value),
        },
        file: name.file,
        span: name.span,
    })
}

/// Complains about a length of time that is out of bounds.
fn between(
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
fn named(name: At<String>, notes: &mut Notes) -> Option<At<String>> {
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
fn address(text: &At<String>, directory: &Path, notes: &mut Notes) -> Option<Url> {
    let base = std::path::absolute(directory)
        .ok()
        .and_then(|directory| Url::from_directory_path(directory).ok());
    let url = Url::options()
        .base_url(base.as_ref().filter(|_| text.value.starts_with("file:")))
        .parse(text.value.trim());
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

/// Whether a feed lives on this machine.
fn at_home(url: &Url) -> bool {
    match url.host() {
        None => true,
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
    }
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

/// Where the configuration is, by the first of: what was said, `$NEWSBELL_CONFIG`,
/// `$XDG_CONFIG_HOME/newsbell/newsbell.toml`, `/etc/newsbell/newsbell.toml`.
#[must_use]
pub fn locate(said: Option<&Path>) -> PathBuf {
    if let Some(path) = said {
        return path.to_owned();
    }
    if let Some(path) = std::env::var_os("NEWSBELL_CONFIG").filter(|path| !path.is_empty()) {
        return path.into();
    }
    let home = home_config();
    let system = PathBuf::from("/etc/newsbell/newsbell.toml");
    if !home.exists() && system.exists() {
        return system;
    }
    home
}

/// The user's own configuration file.
#[must_use]
pub fn home_config() -> PathBuf {
    base_directory(BaseStrategy::config_dir).join("newsbell/newsbell.toml")
}

/// The database of a configuration that names none: in `$STATE_DIRECTORY` (systemd), else in
/// `$XDG_STATE_HOME/newsbell`.
fn default_store() -> PathBuf {
    let state = std::env::var_os("STATE_DIRECTORY").filter(|directory| !directory.is_empty());
    let directory = state.map_or_else(
        || {
            base_directory(|base| base.state_dir().unwrap_or_else(|| base.data_dir()))
                .join("newsbell")
        },
        // systemd lists several with colons; the first is ours.
        |listed| {
            let listed = listed.to_string_lossy();
            PathBuf::from(listed.split(':').next().unwrap_or_default())
        },
    );
    directory.join("newsbell.db")
}

fn base_directory(ask: impl Fn(&etcetera::base_strategy::Xdg) -> PathBuf) -> PathBuf {
    // Without a home directory everything is relative to where we stand.
    etcetera::base_strategy::Xdg::new().map_or_else(|_| PathBuf::from("."), |base| ask(&base))
}

//! What has the user asked for? If you hold a [`Config`] it is valid.

mod access;
mod changes;
mod channel;
pub mod edit;
pub mod file;

mod problems;
mod read;
mod rule;
pub mod schema;
mod telling;

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use etcetera::BaseStrategy;
use jiff::SignedDuration;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use url::Url;

use crate::model::channel::Setup;
use crate::model::{Feed, Limit, Quiet, Rule};
use crate::rules::frequencies::Frequencies;
use crate::rules::{BadRule, Lists, RuleSet};
use crate::story;
use file::{Notes, Problem};
pub use problems::Problems;
use problems::Source;

/// The name of the channel that is there without being configured.
pub const DESKTOP: &str = "desktop";

/// The directory beside the configuration whose `*.toml` are part of it.
pub const FRAGMENTS: &str = "conf.d";

/// Files of one configuration, at most.
const FILES: usize = 256;

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
    /// How items are grouped.
    pub stories: Stories,
    /// Settings of the desktop channel.
    pub desktop: Desktop,
    /// When nobody is to be disturbed.
    pub quiet: Quiet,
    /// More alerts than this are told in one summary.
    pub flood: Limit,
    /// The other channels, in the order they are written.
    pub channels: Vec<Setup>,
    /// The feeds, in the order they are written.
    pub feeds: Vec<Arc<Feed>>,
    /// The rules, in the order they are written.
    pub rules: Vec<Rule>,
    /// The word lists that rules may use: `[words]`.
    pub lists: Lists,
}

/// How feeds are polled: `[poll]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Poll {
    /// Requests under way at once, over all hosts.
    pub concurrency: usize,
    /// Requests under way at once to one host.
    pub per_host: usize,
    /// From one request to a host to the next.
    pub host_gap: SignedDuration,
    /// For connecting to a server.
    pub connect_timeout: Duration,
    /// For a whole poll, redirects and body included.
    pub timeout: Duration,
    /// Through whom all feeds are asked that do not say otherwise.
    pub proxy: Option<Url>,
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

impl Default for Keep {
    fn default() -> Keep {
        Keep {
            path: PathBuf::new(),
            keep: SignedDuration::from_hours(90 * 24),
        }
    }
}

/// How items are grouped into stories: `[stories]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stories {
    /// How long after its last item a story may still be joined.
    pub window: SignedDuration,
}

impl Default for Stories {
    fn default() -> Stories {
        Stories {
            window: story::WINDOW,
        }
    }
}

/// Settings of the desktop channel: `[channel.desktop]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desktop {
    /// Alerts that could not be shown for so long are folded into one summary.
    pub away_after: SignedDuration,
    /// What goes beyond it waits.
    pub rate: Option<Limit>,
    /// How long a rule is muted from a notification.
    pub mute: SignedDuration,
}

impl Default for Desktop {
    fn default() -> Desktop {
        Desktop {
            away_after: SignedDuration::from_hours(1),
            rate: None,
            mute: SignedDuration::from_hours(8),
        }
    }
}

impl Config {
    /// Reads the file at `path` and every `conf.d/*.toml` beside it, in the order of their names.
    pub fn load(path: &Path) -> Result<Config, ConfigError> {
        // In a thread of its own: the room that it takes to read a large file is left to the next thread that
        // begins, and not to this one, which never needs as much again.
        let read = || check(path).map(|checked| checked.config);
        let read = std::thread::scope(|scope| scope.spawn(read).join());
        read.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }

    /// Its rules, compiled.
    pub fn compile(&self, frequencies: &Frequencies) -> Result<RuleSet, BadRule> {
        RuleSet::compile(&self.rules, &self.lists, frequencies)
    }
}

/// A configuration with what was noted while it was read.
#[derive(Debug)]
pub struct Checked {
    /// The configuration.
    pub config: Config,
    /// The keys that it names and those that it does not.
    pub notes: Notes,
    /// What is allowed and looks like a mistake.
    pub doubts: Problems,
}

/// Reads the configuration and says what is doubtful in it.
pub fn check(path: &Path) -> Result<Checked, ConfigError> {
    let mut notes = Notes::default();
    let sources = sources(path, &mut notes)?;
    let config = read::check(&sources, &mut notes);
    let problems = |mut all: Vec<Problem>, doubts| {
        all.sort_by_key(|problem| (problem.file, problem.span.start));
        Problems {
            sources,
            all,
            doubts,
        }
    };
    if !notes.problems.is_empty() {
        return Err(ConfigError::Wrong(problems(notes.problems, false)));
    }
    let doubts = problems(std::mem::take(&mut notes.doubts), true);
    Ok(Checked {
        config,
        notes,
        doubts,
    })
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

impl ConfigError {
    /// What is wrong, in one line: the first mistake with its place.
    #[must_use]
    pub fn first_line(&self) -> String {
        match self {
            ConfigError::Wrong(problems) => problems.first_line(),
            ConfigError::Unreadable { path, source } => {
                format!("{} cannot be read: {source}", path.display())
            }
        }
    }
}

/// The file at `path`, those of `conf.d` beside it, and those that any of them includes.
fn sources(path: &Path, notes: &mut Notes) -> Result<Vec<Source>, ConfigError> {
    let unreadable = |path: &Path, source| ConfigError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let mut paths = vec![path.to_owned()];
    let fragments = path.with_file_name(FRAGMENTS);
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
    let mut file = 0;
    while file < sources.len() {
        for (included, place) in included(&sources[file]) {
            let directory = sources[file].path.parent().unwrap_or(Path::new("."));
            let path = directory.join(&included);
            let name = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
            if sources.iter().any(|known| name(&known.path) == name(&path)) {
                continue;
            }
            match text_of(&path) {
                Ok(text) if sources.len() < FILES => sources.push(Source { path, text }),
                Ok(_) => notes.problems.push(Problem {
                    file,
                    span: place,
                    message: format!("a configuration has at most {FILES} files"),
                    label: String::new(),
                    help: Some("put some of them together".to_owned()),
                }),
                Err(error) => notes.problems.push(Problem {
                    file,
                    span: place,
                    message: format!("cannot read {}: {error}", path.display()),
                    label: String::new(),
                    help: Some("the path is relative to this file".to_owned()),
                }),
            }
        }
        file += 1;
    }
    Ok(sources)
}

/// The files that one includes, each with where it says so.
fn included(source: &Source) -> Vec<(String, Range<usize>)> {
    let (table, _) = DeTable::parse_recoverable(&source.text);
    let Some(value) = table.get_ref().get("include") else {
        return Vec::new();
    };
    let alone = std::slice::from_ref(value);
    let values = value.get_ref().as_array().map_or(alone, |array| array);
    let path = |value: &Spanned<DeValue<'_>>| {
        let path = value.get_ref().as_str()?.to_owned();
        Some((path, value.span()))
    };
    values.iter().filter_map(path).collect()
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

#[cfg(test)]
mod tests;

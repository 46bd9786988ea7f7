//! Where do log lines go, and how do they look?
//!
//! To the journal with structured fields when systemd started us, else to stderr, as text or as JSON. The
//! level says who should read it: info is hits, alerts and changes of state, a week of which is read in a
//! minute; warnings and errors are said once, when something begins to be wrong; debug has a line a poll.

mod json;

use std::io::IsTerminal;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;

use tracing::Subscriber;
use tracing_subscriber::filter::{FilterFn, LevelFilter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

/// Environment variable with the levels to log, in the syntax of `tracing_subscriber::EnvFilter`.
pub const LEVELS: &str = "NEWSBELL_LOG";

/// Environment variable: `json` for a line of JSON an event, where the journal is not written to.
pub const FORMAT: &str = "NEWSBELL_LOG_FORMAT";

/// The name of the event that a rule has matched.
pub const HIT: &str = "hit";

/// The name of the event that a feed's polls begin to go wrong.
pub const FEED_FAILING: &str = "feed-failing";

/// The name of the event that they go well again.
pub const FEED_RECOVERED: &str = "feed-recovered";

/// The name of the event that a new configuration was refused.
pub const CONFIG_REJECTED: &str = "config-rejected";

/// `MESSAGE_ID` in the journal (systemd.journal-fields(7)) by the name of the event: what scripts wait for,
/// whatever becomes of the wording. Random once, and the same for ever.
pub const MESSAGE_IDS: [(&str, &str); 4] = [
    (HIT, "2be66913b1d94bb6912232ce56cc73d3"),
    (FEED_FAILING, "ec498fe8deb6476caf586b075e97d647"),
    (FEED_RECOVERED, "0acf668773b94236a6c054a253e753a3"),
    (CONFIG_REJECTED, "a9e4f1d028eb480f803fba4effdf16bf"),
];

/// The message id of an event, if it has one.
fn message_id(event: &str) -> Option<&'static str> {
    let mut known = MESSAGE_IDS.iter();
    known.find(|(name, _)| *name == event).map(|(_, id)| *id)
}

/// Sets logging up for the whole program, at `level` unless `$NEWSBELL_LOG` says otherwise. A second
/// call changes nothing.
pub fn init(level: LevelFilter) {
    let filter = EnvFilter::builder()
        .with_default_directive(level.into())
        .with_env_var(LEVELS)
        .from_env_lossy();
    let registry = tracing_subscriber::registry().with(filter);
    let journal = on_journal().then(journal).and_then(Result::ok);
    let format = std::env::var_os(FORMAT);
    let text = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal() && !no_color())
        .with_target(false);
    // Only the first call of a program counts; tests make more.
    let _ = match journal {
        Some(journal) => registry.with(journal).try_init(),
        None if format.is_some_and(|format| format == "json") => registry
            .with(text.with_ansi(false).event_format(json::Json))
            .try_init(),
        None => registry.with(text).try_init(),
    };
}

/// Writes to the journal: one layer for each message id, which adds it, and one for all other events.
fn journal<S>() -> std::io::Result<Vec<Box<dyn Layer<S> + Send + Sync>>>
where
    S: Subscriber + for<'s> LookupSpan<'s>,
{
    let layer = || {
        let layer = tracing_journald::layer()?;
        Ok::<_, std::io::Error>(layer.with_field_prefix(Some("NEWSBELL".to_owned())))
    };
    let others = FilterFn::new(|about| message_id(about.name()).is_none());
    let mut layers = vec![layer()?.with_filter(others).boxed()];
    for (event, id) in MESSAGE_IDS {
        let only = FilterFn::new(move |about| about.name() == event);
        let named = layer()?.with_custom_fields([("MESSAGE_ID", id), ("NEWSBELL_EVENT", event)]);
        layers.push(named.with_filter(only).boxed());
    }
    Ok(layers)
}

/// Whether the user wants no colours (<https://no-color.org>).
#[must_use]
pub fn no_color() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

/// Whether stderr is the journal's stream: `$JOURNAL_STREAM` names its device and inode, and may be
/// inherited by a program whose stderr went elsewhere (systemd.exec(5)).
fn on_journal() -> bool {
    let Ok(named) = std::env::var("JOURNAL_STREAM") else {
        return false;
    };
    let Ok(stderr) = std::io::stderr().as_fd().try_clone_to_owned() else {
        return false;
    };
    std::fs::File::from(stderr)
        .metadata()
        .is_ok_and(|meta| named == format!("{}:{}", meta.dev(), meta.ino()))
}

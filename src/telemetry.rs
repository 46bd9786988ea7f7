//! Where do log lines go, and how do they look?
//!
//! To the journal with structured fields when systemd started us, else to stderr.

use std::io::IsTerminal;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Environment variable with the levels to log, in the syntax of `tracing_subscriber::EnvFilter`.
pub const LEVELS: &str = "NEWSBELL_LOG";

/// Sets logging up for the whole program, at `level` unless `$NEWSBELL_LOG` says otherwise. A second
/// call changes nothing.
pub fn init(level: LevelFilter) {
    let filter = EnvFilter::builder()
        .with_default_directive(level.into())
        .with_env_var(LEVELS)
        .from_env_lossy();
    let registry = tracing_subscriber::registry().with(filter);
    let journal = on_journal()
        .then(tracing_journald::layer)
        .and_then(Result::ok);
    // Only the first call of a program counts; tests make more.
    let _ = match journal {
        Some(journal) => registry
            .with(journal.with_field_prefix(Some("NEWSBELL".to_owned())))
            .try_init(),
        None => registry
            .with(
                tracing_subscriber::fmt::layer()
                    .with_writer(std::io::stderr)
                    .with_ansi(std::io::stderr().is_terminal() && !no_color())
                    .with_target(false),
            )
            .try_init(),
    };
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

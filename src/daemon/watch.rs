//! Has a file been written, of a local feed or of the configuration, or has somebody knocked at the database?
//! So that nobody need look.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use notify::event::{AccessKind, AccessMode, EventKind, ModifyKind, RenameMode};
use notify::{Event, RecursiveMode, Watcher as _};
use tokio::sync::{mpsc, watch as latest};
use url::Url;

use crate::config::FRAGMENTS;
use crate::model::Feed;

/// Watches until it is dropped.
pub(super) type Watcher = notify::RecommendedWatcher;

/// Sends the URL of a local feed whenever its document has been written or put in its place. Where
/// the system cannot watch, the feeds are still polled at their interval.
pub(super) fn local_feeds(feeds: &[Arc<Feed>], nudge: mpsc::Sender<Url>) -> Option<Watcher> {
    let mut urls: HashMap<PathBuf, Url> = HashMap::new();
    for feed in feeds.iter().filter(|feed| feed.url.scheme() == "file") {
        if let Ok(path) = feed.url.to_file_path() {
            urls.insert(path, feed.url.clone());
        }
    }
    if urls.is_empty() {
        return None;
    }
    // The directory is watched, not the file: editors put a new file in place of the old one.
    let directories: HashSet<PathBuf> = urls
        .keys()
        .filter_map(|path| path.parent().map(Path::to_owned))
        .collect();
    let written = move |event: &Event| {
        if !is_written(event.kind) {
            return;
        }
        for url in event.paths.iter().filter_map(|path| urls.get(path)) {
            // Full only if dozens of changes wait already; the interval catches the rest.
            let _ = nudge.try_send(url.clone());
        }
    };
    watch(
        directories,
        written,
        "a local feed cannot be watched and is polled at its interval",
    )
}

/// Says whenever a file of the configuration may have been written, put in its place, moved away or
/// deleted: the main one at `main`, one of `files`, or anything that is or becomes `conf.d/*.toml`.
pub(super) fn configuration(
    main: &Path,
    files: &[PathBuf],
    changed: mpsc::Sender<()>,
) -> Option<Watcher> {
    let fragments = std::path::absolute(main.with_file_name(FRAGMENTS)).ok()?;
    let mut known: HashSet<PathBuf> = HashSet::from([fragments.clone()]);
    for file in files.iter().map(PathBuf::as_path).chain([main]) {
        // A file may be a link to where its owner really keeps it.
        known.extend(std::path::absolute(file).ok());
        known.extend(file.canonicalize().ok());
    }
    let directories: HashSet<PathBuf> = known
        .iter()
        .filter_map(|path| path.parent().map(Path::to_owned))
        .chain([fragments.clone()].into_iter().filter(|path| path.is_dir()))
        .collect();
    let concerns = move |path: &PathBuf| {
        let fragment = path.parent() == Some(&fragments)
            && path
                .extension()
                .is_some_and(|extension| extension == "toml");
        fragment || known.contains(path)
    };
    let written = move |event: &Event| {
        let only_read = matches!(event.kind, EventKind::Access(_)) && !is_written(event.kind);
        if !only_read && event.paths.iter().any(&concerns) {
            // Full only if one change waits to be noticed already.
            let _ = changed.try_send(());
        }
    };
    watch(
        directories,
        written,
        "a file of the configuration cannot be watched: reload it by hand (SIGHUP)",
    )
}

/// Hands over what happens in `directories`; where the system cannot watch, says what that means.
fn watch(
    directories: HashSet<PathBuf>,
    mut happened: impl FnMut(&Event) + Send + 'static,
    otherwise: &str,
) -> Option<Watcher> {
    let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        if let Ok(event) = event {
            happened(&event);
        }
    });
    let cannot = |error: notify::Error| tracing::warn!(%error, "{otherwise}");
    let mut watcher = watcher.map_err(cannot).ok()?;
    for directory in directories {
        if let Err(error) = watcher.watch(&directory, RecursiveMode::NonRecursive) {
            cannot(error);
        }
    }
    Some(watcher)
}

/// Bumps `knocks` whenever somebody knocks at the database. Where the system cannot watch, what was wanted
/// happens at the next occasion.
pub(super) fn door(knock: &Path, knocks: latest::Sender<u64>) -> Option<Watcher> {
    let watch = || {
        // What is to be watched must be there; what it holds does not matter.
        std::fs::File::options()
            .create(true)
            .append(true)
            .open(knock)?;
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            if event.is_ok_and(|event| is_written(event.kind)) {
                knocks.send_modify(|knocks| *knocks += 1);
            }
        })?;
        watcher.watch(knock, RecursiveMode::NonRecursive)?;
        Ok::<_, notify::Error>(watcher)
    };
    match watch() {
        Ok(watcher) => Some(watcher),
        Err(error) => {
            tracing::warn!(%error, "`newsbell outbox retry` cannot be heard: alerts are tried again when they are due");
            None
        }
    }
}

/// Whether a whole document stands there now: half-written ones are not looked at.
fn is_written(kind: EventKind) -> bool {
    matches!(
        kind,
        EventKind::Access(AccessKind::Close(AccessMode::Write))
            | EventKind::Modify(ModifyKind::Name(RenameMode::To | RenameMode::Both))
    )
}

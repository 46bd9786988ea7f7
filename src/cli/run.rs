//! `newsbell run`: the service.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use crate::clock::Clock;
use crate::config::Config;
use crate::daemon::Daemon;
use crate::store::Store;

/// Threads that wait for the resolver or the disk, at most: a resolver that is slow to say that a
/// name leads nowhere holds one of them for a while, and must not hold up other feeds.
const THREADS: usize = 32;

/// How long threads that still wait for something may delay the end.
const LINGER: Duration = Duration::from_millis(200);

pub(super) fn run(path: &Path) -> anyhow::Result<ExitCode> {
    let config = Config::load(path)?;
    let store = Store::open(&config.store.path)?;
    let daemon = Daemon {
        config_path: path.to_owned(),
        config,
        store,
        clock: Clock::wall(),
    };
    let runtime = runtime()?;
    let ended = runtime.block_on(daemon.serve());
    runtime.shutdown_timeout(LINGER);
    ended.map(|()| ExitCode::SUCCESS)
}

/// The async runtime of a command. One thread drives the loops, for they wait nearly all the time; the
/// memory that each further one keeps for itself would be the larger part of all.
pub(super) fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .max_blocking_threads(THREADS)
        .enable_all()
        .build()
}

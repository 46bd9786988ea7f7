//! `newsbell run`: the service.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use crate::clock::Clock;
use crate::config::Config;
use crate::daemon::Daemon;
use crate::store::Store;

/// Threads that drive the loops. They wait nearly all the time; parsing has threads of its own.
const WORKERS: usize = 2;

/// How long threads that are still parsing may delay the end.
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

/// The async runtime of a command.
pub(super) fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .max_blocking_threads(WORKERS)
        .enable_all()
        .build()
}

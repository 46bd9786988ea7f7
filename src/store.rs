//! Where does everything that must not be forgotten live, and who may write it?
//!
//! One SQLite file in WAL mode with `synchronous=FULL`, one process that owns it (a lock beside the
//! file), one thread in that process that writes it. Readers, the command line for one, open it
//! read-only at any time.

mod archive;
mod backup;
mod carriers;
mod edits;
mod feeds;
mod held;
mod hits;
mod items;
mod mutes;
mod outbox;
mod retain;
mod stories;
#[cfg(test)]
mod tests;

use std::fs::{File, TryLockError};
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior, ffi};
use tokio::sync::{mpsc, oneshot};

pub use archive::{Delivery, RuleCount, Stored, Wanted};
pub use feeds::{FeedRow, FeedUpdate};
pub use held::Held;
pub use hits::{HitFilter, Totals};
pub use items::{Intake, Known, Seen};
pub use outbox::{ChannelState, Kept, KeptState, NewAlert, Settled, Waiting, new_alert_id};

/// `PRAGMA application_id` of a newsbell database: "nwsb".
const APPLICATION_ID: i64 = 0x6e77_7362;

/// One script per version of the schema; `PRAGMA user_version` counts those that ran.
const SCHEMA: &[&str] = &[
    include_str!("store/schema/1.sql"),
    include_str!("store/schema/2.sql"),
    include_str!("store/schema/3.sql"),
    include_str!("store/schema/4.sql"),
    include_str!("store/schema/5.sql"),
    include_str!("store/schema/6.sql"),
    include_str!("store/schema/7.sql"),
    include_str!("store/schema/8.sql"),
    include_str!("store/schema/9.sql"),
    include_str!("store/schema/10.sql"),
];

/// How long a statement waits for another process (a backup, say) before it fails.
const BUSY: Duration = Duration::from_secs(5);

/// Statements that are kept ready: more than there are in this module.
const STATEMENTS: usize = 128;

/// How often, and after which pause, the lock is tried again before it is said to be held.
const LOCK_TRIES: u32 = 5;
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// Bytes of a lock file.
const NOTED: usize = 512;

/// Jobs that may wait for the writer.
const QUEUE: usize = 16;

/// What can be wrong with a store, cut by what a person does about it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The lock is held.
    #[error(
        "another newsbell ({owner}) is using {path}\n  help: stop it first, or give this one a database of its own with `[store] path`"
    )]
    InUse {
        /// The database.
        path: PathBuf,
        /// What the lock file says of its holder.
        owner: String,
    },
    /// Written by a later release.
    #[error(
        "{path} was written by a newer newsbell (schema {found}, this one knows {known}); nothing was changed\n  help: install the newer release again, or name another file with `[store] path`"
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// Ours.
        known: usize,
    },
    /// A file that is not ours.
    #[error(
        "{path} is not a newsbell database; nothing was changed\n  help: name another file with `[store] path`"
    )]
    NotOurs {
        /// The file.
        path: PathBuf,
    },
    /// Damaged.
    #[error(
        "{path} is damaged ({detail}); nothing was changed\n  help: move it and its -wal and -shm files away and start again, or restore a backup; `sqlite3 {path} .recover` may save what is in it"
    )]
    Corrupt {
        /// The database.
        path: PathBuf,
        /// What SQLite says.
        detail: String,
    },
    /// No right to write.
    #[error(
        "{path} cannot be written ({detail})\n  help: check who owns the file and its directory, and that the disk is not mounted read-only"
    )]
    ReadOnly {
        /// The database.
        path: PathBuf,
        /// What the system says.
        detail: String,
    },
    /// A file that would be written over.
    #[error(
        "{path} is there already and was left as it is\n  help: name a file that is not there yet"
    )]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// No database yet.
    #[error(
        "there is no database at {path} yet\n  help: `newsbell run` or `newsbell poll` makes it"
    )]
    Missing {
        /// Where it would be.
        path: PathBuf,
    },
    /// No room.
    #[error(
        "the disk of {path} is full; nothing was lost, but nothing more can be stored until there is room"
    )]
    Full {
        /// The database.
        path: PathBuf,
    },
    /// Another process holds a lock.
    #[error("{path} has been locked by another process for longer than {} s", BUSY.as_secs())]
    Locked {
        /// The database.
        path: PathBuf,
    },
    /// Written by an earlier release and not migrated yet.
    #[error(
        "{path} is from an older newsbell\n  help: `newsbell run` or `newsbell poll` brings it up to date"
    )]
    Older {
        /// The database.
        path: PathBuf,
    },
    /// Anything else of SQLite's.
    #[error("{path}: {source}")]
    Sqlite {
        /// The database.
        path: PathBuf,
        /// The cause.
        source: rusqlite::Error,
    },
    /// A value in the database that this release did not write.
    #[error("{path} holds a value that newsbell did not write: {source}")]
    Value {
        /// The database.
        path: PathBuf,
        /// The cause.
        source: serde_json::Error,
    },
    /// A step broke.
    #[error(
        "a fault of newsbell's own: nothing of this was stored; please report what the log says before"
    )]
    Panicked,
    /// The writer is gone.
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    /// Whether nothing can be stored at all, instead of one thing.
    #[must_use]
    pub fn is_of_all(&self) -> bool {
        matches!(
            self,
            StoreError::Full { .. }
                | StoreError::Locked { .. }
                | StoreError::ReadOnly { .. }
                | StoreError::Corrupt { .. }
                | StoreError::Sqlite { .. }
        )
    }
}

/// What a statement can fail with, before it is known which file it was about.
#[derive(Debug, thiserror::Error)]
pub enum TxError {
    /// SQLite's.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// A stored value that cannot be read.
    #[error(transparent)]
    Value(#[from] serde_json::Error),
}

/// Result of a step inside a transaction.
pub type TxResult<T> = Result<T, TxError>;

/// What may be asked and said inside one transaction. All SQL is behind its methods.
#[derive(Debug)]
pub struct Tx<'c> {
    conn: &'c Connection,
}

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// The store, owned: a handle to the thread that writes it. Cheap to clone; dropping the last handle
/// closes the database and returns when it is closed.
#[derive(Clone, Debug)]
pub struct Store {
    writer: Arc<Writer>,
    path: PathBuf,
}

#[derive(Debug)]
struct Writer {
    /// Taken only when the writer ends.
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
    /// The lock beside the database, which says who holds it and how that is. Let go after all else.
    lock: File,
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // It cannot be told any more if the writer broke; every job that broke was told.
            let _ = thread.join();
        }
    }
}

impl Store {
    /// Opens the database at `path` for this process alone, making it and its directory if needed.
    /// Leases of a process that died are released.
    pub fn open(path: &Path) -> Result<Store, StoreError> {
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(|e| unwritable(path, &e))?;
        }
        let lock = lock(path)?;
        let noted = lock.try_clone().map_err(|e| unwritable(path, &e))?;
        let explain = |e: TxError| explain(path, e);
        let mut conn = Connection::open(path).map_err(|e| explain(e.into()))?;
        prepare(path, &mut conn)?;
        Tx { conn: &conn }.release_leases().map_err(explain)?;

        let (jobs, mut inbox) = mpsc::channel::<Job>(QUEUE);
        #[expect(
            clippy::disallowed_methods,
            reason = "the one writer belongs to the store and ends with it"
        )]
        let thread = std::thread::spawn(move || {
            while let Some(job) = inbox.blocking_recv() {
                job(&mut conn);
            }
            // Closed before the lock is let go.
            drop(conn);
            drop(lock);
        });
        Ok(Store {
            writer: Arc::new(Writer {
                jobs: Some(jobs),
                thread: Some(thread),
                lock: noted,
            }),
            path: path.to_owned(),
        })
    }

    /// Whether something can be stored: writes what is there already.
    pub async fn can_write(&self) -> Result<(), StoreError> {
        self.write(|tx| {
            tx.conn.execute(
                "UPDATE feeds SET name = name WHERE id = (SELECT min(id) FROM feeds)",
                [],
            )?;
            Ok(())
        })
        .await
    }

    /// Notes, for whoever asks for the owner, what keeps it from its work. As far as that is possible: it is
    /// said in the log as well.
    pub fn note(&self, trouble: Option<&str>) {
        if let Err(error) = note(&self.writer.lock, trouble) {
            tracing::debug!(%error, "the lock file cannot be written");
        }
    }

    /// Runs `work` in one transaction and commits it: everything in it lasts, or nothing does.
    pub async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Tx<'_>) -> TxResult<T> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |conn| {
            let transact = || {
                let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
                let value = work(&Tx { conn: &tx })?;
                tx.commit()?;
                Ok(value)
            };
            // The transaction is rolled back when it is dropped, and one poll that breaks a step must
            // not keep the others from being stored.
            let result = std::panic::catch_unwind(AssertUnwindSafe(transact));
            // Nobody waits any more when the program is stopping; the commit stands.
            let _ = answer.send(result);
        });
        let jobs = self.writer.jobs.as_ref().ok_or(StoreError::Closed)?;
        jobs.send(job).await.map_err(|_| StoreError::Closed)?;
        answered
            .await
            .map_err(|_| StoreError::Closed)?
            .map_err(|_| StoreError::Panicked)?
            .map_err(|e| explain(&self.path, e))
    }

    /// Returns when the writer has come to this, after all that was to be written before.
    pub async fn answers(&self) {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |_| {
            // Nobody waits any more when the program is stopping.
            let _ = answer.send(());
        });
        if let Some(jobs) = &self.writer.jobs
            && jobs.send(job).await.is_ok()
        {
            let _ = answered.await;
        }
    }

    /// Who owns the database at `path` now, if anybody does.
    #[must_use]
    pub fn owner(path: &Path) -> Option<Owner> {
        let mut file = File::open(lock_path(path)).ok()?;
        match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => {
                let mut noted = Vec::new();
                file.read_to_end(&mut noted).ok()?;
                let noted = String::from_utf8_lossy(&noted);
                let mut lines = noted.lines().map(str::trim);
                Some(Owner {
                    name: lines.next().unwrap_or_default().to_owned(),
                    trouble: lines
                        .next()
                        .filter(|line| !line.is_empty())
                        .map(str::to_owned),
                })
            }
            Ok(()) | Err(TryLockError::Error(_)) => None,
        }
    }

    /// Where the database is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Who owns a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// `process 1234`.
    pub name: String,
    /// What keeps it from its work.
    pub trouble: Option<String>,
}

/// Lets the owner of the database at `path` know that somebody has written something beside it that it is
/// to look at now.
pub fn knock(path: &Path) -> Result<(), StoreError> {
    let knock = knock_path(path);
    std::fs::write(&knock, b"").map_err(|e| unwritable(&knock, &e))
}

/// The file that is written by a [`knock`].
#[must_use]
pub fn knock_path(path: &Path) -> PathBuf {
    beside(path, ".knock")
}

/// A read-only look at a store that another process may own and be writing.
#[derive(Debug)]
pub struct Reader {
    conn: Connection,
    path: PathBuf,
}

impl Reader {
    /// Opens the database at `path`, which must exist and be of this release's schema.
    pub fn open(path: &Path) -> Result<Reader, StoreError> {
        let conn = open_existing(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        Ok(Reader {
            conn,
            path: path.to_owned(),
        })
    }

    /// Runs `look` on one consistent state of the store.
    pub fn read<T>(&mut self, look: impl FnOnce(&Tx<'_>) -> TxResult<T>) -> Result<T, StoreError> {
        let result = (|| {
            let tx = self.conn.transaction()?;
            look(&Tx { conn: &tx })
        })();
        result.map_err(|e| explain(&self.path, e))
    }
}

/// Runs `work` in one transaction on the database at `path` while another process may own it: for what
/// a person says to a service that runs. The owner's next transaction sees it.
pub fn write_beside<T>(
    path: &Path,
    work: impl FnOnce(&Tx<'_>) -> TxResult<T>,
) -> Result<T, StoreError> {
    let mut conn = open_existing(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let result = (|| {
        conn.execute_batch("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;")?;
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let value = work(&Tx { conn: &tx })?;
        tx.commit()?;
        Ok(value)
    })();
    result.map_err(|e| explain(path, e))
}

/// A connection to the database at `path`, which must exist and be of this release's schema.
fn open_existing(path: &Path, access: OpenFlags) -> Result<Connection, StoreError> {
    let missing = || StoreError::Missing {
        path: path.to_owned(),
    };
    if !path.exists() {
        return Err(missing());
    }
    let explain = |e: rusqlite::Error| explain(path, e.into());
    let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags).map_err(explain)?;
    conn.busy_timeout(BUSY).map_err(explain)?;
    match version(path, &conn)? {
        Some(found) if found == known() => Ok(conn),
        Some(_) => Err(StoreError::Older {
            path: path.to_owned(),
        }),
        None => Err(missing()),
    }
}

/// Holds the lock file beside the database for as long as the result lives.
fn lock(path: &Path) -> Result<File, StoreError> {
    let mut file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(lock_path(path))
        .map_err(|e| unwritable(path, &e))?;
    // Whoever only asks for the owner holds the lock for a moment.
    let mut tries = 0;
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) if tries < LOCK_TRIES => {
                tries += 1;
                std::thread::sleep(LOCK_PAUSE);
            }
            Err(TryLockError::WouldBlock) => {
                let mut owner = String::new();
                // Who holds it is a courtesy; that it is held is what counts.
                let _ = file.read_to_string(&mut owner);
                return Err(StoreError::InUse {
                    path: path.to_owned(),
                    owner: owner.lines().next().unwrap_or_default().trim().to_owned(),
                });
            }
            Err(TryLockError::Error(e)) => return Err(unwritable(path, &e)),
        }
    }
    file.set_len(0)
        .and_then(|()| note(&file, None))
        .map_err(|e| unwritable(path, &e))?;
    Ok(file)
}

/// Writes into the lock file who holds it, and what keeps it from its work. It is always of one length, so
/// that a full disk takes another text, too.
fn note(file: &File, trouble: Option<&str>) -> std::io::Result<()> {
    let owner = format!(
        "process {}\n{}",
        std::process::id(),
        trouble.unwrap_or_default()
    );
    let mut bytes = owner.into_bytes();
    bytes.resize(NOTED, b'\n');
    file.write_all_at(&bytes, 0)
}

fn lock_path(path: &Path) -> PathBuf {
    beside(path, ".lock")
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Checks that the database is ours, sets it up and migrates it.
fn prepare(path: &Path, conn: &mut Connection) -> Result<(), StoreError> {
    let explain = |e: rusqlite::Error| explain(path, e.into());
    conn.busy_timeout(BUSY).map_err(explain)?;
    // Else queries that may use a partial index are planned anew for every value.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .map_err(explain)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    let found = version(path, conn)?;
    if conn.is_readonly("main").map_err(explain)? {
        return Err(StoreError::ReadOnly {
            path: path.to_owned(),
            detail: "it is read-only".to_owned(),
        });
    }
    // Items are of some two kilobytes: half as many pages are written as of the usual size. What is there
    // already keeps its size.
    conn.execute_batch(
        "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON; PRAGMA journal_size_limit = 16777216; PRAGMA cache_size = -1024;",
    )
    .map_err(explain)?;
    let done = found.unwrap_or(0);
    if done == known() {
        return Ok(());
    }
    migrate(conn, done, SCHEMA).map_err(explain)
}

/// Runs the scripts that a database of version `done` lacks: all of them, or none.
fn migrate(conn: &mut Connection, done: i64, scripts: &[&str]) -> rusqlite::Result<()> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for script in scripts.iter().skip(usize::try_from(done).unwrap_or(0)) {
        tx.execute_batch(script)?;
    }
    tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    tx.pragma_update(None, "user_version", scripts.len())?;
    tx.commit()
}

/// The schema version of a database of ours, `None` if it is empty; an error if it is not ours.
fn version(path: &Path, conn: &Connection) -> Result<Option<i64>, StoreError> {
    let ask = |sql| conn.query_row(sql, [], |row| row.get::<_, i64>(0));
    let explain = |e: rusqlite::Error| explain(path, e.into());
    let tables = ask("SELECT count(*) FROM sqlite_schema").map_err(explain)?;
    if tables == 0 {
        return Ok(None);
    }
    if ask("PRAGMA application_id").map_err(explain)? != APPLICATION_ID {
        return Err(StoreError::NotOurs {
            path: path.to_owned(),
        });
    }
    let found = ask("PRAGMA user_version").map_err(explain)?;
    if found > known() {
        return Err(StoreError::Newer {
            path: path.to_owned(),
            found,
            known: SCHEMA.len(),
        });
    }
    Ok(Some(found))
}

fn known() -> i64 {
    i64::try_from(SCHEMA.len()).unwrap_or(i64::MAX)
}

fn unwritable(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::ReadOnly {
        path: path.to_owned(),
        detail: error.to_string(),
    }
}

/// Whether it is a write that the system did not do.
fn is_of_writing(error: &rusqlite::Error) -> bool {
    let extended = error.sqlite_error().map(|error| error.extended_code);
    matches!(
        extended,
        Some(ffi::SQLITE_IOERR_WRITE | ffi::SQLITE_IOERR_FSYNC | ffi::SQLITE_IOERR_TRUNCATE)
    )
}

/// Turns SQLite's code into what a person can act on.
fn explain(path: &Path, error: TxError) -> StoreError {
    let path = path.to_owned();
    let source = match error {
        TxError::Value(source) => return StoreError::Value { path, source },
        TxError::Sqlite(source) => source,
    };
    match source.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => StoreError::NotOurs { path },
        Some(ErrorCode::DatabaseCorrupt) => StoreError::Corrupt {
            path,
            detail: source.to_string(),
        },
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            StoreError::ReadOnly {
                path,
                detail: source.to_string(),
            }
        }
        // So SQLite tells of a disk that has become read-only under its hands.
        Some(ErrorCode::SystemIoFailure) if is_of_writing(&source) => StoreError::ReadOnly {
            path,
            detail: source.to_string(),
        },
        Some(ErrorCode::DiskFull) => StoreError::Full { path },
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Locked { path },
        _ => StoreError::Sqlite { path, source },
    }
}

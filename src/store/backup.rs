//! How is a database copied that another process is writing?

use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use super::{Reader, StoreError, explain, unwritable};

/// All pages at once: a copy in steps would begin anew whenever the service writes, and a reader of a
/// database in WAL mode holds nobody up.
const ALL: std::ffi::c_int = -1;

impl Reader {
    /// Copies the database, as it is at one instant, to `file`, which must not be there yet; returns its size.
    /// The copy is whole or not there.
    pub fn backup(&self, file: &Path) -> Result<u64, StoreError> {
        if file.exists() {
            return Err(StoreError::Exists {
                path: file.to_owned(),
            });
        }
        let part = beside(file);
        // What an earlier attempt left behind is of no use.
        let _ = std::fs::remove_file(&part);
        let copied = self.copy(&part).and_then(|()| {
            std::fs::File::open(&part)
                .and_then(|part| part.sync_all())
                .and_then(|()| std::fs::rename(&part, file))
                .and_then(|()| std::fs::metadata(file))
                .map_err(|error| unwritable(file, &error))
        });
        if copied.is_err() {
            // It tells its own error; that a part of the copy stays would be another.
            let _ = std::fs::remove_file(&part);
        }
        copied.map(|meta| meta.len())
    }

    fn copy(&self, part: &Path) -> Result<(), StoreError> {
        let explain = |error: rusqlite::Error| explain(part, error.into());
        // For nobody else to read.
        std::fs::File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(part)
            .map_err(|error| unwritable(part, &error))?;
        let mut copy = Connection::open(part).map_err(explain)?;
        let backup = Backup::new(&self.conn, &mut copy).map_err(explain)?;
        let step = backup.step(ALL).map_err(explain)?;
        drop(backup);
        if step != StepResult::Done {
            return Err(StoreError::Locked {
                path: self.path.clone(),
            });
        }
        check(part, &copy)
    }

    /// Looks through the whole database for damage.
    pub fn check(&self) -> Result<(), StoreError> {
        check(&self.path, &self.conn)
    }
}

fn check(path: &Path, conn: &Connection) -> Result<(), StoreError> {
    let said = conn.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0));
    match said {
        Ok(said) if said == "ok" => Ok(()),
        Ok(detail) => Err(StoreError::Corrupt {
            path: path.to_owned(),
            detail,
        }),
        Err(error) => Err(explain(path, error.into())),
    }
}

fn beside(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

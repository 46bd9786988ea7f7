//! Who may open a database, and is it set up as durability needs it?

use std::path::Path;
use std::sync::mpsc;

use rusqlite::Connection;

use super::super::{APPLICATION_ID, Reader, SCHEMA, Store, StoreError, Tx, migrate, version};
use super::{feeds_seen, store, write_feed};

fn asked(conn: &Connection, sql: &str) -> i64 {
    conn.query_row(sql, [], |row| row.get(0)).unwrap()
}

#[test]
fn a_second_store_is_refused_and_told_who_owns_it() {
    let (dir, first) = store();
    let path = dir.path().join("newsbell.db");
    let owner = format!("process {}", std::process::id());
    match Store::open(&path) {
        Err(StoreError::InUse { owner: found, .. }) => assert_eq!(found, owner),
        other => panic!("expected a refusal, found {other:?}"),
    }
    let known = Store::owner(&path).unwrap();
    assert_eq!((known.name.as_str(), known.trouble), (&*owner, None));
    first.note(Some(&"the disk is full ".repeat(100)));
    let trouble = Store::owner(&path).unwrap().trouble.unwrap();
    assert!(trouble.starts_with("the disk is full the"), "{trouble}");
    first.note(None);
    assert_eq!(Store::owner(&path).unwrap().trouble, None);
    drop(first);
    assert_eq!(Store::owner(&path), None);
    Store::open(&path).unwrap();
}

#[test]
fn a_database_nobody_made_has_no_owner() {
    assert_eq!(Store::owner(Path::new("/nonexistent/newsbell.db")), None);
}

#[test]
fn the_lock_is_held_until_the_last_handle_goes() {
    let (dir, first) = store();
    let path = dir.path().join("newsbell.db");
    let second = first.clone();
    drop(first);
    assert!(matches!(Store::open(&path), Err(StoreError::InUse { .. })));
    drop(second);
    Store::open(&path).unwrap();
}

#[test]
fn directories_are_made() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a/b/newsbell.db");
    Store::open(&path).unwrap();
    assert!(path.exists());
}

#[tokio::test]
async fn the_writer_syncs_every_commit_and_checks_references() {
    let (_dir, store) = store();
    let (mode, synchronous, foreign_keys) = store
        .write(|tx| {
            let mode: String = tx
                .conn
                .query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
            let synchronous = asked(tx.conn, "PRAGMA synchronous");
            Ok((mode, synchronous, asked(tx.conn, "PRAGMA foreign_keys")))
        })
        .await
        .unwrap();
    assert_eq!((mode.as_str(), synchronous, foreign_keys), ("wal", 2, 1));
}

#[tokio::test]
async fn pages_hold_several_items_unless_the_database_was_made_before_they_did() {
    let (dir, new) = store();
    let pages = |store: Store| async move {
        let ask = |tx: &Tx<'_>| Ok(asked(tx.conn, "PRAGMA page_size"));
        let size = store.write(ask).await.unwrap();
        write_feed(&store, "a").await.unwrap();
        size
    };
    assert_eq!(pages(new).await, 8192);

    let path = dir.path().join("older.db");
    let mut conn = Connection::open(&path).unwrap();
    conn.execute_batch("PRAGMA page_size = 4096; PRAGMA journal_mode = WAL")
        .unwrap();
    migrate(&mut conn, 0, SCHEMA).unwrap();
    conn.close().unwrap();
    assert_eq!(pages(Store::open(&path).unwrap()).await, 4096);
}

#[tokio::test]
async fn a_reader_sees_commits_and_nothing_else_while_a_writer_writes() {
    let (_dir, store) = store();
    write_feed(&store, "a").await.unwrap();
    let mut reader = Reader::open(store.path()).unwrap();

    let (written, is_written) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel::<()>();
    let writing = store.write(move |tx| {
        tx.feed(&super::feed("b"))?;
        written.send(()).unwrap();
        may_go_on.recv().unwrap();
        Ok(())
    });
    let looking = tokio::task::spawn_blocking(move || {
        is_written.recv().unwrap();
        let during = feeds_seen(&mut reader);
        go_on.send(()).unwrap();
        (during, reader)
    });
    let (wrote, looked) = tokio::join!(writing, looking);
    wrote.unwrap();
    let (during, mut reader) = looked.unwrap();
    assert_eq!(during, 1);
    assert_eq!(feeds_seen(&mut reader), 2);
}

#[test]
fn a_look_sees_one_state_however_long_it_takes() {
    let (_dir, store) = store();
    let mut reader = Reader::open(store.path()).unwrap();
    let other = Connection::open(store.path()).unwrap();
    let both = reader
        .read(|tx| {
            let before = asked(tx.conn, "SELECT count(*) FROM feeds");
            other.execute("INSERT INTO feeds (url, name) VALUES ('u', 'n')", [])?;
            Ok((before, asked(tx.conn, "SELECT count(*) FROM feeds")))
        })
        .unwrap();
    assert_eq!(both, (0, 0));
    assert_eq!(feeds_seen(&mut reader), 1);
}

#[test]
fn a_reader_cannot_write() {
    let (_dir, store) = store();
    let mut reader = Reader::open(store.path()).unwrap();
    let result = reader.read(|tx| tx.feed(&super::feed("a")));
    assert!(
        matches!(result, Err(StoreError::ReadOnly { .. })),
        "{result:?}"
    );
}

#[test]
fn a_reader_says_what_is_wrong_with_a_file_and_leaves_it_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("newsbell.db");
    assert!(matches!(
        Reader::open(&path),
        Err(StoreError::Missing { .. })
    ));
    assert!(!path.exists());

    std::fs::write(&path, "").unwrap();
    assert!(matches!(
        Reader::open(&path),
        Err(StoreError::Missing { .. })
    ));

    std::fs::write(
        &path,
        "not a database, but long enough to be looked at".repeat(100),
    )
    .unwrap();
    assert!(matches!(
        Reader::open(&path),
        Err(StoreError::NotOurs { .. })
    ));
    std::fs::remove_file(&path).unwrap();

    drop(Store::open(&path).unwrap());
    let other = Connection::open(&path).unwrap();
    other.pragma_update(None, "user_version", 0).unwrap();
    assert!(matches!(Reader::open(&path), Err(StoreError::Older { .. })));
    other.pragma_update(None, "user_version", 99).unwrap();
    let newer = Reader::open(&path);
    assert!(
        matches!(newer, Err(StoreError::Newer { found: 99, .. })),
        "{newer:?}"
    );
    other.pragma_update(None, "application_id", 1).unwrap();
    assert!(matches!(
        Reader::open(&path),
        Err(StoreError::NotOurs { .. })
    ));
}

#[test]
fn a_migration_happens_whole_or_not_at_all() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("newsbell.db");
    let mut conn = Connection::open(&path).unwrap();
    migrate(&mut conn, 0, &["CREATE TABLE a (x)"]).unwrap();
    let scripts = [
        "CREATE TABLE a (x)",
        "CREATE TABLE b (x)",
        "CREATE TABLE a (x)",
    ];
    migrate(&mut conn, 1, &scripts).unwrap_err();
    let tables = "SELECT count(*) FROM sqlite_schema";
    assert_eq!(asked(&conn, "PRAGMA user_version"), 1);
    assert_eq!(asked(&conn, tables), 1);

    // The next attempt, with scripts put right, begins where the last good one ended.
    migrate(&mut conn, 1, &["", "CREATE TABLE b (x)"]).unwrap();
    assert_eq!(asked(&conn, "PRAGMA user_version"), 2);
    assert_eq!(asked(&conn, tables), 2);
}

#[test]
fn a_first_migration_that_fails_leaves_an_empty_database() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("newsbell.db");
    let mut conn = Connection::open(&path).unwrap();
    migrate(&mut conn, 0, &["CREATE TABLE a (x); nonsense"]).unwrap_err();
    assert_eq!(version(&path, &conn).unwrap(), None);
    assert_ne!(asked(&conn, "PRAGMA application_id"), APPLICATION_ID);
    drop(conn);
    Store::open(&path).unwrap();
}

//! Is every transaction all or nothing, whatever ends it?

use std::time::Duration;

use rusqlite::Connection;

use super::super::{Store, StoreError};
use super::{feed, feeds, hour, refused, store, write_feed};

#[tokio::test]
async fn a_transaction_that_fails_leaves_nothing() {
    let (_dir, store) = store();
    let failed = store
        .write(|tx| {
            tx.feed(&feed("a"))?;
            Err::<(), _>(refused())
        })
        .await;
    assert!(
        matches!(failed, Err(StoreError::Sqlite { .. })),
        "{failed:?}"
    );
    assert_eq!(feeds(&store).await, 0);
    write_feed(&store, "b").await.unwrap();
    assert_eq!(feeds(&store).await, 1);
}

#[tokio::test]
async fn a_panic_undoes_its_transaction_and_the_writer_goes_on() {
    let (_dir, store) = store();
    let broken = store.write(|tx| {
        let id = tx.feed(&feed("b"))?.id;
        assert!(id.0 < 0, "a fault in a step");
        Ok(())
    });
    let (broken, queued) = tokio::join!(broken, write_feed(&store, "c"));
    assert!(matches!(broken, Err(StoreError::Panicked)), "{broken:?}");
    queued.unwrap();
    let url = feed("b").url;
    let row = store
        .write(move |tx| tx.feed_row(&url, hour(0)))
        .await
        .unwrap();
    assert!(row.is_none(), "nothing of the broken transaction is there");
}

#[tokio::test]
async fn a_write_lasts_though_nobody_waits_for_it() {
    let (dir, store) = store();
    let path = dir.path().join("newsbell.db");
    tokio::select! {
        biased;
        _ = write_feed(&store, "a") => {}
        () = std::future::ready(()) => {}
    }
    drop(store);
    let again = Store::open(&path).unwrap();
    assert_eq!(feeds(&again).await, 1);
}

#[tokio::test]
async fn a_lock_held_too_long_is_said_to_be_one_and_passes() {
    let (_dir, store) = store();
    store
        .write(|tx| Ok(tx.conn.busy_timeout(Duration::from_millis(20))?))
        .await
        .unwrap();
    let other = Connection::open(store.path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let locked = write_feed(&store, "a").await;
    assert!(
        matches!(locked, Err(StoreError::Locked { .. })),
        "{locked:?}"
    );
    other.execute_batch("COMMIT").unwrap();
    write_feed(&store, "a").await.unwrap();
    assert_eq!(feeds(&store).await, 1);
}

#[tokio::test]
async fn a_full_disk_loses_nothing_and_stops_nothing_for_good() {
    let (_dir, store) = store();
    write_feed(&store, "a").await.unwrap();
    let limit = |pages: i64| {
        store.write(move |tx| {
            tx.conn
                .query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))?;
            Ok(())
        })
    };
    // No smaller than the file already is.
    limit(1).await.unwrap();
    let mut big = feed("b");
    big.name = "long ".repeat(20_000).into();
    let full = store
        .write(move |tx| {
            tx.feed(&feed("c"))?;
            tx.feed(&big)
        })
        .await;
    assert!(matches!(full, Err(StoreError::Full { .. })), "{full:?}");
    assert_eq!(feeds(&store).await, 1);

    limit(1_000_000).await.unwrap();
    write_feed(&store, "b").await.unwrap();
    assert_eq!(feeds(&store).await, 2);
}

#[tokio::test]
async fn writes_that_ask_at_once_are_done_one_after_the_other() {
    let (_dir, store) = store();
    let names: Vec<String> = (0..100).map(|n| format!("feed{n}")).collect();
    let writes = names.iter().map(|name| write_feed(&store, name));
    let ids = futures_util::future::join_all(writes).await;
    assert!(ids.iter().all(Result::is_ok));
    assert_eq!(feeds(&store).await, 100);
}

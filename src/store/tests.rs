//! Does the store keep what it was given, from whom it should, and for as long as it should?

mod carriers;
mod edits;
mod held;
mod items;
mod mutes;
mod opening;
mod outbox;
mod retention;
mod stories;
mod writer;

use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;
use tempfile::TempDir;
use url::Url;

use super::{FeedUpdate, NewAlert, Reader, Seen, Settled, Store, StoreError, Tx, TxError, prepare};
use crate::model::{
    Access, AlertId, AlertKind, Bond, Feed, FeedId, Health, Item, ItemId, Pace, Read, Rhythm,
    StoryId, Urgency, Validators, Verdict, Why,
};
use crate::story;
use crate::text::Scanner;

const CHANNEL: &str = "desktop";

/// So many hours after an arbitrary moment.
fn hour(hours: i64) -> Timestamp {
    let start: Timestamp = "2026-03-04T05:06:07Z".parse().unwrap();
    start + SignedDuration::from_hours(hours)
}

fn feed(name: &str) -> Feed {
    Feed {
        name: name.into(),
        url: Url::parse(&format!("https://{name}.example/feed")).unwrap(),
        tags: Vec::new(),
        every: SignedDuration::from_mins(15),
        at_most: SignedDuration::from_hours(6),
        allow_private: false,
        access: Access::default(),
    }
}

/// A document; its items are put beside it.
fn document() -> Read {
    Read {
        items: Vec::new(),
        validators: Validators::default(),
        url: Url::parse("https://a.example/feed").unwrap(),
        body_hash: 0,
        rhythm: Rhythm::default(),
        repairs: Vec::new(),
    }
}

fn item(key: &str) -> Item {
    Item {
        key: key.to_owned(),
        link: None,
        canonical_link: None,
        title: format!("Title of {key}"),
        body: String::new(),
        authors: Vec::new(),
        categories: Vec::new(),
        published: None,
        language: None,
    }
}

fn alert(id: &str) -> AlertId {
    AlertId(id.to_owned())
}

fn ring() -> Verdict {
    Verdict::Ring(Why::NewStory)
}

/// A database file set up as the store does it, without the thread that writes it.
struct Shelf {
    conn: Connection,
    _dir: TempDir,
}

impl Shelf {
    fn new() -> Shelf {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("newsbell.db");
        let mut conn = Connection::open(&path).unwrap();
        prepare(&path, &mut conn).unwrap();
        Shelf { conn, _dir: dir }
    }

    fn tx(&self) -> Tx<'_> {
        Tx { conn: &self.conn }
    }

    fn feed(&self, name: &str) -> FeedId {
        self.tx().feed(&feed(name)).unwrap().id
    }

    /// A poll that brought no document.
    fn polled(&self, id: FeedId, at: Timestamp) {
        let update = FeedUpdate {
            id,
            at,
            plan: (Some(at), Pace::Every),
            asked_until: None,
            health: &Health::Ok,
            changed_at: None,
            moved: None,
            gone_at: None,
        };
        self.tx().polled(&update).unwrap();
    }

    /// A poll that brought a document of these items.
    fn read(&self, id: FeedId, at: Timestamp, keys: &[&str]) -> Vec<ItemId> {
        self.polled(id, at);
        self.tx().read_whole(id, at, &document()).unwrap();
        keys.iter()
            .map(|key| self.put(id, at, &item(key)).0)
            .collect()
    }

    /// Stores an item unless it is known.
    fn put(&self, feed: FeedId, at: Timestamp, item: &Item) -> (ItemId, StoryId) {
        let seen = Seen {
            feed,
            item,
            content: story::content(item),
            at,
        };
        let mut intake = self.tx().intake().unwrap();
        if let Some(known) = intake.known(seen).unwrap() {
            return (known.id, known.story);
        }
        let story = intake.new_story(at).unwrap();
        let headline = story::headline(&item.title, &mut Scanner::default());
        let id = intake.add(seen, headline, (story, &Bond::First)).unwrap();
        (id, story)
    }

    /// A hit of `rule` on `item`, told by a story alert that waits on the channel.
    fn tell(&self, item: ItemId, rule: &str, (id, urgency): (&str, Urgency), at: Timestamp) {
        let story = StoryId(self.number(&format!("SELECT story FROM items WHERE id = {}", item.0)));
        self.commit(id, AlertKind::Story, urgency, at, Some((rule, story)));
        self.hit(item, rule, at, Some(id));
    }

    fn commit(
        &self,
        id: &str,
        kind: AlertKind,
        urgency: Urgency,
        at: Timestamp,
        about: Option<(&str, StoryId)>,
    ) {
        let id = alert(id);
        let new = NewAlert {
            id: &id,
            kind,
            about,
            feed: None,
            urgency,
            at,
        };
        self.tx().ensure_alert(new).unwrap();
        self.tx().enqueue(&id, CHANNEL, at).unwrap();
    }

    fn hit(&self, item: ItemId, rule: &str, at: Timestamp, told_by: Option<&str>) {
        let told_by = told_by.map(alert);
        self.tx()
            .add_hit((item, rule), at, &[], (&ring(), told_by.as_ref()))
            .unwrap();
    }

    /// Leases everything that is due and settles it.
    fn settle_all(&self, at: Timestamp, settled: &Settled) {
        for leased in self.tx().lease(CHANNEL, at, 1000).unwrap() {
            self.tx().settle(&leased.id, CHANNEL, at, settled).unwrap();
        }
    }

    fn number(&self, sql: &str) -> i64 {
        self.conn.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    fn rows(&self, table: &str) -> i64 {
        self.number(&format!("SELECT count(*) FROM {table}"))
    }

    /// How much there is of everything that items bring with them.
    fn counts(&self) -> [i64; 5] {
        ["items", "stories", "hits", "alerts", "outbox"].map(|table| self.rows(table))
    }

    fn assert_sound(&self) {
        let broken = self.number("SELECT count(*) FROM pragma_foreign_key_check");
        assert_eq!(broken, 0, "rows refer to rows that are gone");
        let check: String = self
            .conn
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))
            .unwrap();
        assert_eq!(check, "ok");
    }
}

/// A store in a directory of its own.
fn store() -> (TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("newsbell.db")).unwrap();
    (dir, store)
}

/// Stores a feed called `name`.
async fn write_feed(store: &Store, name: &str) -> Result<FeedId, StoreError> {
    let feed = feed(name);
    store.write(move |tx| Ok(tx.feed(&feed)?.id)).await
}

async fn feeds(store: &Store) -> i64 {
    let count = |tx: &Tx<'_>| {
        let count = tx
            .conn
            .query_row("SELECT count(*) FROM feeds", [], |row| row.get(0))?;
        Ok(count)
    };
    store.write(count).await.unwrap()
}

/// An error to end a transaction with.
fn refused() -> TxError {
    rusqlite::Error::QueryReturnedNoRows.into()
}

fn feeds_seen(reader: &mut Reader) -> i64 {
    reader
        .read(|tx| {
            let count = tx
                .conn
                .query_row("SELECT count(*) FROM feeds", [], |row| row.get(0))?;
            Ok(count)
        })
        .unwrap()
}

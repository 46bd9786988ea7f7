//! Which items are known, which are new, which were edited, and which story does each belong to?

use jiff::Timestamp;
use rusqlite::{CachedStatement, Connection, OptionalExtension, Row, RowIndex, params};

use super::{Tx, TxResult};
use crate::model::{Bond, FeedId, Item, ItemId, StoryId};

/// An item the store already holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its row.
    pub id: ItemId,
    /// The story it belongs to.
    pub story: StoryId,
    /// Whether its title or body differ from what is stored.
    pub edited: bool,
}

/// An item as it stands in a document that was just read.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// Whose document.
    pub feed: FeedId,
    /// The item.
    pub item: &'a Item,
    /// By what an edit of it is noticed.
    pub content: i64,
    /// When the document was read.
    pub at: Timestamp,
}

/// Reads a column that holds milliseconds since the epoch.
pub(super) fn time_at(row: &Row<'_>, column: impl RowIndex) -> rusqlite::Result<Option<Timestamp>> {
    let millis: Option<i64> = row.get(column)?;
    Ok(millis.and_then(|millis| Timestamp::from_millisecond(millis).ok()))
}

/// Characters of a body that say which words are common.
const BEGINNING: usize = 4000;

impl<'c> Tx<'c> {
    /// Shows titles and beginnings of bodies of the `most` newest items, the newest first.
    pub fn recent_texts(&self, most: usize, mut visit: impl FnMut(&str, &str)) -> TxResult<()> {
        let mut ask = self.conn.prepare_cached(
            "SELECT title, substr(body, 1, ?1) FROM items ORDER BY id DESC LIMIT ?2",
        )?;
        let mut rows = ask.query(params![BEGINNING, most])?;
        while let Some(row) = rows.next()? {
            visit(&row.get::<_, String>(0)?, &row.get::<_, String>(1)?);
        }
        Ok(())
    }

    /// Makes ready what is asked and said of each item of a document.
    pub fn intake(&self) -> TxResult<Intake<'c>> {
        Ok(Intake {
            conn: self.conn,
            known: self.conn.prepare_cached(
                "SELECT id, story, content FROM items WHERE feed = ?1 AND key = ?2",
            )?,
            see: self
                .conn
                .prepare_cached("UPDATE items SET last_seen_at = ?2 WHERE id = ?1")?,
            begin: self
                .conn
                .prepare_cached("INSERT INTO stories (created_at) VALUES (?1)")?,
            add: self.conn.prepare_cached(
                "INSERT INTO items (feed, key, story, link, canonical_link, headline, content,
                     title, body, authors, categories, language, published_at, first_seen_at,
                     last_seen_at, bond)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?14, ?15)",
            )?,
        })
    }

    /// Stores an edit of a known item, and what it changed. Its date stays what it was.
    pub fn edit_item(&self, seen: Seen<'_>, headline: Option<i64>, id: ItemId) -> TxResult<()> {
        let item = seen.item;
        self.remember_edit(id, item, seen.at)?;
        let mut edit = self.conn.prepare_cached(
            "UPDATE items SET link = ?2, canonical_link = ?3, headline = ?4, content = ?5,
                 title = ?6, body = ?7, authors = ?8, categories = ?9, language = ?10,
                 changed_at = ?11 WHERE id = ?1",
        )?;
        edit.execute(params![
            id.0,
            item.link,
            item.canonical_link,
            headline,
            seen.content,
            item.title,
            item.body,
            serde_json::to_string(&item.authors)?,
            serde_json::to_string(&item.categories)?,
            item.language,
            seen.at.as_millisecond(),
        ])?;
        Ok(())
    }
}

/// Takes in items, one after the other.
pub struct Intake<'c> {
    conn: &'c Connection,
    known: CachedStatement<'c>,
    see: CachedStatement<'c>,
    begin: CachedStatement<'c>,
    add: CachedStatement<'c>,
}

impl Intake<'_> {
    /// Whether the item is known under its key in its feed; if so it is marked as seen now, which
    /// keeps it from being retired while the feed still carries it.
    pub fn known(&mut self, seen: Seen<'_>) -> TxResult<Option<Known>> {
        let found = self
            .known
            .query_row(params![seen.feed.0, seen.item.key], |row| {
                Ok(Known {
                    id: ItemId(row.get(0)?),
                    story: StoryId(row.get(1)?),
                    edited: row.get::<_, i64>(2)? != seen.content,
                })
            });
        let known = found.optional()?;
        if let Some(known) = known {
            self.see
                .execute(params![known.id.0, seen.at.as_millisecond()])?;
        }
        Ok(known)
    }

    /// Begins a story.
    pub fn new_story(&mut self, at: Timestamp) -> TxResult<StoryId> {
        self.begin.execute([at.as_millisecond()])?;
        Ok(StoryId(self.conn.last_insert_rowid()))
    }

    /// Stores a new item, by which `headline` copies of it are noticed, and why it belongs to its story.
    pub fn add(
        &mut self,
        seen: Seen<'_>,
        headline: Option<i64>,
        (story, bond): (StoryId, &Bond),
    ) -> TxResult<ItemId> {
        let item = seen.item;
        self.add.execute(params![
            seen.feed.0,
            item.key,
            story.0,
            item.link,
            item.canonical_link,
            headline,
            seen.content,
            item.title,
            item.body,
            serde_json::to_string(&item.authors)?,
            serde_json::to_string(&item.categories)?,
            item.language,
            item.published.map(Timestamp::as_millisecond),
            seen.at.as_millisecond(),
            serde_json::to_string(bond)?,
        ])?;
        Ok(ItemId(self.conn.last_insert_rowid()))
    }
}

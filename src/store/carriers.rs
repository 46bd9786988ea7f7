//! Who carries a story, and does a feed bring again what it carried before?

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::items::time_at;
use super::{Tx, TxResult};
use crate::model::{AlertId, FeedId, ItemId, StoryId};
use crate::policy::repeats::{New, Readings};

/// Items under one link or headline that are looked at; a link of more is no item's own.
const ALIKE: usize = 3;

impl Tx<'_> {
    /// How many feeds have carried a story since a time.
    pub fn sources(&self, story: StoryId, since: Timestamp) -> TxResult<usize> {
        let mut ask = self.conn.prepare_cached(
            "SELECT count(DISTINCT feed) FROM items WHERE story = ?1 AND first_seen_at >= ?2",
        )?;
        Ok(ask.query_row(params![story.0, since.as_millisecond()], |row| row.get(0))?)
    }

    /// Whether a rule has rung again for a story because so many carry it.
    pub fn escalated(&self, rule: &str, story: StoryId) -> TxResult<bool> {
        let mut ask = self
            .conn
            .prepare_cached("SELECT 1 FROM escalations WHERE rule = ?1 AND story = ?2")?;
        Ok(ask.exists(params![rule, story.0])?)
    }

    /// Remembers that it has.
    pub fn escalate(&self, rule: &str, story: StoryId, at: Timestamp) -> TxResult<()> {
        self.conn
            .prepare_cached(
                "INSERT INTO escalations (rule, story, at) VALUES (?1, ?2, ?3)
                 ON CONFLICT DO NOTHING",
            )?
            .execute(params![rule, story.0, at.as_millisecond()])?;
        Ok(())
    }

    /// The last item of a story that a rule has met.
    pub fn last_met(&self, rule: &str, story: StoryId) -> TxResult<Option<ItemId>> {
        let mut ask = self.conn.prepare_cached(
            "SELECT hits.item FROM items JOIN hits ON hits.item = items.id AND hits.rule = ?1
             WHERE items.story = ?2 ORDER BY hits.id DESC LIMIT 1",
        )?;
        let met = ask.query_row(params![rule, story.0], |row| row.get(0).map(ItemId));
        Ok(met.optional()?)
    }

    /// Whether hits of a rule wait for more feeds to carry their story.
    pub fn awaits_sources(&self, rule: &str, story: StoryId) -> TxResult<bool> {
        let mut ask = self.conn.prepare_cached(
            "SELECT 1 FROM items JOIN hits ON hits.item = items.id AND hits.rule = ?1
             WHERE items.story = ?2 AND hits.alert IS NULL
                 AND hits.verdict ->> '$.why.reason' = 'few_sources'",
        )?;
        Ok(ask.exists(params![rule, story.0])?)
    }

    /// Lets an alert tell also those hits that waited for more feeds to carry their story.
    pub fn adopt(&self, rule: &str, story: StoryId, alert: &AlertId) -> TxResult<()> {
        self.conn
            .prepare_cached(
                "UPDATE hits SET alert = ?3 WHERE rule = ?1 AND alert IS NULL
                     AND item IN (SELECT id FROM items WHERE story = ?2)
                     AND verdict ->> '$.why.reason' = 'few_sources'",
            )?
            .execute(params![rule, story.0, alert.0])?;
        Ok(())
    }

    /// When a feed was read; `None` before it was read twice.
    pub fn readings(&self, feed: FeedId) -> TxResult<Option<Readings>> {
        let mut ask = self.conn.prepare_cached(
            "SELECT first_read_at, last_read_at, repeated_at FROM feeds WHERE id = ?1",
        )?;
        let readings = ask.query_row([feed.0], |row| {
            let (first, last) = (
                time_at(row, "first_read_at")?,
                time_at(row, "last_read_at")?,
            );
            let repeated = time_at(row, "repeated_at")?;
            let both = first.zip(last);
            Ok(both.map(|(first, last)| Readings {
                first,
                last,
                repeated,
            }))
        })?;
        Ok(readings)
    }

    /// Remembers that a feed repeats itself.
    pub fn repeated(&self, feed: FeedId, at: Timestamp) -> TxResult<()> {
        self.conn
            .prepare_cached("UPDATE feeds SET repeated_at = ?2 WHERE id = ?1")?
            .execute(params![feed.0, at.as_millisecond()])?;
        Ok(())
    }

    /// The items of a feed from row `first` on, beside those that it carried before them.
    pub fn beside_older(&self, feed: FeedId, first: ItemId) -> TxResult<Vec<New>> {
        // New rows are few and the last ones. By the index of its feed (without `+`) all would be looked at
        // that the feed ever had.
        let sql = format!(
            "SELECT id, published_at,
                 coalesce((SELECT max(old.content = new.content) FROM
                     (SELECT content FROM items WHERE headline = new.headline
                         AND feed = ?1 AND id < ?2 LIMIT {ALIKE}) AS old), 0) AS by_headline,
                 coalesce((SELECT max(old.content = new.content) FROM
                     (SELECT content FROM items WHERE canonical_link = new.canonical_link
                         AND feed = ?1 AND id < ?2 LIMIT {ALIKE}) AS old), 0) AS by_link,
                 EXISTS (SELECT 1 FROM items WHERE headline = new.headline
                     AND feed = ?1 AND id < ?2) AS same_headline,
                 (SELECT count(*) FROM (SELECT 1 FROM items
                     WHERE canonical_link = new.canonical_link
                         AND feed = ?1 AND id < ?2 LIMIT {ALIKE})) AS links
             FROM items AS new WHERE id >= ?2 AND +feed = ?1"
        );
        let mut ask = self.conn.prepare_cached(&sql)?;
        let rows = ask.query_map(params![feed.0, first.0], |row| {
            let (by_headline, by_link): (bool, bool) =
                (row.get("by_headline")?, row.get("by_link")?);
            let links: usize = row.get("links")?;
            Ok(New {
                item: ItemId(row.get("id")?),
                published: time_at(row, "published_at")?,
                same_content: by_headline || by_link,
                same_name: row.get::<_, bool>("same_headline")? || links == 1,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

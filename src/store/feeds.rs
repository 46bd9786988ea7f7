//! What became of each feed's polls?

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use url::Url;

use super::{Tx, TxResult};
use crate::model::{Feed, FeedId, FeedState, Health, Validators};

/// What one poll changes in a feed's row, whatever came of it.
#[derive(Clone, Debug)]
pub struct FeedUpdate {
    /// The feed.
    pub id: FeedId,
    /// When it was asked.
    pub at: Timestamp,
    /// When to ask again.
    pub next_poll_at: Timestamp,
    /// Until when its server asked not to be asked.
    pub asked_until: Option<Timestamp>,
    /// How its polls go now.
    pub health: Health,
}

/// One feed for the health table.
#[derive(Clone, Debug)]
pub struct FeedRow {
    /// What became of its polls.
    pub state: FeedState,
    /// Its items in the store.
    pub items: u64,
    /// Hits on its items.
    pub hits: u64,
    /// When its newest item was first seen.
    pub newest_at: Option<Timestamp>,
}

const STATE: &str = "id, etag, last_modified, validators_url, first_read_at, last_poll_at,
    next_poll_at, asked_until, failing_since, failures, error";

fn state(row: &Row<'_>) -> rusqlite::Result<FeedState> {
    let failures: u32 = row.get("failures")?;
    let health = match super::items::time_at(row, "failing_since")? {
        Some(since) if failures > 0 => Health::Failing {
            since,
            failures,
            error: row.get::<_, Option<String>>("error")?.unwrap_or_default(),
        },
        _ => Health::Ok,
    };
    Ok(FeedState {
        id: FeedId(row.get("id")?),
        validators: Validators {
            etag: row.get("etag")?,
            last_modified: row.get("last_modified")?,
        },
        validators_url: row
            .get::<_, Option<String>>("validators_url")?
            .and_then(|url| Url::parse(&url).ok()),
        first_read_at: super::items::time_at(row, "first_read_at")?,
        last_poll_at: super::items::time_at(row, "last_poll_at")?,
        next_poll_at: super::items::time_at(row, "next_poll_at")?,
        asked_until: super::items::time_at(row, "asked_until")?,
        health,
    })
}

impl Tx<'_> {
    /// The feed's row, made if it is new; its name is brought up to date.
    pub fn feed(&self, feed: &Feed) -> TxResult<FeedState> {
        let sql = format!(
            "INSERT INTO feeds (url, name) VALUES (?1, ?2)
             ON CONFLICT (url) DO UPDATE SET name = excluded.name RETURNING {STATE}"
        );
        let mut ask = self.conn.prepare_cached(&sql)?;
        Ok(ask.query_row(params![feed.url.as_str(), &*feed.name], state)?)
    }

    /// Records a poll.
    pub fn polled(&self, update: &FeedUpdate) -> TxResult<()> {
        let (since, error) = match &update.health {
            Health::Ok => (None, None),
            Health::Failing { since, error, .. } => (Some(since.as_millisecond()), Some(error)),
        };
        let mut record = self.conn.prepare_cached(
            "UPDATE feeds SET last_poll_at = ?2, next_poll_at = ?3, asked_until = ?4,
                 failing_since = ?5, failures = ?6, error = ?7 WHERE id = ?1",
        )?;
        record.execute(params![
            update.id.0,
            update.at.as_millisecond(),
            update.next_poll_at.as_millisecond(),
            update.asked_until.map(Timestamp::as_millisecond),
            since,
            update.health.failures(),
            error
        ])?;
        Ok(())
    }

    /// Records that a complete document was read, with its validators and who gave them; returns
    /// whether it was the feed's first.
    pub fn read_whole(
        &self,
        id: FeedId,
        at: Timestamp,
        validators: &Validators,
        url: &Url,
    ) -> TxResult<bool> {
        let mut ask = self
            .conn
            .prepare_cached("SELECT first_read_at IS NULL FROM feeds WHERE id = ?1")?;
        let first = ask.query_row([id.0], |row| row.get(0))?;
        let mut record = self.conn.prepare_cached(
            "UPDATE feeds SET etag = ?2, last_modified = ?3, validators_url = ?4,
                 last_read_at = ?5, first_read_at = coalesce(first_read_at, ?5) WHERE id = ?1",
        )?;
        record.execute(params![
            id.0,
            validators.etag,
            validators.last_modified,
            url.as_str(),
            at.as_millisecond()
        ])?;
        Ok(first)
    }

    /// The health of the feed at `url`, `None` if it was never polled.
    pub fn feed_row(&self, url: &Url) -> TxResult<Option<FeedRow>> {
        let sql = format!(
            "SELECT {STATE},
                 (SELECT count(*) FROM items WHERE feed = feeds.id) AS items,
                 (SELECT count(*) FROM hits JOIN items ON items.id = hits.item
                      WHERE items.feed = feeds.id) AS hits,
                 (SELECT max(first_seen_at) FROM items WHERE feed = feeds.id) AS newest_at
             FROM feeds WHERE url = ?1"
        );
        let row = self
            .conn
            .prepare_cached(&sql)?
            .query_row([url.as_str()], |row| {
                Ok(FeedRow {
                    state: state(row)?,
                    items: row.get("items")?,
                    hits: row.get("hits")?,
                    newest_at: super::items::time_at(row, "newest_at")?,
                })
            })
            .optional()?;
        Ok(row)
    }
}

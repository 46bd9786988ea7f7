//! What became of each feed's polls?

use jiff::{SignedDuration, Timestamp};
use rusqlite::types::FromSql;
use rusqlite::{OptionalExtension, Row, params};
use serde::de::DeserializeOwned;
use url::Url;

use super::items::time_at;
use super::{Tx, TxResult};
use crate::model::{Feed, FeedId, FeedState, Health, Moved, Pace, Read, Validators};

/// What one poll changes in a feed's row, whatever came of it.
#[derive(Clone, Debug)]
pub struct FeedUpdate<'u> {
    /// The feed.
    pub id: FeedId,
    /// When it was asked.
    pub at: Timestamp,
    /// When to ask again, and why then.
    pub plan: (Option<Timestamp>, Pace),
    /// Until when its server asked not to be asked.
    pub asked_until: Option<Timestamp>,
    /// How its polls go now.
    pub health: &'u Health,
    /// When it last brought something new.
    pub changed_at: Option<Timestamp>,
    /// Where it has moved to.
    pub moved: Option<&'u Moved>,
    /// When its server said that it is gone for good.
    pub gone_at: Option<Timestamp>,
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
    /// Items of the last seven days, by their own dates if they have any.
    pub week: u64,
}

/// What [`FeedRow::week`] counts.
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What [`state`] reads, in this order.
const STATE: &str = "id, etag, last_modified, validators_url, first_read_at, last_poll_at,
    next_poll_at, asked_until, failing_since, failures, error, changed_at, body_hash, pace, rhythm,
    moved_to, moved_polls, gone_at, repairs";

fn state(row: &Row<'_>) -> rusqlite::Result<FeedState> {
    let mut row = InOrder { row, next: 0 };
    Ok(FeedState {
        id: FeedId(row.take()?),
        validators: Validators {
            etag: row.take()?,
            last_modified: row.take()?,
        },
        validators_url: row.url()?,
        first_read_at: row.time()?,
        last_poll_at: row.time()?,
        next_poll_at: row.time()?,
        asked_until: row.time()?,
        health: row.health()?,
        changed_at: row.time()?,
        body_hash: row.take::<Option<[u8; 16]>>()?.map(u128::from_be_bytes),
        pace: row.json()?,
        rhythm: row.json()?,
        moved: row.moved()?,
        gone_at: row.time()?,
        repairs: row.json()?,
    })
}

/// The columns of a row, one after the other: to look for one by its name takes longer than to read it.
struct InOrder<'r, 'stmt> {
    row: &'r Row<'stmt>,
    next: usize,
}

impl InOrder<'_, '_> {
    fn take<T: FromSql>(&mut self) -> rusqlite::Result<T> {
        self.next += 1;
        self.row.get(self.next - 1)
    }

    fn time(&mut self) -> rusqlite::Result<Option<Timestamp>> {
        self.next += 1;
        time_at(self.row, self.next - 1)
    }

    fn url(&mut self) -> rusqlite::Result<Option<Url>> {
        let url: Option<String> = self.take()?;
        Ok(url.and_then(|url| Url::parse(&url).ok()))
    }

    /// A value as it is kept, or the usual one if it is not there or of another time.
    fn json<T: DeserializeOwned + Default>(&mut self) -> rusqlite::Result<T> {
        let text: Option<String> = self.take()?;
        let value = text.and_then(|text| serde_json::from_str(&text).ok());
        Ok(value.unwrap_or_default())
    }

    fn health(&mut self) -> rusqlite::Result<Health> {
        let since = self.time()?;
        let failures: u32 = self.take()?;
        let error: Option<String> = self.take()?;
        Ok(match since {
            Some(since) if failures > 0 => Health::Failing {
                since,
                failures,
                error: error.unwrap_or_default(),
            },
            _ => Health::Ok,
        })
    }

    fn moved(&mut self) -> rusqlite::Result<Option<Moved>> {
        let (to, polls) = (self.url()?, self.take()?);
        Ok(to.map(|to| Moved { to, polls }))
    }
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

    /// What became of a feed's polls.
    pub fn feed_state(&self, id: FeedId) -> TxResult<FeedState> {
        let sql = format!("SELECT {STATE} FROM feeds WHERE id = ?1");
        let mut ask = self.conn.prepare_cached(&sql)?;
        Ok(ask.query_row([id.0], state)?)
    }

    /// Records a poll.
    pub fn polled(&self, update: &FeedUpdate<'_>) -> TxResult<()> {
        let (since, error) = match &update.health {
            Health::Ok => (None, None),
            Health::Failing { since, error, .. } => (Some(since.as_millisecond()), Some(error)),
        };
        let (next_poll_at, pace) = update.plan;
        let mut record = self.conn.prepare_cached(
            "UPDATE feeds SET last_poll_at = ?2, next_poll_at = ?3, asked_until = ?4,
                 failing_since = ?5, failures = ?6, error = ?7, pace = ?8, changed_at = ?9,
                 moved_to = ?10, moved_polls = ?11, gone_at = ?12 WHERE id = ?1",
        )?;
        record.execute(params![
            update.id.0,
            update.at.as_millisecond(),
            next_poll_at.map(Timestamp::as_millisecond),
            update.asked_until.map(Timestamp::as_millisecond),
            since,
            update.health.failures(),
            error,
            serde_json::to_string(&pace)?,
            update.changed_at.map(Timestamp::as_millisecond),
            update.moved.map(|moved| moved.to.as_str()),
            update.moved.map_or(0, |moved| moved.polls),
            update.gone_at.map(Timestamp::as_millisecond),
        ])?;
        Ok(())
    }

    /// Records who gave which validators for the document that is known.
    pub fn validated(&self, id: FeedId, validators: &Validators, url: &Url) -> TxResult<()> {
        let mut record = self.conn.prepare_cached(
            "UPDATE feeds SET etag = ?2, last_modified = ?3, validators_url = ?4 WHERE id = ?1",
        )?;
        record.execute(params![
            id.0,
            validators.etag,
            validators.last_modified,
            url.as_str()
        ])?;
        Ok(())
    }

    /// Records that a complete document was read, with its validators and who gave them; returns
    /// whether it was the feed's first.
    pub fn read_whole(&self, id: FeedId, at: Timestamp, read: &Read) -> TxResult<bool> {
        self.validated(id, &read.validators, &read.url)?;
        let mut ask = self
            .conn
            .prepare_cached("SELECT first_read_at IS NULL FROM feeds WHERE id = ?1")?;
        let first = ask.query_row([id.0], |row| row.get(0))?;
        let mut record = self.conn.prepare_cached(
            "UPDATE feeds SET body_hash = ?2, rhythm = ?3, repairs = ?4,
                 last_read_at = ?5, first_read_at = coalesce(first_read_at, ?5) WHERE id = ?1",
        )?;
        record.execute(params![
            id.0,
            read.body_hash.to_be_bytes(),
            serde_json::to_string(&read.rhythm)?,
            serde_json::to_string(&read.repairs)?,
            at.as_millisecond()
        ])?;
        Ok(first)
    }

    /// The health of the feed at `url` as it is `now`, `None` if it was never polled.
    pub fn feed_row(&self, url: &Url, now: Timestamp) -> TxResult<Option<FeedRow>> {
        let week = now.saturating_sub(WEEK).unwrap_or(Timestamp::MIN);
        let sql = format!(
            "SELECT {STATE},
                 (SELECT count(*) FROM items WHERE feed = feeds.id) AS items,
                 (SELECT count(*) FROM hits JOIN items ON items.id = hits.item
                      WHERE items.feed = feeds.id) AS hits,
                 (SELECT count(*) FROM items WHERE feed = feeds.id
                      AND coalesce(published_at, first_seen_at) > ?2) AS week
             FROM feeds WHERE url = ?1"
        );
        let row = self
            .conn
            .prepare_cached(&sql)?
            .query_row(params![url.as_str(), week.as_millisecond()], |row| {
                Ok(FeedRow {
                    state: state(row)?,
                    items: row.get("items")?,
                    hits: row.get("hits")?,
                    week: row.get("week")?,
                })
            })
            .optional()?;
        Ok(row)
    }
}

//! What is stored of the past, and what became of it?

use std::ops::ControlFlow;

use jiff::Timestamp;
use rusqlite::{Row, params};

use super::hits::{VIEW, view};
use super::items::time_at;
use super::{Tx, TxResult};
use crate::model::{AlertId, HitView, Item, ItemId, StoryId};

/// An item as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its row.
    pub id: ItemId,
    /// Name of its feed.
    pub feed: String,
    /// The story it belongs to.
    pub story: StoryId,
    /// When it was first seen.
    pub seen_at: Timestamp,
    /// The item.
    pub item: Item,
}

impl Stored {
    /// When it came out, as far as anybody knows.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        self.item.published.unwrap_or(self.seen_at)
    }
}

/// Which stored items are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted<'w> {
    /// The one in this row.
    Id(ItemId),
    /// Those with this link, or with the same canonical link.
    Link {
        /// As it was given.
        link: &'w str,
        /// As items have it.
        canonical: &'w str,
    },
    /// Those whose title holds this text.
    Title(&'w str),
}

/// How often a rule hit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleCount {
    /// Name of the rule.
    pub rule: String,
    /// Hits in the last day.
    pub day: u64,
    /// Hits in the last week.
    pub week: u64,
    /// The last hit of all that are stored.
    pub last: Option<Timestamp>,
    /// Stories that a person has found to be not what the rule is for.
    pub not_relevant: u64,
}

/// What became of an alert on a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Name of the channel.
    pub channel: String,
    /// As the outbox has it: `held`, `waiting`, `leased`, `sent`, `folded` or `dead`.
    pub state: String,
    /// When it is to be sent, or tried again.
    pub due_at: Timestamp,
    /// When it was sent, folded into another one, or given up.
    pub settled_at: Option<Timestamp>,
    /// What went wrong the last time.
    pub error: Option<String>,
}

/// The columns [`stored`] reads, and where they come from.
const STORED: &str = "SELECT items.id, items.key, items.story, items.link, items.canonical_link,
    items.title, items.body, items.authors, items.categories, items.language,
    items.published_at, items.first_seen_at, feeds.name AS feed
    FROM items JOIN feeds ON feeds.id = items.feed";

fn stored(row: &Row<'_>) -> TxResult<Stored> {
    let list = |column: &str| -> TxResult<Vec<String>> {
        let json: String = row.get(column)?;
        Ok(serde_json::from_str(&json)?)
    };
    Ok(Stored {
        id: ItemId(row.get("id")?),
        feed: row.get("feed")?,
        story: StoryId(row.get("story")?),
        seen_at: time_at(row, "first_seen_at")?.unwrap_or_default(),
        item: Item {
            key: row.get("key")?,
            link: row.get("link")?,
            canonical_link: row.get("canonical_link")?,
            title: row.get("title")?,
            body: row.get("body")?,
            authors: list("authors")?,
            categories: list("categories")?,
            published: time_at(row, "published_at")?,
            language: row.get("language")?,
        },
    })
}

impl Tx<'_> {
    /// Shows `visit` the items that came out since `since`, newest first, until it breaks.
    pub fn stored_since(
        &self,
        since: Timestamp,
        mut visit: impl FnMut(Stored) -> ControlFlow<()>,
    ) -> TxResult<()> {
        let sql = format!(
            "{STORED} WHERE coalesce(items.published_at, items.first_seen_at) >= ?1
             ORDER BY coalesce(items.published_at, items.first_seen_at) DESC, items.id DESC"
        );
        let mut ask = self.conn.prepare_cached(&sql)?;
        let mut rows = ask.query([since.as_millisecond()])?;
        while let Some(row) = rows.next()? {
            if visit(stored(row)?).is_break() {
                break;
            }
        }
        Ok(())
    }

    /// The items that are meant, newest first, at most `most`.
    pub fn stored_items(&self, wanted: &Wanted<'_>, most: usize) -> TxResult<Vec<Stored>> {
        let (condition, [one, other]) = match wanted {
            Wanted::Id(id) => (
                "items.id = ?1 OR items.id = ?2",
                [id.0.to_string(), id.0.to_string()],
            ),
            Wanted::Link { link, canonical } => (
                "items.canonical_link = ?2 OR items.link = ?1",
                [(*link).to_owned(), (*canonical).to_owned()],
            ),
            Wanted::Title(text) => (
                "instr(lower(items.title), lower(?1)) > 0 OR instr(items.title, ?2) > 0",
                [(*text).to_owned(), (*text).to_owned()],
            ),
        };
        let sql = format!("{STORED} WHERE {condition} ORDER BY items.id DESC LIMIT ?3");
        let mut ask = self.conn.prepare_cached(&sql)?;
        let mut rows = ask.query(params![one, other, most])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(stored(row)?);
        }
        Ok(found)
    }

    /// The hits of an item, in their order of time.
    pub fn hits_of(&self, item: ItemId) -> TxResult<Vec<HitView>> {
        let sql = format!("{VIEW} WHERE hits.item = ?1 ORDER BY hits.at, hits.id");
        let mut ask = self.conn.prepare_cached(&sql)?;
        let mut rows = ask.query([item.0])?;
        let mut hits = Vec::new();
        while let Some(row) = rows.next()? {
            hits.push(view(row)?);
        }
        Ok(hits)
    }

    /// What became of an alert, channel by channel.
    pub fn deliveries(&self, alert: &AlertId) -> TxResult<Vec<Delivery>> {
        let mut ask = self.conn.prepare_cached(
            "SELECT channel, state, due_at, settled_at, error FROM outbox WHERE alert = ?1
             ORDER BY channel",
        )?;
        let rows = ask.query_map([&alert.0], |row| {
            Ok(Delivery {
                channel: row.get("channel")?,
                state: row.get("state")?,
                due_at: time_at(row, "due_at")?.unwrap_or_default(),
                settled_at: time_at(row, "settled_at")?,
                error: row.get("error")?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How often every rule hit that has hits in the store.
    pub fn rule_counts(&self, day: Timestamp, week: Timestamp) -> TxResult<Vec<RuleCount>> {
        let mut ask = self.conn.prepare_cached(
            "SELECT rule, sum(at >= ?1) AS day, sum(at >= ?2) AS week, max(at) AS last,
                 (SELECT count(*) FROM not_relevant WHERE not_relevant.rule = hits.rule) AS not_relevant
             FROM hits GROUP BY rule",
        )?;
        let rows = ask.query_map(
            params![day.as_millisecond(), week.as_millisecond()],
            |row| {
                Ok(RuleCount {
                    rule: row.get("rule")?,
                    day: row.get("day")?,
                    week: row.get("week")?,
                    last: time_at(row, "last")?,
                    not_relevant: row.get("not_relevant")?,
                })
            },
        )?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// When the first item was seen that is still stored.
    pub fn stored_from(&self) -> TxResult<Option<Timestamp>> {
        let mut ask = self
            .conn
            .prepare_cached("SELECT min(first_seen_at) AS first FROM items")?;
        Ok(ask.query_row([], |row| time_at(row, "first"))?)
    }
}

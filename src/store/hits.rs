//! Which hits are there, and what was decided about each?

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

use super::{Tx, TxResult};
use crate::model::{AlertId, Evidence, HitView, ItemId, StoryId, Verdict};

/// Which hits to list.
#[derive(Clone, Debug)]
pub struct HitFilter {
    /// Matched at this time or later.
    pub since: Option<Timestamp>,
    /// Of this rule only.
    pub rule: Option<String>,
    /// Of this story only.
    pub story: Option<StoryId>,
    /// At most so many, the newest.
    pub limit: usize,
}

/// Counts for `status`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Items in the store.
    pub items: u64,
    /// Hits in the store.
    pub hits: u64,
    /// Hits since the time asked for.
    pub recent_hits: u64,
}

/// The columns [`view`] reads, and where they come from.
pub(super) const VIEW: &str = "SELECT hits.id AS hit, hits.item, hits.at, hits.rule, hits.verdict,
    hits.evidence, hits.alert, items.story, items.title, items.body, items.link,
    items.published_at, feeds.name AS feed,
    (SELECT at FROM edits WHERE item = items.id ORDER BY at DESC LIMIT 1) AS was_at,
    (SELECT title FROM edits WHERE item = items.id ORDER BY at DESC LIMIT 1) AS was_title,
    (SELECT passage FROM edits WHERE item = items.id ORDER BY at DESC LIMIT 1) AS was_passage,
    (SELECT at FROM not_relevant WHERE not_relevant.rule = hits.rule
        AND not_relevant.story = items.story) AS not_relevant_at
    FROM hits JOIN items ON items.id = hits.item JOIN feeds ON feeds.id = items.feed";

pub(super) fn view(row: &Row<'_>) -> TxResult<HitView> {
    let verdict: String = row.get("verdict")?;
    let evidence: String = row.get("evidence")?;
    Ok(HitView {
        id: row.get("hit")?,
        item: ItemId(row.get("item")?),
        at: super::items::time_at(row, "at")?.unwrap_or_default(),
        rule: row.get("rule")?,
        verdict: serde_json::from_str(&verdict)?,
        alert: row.get::<_, Option<String>>("alert")?.map(AlertId),
        story: StoryId(row.get("story")?),
        feed: row.get("feed")?,
        title: row.get("title")?,
        link: row.get("link")?,
        published: super::items::time_at(row, "published_at")?,
        evidence: serde_json::from_str(&evidence)?,
        body: row.get("body")?,
        was: super::edits::was(row)?,
        not_relevant: super::items::time_at(row, "not_relevant_at")?,
    })
}

impl Tx<'_> {
    /// The evidence stored for this rule and item, `None` if they never met.
    pub fn has_hit(&self, item: ItemId, rule: &str) -> TxResult<bool> {
        let mut ask = self
            .conn
            .prepare_cached("SELECT 1 FROM hits WHERE item = ?1 AND rule = ?2")?;
        let found = ask
            .query_row(params![item.0, rule], |_| Ok(()))
            .optional()?;
        Ok(found.is_some())
    }

    /// Stores a hit with its verdict and the alert that tells it.
    pub fn add_hit(
        &self,
        (item, rule): (ItemId, &str),
        at: Timestamp,
        evidence: &[Evidence],
        (verdict, alert): (&Verdict, Option<&AlertId>),
    ) -> TxResult<i64> {
        let mut add = self.conn.prepare_cached(
            "INSERT INTO hits (item, rule, at, verdict, evidence, alert)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        add.execute(params![
            item.0,
            rule,
            at.as_millisecond(),
            serde_json::to_string(verdict)?,
            serde_json::to_string(evidence)?,
            alert.map(|id| &id.0),
        ])?;
        Ok(self.conn.last_insert_rowid())
    }

    /// Replaces the evidence of a hit whose item was edited and still matches.
    pub fn refresh_evidence(
        &self,
        item: ItemId,
        rule: &str,
        evidence: &[Evidence],
    ) -> TxResult<()> {
        self.conn
            .prepare_cached("UPDATE hits SET evidence = ?3 WHERE item = ?1 AND rule = ?2")?
            .execute(params![item.0, rule, serde_json::to_string(evidence)?])?;
        Ok(())
    }

    /// Hits, newest first.
    pub fn hits(&self, filter: &HitFilter) -> TxResult<Vec<HitView>> {
        let sql = format!(
            "{VIEW} WHERE hits.at >= ?1 AND (?2 IS NULL OR hits.rule = ?2)
                 AND (?3 IS NULL OR items.story = ?3)
             ORDER BY hits.at DESC, hits.id DESC LIMIT ?4"
        );
        let mut ask = self.conn.prepare_cached(&sql)?;
        let since = filter.since.map_or(i64::MIN, Timestamp::as_millisecond);
        let limit = i64::try_from(filter.limit).unwrap_or(i64::MAX);
        let mut rows = ask.query(params![
            since,
            filter.rule,
            filter.story.map(|story| story.0),
            limit
        ])?;
        let mut hits = Vec::new();
        while let Some(row) = rows.next()? {
            hits.push(view(row)?);
        }
        Ok(hits)
    }

    /// The hits with these row ids, in their order of time.
    pub fn hits_by_id(&self, ids: &[i64]) -> TxResult<Vec<HitView>> {
        let sql = format!("{VIEW} WHERE hits.id = ?1");
        let mut ask = self.conn.prepare_cached(&sql)?;
        let mut hits = Vec::with_capacity(ids.len());
        for id in ids {
            let mut rows = ask.query([id])?;
            if let Some(row) = rows.next()? {
                hits.push(view(row)?);
            }
        }
        Ok(hits)
    }

    /// The hit that was stored last.
    pub fn last_hit(&self) -> TxResult<i64> {
        let mut ask = self
            .conn
            .prepare_cached("SELECT coalesce(max(id), 0) FROM hits")?;
        Ok(ask.query_row([], |row| row.get(0))?)
    }

    /// The alerts that hits stored after this one belong to.
    pub fn joined_since(&self, hit: i64) -> TxResult<Vec<AlertId>> {
        let mut ask = self.conn.prepare_cached(
            "SELECT DISTINCT alert FROM hits WHERE id > ?1 AND alert IS NOT NULL",
        )?;
        let alerts = ask.query_map([hit], |row| row.get(0).map(AlertId))?;
        Ok(alerts.collect::<Result<_, _>>()?)
    }

    /// How much there is, and how many hits since `since`.
    pub fn totals(&self, since: Timestamp) -> TxResult<Totals> {
        let totals = self.conn.query_row(
            "SELECT (SELECT count(*) FROM items), (SELECT count(*) FROM hits),
                 (SELECT count(*) FROM hits WHERE at >= ?1)",
            [since.as_millisecond()],
            |row| {
                Ok(Totals {
                    items: row.get(0)?,
                    hits: row.get(1)?,
                    recent_hits: row.get(2)?,
                })
            },
        )?;
        Ok(totals)
    }
}

//! What was changed in an item after it was first seen?

use jiff::Timestamp;
use rusqlite::{Row, params};

use super::items::time_at;
use super::{Tx, TxResult};
use crate::model::{AlertId, Item, ItemId, Verdict, Was};
use crate::text::{self, change};

/// Changes of one item that are kept, the last ones: some pages change every minute.
const KEPT: usize = 5;

/// Characters of a passage that are kept.
const PASSAGE: usize = 300;

/// Reads what a change did away with.
pub(super) fn was(row: &Row<'_>) -> rusqlite::Result<Option<Was>> {
    let (title, passage) = (row.get("was_title")?, row.get("was_passage")?);
    Ok(time_at(row, "was_at")?.map(|at| Was { at, title, passage }))
}

impl Tx<'_> {
    /// Remembers what an edit changes in the words of an item that is stored still as it was.
    pub(super) fn remember_edit(&self, id: ItemId, new: &Item, at: Timestamp) -> TxResult<()> {
        let (title, body): (String, String) = self
            .conn
            .prepare_cached("SELECT title, body FROM items WHERE id = ?1")?
            .query_row([id.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let differ = |old: &str, new: &str| old != new && text::words(old) != text::words(new);
        let was = differ(&title, &new.title).then_some(&title);
        let passage = differ(&body, &new.body).then(|| change::passage(&body, &new.body, PASSAGE));
        if was.is_none() && passage.is_none() {
            return Ok(());
        }
        self.conn
            .prepare_cached("INSERT INTO edits (item, at, title, passage) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![id.0, at.as_millisecond(), was, passage])?;
        self.conn
            .prepare_cached(
                "DELETE FROM edits WHERE item = ?1 AND rowid NOT IN
                     (SELECT rowid FROM edits WHERE item = ?1 ORDER BY at DESC LIMIT ?2)",
            )?
            .execute(params![id.0, KEPT])?;
        Ok(())
    }

    /// Whether the words of an item were changed by what was read at this time.
    pub fn was_changed(&self, id: ItemId, at: Timestamp) -> TxResult<bool> {
        let mut ask = self
            .conn
            .prepare_cached("SELECT 1 FROM edits WHERE item = ?1 AND at = ?2")?;
        Ok(ask.exists([id.0, at.as_millisecond()])?)
    }

    /// What changes of an item did away with, the last one first.
    pub fn edits(&self, id: ItemId) -> TxResult<Vec<Was>> {
        let mut ask = self.conn.prepare_cached(
            "SELECT at AS was_at, title AS was_title, passage AS was_passage FROM edits
             WHERE item = ?1 ORDER BY at DESC",
        )?;
        let rows = ask.query_map([id.0], was)?;
        let edits = rows.collect::<Result<Vec<_>, _>>()?;
        Ok(edits.into_iter().flatten().collect())
    }

    /// Gives a hit another verdict and alert; returns its row.
    pub fn revise_hit(
        &self,
        (item, rule): (ItemId, &str),
        (verdict, alert): (&Verdict, Option<&AlertId>),
    ) -> TxResult<i64> {
        let mut revise = self.conn.prepare_cached(
            "UPDATE hits SET verdict = ?3, alert = ?4 WHERE item = ?1 AND rule = ?2 RETURNING id",
        )?;
        let verdict = serde_json::to_string(verdict)?;
        let alert = alert.map(|id| &id.0);
        Ok(revise.query_row(params![item.0, rule, verdict, alert], |row| row.get(0))?)
    }

    /// Whether an alert is still to be told on any channel.
    pub fn is_to_be_told(&self, alert: &AlertId) -> TxResult<bool> {
        let mut ask = self.conn.prepare_cached(
            "SELECT 1 FROM outbox WHERE alert = ?1 AND state IN ('held', 'waiting', 'leased')",
        )?;
        Ok(ask.exists([&alert.0])?)
    }
}

//! Which alerts are held until a better time, and what was told lately?

use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, params};

use super::items::time_at;
use super::outbox::word;
use super::{Tx, TxResult};
use crate::model::{AlertId, Urgency};

/// What is dated so much later than now was dated before the clock was set back. Polls that were
/// under way together are decided in any order, and whoever mutes reads the clock later than who polls.
const SLACK: SignedDuration = SignedDuration::from_mins(5);

/// No channel is given a longer pause, so a longer one was planned before the clock was set back.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(25);

/// An alert that is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The alert.
    pub id: AlertId,
    /// What it waits for, as it was given to [`Tx::gather`]; empty if nothing may join it.
    pub gathers: String,
    /// When the first hit joined it.
    pub since: Timestamp,
    /// When it is to be told.
    pub due_at: Timestamp,
}

impl Tx<'_> {
    /// The alert that waits for this and can still be joined, and when it is to be told.
    pub fn gathering(
        &self,
        gathers: &str,
        now: Timestamp,
    ) -> TxResult<Option<(AlertId, Timestamp)>> {
        let mut ask = self.conn.prepare_cached(
            "SELECT id, max(due_at) AS due_at FROM alerts JOIN outbox ON outbox.alert = alerts.id
             WHERE gathers = ?1 GROUP BY id
             HAVING min(state) = 'held' AND max(state) = 'held' AND min(due_at) > ?2
             ORDER BY alerts.rowid DESC LIMIT 1",
        )?;
        let found = ask
            .query_row(params![gathers, now.as_millisecond()], |row| {
                let due_at = time_at(row, "due_at")?.unwrap_or_default();
                Ok((AlertId(row.get(0)?), due_at))
            })
            .optional()?;
        Ok(found)
    }

    /// Marks an alert as one that others may join until it is due.
    pub fn gather(&self, alert: &AlertId, gathers: &str) -> TxResult<()> {
        self.conn
            .prepare_cached("UPDATE alerts SET gathers = ?2 WHERE id = ?1")?
            .execute([&alert.0, gathers])?;
        Ok(())
    }

    /// An alert that is about one feed is about none any more if it is joined by another's hits.
    pub fn gather_from(&self, alert: &AlertId, feed: &str) -> TxResult<()> {
        self.conn
            .prepare_cached("UPDATE alerts SET about = NULL WHERE id = ?1 AND about <> ?2")?
            .execute([&alert.0, feed])?;
        Ok(())
    }

    /// Makes an alert as loud as the loudest of those that join it.
    pub fn raise(&self, alert: &AlertId, urgency: Urgency) -> TxResult<()> {
        self.conn
            .prepare_cached(
                "UPDATE alerts SET urgency = ?2 WHERE id = ?1
                     AND instr('low normal critical', urgency) < instr('low normal critical', ?2)",
            )?
            .execute([&alert.0, &word(urgency)?])?;
        Ok(())
    }

    /// Puts an alert into the outbox of a channel, held until it is due, if it is not there already.
    pub fn hold(&self, alert: &AlertId, channel: &str, due_at: Timestamp) -> TxResult<()> {
        self.conn
            .prepare_cached(
                "INSERT INTO outbox (alert, channel, state, due_at) VALUES (?1, ?2, 'held', ?3)
                 ON CONFLICT (alert, channel) DO NOTHING",
            )?
            .execute(params![alert.0, channel, due_at.as_millisecond()])?;
        Ok(())
    }

    /// Everything that is held.
    pub fn held(&self) -> TxResult<Vec<Held>> {
        let mut ask = self.conn.prepare_cached(
            "SELECT id, coalesce(gathers, '') AS gathers, created_at, max(due_at) AS due_at
             FROM outbox JOIN alerts ON alerts.id = outbox.alert
             WHERE state = 'held' GROUP BY id",
        )?;
        let rows = ask.query_map([], |row| {
            Ok(Held {
                id: AlertId(row.get("id")?),
                gathers: row.get("gathers")?,
                since: time_at(row, "created_at")?.unwrap_or_default(),
                due_at: time_at(row, "due_at")?.unwrap_or_default(),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Changes when a held alert is to be told.
    pub fn hold_until(&self, alert: &AlertId, due_at: Timestamp) -> TxResult<()> {
        self.conn
            .prepare_cached("UPDATE outbox SET due_at = ?2 WHERE alert = ?1 AND state = 'held'")?
            .execute(params![alert.0, due_at.as_millisecond()])?;
        Ok(())
    }

    /// Alerts that a channel has refused and is to be asked again for: each with its rule, if it is of
    /// one, and how loud it is.
    pub fn refused(&self) -> TxResult<Vec<(AlertId, Option<String>, Urgency)>> {
        let mut ask = self.conn.prepare_cached(
            "SELECT DISTINCT id, rule, urgency FROM outbox JOIN alerts ON alerts.id = outbox.alert
             WHERE state = 'waiting' AND attempts > 0",
        )?;
        let mut rows = ask.query([])?;
        let mut refused = Vec::new();
        while let Some(row) = rows.next()? {
            let urgency: String = row.get("urgency")?;
            let urgency = serde_json::from_value(urgency.into())?;
            refused.push((AlertId(row.get("id")?), row.get("rule")?, urgency));
        }
        Ok(refused)
    }

    /// Holds an alert that channels have refused: they are not asked again for it before it is due.
    pub fn hold_refused(&self, alert: &AlertId, due_at: Timestamp) -> TxResult<()> {
        self.conn
            .prepare_cached(
                "UPDATE outbox SET state = 'held', due_at = ?2
                 WHERE alert = ?1 AND state = 'waiting' AND attempts > 0",
            )?
            .execute(params![alert.0, due_at.as_millisecond()])?;
        Ok(())
    }

    /// Lets go what waits only for more of the same: nothing more will come.
    pub fn stop_gathering(&self, now: Timestamp) -> TxResult<()> {
        self.conn
            .prepare_cached(
                "UPDATE outbox SET due_at = min(due_at, ?1) WHERE state = 'held'
                     AND alert IN (SELECT id FROM alerts WHERE kind IN ('baseline', 'flood'))",
            )?
            .execute([now.as_millisecond()])?;
        Ok(())
    }

    /// When alerts were told one by one after `since`, oldest first: those of a rule, or all.
    pub fn rung(&self, rule: Option<&str>, since: Timestamp) -> TxResult<Vec<Timestamp>> {
        let of_rule = "rule = ?2 AND created_at > ?1";
        let condition = rule.map_or("created_at > ?1 AND ?2 IS NULL", |_| of_rule);
        let sql = format!(
            "SELECT created_at FROM alerts WHERE {condition} AND kind IN ('story', 'escalation', 'update')
             ORDER BY created_at"
        );
        let mut ask = self.conn.prepare_cached(&sql)?;
        let rows = ask.query_map(params![since.as_millisecond(), rule], |row| {
            Ok(time_at(row, "created_at")?.unwrap_or_default())
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// When a flood that began after `since` was told last, or will be.
    pub fn last_flood(&self, since: Timestamp) -> TxResult<Option<Timestamp>> {
        let mut ask = self.conn.prepare_cached(
            "SELECT max(due_at) AS due_at FROM alerts JOIN outbox ON outbox.alert = alerts.id
             WHERE created_at > ?1 AND kind = 'flood'",
        )?;
        Ok(ask.query_row([since.as_millisecond()], |row| time_at(row, "due_at"))?)
    }

    /// If the clock was set back, what is dated ahead of it counts as of now: nothing rings twice for
    /// it, and nothing is held for what the clock was wrong by.
    pub fn clock_went_back(&self, now: Timestamp) -> TxResult<()> {
        let ahead = now.saturating_add(SLACK).unwrap_or(Timestamp::MAX);
        let (now, ahead) = (now.as_millisecond(), ahead.as_millisecond());
        self.conn
            .prepare_cached("UPDATE alerts SET created_at = ?1 WHERE created_at > ?2")?
            .execute([now, ahead])?;
        self.conn
            .prepare_cached(
                "UPDATE mutes SET until = until - since + ?1, since = ?1 WHERE since > ?2",
            )?
            .execute([now, ahead])?;
        Ok(())
    }

    /// The clock was set back: what is to be tried again in a while is tried in the same while.
    pub fn attempts_set_back(&self, by: SignedDuration) -> TxResult<()> {
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.conn
            .prepare_cached(
                "UPDATE outbox SET due_at = due_at - ?1 WHERE state = 'waiting' AND attempts > 0",
            )?
            .execute([by])?;
        Ok(())
    }

    /// Lets channels be asked again whose next attempt was planned before the clock was set back.
    pub fn attempts_from_ahead(&self, now: Timestamp) -> TxResult<()> {
        let ahead = now.saturating_add(LONGEST_PAUSE).unwrap_or(Timestamp::MAX);
        self.conn
            .prepare_cached(
                "UPDATE outbox SET due_at = ?1 WHERE state = 'waiting' AND due_at > ?2",
            )?
            .execute([now.as_millisecond(), ahead.as_millisecond()])?;
        Ok(())
    }
}

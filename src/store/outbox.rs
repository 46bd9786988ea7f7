//! Which alerts are committed and not yet confirmed by their channel?

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};
use serde::Serialize;

use super::hits::{VIEW, view};
use super::{Tx, TxResult};
use crate::model::{AlertId, AlertKind, AlertView, HitView, Limit, StoryId, Urgency};

/// The most hits an [`AlertView`] holds; its counts are complete all the same.
const HITS_A_VIEW: usize = 30;

/// Whether a hit is told by an alert: as one of its own, of one that was folded into it, or of the story
/// whose spread it tells.
const TOLD: &str = "(hits.alert = ?1
    OR hits.alert IN (SELECT alert FROM outbox WHERE folded_into = ?1)
    OR hits.id IN (SELECT met.id FROM alerts JOIN items ON items.story = alerts.story
        JOIN hits AS met ON met.item = items.id AND met.rule = alerts.rule
        WHERE alerts.id = ?1 AND alerts.kind = 'escalation'))";

/// An alert to be committed.
#[derive(Clone, Copy, Debug)]
pub struct NewAlert<'a> {
    /// Stable id.
    pub id: &'a AlertId,
    /// What it tells.
    pub kind: AlertKind,
    /// The rule and story of a story alert.
    pub about: Option<(&'a str, StoryId)>,
    /// The feed of an alert about a feed.
    pub feed: Option<&'a str>,
    /// How loudly.
    pub urgency: Urgency,
    /// When it is committed.
    pub at: Timestamp,
}

/// A new alert id: 16 hexadecimal digits, random, so that ids of two databases never meet.
#[must_use]
pub fn new_alert_id() -> AlertId {
    AlertId(format!("{:016x}", fastrand::u64(..)))
}

/// What became of an attempt to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// The channel confirmed it.
    Sent,
    /// To be tried again.
    Later {
        /// When.
        due_at: Timestamp,
        /// What the channel said.
        error: String,
    },
    /// Given up.
    Dead {
        /// What the channel said.
        error: String,
    },
}

/// The outbox of one channel, for `status`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelState {
    /// Alerts held until a better time.
    pub held: u64,
    /// When the first of those is to be told.
    pub held_until: Option<Timestamp>,
    /// Alerts not yet confirmed.
    pub waiting: u64,
    /// Alerts confirmed.
    pub sent: u64,
    /// Alerts given up.
    pub dead: u64,
    /// The last error of an alert that still waits.
    pub error: Option<String>,
    /// When the next attempt is due.
    pub due_at: Option<Timestamp>,
}

/// An alert that a channel has not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The alert.
    pub alert: AlertView,
    /// The channel.
    pub channel: String,
    /// What it waits for.
    pub state: KeptState,
    /// When it is tried next, if it was not given up.
    pub due_at: Option<Timestamp>,
    /// What the channel said last.
    pub error: Option<String>,
}

/// What an alert that no channel has taken waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KeptState {
    /// A better time.
    Held,
    /// Its channel.
    Waiting,
    /// A person: it was given up.
    GivenUp,
}

/// What waits in the outbox of one channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Alerts, summaries of folded ones left out.
    pub alerts: usize,
    /// Those of them that were committed before the time asked for.
    pub old: usize,
    /// Whether a summary of folded ones waits.
    pub summary: bool,
    /// Whether the channel refused any of all these.
    pub tried: bool,
}

impl Tx<'_> {
    /// When this rule last told of this story, or will, and by which alert.
    pub fn last_told(&self, rule: &str, story: StoryId) -> TxResult<Option<(AlertId, Timestamp)>> {
        let mut ask = self.conn.prepare_cached(
            "SELECT alerts.id, max(alerts.created_at, coalesce((SELECT max(due_at) FROM outbox
                     WHERE outbox.alert = alerts.id AND alerts.gathers IS NOT NULL), 0)) AS at
             FROM items JOIN hits ON hits.item = items.id AND hits.rule = ?1
                 JOIN alerts ON alerts.id = hits.alert
                     AND alerts.kind IN ('story', 'escalation', 'update', 'flood',
                         'quiet', 'digest', 'repeat')
             WHERE items.story = ?2 ORDER BY alerts.rowid DESC LIMIT 1",
        )?;
        let told = ask
            .query_row(params![rule, story.0], |row| {
                let at = super::items::time_at(row, "at")?.unwrap_or_default();
                Ok((AlertId(row.get(0)?), at))
            })
            .optional()?;
        Ok(told)
    }

    /// Commits an alert, without any channel yet, unless it is there already.
    pub fn ensure_alert(&self, alert: NewAlert<'_>) -> TxResult<()> {
        let mut add = self.conn.prepare_cached(
            "INSERT INTO alerts (id, kind, rule, story, urgency, created_at, about)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (id) DO NOTHING",
        )?;
        add.execute(params![
            alert.id.0,
            word(alert.kind)?,
            alert.about.map(|(rule, _)| rule),
            alert.about.map(|(_, story)| story.0),
            word(alert.urgency)?,
            alert.at.as_millisecond(),
            alert.feed,
        ])?;
        Ok(())
    }

    /// Puts an alert into the outbox of a channel, if it is not there already.
    pub fn enqueue(&self, alert: &AlertId, channel: &str, due_at: Timestamp) -> TxResult<()> {
        self.conn
            .prepare_cached(
                "INSERT INTO outbox (alert, channel, due_at) VALUES (?1, ?2, ?3)
                 ON CONFLICT (alert, channel) DO NOTHING",
            )?
            .execute(params![alert.0, channel, due_at.as_millisecond()])?;
        Ok(())
    }

    /// Leases the alerts of a channel that are due, oldest first, and counts the attempt. Whoever
    /// leased some of them before has lost them: it could not record what came of them.
    pub fn lease(&self, channel: &str, now: Timestamp, most: usize) -> TxResult<Vec<AlertView>> {
        self.conn
            .prepare_cached(
                "UPDATE outbox SET state = 'waiting' WHERE channel = ?1 AND state = 'leased'",
            )?
            .execute([channel])?;
        self.conn
            .prepare_cached(
                "UPDATE outbox SET state = 'waiting', since = due_at
                 WHERE channel = ?1 AND state = 'held' AND due_at <= ?2",
            )?
            .execute(params![channel, now.as_millisecond()])?;
        let mut ask = self.conn.prepare_cached(
            "SELECT alert FROM outbox JOIN alerts ON alerts.id = outbox.alert
             WHERE channel = ?1 AND state = 'waiting' AND due_at <= ?2
             ORDER BY alerts.rowid LIMIT ?3",
        )?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let ids = ask
            .query_map(params![channel, now.as_millisecond(), most], |row| {
                row.get(0).map(AlertId)
            })?
            .collect::<Result<Vec<_>, _>>()?;
        let mut lease = self.conn.prepare_cached(
            "UPDATE outbox SET state = 'leased', attempts = attempts + 1
             WHERE alert = ?1 AND channel = ?2 RETURNING attempts",
        )?;
        let mut leased = Vec::with_capacity(ids.len());
        for id in ids {
            let attempts = lease.query_row(params![id.0, channel], |row| row.get(0))?;
            let mut alert = self.alert_view(id)?;
            alert.attempts = attempts;
            leased.push(alert);
        }
        Ok(leased)
    }

    /// Takes back the leases of a process that is gone.
    pub fn release_leases(&self) -> TxResult<()> {
        self.conn.execute(
            "UPDATE outbox SET state = 'waiting' WHERE state = 'leased'",
            [],
        )?;
        Ok(())
    }

    /// Takes back one lease, unused.
    pub fn release(&self, alert: &AlertId, channel: &str) -> TxResult<()> {
        self.conn
            .prepare_cached(
                "UPDATE outbox SET state = 'waiting', attempts = attempts - 1
                 WHERE alert = ?1 AND channel = ?2 AND state = 'leased'",
            )?
            .execute(params![alert.0, channel])?;
        Ok(())
    }

    /// Records what became of a leased alert.
    pub fn settle(
        &self,
        alert: &AlertId,
        channel: &str,
        now: Timestamp,
        settled: &Settled,
    ) -> TxResult<()> {
        let (state, due_at, error) = match settled {
            Settled::Sent => ("sent", None, None),
            Settled::Later { due_at, error } => ("waiting", Some(*due_at), Some(error)),
            Settled::Dead { error } => ("dead", None, Some(error)),
        };
        let settled_at = (state != "waiting").then(|| now.as_millisecond());
        self.conn
            .prepare_cached(
                "UPDATE outbox SET state = ?3, due_at = coalesce(?4, due_at), error = ?5,
                     settled_at = ?6 WHERE alert = ?1 AND channel = ?2",
            )?
            .execute(params![
                alert.0,
                channel,
                state,
                due_at.map(Timestamp::as_millisecond),
                error,
                settled_at
            ])?;
        Ok(())
    }

    /// Since when an alert has waited for a channel: since it was committed, was held no longer, or was sent
    /// for again.
    pub fn waits_since(&self, alert: &AlertId, channel: &str) -> TxResult<Timestamp> {
        let mut ask = self.conn.prepare_cached(
            "SELECT coalesce(outbox.since, alerts.created_at) AS since
             FROM outbox JOIN alerts ON alerts.id = outbox.alert
             WHERE outbox.alert = ?1 AND outbox.channel = ?2",
        )?;
        Ok(ask.query_row(params![alert.0, channel], |row| {
            Ok(super::items::time_at(row, "since")?.unwrap_or_default())
        })?)
    }

    /// How many more alerts may go through a channel now, and when it lets the next one through if
    /// that is none.
    pub fn room(
        &self,
        channel: &str,
        rate: Limit,
        now: Timestamp,
    ) -> TxResult<(usize, Option<Timestamp>)> {
        let since = now.saturating_sub(rate.within).unwrap_or(Timestamp::MIN);
        let mut ask = self.conn.prepare_cached(
            "SELECT settled_at FROM outbox WHERE channel = ?1 AND state = 'sent' AND settled_at > ?2
             ORDER BY settled_at DESC LIMIT ?3",
        )?;
        let most = i64::try_from(rate.most).unwrap_or(i64::MAX);
        let sent = ask
            .query_map(params![channel, since.as_millisecond(), most], |row| {
                super::items::time_at(row, "settled_at")
            })?
            .collect::<Result<Vec<_>, _>>()?;
        let room = rate.most.saturating_sub(sent.len());
        let oldest = sent.last().copied().flatten().filter(|_| room == 0);
        let free_at = oldest.map(|at| at.saturating_add(rate.within).unwrap_or(Timestamp::MAX));
        Ok((room, free_at))
    }

    /// Sends for what was given up and for what waits, on one channel or on all; returns how many
    /// alerts that are.
    pub fn send_again(&self, channel: Option<&str>, now: Timestamp) -> TxResult<usize> {
        let mut again = self.conn.prepare_cached(
            "UPDATE outbox SET state = 'waiting', since = ?2, attempts = 0, settled_at = NULL,
                 due_at = min(due_at, (SELECT created_at FROM alerts WHERE id = alert))
             WHERE state IN ('dead', 'waiting') AND (?1 IS NULL OR channel = ?1)",
        )?;
        Ok(again.execute(params![channel, now.as_millisecond()])?)
    }

    /// What no channel has taken, by channel and in the order of the alerts, `most` at most.
    pub fn kept(&self, most: usize) -> TxResult<Vec<Kept>> {
        let mut ask = self.conn.prepare_cached(
            "SELECT outbox.alert, channel, state, due_at, attempts, error
             FROM outbox JOIN alerts ON alerts.id = outbox.alert
             WHERE state IN ('held', 'waiting', 'leased', 'dead')
             ORDER BY channel, alerts.rowid LIMIT ?1",
        )?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let mut rows = ask.query([most])?;
        let mut kept = Vec::new();
        while let Some(row) = rows.next()? {
            let mut alert = self.alert_view(AlertId(row.get("alert")?))?;
            alert.attempts = row.get("attempts")?;
            let state = match row.get::<_, String>("state")?.as_str() {
                "held" => KeptState::Held,
                "dead" => KeptState::GivenUp,
                _ => KeptState::Waiting,
            };
            let is_over = state == KeptState::GivenUp;
            kept.push(Kept {
                alert,
                channel: row.get("channel")?,
                state,
                due_at: super::items::time_at(row, "due_at")?.filter(|_| !is_over),
                error: row.get("error")?,
            });
        }
        Ok(kept)
    }

    /// Every channel whose outbox is not empty.
    pub fn channels_kept_for(&self) -> TxResult<Vec<String>> {
        let mut ask = self.conn.prepare_cached(
            "SELECT DISTINCT channel FROM outbox WHERE state IN ('held', 'waiting', 'leased', 'dead')
             ORDER BY channel",
        )?;
        let names = ask.query_map([], |row| row.get(0))?;
        Ok(names.collect::<Result<_, _>>()?)
    }

    /// When the channel's next alert is due.
    pub fn next_due(&self, channel: &str) -> TxResult<Option<Timestamp>> {
        let mut ask = self.conn.prepare_cached(
            "SELECT min(due_at) AS due_at FROM (
                 SELECT due_at FROM outbox WHERE channel = ?1 AND state = 'waiting' UNION ALL
                 SELECT due_at FROM outbox WHERE channel = ?1 AND state = 'held')",
        )?;
        Ok(ask.query_row([channel], |row| super::items::time_at(row, "due_at"))?)
    }

    /// What waits in the outbox of a channel.
    pub fn waiting(&self, channel: &str, cutoff: Timestamp) -> TxResult<Waiting> {
        let mut ask = self.conn.prepare_cached(
            "SELECT count(*) FILTER (WHERE kind NOT IN ('away', 'gone', 'config')),
                 count(*) FILTER (WHERE kind NOT IN ('away', 'gone', 'config') AND created_at < ?2),
                 count(*) FILTER (WHERE kind = 'away') > 0, count(error) > 0
             FROM outbox JOIN alerts ON alerts.id = outbox.alert
             WHERE channel = ?1 AND state = 'waiting'",
        )?;
        let waiting = ask.query_row(params![channel, cutoff.as_millisecond()], |row| {
            Ok(Waiting {
                alerts: row.get(0)?,
                old: row.get(1)?,
                summary: row.get(2)?,
                tried: row.get(3)?,
            })
        })?;
        Ok(waiting)
    }

    /// Folds the alerts of a channel that were committed before `cutoff` into one summary, an open
    /// one if there is one, else one with the id `fresh`. Nothing of them is lost: the summary
    /// tells their hits, as loudly as the loudest of them.
    pub fn fold(
        &self,
        channel: &str,
        cutoff: Timestamp,
        now: Timestamp,
        fresh: &AlertId,
    ) -> TxResult<()> {
        let any: bool = self
            .conn
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM outbox JOIN alerts ON alerts.id = outbox.alert
                 WHERE channel = ?1 AND state = 'waiting' AND kind NOT IN ('away', 'gone', 'config') AND created_at < ?2)",
            )?
            .query_row(params![channel, cutoff.as_millisecond()], |row| row.get(0))?;
        // A summary of nothing would ring about nothing.
        if !any {
            return Ok(());
        }
        let open = self
            .conn
            .prepare_cached(
                "SELECT alerts.id FROM outbox JOIN alerts ON alerts.id = outbox.alert
                 WHERE channel = ?1 AND state = 'waiting' AND kind = 'away' LIMIT 1",
            )?
            .query_row([channel], |row| row.get(0).map(AlertId))
            .optional()?;
        let id = if let Some(id) = open {
            id
        } else {
            self.ensure_alert(NewAlert {
                id: fresh,
                kind: AlertKind::Away,
                about: None,
                feed: None,
                urgency: Urgency::Low,
                at: now,
            })?;
            self.enqueue(fresh, channel, now)?;
            fresh.clone()
        };
        self.conn
            .prepare_cached(
                "UPDATE outbox SET state = 'folded', folded_into = ?3, settled_at = ?4
                 WHERE channel = ?1 AND state = 'waiting' AND alert IN
                     (SELECT id FROM alerts WHERE created_at < ?2 AND kind NOT IN ('away', 'gone', 'config'))",
            )?
            .execute(params![
                channel,
                cutoff.as_millisecond(),
                id.0,
                now.as_millisecond()
            ])?;
        self.conn
            .prepare_cached(
                "UPDATE alerts SET urgency = (SELECT urgency FROM alerts AS told
                     JOIN outbox ON outbox.alert = told.id WHERE outbox.folded_into = ?1
                     ORDER BY instr('low normal critical', urgency) DESC LIMIT 1) WHERE id = ?1",
            )?
            .execute([&id.0])?;
        Ok(())
    }

    /// How the outbox of a channel stands.
    pub fn channel_state(&self, channel: &str) -> TxResult<ChannelState> {
        let state = self.conn.query_row(
            "SELECT count(*) FILTER (WHERE state IN ('waiting', 'leased')),
                 count(*) FILTER (WHERE state = 'sent'), count(*) FILTER (WHERE state = 'dead'),
                 (SELECT error FROM outbox WHERE channel = ?1 AND state = 'waiting'
                     AND error IS NOT NULL ORDER BY due_at DESC LIMIT 1),
                 min(due_at) FILTER (WHERE state = 'waiting') AS due_at,
                 count(*) FILTER (WHERE state = 'held') AS held,
                 min(due_at) FILTER (WHERE state = 'held') AS held_until
             FROM outbox WHERE channel = ?1",
            [channel],
            |row| {
                Ok(ChannelState {
                    held: row.get("held")?,
                    held_until: super::items::time_at(row, "held_until")?,
                    waiting: row.get(0)?,
                    sent: row.get(1)?,
                    dead: row.get(2)?,
                    error: row.get(3)?,
                    due_at: super::items::time_at(row, "due_at")?,
                })
            },
        )?;
        Ok(state)
    }

    /// The alert with everything that is needed to tell it.
    pub fn alert_view(&self, id: AlertId) -> TxResult<AlertView> {
        let (kind, urgency, created_at, about, story) = self
            .conn
            .prepare_cached(
                "SELECT kind, urgency, created_at, about, story FROM alerts WHERE id = ?1",
            )?
            .query_row([&id.0], |row| {
                Ok((
                    row.get::<_, String>(0)?,
                    row.get::<_, String>(1)?,
                    super::items::time_at(row, "created_at")?.unwrap_or_default(),
                    row.get("about")?,
                    row.get::<_, Option<i64>>("story")?,
                ))
            })?;
        Ok(AlertView {
            kind: serde_json::from_value(kind.into())?,
            urgency: serde_json::from_value(urgency.into())?,
            created_at,
            about,
            hits: self.told_by(&id)?,
            counts: self.counts_of(&id)?,
            sources: match story {
                Some(story) => self.sources(StoryId(story), Timestamp::MIN)?,
                None => 0,
            },
            attempts: 0,
            id,
        })
    }

    /// The first hits that an alert tells, its own and those of alerts folded into it.
    fn told_by(&self, id: &AlertId) -> TxResult<Vec<HitView>> {
        let sql = format!(
            "{VIEW} WHERE {TOLD}
             ORDER BY hits.at, hits.id LIMIT {HITS_A_VIEW}"
        );
        let mut ask = self.conn.prepare_cached(&sql)?;
        let mut rows = ask.query([&id.0])?;
        let mut hits = Vec::new();
        while let Some(row) = rows.next()? {
            hits.push(view(row)?);
        }
        Ok(hits)
    }

    fn counts_of(&self, id: &AlertId) -> TxResult<Vec<(String, u64)>> {
        let sql = format!(
            "SELECT rule, count(*) FROM hits WHERE {TOLD}
             GROUP BY rule ORDER BY count(*) DESC, rule"
        );
        let mut ask = self.conn.prepare_cached(&sql)?;
        let counts = ask
            .query_map([&id.0], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        Ok(counts)
    }
}

/// The word an enum is stored as: the same as in JSON.
pub(super) fn word<T: Serialize>(value: T) -> TxResult<String> {
    match serde_json::to_value(value)? {
        serde_json::Value::String(word) => Ok(word),
        other => Ok(other.to_string()),
    }
}

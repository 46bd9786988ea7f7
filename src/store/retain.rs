//! What may be forgotten by now?

use jiff::{SignedDuration, Timestamp};
use rusqlite::params;

use super::{Tx, TxResult};

/// Rows that one call forgets at most, so that no poll waits long for its turn.
const BATCH: i64 = 200;

/// An alert that nobody could be told keeps its items for so long beyond their time; then it is given
/// up, or a machine that never has a desktop would keep every hit for ever.
const PATIENCE: SignedDuration = SignedDuration::from_hours(90 * 24);

impl Tx<'_> {
    /// Forgets some of the items last seen before `cutoff`, with their hits, alerts and stories, and mutes that
    /// are over; returns how many items went. Zero means there is nothing more to forget.
    ///
    /// An item is kept while its feed still carries it, for it would come back as new, and while an
    /// alert that tells it waits in the outbox. A feed that was not polled since `cutoff` has
    /// left the configuration: what it carried last counts no more.
    pub fn retire(&self, cutoff: Timestamp) -> TxResult<usize> {
        let patience = cutoff.saturating_sub(PATIENCE).unwrap_or(Timestamp::MIN);
        let (cutoff, patience) = (cutoff.as_millisecond(), patience.as_millisecond());
        let mut give_up = self.conn.prepare_cached(
            "UPDATE outbox SET state = 'dead', settled_at = ?1, error = 'nobody could be told'
             WHERE state IN ('held', 'waiting') AND alert IN (
                 SELECT id FROM alerts WHERE created_at < ?2 AND NOT EXISTS (
                     SELECT 1 FROM hits WHERE hits.at >= ?2 AND hits.alert IN
                         (SELECT alert FROM outbox WHERE folded_into = alerts.id)))",
        )?;
        give_up.execute(params![cutoff, patience])?;
        let mut retire = self.conn.prepare_cached(
            "DELETE FROM items WHERE id IN (
                 SELECT items.id FROM items JOIN feeds ON feeds.id = items.feed
                 WHERE items.last_seen_at < ?1
                     AND (items.last_seen_at < feeds.last_read_at OR feeds.last_poll_at < ?1)
                     AND NOT EXISTS (SELECT 1 FROM hits JOIN outbox ON outbox.alert = hits.alert
                         WHERE hits.item = items.id AND outbox.state IN ('held', 'waiting', 'leased'))
                     AND NOT EXISTS (SELECT 1 FROM hits
                         JOIN outbox AS told ON told.alert = hits.alert
                         JOIN outbox AS fold ON fold.alert = told.folded_into
                         WHERE hits.item = items.id AND hits.at >= ?3
                             AND fold.state IN ('held', 'waiting', 'leased'))
                 LIMIT ?2)",
        )?;
        let gone = retire.execute(params![cutoff, BATCH, patience])?;
        self.conn
            .prepare_cached(
                "DELETE FROM alerts WHERE created_at < ?1
                     AND NOT EXISTS (SELECT 1 FROM hits WHERE alert = alerts.id)
                     AND NOT EXISTS (SELECT 1 FROM outbox WHERE alert = alerts.id
                         AND state IN ('held', 'waiting', 'leased'))
                     AND NOT EXISTS (SELECT 1 FROM outbox WHERE folded_into = alerts.id)",
            )?
            .execute([cutoff])?;
        self.conn
            .prepare_cached(
                "DELETE FROM stories WHERE created_at < ?1
                     AND NOT EXISTS (SELECT 1 FROM items WHERE story = stories.id)
                     AND NOT EXISTS (SELECT 1 FROM alerts WHERE story = stories.id)",
            )?
            .execute([cutoff])?;
        self.conn
            .prepare_cached("DELETE FROM mutes WHERE until < ?1")?
            .execute([cutoff])?;
        Ok(gone)
    }
}

//! What does the user not want to hear of, and until when?

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

use super::items::time_at;
use super::{Tx, TxResult};
use crate::model::{Mute, StoryId, Topic};

fn mute(row: &Row<'_>) -> rusqlite::Result<Mute> {
    let (rule, story) = (row.get("rule")?, row.get::<_, Option<i64>>("story")?);
    let topic = match (rule, story) {
        (Some(rule), _) => Topic::Rule(rule),
        (None, Some(story)) => Topic::Story(StoryId(story)),
        (None, None) => Topic::Feed(row.get("name")?),
    };
    Ok(Mute {
        topic,
        since: time_at(row, "since")?.unwrap_or_default(),
        until: time_at(row, "until")?.unwrap_or_default(),
    })
}

impl Tx<'_> {
    /// Keeps a rule, story or feed from ringing; if it is muted already, the new time counts. Returns
    /// whether there is such a story or feed.
    pub fn mute(&self, mute: &Mute) -> TxResult<bool> {
        let (insert, what) = match &mute.topic {
            Topic::Rule(name) => ("(rule, since, until) VALUES (?1, ?2, ?3)", name.clone()),
            Topic::Story(id) => (
                "(story, since, until) SELECT coalesce(merged_into, id), ?2, ?3
                     FROM stories WHERE id = ?1",
                id.0.to_string(),
            ),
            // Another one of that name may have left the configuration.
            Topic::Feed(name) => (
                "(feed, since, until) SELECT id, ?2, ?3 FROM (
                     SELECT id FROM feeds WHERE name = ?1 ORDER BY last_poll_at DESC LIMIT 1)
                 WHERE true",
                name.clone(),
            ),
        };
        let sql = format!(
            "INSERT INTO mutes {insert}
             ON CONFLICT DO UPDATE SET since = excluded.since, until = excluded.until"
        );
        let made = self.conn.prepare_cached(&sql)?.execute(params![
            what,
            mute.since.as_millisecond(),
            mute.until.as_millisecond()
        ])?;
        Ok(made > 0)
    }

    /// Lets a rule, story or feed ring again, a story also for rules that it was not relevant to; returns
    /// whether anything kept it from ringing.
    pub fn unmute(&self, topic: &Topic) -> TxResult<bool> {
        let (sql, what) = match topic {
            Topic::Rule(name) => ("rule = ?1", name.clone()),
            Topic::Story(id) => (
                "story = (SELECT coalesce(merged_into, id) FROM stories WHERE id = ?1)",
                id.0.to_string(),
            ),
            Topic::Feed(name) => (
                "feed IN (SELECT id FROM feeds WHERE name = ?1)",
                name.clone(),
            ),
        };
        let sql = format!("DELETE FROM mutes WHERE {sql}");
        let mut freed = self.conn.prepare_cached(&sql)?.execute([what])?;
        if let Topic::Story(id) = topic {
            freed += self
                .conn
                .prepare_cached("DELETE FROM not_relevant WHERE story = ?1")?
                .execute([id.0])?;
        }
        Ok(freed > 0)
    }

    /// Remembers that a person has found a story to be not what a rule is for; returns whether there is
    /// such a story still.
    pub fn say_not_relevant(&self, rule: &str, story: StoryId, at: Timestamp) -> TxResult<bool> {
        let said = self
            .conn
            .prepare_cached(
                "INSERT INTO not_relevant (rule, story, at)
                     SELECT ?1, coalesce(merged_into, id), ?3 FROM stories WHERE id = ?2
                 ON CONFLICT DO UPDATE SET at = excluded.at",
            )?
            .execute(params![rule, story.0, at.as_millisecond()])?;
        Ok(said > 0)
    }

    /// When a person found a story to be not what a rule is for.
    pub fn not_relevant(&self, rule: &str, story: StoryId) -> TxResult<Option<Timestamp>> {
        let mut ask = self
            .conn
            .prepare_cached("SELECT at FROM not_relevant WHERE rule = ?1 AND story = ?2")?;
        let said = ask.query_row(params![rule, story.0], |row| time_at(row, "at"));
        Ok(said.optional()?.flatten())
    }

    /// What is muted, the one that ends first before the others.
    pub fn mutes(&self, now: Timestamp) -> TxResult<Vec<Mute>> {
        let mut ask = self.conn.prepare_cached(
            "SELECT rule, story, since, until, feeds.name FROM mutes
                 LEFT JOIN feeds ON feeds.id = mutes.feed
             WHERE until > ?1 ORDER BY until, mutes.rowid",
        )?;
        let rows = ask.query_map([now.as_millisecond()], mute)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

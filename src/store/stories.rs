//! Which stories are there, which items does each have, and which turned out to be one?

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::items::time_at;
use super::{Tx, TxResult};
use crate::model::{Bond, FeedId, ItemId, Source, StoryId, StoryView};
use crate::story::{BEGINNING, Sighting};

impl Tx<'_> {
    /// Makes `gone` a part of `kept`: its items, what was told of it and that it is muted are `kept`'s
    /// from now on. Its number stays known.
    pub fn merge_stories(&self, gone: StoryId, kept: StoryId) -> TxResult<()> {
        for sql in [
            "UPDATE items SET story = ?2 WHERE story = ?1",
            "UPDATE alerts SET story = ?2 WHERE story = ?1",
            // Of two mutes the one that lasts longer stays.
            "DELETE FROM mutes WHERE story IN (?1, ?2) AND until <
                 (SELECT max(until) FROM mutes WHERE story IN (?1, ?2))",
            "UPDATE OR REPLACE escalations SET story = ?2 WHERE story = ?1",
            "UPDATE OR REPLACE mutes SET story = ?2 WHERE story = ?1",
            "UPDATE OR REPLACE not_relevant SET story = ?2 WHERE story = ?1",
            "UPDATE stories SET merged_into = ?2 WHERE id = ?1 OR merged_into = ?1",
        ] {
            self.conn
                .prepare_cached(sql)?
                .execute(params![gone.0, kept.0])?;
        }
        Ok(())
    }

    /// The story that has this number now; `None` if there is none.
    pub fn story_now(&self, story: StoryId) -> TxResult<Option<StoryId>> {
        let mut ask = self
            .conn
            .prepare_cached("SELECT coalesce(merged_into, id) FROM stories WHERE id = ?1")?;
        let found = ask.query_row([story.0], |row| row.get(0)).optional()?;
        Ok(found.map(StoryId))
    }

    /// Why an item belongs to its story, if that was stored.
    pub fn bond(&self, item: ItemId) -> TxResult<Option<Bond>> {
        let mut ask = self
            .conn
            .prepare_cached("SELECT bond FROM items WHERE id = ?1")?;
        let json = ask.query_row([item.0], |row| row.get(0)).optional()?;
        bond(json.flatten())
    }

    /// Shows `visit` the `most` newest items first seen since `since`, with their stories, the oldest
    /// first.
    pub fn sightings(
        &self,
        (since, most): (Timestamp, usize),
        mut visit: impl FnMut(Sighting<'_>, StoryId),
    ) -> TxResult<()> {
        let since = since.as_millisecond();
        let mut ask = self.conn.prepare_cached(
            "SELECT first_seen_at, id FROM items WHERE first_seen_at >= ?1
             ORDER BY first_seen_at DESC, id DESC LIMIT 1 OFFSET ?2",
        )?;
        let oldest = ask.query_row(params![since, most.saturating_sub(1)], |row| {
            Ok((row.get(0)?, row.get(1)?))
        });
        let oldest: (i64, i64) = oldest.optional()?.unwrap_or((since, i64::MIN));
        // In the order of the index: to sort their texts would take room for all of them.
        let mut ask = self.conn.prepare_cached(
            "SELECT feed, story, title, substr(body, 1, ?3) AS body, canonical_link, language,
                 published_at, first_seen_at
             FROM items WHERE (first_seen_at, id) >= (?1, ?2) ORDER BY first_seen_at, id",
        )?;
        let mut rows = ask.query(params![oldest.0, oldest.1, BEGINNING])?;
        while let Some(row) = rows.next()? {
            let text = |column: &str| -> TxResult<Option<String>> { Ok(row.get(column)?) };
            let (link, language) = (text("canonical_link")?, text("language")?);
            visit(
                Sighting {
                    title: &text("title")?.unwrap_or_default(),
                    body: &text("body")?.unwrap_or_default(),
                    link: link.as_deref(),
                    language: language.as_deref(),
                    feed: FeedId(row.get("feed")?),
                    published: time_at(row, "published_at")?,
                    at: time_at(row, "first_seen_at")?.unwrap_or_default(),
                },
                StoryId(row.get("story")?),
            );
        }
        Ok(())
    }

    /// The `most` stories with items first seen since `since`, those of most feeds first, each with at
    /// most `sources` of its items.
    pub fn stories(
        &self,
        since: Timestamp,
        (most, sources): (usize, usize),
    ) -> TxResult<Vec<StoryView>> {
        let mut ask = self.conn.prepare_cached(
            "SELECT story, count(DISTINCT feed) AS feeds, count(*) AS items,
                 min(coalesce(published_at, first_seen_at)) AS first,
                 max(coalesce(published_at, first_seen_at)) AS last
             FROM items WHERE story IN (SELECT story FROM items WHERE first_seen_at >= ?1)
             GROUP BY story ORDER BY feeds DESC, max(first_seen_at) DESC, story DESC LIMIT ?2",
        )?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let mut rows = ask.query(params![since.as_millisecond(), most])?;
        let mut stories = Vec::new();
        while let Some(row) = rows.next()? {
            let story = StoryId(row.get("story")?);
            stories.push(StoryView {
                story,
                first: time_at(row, "first")?.unwrap_or_default(),
                last: time_at(row, "last")?.unwrap_or_default(),
                feeds: row.get("feeds")?,
                count: row.get("items")?,
                rules: self.rules_of(story)?,
                items: self.items_of(story, sources)?,
            });
        }
        Ok(stories)
    }

    /// The rules that a story hit, in the order of their names.
    fn rules_of(&self, story: StoryId) -> TxResult<Vec<String>> {
        let mut ask = self.conn.prepare_cached(
            "SELECT DISTINCT hits.rule FROM hits JOIN items ON items.id = hits.item
             WHERE items.story = ?1 ORDER BY hits.rule",
        )?;
        let rules = ask.query_map([story.0], |row| row.get(0))?;
        Ok(rules.collect::<Result<_, _>>()?)
    }

    fn items_of(&self, story: StoryId, most: usize) -> TxResult<Vec<Source>> {
        let mut ask = self.conn.prepare_cached(
            "SELECT items.id, feeds.name AS feed, items.title, items.link, items.bond,
                 coalesce(items.published_at, items.first_seen_at) AS at
             FROM items JOIN feeds ON feeds.id = items.feed
             WHERE items.story = ?1 ORDER BY at, items.id LIMIT ?2",
        )?;
        let mut rows = ask.query(params![story.0, most])?;
        let mut sources = Vec::new();
        while let Some(row) = rows.next()? {
            sources.push(Source {
                item: ItemId(row.get("id")?),
                feed: row.get("feed")?,
                at: time_at(row, "at")?.unwrap_or_default(),
                title: row.get("title")?,
                link: row.get("link")?,
                bond: bond(row.get("bond")?)?,
            });
        }
        Ok(sources)
    }
}

fn bond(json: Option<String>) -> TxResult<Option<Bond>> {
    Ok(json.map(|json| serde_json::from_str(&json)).transpose()?)
}

//! Are feeds, items and hits read back as they were written?

use jiff::Timestamp;
use rstest::rstest;
use url::Url;

use super::super::{Reader, Seen, StoreError, TxError};
use super::{Shelf, alert, document, feed, hour, item, ring};
use crate::model::{
    AlertId, AlertKind, Evidence, Field, Health, Moved, Pace, Read, Rhythm, Urgency, Validators,
    Verdict, Why,
};
use crate::store::{FeedUpdate, HitFilter, Store, Totals};
use crate::story;

fn everything() -> HitFilter {
    HitFilter {
        since: None,
        rule: None,
        story: None,
        limit: usize::MAX,
    }
}

#[test]
fn the_same_key_in_two_feeds_is_two_items() {
    let shelf = Shelf::new();
    let (one, other) = (shelf.feed("a"), shelf.feed("b"));
    let first = shelf.put(one, hour(0), &item("1")).0;
    let second = shelf.put(other, hour(0), &item("1")).0;
    assert_ne!(first, second);
    assert_eq!(shelf.put(one, hour(1), &item("1")).0, first);
    assert_eq!(shelf.rows("items"), 2);
}

#[test]
fn an_edit_is_noticed_once_and_keeps_its_date_and_story() {
    let shelf = Shelf::new();
    let feed = shelf.feed("a");
    let published: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let mut item = item("1");
    item.published = Some(published);
    let (id, story) = shelf.put(feed, hour(0), &item);

    item.body = "More is known now".to_owned();
    item.published = Some(hour(9));
    let seen = Seen {
        feed,
        item: &item,
        content: story::content(&item),
        at: hour(1),
    };
    let known = || shelf.tx().intake().unwrap().known(seen).unwrap().unwrap();
    let before = known();
    assert!(before.edited);
    assert_eq!((before.id, before.story), (id, story));
    shelf.tx().edit_item(seen, None, id).unwrap();
    assert!(!known().edited);

    let kept = shelf.number("SELECT published_at FROM items");
    assert_eq!(kept, published.as_millisecond());
    let first_seen = shelf.number("SELECT first_seen_at FROM items");
    assert_eq!(first_seen, hour(0).as_millisecond());
    let changed = shelf.number("SELECT changed_at FROM items");
    assert_eq!(changed, hour(1).as_millisecond());
}

#[test]
fn a_feed_keeps_its_row_when_its_name_changes_and_its_validators_byte_for_byte() {
    let shelf = Shelf::new();
    let mut written = feed("a");
    let id = shelf.tx().feed(&written).unwrap().id;
    let url = Url::parse("https://mirror.example/feed").unwrap();
    let validators = Validators {
        etag: Some(b"W/\"\xff\x00\"".to_vec()),
        last_modified: Some(b"yesterday".to_vec()),
    };
    let read = Read {
        validators: validators.clone(),
        url: url.clone(),
        body_hash: u128::MAX - 1,
        rhythm: Rhythm {
            ttl: Some(60),
            skip_hours: 0b110,
            ..Rhythm::default()
        },
        repairs: vec![("bare ampersand", 2)],
        ..document()
    };
    let first = |at| shelf.tx().read_whole(id, at, &read).unwrap();
    assert!(first(hour(0)));
    assert!(!first(hour(1)));
    let health = Health::Failing {
        since: hour(2),
        failures: 3,
        error: "no route".to_owned(),
    };
    let moved = Moved {
        to: Url::parse("https://new.example/feed").unwrap(),
        polls: 3,
    };
    let update = FeedUpdate {
        id,
        at: hour(3),
        plan: (Some(hour(4)), Pace::RetryAfter),
        asked_until: Some(hour(5)),
        health: &health,
        changed_at: Some(hour(1)),
        moved: Some(&moved),
        gone_at: Some(hour(6)),
    };
    shelf.tx().polled(&update).unwrap();

    written.name = "A new name".into();
    let state = shelf.tx().feed(&written).unwrap();
    assert_eq!(state.id, id);
    assert_eq!(state.validators, validators);
    assert_eq!(state.validators_url, Some(url));
    assert_eq!(state.first_read_at, Some(hour(0)));
    assert_eq!(state.last_poll_at, Some(hour(3)));
    assert_eq!(state.next_poll_at, Some(hour(4)));
    assert_eq!(state.asked_until, Some(hour(5)));
    assert_eq!(state.health, health);
    assert_eq!(state.pace, Pace::RetryAfter);
    assert_eq!(state.changed_at, Some(hour(1)));
    assert_eq!(state.moved, Some(moved));
    assert_eq!(state.gone_at, Some(hour(6)));
    assert_eq!(state.body_hash, Some(read.body_hash));
    assert_eq!(state.rhythm, read.rhythm);
    assert_eq!(state.repairs, [("bare ampersand".to_owned(), 2)]);

    // The same document under other validators.
    let fresh = Validators::default();
    let own = Url::parse("https://a.example/feed").unwrap();
    shelf.tx().validated(id, &fresh, &own).unwrap();
    let state = shelf.tx().feed_state(id).unwrap();
    assert_eq!((state.validators, state.validators_url), (fresh, Some(own)));
    assert_eq!(state.body_hash, Some(read.body_hash));
}

#[test]
fn a_feed_row_counts_what_is_its_own() {
    let shelf = Shelf::new();
    let (one, other) = (shelf.feed("a"), shelf.feed("b"));
    let items = shelf.read(one, hour(1), &["1", "2"]);
    shelf.read(other, hour(2), &["1"]);
    shelf.hit(items[0], "rule", hour(1), None);
    let row = shelf.tx().feed_row(&feed("a").url, hour(3)).unwrap();
    let row = row.unwrap();
    assert_eq!((row.items, row.hits, row.week), (2, 1, 2));
    let later = shelf.tx().feed_row(&feed("a").url, hour(300)).unwrap();
    assert_eq!(later.unwrap().week, 0);
    let unknown = shelf.tx().feed_row(&feed("c").url, hour(3)).unwrap();
    assert!(unknown.is_none());
}

#[test]
fn hits_are_listed_newest_first_and_as_they_were_decided() {
    let shelf = Shelf::new();
    let feed = shelf.feed("a");
    let items = shelf.read(feed, hour(0), &["1", "2"]);
    let evidence = vec![Evidence {
        field: Field::Title,
        start: 0,
        end: 5,
        text: "Title".to_owned(),
        part: "title".to_owned(),
    }];
    let same = Verdict::Drop(Why::SameStory { alert: alert("a1") });
    shelf.commit("a1", AlertKind::Story, Urgency::Normal, hour(0), None);
    shelf.hit(items[0], "early", hour(0), Some("a1"));
    shelf
        .tx()
        .add_hit(
            (items[1], "late"),
            hour(2),
            &evidence,
            (&same, Some(&alert("a1"))),
        )
        .unwrap();

    let hits = shelf.tx().hits(&everything()).unwrap();
    assert_eq!(hits.len(), 2);
    assert_eq!((&*hits[0].rule, &hits[0].verdict), ("late", &same));
    assert_eq!(hits[0].evidence, evidence);
    assert_eq!((&*hits[1].rule, &hits[1].verdict), ("early", &ring()));
    let rules = |filter: &HitFilter| -> Vec<String> {
        let hits = shelf.tx().hits(filter).unwrap();
        hits.into_iter().map(|hit| hit.rule).collect()
    };
    let mut filter = everything();
    filter.limit = 1;
    assert_eq!(rules(&filter), ["late"]);
    filter = everything();
    filter.rule = Some("early".to_owned());
    assert_eq!(rules(&filter), ["early"]);
    filter = everything();
    filter.since = Some(hour(2));
    assert_eq!(rules(&filter), ["late"]);
    filter.since = Some(hour(3));
    assert_eq!(rules(&filter), Vec::<String>::new());

    let totals = Totals {
        items: 2,
        hits: 2,
        recent_hits: 1,
    };
    assert_eq!(shelf.tx().totals(hour(1)).unwrap(), totals);
}

#[test]
fn a_rule_hits_an_item_once() {
    let shelf = Shelf::new();
    let feed = shelf.feed("a");
    let item = shelf.read(feed, hour(0), &["1"])[0];
    shelf.hit(item, "rule", hour(0), None);
    assert!(shelf.tx().has_hit(item, "rule").unwrap());
    assert!(!shelf.tx().has_hit(item, "other").unwrap());
    let twice = shelf
        .tx()
        .add_hit((item, "rule"), hour(1), &[], (&ring(), None));
    assert!(matches!(twice, Err(TxError::Sqlite(_))), "{twice:?}");
}

#[rstest]
#[case::not_json("UPDATE hits SET verdict = 'not JSON'")]
#[case::unknown_verdict(
    r#"UPDATE hits SET verdict = '{"verdict":"shout","why":{"reason":"new_story"}}'"#
)]
#[case::evidence("UPDATE hits SET evidence = '{}'")]
#[tokio::test]
async fn a_value_that_another_program_wrote_is_an_error(#[case] meddling: &'static str) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("newsbell.db")).unwrap();
    let hits = store
        .write(move |tx| {
            tx.conn.execute_batch(
                "INSERT INTO feeds (id, url, name) VALUES (1, 'u', 'n');
                 INSERT INTO stories (id, created_at) VALUES (1, 0);
                 INSERT INTO items (id, feed, key, story, content, title, body, authors,
                     categories, first_seen_at, last_seen_at)
                     VALUES (1, 1, 'k', 1, 0, 't', 'b', '[]', '[]', 0, 0);
                 INSERT INTO hits (item, rule, at, verdict, evidence)
                     VALUES (1, 'r', 0,
                         '{\"verdict\":\"ring\",\"why\":{\"reason\":\"new_story\"}}', '[]')",
            )?;
            assert_eq!(tx.hits(&everything())?.len(), 1);
            tx.conn.execute_batch(meddling)?;
            Ok(())
        })
        .await;
    hits.unwrap();
    let found = store.write(|tx| tx.hits(&everything())).await;
    assert!(matches!(found, Err(StoreError::Value { .. })), "{found:?}");
    let mut reader = Reader::open(store.path()).unwrap();
    let found = reader.read(|tx| tx.hits(&everything()));
    assert!(matches!(found, Err(StoreError::Value { .. })), "{found:?}");
}

#[rstest]
#[case::kind("UPDATE alerts SET kind = 'shout'")]
#[case::urgency("UPDATE alerts SET urgency = 'extreme'")]
fn an_alert_that_another_program_wrote_is_an_error(#[case] meddling: &str) {
    let shelf = Shelf::new();
    shelf.commit("a1", AlertKind::Story, Urgency::Normal, hour(0), None);
    shelf.conn.execute_batch(meddling).unwrap();
    let found = shelf.tx().alert_view(AlertId("a1".to_owned()));
    assert!(matches!(found, Err(TxError::Value(_))), "{found:?}");
}

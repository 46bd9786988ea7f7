//! Is a mute kept, replaced, ended and forgotten with what it is about?

use super::super::write_beside;
use super::{Shelf, StoryId, hour, store};
use crate::model::{Mute, Topic};

fn mute(topic: Topic, since: i64, until: i64) -> Mute {
    Mute {
        topic,
        since: hour(since),
        until: hour(until),
    }
}

#[test]
fn the_last_word_counts_and_what_is_over_is_not_listed() {
    let shelf = Shelf::new();
    let tx = shelf.tx();
    let rule = Topic::Rule("Drills".to_owned());
    assert!(tx.mute(&mute(rule.clone(), 0, 2)).unwrap());
    assert!(tx.mute(&mute(rule.clone(), 1, 9)).unwrap());
    assert_eq!(tx.mutes(hour(1)).unwrap(), [mute(rule.clone(), 1, 9)]);
    assert_eq!(tx.mutes(hour(9)).unwrap(), []);
    assert!(tx.unmute(&rule).unwrap());
    assert!(!tx.unmute(&rule).unwrap());
    assert_eq!(tx.mutes(hour(1)).unwrap(), []);
}

#[test]
fn only_a_feed_or_story_that_is_there_can_be_muted() {
    let shelf = Shelf::new();
    let item = shelf.read(shelf.feed("a"), hour(0), &["1"])[0];
    let story = StoryId(shelf.number("SELECT story FROM items"));
    let tx = shelf.tx();
    let (feed, none) = (Topic::Feed("a".to_owned()), Topic::Feed("b".to_owned()));
    assert!(tx.mute(&mute(feed.clone(), 0, 3)).unwrap());
    assert!(!tx.mute(&mute(none, 0, 3)).unwrap());
    assert!(tx.mute(&mute(Topic::Story(story), 0, 2)).unwrap());
    assert!(!tx.mute(&mute(Topic::Story(StoryId(77)), 0, 3)).unwrap());
    let topics: Vec<Topic> = tx
        .mutes(hour(1))
        .unwrap()
        .into_iter()
        .map(|mute| mute.topic)
        .collect();
    assert_eq!(topics, [Topic::Story(story), feed]);
    shelf
        .conn
        .execute("DELETE FROM items WHERE id = ?1", [item.0])
        .unwrap();
    shelf.conn.execute("DELETE FROM stories", []).unwrap();
    assert_eq!(shelf.rows("mutes"), 1, "the story took its mute with it");
    shelf.polled(shelf.feed("a"), hour(200));
    shelf.tx().retire(hour(100)).unwrap();
    assert_eq!(shelf.rows("mutes"), 0, "it has long been over");
    shelf.assert_sound();
}

#[test]
fn a_clock_that_was_ahead_mutes_no_longer_than_was_said() {
    let shelf = Shelf::new();
    let tx = shelf.tx();
    let (rule, other) = (Topic::Rule("a".to_owned()), Topic::Rule("b".to_owned()));
    tx.mute(&mute(rule.clone(), 1000, 1002)).unwrap();
    tx.mute(&mute(other.clone(), 0, 5)).unwrap();
    tx.clock_went_back(hour(1)).unwrap();
    let expected = [mute(rule, 1, 3), mute(other, 0, 5)];
    assert_eq!(tx.mutes(hour(1)).unwrap(), expected);
}

#[tokio::test]
async fn a_mute_from_beside_is_seen_by_the_owners_next_transaction() {
    let (dir, store) = store();
    let path = dir.path().join("newsbell.db");
    let said = mute(Topic::Rule("a".to_owned()), 0, 2);
    let made = write_beside(&path, |tx| tx.mute(&said)).unwrap();
    assert!(made);
    let seen = store.write(|tx| tx.mutes(hour(1))).await.unwrap();
    assert_eq!(seen, [said]);
}

//! Who carries a story, what waits for that, and what has a feed carried before?

use super::{Item, ItemId, Seen, Shelf, StoryId, alert, hour, item};
use crate::model::{Bond, Verdict, Why};
use crate::story;
use crate::text::Scanner;

/// Stores an item of a story.
fn add(
    shelf: &Shelf,
    feed: &str,
    at: i64,
    item: &Item,
    told_in: Option<StoryId>,
) -> (ItemId, StoryId) {
    let feed = shelf.feed(feed);
    let seen = Seen {
        feed,
        item,
        content: story::content(item),
        at: hour(at),
    };
    let mut intake = shelf.tx().intake().unwrap();
    let told_in = told_in.unwrap_or_else(|| intake.new_story(hour(at)).unwrap());
    let headline = story::headline(&item.title, &mut Scanner::default());
    let id = intake.add(seen, headline, (told_in, &Bond::First)).unwrap();
    (id, told_in)
}

#[test]
fn feeds_count_once_and_only_lately() {
    let shelf = Shelf::new();
    let (_, told) = add(&shelf, "a", 0, &item("1"), None);
    add(&shelf, "a", 1, &item("2"), Some(told));
    add(&shelf, "b", 2, &item("1"), Some(told));
    add(&shelf, "c", 3, &item("1"), None);
    let sources = |since| shelf.tx().sources(told, hour(since)).unwrap();
    assert_eq!(
        [sources(0), sources(1), sources(2), sources(3)],
        [2, 2, 1, 0]
    );
}

#[test]
fn a_rule_escalates_once_a_story() {
    let shelf = Shelf::new();
    let (_, told) = add(&shelf, "a", 0, &item("1"), None);
    let (_, other) = add(&shelf, "a", 0, &item("2"), None);
    let tx = shelf.tx();
    assert!(!tx.escalated("x", told).unwrap());
    tx.escalate("x", told, hour(0)).unwrap();
    tx.escalate("x", told, hour(1)).unwrap();
    assert!(tx.escalated("x", told).unwrap());
    assert!(!tx.escalated("y", told).unwrap());
    assert!(!tx.escalated("x", other).unwrap());
}

#[test]
fn hits_that_wait_for_feeds_are_adopted_by_the_alert_of_their_story() {
    let shelf = Shelf::new();
    let few = Verdict::Hold(Why::FewSources {
        sources: 1,
        least: 2,
    });
    let (first, told) = add(&shelf, "a", 0, &item("1"), None);
    let (second, _) = add(&shelf, "b", 1, &item("1"), Some(told));
    let tx = shelf.tx();
    assert_eq!(tx.last_met("x", told).unwrap(), None);
    tx.add_hit((first, "x"), hour(0), &[], (&few, None))
        .unwrap();
    tx.add_hit((first, "y"), hour(0), &[], (&few, None))
        .unwrap();
    assert!(tx.awaits_sources("x", told).unwrap());
    assert_eq!(tx.last_met("x", told).unwrap(), Some(first));
    shelf.tell(second, "x", ("a1", super::Urgency::Normal), hour(1));
    tx.adopt("x", told, &alert("a1")).unwrap();
    assert!(!tx.awaits_sources("x", told).unwrap());
    assert!(tx.awaits_sources("y", told).unwrap());
    let hits = tx.alert_view(alert("a1")).unwrap().hits;
    let items: Vec<ItemId> = hits.iter().map(|hit| hit.item).collect();
    assert_eq!(items, [first, second]);
}

#[test]
fn what_a_feed_has_carried_is_known_by_text_headline_and_a_link_of_its_own() {
    let shelf = Shelf::new();
    let make = |key: &str, title: &str, body: &str, link: &str| Item {
        title: title.to_owned(),
        body: body.to_owned(),
        canonical_link: Some(link.to_owned()),
        ..item(key)
    };
    let title = "A headline of five words";
    for (key, link) in [("1", "https://x.example/1"), ("2", "home"), ("3", "home")] {
        add(
            &shelf,
            "a",
            0,
            &make(key, &format!("{title} {key}"), "text", link),
            None,
        );
    }
    let new = [
        make("n1", &format!("{title} 1"), "text", "elsewhere"),
        make("n2", &format!("{title} 1"), "other text", "elsewhere"),
        make(
            "n3",
            "Another headline altogether here",
            "text",
            "https://x.example/1",
        ),
        make("n4", "Another headline altogether now", "text", "home"),
    ];
    let ids: Vec<ItemId> = new
        .iter()
        .map(|new| add(&shelf, "a", 1, new, None).0)
        .collect();
    // What other feeds carry says nothing of this one.
    add(
        &shelf,
        "b",
        1,
        &make("n4", "Another headline altogether now", "text", "q"),
        None,
    );
    let beside = shelf.tx().beside_older(shelf.feed("a"), ids[0]).unwrap();
    let found: Vec<_> = beside
        .iter()
        .map(|new| (new.item, new.same_content, new.same_name))
        .collect();
    let expected = [
        (ids[0], true, true),
        (ids[1], false, true),
        (ids[2], false, true),
        (ids[3], false, false),
    ];
    assert_eq!(found, expected);
}

#[test]
fn when_a_feed_was_read_and_repeated_itself_is_remembered() {
    let shelf = Shelf::new();
    let feed = shelf.feed("a");
    assert!(shelf.tx().readings(feed).unwrap().is_none());
    shelf.read(feed, hour(0), &["1"]);
    shelf.read(feed, hour(2), &["1"]);
    shelf.tx().repeated(feed, hour(2)).unwrap();
    let readings = shelf.tx().readings(feed).unwrap().unwrap();
    assert_eq!((readings.first, readings.last), (hour(0), hour(2)));
    assert_eq!(readings.repeated, Some(hour(2)));
}

//! Is it kept which items make a story, why, and what became of it?

use super::{Shelf, StoryId, hour, item};
use crate::model::{Bond, Item, Mute, Topic};
use crate::store::HitFilter;

fn titled(key: &str, title: &str) -> Item {
    Item {
        title: title.to_owned(),
        ..item(key)
    }
}

#[test]
fn stories_are_listed_by_how_many_feeds_carry_them_with_their_sources_in_the_order_of_time() {
    let shelf = Shelf::new();
    let (a, b) = (shelf.feed("a"), shelf.feed("b"));
    let (_, early) = shelf.put(b, hour(3), &titled("1", "Second"));
    let (_, alone) = shelf.put(a, hour(4), &titled("2", "Alone"));
    let (first, own) = shelf.put(a, hour(2), &titled("3", "First"));
    let (old, _) = shelf.put(a, hour(0), &titled("4", "Old"));
    let tx = shelf.tx();
    tx.merge_stories(own, early).unwrap();
    shelf.hit(first, "Drills", hour(2), None);

    let stories = tx.stories(hour(1), (10, 10)).unwrap();
    let shown: Vec<_> = stories
        .iter()
        .map(|story| {
            let titles: Vec<&str> = story.items.iter().map(|item| &*item.title).collect();
            (story.story, story.feeds, story.count, titles)
        })
        .collect();
    assert_eq!(
        shown,
        [
            (early, 2, 2, vec!["First", "Second"]),
            (alone, 1, 1, vec!["Alone"])
        ]
    );
    assert_eq!((stories[0].first, stories[0].last), (hour(2), hour(3)));
    assert_eq!(stories[0].rules, ["Drills"]);
    let most_carried = tx.stories(hour(0), (1, 1)).unwrap();
    assert_eq!(most_carried.len(), 1);
    assert_eq!((most_carried[0].count, most_carried[0].items.len()), (2, 1));
    assert_eq!(tx.bond(old).unwrap(), Some(Bond::First));
}

#[test]
fn a_story_that_became_another_one_leaves_it_what_was_told_of_it_and_its_number() {
    let shelf = Shelf::new();
    let feed = shelf.feed("a");
    let (item, gone) = shelf.put(feed, hour(0), &titled("1", "One half"));
    let (_, kept) = shelf.put(feed, hour(1), &titled("2", "The other"));
    shelf.tell(item, "Drills", ("alert", super::Urgency::Normal), hour(0));
    let tx = shelf.tx();
    tx.merge_stories(gone, kept).unwrap();
    assert_eq!(tx.story_now(gone).unwrap(), Some(kept));
    assert_eq!(tx.story_now(kept).unwrap(), Some(kept));
    assert_eq!(tx.story_now(StoryId(77)).unwrap(), None);
    assert!(
        tx.last_told("Drills", kept).unwrap().is_some(),
        "it was told"
    );
    let filter = HitFilter {
        since: None,
        rule: None,
        story: Some(kept),
        limit: 10,
    };
    assert_eq!(tx.hits(&filter).unwrap().len(), 1);

    let (_, last) = shelf.put(feed, hour(2), &titled("3", "The whole"));
    tx.merge_stories(kept, last).unwrap();
    assert_eq!(tx.story_now(gone).unwrap(), Some(last), "through both");
}

#[test]
fn of_two_mutes_the_one_that_lasts_longer_stays() {
    let shelf = Shelf::new();
    let feed = shelf.feed("a");
    let (_, kept) = shelf.put(feed, hour(0), &titled("1", "One half"));
    let (_, gone) = shelf.put(feed, hour(1), &titled("2", "The other"));
    let tx = shelf.tx();
    let mute = |story, until| Mute {
        topic: Topic::Story(story),
        since: hour(1),
        until: hour(until),
    };
    tx.mute(&mute(kept, 3)).unwrap();
    tx.mute(&mute(gone, 9)).unwrap();
    tx.merge_stories(gone, kept).unwrap();
    assert_eq!(tx.mutes(hour(2)).unwrap(), [mute(kept, 9)]);
    tx.mute(&mute(gone, 5)).unwrap();
    assert_eq!(
        tx.mutes(hour(2)).unwrap(),
        [mute(kept, 5)],
        "by its old number"
    );
    assert!(tx.unmute(&Topic::Story(gone)).unwrap());
}

#[test]
fn what_the_window_holds_is_shown_in_the_order_it_came() {
    let shelf = Shelf::new();
    let feed = shelf.feed("a");
    let long = Item {
        body: "ф".repeat(5000),
        ..titled("2", "Later")
    };
    shelf.put(feed, hour(5), &long);
    shelf.put(feed, hour(4), &titled("1", "Earlier"));
    shelf.put(feed, hour(1), &titled("0", "Too early"));
    let held = |most| {
        let mut titles = Vec::new();
        let show = |seen: crate::story::Sighting<'_>, _| {
            titles.push(seen.title.to_owned());
            assert!(seen.body.chars().count() <= crate::story::BEGINNING);
        };
        shelf.tx().sightings((hour(2), most), show).unwrap();
        titles
    };
    assert_eq!(held(10), ["Earlier", "Later"]);
    assert_eq!(held(1), ["Later"], "the newest");
}

#[test]
fn what_is_not_relevant_stays_so_when_its_story_becomes_another() {
    let shelf = Shelf::new();
    let feed = shelf.feed("a");
    let (_, kept) = shelf.put(feed, hour(0), &titled("1", "One half"));
    let (_, gone) = shelf.put(feed, hour(1), &titled("2", "The other"));
    let tx = shelf.tx();
    assert!(tx.say_not_relevant("Drills", gone, hour(2)).unwrap());
    tx.merge_stories(gone, kept).unwrap();
    assert_eq!(tx.not_relevant("Drills", kept).unwrap(), Some(hour(2)));
    assert!(tx.say_not_relevant("Navy", gone, hour(3)).unwrap());
    assert_eq!(tx.not_relevant("Navy", kept).unwrap(), Some(hour(3)));
}

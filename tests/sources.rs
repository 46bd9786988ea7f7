//! Does it ring when enough feeds carry a story, once more when many do, and not when one repeats itself?

use crate::here;
use crate::world::web::item;
use crate::world::{World, on_own_bus};

const HEADLINE: &str = "Two navies begin joint drills in the strait";

/// So many feeds carry one story, one after the other.
async fn carry(world: &mut World, feeds: &[String], minutes: i64) {
    for feed in feeds {
        world.publish(
            feed,
            item(HEADLINE)
                .guid(feed)
                .link(&format!("https://{feed}.example/1")),
        );
        world.minutes_pass(minutes).await;
    }
}

fn feeds(count: usize) -> Vec<String> {
    (1..=count).map(|n| format!("feed{n}")).collect()
}

#[test]
fn twelve_feeds_over_three_hours_ring_once_escalate_once_and_stand_in_one_list() {
    on_own_bus(here!(), async {
        let rule = "[[rule]]\nname = \"Drills\"\nmatch = 'drills'\n\
            escalate = { sources = 5, within = \"2h\" }\n";
        let feeds = feeds(12);
        let sites: Vec<&str> = feeds.iter().map(String::as_str).collect();
        let mut world = World::start(&sites, rule).await;
        carry(&mut world, &feeds[..4], 17).await;
        insta::assert_snapshot!(world.told(), @r"
        Drills: Two navies begin joint drills in the strait
        — feed1
        ");
        carry(&mut world, &feeds[4..5], 30).await;
        insta::assert_snapshot!(world.told(), @r"
        5 sources: Drills: Two navies begin joint drills in the strait
        — feed1, feed2, 3 more
        ");
        carry(&mut world, &feeds[5..], 17).await;
        world.minutes_pass(60).await;
        assert_eq!(world.told(), "");
        let hits = world.hits();
        assert_eq!(hits.len(), 12);
        assert!(hits.iter().all(|hit| hit.story == hits[0].story));
        let why = world.by_hand(&["why", HEADLINE]);
        assert!(why.contains("quiet: joined alert "), "{why}");
        let escalated = hits
            .iter()
            .find(|hit| hit.verdict.why().word() == "escalated")
            .unwrap();
        let why = world.by_hand(&["why", &escalated.item.0.to_string()]);
        assert!(
            why.contains("rang: told before, and 5 feeds carry it within 2h"),
            "{why}"
        );
    });
}

#[test]
fn a_story_waits_until_enough_feeds_carry_it_then_rings_with_all_of_them() {
    on_own_bus(here!(), async {
        let rule = "[[rule]]\nname = \"Drills\"\nmatch = 'drills'\nmin_sources = 3\n";
        let feeds = feeds(4);
        let sites: Vec<&str> = feeds.iter().map(String::as_str).collect();
        let mut world = World::start(&sites, rule).await;
        carry(&mut world, &feeds[..2], 20).await;
        world.publish(
            "feed1",
            item(HEADLINE).guid("again").link("https://feed1.example/2"),
        );
        world.minutes_pass(20).await;
        assert_eq!(
            world.told(),
            "",
            "one feed is one source, however often it tells"
        );
        let why = world.by_hand(&["why", "https://feed1.example/1"]);
        assert!(
            why.contains("held: 1 feed carries the story, the rule rings for 3"),
            "{why}"
        );
        world.sleep().await;
        world.wake().await;
        carry(&mut world, &feeds[2..], 20).await;
        insta::assert_snapshot!(world.told(), @r"
        Drills: Two navies begin joint drills in the strait
        — feed1, feed2, feed3
        ");
        let why = world.by_hand(&["why", "https://feed1.example/1"]);
        assert!(why.contains("desktop: sent"), "{why}");
        insta::assert_snapshot!(world.decided(), @r"
        Drills | feed1 | Two navies begin joint drills in the strait | hold few_sources
        Drills | feed2 | Two navies begin joint drills in the strait | hold few_sources
        Drills | feed1 | Two navies begin joint drills in the strait | hold few_sources
        Drills | feed3 | Two navies begin joint drills in the strait | ring new_story
        Drills | feed4 | Two navies begin joint drills in the strait | drop same_story
        ");
    });
}

#[test]
fn a_feed_that_carries_a_story_in_other_words_counts() {
    on_own_bus(here!(), async {
        // What the rule does not meet carries the story all the same: by its link.
        let rule = "[[rule]]\nname = \"Drills\"\nmatch = 'drills'\nmin_sources = 2\n\
            escalate = { sources = 3, within = \"2h\" }\n";
        let mut world = World::start(&["a", "b", "c", "d"], rule).await;
        let link = "https://agency.example/1";
        world.publish("a", item(HEADLINE).link(link));
        world.minutes_pass(20).await;
        assert_eq!(world.told(), "");
        world.publish("b", item("Warships meet at sea").link(link));
        world.minutes_pass(20).await;
        insta::assert_snapshot!(world.told(), @r"
        Drills: Two navies begin joint drills in the strait
        — a
        ");
        world.publish("c", item("Navies at sea").link(link));
        world.minutes_pass(20).await;
        insta::assert_snapshot!(world.told(), @r"
        3 sources: Drills: Two navies begin joint drills in the strait
        — a
        ");
        world.publish("d", item("Ships at sea").link(link));
        world.minutes_pass(20).await;
        assert_eq!(world.told(), "");
    });
}

#[test]
fn a_feed_that_replays_its_archive_is_told_once() {
    on_own_bus(here!(), async {
        let rule = "[[rule]]\nname = \"Drills\"\nmatch = 'drills'\n";
        let mut world = World::start(&["wire"], rule).await;
        world.publish(
            "wire",
            item("Drills begin today").dated("Wed, 04 Mar 2026 06:00:00 GMT"),
        );
        world.minutes_pass(80).await;
        assert!(world.told().starts_with("Drills: "));
        for n in 0..500 {
            let date = format!("{:02} Jan 2026 {:02}:00:00 GMT", n % 28 + 1, n % 24);
            world.publish(
                "wire",
                item(&format!("Drills of old, number {n}")).dated(&date),
            );
        }
        world.publish(
            "wire",
            item("Drills end today").dated("Wed, 04 Mar 2026 07:00:00 GMT"),
        );
        world.minutes_pass(20).await;
        insta::assert_snapshot!(world.told(), @r"
        wire repeats itself: 500 matches
        It brought old items as if they were new, so nothing was rung for them.
        Drills 500
        `newsbell hits` lists them all.

        Drills: Drills end today
        — wire
        ");
        assert_eq!(world.hits().len(), 502);
        let why = world.by_hand(&["why", "number 77"]);
        assert!(
            why.contains("held: its feed brought its archive, this of 2026-01-"),
            "{why}"
        );
        world.minutes_pass(600).await;
        assert_eq!(world.told(), "");
    });
}

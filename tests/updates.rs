//! Is a change of what was told noticed, kept, shown, and rung for who wants to hear of it?

use crate::here;
use crate::world::web::item;
use crate::world::{World, on_own_bus};

const RULES: &str = "[[rule]]\nname = \"Quiet\"\nmatch = 'drills'\n\
    [[rule]]\nname = \"Eager\"\nmatch = 'drills'\non_update = \"ring\"\n";

#[test]
fn a_change_is_kept_and_rings_for_who_wants_to_hear_of_it() {
    on_own_bus(here!(), async {
        let mut world = World::start(&["wire"], RULES).await;
        let story = item("Three ships join drills at sea")
            .guid("g")
            .body("Nobody was hurt.");
        world.publish("wire", story.clone());
        world.minutes_pass(20).await;
        assert_eq!(world.told().matches(": Three ships").count(), 2);

        let mut changed = story.clone().body("Nobody was hurt, says the navy.");
        world.publish("wire", changed.clone());
        world.minutes_pass(20).await;
        assert_eq!(world.told(), "", "news is mended in its first minutes");

        changed.title = "Five ships join drills at sea".to_owned();
        world.publish("wire", changed.clone());
        world.minutes_pass(30).await;
        insta::assert_snapshot!(world.told(), @r"
        Changed: Eager: Five ships join drills at sea
        was: Three ships join drills at sea
        Nobody was hurt, says the navy.
        — wire
        ");

        changed.title = "Five ships join drills: at sea!".to_owned();
        world.publish("wire", changed.clone());
        world.minutes_pass(60).await;
        assert_eq!(world.told(), "", "the words are the same");

        insta::assert_snapshot!(world.decided(), @r"
        Quiet | wire | Five ships join drills: at sea! | ring new_story
        Eager | wire | Five ships join drills: at sea! | ring updated
        ");
        let why = world.by_hand(&["why", "Five ships"]);
        assert!(
            why.contains(", was: Three ships join drills at sea\n"),
            "{why}"
        );
        assert!(why.contains(", was: …hurt.…\n"), "{why}");
        assert!(
            why.contains("rang: it was changed after it was told at 2026-03-04 05:"),
            "{why}"
        );
        let hits = world.by_hand(&["hits", "-o", "table"]);
        assert!(
            hits.contains("was: Three ships join drills at sea"),
            "{hits}"
        );
        let csv = world.by_hand(&["hits", "-o", "csv"]);
        assert!(
            csv.lines()
                .nth(1)
                .unwrap()
                .ends_with(",was: Three ships join drills at sea,"),
            "{csv}"
        );
    });
}

#[test]
fn a_change_before_it_is_told_is_told_with_it() {
    on_own_bus(here!(), async {
        let rules = format!("[quiet]\nhours = '04:00-08:00'\ntime_zone = 'UTC'\n{RULES}");
        let mut world = World::start(&["wire"], &rules).await;
        world.publish("wire", item("Three ships join drills at sea").guid("g"));
        world.minutes_pass(40).await;
        world.publish("wire", item("Five ships join drills at sea").guid("g"));
        world.minutes_pass(140).await;
        insta::assert_snapshot!(world.told(), @r"
        In quiet hours: 2 matches
        Eager 1 · Quiet 1
        • Five ships join drills at sea
        `newsbell hits` lists them all.
        ");
        // An hour later it is not news any more what it was at night.
        world.minutes_pass(60).await;
        assert_eq!(world.told(), "");
        world.publish("wire", item("Six ships join drills at sea").guid("g"));
        world.minutes_pass(40).await;
        insta::assert_snapshot!(world.told(), @r"
        Changed: Eager: Six ships join drills at sea
        was: Five ships join drills at sea
        — wire
        ");
    });
}

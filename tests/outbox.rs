//! Is every alert told, however long nobody can be reached, and never in a burst?

use crate::here;
use crate::lab::recorder::Manner;
use crate::world::web::item;
use crate::world::{World, on_own_bus};

const RULE: &str = "[[rule]]\nname = \"Drills\"\nmatch = 'drills'\n";

#[test]
fn an_alert_waits_for_a_desktop() {
    on_own_bus(here!(), async {
        let mut world = World::start_logged_out(&["wire"], RULE).await;
        world.publish("wire", item("Drills begin in the north"));
        world.minutes_pass(40).await;
        assert_eq!(world.hits().len(), 1);
        world.log_in().await;
        world.minutes_pass(2).await;
        insta::assert_snapshot!(world.told(), @r#"
        Drills: Drills begin in the north
        — wire
        "#);
        world.minutes_pass(600).await;
        assert_eq!(world.told(), "");
    });
}

#[test]
fn what_is_too_old_is_folded_into_one_summary() {
    on_own_bus(here!(), async {
        let mut world = World::start_logged_out(&["wire"], RULE).await;
        for place in ["north", "south", "east"] {
            world.publish("wire", item(&format!("Drills begin in the {place}")));
            world.minutes_pass(50).await;
        }
        world.minutes_pass(70).await;
        world.publish("wire", item("Drills end in the west"));
        world.minutes_pass(20).await;
        world.log_in().await;
        world.minutes_pass(2).await;
        insta::assert_snapshot!(world.told(), @r#"
        While you were away: 3 matches
        Drills 3
        • Drills begin in the north
        • Drills begin in the south
        • Drills begin in the east
        `newsbell hits` lists them all.

        Drills: Drills end in the west
        — wire
        "#);
    });
}

#[test]
fn a_return_is_never_a_burst() {
    on_own_bus(here!(), async {
        let mut world = World::start_logged_out(&["wire"], RULE).await;
        for part in ["north", "south"] {
            for n in 1..=3 {
                world.publish("wire", item(&format!("Drills begin at {part} base {n}")));
            }
            world.minutes_pass(17).await;
        }
        world.log_in().await;
        world.minutes_pass(2).await;
        insta::assert_snapshot!(world.told(), @r#"
        While you were away: 6 matches
        Drills 6
        • Drills begin at north base 1
        • Drills begin at north base 2
        • Drills begin at north base 3
        • Drills begin at south base 1
        • Drills begin at south base 2
        `newsbell hits` lists them all.
        "#);
        assert_eq!(world.hits().len(), 6);
    });
}

#[test]
fn a_crash_between_send_and_record_sends_again_with_the_same_id() {
    on_own_bus(here!(), async {
        let mut world = World::start(&["wire"], RULE).await;
        world.desktop.as_ref().unwrap().set_manner(Manner::Swallows);
        world.publish("wire", item("Drills begin in the north"));
        world.minutes_pass_until_received(1).await;
        world.crash().await;
        world.desktop.as_ref().unwrap().set_manner(Manner::Answers);
        world.wake().await;
        world.minutes_pass(2).await;
        let ids = world.alert_ids();
        assert_eq!(ids.len(), 2, "told at least once");
        assert_eq!(ids[0], ids[1], "and recognisable as the same");
        world.minutes_pass(600).await;
        assert_eq!(world.alert_ids().len(), 2);
    });
}

#[test]
fn a_refusal_is_tried_again() {
    on_own_bus(here!(), async {
        let mut world = World::start(&["wire"], RULE).await;
        world.desktop.as_ref().unwrap().set_manner(Manner::Refuses);
        world.publish("wire", item("Drills begin in the north"));
        world.minutes_pass(20).await;
        assert_eq!(world.told(), "");
        world.desktop.as_ref().unwrap().set_manner(Manner::Answers);
        world.minutes_pass(2).await;
        assert_eq!(
            world.told().lines().next(),
            Some("Drills: Drills begin in the north")
        );
    });
}

//! What does a feed that fails cost, and whom?

use crate::here;
use crate::world::web::item;
use crate::world::{World, on_own_bus};

const RULE: &str = "[[rule]]\nname = \"Drills\"\nmatch = 'drills'\n";

#[test]
fn a_failing_feed_backs_off_recovers_and_disturbs_no_other() {
    on_own_bus(here!(), async {
        let mut world = World::start(&["good", "bad"], RULE).await;
        world.web.break_down("bad", 500, None);
        let before = world.web.asked("bad").len();
        world.minutes_pass(12 * 60).await;
        let tries = world.web.asked("bad").len() - before;
        // After 15, 15, 30, 60, 120, 240 and 360 minutes.
        assert!((6..=7).contains(&tries), "{tries} requests in twelve hours");
        let polls = world.web.asked("good").len();
        assert!(polls > 20, "the other feed was asked {polls} times");

        world.publish("bad", item("Drills begin in the north"));
        world.web.mend("bad");
        world.minutes_pass(7 * 60).await;
        assert_eq!(
            world.told().lines().next(),
            Some("Drills: Drills begin in the north")
        );
        world.publish("bad", item("Calm in the north"));
        world.minutes_pass(60).await;
        let before = world.web.asked("bad").len();
        world.minutes_pass(60).await;
        assert!(
            world.web.asked("bad").len() - before >= 3,
            "at once back to its interval"
        );
    });
}

#[test]
fn retry_after_is_obeyed_across_a_restart() {
    on_own_bus(here!(), async {
        let mut world = World::start(&["wire"], RULE).await;
        world.web.break_down("wire", 429, Some("36000"));
        world.minutes_pass(20).await;
        let before = world.web.asked("wire").len();
        world.minutes_pass(5 * 60).await;
        world.sleep().await;
        world.wake().await;
        world.minutes_pass(4 * 60 + 30).await;
        assert_eq!(
            world.web.asked("wire").len(),
            before,
            "it asked for ten hours of peace"
        );
        world.minutes_pass(120).await;
        assert!(world.web.asked("wire").len() > before);
    });
}

#[test]
fn validators_go_back_byte_for_byte_and_a_restart_asks_nobody() {
    on_own_bus(here!(), async {
        let mut world = World::start(&["wire"], RULE).await;
        world.publish("wire", item("Calm in the north"));
        world.minutes_pass(20).await;
        world.minutes_pass(20).await;
        let asked = world.web.asked("wire");
        let last = asked.last().unwrap();
        assert_eq!(last.status, 304, "{last:?}");
        assert!(
            last.if_none_match.as_ref().unwrap().contains(&0xe9),
            "{last:?}"
        );

        world.sleep().await;
        world.wake().await;
        assert_eq!(world.web.asked("wire").len(), asked.len());
        world.minutes_pass(20).await;
        let again = world.web.asked("wire");
        assert_eq!(again.len(), asked.len() + 1);
        assert_eq!(again.last().unwrap().status, 304, "the validators survived");
    });
}

#[test]
fn a_bad_configuration_changes_nothing_and_a_good_one_is_taken_whole() {
    on_own_bus(here!(), async {
        let mut world = World::start(&["wire"], RULE).await;
        world.configure(&["wire"], "[[rule]]\nname = \"Navy\"\nmatch = '\"no end'\n");
        world.reload().await;
        let notice = world.told();
        assert!(
            notice.starts_with("The new configuration is wrong, the old one stays"),
            "{notice}"
        );
        world.publish("wire", item("Drills begin in the north"));
        world.minutes_pass(20).await;
        assert!(
            world.told().starts_with("Drills: "),
            "the old rule still rings"
        );

        world.configure(&["wire"], "[[rule]]\nname = \"Navy\"\nmatch = 'navy'\n");
        world.reload().await;
        world.publish("wire", item("Drills of the navy begin in the south"));
        world.minutes_pass(20).await;
        assert!(
            world.told().starts_with("Navy: "),
            "the new rule rings, the old one is gone"
        );
    });
}

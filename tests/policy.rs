//! When may newsbell speak, and what becomes of what it may not say?

use crate::here;
use crate::program::{Place, stderr, stdout};
use crate::world::web::item;
use crate::world::{World, on_own_bus};

const TWO: &str = r#"
[[rule]]
name = "Drills"
match = 'drills'

[[rule]]
name = "Fuel"
match = 'fuel'
"#;

#[test]
fn a_rule_is_muted_and_unmuted_while_the_service_runs() {
    on_own_bus(here!(), async {
        let mut world = World::start(&["wire"], TWO).await;
        let said = world.by_hand(&["mute", "drills", "2h"]);
        assert!(said.starts_with("rule Drills is muted until "), "{said}");
        assert!(world.by_hand(&["status"]).contains("rule Drills is muted"));
        world.publish("wire", item("Drills begin in the north"));
        world.publish("wire", item("Fuel is short in the north"));
        world.minutes_pass(20).await;
        insta::assert_snapshot!(world.told(), @r#"
        Fuel: Fuel is short in the north
        — wire
        "#);
        insta::assert_snapshot!(world.decided(), @r#"
        Drills | wire | Drills begin in the north | drop muted
        Fuel | wire | Fuel is short in the north | ring new_story
        "#);
        let why = world.by_hand(&["why", "Drills begin"]);
        assert!(
            why.contains("Drills  quiet: rule Drills is muted until 2026-03-0"),
            "{why}"
        );
        assert_eq!(
            world.by_hand(&["unmute", "Drills"]),
            "rule Drills rings again\n"
        );
        world.publish("wire", item("Drills begin in the south"));
        world.minutes_pass(20).await;
        insta::assert_snapshot!(world.told(), @r#"
        Drills: Drills begin in the south
        — wire
        "#);
    });
}

/// The clock on the wall, by which people mute, is far ahead of the one the scenario lives by: as if
/// it had been set back meanwhile.
#[test]
fn a_mute_ends_also_when_the_clock_was_set_back() {
    on_own_bus(here!(), async {
        let mut world = World::start(&["wire"], TWO).await;
        world.by_hand(&["mute", "Drills", "2h"]);
        world.publish("wire", item("Drills begin in the north"));
        world.minutes_pass(20).await;
        assert_eq!(world.told(), "");
        world.minutes_pass(110).await;
        world.publish("wire", item("Drills begin in the south"));
        world.minutes_pass(20).await;
        insta::assert_snapshot!(world.told(), @r#"
        Drills: Drills begin in the south
        — wire
        "#);
    });
}

#[test]
fn a_feed_and_a_story_are_muted() {
    on_own_bus(here!(), async {
        let mut world = World::start(&["wire", "agency"], TWO).await;
        world.by_hand(&["mute", "wire", "1d"]);
        world.publish("wire", item("Drills begin in the north"));
        world.minutes_pass(20).await;
        assert_eq!(world.told(), "");
        let story = world.hits()[0].story.0.to_string();
        world.publish("agency", item("Fuel is short in the south"));
        world.minutes_pass(20).await;
        assert!(world.told().starts_with("Fuel: "), "another feed rings");
        world.by_hand(&["unmute", "wire"]);
        world.by_hand(&["mute", &story, "1d"]);
        let muted = world.by_hand(&["mute"]);
        assert!(
            muted.starts_with(&format!("story {story} is muted until ")),
            "{muted}"
        );
        assert_eq!(muted.lines().count(), 1, "{muted}");
        world.publish("agency", item("Drills begin in the north").guid("copy"));
        world.publish("wire", item("Drills begin in the west"));
        world.minutes_pass(20).await;
        insta::assert_snapshot!(world.told(), @r#"
        Drills: Drills begin in the west
        — wire
        "#);
    });
}

#[test]
fn mute_says_what_is_wrong_and_what_to_write_instead() {
    let place = Place::new(&format!("[store]\npath = \"newsbell.db\"\n{TWO}"));
    let said = stderr(&mut place.newsbell(&["mute", "Drills", "2h"]), 1);
    assert!(
        said.contains("there is no database at newsbell.db yet"),
        "{said}"
    );
    stdout(&mut place.newsbell(&["poll"]));
    assert_eq!(stdout(&mut place.newsbell(&["mute"])), "");
    let wrong = |args: &[&str]| stderr(&mut place.newsbell(args), 1);
    insta::assert_snapshot!(wrong(&["mute", "Fule", "2h"]), @r#"
    error: there is no rule or feed `Fule`
      help: did you mean "Fuel"?
    "#);
    insta::assert_snapshot!(wrong(&["mute", "story:77", "2h"]), @r"
    error: there is no story 77
      help: `newsbell why` shows the number of an item's story
    ");
    insta::assert_snapshot!(wrong(&["mute", "Fuel", "soon"]), @r"
    error: `soon` is no time
      help: write how long (30m, 2h, 3d) or until when (18:00, 2027-01-31, 2027-01-31T18:00)
    ");
    insta::assert_snapshot!(wrong(&["unmute", "Fuel"]), @r"
    error: rule Fuel is not muted
      help: `newsbell mute` lists what is
    ");
    stdout(&mut place.newsbell(&["mute", "Fuel", "2h"]));
    // Who muted a rule may delete it before the mute is over.
    std::fs::write(
        place.path("newsbell.toml"),
        "[store]\npath = \"newsbell.db\"\n",
    )
    .unwrap();
    assert_eq!(
        stdout(&mut place.newsbell(&["unmute", "Fuel"])),
        "rule Fuel rings again\n"
    );
}

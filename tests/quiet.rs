//! Is nobody disturbed who does not want to be, and is everything told all the same?

use crate::here;
use crate::lab::recorder::Manner;
use crate::program::{Place, stdout};
use crate::world::web::item;
use crate::world::{World, on_own_bus};

const NIGHTS: &str = r#"
[quiet]
hours = "22:00-07:00"
critical = true
time_zone = "Europe/Berlin"

[[rule]]
name = "Drills"
match = 'drills'

[[rule]]
name = "Fuel"
match = 'fuel'

[[rule]]
name = "Quake"
match = 'quake'
urgency = "critical"

[[rule]]
name = "Dam"
match = 'dam'
quiet = false
"#;

/// What comes at night, and what of it is told.
async fn night(world: &mut World) {
    world.publish("wire", item("Drills begin in the north"));
    world.publish("wire", item("Quake in the south"));
    world.minutes_pass(20).await;
    world.publish("agency", item("Fuel is short in the east"));
    world.publish("agency", item("Dam breaks in the west"));
    world.minutes_pass(20).await;
    let told = world.told();
    assert!(told.contains("Quake: ") && told.contains("Dam: "), "{told}");
    assert_eq!(told.matches("\n\n").count(), 1, "{told}");
    world.publish("agency", item("Drills begin in the north").guid("copy"));
}

#[test]
fn a_night_in_spring_is_an_hour_shorter_and_told_in_one_digest() {
    on_own_bus(here!(), async {
        let sites = ["wire", "agency"];
        let mut world = World::start_at("2026-03-28T21:00:00Z", &sites, NIGHTS).await;
        night(&mut world).await;
        world.passes_until("2026-03-29T04:59:00Z").await;
        assert_eq!(world.told(), "", "one minute to seven");
        world.minutes_pass(1).await;
        insta::assert_snapshot!(world.told(), @r"
        In quiet hours: 3 matches
        Drills 2 · Fuel 1
        • Drills begin in the north
        • Fuel is short in the east
        `newsbell hits` lists them all.
        ");
        let mut decided: Vec<String> = world.decided().lines().map(str::to_owned).collect();
        decided.sort();
        insta::assert_snapshot!(decided.join("\n"), @r"
        Dam | agency | Dam breaks in the west | ring new_story
        Drills | agency | Drills begin in the north | drop same_story
        Drills | wire | Drills begin in the north | hold quiet_hours
        Fuel | agency | Fuel is short in the east | hold quiet_hours
        Quake | wire | Quake in the south | ring new_story
        ");
        world.publish("wire", item("Fuel is short in the east").guid("late"));
        world.minutes_pass(120).await;
        assert_eq!(world.told(), "", "a copy of what the digest told");
        world.publish("wire", item("Drills end in the north"));
        world.minutes_pass(20).await;
        insta::assert_snapshot!(world.told(), @r"
        Drills: Drills end in the north
        — wire
        ");
    });
}

#[test]
fn a_night_in_autumn_is_an_hour_longer() {
    on_own_bus(here!(), async {
        let sites = ["wire", "agency"];
        let mut world = World::start_at("2026-10-24T20:00:00Z", &sites, NIGHTS).await;
        night(&mut world).await;
        world.passes_until("2026-10-25T05:59:00Z").await;
        assert_eq!(world.told(), "", "one minute to seven, of winter time");
        world.minutes_pass(1).await;
        assert!(world.told().starts_with("In quiet hours: 3 matches\n"));
    });
}

#[test]
fn what_is_held_survives_the_night_whatever_happens() {
    on_own_bus(here!(), async {
        let sites = ["wire", "agency"];
        let mut world = World::start_at("2026-03-04T22:00:00Z", &sites, NIGHTS).await;
        night(&mut world).await;
        let status = world.by_hand(&["status"]);
        assert!(
            status.contains(", 1 held until 2026-03-05 06:00\n"),
            "{status}"
        );
        let why = world.by_hand(&["why", "Fuel is short"]);
        assert!(why.contains("in one digest at 2026-03-05 06:00\n"), "{why}");
        assert!(
            why.contains("desktop: held until 2026-03-05 06:00\n"),
            "{why}"
        );
        world.sleep().await;
        world.wake().await;
        world.minutes_pass(30).await;
        world.crash().await;
        world.wake().await;
        world.publish("wire", item("Drills begin in the east"));
        world.passes_until("2026-03-05T05:59:00Z").await;
        assert_eq!(world.told(), "");
        world.minutes_pass(1).await;
        let told = world.told();
        assert!(told.starts_with("In quiet hours: 4 matches\n"), "{told}");
        world.minutes_pass(600).await;
        assert_eq!(world.told(), "");
    });
}

#[test]
fn a_clock_that_is_set_tells_nothing_twice_and_holds_nothing_for_long() {
    on_own_bus(here!(), async {
        let sites = ["wire", "agency"];
        let mut world = World::start_at("2026-03-04T15:00:00Z", &sites, NIGHTS).await;
        let copy = |guid: &str| item("Drills begin in the north").guid(guid);
        world.publish("wire", copy("1"));
        world.minutes_pass(20).await;
        assert!(world.told().starts_with("Drills: "));
        // Back an hour: the story was told in what is now the future.
        world.clock_is_set("2026-03-04T14:10:00Z").await;
        world.publish("agency", copy("2"));
        world.minutes_pass(90).await;
        assert_eq!(world.told(), "");
        // On to the next night, and back to the evening before it.
        world.publish("wire", item("Fuel is short in the east"));
        world.clock_is_set("2026-03-05T22:00:00Z").await;
        assert!(
            world
                .decided()
                .ends_with("Fuel is short in the east | hold quiet_hours")
        );
        world.clock_is_set("2026-03-04T22:30:00Z").await;
        world.passes_until("2026-03-05T05:59:00Z").await;
        assert_eq!(world.told(), "");
        world.minutes_pass(1).await;
        assert!(world.told().starts_with("Fuel: "), "not a day later");
        // On by a day in the middle of the night.
        world.publish("wire", item("Fuel is short in the west"));
        world.clock_is_set("2026-03-05T22:00:00Z").await;
        assert_eq!(world.told(), "");
        world.clock_is_set("2026-03-06T22:00:00Z").await;
        let told = world.told();
        assert!(told.starts_with("Fuel: "), "it was due meanwhile: {told}");
        world.minutes_pass(600).await;
        assert_eq!(world.told(), "");
    });
}

#[test]
fn nobody_is_woken_up_because_a_channel_works_again() {
    on_own_bus(here!(), async {
        let mut world = World::start_at("2026-03-04T20:30:00Z", &["wire"], NIGHTS).await;
        world.desktop.as_ref().unwrap().set_manner(Manner::Refuses);
        world.publish("wire", item("Drills begin in the north"));
        world.publish("wire", item("Dam breaks in the west"));
        world.minutes_pass(20).await;
        assert_eq!(world.told(), "");
        world.passes_until("2026-03-04T22:00:00Z").await;
        world.desktop.as_ref().unwrap().set_manner(Manner::Answers);
        world.minutes_pass(30).await;
        assert!(world.told().starts_with("Dam: "), "what may ring at night");
        world.passes_until("2026-03-05T05:59:00Z").await;
        assert_eq!(world.told(), "");
        world.minutes_pass(1).await;
        assert!(world.told().starts_with("Drills: "));
    });
}

#[test]
fn other_quiet_hours_count_for_what_is_held_already() {
    on_own_bus(here!(), async {
        let mut world = World::start_at("2026-03-04T22:00:00Z", &["wire"], NIGHTS).await;
        world.publish("wire", item("Drills begin in the north"));
        world.minutes_pass(30).await;
        world.configure(&["wire"], &NIGHTS.replace("22:00-07:00", "22:00-00:30"));
        world.reload().await;
        world.passes_until("2026-03-04T23:29:00Z").await;
        assert_eq!(world.told(), "");
        world.minutes_pass(2).await;
        assert!(world.told().starts_with("Drills: "));
    });
}

#[test]
fn digests_are_told_at_their_times() {
    on_own_bus(here!(), async {
        let rules = r#"
            [quiet]
            time_zone = "Europe/Berlin"
            [[rule]]
            name = "Drills"
            match = 'drills'
            digest = ["09:00", "18:00"]
            [[rule]]
            name = "Fuel"
            match = 'fuel'
            digest = ["18:00", "09:00"]
            [[rule]]
            name = "Dam"
            match = 'dam'
            digest = "every 2h"
        "#;
        let mut world = World::start_at("2026-03-04T06:00:00Z", &["wire"], rules).await;
        for place in ["north", "south"] {
            world.publish("wire", item(&format!("Drills begin in the {place}")));
            world.publish("wire", item(&format!("Fuel is short in the {place}")));
        }
        world.publish("wire", item("Dam breaks in the north"));
        world.minutes_pass(30).await;
        world.publish("wire", item("Dam breaks in the south"));
        world.passes_until("2026-03-04T07:59:00Z").await;
        assert_eq!(world.told(), "");
        world.minutes_pass(1).await;
        insta::assert_snapshot!(world.told(), @r"
        Digest: 4 matches
        Drills 2 · Fuel 2
        • Drills begin in the north
        • Fuel is short in the north
        • Drills begin in the south
        • Fuel is short in the south
        `newsbell hits` lists them all.
        ");
        world.minutes_pass(30).await;
        insta::assert_snapshot!(world.told(), @r"
        Digest: 2 matches
        Dam 2
        • Dam breaks in the north
        • Dam breaks in the south
        `newsbell hits` lists them all.
        ");
        world.publish("wire", item("Drills end in the north"));
        world.passes_until("2026-03-04T16:59:00Z").await;
        assert_eq!(world.told(), "");
        world.minutes_pass(1).await;
        insta::assert_snapshot!(world.told(), @r"
        Drills: Drills end in the north
        — wire
        ");
        let why = world.by_hand(&["why", "Drills end"]);
        assert!(
            why.contains("held: its rule is told in digests, the next at 2026-03-04 17:00"),
            "{why}"
        );
    });
}

#[test]
fn beyond_its_limit_a_rule_is_told_in_one_digest() {
    on_own_bus(here!(), async {
        let rules = "[[rule]]\nname = \"Drills\"\nmatch = 'drills'\nrepeat = \"2/1h\"\n";
        let mut world = World::start(&["wire"], rules).await;
        for n in 1..=4 {
            world.publish("wire", item(&format!("Drills begin at base {n}")));
            world.minutes_pass(15).await;
        }
        let told = world.told();
        assert_eq!(told.matches("Drills: Drills begin").count(), 2, "{told}");
        world.minutes_pass(30).await;
        insta::assert_snapshot!(world.told(), @r"
        Drills: 2 matches beyond its limit
        Drills 2
        • Drills begin at base 3
        • Drills begin at base 4
        `newsbell hits` lists them all.
        ");
        world.publish("wire", item("Drills begin at base 5"));
        world.minutes_pass(20).await;
        insta::assert_snapshot!(world.told(), @r"
        Drills: Drills begin at base 5
        — wire
        ");
        let why = world.by_hand(&["why", "base 4"]);
        assert!(
            why.contains("held: its rule had rung 2 times in 1h, told in one digest at "),
            "{why}"
        );
    });
}

#[test]
fn a_flood_over_several_feeds_is_told_in_one_summary() {
    on_own_bus(here!(), async {
        let sites = ["a", "b", "c", "d", "e"];
        let rules = "[[rule]]\nname = \"Drills\"\nmatch = 'drills'\n\
            [[rule]]\nname = \"Navy\"\nmatch = 'navy'\n";
        let mut world = World::start(&sites, rules).await;
        let places = [
            "Kiel", "Toulon", "Rosyth", "Gdynia", "Varna", "Izmir", "Haifa", "Pula", "Bergen",
            "Cadiz",
        ];
        for (n, place) in places.iter().enumerate() {
            // Whatever they have in common, no two of them are one story.
            let words = format!("Drills {place}one {place}two {place}three {place}four navy");
            world.publish(sites[n / 2], item(&words));
        }
        // All of them are due at once.
        world.clock_is_set("2026-03-04T05:40:00Z").await;
        world.minutes_pass(1).await;
        let told = world.told();
        assert_eq!(told.matches("Drills: ").count(), 4, "{told}");
        assert_eq!(told.matches("Navy: ").count(), 4, "{told}");
        assert!(
            told.contains("\n\n12 matches at once\nDrills 6 · Navy 6\n"),
            "{told}"
        );
        assert_eq!(told.matches("at once").count(), 1, "{told}");
        world.minutes_pass(60).await;
        assert_eq!(world.told(), "");
        world.publish("a", item("Drills end at last"));
        world.minutes_pass(20).await;
        assert!(world.told().starts_with("Drills: "), "the flood is over");
    });
}

#[test]
fn replay_holds_what_the_service_would_hold() {
    let place = Place::new(
        "[quiet]\nhours = '22:00-07:00'\n[flood]\nalerts = 3\n\
         [[rule]]\nname = 'Drills'\nmatch = 'drills'\nrepeat = '1/1h'\n\
         [[rule]]\nname = 'Fuel'\nmatch = 'fuel'\ndigest = '09:00'\n\
         [[rule]]\nname = 'Dam'\nmatch = 'dam'\nquiet = false\n",
    );
    let items = [
        ("Drills begin", "12:00"),
        ("Drills end", "12:10"),
        ("Fuel is short", "12:20"),
        ("Drills begin at night", "23:00"),
        ("Drills end at night", "23:10"),
        ("Dam one", "23:20"),
        ("Dam two", "23:21"),
        ("Dam three", "23:22"),
        ("Dam four", "23:23"),
        ("Dam five", "23:24"),
    ];
    let items = items.map(|(title, at)| {
        format!(
            "{{\"id\":\"{title}\",\"title\":\"{title}\",\"published\":\"2026-03-04T{at}:00Z\"}}\n"
        )
    });
    std::fs::write(place.path("items.jsonl"), items.concat()).unwrap();
    let said = stdout(&mut place.newsbell(&["replay", "items.jsonl", "-o", "jsonl"]));
    let hits: Vec<serde_json::Value> = said
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let told: Vec<String> = hits
        .iter()
        .map(|hit| {
            let until = ["until", "at"].map(|key| hit["why"][key].as_str().unwrap_or_default());
            let fields = [&hit["item"], &hit["verdict"], &hit["why"]["reason"]];
            let fields = fields.map(|field| field.as_str().unwrap());
            format!("{} {}", fields.join(" | "), until.concat())
                .trim()
                .to_owned()
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    Drills begin | ring | new_story
    Drills end | hold | repeat 2026-03-04T13:00:00Z
    Fuel is short | hold | digest 2026-03-05T09:00:00Z
    Drills begin at night | hold | quiet_hours 2026-03-05T07:00:00Z
    Drills end at night | hold | quiet_hours 2026-03-05T07:00:00Z
    Dam one | ring | new_story
    Dam two | ring | new_story
    Dam three | ring | new_story
    Dam four | hold | flood
    Dam five | hold | flood
    ");
    assert_eq!(hits[3]["alert"], hits[4]["alert"], "in one digest");
    assert_eq!(hits[8]["alert"], hits[9]["alert"], "in one summary");
}

//! What rings, what joins quietly, and what is held?

use crate::here;
use crate::world::web::item;
use crate::world::{World, on_own_bus};

const MISSION: &str = r#"
[[rule]]
name = "Cooperation"
match = '"military cooperation"'
urgency = "critical"

[[rule]]
name = "Russia-China"
match = "Russia China"
"#;

const HEADLINE: &str =
    "Putin and Zhang Forge Stronger Defense Partnership, Boosting Military Cooperation";
const BODY: &str = "Russian President Vladimir Putin received a Chinese general in Moscow. \
    Defense ties between Russia and China have grown, both said.";

#[test]
fn the_missions_story_rings_for_both_rules_once_and_copies_join() {
    on_own_bus(here!(), async {
        let mut world = World::start(&["wire", "agency"], MISSION).await;
        world.publish("wire", item(HEADLINE).body(BODY));
        world.minutes_pass(30).await;
        insta::assert_snapshot!(world.told(), @r#"
        Cooperation: Putin and Zhang Forge Stronger Defense Partnership, Boosting Military Cooperation
        Russian President Vladimir Putin received a Chinese general in Moscow. Defense ties between Russia and China have grown, both said.
        — wire

        Russia-China: Putin and Zhang Forge Stronger Defense Partnership, Boosting Military Cooperation
        …in Moscow. Defense ties between <b>Russia</b> and <b>China</b> have grown, both said.
        — wire
        "#);
        world.publish(
            "agency",
            item(HEADLINE)
                .body(BODY)
                .link("https://agency.example.com/7"),
        );
        world.minutes_pass(30).await;
        assert_eq!(world.told(), "", "the copy joins quietly");
        insta::assert_snapshot!(world.decided(), @r#"
        Cooperation | wire | Putin and Zhang Forge Stronger Defense Partnership, Boosting Military Cooperation | ring new_story
        Russia-China | wire | Putin and Zhang Forge Stronger Defense Partnership, Boosting Military Cooperation | ring new_story
        Cooperation | agency | Putin and Zhang Forge Stronger Defense Partnership, Boosting Military Cooperation | drop same_story
        Russia-China | agency | Putin and Zhang Forge Stronger Defense Partnership, Boosting Military Cooperation | drop same_story
        "#);
    });
}

#[test]
fn an_item_in_three_polls_and_two_feeds_with_an_edited_title_rings_once() {
    on_own_bus(here!(), async {
        let rule = "[[rule]]\nname = \"Drills\"\nmatch = '\"joint drills\"'\n";
        let mut world = World::start(&["wire", "agency"], rule).await;
        let story = item("Two navies begin joint drills in the strait").guid("g-1");
        world.publish("wire", story.clone());
        world.minutes_pass(20).await;
        insta::assert_snapshot!(world.told(), @r#"
        Drills: Two navies begin joint drills in the strait
        — wire
        "#);

        world.publish("wire", item("Fuel prices fall again in coastal towns"));
        world.minutes_pass(20).await;
        assert_eq!(world.told(), "", "seen again in the next document");

        let mut edited = story.clone();
        edited.title = "Update: two navies begin joint drills in the strait".to_owned();
        world.publish("wire", edited);
        world.minutes_pass(20).await;
        assert_eq!(
            world.told(),
            "",
            "an edit of what was told is not told again"
        );

        world.publish("agency", story.guid("another-guid"));
        world.minutes_pass(20).await;
        assert_eq!(world.told(), "", "a copy in another feed joins");
        insta::assert_snapshot!(world.decided(), @r#"
        Drills | wire | Update: two navies begin joint drills in the strait | ring new_story
        Drills | agency | Two navies begin joint drills in the strait | drop same_story
        "#);
    });
}

#[test]
fn an_edit_that_brings_a_match_rings_and_only_once() {
    on_own_bus(here!(), async {
        let rule = "[[rule]]\nname = \"Drills\"\nmatch = '\"joint drills\"'\n";
        let mut world = World::start(&["wire"], rule).await;
        world.publish("wire", item("Two navies meet in the strait").guid("g-1"));
        world.minutes_pass(20).await;
        assert_eq!(world.told(), "");
        let edited = item("Two navies meet in the strait for joint drills").guid("g-1");
        world.publish("wire", edited);
        world.minutes_pass(20).await;
        insta::assert_snapshot!(world.told(), @r#"
        Drills: Two navies meet in the strait for joint drills
        — wire
        "#);
        world.publish("wire", item("Two navies meet in the strait").guid("g-1"));
        world.minutes_pass(20).await;
        world.publish(
            "wire",
            item("Two navies meet in the strait for joint drills").guid("g-1"),
        );
        world.minutes_pass(20).await;
        assert_eq!(world.told(), "", "to and fro");
    });
}

#[test]
fn a_story_rings_again_after_its_cooldown() {
    on_own_bus(here!(), async {
        let rule = "[[rule]]\nname = \"Drills\"\nmatch = 'drills'\ncooldown = \"2h\"\n";
        let mut world = World::start(&["wire", "agency", "late"], rule).await;
        let story = item("Two navies begin drills in the strait");
        world.publish("wire", story.clone());
        world.minutes_pass(60).await;
        assert_ne!(world.told(), "");
        world.publish("agency", story.clone());
        world.minutes_pass(50).await;
        assert_eq!(world.told(), "", "within the cooldown");
        world.minutes_pass(60).await;
        world.publish("late", story);
        world.minutes_pass(20).await;
        insta::assert_snapshot!(world.told(), @r#"
        Drills: Two navies begin drills in the strait
        — late
        "#);
    });
}

#[test]
fn the_first_poll_is_a_silent_baseline_with_one_summary_for_all_feeds() {
    on_own_bus(here!(), async {
        let mut world = World::start_logged_out(&[], MISSION).await;
        for site in ["a", "b", "c"] {
            world.publish(site, item(&format!("Site {site} on military cooperation")));
            world.publish(site, item(&format!("Site {site} on the weather")));
        }
        world.log_in().await;
        world.configure(&["a", "b", "c"], MISSION);
        world.reload().await;
        assert_eq!(world.told(), "", "not before the summary is complete");
        world.minutes_pass(5).await;
        insta::assert_snapshot!(world.told(), @r#"
        3 matches in newly added feeds
        Cooperation 3
        Nothing was rung for them. `newsbell hits` lists them.
        "#);
        let decided = world.decided();
        let mut decided: Vec<&str> = decided.lines().collect();
        decided.sort_unstable();
        insta::assert_snapshot!(decided.join("\n"), @r#"
        Cooperation | a | Site a on military cooperation | hold baseline
        Cooperation | b | Site b on military cooperation | hold baseline
        Cooperation | c | Site c on military cooperation | hold baseline
        "#);

        world.publish("b", item("A new treaty on military cooperation"));
        world.minutes_pass(30).await;
        insta::assert_snapshot!(world.told(), @r#"
        Cooperation: A new treaty on military cooperation
        — b
        "#);
    });
}

#[test]
fn a_feed_whose_guids_all_change_is_told_once_and_rings_nothing() {
    on_own_bus(here!(), async {
        let mut world = World::start(&["wire"], MISSION).await;
        for n in 1..=5 {
            let title = format!("Treaty number {n} on military cooperation signed");
            world.publish("wire", item(&title));
            world.minutes_pass(20).await;
        }
        assert_eq!(world.told().matches("Cooperation: ").count(), 5);
        world.web.change_all_guids("wire");
        world.minutes_pass(20).await;
        insta::assert_snapshot!(world.told(), @r"
        wire repeats itself: 5 matches
        It brought old items as if they were new, so nothing was rung for them.
        Cooperation 5
        `newsbell hits` lists them all.
        ");
        assert_eq!(world.hits().len(), 10, "each is stored, none is told");
        assert_eq!(world.decided().matches("hold rekeyed").count(), 5);
        world.web.change_all_guids("wire");
        world.minutes_pass(60).await;
        assert_eq!(world.told(), "", "it was said");
    });
}

#[test]
fn a_bulk_update_is_told_in_one_summary() {
    on_own_bus(here!(), async {
        let mut world = World::start(&["wire"], MISSION).await;
        for n in 1..=300 {
            world.publish(
                "wire",
                item(&format!(
                    "Archive {n}: an old piece on military cooperation"
                )),
            );
        }
        world.minutes_pass(20).await;
        insta::assert_snapshot!(world.told(), @r#"
        wire: 300 matches at once
        Cooperation 300
        • Archive 1: an old piece on military cooperation
        • Archive 2: an old piece on military cooperation
        • Archive 3: an old piece on military cooperation
        • Archive 4: an old piece on military cooperation
        • Archive 5: an old piece on military cooperation
        `newsbell hits` lists them all.
        "#);
        assert_eq!(world.hits().len(), 300);
        world.minutes_pass(600).await;
        assert_eq!(world.told(), "");
    });
}

#[test]
fn hostile_text_reaches_the_desktop_as_text() {
    on_own_bus(here!(), async {
        let rule = "[[rule]]\nname = \"<i>x</i>\"\nmatch = 'drills'\n";
        let mut world = World::start(&["wire"], rule).await;
        let story =
            item("Drills &lt;img src='http://192.0.2.1/x'&gt; \u{1b}[31mred \u{202e}gnp.exe")
                .body("<script>alert(1)</script>The drills &lt;b&gt;began&lt;/b&gt; \u{7}");
        world.publish("wire", story);
        world.minutes_pass(20).await;
        insta::assert_snapshot!(world.told(), @r#"
        <i>x</i>: Drills [31mred gnp.exe
        The <b>drills</b> &lt;b&gt;began&lt;/b&gt;
        — wire
        "#);
    });
}

//! What comes of what a person does with a notification, and does it tell what joins it?

use crate::here;
use crate::lab::recorder::{FULL, Received};
use crate::service::eventually;
use crate::world::web::{Web, item};
use crate::world::{World, on_own_bus, opened};

const DRILLS: &str = "[[rule]]\nname = \"Drills\"\nmatch = 'drills'\ncooldown = \"1m\"\n";
const HEADLINE: &str = "Two navies begin joint drills in the strait";
const LINK: &str = "https://agency.example/navies?a=1&b='2'";

/// The same rule, which rings for a story once.
fn once() -> String {
    DRILLS.replace("1m", "6h")
}

/// Feeds carry one story, at the same time.
async fn carry(world: &mut World, feeds: &[&str]) {
    for feed in feeds {
        world.publish(feed, item(HEADLINE).guid(feed).link(LINK));
    }
    world.minutes_pass(17).await;
}

fn received(world: &World) -> Vec<Received> {
    world.desktop.as_ref().unwrap().received()
}

/// Returns once everything has been heard that a person did before.
async fn heard(world: &World, id: u32) {
    let before = opened().len();
    world.desktop.as_ref().unwrap().click(id, "open").await;
    let is_open = || (opened().len() > before).then_some(());
    eventually("the browser", is_open).await;
}

#[test]
fn a_click_opens_the_page_in_the_browser() {
    on_own_bus(here!(), async {
        let mut world = World::start(&["wire"], DRILLS).await;
        carry(&mut world, &["wire"]).await;
        let told = received(&world);
        let offered = [
            "default",
            "Open",
            "open",
            "Open",
            "mute",
            "Mute rule",
            "not-relevant",
            "Not relevant",
        ];
        assert_eq!(told[0].actions, offered);
        world.desktop.as_ref().unwrap().click(1, "default").await;
        // One argument, as it is, and what lets the browser come to the front.
        let expected = "1\nhttps://agency.example/navies?a=1&b=%272%27\ntoken-1\n";
        let is_open = || (opened() == expected).then_some(());
        eventually("the browser", is_open).await;
    });
}

#[test]
fn a_click_on_mute_keeps_the_rule_quiet_for_a_while() {
    on_own_bus(here!(), async {
        let rules = format!("{DRILLS}[channel.desktop]\nmute = \"2h\"\n");
        let mut world = World::start(&["wire"], &rules).await;
        carry(&mut world, &["wire"]).await;
        world.told();
        let desktop = world.desktop.as_ref().unwrap();
        desktop.click(1, "mute").await;
        let confirmed = desktop.wait_for(2).await.remove(1);
        assert_eq!(confirmed.replaces_id, 1);
        assert_eq!(confirmed.summary, "Muted: Drills");
        assert!(confirmed.body.contains("It rings again from 2026-03-04"));
        assert_eq!(confirmed.actions, Vec::<String>::new());
        assert_eq!(confirmed.expire_timeout, 6000);
        assert!(!confirmed.rings());
        assert_eq!(
            confirmed.hint("x-newsbell-alert"),
            received(&world)[0].hint("x-newsbell-alert")
        );

        world.publish("wire", item("Drills begin in the north"));
        world.minutes_pass(60).await;
        assert_eq!(world.told(), "");
        let why = world.by_hand(&["why", "Drills begin in the north"]);
        assert!(why.contains("quiet: rule Drills is muted until"), "{why}");
        world.minutes_pass(60).await;
        world.publish("wire", item("Drills begin in the south"));
        world.minutes_pass(17).await;
        assert_eq!(world.told(), "Drills: Drills begin in the south\n— wire");
    });
}

#[test]
fn a_click_does_not_shorten_a_mute() {
    on_own_bus(here!(), async {
        let mut world = World::start(&["wire"], DRILLS).await;
        carry(&mut world, &["wire"]).await;
        // By the clock on the wall, which is ahead of the scenario's.
        world.by_hand(&["mute", "Drills", "300d"]);
        let before = world.by_hand(&["mute"]);
        let desktop = world.desktop.as_ref().unwrap();
        desktop.click(1, "mute").await;
        desktop.wait_for(2).await;
        assert_eq!(world.by_hand(&["mute"]), before);
    });
}

#[test]
fn a_story_that_is_not_relevant_rings_no_more_under_that_rule() {
    on_own_bus(here!(), async {
        let navies = "[[rule]]\nname = \"Navies\"\nmatch = 'navies'\ncooldown = \"1m\"\n";
        let rules = format!("{DRILLS}{navies}");
        let mut world = World::start(&["a", "b"], &rules).await;
        carry(&mut world, &["a"]).await;
        let desktop = world.desktop.as_ref().unwrap();
        assert_eq!(received(&world)[0].summary, format!("Drills: {HEADLINE}"));
        desktop.click(1, "not-relevant").await;
        assert_eq!(desktop.wait_for_closed(1).await, [1]);
        world.told();

        carry(&mut world, &["b"]).await;
        assert_eq!(world.told(), format!("Navies: {HEADLINE}\n— b"));
        insta::assert_snapshot!(world.decided(), @r"
        Drills | a | Two navies begin joint drills in the strait | ring new_story
        Navies | a | Two navies begin joint drills in the strait | ring new_story
        Drills | b | Two navies begin joint drills in the strait | drop not_relevant
        Navies | b | Two navies begin joint drills in the strait | ring cooldown_over
        ");
        world.publish("a", item("Drills begin in the north"));
        world.minutes_pass(17).await;
        assert_eq!(world.told(), "Drills: Drills begin in the north\n— a");

        let why = world.by_hand(&["why", LINK]);
        assert!(
            why.contains("quiet: found not relevant 2026-03-04"),
            "{why}"
        );
        assert!(
            why.contains("`newsbell unmute story:1` takes that back"),
            "{why}"
        );
        let hits = world.by_hand(&["hits", "-o", "csv"]);
        assert!(hits.lines().next().unwrap().ends_with(",not_relevant"));
        let marked = hits.lines().filter(|line| line.ends_with('Z'));
        assert_eq!(marked.count(), 2, "{hits}");
        let rules = world.by_hand(&["rules"]);
        let counts = |line: &str| line.split('\t').nth(4).unwrap().to_owned();
        let counts: Vec<String> = rules.lines().map(counts).collect();
        assert_eq!(counts, ["1", "0"]);
        world.by_hand(&["unmute", "story:1"]);
        assert!(!world.by_hand(&["hits", "-o", "csv"]).contains("Z\n"));
    });
}

#[test]
fn what_joins_an_alert_is_told_in_its_place_without_a_sound() {
    on_own_bus(here!(), async {
        let web = Web::start().await;
        let feeds = ["bbc", "tass", "c", "d", "e"];
        let mut config = once();
        for (feed, name) in feeds.iter().zip(["BBC World", "TASS", "c", "d", "e"]) {
            // Feeds that are asked as often are asked at about the same time.
            config.push_str(&format!(
                "[[feed]]\nname = \"{name}\"\nurl = \"{}\"\nevery = \"20s\"\nat_most = \"20s\"\nallow_private = true\n",
                web.url(feed)
            ));
        }
        let mut world = World::start_with(web, &config).await;
        world.log_in().await;
        world.minutes_pass(1).await;
        carry(&mut world, &feeds[..1]).await;
        carry(&mut world, &feeds[1..2]).await;
        carry(&mut world, &feeds[2..]).await;
        let told = received(&world);
        assert_eq!(told.len(), 3, "{told:#?}");
        let (rung, changed) = (&told[0], &told[2]);
        assert_eq!(told[1].body, "— BBC World, TASS");
        assert!(rung.rings() && rung.replaces_id == 0);
        assert!(!changed.rings() && changed.replaces_id == 1);
        assert_eq!(changed.urgency(), Some(0));
        assert_eq!(changed.summary, rung.summary);
        assert_eq!(changed.body, "— BBC World, TASS, 3 more");
        assert_eq!(changed.actions, rung.actions);
        let id = |told: &Received| told.hint("x-newsbell-alert");
        assert_eq!(id(changed), id(rung));
        // It goes on being answered.
        heard(&world, 1).await;
    });
}

#[test]
fn what_was_closed_stays_closed() {
    on_own_bus(here!(), async {
        let mut world = World::start(&["a", "b"], &once()).await;
        carry(&mut world, &["a"]).await;
        world.desktop.as_ref().unwrap().dismiss(1).await;
        heard(&world, 1).await;
        carry(&mut world, &["b"]).await;
        assert_eq!(received(&world).len(), 1);
    });
}

#[test]
fn another_server_is_not_told_of_what_it_never_showed() {
    on_own_bus(here!(), async {
        let mut world = World::start(&["a", "b", "c"], &once()).await;
        carry(&mut world, &["a"]).await;
        world.desktop.take().unwrap().stop().await;
        world.log_in().await;
        carry(&mut world, &["b"]).await;
        assert_eq!(received(&world).len(), 0);
        // Nor is anything known of it after a restart.
        world.publish("a", item("Drills begin in the north"));
        world.minutes_pass(17).await;
        world.sleep().await;
        world.wake().await;
        let north = item("Drills begin in the north").guid("north");
        world.publish("b", north);
        world.minutes_pass(17).await;
        assert_eq!(received(&world).len(), 1);
    });
}

#[test]
fn what_is_shown_outlives_a_new_configuration() {
    on_own_bus(here!(), async {
        let mut world = World::start(&["a", "b"], &once()).await;
        carry(&mut world, &["a"]).await;
        world.configure(&["a", "b"], &format!("{}urgency = \"low\"\n", once()));
        world.reload().await;
        carry(&mut world, &["b"]).await;
        let told = received(&world);
        assert_eq!(told.len(), 2);
        assert_eq!((told[1].replaces_id, &*told[1].body), (1, "— a, b"));
        assert_eq!(told[1].sender, told[0].sender);
        heard(&world, 1).await;
    });
}

#[test]
fn an_escalation_rings_anew_in_the_place_of_the_alert() {
    on_own_bus(here!(), async {
        let rule = format!("{}escalate = {{ sources = 3, within = \"2h\" }}\n", once());
        let mut world = World::start(&["a", "b", "c"], &rule).await;
        carry(&mut world, &["a"]).await;
        carry(&mut world, &["b"]).await;
        carry(&mut world, &["c"]).await;
        let told = received(&world);
        assert_eq!(told.len(), 3, "{told:#?}");
        assert!(!told[1].rings() && told[2].rings());
        assert_eq!(told[2].replaces_id, 0, "or a server need not ring");
        assert!(told[2].summary.starts_with("3 sources: "));
        let desktop = world.desktop.as_ref().unwrap();
        assert_eq!(desktop.wait_for_closed(1).await, [1]);
    });
}

#[test]
fn a_summary_offers_what_can_be_said_of_it() {
    on_own_bus(here!(), async {
        let digest = DRILLS.replace("cooldown = \"1m\"", "digest = \"every 1h\"");
        let mut world = World::start(&["wire"], &digest).await;
        for place in ["north", "south"] {
            world.publish("wire", item(&format!("Drills begin in the {place}")));
        }
        world.minutes_pass(90).await;
        let told = received(&world);
        assert_eq!(told[0].summary, "Digest: 2 matches");
        assert_eq!(told[0].actions, ["mute", "Mute rule"]);
    });
}

#[test]
fn a_server_without_actions_gets_none() {
    on_own_bus(here!(), async {
        let mut world = World::start(&["a", "b"], &once()).await;
        world.desktop.take().unwrap().stop().await;
        let others = FULL.iter().copied().filter(|name| *name != "actions");
        world.log_in_to(&others.collect::<Vec<_>>()).await;
        carry(&mut world, &["a"]).await;
        carry(&mut world, &["b"]).await;
        let told = received(&world);
        assert_eq!(told.len(), 2);
        assert!(told.iter().all(|told| told.actions.is_empty()));
        assert_eq!(told[1].body, "— a, b");
    });
}

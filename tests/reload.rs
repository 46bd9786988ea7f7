//! Is a configuration taken when its files change, and kept when the new one is wrong?

use std::fs;
use std::path::Path;

use crate::here;
use crate::lab::recorder::{FULL, Recorder};
use crate::lab::session::SessionBus;
use crate::program::Place;
use crate::service::{Service, eventually, headlines, lines};
use crate::world::web::{item, rss};
use crate::world::{World, on_own_bus};

const STORE: &str = "[store]\npath = \"newsbell.db\"\n";
const FEED: &str = "[[feed]]\nname = \"local\"\nurl = \"file:feed.xml\"\n";

/// Puts a new file in place of the old one, as editors do.
fn replace(path: &Path, text: &str) {
    let new = path.with_extension("new");
    fs::write(&new, text).unwrap();
    fs::rename(&new, path).unwrap();
}

/// The same as others do: the old one is moved away first.
fn dance(path: &Path, text: &str) {
    fs::rename(path, path.with_extension("toml~")).unwrap();
    fs::write(path, text).unwrap();
}

fn rule(name: &str) -> String {
    format!("[[rule]]\nname = \"{name}\"\nmatch = \"{name}\"\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_change_are_read_again_and_a_wrong_one_is_told_by_a_notice() {
    let bus = SessionBus::start();
    let desktop = Recorder::start(&bus, FULL).await;
    let place = Place::new(&format!(
        "include = [\"more.toml\"]\n{STORE}{FEED}{}",
        rule("Drills")
    ));
    let (config, more, log) = (
        place.path("newsbell.toml"),
        place.path("more.toml"),
        place.path("log"),
    );
    fs::write(&more, "").unwrap();
    fs::write(place.path("feed.xml"), rss("local", &[item("All calm")])).unwrap();
    let service = Service::start_logging(&place, bus.address(), &log);
    let said = async |text: &str| {
        let found = || lines(&log).contains(text).then_some(());
        eventually(text, found).await;
    };
    said("feed read for the first time").await;
    let good = fs::read_to_string(&config).unwrap();

    // A new file in place of the old one; the old one moved away first; an included file; a new directory.
    replace(&config, &format!("{good}{}", rule("Ships")));
    said("configuration read again: +1 rule").await;
    let text = format!("{good}{}{}", rule("Planes"), rule("Tanks"));
    dance(&config, &text);
    said("configuration read again: +2 rules, -1 rule").await;
    fs::write(&more, rule("Trains")).unwrap();
    let read_again = async |times: usize| {
        let times =
            || (lines(&log).matches("read again: +1 rule feeds").count() == times).then_some(());
        eventually("one rule more", times).await;
    };
    read_again(2).await;
    fs::create_dir(place.path("conf.d")).unwrap();
    fs::write(place.path("conf.d/10-boats.toml"), rule("Boats")).unwrap();
    read_again(3).await;

    // A wrong one: the old one stays, and a notice says so with the line, once.
    fs::write(
        place.path("conf.d/10-boats.toml"),
        "[[rule]]\nname = \"Boats\"\nmatch = \"AND\"\n",
    )
    .unwrap();
    let notice = desktop.wait_for(1).await[0].clone();
    assert_eq!(
        notice.summary,
        "The new configuration is wrong, the old one stays"
    );
    assert!(
        notice.body.contains("10-boats.toml:3:10: AND has nothing"),
        "{}",
        notice.body
    );
    replace(&config, &text);
    fs::write(
        place.path("feed.xml"),
        rss("local", &[item("Boats leave"), item("All calm")]),
    )
    .unwrap();
    assert_eq!(desktop.wait_for(2).await[1].summary, "Boats: Boats leave");
    assert_eq!(headlines(&place), ["Boats leave"]);

    // Deleted, its rule is gone.
    fs::remove_file(place.path("conf.d/10-boats.toml")).unwrap();
    said("configuration read again: -1 rule").await;
    service.stop().await;
    assert_eq!(lines(&log).matches("ERROR").count(), 1);
    assert_eq!(desktop.received().len(), 2);
}

#[test]
fn a_new_rule_is_matched_against_what_is_stored_only_if_it_says_so() {
    on_own_bus(here!(), async {
        let drills = "[[rule]]\nname = \"Drills\"\nmatch = \"drills\"\n";
        let mut world = World::start(&["tass"], drills).await;
        world.publish("tass", item("Ships leave the harbour"));
        world.publish("tass", item("Ships and planes meet"));
        world.minutes_pass(30).await;
        let (ships, planes) = (
            "[[rule]]\nname = \"Ships\"\nmatch = \"ships\"\nbackfill = \"2d\"\n",
            "[[rule]]\nname = \"Planes\"\nmatch = \"planes\"\n",
        );
        world.configure(&["tass"], &format!("{drills}{ships}{planes}"));
        world.reload().await;
        insta::assert_snapshot!(world.decided(), @"
        Ships | tass | Ships leave the harbour | hold backfill
        Ships | tass | Ships and planes meet | hold backfill
        ");
        insta::assert_snapshot!(world.told(), @"
        2 matches of new rules in stored items
        Ships 2
        `newsbell hits` lists them.
        ");

        // It is new once only.
        world.configure(&["tass"], &format!("{drills}{ships}"));
        world.reload().await;
        world.publish("tass", item("Ships return"));
        world.minutes_pass(30).await;
        insta::assert_snapshot!(world.told(), @"
        Ships: Ships return
        — tass
        ");
    });
}

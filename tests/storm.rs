//! Is anything lost when the daemon is killed again and again?

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use newsbell::model::{HitView, Verdict, Why};
use newsbell::store::{HitFilter, Reader};

use crate::lab::recorder::{FULL, Recorder};
use crate::lab::session::SessionBus;
use crate::program::{Place, newsbell};
use crate::service::{Service, eventually};
use crate::world::web::{Web, item};

const SITES: usize = 10;
const ITEMS: usize = 500;
const KILLS: usize = 60;

/// The shortest and the longest life, in milliseconds: from before the database is open to after
/// several polls.
const LIVES: std::ops::Range<u64> = 5..700;

/// Whatever feeds carry them, no two of them are one story.
fn headline(n: usize) -> String {
    format!("Drills begin: post{n}, pier{n}, fort{n}, camp{n}")
}

fn hits(place: &Place) -> Vec<HitView> {
    let all = HitFilter {
        since: None,
        rule: None,
        story: None,
        limit: usize::MAX,
    };
    let mut reader = Reader::open(&place.path("newsbell.db")).unwrap();
    reader.read(|tx| tx.hits(&all)).unwrap()
}

/// Alerts of the desktop that still wait, or are held.
fn waiting(place: &Place) -> u64 {
    let mut reader = Reader::open(&place.path("newsbell.db")).unwrap();
    let state = reader.read(|tx| tx.channel_state("desktop")).unwrap();
    state.waiting + state.held
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_kills_lose_no_item_and_no_alert() {
    let bus = SessionBus::start();
    let desktop = Recorder::start(&bus, FULL).await;
    let web = Web::start().await;
    let mut config = String::from(
        "[poll]\nevery = \"1s\"\n[store]\npath = \"newsbell.db\"\n\
         [flood]\nwithin = \"1s\"\n[[rule]]\nname = \"Drills\"\nmatch = 'drills'\n",
    );
    for site in 0..SITES {
        let url = web.url(&format!("site{site}"));
        config.push_str(&format!(
            "[[feed]]\nname = \"site{site}\"\nurl = \"{url}\"\nallow_private = true\n"
        ));
    }
    let place = Place::new(&config);
    // The baseline is silent, so it is taken before anything is published.
    newsbell()
        .args(["poll", "--config"])
        .arg(place.path("newsbell.toml"))
        .assert()
        .success();

    let mut published = 0;
    for kill in 1..=KILLS {
        let service = Service::start(&place, bus.address());
        let life = Duration::from_millis(fastrand::u64(LIVES));
        // Some are published before the daemon looks, some while it does.
        for _ in 0..2 {
            let target = (ITEMS * kill / KILLS).min(ITEMS);
            let part = (target - published).div_ceil(2);
            for _ in 0..part {
                published += 1;
                let site = format!("site{}", fastrand::usize(..SITES));
                web.publish(&site, item(&headline(published)));
            }
            tokio::time::sleep(life / 2).await;
        }
        service.kill();
    }
    while published < ITEMS {
        published += 1;
        web.publish("site0", item(&headline(published)));
    }
    let service = Service::start(&place, bus.address());
    eventually("every item and an empty outbox", || {
        (hits(&place).len() >= ITEMS && waiting(&place) == 0).then_some(())
    })
    .await;
    service.stop().await;

    let hits = hits(&place);
    let titles: BTreeSet<&str> = hits.iter().map(|hit| hit.title.as_str()).collect();
    assert_eq!(
        (hits.len(), titles.len()),
        (ITEMS, ITEMS),
        "every item is stored once"
    );

    let received = desktop.received();
    let told: Vec<(String, String)> = received
        .iter()
        .map(|one| (one.hint("x-newsbell-alert").unwrap(), one.summary.clone()))
        .collect();
    let ids: BTreeSet<&str> = told.iter().map(|(id, _)| id.as_str()).collect();
    for hit in &hits {
        let alert = hit.alert.as_ref().unwrap();
        assert!(
            ids.contains(alert.0.as_str()),
            "the alert of {} was never told",
            hit.title
        );
        let expected = matches!(
            hit.verdict,
            Verdict::Ring(Why::NewStory) | Verdict::Hold(Why::Flood { .. })
        );
        assert!(expected, "{hit:?}");
    }
    let mut by_story: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (id, summary) in told
        .iter()
        .filter(|(_, summary)| summary.starts_with("Drills: "))
    {
        by_story.entry(summary).or_default().insert(id);
    }
    for (story, ids) in &by_story {
        assert_eq!(ids.len(), 1, "{story} was told under several ids");
    }
    let again = told.len() - ids.len();
    assert!(again <= KILLS, "{again} duplicates of {KILLS} crashes");
    let single = by_story.len();
    #[expect(clippy::print_stdout, reason = "a figure for whoever reads along")]
    {
        println!(
            "{KILLS} kills: {ITEMS} items stored once, {single} told alone, {again} told twice"
        );
    }
}

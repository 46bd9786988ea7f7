//! Which items of many feeds make one story, and can a person see why?

use crate::here;
use crate::world::web::item;
use crate::world::{World, on_own_bus};

const QUAKE: &str = "[[rule]]\nname = \"Quakes\"\nmatch = 'quake OR earthquake OR tremor'\n";

/// Long ago by the clock on the wall, by which people ask.
const SINCE: &str = "1000w";

/// One event as twelve newsrooms tell it.
const NEWSROOMS: [(&str, &str); 12] = [
    (
        "Magnitude 6.8 earthquake strikes off northern Chile",
        "The quake hit at a depth of 30 km, 45 km west of Iquique, the seismological centre said.",
    ),
    (
        "Strong quake of magnitude 6.8 shakes Chile's northern coast",
        "Residents of Iquique ran into the streets on Wednesday.",
    ),
    (
        "Chile hit by 6.8 quake near Iquique, no tsunami warning",
        "The navy saw no danger of a tsunami for the coast.",
    ),
    (
        "Earthquake rattles northern Chile; power out in Iquique",
        "Half of the city was without electricity after the earthquake of magnitude 6.8.",
    ),
    (
        "Thousands without power after Chile earthquake",
        "The utility said that lines near Iquique had been cut by landslides.",
    ),
    (
        "No tsunami expected after strong earthquake off Iquique",
        "Chile's navy lifted its alert for the northern coast within the hour.",
    ),
    (
        "Iquique quake: Chile's president flies to the north",
        "She will see the damage that the 6.8 magnitude earthquake has done.",
    ),
    (
        "Copper mines in northern Chile stop after earthquake",
        "Mines near Iquique were evacuated when the 6.8 quake struck.",
    ),
    (
        "Copper jumps as Chile quake stops mines",
        "Traders feared that the mines of northern Chile stay closed after the earthquake.",
    ),
    (
        "Chile earthquake: what we know about the tremor off Iquique",
        "Magnitude, damage and power cuts in the north at a glance.",
    ),
    (
        "Iquique airport reopens after magnitude 6.8 earthquake",
        "The first flights brought helpers to the north of Chile.",
    ),
    (
        "Aftershocks shake Iquique hours after 6.8 earthquake",
        "The strongest of them had a magnitude of 5.1, Chile's seismological centre said.",
    ),
];

#[test]
fn twelve_feeds_tell_one_event_in_their_own_words_and_it_rings_once_and_when_it_spreads() {
    on_own_bus(here!(), async {
        let sites: Vec<String> = (1..=12).map(|n| format!("paper{n:02}")).collect();
        let sites: Vec<&str> = sites.iter().map(String::as_str).collect();
        let spreads = format!("{QUAKE}escalate = {{ sources = 5, within = \"2h\" }}\n");
        let mut world = World::start(&sites, &spreads).await;
        for (number, (site, (headline, body))) in sites.iter().zip(NEWSROOMS).enumerate() {
            // Each is seen before the next is there, until some have been quiet for so long that they are
            // asked less often.
            let (hour, minute) = (5 + (6 + 17 * number) / 60, (6 + 17 * number) % 60);
            let date = format!("Wed, 04 Mar 2026 {hour:02}:{minute:02}:00 GMT");
            world.publish(site, item(headline).body(body).dated(&date));
            world.minutes_pass(17).await;
        }
        world.minutes_pass(45).await;
        insta::assert_snapshot!(world.told(), @r"
        Quakes: Magnitude 6.8 earthquake strikes off northern Chile
        The <b>quake</b> hit at a depth of 30 km, 45 km west of Iquique, the seismological centre said.
        — paper01

        5 sources: Quakes: Magnitude 6.8 earthquake strikes off northern Chile
        The <b>quake</b> hit at a depth of 30 km, 45 km west of Iquique, the seismological centre said.
        — paper01, paper02, 3 more
        ");
        let listed = world.by_hand(&["stories", "--since", SINCE, "-n", "1"]);
        let fields: Vec<&str> = listed.trim_end().split('\t').collect();
        assert_eq!(fields[3..5], ["12", NEWSROOMS[0].0]);
        assert_eq!(fields[5], sites.join(", "), "in the order of time");
        let hits = world.by_hand(&["hits", "--story", fields[0], "-o", "jsonl"]);
        assert_eq!(hits.lines().count(), 12);
        let why = world.by_hand(&["why", "Copper jumps"]);
        let joined = why.lines().nth(3).unwrap();
        assert!(joined.starts_with("joined the story: it shares "), "{why}");
        assert!(joined.contains("mines 0."), "{why}");
    });
}

#[test]
fn a_copy_under_another_headline_joins_quietly() {
    on_own_bus(here!(), async {
        let rule = "[[rule]]\nname = \"Ferries\"\nmatch = 'ferries'\n";
        let mut world = World::start(&["wire", "daily"], rule).await;
        let text = "The central bank of Ruritania has frozen all accounts of the shipping line \
            Strelsau after its ferries stopped without notice on Monday, stranding thousands.";
        world.publish("wire", item("Ferries stop, accounts frozen").body(text));
        world.minutes_pass(20).await;
        assert!(world.told().starts_with("Ferries: "));
        world.publish("daily", item("What it means for your holiday").body(text));
        world.minutes_pass(20).await;
        assert_eq!(world.told(), "");
        let why = world.by_hand(&["why", "your holiday"]);
        assert!(
            why.contains("joined the story: its text begins alike (100 % of it)"),
            "{why}"
        );
    });
}

#[test]
fn two_stories_about_the_same_people_on_the_same_day_stay_two() {
    on_own_bus(here!(), async {
        let rule = "[[rule]]\nname = \"Putin\"\nmatch = 'Putin'\n";
        let sites = ["one", "two", "three", "four"];
        let mut world = World::start(&sites, rule).await;
        let ties = [
            "Putin and Zhang forge stronger defence partnership, boosting military cooperation",
            "Russia and China to widen military cooperation as Putin receives Zhang in Moscow",
            "Putin receives Zhang in the Kremlin and hails growing military cooperation",
            "Military ties: Putin and Zhang agree on joint drills in the Kremlin",
        ];
        let hockey = [
            "Putin and Zhang watch ice hockey final in Sochi",
            "Hockey diplomacy: Putin takes Zhang to the ice hockey final in Sochi",
            "Ice hockey: Sochi beats Kazan in the final as Putin and Zhang watch",
            "Kazan loses hockey final in Sochi before the eyes of Putin and Zhang",
        ];
        for (site, (one, other)) in sites.iter().zip(ties.into_iter().zip(hockey)) {
            world.publish(site, item(one));
            world.minutes_pass(20).await;
            world.publish(site, item(other));
            world.minutes_pass(20).await;
        }
        insta::assert_snapshot!(world.told(), @r"
        Putin: Putin and Zhang forge stronger defence partnership, boosting military cooperation
        — one

        Putin: Putin and Zhang watch ice hockey final in Sochi
        — one
        ");
    });
}

#[test]
fn stories_go_on_after_a_restart_and_a_crash() {
    on_own_bus(here!(), async {
        let sites = ["one", "two", "three"];
        let mut world = World::start(&sites, QUAKE).await;
        for (number, site) in sites.iter().enumerate() {
            let (headline, body) = NEWSROOMS[number];
            world.publish(site, item(headline).body(body));
            world.minutes_pass(20).await;
            if number == 0 {
                world.sleep().await;
            } else {
                world.crash().await;
            }
            world.wake().await;
        }
        assert_eq!(world.told().matches("Quakes: ").count(), 1);
        let hits = world.hits();
        assert_eq!(hits.len(), 3);
        assert!(hits.iter().all(|hit| hit.story == hits[0].story));
    });
}

#[test]
fn two_stories_that_turn_out_to_be_one_are_one_by_either_number() {
    on_own_bus(here!(), async {
        let rule = "[[rule]]\nname = \"Quito\"\nmatch = 'viaduct OR mayor'\n";
        let sites = ["one", "two", "three", "four"];
        let mut world = World::start(&sites, rule).await;
        world.publish(
            "one",
            item("Viaduct collapses in Quito during rush hour traffic"),
        );
        world.minutes_pass(20).await;
        world.publish(
            "two",
            item("Mayor Salgado resigns over corruption in concrete contracts"),
        );
        world.minutes_pass(20).await;
        assert_eq!(world.told().matches("Quito: ").count(), 2);
        let other = world.hits()[1].story.0.to_string();
        for site in sites {
            world.publish(
                site,
                item(&format!(
                    "Mayor Salgado resigns after viaduct collapses in Quito: corruption in concrete \
                     contracts, rush hour traffic, writes {site}"
                )),
            );
            world.minutes_pass(20).await;
        }
        assert_eq!(world.told(), "", "both were told");
        let hits = world.hits();
        assert!(
            hits.iter().all(|hit| hit.story == hits[0].story),
            "{}",
            world.decided()
        );
        let by_old_number = world.by_hand(&["hits", "--story", &other, "-o", "jsonl"]);
        assert_eq!(by_old_number.lines().count(), hits.len());
    });
}

//! Is every feed asked as often as it is worth, as its server wishes, and where it is now?

use crate::here;
use crate::service::eventually;
use crate::world::web::item;
use crate::world::{World, on_own_bus};

const RULE: &str = "[[rule]]\nname = \"Drills\"\nmatch = 'drills'\n";

#[test]
fn a_quiet_feed_is_asked_less_and_one_that_wakes_as_before() {
    on_own_bus(here!(), async {
        let mut world = World::start(&["wire"], RULE).await;
        world.publish("wire", item("Calm in the north"));
        world.minutes_pass(20).await;
        let before = world.web.asked("wire").len();
        world.minutes_pass(120).await;
        let polls = world.web.asked("wire").len() - before;
        assert!((7..=8).contains(&polls), "{polls} polls in two hours");

        world.minutes_pass(4 * 24 * 60).await;
        let before = world.web.asked("wire").len();
        world.minutes_pass(24 * 60).await;
        let polls = world.web.asked("wire").len() - before;
        assert!((3..=4).contains(&polls), "{polls} polls on a quiet day");

        world.publish("wire", item("Drills begin in the north"));
        // Seen at some time within hours; what follows is published as soon as it rings.
        world.minutes_pass_until_received(1).await;
        world.settle().await;
        assert_eq!(
            world.told().lines().next(),
            Some("Drills: Drills begin in the north")
        );
        world.publish("wire", item("Drills go on in the north of the country"));
        world.minutes_pass(30).await;
        assert!(world.told().starts_with("Drills: Drills go on"));
    });
}

#[test]
fn what_servers_and_documents_wish_is_done_within_the_users_bounds() {
    on_own_bus(here!(), async {
        let sites = [
            "free", "fresh", "expires", "ttl", "hourly", "for-ever", "night",
        ];
        let mut world = World::start_logged_out(&sites, RULE).await;
        world
            .web
            .add_field("fresh", "cache-control", "public, max-age=7200");
        // Three hours, by the server's own clock.
        world
            .web
            .add_field("expires", "date", "Wed, 04 Mar 2026 05:06:07 GMT");
        world
            .web
            .add_field("expires", "expires", "Wed, 04 Mar 2026 08:06:07 GMT");
        world
            .web
            .add_field("for-ever", "cache-control", "max-age=31536000");
        world.web.say("ttl", "<ttl>120</ttl>");
        world.web.say(
            "hourly",
            "<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>1</sy:updateFrequency>",
        );
        let hours = (5..17).map(|hour| format!("<hour>{hour}</hour>"));
        let hours = hours.collect::<Vec<_>>().concat();
        world
            .web
            .say("night", &format!("<skipHours>{hours}</skipHours>"));
        for site in sites {
            world.publish(site, item(&format!("Calm at {site}")));
        }
        world.minutes_pass(20).await;
        let before = sites.map(|site| world.web.asked(site).len());
        // News every hour, so that none of them seems asleep.
        for hour in 0..12 {
            for site in sites {
                world.publish(site, item(&format!("Hour {hour} at {site}")));
            }
            world.minutes_pass(60).await;
        }
        let polls: Vec<String> = sites
            .iter()
            .zip(before)
            .map(|(site, before)| format!("{site} {}", world.web.asked(site).len() - before))
            .collect();
        let at_least = |site: &str| {
            let polls = polls.iter().find(|line| line.starts_with(site)).unwrap();
            polls.rsplit(' ').next().unwrap().parse::<usize>().unwrap()
        };
        assert!(at_least("free") >= 42, "{polls:?}");
        assert!((5..=6).contains(&at_least("fresh")), "{polls:?}");
        assert!((3..=4).contains(&at_least("expires")), "{polls:?}");
        assert!((5..=6).contains(&at_least("ttl")), "{polls:?}");
        assert!((10..=12).contains(&at_least("hourly")), "{polls:?}");
        // Six hours is the most, by default.
        assert!((1..=2).contains(&at_least("for-ever")), "{polls:?}");
        assert!((1..=5).contains(&at_least("night")), "{polls:?}");
    });
}

#[test]
fn a_feed_that_has_moved_for_good_is_asked_there_until_that_fails() {
    on_own_bus(here!(), async {
        let mut world = World::start(&["old"], RULE).await;
        world.publish("old", item("Calm in the north"));
        world.publish("new", item("Calm in the north"));
        world.minutes_pass(20).await;
        world.web.redirect("old", 301, "new");
        world.minutes_pass(5 * 17).await;
        let asked = world.web.asked("old").len();
        assert!(asked >= 6, "{asked}");

        world.publish("new", item("Drills begin in the north"));
        world.minutes_pass(20).await;
        assert_eq!(world.web.asked("old").len(), asked, "only the new address");
        assert!(world.told().starts_with("Drills: Drills begin"));
        let last = world.web.asked("new").len();

        // Its own address knows more.
        world.web.break_down("new", 404, None);
        world.minutes_pass(20).await;
        world.web.redirect("old", 302, "newest");
        world.publish("newest", item("Drills end in the north of the country"));
        world.minutes_pass(40).await;
        assert!(world.web.asked("old").len() > asked);
        assert!(world.web.asked("new").len() <= last + 2);
        assert!(world.told().starts_with("Drills: Drills end"));
    });
}

#[test]
fn a_feed_that_is_gone_is_told_once_and_asked_no_more() {
    on_own_bus(here!(), async {
        let mut world = World::start(&["gone", "wire"], RULE).await;
        world.publish("gone", item("Calm in the north"));
        world.minutes_pass(20).await;
        world.web.break_down("gone", 410, None);
        world.minutes_pass(20).await;
        let told = world.told();
        assert!(
            told.starts_with("Feed gone: gone\nIts server says"),
            "{told}"
        );
        let asked = world.web.asked("gone").len();
        world.minutes_pass(24 * 60).await;
        world.sleep().await;
        world.wake().await;
        world.minutes_pass(24 * 60).await;
        assert_eq!(world.web.asked("gone").len(), asked);
        assert_eq!(world.told(), "");
        let polls = world.web.asked("wire").len();
        assert!(polls > 10, "the other goes on: {polls}");
    });
}

#[test]
fn a_document_that_is_the_same_is_not_read_again() {
    on_own_bus(here!(), async {
        let mut world = World::start(&["wire"], RULE).await;
        world.publish("wire", item("Calm in the north"));
        world.web.forget("wire");
        world.minutes_pass(20).await;
        world.sleep().await;
        let said = world.poll_by_hand();
        assert!(said.contains("wire: nothing new"), "{said}");
        let asked = world.web.asked("wire");
        assert_eq!(asked.last().unwrap().status, 200);
        // The newest validator goes back all the same.
        world.poll_by_hand();
        let again = world.web.asked("wire");
        let sent = again.last().unwrap().if_none_match.clone().unwrap();
        assert_eq!(sent, format!("\"{}\"", asked.len() - 1).into_bytes());
    });
}

#[test]
fn feeds_that_are_late_are_said_to_be_until_they_were_asked() {
    on_own_bus(here!(), async {
        let mut world = World::start(&["wire"], RULE).await;
        world.publish("wire", item("Calm in the north"));
        world.minutes_pass(20).await;
        assert_eq!(world.trouble(), None);
        // As it is after a suspend: no timer has run meanwhile.
        world.clock_is_set("2026-03-04T10:26:07Z").await;
        assert_eq!(
            world.trouble().unwrap(),
            "feeds late after a sleep, a stop or a clock set forward: 1, by up to 4 h; they are asked one \
             after the other"
        );
        world.minutes_pass(1).await;
        eventually("that no feed is late", || {
            world.trouble().is_none().then_some(())
        })
        .await;
    });
}

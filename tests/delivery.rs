//! Does every channel get every alert, in order and once, whatever happens on the way?

use serde_json::Value;

use crate::lab::hook::{Call, Hook, Manner};
use crate::world::World;
use crate::world::web::{Web, item};

/// A site, a rule for these channels, and the channels.
async fn world(channels: &str, setup: &str) -> World {
    let web = Web::start().await;
    let config = format!(
        "[[feed]]\nname = \"wire\"\nurl = \"{}\"\nevery = \"15m\"\nallow_private = true\n\
         [[rule]]\nname = \"Drills\"\nmatch = 'drills'\nchannels = {channels}\n{setup}",
        web.url("wire")
    );
    let mut world = World::start_with(web, &config).await;
    world.minutes_pass(1).await;
    world
}

fn hook(name: &str, hook: &Hook) -> String {
    format!("[channel.{name}.webhook]\nurl = \"{}\"\n", hook.url)
}

fn titles(calls: &[Call]) -> Vec<String> {
    let title = |call: &Call| call.json()["headline"].as_str().unwrap().to_owned();
    calls.iter().map(title).collect()
}

fn ids(calls: &[Call]) -> Vec<String> {
    let id = |call: &Call| call.field("idempotency-key").unwrap().to_owned();
    calls.iter().map(id).collect()
}

fn numbered(n: usize) -> String {
    format!("Drills begin at base number {n}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_was_down_for_six_hours_gets_everything_in_order_and_once() {
    let server = Hook::start().await;
    server.answer(503);
    let mut world = world("[\"hook\"]", &hook("hook", &server)).await;
    for n in 1..=12 {
        world.publish("wire", item(&numbered(n)));
        world.minutes_pass(30).await;
    }
    let tried = server.calls().len();
    assert!((12..250).contains(&tried), "{tried} attempts in six hours");
    assert_eq!(server.taken().len(), 0);
    let status = world.by_hand(&["status"]);
    assert!(
        status.contains("hook      0 alerts told, 12 waiting, next attempt "),
        "{status}"
    );
    assert!(
        status.contains("answers 503 Service Unavailable"),
        "{status}"
    );

    server.answer(200);
    world.minutes_pass(10).await;
    let taken = server.taken();
    let expected: Vec<String> = (1..=12).map(numbered).collect();
    assert_eq!(titles(&taken), expected);
    world.minutes_pass(600).await;
    assert_eq!(server.taken().len(), 12, "once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_hangs_delays_no_other() {
    let (slow, quick) = (Hook::start().await, Hook::start().await);
    slow.set_manner(Manner::Hangs);
    let setup = hook("slow", &slow) + &hook("quick", &quick);
    let mut world = world("[\"slow\", \"quick\"]", &setup).await;
    for n in 1..=3 {
        world.publish("wire", item(&numbered(n)));
    }
    let calls = world.minutes_pass_until(quick.wait_for(3)).await;
    assert_eq!(titles(&calls), [numbered(1), numbered(2), numbered(3)]);
    assert_eq!(
        slow.wait_for(1).await.len(),
        1,
        "it still hangs on the first"
    );
    world.crash().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_between_send_and_record_sends_again_under_the_same_id() {
    let server = Hook::start().await;
    let mut world = world("[\"hook\"]", &hook("hook", &server)).await;
    server.set_manner(Manner::Hangs);
    world.publish("wire", item(&numbered(1)));
    world.minutes_pass_until(server.wait_for(1)).await;
    world.crash().await;
    server.answer(200);
    world.wake().await;
    world.minutes_pass(2).await;
    let ids = ids(&server.calls());
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_asks_for_time_gets_it() {
    let server = Hook::start().await;
    let fields = vec![("retry-after", "3600".to_owned())];
    server.set_manner(Manner::Answers(429, fields, String::new()));
    let mut world = world("[\"hook\"]", &hook("hook", &server)).await;
    world.publish("wire", item(&numbered(1)));
    world.minutes_pass(55).await;
    assert_eq!(server.calls().len(), 1);
    server.answer(200);
    world.minutes_pass(30).await;
    assert_eq!(server.calls().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_that_a_server_chokes_on_does_not_block_the_others() {
    let server = Hook::start().await;
    server.set_manner(Manner::Chokes("number 1"));
    let mut world = world("[\"hook\"]", &hook("hook", &server)).await;
    for n in 1..=3 {
        world.publish("wire", item(&numbered(n)));
    }
    world.minutes_pass(60).await;
    assert_eq!(titles(&server.taken()), [numbered(2), numbered(3)]);
    server.answer(200);
    world.minutes_pass(10).await;
    assert_eq!(
        titles(&server.taken()),
        [numbered(2), numbered(3), numbered(1)]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_takes_is_given_up_and_can_be_sent_again() {
    let server = Hook::start().await;
    server.answer(401);
    let setup = hook("hook", &server) + "give_up_after = \"2h\"\n";
    let mut world = world("[\"hook\"]", &setup).await;
    for n in 1..=2 {
        world.publish("wire", item(&numbered(n)));
    }
    world.minutes_pass(150).await;
    let status = world.by_hand(&["status"]);
    assert!(
        status.contains("hook      0 alerts told, 0 waiting, 2 given up"),
        "{status}"
    );
    let listed: Value = serde_json::from_str(&world.by_hand(&["outbox", "-o", "json"])).unwrap();
    assert_eq!(listed.as_array().unwrap().len(), 2);
    assert_eq!(listed[0]["state"], "given_up");
    assert_eq!(listed[0]["title"], format!("Drills: {}", numbered(1)));
    let error = listed[0]["error"].as_str().unwrap();
    assert!(error.contains("check the token or password"), "{error}");

    server.answer(200);
    let tried = server.calls().len();
    assert_eq!(
        world.by_hand(&["outbox", "retry", "hook"]),
        "2 alerts sent for again\n"
    );
    // The daemon hears of it at once: no hand of the clock has moved.
    server.wait_for(tried + 2).await;
    world.settle().await;
    assert_eq!(titles(&server.taken()), [numbered(1), numbered(2)]);
    assert_eq!(world.by_hand(&["outbox"]), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_that_is_wrong_itself_is_given_up_at_once() {
    let server = Hook::start().await;
    server.answer(422);
    let mut world = world("[\"hook\"]", &hook("hook", &server)).await;
    world.publish("wire", item(&numbered(1)));
    world.minutes_pass(60).await;
    assert_eq!(server.calls().len(), 1);
    server.answer(200);
    world.publish("wire", item(&numbered(2)));
    world.minutes_pass(20).await;
    assert_eq!(titles(&server.taken()), [numbered(2)]);
    let listed = world.by_hand(&["outbox"]);
    assert!(
        listed.contains("given up") && listed.contains("422"),
        "{listed}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_beyond_a_rate_waits() {
    let server = Hook::start().await;
    let setup = hook("hook", &server) + "rate = \"2/1h\"\n";
    let mut world = world("[\"hook\"]", &setup).await;
    for n in 1..=5 {
        world.publish("wire", item(&numbered(n)));
    }
    world.minutes_pass(30).await;
    assert_eq!(server.taken().len(), 2);
    world.sleep().await;
    world.wake().await;
    assert_eq!(server.taken().len(), 2, "a restart is no excuse");
    world.minutes_pass(60).await;
    assert_eq!(server.taken().len(), 4);
    world.minutes_pass(60).await;
    let expected: Vec<String> = (1..=5).map(numbered).collect();
    assert_eq!(titles(&server.taken()), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_left_the_configuration_keeps_what_it_owes() {
    let server = Hook::start().await;
    server.answer(503);
    let mut world = world("[\"hook\"]", &hook("hook", &server)).await;
    world.publish("wire", item(&numbered(1)));
    world.minutes_pass(20).await;
    world.configure(
        &["wire"],
        "[[rule]]\nname = \"Drills\"\nmatch = 'drills'\nchannels = []\n",
    );
    world.reload().await;
    let status = world.by_hand(&["status"]);
    assert!(
        status.contains("hook      0 alerts told, 1 waiting"),
        "{status}"
    );
    assert!(
        status.contains("the configuration has no channel of this name"),
        "{status}"
    );
    server.answer(200);
    let back = format!(
        "[[rule]]\nname = \"Drills\"\nmatch = 'drills'\nchannels = [\"hook\"]\n{}",
        hook("hook", &server)
    );
    world.configure(&["wire"], &back);
    world.reload().await;
    world.minutes_pass(10).await;
    assert_eq!(titles(&server.taken()), [numbered(1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_held_over_night_has_all_its_time_in_the_morning() {
    let server = Hook::start().await;
    server.answer(503);
    // The scenario begins at 05:06 UTC.
    let setup = hook("hook", &server)
        + "give_up_after = \"2h\"\n[quiet]\nhours = \"05:00-11:00\"\ntime_zone = \"UTC\"\n";
    let mut world = world("[\"hook\"]", &setup).await;
    world.publish("wire", item(&numbered(1)));
    world.minutes_pass(5 * 60).await;
    assert_eq!(server.calls().len(), 0);
    world.minutes_pass(90).await;
    assert!(!server.calls().is_empty());
    assert!(!world.by_hand(&["outbox"]).contains("given up"));
    server.answer(200);
    world.minutes_pass(10).await;
    assert_eq!(titles(&server.taken()), [numbered(1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_gives_a_channel_its_own_words_and_a_failing_one_loses_nothing() {
    let server = Hook::start().await;
    // The samples are of two feeds or of none; this story is of one.
    let setup = hook("hook", &server)
        + "payload = '{\"headline\": {{ headline }}, \"own\": {{ 60 // (sources | length - 1) }}}'\n";
    let mut world = world("[\"hook\"]", &setup).await;
    world.publish("wire", item(&numbered(1)));
    world.minutes_pass(20).await;
    let calls = server.taken();
    assert_eq!(titles(&calls), [numbered(1)]);
    assert_eq!(calls[0].json()["schema"], 1, "newsbell's own words");
}

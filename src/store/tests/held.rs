//! Is what is held joined, told when it is due, and not before?

use jiff::SignedDuration;

use super::{AlertKind, CHANNEL, NewAlert, Settled, Shelf, Urgency, alert, hour};
use crate::store::Held;

const KEY: &str = "quiet";

/// An alert that waits until hour `due` on the channel and on another one.
fn hold(shelf: &Shelf, id: &str, due: i64) {
    let id = alert(id);
    let new = NewAlert {
        id: &id,
        kind: AlertKind::Quiet,
        about: None,
        feed: Some("a"),
        urgency: Urgency::Low,
        at: hour(0),
    };
    let tx = shelf.tx();
    tx.ensure_alert(new).unwrap();
    tx.gather(&id, KEY).unwrap();
    for channel in [CHANNEL, "phone"] {
        tx.hold(&id, channel, hour(due)).unwrap();
    }
}

/// The channel refuses everything that is due, until hour `again`.
fn refuse(shelf: &Shelf, at: i64, again: i64) {
    let later = Settled::Later {
        due_at: hour(again),
        error: "nobody is there".to_owned(),
    };
    shelf.settle_all(hour(at), &later);
}

fn leased(shelf: &Shelf, at: i64) -> Vec<String> {
    let leased = shelf.tx().lease(CHANNEL, hour(at), 9).unwrap();
    leased.into_iter().map(|alert| alert.id.0).collect()
}

#[test]
fn what_is_held_can_be_joined_until_it_is_due_or_told_on_one_channel() {
    let shelf = Shelf::new();
    let open = |at| shelf.tx().gathering(KEY, hour(at)).unwrap();
    assert_eq!(open(0), None);
    hold(&shelf, "d", 5);
    assert_eq!(open(1), Some((alert("d"), hour(5))));
    assert_eq!(shelf.tx().gathering("other", hour(1)).unwrap(), None);
    assert_eq!(open(5), None, "it is due");
    assert!(leased(&shelf, 4).is_empty());
    assert_eq!(shelf.tx().next_due(CHANNEL).unwrap(), Some(hour(5)));
    let state = shelf.tx().channel_state(CHANNEL).unwrap();
    assert_eq!((state.held, state.waiting), (1, 0));
    assert_eq!(state.held_until, Some(hour(5)));
    // Nobody is away: what is held is not folded into a summary.
    shelf
        .tx()
        .fold(CHANNEL, hour(9), hour(4), &alert("s"))
        .unwrap();
    assert_eq!(leased(&shelf, 5), ["d"]);
    assert_eq!(open(1), None, "it was told on one channel");
    shelf.settle_all(hour(5), &Settled::Sent);
}

#[test]
fn what_is_held_survives_a_restart_and_is_kept_with_its_items() {
    let shelf = Shelf::new();
    let item = shelf.read(shelf.feed("a"), hour(0), &["1"])[0];
    hold(&shelf, "d", 5);
    shelf.hit(item, "rule", hour(0), Some("d"));
    shelf.tx().release_leases().unwrap();
    shelf.polled(shelf.feed("a"), hour(999));
    shelf.tx().retire(hour(500)).unwrap();
    assert_eq!(shelf.rows("items"), 1);
    assert_eq!(leased(&shelf, 5), ["d"]);
}

#[test]
fn what_is_held_can_be_told_at_another_time() {
    let shelf = Shelf::new();
    hold(&shelf, "d", 5);
    let held = |due| Held {
        id: alert("d"),
        gathers: KEY.to_owned(),
        since: hour(0),
        due_at: hour(due),
    };
    assert_eq!(shelf.tx().held().unwrap(), [held(5)]);
    shelf.tx().hold_until(&alert("d"), hour(3)).unwrap();
    assert_eq!(shelf.tx().held().unwrap(), [held(3)]);
    assert_eq!(leased(&shelf, 3), ["d"]);
}

#[test]
fn a_summary_is_as_loud_as_the_loudest_and_about_one_feed_only_if_it_is() {
    let shelf = Shelf::new();
    hold(&shelf, "d", 5);
    let (tx, id) = (shelf.tx(), alert("d"));
    let view = || tx.alert_view(id.clone()).unwrap();
    tx.raise(&id, Urgency::Critical).unwrap();
    tx.raise(&id, Urgency::Normal).unwrap();
    assert_eq!(view().urgency, Urgency::Critical);
    tx.gather_from(&id, "a").unwrap();
    assert_eq!(view().about.as_deref(), Some("a"));
    tx.gather_from(&id, "b").unwrap();
    assert_eq!(view().about, None);
}

#[test]
fn what_a_channel_refused_can_be_held() {
    let shelf = Shelf::new();
    let items = shelf.read(shelf.feed("a"), hour(0), &["1", "2"]);
    shelf.tell(items[0], "x", ("a1", Urgency::Low), hour(0));
    shelf.tell(items[1], "y", ("a2", Urgency::Critical), hour(1));
    assert_eq!(shelf.tx().refused().unwrap(), [], "nobody has tried");
    refuse(&shelf, 0, 0);
    let refused = [(alert("a1"), Some("x".to_owned()), Urgency::Low)];
    assert_eq!(shelf.tx().refused().unwrap(), refused);
    shelf.tx().hold_refused(&alert("a1"), hour(5)).unwrap();
    shelf.tx().hold_refused(&alert("a2"), hour(5)).unwrap();
    assert_eq!(leased(&shelf, 4), ["a2"], "it was not refused");
    assert_eq!(leased(&shelf, 5), ["a1", "a2"]);
}

#[test]
fn only_floods_and_baselines_stop_gathering() {
    let shelf = Shelf::new();
    hold(&shelf, "d", 5);
    shelf.tx().stop_gathering(hour(1)).unwrap();
    assert!(leased(&shelf, 1).is_empty());
    shelf
        .conn
        .execute("UPDATE alerts SET kind = 'flood'", [])
        .unwrap();
    assert_eq!(shelf.tx().last_flood(hour(-1)).unwrap(), Some(hour(5)));
    assert_eq!(shelf.tx().last_flood(hour(0)).unwrap(), None);
    shelf.tx().stop_gathering(hour(1)).unwrap();
    assert_eq!(leased(&shelf, 1), ["d"]);
}

#[test]
fn what_was_told_lately_is_counted_by_rule_and_in_all() {
    let shelf = Shelf::new();
    let items = shelf.read(shelf.feed("a"), hour(0), &["1", "2", "3"]);
    for (item, (rule, at)) in items.iter().zip([("x", 1), ("y", 2), ("x", 3)]) {
        let id = format!("a{at}");
        shelf.tell(*item, rule, (&id, Urgency::Normal), hour(at));
    }
    hold(&shelf, "d", 5);
    let rung = |rule, since| shelf.tx().rung(rule, hour(since)).unwrap();
    assert_eq!(rung(Some("x"), 0), [hour(1), hour(3)]);
    assert_eq!(rung(Some("x"), 1), [hour(3)]);
    assert_eq!(rung(None, 0), [hour(1), hour(2), hour(3)]);
}

#[test]
fn a_clock_that_was_ahead_holds_nothing_for_long() {
    let shelf = Shelf::new();
    let item = shelf.read(shelf.feed("a"), hour(0), &["1"])[0];
    shelf.tell(item, "x", ("a1", Urgency::Normal), hour(5000));
    let due = || shelf.tx().next_due(CHANNEL).unwrap();
    shelf
        .tx()
        .attempts_set_back(SignedDuration::from_hours(1))
        .unwrap();
    assert_eq!(due(), Some(hour(5000)), "nobody has tried it");
    refuse(&shelf, 5000, 5001);
    shelf
        .tx()
        .attempts_set_back(SignedDuration::from_hours(1))
        .unwrap();
    assert_eq!(due(), Some(hour(5000)));
    shelf.tx().clock_went_back(hour(1)).unwrap();
    assert_eq!(shelf.tx().rung(None, hour(0)).unwrap(), [hour(1)]);
    shelf.tx().attempts_from_ahead(hour(1)).unwrap();
    assert_eq!(due(), Some(hour(1)));
}

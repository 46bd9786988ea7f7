//! Is every alert told, once if nothing breaks, and as loudly as it must be?

use jiff::{SignedDuration, Timestamp};
use rstest::rstest;

use super::super::{KeptState, Store, Waiting};
use super::{AlertKind, CHANNEL, Settled, Shelf, Urgency, alert, hour};
use crate::model::{AlertView, ItemId, Limit};

fn later(hours: i64) -> Settled {
    Settled::Later {
        due_at: hour(hours),
        error: "nobody is there".to_owned(),
    }
}

/// A shelf with so many items of one feed.
fn shelf(items: usize) -> (Shelf, Vec<ItemId>) {
    let shelf = Shelf::new();
    let feed = shelf.feed("a");
    let keys: Vec<String> = (0..items).map(|n| n.to_string()).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let items = shelf.read(feed, hour(0), &keys);
    (shelf, items)
}

fn ids(alerts: &[AlertView]) -> Vec<&str> {
    alerts.iter().map(|alert| alert.id.0.as_str()).collect()
}

fn lease(shelf: &Shelf, hours: i64, most: usize) -> Vec<AlertView> {
    shelf.tx().lease(CHANNEL, hour(hours), most).unwrap()
}

fn settle(shelf: &Shelf, id: &str, settled: &Settled) {
    shelf
        .tx()
        .settle(&alert(id), CHANNEL, hour(9), settled)
        .unwrap();
}

#[test]
fn alerts_are_leased_once_in_the_order_of_their_commits() {
    let (shelf, items) = shelf(3);
    // Ids are random: their order must not matter.
    for (item, id) in items.iter().zip(["m", "z", "a"]) {
        shelf.tell(*item, "rule", (id, Urgency::Normal), hour(0));
    }
    assert_eq!(ids(&lease(&shelf, 0, 2)), ["m", "z"]);
    settle(&shelf, "m", &Settled::Sent);
    // What came of the other was never recorded, so it is leased again.
    assert_eq!(ids(&lease(&shelf, 0, 2)), ["z", "a"]);
    settle(&shelf, "z", &Settled::Sent);
    settle(&shelf, "a", &Settled::Sent);
    assert!(lease(&shelf, 0, 2).is_empty());
}

#[test]
fn an_alert_is_not_leased_before_it_is_due_nor_after_it_is_settled() {
    let (shelf, items) = shelf(1);
    shelf.tell(items[0], "rule", ("a1", Urgency::Normal), hour(5));
    assert!(lease(&shelf, 4, 9).is_empty());
    assert_eq!(shelf.tx().next_due(CHANNEL).unwrap(), Some(hour(5)));
    assert_eq!(lease(&shelf, 5, 9)[0].attempts, 1);
    assert_eq!(shelf.tx().next_due(CHANNEL).unwrap(), None);
    settle(&shelf, "a1", &later(7));
    assert!(lease(&shelf, 6, 9).is_empty());
    assert_eq!(lease(&shelf, 7, 9)[0].attempts, 2);
    settle(&shelf, "a1", &Settled::Sent);
    assert!(lease(&shelf, 99, 9).is_empty());

    let state = shelf.tx().channel_state(CHANNEL).unwrap();
    assert_eq!((state.waiting, state.sent, state.dead), (0, 1, 0));
    assert_eq!((state.error, state.due_at), (None, None));
}

#[test]
fn what_is_committed_twice_is_told_once() {
    let (shelf, items) = shelf(1);
    shelf.tell(items[0], "rule", ("a1", Urgency::Normal), hour(0));
    settle(&shelf, "a1", &Settled::Sent);
    shelf.commit("a1", AlertKind::Story, Urgency::Critical, hour(1), None);
    assert!(lease(&shelf, 9, 9).is_empty());
}

#[test]
fn an_unused_lease_is_given_back_without_a_trace() {
    let (shelf, items) = shelf(1);
    shelf.tell(items[0], "rule", ("a1", Urgency::Normal), hour(0));
    lease(&shelf, 0, 9);
    shelf.tx().release(&alert("a1"), CHANNEL).unwrap();
    assert_eq!(lease(&shelf, 0, 9)[0].attempts, 1);
    settle(&shelf, "a1", &Settled::Sent);
    shelf.tx().release(&alert("a1"), CHANNEL).unwrap();
    assert!(lease(&shelf, 0, 9).is_empty());
}

#[test]
fn channels_are_settled_apart() {
    let (shelf, items) = shelf(1);
    shelf.tell(items[0], "rule", ("a1", Urgency::Normal), hour(0));
    shelf.tx().enqueue(&alert("a1"), "phone", hour(0)).unwrap();
    lease(&shelf, 0, 9);
    settle(&shelf, "a1", &Settled::Sent);
    let phone = shelf.tx().lease("phone", hour(0), 9).unwrap();
    assert_eq!(ids(&phone), ["a1"]);
}

#[tokio::test]
async fn leases_of_a_process_that_died_are_taken_back() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("newsbell.db");
    let store = Store::open(&path).unwrap();
    let leased = store
        .write(|tx| {
            let id = alert("a1");
            tx.ensure_alert(super::NewAlert {
                id: &id,
                kind: AlertKind::Story,
                about: None,
                feed: None,
                urgency: Urgency::Normal,
                at: hour(0),
            })?;
            tx.enqueue(&id, CHANNEL, hour(0))?;
            tx.lease(CHANNEL, hour(0), 9)
        })
        .await
        .unwrap();
    assert_eq!(leased[0].attempts, 1);
    drop(store);

    let store = Store::open(&path).unwrap();
    let again = store
        .write(|tx| tx.lease(CHANNEL, hour(0), 9))
        .await
        .unwrap();
    // It may have been sent, so the attempt counts; the id is the same.
    assert_eq!((again[0].id.0.as_str(), again[0].attempts), ("a1", 2));
}

#[rstest]
#[case(&[Urgency::Low, Urgency::Low], Urgency::Low)]
#[case(&[Urgency::Low, Urgency::Normal], Urgency::Normal)]
#[case(&[Urgency::Critical, Urgency::Normal, Urgency::Low], Urgency::Critical)]
fn a_summary_is_as_loud_as_the_loudest_alert_in_it(
    #[case] urgencies: &[Urgency],
    #[case] loudest: Urgency,
) {
    let (shelf, items) = shelf(urgencies.len());
    for (n, (item, urgency)) in items.iter().zip(urgencies).enumerate() {
        shelf.tell(*item, "rule", (&format!("a{n}"), *urgency), hour(0));
    }
    let (tx, summary) = (shelf.tx(), alert("s"));
    tx.fold(CHANNEL, hour(1), hour(2), &summary).unwrap();
    let told = lease(&shelf, 2, 9);
    assert_eq!(ids(&told), ["s"]);
    assert_eq!(told[0].kind, AlertKind::Away);
    assert_eq!(told[0].urgency, loudest);
    assert_eq!(told[0].hits.len(), urgencies.len());
}

#[test]
fn folding_joins_the_open_summary_and_takes_only_what_is_old() {
    let (shelf, items) = shelf(4);
    for (n, item) in items.iter().enumerate() {
        let at = hour(i64::try_from(n).unwrap());
        shelf.tell(*item, "rule", (&format!("a{n}"), Urgency::Normal), at);
    }
    let fold = |cutoff: i64, fresh: &str| {
        shelf
            .tx()
            .fold(CHANNEL, hour(cutoff), hour(cutoff), &alert(fresh))
            .unwrap();
    };
    fold(2, "s1");
    fold(3, "s2");
    assert_eq!(ids(&lease(&shelf, 9, 9)), ["a3", "s1"]);
    let view = shelf.tx().alert_view(alert("s1")).unwrap();
    assert_eq!(view.hits.len(), 3);
    assert_eq!(view.counts, [("rule".to_owned(), 3)]);

    // One that was told is closed: what comes later has a summary of its own.
    settle(&shelf, "s1", &Settled::Sent);
    settle(&shelf, "a3", &later(9));
    fold(4, "s3");
    let told = lease(&shelf, 9, 9);
    assert_eq!(ids(&told), ["s3"]);
    assert_eq!(told[0].hits.len(), 1);
}

#[test]
fn a_hit_that_joins_a_folded_alert_is_told_by_the_summary() {
    let (shelf, items) = shelf(3);
    shelf.tell(items[0], "rule", ("a1", Urgency::Normal), hour(0));
    shelf.tell(items[1], "rule", ("a2", Urgency::Normal), hour(0));
    let (tx, summary) = (shelf.tx(), alert("s"));
    tx.fold(CHANNEL, hour(1), hour(2), &summary).unwrap();
    shelf.hit(items[2], "rule", hour(3), Some("a1"));
    assert_eq!(lease(&shelf, 3, 9)[0].hits.len(), 3);
}

#[test]
fn a_summary_counts_more_hits_than_it_shows() {
    let (shelf, items) = shelf(40);
    for (n, item) in items.iter().enumerate() {
        let rule = if n < 10 { "few" } else { "many" };
        shelf.tell(*item, rule, (&format!("a{n}"), Urgency::Normal), hour(0));
    }
    let (tx, summary) = (shelf.tx(), alert("s"));
    tx.fold(CHANNEL, hour(1), hour(2), &summary).unwrap();
    let told = &lease(&shelf, 2, 9)[0];
    assert_eq!(told.hits.len(), 30);
    let counts = [("many".to_owned(), 30), ("few".to_owned(), 10)];
    assert_eq!(told.counts, counts);
}

#[test]
fn folding_nothing_makes_no_summary() {
    let (shelf, items) = shelf(1);
    shelf.tell(items[0], "rule", ("a1", Urgency::Normal), hour(5));
    shelf
        .tx()
        .fold(CHANNEL, hour(1), hour(2), &alert("s"))
        .unwrap();
    assert_eq!(ids(&lease(&shelf, 9, 9)), ["a1"]);
    assert_eq!(shelf.rows("alerts"), 1);
}

#[test]
fn what_waits_is_counted_apart_from_its_summary() {
    let (shelf, items) = shelf(3);
    let waiting = |cutoff| shelf.tx().waiting(CHANNEL, hour(cutoff)).unwrap();
    let of = |alerts, old, summary, tried| Waiting {
        alerts,
        old,
        summary,
        tried,
    };
    assert_eq!(waiting(0), of(0, 0, false, false));
    for (n, item) in items.iter().enumerate() {
        let at = hour(i64::try_from(n).unwrap());
        shelf.tell(*item, "rule", (&format!("a{n}"), Urgency::Normal), at);
    }
    assert_eq!(waiting(1), of(3, 1, false, false));
    lease(&shelf, 0, 9);
    assert_eq!(waiting(1), of(2, 0, false, false));
    settle(&shelf, "a0", &later(1));
    assert_eq!(waiting(1), of(3, 1, false, true));
    let (tx, summary) = (shelf.tx(), alert("s"));
    tx.fold(CHANNEL, hour(2), hour(2), &summary).unwrap();
    assert_eq!(waiting(9), of(1, 1, true, false));
}

#[test]
fn the_last_alert_of_a_story_is_remembered_by_rule() {
    let (shelf, items) = shelf(2);
    let story = shelf.put(shelf.feed("a"), hour(0), &super::item("0")).1;
    let last = |rule: &str| shelf.tx().last_told(rule, story).unwrap();
    shelf.commit("b1", AlertKind::Baseline, Urgency::Low, hour(0), None);
    shelf.hit(items[0], "baseline", hour(0), Some("b1"));
    assert_eq!(last("baseline"), None);

    shelf.tell(items[0], "rule", ("z", Urgency::Normal), hour(1));
    assert_eq!(last("rule"), Some((alert("z"), hour(1))));
    assert_eq!(last("other"), None);
    let elsewhere = shelf.put(shelf.feed("a"), hour(0), &super::item("1")).1;
    assert_eq!(shelf.tx().last_told("rule", elsewhere).unwrap(), None);

    // Another item of the story is told again later; one more joins the first alert.
    for (key, told_by) in [("2", "a"), ("3", "z")] {
        let id = shelf.put(shelf.feed("a"), hour(2), &super::item(key)).0;
        let move_over = format!("UPDATE items SET story = {} WHERE id = {}", story.0, id.0);
        shelf.conn.execute(&move_over, []).unwrap();
        if told_by == "a" {
            shelf.tell(id, "rule", ("a", Urgency::Normal), hour(8));
        } else {
            shelf.hit(id, "rule", hour(9), Some(told_by));
        }
    }
    assert_eq!(last("rule"), Some((alert("a"), hour(8))));
    // A folded alert was told all the same.
    let (tx, summary) = (shelf.tx(), alert("s"));
    tx.fold(CHANNEL, hour(99), hour(99), &summary).unwrap();
    assert_eq!(last("rule"), Some((alert("a"), hour(8))));
}

#[test]
fn a_rate_counts_what_was_sent_in_its_window() {
    let (shelf, items) = shelf(4);
    let tx = shelf.tx();
    for (n, item) in items.iter().enumerate() {
        shelf.tell(*item, "rule", (&format!("a{n}"), Urgency::Normal), hour(0));
    }
    let rate = Limit {
        most: 2,
        within: SignedDuration::from_hours(3),
    };
    let room = |at| tx.room(CHANNEL, rate, hour(at)).unwrap();
    assert_eq!(room(0), (2, None));
    for (n, at) in [(0, 1), (1, 2)] {
        lease(&shelf, at, 1);
        tx.settle(&alert(&format!("a{n}")), CHANNEL, hour(at), &Settled::Sent)
            .unwrap();
    }
    assert_eq!(room(3), (0, Some(hour(4))));
    assert_eq!(room(4), (1, None), "the first is out of the window");
    assert_eq!(room(5), (2, None));
    assert_eq!(tx.room("other", rate, hour(3)).unwrap(), (2, None));
}

#[test]
fn what_was_given_up_is_sent_again_and_waits_from_then_on() {
    let (shelf, items) = shelf(3);
    let tx = shelf.tx();
    for (n, item) in items.iter().enumerate() {
        shelf.tell(*item, "rule", (&format!("a{n}"), Urgency::Normal), hour(0));
    }
    let error = || "no".to_owned();
    let sent = [
        Settled::Dead { error: error() },
        Settled::Later {
            due_at: hour(9),
            error: error(),
        },
        Settled::Sent,
    ];
    lease(&shelf, 1, 9);
    for (n, settled) in sent.iter().enumerate() {
        tx.settle(&alert(&format!("a{n}")), CHANNEL, hour(1), settled)
            .unwrap();
    }
    assert_eq!(tx.waits_since(&alert("a1"), CHANNEL).unwrap(), hour(0));
    let kept = tx.kept(9).unwrap();
    let states: Vec<(&str, KeptState, Option<Timestamp>)> = kept
        .iter()
        .map(|kept| (kept.alert.id.0.as_str(), kept.state, kept.due_at))
        .collect();
    assert_eq!(
        states,
        [
            ("a0", KeptState::GivenUp, None),
            ("a1", KeptState::Waiting, Some(hour(9)))
        ]
    );
    assert_eq!(tx.channels_kept_for().unwrap(), [CHANNEL]);
    assert_eq!(tx.send_again(Some("other"), hour(2)).unwrap(), 0);
    assert_eq!(tx.send_again(None, hour(2)).unwrap(), 2);
    let again = lease(&shelf, 2, 9);
    let ids: Vec<&str> = again.iter().map(|view| view.id.0.as_str()).collect();
    assert_eq!((ids, again[0].attempts), (vec!["a0", "a1"], 1));
    assert_eq!(tx.waits_since(&alert("a0"), CHANNEL).unwrap(), hour(2));
}

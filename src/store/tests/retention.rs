//! Is what is old forgotten, and nothing else?

use jiff::Timestamp;
use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};
use proptest::{collection, prop_assert_eq};
use rstest::rstest;

use super::{AlertKind, CHANNEL, Settled, Shelf, Urgency, alert, hour};

const CUTOFF: i64 = 100;

fn later() -> Settled {
    Settled::Later {
        due_at: hour(CUTOFF + 2),
        error: "nobody is there".to_owned(),
    }
}

fn dead() -> Settled {
    Settled::Dead {
        error: "never".to_owned(),
    }
}

/// Forgets until there is nothing to forget, as the decider does.
fn retire(shelf: &Shelf) -> usize {
    let mut gone = 0;
    loop {
        let batch = shelf.tx().retire(hour(CUTOFF)).unwrap();
        shelf.assert_sound();
        if batch == 0 {
            return gone;
        }
        gone += batch;
    }
}

/// A shelf with a feed that carries nothing any more, but once carried these items.
fn dropped(keys: &[&str]) -> (Shelf, Vec<crate::model::ItemId>) {
    let shelf = Shelf::new();
    let feed = shelf.feed("a");
    let items = shelf.read(feed, hour(0), keys);
    shelf.read(feed, hour(CUTOFF + 1), &[]);
    (shelf, items)
}

#[test]
fn an_old_item_goes_with_everything_that_hangs_on_it() {
    let (shelf, items) = dropped(&["1", "2"]);
    shelf.tell(items[0], "rule", ("a1", Urgency::Normal), hour(0));
    shelf.hit(items[1], "rule", hour(0), None);
    shelf.settle_all(hour(0), &Settled::Sent);
    assert_eq!(shelf.counts(), [2, 2, 2, 1, 1]);
    assert_eq!(retire(&shelf), 2);
    assert_eq!(shelf.counts(), [0; 5]);
    assert_eq!(shelf.rows("feeds"), 1);
}

#[test]
fn items_go_in_small_batches() {
    let keys: Vec<String> = (0..450).map(|n| n.to_string()).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let (shelf, _) = dropped(&keys);
    let batches: Vec<usize> = (0..4)
        .map(|_| shelf.tx().retire(hour(CUTOFF)).unwrap())
        .collect();
    assert_eq!(batches, [200, 200, 50, 0]);
    assert_eq!(shelf.counts(), [0; 5]);
}

#[test]
fn an_item_seen_since_the_cut_off_stays() {
    let shelf = Shelf::new();
    let feed = shelf.feed("a");
    shelf.read(feed, hour(0), &["1", "2"]);
    shelf.read(feed, hour(CUTOFF), &["2"]);
    shelf.read(feed, hour(CUTOFF + 1), &[]);
    assert_eq!(retire(&shelf), 1);
    assert_eq!(shelf.counts(), [1, 1, 0, 0, 0]);
}

#[test]
fn an_item_stays_while_its_feed_carries_it() {
    let shelf = Shelf::new();
    let feed = shelf.feed("a");
    shelf.read(feed, hour(0), &["1", "2"]);
    shelf.read(feed, hour(1), &["1"]);
    // Ever since: not modified, or no answer.
    shelf.polled(feed, hour(CUTOFF + 1));
    assert_eq!(retire(&shelf), 1);
    assert_eq!(shelf.put(feed, hour(CUTOFF + 2), &super::item("1")).0.0, 1);
}

#[test]
fn items_of_a_feed_that_is_no_longer_polled_go() {
    let shelf = Shelf::new();
    let (gone, kept) = (shelf.feed("gone"), shelf.feed("kept"));
    shelf.read(gone, hour(0), &["1"]);
    shelf.read(kept, hour(0), &["1"]);
    shelf.polled(gone, hour(CUTOFF - 1));
    shelf.polled(kept, hour(CUTOFF));
    assert_eq!(retire(&shelf), 1);
    let left = shelf.number("SELECT feed FROM items");
    assert_eq!(left, kept.0);
}

#[rstest]
#[case::sent(Settled::Sent)]
#[case::given_up(dead())]
fn an_item_stays_until_its_alert_is_settled(#[case] settled: Settled) {
    let (shelf, items) = dropped(&["1", "2"]);
    shelf.tell(items[0], "rule", ("a1", Urgency::Normal), hour(0));
    assert_eq!(retire(&shelf), 1);
    assert_eq!(shelf.tx().lease(CHANNEL, hour(1), 9).unwrap().len(), 1);
    assert_eq!(retire(&shelf), 0);
    let id = alert("a1");
    shelf.tx().settle(&id, CHANNEL, hour(1), &later()).unwrap();
    assert_eq!(retire(&shelf), 0);
    let view = shelf.tx().alert_view(id.clone()).unwrap();
    assert_eq!(view.hits.len(), 1);
    shelf.tx().settle(&id, CHANNEL, hour(2), &settled).unwrap();
    assert_eq!(retire(&shelf), 1);
    assert_eq!(shelf.counts(), [0; 5]);
}

#[test]
fn what_nobody_could_be_told_for_long_is_given_up() {
    let (shelf, items) = dropped(&["1", "2", "3"]);
    shelf.tell(items[0], "rule", ("a1", Urgency::Normal), hour(0));
    shelf.tell(items[1], "rule", ("a2", Urgency::Normal), hour(0));
    let summary = alert("s");
    shelf
        .tx()
        .fold(CHANNEL, hour(1), hour(2), &summary)
        .unwrap();
    shelf.tell(items[2], "rule", ("a3", Urgency::Normal), hour(0));
    let in_days = |days: i64| hour(CUTOFF + 24 * days);
    assert_eq!(shelf.tx().retire(in_days(80)).unwrap(), 0);
    assert_eq!(shelf.tx().channel_state(CHANNEL).unwrap().waiting, 2);
    assert_eq!(shelf.tx().retire(in_days(100)).unwrap(), 3);
    let _ = shelf.tx().retire(in_days(100)).unwrap();
    shelf.assert_sound();
    assert_eq!(shelf.counts(), [0; 5]);
}

#[test]
fn an_item_stays_while_one_of_two_channels_has_not_told_it() {
    let (shelf, items) = dropped(&["1"]);
    shelf.tell(items[0], "rule", ("a1", Urgency::Normal), hour(0));
    shelf.tx().enqueue(&alert("a1"), "phone", hour(0)).unwrap();
    shelf.settle_all(hour(0), &Settled::Sent);
    assert_eq!(retire(&shelf), 0);
    let sent = &Settled::Sent;
    shelf
        .tx()
        .settle(&alert("a1"), "phone", hour(0), sent)
        .unwrap();
    assert_eq!(retire(&shelf), 1);
}

#[test]
fn an_item_stays_until_the_summary_that_tells_it_is_settled() {
    let (shelf, items) = dropped(&["1", "2"]);
    shelf.tell(items[0], "rule", ("a1", Urgency::Normal), hour(0));
    shelf.tell(items[1], "rule", ("a2", Urgency::Normal), hour(0));
    let summary = alert("s");
    shelf
        .tx()
        .fold(CHANNEL, hour(1), hour(2), &summary)
        .unwrap();
    assert_eq!(retire(&shelf), 0);
    assert_eq!(shelf.tx().alert_view(summary).unwrap().hits.len(), 2);
    shelf.settle_all(hour(3), &Settled::Sent);
    assert_eq!(retire(&shelf), 2);
    // The summary may outlive what it told by one call, never for good.
    retire(&shelf);
    assert_eq!(shelf.counts(), [0; 5]);
}

#[test]
fn an_alert_stays_while_a_hit_on_a_living_item_names_it() {
    let shelf = Shelf::new();
    let (feed, other) = (shelf.feed("a"), shelf.feed("b"));
    let old = shelf.read(feed, hour(0), &["1"])[0];
    shelf.tell(old, "rule", ("a1", Urgency::Normal), hour(0));
    shelf.settle_all(hour(0), &Settled::Sent);
    let joined = shelf.read(other, hour(CUTOFF + 1), &["1"])[0];
    shelf.hit(joined, "rule", hour(CUTOFF + 1), Some("a1"));
    shelf.read(feed, hour(CUTOFF + 1), &[]);
    assert_eq!(retire(&shelf), 1);
    assert_eq!(shelf.rows("alerts"), 1);
    assert_eq!(shelf.rows("hits"), 1);
}

/// What may happen to a store in one hour.
#[derive(Clone, Debug)]
enum Step {
    Read { feed: usize, keys: Vec<u8> },
    Tell { item: usize, urgency: Urgency },
    Join { item: usize, alert: usize },
    Lease,
    Settle(Settled),
    Restart,
    Fold { age: i64 },
    Retire { age: i64 },
}

fn step() -> impl Strategy<Value = Step> {
    let urgency = prop_oneof![
        Just(Urgency::Low),
        Just(Urgency::Normal),
        Just(Urgency::Critical)
    ];
    let settled = prop_oneof![Just(Settled::Sent), Just(dead()), Just(later())];
    prop_oneof![
        3 => (0..2_usize, collection::vec(0..6_u8, 0..4))
            .prop_map(|(feed, keys)| Step::Read { feed, keys }),
        3 => (any::<usize>(), urgency).prop_map(|(item, urgency)| Step::Tell { item, urgency }),
        1 => (any::<usize>(), any::<usize>()).prop_map(|(item, alert)| Step::Join { item, alert }),
        1 => Just(Step::Lease),
        2 => settled.prop_map(Step::Settle),
        1 => Just(Step::Restart),
        1 => (0..8_i64).prop_map(|age| Step::Fold { age }),
        2 => (0..8_i64).prop_map(|age| Step::Retire { age }),
    ]
}

/// The hits that some alert has still to tell, by their row ids.
fn untold(shelf: &Shelf) -> Vec<i64> {
    let mut ask = shelf
        .conn
        .prepare(
            "SELECT hits.id FROM hits JOIN outbox ON outbox.alert = hits.alert
                 LEFT JOIN outbox AS fold ON fold.alert = outbox.folded_into
             WHERE outbox.state IN ('waiting', 'leased') OR fold.state IN ('waiting', 'leased')
             ORDER BY hits.id",
        )
        .unwrap();
    let ids = ask.query_map([], |row| row.get(0)).unwrap();
    ids.collect::<Result<_, _>>().unwrap()
}

/// The `n`th id of a table, counted round and round.
fn nth<T: rusqlite::types::FromSql>(shelf: &Shelf, table: &str, n: usize) -> Option<T> {
    let rows = usize::try_from(shelf.rows(table)).unwrap();
    let n = n.checked_rem(rows)?;
    let sql = format!("SELECT id FROM {table} ORDER BY id LIMIT 1 OFFSET {n}");
    Some(shelf.conn.query_row(&sql, [], |row| row.get(0)).unwrap())
}

fn take(shelf: &Shelf, step: &Step, count: usize, now: Timestamp) {
    let tx = shelf.tx();
    let name = format!("{count:04}");
    match step {
        Step::Read { feed, keys } => {
            let feed = shelf.feed(["a", "b"][*feed]);
            let keys: Vec<String> = keys.iter().map(u8::to_string).collect();
            let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
            shelf.read(feed, now, &keys);
        }
        Step::Tell { item, urgency } => {
            if let Some(item) = nth(shelf, "items", *item) {
                let item = crate::model::ItemId(item);
                shelf.tell(item, &name, (&name, *urgency), now);
            }
        }
        Step::Join { item, alert } => {
            let item: Option<i64> = nth(shelf, "items", *item);
            let alert: Option<String> = nth(shelf, "alerts", *alert);
            if let (Some(item), Some(alert)) = (item, alert) {
                shelf.hit(crate::model::ItemId(item), &name, now, Some(&alert));
            }
        }
        Step::Lease => drop(tx.lease(CHANNEL, now, 2).unwrap()),
        Step::Settle(settled) => shelf.settle_all(now, settled),
        Step::Restart => tx.release_leases().unwrap(),
        Step::Fold { age } => {
            let cutoff = now - jiff::SignedDuration::from_hours(*age);
            tx.fold(CHANNEL, cutoff, now, &alert(&name)).unwrap();
        }
        Step::Retire { age } => {
            let cutoff = now - jiff::SignedDuration::from_hours(*age);
            tx.retire(cutoff).unwrap();
        }
    }
}

proptest! {
    // Every case is a database on a disk.
    #![proptest_config(proptest::test_runner::Config::with_cases(48))]
    #[test]
    fn what_is_untold_is_never_forgotten(steps in collection::vec(step(), 1..40)) {
        let shelf = Shelf::new();
        for (count, step) in steps.iter().enumerate() {
            let now = hour(i64::try_from(count).unwrap());
            let before = untold(&shelf);
            take(&shelf, step, count, now);
            if matches!(step, Step::Lease | Step::Restart | Step::Fold { .. } | Step::Retire { .. }) {
                prop_assert_eq!(before, untold(&shelf), "after {:?}", step);
            }
            shelf.assert_sound();
            let empty = shelf.number(
                "SELECT count(*) FROM alerts WHERE kind = 'away'
                     AND NOT EXISTS (SELECT 1 FROM outbox WHERE folded_into = alerts.id)
                     AND EXISTS (SELECT 1 FROM outbox WHERE alert = alerts.id
                         AND state IN ('waiting', 'leased'))",
            );
            prop_assert_eq!(empty, 0, "a summary of nothing waits");
        }
    }
}

#[test]
fn summaries_of_other_kinds_go_too() {
    let (shelf, items) = dropped(&["1", "2"]);
    shelf.commit("b1", AlertKind::Baseline, Urgency::Low, hour(0), None);
    shelf.commit("f1", AlertKind::Flood, Urgency::Low, hour(0), None);
    shelf.hit(items[0], "rule", hour(0), Some("b1"));
    shelf.hit(items[1], "rule", hour(0), Some("f1"));
    assert_eq!(retire(&shelf), 0);
    shelf.settle_all(hour(0), &Settled::Sent);
    assert_eq!(retire(&shelf), 2);
    assert_eq!(shelf.counts(), [0; 5]);
}

//! Which feed next? Keeps due feeds waiting until their host is free.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;
use url::Url;

use crate::model::{Feed, FeedState, Health};
use crate::schedule;

/// A feed with what is known of it.
pub(super) struct Slot {
    pub(super) feed: Arc<Feed>,
    pub(super) state: FeedState,
    /// Whether it waits for its host or is being polled: then it is not in `due`.
    busy: bool,
    /// Whether it was nudged while it was busy: what it brings may be older than the nudge.
    again: bool,
}

/// The feeds of one configuration, each due, waiting for its host, or being polled.
pub(super) struct Round {
    pub(super) slots: Vec<Slot>,
    due: BTreeSet<(Timestamp, usize)>,
    /// Feeds that are due and whose host is free.
    ready: VecDeque<usize>,
    /// Hosts being asked, with the feeds that wait for each.
    hosts: HashMap<String, VecDeque<usize>>,
}

impl Round {
    pub(super) fn new(feeds: Vec<(Arc<Feed>, FeedState)>, now: Timestamp) -> Round {
        let mut slots: Vec<Slot> = feeds
            .into_iter()
            .map(|(feed, state)| Slot {
                feed,
                state,
                busy: false,
                again: false,
            })
            .collect();
        for slot in &mut slots {
            slot.state.next_poll_at = Some(first_due(slot, now));
        }
        let due = slots
            .iter()
            .enumerate()
            .map(|(index, slot)| (slot.state.next_poll_at.unwrap_or(now), index))
            .collect();
        Round {
            slots,
            due,
            ready: VecDeque::new(),
            hosts: HashMap::new(),
        }
    }

    /// The next feed that may be polled now, if there is one. It is busy until [`Round::done`].
    pub(super) fn next(&mut self, now: Timestamp) -> Option<usize> {
        while let Some(&(at, index)) = self.due.first() {
            if at > now {
                break;
            }
            self.due.pop_first();
            self.slots[index].busy = true;
            let host = host(&self.slots[index].feed.url);
            if let Some(waiting) = self.hosts.get_mut(&host) {
                waiting.push_back(index);
            } else {
                self.hosts.insert(host, VecDeque::new());
                self.ready.push_back(index);
            }
        }
        self.ready.pop_front()
    }

    /// When the next feed is due that neither waits nor is busy.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        let first = self.due.first().map(|(at, _)| *at);
        first.filter(|at| *at < Timestamp::MAX)
    }

    /// A feed has been polled: it is due again when `state` says, and its host is free.
    pub(super) fn done(&mut self, index: usize, mut state: FeedState, now: Timestamp) {
        let slot = &mut self.slots[index];
        if std::mem::take(&mut slot.again) {
            state.next_poll_at = Some(now);
        }
        self.due
            .insert((state.next_poll_at.unwrap_or(Timestamp::MAX), index));
        slot.state = state;
        slot.busy = false;
        let host = host(&slot.feed.url);
        match self.hosts.get_mut(&host).and_then(VecDeque::pop_front) {
            Some(next) => self.ready.push_back(next),
            None => {
                self.hosts.remove(&host);
            }
        }
    }

    /// A feed is due at once, whatever its schedule says.
    pub(super) fn nudge(&mut self, url: &Url, now: Timestamp) {
        let Some(index) = self.slots.iter().position(|slot| slot.feed.url == *url) else {
            return;
        };
        let slot = &mut self.slots[index];
        if slot.busy {
            slot.again = true;
        } else if let Some(due) = slot.state.next_poll_at.replace(now) {
            self.due.remove(&(due, index));
            self.due.insert((now, index));
        }
    }

    /// How many feeds fail.
    pub(super) fn failing(&self) -> usize {
        self.slots
            .iter()
            .filter(|slot| slot.state.health != Health::Ok)
            .count()
    }
}

/// When a feed is due after a start: when it was due before, so that a restart asks nobody; sooner
/// only if the user has shortened its interval since.
fn first_due(slot: &Slot, now: Timestamp) -> Timestamp {
    let state = &slot.state;
    if state.gone_at.is_some() {
        return Timestamp::MAX;
    }
    let (Some(last), Some(next)) = (state.last_poll_at, state.next_poll_at) else {
        return now;
    };
    schedule::after_start(super::limits(&slot.feed), last, next, state.pace)
}

/// Hosts are asked one request at a time; local files are nobody's burden.
fn host(url: &Url) -> String {
    match url.host_str() {
        Some(host) if url.scheme() != "file" => host.to_owned(),
        _ => url.to_string(),
    }
}

//! Which feed next? Keeps due feeds waiting until their host may be asked.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use url::Url;

use crate::model::{Feed, FeedState, Health};
use crate::schedule;

/// Feeds that are begun at once after a start or a suspend; the others follow one after the other.
const AT_ONCE: usize = 32;

/// How much later each of the others is begun, and the most that all of them are spread over.
const APART: SignedDuration = SignedDuration::from_millis(100);
const SPREAD: SignedDuration = SignedDuration::from_mins(2);

/// A feed that is due for longer has slept.
const LATE: SignedDuration = SignedDuration::from_mins(1);

/// For so long it is said at least that feeds are late.
const SAID: SignedDuration = SignedDuration::from_secs(5);

/// How hosts are treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manners {
    /// Requests to one host at once.
    pub per_host: usize,
    /// From the end of one request to a host, or the beginning of one beside others, to the
    /// beginning of the next.
    pub gap: SignedDuration,
}

/// A feed with what is known of it.
pub(super) struct Slot {
    pub(super) feed: Arc<Feed>,
    pub(super) state: FeedState,
    host: usize,
    /// Whether it waits for its host or is being polled: then it is not in `due`.
    busy: bool,
    /// Whether it was nudged while it was busy: what it brings may be older than the nudge.
    again: bool,
}

#[derive(Default)]
struct Host {
    /// Requests under way.
    asking: usize,
    waiting: VecDeque<usize>,
    /// When it may be asked again.
    free_at: Timestamp,
    /// Whether it is this machine, which nobody has to spare.
    at_home: bool,
}

/// The feeds of one configuration, each due, waiting for its host, or being polled.
pub(super) struct Round {
    pub(super) slots: Vec<Slot>,
    manners: Manners,
    due: BTreeSet<(Timestamp, usize)>,
    hosts: Vec<Host>,
    /// Hosts that feeds wait for, by when they may be asked.
    free: BTreeSet<(Timestamp, usize)>,
    /// Those of them that may be asked now, by when the first of their feeds was due. So none waits longer
    /// than others, and of feeds that were due together those of one host come one after the other: only so
    /// many connections are open as there are polls under way.
    ready: BTreeSet<(Timestamp, usize)>,
    late: Option<Late>,
}

/// Feeds that were due long ago, because the machine or the program slept or the clock was set forward.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Late {
    pub(super) feeds: usize,
    /// The first of them.
    pub(super) by: SignedDuration,
    /// When all of them have been begun.
    pub(super) until: Timestamp,
}

impl Round {
    pub(super) fn new(
        feeds: Vec<(Arc<Feed>, FeedState)>,
        manners: Manners,
        now: Timestamp,
    ) -> Round {
        let mut numbers: HashMap<String, usize> = HashMap::new();
        let mut hosts: Vec<Host> = Vec::new();
        let mut due = BTreeSet::new();
        let mut slots = Vec::with_capacity(feeds.len());
        for (index, (feed, state)) in feeds.into_iter().enumerate() {
            let host = *numbers.entry(host(&feed.url)).or_insert(hosts.len());
            if host == hosts.len() {
                hosts.push(Host {
                    at_home: feed.is_at_home(),
                    free_at: Timestamp::MIN,
                    ..Host::default()
                });
            }
            let mut slot = Slot {
                feed,
                state,
                host,
                busy: false,
                again: false,
            };
            let first = first_due(&slot, now);
            slot.state.next_poll_at = Some(first);
            due.insert((first, index));
            slots.push(slot);
        }
        let mut round = Round {
            slots,
            manners,
            due,
            hosts,
            free: BTreeSet::new(),
            ready: BTreeSet::new(),
            late: None,
        };
        round.spread(now, now);
        round
    }

    /// How many hosts there are beside this machine.
    pub(super) fn hosts(&self) -> usize {
        self.hosts.iter().filter(|host| !host.at_home).count()
    }

    /// Lets all feeds that are due wait for their hosts.
    pub(super) fn admit(&mut self, now: Timestamp) {
        self.spread(now.saturating_sub(LATE).unwrap_or(now), now);
        while let Some(&(at, index)) = self.due.first() {
            if at > now {
                break;
            }
            self.due.pop_first();
            let slot = &mut self.slots[index];
            slot.busy = true;
            let number = slot.host;
            self.hosts[number].waiting.push_back(index);
            self.offer(number);
        }
    }

    /// Spreads the feeds that were due before `before` over some time, if they are many: they come
    /// from a stop or a suspend, and would all be asked at once.
    fn spread(&mut self, before: Timestamp, now: Timestamp) {
        let late = self.due.range(..=(before, usize::MAX));
        let feeds = late.clone().count();
        let first = late.clone().next().map_or(now, |(due, _)| *due);
        let late: Vec<(Timestamp, usize)> = late.skip(AT_ONCE).copied().collect();
        let count = i32::try_from(late.len()).unwrap_or(i32::MAX).max(1);
        let apart = APART.min(SPREAD / count);
        let mut at = now;
        for (due, index) in late {
            at = at.saturating_add(apart).unwrap_or(at);
            self.due.remove(&(due, index));
            self.due.insert((at, index));
            self.slots[index].state.next_poll_at = Some(at);
        }
        let by = now.duration_since(first);
        if by >= LATE {
            let until = now.saturating_add(SAID).unwrap_or(now).max(at);
            self.late = Some(Late { feeds, by, until });
        }
    }

    /// Which feeds are late, as long as that is so.
    pub(super) fn late(&mut self, now: Timestamp) -> Option<Late> {
        self.late.take_if(|late| late.until <= now);
        self.late
    }

    /// Notes when a host that feeds wait for may be asked, if it may.
    fn offer(&mut self, number: usize) {
        let host = &self.hosts[number];
        if host.asking < self.manners.per_host && !host.waiting.is_empty() {
            self.free.insert((host.free_at, number));
        }
    }

    /// The next feed that may be polled now, if there is one. It is busy until [`Round::done`].
    pub(super) fn next(&mut self, now: Timestamp) -> Option<usize> {
        while let Some(&(at, number)) = self.free.first()
            && at <= now
        {
            self.free.pop_first();
            if let Some(first) = self.hosts[number].waiting.front() {
                let due = self.slots[*first].state.next_poll_at;
                self.ready.insert((due.unwrap_or(now), number));
            }
        }
        loop {
            let (_, number) = self.ready.pop_first()?;
            let gap = self.gap(number);
            let host = &mut self.hosts[number];
            // It may have been asked since it was ready, for another of its feeds.
            if host.asking >= self.manners.per_host || host.free_at > now {
                continue;
            }
            let Some(index) = host.waiting.pop_front() else {
                continue;
            };
            host.asking += 1;
            host.free_at = now.saturating_add(gap).unwrap_or(now);
            self.offer(number);
            return Some(index);
        }
    }

    /// Whether other feeds wait for the host of this one.
    pub(super) fn is_awaited(&self, index: usize) -> bool {
        !self.hosts[self.slots[index].host].waiting.is_empty()
    }

    fn gap(&self, number: usize) -> SignedDuration {
        if self.hosts[number].at_home {
            SignedDuration::ZERO
        } else {
            self.manners.gap
        }
    }

    /// When a host that feeds wait for may be asked, after `now`.
    pub(super) fn next_free(&self, now: Timestamp) -> Option<Timestamp> {
        let later = self.free.range((now, usize::MAX)..);
        later.map(|(at, _)| *at).find(|at| *at > now)
    }

    /// When there is something to do, after `now`.
    pub(super) fn next_due(&self, now: Timestamp) -> Option<Timestamp> {
        let first = self.due.first().map(|(at, _)| *at);
        let first = first.filter(|at| *at < Timestamp::MAX);
        first.into_iter().chain(self.next_free(now)).min()
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
        let number = slot.host;
        let gap = self.gap(number);
        let host = &mut self.hosts[number];
        self.free.remove(&(host.free_at, number));
        host.asking -= 1;
        host.free_at = now.saturating_add(gap).unwrap_or(now);
        self.offer(number);
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

    /// The clock was set back: what was due in a while is due in the same while, not so much later.
    pub(super) fn set_back(&mut self, by: SignedDuration) {
        let earlier = |at: Timestamp| {
            // What is never due stays so.
            let moved = at.saturating_sub(by).unwrap_or(Timestamp::MIN);
            if at == Timestamp::MAX { at } else { moved }
        };
        let moved = |all: &BTreeSet<(Timestamp, usize)>| {
            let moved = all.iter().map(|(at, index)| (earlier(*at), *index));
            moved.collect()
        };
        self.due = moved(&self.due);
        self.free = moved(&self.free);
        if let Some(late) = &mut self.late {
            late.until = earlier(late.until);
        }
        for host in &mut self.hosts {
            host.free_at = earlier(host.free_at);
        }
        for slot in &mut self.slots {
            slot.state.next_poll_at = slot.state.next_poll_at.map(earlier);
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

/// Hosts are asked a few requests at a time; local files are nobody's burden.
pub(super) fn host(url: &Url) -> String {
    match url.host_str() {
        Some(host) if url.scheme() != "file" => host.to_owned(),
        _ => url.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Access, FeedId, Pace, Rhythm, Validators};

    fn at(seconds: i64) -> Timestamp {
        let start: Timestamp = "2026-03-04T05:06:07Z".parse().unwrap();
        start + SignedDuration::from_secs(seconds)
    }

    fn feed(url: &str) -> (Arc<Feed>, FeedState) {
        let feed = Feed {
            name: url.into(),
            url: Url::parse(url).unwrap(),
            tags: Vec::new(),
            every: SignedDuration::from_mins(15),
            at_most: SignedDuration::from_hours(6),
            allow_private: false,
            access: Access::default(),
        };
        let state = FeedState {
            id: FeedId(1),
            validators: Validators::default(),
            validators_url: None,
            first_read_at: None,
            last_poll_at: None,
            next_poll_at: None,
            asked_until: None,
            health: Health::Ok,
            changed_at: None,
            body_hash: None,
            pace: Pace::Every,
            rhythm: Rhythm::default(),
            moved: None,
            gone_at: None,
            repairs: Vec::new(),
        };
        (Arc::new(feed), state)
    }

    fn round(urls: &[&str], per_host: usize, gap: i64) -> Round {
        let manners = Manners {
            per_host,
            gap: SignedDuration::from_secs(gap),
        };
        let feeds = urls.iter().map(|url| feed(url)).collect();
        let mut round = Round::new(feeds, manners, at(0));
        round.admit(at(0));
        round
    }

    /// A poll that went well: due again in an hour.
    fn done(round: &mut Round, index: usize, now: i64) {
        let mut state = round.slots[index].state.clone();
        state.next_poll_at = Some(at(now + 3600));
        round.done(index, state, at(now));
    }

    #[test]
    fn a_host_is_asked_one_at_a_time_with_a_gap_and_others_beside_it() {
        let urls = [
            "https://a.example/1",
            "https://a.example/2",
            "https://b.example/",
        ];
        let mut round = round(&urls, 1, 5);
        assert_eq!(round.next(at(0)), Some(0));
        assert_eq!(round.next(at(0)), Some(2));
        assert!(round.is_awaited(0) && !round.is_awaited(2));
        assert_eq!(round.next(at(9)), None, "the first is still under way");
        assert_eq!(round.next_due(at(9)), None);
        done(&mut round, 0, 10);
        assert_eq!(round.next(at(14)), None);
        assert_eq!(round.next_due(at(14)), Some(at(15)));
        assert_eq!(round.next(at(15)), Some(1));
        done(&mut round, 1, 16);
        done(&mut round, 2, 16);
        assert_eq!(round.next_due(at(16)), Some(at(3610)));
    }

    #[test]
    fn several_at_a_time_if_the_user_wishes_and_no_gap_at_home() {
        let urls = [
            "https://a.example/1",
            "https://a.example/2",
            "https://a.example/3",
        ];
        let mut two = round(&urls, 2, 0);
        assert_eq!((two.next(at(0)), two.next(at(0))), (Some(0), Some(1)));
        assert_eq!(two.next(at(0)), None);
        done(&mut two, 1, 1);
        assert_eq!(two.next(at(1)), Some(2));

        let mut apart = round(&urls, 2, 5);
        assert_eq!((apart.next(at(0)), apart.next(at(0))), (Some(0), None));
        assert_eq!(apart.next(at(5)), Some(1));

        let mut home = round(&["http://127.0.0.1/1", "http://127.0.0.1/2"], 1, 5);
        assert_eq!(home.next(at(0)), Some(0));
        done(&mut home, 0, 1);
        assert_eq!(home.next(at(1)), Some(1));
    }

    #[test]
    fn a_clock_that_is_set_back_delays_nothing() {
        let mut round = round(&["https://a.example/1", "https://a.example/2"], 1, 5);
        assert_eq!(round.next(at(0)), Some(0));
        done(&mut round, 0, 10);
        assert_eq!(round.next_due(at(10)), Some(at(15)));
        round.set_back(SignedDuration::from_secs(1000));
        assert_eq!(
            round.next(at(-986)),
            None,
            "its host is asked in five seconds"
        );
        assert_eq!(round.next(at(-985)), Some(1));
        done(&mut round, 1, -980);
        assert_eq!(round.next_due(at(-980)), Some(at(2610)));
    }

    #[test]
    fn many_that_are_due_at_once_are_spread() {
        let urls: Vec<String> = (0..5000).map(|n| format!("https://{n}.example/")).collect();
        let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
        let mut round = round(&urls, 1, 1);
        let begun = |round: &mut Round, now: Timestamp| {
            round.admit(now);
            std::iter::from_fn(|| round.next(now)).collect::<Vec<_>>()
        };
        let mut polled = begun(&mut round, at(0));
        assert_eq!(polled.len(), AT_ONCE);
        for now in 1..=120 {
            let now = at(now);
            let more = begun(&mut round, now);
            assert!((30..60).contains(&more.len()), "{} at {now}", more.len());
            polled.extend(more);
        }
        assert_eq!(polled.len(), 5000);
        for index in polled {
            done(&mut round, index, 121);
        }
        assert_eq!(round.late(at(121)), None, "nobody slept");
        // Asleep for a day.
        assert_eq!(begun(&mut round, at(86_400)).len(), AT_ONCE);
        let late = round.late(at(86_400)).unwrap();
        let since = SignedDuration::from_secs(86_400 - 121 - 3600);
        assert_eq!((late.feeds, late.by), (5000, since));
        assert!(begun(&mut round, at(86_401)).len() < 60);
        assert_eq!(round.late(at(86_401)), Some(late));
        for now in 86_402..=86_520 {
            begun(&mut round, at(now));
        }
        assert_eq!(round.late(at(86_520)), None);
    }
}

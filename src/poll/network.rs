//! Is it the feed that cannot be reached, or the network of this machine?
//!
//! A server that cannot be reached says nothing of itself: its name is not found or no connection comes
//! about in just the same way if this machine has no network. So the first time is not held against the
//! feed; and once several hosts in a row cannot be reached and none can, it is the network.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// Hosts that must be out of reach, and none in reach, for it to be the network.
const HOSTS: usize = 3;

/// How soon a feed is asked again that could not be reached, and how often somebody is asked while
/// there is no network.
pub(super) const AGAIN: SignedDuration = SignedDuration::from_secs(30);

/// What is known of the network.
#[derive(Debug)]
pub(super) struct Network {
    /// How many hosts there are, apart from this machine.
    hosts: usize,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// Hosts that could not be reached since one could.
    unreached: HashSet<String>,
    /// Hosts that could not be reached the last time they were asked.
    doubted: HashSet<String>,
    /// Since when there is no network.
    down: Option<Timestamp>,
    /// When somebody was asked last.
    asked: Option<Timestamp>,
}

/// Whose fault it is that a host cannot be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The host's.
    Host,
    /// It is too early to say.
    Unknown,
    /// There is no network. Said once in this way.
    NetworkNow,
    /// There still is no network.
    Network,
}

impl Network {
    pub(super) fn new(hosts: usize) -> Network {
        Network {
            hosts,
            known: Mutex::default(),
        }
    }

    fn known<T>(&self, act: impl FnOnce(&mut Known) -> T) -> T {
        act(&mut self.known.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether there is no network.
    pub(super) fn is_down(&self) -> bool {
        self.known(|known| known.down.is_some())
    }

    /// Whether a host may be asked: without a network, one at a time is enough.
    pub(super) fn may_ask(&self, now: Timestamp) -> bool {
        self.known(|known| {
            let waits = known.down.is_some()
                && known
                    .asked
                    .is_some_and(|last| now.duration_since(last) < AGAIN);
            if !waits {
                known.asked = Some(now);
            }
            !waits
        })
    }

    /// A host could not be reached.
    pub(super) fn failed(&self, host: &str, now: Timestamp) -> Fault {
        self.known(|known| {
            known.unreached.insert(host.to_owned());
            let first = known.doubted.insert(host.to_owned());
            if known.down.is_some() {
                return Fault::Network;
            }
            if known.unreached.len() >= HOSTS.min(self.hosts).max(2) {
                known.down = Some(now);
                return Fault::NetworkNow;
            }
            // With one host alone nobody can tell.
            if first && self.hosts > 1 {
                Fault::Unknown
            } else {
                Fault::Host
            }
        })
    }

    /// A host answered, whatever it said; since when there had been no network, if there had been none.
    pub(super) fn reached(&self, host: &str) -> Option<Timestamp> {
        self.known(|known| {
            known.unreached.clear();
            known.doubted.remove(host);
            known.down.take()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
    }

    #[test]
    fn one_host_that_fails_twice_is_to_blame_if_others_answer() {
        let network = Network::new(10);
        assert_eq!(network.failed("a", at(0)), Fault::Unknown);
        assert_eq!(network.reached("b"), None);
        assert_eq!(network.failed("a", at(30)), Fault::Host);
        assert_eq!(network.failed("a", at(60)), Fault::Host);
        assert_eq!(network.reached("a"), None);
        assert_eq!(network.failed("a", at(90)), Fault::Unknown);
    }

    #[test]
    fn it_is_the_network_if_nobody_can_be_reached() {
        let network = Network::new(10);
        assert_eq!(network.failed("a", at(0)), Fault::Unknown);
        assert_eq!(network.failed("b", at(1)), Fault::Unknown);
        assert!(network.may_ask(at(1)) && network.may_ask(at(1)));
        assert_eq!(network.failed("c", at(2)), Fault::NetworkNow);
        assert_eq!(network.failed("d", at(3)), Fault::Network);
        assert!(!network.may_ask(at(10)));
        assert!(network.may_ask(at(31)));
        assert!(!network.may_ask(at(32)), "one at a time");
        assert_eq!(network.failed("a", at(33)), Fault::Network);
        assert_eq!(network.reached("b"), Some(at(2)));
        assert!(network.may_ask(at(33)) && network.may_ask(at(33)));
        assert_eq!(network.failed("b", at(40)), Fault::Unknown);
        assert_eq!(network.failed("a", at(41)), Fault::Host, "it failed before");
    }

    #[test]
    fn few_hosts_are_enough_if_there_are_no_more() {
        let network = Network::new(2);
        assert_eq!(network.failed("a", at(0)), Fault::Unknown);
        assert_eq!(network.failed("b", at(1)), Fault::NetworkNow);

        let network = Network::new(1);
        assert_eq!(network.failed("a", at(0)), Fault::Host);
        assert_eq!(network.failed("a", at(1)), Fault::Host);
    }
}

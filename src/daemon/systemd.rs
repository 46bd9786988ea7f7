//! What does systemd want to know? (`sd_notify(3)`; nothing happens where it did not start us.)

use std::fs::File;
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use sd_notify::NotifyState;

use super::Progress;
use crate::clock::Clock;
use crate::model::Trouble;
use crate::pulse::Pulse;
use crate::store::Store;

/// The loops are asked so many times within the time that the watchdog allows.
const QUESTIONS: u32 = 4;

/// Up to here the time to the next poll is said in seconds.
const SECONDS: SignedDuration = SignedDuration::from_mins(1);

/// Keeps `systemctl status` up to date.
pub(super) struct Status {
    progress: Progress,
    clock: Clock,
    store: Store,
    /// What was noted for `newsbell status`.
    noted: Option<Trouble>,
    /// A file descriptor to be given up when there is none to talk to systemd with.
    spare: Option<File>,
    /// Whether anybody listens: nobody else need be told every second how long it is to the next poll.
    heard: bool,
    said: String,
    ready: bool,
    today: Today,
}

/// Which hits are of today.
struct Today {
    date: Date,
    /// Hits of the day that were committed before the start.
    before: u64,
    /// Hits since the start that were committed on earlier days.
    earlier: u64,
}

impl Status {
    pub(super) fn new(progress: Progress, clock: Clock, store: Store) -> Status {
        let date = clock.now().to_zoned_datetime(TimeZone::system()).date();
        Status {
            progress,
            clock,
            store,
            noted: None,
            spare: spare(),
            heard: std::env::var_os("NOTIFY_SOCKET").is_some(),
            said: String::new(),
            ready: false,
            today: Today {
                date,
                before: 0,
                earlier: 0,
            },
        }
    }

    /// When today began.
    pub(super) fn midnight(&self) -> Timestamp {
        let midnight = TimeZone::system().to_ambiguous_timestamp(self.today.date.into());
        midnight.compatible().unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// So many hits of today were there before the start.
    pub(super) fn had_today(&mut self, hits: u64) {
        self.today.before = hits;
    }

    /// Waits for the loops or the clock to move, then says where they stand. Cancel-safe.
    pub(super) async fn follow(&mut self) {
        let (mut poll, mut deliver) = (
            self.progress.poll.subscribe(),
            self.progress.deliver.subscribe(),
        );
        let trouble = self.progress.poll.borrow().trouble.clone();
        if trouble != self.noted {
            let said = trouble.as_ref().map(ToString::to_string);
            self.store.note(said.as_deref());
            self.noted = trouble;
        }
        if self.heard {
            let now = self.clock.now();
            let sentence = self.sentence(now);
            if sentence != self.said {
                self.spare = None;
                tell(&[NotifyState::Status(&sentence)]);
                self.said = sentence;
                self.spare = spare();
            }
        }
        if !self.ready && self.progress.poll.borrow().started {
            self.ready = true;
            ready();
        }
        let untrue_at = self.untrue_at();
        tokio::select! {
            _ = poll.changed() => {}
            _ = deliver.changed() => {}
            () = self.clock.sleep_until(untrue_at), if self.heard => {}
        }
    }

    fn sentence(&mut self, now: Timestamp) -> String {
        let hits = self.hits_today(now);
        let poll = self.progress.poll.borrow();
        let mut parts = vec![format!("{} feeds", poll.feeds)];
        if poll.failing > 0 {
            parts.push(format!("{} failing", poll.failing));
        }
        if let Some(due) = poll.next_due {
            parts.push(format!("next poll {}", within(due.duration_since(now))));
        }
        parts.push(format!("{hits} hits today"));
        let sentence = parts.join(", ");
        match &poll.trouble {
            Some(trouble) => format!("{sentence}; {trouble}"),
            None => sentence,
        }
    }

    fn hits_today(&mut self, now: Timestamp) -> u64 {
        let hits = self.progress.poll.borrow().hits;
        let date = now.to_zoned_datetime(TimeZone::system()).date();
        if date != self.today.date {
            self.today = Today {
                date,
                before: 0,
                earlier: hits,
            };
        }
        self.today.before + hits.saturating_sub(self.today.earlier)
    }

    /// When the sentence needs to be said anew though nothing has happened.
    fn untrue_at(&self) -> Timestamp {
        let now = self.clock.now();
        let left = self.progress.poll.borrow().next_due;
        let left = left.map(|due| due.duration_since(now));
        let step = match left {
            Some(left) if left <= SignedDuration::ZERO => return Timestamp::MAX,
            Some(left) if left <= SECONDS + SignedDuration::from_secs(1) => {
                SignedDuration::from_secs(1)
            }
            _ => SECONDS,
        };
        now.saturating_add(step).unwrap_or(Timestamp::MAX)
    }
}

fn spare() -> Option<File> {
    File::open("/dev/null").ok()
}

/// A length of time from now.
fn within(left: SignedDuration) -> String {
    let seconds = left.as_secs();
    match seconds {
        i64::MIN..=0 => "now".to_owned(),
        1..=60 => format!("in {seconds} s"),
        61..=5400 => format!("in {} min", seconds.div_euclid(60)),
        _ => format!("in {} h", (seconds + 1800).div_euclid(3600)),
    }
}

pub(super) fn ready() {
    tell(&[NotifyState::Ready]);
}

pub(super) fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// systemd 252 has no `Type=notify-reload`, but understands its messages.
pub(super) fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(error) => tracing::debug!(%error, "no monotonic clock"),
    }
}

/// Tells the watchdog, if there is one, that all loops still move, for as long as they do.
pub(super) async fn keep_alive(pulse: Pulse) {
    let Some(limit) = sd_notify::watchdog_enabled() else {
        return std::future::pending().await;
    };
    let pause: Duration = limit / QUESTIONS;
    loop {
        pulse.ask().await;
        tell(&[NotifyState::Watchdog]);
        tokio::time::sleep(pause).await;
    }
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "systemd could not be told");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(-5, "now")]
    #[case(12, "in 12 s")]
    #[case(60, "in 60 s")]
    #[case(179, "in 2 min")]
    #[case(5400, "in 90 min")]
    #[case(21_000, "in 6 h")]
    fn lengths_of_time_are_said_as_people_do(#[case] seconds: i64, #[case] said: &str) {
        assert_eq!(within(SignedDuration::from_secs(seconds)), said);
    }

    #[test]
    fn the_hits_of_yesterday_are_not_those_of_today() {
        let (clock, hands) = Clock::set_to("2026-03-04T05:06:07Z".parse().unwrap());
        let progress = Progress::default();
        let dir = tempfile::TempDir::new().unwrap();
        let store = Store::open(&dir.path().join("newsbell.db")).unwrap();
        let mut status = Status::new(progress.clone(), clock.clone(), store);
        assert!(status.midnight() <= clock.now());
        status.had_today(40);
        progress.poll.send_modify(|poll| {
            poll.feeds = 214;
            poll.failing = 3;
            poll.hits = 1;
            poll.next_due = Some(clock.now() + SignedDuration::from_secs(12));
        });
        assert_eq!(
            status.sentence(clock.now()),
            "214 feeds, 3 failing, next poll in 12 s, 41 hits today"
        );
        hands.advance(SignedDuration::from_hours(24));
        progress.poll.send_modify(|poll| poll.next_due = None);
        let sentence = status.sentence(clock.now());
        assert_eq!(sentence, "214 feeds, 3 failing, 0 hits today");
        progress.poll.send_modify(|poll| {
            poll.hits = 3;
            poll.trouble = Some(Trouble::NoNetwork);
        });
        let sentence = status.sentence(clock.now());
        let trouble = "no network: feeds are asked again as soon as it is back";
        assert_eq!(
            sentence,
            format!("214 feeds, 3 failing, 2 hits today; {trouble}")
        );
    }
}

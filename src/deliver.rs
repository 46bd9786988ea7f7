//! Has everything been told that was committed? Leases alerts, sends them, records the outcome.

use std::time::Duration;

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::channel::{Channel, SendError};
use crate::clock::Clock;
use crate::model::{AlertId, AlertView};
use crate::pulse::Beat;
use crate::render;
use crate::store::{self, Settled, Store, StoreError};

/// Alerts leased at once.
const LEASE: usize = 8;

/// The first pause after a failed attempt; it doubles with every further one.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(5);

/// The longest pause between two attempts, unless the channel asks for more. A person who has just
/// logged in does not wait longer for what was missed.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(1);

/// The most that a channel may ask us to wait.
const ASKED_CAP: SignedDuration = SignedDuration::from_hours(24);

/// When a channel works again after a failure, at most so many alerts are shown one by one; more
/// are told in one summary, however young they are.
const BURST: usize = 4;

/// How long a stop waits for a message that is being sent.
const GRACE: Duration = Duration::from_secs(2);

/// A channel as the loop sees it.
#[derive(Debug)]
pub struct Outlet {
    /// Its name in the configuration.
    pub name: String,
    /// Where its messages go.
    pub channel: Channel,
    /// Alerts that could not be told for so long are folded into one summary.
    pub away_after: SignedDuration,
}

/// Where the delivery loop stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// How many bumps of the outbox every channel has looked at; all there will ever be, for one that
    /// is down and looks at nothing before its next attempt.
    pub seen: u64,
    /// When the next attempt of any channel is due.
    pub next_due: Option<Timestamp>,
    /// Messages confirmed by their channels so far.
    pub sent: u64,
    /// Whether every channel is waiting for something to do.
    pub idle: bool,
}

/// What became of one channel's part of a pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Passed {
    /// Messages confirmed.
    pub sent: u64,
    /// What the channel said when it refused, if it did.
    pub error: Option<String>,
}

/// Delivers until `stop`. Every channel goes its own way: one that hangs delays no other.
pub async fn run(
    store: Store,
    outlets: Vec<Outlet>,
    (clock, outbox): (Clock, watch::Receiver<u64>),
    (progress, stop, mut beat): (watch::Sender<Progress>, CancellationToken, Beat),
) {
    let states = watch::Sender::new(vec![Progress::default(); outlets.len()]);
    let publish = |index: usize, state: Progress| {
        states.send_modify(|states| states[index] = state);
        let states = states.borrow();
        progress.send_replace(Progress {
            seen: states
                .iter()
                .map(|state| state.seen)
                .min()
                .unwrap_or(u64::MAX),
            next_due: states.iter().filter_map(|state| state.next_due).min(),
            sent: states.iter().map(|state| state.sent).sum(),
            idle: states.iter().all(|state| state.idle),
        });
    };
    let loops = outlets.iter().enumerate().map(|(index, outlet)| {
        let line = Line {
            store: &store,
            outlet,
            clock: &clock,
            stop: &stop,
        };
        let outbox = outbox.clone();
        let publish = &publish;
        async move { line.run(outbox, |state| publish(index, state)).await }
    });
    if outlets.is_empty() {
        progress.send_replace(Progress {
            seen: u64::MAX,
            idle: true,
            ..Progress::default()
        });
    }
    let lines = async {
        if outlets.is_empty() {
            stop.cancelled().await;
        }
        join_all(loops).await
    };
    tokio::pin!(lines);
    loop {
        tokio::select! {
            _ = &mut lines => return,
            question = beat.asked() => beat.answer(question),
        }
    }
}

/// Makes one attempt at everything that is due on one channel.
pub async fn pass(store: &Store, outlet: &Outlet, clock: &Clock) -> Result<Passed, StoreError> {
    let line = Line {
        store,
        outlet,
        clock,
        stop: &CancellationToken::new(),
    };
    let mut passed = Passed::default();
    loop {
        let (sent, held) = line.send_due().await?;
        passed.sent += sent;
        if let Some((_, error)) = held {
            passed.error = Some(error);
            return Ok(passed);
        }
        if sent == 0 {
            return Ok(passed);
        }
    }
}

/// One channel on its way.
#[derive(Clone, Copy)]
struct Line<'l> {
    store: &'l Store,
    outlet: &'l Outlet,
    clock: &'l Clock,
    stop: &'l CancellationToken,
}

impl Line<'_> {
    async fn run(self, mut outbox: watch::Receiver<u64>, publish: impl Fn(Progress)) {
        let mut state = Progress::default();
        let mut failing = false;
        while !self.stop.is_cancelled() {
            state.idle = false;
            publish(state.clone());
            // Marked as seen before looking: what is committed while we look wakes us again.
            state.seen = *outbox.borrow_and_update();
            let mut held_until = None;
            match self.send_due().await {
                Ok((sent, None)) => {
                    state.sent += sent;
                    if failing && sent > 0 {
                        tracing::info!(channel.name = self.outlet.name, "channel works again");
                        failing = false;
                    }
                    if sent > 0 {
                        continue;
                    }
                }
                Ok((sent, Some((until, error)))) => {
                    state.sent += sent;
                    if !failing {
                        tracing::warn!(
                            channel.name = self.outlet.name,
                            error,
                            "channel fails: alerts wait in the outbox"
                        );
                    }
                    failing = true;
                    held_until = Some(until);
                }
                Err(error) => {
                    if !failing {
                        tracing::error!(channel.name = self.outlet.name, %error, "the outbox cannot be read");
                    }
                    failing = true;
                    held_until = Some(after(self.clock.now(), LONGEST_PAUSE));
                }
            }
            state.next_due = match held_until {
                Some(until) => {
                    state.seen = u64::MAX;
                    Some(until)
                }
                None => self.next_due().await,
            };
            state.idle = true;
            publish(state.clone());
            tokio::select! {
                () = self.stop.cancelled() => {}
                // While the channel is down, new alerts wait for the next attempt.
                changed = outbox.changed(), if held_until.is_none() => {
                    if changed.is_err() {
                        return;
                    }
                }
                // It would not be tried before the clock shows again what it showed.
                _ = self.clock.set_back() => {}
                () = self.sleep(state.next_due) => {}
            }
        }
    }

    async fn sleep(self, until: Option<Timestamp>) {
        match until {
            Some(until) => self.clock.sleep_until(until).await,
            None => std::future::pending().await,
        }
    }

    async fn next_due(self) -> Option<Timestamp> {
        let name = self.outlet.name.clone();
        match self.store.write(move |tx| tx.next_due(&name)).await {
            Ok(due) => due,
            Err(_) => Some(after(self.clock.now(), LONGEST_PAUSE)),
        }
    }

    /// Sends what is due until something is refused; returns how much went, and if something was
    /// refused, when to try again and what the channel said.
    async fn send_due(self) -> Result<(u64, Option<(Timestamp, String)>), StoreError> {
        let leased = self.lease().await?;
        let mut sent = 0;
        let mut leased = leased.into_iter();
        while let Some(alert) = leased.next() {
            let held = self.tell(&alert).await?;
            if held.is_none() {
                sent += 1;
            }
            if held.is_some() || self.stop.is_cancelled() {
                self.give_back(leased.map(|alert| alert.id).collect())
                    .await?;
                return Ok((sent, held));
            }
        }
        Ok((sent, None))
    }

    /// Folds what is too old or too much to be told one by one, then leases what is due.
    async fn lease(self) -> Result<Vec<AlertView>, StoreError> {
        let now = self.clock.now();
        let name = self.outlet.name.clone();
        let cutoff = now
            .saturating_sub(self.outlet.away_after)
            .unwrap_or(Timestamp::MIN);
        self.store
            .write(move |tx| {
                let waiting = tx.waiting(&name, cutoff)?;
                if waiting.tried && waiting.alerts > BURST {
                    tx.fold(&name, Timestamp::MAX, now, &store::new_alert_id())?;
                } else if waiting.old > 1 || (waiting.old > 0 && waiting.summary) {
                    tx.fold(&name, cutoff, now, &store::new_alert_id())?;
                }
                tx.lease(&name, now, LEASE)
            })
            .await
    }

    /// Sends one leased alert and records what came of it; if it is to be tried again, says when
    /// and why.
    async fn tell(self, alert: &AlertView) -> Result<Option<(Timestamp, String)>, StoreError> {
        let message = render::message(alert);
        let answer = tokio::select! {
            answer = self.outlet.channel.send(&message) => Some(answer),
            () = async { self.stop.cancelled().await; tokio::time::sleep(GRACE).await } => None,
        };
        let now = self.clock.now();
        let settled = match answer {
            Some(Ok(receipt)) => {
                tracing::info!(
                    channel.name = self.outlet.name,
                    alert.id = alert.id.0,
                    receipt = receipt.reference,
                    "told: {}",
                    message.title
                );
                Settled::Sent
            }
            Some(Err(SendError::Later {
                reason,
                after: asked,
            })) => Settled::Later {
                due_at: after(now, pause(alert.attempts, asked)),
                error: reason.to_string(),
            },
            Some(Err(SendError::Never { reason })) => {
                tracing::error!(
                    channel.name = self.outlet.name,
                    alert.id = alert.id.0,
                    error = %reason,
                    "an alert was refused for good"
                );
                Settled::Dead {
                    error: reason.to_string(),
                }
            }
            None => Settled::Later {
                due_at: now,
                error: "newsbell was stopped while it was being sent".to_owned(),
            },
        };
        let held = match &settled {
            Settled::Later { due_at, error } => Some((*due_at, error.clone())),
            Settled::Sent | Settled::Dead { .. } => None,
        };
        let (id, name) = (alert.id.clone(), self.outlet.name.clone());
        self.store
            .write(move |tx| tx.settle(&id, &name, now, &settled))
            .await?;
        Ok(held)
    }

    async fn give_back(self, alerts: Vec<AlertId>) -> Result<(), StoreError> {
        if alerts.is_empty() {
            return Ok(());
        }
        let name = self.outlet.name.clone();
        self.store
            .write(move |tx| alerts.iter().try_for_each(|alert| tx.release(alert, &name)))
            .await
    }
}

/// The pause after attempt number `attempts` failed.
fn pause(attempts: u32, asked: Option<SignedDuration>) -> SignedDuration {
    let doublings = attempts.saturating_sub(1).min(16);
    let pause = FIRST_PAUSE
        .checked_mul(1 << doublings)
        .unwrap_or(LONGEST_PAUSE)
        .min(LONGEST_PAUSE);
    pause.max(asked.unwrap_or(SignedDuration::ZERO).min(ASKED_CAP))
}

fn after(now: Timestamp, pause: SignedDuration) -> Timestamp {
    now.saturating_add(pause).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_minute_unless_asked_for_more() {
        let pauses: Vec<i64> = (1..=6)
            .map(|attempt| pause(attempt, None).as_secs())
            .collect();
        assert_eq!(pauses, [5, 10, 20, 40, 60, 60]);
        let hour = SignedDuration::from_hours(1);
        assert_eq!(pause(1, Some(hour)), hour);
        assert_eq!(pause(1, Some(SignedDuration::MAX)), ASKED_CAP);
    }
}

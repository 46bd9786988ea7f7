//! Has everything been told that was committed? Leases alerts, sends them, records the outcome.

mod answers;
mod joined;
mod manner;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::channel::{Channel, SendError};
use crate::clock::Clock;
use crate::model::{AlertId, AlertView};
use crate::pulse::Beat;
use crate::render::wording::Wording;
use crate::store::{self, Settled, Store, StoreError};
use joined::Joined;
pub use manner::Manner;
use manner::pause;

/// Alerts leased at once.
const LEASE: usize = 8;

/// How long to wait when the outbox itself cannot be read.
const OUTBOX_PAUSE: SignedDuration = SignedDuration::from_mins(1);

/// When a channel works again after a failure, at most so many alerts are shown one by one; more
/// are told in one summary, however young they are.
const BURST: usize = 4;

/// An alert refused so often may itself be what its channel does not take: the one behind it is tried as
/// well, and if that is taken, the others no longer wait for it.
const STUBBORN: u32 = 6;

/// How long a stop waits for a message that is being sent.
const GRACE: Duration = Duration::from_secs(2);

/// A channel as the loop sees it.
#[derive(Debug)]
pub struct Outlet {
    /// Its name in the configuration.
    pub name: String,
    /// Where its messages go.
    pub channel: Channel,
    /// In whose words it speaks.
    pub wording: Wording,
    /// How it is treated.
    pub manner: Manner,
    complained: AtomicBool,
}

impl Outlet {
    /// A channel with its name and ways.
    #[must_use]
    pub fn new(name: &str, channel: Channel, wording: Wording, manner: Manner) -> Outlet {
        Outlet {
            name: name.to_owned(),
            channel,
            wording,
            manner,
            complained: AtomicBool::new(false),
        }
    }
}

/// What wakes a channel that waits.
#[derive(Clone, Debug)]
pub struct Wakes {
    /// Bumped whenever alerts are committed.
    pub outbox: watch::Receiver<u64>,
    /// Bumped whenever a person asks for another attempt.
    pub retries: watch::Receiver<u64>,
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
    (clock, wakes): (Clock, Wakes),
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
    // Before anything is sent: what is to be answered is shown with its answers.
    let heeded = outlets
        .iter()
        .map(|outlet| answers::heed(&store, outlet, &clock));
    let heeded: Vec<_> = heeded.collect();
    let loops = outlets.iter().enumerate().map(|(index, outlet)| {
        let line = Line {
            store: &store,
            outlet,
            clock: &clock,
            stop: &stop,
        };
        let wakes = wakes.clone();
        let publish = &publish;
        async move { line.run(wakes, |state| publish(index, state)).await }
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
    let answers = async {
        join_all(heeded).await;
        std::future::pending::<()>().await;
    };
    tokio::pin!(lines, answers);
    loop {
        tokio::select! {
            _ = &mut lines => return,
            () = &mut answers => {}
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
        let sweep = line.send_due().await?;
        passed.sent += sweep.sent;
        if let Some((_, error)) = sweep.held {
            passed.error = Some(error);
            return Ok(passed);
        }
        if !sweep.moved {
            return Ok(passed);
        }
    }
}

/// What one look at the outbox came to.
#[derive(Debug, Default)]
struct Sweep {
    /// Messages confirmed.
    sent: u64,
    /// Whether anything left the outbox: there may be more.
    moved: bool,
    /// When to try again, and what the channel said, if it refused.
    held: Option<(Timestamp, String)>,
    /// When the channel's rate lets the next alert through, if it lets none through now.
    free_at: Option<Timestamp>,
}

/// What became of one alert.
enum Told {
    Sent,
    Dead,
    /// It waits; whether the channel itself said for how long.
    Held {
        until: Timestamp,
        error: String,
        asked: bool,
    },
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
    async fn run(self, mut wakes: Wakes, publish: impl Fn(Progress)) {
        let mut state = Progress::default();
        let mut failing = false;
        let mut joined = Joined::default();
        while !self.stop.is_cancelled() {
            state.idle = false;
            publish(state.clone());
            // Marked as seen before looking: what is committed while we look wakes us again.
            state.seen = *wakes.outbox.borrow_and_update();
            wakes.retries.borrow_and_update();
            let (mut held_until, mut free_at) = (None, None);
            match self.send_due().await {
                Ok(sweep) => {
                    state.sent += sweep.sent;
                    free_at = sweep.free_at;
                    if failing && sweep.sent > 0 && sweep.held.is_none() {
                        tracing::info!(channel.name = self.outlet.name, "channel works again");
                        failing = false;
                    }
                    match sweep.held {
                        None if sweep.moved => continue,
                        None => {}
                        Some((until, error)) => {
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
                    }
                }
                Err(error) => {
                    if !failing {
                        tracing::error!(channel.name = self.outlet.name, %error, "the outbox cannot be read");
                    }
                    failing = true;
                    held_until = Some(after(self.clock.now(), OUTBOX_PAUSE));
                }
            }
            state.next_due = if held_until.is_some() {
                state.seen = u64::MAX;
                held_until
            } else {
                let due = self.next_due().await;
                let due = due.map(|due| free_at.map_or(due, |free| due.max(free)));
                let changes = joined.show(self).await;
                due.into_iter().chain(changes).min()
            };
            state.idle = true;
            publish(state.clone());
            tokio::select! {
                () = self.stop.cancelled() => {}
                // While the channel is down, new alerts wait for the next attempt.
                changed = wakes.outbox.changed(), if held_until.is_none() => {
                    if changed.is_err() {
                        return;
                    }
                }
                // It would not be tried before the clock shows again what it showed.
                _ = self.clock.set_back() => {}
                () = asked_for(&mut wakes.retries) => {}
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
            Err(_) => Some(after(self.clock.now(), OUTBOX_PAUSE)),
        }
    }

    /// Sends what is due until the channel refuses.
    async fn send_due(self) -> Result<Sweep, StoreError> {
        let (leased, free_at) = self.lease().await?;
        let mut sweep = Sweep {
            free_at,
            ..Sweep::default()
        };
        let mut leased = leased.into_iter();
        while let Some(alert) = leased.next() {
            let together = sweep.held.as_ref().map(|(until, _)| *until);
            let told = self.tell(&alert, together).await?;
            let stopped = self.stop.is_cancelled();
            let mut done = stopped;
            match told {
                Told::Sent => {
                    sweep.sent += 1;
                    sweep.moved = true;
                    if let Some((_, error)) = sweep.held.take() {
                        tracing::debug!(
                            channel.name = self.outlet.name,
                            error,
                            "the channel takes other alerts than the one it refuses"
                        );
                    }
                }
                Told::Dead => sweep.moved = true,
                Told::Held {
                    until,
                    error,
                    asked,
                } => {
                    done |= asked || together.is_some() || alert.attempts < STUBBORN;
                    match &mut sweep.held {
                        None => sweep.held = Some((until, error)),
                        Some((held, _)) => *held = until.max(*held),
                    }
                }
            }
            if done {
                self.give_back(leased.map(|alert| alert.id).collect())
                    .await?;
                return Ok(sweep);
            }
        }
        Ok(sweep)
    }

    /// Leases what is due, as much as the channel's rate allows, and says when it allows more. What is too
    /// old or too much to be told one by one is folded first, where the channel wants that.
    async fn lease(self) -> Result<(Vec<AlertView>, Option<Timestamp>), StoreError> {
        let now = self.clock.now();
        let name = self.outlet.name.clone();
        let manner = self.outlet.manner;
        self.store
            .write(move |tx| {
                if let Some(away_after) = manner.away_after {
                    let cutoff = now.saturating_sub(away_after).unwrap_or(Timestamp::MIN);
                    let waiting = tx.waiting(&name, cutoff)?;
                    if waiting.tried && waiting.alerts > BURST {
                        tx.fold(&name, Timestamp::MAX, now, &store::new_alert_id())?;
                    } else if waiting.old > 1 || (waiting.old > 0 && waiting.summary) {
                        tx.fold(&name, cutoff, now, &store::new_alert_id())?;
                    }
                }
                let (room, free_at) = match manner.rate {
                    Some(rate) => tx.room(&name, rate, now)?,
                    None => (LEASE, None),
                };
                Ok((tx.lease(&name, now, room.min(LEASE))?, free_at))
            })
            .await
    }

    /// Sends one leased alert and records what came of it. If another waits for the channel already, until
    /// `together`, both are due at once, or they would overtake each other.
    async fn tell(
        self,
        alert: &AlertView,
        together: Option<Timestamp>,
    ) -> Result<Told, StoreError> {
        let said = self.outlet.wording.say(alert);
        if !said.faults.is_empty() && !self.outlet.complained.swap(true, Ordering::Relaxed) {
            tracing::error!(
                channel.name = self.outlet.name,
                alert.id = alert.id.0,
                error = said.faults.join("; "),
                "a template fails: alerts are told in newsbell's own words"
            );
        }
        let answer = tokio::select! {
            answer = self.outlet.channel.send(&said, self.clock.now()) => Some(answer),
            () = async { self.stop.cancelled().await; tokio::time::sleep(GRACE).await } => None,
        };
        let now = self.clock.now();
        let mut was_asked = false;
        let settled = match answer {
            Some(Ok(receipt)) => {
                tracing::info!(
                    channel.name = self.outlet.name,
                    alert.id = alert.id.0,
                    receipt = receipt.reference,
                    "told: {}",
                    said.message.title
                );
                Settled::Sent
            }
            Some(Err(SendError::Later {
                reason,
                after: asked,
            })) => {
                was_asked = asked.is_some();
                let pause = pause(alert.attempts, asked, (self.outlet.manner, fastrand::f64()));
                Settled::Later {
                    due_at: after(now, pause),
                    error: reason.to_string(),
                }
            }
            Some(Err(SendError::Never { reason })) => {
                self.lament(alert, &reason.to_string());
                Settled::Dead {
                    error: reason.to_string(),
                }
            }
            None => Settled::Later {
                due_at: now,
                error: "newsbell was stopped while it was being sent".to_owned(),
            },
        };
        let (told, settled) = match settled {
            Settled::Sent => (Told::Sent, settled),
            Settled::Dead { .. } => (Told::Dead, settled),
            Settled::Later { due_at, error } => {
                let held = Told::Held {
                    until: if was_asked {
                        due_at
                    } else {
                        together.unwrap_or(due_at)
                    },
                    error: error.clone(),
                    asked: was_asked,
                };
                let due_at = together.unwrap_or(due_at);
                (held, Settled::Later { due_at, error })
            }
        };
        let (id, name) = (alert.id.clone(), self.outlet.name.clone());
        let patience = self.outlet.manner.give_up_after;
        let given_up = self
            .store
            .write(move |tx| {
                let since = tx.waits_since(&id, &name)?;
                let over = patience.is_some_and(|patience| now.duration_since(since) >= patience);
                match settled {
                    Settled::Later { error, .. } if over => {
                        let dead = Settled::Dead { error };
                        tx.settle(&id, &name, now, &dead)?;
                        Ok(true)
                    }
                    settled => {
                        tx.settle(&id, &name, now, &settled)?;
                        Ok(false)
                    }
                }
            })
            .await?;
        if let Told::Held { error, .. } = &told
            && given_up
        {
            self.lament(alert, error);
        }
        Ok(told)
    }

    /// Says that an alert was given up.
    fn lament(self, alert: &AlertView, error: &str) {
        tracing::error!(
            channel.name = self.outlet.name,
            alert.id = alert.id.0,
            error,
            "an alert was given up: `newsbell outbox` keeps it, `newsbell outbox retry` sends it again"
        );
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

/// Returns when a person asks for another attempt; never, where nobody can.
async fn asked_for(retries: &mut watch::Receiver<u64>) {
    if retries.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn after(now: Timestamp, pause: SignedDuration) -> Timestamp {
    now.saturating_add(pause).unwrap_or(Timestamp::MAX)
}

//! Who starts the three loops, gives them a new configuration, and stops them?
//!
//! The only place that spawns. A configuration is swapped whole: the loops end gently, with every
//! poll under way brought to its end, and begin again with the new one. A loop that ends unbidden
//! ends the program, and systemd starts it again.

mod reload;
mod signals;
mod systemd;
mod watch;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch as latest;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::channel::Channel;
use crate::channel::desktop::Desktop;
use crate::clock::Clock;
use crate::config::{Config, DESKTOP};
use crate::decide::{self, Decider, Rules};
use crate::deliver::{self, Manner, Outlet, Wakes};
use crate::fetch::{Fetcher, Limits};
use crate::model::channel::Wording as Written;
use crate::model::{Batch, Decided, Feed, FeedState};
use crate::poll::{self, End, Readers, Tools};
use crate::pulse::Pulse;
use crate::render::escape::Markup;
use crate::render::wording::{Wording, markup};
use crate::rules::frequencies::Frequencies;
use crate::store::{Store, StoreError, Tx, knock_path};
use crate::text::Scanner;

/// How long a stop may take before what still runs is dropped. Nothing is lost by dropping it:
/// polls are repeated, leases are taken back.
const STOPPING: Duration = Duration::from_millis(4500);

/// Stored items whose words tell how common words are.
const TEXTS: usize = 1000;

/// How much longer than the gap between two requests a connection is kept.
const IDLE: Duration = Duration::from_secs(2);

/// The longest that a connection is kept.
const LONGEST_IDLE: Duration = Duration::from_secs(30);

/// The configuration is read again when its files have been left alone for so long: editors write in several
/// steps...
const SETTLED: SignedDuration = SignedDuration::from_millis(500);

/// ...and this long after the first change, however often they are written.
const SETTLED_AT_LAST: SignedDuration = SignedDuration::from_secs(5);

/// Batches that may wait for their turn to be decided.
const BATCHES: usize = 32;

/// Changes of local feeds that may wait to be noticed.
const NUDGES: usize = 64;

/// Everything a daemon needs to live.
#[derive(Debug)]
pub struct Daemon {
    /// Where the configuration is read again from.
    pub config_path: PathBuf,
    /// The configuration to begin with.
    pub config: Config,
    /// The database, owned.
    pub store: Store,
    /// The time it lives in.
    pub clock: Clock,
}

/// What a daemon can be asked to do while it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// Read the configuration again.
    Reload,
    /// End, with everything committed.
    Stop,
}

/// Where the loops stand. Everything is at rest when [`Progress::is_idle`] says so.
#[derive(Clone, Debug)]
pub struct Progress {
    /// The poll loop.
    pub poll: latest::Sender<poll::Progress>,
    /// The delivery loop.
    pub deliver: latest::Sender<deliver::Progress>,
    /// Bumped whenever alerts are committed.
    pub outbox: latest::Sender<u64>,
    /// Bumped whenever a request to reload has been dealt with, for good or ill.
    pub reloads: latest::Sender<u64>,
    /// Whether the loops still move.
    pub pulse: Pulse,
}

impl Default for Progress {
    fn default() -> Self {
        Progress {
            poll: latest::Sender::new(poll::Progress::default()),
            deliver: latest::Sender::new(deliver::Progress::default()),
            outbox: latest::Sender::new(0),
            reloads: latest::Sender::new(0),
            pulse: Pulse::default(),
        }
    }
}

impl Progress {
    /// Whether nothing happens before some later time than `now`.
    #[must_use]
    pub fn is_idle(&self, now: Timestamp) -> bool {
        let poll = self.poll.borrow();
        let deliver = self.deliver.borrow();
        let later = |due: Option<Timestamp>| due.is_none_or(|due| due > now);
        poll.under_way == 0
            && poll.started
            && later(poll.next_due)
            && deliver.idle
            && deliver.seen >= *self.outbox.borrow()
            && later(deliver.next_due)
    }
}

impl Daemon {
    /// Runs until SIGTERM or SIGINT; SIGHUP reads the configuration again. Tells systemd, if it
    /// started us, when we are ready, what we are doing and that we are stopping.
    pub async fn serve(self) -> anyhow::Result<()> {
        let (ask, requests) = mpsc::channel(1);
        let progress = Progress::default();
        let mut signals = signals::Signals::new().context("cannot listen for signals")?;
        let mut status =
            systemd::Status::new(progress.clone(), self.clock.clone(), self.store.clone());
        let midnight = status.midnight();
        let totals = self.store.write(move |tx| tx.totals(midnight)).await?;
        status.had_today(totals.recent_hits);
        let alive = systemd::keep_alive(progress.pulse.clone());
        let daemon = self.run(requests, progress);
        tokio::pin!(daemon, alive);
        loop {
            tokio::select! {
                ended = &mut daemon => return ended,
                request = signals.next() => {
                    if request == Request::Stop {
                        systemd::stopping();
                    }
                    // Full only while an earlier request is being worked on.
                    let _ = ask.try_send(request);
                }
                () = status.follow() => {}
                () = &mut alive => {}
            }
        }
    }

    /// Runs until asked to stop, or until nobody is left who could ask.
    pub async fn run(
        mut self,
        mut requests: mpsc::Receiver<Request>,
        progress: Progress,
    ) -> anyhow::Result<()> {
        // It outlives a reload: what it shows stays on the screen, and can be answered.
        let desktop = Arc::<Desktop>::default();
        let mut life = self.begin(&progress, &desktop).await?;
        let (change, mut changes) = mpsc::channel(1);
        let watch = |daemon: &Daemon| {
            watch::configuration(&daemon.config_path, &daemon.config.files, change.clone())
        };
        // It watches the directories there are, so there is another one before files are read and after; the old
        // one is dropped when the new one watches.
        let mut watcher = watch(&self);
        // When the first change of the configuration's files was seen that has not been read yet, and the last.
        let mut unread: Option<(Timestamp, Timestamp)> = None;
        loop {
            let settled = unread.map(|(first, last)| {
                let (quiet, late) = (
                    last.checked_add(SETTLED),
                    first.checked_add(SETTLED_AT_LAST),
                );
                quiet.unwrap_or(last).min(late.unwrap_or(last))
            });
            tokio::select! {
                () = life.broke() => anyhow::bail!("a loop ended that should not have"),
                Some(()) = changes.recv() => {
                    let now = self.clock.now();
                    unread = Some((unread.map_or(now, |(first, _)| first), now));
                }
                () = self.clock.sleep_until(settled.unwrap_or(Timestamp::MAX)), if settled.is_some() => {
                    unread = None;
                    drop(std::mem::replace(&mut watcher, watch(&self)));
                    life = self.reload(life, (&progress, &desktop)).await?;
                    drop(std::mem::replace(&mut watcher, watch(&self)));
                }
                request = requests.recv() => match request {
                    Some(Request::Reload) => {
                        unread = None;
                        drop(std::mem::replace(&mut watcher, watch(&self)));
                        life = self.reload(life, (&progress, &desktop)).await?;
                        drop(std::mem::replace(&mut watcher, watch(&self)));
                    }
                    Some(Request::Stop) | None => {
                        life.end_now().await;
                        tracing::info!("stopped");
                        return Ok(());
                    }
                },
            }
        }
    }

    async fn begin(&self, progress: &Progress, desktop: &Arc<Desktop>) -> anyhow::Result<Life> {
        let parts = Parts::new(&self.config, &self.store, self.clock.clone(), desktop).await?;
        let end = End::default();
        let stop_telling = CancellationToken::new();
        let (nudge, nudges) = mpsc::channel::<Url>(NUDGES);
        let watcher = watch::local_feeds(&self.config.feeds, nudge);
        let (knock, knocks) = latest::channel(0);
        let door = watch::door(&knock_path(self.store.path()), knock);
        let wakes = Wakes {
            outbox: progress.outbox.subscribe(),
            retries: knocks,
        };
        // What the loops of the old configuration said last is not true of the new ones.
        progress.poll.send_modify(|poll| poll.started = false);
        progress.deliver.send_modify(|deliver| deliver.idle = false);
        let mut loops = JoinSet::new();
        let rules = Arc::clone(&parts.rules);
        let decider = decide::run(
            self.store.clone(),
            Decider::new(parts.rules, self.config.stories.window),
            self.config.store.keep,
            (
                self.clock.clone(),
                parts.inbox,
                progress.outbox.clone(),
                progress.pulse.beat(),
            ),
        );
        let teller = deliver::run(
            self.store.clone(),
            parts.outlets,
            (self.clock.clone(), wakes),
            (
                progress.deliver.clone(),
                stop_telling.clone(),
                progress.pulse.beat(),
            ),
        );
        let poller = poll::run(
            parts.feeds,
            parts.tools,
            nudges,
            (progress.poll.clone(), end.clone(), progress.pulse.beat()),
        );
        #[expect(clippy::disallowed_methods, reason = "the one spawner")]
        {
            loops.spawn(decider);
            loops.spawn(teller);
            loops.spawn(poller);
        }
        tracing::info!(
            feeds = self.config.feeds.len(),
            rules = self.config.rules.len(),
            database = %self.store.path().display(),
            "watching"
        );
        Ok(Life {
            loops,
            end,
            stop_telling,
            _watchers: [watcher, door],
            rules,
            refused: None,
        })
    }
}

/// What the loops are made of.
#[derive(Debug)]
pub struct Parts {
    /// Feeds with their state.
    pub feeds: Vec<(Arc<Feed>, FeedState)>,
    /// What polls with.
    pub tools: Tools,
    /// Where batches arrive.
    pub inbox: mpsc::Receiver<(Batch, oneshot::Sender<Result<Decided, StoreError>>)>,
    /// What is matched.
    pub rules: Arc<Rules>,
    /// Where alerts go.
    pub outlets: Vec<Outlet>,
}

impl Parts {
    /// Makes them from a configuration.
    pub async fn new(
        config: &Config,
        store: &Store,
        clock: Clock,
        desktop: &Arc<Desktop>,
    ) -> anyhow::Result<Parts> {
        let fetcher = fetcher(config)?;
        let learn = |tx: &Tx<'_>| {
            let (mut learnt, mut scanner) = (Frequencies::default(), Scanner::default());
            tx.recent_texts(TEXTS, |title, body| {
                learnt.learn((title, body), &mut scanner);
            })?;
            Ok(learnt)
        };
        let rules = Arc::new(rules(config, &store.write(learn).await?)?);
        let feeds = config.feeds.clone();
        let feeds = store
            .write(move |tx| {
                let mut known = Vec::with_capacity(feeds.len());
                for feed in feeds {
                    let state = tx.feed(&feed)?;
                    known.push((feed, state));
                }
                Ok(known)
            })
            .await?;
        let (batches, inbox) = mpsc::channel(BATCHES);
        Ok(Parts {
            feeds,
            tools: Tools {
                fetcher,
                clock,
                batches,
                store: store.clone(),
                concurrency: config.poll.concurrency,
                readers: Readers::new()?,
                manners: poll::Manners {
                    per_host: config.poll.per_host,
                    gap: config.poll.host_gap,
                },
            },
            inbox,
            rules,
            outlets: outlets(config, desktop),
        })
    }
}

/// The rules of a configuration, compiled.
fn rules(config: &Config, frequencies: &Frequencies) -> anyhow::Result<Rules> {
    let set = config.compile(frequencies);
    Ok(Rules {
        rules: config.rules.clone(),
        set: Arc::new(set.context("cannot compile the rules")?),
        quiet: config.quiet.clone(),
        flood: config.flood,
    })
}

/// Every channel there is, `desktop` among them.
#[must_use]
pub fn outlets(config: &Config, desktop: &Arc<Desktop>) -> Vec<Outlet> {
    let bubbles = Outlet::new(
        DESKTOP,
        Channel::Desktop(Arc::clone(desktop)),
        Wording::new(&Written::default(), Markup::Plain),
        Manner::of_desktop(
            config.desktop.away_after,
            config.desktop.rate,
            config.desktop.mute,
        ),
    );
    let others = config.channels.iter().map(|setup| {
        Outlet::new(
            &setup.name,
            Channel::new(setup),
            Wording::new(&setup.wording, markup(setup.kind.word())),
            Manner::of_others(setup.limits),
        )
    });
    std::iter::once(bubbles).chain(others).collect()
}

/// Asks as the configuration says.
pub fn fetcher(config: &Config) -> anyhow::Result<Fetcher> {
    let limits = Limits {
        connect: config.poll.connect_timeout,
        total: config.poll.timeout,
        idle: idle(config.poll.host_gap),
        ..Limits::default()
    };
    let user_agent = user_agent(config.poll.contact.as_deref());
    Fetcher::new(limits, &user_agent).context("cannot set up HTTP")
}

/// How long a connection is kept, where so much time passes between two requests to one host.
fn idle(gap: SignedDuration) -> Duration {
    let gap = Duration::try_from(gap).unwrap_or_default();
    gap.saturating_add(IDLE).min(LONGEST_IDLE)
}

/// What every site is told about who asks.
#[must_use]
pub fn user_agent(contact: Option<&str>) -> String {
    let version = env!("CARGO_PKG_VERSION");
    contact.map_or_else(
        || format!("newsbell/{version}"),
        |contact| format!("newsbell/{version} (+{contact})"),
    )
}

/// The loops, running under one configuration.
struct Life {
    loops: JoinSet<()>,
    end: End,
    stop_telling: CancellationToken,
    _watchers: [Option<watch::Watcher>; 2],
    /// What is told is told as they say.
    rules: Arc<Rules>,
    /// The mistake for which a new configuration was refused, so that it is said once.
    refused: Option<String>,
}

impl Life {
    /// Returns when a loop ends that was not asked to.
    async fn broke(&mut self) {
        if let Some(Err(error)) = self.loops.join_next().await {
            tracing::error!(%error, "a loop broke");
        }
    }

    /// Lets polls under way come to their end.
    async fn end_gently(mut self) {
        self.end.finish.cancel();
        self.stop_telling.cancel();
        while self.loops.join_next().await.is_some() {}
    }

    /// Drops polls under way; what is being decided is committed.
    async fn end_now(mut self) {
        self.end.stop.cancel();
        self.stop_telling.cancel();
        let ended = async { while self.loops.join_next().await.is_some() {} };
        if tokio::time::timeout(STOPPING, ended).await.is_err() {
            tracing::warn!("a loop did not stop in time and was dropped");
            self.loops.abort_all();
        }
    }
}

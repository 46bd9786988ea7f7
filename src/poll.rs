//! What do the feeds hold now? Asks those that are due, many at once, one at a time per host.

mod network;
mod readers;
mod round;
mod trouble;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use url::Url;
use xxhash_rust::xxh3::xxh3_128;

use crate::clock::Clock;
use crate::fetch::{Answer, Ask, FetchError, Fetcher};
use crate::model::{
    Batch, Decided, Feed, FeedState, Got, Health, Hints, Moved, Read, Trouble, without_password,
};
use crate::parse::ParseError;
use crate::pulse::Beat;
use crate::store::{Store, StoreError};
use crate::{normalise, parse, schedule, telemetry, text};
use network::{Fault, Network};
pub use readers::Readers;
pub use round::Manners;
use round::Round;
use trouble::Troubles;

/// How soon it is tried again to store something, or to ask a feed for which there was no file descriptor.
const SOON: SignedDuration = SignedDuration::from_secs(5);

/// Where the poll loop stands: for `STATUS=`, the watchdog and whoever waits for it to be idle.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Whether the first schedule has been made.
    pub started: bool,
    /// Feeds configured.
    pub feeds: usize,
    /// Feeds whose last poll went wrong.
    pub failing: usize,
    /// Polls begun and not yet committed.
    pub under_way: usize,
    /// When the next feed is due, if nothing is to be started before.
    pub next_due: Option<Timestamp>,
    /// Polls committed so far.
    pub polls: u64,
    /// Hits committed so far.
    pub hits: u64,
    /// What keeps feeds from being polled.
    pub trouble: Option<Trouble>,
}

/// What became of one poll.
#[derive(Debug)]
pub struct Report {
    /// The feed.
    pub feed: Arc<Feed>,
    /// What it came to.
    pub outcome: Outcome,
    /// The status of the server's answer, if a server answered.
    pub status: Option<u16>,
    /// How long the server took.
    pub took: SignedDuration,
}

/// What one poll came to.
#[derive(Debug)]
pub enum Outcome {
    /// Nothing has changed since the last poll.
    Unchanged,
    /// A document was read, decided and committed.
    Read(Decided),
    /// Left alone, because its server asked not to be asked before this time.
    Asked(Timestamp),
    /// It could not be fetched or read.
    Failed(String),
    /// Its server says that it is gone for good: it is not asked any more.
    Gone,
    /// There was no file descriptor to ask it with: it is asked again soon.
    NoDescriptors,
    /// It was not reached, and it may be this machine's network: it is asked again soon.
    NotReached,
    /// It was read, but could not be stored: it will be fetched again.
    NotStored(StoreError),
}

impl Outcome {
    /// One word for the log.
    fn word(&self) -> &'static str {
        match self {
            Outcome::Unchanged => "unchanged",
            Outcome::Read(_) => "read",
            Outcome::Asked(_) => "asked_to_wait",
            Outcome::Failed(_) => "failed",
            Outcome::Gone => "gone",
            Outcome::NoDescriptors => "no_descriptors",
            Outcome::NotReached => "not_reached",
            Outcome::NotStored(_) => "not_stored",
        }
    }
}

/// A permanent redirect is believed after so many polls in a row: a mistake is mended sooner.
pub const MOVED: u32 = 5;

/// Why a poll brought nothing.
#[derive(Debug, thiserror::Error)]
enum PollError {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Parse(#[from] ParseError),
    #[error("the document could not be read: the reader stopped")]
    Stopped,
}

/// Where batches go to be decided, each with who waits for what it comes to.
pub type Batches = mpsc::Sender<(Batch, oneshot::Sender<Result<Decided, StoreError>>)>;

/// What the loop works with.
#[derive(Clone, Debug)]
pub struct Tools {
    /// Asks servers.
    pub fetcher: Fetcher,
    /// Tells the time.
    pub clock: Clock,
    /// Takes what was read.
    pub batches: Batches,
    /// Where it is stored, to ask whether that works again.
    pub store: Store,
    /// Polls under way at once.
    pub concurrency: usize,
    /// Parse what came.
    pub readers: Readers,
    /// How hosts are treated.
    pub manners: Manners,
}

/// How the loop is told to end.
#[derive(Clone, Debug, Default)]
pub struct End {
    /// Polls under way are brought to their end, and no more are begun.
    pub finish: CancellationToken,
    /// Polls under way are dropped: nothing of them was stored.
    pub stop: CancellationToken,
}

/// Polls feeds when they are due; feeds named by `nudges` are due at once.
pub async fn run(
    feeds: Vec<(Arc<Feed>, FeedState)>,
    tools: Tools,
    mut nudges: mpsc::Receiver<Url>,
    (progress, end, mut beat): (watch::Sender<Progress>, End, Beat),
) {
    let mut round = Round::new(feeds, tools.manners, tools.clock.now());
    let network = Arc::new(Network::new(round.hosts()));
    let mut running = FuturesUnordered::new();
    let mut troubles = Troubles::default();
    let back = tools.clock.set_back();
    tokio::pin!(back);
    loop {
        let finishing = end.finish.is_cancelled();
        // What cannot be stored is not asked for.
        let storing = troubles.not_stored.is_none();
        if !finishing && storing {
            round.admit(tools.clock.now());
            start(&mut round, &tools, Some(&network), &mut running);
        }
        let next_due = match &troubles.not_stored {
            None => round.next_due(tools.clock.now()),
            Some(waiting) => Some(waiting.until),
        };
        let late = round.late(tools.clock.now());
        troubles.late(late);
        let next_look = next_due
            .into_iter()
            .chain(late.map(|late| late.until))
            .min();
        progress.send_modify(|progress| {
            progress.started = true;
            progress.feeds = round.slots.len();
            progress.failing = round.failing();
            progress.under_way = running.len();
            progress.next_due = next_due;
            progress.trouble = troubles.worst(&network);
        });
        if finishing && running.is_empty() {
            return;
        }
        tokio::select! {
            () = end.stop.cancelled() => return,
            () = end.finish.cancelled(), if !finishing => {}
            Some((index, state, report)) = running.next() => {
                count(&progress, &report.outcome);
                log((&round.slots[index].state, &state), &report);
                troubles.learn(&report.outcome, tools.clock.now());
                round.done(index, state, tools.clock.now());
            }
            question = beat.asked() => beat.answer(question),
            Some(url) = nudges.recv() => round.nudge(&url, tools.clock.now()),
            by = &mut back => {
                tracing::warn!(by_s = by.as_secs(), "the clock was set back");
                round.set_back(by);
                back.set(tools.clock.set_back());
            }
            () = until(&tools.clock, next_look), if !finishing => {
                if !storing {
                    troubles.stored(tools.store.can_write().await, tools.clock.now());
                }
            }
        }
    }
}

/// Polls every feed once, now, but for those whose server asked not to be asked yet.
pub async fn pass(feeds: Vec<(Arc<Feed>, FeedState)>, tools: Tools, mut tell: impl FnMut(Report)) {
    let now = tools.clock.now();
    let asked = feeds.into_iter().filter_map(|(feed, mut state)| {
        if let Some(until) = state.asked_until.filter(|until| *until > now) {
            tell(Report {
                feed,
                outcome: Outcome::Asked(until),
                status: None,
                took: SignedDuration::ZERO,
            });
            return None;
        }
        state.next_poll_at = None;
        // Who asks by hand wants to know.
        state.gone_at = None;
        Some((feed, state))
    });
    let asked = asked.collect();
    let mut round = Round::new(asked, tools.manners, now);
    round.admit(Timestamp::MAX);
    let mut running = FuturesUnordered::new();
    loop {
        start(&mut round, &tools, None, &mut running);
        let free = round.next_free(tools.clock.now());
        if running.is_empty() && free.is_none() {
            return;
        }
        tokio::select! {
            Some((index, state, report)) = running.next() => {
                tell(report);
                round.done(index, state, tools.clock.now());
            }
            () = until(&tools.clock, free) => {}
        }
    }
}

type Running = FuturesUnordered<BoxFuture<'static, (usize, FeedState, Report)>>;

/// Begins as many polls as may run.
fn start(round: &mut Round, tools: &Tools, network: Option<&Arc<Network>>, running: &mut Running) {
    while running.len() < tools.concurrency {
        let Some(index) = round.next(tools.clock.now()) else {
            break;
        };
        let slot = &round.slots[index];
        let (feed, state) = (Arc::clone(&slot.feed), slot.state.clone());
        let keep = round.is_awaited(index);
        let (tools, network) = (tools.clone(), network.cloned());
        running.push(Box::pin(async move {
            let (state, report) = one((feed, keep), state, tools, network.as_deref()).await;
            (index, state, report)
        }));
    }
}

async fn until(clock: &Clock, time: Option<Timestamp>) {
    match time {
        Some(time) => clock.sleep_until(time).await,
        None => std::future::pending().await,
    }
}

/// Polls one feed and has it decided; returns its state afterwards. `keep` says whether other feeds wait
/// for its host.
async fn one(
    (feed, keep): (Arc<Feed>, bool),
    mut state: FeedState,
    tools: Tools,
    network: Option<&Network>,
) -> (FeedState, Report) {
    let at = tools.clock.now();
    let network = network.filter(|_| !feed.is_at_home());
    let held_back = network.is_some_and(|network| !network.may_ask(at));
    let mut status = None;
    let fetched = if held_back {
        None
    } else {
        let fetched = read((&feed, keep), &state, &tools, at).await;
        if matches!(fetched, Err(PollError::Fetch(FetchError::Descriptors))) {
            return again(feed, state, (Outcome::NoDescriptors, at, SOON));
        }
        status = answered(&feed, &fetched);
        network
            .is_none_or(|network| is_its_own_fault(&feed, &state, &fetched, network, at))
            .then_some(fetched)
    };
    let took = tools.clock.now().duration_since(at);
    let report = |feed, outcome| Report {
        feed,
        outcome,
        status,
        took,
    };
    let Some(fetched) = fetched else {
        return again(feed, state, (Outcome::NotReached, at, network::AGAIN));
    };
    let chance = fastrand::f64();
    let mut batch = Batch {
        feed: Arc::clone(&feed),
        id: state.id,
        at,
        hints: Hints::default(),
        chance,
        health: Health::Ok,
        moved: None,
        gone: false,
        got: Got::Nothing,
    };
    let mut failure = None;
    match fetched {
        Ok((got, reply)) => {
            batch.moved = moved(&state, reply.moved);
            batch.hints = reply.hints;
            batch.got = got;
        }
        Err(error) => {
            let elsewhere = address(&feed, &state) != &feed.url;
            if let PollError::Fetch(error) = &error {
                batch.hints = error.hints();
                batch.gone = error.is_gone() && !elsewhere;
            }
            // If it is no longer where it had moved to, its own address may know more.
            batch.moved = state.moved.clone().filter(|_| !elsewhere);
            batch.health = worse(&state.health, at, error.to_string());
            failure = Some(error.to_string());
        }
    }
    let (health, hints, was_read) = (
        batch.health.clone(),
        batch.hints,
        matches!(batch.got, Got::Read(_)),
    );
    let outcome = match decided(&tools.batches, batch).await {
        Ok(mut decided) => {
            if let Some(decided) = decided.state.take() {
                state = *decided;
            }
            match failure {
                Some(_) if state.gone_at.is_some() => Outcome::Gone,
                Some(error) => Outcome::Failed(error),
                None if was_read => Outcome::Read(decided),
                None => Outcome::Unchanged,
            }
        }
        Err(error) => {
            state.next_poll_at = if error.is_of_all() {
                // Nobody is asked before something can be stored again.
                at.checked_add(SOON).ok()
            } else {
                // The site is not to blame, and is not asked sooner for it.
                let case = schedule::Case {
                    limits: limits(&feed),
                    failures: health.failures(),
                    hints,
                    rhythm: state.rhythm,
                    changed_at: state.changed_at,
                    gone: false,
                    chance,
                };
                schedule::plan(case, at).at
            };
            Outcome::NotStored(error)
        }
    };
    (state, report(feed, outcome))
}

/// Nothing is known of a feed, and nothing changes for it: it is asked again soon.
fn again(
    feed: Arc<Feed>,
    mut state: FeedState,
    (outcome, at, pause): (Outcome, Timestamp, SignedDuration),
) -> (FeedState, Report) {
    state.next_poll_at = at.checked_add(pause).ok();
    let report = Report {
        feed,
        outcome,
        status: None,
        took: SignedDuration::ZERO,
    };
    (state, report)
}

/// Whether what came of a poll is the feed's doing. It is not if this machine has no network, or may
/// have none.
fn is_its_own_fault<T>(
    feed: &Feed,
    state: &FeedState,
    fetched: &Result<T, PollError>,
    network: &Network,
    now: Timestamp,
) -> bool {
    let host = round::host(&feed.url);
    let unreachable = matches!(fetched, Err(PollError::Fetch(error)) if error.is_unreachable());
    if !unreachable {
        if let Some(since) = network.reached(&host) {
            tracing::info!(%since, "the network is back");
        }
        return true;
    }
    match network.failed(&host, now) {
        Fault::Host => true,
        Fault::Unknown => state.health != Health::Ok,
        Fault::Network => false,
        Fault::NetworkNow => {
            tracing::warn!(
                "no feed can be reached: this machine seems to have no network; \
                 they are asked again as soon as it is back"
            );
            false
        }
    }
}

/// The status that a server answered with.
fn answered(feed: &Feed, fetched: &Result<(Got, Came), PollError>) -> Option<u16> {
    match fetched {
        Err(PollError::Fetch(error)) => error.status(),
        _ if feed.url.scheme() == "file" => None,
        Ok((Got::Nothing, _)) => Some(304),
        Ok(_) | Err(PollError::Parse(_) | PollError::Stopped) => Some(200),
    }
}

fn millis(length: SignedDuration) -> u64 {
    u64::try_from(length.as_millis()).unwrap_or(0)
}

/// The user's wishes for a feed.
fn limits(feed: &Feed) -> schedule::Limits {
    schedule::Limits {
        every: feed.every,
        at_most: feed.at_most,
    }
}

/// Where a feed is asked for: where it has moved to, once that has held.
fn address<'a>(feed: &'a Feed, state: &'a FeedState) -> &'a Url {
    match &state.moved {
        Some(moved) if moved.polls >= MOVED => &moved.to,
        _ => &feed.url,
    }
}

/// Where a feed has moved to after a poll that went well.
fn moved(state: &FeedState, redirected: Option<Url>) -> Option<Moved> {
    match (&state.moved, redirected) {
        // It was asked for where it has moved to.
        (Some(moved), None) if moved.polls >= MOVED => Some(moved.clone()),
        (Some(moved), Some(to)) if moved.to == to || moved.polls >= MOVED => Some(Moved {
            to,
            polls: moved.polls.saturating_add(1),
        }),
        (_, Some(to)) => Some(Moved { to, polls: 1 }),
        (_, None) => None,
    }
}

/// What came with an answer.
struct Came {
    hints: Hints,
    moved: Option<Url>,
}

/// Fetches, parses and normalises.
async fn read(
    (feed, keep): (&Feed, bool),
    state: &FeedState,
    tools: &Tools,
    now: Timestamp,
) -> Result<(Got, Came), PollError> {
    let ask = Ask {
        url: address(feed, state),
        validators: &state.validators,
        validators_url: state.validators_url.as_ref(),
        allow_private: feed.allow_private,
        access: Some((&feed.access, &feed.url)),
        keep,
    };
    let reply = tools.fetcher.get(ask, now).await?;
    let came = Came {
        hints: reply.hints,
        moved: reply.moved,
    };
    let body = match reply.answer {
        Answer::NotModified => return Ok((Got::Nothing, came)),
        Answer::Body(body) => body,
    };
    let (validators, url) = (body.validators, body.url);
    let base = url.clone();
    let known = state.body_hash;
    let parse = move || {
        let body_hash = xxh3_128(&body.bytes);
        if known == Some(body_hash) {
            return Ok(Got::Same(validators, url));
        }
        let document = parse::document(&body.bytes, body.content_type.as_deref(), &base)?;
        let items = normalise::items(&document, now);
        Ok::<_, ParseError>(Got::Read(Read {
            items,
            validators,
            url,
            body_hash,
            rhythm: document.rhythm,
            repairs: document.repairs,
        }))
    };
    let got = tools
        .readers
        .read(parse)
        .await
        .ok_or(PollError::Stopped)??;
    Ok((got, came))
}

async fn decided(batches: &Batches, batch: Batch) -> Result<Decided, StoreError> {
    let (answer, answered) = oneshot::channel();
    batches
        .send((batch, answer))
        .await
        .map_err(|_| StoreError::Closed)?;
    answered.await.map_err(|_| StoreError::Closed)?
}

fn worse(health: &Health, now: Timestamp, error: String) -> Health {
    match health {
        Health::Ok => Health::Failing {
            since: now,
            failures: 1,
            error,
        },
        Health::Failing {
            since, failures, ..
        } => Health::Failing {
            since: *since,
            failures: failures.saturating_add(1),
            error,
        },
    }
}

fn count(progress: &watch::Sender<Progress>, outcome: &Outcome) {
    progress.send_modify(|progress| {
        progress.polls += 1;
        if let Outcome::Read(decided) = outcome {
            progress.hits += u64::try_from(decided.hits.len()).unwrap_or(u64::MAX);
        }
    });
}

/// Says what changed: a feed that begins to fail, fails in another way, recovers, moves or is gone, and
/// every hit.
fn log((before, after): (&FeedState, &FeedState), report: &Report) {
    let feed = &*report.feed.name;
    tracing::debug!(
        feed.name = feed,
        http.status = report.status,
        duration_ms = millis(report.took),
        outcome = report.outcome.word(),
        "polled"
    );
    match (&before.health, &after.health) {
        _ if after.gone_at.is_some() && before.gone_at.is_some() => {}
        _ if after.gone_at.is_some() => {
            tracing::warn!(
                feed.name = feed,
                "feed is gone for good, says its server (410): it is not asked any more; \
                 give its new address in the configuration, or remove it"
            );
        }
        (Health::Ok, Health::Failing { error, .. }) => {
            tracing::warn!(
                name: telemetry::FEED_FAILING,
                { feed.name = feed, http.status = report.status, duration_ms = millis(report.took), error },
                "feed fails: {error}"
            );
        }
        (
            Health::Failing {
                since, failures, ..
            },
            Health::Ok,
        ) => {
            tracing::info!(
                name: telemetry::FEED_RECOVERED,
                { feed.name = feed, %since, failures },
                "feed recovered after {failures} polls that failed"
            );
        }
        (
            Health::Failing { error: old, .. },
            Health::Failing {
                error, failures, ..
            },
        ) if old != error => {
            tracing::info!(
                feed.name = feed,
                failures,
                error,
                "feed still fails, in another way"
            );
        }
        _ => {}
    }
    let held = |state: &FeedState| state.moved.clone().filter(|moved| moved.polls >= MOVED);
    if let Some(moved) = held(after)
        && held(before).is_none()
    {
        tracing::info!(
            feed.name = feed,
            to = %without_password(&moved.to),
            "feed has moved for good: it is asked there from now on; \
             write its new address into the configuration"
        );
    }
    let Outcome::Read(decided) = &report.outcome else {
        return;
    };
    if decided.baseline {
        let items = decided.new;
        tracing::info!(feed.name = feed, items, "feed read for the first time");
    }
    for hit in &decided.hits {
        tracing::info!(
            name: telemetry::HIT,
            {
                feed.name = feed,
                rule.name = hit.rule,
                hit.id = hit.id,
                story.id = hit.story.0,
                verdict = hit.verdict.word(),
                why = hit.verdict.why().word(),
                link = hit.link,
            },
            "hit: {}",
            text::printable(&hit.title)
        );
    }
}

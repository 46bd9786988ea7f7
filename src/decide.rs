//! What is new, what matches, what is told? Exactly one place, one batch at a time.
//!
//! Two feeds that carry one story in the same second cannot both be first, because the second is
//! looked at after the first is decided. Everything one poll brings is in one transaction: a crash
//! before it only fetches again, a crash after it has lost nothing. Polls that wait for one another
//! share a transaction.

mod backfill;
mod judge;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{mpsc, oneshot, watch};

use crate::clock::Clock;
use crate::model::{
    AlertId, AlertKind, Batch, Decided, Got, Item, ItemId, Limit, Quiet, Read, Rule, StoryId,
    Urgency,
};
use crate::policy::hold::Hours;
use crate::policy::repeats;
use crate::pulse::Beat;
use crate::rules::{Match, Matcher, RuleSet, Subject};
use crate::store::{self, FeedUpdate, Intake, NewAlert, Seen, Store, StoreError, Tx, TxResult};
use crate::story::{self, Grouper, Placed, Sighting};
use crate::text::Scanner;
use crate::{policy, schedule};
use judge::{Met, Pending};

/// Polls that are committed together, at most, if they come faster than each can be made safe on disk.
const TOGETHER: usize = 16;

/// How often what is too old is forgotten.
const RETIRE_EVERY: SignedDuration = SignedDuration::from_hours(1);

pub use backfill::backfill;

/// Rules with their compiled form.
#[derive(Debug)]
pub struct Rules {
    /// As configured.
    pub rules: Vec<Rule>,
    /// As matched; in the same order.
    pub set: Arc<RuleSet>,
    /// When nobody is to be disturbed.
    pub quiet: Quiet,
    /// More alerts than this are told in one summary.
    pub flood: Limit,
}

impl Rules {
    /// By whose clock times of day are told.
    fn zone(&self) -> TimeZone {
        let zone = self.quiet.zone.clone();
        zone.unwrap_or_else(TimeZone::system)
    }
}

/// Decides one batch after the other under the same rules.
#[derive(Debug)]
pub struct Decider {
    rules: Arc<Rules>,
    /// How long a story is held after its last item.
    window: SignedDuration,
    /// Gone if the last batch could not be stored: it may know of items that nobody has.
    state: Option<State>,
}

/// What is kept from one batch to the next.
#[derive(Debug)]
struct State {
    matcher: Matcher,
    window: SignedDuration,
    /// Reads headlines.
    scanner: Scanner,
    /// None before there is an item to group: who finds nothing new need not hold what there was.
    grouper: Option<Grouper>,
}

impl State {
    /// Groups items, beginning with the stored ones of the window.
    fn grouper(&mut self, tx: &Tx<'_>, now: Timestamp) -> TxResult<&mut Grouper> {
        let grouper = match self.grouper.take() {
            Some(grouper) => grouper,
            None => recall(tx, self.window, now)?,
        };
        Ok(self.grouper.insert(grouper))
    }

    /// The story that a story is now.
    fn resolve(&self, story: StoryId) -> StoryId {
        let grouper = self.grouper.as_ref();
        grouper.map_or(story, |grouper| grouper.resolve(story))
    }
}

impl Decider {
    /// A decider under these rules that holds stories for `window` after their last item.
    #[must_use]
    pub fn new(rules: Arc<Rules>, window: SignedDuration) -> Decider {
        Decider {
            rules,
            window,
            state: None,
        }
    }

    /// Decides one batch and commits it.
    pub async fn decide(&mut self, store: &Store, batch: Batch) -> Result<Decided, StoreError> {
        self.one(store, Arc::new(batch)).await
    }

    async fn one(&mut self, store: &Store, batch: Arc<Batch>) -> Result<Decided, StoreError> {
        let all = self.commit(store, vec![batch]).await?;
        Ok(all.into_iter().next().unwrap_or_default())
    }

    /// Decides batches one after the other, and commits them together; if that fails, each by itself, so
    /// that one which cannot be stored keeps no other from it.
    async fn together(
        &mut self,
        store: &Store,
        batches: Vec<Arc<Batch>>,
    ) -> Vec<Result<Decided, StoreError>> {
        if batches.len() > 1
            && let Ok(all) = self.commit(store, batches.clone()).await
        {
            return all.into_iter().map(Ok).collect();
        }
        let mut each = Vec::with_capacity(batches.len());
        for batch in batches {
            each.push(self.one(store, batch).await);
        }
        each
    }

    async fn commit(
        &mut self,
        store: &Store,
        batches: Vec<Arc<Batch>>,
    ) -> Result<Vec<Decided>, StoreError> {
        let rules = Arc::clone(&self.rules);
        let window = self.window;
        let state = self.state.take();
        let (all, state) = store
            .write(move |tx| {
                let mut state = match state {
                    Some(state) => state,
                    None => State {
                        matcher: Matcher::new(Arc::clone(&rules.set)),
                        window,
                        scanner: Scanner::default(),
                        grouper: None,
                    },
                };
                let each = batches.iter();
                let all = each.map(|batch| decide(tx, (&rules, &mut state), batch));
                Ok((all.collect::<TxResult<Vec<_>>>()?, state))
            })
            .await?;
        self.state = Some(state);
        Ok(all)
    }
}

/// A grouper that holds the stored items of the window.
fn recall(tx: &Tx<'_>, window: SignedDuration, now: Timestamp) -> TxResult<Grouper> {
    let mut grouper = Grouper::new(window, story::ITEMS);
    let since = now.saturating_sub(window).unwrap_or(Timestamp::MIN);
    tx.sightings((since, story::ITEMS.into()), |seen, story| {
        grouper.recall(seen, story);
    })?;
    Ok(grouper)
}

/// A batch and who waits for what it comes to.
type Job = (Batch, oneshot::Sender<Result<Decided, StoreError>>);

/// Decides batches until nobody can send any more, and forgets what is older than `keep`.
/// `outbox` is bumped whenever alerts were committed.
pub async fn run(
    store: Store,
    mut decider: Decider,
    keep: SignedDuration,
    (clock, mut inbox, outbox, mut beat): (Clock, mpsc::Receiver<Job>, watch::Sender<u64>, Beat),
) {
    let mut retire_at = clock.now();
    let rules = Arc::clone(&decider.rules);
    let back = clock.set_back();
    tokio::pin!(back);
    loop {
        tokio::select! {
            job = inbox.recv() => {
                let Some(job) = job else { return };
                let mut jobs = vec![job];
                while jobs.len() < TOGETHER && let Ok(job) = inbox.try_recv() {
                    jobs.push(job);
                }
                let gone = jobs.iter().any(|(batch, _)| batch.gone);
                let jobs = jobs.into_iter().map(|(batch, answer)| (Arc::new(batch), answer));
                let (batches, answers): (Vec<_>, Vec<_>) = jobs.unzip();
                let all = decider.together(&store, batches).await;
                let told = |decided: &Decided| !decided.hits.is_empty() || decided.moved || gone;
                if all.iter().flatten().any(told) {
                    outbox.send_modify(|bumps| *bumps += 1);
                }
                for (answer, done) in answers.into_iter().zip(all) {
                    // Who asked may be gone when the program stops; the commit stands.
                    let _ = answer.send(done);
                }
            }
            by = &mut back => {
                if let Err(error) = store.write(move |tx| tx.attempts_set_back(by)).await {
                    tracing::warn!(%error, "attempts to deliver could not be set back with the clock");
                }
                // What is held may have to be told sooner.
                retire_at = clock.now();
                back.set(clock.set_back());
            }
            question = beat.asked() => {
                // Whether the store's writer moves, too.
                store.answers().await;
                beat.answer(question);
            }
            () = clock.sleep_until(retire_at) => {
                let now = clock.now();
                let cutoff = now.saturating_sub(keep).unwrap_or(Timestamp::MIN);
                let again = Arc::clone(&rules);
                let looked = store.write(move |tx| {
                    tx.clock_went_back(now)?;
                    tx.attempts_from_ahead(now)?;
                    judge::look_again(tx, &again, now)
                });
                if let Err(error) = looked.await {
                    tracing::warn!(%error, "what is held could not be looked at");
                }
                outbox.send_modify(|bumps| *bumps += 1);
                match store.write(move |tx| tx.retire(cutoff)).await {
                    Ok(0) => retire_at = now.saturating_add(RETIRE_EVERY).unwrap_or(Timestamp::MAX),
                    // There may be more: batches that wait are served in between.
                    Ok(items) => tracing::debug!(items, "forgot old items"),
                    Err(error) => {
                        tracing::warn!(%error, "old items could not be forgotten");
                        retire_at = now.saturating_add(RETIRE_EVERY).unwrap_or(Timestamp::MAX);
                    }
                }
            }
        }
    }
}

fn decide(tx: &Tx<'_>, (rules, state): (&Rules, &mut State), batch: &Batch) -> TxResult<Decided> {
    tx.clock_went_back(batch.at)?;
    let mut decided = Decided {
        moved: judge::look_again(tx, rules, batch.at)?,
        ..Decided::default()
    };
    let before = tx.feed_state(batch.id)?;
    match &batch.got {
        Got::Nothing => {}
        Got::Same(validators, url) => tx.validated(batch.id, validators, url)?,
        Got::Read(read) => take(tx, (rules, state), (batch, read), &mut decided)?,
    }
    let rhythm = match &batch.got {
        Got::Read(read) => read.rhythm,
        Got::Nothing | Got::Same(..) => before.rhythm,
    };
    let changed_at = match &batch.got {
        Got::Read(read) if decided.baseline => Some(newest(read, batch.at)),
        _ if decided.new + decided.edited > 0 => Some(batch.at),
        _ => before.changed_at,
    };
    let case = schedule::Case {
        limits: schedule::Limits {
            every: batch.feed.every,
            at_most: batch.feed.at_most,
        },
        failures: batch.health.failures(),
        hints: batch.hints,
        rhythm,
        changed_at,
        gone: batch.gone,
        chance: batch.chance,
    };
    let plan = schedule::plan(case, batch.at);
    tx.polled(&FeedUpdate {
        id: batch.id,
        at: batch.at,
        plan: (plan.at, plan.pace),
        asked_until: schedule::asked_until(batch.hints, batch.at),
        health: &batch.health,
        changed_at,
        moved: batch.moved.as_ref(),
        gone_at: batch.gone.then(|| before.gone_at.unwrap_or(batch.at)),
    })?;
    if batch.gone && before.gone_at.is_none() {
        say(tx, rules, (AlertKind::Gone, &batch.feed.name), batch.at)?;
    }
    decided.state = Some(Box::new(tx.feed_state(batch.id)?));
    Ok(decided)
}

/// When the newest item of a feed's first document appeared.
fn newest(read: &Read, now: Timestamp) -> Timestamp {
    let dates = read.items.iter().map(|item| item.published);
    // An item without a date may be of today.
    let newest = dates.map(|date| date.unwrap_or(now).min(now)).max();
    newest.unwrap_or(now)
}

/// Tells something that is no story, on every channel that any rule uses; returns the alert.
fn say(
    tx: &Tx<'_>,
    rules: &Rules,
    (kind, about): (AlertKind, &str),
    at: Timestamp,
) -> TxResult<AlertId> {
    let id = store::new_alert_id();
    tx.ensure_alert(NewAlert {
        id: &id,
        kind,
        about: None,
        feed: Some(about),
        urgency: Urgency::Normal,
        at,
    })?;
    let zone = rules.zone();
    let hours = Hours {
        quiet: &rules.quiet,
        zone: &zone,
    };
    let channels: BTreeSet<&String> = rules.rules.iter().flat_map(|rule| &rule.channels).collect();
    for channel in channels {
        tx.hold(&id, channel, hours.open(at))?;
    }
    Ok(id)
}

/// Tells that a new configuration was refused, and why.
pub async fn say_refused(
    store: &Store,
    rules: Arc<Rules>,
    mistake: String,
    at: Timestamp,
) -> Result<(), StoreError> {
    let refused = move |tx: &Tx<'_>| say(tx, &rules, (AlertKind::Config, &mistake), at).map(drop);
    store.write(refused).await
}

/// Takes what a document brings.
fn take(
    tx: &Tx<'_>,
    (rules, state): (&Rules, &mut State),
    (batch, read): (&Batch, &Read),
    decided: &mut Decided,
) -> TxResult<()> {
    let readings = tx.readings(batch.id)?;
    decided.baseline = tx.read_whole(batch.id, batch.at, read)?;
    let mut items: Vec<&Item> = read.items.iter().rev().collect();
    // Oldest first, so that the first to report a story is the one that rings.
    items.sort_by_key(|item| item.published.unwrap_or(batch.at));
    let mut pending = Vec::new();
    let mut new = Vec::new();
    let mut intake = tx.intake()?;
    for item in items {
        let looked = look_at((tx, &mut intake), (&mut *state, batch), item, decided)?;
        let Some((id, story, known, found)) = looked else {
            continue;
        };
        if !known {
            new.push((id, story));
        }
        for found in found {
            let rule = rules.rules.get(found.rule);
            let Some(rule) = rule.filter(|rule| policy::is_on(rule, batch.at)) else {
                continue;
            };
            if known && tx.has_hit(id, &rule.name)? {
                tx.refresh_evidence(id, &rule.name, &found.evidence)?;
                if rule.telling.rings_on_update && tx.was_changed(id, batch.at)? {
                    pending.push(Pending {
                        item: id,
                        story,
                        published: item.published,
                        rule,
                        met: Met::Changed,
                    });
                }
                continue;
            }
            pending.push(Pending {
                item: id,
                story,
                published: item.published,
                rule,
                met: Met::New(found.evidence),
            });
        }
    }
    // A later item may have made one story of two.
    for hit in &mut pending {
        hit.story = state.resolve(hit.story);
    }
    for (_, story) in &mut new {
        *story = state.resolve(*story);
    }
    let carried = judge::carried((tx, rules), &new, &pending)?;
    decided.moved |= !carried.is_empty();
    pending.extend(carried);
    let repeats = match readings {
        Some(readings) if new.len() >= repeats::FEWEST => {
            let first = new.iter().map(|(id, _)| *id).min().unwrap_or(ItemId(0));
            repeats::repeats(&tx.beside_older(batch.id, first)?, readings, batch.at)
        }
        _ => Vec::new(),
    };
    let news = judge::News {
        baseline: decided.baseline,
        said: readings.is_some_and(|readings| repeats::was_said(readings, batch.at)),
        repeats: repeats.into_iter().collect(),
    };
    if !news.repeats.is_empty() {
        tracing::warn!(
            feed.name = &*batch.feed.name,
            items = news.repeats.len(),
            "feed repeats itself: old items as if they were new"
        );
        tx.repeated(batch.id, batch.at)?;
    }
    let hits = judge::judge((tx, rules), batch, &news, &pending)?;
    decided.hits = tx.hits_by_id(&hits)?;
    Ok(())
}

/// An item that was stored, its story, whether it was known before, and what it matches.
type Looked = (ItemId, StoryId, bool, Vec<Match>);

/// Stores an item if it is new or edited, and finds which rules it matches.
fn look_at(
    (tx, intake): (&Tx<'_>, &mut Intake<'_>),
    (state, batch): (&mut State, &Batch),
    item: &Item,
    decided: &mut Decided,
) -> TxResult<Option<Looked>> {
    let seen = Seen {
        feed: batch.id,
        item,
        content: story::content(item),
        at: batch.at,
    };
    let known = intake.known(seen)?;
    let (id, story) = match known {
        Some(known) if !known.edited => return Ok(None),
        Some(known) => {
            decided.edited += 1;
            let headline = story::headline(&item.title, &mut state.scanner);
            tx.edit_item(seen, headline, known.id)?;
            (known.id, known.story)
        }
        None => {
            decided.new += 1;
            let placed = group((tx, intake), (state, batch), item)?;
            let headline = story::headline(&item.title, &mut state.scanner);
            let id = intake.add(seen, headline, (placed.story, &placed.bond))?;
            (id, placed.story)
        }
    };
    let subject = Subject {
        item,
        feed: &batch.feed.name,
        tags: &batch.feed.tags,
    };
    let found = state.matcher.matches(&subject);
    Ok(Some((id, story, known.is_some(), found)))
}

/// Finds the story of a new item, which may make one story of two.
fn group(
    (tx, intake): (&Tx<'_>, &mut Intake<'_>),
    (state, batch): (&mut State, &Batch),
    item: &Item,
) -> TxResult<Placed> {
    let seen = Sighting::new(item, batch.id, batch.at);
    let grouper = state.grouper(tx, batch.at)?;
    let placed = grouper.place(seen, || intake.new_story(batch.at))?;
    if let Some(gone) = placed.merged {
        tracing::debug!(story = placed.story.0, gone = gone.0, "two stories are one");
        tx.merge_stories(gone, placed.story)?;
    }
    let squeezed = grouper.squeezed();
    if squeezed > 0 {
        tracing::debug!(
            items = squeezed,
            held = story::ITEMS,
            "more items than stories can hold"
        );
    }
    Ok(placed)
}

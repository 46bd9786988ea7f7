//! What is new, what matches, what is told? Exactly one place, one batch at a time.
//!
//! Two feeds that carry one story in the same second cannot both be first, because the second is
//! looked at after the first is committed. Everything one poll brings is one transaction: a crash
//! before it only fetches again, a crash after it has lost nothing.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{mpsc, oneshot, watch};

use crate::clock::Clock;
use crate::model::{
    AlertId, AlertKind, Batch, Decided, Evidence, Got, Item, ItemId, Read, Rule, StoryId, Urgency,
    Verdict, Why,
};
use crate::rules::{Match, Matcher, RuleSet, Subject};
use crate::store::{self, FeedUpdate, NewAlert, Seen, Store, StoreError, Tx, TxResult};
use crate::{policy, schedule, story};

/// Items that share a link or headline tell one story if they appear within this time.
pub const STORY_WINDOW: SignedDuration = SignedDuration::from_hours(3 * 24);

/// How long a baseline summary waits for the first polls of other new feeds to join it.
const BASELINE_GATHERS: SignedDuration = SignedDuration::from_secs(20);

/// How often what is too old is forgotten.
const RETIRE_EVERY: SignedDuration = SignedDuration::from_hours(1);

/// Rules with their compiled form.
#[derive(Debug)]
pub struct Rules {
    /// As configured.
    pub rules: Vec<Rule>,
    /// As matched; in the same order.
    pub set: Arc<RuleSet>,
}

/// Decides one batch after the other under the same rules.
#[derive(Debug)]
pub struct Decider {
    rules: Arc<Rules>,
    /// Gone if the last batch could not be stored.
    matcher: Option<Matcher>,
}

impl Decider {
    /// A decider under these rules.
    #[must_use]
    pub fn new(rules: Arc<Rules>) -> Decider {
        Decider {
            rules,
            matcher: None,
        }
    }

    /// Decides one batch and commits it.
    pub async fn decide(&mut self, store: &Store, batch: Batch) -> Result<Decided, StoreError> {
        let rules = Arc::clone(&self.rules);
        let matcher = self.matcher.take();
        let mut matcher = matcher.unwrap_or_else(|| Matcher::new(Arc::clone(&rules.set)));
        let (decided, matcher) = store
            .write(move |tx| {
                let decided = decide(tx, (&rules, &mut matcher), &batch)?;
                Ok((decided, matcher))
            })
            .await?;
        self.matcher = Some(matcher);
        Ok(decided)
    }
}

/// A batch and who waits for what it comes to.
type Job = (Batch, oneshot::Sender<Result<Decided, StoreError>>);

/// Decides batches until nobody can send any more, and forgets what is older than `keep`.
/// `outbox` is bumped whenever alerts were committed.
pub async fn run(
    store: Store,
    rules: Arc<Rules>,
    keep: SignedDuration,
    (clock, mut inbox, outbox): (Clock, mpsc::Receiver<Job>, watch::Sender<u64>),
) {
    let mut retire_at = clock.now();
    let mut decider = Decider::new(rules);
    loop {
        tokio::select! {
            job = inbox.recv() => {
                let Some((batch, answer)) = job else { return };
                let gone = batch.gone;
                let done = decider.decide(&store, batch).await;
                if done.as_ref().is_ok_and(|decided| !decided.hits.is_empty() || gone) {
                    outbox.send_modify(|bumps| *bumps += 1);
                }
                // Who asked may be gone when the program stops; the commit stands.
                let _ = answer.send(done);
            }
            () = clock.sleep_until(retire_at) => {
                let now = clock.now();
                let cutoff = now.saturating_sub(keep).unwrap_or(Timestamp::MIN);
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

/// A hit that is not committed yet.
struct Pending<'r> {
    item: ItemId,
    story: StoryId,
    published: Option<Timestamp>,
    rule: &'r Rule,
    evidence: Vec<Evidence>,
    verdict: Verdict,
    /// The alert it belongs to: of this batch if its verdict is to ring.
    alert: Option<AlertId>,
}

fn decide(
    tx: &Tx<'_>,
    (rules, matcher): (&Rules, &mut Matcher),
    batch: &Batch,
) -> TxResult<Decided> {
    let mut decided = Decided::default();
    let before = tx.feed_state(batch.id)?;
    match &batch.got {
        Got::Nothing => {}
        Got::Same(validators, url) => tx.validated(batch.id, validators, url)?,
        Got::Read(read) => take(tx, (rules, matcher), (batch, read), &mut decided)?,
    }
    let after = tx.feed_state(batch.id)?;
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
        rhythm: after.rhythm,
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
        say_gone(tx, rules, batch)?;
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

/// Tells, on every channel that any rule uses, that a feed is gone.
fn say_gone(tx: &Tx<'_>, rules: &Rules, batch: &Batch) -> TxResult<()> {
    let id = store::new_alert_id();
    tx.ensure_alert(NewAlert {
        id: &id,
        kind: AlertKind::Gone,
        about: None,
        feed: Some(&batch.feed.name),
        urgency: Urgency::Normal,
        at: batch.at,
    })?;
    let channels: BTreeSet<&String> = rules.rules.iter().flat_map(|rule| &rule.channels).collect();
    for channel in channels {
        tx.enqueue(&id, channel, batch.at)?;
    }
    Ok(())
}

/// Takes what a document brings.
fn take(
    tx: &Tx<'_>,
    (rules, matcher): (&Rules, &mut Matcher),
    (batch, read): (&Batch, &Read),
    decided: &mut Decided,
) -> TxResult<()> {
    decided.baseline = tx.read_whole(batch.id, batch.at, read)?;
    let mut items: Vec<&Item> = read.items.iter().rev().collect();
    // Oldest first, so that the first to report a story is the one that rings.
    items.sort_by_key(|item| item.published.unwrap_or(batch.at));
    let mut pending = Vec::new();
    for item in items {
        let looked = look_at(tx, (&mut *matcher, batch), item, decided)?;
        let Some((id, story, known, found)) = looked else {
            continue;
        };
        for found in found {
            let rule = rules.rules.get(found.rule);
            let Some(rule) = rule.filter(|rule| policy::is_on(rule, batch.at)) else {
                continue;
            };
            if known && tx.has_hit(id, &rule.name)? {
                tx.refresh_evidence(id, &rule.name, &found.evidence)?;
                continue;
            }
            pending.push(Pending {
                item: id,
                story,
                published: item.published,
                rule,
                evidence: found.evidence,
                verdict: Verdict::Ring(Why::NewStory),
                alert: None,
            });
        }
    }
    judge(tx, batch, decided.baseline, &mut pending)?;
    let hits = commit(tx, batch.at, &pending)?;
    decided.hits = tx.hits_by_id(&hits)?;
    Ok(())
}

/// An item that was stored, its story, whether it was known before, and what it matches.
type Looked = (ItemId, StoryId, bool, Vec<Match>);

/// Stores an item if it is new or edited, and finds which rules it matches.
fn look_at(
    tx: &Tx<'_>,
    (matcher, batch): (&mut Matcher, &Batch),
    item: &Item,
    decided: &mut Decided,
) -> TxResult<Option<Looked>> {
    let fingerprint = story::fingerprint(item);
    let seen = Seen {
        feed: batch.id,
        item,
        fingerprint: &fingerprint,
        at: batch.at,
    };
    let known = tx.known(seen)?;
    let (id, story) = match known {
        Some(known) if !known.edited => return Ok(None),
        Some(known) => {
            decided.edited += 1;
            tx.edit_item(seen, known.id)?;
            (known.id, known.story)
        }
        None => {
            decided.new += 1;
            let since = batch
                .at
                .saturating_sub(STORY_WINDOW)
                .unwrap_or(Timestamp::MIN);
            let story = match tx.story_like(&fingerprint, since)? {
                Some(story) => story,
                None => tx.new_story(batch.at)?,
            };
            (tx.add_item(seen, story)?, story)
        }
    };
    let subject = Subject {
        item,
        feed: &batch.feed.name,
        tags: &batch.feed.tags,
    };
    let found = matcher.matches(&subject);
    Ok(Some((id, story, known.is_some(), found)))
}

/// Gives every pending hit its verdict, and those that are told by this batch their alert.
fn judge(tx: &Tx<'_>, batch: &Batch, baseline: bool, pending: &mut [Pending<'_>]) -> TxResult<()> {
    if pending.is_empty() {
        return Ok(());
    }
    let now = batch.at;
    tx.mutes_from_ahead(now)?;
    let mutes = tx.mutes(now)?;
    let mut told_now: HashMap<(&str, StoryId), (AlertId, Timestamp)> = HashMap::new();
    let mut summary = None;
    for hit in pending.iter_mut() {
        let about = (&*hit.rule.name, hit.story);
        let told = match told_now.get(&about) {
            Some(told) => Some(told.clone()),
            None => tx.last_told(about.0, about.1)?,
        };
        let case = policy::Case {
            rule: hit.rule,
            published: hit.published,
            muted: policy::muted(&mutes, (about.0, hit.story, &batch.feed.name), now),
            baseline,
            told: told.as_ref(),
        };
        hit.verdict = policy::verdict(case, now);
        hit.alert = match &hit.verdict {
            Verdict::Ring(_) => {
                let id = store::new_alert_id();
                told_now.insert(about, (id.clone(), now));
                Some(id)
            }
            Verdict::Hold(_) => {
                if summary.is_none() {
                    summary = Some(tx.open_baseline()?.unwrap_or_else(store::new_alert_id));
                }
                summary.clone()
            }
            Verdict::Drop(Why::SameStory { alert }) => Some(alert.clone()),
            Verdict::Drop(_) => None,
        };
    }
    let alerts = told_now.len();
    if policy::is_flood(alerts) {
        let digest = store::new_alert_id();
        for hit in pending.iter_mut() {
            let of_this_batch = told_now
                .get(&(&*hit.rule.name, hit.story))
                .is_some_and(|(id, _)| hit.alert.as_ref() == Some(id));
            if of_this_batch {
                hit.verdict = Verdict::Hold(Why::Flood { alerts });
                hit.alert = Some(digest.clone());
            }
        }
    }
    Ok(())
}

/// Stores hits and alerts, and puts the alerts into the outboxes of their channels.
fn commit(tx: &Tx<'_>, now: Timestamp, pending: &[Pending<'_>]) -> TxResult<Vec<i64>> {
    let mut ids = Vec::with_capacity(pending.len());
    let held = |hit: &&Pending<'_>| matches!(hit.verdict, Verdict::Hold(Why::Flood { .. }));
    let loudest = pending
        .iter()
        .filter(held)
        .map(|hit| hit.rule.urgency)
        .max();
    for hit in pending {
        if let Some(alert) = &hit.alert {
            let told_as = match hit.verdict {
                Verdict::Ring(_) => Some((AlertKind::Story, now, hit.rule.urgency)),
                Verdict::Hold(Why::Baseline) => {
                    let due = now.saturating_add(BASELINE_GATHERS).unwrap_or(now);
                    Some((AlertKind::Baseline, due, Urgency::Low))
                }
                Verdict::Hold(_) => Some((AlertKind::Flood, now, loudest.unwrap_or_default())),
                Verdict::Drop(_) => None,
            };
            if let Some((kind, due_at, urgency)) = told_as {
                tx.ensure_alert(NewAlert {
                    id: alert,
                    kind,
                    about: (kind == AlertKind::Story).then_some((&hit.rule.name, hit.story)),
                    feed: None,
                    urgency,
                    at: now,
                })?;
                for channel in &hit.rule.channels {
                    tx.enqueue(alert, channel, due_at)?;
                }
            }
        }
        ids.push(tx.add_hit(
            (hit.item, &hit.rule.name),
            now,
            &hit.evidence,
            (&hit.verdict, hit.alert.as_ref()),
        )?);
    }
    Ok(ids)
}

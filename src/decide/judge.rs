//! What is said of each hit, by which alert, and when?

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use super::Rules;
use crate::model::{
    AlertId, AlertKind, Batch, Evidence, ItemId, Mute, Rule, StoryId, Urgency, Verdict, Why,
};
use crate::policy;
use crate::policy::hold::{self, Gather, Hours};
use crate::policy::hours::LONGEST;
use crate::store::{self, NewAlert, Tx, TxResult};

/// What came of a rule and a story.
pub(super) enum Met {
    /// A new hit.
    New(Vec<Evidence>),
    /// An item that the rule has met before was changed.
    Changed,
    /// One more feed carries the story, by an item that the rule does not meet.
    Carried,
}

/// What has no verdict yet.
pub(super) struct Pending<'r> {
    /// Of a story that one more feed carries: the last that the rule met.
    pub(super) item: ItemId,
    pub(super) story: StoryId,
    pub(super) published: Option<Timestamp>,
    pub(super) rule: &'r Rule,
    pub(super) met: Met,
}

/// What is known of a document beside its hits.
pub(super) struct News {
    /// Whether it is its feed's first.
    pub(super) baseline: bool,
    /// Items that the feed has brought before, if it repeats itself.
    pub(super) repeats: HashMap<ItemId, Why>,
    /// Whether that was told lately.
    pub(super) said: bool,
}

/// Stories that one more feed carries, though a rule that waits for that does not meet its item.
pub(super) fn carried<'r>(
    (tx, rules): (&Tx<'_>, &'r Rules),
    new: &[(ItemId, StoryId)],
    pending: &[Pending<'r>],
) -> TxResult<Vec<Pending<'r>>> {
    let mut more = Vec::new();
    let waits = |rule: &&Rule| rule.telling.min_sources > 1 || rule.telling.escalate.is_some();
    let met = pending.iter().map(|hit| (&*hit.rule.name, hit.story));
    let mut seen: HashSet<(&str, StoryId)> = met.collect();
    for rule in rules.rules.iter().filter(waits) {
        for (_, story) in new {
            if !seen.insert((&rule.name, *story)) {
                continue;
            }
            if let Some(item) = tx.last_met(&rule.name, *story)? {
                more.push(Pending {
                    item,
                    story: *story,
                    published: None,
                    rule,
                    met: Met::Carried,
                });
            }
        }
    }
    Ok(more)
}

/// A verdict, and the alert that the hit belongs to.
struct Judged {
    verdict: Verdict,
    alert: Option<AlertId>,
}

/// An alert that others may join until it is due.
#[derive(Clone)]
struct Gathering {
    id: AlertId,
    gather: Gather,
    key: String,
    due_at: Timestamp,
}

/// Gives every hit of a batch its verdict, and commits them with their alerts; returns their rows.
pub(super) fn judge(
    (tx, rules): (&Tx<'_>, &Rules),
    batch: &Batch,
    news: &News,
    pending: &[Pending<'_>],
) -> TxResult<Vec<i64>> {
    if pending.is_empty() {
        return Ok(Vec::new());
    }
    let zone = rules.zone();
    let mut bench = Bench {
        tx,
        rules,
        hours: Hours {
            quiet: &rules.quiet,
            zone: &zone,
        },
        batch,
        news,
        mutes: tx.mutes(batch.at)?,
        told: HashMap::new(),
        rung: HashMap::new(),
        gathering: HashMap::new(),
    };
    let mut judged = Vec::with_capacity(pending.len());
    for hit in pending {
        judged.push(bench.judge(hit)?);
    }
    bench.dam(pending, &mut judged)?;
    bench.commit(pending, &judged)
}

/// Looks whether what is held is still to be told when it was planned; returns whether anything moved.
pub(super) fn look_again(tx: &Tx<'_>, rules: &Rules, now: Timestamp) -> TxResult<bool> {
    let zone = rules.zone();
    let hours = Hours {
        quiet: &rules.quiet,
        zone: &zone,
    };
    let morning = hours.open(now);
    if morning > now {
        // A channel that works again at night is no reason to be woken up.
        for (alert, name, urgency) in tx.refused()? {
            let mut named = rules.rules.iter();
            let rule = named.find(|rule| Some(&*rule.name) == name.as_deref());
            if !hours.are_broken_by(rule, urgency) {
                tx.hold_refused(&alert, morning)?;
            }
        }
    }
    let all = tx.held()?;
    let mut moved = false;
    for held in all {
        // What nothing may join waits only until somebody may be disturbed.
        let gathers = serde_json::from_str::<(Gather, Vec<String>)>(&held.gathers);
        let gather = gathers.map_or(Gather::Quiet, |(gather, _)| gather);
        let due_at = hold::due(&gather, (held.since, held.due_at), hours, now);
        if due_at != held.due_at {
            tx.hold_until(&held.id, due_at)?;
            moved = true;
        }
    }
    Ok(moved)
}

/// The channels of a rule.
fn names(rule: &Rule) -> Vec<&str> {
    rule.channels.iter().map(String::as_str).collect()
}

/// Everything that is known while a batch is judged.
struct Bench<'b, 'p> {
    tx: &'b Tx<'b>,
    rules: &'b Rules,
    hours: Hours<'b>,
    batch: &'b Batch,
    news: &'b News,
    mutes: Vec<Mute>,
    /// What this batch tells: the alert, and when.
    told: HashMap<(&'p str, StoryId), (AlertId, Timestamp)>,
    /// When rules with a limit have rung lately, oldest first.
    rung: HashMap<&'p str, Vec<Timestamp>>,
    /// Alerts that hits of this batch join, by what they wait for.
    gathering: HashMap<String, Gathering>,
}

impl<'p> Bench<'_, 'p> {
    fn judge(&mut self, hit: &Pending<'p>) -> TxResult<Judged> {
        let now = self.batch.at;
        let rule = hit.rule;
        let about = (&*rule.name, hit.story);
        let told = match self.told.get(&about) {
            Some(told) => Some(told.clone()),
            None => self.tx.last_told(about.0, about.1)?,
        };
        let topics = (about.0, hit.story, &*self.batch.feed.name);
        let case = policy::Case {
            rule,
            published: hit.published,
            muted: policy::muted(&self.mutes, topics, now),
            not_relevant: self.tx.not_relevant(about.0, about.1)?,
            repeats: self.news.repeats.get(&hit.item),
            baseline: self.news.baseline,
            told: told.as_ref(),
            carried: self.carried(hit)?,
        };
        let mut verdict = policy::verdict(case, now);
        let is_news = match (&hit.met, &verdict) {
            // One more feed is news only to those who wait for it.
            (Met::New(_), _) | (Met::Carried, Verdict::Ring(Why::Escalated { .. })) => true,
            (Met::Changed, _) => {
                // What is still to be told is told as it is then.
                let told = told.as_ref();
                let waits = told.map_or(Ok(false), |(alert, _)| self.tx.is_to_be_told(alert))?;
                let update = policy::update(case, now).filter(|_| !waits);
                let rings = update.is_some();
                verdict = update.unwrap_or(verdict);
                rings
            }
            (Met::Carried, Verdict::Ring(Why::NewStory)) => {
                self.tx.awaits_sources(about.0, about.1)?
            }
            (Met::Carried, _) => false,
        };
        if !is_news {
            return Ok(Judged {
                verdict,
                alert: None,
            });
        }
        let alert = match &verdict {
            Verdict::Ring(_) => return self.ring(hit, verdict),
            Verdict::Hold(Why::FewSources { .. }) => None,
            Verdict::Hold(Why::Rekeyed | Why::Replayed { .. }) if self.news.said => None,
            Verdict::Hold(Why::Rekeyed | Why::Replayed { .. }) => {
                let due_at = self.hours.open(now);
                Some(
                    self.join((Gather::Repeats, &[&*self.batch.feed.name]), due_at)?
                        .id,
                )
            }
            Verdict::Hold(_) => {
                let (gather, due_at) = hold::baseline(self.hours, now);
                // One summary for all channels.
                Some(self.join((gather, &[]), due_at)?.id)
            }
            Verdict::Drop(Why::SameStory { alert }) => Some(alert.clone()),
            Verdict::Drop(_) => None,
        };
        Ok(Judged { verdict, alert })
    }

    /// Who carries the story of a hit, as far as its rule asks.
    fn carried(&self, hit: &Pending<'p>) -> TxResult<policy::Carried> {
        let telling = &hit.rule.telling;
        let mut carried = policy::Carried::default();
        if telling.min_sources > 1 {
            carried.ever = self.tx.sources(hit.story, Timestamp::MIN)?;
        } else {
            carried.ever = 1;
        }
        if let Some(limit) = telling.escalate {
            let now = self.batch.at;
            let since = now.saturating_sub(limit.within).unwrap_or(Timestamp::MIN);
            carried.lately = self.tx.sources(hit.story, since)?;
            carried.escalated = self.tx.escalated(&hit.rule.name, hit.story)?;
        }
        Ok(carried)
    }

    /// Lets a hit ring, if that may be now.
    fn ring(&mut self, hit: &Pending<'p>, verdict: Verdict) -> TxResult<Judged> {
        let now = self.batch.at;
        let rule = hit.rule;
        let rung = match (self.rung.get(&*rule.name), rule.telling.repeat) {
            (Some(rung), _) => rung.clone(),
            (None, None) => Vec::new(),
            (None, Some(limit)) => {
                let since = now.saturating_sub(limit.within).unwrap_or(Timestamp::MIN);
                self.tx.rung(Some(&rule.name), since)?
            }
        };
        let held = hold::hold(rule, &rung, self.hours, now);
        if let Verdict::Ring(Why::Escalated { .. }) = &verdict {
            if held.is_some() && matches!(hit.met, Met::Carried) {
                // There is no hit that a digest could tell: the next feed rings for it.
                return Ok(Judged {
                    verdict,
                    alert: None,
                });
            }
            self.tx.escalate(&rule.name, hit.story, now)?;
        }
        let (verdict, id, at) = match held {
            None => {
                self.rung.insert(&rule.name, [rung, vec![now]].concat());
                (verdict, store::new_alert_id(), now)
            }
            Some((gather, due_at)) => {
                let joined = self.join((gather, &names(rule)), due_at)?;
                let why = joined.gather.why((rule, 1), joined.due_at);
                (Verdict::Hold(why), joined.id, joined.due_at)
            }
        };
        let about = (&*rule.name, hit.story);
        self.told.insert(about, (id.clone(), at));
        Ok(Judged {
            verdict,
            alert: Some(id),
        })
    }

    /// The alert that waits for the same on the same channels, or a new one.
    fn join(
        &mut self,
        (gather, channels): (Gather, &[&str]),
        due_at: Timestamp,
    ) -> TxResult<Gathering> {
        let key = serde_json::to_string(&(&gather, channels))?;
        if let Some(open) = self.gathering.get(&key) {
            return Ok(open.clone());
        }
        let open = self.tx.gathering(&key, self.batch.at)?;
        let (id, due_at) = open.unwrap_or_else(|| (store::new_alert_id(), due_at));
        let open = Gathering {
            id,
            gather,
            key: key.clone(),
            due_at,
        };
        self.gathering.insert(key, open.clone());
        Ok(open)
    }

    /// If all that was told lately and what this batch would ring are too much, the batch is told in
    /// one summary.
    fn dam(&mut self, pending: &[Pending<'p>], judged: &mut [Judged]) -> TxResult<()> {
        let (now, limit) = (self.batch.at, self.rules.flood);
        let rings = judged.iter();
        let rings = rings.filter(|judged| matches!(judged.verdict, Verdict::Ring(_)));
        let rings: Vec<AlertId> = rings.filter_map(|judged| judged.alert.clone()).collect();
        if rings.is_empty() {
            return Ok(());
        }
        let since = now.saturating_sub(limit.within).unwrap_or(Timestamp::MIN);
        let alerts = rings.len() + self.tx.rung(None, since)?.len();
        if !policy::is_flood(alerts, limit) {
            return Ok(());
        }
        let long_ago = now.saturating_sub(LONGEST).unwrap_or(Timestamp::MIN);
        let last = self.tx.last_flood(long_ago)?;
        let (gather, due_at) = hold::flood(last, limit, self.hours, now);
        for (hit, judged) in pending.iter().zip(judged) {
            let escalates = matches!(judged.verdict, Verdict::Ring(Why::Escalated { .. }));
            if escalates && matches!(hit.met, Met::Carried) {
                // There is no hit that a summary could tell.
                judged.alert = None;
            } else if judged.alert.as_ref().is_some_and(|id| rings.contains(id)) {
                let joined = self.join((gather.clone(), &names(hit.rule)), due_at)?;
                let why = joined.gather.why((hit.rule, alerts), joined.due_at);
                judged.verdict = Verdict::Hold(why);
                judged.alert = Some(joined.id);
            }
        }
        Ok(())
    }

    /// Stores hits and alerts, and puts the alerts into the outboxes of their channels.
    fn commit(&self, pending: &[Pending<'p>], judged: &[Judged]) -> TxResult<Vec<i64>> {
        let (tx, now) = (self.tx, self.batch.at);
        let mut ids = Vec::with_capacity(pending.len());
        for (hit, Judged { verdict, alert }) in pending.iter().zip(judged) {
            if let Some(alert) = alert {
                let held = self.gathering.values().find(|open| open.id == *alert);
                match (verdict, held) {
                    (Verdict::Ring(why), _) => {
                        tx.ensure_alert(NewAlert {
                            id: alert,
                            kind: match why {
                                Why::Escalated { .. } => AlertKind::Escalation,
                                Why::Updated { .. } => AlertKind::Update,
                                _ => AlertKind::Story,
                            },
                            about: Some((&hit.rule.name, hit.story)),
                            feed: None,
                            urgency: hit.rule.urgency,
                            at: now,
                        })?;
                        for channel in &hit.rule.channels {
                            tx.enqueue(alert, channel, now)?;
                        }
                    }
                    (Verdict::Hold(_), Some(open)) => self.hold(open, hit.rule)?,
                    _ => {}
                }
            }
            let (of, judged) = ((hit.item, &*hit.rule.name), (verdict, alert.as_ref()));
            match &hit.met {
                Met::New(evidence) => ids.push(tx.add_hit(of, now, evidence, judged)?),
                Met::Changed if alert.is_some() => ids.push(tx.revise_hit(of, judged)?),
                Met::Changed | Met::Carried => {}
            }
        }
        for (hit, judged) in pending.iter().zip(judged) {
            if let (Some(alert), true) = (&judged.alert, hit.rule.telling.min_sources > 1) {
                tx.adopt(&hit.rule.name, hit.story, alert)?;
            }
        }
        Ok(ids)
    }

    /// Commits an alert that gathers hits, or makes it as loud as one more of them.
    fn hold(&self, open: &Gathering, rule: &Rule) -> TxResult<()> {
        let feed = &*self.batch.feed.name;
        let floods = open.gather == Gather::Flood;
        let repeats = open.gather == Gather::Repeats;
        self.tx.ensure_alert(NewAlert {
            id: &open.id,
            kind: open.gather.kind(),
            about: None,
            feed: (floods || repeats).then_some(feed),
            urgency: Urgency::Low,
            at: self.batch.at,
        })?;
        self.tx.gather(&open.id, &open.key)?;
        if floods {
            self.tx.gather_from(&open.id, feed)?;
        }
        if open.gather != Gather::Baseline && !repeats {
            self.tx.raise(&open.id, rule.urgency)?;
        }
        for channel in &rule.channels {
            self.tx.hold(&open.id, channel, open.due_at)?;
        }
        Ok(())
    }
}

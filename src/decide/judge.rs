//! What is said of each hit, by which alert, and when?

use std::collections::HashMap;

use jiff::Timestamp;

use super::Rules;
use crate::model::{
    AlertId, AlertKind, Batch, Evidence, ItemId, Mute, Rule, StoryId, Urgency, Verdict, Why,
};
use crate::policy;
use crate::policy::hold::{self, Gather, Hours};
use crate::policy::hours::LONGEST;
use crate::store::{self, NewAlert, Tx, TxResult};

/// A hit that has no verdict yet.
pub(super) struct Pending<'r> {
    pub(super) item: ItemId,
    pub(super) story: StoryId,
    pub(super) published: Option<Timestamp>,
    pub(super) rule: &'r Rule,
    pub(super) evidence: Vec<Evidence>,
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
    baseline: bool,
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
        mutes: tx.mutes(batch.at)?,
        told: HashMap::new(),
        rung: HashMap::new(),
        gathering: HashMap::new(),
    };
    let mut judged = Vec::with_capacity(pending.len());
    for hit in pending {
        judged.push(bench.judge(hit, baseline)?);
    }
    bench.dam(pending, &mut judged)?;
    bench.commit(pending, &judged)
}

/// Looks whether what is held is still to be told when it was planned; returns whether anything moved.
pub(super) fn look_again(tx: &Tx<'_>, rules: &Rules, now: Timestamp) -> TxResult<bool> {
    let all = tx.held()?;
    if all.is_empty() {
        return Ok(false);
    }
    let zone = rules.zone();
    let hours = Hours {
        quiet: &rules.quiet,
        zone: &zone,
    };
    let mut moved = false;
    for held in all {
        // What another release has planned is told when it was planned.
        let Ok((gather, _)) = serde_json::from_str::<(Gather, Vec<String>)>(&held.gathers) else {
            continue;
        };
        let due_at = hold::due(&gather, (held.since, held.due_at), hours, now);
        if due_at != held.due_at {
            tx.hold_until(&held.id, due_at)?;
            moved = true;
        }
    }
    Ok(moved)
}

/// Everything that is known while a batch is judged.
struct Bench<'b, 'p> {
    tx: &'b Tx<'b>,
    rules: &'b Rules,
    hours: Hours<'b>,
    batch: &'b Batch,
    mutes: Vec<Mute>,
    /// What this batch tells: the alert, and when.
    told: HashMap<(&'p str, StoryId), (AlertId, Timestamp)>,
    /// When rules with a limit have rung lately, oldest first.
    rung: HashMap<&'p str, Vec<Timestamp>>,
    /// Alerts that hits of this batch join, by what they wait for.
    gathering: HashMap<String, Gathering>,
}

impl<'p> Bench<'_, 'p> {
    fn judge(&mut self, hit: &Pending<'p>, baseline: bool) -> TxResult<Judged> {
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
            baseline,
            told: told.as_ref(),
        };
        let verdict = policy::verdict(case, now);
        let alert = match &verdict {
            Verdict::Ring(_) => return self.ring(hit, verdict),
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
        let (verdict, id, at) = match held {
            None => {
                self.rung.insert(&rule.name, [rung, vec![now]].concat());
                (verdict, store::new_alert_id(), now)
            }
            Some((gather, due_at)) => {
                let joined = self.join((gather, &rule.channels), due_at)?;
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
        (gather, channels): (Gather, &[String]),
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
            if judged.alert.as_ref().is_some_and(|id| rings.contains(id)) {
                let joined = self.join((gather.clone(), &hit.rule.channels), due_at)?;
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
                    (Verdict::Ring(_), _) => {
                        tx.ensure_alert(NewAlert {
                            id: alert,
                            kind: AlertKind::Story,
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
            ids.push(tx.add_hit(
                (hit.item, &hit.rule.name),
                now,
                &hit.evidence,
                (verdict, alert.as_ref()),
            )?);
        }
        Ok(ids)
    }

    /// Commits an alert that gathers hits, or makes it as loud as one more of them.
    fn hold(&self, open: &Gathering, rule: &Rule) -> TxResult<()> {
        let feed = &*self.batch.feed.name;
        let floods = open.gather == Gather::Flood;
        self.tx.ensure_alert(NewAlert {
            id: &open.id,
            kind: open.gather.kind(),
            about: None,
            feed: floods.then_some(feed),
            urgency: Urgency::Low,
            at: self.batch.at,
        })?;
        self.tx.gather(&open.id, &open.key)?;
        if floods {
            self.tx.gather_from(&open.id, feed)?;
        }
        if open.gather != Gather::Baseline {
            self.tx.raise(&open.id, rule.urgency)?;
        }
        for channel in &rule.channels {
            self.tx.hold(&open.id, channel, open.due_at)?;
        }
        Ok(())
    }
}

//! What did a new rule miss? Matches it against items that are stored already.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use jiff::Timestamp;

use super::{Rules, say};
use crate::model::{AlertKind, Evidence, Feed, ItemId, Rule, Verdict, Why};
use crate::policy;
use crate::rules::{Matcher, Subject};
use crate::store::{Store, StoreError, Tx, TxResult};

/// Stored items that new rules are matched against, at most: the newest.
const ITEMS: usize = 100_000;

/// Matches new rules against stored items, each as far back as it says. The hits are stored and told as
/// one number; returns how many there are.
pub async fn backfill(
    store: &Store,
    rules: Rules,
    feeds: &[Arc<Feed>],
    now: Timestamp,
) -> Result<usize, StoreError> {
    let tags = feeds.iter();
    let tags: HashMap<Arc<str>, Vec<String>> = tags
        .map(|feed| (Arc::clone(&feed.name), feed.tags.clone()))
        .collect();
    store.write(move |tx| fill(tx, &rules, &tags, now)).await
}

fn fill(
    tx: &Tx<'_>,
    rules: &Rules,
    tags: &HashMap<Arc<str>, Vec<String>>,
    now: Timestamp,
) -> TxResult<usize> {
    let back = |rule: &Rule| {
        let back = rule.only.backfill.filter(|_| policy::is_on(rule, now));
        back.map(|back| now.saturating_sub(back).unwrap_or(Timestamp::MIN))
    };
    let since: Vec<Option<Timestamp>> = rules.rules.iter().map(back).collect();
    let Some(oldest) = since.iter().flatten().min() else {
        return Ok(0);
    };
    let mut matcher = Matcher::new(Arc::clone(&rules.set));
    let mut found: Vec<(ItemId, usize, Vec<Evidence>)> = Vec::new();
    let mut items = 0;
    tx.stored_since(*oldest, |stored| {
        if items == ITEMS {
            tracing::warn!(
                items,
                "new rules were matched against the newest stored items only"
            );
            return ControlFlow::Break(());
        }
        items += 1;
        let subject = Subject {
            item: &stored.item,
            feed: &stored.feed,
            tags: tags.get(&*stored.feed).map_or(&[], Vec::as_slice),
        };
        for hit in matcher.matches(&subject) {
            let near = since.get(hit.rule).copied().flatten();
            if near.is_some_and(|since| stored.at() >= since) {
                found.push((stored.id, hit.rule, hit.evidence));
            }
        }
        ControlFlow::Continue(())
    })?;
    found.retain(|(_, rule, _)| rules.rules.get(*rule).is_some());
    let mut alert = None;
    let mut hits = 0;
    // Oldest first, as they would have come.
    for (item, rule, evidence) in found.into_iter().rev() {
        let name = &rules.rules[rule].name;
        // A rule of this name may have been there before.
        if tx.has_hit(item, name)? {
            continue;
        }
        let id = match alert.take() {
            Some(id) => id,
            None => say(tx, rules, (AlertKind::Backfill, ""), now)?,
        };
        let verdict = Verdict::Hold(Why::Backfill);
        tx.add_hit((item, name), now, &evidence, (&verdict, Some(&id)))?;
        alert = Some(id);
        hits += 1;
    }
    Ok(hits)
}

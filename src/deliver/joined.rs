//! Does what is shown on the desktop tell what has joined it since?

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{Line, after};
use crate::channel::Channel;
use crate::channel::desktop::Desktop;
use crate::model::AlertId;
use crate::store::StoreError;

/// What joins an alert is shown so long after the first of it: feeds that are asked together join together,
/// and a text that moves draws the eye.
const GATHERS: SignedDuration = SignedDuration::from_secs(30);

/// Alerts that further hits have joined.
#[derive(Default)]
pub(super) struct Joined {
    /// The last hit that was looked at; `None` before the first look, when nothing is shown yet.
    last: Option<i64>,
    /// Since when there is something to be shown of each.
    since: BTreeMap<AlertId, Timestamp>,
}

impl Joined {
    /// Shows what has joined a while ago; returns when to look again, if there is more.
    pub(super) async fn show(&mut self, line: Line<'_>) -> Option<Timestamp> {
        let Channel::Desktop(desktop) = &line.outlet.channel else {
            return None;
        };
        if let Err(error) = self.look(line, desktop).await {
            // The alert is told already, and what joins it next will bring this along.
            tracing::debug!(%error, "what is shown could not be brought up to date");
        }
        let next = self.since.values().min();
        next.map(|since| after(*since, GATHERS))
    }

    async fn look(&mut self, line: Line<'_>, desktop: &Desktop) -> Result<(), StoreError> {
        let last = self.last;
        let looked = line.store.write(move |tx| {
            let newest = tx.last_hit()?;
            let joined = match last {
                Some(last) if last < newest => tx.joined_since(last)?,
                _ => Vec::new(),
            };
            Ok((newest, joined))
        });
        let (newest, joined) = looked.await?;
        self.last = Some(newest);
        let now = line.clock.now();
        for alert in joined {
            if desktop.shows(&alert).await {
                self.since.entry(alert).or_insert(now);
            }
        }
        // The clock may have been set back.
        let is_due = |since: Timestamp| since > now || after(since, GATHERS) <= now;
        let due = self.since.extract_if(.., |_, since| is_due(*since));
        for alert in due.map(|(alert, _)| alert).collect::<Vec<_>>() {
            let view = line.store.write(move |tx| tx.alert_view(alert)).await?;
            let said = line.outlet.wording.say(&view);
            if let Err(fault) = desktop.freshen(&said.message).await {
                tracing::debug!(
                    alert.id = view.id.0,
                    %fault,
                    "what is shown could not be brought up to date"
                );
            }
        }
        Ok(())
    }
}

//! What comes of what a person answers to a notification?

use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::StreamExt;
use jiff::tz::TimeZone;

use super::{Outlet, after};
use crate::channel::Channel;
use crate::channel::desktop::{self, Answer, Desktop, Wish};
use crate::clock::Clock;
use crate::model::{AlertId, Mute, StoryId, Topic};
use crate::render;
use crate::store::{Store, StoreError};

/// Answers that are heeded at once; others wait for their turn.
const AT_ONCE: usize = 8;

/// Listens from now on, and then does what a person answers; ends at once where nobody can answer.
pub(super) fn heed<'h>(
    store: &'h Store,
    outlet: &'h Outlet,
    clock: &'h Clock,
) -> impl Future<Output = ()> + 'h {
    let listening = match &outlet.channel {
        Channel::Desktop(desktop) => Some((desktop, desktop.listen())),
        _ => None,
    };
    async move {
        let Some((desktop, ear)) = listening else {
            return;
        };
        let desk = Desk {
            store,
            outlet,
            clock,
            desktop,
            complained: AtomicBool::new(false),
        };
        let answers = ear.answers();
        answers
            .for_each_concurrent(AT_ONCE, |answer| desk.heed(answer))
            .await;
    }
}

struct Desk<'d> {
    store: &'d Store,
    outlet: &'d Outlet,
    clock: &'d Clock,
    desktop: &'d Desktop,
    complained: AtomicBool,
}

impl Desk<'_> {
    async fn heed(&self, Answer { alert, wish }: Answer) {
        let done = match wish {
            Wish::Open { link, token } => {
                self.open(&alert, &link, token.as_deref()).await;
                Ok(())
            }
            Wish::Mute { rule } => self.mute(&alert, rule).await,
            Wish::NotRelevant { rule, story } => self.not_relevant(&alert, rule, story).await,
        };
        if let Err(error) = done {
            tracing::error!(alert.id = alert.0, %error, "an answer to a notification could not be stored");
        }
    }

    async fn open(&self, alert: &AlertId, link: &str, token: Option<&str>) {
        match desktop::open(link, token).await {
            Ok(()) => {
                self.complained.store(false, Ordering::Relaxed);
                tracing::info!(alert.id = alert.0, "a person opened the page");
            }
            Err(error) => {
                if !self.complained.swap(true, Ordering::Relaxed) {
                    tracing::warn!(alert.id = alert.0, %error, "a page could not be opened");
                }
            }
        }
    }

    async fn mute(&self, alert: &AlertId, rule: String) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mute = Mute {
            topic: Topic::Rule(rule.clone()),
            since: now,
            until: after(now, self.outlet.manner.mute),
        };
        let until = self
            .store
            .write(move |tx| {
                let mutes = tx.mutes(now)?;
                let mut longer = mutes.iter().filter(|old| old.topic == mute.topic);
                // A click does not shorten what was muted for longer.
                if let Some(longer) = longer.find(|old| old.until > mute.until) {
                    return Ok(longer.until);
                }
                tx.mute(&mute)?;
                Ok(mute.until)
            })
            .await?;
        tracing::info!(rule.name = rule, %until, "a person muted a rule from a notification");
        let message = render::muted((alert, &rule), until, &TimeZone::system());
        if let Err(fault) = self.desktop.confirm(&message).await {
            tracing::debug!(%fault, "a mute could not be confirmed on the screen");
        }
        Ok(())
    }

    async fn not_relevant(
        &self,
        alert: &AlertId,
        rule: String,
        story: StoryId,
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        tracing::info!(
            rule.name = rule,
            story.id = story.0,
            "a person found a story not relevant"
        );
        self.store
            .write(move |tx| tx.say_not_relevant(&rule, story, now))
            .await?;
        if let Err(fault) = self.desktop.withdraw(alert).await {
            tracing::debug!(%fault, "a notification could not be closed");
        }
        Ok(())
    }
}

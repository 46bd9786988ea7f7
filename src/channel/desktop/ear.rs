//! What does a person answer to what is shown?

use std::future::pending;
use std::sync::Arc;

use futures_util::{Stream, StreamExt, stream};
use tokio::sync::watch;
use zbus::Message;

use super::Desktop;
use super::bus::Link;
use crate::model::{AlertId, StoryId};

/// What a person wants of an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Which alert.
    pub alert: AlertId,
    /// What.
    pub wish: Wish,
}

/// What a person may want.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// To read it.
    Open {
        /// The page.
        link: String,
        /// What lets the program that shows the page come to the front.
        token: Option<String>,
    },
    /// To hear nothing of its rule for a while.
    Mute {
        /// Which rule.
        rule: String,
    },
    /// To hear nothing more of its story, which is not what the rule is for.
    NotRelevant {
        /// Which rule.
        rule: String,
        /// Which story.
        story: StoryId,
    },
}

/// Hears what a person answers, over every connection that is made.
pub struct Ear<'d> {
    desktop: &'d Desktop,
    links: watch::Receiver<Option<Arc<Link>>>,
}

impl<'d> Ear<'d> {
    pub(super) fn new(desktop: &'d Desktop) -> Ear<'d> {
        Ear {
            desktop,
            links: desktop.link.subscribe(),
        }
    }

    /// The answers as they come, without an end.
    pub fn answers(self) -> impl Stream<Item = Answer> + 'd {
        stream::unfold(self, |mut ear| async move {
            let answer = ear.next().await;
            Some((answer, ear))
        })
    }

    async fn next(&mut self) -> Answer {
        loop {
            let link = self.links.borrow_and_update().clone();
            if let Some(link) = link
                && let Some(answer) = self.hear(&link).await
            {
                return answer;
            }
            if self.links.changed().await.is_err() {
                // The desktop, whom this borrows, is gone: that cannot be.
                pending::<()>().await;
            }
        }
    }

    /// The next answer over this connection; `None` if it ends or is replaced before.
    async fn hear(&mut self, link: &Arc<Link>) -> Option<Answer> {
        let mut signals = link.signals.as_ref()?.lock().await;
        loop {
            tokio::select! {
                _ = self.links.changed() => {
                    self.links.mark_changed();
                    return None;
                }
                signal = signals.next() => {
                    let Some(Ok(signal)) = signal else {
                        let mut shown = self.desktop.shown.lock().await;
                        self.desktop.forget(link, &mut shown);
                        return None;
                    };
                    if let Some(answer) = self.take_in(&signal).await {
                        return Some(answer);
                    }
                }
            }
        }
    }

    /// What a signal means, if it is about something of ours.
    async fn take_in(&self, signal: &Message) -> Option<Answer> {
        let header = signal.header();
        let (server, body) = (header.sender()?.as_str(), signal.body());
        let mut shown = self.desktop.shown.lock().await;
        match header.member()?.as_str() {
            "ActionInvoked" => {
                let (id, key): (u32, String) = body.deserialize().ok()?;
                return shown.answered(server, id, &key);
            }
            "ActivationToken" => {
                let (id, token) = body.deserialize().ok()?;
                shown.may_come_to_front(server, id, token);
            }
            "NotificationClosed" => {
                let (id, _reason): (u32, u32) = body.deserialize().ok()?;
                shown.closed(server, id);
            }
            _ => {}
        }
        None
    }
}

//! How is a message shown on the desktop, whatever the notification server can do?
//!
//! Speaks the freedesktop Desktop Notifications Specification 1.2/1.3 over the session bus. Every
//! send asks the server for its name and capabilities anew ("Basic Design"), because a server may be
//! replaced by another while newsbell runs.
//!
//! What is shown is a [`Notification`] of notify-rust. It travels over one connection of our own, which is
//! made anew when the bus is gone: notify-rust would make one for each, but GNOME takes notifications off
//! the screen as soon as the connection that sent them closes, and dunst tells only that connection what
//! a person does with them.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use notify_rust::{Hint, Notification, Timeout};
use tokio::sync::{Mutex, watch};

use self::bus::{Link, Note, Server};
use self::shown::{Bubble, Shown};
use self::text::Text;
use super::text::one_line;
use super::{Cause, Receipt, SendError};
use crate::model::{AlertId, Message, Urgency};

mod bus;
mod ear;
mod open;
mod shown;
mod text;

pub use ear::{Answer, Ear, Wish};
pub use open::{NotOpened, open};

/// How long the bus and the server together may take for one message, unless configured otherwise.
/// A server that the bus has to start first fits in.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// How long what confirms an answer stays on the screen.
const CONFIRMED: Duration = Duration::from_secs(6);

const APP_NAME: &str = "newsbell";
/// Name in the icon theme, `assets/newsbell.svg`.
const ICON: &str = "newsbell";
/// `assets/newsbell.desktop`, without its ending ("Hints", `desktop-entry`).
const DESKTOP_ENTRY: &str = "newsbell";
/// A vendor's own category ("Categories": `x-vendor.class.name`).
const CATEGORY: &str = "x-newsbell.alert";

/// The notification server of the session this process runs in.
///
/// Its bus is the one of `$DBUS_SESSION_BUS_ADDRESS`, else `$XDG_RUNTIME_DIR/bus`, looked up whenever
/// there is no connection: the desktop may come and go while newsbell runs.
pub struct Desktop {
    timeout: Duration,
    listens: AtomicBool,
    link: watch::Sender<Option<Arc<Link>>>,
    /// Held while the server is asked to show something, so that no answer to it is looked up before it
    /// is known under which number it is shown.
    shown: Mutex<Shown>,
}

impl fmt::Debug for Desktop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desktop").finish_non_exhaustive()
    }
}

/// What was wrong with the desktop. Each text is one line and says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// Nobody is logged in, or this process is outside of the session.
    #[error(
        "no session bus ({detail}): run newsbell inside a desktop session, or as the user service newsbell.service"
    )]
    NoBus {
        /// What the bus library says.
        detail: String,
    },
    /// The session has no notification server, or the bus could not start it.
    #[error(
        "no notification server on the session bus ({detail}): start the desktop's own, or one such as dunst or mako"
    )]
    NoServer {
        /// What the bus says.
        detail: String,
    },
    /// The bus or the server was too slow.
    #[error(
        "the notification server gave no answer within {} ms: if this goes on, restart it",
        waited.as_millis()
    )]
    Silent {
        /// How long it was waited for.
        waited: Duration,
    },
    /// The server answered with an error.
    #[error("the notification server did not take the message ({detail}): see its own log")]
    Refused {
        /// What the server says.
        detail: String,
    },
}

impl Default for Desktop {
    fn default() -> Self {
        Desktop::new(ANSWER_TIMEOUT)
    }
}

impl Desktop {
    /// Connects to nothing yet. One send ends within `timeout`, whatever the bus and the server do.
    #[must_use]
    pub fn new(timeout: Duration) -> Self {
        Desktop {
            timeout,
            listens: AtomicBool::new(false),
            link: watch::Sender::new(None),
            shown: Mutex::default(),
        }
    }

    /// Hears from now on what a person answers. Before that no answers are offered: nobody would do what
    /// they say.
    pub fn listen(&self) -> Ear<'_> {
        self.listens.store(true, Ordering::Relaxed);
        Ear::new(self)
    }

    /// Shows `message` as a bubble of its own, in place of one that tells the same story under the same
    /// rule.
    ///
    /// Every fault is [`SendError::Later`]: servers restart and people log in again, and the message
    /// is made to be acceptable to all of them.
    pub async fn send(&self, message: &Message) -> Result<Receipt, SendError> {
        let id = self.in_time(self.show(message)).await;
        let id = id.map_err(|fault| SendError::Later {
            reason: Cause::Desktop(fault),
            after: None,
        })?;
        Ok(Receipt {
            reference: format!("notification {id}"),
        })
    }

    /// Whether a notification server answers.
    pub async fn answers(&self) -> Result<(), Fault> {
        self.in_time(async {
            let mut shown = self.shown.lock().await;
            self.server(&mut shown).await.map(drop)
        })
        .await
    }

    async fn in_time<T>(&self, asked: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
        let waited = self.timeout;
        let answer = tokio::time::timeout(waited, asked).await;
        answer.unwrap_or(Err(Fault::Silent { waited }))
    }

    async fn show(&self, message: &Message) -> Result<u32, Fault> {
        let mut shown = self.shown.lock().await;
        let (link, server) = self.server(&mut shown).await?;
        let text = text::fit(message, server.capabilities);
        let listens = self.listens.load(Ordering::Relaxed);
        let answers = if listens && server.capabilities.actions {
            shown::actions(message)
        } else {
            Vec::new()
        };
        let note = Note {
            // The same alert again: whoever sent it did not hear that it was taken.
            replaces: shown
                .open(&message.alert)
                .filter(|bubble| bubble.server == server.name)
                .map_or(0, |bubble| bubble.id),
            alert: &message.alert,
            shown: notification(&text, message.urgency, answers),
        };
        let id = link.notify(&server.name, &note).await?;
        let bubble = Bubble {
            alert: message.alert.clone(),
            server: server.name,
            capabilities: server.capabilities,
            id,
            rule: message.rule.clone(),
            story: message.story,
            link: message.link.clone(),
            text,
            is_open: true,
            token: None,
        };
        // A server that replaces a bubble need not ring for it, and this alert is to ring.
        for (server, id) in shown.put(bubble) {
            if let Err(fault) = link.close(&server, id).await {
                tracing::debug!(%fault, "an older bubble of the same story could not be closed");
            }
        }
        Ok(id)
    }

    /// Whether what was shown of an alert is still there and can be changed.
    pub async fn shows(&self, alert: &AlertId) -> bool {
        let mut shown = self.shown.lock().await;
        shown.open(alert).is_some()
    }

    /// Changes the text of an open bubble, without a sound. What a person has closed stays closed, and
    /// another server than the one that shows it is not asked.
    pub async fn freshen(&self, message: &Message) -> Result<(), Fault> {
        self.in_time(async {
            let mut shown = self.shown.lock().await;
            let (Some(link), Some(bubble)) = (self.linked(), shown.open(&message.alert)) else {
                return Ok(());
            };
            let text = text::fit(message, bubble.capabilities);
            if text == bubble.text {
                return Ok(());
            }
            let owner = link.owner().await;
            if owner.as_deref() != Some(&*bubble.server) {
                bubble.is_open = false;
                return Ok(());
            }
            // GNOME shows what is changed anew, unless it is of low urgency; what is critical stands
            // there anyway, and is to go on standing there.
            let urgency = match message.urgency {
                Urgency::Critical => Urgency::Critical,
                Urgency::Normal | Urgency::Low => Urgency::Low,
            };
            let answers = if bubble.capabilities.actions {
                shown::actions(message)
            } else {
                Vec::new()
            };
            let mut shown = notification(&text, urgency, answers);
            shown.hint(Hint::SuppressSound(true));
            let note = Note {
                replaces: bubble.id,
                alert: &message.alert,
                shown,
            };
            bubble.id = link.notify(&bubble.server, &note).await?;
            bubble.text = text;
            Ok(())
        })
        .await
    }

    /// Puts what confirms an answer in the place of the bubble that was answered, for a short while.
    pub async fn confirm(&self, message: &Message) -> Result<(), Fault> {
        self.in_time(async {
            let mut shown = self.shown.lock().await;
            let (Some(link), Some(bubble)) = (self.linked(), shown.last(&message.alert)) else {
                return Ok(());
            };
            let text = text::fit(message, bubble.capabilities);
            let mut shown = notification(&text, message.urgency, Vec::new());
            // Nor is it kept in a list of the past.
            shown
                .hint(Hint::SuppressSound(true))
                .hint(Hint::Transient(true))
                .timeout(Timeout::from(CONFIRMED));
            let note = Note {
                replaces: bubble.id,
                alert: &message.alert,
                shown,
            };
            bubble.is_open = false;
            link.notify(&bubble.server, &note).await?;
            Ok(())
        })
        .await
    }

    /// Takes a bubble off the screen, if it is still there.
    pub async fn withdraw(&self, alert: &AlertId) -> Result<(), Fault> {
        self.in_time(async {
            let mut shown = self.shown.lock().await;
            if let (Some(link), Some(bubble)) = (self.linked(), shown.open(alert)) {
                bubble.is_open = false;
                link.close(&bubble.server, bubble.id).await?;
            }
            Ok(())
        })
        .await
    }

    fn linked(&self) -> Option<Arc<Link>> {
        self.link.borrow().clone()
    }

    /// Who shows notifications now, over the connection that is there or a new one.
    async fn server(&self, shown: &mut Shown) -> Result<(Arc<Link>, Server), Fault> {
        if let Some(link) = self.linked() {
            match link.server().await {
                Err(Fault::NoBus { .. }) => self.forget(&link, shown),
                server => return Ok((link, server?)),
            }
        }
        let link = Arc::new(Link::new(self.listens.load(Ordering::Relaxed)).await?);
        self.link.send_replace(Some(Arc::clone(&link)));
        let server = link.server().await?;
        Ok((link, server))
    }

    /// The bus of this connection is gone, and with it everything that was shown.
    fn forget(&self, gone: &Arc<Link>, shown: &mut Shown) {
        let is_gone = |link: &Arc<Link>| Arc::ptr_eq(link, gone);
        if self
            .link
            .send_if_modified(|link| link.take_if(|link| is_gone(link)).is_some())
        {
            *shown = Shown::default();
        }
    }
}

/// What is shown of a message, with the answers that it offers if any can be given.
fn notification(
    text: &Text,
    urgency: Urgency,
    answers: Vec<(&'static str, &'static str)>,
) -> Notification {
    let mut shown = Notification::new();
    shown
        .appname(APP_NAME)
        .icon(ICON)
        .summary(&text.summary)
        .body(&text.body)
        .hint(Hint::Category(CATEGORY.to_owned()))
        .hint(Hint::DesktopEntry(DESKTOP_ENTRY.to_owned()))
        .urgency(match urgency {
            Urgency::Low => notify_rust::Urgency::Low,
            Urgency::Normal => notify_rust::Urgency::Normal,
            Urgency::Critical => notify_rust::Urgency::Critical,
        });
    for (key, label) in answers {
        shown.action(key, label);
    }
    shown
}

//! How is a message shown on the desktop, whatever the notification server can do?
//!
//! Speaks the freedesktop Desktop Notifications Specification 1.2/1.3 over the session bus. Every
//! send asks the server for its capabilities anew ("Basic Design"), because a server may be replaced
//! by another while newsbell runs.
//!
//! Two crates share the work: notify-rust shows the notification; zbus asks for the capabilities,
//! because notify-rust can only do that by blocking the thread, without an end if the server hangs.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use notify_rust::{Hint, Notification, NotificationHandle};

use super::text::one_line;
use super::{Cause, Receipt, SendError};
use crate::model::{Message, Urgency};

mod text;

/// How long the bus and the server together may take for one message, unless configured otherwise.
/// A server that the bus has to start first fits in.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// How many of the last notifications keep their connection to the bus.
///
/// GNOME and Cinnamon take a notification with a `desktop-entry` off the screen as soon as the
/// connection that sent it closes.
const CONNECTIONS_HELD: usize = 64;

const APP_NAME: &str = "newsbell";
/// Name in the icon theme, `assets/newsbell.svg`.
const ICON: &str = "newsbell";
/// `assets/newsbell.desktop`, without its ending ("Hints", `desktop-entry`).
const DESKTOP_ENTRY: &str = "newsbell";
/// A vendor's own category ("Categories": `x-vendor.class.name`).
const CATEGORY: &str = "x-newsbell.alert";
/// A vendor's own hint ("Hints": `x-vendor-name`): the alert id, by which a re-send can be known.
const ALERT_HINT: &str = "x-newsbell-alert";

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";

/// The notification server of the session this process runs in.
///
/// Its bus is the one of `$DBUS_SESSION_BUS_ADDRESS`, else `$XDG_RUNTIME_DIR/bus`, looked up at every
/// send: the desktop may come and go while newsbell runs.
#[derive(Debug)]
pub struct Desktop {
    timeout: Duration,
    held: Mutex<VecDeque<NotificationHandle>>,
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
    pub fn new(timeout: Duration) -> Self {
        Desktop {
            timeout,
            held: Mutex::default(),
        }
    }

    /// Shows `message` as a bubble of its own.
    ///
    /// Every fault is [`SendError::Later`]: servers restart and people log in again, and the message
    /// is made to be acceptable to all of them.
    pub async fn send(&self, message: &Message) -> Result<Receipt, SendError> {
        match tokio::time::timeout(self.timeout, self.show(message)).await {
            Ok(Ok(receipt)) => Ok(receipt),
            Ok(Err(fault)) => Err(later(fault)),
            Err(_) => Err(later(Fault::Silent {
                waited: self.timeout,
            })),
        }
    }

    /// Whether a notification server answers.
    pub async fn answers(&self) -> Result<(), Fault> {
        let waited = self.timeout;
        let answer = tokio::time::timeout(waited, capabilities()).await;
        answer.map_err(|_| Fault::Silent { waited })?.map(drop)
    }

    async fn show(&self, message: &Message) -> Result<Receipt, Fault> {
        let capabilities = capabilities().await?;
        let text = text::fit(message, capabilities);
        let handle = Notification::new()
            .appname(APP_NAME)
            .icon(ICON)
            .summary(&text.summary)
            .body(&text.body)
            .urgency(match message.urgency {
                Urgency::Low => notify_rust::Urgency::Low,
                Urgency::Normal => notify_rust::Urgency::Normal,
                Urgency::Critical => notify_rust::Urgency::Critical,
            })
            .hint(Hint::Category(CATEGORY.into()))
            .hint(Hint::DesktopEntry(DESKTOP_ENTRY.into()))
            .hint(Hint::Custom(
                ALERT_HINT.into(),
                crate::text::printable(&message.alert.0).into_owned(),
            ))
            .show_async()
            .await
            .map_err(|error| Fault::Refused {
                detail: one_line(&error.to_string()),
            })?;
        let receipt = Receipt {
            reference: format!("notification {}", handle.id()),
        };
        self.hold(handle);
        Ok(receipt)
    }

    fn hold(&self, handle: NotificationHandle) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.push_back(handle);
        while held.len() > CONNECTIONS_HELD {
            held.pop_front();
        }
    }
}

fn later(fault: Fault) -> SendError {
    SendError::Later {
        reason: Cause::Desktop(fault),
        after: None,
    }
}

/// What a server can show, as far as the text depends on it (`GetCapabilities`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Capabilities {
    /// `body`: it shows more than the summary.
    body: bool,
    /// `body-markup`: it reads the body as markup.
    markup: bool,
}

impl Capabilities {
    fn from_names(names: &[String]) -> Self {
        let has = |name: &str| names.iter().any(|n| n == name);
        Capabilities {
            body: has("body"),
            markup: has("body-markup"),
        }
    }
}

async fn capabilities() -> Result<Capabilities, Fault> {
    let bus = zbus::Connection::session()
        .await
        .map_err(|error| Fault::NoBus {
            detail: one_line(&error.to_string()),
        })?;
    let reply = bus
        .call_method(Some(NAME), PATH, Some(NAME), "GetCapabilities", &())
        .await
        .map_err(|error| fault(&error))?;
    let names: Vec<String> = reply.body().deserialize().map_err(|error| fault(&error))?;
    Ok(Capabilities::from_names(&names))
}

fn fault(error: &zbus::Error) -> Fault {
    use zbus::fdo::Error as Answer;
    let detail = one_line(&error.to_string());
    match error {
        zbus::Error::InputOutput(_) => Fault::NoBus { detail },
        zbus::Error::FDO(answer) => match **answer {
            Answer::ServiceUnknown(_)
            | Answer::NameHasNoOwner(_)
            | Answer::NoReply(_)
            | Answer::SpawnExecFailed(_)
            | Answer::SpawnForkFailed(_)
            | Answer::SpawnChildExited(_)
            | Answer::SpawnChildSignaled(_)
            | Answer::SpawnFailed(_)
            | Answer::SpawnFailedToSetup(_)
            | Answer::SpawnConfigInvalid(_)
            | Answer::SpawnServiceNotValid(_)
            | Answer::SpawnServiceNotFound(_)
            | Answer::SpawnPermissionsInvalid(_)
            | Answer::SpawnFileInvalid(_)
            | Answer::SpawnNoMemory(_) => Fault::NoServer { detail },
            _ => Fault::Refused { detail },
        },
        _ => Fault::Refused { detail },
    }
}

//! How is the notification server asked, over one connection to its bus?

use std::collections::HashMap;
use std::num::NonZeroUsize;

use notify_rust::{Hint, Notification};
use tokio::sync::Mutex;
use zbus::{Connection, MatchRule, MessageStream, Variant};

use super::{Fault, one_line};
use crate::model::AlertId;

/// A vendor's own hint ("Hints": `x-vendor-name`): the alert id, by which a re-send can be known.
const ALERT_HINT: &str = "x-newsbell-alert";

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";

/// What a person does with notifications, of ours and of others, that may wait to be looked at.
const HEARD: NonZeroUsize = NonZeroUsize::MIN.saturating_add(255);

/// One connection to the session bus.
pub(super) struct Link {
    bus: Connection,
    /// What the server tells of notifications that were closed or answered, if somebody wants to know.
    pub(super) signals: Option<Mutex<MessageStream>>,
}

/// Who shows notifications.
pub(super) struct Server {
    /// The name of its connection, which no other has as long as the bus lives.
    pub(super) name: String,
    pub(super) capabilities: Capabilities,
}

/// What a server can do, as far as it matters (`GetCapabilities`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Capabilities {
    /// `body`: it shows more than the summary.
    pub(super) body: bool,
    /// `body-markup`: it reads the body as markup.
    pub(super) markup: bool,
    /// `actions`: a person can answer.
    pub(super) actions: bool,
}

/// What is to be shown ("Protocol", `Notify`).
pub(super) struct Note<'n> {
    /// The notification in whose place it is put; 0 if none.
    pub(super) replaces: u32,
    pub(super) alert: &'n AlertId,
    pub(super) shown: Notification,
}

impl Capabilities {
    fn from_names(names: &[String]) -> Self {
        let has = |name: &str| names.iter().any(|n| n == name);
        Capabilities {
            body: has("body"),
            markup: has("body-markup"),
            actions: has("actions"),
        }
    }
}

impl Link {
    pub(super) async fn new(listens: bool) -> Result<Link, Fault> {
        let no_bus = |error: zbus::Error| Fault::NoBus {
            detail: one_line(&error.to_string()),
        };
        let bus = Connection::session().await.map_err(no_bus)?;
        let signals = if listens {
            let rule = MatchRule::builder()
                .msg_type(zbus::message::Type::Signal)
                .interface(NAME)
                .path(PATH)
                .build()
                .map_err(no_bus)?;
            let stream = MessageStream::for_match_rule(rule, &bus, Some(HEARD)).await;
            Some(Mutex::new(stream.map_err(no_bus)?))
        } else {
            None
        };
        Ok(Link { bus, signals })
    }

    /// Who shows notifications; the bus starts a server if it knows how to.
    pub(super) async fn server(&self) -> Result<Server, Fault> {
        let reply = self
            .bus
            .call_method(Some(NAME), PATH, Some(NAME), "GetCapabilities", &())
            .await
            .map_err(|error| fault(&error))?;
        let names: Vec<String> = reply.body().deserialize().map_err(|error| fault(&error))?;
        let header = reply.header();
        let name = header.sender().ok_or_else(|| Fault::Refused {
            detail: "its answer has no sender".to_owned(),
        })?;
        Ok(Server {
            name: name.to_string(),
            capabilities: Capabilities::from_names(&names),
        })
    }

    /// The name of the server that is there, if one is: none is started.
    pub(super) async fn owner(&self) -> Option<String> {
        let bus = "org.freedesktop.DBus";
        let path = "/org/freedesktop/DBus";
        let asked = self
            .bus
            .call_method(Some(bus), path, Some(bus), "GetNameOwner", &NAME);
        asked.await.ok()?.body().deserialize().ok()
    }

    /// Lets this very server show something; returns the number that it has there.
    pub(super) async fn notify(&self, server: &str, note: &Note<'_>) -> Result<u32, Fault> {
        let shown = &note.shown;
        let alert = crate::text::printable(&note.alert.0);
        let mut hints: HashMap<&str, Variant<'_>> = shown.hints.iter().filter_map(hint).collect();
        hints.insert(ALERT_HINT, (&*alert).into());
        let asked = (
            &shown.appname,
            note.replaces,
            &shown.icon,
            &shown.summary,
            &shown.body,
            &shown.actions,
            hints,
            i32::from(shown.timeout),
        );
        let reply = self
            .bus
            .call_method(Some(server), PATH, Some(NAME), "Notify", &asked)
            .await
            .map_err(|error| fault(&error))?;
        reply.body().deserialize().map_err(|error| fault(&error))
    }

    /// Lets this very server take one away.
    pub(super) async fn close(&self, server: &str, id: u32) -> Result<(), Fault> {
        let asked = self
            .bus
            .call_method(Some(server), PATH, Some(NAME), "CloseNotification", &id);
        asked.await.map(|_| ()).map_err(|error| fault(&error))
    }
}

/// A hint as it is written on the bus ("Hints"); `None` for those that no note has.
fn hint(hint: &Hint) -> Option<(&'static str, Variant<'_>)> {
    Some(match hint {
        Hint::Urgency(urgency) => ("urgency", (*urgency as u8).into()),
        Hint::Category(category) => ("category", category.as_str().into()),
        Hint::DesktopEntry(entry) => ("desktop-entry", entry.as_str().into()),
        Hint::SuppressSound(is_quiet) => ("suppress-sound", (*is_quiet).into()),
        Hint::Transient(is_transient) => ("transient", (*is_transient).into()),
        _ => return None,
    })
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

//! What did the notification server receive?
//!
//! A real server of the Desktop Notifications Specification on a [`SessionBus`], which shows nothing
//! and remembers everything.

use std::collections::HashMap;
use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;
use zbus::OwnedVariant;
use zbus::{Connection, connection, fdo, interface};

use super::session::SessionBus;

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";
/// A test that waits longer than this has failed.
const DEADLINE: Duration = Duration::from_secs(20);

/// What a desktop of our days can do.
pub const FULL: &[&str] = &[
    "actions",
    "body",
    "body-hyperlinks",
    "body-markup",
    "persistence",
];

/// How the server behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// It does what it is asked.
    Answers,
    /// It refuses every notification with an error, and still tells its capabilities.
    Refuses,
    /// It never answers anything.
    Hangs,
    /// It shows a notification, and then never answers.
    Swallows,
}

/// One call of `Notify`, as it came over the bus.
#[derive(Clone, Debug)]
pub struct Received {
    /// The bus name of the connection it came by.
    pub sender: String,
    pub app_name: String,
    pub replaces_id: u32,
    pub icon: String,
    pub summary: String,
    pub body: String,
    pub actions: Vec<String>,
    pub expire_timeout: i32,
    pub hints: HashMap<String, OwnedVariant>,
}

impl Received {
    /// A hint that is a string.
    pub fn hint(&self, name: &str) -> Option<String> {
        String::try_from(self.hints.get(name)?.try_clone().ok()?).ok()
    }

    /// Whether it is more than a quiet change of what is shown already.
    pub fn rings(&self) -> bool {
        let hint = self.hints.get("suppress-sound");
        !hint.is_some_and(|hint| bool::try_from(hint) == Ok(true))
    }

    /// The hint `urgency`: 0 low, 1 normal, 2 critical.
    pub fn urgency(&self) -> Option<u8> {
        u8::try_from(self.hints.get("urgency")?).ok()
    }
}

struct State {
    capabilities: Vec<String>,
    manner: Manner,
    received: Vec<Received>,
    /// Numbers of those that were to be closed.
    closed: Vec<u32>,
}

/// The server. It leaves the bus when it is dropped or stopped.
pub struct Recorder {
    connection: Connection,
    state: Arc<Mutex<State>>,
    count: watch::Receiver<usize>,
    closed: watch::Receiver<usize>,
}

impl Recorder {
    /// Takes the name `org.freedesktop.Notifications` on `bus`; [`FULL`] is a good choice of capabilities.
    pub async fn start(bus: &SessionBus, capabilities: &[&str]) -> Self {
        Recorder::at(bus.address(), capabilities).await
    }

    /// The same on the bus of this address.
    pub async fn at(address: &str, capabilities: &[&str]) -> Self {
        let state = Arc::new(Mutex::new(State {
            capabilities: capabilities.iter().map(ToString::to_string).collect(),
            manner: Manner::Answers,
            received: Vec::new(),
            closed: Vec::new(),
        }));
        let (counter, count) = watch::channel(0);
        let (remover, closed) = watch::channel(0);
        let server = Server {
            state: Arc::clone(&state),
            counter,
            remover,
        };
        let connection = connection::Builder::address(address)
            .serve_at(PATH, server)
            .name(NAME)
            .build()
            .await
            .expect("the recorder takes its name on the bus");
        Recorder {
            connection,
            state,
            count,
            closed,
        }
    }

    /// From now on.
    pub fn set_manner(&self, manner: Manner) {
        self.state.lock().expect("not poisoned").manner = manner;
    }

    /// All it has received, once there are `n` or more.
    pub async fn wait_for(&self, n: usize) -> Vec<Received> {
        let mut count = self.count.clone();
        let enough = tokio::time::timeout(DEADLINE, count.wait_for(|count| *count >= n)).await;
        let received = self.received();
        assert!(
            enough.is_ok(),
            "waited {DEADLINE:?} for {n} notifications, received {received:#?}"
        );
        received
    }

    /// All it has received so far.
    pub fn received(&self) -> Vec<Received> {
        self.state.lock().expect("not poisoned").received.clone()
    }

    /// The numbers of all that it was asked to close, once there are `n` or more.
    pub async fn wait_for_closed(&self, n: usize) -> Vec<u32> {
        let mut closed = self.closed.clone();
        let enough = tokio::time::timeout(DEADLINE, closed.wait_for(|count| *count >= n)).await;
        let closed = self.state.lock().expect("not poisoned").closed.clone();
        assert!(enough.is_ok(), "waited {DEADLINE:?} for {n} to be closed");
        closed
    }

    /// A person clicks on this action of notification `id`, which stays on the screen.
    pub async fn click(&self, id: u32, action: &str) {
        self.tell(id, "ActivationToken", &(id, format!("token-{id}")))
            .await;
        self.tell(id, "ActionInvoked", &(id, action)).await;
    }

    /// A person closes notification `id`.
    pub async fn dismiss(&self, id: u32) {
        self.tell(id, "NotificationClosed", &(id, 2_u32)).await;
    }

    /// Tells whoever sent notification `id`, and nobody else, as dunst does.
    async fn tell<B>(&self, id: u32, signal: &str, body: &B)
    where
        B: serde::Serialize + zbus::zvariant::DynamicType,
    {
        let first = usize::try_from(id).expect("few") - 1;
        let sender = self.received()[first].sender.clone();
        let sent = self
            .connection
            .emit_signal(Some(sender.as_str()), PATH, NAME, signal, body);
        sent.await.expect("the bus takes it");
    }

    /// Whether the connection of this bus name is still there.
    pub async fn knows(&self, sender: &str) -> bool {
        let bus = "org.freedesktop.DBus";
        let path = "/org/freedesktop/DBus";
        let asked =
            self.connection
                .call_method(Some(bus), path, Some(bus), "NameHasOwner", &sender);
        let answer = asked.await.expect("the bus answers");
        answer.body().deserialize().expect("yes or no")
    }

    /// Gives the name back and leaves the bus: the next send finds no server.
    pub async fn stop(self) {
        self.connection.close().await.expect("closes");
    }
}

struct Server {
    state: Arc<Mutex<State>>,
    counter: watch::Sender<usize>,
    remover: watch::Sender<usize>,
}

impl Server {
    fn manner(&self) -> Manner {
        self.state.lock().expect("not poisoned").manner
    }
}

#[interface(name = "org.freedesktop.Notifications")]
impl Server {
    async fn get_capabilities(&self) -> Vec<String> {
        if self.manner() == Manner::Hangs {
            pending::<()>().await;
        }
        self.state
            .lock()
            .expect("not poisoned")
            .capabilities
            .clone()
    }

    #[expect(clippy::too_many_arguments, reason = "the specification's")]
    async fn notify(
        &self,
        #[zbus(header)] header: zbus::message::Header<'_>,
        app_name: String,
        replaces_id: u32,
        app_icon: String,
        summary: String,
        body: String,
        actions: Vec<String>,
        hints: HashMap<String, OwnedVariant>,
        expire_timeout: i32,
    ) -> fdo::Result<u32> {
        match self.manner() {
            Manner::Answers | Manner::Swallows => {}
            Manner::Refuses => {
                return Err(fdo::Error::LimitsExceeded("too many\nnotifications".into()));
            }
            Manner::Hangs => pending().await,
        }
        let shown = {
            let mut state = self.state.lock().expect("not poisoned");
            state.received.push(Received {
                sender: header.sender().map(ToString::to_string).unwrap_or_default(),
                app_name,
                replaces_id,
                icon: app_icon,
                summary,
                body,
                actions,
                expire_timeout,
                hints,
            });
            state.received.len()
        };
        self.counter.send_replace(shown);
        if self.manner() == Manner::Swallows {
            pending::<()>().await;
        }
        Ok(match replaces_id {
            0 => u32::try_from(shown).expect("few"),
            same => same,
        })
    }

    async fn close_notification(&self, id: u32) -> fdo::Result<()> {
        if self.manner() == Manner::Hangs {
            pending::<()>().await;
        }
        let mut state = self.state.lock().expect("not poisoned");
        let known = state.received.len();
        if usize::try_from(id).is_ok_and(|id| (1..=known).contains(&id)) {
            state.closed.push(id);
            self.remover.send_replace(state.closed.len());
            Ok(())
        } else {
            Err(fdo::Error::Failed("no such notification".into()))
        }
    }

    #[expect(clippy::unused_self, reason = "an interface is made of methods")]
    fn get_server_information(&self) -> (&str, &str, &str, &str) {
        ("recorder", "newsbell", env!("CARGO_PKG_VERSION"), "1.2")
    }
}

//! What is a channel, as the user has set it up?

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use jiff::SignedDuration;
use url::Url;

use super::{Access, Limit, Secret};

/// One channel of the configuration, other than the desktop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setup {
    /// What rules call it.
    pub name: String,
    /// Where it leads.
    pub kind: Kind,
    /// How long it is tried, and how much goes through it.
    pub limits: Limits,
    /// In whose words it speaks.
    pub wording: Wording,
}

/// How long a channel is tried, and how much goes through it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// An alert that could not be told for so long is given up.
    pub give_up_after: Option<SignedDuration>,
    /// What goes beyond it waits.
    pub rate: Option<Limit>,
}

/// The user's own templates. They have been checked: those that exist compile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wording {
    /// One line, plain text.
    pub title: Option<String>,
    /// The text, in the markup of its medium.
    pub body: Option<String>,
    /// The HTML part of a mail.
    pub html: Option<String>,
    /// The JSON that a webhook gets.
    pub payload: Option<String>,
}

/// Where a channel leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A program of the user's behind a URL.
    Webhook(Webhook),
    /// A mailbox.
    Email(Email),
    /// A topic of an ntfy server.
    Ntfy(Ntfy),
    /// An application of a Gotify server.
    Gotify(Gotify),
    /// A chat, by a bot.
    Telegram(Telegram),
    /// A channel of Slack, by an incoming webhook.
    Slack(Hook),
    /// A channel of Discord, by a webhook.
    Discord(Hook),
    /// A room.
    Matrix(Matrix),
    /// A program on this machine.
    Exec(Exec),
    /// An Atom document.
    Feed(Feed),
    /// The log of newsbell itself.
    Log,
}

impl Kind {
    /// Its word in the configuration.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Kind::Webhook(_) => "webhook",
            Kind::Email(_) => "email",
            Kind::Ntfy(_) => "ntfy",
            Kind::Gotify(_) => "gotify",
            Kind::Telegram(_) => "telegram",
            Kind::Slack(_) => "slack",
            Kind::Discord(_) => "discord",
            Kind::Matrix(_) => "matrix",
            Kind::Exec(_) => "exec",
            Kind::Feed(_) => "feed",
            Kind::Log => "log",
        }
    }
}

/// A URL that may hold a secret: only its host is shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint(Url);

impl Endpoint {
    /// An `http(s)` URL.
    #[must_use]
    pub fn new(url: Url) -> Endpoint {
        Endpoint(url)
    }

    /// The whole URL, for whom it is meant.
    #[must_use]
    pub fn told(&self) -> &Url {
        &self.0
    }
}

/// `https://host:port`, as it may be shown.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.origin().ascii_serialization())
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// How a server is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// For one attempt, from connecting to the end of the answer.
    pub timeout: Duration,
    /// Through whom it is reached.
    pub proxy: Option<Url>,
    /// Certificates in PEM of authorities to be trusted beside those of the machine.
    pub certificates: Option<Vec<u8>>,
}

/// A program of the user's behind a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Where JSON is posted to.
    pub url: Endpoint,
    /// How it is reached; the proxy and certificates of `access` are here.
    pub route: Route,
    /// Header fields and how to log in.
    pub access: Access,
    /// What the body is signed with.
    pub secret: Option<Secret>,
}

/// A mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email {
    /// The host of the server that takes mail for sending.
    pub server: String,
    /// Its port.
    pub port: u16,
    /// How the connection is kept from others.
    pub security: Security,
    /// User and password.
    pub login: Option<(String, Secret)>,
    /// Who writes: an address, possibly with a name.
    pub from: String,
    /// Who reads.
    pub to: Vec<String>,
    /// For one attempt.
    pub timeout: Duration,
    /// Certificates in PEM of authorities to be trusted beside those of the machine.
    pub certificates: Option<Vec<u8>>,
}

/// How a connection to a mail server is kept from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// RFC 3207: plain at first, encrypted before anything is said. Never without.
    StartTls,
    /// RFC 8314: encrypted from the first byte.
    Tls,
    /// Not at all: within this machine only.
    None,
}

/// A topic of an ntfy server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ntfy {
    /// The server.
    pub server: Endpoint,
    /// The topic, which may be as good as a password.
    pub topic: Secret,
    /// How it is reached.
    pub route: Route,
    /// How to log in.
    pub access: Access,
}

/// An application of a Gotify server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gotify {
    /// The server.
    pub server: Endpoint,
    /// The application's token.
    pub token: Secret,
    /// How it is reached.
    pub route: Route,
}

/// A chat, by a bot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Telegram {
    /// The server of the Bot API.
    pub server: Endpoint,
    /// The bot's token.
    pub token: Secret,
    /// The chat's number, or `@channel`.
    pub chat: String,
    /// How it is reached.
    pub route: Route,
}

/// A channel behind a URL that is the password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// The URL.
    pub url: Endpoint,
    /// How it is reached.
    pub route: Route,
}

/// A room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matrix {
    /// The homeserver.
    pub server: Endpoint,
    /// The access token of a user who is in the room.
    pub token: Secret,
    /// The room's id: `!abc:example.org`.
    pub room: String,
    /// How it is reached.
    pub route: Route,
}

/// A program on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exec {
    /// The program and its arguments; no shell reads them.
    pub command: Vec<String>,
    /// For one run.
    pub timeout: Duration,
}

/// An Atom document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    /// The file.
    pub path: PathBuf,
    /// Where others find it, if it is on the web.
    pub url: Option<Url>,
    /// What it is called.
    pub title: String,
    /// The most entries it holds.
    pub entries: usize,
}

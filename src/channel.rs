//! How does an alert reach a person, and what is to be done when it does not?
//!
//! A channel takes what is [said](Said) of an alert, puts it into the form its medium wants, and hands it
//! over. It keeps nothing: retries, attempts and records are the outbox's. Delivery is at least once; a
//! re-send carries the same alert id, so that whoever receives it can tell.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::model::channel::{Kind, Setup};
use crate::render::wording::Said;

pub mod desktop;
pub mod email;
pub mod exec;
pub mod feed;
pub mod http;

mod discord;
mod gotify;
mod log;
mod matrix;
mod ntfy;
mod slack;
mod telegram;
mod text;
mod webhook;

/// Where alerts go.
#[derive(Debug)]
pub enum Channel {
    /// Bubbles of the desktop this user is logged in to.
    Desktop(Arc<desktop::Desktop>),
    /// A program of the user's behind a URL.
    Webhook(webhook::Webhook),
    /// A mailbox.
    Email(email::Email),
    /// A topic of an ntfy server.
    Ntfy(ntfy::Ntfy),
    /// An application of a Gotify server.
    Gotify(gotify::Gotify),
    /// A chat, by a bot.
    Telegram(telegram::Telegram),
    /// A channel of Slack.
    Slack(slack::Slack),
    /// A channel of Discord.
    Discord(discord::Discord),
    /// A room.
    Matrix(matrix::Matrix),
    /// A program on this machine.
    Exec(exec::Exec),
    /// An Atom document.
    Feed(feed::Feed),
    /// The log of newsbell itself.
    Log(log::Log),
}

impl Channel {
    /// The channel that the user has set up. Connects to nothing yet.
    #[must_use]
    pub fn new(setup: &Setup) -> Channel {
        match &setup.kind {
            Kind::Webhook(webhook) => Channel::Webhook(webhook::Webhook::new(webhook)),
            Kind::Email(email) => Channel::Email(email::Email::new(email)),
            Kind::Ntfy(ntfy) => Channel::Ntfy(ntfy::Ntfy::new(ntfy)),
            Kind::Gotify(gotify) => Channel::Gotify(gotify::Gotify::new(gotify)),
            Kind::Telegram(telegram) => Channel::Telegram(telegram::Telegram::new(telegram)),
            Kind::Slack(slack) => Channel::Slack(slack::Slack::new(slack)),
            Kind::Discord(discord) => Channel::Discord(discord::Discord::new(discord)),
            Kind::Matrix(matrix) => Channel::Matrix(matrix::Matrix::new(matrix)),
            Kind::Exec(exec) => Channel::Exec(exec::Exec::new(exec)),
            Kind::Feed(feed) => Channel::Feed(feed::Feed::new(feed)),
            Kind::Log => Channel::Log(log::Log::new(&setup.name)),
        }
    }

    /// Hands over what is said of an alert and waits until the other side has taken it, for a bounded
    /// time.
    ///
    /// Ok means taken, not read. An error says whether trying again can help.
    pub async fn send(&self, said: &Said, now: Timestamp) -> Result<Receipt, SendError> {
        match self {
            Channel::Desktop(desktop) => desktop.send(&said.message).await,
            Channel::Webhook(webhook) => webhook.send(said, now).await,
            Channel::Email(email) => email.send(said).await,
            Channel::Ntfy(ntfy) => ntfy.send(said, now).await,
            Channel::Gotify(gotify) => gotify.send(said, now).await,
            Channel::Telegram(telegram) => telegram.send(said, now).await,
            Channel::Slack(slack) => slack.send(said, now).await,
            Channel::Discord(discord) => discord.send(said, now).await,
            Channel::Matrix(matrix) => matrix.send(said, now).await,
            Channel::Exec(exec) => exec.send(said).await,
            Channel::Feed(feed) => feed.send(said, now).await,
            Channel::Log(log) => Ok(log.send(said)),
        }
    }

    /// Where it leads, in words and without secrets.
    #[must_use]
    pub fn target(&self) -> String {
        match self {
            Channel::Desktop(_) => "the notification server of this session".to_owned(),
            Channel::Webhook(webhook) => webhook.target(),
            Channel::Email(email) => email.target(),
            Channel::Ntfy(ntfy) => ntfy.target(),
            Channel::Gotify(gotify) => gotify.target(),
            Channel::Telegram(telegram) => telegram.target(),
            Channel::Slack(slack) => slack.target(),
            Channel::Discord(discord) => discord.target(),
            Channel::Matrix(matrix) => matrix.target(),
            Channel::Exec(exec) => exec.target(),
            Channel::Feed(feed) => feed.target(),
            Channel::Log(_) => "the log".to_owned(),
        }
    }
}

/// What the other side answered when it took a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The other side's own name for it, for the log: `notification 12`.
    pub reference: String,
}

/// Why a message was not taken, cut by what is to be done about it. Its text is one line.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The same message may be taken another time: try again.
    #[error("{reason}")]
    Later {
        /// What was wrong, and what a person can do about it.
        reason: Cause,
        /// Not before this much time, if the other side said so.
        after: Option<SignedDuration>,
    },
    /// The same message will always be refused: give it up.
    #[error("{reason}")]
    Never {
        /// What was wrong, and what a person can do about it.
        reason: Cause,
    },
}

impl SendError {
    /// Whether only another configuration, here or on the other side, can mend it.
    #[must_use]
    pub fn blames_configuration(&self) -> bool {
        let (SendError::Later { reason, .. } | SendError::Never { reason }) = self;
        match reason {
            Cause::Desktop(_) => false,
            Cause::Http(fault) => fault.blames_configuration(),
            Cause::Email(fault) => fault.blames_configuration(),
            Cause::Exec(fault) => fault.blames_configuration(),
            // A path that cannot be written to is a matter of the configuration.
            Cause::Feed(_) => true,
        }
    }
}

/// What was wrong, in the words of the channel it happened in.
#[derive(Debug, thiserror::Error)]
pub enum Cause {
    /// The desktop channel's.
    #[error(transparent)]
    Desktop(#[from] desktop::Fault),
    /// A server's.
    #[error(transparent)]
    Http(#[from] http::Fault),
    /// A mail server's.
    #[error(transparent)]
    Email(#[from] email::Fault),
    /// A document's.
    #[error(transparent)]
    Feed(#[from] feed::Fault),
    /// A program's.
    #[error(transparent)]
    Exec(#[from] exec::Fault),
}

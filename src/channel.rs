//! How does a message reach a person, and what is to be done when it does not?
//!
//! A channel takes a [`Message`], puts it into the form its medium wants, and hands it over. It keeps
//! nothing: retries, attempts and records are the outbox's. Delivery is at least once; a re-send
//! carries the same alert id, so that whoever receives it can tell.

use jiff::SignedDuration;

use crate::model::Message;

pub mod desktop;

/// Where alerts go.
#[derive(Debug)]
pub enum Channel {
    /// Bubbles of the desktop this user is logged in to.
    Desktop(desktop::Desktop),
}

impl Channel {
    /// Hands `message` over and waits until the other side has taken it, for a bounded time.
    ///
    /// Ok means taken, not read. An error says whether trying again can help.
    pub async fn send(&self, message: &Message) -> Result<Receipt, SendError> {
        match self {
            Channel::Desktop(desktop) => desktop.send(message).await,
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

/// What was wrong, in the words of the channel it happened in.
#[derive(Debug, thiserror::Error)]
pub enum Cause {
    /// The desktop channel's.
    #[error(transparent)]
    Desktop(#[from] desktop::Fault),
}

//! What keeps feeds from being polled, since when, and has it been said?
//!
//! Each trouble is said once when it begins and once when it ends, and stands in the status meanwhile.

use jiff::Timestamp;

use super::network::Network;
use super::round::Late;
use super::{Outcome, SOON};
use crate::model::Trouble;
use crate::store::StoreError;

/// What is wrong with this machine, as far as polls tell.
#[derive(Debug, Default)]
pub(super) struct Troubles {
    pub(super) not_stored: Option<NotStored>,
    no_descriptors: bool,
    late: Option<Late>,
}

/// Nothing can be stored.
#[derive(Debug)]
pub(super) struct NotStored {
    error: String,
    /// When it is tried again.
    pub(super) until: Timestamp,
}

impl Troubles {
    /// What a poll tells.
    pub(super) fn learn(&mut self, outcome: &Outcome, now: Timestamp) {
        match outcome {
            Outcome::NotStored(error) if error.is_of_all() => self.not_stored(error, now),
            // Of this document alone.
            Outcome::NotStored(error) => tracing::error!(%error, "a poll could not be stored"),
            Outcome::NoDescriptors if !self.no_descriptors => {
                tracing::error!("{}", Trouble::NoDescriptors);
                self.no_descriptors = true;
            }
            Outcome::NoDescriptors | Outcome::NotReached | Outcome::Asked(_) => {}
            Outcome::Read(_) | Outcome::Unchanged | Outcome::Failed(_) | Outcome::Gone => {
                if std::mem::take(&mut self.no_descriptors) {
                    tracing::info!("there are file descriptors again");
                }
            }
        }
    }

    /// Whether the store takes something.
    pub(super) fn stored(&mut self, tried: Result<(), StoreError>, now: Timestamp) {
        match tried {
            Ok(()) => {
                self.not_stored = None;
                tracing::info!("polls can be stored again");
            }
            Err(error) => self.not_stored(&error, now),
        }
    }

    /// Which feeds are late now.
    pub(super) fn late(&mut self, late: Option<Late>) {
        if late == self.late {
            return;
        }
        if let Some(late) = late {
            tracing::warn!("{}", late.trouble());
        } else {
            tracing::info!("no feed is late any more");
        }
        self.late = late;
    }

    fn not_stored(&mut self, error: &StoreError, now: Timestamp) {
        let error = error.to_string();
        let error = error.lines().next().unwrap_or_default().to_owned();
        if self.not_stored.is_none() {
            tracing::error!(
                error,
                "polls cannot be stored, so no feed is asked until they can"
            );
        }
        let until = now.checked_add(SOON).unwrap_or(now);
        self.not_stored = Some(NotStored { error, until });
    }

    /// The worst of them.
    pub(super) fn worst(&self, network: &Network) -> Option<Trouble> {
        let not_stored = self
            .not_stored
            .as_ref()
            .map(|not_stored| Trouble::NotStored {
                error: not_stored.error.clone(),
            });
        let no_descriptors = self.no_descriptors.then_some(Trouble::NoDescriptors);
        let no_network = network.is_down().then_some(Trouble::NoNetwork);
        let late = self.late.map(Late::trouble);
        not_stored.or(no_descriptors).or(no_network).or(late)
    }
}

impl Late {
    fn trouble(self) -> Trouble {
        Trouble::Late {
            feeds: self.feeds,
            by: self.by,
        }
    }
}

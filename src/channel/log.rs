//! How does an alert look in the log?

use super::Receipt;
use super::text::{plain, squeezed};
use crate::render::wording::Said;

/// The log of newsbell itself.
#[derive(Debug)]
pub struct Log {
    name: String,
}

impl Log {
    pub(super) fn new(name: &str) -> Log {
        Log {
            name: name.to_owned(),
        }
    }

    pub(super) fn send(&self, said: &Said) -> Receipt {
        let text: Vec<String> = said.message.lines.iter().map(plain).collect();
        let facts = &said.facts;
        tracing::info!(
            channel.name = self.name,
            alert.id = facts.id,
            alert.rule = facts.rule,
            alert.link = facts.link,
            alert.sources = facts.sources.join(", "),
            alert.text = squeezed(&text.join(" ")),
            "alert: {}",
            squeezed(&said.message.title)
        );
        Receipt {
            reference: "written to the log".to_owned(),
        }
    }
}

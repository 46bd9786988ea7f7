//! How does an alert reach a channel of Discord?

use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

use super::http::Server;
use super::text::{bounded, cut, marked, squeezed};
use super::{Receipt, SendError};
use crate::model::Urgency;
use crate::model::channel;
use crate::render::escape::Markup;
use crate::render::wording::Said;

/// Characters of the title: at most 256 are taken, and a sign of Markdown takes two.
const TITLE: usize = 120;
/// Characters and lines of the text: at most 4,096 are taken.
const TEXT: usize = 1800;
const LINES: usize = 60;
/// The most characters that the user's own text may have.
const OWN: usize = 4096;

/// A channel of Discord, by a webhook.
#[derive(Debug)]
pub struct Discord {
    setup: channel::Hook,
    server: Server,
}

impl Discord {
    pub(super) fn new(setup: &channel::Hook) -> Discord {
        Discord {
            server: Server::new(&setup.url, &setup.route, Vec::new()),
            setup: setup.clone(),
        }
    }

    pub(super) fn target(&self) -> String {
        format!("POST {}, a webhook", self.server.shown())
    }

    pub(super) async fn send(&self, said: &Said, now: Timestamp) -> Result<Receipt, SendError> {
        let mut url = self.setup.url.told().clone();
        // So that the answer comes when the message is there, not when it was read.
        url.query_pairs_mut().append_pair("wait", "true");
        let request = self.server.request(Method::POST, url, &said.facts.id)?;
        self.server.post(request, &body(said), now).await
    }
}

fn body(said: &Said) -> Value {
    let message = &said.message;
    let text = match &said.body {
        Some(own) => own.chars().take(OWN).collect(),
        None => bounded(&message.lines, TEXT, LINES)
            .iter()
            .map(|line| marked(line, Markup::Markdown, ("**", "**")))
            .collect::<Vec<_>>()
            .join("\n"),
    };
    let mut embed = json!({
        "title": Markup::Markdown.escape(&cut(&squeezed(&message.title), TITLE)),
        "description": text,
        "timestamp": said.facts.time,
        "color": match message.urgency {
            Urgency::Low => 0x9a_a5_b1,
            Urgency::Normal => 0x2f_6f_de,
            Urgency::Critical => 0xc9_2a_2a,
        },
    });
    if let Some(link) = &message.link {
        embed["url"] = link.as_str().into();
    }
    json!({ "embeds": [embed], "allowed_mentions": { "parse": [] } })
}

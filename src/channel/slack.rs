//! How does an alert reach a channel of Slack?
//!
//! As rich text, which has no signs that feeds could write: what is bold or a link is said in fields of
//! its own.

use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

use super::http::Server;
use super::text::{bounded, cut, plain, squeezed};
use super::{Receipt, SendError};
use crate::model::channel;
use crate::render::escape::Markup;
use crate::render::wording::Said;

/// Characters of the title.
const TITLE: usize = 500;
/// Characters and lines of the text: a section of the user's own markup has at most 3,000.
const TEXT: usize = 3000;
const LINES: usize = 60;

/// A channel of Slack, by an incoming webhook.
#[derive(Debug)]
pub struct Slack {
    setup: channel::Hook,
    server: Server,
}

impl Slack {
    pub(super) fn new(setup: &channel::Hook) -> Slack {
        Slack {
            server: Server::new(&setup.url, &setup.route, Vec::new()),
            setup: setup.clone(),
        }
    }

    pub(super) fn target(&self) -> String {
        format!("POST {}, an incoming webhook", self.server.shown())
    }

    pub(super) async fn send(&self, said: &Said, now: Timestamp) -> Result<Receipt, SendError> {
        let url = self.setup.url.told().clone();
        let request = self.server.request(Method::POST, url, &said.facts.id)?;
        self.server.post(request, &body(said), now).await
    }
}

fn body(said: &Said) -> Value {
    let title = cut(&squeezed(&said.message.title), TITLE);
    let bold = json!({ "bold": true });
    let head = match &said.message.link {
        Some(link) => json!({ "type": "link", "url": link, "text": title, "style": bold }),
        None => json!({ "type": "text", "text": title, "style": bold }),
    };
    let mut elements = vec![head];
    let mut blocks = Vec::new();
    let lines = bounded(&said.message.lines, TEXT, LINES);
    if let Some(own) = &said.body {
        let own: String = own.chars().take(TEXT).collect();
        blocks.push(json!({ "type": "section", "text": { "type": "mrkdwn", "text": own } }));
    } else {
        for span in lines
            .iter()
            .flat_map(|line| [None].into_iter().chain(line.iter().map(Some)))
        {
            match span {
                None => elements.push(json!({ "type": "text", "text": "\n" })),
                // Slack refuses texts without a character.
                Some(span) if span.text.is_empty() => {}
                Some(span) if span.marked => {
                    elements.push(json!({ "type": "text", "text": span.text, "style": bold }));
                }
                Some(span) => elements.push(json!({ "type": "text", "text": span.text })),
            }
        }
    }
    let section = json!({ "type": "rich_text_section", "elements": elements });
    blocks.insert(0, json!({ "type": "rich_text", "elements": [section] }));
    // Shown where blocks are not: in the notification.
    let mut text = vec![title];
    text.extend(lines.iter().map(plain));
    json!({
        "text": Markup::Mrkdwn.escape(&text.join("\n")),
        "blocks": blocks,
        "unfurl_links": false,
        "unfurl_media": false,
    })
}

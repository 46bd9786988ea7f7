//! How does an alert reach a chat of Telegram? As the Bot API's `sendMessage`.

use jiff::Timestamp;
use reqwest::{Method, header};
use serde_json::json;

use super::http::{Answer, Meaning, Server, below, meaning};
use super::text::{bounded, cut, marked, squeezed};
use super::{Receipt, SendError};
use crate::model::Urgency;
use crate::model::channel;
use crate::render::escape::Markup;
use crate::render::wording::Said;

/// Characters of the title and of the text: a message has 4,096, its markup not counted.
const TITLE: usize = 500;
const TEXT: usize = 2500;
const LINES: usize = 60;

/// A chat, by a bot.
#[derive(Debug)]
pub struct Telegram {
    setup: channel::Telegram,
    server: Server,
}

impl Telegram {
    pub(super) fn new(setup: &channel::Telegram) -> Telegram {
        Telegram {
            server: Server::new(&setup.server, &setup.route, vec![setup.token.clone()]),
            setup: setup.clone(),
        }
    }

    pub(super) fn target(&self) -> String {
        let chat = squeezed(&self.setup.chat);
        format!("POST {} sendMessage, chat {chat}", self.server.shown())
    }

    pub(super) async fn send(&self, said: &Said, now: Timestamp) -> Result<Receipt, SendError> {
        let body = json!({
            "chat_id": self.setup.chat,
            "text": text(said),
            "parse_mode": "HTML",
            "link_preview_options": { "is_disabled": true },
            "disable_notification": said.message.urgency == Urgency::Low,
        });
        let bot = format!("bot{}", self.setup.token.told());
        let url = below(self.setup.server.told(), &[&bot, "sendMessage"]);
        let request = self.server.request(Method::POST, url, &said.facts.id)?;
        let request = request
            .header(header::CONTENT_TYPE, "application/json")
            .body(body.to_string());
        let answer = self.server.ask(request, now).await?;
        self.server.settle(&answer, judge(&answer))
    }
}

/// Telegram answers 400 also where the chat is not known or the bot was thrown out of it: a person can
/// mend that, so the alert waits. Given up is only what is wrong with the text itself.
fn judge(answer: &Answer) -> Meaning {
    let said = answer.body.to_ascii_lowercase();
    let about_text = ["parse entities", "is too long", "text is empty"];
    if answer.status == 400 && !about_text.iter().any(|part| said.contains(part)) {
        return Meaning::Later;
    }
    meaning(answer.status)
}

/// HTML as Telegram reads it.
fn text(said: &Said) -> String {
    let title = Markup::Html.escape(&cut(&squeezed(&said.message.title), TITLE));
    let mut text = match &said.message.link {
        Some(link) => format!(
            "<b><a href=\"{}\">{title}</a></b>",
            Markup::Html.escape(link)
        ),
        None => format!("<b>{title}</b>"),
    };
    if let Some(body) = &said.body {
        text.extend(["\n", body]);
        return text;
    }
    for line in bounded(&said.message.lines, TEXT, LINES) {
        text.push('\n');
        text.push_str(&marked(&line, Markup::Html, ("<b>", "</b>")));
    }
    text
}

//! How does an alert reach a room of Matrix?
//!
//! By the client-server API, with the alert's id for the transaction's: the homeserver takes a message
//! that comes again for the one that it has.

use jiff::Timestamp;
use reqwest::Method;
use serde_json::json;

use super::http::{Server, below};
use super::text::{bounded, cut, marked, plain, squeezed};
use super::{Receipt, SendError};
use crate::model::channel;
use crate::render::escape::Markup;
use crate::render::wording::Said;

/// Characters of the title, and characters and lines of the text: an event has at most 65,536 bytes.
const TITLE: usize = 500;
const TEXT: usize = 4000;
const LINES: usize = 60;

/// A room.
#[derive(Debug)]
pub struct Matrix {
    setup: channel::Matrix,
    server: Server,
}

impl Matrix {
    pub(super) fn new(setup: &channel::Matrix) -> Matrix {
        Matrix {
            server: Server::new(&setup.server, &setup.route, vec![setup.token.clone()]),
            setup: setup.clone(),
        }
    }

    pub(super) fn target(&self) -> String {
        let room = squeezed(&self.setup.room);
        format!("PUT {}, room {room}", self.server.shown())
    }

    pub(super) async fn send(&self, said: &Said, now: Timestamp) -> Result<Receipt, SendError> {
        let message = &said.message;
        let title = cut(&squeezed(&message.title), TITLE);
        let lines = bounded(&message.lines, TEXT, LINES);
        let mut text = vec![title.clone()];
        text.extend(lines.iter().map(plain));
        let head = Markup::Html.escape(&title);
        let mut html = vec![match &message.link {
            Some(link) => {
                text.push(squeezed(link));
                let link = Markup::Html.escape(link);
                format!("<strong><a href=\"{link}\">{head}</a></strong>")
            }
            None => format!("<strong>{head}</strong>"),
        }];
        html.extend(
            lines
                .iter()
                .map(|line| marked(line, Markup::Html, ("<strong>", "</strong>"))),
        );
        let body = json!({
            "msgtype": "m.text",
            "body": text.join("\n"),
            "format": "org.matrix.custom.html",
            "formatted_body": html.join("<br/>"),
        });
        let path = ["_matrix", "client", "v3", "rooms"];
        let event = ["send", "m.room.message"];
        let url = below(self.setup.server.told(), &path);
        let url = below(&url, &[self.setup.room.as_str()]);
        let url = below(&below(&url, &event), &[said.facts.id.as_str()]);
        let request = self.server.request(Method::PUT, url, &said.facts.id)?;
        let request = request.bearer_auth(self.setup.token.told());
        self.server.post(request, &body, now).await
    }
}

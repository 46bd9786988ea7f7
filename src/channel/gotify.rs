//! How does an alert reach an application of Gotify?

use jiff::Timestamp;
use reqwest::Method;
use serde_json::json;

use super::http::{Server, below, sensitive};
use super::text::{cut, flat, squeezed};
use super::{Receipt, SendError};
use crate::model::Urgency;
use crate::model::channel;
use crate::render::wording::Said;

/// The field with the application's token.
const KEY: &str = "x-gotify-key";

/// Characters of the title, which phones show in a line.
const TITLE: usize = 200;
/// Characters and lines of the message.
const TEXT: usize = 4000;
const LINES: usize = 60;

/// An application of a Gotify server.
#[derive(Debug)]
pub struct Gotify {
    setup: channel::Gotify,
    server: Server,
}

impl Gotify {
    pub(super) fn new(setup: &channel::Gotify) -> Gotify {
        Gotify {
            server: Server::new(&setup.server, &setup.route, vec![setup.token.clone()]),
            setup: setup.clone(),
        }
    }

    pub(super) fn target(&self) -> String {
        format!("POST {}, an application of it", self.server.shown())
    }

    pub(super) async fn send(&self, said: &Said, now: Timestamp) -> Result<Receipt, SendError> {
        let message = &said.message;
        let mut extras = json!({ "newsbell::alert": { "id": said.facts.id } });
        if let Some(link) = &message.link {
            extras["client::notification"] = json!({ "click": { "url": link } });
        }
        let body = json!({
            "title": cut(&squeezed(&message.title), TITLE),
            "message": flat(&message.lines, TEXT, LINES),
            "priority": match message.urgency {
                Urgency::Low => 2,
                Urgency::Normal => 5,
                Urgency::Critical => 8,
            },
            "extras": extras,
        });
        let url = below(self.setup.server.told(), &["message"]);
        let request = self.server.request(Method::POST, url, &said.facts.id)?;
        let request = request.header(KEY, sensitive(self.setup.token.told()));
        self.server.post(request, &body, now).await
    }
}

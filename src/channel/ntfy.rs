//! How does an alert reach a phone by way of ntfy?

use jiff::Timestamp;
use reqwest::Method;
use serde_json::json;

use super::http::Server;
use super::text::{cut, flat, squeezed};
use super::webhook::log_in;
use super::{Receipt, SendError};
use crate::model::channel;
use crate::model::{Login, Urgency};
use crate::render::wording::Said;

/// Characters of the title. The server takes 250 bytes or so from other ways in; phones show a line.
const TITLE: usize = 200;

/// Characters of the message: 4,096 bytes are the most that is not made an attachment of.
const TEXT: usize = 1000;
const LINES: usize = 24;

/// A topic of an ntfy server.
#[derive(Debug)]
pub struct Ntfy {
    setup: channel::Ntfy,
    server: Server,
}

impl Ntfy {
    pub(super) fn new(setup: &channel::Ntfy) -> Ntfy {
        let mut secrets = vec![setup.topic.clone()];
        match &setup.access.login {
            Some(Login::Bearer(token)) => secrets.push(token.clone()),
            Some(Login::Basic { password, .. }) => secrets.extend(password.clone()),
            None => {}
        }
        Ntfy {
            server: Server::new(&setup.server, &setup.route, secrets),
            setup: setup.clone(),
        }
    }

    pub(super) fn target(&self) -> String {
        format!("POST {}, a topic of it", self.server.shown())
    }

    pub(super) async fn send(&self, said: &Said, now: Timestamp) -> Result<Receipt, SendError> {
        let message = &said.message;
        let mut body = json!({
            "topic": self.setup.topic.told(),
            "title": cut(&squeezed(&message.title), TITLE),
            "message": flat(&message.lines, TEXT, LINES),
            "priority": match message.urgency {
                Urgency::Low => 2,
                Urgency::Normal => 3,
                Urgency::Critical => 5,
            },
        });
        if let Some(link) = &message.link {
            body["click"] = link.as_str().into();
        }
        let url = self.setup.server.told().clone();
        let mut request = self.server.request(Method::POST, url, &said.facts.id)?;
        for (name, value) in &self.setup.access.headers {
            request = request.header(name, value);
        }
        request = log_in(request, self.setup.access.login.as_ref());
        self.server.post(request, &body, now).await
    }
}

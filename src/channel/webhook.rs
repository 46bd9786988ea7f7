//! How does a program of the user's get an alert, and know that it is ours?

use std::fmt::Write as _;

use jiff::Timestamp;
use reqwest::Method;
use reqwest::header::{self, HeaderName, HeaderValue};
use ring::hmac;
use serde_json::Value;

use super::http::{Server, meaning, sensitive};
use super::{Receipt, SendError};
use crate::model::channel;
use crate::model::{Login, Secret};
use crate::render::wording::Said;

/// `t=TIME,v1=SIGNATURE`: the seconds since 1970 when it was sent, and in hexadecimal digits the
/// HMAC-SHA256 (RFC 2104) under the shared secret of that number as it is written, a dot, and the body.
const SIGNATURE: HeaderName = HeaderName::from_static("newsbell-signature");

/// A program of the user's behind a URL.
#[derive(Debug)]
pub struct Webhook {
    setup: channel::Webhook,
    server: Server,
}

impl Webhook {
    pub(super) fn new(setup: &channel::Webhook) -> Webhook {
        let access = &setup.access;
        let mut secrets: Vec<Secret> = setup
            .secret
            .iter()
            .chain(&access.cookies)
            .cloned()
            .collect();
        match &access.login {
            Some(Login::Bearer(token)) => secrets.push(token.clone()),
            Some(Login::Basic { password, .. }) => secrets.extend(password.clone()),
            None => {}
        }
        Webhook {
            server: Server::new(&setup.url, &setup.route, secrets),
            setup: setup.clone(),
        }
    }

    pub(super) fn target(&self) -> String {
        format!("POST {}", self.server.shown())
    }

    pub(super) async fn send(&self, said: &Said, now: Timestamp) -> Result<Receipt, SendError> {
        let body = said.payload.clone().unwrap_or_else(|| default(said));
        let url = self.setup.url.told().clone();
        let mut request = self.server.request(Method::POST, url, &said.facts.id)?;
        let access = &self.setup.access;
        for (name, value) in &access.headers {
            request = request.header(name, value);
        }
        if let Some(cookies) = &access.cookies {
            request = request.header(header::COOKIE, sensitive(cookies.told()));
        }
        request = log_in(request, access.login.as_ref());
        if let Some(secret) = &self.setup.secret {
            let signature = sign(secret, now, &body);
            if let Ok(signature) = HeaderValue::from_str(&signature) {
                request = request.header(SIGNATURE, signature);
            }
        }
        let request = request
            .header(header::CONTENT_TYPE, "application/json")
            .body(body);
        let answer = self.server.ask(request, now).await?;
        self.server.settle(&answer, meaning(answer.status))
    }
}

/// The alert, if the user has no payload of his own.
fn default(said: &Said) -> String {
    // Numbers, strings and lists of them always have a JSON form.
    serde_json::to_value(&said.facts)
        .unwrap_or(Value::Null)
        .to_string()
}

/// A request with name and password, or with a token.
pub(super) fn log_in(
    request: reqwest::RequestBuilder,
    login: Option<&Login>,
) -> reqwest::RequestBuilder {
    match login {
        None => request,
        Some(Login::Bearer(token)) => request.bearer_auth(token.told()),
        Some(Login::Basic { name, password }) => {
            request.basic_auth(name, password.as_ref().map(Secret::told))
        }
    }
}

fn sign(secret: &Secret, now: Timestamp, body: &str) -> String {
    let time = now.as_second();
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.told().as_bytes());
    let tag = hmac::sign(&key, format!("{time}.{body}").as_bytes());
    let mut signature = format!("t={time},v1=");
    for byte in tag.as_ref() {
        // Writing to a string cannot fail.
        let _ = write!(signature, "{byte:02x}");
    }
    signature
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected value is by `printf '1772600767.{"a":1}' | openssl dgst -sha256 -hmac sesame`.
    #[test]
    fn a_signature_is_what_others_compute() {
        let now = "2026-03-04T05:06:07Z".parse().unwrap();
        let signed = sign(&Secret::new("sesame"), now, r#"{"a":1}"#);
        assert_eq!(
            signed,
            "t=1772600767,v1=d7d36da1f58dc038d0ce3daf745280a7aeb8cda247ff23b0609ec8048a70c758"
        );
    }
}

//! How does JSON reach a server, and what does its answer mean?
//!
//! Redirects are not followed: what is sent holds secrets, and whoever gets it must be named in the
//! configuration. Private addresses are allowed, because the user has named them.

use std::error::Error as _;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Method, Proxy, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use url::Url;

use super::text::one_line;
use super::{Receipt, SendError};
use crate::model::Secret;
use crate::model::channel::{Endpoint, Route};
use crate::schedule::header::retry_after;

/// For connecting to a server.
const CONNECT: Duration = Duration::from_secs(10);

/// How much of an answer is read: its first line is shown, and its wishes are heard.
const ANSWER: usize = 16 * 1024;

/// The field by which a server can tell that an alert comes again: the same for every attempt.
const KEY: HeaderName = HeaderName::from_static("idempotency-key");

const USER_AGENT: &str = concat!("newsbell/", env!("CARGO_PKG_VERSION"));

/// What was wrong with a server. Each text is one line and says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// No connection, or one that broke.
    #[error("{server} cannot be reached: {detail}")]
    Unreachable {
        /// Whom.
        server: String,
        /// What the system says.
        detail: String,
    },
    /// Too slow.
    #[error(
        "{server} gave no complete answer within {} s: if this goes on, give it more by `timeout`",
        waited.as_secs_f32()
    )]
    Silent {
        /// Who.
        server: String,
        /// How long it was waited for.
        waited: Duration,
    },
    /// An answer that is no yes.
    #[error("{server} answers {status}: {advice}{}", quoted(said))]
    Refused {
        /// Who.
        server: String,
        /// RFC 9110 §15.
        status: StatusCode,
        /// What to do.
        advice: &'static str,
        /// The first line of the answer.
        said: String,
    },
    /// Settings that no client can be made of.
    #[error("`proxy` or `ca_file` of this channel cannot be used: {detail}")]
    Route {
        /// What is wrong.
        detail: String,
    },
}

impl Fault {
    /// Whether only the configuration, here or on the other side, can mend it.
    pub(super) fn blames_configuration(&self) -> bool {
        match self {
            Fault::Unreachable { .. } | Fault::Silent { .. } => false,
            Fault::Refused { status, .. } => !is_passing(*status),
            Fault::Route { .. } => true,
        }
    }
}

fn quoted(said: &str) -> String {
    if said.is_empty() {
        String::new()
    } else {
        format!(" (it says: {said})")
    }
}

/// A server, and how to get there.
#[derive(Debug)]
pub(super) struct Server {
    client: Result<Client, String>,
    shown: String,
    secrets: Vec<Secret>,
    timeout: Duration,
}

/// What a server answered.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// The beginning of the body.
    pub(super) body: String,
    wait: Option<SignedDuration>,
}

/// What a refusal means for the alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// It may be taken another time.
    Later,
    /// It will never be taken.
    Never,
}

impl Server {
    /// Connects to nothing yet. No answer that is shown holds one of `secrets`.
    pub(super) fn new(endpoint: &Endpoint, route: &Route, secrets: Vec<Secret>) -> Server {
        // Refused if it is set already, to the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Server {
            client: client(route).map_err(|error| one_line(&innermost(&error))),
            shown: endpoint.to_string(),
            secrets,
            timeout: route.timeout,
        }
    }

    /// Where requests go, as it may be shown.
    pub(super) fn shown(&self) -> &str {
        &self.shown
    }

    /// A request that carries the id of an alert.
    pub(super) fn request(
        &self,
        method: Method,
        url: Url,
        alert: &str,
    ) -> Result<RequestBuilder, SendError> {
        let client = self.client.as_ref().map_err(|detail| {
            later(Fault::Route {
                detail: detail.clone(),
            })
        })?;
        let mut request = client.request(method, url);
        if let Ok(key) = HeaderValue::from_str(alert) {
            request = request.header(KEY, key);
        }
        Ok(request)
    }

    /// Posts JSON and takes any 2xx for a yes.
    pub(super) async fn post(
        &self,
        request: RequestBuilder,
        body: &Value,
        now: Timestamp,
    ) -> Result<Receipt, SendError> {
        let request = request
            .header(header::CONTENT_TYPE, "application/json")
            .body(body.to_string());
        let answer = self.ask(request, now).await?;
        self.settle(&answer, meaning(answer.status))
    }

    /// Sends a request and reads the answer.
    pub(super) async fn ask(
        &self,
        request: RequestBuilder,
        now: Timestamp,
    ) -> Result<Answer, SendError> {
        let exchange = async {
            let response = request.send().await?;
            let (status, headers) = (response.status(), response.headers().clone());
            let body = beginning(response).await?;
            Ok::<_, reqwest::Error>((status, headers, body))
        };
        match tokio::time::timeout(self.timeout, exchange).await {
            Ok(Ok((status, headers, body))) => Ok(Answer {
                status,
                wait: wait(&headers, &body, now),
                body,
            }),
            Ok(Err(error)) if error.is_timeout() => Err(self.silent()),
            Ok(Err(error)) => Err(later(Fault::Unreachable {
                server: self.shown.clone(),
                detail: one_line(&innermost(&error)),
            })),
            Err(_) => Err(self.silent()),
        }
    }

    fn silent(&self) -> SendError {
        later(Fault::Silent {
            server: self.shown.clone(),
            waited: self.timeout,
        })
    }

    /// Yes, later or never.
    pub(super) fn settle(&self, answer: &Answer, meaning: Meaning) -> Result<Receipt, SendError> {
        let said = self.first_line(&answer.body);
        if answer.status.is_success() {
            return Ok(Receipt {
                reference: format!("{}{}", answer.status, quoted(&said)),
            });
        }
        let fault = Fault::Refused {
            server: self.shown.clone(),
            status: answer.status,
            advice: advice(answer.status),
            said,
        };
        Err(match meaning {
            Meaning::Never => SendError::Never {
                reason: fault.into(),
            },
            Meaning::Later => SendError::Later {
                reason: fault.into(),
                after: answer.wait,
            },
        })
    }

    fn first_line(&self, body: &str) -> String {
        let line = body.lines().find(|line| !line.trim().is_empty());
        let mut line = line.unwrap_or_default().to_owned();
        for secret in &self.secrets {
            line = line.replace(secret.told(), "(secret)");
        }
        one_line(&line)
    }
}

fn client(route: &Route) -> Result<Client, reqwest::Error> {
    let own = match &route.certificates {
        Some(pem) => Certificate::from_pem_bundle(pem)?,
        None => Vec::new(),
    };
    let proxy = route.proxy.clone().map(Proxy::all).transpose()?;
    let builder = || {
        let builder = Client::builder()
            .user_agent(USER_AGENT)
            .redirect(Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT)
            .pool_max_idle_per_host(1);
        match &proxy {
            Some(proxy) => builder.proxy(proxy.clone()),
            None => builder,
        }
    };
    // Small machines often lack CA certificates; those that the user gives, and plain HTTP, do without.
    let trusting = builder().tls_certs_merge(own.clone()).build();
    trusting.or_else(|_| builder().tls_certs_only(own).build())
}

/// What is behind an error. It names no URL, which may hold a secret.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause = error.source();
    let mut detail = "the request cannot be made".to_owned();
    while let Some(inner) = cause {
        detail = inner.to_string();
        cause = inner.source();
    }
    if error.is_connect() && error.is_timeout() {
        return format!("nothing within {} s", CONNECT.as_secs());
    }
    detail
}

async fn beginning(mut response: Response) -> Result<String, reqwest::Error> {
    let mut body = Vec::new();
    while body.len() < ANSWER
        && let Some(chunk) = response.chunk().await?
    {
        body.extend_from_slice(&chunk[..chunk.len().min(ANSWER - body.len())]);
    }
    Ok(String::from_utf8_lossy(&body).into_owned())
}

/// For how long the server wants to be left alone: by its header, or by what Telegram, Discord and Matrix
/// write into the answer.
fn wait(headers: &HeaderMap, body: &str, now: Timestamp) -> Option<SignedDuration> {
    let field = headers.get(header::RETRY_AFTER);
    let field = field.and_then(|value| value.to_str().ok());
    let by_header = field.and_then(|value| retry_after(value.trim(), now));
    by_header.or_else(|| {
        let body: Value = serde_json::from_str(body).ok()?;
        let seconds = body["parameters"]["retry_after"]
            .as_f64()
            .or_else(|| body["retry_after"].as_f64())
            .or_else(|| Some(body["retry_after_ms"].as_f64()? / 1000.0))?;
        SignedDuration::try_from_secs_f64(seconds.max(0.0)).ok()
    })
}

/// Whether a status is about the server's state rather than about what was asked.
fn is_passing(status: StatusCode) -> bool {
    status.is_server_error() || matches!(status.as_u16(), 408 | 425 | 429)
}

/// What a refusal means, if the server has no ways of its own. Given up is only what the answer says is
/// wrong with this very message: everything else may be mended, and an alert must not be lost to a
/// mistyped token.
pub(super) fn meaning(status: StatusCode) -> Meaning {
    match status.as_u16() {
        400 | 413 | 414 | 415 | 422 | 431 => Meaning::Never,
        _ => Meaning::Later,
    }
}

fn advice(status: StatusCode) -> &'static str {
    match status.as_u16() {
        300..=399 => "it redirects; write the address it redirects to into the configuration",
        401 => "check the token or password of this channel",
        403 => "it forbids this; check the token and what it may do",
        404 | 410 => "there is nothing at this address; check it, and the names in it",
        407 => "the proxy wants a login",
        413 => "the message is too large for it",
        408 | 425 | 429 => "it is asked too often",
        400 | 414 | 415 | 422 | 431 => "it cannot make anything of the message",
        500..=599 => "it has a fault of its own; alerts wait until it works",
        _ => "see what its log says",
    }
}

fn later(fault: Fault) -> SendError {
    SendError::Later {
        reason: fault.into(),
        after: None,
    }
}

/// A URL with more segments to its path.
pub(super) fn below(base: &Url, segments: &[&str]) -> Url {
    let mut url = base.clone();
    // Refused only for URLs that have no path.
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

/// A header value that is shown nowhere.
pub(super) fn sensitive(text: &str) -> HeaderValue {
    // The configuration has seen to it that it is one line of text.
    let value = HeaderValue::from_bytes(text.as_bytes());
    let mut value = value.unwrap_or(HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::seconds(Some("120"), "", Some(120.0))]
    #[case::date(Some("Wed, 04 Mar 2026 05:07:07 GMT"), "", Some(60.0))]
    #[case::past(Some("Wed, 04 Mar 2026 05:00:00 GMT"), "", Some(0.0))]
    #[case::telegram(None, r#"{"ok":false,"parameters":{"retry_after":30}}"#, Some(30.0))]
    #[case::discord(None, r#"{"retry_after":0.65}"#, Some(0.65))]
    #[case::matrix(
        None,
        r#"{"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":2500}"#,
        Some(2.5)
    )]
    #[case::header_first(Some("5"), r#"{"retry_after":9}"#, Some(5.0))]
    #[case::nonsense(Some("soon"), "later", None)]
    #[case::negative(None, r#"{"retry_after":-1}"#, Some(0.0))]
    fn a_server_says_how_long_to_wait(
        #[case] field: Option<&str>,
        #[case] body: &str,
        #[case] seconds: Option<f64>,
    ) {
        let mut headers = HeaderMap::new();
        if let Some(field) = field {
            headers.insert(header::RETRY_AFTER, field.parse().unwrap());
        }
        let now = "2026-03-04T05:06:07Z".parse().unwrap();
        let waited = wait(&headers, body, now);
        assert_eq!(waited.map(|wait| wait.as_secs_f64()), seconds);
    }

    #[test]
    fn segments_are_escaped_and_bases_may_have_paths() {
        let base = Url::parse("https://example.org/matrix/").unwrap();
        let url = below(&base, &["rooms", "!a/b:example.org", "send"]);
        assert_eq!(
            url.as_str(),
            "https://example.org/matrix/rooms/!a%2Fb:example.org/send"
        );
    }
}

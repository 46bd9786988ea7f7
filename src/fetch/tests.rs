//! Does fetching hold against real servers, most of them ill-behaved?

mod certificates;
mod codings;
mod failures;
mod guarded;
mod hints;
mod local;
mod redirects;
mod secrets;
mod server;
mod validators;

use std::time::Duration;

use jiff::Timestamp;
use url::Url;

use super::{Answer, Ask, Body, FetchError, Fetcher, Limits};
use crate::model::Validators;

/// Small, so that nothing is waited for.
const LIMITS: Limits = Limits {
    connect: Duration::from_secs(2),
    total: Duration::from_secs(5),
    body: 256 * 1024,
    idle: Duration::from_secs(5),
};

/// For what must hit the time limit.
const IMPATIENT: Limits = Limits {
    connect: Duration::from_millis(300),
    total: Duration::from_millis(300),
    ..LIMITS
};

fn now() -> Timestamp {
    "2026-11-23T20:00:00Z".parse().unwrap()
}

/// One request without validators, to any address.
async fn get(url: &str) -> Result<Answer, FetchError> {
    get_within(LIMITS, url).await
}

async fn get_within(limits: Limits, url: &str) -> Result<Answer, FetchError> {
    let url = Url::parse(url).unwrap();
    let ask = Ask {
        url: &url,
        validators: &Validators::default(),
        validators_url: None,
        allow_private: true,
        access: None,
        keep: true,
    };
    let reply = fetcher(limits).get(ask, now()).await;
    reply.map(|reply| reply.answer)
}

fn fetcher(limits: Limits) -> Fetcher {
    Fetcher::new(limits, "newsbell/test").unwrap()
}

/// The document, or a failed test.
fn body(answer: Result<Answer, FetchError>) -> Body {
    match answer {
        Ok(Answer::Body(body)) => body,
        other => panic!("a body, not {other:?}"),
    }
}

/// The error, or a failed test. Whatever it is, its text is one printable line.
fn error(answer: Result<Answer, FetchError>) -> FetchError {
    let error = answer.expect_err("an error");
    let text = error.to_string();
    assert!(!text.chars().any(char::is_control), "{text:?}");
    assert!(text.chars().count() < 400, "{text:?}");
    assert!(!text.ends_with(": "), "{text:?}");
    error
}

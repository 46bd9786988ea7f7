//! Do validators go back byte for byte, and to nobody else?

use rstest::rstest;
use url::Url;

use super::super::{Answer, Ask, FetchError};
use super::server::{Reply, Server};
use super::{LIMITS, body, error, fetcher, get, now};
use crate::model::Validators;

/// Answers `/old` with a redirect to `/new` and anything else with a document or a 304.
fn feed(target: &str) -> Reply {
    match target {
        "/old" => Reply::redirect(302, "/new"),
        "/same" => Reply::new("304 Not Modified", b""),
        _ => Reply::new("200 OK\nETag: \"e\"\nLast-Modified: yesterday", b"<rss/>"),
    }
}

async fn ask(url: &str, validators: &Validators, from: Option<&str>) -> Result<Answer, FetchError> {
    let url = Url::parse(url).unwrap();
    let from = from.map(|from| Url::parse(from).unwrap());
    let ask = Ask {
        url: &url,
        validators,
        validators_url: from.as_ref(),
        allow_private: true,
        access: None,
        keep: true,
    };
    let reply = fetcher(LIMITS).get(ask, now()).await;
    reply.map(|reply| reply.answer)
}

fn some() -> Validators {
    Validators {
        etag: Some(b"\"e\"".to_vec()),
        last_modified: Some(b"yesterday".to_vec()),
    }
}

#[rstest]
#[case::strong(b"\"abc\"")]
#[case::weak(b"W/\"abc\"")]
#[case::unquoted(b"abc-gzip")]
#[case::half_quoted(b"\"abc")]
#[case::two(b"\"a\", \"b\"")]
#[case::inner_space(b"\"a b\tc\"")]
#[case::bytes_beyond_ascii(b"\"\xff\xfe\x80\xc3\xa9\"")]
#[case::empty(b"\"\"")]
#[tokio::test]
async fn they_go_back_as_they_came(#[case] etag: &'static [u8]) {
    let server = Server::start(move |_| {
        let mut bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n".to_vec();
        bytes.extend_from_slice(b"Last-Modified: Thu, 1 Foo 2026 25:61:00 CEST\r\nETag: ");
        bytes.extend_from_slice(etag);
        bytes.extend_from_slice(b"\r\n\r\nx");
        Reply::raw(bytes)
    })
    .await;
    let given = body(get(&server.url("/")).await).validators;
    assert_eq!(given.etag.as_deref(), Some(etag));
    let _ = ask(&server.url("/"), &given, Some(&server.url("/"))).await;
    assert_eq!(server.field(1, "if-none-match").as_deref(), Some(etag));
    let date: &[u8] = b"Thu, 1 Foo 2026 25:61:00 CEST";
    assert_eq!(server.field(1, "if-modified-since").as_deref(), Some(date));
}

#[tokio::test]
async fn without_a_giver_they_are_the_feeds_own() {
    let server = Server::start(feed).await;
    let answer = ask(&server.url("/same"), &some(), None).await;
    assert_eq!(answer.unwrap(), Answer::NotModified);
    assert!(server.field(0, "if-none-match").is_some());
}

#[tokio::test]
async fn a_redirects_target_that_gave_them_gets_them_and_the_feeds_own_url_does_not() {
    let server = Server::start(feed).await;
    let document = body(get(&server.url("/old")).await);
    assert_eq!(document.url.as_str(), server.url("/new"));
    let from = document.url.as_str();
    body(ask(&server.url("/old"), &document.validators, Some(from)).await);
    assert_eq!(server.field(2, "if-none-match"), None);
    assert_eq!(server.field(2, "if-modified-since"), None);
    assert_eq!(
        server.field(3, "if-none-match").as_deref(),
        Some(b"\"e\"".as_slice())
    );
}

#[tokio::test]
async fn a_redirects_target_does_not_get_those_of_the_feeds_own_url() {
    let server = Server::start(feed).await;
    body(ask(&server.url("/old"), &some(), Some(&server.url("/old"))).await);
    assert!(server.field(0, "if-none-match").is_some());
    assert_eq!(server.field(1, "if-none-match"), None);
}

#[tokio::test]
async fn one_that_cannot_be_sent_is_left_out() {
    let server = Server::start(feed).await;
    let split = Validators {
        etag: Some(b"\"e\"\r\nX-Evil: 1".to_vec()),
        last_modified: None,
    };
    body(ask(&server.url("/"), &split, None).await);
    assert_eq!(server.field(0, "x-evil"), None);
    let error = error(ask(&server.url("/same"), &split, None).await);
    assert!(matches!(error, FetchError::Status { .. }), "{error:?}");
}

#[tokio::test]
async fn nothing_changed_is_no_answer_if_nothing_was_sent() {
    let server = Server::start(feed).await;
    let none = error(get(&server.url("/same")).await);
    assert!(
        matches!(none, FetchError::Status { status, .. } if status == 304),
        "{none:?}"
    );
    let elsewhere = Some("http://127.0.0.1:1/");
    let others = error(ask(&server.url("/same"), &some(), elsewhere).await);
    assert!(matches!(others, FetchError::Status { .. }), "{others:?}");
}

//! Is every way to fail told from the others, in words?

use std::time::Duration;

use jiff::SignedDuration;
use rstest::rstest;
use tokio::net::TcpListener;

use super::super::{FetchError, HEADERS, Limits};
use super::server::{Reply, Server};
use super::{IMPATIENT, LIMITS, error, get, get_within};

async fn answer_to(reply: impl Fn() -> Reply + Send + Sync + 'static) -> FetchError {
    let server = Server::start(move |_| reply()).await;
    error(get(&server.url("/")).await)
}

#[rstest]
#[case("404 Not Found", "no such document")]
#[case("401 Unauthorized", "name and password")]
#[case("403 Forbidden", "not give")]
#[case("410 Gone", "remove it")]
#[case("429 Too Many Requests", "too often")]
#[case("503 Service Unavailable", "fault of its own")]
#[case("204 No Content", "204")]
#[case("206 Partial Content", "206")]
#[case("418 I'm a \u{1}teapot", "418")]
#[case("799 What", "799")]
#[case("304 Not Modified", "nothing has changed")]
#[tokio::test]
async fn a_status_is_said_in_words(#[case] status: &'static str, #[case] said: &str) {
    let error = answer_to(move || Reply::new(status, b"")).await;
    let text = error.to_string();
    if status.contains('\u{1}') {
        assert!(matches!(error, FetchError::Broken { .. }), "{error:?}");
    } else {
        assert!(text.contains(said), "{text}");
    }
}

#[rstest]
#[case("120", Some(120))]
#[case("0", Some(0))]
#[case(" 7 ", Some(7))]
#[case("Mon, 23 Nov 2026 20:10:00 GMT", Some(600))]
#[case("Monday, 23-Nov-26 20:10:00 GMT", Some(600))]
#[case("Mon Nov 23 20:10:00 2026", Some(600))]
#[case("Mon, 23 Nov 2020 20:10:00 GMT", Some(0))]
#[case("-5", None)]
#[case("+5", None)]
#[case("1.5", None)]
#[case("soon", None)]
#[case("", None)]
#[case("Mon, 99 Nov 2026 20:10:00 GMT", None)]
#[case("9223372036854775807", Some(i64::MAX))]
#[case("99999999999999999999999999", Some(i64::MAX))]
#[tokio::test]
async fn when_to_come_back_is_understood(
    #[case] value: &'static str,
    #[case] seconds: Option<i64>,
) {
    let head = format!("429 Slow Down\nRetry-After: {value}");
    let error = answer_to(move || Reply::new(&head, b"")).await;
    let expected = seconds.map(SignedDuration::from_secs);
    assert_eq!(error.hints().retry_after, expected);
}

#[tokio::test]
async fn a_body_without_end_stops() {
    let server = Server::start(|_| {
        Reply::raw("HTTP/1.1 200 OK\r\n\r\n").repeating(&[b'x'; 4096], Duration::ZERO)
    })
    .await;
    let error = error(get(&server.url("/")).await);
    assert!(
        matches!(error, FetchError::TooLarge { limit } if limit == LIMITS.body),
        "{error:?}"
    );
}

#[rstest]
#[case::body("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")]
#[case::head("HTTP/1.1 200 OK\r\nX-Drip: ")]
#[case::interim("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nX: ")]
#[tokio::test]
async fn a_slow_drip_runs_out_of_time(#[case] head: &'static str) {
    let server =
        Server::start(move |_| Reply::raw(head).repeating(b"x", Duration::from_millis(20))).await;
    let error = error(get_within(IMPATIENT, &server.url("/")).await);
    assert!(matches!(error, FetchError::Timeout { .. }), "{error:?}");
    assert!(error.to_string().contains("0.3 s"), "{error}");
}

#[tokio::test]
async fn silence_runs_out_of_time() {
    let server = Server::start(|_| Reply::raw("").hanging()).await;
    let error = error(get_within(IMPATIENT, &server.url("/")).await);
    assert!(matches!(error, FetchError::Timeout { .. }), "{error:?}");
}

/// Each hop is in time, but all of them together are not.
#[tokio::test]
async fn redirects_share_the_time() {
    let server = Server::start(|_| {
        std::thread::sleep(Duration::from_millis(90));
        Reply::redirect(302, "/next")
    })
    .await;
    let error = error(get_within(IMPATIENT, &server.url("/")).await);
    assert!(matches!(error, FetchError::Timeout { .. }), "{error:?}");
}

#[rstest]
#[case::length("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<rss>")]
#[case::chunk("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<rss")]
#[case::no_last_chunk("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<rss>\r\n")]
#[case::garbled_chunk("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n<rss>\r\n")]
#[case::head("HTTP/1.1 200 OK\r\nContent-Le")]
#[case::nothing("")]
#[case::not_http("SSH-2.0-OpenSSH_9.9\r\n")]
#[case::control_characters("HTTP/1.1 200 \u{1b}[31m\r\n\u{7}: \u{1b}\r\n\r\n")]
#[tokio::test]
async fn cut_short_or_garbled_is_broken(#[case] bytes: &'static str) {
    let error = answer_to(move || Reply::raw(bytes)).await;
    assert!(matches!(error, FetchError::Broken { .. }), "{error:?}");
}

#[tokio::test]
async fn more_header_bytes_than_allowed_are_an_error() {
    let head = format!("200 OK\nX-Large: {}", "x".repeat(HEADERS));
    let error = answer_to(move || Reply::new(&head, b"x")).await;
    assert!(matches!(error, FetchError::Headers), "{error:?}");
}

#[tokio::test]
async fn a_flood_of_headers_is_an_error() {
    let many: Vec<String> = (0..5000).map(|n| format!("\nX-{n}: x")).collect();
    let many = many.concat();
    let error = answer_to(move || Reply::new(&format!("200 OK{many}"), b"x")).await;
    assert!(matches!(error, FetchError::Broken { .. }), "{error:?}");
    let server = Server::start(|_| {
        Reply::raw("HTTP/1.1 200 OK\r\nX: ").repeating(&[b'x'; 4096], Duration::ZERO)
    })
    .await;
    let endless = super::error(get(&server.url("/")).await);
    assert!(matches!(endless, FetchError::Broken { .. }), "{endless:?}");
}

/// A port that nobody listens at.
async fn closed_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().port()
}

#[tokio::test]
async fn nobody_listens() {
    let port = closed_port().await;
    let error = error(get(&format!("http://127.0.0.1:{port}/")).await);
    assert!(matches!(error, FetchError::Connect { .. }), "{error:?}");
    assert!(error.to_string().contains("refused"), "{error}");
}

#[tokio::test]
async fn no_secure_connection_to_a_server_that_has_none() {
    let server = Server::start(|_| Reply::raw("HTTP/1.1 400 Bad Request\r\n\r\n")).await;
    let url = server.url("/").replace("http:", "https:");
    let error = error(get(&url).await);
    assert!(matches!(error, FetchError::Tls { .. }), "{error:?}");
    assert!(error.to_string().contains("no TLS at this port"), "{error}");
}

#[tokio::test]
async fn a_handshake_that_never_ends_is_no_connection() {
    let server = Server::start(|_| Reply::raw("").hanging()).await;
    let url = server.url("/").replace("http:", "https:");
    let limits = Limits {
        connect: IMPATIENT.connect,
        ..LIMITS
    };
    let error = error(get_within(limits, &url).await);
    assert!(matches!(error, FetchError::Connect { .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.contains("within 0.3 s: `connect_timeout`"), "{text}");
}

#[rstest]
#[case("http", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")]
#[case("http", "HTTP/1.1 500 Oops\r\n\r\n")]
#[case("http", "HTTP/1.1 302 Found\r\nLocation: x:y\r\n\r\n")]
#[case("http", "nonsense")]
#[case("https", "nonsense")]
#[tokio::test]
async fn name_and_password_are_in_no_error(#[case] scheme: &str, #[case] bytes: &'static str) {
    let server = Server::start(move |_| Reply::raw(bytes)).await;
    let ports = [server.port, closed_port().await];
    for port in ports {
        let url = format!("{scheme}://user:hunter2@127.0.0.1:{port}/?key=hunter2");
        let error = error(get(&url).await);
        assert!(
            !format!("{error} {error:?}").contains("hunter2"),
            "{error:?}"
        );
        assert!(!error.to_string().contains("user"), "{error}");
    }
}

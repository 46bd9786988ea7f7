//! Are redirects followed to the web and not beyond?

use rstest::rstest;
use tokio::net::TcpListener;

use super::super::FetchError;
use super::server::{Reply, Server};
use super::{body, error, get};

#[rstest]
#[case(301)]
#[case(302)]
#[case(303)]
#[case(307)]
#[case(308)]
#[tokio::test]
async fn each_status_leads_on(#[case] status: u16) {
    let other = Server::start(|_| Reply::new("200 OK", b"there")).await;
    let absolute = other.url("/there");
    let server = Server::start(move |target| match target {
        "/a/relative" => Reply::redirect(status, "../b?c#d"),
        "/b?c" => Reply::new("200 OK", b"here"),
        _ => Reply::redirect(status, &absolute),
    })
    .await;
    let here = body(get(&server.url("/a/relative")).await);
    assert_eq!(here.url.as_str(), server.url("/b?c"));
    assert_eq!(here.bytes, b"here");
    let there = body(get(&server.url("/away")).await);
    assert_eq!(there.url.as_str(), other.url("/there"));
    assert_eq!(there.bytes, b"there");
}

#[tokio::test]
async fn the_body_of_a_redirect_is_not_read() {
    let server = Server::start(|target| match target {
        "/b" => Reply::new("200 OK", b"here"),
        _ => Reply::raw("HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 9999\r\n\r\n")
            .hanging(),
    })
    .await;
    assert_eq!(body(get(&server.url("/a")).await).bytes, b"here");
}

#[tokio::test]
async fn a_circle_ends() {
    let server = Server::start(|_| Reply::redirect(302, "/again")).await;
    let error = error(get(&server.url("/")).await);
    assert!(matches!(error, FetchError::Redirects), "{error:?}");
    assert_eq!(server.requests().len(), 6);
}

#[tokio::test]
async fn five_are_followed_and_six_are_not() {
    let server = Server::start(|target| match target.trim_start_matches('/').parse() {
        Ok(0) => Reply::new("200 OK", b"end"),
        Ok(left) => Reply::redirect(301, &format!("/{}", left - 1)),
        Err(_) => unreachable!("{target}"),
    })
    .await;
    assert_eq!(body(get(&server.url("/5")).await).bytes, b"end");
    let error = error(get(&server.url("/6")).await);
    assert!(matches!(error, FetchError::Redirects), "{error:?}");
}

#[rstest]
#[case("file:///etc/passwd", "file:///etc/passwd")]
#[case("data:text/xml,<rss/>", "data:text/xml,<rss/>")]
#[case("ftp://user:secret@127.0.0.1/feed", "ftp://127.0.0.1/feed")]
#[case("http://user:secret@127.0.0.1:port/", "127.0.0.1:port/")]
#[case("http://", "http://")]
#[case("javascript:alert(1)", "javascript:alert(1)")]
#[tokio::test]
async fn off_the_web_is_nowhere(#[case] location: &'static str, #[case] said: &str) {
    let server = Server::start(move |_| Reply::redirect(302, location)).await;
    let error = error(get(&server.url("/")).await);
    assert!(
        matches!(error, FetchError::RedirectTarget { .. }),
        "{error:?}"
    );
    let text = error.to_string();
    assert!(text.contains(said) && !text.contains("secret"), "{text}");
}

#[tokio::test]
async fn a_target_is_said_on_one_line_of_bounded_length() {
    let location = format!("x:\u{202e}\t{}", "y".repeat(9000));
    let server = Server::start(move |_| Reply::redirect(302, &location)).await;
    let error = error(get(&server.url("/")).await);
    assert!(!error.to_string().contains('\u{202e}'));
}

#[tokio::test]
async fn no_target_is_nowhere() {
    let server = Server::start(|_| Reply::new("301 Moved", b"")).await;
    let error = error(get(&server.url("/")).await);
    assert!(
        matches!(error, FetchError::RedirectTarget { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn name_and_password_stay_with_the_server_they_are_for() {
    let other = Server::start(|_| Reply::new("200 OK", b"")).await;
    let away = other.url("/");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let full = format!("http://{}/b", listener.local_addr().unwrap());
    let server = Server::on(listener, move |target| match target {
        "/away" => Reply::redirect(302, &away),
        "/a" => Reply::redirect(302, "/b"),
        "/full" => Reply::redirect(302, &full),
        _ => Reply::new("200 OK", b""),
    });
    let with = |target: &str| server.url(target).replace("127", "user:secret@127");
    body(get(&with("/away")).await);
    assert!(server.field(0, "authorization").is_some());
    assert_eq!(other.field(0, "authorization"), None);
    for target in ["/a", "/full"] {
        let before = server.requests().len();
        body(get(&with(target)).await);
        assert!(
            server.field(before + 1, "authorization").is_some(),
            "{target}"
        );
    }
}

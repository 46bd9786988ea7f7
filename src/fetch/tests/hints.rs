//! Is it understood when a server wants us back, and where?

use jiff::SignedDuration;
use rstest::rstest;
use url::Url;

use super::super::{Answer, Ask, FetchError, Reply};
use super::server::{self, Server};
use super::{LIMITS, fetcher, now};
use crate::model::Validators;

async fn reply(url: &str) -> Result<Reply, FetchError> {
    let url = Url::parse(url).unwrap();
    let ask = Ask {
        url: &url,
        validators: &Validators {
            etag: Some(b"\"known\"".to_vec()),
            last_modified: None,
        },
        validators_url: None,
        allow_private: true,
        access: None,
        keep: true,
    };
    fetcher(LIMITS).get(ask, now()).await
}

#[rstest]
#[case("Cache-Control: max-age=3600", Some(3600))]
#[case(
    "Cache-Control: public, Max-Age = 60, stale-while-revalidate=9",
    Some(60)
)]
#[case("Cache-Control: max-age=\"60\"", Some(60))]
#[case("Cache-Control: public\nCache-Control: max-age=60", Some(60))]
#[case("Cache-Control: s-maxage=60", None)]
#[case("Cache-Control: max-age=0", None)]
#[case("Cache-Control: max-age=60, no-cache", None)]
#[case("Cache-Control: no-store", None)]
#[case("Cache-Control: max-age=a", None)]
#[case("Cache-Control: max-age=99999999999999999999", Some(i64::MAX))]
#[case("Cache-Control: max-age=600\nAge: 500", Some(100))]
#[case("Cache-Control: max-age=600\nAge: 700", None)]
#[case(
    "Cache-Control: max-age=60\nExpires: Mon, 23 Nov 2026 21:00:00 GMT",
    Some(60)
)]
#[case("Expires: Mon, 23 Nov 2026 21:00:00 GMT", Some(3600))]
#[case(
    "Date: Mon, 23 Nov 2026 19:00:00 GMT\nExpires: Mon, 23 Nov 2026 21:00:00 GMT",
    Some(7200)
)]
#[case("Expires: Mon, 23 Nov 2020 21:00:00 GMT", None)]
#[case("Expires: 0", None)]
#[tokio::test]
async fn freshness_is_what_the_server_says(
    #[case] fields: &'static str,
    #[case] seconds: Option<i64>,
) {
    let expected = seconds.map(SignedDuration::from_secs);
    for status in ["200 OK", "304 Not Modified"] {
        let head = format!("{status}\n{fields}");
        let server = Server::start(move |_| server::Reply::new(&head, b"")).await;
        let reply = reply(&server.url("/")).await.unwrap();
        assert_eq!(reply.hints.fresh, expected, "{status}");
        assert_eq!(reply.hints.retry_after, None);
    }
}

#[tokio::test]
async fn an_error_is_not_kept() {
    let server = Server::start(|_| {
        server::Reply::new("503 Busy\nCache-Control: max-age=60\nRetry-After: 5", b"")
    })
    .await;
    let hints = reply(&server.url("/")).await.unwrap_err().hints();
    assert_eq!(hints.fresh, None);
    assert_eq!(hints.retry_after, Some(SignedDuration::from_secs(5)));
}

#[rstest]
#[case::one(&[301], Some(1))]
#[case::and_308(&[308, 301], Some(2))]
#[case::up_to_the_first_that_may_change(&[301, 302, 301], Some(1))]
#[case::none_if_the_first_may_change(&[307, 301], None)]
#[case::nor_without_any(&[], None)]
#[tokio::test]
async fn only_permanent_redirects_say_where_it_is_now(
    #[case] statuses: &'static [u16],
    #[case] moved: Option<usize>,
) {
    let server = Server::start(move |target| {
        let hop: usize = target.trim_start_matches('/').parse().unwrap();
        match statuses.get(hop) {
            Some(status) => server::Reply::redirect(*status, &format!("/{}", hop + 1)),
            None => server::Reply::new("200 OK", b"here"),
        }
    })
    .await;
    let reply = reply(&server.url("/0")).await.unwrap();
    assert!(matches!(reply.answer, Answer::Body(_)));
    let expected = moved.map(|hop| server.url(&format!("/{hop}")));
    assert_eq!(reply.moved.map(String::from), expected);
}

#[tokio::test]
async fn what_is_gone_is_told_from_what_is_missing() {
    for (status, gone) in [("410 Gone", true), ("404 Not Found", false)] {
        let server = Server::start(move |_| server::Reply::new(status, b"")).await;
        let error = reply(&server.url("/")).await.unwrap_err();
        assert_eq!(error.is_gone(), gone, "{status}");
        assert!(!error.is_unreachable());
    }
}

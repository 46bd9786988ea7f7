//! Is no address asked that must not be?

use std::net::IpAddr;

use rstest::rstest;
use tokio::net::TcpListener;
use url::Url;

use super::super::{Answer, Ask, FetchError};
use super::server::{Reply, Server};
use super::{LIMITS, body, error, fetcher, get, now};
use crate::model::Validators;

async fn get_public(url: &str) -> Result<Answer, FetchError> {
    let url = Url::parse(url).unwrap();
    let ask = Ask {
        url: &url,
        validators: &Validators::default(),
        validators_url: None,
        allow_private: false,
        access: None,
        keep: true,
    };
    let reply = fetcher(LIMITS).get(ask, now()).await;
    reply.map(|reply| reply.answer)
}

#[rstest]
#[case("127.0.0.1")]
#[case("127.1")]
#[case("localhost")]
#[case("LOCALHOST")]
#[case("2130706433")]
#[case("0x7f.1")]
#[case("0177.0.0.1")]
#[case("0")]
#[case("%31%32%37.0.0.1")]
#[case("１２７.0.0.1")]
#[case("user:secret@127.0.0.1")]
#[case("[::ffff:127.0.0.1]")]
#[case("[::ffff:7f00:1]")]
#[case("[::127.0.0.1]")]
#[case("[64:ff9b::7f00:1]")]
#[case("[::1]")]
#[case("[::]")]
#[tokio::test]
async fn loopback_is_refused_however_it_is_written(#[case] host: &str) {
    let server = Server::start(|_| Reply::new("200 OK", b"secret")).await;
    for scheme in ["http", "https"] {
        let url = format!("{scheme}://{host}:{}/", server.port);
        let error = error(get_public(&url).await);
        assert!(matches!(error, FetchError::Refused { .. }), "{error:?}");
        let text = error.to_string();
        assert!(text.contains("allow_private"), "{text}");
        assert!(!text.contains("secret"), "{text}");
    }
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn the_loopback_of_ipv6_is_refused() {
    // Not every machine has it.
    let Ok(listener) = TcpListener::bind("[::1]:0").await else {
        return;
    };
    let server = Server::on(listener, |_| Reply::new("200 OK", b"here"));
    let url = format!("http://[::1]:{}/", server.port);
    let error = error(get_public(&url).await);
    let expected: IpAddr = "::1".parse().unwrap();
    assert!(matches!(error, FetchError::Refused { address } if address == expected));
    assert_eq!(server.requests().len(), 0);
    assert_eq!(body(get(&url).await).bytes, b"here");
}

#[rstest]
#[case("127.0.0.1")]
#[case("localhost")]
#[case("2130706433")]
#[tokio::test]
async fn whoever_allows_it_may(#[case] host: &str) {
    let server = Server::start(|_| Reply::new("200 OK", b"here")).await;
    let url = format!("http://{host}:{}/", server.port);
    assert_eq!(body(get(&url).await).bytes, b"here");
}

/// An idle connection of a feed that may must not serve one that may not.
#[tokio::test]
async fn an_open_connection_opens_no_door() {
    let server =
        Server::start(|_| Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx").hanging())
            .await;
    let fetcher = fetcher(LIMITS);
    for host in ["127.0.0.1", "localhost"] {
        let url = Url::parse(&format!("http://{host}:{}/", server.port)).unwrap();
        let mut ask = Ask {
            url: &url,
            validators: &Validators::default(),
            validators_url: None,
            allow_private: true,
            access: None,
            keep: true,
        };
        body(fetcher.get(ask, now()).await.map(|reply| reply.answer));
        let seen = server.requests().len();
        ask.allow_private = false;
        let error = error(fetcher.get(ask, now()).await.map(|reply| reply.answer));
        assert!(matches!(error, FetchError::Refused { .. }), "{error:?}");
        assert_eq!(server.requests().len(), seen);
    }
}

#[rstest]
#[case("ftp://127.0.0.1/")]
#[case("data:,x")]
#[case("gopher://127.0.0.1/")]
#[tokio::test]
async fn other_schemes_are_not_fetched(#[case] url: &str) {
    let error = error(get(url).await);
    assert!(matches!(error, FetchError::Scheme { .. }), "{error:?}");
}

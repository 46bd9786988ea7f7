//! Who is told the secrets of a feed?

use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rstest::rstest;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{HandshakeKind, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use url::Url;

use super::super::{Answer, Ask, FetchError, Fetcher};
use super::server::{Reply, Server, in_background};
use super::{LIMITS, body, error, fetcher, now};
use crate::model::{Access, Login, Secret, Validators};

async fn get(url: &str, access: &Access) -> Result<Answer, FetchError> {
    get_by(&fetcher(LIMITS), url, access).await
}

async fn get_by(fetcher: &Fetcher, url: &str, access: &Access) -> Result<Answer, FetchError> {
    let url = Url::parse(url).unwrap();
    let ask = Ask {
        url: &url,
        validators: &Validators::default(),
        validators_url: None,
        allow_private: true,
        access: Some((access, &url)),
        keep: true,
    };
    let reply = fetcher.get(ask, now()).await;
    reply.map(|reply| reply.answer)
}

fn access() -> Access {
    Access {
        headers: vec![("X-Key".to_owned(), "k 1".to_owned())],
        login: Some(Login::Bearer(Secret::new("t0ken"))),
        cookies: Some(Secret::new("a=b; c=d")),
        ..Access::default()
    }
}

#[rstest]
#[case(Login::Basic { name: "me".to_owned(), password: Some(Secret::new("päss")) }, "Basic bWU6cMOkc3M=")]
#[case(Login::Basic { name: "me".to_owned(), password: None }, "Basic bWU6")]
#[case(Login::Bearer(Secret::new("t0ken")), "Bearer t0ken")]
#[tokio::test]
async fn a_login_is_sent(#[case] login: Login, #[case] sent: &str) {
    let server = Server::start(|_| Reply::new("200 OK", b"here")).await;
    let access = Access {
        login: Some(login),
        ..access()
    };
    body(get(&server.url("/"), &access).await);
    assert_eq!(server.field(0, "Authorization").unwrap(), sent.as_bytes());
    assert_eq!(server.field(0, "X-Key").unwrap(), b"k 1");
    assert_eq!(server.field(0, "Cookie").unwrap(), b"a=b; c=d");
}

#[tokio::test]
async fn no_other_host_is_told_any_of_it() {
    let other = Server::start(|_| Reply::new("200 OK", b"there")).await;
    let away = other.url("/there");
    let server = Server::start(move |target| match target {
        "/a" => Reply::redirect(302, "/b"),
        "/b" => Reply::redirect(301, &away),
        _ => Reply::new("404 Not Found", b""),
    })
    .await;
    let answer = get(&server.url("/a"), &access()).await;
    assert_eq!(body(answer).bytes, b"there");
    for number in [0, 1] {
        assert!(server.field(number, "Authorization").is_some());
    }
    for name in ["Authorization", "Cookie", "X-Key"] {
        assert_eq!(other.field(0, name), None, "{name}");
    }
}

#[test]
fn a_secret_is_not_shown() {
    let shown = format!("{:?}", access());
    assert!(
        !shown.contains("t0ken") && !shown.contains("a=b"),
        "{shown}"
    );
}

#[tokio::test]
async fn a_proxy_is_asked_in_the_place_of_the_host() {
    let proxy = Server::start(|target| match target {
        "http://feed.example/f?a=1" => Reply::new("200 OK", b"by proxy"),
        _ => Reply::new("404 Not Found", b""),
    })
    .await;
    let access = Access {
        proxy: Some(Url::parse(&proxy.url("")).unwrap()),
        ..Access::default()
    };
    let answer = get("http://feed.example/f?a=1", &access).await;
    assert_eq!(body(answer).bytes, b"by proxy");
    assert_eq!(proxy.field(0, "Host").unwrap(), b"feed.example");

    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gone = Access {
        proxy: Some(Url::parse(&format!("socks5h://{}", nobody.local_addr().unwrap())).unwrap()),
        ..Access::default()
    };
    drop(nobody);
    let failed = error(get("http://feed.example/", &gone).await);
    assert!(matches!(failed, FetchError::Connect { .. }), "{failed:?}");
}

/// A server whose certificate nobody knows, which closes every connection and says whether it knew the
/// other side from before; returns its port and the certificate.
async fn own_authority() -> (u16, Vec<u8>) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    in_background(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            let mut head = [0; 4096];
            let _ = stream.read(&mut head).await;
            let said = match stream.get_ref().1.handshake_kind() {
                Some(HandshakeKind::Resumed) => "again",
                _ => "hello",
            };
            let head = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n";
            let _ = stream.write_all(format!("{head}{said}").as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    (port, cert.pem().into_bytes())
}

#[tokio::test]
async fn certificates_of_ones_own_are_trusted_for_their_feed_alone() {
    let (port, pem) = own_authority().await;
    let url = format!("https://localhost:{port}/");
    let refused = error(get(&url, &Access::default()).await);
    assert!(matches!(refused, FetchError::Tls { .. }), "{refused:?}");
    let trusting = Access {
        certificates: Some(pem),
        ..Access::default()
    };
    assert_eq!(body(get(&url, &trusting).await).bytes, b"hello");
    let broken = Access {
        certificates: Some(
            b"-----BEGIN CERTIFICATE-----\nbm8=\n-----END CERTIFICATE-----".to_vec(),
        ),
        ..Access::default()
    };
    let failed = error(get(&url, &broken).await);
    assert!(matches!(failed, FetchError::Route { .. }), "{failed:?}");
}

#[tokio::test]
async fn a_server_that_is_known_is_greeted_shortly() {
    let (port, pem) = own_authority().await;
    let url = format!("https://localhost:{port}/");
    let trusting = Access {
        certificates: Some(pem),
        ..Access::default()
    };
    let fetcher = fetcher(LIMITS);
    let first = get_by(&fetcher, &url, &trusting).await;
    assert_eq!(body(first).bytes, b"hello");
    // Without its certificates, and with half as many messages: TLS session resumption (RFC 8446 §2.2).
    let second = get_by(&fetcher, &url, &trusting).await;
    assert_eq!(body(second).bytes, b"again");
}

//! Is every coding decoded, and does no bomb go off?

use std::time::Duration;

use async_compression::tokio::bufread::{
    BrotliEncoder, DeflateEncoder, GzipEncoder, ZlibEncoder, ZstdEncoder,
};
use rstest::rstest;
use tokio::io::{AsyncRead, AsyncReadExt};

use super::super::{FetchError, Limits};
use super::server::{Reply, Server};
use super::{LIMITS, body, error, get, get_within};

const DOCUMENT: &[u8] = b"<rss version=\"2.0\"><channel><title>A title</title></channel></rss>";

async fn all(mut encoder: impl AsyncRead + Unpin) -> Vec<u8> {
    let mut bytes = Vec::new();
    encoder.read_to_end(&mut bytes).await.unwrap();
    bytes
}

async fn encode(coding: &str, document: &[u8]) -> Vec<u8> {
    match coding {
        "gzip" | "x-gzip" => all(GzipEncoder::new(document)).await,
        "br" => all(BrotliEncoder::new(document)).await,
        "zstd" => all(ZstdEncoder::new(document)).await,
        "deflate" => all(ZlibEncoder::new(document)).await,
        "bare deflate" => all(DeflateEncoder::new(document)).await,
        _ => document.to_vec(),
    }
}

async fn serve(coding: &str, body: Vec<u8>) -> Server {
    let head = format!("200 OK\nContent-Encoding: {coding}");
    Server::start(move |_| Reply::new(&head, &body)).await
}

#[rstest]
#[case("gzip", "gzip")]
#[case("x-gzip", "gzip")]
#[case("GZip", "gzip")]
#[case("br", "br")]
#[case("zstd", "zstd")]
#[case("deflate", "deflate")]
#[case("deflate", "bare deflate")]
#[case("identity", "")]
#[case("", "")]
#[case("identity, gzip", "gzip")]
#[tokio::test]
async fn each_is_decoded(#[case] name: &str, #[case] coding: &str) {
    let server = serve(name, encode(coding, DOCUMENT).await).await;
    assert_eq!(body(get(&server.url("/")).await).bytes, DOCUMENT);
    let asked = server.field(0, "accept-encoding").unwrap();
    assert_eq!(asked, b"gzip, br, zstd, deflate");
}

#[tokio::test]
async fn no_coding_at_all_is_none() {
    let server = Server::start(|_| Reply::new("200 OK", DOCUMENT)).await;
    assert_eq!(body(get(&server.url("/")).await).bytes, DOCUMENT);
}

#[rstest]
#[case("gzip")]
#[case("zstd")]
#[tokio::test]
async fn several_members_are_one_document(#[case] coding: &str) {
    let (start, end) = DOCUMENT.split_at(20);
    let mut bytes = encode(coding, start).await;
    bytes.extend(encode(coding, end).await);
    let server = serve(coding, bytes).await;
    assert_eq!(body(get(&server.url("/")).await).bytes, DOCUMENT);
}

#[rstest]
#[case("gzip, br")]
#[case("gzip, gzip")]
#[case("gzip\nContent-Encoding: br")]
#[case("compress")]
#[case("\u{1b}[31mred")]
#[tokio::test]
async fn several_and_unknown_ones_are_errors(#[case] name: &str) {
    let server = serve(name, DOCUMENT.to_vec()).await;
    let error = error(get(&server.url("/")).await);
    let named = matches!(error, FetchError::Coding { .. });
    // hyper does not take control characters at all.
    let garbled = name.contains('\u{1b}') && matches!(error, FetchError::Broken { .. });
    assert!(named || garbled, "{error:?}");
}

#[rstest]
#[case("gzip", "gzip")]
#[case("br", "br")]
#[case("zstd", "zstd")]
#[case("deflate", "deflate")]
#[case("deflate", "bare deflate")]
#[tokio::test]
async fn bombs_stop(#[case] name: &str, #[case] coding: &str) {
    let bomb = encode(coding, &vec![0; 16 * 1024 * 1024]).await;
    assert!(bomb.len() < 128 * 1024, "{}", bomb.len());
    let server = serve(name, bomb).await;
    let large = Limits {
        body: usize::MAX / 2,
        ..LIMITS
    };
    let swelling = error(get_within(large, &server.url("/")).await);
    assert!(matches!(swelling, FetchError::Bomb), "{swelling:?}");
    let small = error(get(&server.url("/")).await);
    assert!(
        matches!(small, FetchError::TooLarge { limit } if limit == LIMITS.body),
        "{small:?}"
    );
}

#[rstest]
#[case("gzip", "gzip")]
#[case("br", "br")]
#[case("zstd", "zstd")]
#[case("deflate", "deflate")]
#[case("deflate", "bare deflate")]
#[tokio::test]
async fn cut_short_is_broken(#[case] name: &str, #[case] coding: &str) {
    let mut bytes = encode(coding, DOCUMENT).await;
    bytes.truncate(bytes.len() - 5);
    let server = serve(name, bytes).await;
    let error = error(get(&server.url("/")).await);
    assert!(matches!(error, FetchError::Broken { .. }), "{error:?}");
}

#[rstest]
#[case("gzip")]
#[case("br")]
#[case("zstd")]
#[case("deflate")]
#[tokio::test]
async fn what_is_not_coded_so_is_broken(#[case] name: &str) {
    let server = serve(name, DOCUMENT.to_vec()).await;
    let error = error(get(&server.url("/")).await);
    assert!(matches!(error, FetchError::Broken { .. }), "{error:?}");
}

/// Each decodes to nothing, so that no bound on what is decoded is ever reached.
#[rstest]
#[case("gzip")]
#[case("zstd")]
#[tokio::test]
async fn endless_empty_members_stop(#[case] coding: &'static str) {
    let member = encode(coding, b"").await.repeat(4096);
    let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\n\r\n");
    let server =
        Server::start(move |_| Reply::raw(head.as_str()).repeating(&member, Duration::ZERO)).await;
    let error = error(get(&server.url("/")).await);
    assert!(matches!(error, FetchError::TooLarge { .. }), "{error:?}");
}

/// What cannot be compressed grows a little when it is coded.
#[tokio::test]
async fn a_document_of_just_the_limit_is_read_coded_or_not() {
    let noise: Vec<u8> = (0..LIMITS.body).map(|_| fastrand::u8(..)).collect();
    for coding in ["", "gzip", "br", "zstd", "deflate"] {
        let server = serve(coding, encode(coding, &noise).await).await;
        assert!(body(get(&server.url("/")).await).bytes == noise, "{coding}");
    }
}

/// RFC 9659: a decoder need not keep more than 8 MiB for a window.
#[tokio::test]
async fn a_window_of_more_than_8_mib_is_not_made_room_for() {
    // A frame of 128 MiB windows that holds one empty block.
    let frame = b"\x28\xb5\x2f\xfd\x00\x88\x01\x00\x00".to_vec();
    let server = serve("zstd", frame).await;
    let error = error(get(&server.url("/")).await);
    assert!(matches!(error, FetchError::Broken { .. }), "{error:?}");
}

/// RFC 7932 knows windows of up to 16 MiB; the extension of them is another coding.
#[tokio::test]
async fn a_large_brotli_window_is_not_made_room_for() {
    let server = serve("br", b"\x11\x1e\x00\x00\x00\x00".to_vec()).await;
    let error = error(get(&server.url("/")).await);
    assert!(error.to_string().contains("window"), "{error:?}");
}

//! How is a body read, decoded and kept within its bounds?

use std::error::Error;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_compression::tokio::bufread::{
    BrotliDecoder, DeflateDecoder, GzipDecoder, ZlibDecoder, ZstdDecoder,
};
use async_compression::zstd::DParameter;
use futures_util::TryStreamExt;
use reqwest::{Response, header};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};
use tokio_util::bytes::BufMut;
use tokio_util::io::StreamReader;

use super::{FetchError, printable};

/// What is asked for: `Accept-Encoding` (RFC 9110 §12.5.3).
pub(super) const ACCEPTED: &str = "gzip, br, zstd, deflate";

/// No honest document swells so many times.
pub(super) const RATIO: usize = 100;

/// Small documents of much repetition may swell more.
const FREE: usize = 1024 * 1024;

/// By so much may a document grow when it is coded, because not everything can be compressed.
const OVERHEAD: usize = 64 * 1024;

/// The base-two logarithm of what a zstd decoder keeps at most: 8 MiB (RFC 9659).
const ZSTD_WINDOW_LOG: u32 = 23;

/// Read at once.
const CHUNK: usize = 16 * 1024;

/// What a body says of its length is believed so far.
const EXPECTED: u64 = 256 * 1024;

/// More has arrived than could decode to a document within the limit.
#[derive(Debug, thiserror::Error)]
#[error("too many bytes")]
struct TooMany;

/// Reads a body to its end.
pub(super) async fn read(response: Response, limit: usize) -> Result<Vec<u8>, FetchError> {
    let coding = coding(&response)?;
    let expected = response.content_length().unwrap_or(0).min(EXPECTED);
    let expected = usize::try_from(expected).unwrap_or(0);
    let received = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&received);
    let most = limit.saturating_add(OVERHEAD);
    let stream = response
        .bytes_stream()
        .map_err(|error| io::Error::other(error.without_url()))
        .and_then(move |bytes| {
            // A decoder may turn any number of bytes into none at all, and bytes may always be there:
            // what comes in is bounded too, and the clock gets its turn.
            let before = count.fetch_add(bytes.len(), Ordering::Relaxed);
            let counted = if before.saturating_add(bytes.len()) > most {
                Err(io::Error::other(TooMany))
            } else {
                Ok(bytes)
            };
            async move {
                tokio::task::consume_budget().await;
                counted
            }
        });
    let stream = StreamReader::new(Box::pin(stream));
    let explain = |error: io::Error| explain(&error, limit);
    let mut decoded = decoder(&coding, stream, explain).await?;
    let mut bytes = Vec::with_capacity(expected + CHUNK);
    loop {
        // A bomb is decoded without waiting for anything, so that no time limit would stop it.
        tokio::task::consume_budget().await;
        bytes.reserve(CHUNK);
        let mut chunk = (&mut bytes).limit(CHUNK);
        let length = decoded.read_buf(&mut chunk).await.map_err(explain)?;
        if length == 0 {
            // It may wait until it is parsed.
            bytes.shrink_to_fit();
            return Ok(bytes);
        }
        if bytes.len() > limit {
            return Err(FetchError::TooLarge { limit });
        }
        let received = received.load(Ordering::Relaxed).max(1);
        if bytes.len() > FREE && bytes.len() / received > RATIO {
            return Err(FetchError::Bomb);
        }
    }
}

/// The one coding of a body, empty for none.
fn coding(response: &Response) -> Result<String, FetchError> {
    let mut codings = Vec::new();
    for value in response.headers().get_all(header::CONTENT_ENCODING) {
        let value = String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase();
        codings.extend(value.split(',').map(|coding| coding.trim().to_owned()));
    }
    codings.retain(|coding| !coding.is_empty() && coding != "identity");
    if codings.len() > 1 {
        return Err(FetchError::Coding {
            coding: printable(&codings.join(", ")),
        });
    }
    Ok(codings.pop().unwrap_or_default())
}

type Decoded = Pin<Box<dyn AsyncRead + Send>>;

async fn decoder(
    coding: &str,
    body: impl AsyncRead + Send + Unpin + 'static,
    explain: impl Fn(io::Error) -> FetchError,
) -> Result<Decoded, FetchError> {
    let mut body = BufReader::new(body);
    Ok(match coding {
        "" => Box::pin(body),
        "gzip" | "x-gzip" => {
            let mut decoder = GzipDecoder::new(body);
            // A body may be several members one after the other (RFC 1952 §2.2).
            decoder.multiple_members(true);
            Box::pin(decoder)
        }
        "br" => {
            // The decoder also takes "large window" streams, which are no `br` (RFC 7932 §9.1) and make
            // it keep up to 1 GiB.
            let first = body.fill_buf().await.map_err(&explain)?;
            if first.first().is_some_and(|byte| byte & 0x7f == 0x11) {
                return Err(FetchError::Broken {
                    detail: "its brotli window is larger than RFC 7932 allows".to_owned(),
                });
            }
            Box::pin(BrotliDecoder::new(body))
        }
        "zstd" => {
            let window = DParameter::window_log_max(ZSTD_WINDOW_LOG);
            let mut decoder = ZstdDecoder::with_params(body, &[window]);
            // Likewise several frames (RFC 8878 §3.1).
            decoder.multiple_members(true);
            Box::pin(decoder)
        }
        "deflate" => {
            // Zlib by the standard (RFC 9110 §8.4.1.2), bare deflate from servers that got it wrong.
            let first = body.fill_buf().await.map_err(&explain)?;
            if first.first().is_some_and(|byte| byte & 0x0f == 8) {
                Box::pin(ZlibDecoder::new(body))
            } else {
                Box::pin(DeflateDecoder::new(body))
            }
        }
        other => {
            return Err(FetchError::Coding {
                coding: printable(other),
            });
        }
    })
}

fn explain(error: &io::Error, limit: usize) -> FetchError {
    let inner = error.get_ref();
    if inner.is_some_and(<dyn Error + Send + Sync>::is::<TooMany>) {
        return FetchError::TooLarge { limit };
    }
    let mut detail = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        detail = inner.to_string();
        cause = inner.source();
    }
    FetchError::Broken {
        detail: printable(&detail),
    }
}

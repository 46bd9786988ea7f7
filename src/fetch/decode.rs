//! How is a body read, decoded and kept within its bounds?

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_compression::tokio::bufread::{
    BrotliDecoder, DeflateDecoder, GzipDecoder, ZlibDecoder, ZstdDecoder,
};
use futures_util::TryStreamExt;
use reqwest::{Response, header};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};
use tokio_util::io::StreamReader;

use super::{FetchError, printable};

/// What is asked for: `Accept-Encoding` (RFC 9110 §12.5.3).
pub(super) const ACCEPTED: &str = "gzip, br, zstd, deflate";

/// No honest document swells so many times.
pub(super) const RATIO: usize = 100;

/// Small documents of much repetition may swell more.
const FREE: usize = 1024 * 1024;

/// Read at once.
const CHUNK: usize = 16 * 1024;

/// Reads a body to its end.
pub(super) async fn read(response: Response, limit: usize) -> Result<Vec<u8>, FetchError> {
    let coding = coding(&response)?;
    let received = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&received);
    let stream = response
        .bytes_stream()
        .inspect_ok(move |bytes| {
            count.fetch_add(bytes.len(), Ordering::Relaxed);
        })
        .map_err(|error| io::Error::other(error.without_url()));
    let mut decoded = decoder(&coding, StreamReader::new(stream)).await?;
    let mut bytes = Vec::new();
    let mut chunk = vec![0; CHUNK];
    loop {
        let length = decoded
            .read(&mut chunk)
            .await
            .map_err(|error| broken(&error))?;
        if length == 0 {
            return Ok(bytes);
        }
        if bytes.len() + length > limit {
            return Err(FetchError::TooLarge { limit });
        }
        bytes.extend_from_slice(&chunk[..length]);
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
        "br" => Box::pin(BrotliDecoder::new(body)),
        "zstd" => Box::pin(ZstdDecoder::new(body)),
        "deflate" => {
            // Zlib by the standard (RFC 9110 §8.4.1.2), bare deflate from servers that got it wrong.
            let first = body.fill_buf().await.map_err(|error| broken(&error))?;
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

fn broken(error: &io::Error) -> FetchError {
    let mut detail = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        detail = inner.to_string();
        cause = inner.source();
    }
    FetchError::Broken {
        detail: printable(&detail),
    }
}

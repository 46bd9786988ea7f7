//! How is a local document read?

use std::io;

use tokio::fs::OpenOptions;
use tokio::io::AsyncReadExt;
use xxhash_rust::xxh3::xxh3_128;

use super::{Answer, Ask, Body, FetchError, printable};
use crate::model::Validators;

/// `O_NONBLOCK` of Linux: opening a pipe that nobody writes to must not wait for a writer.
const NON_BLOCKING: i32 = 0o4000;

/// Reads a regular file whole. Its validator is a hash of what it holds, because two edits may share
/// a time stamp.
pub(super) async fn read(ask: Ask<'_>, limit: usize) -> Result<Answer, FetchError> {
    let failed = |detail: String| FetchError::File { detail };
    let path = ask
        .url
        .to_file_path()
        .map_err(|()| failed("the URL names no local path".to_owned()))?;
    let explain = |error: io::Error| failed(printable(&error.to_string()));
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(NON_BLOCKING)
        .open(path)
        .await
        .map_err(explain)?;
    if !file.metadata().await.map_err(explain)?.is_file() {
        return Err(failed("it is not a regular file".to_owned()));
    }
    let mut bytes = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    file.take(most)
        .read_to_end(&mut bytes)
        .await
        .map_err(explain)?;
    if bytes.len() > limit {
        return Err(FetchError::TooLarge { limit });
    }
    let etag = format!("\"{:032x}\"", xxh3_128(&bytes)).into_bytes();
    if ask.validators.etag.as_ref() == Some(&etag) {
        return Ok(Answer::NotModified);
    }
    Ok(Answer::Body(Body {
        bytes,
        content_type: None,
        validators: Validators {
            etag: Some(etag),
            last_modified: None,
        },
        url: ask.url.clone(),
    }))
}

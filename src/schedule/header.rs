//! What does a header field say about time?

use jiff::{SignedDuration, Timestamp};

/// A number of seconds. More digits than fit are a long time all the same.
#[must_use]
pub fn seconds(value: &str) -> Option<SignedDuration> {
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| SignedDuration::from_secs(value.parse().unwrap_or(i64::MAX)))
}

/// An HTTP date (RFC 9110 §5.6.7).
#[must_use]
pub fn date(value: &str) -> Option<Timestamp> {
    Timestamp::try_from(httpdate::parse_http_date(value).ok()?).ok()
}

/// `Retry-After` as a delay from `now` (RFC 9110 §10.2.3); a date that has passed is no delay.
#[must_use]
pub fn retry_after(value: &str, now: Timestamp) -> Option<SignedDuration> {
    let until = || Some(date(value)?.duration_since(now).max(SignedDuration::ZERO));
    seconds(value).or_else(until)
}

//! Is there a document that reading does not survive, or takes too long or too much memory for?
//!
//! Whatever the bytes: no panic, not even one of the parser's that is caught; the same twice; and items
//! with keys. The documents of the tests are where it starts from:
//!
//! ```text
//! cargo fuzz run parse fuzz/corpus tests/feeds -- -max_len=65536 -timeout=5 -rss_limit_mb=512 -max_total_time=600 -fork=2
//! ```

#![no_main]

use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use newsbell::normalise;
use newsbell::parse::{self, ParseError};
use url::Url;

fuzz_target!(|bytes: &[u8]| {
    let Ok(base) = Url::parse("https://news.example/feed") else {
        return;
    };
    let read = parse::document(bytes, None, &base);
    assert_ne!(read.as_ref().err(), Some(&ParseError::Panicked));
    assert_eq!(read, parse::document(bytes, None, &base));
    if let Ok(document) = read {
        let items = normalise::items(&document, Timestamp::UNIX_EPOCH);
        assert!(items.iter().all(|item| !item.key.is_empty()));
    }
});

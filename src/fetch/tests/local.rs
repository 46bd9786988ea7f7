//! Are local documents read, and nothing that only looks like one?

use std::fs;
use std::path::Path;
use std::process::Command;

use url::Url;

use super::super::{Answer, Ask, FetchError};
use super::{LIMITS, body, error, fetcher, get, now};
use crate::model::Validators;

async fn read(path: &Path, validators: &Validators) -> Result<Answer, FetchError> {
    let url = Url::from_file_path(path).unwrap();
    let ask = Ask {
        url: &url,
        validators,
        validators_url: None,
        allow_private: false,
        access: None,
        keep: true,
    };
    let reply = fetcher(LIMITS).get(ask, now()).await;
    reply.map(|reply| reply.answer)
}

#[tokio::test]
async fn what_changed_is_told_by_what_it_holds() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("a feed, 100%.xml");
    fs::write(&path, "one").unwrap();
    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    let first = body(read(&path, &Validators::default()).await);
    assert_eq!(first.bytes, b"one");
    let again = read(&path, &first.validators).await.unwrap();
    assert_eq!(again, Answer::NotModified);

    // The same size and the same time stamp.
    fs::write(&path, "two").unwrap();
    let file = fs::File::options().append(true).open(&path).unwrap();
    file.set_modified(modified).unwrap();
    let second = body(read(&path, &first.validators).await);
    assert_eq!(second.bytes, b"two");
    assert_ne!(second.validators, first.validators);
}

#[tokio::test]
async fn what_is_no_file_is_an_error() {
    let place = tempfile::tempdir().unwrap();
    let pipe = place.path().join("pipe");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let missing = place.path().join("missing");
    let cases = [
        (missing.as_path(), "No such file"),
        (place.path(), "not a regular file"),
        (&pipe, "not a regular file"),
        (Path::new("/dev/zero"), "not a regular file"),
    ];
    for (path, said) in cases {
        let error = error(read(path, &Validators::default()).await);
        assert!(matches!(error, FetchError::File { .. }), "{error:?}");
        assert!(error.to_string().contains(said), "{path:?}: {error}");
    }
    let error = error(get("file://elsewhere/feed.xml").await);
    assert!(matches!(error, FetchError::File { .. }), "{error:?}");
}

#[tokio::test]
async fn just_the_limit_is_read_and_more_is_not() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("feed.xml");
    fs::write(&path, vec![b'x'; LIMITS.body]).unwrap();
    let whole = body(read(&path, &Validators::default()).await);
    assert_eq!(whole.bytes.len(), LIMITS.body);
    fs::write(&path, vec![b'x'; LIMITS.body + 1]).unwrap();
    let error = error(read(&path, &Validators::default()).await);
    assert!(matches!(error, FetchError::TooLarge { .. }), "{error:?}");
}

//! Does the README's first command do what it promises, without a network?

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::program::newsbell;

/// The shipped quick start, copied so that the original stays as it is.
fn copy() -> TempDir {
    let dir = TempDir::new().unwrap();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    let to = dir.path().join("config");
    std::fs::create_dir_all(to.join("quickstart")).unwrap();
    let mut files = vec![PathBuf::from("quickstart.toml")];
    for entry in std::fs::read_dir(from.join("quickstart")).unwrap() {
        files.push(Path::new("quickstart").join(entry.unwrap().file_name()));
    }
    for file in files {
        std::fs::copy(from.join(&file), to.join(&file)).unwrap();
    }
    dir
}

fn said(dir: &TempDir, args: &[&str]) -> String {
    let mut command = newsbell();
    command
        .current_dir(dir.path())
        .args(args)
        .args(["--config", "config/quickstart.toml"]);
    String::from_utf8(command.assert().success().get_output().stdout.clone()).unwrap()
}

#[test]
fn poll_shows_the_missions_story_under_both_rules_with_the_words_marked() {
    let dir = copy();
    let told = said(&dir, &["poll"]);
    insta::assert_snapshot!(told);
    let again = said(&dir, &["poll"]);
    assert!(again.contains("World Wire: nothing new"), "{again}");
    assert!(!again.contains("[Military Cooperation]"), "{again}");
}

#[test]
fn hits_come_in_every_format() {
    let dir = copy();
    said(&dir, &["poll"]);
    let lines = said(&dir, &["hits"]);
    assert!(lines.lines().count() >= 4, "{lines}");
    assert!(
        lines.lines().all(|line| line.split('\t').count() == 6),
        "{lines}"
    );

    let array: Vec<serde_json::Value> =
        serde_json::from_str(&said(&dir, &["hits", "-o", "json"])).unwrap();
    assert_eq!(array.len(), lines.lines().count());
    let marked = &array[0]["evidence"][0];
    let field = marked["field"].as_str().unwrap();
    let (start, end) = (
        marked["start"].as_u64().unwrap(),
        marked["end"].as_u64().unwrap(),
    );
    let text = array[0][field].as_str().unwrap();
    let slice = &text[usize::try_from(start).unwrap()..usize::try_from(end).unwrap()];
    assert_eq!(slice, marked["text"].as_str().unwrap());

    let objects = said(&dir, &["hits", "-o", "jsonl"]);
    for line in objects.lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap();
    }
    let table = said(
        &dir,
        &["hits", "-o", "table", "--rule", "Military cooperation"],
    );
    assert!(table.contains("[Military"), "{table}");
    let csv = said(&dir, &["hits", "-o", "csv", "--since", "1d", "-n", "1"]);
    assert_eq!(csv.lines().count(), 2, "{csv}");
    assert_eq!(said(&dir, &["hits", "-n", "0"]), "");
}

#[test]
fn feeds_and_status_say_how_things_are() {
    let dir = copy();
    said(&dir, &["poll"]);
    let feeds = said(&dir, &["feeds"]);
    assert_eq!(feeds.lines().count(), 3, "{feeds}");
    assert!(feeds.starts_with("World Wire\tok\t"), "{feeds}");
    let status = said(&dir, &["status"]);
    assert!(status.contains("service   not running"), "{status}");
    assert!(status.contains("feeds     3, 0 failing"), "{status}");
    assert!(status.contains("no session bus"), "{status}");
}

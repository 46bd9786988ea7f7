//! Do the unit files keep their promises under a real systemd?

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::lab::tools::{script, tool};
use crate::world::web::{Web, item};

/// How far `systemd-analyze security` says that the units are exposed, 0 to 10. The README says the same.
const EXPOSED: [(&str, &[&str], &str); 3] = [
    ("system/newsbell.service", &[], "1.1"),
    ("user/newsbell.service", &["--user"], "6.2"),
    ("user/newsbell.service.d/confined.conf", &["--user"], "3.5"),
];

fn unit(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("systemd")
        .join(name)
}

fn succeeded(output: &Output) {
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Asks for the feed once: whatever happens to the service, its next poll is hours away.
fn asked_once(web: &Web, feed: &str, prove: &mut Command) {
    let output = tokio::task::block_in_place(|| prove.output().unwrap());
    succeeded(&output);
    let asked = web.asked(feed);
    assert_eq!(asked.len(), 1, "a restart asked again: {asked:?}");
    assert_eq!(asked[0].status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_real_program_works_under_the_user_unit() {
    let web = Web::start().await;
    web.publish("wire", item("All calm elsewhere"));
    let mut prove = Command::new(script("user-systemd"));
    prove
        .args(["--uid", "1000"])
        .arg(script("prove-newsbell"))
        .arg(unit("user/newsbell.service"))
        .arg(env!("CARGO_BIN_EXE_newsbell"))
        .arg(web.url("wire"));
    asked_once(&web, "wire", &mut prove);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_real_program_works_under_the_system_unit() {
    let web = Web::start().await;
    web.publish("agency", item("All calm elsewhere"));
    web.demand("agency", "Bearer sesame");
    let mut prove = Command::new(script("system-systemd"));
    prove
        .arg(script("prove-system"))
        .arg(unit("system/newsbell.service"))
        .arg(env!("CARGO_BIN_EXE_newsbell"))
        .arg(web.url("agency"));
    asked_once(&web, "agency", &mut prove);
}

#[test]
fn the_units_are_exposed_no_further_than_the_readme_says() {
    let readme = std::fs::read_to_string(unit("../README.md")).unwrap();
    for (name, manager, promised) in EXPOSED {
        // The unit alone, or with what is added to it.
        let dir = tempfile::TempDir::new().unwrap();
        let path = dir.path().join("newsbell.service");
        match name.split_once(".d/") {
            None => std::fs::copy(unit(name), &path).unwrap(),
            Some((main, addition)) => {
                std::fs::copy(unit(main), &path).unwrap();
                let additions = dir.path().join("newsbell.service.d");
                std::fs::create_dir(&additions).unwrap();
                std::fs::copy(unit(name), additions.join(addition)).unwrap()
            }
        };
        let output = tool("systemd-analyze")
            .args(["security", "--offline=true", "--no-pager"])
            .args(manager)
            .arg(&path)
            .env("XDG_RUNTIME_DIR", dir.path())
            .output()
            .unwrap();
        succeeded(&output);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let level = said.split("Overall exposure level for ").nth(1).unwrap();
        let level = level.split_whitespace().nth(1).unwrap();
        let exposed: f64 = level.parse().unwrap();
        assert!(
            exposed <= promised.parse().unwrap(),
            "{name} is exposed to {exposed}, more than the {promised} promised"
        );
        assert!(
            readme.contains(promised),
            "the README does not say {promised} of {name}"
        );
    }
}

#[test]
fn every_line_of_the_units_says_why() {
    for (name, _, _) in EXPOSED {
        let text = std::fs::read_to_string(unit(name)).unwrap();
        // A comment may speak for the lines that follow it at once.
        let mut explained = false;
        for line in text.lines() {
            if line.starts_with('#') {
                explained = true;
            } else if line.is_empty() || line.starts_with('[') {
                explained = false;
            } else {
                let speaks_for_itself = ["Description=", "Documentation="]
                    .iter()
                    .any(|key| line.starts_with(key));
                assert!(explained || speaks_for_itself, "{name}: {line}");
            }
        }
    }
}

//! What does a machine without a network say of its feeds?

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::lab::tools;
use crate::program::{Place, stdout};

/// Addresses that are nobody's (RFC 5737): without a network there is no way to them.
const NOBODY: [&str; 4] = ["192.0.2.1", "198.51.100.1", "203.0.113.1", "203.0.113.2"];

/// A process in a network of its own that has nothing.
fn without_network(place: &Place, args: &[&str]) -> Command {
    let mut command = tools::tool("unshare");
    command
        .args(["--map-root-user", "--net", "timeout", "60"])
        .arg(env!("CARGO_BIN_EXE_newsbell"))
        .args(["--config", "newsbell.toml"])
        .args(args)
        .current_dir(place.path(""))
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus");
    command
}

#[test]
fn without_a_network_no_feed_is_to_blame_and_it_is_said_once() {
    let feeds = NOBODY.map(|host| {
        format!("[[feed]]\nname = \"{host}\"\nurl = \"http://{host}/\"\nallow_private = true\n")
    });
    let place = Place::new(&format!("[store]\npath = \"n.db\"\n{}", feeds.concat()));
    let mut daemon = without_network(&place, &["run"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    for line in BufReader::new(daemon.stderr.take().unwrap()).lines() {
        let line = line.unwrap();
        said.push_str(&line);
        said.push('\n');
        if line.contains("no feed can be reached") {
            break;
        }
    }
    assert!(said.contains("no feed can be reached"), "{said}");
    assert!(!said.contains("feed fails"), "{said}");
    let table = stdout(&mut place.newsbell(&["feeds"]));
    assert_eq!(table.matches("not read yet").count(), 4, "{table}");
    let ended = Command::new("kill").arg(daemon.id().to_string()).status();
    assert!(ended.unwrap().success());
    daemon.wait().unwrap();

    // Who asks by hand is told what came of it.
    let polled = without_network(&place, &["poll"]).output().unwrap();
    let said = String::from_utf8(polled.stdout).unwrap();
    assert_eq!(said.matches("failed: no connection: ").count(), 4, "{said}");
}

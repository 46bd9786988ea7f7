//! Is whoever looks after newsbell helped: to find faults, to keep copies, to write the configuration?

use std::os::unix::fs::PermissionsExt;

use newsbell::config::schema;
use newsbell::store::{HitFilter, Reader, Store};

use crate::lab::recorder::{FULL, Recorder};
use crate::lab::session::SessionBus;
use crate::program::{Place, newsbell, stderr, stdout};
use crate::service::{Service, eventually};
use crate::world::web::{item, rss};

const CONFIG: &str = "[store]\npath = \"state/newsbell.db\"\n[[feed]]\nname = \"local\"\nurl = \"file:feed.xml\"\n\
    [[rule]]\nname = \"Drills\"\nmatch = 'drills'\n";

fn place(items: &[&str]) -> Place {
    let place = Place::new(CONFIG);
    let items: Vec<_> = items.iter().map(|title| item(title)).collect();
    std::fs::write(place.path("feed.xml"), rss("local", &items)).unwrap();
    place
}

/// Waits until the feed has been read and its items are stored.
async fn first_read(place: &Place, items: u64) {
    eventually("the baseline", || {
        let mut reader = Reader::open(&place.path("state/newsbell.db")).ok()?;
        let all = reader.read(|tx| tx.totals(jiff::Timestamp::UNIX_EPOCH));
        (all.ok()?.items == items).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_made_while_the_service_runs() {
    let bus = SessionBus::start();
    let place = place(&["Drills begin", "All calm"]);
    let service = Service::start(&place, bus.address());
    first_read(&place, 2).await;
    let said = stdout(&mut place.newsbell(&["backup", "copy.db"]));
    assert!(said.starts_with("wrote copy.db ("), "{said}");
    service.stop().await;
    let copy = place.path("copy.db");
    assert_eq!(copy.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!place.path("copy.db.part").exists());
    let mut reader = Reader::open(&copy).unwrap();
    let all = HitFilter {
        since: None,
        rule: None,
        story: None,
        limit: usize::MAX,
    };
    assert_eq!(
        reader.read(|tx| tx.hits(&all)).unwrap()[0].title,
        "Drills begin"
    );
    // In the place of the database it is one.
    drop(reader);
    drop(Store::open(&copy).unwrap());

    let said = stderr(&mut place.newsbell(&["backup", "copy.db"]), 1);
    assert!(said.contains("copy.db is there already"), "{said}");
    let said = stderr(&mut place.newsbell(&["backup", "nowhere/copy.db"]), 1);
    assert!(said.contains("nowhere/copy.db"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_says_what_is_wrong_and_what_to_do() {
    let bus = SessionBus::start();
    let place = place(&["All calm"]);
    let doctor = |bus: &str| {
        let mut command = place.newsbell(&["doctor"]);
        command.env("DBUS_SESSION_BUS_ADDRESS", bus);
        command
    };
    let said = stdout(&mut doctor(bus.address()));
    for line in [
        "config    ok     1 feeds, 1 rules in 1 files",
        "state/newsbell.db is not there yet",
        "service   doubt  not running",
        "desktop   doubt  no notification server on the session bus",
    ] {
        assert!(said.contains(line), "{line} is not in:\n{said}");
    }

    // With somebody there, and everything running.
    let _desktop = Recorder::start(&bus, FULL).await;
    let service = Service::start(&place, bus.address());
    first_read(&place, 1).await;
    let said = stdout(&mut doctor(bus.address()));
    for line in [
        "desktop   ok     a notification server answers",
        "service   ok     running (process ",
        "state/newsbell.db is whole",
    ] {
        assert!(said.contains(line), "{line} is not in:\n{said}");
    }
    service.stop().await;

    // Damaged.
    let database = place.path("state/newsbell.db");
    let mut bytes = std::fs::read(&database).unwrap();
    let middle = bytes.len() / 2;
    bytes[4096..middle].fill(0x5a);
    std::fs::write(&database, bytes).unwrap();
    let output = doctor(bus.address())
        .assert()
        .code(1)
        .get_output()
        .stdout
        .clone();
    let said = String::from_utf8(output).unwrap();
    assert!(said.contains("database  WRONG"), "{said}");
    assert!(said.contains("restore a backup"), "{said}");

    // A wrong configuration.
    std::fs::write(
        place.path("newsbell.toml"),
        "[[rule]]\nname = \"x\"\nmatch = \"AND\"\n",
    )
    .unwrap();
    let output = doctor(bus.address())
        .assert()
        .code(1)
        .get_output()
        .stdout
        .clone();
    let said = String::from_utf8(output).unwrap();
    assert!(
        said.contains("config    WRONG  newsbell.toml:3:10: AND has nothing"),
        "{said}"
    );
}

#[test]
fn the_first_configuration_names_a_schema_that_is_beside_it() {
    let dir = tempfile::TempDir::new().unwrap();
    let path = dir.path().join("newsbell.toml");
    newsbell()
        .arg("--config")
        .arg(&path)
        .arg("init")
        .assert()
        .success();
    let text = std::fs::read_to_string(&path).unwrap();
    let named = text
        .lines()
        .next()
        .unwrap()
        .strip_prefix("#:schema ")
        .unwrap();
    let written = std::fs::read_to_string(dir.path().join(named)).unwrap();
    assert_eq!(written, stdout(newsbell().arg("schema")));
    let schema: serde_json::Value = serde_json::from_str(&written).unwrap();
    assert_eq!(
        schema["properties"]["feed"]["items"]["required"],
        serde_json::json!(["name", "url"])
    );
}

#[test]
fn shells_complete_every_command() {
    let help = stdout(newsbell().arg("--help"));
    let list = help.split("Commands:\n").nth(1).unwrap();
    let commands: Vec<&str> = list
        .lines()
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|command| !command.is_empty())
        .collect();
    assert!(commands.len() > 15, "{commands:?}");
    for shell in ["bash", "zsh", "fish"] {
        let script = stdout(newsbell().args(["completions", shell]));
        for command in &commands {
            assert!(script.contains(command), "{shell} does not know {command}");
        }
    }
    // As it is read: in roff a hyphen is written with a backslash.
    let page = stdout(newsbell().arg("man")).replace("\\-", "-");
    for command in commands.iter().filter(|command| **command != "help") {
        let title = format!(".SS \"newsbell {command}\"");
        assert!(page.contains(&title), "newsbell(1) has no {title}");
    }
}

#[test]
fn the_manual_has_every_key() {
    let page = stdout(newsbell().args(["man", "newsbell.toml"]));
    for key in schema::keys() {
        let name = key.path.rsplit('.').next().unwrap();
        assert!(
            page.contains(name),
            "newsbell.toml(5) does not name {}",
            key.path
        );
    }
    assert!(
        page.contains(".TP\n.B every = \\(dq15m\\(dq\nhow often a feed is asked"),
        "{page}"
    );
}

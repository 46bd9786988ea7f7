//! What does the program say to a person at a terminal?

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use jiff::SignedDuration;
use newsbell::config::{self, Checked};
use newsbell::model::channel::Wording;
use tempfile::TempDir;

/// A directory with a configuration in it.
pub struct Place {
    dir: TempDir,
}

impl Place {
    pub fn new(config: &str) -> Place {
        let dir = TempDir::new().unwrap();
        std::fs::write(dir.path().join("newsbell.toml"), config).unwrap();
        Place { dir }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn newsbell(&self, args: &[&str]) -> Command {
        let mut command = newsbell();
        command
            .current_dir(self.dir.path())
            .args(["--config", "newsbell.toml"])
            .args(args);
        command
    }
}

/// The program, outside of any session and home.
pub fn newsbell() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_newsbell"));
    command
        .env_clear()
        .env("HOME", "/nonexistent")
        // Nobody's desktop is to ring.
        .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus")
        .timeout(std::time::Duration::from_mins(1))
        .env("TZ", "UTC");
    command
}

pub fn stdout(command: &mut Command) -> String {
    String::from_utf8(command.assert().success().get_output().stdout.clone()).unwrap()
}

pub fn stderr(command: &mut Command, code: i32) -> String {
    String::from_utf8(command.assert().code(code).get_output().stderr.clone()).unwrap()
}

#[test]
fn check_reports_every_mistake_at_once() {
    let place = Place::new(
        r#"
[poll]
evry = "15m"
timeout = "soon"

[[feed]]
name = "BBC"
url = "htps://example.org/feed"

[[feed]]
name = "Tass"
url = "https://example.org/tass"
every = "10s"

[[feed]]
name = "Tass"
url = "https://example.org/tass2"
tags = "world"

[[rule]]
name = "Ties"
match = ['"military cooperation', 'titel:Putin']
urgency = "loud"
chanels = ["desktop"]

[[rule]]
match = "NOT drill"
channels = ["pager"]
"#,
    );
    insta::assert_snapshot!(stderr(&mut place.newsbell(&["check"]), 78));
}

#[test]
fn check_reads_conf_d_and_names_the_file() {
    let place = Place::new("[[rule]]\nname = \"A\"\nmatch = \"a\"\n");
    std::fs::create_dir(place.path("conf.d")).unwrap();
    std::fs::write(
        place.path("conf.d/b.toml"),
        "[[rule]]\nname = \"B\"\nmatch = \"b\"\n",
    )
    .unwrap();
    std::fs::write(place.path("conf.d/notes.txt"), "not a configuration").unwrap();
    insta::assert_snapshot!(stdout(&mut place.newsbell(&["check"])));
    std::fs::write(
        place.path("conf.d/c.toml"),
        "[[rule]]\nname = \"A\"\nmatch = \"c\"\n[poll\n",
    )
    .unwrap();
    insta::assert_snapshot!(stderr(&mut place.newsbell(&["check"]), 78));
}

#[test]
fn a_missing_configuration_says_how_to_begin() {
    let command = &mut newsbell();
    let said = stderr(
        command.args(["--config", "/nonexistent/newsbell.toml", "run"]),
        78,
    );
    insta::assert_snapshot!(said);
}

#[test]
fn init_writes_a_right_configuration_and_never_over_another() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("new/newsbell.toml");
    let path = file.to_str().unwrap();
    stdout(newsbell().args(["--config", path, "init"]));
    let said = stdout(newsbell().args(["--config", path, "check"]));
    assert!(said.contains("6 feeds, 2 rules"), "{said}");
    let lists = dir.path().join("new/words/countries.toml");
    assert!(
        std::fs::read_to_string(&lists)
            .unwrap()
            .contains("country/ru")
    );
    std::fs::write(&file, "mine").unwrap();
    let said = stderr(newsbell().args(["--config", path, "init"]), 1);
    assert!(
        said.contains("is there already and was left as it is"),
        "{said}"
    );
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");

    // Lists that somebody has changed stay as they are.
    std::fs::remove_file(&file).unwrap();
    std::fs::write(&lists, "[words]\nx = ['mine']\n").unwrap();
    stdout(newsbell().args(["--config", path, "init"]));
    assert!(std::fs::read_to_string(&lists).unwrap().contains("mine"));
}

#[test]
fn the_shipped_configuration_shows_every_key_with_its_default() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/newsbell.toml");
    let Checked { config, notes, .. } = config::check(&path).unwrap();
    assert_eq!(
        notes.absent,
        std::collections::BTreeSet::new(),
        "keys that are not shown"
    );
    for key in &notes.present {
        let name = key.rsplit('.').next().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let shown = text.lines().any(|line| {
            let key = line.split(['=', ']']).next().unwrap();
            let key = key.trim().trim_start_matches('[');
            key.rsplit('.').next() == Some(name) && line.contains("# ")
        });
        // Tables of tables say it all by their own keys.
        assert!(shown || name == "channel", "`{key}` has no sentence");
    }
    // What it says are the defaults are the defaults.
    let dir = TempDir::new().unwrap();
    let least = dir.path().join("newsbell.toml");
    std::fs::write(
        &least,
        "[[feed]]\nname = \"BBC World\"\nurl = \"https://feeds.bbci.co.uk/news/world/rss.xml\"\n\
         tags = [\"world\"]\n[[rule]]\nname = \"Military cooperation\"\n\
         match = ['\"military cooperation\"', \"Russia China\"]\n",
    )
    .unwrap();
    let default = config::Config::load(&least).unwrap();
    assert_eq!(config.poll, default.poll);
    assert_eq!(config.store, default.store);
    assert_eq!(config.desktop, default.desktop);
    assert_eq!(config.quiet, default.quiet);
    assert_eq!(config.flood, default.flood);
    for setup in &config.channels {
        assert_eq!(setup.wording, Wording::default(), "{}", setup.name);
        assert_eq!(
            setup.limits.give_up_after,
            Some(SignedDuration::from_hours(168))
        );
        assert_eq!(setup.limits.rate, None);
    }
    assert_eq!(config.feeds, default.feeds);
    assert_eq!(config.rules, default.rules);
}

const EMPTY: &str = "[store]\npath = \"newsbell.db\"\n";

#[test]
fn a_second_daemon_is_refused() {
    let place = Place::new(EMPTY);
    let _first = newsbell::store::Store::open(&place.path("newsbell.db")).unwrap();
    let said = stderr(&mut place.newsbell(&["run"]), 1);
    assert!(said.contains("another newsbell (process "), "{said}");
    assert!(said.contains("is using newsbell.db"), "{said}");
}

#[test]
fn a_database_of_a_newer_release_is_left_alone() {
    let place = Place::new(EMPTY);
    let path = place.path("newsbell.db");
    stdout(&mut place.newsbell(&["poll"]));
    let conn = rusqlite::Connection::open(&path).unwrap();
    conn.pragma_update(None, "user_version", 999).unwrap();
    conn.close().unwrap();
    let before = std::fs::read(&path).unwrap();
    for command in ["run", "hits"] {
        let said = stderr(&mut place.newsbell(&[command]), 1);
        assert!(
            said.contains("was written by a newer newsbell (schema 999"),
            "{said}"
        );
    }
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn a_file_that_is_no_database_is_left_alone() {
    let place = Place::new(EMPTY);
    let path = place.path("newsbell.db");
    std::fs::write(&path, "my diary\n".repeat(1000)).unwrap();
    let said = stderr(&mut place.newsbell(&["run"]), 1);
    assert!(
        said.contains("is not a newsbell database; nothing was changed"),
        "{said}"
    );
    assert_eq!(
        std::fs::read(&path).unwrap(),
        "my diary\n".repeat(1000).as_bytes()
    );

    std::fs::remove_file(&path).unwrap();
    let conn = rusqlite::Connection::open(&path).unwrap();
    conn.execute_batch("CREATE TABLE recipes (name TEXT)")
        .unwrap();
    conn.close().unwrap();
    let said = stderr(&mut place.newsbell(&["run"]), 1);
    assert!(
        said.contains("is not a newsbell database; nothing was changed"),
        "{said}"
    );
}

#[test]
fn a_damaged_database_is_said_to_be_damaged() {
    let place = Place::new(EMPTY);
    let path = place.path("newsbell.db");
    stdout(&mut place.newsbell(&["poll"]));
    let mut bytes = std::fs::read(&path).unwrap();
    for byte in &mut bytes[100..4096] {
        *byte = 0xa5;
    }
    std::fs::write(&path, &bytes).unwrap();
    let said = stderr(&mut place.newsbell(&["run"]), 1);
    assert!(said.contains("is damaged ("), "{said}");
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
}

#[test]
fn a_database_that_cannot_be_written_says_so() {
    // Not by permissions: root, as tests may run, has them all.
    let place = Place::new("[store]\npath = \"/proc/newsbell/newsbell.db\"\n");
    let said = stderr(&mut place.newsbell(&["run"]), 1);
    assert!(
        said.contains("/proc/newsbell/newsbell.db cannot be written ("),
        "{said}"
    );
}

#[test]
fn looking_before_the_first_poll_says_what_to_do() {
    let place = Place::new(EMPTY);
    let said = stderr(&mut place.newsbell(&["hits"]), 1);
    assert!(
        said.contains("there is no database at newsbell.db yet"),
        "{said}"
    );
    assert!(
        said.contains("`newsbell run` or `newsbell poll` makes it"),
        "{said}"
    );
}

#[test]
fn replay_tells_what_the_rules_would_have_done() {
    let place = Place::new(
        "[[rule]]\nname = \"Drills\"\nmatch = 'drills'\ncooldown = \"2h\"\n\
         [[rule]]\nname = \"Ties\"\nmatch = 'Russia China'\n",
    );
    let items = r#"{"id":"1","title":"Two navies begin drills today","published":"2026-03-04T05:00:00Z"}
{"id":"2","title":"TWO NAVIES BEGIN DRILLS TODAY","feed":"late","published":"2026-03-04T06:00:00Z"}
{"id":"3","title":"Calm","body":"Russia and China rest","published":"2026-03-04T06:30:00Z"}

{"id":"4","title":"Two navies begin drills, today","published":"2026-03-04T07:30:00Z"}
"#;
    std::fs::write(place.path("items.jsonl"), items).unwrap();
    let replay = |args: &[&str]| stdout(place.newsbell(&["replay", "items.jsonl"]).args(args));
    let pairs = "1\tDrills\n2\tDrills\n3\tTies\n4\tDrills\n";
    assert_eq!(replay(&[]), pairs);
    assert_eq!(replay(&["--pairs"]), pairs);
    assert_eq!(replay(&["--stories"]), "1\t1\n2\t1\n3\t2\n4\t1\n");
    let hits: Vec<serde_json::Value> = replay(&["-o", "jsonl"])
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let verdicts: Vec<&str> = hits
        .iter()
        .map(|hit| hit["verdict"].as_str().unwrap())
        .collect();
    assert_eq!(
        verdicts,
        ["ring", "drop", "ring", "ring"],
        "the last after its cooldown"
    );
    assert_eq!(hits[0]["alert"], hits[1]["alert"]);
    assert_eq!(hits[2]["evidence"][0]["text"], "Russia");
    assert!(!place.path("newsbell.db").exists());

    std::fs::write(place.path("items.jsonl"), format!("{items}not JSON\n")).unwrap();
    let said = stderr(&mut place.newsbell(&["replay", "items.jsonl"]), 65);
    assert!(
        said.starts_with("error: items.jsonl:6: this is no recorded item: "),
        "{said}"
    );
}

#[test]
fn parse_prints_one_line_a_document_and_dies_on_none() {
    let feeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/feeds");
    let output = newsbell()
        .current_dir(feeds)
        .args([
            "parse",
            "-o",
            "json",
            "rdf.xml",
            "html_page.html",
            "missing.xml",
            "json_feed.json",
        ])
        .assert()
        .code(65)
        .get_output()
        .stdout
        .clone();
    let lines: Vec<serde_json::Value> = String::from_utf8(output)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[0]["format"], "rdf");
    assert!(lines[0]["entries"][0]["title"].is_string(), "{}", lines[0]);
    assert!(lines[0]["repairs"].is_array());
    assert_eq!(lines[1]["file"], "html_page.html");
    assert!(
        lines[1]["error"].as_str().unwrap().contains("web page"),
        "{}",
        lines[1]
    );
    assert!(
        lines[2]["error"]
            .as_str()
            .unwrap()
            .contains("cannot be read"),
        "{}",
        lines[2]
    );
    assert_eq!(lines[3]["format"], "json");
}

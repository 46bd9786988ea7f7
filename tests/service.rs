//! Does the program live as a service should: started, watching, stopped?

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use newsbell::store::{HitFilter, Reader};
use newsbell::telemetry;

use crate::lab::recorder::{FULL, Recorder};
use crate::lab::session::SessionBus;
use crate::lab::tools::tool;
use crate::program::Place;
use crate::world::web::{Web, item, rss};

/// A service that takes longer than this for anything has failed.
const DEADLINE: Duration = Duration::from_secs(30);

/// What a service is given to end, and the pause between two looks at it.
const STOP: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(20);

/// The real program, running as a service does.
pub struct Service {
    child: Child,
}

impl Service {
    pub fn start(place: &Place, bus: &str) -> Service {
        Service::start_with(place, bus, &[])
    }

    /// The same with more in its environment.
    pub fn start_with(place: &Place, bus: &str, environment: &[(&str, &str)]) -> Service {
        let mut command = Service::command(place, bus);
        command.envs(environment.iter().copied());
        let child = command.stderr(Stdio::piped()).spawn().unwrap();
        Service { child }
    }

    /// The same with its log in a file, which can be read while it runs.
    pub fn start_logging(place: &Place, bus: &str, log: &Path) -> Service {
        let log = std::fs::File::create(log).unwrap();
        let child = Service::command(place, bus).stderr(log).spawn().unwrap();
        Service { child }
    }

    fn command(place: &Place, bus: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_newsbell"));
        command
            .args(["run", "--config"])
            .arg(place.path("newsbell.toml"))
            .env_clear()
            .env("HOME", "/nonexistent")
            .env("DBUS_SESSION_BUS_ADDRESS", bus)
            .stdout(Stdio::null());
        command
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and what it has logged; it must end within the time that is promised.
    pub async fn stop(mut self) -> Output {
        let pid = self.child.id().to_string();
        assert!(
            tool("kill")
                .args(["-TERM", &pid])
                .status()
                .unwrap()
                .success()
        );
        let ended = async {
            while self.child.try_wait().unwrap().is_none() {
                tokio::time::sleep(LOOK).await;
            }
        };
        if tokio::time::timeout(STOP, ended).await.is_err() {
            self.child.kill().unwrap();
            panic!("not stopped within {STOP:?}");
        }
        self.child.wait_with_output().unwrap()
    }
}

/// Looks until `look` finds something.
pub async fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let found = async {
        loop {
            if let Some(found) = look() {
                return found;
            }
            tokio::time::sleep(LOOK).await;
        }
    };
    let found = tokio::time::timeout(DEADLINE, found).await;
    found.unwrap_or_else(|_| panic!("waited {DEADLINE:?} for {what}"))
}

/// What a service has logged, as far as it has come.
pub fn lines(log: &Path) -> String {
    std::fs::read_to_string(log).unwrap_or_default()
}

/// Headlines of all hits stored, oldest first.
pub fn headlines(place: &Place) -> Vec<String> {
    let all = HitFilter {
        since: None,
        rule: None,
        story: None,
        limit: usize::MAX,
    };
    let Ok(mut reader) = Reader::open(&place.path("newsbell.db")) else {
        return Vec::new();
    };
    let hits = reader.read(|tx| tx.hits(&all)).unwrap_or_default();
    hits.into_iter().rev().map(|hit| hit.title).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_local_feed_rings_as_soon_as_it_is_written() {
    let bus = SessionBus::start();
    let desktop = Recorder::start(&bus, FULL).await;
    let place = Place::new(
        "[store]\npath = \"newsbell.db\"\n[[feed]]\nname = \"local\"\nurl = \"file:feed.xml\"\n\
         [[rule]]\nname = \"Drills\"\nmatch = 'drills'\n",
    );
    let feed = place.path("feed.xml");
    let calm = item("All calm");
    std::fs::write(&feed, rss("local", std::slice::from_ref(&calm))).unwrap();
    let service = Service::start(&place, bus.address());
    eventually("the baseline", || {
        let mut reader = Reader::open(&place.path("newsbell.db")).ok()?;
        let totals = reader
            .read(|tx| tx.totals(jiff::Timestamp::UNIX_EPOCH))
            .ok()?;
        (totals.items == 1).then_some(())
    })
    .await;

    // As editors save: a new file in place of the old one.
    let other = place.path("feed.xml~");
    std::fs::write(
        &other,
        rss("local", &[item("Drills begin in the north"), calm.clone()]),
    )
    .unwrap();
    std::fs::rename(&other, &feed).unwrap();
    assert_eq!(
        desktop.wait_for(1).await[0].summary,
        "Drills: Drills begin in the north"
    );

    // As scripts do: into the same file.
    std::fs::write(
        &feed,
        rss("local", &[item("Drills end in the south"), calm]),
    )
    .unwrap();
    assert_eq!(
        desktop.wait_for(2).await[1].summary,
        "Drills: Drills end in the south"
    );

    let said = String::from_utf8(service.stop().await.stderr).unwrap();
    assert!(said.contains("hit: Drills begin in the north"), "{said}");
    assert!(said.contains("stopped"), "{said}");
    assert_eq!(headlines(&place).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_does_not_wait_for_sites_that_hang() {
    let bus = SessionBus::start();
    let web = Web::start().await;
    web.hang("slow");
    let place = Place::new(&format!(
        "[store]\npath = \"newsbell.db\"\n[[feed]]\nname = \"slow\"\nurl = \"{}\"\nallow_private = true\n",
        web.url("slow")
    ));
    let service = Service::start(&place, bus.address());
    eventually("a request", || web.asked("slow").pop()).await;
    let output = service.stop().await;
    assert!(output.status.success(), "{output:?}");
    // Closed, not only ended: nothing is left in the log of the database.
    assert!(!place.path("newsbell.db-wal").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_json_where_machines_read_it() {
    let bus = SessionBus::start();
    let web = Web::start().await;
    web.break_down("broken", 503, None);
    let place = Place::new(&format!(
        "[store]\npath = \"newsbell.db\"\n[[feed]]\nname = \"broken\"\nurl = \"{}\"\nevery = \"1s\"\n\
         allow_private = true\n",
        web.url("broken")
    ));
    let environment = [("NEWSBELL_LOG_FORMAT", "json")];
    let service = Service::start_with(&place, bus.address(), &environment);
    // The second request comes after the first has failed and that was said.
    eventually("a failing feed", || {
        (web.asked("broken").len() >= 2).then_some(())
    })
    .await;
    let said = String::from_utf8(service.stop().await.stderr).unwrap();
    let lines = said.lines().map(serde_json::from_str::<serde_json::Value>);
    let lines: Vec<_> = lines.collect::<Result<_, _>>().unwrap();
    let fails = lines
        .iter()
        .find(|line| line["event"] == telemetry::FEED_FAILING);
    let fails = fails.unwrap_or_else(|| panic!("{said}"));
    assert_eq!(fails["level"], "WARN");
    assert_eq!(fails["feed.name"], "broken");
    assert_eq!(fails["http.status"], 503);
    assert!(fails["duration_ms"].is_u64() && fails["message_id"].is_string());
    let time = fails["time"].as_str().unwrap().parse::<jiff::Timestamp>();
    assert!(time.is_ok(), "{fails}");
    assert!(
        lines.iter().all(|line| line["message"] != "polled"),
        "{said}"
    );
}

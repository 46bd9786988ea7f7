//! Does newsbell go on as far as it can, and recover by itself, when the machine fails it?

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::lab::session::SessionBus;
use crate::lab::tools::tool;
use crate::program::Place;
use crate::service::{Service, eventually, lines};
use crate::world::web::{Web, item};

fn place(web: &Web, database: &str) -> Place {
    // Every poll is a connection of its own, as it is with feeds on many servers.
    web.add_field("wire", "connection", "close");
    Place::new(&format!(
        "[store]\npath = \"{database}\"\n[[feed]]\nname = \"wire\"\nurl = \"{}\"\nevery = \"1s\"\n\
         allow_private = true\n[[rule]]\nname = \"Drills\"\nmatch = 'drills'\nchannels = []\n",
        web.url("wire")
    ))
}

/// What `newsbell status` says, in the eyes of a process if one is named.
fn status(place: &Place, eyes: Option<u32>) -> String {
    let mut command = match eyes {
        Some(pid) => {
            let mut command = tool("nsenter");
            command.args(["--mount", "--target", &pid.to_string(), "--"]);
            command.arg(env!("CARGO_BIN_EXE_newsbell"));
            command
        }
        None => Command::new(env!("CARGO_BIN_EXE_newsbell")),
    };
    let output = command
        .arg("--config")
        .arg(place.path("newsbell.toml"))
        .arg("status")
        .env_clear()
        .env("HOME", "/nonexistent")
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

async fn logged(log: &Path, text: &str) {
    eventually(text, || lines(log).contains(text).then_some(())).await;
}

/// A trouble was said once when it began and once when it ended, and status knows it no more.
async fn is_over(place: &Place, log: &Path, (begins, ends): (&str, &str), eyes: Option<u32>) {
    logged(log, ends).await;
    logged(log, "hit: Drills begin").await;
    eventually("a status without trouble", || {
        (!status(place, eyes).contains("trouble ")).then_some(())
    })
    .await;
    let said = lines(log);
    assert_eq!(said.matches(begins).count(), 1, "{said}");
    assert_eq!(said.matches(ends).count(), 1, "{said}");
}

/// The program with a small file system of its own below its database, in a mount namespace.
struct Confined {
    child: Child,
    log: PathBuf,
}

impl Confined {
    fn start(place: &Place, bus: &str) -> Confined {
        let (state, log) = (place.path("state"), place.path("log"));
        fs::create_dir(&state).unwrap();
        let child = tool("unshare")
            .args(["--mount", "--", "bash", "-c"])
            .arg("mount -t tmpfs -o size=1m tmpfs \"$1\" && exec \"$2\" --config \"$3\" run")
            .arg("confined")
            .arg(&state)
            .arg(env!("CARGO_BIN_EXE_newsbell"))
            .arg(place.path("newsbell.toml"))
            .env("DBUS_SESSION_BUS_ADDRESS", bus)
            .stdout(Stdio::null())
            .stderr(fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        Confined { child, log }
    }

    fn pid(&self) -> u32 {
        self.child.id()
    }

    /// A path as the program sees it.
    fn path(&self, path: &Path) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.pid()));
        root.join(path.strip_prefix("/").unwrap())
    }
}

impl Drop for Confined {
    fn drop(&mut self) {
        // It may have ended by itself, which the test has said then.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program where nothing is wrong yet, once it has read its feed.
struct Watched {
    web: Web,
    place: Place,
    log: PathBuf,
    service: Service,
    _bus: SessionBus,
}

impl Watched {
    async fn start() -> Watched {
        let bus = SessionBus::start();
        let web = Web::start().await;
        web.publish("wire", item("All calm"));
        let place = place(&web, "newsbell.db");
        let log = place.path("log");
        let service = Service::start_logging(&place, bus.address(), &log);
        logged(&log, "feed read for the first time").await;
        Watched {
            web,
            place,
            log,
            service,
            _bus: bus,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_said_once_and_nobody_is_asked_in_vain_until_there_is_room() {
    let bus = SessionBus::start();
    let web = Web::start().await;
    web.publish("wire", item("All calm"));
    let place = place(&web, "state/newsbell.db");
    let confined = Confined::start(&place, bus.address());
    logged(&confined.log, "feed read for the first time").await;

    let filler = confined.path(&place.path("state")).join("filler");
    let mut file = fs::File::create(&filler).unwrap();
    while file.write_all(&[0; 512]).is_ok() {}
    web.publish(
        "wire",
        item("Drills begin").body(&"a long story ".repeat(2000)),
    );
    logged(&confined.log, "polls cannot be stored").await;
    let said = status(&place, Some(confined.pid()));
    assert!(
        said.contains("trouble   polling waits until it can be stored: the disk of"),
        "{said}"
    );
    // It waits for room, and asks nobody for what it could not keep.
    let asked = web.asked("wire").len();
    eventually("some time", || {
        let said = status(&place, Some(confined.pid()));
        said.contains("trouble").then_some(())
    })
    .await;
    assert_eq!(web.asked("wire").len(), asked);

    drop(file);
    fs::remove_file(&filler).unwrap();
    let words = ("polls cannot be stored", "polls can be stored again");
    is_over(&place, &confined.log, words, Some(confined.pid())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_locked_by_another_is_waited_for() {
    let Watched {
        web,
        place,
        log,
        service,
        ..
    } = Watched::start().await;
    let other = rusqlite::Connection::open(place.path("newsbell.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    web.publish("wire", item("Drills begin"));
    logged(&log, "polls cannot be stored").await;
    let said = status(&place, None);
    assert!(
        said.contains("has been locked by another process"),
        "{said}"
    );
    other.execute_batch("COMMIT").unwrap();
    let words = ("polls cannot be stored", "polls can be stored again");
    is_over(&place, &log, words, None).await;
    service.stop().await;
}

/// Files that nobody may write, not even who has them open, until this is dropped.
struct Immutable<'p>(&'p Place);

impl Immutable<'_> {
    fn chattr(&self, flag: &str) -> bool {
        let mut command = tool("chattr");
        command.arg(flag);
        command.args(["newsbell.db", "newsbell.db-wal"].map(|name| self.0.path(name)));
        command.status().unwrap().success()
    }

    fn make(place: &Place) -> Immutable<'_> {
        let files = Immutable(place);
        assert!(
            files.chattr("+i"),
            "this needs root, and immutable files, which {} has none of: set TMPDIR to a file system that has, such as ext4",
            place.path("").display()
        );
        files
    }
}

impl Drop for Immutable<'_> {
    fn drop(&mut self) {
        // Else the files could never be removed.
        self.chattr("-i");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_has_become_read_only_is_waited_for() {
    let Watched {
        web,
        place,
        log,
        service,
        ..
    } = Watched::start().await;
    let immutable = Immutable::make(&place);
    web.publish("wire", item("Drills begin"));
    logged(&log, "polls cannot be stored").await;
    let said = status(&place, None);
    assert!(
        said.contains("trouble   polling waits until it can be stored: ")
            && said.contains("newsbell.db cannot be written"),
        "{said}"
    );
    drop(immutable);
    let words = ("polls cannot be stored", "polls can be stored again");
    is_over(&place, &log, words, None).await;
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_file_descriptors_no_feed_is_to_blame() {
    let Watched {
        web,
        place,
        log,
        service,
        ..
    } = Watched::start().await;
    let limit = |most: &str| {
        let pid = service.pid().to_string();
        let done = tool("prlimit")
            .args(["--pid", &pid, &format!("--nofile={most}:")])
            .status()
            .unwrap();
        assert!(done.success());
    };
    limit("3");
    web.publish("wire", item("Drills begin"));
    logged(&log, "out of file descriptors").await;
    eventually("the trouble", || {
        status(&place, None)
            .contains("trouble   out of file descriptors")
            .then_some(())
    })
    .await;
    limit("1024");
    let words = (
        "out of file descriptors",
        "there are file descriptors again",
    );
    is_over(&place, &log, words, None).await;
    assert!(!lines(&log).contains("feed fails"), "{}", lines(&log));
    service.stop().await;
}

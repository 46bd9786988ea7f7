//! How does a scenario tell its story? The real daemon, a fake web, a real session bus, a temporary
//! database, and a clock whose hands the scenario moves.

use std::future::Future;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use newsbell::clock::{Clock, Hands};
use newsbell::config::Config;
use newsbell::daemon::{Daemon, Progress, Request};
use newsbell::model::HitView;
use newsbell::store::{HitFilter, Reader, Store};
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::lab::recorder::{FULL, Recorder};
use crate::lab::session::SessionBus;

pub mod web;

use web::{Published, Web};

/// A scenario that waits longer than this for the daemon has failed.
const DEADLINE: Duration = Duration::from_secs(30);

/// When every scenario begins.
const BEGIN: &str = "2026-03-04T05:06:07Z";

/// The variable that tells a scenario's child process that it is on its own bus.
const ON_OWN_BUS: &str = "NEWSBELL_SCENARIO";

/// The full name of the test it stands in.
#[macro_export]
macro_rules! here {
    () => {{
        fn here() {}
        let name = std::any::type_name_of_val(&here);
        let name = name.strip_suffix("::here").unwrap();
        name.split_once("::").unwrap().1
    }};
}

/// Runs a scenario in a process of its own, on a session bus of its own: the daemon finds its bus by
/// the environment, which a test must not change for the others.
pub fn on_own_bus(test: &str, scenario: impl Future<Output = ()>) {
    if std::env::var_os(ON_OWN_BUS).is_some() {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(scenario);
        return;
    }
    let bus = SessionBus::start();
    let browser = Browser::install();
    let child = Command::new(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .env("DBUS_SESSION_BUS_ADDRESS", bus.address())
        .env("PATH", browser.before_others())
        .env_remove("INVOCATION_ID")
        .env(ON_OWN_BUS, "1")
        .env(OPENED, browser.opened())
        .env("NEWSBELL_LOG", "debug")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(
        child.status.success() && said.contains("1 passed"),
        "{said}\n{}",
        String::from_utf8_lossy(&child.stderr)
    );
}

/// The variable that tells a scenario where the pages that were opened are written down.
const OPENED: &str = "NEWSBELL_SCENARIO_OPENED";

/// What stands in the place of the person's browser: it writes down what it is given, one argument a
/// line, and what lets it come to the front.
struct Browser(TempDir);

impl Browser {
    fn install() -> Browser {
        use std::os::unix::fs::PermissionsExt;
        let dir = TempDir::new().unwrap();
        let script = dir.path().join("xdg-open");
        let text = format!(
            "#!/bin/sh\nprintf '%s\\n' \"$#\" \"$@\" \"$XDG_ACTIVATION_TOKEN\" >> \"${OPENED}\"\n"
        );
        std::fs::write(&script, text).unwrap();
        std::fs::set_permissions(&script, PermissionsExt::from_mode(0o755)).unwrap();
        Browser(dir)
    }

    fn before_others(&self) -> std::ffi::OsString {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let others = std::env::split_paths(&path);
        let all = std::iter::once(self.0.path().to_owned()).chain(others);
        std::env::join_paths(all).unwrap()
    }

    fn opened(&self) -> PathBuf {
        self.0.path().join("opened")
    }
}

/// What the person's browser was given so far: how many arguments, those, and what lets it come to the
/// front.
pub fn opened() -> String {
    let path = std::env::var_os(OPENED).unwrap();
    std::fs::read_to_string(path).unwrap_or_default()
}

struct Running {
    task: JoinHandle<anyhow::Result<()>>,
    ask: mpsc::Sender<Request>,
    progress: Progress,
}

/// Everything a scenario needs.
pub struct World {
    pub web: Web,
    pub desktop: Option<Recorder>,
    dir: TempDir,
    clock: Clock,
    hands: Hands,
    running: Option<Running>,
    told: usize,
}

impl World {
    /// A daemon that watches `sites` under `rules` (TOML), without a desktop: nobody is logged in.
    pub async fn start_logged_out(sites: &[&str], rules: &str) -> World {
        World::start_logged_out_at(BEGIN, sites, rules).await
    }

    async fn start_logged_out_at(begin: &str, sites: &[&str], rules: &str) -> World {
        newsbell::telemetry::init(tracing_subscriber::filter::LevelFilter::DEBUG);
        let (clock, hands) = Clock::set_to(begin.parse().unwrap());
        let web = Web::start().await;
        World::start_beside(web, (clock, hands), |world| world.configure(sites, rules)).await
    }

    /// The same with a web that is there already, and a configuration of one's own.
    async fn start_beside(
        web: Web,
        (clock, hands): (Clock, Hands),
        configure: impl FnOnce(&World),
    ) -> World {
        web.follow(&clock);
        let mut world = World {
            web,
            desktop: None,
            dir: TempDir::new().unwrap(),
            clock,
            hands,
            running: None,
            told: 0,
        };
        configure(&world);
        world.wake().await;
        world
    }

    /// A daemon with this configuration beside this web, and nobody logged in.
    pub async fn start_with(web: Web, config: &str) -> World {
        newsbell::telemetry::init(tracing_subscriber::filter::LevelFilter::INFO);
        let clock = Clock::set_to(BEGIN.parse().unwrap());
        World::start_beside(web, clock, |world| {
            let text = format!("[store]\npath = \"newsbell.db\"\n{config}");
            std::fs::write(world.config_path(), text).unwrap();
        })
        .await
    }

    /// The same with a desktop, once the first polls are done and nothing is left to be told.
    pub async fn start(sites: &[&str], rules: &str) -> World {
        World::start_at(BEGIN, sites, rules).await
    }

    /// The same at another time; a minute of it passes.
    pub async fn start_at(begin: &str, sites: &[&str], rules: &str) -> World {
        let mut world = World::start_logged_out_at(begin, sites, rules).await;
        world.log_in().await;
        world.minutes_pass(1).await;
        world
    }

    /// A notification server appears.
    pub async fn log_in(&mut self) {
        self.log_in_to(FULL).await;
    }

    /// A notification server with these capabilities appears.
    pub async fn log_in_to(&mut self, capabilities: &[&str]) {
        let address = std::env::var("DBUS_SESSION_BUS_ADDRESS").unwrap();
        self.desktop = Some(Recorder::at(&address, capabilities).await);
        self.told = 0;
    }

    /// Writes the configuration; a running daemon does not know yet.
    pub fn configure(&self, sites: &[&str], rules: &str) {
        let mut text = String::from("[store]\npath = \"newsbell.db\"\n");
        for site in sites {
            let url = self.web.url(site);
            text.push_str(&format!(
                "[[feed]]\nname = \"{site}\"\nurl = \"{url}\"\nevery = \"15m\"\nallow_private = true\n"
            ));
        }
        text.push_str(rules);
        std::fs::write(self.config_path(), text).unwrap();
    }

    fn config_path(&self) -> PathBuf {
        self.dir.path().join("newsbell.toml")
    }

    fn database(&self) -> PathBuf {
        self.dir.path().join("newsbell.db")
    }

    /// Starts the daemon and waits until it has nothing to do.
    pub async fn wake(&mut self) {
        let config = Config::load(&self.config_path()).unwrap();
        let daemon = Daemon {
            config_path: self.config_path(),
            store: Store::open(&config.store.path).unwrap(),
            config,
            clock: self.clock.clone(),
        };
        let (ask, requests) = mpsc::channel(1);
        let progress = Progress::default();
        #[expect(
            clippy::disallowed_methods,
            reason = "a scenario is the owner of its daemon"
        )]
        let task = tokio::spawn(daemon.run(requests, progress.clone()));
        self.running = Some(Running {
            task,
            ask,
            progress,
        });
        self.settle().await;
    }

    /// Stops the daemon as SIGTERM does.
    pub async fn sleep(&mut self) {
        let running = self.running.take().unwrap();
        running.ask.send(Request::Stop).await.unwrap();
        running.task.await.unwrap().unwrap();
        self.closed().await;
    }

    /// `newsbell poll`, while no daemon runs.
    pub fn poll_by_hand(&self) -> String {
        self.by_hand(&["poll"])
    }

    /// What the program says to a person who runs it, by the clock on the wall.
    pub fn by_hand(&self, args: &[&str]) -> String {
        tokio::task::block_in_place(|| {
            let mut program = crate::program::newsbell();
            program.arg("--config").arg(self.config_path()).args(args);
            crate::program::stdout(&mut program)
        })
    }

    /// Ends the daemon where it stands.
    pub async fn crash(&mut self) {
        let running = self.running.take().unwrap();
        running.task.abort();
        assert!(running.task.await.unwrap_err().is_cancelled());
        self.closed().await;
    }

    /// Every delivery that was recorded was not, as if the machine had died right before.
    pub fn forget_deliveries(&self) {
        let conn = rusqlite::Connection::open(self.database()).unwrap();
        let forgotten = conn.execute(
            "UPDATE outbox SET state = 'leased', settled_at = NULL WHERE state = 'sent'",
            [],
        );
        assert!(forgotten.unwrap() > 0);
    }

    /// Asks for the configuration to be read again, as SIGHUP does.
    pub async fn reload(&mut self) {
        let running = self.running.as_ref().unwrap();
        let mut reloads = running.progress.reloads.subscribe();
        running.ask.send(Request::Reload).await.unwrap();
        let done = tokio::time::timeout(DEADLINE, reloads.changed()).await;
        done.unwrap().unwrap();
        self.settle().await;
    }

    async fn closed(&self) {
        let gone = async {
            while Store::owner(&self.database()).is_some() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(DEADLINE, gone).await.unwrap();
    }

    /// What keeps feeds from being polled, as `systemctl status` says it.
    pub fn trouble(&self) -> Option<String> {
        let progress = &self.running.as_ref().unwrap().progress;
        let poll = progress.poll.borrow();
        poll.trouble.as_ref().map(ToString::to_string)
    }

    /// Waits until the daemon has nothing to do before some later time.
    pub async fn settle(&self) {
        let running = self.running.as_ref().unwrap();
        let progress = &running.progress;
        let (mut poll, mut deliver, mut outbox) = (
            progress.poll.subscribe(),
            progress.deliver.subscribe(),
            progress.outbox.subscribe(),
        );
        let idle = async {
            while !progress.is_idle(self.clock.now()) {
                assert!(!running.task.is_finished(), "the daemon has ended");
                tokio::select! {
                    _ = poll.changed() => {}
                    _ = deliver.changed() => {}
                    _ = outbox.changed() => {}
                    () = tokio::time::sleep(Duration::from_millis(100)) => {}
                }
            }
        };
        assert!(
            tokio::time::timeout(DEADLINE, idle).await.is_ok(),
            "the daemon does not come to rest: {progress:#?}"
        );
    }

    /// Lets time pass, with everything that is due in it.
    pub async fn minutes_pass(&mut self, minutes: i64) {
        let end = self.clock.now() + SignedDuration::from_mins(minutes);
        loop {
            self.settle().await;
            let next = self.next_due().filter(|due| *due < end).unwrap_or(end);
            self.hands.advance(next.duration_since(self.clock.now()));
            if next == end {
                break;
            }
        }
        self.settle().await;
    }

    /// Lets time pass until the clock shows `time`.
    pub async fn passes_until(&mut self, time: &str) {
        let time: Timestamp = time.parse().unwrap();
        let left = time.duration_since(self.clock.now());
        assert!(left.is_positive(), "{time} is over");
        self.minutes_pass(left.as_mins()).await;
    }

    /// The clock is set by hand, forwards or backwards.
    pub async fn clock_is_set(&mut self, time: &str) {
        let time: Timestamp = time.parse().unwrap();
        let by = time.duration_since(self.clock.now());
        let poll = &self.running.as_ref().unwrap().progress.poll;
        let mut poll = poll.subscribe();
        let due = poll.borrow().next_due;
        self.hands.advance(by);
        if by.is_negative() {
            // Whoever waits for a time has to notice.
            let noticed = poll.wait_for(|poll| poll.next_due != due);
            let noticed = tokio::time::timeout(DEADLINE, noticed).await;
            assert!(
                noticed.is_ok(),
                "nobody noticed that the clock was set back"
            );
        }
        self.settle().await;
    }

    /// Moves the hands to the next thing that is due until the desktop has received `n` in all;
    /// the daemon may then be in the middle of something.
    pub async fn minutes_pass_until_received(&mut self, n: usize) {
        let desktop = self.desktop.take().unwrap();
        self.minutes_pass_until(desktop.wait_for(n)).await;
        self.desktop = Some(desktop);
    }

    /// Moves the hands to the next thing that is due until something is seen; the daemon may then be in
    /// the middle of something.
    pub async fn minutes_pass_until<T>(&mut self, seen: impl Future<Output = T>) -> T {
        tokio::pin!(seen);
        while let Some(due) = self.next_due().filter(|due| *due > self.clock.now()) {
            self.hands.advance(due.duration_since(self.clock.now()));
            let settled = self.settle();
            tokio::select! {
                () = settled => {}
                seen = &mut seen => return seen,
            }
        }
        panic!("nothing was due, and nothing was seen");
    }

    fn next_due(&self) -> Option<Timestamp> {
        let progress = &self.running.as_ref()?.progress;
        let poll = progress.poll.borrow().next_due;
        let deliver = progress.deliver.borrow().next_due;
        poll.into_iter().chain(deliver).min()
    }

    /// A site publishes an item; the daemon does not know yet.
    pub fn publish(&self, site: &str, item: Published) {
        self.web.publish(site, item);
    }

    /// What the desktop was told since the last time this was asked, one notification a paragraph.
    pub fn told(&mut self) -> String {
        let received = self.desktop.as_ref().unwrap().received();
        let new: Vec<String> = received[self.told..]
            .iter()
            .filter(|one| one.rings())
            .map(|one| format!("{}\n{}", one.summary, one.body))
            .collect();
        self.told = received.len();
        new.join("\n\n")
    }

    /// The alert ids of everything the desktop was told since it was logged in to.
    pub fn alert_ids(&self) -> Vec<String> {
        let received = self.desktop.as_ref().unwrap().received();
        received
            .iter()
            .filter(|one| one.rings())
            .map(|one| one.hint("x-newsbell-alert").unwrap())
            .collect()
    }

    /// Every hit stored, oldest first.
    pub fn hits(&self) -> Vec<HitView> {
        let all = HitFilter {
            since: None,
            rule: None,
            story: None,
            limit: usize::MAX,
        };
        let mut reader = Reader::open(&self.database()).unwrap();
        let mut hits = reader.read(|tx| tx.hits(&all)).unwrap();
        hits.reverse();
        hits
    }

    /// Every hit as `rule | feed | headline | verdict`, oldest first.
    pub fn decided(&self) -> String {
        let line = |hit: &HitView| {
            format!(
                "{} | {} | {} | {} {}",
                hit.rule,
                hit.feed,
                hit.title,
                hit.verdict.word(),
                hit.verdict.why().word()
            )
        };
        self.hits().iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

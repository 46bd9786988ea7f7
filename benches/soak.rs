//! Does the service stay as it is for a long time: its memory, its file descriptors, its promptness?
//!
//! `cargo bench --bench soak -- --minutes 30` runs the real program with 1,000 feeds on loopback servers, of
//! which one in twenty misbehaves at any time, publishes items, changes the configuration every minute, and
//! prints figures. It judges one thing only: no item that was published may be missing. Stories are held for
//! five minutes instead of three days, so that what is held for them neither grows nor ends with the run.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::too_many_lines,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    reason = "a benchmark prints, reads the clock, and ends at the first fault"
)]

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use newsbell::store::{HitFilter, Reader};
use tempfile::TempDir;

#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../tests/lab/recorder.rs"]
mod recorder;
#[path = "../tests/lab/session.rs"]
mod session;
#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../tests/lab/tools.rs"]
mod tools;
#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../tests/world/web.rs"]
mod web;

use recorder::{FULL, Recorder};
use session::SessionBus;
use web::{Web, item};

const FEEDS: usize = 1000;

/// One in so many feeds misbehaves, another second other ones.
const MISBEHAVES: usize = 20;

/// What a misbehaving feed answers.
const MISDEEDS: [u16; 4] = [500, 503, 404, 429];

/// Every feed is asked so often, at least.
const EVERY: &str = "15s";
const AT_MOST: &str = "30s";

/// How often is published, changed, measured and looked.
const PUBLISH: Duration = Duration::from_millis(500);
const MISBEHAVE: Duration = Duration::from_secs(1);
const RELOAD: Duration = Duration::from_mins(1);
const MEASURE: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(50);

/// How long the last items may take, longer than any feed's pause.
const DRAIN: Duration = Duration::from_secs(150);

struct Running(Child);

impl Running {
    /// Ends the run if the program has ended.
    fn must_live(&mut self, dir: &Path) {
        if let Some(status) = self.0.try_wait().unwrap() {
            let log = fs::read_to_string(dir.join("log")).unwrap_or_default();
            panic!("the program ended ({status}); its log is {log}");
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself, which the figures show.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// One look at the process: seconds since the beginning, kilobytes in memory, open descriptors.
struct Sample {
    at: f64,
    memory: f64,
    descriptors: usize,
}

fn minutes() -> u64 {
    let mut args = std::env::args();
    args.find(|arg| arg == "--minutes")
        .and_then(|_| args.next())
        .map_or(1, |minutes| minutes.parse().unwrap())
}

fn configuration(web: &Web, changed: bool) -> String {
    let mut text = String::from(
        "[store]\npath = \"newsbell.db\"\n[poll]\ntimeout = \"5s\"\nconcurrency = 64\nper_host = 4\n\
         [flood]\nalerts = 1000\nwithin = \"1m\"\n[stories]\nwindow = \"5m\"\n",
    );
    for feed in 0..FEEDS {
        let url = web.url_on(feed % 50, &format!("f{feed}"));
        text.push_str(&format!(
            "[[feed]]\nname = \"f{feed}\"\nurl = \"{url}\"\nevery = \"{EVERY}\"\nat_most = \"{AT_MOST}\"\n\
             allow_private = true\n"
        ));
    }
    text.push_str("[[rule]]\nname = \"Soak\"\nmatch = \"soak\"\n");
    if changed {
        text.push_str("[[rule]]\nname = \"Other\"\nmatch = \"nothing has this word\"\n");
    }
    text
}

/// A headline that tells a story of its own.
fn headline(number: usize, random: &mut fastrand::Rng) -> String {
    let mut word = || (0..9).map(|_| random.lowercase()).collect::<String>();
    format!(
        "{number} soak {} {} {} {} {}",
        word(),
        word(),
        word(),
        word(),
        word()
    )
}

fn sample(pid: u32, start: Instant) -> Sample {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let memory = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    Sample {
        at: start.elapsed().as_secs_f64(),
        memory: memory.trim().trim_end_matches(" kB").parse().unwrap(),
        descriptors: fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count(),
    }
}

/// Kilobytes a minute, by least squares over the later half: the first fills caches.
fn slope(samples: &[Sample]) -> f64 {
    let later = &samples[samples.len() / 2..];
    let count = later.len() as f64;
    let (x, y) = later
        .iter()
        .fold((0.0, 0.0), |(x, y), one| (x + one.at, y + one.memory));
    let (x, y) = (x / count, y / count);
    let (over, under) = later.iter().fold((0.0, 0.0), |(over, under), one| {
        let dx = one.at - x;
        (over + dx * (one.memory - y), under + dx * dx)
    });
    60.0 * over / under
}

fn stored(database: &Path) -> HashSet<String> {
    let all = HitFilter {
        since: None,
        rule: None,
        story: None,
        limit: usize::MAX,
    };
    let mut reader = Reader::open(database).unwrap();
    let hits = reader.read(|tx| tx.hits(&all)).unwrap();
    hits.into_iter().map(|hit| hit.title).collect()
}

#[tokio::main]
async fn main() {
    if std::env::args().any(|arg| arg == "--test") {
        return;
    }
    let length = Duration::from_secs(60 * minutes());
    let bus = SessionBus::start();
    let desktop = Recorder::start(&bus, FULL).await;
    let web = Web::start_on(50).await;
    for feed in 0..FEEDS {
        web.publish(&format!("f{feed}"), item("All calm"));
    }
    let dir = TempDir::new().unwrap();
    let config = dir.path().join("newsbell.toml");
    fs::write(&config, configuration(&web, false)).unwrap();
    let log = fs::File::create(dir.path().join("log")).unwrap();
    let mut running = Running(
        Command::new(env!("CARGO_BIN_EXE_newsbell"))
            .arg("--config")
            .arg(&config)
            .arg("run")
            .env("DBUS_SESSION_BUS_ADDRESS", bus.address())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap(),
    );
    let pid = running.0.id();
    // What is there when a feed is first read is no news.
    while (0..FEEDS).any(|feed| web.asked(&format!("f{feed}")).is_empty()) {
        running.must_live(dir.path());
        tokio::time::sleep(MISBEHAVE).await;
    }
    tokio::time::sleep(MISBEHAVE).await;

    let start = Instant::now();
    let mut random = fastrand::Rng::with_seed(7);
    let mut published: HashMap<String, Instant> = HashMap::new();
    let mut latencies: Vec<f64> = Vec::new();
    let mut samples = vec![sample(pid, start)];
    let mut broken: Vec<String> = Vec::new();
    let (mut seen, mut reloads) = (0, 0);
    let mut publish = tokio::time::interval(PUBLISH);
    let mut misbehave = tokio::time::interval(MISBEHAVE);
    let mut reload = tokio::time::interval(RELOAD);
    let mut measure = tokio::time::interval(MEASURE);
    let mut look = tokio::time::interval(LOOK);
    while start.elapsed() < length + DRAIN {
        let publishing = start.elapsed() < length;
        if !publishing && latencies.len() == published.len() {
            break;
        }
        tokio::select! {
            _ = publish.tick(), if publishing => {
                let title = headline(published.len(), &mut random);
                let feed = random.usize(..FEEDS);
                published.insert(title.clone(), Instant::now());
                web.publish(&format!("f{feed}"), item(&title));
            }
            _ = misbehave.tick() => {
                for site in broken.drain(..) {
                    web.mend(&site);
                }
                for _ in 0..if publishing { FEEDS / MISBEHAVES } else { 0 } {
                    let site = format!("f{}", random.usize(..FEEDS));
                    web.break_down(&site, MISDEEDS[random.usize(..MISDEEDS.len())], None);
                    broken.push(site);
                }
            }
            _ = reload.tick(), if publishing => {
                reloads += 1;
                fs::write(&config, configuration(&web, reloads % 2 == 0)).unwrap();
            }
            _ = measure.tick() => {
                running.must_live(dir.path());
                samples.push(sample(pid, start));
            }
            _ = look.tick() => {
                let received = desktop.received();
                for one in &received[seen..] {
                    let title = one.summary.strip_prefix("Soak: ").unwrap_or(&one.summary);
                    if let Some(at) = published.get(title) {
                        latencies.push(at.elapsed().as_secs_f64());
                    }
                }
                seen = received.len();
            }
        }
    }
    let stored = stored(&dir.path().join("newsbell.db"));
    let missed = published
        .keys()
        .filter(|title| !stored.contains(*title))
        .count();
    latencies.sort_by(f64::total_cmp);
    let part = |part: f64| {
        latencies
            .get(((latencies.len() as f64) * part) as usize)
            .copied()
            .unwrap_or(f64::NAN)
    };
    let memory = |one: Option<&Sample>| one.map_or(0.0, |one| one.memory / 1024.0);
    let descriptors = samples[1..].iter().map(|one| one.descriptors);
    println!(
        "{FEEDS} feeds for {} min, {reloads} reloads, every {EVERY} to {AT_MOST}",
        length.as_secs() / 60
    );
    println!(
        "items     {} published, {} told one by one, {missed} missed",
        published.len(),
        latencies.len()
    );
    println!(
        "latency   {:.1} s median, {:.1} s p99, from publication to notification",
        part(0.5),
        part(0.99)
    );
    println!(
        "memory    {:.1} MB at first, {:.1} MB at last, {:+.1} kB a minute over the later half",
        memory(samples.first()),
        memory(samples.last()),
        slope(&samples)
    );
    println!(
        "files     {} to {} descriptors",
        descriptors.clone().min().unwrap_or(0),
        descriptors.max().unwrap_or(0)
    );
    assert_eq!(
        missed,
        0,
        "items were missed; the log is {}",
        fs::read_to_string(dir.path().join("log")).unwrap_or_default()
    );
}

//! How fast is an item decided and stored, and what does a daemon cost that has nothing to do?
//!
//! `cargo bench --bench spine` prints figures and judges none: machines differ. `-- --seconds N` says
//! how long the idle daemon is watched.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    reason = "a benchmark prints, reads the clock, and ends at the first fault"
)]

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use newsbell::decide::{Decider, Rules};
use newsbell::model::{
    Access, Batch, Feed, Got, Health, Hints, Item, Limit, Only, Quiet, Read, Rhythm, Rule, Telling,
    Urgency, Validators,
};
use newsbell::rules::frequencies::Frequencies;
use newsbell::rules::{Lists, RuleSet};
use newsbell::store::Store;
use newsbell::story;
use tempfile::TempDir;
use url::Url;

const FEEDS: usize = 100;
const POLLS: usize = 600;
const ITEMS_A_POLL: usize = 30;
const STARTS: usize = 20;

/// A program that does not get so far in this time never will.
const PATIENCE: Duration = Duration::from_secs(30);

/// Words of the generated items; the first ones are common, as in any language.
fn word(random: &mut fastrand::Rng) -> String {
    let rank = (0..4).map(|_| random.usize(..4000)).min().unwrap_or(0);
    let mut word = String::new();
    let mut rest = rank + 26;
    while rest > 0 {
        word.push(char::from(b'a' + u8::try_from(rest % 26).unwrap()));
        word.push(['a', 'e', 'i', 'o', 'u'][rest % 5]);
        rest /= 26;
    }
    word
}

fn text(random: &mut fastrand::Rng, words: usize) -> String {
    (0..words)
        .map(|_| word(random))
        .collect::<Vec<_>>()
        .join(" ")
}

fn item(random: &mut fastrand::Rng, number: usize) -> Item {
    let link = format!("https://news.example.org/{number}");
    Item {
        key: format!("id:{number}"),
        canonical_link: Some(link.clone()),
        link: Some(link),
        title: text(random, 10),
        body: text(random, 90),
        authors: Vec::new(),
        categories: Vec::new(),
        published: None,
        language: None,
    }
}

fn rules(random: &mut fastrand::Rng, number: usize) -> Arc<Rules> {
    let rules: Vec<Rule> = (0..number)
        .map(|n| Rule {
            name: format!("rule {n}").into(),
            queries: vec![if n % 2 == 0 {
                format!("\"{}\"", text(random, 2))
            } else {
                text(random, 3)
            }],
            urgency: Urgency::Normal,
            channels: vec!["desktop".to_owned()],
            cooldown: SignedDuration::from_hours(6),
            stem: false,
            only: Only::default(),
            telling: Telling::default(),
        })
        .collect();
    let set = RuleSet::compile(&rules, &Lists::default(), &Frequencies::default());
    let set = Arc::new(set.unwrap());
    Arc::new(Rules {
        rules,
        set,
        quiet: Quiet::default(),
        flood: Limit {
            most: 8,
            within: SignedDuration::from_mins(5),
        },
    })
}

/// Decides generated polls on a new database; returns the time of each poll, new and repeated.
fn decide(
    runtime: &tokio::runtime::Runtime,
    rules: &Arc<Rules>,
) -> (Vec<Duration>, Vec<Duration>, usize) {
    let dir = TempDir::new().unwrap();
    let mut random = fastrand::Rng::with_seed(7);
    runtime.block_on(async {
        let store = Store::open(&dir.path().join("newsbell.db")).unwrap();
        let mut feeds = Vec::new();
        for n in 0..FEEDS {
            let feed = Arc::new(Feed {
                name: format!("feed {n}").into(),
                url: Url::parse(&format!("https://news.example.org/feed{n}")).unwrap(),
                tags: Vec::new(),
                every: SignedDuration::from_mins(15),
                at_most: SignedDuration::from_hours(6),
                allow_private: false,
                access: Access::default(),
            });
            let asked = Arc::clone(&feed);
            let state = store.write(move |tx| tx.feed(&asked)).await.unwrap();
            feeds.push((feed, state.id));
        }
        let at: Timestamp = "2026-03-04T05:06:07Z".parse().unwrap();
        let batch = |poll: usize, items: Vec<Item>| {
            let (feed, id) = &feeds[poll % FEEDS];
            Batch {
                feed: Arc::clone(feed),
                id: *id,
                at,
                hints: Hints::default(),
                chance: 0.0,
                health: Health::Ok,
                moved: None,
                gone: false,
                got: Got::Read(Read {
                    items,
                    validators: Validators::default(),
                    url: feed.url.clone(),
                    body_hash: 0,
                    rhythm: Rhythm::default(),
                    repairs: Vec::new(),
                }),
            }
        };
        let mut decider = Decider::new(Arc::clone(rules), story::WINDOW);
        let (mut new, mut again, mut hits) = (Vec::new(), Vec::new(), 0);
        for poll in 0..POLLS {
            let items: Vec<Item> = (0..ITEMS_A_POLL)
                .map(|n| item(&mut random, poll * ITEMS_A_POLL + n))
                .collect();
            for times in [&mut new, &mut again] {
                let batch = batch(poll, items.clone());
                let begin = Instant::now();
                hits += decider.decide(&store, batch).await.unwrap().hits.len();
                times.push(begin.elapsed());
            }
        }
        (new, again, hits)
    })
}

/// Bare transactions of one row each, with the same settings: what the disk allows.
fn floor() -> Vec<Duration> {
    let dir = TempDir::new().unwrap();
    let conn = rusqlite::Connection::open(dir.path().join("floor.db")).unwrap();
    conn.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE t (n INTEGER, v TEXT);",
    )
    .unwrap();
    (0..POLLS)
        .map(|n| {
            let begin = Instant::now();
            conn.execute("INSERT INTO t VALUES (?1, 'row')", [n])
                .unwrap();
            begin.elapsed()
        })
        .collect()
}

/// Median and 99th percentile, in microseconds.
fn spread(times: &[Duration]) -> (u128, u128) {
    let mut times: Vec<u128> = times.iter().map(Duration::as_micros).collect();
    times.sort_unstable();
    (times[times.len() / 2], times[times.len() * 99 / 100])
}

/// A server that answers every path with one document and counts requests.
fn server() -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    let mut random = fastrand::Rng::with_seed(11);
    let mut body = String::from("<rss version=\"2.0\"><channel><title>feed</title>");
    for n in 0..20 {
        let (title, text) = (text(&mut random, 10), text(&mut random, 90));
        body.push_str(&format!(
            "<item><guid>{n}</guid><title>{title}</title><description>{text}</description></item>"
        ));
    }
    body.push_str("</channel></rss>");
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/rss+xml\r\netag: \"1\"\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, answer, counter) =
                (stream.unwrap(), answer.clone(), Arc::clone(&counter));
            std::thread::spawn(move || {
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                while let Some(Ok(line)) = lines.next() {
                    if line.is_empty() {
                        counter.fetch_add(1, Ordering::SeqCst);
                        if stream.write_all(answer.as_bytes()).is_err() {
                            return;
                        }
                    }
                }
            });
        }
    });
    (port, count)
}

fn start(dir: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_newsbell"))
        .args(["run", "--config"])
        .arg(dir.join("newsbell.toml"))
        .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus")
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn configure(dir: &Path, port: u16, feeds: usize) {
    let mut config = String::from("[store]\npath = \"newsbell.db\"\n");
    for n in 0..feeds {
        config.push_str(&format!(
            "[[feed]]\nname = \"feed {n}\"\nurl = \"http://127.0.0.1:{port}/{n}\"\nallow_private = true\n"
        ));
    }
    config.push_str("[[rule]]\nname = \"Cooperation\"\nmatch = '\"military cooperation\"'\n");
    std::fs::write(dir.join("newsbell.toml"), config).unwrap();
}

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(begin.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_micros(200));
    }
}

fn end(mut daemon: Child) {
    let pid = daemon.id().to_string();
    Command::new("kill").args(["-TERM", &pid]).status().unwrap();
    daemon.wait().unwrap();
}

/// A line of `/proc/PID/status`, in kB.
fn memory(pid: u32, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// User and system time of a process, in clock ticks (10 ms).
fn ticks(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap()
        .split_whitespace()
        .collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

fn idle(seconds: u64) {
    let (port, count) = server();
    let dir = TempDir::new().unwrap();
    configure(dir.path(), port, FEEDS);
    let daemon = start(dir.path());
    wait_until("the first polls", || count.load(Ordering::SeqCst) >= FEEDS);
    // Connections and buffers of the first polls are let go.
    std::thread::sleep(Duration::from_secs(20));
    let (pid, before) = (daemon.id(), ticks(daemon.id()));
    std::thread::sleep(Duration::from_secs(seconds));
    let used = (ticks(pid) - before) * 10;
    println!("idle daemon, {FEEDS} feeds of 20 items");
    println!(
        "  resident memory       {:>8} kB (peak {} kB)",
        memory(pid, "VmRSS:"),
        memory(pid, "VmHWM:")
    );
    println!("  CPU time              {used:>8} ms in {seconds} s");
    end(daemon);
}

fn start_up() {
    let (port, count) = server();
    let mut times = Vec::new();
    for _ in 0..STARTS {
        let dir = TempDir::new().unwrap();
        configure(dir.path(), port, 1);
        let before = count.load(Ordering::SeqCst);
        let begin = Instant::now();
        let daemon = start(dir.path());
        wait_until("the first request", || {
            count.load(Ordering::SeqCst) > before
        });
        times.push(begin.elapsed());
        end(daemon);
    }
    println!("start-up, from nothing to the first request");
    println!(
        "  median                {:>8.1} ms",
        spread(&times).0 as f64 / 1000.0
    );
}

fn main() {
    let mut seconds = 60;
    let mut args = std::env::args();
    while let Some(arg) = args.next() {
        if arg == "--seconds" {
            seconds = args.next().unwrap().parse().unwrap();
        }
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let mut random = fastrand::Rng::with_seed(3);
    let floor = spread(&floor());
    println!(
        "one row in one transaction, the floor: median {} us, p99 {} us",
        floor.0, floor.1
    );
    for number in [2, 100] {
        let rules = rules(&mut random, number);
        let (new, again, hits) = decide(&runtime, &rules);
        let total: Duration = new.iter().sum();
        let rate = (POLLS * ITEMS_A_POLL) as f64 / total.as_secs_f64();
        println!(
            "decide, cold database, {number} rules, {POLLS} polls of {ITEMS_A_POLL} new items of about 600 bytes, {hits} hits"
        );
        println!("  items a second        {rate:>8.0}");
        for (name, times) in [("a poll, all new", new), ("a poll, all known", again)] {
            let (median, p99) = spread(&times);
            let ratio = median as f64 / floor.0 as f64;
            println!(
                "  {name:<20}  {median:>8} us median, {p99} us p99, {ratio:.1} times the floor"
            );
        }
    }
    start_up();
    idle(seconds);
    let binary = std::fs::metadata(env!("CARGO_BIN_EXE_newsbell"))
        .unwrap()
        .len();
    println!("binary                  {:>8} kB", binary / 1024);
}

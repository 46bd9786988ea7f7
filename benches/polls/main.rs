//! What does a whole poll of many feeds cost? Prints a table; see the README.
//!
//! `cargo bench --bench polls` lets the program itself poll generated feeds (21 items, 37 kB each, ten to a host,
//! every host a loopback address of its own) under 100 rules: all of them new, then unchanged, then one in a
//! hundred changed. Beside it, in the same run: a loop that only fetches them with the same HTTP client, and
//! newsboat, if it is installed. `--feeds N` says how many. `--layout` measures nothing: it notes which functions the
//! polls run, of three hundred feeds, so that the next build puts them together.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    reason = "a benchmark prints, reads the clock, and ends at the first fault"
)]

mod layout;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::pin::Pin;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use axum::Router;
use axum::extract::{Path as Segment, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::serve::Listener;
use futures_util::stream::{self, StreamExt};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

use layout::Layout;

const ITEMS: usize = 21;
const ITEM_BYTES: usize = 1_650;
const FEEDS_A_HOST: usize = 10;
const RULES: usize = 100;

/// What the servers know.
#[derive(Default)]
struct Web {
    /// Goes up when feeds change.
    version: AtomicU64,
    /// Of so many feeds, one changes.
    one_in: AtomicU64,
    /// Of requests and answers, heads and bodies.
    bytes: AtomicU64,
    requests: AtomicU64,
}

/// Counts what goes over its connections.
struct Counting {
    listener: TcpListener,
    web: Arc<Web>,
}

struct Counted {
    stream: TcpStream,
    web: Arc<Web>,
}

impl Listener for Counting {
    type Io = Counted;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Counted, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.listener).await;
        let web = Arc::clone(&self.web);
        (Counted { stream, web }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

impl Counted {
    fn count(&self, bytes: usize) {
        self.web.bytes.fetch_add(bytes as u64, Ordering::SeqCst);
    }
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.count(buffer.filled().len() - before);
        polled
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, buffer);
        if let Poll::Ready(Ok(written)) = &polled {
            self.count(*written);
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

fn main() {
    let mut args = std::env::args().skip_while(|arg| arg != "--fetch");
    if let (Some(_), Some(urls)) = (args.next(), args.next()) {
        return fetch_only(Path::new(&urls));
    }
    let mut layout = std::env::args()
        .any(|arg| arg == "--layout")
        .then(Layout::default);
    let mut args = std::env::args().skip_while(|arg| arg != "--feeds").skip(1);
    let most = if layout.is_some() { 300 } else { 1000 };
    let feeds: usize = args.next().map_or(most, |feeds| feeds.parse().unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let web = Arc::new(Web::default());
    let urls = runtime.block_on(serve(&web, feeds));
    let dir = TempDir::new().unwrap();
    configure(dir.path(), &urls);
    let newsboat = Command::new("newsboat").arg("--version").output().is_ok();

    println!(
        "{feeds} feeds of {ITEMS} items on {} hosts, {RULES} rules",
        feeds.div_ceil(FEEDS_A_HOST)
    );
    println!(
        "{:<14} {:<18} {:>8} {:>10} {:>9} {:>18}",
        "", "", "wall s", "CPU ms", "peak MB", "bytes on the wire"
    );
    println!(
        "{:<14} {:<18} {:>8} {:>10} {:>9} {:>18}",
        "", "", "", "a feed", "", "a feed"
    );
    for (step, one_in) in [("all new", 1), ("unchanged", 0), ("1% changed", 100)] {
        if one_in > 0 {
            web.one_in.store(one_in, Ordering::SeqCst);
            web.version.fetch_add(1, Ordering::SeqCst);
        }
        if let Some(layout) = &mut layout {
            layout.watch(&program(&["poll"]), dir.path());
            continue;
        }
        let mut contestants = vec![
            ("newsbell", program(&["poll"])),
            ("fetching only", fetcher()),
        ];
        if newsboat {
            contestants.push(("newsboat", reader()));
        }
        for (name, command) in contestants {
            measure(name, step, &command, dir.path(), (&web, feeds));
        }
    }
    if let Some(layout) = layout {
        layout.write();
    }
}

async fn serve(web: &Arc<Web>, feeds: usize) -> Vec<String> {
    let mut urls = Vec::new();
    for host in 0..feeds.div_ceil(FEEDS_A_HOST) {
        let (third, fourth) = (host / 250, host % 250 + 1);
        let address = Ipv4Addr::new(
            127,
            0,
            u8::try_from(third).unwrap(),
            u8::try_from(fourth).unwrap(),
        );
        let listener = TcpListener::bind((address, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = Router::new()
            .route("/{feed}", get(answer))
            .with_state(Arc::clone(web));
        let web = Arc::clone(web);
        let listener = Counting { listener, web };
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        for feed in host * FEEDS_A_HOST..((host + 1) * FEEDS_A_HOST).min(feeds) {
            urls.push(format!("http://{address}/{feed}"));
        }
    }
    urls
}

async fn answer(
    State(web): State<Arc<Web>>,
    Segment(feed): Segment<u64>,
    headers: HeaderMap,
) -> Response {
    let (version, one_in) = (
        web.version.load(Ordering::SeqCst),
        web.one_in.load(Ordering::SeqCst),
    );
    let version = if feed.is_multiple_of(one_in.max(1)) {
        version
    } else {
        1
    };
    let etag = format!("\"{feed}-{version}\"");
    web.requests.fetch_add(1, Ordering::SeqCst);
    if headers
        .get("if-none-match")
        .is_some_and(|known| known.as_bytes() == etag.as_bytes())
    {
        return (StatusCode::NOT_MODIFIED, [("etag", etag)]).into_response();
    }
    let body = document(feed, version);
    (
        [
            ("etag", etag),
            ("content-type", "application/rss+xml".to_owned()),
        ],
        body,
    )
        .into_response()
}

fn word(random: &mut fastrand::Rng) -> String {
    let rank = (0..3).map(|_| random.usize(..20_000)).min().unwrap();
    let mut word = String::new();
    let mut rest = rank + 26;
    while rest > 0 {
        word.push(char::from(b'a' + u8::try_from(rest % 26).unwrap()));
        word.push(['a', 'e', 'i', 'o', 'u'][rest % 5]);
        rest /= 26;
    }
    word
}

/// Words that every English text has.
const COMMON: &str = "the of and to in a is that for it as was with be by on not he his but at are this have from \
    or had an they which one you were all her she there would their we him been has when who will no more if out so";

/// English, but for what it is about.
fn words(random: &mut fastrand::Rng, bytes: usize) -> String {
    let common: Vec<&str> = COMMON.split_whitespace().collect();
    let mut text = word(random);
    while text.len() < bytes {
        text.push(' ');
        if random.bool() {
            text.push_str(common[random.usize(..common.len())]);
        } else {
            text.push_str(&word(random));
        }
    }
    text
}

fn document(feed: u64, version: u64) -> String {
    let mut text = format!("<rss version=\"2.0\"><channel><title>Feed {feed}</title>");
    for item in 0..ITEMS as u64 {
        let mut random = fastrand::Rng::with_seed(feed << 32 | version << 16 | item);
        let (title, body) = (words(&mut random, 60), words(&mut random, ITEM_BYTES));
        text.push_str(&format!(
            "<item><title>{title}</title><link>https://news.example/{feed}/{version}/{item}</link>\
             <guid>{feed}-{version}-{item}</guid><description>{body}</description></item>"
        ));
    }
    text + "</channel></rss>"
}

fn configure(dir: &Path, urls: &[String]) {
    let mut random = fastrand::Rng::with_seed(5);
    let mut config = String::from("[store]\npath = \"n.db\"\n");
    for rule in 0..RULES {
        let query = if rule % 2 == 0 {
            format!("\"{} {}\"", word(&mut random), word(&mut random))
        } else {
            format!("{} {}", word(&mut random), word(&mut random))
        };
        config.push_str(&format!(
            "[[rule]]\nname = \"{rule}\"\nmatch = '{query}'\nchannels = []\n"
        ));
    }
    for (number, url) in urls.iter().enumerate() {
        config.push_str(&format!(
            "[[feed]]\nname = \"{number}\"\nurl = \"{url}\"\nallow_private = true\n"
        ));
    }
    std::fs::write(dir.join("newsbell.toml"), config).unwrap();
    std::fs::write(dir.join("urls"), urls.join("\n")).unwrap();
    std::fs::write(dir.join("newsboat"), "reload-threads 16\n").unwrap();
}

fn program(args: &[&str]) -> Vec<String> {
    let mut command = vec![env!("CARGO_BIN_EXE_newsbell"), "--config", "newsbell.toml"];
    command.extend(args);
    command.into_iter().map(str::to_owned).collect()
}

fn fetcher() -> Vec<String> {
    let own = std::env::current_exe().unwrap();
    [own.to_str().unwrap(), "--fetch", "urls"]
        .map(str::to_owned)
        .to_vec()
}

fn reader() -> Vec<String> {
    let args = [
        "newsboat", "-q", "-u", "urls", "-c", "cache.db", "-C", "newsboat", "-x", "reload",
    ];
    args.map(str::to_owned).to_vec()
}

/// Runs a command and prints what it took, by GNU time.
fn measure(name: &str, step: &str, command: &[String], dir: &Path, (web, feeds): (&Web, usize)) {
    web.bytes.store(0, Ordering::SeqCst);
    web.requests.store(0, Ordering::SeqCst);
    let output = Command::new("/usr/bin/time")
        .args(["--format", "TIME %e %U %S %M"])
        .args(command)
        .current_dir(dir)
        .env("HOME", dir)
        .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus")
        .output()
        // GNU time measures this: the package `time` has it.
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let line = said.lines().find_map(|line| line.strip_prefix("TIME "));
    let Some(line) = line else {
        println!("{name:<14} {step:<18} failed: {said}");
        return;
    };
    let figures: Vec<f64> = line
        .split(' ')
        .map(|figure| figure.parse().unwrap())
        .collect();
    let requests = web.requests.load(Ordering::SeqCst);
    println!(
        "{name:<14} {step:<18} {:>8.2} {:>10.3} {:>9.1} {:>18}{}",
        figures[0],
        (figures[1] + figures[2]) * 1000.0 / feeds as f64,
        figures[3] / 1000.0,
        web.bytes.load(Ordering::SeqCst) / feeds as u64,
        if requests == feeds as u64 {
            String::new()
        } else {
            format!("   {requests} requests")
        },
    );
}

/// Fetches each address once, and keeps the validators of its answers beside them.
fn fetch_only(urls: &Path) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let urls: Vec<String> = std::fs::read_to_string(urls)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect();
    let known = std::fs::read_to_string("etags").unwrap_or_default();
    let known: Vec<&str> = known.lines().collect();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let client = reqwest::Client::builder()
        .tls_certs_only([])
        .build()
        .unwrap();
    let etags: Vec<String> = runtime.block_on(
        stream::iter(urls.iter().enumerate())
            .map(|(number, url)| {
                let mut request = client.get(url);
                if let Some(etag) = known.get(number) {
                    request = request.header("if-none-match", *etag);
                }
                async move {
                    let answer = request.send().await.unwrap();
                    let etag = answer.headers()["etag"].to_str().unwrap().to_owned();
                    answer.bytes().await.unwrap();
                    etag
                }
            })
            .buffered(16)
            .collect(),
    );
    std::fs::write("etags", etags.join("\n")).unwrap();
}

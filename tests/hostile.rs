//! What can a server do to us? Everything it should not, all at once, beside feeds that behave.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::Arc;

use async_compression::tokio::bufread::{BrotliEncoder, GzipEncoder, ZlibEncoder, ZstdEncoder};
use tokio::io::AsyncReadExt;

use crate::program::Place;

/// A document of one item.
fn document(item: &str) -> String {
    format!("<rss version=\"2.0\"><channel><title>Wire</title><item>{item}</item></channel></rss>")
}

/// What a server says on one connection.
#[derive(Clone)]
enum Act {
    /// These bytes.
    Say(Vec<u8>),
    /// An answer with this head (status and fields, a line each) and body, honestly framed.
    Answer(String, Vec<u8>),
    /// These bytes, then others again and again.
    Repeat(Vec<u8>, Vec<u8>),
    /// These bytes, and then nothing for ever.
    Stall(Vec<u8>),
}

impl Act {
    fn play(&self, stream: &mut TcpStream) {
        // Who is not listened to any more stops.
        let _ = match self {
            Act::Say(bytes) => stream.write_all(bytes),
            Act::Answer(head, body) => {
                let fields = head.replace('\n', "\r\n");
                let length = body.len();
                let head = format!(
                    "HTTP/1.1 {fields}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
                );
                stream
                    .write_all(head.as_bytes())
                    .and_then(|()| stream.write_all(body))
            }
            Act::Repeat(first, again) => {
                let mut said = stream.write_all(first);
                while said.is_ok() {
                    said = stream.write_all(again);
                }
                said
            }
            Act::Stall(bytes) => {
                let said = stream.write_all(bytes);
                // The other side has to lose patience.
                let _ = stream.read(&mut [0]);
                said
            }
        };
    }
}

fn ok(body: impl Into<Vec<u8>>) -> Act {
    Act::Answer("200 OK".to_owned(), body.into())
}

fn status(head: &str) -> Act {
    Act::Answer(head.to_owned(), Vec::new())
}

fn coded(coding: &str, body: &[u8]) -> Act {
    Act::Answer(format!("200 OK\nContent-Encoding: {coding}"), body.to_vec())
}

fn raw(text: impl AsRef<str>) -> Act {
    Act::Say(text.as_ref().as_bytes().to_vec())
}

/// Compresses; a bomb is 64 MiB of nothing.
fn compressed(coding: &str, bytes: &[u8]) -> Vec<u8> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut out = Vec::new();
        match coding {
            "gzip" => GzipEncoder::new(bytes).read_to_end(&mut out).await,
            "br" => BrotliEncoder::new(bytes).read_to_end(&mut out).await,
            "zstd" => ZstdEncoder::new(bytes).read_to_end(&mut out).await,
            _ => ZlibEncoder::new(bytes).read_to_end(&mut out).await,
        }
        .unwrap();
        out
    })
}

#[expect(clippy::too_many_lines, reason = "a list")]
fn misdeeds() -> Vec<(&'static str, Act, &'static str)> {
    let good = document("<title>Calm</title><guid>1</guid>");
    let bomb = vec![b' '; 64 << 20];
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let length = |length: &str| {
        raw(format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{good}"
        ))
    };
    let inside = |text: String| ok(document(&text));
    let mut misdeeds = vec![
        ("good", ok(good.clone()), "1 new items"),
        ("no answer", raw(""), "failed: "),
        ("no http", raw("SSH-2.0-x\r\n"), "failed: "),
        ("http 0.9", raw(&good), "failed: "),
        (
            "http 1.0",
            raw(format!("HTTP/1.0 200 OK\r\n\r\n{good}")),
            "1 new items",
        ),
        ("status line cut", raw("HTTP/1.1 2"), "failed: "),
        (
            "status of words",
            raw("HTTP/1.1 OK 200\r\n\r\n"),
            "failed: ",
        ),
        (
            "continue first",
            raw(format!(
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{good}",
                good.len()
            )),
            "1 new items",
        ),
        (
            "204",
            status("204 No Content"),
            "failed: the server answers 204",
        ),
        (
            "206",
            Act::Answer("206 Partial Content".to_owned(), good.clone().into()),
            "failed: the server answers 206",
        ),
        (
            "304 unasked",
            status("304 Not Modified"),
            "failed: the server answers 304",
        ),
        (
            "400",
            status("400 Bad Request"),
            "failed: the server answers 400",
        ),
        (
            "401",
            status("401 Unauthorized\nWWW-Authenticate: Basic"),
            "wants a name and password",
        ),
        (
            "403",
            status("403 Forbidden"),
            "failed: the server answers 403",
        ),
        (
            "404",
            status("404 Not Found"),
            "failed: the server answers 404",
        ),
        ("410", status("410 Gone"), "gone for good"),
        (
            "429",
            status("429 Too Many Requests\nRetry-After: 99999999999999999999"),
            "we ask too often",
        ),
        ("500", status("500 Oops"), "a fault of its own"),
        (
            "503",
            status("503 Busy\nRetry-After: Mon, 99 Foo 2026"),
            "a fault of its own",
        ),
        ("no location", status("301 Moved"), "not on the web"),
        (
            "to a file",
            status("302 Found\nLocation: file:///etc/passwd"),
            "not on the web",
        ),
        (
            "to ftp",
            status("302 Found\nLocation: ftp://127.0.0.1/"),
            "not on the web",
        ),
        (
            "to a script",
            status("302 Found\nLocation: javascript:alert(1)"),
            "not on the web",
        ),
        ("to itself", status("302 Found\nLocation: ?"), "in a circle"),
        (
            "to nonsense",
            status("302 Found\nLocation: http://[::1/"),
            "not on the web",
        ),
        (
            "endless headers",
            Act::Repeat(b"HTTP/1.1 200 OK\r\n".to_vec(), b"X-A: b\r\n".to_vec()),
            "failed: ",
        ),
        (
            "one long header",
            Act::Repeat(b"HTTP/1.1 200 OK\r\nX-A: ".to_vec(), vec![b'a'; 8192]),
            "failed: ",
        ),
        (
            "header without colon",
            raw("HTTP/1.1 200 OK\r\nnonsense\r\n\r\n"),
            "failed: ",
        ),
        (
            "stalled headers",
            Act::Stall(b"HTTP/1.1 200 OK\r\n".to_vec()),
            "no complete answer within",
        ),
        (
            "stalled body",
            Act::Stall(
                format!("HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n{good}").into_bytes(),
            ),
            "no complete answer within",
        ),
        ("length too long", length("99999"), "did not arrive whole"),
        ("length too short", length("20"), "0 new items"),
        ("length below zero", length("-1"), "failed: "),
        ("length of words", length("many"), "failed: "),
        (
            "two lengths",
            length("20\r\nContent-Length: 30"),
            "failed: ",
        ),
        (
            "chunks",
            raw(format!("{chunked}{:x}\r\n{good}\r\n0\r\n\r\n", good.len())),
            "1 new items",
        ),
        (
            "chunk size of words",
            raw(format!("{chunked}zz\r\n{good}")),
            "did not arrive whole",
        ),
        (
            "chunk size huge",
            raw(format!("{chunked}ffffffffffffffff\r\n{good}")),
            "did not arrive whole",
        ),
        (
            "chunks cut",
            raw(format!("{chunked}{:x}\r\n{good}\r\n", good.len())),
            "did not arrive whole",
        ),
        (
            "endless chunks",
            Act::Repeat(chunked.into(), b"5\r\n<!---\r\n".to_vec()),
            "failed: ",
        ),
        (
            "endless body",
            Act::Repeat(b"HTTP/1.1 200 OK\r\n\r\n<rss>".to_vec(), vec![b' '; 65536]),
            "more than 16777216 bytes",
        ),
        (
            "gzip cut",
            coded("gzip", &compressed("gzip", good.as_bytes())[..40]),
            "did not arrive whole",
        ),
        (
            "gzip twice",
            coded(
                "gzip, gzip",
                &compressed("gzip", &compressed("gzip", good.as_bytes())),
            ),
            "was not asked for",
        ),
        (
            "not gzip",
            coded("gzip", good.as_bytes()),
            "did not arrive whole",
        ),
        (
            "unknown coding",
            coded("x-mill", good.as_bytes()),
            "was not asked for",
        ),
        ("empty", ok(""), "the answer is empty"),
        ("blank", ok(" \n\t "), "the answer is empty"),
        (
            "web page",
            ok("<!doctype html><title>Log in</title>"),
            "this is a web page",
        ),
        (
            "picture",
            ok(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec()),
            "this is not a feed",
        ),
        ("plain text", ok("hello"), "this is not a feed"),
        (
            "json of another kind",
            ok("{\"a\": [1, 2]}"),
            "this is not a feed",
        ),
        (
            "json cut",
            ok("{\"version\": \"https://jsonfeed.org/version/1\", \"items\": ["),
            "damaged",
        ),
        (
            "wrong charset",
            Act::Answer(
                "200 OK\nContent-Type: text/xml; charset=utf-16".to_owned(),
                good.clone().into(),
            ),
            "1 new items",
        ),
        (
            "xml cut",
            ok(good[..good.len() - 12].to_owned()),
            "1 new items",
        ),
        (
            "external entity",
            ok(format!(
                "<!DOCTYPE rss [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>{}",
                document("<title>&x;</title>")
            )),
            "1 new items",
        ),
        ("entities of entities", ok(billion_laughs()), "new items"),
        (
            "a million items",
            ok(format!(
                "<rss version='2.0'><channel>{}",
                "<item/>".repeat(1_000_000)
            )),
            "new items",
        ),
        (
            "a title of 15 MB",
            inside(format!("<title>{}</title>", "a".repeat(15 << 20))),
            "1 new items",
        ),
        ("nested", inside("<b>".repeat(1_000_000)), "1 new items"),
        ("comments", inside("<!--".repeat(200_000)), "1 new items"),
        (
            "attributes",
            inside(format!("<title {}>x</title>", "a='b' ".repeat(80_000))),
            "1 new items",
        ),
        (
            "ampersands",
            inside(format!("<title>{}</title>", "&".repeat(200_000))),
            "1 new items",
        ),
        (
            "far future",
            inside("<title>x</title><pubDate>Fri, 31 Dec 9999 23:59:59 GMT</pubDate>".to_owned()),
            "1 new items",
        ),
        (
            "terminal codes",
            inside("<title>\u{1b}[31mx\u{1b}]0;y\u{7}</title>".to_owned()),
            "1 new items",
        ),
        ("good again", ok(good.clone()), "1 new items"),
    ];
    for coding in ["gzip", "br", "zstd", "deflate"] {
        let name = match coding {
            "gzip" => "gzip bomb",
            "br" => "br bomb",
            "zstd" => "zstd bomb",
            _ => "deflate bomb",
        };
        misdeeds.push((name, coded(coding, &compressed(coding, &bomb)), "failed: "));
    }
    misdeeds
}

/// Ten entities, each ten times the one before.
fn billion_laughs() -> String {
    let mut text = String::from("<!DOCTYPE rss [<!ENTITY l0 \"lol\">");
    for n in 1..10 {
        let again = format!("&l{};", n - 1).repeat(10);
        text.push_str(&format!("<!ENTITY l{n} \"{again}\">"));
    }
    text + "]>" + &document("<title>&l9;</title>")
}

/// Serves every misdeed under its number.
#[expect(
    clippy::disallowed_methods,
    reason = "what misbehaves ends with the test"
)]
fn serve(misdeeds: Arc<Vec<Act>>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, misdeeds) = (stream.unwrap(), Arc::clone(&misdeeds));
            std::thread::spawn(move || {
                let mut head = [0; 4096];
                let length = stream.read(&mut head).unwrap_or(0);
                let head = String::from_utf8_lossy(&head[..length]).into_owned();
                let number = head.split(['/', ' ', '?']).nth(2);
                let number = number.and_then(|number| number.parse::<usize>().ok());
                if let Some(act) = number.and_then(|number| misdeeds.get(number)) {
                    act.play(&mut stream);
                }
            });
        }
    });
    port
}

#[test]
fn each_misdeed_ends_as_it_should_and_costs_the_others_nothing() {
    let misdeeds = misdeeds();
    assert!(misdeeds.len() >= 60, "{}", misdeeds.len());
    let acts = misdeeds.iter().map(|(_, act, _)| act.clone()).collect();
    let port = serve(Arc::new(acts));
    let mut config = String::from(
        "[poll]\ntimeout = \"3s\"\nper_host = 8\n[store]\npath = \"n.db\"\n\
         [[rule]]\nname = \"Calm\"\nmatch = 'calm'\n",
    );
    for (number, (name, ..)) in misdeeds.iter().enumerate() {
        config.push_str(&format!(
            "[[feed]]\nname = \"{name}\"\nurl = \"http://127.0.0.1:{port}/{number}\"\nallow_private = true\n"
        ));
    }
    let place = Place::new(&config);
    crate::lab::tools::tool("/usr/bin/time");
    let polled = Command::new("/usr/bin/time")
        .args(["--format", "peak %M", env!("CARGO_BIN_EXE_newsbell")])
        .args(["--config", "newsbell.toml", "poll"])
        .current_dir(place.path(""))
        .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus")
        .output()
        .unwrap();
    let said = String::from_utf8(polled.stdout).unwrap();
    let errors = String::from_utf8(polled.stderr).unwrap();
    assert!(polled.status.success(), "{said}{errors}");
    let mut wrong = Vec::new();
    for (name, _, expected) in &misdeeds {
        let line = said
            .lines()
            .find(|line| line.starts_with(&format!("{name}: ")));
        let line = line.unwrap_or("(nothing)");
        if !line.contains(expected) || line.len() > 400 {
            wrong.push(format!("{name}, not {expected:?}: {line}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(!said.contains('\u{1b}'), "{said}");
    assert!(!said.contains("root:"), "{said}");
    // In KiB, with nothing optimised.
    let peak = errors.lines().find_map(|line| line.strip_prefix("peak "));
    let peak: u64 = peak.unwrap().trim().parse().unwrap();
    assert!(peak < 200 * 1024, "{peak} KiB");
}

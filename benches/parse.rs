//! How many megabytes of feeds a second are read? Prints a table; see the README.
//!
//! `cargo bench --bench parse` measures, side by side in one run on one thread: newsbell's reading, which puts
//! right what is broken and never dies; the feed parser inside it alone, as it comes; and a bare loop
//! over the XML, which reads no feed but shows what looking at the tags costs. `--dir DIR` reads the
//! documents in a directory instead of generated ones.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    reason = "a benchmark prints, reads the clock, and ends at the first fault"
)]

use std::hint::black_box;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use newsbell::parse;
use peak_alloc::PeakAlloc;
use quick_xml::Reader;
use quick_xml::events::Event;
use url::Url;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// How long one measurement takes, at least.
const ENOUGH: Duration = Duration::from_secs(3);

fn main() {
    let directory = std::env::args().skip_while(|arg| arg != "--dir").nth(1);
    let documents: Vec<Vec<u8>> = match directory {
        Some(directory) => std::fs::read_dir(directory)
            .unwrap()
            .map(|entry| std::fs::read(entry.unwrap().path()).unwrap())
            .filter(|document| document.contains(&b'<'))
            .collect(),
        None => vec![rss(100), rss(1000), atom(100), atom(500)],
    };
    let bytes: usize = documents.iter().map(Vec::len).sum();
    let base = Url::parse("https://feed.example/").unwrap();
    let ours = |document: &[u8]| {
        let read = parse::document(document, None, &base);
        read.map_or(0, |document| document.entries.len())
    };
    let theirs = |document: &[u8]| {
        let read = catch_unwind(AssertUnwindSafe(|| feed_rs::parser::parse(document)));
        read.map_or(0, |read| read.map_or(0, |feed| feed.entries.len()))
    };
    std::panic::set_hook(Box::new(|_| {}));
    println!("{} documents, {bytes} bytes", documents.len());
    println!("{:<22} {:>8} {:>8}", "", "MB/s", "entries");
    row("newsbell", &documents, ours);
    row("the parser alone", &documents, theirs);
    row("a loop over the tags", &documents, tags);

    let document = rss(430);
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    black_box(ours(&document));
    let peak = MEMORY.peak_usage().saturating_sub(before);
    println!(
        "\na document of {} kB takes {:.1} MB at its peak",
        document.len() / 1000,
        peak as f64 / 1e6
    );
}

fn row(name: &str, documents: &[Vec<u8>], read: impl Fn(&[u8]) -> usize) {
    let entries: usize = documents.iter().map(|document| read(document)).sum();
    let begin = Instant::now();
    let mut bytes = 0;
    while begin.elapsed() < ENOUGH {
        for document in documents {
            black_box(read(document));
            bytes += document.len();
        }
    }
    let rate = bytes as f64 / 1e6 / begin.elapsed().as_secs_f64();
    println!("{name:<22} {rate:>8.0} {entries:>8}");
}

fn tags(document: &[u8]) -> usize {
    let mut reader = Reader::from_reader(document);
    let mut buffer = Vec::new();
    let mut tags = 0;
    loop {
        match reader.read_event_into(&mut buffer) {
            Ok(Event::Eof) | Err(_) => return tags,
            Ok(event) => tags += usize::from(matches!(event, Event::Start(_))),
        }
        buffer.clear();
    }
}

const TEXT: &str = "The harbour was closed for the second day while divers looked for the lost buoy, and the \
    ferries to the islands waited outside the wall. ";

fn rss(items: usize) -> Vec<u8> {
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><rss version=\"2.0\" \
         xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><channel><title>Harbour</title>",
    );
    for n in 0..items {
        text.push_str(&format!(
            "<item><title>Harbour news {n}</title><link>https://harbour.example/{n}</link>\
             <guid isPermaLink=\"false\">{n}</guid><dc:creator>Jo Miller</dc:creator>\
             <pubDate>Wed, 01 May 2024 10:00:00 GMT</pubDate><category>Ships</category>\
             <description>{TEXT} &amp; more</description></item>\n"
        ));
    }
    (text + "</channel></rss>").into_bytes()
}

fn atom(entries: usize) -> Vec<u8> {
    let mut text = String::from(
        "<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>Harbour</title><id>urn:h</id>\
         <updated>2024-05-01T10:00:00Z</updated>",
    );
    for n in 0..entries {
        text.push_str(&format!(
            "<entry><title type=\"html\">Harbour &lt;b&gt;news&lt;/b&gt; {n}</title><id>urn:{n}</id>\
             <link href=\"https://harbour.example/{n}\"/><updated>2024-05-01T10:00:00Z</updated>\
             <content type=\"html\">&lt;p&gt;{TEXT}&lt;/p&gt;&lt;p&gt;{TEXT}&lt;/p&gt;</content></entry>\n"
        ));
    }
    (text + "</feed>").into_bytes()
}

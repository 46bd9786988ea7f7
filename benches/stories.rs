//! What does it cost to find the story of an item among fifty thousand, in time and memory?
//!
//! `cargo bench --bench stories` prints figures and judges none: machines differ. The items are
//! generated: headlines and texts whose words are as common and as rare as in any language, many feeds,
//! some of the items copies and some about the same event.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a benchmark prints, reads the clock, and ends at the first fault"
)]

use std::convert::Infallible;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use newsbell::model::{FeedId, StoryId};
use newsbell::story::{Grouper, ITEMS, Sighting, WINDOW};
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// Items that are timed once the window is full.
const TIMED: usize = 5_000;

const FEEDS: i64 = 400;

/// Words that there are.
const WORDS: usize = 200_000;

/// Events that are in the news at one time.
const EVENTS: usize = 300;

/// A word; those of low rank are common (Zipf).
fn word(random: &mut fastrand::Rng) -> usize {
    // The inverse of the logarithmic distribution function of 1/rank.
    (WORDS as f64).powf(random.f64()) as usize
}

/// How the word of a rank is written: every fifth is a name.
fn spelled(rank: usize) -> String {
    let mut word = String::new();
    let mut rest = rank + 26;
    while rest > 0 {
        word.push(char::from(b'a' + u8::try_from(rest % 26).unwrap()));
        word.push(['a', 'e', 'i', 'o', 'u'][rest % 5]);
        rest /= 26;
    }
    if rank.is_multiple_of(5) {
        word[..1].make_ascii_uppercase();
    }
    word
}

fn text(random: &mut fastrand::Rng, words: usize, about: &[usize]) -> String {
    let words = (0..words).map(|n| match about.get(n) {
        Some(rank) => spelled(*rank),
        None => spelled(word(random)),
    });
    words.collect::<Vec<_>>().join(" ")
}

struct Made {
    title: String,
    body: String,
    link: String,
    feed: FeedId,
    at: Timestamp,
}

struct Press {
    random: fastrand::Rng,
    /// What the events are about.
    events: Vec<Vec<usize>>,
    at: Timestamp,
    number: usize,
    last: String,
}

impl Press {
    fn new() -> Press {
        let mut random = fastrand::Rng::with_seed(7);
        let events = (0..EVENTS).map(|_| event(&mut random)).collect();
        Press {
            random,
            events,
            at: "2026-03-04T05:06:07Z".parse().unwrap(),
            number: 0,
            last: String::new(),
        }
    }

    fn next(&mut self) -> Made {
        self.number += 1;
        // Fifty thousand in three days.
        self.at += SignedDuration::from_millis(5_184);
        let random = &mut self.random;
        if self.number.is_multiple_of(100) {
            let old = random.usize(..EVENTS);
            self.events[old] = event(random);
        }
        let about: &[usize] = if random.u8(..3) == 0 {
            let known = &self.events[random.usize(..EVENTS)];
            &known[..random.usize(2..known.len())]
        } else {
            &[]
        };
        let title = text(random, 10, about);
        let body = match random.u8(..20) {
            0 => self.last.clone(),
            _ => text(random, 60, about),
        };
        self.last.clone_from(&body);
        Made {
            title,
            body,
            link: format!("https://news.example.org/{}", self.number),
            feed: FeedId(random.i64(..FEEDS)),
            at: self.at,
        }
    }
}

fn event(random: &mut fastrand::Rng) -> Vec<usize> {
    (0..6).map(|_| word(random)).collect()
}

fn place(grouper: &mut Grouper, item: &Made, stories: &mut i64) {
    let seen = Sighting {
        title: &item.title,
        body: &item.body,
        link: Some(&item.link),
        language: Some("en"),
        feed: item.feed,
        published: None,
        at: item.at,
    };
    let begin = || {
        *stories += 1;
        Ok::<StoryId, Infallible>(StoryId(*stories))
    };
    grouper.place(seen, begin).unwrap();
}

/// The half of the items took no longer, in microseconds: what else runs on the machine hardly shows.
fn median(mut took: Vec<Duration>) -> f64 {
    took.sort_unstable();
    took[took.len() / 2].as_secs_f64() * 1e6
}

/// Places so many items and prints what it took.
fn time(
    what: &str,
    items: usize,
    (grouper, stories): (&mut Grouper, &mut i64),
    mut next: impl FnMut() -> Made,
) {
    let mut took = Vec::with_capacity(items);
    for _ in 0..items {
        let item = next();
        let begin = Instant::now();
        place(grouper, &item, stories);
        took.push(begin.elapsed());
    }
    let mean = took.iter().sum::<Duration>().as_secs_f64() * 1e6 / items as f64;
    let median = median(took);
    println!("{what}: {median:.0} µs an item (median; mean {mean:.0})");
}

fn main() {
    let mut press = Press::new();
    let mut stories = 0;
    let before = ALLOCATOR.current_usage_as_mb();
    let mut grouper = Grouper::new(WINDOW, ITEMS);
    time(
        "filling the window",
        ITEMS.into(),
        (&mut grouper, &mut stories),
        || press.next(),
    );
    let held = ALLOCATOR.current_usage_as_mb() - before;
    println!("{ITEMS} items in {stories} stories: {held:.0} MB held");
    time("full", TIMED, (&mut grouper, &mut stories), || press.next());
    let held = ALLOCATOR.current_usage_as_mb() - before;
    println!("after that: {held:.0} MB held");
    let hostile = [
        ("a word again and again", "war ".repeat(64 * 1024)),
        ("one word", "x".repeat(256 * 1024)),
        (
            "nothing but new words",
            (0..40_000).map(spelled).collect::<Vec<_>>().join(" "),
        ),
    ];
    for (what, body) in hostile {
        let what = format!("256 KiB of {what}");
        let next = || Made {
            body: body.clone(),
            ..press.next()
        };
        time(&what, 100, (&mut grouper, &mut stories), next);
    }
}

//! How many items a second do so many rules let through? Prints a table; see the README.
//!
//! `cargo bench --bench rules` measures, side by side in one run on one thread: newsbell's rules; one
//! automaton of all words and phrases with counting (aho-corasick, daachorse); a regular expression
//! for each rule; and a bare search for each text that the rules name (memchr), which finds no rule but shows what
//! reading the bytes costs. `--items N` and `--rules N` measure less. Every few items are timed several
//! times, and their best time counts: what other programs take from the processor does not.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    reason = "a benchmark prints, reads the clock, and ends at the first fault"
)]

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aho_corasick::{AhoCorasick, MatchKind};
use daachorse::DoubleArrayAhoCorasick;
use jiff::SignedDuration;
use memchr::memmem::Finder;
use newsbell::model::{Item, Only, Rule, Telling, Urgency};
use newsbell::rules::frequencies::Frequencies;
use newsbell::rules::{Lists, Matcher, RuleSet, Subject};
use newsbell::text;
use peak_alloc::PeakAlloc;
use regex::Regex;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Different words, by how common they are.
const WORDS: usize = 60_000;

/// The most common words: nobody makes rules of them.
const STOPWORDS: usize = 1000;

/// How long one look at the items takes, about; those that are left are not looked at.
const ENOUGH: Duration = Duration::from_secs(1);

/// How often each item is looked at.
const ROUNDS: usize = 10;

/// Items that are timed together.
const TOGETHER: usize = 10;

/// Items whose words say which are common.
const SAMPLE: usize = 2000;

fn main() {
    let option = |name: &str| {
        let mut args = std::env::args().skip_while(|arg| arg != name).skip(1);
        args.next().and_then(|number| number.parse::<usize>().ok())
    };
    let count = option("--items").unwrap_or(20_000);
    let sizes = option("--rules").map_or(vec![10, 1000, 10_000, 100_000], |rules| vec![rules]);
    let language = Language::new();
    for bytes in [600, 4000] {
        let mut random = fastrand::Rng::with_seed(11);
        let items: Vec<Item> = (0..count)
            .map(|_| language.item(&mut random, bytes))
            .collect();
        let total: usize = items.iter().map(length).sum();
        println!(
            "\n{count} items of {} bytes on average; items a second, and how many times newsbell is as fast",
            total / count
        );
        println!(
            "{:>7} {:>10} {:>16} {:>16} {:>16} {:>16} {:>8} {:>8} {:>9}",
            "rules",
            "newsbell",
            "aho-corasick",
            "daachorse",
            "regexes",
            "literals",
            "hits/1k",
            "build",
            "memory"
        );
        for &size in &sizes {
            let rules: Vec<Asked> = (0..size).map(|n| language.rule(&mut random, n)).collect();
            row(&rules, &items);
        }
    }
}

fn length(item: &Item) -> usize {
    item.title.len() + item.body.len()
}

/// Measures one number of rules.
fn row(rules: &[Asked], items: &[Item]) {
    let (mut frequencies, mut scanner) = (Frequencies::default(), text::Scanner::default());
    for item in items.iter().take(SAMPLE) {
        frequencies.learn((&item.title, &item.body), &mut scanner);
    }
    let written: Vec<Rule> = rules.iter().map(Asked::written).collect();
    let before = MEMORY.current_usage();
    let mut build = Duration::MAX;
    let mut compile = || {
        let begin = Instant::now();
        let set = RuleSet::compile(&written, &Lists::default(), &frequencies).unwrap();
        build = build.min(begin.elapsed());
        set
    };
    drop([compile(), compile()]);
    let set = compile();
    let memory = MEMORY.current_usage().saturating_sub(before);
    let mut matcher = Matcher::new(Arc::new(set));
    let mut ask = |item: &Item| {
        let subject = Subject {
            item,
            feed: "feed",
            tags: &[],
        };
        matcher.rules(&subject).len()
    };
    let hits: usize = items.iter().take(1000).map(&mut ask).sum();
    let newsbell = measure(items, |item| {
        black_box(ask(item));
    });
    let automaton = Automaton::new(rules, &Search::Standard);
    let standard = counting(automaton, items);
    let automaton = Automaton::new(rules, &Search::DoubleArray);
    let double = counting(automaton, items);
    let regexes = (rules.len() <= 1000).then(|| {
        let regexes: Vec<Vec<(Regex, bool)>> = rules.iter().map(Asked::regexes).collect();
        measure(items, |item| {
            let text = format!("{}\n{}", item.title, item.body);
            let fits = |rule: &&Vec<(Regex, bool)>| {
                rule.iter()
                    .all(|(regex, wanted)| regex.is_match(&text) == *wanted)
            };
            black_box(regexes.iter().filter(fits).count());
        })
    });
    let mut names: Vec<String> = rules
        .iter()
        .flat_map(Asked::patterns)
        .map(|(text, ..)| text)
        .collect();
    names.sort_unstable();
    names.dedup();
    let finders: Vec<Finder<'_>> = names
        .iter()
        .map(|text| Finder::new(text.as_str()))
        .collect();
    let literals = measure(items, |item| {
        let found = finders
            .iter()
            .filter(|finder| {
                finder.find(item.title.as_bytes()).is_some()
                    || finder.find(item.body.as_bytes()).is_some()
            })
            .count();
        black_box(found);
    });
    let beside = |rate: f64| format!("{rate:.0} {:.2}x", newsbell / rate);
    println!(
        "{:>7} {newsbell:>10.0} {:>16} {:>16} {:>16} {:>16} {hits:>8} {:>6}ms {:>7.1}MB",
        rules.len(),
        beside(standard),
        beside(double),
        regexes.map_or("-".to_owned(), beside),
        beside(literals),
        build.as_millis(),
        megabytes(memory),
    );
}

fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}

/// Items a second: each few of them by their best time.
fn measure(items: &[Item], mut work: impl FnMut(&Item)) -> f64 {
    let begin = Instant::now();
    let mut best: Vec<Duration> = Vec::new();
    for round in 0..ROUNDS {
        for (at, together) in items.chunks_exact(TOGETHER).enumerate() {
            let last = at == best.len();
            if last && (round > 0 || at > 0 && begin.elapsed() > ENOUGH) {
                break;
            }
            let before = Instant::now();
            together.iter().for_each(&mut work);
            let time = before.elapsed();
            match best.get_mut(at) {
                Some(best) => *best = time.min(*best),
                None => best.push(time),
            }
        }
    }
    let time: Duration = best.iter().sum();
    (best.len() * TOGETHER) as f64 / time.as_secs_f64()
}

fn counting(mut automaton: Automaton, items: &[Item]) -> f64 {
    measure(items, |item| {
        black_box(automaton.count(item));
    })
}

/// A made-up language whose words are as common as Zipf found those of English.
struct Language {
    words: Vec<String>,
    /// By rank, the share of all words that are as common or more.
    cumulated: Vec<f64>,
}

impl Language {
    fn new() -> Language {
        let mut random = fastrand::Rng::with_seed(3);
        let consonants = b"bcdfghjklmnpqrstvwz";
        let vowels = b"aeiou";
        let mut seen = std::collections::HashSet::new();
        let mut words = Vec::with_capacity(WORDS);
        while words.len() < WORDS {
            // Common words are short.
            let syllables = match words.len() {
                0..60 => 1,
                60..1500 => 1 + random.usize(1..3),
                _ => 2 + random.usize(0..3),
            };
            let mut word = String::new();
            for _ in 0..syllables {
                word.push(char::from(consonants[random.usize(..consonants.len())]));
                word.push(char::from(vowels[random.usize(..vowels.len())]));
                if random.usize(..3) == 0 {
                    word.push(char::from(consonants[random.usize(..consonants.len())]));
                }
            }
            if seen.insert(word.clone()) {
                words.push(word);
            }
        }
        let mut sum = 0.0;
        let mut cumulated: Vec<f64> = (0..WORDS)
            .map(|rank| {
                sum += 1.0 / (rank as f64 + 2.7);
                sum
            })
            .collect();
        for share in &mut cumulated {
            *share /= sum;
        }
        Language { words, cumulated }
    }

    fn word(&self, random: &mut fastrand::Rng) -> &str {
        let drawn = random.f64();
        let rank = self.cumulated.partition_point(|share| *share < drawn);
        &self.words[rank.min(WORDS - 1)]
    }

    /// A word that somebody may ask for.
    fn term(&self, random: &mut fastrand::Rng) -> &str {
        loop {
            let word = self.word(random);
            if !self.words[..STOPWORDS].iter().any(|stop| stop == word) {
                return word;
            }
        }
    }

    /// Running text with the signs of English newspapers.
    fn text(&self, random: &mut fastrand::Rng, bytes: usize) -> String {
        let mut text = String::new();
        let mut begins = true;
        while text.len() < bytes {
            let word = self.word(random);
            if begins || random.usize(..12) == 0 {
                text.push_str(&word[..1].to_uppercase());
                text.push_str(&word[1..]);
            } else {
                text.push_str(word);
            }
            begins = false;
            match random.usize(..400) {
                0..6 => text.push_str("’s "),
                6..10 => text.push_str("'s "),
                10..18 => text.push('-'),
                18..40 => text.push_str(", "),
                40..60 => {
                    text.push_str(". ");
                    begins = true;
                }
                60..62 => text.push_str(" — "),
                62..64 => text.push_str(" “"),
                64..66 => text.push_str("” "),
                66..70 => text.push_str(&format!(" {} ", random.u32(1..3000))),
                70..71 => text.push_str(" São "),
                71..72 => text.push_str(" U.S. "),
                _ => text.push(' '),
            }
        }
        text
    }

    fn item(&self, random: &mut fastrand::Rng, bytes: usize) -> Item {
        let title = self.text(random, 60);
        let length = random.usize(bytes / 2..bytes * 3 / 2) - 60;
        let body = self.text(random, length);
        Item {
            key: String::new(),
            link: None,
            canonical_link: None,
            title,
            body,
            authors: Vec::new(),
            categories: Vec::new(),
            published: None,
            language: None,
        }
    }

    fn rule(&self, random: &mut fastrand::Rng, number: usize) -> Asked {
        let mut term = || self.term(random).to_owned();
        // The kinds are mixed, so that few rules are of as many kinds as many are.
        match number * 37 % 100 {
            0..40 => Asked::Phrase(vec![term(), term()]),
            40..70 => Asked::All(vec![term(), term()]),
            70..85 => Asked::Mixed([term(), term(), term(), term()]),
            85..95 => Asked::Near(term(), term()),
            _ => {
                let word = term();
                Asked::Prefix(word[..word.len().min(6)].to_owned())
            }
        }
    }
}

/// A rule of the workload.
enum Asked {
    Phrase(Vec<String>),
    All(Vec<String>),
    /// (a OR b) c -d
    Mixed([String; 4]),
    Near(String, String),
    Prefix(String),
}

impl Asked {
    fn written(&self) -> Rule {
        let query = match self {
            Asked::Phrase(words) => format!("\"{}\"", words.join(" ")),
            Asked::All(words) => words.join(" "),
            Asked::Mixed([a, b, c, d]) => format!("({a} OR {b}) {c} -{d}"),
            Asked::Near(a, b) => format!("{a} NEAR/5 {b}"),
            Asked::Prefix(prefix) => format!("{prefix}*"),
        };
        Rule {
            name: "rule".into(),
            queries: vec![query],
            urgency: Urgency::Normal,
            channels: Vec::new(),
            cooldown: SignedDuration::ZERO,
            stem: false,
            only: Only::default(),
            telling: Telling::default(),
        }
    }

    /// Expressions with whether each must fit. NEAR is only AND here.
    fn regexes(&self) -> Vec<(Regex, bool)> {
        let word = |word: &str| format!("\\b{word}\\b");
        let made = match self {
            Asked::Phrase(words) => vec![(format!("\\b{}\\b", words.join("\\s+")), true)],
            Asked::All(words) => words.iter().map(|each| (word(each), true)).collect(),
            Asked::Mixed([a, b, c, d]) => vec![
                (format!("\\b(?:{a}|{b})\\b"), true),
                (word(c), true),
                (word(d), false),
            ],
            Asked::Near(a, b) => vec![(word(a), true), (word(b), true)],
            Asked::Prefix(prefix) => vec![(format!("\\b{prefix}"), true)],
        };
        made.into_iter()
            .map(|(pattern, wanted)| (Regex::new(&format!("(?i){pattern}")).unwrap(), wanted))
            .collect()
    }

    /// Texts to look for, each with the bit that it sets, and whether its last word may be longer.
    fn patterns(&self) -> Vec<(String, u8, bool)> {
        match self {
            Asked::Phrase(words) => vec![(words.join(" "), 1, false)],
            Asked::All(words) => words
                .iter()
                .zip(0..)
                .map(|(word, bit)| (word.clone(), 1 << bit, false))
                .collect(),
            Asked::Mixed([a, b, c, d]) => vec![
                (a.clone(), 1, false),
                (b.clone(), 1, false),
                (c.clone(), 2, false),
                (d.clone(), 4, false),
            ],
            Asked::Near(a, b) => vec![(a.clone(), 1, false), (b.clone(), 2, false)],
            Asked::Prefix(prefix) => vec![(prefix.clone(), 1, true)],
        }
    }

    /// The bits that must be set if nothing else is.
    fn wanted(&self) -> u8 {
        match self {
            Asked::Phrase(_) | Asked::Prefix(_) => 1,
            Asked::All(_) | Asked::Mixed(_) | Asked::Near(..) => 3,
        }
    }
}

enum Search {
    Standard,
    DoubleArray,
}

enum Built {
    Standard(AhoCorasick),
    DoubleArray(DoubleArrayAhoCorasick<u32>),
}

/// All texts of all rules in one automaton; each rule counts which of its own were found. It checks
/// that words are whole, and takes NEAR for AND.
struct Automaton {
    built: Built,
    /// By pattern, the rules that want it, with the bit it sets and whether it may go on.
    wanting: Vec<Vec<(u32, u8, bool)>>,
    wanted: Vec<u8>,
    bits: Vec<u8>,
    touched: Vec<u32>,
    folded: String,
}

impl Automaton {
    fn new(rules: &[Asked], search: &Search) -> Automaton {
        let mut numbers: HashMap<String, usize> = HashMap::new();
        let mut patterns: Vec<String> = Vec::new();
        let mut wanting: Vec<Vec<(u32, u8, bool)>> = Vec::new();
        for (rule, asked) in (0_u32..).zip(rules) {
            for (pattern, bit, open) in asked.patterns() {
                let number = *numbers.entry(pattern.clone()).or_insert_with(|| {
                    patterns.push(pattern);
                    wanting.push(Vec::new());
                    patterns.len() - 1
                });
                wanting[number].push((rule, bit, open));
            }
        }
        let built = match search {
            Search::Standard => Built::Standard(
                AhoCorasick::builder()
                    .match_kind(MatchKind::Standard)
                    .build(&patterns)
                    .unwrap(),
            ),
            Search::DoubleArray => {
                Built::DoubleArray(DoubleArrayAhoCorasick::new(&patterns).unwrap())
            }
        };
        Automaton {
            built,
            wanting,
            wanted: rules.iter().map(Asked::wanted).collect(),
            bits: vec![0; rules.len()],
            touched: Vec::new(),
            folded: String::new(),
        }
    }

    /// Rules that hold.
    fn count(&mut self, item: &Item) -> usize {
        self.folded.clear();
        fold(&item.title, &mut self.folded);
        self.folded.push('\n');
        fold(&item.body, &mut self.folded);
        let bytes = self.folded.as_bytes();
        let inside = |at: Option<&u8>| at.is_some_and(u8::is_ascii_alphanumeric);
        let (wanting, bits, touched) = (&self.wanting, &mut self.bits, &mut self.touched);
        let mut found = |number: usize, start: usize, end: usize| {
            if start > 0 && inside(bytes.get(start - 1)) {
                return;
            }
            let goes_on = inside(bytes.get(end));
            for (rule, bit, open) in &wanting[number] {
                if goes_on && !open {
                    continue;
                }
                let bits = &mut bits[*rule as usize];
                if *bits == 0 {
                    touched.push(*rule);
                }
                *bits |= bit;
            }
        };
        match &self.built {
            Built::Standard(search) => {
                for hit in search.find_overlapping_iter(&self.folded) {
                    found(hit.pattern().as_usize(), hit.start(), hit.end());
                }
            }
            Built::DoubleArray(search) => {
                for hit in search.find_overlapping_iter(&self.folded) {
                    found(hit.value() as usize, hit.start(), hit.end());
                }
            }
        }
        let mut held = 0;
        for rule in self.touched.drain(..) {
            let bits = std::mem::take(&mut self.bits[rule as usize]);
            held += usize::from(bits == self.wanted[rule as usize]);
        }
        held
    }
}

/// Lower case, and letters beyond ASCII without their marks.
fn fold(text: &str, folded: &mut String) {
    let start = folded.len();
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| !byte.is_ascii()) {
        let (plain, beyond) = rest.split_at(at);
        folded.push_str(plain);
        let mut chars = beyond.chars();
        match chars.next() {
            Some(char) if char.is_alphanumeric() => {
                folded.push_str(&text::fold(char.encode_utf8(&mut [0; 4])));
            }
            char => folded.extend(char),
        }
        rest = chars.as_str();
    }
    folded.push_str(rest);
    folded[start..].make_ascii_lowercase();
}

//! Is everything answered that anybody can type?

use std::sync::atomic::{AtomicUsize, Ordering};

use super::{ask, compile, item, rule};
use crate::rules::{Lists, parse};

/// Queries that are typed.
const QUERIES: usize = 1_000_000;

/// Rules that are asked together.
const BATCH: usize = 200;

const PIECES: [&str; 62] = [
    "a",
    "б",
    "北",
    "ไ",
    "한",
    "ß",
    "é",
    "U.S.",
    "C++",
    "O'Brien",
    "l’Iran",
    "1,000",
    "d'Al-Qaida",
    " ",
    " ",
    " ",
    " ",
    " ",
    "(",
    ")",
    "（",
    "）",
    "\"",
    "\"",
    "“",
    "»",
    "-",
    "–",
    "|",
    "||",
    "AND",
    "OR",
    "NOT",
    " NEAR/5 ",
    " THEN/2 ",
    "NEAR/",
    "2 OF (",
    "9 OF",
    "title:",
    "site:",
    "lang:",
    "tag:",
    "feed:",
    "@russia",
    "@",
    "/a/",
    "/[/",
    "/(?i)x+/i",
    "body：",
    "x:",
    "*",
    "＊",
    "~",
    "~1",
    "=",
    "/",
    "+",
    "!",
    ",",
    "\u{301}",
    "\u{3000}",
    "\u{200D}",
];

const QUERIES_THAT_WORK: [&str; 8] = [
    "(Russia OR Moscow) China -drill",
    "\"joint * drill\" NEAR/5 navy",
    "2 OF (satellite, missile, \"joint drill\", navy)",
    "title:(a | \"北京\") body:=US",
    "~sanction zelensky~1 /T-?90M?/",
    "@russia THEN/3 @china -site:tass.com",
    "militar* *stan feed:\"BBC World\" tag:asia lang:ru",
    "NOT (a b) AND * author:\"O'Brien\"",
];

#[test]
fn a_million_typed_queries_are_answered() {
    let (typed, asked) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for seed in 0..4 {
            let (typed, asked) = (&typed, &asked);
            scope.spawn(move || {
                let mut random = fastrand::Rng::with_seed(seed);
                while typed.fetch_add(BATCH, Ordering::Relaxed) < QUERIES {
                    let queries: Vec<String> = (0..BATCH).map(|_| query(&mut random)).collect();
                    asked.fetch_add(answer(&queries), Ordering::Relaxed);
                }
            });
        }
    });
    // Nothing is learnt from a million errors.
    let asked = asked.into_inner();
    assert!(asked > QUERIES / 20, "{asked} are queries");
}

/// Parses queries, and asks those that are right; returns how many are.
fn answer(queries: &[String]) -> usize {
    let lists = [("russia", "Russian*"), ("china", "北京")];
    let lists = lists.map(|(name, entry)| (name.to_owned(), vec![entry.to_owned()]));
    let (lists, _) = Lists::new(&lists.into());
    let right = queries.iter().filter(|query| match parse(query, &lists) {
        Ok(parsed) => {
            assert!(query.get(parsed.span).is_some(), "{query:?}");
            true
        }
        Err(error) => {
            assert!(query.get(error.span).is_some(), "{query:?}");
            assert!(
                !error.message.is_empty() && error.help.is_some(),
                "{query:?}"
            );
            false
        }
    });
    let rules: Vec<_> = right.map(|query| rule(&[query])).collect();
    let mut matcher = compile(&rules).unwrap();
    let mut item = item(
        "U.S. O'Brien C++ — d’Al-Qaida 北京ไทย한국 1,000 a б",
        "é ß e\u{301} l'Iran joint navy drill Russia's US \u{200D}\u{AD} x \u{301}",
    );
    item.link = Some("https://tass.com/a".to_owned());
    item.language = Some("ru".to_owned());
    ask(&mut matcher, &item);
    rules.len()
}

fn query(random: &mut fastrand::Rng) -> String {
    match random.u32(..4) {
        // Something that works, with some of it changed.
        0 => {
            let query = QUERIES_THAT_WORK[random.usize(..QUERIES_THAT_WORK.len())];
            let mut query: Vec<char> = query.chars().collect();
            for _ in 0..random.u32(..4) {
                let at = random.usize(..query.len());
                match random.u32(..3) {
                    0 => {
                        query.remove(at);
                    }
                    1 => query[at] = random.char(..),
                    _ => {
                        let piece = PIECES[random.usize(..PIECES.len())];
                        query.splice(at..at, piece.chars());
                    }
                }
            }
            query.into_iter().collect()
        }
        1 => (0..random.usize(..20)).map(|_| random.char(..)).collect(),
        _ => {
            let count = random.usize(..14);
            (0..count)
                .map(|_| PIECES[random.usize(..PIECES.len())])
                .collect()
        }
    }
}

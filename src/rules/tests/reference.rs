//! What would someone say who reads the definition with a finger on the words?

use proptest::prelude::{Strategy, prop_oneof};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::{item, matches};

const WORDS: [&str; 6] = ["a", "b", "c", "Dd", "ee", "F1"];

/// A query before it is written.
#[derive(Clone, Debug)]
enum Ask {
    Words(Vec<&'static str>),
    In(&'static str, Box<Ask>),
    And(Box<Ask>, Box<Ask>),
    Or(Box<Ask>, Box<Ask>),
    Without(Box<Ask>, Box<Ask>),
}

fn word() -> impl Strategy<Value = &'static str> + Clone {
    proptest::sample::select(WORDS.as_slice())
}

fn ask() -> impl Strategy<Value = Ask> {
    let leaf = proptest::collection::vec(word(), 1..4)
        .prop_map(Ask::Words)
        .boxed();
    let leaf = prop_oneof![
        3 => leaf.clone(),
        1 => (proptest::sample::select(["title", "body"].as_slice()), leaf)
            .prop_map(|(field, leaf)| Ask::In(field, Box::new(leaf))),
    ];
    leaf.prop_recursive(4, 16, 2, |inner| {
        let two = (inner.clone(), inner).prop_map(|(a, b)| (Box::new(a), Box::new(b)));
        prop_oneof![
            two.clone().prop_map(|(a, b)| Ask::And(a, b)),
            two.clone().prop_map(|(a, b)| Ask::Or(a, b)),
            two.prop_map(|(a, b)| Ask::Without(a, b)),
        ]
    })
}

/// As a person writes it, with brackets only where they are needed and `style` deciding the rest.
fn written(ask: &Ask, style: u32) -> String {
    let inner = |ask: &Ask, loose: bool| {
        let text = written(ask, style.rotate_right(3));
        let bracket = match ask {
            Ask::Words(_) | Ask::In(..) => false,
            Ask::And(..) | Ask::Without(..) => !loose,
            Ask::Or(..) => true,
        };
        if bracket { format!("({text})") } else { text }
    };
    match ask {
        Ask::Words(words) if words.len() == 1 && style & 1 == 0 => words.concat(),
        Ask::Words(words) => format!("\"{}\"", words.join(" ")),
        Ask::In(field, ask) => format!("{field}:{}", written(ask, style)),
        Ask::And(a, b) => {
            let sign = if style & 2 == 0 { " " } else { " AND " };
            format!("{}{sign}{}", inner(a, true), inner(b, true))
        }
        Ask::Or(a, b) => {
            let sign = if style & 2 == 0 { " OR " } else { "|" };
            format!("{}{sign}{}", inner(a, true), inner(b, true))
        }
        Ask::Without(a, b) => {
            let sign = if style & 2 == 0 { " -" } else { " NOT " };
            format!("{}{sign}{}", inner(a, true), inner(b, false))
        }
    }
}

fn holds(ask: &Ask, fields: &[(&str, &[&str])]) -> bool {
    match ask {
        Ask::Words(wanted) => fields.iter().any(|(_, words)| {
            (0..words.len()).any(|at| {
                wanted.iter().enumerate().all(|(offset, wanted)| {
                    words
                        .get(at + offset)
                        .is_some_and(|word| word.eq_ignore_ascii_case(wanted))
                })
            })
        }),
        Ask::In(name, ask) => {
            let named: Vec<_> = fields
                .iter()
                .copied()
                .filter(|(field, _)| field == name)
                .collect();
            holds(ask, &named)
        }
        Ask::And(a, b) => holds(a, fields) && holds(b, fields),
        Ask::Or(a, b) => holds(a, fields) || holds(b, fields),
        Ask::Without(a, b) => holds(a, fields) && !holds(b, fields),
    }
}

#[test]
fn rules_agree_with_the_definition() {
    let config = Config::with_cases(30_000);
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let words = || proptest::collection::vec(word(), 0..6);
    let separator = proptest::sample::select([" ", ", ", " — ", ". ", "\n", "/"].as_slice());
    let cases = (ask(), proptest::num::u32::ANY, words(), words(), separator);
    let agrees = |(ask, style, title, body, separator): (Ask, u32, Vec<&str>, Vec<&str>, &str)| {
        let query = written(&ask, style);
        let item = item(&title.join(separator).to_uppercase(), &body.join(separator));
        let expected = holds(&ask, &[("title", &title), ("body", &body)]);
        (query.clone(), matches(&[&query], &item).is_some(), expected)
    };
    let counts = std::cell::Cell::new((0_u32, 0_u32));
    let result = runner.run(&cases, |case| {
        let (query, found, expected) = agrees(case);
        proptest::prop_assert_eq!(found, expected, "{}", query);
        let (held, failed) = counts.get();
        counts.set(if expected {
            (held + 1, failed)
        } else {
            (held, failed + 1)
        });
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    let (held, failed) = counts.get();
    // A comparison where one answer hardly occurs compares nothing.
    assert!(
        held > 5_000 && failed > 5_000,
        "{held} held, {failed} did not"
    );
}

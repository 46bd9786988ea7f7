//! Do the word lists we ship ring for what they name, and for nothing else that they do not admit?

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::json;

use crate::program::{Place, stdout};

/// The 193 members of the United Nations, by their ISO 3166-1 alpha-2 codes.
const MEMBERS: &str = "ad ae af ag al am ao ar at au az ba bb bd be bf bg bh bi bj bn bo br bs bt bw by bz ca cd cf \
    cg ch ci cl cm cn co cr cu cv cy cz de dj dk dm do dz ec ee eg er es et fi fj fm fr ga gb gd ge gh gm gn gq gr gt \
    gw gy hn hr ht hu id ie il in iq ir is it jm jo jp ke kg kh ki km kn kp kr kw kz la lb lc li lk lr ls lt lu lv ly \
    ma mc md me mg mh mk ml mm mn mr mt mu mv mw mx my mz na ne ng ni nl no np nr nz om pa pe pg ph pk pl pt pw py qa \
    ro rs ru rw sa sb sc sd se sg si sk sl sm sn so sr ss st sv sy sz td tg th tj tl tm tn to tr tt tv tz ua ug us uy \
    uz vc ve vn vu ws ye za zm zw";

const LANGUAGES: [&str; 7] = ["en", "fr", "es", "de", "ru", "ar", "zh"];

/// The shipped file, as it is written.
fn shipped() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/words/countries.toml");
    std::fs::read_to_string(path).unwrap()
}

/// Its lists.
fn lists(text: &str) -> BTreeMap<String, Vec<String>> {
    let file: toml::Table = toml::from_str(text).unwrap();
    assert_eq!(file.keys().collect::<Vec<_>>(), ["words"]);
    file["words"].clone().try_into().unwrap()
}

/// Texts that an entry is to ring for: itself without its signs. A regular expression of ours is the words themselves,
/// with sets for ways to write a sign, between groups that say what must not stand beside them.
fn examples(entry: &str) -> Vec<String> {
    let Some(expression) = entry.strip_prefix('/') else {
        let word = entry.trim_start_matches('=').trim_matches('"');
        return vec![word.trim_end_matches('*').to_owned()];
    };
    let mut core = expression.strip_suffix('/').unwrap();
    if core.starts_with("(?:^|") {
        core = core.split_once("])").unwrap().1;
    }
    core = core.split_once("(?:").map_or(core, |(core, _)| core);
    let mut texts = vec![String::new()];
    let mut rest = core.chars();
    while let Some(char) = rest.next() {
        let set: Vec<char> = if char == '[' {
            rest.by_ref().take_while(|&char| char != ']').collect()
        } else {
            vec![char]
        };
        texts = texts
            .iter()
            .flat_map(|text| set.iter().map(move |char| format!("{text}{char}")))
            .collect();
    }
    texts
}

/// Replays titles against one rule a list. What rang, by the title.
fn ring(names: &BTreeSet<&str>, titles: &[String]) -> Vec<BTreeSet<String>> {
    let rules = names
        .iter()
        .map(|name| format!("[[rule]]\nname = \"{name}\"\nmatch = '@{name}'\n"))
        .collect::<Vec<_>>()
        .concat();
    let place = Place::new(&rules);
    let config = std::fs::read_to_string(place.path("newsbell.toml")).unwrap();
    std::fs::write(
        place.path("newsbell.toml"),
        format!("include = [\"words/countries.toml\"]\n{config}"),
    )
    .unwrap();
    std::fs::create_dir(place.path("words")).unwrap();
    std::fs::write(place.path("words/countries.toml"), shipped()).unwrap();
    let items = titles
        .iter()
        .enumerate()
        .map(|(id, title)| format!("{}\n", json!({"id": id.to_string(), "title": title})))
        .collect::<Vec<_>>()
        .concat();
    std::fs::write(place.path("items.jsonl"), items).unwrap();

    let mut rang = vec![BTreeSet::new(); titles.len()];
    for line in stdout(&mut place.newsbell(&["replay", "items.jsonl", "--pairs"])).lines() {
        let (id, rule) = line.split_once('\t').unwrap();
        rang[id.parse::<usize>().unwrap()].insert(rule.to_owned());
    }
    rang
}

#[test]
fn every_state_has_a_list_in_seven_languages() {
    let text = shipped();
    let lists = lists(&text);
    let expected: BTreeSet<String> = MEMBERS
        .split_whitespace()
        .chain(["ps", "tw", "va", "xk"])
        .map(|code| format!("country/{code}"))
        .chain(["eu", "nato", "un"].map(|name| format!("org/{name}")))
        .collect();
    assert_eq!(expected.len(), 200);
    assert_eq!(lists.keys().cloned().collect::<BTreeSet<_>>(), expected);

    let mut list = "";
    let mut language = "";
    let mut languages: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for line in text.lines() {
        if let Some((name, "[")) = line.split_once(" = ") {
            list = name.trim_matches('"');
        } else if let Some(said) = line.strip_prefix("  # ") {
            assert!(LANGUAGES.contains(&said), "{line}");
            language = said;
        } else if line.starts_with("  ") {
            languages.entry(list).or_default().insert(language);
        }
    }
    // A language may have no word of its own where an earlier one has given them all.
    for (list, has) in languages {
        assert!(
            ["en", "ru", "ar", "zh"].iter().all(|l| has.contains(l)),
            "{list}: {has:?}"
        );
        assert!(has.len() >= 5, "{list}: {has:?}");
    }
}

#[test]
fn every_word_rings_its_own_list_and_no_other_without_a_note() {
    let text = shipped();
    let lists = lists(&text);
    let mut titles = Vec::new();
    let mut of = Vec::new();
    for (list, entries) in &lists {
        assert!(!entries.is_empty(), "@{list} is empty");
        let mut seen = BTreeSet::new();
        for entry in entries {
            assert!(seen.insert(entry), "@{list} has {entry} twice");
            for title in examples(entry) {
                titles.push(title);
                of.push(list);
            }
        }
    }
    let names = lists.keys().map(String::as_str).collect();
    let rang = ring(&names, &titles);

    let mut shared: BTreeMap<(String, String), BTreeSet<&str>> = BTreeMap::new();
    for ((title, own), rang) in titles.iter().zip(&of).zip(&rang) {
        assert!(rang.contains(*own), "{title} of @{own} does not ring it");
        for other in rang.iter().filter(|other| other != own) {
            let pair = (other.clone(), (*own).clone());
            shared.entry(pair).or_default().insert(title);
        }
    }
    let mut noted = BTreeSet::new();
    let mut waiting = Vec::new();
    for line in text.lines() {
        if let Some(note) = line.strip_prefix("# shared with @") {
            let (other, words) = note.split_once(": ").unwrap();
            assert!(!words.is_empty(), "{line}");
            waiting.push(other.to_owned());
        } else if let Some((name, "[")) = line.split_once(" = ") {
            let name = name.trim_matches('"').to_owned();
            noted.extend(waiting.drain(..).map(|other| (name.clone(), other)));
        }
    }
    let unnoted: Vec<String> = shared
        .iter()
        .filter(|(pair, _)| !noted.contains(*pair))
        .map(|((list, other), words)| format!("@{list}\t@{other}\t{words:?}"))
        .collect();
    assert!(
        unnoted.is_empty(),
        "shared without a note:\n{}",
        unnoted.join("\n")
    );
    let untrue: Vec<_> = noted
        .iter()
        .filter(|pair| !shared.contains_key(*pair))
        .collect();
    assert!(untrue.is_empty(), "noted, but not shared: {untrue:?}");
}

#[test]
fn lists_ring_across_languages_and_not_for_what_only_looks_alike() {
    let cases = [
        (
            "Putin and Zhang Forge Stronger Ties Between Russia and China",
            "country/cn country/ru",
        ),
        (
            "Российские и китайские военные начали учения",
            "country/cn country/ru",
        ),
        (
            "La Russie et la Chine renforcent leur coopération",
            "country/cn country/ru",
        ),
        (
            "Rusia y China amplían su cooperación",
            "country/cn country/ru",
        ),
        (
            "Russlands Minister reist nach Peking",
            "country/cn country/ru",
        ),
        ("روسيا والصين توقعان اتفاقا", "country/cn country/ru"),
        ("中俄举行联合演习", "country/cn country/ru"),
        ("白俄罗斯总统到访", "country/by"),
        ("其中美国占三成", "country/us"),
        ("中美洲的咖啡", ""),
        ("上海地铁新线开通", ""),
        ("海地总理辞职", "country/ht"),
        ("印度尼西亚与印度签约", "country/id country/in"),
        ("印度洋上的岛", ""),
        ("索马里的港口", "country/so"),
        ("马里政府声明", "country/ml"),
        ("南苏丹和谈", "country/ss"),
        ("赤道几内亚大选", "country/gq"),
        ("Roast turkey and a glass of muscat", ""),
        ("They told us to polish the silver", ""),
        ("UN Security Council meets on Mali", "country/ml org/un"),
    ];
    let text = shipped();
    let lists = lists(&text);
    let names = lists.keys().map(String::as_str).collect();
    let titles: Vec<String> = cases.iter().map(|(title, _)| (*title).to_owned()).collect();
    for ((title, expected), rang) in cases.iter().zip(ring(&names, &titles)) {
        let expected: BTreeSet<String> = expected.split_whitespace().map(str::to_owned).collect();
        assert_eq!(rang, expected, "{title}");
    }
}

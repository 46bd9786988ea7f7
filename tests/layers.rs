//! Do the arrows between modules point down only, and does every file say what it answers?

use std::path::{Path, PathBuf};

/// The layers of the map in `lib.rs`, lowest first.
const LAYERS: [&[&str]; 6] = [
    &["model"],
    &[
        "text",
        "schedule",
        "parse",
        "normalise",
        "rules",
        "story",
        "policy",
        "render",
    ],
    &[
        "clock",
        "config",
        "fetch",
        "store",
        "channel",
        "telemetry",
        "pulse",
    ],
    &["poll", "decide", "deliver"],
    &["daemon"],
    &["cli"],
];

fn layer(module: &str) -> usize {
    LAYERS
        .iter()
        .position(|layer| layer.contains(&module))
        .unwrap_or_else(|| {
            panic!("`{module}` is in no layer: draw it into the map of lib.rs and in here")
        })
}

fn sources(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// Top-level modules that a source names, by `crate::...`.
fn named(source: &str) -> Vec<String> {
    let mut modules = Vec::new();
    for (at, found) in source.match_indices("crate::") {
        let rest = &source[at + found.len()..];
        let list = match rest.strip_prefix('{') {
            Some(inner) => inner.split('}').next().unwrap(),
            None => rest
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .next()
                .unwrap(),
        };
        for part in list.split(',') {
            let module = part
                .trim()
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .next()
                .unwrap();
            if !module.is_empty() {
                modules.push(module.to_owned());
            }
        }
    }
    modules
}

/// Every module of the crate with its file's text, without its tests.
fn modules() -> Vec<(PathBuf, String, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut modules = Vec::new();
    for path in sources(&src) {
        let relative = path.strip_prefix(&src).unwrap();
        let first = relative
            .components()
            .next()
            .unwrap()
            .as_os_str()
            .to_str()
            .unwrap();
        let module = first.trim_end_matches(".rs").to_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        if module != "lib" && module != "main" && !relative.ends_with("tests.rs") {
            modules.push((path, module, text));
        }
    }
    assert!(modules.len() > 30, "found {} files only", modules.len());
    modules
}

#[test]
fn arrows_point_down_only() {
    let mut wrong = Vec::new();
    for (path, module, text) in modules() {
        let product = text.split("#[cfg(test)]").next().unwrap();
        for named in named(product) {
            let down = layer(&named) < layer(&module);
            let step_to_text = named == "text" && layer(&module) == layer("text");
            if !down && !step_to_text && named != module {
                wrong.push(format!("{} names {named}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_begins_with_the_question_it_answers() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for directory in ["src", "tests", "benches"] {
        for path in sources(&root.join(directory)) {
            let text = std::fs::read_to_string(&path).unwrap();
            let first = text.lines().next().unwrap_or_default();
            assert!(
                first.starts_with("//! "),
                "{} begins with {first:?}",
                path.display()
            );
            assert_ne!(path.file_name().unwrap(), "mod.rs", "{}", path.display());
        }
    }
}

#[test]
fn foreign_crates_stay_at_their_edge() {
    let edges = [
        ("feed_rs", ["parse"].as_slice()),
        ("reqwest", &["fetch", "channel"]),
        ("rusqlite", &["store"]),
        ("zbus", &["channel"]),
        ("html5ever", &["normalise"]),
        ("minijinja", &["render"]),
        ("lettre", &["channel", "config"]),
        ("clap", &["cli"]),
        ("sd_notify", &["daemon"]),
    ];
    for (path, module, text) in modules() {
        for (name, homes) in edges {
            let named = text.contains(&format!("{name}::"));
            assert!(
                !named || homes.contains(&module.as_str()),
                "{} names {name}",
                path.display()
            );
        }
    }
}

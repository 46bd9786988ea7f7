//! Which functions does a poll run? They are to stand together in the program.
//!
//! Code comes into memory by 64 kB where it is run. A poll runs a quarter of the program's code; strewn over all of it,
//! it brings in nearly everything.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

/// Where the linker is told.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/packaging/layout.ld");

/// What stands there too, each for itself: the service runs much of it, or a poll over TLS or of a compressed
/// document, which is not measured here.
const ALSO: [&str; 12] = [
    "newsbell::daemon",
    "newsbell::deliver",
    "newsbell::channel",
    "newsbell::render",
    "rustls",
    "webpki",
    "h2",
    "async_compression",
    "miniz_oxide",
    "brotli_decompressor",
    "zbus",
    "zvariant",
];

const HEAD: &str = "\
/* Which functions stand together in the program? Those that a poll runs, so that the memory holds little else.
 * Written by `cargo bench --bench polls -- --layout`; build.rs hands it to the linker. A name that no function has any
 * more does nothing, and a function that is not here stands with the others. */
";

/// The functions that were run.
#[derive(Debug, Default)]
pub struct Layout(BTreeSet<String>);

impl Layout {
    /// Runs a command of the program in `dir`, by callgrind, and notes its functions.
    pub fn watch(&mut self, command: &[String], dir: &Path) {
        let noted = dir.join("callgrind");
        let output = Command::new("valgrind")
            .args(["--quiet", "--tool=callgrind", "--demangle=no"])
            .arg(format!("--callgrind-out-file={}", noted.display()))
            .args(command)
            .current_dir(dir)
            .output()
            // The package `valgrind` has it.
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        let noted = std::fs::read_to_string(noted).unwrap();
        self.0
            .extend(functions(&noted, &command[0]).filter_map(pattern));
    }

    /// Tells the linker.
    pub fn write(&self) {
        let mut script = format!("{HEAD}SECTIONS\n{{\n    .text.poll :\n    {{\n");
        let mut add = |pattern: &str| {
            script.push_str(&format!("        *(.text.{pattern})\n"));
        };
        self.0.iter().for_each(|pattern| add(pattern));
        for path in ALSO {
            let parts = path.split("::");
            let parts: Vec<String> = parts.map(|part| format!("{}{part}", part.len())).collect();
            add(&format!("_ZN{}*", parts.concat()));
            add(&format!("_ZN*${}..*", path.replace("::", "..")));
        }
        // What the compiler took for rare, wherever it is.
        add("unlikely.*");
        script.push_str("    }\n}\nINSERT BEFORE .text;\n");
        std::fs::write(SCRIPT, script).unwrap();
        println!("{} functions: {SCRIPT}", self.0.len());
    }
}

/// The functions of a program in what callgrind noted (format of its manual, 3.1): each name is told once, with a
/// number that stands for it afterwards.
fn functions<'n>(noted: &'n str, program: &str) -> impl Iterator<Item = &'n str> {
    let mut objects = BTreeSet::new();
    let mut is_own = false;
    let mut own = BTreeSet::new();
    let mut names = BTreeMap::new();
    for line in noted.lines() {
        let Some((key, value)) = line.split_once('=') else {
            continue;
        };
        let (number, name) = value.split_once(' ').unwrap_or((value, ""));
        match key {
            "ob" | "cob" => {
                // It knows the name of what is in `.text` only, not of what this has moved already.
                if name.ends_with(program) || name == "???" {
                    objects.insert(number);
                }
                if key == "ob" {
                    is_own = objects.contains(number);
                }
            }
            "fn" | "cfn" => {
                if !name.is_empty() {
                    names.insert(number, name);
                }
                if key == "fn" && is_own {
                    own.insert(number);
                }
            }
            _ => {}
        }
    }
    own.into_iter()
        .filter_map(move |number| names.get(number).copied())
}

/// What the names of a function have in common from build to build, as the linker matches them.
fn pattern(function: &str) -> Option<String> {
    // callgrind tells recursions apart.
    let function = function.split('\'').next()?;
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || "_$.".contains(letter);
    if function.starts_with("0x") || !function.chars().all(is_part) {
        return None;
    }
    if function.starts_with("_ZN") {
        // Ends with `17h`, a hash of sixteen digits, and `E`.
        let hash = function.rfind("17h")?;
        return Some(format!("{}*", &function[..hash + 3]));
    }
    if function.starts_with("_R") {
        // A crate is told by `Cs`, a number in base 62, and `_`.
        let mut pattern = String::new();
        let mut rest = function.split('.').next()?;
        while let Some((before, after)) = rest.split_once("Cs") {
            pattern.push_str(before);
            pattern.push_str("Cs*_");
            rest = after.split_once('_').map_or("", |(_, rest)| rest);
        }
        return Some(pattern + rest + "*");
    }
    // C: what the compiler has made of a function is named after a dot.
    let name = function.split('.').next()?;
    Some(if name == function {
        name.to_owned()
    } else {
        format!("{name}.*")
    })
}

//! Is what the README and `--help` say true?

use std::path::Path;

use crate::program::newsbell;

fn read(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

fn help() -> String {
    let output = newsbell()
        .arg("--help")
        .assert()
        .success()
        .get_output()
        .stdout
        .clone();
    String::from_utf8(output).unwrap()
}

/// The commands that `--help` lists.
fn commands() -> Vec<String> {
    let help = help();
    let list = help.split("Commands:\n").nth(1).unwrap();
    let lines = list.lines().take_while(|line| !line.is_empty());
    lines
        .map(|line| line.split_whitespace().next().unwrap().to_owned())
        .filter(|command| command != "help")
        .collect()
}

#[test]
fn the_readme_is_short_and_names_every_command_and_no_other() {
    let readme = read("README.md");
    let lines = readme.lines().count();
    assert!(lines <= 200, "{lines} lines");
    for command in commands() {
        assert!(
            readme.contains(&format!("| `{command}")),
            "`{command}` is not in the table"
        );
    }
    for (at, found) in readme.match_indices("`newsbell ") {
        let named = readme[at + found.len()..].split([' ', '`']).next().unwrap();
        let known = named.starts_with('-') || commands().iter().any(|command| command == named);
        assert!(known, "there is no `newsbell {named}`");
    }
}

#[test]
fn the_readmes_commands_and_files_exist() {
    let readme = read("README.md");
    assert!(readme.contains("cargo run --release -- poll --config config/quickstart.toml"));
    assert!(readme.contains("tests/run"));
    assert!(read(".ci/run").contains("tests/run"));
    for name in readme.split(['`', '(', ')', ' ', '\n']) {
        let is_ours = [
            "src/", "config/", "tests/", "systemd/", "benches/", "assets/",
        ]
        .iter()
        .any(|directory| name.starts_with(directory));
        if is_ours {
            let path = name.trim_end_matches([',', '.', ':']);
            assert!(
                Path::new(env!("CARGO_MANIFEST_DIR")).join(path).exists(),
                "{path} is not there"
            );
        }
    }
}

#[test]
fn the_readmes_configurations_are_right() {
    let readme = read("README.md");
    let mut found = 0;
    for block in readme.split("```toml\n").skip(1) {
        let text = block.split("```").next().unwrap();
        let dir = tempfile::TempDir::new().unwrap();
        let path = dir.path().join("newsbell.toml");
        std::fs::write(&path, text).unwrap();
        if let Err(error) = newsbell::config::Config::load(&path) {
            panic!("{error}");
        }
        found += 1;
    }
    assert!(found > 0, "the README shows no configuration");
}

#[test]
fn the_changelog_knows_this_version() {
    assert!(read("CHANGELOG.md").contains(&format!("## {}", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn help_is_what_a_person_reads() {
    insta::assert_snapshot!(help());
}

//! How does a test start a program that may be missing?

use std::path::PathBuf;
use std::process::{Command, Stdio};

/// A command of this machine, or a test failure that says how to get it.
pub fn tool(name: &str) -> Command {
    let found = Command::new("which")
        .arg(name)
        .stdout(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    assert!(
        found,
        "{name} is missing, and this test cannot do without: run tests/lab/install"
    );
    Command::new(name)
}

/// A script of `tests/lab`, by its name.
pub fn script(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "lab", name]
        .iter()
        .collect()
}

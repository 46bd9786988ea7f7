//! How is the program linked?
//!
//! With packed relative relocations (`DT_RELR` of the System V ABI) where the C library knows them: the table of
//! addresses that the loader adjusts at every start takes 13 kB instead of 900, and all of it is read. And with the
//! functions that a poll runs beside each other (`packaging/layout.ld`), so that other code stays out of memory.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

const LAYOUT: &str = "packaging/layout.ld";

/// The first glibc that loads programs with packed relocations.
const GLIBC: (u32, u32) = (2, 36);

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={LAYOUT}");
    if is_for_this_machine() && glibc().is_some_and(|version| version >= GLIBC) {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
    if variable("PROFILE") == "release" && is_linked_as_usual() {
        // A copy beside what is built: where the sources were then, they may not be any more.
        let copy = Path::new(&variable("OUT_DIR")).join("layout.ld");
        match fs::copy(LAYOUT, &copy) {
            Ok(_) => println!("cargo::rustc-link-arg-bins=-T{}", copy.display()),
            Err(error) => println!("cargo::error={LAYOUT} cannot be copied: {error}"),
        }
    }
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_default()
}

/// Elsewhere the C library may be another.
fn is_for_this_machine() -> bool {
    variable("HOST") == variable("TARGET") && variable("CARGO_CFG_TARGET_ENV") == "gnu"
}

/// LLD and the linker of GNU binutils take a script beside their own, others do not.
fn is_linked_as_usual() -> bool {
    variable("CARGO_CFG_TARGET_ENV") == "gnu"
        && variable("RUSTC_LINKER").is_empty()
        && !variable("CARGO_ENCODED_RUSTFLAGS").contains("link")
}

/// The version of the C library.
fn glibc() -> Option<(u32, u32)> {
    let said = Command::new("getconf")
        .arg("GNU_LIBC_VERSION")
        .output()
        .ok()?;
    let said = String::from_utf8(said.stdout).ok()?;
    let (major, rest) = said.trim().strip_prefix("glibc ")?.split_once('.')?;
    let minor = rest.split('.').next()?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

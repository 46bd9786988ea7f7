//! How is the program linked?
//!
//! With packed relative relocations (`DT_RELR` of the System V ABI) where the C library knows them: the table of
//! addresses that the loader adjusts at every start takes 13 kB instead of 900, and all of it is read.

use std::env;
use std::process::Command;

/// The first glibc that loads programs that are linked so.
const GLIBC: (u32, u32) = (2, 36);

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if is_for_this_machine() && glibc().is_some_and(|version| version >= GLIBC) {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

/// Elsewhere the C library may be another.
fn is_for_this_machine() -> bool {
    let of = |name: &str| env::var(name).unwrap_or_default();
    of("HOST") == of("TARGET") && of("CARGO_CFG_TARGET_ENV") == "gnu"
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

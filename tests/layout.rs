//! Does the program still have the functions that the linker puts together?

use std::process::Command;

#[test]
fn the_linker_is_told_of_functions_that_there_are() {
    let nm = Command::new("nm")
        .arg(env!("CARGO_BIN_EXE_newsbell"))
        .output()
        .expect("nm is missing: sudo apt-get install binutils");
    assert!(nm.status.success(), "{nm:?}");
    let said = String::from_utf8_lossy(&nm.stdout);
    let mut symbols: Vec<&str> = said
        .lines()
        .filter_map(|line| line.split(' ').nth(2))
        .collect();
    symbols.sort_unstable();
    let is_known = |start: &&str| {
        let at = symbols.partition_point(|symbol| symbol < start);
        symbols
            .get(at)
            .is_some_and(|symbol| symbol.starts_with(start))
    };

    let script = include_str!("../packaging/layout.ld");
    let told = script.split_whitespace();
    // The program's own: those of libraries change with their versions, and the compiler makes other copies of them.
    let own = told.filter_map(|word| word.strip_prefix("*(.text._ZN8newsbell"));
    let own: Vec<String> = own
        .map(|rest| format!("_ZN8newsbell{}", rest.trim_end_matches("*)")))
        .collect();
    let known = own.iter().filter(|start| is_known(&start.as_str())).count();
    // Functions come and go, and the others stand together all the same.
    assert!(
        own.len() > 100 && known * 10 >= own.len() * 8,
        "{known} of {} are there: `cargo bench --bench polls -- --layout` finds out anew",
        own.len()
    );
}

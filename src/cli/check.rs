//! `newsbell check`: is the configuration right?

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use crate::config::Config;

pub(super) fn run(path: &Path) -> anyhow::Result<ExitCode> {
    let config = Config::load(path)?;
    let mut out = std::io::stdout().lock();
    for file in &config.files {
        writeln!(out, "read {}", file.display())?;
    }
    let (feeds, rules) = (config.feeds.len(), config.rules.len());
    writeln!(out, "ok: {feeds} feeds, {rules} rules")?;
    if config.feeds.is_empty() {
        writeln!(out, "but there is no [[feed]], so nothing will be polled")?;
    }
    if config.rules.is_empty() {
        writeln!(out, "but there is no [[rule]], so nothing will ring")?;
    }
    Ok(ExitCode::SUCCESS)
}

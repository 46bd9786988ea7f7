//! `newsbell init`: a first configuration.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;

use crate::config;

const STARTER: &str = include_str!("../../config/starter.toml");

pub(super) fn run(said: Option<&Path>) -> anyhow::Result<ExitCode> {
    let path = said.map_or_else(config::home_config, Path::to_owned);
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)
            .with_context(|| format!("cannot make the directory {}", parent.display()))?;
    }
    match File::create_new(&path) {
        Ok(mut file) => file
            .write_all(STARTER.as_bytes())
            .and_then(|()| file.sync_all())
            .with_context(|| format!("cannot write {}", path.display()))?,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => anyhow::bail!(
            "{} is there already and was left as it is\n  help: edit it, or write another with `newsbell --config FILE init`",
            path.display()
        ),
        Err(error) => {
            return Err(error).with_context(|| format!("cannot write {}", path.display()));
        }
    }
    let with = said.map_or_else(String::new, |_| format!(" --config {}", path.display()));
    let mut out = std::io::stdout().lock();
    writeln!(out, "wrote {}", path.display())?;
    writeln!(out, "edit its feeds and rules, then:")?;
    writeln!(out, "  newsbell{with} check    is it right?")?;
    writeln!(
        out,
        "  newsbell{with} poll     poll once and see what matches"
    )?;
    writeln!(out, "  newsbell{with} run      keep watching")?;
    Ok(ExitCode::SUCCESS)
}

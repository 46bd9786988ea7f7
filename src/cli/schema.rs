//! `newsbell schema`: which keys has the configuration? For editors.

use std::io::Write;
use std::process::ExitCode;

use crate::config::schema;

pub(super) fn run() -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{:#}", schema::json())?;
    Ok(ExitCode::SUCCESS)
}

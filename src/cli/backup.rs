//! `newsbell backup`: a copy of the database, also while the service writes it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::open;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where the copy goes: a file that is not there yet
    file: PathBuf,
}

pub(super) fn run(path: &Path, args: &Args) -> anyhow::Result<ExitCode> {
    let (_, reader) = open(path)?;
    let bytes = reader.backup(&args.file)?;
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "wrote {} ({} KiB)",
        args.file.display(),
        bytes.div_ceil(1024)
    )?;
    writeln!(
        out,
        "to use it, stop newsbell and put it in the place of its database"
    )?;
    Ok(ExitCode::SUCCESS)
}

//! `newsbell init`: a first configuration, and the word lists it includes.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;

use crate::config::{self, schema};

const STARTER: &str = include_str!("../../config/starter.toml");

/// Word lists that the first configuration includes, relative to it.
const WORDS: (&str, &str) = (
    "words/countries.toml",
    include_str!("../../config/words/countries.toml"),
);

/// The schema that the first configuration names, for editors.
const SCHEMA: &str = "newsbell.schema.json";

pub(super) fn run(said: Option<&Path>) -> anyhow::Result<ExitCode> {
    let path = said.map_or_else(config::home_config, Path::to_owned);
    make_parent(&path)?;
    let mut file = match File::create_new(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => anyhow::bail!(
            "{} is there already and was left as it is\n  help: edit it, or write another with `newsbell --config FILE init`",
            path.display()
        ),
        Err(error) => return Err(cannot_write(error, &path)),
    };
    let words = path.with_file_name(WORDS.0);
    make_parent(&words)?;
    let wrote_words = match File::create_new(&words) {
        Ok(mut file) => {
            write(&mut file, WORDS.1, &words)?;
            true
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => false,
        Err(error) => return Err(cannot_write(error, &words)),
    };
    let schema = path.with_file_name(SCHEMA);
    match File::create_new(&schema) {
        Ok(mut file) => write(&mut file, &format!("{:#}\n", schema::json()), &schema)?,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(cannot_write(error, &schema)),
    }
    write(&mut file, STARTER, &path)?;

    let with = said.map_or_else(String::new, |_| format!(" --config {}", path.display()));
    let mut out = std::io::stdout().lock();
    writeln!(out, "wrote {}", path.display())?;
    if wrote_words {
        writeln!(out, "wrote {}", words.display())?;
    }
    writeln!(out, "edit the feeds and rules, then:")?;
    writeln!(out, "  newsbell{with} check    is it right?")?;
    writeln!(
        out,
        "  newsbell{with} poll     poll once and see what matches"
    )?;
    writeln!(out, "  newsbell{with} run      keep watching")?;
    Ok(ExitCode::SUCCESS)
}

fn make_parent(path: &Path) -> anyhow::Result<()> {
    let Some(parent) = path.parent() else {
        return Ok(());
    };
    std::fs::create_dir_all(parent)
        .with_context(|| format!("cannot make the directory {}", parent.display()))
}

fn write(file: &mut File, text: &str, path: &Path) -> anyhow::Result<()> {
    file.write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(|error| cannot_write(error, path))
}

fn cannot_write(error: std::io::Error, path: &Path) -> anyhow::Error {
    anyhow::Error::new(error).context(format!("cannot write {}", path.display()))
}

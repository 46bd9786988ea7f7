//! `newsbell man` and `newsbell completions`: what do shells and readers of manuals want to know?

use std::io::Write;
use std::process::ExitCode;

use clap::{Command, ValueEnum};
use clap_complete::Shell;

use crate::config::file::Kind;
use crate::config::schema::{self, Key};

/// Which page, or which shell.
#[derive(Debug, clap::Args)]
pub(super) struct Man {
    /// The page
    #[arg(value_enum, default_value_t = Page::Newsbell)]
    page: Page,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Page {
    /// newsbell(1): the commands
    Newsbell,
    /// newsbell.toml(5): the configuration
    #[value(name = "newsbell.toml")]
    Configuration,
}

#[derive(Debug, clap::Args)]
pub(super) struct Completions {
    /// The shell
    shell: Shell,
}

/// Prints a page of the manual, in roff.
pub(super) fn run(args: &Man, command: Command) -> anyhow::Result<ExitCode> {
    let mut page = Vec::new();
    match args.page {
        Page::Newsbell => commands(command, &mut page)?,
        Page::Configuration => configuration(&mut page)?,
    }
    std::io::stdout().lock().write_all(&page)?;
    Ok(ExitCode::SUCCESS)
}

/// Prints the completions of a shell.
pub(super) fn completions(args: &Completions, mut command: Command) -> anyhow::Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "newsbell", &mut script);
    std::io::stdout().lock().write_all(&script)?;
    Ok(ExitCode::SUCCESS)
}

/// newsbell(1): what `--help` says of the program and of each command.
fn commands(mut command: Command, page: &mut Vec<u8>) -> anyhow::Result<()> {
    command.build();
    let man = clap_mangen::Man::new(command.clone().disable_help_subcommand(true));
    man.render_title(page)?;
    man.render_name_section(page)?;
    man.render_synopsis_section(page)?;
    man.render_description_section(page)?;
    man.render_options_section(page)?;
    writeln!(page, ".SH COMMANDS")?;
    for one in command
        .get_subcommands()
        .filter(|one| one.get_name() != "help")
    {
        of_command(one, "newsbell", page)?;
    }
    for (title, lines) in [
        (
            "FILES",
            &[
                (
                    "~/.config/newsbell/newsbell.toml",
                    "the configuration, with conf.d/*.toml beside it; see newsbell.toml(5)",
                ),
                ("/etc/newsbell/newsbell.toml", "the same for the machine"),
                (
                    "~/.local/state/newsbell/newsbell.db",
                    "what was found; a service of the machine has /var/lib/newsbell/newsbell.db",
                ),
            ][..],
        ),
        (
            "ENVIRONMENT",
            &[
                (
                    "NEWSBELL_CONFIG",
                    "the configuration, unless --config names another",
                ),
                (
                    "NEWSBELL_LOG",
                    "what is logged: debug, or newsbell::poll=trace",
                ),
                ("NEWSBELL_LOG_FORMAT", "json for a line of JSON an event"),
                ("NO_COLOR", "no colours"),
            ],
        ),
        (
            "EXIT STATUS",
            &[
                ("0", "well"),
                ("1", "failed"),
                ("2", "wrong usage"),
                ("65", "wrong input"),
                ("69", "no feed could be reached"),
                ("78", "wrong configuration"),
            ],
        ),
        (
            "SEE ALSO",
            &[("newsbell.toml(5), systemctl(1), journalctl(1)", "")],
        ),
    ] {
        writeln!(page, ".SH \"{title}\"")?;
        for (term, what) in lines {
            tagged(term, what, page)?;
        }
    }
    Ok(())
}

fn of_command(command: &Command, parent: &str, page: &mut Vec<u8>) -> anyhow::Result<()> {
    let name = format!("{parent} {}", command.get_name());
    writeln!(page, ".SS \"{}\"", roff(&name))?;
    let about = command.get_long_about().or(command.get_about());
    writeln!(
        page,
        "{}",
        roff(&about.map(ToString::to_string).unwrap_or_default())
    )?;
    for argument in command.get_arguments() {
        let global = matches!(argument.get_id().as_str(), "help" | "version" | "config");
        if global || argument.is_hide_set() {
            continue;
        }
        let help = argument
            .get_help()
            .map(ToString::to_string)
            .unwrap_or_default();
        tagged(&argument.to_string(), &help, page)?;
    }
    for one in command
        .get_subcommands()
        .filter(|one| one.get_name() != "help")
    {
        of_command(one, &name, page)?;
    }
    Ok(())
}

/// newsbell.toml(5): every key, as the shipped file explains it.
fn configuration(page: &mut Vec<u8>) -> anyhow::Result<()> {
    let version = env!("CARGO_PKG_VERSION");
    writeln!(page, ".TH newsbell.toml 5 \"\" \"newsbell {version}\"")?;
    writeln!(
        page,
        ".SH NAME\nnewsbell.toml \\- what newsbell watches, and how"
    )?;
    writeln!(page, ".SH DESCRIPTION")?;
    for text in [
        "A TOML document. A key that is not written has its default. `newsbell init` writes a first one, `newsbell \
         check` says what is wrong with it, `newsbell schema` prints its JSON Schema for editors.",
        "Files in conf.d/*.toml beside it are read too: their feeds and rules are added, and each setting may be \
         made in one file only. It is read again when one of its files changes.",
        "Lengths of time are written \"30s\", \"15m\", \"6h\", \"2d\", \"1w\" or \"1h30m\".",
    ] {
        writeln!(page, "{}\n.PP", roff(text))?;
    }
    let keys = schema::keys();
    writeln!(page, ".SH \"AT THE TOP OF THE FILE\"")?;
    for key in keys.iter().filter(|key| !key.path.contains('.')) {
        if !matches!(key.kind, Kind::Table | Kind::Tables) {
            explain(key, &key.path, page)?;
        }
    }
    // A table may have no key of its own in the list: those of channels are named by their kinds.
    let mut tables: Vec<&str> = keys
        .iter()
        .filter_map(|key| Some(key.path.rsplit_once('.')?.0))
        .collect();
    tables.sort_unstable();
    tables.dedup();
    for table in tables {
        let of_table = keys.iter().find(|key| key.path == table);
        let many = of_table.is_some_and(|key| key.kind == Kind::Tables);
        let title = if many {
            format!("[[{table}]]")
        } else {
            format!("[{table}]")
        };
        writeln!(page, ".SH \"{}\"", roff(&title))?;
        if let Some(key) = of_table {
            writeln!(page, "{}", roff(&key.what))?;
        }
        for key in &keys {
            let name = key
                .path
                .strip_prefix(table)
                .and_then(|rest| rest.strip_prefix('.'));
            if let Some(name) = name.filter(|name| !name.contains('.')) {
                explain(key, name, page)?;
            }
        }
    }
    writeln!(page, ".SH \"SEE ALSO\"\nnewsbell(1)")?;
    Ok(())
}

fn explain(key: &Key, name: &str, page: &mut Vec<u8>) -> anyhow::Result<()> {
    if matches!(key.kind, Kind::Table | Kind::Tables) {
        return Ok(());
    }
    let must = if key.required {
        "(must be written) "
    } else {
        ""
    };
    let shown = if key.shown.is_empty() {
        String::new()
    } else {
        format!(" = {}", key.shown)
    };
    tagged(
        &format!("{name}{shown}"),
        &format!("{must}{}", key.what),
        page,
    )
}

fn tagged(term: &str, what: &str, page: &mut Vec<u8>) -> anyhow::Result<()> {
    writeln!(page, ".TP\n.B {}\n{}", roff(term), roff(what))?;
    Ok(())
}

/// Plain text as roff: no backslash, hyphen or line's beginning means anything.
fn roff(text: &str) -> String {
    let text = text
        .replace('\\', "\\e")
        .replace('-', "\\-")
        .replace('"', "\\(dq");
    let lines = text.lines().map(|line| {
        if line.starts_with(['.', '\'']) {
            format!("\\&{line}")
        } else {
            line.to_owned()
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::roff;

    #[test]
    fn nothing_in_a_text_is_a_command_of_roff() {
        assert_eq!(roff(".SH x"), "\\&.SH x");
        assert_eq!(
            roff("a\n'b \\fB -c \"d\""),
            "a\n\\&'b \\efB \\-c \\(dqd\\(dq"
        );
    }
}

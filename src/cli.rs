//! Which command is it, and with which exit code does it end?

mod backup;
mod check;
mod doctor;
mod feeds;
mod hits;
mod init;
mod man;
mod mute;
mod opml;
mod outbox;
mod parse;
mod poll;
mod replay;
mod rules;
mod run;
mod schema;
mod show;
mod status;
mod stories;
mod test_channel;
mod trial;
mod why;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use tracing_subscriber::filter::LevelFilter;

use crate::config::{self, Config, ConfigError};
use crate::store::{Reader, StoreError};
use crate::telemetry;

/// Watches news feeds and rings when a story matches a rule.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, after_help = EXIT_CODES)]
struct Args {
    /// Configuration file [default: `$NEWSBELL_CONFIG`, else
    /// `$XDG_CONFIG_HOME/newsbell/newsbell.toml`, else /etc/newsbell/newsbell.toml]; conf.d/*.toml beside it is read too
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 ok, 1 failed, 2 wrong usage, 65 wrong input, 69 no feed or channel could be reached, \
    78 wrong configuration.\nLog levels: NEWSBELL_LOG=debug (or warn, info, newsbell::poll=trace); \
    as JSON: NEWSBELL_LOG_FORMAT=json.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Watch the feeds until stopped: the service
    Run,
    /// Poll every feed once, now, and print what rang and why
    Poll,
    /// Check the configuration and print every mistake in it
    Check,
    /// Write a first configuration and its word lists, never over existing ones
    Init,
    /// List hits, newest first
    Hits(hits::Args),
    /// List the stories of the day, those of most feeds first
    Stories(stories::Args),
    /// Say what every rule made of an item, and why it did not ring
    Why(why::Args),
    /// Try a query on the stored items: what would it have rung for?
    Try(trial::Args),
    /// Show what each rule brings and costs
    Rules,
    /// Show how the feeds are; add, remove or check them
    Feeds(feeds::Args),
    /// Add the feeds of an OPML document to the configuration
    Import(opml::Import),
    /// Print the feeds as an OPML document
    Export,
    /// Show what the parser sees in feed documents
    Parse(parse::Args),
    /// Run rules, stories and policy over recorded items; no network, no database
    Replay(replay::Args),
    /// Keep a rule, story or feed from ringing for a while, or list what is muted
    Mute(mute::Args),
    /// Let it ring again, a story also under rules that you found it not relevant to
    Unmute(mute::Unmute),
    /// Show what no channel has taken yet, and what was given up; send it again
    Outbox(outbox::Args),
    /// Send a sample alert on a channel and say exactly what happened
    TestChannel(test_channel::Args),
    /// Show how newsbell is: configuration, feeds, hits, outbox
    Status,
    /// Find out what keeps newsbell from working here, and what to do about it
    Doctor,
    /// Copy the database, also while the service runs
    Backup(backup::Args),
    /// Print the JSON Schema of the configuration, for editors
    Schema,
    /// Print the completions of a shell
    Completions(man::Completions),
    /// Print a page of the manual: `newsbell man | man -l -`
    Man(man::Man),
}

/// Exit code of a run-time failure.
const FAILED: u8 = 1;
/// The command line is wrong.
const USAGE: u8 = 2;
/// `EX_DATAERR` of sysexits.h: documents or recorded items that cannot be read.
const DATA: u8 = 65;
/// `EX_UNAVAILABLE` of sysexits.h: no feed, or not the channel, could be reached.
const UNREACHABLE: u8 = 69;
/// `EX_CONFIG` of sysexits.h: the unit does not restart after it.
const CONFIG: u8 = 78;

/// Runs the program: arguments in, exit code out.
pub fn main() -> ExitCode {
    let args = Args::parse();
    telemetry::init(match args.command {
        // The log is one of the channels.
        Command::Run | Command::TestChannel(_) => LevelFilter::INFO,
        _ => LevelFilter::WARN,
    });
    let path = config::locate(args.config.as_deref());
    let done = match args.command {
        Command::Run => run::run(&path),
        Command::Poll => poll::run(&path),
        Command::Check => check::run(&path),
        Command::Init => init::run(args.config.as_deref()),
        Command::Hits(args) => hits::run(&path, &args),
        Command::Stories(args) => stories::run(&path, &args),
        Command::Why(args) => why::run(&path, &args),
        Command::Try(args) => trial::run(&path, &args),
        Command::Rules => rules::run(&path),
        Command::Feeds(args) => feeds::run(&path, &args),
        Command::Import(args) => opml::import(&path, &args),
        Command::Export => opml::export(&path),
        Command::Parse(args) => parse::run(&args),
        Command::Replay(args) => replay::run(&path, &args),
        Command::Mute(args) => mute::mute(&path, &args),
        Command::Unmute(args) => mute::unmute(&path, &args),
        Command::Outbox(args) => outbox::run(&path, &args),
        Command::TestChannel(args) => test_channel::run(&path, &args),
        Command::Status => status::run(&path),
        Command::Doctor => doctor::run(&path),
        Command::Backup(args) => backup::run(&path, &args),
        Command::Schema => schema::run(),
        Command::Completions(args) => man::completions(&args, Args::command()),
        Command::Man(args) => man::run(&args, Args::command()),
    };
    match done {
        Ok(code) => code,
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            let config = error.downcast_ref::<ConfigError>();
            let text = match config {
                Some(ConfigError::Wrong(problems)) => {
                    let count = problems.count();
                    let s = if count == 1 { "" } else { "s" };
                    let colour = show::colour(&std::io::stderr());
                    format!("{}{count} mistake{s}: see above\n", problems.render(colour))
                }
                // These tell their cause themselves, before they say what helps.
                None if error.is::<StoreError>() => format!("error: {error}\n"),
                Some(ConfigError::Unreadable { .. }) => format!("error: {error}\n"),
                None => format!("error: {error:#}\n"),
            };
            // There is nowhere left to complain if stderr is closed.
            let _ = std::io::stderr().write_all(text.as_bytes());
            ExitCode::from(if config.is_some() { CONFIG } else { FAILED })
        }
    }
}

/// Whether the reader of our output has gone, as `head` does.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(|cause| cause.kind() == std::io::ErrorKind::BrokenPipe)
    })
}

/// The configuration and a read-only look at its database.
fn open(path: &Path) -> anyhow::Result<(Config, Reader)> {
    let config = Config::load(path)?;
    let reader = Reader::open(&config.store.path)?;
    Ok((config, reader))
}

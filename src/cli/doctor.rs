//! `newsbell doctor`: what keeps newsbell from working here, and what is to be done about it?

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use url::Url;

use super::run::runtime;
use super::{FAILED, show};
use crate::channel::desktop::Desktop;
use crate::clock::Clock;
use crate::config::{self, Config};
use crate::store::{Reader, Store, StoreError};
use crate::text;

/// Servers that are tried to see whether there is a network.
const SERVERS: usize = 3;

/// How long each of them may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Times this far ahead are not a matter of two clocks that differ a little.
const AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// Where unit files are, by the manager that reads them. `~` is the user's home.
const UNITS: [(&str, &[&str]); 2] = [
    (
        "systemctl --user",
        &[
            "~/.config/systemd/user",
            "/etc/systemd/user",
            "/usr/local/lib/systemd/user",
            "/usr/lib/systemd/user",
        ],
    ),
    (
        "systemctl",
        &["/etc/systemd/system", "/usr/lib/systemd/system"],
    ),
];

const UNIT: &str = "newsbell.service";

/// What one look at something came to.
enum Finding {
    /// All is well.
    Well(String),
    /// It works, and could be better.
    Doubt(String, String),
    /// It does not work: what is wrong, and what to do.
    Wrong(String, String),
}
use Finding::{Doubt, Well, Wrong};

pub(super) fn run(path: &Path) -> anyhow::Result<ExitCode> {
    let now = Clock::wall().now();
    let mut findings = Vec::new();
    let config = match config::check(path) {
        Ok(checked) => {
            findings.push(("config", of_config(&checked.config)));
            if checked.doubts.count() > 0 {
                findings.push((
                    "",
                    Doubt(
                        format!("{} doubts", checked.doubts.count()),
                        "`newsbell check` shows them".to_owned(),
                    ),
                ));
            }
            Some(checked.config)
        }
        Err(error) => {
            let help = "`newsbell check` shows every mistake; `newsbell init` writes a first configuration";
            findings.push(("config", Wrong(error.first_line(), help.to_owned())));
            None
        }
    };
    if let Some(config) = &config {
        findings.push(("state", state(&config.store.path)));
        let (database, clock) = database(config, now);
        findings.push(("database", database));
        findings.push(("clock", clock));
    }
    findings.push(("service", service(config.as_ref())));
    let (desktop, network) = runtime()?.block_on(async {
        let rings = config.as_ref().is_none_or(|config| {
            let mut channels = config.rules.iter().flat_map(|rule| &rule.channels);
            channels.any(|channel| channel == config::DESKTOP)
        });
        let desktop = if rings { Some(desktop().await) } else { None };
        let network = match &config {
            Some(config) => network(config).await,
            None => None,
        };
        (desktop, network)
    });
    findings.extend(desktop.map(|finding| ("desktop", finding)));
    findings.extend(network.map(|finding| ("network", finding)));
    print(&findings)
}

fn print(findings: &[(&str, Finding)]) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    let mut wrong = 0;
    for (what, finding) in findings {
        let (word, said, help) = match finding {
            Well(said) => ("ok", said, None),
            Doubt(said, help) => ("doubt", said, Some(help)),
            Wrong(said, help) => {
                wrong += 1;
                ("WRONG", said, Some(help))
            }
        };
        writeln!(out, "{what:<9} {word:<6} {}", text::printable(said))?;
        if let Some(help) = help {
            writeln!(out, "                 {}", text::printable(help))?;
        }
    }
    if wrong == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    writeln!(out, "{wrong} of these keep newsbell from working")?;
    Ok(ExitCode::from(FAILED))
}

fn of_config(config: &Config) -> Finding {
    let said = format!(
        "{} feeds, {} rules in {} files",
        config.feeds.len(),
        config.rules.len(),
        config.files.len()
    );
    if config.feeds.is_empty() || config.rules.is_empty() {
        let help = "without a [[feed]] nothing is polled, without a [[rule]] nothing rings";
        return Doubt(said, help.to_owned());
    }
    Well(said)
}

/// Whether the database can be written where it is to be, and nobody else can read it.
fn state(database: &Path) -> Finding {
    let directory = database.parent().unwrap_or(Path::new("."));
    if Store::owner(database).is_none() {
        // Whoever owns it knows best whether it can be written.
        let probe = directory.join(".newsbell-doctor");
        let written = std::fs::create_dir_all(directory)
            .and_then(|()| std::fs::write(&probe, b"x"))
            .and_then(|()| std::fs::remove_file(&probe));
        if let Err(error) = written {
            let help =
                "check who owns the directory, that the disk has room and is not mounted read-only";
            return Wrong(
                format!("{} cannot be written: {error}", directory.display()),
                help.to_owned(),
            );
        }
    }
    let open = |path: &Path| {
        path.metadata()
            .is_ok_and(|meta| meta.permissions().mode() & 0o077 != 0)
    };
    if open(database) && open(directory) {
        let help = format!("chmod 700 {}", directory.display());
        return Doubt(
            format!("others on this machine can read {}", database.display()),
            help,
        );
    }
    Well(format!("{} can be written", directory.display()))
}

/// Whether the database is whole, and the clock behind none of the times in it.
fn database(config: &Config, now: Timestamp) -> (Finding, Finding) {
    let clock_is_well = || Well(format!("it is {}", show::time(now)));
    let path = &config.store.path;
    let mut reader = match Reader::open(path) {
        Ok(reader) => reader,
        Err(StoreError::Missing { .. }) => {
            let said = format!(
                "{} is not there yet: `newsbell run` makes it",
                path.display()
            );
            return (Well(said), clock_is_well());
        }
        Err(error) => return (wrong(&error), clock_is_well()),
    };
    let database = match reader.check() {
        Ok(()) => {
            let size = path.metadata().map_or(0, |meta| meta.len());
            Well(format!(
                "{} is whole ({} KiB)",
                path.display(),
                size.div_ceil(1024)
            ))
        }
        Err(error) => wrong(&error),
    };
    let last = reader.read(|tx| {
        let mut last = None;
        for feed in &config.feeds {
            last = last.max(
                tx.feed_row(&feed.url, now)?
                    .and_then(|row| row.state.last_poll_at),
            );
        }
        Ok(last)
    });
    let clock = match last {
        Ok(Some(last)) if last.duration_since(now) > AHEAD => {
            let said = format!(
                "it is {}, but a feed was polled at {}",
                show::time(now),
                show::time(last)
            );
            Wrong(said, "set the clock (timedatectl set-ntp true)".to_owned())
        }
        _ => clock_is_well(),
    };
    (database, clock)
}

/// An error of the store that says itself what helps.
fn wrong(error: &StoreError) -> Finding {
    let said = error.to_string();
    let (said, help) = said
        .split_once("\n  help: ")
        .unwrap_or((&said, "see the log"));
    Wrong(said.to_owned(), help.to_owned())
}

/// Whether a service runs, or could.
fn service(config: Option<&Config>) -> Finding {
    let owner = config.and_then(|config| Store::owner(&config.store.path));
    if let Some(owner) = owner {
        let running = format!("running ({})", owner.name);
        return match owner.trouble {
            Some(trouble) => Doubt(running, trouble),
            None => Well(running),
        };
    }
    let home = std::env::var_os("HOME")
        .map(PathBuf::from)
        .unwrap_or_default();
    for (manager, directories) in UNITS {
        for directory in directories {
            let directory = match directory.strip_prefix("~/") {
                Some(rest) => home.join(rest),
                None => PathBuf::from(directory),
            };
            let unit = directory.join(UNIT);
            if unit.exists() {
                let help = format!("{manager} enable --now newsbell");
                return Doubt(
                    format!("{} is there, but newsbell is not running", unit.display()),
                    help,
                );
            }
        }
    }
    let help = "the README says how to install newsbell.service; `newsbell run` does without";
    Doubt(
        "not running, and no unit is installed".to_owned(),
        help.to_owned(),
    )
}

/// Whether somebody would see a notification.
async fn desktop() -> Finding {
    match Desktop::default().answers().await {
        Ok(()) => Well("a notification server answers".to_owned()),
        Err(fault) => Doubt(fault.to_string(), "until it does, alerts wait".to_owned()),
    }
}

/// Whether servers of feeds can be reached.
async fn network(config: &Config) -> Option<Finding> {
    let direct = config
        .feeds
        .iter()
        .filter(|feed| !feed.is_at_home() && feed.access.proxy.is_none());
    let mut hosts: Vec<&Url> = Vec::new();
    for feed in direct {
        if hosts.len() < SERVERS && hosts.iter().all(|known| known.host() != feed.url.host()) {
            hosts.push(&feed.url);
        }
    }
    if hosts.is_empty() {
        return None;
    }
    let mut last = String::new();
    for url in &hosts {
        let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
            continue;
        };
        let host = host.trim_matches(['[', ']']);
        let connect = tokio::net::TcpStream::connect((host, port));
        match tokio::time::timeout(PATIENCE, connect).await {
            Ok(Ok(_)) => return Some(Well(format!("{host} can be reached"))),
            Ok(Err(error)) => last = format!("{host}: {error}"),
            Err(_) => last = format!("{host}: no answer within {} s", PATIENCE.as_secs()),
        }
    }
    let said = format!("none of {} servers can be reached ({last})", hosts.len());
    Some(Wrong(
        said,
        "check the connection and the name server (resolvectl status)".to_owned(),
    ))
}

//! Where does a channel lead?

use std::path::Path;
use std::time::Duration;

use jiff::SignedDuration;
use url::Url;

use crate::config::access;
use crate::config::file::{At, Notes, Table};
use crate::config::read::between;
use crate::model::Secret;
use crate::model::channel::{
    Email, Endpoint, Exec, Feed, Gotify, Hook, Kind, Matrix, Ntfy, Route, Security, Telegram,
    Webhook,
};

/// How long one attempt may take on a channel that does not say so itself.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The most entries of a feed: subscribers fetch all of it again and again.
const ENTRIES: usize = 1000;

/// The server of Telegram's Bot API.
const TELEGRAM: &str = "https://api.telegram.org";

/// Reads what a channel of this kind must know.
pub(super) fn read(
    kind: &str,
    table: &mut Table<'_>,
    directory: &Path,
    notes: &mut Notes,
) -> Option<Kind> {
    match kind {
        "webhook" => webhook(table, directory, notes).map(Kind::Webhook),
        "email" => email(table, directory, notes).map(Kind::Email),
        "ntfy" => ntfy(table, directory, notes).map(Kind::Ntfy),
        "gotify" => {
            let server = endpoint(table, "url", notes);
            let token = secret(table, "token_file", directory, notes);
            let route = route(table, directory, notes);
            Some(Kind::Gotify(Gotify {
                server: server?,
                token: token?,
                route,
            }))
        }
        "telegram" => {
            let server = if table.has("url") {
                endpoint(table, "url", notes)
            } else {
                // Asked for, so that it is known to exist.
                let _ = table.string("url", notes);
                Url::parse(TELEGRAM).ok().map(Endpoint::new)
            };
            let token = secret(table, "token_file", directory, notes);
            let chat = table.required("chat", notes);
            let route = route(table, directory, notes);
            Some(Kind::Telegram(Telegram {
                server: server?,
                token: token?,
                chat: chat?.value,
                route,
            }))
        }
        "slack" => hook(table, directory, notes).map(Kind::Slack),
        "discord" => hook(table, directory, notes).map(Kind::Discord),
        "matrix" => {
            let server = endpoint(table, "url", notes);
            let token = secret(table, "token_file", directory, notes);
            let room = table.required("room", notes).filter(|room| {
                let fits = room.value.starts_with('!');
                if !fits {
                    notes.problems.push(room.problem(
                        "this is no id of a room",
                        "write the internal id that the room's settings show: \"!abc:example.org\"",
                    ));
                }
                fits
            });
            let route = route(table, directory, notes);
            Some(Kind::Matrix(Matrix {
                server: server?,
                token: token?,
                room: room?.value,
                route,
            }))
        }
        "exec" => exec(table, directory, notes).map(Kind::Exec),
        "feed" => feed(table, directory, notes).map(Kind::Feed),
        "log" => Some(Kind::Log),
        _ => None,
    }
}

fn webhook(table: &mut Table<'_>, directory: &Path, notes: &mut Notes) -> Option<Webhook> {
    let url = address(table, directory, notes);
    let mut access = access::read(table, directory, None, notes);
    let secret = access::secret(table, "secret_file", directory, notes);
    Some(Webhook {
        url: url?,
        route: Route {
            timeout: timeout(table, notes),
            proxy: access.proxy.take(),
            certificates: access.certificates.take(),
        },
        access,
        secret: secret.map(|secret| secret.value),
    })
}

fn email(table: &mut Table<'_>, directory: &Path, notes: &mut Notes) -> Option<Email> {
    let server = table.required("server", notes);
    let security = security(table, server.as_ref(), notes);
    let port = table.number("port", 1..=65_535, notes);
    let port = port.and_then(|port| u16::try_from(port.value).ok());
    let username = table.string("username", notes);
    let username = username.filter(|name| !name.value.is_empty());
    let password = access::secret(table, "password_file", directory, notes);
    let from = table.required("from", notes);
    let from = from.and_then(|from| mailbox(from, notes));
    let place = table.place();
    let is_written = table.has("to");
    let to = table.strings("to", true, notes);
    if to.as_ref().map_or(!is_written, Vec::is_empty) {
        notes.problems.push(place.problem(
            "this [channel.email] says not whom to write to",
            "add `to = [\"me@example.org\"]`",
        ));
    }
    let to: Vec<String> = to
        .unwrap_or_default()
        .into_iter()
        .filter_map(|to| mailbox(to, notes))
        .collect();
    let certificates = access::authorities(table, directory, notes);
    let timeout = timeout(table, notes);
    let login = match (username, password) {
        (Some(name), Some(password)) => Some((name.value, password.value)),
        (None, None) => None,
        (Some(name), None) => {
            if !table.has("password_file") {
                notes.problems.push(
                    name.problem("this user has no password", "add `password_file = \"...\"`"),
                );
            }
            None
        }
        (None, Some(password)) => {
            notes
                .problems
                .push(password.problem("this password has no user", "add `username = \"...\"`"));
            None
        }
    };
    let security = security?;
    Some(Email {
        server: server?.value,
        port: port.unwrap_or(match security {
            Security::StartTls => 587,
            Security::Tls => 465,
            Security::None => 25,
        }),
        security,
        login,
        from: from?,
        to,
        timeout,
        certificates,
    })
}

fn security(
    table: &mut Table<'_>,
    server: Option<&At<String>>,
    notes: &mut Notes,
) -> Option<Security> {
    let Some(text) = table.string("security", notes) else {
        return Some(Security::StartTls);
    };
    match text.value.as_str() {
        "starttls" => Some(Security::StartTls),
        "tls" => Some(Security::Tls),
        "none" if server.is_none_or(|server| is_here(&server.value)) => Some(Security::None),
        "none" => {
            notes.problems.push(text.problem(
                "mail to another machine is sent encrypted only",
                "write \"starttls\" or \"tls\"; \"none\" is for a server on this machine: localhost, 127.0.0.1",
            ));
            None
        }
        other => {
            notes.problems.push(text.problem(
                format!("`{other}` is no way to secure a connection"),
                "write \"starttls\" (port 587), \"tls\" (port 465) or \"none\"",
            ));
            None
        }
    }
}

/// Whether a mail server is on this machine.
fn is_here(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let address = address.parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// An address of a person, possibly with a name.
fn mailbox(text: At<String>, notes: &mut Notes) -> Option<String> {
    if text.value.parse::<lettre::message::Mailbox>().is_err() {
        notes.problems.push(text.problem(
            format!("`{}` is no mail address", text.value),
            "write \"me@example.org\" or \"Name <me@example.org>\"",
        ));
        return None;
    }
    Some(text.value)
}

fn feed(table: &mut Table<'_>, directory: &Path, notes: &mut Notes) -> Option<Feed> {
    let path = table.required("path", notes);
    let url = table.string("url", notes);
    let url = url.filter(|url| !url.value.is_empty());
    let url = url.and_then(|url| web_address(&url.value, &url, notes));
    let title = table.string("feed_title", notes);
    let entries = table.number("entries", 1..=ENTRIES, notes);
    Some(Feed {
        path: directory.join(path?.value),
        url: url.map(|url| url.told().clone()),
        title: title.map_or_else(|| "newsbell".to_owned(), |title| title.value),
        entries: entries.map_or(100, |entries| entries.value),
    })
}

fn ntfy(table: &mut Table<'_>, directory: &Path, notes: &mut Notes) -> Option<Ntfy> {
    let place = table.place();
    let url = address(table, directory, notes);
    let mut access = access::read(table, directory, None, notes);
    let route = Route {
        timeout: timeout(table, notes),
        proxy: access.proxy.take(),
        certificates: access.certificates.take(),
    };
    let mut server = url?.told().clone();
    let segments = server.path_segments().map(Iterator::collect::<Vec<_>>);
    let topic = segments.and_then(|path| path.last().map(|topic| (*topic).to_owned()));
    let Some(topic) = topic.filter(|topic| !topic.is_empty()) else {
        notes.problems.push(place.problem(
            "this URL of ntfy names no topic",
            "write the topic behind the server: url = \"https://ntfy.sh/my-topic\"",
        ));
        return None;
    };
    if let Ok(mut path) = server.path_segments_mut() {
        path.pop();
    }
    server.set_query(None);
    Some(Ntfy {
        server: Endpoint::new(server),
        topic: Secret::new(&topic),
        route,
        access,
    })
}

fn hook(table: &mut Table<'_>, directory: &Path, notes: &mut Notes) -> Option<Hook> {
    let url = address(table, directory, notes);
    let route = route(table, directory, notes);
    Some(Hook { url: url?, route })
}

fn exec(table: &mut Table<'_>, directory: &Path, notes: &mut Notes) -> Option<Exec> {
    let place = table.place();
    let written = table.has("command");
    let command = table.strings("command", false, notes);
    let timeout = timeout(table, notes);
    let mut command: Vec<String> = command?.into_iter().map(|word| word.value).collect();
    let program = command.first_mut().filter(|program| !program.is_empty());
    let Some(program) = program else {
        if written {
            notes.problems.push(place.problem(
                "this [channel.exec] names no program",
                "write the program and its arguments: command = [\"notify\", \"--now\"]",
            ));
        }
        return None;
    };
    if program.contains('/') {
        let path = directory.join(&*program);
        let path = std::path::absolute(&path).unwrap_or(path);
        *program = path.to_string_lossy().into_owned();
    }
    Some(Exec { command, timeout })
}

fn route(table: &mut Table<'_>, directory: &Path, notes: &mut Notes) -> Route {
    let (proxy, certificates) = access::route(table, directory, None, notes);
    Route {
        timeout: timeout(table, notes),
        proxy,
        certificates,
    }
}

fn timeout(table: &mut Table<'_>, notes: &mut Notes) -> Duration {
    let (second, most) = (SignedDuration::from_secs(1), SignedDuration::from_mins(10));
    table
        .duration("timeout", notes)
        .and_then(|value| between(value, second, most, notes))
        .map_or(TIMEOUT, |value| value.value.unsigned_abs())
}

/// A secret that must be there.
fn secret(
    table: &mut Table<'_>,
    key: &'static str,
    directory: &Path,
    notes: &mut Notes,
) -> Option<Secret> {
    // What is wrong with one that is written is told where it is read.
    if table.required(key, &mut Notes::default()).is_none() {
        let _ = table.required(key, notes);
        return None;
    }
    access::secret(table, key, directory, notes).map(|secret| secret.value)
}

/// A URL that must be there.
fn endpoint(table: &mut Table<'_>, key: &'static str, notes: &mut Notes) -> Option<Endpoint> {
    let text = table.required(key, notes)?;
    web_address(&text.value, &text, notes)
}

/// `url`, or what `url_file` holds where the URL is a secret.
fn address(table: &mut Table<'_>, directory: &Path, notes: &mut Notes) -> Option<Endpoint> {
    let place = table.place();
    let written = |text: Option<At<String>>| text.filter(|text| !text.value.is_empty());
    let url = written(table.string("url", notes));
    let is_filed = written(table.string("url_file", &mut Notes::default())).is_some();
    match url {
        Some(url) if is_filed => {
            notes.problems.push(url.problem(
                "a channel has either a `url` or a `url_file`",
                "delete one of them",
            ));
            None
        }
        Some(url) => {
            // Asked for, so that it is known to exist.
            let _ = table.string("url_file", notes);
            web_address(&url.value, &url, notes)
        }
        None if is_filed => {
            let secret = access::secret(table, "url_file", directory, notes)?;
            web_address(secret.value.told(), &secret, notes)
        }
        None => {
            let _ = table.string("url_file", notes);
            notes.problems.push(place.problem(
                "this channel has no address",
                "add `url = \"https://...\"`, or `url_file = \"...\"` with a file that holds it, if it is a secret",
            ));
            None
        }
    }
}

/// An `http(s)` URL. What is wrong with it is told without showing it.
fn web_address<T>(text: &str, place: &At<T>, notes: &mut Notes) -> Option<Endpoint> {
    let url = Url::parse(text.trim()).ok();
    let fits = |url: &Url| matches!(url.scheme(), "http" | "https") && url.has_host();
    let Some(mut url) = url.filter(fits) else {
        notes.problems.push(place.problem(
            "this is no address on the web",
            "write an http:// or https:// URL",
        ));
        return None;
    };
    url.set_fragment(None);
    Some(Endpoint::new(url))
}

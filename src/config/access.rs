//! How is a feed asked, or a channel reached, that is not open to everybody?

use std::path::{Path, PathBuf};

use url::Url;

use super::file::{At, Notes, Problem, Table};
use crate::model::{Access, Login, Secret};

/// The largest file of a secret or of certificates, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// Fields that the program itself writes.
const OURS: [&str; 9] = [
    "accept-encoding",
    "authorization",
    "connection",
    "content-length",
    "cookie",
    "host",
    "if-modified-since",
    "if-none-match",
    "transfer-encoding",
];

/// Reads what a feed or channel says of its access. `proxy` is that of all feeds.
pub(super) fn read(
    table: &mut Table<'_>,
    directory: &Path,
    proxy: Option<&Url>,
    notes: &mut Notes,
) -> Access {
    let headers = table.strings("headers", false, notes).unwrap_or_default();
    let headers = headers
        .into_iter()
        .filter_map(|line| header(&line, notes))
        .collect();
    let username = filled(table.string("username", notes));
    let password = secret(table, "password_file", directory, notes);
    let token = secret(table, "token_file", directory, notes);
    let cookies = secret(table, "cookies_file", directory, notes);
    let login = match (username, password, token) {
        (Some(name), password, None) => Some(Login::Basic {
            name: name.value,
            password: password.map(|password| password.value),
        }),
        (None, None, token) => token.map(|token| Login::Bearer(token.value)),
        (Some(name), _, Some(_)) => {
            notes.problems.push(name.problem(
                "there is either a `username` or a `token_file`",
                "delete one of them",
            ));
            None
        }
        (None, Some(password), _) => {
            notes
                .problems
                .push(password.problem("this password has no user", "add `username = \"...\"`"));
            None
        }
    };
    let (proxy, certificates) = route(table, directory, proxy, notes);
    Access {
        headers,
        login,
        cookies: cookies.map(|cookies| cookies.value),
        proxy,
        certificates,
    }
}

/// Reads through whom a server is reached, and whose word for its name is trusted.
pub(super) fn route(
    table: &mut Table<'_>,
    directory: &Path,
    proxy: Option<&Url>,
    notes: &mut Notes,
) -> (Option<Url>, Option<Vec<u8>>) {
    let proxy = match table.string("proxy", notes) {
        Some(here) => read_proxy(&here, notes),
        None => proxy.cloned(),
    };
    (proxy, authorities(table, directory, notes))
}

/// Reads whose word for a server's name is trusted beside those that the machine trusts.
pub(super) fn authorities(
    table: &mut Table<'_>,
    directory: &Path,
    notes: &mut Notes,
) -> Option<Vec<u8>> {
    let name = filled(table.string("ca_file", notes))?;
    certificates(&name, directory, notes)
}

fn filled(text: Option<At<String>>) -> Option<At<String>> {
    text.filter(|text| !text.value.is_empty())
}

/// A proxy, or none if it is empty.
pub(super) fn read_proxy(text: &At<String>, notes: &mut Notes) -> Option<Url> {
    let text = Some(text).filter(|text| !text.value.is_empty())?;
    let url = Url::parse(&text.value);
    let known = |url: &Url| matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h");
    let url = url.ok().filter(|url| known(url) && url.has_host());
    if url.is_none() {
        notes.problems.push(text.problem(
            "this is no address of a proxy",
            "write http://HOST:PORT, or socks5h://HOST:PORT for Tor and the like; \"\" means none",
        ));
    }
    url
}

/// `Name: value`.
fn header(line: &At<String>, notes: &mut Notes) -> Option<(String, String)> {
    let parts = line.value.split_once(':');
    let parts = parts.map(|(name, value)| (name.trim(), value.trim()));
    let is_token = |name: &str| {
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
    };
    let is_value = |value: &str| value.chars().all(|char| !char.is_control());
    let Some((name, value)) = parts.filter(|(name, value)| is_token(name) && is_value(value))
    else {
        notes.problems.push(line.problem(
            "this is no header field",
            "write \"Name: value\", as in headers = [\"Accept-Language: de\"]",
        ));
        return None;
    };
    if OURS.iter().any(|ours| name.eq_ignore_ascii_case(ours)) {
        notes.problems.push(line.problem(
            format!("`{name}` is written by newsbell itself"),
            "leave it out; logins and cookies have keys of their own: username, token_file, cookies_file",
        ));
        return None;
    }
    Some((name.to_owned(), value.to_owned()))
}

/// A secret in a file of its own: what it holds, without the end of its last line.
pub(super) fn secret(
    table: &mut Table<'_>,
    key: &'static str,
    directory: &Path,
    notes: &mut Notes,
) -> Option<At<Secret>> {
    let name = filled(table.string(key, notes))?;
    let help = "put nothing but the secret into it, readable by nobody else (chmod 600), or make \
        it a systemd credential of this name (LoadCredential=)";
    let (path, is_credential) = place(&name.value, directory);
    let bytes = match contents(&path) {
        Ok(bytes) => bytes,
        Err(error) => {
            let message = format!("cannot read {}: {error}", path.display());
            notes.problems.push(name.problem(message, help));
            return None;
        }
    };
    let text = String::from_utf8(bytes).unwrap_or_default();
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() || text.contains(|char: char| char.is_control()) {
        let message = format!("{} holds no single line of text", path.display());
        notes.problems.push(name.problem(message, help));
        return None;
    }
    if !is_credential && is_open(&path) {
        notes.doubts.push(Problem {
            message: format!("others on this machine can read {}", path.display()),
            ..name.problem("", format!("chmod 600 {}", path.display()))
        });
    }
    Some(At {
        value: Secret::new(text),
        file: name.file,
        span: name.span,
    })
}

/// What stands before the names of credentials that were passed as a directory: the system unit's
/// `LoadCredential=newsbell:...`.
const PREFIX: &str = "newsbell_";

/// Where a file is that the configuration names: among the credentials that systemd has passed, if it is
/// one of them.
fn place(name: &str, directory: &Path) -> (PathBuf, bool) {
    let credentials = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
    let credential = credentials
        .filter(|_| !name.contains('/'))
        .and_then(|credentials| {
            let names = [name.to_owned(), format!("{PREFIX}{name}")];
            let paths = names.map(|name| credentials.join(name));
            paths.into_iter().find(|path| path.exists())
        });
    match credential {
        Some(path) => (path, true),
        None => (directory.join(name), false),
    }
}

fn contents(path: &Path) -> std::io::Result<Vec<u8>> {
    use std::io::Read;
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path)?;
    file.take(LARGEST).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn is_open(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata()
        .is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}

fn certificates(name: &At<String>, directory: &Path, notes: &mut Notes) -> Option<Vec<u8>> {
    let (path, _) = place(&name.value, directory);
    let message = match contents(&path) {
        Ok(bytes)
            if bytes
                .windows(27)
                .any(|line| line == b"-----BEGIN CERTIFICATE-----") =>
        {
            return Some(bytes);
        }
        Ok(_) => format!("{} holds no certificate", path.display()),
        Err(error) => format!("cannot read {}: {error}", path.display()),
    };
    let help = "give the certificates of your own authority in PEM: -----BEGIN CERTIFICATE-----";
    notes.problems.push(name.problem(message, help));
    None
}

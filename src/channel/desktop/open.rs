//! How is a page opened in the person's own browser?

use std::ffi::OsString;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::Command;
use url::Url;

use super::one_line;

/// What knows the person's browser.
const OPENER: &str = "xdg-open";

/// What starts a program as a service of its own.
const SERVICE: &str = "systemd-run";

/// The environment variable by which systemd says that it has started us.
const STARTED_BY_SYSTEMD: &str = "INVOCATION_ID";

/// The environment variable with what lets a program come to the front.
const TOKEN: &str = "XDG_ACTIVATION_TOKEN";

/// How long it is looked whether a page was opened. Where the opener has become the browser, it goes on.
const LOOKED_AFTER: Duration = Duration::from_secs(10);

/// Why a page was not opened. Each text is one line and says what to do.
#[derive(Debug, thiserror::Error)]
pub enum NotOpened {
    /// Only pages of the web are opened.
    #[error("its link is no http or https address")]
    NotOfTheWeb,
    /// There is no such program, or it may not be run.
    #[error("{program} cannot be run ({detail}): install it (xdg-utils has xdg-open)")]
    NotRun {
        /// Which.
        program: &'static str,
        /// What the system says.
        detail: String,
    },
    /// It said no.
    #[error(
        "{program} did not open the page ({status}): set a browser, `xdg-settings set default-web-browser`"
    )]
    Refused {
        /// Which.
        program: &'static str,
        /// How it ended.
        status: ExitStatus,
    },
}

/// Opens a page of the web in the browser that the person has chosen, which outlives newsbell.
pub async fn open(link: &str, token: Option<&str>) -> Result<(), NotOpened> {
    let link = Url::parse(link).map_err(|_| NotOpened::NotOfTheWeb)?;
    if !matches!(link.scheme(), "http" | "https") {
        return Err(NotOpened::NotOfTheWeb);
    }
    let as_service = std::env::var_os(STARTED_BY_SYSTEMD).is_some();
    let (program, arguments) = command(as_service, &link, token);
    let mut command = Command::new(program);
    if let Some(token) = token {
        command.env(TOKEN, token);
    }
    let child = command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // Not of our group: what ends us by the terminal leaves it alone.
        .process_group(0)
        .spawn();
    let mut child = child.map_err(|error| NotOpened::NotRun {
        program,
        detail: one_line(&error.to_string()),
    })?;
    match tokio::time::timeout(LOOKED_AFTER, child.wait()).await {
        Ok(Ok(status)) if !status.success() => Err(NotOpened::Refused { program, status }),
        _ => Ok(()),
    }
}

/// The program and its arguments. A service starts another one for it: what is in its own group would be
/// stopped with it, and would live under its restrictions, which are not made for browsers.
fn command(as_service: bool, link: &Url, token: Option<&str>) -> (&'static str, Vec<OsString>) {
    if !as_service {
        return (OPENER, vec![link.as_str().into()]);
    }
    let mut arguments: Vec<OsString> = [
        "--user",
        "--quiet",
        "--collect",
        "--wait",
        // The browser stays when the opener has ended.
        "--property=KillMode=process",
    ]
    .map(OsString::from)
    .into();
    arguments.extend(token.map(|token| format!("--setenv={TOKEN}={token}").into()));
    arguments.extend(["--".into(), OPENER.into(), link.as_str().into()]);
    (SERVICE, arguments)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_pages_of_the_web_are_opened() {
        for link in [
            "file:///etc/passwd",
            "javascript:alert(1)",
            "-h",
            "",
            "ssh://a",
            "//a",
        ] {
            let refused = open(link, None).await;
            assert!(matches!(refused, Err(NotOpened::NotOfTheWeb)), "{link}");
        }
    }

    #[test]
    fn a_service_has_it_opened_outside_of_itself() {
        let link = Url::parse("https://example.org/a b?c='d'&e=$(f)").unwrap();
        let (program, arguments) = command(true, &link, Some("t"));
        assert_eq!(program, "systemd-run");
        let last = &arguments[arguments.len() - 4..];
        let opened = "https://example.org/a%20b?c=%27d%27&e=$(f)";
        assert_eq!(
            last,
            ["--setenv=XDG_ACTIVATION_TOKEN=t", "--", "xdg-open", opened]
        );
        let (program, arguments) = command(false, &link, Some("t"));
        assert_eq!((program, arguments), ("xdg-open", vec![opened.into()]));
    }
}

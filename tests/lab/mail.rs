//! Which mails arrived? The SMTP server of `tests/lab/smtp`.

use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Stdio};

use serde::Deserialize;

use super::tools::script;

/// A mail, as a real mail program's library reads it.
#[derive(Clone, Debug, Deserialize)]
pub struct Mail {
    pub from: String,
    pub to: Vec<String>,
    /// Whether nobody on the way could read it.
    pub encrypted: bool,
    /// Who had logged in.
    pub user: Option<String>,
    /// In their order, as they came.
    pub headers: Vec<(String, String)>,
    pub plain: String,
    pub html: String,
    /// What the library says is wrong with it.
    pub defects: Vec<String>,
}

impl Mail {
    /// The one field of this name.
    pub fn field(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(field, _)| field == name);
        let value = found.next().map(|(_, value)| value.as_str());
        assert!(found.next().is_none(), "{name} is there twice");
        value
    }
}

/// The server. It ends when it is dropped.
pub struct Smtp {
    pub port: u16,
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Smtp {
    pub fn start(options: &[&str]) -> Smtp {
        let mut child = super::tools::tool("/usr/bin/python3")
            .arg(script("smtp"))
            .args(options)
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 runs");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let port = lines
            .next()
            .expect("aiosmtpd starts: run tests/lab/install")
            .expect("a line");
        Smtp {
            port: port.parse().expect("a port"),
            child,
            lines,
        }
    }

    /// The next mail; waits until it is there.
    pub fn next(&mut self) -> Mail {
        let line = self.lines.next().expect("a mail").expect("a line");
        serde_json::from_str(&line).expect("JSON")
    }

    /// Ends the server and returns what nobody has asked for.
    pub fn stop(mut self) -> Vec<Mail> {
        self.child.kill().expect("it runs");
        let rest: Vec<String> = self.lines.by_ref().map_while(Result::ok).collect();
        rest.iter()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect()
    }
}

impl Drop for Smtp {
    fn drop(&mut self) {
        // Ended already is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

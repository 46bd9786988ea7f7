//! How does a test send through the real desktop channel on a bus of its own?
//!
//! The channel finds its bus by the environment, as every desktop program does, and a test must not
//! change its own. So a child process sends: this same test program, told to run [`as_child`] only,
//! with the test's bus in the child's environment. It sends one message a line and answers each.

use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use newsbell::channel::SendError;
use newsbell::channel::desktop::{ANSWER_TIMEOUT, Desktop};
use newsbell::model::{AlertId, Line, Message, Span, Urgency};
use serde::{Deserialize, Serialize};

/// Longer than any send may take.
const DEADLINE: Duration = Duration::from_secs(30);
/// What the test harness prints is not an answer.
const ANSWER: &str = "answer: ";

/// One message, as it goes to the child.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Told {
    pub alert: String,
    pub title: String,
    /// Text and whether it is marked.
    pub lines: Vec<Vec<(String, bool)>>,
    pub urgency: Urgency,
}

impl Told {
    /// An ordinary message; `*` switches the marks on and off.
    pub fn new(title: &str, lines: &[&str]) -> Self {
        let spans = |line: &&str| {
            line.split('*')
                .enumerate()
                .map(|(i, text)| (text.to_owned(), i % 2 == 1))
                .collect()
        };
        Told {
            alert: "alert-1".into(),
            title: title.into(),
            lines: lines.iter().map(spans).collect(),
            urgency: Urgency::Normal,
        }
    }

    fn message(self) -> Message {
        let span = |(text, marked)| Span { text, marked };
        let line = |line: Vec<(String, bool)>| line.into_iter().map(span).collect::<Line>();
        Message {
            alert: AlertId(self.alert),
            title: self.title,
            lines: self.lines.into_iter().map(line).collect(),
            link: None,
            urgency: self.urgency,
            rule: None,
            story: None,
        }
    }
}

/// A child process that holds one real desktop channel.
pub struct Ringer {
    child: Child,
    answers: Option<BufReader<ChildStdout>>,
}

impl Ringer {
    /// With the session bus at this address.
    pub fn at(address: &str) -> Self {
        Ringer::start(command().env("DBUS_SESSION_BUS_ADDRESS", address))
    }

    /// As [`command`], changed as the test wants it.
    pub fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the child starts");
        let answers = child.stdout.take().map(BufReader::new);
        Ringer { child, answers }
    }

    /// `sent: ...`, `later: ...` or `never: ...`.
    pub async fn send(&mut self, told: &Told) -> String {
        let line = serde_json::to_string(told).expect("JSON");
        let stdin = self.child.stdin.as_mut().expect("piped");
        writeln!(stdin, "{line}").expect("the child listens");
        let mut answers = self.answers.take().expect("one send at a time");
        let read = tokio::task::spawn_blocking(move || {
            let mut said = String::new();
            loop {
                let mut line = String::new();
                let n = answers
                    .read_line(&mut line)
                    .expect("the child speaks UTF-8");
                assert!(n > 0, "the child ended without an answer; it said: {said}");
                if let Some((_, answer)) = line.split_once(ANSWER) {
                    return (answer.trim_end().to_owned(), answers);
                }
                said += &line;
            }
        });
        let read = tokio::time::timeout(DEADLINE, read).await;
        let (answer, answers) = read
            .expect("the child answers in time, or the channel hangs")
            .expect("the child answers");
        self.answers = Some(answers);
        answer
    }
}

impl Drop for Ringer {
    fn drop(&mut self) {
        // Ended already is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// This test program, as it would be run to send the messages of its standard input.
pub fn command() -> Command {
    let (_, path) = module_path!()
        .split_once("::")
        .expect("not the root of the crate");
    let mut command = Command::new(std::env::current_exe().expect("own path"));
    command
        .arg(format!("{path}::as_child"))
        .args(["--exact", "--ignored", "--nocapture", "--test-threads=1"])
        .env_remove("DBUS_SESSION_BUS_ADDRESS");
    command
}

/// The name under which a test tells the child another time-out, in milliseconds.
pub const TIMEOUT_MS: &str = "RINGER_TIMEOUT_MS";

#[test]
#[ignore = "not a test: the other process of the tests of the desktop channel"]
fn as_child() {
    let timeout = std::env::var(TIMEOUT_MS).ok().map_or(ANSWER_TIMEOUT, |ms| {
        Duration::from_millis(ms.parse().expect("milliseconds"))
    });
    let desktop = Desktop::new(timeout);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("runtime");
    for line in io::stdin().lock().lines() {
        let told: Told = serde_json::from_str(&line.expect("UTF-8")).expect("JSON");
        let answer = match runtime.block_on(desktop.send(&told.message())) {
            Ok(receipt) => format!("sent: {}", receipt.reference),
            Err(SendError::Later { reason, .. }) => format!("later: {reason}"),
            Err(SendError::Never { reason }) => format!("never: {reason}"),
        };
        let mut out = io::stdout().lock();
        writeln!(out, "{ANSWER}{answer}").expect("the test listens");
        out.flush().expect("the test listens");
    }
}

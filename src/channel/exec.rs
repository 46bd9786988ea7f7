//! How does a program on this machine get an alert?
//!
//! As JSON on its standard input. Its exit code is its answer: 0 it has taken the alert, 65
//! (`EX_DATAERR`) it never will, anything else, 75 (`EX_TEMPFAIL`) above all, it may another time.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

use super::text::one_line;
use super::{Receipt, SendError};
use crate::model::channel;
use crate::render::wording::Said;

/// How much of what a program says is read; what it says beyond is thrown away.
const SAID: usize = 16 * 1024;

/// How long a program's last words may take after its end: somebody it started may still hold its output.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// The environment variable with the alert's id: the same for every attempt.
const ALERT: &str = "NEWSBELL_ALERT";

/// `EX_DATAERR` of sysexits.h.
const DATA: i32 = 65;

/// What was wrong with a program. Each text is one line and says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// There is no such program, or it may not be run.
    #[error("{program} cannot be run ({detail}): check `command` of this channel")]
    NotRun {
        /// Which.
        program: String,
        /// What the system says.
        detail: String,
    },
    /// Too slow.
    #[error(
        "{program} was not done within {} s and was killed: if it needs more, give it more by `timeout`",
        waited.as_secs_f32()
    )]
    Killed {
        /// Which.
        program: String,
        /// How long it was waited for.
        waited: Duration,
    },
    /// It said no.
    #[error("{program} did not take the alert ({status}{})", quoted(said))]
    Refused {
        /// Which.
        program: String,
        /// Its exit code, or the signal it died of.
        status: ExitStatus,
        /// The last line it wrote to stderr.
        said: String,
    },
    /// The system cannot wait for it.
    #[error("{program} was lost sight of: {detail}")]
    Lost {
        /// Which.
        program: String,
        /// What the system says.
        detail: String,
    },
}

impl Fault {
    /// Whether only the configuration can mend it.
    pub(super) fn blames_configuration(&self) -> bool {
        matches!(self, Fault::NotRun { .. })
    }
}

fn quoted(said: &str) -> String {
    if said.is_empty() {
        String::new()
    } else {
        format!(", it says: {said}")
    }
}

/// A program on this machine.
#[derive(Debug)]
pub struct Exec {
    setup: channel::Exec,
}

impl Exec {
    pub(super) fn new(setup: &channel::Exec) -> Exec {
        Exec {
            setup: setup.clone(),
        }
    }

    pub(super) fn target(&self) -> String {
        format!("run {}", self.program())
    }

    fn program(&self) -> String {
        let program = self.setup.command.first();
        one_line(program.map_or("", String::as_str))
    }

    pub(super) async fn send(&self, said: &Said) -> Result<Receipt, SendError> {
        let later = |fault: Fault| SendError::Later {
            reason: fault.into(),
            after: None,
        };
        let not_run = |detail: String| {
            later(Fault::NotRun {
                program: self.program(),
                detail,
            })
        };
        // Numbers, strings and lists of them always have a JSON form.
        let input = serde_json::to_vec(&said.facts).map_err(|error| not_run(error.to_string()))?;
        let (program, arguments) = self
            .setup
            .command
            .split_first()
            .ok_or_else(|| not_run("nothing is named".to_owned()))?;
        let child = Command::new(program)
            .args(arguments)
            .env(ALERT, &said.facts.id)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| not_run(one_line(&error.to_string())))?;
        let mut run = Run::new(child);
        let limit = self.setup.timeout;
        let Ok(ended) = tokio::time::timeout(limit, run.finish(&input)).await else {
            return Err(later(Fault::Killed {
                program: self.program(),
                waited: limit,
            }));
        };
        let status = ended.map_err(|error| {
            later(Fault::Lost {
                program: self.program(),
                detail: one_line(&error.to_string()),
            })
        })?;
        if status.success() {
            let first = String::from_utf8_lossy(&run.said);
            let first = first.lines().next().unwrap_or_default();
            return Ok(Receipt {
                reference: format!("exit code 0{}", quoted(&one_line(first))),
            });
        }
        let last = String::from_utf8_lossy(&run.complained);
        let last = last.lines().rev().find(|line| !line.trim().is_empty());
        let fault = Fault::Refused {
            program: self.program(),
            status,
            said: one_line(last.unwrap_or_default()),
        };
        Err(if status.code() == Some(DATA) {
            SendError::Never {
                reason: fault.into(),
            }
        } else {
            later(fault)
        })
    }
}

/// A program that runs. If this is dropped before the program's end, everything that the program has
/// started and that has not left its group is killed with it.
struct Run {
    child: Child,
    /// Gone once the program has ended by itself.
    group: Option<Pid>,
    said: Vec<u8>,
    complained: Vec<u8>,
}

impl Run {
    fn new(child: Child) -> Run {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Run {
            group: id.and_then(Pid::from_raw),
            child,
            said: Vec::new(),
            complained: Vec::new(),
        }
    }

    /// Gives it its input, listens, and waits for its end.
    async fn finish(&mut self, input: &[u8]) -> std::io::Result<ExitStatus> {
        let (stdin, stdout, stderr) = (
            self.child.stdin.take(),
            self.child.stdout.take(),
            self.child.stderr.take(),
        );
        let talk = async {
            tokio::join!(
                async {
                    if let Some(mut stdin) = stdin {
                        // A program may take an alert without having read all of it.
                        let _ = stdin.write_all(input).await;
                    }
                },
                listen(stdout, &mut self.said),
                listen(stderr, &mut self.complained),
            )
        };
        tokio::pin!(talk);
        let status = tokio::select! {
            status = self.child.wait() => {
                let _ = tokio::time::timeout(LAST_WORDS, talk).await;
                status
            }
            _ = &mut talk => self.child.wait().await,
        };
        self.group = None;
        status
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if let Some(group) = self.group {
            // Gone by itself in this very moment is as good.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

/// Reads to the end and keeps the first of it.
async fn listen(from: Option<impl AsyncRead + Unpin>, kept: &mut Vec<u8>) {
    let Some(mut from) = from else { return };
    let mut buffer = [0; 4096];
    while let Ok(read) = from.read(&mut buffer).await {
        if read == 0 {
            return;
        }
        let room = SAID.saturating_sub(kept.len());
        kept.extend_from_slice(&buffer[..read.min(room)]);
    }
}

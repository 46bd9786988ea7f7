//! How does a server misbehave on purpose? It says whatever bytes it is given.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What is said on one connection.
pub(super) struct Reply {
    bytes: Vec<u8>,
    then: Then,
}

enum Then {
    Close,
    Repeat { bytes: Vec<u8>, every: Duration },
    Hang,
}

impl Reply {
    /// These bytes and no more.
    pub(super) fn raw(bytes: impl Into<Vec<u8>>) -> Reply {
        Reply {
            bytes: bytes.into(),
            then: Then::Close,
        }
    }

    /// An honest answer. `head` is the status and the fields, a line each.
    pub(super) fn new(head: &str, body: &[u8]) -> Reply {
        let fields = head.replace('\n', "\r\n") + "\r\n";
        let mut bytes = format!("HTTP/1.1 {fields}Content-Length: {}\r\n", body.len()).into_bytes();
        bytes.extend_from_slice(b"Connection: close\r\n\r\n");
        bytes.extend_from_slice(body);
        Reply::raw(bytes)
    }

    pub(super) fn redirect(status: u16, location: &str) -> Reply {
        Reply::new(&format!("{status} Elsewhere\nLocation: {location}"), b"")
    }

    /// And these bytes for ever after.
    pub(super) fn repeating(mut self, bytes: &[u8], every: Duration) -> Reply {
        let bytes = bytes.to_vec();
        self.then = Then::Repeat { bytes, every };
        self
    }

    /// And nothing more, though the connection stays.
    pub(super) fn hanging(mut self) -> Reply {
        self.then = Then::Hang;
        self
    }
}

/// Runs as long as the test.
pub(super) struct Server {
    pub(super) port: u16,
    requests: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Server {
    /// Answers each request target with a reply.
    pub(super) async fn start(replies: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Server::on(listener, replies)
    }

    pub(super) fn on(
        listener: TcpListener,
        replies: impl Fn(&str) -> Reply + Send + Sync + 'static,
    ) -> Server {
        let address: SocketAddr = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let replies = Arc::new(replies);
        in_background(async move {
            while let Ok((stream, _)) = listener.accept().await {
                in_background(talk(stream, Arc::clone(&seen), Arc::clone(&replies)));
            }
        });
        Server {
            port: address.port(),
            requests,
        }
    }

    pub(super) fn url(&self, target: &str) -> String {
        format!("http://127.0.0.1:{}{target}", self.port)
    }

    /// All that was asked so far, a connection each.
    pub(super) fn requests(&self) -> Vec<Vec<u8>> {
        self.requests.lock().unwrap().clone()
    }

    /// A field's value in the request of this number.
    pub(super) fn field(&self, number: usize, name: &str) -> Option<Vec<u8>> {
        let requests = self.requests();
        let mut lines = requests[number].split(|byte| *byte == b'\n');
        lines.find_map(|line| {
            let (start, rest) = line.split_at_checked(name.len())?;
            let value = rest.strip_prefix(b":")?.trim_ascii();
            start
                .eq_ignore_ascii_case(name.as_bytes())
                .then(|| value.to_vec())
        })
    }
}

async fn talk(
    mut stream: TcpStream,
    seen: Arc<Mutex<Vec<Vec<u8>>>>,
    replies: Arc<impl Fn(&str) -> Reply>,
) {
    // A connection counts as a request, whatever comes on it.
    let number = {
        let mut seen = seen.lock().unwrap();
        seen.push(Vec::new());
        seen.len() - 1
    };
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut some = [0; 1024];
        match stream.read(&mut some).await {
            Ok(length) if length > 0 => head.extend_from_slice(&some[..length]),
            _ => return,
        }
        // What does not speak HTTP is answered at once.
        if !head.starts_with(b"GET ") {
            break;
        }
    }
    let text = String::from_utf8_lossy(&head).into_owned();
    let target = text.split(' ').nth(1).unwrap_or("");
    let reply = replies(target);
    seen.lock().unwrap()[number] = head;
    if stream.write_all(&reply.bytes).await.is_err() {
        return;
    }
    match reply.then {
        Then::Close => {}
        Then::Repeat { bytes, every } => {
            while stream.write_all(&bytes).await.is_ok() {
                if every.is_zero() {
                    tokio::task::yield_now().await;
                } else {
                    tokio::time::sleep(every).await;
                }
            }
        }
        Then::Hang => std::future::pending().await,
    }
}

pub(super) fn in_background(future: impl Future<Output = ()> + Send + 'static) {
    #[expect(
        clippy::disallowed_methods,
        reason = "the runtime of a test ends with the test, and its servers with it"
    )]
    tokio::spawn(future);
}

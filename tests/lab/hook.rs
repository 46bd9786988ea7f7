//! What did the server of a channel receive?
//!
//! A real HTTP server on loopback that remembers every request and answers as it is told.

use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Response, Uri};
use serde_json::Value;
use tokio::sync::watch;

/// A test that waits longer than this has failed.
const DEADLINE: Duration = Duration::from_secs(20);

/// How the server behaves.
#[derive(Clone, Debug)]
pub enum Manner {
    /// It answers with this status, these fields and this body.
    Answers(u16, Vec<(&'static str, String)>, String),
    /// It takes the request and never answers.
    Hangs,
    /// It answers 500 to alerts whose body holds this, and takes the others.
    Chokes(&'static str),
}

/// One request, as it came.
#[derive(Clone, Debug)]
pub struct Call {
    pub method: Method,
    pub uri: Uri,
    pub headers: HeaderMap,
    pub body: String,
    pub status: u16,
}

impl Call {
    pub fn field(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

struct Memory {
    manner: Manner,
    calls: Vec<Call>,
}

/// The server. It ends with its test.
pub struct Hook {
    pub url: String,
    memory: Arc<Mutex<Memory>>,
    count: watch::Receiver<usize>,
}

impl Hook {
    /// A server that takes everything.
    pub async fn start() -> Hook {
        let memory = Arc::new(Mutex::new(Memory {
            manner: Manner::Answers(200, Vec::new(), "ok".to_owned()),
            calls: Vec::new(),
        }));
        let (counter, count) = watch::channel(0);
        let app = Router::new()
            .fallback(take)
            .with_state((Arc::clone(&memory), counter));
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
            .await
            .unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        #[expect(clippy::disallowed_methods, reason = "the server ends with its test")]
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Hook { url, memory, count }
    }

    /// From now on.
    pub fn set_manner(&self, manner: Manner) {
        self.memory.lock().unwrap().manner = manner;
    }

    /// From now on it answers with this status.
    pub fn answer(&self, status: u16) {
        self.set_manner(Manner::Answers(status, Vec::new(), String::new()));
    }

    /// Every request so far.
    pub fn calls(&self) -> Vec<Call> {
        self.memory.lock().unwrap().calls.clone()
    }

    /// Those that it said yes to.
    pub fn taken(&self) -> Vec<Call> {
        let mut calls = self.calls();
        calls.retain(|call| call.status < 300);
        calls
    }

    /// All it has received, once there are `n` or more.
    pub async fn wait_for(&self, n: usize) -> Vec<Call> {
        let mut count = self.count.clone();
        let enough = tokio::time::timeout(DEADLINE, count.wait_for(|count| *count >= n)).await;
        let calls = self.calls();
        assert!(enough.is_ok(), "waited for {n} requests, got {calls:#?}");
        calls
    }
}

async fn take(
    State((memory, counter)): State<(Arc<Mutex<Memory>>, watch::Sender<usize>)>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let body = String::from_utf8(body.to_vec()).unwrap();
    let (manner, count) = {
        let mut memory = memory.lock().unwrap();
        let manner = match &memory.manner {
            Manner::Chokes(on) if body.contains(on) => {
                Manner::Answers(500, Vec::new(), String::new())
            }
            Manner::Chokes(_) => Manner::Answers(200, Vec::new(), String::new()),
            manner => manner.clone(),
        };
        let status = match &manner {
            Manner::Answers(status, ..) => *status,
            Manner::Hangs | Manner::Chokes(_) => 0,
        };
        memory.calls.push(Call {
            method,
            uri,
            headers,
            body,
            status,
        });
        (manner, memory.calls.len())
    };
    counter.send_replace(count);
    let Manner::Answers(status, fields, body) = manner else {
        return pending().await;
    };
    let mut answer = Response::builder().status(status);
    for (name, value) in fields {
        answer = answer.header(name, value);
    }
    answer.body(Body::from(body)).unwrap()
}

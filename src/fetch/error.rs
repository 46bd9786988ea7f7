//! Why is there no answer, and what can be done about it?

use std::net::IpAddr;
use std::time::Duration;

use reqwest::{StatusCode, header};

use super::{HEADERS, REDIRECTS, decode};
use crate::model::Hints;

/// Why there is no answer. The text is one line and says what can be done, if anything can.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// A status that is no answer to a GET.
    #[error("the server answers {}", describe(*status))]
    Status {
        /// RFC 9110 §15.
        status: StatusCode,
        /// What the server says about when to come back.
        hints: Hints,
    },
    /// The name has no address.
    #[error("the host name cannot be looked up: {detail}")]
    Dns {
        /// What the resolver says.
        detail: String,
    },
    /// An address that feeds may not be fetched from unless the user says so.
    #[error(
        "{address} is not a public address: if you mean it, add `allow_private = true` to this feed"
    )]
    Refused {
        /// The address.
        address: IpAddr,
    },
    /// No connection.
    #[error("no connection: {detail}")]
    Connect {
        /// What the system says.
        detail: String,
    },
    /// No secure connection.
    #[error("no secure connection: {detail}")]
    Tls {
        /// What the TLS library says.
        detail: String,
    },
    /// A proxy or certificates that cannot be used.
    #[error("`proxy` or `ca_file` of this feed cannot be used: {detail}")]
    Route {
        /// What is wrong.
        detail: String,
    },
    /// Too slow.
    #[error("no complete answer within {} s: `timeout` in [poll] gives more", waited.as_secs_f32())]
    Timeout {
        /// The limit.
        waited: Duration,
    },
    /// Too much.
    #[error("the document has more than {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: usize,
    },
    /// A decompression bomb.
    #[error(
        "the document swells to more than {} times its compressed size",
        decode::RATIO
    )]
    Bomb,
    /// Too many header bytes.
    #[error("the answer's headers have more than {HEADERS} bytes")]
    Headers,
    /// Round and round.
    #[error("the address redirects in a circle or more than {REDIRECTS} times")]
    Redirects,
    /// A redirect that leads nowhere or off the web.
    #[error("the address redirects to something that is not on the web: {target}")]
    RedirectTarget {
        /// `Location`, made printable.
        target: String,
    },
    /// Codings nobody asked for.
    #[error("the document is coded as `{coding}`, which was not asked for")]
    Coding {
        /// `Content-Encoding`, made printable.
        coding: String,
    },
    /// Cut short or garbled.
    #[error("the document did not arrive whole: {detail}")]
    Broken {
        /// What went wrong.
        detail: String,
    },
    /// A local document that cannot be read.
    #[error("the file cannot be read: {detail}")]
    File {
        /// What the system says.
        detail: String,
    },
    /// This process may open no more files.
    #[error(
        "this machine gives newsbell no more file descriptors: `LimitNOFILE=` in its unit gives more"
    )]
    Descriptors,
    /// A kind of URL that is not fetched.
    #[error("`{scheme}:` is not fetched")]
    Scheme {
        /// Its scheme.
        scheme: String,
    },
}

impl FetchError {
    /// What the server says about when to come back.
    #[must_use]
    pub fn hints(&self) -> Hints {
        match self {
            // An error is not kept: only how long to leave its server alone is of use.
            FetchError::Status { hints, .. } => Hints {
                fresh: None,
                ..*hints
            },
            _ => Hints::default(),
        }
    }

    /// The status of the server's answer, if one answered.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            FetchError::Status { status, .. } => Some(status.as_u16()),
            _ => None,
        }
    }

    /// Whether the server says that the document is gone for good (RFC 9110 §15.5.11).
    #[must_use]
    pub fn is_gone(&self) -> bool {
        matches!(self, FetchError::Status { status, .. } if *status == StatusCode::GONE)
    }

    /// Whether it looks as if no file descriptor was free.
    pub(super) fn may_be_of_descriptors(&self) -> bool {
        self.is_unreachable() || matches!(self, FetchError::File { .. } | FetchError::Route { .. })
    }

    /// Whether no server was reached: it may be the network of this machine.
    #[must_use]
    pub fn is_unreachable(&self) -> bool {
        matches!(self, FetchError::Dns { .. } | FetchError::Connect { .. })
    }
}

fn describe(status: StatusCode) -> String {
    let meaning = match status.as_u16() {
        304 => "it says that nothing has changed, but was not asked that",
        401 => "it wants a name and password",
        403 => "it will not give this document to us",
        404 => "there is no such document any more, or not yet",
        410 => "the feed is gone for good: remove it",
        429 => "we ask too often",
        500..=599 => "it has a fault of its own",
        _ => return status.to_string(),
    };
    format!("{status}: {meaning}")
}

/// Why nothing can be fetched at all.
#[derive(Debug, thiserror::Error)]
pub enum SetUpError {
    /// The HTTP client.
    #[error("the HTTP client cannot be made: {0}")]
    Client(#[from] reqwest::Error),
    /// The User-Agent.
    #[error("the User-Agent is not a header value")]
    UserAgent(#[from] header::InvalidHeaderValue),
}

//! What does this URL hold now, and may we ask?
//!
//! One conditional GET (RFC 9110, RFC 9111) or one look at a local file, bounded in bytes, time and
//! redirects. Nothing that a server sends is taken for whole unless all of it has arrived.

mod decode;
mod error;
mod file;
mod guard;

use std::borrow::Cow;
use std::collections::HashMap;
use std::error::Error;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, ClientBuilder, Proxy, RequestBuilder, Response, StatusCode};
use url::{Host, Url};

pub use self::error::{FetchError, SetUpError};
use crate::model::{Access, Hints, Login, Secret, Validators};
use crate::schedule::header::{date, retry_after, seconds};
use crate::text;

/// Redirects followed in one fetch.
const REDIRECTS: usize = 5;

/// Field names and values of one answer, in bytes. hyper itself stops at about 400 KiB or 100 fields.
const HEADERS: usize = 64 * 1024;

/// Looking a name up.
const DNS: Duration = Duration::from_secs(5);

/// Short, because it goes with every request.
const ACCEPT: &str = "application/atom+xml,application/rss+xml,*/*;q=0.5";

/// The bounds of one fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// For connecting to a server, TLS included.
    pub connect: Duration,
    /// For everything: redirects, headers and the whole body.
    pub total: Duration,
    /// Decoded bytes of the body.
    pub body: usize,
    /// How long a connection is kept for what else is to be asked of its host.
    pub idle: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connect: Duration::from_secs(10),
            total: Duration::from_secs(30),
            body: 16 * 1024 * 1024,
            idle: Duration::from_secs(3),
        }
    }
}

/// What to ask for.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// `http`, `https` or `file`.
    pub url: &'a Url,
    /// What the last complete answer came with.
    pub validators: &'a Validators,
    /// Who gave them: they are sent to that URL only, the feed's own or one it redirects to.
    pub validators_url: Option<&'a Url>,
    /// Whether addresses that are not public may be asked.
    pub allow_private: bool,
    /// How it is asked, and the URL whose origin alone is told the secrets of it.
    pub access: Option<(&'a Access, &'a Url)>,
    /// Whether the connection is kept for what else is to be asked of the host. An idle one takes some
    /// 65 kB, and thousands of hosts may be asked.
    pub keep: bool,
}

/// An answer, and what came with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// What came back.
    pub answer: Answer,
    /// What the server says about when to come back.
    pub hints: Hints,
    /// Where the URL redirects to permanently, if it does: 301 or 308, from the first hop on.
    pub moved: Option<Url>,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// What the validators belong to is still current.
    NotModified,
    /// A complete document.
    Body(Body),
}

/// A complete document, decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// At most [`Limits::body`] of them.
    pub bytes: Vec<u8>,
    /// `Content-Type`, as sent.
    pub content_type: Option<String>,
    /// To be sent back the next time, byte for byte.
    pub validators: Validators,
    /// Who answered, after redirects.
    pub url: Url,
}

/// Asks. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Fetcher {
    /// For public addresses. A pool of its own: no connection of the other is ever used for it.
    public: Client,
    /// For any address.
    private: Client,
    /// For feeds with a proxy or certificates of their own.
    special: Arc<Mutex<HashMap<Route, Client>>>,
    /// Whether this machine knows whom to trust.
    certificates: bool,
    limits: Limits,
    headers: HeaderMap,
}

/// How a feed is reached that is not reached as the others are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Route {
    proxy: Option<Url>,
    certificates: Option<Vec<u8>>,
    allow_private: bool,
}

impl Fetcher {
    /// Sets up connections, but makes none.
    pub fn new(limits: Limits, user_agent: &str) -> Result<Fetcher, SetUpError> {
        // Refused if it is set already, to the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static(ACCEPT));
        let codings = HeaderValue::from_static(decode::ACCEPTED);
        headers.insert(header::ACCEPT_ENCODING, codings);
        headers.insert(header::USER_AGENT, HeaderValue::from_str(user_agent)?);
        let client = |allow_private| builder(&headers, limits, allow_private);
        // The one thing that a client needs of its machine is CA certificates, which containers and small
        // servers often lack. Plain HTTP and files work all the same.
        let trusting = client(false).build();
        let certificates = trusting.is_ok();
        let (public, private) = if let Ok(public) = trusting {
            (public, client(true).build()?)
        } else {
            let bare = |allow_private| client(allow_private).tls_certs_only([]).build();
            (bare(false)?, bare(true)?)
        };
        Ok(Fetcher {
            public,
            private,
            special: Arc::default(),
            certificates,
            limits,
            headers,
        })
    }

    /// The client for a feed.
    fn client(&self, access: Option<&Access>, allow_private: bool) -> Result<Client, FetchError> {
        let special = access.filter(|a| a.proxy.is_some() || a.certificates.is_some());
        let Some(access) = special else {
            let client = if allow_private {
                &self.private
            } else {
                &self.public
            };
            return Ok(client.clone());
        };
        let route = Route {
            proxy: access.proxy.clone(),
            certificates: access.certificates.clone(),
            allow_private,
        };
        let mut known = self.special.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = known.get(&route) {
            return Ok(client.clone());
        }
        let client = special_client(&route, &self.headers, self.limits, self.certificates);
        let client = client.map_err(|error| FetchError::Route {
            detail: printable(&innermost(&error)),
        })?;
        known.insert(route, client.clone());
        Ok(client)
    }

    /// Asks once, redirects followed. Dropping the future ends it.
    pub async fn get(&self, ask: Ask<'_>, now: Timestamp) -> Result<Reply, FetchError> {
        let answer = async {
            match ask.url.scheme() {
                "http" | "https" => self.follow(ask, now).await,
                "file" => {
                    let answer = file::read(ask, self.limits.body).await?;
                    Ok(Reply {
                        answer,
                        hints: Hints::default(),
                        moved: None,
                    })
                }
                scheme => Err(FetchError::Scheme {
                    scheme: scheme.to_owned(),
                }),
            }
        };
        let limit = self.limits.total;
        match tokio::time::timeout(limit, answer).await {
            Ok(Err(error)) if error.may_be_of_descriptors() && no_descriptors() => {
                Err(FetchError::Descriptors)
            }
            Ok(answer) => answer,
            Err(_) => Err(FetchError::Timeout { waited: limit }),
        }
    }

    async fn follow(&self, ask: Ask<'_>, now: Timestamp) -> Result<Reply, FetchError> {
        let mut url = ask.url.clone();
        let (mut moved, mut permanent) = (None, true);
        for _ in 0..=REDIRECTS {
            let validators =
                (ask.validators_url.unwrap_or(ask.url) == &url).then_some(ask.validators);
            let (response, conditional) = self.hop(&url, validators, ask).await?;
            let status = response.status();
            if let Some(target) = redirect(&url, &response)? {
                permanent &= matches!(status.as_u16(), 301 | 308);
                if permanent {
                    moved = Some(target.clone());
                }
                url = target;
                continue;
            }
            let hints = hints(response.headers(), now);
            let answer = match status {
                StatusCode::OK => Answer::Body(self.body(url, response).await?),
                StatusCode::NOT_MODIFIED if conditional => Answer::NotModified,
                _ => return Err(FetchError::Status { status, hints }),
            };
            return Ok(Reply {
                answer,
                // It is said with errors and redirects (RFC 9110 §10.2.3).
                hints: Hints {
                    retry_after: None,
                    ..hints
                },
                moved,
            });
        }
        Err(FetchError::Redirects)
    }

    /// One request; its answer's headers, and whether a validator was sent.
    async fn hop(
        &self,
        url: &Url,
        validators: Option<&Validators>,
        ask: Ask<'_>,
    ) -> Result<(Response, bool), FetchError> {
        let allow_private = ask.allow_private;
        let access = ask.access.map(|(access, _)| access);
        // The resolver is not asked about literals.
        let literal = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            _ => None,
        };
        if let Some(address) =
            literal.filter(|address| !allow_private && !guard::is_public(*address))
        {
            return Err(FetchError::Refused { address });
        }
        let own_certificates = access.is_some_and(|access| access.certificates.is_some());
        if url.scheme() == "https" && !self.certificates && !own_certificates {
            return Err(FetchError::Tls {
                detail: "this machine has no CA certificates: install the package \
                    `ca-certificates` and restart newsbell"
                    .to_owned(),
            });
        }
        let mut request = self.client(access, allow_private)?.get(url.clone());
        if let Some((access, owner)) = ask.access
            && url.origin() == owner.origin()
        {
            request = with_secrets(request, access);
        }
        let sent = [
            (
                header::IF_NONE_MATCH,
                validators.and_then(|v| v.etag.as_deref()),
            ),
            (
                header::IF_MODIFIED_SINCE,
                validators.and_then(|v| v.last_modified.as_deref()),
            ),
        ];
        if !ask.keep {
            request = request.header(header::CONNECTION, "close");
        }
        let mut conditional = false;
        for (name, value) in sent {
            if let Some(value) = value.and_then(|value| HeaderValue::from_bytes(value).ok()) {
                request = request.header(name, value);
                conditional = true;
            }
        }
        let response = request.send().await.map_err(|error| self.explain(&error))?;
        let bytes: usize = response
            .headers()
            .iter()
            .map(|(name, value)| name.as_str().len() + value.len())
            .sum();
        if bytes > HEADERS {
            return Err(FetchError::Headers);
        }
        Ok((response, conditional))
    }

    async fn body(&self, url: Url, response: Response) -> Result<Body, FetchError> {
        let headers = response.headers();
        let bytes_of = |name| {
            headers
                .get(name)
                .map(|value: &HeaderValue| value.as_bytes().to_vec())
        };
        let validators = Validators {
            etag: bytes_of(header::ETAG),
            last_modified: bytes_of(header::LAST_MODIFIED),
        };
        let content_type = bytes_of(header::CONTENT_TYPE)
            .map(|value| String::from_utf8_lossy(&value).into_owned());
        let bytes = decode::read(response, self.limits.body).await?;
        Ok(Body {
            bytes,
            content_type,
            validators,
            url,
        })
    }

    /// Finds out what is behind an error of the client's.
    fn explain(&self, error: &reqwest::Error) -> FetchError {
        let mut cause = error.source();
        let mut detail = String::new();
        while let Some(inner) = cause {
            if let Some(refused) = inner.downcast_ref::<guard::NotPublic>() {
                return FetchError::Refused {
                    address: refused.address,
                };
            }
            if let Some(failed) = inner.downcast_ref::<guard::LookUpFailed>() {
                return FetchError::Dns {
                    detail: printable(&failed.to_string()),
                };
            }
            if let Some(tls) = tls_error(inner) {
                let detail = match tls {
                    rustls::Error::InvalidMessage(_) => {
                        format!("there seems to be no TLS at this port ({tls})")
                    }
                    _ => tls.to_string(),
                };
                return FetchError::Tls {
                    detail: printable(&detail),
                };
            }
            detail = inner.to_string();
            cause = inner.source();
        }
        let detail = if error.is_connect() && error.is_timeout() {
            let waited = self.limits.connect.as_secs_f32();
            format!("nothing within {waited} s: `connect_timeout` in [poll] gives more")
        } else {
            printable(&detail)
        };
        if error.is_connect() {
            return FetchError::Connect { detail };
        }
        FetchError::Broken { detail }
    }
}

/// What Linux says when a process, or the machine, has as many files open as it may: EMFILE, ENFILE.
const TOO_MANY: [i32; 2] = [24, 23];

/// Whether no file can be opened. What a failed look-up or connection says of it depends on the library, so
/// the system is asked.
fn no_descriptors() -> bool {
    let probe = std::fs::File::open("/dev/null");
    let code = probe.err().and_then(|error| error.raw_os_error());
    code.is_some_and(|code| TOO_MANY.contains(&code))
}

fn builder(headers: &HeaderMap, limits: Limits, allow_private: bool) -> ClientBuilder {
    Client::builder()
        .default_headers(headers.clone())
        .redirect(Policy::none())
        .no_proxy()
        .connect_timeout(limits.connect)
        .pool_idle_timeout(limits.idle)
        .pool_max_idle_per_host(1)
        .dns_resolver(Arc::new(guard::Resolver {
            allow_private,
            limit: DNS,
        }))
}

fn special_client(
    route: &Route,
    headers: &HeaderMap,
    limits: Limits,
    certificates: bool,
) -> Result<Client, reqwest::Error> {
    // A proxy is somebody whom the user has named, and looks the names of feeds up itself.
    let allow_private = route.allow_private || route.proxy.is_some();
    let mut client = builder(headers, limits, allow_private);
    let own = match &route.certificates {
        Some(pem) => Certificate::from_pem_bundle(pem)?,
        None => Vec::new(),
    };
    client = if certificates {
        client.tls_certs_merge(own)
    } else {
        client.tls_certs_only(own)
    };
    if let Some(proxy) = &route.proxy {
        client = client.proxy(Proxy::all(proxy.clone())?);
    }
    client.build()
}

/// A request with what only its own server may see.
fn with_secrets(mut request: RequestBuilder, access: &Access) -> RequestBuilder {
    for (name, value) in &access.headers {
        request = request.header(name, value);
    }
    if let Some(cookies) = &access.cookies {
        request = request.header(header::COOKIE, sensitive(cookies));
    }
    match &access.login {
        None => request,
        Some(Login::Bearer(token)) => request.bearer_auth(token.told()),
        Some(Login::Basic { name, password }) => {
            request.basic_auth(name, password.as_ref().map(Secret::told))
        }
    }
}

/// A header value that is shown nowhere.
fn sensitive(secret: &Secret) -> HeaderValue {
    // The configuration has seen to it that it is one line of text.
    let value = HeaderValue::from_bytes(secret.told().as_bytes());
    let mut value = value.unwrap_or(HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

/// What is behind an error.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

/// What the TLS library says. An `io::Error` leaves what it wraps out of its sources, and one may wrap
/// another.
fn tls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    match error.downcast_ref::<io::Error>() {
        Some(wrapper) => tls_error(wrapper.get_ref()?),
        None => error.downcast_ref(),
    }
}

/// Where an answer redirects to, if it does.
fn redirect(from: &Url, response: &Response) -> Result<Option<Url>, FetchError> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let location = response.headers().get(header::LOCATION);
    let location = location.map(|value| String::from_utf8_lossy(value.as_bytes()));
    let target = location
        .as_ref()
        .and_then(|location| from.join(location).ok());
    match target {
        Some(mut url) if matches!(url.scheme(), "http" | "https") => {
            url.set_fragment(None);
            // Most servers name themselves in full, even if only a slash was missing, and never repeat
            // the name and password: what they asked for goes back to the same server.
            if url.origin() == from.origin()
                && url.username().is_empty()
                && url.password().is_none()
            {
                // Refused for URLs without a host only.
                let _ = url.set_username(from.username());
                let _ = url.set_password(from.password());
            }
            Ok(Some(url))
        }
        _ => Err(FetchError::RedirectTarget {
            target: printable(&without_password(
                location.as_deref().unwrap_or("(nothing)"),
            )),
        }),
    }
}

/// A target as it was sent, but for the name and password that it may repeat.
fn without_password(target: &str) -> Cow<'_, str> {
    match (target.split_once("//"), target.rsplit_once('@')) {
        (Some((scheme, rest)), Some((_, host))) if rest.contains('@') => {
            Cow::Owned(format!("{scheme}//{host}"))
        }
        _ => Cow::Borrowed(target),
    }
}

/// What headers say about when to come back.
fn hints(headers: &HeaderMap, now: Timestamp) -> Hints {
    Hints {
        retry_after: value(headers, header::RETRY_AFTER).and_then(|value| retry_after(value, now)),
        fresh: fresh(headers, now),
    }
}

fn value(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// For how much longer an answer is fresh: `max-age`, else `Expires` less `Date`, less its `Age`
/// (RFC 9111 §4.2). What must not be reused without asking is not fresh at all.
fn fresh(headers: &HeaderMap, now: Timestamp) -> Option<SignedDuration> {
    let mut max_age = None;
    for line in headers.get_all(header::CACHE_CONTROL) {
        for directive in line.to_str().ok()?.split(',') {
            let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
            let name = name.trim().to_ascii_lowercase();
            match name.as_str() {
                "no-cache" | "no-store" => return None,
                "max-age" => max_age = seconds(value.trim().trim_matches('"')),
                _ => {}
            }
        }
    }
    let lifetime = max_age.or_else(|| {
        let expires = date(value(headers, header::EXPIRES)?)?;
        let made = value(headers, header::DATE).and_then(date).unwrap_or(now);
        Some(expires.duration_since(made))
    })?;
    let age = value(headers, header::AGE).and_then(seconds);
    let left = lifetime.saturating_sub(age.unwrap_or_default());
    (left > SignedDuration::ZERO).then_some(left)
}

/// At most a line of what others say.
fn printable(text: &str) -> String {
    text::printable(text).chars().take(200).collect()
}

#[cfg(test)]
mod tests;

//! What would the sites do? A real HTTP server on loopback that serves feeds and remembers who asked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use axum::routing::get;
use jiff::Timestamp;
use newsbell::clock::Clock;

/// One item as a site publishes it.
#[derive(Clone, Debug)]
pub struct Published {
    pub guid: String,
    pub title: String,
    pub body: String,
    pub link: String,
    /// When it says it was published (RFC 2822); empty if it does not say.
    pub date: String,
}

/// An item with a headline; its guid and link come from the headline.
pub fn item(title: &str) -> Published {
    let slug: String = title
        .chars()
        .map(|c| {
            if c.is_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '-'
            }
        })
        .collect();
    Published {
        guid: format!("urn:test:{slug}"),
        title: title.to_owned(),
        body: String::new(),
        date: String::new(),
        link: format!("https://news.example.org/{slug}"),
    }
}

impl Published {
    pub fn body(mut self, body: &str) -> Self {
        body.clone_into(&mut self.body);
        self
    }

    pub fn dated(mut self, date: &str) -> Self {
        date.clone_into(&mut self.date);
        self
    }

    pub fn guid(mut self, guid: &str) -> Self {
        guid.clone_into(&mut self.guid);
        self
    }

    pub fn link(mut self, link: &str) -> Self {
        link.clone_into(&mut self.link);
        self
    }
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    /// By the clock of the scenario; the epoch if it has none.
    pub at: Timestamp,
    pub if_none_match: Option<Vec<u8>>,
    pub status: u16,
}

#[derive(Default)]
struct Site {
    items: Vec<Published>,
    version: u64,
    broken: Option<(StatusCode, Option<String>)>,
    /// Where it redirects to, and how.
    moved: Option<(StatusCode, String)>,
    /// Fields of every answer.
    fields: Vec<(String, String)>,
    /// Elements of the channel.
    says: String,
    /// A web page that it has instead of a feed.
    page: Option<String>,
    /// Whether it knows no conditional requests and gives another validator each time.
    forgetful: bool,
    hangs: bool,
    /// The `Authorization` that it wants.
    wants: Option<String>,
    asked: Vec<Asked>,
}

type Sites = Arc<Mutex<HashMap<String, Site>>>;

/// Who is being served.
#[derive(Default)]
struct Guests {
    clock: Mutex<Option<Clock>>,
    /// By host, the requests that are open, and the most that were.
    open: Mutex<HashMap<String, (usize, usize)>>,
}

impl Guests {
    fn now(&self) -> Timestamp {
        let clock = self.clock.lock().unwrap();
        clock.as_ref().map_or(Timestamp::UNIX_EPOCH, Clock::now)
    }

    fn came(&self, host: &str) {
        let mut open = self.open.lock().unwrap();
        let (now, most) = open.entry(host.to_owned()).or_default();
        *now += 1;
        *most = (*most).max(*now);
    }

    fn went(&self, host: &str) {
        self.open.lock().unwrap().get_mut(host).unwrap().0 -= 1;
    }
}

/// The sites, all on one server.
pub struct Web {
    sites: Sites,
    guests: Arc<Guests>,
    addresses: Vec<std::net::SocketAddr>,
}

impl Web {
    pub async fn start() -> Web {
        Web::start_on(1).await
    }

    /// The sites on so many hosts: 127.0.0.1, 127.0.0.2 and so on.
    pub async fn start_on(hosts: u8) -> Web {
        let sites = Sites::default();
        let guests = Arc::new(Guests::default());
        let app = Router::new()
            .route("/{site}", get(serve))
            .with_state((Arc::clone(&sites), Arc::clone(&guests)));
        let mut addresses = Vec::new();
        for host in 1..=hosts {
            let address = std::net::Ipv4Addr::new(127, 0, 0, host);
            let listener = tokio::net::TcpListener::bind((address, 0)).await.unwrap();
            addresses.push(listener.local_addr().unwrap());
            let app = app.clone();
            #[expect(clippy::disallowed_methods, reason = "the fake web ends with its test")]
            tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        }
        Web {
            sites,
            guests,
            addresses,
        }
    }

    /// From now on requests are noted with the time of this clock.
    pub fn follow(&self, clock: &Clock) {
        *self.guests.clock.lock().unwrap() = Some(clock.clone());
    }

    pub fn url(&self, site: &str) -> String {
        self.url_on(0, site)
    }

    pub fn url_on(&self, host: usize, site: &str) -> String {
        format!("http://{}/{site}", self.addresses[host])
    }

    /// The most requests that any host has had open at once.
    pub fn most_open(&self) -> usize {
        let open = self.guests.open.lock().unwrap();
        open.values().map(|(_, most)| *most).max().unwrap_or(0)
    }

    fn with<T>(&self, site: &str, act: impl FnOnce(&mut Site) -> T) -> T {
        act(self
            .sites
            .lock()
            .unwrap()
            .entry(site.to_owned())
            .or_default())
    }

    /// Puts an item at the top of a feed; one with the same guid takes the old one's place.
    pub fn publish(&self, site: &str, item: Published) {
        self.with(site, |site| {
            site.items.retain(|old| old.guid != item.guid);
            site.items.insert(0, item);
            site.version += 1;
        });
    }

    /// Gives every item of a feed another guid.
    pub fn change_all_guids(&self, site: &str) {
        self.with(site, |site| {
            for item in &mut site.items {
                item.guid.push_str("-again");
            }
            site.version += 1;
        });
    }

    /// From now on the site answers with an error.
    pub fn break_down(&self, site: &str, status: u16, retry_after: Option<&str>) {
        let status = StatusCode::from_u16(status).unwrap();
        self.with(site, |site| {
            site.broken = Some((status, retry_after.map(str::to_owned)));
        });
    }

    /// From now on the site redirects to another.
    pub fn redirect(&self, site: &str, status: u16, to: &str) {
        let (status, to) = (StatusCode::from_u16(status).unwrap(), self.url(to));
        self.with(site, |site| site.moved = Some((status, to)));
    }

    /// From now on every answer has this field.
    pub fn add_field(&self, site: &str, name: &str, value: &str) {
        let field = (name.to_owned(), value.to_owned());
        self.with(site, |site| site.fields.push(field));
    }

    /// From now on the channel has these elements.
    pub fn say(&self, site: &str, elements: &str) {
        self.with(site, |site| {
            elements.clone_into(&mut site.says);
            site.version += 1;
        });
    }

    /// From now on the site has a web page instead of a feed.
    pub fn page(&self, site: &str, html: &str) {
        self.with(site, |site| site.page = Some(html.to_owned()));
    }

    /// From now on the site answers every request in full.
    pub fn forget(&self, site: &str) {
        self.with(site, |site| site.forgetful = true);
    }

    /// From now on the site takes requests and never answers.
    pub fn hang(&self, site: &str) {
        self.with(site, |site| site.hangs = true);
    }

    /// From now on the site answers only those who send this `Authorization`.
    pub fn demand(&self, site: &str, authorization: &str) {
        self.with(site, |site| site.wants = Some(authorization.to_owned()));
    }

    /// From now on the site works again.
    pub fn mend(&self, site: &str) {
        self.with(site, |site| site.broken = None);
    }

    /// Every request a site has got.
    pub fn asked(&self, site: &str) -> Vec<Asked> {
        self.with(site, |site| site.asked.clone())
    }
}

/// Validators nobody would make up: odd, weak, and to be sent back byte for byte.
fn etag(site: &str, version: u64) -> HeaderValue {
    let mut bytes = format!("W/\"{site} v{version} \\ ").into_bytes();
    bytes.extend([0xe9, b'"']);
    HeaderValue::from_bytes(&bytes).unwrap()
}

async fn serve(
    State((sites, guests)): State<(Sites, Arc<Guests>)>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response<Body> {
    let host = headers
        .get("host")
        .map_or("", |host| host.to_str().unwrap());
    guests.came(host);
    // Whoever else is on the way arrives meanwhile.
    for _ in 0..8 {
        tokio::task::yield_now().await;
    }
    let answer = answer(&mut sites.lock().unwrap(), &name, &headers, guests.now());
    guests.went(host);
    match answer {
        Some(answer) => answer,
        None => std::future::pending().await,
    }
}

/// `None` if the site hangs.
fn answer(
    sites: &mut HashMap<String, Site>,
    name: &str,
    headers: &HeaderMap,
    at: Timestamp,
) -> Option<Response<Body>> {
    let site = sites.entry(name.to_owned()).or_default();
    let header = |name: &str| headers.get(name).map(|value| value.as_bytes().to_vec());
    let etag = etag(name, site.version);
    let since = format!("Sun, 01 Mar 2026 00:00:{:02} GMT", site.version % 60);
    let known = header("if-none-match").as_deref() == Some(etag.as_bytes())
        && header("if-modified-since").as_deref() == Some(since.as_bytes());
    let mut answer = Response::builder();
    for (name, value) in &site.fields {
        answer = answer.header(name, value);
    }
    if let Some((status, to)) = &site.moved {
        site.asked.push(Asked {
            at,
            if_none_match: None,
            status: status.as_u16(),
        });
        return Some(
            answer
                .status(status)
                .header("location", to)
                .body(Body::empty())
                .unwrap(),
        );
    }
    if let Some(page) = &site.page {
        let answer = answer.header("content-type", "text/html");
        return Some(answer.body(Body::from(page.clone())).unwrap());
    }
    let may_enter = header("authorization") == site.wants.clone().map(String::into_bytes);
    let (status, body) = match &site.broken {
        None if site.wants.is_some() && !may_enter => (StatusCode::UNAUTHORIZED, String::new()),
        Some((status, retry_after)) => {
            if let Some(after) = retry_after {
                answer = answer.header("retry-after", after);
            }
            (*status, String::new())
        }
        None if known && !site.forgetful => (StatusCode::NOT_MODIFIED, String::new()),
        None => {
            let etag = if site.forgetful {
                HeaderValue::try_from(format!("\"{}\"", site.asked.len())).unwrap()
            } else {
                etag
            };
            answer = answer
                .header("etag", etag)
                .header("last-modified", since)
                .header("content-type", "application/rss+xml; charset=utf-8");
            let document = rss(name, &site.items);
            let at = document.find("</title>").unwrap() + "</title>".len();
            let (title, items) = document.split_at(at);
            (StatusCode::OK, format!("{title}{}{items}", site.says))
        }
    };
    site.asked.push(Asked {
        at,
        if_none_match: header("if-none-match"),
        status: status.as_u16(),
    });
    let answer = answer.status(status).body(Body::from(body)).unwrap();
    (!site.hangs).then_some(answer)
}

/// An RSS 2.0 document.
pub fn rss(name: &str, items: &[Published]) -> String {
    let escape = |text: &str| {
        text.replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
    };
    let mut xml = format!("<rss version=\"2.0\"><channel><title>{name}</title>");
    for item in items {
        let fields = [
            ("guid", &item.guid),
            ("title", &item.title),
            ("description", &item.body),
            ("link", &item.link),
            ("pubDate", &item.date),
        ];
        xml.push_str("<item>");
        for (tag, text) in fields {
            if tag == "pubDate" && text.is_empty() {
                continue;
            }
            xml.push_str(&format!("<{tag}>{}</{tag}>", escape(text)));
        }
        xml.push_str("</item>");
    }
    xml.push_str("</channel></rss>");
    xml
}

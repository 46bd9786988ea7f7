//! Which feeds does a web page offer?
//!
//! Its head names them as alternates of the page (WHATWG HTML §4.6.7.1, "RSS autodiscovery"); many
//! pages only link to them.

use url::Url;

use super::repair::{Tag, Tags};

/// Feeds offered by one page, at most.
const OFFERED: usize = 20;

/// Elements whose text holds no tags (WHATWG HTML §13.1.2).
const RAW: [&str; 5] = ["script", "style", "textarea", "title", "noscript"];

/// A feed that a page offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    /// Where it is.
    pub url: Url,
    /// What the page calls it.
    pub title: Option<String>,
}

/// The feeds that a page offers, the likeliest first. `base` is the page's address. Linear in the length
/// of the page.
#[must_use]
pub fn offered(page: &str, base: &Url) -> Vec<Offered> {
    let mut tags = Tags::new(page);
    let mut base = base.clone();
    let mut based = false;
    let (mut alternates, mut comments, mut links) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(tag) = tags.next() {
        let Tag::Start { name, .. } = tag else {
            continue;
        };
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        if is("base") && !based {
            if let Some(href) = tags
                .attribute("href")
                .and_then(|href| base.join(&href).ok())
            {
                base = href;
                based = true;
            }
        } else if is("link") || is("a") {
            let Some(url) = tags
                .attribute("href")
                .and_then(|href| address(&base, &href))
            else {
                continue;
            };
            let rel = tags.attribute("rel").unwrap_or_default();
            let rel = |word: &str| rel.split_whitespace().any(|r| r.eq_ignore_ascii_case(word));
            let kind = tags.attribute("type").unwrap_or_default();
            let offered = Offered {
                title: tags.attribute("title").filter(|title| !title.is_empty()),
                url,
            };
            if rel("feed") || rel("alternate") && is_feed(&kind) {
                if is_about_comments(&offered) {
                    comments.push(offered);
                } else {
                    alternates.push(offered);
                }
            } else if is("a") && looks_like_feed(&offered.url) {
                links.push(offered);
            }
        } else if let Some(raw) = RAW.iter().find(|raw| is(raw)) {
            tags.skip_to_end_of(raw);
        }
    }
    let mut all: Vec<Offered> = Vec::new();
    for one in alternates.into_iter().chain(links).chain(comments) {
        if all.len() < OFFERED && !all.iter().any(|known| known.url == one.url) {
            all.push(one);
        }
    }
    all
}

fn address(base: &Url, href: &str) -> Option<Url> {
    let mut url = base.join(href.trim()).ok()?;
    if url.scheme() == "feed" {
        // `feed://host/path` and `feed:https://host/path`, of the years before `rel=alternate`.
        let rest = url.as_str().strip_prefix("feed:")?;
        let prefix = if rest.starts_with("//") { "https:" } else { "" };
        url = Url::parse(&format!("{prefix}{rest}")).ok()?;
    }
    url.set_fragment(None);
    matches!(url.scheme(), "http" | "https").then_some(url)
}

/// Whether a media type is that of a feed. `application/json` is left out: it is rarely one.
fn is_feed(kind: &str) -> bool {
    let kind = kind.split(';').next().unwrap_or_default().trim();
    [
        "application/rss+xml",
        "application/atom+xml",
        "application/rdf+xml",
        "application/feed+json",
        "application/xml",
        "text/xml",
        "application/x.atom+xml",
        "application/x-atom+xml",
    ]
    .iter()
    .any(|known| kind.eq_ignore_ascii_case(known))
}

fn is_about_comments(offered: &Offered) -> bool {
    let title = offered.title.as_deref().unwrap_or_default();
    title.to_lowercase().contains("comment") || offered.url.path().contains("comments")
}

/// Whether an address looks like that of a feed.
fn looks_like_feed(url: &Url) -> bool {
    let path = url.path().trim_end_matches('/').to_ascii_lowercase();
    let last = path.rsplit('/').next().unwrap_or_default();
    let (stem, ending) = last.rsplit_once('.').unwrap_or((last, ""));
    matches!(ending, "rss" | "atom" | "rdf")
        || matches!(last, "feed" | "rss" | "atom" | "feed.json")
        || ending == "xml"
            && ["rss", "feed", "atom", "index"]
                .iter()
                .any(|word| stem.contains(word))
}

/// Where feeds often are on a site that does not say.
#[must_use]
pub fn usual_places(site: &Url) -> Vec<Url> {
    const PLACES: [&str; 9] = [
        "feed",
        "rss",
        "rss.xml",
        "feed.xml",
        "atom.xml",
        "index.xml",
        "feed/",
        "feeds",
        ".rss",
    ];
    let mut directory = site.clone();
    directory.set_query(None);
    directory.set_fragment(None);
    if !directory.path().ends_with('/') {
        let path = format!("{}/", directory.path());
        directory.set_path(&path);
    }
    let mut root = directory.clone();
    root.set_path("/");
    let mut places: Vec<Url> = Vec::new();
    for from in [&directory, &root] {
        for place in PLACES {
            if let Ok(url) = from.join(place)
                && !places.contains(&url)
            {
                places.push(url);
            }
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(page: &str) -> Vec<String> {
        let base = Url::parse("https://site.example/news/").unwrap();
        let line = |one: Offered| match one.title {
            Some(title) => format!("{} ({title})", one.url),
            None => one.url.to_string(),
        };
        offered(page, &base).into_iter().map(line).collect()
    }

    #[test]
    fn a_head_names_its_feeds() {
        let page = r#"<!doctype html><html><head><title>News <link rel=alternate
            type="application/rss+xml" href="/in-title"></title>
            <LINK REL="alternate" TYPE="Application/RSS+XML; charset=utf-8" TITLE="Tom &amp; Ann" HREF="rss?a=1&amp;b=2">
            <link rel='alternate' type='application/atom+xml' href='//cdn.example/atom'>
            <link rel=alternate type=application/rss+xml title="Comments on all" href='/comments/feed/'>
            <link rel="alternate home" type="application/feed+json" href="feed.json#x">
            <link rel="stylesheet" type="text/css" href="a.css">
            <link rel="alternate" type="application/json" href="/wp-json/1">
            <link rel="alternate" type="application/rss+xml" href="rss?a=1&b=2">
            <link rel="alternate" type="application/rss+xml" href="javascript:alert(1)">
            <link rel="alternate" type="application/rss+xml">
            <script>if (a<b) "<link rel='alternate' type='application/rss+xml' href='/in-script'>"</script>
            <!-- <link rel="alternate" type="application/rss+xml" href="/in-comment"> -->
            <link rel="feed" href="feed:https://other.example/f">
            </head><body>"#;
        assert_eq!(
            found(page),
            [
                "https://site.example/news/rss?a=1&b=2 (Tom & Ann)",
                "https://cdn.example/atom",
                "https://site.example/news/feed.json",
                "https://other.example/f",
                "https://site.example/comments/feed/ (Comments on all)",
            ]
        );
    }

    #[test]
    fn links_are_taken_if_they_look_like_feeds() {
        let page = r#"<base href="/de/"><base href="/fr/"><body>
            <a href="feed/">RSS</a> <a href="world.rss">World</a> <a href="rss.html">About RSS</a>
            <a href="/sitemap.xml">Map</a> <a href="news-feed.xml">News</a> <a href="mailto:a@b">x</a>"#;
        assert_eq!(
            found(page),
            [
                "https://site.example/de/feed/",
                "https://site.example/de/world.rss",
                "https://site.example/de/news-feed.xml"
            ]
        );
    }

    #[test]
    fn a_page_of_a_million_links_is_read_to_its_end() {
        let page = "<a href=x.rss><script><link><!--".repeat(200_000);
        assert!(found(&page).len() <= OFFERED);
        let many: Vec<String> = (0..100).map(|n| format!("<a href={n}.rss>")).collect();
        assert_eq!(found(&many.concat()).len(), OFFERED);
    }

    #[test]
    fn usual_places_are_below_the_page_and_below_the_site() {
        let places = usual_places(&Url::parse("https://site.example/blog?x=1").unwrap());
        let places: Vec<&str> = places.iter().map(Url::as_str).collect();
        assert!(
            places.contains(&"https://site.example/blog/feed"),
            "{places:?}"
        );
        assert!(places.contains(&"https://site.example/rss.xml"));
        assert_eq!(
            usual_places(&Url::parse("https://site.example").unwrap()).len(),
            9
        );
    }
}

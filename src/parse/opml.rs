//! Which feeds does an OPML document list, and how are ours listed in one?
//!
//! OPML 2.0 (<http://opml.org/spec2.opml>), as feed readers exchange their subscriptions: an `outline`
//! with an `xmlUrl` is a feed, one without is a folder.

use super::repair::{Tag, Tags, escaped};
use super::{ParseError, charset, shown};

/// Feeds of one document, at most.
const FEEDS: usize = 100_000;

/// A feed as it is listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// `text`, or `title` where that is missing.
    pub name: String,
    /// `xmlUrl`, as written.
    pub url: String,
    /// The folders it is in, from the outermost, and its `category`.
    pub tags: Vec<String>,
}

/// Reads a document in any encoding, however careless.
///
/// # Errors
/// If it is no OPML.
pub fn read(bytes: &[u8]) -> Result<Vec<Listed>, ParseError> {
    let text = charset::decode(bytes, None, None);
    let mut tags = Tags::new(charset::without_declaration(&text));
    let mut root = None;
    let mut feeds = Vec::new();
    // The names of open outlines; of those that are feeds, nothing.
    let mut open: Vec<Option<String>> = Vec::new();
    while let Some(tag) = tags.next() {
        match tag {
            Tag::Start { name, empty } => {
                if root.is_none() {
                    if !name.eq_ignore_ascii_case("opml") {
                        return Err(ParseError::NotAFeed {
                            found: shown(&format!("the element `{name}`")),
                        });
                    }
                    root = Some(());
                }
                if !name.eq_ignore_ascii_case("outline") {
                    continue;
                }
                let name = ["text", "title"]
                    .iter()
                    .find_map(|name| tags.attribute(name).filter(|name| !name.is_empty()));
                let url = tags.attribute("xmlUrl").filter(|url| !url.is_empty());
                let is_feed = url.is_some();
                if let Some(url) = url
                    && feeds.len() < FEEDS
                {
                    let category = tags.attribute("category").unwrap_or_default();
                    feeds.push(Listed {
                        name: name.clone().unwrap_or_default(),
                        url,
                        tags: all_tags(&open, &category),
                    });
                }
                if !empty {
                    open.push(name.filter(|_| !is_feed));
                }
            }
            Tag::End(name) if name.eq_ignore_ascii_case("outline") => {
                open.pop();
            }
            Tag::End(_) => {}
        }
    }
    if root.is_none() {
        return Err(ParseError::NotAFeed {
            found: "no element".to_owned(),
        });
    }
    Ok(feeds)
}

/// Folders and categories, each once. A category is a path like `/World/Asia`, several are parted by
/// commas.
fn all_tags(open: &[Option<String>], category: &str) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    let folders = open.iter().flatten().map(String::as_str);
    let categories = category.split([',', '/']).map(str::trim);
    for tag in folders.chain(categories) {
        if !tag.is_empty() && !tags.iter().any(|known| known == tag) {
            tags.push(tag.to_owned());
        }
    }
    tags
}

/// Writes feeds as an OPML 2.0 document: in a folder each by its first tag, all tags as `category`.
#[must_use]
pub fn write(feeds: &[Listed]) -> String {
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<opml version=\"2.0\">\n\
         <head><title>newsbell</title></head>\n<body>\n",
    );
    let mut folders: Vec<&str> = Vec::new();
    for feed in feeds {
        let folder = feed.tags.first().map_or("", String::as_str);
        if !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    for folder in folders {
        if !folder.is_empty() {
            out.push_str("<outline");
            attribute("text", folder, &mut out);
            out.push_str(">\n");
        }
        let inside = |feed: &&Listed| feed.tags.first().map_or("", String::as_str) == folder;
        for feed in feeds.iter().filter(inside) {
            out.push_str("<outline type=\"rss\"");
            attribute("text", &feed.name, &mut out);
            attribute("xmlUrl", &feed.url, &mut out);
            if !feed.tags.is_empty() {
                // Commas and slashes mean something here.
                let plain = |tag: &String| tag.replace([',', '/'], " ");
                let tags: Vec<String> = feed.tags.iter().map(plain).collect();
                attribute("category", &tags.join(","), &mut out);
            }
            out.push_str("/>\n");
        }
        if !folder.is_empty() {
            out.push_str("</outline>\n");
        }
    }
    out.push_str("</body>\n</opml>\n");
    out
}

fn attribute(name: &str, value: &str, out: &mut String) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    escaped(value, out);
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn listed(name: &str, url: &str, tags: &[&str]) -> Listed {
        Listed {
            name: name.to_owned(),
            url: url.to_owned(),
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        }
    }

    #[test]
    fn folders_are_tags_and_names_are_what_they_mean() {
        let text = r#"<?xml version="1.0"?><!-- mine --><OPML version="1.1"><head><title>x</title></head><body>
            <outline text="World"><outline text='Asia &amp; more'>
              <outline type="rss" text="Tom &#38; Ann" title="other" xmlUrl="https://a.example/f?x=1&amp;y=2"/>
            </outline>
              <outline title="Only title" XMLURL="https://b.example/" category="/News/Africa,World"></outline>
            </outline>
            <outline text="Loose & bare" xmlUrl="https://c.example/">
            <outline text="nothing"/></body></OPML>"#;
        assert_eq!(
            read(text.as_bytes()).unwrap(),
            [
                listed(
                    "Tom & Ann",
                    "https://a.example/f?x=1&y=2",
                    &["World", "Asia & more"]
                ),
                listed(
                    "Only title",
                    "https://b.example/",
                    &["World", "News", "Africa"]
                ),
                listed("Loose & bare", "https://c.example/", &[]),
            ]
        );
    }

    #[test]
    fn other_encodings_are_read() {
        let text = "<?xml version='1.0' encoding='windows-1251'?><opml><body><outline text='Новости' xmlUrl='https://n.example/'/></body></opml>";
        let (bytes, _, _) = encoding_rs::WINDOWS_1251.encode(text);
        assert_eq!(read(&bytes).unwrap()[0].name, "Новости");
    }

    #[test]
    fn what_is_no_opml_is_refused() {
        for text in ["", "just text", "<rss><channel/></rss>", "<html>"] {
            assert!(matches!(
                read(text.as_bytes()),
                Err(ParseError::NotAFeed { .. })
            ));
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            names in prop::collection::vec(("[^\\p{C}]{1,12}", prop::collection::vec("[^\\p{C},/]{1,6}", 0..3)), 0..6)
        ) {
            let trimmed = |text: &str| text.trim().to_owned();
            let feeds: Vec<Listed> = names
                .iter()
                .enumerate()
                .filter(|(_, (name, tags))| {
                    !name.trim().is_empty() && tags.iter().all(|tag| !tag.trim().is_empty())
                })
                .map(|(n, (name, tags))| Listed {
                    name: trimmed(name),
                    url: format!("https://{n}.example/?a=1&b=<\">"),
                    tags: {
                        let mut tags: Vec<String> = tags.iter().map(|tag| trimmed(tag)).collect();
                        tags.sort();
                        tags.dedup();
                        tags
                    },
                })
                .collect();
            let mut again = read(write(&feeds).as_bytes()).unwrap();
            again.sort_by(|a, b| a.url.cmp(&b.url));
            prop_assert_eq!(again, feeds);
        }

        #[test]
        fn any_text_is_survived(text in "(<opml>|<outline |text=|xmlUrl=|'|\"|>|</outline>|&|[a-z ]){0,60}") {
            let _ = read(text.as_bytes());
        }
    }
}

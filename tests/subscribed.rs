//! Can others subscribe to alerts, and is what they get an Atom document (RFC 4287)?

use std::collections::BTreeMap;
use std::path::Path;

use quick_xml::XmlVersion;
use quick_xml::events::Event;
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;
use serde_json::Value;

use crate::program::{newsbell, stdout};
use crate::world::World;
use crate::world::web::{Web, item};

const ATOM: &str = "http://www.w3.org/2005/Atom";

/// An element with its attributes, text and children.
#[derive(Debug, Default)]
struct Element {
    name: String,
    attributes: BTreeMap<String, String>,
    text: String,
    children: Vec<Element>,
}

impl Element {
    fn all(&self, name: &str) -> Vec<&Element> {
        let named = |child: &&Element| child.name == name;
        self.children.iter().filter(named).collect()
    }

    /// The one child of this name.
    fn one(&self, name: &str) -> &Element {
        let all = self.all(name);
        assert_eq!(all.len(), 1, "{name} in {}", self.name);
        all[0]
    }
}

/// A document whose elements are all of Atom's namespace.
fn read(path: &Path) -> Element {
    let text = std::fs::read_to_string(path).unwrap();
    let mut reader = NsReader::from_str(&text);
    let mut open = vec![Element::default()];
    loop {
        let (space, event) = reader.read_resolved_event().unwrap();
        let begin = |element: &quick_xml::events::BytesStart<'_>| {
            let ResolveResult::Bound(space) = space else {
                panic!("an element of no namespace")
            };
            assert_eq!(space.into_inner(), ATOM);
            let attributes = element.attributes().map(|attribute| {
                let attribute = attribute.unwrap();
                let value = attribute.normalized_value(XmlVersion::Explicit1_0).unwrap();
                (attribute.key.into_inner().to_owned(), value.into_owned())
            });
            Element {
                name: element.local_name().into_inner().to_owned(),
                attributes: attributes.collect(),
                ..Element::default()
            }
        };
        match event {
            Event::Start(element) => open.push(begin(&element)),
            Event::Empty(element) => {
                let element = begin(&element);
                open.last_mut().unwrap().children.push(element);
            }
            Event::End(_) => {
                let element = open.pop().unwrap();
                open.last_mut().unwrap().children.push(element);
            }
            Event::Text(text) => open.last_mut().unwrap().text += &text.xml10_content(),
            Event::GeneralRef(reference) => {
                let name = reference.xml10_content();
                let char = match reference.resolve_char_ref().unwrap() {
                    Some(char) => char.to_string(),
                    None => quick_xml::escape::resolve_predefined_entity(&name)
                        .unwrap()
                        .to_owned(),
                };
                open.last_mut().unwrap().text += &char;
            }
            Event::Eof => break,
            Event::Decl(_) | Event::Comment(_) => {}
            other => panic!("unexpected {other:?}"),
        }
    }
    assert_eq!(open.len(), 1, "every element is closed");
    open.remove(0).children.remove(0)
}

/// RFC 4287 §3.3 and §4: what must be there, how often, and of which form. Returns the entries' ids.
fn check(feed: &Element) -> Vec<String> {
    assert_eq!(feed.name, "feed");
    let date = |element: &Element| -> jiff::Timestamp {
        assert!(
            element.text.ends_with('Z') && element.text.contains('T'),
            "{element:?}"
        );
        element.text.parse().unwrap()
    };
    let iri = |text: &str| assert!(url::Url::parse(text).is_ok(), "`{text}` is no IRI");
    iri(&feed.one("id").text);
    date(feed.one("updated"));
    assert!(!feed.one("title").text.is_empty());
    // An author here is one of every entry.
    assert!(!feed.one("author").one("name").text.is_empty());
    let mut ids = Vec::new();
    for entry in feed.all("entry") {
        iri(&entry.one("id").text);
        date(entry.one("updated"));
        assert!(!entry.one("title").text.is_empty());
        for link in entry.all("link") {
            assert_eq!(link.attributes["rel"], "alternate");
            iri(&link.attributes["href"]);
        }
        assert!(entry.all("link").len() <= 1);
        for category in entry.all("category") {
            assert!(!category.attributes["term"].is_empty());
        }
        let content = entry.one("content");
        assert_eq!(content.attributes["type"], "html");
        assert_eq!(content.children.len(), 0, "HTML is escaped");
        assert!(!ids.contains(&entry.one("id").text), "an id twice");
        ids.push(entry.one("id").text.clone());
    }
    ids
}

/// The entries as our own parser reads them.
fn parsed(path: &Path) -> Value {
    let said =
        tokio::task::block_in_place(|| stdout(newsbell().args(["parse", "-o", "json"]).arg(path)));
    serde_json::from_str(&said).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_are_an_atom_feed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("alerts.atom");
    let web = Web::start().await;
    let config = format!(
        "[[feed]]\nname = \"wire\"\nurl = \"{}\"\nallow_private = true\n\
         [[rule]]\nname = \"Drills & <more>\"\nmatch = 'drills'\nchannels = [\"feed\"]\n\
         [channel.feed]\npath = \"{}\"\nurl = \"https://example.org/alerts.atom?a=1&b=2\"\n\
         feed_title = \"Mine & yours\"\nentries = 3\n",
        web.url("wire"),
        path.display()
    );
    let mut world = World::start_with(web, &config).await;
    world.minutes_pass(1).await;
    let title = "Drills ]]> <b>begin</b> & \u{1}\u{fffe}\u{202e}end";
    world.publish("wire", item(title).body("The drills <i>will</i> last."));
    world.minutes_pass(20).await;
    let feed = read(&path);
    let first = check(&feed);
    assert_eq!(first.len(), 1);
    assert_eq!(feed.one("title").text, "Mine & yours");
    let link = feed.one("link");
    assert_eq!(link.attributes["rel"], "self");
    assert_eq!(
        link.attributes["href"],
        "https://example.org/alerts.atom?a=1&b=2"
    );
    let entry = feed.one("entry");
    assert_eq!(entry.one("category").attributes["term"], "Drills & <more>");
    let content = &entry.one("content").text;
    assert!(
        content.contains("The <b>drills</b> will last."),
        "{content}"
    );
    assert!(!content.contains("<i>"), "{content}");
    let read_back = parsed(&path);
    assert_eq!(read_back["format"], "atom");
    assert_eq!(read_back["repairs"], Value::Array(Vec::new()));
    assert_eq!(
        read_back["entries"][0]["id"].as_str(),
        Some(first[0].as_str())
    );

    // A crash after the file was written and before that was recorded sends again what is there already.
    world.crash().await;
    world.forget_deliveries();
    world.wake().await;
    world.minutes_pass(5).await;
    assert_eq!(check(&read(&path)), first, "once");

    for n in 1..=3 {
        world.publish("wire", item(&format!("Drills begin at base number {n}")));
        world.minutes_pass(20).await;
    }
    let again = read(&path);
    let ids = check(&again);
    assert_eq!(ids.len(), 3, "the oldest has gone");
    assert!(!ids.contains(&first[0]));
    assert_eq!(again.one("id").text, feed.one("id").text);
    let titles: Vec<&str> = again
        .all("entry")
        .iter()
        .map(|entry| entry.one("title").text.as_str())
        .collect();
    let expected = [3, 2, 1].map(|n| format!("Drills & <more>: Drills begin at base number {n}"));
    assert_eq!(titles, expected, "the newest first");
}

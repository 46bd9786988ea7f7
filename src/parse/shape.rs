//! What kind of document is this, and is its XML of a shape that is safe to read?
//!
//! The feed parser recurses into nested media groups, compares every attribute of an element with
//! every other, and looks through all namespaces in scope at each element. A document of a few
//! megabytes can so end the program or keep it busy for hours; the bounds here forbid it first.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::{ParseError, shown};

/// How deep elements may nest.
const DEPTH: usize = 256;
/// The most attributes of one element.
const ATTRIBUTES: usize = 256;
/// The most namespaces in scope at once.
const NAMESPACES: usize = 128;

/// The most elements of a document, or values in JSON: each takes the parser a hundred bytes.
const ELEMENTS: usize = 1_000_000;
/// The most entries, with their media groups, a document may have at all: each takes the parser a
/// kilobyte. How many of them are kept is another matter.
const ENTRIES: usize = 50_000;

/// The families of feeds, by their outermost element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Root {
    Rss,
    Rdf,
    Atom,
    Json,
}

/// Whether a document is JSON rather than XML.
pub(super) fn is_json(text: &str) -> bool {
    text.find(['<', '{'])
        .is_some_and(|at| text[at..].starts_with('{'))
}

/// Tells the kind of a document, and reads it to its end to check its bounds.
///
/// # Errors
/// If it is no feed, or is out of bounds. XML that is not well-formed is left for the parser to
/// complain about: this reader is the more lenient of the two, so it sees all that one would.
pub(super) fn root(text: &str) -> Result<Root, ParseError> {
    match text.find(['<', '{']) {
        Some(at) if text[at..].starts_with('{') => return json(text),
        Some(_) => {}
        None => {
            return Err(ParseError::NotAFeed {
                found: "plain text".to_owned(),
            });
        }
    }
    let mut reader = Reader::from_str(text);
    let config = reader.config_mut();
    config.allow_dangling_amp = true;
    config.allow_unmatched_ends = true;
    config.check_end_names = false;
    let mut kind = None;
    // For each open element, how many namespaces it declares.
    let mut open: Vec<usize> = Vec::new();
    let mut in_scope = 0;
    let (mut elements, mut entries) = (0, 0);
    while let Ok(event) = reader.read_event() {
        let (element, stays_open) = match event {
            Event::Start(element) => (element, true),
            Event::Empty(element) => (element, false),
            Event::End(_) => {
                in_scope -= open.pop().unwrap_or(0);
                continue;
            }
            Event::Eof => break,
            _ => continue,
        };
        if kind.is_none() {
            kind = Some(family(&element)?);
        }
        elements += 1;
        entries += usize::from(matches!(
            element.local_name().as_ref(),
            "item" | "entry" | "group"
        ));
        if elements > ELEMENTS {
            return Err(beyond("elements", ELEMENTS));
        }
        if entries > ENTRIES {
            return Err(beyond("entries and media groups", ENTRIES));
        }
        let (attributes, namespaces) = count(&element);
        if attributes > ATTRIBUTES {
            return Err(beyond("attributes on one element", ATTRIBUTES));
        }
        if in_scope + namespaces > NAMESPACES {
            return Err(beyond("namespaces", NAMESPACES));
        }
        if stays_open {
            open.push(namespaces);
            in_scope += namespaces;
        }
        if open.len() > DEPTH {
            return Err(beyond("nested elements", DEPTH));
        }
    }
    kind.ok_or_else(|| ParseError::NotAFeed {
        found: "no element".to_owned(),
    })
}

/// JSON nests no deeper than its reader allows, so only its objects and values are counted. An entry
/// is an object, and so are its authors and attachments; few have more than a handful.
fn json(text: &str) -> Result<Root, ParseError> {
    const OBJECTS: usize = 4 * ENTRIES;
    let (mut objects, mut values) = (0, 0);
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => {
                while let Some(byte) = bytes.next().filter(|byte| *byte != b'"') {
                    if byte == b'\\' {
                        bytes.next();
                    }
                }
            }
            b'{' => objects += 1,
            b',' => values += 1,
            _ => {}
        }
    }
    if objects > OBJECTS {
        return Err(beyond("objects", OBJECTS));
    }
    if values > ELEMENTS {
        return Err(beyond("values", ELEMENTS));
    }
    Ok(Root::Json)
}

fn family(element: &BytesStart<'_>) -> Result<Root, ParseError> {
    let name = element.local_name();
    let name = name.as_ref();
    match name {
        "rss" => Ok(Root::Rss),
        "RDF" => Ok(Root::Rdf),
        "feed" | "entry" => Ok(Root::Atom),
        _ if ["html", "head", "body"]
            .iter()
            .any(|tag| name.eq_ignore_ascii_case(tag)) =>
        {
            Err(ParseError::WebPage { feeds: Vec::new() })
        }
        _ => Err(ParseError::NotAFeed {
            found: shown(&format!("the element `{name}`")),
        }),
    }
}

fn count(element: &BytesStart<'_>) -> (usize, usize) {
    let mut attributes = element.attributes();
    // The check for repeated names is the very quadratic work to be avoided.
    attributes.with_checks(false);
    let mut namespaces = 0;
    let number = attributes
        .inspect(|attribute| {
            let declares = |key: &str| key == "xmlns" || key.starts_with("xmlns:");
            let key = attribute.as_ref().map(|attribute| attribute.key);
            namespaces += usize::from(key.is_ok_and(|key| declares(key.as_ref())));
        })
        .count();
    (number, namespaces)
}

fn beyond(what: &str, bound: usize) -> ParseError {
    ParseError::Malformed {
        reason: format!("more than {bound} {what}, which no feed needs"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("<rss version='2.0'/>", Ok(Root::Rss))]
    #[case("<!-- a --><rdf:RDF/>", Ok(Root::Rdf))]
    #[case("<a:feed xmlns:a='b'>", Ok(Root::Atom))]
    #[case("{}", Ok(Root::Json))]
    #[case("<!DOCTYPE html><p>", Err(ParseError::NotAFeed { found: "the element `p`".to_owned() }))]
    #[case("<!DOCTYPE html>\n<HTML>", Err(ParseError::WebPage { feeds: Vec::new() }))]
    #[case("hello", Err(ParseError::NotAFeed { found: "plain text".to_owned() }))]
    #[case("<!-- only", Err(ParseError::NotAFeed { found: "no element".to_owned() }))]
    fn tells_the_kind(#[case] text: &str, #[case] kind: Result<Root, ParseError>) {
        assert_eq!(root(text), kind);
    }

    #[test]
    fn bounds_the_shape() {
        let reason = |text: &str| root(text).unwrap_err().to_string();
        insta::assert_snapshot!(reason(&"<rss>".repeat(1_000_000)), @"the feed is damaged: more than 256 nested elements, which no feed needs");
        let attributes = (0..300)
            .map(|n| format!(" a{n}=''"))
            .collect::<Vec<_>>()
            .concat();
        insta::assert_snapshot!(reason(&format!("<rss{attributes}/>")), @"the feed is damaged: more than 256 attributes on one element, which no feed needs");
        let namespaces = (0..100)
            .map(|n| format!(" xmlns:a{n}=''"))
            .collect::<Vec<_>>()
            .concat();
        insta::assert_snapshot!(reason(&format!("<rss{namespaces}><a{namespaces}/>")), @"the feed is damaged: more than 128 namespaces, which no feed needs");
        assert_eq!(
            root(&format!(
                "<rss>{}</rss>",
                "<a xmlns:b=''></a>".repeat(1_000)
            )),
            Ok(Root::Rss)
        );
    }
}

//! Where in the feed are we, and what does the next tag mean there?

use url::Url;

use super::field::{Field, Person};
use super::item::{Item, name_of_item};
use super::names::{Part, Role, Space, ends_item, is_html_too, local, role};
use super::refs::Entities;
use super::rhythm::Said;
use super::token::{Token, Tokens};
use super::{
    Counts, DEPTH, ENTRIES, Family, NAMES, OUTPUT_BYTES, ROOT_WITHIN, Repair, Repaired, write,
};
use crate::parse::{ParseError, shown};

/// An element that was opened and not closed yet.
struct Open<'a> {
    name: &'a str,
    kind: Kind,
    /// How many namespaces were in scope before it.
    spaces: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Feed,
    Item,
    Person,
    Opaque,
    Clear,
}

pub(super) struct Canon<'a> {
    pub(super) tokens: Tokens<'a>,
    pub(super) out: String,
    pub(super) family: Family,
    pub(super) item: Option<Item>,
    pub(super) field: Option<Field<'a>>,
    pub(super) person: Option<Person>,
    pub(super) counts: Counts,
    pub(super) entities: Entities,
    /// What is known of the feed itself.
    pub(super) head: Item,
    /// What it says of when it changes.
    pub(super) said: Said,
    open: Vec<Open<'a>>,
    beyond: usize,
    spaces: Vec<(&'a str, Space)>,
    rooted: bool,
    ended: bool,
    channel_base: Option<String>,
    begun: usize,
    stopped: bool,
}

impl<'a> Canon<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            tokens: Tokens::new(text),
            // Most become a little longer.
            out: String::with_capacity(text.len() + text.len() / 8),
            family: Family::Rss,
            item: None,
            field: None,
            person: None,
            counts: Counts([0; NAMES.len()]),
            entities: Entities::default(),
            head: Item::default(),
            said: Said::new(),
            open: Vec::new(),
            beyond: 0,
            spaces: Vec::new(),
            rooted: false,
            ended: false,
            channel_base: None,
            begun: 0,
            stopped: false,
        }
    }

    pub(super) fn run(mut self) -> Result<Repaired, ParseError> {
        let mut unknown = None;
        while !self.stopped
            && let Some(token) = self.tokens.next(&mut self.counts)
        {
            if !self.rooted {
                if let Token::Start { name, .. } = token {
                    self.root(name, &mut unknown)?;
                }
                if self.tokens.place() > ROOT_WITHIN && !self.rooted {
                    break;
                }
            }
            match token {
                Token::Doctype(text) => self.entities.declare(text, &mut self.counts),
                _ if !self.rooted => {}
                _ if self.field.is_some() => {
                    if !self.in_field(token) {
                        self.finish_field(true);
                        self.structure(token);
                    }
                }
                _ => self.structure(token),
            }
        }
        if !self.rooted {
            return Err(ParseError::NotAFeed {
                found: unknown.unwrap_or("no element".to_owned()),
            });
        }
        Ok(self.finish())
    }

    fn finish(mut self) -> Repaired {
        if !self.ended && !self.stopped {
            self.counts.add(Repair::EndAdded);
        }
        self.finish_field_at_end();
        self.finish_person();
        if let Some(item) = self.item.take() {
            if item.speaks() {
                item.finish(self.family, &mut self.out);
            } else {
                self.out.truncate(item.start);
            }
        }
        let linked = self.head.knows(Part::Link);
        if let Some(link) = self.head.other_link.take().filter(|_| !linked) {
            super::item::write_part(self.family, Part::Link, &link, &mut self.out);
        }
        match self.family {
            Family::Atom => self.out.push_str("</feed>\n"),
            Family::Rss | Family::Rdf => self.out.push_str("</channel></rss>\n"),
        }
        Repaired {
            text: self.out,
            family: self.family,
            begun: self.begun,
            repairs: self.counts.named(),
            rhythm: self.said.rhythm(),
        }
    }

    /// Looks whether a feed begins with this element.
    fn root(&mut self, name: &'a str, unknown: &mut Option<String>) -> Result<(), ParseError> {
        let local = local(name);
        let is = |other: &str| local.eq_ignore_ascii_case(other);
        if unknown.is_none() && (is("html") || is("head") || is("body")) {
            return Err(ParseError::WebPage { feeds: Vec::new() });
        }
        self.family = if is("rss") || is("channel") || is("item") {
            Family::Rss
        } else if is("rdf") {
            Family::Rdf
        } else if is("feed") || is("entry") {
            Family::Atom
        } else {
            unknown.get_or_insert_with(|| shown(&format!("the element `{name}`")));
            return Ok(());
        };
        self.rooted = true;
        if !matches!(local, "rss" | "RDF" | "feed") {
            self.counts.add(Repair::RootRenamed);
        }
        let version = self.attribute("version");
        let known = matches!(version.as_deref(), Some("2.0" | "0.91" | "0.92" | ""));
        if is("rss") && !known {
            self.counts.add(Repair::VersionReplaced);
        }
        if let Some((prefix, _)) = name.split_once(':') {
            let space = if is("rdf") { Space::Rdf } else { Space::Core };
            self.spaces.push((prefix, space));
        }
        // The base and the language of a lone entry are its own.
        let (base, lang) = if is("entry") || is("item") {
            (None, None)
        } else {
            (self.base(), self.attribute("xml:lang"))
        };
        let (base, lang) = (("xml:base", base.as_deref()), ("xml:lang", lang.as_deref()));
        if self.family == Family::Atom {
            let space = ("xmlns", Some("http://www.w3.org/2005/Atom"));
            write::start("feed", &[space, base, lang], &mut self.out);
        } else {
            let space = "http://purl.org/rss/1.0/modules/content/";
            let space = ("xmlns:content", Some(space));
            let version = ("version", Some("2.0"));
            write::start("rss", &[version, space, base, lang], &mut self.out);
            self.out.push_str("<channel>");
        }
        self.out.push('\n');
        Ok(())
    }

    /// Follows a token outside of any text that is read.
    fn structure(&mut self, token: Token<'a>) {
        match token {
            Token::Start { name, empty, .. } => self.start(name, empty),
            Token::End { name, .. } => self.end(name),
            Token::Text(raw) => {
                if let Some(person) = &mut self.person {
                    self.entities
                        .decode(raw, &mut person.text, &mut self.counts);
                }
            }
            Token::Cdata(raw) => {
                if let Some(person) = &mut self.person {
                    super::refs::literal(raw, &mut person.text, &mut self.counts);
                }
            }
            Token::Doctype(_) => {}
        }
    }

    /// What an element means here, namespaces and all.
    pub(super) fn role(&mut self, name: &'a str) -> Role {
        let Some((prefix, local)) = name.split_once(':') else {
            let declared = self
                .spaces
                .iter()
                .rev()
                .find(|(prefix, _)| prefix.is_empty());
            return role(declared.map_or(Space::Core, |(_, space)| *space), name);
        };
        let declared = self.spaces.iter().rev().find(|(known, _)| *known == prefix);
        let space = declared.map_or_else(
            || {
                self.counts.add(Repair::PrefixDeclared);
                Space::by_custom(prefix)
            },
            |(_, space)| *space,
        );
        role(space, local)
    }

    /// Brings the namespaces of the last start tag into scope.
    fn declare(&mut self, name: &str) {
        let local = local(name);
        let outermost = ["rss", "feed", "rdf", "channel"]
            .iter()
            .any(|root| local.eq_ignore_ascii_case(root));
        for (key, value) in self.tokens.attributes() {
            if self.spaces.len() >= DEPTH {
                return;
            }
            if let Some(prefix) = key.strip_prefix("xmlns:") {
                // The namespace of the root is that of the feed, however odd its name.
                let own = name.split_once(':').is_some_and(|(own, _)| own == prefix);
                if !(own && outermost && !local.eq_ignore_ascii_case("rdf")) {
                    self.spaces.push((prefix, Space::of(value)));
                }
            } else if *key == "xmlns" && !outermost {
                let space = if value.trim().is_empty() {
                    Space::Core
                } else {
                    Space::of(value)
                };
                self.spaces.push(("", space));
            }
        }
    }

    fn start(&mut self, name: &'a str, empty: bool) {
        let spaces = self.spaces.len();
        self.declare(name);
        let mut role = self.role(name);
        let opaque = self
            .open
            .iter()
            .rev()
            .take_while(|open| open.kind != Kind::Item);
        if opaque.into_iter().any(|open| open.kind == Kind::Opaque) && role != Role::Item {
            role = Role::Clear;
        }
        let in_person = self.person.is_some();
        let kind = match role {
            Role::Feed => {
                if local(name).eq_ignore_ascii_case("channel") {
                    self.channel_base = self.base().or(self.channel_base.take());
                    if self.head.other_link.is_none() {
                        self.head.other_link = self.attribute("href");
                    }
                }
                Kind::Feed
            }
            Role::Item => {
                self.begin_item();
                Kind::Item
            }
            Role::Part(Part::PersonName | Part::PersonEmail) if !in_person => Kind::Clear,
            Role::Part(Part::Author) if !name.starts_with("dc") => {
                self.finish_person();
                self.person = Some(Person::default());
                Kind::Person
            }
            Role::Part(part) => {
                let weak = self
                    .open
                    .last()
                    .is_some_and(|open| matches!(open.kind, Kind::Clear | Kind::Person));
                self.begin_field(part, name, weak);
                self.spaces.truncate(spaces);
                if empty {
                    self.finish_field(false);
                }
                return;
            }
            Role::Opaque => Kind::Opaque,
            Role::Clear => Kind::Clear,
        };
        if self.open.len() >= DEPTH {
            self.counts.add(Repair::DepthExceeded);
            self.beyond += 1;
        } else {
            self.open.push(Open { name, kind, spaces });
        }
        if empty {
            self.end(name);
        }
    }

    fn end(&mut self, name: &str) {
        if self.beyond > 0 && !ends_item(name) {
            self.beyond -= 1;
            return;
        }
        // Within an entry only its own end, or that of the feed, reaches beyond it.
        let far = ends_item(name);
        let found = self
            .open
            .iter()
            .rposition(|open| open.name.eq_ignore_ascii_case(name))
            .filter(|at| far || self.open[*at..].iter().all(|open| open.kind != Kind::Item));
        let Some(at) = found else {
            self.counts.add(Repair::StrayEndDropped);
            return;
        };
        self.beyond = 0;
        self.close_to(at);
    }

    fn close_to(&mut self, depth: usize) {
        while self.open.len() > depth {
            let Some(open) = self.open.pop() else { break };
            self.spaces.truncate(open.spaces);
            match open.kind {
                Kind::Item => self.finish_item(),
                Kind::Person => self.finish_person(),
                Kind::Feed => self.ended = self.open.is_empty(),
                Kind::Opaque | Kind::Clear => {}
            }
        }
    }

    fn begin_item(&mut self) {
        self.begun += 1;
        if let Some(at) = self.open.iter().position(|open| open.kind == Kind::Item) {
            self.counts.add(Repair::ItemClosed);
            self.beyond = 0;
            self.close_to(at);
        }
        self.finish_person();
        if self.begun > ENTRIES || self.out.len() > OUTPUT_BYTES {
            self.counts.add(Repair::InputCapped);
            self.stopped = true;
            return;
        }
        let in_channel = self
            .open
            .iter()
            .any(|open| local(open.name).eq_ignore_ascii_case("channel"));
        if self.family == Family::Rss && !in_channel {
            self.counts.add(Repair::ItemMoved);
        }
        let base = match (self.base(), &self.channel_base) {
            (Some(own), Some(outer)) => Url::parse(outer)
                .and_then(|outer| outer.join(&own))
                .map_or(Some(own), |url| Some(url.to_string())),
            (own, outer) => own.or(outer.clone()),
        };
        let start = self.out.len();
        let lang = self.attribute("xml:lang");
        let attributes = [("xml:base", base.as_deref()), ("xml:lang", lang.as_deref())];
        write::start(name_of_item(self.family), &attributes, &mut self.out);
        self.out.push('\n');
        let mut item = Item::at(start);
        item.other_id = self.attribute("rdf:about");
        // The Channel Definition Format says both of an item in its tag.
        item.other_link = self.attribute("HREF");
        item.created = self.attribute("LASTMOD");
        self.item = Some(item);
    }

    fn finish_item(&mut self) {
        self.finish_person();
        if let Some(item) = self.item.take() {
            if self.out.len() > OUTPUT_BYTES {
                self.counts.add(Repair::InputCapped);
                self.out.truncate(item.start);
                self.stopped = true;
                return;
            }
            item.finish(self.family, &mut self.out);
        }
    }

    /// The resolved value of an attribute of the last start tag.
    pub(super) fn attribute(&mut self, name: &str) -> Option<String> {
        let attributes = self.tokens.attributes();
        let (_, raw) = attributes.iter().find(|(key, _)| *key == name)?;
        let mut value = String::new();
        self.entities.decode(raw, &mut value, &mut self.counts);
        Some(value.trim().to_owned())
    }

    /// The `xml:base` of the last start tag, if it is one.
    pub(super) fn base(&mut self) -> Option<String> {
        let base = self.attribute("xml:base")?;
        match Url::parse(&base) {
            Ok(_) | Err(url::ParseError::RelativeUrlWithoutBase) => Some(base),
            Err(_) => {
                self.counts.add(Repair::BaseDropped);
                None
            }
        }
    }

    /// Whether this start tag shows that the text before it should have been closed.
    pub(super) fn interrupts(&mut self, name: &'a str, field: &Field<'a>) -> bool {
        match self.role(name) {
            Role::Item => true,
            Role::Part(_) if field.is_strict() || name.eq_ignore_ascii_case(field.name) => false,
            Role::Part(part) => {
                let long = matches!(
                    field.part,
                    Part::Summary | Part::Content | Part::OtherSummary
                );
                let html = long && is_html_too(part, local(name));
                !html && !self.tokens.closes_next(field.name)
            }
            Role::Feed | Role::Opaque | Role::Clear => false,
        }
    }
}

//! What does one part of a feed or entry say, and how is it told to the parser?

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::canon::Canon;
use super::item::{self, write_part};
use super::names::{Part, ends_item, local};
use super::token::Token;
use super::{Family, Repair, refs, write};

/// The text of one part while it is read.
pub(super) struct Field<'a> {
    pub(super) part: Part,
    pub(super) name: &'a str,
    /// It stands within an unknown element, so whatever was said directly is better.
    weak: bool,
    kind: TextKind,
    text: String,
    /// How many elements of its own name are open within it.
    nested: usize,
    /// How many other elements are.
    inner: usize,
    /// How many elements stand side by side at its top.
    roots: usize,
    base64: bool,
    href: Option<String>,
    rel: Option<String>,
    media: Option<String>,
    term: Option<String>,
    label: Option<String>,
    base: Option<String>,
    lang: Option<String>,
    /// `isPermaLink` of a `guid`.
    permalink: Option<String>,
}

/// How the characters of a text are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TextKind {
    Plain,
    /// HTML, escaped: what is not escaped is taken for HTML too.
    Html,
    /// Elements; text among them is no markup.
    Elements,
    /// No text at all, such as a picture.
    Other,
}

impl Field<'_> {
    pub(super) fn is_strict(&self) -> bool {
        self.kind == TextKind::Elements && self.inner > 0
    }
}

/// Someone who wrote something.
#[derive(Debug, Default)]
pub(super) struct Person {
    pub(super) text: String,
    name: Option<String>,
}

impl<'a> Canon<'a> {
    pub(super) fn begin_field(&mut self, part: Part, name: &'a str, weak: bool) {
        let media = self.attribute("type");
        let mode = self.attribute("mode").unwrap_or_default();
        let textual = matches!(
            part,
            Part::Title | Part::Summary | Part::Content | Part::OtherTitle | Part::OtherSummary
        );
        let kind = match (self.family, textual) {
            (Family::Atom, true) if !name.contains(':') || name.starts_with("atom") => {
                self.text_kind(media.as_deref(), &mode)
            }
            (_, true) => TextKind::Html,
            _ => TextKind::Plain,
        };
        self.tokens.inside = name;
        self.field = Some(Field {
            part,
            name,
            weak,
            kind,
            text: String::new(),
            nested: 0,
            inner: 0,
            roots: 0,
            base64: mode == "base64",
            permalink: self.attribute("isPermaLink"),
            href: self.attribute("href").or_else(|| self.attribute("HREF")),
            rel: self.attribute("rel"),
            media,
            term: self.attribute("term"),
            label: self.attribute("label"),
            base: self.base(),
            lang: self.attribute("xml:lang"),
        });
    }

    fn text_kind(&mut self, media: Option<&str>, mode: &str) -> TextKind {
        let media = media.unwrap_or("text").to_ascii_lowercase();
        let kind = match media.as_str() {
            "text" | "text/plain" | "plain" => TextKind::Plain,
            "html" => return TextKind::Html,
            "xhtml" => return TextKind::Elements,
            "text/html" if mode != "xml" => TextKind::Html,
            _ if media.ends_with("xml") || media == "text/html" => TextKind::Elements,
            _ if media.contains('/') && !media.starts_with("text/") => TextKind::Other,
            _ => {
                self.counts.add(Repair::TypeReplaced);
                TextKind::Html
            }
        };
        match (kind, mode) {
            (TextKind::Elements, "escaped") => TextKind::Html,
            _ => kind,
        }
    }

    /// Takes a token into the text that is read; false if the text has ended before it.
    pub(super) fn in_field(&mut self, token: Token<'a>) -> bool {
        let Some(mut field) = self.field.take() else {
            return false;
        };
        match token {
            Token::Text(raw) => {
                let raw = if raw.contains("]]>") {
                    &raw.replace("]]>", "")
                } else {
                    raw
                };
                if field.kind == TextKind::Elements {
                    let mut text = String::new();
                    self.entities.decode(raw, &mut text, &mut self.counts);
                    write::escaped(&text, &mut field.text);
                } else {
                    self.entities.decode(raw, &mut field.text, &mut self.counts);
                }
            }
            Token::Cdata(raw) => {
                // CDATA in XHTML is nearly always HTML in the wrong place.
                let end = field.text.len();
                refs::literal(raw, &mut field.text, &mut self.counts);
                if field.kind == TextKind::Elements && field.inner > 0 {
                    let text = field.text.split_off(end);
                    write::escaped(&text, &mut field.text);
                }
            }
            Token::Start { name, empty, raw } => {
                if self.interrupts(name, &field) {
                    self.field = Some(field);
                    return false;
                }
                self.markup(&mut field);
                let void = empty || is_void(name);
                if name.eq_ignore_ascii_case(field.name) && !empty {
                    field.nested += 1;
                } else if !void {
                    field.roots += usize::from(field.inner == 0);
                    field.inner += 1;
                }
                self.tag(name, raw, &mut field.text);
            }
            Token::End { name, raw } => {
                if name.eq_ignore_ascii_case(field.name) {
                    if field.nested == 0 {
                        self.field = Some(field);
                        self.finish_field(false);
                        return true;
                    }
                    field.nested -= 1;
                    self.tag(name, raw, &mut field.text);
                } else if ends_item(name) && !(field.is_strict() && local(name) == "entry") {
                    self.field = Some(field);
                    return false;
                } else if field.inner > 0 {
                    field.inner -= 1;
                    self.tag(name, raw, &mut field.text);
                } else {
                    self.counts.add(Repair::StrayEndDropped);
                }
            }
            Token::Doctype(_) => {}
        }
        self.field = Some(field);
        true
    }

    /// The first tag in a text tells that it is markup, whatever it was said to be.
    fn markup(&mut self, field: &mut Field<'a>) {
        if self.family == Family::Atom && field.kind == TextKind::Plain {
            let text = std::mem::take(&mut field.text);
            write::escaped(&text, &mut field.text);
            field.kind = TextKind::Elements;
        }
        if field.kind != TextKind::Elements {
            self.counts.add(Repair::MarkupEscaped);
        }
    }

    fn tag(&mut self, name: &str, raw: &str, out: &mut String) {
        match name.split_once(':') {
            Some((prefix, local)) if prefix == "xhtml" || prefix == "html" => {
                let slash = if raw.starts_with("</") { "</" } else { "<" };
                out.push_str(slash);
                out.push_str(local);
                let rest = raw.get(slash.len() + name.len()..).unwrap_or(">");
                refs::literal(rest, out, &mut self.counts);
            }
            _ => refs::literal(raw, out, &mut self.counts),
        }
    }

    /// What is read when the document ends: a text may be cut, a name or an address may not.
    pub(super) fn finish_field_at_end(&mut self) {
        let long = |part| matches!(part, Part::Summary | Part::Content | Part::OtherSummary);
        if self.field.as_ref().is_some_and(|field| long(field.part)) {
            self.finish_field(true);
        }
        self.field = None;
    }

    pub(super) fn finish_field(&mut self, forced: bool) {
        self.tokens.inside = "";
        let Some(mut field) = self.field.take() else {
            return;
        };
        if forced {
            self.counts.add(Repair::FieldClosed);
        }
        if field.kind == TextKind::Other {
            return;
        }
        let mut text = std::mem::take(&mut field.text);
        if field.base64 {
            let Some(plain) = from_base64(&text) else {
                return;
            };
            text = plain;
        }
        let mut text = text.trim();
        if field.kind == TextKind::Elements && field.roots == 1 {
            text = without_div(text);
        }
        if self.item.is_some() || self.person.is_some() {
            self.write_in_item(&field, text);
        } else {
            self.write_in_feed(&field, text);
        }
    }

    fn write_in_feed(&mut self, field: &Field<'a>, text: &str) {
        let part = field.part;
        match part {
            Part::Title if text.is_empty() || field.weak && self.head.knows(part) => {}
            Part::Title => {
                self.head.take(part);
                self.write_text(field, text);
            }
            Part::Link => self.write_link(field, text),
            Part::Ttl | Part::Hour | Part::Day | Part::UpdatePeriod | Part::UpdateFrequency => {
                self.said.take(part, text);
            }
            Part::Language if self.family != Family::Atom && !text.is_empty() => {
                write_part(self.family, part, text, &mut self.out);
            }
            _ => {}
        }
    }

    fn write_in_item(&mut self, field: &Field<'a>, text: &str) {
        let part = field.part;
        if let (Some(person), Part::PersonName | Part::PersonEmail) = (&mut self.person, part) {
            // An address is no name.
            if part == Part::PersonName {
                person.name = Some(text.to_owned());
            }
            return;
        }
        let Some(item) = &mut self.item else { return };
        let spare = match part {
            Part::Link => {
                self.write_link(field, text);
                return;
            }
            Part::Category => {
                self.write_category(field, text);
                return;
            }
            _ if text.is_empty() => return,
            Part::Title if field.weak => Some(&mut item.other_title),
            Part::Summary if field.weak => Some(&mut item.other_summary),
            Part::OtherTitle => Some(&mut item.other_title),
            Part::OtherSummary => Some(&mut item.other_summary),
            Part::OtherAuthor => Some(&mut item.other_author),
            Part::Created => Some(&mut item.created),
            _ => None,
        };
        if let Some(spare) = spare {
            spare.get_or_insert_with(|| text.to_owned());
            return;
        }
        match part {
            Part::Author => {
                item.take(part);
                self.write_author(text);
            }
            Part::Title | Part::Summary | Part::Content if item.take(part) => {
                self.write_text(field, text);
            }
            Part::Id if !item.knows(part) => {
                item.take(part);
                // RSS 2.0: a `guid` is a link unless it says otherwise.
                let says_no = |says: &str| says.eq_ignore_ascii_case("false");
                let web = text.starts_with("http://") || text.starts_with("https://");
                if self.family != Family::Atom
                    && web
                    && !field.permalink.as_deref().is_some_and(says_no)
                {
                    item.other_link.get_or_insert_with(|| text.to_owned());
                }
                write_part(self.family, part, text, &mut self.out);
            }
            Part::Published | Part::Updated if item.take(part) => {
                write_part(self.family, part, text, &mut self.out);
            }
            _ => {}
        }
    }

    fn write_text(&mut self, field: &Field<'a>, text: &str) {
        let name = item::name(self.family, field.part);
        let kind = match (self.family, field.kind) {
            (Family::Atom, TextKind::Plain) => Some("text"),
            (Family::Atom, _) => Some("html"),
            _ => None,
        };
        let lang = field.lang.as_deref().filter(|_| kind.is_some());
        let attributes = [("type", kind), ("xml:lang", lang)];
        write::element(name, &attributes, text, &mut self.out);
    }

    fn write_link(&mut self, field: &Field<'a>, text: &str) {
        let base = ("xml:base", field.base.as_deref());
        let rel = field.rel.as_deref();
        let Some(href) = field
            .href
            .as_deref()
            .filter(|_| text.is_empty() || rel.is_some())
        else {
            if !text.is_empty() {
                self.item
                    .as_mut()
                    .unwrap_or(&mut self.head)
                    .take(Part::Link);
                if self.family == Family::Atom {
                    write::start("link", &[("href", Some(text)), base], &mut self.out);
                    write::end("link", &mut self.out);
                } else {
                    write::element("link", &[base], text, &mut self.out);
                }
            }
            return;
        };
        if self.family == Family::Atom {
            if rel.is_none_or(|rel| rel == "alternate") {
                self.item
                    .as_mut()
                    .unwrap_or(&mut self.head)
                    .take(Part::Link);
            }
            let attributes = [
                ("href", Some(href)),
                ("rel", rel),
                ("type", field.media.as_deref()),
                base,
            ];
            write::start("link", &attributes, &mut self.out);
            write::end("link", &mut self.out);
        } else if rel.is_none_or(|rel| rel.rsplit('/').next() == Some("alternate")) {
            let spare = self.item.as_mut().unwrap_or(&mut self.head);
            spare.other_link.get_or_insert_with(|| href.to_owned());
        }
    }

    fn write_category(&mut self, field: &Field<'a>, text: &str) {
        let term = field.term.as_deref().unwrap_or(text);
        if self.family == Family::Atom {
            let attributes = [("term", Some(term)), ("label", field.label.as_deref())];
            write::start("category", &attributes, &mut self.out);
            write::end("category", &mut self.out);
        } else if !term.is_empty() {
            write_part(self.family, Part::Category, term, &mut self.out);
        }
    }

    fn write_author(&mut self, text: &str) {
        let spaced = (self.family != Family::Atom)
            .then(|| item::spaced(text))
            .flatten();
        if spaced.is_some() {
            self.counts.add(Repair::PersonSpaced);
        }
        let text = spaced.as_deref().unwrap_or(text);
        write_part(self.family, Part::Author, text, &mut self.out);
    }

    pub(super) fn finish_person(&mut self) {
        let Some(person) = self.person.take() else {
            return;
        };
        let text = person.text.trim();
        let name = person.name.as_deref().filter(|name| !name.is_empty());
        let Some(name) = name.or(Some(text).filter(|text| !text.is_empty())) else {
            return;
        };
        match &mut self.item {
            Some(item) => {
                item.take(Part::Author);
            }
            // RSS names an editor for the whole feed, which says nothing of its entries.
            None if self.family != Family::Atom => return,
            None => {}
        }
        self.write_author(name);
    }
}

/// The text that Atom 0.3 may write in Base64 (RFC 4648 §4, line breaks allowed); `None` if it is no text.
fn from_base64(text: &str) -> Option<String> {
    let digits: String = text.split_whitespace().collect();
    String::from_utf8(STANDARD.decode(digits).ok()?).ok()
}

/// The inside of the one `div` around XHTML (RFC 4287 §3.1.1.3).
fn without_div(text: &str) -> &str {
    let inside = text.strip_prefix("<div").and_then(|rest| {
        let (_, rest) = rest.split_once('>')?;
        rest.strip_suffix("</div>")
    });
    inside.map_or(text, str::trim)
}

fn is_void(name: &str) -> bool {
    [
        "br", "img", "hr", "input", "meta", "wbr", "col", "area", "embed", "param",
    ]
    .iter()
    .any(|void| name.eq_ignore_ascii_case(void))
}

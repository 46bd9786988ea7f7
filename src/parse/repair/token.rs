//! Where do tags, text and CDATA begin and end, however carelessly they are written?
//!
//! Never fails and never looks at a byte more than a fixed number of times: what stands ahead is
//! searched once and remembered (`Ahead`), so a document of unclosed quotes or comments costs no
//! more than a good one.

use memchr::memchr;

use super::{Counts, Repair};

/// The most attributes of one element; the others are dropped.
const ATTRIBUTES: usize = 64;
/// How far behind its opening a closing quotation mark is looked for.
const LOOK_AHEAD: usize = 64 * 1024;

#[derive(Clone, Copy, Debug)]
pub(super) enum Token<'a> {
    /// Text with its references unresolved.
    Text(&'a str),
    /// Text without references.
    Cdata(&'a str),
    /// The attributes are in [`Tokens::attributes`] until the next token.
    Start {
        name: &'a str,
        empty: bool,
        raw: &'a str,
    },
    End {
        name: &'a str,
        raw: &'a str,
    },
    /// The document type declaration, for its entities.
    Doctype(&'a str),
}

/// The place of the next `needle`, searched at most once for every place in the text.
#[derive(Debug)]
struct Ahead {
    needle: &'static str,
    at: Option<usize>,
    searched: bool,
}

impl Ahead {
    fn new(needle: &'static str) -> Self {
        Self {
            needle,
            at: None,
            searched: false,
        }
    }

    fn from(&mut self, text: &str, place: usize) -> Option<usize> {
        let known = self.searched && self.at.is_none_or(|at| at >= place);
        if !known {
            self.at = text
                .get(place..)
                .and_then(|rest| rest.find(self.needle))
                .map(|at| place + at);
            self.searched = true;
        }
        self.at
    }
}

pub(super) struct Tokens<'a> {
    text: &'a str,
    place: usize,
    attributes: Vec<(&'a str, &'a str)>,
    /// The element whose text is being read: CDATA left open ends with it.
    pub(super) inside: &'a str,
    comment: Ahead,
    cdata: Ahead,
    next_cdata: Ahead,
    instruction: Ahead,
    double: Ahead,
    single: Ahead,
    close: Ahead,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            place: 0,
            attributes: Vec::new(),
            inside: "",
            comment: Ahead::new("-->"),
            cdata: Ahead::new("]]>"),
            next_cdata: Ahead::new("<![CDATA["),
            instruction: Ahead::new("?>"),
            double: Ahead::new("\""),
            single: Ahead::new("'"),
            close: Ahead::new("</"),
        }
    }

    /// Names and raw values of the last start tag.
    pub(super) fn attributes(&self) -> &[(&'a str, &'a str)] {
        &self.attributes
    }

    /// Whether the next end tag ahead is one of `name`.
    pub(super) fn closes_next(&mut self, name: &str) -> bool {
        let Some(at) = self.close.from(self.text, self.place) else {
            return false;
        };
        let rest = &self.text.as_bytes()[at + 2..];
        rest.get(..name.len())
            .is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes()))
    }

    /// Goes on at the next end tag of `name`; at the end of the text if there is none.
    pub(super) fn skip_to_end_of(&mut self, name: &str) {
        while let Some(at) = self.close.from(self.text, self.place) {
            self.place = at;
            if self.closes_next(name) {
                return;
            }
            self.place = at + 2;
        }
        self.place = self.text.len();
    }

    /// How many bytes were read.
    pub(super) fn place(&self) -> usize {
        self.place
    }

    pub(super) fn next(&mut self, counts: &mut Counts) -> Option<Token<'a>> {
        loop {
            let rest = self
                .text
                .get(self.place..)
                .filter(|rest| !rest.is_empty())?;
            if !rest.starts_with('<') {
                let end = memchr(b'<', rest.as_bytes());
                return Some(self.text_to(end.unwrap_or(rest.len())));
            }
            let start = self.place;
            match rest.as_bytes().get(1) {
                Some(b'!') if rest.starts_with("<!--") => {
                    let end = self.comment.from(self.text, start + 4);
                    if end.is_none() {
                        counts.add(Repair::CommentClosed);
                    }
                    self.place = end.map_or(start + 4, |at| at + 3);
                }
                Some(b'!') if starts_with(rest, "<![CDATA[") => return Some(self.cdata(counts)),
                Some(b'!') if starts_with(rest, "<!DOCTYPE") => {
                    let length = doctype(rest);
                    self.place += length;
                    return Some(Token::Doctype(&rest[..length]));
                }
                Some(b'!') => {
                    self.place += rest[1..].find(['>', '<']).map_or(rest.len(), |at| {
                        at + 1 + usize::from(rest.as_bytes()[at + 1] == b'>')
                    });
                }
                Some(b'?') => {
                    let end = self.instruction.from(self.text, start);
                    self.place = end.map_or(start + 2, |at| at + 2);
                }
                Some(b'/') => return Some(self.end_tag(rest)),
                Some(byte) if byte.is_ascii_alphabetic() || *byte == b'_' || *byte >= 0x80 => {
                    if let Some(token) = self.start_tag(rest, counts) {
                        return Some(token);
                    }
                    counts.add(Repair::LessThanEscaped);
                    return Some(self.text_to(1));
                }
                _ => {
                    counts.add(Repair::LessThanEscaped);
                    return Some(self.text_to(1));
                }
            }
        }
    }

    fn text_to(&mut self, length: usize) -> Token<'a> {
        let text = &self.text[self.place..self.place + length];
        self.place += length;
        Token::Text(text)
    }

    /// CDATA up to its end. Of nested CDATA the inner opening is dropped here and the outer end when
    /// it is met as text; CDATA left open ends at the tag that closes the element around it.
    fn cdata(&mut self, counts: &mut Counts) -> Token<'a> {
        let start = self.place + "<![CDATA[".len();
        let end = self.cdata.from(self.text, start);
        let inner = self.next_cdata.from(self.text, start);
        let bound = [end, inner].into_iter().flatten().min();
        let bound = bound.unwrap_or(self.text.len());
        if end == Some(bound) {
            self.place = bound + 3;
            return Token::Cdata(&self.text[start..bound]);
        }
        let region = &self.text[start..bound];
        let item_end = ["</item", "</entry", "<item", "<entry"]
            .into_iter()
            .filter_map(|tag| region.find(tag))
            .min();
        if end.is_some() && item_end.is_none() {
            counts.add(Repair::CdataNested);
            self.place = bound + "<![CDATA[".len();
            return Token::Cdata(region);
        }
        counts.add(Repair::CdataClosed);
        let item_end = item_end.unwrap_or(region.len());
        let at = cdata_end(&region[..item_end], self.inside);
        self.place = start + at;
        Token::Cdata(&region[..at])
    }

    fn end_tag(&mut self, rest: &'a str) -> Token<'a> {
        let length = rest[2..].find(['>', '<']).map_or(rest.len(), |at| at + 2);
        let closed = usize::from(rest[length..].starts_with('>'));
        self.place += length + closed;
        let inside = rest[2..length].trim_start();
        let name = inside
            .split(|c: char| c.is_whitespace() || c == '/')
            .next()
            .unwrap_or("");
        Token::End {
            name,
            raw: &rest[..length + closed],
        }
    }

    /// A start tag, or nothing if another `<` comes before its end: then it was no tag.
    fn start_tag(&mut self, rest: &'a str, counts: &mut Counts) -> Option<Token<'a>> {
        let bytes = rest.as_bytes();
        let base = self.place;
        self.attributes.clear();
        let name_end = 1 + word(&bytes[1..]);
        let mut at = name_end;
        let empty = loop {
            at += blanks(&bytes[at..]);
            match bytes.get(at)? {
                b'>' => break false,
                b'/' if bytes.get(at + 1) == Some(&b'>') => {
                    at += 1;
                    break true;
                }
                b'<' => return None,
                b'/' | b'=' | b'"' | b'\'' => {
                    at += 1;
                    continue;
                }
                _ => {}
            }
            let name = at..at + word(&bytes[at..]);
            at = name.end;
            let equals = at + blanks(&bytes[at..]);
            let mut value = at..at;
            if bytes.get(equals) == Some(&b'=') {
                at = equals + 1 + blanks(&bytes[equals + 1..]);
                value = self.value(base, rest, at);
                let quoted = matches!(bytes.get(at), Some(b'"' | b'\''));
                let closed = quoted && bytes.get(value.end) == bytes.get(at);
                if !closed {
                    counts.add(Repair::QuoteAdded);
                }
                at = value.end + usize::from(closed);
            }
            if self.attributes.len() < ATTRIBUTES {
                self.attributes.push((&rest[name], &rest[value]));
            } else {
                counts.add(Repair::AttributeDropped);
            }
        };
        self.place = base + at + 1;
        Some(Token::Start {
            name: &rest[1..name_end],
            empty,
            raw: &rest[..=at],
        })
    }

    /// Where the value of an attribute stands. A mark that closes nowhere near, or only behind what
    /// looks like the end of this tag and the start of another, is taken for forgotten.
    fn value(&mut self, base: usize, rest: &str, at: usize) -> std::ops::Range<usize> {
        let bytes = rest.as_bytes();
        let quote = match bytes.get(at) {
            Some(b'"') => self.double.from(self.text, base + at + 1),
            Some(b'\'') => self.single.from(self.text, base + at + 1),
            _ => {
                let length = rest[at..].find(|c: char| c.is_whitespace() || matches!(c, '>' | '<'));
                let mut end = at + length.unwrap_or(rest.len() - at);
                if rest[end..].starts_with('>') && rest[at..end].ends_with('/') {
                    end -= 1;
                }
                return at..end;
            }
        };
        let start = at + 1;
        let end = quote
            .map(|quote| quote - base)
            .filter(|end| end - start <= LOOK_AHEAD)
            .filter(|end| {
                let value = &rest[start..*end];
                value
                    .find('>')
                    .is_none_or(|close| !value[close..].contains('<'))
            });
        let end = end.unwrap_or_else(|| {
            let length = rest[start..].find(['>', '<']);
            start + length.unwrap_or(rest.len() - start)
        });
        start..end
    }
}

/// Where CDATA left open ends: at the end tag of the element around it, else before the last one.
fn cdata_end(region: &str, inside: &str) -> usize {
    let ends = region.match_indices("</");
    let mut own =
        ends.filter(|(at, _)| !inside.is_empty() && starts_with(&region[at + 2..], inside));
    let end = own.next().map(|(at, _)| at);
    end.or_else(|| region.rfind("</")).unwrap_or(region.len())
}

/// How long a document type declaration is, its internal subset included.
fn doctype(rest: &str) -> usize {
    let simple = rest.find('>').map_or(rest.len(), |at| at + 1);
    let Some(subset) = rest[..simple].find('[') else {
        return simple;
    };
    let mut near = rest.len().min(subset + LOOK_AHEAD);
    while !rest.is_char_boundary(near) {
        near -= 1;
    }
    let Some(end) = rest[subset..near].find(']') else {
        return simple;
    };
    let end = subset + end;
    rest[end..near].find('>').map_or(end + 1, |at| end + at + 1)
}

fn starts_with(text: &str, start: &str) -> bool {
    text.as_bytes()
        .get(..start.len())
        .is_some_and(|found| found.eq_ignore_ascii_case(start.as_bytes()))
}

fn blanks(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .position(|byte| !byte.is_ascii_whitespace())
        .unwrap_or(bytes.len())
}

fn word(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .position(|byte| byte.is_ascii_whitespace() || b"<>/='\"".contains(byte))
        .unwrap_or(bytes.len())
}

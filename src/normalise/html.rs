//! What would a person read of this HTML?
//!
//! A scanner in the manner of the tokenizer of the HTML standard (§13.2.5), without a tree and
//! without recursion. It is not html5ever's own, whose comparison of every attribute of a tag with
//! every other takes hours for a tag of some megabytes; of that crate only the table of named
//! characters is used. Where the standard drops text, this keeps it: a rule must never miss a word
//! for a missing `>`. The work is linear in the length of the text.
//!
//! - Block tags and `<br>` break the line, table cells are parted by a space, inline tags part
//!   nothing: `mili<b>tary</b>` is one word.
//! - Scripts, styles, templates and comments are dropped. So is the `alt` text of pictures, where
//!   agencies put file names and logos: it would ring for words no reader sees.
//! - `<` and `&` that are no markup stay: `a < b`, `AT&T`, `List<String>`.
//! - Text that was escaped twice (`&amp;lt;b&amp;gt;`) is read a second time, but only if the first
//!   reading met no tag, so that an article about HTML keeps its examples.
//! - White space of any kind, no-break spaces included, becomes one space; control characters are
//!   dropped, so that no escape sequence ever reaches a terminal. Joiners and bidi marks stay, for
//!   some scripts cannot be written without them; whoever displays text has to contain them.

use std::collections::HashMap;

use html5ever::data::{C1_REPLACEMENTS, NAMED_ENTITIES};
use memchr::{memchr, memchr2};
use wide::u8x16;

/// Stands at the end of a text that was cut.
const CUT: char = '…';
/// How many times longer than its text HTML is allowed to be where it was escaped twice.
const MARKUP: usize = 4;
/// The longest name of an element or character worth looking up.
const NAME_BYTES: usize = 32;

/// The text in lines, at most `limit` bytes long.
pub(super) fn text(html: &str, limit: usize) -> String {
    let mut once = Scanner::new(html, limit.saturating_mul(MARKUP));
    once.run();
    let (is_html, escaped) = (once.tags, once.escaped);
    let text = cut(once.out.text, limit.saturating_mul(MARKUP));
    if is_html || !escaped {
        return cut(text, limit);
    }
    let mut twice = Scanner::new(&text, limit);
    twice.run();
    cut(twice.out.text, limit)
}

/// The text in one line, at most `limit` bytes long.
pub(super) fn line(html: &str, limit: usize) -> String {
    let text = text(html, limit);
    if memchr(b'\n', text.as_bytes()).is_none() {
        return text;
    }
    text.replace('\n', " ")
}

/// The text, at most `limit` bytes long, with a mark at its end if something is missing.
pub(super) fn cut(mut text: String, limit: usize) -> String {
    if text.len() > limit {
        text.truncate(text.floor_char_boundary(limit.saturating_sub(CUT.len_utf8())));
        text.push(CUT);
    }
    text
}

/// What a tag does to the text around it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Element {
    /// Stands on lines of its own.
    Block,
    /// Stands beside others, parted by a space.
    Cell,
    /// Part of the line, and of the word.
    Inline,
    /// Not for reading, up to its end tag.
    Hidden,
}

const BLOCK: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "br",
    "caption",
    "center",
    "dd",
    "details",
    "dialog",
    "dir",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "frame",
    "frameset",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hgroup",
    "hr",
    "html",
    "legend",
    "li",
    "main",
    "menu",
    "nav",
    "ol",
    "optgroup",
    "option",
    "p",
    "pre",
    "search",
    "section",
    "select",
    "summary",
    "table",
    "tbody",
    "tfoot",
    "thead",
    "title",
    "tr",
    "ul",
    "xmp",
];
const INLINE: &[&str] = &[
    "a", "abbr", "acronym", "area", "audio", "b", "base", "basefont", "bdi", "bdo", "big",
    "button", "canvas", "cite", "code", "col", "colgroup", "data", "datalist", "del", "dfn", "em",
    "embed", "font", "i", "img", "input", "ins", "kbd", "label", "link", "map", "mark", "marquee",
    "meta", "meter", "nobr", "noscript", "object", "output", "param", "picture", "progress", "q",
    "rp", "rt", "ruby", "s", "samp", "slot", "small", "source", "span", "strike", "strong", "sub",
    "sup", "svg", "textarea", "time", "track", "tt", "u", "var", "video", "wbr",
];
const HIDDEN: &[&str] = &[
    "iframe", "noembed", "noframes", "script", "style", "template",
];

fn element(name: &str) -> Option<Element> {
    let name = name.to_ascii_lowercase();
    let name = name.as_str();
    if name == "td" || name == "th" {
        Some(Element::Cell)
    } else if BLOCK.contains(&name) {
        Some(Element::Block)
    } else if INLINE.contains(&name) {
        Some(Element::Inline)
    } else {
        HIDDEN.contains(&name).then_some(Element::Hidden)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    None,
    Space,
    Line,
}

/// Plain text in the making: no white space at its ends, one character of it within.
struct Plain {
    text: String,
    gap: Gap,
}

impl Plain {
    fn part(&mut self, gap: Gap) {
        self.gap = self.gap.max(gap);
    }

    fn push(&mut self, c: char) {
        self.push_str(c.encode_utf8(&mut [0; 4]));
    }

    fn push_str(&mut self, text: &str) {
        let is_apart = |c: char| c.is_whitespace() || c.is_control();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let end = if is_apart(first) {
                if first.is_whitespace() {
                    self.part(Gap::Space);
                }
                first.len_utf8()
            } else {
                let end = match tidy(rest.as_bytes()) {
                    0 => rest.find(is_apart).unwrap_or(rest.len()),
                    end => end,
                };
                self.end_gap();
                self.text.push_str(&rest[..end]);
                end
            };
            rest = &rest[end..];
        }
    }

    /// What follows is text again.
    fn end_gap(&mut self) {
        match self.gap {
            Gap::Space if !self.text.is_empty() => self.text.push(' '),
            Gap::Line if !self.text.is_empty() => self.text.push('\n'),
            _ => {}
        }
        self.gap = Gap::None;
    }
}

/// Bytes that are looked at together.
const STEP: usize = 16;

/// Bytes at the beginning that are words with one space between them, as nearly all text is; it ends where
/// one has to look closer, before a character.
fn tidy(text: &[u8]) -> usize {
    let mut at = 0;
    while let Some(step) = text[at..].first_chunk() {
        let tidy = are_tidy(step);
        if tidy < STEP {
            return at + tidy;
        }
        at += STEP;
    }
    let rest = &text[at..];
    let mut last = [0; STEP + 1];
    last[..rest.len()].copy_from_slice(rest);
    at + are_tidy(&last)
}

/// How many of these bytes, the first ones, need no closer look. The last is there for the one before it only.
fn are_tidy(bytes: &[u8; STEP + 1]) -> usize {
    let [step, next] = [bytes.first_chunk(), bytes.last_chunk()]
        .map(|step| u8x16::new(step.copied().unwrap_or_default()));
    let is = |byte| step.simd_eq(u8x16::splat(byte));
    let is_graphic = (next - u8x16::splat(b'!')).simd_le(u8x16::splat(b'~' - b'!'));
    let is_single_space = is(b' ') & is_graphic;
    // With these begin the characters above U+007F that are white space or control characters.
    let may_be_space = is(0xC2) | is(0xE1) | is(0xE2) | is(0xE3);
    let is_text = step.simd_gt(u8x16::splat(b' ')) & !(is(0x7F) | may_be_space);
    (is_single_space | is_text).to_bitmask().trailing_ones() as usize
}

struct Scanner<'a> {
    html: &'a str,
    at: usize,
    limit: usize,
    out: Plain,
    /// A tag or comment was met, so the text is HTML.
    tags: bool,
    /// A reference gave `<` or `&`, so there may be markup once more below.
    escaped: bool,
    /// A CDATA section was opened; its end is no text.
    cdata: bool,
    /// Quotation marks are not believed in tags before this place, as reading on behind one led
    /// astray. It keeps the work linear: no stretch is read more than once in vain.
    unquoted: usize,
    /// What is known not to come any more, and from where on.
    absent: HashMap<&'static str, usize>,
}

/// Bytes that a text is given at once.
const ROOM: usize = 4096;

impl<'a> Scanner<'a> {
    fn new(html: &'a str, limit: usize) -> Self {
        let out = Plain {
            // Most are mostly text; what is not would take too much room for nothing.
            text: String::with_capacity(html.len().min(ROOM)),
            gap: Gap::None,
        };
        Self {
            html,
            at: 0,
            limit,
            out,
            tags: false,
            escaped: false,
            cdata: false,
            unquoted: 0,
            absent: HashMap::new(),
        }
    }

    fn run(&mut self) {
        while self.at < self.html.len() && self.out.text.len() <= self.limit {
            let rest = &self.html[self.at..];
            match rest.as_bytes()[0] {
                b'<' => self.markup(rest),
                b'&' => self.reference(rest),
                _ => {
                    let end = memchr2(b'<', b'&', rest.as_bytes());
                    let run = &rest[..end.unwrap_or(rest.len())];
                    self.at += run.len();
                    if self.cdata {
                        self.out.push_str(&run.replace("]]>", ""));
                    } else {
                        self.out.push_str(run);
                    }
                }
            }
        }
    }

    fn literal(&mut self, c: char) {
        self.out.push(c);
        self.at += c.len_utf8();
    }

    /// The first `what` from `from` on; looked for only once if it never comes.
    fn find(&mut self, what: &'static str, from: usize) -> Option<usize> {
        if self.absent.get(what).is_some_and(|&gone| from >= gone) {
            return None;
        }
        let found = self.html.get(from..)?.find(what).map(|at| from + at);
        if found.is_none() {
            self.absent.insert(what, from);
        }
        found
    }

    fn markup(&mut self, rest: &str) {
        let mut follows = rest[1..].chars();
        match (follows.next(), follows.next()) {
            (Some('!'), _) if rest.starts_with("<!--") => {
                // From the dashes on, as `<!-->` is a whole comment. One without an end hides
                // nothing: most are left by a text cut in two.
                self.tags = true;
                self.at = self
                    .find("-->", self.at + 2)
                    .map_or(self.at + 4, |end| end + 3);
            }
            (Some('!'), _) if rest.starts_with("<![CDATA[") => {
                self.cdata = true;
                self.at += "<![CDATA[".len();
            }
            (Some('!'), Some(c)) if c.is_ascii_alphabetic() || c == '[' => self.declaration(),
            (Some('?'), Some(c)) if c.is_ascii_alphabetic() => self.declaration(),
            (Some('/'), Some(c)) if c.is_ascii_alphabetic() => self.tag(2),
            (Some(c), _) if c.is_ascii_alphabetic() => self.tag(1),
            _ => self.literal('<'),
        }
    }

    fn declaration(&mut self) {
        match self.find(">", self.at) {
            Some(end) => {
                self.tags = true;
                self.at = end + 1;
            }
            None => self.literal('<'),
        }
    }

    /// A start tag, whose name begins one byte on, or an end tag, whose name begins two bytes on.
    fn tag(&mut self, name_at: usize) {
        let behind = &self.html[self.at + name_at..];
        let ends = |c: char| c.is_whitespace() || "/<>=\"'".contains(c);
        let name = behind
            .bytes()
            .take(NAME_BYTES)
            .position(|byte| byte.is_ascii() && ends(char::from(byte)))
            .map(|end| &behind[..end]);
        let kind = name.and_then(element);
        let (end, closed) = self.tag_end(self.at + name_at);
        let inside = &self.html[self.at + name_at..end];
        let markup = if closed {
            // An unknown name alone is likelier a writer's (`List<String>`) than an element.
            kind.is_some() || name_at == 2 || inside.contains(['=', ':', '-', '/'])
        } else {
            // A text cut within a tag, unless it is no tag at all: `a <b`.
            end == self.html.len() && kind.is_some() && inside.contains('=')
        };
        if !markup {
            self.literal('<');
            return;
        }
        self.tags = true;
        self.at = end + usize::from(closed);
        match kind {
            Some(Element::Block) => self.out.part(Gap::Line),
            Some(Element::Cell) => self.out.part(Gap::Space),
            Some(Element::Hidden) if name_at == 1 && !inside.ends_with('/') => {
                self.hide(name.unwrap_or_default());
            }
            _ => {}
        }
    }

    /// Where a tag ends: at its `>` (and true), or at a `<` or the end of the text (and false).
    fn tag_end(&mut self, from: usize) -> (usize, bool) {
        let bytes = self.html.as_bytes();
        if from >= self.unquoted {
            let mut at = from;
            while at < bytes.len() && bytes[at] != b'<' {
                match bytes[at] {
                    b'>' => return (at, true),
                    b'=' => {
                        let blanks = bytes[at + 1..].iter();
                        let blanks = blanks.take_while(|byte| byte.is_ascii_whitespace()).count();
                        let quote = match bytes.get(at + 1 + blanks) {
                            Some(b'"') => "\"",
                            Some(b'\'') => "'",
                            _ => {
                                at += 1 + blanks;
                                continue;
                            }
                        };
                        at = self
                            .find(quote, at + 2 + blanks)
                            .map_or(bytes.len(), |end| end + 1);
                    }
                    _ => at += 1,
                }
            }
            self.unquoted = at;
        }
        let rest = bytes[from..].iter();
        let end = rest.take_while(|byte| !b"<>".contains(byte)).count() + from;
        (end, bytes.get(end) == Some(&b'>'))
    }

    /// Passes over what is not for reading. Without an end tag nothing is hidden: a text cut within
    /// a script shows some of it, which is better than losing a text that only speaks of one.
    fn hide(&mut self, name: &str) {
        let Some(known) = HIDDEN.iter().find(|known| name.eq_ignore_ascii_case(known)) else {
            return;
        };
        if self.absent.get(known).is_some_and(|&gone| self.at >= gone) {
            return;
        }
        let mut from = self.at;
        while let Some(at) = self.html[from..].find("</").map(|at| from + at) {
            from = at + 2;
            let end = self.html.as_bytes()[from..].get(..known.len());
            if end.is_some_and(|end| end.eq_ignore_ascii_case(known.as_bytes())) {
                self.at = at;
                return;
            }
        }
        self.absent.insert(known, self.at);
    }

    /// A character reference (HTML §13.2.5.72). Names without `;` count only if no letter or `=`
    /// follows, as in attributes: text is full of `?a=1&copy=2` and of lone ampersands.
    fn reference(&mut self, rest: &str) {
        let body = &rest[1..];
        let (chars, length) = match body.strip_prefix('#') {
            Some(number) => {
                numeric(number).map_or(([None; 2], 0), |(c, length)| ([Some(c), None], length + 1))
            }
            None => named(body),
        };
        if length == 0 {
            self.literal('&');
            return;
        }
        for c in chars.into_iter().flatten() {
            self.escaped |= c == '<' || c == '&';
            self.out.push(c);
        }
        self.at += 1 + length;
    }
}

/// The character and the bytes it took behind `&#`.
fn numeric(body: &str) -> Option<(char, usize)> {
    let (radix, marker) = if body.starts_with(['x', 'X']) {
        (16, 1)
    } else {
        (10, 0)
    };
    let digits = body[marker..]
        .bytes()
        .take_while(|byte| char::from(*byte).is_digit(radix))
        .count();
    if digits == 0 {
        return None;
    }
    let end = marker + digits;
    let code = u32::from_str_radix(&body[marker..end], radix).unwrap_or(u32::MAX);
    let windows = code
        .checked_sub(0x80)
        .and_then(|c1| C1_REPLACEMENTS.get(usize::try_from(c1).ok()?));
    let c = match windows {
        Some(Some(c)) => *c,
        _ => char::from_u32(code)
            .filter(|c| *c != '\0')
            .unwrap_or(char::REPLACEMENT_CHARACTER),
    };
    Some((c, end + usize::from(body[end..].starts_with(';'))))
}

/// The characters and the bytes they took behind `&`; none if it is no known name.
fn named(body: &str) -> ([Option<char>; 2], usize) {
    let letters = body
        .bytes()
        .take(NAME_BYTES)
        .take_while(u8::is_ascii_alphanumeric)
        .count();
    let closed = body[letters..].starts_with(';');
    let end = letters + usize::from(closed);
    let open_end = !closed && body[letters..].starts_with('=');
    let known = if letters == 0 || open_end {
        None
    } else {
        NAMED_ENTITIES.get(&body[..end])
    };
    match known {
        Some(&(first, second)) if first != 0 => {
            let second = char::from_u32(second).filter(|c| *c != '\0');
            ([char::from_u32(first), second], end)
        }
        _ => ([None; 2], 0),
    }
}

#[cfg(test)]
mod tests;

//! What did the author of this XML mean, and how is it said so that the feed parser understands?
//!
//! One pass over the decoded text rewrites any kind of RSS, RDF, CDF or Atom, however broken, into
//! RSS 2.0 or Atom 1.0 that is well-formed and holds nothing but what is read from it. So no fault of
//! one entry costs the others, and what the parser trips over never reaches it.
//!
//! `token` finds tags and text, `refs` resolves references, `names` knows what a name means, `canon`
//! follows the structure, `field` reads the text of one part, `item` writes an entry.

use refs::Entities;
use token::{Token, Tokens};
pub(super) use write::escaped;

use super::ParseError;
use crate::model::Rhythm;

mod bytes;
mod canon;
mod entities;
mod field;
mod item;
mod names;
mod refs;
mod rhythm;
mod token;
mod write;

#[cfg(test)]
mod tests;

/// How deep elements may nest; those below count as if they were not there.
const DEPTH: usize = 256;
/// The most entries that are read of a document.
const ENTRIES: usize = 50_000;
/// The longest canonical document.
const OUTPUT_BYTES: usize = 64 * 1024 * 1024;
/// Where the outermost element of a feed has to stand.
const ROOT_WITHIN: usize = 64 * 1024;

/// The families of feeds in XML.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Rss,
    Rdf,
    Atom,
}

/// A canonical document.
#[derive(Debug)]
pub(super) struct Repaired {
    pub(super) text: String,
    pub(super) family: Family,
    /// How many entries were begun in the original.
    pub(super) begun: usize,
    pub(super) repairs: Vec<(&'static str, u32)>,
    /// What the feed says of when it changes.
    pub(super) rhythm: Rhythm,
}

macro_rules! repairs {
    ($($(#[$doc:meta])* $name:ident = $words:literal,)*) => {
        /// What can be wrong with a document and was put right.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Repair {
            $($(#[$doc])* $name,)*
        }

        /// The name of each repair, in the order of the enum.
        const NAMES: &[&str] = &[$($words,)*];
    };
}

repairs! {
    /// `&` that begins no reference.
    AmpersandEscaped = "bare ampersand",
    /// Attributes beyond the most an element may have.
    AttributeDropped = "too many attributes",
    /// An address of `xml:base` that is none.
    BaseDropped = "invalid xml:base",
    /// CDATA without its end.
    CdataClosed = "unclosed CDATA",
    /// CDATA within CDATA.
    CdataNested = "nested CDATA",
    /// A comment without its end.
    CommentClosed = "unclosed comment",
    /// A character XML forbids.
    ControlDropped = "control character",
    /// Elements nested too deeply.
    DepthExceeded = "too deeply nested",
    /// The document ends before its outermost element does.
    EndAdded = "truncated",
    /// An entity of HTML or of the document itself.
    EntityResolved = "entity",
    /// Declared entities that would grow beyond all bounds.
    ExpansionStopped = "entity expansion",
    /// An element that was not closed before the next began.
    FieldClosed = "unclosed element",
    /// More entries, or longer ones, than are read.
    InputCapped = "too long",
    /// An entry within an entry, or one that was not closed.
    ItemClosed = "unclosed or nested item",
    /// An entry outside the channel.
    ItemMoved = "item outside channel",
    /// `<` that begins no tag.
    LessThanEscaped = "bare less-than sign",
    /// Markup in the text of an element.
    MarkupEscaped = "markup in text",
    /// An address in a person's name that touches other characters.
    PersonSpaced = "address touching a name",
    /// A prefix without a namespace.
    PrefixDeclared = "undeclared prefix",
    /// A value without, or with half, its quotation marks.
    QuoteAdded = "missing quotation mark",
    /// A character reference that names no character.
    ReferenceReplaced = "bad character reference",
    /// A missing or misspelt outermost element.
    RootRenamed = "odd root element",
    /// An end tag of nothing.
    StrayEndDropped = "stray end tag",
    /// A type of text there is not.
    TypeReplaced = "odd text type",
    /// A version there is not, or none at all.
    VersionReplaced = "odd version",
}

/// How often each repair was made.
#[derive(Debug)]
struct Counts([u32; NAMES.len()]);

impl Counts {
    fn add(&mut self, repair: Repair) {
        if let Some(count) = self.0.get_mut(repair as usize) {
            *count = count.saturating_add(1);
        }
    }

    fn named(&self) -> Vec<(&'static str, u32)> {
        let all = NAMES.iter().copied().zip(self.0);
        all.filter(|(_, count)| *count > 0).collect()
    }
}

/// A tag of a text in any markup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag<'a> {
    Start { name: &'a str, empty: bool },
    End(&'a str),
}

/// The tags of a text, however carelessly written.
pub(super) struct Tags<'a> {
    tokens: Tokens<'a>,
    entities: Entities,
    counts: Counts,
}

impl<'a> Tags<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Tags {
            tokens: Tokens::new(text),
            entities: Entities::default(),
            counts: Counts([0; NAMES.len()]),
        }
    }

    pub(super) fn next(&mut self) -> Option<Tag<'a>> {
        loop {
            match self.tokens.next(&mut self.counts)? {
                Token::Start { name, empty, .. } => return Some(Tag::Start { name, empty }),
                Token::End { name, .. } => return Some(Tag::End(name)),
                Token::Doctype(doctype) => self.entities.declare(doctype, &mut self.counts),
                Token::Text(_) | Token::Cdata(_) => {}
            }
        }
    }

    /// An attribute of the last start tag, whatever the case of its name, as it is meant.
    pub(super) fn attribute(&mut self, name: &str) -> Option<String> {
        let attributes = self.tokens.attributes();
        let (_, raw) = attributes
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        let mut value = String::new();
        self.entities.decode(raw, &mut value, &mut self.counts);
        Some(value.trim().to_owned())
    }

    /// Goes on at the end tag of an element whose text holds no tags.
    pub(super) fn skip_to_end_of(&mut self, name: &str) {
        self.tokens.skip_to_end_of(name);
    }
}

/// Rewrites a document in XML.
///
/// # Errors
/// If it is no feed at all.
pub(super) fn repair(text: &str) -> Result<Repaired, ParseError> {
    canon::Canon::new(text).run()
}

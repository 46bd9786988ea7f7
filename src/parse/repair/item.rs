//! What belongs to an entry, and which of several candidates is taken?

use super::names::Part;
use super::{Family, write};

/// An entry that is being written.
#[derive(Debug, Default)]
pub(super) struct Item {
    /// Where it begins in the output.
    pub(super) start: usize,
    /// The parts that were met, a bit each.
    known: u32,
    pub(super) other_title: Option<String>,
    pub(super) other_summary: Option<String>,
    pub(super) other_link: Option<String>,
    pub(super) other_id: Option<String>,
    pub(super) other_author: Option<String>,
    pub(super) created: Option<String>,
}

impl Item {
    pub(super) fn at(start: usize) -> Self {
        Self {
            start,
            ..Self::default()
        }
    }

    /// Whether the first of several parts of this kind was met; from now on it was.
    pub(super) fn take(&mut self, part: Part) -> bool {
        let first = !self.knows(part);
        self.known |= 1 << part as u32;
        first
    }

    pub(super) fn knows(&self, part: Part) -> bool {
        self.known & (1 << part as u32) != 0
    }

    /// Whether it says anything at all.
    pub(super) fn speaks(&self) -> bool {
        self.known != 0 || self.other_title.is_some() || self.other_summary.is_some()
    }

    /// Writes what was kept for want of a better one.
    pub(super) fn finish(self, family: Family, out: &mut String) {
        let text = self.knows(Part::Summary) || self.knows(Part::Content);
        let bits = self.known;
        let knows = |part: Part| bits & (1 << part as u32) != 0;
        let spare = [
            (Part::Title, knows(Part::Title), self.other_title),
            (Part::Link, knows(Part::Link), self.other_link),
            (Part::Id, knows(Part::Id), self.other_id),
            (Part::Summary, text, self.other_summary),
            (Part::Published, knows(Part::Published), self.created),
            (Part::Author, knows(Part::Author), self.other_author),
        ];
        for (part, known, value) in spare {
            if let Some(value) = value.filter(|value| !known && !value.is_empty()) {
                write_part(family, part, &value, out);
            }
        }
        write::end(name_of_item(family), out);
    }
}

pub(super) fn name_of_item(family: Family) -> &'static str {
    match family {
        Family::Atom => "entry",
        Family::Rss | Family::Rdf => "item",
    }
}

/// The canonical name of a part.
pub(super) fn name(family: Family, part: Part) -> &'static str {
    let atom = family == Family::Atom;
    match part {
        Part::Title | Part::OtherTitle => "title",
        Part::Link => "link",
        Part::Id if atom => "id",
        Part::Id => "guid",
        Part::Summary | Part::OtherSummary if atom => "summary",
        Part::Summary | Part::OtherSummary => "description",
        Part::Content if atom => "content",
        Part::Content => "content:encoded",
        Part::Published | Part::Created if atom => "published",
        Part::Published | Part::Created => "pubDate",
        Part::Updated => "updated",
        Part::Category => "category",
        Part::Author | Part::OtherAuthor => "author",
        Part::PersonName => "name",
        Part::PersonEmail => "email",
        Part::Language => "language",
        Part::Ttl => "ttl",
        Part::Hour => "hour",
        Part::Day => "day",
        Part::UpdatePeriod => "updatePeriod",
        Part::UpdateFrequency => "updateFrequency",
    }
}

/// Writes a part that is nothing but a value.
pub(super) fn write_part(family: Family, part: Part, value: &str, out: &mut String) {
    let name = name(family, part);
    match part {
        Part::Link if family == Family::Atom => {
            write::start(name, &[("href", Some(value))], out);
            write::end(name, out);
        }
        Part::Author if family == Family::Atom => {
            write::start(name, &[], out);
            write::element("name", &[], value, out);
            write::end(name, out);
        }
        Part::Category if family == Family::Atom => {
            write::start(name, &[("term", Some(value))], out);
            write::end(name, out);
        }
        Part::Title | Part::Summary if family == Family::Atom => {
            write::element(name, &[("type", Some("html"))], value, out);
        }
        _ => write::element(name, &[], value, out),
    }
}

/// A person as the parser can bear it: it cuts one byte beside an address, and panics if that is
/// within a character, so both are parted by a space.
pub(super) fn spaced(person: &str) -> Option<String> {
    if person.is_ascii() || !person.contains('@') {
        return None;
    }
    let mut out = String::with_capacity(person.len() + 8);
    for (number, word) in person.split(' ').enumerate() {
        if number > 0 {
            out.push(' ');
        }
        let part = word.contains('@');
        let mut before = None;
        for c in word.chars() {
            if part && before.is_some_and(|before: char| before.is_ascii() != c.is_ascii()) {
                out.push(' ');
            }
            out.push(c);
            before = Some(c);
        }
    }
    (out != person).then_some(out)
}

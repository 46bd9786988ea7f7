//! How do others subscribe to alerts? By an Atom document (RFC 4287) that newsbell writes.
//!
//! The file is all the state there is: it is read before each alert, and an alert that is in it already is
//! not written again. It is put in its place whole, so that no reader ever sees half of it.

use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::text::{bounded, cut, marked, one_line, squeezed};
use super::{Receipt, SendError};
use crate::model::channel;
use crate::render::escape::Markup;
use crate::render::wording::Said;

/// Characters of a title.
const TITLE: usize = 500;
/// Characters and lines of an entry's text.
const TEXT: usize = 8000;
const LINES: usize = 100;
/// The largest document that is read back: far more than the most entries make.
const LARGEST: u64 = 64 * 1024 * 1024;
/// Who may read the document, if it is new: whoever serves it to others.
const MODE: u32 = 0o644;

const BEGIN: &str =
    "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\n";
const END: &str = "</feed>\n";
/// What tells our documents from others'.
const GENERATOR: &str = concat!(
    "<generator version=\"",
    env!("CARGO_PKG_VERSION"),
    "\">newsbell</generator>\n"
);
const OURS: &str = ">newsbell</generator>\n";
/// What an entry begins and ends with. Neither can stand within one, where `<` is always escaped.
const ENTRY: &str = "<entry>\n";
const ENTRY_END: &str = "</entry>\n";

/// What was wrong with a document. Each text is one line and says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The system says no.
    #[error(
        "{path} cannot be written: {source}; its directory must be there, and newsbell must be allowed to write into it"
    )]
    Unwritable {
        /// The document.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Somebody else's document.
    #[error(
        "{path} is there already and is no feed that newsbell has written: name another `path`, or move it away"
    )]
    NotOurs {
        /// The document.
        path: PathBuf,
    },
    /// The thread that writes broke.
    #[error("{path} was not written: {detail}")]
    Broken {
        /// The document.
        path: PathBuf,
        /// What happened.
        detail: String,
    },
}

/// An Atom document.
#[derive(Clone, Debug)]
pub struct Feed {
    setup: channel::Feed,
}

impl Feed {
    pub(super) fn new(setup: &channel::Feed) -> Feed {
        Feed {
            setup: setup.clone(),
        }
    }

    pub(super) fn target(&self) -> String {
        format!("the Atom document {}", self.setup.path.display())
    }

    pub(super) async fn send(&self, said: &Said, now: Timestamp) -> Result<Receipt, SendError> {
        let feed = self.clone();
        let id = format!("urn:newsbell:alert:{}", said.facts.id);
        let entry = entry(&id, said);
        let written = tokio::task::spawn_blocking(move || feed.add(&id, &entry, now)).await;
        let path = self.setup.path.clone();
        match written {
            Ok(Ok(reference)) => Ok(Receipt { reference }),
            Ok(Err(fault)) => Err(later(fault)),
            Err(error) => Err(later(Fault::Broken {
                path,
                detail: one_line(&error.to_string()),
            })),
        }
    }

    /// Puts an entry at the head of the document, unless it is in it.
    fn add(&self, id: &str, entry: &str, now: Timestamp) -> Result<String, Fault> {
        let path = &self.setup.path;
        let unwritable = |source| Fault::Unwritable {
            path: path.clone(),
            source,
        };
        let old = read(path).map_err(unwritable)?;
        let old = match &old {
            Some(text) => Some(parts(text).ok_or_else(|| Fault::NotOurs { path: path.clone() })?),
            None => None,
        };
        let (own_id, entries) = old.unwrap_or_default();
        let mark = id_element(id);
        if entries.iter().any(|entry| entry.contains(&mark)) {
            return Ok("it is in the document already".to_owned());
        }
        let own_id = own_id.map_or_else(new_id, str::to_owned);
        let mut text = head(&self.setup, &own_id, now);
        text.push_str(entry);
        let kept = entries.iter().take(self.setup.entries.saturating_sub(1));
        text.extend(kept.copied());
        text.push_str(END);
        replace(path, text.as_bytes()).map_err(unwritable)?;
        let count = (entries.len() + 1).min(self.setup.entries);
        Ok(format!("entry 1 of {count}"))
    }
}

fn later(fault: Fault) -> SendError {
    SendError::Later {
        reason: fault.into(),
        after: None,
    }
}

/// What stands before the entries (RFC 4287 §4.1.1).
fn head(setup: &channel::Feed, id: &str, now: Timestamp) -> String {
    let title = xml(&squeezed(&setup.title));
    let mut head = format!(
        "{BEGIN}{GENERATOR}{}<title>{title}</title>\n<updated>{}</updated>\n\
         <author><name>newsbell</name></author>\n",
        id_element(id),
        date(now)
    );
    if let Some(url) = &setup.url {
        head.push_str(&format!(
            "<link rel=\"self\" href=\"{}\"/>\n",
            xml(url.as_str())
        ));
    }
    head
}

fn id_element(id: &str) -> String {
    format!("<id>{}</id>\n", xml(id))
}

/// One alert (RFC 4287 §4.1.2).
fn entry(id: &str, said: &Said) -> String {
    let facts = &said.facts;
    let title = xml(&cut(&squeezed(&said.message.title), TITLE));
    let mut entry = format!(
        "{ENTRY}{}<title>{title}</title>\n<updated>{}</updated>\n",
        id_element(id),
        date(facts.time)
    );
    if let Some(link) = &said.message.link {
        entry.push_str(&format!(
            "<link rel=\"alternate\" href=\"{}\"/>\n",
            xml(link)
        ));
    }
    let rules = facts.counts.iter().map(|count| &count.rule);
    for rule in rules {
        entry.push_str(&format!("<category term=\"{}\"/>\n", xml(rule)));
    }
    let content = content(said);
    entry.push_str(&format!(
        "<content type=\"html\">{}</content>\n{ENTRY_END}",
        xml(&content)
    ));
    entry
}

/// The text as HTML, with a link to every source.
fn content(said: &Said) -> String {
    let mut html = String::new();
    for line in bounded(&said.message.lines, TEXT, LINES) {
        let line = marked(&line, Markup::Html, ("<b>", "</b>"));
        html.push_str(&format!("<p>{line}</p>"));
    }
    let linked: Vec<_> = said
        .facts
        .hits
        .iter()
        .filter(|hit| !hit.link.is_empty())
        .collect();
    if said.body.is_some() || linked.is_empty() {
        return html;
    }
    html.push_str("<ul>");
    for hit in linked {
        html.push_str(&format!(
            "<li><a href=\"{}\">{}</a> — {}</li>",
            Markup::Html.escape(&hit.link),
            marked(&hit.headline, Markup::Html, ("<b>", "</b>")),
            Markup::Html.escape(&hit.feed)
        ));
    }
    html.push_str("</ul>");
    html
}

/// Text as XML allows it: some characters it can in no way hold (XML 1.0 §2.2).
fn xml(text: &str) -> String {
    let allowed = |c: &char| !matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    let text: String = text.chars().filter(allowed).collect();
    Markup::Html.escape(&text)
}

/// RFC 3339, to the second.
fn date(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A random id (RFC 9562 §5.4), made once for a document and kept in it.
fn new_id() -> String {
    let bits = fastrand::u128(..);
    let bits = (bits & !(0xf << 76)) | (0x4 << 76);
    let bits = (bits & !(0x3 << 62)) | (0x2 << 62);
    let digits = format!("{bits:032x}");
    let parts = [
        &digits[..8],
        &digits[8..12],
        &digits[12..16],
        &digits[16..20],
        &digits[20..],
    ];
    format!("urn:uuid:{}", parts.join("-"))
}

fn read(path: &Path) -> io::Result<Option<String>> {
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    file.take(LARGEST).read_to_end(&mut bytes)?;
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

/// The id and the entries of a document of ours, `None` if it is not.
fn parts(text: &str) -> Option<(Option<&str>, Vec<&str>)> {
    if text.trim().is_empty() {
        return Some((None, Vec::new()));
    }
    let inner = text.strip_prefix(BEGIN)?.strip_suffix(END)?;
    let (head, entries) = inner.split_at(inner.find(ENTRY).unwrap_or(inner.len()));
    let (_, after) = head.split_once(OURS)?;
    let (_, after) = after.split_once("<id>")?;
    let (id, _) = after.split_once("</id>")?;
    Some((Some(id), entries.split_inclusive(ENTRY_END).collect()))
}

/// Puts a whole file in the place of another, safe on disk.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let new = path.with_file_name(name);
    let mode = std::fs::metadata(path).map_or(MODE, |old| old.permissions().mode());
    let mut file = std::fs::File::options()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(&new)?;
    file.write_all(bytes)?;
    // Whatever the umask of the service is, others are meant to read it.
    file.set_permissions(std::fs::Permissions::from_mode(mode))?;
    file.sync_all()?;
    std::fs::rename(&new, path)?;
    let directory = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    std::fs::File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::AlertId;
    use crate::model::channel::Wording as Written;
    use crate::render::sample;
    use crate::render::wording::Wording;

    fn feed(path: &Path, entries: usize) -> Feed {
        Feed::new(&channel::Feed {
            path: path.to_owned(),
            url: None,
            title: "A & B".to_owned(),
            entries,
        })
    }

    fn said(id: &str) -> Said {
        let alert = sample::story(AlertId(id.to_owned()), Timestamp::UNIX_EPOCH);
        Wording::new(&Written::default(), Markup::Plain).say(&alert)
    }

    fn add(feed: &Feed, id: &str) -> Result<String, Fault> {
        let full = format!("urn:newsbell:alert:{id}");
        feed.add(&full, &entry(&full, &said(id)), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn the_newest_stand_first_and_the_oldest_go() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("alerts.atom");
        let feed = feed(&path, 2);
        let counts: Vec<String> = ["a", "b", "b", "c"]
            .iter()
            .map(|id| add(&feed, id).unwrap())
            .collect();
        assert_eq!(
            counts,
            [
                "entry 1 of 1",
                "entry 1 of 2",
                "it is in the document already",
                "entry 1 of 2"
            ]
        );
        let text = std::fs::read_to_string(&path).unwrap();
        let (_, entries) = parts(&text).unwrap();
        let ids: Vec<bool> = entries
            .iter()
            .zip(["alert:c</id>", "alert:b</id>"])
            .map(|(entry, id)| entry.contains(id))
            .collect();
        assert_eq!(ids, [true, true]);
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, MODE);
    }

    #[test]
    fn a_document_keeps_its_id_and_somebody_elses_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("alerts.atom");
        add(&feed(&path, 5), "a").unwrap();
        let id = |path: &Path| {
            let text = std::fs::read_to_string(path).unwrap();
            parts(&text).unwrap().0.unwrap().to_owned()
        };
        let first = id(&path);
        assert!(
            first.starts_with("urn:uuid:") && first.len() == 45,
            "{first}"
        );
        assert_eq!(
            (&first[23..24], "89ab".contains(&first[28..29])),
            ("4", true),
            "{first}"
        );
        add(&feed(&path, 5), "b").unwrap();
        assert_eq!(id(&path), first);

        for theirs in ["my diary", "<feed>", &format!("{BEGIN}{END}")] {
            std::fs::write(&path, theirs).unwrap();
            let fault = add(&feed(&path, 5), "c").unwrap_err();
            assert!(matches!(fault, Fault::NotOurs { .. }), "{fault}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), theirs);
        }
        let nowhere = dir.path().join("not/there.atom");
        let fault = add(&feed(&nowhere, 5), "c").unwrap_err();
        assert!(
            fault.to_string().contains("its directory must be there"),
            "{fault}"
        );
    }

    #[test]
    fn what_xml_cannot_hold_is_left_out() {
        assert_eq!(
            xml("a\u{0}\u{b}\u{1f}\u{fffe}b<c>&\"'\u{1F600}"),
            "ab&lt;c&gt;&amp;&quot;&#39;\u{1F600}"
        );
    }
}

//! What does a JSON Feed say?
//!
//! Versions 1.0 and 1.1 (<https://www.jsonfeed.org/version/1.1/>), and what is really written: ids that
//! are numbers, feeds without a title, authors one or many, and fields of the wrong kind, which count as
//! not there.

use serde_json::{Map, Value};
use url::Url;

use super::{ENTRIES_A_POLL, ParseError, date, filled, keep_newest, shown};
use crate::model::{Document, Entry, Rhythm};

/// Reads a document whose bounds were checked.
pub(super) fn read(text: &str, base: &Url) -> Result<Document, ParseError> {
    let value: Value = serde_json::from_str(text).map_err(|error| ParseError::Malformed {
        reason: shown(&error.to_string()),
    })?;
    let Value::Object(feed) = value else {
        return Err(not_a_feed("JSON that is no object"));
    };
    let version = string(&feed, "version").unwrap_or_default();
    let items = feed.get("items").and_then(Value::as_array);
    if !version.contains("jsonfeed.org/version/") {
        return Err(not_a_feed(&format!("JSON of the version {version:?}")));
    }
    let authors = authors(&feed);
    let base = string(&feed, "home_page_url")
        .and_then(|home| base.join(&home).ok())
        .unwrap_or_else(|| base.clone());
    let mut entries: Vec<Entry> = items
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .map(|item| entry(item, &authors, &base))
        .collect();
    let left_out = keep_newest(&mut entries, ENTRIES_A_POLL);
    Ok(Document {
        format: "json",
        title: string(&feed, "title").and_then(filled),
        language: string(&feed, "language").and_then(filled),
        entries,
        left_out,
        repairs: Vec::new(),
        rhythm: Rhythm::default(),
    })
}

fn not_a_feed(found: &str) -> ParseError {
    ParseError::NotAFeed {
        found: shown(found),
    }
}

fn entry(item: &Map<String, Value>, feed: &[String], base: &Url) -> Entry {
    let id = match item.get("id") {
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => string(item, "id").and_then(filled),
    };
    // "If possible, it should be a full URL": then it leads to the item as well.
    let link = string(item, "url")
        .or_else(|| string(item, "external_url"))
        .or_else(|| id.clone().filter(|id| id.starts_with("http")))
        .and_then(filled);
    let link = link.map(|link| match base.join(link.trim()) {
        Ok(url) => url.to_string(),
        Err(_) => link,
    });
    let own = authors(item);
    Entry {
        id,
        title: string(item, "title").and_then(filled),
        link,
        published: string(item, "date_published").and_then(|text| date::read(&text)),
        updated: string(item, "date_modified").and_then(|text| date::read(&text)),
        summary: string(item, "summary").and_then(filled),
        content: string(item, "content_html")
            .and_then(filled)
            .or_else(|| string(item, "content_text").and_then(filled)),
        authors: if own.is_empty() { feed.to_vec() } else { own },
        categories: strings(item.get("tags")),
        language: string(item, "language").and_then(filled),
    }
}

fn string(object: &Map<String, Value>, key: &str) -> Option<String> {
    object.get(key)?.as_str().map(str::to_owned)
}

fn strings(value: Option<&Value>) -> Vec<String> {
    let all = value.and_then(Value::as_array).into_iter().flatten();
    all.filter_map(Value::as_str)
        .map(str::to_owned)
        .filter_map(filled)
        .collect()
}

/// The names of `authors` (1.1) or `author` (1.0).
fn authors(object: &Map<String, Value>) -> Vec<String> {
    let many = object.get("authors").and_then(Value::as_array);
    let all = many.into_iter().flatten().chain(object.get("author"));
    let mut names: Vec<String> = Vec::new();
    for author in all {
        let name = match author {
            Value::Object(author) => string(author, "name"),
            Value::String(name) => Some(name.clone()),
            _ => None,
        };
        if let Some(name) = name.and_then(filled)
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    names
}

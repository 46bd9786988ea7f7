//! Which keys has the configuration, for editors and for the manual?
//!
//! No list of them is kept for this: the shipped file, which has them all, is read as any other, and the
//! reader notes what it asks for. What each key does is the comment beside it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Map, Value, json};

use super::file::{Kind, Notes};
use super::problems::Source;
use super::read;

/// The shipped file: every key, its default, and what it does.
const SHIPPED: &str = include_str!("../../config/newsbell.toml");

/// How the length of a time is written: "1h30m".
const LENGTH: &str = "^ *([0-9]+ *(s|sec|m|min|h|d|w|[a-z]+) *)+$";

/// One key of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its path: `feed.name`.
    pub path: String,
    /// What may be written as its value.
    pub kind: Kind,
    /// Whether it must be written.
    pub required: bool,
    /// What it does.
    pub what: String,
    /// What the shipped file has as its value: the default, if it is none of an example.
    pub shown: String,
}

/// Every key, tables included, in the order of their paths.
#[must_use]
pub fn keys() -> Vec<Key> {
    let mut notes = Notes::default();
    let source = Source {
        path: PathBuf::from("newsbell.toml"),
        text: SHIPPED.to_owned(),
    };
    // Files that it names as examples are not there: what is wrong with it does not matter here.
    let _ = read::check(&[source], &mut notes);
    let mut beside = beside();
    let kinds = notes.kinds.into_iter();
    kinds
        .map(|(path, kind)| {
            let (shown, what) = beside.remove(&path).unwrap_or_default();
            let required = notes.required.contains(&path);
            Key {
                path,
                kind,
                required,
                what,
                shown,
            }
        })
        .collect()
}

/// What stands beside each key and table of the shipped file: the value and the comment.
fn beside() -> BTreeMap<String, (String, String)> {
    let mut found: BTreeMap<String, (String, String)> = BTreeMap::new();
    let mut table = String::new();
    let mut last = String::new();
    for line in SHIPPED.lines() {
        let (code, comment) = comment(line);
        let (code, comment) = (code.trim(), comment.trim());
        if code.is_empty() {
            // The comment of the line above goes on, if it is indented.
            if line.starts_with(' ')
                && let Some((_, what)) = found.get_mut(&last)
            {
                what.push(' ');
                what.push_str(comment);
            } else {
                last.clear();
            }
            continue;
        }
        let (key, value) =
            if let Some((key, value)) = code.split_once('=').filter(|_| !code.starts_with('[')) {
                let key = key.trim();
                let path = if table.is_empty() {
                    key.to_owned()
                } else {
                    format!("{table}.{key}")
                };
                (path, value.trim())
            } else {
                let parts: Vec<&str> = code.trim_matches(['[', ']']).split('.').collect();
                // [channel.NAME.KIND] is [channel.KIND] under another name.
                table = match parts[..] {
                    [first, _, kind] => format!("{first}.{kind}"),
                    _ => parts.join("."),
                };
                (table.clone(), "")
            };
        last.clone_from(&key);
        found
            .entry(key)
            .or_insert_with(|| (value.to_owned(), comment.to_owned()));
    }
    found
}

/// A line, cut where its comment begins.
fn comment(line: &str) -> (&str, &str) {
    let mut quote = None;
    for (at, char) in line.char_indices() {
        match (quote, char) {
            (None, '#') => return (&line[..at], &line[at + 1..]),
            (None, '"' | '\'') => quote = Some(char),
            (Some(open), _) if open == char => quote = None,
            _ => {}
        }
    }
    (line, "")
}

/// The JSON Schema (draft 7, which the editors' TOML tools read) of the configuration.
#[must_use]
pub fn json() -> Value {
    let keys = keys();
    let mut root = object(&keys, "");
    let about = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "The configuration of newsbell",
    });
    if let (Value::Object(root), Value::Object(about)) = (&mut root, about) {
        root.extend(about);
    }
    root
}

/// The table at `path`, with the keys that are in it.
fn object(keys: &[Key], path: &str) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for key in keys {
        let (parent, name) = key.path.rsplit_once('.').unwrap_or(("", &key.path));
        if parent != path {
            continue;
        }
        properties.insert(name.to_owned(), schema(keys, key));
        if key.required {
            required.push(Value::from(name));
        }
    }
    let mut table = json!({
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    });
    if !required.is_empty() {
        table["required"] = required.into();
    }
    if path == CHANNEL {
        channels(keys, &mut table);
    }
    table
}

/// The table whose tables may have names of the user's own.
const CHANNEL: &str = "channel";

/// `[channel.KIND]`, and `[channel.NAME.KIND]`: the kinds have no table of their own that the reader asks for.
fn channels(keys: &[Key], table: &mut Value) {
    let kinds = keys.iter().filter_map(|key| {
        let (parent, _) = key.path.rsplit_once('.')?;
        let kind = parent.strip_prefix(CHANNEL)?.strip_prefix('.')?;
        Some((kind, parent))
    });
    let mut named = Map::new();
    for (kind, path) in kinds.collect::<BTreeMap<_, _>>() {
        if table["properties"].get(kind).is_none() {
            let kind_of = object(keys, path);
            table["properties"][kind] = kind_of.clone();
            named.insert(kind.to_owned(), kind_of);
        }
    }
    if !named.is_empty() {
        table["additionalProperties"] = json!({
            "type": "object",
            "properties": named,
            "additionalProperties": false,
            "minProperties": 1,
            "maxProperties": 1,
        });
    }
}

fn schema(keys: &[Key], key: &Key) -> Value {
    let text = || json!({ "type": "string" });
    let texts = || json!({ "type": "array", "items": text() });
    let mut schema = match &key.kind {
        Kind::Text => text(),
        Kind::TextOrNumber => json!({ "type": ["string", "integer"] }),
        Kind::Texts => texts(),
        Kind::TextOrTexts => json!({ "anyOf": [text(), texts()] }),
        Kind::Boolean => json!({ "type": "boolean" }),
        Kind::Number(range) => json!({
            "type": "integer", "minimum": range.start(), "maximum": range.end(),
        }),
        Kind::Length => json!({ "type": "string", "pattern": LENGTH }),
        Kind::Limit => json!({ "type": "string", "pattern": format!("^$|{LENGTH}") }),
        // A date is no string for some tools, and one for others.
        Kind::Moment => json!({}),
        Kind::Table => object(keys, &key.path),
        Kind::Tables => json!({ "type": "array", "items": object(keys, &key.path) }),
        Kind::Lists => json!({ "type": "object", "additionalProperties": texts() }),
    };
    if !key.what.is_empty() {
        schema["description"] = key.what.as_str().into();
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a value is what a schema allows; as much of JSON Schema as the above uses.
    fn fits(value: &Value, schema: &Value, place: &str) {
        if let Some(choices) = schema["anyOf"].as_array() {
            let any = choices
                .iter()
                .any(|choice| value.is_array() == (choice["type"] == "array"));
            assert!(any, "{place}: {value}");
            return;
        }
        match (schema["type"].as_str(), value) {
            // Two types, or any.
            (None, _) | (Some("boolean"), Value::Bool(_)) => {}
            (Some("string"), Value::String(text)) => {
                if let Some(pattern) = schema["pattern"].as_str() {
                    let pattern = regex::Regex::new(pattern).unwrap();
                    assert!(pattern.is_match(text), "{place}: {text}");
                }
            }
            (Some("integer"), Value::Number(number)) => {
                assert!(number.as_u64() >= schema["minimum"].as_u64(), "{place}");
                assert!(number.as_u64() <= schema["maximum"].as_u64(), "{place}");
            }
            (Some("array"), Value::Array(values)) => {
                for value in values {
                    fits(value, &schema["items"], place);
                }
            }
            (Some("object"), Value::Object(values)) => {
                for (name, value) in values {
                    let known = &schema["properties"][name];
                    let schema = if known.is_null() {
                        &schema["additionalProperties"]
                    } else {
                        known
                    };
                    assert!(schema.is_object(), "{place}.{name} is not in the schema");
                    fits(value, schema, &format!("{place}.{name}"));
                }
                for name in schema["required"].as_array().into_iter().flatten() {
                    assert!(
                        values.contains_key(name.as_str().unwrap()),
                        "{place}: {name}"
                    );
                }
            }
            (wanted, _) => panic!("{place}: {value} is no {wanted:?}"),
        }
    }

    #[test]
    fn the_shipped_files_are_what_the_schema_allows() {
        let schema = json();
        for text in [
            SHIPPED,
            include_str!("../../config/starter.toml"),
            include_str!("../../config/quickstart.toml"),
            include_str!("../../config/words/countries.toml"),
        ] {
            let value: Value = toml::from_str(text).unwrap();
            fits(&value, &schema, "");
        }
    }

    #[test]
    fn what_the_reader_refuses_is_not_in_the_schema() {
        let schema = json();
        for text in [
            "[pol]\n",
            "[poll]\nevry = \"1h\"\n",
            "[poll]\nevery = \"soon!\"\n",
            "[[feed]]\nname = \"a\"\n",
        ] {
            let value: Value = toml::from_str(text).unwrap();
            let refused = std::panic::catch_unwind(|| fits(&value, &schema, ""));
            assert!(refused.is_err(), "{text}");
        }
    }

    #[test]
    fn every_key_says_what_it_does() {
        let keys = keys();
        assert!(keys.len() > 40, "{keys:#?}");
        let mut notes = Notes::default();
        let source = Source {
            path: PathBuf::from("newsbell.toml"),
            text: SHIPPED.to_owned(),
        };
        let _ = read::check(&[source], &mut notes);
        for path in notes.present.iter().chain(&notes.absent) {
            // Whoever adds a way to read a key says what may be written there.
            assert!(keys.iter().any(|key| key.path == *path), "{path}");
        }
        for key in &keys {
            let table_of_tables = key.path == CHANNEL;
            assert!(!key.what.is_empty() || table_of_tables, "{key:?}");
        }
        let every = keys.iter().find(|key| key.path == "poll.every").unwrap();
        assert_eq!(every.kind, Kind::Length);
        assert_eq!(every.shown, "\"15m\"");
        let name = keys.iter().find(|key| key.path == "feed.name").unwrap();
        assert!(name.required);
    }
}

//! What does the TOML say, and where? Reads keys one by one and notes every mistake with its place.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Range, RangeInclusive};
use std::str::FromStr;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// One mistake in a configuration file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Index into the files read.
    pub file: usize,
    /// Bytes of the file that are wrong.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What stands out in the span, if more can be said.
    pub label: String,
    /// What to write instead.
    pub help: Option<String>,
}

/// A value with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// Index into the files read.
    pub file: usize,
    /// Bytes of the file it was read from.
    pub span: Range<usize>,
}

impl<T> At<T> {
    /// A mistake in this value.
    pub fn problem(&self, message: impl Into<String>, help: impl Into<String>) -> Problem {
        Problem {
            file: self.file,
            span: self.span.clone(),
            message: message.into(),
            label: String::new(),
            help: Some(help.into()),
        }
    }
}

/// What was found while reading: mistakes, and keys that exist but were not written.
#[derive(Debug, Default)]
pub struct Notes {
    /// Mistakes, in the order they were found.
    pub problems: Vec<Problem>,
    /// What is allowed and looks like a mistake.
    pub doubts: Vec<Problem>,
    /// Paths (`feed.name`) of keys that were looked for and not found.
    pub absent: BTreeSet<String>,
    /// Paths of keys that were looked for and found.
    pub present: BTreeSet<String>,
    /// Paths of keys that were looked for, with what may be written there.
    pub kinds: BTreeMap<String, Kind>,
    /// Those of them that must be written.
    pub required: BTreeSet<String>,
}

/// What may be written as the value of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A string.
    Text,
    /// A string, or a whole number.
    TextOrNumber,
    /// A list of strings.
    Texts,
    /// A list of strings, or one alone.
    TextOrTexts,
    /// `true` or `false`.
    Boolean,
    /// A whole number in this range.
    Number(RangeInclusive<usize>),
    /// A length of time.
    Length,
    /// A length of time, or an empty string for none.
    Limit,
    /// A date, with or without a time.
    Moment,
    /// A table.
    Table,
    /// An array of tables.
    Tables,
    /// A table whose keys are the user's own, each with a list of strings.
    Lists,
}

impl Notes {
    /// Notes what may be written as the value of a key. A key that is read in two ways is what it was first
    /// said to be.
    fn is(&mut self, key: String, kind: Kind) {
        self.kinds.entry(key).or_insert(kind);
    }
}

/// One table of one file. Every key asked for is a key that exists; [`Table::finish`] reports the
/// others.
#[derive(Debug)]
pub struct Table<'t> {
    keys: Option<&'t DeTable<'t>>,
    file: usize,
    path: &'static str,
    asked: Vec<&'static str>,
    span: Range<usize>,
}

impl<'t> Table<'t> {
    /// The table of a whole file.
    pub fn root(table: &'t Spanned<DeTable<'t>>, file: usize) -> Table<'t> {
        Table {
            keys: Some(table.get_ref()),
            file,
            path: "",
            asked: Vec::new(),
            span: table.span(),
        }
    }

    fn get(&mut self, key: &'static str, notes: &mut Notes) -> Option<&'t Spanned<DeValue<'t>>> {
        self.asked.push(key);
        let found = self.keys.and_then(|table| table.get(key));
        let full = self.full(key);
        if found.is_some() {
            notes.present.insert(full);
        } else {
            notes.absent.insert(full);
        }
        found
    }

    /// Whether a key is written, rightly or wrongly.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.keys.is_some_and(|keys| keys.contains_key(key))
    }

    /// Where the table stands.
    #[must_use]
    pub fn place(&self) -> At<()> {
        At {
            value: (),
            file: self.file,
            span: self.span.clone(),
        }
    }

    /// Every key that is written.
    pub fn names(&self) -> impl Iterator<Item = &'t str> {
        self.keys
            .into_iter()
            .flatten()
            .map(|(key, _)| key.get_ref().as_ref())
    }

    /// The tables inside this one, whose names are the user's own.
    pub fn children(&self, notes: &mut Notes) -> Vec<(At<String>, Table<'t>)> {
        let mut children = Vec::new();
        for (key, value) in self.keys.into_iter().flatten() {
            let name = At {
                value: key.get_ref().to_string(),
                file: self.file,
                span: key.span(),
            };
            match value.get_ref() {
                DeValue::Table(inner) => {
                    let table = Table {
                        keys: Some(inner),
                        file: self.file,
                        path: self.path,
                        asked: Vec::new(),
                        span: name.span.clone(),
                    };
                    children.push((name, table));
                }
                _ => notes.problems.push(Problem {
                    help: Some(format!(
                        "write it as a table: `[{}]`",
                        self.full(&name.value)
                    )),
                    ..self.wrong(value, "a table")
                }),
            }
        }
        children
    }

    /// The same table under its full name.
    #[must_use]
    pub fn called(self, path: &'static str) -> Table<'t> {
        Table { path, ..self }
    }

    /// Its name as it is written: tables of which there may be many have two brackets.
    fn written(&self) -> String {
        if self.path.contains('.') {
            format!("[{}]", self.path)
        } else {
            format!("[[{}]]", self.path)
        }
    }

    fn full(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    fn wrong(&self, value: &Spanned<DeValue<'_>>, wanted: &str) -> Problem {
        Problem {
            file: self.file,
            span: value.span(),
            message: format!("expected {wanted}, found {}", a(value.get_ref().type_str())),
            label: String::new(),
            help: None,
        }
    }

    /// A table inside this one; empty if it is not written. `path` names it in full.
    #[must_use]
    pub fn table(&mut self, key: &'static str, path: &'static str, notes: &mut Notes) -> Table<'t> {
        notes.is(self.full(key), Kind::Table);
        let mut table = Table {
            keys: None,
            file: self.file,
            path,
            asked: Vec::new(),
            span: self.span.clone(),
        };
        if let Some(value) = self.get(key, notes) {
            table.span = value.span();
            match value.get_ref() {
                DeValue::Table(inner) => table.keys = Some(inner),
                _ => notes.problems.push(Problem {
                    help: Some(format!("write it as a table: `[{path}]`")),
                    ..self.wrong(value, "a table")
                }),
            }
        }
        table
    }

    /// The tables of an array of tables (`[[feed]]`).
    pub fn tables(&mut self, key: &'static str, notes: &mut Notes) -> Vec<Table<'t>> {
        notes.is(self.full(key), Kind::Tables);
        let Some(value) = self.get(key, notes) else {
            return Vec::new();
        };
        let entries = value.get_ref().as_array();
        let mut tables = Vec::new();
        for entry in entries.into_iter().flatten() {
            match entry.get_ref() {
                DeValue::Table(inner) => tables.push(Table {
                    keys: Some(inner),
                    file: self.file,
                    path: key,
                    asked: Vec::new(),
                    span: entry.span(),
                }),
                _ => notes.problems.push(self.wrong(entry, "a table")),
            }
        }
        if entries.is_none() {
            notes.problems.push(Problem {
                help: Some(format!("write `[[{key}]]`, with two brackets on each side")),
                ..self.wrong(value, "an array of tables")
            });
        }
        tables
    }

    /// A string.
    pub fn string(&mut self, key: &'static str, notes: &mut Notes) -> Option<At<String>> {
        notes.is(self.full(key), Kind::Text);
        let value = self.get(key, notes)?;
        let text = value.get_ref().as_str().map(str::to_owned);
        if text.is_none() {
            notes.problems.push(Problem {
                help: Some(format!("put it in quotes: `{key} = \"...\"`")),
                ..self.wrong(value, "a string")
            });
        }
        Some(self.at(value, text?))
    }

    /// A string that must be there and must not be blank.
    pub fn required(&mut self, key: &'static str, notes: &mut Notes) -> Option<At<String>> {
        notes.required.insert(self.full(key));
        let missing = self.keys.is_some_and(|table| table.get(key).is_none());
        if missing {
            notes.problems.push(Problem {
                file: self.file,
                span: self.span.clone(),
                message: format!("`{key}` is missing in this {}", self.written()),
                label: String::new(),
                help: Some(format!("add `{key} = \"...\"`")),
            });
        }
        let text = self.string(key, notes)?;
        if text.value.trim().is_empty() {
            notes
                .problems
                .push(text.problem(format!("`{key}` is empty"), "write at least one word"));
            return None;
        }
        Some(text)
    }

    /// A list of strings; where `alone`, a single string stands for a list of one.
    pub fn strings(
        &mut self,
        key: &'static str,
        alone: bool,
        notes: &mut Notes,
    ) -> Option<Vec<At<String>>> {
        notes.is(
            self.full(key),
            if alone {
                Kind::TextOrTexts
            } else {
                Kind::Texts
            },
        );
        let value = self.get(key, notes)?;
        if let (true, Some(text)) = (alone, value.get_ref().as_str()) {
            return Some(vec![self.at(value, text.to_owned())]);
        }
        let Some(entries) = value.get_ref().as_array() else {
            let wanted = if alone {
                "a string or a list of strings"
            } else {
                "a list of strings"
            };
            notes.problems.push(Problem {
                help: Some(format!("write `{key} = [\"...\", \"...\"]`")),
                ..self.wrong(value, wanted)
            });
            return None;
        };
        let mut texts = Vec::new();
        for entry in entries {
            match entry.get_ref().as_str() {
                Some(text) => texts.push(self.at(entry, text.to_owned())),
                None => notes.problems.push(self.wrong(entry, "a string")),
            }
        }
        // A list of nothing but mistakes is not an empty list.
        (entries.is_empty() || !texts.is_empty()).then_some(texts)
    }

    /// `true` or `false`.
    pub fn boolean(&mut self, key: &'static str, notes: &mut Notes) -> Option<bool> {
        notes.is(self.full(key), Kind::Boolean);
        let value = self.get(key, notes)?;
        let boolean = value.get_ref().as_bool();
        if boolean.is_none() {
            notes.problems.push(self.wrong(value, "true or false"));
        }
        boolean
    }

    /// A date, with or without a time, as it is written; in quotes or not.
    pub fn moment(&mut self, key: &'static str, notes: &mut Notes) -> Option<At<String>> {
        notes.is(self.full(key), Kind::Moment);
        let value = self.get(key, notes)?;
        match value.get_ref() {
            DeValue::Datetime(moment) => Some(self.at(value, moment.to_string())),
            DeValue::String(text) => Some(self.at(value, text.trim().to_owned())),
            _ => {
                notes.problems.push(Problem {
                    help: Some(format!("write a day: {key} = 2027-01-31")),
                    ..self.wrong(value, "a date")
                });
                None
            }
        }
    }

    /// Every key of a table whose keys are the user's own, with the strings of its value.
    pub fn lists(
        &mut self,
        key: &'static str,
        notes: &mut Notes,
    ) -> Vec<(At<String>, Vec<At<String>>)> {
        notes.is(self.full(key), Kind::Lists);
        let Some(value) = self.get(key, notes) else {
            return Vec::new();
        };
        let Some(table) = value.get_ref().as_table() else {
            notes.problems.push(Problem {
                help: Some(format!("write it as a table: `[{key}]`")),
                ..self.wrong(value, "a table")
            });
            return Vec::new();
        };
        let mut lists = Vec::new();
        for (name, value) in table {
            let Some(entries) = value.get_ref().as_array() else {
                notes.problems.push(Problem {
                    help: Some(format!("write `{} = [\"...\", \"...\"]`", name.get_ref())),
                    ..self.wrong(value, "a list of strings")
                });
                continue;
            };
            let mut texts = Vec::new();
            for entry in entries {
                match entry.get_ref().as_str() {
                    Some(text) => texts.push(self.at(entry, text.to_owned())),
                    None => notes.problems.push(self.wrong(entry, "a string")),
                }
            }
            let name = At {
                value: name.get_ref().to_string(),
                file: self.file,
                span: name.span(),
            };
            // A list of nothing but mistakes is not an empty list.
            if entries.is_empty() || !texts.is_empty() {
                lists.push((name, texts));
            }
        }
        lists
    }

    /// A string, or a whole number as it is written.
    pub fn text(&mut self, key: &'static str, notes: &mut Notes) -> Option<At<String>> {
        notes.is(self.full(key), Kind::TextOrNumber);
        let value = self.get(key, notes)?;
        let number = value.get_ref().as_integer();
        let text = number.map(|number| number.as_str().to_owned());
        let text = text.or_else(|| value.get_ref().as_str().map(str::to_owned));
        if text.is_none() {
            notes
                .problems
                .push(self.wrong(value, "a string or a whole number"));
        }
        Some(self.at(value, text?))
    }

    /// A whole number within `range`.
    pub fn number(
        &mut self,
        key: &'static str,
        range: RangeInclusive<usize>,
        notes: &mut Notes,
    ) -> Option<At<usize>> {
        notes.is(self.full(key), Kind::Number(range.clone()));
        let value = self.get(key, notes)?;
        let number = value.get_ref().as_integer().and_then(|number| {
            usize::from_str_radix(&number.as_str().replace('_', ""), number.radix()).ok()
        });
        let number = number.filter(|number| range.contains(number));
        if number.is_none() {
            notes.problems.push(Problem {
                message: format!("`{key}` must be a whole number"),
                help: Some(format!(
                    "write a number from {} to {}",
                    range.start(),
                    range.end()
                )),
                ..self.wrong(value, "a whole number")
            });
        }
        Some(self.at(value, number?))
    }

    /// A length of time, or an empty string for none.
    pub fn limit(&mut self, key: &'static str, notes: &mut Notes) -> Option<At<SignedDuration>> {
        notes.is(self.full(key), Kind::Limit);
        let empty = |text: &At<String>| text.value.is_empty();
        let text = self.string(key, notes).filter(|text| !empty(text))?;
        Self::length(&text, notes)
    }

    /// A length of time.
    pub fn duration(&mut self, key: &'static str, notes: &mut Notes) -> Option<At<SignedDuration>> {
        notes.is(self.full(key), Kind::Length);
        let text = self.string(key, notes)?;
        Self::length(&text, notes)
    }

    fn length(text: &At<String>, notes: &mut Notes) -> Option<At<SignedDuration>> {
        let Some(duration) = duration(&text.value) else {
            notes.problems.push(text.problem(
                format!("`{}` is not a length of time", text.value),
                "write a number and a unit: \"30s\", \"15m\", \"6h\", \"2d\", \"1w\", or \"1h30m\"",
            ));
            return None;
        };
        Some(At {
            value: duration,
            file: text.file,
            span: text.span.clone(),
        })
    }

    fn at<T>(&self, value: &Spanned<DeValue<'_>>, inner: T) -> At<T> {
        At {
            value: inner,
            file: self.file,
            span: value.span(),
        }
    }

    /// Reports the keys that nothing asked for.
    pub fn finish(self, notes: &mut Notes) {
        for (key, _) in self.keys.into_iter().flatten() {
            let name = key.get_ref().as_ref();
            if self.asked.contains(&name) {
                continue;
            }
            let place = if self.path.is_empty() {
                "at the top of the file".to_owned()
            } else {
                format!("in [{}]", self.path)
            };
            let help = nearest(name, &self.asked).map_or_else(
                || format!("keys {place}: {}", self.asked.join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            notes.problems.push(Problem {
                file: self.file,
                span: key.span(),
                message: format!("unknown key `{name}` {place}"),
                label: String::new(),
                help: Some(help),
            });
        }
    }
}

/// Reads `15m`, `1h30m`, `2d`, `1w`: days of 24 hours, nothing longer and nothing negative.
#[must_use]
pub fn duration(text: &str) -> Option<SignedDuration> {
    let span = Span::from_str(text.trim()).ok()?;
    let duration = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    (!duration.is_negative()).then_some(duration)
}

/// A moment as TOML or RFC 3339 writes it; a day begins at midnight where the program runs.
#[must_use]
pub fn moment(written: &str) -> Option<Timestamp> {
    if let Ok(moment) = written.parse() {
        return Some(moment);
    }
    let local = written.parse::<DateTime>().ok();
    let local = local.or_else(|| Some(written.parse::<Date>().ok()?.into()))?;
    let zone = TimeZone::system();
    zone.to_ambiguous_timestamp(local).compatible().ok()
}

/// A length of time as it is written in a configuration: whole days, hours, minutes or seconds.
#[must_use]
pub fn written(duration: SignedDuration) -> String {
    let seconds = duration.as_secs();
    let units = [(86_400, "d"), (3600, "h"), (60, "m")];
    let whole = units
        .iter()
        .find(|(unit, _)| seconds >= *unit && seconds % unit == 0);
    whole.map_or_else(
        || format!("{seconds}s"),
        |(unit, name)| format!("{}{name}", seconds / unit),
    )
}

fn a(kind: &str) -> String {
    let article = if kind.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {kind}")
}

/// The known name that differs least from `name`, if any is near enough to be meant.
#[must_use]
pub fn nearest<'n>(name: &str, known: &[&'n str]) -> Option<&'n str> {
    let allowed = (name.chars().count() / 3).max(1);
    known
        .iter()
        .map(|known| (strsim::osa_distance(name, known), *known))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, known)| known)
}

/// Where a part of a TOML string's value stands in the file `source` it was read from. Exact unless
/// the string holds escapes; then it is the whole string.
#[must_use]
pub fn within(source: &str, string: &At<String>, part: &Range<usize>) -> Range<usize> {
    let raw = source.get(string.span.clone()).unwrap_or_default();
    let quotes = ["\"\"\"", "'''", "\"", "'"]
        .iter()
        .find(|quotes| raw.starts_with(**quotes))
        .map_or(0, |quotes| quotes.len());
    let inner = raw.get(quotes..raw.len().saturating_sub(quotes));
    let written = inner.unwrap_or_default();
    // The line feed right after an opening triple quote is not part of the value.
    let skipped = written.len() - written.trim_start_matches(['\r', '\n']).len();
    for skip in [0, skipped] {
        if written.get(skip..) == Some(string.value.as_str()) {
            let base = string.span.start + quotes + skip;
            return base + part.start..base + part.end;
        }
    }
    string.span.clone()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("15m", Some(900))]
    #[case("1h30m", Some(5400))]
    #[case("2d", Some(172_800))]
    #[case("1w", Some(604_800))]
    #[case(" 30s ", Some(30))]
    #[case("-5m", None)]
    #[case("3 months", None)]
    #[case("15", None)]
    #[case("soon", None)]
    #[case("", None)]
    fn durations_are_read(#[case] text: &str, #[case] seconds: Option<i64>) {
        assert_eq!(duration(text), seconds.map(SignedDuration::from_secs));
    }

    #[rstest]
    #[case("evry", Some("every"))]
    #[case("mathc", Some("match"))]
    #[case("chanels", Some("channels"))]
    #[case("frobnicate", None)]
    fn the_nearest_name_is_suggested(#[case] name: &str, #[case] near: Option<&str>) {
        assert_eq!(nearest(name, &["every", "match", "channels"]), near);
    }

    #[rstest]
    #[case::basic("x = \"a OR\"", "OR")]
    #[case::literal("x = 'a OR'", "OR")]
    #[case::multi_line("x = \'\'\'\na OR\'\'\'", "OR")]
    #[case::escaped_is_shown_whole("x = \"a\\u0020OR\"", "\"a\\u0020OR\"")]
    fn a_part_of_a_string_is_found_in_the_file(#[case] source: &str, #[case] shown: &str) {
        let table = DeTable::parse(source).unwrap();
        let value = table.get_ref().get("x").unwrap();
        let string = At {
            value: value.get_ref().as_str().unwrap().to_owned(),
            file: 0,
            span: value.span(),
        };
        assert_eq!(string.value, "a OR");
        assert_eq!(&source[within(source, &string, &(2..4))], shown);
    }

    #[rstest]
    #[case("2027-01-31T18:00:00+01:00", Some("2027-01-31T17:00:00Z"))]
    #[case("2027-01-31T18:00:00Z", Some("2027-01-31T18:00:00Z"))]
    #[case("tomorrow", None)]
    #[case("2027-02-30", None)]
    fn moments_are_read(#[case] written: &str, #[case] expected: Option<&str>) {
        let expected = expected.map(|expected| expected.parse().unwrap());
        assert_eq!(moment(written), expected);
    }

    #[test]
    fn a_day_begins_at_midnight() {
        let zoned = moment("2027-01-31")
            .unwrap()
            .to_zoned_datetime(TimeZone::system());
        assert_eq!(zoned.strftime("%F %R").to_string(), "2027-01-31 00:00");
    }
}

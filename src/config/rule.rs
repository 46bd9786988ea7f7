//! What does a `[[rule]]` mean, and which words has a list?

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

use jiff::SignedDuration;

use super::file::{self, At, Notes, Problem, Table, nearest};
use super::problems::Source;
use super::read::{CEILING, between, named};
use super::{DESKTOP, channel, telling};
use crate::model::{Feed, Only, Rule, Urgency, primary_language};
use crate::rules::{self, Lists, SyntaxError, syntax};

/// The oldest that `max_age` may let an item be.
const OLDEST: SignedDuration = SignedDuration::from_hours(3660 * 24);

/// Reads the lists of all files: each may be written in one of them only.
pub(super) fn lists(roots: &mut [Table<'_>], sources: &[Source], notes: &mut Notes) -> Lists {
    let mut written: HashMap<String, Vec<At<String>>> = HashMap::new();
    for root in roots {
        for (name, entries) in root.lists("words", notes) {
            let fits = name.value.chars().all(is_name) && !name.value.is_empty();
            if !fits {
                notes.problems.push(name.problem(
                    format!("`{}` cannot be written after an `@`", name.value),
                    "use letters, digits, `-`, `_`, `.` and `/` in the names of lists",
                ));
            } else if entries.is_empty() {
                notes.problems.push(name.problem(
                    format!(
                        "the list `{}` is empty, and a rule with it would never match",
                        name.value
                    ),
                    "add at least one word, or delete it",
                ));
            } else if let Entry::Vacant(place) = written.entry(name.value.clone()) {
                place.insert(entries);
            } else {
                notes.problems.push(name.problem(
                    format!("there is another list named `{}`", name.value),
                    "give it another name, or put the words into one list",
                ));
            }
        }
    }
    let texts: BTreeMap<String, Vec<String>> = written
        .iter()
        .map(|(name, entries)| {
            let texts = entries.iter().map(|entry| entry.value.clone());
            (name.clone(), texts.collect())
        })
        .collect();
    let (lists, problems) = Lists::new(&texts);
    for problem in problems {
        let entries = written.get(&problem.list);
        if let Some(entry) = entries.and_then(|entries| entries.get(problem.entry)) {
            notes
                .problems
                .push(in_query(&sources[entry.file], entry, problem.error));
        }
    }
    lists
}

fn is_name(char: char) -> bool {
    char.is_alphanumeric() || matches!(char, '-' | '_' | '.' | '/')
}

/// A mistake in a query, where it stands in the file.
fn in_query(source: &Source, query: &At<String>, error: SyntaxError) -> Problem {
    Problem {
        file: query.file,
        span: file::within(&source.text, query, &error.span),
        message: error.message,
        label: String::new(),
        help: error.help,
    }
}

/// Reads one rule.
pub(super) fn read(
    mut table: Table<'_>,
    source: &Source,
    (lists, feeds, names): (&Lists, &[At<Feed>], &[&str]),
    notes: &mut Notes,
) -> Option<At<Rule>> {
    let name = table
        .required("name", notes)
        .and_then(|name| named(name, notes));
    let place = table.place();
    let written = table.has("match");
    let queries = table.strings("match", true, notes);
    let urgency = table.string("urgency", notes);
    let channels = table.strings("channels", false, notes);
    let cooldown = table
        .duration("cooldown", notes)
        .and_then(|value| between(value, SignedDuration::ZERO, CEILING, notes));
    let stem = table.boolean("stem", notes).unwrap_or(false);
    let only = read_only(&mut table, feeds, notes);
    let telling = telling::rule(&mut table, notes);
    table.finish(notes);
    // A `match` of a wrong kind has been told already.
    if queries.as_ref().map_or(!written, Vec::is_empty) {
        notes.problems.push(place.problem(
            "this [[rule]] has nothing to match",
            "add what to look for: match = '\"military cooperation\"'",
        ));
    }
    for query in queries.iter().flatten() {
        match rules::parse(&query.value, lists) {
            Ok(parsed) => notes
                .doubts
                .extend(syntax::doubts(&parsed).into_iter().map(|doubt| Problem {
                    file: query.file,
                    span: file::within(&source.text, query, &doubt.span),
                    message: doubt.message,
                    label: String::new(),
                    help: Some(doubt.help),
                })),
            Err(error) => notes.problems.push(in_query(source, query, error)),
        }
    }
    let urgency = match urgency.as_ref().map(|urgency| urgency.value.as_str()) {
        None | Some("normal") => Urgency::Normal,
        Some("low") => Urgency::Low,
        Some("critical") => Urgency::Critical,
        Some(other) => {
            let message = format!("`{other}` is not an urgency");
            let help = "write \"low\", \"normal\" or \"critical\"";
            notes
                .problems
                .extend(urgency.map(|urgency| urgency.problem(message, help)));
            Urgency::Normal
        }
    };
    if let Some(channels) = &channels {
        channel::check_names(channels, names, notes);
    }
    let name = name?;
    Some(At {
        value: Rule {
            name: name.value.into(),
            queries: queries?.into_iter().map(|query| query.value).collect(),
            urgency,
            channels: channels.map_or_else(
                || vec![DESKTOP.to_owned()],
                |names| names.into_iter().map(|name| name.value).collect(),
            ),
            cooldown: cooldown.map_or(SignedDuration::from_hours(6), |cooldown| cooldown.value),
            stem,
            only,
            telling,
        },
        file: name.file,
        span: name.span,
    })
}

/// Reads which items a rule looks at.
fn read_only(table: &mut Table<'_>, feeds: &[At<Feed>], notes: &mut Notes) -> Only {
    let names: Vec<&str> = feeds.iter().map(|feed| &*feed.value.name).collect();
    let tags = feeds.iter().flat_map(|feed| &feed.value.tags);
    let tags: Vec<&str> = tags.map(String::as_str).collect();
    let languages = table.strings("lang", true, notes).unwrap_or_default();
    let languages = languages.into_iter().filter_map(|written| {
        let code = primary_language(&written.value);
        if code.is_none() {
            notes.problems.push(written.problem(
                format!("`{}` is no language code", written.value),
                "write a code of two or three letters: \"ru\", \"en\"",
            ));
        }
        code
    });
    Only {
        languages: languages.collect(),
        feeds: known(table.strings("feeds", true, notes), ("feed", &names), notes),
        tags: known(table.strings("tags", true, notes), ("tag", &tags), notes),
        max_age: table
            .limit("max_age", notes)
            .and_then(|value| between(value, SignedDuration::from_mins(1), OLDEST, notes))
            .map(|value| value.value),
        disabled: !table.boolean("enabled", notes).unwrap_or(true),
        backfill: table
            .limit("backfill", notes)
            .and_then(|value| between(value, SignedDuration::from_mins(1), OLDEST, notes))
            .map(|value| value.value),
        until: table.moment("expires", notes).and_then(|written| {
            if written.value.is_empty() {
                return None;
            }
            let until = file::moment(&written.value);
            if until.is_none() {
                notes.problems.push(written.problem(
                    format!("`{}` is no date", written.value),
                    "write a day (2027-01-31) or a time (2027-01-31T18:00:00+01:00)",
                ));
            }
            until
        }),
    }
}

/// Complains about names that nothing has.
fn known(
    written: Option<Vec<At<String>>>,
    (what, known): (&str, &[&str]),
    notes: &mut Notes,
) -> Vec<String> {
    let mut names = Vec::new();
    for name in written.into_iter().flatten() {
        if !known.contains(&name.value.as_str()) {
            let help = nearest(&name.value, known).map_or_else(
                || format!("write the {what} as it stands in a [[feed]]"),
                |near| format!("did you mean \"{near}\"?"),
            );
            let message = format!(
                "no feed has the {} `{}`",
                if what == "feed" { "name" } else { what },
                name.value
            );
            notes.problems.push(name.problem(message, help));
        }
        names.push(name.value);
    }
    names
}

//! What does a `[channel.NAME]` mean?

mod kind;

use std::path::Path;

use jiff::SignedDuration;

use super::file::{self, At, Notes, Problem, Table, nearest};
use super::problems::Source;
use super::read::{CEILING, between, named};
use super::{DESKTOP, telling};
use crate::model::Limit;
use crate::model::channel::{Limits, Setup, Wording};
use crate::render::wording::{self, Part, markup};

/// Every kind of channel but the desktop, with the full name of its table.
const KINDS: [(&str, &str); 11] = [
    ("webhook", "channel.webhook"),
    ("email", "channel.email"),
    ("ntfy", "channel.ntfy"),
    ("gotify", "channel.gotify"),
    ("telegram", "channel.telegram"),
    ("slack", "channel.slack"),
    ("discord", "channel.discord"),
    ("matrix", "channel.matrix"),
    ("exec", "channel.exec"),
    ("feed", "channel.feed"),
    ("log", "channel.log"),
];

/// How long an alert is tried on a channel that does not say so itself.
const GIVE_UP_AFTER: SignedDuration = SignedDuration::from_hours(7 * 24);

/// One file that channels are read from.
#[derive(Clone, Copy)]
pub(super) struct Place<'p> {
    pub(super) source: &'p Source,
    pub(super) directory: &'p Path,
}

/// The channels of all files, all but the desktop.
#[derive(Default)]
pub(super) struct Channels {
    /// Those in which there is no mistake.
    pub(super) right: Vec<Setup>,
    /// The names of all: a rule that names one with a mistake makes no other.
    pub(super) names: Vec<String>,
}

/// Reads the channels of one file.
pub(super) fn read(
    channels: &Table<'_>,
    place: Place<'_>,
    known: &mut Channels,
    notes: &mut Notes,
) {
    for (name, table) in channels.children(notes) {
        if name.value == DESKTOP {
            continue;
        }
        let setup = kind_of(&name, table, notes)
            .and_then(|(kind, table)| read_one((&name, kind), table, place, notes));
        let Some(name) = named(name, notes) else {
            continue;
        };
        if known.names.contains(&name.value) {
            notes.problems.push(name.problem(
                format!("there is a channel named `{}` already", name.value),
                "give this one another name: [channel.NAME.KIND]",
            ));
        } else {
            known.names.push(name.value);
            known.right.extend(setup);
        }
    }
}

/// Of which kind a channel is: of the one that its name is, else of the one that the table in it names.
fn kind_of<'t>(
    name: &At<String>,
    table: Table<'t>,
    notes: &mut Notes,
) -> Option<(&'static str, Table<'t>)> {
    let known = |word: &str| KINDS.iter().find(|(kind, _)| *kind == word);
    if let Some((kind, path)) = known(&name.value) {
        return Some((kind, table.called(path)));
    }
    let words: Vec<&str> = KINDS.iter().map(|(kind, _)| *kind).collect();
    let inner = table.children(&mut Notes::default());
    let Some((word, inner_table)) = inner.into_iter().next() else {
        let near = nearest(&name.value, &words);
        let help = near.map_or_else(
            || {
                format!(
                    "write [channel.{}.KIND]; the kinds are: {}",
                    name.value,
                    words.join(", ")
                )
            },
            |near| format!("did you mean [channel.{near}]?"),
        );
        let message = format!(
            "it is not said of which kind the channel `{}` is",
            name.value
        );
        notes.problems.push(name.problem(message, help));
        return None;
    };
    let others = table.names().filter(|other| *other != word.value);
    for other in others.collect::<Vec<_>>() {
        notes.problems.push(name.problem(
            format!(
                "`{other}` stands beside the kind of the channel `{}`",
                name.value
            ),
            format!(
                "a channel is of one kind: put everything into [channel.{}.{}]",
                name.value, word.value
            ),
        ));
    }
    if let Some((kind, path)) = known(&word.value) {
        return Some((kind, inner_table.called(path)));
    }
    let near = nearest(&word.value, &words);
    let help = match near {
        Some(near) => format!("did you mean [channel.{}.{near}]?", name.value),
        None if word.value == DESKTOP => "the desktop is [channel.desktop]".to_owned(),
        None => format!("the kinds are: {}", words.join(", ")),
    };
    let message = format!("`{}` is no kind of channel", word.value);
    notes.problems.push(word.problem(message, help));
    None
}

fn read_one(
    (name, kind): (&At<String>, &'static str),
    mut table: Table<'_>,
    place: Place<'_>,
    notes: &mut Notes,
) -> Option<Setup> {
    let limits = limits(&mut table, notes);
    let wording = wording(&mut table, kind, place.source, notes);
    let kind = kind::read(kind, &mut table, place.directory, notes);
    table.finish(notes);
    Some(Setup {
        name: name.value.clone(),
        kind: kind?,
        limits,
        wording,
    })
}

fn limits(table: &mut Table<'_>, notes: &mut Notes) -> Limits {
    let written = table.has("give_up_after");
    let give_up_after = table
        .limit("give_up_after", notes)
        .and_then(|value| between(value, SignedDuration::from_mins(1), CEILING, notes))
        .map(|value| value.value);
    Limits {
        give_up_after: match give_up_after {
            None if !written => Some(GIVE_UP_AFTER),
            given => given,
        },
        rate: rate(table, notes).map(|rate| rate.value),
    }
}

/// So many in so much time.
pub(super) fn rate(table: &mut Table<'_>, notes: &mut Notes) -> Option<At<Limit>> {
    let text = table.text("rate", notes);
    let text = text.filter(|text| !text.value.is_empty())?;
    Some(At {
        value: telling::limit(&text, notes)?,
        file: text.file,
        span: text.span,
    })
}

fn wording(table: &mut Table<'_>, kind: &str, source: &Source, notes: &mut Notes) -> Wording {
    let mut template = |key, part| {
        let text = table
            .string(key, notes)
            .filter(|text| !text.value.is_empty())?;
        if let Err(bad) = wording::check(&text.value, part) {
            notes.problems.push(Problem {
                file: text.file,
                span: file::within(&source.text, &text, &bad.span),
                message: bad.message,
                label: String::new(),
                help: bad.help,
            });
        }
        Some(text.value)
    };
    Wording {
        title: template("title", Part::Title),
        body: template("body", Part::Body(markup(kind))),
        html: (kind == "email")
            .then(|| template("html", Part::Html))
            .flatten(),
        payload: (kind == "webhook")
            .then(|| template("payload", Part::Payload))
            .flatten(),
    }
}

/// Complains about channels of a rule that nobody has set up.
pub(super) fn check_names(written: &[At<String>], known: &[&str], notes: &mut Notes) {
    for (index, channel) in written.iter().enumerate() {
        let name = channel.value.as_str();
        if !known.contains(&name) {
            let help = nearest(name, known).map_or_else(
                || {
                    format!(
                        "set it up as [channel.{name}.KIND]; the channels are: {}; write [] for hits \
                         that are stored and logged only",
                        known.join(", ")
                    )
                },
                |near| format!("did you mean \"{near}\"?"),
            );
            notes
                .problems
                .push(channel.problem(format!("there is no channel `{name}`"), help));
        } else if written[..index].iter().any(|other| other.value == name) {
            notes.problems.push(channel.problem(
                format!("the channel `{name}` is named twice"),
                "delete one of them",
            ));
        }
    }
}

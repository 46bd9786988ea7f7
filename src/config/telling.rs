//! When may alerts be told: `[quiet]`, `[flood]`, and what a rule says of it?

use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::file::{self, At, Notes, Table, nearest};
use super::read::{CEILING, Once, between};
use crate::model::{Digest, Limit, Quiet, QuietSpan, Telling};
use crate::policy::hours::{LONGEST, quiet_until};

/// Alerts of one rule, or in one flood, at most.
const ALERTS: usize = 1000;

/// The shortest time in which alerts are counted, and between two digests.
const SHORTEST: SignedDuration = SignedDuration::from_secs(1);

/// Feeds that may have to carry a story, at most.
const SOURCES: usize = 1000;

/// Within what time they must, if it is not said.
const ESCALATES: SignedDuration = SignedDuration::from_hours(2);

/// Digests are at most so far apart, and alerts counted at most so long.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// The days of a week, as they are written.
const DAYS: [(&str, &str, Weekday); 7] = [
    ("mon", "monday", Weekday::Monday),
    ("tue", "tuesday", Weekday::Tuesday),
    ("wed", "wednesday", Weekday::Wednesday),
    ("thu", "thursday", Weekday::Thursday),
    ("fri", "friday", Weekday::Friday),
    ("sat", "saturday", Weekday::Saturday),
    ("sun", "sunday", Weekday::Sunday),
];

/// Reads `[quiet]`.
pub(super) fn quiet(root: &mut Table<'_>, quiet: &mut Quiet, once: &mut Once, notes: &mut Notes) {
    let place = root.place();
    let mut table = root.table("quiet", "quiet", notes);
    let hours = first(table.strings("hours", true, notes));
    let spans = all(hours.as_ref(), |text| span(text, notes));
    once.set("quiet.hours", hours.map(unit), notes, |()| {
        quiet.hours.extend(spans);
    });
    let days = first(table.strings("days", true, notes));
    let whole = all(days.as_ref(), |text| days_of(text, notes))
        .into_iter()
        .flatten();
    let midnight = Time::midnight();
    let whole = QuietSpan {
        from: midnight,
        to: midnight,
        days: whole.collect(),
    };
    once.set("quiet.days", days.map(unit), notes, |()| {
        if !whole.days.is_empty() {
            quiet.hours.push(whole);
        }
    });
    if let Some(critical) = table.boolean("critical", notes) {
        let value = At {
            value: critical,
            file: place.file,
            span: place.span.clone(),
        };
        once.set("quiet.critical", Some(value), notes, |critical| {
            quiet.critical = critical;
        });
    }
    let zone = table.string("time_zone", notes);
    let zone = zone.filter(|zone| !zone.value.is_empty());
    let known = zone.as_ref().and_then(|zone| {
        let known = TimeZone::get(zone.value.trim()).ok();
        if known.is_none() {
            notes.problems.push(zone.problem(
                format!("there is no time zone `{}`", zone.value),
                "write its name as the system has it: \"Europe/Berlin\"; \"\" is that of the machine",
            ));
        }
        known
    });
    once.set("quiet.time_zone", zone.map(unit), notes, |()| {
        quiet.zone = known;
    });
    table.finish(notes);
    // Any week is like any other by the clock of Greenwich.
    let now = Timestamp::UNIX_EPOCH;
    let until = quiet_until(quiet, now, &TimeZone::UTC);
    if until.is_some_and(|until| until.duration_since(now) >= LONGEST) {
        notes.problems.push(place.problem(
            "[quiet] leaves no hour in which anything could be told",
            "leave out some of its hours or days, or set `channels = []` in rules that are never to ring",
        ));
        quiet.hours.clear();
    }
}

/// Reads `[flood]`.
pub(super) fn flood(root: &mut Table<'_>, flood: &mut Limit, once: &mut Once, notes: &mut Notes) {
    let mut table = root.table("flood", "flood", notes);
    let value = table.number("alerts", 1..=ALERTS, notes);
    once.set("flood.alerts", value, notes, |most| flood.most = most);
    let value = table
        .duration("within", notes)
        .and_then(|value| between(value, SHORTEST, DAY, notes));
    once.set("flood.within", value, notes, |within| flood.within = within);
    table.finish(notes);
}

/// Reads when the alerts of a rule may be told.
pub(super) fn rule(table: &mut Table<'_>, notes: &mut Notes) -> Telling {
    let repeat = table.text("repeat", notes);
    let repeat = repeat.filter(|repeat| !repeat.value.is_empty());
    let times = first(table.strings("digest", true, notes));
    let on_update = table.string("on_update", notes);
    let rings_on_update = match on_update.as_ref().map(|said| said.value.as_str()) {
        None | Some("quiet") => false,
        Some("ring") => true,
        Some(other) => {
            let message = format!("`{other}` is nothing that can be done on an update");
            let problem =
                on_update.map(|said| said.problem(message, "write \"quiet\" or \"ring\""));
            notes.problems.extend(problem);
            false
        }
    };
    let min_sources = table.number("min_sources", 1..=SOURCES, notes);
    let min_sources = min_sources.map_or(1, |least| least.value);
    Telling {
        repeat: repeat.and_then(|repeat| limit(&repeat, notes)),
        digest: times.and_then(|times| digest(times.value, notes)),
        breaks_quiet: !table.boolean("quiet", notes).unwrap_or(true),
        min_sources,
        rings_on_update,
        escalate: escalate(table, min_sources, notes),
    }
}

/// Reads `{ sources = 5, within = "2h" }`; no sources are no escalation.
fn escalate(table: &mut Table<'_>, min_sources: usize, notes: &mut Notes) -> Option<Limit> {
    let mut inner = table.table("escalate", "rule.escalate", notes);
    let sources = inner.number("sources", 0..=SOURCES, notes);
    let within = inner
        .duration("within", notes)
        .and_then(|value| between(value, SHORTEST, CEILING, notes));
    inner.finish(notes);
    let sources = sources.filter(|sources| sources.value > 0)?;
    if sources.value <= min_sources {
        notes.problems.push(sources.problem(
            format!("a story rings already when {min_sources} carry it"),
            format!("write {} or more", min_sources + 1),
        ));
    }
    Some(Limit {
        most: sources.value,
        within: within.map_or(ESCALATES, |within| within.value),
    })
}

/// Reads `5/1h`; a number alone is meant by the hour.
pub(super) fn limit(text: &At<String>, notes: &mut Notes) -> Option<Limit> {
    let (most, within) = text.value.split_once('/').unwrap_or((&text.value, "1h"));
    let within = within.trim();
    // `5/h` is `5/1h`.
    let one = format!("1{within}");
    let within = file::duration(within).or_else(|| file::duration(&one));
    let most = most.trim().parse().ok();
    let most = most.filter(|most| (1..=ALERTS).contains(most));
    let within = within.filter(|within| (SHORTEST..=CEILING).contains(within));
    let (Some(most), Some(within)) = (most, within) else {
        notes.problems.push(text.problem(
            format!("`{}` is no limit of alerts", text.value),
            "write how many in what time: \"5/1h\", or how many an hour: 5",
        ));
        return None;
    };
    Some(Limit { most, within })
}

/// Reads times of day, or `every 2h`.
fn digest(texts: Vec<At<String>>, notes: &mut Notes) -> Option<Digest> {
    let alone = texts.len() == 1;
    let mut times = Vec::new();
    for text in texts {
        let said = text.value.trim();
        if said.is_empty() && alone {
            return None;
        }
        let every = said.strip_prefix("every ").and_then(file::duration);
        let shortest = SignedDuration::from_mins(1);
        match (every, time(said)) {
            (Some(every), _) if alone && (shortest..=DAY).contains(&every) => {
                return Some(Digest::Every(every.as_secs()));
            }
            (None, Some(time)) => times.push(time),
            _ => notes.problems.push(text.problem(
                format!("`{}` is no time for a digest", text.value),
                "write times of day (\"09:00\", or [\"09:00\", \"18:00\"]), or \"every 2h\" (1m to 1d)",
            )),
        }
    }
    times.sort();
    times.dedup();
    (!times.is_empty()).then_some(Digest::At(times))
}

/// Reads `22:00-07:00`, or `fri,sat 23:00-10:00`.
fn span(text: &At<String>, notes: &mut Notes) -> Option<QuietSpan> {
    let said = text.value.trim();
    let (days, hours) = said.rsplit_once(' ').unwrap_or(("", said));
    let read = hours.split_once('-').and_then(|(from, to)| {
        let to = if to == "24:00" { "00:00" } else { to };
        Some((time(from)?, time(to)?))
    });
    let Some((from, to)) = read else {
        notes.problems.push(text.problem(
            format!("`{}` is no span of the day", text.value),
            "write when it begins and ends: \"22:00-07:00\", or with days: \"fri,sat 23:00-10:00\"",
        ));
        return None;
    };
    let days = At {
        value: days.to_owned(),
        file: text.file,
        span: text.span.clone(),
    };
    let days = if days.value.is_empty() {
        Vec::new()
    } else {
        days_of(&days, notes)?
    };
    Some(QuietSpan { from, to, days })
}

/// Reads `sat`, `sat,sun` or `mon-fri`.
fn days_of(text: &At<String>, notes: &mut Notes) -> Option<Vec<Weekday>> {
    let mut days = Vec::new();
    for part in text.value.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (Some(first), Some(last)) = (day(first), day(last)) else {
            let part = part.trim().to_lowercase();
            let names: Vec<&str> = DAYS.iter().map(|(_, name, _)| *name).collect();
            let help = nearest(&part, &names).map_or_else(
                || "write \"sat\", \"sat,sun\" or \"mon-fri\"".to_owned(),
                |near| format!("did you mean \"{near}\"?"),
            );
            notes
                .problems
                .push(text.problem(format!("`{part}` is no day of the week"), help));
            return None;
        };
        let mut day = first;
        days.push(day);
        while day != last {
            day = day.next();
            days.push(day);
        }
    }
    Some(days)
}

fn day(text: &str) -> Option<Weekday> {
    let text = text.trim().to_lowercase();
    let mut known = DAYS.iter();
    known
        .find(|(short, long, _)| [*short, *long].contains(&text.as_str()))
        .map(|(_, _, day)| *day)
}

/// Reads `7:30` or `07:30`.
fn time(text: &str) -> Option<Time> {
    let (hour, minute) = text.trim().split_once(':')?;
    let digits =
        |text: &str| (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(hour) || minute.len() != 2 || !digits(minute) {
        return None;
    }
    Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
}

/// A list, with the place of its first entry.
fn first(texts: Option<Vec<At<String>>>) -> Option<At<Vec<At<String>>>> {
    let texts = texts?;
    let (file, span) = texts.first().map(|text| (text.file, text.span.clone()))?;
    Some(At {
        value: texts,
        file,
        span,
    })
}

/// What every entry of a list means.
fn all<T>(
    texts: Option<&At<Vec<At<String>>>>,
    read: impl FnMut(&At<String>) -> Option<T>,
) -> Vec<T> {
    let texts = texts.into_iter().flat_map(|texts| &texts.value);
    texts
        .filter(|text| !text.value.trim().is_empty())
        .filter_map(read)
        .collect()
}

/// The place alone.
fn unit<T>(at: At<T>) -> At<()> {
    At {
        value: (),
        file: at.file,
        span: at.span,
    }
}

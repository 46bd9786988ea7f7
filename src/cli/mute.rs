//! `newsbell mute` and `unmute`: what is not to ring, and until when?

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::{open, show};
use crate::clock::Clock;
use crate::config::{Config, file};
use crate::model::{Mute, StoryId, Topic};
use crate::store::{self, Reader};
use crate::{policy, text};

/// Nothing is muted for longer: what nobody wants to hear of for a year is to be switched off.
const LONGEST: SignedDuration = SignedDuration::from_hours(366 * 24);

/// Names that are given for one that nothing has.
const NAMES: usize = 8;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A rule or feed by its name, or a story by its number (`why` shows it); rule:NAME, feed:NAME and
    /// story:NUMBER where that is not clear. Without it, what is muted is listed
    #[arg(value_name = "RULE|STORY|FEED", requires = "until")]
    topic: Option<String>,
    /// For how long, or until when: 2h, 3d, 18:00, 2027-01-31, 2027-01-31T18:00
    #[arg(value_name = "TIME")]
    until: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(super) struct Unmute {
    /// What is muted, as `mute` lists it
    #[arg(value_name = "RULE|STORY|FEED")]
    topic: String,
}

pub(super) fn mute(path: &Path, args: &Args) -> anyhow::Result<ExitCode> {
    let now = Clock::wall().now();
    let (Some(said), Some(until)) = (&args.topic, &args.until) else {
        let (_, mut reader) = open(path)?;
        return list(&mut reader, now);
    };
    let config = Config::load(path)?;
    let topic = topic(said, &names(&config))?;
    let mute = Mute {
        until: end(until, now, &TimeZone::system())?,
        since: now,
        topic,
    };
    let made = store::write_beside(&config.store.path, |tx| {
        if let Topic::Feed(name) = &mute.topic
            && let Some(feed) = config.feeds.iter().find(|feed| *feed.name == **name)
        {
            // It may not have been polled yet.
            tx.feed(feed)?;
        }
        tx.mute(&mute)
    })?;
    if !made {
        anyhow::bail!(
            "there is no {}\n  help: `newsbell why` shows the number of an item's story",
            text::printable(&mute.topic.to_string())
        );
    }
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", line(&mute, now))?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn unmute(path: &Path, args: &Unmute) -> anyhow::Result<ExitCode> {
    let now = Clock::wall().now();
    let (config, mut reader) = open(path)?;
    let listed = reader.read(|tx| tx.mutes(now))?;
    // What is muted may have left the configuration.
    let known: Vec<Topic> = listed.into_iter().map(|mute| mute.topic).collect();
    let topic = topic(&args.topic, &known).or_else(|_| topic(&args.topic, &names(&config)))?;
    let name = topic.to_string();
    let name = text::printable(&name);
    let was = store::write_beside(&config.store.path, |tx| tx.unmute(&topic))?;
    if !was {
        anyhow::bail!("{name} is not muted\n  help: `newsbell mute` lists what is");
    }
    writeln!(std::io::stdout().lock(), "{name} rings again")?;
    Ok(ExitCode::SUCCESS)
}

fn list(reader: &mut Reader, now: Timestamp) -> Result<ExitCode, anyhow::Error> {
    let mutes = reader.read(|tx| tx.mutes(now))?;
    let stdout = std::io::stdout();
    let terminal = stdout.is_terminal();
    let mut out = stdout.lock();
    if mutes.is_empty() && terminal {
        writeln!(out, "nothing is muted")?;
    }
    for mute in &mutes {
        writeln!(out, "{}", line(mute, now))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A mute in words.
pub(super) fn line(mute: &Mute, now: Timestamp) -> String {
    let topic = mute.topic.to_string();
    format!(
        "{} is muted until {} ({})",
        text::printable(&topic),
        show::time(mute.until),
        show::distance(mute.until, now)
    )
}

/// The rules and feeds of a configuration.
fn names(config: &Config) -> Vec<Topic> {
    let rules = config.rules.iter();
    let rules = rules.map(|rule| Topic::Rule(rule.name.to_string()));
    let feeds = config.feeds.iter();
    rules
        .chain(feeds.map(|feed| Topic::Feed(feed.name.to_string())))
        .collect()
}

/// What a person means: one of those that are known, or a story by its number.
fn topic(said: &str, known: &[Topic]) -> anyhow::Result<Topic> {
    let said = said.trim();
    let (kind, name) = match said.split_once(':') {
        Some((kind @ ("rule" | "feed" | "story"), name)) => (Some(kind), name.trim()),
        _ => (None, said),
    };
    let number = name.trim_start_matches('#').parse().ok();
    let story = number
        .filter(|_| kind.is_none_or(|kind| kind == "story"))
        .map(|number| Topic::Story(StoryId(number)));
    let named = known.iter().filter_map(|topic| match topic {
        Topic::Rule(name) if kind.is_none_or(|kind| kind == "rule") => Some((name, topic)),
        Topic::Feed(name) if kind.is_none_or(|kind| kind == "feed") => Some((name, topic)),
        _ => None,
    });
    let named: Vec<(&String, &Topic)> = named.collect();
    let like = |same: &dyn Fn(&str) -> bool| -> Vec<Topic> {
        let like = named.iter().filter(|(known, _)| same(known));
        like.map(|(_, topic)| (*topic).clone()).collect()
    };
    let mut meant = like(&|known| known == name);
    if meant.is_empty() {
        let folded = name.to_lowercase();
        meant = like(&|known| known.to_lowercase() == folded);
    }
    meant.extend(story);
    match meant.as_slice() {
        [topic] => Ok(topic.clone()),
        [] => {
            let mut all: Vec<&str> = named.iter().map(|(name, _)| name.as_str()).collect();
            all.dedup();
            let what = kind.unwrap_or("rule or feed");
            anyhow::bail!(
                "there is no {what} `{}`\n  help: {}",
                text::printable(name),
                help(name, &all)
            )
        }
        several => {
            let ways = several.iter().map(|topic| match topic {
                Topic::Rule(name) => format!("\"rule:{name}\""),
                Topic::Feed(name) => format!("\"feed:{name}\""),
                Topic::Story(id) => format!("story:{}", id.0),
            });
            let ways: Vec<String> = ways.collect();
            anyhow::bail!(
                "`{}` may be several things\n  help: write {}",
                text::printable(name),
                text::printable(&ways.join(" or "))
            )
        }
    }
}

/// Which names may have been meant.
fn help(name: &str, names: &[&str]) -> String {
    let folded = name.to_lowercase();
    let holds = |known: &&&str| !folded.is_empty() && known.to_lowercase().contains(&folded);
    let near: Vec<&str> = match file::nearest(name, names) {
        Some(near) => vec![near],
        None => names.iter().filter(holds).copied().collect(),
    };
    let quoted = |names: &[&str]| {
        let shown: Vec<String> = names
            .iter()
            .take(NAMES)
            .map(|name| format!("\"{name}\""))
            .collect();
        let more = if names.len() > NAMES { ", ..." } else { "" };
        text::printable(&format!("{}{more}", shown.join(", "))).into_owned()
    };
    match near.as_slice() {
        [] if names.is_empty() => "the configuration has none".to_owned(),
        [] => format!("there are {}", quoted(names)),
        near => format!("did you mean {}?", quoted(near)),
    }
}

/// When a mute ends: after a length of time, at the next such time of day, or at a moment.
fn end(said: &str, now: Timestamp, zone: &TimeZone) -> anyhow::Result<Timestamp> {
    let said = said.trim();
    let after = |length| now.checked_add(length).ok();
    let until = file::duration(said)
        .and_then(after)
        .or_else(|| next(said, now, zone))
        .or_else(|| file::moment(said));
    let Some(until) = until else {
        anyhow::bail!(
            "`{}` is no time\n  help: write how long (30m, 2h, 3d) or until when (18:00, 2027-01-31, 2027-01-31T18:00)",
            text::printable(said)
        );
    };
    if until <= now {
        anyhow::bail!("{} is over already", show::time(until));
    }
    if until.duration_since(now) > LONGEST {
        anyhow::bail!(
            "nothing is muted for longer than {}\n  help: to switch a rule off, write `enabled = false` in the configuration",
            file::written(LONGEST)
        );
    }
    Ok(until)
}

/// The next time that a clock on the wall shows `said`.
fn next(said: &str, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let is_clock = said.len() <= 5 && said.contains(':');
    let time = said.parse().ok().filter(|_| is_clock)?;
    policy::hours::next(time, now, zone)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn known() -> Vec<Topic> {
        let rule = |name: &str| Topic::Rule(name.to_owned());
        let feed = |name: &str| Topic::Feed(name.to_owned());
        vec![
            rule("Drills"),
            rule("Russia-China"),
            rule("12"),
            feed("BBC World"),
            feed("Drills at sea"),
            rule("Tass"),
            feed("Tass"),
        ]
    }

    #[rstest]
    #[case("Drills", "rule Drills")]
    #[case("drills", "rule Drills")]
    #[case("bbc world", "feed BBC World")]
    #[case("rule:Tass", "rule Tass")]
    #[case("feed: tass", "feed Tass")]
    #[case("7", "story 7")]
    #[case("#7", "story 7")]
    #[case("story:12", "story 12")]
    #[case("rule:12", "rule 12")]
    fn a_topic_is_found(#[case] said: &str, #[case] expected: &str) {
        assert_eq!(topic(said, &known()).unwrap().to_string(), expected);
    }

    #[rstest]
    #[case(
        "Tass",
        "`Tass` may be several things\n  help: write \"rule:Tass\" or \"feed:Tass\""
    )]
    #[case(
        "12",
        "`12` may be several things\n  help: write \"rule:12\" or story:12"
    )]
    #[case(
        "Dirlls",
        "there is no rule or feed `Dirlls`\n  help: did you mean \"Drills\"?"
    )]
    #[case(
        "feed:Drills",
        "there is no feed `Drills`\n  help: did you mean \"Drills at sea\"?"
    )]
    #[case(
        "china",
        "there is no rule or feed `china`\n  help: did you mean \"Russia-China\"?"
    )]
    #[case(
        "feed:volcano",
        "there is no feed `volcano`\n  help: there are \"BBC World\", \"Drills at sea\", \"Tass\""
    )]
    fn what_is_not_clear_is_told(#[case] said: &str, #[case] error: &str) {
        assert_eq!(topic(said, &known()).unwrap_err().to_string(), error);
    }

    #[rstest]
    #[case("2h", Some("2026-03-28T22:30:00Z"))]
    #[case("22:00", Some("2026-03-28T21:00:00Z"))]
    // The clocks go forward in between.
    #[case("07:00", Some("2026-03-29T05:00:00Z"))]
    #[case("2026-04-01T12:00:00Z", Some("2026-04-01T12:00:00Z"))]
    #[case("2026-03-01", None)]
    #[case("0s", None)]
    #[case("3000d", None)]
    #[case("soon", None)]
    #[case("25:00", None)]
    fn ends_are_read(#[case] said: &str, #[case] expected: Option<&str>) {
        let now = "2026-03-28T20:30:00Z".parse().unwrap();
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let expected = expected.map(|expected| expected.parse().unwrap());
        assert_eq!(end(said, now, &zone).ok(), expected);
    }
}

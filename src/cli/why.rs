//! `newsbell why`: what did every rule say of this item?

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use jiff::Timestamp;

use super::{open, show};
use crate::clock::Clock;
use crate::config::Config;
use crate::model::{Bond, HitView, ItemId, Rule, Was};
use crate::rules::explain::{Fault, Miss};
use crate::rules::frequencies::Frequencies;
use crate::rules::{Matcher, Subject};
use crate::store::{Delivery, Reader, Stored, Wanted};
use crate::{normalise, policy, render, text};

/// Items that are explained at once, at most: copies of one story in several feeds.
const MOST: usize = 5;

/// Columns that rules' names get, at most.
const NAME: usize = 24;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The link of an item, its number (`hits` shows both), or words of its title
    #[arg(value_name = "ID|URL|TITLE")]
    item: String,
}

pub(super) fn run(path: &Path, args: &Args) -> anyhow::Result<ExitCode> {
    let (config, mut reader) = open(path)?;
    let said = args.item.trim();
    let canonical = normalise::canonical_link(said).unwrap_or_default();
    let wanted = match said.trim_start_matches('#').parse() {
        Ok(number) => Wanted::Id(ItemId(number)),
        Err(_) if said.contains("://") => Wanted::Link {
            link: said,
            canonical: &canonical,
        },
        Err(_) => Wanted::Title(said),
    };
    let mut items = reader.read(|tx| tx.stored_items(&wanted, MOST + 1))?;
    if items.is_empty() {
        let what = match wanted {
            Wanted::Id(_) => "no stored item has this number",
            Wanted::Link { .. } => "no stored item has this link",
            Wanted::Title(_) => "no stored item has this in its title",
        };
        anyhow::bail!(
            "{what}\n  help: it is stored if its feed is in the configuration, was read (`newsbell feeds`) \
             and still had it then, and for as long as `[store] keep` says"
        );
    }
    let more = items.len() > MOST;
    items.truncate(MOST);
    let set = config.compile(&Frequencies::default())?;
    let mut matcher = Matcher::new(Arc::new(set));
    let paint = show::Paint::new(show::colour(&std::io::stdout()));
    let mut out = std::io::stdout().lock();
    for (number, stored) in items.iter().enumerate() {
        if number > 0 {
            writeln!(out)?;
        }
        let past = past(&mut reader, stored.id)?;
        let (bond, edits) = reader.read(|tx| Ok((tx.bond(stored.id)?, tx.edits(stored.id)?)))?;
        explain(
            &mut out,
            paint,
            (&config, &mut matcher),
            (stored, bond.as_ref(), &edits),
            &past,
        )?;
    }
    if more {
        writeln!(out, "\nthere are more: name one by its number or its link")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What was decided when the item came, and what became of it.
type Past = Vec<(HitView, Vec<Delivery>)>;

fn past(reader: &mut Reader, item: ItemId) -> anyhow::Result<Past> {
    let past = reader.read(|tx| {
        tx.hits_of(item)?
            .into_iter()
            .map(|hit| {
                let deliveries = match &hit.alert {
                    Some(alert) => tx.deliveries(alert)?,
                    None => Vec::new(),
                };
                Ok((hit, deliveries))
            })
            .collect()
    })?;
    Ok(past)
}

fn explain(
    out: &mut impl Write,
    paint: show::Paint,
    (config, matcher): (&Config, &mut Matcher),
    (stored, bond, edits): (&Stored, Option<&Bond>, &[Was]),
    past: &Past,
) -> anyhow::Result<()> {
    let feed = config.feeds.iter().find(|feed| *feed.name == *stored.feed);
    let subject = Subject {
        item: &stored.item,
        feed: &stored.feed,
        tags: feed.map_or(&[], |feed| &feed.tags),
    };
    let found_now = matcher.matches(&subject);
    let mut misses = matcher.misses(&subject);
    let marks = found_now.iter().flat_map(|found| found.evidence.clone());
    let mut marks: Vec<_> = marks.collect();
    marks.sort();
    let item = &stored.item;
    writeln!(
        out,
        "{}",
        paint.headline(&render::title(&item.title, &marks))
    )?;
    writeln!(out, "{}", paint.dim(&about(stored)))?;
    let link = item.link.as_deref().unwrap_or("no link");
    writeln!(out, "{}", paint.dim(link))?;
    if let Some(bond) = bond.and_then(show::bond) {
        writeln!(out, "{}", paint.dim(&format!("joined the story: {bond}")))?;
    }
    for edit in edits {
        let said = format!("changed {}, {}", show::time(edit.at), render::was(edit));
        writeln!(out, "{}", paint.dim(&said))?;
    }
    let width = widest(config, past);
    let now = Clock::wall().now();
    // One alert may tell several hits: what became of it is said once.
    let mut told = Vec::new();
    for (number, rule) in config.rules.iter().enumerate() {
        let own: Vec<Miss> = misses
            .extract_if(.., |(of, _)| *of == number)
            .map(|(_, miss)| miss)
            .collect();
        let found = found_now.iter().find(|found| found.rule == number);
        let decided = past.iter().find(|(hit, _)| hit.rule == *rule.name);
        let mut lines = Vec::new();
        match (decided, found) {
            (Some((hit, deliveries)), _) => {
                lines.push(show::verdict(&hit.verdict));
                lines.push(matched(paint, hit));
                lines.extend(hit.not_relevant.map(|said| not_relevant(hit, said)));
                if let Some(alert) = &hit.alert
                    && !told.contains(&alert)
                {
                    told.push(alert);
                    lines.extend(deliveries.iter().map(delivered));
                }
                if found.is_none() {
                    lines.push("as the rule is now, it would not match:".to_owned());
                }
            }
            (None, Some(found)) => {
                lines.push("matches now, and made no hit when the item came".to_owned());
                lines.push("the rule is newer than the item, or was changed since".to_owned());
                let parts = found.evidence.iter().map(|mark| mark.text.as_str());
                lines.push(format!("it has {}", some(parts)));
            }
            (None, None) => {}
        }
        if found.is_none() {
            lines.extend(failing(rule, &own));
        }
        if !policy::is_on(rule, now) {
            lines.insert(0, off(rule));
        }
        write_rule(out, &rule.name, &lines, width)?;
    }
    for (hit, deliveries) in past {
        if !config.rules.iter().any(|rule| *rule.name == *hit.rule) {
            let mut lines = vec![show::verdict(&hit.verdict), matched(paint, hit)];
            lines.extend(deliveries.iter().map(delivered));
            lines.push("there is no such rule any more".to_owned());
            write_rule(out, &hit.rule, &lines, width)?;
        }
    }
    Ok(())
}

fn about(stored: &Stored) -> String {
    let published = stored.item.published.map_or("no date".to_owned(), |at| {
        format!("published {}", show::time(at))
    });
    let item = &stored.item;
    let declared = item.language.as_deref();
    let language = declared.or_else(|| text::recognise(&item.title, &item.body));
    let language = language.map_or(String::new(), |code| format!(" · language {code}"));
    format!(
        "{} · {published} · first seen {} · item {} · story {}{language}",
        stored.feed,
        show::time(stored.seen_at),
        stored.id.0,
        stored.story.0
    )
}

/// Columns of the longest name.
fn widest(config: &Config, past: &Past) -> usize {
    let names = config.rules.iter().map(|rule| &*rule.name);
    let names = names.chain(past.iter().map(|(hit, _)| &*hit.rule));
    let widest = names.map(show::width).max().unwrap_or(0);
    widest.min(NAME)
}

fn write_rule(
    out: &mut impl Write,
    name: &str,
    lines: &[String],
    width: usize,
) -> std::io::Result<()> {
    let name = text::printable(name);
    let gap = width.saturating_sub(show::width(&name));
    let first = lines.first().map_or("", String::as_str);
    writeln!(out, "{name}{:gap$}  {first}", "")?;
    for line in lines.iter().skip(1) {
        writeln!(out, "{:width$}  {line}", "")?;
    }
    Ok(())
}

fn matched(paint: show::Paint, hit: &HitView) -> String {
    let snippet = render::snippet(&hit.body, &hit.evidence);
    if snippet.iter().any(|span| span.marked) {
        return paint.line(&snippet);
    }
    let parts = hit.evidence.iter().map(|mark| mark.text.as_str());
    format!("it has {}", some(parts))
}

/// What a person said of a story, and how that is taken back.
fn not_relevant(hit: &HitView, said: Timestamp) -> String {
    format!(
        "you found its story not relevant to this rule {}: `newsbell unmute story:{}` takes that back",
        show::time(said),
        hit.story.0
    )
}

fn delivered(delivery: &Delivery) -> String {
    let at = delivery.settled_at.map_or(String::new(), |at: Timestamp| {
        format!(", {}", show::time(at))
    });
    let error = delivery.error.as_ref();
    let error = error.map_or(String::new(), |error| {
        format!(": {}", text::printable(error))
    });
    let held;
    let state = match delivery.state.as_str() {
        "held" => {
            held = format!("held until {}", show::time(delivery.due_at));
            &held
        }
        "sent" => "sent",
        "folded" => "told in a summary",
        "dead" => "given up",
        _ => "waiting to be sent",
    };
    format!("{}: {state}{at}{error}", text::printable(&delivery.channel))
}

fn off(rule: &Rule) -> String {
    match rule.only.until {
        Some(until) if !rule.only.disabled => format!("expired {}", show::time(until)),
        _ => "switched off in the configuration".to_owned(),
    }
}

/// What each query of a rule missed.
fn failing(rule: &Rule, misses: &[Miss]) -> Vec<String> {
    match misses {
        [miss] => vec![sentence(miss)],
        _ => rule
            .queries
            .iter()
            .zip(misses)
            .map(|(query, miss)| format!("{}: {}", text::printable(query), sentence(miss)))
            .collect(),
    }
}

fn sentence(miss: &Miss) -> String {
    let mut parts = Vec::new();
    if !miss.has.is_empty() {
        parts.push(format!("has {}", some(miss.has.iter().map(String::as_str))));
    }
    parts.extend(miss.faults.iter().map(fault));
    parts.join(", ")
}

fn fault(fault: &Fault) -> String {
    let said = match fault {
        Fault::Lacks(parts) => match parts.as_slice() {
            [part] => format!("lacks {part}"),
            parts => format!("has none of {}", some(parts.iter().map(String::as_str))),
        },
        Fault::Scattered(part) => format!("has the words of {part}, but not in a row"),
        Fault::Otherwise(part) => format!("has {part} only in another spelling"),
        Fault::Excluded(part) => format!("has {part}, which it must not"),
        Fault::Apart(one, other) => {
            format!("{one} and {other} are not as close as that, or in the other order")
        }
        Fault::Few {
            found,
            least,
            missing,
        } => {
            let missing = some(missing.iter().map(String::as_str));
            match found {
                0 => format!("has none of the {least} it needs ({missing})"),
                found => format!("{found} of the {least} it needs (not {missing})"),
            }
        }
        Fault::Outside(labels) => {
            format!("is not {}", some(labels.iter().map(String::as_str)))
        }
    };
    text::printable(&said).into_owned()
}

/// The first few of these, each once.
fn some<'p>(parts: impl Iterator<Item = &'p str>) -> String {
    const SHOWN: usize = 6;
    let mut shown: Vec<&str> = Vec::new();
    let mut more = 0;
    for part in parts {
        if shown.contains(&part) {
            continue;
        }
        if shown.len() < SHOWN {
            shown.push(part);
        } else {
            more += 1;
        }
    }
    let listed = text::printable(&shown.join(", ")).into_owned();
    match more {
        0 => listed,
        more => format!("{listed} and {more} more"),
    }
}

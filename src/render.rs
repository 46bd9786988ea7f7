//! What words does an alert say? Structure only: channels escape it for their medium.

pub mod escape;
pub mod facts;
pub mod sample;
pub mod wording;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::model::{
    AlertId, AlertKind, AlertView, Evidence, Field, HitView, Line, Message, Span, Urgency, Was,
};

/// Characters of text around the first matched words in a snippet.
const SNIPPET: usize = 160;

/// Characters of context kept before the first matched words.
const LEAD: usize = 40;

/// Feeds that a story names.
const SOURCES: usize = 3;

/// Headlines that a summary names.
const HEADLINES: usize = 5;

/// The message that tells `alert`.
#[must_use]
pub fn message(alert: &AlertView) -> Message {
    let (title, lines) = match alert.kind {
        AlertKind::Story => story(alert),
        AlertKind::Baseline => (
            format!("{} in newly added feeds", matches(alert)),
            vec![
                counts(alert),
                plain("Nothing was rung for them. `newsbell hits` lists them."),
            ],
        ),
        AlertKind::Backfill => (
            format!("{} of new rules in stored items", matches(alert)),
            vec![counts(alert), plain("`newsbell hits` lists them.")],
        ),
        _ if of_one(alert) => story(alert),
        AlertKind::Escalation => {
            let (title, lines) = story(alert);
            (format!("{} sources: {title}", alert.sources), lines)
        }
        AlertKind::Update => {
            let (title, mut lines) = story(alert);
            if let Some(was) = alert.hits.iter().find_map(|hit| hit.was.as_ref()) {
                lines.insert(0, plain(&self::was(was)));
            }
            (format!("Changed: {title}"), lines)
        }
        AlertKind::Repeats => {
            let feed = alert.about.as_deref().unwrap_or("a feed");
            let lines = vec![
                plain("It brought old items as if they were new, so nothing was rung for them."),
                counts(alert),
                plain("`newsbell hits` lists them all."),
            ];
            let title = format!("{feed} repeats itself: {}", matches(alert));
            (title, lines)
        }
        AlertKind::Flood => {
            let title = format!("{} at once", matches(alert));
            let feed = alert.about.as_deref();
            let title = feed.map_or(title.clone(), |feed| format!("{feed}: {title}"));
            (title, summary(alert))
        }
        AlertKind::Quiet => (
            format!("In quiet hours: {}", matches(alert)),
            summary(alert),
        ),
        AlertKind::Digest => (format!("Digest: {}", matches(alert)), summary(alert)),
        AlertKind::Repeat => {
            let rule = alert.counts.first().map_or("a rule", |(rule, _)| rule);
            let title = format!("{rule}: {} beyond its limit", matches(alert));
            (title, summary(alert))
        }
        AlertKind::Away => {
            let title = format!("While you were away: {}", matches(alert));
            (title, summary(alert))
        }
        AlertKind::Config => {
            let mistake = alert.about.as_deref().unwrap_or("it cannot be read");
            let lines = [mistake, "`newsbell check` shows every mistake."];
            (
                "The new configuration is wrong, the old one stays".to_owned(),
                lines.iter().map(|line| plain(line)).collect(),
            )
        }
        AlertKind::Gone => {
            let feed = alert.about.as_deref().unwrap_or("a feed");
            let lines = [
                "Its server says that it is gone for good (410), so it is not asked any more.",
                "Give its new address in the configuration, or remove it there.",
            ];
            (
                format!("Feed gone: {feed}"),
                lines.iter().map(|line| plain(line)).collect(),
            )
        }
    };
    Message {
        alert: alert.id.clone(),
        title,
        lines,
        link: if is_story(alert) {
            alert.hits.iter().find_map(|hit| hit.link.clone())
        } else {
            None
        },
        urgency: alert.urgency,
        rule: match alert.counts.as_slice() {
            [(rule, _)] => Some(rule.clone()),
            _ => None,
        },
        story: alert
            .hits
            .first()
            .filter(|_| is_story(alert))
            .map(|hit| hit.story),
    }
}

fn is_of_story(kind: AlertKind) -> bool {
    let kinds = [AlertKind::Story, AlertKind::Escalation, AlertKind::Update];
    kinds.contains(&kind)
}

/// What a change did away with, in a line.
#[must_use]
pub fn was(was: &Was) -> String {
    let passage = was.passage.as_deref();
    match (was.title.as_deref(), passage) {
        (Some(title), _) => format!("was: {title}"),
        (None, Some("")) => "was shorter".to_owned(),
        (None, passage) => format!("was: …{}…", passage.unwrap_or_default()),
    }
}

/// Whether an alert tells one story.
fn is_story(alert: &AlertView) -> bool {
    is_of_story(alert.kind) || of_one(alert)
}

/// Whether a digest tells of one story only, which it then tells as it would have been told alone.
fn of_one(alert: &AlertView) -> bool {
    let gathers = matches!(
        alert.kind,
        AlertKind::Flood | AlertKind::Quiet | AlertKind::Digest | AlertKind::Repeat
    );
    let first = alert.hits.first();
    let same = |one: &HitView, other: &HitView| one.story == other.story && one.rule == other.rule;
    gathers
        && hits_told(alert) == alert.hits.len()
        && first.is_some_and(|first| alert.hits.iter().all(|hit| same(hit, first)))
}

fn story(alert: &AlertView) -> (String, Vec<Line>) {
    let Some(hit) = alert.hits.first() else {
        return ("a story that is no longer stored".to_owned(), Vec::new());
    };
    let title = format!("{}: {}", hit.rule, headline(hit));
    let mut lines = Vec::new();
    let snippet = snippet(&hit.body, &hit.evidence);
    if !snippet.is_empty() {
        lines.push(snippet);
    }
    let mut sources: Vec<&str> = Vec::new();
    for hit in &alert.hits {
        if !sources.contains(&hit.feed.as_str()) {
            sources.push(&hit.feed);
        }
    }
    // The hits that a view holds are the first of them.
    let all = if hits_told(alert) == alert.hits.len() {
        sources.len()
    } else {
        sources.len().max(alert.sources)
    };
    lines.push(plain(&format!("— {}", some_of(&sources, all))));
    (title, lines)
}

/// The feeds that carry a story, in order of time: all of a few, else the first and how many more.
fn some_of(sources: &[&str], all: usize) -> String {
    if all <= SOURCES {
        return sources.join(", ");
    }
    let named = sources.len().min(SOURCES - 1);
    let more = all - named;
    format!("{}, {more} more", sources[..named].join(", "))
}

/// How many hits an alert tells, those included that its view does not hold.
fn hits_told(alert: &AlertView) -> usize {
    let told: u64 = alert.counts.iter().map(|(_, count)| count).sum();
    usize::try_from(told).unwrap_or(usize::MAX)
}

/// What confirms that a rule was muted, in place of the alert that it was muted from. Times of day are told
/// by the clocks of `zone`.
#[must_use]
pub fn muted((alert, rule): (&AlertId, &str), until: Timestamp, zone: &TimeZone) -> Message {
    let until = until
        .to_zoned_datetime(zone.clone())
        .strftime("%Y-%m-%d %H:%M");
    Message {
        alert: alert.clone(),
        title: format!("Muted: {rule}"),
        lines: vec![plain(&format!(
            "It rings again from {until}. `newsbell unmute` ends that sooner."
        ))],
        link: None,
        urgency: Urgency::Low,
        rule: None,
        story: None,
    }
}

fn summary(alert: &AlertView) -> Vec<Line> {
    let mut lines = vec![counts(alert)];
    let mut named: Vec<&str> = Vec::new();
    for hit in &alert.hits {
        let headline = headline(hit);
        if !named.contains(&headline) && named.len() < HEADLINES {
            named.push(headline);
        }
    }
    lines.extend(named.iter().map(|headline| plain(&format!("• {headline}"))));
    lines.push(plain("`newsbell hits` lists them all."));
    lines
}

fn matches(alert: &AlertView) -> String {
    match alert.counts.iter().map(|(_, count)| count).sum::<u64>() {
        1 => "1 match".to_owned(),
        count => format!("{count} matches"),
    }
}

fn counts(alert: &AlertView) -> Line {
    let counts: Vec<String> = alert
        .counts
        .iter()
        .map(|(rule, count)| format!("{rule} {count}"))
        .collect();
    plain(&counts.join(" · "))
}

fn headline(hit: &HitView) -> &str {
    if hit.title.is_empty() {
        hit.body.lines().next().unwrap_or("(no title)")
    } else {
        &hit.title
    }
}

fn plain(text: &str) -> Line {
    vec![Span {
        text: text.to_owned(),
        marked: false,
    }]
}

/// The body's text around the first matched words, which are marked; the body's beginning if the
/// match is in the title alone.
#[must_use]
pub fn snippet(body: &str, evidence: &[Evidence]) -> Line {
    let marks = marks(body, evidence, Field::Body);
    let first = marks.first().map_or(0, |mark| mark.start);
    let start = back(body, first, LEAD);
    let end = forth(body, first.max(start), SNIPPET);
    let mut line = Vec::new();
    if start > 0 {
        push(&mut line, "…", false);
    }
    line.extend(spans(body, &marks, start..end));
    if end < body.len() {
        push(&mut line, "…", false);
    }
    line
}

/// The title with its matched words marked.
#[must_use]
pub fn title(title: &str, evidence: &[Evidence]) -> Line {
    spans(title, &marks(title, evidence, Field::Title), 0..title.len())
}

/// Evidence in a field that still stands where it was found: the item may have been edited since.
fn marks<'e>(text: &str, evidence: &'e [Evidence], field: Field) -> Vec<&'e Evidence> {
    evidence
        .iter()
        .filter(|mark| mark.field == field)
        .filter(|mark| text.get(mark.start..mark.end) == Some(mark.text.as_str()))
        .collect()
}

/// The text of `range`, cut into marked and plain runs; overlapping marks are joined.
fn spans(text: &str, marks: &[&Evidence], range: std::ops::Range<usize>) -> Line {
    let mut line = Vec::new();
    let mut at = range.start;
    for mark in marks {
        let start = mark.start.clamp(at, range.end);
        let end = mark.end.clamp(at, range.end);
        push(&mut line, text.get(at..start).unwrap_or_default(), false);
        push(&mut line, text.get(start..end).unwrap_or_default(), true);
        at = end;
    }
    push(
        &mut line,
        text.get(at..range.end).unwrap_or_default(),
        false,
    );
    line
}

fn push(line: &mut Line, text: &str, marked: bool) {
    if text.is_empty() {
        return;
    }
    let text = text.replace('\n', " ");
    match line.last_mut() {
        Some(last) if last.marked == marked => last.text.push_str(&text),
        _ => line.push(Span { text, marked }),
    }
}

/// The byte `chars` characters before `from`, moved on to the beginning of a word if one is near.
fn back(text: &str, from: usize, chars: usize) -> usize {
    let before = text.get(..from).unwrap_or_default();
    let Some((start, _)) = before.char_indices().rev().take(chars).last() else {
        return from;
    };
    if start == 0 {
        return 0;
    }
    let tail = &before[start..];
    tail.find(char::is_whitespace)
        .map_or(start, |space| start + space)
        .min(from)
        + usize::from(tail.contains(char::is_whitespace))
}

/// The byte `chars` characters after `from`, moved back to the end of a word if one is near.
fn forth(text: &str, from: usize, chars: usize) -> usize {
    let after = text.get(from..).unwrap_or_default();
    match after.char_indices().nth(chars) {
        None => text.len(),
        Some((end, _)) => {
            let head = &after[..end];
            from + head
                .rfind(char::is_whitespace)
                .filter(|space| *space > end / 2)
                .unwrap_or(end)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ItemId, StoryId, Verdict, Why};

    fn hit(rule: &str, feed: &str, title: &str, body: &str, matched: &[&str]) -> HitView {
        let find = |field, text: &str| {
            matched
                .iter()
                .filter_map(|part| {
                    let start = text.find(part)?;
                    Some(Evidence {
                        field,
                        start,
                        end: start + part.len(),
                        text: (*part).to_owned(),
                        part: (*part).to_owned(),
                    })
                })
                .collect::<Vec<_>>()
        };
        let mut evidence = find(Field::Title, title);
        evidence.extend(find(Field::Body, body));
        evidence.sort();
        HitView {
            id: 1,
            item: ItemId(1),
            at: "2026-03-04T05:06:07Z".parse().unwrap(),
            rule: rule.to_owned(),
            verdict: Verdict::Ring(Why::NewStory),
            alert: None,
            story: StoryId(1),
            feed: feed.to_owned(),
            title: title.to_owned(),
            link: Some("https://example.org/1".to_owned()),
            published: None,
            evidence,
            body: body.to_owned(),
            was: None,
            not_relevant: None,
        }
    }

    fn alert(kind: AlertKind, hits: Vec<HitView>, counts: &[(&str, u64)]) -> AlertView {
        AlertView {
            id: AlertId("a1".to_owned()),
            kind,
            urgency: Urgency::Normal,
            created_at: "2026-03-04T05:06:07Z".parse().unwrap(),
            about: None,
            hits,
            counts: counts
                .iter()
                .map(|(rule, count)| ((*rule).to_owned(), *count))
                .collect(),
            sources: 1,
            attempts: 1,
        }
    }

    /// The message as text, marks in brackets.
    fn told(message: &Message) -> String {
        let mut text = message.title.clone();
        for line in &message.lines {
            text.push('\n');
            for span in line {
                if span.marked {
                    text.extend(["[", &span.text, "]"]);
                } else {
                    text.push_str(&span.text);
                }
            }
        }
        text
    }

    #[test]
    fn a_story_names_rule_headline_words_and_sources() {
        let body = "Ministers met on Monday. They agreed on military cooperation, both sides said.";
        let first = hit(
            "Ties",
            "BBC World",
            "Ministers meet",
            body,
            &["military cooperation"],
        );
        let copy = hit(
            "Ties",
            "TASS",
            "Ministers meet",
            body,
            &["military cooperation"],
        );
        let message = message(&alert(AlertKind::Story, vec![first, copy], &[("Ties", 2)]));
        insta::assert_snapshot!(told(&message), @r"
        Ties: Ministers meet
        Ministers met on Monday. They agreed on [military cooperation], both sides said.
        — BBC World, TASS
        ");
        assert_eq!(message.link.as_deref(), Some("https://example.org/1"));
    }

    #[test]
    fn many_sources_are_counted() {
        let of = |feeds: &[&str], hits_in_all, sources| {
            let hits = feeds.iter().map(|feed| hit("Ties", feed, "T", "", &[]));
            let story = alert(AlertKind::Story, hits.collect(), &[("Ties", hits_in_all)]);
            let message = message(&AlertView { sources, ..story });
            told(&message).lines().last().unwrap().to_owned()
        };
        assert_eq!(of(&["a", "b", "c", "b"], 4, 9), "— a, b, c");
        assert_eq!(of(&["a", "b", "c", "d", "e"], 5, 5), "— a, b, 3 more");
        assert_eq!(of(&["a", "a"], 70, 50), "— a, 49 more");
    }

    #[test]
    fn only_what_is_of_one_story_can_be_not_relevant_and_of_one_rule_muted() {
        let one = || hit("Ties", "Wire", "T", "", &[]);
        let of = |kind, counts| {
            let message = message(&alert(kind, vec![one()], counts));
            (
                message.rule.is_some(),
                message.story.is_some(),
                message.link.is_some(),
            )
        };
        assert_eq!(of(AlertKind::Story, &[("Ties", 1)]), (true, true, true));
        assert_eq!(of(AlertKind::Away, &[("Ties", 4)]), (true, false, false));
        let two = [("Ties", 4), ("Drills", 1)];
        assert_eq!(of(AlertKind::Away, &two), (false, false, false));
    }

    #[test]
    fn a_long_body_is_cut_around_the_match_at_words() {
        let body = format!("{}pact {}", "begin ".repeat(60), "end ".repeat(90));
        let message = message(&alert(
            AlertKind::Story,
            vec![hit("R", "F", "T", &body, &["pact"])],
            &[("R", 1)],
        ));
        let text = told(&message);
        let line = text.lines().nth(1).unwrap();
        assert!(line.starts_with("…begin "), "{line}");
        assert!(line.contains("begin [pact] end"), "{line}");
        assert!(line.ends_with("end…"), "{line}");
    }

    #[test]
    fn a_match_that_an_edit_moved_is_not_marked_in_the_wrong_place() {
        let mut moved = hit("R", "F", "T", "the pact holds", &["pact"]);
        moved.body = "é the old pact holds".to_owned();
        let text = told(&message(&alert(AlertKind::Story, vec![moved], &[("R", 1)])));
        assert!(!text.contains('['), "{text}");
    }

    #[test]
    fn summaries_tell_counts_and_some_headlines() {
        let hits = (1..=7)
            .map(|n| hit("Ties", "BBC World", &format!("Story {n}"), "", &[]))
            .collect();
        let counts = [("Ties", 9), ("Russia China", 2)];
        let flood = AlertView {
            about: Some("BBC World".to_owned()),
            ..alert(AlertKind::Flood, hits, &counts)
        };
        insta::assert_snapshot!(told(&message(&flood)), @r"
        BBC World: 11 matches at once
        Ties 9 · Russia China 2
        • Story 1
        • Story 2
        • Story 3
        • Story 4
        • Story 5
        `newsbell hits` lists them all.
        ");
    }

    #[test]
    fn every_digest_says_why_it_is_one() {
        let title = |kind| {
            let hits = (1..=2).map(|n| {
                let one = hit("Ties", "BBC World", &format!("Story {n}"), "", &[]);
                HitView {
                    story: StoryId(n),
                    ..one
                }
            });
            message(&alert(kind, hits.collect(), &[("Ties", 2)])).title
        };
        assert_eq!(title(AlertKind::Flood), "2 matches at once");
        assert_eq!(title(AlertKind::Quiet), "In quiet hours: 2 matches");
        assert_eq!(title(AlertKind::Digest), "Digest: 2 matches");
        assert_eq!(title(AlertKind::Repeat), "Ties: 2 matches beyond its limit");
    }

    #[test]
    fn a_change_says_what_was_before() {
        let change = |title: Option<&str>, passage: Option<&str>| Was {
            at: "2026-03-04T05:06:07Z".parse().unwrap(),
            title: title.map(str::to_owned),
            passage: passage.map(str::to_owned),
        };
        let changed = HitView {
            was: Some(change(Some("Ministers may meet"), Some("x"))),
            ..hit("Ties", "TASS", "Ministers meet", "They met.", &[])
        };
        let message = message(&alert(AlertKind::Update, vec![changed], &[("Ties", 1)]));
        insta::assert_snapshot!(told(&message), @r"
        Changed: Ties: Ministers meet
        was: Ministers may meet
        They met.
        — TASS
        ");
        assert!(message.link.is_some());
        assert_eq!(was(&change(None, Some("a pact"))), "was: …a pact…");
        assert_eq!(was(&change(None, Some(""))), "was shorter");
    }

    #[test]
    fn a_digest_of_one_story_is_told_as_the_story() {
        let copy = |feed| hit("Ties", feed, "Ministers meet", "", &[]);
        let hits = vec![copy("BBC World"), copy("TASS")];
        let told_as = message(&alert(AlertKind::Quiet, hits, &[("Ties", 2)]));
        insta::assert_snapshot!(told(&told_as), @r"
        Ties: Ministers meet
        — BBC World, TASS
        ");
        assert_eq!(told_as.link.as_deref(), Some("https://example.org/1"));
    }

    #[test]
    fn a_feed_that_is_gone_is_named() {
        let gone = AlertView {
            about: Some("World Wire".to_owned()),
            ..alert(AlertKind::Gone, Vec::new(), &[])
        };
        let message = message(&gone);
        assert_eq!(message.link, None);
        insta::assert_snapshot!(told(&message), @r#"
        Feed gone: World Wire
        Its server says that it is gone for good (410), so it is not asked any more.
        Give its new address in the configuration, or remove it there.
        "#);
    }

    #[test]
    fn cutting_never_splits_a_character() {
        let body = "é".repeat(500) + "日本語のニュース";
        for matched in ["日", "ス", "é"] {
            let hit = hit("R", "F", "T", &body, &[matched]);
            assert!(
                snippet(&hit.body, &hit.evidence)
                    .iter()
                    .any(|span| span.marked),
                "{matched}"
            );
        }
    }
}

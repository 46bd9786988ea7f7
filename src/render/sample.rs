//! What would an alert look like? Made up, to try channels and templates with.

use jiff::Timestamp;

use super::facts::{Facts, facts};
use super::message;
use crate::model::{
    AlertId, AlertKind, AlertView, Evidence, Field, HitView, ItemId, StoryId, Urgency, Verdict, Why,
};

const TITLE: &str = "Harbour & railway: ministers sign \"<joint>\" plan";
const BODY: &str = "The plan for the harbour is a sample that newsbell has made up. Ministers of both \
    countries met on Monday, signed it and said that the harbour is to be open to all.";

/// A story, as a rule would ring for it.
#[must_use]
pub fn story(id: AlertId, now: Timestamp) -> AlertView {
    let hits = vec![
        hit("World Wire", "https://example.org/harbour?a=1&b=2", now),
        hit("Agency", "https://example.net/plan", now),
    ];
    AlertView {
        id,
        kind: AlertKind::Story,
        urgency: Urgency::Normal,
        created_at: now,
        about: None,
        sources: 2,
        counts: vec![("Sample".to_owned(), 2)],
        hits,
        attempts: 1,
    }
}

fn hit(feed: &str, link: &str, now: Timestamp) -> HitView {
    let mark = |field, text: &str| {
        let word = "plan";
        let start = text.find(word)?;
        Some(Evidence {
            field,
            start,
            end: start + word.len(),
            text: word.to_owned(),
            part: word.to_owned(),
        })
    };
    let evidence = [mark(Field::Title, TITLE), mark(Field::Body, BODY)];
    HitView {
        id: 1,
        item: ItemId(1),
        at: now,
        rule: "Sample".to_owned(),
        verdict: Verdict::Ring(Why::NewStory),
        alert: None,
        story: StoryId(1),
        feed: feed.to_owned(),
        title: TITLE.to_owned(),
        link: Some(link.to_owned()),
        published: Some(now),
        evidence: evidence.into_iter().flatten().collect(),
        body: BODY.to_owned(),
        was: None,
        not_relevant: None,
    }
}

/// What is known of alerts of every sort: with everything, with hardly anything, of many stories, and
/// of none.
pub(super) fn samples() -> Vec<Facts> {
    let full = story(
        AlertId("0123456789abcdef".to_owned()),
        Timestamp::UNIX_EPOCH,
    );
    let mut bare = full.clone();
    for hit in &mut bare.hits {
        (hit.link, hit.published) = (None, None);
        (hit.body, hit.evidence) = (String::new(), Vec::new());
    }
    let many = AlertView {
        kind: AlertKind::Away,
        ..full.clone()
    };
    let none = AlertView {
        kind: AlertKind::Gone,
        about: Some("World Wire".to_owned()),
        hits: Vec::new(),
        counts: Vec::new(),
        ..full.clone()
    };
    let known = |alert: &AlertView| facts(alert, &message(alert));
    [full, bare, many, none].iter().map(known).collect()
}

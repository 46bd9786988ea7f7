//! What becomes of polls that are committed together?

use tempfile::TempDir;
use url::Url;

use super::*;
use crate::model::{
    Access, Feed, FeedId, Health, Hints, Only, Rhythm, Rule, Telling, Validators, Verdict,
};
use crate::pulse::Pulse;
use crate::rules::Lists;
use crate::rules::frequencies::Frequencies;

fn rules() -> Arc<Rules> {
    let rules = vec![Rule {
        name: "Drills".into(),
        queries: vec!["drills".to_owned()],
        urgency: Urgency::Normal,
        channels: vec!["desktop".to_owned()],
        cooldown: SignedDuration::from_hours(6),
        stem: false,
        only: Only::default(),
        telling: Telling::default(),
    }];
    let set = RuleSet::compile(&rules, &Lists::default(), &Frequencies::default());
    Arc::new(Rules {
        rules,
        set: Arc::new(set.unwrap()),
        quiet: Quiet::default(),
        flood: Limit {
            most: 8,
            within: SignedDuration::from_mins(5),
        },
    })
}

fn feed(number: usize) -> Arc<Feed> {
    Arc::new(Feed {
        name: format!("feed {number}").into(),
        url: Url::parse(&format!("https://news.example.org/feed{number}")).unwrap(),
        tags: Vec::new(),
        every: SignedDuration::from_mins(15),
        at_most: SignedDuration::from_hours(6),
        allow_private: false,
        access: Access::default(),
    })
}

fn batch(feed: Arc<Feed>, id: FeedId, at: Timestamp, titles: &[&str]) -> Batch {
    let item = |title: &&str| Item {
        key: format!("id:{title}"),
        canonical_link: None,
        link: None,
        title: (*title).to_owned(),
        body: String::new(),
        authors: Vec::new(),
        categories: Vec::new(),
        published: None,
        language: None,
    };
    let url = feed.url.clone();
    Batch {
        feed,
        id,
        at,
        hints: Hints::default(),
        chance: 0.0,
        health: Health::Ok,
        moved: None,
        gone: false,
        got: Got::Read(Read {
            items: titles.iter().map(item).collect(),
            validators: Validators::default(),
            url,
            body_hash: 0,
            rhythm: Rhythm::default(),
            repairs: Vec::new(),
        }),
    }
}

/// Sends batches to a decider so that they wait for it together; returns what each came to.
async fn decided(store: &Store, batches: Vec<Batch>) -> Vec<Result<Decided, StoreError>> {
    let (jobs, inbox) = mpsc::channel(batches.len());
    let mut answers = Vec::new();
    for batch in batches {
        let (answer, answered) = oneshot::channel();
        jobs.send((batch, answer)).await.unwrap();
        answers.push(answered);
    }
    drop(jobs);
    let (outbox, _) = watch::channel(0);
    let beat = Pulse::default().beat();
    let decider = Decider::new(rules(), story::WINDOW);
    let keep = SignedDuration::from_hours(24 * 30);
    run(
        store.clone(),
        decider,
        keep,
        (Clock::wall(), inbox, outbox, beat),
    )
    .await;
    let mut all = Vec::new();
    for answered in answers {
        all.push(answered.await.unwrap());
    }
    all
}

#[tokio::test]
async fn polls_that_wait_together_are_one_after_the_other_all_the_same() {
    let dir = TempDir::new().unwrap();
    let store = Store::open(&dir.path().join("newsbell.db")).unwrap();
    let at = Clock::wall().now();
    let mut batches = Vec::new();
    for number in 0..3 {
        let feed = feed(number);
        let asked = Arc::clone(&feed);
        let id = store.write(move |tx| tx.feed(&asked)).await.unwrap().id;
        batches.push(batch(Arc::clone(&feed), id, at, &["All calm"]));
        let news = ["Two navies begin drills in the strait", "All calm"];
        batches.push(batch(feed, id, at, &news));
    }
    let all = decided(&store, batches).await;
    let all: Vec<Decided> = all.into_iter().map(Result::unwrap).collect();
    let rang = |decided: &Decided| {
        decided
            .hits
            .iter()
            .filter(|hit| matches!(hit.verdict, Verdict::Ring(_)))
            .count()
    };
    let rang: Vec<usize> = all.iter().map(rang).collect();
    assert_eq!(rang, [0, 1, 0, 0, 0, 0], "once, by the first that had it");
    let baselines: Vec<bool> = all.iter().map(|decided| decided.baseline).collect();
    assert_eq!(baselines, [true, false, true, false, true, false]);
}

#[tokio::test]
async fn one_that_cannot_be_stored_keeps_no_other_from_it() {
    let dir = TempDir::new().unwrap();
    let store = Store::open(&dir.path().join("newsbell.db")).unwrap();
    let at = Clock::wall().now();
    let asked = feed(0);
    let id = store.write(move |tx| tx.feed(&asked)).await.unwrap().id;
    let batches = vec![
        batch(feed(0), id, at, &["All calm"]),
        // Nobody knows this feed.
        batch(feed(1), FeedId(id.0 + 1), at, &["Drills begin"]),
        batch(feed(0), id, at, &["Two navies begin drills in the strait"]),
    ];
    let all = decided(&store, batches).await;
    let stored: Vec<Option<usize>> = all
        .iter()
        .map(|decided| decided.as_ref().ok().map(|decided| decided.new))
        .collect();
    assert_eq!(stored, [Some(1), None, Some(1)]);
    let midnight = Timestamp::UNIX_EPOCH;
    let totals = store.write(move |tx| tx.totals(midnight)).await.unwrap();
    assert_eq!(totals.items, 2);
}

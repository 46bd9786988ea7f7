//! May we speak now? Every answer comes with its reason.

pub mod hold;
pub mod hours;
pub mod repeats;

use jiff::{SignedDuration, Timestamp};

use crate::model::{AlertId, Limit, Mute, Rule, StoryId, Topic, Verdict, Why};

/// News is mended in its first minutes, and some pages change with every look: a story rings for changes
/// at most so often.
const SETTLES: SignedDuration = SignedDuration::from_mins(30);

/// A hit that is to be judged.
#[derive(Clone, Copy, Debug)]
pub struct Case<'c> {
    /// The rule that matched.
    pub rule: &'c Rule,
    /// When the item was published, if its feed said so.
    pub published: Option<Timestamp>,
    /// The mute that it falls under.
    pub muted: Option<&'c Mute>,
    /// When a person found its story to be not what the rule is for.
    pub not_relevant: Option<Timestamp>,
    /// Why its feed is found to repeat itself with it, if it is.
    pub repeats: Option<&'c Why>,
    /// Whether its feed was never read before.
    pub baseline: bool,
    /// Which alert last told of this story under this rule, and when.
    pub told: Option<&'c (AlertId, Timestamp)>,
    /// Who carries its story.
    pub carried: Carried,
}

/// How many feeds carry a story, its own included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// In all.
    pub ever: usize,
    /// Within the time that the rule names for its escalation.
    pub lately: usize,
    /// Whether the rule has rung for that already.
    pub escalated: bool,
}

/// What to do about a hit.
#[must_use]
pub fn verdict(case: Case<'_>, now: Timestamp) -> Verdict {
    let rule = case.rule;
    if let Some(mute) = case.muted {
        return Verdict::Drop(Why::Muted {
            topic: mute.topic.clone(),
            until: mute.until,
        });
    }
    if let Some(said) = case.not_relevant {
        return Verdict::Drop(Why::NotRelevant { said });
    }
    if let Some(why) = case.repeats {
        return Verdict::Hold(why.clone());
    }
    let old = case.published.filter(|published| {
        let oldest = rule.only.max_age;
        oldest.is_some_and(|oldest| now.duration_since(*published) > oldest)
    });
    let Carried {
        ever,
        lately,
        escalated,
    } = case.carried;
    let escalate = rule.telling.escalate.filter(|limit| lately >= limit.most);
    let escalate = escalate.filter(|_| case.told.is_some() && !escalated && !case.baseline);
    if let Some(limit) = escalate {
        return Verdict::Ring(Why::Escalated {
            sources: lately,
            within: limit.within.as_secs(),
        });
    }
    match (case.told, old) {
        (Some((alert, at)), _) if now.duration_since(*at) < rule.cooldown => {
            Verdict::Drop(Why::SameStory {
                alert: alert.clone(),
            })
        }
        (_, Some(published)) => Verdict::Drop(Why::TooOld { published }),
        _ if case.baseline => Verdict::Hold(Why::Baseline),
        _ if ever < rule.telling.min_sources => Verdict::Hold(Why::FewSources {
            sources: ever,
            least: rule.telling.min_sources,
        }),
        (Some((_, at)), None) => Verdict::Ring(Why::CooldownOver { last: *at }),
        (None, None) => Verdict::Ring(Why::NewStory),
    }
}

/// What to do when an item was changed that its rule has met before: nothing, unless the rule wants
/// to hear of it and the story was told a while ago.
#[must_use]
pub fn update(case: Case<'_>, now: Timestamp) -> Option<Verdict> {
    let (_, told) = case.told?;
    let unwanted = case.muted.is_some() || case.not_relevant.is_some();
    let quiet = unwanted || case.repeats.is_some() || case.baseline;
    let soon = now.duration_since(*told) < SETTLES;
    let rings = case.rule.telling.rings_on_update && !quiet && !soon;
    rings.then_some(Verdict::Ring(Why::Updated { told: *told }))
}

/// The mute that a hit falls under: of several the one that lasts longest.
#[must_use]
pub fn muted<'m>(
    mutes: &'m [Mute],
    (rule, story, feed): (&str, StoryId, &str),
    now: Timestamp,
) -> Option<&'m Mute> {
    let meant = mutes.iter().filter(|mute| match &mute.topic {
        Topic::Rule(name) => name == rule,
        Topic::Story(id) => *id == story,
        Topic::Feed(name) => name == feed,
    });
    meant
        .filter(|mute| now < mute.until)
        .max_by_key(|mute| mute.until)
}

/// Whether a rule looks at anything at all now.
#[must_use]
pub fn is_on(rule: &Rule, now: Timestamp) -> bool {
    !rule.only.disabled && rule.only.until.is_none_or(|until| now < until)
}

/// Whether so many alerts, within the time of the limit, are told in one summary.
#[must_use]
pub fn is_flood(alerts: usize, limit: Limit) -> bool {
    alerts > limit.most
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Only, Telling, Urgency};

    fn rule() -> Rule {
        Rule {
            name: "test".into(),
            queries: Vec::new(),
            urgency: Urgency::Normal,
            channels: Vec::new(),
            cooldown: SignedDuration::from_hours(6),
            stem: false,
            only: Only {
                max_age: Some(SignedDuration::from_hours(48)),
                ..Only::default()
            },
            telling: Telling::default(),
        }
    }

    fn now() -> Timestamp {
        "2026-03-04T05:06:07Z".parse().unwrap()
    }

    fn hours_ago(hours: i64) -> Timestamp {
        now() - SignedDuration::from_hours(hours)
    }

    fn told_hours_ago(hours: i64) -> (AlertId, Timestamp) {
        (AlertId("a1".to_owned()), hours_ago(hours))
    }

    /// The verdict on an item published so many hours ago.
    fn judge(published: i64, baseline: bool, told: Option<&(AlertId, Timestamp)>) -> Verdict {
        let case = Case {
            rule: &rule(),
            published: Some(hours_ago(published)),
            muted: None,
            not_relevant: None,
            repeats: None,
            baseline,
            told,
            carried: Carried::default(),
        };
        verdict(case, now())
    }

    fn mute(topic: Topic, hours: i64) -> Mute {
        Mute {
            topic,
            since: hours_ago(1),
            until: hours_ago(-hours),
        }
    }

    #[test]
    fn a_mute_of_rule_story_or_feed_counts_until_it_ends() {
        let mutes = [
            mute(Topic::Rule("test".to_owned()), 1),
            mute(Topic::Story(StoryId(7)), 3),
            mute(Topic::Feed("wire".to_owned()), 2),
        ];
        let by = |hit, now| muted(&mutes, hit, now).map(|mute| mute.topic.to_string());
        let said = |text: &str| Some(text.to_owned());
        assert_eq!(by(("test", StoryId(1), "agency"), now()), said("rule test"));
        assert_eq!(by(("other", StoryId(1), "wire"), now()), said("feed wire"));
        assert_eq!(by(("test", StoryId(7), "wire"), now()), said("story 7"));
        assert_eq!(by(("other", StoryId(1), "agency"), now()), None);
        assert_eq!(by(("test", StoryId(1), "agency"), hours_ago(-1)), None);
    }

    #[test]
    fn what_is_muted_is_not_told_whatever_else_is_true_of_it() {
        let mute = mute(Topic::Rule("test".to_owned()), 2);
        let muted = Verdict::Drop(Why::Muted {
            topic: mute.topic.clone(),
            until: mute.until,
        });
        for (baseline, told) in [
            (false, None),
            (true, None),
            (false, Some(told_hours_ago(1))),
        ] {
            let case = Case {
                rule: &rule(),
                published: Some(hours_ago(100)),
                muted: Some(&mute),
                not_relevant: None,
                repeats: Some(&Why::Rekeyed),
                baseline,
                told: told.as_ref(),
                carried: Carried::default(),
            };
            assert_eq!(verdict(case, now()), muted);
        }
    }

    #[test]
    fn what_was_found_not_relevant_rings_no_more() {
        let said = hours_ago(3);
        let drop = Verdict::Drop(Why::NotRelevant { said });
        let mut wants = rule();
        wants.telling.rings_on_update = true;
        wants.telling.escalate = Some(Limit {
            most: 2,
            within: SignedDuration::from_hours(2),
        });
        for told in [None, Some(told_hours_ago(1)), Some(told_hours_ago(9))] {
            let case = Case {
                rule: &wants,
                published: None,
                muted: None,
                not_relevant: Some(said),
                repeats: None,
                baseline: false,
                told: told.as_ref(),
                carried: Carried {
                    ever: 5,
                    lately: 5,
                    escalated: false,
                },
            };
            assert_eq!(verdict(case, now()), drop);
            assert_eq!(update(case, now()), None);
        }
    }

    #[test]
    fn a_new_story_rings() {
        assert_eq!(judge(1, false, None), Verdict::Ring(Why::NewStory));
    }

    #[test]
    fn a_story_told_within_the_cooldown_is_joined() {
        let told = told_hours_ago(5);
        let alert = told.0.clone();
        let joined = Verdict::Drop(Why::SameStory { alert });
        assert_eq!(judge(1, false, Some(&told)), joined);
        assert_eq!(
            judge(1, true, Some(&told)),
            joined,
            "a copy in a newly added feed joins too"
        );
        assert_eq!(judge(100, false, Some(&told)), joined);
    }

    #[test]
    fn a_story_told_before_the_cooldown_rings_again() {
        let told = told_hours_ago(6);
        let why = Why::CooldownOver { last: told.1 };
        assert_eq!(judge(1, false, Some(&told)), Verdict::Ring(why));
    }

    #[test]
    fn what_a_new_feed_already_holds_is_not_rung() {
        let hold = Verdict::Hold(Why::Baseline);
        assert_eq!(judge(1, true, None), hold);
        assert_eq!(judge(1, true, Some(&told_hours_ago(7))), hold);
    }

    #[test]
    fn what_is_older_than_the_rule_wants_is_not_told() {
        let old = Verdict::Drop(Why::TooOld {
            published: hours_ago(49),
        });
        assert_eq!(judge(49, false, None), old);
        assert_eq!(judge(49, true, None), old);
        assert_eq!(judge(48, false, None), Verdict::Ring(Why::NewStory));
    }

    /// The verdict of a rule that wants three feeds to ring and rings again for five within two hours.
    fn carried(baseline: bool, told: Option<i64>, carried: (usize, usize, bool)) -> Verdict {
        let mut rule = rule();
        rule.telling.min_sources = 3;
        rule.telling.escalate = Some(Limit {
            most: 5,
            within: SignedDuration::from_hours(2),
        });
        let told = told.map(told_hours_ago);
        let case = Case {
            rule: &rule,
            published: None,
            muted: None,
            not_relevant: None,
            repeats: None,
            baseline,
            told: told.as_ref(),
            carried: Carried {
                ever: carried.0,
                lately: carried.1,
                escalated: carried.2,
            },
        };
        verdict(case, now())
    }

    #[test]
    fn a_story_rings_when_enough_feeds_carry_it_and_once_more_when_many_do() {
        let alert = told_hours_ago(1).0;
        let joins = Verdict::Drop(Why::SameStory { alert });
        let few = |sources| Verdict::Hold(Why::FewSources { sources, least: 3 });
        let escalated = Verdict::Ring(Why::Escalated {
            sources: 5,
            within: 7200,
        });
        assert_eq!(carried(false, None, (1, 1, false)), few(1));
        assert_eq!(carried(false, None, (2, 2, false)), few(2));
        assert_eq!(
            carried(false, None, (3, 3, false)),
            Verdict::Ring(Why::NewStory)
        );
        assert_eq!(
            carried(false, None, (5, 5, false)),
            Verdict::Ring(Why::NewStory)
        );
        assert_eq!(carried(false, Some(1), (4, 4, false)), joins);
        assert_eq!(
            carried(false, Some(1), (9, 4, false)),
            joins,
            "not in that time"
        );
        assert_eq!(carried(false, Some(1), (5, 5, false)), escalated);
        assert_eq!(carried(false, Some(9), (5, 5, false)), escalated);
        assert_eq!(carried(false, Some(1), (6, 6, true)), joins, "once");
        assert_eq!(
            carried(true, Some(1), (5, 5, false)),
            joins,
            "by a new feed"
        );
    }

    #[test]
    fn a_change_of_what_was_told_rings_for_who_wants_to_hear_of_it() {
        let mut wants = rule();
        wants.telling.rings_on_update = true;
        let told = told_hours_ago(1);
        let just_now = (told.0.clone(), now() - SignedDuration::from_mins(29));
        let mute = mute(Topic::Rule("test".to_owned()), 2);
        let rings = Some(Verdict::Ring(Why::Updated { told: told.1 }));
        let judge = |rule: &Rule, told, muted| {
            let case = Case {
                rule,
                published: Some(hours_ago(100)),
                muted,
                not_relevant: None,
                repeats: None,
                baseline: false,
                told,
                carried: Carried::default(),
            };
            update(case, now())
        };
        assert_eq!(judge(&wants, Some(&told), None), rings);
        assert_eq!(judge(&rule(), Some(&told), None), None);
        assert_eq!(judge(&wants, None, None), None, "it was never told");
        assert_eq!(judge(&wants, Some(&just_now), None), None);
        assert_eq!(judge(&wants, Some(&told), Some(&mute)), None);
    }

    #[test]
    fn what_a_feed_repeats_is_told_in_one_summary() {
        let told = told_hours_ago(1);
        let why = Why::Replayed {
            published: hours_ago(9999),
        };
        for told in [None, Some(&told)] {
            let case = Case {
                rule: &rule(),
                published: Some(hours_ago(9999)),
                muted: None,
                not_relevant: None,
                repeats: Some(&why),
                baseline: false,
                told,
                carried: Carried::default(),
            };
            assert_eq!(verdict(case, now()), Verdict::Hold(why.clone()));
        }
    }

    #[test]
    fn a_rule_is_on_until_it_expires() {
        let mut rule = rule();
        assert!(is_on(&rule, now()));
        rule.only.until = Some(now());
        assert!(!is_on(&rule, now()));
        assert!(is_on(&rule, hours_ago(1)));
        rule.only.disabled = true;
        assert!(!is_on(&rule, hours_ago(1)));
    }

    #[test]
    fn a_handful_is_no_flood() {
        let limit = Limit {
            most: 8,
            within: SignedDuration::from_mins(5),
        };
        assert!(!is_flood(8, limit));
        assert!(is_flood(9, limit));
    }
}

//! May we speak now? Every answer comes with its reason.

use jiff::{SignedDuration, Timestamp};

use crate::model::{AlertId, Verdict, Why};

/// One poll of one feed rings at most so many alerts; more are told in one summary. A busy news day
/// brings a handful, a site that changed all its guids brings hundreds.
pub const FLOOD: usize = 8;

/// What to do about a hit.
///
/// `baseline` says that its feed was never read before, `told` which alert last told of this story
/// under this rule, and when.
#[must_use]
pub fn verdict(
    baseline: bool,
    told: Option<&(AlertId, Timestamp)>,
    cooldown: SignedDuration,
    now: Timestamp,
) -> Verdict {
    match told {
        Some((alert, at)) if now.duration_since(*at) < cooldown => Verdict::Drop(Why::SameStory {
            alert: alert.clone(),
        }),
        _ if baseline => Verdict::Hold(Why::Baseline),
        Some((_, at)) => Verdict::Ring(Why::CooldownOver { last: *at }),
        None => Verdict::Ring(Why::NewStory),
    }
}

/// Whether one poll may ring so many alerts, or must tell them in one summary.
#[must_use]
pub fn is_flood(alerts: usize) -> bool {
    alerts > FLOOD
}

#[cfg(test)]
mod tests {
    use super::*;

    const COOLDOWN: SignedDuration = SignedDuration::from_hours(6);

    fn told_hours_ago(hours: i64) -> (AlertId, Timestamp) {
        let at = now() - SignedDuration::from_hours(hours);
        (AlertId("a1".to_owned()), at)
    }

    fn now() -> Timestamp {
        "2026-03-04T05:06:07Z".parse().unwrap()
    }

    #[test]
    fn a_new_story_rings() {
        let verdict = verdict(false, None, COOLDOWN, now());
        assert_eq!(verdict, Verdict::Ring(Why::NewStory));
    }

    #[test]
    fn a_story_told_within_the_cooldown_is_joined() {
        let told = told_hours_ago(5);
        let why = Why::SameStory {
            alert: told.0.clone(),
        };
        assert_eq!(
            verdict(false, Some(&told), COOLDOWN, now()),
            Verdict::Drop(why.clone())
        );
        assert_eq!(
            verdict(true, Some(&told), COOLDOWN, now()),
            Verdict::Drop(why),
            "a copy in a newly added feed joins too"
        );
    }

    #[test]
    fn a_story_told_before_the_cooldown_rings_again() {
        let told = told_hours_ago(6);
        let why = Why::CooldownOver { last: told.1 };
        assert_eq!(
            verdict(false, Some(&told), COOLDOWN, now()),
            Verdict::Ring(why)
        );
    }

    #[test]
    fn what_a_new_feed_already_holds_is_not_rung() {
        let hold = Verdict::Hold(Why::Baseline);
        assert_eq!(verdict(true, None, COOLDOWN, now()), hold);
        let told = told_hours_ago(7);
        assert_eq!(verdict(true, Some(&told), COOLDOWN, now()), hold);
    }

    #[test]
    fn a_handful_is_no_flood() {
        assert!(!is_flood(FLOOD));
        assert!(is_flood(FLOOD + 1));
    }
}

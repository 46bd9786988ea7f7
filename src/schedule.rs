//! When is a feed due? Arithmetic only.
//!
//! The user says how often to ask at most (`every`) and at least (`at_most`). Between the two a feed
//! is asked the less often the longer it has been quiet, and the less often its server or its
//! document wish it; what a server asks for with `Retry-After` may go beyond.

pub mod header;

use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

use crate::model::{Hints, Pace, Rhythm};

/// No server silences a feed for longer than this, whatever its `Retry-After` says.
pub const RETRY_AFTER_CAP: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The share of a pause that jitter may add, so that feeds which started together drift apart.
const JITTER: f64 = 0.1;

/// A feed that has been quiet for some time is asked again after this part of it: whatever it brings
/// next is noticed by an eighth of its silence late, or sooner.
const QUIET: i32 = 8;

/// The user's wishes for one feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The shortest pause.
    pub every: SignedDuration,
    /// The longest pause, but for `Retry-After`.
    pub at_most: SignedDuration,
}

/// A feed that has just been asked.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// What the user wishes.
    pub limits: Limits,
    /// Polls that went wrong in a row; 0 if this one went well.
    pub failures: u32,
    /// What the server says.
    pub hints: Hints,
    /// What the document says.
    pub rhythm: Rhythm,
    /// When the feed last brought something new, if that is known.
    pub changed_at: Option<Timestamp>,
    /// Whether the server says that the feed is gone for good.
    pub gone: bool,
    /// `0.0..1.0`: spreads the feeds.
    pub chance: f64,
}

/// When to ask again, and why then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// `None` is never.
    pub at: Option<Timestamp>,
    /// What decided it.
    pub pace: Pace,
}

/// When to ask a feed again that was asked `now`.
///
/// Jitter only ever lengthens a pause, because a request that comes too early is impolite and one
/// that comes a little late is not; and it lengthens none beyond what the user allows.
#[must_use]
pub fn plan(case: Case, now: Timestamp) -> Plan {
    if case.gone {
        return Plan {
            at: None,
            pace: Pace::Gone,
        };
    }
    let most = case.limits.at_most.max(case.limits.every);
    let (mut pause, mut pace) = pause(case, now, most);
    let chance = case.chance.clamp(0.0, 1.0);
    pause = pause
        .saturating_add(pause.mul_f64(JITTER * chance))
        .min(most);
    if case.failures == 0
        && let Some(later) = after_skipped(case.rhythm, later(now, pause), later(now, most))
    {
        pace = Pace::Skip;
        // Whoever waits for the end of the same hour is not to come at the same second.
        let spread = SignedDuration::from_mins(5).mul_f64(chance);
        pause = later
            .duration_since(now)
            .saturating_add(spread)
            .min(most.max(pause));
    }
    let asked = case.hints.retry_after.unwrap_or_default();
    let asked = asked.min(RETRY_AFTER_CAP);
    if asked > pause {
        pace = Pace::RetryAfter;
        pause = asked.saturating_add(asked.mul_f64(JITTER * chance));
    }
    Plan {
        at: Some(later(now, pause)),
        pace,
    }
}

/// The pause that is long enough for everybody, and who wants it so long.
fn pause(case: Case, now: Timestamp, most: SignedDuration) -> (SignedDuration, Pace) {
    let every = case.limits.every;
    if case.failures > 0 {
        let doublings = (case.failures - 1).min(30);
        let pause = every.checked_mul(1 << doublings);
        return (
            pause.unwrap_or(SignedDuration::MAX).min(most),
            Pace::BackOff,
        );
    }
    let minutes = |minutes: Option<u32>| minutes.map(|m| SignedDuration::from_mins(i64::from(m)));
    let quiet = case.changed_at.map(|last| now.duration_since(last) / QUIET);
    let wishes = [
        (quiet, Pace::Quiet),
        (case.hints.fresh, Pace::Fresh),
        (minutes(case.rhythm.ttl), Pace::Ttl),
        (minutes(case.rhythm.period), Pace::Period),
    ];
    let mut longest = (every, Pace::Every);
    for (wish, pace) in wishes {
        if let Some(wish) = wish.map(|wish| wish.min(most))
            && wish > longest.0
        {
            longest = (wish, pace);
        }
    }
    longest
}

/// The end of the skipped hours and days that `at` is in, but not after `latest`; nothing if it is in
/// none. Both are said in GMT.
fn after_skipped(rhythm: Rhythm, at: Timestamp, latest: Timestamp) -> Option<Timestamp> {
    let skipped = |at: Timestamp| {
        let zoned = Offset::UTC.to_datetime(at);
        let hour = u32::from(zoned.hour().unsigned_abs());
        let day = u32::from(zoned.weekday().to_monday_zero_offset().unsigned_abs());
        rhythm.skip_hours >> hour & 1 == 1 || u32::from(rhythm.skip_days) >> day & 1 == 1
    };
    if !skipped(at) {
        return None;
    }
    let mut end = at;
    while end < latest && skipped(end) {
        let hour = end.as_second().div_euclid(3600) + 1;
        end = Timestamp::from_second(hour * 3600).ok()?;
    }
    Some(end.min(latest).max(at))
}

fn later(now: Timestamp, pause: SignedDuration) -> Timestamp {
    now.saturating_add(pause).unwrap_or(Timestamp::MAX)
}

/// Until when a server asked not to be asked at all, if it did.
#[must_use]
pub fn asked_until(hints: Hints, now: Timestamp) -> Option<Timestamp> {
    let asked = hints.retry_after?.min(RETRY_AFTER_CAP);
    Some(later(now, asked))
}

/// When a feed is due after a start: when it was due before, so that a restart asks nobody; sooner
/// only if the user has shortened its pauses since.
#[must_use]
pub fn after_start(limits: Limits, last: Timestamp, next: Timestamp, pace: Pace) -> Timestamp {
    let most = match pace {
        Pace::Every => limits.every,
        Pace::Quiet | Pace::Fresh | Pace::Ttl | Pace::Period | Pace::Skip | Pace::BackOff => {
            limits.at_most.max(limits.every)
        }
        Pace::RetryAfter | Pace::Gone => return next,
    };
    let most = most.saturating_add(most.mul_f64(JITTER));
    next.min(later(last, most))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const LIMITS: Limits = Limits {
        every: SignedDuration::from_mins(15),
        at_most: SignedDuration::from_hours(6),
    };

    /// A Wednesday.
    const NOW: &str = "2026-03-04T05:06:07Z";

    fn now() -> Timestamp {
        NOW.parse().unwrap()
    }

    fn case() -> Case {
        Case {
            limits: LIMITS,
            failures: 0,
            hints: Hints::default(),
            rhythm: Rhythm::default(),
            changed_at: Some(now()),
            gone: false,
            chance: 0.0,
        }
    }

    fn planned(case: Case) -> (i64, Pace) {
        let plan = plan(case, now());
        (plan.at.unwrap().duration_since(now()).as_secs(), plan.pace)
    }

    fn failed(failures: u32, retry_after: Option<i64>) -> Case {
        Case {
            failures,
            hints: Hints {
                retry_after: retry_after.map(SignedDuration::from_secs),
                fresh: None,
            },
            ..case()
        }
    }

    fn quiet(hours: i64) -> Case {
        Case {
            changed_at: Some(now() - SignedDuration::from_hours(hours)),
            ..case()
        }
    }

    fn fresh(seconds: i64) -> Case {
        Case {
            hints: Hints {
                retry_after: None,
                fresh: Some(SignedDuration::from_secs(seconds)),
            },
            ..case()
        }
    }

    fn says(rhythm: Rhythm) -> Case {
        Case { rhythm, ..case() }
    }

    fn ttl(minutes: u32) -> Case {
        says(Rhythm {
            ttl: Some(minutes),
            ..Rhythm::default()
        })
    }

    #[rstest]
    #[case::it_went_well(case(), 15 * 60, Pace::Every)]
    #[case::one_failure_costs_nothing_extra(failed(1, None), 15 * 60, Pace::BackOff)]
    #[case::then_it_doubles(failed(2, None), 30 * 60, Pace::BackOff)]
    #[case::and_again(failed(4, None), 120 * 60, Pace::BackOff)]
    #[case::up_to_the_users_maximum(failed(9, None), 6 * 3600, Pace::BackOff)]
    #[case::for_ever(failed(u32::MAX, None), 6 * 3600, Pace::BackOff)]
    #[case::a_server_may_ask_for_more(failed(1, Some(3600)), 3600, Pace::RetryAfter)]
    #[case::even_beyond_the_maximum(failed(1, Some(86_400)), 86_400, Pace::RetryAfter)]
    #[case::but_not_for_ever(failed(1, Some(i64::MAX)), 7 * 86_400, Pace::RetryAfter)]
    #[case::and_never_for_less(failed(1, Some(1)), 15 * 60, Pace::BackOff)]
    #[case::nor_for_the_past(failed(1, Some(-9)), 15 * 60, Pace::BackOff)]
    #[case::quiet_for_two_hours(quiet(2), 15 * 60, Pace::Every)]
    #[case::quiet_for_a_day(quiet(24), 3 * 3600, Pace::Quiet)]
    #[case::quiet_for_years(quiet(20_000), 6 * 3600, Pace::Quiet)]
    #[case::news_of_tomorrow(quiet(-24), 15 * 60, Pace::Every)]
    #[case::fresh_for_an_hour(fresh(3600), 3600, Pace::Fresh)]
    #[case::fresh_for_a_minute(fresh(60), 15 * 60, Pace::Every)]
    #[case::fresh_for_a_year(fresh(31_536_000), 6 * 3600, Pace::Fresh)]
    #[case::ttl_of_an_hour(ttl(60), 3600, Pace::Ttl)]
    #[case::ttl_of_for_ever(ttl(u32::MAX), 6 * 3600, Pace::Ttl)]
    #[case::daily(says(Rhythm { period: Some(1440), ..Rhythm::default() }), 6 * 3600, Pace::Period)]
    #[case::at_night_nobody_writes(
        says(Rhythm { skip_hours: 0b1110_0000, ..Rhythm::default() }),
        2 * 3600 + 53 * 60 + 53,
        Pace::Skip
    )]
    #[case::but_this_hour_is_not_skipped(
        says(Rhythm { skip_hours: 0b1100_0000, ..Rhythm::default() }), 15 * 60, Pace::Every)]
    #[case::a_day_is_longer_than_the_maximum(
        says(Rhythm { skip_days: 0b100, ..Rhythm::default() }), 6 * 3600, Pace::Skip)]
    #[case::nobody_skips_for_ever(
        says(Rhythm { skip_hours: u32::MAX, skip_days: u8::MAX, ..Rhythm::default() }),
        6 * 3600,
        Pace::Skip
    )]
    fn the_pause_follows(#[case] case: Case, #[case] seconds: i64, #[case] pace: Pace) {
        assert_eq!(planned(case), (seconds, pace));
    }

    #[test]
    fn who_is_gone_is_never_asked() {
        let gone = Case {
            gone: true,
            ..case()
        };
        assert_eq!(plan(gone, now()).at, None);
    }

    #[test]
    fn jitter_only_lengthens_by_a_tenth_at_most_and_never_beyond_the_maximum() {
        let with = |case, chance| planned(Case { chance, ..case }).0;
        assert_eq!(with(case(), 1.0), 16 * 60 + 30);
        assert_eq!(with(case(), -3.0), 15 * 60);
        assert_eq!(with(quiet(20_000), 1.0), 6 * 3600);
        assert_eq!(with(failed(1, Some(86_400)), 1.0), 86_400 + 8_640);
    }

    #[test]
    fn a_restart_asks_sooner_only_if_the_user_wishes_it() {
        let last = now();
        let next = last + SignedDuration::from_hours(3);
        let limits = |at_most| Limits {
            at_most: SignedDuration::from_hours(at_most),
            ..LIMITS
        };
        let due = |limits, pace| after_start(limits, last, next, pace);
        assert_eq!(due(limits(6), Pace::Quiet), next);
        assert!(due(limits(1), Pace::Quiet) < last + SignedDuration::from_mins(70));
        assert!(due(limits(6), Pace::Every) < last + SignedDuration::from_mins(20));
        assert_eq!(due(limits(1), Pace::RetryAfter), next);
    }

    #[test]
    fn the_end_of_time_is_not_passed() {
        let hints = Hints {
            retry_after: Some(SignedDuration::MAX),
            fresh: None,
        };
        assert!(asked_until(hints, Timestamp::MAX).is_some());
        let far = Case {
            limits: Limits {
                every: SignedDuration::MAX,
                at_most: SignedDuration::MAX,
            },
            ..case()
        };
        assert_eq!(plan(far, now()).at, Some(Timestamp::MAX));
    }
}

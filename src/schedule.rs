//! When is a feed due? Arithmetic only.

use jiff::{SignedDuration, Timestamp};

use crate::model::Hints;

/// No server silences a feed for longer than this, whatever its `Retry-After` says.
pub const RETRY_AFTER_CAP: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The share of a pause that jitter may add, so that feeds which started together drift apart.
const JITTER: f64 = 0.1;

/// The user's wishes for one feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The pause after a poll that went well.
    pub every: SignedDuration,
    /// The longest pause that back-off grows to.
    pub at_most: SignedDuration,
}

/// The pause before the next poll of a feed that has failed `failures` times in a row (0: it went
/// well). `chance` in `0.0..1.0` spreads the feeds; it only ever lengthens the pause, because a
/// request that comes too early is impolite and one that comes a little late is not.
#[must_use]
pub fn pause(limits: Limits, failures: u32, hints: Hints, chance: f64) -> SignedDuration {
    let doublings = failures.saturating_sub(1).min(30);
    let pause = limits
        .every
        .checked_mul(1 << doublings)
        .unwrap_or(SignedDuration::MAX)
        .min(limits.at_most.max(limits.every));
    let asked = hints
        .retry_after
        .unwrap_or(SignedDuration::ZERO)
        .min(RETRY_AFTER_CAP);
    let pause = pause.max(asked);
    pause.saturating_add(pause.mul_f64(JITTER * chance.clamp(0.0, 1.0)))
}

/// When to poll again: `now` and the [`pause`].
#[must_use]
pub fn next_poll(now: Timestamp, pause: SignedDuration) -> Timestamp {
    now.saturating_add(pause).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const LIMITS: Limits = Limits {
        every: SignedDuration::from_mins(15),
        at_most: SignedDuration::from_hours(6),
    };

    fn retry_after(seconds: i64) -> Hints {
        Hints {
            retry_after: Some(SignedDuration::from_secs(seconds)),
        }
    }

    #[rstest]
    #[case::it_went_well(0, Hints::default(), 15 * 60)]
    #[case::one_failure_costs_nothing_extra(1, Hints::default(), 15 * 60)]
    #[case::then_it_doubles(2, Hints::default(), 30 * 60)]
    #[case::and_again(4, Hints::default(), 120 * 60)]
    #[case::up_to_the_users_maximum(9, Hints::default(), 6 * 3600)]
    #[case::for_ever(u32::MAX, Hints::default(), 6 * 3600)]
    #[case::a_server_may_ask_for_more(1, retry_after(3600), 3600)]
    #[case::even_beyond_the_users_maximum(1, retry_after(24 * 3600), 24 * 3600)]
    #[case::but_not_for_ever(1, retry_after(i64::MAX), 7 * 24 * 3600)]
    #[case::and_never_for_less(1, retry_after(1), 15 * 60)]
    #[case::nor_for_the_past(1, retry_after(-9), 15 * 60)]
    fn the_pause_follows(#[case] failures: u32, #[case] hints: Hints, #[case] seconds: i64) {
        let got = pause(LIMITS, failures, hints, 0.0);
        assert_eq!(got, SignedDuration::from_secs(seconds));
    }

    #[test]
    fn jitter_only_lengthens_and_by_a_tenth_at_most() {
        let hints = Hints::default();
        assert_eq!(
            pause(LIMITS, 0, hints, 1.0),
            SignedDuration::from_secs(16 * 60 + 30)
        );
        assert_eq!(pause(LIMITS, 0, hints, -3.0), LIMITS.every);
    }

    #[test]
    fn the_end_of_time_is_not_passed() {
        assert_eq!(
            next_poll(Timestamp::UNIX_EPOCH, SignedDuration::MAX),
            Timestamp::MAX
        );
    }
}

//! How is a channel treated? Patience, pauses and rates.

use jiff::SignedDuration;

use crate::model::Limit;
use crate::model::channel::Limits;

/// The first pause after a failed attempt; it doubles with every further one.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(5);

/// The most that a channel may ask us to wait.
const ASKED_CAP: SignedDuration = SignedDuration::from_hours(24);

/// How a channel is treated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Manner {
    /// Alerts that could not be told for so long are folded into one summary.
    pub away_after: Option<SignedDuration>,
    /// Alerts that could not be told for so long are given up.
    pub give_up_after: Option<SignedDuration>,
    /// What goes beyond it waits.
    pub rate: Option<Limit>,
    /// The longest pause between two attempts, unless the channel asks for more.
    pub longest_pause: SignedDuration,
    /// The part of a pause that chance may take off, so that many who wait for one server do not come
    /// back at once.
    pub jitter: f64,
    /// How long a rule is muted that a person mutes from here, where one can.
    pub mute: SignedDuration,
}

impl Manner {
    /// A desktop is this machine's own: it need not be spared, and a person who has just logged in does
    /// not wait long for what was missed.
    #[must_use]
    pub fn of_desktop(
        away_after: SignedDuration,
        rate: Option<Limit>,
        mute: SignedDuration,
    ) -> Manner {
        Manner {
            away_after: Some(away_after),
            give_up_after: None,
            rate,
            longest_pause: SignedDuration::from_mins(1),
            jitter: 0.0,
            mute,
        }
    }

    /// Other channels get every alert, one by one and in their order.
    #[must_use]
    pub fn of_others(limits: Limits) -> Manner {
        Manner {
            away_after: None,
            give_up_after: limits.give_up_after,
            rate: limits.rate,
            longest_pause: SignedDuration::from_mins(5),
            jitter: 0.2,
            mute: SignedDuration::ZERO,
        }
    }
}

/// The pause after attempt number `attempts` failed; `chance` is in `0.0..1.0`.
pub(super) fn pause(
    attempts: u32,
    asked: Option<SignedDuration>,
    (manner, chance): (Manner, f64),
) -> SignedDuration {
    let doublings = attempts.saturating_sub(1).min(16);
    let longest = manner.longest_pause;
    let pause = FIRST_PAUSE
        .checked_mul(1 << doublings)
        .unwrap_or(longest)
        .min(longest);
    let kept = 1.0 - manner.jitter * chance;
    let pause = SignedDuration::try_from_secs_f64(pause.as_secs_f64() * kept).unwrap_or(pause);
    pause.max(asked.unwrap_or(SignedDuration::ZERO).min(ASKED_CAP))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_bound_unless_asked_for_more() {
        let desktop = Manner::of_desktop(
            SignedDuration::from_hours(1),
            None,
            SignedDuration::from_hours(8),
        );
        let others = Manner::of_others(Limits::default());
        let pauses = |manner, chance| -> Vec<i64> {
            (1..=8)
                .map(|attempt| pause(attempt, None, (manner, chance)).as_secs())
                .collect()
        };
        assert_eq!(pauses(desktop, 0.0), [5, 10, 20, 40, 60, 60, 60, 60]);
        assert_eq!(pauses(desktop, 0.9), pauses(desktop, 0.0));
        assert_eq!(pauses(others, 0.0), [5, 10, 20, 40, 80, 160, 300, 300]);
        assert_eq!(pauses(others, 1.0), [4, 8, 16, 32, 64, 128, 240, 240]);
        let hour = SignedDuration::from_hours(1);
        assert_eq!(pause(1, Some(hour), (others, 1.0)), hour);
        assert_eq!(
            pause(1, Some(SignedDuration::MAX), (others, 0.5)),
            ASKED_CAP
        );
    }
}

//! What may not be told now: with what is it told instead, and when?

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::hours::{LONGEST, next, quiet_until};
use crate::model::{AlertKind, Digest, Limit, Quiet, Rule, Urgency, Why};

/// How long a summary waits for what else belongs into it: the first polls of other new feeds, the
/// same flood in other feeds.
const GATHERS: SignedDuration = SignedDuration::from_secs(20);

/// What held alerts wait for. Those that wait for the same, on the same channels, are told together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gather {
    /// The first polls of other new feeds.
    Baseline,
    /// That so many alerts in a short time are over.
    Flood,
    /// The rest of what a feed repeats.
    Repeats,
    /// The end of quiet hours.
    Quiet,
    /// A time for digests.
    Digest {
        /// Which.
        times: Digest,
        /// Whether it may be in quiet hours.
        breaks: bool,
    },
    /// That a rule may ring again.
    Repeat {
        /// Its name.
        rule: String,
        /// Whether it may ring in quiet hours.
        breaks: bool,
    },
}

/// When nobody is to be disturbed, and by whose clock.
#[derive(Clone, Copy, Debug)]
pub struct Hours<'h> {
    /// The user's wish.
    pub quiet: &'h Quiet,
    /// By whose clock.
    pub zone: &'h TimeZone,
}

impl Hours<'_> {
    /// The first time from `at` on that somebody may be disturbed.
    #[must_use]
    pub fn open(self, at: Timestamp) -> Timestamp {
        quiet_until(self.quiet, at, self.zone).unwrap_or(at)
    }

    fn open_unless(self, breaks: bool, at: Timestamp) -> Timestamp {
        if breaks { at } else { self.open(at) }
    }

    /// Whether an alert of so loud a kind, of this rule if it is of one, is told in quiet hours.
    #[must_use]
    pub fn are_broken_by(self, rule: Option<&Rule>, urgency: Urgency) -> bool {
        let loud = self.quiet.critical && urgency == Urgency::Critical;
        loud || rule.is_some_and(|rule| rule.telling.breaks_quiet)
    }
}

/// Whether an alert of `rule` has to wait, what for, and until when. `rung` is when the rule has rung
/// within the time of its limit, oldest first.
#[must_use]
pub fn hold(
    rule: &Rule,
    rung: &[Timestamp],
    hours: Hours<'_>,
    now: Timestamp,
) -> Option<(Gather, Timestamp)> {
    // What goes nowhere disturbs nobody.
    if rule.channels.is_empty() {
        return None;
    }
    let breaks = hours.are_broken_by(Some(rule), rule.urgency);
    let due = |gather: Gather, latest| {
        let due = due(&gather, (now, latest), hours, now);
        Some((gather, due))
    };
    if let Some(times) = &rule.telling.digest {
        let times = times.clone();
        return due(Gather::Digest { times, breaks }, Timestamp::MAX);
    }
    if !breaks && hours.open(now) > now {
        return due(Gather::Quiet, Timestamp::MAX);
    }
    let limit = rule.telling.repeat?;
    let first = *rung.iter().rev().nth(limit.most.saturating_sub(1))?;
    let rule = rule.name.to_string();
    due(
        Gather::Repeat { rule, breaks },
        after(first.min(now), limit.within),
    )
}

/// What alerts wait for that are too many, and until when. `last` is when a flood was last told.
#[must_use]
pub fn flood(
    last: Option<Timestamp>,
    limit: Limit,
    hours: Hours<'_>,
    now: Timestamp,
) -> (Gather, Timestamp) {
    let soon = after(now, GATHERS.min(limit.within));
    let next = last.map_or(soon, |last| after(last.min(now), limit.within));
    (Gather::Flood, hours.open(soon.max(next)))
}

/// When a summary of what new feeds hold already is told.
#[must_use]
pub fn baseline(hours: Hours<'_>, now: Timestamp) -> (Gather, Timestamp) {
    (Gather::Baseline, hours.open(after(now, GATHERS)))
}

/// When what was held `since` is told, if it was to be told at `planned`: the clock, the zone or the
/// configuration may have changed. What is due stays due, and nothing is put off for ever.
#[must_use]
pub fn due(
    gather: &Gather,
    (since, planned): (Timestamp, Timestamp),
    hours: Hours<'_>,
    now: Timestamp,
) -> Timestamp {
    if planned <= now {
        return planned;
    }
    let since = since.min(now);
    let due = match gather {
        Gather::Baseline | Gather::Flood => hours.open(planned.min(after(now, LONGEST))),
        Gather::Quiet | Gather::Repeats => hours.open(now),
        Gather::Digest { times, breaks } => {
            let time = match times {
                Digest::Every(seconds) => Some(after(since, SignedDuration::from_secs(*seconds))),
                Digest::At(times) => {
                    let times = times.iter();
                    times
                        .filter_map(|time| next(*time, since, hours.zone))
                        .min()
                }
            };
            hours.open_unless(*breaks, time.unwrap_or(now).max(now))
        }
        Gather::Repeat { breaks, .. } => {
            hours.open_unless(*breaks, planned.min(after(now, LONGEST)))
        }
    };
    due.max(now).min(after(now, LONGEST))
}

fn after(time: Timestamp, length: SignedDuration) -> Timestamp {
    time.saturating_add(length).unwrap_or(Timestamp::MAX)
}

impl Gather {
    /// What kind of alert tells it.
    #[must_use]
    pub fn kind(&self) -> AlertKind {
        match self {
            Gather::Baseline => AlertKind::Baseline,
            Gather::Flood => AlertKind::Flood,
            Gather::Repeats => AlertKind::Repeats,
            Gather::Quiet => AlertKind::Quiet,
            Gather::Digest { .. } => AlertKind::Digest,
            Gather::Repeat { .. } => AlertKind::Repeat,
        }
    }

    /// Why a hit of `rule` is held that is told at `until`, as one of so many alerts.
    #[must_use]
    pub fn why(&self, (rule, alerts): (&Rule, usize), until: Timestamp) -> Why {
        match self {
            Gather::Baseline => Why::Baseline,
            Gather::Flood => Why::Flood { alerts },
            Gather::Repeats => Why::Rekeyed,
            Gather::Quiet => Why::QuietHours { until },
            Gather::Digest { .. } => Why::Digest { at: until },
            Gather::Repeat { .. } => {
                let limit = rule.telling.repeat;
                Why::Repeat {
                    most: limit.map_or(0, |limit| limit.most),
                    within: limit.map_or(0, |limit| limit.within.as_secs()),
                    until,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Only, QuietSpan, Telling};
    use rstest::rstest;

    /// Channels, urgency, and when it may be told.
    fn rule(channels: &[&str], urgency: Urgency, telling: Telling) -> Rule {
        Rule {
            name: "test".into(),
            queries: Vec::new(),
            urgency,
            channels: channels.iter().map(|name| (*name).to_owned()).collect(),
            cooldown: SignedDuration::from_hours(6),
            stem: false,
            only: Only::default(),
            telling,
        }
    }

    fn nights(critical: bool) -> Quiet {
        let span = QuietSpan {
            from: "22:00".parse().unwrap(),
            to: "07:00".parse().unwrap(),
            days: Vec::new(),
        };
        Quiet {
            hours: vec![span],
            critical,
            zone: None,
        }
    }

    fn at(time: &str) -> Timestamp {
        format!("2026-03-{time}:00Z").parse().unwrap()
    }

    fn digest_at(times: &[&str]) -> Digest {
        Digest::At(times.iter().map(|time| time.parse().unwrap()).collect())
    }

    fn every(hours: i64) -> Digest {
        Digest::Every(hours * 3600)
    }

    /// Until when an alert is held that would ring at `now`, if nights are quiet.
    fn until(rule: &Rule, rung: &[&str], now: &str) -> Option<(AlertKind, Timestamp)> {
        let quiet = nights(true);
        let hours = Hours {
            quiet: &quiet,
            zone: &TimeZone::UTC,
        };
        let rung: Vec<Timestamp> = rung.iter().map(|time| at(time)).collect();
        let held = hold(rule, &rung, hours, at(now));
        held.map(|(gather, due)| (gather.kind(), due))
    }

    #[rstest]
    #[case::by_day("04T12:00", None)]
    #[case::at_night("04T23:00", Some("05T07:00"))]
    fn quiet_hours_hold_all_but_what_breaks_them(#[case] now: &str, #[case] due: Option<&str>) {
        let held = due.map(|due| (AlertKind::Quiet, at(due)));
        let quiet = Telling::default();
        let loud = Telling {
            breaks_quiet: true,
            ..Telling::default()
        };
        let normal = Urgency::Normal;
        assert_eq!(until(&rule(&["d"], normal, quiet.clone()), &[], now), held);
        assert_eq!(until(&rule(&["d"], normal, loud), &[], now), None);
        let critical = rule(&["d"], Urgency::Critical, quiet.clone());
        assert_eq!(until(&critical, &[], now), None);
        assert_eq!(
            until(&rule(&[], normal, quiet), &[], now),
            None,
            "goes nowhere"
        );
        let strict = nights(false);
        let hours = Hours {
            quiet: &strict,
            zone: &TimeZone::UTC,
        };
        assert_eq!(
            hold(&critical, &[], hours, at(now)).is_some(),
            held.is_some()
        );
    }

    #[rstest]
    #[case::the_next(digest_at(&["09:00", "18:00"]), false, "04T12:00", "04T18:00")]
    #[case::tomorrows(digest_at(&["09:00"]), false, "04T12:00", "05T09:00")]
    #[case::not_in_quiet_hours(digest_at(&["03:00"]), false, "04T12:00", "05T07:00")]
    #[case::in_quiet_hours(digest_at(&["03:00"]), true, "04T12:00", "05T03:00")]
    #[case::after_a_while(every(2), false, "04T12:00", "04T14:00")]
    #[case::after_a_while_and_the_night(every(2), false, "04T21:00", "05T07:00")]
    fn digests_come_at_their_times(
        #[case] digest: Digest,
        #[case] breaks_quiet: bool,
        #[case] now: &str,
        #[case] due: &str,
    ) {
        let telling = Telling {
            digest: Some(digest),
            breaks_quiet,
            ..Telling::default()
        };
        let held = until(&rule(&["d"], Urgency::Normal, telling), &[], now);
        assert_eq!(held, Some((AlertKind::Digest, at(due))));
    }

    #[rstest]
    #[case::fewer(&["04T11:30"], "04T12:00", None)]
    #[case::as_many(&["04T11:20", "04T11:30"], "04T12:00", Some("04T12:20"))]
    #[case::more(&["04T11:10", "04T11:20", "04T11:30"], "04T12:00", Some("04T12:20"))]
    #[case::into_the_night(&["04T21:10", "04T21:20"], "04T21:30", Some("05T07:00"))]
    fn a_rule_rings_as_often_as_it_may(
        #[case] rung: &[&str],
        #[case] now: &str,
        #[case] due: Option<&str>,
    ) {
        let telling = Telling {
            repeat: Some(Limit {
                most: 2,
                within: SignedDuration::from_hours(1),
            }),
            ..Telling::default()
        };
        let held = until(&rule(&["d"], Urgency::Normal, telling), rung, now);
        assert_eq!(held, due.map(|due| (AlertKind::Repeat, at(due))));
    }

    #[rstest]
    #[case::the_first(None, "04T12:00:20")]
    #[case::while_another_is_told(Some("04T12:00"), "04T12:05:00")]
    #[case::long_after(Some("04T10:00"), "04T12:00:20")]
    fn floods_are_told_with_time_between(#[case] last: Option<&str>, #[case] due: &str) {
        let limit = Limit {
            most: 8,
            within: SignedDuration::from_mins(5),
        };
        let quiet = nights(false);
        let hours = Hours {
            quiet: &quiet,
            zone: &TimeZone::UTC,
        };
        let (_, at) = flood(last.map(at), limit, hours, at("04T12:00"));
        assert_eq!(at, format!("2026-03-{due}Z").parse().unwrap());
    }

    /// Since when it is held, when it was to be told, the time now, and when it is told.
    #[rstest]
    #[case::as_planned(Gather::Quiet, "04T23:00", "05T07:00", "05T01:00", "05T07:00")]
    #[case::due_stays_due(Gather::Quiet, "04T23:00", "05T07:00", "05T07:30", "05T07:00")]
    #[case::not_quiet_any_more(Gather::Quiet, "04T23:00", "05T09:00", "05T08:00", "05T08:00")]
    #[case::the_clock_went_back(Gather::Quiet, "04T23:00", "05T07:00", "03T23:00", "04T07:00")]
    #[case::longer_than_planned(Gather::Quiet, "04T23:00", "05T06:00", "05T01:00", "05T07:00")]
    #[case::a_time_that_is_over_stays(
        Gather::Digest { times: digest_at(&["03:00"]), breaks: false },
        "04T23:00", "05T07:00", "05T04:00", "05T07:00"
    )]
    #[case::the_clock_went_back_before_a_digest(
        Gather::Digest { times: every(2), breaks: false },
        "20T12:00", "20T14:00", "04T12:00", "04T14:00"
    )]
    #[case::nothing_is_put_off_for_ever(
        Gather::Repeat { rule: "test".to_owned(), breaks: true },
        "30T12:00", "31T12:00", "04T12:00", "12T12:00"
    )]
    fn what_is_held_is_looked_at_again(
        #[case] gather: Gather,
        #[case] since: &str,
        #[case] planned: &str,
        #[case] now: &str,
        #[case] due_at: &str,
    ) {
        let quiet = nights(false);
        let hours = Hours {
            quiet: &quiet,
            zone: &TimeZone::UTC,
        };
        let looked = due(&gather, (at(since), at(planned)), hours, at(now));
        assert_eq!(looked, at(due_at));
    }

    #[test]
    fn another_zone_is_another_morning() {
        let quiet = nights(false);
        let tokyo = TimeZone::get("Asia/Tokyo").unwrap();
        let hours = Hours {
            quiet: &quiet,
            zone: &tokyo,
        };
        // It is nine in the morning there: what was held for the night is told.
        let now = at("05T00:00");
        let planned = (at("04T23:00"), at("05T07:00"));
        assert_eq!(due(&Gather::Quiet, planned, hours, now), now);
    }
}

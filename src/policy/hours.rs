//! When is it quiet, and when does a clock on the wall show a time? Right on days of 23 and 25 hours.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::model::{Quiet, QuietSpan};

/// Nothing is held for longer, whatever the clock or the configuration does meanwhile.
pub const LONGEST: SignedDuration = SignedDuration::from_hours(8 * 24);

/// When a clock on the wall shows `time` next. A time that the clocks skip in spring is the one an hour
/// later, of one that comes twice in autumn it is the first.
#[must_use]
pub fn next(time: Time, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let mut day = date(now, zone);
    // Where a whole day was skipped, its times are those of the day after.
    for _ in 0..3 {
        let at = begin(day, time, zone).filter(|at| *at > now);
        if at.is_some() {
            return at;
        }
        day = day.tomorrow().ok()?;
    }
    None
}

/// When the quiet hours end that it is in now; `None` if it is not quiet. Spans that meet are one.
#[must_use]
pub fn quiet_until(quiet: &Quiet, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let cap = now.saturating_add(LONGEST).unwrap_or(Timestamp::MAX);
    let mut until = now;
    while until < cap {
        let ends = quiet.hours.iter();
        let ends = ends.filter_map(|span| end_of(span, until, zone));
        match ends.max() {
            Some(end) => until = end.min(cap),
            None => break,
        }
    }
    (until > now).then_some(until)
}

/// When a span ends that has begun by `now` and lasts.
fn end_of(span: &QuietSpan, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let today = date(now, zone);
    [today.yesterday().ok()?, today]
        .into_iter()
        .filter(|day| span.days.is_empty() || span.days.contains(&day.weekday()))
        .filter_map(|day| {
            let last = if span.to <= span.from {
                day.tomorrow().ok()?
            } else {
                day
            };
            Some((begin(day, span.from, zone)?, end(last, span.to, zone)?))
        })
        .filter(|(begin, end)| *begin <= now && now < *end)
        .map(|(_, end)| end)
        .max()
}

fn date(now: Timestamp, zone: &TimeZone) -> Date {
    now.to_zoned_datetime(zone.clone()).date()
}

/// The first moment that the clocks show this time on this day.
fn begin(day: Date, time: Time, zone: &TimeZone) -> Option<Timestamp> {
    let at = zone.to_ambiguous_timestamp(day.to_datetime(time));
    at.compatible().ok()
}

/// The last moment that they do.
fn end(day: Date, time: Time, zone: &TimeZone) -> Option<Timestamp> {
    zone.to_ambiguous_timestamp(day.to_datetime(time))
        .later()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::Weekday;
    use rstest::rstest;

    fn berlin() -> TimeZone {
        TimeZone::get("Europe/Berlin").unwrap()
    }

    #[rstest]
    #[case::later_today("2026-03-04T05:06:07Z", "07:00", "2026-03-04T06:00:00Z")]
    #[case::not_now_but_tomorrow("2026-03-04T06:00:00Z", "07:00", "2026-03-05T06:00:00Z")]
    #[case::tomorrow_in_summer("2026-03-28T20:00:00Z", "07:00", "2026-03-29T05:00:00Z")]
    #[case::skipped_in_spring("2026-03-28T20:00:00Z", "02:30", "2026-03-29T01:30:00Z")]
    #[case::twice_in_autumn("2026-10-24T20:00:00Z", "02:30", "2026-10-25T00:30:00Z")]
    #[case::between_the_two("2026-10-25T00:30:00Z", "02:30", "2026-10-26T01:30:00Z")]
    fn the_next_time_of_day(#[case] now: &str, #[case] time: &str, #[case] expected: &str) {
        let next = next(time.parse().unwrap(), now.parse().unwrap(), &berlin());
        assert_eq!(next, Some(expected.parse().unwrap()));
    }

    fn span(from: &str, to: &str, days: &[Weekday]) -> QuietSpan {
        QuietSpan {
            from: from.parse().unwrap(),
            to: to.parse().unwrap(),
            days: days.to_vec(),
        }
    }

    /// Nights, and the whole of Saturday and Sunday.
    fn nights_and_weekends() -> Quiet {
        let days = [Weekday::Saturday, Weekday::Sunday];
        Quiet {
            hours: vec![span("22:00", "07:00", &[]), span("00:00", "00:00", &days)],
            ..Quiet::default()
        }
    }

    #[rstest]
    #[case::by_day("2026-03-04T12:00:00Z", None)]
    #[case::before_it_begins("2026-03-04T20:59:59Z", None)]
    #[case::when_it_begins("2026-03-04T21:00:00Z", Some("2026-03-05T06:00:00Z"))]
    #[case::after_midnight("2026-03-05T02:00:00Z", Some("2026-03-05T06:00:00Z"))]
    #[case::when_it_ends("2026-03-05T06:00:00Z", None)]
    // Winter nights end at six, summer ones at five, by the clock of Greenwich. Friday night, the
    // weekend and the night to Monday are one.
    #[case::into_a_weekend("2026-03-06T21:30:00Z", Some("2026-03-09T06:00:00Z"))]
    #[case::over_the_change_in_spring("2026-03-27T21:30:00Z", Some("2026-03-30T05:00:00Z"))]
    #[case::over_the_change_in_autumn("2026-10-23T21:00:00Z", Some("2026-10-26T06:00:00Z"))]
    #[case::a_summer_evening("2026-07-01T19:59:00Z", None)]
    #[case::a_summer_night("2026-07-01T20:00:00Z", Some("2026-07-02T05:00:00Z"))]
    fn quiet_hours_end(#[case] now: &str, #[case] until: Option<&str>) {
        let until = until.map(|until| until.parse().unwrap());
        let now = now.parse().unwrap();
        assert_eq!(quiet_until(&nights_and_weekends(), now, &berlin()), until);
    }

    #[rstest]
    #[case::skipped("2026-03-29T00:30:00Z", Some("2026-03-29T01:30:00Z"))]
    #[case::the_first_of_two("2026-10-25T00:15:00Z", Some("2026-10-25T01:30:00Z"))]
    #[case::between_the_two("2026-10-25T00:45:00Z", Some("2026-10-25T01:30:00Z"))]
    #[case::the_second_of_two("2026-10-25T01:15:00Z", Some("2026-10-25T01:30:00Z"))]
    #[case::after_both("2026-10-25T01:30:00Z", None)]
    fn an_end_within_the_changed_hour(#[case] now: &str, #[case] until: Option<&str>) {
        let quiet = Quiet {
            hours: vec![span("01:00", "02:30", &[])],
            ..Quiet::default()
        };
        let until = until.map(|until| until.parse().unwrap());
        assert_eq!(quiet_until(&quiet, now.parse().unwrap(), &berlin()), until);
    }

    #[test]
    fn a_span_belongs_to_the_day_it_begins_on() {
        let quiet = Quiet {
            hours: vec![span("23:00", "10:00", &[Weekday::Friday])],
            ..Quiet::default()
        };
        let at = |now: &str| quiet_until(&quiet, now.parse().unwrap(), &TimeZone::UTC);
        assert_eq!(at("2026-03-06T09:00:00Z"), None, "Friday morning");
        assert!(at("2026-03-06T23:30:00Z").is_some(), "Friday night");
        assert!(at("2026-03-07T09:00:00Z").is_some(), "Saturday morning");
        assert_eq!(at("2026-03-07T23:30:00Z"), None, "Saturday night");
    }

    #[test]
    fn nothing_is_quiet_for_ever() {
        let quiet = Quiet {
            hours: vec![span("00:00", "12:00", &[]), span("12:00", "00:00", &[])],
            ..Quiet::default()
        };
        let now = "2026-03-04T05:06:07Z".parse().unwrap();
        let until = quiet_until(&quiet, now, &berlin());
        assert_eq!(until, Some(now + LONGEST));
        assert_eq!(quiet_until(&Quiet::default(), now, &berlin()), None);
    }
}

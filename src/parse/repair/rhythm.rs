//! When does a feed say that it changes?
//!
//! RSS 2.0 has `ttl` in minutes, `skipHours` of `hour` and `skipDays` of `day`, in GMT
//! (<https://www.rssboard.org/rss-specification>); RSS 1.0 the module Syndication
//! (<https://web.resource.org/rss/1.0/modules/syndication/>).

use super::names::Part;
use crate::model::Rhythm;

/// What the parts of a feed have said so far.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said {
    rhythm: Rhythm,
    /// Minutes in the period.
    period: Option<u32>,
    /// How often it changes in one.
    frequency: u32,
}

impl Said {
    pub(super) fn new() -> Said {
        Said {
            rhythm: Rhythm::default(),
            period: None,
            frequency: 1,
        }
    }

    /// Takes a part of the feed; what makes no sense says nothing.
    pub(super) fn take(&mut self, part: Part, text: &str) {
        let text = text.trim();
        match part {
            Part::Ttl => self.rhythm.ttl = text.parse().ok().filter(|ttl| *ttl > 0),
            Part::Hour => {
                // Some count from 1 to 24: the last is the first of the next day.
                if let Some(hour) = text.parse::<u32>().ok().filter(|hour| *hour <= 24) {
                    self.rhythm.skip_hours |= 1 << (hour % 24);
                }
            }
            Part::Day => {
                if let Some(day) = day(text) {
                    self.rhythm.skip_days |= 1 << day;
                }
            }
            Part::UpdatePeriod => self.period = minutes(text),
            Part::UpdateFrequency => {
                self.frequency = text.parse().ok().filter(|often| *often > 0).unwrap_or(1);
            }
            _ => {}
        }
    }

    pub(super) fn rhythm(self) -> Rhythm {
        // The module's default is daily; a frequency alone says too little to be trusted.
        let period = self.period.map(|period| period / self.frequency);
        Rhythm {
            period: period.filter(|minutes| *minutes > 0),
            ..self.rhythm
        }
    }
}

/// Minutes in an `updatePeriod`.
fn minutes(text: &str) -> Option<u32> {
    const DAY: u32 = 24 * 60;
    let minutes = match text.to_ascii_lowercase().as_str() {
        "hourly" => 60,
        "daily" => DAY,
        "weekly" => 7 * DAY,
        "monthly" => 30 * DAY,
        "yearly" => 365 * DAY,
        _ => return None,
    };
    Some(minutes)
}

/// A day of the week, from Monday.
fn day(text: &str) -> Option<usize> {
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let begin = text.get(..3)?.to_ascii_lowercase();
    days.iter().position(|day| *day == begin)
}

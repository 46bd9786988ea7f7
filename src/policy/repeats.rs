//! Does a feed bring as new what it brought before, or what is long past?

use jiff::{SignedDuration, Timestamp};

use crate::model::{ItemId, Why};

/// Fewer new items say nothing of their feed.
pub const FEWEST: usize = 5;

/// An archive is at least so many items; fewer with old dates may be news of old papers.
const ARCHIVE: usize = 20;

/// Of the new items, this share must be repeats: four of five.
const SHARE: (usize, usize) = (4, 5);

/// What is dated so long before a feed was first read was there before we looked.
const BEFORE: SignedDuration = SignedDuration::from_hours(24);

/// What is dated so long ago would have been seen when it came out.
const PAST: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A feed that repeats itself is told of again only if it has not for so long.
const SAID: SignedDuration = SignedDuration::from_hours(7 * 24);

/// An item that is new by its key, beside what its feed has carried.
#[derive(Clone, Copy, Debug)]
pub struct New {
    /// The item.
    pub item: ItemId,
    /// When it was published, if its feed said so.
    pub published: Option<Timestamp>,
    /// Whether the feed has carried the same title and text.
    pub same_content: bool,
    /// Whether it has carried the same headline, or the same link under no more than one item.
    pub same_name: bool,
}

/// When a feed was read.
#[derive(Clone, Copy, Debug)]
pub struct Readings {
    /// First.
    pub first: Timestamp,
    /// Last, before now.
    pub last: Timestamp,
    /// When it was last found to repeat itself.
    pub repeated: Option<Timestamp>,
}

/// Which of the new items are repeats and why, if they are so many that the feed repeats itself.
#[must_use]
pub fn repeats(new: &[New], readings: Readings, now: Timestamp) -> Vec<(ItemId, Why)> {
    let last = readings.last.min(now);
    let past = now.saturating_sub(PAST).unwrap_or(Timestamp::MIN);
    let first = readings.first.min(now);
    let past = past.max(first.saturating_sub(BEFORE).unwrap_or(Timestamp::MIN));
    let why = |new: &New| {
        // The same name under a date since then is another issue of it.
        let is_fresh = new.published.is_some_and(|published| published > last);
        let again = new.same_content || (new.same_name && !is_fresh);
        if again {
            return Some(Why::Rekeyed);
        }
        let published = new.published.filter(|published| *published < past)?;
        Some(Why::Replayed { published })
    };
    let found: Vec<(ItemId, Why)> = new
        .iter()
        .filter_map(|new| Some((new.item, why(new)?)))
        .collect();
    let again = found.iter();
    let again = again.filter(|(_, why)| *why == Why::Rekeyed).count();
    let many = found.len() * SHARE.1 >= new.len() * SHARE.0;
    let enough = again >= FEWEST || found.len() >= ARCHIVE;
    if many && enough { found } else { Vec::new() }
}

/// Whether a person has been told lately that a feed repeats itself.
#[must_use]
pub fn was_said(readings: Readings, now: Timestamp) -> bool {
    let said = readings.repeated;
    said.is_some_and(|said| now.duration_since(said.min(now)) < SAID)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn hours_ago(hours: i64) -> Timestamp {
        let now: Timestamp = "2026-03-04T05:06:07Z".parse().unwrap();
        now - SignedDuration::from_hours(hours)
    }

    /// Items published so many hours ago.
    fn new(count: i64, published: Option<i64>, same: (bool, bool)) -> Vec<New> {
        (0..count)
            .map(|n| New {
                item: ItemId(n),
                published: published.map(hours_ago),
                same_content: same.0,
                same_name: same.1,
            })
            .collect()
    }

    /// How many of them are repeats, in a feed first read ten days ago and last an hour ago.
    fn found(new: &[New]) -> usize {
        let readings = Readings {
            first: hours_ago(240),
            last: hours_ago(1),
            repeated: None,
        };
        repeats(new, readings, hours_ago(0)).len()
    }

    #[rstest]
    #[case::rekeyed_without_dates(new(5, None, (false, true)), 5)]
    #[case::rekeyed(new(5, Some(9), (true, true)), 5)]
    #[case::rekeyed_with_fresh_dates(new(5, Some(0), (true, true)), 5)]
    #[case::the_next_issues_of_the_same_columns(new(9, Some(0), (false, true)), 0)]
    #[case::too_few_to_tell(new(4, None, (true, true)), 0)]
    #[case::news(new(50, Some(0), (false, false)), 0)]
    #[case::news_without_dates(new(50, None, (false, false)), 0)]
    #[case::an_archive(new(20, Some(265), (false, false)), 20)]
    #[case::old_papers(new(19, Some(265), (false, false)), 0)]
    #[case::papers_since_it_is_read(new(50, Some(200), (false, false)), 0)]
    #[case::half_and_half([new(10, None, (true, true)), new(10, Some(0), (false, false))].concat(), 0)]
    #[case::most([new(8, None, (true, true)), new(2, Some(0), (false, false))].concat(), 8)]
    #[case::nothing(Vec::new(), 0)]
    fn repeats_are_told_from_news(#[case] new: Vec<New>, #[case] expected: usize) {
        assert_eq!(found(&new), expected);
    }

    #[test]
    fn each_repeat_says_why() {
        let mut items = new(20, Some(999), (false, false));
        items.extend(new(1, None, (true, false)));
        let readings = Readings {
            first: hours_ago(240),
            last: hours_ago(1),
            repeated: None,
        };
        let found = repeats(&items, readings, hours_ago(0));
        let published = hours_ago(999);
        assert_eq!(found[0].1, Why::Replayed { published });
        assert_eq!(found[20].1, Why::Rekeyed);
    }

    #[rstest]
    #[case::never(None, false)]
    #[case::lately(Some(24), true)]
    #[case::long_ago(Some(7 * 24), false)]
    #[case::by_a_clock_that_was_ahead(Some(-99), true)]
    fn it_is_said_once(#[case] hours: Option<i64>, #[case] said: bool) {
        let readings = Readings {
            first: hours_ago(240),
            last: hours_ago(1),
            repeated: hours.map(hours_ago),
        };
        assert_eq!(was_said(readings, hours_ago(0)), said);
    }
}

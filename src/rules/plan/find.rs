//! Where do words stand in an item?

use unicode_normalization::UnicodeNormalization;

use super::{Asked, Id, Node};
use crate::model::Field;
use crate::rules::forms::{ANY, Form};
use crate::rules::text_of;
use crate::text;

/// Places of one side of NEAR or THEN that are looked at.
pub(crate) const NEAR_PLACES: usize = 20_000;

/// Where a phrase stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// Position of its first word.
    pub(crate) first: u32,
    /// Position after its last word.
    pub(crate) after: u32,
    /// First byte.
    pub(crate) start: u32,
    /// First byte after it.
    pub(crate) end: u32,
}

impl Place {
    /// How many words it has.
    fn words(&self) -> u32 {
        self.after - self.first
    }
}

/// How far a phrase has been followed: the next position and the byte after the last word.
type End = (u32, u32);

/// The readings of a phrase in code: for each stretch the number of its readings, for each reading
/// the number of its forms, and the forms.
#[derive(Clone, Copy)]
pub(crate) struct Stretches<'c>(pub(crate) &'c [u32]);

impl<'c> Stretches<'c> {
    /// The readings of the first stretch, and the stretches after it.
    pub(crate) fn split(self) -> Option<(Vec<&'c [Form]>, Stretches<'c>)> {
        let (count, mut rest) = self.0.split_first()?;
        let mut readings = Vec::with_capacity(*count as usize);
        for _ in 0..*count {
            let (length, after) = rest.split_first()?;
            let (reading, after) = after.split_at_checked(*length as usize)?;
            readings.push(reading);
            rest = after;
        }
        Some((readings, Stretches(rest)))
    }
}

impl Asked<'_> {
    /// Where a phrase stands, at most `most` places, in order.
    pub(crate) fn places(&self, id: Id, most: usize) -> Vec<Place> {
        match self.plan.node(id) {
            Node::Row { field, forms } => self.row(field, forms, most),
            Node::Lattice { field, code } => self.lattice(field, Stretches(code), most),
            Node::Exact { inner, spelled } => {
                let mut places = self.places(inner, NEAR_PLACES);
                let spelled = self.plan.spelled.get(spelled as usize);
                let spelled = spelled.map_or("", String::as_str);
                places.retain(|place| self.is_spelled(place, spelled));
                places.truncate(most);
                places
            }
            _ => Vec::new(),
        }
    }

    fn is_spelled(&self, place: &Place, spelled: &str) -> bool {
        let Some(field) = self.reading.field_at(place.first) else {
            return false;
        };
        let text = text_of(self.subject, field);
        text.get(place.start as usize..place.end as usize)
            .is_some_and(|text| text == spelled || as_spelled(text) == spelled)
    }

    fn row(&self, field: Option<Field>, forms: &[Form], most: usize) -> Vec<Place> {
        self.rows(field, forms).take(most).collect()
    }

    /// Where words stand in a row, in order.
    pub(crate) fn rows(&self, field: Option<Field>, forms: &[Form]) -> impl Iterator<Item = Place> {
        let (first, rest) = forms.split_first().unwrap_or((&ANY, &[]));
        let all = rest
            .iter()
            .all(|form| *form == ANY || self.reading.has(*form));
        let starts = all.then(|| self.reading.places(*first));
        starts.into_iter().flatten().filter_map(move |token| {
            if !self.reading.looks_at(field, token.first) {
                return None;
            }
            let (after, end) = self.follow_row(rest, (token.after, token.end))?;
            Some(Place {
                first: token.first,
                after,
                start: token.start,
                end,
            })
        })
    }

    /// Where a row ends that goes on at `from`. Words that are joined take several positions, so that
    /// a row may go on in several ways; the one that ends first is taken.
    fn follow_row(&self, forms: &[Form], from: End) -> Option<End> {
        let Some((form, rest)) = forms.split_first() else {
            return Some(from);
        };
        let mut next = self.reading.at(from.0, *form);
        let first = next.next()?;
        let first_end = (first.after, first.end);
        let Some(second) = next.next() else {
            return self.follow_row(rest, first_end);
        };
        let mut ends = vec![first_end, (second.after, second.end)];
        ends.extend(next.map(|token| (token.after, token.end)));
        for form in rest {
            ends = self.step(*form, &ends);
        }
        ends.into_iter().min()
    }

    fn lattice(&self, field: Option<Field>, stretches: Stretches<'_>, most: usize) -> Vec<Place> {
        let mut found = Vec::new();
        let Some((readings, rest)) = stretches.split() else {
            return found;
        };
        for reading in readings {
            let Some((form, more)) = reading.split_first() else {
                continue;
            };
            let mut count = 0;
            for token in self.reading.places(*form) {
                if !self.reading.looks_at(field, token.first) {
                    continue;
                }
                let mut ends = vec![(token.after, token.end)];
                for form in more {
                    ends = self.step(*form, &ends);
                }
                let end = self.follow(rest, ends).into_iter().min();
                if let Some((after, end)) = end {
                    found.push(Place {
                        first: token.first,
                        after,
                        start: token.start,
                        end,
                    });
                    count += 1;
                }
                if count == most {
                    break;
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        found.truncate(most);
        found
    }

    /// Where a form may end that begins at one of these ends.
    fn step(&self, form: Form, from: &[End]) -> Vec<End> {
        let mut ends: Vec<End> = from
            .iter()
            .flat_map(|(position, _)| self.reading.at(*position, form))
            .map(|token| (token.after, token.end))
            .collect();
        ends.sort_unstable();
        ends.dedup_by_key(|(position, _)| *position);
        ends
    }

    /// Where the stretches may end that begin at one of these ends, each in any of its readings.
    fn follow(&self, stretches: Stretches<'_>, from: Vec<End>) -> Vec<End> {
        // All ends at once: going back to try the other reading doubles the work with each stretch.
        let mut ends = from;
        let mut left = stretches;
        while let Some((readings, rest)) = left.split() {
            if ends.is_empty() {
                break;
            }
            let mut next: Vec<End> = Vec::new();
            for reading in readings {
                let mut reached = ends.clone();
                for form in reading {
                    reached = self.step(*form, &reached);
                }
                next.append(&mut reached);
            }
            next.sort_unstable();
            next.dedup_by_key(|(position, _)| *position);
            ends = next;
            left = rest;
        }
        ends
    }

    /// Pairs of places that stand close, each with the index of its phrase on its side; at most
    /// `most` in each field.
    pub(crate) fn near(&self, id: Id, most: usize) -> Vec<((Place, usize), (Place, usize))> {
        let Node::Near {
            left,
            right,
            distance,
            ordered,
        } = self.plan.node(id)
        else {
            return Vec::new();
        };
        let places = |side: &[Id]| {
            let mut places: Vec<(Place, usize)> = Vec::new();
            for (index, id) in side.iter().enumerate() {
                let found = self.places(*id, NEAR_PLACES);
                places.extend(found.into_iter().map(|place| (place, index)));
            }
            places.sort_unstable();
            places
        };
        let left = places(left);
        if left.is_empty() {
            return Vec::new();
        }
        let right = places(right);
        let longest = right
            .iter()
            .map(|(place, _)| place.words())
            .max()
            .unwrap_or(0);
        let mut found = Vec::new();
        let (mut begin, mut count, mut field) = (0, 0, None);
        for one @ (place, _) in &left {
            let here = self.reading.field_at(place.first);
            if here != field {
                (field, count) = (here, 0);
            }
            if count == most {
                continue;
            }
            // What begins too far before this one is too far from all that follow.
            let too_far = |other: &Place| other.first + distance + longest < place.first;
            while right.get(begin).is_some_and(|(other, _)| too_far(other)) {
                begin += 1;
            }
            let reach = place.after + distance;
            let near = right[begin..]
                .iter()
                .take_while(|(other, _)| other.first < reach)
                .find(|(other, _)| fits(place, other, distance, ordered));
            if let Some(other) = near {
                found.push((*one, *other));
                count += 1;
                if most == 1 {
                    return found;
                }
            }
        }
        found
    }
}

/// Whether two places are close enough and in the right order. A word is not near itself.
fn fits(left: &Place, right: &Place, distance: u32, ordered: bool) -> bool {
    let gap = if left.after <= right.first {
        right.first - left.after
    } else if right.after <= left.first && !ordered {
        left.first - right.after
    } else {
        return false;
    };
    gap < distance
}

/// A text as people see it spelled: in NFKC, without what is not seen, with single spaces.
pub(crate) fn as_spelled(text: &str) -> String {
    let visible: String = text.nfkc().filter(|char| !text::is_unseen(*char)).collect();
    let words: Vec<&str> = visible.split_whitespace().collect();
    words.join(" ")
}

//! Which stories have the most of an item's telling words?

use super::vocabulary::Slot;
use crate::text::prefetch;

/// Slots that come together in a line of memory.
const LINE: usize = 32;

/// How many telling words of an item each story has: kept from one item to the next to be fast.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// By slot.
    weights: Vec<f32>,
    /// The slots whose weight is not zero, and room for more.
    found: Vec<Slot>,
    count: usize,
    /// Those with the most, the most first, each with its weight.
    best: Vec<u64>,
}

impl Tally {
    /// Adds to what stories have, whose slots are below `room`: each list with its weight, which is above zero.
    pub(super) fn add(&mut self, lists: &[(&[Slot], f32)], room: usize) {
        // Before anything waits for an answer, all of them are asked for.
        for (slots, _) in lists {
            for at in (0..slots.len()).step_by(LINE) {
                prefetch(slots, at);
            }
        }
        if room > self.weights.len() {
            self.weights.resize(room, 0.0);
        }
        let slots: usize = lists.iter().map(|(slots, _)| slots.len()).sum();
        let room = self.count + slots;
        if room > self.found.len() {
            self.found.resize(room, 0);
        }
        for (slots, weight) in lists {
            self.add_to(slots, *weight);
        }
    }

    /// Each slot is written down, and the next one over it if it was known: that cannot be foreseen.
    fn add_to(&mut self, slots: &[Slot], weight: f32) {
        let mut count = self.count;
        for slot in slots {
            if let Some(sum) = self.weights.get_mut(usize::from(*slot))
                && let Some(room) = self.found.get_mut(count)
            {
                *room = *slot;
                count += usize::from(*sum == 0.0);
                *sum += weight;
            }
        }
        self.count = count;
    }

    /// The slots with the most, the most first; begins anew.
    pub(super) fn most(&mut self, number: usize) -> impl Iterator<Item = Slot> {
        self.best.clear();
        // Where the best end: most are beyond, and only looked at.
        let mut end = u64::MAX;
        let found = self.found.iter().take(std::mem::take(&mut self.count));
        for slot in found {
            let Some(weight) = self.weights.get_mut(usize::from(*slot)) else {
                continue;
            };
            // Above zero, numbers are in the order of their bits. Of equals, the lower slot is first.
            let one = u64::from(!std::mem::take(weight).to_bits()) << 32 | u64::from(*slot);
            if one >= end {
                continue;
            }
            let at = self.best.partition_point(|other| *other < one);
            self.best.insert(at, one);
            self.best.truncate(number);
            if self.best.len() == number
                && let Some(last) = self.best.last()
            {
                end = *last;
            }
        }
        #[expect(clippy::cast_possible_truncation, reason = "the half that is the slot")]
        self.best.iter().map(|one| *one as Slot)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::collection::{btree_set, vec};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn those_with_the_most_are_found_each_time_anew(
            items in vec(vec((btree_set(0_u16..60, 0..40), 1_u8..5), 0..8), 1..4),
        ) {
            let mut tally = Tally::default();
            for lists in items {
                let lists: Vec<(Vec<Slot>, f32)> = lists
                    .into_iter()
                    .map(|(slots, weight)| (slots.into_iter().collect(), weight.into()))
                    .collect();
                let mut sums: BTreeMap<Slot, f32> = BTreeMap::new();
                for (slots, weight) in &lists {
                    for slot in slots {
                        *sums.entry(*slot).or_default() += *weight;
                    }
                }
                let mut order: Vec<(Slot, f32)> = sums.into_iter().collect();
                order.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
                let most: Vec<Slot> = order.iter().take(16).map(|(slot, _)| *slot).collect();

                let lent: Vec<(&[Slot], f32)> =
                    lists.iter().map(|(slots, weight)| (&**slots, *weight)).collect();
                tally.add(&lent, 60);
                prop_assert_eq!(tally.most(16).collect::<Vec<_>>(), most);
            }
        }
    }
}

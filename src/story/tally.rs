//! Which stories have the most of an item's telling words?

use super::vocabulary::Slot;

/// How many telling words of an item each story has: kept from one item to the next to be fast.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// By slot.
    weights: Vec<f32>,
    /// The slots whose weight is not zero.
    found: Vec<Slot>,
    /// Those with their weights, to be put in order.
    order: Vec<u64>,
}

impl Tally {
    /// Adds to what stories have: each list with its weight, which is above zero.
    pub(super) fn add(&mut self, lists: &[(&[Slot], f32)]) {
        // Before anything waits for an answer, all of them are asked for.
        let last = lists.iter().filter_map(|(slots, _)| slots.iter().max());
        let room = last.max().map_or(0, |last| usize::from(*last) + 1);
        if room > self.weights.len() {
            self.weights.resize(room, 0.0);
        }
        for (slots, weight) in lists {
            self.add_to(slots, *weight);
        }
    }

    fn add_to(&mut self, slots: &[Slot], weight: f32) {
        for slot in slots {
            if let Some(sum) = self.weights.get_mut(usize::from(*slot)) {
                if *sum == 0.0 {
                    self.found.push(*slot);
                }
                *sum += weight;
            }
        }
    }

    /// The slots with the most, the most first; begins anew.
    pub(super) fn most(&mut self, number: usize) -> impl Iterator<Item = Slot> {
        let weights = &mut self.weights;
        self.order.clear();
        self.order.extend(self.found.drain(..).filter_map(|slot| {
            let weight = weights.get_mut(usize::from(slot)).map(std::mem::take)?;
            // Above zero, numbers are in the order of their bits. Of equals, the lower slot is first.
            Some(u64::from(!weight.to_bits()) << 32 | u64::from(slot))
        }));
        if self.order.len() > number {
            self.order.select_nth_unstable(number);
            self.order.truncate(number);
        }
        self.order.sort_unstable();
        #[expect(clippy::cast_possible_truncation, reason = "the half that is the slot")]
        self.order.iter().map(|one| *one as Slot)
    }
}

//! Which stories have the most of an item's telling words?

use super::vocabulary::Slot;

/// How many telling words of an item each story has: kept from one item to the next to be fast.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// By slot.
    weights: Vec<f32>,
    /// The slots whose weight is not zero.
    found: Vec<Slot>,
}

impl Tally {
    pub(super) fn add(&mut self, slot: Slot, weight: f32) {
        let at = slot as usize;
        if at >= self.weights.len() {
            self.weights.resize(at + 1, 0.0);
        }
        if let Some(sum) = self.weights.get_mut(at) {
            if *sum == 0.0 {
                self.found.push(slot);
            }
            *sum += weight;
        }
    }

    /// The slots with the most, the most first; begins anew.
    pub(super) fn most(&mut self, number: usize) -> Vec<Slot> {
        let mut found: Vec<(f32, Slot)> = self
            .found
            .drain(..)
            .filter_map(|slot| {
                let weight = self.weights.get_mut(slot as usize).map(std::mem::take)?;
                Some((weight, slot))
            })
            .collect();
        let order = |a: &(f32, Slot), b: &(f32, Slot)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
        if found.len() > number {
            found.select_nth_unstable_by(number, order);
            found.truncate(number);
        }
        found.sort_by(order);
        found.into_iter().map(|(_, slot)| slot).collect()
    }
}

//! Which of these are kept, if that cannot be foreseen?
//!
//! A processor that guesses wrong loses more time than it takes to write something down. So each is
//! written down in any case, and the next one over it if it is not kept.

/// What is written down of a row in any case: most rows are shorter.
const FEW: usize = 8;

/// What is kept, and room for more.
#[derive(Debug)]
pub(super) struct Kept<T> {
    all: Vec<T>,
    count: usize,
}

impl<T> Default for Kept<T> {
    fn default() -> Kept<T> {
        Kept {
            all: Vec::new(),
            count: 0,
        }
    }
}

impl<T: Copy + Default> Kept<T> {
    pub(super) fn clear(&mut self) {
        self.count = 0;
    }

    /// What is kept, in the order in which it came.
    pub(super) fn all(&self) -> &[T] {
        &self.all[..self.count]
    }

    pub(super) fn all_mut(&mut self) -> &mut [T] {
        &mut self.all[..self.count]
    }

    /// Keeps those of these that are said to be kept.
    #[inline]
    pub(super) fn extend(&mut self, all: impl ExactSizeIterator<Item = (T, bool)>) {
        self.reserve(all.len());
        let (room, mut count) = (self.all.as_mut_slice(), self.count);
        for (one, is_kept) in all {
            if let Some(room) = room.get_mut(count) {
                *room = one;
            }
            count += usize::from(is_kept);
        }
        self.count = count;
    }

    /// Keeps one, if it is said to be kept.
    #[inline]
    pub(super) fn push(&mut self, one: T, is_kept: bool) {
        self.reserve(1);
        if let Some(room) = self.all.get_mut(self.count) {
            *room = one;
        }
        self.count += usize::from(is_kept);
    }

    /// Keeps so many in a row, each made of its place in the row.
    #[inline]
    pub(super) fn push_row(&mut self, length: usize, make: impl Fn(u32) -> T) {
        self.reserve(length.max(FEW));
        let room = self.all.get_mut(self.count..).unwrap_or_default();
        self.count += length;
        if let Some(few) = room.first_chunk_mut::<FEW>() {
            for (room, at) in few.iter_mut().zip(0..) {
                *room = make(at);
            }
        }
        if length > FEW {
            for (room, at) in room[..length].iter_mut().zip(0..) {
                *room = make(at);
            }
        }
    }

    /// Makes room for more.
    #[inline]
    fn reserve(&mut self, more: usize) {
        let most = self.count + more;
        if self.all.len() < most {
            self.all.resize(2 * most, T::default());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_kept_leaves_nothing() {
        let mut kept = Kept::default();
        for _ in 0..2 {
            kept.clear();
            kept.extend(
                (0_u32..100)
                    .map(|n| (n, n % 3 == 0))
                    .collect::<Vec<_>>()
                    .into_iter(),
            );
            kept.push(100, false);
            kept.push(101, true);
            let expected: Vec<u32> = (0..100).step_by(3).chain([101]).collect();
            assert_eq!(kept.all(), expected);
        }
    }

    #[test]
    fn rows_of_any_length_stand_one_after_the_other() {
        let mut kept = Kept::default();
        let mut expected = Vec::new();
        for length in (0..2 * FEW).chain([1, 0, 3 * FEW]) {
            kept.push_row(length, |at| (length, at));
            expected.extend((0_u32..).take(length).map(|at| (length, at)));
            assert_eq!(kept.all(), expected);
        }
    }
}

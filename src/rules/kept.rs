//! Which of these are kept, if that cannot be foreseen?
//!
//! A processor that guesses wrong loses more time than it takes to write something down. So each is
//! written down in any case, and the next one over it if it is not kept.

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

    /// Makes room for so many more, and takes them.
    #[inline]
    pub(super) fn take(&mut self, most: usize) -> Taker<'_, T> {
        let most = self.count + most;
        if self.all.len() < most {
            self.all.resize(2 * most, T::default());
        }
        Taker {
            room: &mut self.all,
            count: self.count,
            kept: &mut self.count,
        }
    }

    /// Takes all of these.
    #[inline]
    pub(super) fn extend(&mut self, all: impl ExactSizeIterator<Item = (T, bool)>) {
        let mut taker = self.take(all.len());
        for (each, is_kept) in all {
            taker.add(each, is_kept);
        }
    }

    /// Adds one.
    #[inline]
    pub(super) fn push(&mut self, one: T, is_kept: bool) {
        self.take(1).add(one, is_kept);
    }
}

/// Takes what may be kept.
pub(super) struct Taker<'k, T> {
    room: &'k mut [T],
    count: usize,
    kept: &'k mut usize,
}

impl<T> Taker<'_, T> {
    #[inline]
    pub(super) fn add(&mut self, one: T, is_kept: bool) {
        if let Some(room) = self.room.get_mut(self.count) {
            *room = one;
        }
        self.count += usize::from(is_kept);
    }
}

impl<T> Drop for Taker<'_, T> {
    fn drop(&mut self) {
        *self.kept = self.count;
    }
}

/// Numbers of a range that are written down in any case: most ranges have fewer.
const FEW: usize = 8;

impl Kept<u32> {
    /// Keeps all numbers of these ranges, each from its first to before its end.
    #[inline(never)]
    pub(super) fn extend_ranges(&mut self, ranges: impl Iterator<Item = (u32, u32)>) {
        let (mut all, mut count) = (self.all.as_mut_slice(), self.count);
        for (start, end) in ranges {
            let length = end.wrapping_sub(start) as usize;
            let after = count + length;
            if all.len() < after + FEW {
                self.all.resize(2 * (after + FEW), 0);
                all = &mut self.all;
            }
            if let Some(few) = all[count..].first_chunk_mut::<FEW>() {
                let mut number = start;
                for room in few {
                    *room = number;
                    number = number.wrapping_add(1);
                }
            }
            if length > FEW {
                for (room, number) in all[count..after].iter_mut().zip(start..end) {
                    *room = number;
                }
            }
            count = after;
        }
        self.count = count;
    }
}

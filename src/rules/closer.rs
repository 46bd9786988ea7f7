//! Which words of a batch are looked at closer?
//!
//! Which ones cannot be foreseen: so the numbers of several words are looked at together.

use wide::u32x4;

use super::forms::{FITS, Form, LEFT, NONE, RIGHT};
use crate::text::BATCH;

/// Words of a batch, by their places in it, a bit each.
#[derive(Debug, Default)]
pub(super) struct Closer {
    /// May be the left one of a pair.
    pub(super) left: u64,
    /// May be the right one.
    pub(super) right: u64,
    /// Begin or end with something that is looked for.
    pub(super) fits: u64,
    /// No rule looks for them as a whole.
    pub(super) strangers: u64,
}

impl Closer {
    /// Looks at the forms of so many words, with their marks.
    #[inline]
    pub(super) fn look(forms: &[Form; BATCH], count: usize) -> Closer {
        let mut closer = Closer::default();
        let (chunks, _) = forms.as_chunks::<4>();
        let chunks = chunks.iter().take(count.div_ceil(4));
        for (chunk, shift) in chunks.zip((0..BATCH).step_by(4)) {
            let four = u32x4::new(*chunk);
            let bits = |which: u32x4| u64::from(which.to_bitmask()) << shift;
            let marked = |mark: Form| bits(four << mark.leading_zeros());
            closer.left |= marked(LEFT);
            closer.right |= marked(RIGHT);
            closer.fits |= marked(FITS);
            closer.strangers |= bits(four.simd_eq(u32x4::splat(NONE)));
        }
        if count < BATCH {
            closer.strangers &= (1 << count) - 1;
        }
        closer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::forms::MARKS;

    #[test]
    fn every_word_is_looked_at_by_its_marks() {
        let mut random = fastrand::Rng::with_seed(1);
        for count in 1..=BATCH {
            let mut forms = [NONE; BATCH];
            for form in &mut forms[..count] {
                *form = match random.u32(0..5) {
                    0 => NONE,
                    _ => random.u32(0..1 << 20) | random.u32(..) & MARKS,
                };
            }
            let closer = Closer::look(&forms, count);
            for (form, at) in forms.iter().zip(0..) {
                let is_known = *form != NONE;
                let bits = [closer.left, closer.right, closer.fits, closer.strangers];
                let expected = [
                    is_known && form & LEFT != 0,
                    is_known && form & RIGHT != 0,
                    is_known && form & FITS != 0,
                    !is_known && at < count,
                ];
                assert_eq!(
                    bits.map(|bits| bits >> at & 1 == 1),
                    expected,
                    "{at} of {count}"
                );
            }
        }
    }
}

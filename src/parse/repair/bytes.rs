//! Where in a text stand the few bytes that have to be looked at?
//!
//! Sixteen bytes are looked at together, since in most of a text there are none.

use wide::u8x16;

/// Bytes that are looked at in one step.
const STEP: usize = 16;

/// Calls `found` with the place of every byte of a text that `is` one; never of a space.
pub(super) fn places(text: &str, is: impl Fn(u8x16) -> u8x16, mut found: impl FnMut(usize)) {
    let mut look = |step: [u8; STEP], base: usize| {
        let mut left = is(u8x16::new(step)).to_bitmask();
        while left != 0 {
            found(base + left.trailing_zeros() as usize);
            left &= left - 1;
        }
    };
    let (steps, rest) = text.as_bytes().as_chunks();
    for (step, base) in steps.iter().zip((0..).step_by(STEP)) {
        look(*step, base);
    }
    let mut last = [b' '; STEP];
    last[..rest.len()].copy_from_slice(rest);
    look(last, text.len() - rest.len());
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_place_is_found_once_and_in_order(text in "[&ax é]{0,50}") {
            let mut found = Vec::new();
            places(&text, |step| step.simd_eq(u8x16::splat(b'&')), |at| found.push(at));
            let all: Vec<usize> = text.match_indices('&').map(|(at, _)| at).collect();
            prop_assert_eq!(found, all);
        }
    }
}

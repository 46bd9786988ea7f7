//! How is a number kept in three bytes? There are hundreds of thousands of them.

/// A number below 2^24; a greater one becomes the greatest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct U24([u8; 3]);

const MAX: u32 = (1 << 24) - 1;

impl U24 {
    pub(super) fn of(number: u32) -> U24 {
        let [low, middle, high, _] = number.min(MAX).to_le_bytes();
        U24([low, middle, high])
    }

    pub(super) fn get(self) -> u32 {
        let [low, middle, high] = self.0;
        u32::from_le_bytes([low, middle, high, 0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_what_they_were_up_to_the_greatest() {
        for number in [0, 1, 255, 256, 65_536, MAX - 1, MAX] {
            assert_eq!(U24::of(number).get(), number);
        }
        assert_eq!(U24::of(MAX + 1).get(), MAX);
        assert_eq!(size_of::<[U24; 2]>(), 6);
    }
}

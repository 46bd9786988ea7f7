//! Where do words begin and end, and where must one look closer?
//!
//! Sixteen bytes are looked at together. That tells the runs of ASCII letters and digits, and those
//! signs between them that may be more than what parts two words.

use wide::u8x16;

/// Bytes that are looked at in one step.
const BLOCK: usize = 64;

/// Stands after a text while it is looked at, so that a block may be read anywhere in it. Parts
/// words.
const PADDING: &str = "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
    \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

/// The runs of a text and its signs; keeps its buffers from one to the next.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// The text with ASCII letters in lower case, and some bytes that part words.
    pub(super) lower: String,
    /// Bytes that may be more than what parts two words: signs between letters, and what is not ASCII;
    /// and room for more.
    signs: Vec<u32>,
    signs_count: usize,
    /// First bytes of runs of letters and digits and the bytes after them, in turns, and room for more.
    bounds: Vec<u32>,
    bounds_count: usize,
}

/// A bit for each byte of a block.
#[derive(Default)]
struct Block {
    /// Letters and digits.
    words: u64,
    /// What is not ASCII.
    high: u64,
    /// First bytes of that.
    beyond: u64,
    spaces: u64,
    /// What may belong to the word before it.
    attached: u64,
}

impl Marks {
    /// Looks at a text, for its runs and signs.
    pub(super) fn read(&mut self, text: &str) {
        self.bounds_count = 0;
        self.write(&[text]);
        let lower = std::mem::take(&mut self.lower);
        let (blocks, _) = lower.as_bytes().as_chunks::<BLOCK>();
        // The last bit of the block before, and whether the next byte decides if its last is a sign.
        let (mut word, mut open) = (0, 0);
        let mut base = 0_u32;
        for block in blocks {
            let block = Block::of(block);
            let before = block.words << 1 | word;
            self.add_bounds(base, before ^ block.words);
            // Of a sign is known that it is no space: to tell which it is takes longer than a closer
            // look at those few that stand between two words, or before what may change them.
            let inside = block.words | block.beyond;
            self.add_last_sign(base, open & inside & 1 == 1);
            let signs = !(block.words | block.high | block.spaces);
            let joins = signs & before & inside >> 1;
            let marked = signs & block.beyond >> 1;
            self.add_signs(
                base,
                block.beyond | joins | marked | block.attached & before,
            );
            open = signs >> (BLOCK - 1);
            word = block.words >> (BLOCK - 1);
            base += 64;
        }
        self.lower = lower;
    }

    /// Looks at some texts as if they were one in several lines, for those signs only that may join
    /// words, and for letters beyond ASCII.
    pub(super) fn read_signs(&mut self, texts: &[&str]) {
        self.write(texts);
        let lower = std::mem::take(&mut self.lower);
        let (blocks, _) = lower.as_bytes().as_chunks::<BLOCK>();
        let (mut space, mut open) = (1, 0);
        let mut base = 0_u32;
        for block in blocks {
            let (mut spaces, mut signs, mut beyond) = (0, 0, 0);
            let (parts, _) = block.as_chunks::<16>();
            for (part, shift) in parts.iter().zip([0, 16, 32, 48]) {
                let part = u8x16::new(*part);
                let bits = |which: u8x16| u64::from(which.to_bitmask()) << shift;
                spaces |= bits(part.simd_eq(u8x16::splat(b' ')));
                signs |= bits(is_joint(part));
                beyond |= bits(between(part, 0xC0, 0xFF));
            }
            // What stands beside a space joins nothing.
            self.add_last_sign(base, open & !spaces & 1 == 1);
            let joins = signs & !(spaces << 1 | space);
            self.add_signs(base, beyond | joins & !(spaces >> 1) & (u64::MAX >> 1));
            open = joins >> (BLOCK - 1);
            space = spaces >> (BLOCK - 1);
            base += 64;
        }
        self.lower = lower;
    }

    /// Writes texts down in lower case, each on a line.
    fn write(&mut self, texts: &[&str]) {
        self.lower.clear();
        for text in texts {
            if !self.lower.is_empty() {
                self.lower.push('\n');
            }
            self.lower.push_str(text);
        }
        self.lower.make_ascii_lowercase();
        self.lower.push_str(PADDING);
        self.signs_count = 0;
    }

    /// Notes the last byte before a block, if it is a sign.
    #[inline]
    fn add_last_sign(&mut self, base: u32, is_sign: bool) {
        if is_sign {
            self.add_signs(base - 1, 1);
        }
    }

    /// Notes the signs of a block. Always two of them, whether they are there or not: how many there are
    /// cannot be foreseen.
    #[inline]
    fn add_signs(&mut self, base: u32, mut signs: u64) {
        if self.signs.len() < self.signs_count + BLOCK + 2 {
            self.signs.resize(2 * self.signs_count + BLOCK + 2, 0);
        }
        loop {
            let second = signs & signs.wrapping_sub(1);
            if let Some(room) = self.signs[self.signs_count..].first_chunk_mut() {
                *room = [signs, second].map(|signs| base + signs.trailing_zeros());
            }
            self.signs_count += usize::from(signs != 0) + usize::from(second != 0);
            signs = second & second.wrapping_sub(1);
            if signs == 0 {
                return;
            }
        }
    }

    /// Notes where runs begin and end in a block. For every eight bytes always eight places, whether they
    /// are there or not: how many there are cannot be foreseen.
    #[inline]
    fn add_bounds(&mut self, base: u32, bounds: u64) {
        const ROOM: usize = BLOCK + 8;
        if self.bounds.len() < self.bounds_count + ROOM {
            self.bounds.resize(2 * self.bounds_count + ROOM, 0);
        }
        let Some(room) = self.bounds[self.bounds_count..].first_chunk_mut::<ROOM>() else {
            return;
        };
        let mut count = 0;
        for (byte, base) in bounds.to_le_bytes().into_iter().zip((base..).step_by(8)) {
            let (places, more) = &PLACES[usize::from(byte)];
            if let Some(room) = room[count..].first_chunk_mut() {
                *room = places.map(|place| base + place);
            }
            count += *more;
        }
        self.bounds_count += count;
    }

    /// Keeps some of the signs. Whether one is kept had better be told without branches: it cannot be
    /// foreseen.
    #[inline]
    pub(super) fn keep_signs(&mut self, keep: impl Fn(&[u8], usize) -> bool) {
        let bytes = self.lower.as_bytes();
        let mut kept = 0;
        for number in 0..self.signs_count {
            let sign = self.signs[number];
            self.signs[kept] = sign;
            kept += usize::from(keep(bytes, sign as usize));
        }
        self.signs_count = kept;
    }

    /// The signs, in order.
    pub(super) fn signs(&self) -> &[u32] {
        &self.signs[..self.signs_count]
    }

    /// The first byte of every run, and the byte after it.
    pub(super) fn runs(&self) -> &[[u32; 2]] {
        self.bounds[..self.bounds_count].as_chunks().0
    }
}

/// By byte, the places of its bits that are set, and how many these are.
static PLACES: [([u32; 8], usize); 256] = {
    let mut all = [([0; 8], 0); 256];
    let mut byte = 0;
    while byte < 256 {
        let (places, count) = &mut all[byte];
        let mut bit = 0;
        while bit < 8 {
            if byte >> bit & 1 == 1 {
                places[*count] = bit;
                *count += 1;
            }
            bit += 1;
        }
        byte += 1;
    }
    all
};

impl Block {
    #[inline]
    fn of(bytes: &[u8; BLOCK]) -> Block {
        let mut block = Block::default();
        let (parts, _) = bytes.as_chunks::<16>();
        for (part, shift) in parts.iter().zip([0, 16, 32, 48]) {
            let part = u8x16::new(*part);
            let is = |byte: u8| part.simd_eq(u8x16::splat(byte));
            let bits = |which: u8x16| u64::from(which.to_bitmask()) << shift;
            block.words |= bits(between(part, b'a', b'z') | between(part, b'0', b'9'));
            // The first bits of a character beyond ASCII are 11, and 10 those of its other bytes.
            let high = bits(part);
            block.high |= high;
            block.beyond |= high & bits(part + part);
            block.spaces |= bits(is(b' '));
            block.attached |= bits(is(b'+') | is(b'#'));
        }
        block
    }
}

/// Which bytes lie between two, inclusive.
#[inline]
fn between(part: u8x16, first: u8, last: u8) -> u8x16 {
    (part - u8x16::splat(first)).simd_le(u8x16::splat(last - first))
}

/// Which bytes may join the words on their sides. A double quote does so in Hebrew only, which is not
/// ASCII.
#[inline]
fn is_joint(part: u8x16) -> u8x16 {
    let is = |byte: u8| part.simd_eq(u8x16::splat(byte));
    between(part, b',', b'.') | is(b'\'') | is(b'`')
}

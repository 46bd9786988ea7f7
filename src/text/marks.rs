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
    /// Bytes that may be more than what parts two words: signs between letters, and what is not ASCII.
    pub(super) signs: Vec<u32>,
    /// First bytes of runs of letters and digits, and room for more.
    starts: Vec<u32>,
    /// Bytes after them, and room for more.
    ends: Vec<u32>,
    count: usize,
    /// Whether the last run goes on in the next block.
    goes_on: bool,
}

/// A bit for each byte of a block.
struct Block {
    /// Letters and digits.
    words: u64,
    /// What is not ASCII.
    beyond: u64,
    /// What may join the words on its sides.
    joints: u64,
    /// What may belong to the word before it, whatever follows.
    tails: u64,
    /// What a mark may follow that makes another sign of it.
    marked: u64,
}

impl Marks {
    /// Looks at a text, for its runs and signs.
    pub(super) fn read(&mut self, text: &str) {
        (self.count, self.goes_on) = (0, false);
        self.look::<true>(&[text]);
    }

    /// Looks at some texts as if they were one in several lines, for those signs only that letters or
    /// something beyond ASCII stand at.
    pub(super) fn read_signs(&mut self, texts: &[&str]) {
        self.look::<false>(texts);
    }

    fn look<const ALL: bool>(&mut self, texts: &[&str]) {
        let mut lower = std::mem::take(&mut self.lower);
        lower.clear();
        for text in texts {
            if !lower.is_empty() {
                lower.push('\n');
            }
            lower.push_str(text);
        }
        lower.make_ascii_lowercase();
        lower.push_str(PADDING);
        self.signs.clear();
        let (blocks, _) = lower.as_bytes().as_chunks::<BLOCK>();
        // The last bit of the block before, and whether the next byte decides if its last is a sign.
        let (mut word, mut open) = (0, 0);
        let mut base = 0;
        for block in blocks {
            let block = Block::of::<ALL>(block);
            let before = block.words << 1 | word;
            if ALL {
                self.add_runs(base, block.words & !before, before & !block.words);
            }
            let inside = block.words | block.beyond;
            if open & inside & 1 == 1 {
                self.signs.push(base - 1);
            }
            let joins = block.joints & before;
            let mut signs = block.beyond
                | block.tails & before
                | joins & inside >> 1
                | block.marked & block.beyond >> 1;
            while signs != 0 {
                self.signs.push(base + signs.trailing_zeros());
                signs &= signs - 1;
            }
            open = (joins | block.marked) >> (BLOCK - 1);
            word = block.words >> (BLOCK - 1);
            base += 64;
        }
        self.lower = lower;
    }

    /// Notes where runs begin and end in a block. Always several of them, whether they are there or
    /// not: how many there are cannot be foreseen.
    #[inline]
    fn add_runs(&mut self, base: u32, mut starts: u64, mut ends: u64) {
        const STEP: usize = 8;
        if self.starts.len() < self.count + BLOCK + STEP {
            let room = 2 * self.count + BLOCK + STEP;
            self.starts.resize(room, 0);
            self.ends.resize(room, 0);
        }
        // A run that goes on from the block before ends first.
        let (mut at, mut ends_at) = (self.count, self.count);
        if self.goes_on {
            ends_at -= 1;
        }
        if starts | ends != 0 {
            self.goes_on = starts > ends;
        }
        self.count += starts.count_ones() as usize;
        while starts | ends != 0 {
            let room = self.starts[at..].first_chunk_mut::<STEP>();
            let room = room.zip(self.ends[ends_at..].first_chunk_mut::<STEP>());
            let Some((first, after)) = room else { return };
            for (first, after) in first.iter_mut().zip(after) {
                *first = base + starts.trailing_zeros();
                *after = base + ends.trailing_zeros();
                starts &= starts.wrapping_sub(1);
                ends &= ends.wrapping_sub(1);
            }
            at += STEP;
            ends_at += STEP;
        }
    }

    /// The first byte of every run, and the byte after it.
    pub(super) fn runs(&self) -> (&[u32], &[u32]) {
        (&self.starts[..self.count], &self.ends[..self.count])
    }
}

impl Block {
    #[inline]
    fn of<const ALL: bool>(bytes: &[u8; BLOCK]) -> Block {
        let mut block = Block {
            words: 0,
            beyond: 0,
            joints: 0,
            tails: 0,
            marked: 0,
        };
        let (parts, _) = bytes.as_chunks::<16>();
        for (part, shift) in parts.iter().zip([0, 16, 32, 48]) {
            let part = u8x16::new(*part);
            let is = |byte: u8| part.simd_eq(u8x16::splat(byte));
            let between = |first: u8, last: u8| {
                (part - u8x16::splat(first)).simd_le(u8x16::splat(last - first))
            };
            let bits = |which: u8x16| u64::from(which.to_bitmask()) << shift;
            block.words |= bits(between(b'a', b'z') | between(b'0', b'9'));
            block.beyond |= bits(part);
            let joints = between(b',', b'.') | is(b'\'') | is(b'`');
            if ALL {
                block.joints |= bits(joints | is(b'"'));
                block.tails |= bits(is(b'+') | is(b'#'));
                block.marked |= bits(between(b'<', b'>'));
            } else {
                block.joints |= bits(joints);
            }
        }
        block
    }
}

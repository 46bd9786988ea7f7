//! Which words can a text certainly not have?
//!
//! Reading a text takes longer than searching it. So it can be squeezed: letters are folded, what may
//! join two words is left out, and words stay apart where nothing joins them. Every folded form that
//! the text has then stands in it somewhere, and what does not stand in it need not be read for.

use std::sync::LazyLock;

use super::fold;
use super::scan::{HIGHS, Kind, between, head, kind};

/// The folded forms of the letters from U+00C0 to U+00FF.
static LATIN: LazyLock<Vec<String>> = LazyLock::new(|| {
    let letters = ('\u{C0}'..='\u{FF}').map(|letter| {
        let mut form = String::new();
        fold::push(letter, &mut form);
        form
    });
    letters.collect()
});

/// A text, squeezed. Keeps its buffers from one to the next.
#[derive(Debug, Default)]
pub struct Squeezed {
    bytes: Vec<u8>,
    /// Where something was left out, in order.
    seams: Vec<usize>,
}

impl Squeezed {
    /// Squeezes a text. `false` if that cannot be done: it has characters other than ASCII, the letters
    /// of Western Europe, and the common signs of print.
    pub fn squeeze(&mut self, text: &str) -> bool {
        let text = text.as_bytes();
        self.seams.clear();
        // Eight bytes are written at once, and those that were too many are written over.
        self.bytes.clear();
        self.bytes.resize(text.len() + 8, 0);
        let (mut at, mut end) = (0, 0);
        while at < text.len() {
            let rest = &text[at..];
            let eight = match rest.first_chunk() {
                Some(eight) => u64::from_le_bytes(*eight),
                None => head(rest),
            };
            let lower = eight | between(eight, b'A', b'Z') >> 2;
            let letters = between(lower, b'a', b'z') | between(lower, b'0', b'9');
            let calm = letters | between(lower, b' ', b' ');
            let count = (!calm & HIGHS).trailing_zeros() as usize / 8;
            self.bytes[end..end + 8].copy_from_slice(&lower.to_le_bytes());
            end += count;
            at += count;
            if count == 8 {
                continue;
            }
            let left_out = match (kind(text, at), &text[at..]) {
                (_, []) => break,
                (Kind::Joint, _) => 1,
                // Dashes, quotes, and characters that are not seen.
                (_, [0xE2, 0x80, ..]) => 3,
                (_, [0xC2, 0xAD, ..]) => 2,
                (_, [0xC2, 0xA0 | 0xAB | 0xBB, ..]) => {
                    end = self.put(end, b" ");
                    at += 2;
                    continue;
                }
                (_, [0xC3, low, ..]) => {
                    let form = LATIN.get(usize::from(low & 0x3F));
                    end = self.put(end, form.map_or(b"", String::as_bytes));
                    at += 2;
                    continue;
                }
                (Kind::Beyond, _) => return false,
                _ => {
                    end = self.put(end, b" ");
                    at += 1;
                    continue;
                }
            };
            self.seams.push(end);
            at += left_out;
        }
        self.bytes.truncate(end);
        true
    }

    fn put(&mut self, end: usize, form: &[u8]) -> usize {
        self.bytes[end..end + form.len()].copy_from_slice(form);
        end + form.len()
    }

    /// What is left of it.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether a word may begin or end at `at`.
    #[must_use]
    pub fn may_part(&self, at: usize) -> bool {
        let inside = |at: Option<usize>| {
            at.and_then(|at| self.bytes.get(at))
                .is_some_and(u8::is_ascii_alphanumeric)
        };
        !inside(at.checked_sub(1)) || !inside(Some(at)) || self.seams.binary_search(&at).is_ok()
    }
}

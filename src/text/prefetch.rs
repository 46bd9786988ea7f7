//! How is memory asked for before it is needed?
//!
//! Many words are looked for in much memory, and to wait for it takes longer than all else.

/// Asks for what stands at an index, if anything does. Changes nothing but the time that it takes to be read
/// soon after; nothing at all where there is no such instruction.
#[inline]
pub fn prefetch<T>(all: &[T], at: usize) {
    #[cfg(target_arch = "x86_64")]
    if let Some(one) = all.get(at) {
        safe_arch::prefetch_t0(one);
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (all, at);
}

/// Bytes that come together.
const LINE: usize = 64;

/// Bytes of a text that are asked for: what follows them comes by itself once they are read.
const BEGINNING: usize = 1024;

/// Asks for the beginning of a text.
pub fn prefetch_text(text: &str) {
    for at in (0..text.len().min(BEGINNING)).step_by(LINE) {
        prefetch(text.as_bytes(), at);
    }
}

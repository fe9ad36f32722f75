//! Tests of time in proportion: pickles that refer many times to what is large, and what has to be done in time.

use std::time::{Duration, Instant};

/// Bytes of what is shared. Looked at anew at each reference it takes minutes.
pub const LEN: usize = 400_000;

/// Far beyond what it takes, on a busy machine too.
pub const LONG: Duration = Duration::from_secs(20 * SLOWER);

/// How many times as long it takes elsewhere: without optimisation, 64-bit sums take 32 bits several times as long, and
/// Windows, or what stands for it, to make and remove files.
const SLOWER: u64 = if cfg!(any(windows, target_pointer_width = "32")) { 12 } else { 1 };

/// Runs what has to be done in time.
///
/// # Panics
/// If it takes longer.
pub fn in_time<T>(what: &str, run: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = run();
    let taken = start.elapsed();
    assert!(taken < LONG, "{what} takes {taken:?}");
    result
}

/// A size of four bytes, after an opcode.
///
/// # Panics
/// If it has more.
pub fn sized(opcode: u8, len: usize) -> Vec<u8> {
    let len = u32::try_from(len).expect("a size of four bytes");
    [&[opcode], len.to_le_bytes().as_slice()].concat()
}

/// Opcodes that leave a text on the stack.
pub fn text(text: &str) -> Vec<u8> {
    [&sized(b'X', text.len()), text.as_bytes()].concat()
}

/// The same of a long one.
pub fn long_text() -> Vec<u8> {
    text(&"a".repeat(LEN))
}

/// Puts what opcodes leave on the stack into the memo, and takes it away.
pub fn put(index: u8, opcodes: &[u8]) -> Vec<u8> {
    [opcodes, &[b'q', index, b'0']].concat()
}

/// The pickle of a list of so many times the same opcodes, after others.
pub fn list(before: &[Vec<u8>], item: &[u8], count: usize) -> Vec<u8> {
    [b"\x80\x04", before.concat().as_slice(), b"](", &item.repeat(count), b"e."].concat()
}

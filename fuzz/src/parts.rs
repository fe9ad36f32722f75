//! Several files as one input of a fuzzer, and back.

/// Stands between the files. `make_seeds.py` has the same.
pub const MARKER: &[u8] = b"\0--\0";

/// The files of an input, in order; those that it does not reach are `None`.
pub fn split<const N: usize>(input: &[u8]) -> [Option<&[u8]>; N] {
    let mut rest = Some(input);
    std::array::from_fn(|_| {
        let part = rest.take()?;
        match part.windows(MARKER.len()).position(|window| window == MARKER) {
            Some(end) => {
                rest = part.get(end + MARKER.len()..);
                part.get(..end)
            }
            None => Some(part),
        }
    })
}

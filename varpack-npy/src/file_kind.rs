//! What a file is that is not what it was taken for, by how it begins: for errors.

/// The beginnings of files that people have beside pickles and arrays, or keep those in. Sources: the magic
/// numbers of each format's specification; of joblib's old format `joblib/numpy_pickle_utils.py`, of
/// `torch.save`'s `torch/serialization.py`.
const BEGINNINGS: [(&[u8], &str); 24] = [
    (b"\x1f\x8b", "a gzip file"),
    (b"BZh", "a bz2 file"),
    (b"\xfd7zXZ\x00", "an xz file"),
    (b"\x5d\x00\x00", "an lzma file"),
    (b"\x28\xb5\x2f\xfd", "a zstd file"),
    (b"\x04\x22\x4d\x18", "an lz4 file"),
    (b"\x78\x01", "zlib data"),
    (b"\x78\x5e", "zlib data"),
    (b"\x78\x9c", "zlib data"),
    (b"\x78\xda", "zlib data"),
    (b"ZF", "a compressed file of an old joblib"),
    (b"PK\x03\x04", "a zip file, as numpy.savez and torch.save write"),
    (b"PK\x05\x06", "a zip file, as numpy.savez and torch.save write"),
    (b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.", "a file of an old torch.save"),
    (b"PAR1", "a parquet file"),
    (b"ARROW1", "an arrow file"),
    (b"FEA1", "a feather file"),
    (b"\x89HDF\r\n", "an HDF5 file"),
    (b"\x93NUMPY", "a .npy file"),
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"MATLAB 5.0 MAT-file", "a file of MATLAB, which `scipy.io.loadmat` reads"),
    (b"version http", "a Git LFS pointer, which `git lfs pull` replaces by the file"),
    (b"\x80\x03\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.", "a file of an old torch.save"),
];

/// The beginnings, in lower case, of what a server sends in the place of a file.
const MARKUP: [(&[u8], &str); 3] = [
    (b"<!doctype", "an HTML page"),
    (b"<html", "an HTML page"),
    (b"<?xml", "an XML document, as a server sends in the place of a file"),
];

/// Where in its first header a tar file has its mark (POSIX.1-1988 on): before it stands a file's name.
const TAR: (usize, &[u8]) = (257, b"ustar");

/// Bytes of the largest header of a safetensors file: `MAX_HEADER_SIZE` of the crate `safetensors`.
const SAFETENSORS_HEADER: u64 = 100_000_000;

/// What may stand in JSON without quotes, as Python's `json` writes it too.
const JSON_WORDS: [&[u8]; 5] = [b"true", b"false", b"null", b"NaN", b"Infinity"];

/// PROTO and a protocol from 2 on, as most pickles begin: before FRAME, or before an opcode of the old ones.
const PICKLES: [[u8; 2]; 4] = [[0x80, 2], [0x80, 3], [0x80, 4], [0x80, 5]];

/// What the array's elements stand behind in a file of `joblib.dump`.
const JOBLIB: &[u8] = b"joblib.numpy_pickle";

/// Bytes of a file in which its kind is looked for.
const LOOKED_AT: usize = 1 << 16;

/// What a file is that begins with these bytes; `None` for what has no such mark.
pub fn of(start: &[u8]) -> Option<&'static str> {
    // The first bytes of these two are a name or a length, which may look like another mark.
    if is_tar(start) {
        return Some("a tar file");
    }
    if is_safetensors(start) {
        return Some("a safetensors file");
    }
    let named = BEGINNINGS.iter().find(|(beginning, _)| start.starts_with(beginning));
    let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).trim_ascii_start();
    let is_at_start =
        |tag: &[u8]| text.get(..tag.len()).is_some_and(|text| text.eq_ignore_ascii_case(tag));
    let markup = || MARKUP.iter().find(|(tag, _)| is_at_start(tag));
    let kind = named.or_else(markup).map(|(_, kind)| *kind);
    kind.or_else(|| is_json(text).then_some("JSON text"))
}

fn is_tar(start: &[u8]) -> bool {
    let (offset, mark) = TAR;
    start.get(offset..).is_some_and(|rest| rest.starts_with(mark))
}

/// The length of a header, and that header: a JSON object.
fn is_safetensors(start: &[u8]) -> bool {
    start.split_first_chunk().is_some_and(|(len, header)| {
        u64::from_le_bytes(*len) <= SAFETENSORS_HEADER
            && header.starts_with(b"{")
            && is_json(header)
    })
}

/// An object or a list, as far as its first item: no opcode of a pickle is a curly or an opening bracket.
fn is_json(text: &[u8]) -> bool {
    let Some((open, inside)) = text.split_first() else { return false };
    let inside = inside.trim_ascii_start();
    let Some(first) = inside.first() else { return false };
    match open {
        b'{' => matches!(first, b'"' | b'}'),
        b'[' => {
            matches!(first, b'"' | b'{' | b'[' | b']' | b'-' | b'0'..=b'9')
                || JSON_WORDS.iter().any(|word| inside.starts_with(word))
        }
        _ => false,
    }
}

/// The same, of a file that is no array.
pub fn of_array(start: &[u8]) -> Option<&'static str> {
    let is_pickle = || PICKLES.iter().any(|beginning| start.starts_with(beginning));
    of(start).or_else(|| is_pickle().then_some("a pickle"))
}

/// The same, of a pickle that is none to the end.
pub fn of_pickle(bytes: &[u8]) -> Option<&'static str> {
    let start = bytes.get(..LOOKED_AT).unwrap_or(bytes);
    let is_joblib = || start.windows(JOBLIB.len()).any(|window| window == JOBLIB);
    of(start).or_else(|| {
        is_joblib().then_some("a file of joblib.dump, which has arrays between the opcodes")
    })
}

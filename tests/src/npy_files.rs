//! `.npy` files made by hand, against the format or along its edges.

use varpack::Error;
use varpack::npy::Header;

/// A file of a version (1, 2 or 3) with a header's text, and no data.
pub fn file(version: u8, text: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x93, b'N', b'U', b'M', b'P', b'Y', version, 0];
    let len = u32::try_from(text.len()).expect("a text of under 4 GiB").to_le_bytes();
    bytes.extend(if version == 1 { &len[..2] } else { &len });
    bytes.extend(text);
    bytes
}

/// What a header's text says.
pub fn parse(text: &str) -> varpack::Result<Header> {
    let version = if text.len() > 60_000 { 2 } else { 1 };
    Header::parse(&file(version, text.as_bytes()))
}

/// The error of a header's text. Every one says what was expected or found, in a few words.
pub fn refused(text: &str) -> Error {
    let error = match parse(text) {
        Err(error) => error,
        Ok(header) => panic!("accepted as {header:?}"),
    };
    assert!(error.expected().is_some() || error.found().is_some(), "{error}");
    assert!(error.to_string().len() < 300, "{error}");
    error
}

/// The text of a header with a shape, in Python.
pub fn with_shape(shape: &str) -> String {
    format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}")
}

/// The text of a header with a descr, in Python.
pub fn with_descr(descr: &str) -> String {
    format!("{{'descr': {descr}, 'fortran_order': False, 'shape': (1,), }}")
}

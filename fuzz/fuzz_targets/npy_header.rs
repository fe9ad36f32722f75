//! Any bytes as the start of a `.npy` file: what is read as a header is written as one that says the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use varpack::npy::Header;

fuzz_target!(|bytes: &[u8]| {
    let Ok(len) = Header::encoded_len(bytes) else {
        assert!(Header::parse(bytes).is_err(), "parsed a header of unknown length");
        return;
    };
    assert!(len <= Header::MAX_LEN);
    let Ok(header) = Header::parse(bytes) else { return };
    assert!(len <= bytes.len(), "parsed more than there is");
    assert!(header.data_len().expect("checked by `parse`") <= isize::MAX.unsigned_abs());

    let encoded = header.encode().expect("what was read can be written");
    assert_eq!(encoded.len() % 64, 0);
    assert_eq!(Header::encoded_len(&encoded).expect("our own prefix"), encoded.len());
    assert_eq!(Header::parse(&encoded).expect("our own header"), header);
});

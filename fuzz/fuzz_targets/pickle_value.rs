//! Any bytes as a pickle: what is read as a [`Value`] is written as a pickle of an equal one.

#![no_main]

use libfuzzer_sys::fuzz_target;
use varpack::ErrorKind;
use varpack::pickle::{Value, to_vec};

fuzz_target!(|bytes: &[u8]| {
    let Ok(value) = Value::from_slice(bytes) else { return };
    let written = match to_vec(&value) {
        Ok(written) => written,
        // Python has no such dict: two keys are one, or one cannot be hashed.
        Err(error) if error.kind() == ErrorKind::Value => return,
        Err(error) => panic!("what was read can be written: {error}"),
    };
    let again = Value::from_slice(&written).expect("our own pickle");
    assert_eq!(again, value);
    let _ = format!("{value:?}");
});

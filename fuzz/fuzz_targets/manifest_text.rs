//! Any text as `varpack.json` and as `commit.json`: what is read is written as a text that reads the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use varpack::fuzzing::{manifest_text, record_text};

fuzz_target!(|text: &[u8]| {
    if let Ok(written) = manifest_text(text) {
        assert!(written.is_ascii(), "a Python program may open it in any encoding");
        assert_eq!(manifest_text(&written).expect("our own manifest"), written);
    }
    if let Ok(written) = record_text(text) {
        assert_eq!(record_text(&written).expect("our own record"), written);
    }
});

//! A folder's files against its manifest, by their bytes alone: no line of varpack reads them.

use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Panics unless the folder is at rest and whole: it holds the files that the manifest lists, each
/// of the size it announces itself, and nothing else but the lock file.
///
/// # Panics
/// See above; `at` says when.
pub fn assert_whole(folder: &Path, at: &str) {
    let text =
        fs::read(folder.join("varpack.json")).unwrap_or_else(|error| panic!("{at}: {error}"));
    let manifest: Value =
        serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{at}: {error}"));
    let mut listed = BTreeSet::from(["varpack.json".to_owned()]);
    for (variable, entry) in manifest.as_object().into_iter().flatten() {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        listed.extend(text(&entry["filename"]));
        listed.extend(entry["files"].as_array().into_iter().flatten().filter_map(text));
        assert!(entry["filename"].is_string(), "{at}: `{variable}` has no filename");
    }
    let mut present = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{at}: {error}")) {
        let name = entry.unwrap_or_else(|error| panic!("{at}: {error}")).file_name();
        present.insert(name.to_string_lossy().into_owned());
    }
    present.remove(".varpack.lock");
    assert_eq!(present, listed, "{at}: the files and those of the manifest");
    for name in listed {
        let bytes = fs::read(folder.join(&name)).unwrap_or_else(|error| panic!("{at}: {error}"));
        if name.ends_with(".npy") {
            assert_eq!(npy_len(&bytes), Some(bytes.len()), "{at}: the size of {name}");
        } else if name.ends_with(".pickle") {
            // PEP 3154: PROTO 4 first, STOP last.
            assert!(bytes.starts_with(b"\x80\x04") && bytes.ends_with(b"."), "{at}: {name}");
        }
    }
}

/// What NEP 1 says of a version 1.0 file's size in bytes: 10, the header, the elements.
fn npy_len(bytes: &[u8]) -> Option<usize> {
    let rest = bytes.strip_prefix(b"\x93NUMPY\x01\x00")?;
    let header_len = usize::from(u16::from_le_bytes([*rest.first()?, *rest.get(1)?]));
    let header = std::str::from_utf8(rest.get(2..2 + header_len)?).ok()?;
    let element = header.split("'descr': '").nth(1)?.split('\'').next()?;
    let item_size: usize =
        element.trim_start_matches(|c: char| !c.is_ascii_digit()).parse().ok()?;
    let shape = header.split("'shape': (").nth(1)?.split(')').next()?;
    let axes = shape.split(',').map(str::trim).filter(|axis| !axis.is_empty());
    let product = axes.map(str::parse::<usize>).product::<Result<usize, _>>().ok()?;
    Some(10 + header_len + product * item_size)
}

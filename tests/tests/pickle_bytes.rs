//! `Vec<u8>` in a pickle: a list to Python, and with `serde_bytes` its `bytes`, of half the size.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use std::path::Path;
use varpack::Varpack;
use varpack_tests::python::Python;

const LEN: usize = 100_000;

/// What holds every byte.
fn content() -> Vec<u8> {
    (0..=u8::MAX).cycle().take(LEN).collect()
}

#[derive(Varpack)]
struct Lists {
    data: Vec<u8>,
}

#[derive(Varpack)]
struct Bytes {
    data: ByteBuf,
}

#[derive(Serialize, Deserialize)]
struct Inner {
    #[serde(with = "serde_bytes")]
    body: Vec<u8>,
    list: Vec<u8>,
}

#[derive(Varpack)]
struct Mixed {
    inner: Inner,
    #[varpack(separate)]
    own: Option<ByteBuf>,
}

fn shared_len(folder: &Path) -> u64 {
    folder.join("__misc_vars__.pickle").metadata().expect("a shared pickle").len()
}

#[test]
fn bytes_take_one_byte_each_and_lists_of_numbers_two() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    Lists { data: content() }.save(folder.path()).expect("saved");
    let list = shared_len(folder.path());
    assert!((190_000..210_000).contains(&list), "{list}");
    // Each reads what the other wrote.
    let loaded = Bytes::load(folder.path()).expect("loaded");
    assert_eq!(loaded.data, content());
    loaded.save(folder.path()).expect("saved");
    let loaded = Lists::load(folder.path()).expect("loaded");
    assert_eq!(loaded.data, content());
    let new = tempfile::tempdir().expect("a temporary folder");
    Bytes { data: loaded.data.into() }.save(new.path()).expect("saved");
    let bytes = shared_len(new.path());
    assert!((100_000..100_100).contains(&bytes), "{bytes}");
}

#[test]
fn python_sees_bytes_and_writes_them_for_either_type() {
    let script = "
import sys, varpack
found = varpack.load(sys.argv[1])
content = bytes(n % 256 for n in range(100_000))
assert found['inner'] == {'body': content, 'list': list(content)} and found['own'] == content
varpack.save(sys.argv[2], {'inner': {'body': bytearray(content), 'list': content}, 'own': content})";
    for python in Python::both() {
        let parent = tempfile::tempdir().expect("a temporary folder");
        let [folder, again] = ["run", "again"].map(|name| parent.path().join(name));
        let inner = Inner { body: content(), list: content() };
        Mixed { inner, own: Some(content().into()) }.save(&folder).expect("saved");
        python.run(script, [&folder, &again]);
        let found = Mixed::load(&again).expect("loaded");
        assert_eq!((&found.inner.body, &found.inner.list), (&content(), &content()));
        assert_eq!(found.own.expect("there"), content());
    }
}

//! Time in proportion: what a pickle shares is looked at once, however often it is referred to, by loads and
//! by saves.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};
use varpack::pickle::Value;
use varpack::{ErrorKind, Pack, Varpack};

/// Bytes of what is shared. Looked at anew at each reference it takes minutes.
const LEN: usize = 400_000;

/// References to it, of two bytes each.
const COUNT: usize = LEN / 2;

/// Far beyond what it takes, on a busy machine too.
const LONG: Duration = Duration::from_secs(20);

/// Runs what has to be done in time.
fn in_time<T>(what: &str, run: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = run();
    let taken = start.elapsed();
    assert!(taken < LONG, "{what} takes {taken:?}");
    result
}

/// A size of four bytes, after an opcode.
fn sized(opcode: u8, len: usize) -> Vec<u8> {
    [&[opcode], u32::try_from(len).unwrap().to_le_bytes().as_slice()].concat()
}

/// Opcodes that leave a text on the stack.
fn text(len: usize) -> Vec<u8> {
    [sized(b'X', len), vec![b'a'; len]].concat()
}

/// A folder with the object as a variable.
fn folder(parent: &Path, object: &[u8]) {
    let mut pack = Pack::new();
    pack.insert("v", Value::from(7)).unwrap();
    pack.save_to(parent).unwrap();
    let pickle = [b"\x80\x05}\x8c\x01v".as_slice(), object, b"s."].concat();
    fs::write(parent.join("__misc_vars__.pickle"), pickle).unwrap();
}

#[derive(Varpack)]
struct Other {
    #[varpack(default)]
    w: u64,
}

#[test]
fn folder_of_many_references_to_one_long_leaf_opens_and_saves_in_time() {
    let get = |object: &[u8], item: &[u8]| {
        [object, b"q\x000](", &item.repeat(COUNT), b"e"].concat()
    };
    let byte_array = [b"\x96".as_slice(), &(LEN as u64).to_le_bytes(), &vec![b'a'; LEN]].concat();
    let leaves = [
        ("text", get(&text(LEN), b"h\x00")),
        ("escaped text", get(&[b"V\\u0061", vec![b'a'; LEN].as_slice(), b"\n"].concat(), b"h\x00")),
        ("bytes", get(&[sized(b'B', LEN), vec![b'a'; LEN]].concat(), b"h\x00")),
        ("bytearray", get(&byte_array, b"h\x00")),
        ("int", get(&[sized(0x8b, LEN), vec![0x7f; LEN]].concat(), b"h\x00")),
        ("class", get(&[b"cm\n", vec![b'a'; LEN].as_slice(), b"\n"].concat(), b"h\x00")),
        ("classes of one name", get(&text(LEN), b"h\x00h\x00\x93")),
        ("set", [text(LEN), b"q\x000\x8f(".to_vec(), b"h\x00".repeat(COUNT), vec![0x90]].concat()),
    ];
    for (name, object) in leaves {
        let parent = tempfile::tempdir().unwrap();
        folder(parent.path(), &object);
        match in_time(name, || Pack::open(parent.path())) {
            Ok(pack) => in_time(name, || pack.save_to(parent.path().join("copy"))).map(drop),
            Err(error) => Err(error),
        }
        .or_else(|error| match error.kind() {
            // As many texts as classes would be made of one; a set has each item once.
            ErrorKind::Limit | ErrorKind::Value => Ok(()),
            _ => Err(error),
        })
        .unwrap();
        in_time(name, || Other { w: 7 }.save(parent.path())).unwrap();
    }
}

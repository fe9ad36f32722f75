//! Pickles that hold themselves, are deep, or share their parts: no read follows them without end, overflows
//! the stack or expands without bound.

use serde::Deserialize;
use std::collections::HashMap;
use std::thread;
use varpack::ErrorKind;
use varpack::pickle::{Document, MAX_DEPTH, Value, from_slice, to_value, to_vec};

/// Runs on the 2 MiB of stack that a Rust thread has, whatever the test runner gives.
fn on_a_small_stack<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    thread::Builder::new().stack_size(2 << 20).spawn(run).unwrap().join().unwrap()
}

#[test]
fn cycle_is_refused_wherever_it_is_read() {
    // l = []; l.append(l)
    let own = b"]q\x00h\x00a.";
    // d = {}; t = (d,); d[1] = t
    let through_tuple = b"}q\x00K\x01h\x00\x85s.";
    // An object whose state is the object.
    let object = b"cmodule\nClass\n)\x81q\x00h\x00b.";
    for pickle in [own.as_slice(), through_tuple, object] {
        let document = Document::parse(pickle).unwrap();
        let error = document.root().to_value().unwrap_err();
        assert!(error.to_string().contains("holds itself"), "{error}");
        let error = document.root().deserialize::<Nested>().unwrap_err();
        assert!(error.to_string().contains("holds itself"), "{error}");
    }
    // What does not reach the cycle is read.
    let beside = Document::parse(b"}(\x8c\x01a]q\x00h\x00a\x8c\x01bK\x07u.").unwrap();
    assert!(beside.root().get("a").unwrap().to_value().is_err());
    assert_eq!(beside.root().get("b").unwrap().to_value().unwrap(), Value::Int(7));
    assert!(beside.root().to_value().is_err());
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(untagged)]
enum Nested {
    Number(u8),
    List(Vec<Nested>),
    Map(HashMap<String, Nested>),
}

#[derive(Debug, Deserialize, PartialEq)]
struct List(Vec<List>);

#[derive(Debug, Deserialize, PartialEq)]
struct Chain {
    #[serde(default)]
    next: Option<Box<Chain>>,
}

/// A type that asks for itself without end, of any input.
#[derive(Debug, Deserialize, PartialEq)]
struct Endless(Option<Box<Endless>>);

/// `[[…]]`
fn deep_lists(levels: usize) -> Vec<u8> {
    ["]".repeat(levels), "a".repeat(levels - 1), ".".to_owned()].concat().into_bytes()
}

#[test]
fn deep_nesting_overflows_no_stack_in_a_typed_load() {
    on_a_small_stack(|| {
        let deepest = deep_lists(MAX_DEPTH / 2);
        from_slice::<List>(&deepest).unwrap();
        from_slice::<Nested>(&deepest).unwrap();
        for levels in [MAX_DEPTH + 1, 1_000_000] {
            let deep = deep_lists(levels);
            assert_eq!(from_slice::<List>(&deep).unwrap_err().kind(), ErrorKind::Limit);
            assert_eq!(from_slice::<Nested>(&deep).unwrap_err().kind(), ErrorKind::Limit);
        }
        let levels = 200_000;
        let chain = ["}".to_owned() + &"Vnext\n}".repeat(levels), "s".repeat(levels), ".".into()];
        let chain = chain.concat();
        assert_eq!(from_slice::<Chain>(chain.as_bytes()).unwrap_err().kind(), ErrorKind::Limit);
        assert_eq!(from_slice::<Endless>(b"K\x01.").unwrap_err().kind(), ErrorKind::Limit);
    });
}

#[test]
fn deep_nesting_overflows_no_stack_in_a_value() {
    on_a_small_stack(|| {
        let value = Value::from_slice(&deep_lists(500_000)).unwrap();
        let again = Value::from_slice(&to_vec(&value).unwrap()).unwrap();
        assert_eq!(again, value);
        assert!(format!("{value:?}").contains('…'));
        assert_eq!(to_value(&vec![value.clone()]).unwrap(), Value::list([again]));
        assert!(serde_json::to_string(&value).is_err());
        drop(value);
        // Tuples, dicts and objects.
        for (open, close) in [("", "\u{85}"), ("}K\u{1}", "s"), ("cm\nC\n)", "b")] {
            let open = open.repeat(100_000);
            let close: Vec<u8> = close.chars().map(|c| c as u8).collect();
            let close = close.repeat(100_000);
            let open = if open.starts_with('c') { open.replace("C\n)", "C\n)\u{1}") } else { open };
            let open: Vec<u8> = open
                .bytes()
                .map(|byte| if byte == 1 && close[0] == b'b' { 0x81 } else { byte })
                .collect();
            let pickle = [open.as_slice(), b"N", &close, b"."].concat();
            let value = Value::from_slice(&pickle).unwrap();
            assert_eq!(Value::from_slice(&to_vec(&value).unwrap()).unwrap(), value);
        }
    });
}

/// A list that holds one list twice, which holds one twice, and so on.
fn doubling(levels: u8, innermost: &[u8]) -> Vec<u8> {
    let mut pickle = [b"\x80\x04]".as_slice(), innermost, b"a"].concat();
    for level in 0..levels {
        pickle.extend_from_slice(&[b'q', level, b'0', b']', b'(', b'h', level, b'h', level, b'e']);
    }
    pickle.push(b'.');
    pickle
}

#[test]
fn shared_parts_that_expand_exponentially_are_refused_in_a_typed_load() {
    for innermost in [b"K\x01".as_slice(), b"N"] {
        let pickle = doubling(40, innermost);
        assert!(pickle.len() < 500);
        assert_eq!(from_slice::<Nested>(&pickle).unwrap_err().kind(), ErrorKind::Limit);
        assert_eq!(from_slice::<serde_json::Value>(&pickle).unwrap_err().kind(), ErrorKind::Limit);
    }
    let text = [b"X\x00\x00\x01\x00".as_slice(), &[b'x'; 65_536]].concat();
    let pickle = doubling(24, &text);
    assert_eq!(from_slice::<Nested>(&pickle).unwrap_err().kind(), ErrorKind::Limit);
}

#[test]
fn shared_parts_stay_shared_in_a_value() {
    let value = Value::from_slice(&doubling(40, b"K\x01")).unwrap();
    let other = Value::from_slice(&doubling(40, b"K\x01")).unwrap();
    assert_eq!(value, other);
    assert_ne!(value, Value::from_slice(&doubling(40, b"K\x02")).unwrap());
    assert!(format!("{value:?}").len() < 10_000);
    assert!(to_vec(&value).unwrap().len() < 500);
    assert!(serde_json::to_string(&value).is_err());
}

#[test]
fn reference_to_a_list_sees_what_is_appended_later() {
    // l = []; t = (l, l); l.append(1)
    let value = Value::from_slice(b"]q\x00h\x00\x86q\x010h\x00K\x01a0h\x01.").unwrap();
    let one = Value::list([1.into()]);
    assert_eq!(value, Value::tuple([one.clone(), one]));
}

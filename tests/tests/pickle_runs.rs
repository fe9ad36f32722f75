//! Lists of scalars, which the reader leaves as they stand in the input, are read as any other list.

use proptest::prelude::*;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use std::fmt;
use varpack::pickle::{Value, from_slice, to_vec};

/// The opcodes of one scalar, and what they are of.
fn scalars() -> Vec<(Vec<u8>, Value)> {
    let float = |value: f64| ([b"G".as_slice(), &value.to_be_bytes()].concat(), value.into());
    vec![
        (b"N".to_vec(), Value::None),
        (b"\x88".to_vec(), true.into()),
        (b"\x89".to_vec(), false.into()),
        (b"K\xff".to_vec(), 255.into()),
        (b"M\x00\xff".to_vec(), 0xff00.into()),
        (b"J\x00\x00\x00\x80".to_vec(), i32::MIN.into()),
        float(-0.0),
        float(f64::from_bits(0x7ff8_0000_0000_0001)),
        // These look like scalars, APPENDS and MARK to a reader that is out of step.
        (b"M(e".to_vec(), i64::from(u16::from_le_bytes(*b"(e")).into()),
        float(f64::from_be_bytes(*b"GKMJNee.")),
    ]
}

/// What may stand between the items of a list.
#[derive(Clone, Debug)]
enum Cut {
    Nothing,
    /// A frame of no bytes.
    Frame,
    /// APPENDS, and MARK for what follows.
    Batch,
    /// An item that is no scalar.
    Text,
    /// An APPEND for the next item alone.
    Single,
}

fn cut() -> impl Strategy<Value = Cut> {
    prop_oneof![
        8 => Just(Cut::Nothing),
        1 => Just(Cut::Frame),
        1 => Just(Cut::Batch),
        1 => Just(Cut::Text),
        1 => Just(Cut::Single),
    ]
}

proptest! {
    #[test]
    fn a_list_of_scalars_is_the_same_however_it_is_cut(
        items in prop::collection::vec((0..scalars().len(), cut()), 0..40),
    ) {
        let scalars = scalars();
        let (mut pickle, mut expected) = (b"](".to_vec(), Vec::new());
        for (index, cut) in items {
            let (opcodes, value) = &scalars[index];
            match cut {
                Cut::Nothing => {}
                Cut::Frame => pickle.extend(b"\x95\0\0\0\0\0\0\0\0"),
                Cut::Batch => pickle.extend(b"e("),
                Cut::Text => {
                    pickle.extend(b"\x8c\x01a");
                    expected.push("a".into());
                }
                Cut::Single => pickle.push(b'e'),
            }
            pickle.extend(opcodes);
            expected.push(value.clone());
            if let Cut::Single = cut {
                pickle.extend(b"a(");
            }
        }
        pickle.extend(b"e.");
        let list = Value::from_slice(&pickle).unwrap();
        prop_assert_eq!(&list, &Value::list(expected));
        prop_assert_eq!(Value::from_slice(&to_vec(&list).unwrap()).unwrap(), list);
    }
}

#[test]
fn scalars_that_no_list_takes_stay_on_the_stack() {
    let read = |pickle: &[u8]| Value::from_slice(pickle).unwrap();
    assert_eq!(read(b"(K\x01K\x02t."), Value::tuple([1.into(), 2.into()]));
    assert_eq!(
        read(b"](K\x01K\x02t\x86."),
        Value::tuple([Value::list([]), Value::tuple([1.into(), 2.into()])])
    );
    assert_eq!(read(b"N(K\x01K\x021."), Value::None);
    assert_eq!(read(b"](K\x01K\x020K\x03e."), Value::list([1.into(), 3.into()]));
    assert_eq!(read(b"}(K\x01K\x02u."), Value::dict([(1, 2.into())]));
}

#[test]
fn scalars_for_what_is_no_list_are_refused_at_the_appends() {
    for (pickle, found) in [(b"}(K\x01K\x02e.", "dict"), (b"\x8f(K\x01K\x02e.", "set")] {
        let error = Value::from_slice(pickle).unwrap_err().to_string();
        assert!(error.contains("at byte 6 (APPENDS)"), "{error}");
        assert!(error.ends_with(&format!("found {found}")), "{error}");
    }
    // The list is out of the inner batch's reach.
    let error = Value::from_slice(b"]((K\x01e.").unwrap_err().to_string();
    assert!(error.contains("at byte 5 (APPENDS)"), "{error}");
}

#[test]
fn a_scalar_that_is_cut_short_is_named_with_its_own_place() {
    for (tail, opcode) in [(b"G\0\0".as_slice(), "BINFLOAT"), (b"K", "BININT1"), (b"J\0", "BININT")]
    {
        let pickle = [b"](NNN", tail].concat();
        let error = Value::from_slice(&pickle).unwrap_err().to_string();
        assert!(error.contains(&format!("at byte 5 ({opcode})")), "{error}");
        assert!(error.contains("truncated"), "{error}");
    }
}

#[test]
fn the_place_of_an_error_counts_the_items_before_it() {
    let error = from_slice::<Vec<f64>>(b"](G\0\0\0\0\0\0\0\0K\x01Ne.").unwrap_err();
    assert_eq!(error.to_string(), "variable `[2]`: expected f64, found None");
    let error = from_slice::<(u8,)>(b"](K\x01K\x02K\x03e.").unwrap_err();
    assert_eq!(error.to_string(), "expected 1 items, found 3");
}

/// The keys of a map, its values left where they are.
#[derive(Debug, PartialEq)]
struct Keys(Vec<String>);

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeysVisitor;

        impl<'de> Visitor<'de> for KeysVisitor {
            type Value = Keys;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Keys, A::Error> {
                let mut keys = Vec::new();
                while let Some(key) = map.next_key()? {
                    keys.push(key);
                }
                Ok(Keys(keys))
            }
        }

        deserializer.deserialize_map(KeysVisitor)
    }
}

#[test]
fn a_visitor_may_leave_out_the_values_of_a_map() {
    let keys = from_slice::<Keys>(b"}(\x8c\x01aK\x01\x8c\x01b]u.").unwrap();
    assert_eq!(keys, Keys(vec!["a".into(), "b".into()]));
}

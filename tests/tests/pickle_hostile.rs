//! Bad pickles: each gets one clear error, or is a value that does no harm.

use varpack::pickle::{Document, Value, from_slice, to_vec};
use varpack::{Error, ErrorKind};

fn refused(bytes: &[u8]) -> Error {
    Document::parse(bytes).expect_err("a bad pickle")
}

fn refused_with(bytes: &[u8], message: &str) {
    let error = refused(bytes);
    assert_eq!(error.to_string(), message);
    assert_eq!(error.kind(), ErrorKind::Pickle);
}

#[test]
fn truncated_pickle_is_refused_at_every_length() {
    let whole = to_vec(&(1, "text", [0.5], Some(vec![1_u64 << 40]), "x".repeat(300))).unwrap();
    for len in 0..whole.len() {
        assert_eq!(refused(&whole[..len]).kind(), ErrorKind::Pickle, "{len} bytes");
    }
    refused_with(
        b"\x80\x04G\x00\x00.",
        "pickle is invalid at byte 2 (BINFLOAT): expected 8 more bytes, found 3, the pickle is truncated",
    );
    refused_with(
        b"",
        "pickle is invalid at byte 0 (no STOP yet): expected 1 more bytes, found 0, the pickle is truncated",
    );
}

#[test]
fn unknown_opcode_is_refused() {
    refused_with(b"\x80\x04\xff.", "pickle is invalid at byte 2 (byte 0xff): no such opcode");
}

#[test]
fn unknown_protocol_is_refused() {
    refused_with(
        b"\x80\x06N.",
        "pickle is invalid at byte 0 (PROTO): expected a protocol from 0 to 5, found 6",
    );
}

#[test]
fn data_after_the_end_is_refused() {
    refused_with(
        b"N.N.",
        "pickle is invalid at byte 1 (STOP): 2 bytes follow the end of the pickle",
    );
}

#[test]
fn stack_underflow_is_refused_for_every_opcode() {
    for opcode in b".0aesuRb\x81\x85\x86\x87\x90\x92\x93\x942q" {
        for prefix in [b"".as_slice(), b"(", b"N("] {
            let pickle = [prefix, &[*opcode], b"\0\0\0\0."].concat();
            assert_eq!(refused(&pickle).kind(), ErrorKind::Pickle, "{opcode:#x} after {prefix:?}");
        }
    }
}

#[test]
fn missing_mark_is_refused() {
    for opcode in b"etuldo1\x90\x91" {
        assert!(refused(&[b'N', *opcode, b'.']).to_string().contains("no MARK"), "{opcode:#x}");
    }
}

#[test]
fn items_left_on_the_stack_are_refused() {
    refused_with(b"NN.", "pickle is invalid at byte 2 (STOP): 1 items are left on the stack");
    refused_with(b"(N.", "pickle is invalid at byte 2 (STOP): 1 items are left on the stack");
}

#[test]
fn unknown_memo_index_is_refused() {
    refused_with(b"h\x07.", "pickle is invalid at byte 0 (BINGET): nothing is in the memo at 7");
    refused_with(b"g-1\n.", "pickle is invalid at byte 0 (GET): not a memo index");
}

#[test]
fn sparse_memo_costs_no_more_than_its_entries() {
    let value = Value::from_slice(b"K\x01r\xff\xff\xff\xff0j\xff\xff\xff\xff.").unwrap();
    assert_eq!(value, Value::Int(1));
    assert_eq!(refused(b"Np99999999999\n.").kind(), ErrorKind::Limit);
}

#[test]
fn memoize_after_a_sparse_put_takes_the_next_index() {
    // CPython counts what is in the memo: two puts at 0 and 9, so that MEMOIZE takes 2.
    let value = Value::from_slice(b"\x80\x04K\x01q\x000K\x02q\x090K\x03\x940h\x02.").unwrap();
    assert_eq!(value, Value::Int(3));
}

#[test]
fn appending_to_what_is_no_container_is_refused() {
    refused_with(
        b"NNa.",
        "pickle is invalid at byte 2 (APPEND): expected a container that takes these items, found None",
    );
    assert!(refused(b"}Na.").to_string().contains("found dict"));
    assert!(refused(b"](NNu.").to_string().contains("found list"));
    assert!(refused(b")Nb.").to_string().contains("found tuple"));
}

#[test]
fn dict_with_a_key_without_value_is_refused() {
    assert!(refused(b"}(Nu.").to_string().contains("a key has no value"));
    assert!(refused(b"(Nd.").to_string().contains("a key has no value"));
}

#[test]
fn declared_length_past_the_end_is_refused_before_allocating() {
    for pickle in [
        b"\x8e\xff\xff\xff\xff\xff\xff\xff\xff.".as_slice(),
        b"\x8d\xff\xff\xff\xff\xff\xff\xff\x7f.",
        b"\x96\xff\xff\xff\xff\xff\xff\xff\xff.",
        b"\x95\xff\xff\xff\xff\xff\xff\xff\xff.",
        b"B\xff\xff\xff\xff.",
        b"X\xff\xff\xff\xff.",
        b"\x8b\xff\xff\xff\x7f.",
        b"T\xff\xff\xff\x7f.",
    ] {
        assert!(refused(pickle).to_string().contains("truncated"), "{pickle:?}");
    }
    assert!(refused(b"\x8b\xff\xff\xff\xff.").to_string().contains("negative"));
    assert!(refused(b"T\xff\xff\xff\xff.").to_string().contains("negative"));
}

#[test]
fn references_outside_the_pickle_are_refused() {
    assert!(refused(b"Pid\n.").to_string().contains("persistent id"));
    assert!(refused(b"NQ.").to_string().contains("persistent id"));
    for extension in [b"\x82\x01.".as_slice(), b"\x83\x01\x00.", b"\x84\x01\x00\x00\x00."] {
        assert!(refused(extension).to_string().contains("extension registry"));
    }
    assert!(refused(b"\x97.").to_string().contains("buffers outside"));
    assert!(refused(b"N\x98.").to_string().contains("buffers outside"));
}

#[test]
fn text_that_is_no_text_is_refused() {
    assert!(refused(b"\x8c\x01\xff.").to_string().contains("not UTF-8"));
    assert!(refused(b"V\\u00zz\n.").to_string().contains("hexadecimal"));
    assert!(refused(b"V\\Uffffffff\n.").to_string().contains("not a code point"));
    assert!(refused(b"Sabc\n.").to_string().contains("not in quotes"));
    assert!(refused(b"S'a\\'\n.").to_string().contains("backslash"));
    assert!(refused(b"F1.5x\n.").to_string().contains("floating-point"));
    assert!(refused(b"I0x10\n.").to_string().contains("decimal"));
    assert!(refused(b"L12").to_string().contains("line"));
}

#[test]
fn decimal_integer_of_too_many_digits_is_refused() {
    let longest = [b"L".as_slice(), &[b'9'; 4300], b"L\n."].concat();
    assert!(matches!(Value::from_slice(&longest).unwrap(), Value::BigInt(_)));
    let longer = [b"L".as_slice(), &[b'9'; 4301], b"L\n."].concat();
    assert_eq!(refused(&longer).kind(), ErrorKind::Limit);
}

#[test]
fn binary_integer_of_any_size_is_kept() {
    let digits = vec![0x55; 1_000_000];
    let pickle = [b"\x80\x04\x8b".as_slice(), &1_000_000_u32.to_le_bytes(), &digits, b"."].concat();
    let value = Value::from_slice(&pickle).unwrap();
    assert_eq!(from_slice::<u128>(&pickle).unwrap_err().found(), Some("int of over 128 bits"));
    assert_eq!(Value::from_slice(&to_vec(&value).unwrap()).unwrap(), value);
    let debug = format!("{value:?}");
    assert!(debug.starts_with("0x5555") && debug.ends_with("5… (1000000 bytes)"), "{debug}");
    assert!(debug.len() < 1100);
}

#[test]
fn globals_and_calls_are_never_made() {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    // A backslash begins an escape in a pickle's text.
    let command = format!("touch {}", trace.display()).replace('\\', r"\u005c");
    let pickle = format!("cos\nsystem\n(V{command}\ntR.").into_bytes();
    let value = Value::from_slice(&pickle).unwrap();
    assert_eq!(value.kind_name(), "object");
    let error = from_slice::<i32>(&pickle).unwrap_err();
    assert_eq!(error.to_string(), "expected i32, found an object of class os.system");
    to_vec(&value).unwrap();
    assert!(!trace.exists());
}

#[test]
fn calls_of_what_cannot_be_called_are_refused() {
    assert!(refused(b"K\x01)R.").to_string().contains("neither a class nor a function"));
    assert!(refused(b"cm\nC\nNR.").to_string().contains("not a tuple"));
    assert!(refused(b"NN\x93.").to_string().contains("two strings"));
    assert!(refused(b"cm\nC\n)\x81NbK\x01b.").to_string().contains("has another state already"));
}

/// `_reconstruct(ndarray, (0,), b"b")` with this shape, dtype and data.
fn array(shape: &[u8], dtype: &[u8], data: &[u8]) -> Vec<u8> {
    let head = b"\x80\x04cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85C\x01b\x87R(K\x01";
    [head.as_slice(), shape, dtype, b"\x89", data, b"tb."].concat()
}

const F4: &[u8] = b"cnumpy\ndtype\n\x8c\x02f4\x89\x88\x87R(K\x03\x8c\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb";

#[test]
fn array_whose_parts_disagree_is_refused() {
    let good = array(b"K\x01\x85", F4, b"C\x04\0\0\x80?");
    assert_eq!(from_slice::<Vec<f32>>(&good).unwrap(), [1.0]);
    for (shape, dtype, data, message) in [
        (
            b"K\x02\x85".as_slice(),
            F4,
            b"C\x04\0\0\x80?".as_slice(),
            "expected 8 bytes of elements, found 4",
        ),
        (b"J\xff\xff\xff\xff\x85", F4, b"C\x00", "natural numbers"),
        (
            b"\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f\x85",
            F4,
            b"C\x00",
            "found shape (9223372036854775807,)",
        ),
        (b"N", F4, b"C\x00", "expected a shape, found None"),
        (b"K\x01\x85", b"K\x01", b"C\x00", "expected a NumPy dtype, found int"),
        (b"K\x01\x85", F4, b"K\x01", "expected the bytes of a NumPy array, found int"),
    ] {
        let pickle = array(shape, dtype, data);
        let error = from_slice::<Vec<f32>>(&pickle).unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
        // As a value it stays what it is, and NumPy's own error is left to NumPy.
        assert_eq!(Value::from_slice(&pickle).unwrap().kind_name(), "object");
    }
}

#[test]
fn array_of_an_empty_element_or_axis_expands_no_further_than_its_pickle() {
    // A million million elements of no bytes, and as many rows without elements.
    let huge = b"\x8a\x06\x00\x10\xa5\xd4\xe8\x00";
    let v0 = b"cnumpy\ndtype\n\x8c\x02V0\x89\x88\x87R(K\x03\x8c\x01|NNNK\x00K\x01K\x00tb";
    let no_bytes = array(&[huge.as_slice(), b"\x85"].concat(), v0, b"C\x00");
    let no_columns = array(&[huge.as_slice(), b"K\x00\x86"].concat(), F4, b"C\x00");
    for pickle in [no_bytes, no_columns] {
        let error = from_slice::<Vec<serde::de::IgnoredAny>>(&pickle).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit);
    }
}

#[test]
fn dtype_that_expands_exponentially_is_refused() {
    // Each record has two fields of the one before it.
    let mut dtype = [F4, b"q\x00"].concat();
    for level in 0..30 {
        dtype.extend_from_slice(b"0cnumpy\ndtype\n\x8c\x02V8\x89\x88\x87R(K\x03\x8c\x01|N");
        dtype.extend_from_slice(b"\x8c\x01a\x8c\x01b\x86}(\x8c\x01ah");
        dtype.extend_from_slice(&[level, b'K', 0, 0x86, 0x8c, 1, b'b', b'h', level, b'K', 4, 0x86]);
        dtype.extend_from_slice(b"uK\x08K\x01K\x10tbq");
        dtype.push(level + 1);
    }
    let pickle = array(b"K\x00\x85", &dtype, b"C\x00");
    assert!(from_slice::<Vec<f32>>(&pickle).is_err());
    assert_eq!(Value::from_slice(&pickle).unwrap().kind_name(), "object");
}

#[test]
fn surrogates_are_kept_by_a_value_and_refused_by_a_typed_load() {
    let pickle = b"\x8c\x04a\xed\xa0\x80.";
    let value = Value::from_slice(pickle).unwrap();
    assert!(matches!(value, Value::SurrogateStr(_)));
    assert_eq!(to_vec(&value).unwrap(), b"\x80\x04\x95\x07\0\0\0\0\0\0\0\x8c\x04a\xed\xa0\x80.");
    let error = from_slice::<String>(pickle).unwrap_err();
    assert_eq!(error.found(), Some("str with lone surrogates, which is no text"));
}

#[test]
fn every_prefix_and_every_byte_of_a_pickle_can_be_wrong() {
    let rich = include_bytes!("../fixtures/python-varpack/numpy2-values/__misc_vars__.pickle");
    let whole = Value::from_slice(rich).unwrap();
    assert!(whole.as_entries().is_some());
    for index in 0..rich.len() {
        for flip in [0x01, 0xff] {
            let mut wrong = rich.to_vec();
            wrong[index] ^= flip;
            if let Ok(value) = Value::from_slice(&wrong) {
                let _ = from_slice::<serde_json::Value>(&wrong);
                match to_vec(&value) {
                    Ok(written) => {
                        let read = Value::from_slice(&written).unwrap();
                        assert_eq!(read, value, "byte {index} ^ {flip:#x}");
                    }
                    // Two keys have become one, or one is nothing that Python can hash.
                    Err(error) => assert_eq!(error.kind(), ErrorKind::Value, "{error}"),
                }
            }
        }
    }
}

/// `_reconstruct(ndarray, …)` with this state of an array of objects.
fn object_array(shape: &[u8], items: &[u8]) -> Vec<u8> {
    let start = b"\x80\x04cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85C\x01b\x87R(K\x01";
    let dtype =
        b"cnumpy\ndtype\nX\x02\x00\x00\x00O8\x85R(K\x03X\x01\x00\x00\x00|NNNK\xffK\xffK?tb\x89";
    [start.as_slice(), shape, dtype, items, b"tb."].concat()
}

#[test]
fn object_array_of_many_empty_rows_is_refused_before_allocating() {
    // (2**40, 0)
    let shape = b"\x8a\x06\0\0\0\0\0\x01K\x00\x86";
    let array = object_array(shape, b"]");
    assert_eq!(from_slice::<Vec<Vec<u8>>>(&array).unwrap_err().kind(), ErrorKind::Limit);
    assert_eq!(from_slice::<Vec<()>>(&array).unwrap_err().kind(), ErrorKind::Limit);
    assert_eq!(from_slice::<Vec<Value>>(&array).unwrap_err().kind(), ErrorKind::Limit);
    assert_eq!(from_slice::<(Value, Value)>(&array).unwrap_err().kind(), ErrorKind::Limit);
}

#[test]
fn object_array_of_another_number_of_items_is_refused() {
    let array = object_array(b"K\x02K\x02\x86", b"](K\x01K\x02K\x03e");
    let error = from_slice::<Vec<Vec<u8>>>(&array).unwrap_err();
    assert_eq!(error.to_string(), "expected 4 elements, found 3");
}

#[test]
fn value_that_is_called_for_ever_deeper_is_refused_and_not_followed() {
    // Cls(Cls(Cls(… 5 …))), each the base of the next.
    let depth = 10_000;
    let called_with = |innermost: &[u8]| {
        let (classes, calls) = (b"cmodule\nCls\n".repeat(depth), b"\x85\x81".repeat(depth));
        [b"\x80\x02", classes.as_slice(), innermost, &calls, b"."].concat()
    };
    let error = from_slice::<i64>(&called_with(b"K\x05")).unwrap_err();
    assert!(error.found().unwrap().contains("module.Cls"), "{error}");
    // The same with a tuple, which is a base.
    assert!(from_slice::<Vec<i64>>(&called_with(b")")).is_err());
    let reconstructed = [
        b"\x80\x02".to_vec(),
        b"ccopy_reg\n_reconstructor\n(cmodule\nCls\nc__builtin__\nint\n".repeat(depth),
        b"K\x05".to_vec(),
        b"tR".repeat(depth),
        b".".to_vec(),
    ]
    .concat();
    assert_eq!(from_slice::<i64>(&reconstructed).unwrap_err().kind(), ErrorKind::Limit);
    assert_eq!(from_slice::<Variant>(&reconstructed).unwrap_err().kind(), ErrorKind::Limit);
    assert_eq!(from_slice::<(i64,)>(&reconstructed).unwrap_err().kind(), ErrorKind::Limit);
}

#[derive(Debug, serde::Deserialize)]
enum Variant {
    One,
}

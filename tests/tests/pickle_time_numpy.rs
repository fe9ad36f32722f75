//! Time in proportion: what many of NumPy's objects in a pickle share is looked at once, and so is what is wrong
//! with it.
#![allow(clippy::unwrap_used)]

use varpack::pickle::{Document, Value, from_slice, to_vec};
use varpack::{AnyArray, ErrorKind};
use varpack_tests::proportion::{LEN, in_time, list, long_text, put, sized, text};

/// Fields of a wide dtype.
const FIELDS: usize = 20_000;

/// References to it.
const COUNT: usize = 20_000;

/// References to a long text, a few bytes each.
const MANY: usize = 100_000;

const DTYPE: &[u8] = b"cnumpy\ndtype\n";

/// A dtype by its name.
fn dtype(name: &str) -> Vec<u8> {
    [DTYPE, &text(name), b"\x85R"].concat()
}

/// The state of a structured dtype of no bytes whose fields are such as memo entry 0 is; the last of them has none
/// of its own if it is `broken`.
fn state(broken: bool) -> Vec<u8> {
    let name = |n: usize| text(&format!("f{n:06}"));
    let names: Vec<u8> = (0..FIELDS).flat_map(name).collect();
    let described = 0..FIELDS - usize::from(broken);
    let fields: Vec<u8> =
        described.flat_map(|n| [name(n), b"h\x00K\x00\x86".to_vec()].concat()).collect();
    [b"(K\x03", text("|").as_slice(), b"N(", &names, b"t}(", &fields, b"uK\x00K\x01K\x10t"].concat()
}

/// Memo entry 1: a wide dtype. (0: that of its fields.)
fn wide() -> Vec<u8> {
    let dtype = [dtype("V0"), state(false), b"b".to_vec()].concat();
    [put(0, &self::dtype("V0")), put(1, &dtype)].concat()
}

/// Memo entries 2 and 3: what makes an array, and its arguments.
fn reconstruct() -> Vec<u8> {
    let args = b"cnumpy\nndarray\nK\x00\x85C\x01b\x87";
    [put(2, b"cnumpy.core.multiarray\n_reconstruct\n"), put(3, args)].concat()
}

/// Arrays of the one state that opcodes leave on the stack.
fn arrays(before: &[Vec<u8>], state: &[u8], count: usize) -> Vec<u8> {
    let before = [before, &[reconstruct(), put(4, state)]].concat();
    list(&before, b"h\x02h\x03Rh\x04b", count)
}

/// Arrays without elements of a wide dtype.
fn wide_arrays(data: &[u8]) -> Vec<u8> {
    arrays(&[wide()], &[b"(K\x01K\x00\x85h\x01\x89", data, b"t"].concat(), COUNT)
}

/// Scalars of a wide dtype.
fn wide_scalars(item: &[u8]) -> Vec<u8> {
    list(&[wide(), put(2, b"cnumpy.core.multiarray\nscalar\n")], item, COUNT)
}

/// Reads a pickle, writes it, and compares what is read again.
fn value(name: &str, pickle: &[u8]) -> Value {
    let value = in_time(name, || Value::from_slice(pickle)).unwrap();
    let written = in_time(name, || to_vec(&value)).unwrap();
    let again = in_time(name, || Value::from_slice(&written)).unwrap();
    assert!(in_time(name, || again == value), "{name}");
    let same = in_time(name, || Value::from_slice(pickle)).unwrap();
    assert!(in_time(name, || same == value), "{name}");
    value
}

/// Whether all items are of a kind.
fn all(value: &Value, is: impl Fn(&Value) -> bool) -> bool {
    value.as_slice().is_some_and(|items| !items.is_empty() && items.iter().all(is))
}

#[test]
fn scalars_of_one_wide_dtype_are_read_and_compared_in_time() {
    let scalars = value("scalars", &wide_scalars(b"h\x02h\x01C\x00\x86R"));
    assert!(all(&scalars, |item| matches!(item, Value::Scalar(_))));
}

#[test]
fn scalars_of_one_wide_dtype_and_wrong_bytes_are_read_in_time_as_what_they_are() {
    let scalars = value("scalars", &wide_scalars(b"h\x02h\x01C\x01a\x86R"));
    assert!(all(&scalars, |item| matches!(item, Value::Object(_))));
    let error = from_slice::<Vec<u8>>(&wide_scalars(b"h\x02h\x01C\x01a\x86R")).unwrap_err();
    let expected = "array `[0]`: expected 0 bytes of a record of 20000 fields, found 1";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn arrays_of_one_wide_dtype_are_read_and_compared_in_time() {
    let good = value("arrays", &wide_arrays(b"C\x00"));
    assert!(all(&good, |item| matches!(item, Value::Array(_))));
    let wrong = value("arrays with wrong data", &wide_arrays(b"C\x01x"));
    assert!(all(&wrong, |item| matches!(item, Value::Object(_))));
}

#[test]
fn arrays_of_one_wide_dtype_are_no_plain_data_beyond_all_proportion() {
    let pickle = wide_arrays(b"C\x00");
    let value = Value::from_slice(&pickle).unwrap();
    let error = in_time("JSON", || serde_json::to_string(&value)).unwrap_err();
    assert!(error.to_string().contains("expand too far"), "{error}");
    let error = in_time("a JSON value", || serde_json::to_value(&value)).unwrap_err();
    assert!(error.to_string().contains("expand too far"), "{error}");
    let few = value.as_slice().and_then(|items| items.get(..2)).unwrap();
    let json = serde_json::to_string(&Value::list(few.iter().cloned())).unwrap();
    assert!(json.len() > 2 * 10 * FIELDS);
    // Typed reads make the dtype of each anew, and count it.
    let document = Document::parse_within(&pickle, 20 << 20).unwrap();
    let root = document.root();
    let error = in_time("arrays", || root.deserialize::<Vec<AnyArray>>()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
    let error = in_time("maps", || root.deserialize::<Vec<serde_json::Value>>()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
}

#[test]
fn dtypes_of_one_state_are_read_once_and_so_is_what_is_wrong_with_it() {
    let before = |broken| {
        let args = [text("V0"), b"\x85".to_vec()].concat();
        [put(0, &dtype("V0")), put(1, DTYPE), put(2, &args), put(3, &state(broken))]
    };
    let item = b"h\x01h\x02Rh\x03b";
    let dtypes = value("dtypes", &list(&before(false), item, COUNT));
    assert!(all(&dtypes, |item| matches!(item, Value::Dtype(_))));
    let broken = list(&before(true), item, COUNT);
    let objects = value("broken dtypes", &broken);
    assert!(all(&objects, |item| matches!(item, Value::Object(_))));
    // Each read tells of it.
    let scalars = [
        before(true).concat(),
        put(4, b"cnumpy.core.multiarray\nscalar\n"),
        put(5, &[item, b"C\x00\x86".as_slice()].concat()),
    ];
    let pickle = list(&scalars, b"h\x04h\x05R", 2);
    let document = Document::parse(&pickle).unwrap();
    let errors: Vec<String> = (document.root().items().unwrap())
        .map(|item| item.deserialize::<u8>().unwrap_err().to_string())
        .collect();
    assert_eq!(errors, ["expected the dtype and offset of a field, found something else"; 2]);
}

#[test]
fn dtypes_of_one_long_name_are_read_in_time() {
    let digits = text(&format!("f{}", "8".repeat(LEN)));
    let name = [put(0, DTYPE), put(1, &[digits.as_slice(), b"\x85"].concat())];
    let order = text("<");
    let state = [b"(K\x03", order.as_slice(), b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t"];
    let stated = [name.concat(), put(2, &state.concat())];
    // An object of a class of a long name.
    let class = [long_text(), text("a"), b"\x93)R\x85".to_vec()].concat();
    let object = [put(0, DTYPE), put(1, &class)];
    let unit = [sized(b'B', LEN), vec![b'n'; LEN]].concat();
    let metadata = [b"}(".as_slice(), &unit, b"K\x01K\x01K\x01t\x86t"].concat();
    let time = [
        put(0, DTYPE),
        put(1, &[text("M8"), b"\x85".to_vec()].concat()),
        put(2, &[state.concat().strip_suffix(b"t").unwrap(), &metadata].concat()),
    ];
    for (case, before, item) in [
        ("name", name.as_slice(), b"h\x00h\x01R".as_slice()),
        ("name with a state", &stated, b"h\x00h\x01Rh\x02b"),
        ("name of a class", &object, b"h\x00h\x01R"),
        ("unit of time", &time, b"h\x00h\x01Rh\x02b"),
    ] {
        let dtypes = value(case, &list(before, item, MANY));
        assert!(all(&dtypes, |item| matches!(item, Value::Object(_))), "{case}");
    }
}

#[test]
fn arrays_and_scalars_whose_bytes_are_one_long_text_are_read_in_time() {
    let byte = put(0, &dtype("u1"));
    let state = [b"(K\x01K\x05\x85h\x00\x89", long_text().as_slice(), b"t"].concat();
    let wrong = value("arrays", &arrays(std::slice::from_ref(&byte), &state, MANY));
    assert!(all(&wrong, |item| matches!(item, Value::Object(_))));
    let scalar = put(1, b"cnumpy.core.multiarray\nscalar\n");
    let scalars = [byte, scalar, put(2, &[b"h\x00".as_slice(), &long_text(), b"\x86"].concat())];
    let wrong = value("scalars", &list(&scalars, b"h\x01h\x02R", MANY));
    assert!(all(&wrong, |item| matches!(item, Value::Object(_))));
}

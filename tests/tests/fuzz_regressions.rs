//! What the fuzz targets found, each with the input that showed it: see `fuzz/README.md`.

use std::fs;
use std::path::PathBuf;
use varpack::pickle::{Object, Shared, Value, to_vec};
use varpack::{ErrorKind, Pack, PackValue};
use varpack_tests::fixtures::workspace;

fn input(name: &str) -> Vec<u8> {
    let path: PathBuf = workspace().join("tests/fixtures/fuzz").join(name);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn refusal(name: &str) -> String {
    Value::from_slice(&input(name)).expect_err("a bad pickle").to_string()
}

/// Target `pickle_value`: it was read as an object that could be written, and not read again.
#[test]
fn a_call_of_a_text_is_refused() {
    assert_eq!(
        refusal("text_called.pickle"),
        "pickle is invalid at byte 8 (REDUCE): what is to be called is neither a class nor a function",
    );
}

/// The same, but that it is no object is only known once all of the pickle is read.
#[test]
fn a_call_of_what_turns_out_to_be_bytes_is_refused() {
    let error = "what makes an object: expected a class or function, found bytes";
    assert_eq!(refusal("bytes_called.pickle"), error);
}

#[test]
fn keyword_arguments_that_are_no_dict_are_refused() {
    assert_eq!(
        refusal("keywords_no_dict.pickle"),
        "pickle is invalid at byte 22 (NEWOBJ_EX): the keyword arguments are not a dict",
    );
}

#[test]
fn an_object_that_nothing_makes_is_not_written() {
    let args = Value::tuple([]);
    let object = Value::Object(Shared::new(Object { args, ..Object::default() }));
    let error = to_vec(&object).expect_err("no pickle can say it");
    assert_eq!(error.kind(), ErrorKind::Value);
    assert_eq!(error.to_string(), "what makes an object: expected a class or function, found None");
}

#[test]
fn an_object_whose_state_nothing_sets_is_not_written() {
    let callable = Value::from_slice(b"cdatetime\ntimezone\n.").expect("a class");
    let (args, state) = (Value::tuple([]), Some(Value::Int(1)));
    let object = Object { callable, args, state, setter: Some(Value::Int(1)), ..Object::default() };
    let error = to_vec(&Value::Object(Shared::new(object))).expect_err("no pickle can say it");
    assert_eq!(error.kind(), ErrorKind::Value);
    let expected = "what sets the state of an object: expected a class or function, found int";
    assert_eq!(error.to_string(), expected);
}

/// Found in the writer while one of the above was looked into: the second was written as a reference
/// to the first.
#[test]
fn containers_of_two_kinds_with_the_same_contents_are_two_objects() {
    let items = Shared::new(vec![Value::Int(1)]);
    let value = Value::list([
        Value::List(items.clone()),
        Value::Tuple(items.clone()),
        Value::Set(items.clone()),
        Value::List(items),
    ]);
    let read = Value::from_slice(&to_vec(&value).expect("plain data")).expect("our own pickle");
    assert_eq!(read, value);
}

/// Target `manifest_text`: once read as the float next to it, and written as that. Now it stays as it is written.
#[test]
fn a_float_in_the_metadata_of_others_survives_a_save() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut pack = Pack::new();
    pack.insert("a", PackValue::serialize(&1).expect("a value")).expect("a name");
    pack.save_to(folder.path()).expect("a save");
    let manifest = folder.path().join("varpack.json");
    fs::write(&manifest, input("float_in_metadata.json")).expect("a file to write");
    let mut pack = Pack::open(folder.path()).expect("a folder");
    pack.insert("b", PackValue::serialize(&2).expect("a value")).expect("a name");
    pack.save().expect("a save");
    let written = fs::read_to_string(&manifest).expect("a manifest");
    assert!(written.contains("-10e200"), "{written}");
}

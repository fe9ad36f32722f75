//! Pickles that no one should trust, where a folder has them: as the pickle that variables share, as a
//! pickle of a variable's own, as a map whose placeholders name other files.
#![allow(clippy::unwrap_used)]

use ndarray::Array1;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use varpack::{AnyArray, Error, ErrorKind, MmapArray1, Pack, PackMap, SaveOptions, Varpack};
use varpack_tests::folders::State;

const SHARED: &str = "__misc_vars__.pickle";

/// A folder with one variable `v`, whose pickle `v` pushes one object: in the shared pickle or in a
/// pickle of its own.
fn folder(is_shared: bool, v: &[u8], uses_placeholders: bool) -> (TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    fs::create_dir(&folder).unwrap();
    let file = if is_shared { SHARED } else { "v.pickle" };
    let manifest = format!(
        r#"{{"v": {{"size": 1, "uses_numpy_placeholders": {uses_placeholders}, "filename": "{file}"}}}}"#
    );
    fs::write(folder.join("varpack.json"), manifest).unwrap();
    let pickle = match is_shared {
        // A dict with one item.
        true => [b"\x80\x04}\x8c\x01v", v, b"s."].concat(),
        false => [b"\x80\x04", v, b"."].concat(),
    };
    fs::write(folder.join(file), pickle).unwrap();
    (parent, folder)
}

/// Reads anything that a typed load can.
#[derive(Debug, Varpack)]
struct Anything {
    v: serde_json::Value,
}

/// The error of a typed load, in both places. The folder stays as it is.
fn typed_errors(v: &[u8]) -> Vec<(bool, Error)> {
    let errors = [true, false].map(|is_shared| {
        let (_parent, folder) = folder(is_shared, v, false);
        let before = State::of(&folder);
        let error = Anything::load(&folder).map(drop).unwrap_err();
        let file = folder.join(if is_shared { SHARED } else { "v.pickle" });
        assert_eq!(error.path(), Some(file.as_path()), "{error}");
        before.assert_untouched(&folder);
        (is_shared, error)
    });
    errors.into()
}

/// Both ways in refuse the pickle, wherever it is.
#[track_caller]
fn refused(v: &[u8], kind: ErrorKind, text: &str) {
    for (is_shared, error) in typed_errors(v) {
        let (_parent, folder) = folder(is_shared, v, false);
        let pack = Pack::open(&folder).map(drop).unwrap_err();
        for error in [error, pack] {
            assert_eq!(error.kind(), kind, "{error}");
            // Of a broken pickle that many share nobody knows whose fault it is.
            assert_eq!(error.variable(), (!is_shared).then_some("v"), "{error}");
            assert!(error.to_string().contains(text) && error.to_string().len() < 500, "{error}");
        }
    }
}

#[test]
fn broken_pickle_is_refused() {
    refused(b"", ErrorKind::Pickle, "");
    refused(b"\x8c\xffabc", ErrorKind::Pickle, "truncated");
    refused(b"\xff", ErrorKind::Pickle, "opcode");
    refused(b"0", ErrorKind::Pickle, "");
    refused(b"h\x07", ErrorKind::Pickle, "memo");
    refused(b"N.trailing", ErrorKind::Pickle, "");
}

#[test]
fn pickle_that_is_cut_off_anywhere_is_refused() {
    for is_shared in [true, false] {
        let (_parent, folder) = folder(is_shared, b"](K\x01K\x02e", false);
        let file = folder.join(if is_shared { SHARED } else { "v.pickle" });
        let whole = fs::read(&file).unwrap();
        for len in 0..whole.len() {
            fs::write(&file, &whole[..len]).unwrap();
            let errors = [Anything::load(&folder).map(drop), Pack::open(&folder).map(drop)];
            for error in errors.map(Result::unwrap_err) {
                assert_eq!((error.kind(), error.path()), (ErrorKind::Pickle, Some(file.as_path())));
            }
        }
    }
}

#[test]
fn huge_declared_length_is_refused_before_allocating() {
    refused(b"\x8e\xff\xff\xff\xff\xff\xff\xff\x7f", ErrorKind::Pickle, "truncated");
    refused(b"\x95\xff\xff\xff\xff\xff\xff\xff\x7f", ErrorKind::Pickle, "truncated");
}

#[test]
fn deep_nesting_overflows_no_stack() {
    let deep = [vec![b']'; 200_000], vec![b'a'; 199_999]].concat();
    for (_, error) in typed_errors(&deep) {
        assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
        assert!(error.variable().unwrap().starts_with("v[0][0]"), "{error}");
    }
    for is_shared in [true, false] {
        let (parent, folder) = folder(is_shared, &deep, false);
        let pack = Pack::open(&folder).unwrap();
        pack.save_to(parent.path().join("other")).unwrap();
        let again = Pack::open(parent.path().join("other")).unwrap();
        assert_eq!(again.get("v"), pack.get("v"));
    }
}

#[test]
fn shared_parts_that_expand_exponentially_are_refused_by_a_typed_load_and_kept_by_a_pack() {
    let mut v = b"]K\x01a".to_vec();
    for level in 0..40 {
        v.extend([b'q', level, b'0', b']', b'(', b'h', level, b'h', level, b'e']);
    }
    for (is_shared, error) in typed_errors(&v) {
        assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
        assert!(error.variable().unwrap().starts_with("v[0][0]"), "{error}");
        let (parent, folder) = folder(is_shared, &v, false);
        let pack = Pack::open(&folder).unwrap();
        pack.save_to(parent.path().join("other")).unwrap();
        let file = parent.path().join("other").join(SHARED);
        assert!(fs::metadata(file).unwrap().len() < 2_000);
    }
}

#[test]
fn class_that_is_not_known_is_named_by_a_typed_load_and_kept_by_a_pack() {
    for (_, error) in typed_errors(b"cos\nsystem\n(Vtouch /tmp/pwned\ntR") {
        assert_eq!((error.kind(), error.variable()), (ErrorKind::Value, Some("v")), "{error}");
        assert_eq!(error.found(), Some("an object of class os.system"));
    }
    let (parent, folder) = folder(true, b"cnuclear\nLauncher\n)R", false);
    let pack = Pack::open(&folder).unwrap();
    pack.save_to(parent.path().join("other")).unwrap();
    let pickle = fs::read(parent.path().join("other").join(SHARED)).unwrap();
    assert!(String::from_utf8_lossy(&pickle).contains("Launcher"));
    assert_eq!(Pack::open(parent.path().join("other")).unwrap().get("v"), pack.get("v"));
}

#[test]
fn cyclic_value_is_refused_by_a_typed_load_and_skipped_with_a_note_by_a_pack() {
    // v = []; v.append(v)
    let v = b"]q\x00h\x00a";
    for (is_shared, error) in typed_errors(v) {
        assert_eq!((error.kind(), error.variable()), (ErrorKind::Value, Some("v")), "{error}");
        let (_parent, folder) = folder(is_shared, v, false);
        let pack = Pack::open(&folder).unwrap();
        assert_eq!((pack.names().count(), pack.skipped().collect::<Vec<_>>()), (0, vec!["v"]));
        let notes = pack.report().notes();
        assert!(notes.len() == 1 && notes[0].contains("`v`"), "{notes:?}");
    }
}

#[test]
fn shared_pickle_that_is_no_dict_of_variables_is_refused() {
    let (_parent, folder) = folder(true, b"N", false);
    for (pickle, found) in [(b"].".as_slice(), "list"), (b"N.", "None"), (b"}.", "no variables")] {
        fs::write(folder.join(SHARED), pickle).unwrap();
        let errors = [Anything::load(&folder).map(drop), Pack::open(&folder).map(drop)];
        for error in errors.map(Result::unwrap_err) {
            assert_eq!(error.kind(), ErrorKind::MissingVariable, "{error}");
            assert_eq!((error.variable(), error.found()), (Some("v"), Some(found)));
            assert_eq!(error.path(), Some(folder.join(SHARED).as_path()));
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Epoch {
    loss: f64,
}

#[test]
fn wrong_type_deep_inside_a_pickle_is_named_by_its_path() {
    #[derive(Debug, Varpack)]
    struct Run {
        #[varpack(rename = "v")]
        history: Vec<Epoch>,
    }
    // [{"loss": 0.5}, {"loss": "nan?"}], as CPython 3.11 pickles it under protocol 4.
    let v = b"]\x94(}\x94\x8c\x04loss\x94G?\xe0\0\0\0\0\0\0s}\x94h\x02\x8c\x04nan?\x94se";
    let (_parent, folder) = folder(false, v, false);
    let error = Run::load(&folder).map(|run| run.history).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Value, Some("v[1].loss")));
    assert_eq!((error.expected(), error.found()), (Some("f64"), Some("str")));
    let file = folder.join("v.pickle");
    let text = format!("variable `v[1].loss` in {}: expected f64, found str", file.display());
    assert_eq!(error.to_string(), text);
}

#[test]
fn missing_variable_says_which_exist_and_which_is_near() {
    #[derive(Debug, Varpack)]
    struct Run {
        weigths: i64,
    }
    let (_parent, folder) = folder(true, b"K\x01", false);
    let mut pack = Pack::open(&folder).unwrap();
    pack.insert("weights", varpack::pickle::Value::Int(1)).unwrap();
    pack.save().unwrap();
    let error = Run::load(&folder).map(|run| run.weigths).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::MissingVariable, Some("weigths")));
    assert_eq!(error.path(), Some(folder.as_path()));
    assert_eq!((error.expected(), error.found()), (Some("`weigths`"), Some("`v`, `weights`")));
    assert!(error.to_string().contains("did you mean `weights`?"), "{error}");
    let error = pack.try_get("weigths").map(drop).unwrap_err();
    assert_eq!(error.variable(), Some("weigths"));
    assert!(error.to_string().contains("did you mean `weights`?"), "{error}");
}

#[derive(Debug, Varpack)]
struct Mapped {
    #[varpack(mmap)]
    v: BTreeMap<String, MmapArray1<f64>>,
}

/// `{"a": NumpyArrayPlaceholder(<file>)}`, as the Python program pickles it.
fn placeholder(file: &str) -> Vec<u8> {
    let len = u8::try_from(file.len()).unwrap();
    [
        b"}\x8c\x01a\x8c\x07varpack\x8c\x15NumpyArrayPlaceholder\x93)\x81}\x8c\x08filename\x8c"
            .as_slice(),
        &[len],
        file.as_bytes(),
        b"sbs",
    ]
    .concat()
}

fn ones(folder: &Path, variable: &str) {
    let mut pack = Pack::new();
    let array = MmapArray1::from(Array1::<f64>::ones(20_000));
    pack.insert(variable, AnyArray::try_from(array).unwrap()).unwrap();
    pack.save_to(folder).unwrap();
}

#[test]
fn placeholder_that_leaves_the_folder_is_refused() {
    for name in ["../x.npy", "/x.npy", "..", "sub/x.npy", "", "x\0.npy", "varpack.json", ".x.npy"] {
        for is_shared in [true, false] {
            let (parent, folder) = folder(is_shared, &placeholder(name), true);
            ones(&parent.path().join("outside"), "x");
            fs::copy(parent.path().join("outside/x.npy"), parent.path().join("x.npy")).unwrap();
            let before = State::of(&folder);
            let file = folder.join(if is_shared { SHARED } else { "v.pickle" });
            let errors = [
                Mapped::load(&folder).map(drop).unwrap_err(),
                Pack::open(&folder).map(drop).unwrap_err(),
                Mapped { v: BTreeMap::new() }.save(&folder).unwrap_err(),
            ];
            for (error, variable) in errors.iter().zip(["v[a]", "v[a]", "v"]) {
                assert_eq!((error.kind(), error.variable()), (ErrorKind::Name, Some(variable)));
                assert_eq!(error.path(), Some(file.as_path()), "{error}");
                assert_eq!(error.expected(), Some("the name of a file in the folder"));
                assert_eq!(error.found(), Some(format!("{name:?}").as_str()));
            }
            before.assert_untouched(&folder);
        }
    }
}

#[test]
fn placeholder_of_a_missing_file_is_refused_by_its_key_and_name() {
    let (_parent, folder) = folder(true, &placeholder("v-gone.npy"), true);
    for error in
        [Mapped::load(&folder).map(drop).unwrap_err(), Pack::open(&folder).map(drop).unwrap_err()]
    {
        assert_eq!((error.kind(), error.variable()), (ErrorKind::NotFound, Some("v[a]")));
        assert_eq!(error.path(), Some(folder.join("v-gone.npy").as_path()));
    }
}

#[test]
fn placeholder_of_another_variables_file_is_read_and_never_taken_or_removed() {
    let (_parent, folder) = folder(true, &placeholder("x.npy"), true);
    let mut pack = Pack::edit(&folder).map(drop).map_err(|error| error.kind());
    assert_eq!(pack, Err(ErrorKind::NotFound));
    let text = fs::read_to_string(folder.join("varpack.json")).unwrap();
    ones(&folder.join("inner"), "x");
    fs::rename(folder.join("inner/x.npy"), folder.join("x.npy")).unwrap();
    fs::remove_dir_all(folder.join("inner")).unwrap();
    let both = text.replacen('{', r#"{"x": {"filename": "x.npy"},"#, 1);
    fs::write(folder.join("varpack.json"), both).unwrap();
    pack = Pack::edit(&folder).map(drop).map_err(|error| error.kind());
    assert_eq!(pack, Ok(()));

    let mut mapped = Mapped::edit(&folder).unwrap();
    mapped.v.get_mut("a").unwrap().view_mut().unwrap()[0] = 5.0;
    mapped.flush().unwrap();
    mapped.save_with(&folder, &SaveOptions::new().overwrite(true)).unwrap();
    let names = [SHARED, "v-a.npy", "v.pickle", "varpack.json", "x.npy"];
    assert_eq!(State::of(&folder).names(), names, "the map has a file of its own now");
    Mapped { v: BTreeMap::new() }.save(&folder).unwrap();
    assert_eq!(State::of(&folder).names(), [SHARED, "varpack.json", "x.npy"]);
}

#[test]
fn placeholder_of_a_foreign_file_does_not_make_it_the_folders_to_remove() {
    let (_parent, folder) = folder(true, &placeholder("theirs.npy"), true);
    ones(&folder.join("inner"), "x");
    fs::rename(folder.join("inner/x.npy"), folder.join("theirs.npy")).unwrap();
    fs::remove_dir_all(folder.join("inner")).unwrap();
    assert_eq!(Mapped::load(&folder).unwrap().v["a"].sum(), 20_000.0);
    let mut pack = Pack::open(&folder).unwrap();
    assert_eq!(pack.get("v").and_then(|v| v.as_map()).map(PackMap::len), Some(1));
    pack.remove("v");
    pack.save().unwrap();
    assert!(folder.join("theirs.npy").exists());
}

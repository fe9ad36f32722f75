//! `.npy` files that are not what their folder needs: each way in refuses them by file, variable,
//! expected and found, before an element is touched; or reads what cannot be mapped, and says so.
#![allow(clippy::unwrap_used)]

use ndarray::Array1;
use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::path::PathBuf;
use tempfile::TempDir;
use varpack::{
    AnyArray, Error, ErrorKind, LoadAction, LoadOptions, MmapArray1, MmapArray2, Mode, Pack,
    PackFields, PackItem, PackValue, ReadReason, Varpack,
};
use varpack_tests::folders::{MODES, State, refusals};
use varpack_tests::npy_files::{self, with_descr, with_shape};
use varpack_tests::python::Python;

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    x: MmapArray1<f64>,
}

#[derive(Varpack)]
struct Split {
    #[varpack(mmap)]
    split: BTreeMap<String, MmapArray1<f64>>,
}

fn ones(len: usize) -> MmapArray1<f64> {
    Array1::ones(len).into()
}

fn saved(value: &impl Varpack) -> (TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    value.save(&folder).unwrap();
    (parent, folder)
}

/// All ways in refuse these bytes, as an array of its own, as one of a map, and as a file by itself, in a folder of varpack and in any.
#[track_caller]
fn refused(bytes: &[u8], kind: ErrorKind, expected: &str, found: &str) {
    let check = |error: Error, path: PathBuf, variable: Option<&str>| {
        assert_eq!((error.kind(), error.variable()), (kind, variable), "{error}");
        assert_eq!(error.path(), Some(path.as_path()), "{error}");
        assert_eq!((error.expected(), error.found()), (Some(expected), Some(found)), "{error}");
    };
    let (_parent, folder) = saved(&Run { x: ones(4) });
    fs::write(folder.join("x.npy"), bytes).unwrap();
    for error in refusals::<Run>(&folder) {
        check(error, folder.join("x.npy"), Some("x"));
    }
    let alone = tempfile::tempdir().unwrap();
    fs::copy(folder.join("x.npy"), alone.path().join("x.npy")).unwrap();
    for path in [folder.join("x.npy"), alone.path().join("x.npy")] {
        let before = State::of(path.parent().unwrap());
        for mode in MODES {
            check(MmapArray1::<f64>::open(&path, mode).map(drop).unwrap_err(), path.clone(), None);
            if ![ErrorKind::Dtype, ErrorKind::Shape].contains(&kind) {
                check(AnyArray::open(&path, mode).map(drop).unwrap_err(), path.clone(), None);
            }
        }
        before.assert_untouched(path.parent().unwrap());
    }
    let (_parent, folder) =
        saved(&Split { split: BTreeMap::from([("train".to_owned(), ones(4))]) });
    fs::write(folder.join("split-train.npy"), bytes).unwrap();
    for error in refusals::<Split>(&folder) {
        check(error, folder.join("split-train.npy"), Some("split[train]"));
    }
}

/// A file with this header text, padded to 128 bytes, and `len` bytes of data.
fn file(text: &str, len: usize) -> Vec<u8> {
    let mut file = npy_files::file(1, format!("{text:<117}\n").as_bytes());
    file.resize(file.len() + len, 1);
    file
}

#[test]
fn truncated_data_are_refused_before_mapping() {
    refused(
        &file(&with_shape("(4,)"), 31),
        ErrorKind::Npy,
        "32 bytes of data (dtype float64, shape [4])",
        "31",
    );
    refused(
        &file(&with_shape("(20000,)"), 100_000),
        ErrorKind::Npy,
        "160000 bytes of data (dtype float64, shape [20000])",
        "100000",
    );
}

#[test]
fn data_longer_than_the_shape_are_refused() {
    refused(
        &file(&with_shape("(4,)"), 33),
        ErrorKind::Npy,
        "32 bytes of data (dtype float64, shape [4])",
        "33",
    );
    refused(
        &file(&with_shape("()"), 200_000),
        ErrorKind::Npy,
        "8 bytes of data (dtype float64, shape [])",
        "200000",
    );
}

#[test]
fn empty_file_and_foreign_file_are_refused() {
    for (bytes, found) in [(b"".as_slice(), "\"\""), (b"PK\x03\x04zip file", r#""PK\x03\x04zi""#)] {
        let (_parent, folder) = saved(&Run { x: ones(4) });
        fs::write(folder.join("x.npy"), bytes).unwrap();
        for error in refusals::<Run>(&folder) {
            assert_eq!((error.kind(), error.variable()), (ErrorKind::Npy, Some("x")), "{error}");
            assert_eq!(error.path(), Some(folder.join("x.npy").as_path()));
            assert!(error.expected().is_some() && error.found().is_some(), "{error} {found}");
        }
    }
}

#[test]
fn header_that_passes_the_end_of_the_file_is_refused() {
    let mut bytes = file(&with_shape("(4,)"), 32);
    bytes[8..10].copy_from_slice(&1000u16.to_le_bytes());
    refused(&bytes, ErrorKind::Npy, "a header of 1010 bytes", "a file of 160 bytes");
}

#[test]
fn absurd_header_length_is_refused_before_allocating() {
    let mut bytes = npy_files::file(2, with_shape("(4,)").as_bytes());
    bytes[8..12].copy_from_slice(&u32::MAX.to_le_bytes());
    refused(&bytes, ErrorKind::Limit, "at most 1048576 bytes", "4294967295");
}

#[test]
fn shape_that_no_memory_holds_is_refused() {
    for shape in ["(9223372036854775807,)", "(4294967296, 4294967296, 4294967296)"] {
        let (_parent, folder) = saved(&Run { x: ones(4) });
        fs::write(folder.join("x.npy"), file(&with_shape(shape), 32)).unwrap();
        for error in refusals::<Run>(&folder) {
            assert_eq!((error.kind(), error.variable()), (ErrorKind::Shape, Some("x")), "{error}");
            assert_eq!(error.path(), Some(folder.join("x.npy").as_path()));
        }
    }
}

#[test]
fn file_of_a_terabyte_that_is_all_hole_costs_no_memory_to_refuse() {
    let (_parent, folder) = saved(&Run { x: ones(4) });
    OpenOptions::new().write(true).open(folder.join("x.npy")).unwrap().set_len(1 << 40).unwrap();
    let expected = if cfg!(target_pointer_width = "64") {
        (ErrorKind::Npy, Some("1099511627648"))
    } else {
        (ErrorKind::Limit, Some("1099511627776 bytes"))
    };
    for error in refusals::<Run>(&folder) {
        assert_eq!((error.kind(), error.found()), expected);
    }
}

/// A typed load refuses these bytes, which a `Pack` takes.
#[track_caller]
fn mistyped<T: PackFields>(bytes: &[u8], kind: ErrorKind, expected: &str, found: &str) {
    let (_parent, folder) = saved(&Run { x: ones(4) });
    fs::write(folder.join("x.npy"), bytes).unwrap();
    let before = State::of(&folder);
    for mode in MODES {
        let options = LoadOptions::new().mode(mode);
        let error = T::load_with(&folder, &options).map(drop).unwrap_err();
        assert_eq!((error.kind(), error.variable()), (kind, Some("x")), "{error}");
        assert_eq!(error.path(), Some(folder.join("x.npy").as_path()));
        assert_eq!((error.expected(), error.found()), (Some(expected), Some(found)), "{error}");
        assert!(Pack::open_with(&folder, &options).unwrap().get("x").unwrap().as_array().is_some());
    }
    before.assert_untouched(&folder);
}

#[test]
fn dtype_other_than_the_fields_is_refused() {
    for (descr, len, found) in [
        ("'<f4'", 4, "float32"),
        ("'<i8'", 8, "int64"),
        ("'|b1'", 1, "bool"),
        ("'<M8[ns]'", 8, "datetime64[ns]"),
        ("'|S3'", 3, "|S3"),
        ("'<U1'", 4, "<U1"),
        ("'|V8'", 8, "|V8"),
        ("[('a', '<f8')]", 8, "[('a', '<f8')]"),
    ] {
        let bytes = file(&with_descr(descr), len);
        mistyped::<Run>(&bytes, ErrorKind::Dtype, "dtype float64", found);
    }
}

#[test]
fn number_of_axes_other_than_the_fields_is_refused() {
    #[derive(Varpack)]
    struct Matrix {
        #[varpack(mmap)]
        x: MmapArray2<f64>,
    }
    mistyped::<Matrix>(
        &file(&with_shape("(4,)"), 32),
        ErrorKind::Shape,
        "2 axes",
        "1 axis (shape [4])",
    );
    mistyped::<Run>(&file(&with_shape("()"), 8), ErrorKind::Shape, "1 axis", "0 axes (shape [])");
    let found = "2 axes (shape [2, 2])";
    mistyped::<Run>(&file(&with_shape("(2, 2)"), 32), ErrorKind::Shape, "1 axis", found);
}

#[derive(Varpack)]
struct Flags {
    #[varpack(mmap)]
    x: MmapArray1<bool>,
}

#[test]
fn bool_bytes_other_than_0_and_1_are_refused_by_a_typed_load_and_where_a_pack_looks() {
    for (len, at) in [(4, 2), (100_000, 99_999)] {
        let text = format!("{{'descr': '|b1', 'fortran_order': False, 'shape': ({len},), }}");
        let mut bytes = file(&text, len);
        bytes[128 + at] = 2;
        let (_parent, folder) = saved(&Run { x: ones(4) });
        fs::write(folder.join("x.npy"), bytes).unwrap();
        for mode in MODES {
            let options = LoadOptions::new().mode(mode);
            let error = Flags::load_with(&folder, &options).map(|flags| flags.x.len()).unwrap_err();
            assert_eq!((error.kind(), error.variable()), (ErrorKind::Npy, Some("x")), "{error}");
            assert_eq!(error.path(), Some(folder.join("x.npy").as_path()));
            assert!(error.expected().is_some(), "{error}");
            let pack = Pack::open_with(&folder, &options).unwrap();
            let array = pack.get("x").and_then(PackValue::as_array).unwrap();
            assert_eq!(array.view::<bool, ndarray::Ix1>().unwrap_err().kind(), ErrorKind::Npy);
        }
    }
}

#[test]
fn python_objects_are_refused_by_a_typed_load_and_a_value_in_a_pack() {
    let Some(python) = Python::numpy2() else { return };
    let (_parent, folder) = saved(&Run { x: ones(4) });
    let script =
        "import sys, numpy as np; np.save(sys.argv[1], np.array([1, 'two', None], object))";
    python.run(script, [folder.join("x.npy")]);
    let before = State::of(&folder);
    for mode in MODES {
        let options = LoadOptions::new().mode(mode);
        let error = Run::load_with(&folder, &options).map(drop).unwrap_err();
        assert_eq!((error.kind(), error.variable()), (ErrorKind::Dtype, Some("x")));
        assert_eq!(error.path(), Some(folder.join("x.npy").as_path()));
        assert_eq!(error.found(), Some("dtype object"));
        let mut pack = Pack::open_with(&folder, &options).unwrap();
        assert!(pack.get("x").unwrap().as_value().is_some());
        pack.save().unwrap();
    }
    before.assert_untouched(&folder);
}

#[test]
fn hostile_pickle_of_python_objects_is_refused_or_kept_and_never_run() {
    let mut bytes = file(&with_descr("'|O'"), 0);
    let (_parent, folder) = saved(&Run { x: ones(4) });
    bytes.extend(b"\x80\x04cos\nsystem\n(Vexit 1\ntR.");
    fs::write(folder.join("x.npy"), &bytes).unwrap();
    let pack = Pack::open(&folder).unwrap();
    assert_eq!(pack.get("x").unwrap().as_value().unwrap().kind_name(), "object");
    bytes.truncate(bytes.len() - 1);
    fs::write(folder.join("x.npy"), &bytes).unwrap();
    let error = Pack::open(&folder).map(drop).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Pickle, Some("x")));
    assert_eq!(error.path(), Some(folder.join("x.npy").as_path()));
}

#[test]
fn elements_that_are_not_aligned_are_read_and_not_mapped() {
    for (len, padding) in [(4, 0), (4, 3), (20_000, 0), (20_000, 3)] {
        let (_parent, folder) = saved(&Run { x: ones(4) });
        let mut bytes = npy_files::file(1, with_shape(&format!("({len},)")).as_bytes());
        let header_len = u16::try_from(bytes.len() - 10 + padding).unwrap();
        bytes.resize(bytes.len() + padding, b' ');
        bytes[8..10].copy_from_slice(&header_len.to_le_bytes());
        assert!(!bytes.len().is_multiple_of(16));
        bytes.extend((0..len).flat_map(|i| f64::from(i).to_le_bytes()));
        fs::write(folder.join("x.npy"), bytes).unwrap();
        for mode in MODES {
            let mut run = Run::load_with(&folder, &LoadOptions::new().mode(mode)).unwrap();
            assert!(!run.x.is_mapped());
            assert_eq!((run.x[3], run.x.len()), (3.0, usize::try_from(len).unwrap()));
            let reason = match mode {
                Mode::InMemory => ReadReason::Asked,
                _ => ReadReason::Unaligned,
            };
            assert_eq!(run.report().entries()[0].action, LoadAction::Read(Some(reason)));
            let pack = Pack::open_with(&folder, &LoadOptions::new().mode(mode)).unwrap();
            let array = pack.get("x").and_then(PackValue::as_array).unwrap();
            assert_eq!(array.view::<f64, ndarray::Ix1>().unwrap()[3], 3.0);
            if mode != Mode::ReadOnly {
                run.x.view_mut().unwrap()[3] = 3.0; // to memory: the file stays as it is
            }
        }
        let mut run = Run::load_with(&folder, &LoadOptions::new()).unwrap();
        run.x.view_mut().unwrap()[3] = 9.0;
        run.save().unwrap();
        assert_eq!(Run::load(&folder).unwrap().x[3], 9.0);
    }
}

#[test]
fn header_longer_than_the_first_read_is_read_whole() {
    for len in [4, 20_000] {
        let (_parent, folder) = saved(&Run { x: ones(4) });
        let text = format!("{:<9989}\n", with_shape(&format!("({len},)")));
        let mut bytes = npy_files::file(1, text.as_bytes());
        bytes.resize(bytes.len() + len * 8, 0);
        fs::write(folder.join("x.npy"), bytes).unwrap();
        let run = Run::load(&folder).unwrap();
        assert_eq!((run.x.len(), run.x.sum()), (len, 0.0));
    }
}

#[test]
fn array_whose_header_we_would_write_too_long_stays_through_saves_of_others() {
    let (_parent, folder) = saved(&Run { x: ones(4) });
    // Without the blanks that NumPy sets: with them it has over a mebibyte.
    let fields = 60_000;
    let descr: Vec<_> = (0..fields).map(|number| format!("('f{number}','u1')")).collect();
    let mut bytes = npy_files::file(2, with_descr(&format!("[{}]", descr.join(","))).as_bytes());
    bytes.extend(vec![7; fields]);
    fs::write(folder.join("x.npy"), &bytes).unwrap();
    let mut pack = Pack::open(&folder).unwrap();
    for step in 1..3 {
        pack.insert("step", PackValue::serialize(&step).unwrap()).unwrap();
        pack.save().unwrap();
    }
    assert_eq!(fs::read(folder.join("x.npy")).unwrap(), bytes);
    assert_eq!(Pack::open(&folder).unwrap().names().collect::<Vec<_>>(), ["x", "step"]);
}

#[test]
fn broken_array_of_a_map_is_refused_by_a_pack_by_its_key() {
    let (_parent, folder) =
        saved(&Split { split: BTreeMap::from([("a".to_owned(), ones(4)), ("b".into(), ones(4))]) });
    let pack = Pack::open(&folder).unwrap();
    let map = pack.get("split").and_then(PackValue::as_map).unwrap();
    assert!(map.get("b").and_then(PackItem::as_array).is_some());
    fs::write(folder.join("split-b.npy"), file(&with_shape("(4,)"), 0)).unwrap();
    for error in refusals::<Split>(&folder) {
        assert_eq!((error.kind(), error.variable()), (ErrorKind::Npy, Some("split[b]")));
    }
}

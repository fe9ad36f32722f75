//! Arrays of another dtype than their field's: cast on load where the field says so, and where the numbers fit.

#![allow(clippy::unwrap_used, clippy::float_cmp)]

use ndarray::{Array2, ShapeBuilder, arr2};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;
use varpack::npy::{Cast, Dtype, Element};
use varpack::{
    AnyArray, ArrayOr, Error, ErrorKind, LoadAction, LoadOptions, Loaded, MmapArray1, MmapArray2,
    Mode, Pack, PackFields, ReadReason, SaveOptions, Varpack,
};

/// A folder that holds one saved struct.
fn saved(value: &impl Varpack) -> (TempDir, PathBuf) {
    let parent = tempfile::tempdir().expect("a temporary folder");
    let folder = parent.path().join("run");
    value.save(&folder).expect("a save");
    (parent, folder)
}

fn load<T: PackFields>(folder: &Path) -> Loaded<T> {
    T::load_with(folder, &LoadOptions::new()).expect("a load")
}

#[derive(Varpack)]
struct Exact<T: Element> {
    #[varpack(mmap)]
    x: MmapArray1<T>,
    step: u64,
}

#[derive(Varpack)]
struct Widened<T: Element> {
    #[varpack(mmap(cast))]
    x: MmapArray1<T>,
    step: u64,
}

#[derive(Varpack)]
struct Lossy<T: Element> {
    #[varpack(mmap(cast = "lossy"))]
    x: MmapArray1<T>,
    step: u64,
}

#[derive(Varpack)]
struct Npy<T: Element> {
    #[varpack(npy(cast))]
    x: Vec<T>,
    step: u64,
}

fn exact<T: Element>(x: Vec<T>) -> Exact<T> {
    Exact { x: x.into(), step: 7 }
}

/// The dtype in an array's file.
fn dtype(folder: &Path, file: &str) -> String {
    AnyArray::open(folder.join(file), Mode::InMemory).unwrap().dtype().name()
}

fn failed<T>(loaded: varpack::Result<T>) -> Error {
    match loaded {
        Ok(_) => panic!("the folder loads"),
        Err(error) => error,
    }
}

#[test]
fn narrower_numbers_are_cast_and_the_report_says_so() {
    for len in [3, 100_000] {
        let (_parent, folder) = saved(&exact(vec![-7_i32; len]));
        let loaded: Loaded<Widened<i64>> = load(&folder);
        assert_eq!((loaded.x.len(), loaded.x[len - 1]), (len, -7));
        assert!(!loaded.x.is_mapped());
        assert_eq!(loaded.x.path(), Some(folder.join("x.npy").as_path()));
        let entry = &loaded.report().entries()[0];
        assert_eq!(entry.action, LoadAction::Read(Some(ReadReason::Cast)));
        assert_eq!(entry.array, Some(("int64".to_owned(), vec![len])));
        assert!(loaded.report().notes().is_empty(), "{:?}", loaded.report().notes());
        assert_eq!(Npy::<i64>::load(&folder).unwrap().x, vec![-7; len]);
    }
    let (_parent, folder) = saved(&exact(vec![0.5_f32]));
    assert_eq!(load::<Widened<f64>>(&folder).x.to_vec(), [0.5]);
}

#[test]
fn array_of_the_fields_own_dtype_is_mapped_as_ever() {
    let (_parent, folder) = saved(&exact(vec![7_i64; 100_000]));
    let loaded: Loaded<Widened<i64>> = load(&folder);
    assert!(loaded.x.is_mapped());
    assert_eq!(loaded.report().entries()[0].action, LoadAction::Mapped);
}

#[test]
fn every_lossless_cast_keeps_every_number() {
    fn keeps<F: Element, T: Element + From<F> + PartialEq + std::fmt::Debug>(numbers: Vec<F>) {
        let expected: Vec<T> = numbers.iter().map(|&number| number.into()).collect();
        let (_parent, folder) = saved(&exact(numbers));
        assert_eq!(Widened::<T>::load(&folder).unwrap().x.to_vec(), expected);
        assert_eq!(Lossy::<T>::load(&folder).unwrap().x.to_vec(), expected);
    }
    macro_rules! keep {
        ($($from:ident: $($to:ident)*;)*) => {$($(
            keeps::<$from, $to>(vec![$from::MIN, $from::MAX, 1 as $from]);
        )*)*};
    }
    keep! {
        i8: i16 i32 i64 f32 f64;
        u8: u16 u32 u64 i16 i32 i64 f32 f64;
        i16: i32 i64 f32 f64;
        u16: u32 u64 i32 i64 f32 f64;
        i32: i64 f64;
        u32: u64 i64 f64;
        f32: f64;
    }
    keeps::<bool, i8>(vec![true, false]);
    keeps::<bool, u64>(vec![true, false]);
    keeps::<half::f16, f32>(vec![half::f16::MAX, half::f16::MIN_POSITIVE]);
    keeps::<half::f16, f64>(vec![half::f16::MAX, half::f16::INFINITY]);
    let (_parent, folder) = saved(&exact(vec![0.5_f32]));
    let complex = Widened::<num_complex::Complex<f64>>::load(&folder).unwrap();
    assert_eq!(complex.x[0], num_complex::Complex::new(0.5, 0.0));
}

/// As `python -c 'numpy.can_cast(a, b, "safe")'` says, but for integers of 64 bits to floats.
#[test]
fn lossless_casts_are_those_that_numpy_calls_safe() {
    let dtypes = ["?", "b", "h", "i", "q", "B", "H", "I", "Q", "e", "f", "d", "F", "D"];
    // One row a dtype, one letter a dtype that it may be cast to: np.can_cast of NumPy 2.
    let safe = [
        "bhiqBHIQefdFD",
        "hiqefdFD",
        "iqfdFD",
        "qdD",
        "dD",
        "hiqHIQefdFD",
        "iqIQfdFD",
        "qQdD",
        "dD",
        "fdFD",
        "dFD",
        "D",
        "D",
        "",
    ];
    for (from, safe) in dtypes.iter().zip(safe) {
        for to in dtypes.iter().filter(|to| *to != from) {
            let is_safe = safe.contains(to) && !(["q", "Q"].contains(from) && "dD".contains(to));
            let [from, to] = [from, to].map(|code| Dtype::parse(code).unwrap());
            assert_eq!(
                from.can_cast(&to, Cast::Lossless),
                is_safe,
                "{} {}",
                from.name(),
                to.name()
            );
        }
    }
}

#[test]
fn without_cast_another_dtype_is_an_error_that_says_what_would_help() {
    let (_parent, folder) = saved(&exact(vec![1_i32]));
    let error = failed(Exact::<f64>::load(&folder));
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Dtype, Some("x")));
    assert_eq!((error.expected(), error.found()), (Some("dtype float64"), Some("int32")));
    assert!(error.to_string().contains("`mmap(cast)`"), "{error}");
    // Where it would lose something, nobody is told to.
    let error = failed(Exact::<i8>::load(&folder));
    assert_eq!((error.kind(), error.message()), (ErrorKind::Dtype, None));
    let error = failed(Widened::<i8>::load(&folder));
    assert_eq!((error.expected(), error.found()), (Some("dtype int8"), Some("int32")));
    assert!(error.to_string().contains("`cast = \"lossy\"`"), "{error}");
    let error = failed(Lossy::<bool>::load(&folder));
    assert_eq!((error.kind(), error.message()), (ErrorKind::Dtype, None));
}

#[test]
fn lossy_cast_rounds_and_cuts_fractions_off() {
    let (_parent, folder) = saved(&exact(vec![1.9, -1.9, 0.1]));
    assert_eq!(Lossy::<i8>::load(&folder).unwrap().x.to_vec(), [1, -1, 0]);
    assert_eq!(Lossy::<f32>::load(&folder).unwrap().x.to_vec(), [1.9, -1.9, 0.1]);
    let (_parent, folder) = saved(&exact(vec![i64::MAX, 3]));
    assert_eq!(Lossy::<f64>::load(&folder).unwrap().x.to_vec(), [9_223_372_036_854_775_807.0, 3.0]);
    let (_parent, folder) = saved(&exact(vec![f64::NAN, f64::INFINITY]));
    let floats = Lossy::<f32>::load(&folder).unwrap().x;
    assert!(floats[0].is_nan() && floats[1] == f32::INFINITY);
}

#[test]
fn first_number_that_is_out_of_range_is_named() {
    fn refused<F: Element, T: Element>(numbers: Vec<F>) -> (String, String) {
        let (_parent, folder) = saved(&exact(numbers));
        let error = failed(Lossy::<T>::load(&folder));
        assert_eq!((error.kind(), error.variable()), (ErrorKind::Value, Some("x")), "{error}");
        assert_eq!(error.path(), Some(folder.join("x.npy").as_path()));
        let expected = format!("a number of dtype {}", T::dtype().name());
        assert_eq!(error.expected(), Some(expected.as_str()));
        let (message, found) = (error.message().unwrap(), error.found().unwrap());
        (message.to_owned(), found.to_owned())
    }
    let second = "element [1] cannot be cast".to_owned();
    assert_eq!(refused::<i32, i8>(vec![127, 128, 1000]), (second.clone(), "128".to_owned()));
    assert_eq!(refused::<i32, u64>(vec![0, -1]), (second.clone(), "-1".to_owned()));
    assert_eq!(refused::<f64, i32>(vec![0.0, f64::NAN]), (second.clone(), "NaN".to_owned()));
    assert_eq!(refused::<f64, i64>(vec![0.0, 9.3e18]), (second.clone(), "9.3e18".to_owned()));
    assert_eq!(refused::<f64, u8>(vec![0.0, f64::INFINITY]), (second.clone(), "inf".to_owned()));
    assert_eq!(refused::<f64, f32>(vec![0.0, 1e300]), (second.clone(), "1e300".to_owned()));
    assert_eq!(refused::<i32, half::f16>(vec![65504, 70000]), (second, "70000".to_owned()));
}

#[test]
fn element_is_named_by_its_indices_in_either_order_of_axes() {
    #[derive(Varpack)]
    struct Rows {
        #[varpack(npy)]
        x: Array2<i32>,
    }
    #[derive(Varpack)]
    struct Bytes {
        #[varpack(mmap(cast = "lossy"))]
        x: MmapArray2<i8>,
    }
    let mut c = Array2::zeros((2, 3));
    c[[1, 2]] = 200;
    let mut f = Array2::zeros((2, 3).f());
    f[[1, 0]] = 200;
    for (x, place) in [(c, "[1, 2]"), (f, "[1, 0]")] {
        let (_parent, folder) = saved(&Rows { x });
        let error = failed(Bytes::load(&folder));
        assert_eq!(error.message(), Some(format!("element {place} cannot be cast").as_str()));
    }
    let mut f = Array2::zeros((2, 3).f());
    f[[1, 0]] = 100;
    let (_parent, folder) = saved(&Rows { x: f });
    assert_eq!(Bytes::load(&folder).unwrap().x.view(), arr2(&[[0, 0, 0], [100, 0, 0]]));
}

#[test]
fn foreign_byte_order_is_turned_on_the_way() {
    let (_parent, folder) = saved(&exact(vec![1_i32, -2]));
    let mut bytes = std::fs::read(folder.join("x.npy")).unwrap();
    let start = bytes.len() - 8;
    let at = bytes.windows(3).position(|window| window == b"<i4").unwrap();
    bytes[at] = b'>';
    bytes[start..].chunks_exact_mut(4).for_each(<[u8]>::reverse);
    std::fs::write(folder.join("x.npy"), &bytes).unwrap();
    assert_eq!(Widened::<i64>::load(&folder).unwrap().x.to_vec(), [1, -2]);
}

#[test]
fn unchanged_array_keeps_its_file_and_a_changed_one_is_saved_in_the_new_dtype() {
    let (_parent, folder) = saved(&exact(vec![1_i32, 2]));
    let before = std::fs::read(folder.join("x.npy")).unwrap();
    let mut loaded: Loaded<Widened<i64>> = load(&folder);
    loaded.step = 8;
    loaded.save().unwrap();
    assert_eq!(std::fs::read(folder.join("x.npy")).unwrap(), before);
    let manifest = std::fs::read_to_string(folder.join("varpack.json")).unwrap();
    assert!(manifest.contains("int32") && !manifest.contains("int64"), "{manifest}");
    assert_eq!(load::<Exact<i32>>(&folder).step, 8);

    loaded.x.view_mut().unwrap()[0] = 1 << 40;
    loaded.save().unwrap();
    assert_eq!(dtype(&folder, "x.npy"), "int64");
    assert_eq!(load::<Exact<i64>>(&folder).x.to_vec(), [1 << 40, 2]);
    loaded.step = 9;
    loaded.save().unwrap();
    loaded.x.view_mut().unwrap()[1] = 3;
    loaded.save().unwrap();
    assert_eq!(load::<Exact<i64>>(&folder).x.to_vec(), [1 << 40, 3]);
    Pack::open(&folder).unwrap();
}

#[test]
fn bare_struct_saves_a_cast_array_as_a_loaded_one_does() {
    let (_parent, folder) = saved(&exact(vec![1_i32, 2]));
    let mut run = Widened::<i64>::load(&folder).unwrap();
    run.save(&folder).unwrap();
    assert_eq!(dtype(&folder, "x.npy"), "int32");
    run.x.view_mut().unwrap()[0] = 5;
    run.save(&folder).unwrap();
    assert_eq!(load::<Exact<i64>>(&folder).x.to_vec(), [5, 2]);
}

#[test]
fn all_is_converted_by_a_save_that_is_told_to_and_by_one_elsewhere() {
    let (parent, folder) = saved(&exact(vec![1_i32, 2]));
    let run = Widened::<i64>::load(&folder).unwrap();
    let other = parent.path().join("other");
    run.save(&other).unwrap();
    assert_eq!(load::<Exact<i64>>(&other).x.to_vec(), [1, 2]);
    run.save_with(&folder, &SaveOptions::new().overwrite_field("x")).unwrap();
    assert_eq!(load::<Exact<i64>>(&folder).x.to_vec(), [1, 2]);
}

#[test]
fn file_that_others_have_changed_since_is_stale_or_stays() {
    let overwrite = SaveOptions::new().overwrite(true);
    for changes in [false, true] {
        let (_parent, folder) = saved(&exact(vec![1_i32, 2]));
        let mut loaded: Loaded<Widened<i64>> = load(&folder);
        exact(vec![8_i32]).save_with(&folder, &overwrite).unwrap();
        if changes {
            loaded.x.view_mut().unwrap()[0] = 5;
            let error = loaded.save().unwrap_err();
            assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("x")));
        } else {
            loaded.save().unwrap();
        }
        assert_eq!(load::<Exact<i32>>(&folder).x.to_vec(), [8]);
    }
}

#[test]
fn edit_of_a_cast_array_is_in_memory_until_a_save() {
    let (_parent, folder) = saved(&exact(vec![1_i32; 100_000]));
    let mut run = Widened::<i64>::edit(&folder).unwrap();
    run.x.view_mut().unwrap()[0] = 5;
    let error = run.x.flush().unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Usage, Some("x")));
    assert!(error.to_string().contains("cast from another dtype"), "{error}");
    assert_eq!(load::<Exact<i32>>(&folder).x[0], 1);
    run.save(&folder).unwrap();
    assert_eq!(load::<Exact<i64>>(&folder).x[0], 5);
    let mut run =
        Widened::<i64>::load_with(&folder, &LoadOptions::new().mode(Mode::ReadOnly)).unwrap();
    assert_eq!(run.x.view_mut().unwrap_err().kind(), ErrorKind::ReadOnly);
}

#[derive(Varpack)]
struct Holds<T: Element> {
    #[varpack(mmap)]
    map: BTreeMap<String, MmapArray1<T>>,
    #[varpack(mmap)]
    list: Vec<MmapArray1<T>>,
    #[varpack(mmap)]
    option: Option<Arc<MmapArray1<T>>>,
    #[varpack(mmap(min_len = 10))]
    small: BTreeMap<String, MmapArray1<T>>,
    #[varpack(nested)]
    inner: Inner<T>,
}

#[derive(Varpack)]
struct Inner<T: Element> {
    #[varpack(mmap)]
    y: MmapArray1<T>,
    r: u8,
}

#[derive(Varpack)]
struct CastHolds<T: Element> {
    #[varpack(mmap(cast))]
    map: BTreeMap<String, MmapArray1<T>>,
    #[varpack(mmap(cast))]
    list: Vec<MmapArray1<T>>,
    #[varpack(mmap(cast))]
    option: Option<Arc<MmapArray1<T>>>,
    #[varpack(mmap(min_len = 10, cast))]
    small: BTreeMap<String, MmapArray1<T>>,
    #[varpack(nested)]
    inner: CastInner<T>,
}

#[derive(Varpack)]
struct CastInner<T: Element> {
    #[varpack(mmap(cast))]
    y: MmapArray1<T>,
    r: u8,
}

#[test]
fn arrays_of_maps_lists_options_and_inner_structs_are_cast() {
    let array = |n: f32| MmapArray1::from(vec![n, 0.5]);
    let map = || BTreeMap::from([("a".to_owned(), array(1.0)), ("b".to_owned(), array(2.0))]);
    let (_parent, folder) = saved(&Holds {
        map: map(),
        list: vec![array(3.0), array(4.0)],
        option: Some(Arc::new(array(5.0))),
        small: map(),
        inner: Inner { y: array(6.0), r: 1 },
    });
    let mut loaded: Loaded<CastHolds<f64>> = load(&folder);
    assert_eq!((loaded.map["b"][0], loaded.list[1][0], loaded.small["a"][0]), (2.0, 4.0, 1.0));
    assert_eq!((loaded.option.as_ref().unwrap()[0], loaded.inner.y[0]), (5.0, 6.0));
    // One of a map is changed: only that is in the new dtype.
    loaded.map.get_mut("a").unwrap().view_mut().unwrap()[0] = 0.1;
    loaded.inner.r = 2;
    loaded.save().unwrap();
    assert_eq!(
        (dtype(&folder, "map-a.npy").as_str(), dtype(&folder, "map-b.npy").as_str()),
        ("float64", "float32")
    );
    assert_eq!(
        (dtype(&folder, "list-0.npy").as_str(), dtype(&folder, "inner-y.npy").as_str()),
        ("float32", "float32")
    );
    let again: Loaded<CastHolds<f64>> = load(&folder);
    assert_eq!((again.map["a"][0], again.map["b"][0], again.inner.r), (0.1, 2.0, 2));
    assert!(again.report().notes().is_empty());
    Pack::open(&folder).unwrap();
}

#[test]
fn mixed_map_has_a_cast_array_where_it_can_and_a_value_else() {
    #[derive(Varpack)]
    struct Mixed {
        #[varpack(mmap(cast))]
        x: BTreeMap<String, ArrayOr<MmapArray1<f64>, Vec<String>>>,
    }
    #[derive(Varpack)]
    struct Any {
        #[varpack(mmap)]
        x: BTreeMap<String, ArrayOr<MmapArray1<f32>, Vec<String>>>,
    }
    let x = BTreeMap::from([
        ("array".to_owned(), ArrayOr::Array(vec![0.5].into())),
        ("words".to_owned(), ArrayOr::Value(vec!["a".to_owned()])),
    ]);
    let (_parent, folder) = saved(&Any { x });
    let mixed = Mixed::load(&folder).unwrap().x;
    assert_eq!(mixed["array"].as_array().unwrap().to_vec(), [0.5]);
    assert_eq!(mixed["words"].as_value().unwrap(), &["a"]);
}

#[test]
fn cast_counts_for_the_limit_on_memory() {
    let (_parent, folder) = saved(&exact(vec![1_u8; 100_000]));
    let limited =
        |limit| Widened::<f64>::load_with(&folder, &LoadOptions::new().max_in_memory(limit));
    let error = failed(limited(700_000));
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Limit, Some("x")));
    assert_eq!(limited(1_000_000).unwrap().x.len(), 100_000);
}

#[test]
fn bool_byte_that_is_none_is_refused_by_a_cast() {
    let (_parent, folder) = saved(&exact(vec![true, false]));
    let mut bytes = std::fs::read(folder.join("x.npy")).unwrap();
    *bytes.last_mut().unwrap() = 2;
    std::fs::write(folder.join("x.npy"), &bytes).unwrap();
    let error = failed(Widened::<i8>::load(&folder));
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Value, Some("x")));
    assert_eq!(error.message(), Some("element [1] cannot be cast"));
}

#[test]
fn array_inside_a_pickle_is_cast_too_and_says_what_would_help() {
    #[derive(Varpack)]
    struct InPickle {
        #[varpack(separate)]
        x: MmapArray1<i32>,
        step: u64,
    }
    let (_parent, folder) = saved(&InPickle { x: vec![1, 300].into(), step: 7 });
    assert_eq!(Widened::<i64>::load(&folder).unwrap().x.to_vec(), [1, 300]);
    let error = failed(Lossy::<u8>::load(&folder));
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Value, Some("x")));
    assert_eq!(error.message(), Some("element [1] cannot be cast"));
    let error = failed(Exact::<i64>::load(&folder));
    assert!(error.to_string().contains("`mmap(cast)`"), "{error}");
}

#[test]
fn casts_are_what_numpy_makes_of_them() {
    let Some(python) = varpack_tests::python::Python::numpy2() else { return };
    let script = "import numpy as np, sys\n\
                  x = np.array([0, 1, -1, 127, -128, 100.75, -0.5, 1e-3])\n\
                  for t in ('i1', 'i2', 'i4', 'i8', 'f2', 'f4', 'c8', 'c16'):\n\
                  \x20   print(t, x.astype(t).tobytes().hex())\n";
    let output = python.run(script, [""; 0]);
    let array = varpack::npy::NpyArray::from_elements(
        &[8],
        &[0.0, 1.0, -1.0, 127.0, -128.0, 100.75, -0.5, 1e-3],
    );
    let array = array.unwrap();
    for line in output.lines() {
        let (dtype, bytes) = line.split_once(' ').unwrap();
        let cast = array.cast(&Dtype::parse(&format!("<{dtype}")).unwrap(), Cast::Lossy).unwrap();
        let hex: String = cast.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, bytes, "{dtype}");
    }
    assert_eq!(output.lines().count(), 8);
}

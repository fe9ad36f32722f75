//! Fields that became arrays, or are none any more: a list of numbers in a pickle is an array of them, and an array in a
//! file is a value. What was loaded so and not changed stays as the folder has it; what is saved is in the new form.

#![allow(clippy::unwrap_used, clippy::float_cmp)]

use ndarray::{Array2, Array3, ArrayD, arr1, arr2};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use varpack::npy::Element;
use varpack::{
    AnyArray, Error, ErrorKind, LoadOptions, Loaded, MmapArray, MmapArray1, MmapArray2, Pack,
    ReadReason, SaveOptions, Varpack,
};
use varpack_tests::holders::{load, saved};

/// Without an attribute.
#[derive(Varpack)]
struct Plain<T: Serialize + DeserializeOwned> {
    x: T,
    step: u64,
}

#[derive(Varpack)]
struct Separate<T: Serialize + DeserializeOwned> {
    #[varpack(separate)]
    x: T,
    step: u64,
}

#[derive(Varpack)]
struct Npy<T: varpack::field::NpyField> {
    #[varpack(npy)]
    x: T,
    step: u64,
}

#[derive(Varpack)]
struct Mmap<T: varpack::field::MmapField> {
    #[varpack(mmap)]
    x: T,
    step: u64,
}

fn plain<T: Serialize + DeserializeOwned>(x: T) -> Plain<T> {
    Plain { x, step: 7 }
}

fn vector<T: Element>(elements: Vec<T>) -> MmapArray1<T> {
    elements.into()
}

#[test]
fn list_of_numbers_loads_into_an_array_of_each_kind() {
    let (_parent, folder) = saved(&plain(vec![0.5_f32, 0.25]));
    assert_eq!(Npy::<Vec<f32>>::load(&folder).unwrap().x, [0.5, 0.25]);
    assert_eq!(Npy::<ndarray::Array1<f64>>::load(&folder).unwrap().x, arr1(&[0.5, 0.25]));
    assert_eq!(Mmap::<MmapArray1<f32>>::load(&folder).unwrap().x.to_vec(), [0.5, 0.25]);
    assert_eq!(Mmap::<MmapArray<f32, ndarray::IxDyn>>::load(&folder).unwrap().x.shape(), [2]);
    let option = Mmap::<Option<MmapArray1<f32>>>::load(&folder).unwrap().x;
    assert_eq!(option.unwrap().to_vec(), [0.5, 0.25]);
    let (_parent, folder) = saved(&Separate { x: vec![1_u8, 2], step: 7 });
    assert_eq!(Npy::<Vec<u8>>::load(&folder).unwrap().x, [1, 2]);
}

#[test]
fn numbers_of_a_list_are_of_each_type_by_the_rules_of_serde() {
    fn through<T>(list: Vec<T>)
    where
        T: Element + Serialize + DeserializeOwned + PartialEq + std::fmt::Debug,
    {
        let (_parent, folder) = saved(&plain(list.clone()));
        assert_eq!(Npy::<Vec<T>>::load(&folder).unwrap().x, list);
    }
    through(vec![true, false]);
    through(vec![i8::MIN, i8::MAX]);
    through(vec![i16::MIN, i16::MAX]);
    through(vec![i32::MIN, i32::MAX]);
    through(vec![i64::MIN, i64::MAX]);
    through(vec![u8::MIN, u8::MAX]);
    through(vec![u16::MIN, u16::MAX]);
    through(vec![u32::MIN, u32::MAX]);
    through(vec![u64::MIN, u64::MAX]);
    through(vec![0.1_f32, f32::INFINITY]);
    through(vec![0.1_f64, f64::MIN_POSITIVE]);
    // Whole numbers are floats too, as to a `Vec<f64>`.
    let (_parent, folder) = saved(&plain(vec![1, 2]));
    assert_eq!(
        Npy::<Vec<f64>>::load(&folder).unwrap().x,
        Plain::<Vec<f64>>::load(&folder).unwrap().x
    );
    let (_parent, folder) = saved(&plain(vec![(0.5, 1.5)]));
    let complex = Npy::<Vec<num_complex::Complex<f64>>>::load(&folder).unwrap().x;
    assert_eq!(complex, [num_complex::Complex::new(0.5, 1.5)]);
}

#[test]
fn number_that_is_none_of_the_type_is_named() {
    let error = |error: Error| {
        let (place, expected) = (error.variable().unwrap_or_default(), error.expected());
        (error.kind(), place.to_owned(), expected.unwrap_or_default().to_owned())
    };
    let (_parent, folder) = saved(&plain(vec![1, 300]));
    let mapped = Mmap::<MmapArray1<u8>>::load(&folder).map(|it| it.step).unwrap_err();
    let listed = Plain::<Vec<u8>>::load(&folder).map(|it| it.step).unwrap_err();
    assert_eq!(mapped.path(), Some(folder.join("__misc_vars__.pickle").as_path()));
    assert_eq!(error(mapped), error(listed));
    let (_parent, folder) = saved(&plain(vec![0.5]));
    let mapped = Mmap::<MmapArray1<i64>>::load(&folder).map(|it| it.step).unwrap_err();
    assert_eq!(error(mapped), (ErrorKind::Value, "x[0]".to_owned(), "i64".to_owned()));
}

#[test]
fn number_that_is_too_large_for_f32_is_named_and_no_infinity() {
    let (_parent, folder) = saved(&plain(vec![f64::INFINITY, 0.1, -1e300]));
    let error = Mmap::<MmapArray1<f32>>::load(&folder).map(|it| it.step).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Value, Some("x[2]")), "{error}");
    let (_parent, folder) = saved(&plain(vec![f64::INFINITY, 0.1]));
    let loaded = Mmap::<MmapArray1<f32>>::load(&folder).unwrap();
    assert_eq!(loaded.x.to_vec(), [f32::INFINITY, 0.1]);
}

#[test]
fn half_precision_is_not_guessed_from_its_bits() {
    // Through serde it is an int.
    let (_parent, folder) = saved(&plain(vec![half::f16::ONE]));
    let error = Npy::<Vec<half::f16>>::load(&folder).map(|it| it.step).unwrap_err();
    assert_eq!((error.expected(), error.found()), (Some("an array"), Some("list")));
}

#[test]
fn nested_lists_are_the_axes_of_an_array() {
    let (_parent, folder) = saved(&plain(vec![vec![1_i32, 2, 3], vec![4, 5, 6]]));
    let expected = arr2(&[[1, 2, 3], [4, 5, 6]]);
    assert_eq!(Npy::<Array2<i32>>::load(&folder).unwrap().x, expected);
    assert_eq!(Npy::<ArrayD<i32>>::load(&folder).unwrap().x, expected.clone().into_dyn());
    assert_eq!(Mmap::<MmapArray2<i32>>::load(&folder).unwrap().x.view(), expected);
    let (_parent, folder) = saved(&plain([[[1_i64], [2]]]));
    assert_eq!(Npy::<Array3<i64>>::load(&folder).unwrap().x.dim(), (1, 2, 1));
}

#[test]
fn empty_lists_have_axes_of_no_elements() {
    let (_parent, folder) = saved(&plain(Vec::<Vec<f64>>::new()));
    assert_eq!(Npy::<Vec<f64>>::load(&folder).unwrap().x, [0.0; 0]);
    assert_eq!(Npy::<Array2<f64>>::load(&folder).unwrap().x.dim(), (0, 0));
    let (_parent, folder) = saved(&plain(vec![Vec::<f64>::new(); 3]));
    assert_eq!(Npy::<Array2<f64>>::load(&folder).unwrap().x.dim(), (3, 0));
}

#[test]
fn ragged_list_is_refused_with_its_row() {
    let (_parent, folder) = saved(&plain(vec![vec![1.0, 2.0], vec![3.0, 4.0], vec![5.0]]));
    let error = Npy::<Array2<f64>>::load(&folder).map(|it| it.step).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Value, Some("x[2]")));
    let expected = Some("2 items, as in the row before it");
    assert_eq!((error.expected(), error.found()), (expected, Some("1")));
    assert_eq!(error.path(), Some(folder.join("__misc_vars__.pickle").as_path()));
}

#[test]
fn list_of_more_or_fewer_axes_is_refused() {
    let (_parent, folder) = saved(&plain(vec![1.0, 2.0]));
    let error = Npy::<Array2<f64>>::load(&folder).map(|it| it.step).unwrap_err();
    assert_eq!((error.variable(), error.expected()), (Some("x[0]"), Some("a list of numbers")));
    let (_parent, folder) = saved(&plain(vec![vec![1.0, 2.0]]));
    let error = Npy::<Vec<f64>>::load(&folder).map(|it| it.step).unwrap_err();
    assert_eq!((error.variable(), error.expected()), (Some("x[0]"), Some("f64")));
}

#[test]
fn array_of_a_list_is_said_to_be_in_the_pickle() {
    let (_parent, folder) = saved(&plain(vec![0.5]));
    let loaded: Loaded<Mmap<MmapArray1<f64>>> = load(&folder);
    let entry = &loaded.report().entries()[0];
    assert_eq!(entry.action, varpack::LoadAction::Read(Some(ReadReason::InPickle)));
    assert_eq!(entry.array, Some(("float64".to_owned(), vec![1])));
}

#[test]
fn list_becomes_an_array_in_a_file_at_the_save_that_writes_it() {
    for changes in [false, true] {
        let (_parent, folder) = saved(&plain(vec![0.5, 0.25]));
        let mut loaded: Loaded<Npy<Vec<f64>>> = load(&folder);
        loaded.step = 8;
        if changes {
            loaded.x[0] = 1.0;
        }
        loaded.save().unwrap();
        assert!(folder.join("x.npy").exists());
        let again = Mmap::<MmapArray1<f64>>::load(&folder).unwrap();
        assert_eq!((again.x[0], again.step), (if changes { 1.0 } else { 0.5 }, 8));
    }
    let (_parent, folder) = saved(&plain(vec![0.5, 0.25]));
    Mmap::<MmapArray1<f64>>::load(&folder).unwrap().save(&folder).unwrap();
    assert!(folder.join("x.npy").exists());
}

#[test]
fn array_in_a_file_loads_into_a_value() {
    let (_parent, folder) = saved(&Mmap { x: vector(vec![0.5_f32, 0.25]), step: 7 });
    assert_eq!(Plain::<Vec<f32>>::load(&folder).unwrap().x, [0.5, 0.25]);
    assert_eq!(Plain::<Vec<f64>>::load(&folder).unwrap().x, [0.5, 0.25]);
    assert_eq!(Plain::<[f32; 2]>::load(&folder).unwrap().x, [0.5, 0.25]);
    assert_eq!(Separate::<Vec<f32>>::load(&folder).unwrap().x, [0.5, 0.25]);
    let rows = MmapArray2::from(arr2(&[[1_u8, 2], [3, 4]]));
    let (_parent, folder) = saved(&Mmap { x: rows, step: 7 });
    assert_eq!(Plain::<Vec<Vec<u8>>>::load(&folder).unwrap().x, [[1, 2], [3, 4]]);
    let error = Plain::<Vec<u8>>::load(&folder).map(|it| it.step).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Value, Some("x[0]")));
    assert_eq!(error.path(), Some(folder.join("x.npy").as_path()));
    assert!(error.to_string().contains("`mmap` or `npy`"), "{error}");
}

#[test]
fn array_becomes_a_list_in_a_pickle_once_it_is_changed() {
    for changes in [false, true] {
        let (_parent, folder) = saved(&Mmap { x: vector(vec![0.5, 0.25]), step: 7 });
        let mut loaded: Loaded<Plain<Vec<f64>>> = load(&folder);
        loaded.step = 8;
        if changes {
            loaded.x[0] = 1.0;
        }
        loaded.save().unwrap();
        assert_eq!(folder.join("x.npy").exists(), !changes);
        let again = Plain::<Vec<f64>>::load(&folder).unwrap();
        assert_eq!((again.x[0], again.step), (if changes { 1.0 } else { 0.5 }, 8));
        check_whole(&folder);
    }
    let (_parent, folder) = saved(&Mmap { x: vector(vec![0.5, 0.25]), step: 7 });
    // A bare struct knows nothing of what it was.
    Separate::<Vec<f64>>::load(&folder).unwrap().save(&folder).unwrap();
    assert!(folder.join("x.pickle").exists() && !folder.join("x.npy").exists());
}

#[test]
fn array_that_others_have_changed_is_stale_as_a_value_too() {
    let (_parent, folder) = saved(&Mmap { x: vector(vec![0.5, 0.25]), step: 7 });
    let mut loaded: Loaded<Plain<Vec<f64>>> = load(&folder);
    Mmap { x: vector(vec![8.0]), step: 7 }
        .save_with(&folder, &SaveOptions::new().overwrite(true))
        .unwrap();
    loaded.x[0] = 1.0;
    let error = loaded.save().unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("x")));
    loaded.x[0] = 0.5;
    loaded.save().unwrap();
    assert_eq!(Mmap::<MmapArray1<f64>>::load(&folder).unwrap().x.to_vec(), [8.0]);
}

#[test]
fn list_that_others_have_changed_is_stale_as_an_array_too() {
    let (_parent, folder) = saved(&plain(vec![0.5, 0.25]));
    let mut loaded: Loaded<Mmap<MmapArray1<f64>>> = load(&folder);
    plain(vec![8.0]).save_with(&folder, &SaveOptions::new().overwrite(true)).unwrap();
    loaded.x.view_mut().unwrap()[0] = 1.0;
    let error = loaded.save().unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("x")));
    assert_eq!(Plain::<Vec<f64>>::load(&folder).unwrap().x, [8.0]);
}

#[test]
fn large_array_is_read_as_a_value_within_the_limit_on_memory() {
    let (_parent, folder) = saved(&Mmap { x: vector(vec![0.0_f64; 1 << 17]), step: 7 });
    let options = LoadOptions::new().max_in_memory(1 << 18);
    let error = Plain::<Vec<f64>>::load_with(&folder, &options).map(|it| it.step).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Limit, Some("x")));
    assert_eq!(load::<Plain<Vec<f64>>>(&folder).x.len(), 1 << 17);
}

#[derive(Varpack)]
struct Holds<N: varpack::field::NestedField> {
    #[varpack(nested)]
    n: N,
}

#[derive(Varpack)]
struct InnerList {
    x: Vec<f64>,
    r: u8,
}

#[derive(Varpack)]
struct InnerNpy {
    #[varpack(npy)]
    x: Vec<f64>,
    r: u8,
}

#[derive(Varpack)]
struct RenamedNpy {
    #[varpack(npy, alias = "x")]
    y: Vec<f64>,
    r: u8,
}

#[derive(Varpack)]
struct RenamedList {
    #[varpack(alias = "x")]
    y: Vec<f64>,
    r: u8,
}

/// The names of a folder's files.
fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| !name.starts_with('.'));
    names.sort();
    names
}

/// Every array that a folder's files are of is in it, and the pickle names no other.
fn check_whole(folder: &Path) {
    let pack = Pack::open(folder).unwrap_or_else(|error| panic!("{error}: {:?}", files(folder)));
    drop(pack);
}

#[test]
fn item_of_a_nested_struct_goes_from_a_list_to_an_array_and_back() {
    for changes in [0.0, 1.0] {
        for more in [0, 1] {
            let inner = InnerList { x: vec![0.5, 0.25], r: 1 };
            let (_parent, folder) = saved(&Holds { n: inner });
            let mut loaded: Loaded<Holds<InnerNpy>> = load(&folder);
            assert_eq!(loaded.n.x, [0.5, 0.25]);
            loaded.n.x[0] += changes;
            loaded.n.r += more;
            loaded.save().unwrap();
            check_whole(&folder);
            assert!(folder.join("n-x.npy").exists());
            let mut loaded: Loaded<Holds<InnerList>> = load(&folder);
            assert_eq!((loaded.n.x[0], loaded.n.r), (0.5 + changes, 1 + more));
            loaded.n.x[0] += changes;
            loaded.n.r += more;
            loaded.save().unwrap();
            check_whole(&folder);
            // What was not changed stays where it is.
            assert_eq!(folder.join("n-x.npy").exists(), changes == 0.0);
            let inner = Holds::<InnerNpy>::load(&folder).unwrap().n;
            assert_eq!((inner.x, inner.r), (vec![0.5 + 2.0 * changes, 0.25], 1 + 2 * more));
        }
    }
}

#[test]
fn item_of_a_nested_struct_is_renamed_while_it_becomes_an_array_or_a_list() {
    for changes in [0.0, 1.0] {
        for more in [0, 1] {
            let inner = InnerList { x: vec![0.5, 0.25], r: 1 };
            let (_parent, folder) = saved(&Holds { n: inner });
            let mut loaded: Loaded<Holds<RenamedNpy>> = load(&folder);
            loaded.n.y[0] += changes;
            loaded.n.r += more;
            loaded.save().unwrap();
            check_whole(&folder);
            let inner = Holds::<RenamedNpy>::load(&folder).unwrap().n;
            assert_eq!((inner.y[0], inner.r), (0.5 + changes, 1 + more));
            let arrays = files(&folder).into_iter().filter(|name| name.ends_with(".npy"));
            assert_eq!(arrays.collect::<Vec<_>>(), ["n-y.npy"]);

            let inner = InnerNpy { x: vec![0.5, 0.25], r: 1 };
            let (_parent, folder) = saved(&Holds { n: inner });
            let mut loaded: Loaded<Holds<RenamedList>> = load(&folder);
            loaded.n.y[0] += changes;
            loaded.n.r += more;
            loaded.save().unwrap();
            check_whole(&folder);
            let inner = Holds::<RenamedList>::load(&folder).unwrap().n;
            assert_eq!((inner.y[0], inner.r), (0.5 + changes, 1 + more));
            assert!(
                !files(&folder).iter().any(|name| name.ends_with(".npy")),
                "{:?}",
                files(&folder)
            );
        }
    }
}

#[test]
fn lists_in_a_map_are_arrays_too() {
    let lists = BTreeMap::from([("a", vec![0.5]), ("b", vec![])]);
    let (_parent, folder) = saved(&Separate {
        x: lists
            .into_iter()
            .map(|(k, v)| (k.to_owned(), v))
            .collect::<BTreeMap<String, Vec<f64>>>(),
        step: 7,
    });
    let map = Mmap::<BTreeMap<String, MmapArray1<f64>>>::load(&folder).unwrap();
    assert_eq!((map.x["a"].to_vec(), map.x["b"].len()), (vec![0.5], 0));
    map.save(&folder).unwrap();
    assert!(folder.join("x-a.npy").exists());
    let (_parent, folder) = saved(&plain(vec![vec![0.5], vec![0.25, 1.0]]));
    let list = Mmap::<Vec<MmapArray1<f64>>>::load(&folder).unwrap().x;
    assert_eq!((list[0].to_vec(), list[1].to_vec()), (vec![0.5], vec![0.25, 1.0]));
}

#[test]
fn list_says_no_dtype_to_an_array_of_any() {
    let (_parent, folder) = saved(&plain(vec![0.5]));
    let error = Mmap::<AnyArray>::load(&folder).map(|it| it.step).unwrap_err();
    assert_eq!((error.expected(), error.found()), (Some("an array"), Some("list")));
}

#[derive(Varpack)]
struct Renamed {
    #[varpack(alias = "x")]
    y: Vec<f64>,
    step: u64,
}

#[derive(Varpack)]
struct RenamedArray {
    #[varpack(npy, alias = "x")]
    y: Vec<f64>,
    step: u64,
}

#[test]
fn field_is_renamed_while_it_becomes_an_array_or_a_list() {
    for changes in [0.0, 1.0] {
        let (_parent, folder) = saved(&Mmap { x: vector(vec![0.5, 0.25]), step: 7 });
        let mut loaded: Loaded<Renamed> = load(&folder);
        loaded.y[0] += changes;
        loaded.step = 8;
        loaded.save().unwrap();
        check_whole(&folder);
        let again = Renamed::load(&folder).unwrap();
        assert_eq!((again.y[0], again.step), (0.5 + changes, 8));
        assert!(!folder.join("x.npy").exists(), "the variable would be there twice");

        let (_parent, folder) = saved(&plain(vec![0.5, 0.25]));
        let mut loaded: Loaded<RenamedArray> = load(&folder);
        loaded.y[0] += changes;
        loaded.save().unwrap();
        check_whole(&folder);
        assert_eq!(RenamedArray::load(&folder).unwrap().y[0], 0.5 + changes);
        assert!(folder.join("y.npy").exists());
        assert!(Plain::<Vec<f64>>::load(&folder).is_err());
    }
}

/// A folder whose variable `x` is a list that Python has pickled.
fn pickled(parent: &TempDir, pickle: &[u8]) -> PathBuf {
    let folder = parent.path().join("run");
    Separate { x: vec![0.5], step: 7 }.save(&folder).unwrap();
    std::fs::write(folder.join("x.pickle"), pickle).unwrap();
    folder
}

#[test]
fn numbers_become_arrays_of_them_and_go_back_in_the_same_file() {
    let numbers = Array2::from_shape_fn((20_000, 3), |(i, j)| (3 * i + j) as f32);
    let (_parent, folder) = saved(&Mmap { x: MmapArray2::from(numbers.clone()), step: 7 });
    let file = || std::fs::metadata(folder.join("x.npy")).unwrap().modified().unwrap();
    let before = file();
    let arrays = load::<Mmap<MmapArray1<[f32; 3]>>>(&folder);
    assert!(arrays.x.is_mapped() && arrays.x[1] == [3.0, 4.0, 5.0]);
    arrays.save().unwrap();
    drop(arrays);
    assert_eq!(load::<Npy<Vec<[f32; 3]>>>(&folder).x[2], [6.0, 7.0, 8.0]);
    let back = load::<Mmap<MmapArray2<f32>>>(&folder);
    assert!(back.x.is_mapped() && back.x == numbers);
    assert_eq!(file(), before);
}

#[test]
fn list_that_holds_itself_is_no_array() {
    let parent = tempfile::tempdir().unwrap();
    // x = []; x.append(x)
    let folder = pickled(&parent, b"\x80\x04]\x94h\x00a.");
    for error in [
        Npy::<Vec<f64>>::load(&folder).map(|it| it.step).unwrap_err(),
        Npy::<ArrayD<f64>>::load(&folder).map(|it| it.step).unwrap_err(),
        Npy::<Array2<f64>>::load(&folder).map(|it| it.step).unwrap_err(),
    ] {
        assert_eq!((error.kind(), error.variable()), (ErrorKind::Value, Some("x")));
    }
}

#[test]
fn list_that_shares_its_parts_a_billion_times_over_is_refused() {
    let parent = tempfile::tempdir().unwrap();
    // A list of ten numbers, ten times in a list, that ten times in another, and on.
    let mut pickle = b"\x80\x04](K\x01K\x01K\x01K\x01K\x01K\x01K\x01K\x01K\x01K\x01e".to_vec();
    for _ in 0..11 {
        pickle.extend(b"\x94](");
        let last = u8::try_from(pickle.iter().filter(|&&byte| byte == 0x94).count() - 1).unwrap();
        pickle.truncate(pickle.len() - 2);
        pickle.extend(b"0](");
        for _ in 0..10 {
            pickle.extend([b'h', last]);
        }
        pickle.push(b'e');
    }
    pickle.push(b'.');
    let folder = pickled(&parent, &pickle);
    let error = Npy::<ArrayD<u8>>::load(&folder).map(|it| it.x.len()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
    // Without elements too, there are the rows.
    let mut pickle = b"\x80\x04]".to_vec();
    for last in 0..60_u8 {
        pickle.extend([0x94, b'0', b']', b'(', b'h', last, b'h', last, b'e']);
    }
    pickle.push(b'.');
    let folder = pickled(&parent, &pickle);
    let error = Npy::<ArrayD<u8>>::load(&folder).map(|it| it.x.len()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
}

#[test]
fn list_of_more_axes_than_numpy_has_is_refused() {
    let parent = tempfile::tempdir().unwrap();
    let mut pickle = b"\x80\x04".to_vec();
    pickle.extend([b']'; 65]);
    pickle.extend([b'a'; 64]);
    pickle.push(b'.');
    let folder = pickled(&parent, &pickle);
    let error = Npy::<ArrayD<u8>>::load(&folder).map(|it| it.step).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Shape, Some("x")), "{error}");
}

#[test]
fn every_row_of_the_table_in_the_docs_has_its_test() {
    let table = include_str!("../../docs/evolution.md");
    let rows = table.lines().filter(|line| line.starts_with("| ")).skip(2);
    let tests: String = std::fs::read_dir("tests")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    let mut count = 0;
    for row in rows {
        let name = row.trim_end_matches(" |").rsplit("| ").next().unwrap().trim_matches('`');
        assert!(tests.contains(&format!("fn {name}(")), "{name}");
        count += 1;
    }
    assert!(count > 15);
}

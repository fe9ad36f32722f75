//! Loads on several threads: what they give does not depend on the number of threads.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;
use varpack::{
    AnyArray, ArrayOr, ErrorKind, LoadAction, LoadOptions, LoadReport, MmapArray1, Mode, Pack,
    PackItem, PackMap, PackValue, SaveOptions, Varpack,
};
use varpack_tests::child::{assert_passes, through, told};
use varpack_tests::faults::mount::skipped;

const MODES: [Mode; 4] = [Mode::ReadWrite, Mode::ReadOnly, Mode::CopyOnWrite, Mode::InMemory];

type Mixed = BTreeMap<String, ArrayOr<MmapArray1<f32>, String>>;

#[derive(Varpack, Debug, PartialEq)]
struct Run {
    #[varpack(mmap(min_len = 10))]
    map: Mixed,
}

fn array(len: usize, start: f32) -> MmapArray1<f32> {
    ndarray::Array1::from_shape_fn(len, |index| start + index as f32).into()
}

/// Maps of arrays that stay in the pickle, are read, or are mapped, and of values between them.
fn maps() -> impl Strategy<Value = Mixed> {
    let len = prop_oneof![4 => 0_usize..100, 1 => 16_000_usize..17_000];
    let item = prop_oneof![
        3 => (len, 0_u16..100).prop_map(|(len, start)| ArrayOr::Array(array(len, start.into()))),
        1 => "[a-z]{0,9}".prop_map(ArrayOr::Value),
    ];
    proptest::collection::btree_map("[a-zA-Z0-9 /é]{1,12}", item, 0..150)
}

fn saved(value: &impl Varpack) -> (TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    value.save_with(&folder, &SaveOptions::new().sync(false)).unwrap();
    (parent, folder)
}

/// A map of `len` arrays of one element, numbered.
fn numbered(len: usize) -> Run {
    let items = (0..len).map(|index| (format!("{index:05}"), array(10, index as f32).into()));
    Run { map: items.collect() }
}

fn options(mode: Mode, threads: usize) -> LoadOptions {
    LoadOptions::new().mode(mode).threads(threads)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn a_load_on_any_number_of_threads_equals_a_serial_one(map in maps(), threads in 2_usize..9) {
        let run = Run { map };
        let (_parent, folder) = saved(&run);
        for mode in MODES {
            let serial = Run::load_with(&folder, &options(mode, 1)).unwrap();
            let parallel = Run::load_with(&folder, &options(mode, threads)).unwrap();
            prop_assert_eq!(&*serial, &run);
            prop_assert_eq!(&*parallel, &run);
            prop_assert_eq!(serial.report(), parallel.report());
            let open = |threads| Pack::open_with(&folder, &options(mode, threads)).unwrap();
            let (serial, parallel) = (open(1), open(threads));
            prop_assert_eq!(serial.get("map"), parallel.get("map"));
            prop_assert_eq!(serial.report(), parallel.report());
        }
    }
}

#[test]
fn the_arrays_of_a_pack_load_alike_on_any_number_of_threads() {
    let mut pack = Pack::new();
    for index in 0..200_usize {
        let len = if index % 50 == 0 { 20_000 } else { index };
        let value: PackValue = match index % 7 {
            0 => PackValue::serialize(&index).unwrap(),
            _ => AnyArray::try_from(array(len, index as f32)).unwrap().into(),
        };
        pack.insert(format!("v{index}"), value).unwrap();
    }
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    pack.save_to_with(&folder, &SaveOptions::new().sync(false)).unwrap();
    for mode in MODES {
        for threads in [1, 2, 8] {
            let found = Pack::open_with(&folder, &options(mode, threads)).unwrap();
            assert!(found.names().eq(pack.names()));
            assert!(pack.names().all(|name| found.get(name) == pack.get(name)));
            let serial = Pack::open_with(&folder, &options(mode, 1)).unwrap();
            assert_eq!(found.report(), serial.report());
        }
    }
}

/// Breaks the files of some keys, each in its own way.
fn broken(folder: &Path, keys: [usize; 3]) {
    let file = |key: usize| folder.join(format!("map-{key:05}.npy"));
    fs::write(file(keys[0]), b"\x93NUMPY").unwrap();
    fs::remove_file(file(keys[1])).unwrap();
    fs::write(file(keys[2]), b"no array").unwrap();
}

#[test]
fn the_first_bad_file_in_the_order_of_the_folder_is_the_one_named() {
    for keys in [[70, 71, 72], [399, 300, 100], [5, 4, 3], [0, 398, 399]] {
        let (_parent, folder) = saved(&numbered(400));
        broken(&folder, keys);
        let first = *keys.iter().min().unwrap();
        let serial = Run::load_with(&folder, &options(Mode::ReadWrite, 1)).unwrap_err();
        assert_eq!(serial.variable(), Some(format!("map[{first:05}]").as_str()));
        assert_eq!(serial.path(), Some(folder.join(format!("map-{first:05}.npy")).as_path()));
        for threads in [2, 3, 8, 0].repeat(5) {
            let error = Run::load_with(&folder, &options(Mode::ReadWrite, threads)).unwrap_err();
            assert_eq!(error.to_string(), serial.to_string(), "on {threads} threads");
            let error = Pack::open_with(&folder, &options(Mode::ReadWrite, threads)).unwrap_err();
            assert_eq!(error.to_string(), serial.to_string(), "on {threads} threads");
        }
    }
}

#[test]
fn a_bad_value_before_a_bad_file_is_the_one_named() {
    #[derive(Varpack, Debug)]
    struct Numbers {
        #[varpack(mmap(min_len = 10))]
        map: BTreeMap<String, ArrayOr<MmapArray1<f32>, u32>>,
    }

    let mut run = numbered(100);
    run.map.insert("00010".to_owned(), ArrayOr::Value("text".to_owned()));
    let (_parent, folder) = saved(&run);
    broken(&folder, [20, 30, 40]);
    for threads in [1, 2, 8] {
        let error = Numbers::load_with(&folder, &options(Mode::ReadWrite, threads)).unwrap_err();
        assert_eq!(error.variable(), Some("map[00010]"), "{error}");
    }
}

#[test]
fn a_wrong_dtype_is_refused_before_the_elements_are_read() {
    #[derive(Varpack, Debug)]
    struct Doubles {
        #[varpack(mmap)]
        map: BTreeMap<String, MmapArray1<f64>>,
    }

    let (_parent, folder) = saved(&numbered(1));
    // 8 TiB: more than memory, and no block on the disk.
    let len = 1_u64 << 41;
    let Ok(elements) = usize::try_from(len) else {
        return skipped("an array of 8 TiB", "addresses are too short");
    };
    let header = varpack::npy::Header {
        dtype: varpack::npy::Dtype::parse("<f4").unwrap(),
        fortran_order: false,
        shape: vec![elements],
    };
    let header = header.encode().unwrap();
    let path = folder.join("map-00000.npy");
    fs::write(&path, &header).unwrap();
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    if let Err(error) = file.set_len(header.len() as u64 + 4 * len) {
        return skipped("a file of 8 TiB", &error.to_string());
    }
    let error = Doubles::load_with(&folder, &options(Mode::InMemory, 2)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Dtype, "{error}");
    assert_eq!(error.found(), Some("float32"));
}

/// What became of each variable of a report.
fn actions(report: &LoadReport) -> Vec<(String, LoadAction)> {
    let entries = report.entries().iter();
    entries.map(|entry| (entry.variable.clone(), entry.action.clone())).collect()
}

#[test]
fn of_hard_linked_files_the_first_is_mapped_whatever_the_threads() {
    let items = (0..100).map(|index| (format!("{index:05}"), array(20_000, 1.0).into()));
    let run = Run { map: items.collect() };
    let (_parent, folder) = saved(&run);
    for index in 1..100 {
        let file = folder.join(format!("map-{index:05}.npy"));
        fs::remove_file(&file).unwrap();
        fs::hard_link(folder.join("map-00000.npy"), file).unwrap();
    }
    for threads in [1, 2, 8] {
        let mut loaded = Run::load_with(&folder, &options(Mode::ReadWrite, threads)).unwrap();
        let actions = actions(loaded.report());
        let mapped = actions.iter().filter(|(_, action)| *action == LoadAction::Mapped);
        let mapped: Vec<_> = mapped.map(|(variable, _)| variable.as_str()).collect();
        assert_eq!(mapped, ["map[00000]"]);
        assert_eq!(*loaded, run);
        // A write to one is not seen through another.
        let Some(ArrayOr::Array(second)) = loaded.map.get_mut("00001") else { panic!("no array") };
        second.view_mut().unwrap()[0] = 7.0;
        let Some(ArrayOr::Array(first)) = loaded.map.get("00000") else { panic!("no array") };
        assert_eq!(first[0], 1.0);
    }
}

#[test]
fn large_arrays_read_in_pieces_hold_every_byte() {
    #[derive(Varpack)]
    struct Large {
        #[varpack(mmap)]
        floats: MmapArray1<f32>,
        #[varpack(npy)]
        bools: Vec<bool>,
    }

    let len = 3_500_001; // no whole number of pieces
    let large = Large {
        floats: array(len, 0.0),
        bools: (0..5 * len).map(|index| index % 3 == 0).collect(),
    };
    let (_parent, folder) = saved(&large);
    for threads in [1, 2, 5] {
        let loaded = Large::load_with(&folder, &options(Mode::InMemory, threads)).unwrap();
        assert!(!loaded.floats.is_mapped());
        assert_eq!(loaded.floats.view(), large.floats.view());
        assert_eq!(loaded.bools, large.bools);
    }
}

#[test]
fn a_foreign_byte_order_is_turned_on_any_number_of_threads() {
    let map: PackMap = (0..100_u16)
        .map(|index| {
            let array = MmapArray1::from(vec![index.to_be(); 10_000]);
            let header = varpack::npy::Header {
                dtype: varpack::npy::Dtype::parse(">u2").unwrap(),
                fortran_order: false,
                shape: vec![10_000],
            };
            let bytes: Vec<u8> = array.iter().flat_map(|element| element.to_ne_bytes()).collect();
            let array = AnyArray::from_bytes(header, bytes).unwrap();
            (format!("{index:05}").into(), PackItem::Array(array))
        })
        .collect();
    let mut pack = Pack::new();
    pack.insert("map", map).unwrap();
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    pack.save_to_with(&folder, &SaveOptions::new().sync(false)).unwrap();

    #[derive(Varpack)]
    struct Turned {
        #[varpack(mmap)]
        map: BTreeMap<String, MmapArray1<u16>>,
    }
    for threads in [1, 2, 8] {
        let turned = Turned::load_with(&folder, &options(Mode::ReadWrite, threads)).unwrap();
        let mut numbers = turned.map.values().zip(0..);
        assert!(numbers.all(|(array, index)| array.iter().all(|&element| element == index)));
        let kept = Pack::open_with(&folder, &options(Mode::ReadWrite, threads)).unwrap();
        assert_eq!(kept.get("map"), pack.get("map"));
    }
}

/// Names the folder that a process of its own is to load.
#[test]
fn map_of_2000_arrays_loads_with_64_descriptors() {
    if let Some(folder) = told() {
        for (mode, threads) in MODES.into_iter().zip([0, 1, 4, 32]) {
            let loaded = Run::load_with(&folder, &options(mode, threads)).unwrap();
            assert_eq!(*loaded, numbered(2000));
            let pack = Pack::open_with(&folder, &options(mode, threads)).unwrap();
            assert_eq!(pack.get("map").and_then(PackValue::as_map).unwrap().len(), 2000);
        }
        return;
    }
    let (_parent, folder) = saved(&numbered(2000));
    let mut prlimit = Command::new("prlimit");
    prlimit.arg("--nofile=64");
    assert_passes(through(prlimit, "map_of_2000_arrays_loads_with_64_descriptors", &folder));
}

#[test]
fn as_many_threads_as_arrays_load_them_too() {
    let (_parent, folder) = saved(&numbered(100));
    let loaded = Run::load_with(&folder, &options(Mode::ReadWrite, usize::MAX)).unwrap();
    assert_eq!(*loaded, numbered(100));
}

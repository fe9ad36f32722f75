//! The limits that a caller sets on a load: each way in keeps to them before it reads, and what is within
//! them loads.
#![allow(clippy::unwrap_used)]

use ndarray::{Array1, Array2, Ix1};
use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use varpack::npy::{Dtype, Header};
use varpack::{Error, ErrorKind, LoadOptions, MmapArray1, Mode, Pack, Varpack};
use varpack_tests::folders::MODES;

const SHARED: &str = "__misc_vars__.pickle";

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    x: MmapArray1<f64>,
    #[varpack(mmap, default)]
    split: BTreeMap<String, MmapArray1<f64>>,
    #[varpack(separate, default)]
    history: Vec<f64>,
    #[varpack(default)]
    step: i64,
}

fn ones() -> MmapArray1<f64> {
    Array1::ones(20_000).into()
}

fn saved() -> (TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let split = BTreeMap::from([("a".to_owned(), ones()), ("b".to_owned(), ones())]);
    Run { x: ones(), split, history: vec![0.5], step: 7 }.save(&folder).unwrap();
    (parent, folder)
}

fn size(path: impl AsRef<Path>) -> u64 {
    fs::metadata(path).unwrap().len()
}

/// The bytes of all files of a load.
fn total(folder: &Path) -> u64 {
    let pickles = ["varpack.json", SHARED, "history.pickle", "split.pickle"];
    let names = pickles.iter().chain(&["x.npy", "split-a.npy", "split-b.npy"]);
    names.map(|name| size(folder.join(name))).sum()
}

/// The errors of each way in.
#[track_caller]
fn refusals(folder: &Path, options: &LoadOptions) -> [Error; 2] {
    [
        Run::load_with(folder, options).map(drop).unwrap_err(),
        Pack::open_with(folder, options).map(drop).unwrap_err(),
    ]
}

/// Both ways in refuse a file of the folder, and say which option allows more.
#[track_caller]
fn refused(options: &LoadOptions, option: &str, folder: &Path, file: &str, variable: Option<&str>) {
    for error in refusals(folder, options) {
        assert_eq!((error.kind(), error.variable()), (ErrorKind::Limit, variable), "{error}");
        assert_eq!(error.path(), Some(folder.join(file).as_path()), "{error}");
        assert!(error.to_string().contains(&format!("LoadOptions::{option}")), "{error}");
        assert!(error.expected().is_some() && error.found().is_some(), "{error}");
    }
}

fn loads(options: &LoadOptions, folder: &Path) {
    let loaded = Run::load_with(folder, options).unwrap();
    assert_eq!((loaded.x.sum(), loaded.step), (20_000.0, 7));
    let pack = Pack::open_with(folder, options).unwrap();
    assert_eq!(pack.view::<f64, Ix1>("x").unwrap().sum(), 20_000.0);
}

#[test]
fn manifest_over_the_limit_of_the_caller_is_refused_unread() {
    let (_parent, folder) = saved();
    let size = size(folder.join("varpack.json"));
    for mode in MODES {
        let options = LoadOptions::new().mode(mode);
        loads(&options.clone().max_manifest_size(size), &folder);
        let options = options.max_manifest_size(size - 1);
        refused(&options, "max_manifest_size", &folder, "varpack.json", None);
        let [error, _] = refusals(&folder, &options);
        assert_eq!(error.expected(), Some(format!("at most {} bytes", size - 1).as_str()));
        assert_eq!(error.found(), Some(size.to_string().as_str()));
    }
}

#[test]
fn manifest_over_the_default_limit_passes_if_the_caller_allows_more() {
    let (_parent, folder) = saved();
    let path = folder.join("varpack.json");
    OpenOptions::new().write(true).open(&path).unwrap().set_len((256 << 20) + 1).unwrap();
    refused(&LoadOptions::new(), "max_manifest_size", &folder, "varpack.json", None);
    // Stopped by the next limit, for it would take a while to read.
    let options = LoadOptions::new().max_manifest_size(257 << 20).max_in_memory(1000);
    refused(&options, "max_in_memory", &folder, "varpack.json", None);
}

#[test]
fn pickles_over_the_limit_of_the_caller_are_refused_unread() {
    let own = ["history", "split"].map(|name| (format!("{name}.pickle"), Some(name)));
    for (file, variable) in [(SHARED.to_owned(), None)].into_iter().chain(own) {
        let file = file.as_str();
        let (_parent, folder) = saved();
        let path = folder.join(file);
        loads(&LoadOptions::new().max_pickle_size(1000), &folder);
        // A hole behind the pickle: read, it would take a terabyte.
        OpenOptions::new().write(true).open(&path).unwrap().set_len(1 << 40).unwrap();
        for mode in MODES {
            let options = LoadOptions::new().mode(mode).max_pickle_size(1000);
            refused(&options, "max_pickle_size", &folder, file, variable);
        }
    }
}

#[test]
fn pickle_of_python_objects_over_the_limit_of_the_caller_is_refused_unread() {
    let (_parent, folder) = saved();
    let header = Header { dtype: Dtype::Object, fortran_order: false, shape: vec![1] };
    let mut bytes = header.encode().unwrap();
    bytes.extend(b"\x80\x04]\x94K\x01a.");
    fs::write(folder.join("x.npy"), &bytes).unwrap();
    let open = |limit| Pack::open_with(&folder, &LoadOptions::new().max_pickle_size(limit));
    assert!(open(bytes.len() as u64).unwrap().get("x").is_some());
    let error = open(bytes.len() as u64 - 1).map(drop).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Limit, Some("x")));
    assert_eq!(error.path(), Some(folder.join("x.npy").as_path()));
    assert!(error.to_string().contains("LoadOptions::max_pickle_size"), "{error}");
}

#[test]
fn arrays_read_into_memory_count_together_to_the_last_byte() {
    let (_parent, folder) = saved();
    let (total, in_memory) = (total(&folder), LoadOptions::new().mode(Mode::InMemory));
    // And what the manifest becomes.
    loads(&in_memory.clone().max_in_memory(total + 16_384), &folder);
    for error in refusals(&folder, &in_memory.clone().max_in_memory(total - 1)) {
        assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
        assert_eq!(error.expected(), Some(format!("at most {} bytes", total - 1).as_str()));
        assert!(error.path().is_some() && error.variable().is_some(), "{error}");
    }
    // The second of the arrays of a map is one too many.
    let file = size(folder.join("split-b.npy"));
    let options = in_memory.threads(1).max_in_memory(total - file);
    let error = Run::load_with(&folder, &options).map(drop).unwrap_err();
    assert!(error.variable().unwrap().starts_with("split["), "{error}");
}

#[test]
fn mapped_arrays_do_not_count_and_small_ones_do() {
    let (_parent, folder) = saved();
    loads(&LoadOptions::new().max_in_memory(20_000), &folder);
    let parent = tempfile::tempdir().unwrap();
    let small = || MmapArray1::from(Array1::ones(100));
    let split = (0..20).map(|key| (key.to_string(), small())).collect();
    Run { x: small(), split, history: vec![], step: 7 }.save(parent.path()).unwrap();
    let options = LoadOptions::new().max_in_memory(10_000);
    for error in refusals(parent.path(), &options) {
        assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
    }
}

#[test]
fn arrays_that_cannot_be_mapped_count() {
    #[derive(Varpack)]
    struct Masks {
        #[varpack(mmap)]
        x: MmapArray1<bool>,
    }
    let parent = tempfile::tempdir().unwrap();
    let options = LoadOptions::new().max_in_memory(90_000);
    Masks { x: vec![true; 100_000].into() }.save(parent.path().join("bool")).unwrap();
    let error = Masks::load_with(parent.path().join("bool"), &options).map(drop).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Limit, Some("x")));

    let (_parent, folder) = saved();
    let header =
        Header { dtype: Dtype::parse(">f8").unwrap(), fortran_order: false, shape: vec![20_000] };
    let mut bytes = header.encode().unwrap();
    bytes.extend(vec![0; 160_000]);
    fs::write(folder.join("x.npy"), bytes).unwrap();
    refused(&options, "max_in_memory", &folder, "x.npy", Some("x"));
}

#[test]
fn plain_arrays_count_though_they_are_copied_from_a_map() {
    #[derive(Varpack)]
    struct Plain {
        #[varpack(npy)]
        list: Vec<f64>,
        #[varpack(npy)]
        table: Array2<f64>,
    }
    let parent = tempfile::tempdir().unwrap();
    let plain = Plain { list: vec![0.0; 20_000], table: Array2::ones((100, 200)) };
    plain.save(parent.path()).unwrap();
    for (limit, variable) in [(100_000, "list"), (200_000, "table")] {
        for mode in MODES {
            let options = LoadOptions::new().mode(mode).max_in_memory(limit);
            let error = Plain::load_with(parent.path(), &options).map(drop).unwrap_err();
            assert_eq!((error.kind(), error.variable()), (ErrorKind::Limit, Some(variable)));
            let file = parent.path().join(format!("{variable}.npy"));
            assert_eq!(error.path(), Some(file.as_path()));
        }
    }
    let loaded = Plain::load_with(parent.path(), &LoadOptions::new().max_in_memory(400_000));
    assert_eq!(loaded.unwrap().table.sum(), 20_000.0);
}

#[test]
fn pickles_count_as_what_is_read_into_memory() {
    let (_parent, folder) = saved();
    fs::write(folder.join("history.pickle"), vec![b'N'; 50_000]).unwrap();
    let options = LoadOptions::new().max_in_memory(20_000);
    refused(&options, "max_in_memory", &folder, "history.pickle", Some("history"));
}

/// Sparse files of more than any machine has: without a limit the system would end the process.
#[test]
fn file_larger_than_the_memory_of_the_machine_is_refused_unread_by_default() {
    let (_parent, folder) = saved();
    let sparse = |file: &str, start: &[u8], len: u64| {
        fs::write(folder.join(file), start).unwrap();
        OpenOptions::new().write(true).open(folder.join(file)).unwrap().set_len(len).unwrap();
    };
    let in_memory = LoadOptions::new().mode(Mode::InMemory);
    // On a 32-bit machine there is no such array.
    if let Ok(length) = usize::try_from(1_u64 << 40) {
        let (dtype, shape) = (Dtype::parse("=f8").unwrap(), vec![length]);
        let header = Header { dtype, fortran_order: false, shape }.encode().unwrap();
        let x = fs::read(folder.join("x.npy")).unwrap();
        sparse("x.npy", &header, (header.len() + 8 * length) as u64);
        refused(&in_memory, "max_in_memory", &folder, "x.npy", Some("x"));
        let loaded = Run::load_with(&folder, &LoadOptions::new().mode(Mode::ReadOnly)).unwrap();
        assert_eq!((loaded.x.len(), loaded.x[length - 1]), (length, 0.0)); // mapped it is no trouble
        drop(loaded);
        fs::write(folder.join("x.npy"), x).unwrap();
    }
    for file in ["history.pickle", SHARED] {
        let bytes = fs::read(folder.join(file)).unwrap();
        sparse(file, &bytes, 1 << 43);
        for error in refusals(&folder, &LoadOptions::new()) {
            assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
            assert_eq!(error.path(), Some(folder.join(file).as_path()));
            assert!(error.to_string().contains("LoadOptions::max_in_memory"), "{error}");
        }
        fs::write(folder.join(file), bytes).unwrap();
    }
    loads(&in_memory, &folder);
}

#[test]
fn what_was_skipped_is_read_within_the_limits_of_the_load() {
    let (parent, folder) = saved();
    let options = LoadOptions::new().skip(["history"]).max_pickle_size(1000);
    fs::write(folder.join("history.pickle"), vec![b'N'; 50_000]).unwrap();
    let loaded = Run::load_with(&folder, &options).unwrap();
    let error = loaded.save_to(parent.path().join("typed")).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Limit, Some("history")));
    let mut pack = Pack::open_with(&folder, &options).unwrap();
    let errors =
        [pack.save_to(parent.path().join("pack")).unwrap_err(), pack.detach().unwrap_err()];
    for error in errors {
        assert_eq!((error.kind(), error.variable()), (ErrorKind::Limit, Some("history")));
    }
}

//! Folders and JSON that travel between machines of either byte order: golden ones of both are read on each, and a
//! folder that nothing has changed in is left alone.

use num_complex::Complex;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use varpack::npy::{ByteOrder, Datetime64, FixedText, resolution::Nanoseconds};
use varpack::{LoadOptions, MmapArray1, MmapArray2, MmapArrayD, Mode, NpyElement, Pack, Varpack};
use varpack_tests::fixtures::{self, Copied};
use varpack_tests::folders::{MODES, State};
use varpack_tests::python::Python;

/// What is written on every machine.
#[derive(Varpack, Debug, PartialEq)]
struct Run {
    #[varpack(mmap)]
    doubles: MmapArray2<f64>,
    #[varpack(mmap)]
    times: MmapArray1<Datetime64<Nanoseconds>>,
    #[varpack(mmap)]
    names: MmapArray1<FixedText<5>>,
    #[varpack(mmap)]
    points: MmapArray1<Point>,
    #[varpack(mmap)]
    flags: MmapArray1<bool>,
    #[varpack(mmap)]
    split: BTreeMap<String, MmapArray1<f32>>,
    numbers: Numbers,
    step: u64,
    ratio: f64,
    huge: i128,
}

#[derive(Clone, Copy, Debug, PartialEq, NpyElement)]
#[repr(C)]
struct Point {
    x: f32,
    id: u32,
}

/// Every number that JSON lists, and what it has as bytes.
#[derive(Serialize, Deserialize, Debug, PartialEq)]
struct Numbers {
    flags: MmapArray1<bool>,
    i1: MmapArray1<i8>,
    i2: MmapArray1<i16>,
    i4: MmapArray1<i32>,
    i8: MmapArray1<i64>,
    u1: MmapArray1<u8>,
    u2: MmapArray1<u16>,
    u4: MmapArray1<u32>,
    u8: MmapArray1<u64>,
    f2: MmapArray1<half::f16>,
    f4: MmapArray2<f32>,
    f8: MmapArray1<f64>,
    c8: MmapArray1<Complex<f32>>,
    c16: MmapArray1<Complex<f64>>,
    times: MmapArray1<Datetime64<Nanoseconds>>,
    names: MmapArray1<FixedText<5>>,
    points: MmapArray1<Point>,
}

fn names() -> MmapArray1<FixedText<5>> {
    ["ab", "", "Ωmega"].map(|name| FixedText::new(name).unwrap()).to_vec().into()
}

fn times() -> MmapArray1<Datetime64<Nanoseconds>> {
    [0, 1_700_000_000_123_456_789, -1].map(Datetime64::new).to_vec().into()
}

fn points() -> MmapArray1<Point> {
    vec![Point { x: 1.5, id: 1 }, Point { x: -0.25, id: 70_000 }].into()
}

fn numbers() -> Numbers {
    Numbers {
        flags: vec![true, false].into(),
        i1: vec![-128, 1].into(),
        i2: vec![-32_768, 258].into(),
        i4: vec![-70_000, 16_909_060].into(),
        i8: vec![i64::MIN, 72_623_859_790_382_856].into(),
        u1: vec![255, 1].into(),
        u2: vec![65_535, 258].into(),
        u4: vec![u32::MAX, 16_909_060].into(),
        u8: vec![u64::MAX, 1].into(),
        f2: vec![half::f16::from_f32(1.5), half::f16::from_f32(-0.25)].into(),
        f4: ndarray::array![[1.5, -2.25], [0.1, f32::INFINITY]].into(),
        f8: vec![1.5, -0.1, 1e300, f64::NEG_INFINITY].into(),
        c8: vec![Complex::new(1.5, -2.0)].into(),
        c16: vec![Complex::new(0.1, -1e-300)].into(),
        times: times(),
        names: names(),
        points: points(),
    }
}

fn run() -> Run {
    Run {
        doubles: ndarray::array![[1.5, -2.25, 0.1], [1e300, f64::INFINITY, -0.0]].into(),
        times: times(),
        names: names(),
        points: points(),
        flags: vec![true, false, true].into(),
        split: [("train", vec![1.5, 2.5]), ("test", vec![-0.25])]
            .map(|(key, values)| (key.to_owned(), values.into()))
            .into(),
        numbers: numbers(),
        step: 1 << 40,
        ratio: 0.1,
        huge: -(1 << 100),
    }
}

/// One machine of each byte order that wrote the golden data.
const MACHINES: [(&str, ByteOrder); 2] = [("x86_64", ByteOrder::Little), ("s390x", ByteOrder::Big)];

fn json_file(machine: &str) -> PathBuf {
    fixtures::workspace().join("tests/fixtures/machines").join(format!("{machine}.json"))
}

fn copy(machine: &str) -> Copied {
    fixtures::copy_in("machines", machine)
}

/// Whether all is there that was written, and nothing is touched by a save.
fn assert_travels(folder: &Path, options: &LoadOptions) {
    let before = State::of(folder);
    let loaded = Run::load_with(folder, options).unwrap();
    assert_eq!(*loaded, run());
    let notes = loaded.report().to_string();
    assert!(!notes.contains("varpack.json says"), "{notes}");
    loaded.save().unwrap();
    drop(loaded);
    before.assert_untouched(folder);

    let mut pack = Pack::open_with(folder, options).unwrap();
    let notes = pack.report().to_string();
    assert!(!notes.contains("varpack.json says"), "{notes}");
    pack.save().unwrap();
    drop(pack);
    before.assert_untouched(folder);
}

#[test]
fn folder_of_a_machine_of_either_byte_order_is_read_and_left_alone() {
    for (machine, _) in MACHINES {
        for mode in MODES {
            let folder = copy(machine);
            Run::load(folder.path()).unwrap(); // makes the lock file
            assert_travels(folder.path(), &LoadOptions::new().mode(mode));
        }
    }
}

#[test]
fn json_of_a_machine_of_either_byte_order_is_read() {
    for (machine, order) in MACHINES {
        let text = fs::read_to_string(json_file(machine)).unwrap();
        assert!(text.contains(&format!("{}f8", order.symbol())), "{text}");
        assert_eq!(serde_json::from_str::<Numbers>(&text).unwrap(), numbers(), "{machine}");
    }
}

/// The golden data of a byte order were written by this, on such a machine, once: see their README.
#[test]
fn what_this_machine_writes_is_the_golden_data_of_its_byte_order() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    run().save(&folder).unwrap();
    let json = serde_json::to_string(&numbers()).unwrap() + "\n";
    let (machine, _) = MACHINES.iter().find(|(_, order)| *order == ByteOrder::NATIVE).unwrap();
    if let Some(to) = env::var_os("VARPACK_MACHINE_GOLDEN") {
        let to = PathBuf::from(to);
        fs::create_dir_all(to.join(machine)).unwrap();
        fs::write(to.join(format!("{machine}.json")), &json).unwrap();
        for (name, bytes) in files(&folder) {
            fs::write(to.join(machine).join(name), bytes).unwrap();
        }
        return;
    }
    assert_eq!(json, fs::read_to_string(json_file(machine)).unwrap());
    let golden = files(copy(machine).path());
    for (name, bytes) in files(&folder) {
        assert!(golden[&name] == bytes, "{name}");
    }
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let named = entries.map(|path| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        (name, fs::read(path).unwrap())
    });
    named.filter(|(name, _)| !name.starts_with(".varpack")).collect()
}

#[test]
fn numpy_reads_the_same_from_a_folder_of_either_byte_order() {
    let script = "import sys, pickle, numpy as np\n\
         for folder in sys.argv[1:]:\n\
         \x20   array = lambda name: np.load(f'{folder}/{name}.npy')\n\
         \x20   print(array('doubles').tolist(), array('times').tolist(), array('names').tolist(),\n\
         \x20         array('points').tolist(), array('flags').tolist())\n\
         \x20   shared = pickle.load(open(f'{folder}/__misc_vars__.pickle', 'rb'))\n\
         \x20   print({k: v.tolist() for k, v in shared['numbers'].items()}, shared['step'], shared['ratio'], shared['huge'])\n";
    for python in Python::both() {
        let folders = MACHINES.map(|(machine, _)| copy(machine));
        let printed = python.run(script, folders.iter().map(Copied::path));
        let lines: Vec<_> = printed.lines().collect();
        assert_eq!(lines.len(), 4, "{printed}");
        assert_eq!(lines[..2], lines[2..]);
        assert!(lines[0].starts_with("[[1.5, -2.25, 0.1], [1e+300, inf, -0.0]]"));
        assert!(lines[1].contains("'i4': [-70000, 16909060]"), "{}", lines[1]);
    }
}

/// What NumPy wrote big-endian, with the dtypes in the manifest as this machine's NumPy says them.
#[derive(Varpack)]
struct Foreign {
    #[varpack(mmap)]
    big_f4: MmapArrayD<f32>,
    #[varpack(mmap)]
    big_i8: MmapArrayD<i64>,
}

#[test]
fn dtype_in_the_manifest_stays_as_long_as_the_file_does() {
    for generation in fixtures::GENERATIONS {
        let folder = fixtures::copy(&format!("{generation}-dtypes"));
        Foreign::load(folder.path()).unwrap(); // makes the lock file
        let before = State::of(folder.path());
        let options = LoadOptions::new().mode(Mode::ReadWrite);
        let load = || Foreign::load_with(folder.path(), &options).unwrap();
        let mut loaded = load();
        loaded.save().unwrap();
        before.assert_untouched(folder.path());

        loaded.big_f4.view_mut().unwrap().fill(1.5);
        loaded.save().unwrap();
        drop(loaded);
        let manifest = fs::read_to_string(folder.path().join("varpack.json")).unwrap();
        // Where that is the machine's own order it was edited in place.
        let is_own = ByteOrder::NATIVE == ByteOrder::Big;
        assert_eq!(manifest.contains("\">f4\""), is_own, "{manifest}");
        assert!(manifest.contains("\">i8\""), "{manifest}");
        let notes = load().report().to_string();
        assert!(!notes.contains("varpack.json says"), "{notes}");
    }
}

//! Folders that Rust wrote: NumPy of both generations maps every array, `pickle` reads every pickle,
//! and the Python program's reader finds the values.

use ndarray::{Array1, Array2, ArrayD, IxDyn, array};
use num_complex::Complex;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use varpack::{
    ErrorKind, LoadOptions, MmapArray1, MmapArray2, MmapArray3, MmapArrayD, Mode, Varpack,
};
use varpack_tests::expected::{Datum, Expected, PyFloat};
use varpack_tests::fixtures;
use varpack_tests::python::{self, Python};

/// What the Python program's reader finds in a folder, arrays mapped `r+`.
fn read(python: &Python, folder: &Path) -> Expected {
    let found = python.run(python::script("check_folder.py"), [folder]);
    Expected::parse(&found).expect("what check_folder.py prints")
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Epoch {
    number: u32,
    loss: f64,
    best: Option<String>,
}

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    images: MmapArray3<u8>,
    #[varpack(mmap)]
    fortran: MmapArray2<f64>,
    #[varpack(mmap)]
    scalar: MmapArrayD<i16>,
    #[varpack(mmap)]
    empty: MmapArray2<f32>,
    #[varpack(mmap)]
    half: MmapArray1<half::f16>,
    #[varpack(mmap)]
    complex: MmapArray1<Complex<f32>>,
    #[varpack(mmap)]
    flags: MmapArray1<bool>,
    #[varpack(mmap)]
    split: BTreeMap<String, MmapArray2<f32>>,
    #[varpack(mmap)]
    by_number: BTreeMap<i64, MmapArray1<i64>>,
    #[varpack(npy)]
    plain: Vec<u64>,
    #[varpack(separate)]
    history: Vec<Epoch>,
    #[varpack(skip_load)]
    notes: String,
    step: u64,
    huge: i128,
    rate: f64,
    done: bool,
    nothing: Option<i64>,
    pair: (i64, String),
    names: HashMap<String, Vec<i64>>,
    small: MmapArrayInside,
}

/// An array inside a value: it stays in the pickle, as NumPy's own.
#[derive(Serialize, Deserialize)]
struct MmapArrayInside {
    weights: MmapArray1<f32>,
}

fn run() -> Run {
    Run {
        images: Array1::from_iter((0..=u8::MAX).cycle().take(5 * 8 * 8))
            .into_shape_with_order((5, 8, 8))
            .expect("320 elements")
            .into(),
        fortran: array![[1.0, 2.0, 3.0], [4.0, -0.0, f64::NAN]].reversed_axes().into(),
        scalar: ArrayD::from_elem(IxDyn(&[]), -7).into(),
        empty: Array2::zeros((0, 3)).into(),
        half: Array1::from_iter([0.5, -2.0, f32::INFINITY].map(half::f16::from_f32)).into(),
        complex: array![Complex::new(1.0, -2.0), Complex::new(0.0, 0.5)].into(),
        flags: array![true, false, true].into(),
        split: BTreeMap::from([
            ("train".into(), Array2::ones((120, 100)).into()),
            ("a/b c.é".into(), array![[1.5]].into()),
        ]),
        by_number: BTreeMap::from([(-1, array![1, 2].into()), (7, array![3].into())]),
        plain: vec![0, u64::MAX],
        history: vec![
            Epoch { number: 1, loss: 0.25, best: None },
            Epoch { number: 2, loss: -0.0, best: Some("grün 世界".into()) },
        ],
        notes: "saved, not read back".into(),
        step: u64::MAX,
        huge: i128::MIN,
        rate: 0.1,
        done: true,
        nothing: None,
        pair: (-1, String::new()),
        names: HashMap::from([("a".into(), vec![1, 2, 3])]),
        small: MmapArrayInside { weights: array![1.0, 2.5].into() },
    }
}

fn int(value: impl ToString) -> Datum {
    Datum::Int { value: value.to_string() }
}

fn float(value: f64) -> Datum {
    Datum::Float { hex: PyFloat(value) }
}

fn text(value: &str) -> Datum {
    Datum::Str { value: value.to_owned() }
}

fn dict(items: Vec<(&str, Datum)>) -> Datum {
    let items = items.into_iter().map(|(key, value)| (text(key), value)).collect();
    Datum::Dict { class: "dict".to_owned(), items }
}

#[test]
fn python_program_finds_every_value_that_rust_saved() {
    for python in Python::both() {
        let folder = tempfile::tempdir().unwrap();
        let run = run();
        run.save(folder.path()).unwrap();
        let found = read(&python, folder.path());

        let array = |name: &str| found[name].datum.array();
        array("images").assert_array(&run.images);
        array("fortran").assert_array(&run.fortran);
        array("scalar").assert_array(&run.scalar);
        array("empty").assert_array(&run.empty);
        array("half").assert_array(&run.half);
        array("complex").assert_array(&run.complex);
        array("flags").assert_array(&run.flags);
        array("plain").assert_array(&Array1::from(run.plain.clone()));
        assert!(array("fortran").fortran_order, "Fortran order is kept");
        for (key, value) in &run.split {
            found["split"].datum.get(key).array().assert_array(value);
        }
        let Datum::Dict { items, .. } = &found["by_number"].datum else { panic!("a dict") };
        for ((key, value), (found_key, found_value)) in run.by_number.iter().zip(items) {
            int(key).assert_equals(found_key);
            found_value.array().assert_array(value);
        }
        found["small"].datum.get("weights").array().assert_array(&run.small.weights);

        let history = run.history.iter().map(|epoch| {
            let best = epoch.best.as_deref().map_or(Datum::None, text);
            dict(vec![("number", int(epoch.number)), ("loss", float(epoch.loss)), ("best", best)])
        });
        let numbers = Datum::List { items: vec![int(1), int(2), int(3)] };
        for (name, value) in [
            ("history", Datum::List { items: history.collect() }),
            ("notes", text(&run.notes)),
            ("step", int(run.step)),
            ("huge", int(run.huge)),
            ("rate", float(run.rate)),
            ("done", Datum::Bool { value: true }),
            ("nothing", Datum::None),
            ("pair", Datum::Tuple { items: vec![int(-1), text("")] }),
            ("names", dict(vec![("a", numbers)])),
        ] {
            value.assert_equals(&found[name].datum);
        }
    }
}

#[test]
fn variables_lie_in_the_files_that_their_attributes_say() {
    let Some(python) = Python::numpy2() else { return };
    let folder = tempfile::tempdir().unwrap();
    run().save(folder.path()).unwrap();
    let found = read(&python, folder.path());
    for (name, filename) in [
        ("images", "images.npy"),
        ("plain", "plain.npy"),
        ("history", "history.pickle"),
        ("step", "__misc_vars__.pickle"),
        ("split", "split.pickle"),
        ("by_number", "__misc_vars__.pickle"),
    ] {
        assert_eq!(found[name].filename, filename, "{name}");
    }
    assert_eq!(found["split"].datum.get("train").array().mapped, Some(true));
    assert_eq!(found["small"].datum.get("weights").array().mapped, Some(false));
}

#[test]
fn every_npy_file_is_mapped_by_numpy_and_every_pickle_read_by_pickle() {
    let script = "
import glob, pickle, sys, numpy as np
arrays, pickles = (sorted(glob.glob(f'{sys.argv[1]}/**/*.{kind}', recursive=True)) for kind in ('npy', 'pickle'))
for path in arrays:
    assert isinstance(np.load(path, mmap_mode='r+'), np.memmap), path
for path in pickles:
    with open(path, 'rb') as file:
        pickle.load(file)
        assert not file.read(), f'{path}: more than one pickle'
print(len(arrays), len(pickles))";
    for python in Python::both() {
        let folder = tempfile::tempdir().unwrap();
        run().save(folder.path()).unwrap();
        // Eight arrays and the two of `split`, which has one of the pickles; those under integer keys stay in the shared one.
        assert_eq!(python.run(script, [folder.path()]).trim(), "10 3");
    }
}

#[test]
fn manifest_says_dtype_and_shape_as_numpy_does() {
    let script = "
import json, sys, varpack
with open(sys.argv[1] + '/varpack.json') as file:
    manifest = json.load(file)
for name, value in varpack.load(sys.argv[1]).items():
    meta = manifest[name]
    if meta['filename'].endswith('.npy'):
        found = [str(value.dtype), list(value.shape)]
        assert [meta['dtype'], meta['shape']] == found, (name, meta, found)
    if isinstance(value, dict):
        assert meta.get('uses_numpy_placeholders') in (False, True), (name, meta)
    assert meta['size'] >= 0, (name, meta)";
    for python in Python::both() {
        let folder = tempfile::tempdir().unwrap();
        run().save(folder.path()).unwrap();
        python.run(script, [folder.path()]);
    }
}

#[derive(Varpack)]
struct Digits {
    #[varpack(mmap)]
    images: MmapArray3<u8>,
    #[varpack(mmap)]
    target: MmapArray1<i64>,
    target_names: Vec<u8>,
}

#[test]
fn folder_of_the_python_program_re_saved_by_rust_holds_the_same() {
    // `description` and `split` are not known to the struct: they are kept.
    for python in Python::both() {
        for generation in fixtures::GENERATIONS {
            let name = format!("{generation}-digits");
            let folder = fixtures::copy(&name);
            let digits = Digits::load(folder.path()).unwrap();
            assert_eq!(digits.target_names.len(), 10);
            digits.save(folder.path()).unwrap();
            fixtures::expected(&name).assert_same_values(&read(&python, folder.path()));
        }
    }
}

#[test]
fn folder_of_rust_re_saved_by_the_python_program_loads_again() {
    let resave = "import sys, varpack; varpack.save(sys.argv[2], varpack.load(sys.argv[1]), separate=('history',))";
    for python in Python::both() {
        let (saved, again) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut run = run();
        // The program cannot save an array without axes.
        run.scalar = ArrayD::from_elem(IxDyn(&[1]), -7).into();
        run.save(saved.path()).unwrap();
        python.run(resave, [saved.path(), again.path()]);

        let loaded = Run::load(again.path()).unwrap();
        read(&python, again.path()).assert_same_values(&read(&python, saved.path()));
        assert_eq!(loaded.images, run.images);
        // Small arrays of a dictionary are `numpy.memmap` objects in the program's pickle.
        assert_eq!(loaded.split, run.split);
        assert_eq!(loaded.by_number, run.by_number);
        assert_eq!(loaded.history, run.history);
        assert_eq!(loaded.huge, run.huge);
        assert_eq!(loaded.notes, "", "skipped on load");
    }
}

#[derive(Varpack)]
struct Edited {
    #[varpack(mmap)]
    x: MmapArray1<i64>,
}

/// The first of 10,000 elements, as NumPy reads it.
fn first_element(python: &Python, folder: &Path) -> String {
    let script =
        "import sys, numpy as np; print(np.load(sys.argv[1] + '/x.npy', mmap_mode='r')[0])";
    python.run(script, [folder]).trim().to_owned()
}

#[test]
fn edit_in_place_is_seen_by_numpy_after_flush() {
    for python in Python::both() {
        let folder = tempfile::tempdir().unwrap();
        Edited { x: Array1::zeros(10_000).into() }.save(folder.path()).unwrap();
        let mut edited = Edited::edit(folder.path()).unwrap();
        edited.x.view_mut().unwrap()[0] = 42;
        edited.flush().unwrap();
        assert_eq!(first_element(&python, folder.path()), "42");
    }
}

#[test]
fn edit_of_a_copy_on_write_array_is_seen_by_numpy_after_save_alone() {
    let Some(python) = Python::numpy2() else { return };
    let folder = tempfile::tempdir().unwrap();
    Edited { x: Array1::zeros(10_000).into() }.save(folder.path()).unwrap();
    let mut edited = Edited::load_with(folder.path(), &LoadOptions::new()).unwrap();
    edited.x.view_mut().unwrap()[0] = 42;
    assert_eq!(edited.flush().unwrap_err().kind(), ErrorKind::Usage);
    assert_eq!(first_element(&python, folder.path()), "0");
    edited.save().unwrap();
    assert_eq!(first_element(&python, folder.path()), "42");
}

#[test]
fn edit_of_a_read_only_array_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    Edited { x: Array1::zeros(10_000).into() }.save(folder.path()).unwrap();
    let options = LoadOptions::new().mode(Mode::ReadOnly);
    let mut edited = Edited::load_with(folder.path(), &options).unwrap();
    let error = edited.x.view_mut().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ReadOnly);
    assert!(error.to_string().contains("`x`"), "{error}");
}

#[test]
fn edit_that_numpy_makes_is_seen_by_the_next_load() {
    let Some(python) = Python::numpy2() else { return };
    let folder = tempfile::tempdir().unwrap();
    Edited { x: Array1::zeros(10_000).into() }.save(folder.path()).unwrap();
    let edit = "import sys, varpack; x = varpack.load(sys.argv[1])['x']; x[0] = 42; x.flush()";
    python.run(edit, [folder.path()]);
    assert_eq!(Edited::load(folder.path()).unwrap().x[0], 42);
}

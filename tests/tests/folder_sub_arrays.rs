//! Fields whose elements are arrays, `[f32; 3]`: in files, maps, lists and pickles, loaded, saved, cast and edited.

#![allow(clippy::unwrap_used, clippy::float_cmp)]

use ndarray::{Array1, Array2, ArrayView1, ShapeBuilder, arr2, array};
use std::collections::BTreeMap;
use std::path::Path;
use varpack::npy::Bool8;
use varpack::{
    AnyArray, ArrayOr, ErrorKind, LoadAction, LoadOptions, MmapArray1, MmapArray2, MmapArrayD,
    Mode, NpyElement, Pack, ReadReason, Varpack,
};
use varpack_tests::holders::{load, saved, unsynced};
use varpack_tests::python::Python;

/// Elements of an array that is mapped.
const LARGE: usize = 20_000;

#[derive(Clone, Copy, Debug, NpyElement, PartialEq)]
#[repr(C)]
struct Edge {
    ends: [u16; 2],
    weight: f32,
}

#[derive(Varpack)]
struct Mesh {
    #[varpack(mmap)]
    points: MmapArray1<[f32; 3]>,
    #[varpack(mmap)]
    pixels: MmapArray2<[u8; 4]>,
    #[varpack(mmap)]
    edges: MmapArray1<[Edge; 2]>,
    #[varpack(mmap)]
    mask: Option<MmapArray1<[Bool8; 2]>>,
    #[varpack(npy)]
    faces: Vec<[u32; 3]>,
    #[varpack(npy)]
    frames: Array1<[[f64; 2]; 2]>,
    #[varpack(mmap)]
    parts: BTreeMap<String, MmapArray1<[f32; 3]>>,
    #[varpack(mmap)]
    layers: Vec<MmapArrayD<[f32; 2]>>,
    #[varpack(separate)]
    pickled: MmapArray1<[i16; 2]>,
}

fn mesh() -> Mesh {
    let edge = |end| Edge { ends: [end, end + 1], weight: 0.5 };
    Mesh {
        points: (0..LARGE).map(|i| [i as f32, 0.5, -0.5]).collect(),
        pixels: MmapArray2::from_elem((100, 200), [1, 2, 3, 4]),
        edges: vec![[edge(1), edge(2)]; 3].into(),
        mask: Some(vec![[Bool8::TRUE, Bool8::FALSE]].into()),
        faces: vec![[0, 1, 2], [2, 1, 3]],
        frames: vec![[[1.0, 2.0], [3.0, 4.0]]; 2].into(),
        parts: BTreeMap::from([("a".to_owned(), vec![[1.0, 2.0, 3.0]].into())]),
        layers: vec![MmapArrayD::from_elem(vec![1, 2], [0.5, 1.5])],
        pickled: vec![[1, 2], [3, 4]].into(),
    }
}

fn assert_is_mesh(found: &Mesh) {
    let expected = mesh();
    assert!(found.points == expected.points && found.pixels == expected.pixels);
    assert_eq!((&found.edges, &found.mask), (&expected.edges, &expected.mask));
    assert_eq!((&found.faces, &found.frames), (&expected.faces, &expected.frames));
    assert_eq!((&found.parts, &found.layers), (&expected.parts, &expected.layers));
    assert_eq!(found.pickled, expected.pickled);
}

const CHECK: &str = "
import numpy as np, os, sys, varpack
m = varpack.load(sys.argv[1])
expected = {
    'points': ((20_000, 3), 'float32'), 'pixels': ((100, 200, 4), 'uint8'), 'mask': ((1, 2), 'bool'),
    'faces': ((2, 3), 'uint32'), 'frames': ((2, 2, 2), 'float64'), 'pickled': ((2, 2), 'int16'),
}
for name, (shape, dtype) in expected.items():
    assert m[name].shape == shape and m[name].dtype == dtype, (name, m[name].shape, m[name].dtype)
assert m['points'][7].tolist() == [7, 0.5, -0.5] and m['pixels'][99, 199].tolist() == [1, 2, 3, 4]
assert m['mask'].tolist() == [[True, False]] and m['faces'].tolist() == [[0, 1, 2], [2, 1, 3]]
assert m['frames'].tolist() == [[[1, 2], [3, 4]]] * 2 and m['pickled'].tolist() == [[1, 2], [3, 4]]
assert m['edges'].shape == (3, 2) and m['edges']['ends'].tolist() == [[[1, 2], [2, 3]]] * 3
assert m['parts']['a'].tolist() == [[1, 2, 3]] and m['layers']['0'].tolist() == [[[0.5, 1.5]] * 2]
again = {name: np.asfortranarray(m[name]) for name in sys.argv[3:]}
varpack.save(sys.argv[2], {**{name: m[name] for name in [*expected, 'edges']},
    'parts': {'a': np.array(m['parts']['a'])}, 'layers': {'0': np.array(m['layers']['0'])}, **again})";

#[test]
fn every_kind_of_field_goes_to_python_and_back() {
    let (parent, folder) = saved(&mesh());
    assert_is_mesh(&Mesh::load(&folder).unwrap());
    for python in Python::both() {
        let again = parent.path().join("again");
        python.run(CHECK, [&folder, &again]);
        let loaded = load::<Mesh>(&again);
        assert_is_mesh(&loaded);
        assert!(loaded.points.is_mapped() && loaded.pixels.is_mapped());
        let fortran: [&Path; 5] = ["points", "pixels", "edges", "faces", "frames"].map(Path::new);
        python.run(CHECK, [[&*folder, &*again].as_slice(), &fortran].concat());
        let loaded = load::<Mesh>(&again);
        assert_is_mesh(&loaded);
        assert!(!loaded.points.is_mapped() && !loaded.pixels.is_mapped());
        std::fs::remove_dir_all(&again).unwrap();
    }
}

#[test]
fn reports_say_shapes_as_numpy_does_and_why_an_array_in_fortran_order_is_read() {
    let (_parent, folder) = saved(&mesh());
    let report = load::<Mesh>(&folder).report().to_string();
    let line = |name: &str| report.lines().find(|line| line.contains(name)).unwrap().to_owned();
    assert!(line("points.npy").contains("20000, 3"), "{report}");
    let numbers = Array2::from_shape_fn((LARGE, 3).f(), |(i, j)| [i as f32, 0.5, -0.5][j]);
    MmapArray2::from(numbers).save_npy(folder.join("other.npy")).unwrap();
    std::fs::rename(folder.join("other.npy"), folder.join("points.npy")).unwrap();
    let loaded = load::<Mesh>(&folder);
    assert_is_mesh(&loaded);
    let mut entries = loaded.report().entries().iter();
    let entry = entries.find(|entry| entry.variable == "points").unwrap();
    assert_eq!(entry.action, LoadAction::Read(Some(ReadReason::FortranOrder)));
    assert!(loaded.report().to_string().contains("Fortran order scatters its elements"));
}

#[derive(Varpack)]
struct Points {
    #[varpack(mmap)]
    x: MmapArray1<[f32; 3]>,
    step: u64,
}

/// Puts another file in the place of `x.npy`: the same numbers in Fortran order.
fn write_fortran(folder: &Path, numbers: &Array2<f32>) {
    let mut fortran = Array2::zeros(numbers.raw_dim().f());
    fortran.assign(numbers);
    MmapArray2::from(fortran).save_npy(folder.join("o.npy")).unwrap();
    std::fs::rename(folder.join("o.npy"), folder.join("x.npy")).unwrap();
}

#[test]
fn file_in_fortran_order_stays_as_it_is_until_its_array_is_changed() {
    let (_parent, folder) = saved(&Points { x: vec![[1.0, 2.0, 3.0]; LARGE].into(), step: 7 });
    write_fortran(&folder, &Array2::from_shape_fn((LARGE, 3), |(i, j)| (3 * i + j) as f32));
    let is_fortran =
        || AnyArray::open(folder.join("x.npy"), Mode::InMemory).unwrap().header().fortran_order;
    let mut points = load::<Points>(&folder);
    assert_eq!(points.x[1], [3.0, 4.0, 5.0]);
    points.step = 8;
    points.save_with(&unsynced()).unwrap();
    assert!(is_fortran());
    points.x.view_mut().unwrap()[0] = [0.5; 3];
    points.save_with(&unsynced()).unwrap();
    assert!(!is_fortran());
    let points = Points::load(&folder).unwrap();
    assert!(points.x.is_mapped() && points.x[0] == [0.5; 3] && points.x[1] == [3.0, 4.0, 5.0]);
}

#[test]
fn gathered_elements_count_towards_what_a_load_may_take() {
    let (_parent, folder) = saved(&Points { x: vec![[1.0, 2.0, 3.0]; LARGE].into(), step: 7 });
    write_fortran(&folder, &Array2::ones((LARGE, 3)));
    let size = u64::try_from(LARGE * 12).unwrap();
    let loaded = |limit| Points::load_with(&folder, &LoadOptions::new().max_in_memory(limit));
    let error = loaded(size * 3 / 2).map(|points| points.step).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Limit, Some("x")));
    assert_eq!(loaded(size * 5 / 2).unwrap().x[7], [1.0; 3]);
}

#[test]
fn edits_in_place_are_seen_as_numbers_and_those_of_a_gathered_array_wait_for_a_save() {
    let (_parent, folder) = saved(&Points { x: vec![[1.0, 2.0, 3.0]; LARGE].into(), step: 7 });
    let mut points = Points::edit(&folder).unwrap();
    points.x.view_mut().unwrap()[9] = [4.0; 3];
    points.x.flush().unwrap();
    drop(points);
    let numbers =
        MmapArray2::<f32>::open(folder.join("x.npy"), Mode::InMemory).unwrap().into_owned();
    assert_eq!((numbers[[9, 2]], numbers[[8, 2]]), (4.0, 3.0));
    write_fortran(&folder, &numbers);
    let mut points = Points::edit(&folder).unwrap();
    points.x.view_mut().unwrap()[9] = [5.0; 3];
    let error = points.x.flush().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Usage);
    assert!(error.to_string().contains("Fortran order"), "{error}");
}

#[test]
fn arrays_larger_than_memory_are_made_of_arrays_and_moved() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let mut x = MmapArray1::<[f32; 3]>::zeros_in(&folder, LARGE).unwrap();
    x.view_mut().unwrap()[5] = [1.0, 2.0, 3.0];
    let mut points = Points { x, step: 1 };
    points.save_with(&folder, &unsynced()).unwrap();
    if cfg!(unix) {
        // On other systems the file is copied.
        assert_eq!(points.x.path(), Some(&*folder.join("x.npy")));
    }
    points.x.view_mut().unwrap()[6] = [4.0; 3];
    points.save_with(&folder, &unsynced()).unwrap();
    let numbers = MmapArray2::<f32>::open(folder.join("x.npy"), Mode::ReadOnly).unwrap();
    assert_eq!((numbers.shape(), numbers.sum()), (&[LARGE, 3][..], 18.0));
}

#[test]
fn shapes_that_do_not_fit_name_the_variable_and_both_shapes() {
    #[derive(Varpack)]
    struct Numbers {
        #[varpack(mmap)]
        x: MmapArray2<f32>,
        step: u64,
    }
    let (_parent, folder) = saved(&Numbers { x: MmapArray2::zeros((5, 4)), step: 7 });
    let error = Points::load(&folder).map(|points| points.step).unwrap_err();
    let path = folder.join("x.npy");
    assert_eq!(
        (error.kind(), error.variable(), error.path()),
        (ErrorKind::Shape, Some("x"), Some(&*path))
    );
    assert!(error.to_string().ends_with(": expected shape (_, 3), found (5, 4)"), "{error}");
}

#[test]
fn map_keeps_arrays_under_min_len_as_numpy_counts_them() {
    #[derive(Varpack)]
    struct Run {
        #[varpack(mmap(min_len = 6))]
        x: BTreeMap<String, MmapArray1<[f32; 3]>>,
    }
    let elements = |len| MmapArray1::from(vec![[0.5; 3]; len]);
    let x = [("one", 1), ("two", 2)].map(|(name, len)| (name.to_owned(), elements(len)));
    let (_parent, folder) = saved(&Run { x: BTreeMap::from(x) });
    assert!(folder.join("x-two.npy").exists() && !folder.join("x-one.npy").exists());
    let run = Run::load(&folder).unwrap();
    assert_eq!((&run.x["one"], &run.x["two"]), (&elements(1), &elements(2)));
}

#[test]
fn casts_are_of_what_is_in_the_arrays_in_either_order() {
    #[derive(Varpack)]
    struct Run {
        #[varpack(mmap(cast))]
        x: MmapArray1<[f64; 2]>,
        #[varpack(npy(cast = "lossy"))]
        y: Vec<[u8; 2]>,
        #[varpack(separate)]
        z: u8,
    }
    #[derive(Varpack)]
    struct Numbers {
        #[varpack(mmap)]
        x: MmapArray2<i32>,
        #[varpack(mmap)]
        y: MmapArray2<f32>,
        #[varpack(separate)]
        z: u8,
    }
    let x = arr2(&[[1, 2], [3, 4], [5, 6]]);
    let mut fortran = Array2::zeros((3, 2).f());
    fortran.assign(&x);
    for x in [x, fortran] {
        let y = x.mapv(|n| n as f32 + 0.25).into();
        let (_parent, folder) = saved(&Numbers { x: x.into(), y, z: 1 });
        let run = load::<Run>(&folder);
        assert_eq!(run.x.to_vec(), [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
        assert_eq!((&*run.y, run.z), ([[1, 2], [3, 4], [5, 6]].as_slice(), 1));
        let mut entries = run.report().entries().iter();
        let entry = entries.find(|entry| entry.variable == "x").unwrap();
        assert_eq!(entry.action, LoadAction::Read(Some(ReadReason::Cast)));
    }
}

#[test]
fn array_in_a_pickle_in_fortran_order_is_gathered_and_stays_as_it_is_unchanged() {
    #[derive(Varpack)]
    struct Pickled<T: serde::Serialize + serde::de::DeserializeOwned> {
        #[varpack(separate)]
        x: T,
        step: u64,
    }
    let mut x = Array2::zeros((3, 2).f());
    x.assign(&arr2(&[[1, 2], [3, 4], [5, 6]]));
    let (_parent, folder) = saved(&Pickled { x: MmapArray2::<i32>::from(x), step: 7 });
    let pickle = || std::fs::read(folder.join("x.pickle")).unwrap();
    let before = pickle();
    let mut loaded = load::<Pickled<MmapArray1<[i32; 2]>>>(&folder);
    assert_eq!(loaded.x.to_vec(), [[1, 2], [3, 4], [5, 6]]);
    loaded.step = 8;
    loaded.save_with(&unsynced()).unwrap();
    assert!(pickle() == before);
}

#[test]
fn lists_of_lists_are_arrays_of_arrays() {
    #[derive(Varpack)]
    struct Plain<T: serde::Serialize + serde::de::DeserializeOwned> {
        x: T,
        step: u64,
    }
    #[derive(Varpack)]
    struct Npy {
        #[varpack(npy)]
        x: Vec<[f32; 3]>,
        step: u64,
    }
    #[derive(Varpack)]
    struct Any {
        #[varpack(mmap)]
        x: MmapArrayD<[f32; 3]>,
        step: u64,
    }
    let rows = vec![[1.0_f32, 2.0, 3.0], [4.0, 5.0, 6.0]];
    let (_parent, folder) = saved(&Plain { x: rows.clone(), step: 7 });
    assert_eq!(Npy::load(&folder).unwrap().x, rows);
    assert_eq!(Points::load(&folder).unwrap().x.to_vec(), rows);
    assert_eq!(Any::load(&folder).unwrap().x.shape(), [2]);
    let (_parent, folder) = saved(&Plain::<Vec<[f32; 3]>> { x: Vec::new(), step: 7 });
    assert!(Npy::load(&folder).unwrap().x.is_empty());
    assert_eq!(Any::load(&folder).unwrap().x.shape(), [0]);
    let (_parent, folder) = saved(&Plain { x: [0.5_f32; 3], step: 7 });
    assert_eq!(Any::load(&folder).unwrap().x.iter().collect::<Vec<_>>(), [&[0.5; 3]]);
    let (_parent, folder) = saved(&Plain { x: vec![[1.0_f32, 2.0]], step: 7 });
    let error = Npy::load(&folder).map(|npy| npy.step).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Shape, Some("x")));
    assert!(error.to_string().ends_with("expected shape (_, 3), found (1, 2)"), "{error}");
    let (_parent, folder) = saved(&Plain { x: vec![1.0_f32, 2.0, 3.0], step: 7 });
    let error = Points::load(&folder).map(|points| points.step).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Value, Some("x[0]")));
    // Back to a list.
    let (_parent, folder) = saved(&Npy { x: rows.clone(), step: 7 });
    assert_eq!(Plain::<Vec<Vec<f32>>>::load(&folder).unwrap().x, rows);
}

#[test]
fn what_is_only_saved_borrows_arrays_of_arrays() {
    #[derive(Varpack)]
    #[varpack(save_only)]
    struct Saved<'a> {
        #[varpack(npy)]
        x: &'a [[f32; 3]],
        #[varpack(mmap)]
        strided: ArrayView1<'a, [f32; 3]>,
        #[varpack(mmap)]
        parts: BTreeMap<&'a str, &'a [[f32; 3]]>,
        step: u64,
    }
    let rows: Vec<[f32; 3]> = (0..10).map(|i| [i as f32, 0.5, 1.5]).collect();
    let strided = ArrayView1::from(&rows).slice_move(ndarray::s![..;-2]);
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let parts = BTreeMap::from([("a", &rows[..2])]);
    let saved = Saved { x: &rows, strided, parts, step: 7 };
    saved.save_with(&folder, &unsynced()).unwrap();
    assert_eq!(Points::load(&folder).unwrap().x.to_vec(), rows);
    let strided = MmapArray2::<f32>::open(folder.join("strided.npy"), Mode::ReadOnly).unwrap();
    assert_eq!(strided.column(0), array![9.0, 7.0, 5.0, 3.0, 1.0]);
    let part = MmapArray1::<[f32; 3]>::open(folder.join("parts-a.npy"), Mode::ReadOnly).unwrap();
    assert_eq!(part.to_vec(), rows[..2]);
}

#[test]
fn maps_that_mix_take_arrays_of_fitting_axes_and_packs_see_numbers() {
    #[derive(Varpack)]
    struct Mixed {
        #[varpack(mmap)]
        m: BTreeMap<String, ArrayOr<MmapArray1<[f32; 3]>, AnyArray>>,
    }
    #[derive(Varpack)]
    struct Numbers {
        #[varpack(mmap)]
        m: BTreeMap<String, MmapArrayD<f32>>,
    }
    let mut fortran = Array2::zeros((2, 3).f());
    fortran.assign(&arr2(&[[1.0_f32, 2.0, 3.0], [4.0, 5.0, 6.0]]));
    let arrays = [
        ("fits", MmapArray2::<f32>::ones((LARGE, 3)).into_dyn()),
        ("fortran", MmapArray2::from(fortran).into_dyn()),
        ("wide", MmapArray2::ones((LARGE, 4)).into_dyn()),
        ("flat", MmapArrayD::ones(vec![LARGE])),
    ];
    let m = arrays.map(|(name, array)| (name.to_owned(), array)).into();
    let (_parent, folder) = saved(&Numbers { m });
    let mixed = Mixed::load(&folder).unwrap();
    let names = |is_array| {
        let found = mixed.m.iter().filter(move |(_, entry)| entry.as_array().is_some() == is_array);
        found.map(|(name, _)| name.as_str()).collect::<Vec<_>>()
    };
    assert_eq!((names(true), names(false)), (vec!["fits", "fortran"], vec!["flat", "wide"]));
    let fortran = mixed.m["fortran"].as_array().unwrap();
    assert_eq!(fortran.to_vec(), [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);

    let (_parent, folder) = saved(&Points { x: vec![[1.0, 2.0, 3.0]; 2].into(), step: 7 });
    let pack = Pack::open(&folder).unwrap();
    assert_eq!(pack.view::<f32, ndarray::Ix2>("x").unwrap().sum(), 12.0);
    assert_eq!(pack.view::<[f32; 3], ndarray::Ix1>("x").unwrap()[1], [1.0, 2.0, 3.0]);
}

//! Structs under `flatten`, and options, lists and maps of them: each field of theirs is a variable of the folder.
#![allow(clippy::unwrap_used)]

use ndarray::Array1;
use proptest::collection::{btree_map, hash_map, vec};
use proptest::option;
use proptest::prelude::*;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use varpack::{ErrorKind, LoadOptions, MmapArray1, Pack, PackValue, SaveOptions, Varpack};
use varpack_tests::python::Python;

#[derive(Varpack, Debug, PartialEq, Clone, Default)]
struct Adam {
    #[varpack(mmap)]
    m: BTreeMap<String, MmapArray1<f32>>,
    #[varpack(mmap)]
    v: MmapArray1<f32>,
    rate: f64,
}

#[derive(Varpack, Debug, PartialEq, Clone, Default)]
struct Layer {
    #[varpack(mmap)]
    w: MmapArray1<f32>,
    #[varpack(separate, default)]
    history: Vec<f64>,
    name: String,
}

fn array(first: f32) -> MmapArray1<f32> {
    Array1::linspace(first, first + 1.0, 20_000).into()
}

fn adam() -> Adam {
    let m = BTreeMap::from([("w".to_owned(), array(1.0)), ("b".to_owned(), array(2.0))]);
    Adam { m, v: array(3.0), rate: 0.1 }
}

fn layer(first: f32) -> Layer {
    Layer { w: array(first), history: vec![f64::from(first)], name: format!("layer {first}") }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = Pack::open(folder).unwrap().names().map(str::to_owned).collect();
    names.sort();
    names
}

fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    files.retain(|file| !file.starts_with('.'));
    files.sort();
    files
}

fn folder() -> (tempfile::TempDir, PathBuf) {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("run");
    (root, folder)
}

#[derive(Varpack, Debug, PartialEq)]
struct Run {
    #[varpack(flatten)]
    opt: Adam,
    step: u64,
}

#[test]
fn fields_of_a_flattened_struct_are_variables_of_the_folder() {
    let (_root, folder) = folder();
    let run = Run { opt: adam(), step: 7 };
    run.save(&folder).unwrap();
    assert_eq!(names(&folder), ["opt.m", "opt.rate", "opt.v", "step"]);
    let mut arrays = files(&folder);
    arrays.retain(|file| file.ends_with(".npy"));
    assert_eq!(arrays, ["opt.m-b.npy", "opt.m-w.npy", "opt.v.npy"]);
    let loaded = Run::load(&folder).unwrap();
    assert!(loaded.opt.v.is_mapped() && loaded.opt.m["w"].is_mapped());
    assert_eq!(loaded, run);
}

#[derive(Varpack, Debug, PartialEq)]
struct Deep {
    #[varpack(flatten)]
    run: Run,
    #[varpack(flatten)]
    boxed: Box<Layer>,
    #[varpack(flatten)]
    shared: Arc<Layer>,
    #[varpack(flatten)]
    counted: Rc<Layer>,
}

#[test]
fn flattened_structs_nest_and_may_be_behind_pointers() {
    let (_root, folder) = folder();
    let deep = Deep {
        run: Run { opt: adam(), step: 1 },
        boxed: layer(1.0).into(),
        shared: layer(2.0).into(),
        counted: layer(3.0).into(),
    };
    deep.save(&folder).unwrap();
    assert!(folder.join("run.opt.m-w.npy").exists());
    assert!(folder.join("shared.history.pickle").exists());
    assert_eq!(Deep::load(&folder).unwrap(), deep);
}

#[derive(Varpack, Debug, PartialEq, Clone, Default)]
struct All {
    #[varpack(flatten)]
    layers: Vec<Layer>,
    #[varpack(flatten)]
    named: BTreeMap<String, Layer>,
    #[varpack(flatten)]
    numbered: HashMap<u32, Layer>,
    #[varpack(flatten)]
    some: Option<Layer>,
    #[varpack(flatten)]
    none: Option<Layer>,
    #[varpack(flatten)]
    grid: Vec<Vec<Layer>>,
    #[varpack(flatten)]
    maybe: Option<Vec<Layer>>,
}

fn all() -> All {
    All {
        layers: vec![layer(1.0), layer(2.0)],
        named: ["a", "a.b", "ä"].map(|key| (key.to_owned(), layer(3.0))).into(),
        numbered: [(1, layer(4.0)), (10, layer(5.0))].into(),
        some: Some(layer(6.0)),
        none: None,
        grid: vec![vec![], vec![layer(7.0)]],
        maybe: Some(vec![]),
    }
}

#[test]
fn lists_maps_and_options_of_structs_come_back_as_they_were() {
    let (_root, folder) = folder();
    all().save(&folder).unwrap();
    assert_eq!(All::load(&folder).unwrap(), all());
    assert!(folder.join("layers.1.w.npy").exists());
    assert!(folder.join("named.a.b.w.npy").exists());
    assert!(folder.join("grid.1.0.w.npy").exists());
    let pack = Pack::open(&folder).unwrap();
    assert_eq!(pack.value::<u64>("layers").unwrap(), 2);
    assert_eq!(pack.value::<BTreeMap<String, ()>>("named").unwrap().len(), 3);
    assert!(pack.value::<bool>("some").unwrap() && !pack.value::<bool>("none").unwrap());
    assert_eq!(pack.value::<u64>("maybe").unwrap(), 0);
    All::default().save_with(&folder, &SaveOptions::new().prune(true)).unwrap();
    assert_eq!(All::load(&folder).unwrap(), All::default());
}

#[test]
fn folder_without_the_variables_that_tell_is_told_by_names() {
    let (_root, folder) = folder();
    let mut run = all();
    run.named.remove("a.b");
    run.save(&folder).unwrap();
    let mut pack = Pack::open(&folder).unwrap();
    for name in ["layers", "named", "numbered", "some", "none", "grid", "maybe", "grid.0", "grid.1"]
    {
        assert!(pack.remove(name).is_some(), "{name}");
    }
    pack.save().unwrap();
    let loaded = All::load(&folder);
    // Of an empty list nothing is left.
    let error = loaded.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Value, "{error}");
    assert_eq!(error.variable(), Some("grid"));
    let mut pack = Pack::open(&folder).unwrap();
    for name in ["grid.1.0.w", "grid.1.0.history", "grid.1.0.name"] {
        pack.remove(name);
    }
    pack.save().unwrap();
    (run.grid, run.maybe) = (vec![], None);
    assert_eq!(All::load(&folder).unwrap(), run);
}

#[derive(Varpack, Debug, PartialEq, Default)]
struct Node {
    value: u64,
    #[varpack(flatten)]
    next: Option<Box<Node>>,
}

fn chain(length: u64) -> Node {
    let node = |next: Option<Box<Node>>, value| Some(Box::new(Node { value, next }));
    *(0..length).fold(None, node).unwrap()
}

#[test]
fn struct_within_itself_is_flattened_to_128_levels_and_no_further() {
    let run = || {
        let (_root, folder) = folder();
        let long = chain(128);
        long.save(&folder).unwrap();
        assert_eq!(Node::load(&folder).unwrap(), long);
        let error = chain(129).save(&folder).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
        let mut pack = Pack::open(&folder).unwrap();
        let deepest = ["next"; 128].join(".");
        pack.insert(format!("{deepest}.value"), PackValue::serialize(&1).unwrap()).unwrap();
        pack.insert(deepest, PackValue::serialize(&true).unwrap()).unwrap();
        pack.save().unwrap();
        let error = Node::load(&folder).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
    };
    // A thread has 2 MiB of stack, as any other.
    std::thread::spawn(run).join().unwrap();
}

#[derive(Varpack, Debug)]
struct Again {
    #[varpack(flatten)]
    layers: Vec<Layer>,
    step: u64,
}

#[test]
fn entries_that_were_taken_out_go_with_all_that_was_loaded_of_them() {
    let (_root, folder) = folder();
    Again { layers: vec![layer(1.0), layer(2.0)], step: 1 }.save(&folder).unwrap();
    let mut pack = Pack::open(&folder).unwrap();
    pack.insert("layers.0.extra", PackValue::serialize(&1).unwrap()).unwrap();
    pack.insert("layers.1.extra", PackValue::serialize(&2).unwrap()).unwrap();
    pack.save().unwrap();
    let mut run = Again::load_with(&folder, &LoadOptions::new()).unwrap();
    run.layers.pop();
    run.save().unwrap();
    let expected =
        ["layers", "layers.0.extra", "layers.0.history", "layers.0.name", "layers.0.w", "step"];
    assert_eq!(names(&folder), expected);
    assert!(!folder.join("layers.1.w.npy").exists());
    run.layers.push(layer(3.0));
    run.save().unwrap();
    assert_eq!(Again::load(&folder).unwrap().layers, [layer(1.0), layer(3.0)]);
}

/// All kinds in all kinds, and itself in each.
#[derive(Varpack, Debug, PartialEq, Clone, Default)]
struct Tree {
    #[varpack(mmap)]
    array: Option<MmapArray1<f32>>,
    #[varpack(mmap)]
    arrays: BTreeMap<String, MmapArray1<u8>>,
    #[varpack(separate)]
    value: Option<String>,
    #[varpack(npy)]
    plain: Vec<i64>,
    #[varpack(nested)]
    nested: Plain,
    #[varpack(flatten(prefix = "own_"))]
    own: Plain,
    #[varpack(flatten)]
    list: Vec<Tree>,
    #[varpack(flatten)]
    map: BTreeMap<String, Tree>,
    #[varpack(flatten)]
    numbered: HashMap<i8, Box<Tree>>,
    #[varpack(flatten)]
    option: Option<Box<Tree>>,
    #[varpack(flatten)]
    lists: Option<Vec<Option<Tree>>>,
}

#[derive(Varpack, Debug, PartialEq, Clone, Default)]
struct Plain {
    n: u64,
    #[varpack(mmap)]
    x: MmapArray1<f32>,
}

fn plain() -> impl Strategy<Value = Plain> {
    (any::<u64>(), vec(0_i8.., 0..3)).prop_map(|(n, x)| {
        let x: Vec<_> = x.into_iter().map(f32::from).collect();
        Plain { n, x: x.into() }
    })
}

fn tree() -> impl Strategy<Value = Tree> {
    let arrays = btree_map("[a-z]{0,3}", vec(any::<u8>(), 0..4), 0..3);
    let leaf = (
        option::of(plain()),
        arrays,
        option::of(any::<String>()),
        vec(any::<i64>(), 0..3),
        plain(),
        plain(),
    );
    let leaf = leaf.prop_map(|(array, arrays, value, plain, nested, own)| Tree {
        array: array.map(|plain| plain.x),
        arrays: arrays.into_iter().map(|(key, array)| (key, array.into())).collect(),
        value,
        plain,
        nested,
        own,
        ..Tree::default()
    });
    leaf.prop_recursive(3, 10, 3, |inner| {
        let map = btree_map("[a-c.]{0,3}", inner.clone(), 0..3);
        let numbered = hash_map(any::<i8>(), inner.clone().prop_map(Box::new), 0..3);
        let lists = option::of(vec(option::of(inner.clone()), 0..3));
        let option = option::of(inner.clone().prop_map(Box::new));
        let list = vec(inner.clone(), 0..3);
        (inner, list, map, numbered, option, lists).prop_map(
            |(tree, list, map, numbered, option, lists)| Tree {
                list,
                map,
                numbered,
                option,
                lists,
                ..tree
            },
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn all_kinds_in_all_kinds_come_back_and_may_take_each_others_place(trees in vec(tree(), 2..4)) {
        let (_root, folder) = folder();
        let unsynced = SaveOptions::new().sync(false);
        let mut loaded: Option<varpack::Loaded<Tree>> = None;
        for tree in trees {
            let saved = match &mut loaded {
                None => tree.save_with(&folder, &unsynced),
                Some(loaded) => {
                    **loaded = tree.clone();
                    loaded.save_with(&unsynced)
                }
            };
            match saved {
                // A key with dots may make the name of a field.
                Err(error) if error.kind() == ErrorKind::Usage => return Err(TestCaseError::reject("names")),
                saved => drop(saved.unwrap()),
            }
            let now = Tree::load_with(&folder, &LoadOptions::new()).unwrap();
            prop_assert_eq!(&*now, &tree);
            loaded.get_or_insert(now);
        }
        // Nothing is left of what was taken out.
        let alone = folder.with_extension("alone");
        loaded.unwrap().into_inner().save_with(&alone, &unsynced).unwrap();
        prop_assert_eq!(names(&folder), names(&alone));
    }
}

#[test]
fn python_loads_flattened_variables_and_saves_them_whole() {
    let code = "import sys, varpack\n\
                found = varpack.load(sys.argv[1])\n\
                assert found['run.opt.v'][1] > 3, found\n\
                assert set(found['run.opt.m']) == {'b', 'w'}, found\n\
                assert found['boxed.history'] == [1.0], found\n\
                varpack.save(sys.argv[2], found)\n";
    let deep = Deep {
        run: Run { opt: adam(), step: 1 },
        boxed: layer(1.0).into(),
        shared: layer(2.0).into(),
        counted: layer(3.0).into(),
    };
    for python in [Python::numpy1(), Python::numpy2()].into_iter().flatten() {
        let (_root, folder) = folder();
        deep.save(&folder).unwrap();
        let copy = folder.with_extension("copy");
        python.run(code, [&folder, &copy]);
        assert_eq!(Deep::load(&copy).unwrap(), deep);
        let all_of_it = folder.with_extension("all");
        all().save(&all_of_it).unwrap();
        let copy = folder.with_extension("all-copy");
        python.run(
            "import sys, varpack\nvarpack.save(sys.argv[2], varpack.load(sys.argv[1]))\n",
            [&all_of_it, &copy],
        );
        assert_eq!(All::load(&copy).unwrap(), all());
    }
}

#[test]
fn variables_that_python_has_set_one_by_one_are_loaded() {
    let code = "import sys, varpack, numpy as np\n\
                varpack.save(sys.argv[1], {'layers.0.w': np.zeros(3, 'f4'), 'layers.0.name': 'a',\n\
                'layers.1.w': np.ones(3, 'f4'), 'layers.1.name': 'b', 'named.k.w': np.ones(3, 'f4'),\n\
                'named.k.name': 'c', 'some.w': np.ones(3, 'f4'), 'some.name': 'd'})\n";
    let Some(python) = Python::numpy2() else { return };
    let (_root, folder) = folder();
    python.run(code, [&folder]);
    let run = All::load(&folder).unwrap();
    assert_eq!(run.layers.iter().map(|layer| layer.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(
        (run.named["k"].name.as_str(), run.some.as_ref().unwrap().name.as_str()),
        ("c", "d")
    );
    assert!(run.none.is_none() && run.grid.is_empty() && run.maybe.is_none());
    run.save(&folder).unwrap();
    assert_eq!(All::load(&folder).unwrap(), run);
}

//! What of a folder Python reads without the Python program: the shared pickle by `pickle`, and all of it by the reader
//! in `docs`.

use ndarray::{Array2, Array3, array};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use varpack::pickle::{Document, Value, Writer};
use varpack::{
    ArrayOr, LoadOptions, MmapArray1, MmapArray2, MmapArray3, MmapArrayD, Pack, PackMap, PackRules,
    PackValue, SaveOptions, Varpack,
};
use varpack_tests::fixtures;
use varpack_tests::folders::State;
use varpack_tests::python::Python;

const SHARED: &str = "__misc_vars__.pickle";

fn new_folder() -> (TempDir, PathBuf) {
    let parent = tempfile::tempdir().expect("a temporary folder");
    let folder = parent.path().join("run");
    (parent, folder)
}

/// What Python's own `pickle` reads in the shared pickle, with nothing but the standard library.
fn shared(python: &Python, folder: &Path) -> String {
    let script = "
import importlib.util, pickle, sys
assert not any(importlib.util.find_spec(name) for name in ['numpy', 'varpack'])
with open(sys.argv[1], 'rb') as file:
    print(sorted(pickle.load(file).items()))";
    let mut command = python.command();
    let output = command.args(["-I", "-S", "-c", script]).arg(folder.join(SHARED)).output();
    let output = output.expect("Python runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// What a script prints that has `read` of `docs/python-reader.py`, NumPy and no module `varpack`.
fn read(python: &Python, script: &str, folder: &Path) -> String {
    let reader = fixtures::workspace().join("docs/python-reader.py");
    let script = format!(
        "
import importlib.util, runpy, sys
assert importlib.util.find_spec('varpack') is None
read = runpy.run_path(sys.argv[1])['read']
{script}"
    );
    let args = [reader.as_path(), folder];
    python.clone().alone().run(script.as_str(), args).trim().to_owned()
}

/// As the README has it.
#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    images: MmapArray3<f32>,
    #[varpack(mmap)]
    split: BTreeMap<String, MmapArray2<f32>>,
    #[varpack(separate)]
    history: Vec<f64>,
    #[varpack(skip_load)]
    notes: String,
    step: u64,
}

fn run() -> Run {
    Run {
        images: Array3::zeros((2, 3, 4)).into(),
        split: BTreeMap::from([
            ("test".to_owned(), array![[1.5]].into()),
            ("train".to_owned(), array![[0.5, 2.5]].into()),
        ]),
        history: vec![0.25],
        notes: "saved, not read back".to_owned(),
        step: 7,
    }
}

#[test]
fn shared_pickle_of_the_readmes_example_is_read_by_the_standard_library_alone() {
    let Some(python) = Python::numpy2() else { return };
    let (_parent, folder) = new_folder();
    run().save(&folder).expect("saved");
    let expected = "[('notes', 'saved, not read back'), ('step', 7)]";
    assert_eq!(shared(&python, &folder), expected);
    // The obvious loop, in each way.
    let mut loaded = Run::load(&folder).expect("loaded");
    loaded.step = 8;
    loaded.save(&folder).expect("saved");
    let mut loaded = Run::load_with(&folder, &LoadOptions::new()).expect("loaded");
    loaded.split.insert("val".to_owned(), array![[3.5]].into());
    loaded.save().expect("saved");
    Run::update(&folder, |run| {
        run.step += 1;
        Ok(())
    })
    .expect("saved");
    let mut pack = Pack::open(&folder).expect("loaded");
    pack.insert_value("rate", &0.5).expect("inserted");
    pack.save().expect("saved");
    let expected = "[('notes', 'saved, not read back'), ('rate', 0.5), ('step', 9)]";
    assert_eq!(shared(&python, &folder), expected);
}

#[derive(Varpack)]
struct Layer {
    #[varpack(mmap)]
    w: MmapArray1<f32>,
    #[varpack(mmap)]
    moments: BTreeMap<String, MmapArray1<f64>>,
    rate: f64,
}

#[derive(Varpack)]
struct Inner {
    #[varpack(mmap)]
    mask: MmapArray1<bool>,
    name: String,
}

#[derive(Serialize, Deserialize)]
struct Epoch {
    loss: f64,
    best: Option<String>,
}

#[derive(Varpack)]
struct Everything {
    #[varpack(mmap)]
    images: MmapArray3<u8>,
    #[varpack(mmap)]
    scalar: MmapArrayD<i16>,
    #[varpack(mmap)]
    maybe: Option<MmapArray1<f32>>,
    #[varpack(mmap)]
    split: BTreeMap<String, MmapArray2<f32>>,
    #[varpack(mmap(min_len = 3))]
    small: BTreeMap<String, MmapArray1<i64>>,
    #[varpack(mmap)]
    by_number: BTreeMap<i64, MmapArray1<i64>>,
    #[varpack(mmap)]
    mixed: BTreeMap<String, ArrayOr<MmapArray1<f64>, Value>>,
    #[varpack(npy)]
    plain: Vec<u64>,
    #[varpack(separate)]
    history: Vec<Epoch>,
    #[varpack(nested)]
    inner: Inner,
    #[varpack(flatten)]
    layers: Vec<Layer>,
    #[varpack(flatten)]
    by_name: BTreeMap<String, Layer>,
    #[varpack(flatten)]
    best: Option<Layer>,
    #[varpack(skip_load)]
    notes: String,
    #[varpack(separate)]
    in_pickle: MmapArray1<u16>,
    names: HashMap<String, Vec<i64>>,
    nothing: Option<i64>,
    step: u64,
}

fn layer(rate: f64) -> Layer {
    let moments = BTreeMap::from([("first".to_owned(), array![rate].into())]);
    Layer { w: array![1.0, 2.0].into(), moments, rate }
}

fn everything() -> Everything {
    Everything {
        images: Array3::from_elem((2, 3, 4), 7).into(),
        scalar: ndarray::arr0(-7).into_dyn().into(),
        maybe: None,
        split: run().split,
        small: BTreeMap::from([
            ("few".to_owned(), array![1, 2].into()),
            ("many".to_owned(), array![1, 2, 3].into()),
        ]),
        by_number: BTreeMap::from([(7, array![3].into())]),
        mixed: BTreeMap::from([
            ("array".to_owned(), ArrayOr::Array(array![0.5].into())),
            ("value".to_owned(), ArrayOr::Value(3.into())),
        ]),
        plain: vec![0, u64::MAX],
        history: vec![Epoch { loss: 0.25, best: Some("grün".to_owned()) }],
        inner: Inner { mask: array![true, false].into(), name: "inner".to_owned() },
        layers: vec![layer(0.5), layer(1.5)],
        by_name: BTreeMap::from([("top".to_owned(), layer(2.5))]),
        best: Some(layer(3.5)),
        notes: "saved".to_owned(),
        in_pickle: array![1, 2].into(),
        names: HashMap::from([("a".to_owned(), vec![1, 2])]),
        nothing: None,
        step: 7,
    }
}

/// What of `Everything` is to be found, and whether all arrays of it that have files are mapped.
const CHECK: &str = "
import numpy as np
v = read(sys.argv[2])
plain = lambda value: value.tolist() if isinstance(value, np.ndarray) else {
    key: plain(item) for key, item in value.items()} if isinstance(value, dict) else value
def layer(name, rate):
    assert plain(v[name + '.w']) == [1, 2] and plain(v[name + '.moments']) == {'first': [rate]} and v[name + '.rate'] == rate
layer('layers.0', 0.5), layer('layers.1', 1.5), layer('by_name.top', 2.5), layer('best', 3.5)
assert v['layers'] == 2 and v['by_name'] == {'top': None} and v['best'] is True
assert v['images'].shape == (2, 3, 4) and (v['images'] == 7).all() and v['images'].dtype == 'u1'
assert plain(v['scalar']) == -7 and 'maybe' not in v
assert plain(v['split']) == {'test': [[1.5]], 'train': [[0.5, 2.5]]}
assert plain(v['small']) == {'few': [1, 2], 'many': [1, 2, 3]}
assert [isinstance(array, np.memmap) for array in v['small'].values()] == [False, True]
assert plain(v['by_number']) == {7: [3]}
assert plain(v['mixed']) == {'array': [0.5], 'value': 3}
assert plain(v['plain']) == [0, 2 ** 64 - 1] and v['history'] == [{'loss': 0.25, 'best': 'grün'}]
assert plain(v['inner']) == {'mask': [True, False], 'name': 'inner'}
assert v['notes'] == 'saved' and plain(v['in_pickle']) == [1, 2] and v['names'] == {'a': [1, 2]}
assert v['nothing'] is None and v['step'] == 7
for name in ['images', 'plain']:
    assert isinstance(v[name], np.memmap), name
print(len(v))";

#[test]
fn reader_of_the_docs_reads_every_kind_of_field_with_numpy_alone() {
    for python in Python::both() {
        let (_parent, folder) = new_folder();
        everything().save(&folder).expect("saved");
        assert_eq!(read(&python, CHECK, &folder), "29");
        // A pack writes the same by its own rules.
        let copy = folder.with_file_name("copy");
        let mut pack = Pack::open(&folder).expect("loaded");
        pack.set_rules(PackRules::new().split_min_len(3));
        pack.save_to(&copy).expect("saved");
        assert_eq!(read(&python, CHECK, &copy), "29");
        // And what the Python program wrote.
        for name in ["readme", "dicts", "separate"] {
            let folder = fixtures::path(&format!("{}-{name}", python.name()));
            read(&python, "print(len(read(sys.argv[2])))", &folder);
        }
    }
}

/// All pickles of the folder that hold placeholders.
fn with_placeholders(folder: &Path) -> Vec<String> {
    let is_pickle = |name: &&str| name.ends_with(".pickle");
    let state = State::of(folder);
    let holds = |name: &&str| {
        let bytes = std::fs::read(folder.join(name)).expect("a file");
        bytes.windows(21).any(|window| window == b"NumpyArrayPlaceholder")
    };
    state.names().into_iter().filter(is_pickle).filter(holds).map(str::to_owned).collect()
}

/// What was saved before placeholders had pickles of their own: the map, and the rest, in the shared pickle.
fn older(folder: &Path) {
    let run = Run { history: Vec::new(), ..run() };
    run.save(folder).expect("saved");
    let manifest = std::fs::read_to_string(folder.join("varpack.json")).expect("a manifest");
    std::fs::write(
        folder.join("varpack.json"),
        manifest.replace("\"split.pickle\"", &format!("{SHARED:?}")),
    )
    .expect("written");
    let [shared, split] =
        [SHARED, "split.pickle"].map(|name| std::fs::read(folder.join(name)).expect("a pickle"));
    let [shared, split] =
        [&shared, &split].map(|bytes| Value::from_slice(bytes).expect("a pickle"));
    let mut writer = Writer::new();
    writer.begin_dict().expect("a dict");
    let Value::Dict(entries) = &shared else { panic!("{shared:?}") };
    let split = (Value::from("split"), split);
    for (key, value) in [split].iter().chain(entries.iter()) {
        writer.key(key).expect("a key");
        writer.node(value).expect("a value");
    }
    writer.end_dict().expect("a dict");
    std::fs::write(folder.join(SHARED), writer.finish().expect("a pickle")).expect("written");
    std::fs::remove_file(folder.join("split.pickle")).expect("removed");
}

#[test]
fn map_in_the_shared_pickle_of_an_older_folder_leaves_it_when_that_is_written() {
    let (_parent, folder) = new_folder();
    older(&folder);
    assert_eq!(with_placeholders(&folder), [SHARED]);
    let before = State::of(&folder);
    // A save that changes nothing writes nothing.
    Run::load(&folder).expect("loaded").save(&folder).expect("saved");
    let mut run = Run::load_with(&folder, &LoadOptions::new()).expect("loaded");
    run.save().expect("saved");
    before.assert_untouched(&folder);
    run.step = 8;
    run.save().expect("saved");
    assert_eq!(with_placeholders(&folder), ["split.pickle"]);
    let after = State::of(&folder);
    assert_eq!(before.touched(&after), [SHARED, "split.pickle", "varpack.json"]);
    // Who has saved knows of the move.
    run.save().expect("saved");
    after.assert_untouched(&folder);
    run.step = 9;
    run.save().expect("saved");
    assert_eq!(after.touched(&State::of(&folder)), [SHARED, "varpack.json"]);
    run.split.remove("test");
    run.save().expect("saved");
    let found = Run::load(&folder).expect("loaded");
    assert_eq!((found.step, found.split.keys().map(String::as_str).collect()), (9, vec!["train"]));
    assert_eq!(found.split["train"], array![[0.5, 2.5]]);
}

#[test]
fn map_of_an_older_folder_that_no_field_knows_moves_too() {
    #[derive(Varpack)]
    struct Step {
        step: u64,
    }
    let Some(python) = Python::numpy2() else { return };
    let (_parent, folder) = new_folder();
    older(&folder);
    Step { step: 8 }.save(&folder).expect("saved");
    assert_eq!(with_placeholders(&folder), ["split.pickle"]);
    assert_eq!(shared(&python, &folder), "[('notes', 'saved, not read back'), ('step', 8)]");
    let found = Run::load(&folder).expect("loaded");
    assert_eq!(found.split["train"], array![[0.5, 2.5]]);
    // What somebody else has there is not written over, nor does the save fail.
    let (_parent, folder) = new_folder();
    older(&folder);
    std::fs::write(folder.join("split.pickle"), "someone's").expect("written");
    Step { step: 8 }.save(&folder).expect("saved");
    assert_eq!(with_placeholders(&folder), [SHARED]);
    assert_eq!(std::fs::read(folder.join("split.pickle")).expect("a file"), b"someone's");
    assert_eq!(Run::load(&folder).expect("loaded").split["train"], array![[0.5, 2.5]]);
}

#[test]
fn two_that_loaded_an_older_folder_are_not_stale_for_the_move() {
    let (_parent, folder) = new_folder();
    older(&folder);
    let mut one = Run::load_with(&folder, &LoadOptions::new()).expect("loaded");
    let mut other = Run::load_with(&folder, &LoadOptions::new()).expect("loaded");
    one.step = 8;
    one.save().expect("saved");
    other.split.insert("val".to_owned(), array![[3.5]].into());
    other.save().expect("saved");
    let mut third = Run::load_with(&folder, &LoadOptions::new()).expect("loaded");
    assert_eq!((third.step, third.split.len()), (8, 3));
    // The same item by both is stale as ever.
    one.split.insert("val".to_owned(), array![[4.5]].into());
    let error = one.save().expect_err("both have set it").to_string();
    assert!(error.contains("split[val]"), "{error}");
    third.split.clear();
    third.save().expect("saved");
    // Without arrays it is a value as any.
    assert_eq!(with_placeholders(&folder), [""; 0]);
    assert!(!folder.join("split.pickle").exists());
}

#[test]
fn pickle_of_a_map_is_renamed_and_removed_with_it() {
    #[derive(Varpack)]
    struct Renamed {
        #[varpack(mmap, alias = "split")]
        parts: BTreeMap<String, MmapArray2<f32>>,
        step: u64,
    }
    let (_parent, folder) = new_folder();
    run().save(&folder).expect("saved");
    let mut renamed = Renamed::load(&folder).expect("loaded");
    renamed.step = 8;
    renamed.save(&folder).expect("saved");
    assert_eq!(with_placeholders(&folder), ["parts.pickle"]);
    assert!(!folder.join("split.pickle").exists());
    let mut pack = Pack::open(&folder).expect("loaded");
    pack.remove("parts");
    pack.save().expect("saved");
    assert_eq!(with_placeholders(&folder), [""; 0]);
    assert!(State::of(&folder).names().iter().all(|name| !name.starts_with("parts")));
}

#[test]
fn skipped_map_keeps_its_pickle() {
    #[derive(Varpack)]
    struct Skips {
        #[varpack(mmap, default)]
        split: BTreeMap<String, MmapArray2<f32>>,
        step: u64,
    }
    let (_parent, folder) = new_folder();
    run().save(&folder).expect("saved");
    let before = State::of(&folder);
    let mut run = Skips::load_with(&folder, &LoadOptions::new().skip(["split"])).expect("loaded");
    run.step = 8;
    run.save().expect("saved");
    assert_eq!(before.touched(&State::of(&folder)), [SHARED, "varpack.json"]);
    let options = LoadOptions::new().skip(["split[test]"]);
    let mut run = Skips::load_with(&folder, &options).expect("loaded");
    assert_eq!(run.split.len(), 1);
    run.split.insert("val".to_owned(), array![[3.5]].into());
    run.save().expect("saved");
    assert_eq!(Skips::load(&folder).expect("loaded").split.len(), 3);
}

/// A value that holds a placeholder further in than any load looks for an array.
fn deep() -> Value {
    let placeholder = Value::Placeholder("elsewhere.npy".into());
    Value::dict([("list", Value::list([placeholder, 3.into()]))])
}

#[test]
fn value_that_holds_a_placeholder_anywhere_has_a_pickle_of_its_own() {
    #[derive(Varpack)]
    struct Values {
        before: u64,
        deep: Value,
        other: Value,
        after: u64,
    }
    let Some(python) = Python::numpy2() else { return };
    let (_parent, folder) = new_folder();
    let mut values = Values { before: 1, deep: deep(), other: deep(), after: 2 };
    values.save(&folder).expect("saved");
    assert_eq!(with_placeholders(&folder), ["deep.pickle", "other.pickle"]);
    assert_eq!(shared(&python, &folder), "[('after', 2), ('before', 1)]");
    let before = State::of(&folder);
    let mut loaded = Values::load_with(&folder, &LoadOptions::new()).expect("loaded");
    assert_eq!((&loaded.deep, &loaded.other), (&deep(), &deep()));
    loaded.save().expect("saved");
    before.assert_untouched(&folder);
    loaded.other = 3.into();
    loaded.save().expect("saved");
    assert_eq!(with_placeholders(&folder), ["deep.pickle"]);
    values.other = 4.into();
    // By a pack, too, and one item of a map.
    let mut pack = Pack::open(&folder).expect("loaded");
    let mut map = PackMap::new();
    map.insert("within", deep());
    pack.insert("map", map).expect("inserted");
    pack.insert("value", PackValue::from(deep())).expect("inserted");
    pack.save().expect("saved");
    assert_eq!(with_placeholders(&folder), ["deep.pickle", "map.pickle", "value.pickle"]);
}

#[test]
fn dictionaries_that_hold_themselves_move_as_they_are() {
    #[derive(Varpack)]
    struct Step {
        step: u64,
    }
    let Some(python) = Python::numpy2() else { return };
    let (_parent, folder) = new_folder();
    let script = "
import numpy as np, os, pickle, sys, varpack
folder = sys.argv[1]
loops = [{'x': np.ones(20_000), 'number': number} for number in range(50)]
varpack.save(folder, {'step': 7, **{f'v{number}': value for number, value in enumerate(loops)}})
path = os.path.join(folder, varpack.SHARED_PICKLE)
shared = pickle.load(open(path, 'rb'))
for number in range(50):
    shared[f'v{number}']['self'] = [shared[f'v{number}']]
pickle.dump(shared, open(path, 'wb'))";
    python.run(script, [&folder]);
    Step { step: 8 }.save(&folder).expect("saved");
    assert_eq!(with_placeholders(&folder).len(), 50);
    assert_eq!(shared(&python, &folder), "[('step', 8)]");
    let script = "
import sys, varpack
found = varpack.load(sys.argv[1])
values = [found[f'v{number}'] for number in range(50)]
print(all(value['self'][0] is value and value['number'] == n and value['x'].sum() == 20_000
    for n, value in enumerate(values)))";
    assert_eq!(python.run(script, [&folder]).trim(), "True");
}

#[test]
fn what_many_variables_of_an_older_pickle_share_is_not_written_for_each() {
    #[derive(Varpack)]
    struct Step {
        step: u64,
    }
    // 200 dictionaries with a placeholder and one list of 100,000 bytes in common.
    let bytes: Vec<Value> = (0..50_000).map(|n| Value::from(n % 256)).collect();
    let common = Value::list(bytes);
    let (_parent, folder) = new_folder();
    Step { step: 7 }.save(&folder).expect("saved");
    let mut writer = Writer::new();
    let mut manifest = Vec::new();
    writer.begin_dict().expect("a dict");
    writer.key("step").expect("a key");
    writer.value(&7).expect("a value");
    manifest.push(format!("\"step\": {{\"size\": 2, \"filename\": {SHARED:?}}}"));
    for number in 0..200 {
        let name = format!("v{number}");
        writer.key(&name).expect("a key");
        let placeholder = Value::Placeholder(format!("v{number}-x.npy").into());
        writer
            .node(&Value::dict([("x", placeholder), ("common", common.clone())]))
            .expect("a value");
        manifest.push(format!("{name:?}: {{\"size\": 2, \"filename\": {SHARED:?}}}"));
    }
    writer.end_dict().expect("a dict");
    std::fs::write(folder.join(SHARED), writer.finish().expect("a pickle")).expect("written");
    std::fs::write(folder.join("varpack.json"), format!("{{{}}}", manifest.join(",")))
        .expect("written");
    Step { step: 8 }.save(&folder).expect("saved");
    let pickles = with_placeholders(&folder);
    let size = |name: &String| std::fs::metadata(folder.join(name)).expect("a file").len();
    let total: u64 = pickles.iter().map(size).sum();
    assert!(pickles.len() < 40 && total < 3_000_000, "{} pickles of {total} bytes", pickles.len());
    let shared = std::fs::read(folder.join(SHARED)).expect("a pickle");
    let shared = Document::parse(&shared).expect("a pickle");
    // That one is among them.
    assert_eq!(shared.root().entries().expect("a dict").count() + pickles.len(), 202);
}

#[test]
fn python_program_reads_the_pickle_of_a_map_and_writes_the_folder_in_turn() {
    for python in Python::both() {
        let (_parent, folder) = new_folder();
        let large = Run {
            split: BTreeMap::from([("a".to_owned(), Array2::ones((100, 200)).into())]),
            ..run()
        };
        large.save(&folder).expect("saved");
        let script = "
import sys, varpack
found = varpack.load(sys.argv[1])
print(found['split']['a'].sum(), found['step'])
found['step'] = 8
for name in list(found):
    if hasattr(found[name], 'copy'):
        found[name] = found[name].copy()
found['split'] = {key: value.copy() for key, value in found['split'].items()}
varpack.save(sys.argv[1], found, separate=['history'])";
        assert_eq!(python.run(script, [&folder]).trim(), "20000.0 7");
        let mut loaded = Run::load_with(&folder, &LoadOptions::new()).expect("loaded");
        assert_eq!((loaded.step, loaded.split["a"].sum()), (8, 20_000.0));
        // It has put the map into the shared pickle, and left a file that is no variable's now.
        loaded.step = 9;
        loaded.split.insert("b".to_owned(), array![[1.5]].into());
        loaded.save().expect("saved");
        assert_eq!(with_placeholders(&folder), [SHARED, "split.pickle"]);
        loaded.step = 10;
        let options = SaveOptions::new().overwrite_field("split");
        loaded.save_with(&options).expect("saved");
        assert_eq!(with_placeholders(&folder), ["split.pickle"]);
        assert_eq!(Run::load(&folder).expect("loaded").split.len(), 2);
        assert_eq!(
            python
                .run("import sys, varpack; print(varpack.load(sys.argv[1])['step'])", [&folder])
                .trim(),
            "10"
        );
    }
}

//! From `nested` to `flatten` and back: a folder that has the one loads into the other, and the next save turns it into
//! that, with nothing left and nobody's change lost.
#![allow(clippy::unwrap_used)]

use ndarray::Array1;
use std::collections::BTreeMap;
use std::path::Path;
use varpack::{
    ErrorKind, LoadOptions, Loaded, MmapArray1, Mode, Pack, PackFields, PackValue, SaveOptions,
    Varpack,
};
use varpack_tests::holders::{load, saved, unsynced};
use varpack_tests::python::Python;

#[derive(Varpack, Debug, Clone, PartialEq, Default)]
struct Scale {
    #[varpack(mmap, alias = "f")]
    factors: MmapArray1<f32>,
    unit: String,
}

#[derive(Varpack, Debug, Clone, PartialEq, Default)]
struct Model {
    #[varpack(mmap)]
    w: MmapArray1<f32>,
    #[varpack(default)]
    rate: f64,
}

#[derive(Varpack, Debug, PartialEq)]
struct Nested {
    #[varpack(nested)]
    model: Model,
    step: u64,
}

#[derive(Varpack, Debug, PartialEq)]
struct Flat {
    #[varpack(flatten)]
    model: Model,
    step: u64,
}

fn array(first: f32) -> MmapArray1<f32> {
    Array1::linspace(first, first + 1.0, 20_000).into()
}

fn model() -> Model {
    Model { w: array(1.0), rate: 0.5 }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = Pack::open(folder).unwrap().names().map(str::to_owned).collect();
    names.sort();
    names
}

fn has_file(folder: &Path, file: &str) -> bool {
    folder.join(file).exists()
}

#[test]
fn dictionary_is_read_into_a_flattened_struct_and_the_save_makes_variables_of_it() {
    let (_parent, folder) = saved(&Nested { model: model(), step: 1 });
    let mut run = load::<Flat>(&folder);
    assert!(run.model.w.is_mapped());
    assert_eq!(*run, Flat { model: model(), step: 1 });
    run.step = 2;
    run.save_with(&unsynced()).unwrap();
    assert_eq!(names(&folder), ["model.rate", "model.w", "step"]);
    assert!(has_file(&folder, "model.w.npy") && !has_file(&folder, "model-w.npy"));
    assert!(!has_file(&folder, "model.pickle"));
    run.model.rate = 0.7;
    run.save_with(&unsynced()).unwrap();
    let model = Model { rate: 0.7, ..model() };
    assert_eq!(Flat::load(&folder).unwrap(), Flat { model, step: 2 });
}

#[test]
fn variables_are_read_into_a_nested_struct_and_the_save_makes_a_dictionary_of_them() {
    let (_parent, folder) = saved(&Flat { model: model(), step: 1 });
    let mut run = load::<Nested>(&folder);
    assert!(run.model.w.is_mapped());
    assert_eq!(*run, Nested { model: model(), step: 1 });
    run.step = 2;
    run.save_with(&unsynced()).unwrap();
    assert_eq!(names(&folder), ["model", "step"]);
    assert!(!has_file(&folder, "model.w.npy") && has_file(&folder, "model-w.npy"));
    run.model.rate = 0.7;
    run.save_with(&unsynced()).unwrap();
    let model = Model { rate: 0.7, ..model() };
    assert_eq!(Nested::load(&folder).unwrap(), Nested { model, step: 2 });
}

#[test]
fn bare_struct_turns_a_folder_over_and_back() {
    let (_parent, folder) = saved(&Nested { model: model(), step: 1 });
    for _ in 0..2 {
        Flat::load(&folder).unwrap().save_with(&folder, &unsynced()).unwrap();
        assert_eq!(names(&folder), ["model.rate", "model.w", "step"]);
        Nested::load(&folder).unwrap().save_with(&folder, &unsynced()).unwrap();
        assert_eq!(names(&folder), ["model", "step"]);
    }
    assert_eq!(Nested::load(&folder).unwrap(), Nested { model: model(), step: 1 });
}

/// By hand, for the derive lets no struct be nested that has arrays so deep.
#[derive(Debug, PartialEq)]
struct DeepNested {
    outer: OuterNested,
}

varpack_tests::fields_by_hand!(DeepNested { outer: nested });

#[derive(Varpack, Debug, PartialEq)]
struct OuterNested {
    #[varpack(nested, rename = "s")]
    scale: Scale,
    name: String,
}

#[derive(Varpack, Debug, PartialEq)]
struct DeepFlat {
    #[varpack(flatten)]
    outer: OuterFlat,
}

#[derive(Varpack, Debug, PartialEq)]
struct OuterFlat {
    #[varpack(flatten, rename = "s")]
    scale: Scale,
    name: String,
}

#[test]
fn structs_in_structs_go_over_and_back_whole() {
    let scale = || Scale { factors: array(3.0), unit: "m".to_owned() };
    let nested = DeepNested { outer: OuterNested { scale: scale(), name: "a".to_owned() } };
    let (_parent, folder) = saved(&nested);
    let flat = load::<DeepFlat>(&folder);
    assert_eq!(flat.outer, OuterFlat { scale: scale(), name: "a".to_owned() });
    flat.save_with(&unsynced()).unwrap();
    assert_eq!(names(&folder), ["outer.name", "outer.s.factors", "outer.s.unit"]);
    let back = load::<DeepNested>(&folder);
    assert_eq!(*back, nested);
    back.save_with(&unsynced()).unwrap();
    assert_eq!(names(&folder), ["outer"]);
    assert_eq!(DeepNested::load(&folder).unwrap(), nested);
}

#[derive(Varpack, Debug, PartialEq, Default)]
struct Lists {
    #[varpack(flatten)]
    layers: Vec<Scale>,
    #[varpack(flatten)]
    named: BTreeMap<String, Scale>,
    #[varpack(flatten)]
    some: Option<Scale>,
    #[varpack(flatten)]
    none: Option<Scale>,
}

#[test]
fn lists_maps_and_options_of_dictionaries_are_read_and_turned_into_variables() {
    let Some(python) = Python::numpy2() else { return };
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let code = "import sys, varpack, numpy as np\n\
                def scale(unit): return {'f': np.zeros(2, 'f4'), 'unit': unit}\n\
                varpack.save(sys.argv[1], {'layers': [scale('a'), scale('b')], 'none': None,\n\
                'named': {'k': scale('c'), 'l': scale('d')}, 'some': scale('e')})\n";
    python.run(code, [&folder]);
    let mut run = load::<Lists>(&folder);
    let units = |run: &Lists| {
        let scales = run.layers.iter().chain(run.named.values()).chain(&run.some);
        scales.map(|scale| scale.unit.clone()).collect::<String>()
    };
    assert_eq!((units(&run).as_str(), &run.none), ("abcde", &None));
    run.layers[0].unit = "z".to_owned();
    run.save_with(&unsynced()).unwrap();
    let expected = [
        "layers",
        "layers.0.factors",
        "layers.0.unit",
        "layers.1.factors",
        "layers.1.unit",
        "named",
        "named.k.factors",
        "named.k.unit",
        "named.l.factors",
        "named.l.unit",
        "none",
        "some",
        "some.factors",
        "some.unit",
    ];
    assert_eq!(names(&folder), expected);
    assert_eq!(units(&Lists::load(&folder).unwrap()), "zbcde");
    let pack = Pack::open(&folder).unwrap();
    assert_eq!(pack.value::<u64>("layers").unwrap(), 2);
    assert_eq!(pack.value::<BTreeMap<String, ()>>("named").unwrap().len(), 2);
    assert!(pack.value::<bool>("some").unwrap());
    run.named.remove("k");
    run.save_with(&unsynced()).unwrap();
    assert_eq!(units(&Lists::load(&folder).unwrap()), "zbde");
}

#[test]
fn map_and_option_that_are_not_changed_are_turned_into_variables_all_the_same() {
    #[derive(Varpack)]
    struct Old {
        #[varpack(nested)]
        some: Scale,
        step: u64,
    }
    #[derive(Varpack)]
    struct New {
        #[varpack(flatten)]
        some: Option<Scale>,
        step: u64,
    }
    let scale = Scale { factors: array(1.0), unit: "m".to_owned() };
    let (_parent, folder) = saved(&Old { some: scale.clone(), step: 1 });
    assert!(has_file(&folder, "some-factors.npy"));
    let mut run = load::<New>(&folder);
    run.step = 2;
    run.save_with(&unsynced()).unwrap();
    assert_eq!(names(&folder), ["some", "some.factors", "some.unit", "step"]);
    assert!(!has_file(&folder, "some-factors.npy"));
    assert_eq!(New::load(&folder).unwrap().some, Some(scale));
}

#[test]
fn dictionary_that_another_has_changed_since_is_not_taken_out() {
    let (_parent, folder) = saved(&Nested { model: model(), step: 1 });
    let mut run = load::<Flat>(&folder);
    let mut other = load::<Nested>(&folder);
    other.model.rate = 0.9;
    other.save_with(&unsynced()).unwrap();
    run.step = 2;
    let error = run.save_with(&unsynced()).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("model")), "{error}");
    assert_eq!(Nested::load(&folder).unwrap().model.rate, 0.9);
    run.save_with(&unsynced().overwrite_field("model")).unwrap();
    assert_eq!(names(&folder), ["model.rate", "model.w", "step"]);
}

#[test]
fn variables_that_another_has_changed_since_are_not_taken_out() {
    let (_parent, folder) = saved(&Flat { model: model(), step: 1 });
    let mut run = load::<Nested>(&folder);
    let mut other = load::<Flat>(&folder);
    other.model.rate = 0.9;
    other.save_with(&unsynced()).unwrap();
    run.step = 2;
    let error = run.save_with(&unsynced()).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("model.rate")), "{error}");
    assert_eq!(Flat::load(&folder).unwrap().model.rate, 0.9);
    run.save_with(&unsynced().overwrite_field("model")).unwrap();
    assert_eq!(names(&folder), ["model", "step"]);
}

#[test]
fn two_who_have_loaded_the_dictionary_both_save_what_they_change() {
    let (_parent, folder) = saved(&Nested { model: model(), step: 1 });
    let (mut one, mut two) = (load::<Flat>(&folder), load::<Flat>(&folder));
    one.model.rate = 0.7;
    two.step = 2;
    one.save_with(&unsynced()).unwrap();
    two.save_with(&unsynced()).unwrap();
    let model = Model { rate: 0.7, ..model() };
    assert_eq!(Flat::load(&folder).unwrap(), Flat { model, step: 2 });
    two.model.rate = 0.8;
    assert_eq!(two.save_with(&unsynced()).unwrap_err().kind(), ErrorKind::Stale);
}

#[derive(Varpack, Debug)]
struct FlatOrNot {
    #[varpack(flatten, default)]
    model: Model,
    step: u64,
}

#[derive(Varpack, Debug)]
struct NestedOrNot {
    #[varpack(nested, default)]
    model: Model,
    step: u64,
}

fn skipping<T: PackFields>(folder: &Path) -> Loaded<T> {
    let options = LoadOptions::new().mode(Mode::CopyOnWrite).skip(["model"]);
    T::load_with(folder, &options).unwrap()
}

#[test]
fn dictionary_of_a_struct_that_is_skipped_stays_until_the_struct_is_set() {
    let (parent, folder) = saved(&Nested { model: model(), step: 1 });
    let mut run = skipping::<FlatOrNot>(&folder);
    assert_eq!(run.model, Model::default());
    run.step = 2;
    run.save_with(&unsynced().prune(true)).unwrap();
    assert_eq!(names(&folder), ["model", "step"]);
    assert_eq!(Flat::load(&folder).unwrap(), Flat { model: model(), step: 2 });
    let copy = parent.path().join("copy");
    run.save_to_with(&copy, &unsynced()).unwrap();
    assert_eq!(Flat::load(&copy).unwrap(), Flat { model: model(), step: 2 });
    run.model = Model { w: array(7.0), rate: 0.1 };
    run.save_with(&unsynced()).unwrap();
    assert_eq!(names(&folder), ["model.rate", "model.w", "step"]);
    assert_eq!(Flat::load(&folder).unwrap().model, run.model);
}

#[test]
fn variables_of_a_struct_that_is_skipped_stay_until_the_struct_is_set() {
    let (parent, folder) = saved(&Flat { model: model(), step: 1 });
    let mut run = skipping::<NestedOrNot>(&folder);
    assert_eq!(run.model, Model::default());
    run.step = 2;
    run.save_with(&unsynced().prune(true)).unwrap();
    assert_eq!(names(&folder), ["model.rate", "model.w", "step"]);
    let copy = parent.path().join("copy");
    run.save_to_with(&copy, &unsynced()).unwrap();
    assert_eq!(Flat::load(&copy).unwrap(), Flat { model: model(), step: 2 });
    run.model = Model { w: array(7.0), rate: 0.1 };
    run.save_with(&unsynced()).unwrap();
    assert_eq!(names(&folder), ["model", "step"]);
    assert_eq!(Flat::load(&folder).unwrap().model, run.model);
}

#[test]
fn what_is_kept_by_name_stays_as_it_is_composed() {
    let (_parent, folder) = saved(&Nested { model: model(), step: 1 });
    let flat = Flat { model: Model { w: array(5.0), rate: 0.0 }, step: 2 };
    flat.save_with(&folder, &unsynced().keep(["model"])).unwrap();
    assert_eq!(Nested::load(&folder).unwrap(), Nested { model: model(), step: 2 });
    let flat = Flat { model: model(), step: 3 };
    let (_parent, folder) = saved(&flat);
    let nested = Nested { model: Model { w: array(5.0), rate: 0.0 }, step: 3 };
    nested.save_with(&folder, &SaveOptions::new().keep(["model"])).unwrap();
    assert_eq!(Flat::load(&folder).unwrap(), flat);
}

#[test]
fn default_of_a_nested_struct_is_where_the_folder_has_nothing_of_it() {
    let (_parent, folder) = saved(&Flat { model: model(), step: 1 });
    let mut pack = Pack::open(&folder).unwrap();
    for name in ["model.w", "model.rate"] {
        pack.remove(name);
    }
    pack.insert("model.other", PackValue::serialize(&1).unwrap()).unwrap();
    pack.save().unwrap();
    assert_eq!(NestedOrNot::load(&folder).unwrap().model, Model::default());
    let error = Nested::load(&folder).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MissingVariable, "{error}");
    let run = load::<NestedOrNot>(&folder);
    run.save_with(&unsynced()).unwrap();
    assert_eq!(names(&folder), ["model", "model.other", "step"]);
}

#[test]
fn value_of_the_groups_own_name_that_is_no_dictionary_is_someone_elses() {
    let (_parent, folder) = saved(&Flat { model: model(), step: 1 });
    let mut pack = Pack::open(&folder).unwrap();
    pack.insert("model", PackValue::serialize(&1).unwrap()).unwrap();
    pack.save().unwrap();
    let mut run = load::<Flat>(&folder);
    assert_eq!(run.model, model());
    run.step = 2;
    run.save_with(&unsynced()).unwrap();
    assert_eq!(names(&folder), ["model", "model.rate", "model.w", "step"]);
}

#[test]
fn variable_that_is_set_in_a_group_of_which_another_has_made_a_dictionary_is_stale() {
    #[derive(Varpack)]
    struct Part {
        v: u64,
        #[varpack(mmap)]
        a: Option<MmapArray1<f32>>,
        #[varpack(default)]
        w: u64,
    }
    #[derive(Varpack)]
    struct Flat {
        step: u64,
        #[varpack(flatten)]
        p: Part,
    }
    #[derive(Varpack)]
    struct Nested {
        step: u64,
        #[varpack(nested)]
        p: Part,
    }
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let part = || Part { v: 1, a: None, w: 0 };
    Flat { step: 0, p: part() }.save(&folder).unwrap();
    let loaded = || Flat::load_with(&folder, &LoadOptions::new()).unwrap();
    let (mut mine, mut step) = (loaded(), loaded());
    Nested::load_with(&folder, &LoadOptions::new()).unwrap().save().unwrap();
    assert!(names(&folder).contains(&"p".to_owned()));
    mine.p.a = Some(array(1.0));
    let error = mine.save().unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("p.a")), "{error}");
    assert!(!has_file(&folder, "p.a.npy"));
    step.step = 1;
    step.save().unwrap();
    let found = Flat::load(&folder).unwrap();
    assert_eq!((found.step, found.p.v, found.p.a.is_none(), found.p.w), (1, 1, true, 0));
}

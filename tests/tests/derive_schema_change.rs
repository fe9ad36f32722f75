//! A folder of an older struct under a newer one: each change loads, or says which field it is, what
//! the folder has and what would help.

use ndarray::{arr1, arr2};
use std::collections::BTreeMap;
use std::path::PathBuf;
use tempfile::TempDir;
use varpack::{
    Error, ErrorKind, LoadOptions, MmapArray1, MmapArray2, PackFields, SaveOptions, Varpack,
};

/// A folder that holds one saved struct.
fn saved(value: &impl Varpack) -> (TempDir, PathBuf) {
    let parent = tempfile::tempdir().expect("a temporary folder");
    let folder = parent.path().join("run");
    value.save(&folder).expect("a save");
    (parent, folder)
}

/// The error of loading an older struct's folder as `New`.
fn load_error<New: PackFields>(old: &impl Varpack) -> Error {
    let (_parent, folder) = saved(old);
    match New::load(&folder) {
        Ok(_) => panic!("the folder loads"),
        Err(error) => error,
    }
}

#[derive(Varpack)]
struct Step {
    step: u64,
}

#[derive(Varpack)]
struct Value {
    x: Vec<f64>,
}

#[derive(Varpack)]
struct Separate {
    #[varpack(separate)]
    x: Vec<f64>,
}

#[derive(Varpack)]
struct Npy {
    #[varpack(npy)]
    x: Vec<f64>,
}

#[derive(Varpack)]
struct Mapped {
    #[varpack(mmap)]
    x: MmapArray1<f64>,
}

#[derive(Varpack)]
struct MappedMap {
    #[varpack(mmap)]
    x: BTreeMap<String, MmapArray1<f64>>,
}

fn mapped() -> Mapped {
    Mapped { x: arr1(&[0.5, 0.25]).into() }
}

fn mapped_map() -> MappedMap {
    MappedMap { x: BTreeMap::from([("train".to_owned(), arr1(&[0.5]).into())]) }
}

#[test]
fn added_field_with_a_default_has_it() {
    fn one_tenth() -> f64 {
        0.1
    }
    #[derive(Varpack)]
    struct New {
        step: u64,
        #[varpack(default)]
        label: String,
        #[varpack(default = "one_tenth")]
        rate: f64,
        #[varpack(mmap)]
        mask: Option<MmapArray1<u8>>,
        #[varpack(mmap, default)]
        split: BTreeMap<String, MmapArray1<f64>>,
    }
    let (_parent, folder) = saved(&Step { step: 7 });
    let new = New::load(&folder).unwrap();
    assert_eq!((new.step, new.label.as_str(), new.rate), (7, "", 0.1));
    assert!(new.mask.is_none());
    assert!(new.split.is_empty());
}

#[test]
fn added_field_without_a_default_is_named_beside_what_the_folder_has() {
    #[derive(Varpack)]
    struct New {
        step: u64,
        rate: f64,
    }
    let (_parent, folder) = saved(&Step { step: 7 });
    let error = New::load(&folder).map(|new| (new.step, new.rate)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MissingVariable);
    assert_eq!(error.variable(), Some("rate"));
    assert_eq!(error.path(), Some(folder.as_path()));
    assert_eq!(error.expected(), Some("`rate`"));
    assert_eq!(error.found(), Some("`step`"));
    let message = error.message().unwrap_or_default();
    assert!(message.contains("`#[varpack(default)]`") && message.contains("`alias`"), "{message}");
}

#[test]
fn misspelt_variable_is_found_to_be_near_one_that_exists() {
    #[derive(Varpack)]
    struct New {
        stepp: u64,
    }
    let error = load_error::<New>(&Step { step: 7 });
    assert!(error.to_string().contains("did you mean `step`?"), "{error}");
}

#[test]
fn removed_field_stays_in_the_folder() {
    #[derive(Varpack)]
    struct Old {
        step: u64,
        #[varpack(mmap)]
        weights: MmapArray2<f32>,
    }
    let (_parent, folder) = saved(&Old { step: 7, weights: arr2(&[[1.0, 2.0]]).into() });
    let mut new = Step::load(&folder).unwrap();
    new.step = 8;
    new.save(&folder).unwrap();
    let old = Old::load(&folder).unwrap();
    assert_eq!((old.step, old.weights.sum()), (8, 3.0));
}

#[test]
fn removed_field_goes_with_a_save_that_prunes() {
    #[derive(Varpack)]
    struct Old {
        step: u64,
        #[varpack(mmap)]
        weights: MmapArray2<f32>,
    }
    let (_parent, folder) = saved(&Old { step: 7, weights: arr2(&[[1.0, 2.0]]).into() });
    let new = Step::load(&folder).unwrap();
    new.save_with(&folder, &SaveOptions::new().prune(true)).unwrap();
    assert!(!folder.join("weights.npy").exists());
    let error = Old::load(&folder).map(|old| (old.step, old.weights.len())).unwrap_err();
    assert_eq!(error.variable(), Some("weights"));
}

#[test]
fn field_with_a_default_can_be_skipped_at_run_time() {
    #[derive(Varpack)]
    struct New {
        step: u64,
        #[varpack(separate, default)]
        x: Vec<f64>,
    }
    let (_parent, folder) = saved(&New { step: 7, x: vec![0.5] });
    let skip = |name: &str| New::load_with(&folder, &LoadOptions::new().skip([name]));
    let new = skip("x").unwrap();
    assert!(new.x.is_empty());
    new.save().unwrap();
    assert_eq!(New::load(&folder).unwrap().x, [0.5]);
    let error = skip("step").map(|new| new.step).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Usage, Some("step")));
}

#[test]
fn renamed_field_is_found_under_its_alias_and_saved_under_its_name() {
    #[derive(Varpack)]
    struct New {
        #[varpack(mmap, rename = "samples", alias = "y", alias = "x")]
        values: MmapArray1<f64>,
    }
    let (_parent, folder) = saved(&mapped());
    let new = New::load(&folder).unwrap();
    assert_eq!(new.values.sum(), 0.75);
    new.save(&folder).unwrap();
    assert!(folder.join("samples.npy").exists());
    assert!(!folder.join("x.npy").exists(), "the variable would be there twice");
    assert_eq!(New::load(&folder).unwrap().values.sum(), 0.75);
}

#[test]
fn rename_all_changes_the_names_in_the_folder() {
    #[derive(Varpack)]
    #[varpack(rename_all = "SCREAMING-KEBAB-CASE")]
    struct Renamed {
        #[varpack(separate)]
        loss_history: Vec<f64>,
        #[varpack(npy, rename = "kept")]
        other_field: Vec<f64>,
    }
    let (_parent, folder) = saved(&Renamed { loss_history: vec![0.5], other_field: vec![0.25] });
    assert!(folder.join("LOSS-HISTORY.pickle").exists());
    assert!(folder.join("kept.npy").exists());
    let renamed = Renamed::load(&folder).unwrap();
    assert_eq!((renamed.loss_history, renamed.other_field), (vec![0.5], vec![0.25]));
}

#[test]
fn value_moves_between_the_shared_pickle_and_its_own() {
    let (_parent, folder) = saved(&Value { x: vec![0.5] });
    let separate = Separate::load(&folder).unwrap();
    separate.save(&folder).unwrap();
    assert!(folder.join("x.pickle").exists());
    let value = Value::load(&folder).unwrap();
    assert_eq!(value.x, [0.5]);
    value.save(&folder).unwrap();
    assert!(!folder.join("x.pickle").exists());
    assert_eq!(Separate::load(&folder).unwrap().x, [0.5]);
}

#[test]
fn array_moves_between_mmap_and_npy() {
    let (_parent, folder) = saved(&mapped());
    let plain = Npy::load(&folder).unwrap();
    assert_eq!(plain.x, [0.5, 0.25]);
    plain.save(&folder).unwrap();
    assert_eq!(Mapped::load(&folder).unwrap().x.sum(), 0.75);
}

#[test]
fn array_in_the_folder_under_a_list_field_loads_as_a_list() {
    let (_parent, folder) = saved(&mapped());
    assert_eq!(Value::load(&folder).unwrap().x, [0.5, 0.25]);
    assert_eq!(Separate::load(&folder).unwrap().x, [0.5, 0.25]);
}

#[test]
fn array_in_the_folder_under_a_field_of_another_value_says_mmap_or_npy() {
    #[derive(Varpack)]
    struct Text {
        x: String,
    }
    let error = load_error::<Text>(&mapped());
    assert_eq!(error.kind(), ErrorKind::Value);
    assert_eq!(error.variable(), Some("x"));
    assert_eq!(error.found(), Some("numpy.ndarray"));
    assert!(error.path().is_some_and(|path| path.ends_with("x.npy")), "{error}");
    assert!(error.to_string().contains("`mmap` or `npy`"), "{error}");
}

#[test]
fn list_in_the_folder_under_an_array_field_loads_as_an_array() {
    let (_parent, folder) = saved(&Value { x: vec![0.5, 0.25] });
    assert_eq!(Mapped::load(&folder).unwrap().x.to_vec(), [0.5, 0.25]);
    assert_eq!(Npy::load(&folder).unwrap().x, [0.5, 0.25]);
}

#[test]
fn value_in_the_folder_under_an_array_field_says_what_it_is() {
    #[derive(Varpack)]
    struct Text {
        x: String,
    }
    let text = Text { x: "zero".to_owned() };
    for error in [load_error::<Mapped>(&text), load_error::<Npy>(&text)] {
        assert_eq!(error.kind(), ErrorKind::Value);
        assert_eq!(error.variable(), Some("x"));
        assert_eq!(error.expected(), Some("an array"));
        assert_eq!(error.found(), Some("str"));
    }
}

#[test]
fn array_that_became_a_map_says_what_the_folder_has() {
    let error = load_error::<MappedMap>(&mapped());
    assert_eq!(error.variable(), Some("x"));
    assert_eq!(error.expected(), Some("a map of arrays (a dict)"));
    assert_eq!(error.found(), Some("an array"));
}

#[test]
fn map_that_became_an_array_says_to_use_a_map() {
    let error = load_error::<Mapped>(&mapped_map());
    assert_eq!(error.variable(), Some("x"));
    assert_eq!(error.expected(), Some("an array"));
    assert!(error.found().is_some_and(|found| found.contains("BTreeMap")), "{error}");
}

#[test]
fn other_dtype_says_both() {
    #[derive(Varpack)]
    struct Other {
        #[varpack(mmap)]
        x: MmapArray1<i32>,
    }
    let error = load_error::<Mapped>(&Other { x: arr1(&[1, 2]).into() });
    assert_eq!(error.kind(), ErrorKind::Dtype);
    assert_eq!(error.variable(), Some("x"));
    assert_eq!(error.expected(), Some("dtype float64"));
    assert_eq!(error.found(), Some("int32"));
}

#[test]
fn other_number_of_axes_says_both() {
    #[derive(Varpack)]
    struct Other {
        #[varpack(mmap)]
        x: MmapArray2<f64>,
    }
    let error = load_error::<Mapped>(&Other { x: arr2(&[[1.0, 2.0]]).into() });
    assert_eq!(error.kind(), ErrorKind::Shape);
    assert_eq!(error.variable(), Some("x"));
}

#[test]
fn map_becomes_a_nested_struct_and_back() {
    #[derive(Varpack)]
    struct Inner {
        #[varpack(mmap)]
        train: MmapArray1<f64>,
        #[varpack(mmap)]
        test: Option<MmapArray1<f64>>,
    }
    #[derive(Varpack)]
    struct Nested {
        #[varpack(nested)]
        x: Inner,
    }
    let (_parent, folder) = saved(&mapped_map());
    let nested = Nested::load(&folder).unwrap();
    assert_eq!(nested.x.train.sum(), 0.5);
    assert!(nested.x.test.is_none());
    nested.save(&folder).unwrap();
    assert_eq!(MappedMap::load(&folder).unwrap().x["train"].sum(), 0.5);
}

#[test]
fn missing_variable_of_a_nested_struct_has_its_path() {
    #[derive(Varpack)]
    struct Inner {
        #[varpack(mmap)]
        validation: MmapArray1<f64>,
    }
    #[derive(Varpack)]
    struct Nested {
        #[varpack(nested)]
        x: Inner,
    }
    let error = load_error::<Nested>(&mapped_map());
    assert_eq!(error.kind(), ErrorKind::MissingVariable);
    assert_eq!(error.variable(), Some("x[validation]"));
    assert_eq!(error.found(), Some("`train`"));
}

#[test]
fn skipped_fields_are_left_out_in_their_direction() {
    #[derive(Varpack)]
    struct Skips {
        #[varpack(skip_load)]
        notes: String,
        #[varpack(skip_save)]
        seed: u64,
        #[varpack(skip, default = "three")]
        cache: u64,
    }
    #[derive(Varpack)]
    struct Seeded {
        seed: u64,
    }
    #[derive(Varpack)]
    struct Notes {
        notes: String,
    }
    fn three() -> u64 {
        3
    }
    let (_parent, folder) = saved(&Seeded { seed: 42 });
    Skips { notes: "kept".to_owned(), seed: 1, cache: 2 }.save(&folder).unwrap();
    let skips = Skips::load(&folder).unwrap();
    assert_eq!((skips.notes.as_str(), skips.seed, skips.cache), ("", 42, 3));
    skips.save(&folder).unwrap();
    assert_eq!(Notes::load(&folder).unwrap().notes, "kept");
}

#[derive(Varpack)]
struct Old {
    #[varpack(mmap)]
    x: MmapArray1<f64>,
    #[varpack(mmap)]
    y: MmapArray1<f64>,
}

#[derive(Varpack)]
struct Aliased {
    #[varpack(mmap, alias = "x")]
    y: MmapArray1<f64>,
}

#[test]
fn field_that_the_folder_has_by_two_names_is_not_saved_over_both() {
    let old = || Old { x: vec![0.5].into(), y: vec![0.25].into() };
    let (_parent, folder) = saved(&old());
    // The present name counts.
    let mut loaded = Aliased::load_with(&folder, &LoadOptions::new()).unwrap();
    assert_eq!(loaded.y.to_vec(), [0.25]);
    let notes = loaded.report().notes();
    assert!(notes.iter().any(|note| note.contains("both `y` and `x`")), "{notes:?}");
    loaded.y = vec![8.0].into();
    for error in [loaded.save().unwrap_err(), loaded.into_inner().save(&folder).unwrap_err()] {
        assert_eq!((error.kind(), error.variable()), (ErrorKind::Exists, Some("y")));
        let message = error.to_string();
        assert!(message.contains("`y`") && message.contains("`x`"), "{message}");
    }
    let both = Old::load(&folder).unwrap();
    assert_eq!((both.x.to_vec(), both.y.to_vec()), (vec![0.5], vec![0.25]));
    drop(both);

    let keep = SaveOptions::new().keep(["x"]);
    Aliased { y: vec![8.0].into() }.save_with(&folder, &keep).unwrap();
    assert_eq!(Old::load(&folder).unwrap().x.to_vec(), [0.5]);
    for options in [SaveOptions::new().prune(true), SaveOptions::new().overwrite(true)] {
        let (_parent, folder) = saved(&old());
        Aliased { y: vec![8.0].into() }.save_with(&folder, &options).unwrap();
        assert!(!folder.join("x.npy").exists());
        assert_eq!(Aliased::load(&folder).unwrap().y.to_vec(), [8.0]);
    }
}

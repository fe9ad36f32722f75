//! Structs that a load makes of another: `from` and `try_from`.
#![allow(clippy::unwrap_used, clippy::float_cmp)]

use std::path::{Path, PathBuf};
use tempfile::TempDir;
use varpack::{
    ErrorKind, LoadAction, LoadOptions, Loaded, MmapArray1, MmapArray2, Pack, PackFields,
    SaveOptions, Varpack,
};

/// A folder that holds one saved struct.
fn saved(value: &impl Varpack) -> (TempDir, PathBuf) {
    let parent = tempfile::tempdir().expect("a temporary folder");
    let folder = parent.path().join("run");
    value.save(&folder).expect("a save");
    (parent, folder)
}

fn load<T: PackFields>(folder: &Path) -> Loaded<T> {
    T::load_with(folder, &LoadOptions::new()).expect("a load")
}

fn names(folder: &Path) -> Vec<String> {
    let pack = Pack::open(folder).unwrap();
    let mut names: Vec<_> = pack.names().map(str::to_owned).collect();
    names.sort();
    names
}

/// The first version.
#[derive(Varpack)]
struct First {
    lr: f64,
    #[varpack(mmap)]
    weights: MmapArray1<f32>,
    step: u64,
}

/// All that a folder may have of any version.
#[derive(Varpack)]
struct Any {
    lr: Option<f64>,
    rates: Option<Vec<f64>>,
    #[varpack(mmap)]
    weights: MmapArray1<f32>,
    step: u64,
}

#[derive(Varpack)]
#[varpack(try_from = "Any")]
struct Run {
    rates: Vec<f64>,
    #[varpack(mmap)]
    weights: MmapArray1<f32>,
    step: u64,
    #[varpack(skip)]
    is_new: bool,
}

impl TryFrom<Any> for Run {
    type Error = String;

    fn try_from(any: Any) -> Result<Self, String> {
        let is_new = any.rates.is_some();
        let rates = any.rates.or(any.lr.map(|lr| vec![lr])).ok_or("it has no rate")?;
        if rates.iter().any(|rate| *rate < 0.0) {
            return Err(format!("{rates:?} has a negative rate"));
        }
        Ok(Self { rates, weights: any.weights, step: any.step, is_new })
    }
}

fn first() -> First {
    First { lr: 0.5, weights: vec![1.0; 100_000].into(), step: 7 }
}

#[test]
fn older_folder_is_loaded_through_the_other_struct_and_saved_by_ones_own_fields() {
    for changes in [false, true] {
        let (_parent, folder) = saved(&first());
        let mut loaded: Loaded<Run> = load(&folder);
        assert_eq!(
            (loaded.rates.as_slice(), loaded.step, loaded.is_new),
            ([0.5].as_slice(), 7, false)
        );
        assert!(loaded.weights.is_mapped());
        if changes {
            loaded.rates.push(0.25);
        }
        let before = std::fs::metadata(folder.join("weights.npy")).unwrap().modified().unwrap();
        loaded.save().unwrap();
        // The array is the one that it was: nothing of it is written.
        let after = std::fs::metadata(folder.join("weights.npy")).unwrap().modified().unwrap();
        assert_eq!(before, after);
        let again: Loaded<Run> = load(&folder);
        assert!(again.is_new);
        assert_eq!(again.rates.as_slice(), if changes { [0.5, 0.25].as_slice() } else { &[0.5] });
        // What this struct does not know stays, as that of a removed field does.
        assert_eq!(names(&folder), ["lr", "rates", "step", "weights"]);
        again.save_with(&SaveOptions::new().prune(true)).unwrap();
        assert_eq!(names(&folder), ["rates", "step", "weights"]);
        assert!(load::<Run>(&folder).is_new);
    }
}

#[test]
fn conversion_that_fails_names_the_folder() {
    let (_parent, folder) = saved(&First { lr: -0.5, ..first() });
    let error = Run::load(&folder).map(|run| run.step).unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::Value, Some(folder.as_path())));
    assert!(error.to_string().contains("[-0.5] has a negative rate"), "{error}");
}

#[test]
fn what_the_other_struct_lacks_is_missing_and_what_it_reads_is_known() {
    #[derive(Varpack)]
    struct Step {
        step: u64,
    }
    let (_parent, folder) = saved(&Step { step: 7 });
    let error = Run::load(&folder).map(|run| run.step).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::MissingVariable, Some("weights")));
    let (_parent, folder) = saved(&first());
    let loaded: Loaded<Run> = load(&folder);
    let unknown = |action: &LoadAction| *action == LoadAction::Unknown;
    assert!(!loaded.report().entries().iter().any(|entry| unknown(&entry.action)));
}

#[test]
fn inner_structs_are_made_of_others_too() {
    #[derive(Varpack)]
    struct Old {
        lr: f64,
    }
    #[derive(Varpack)]
    #[varpack(try_from = "OldOrNew")]
    struct New {
        rate: f64,
    }
    #[derive(Varpack)]
    struct OldOrNew {
        lr: Option<f64>,
        rate: Option<f64>,
    }
    impl TryFrom<OldOrNew> for New {
        type Error = &'static str;

        fn try_from(all: OldOrNew) -> Result<Self, Self::Error> {
            let rate = all.rate.or(all.lr.map(|lr| 2.0 * lr)).filter(|rate| *rate > 0.0);
            Ok(Self { rate: rate.ok_or("no rate")? })
        }
    }
    #[derive(Varpack)]
    struct Outer<N: varpack::field::NestedField + varpack::field::FlattenField> {
        #[varpack(nested)]
        nested: N,
        #[varpack(flatten)]
        flat: Vec<N>,
    }
    let old = |lr| Old { lr };
    let (_parent, folder) = saved(&Outer { nested: old(1.0), flat: vec![old(2.0), old(3.0)] });
    let mut loaded: Loaded<Outer<New>> = load(&folder);
    assert_eq!((loaded.nested.rate, loaded.flat[1].rate), (2.0, 6.0));
    loaded.nested.rate = 1.0;
    loaded.save().unwrap();
    let again: Loaded<Outer<New>> = load(&folder);
    assert_eq!((again.nested.rate, again.flat[1].rate), (1.0, 6.0));
    let (_parent, folder) = saved(&Outer { nested: old(1.0), flat: vec![old(-2.0)] });
    let error = load_error::<Outer<New>>(&folder);
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Value, Some("flat.0")));
    let (_parent, folder) = saved(&Outer { nested: old(-1.0), flat: vec![] });
    assert_eq!(load_error::<Outer<New>>(&folder).variable(), Some("nested"));
}

fn load_error<T: PackFields>(folder: &Path) -> varpack::Error {
    match T::load(folder) {
        Ok(_) => panic!("the folder loads"),
        Err(error) => error,
    }
}

#[test]
fn struct_is_checked_by_a_twin_of_the_same_fields() {
    #[derive(Varpack)]
    struct Unchecked {
        #[varpack(mmap)]
        x: MmapArray2<f32>,
        #[varpack(mmap)]
        y: MmapArray1<u8>,
    }
    #[derive(Varpack)]
    #[varpack(try_from = "Unchecked")]
    struct Checked {
        #[varpack(mmap)]
        x: MmapArray2<f32>,
        #[varpack(mmap)]
        y: MmapArray1<u8>,
    }
    impl TryFrom<Unchecked> for Checked {
        type Error = String;

        fn try_from(Unchecked { x, y }: Unchecked) -> Result<Self, String> {
            match x.nrows() == y.len() {
                true => Ok(Self { x, y }),
                false => Err(format!("{} rows have {} labels", x.nrows(), y.len())),
            }
        }
    }
    let x = || MmapArray2::from(ndarray::Array2::zeros((3, 2)));
    let (_parent, folder) = saved(&Checked { x: x(), y: vec![0, 1, 2].into() });
    let mut loaded: Loaded<Checked> = load(&folder);
    loaded.y.view_mut().unwrap()[0] = 9;
    loaded.save().unwrap();
    assert_eq!(load::<Checked>(&folder).y[0], 9);
    assert_eq!(load::<Checked>(&folder).x.nrows(), 3);
    let (_parent, folder) = saved(&Unchecked { x: x(), y: vec![0].into() });
    assert!(load_error::<Checked>(&folder).to_string().contains("3 rows have 1 labels"));
}

#[test]
fn what_others_have_changed_since_is_stale_through_another_struct_too() {
    let (_parent, folder) = saved(&first());
    let mut loaded: Loaded<Run> = load(&folder);
    let mut other: Loaded<First> = load(&folder);
    other.step = 9;
    other.save().unwrap();
    loaded.step = 8;
    let error = loaded.save().unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("step")));
}

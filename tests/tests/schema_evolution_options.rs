//! An `Option` of which the folder lacks the variable is `None`, as to serde: of every kind that an option may be.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::Arc;
use varpack::{
    AnyArray, ErrorKind, LoadAction, LoadOptions, MmapArray1, PackFields, PackReader, PackWriter,
    Result, SaveFields, Varpack,
};
use varpack_tests::holders::saved;

#[derive(Varpack)]
struct Step {
    step: u64,
}

#[derive(Varpack)]
struct Flat {
    #[varpack(flatten)]
    group: Step,
}

#[derive(Varpack)]
struct Within {
    #[varpack(nested)]
    group: Step,
}

type Maybe<T> = Option<T>;

#[derive(Varpack)]
struct Options {
    step: u64,
    plain: Option<f64>,
    list: Option<Vec<f64>>,
    alias: Maybe<String>,
    #[varpack(rename = "called otherwise", alias = "older")]
    renamed: Option<u8>,
    #[varpack(separate)]
    separate: Option<Vec<f64>>,
    #[varpack(skip_save)]
    seed: Option<u64>,
    #[varpack(mmap)]
    array: Option<MmapArray1<f32>>,
    #[varpack(mmap)]
    any: Option<AnyArray>,
    #[varpack(mmap)]
    list_of_arrays: Option<Vec<MmapArray1<f32>>>,
    #[varpack(flatten)]
    inner: Option<Box<Options>>,
}

fn check(run: &Options) {
    assert!(run.plain.is_none() && run.list.is_none() && run.alias.is_none());
    assert!(run.renamed.is_none() && run.separate.is_none() && run.seed.is_none());
    assert!(run.array.is_none() && run.any.is_none() && run.list_of_arrays.is_none());
}

#[test]
fn option_of_each_kind_that_the_folder_lacks_is_none() {
    let (_parent, folder) = saved(&Step { step: 7 });
    let loaded = Options::load_with(&folder, &LoadOptions::new()).unwrap();
    check(&loaded);
    assert!(loaded.inner.is_none());
    let defaulted = |name: &str| {
        let mut entries = loaded.report().entries().iter();
        entries.any(|entry| entry.variable == name && entry.action == LoadAction::Defaulted)
    };
    assert!(defaulted("plain") && defaulted("separate") && defaulted("array") && defaulted("seed"));
    loaded.save().unwrap();
    check(&Options::load(&folder).unwrap());
}

#[test]
fn option_in_a_flattened_or_nested_struct_that_the_folder_lacks_is_none() {
    #[derive(Varpack)]
    struct Outer {
        #[varpack(flatten)]
        group: Options,
    }
    let (_parent, folder) = saved(&Flat { group: Step { step: 7 } });
    check(&Outer::load(&folder).unwrap().group);

    #[derive(Varpack)]
    struct Inner {
        step: u64,
        plain: Option<f64>,
        #[varpack(mmap)]
        array: Option<MmapArray1<f32>>,
    }
    #[derive(Varpack)]
    struct Nested {
        #[varpack(nested)]
        group: Inner,
    }
    let (_parent, folder) = saved(&Within { group: Step { step: 7 } });
    let group = Nested::load(&folder).unwrap().group;
    assert!(group.step == 7 && group.plain.is_none() && group.array.is_none());
}

#[test]
fn option_of_a_parameter_or_by_hand_that_the_folder_lacks_is_none() {
    #[derive(Varpack)]
    struct Of<T: serde::Serialize + serde::de::DeserializeOwned> {
        step: u64,
        x: T,
    }
    struct ByHand(Option<u8>, Option<u8>);
    impl SaveFields for ByHand {
        fn write_fields<'a>(&'a self, writer: &mut PackWriter<'a>) -> Result<()> {
            writer.field("a").value(&self.0)?;
            writer.field("b").separate(&self.1)
        }
    }

    impl PackFields for ByHand {
        fn read_fields(reader: &mut PackReader<'_>) -> Result<Self> {
            Ok(Self(reader.field("a").value()?, reader.field("b").separate()?))
        }
    }
    let (_parent, folder) = saved(&Step { step: 7 });
    let of = Of::<Option<u8>>::load(&folder).unwrap();
    assert_eq!((of.step, of.x), (7, None));
    let ByHand(a, b) = ByHand::load(&folder).unwrap();
    assert_eq!((a, b), (None, None));
    let error = Of::<u8>::load(&folder).map(|of| of.x).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::MissingVariable, Some("x")));
}

#[test]
fn default_of_an_option_comes_before_none() {
    #[derive(Varpack)]
    struct Defaulted {
        #[varpack(default = "three")]
        x: Option<u8>,
    }
    fn three() -> Option<u8> {
        Some(3)
    }
    let (_parent, folder) = saved(&Step { step: 7 });
    assert_eq!(Defaulted::load(&folder).unwrap().x, Some(3));
}

#[test]
fn option_can_be_skipped_and_stays_in_the_folder() {
    #[derive(Varpack)]
    struct One {
        step: u64,
        x: Option<u8>,
    }
    let (_parent, folder) = saved(&One { step: 7, x: Some(8) });
    let mut loaded = One::load_with(&folder, &LoadOptions::new().skip(["x"])).unwrap();
    assert_eq!(loaded.x, None);
    loaded.step = 9;
    loaded.save().unwrap();
    let one = One::load(&folder).unwrap();
    assert_eq!((one.step, one.x), (9, Some(8)));
}

#[test]
fn what_is_no_option_reads_nothing_from_nothing() {
    #[derive(Varpack)]
    struct Unit {
        x: (),
    }
    #[derive(Varpack)]
    struct List {
        x: Vec<u8>,
    }
    let (_parent, folder) = saved(&Step { step: 7 });
    for error in [
        Unit::load(&folder).map(|unit| unit.x).unwrap_err(),
        List::load(&folder).map(|list| drop(list.x)).unwrap_err(),
    ] {
        assert_eq!((error.kind(), error.variable()), (ErrorKind::MissingVariable, Some("x")));
    }
}

/// The same in pickles, as a `None`, and under attributes to which that is no variable.
#[derive(Varpack, Default)]
struct Values {
    array: Option<Vec<f64>>,
    map: Option<BTreeMap<String, Vec<f64>>>,
    #[varpack(separate)]
    list: Option<Vec<Vec<f64>>>,
    #[varpack(nested)]
    inner: InnerValues,
    step: u64,
}

#[derive(Varpack, Default)]
struct InnerValues {
    array: Option<Vec<f64>>,
}

#[derive(Varpack, Default)]
struct Arrays {
    #[varpack(mmap)]
    array: Option<MmapArray1<f64>>,
    #[varpack(mmap)]
    map: Option<BTreeMap<String, MmapArray1<f64>>>,
    #[varpack(mmap)]
    list: Arc<Option<Vec<MmapArray1<f64>>>>,
    #[varpack(nested)]
    inner: InnerArrays,
    step: u64,
}

#[derive(Varpack, Default)]
struct InnerArrays {
    #[varpack(mmap)]
    array: Option<MmapArray1<f64>>,
}

fn assert_none(arrays: &Arrays, step: u64) {
    assert!(arrays.array.is_none() && arrays.map.is_none() && arrays.list.is_none());
    assert!(arrays.inner.array.is_none());
    assert_eq!(arrays.step, step);
}

#[test]
fn option_that_is_none_in_a_pickle_is_none_under_every_attribute_and_back() {
    let (_parent, folder) = saved(&Arrays::default());
    let load = LoadOptions::new();
    for step in 1..4 {
        let mut values = Values::load_with(&folder, &load).unwrap();
        assert!(values.array.is_none() && values.map.is_none() && values.list.is_none());
        assert!(values.inner.array.is_none());
        values.step += 10;
        values.save().unwrap();
        Values { step: values.step, ..Values::default() }.save(&folder).unwrap();
        let mut arrays = Arrays::load_with(&folder, &load).unwrap();
        assert_none(&arrays, 10 * step + step - 1);
        arrays.step += 1;
        arrays.save().unwrap();
        assert_none(&Arrays::load(&folder).unwrap(), 11 * step);
    }
}

#[test]
fn option_that_was_none_in_a_pickle_is_set_under_mmap_and_taken_out_again() {
    let (_parent, folder) = saved(&Values::default());
    let load = LoadOptions::new();
    let elements = || MmapArray1::from(vec![1.0, 2.0]);
    let mut arrays = Arrays::load_with(&folder, &load).unwrap();
    assert_none(&arrays, 0);
    arrays.array = Some(elements());
    arrays.inner.array = Some(elements());
    arrays.save().unwrap();
    assert!(folder.join("array.npy").exists());

    let mut values = Values::load_with(&folder, &load).unwrap();
    assert_eq!(values.array, Some(vec![1.0, 2.0]));
    assert_eq!(values.inner.array, Some(vec![1.0, 2.0]));
    values.array = None;
    values.inner.array = None;
    values.save().unwrap();
    assert!(!folder.join("array.npy").exists());
    assert_none(&Arrays::load(&folder).unwrap(), 0);
}

#[test]
fn flattened_option_that_is_none_in_a_pickle_is_none() {
    #[derive(Varpack)]
    struct Value {
        group: Option<u64>,
    }
    #[derive(Varpack)]
    struct Group {
        #[varpack(flatten)]
        group: Option<Step>,
    }
    let (_parent, folder) = saved(&Value { group: None });
    let mut loaded = Group::load_with(&folder, &LoadOptions::new()).unwrap();
    assert!(loaded.group.is_none());
    loaded.save().unwrap();
    loaded.group = Some(Step { step: 7 });
    loaded.save().unwrap();
    assert_eq!(Group::load(&folder).unwrap().group.unwrap().step, 7);
}

//! What stands in a struct under `#[varpack(save_only)]`: every array of others, structs, parameters and keys.
#![allow(clippy::unwrap_used)]

use ndarray::{
    Array2, ArrayRef, ArrayView0, ArrayView1, ArrayView2, ArrayView3, ArrayViewMut1, Axis,
    CowArray, Ix0, Ix1, Ix2, arr0, arr1, arr2, s,
};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;
use tempfile::TempDir;
use varpack::{
    AnyArray, Element, ErrorKind, MmapArray, MmapArray1, MmapArray2, Mode, Pack, PackValue,
    PackWriter, SaveFields, Varpack,
};
use varpack_tests::holders::saved;

#[derive(Varpack)]
#[varpack(save_only)]
struct Views<'a> {
    #[varpack(mmap)]
    turned: ArrayView2<'a, i32>,
    #[varpack(mmap)]
    stepped: ArrayView2<'a, i32>,
    #[varpack(npy)]
    backwards: ArrayView1<'a, i32>,
    #[varpack(mmap)]
    of_many: &'a ArrayRef<i32, Ix2>,
    #[varpack(npy)]
    may_be_owned: CowArray<'a, i32, Ix2>,
    #[varpack(mmap)]
    written_to: ArrayViewMut1<'a, i32>,
    #[varpack(mmap)]
    any: &'a AnyArray,
    #[varpack(mmap)]
    empty: ArrayView3<'a, f32>,
    #[varpack(mmap(min_len = 100))]
    in_the_pickle: BTreeMap<&'a str, ArrayView2<'a, i32>>,
}

#[test]
fn views_are_saved_in_their_own_order_and_shape() {
    let array = Array2::from_shape_fn((4, 6), |(row, column)| (10 * row + column) as i32);
    let any = AnyArray::try_from(MmapArray::from(array.clone())).unwrap();
    let mut line = arr1(&[1, 2, 3]);
    let stepped = array.slice(s![..;2, 1..;3]);
    let views = Views {
        turned: array.t(),
        stepped,
        backwards: array.slice(s![2, ..;-1]),
        of_many: &array,
        may_be_owned: CowArray::from(&array),
        written_to: line.view_mut(),
        any: &any,
        empty: ArrayView3::from_shape((2, 0, 3), &[]).unwrap(),
        in_the_pickle: BTreeMap::from([("stepped", stepped), ("turned", array.t())]),
    };
    let (_parent, folder) = saved(&views);
    let open = |name: &str| MmapArray2::<i32>::open(folder.join(name), Mode::ReadOnly).unwrap();
    assert_eq!(open("turned.npy").view(), array.t());
    assert!(!open("turned.npy").is_standard_layout(), "Fortran order, as it lies");
    assert_eq!(open("stepped.npy").view(), stepped);
    for name in ["of_many.npy", "may_be_owned.npy", "any.npy"] {
        assert_eq!(open(name).view(), array, "{name}");
    }
    let pack = Pack::open(&folder).unwrap();
    let one = |name| pack.get(name).and_then(PackValue::as_array).unwrap();
    assert_eq!(one("backwards").view::<i32, Ix1>().unwrap().to_vec(), [25, 24, 23, 22, 21, 20]);
    assert_eq!(one("written_to").view::<i32, Ix1>().unwrap().to_vec(), [1, 2, 3]);
    assert_eq!(one("empty").shape(), [2, 0, 3]);
    #[derive(Varpack)]
    struct InThePickle {
        #[varpack(mmap)]
        in_the_pickle: BTreeMap<String, MmapArray2<i32>>,
    }
    let InThePickle { in_the_pickle } = InThePickle::load(&folder).unwrap();
    assert_eq!(in_the_pickle["stepped"].view(), stepped);
    assert_eq!(in_the_pickle["turned"].view(), array.t());
    assert!(!folder.join("in_the_pickle-turned.npy").exists());
}

#[derive(Varpack)]
#[varpack(save_only)]
struct Strided<'a> {
    #[varpack(mmap)]
    broadcast: ArrayView2<'a, f32>,
    #[varpack(mmap)]
    scalars: ArrayView2<'a, f32>,
    #[varpack(npy)]
    turned: ArrayView2<'a, f32>,
    #[varpack(separate)]
    list: &'a MmapArray2<f32>,
    #[varpack(mmap)]
    none: ArrayView0<'a, f32>,
}

#[test]
fn views_that_repeat_elements_or_run_backwards_are_saved_as_they_look() {
    let (row, one) = (arr1(&[1.0_f32, 2.0]), arr0(3.0_f32));
    let mut turned = arr2(&[[1.0_f32, 2.0], [3.0, 4.0]]);
    turned.invert_axis(Axis(0));
    turned.swap_axes(0, 1);
    let mapped = MmapArray2::from(turned.clone());
    let strided = Strided {
        broadcast: row.broadcast((3, 2)).unwrap(),
        scalars: one.broadcast((2, 2)).unwrap(),
        turned: turned.view(),
        list: &mapped,
        none: one.view(),
    };
    let (_parent, folder) = saved(&strided);
    let open = |name: &str| MmapArray2::<f32>::open(folder.join(name), Mode::ReadOnly).unwrap();
    assert_eq!(open("broadcast.npy").view(), arr2(&[[1.0, 2.0]; 3]));
    assert_eq!(open("scalars.npy").view(), arr2(&[[3.0; 2]; 2]));
    assert_eq!(open("turned.npy").view(), turned);
    let pack = Pack::open(&folder).unwrap();
    let none = pack.get("none").and_then(PackValue::as_array).unwrap();
    assert_eq!(none.view::<f32, Ix0>().unwrap(), one);
}

#[derive(Varpack, Clone, Debug, PartialEq)]
struct Layer {
    #[varpack(mmap)]
    weights: MmapArray1<f64>,
    rate: f64,
}

#[test]
fn structs_that_are_loaded_stand_in_those_that_are_only_saved() {
    #[derive(Varpack)]
    #[varpack(save_only)]
    struct Outer<'a> {
        #[varpack(flatten)]
        one: &'a Layer,
        #[varpack(flatten(prefix = "l_"))]
        more: Vec<&'a Layer>,
        #[varpack(flatten)]
        all: Option<&'a [Layer]>,
        #[varpack(nested)]
        dict: &'a Layer,
        #[varpack(nested)]
        own: Layer,
    }
    let layer = Layer { weights: vec![1.0].into(), rate: 0.5 };
    let layers = [layer.clone(), layer.clone()];
    let outer = Outer {
        one: &layer,
        more: vec![&layer; 2],
        all: Some(&layers),
        dict: &layer,
        own: layer.clone(),
    };
    let (_parent, folder) = saved(&outer);
    #[derive(Varpack)]
    struct Twin {
        #[varpack(flatten)]
        one: Layer,
        #[varpack(flatten(prefix = "l_"))]
        more: Vec<Layer>,
        #[varpack(flatten)]
        all: Option<Vec<Layer>>,
        #[varpack(nested)]
        dict: Layer,
        #[varpack(nested)]
        own: Layer,
    }
    let twin = Twin::load(&folder).unwrap();
    assert_eq!([&twin.one, &twin.more[0], &twin.more[1], &twin.dict, &twin.own], [&layer; 5]);
    assert_eq!(twin.all.unwrap(), layers);
}

/// One of whatever element, array and value.
#[derive(Varpack)]
#[varpack(save_only)]
struct Generic<'a, T: Element, A, V: ?Sized, const N: usize> {
    #[varpack(mmap)]
    slice: &'a [T],
    #[varpack(mmap)]
    array: &'a A,
    #[varpack(separate)]
    value: &'a V,
    key: [u8; N],
}

/// What is to be saved, whoever it is.
fn checkpoint(state: &impl Varpack) -> (TempDir, PathBuf) {
    saved(state)
}

#[test]
fn parameters_of_the_struct_need_no_more_than_a_save_does() {
    let array = arr2(&[[1_i64, 2]]);
    let generic = Generic { slice: &[1.5_f32], array: &array, value: "text", key: *b"abc" };
    let (_parent, folder) = checkpoint(&generic);
    let pack = Pack::open(&folder).unwrap();
    assert_eq!(pack.value::<String>("value").unwrap(), "text");
    assert!(folder.join("value.pickle").exists());
    let names: Vec<_> = pack.names().collect();
    assert_eq!(names, ["slice", "array", "value", "key"]);
}

#[test]
fn error_of_a_borrowed_value_names_its_variable() {
    struct Refuses;
    impl Serialize for Refuses {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("not today"))
        }
    }
    #[derive(Varpack)]
    #[varpack(save_only)]
    struct Run<'a> {
        notes: &'a Refuses,
    }
    let parent = tempfile::tempdir().unwrap();
    let error = Run { notes: &Refuses }.save(parent.path().join("run")).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Value, Some("notes")), "{error}");
    assert!(error.to_string().contains("not today"), "{error}");
    assert!(!parent.path().join("run").exists());
}

#[test]
fn trait_object_of_fields_is_saved_by_hand() {
    struct Any<'a>(&'a dyn SaveFields);
    impl SaveFields for Any<'_> {
        fn write_fields<'a>(&'a self, writer: &mut PackWriter<'a>) -> varpack::Result<()> {
            self.0.write_fields(writer)
        }
    }
    let layer = Layer { weights: vec![1.0].into(), rate: 0.5 };
    let (_parent, folder) = saved(&Any(&layer));
    assert_eq!(Layer::load(&folder).unwrap(), layer);
}

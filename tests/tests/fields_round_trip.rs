//! Whatever a type saves it loads: all kinds of fields, of maps and of what is in them, saved and loaded by the same type.

use indexmap::IndexMap;
use proptest::collection::{btree_map, hash_map, vec};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use varpack::pickle::Value;
use varpack::{
    AnyArray, ArrayOr, ErrorKind, MmapArray1, MmapArray2, MmapArrayD, PackFields, SaveOptions,
    Varpack,
};

#[derive(Varpack, Debug, PartialEq)]
struct Arrays {
    #[varpack(mmap)]
    one: MmapArray1<f32>,
    #[varpack(mmap)]
    two: Option<MmapArray2<u8>>,
    #[varpack(mmap, rename = "with a name")]
    any: MmapArrayD<i64>,
    #[varpack(npy)]
    list: Vec<f64>,
    #[varpack(npy)]
    owned: ndarray::Array2<bool>,
    #[varpack(separate)]
    in_pickle: MmapArray1<u16>,
    #[varpack(separate)]
    in_list: Vec<Option<AnyArray>>,
}

#[derive(Varpack, Debug, PartialEq)]
struct Values {
    flag: bool,
    number: i64,
    wide: u128,
    real: f64,
    text: String,
    character: char,
    unit: (),
    option: Option<u8>,
    pair: (i8, String),
    fixed: [u16; 3],
    bytes: Vec<u8>,
    kind: Kind,
    #[varpack(separate)]
    by_number: BTreeMap<i32, Kind>,
    #[varpack(separate)]
    by_text: HashMap<String, Vec<Kind>>,
    python: Value,
}

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
enum Kind {
    Unit,
    Newtype(u32),
    Tuple(i8, String),
    Struct { x: Option<f64>, list: Vec<Kind> },
}

#[derive(Varpack, Debug, PartialEq)]
struct Maps<V>
where
    V: Serialize + for<'de> Deserialize<'de>,
{
    #[varpack(mmap)]
    arrays: BTreeMap<String, MmapArray1<f32>>,
    #[varpack(mmap(min_len = 3))]
    small: HashMap<String, MmapArrayD<u16>>,
    #[varpack(mmap)]
    ordered: IndexMap<String, MmapArray1<f32>>,
    #[varpack(mmap)]
    by_number: BTreeMap<i8, MmapArray1<f32>>,
    #[varpack(mmap(int_keys))]
    by_number_in_files: HashMap<u64, MmapArray1<f32>>,
    #[varpack(mmap)]
    mixed: BTreeMap<String, ArrayOr<MmapArrayD<f32>, V>>,
    #[varpack(mmap(min_len = 3, int_keys))]
    mixed_by_number: BTreeMap<i64, ArrayOr<MmapArray1<f32>, V>>,
}

/// Generic, for the derive lets no struct be nested that has arrays so deep; another, written by hand, may be.
#[derive(Varpack, Debug, PartialEq)]
struct Nested<A = Arrays1, D = Deep> {
    #[varpack(nested)]
    arrays: A,
    #[varpack(nested)]
    deep: D,
}

#[derive(Varpack, Debug, PartialEq)]
struct Arrays1 {
    #[varpack(mmap)]
    one: MmapArray1<f32>,
    #[varpack(mmap)]
    two: Option<MmapArray2<u8>>,
    #[varpack(npy)]
    list: Vec<f64>,
    #[varpack(mmap)]
    map: BTreeMap<String, ArrayOr<MmapArrayD<f32>, AnyArray>>,
    kind: Kind,
}

#[derive(Varpack, Debug, PartialEq)]
struct Deep<A = Arrays1> {
    #[varpack(nested)]
    arrays: A,
    step: u64,
}

fn one<T: varpack::Element + Arbitrary>() -> impl Strategy<Value = MmapArray1<T>> {
    vec(any::<T>(), 0..5).prop_map(MmapArray1::from)
}

/// Numbers that equal themselves.
fn real() -> impl Strategy<Value = f32> {
    any::<i16>().prop_map(|number| f32::from(number) / 4.0)
}

fn reals() -> impl Strategy<Value = MmapArray1<f32>> {
    vec(real(), 0..5).prop_map(MmapArray1::from)
}

fn two<T: varpack::Element + Arbitrary>() -> impl Strategy<Value = ndarray::Array2<T>> {
    (0..3_usize, 0..3_usize).prop_flat_map(|(rows, columns)| {
        vec(any::<T>(), rows * columns).prop_map(move |elements| {
            ndarray::Array2::from_shape_vec((rows, columns), elements).unwrap()
        })
    })
}

/// Of any number of axes, none included.
fn dynamic<T: varpack::Element + Debug>(
    element: impl Strategy<Value = T>,
) -> impl Strategy<Value = MmapArrayD<T>> {
    vec(element, 6).prop_flat_map(|elements| {
        let shapes = prop_oneof![
            Just(vec![]),
            Just(vec![0]),
            Just(vec![1]),
            Just(vec![2, 3]),
            Just(vec![3, 1, 2])
        ];
        shapes.prop_map(move |shape: Vec<usize>| {
            let len = shape.iter().product();
            ndarray::ArrayD::from_shape_vec(shape, elements[..len].to_vec()).unwrap().into()
        })
    })
}

fn any_array() -> impl Strategy<Value = AnyArray> {
    prop_oneof![
        dynamic(any::<i64>()).prop_map(|array| AnyArray::try_from(array).unwrap()),
        dynamic(any::<bool>()).prop_map(|array| AnyArray::try_from(array).unwrap()),
        dynamic(real().prop_map(f64::from)).prop_map(|array| AnyArray::try_from(array).unwrap()),
    ]
}

fn kind() -> impl Strategy<Value = Kind> {
    let leaf = prop_oneof![
        Just(Kind::Unit),
        any::<u32>().prop_map(Kind::Newtype),
        (any::<i8>(), any::<String>()).prop_map(|(number, text)| Kind::Tuple(number, text)),
    ];
    leaf.prop_recursive(3, 8, 3, |kind| {
        (proptest::option::of(real().prop_map(f64::from)), vec(kind, 0..3))
            .prop_map(|(x, list)| Kind::Struct { x, list })
    })
}

fn python() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::None),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        any_array().prop_map(|array| varpack::pickle::to_value(&array).unwrap()),
    ];
    leaf.prop_recursive(2, 6, 3, |value| vec(value, 0..3).prop_map(Value::list))
}

/// Keys that are usual, and keys that no file can be named by.
fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-c]{1,2}",
        1 => "[A-C]{1}",
        1 => any::<String>(),
        1 => prop_oneof![
            Just(""), Just("."), Just(".."), Just("a/b"), Just("a\\b"), Just(".hidden"), Just("é"), Just("a\0b"),
            Just("varpack"), Just("__misc_vars__"), Just("con"), Just("a-b"), Just("a.npy"),
        ].prop_map(String::from),
        1 => Just("k".repeat(300)),
    ]
}

fn array_or<A: Debug, V: Debug>(
    array: impl Strategy<Value = A> + 'static,
    value: impl Strategy<Value = V> + 'static,
) -> impl Strategy<Value = ArrayOr<A, V>> {
    prop_oneof![array.prop_map(ArrayOr::Array), value.prop_map(ArrayOr::Value)]
}

fn arrays() -> impl Strategy<Value = Arrays> {
    (
        reals(),
        proptest::option::of(two::<u8>().prop_map(MmapArray2::from)),
        dynamic(any::<i64>()),
        vec(real().prop_map(f64::from), 0..5),
        two::<bool>(),
        one::<u16>(),
        vec(proptest::option::of(any_array()), 0..3),
    )
        .prop_map(|(one, two, any, list, owned, in_pickle, in_list)| Arrays {
            one,
            two,
            any,
            list,
            owned,
            in_pickle,
            in_list,
        })
}

fn values() -> impl Strategy<Value = Values> {
    let scalars = (
        any::<bool>(),
        any::<i64>(),
        any::<u128>(),
        real().prop_map(f64::from),
        any::<String>(),
        any::<char>(),
    );
    let compound = (
        any::<Option<u8>>(),
        any::<(i8, String)>(),
        any::<[u16; 3]>(),
        any::<Vec<u8>>(),
        kind(),
        btree_map(any::<i32>(), kind(), 0..3),
        hash_map(any::<String>(), vec(kind(), 0..2), 0..3),
        python(),
    );
    (scalars, compound).prop_map(
        |(
            (flag, number, wide, real, text, character),
            (option, pair, fixed, bytes, kind, by_number, by_text, python),
        )| Values {
            flag,
            number,
            wide,
            real,
            text,
            character,
            unit: (),
            option,
            pair,
            fixed,
            bytes,
            kind,
            by_number,
            by_text,
            python,
        },
    )
}

fn maps<V>(value: impl Strategy<Value = V> + 'static) -> impl Strategy<Value = Maps<V>>
where
    V: Serialize + for<'de> Deserialize<'de> + Debug + 'static,
{
    let value = value.boxed();
    (
        btree_map(key(), reals(), 0..4),
        hash_map(key(), dynamic(any::<u16>()), 0..4),
        vec((key(), reals()), 0..4).prop_map(IndexMap::from_iter),
        btree_map(any::<i8>(), reals(), 0..4),
        hash_map(any::<u64>(), reals(), 0..4),
        btree_map(key(), array_or(dynamic(real()), value.clone()), 0..4),
        btree_map(any::<i64>(), array_or(reals(), value), 0..4),
    )
        .prop_map(
            |(arrays, small, ordered, by_number, by_number_in_files, mixed, mixed_by_number)| {
                Maps {
                    arrays,
                    small,
                    ordered,
                    by_number,
                    by_number_in_files,
                    mixed,
                    mixed_by_number,
                }
            },
        )
}

fn inner() -> impl Strategy<Value = Arrays1> {
    (
        reals(),
        proptest::option::of(two::<u8>().prop_map(MmapArray2::from)),
        vec(real().prop_map(f64::from), 0..5),
        btree_map(key(), array_or(dynamic(real()), any_array()), 0..4),
        kind(),
    )
        .prop_map(|(one, two, list, map, kind)| Arrays1 { one, two, list, map, kind })
}

/// Saves, loads, and saves what was loaded to another place, from where it is loaded again.
fn comes_back<T: PackFields + PartialEq + Debug>(saved: &T) -> Result<(), TestCaseError> {
    let parent = tempfile::tempdir().unwrap();
    let unsynced = SaveOptions::new().sync(false);
    let (folder, other) = (parent.path().join("run"), parent.path().join("other"));
    match saved.save_with(&folder, &unsynced) {
        Ok(()) => {}
        // Two keys may be one file.
        Err(error) if error.kind() == ErrorKind::Name => {
            return Err(TestCaseError::reject("names"));
        }
        Err(error) => return Err(TestCaseError::fail(error.to_string())),
    }
    let loaded = T::load(&folder).map_err(|error| TestCaseError::fail(error.to_string()))?;
    prop_assert_eq!(&loaded, saved);
    loaded.save_with(&other, &unsynced).map_err(|error| TestCaseError::fail(error.to_string()))?;
    let again = T::load(&other).map_err(|error| TestCaseError::fail(error.to_string()))?;
    prop_assert_eq!(&again, saved);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arrays_of_every_kind_come_back(run in arrays()) {
        comes_back(&run)?;
    }

    #[test]
    fn values_of_every_kind_come_back(run in values()) {
        comes_back(&run)?;
    }

    #[test]
    fn maps_with_numbers_come_back(run in maps(any::<u32>())) {
        comes_back(&run)?;
    }

    #[test]
    fn maps_with_texts_or_none_come_back(run in maps(any::<Option<String>>())) {
        comes_back(&run)?;
    }

    #[test]
    fn maps_with_lists_come_back(run in maps(vec(real(), 0..3))) {
        comes_back(&run)?;
    }

    #[test]
    fn maps_with_enums_come_back(run in maps(kind())) {
        comes_back(&run)?;
    }

    #[test]
    fn maps_with_arrays_of_other_types_come_back(run in maps(any_array())) {
        comes_back(&run)?;
    }

    #[test]
    fn maps_with_typed_arrays_of_another_dtype_come_back(run in maps(one::<i64>())) {
        comes_back(&run)?;
    }

    #[test]
    fn maps_with_arrays_of_another_shape_come_back(
        run in maps(two::<u8>().prop_map(|array| MmapArray2::from(array.mapv(f32::from)))),
    ) {
        // Of the same type as the arrays of any shape, which they become: those of another map tell them apart.
        let run = Maps { mixed: BTreeMap::new(), ..run };
        comes_back(&run)?;
    }

    #[test]
    fn maps_with_lists_of_arrays_come_back(run in maps(vec(proptest::option::of(any_array()), 0..3))) {
        comes_back(&run)?;
    }

    #[test]
    fn maps_with_python_objects_come_back(run in maps(python())) {
        comes_back(&run)?;
    }

    #[test]
    fn nested_structs_come_back(arrays in inner(), deep in inner(), step in any::<u64>()) {
        comes_back(&Nested { arrays, deep: Deep { arrays: deep, step } })?;
    }
}

#[test]
fn value_that_is_an_array_of_the_first_type_is_an_array_after_a_load() {
    #[derive(Varpack)]
    struct Run {
        #[varpack(mmap)]
        x: BTreeMap<String, ArrayOr<MmapArrayD<f32>, AnyArray>>,
    }

    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let array = MmapArray1::from(vec![1.5_f32]);
    let x = BTreeMap::from([(
        "a".to_owned(),
        ArrayOr::Value(AnyArray::try_from(array.clone()).unwrap()),
    )]);
    Run { x }.save(&folder).unwrap();
    let loaded = Run::load(&folder).unwrap();
    assert_eq!(loaded.x["a"].as_array().map(|array| array.sum()), Some(1.5));
}

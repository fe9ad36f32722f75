//! Whatever a type saves it loads, and what it does not change it does not write: all kinds of fields and their mixtures,
//! saved, loaded and changed in all ways. `fields_kinds` has the structs.

mod fields_kinds;

use fields_kinds::flat::{Leaves, Named, Outer};
use fields_kinds::law::{change, holds};
use fields_kinds::mmap::{Arrays, Keyed, Lists, Maps};
use fields_kinds::values::{Hashed, Nested, Skips, SkipsAlone, Values};
use fields_kinds::{Enum, Struct};
use proptest::test_runner::{Config, TestRunner};
use std::collections::BTreeMap;
use varpack::pickle::Value;
use varpack::{AnyArray, ArrayOr, MmapArray1, MmapArrayD, PackFields, Varpack};
use varpack_tests::effort::is_full;

/// Tries values of a struct, and a changed field of each.
fn all_come_back<T: Struct + PackFields>() {
    let cases = if is_full() { 100 } else { 6 };
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let result = TestRunner::new(config).run(&change::<T>(), |change| holds(&change));
    result.unwrap_or_else(|error| panic!("{error}"));
}

macro_rules! come_back {
    ($($name:ident: $ty:ty;)*) => {$(
        #[test]
        fn $name() {
            all_come_back::<$ty>();
        }
    )*};
}

come_back! {
    arrays_of_every_kind_come_back: Arrays;
    lists_of_arrays_come_back: Lists;
    maps_with_all_kinds_of_keys_come_back: Keyed;
    maps_with_numbers_come_back: Maps<u32>;
    maps_with_texts_or_none_come_back: Maps<Option<String>>;
    maps_with_lists_come_back: Maps<Vec<f32>>;
    maps_with_enums_come_back: Maps<Enum>;
    maps_with_arrays_of_other_types_come_back: Maps<AnyArray>;
    maps_with_typed_arrays_of_another_dtype_come_back: Maps<MmapArray1<i64>>;
    maps_with_lists_of_arrays_come_back: Maps<Vec<Option<AnyArray>>>;
    maps_with_python_objects_come_back: Maps<Value>;
    values_of_every_kind_come_back: Values;
    values_without_an_order_come_back: Hashed;
    nested_structs_come_back: Nested;
    what_is_not_loaded_is_kept_and_what_is_not_saved_is_not: Skips;
    what_is_not_loaded_is_kept_beside_nothing_that_remembers: SkipsAlone;
    flattened_structs_with_all_attributes_come_back: Leaves;
    flattened_structs_in_all_that_may_hold_them_come_back: Outer;
    variables_of_other_names_come_back: Named;
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

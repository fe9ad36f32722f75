//! Arrays, lists and maps of them.

use super::kinds;
use super::leaves::{Enum, Layer, Record, Split};
use indexmap::IndexMap;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::Arc;
use varpack::{AnyArray, ArrayOr, MmapArray1, MmapArray2, MmapArrayD};

kinds! {
    struct Arrays {
        #[varpack(mmap)]
        one: MmapArray1<f32>,
        #[varpack(mmap)]
        two: Option<MmapArray2<u8>>,
        #[varpack(mmap, rename = "with a name")]
        any: MmapArrayD<i64>,
        #[varpack(mmap)]
        of_any_type: AnyArray,
        #[varpack(mmap)]
        maybe: Option<AnyArray>,
        #[varpack(mmap)]
        boxed: Box<MmapArray1<u16>>,
        #[varpack(mmap)]
        shared: Arc<AnyArray>,
        #[varpack(mmap)]
        counted: Rc<Option<MmapArray1<f32>>>,
        #[varpack(mmap)]
        maybe_shared: Option<Arc<Box<MmapArray1<bool>>>>,
        #[varpack(mmap)]
        records: MmapArray1<Record>,
        #[varpack(mmap)]
        of_arrays: MmapArray2<[u16; 3]>,
        #[varpack(mmap(cast))]
        cast: MmapArray1<f32>,
        #[varpack(mmap(cast = "lossy"), rename = "cast anew")]
        cast_option: Option<Arc<MmapArray2<u8>>>,
        #[varpack(npy)]
        list: Vec<f64>,
        #[varpack(npy(cast))]
        cast_list: Vec<u32>,
        #[varpack(npy(cast = "lossy"))]
        cast_owned: ndarray::Array2<bool>,
        #[varpack(npy)]
        owned: ndarray::Array2<bool>,
        #[varpack(npy)]
        list_of_records: Vec<Record>,
        #[varpack(npy)]
        list_of_arrays: Vec<[u16; 3]>,
        #[varpack(separate)]
        in_pickle: MmapArray1<u16>,
        #[varpack(separate)]
        of_arrays_in_pickle: MmapArrayD<[u16; 3]>,
        #[varpack(separate)]
        option_in_pickle: Option<Box<MmapArray2<u8>>>,
        #[varpack(separate)]
        list_in_pickle: Vec<Option<AnyArray>>,
    }

    struct Lists {
        #[varpack(mmap)]
        arrays: Vec<MmapArray1<f32>>,
        #[varpack(mmap)]
        of_any_type: Vec<AnyArray>,
        #[varpack(mmap)]
        mixed: Vec<ArrayOr<MmapArray1<f32>, Option<String>>>,
        #[varpack(mmap)]
        shared: Vec<Arc<MmapArray2<u8>>>,
        #[varpack(mmap)]
        mixed_and_counted: Vec<Rc<ArrayOr<MmapArrayD<i64>, Enum>>>,
        #[varpack(mmap(min_len = 3))]
        small: Vec<MmapArray1<f32>>,
        #[varpack(mmap(min_len = 3, cast))]
        small_and_cast: Vec<MmapArray1<f32>>,
        #[varpack(mmap(cast = "lossy"))]
        mixed_and_cast: Vec<ArrayOr<MmapArray1<f32>, Option<String>>>,
        #[varpack(mmap(min_len = 3))]
        small_of_any_type: Option<Vec<Box<AnyArray>>>,
        #[varpack(mmap)]
        maybe: Option<Vec<MmapArray1<u16>>>,
        #[varpack(mmap)]
        boxed: Box<Vec<MmapArray1<f32>>>,
        #[varpack(mmap)]
        counted: Rc<Option<Vec<Arc<AnyArray>>>>,
    }

    struct Maps<V> {
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
        #[varpack(mmap)]
        maybe_mixed: Option<HashMap<Split, Arc<ArrayOr<MmapArray1<u16>, V>>>>,
    }

    struct Keyed {
        #[varpack(mmap)]
        by_enum: HashMap<Split, MmapArray1<f32>>,
        #[varpack(mmap(min_len = 3))]
        by_newtype: BTreeMap<Layer, ArrayOr<MmapArray1<f32>, Enum>>,
        #[varpack(mmap)]
        ordered_by_enum: IndexMap<Split, Arc<AnyArray>>,
        #[varpack(mmap)]
        shared_text: BTreeMap<Arc<str>, AnyArray>,
        #[varpack(mmap)]
        boxed_text: IndexMap<Box<str>, Rc<MmapArray1<u16>>>,
        #[varpack(mmap)]
        counted_text: HashMap<Rc<str>, Box<MmapArray2<u8>>>,
        #[varpack(mmap)]
        lent_text: BTreeMap<Cow<'static, str>, MmapArray1<Record>>,
        #[varpack(mmap)]
        maybe: Option<BTreeMap<String, AnyArray>>,
        #[varpack(mmap)]
        boxed: Box<HashMap<Layer, MmapArray1<f32>>>,
        #[varpack(mmap(min_len = 2))]
        shared: Arc<Option<IndexMap<String, MmapArray1<f32>>>>,
        #[varpack(mmap(int_keys))]
        maybe_by_number: Option<Rc<BTreeMap<u16, AnyArray>>>,
        #[varpack(mmap)]
        boxed_by_number: Box<IndexMap<i32, MmapArray1<f32>>>,
        #[varpack(mmap(min_len = 2, int_keys))]
        shared_by_number: Arc<HashMap<u8, Arc<MmapArray1<f32>>>>,
    }
}

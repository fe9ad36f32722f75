//! Values, structs that are nested, and fields that are not saved or not loaded.

use super::kinds;
use super::leaves::Enum;
use serde_bytes::ByteBuf;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::time::Duration;
use varpack::pickle::Value;
use varpack::{AnyArray, MmapArray1, MmapArray2};

kinds! {
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
        list: Vec<u8>,
        bytes: ByteBuf,
        maybe_bytes: Option<ByteBuf>,
        path: PathBuf,
        time: Duration,
        set: BTreeSet<u32>,
        boxed: Box<Enum>,
        kind: Enum,
        #[varpack(rename = "train/loss")]
        with_a_name: f32,
        #[varpack(separate)]
        by_number: BTreeMap<i32, Enum>,
        #[varpack(separate)]
        separate_bytes: ByteBuf,
        #[varpack(separate)]
        nothing: Option<String>,
        #[varpack(separate)]
        arrays: BTreeMap<String, AnyArray>,
        python: Value,
    }

    /// Whose order in a pickle is another each time: the array remembers what the pickles are.
    struct Hashed {
        numbers: HashMap<String, u64>,
        #[varpack(separate)]
        lists: HashMap<String, Vec<Enum>>,
        #[varpack(separate)]
        arrays: HashMap<i16, Vec<MmapArray1<f32>>>,
        #[varpack(mmap)]
        array: MmapArray1<f32>,
    }

    #[derive(Default)]
    struct Inner {
        #[varpack(mmap)]
        one: MmapArray1<f32>,
        #[varpack(mmap, rename = "second array", alias = "two")]
        two: Option<MmapArray2<u8>>,
        #[varpack(mmap)]
        boxed: Box<Option<AnyArray>>,
        #[varpack(npy)]
        list: Vec<f64>,
        #[varpack(npy, default)]
        owned: ndarray::Array2<bool>,
        text: String,
        kind: Option<Enum>,
        bytes: ByteBuf,
        #[varpack(default = "seven")]
        number: u64,
        #[varpack(skip)]
        skipped: u64 => unset 0,
        #[varpack(skip_save, default = "seven")]
        unsaved: u64 => unset 7,
        #[varpack(skip_save, mmap)]
        unsaved_array: MmapArray1<f32> => unset MmapArray1::default(),
        #[varpack(nested)]
        deep: Deep,
    }

    /// Arrays have files one level deep.
    #[derive(Default)]
    struct Deep {
        step: u64,
        #[varpack(rename = "name of it")]
        name: String,
        #[varpack(nested)]
        deeper: Deeper,
    }

    #[derive(Default)]
    #[varpack(rename_all = "kebab-case")]
    struct Deeper {
        last_step: i32,
        kind: Option<Enum>,
        #[varpack(skip_save)]
        not_saved: u64 => unset 0,
    }

    struct Nested {
        #[varpack(nested)]
        inner: Inner,
        #[varpack(nested, rename = "with a name", alias = "renamed")]
        renamed: Inner,
        #[varpack(nested, default)]
        deep: Deep,
        step: u64,
    }

    /// Each place, not loaded or not saved.
    struct Skips {
        #[varpack(skip_load)]
        value: String => unset String::new(),
        #[varpack(skip_load, default = "seven")]
        seven: u64 => unset 7,
        #[varpack(skip_load, separate)]
        separate: Vec<Enum> => unset Vec::new(),
        #[varpack(skip_load, separate)]
        array_in_pickle: MmapArray1<u16> => unset MmapArray1::default(),
        #[varpack(skip_load, mmap)]
        array: MmapArray1<f32> => unset MmapArray1::default(),
        #[varpack(skip_load, mmap)]
        maybe: Option<AnyArray> => unset None,
        #[varpack(skip_load, mmap)]
        list: Vec<MmapArray1<f32>> => unset Vec::new(),
        #[varpack(skip_load, mmap(min_len = 2))]
        map: BTreeMap<String, MmapArray1<f32>> => unset BTreeMap::new(),
        #[varpack(skip_load, mmap(int_keys))]
        by_number: HashMap<u8, AnyArray> => unset HashMap::new(),
        #[varpack(skip_load, npy)]
        numbers: Vec<f64> => unset Vec::new(),
        #[varpack(skip_load, nested)]
        nested: Inner => unset Inner::default(),
        #[varpack(skip_save)]
        unsaved: String => unset String::new(),
        #[varpack(skip_save, default = "seven")]
        unsaved_seven: u64 => unset 7,
        #[varpack(skip_save, separate)]
        unsaved_in_pickle: MmapArray1<u16> => unset MmapArray1::default(),
        #[varpack(skip_save, mmap)]
        unsaved_array: MmapArray1<f32> => unset MmapArray1::default(),
        #[varpack(skip_save, mmap)]
        unsaved_list: Vec<AnyArray> => unset Vec::new(),
        #[varpack(skip_save, mmap)]
        unsaved_map: HashMap<String, AnyArray> => unset HashMap::new(),
        #[varpack(skip_save, npy)]
        unsaved_numbers: Vec<f64> => unset Vec::new(),
        #[varpack(skip_save, nested)]
        unsaved_nested: Inner => unset Inner::default(),
        #[varpack(skip_save, flatten)]
        unsaved_flat: Deep => unset Deep::default(),
        #[varpack(skip)]
        skipped: MmapArray1<f32> => unset MmapArray1::default(),
        #[varpack(skip, default = "seven")]
        skipped_seven: u64 => unset 7,
        step: u64,
        #[varpack(mmap)]
        loaded: MmapArray1<f32>,
    }

    /// The same, and no array that could remember the load.
    struct SkipsAlone {
        #[varpack(skip_load)]
        value: String => unset String::new(),
        #[varpack(skip_load, separate)]
        separate: Vec<Enum> => unset Vec::new(),
        #[varpack(skip_load, mmap)]
        array: MmapArray1<f32> => unset MmapArray1::default(),
        #[varpack(skip_load, nested)]
        nested: Deep => unset Deep::default(),
        step: u64,
    }
}

pub(super) fn seven() -> u64 {
    7
}

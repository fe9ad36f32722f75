//! Structs that are flattened, with fields of all kinds, in all that may hold them.

use super::kinds;
use super::leaves::{Enum, Layer, Split};
use super::values::{Deep, Inner, seven};
use indexmap::IndexMap;
use serde_bytes::ByteBuf;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::Arc;
use varpack::{AnyArray, ArrayOr, MmapArray1};

kinds! {
    struct Leaf {
        #[varpack(mmap)]
        w: MmapArray1<f32>,
        #[varpack(mmap)]
        maybe: Option<Arc<AnyArray>>,
        #[varpack(mmap)]
        map: BTreeMap<Layer, ArrayOr<MmapArray1<f32>, Enum>>,
        #[varpack(mmap(min_len = 2), rename = "a list")]
        list: Vec<MmapArray1<u16>>,
        #[varpack(npy)]
        plain: Vec<i64>,
        #[varpack(separate)]
        history: Vec<Enum>,
        #[varpack(alias = "title")]
        name: String,
        bytes: ByteBuf,
        #[varpack(nested)]
        nested: Deep,
        #[varpack(default = "seven")]
        number: u64,
        #[varpack(skip_load)]
        notes: String => unset String::new(),
        #[varpack(skip_load, separate)]
        log: Vec<u64> => unset Vec::new(),
        #[varpack(skip_load, mmap)]
        mask: MmapArray1<u8> => unset MmapArray1::default(),
        #[varpack(skip_save, default = "seven")]
        unsaved: u64 => unset 7,
        #[varpack(skip)]
        skipped: u64 => unset 0,
    }

    struct Small {
        #[varpack(mmap)]
        x: Option<MmapArray1<f32>>,
        n: u64,
        #[varpack(skip_load)]
        note: String => unset String::new(),
    }

    /// Of which a folder without entries has nothing.
    struct Hollow {
        #[varpack(mmap)]
        x: Option<MmapArray1<f32>>,
        #[varpack(skip)]
        skipped: u64 => unset 0,
    }

    struct Middle {
        #[varpack(flatten)]
        one: Small,
        #[varpack(flatten(prefix = "small_"))]
        prefixed: Small,
        #[varpack(flatten)]
        option: Option<Box<Small>>,
        #[varpack(flatten, rename = "a list")]
        list: Vec<Small>,
        #[varpack(flatten)]
        by_text: BTreeMap<Arc<str>, Small>,
        #[varpack(flatten)]
        hollow: Vec<Hollow>,
        step: u64,
    }

    struct Leaves {
        #[varpack(flatten)]
        one: Leaf,
        #[varpack(flatten(prefix = ""))]
        bare: Small,
        #[varpack(flatten)]
        option: Option<Leaf>,
        #[varpack(flatten)]
        list: Vec<Leaf>,
        #[varpack(flatten)]
        by_enum: HashMap<Split, Leaf>,
        #[varpack(nested)]
        nested: Inner,
        step: u64,
    }

    struct Outer {
        #[varpack(flatten)]
        one: Middle,
        #[varpack(flatten)]
        boxed: Box<Middle>,
        #[varpack(flatten)]
        option: Option<Rc<Middle>>,
        #[varpack(flatten(prefix = "l_"))]
        list: Vec<Middle>,
        #[varpack(flatten)]
        lists: Vec<Vec<Option<Small>>>,
        #[varpack(flatten)]
        by_newtype: BTreeMap<Layer, Arc<Small>>,
        #[varpack(flatten)]
        by_number: HashMap<i8, Vec<Small>>,
        #[varpack(flatten)]
        maps: IndexMap<Split, BTreeMap<Layer, Small>>,
        #[varpack(flatten)]
        maybe: Option<Arc<BTreeMap<Box<str>, Hollow>>>,
        #[varpack(mmap)]
        array: MmapArray1<f32>,
    }

    /// Each place under another name than the field's.
    struct Named {
        #[varpack(rename = "a value", alias = "value")]
        value: String,
        #[varpack(separate, rename = "a pickle", default)]
        separate: Option<Enum>,
        #[varpack(mmap, rename = "an array", default)]
        array: MmapArray1<f32>,
        #[varpack(mmap, rename = "a list", alias = "list")]
        list: Vec<AnyArray>,
        #[varpack(mmap(min_len = 2), rename = "a map", default)]
        map: HashMap<String, MmapArray1<f32>>,
        #[varpack(npy, rename = "numbers in memory", default)]
        numbers: Vec<f64>,
        #[varpack(nested, rename = "a dict", default)]
        nested: Inner,
        #[varpack(flatten, rename = "a struct", alias = "flat", default)]
        flat: Deep,
        #[varpack(flatten, rename = "structs")]
        structs: BTreeMap<Layer, Small>,
        #[varpack(flatten, rename = "some", default)]
        option: Option<Small>,
    }
}

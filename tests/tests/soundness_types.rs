//! Types that lie about themselves: whatever a safe implementation of a trait says, nothing is undefined behaviour,
//! and no file that it brings about is broken.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used)]

use ndarray::Ix1;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use tempfile::TempDir;
use varpack::npy::bytemuck::{CheckedBitPattern, NoUninit, Pod, Zeroable};
use varpack::npy::{Bool8, ByteOrder, Dtype, Element, Record};
use varpack::{
    AnyArray, ErrorKind, LoadOptions, MmapArray1, Mode, NpyElement, Pack, PackValue, SaveOptions,
    Varpack, pickle,
};

/// Elements of an array that is read into memory, and of one that is mapped.
const LENGTHS: [usize; 2] = [4, 100_000];
const MODES: [Mode; 4] = [Mode::ReadWrite, Mode::ReadOnly, Mode::CopyOnWrite, Mode::InMemory];

/// Of 256 bytes two are values.
#[derive(Clone, Copy, Debug, PartialEq, NoUninit, Zeroable, CheckedBitPattern)]
#[repr(u8)]
enum Light {
    Red = 0,
    Green = 1,
}

impl Element for Light {
    fn dtype() -> Dtype {
        u8::dtype()
    }
}

#[derive(Debug, Varpack)]
struct One<T: Element> {
    #[varpack(mmap)]
    x: MmapArray1<T>,
}

fn saved<T: Element>(elements: Vec<T>) -> (TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    One { x: elements.into() }.save(&folder).unwrap();
    (parent, folder)
}

fn any(folder: &Path, mode: Mode) -> AnyArray {
    let mut pack = Pack::open_with(folder, &LoadOptions::new().mode(mode)).unwrap();
    match pack.remove("x") {
        Some(PackValue::Array(array)) => array,
        other => panic!("{other:?}"),
    }
}

#[test]
fn elements_with_invalid_patterns_are_copied_out_of_a_map_and_checked() {
    for (len, mode) in LENGTHS.iter().flat_map(|&len| MODES.map(|mode| (len, mode))) {
        let (_parent, folder) = saved(vec![1_u8; len]);
        let array = any(&folder, mode);
        assert_eq!(array.is_mapped(), len > 4 && mode != Mode::InMemory);
        let lights: MmapArray1<Light> = array.downcast().unwrap();
        assert!(!lights.is_mapped());
        assert!(lights.iter().all(|&light| light == Light::Green));

        let (_parent, folder) = saved(vec![0xaa_u8; len]);
        let error = any(&folder, mode).downcast::<Light, Ix1>().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Npy);
        assert_eq!(error.found(), Some("an invalid byte pattern at element 0"));
    }
}

#[test]
fn field_of_elements_with_invalid_patterns_is_read_and_checked() {
    let (_parent, folder) = saved(vec![1_u8; 100_000]);
    let mut one = One::<Light>::load(&folder).unwrap();
    assert!(!one.x.is_mapped());
    one.x.view_mut().unwrap()[0] = Light::Red;
    assert_eq!(One::<u8>::load(&folder).unwrap().x[0], 1, "edits stay in memory");
    one.save(&folder).unwrap();
    assert_eq!(One::<u8>::load(&folder).unwrap().x[0], 0);
    let (_parent, folder) = saved(vec![2_u8; 100_000]);
    assert_eq!(One::<Light>::load(&folder).unwrap_err().kind(), ErrorKind::Npy);
}

#[test]
fn view_of_elements_with_invalid_patterns_is_refused_in_a_map_and_checked_in_memory() {
    for mode in [Mode::ReadWrite, Mode::ReadOnly, Mode::CopyOnWrite] {
        let (_parent, folder) = saved(vec![1_u8; 100_000]);
        let mut array = any(&folder, mode);
        let errors = [
            array.view::<Light, Ix1>().map(drop).unwrap_err(),
            array.view_mut::<Light, Ix1>().map(drop).unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.kind(), ErrorKind::Dtype);
            assert!(error.to_string().contains("`downcast`"), "{error}");
        }
        assert_eq!(array.view::<u8, Ix1>().unwrap()[0], 1);
    }
    let (_parent, folder) = saved(vec![1_u8, 2]);
    let mut array = any(&folder, Mode::InMemory);
    assert_eq!(array.view::<Light, Ix1>().unwrap_err().kind(), ErrorKind::Npy);
    assert_eq!(array.view_mut::<Light, Ix1>().unwrap_err().kind(), ErrorKind::Npy);
    array.view_mut::<u8, Ix1>().unwrap()[1] = 0;
    array.view_mut::<Light, Ix1>().unwrap()[0] = Light::Red;
    assert_eq!(array.as_bytes(), [0, 0]);
}

#[test]
fn small_array_is_not_mapped_for_edits_of_elements_with_invalid_patterns() {
    let (_parent, folder) = saved(vec![1_u8; 4]);
    let mut array = any(&folder, Mode::ReadWrite);
    assert_eq!(array.view::<Light, Ix1>().unwrap()[0], Light::Green, "it is in memory yet");
    assert_eq!(array.view_mut::<Light, Ix1>().unwrap_err().kind(), ErrorKind::Dtype);
    let mut lights: MmapArray1<Light> = array.downcast().unwrap();
    lights.view_mut().unwrap()[0] = Light::Red;
    assert!(!lights.is_mapped());
    assert_eq!(One::<u8>::load(&folder).unwrap().x[0], 1, "the folder is nobody's");
}

#[test]
fn edits_in_place_are_on_the_disk_before_elements_are_copied_out_of_the_map() {
    let (_parent, folder) = saved(vec![0_u8; 100_000]);
    let mut array = any(&folder, Mode::ReadWrite);
    array.view_mut::<u8, Ix1>().unwrap()[7] = 1;
    assert_eq!(One::<u8>::load(&folder).err().map(|error| error.kind()), Some(ErrorKind::Busy));
    let lights: MmapArray1<Light> = array.downcast().unwrap();
    assert_eq!(lights[7], Light::Green);
    assert_eq!(One::<u8>::load(&folder).unwrap().x[7], 1, "and the folder is free for others");
}

#[test]
fn mapped_bool8_becomes_bool_only_as_a_checked_copy() {
    let (_parent, folder) = saved(vec![Bool8::TRUE; 100_000]);
    let mask = One::<Bool8>::load(&folder).unwrap().x;
    assert!(mask.is_mapped());
    let array = AnyArray::try_from(mask).unwrap();
    assert_eq!(array.view::<bool, Ix1>().unwrap_err().kind(), ErrorKind::Dtype);
    let mask: MmapArray1<bool> = array.downcast().unwrap();
    assert!(!mask.is_mapped() && mask.iter().all(|&value| value));

    let mut mask = One::<Bool8>::edit(&folder).unwrap();
    mask.x.view_mut().unwrap()[9] = varpack::npy::bytemuck::cast(7_u8);
    let error = AnyArray::try_from(mask.x).unwrap().downcast::<bool, Ix1>().unwrap_err();
    assert_eq!(error.found(), Some("an invalid byte pattern at element 9"));
}

#[test]
fn zeros_in_a_file_that_become_bool_are_saved_as_they_are_in_memory() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let zeros = MmapArray1::<Bool8>::zeros_in(&folder, 100_000).unwrap();
    let mut x: MmapArray1<bool> = AnyArray::try_from(zeros).unwrap().downcast().unwrap();
    assert!(!x.is_mapped());
    x.view_mut().unwrap()[3] = true;
    One { x }.save(&folder).unwrap();
    assert!(One::<bool>::load(&folder).unwrap().x[3]);
}

/// One byte that calls itself eight.
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[repr(transparent)]
struct Odd(u8);

impl Element for Odd {
    fn dtype() -> Dtype {
        u64::dtype()
    }
}

#[derive(Varpack)]
struct Plain {
    #[varpack(npy)]
    x: Vec<Odd>,
}

#[derive(Varpack)]
struct Split {
    #[varpack(mmap(min_len = 100))]
    x: BTreeMap<String, MmapArray1<Odd>>,
}

#[derive(Varpack)]
struct Pickled {
    #[varpack(separate)]
    x: MmapArray1<Odd>,
}

fn assert_dtype<T: Debug>(result: varpack::Result<T>) {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Dtype, "{error}");
    assert!(error.to_string().contains("1 bytes, found uint64 of 8 bytes"), "{error}");
}

#[test]
fn element_whose_dtype_has_another_size_is_refused_wherever_one_is_seen_as_the_other() {
    for (len, mode) in LENGTHS.iter().flat_map(|&len| MODES.map(|mode| (len, mode))) {
        let (_parent, folder) = saved(vec![1_u64; len]);
        let options = LoadOptions::new().mode(mode);
        assert_dtype(One::<Odd>::load_with(&folder, &options).map(drop));
        assert_dtype(Plain::load_with(&folder, &options).map(drop));
        let mut array = any(&folder, mode);
        assert_dtype(array.view::<Odd, Ix1>().map(drop));
        assert_dtype(array.view_mut::<Odd, Ix1>().map(drop));
        assert_dtype(array.downcast::<Odd, Ix1>());
        assert_eq!(One::<u64>::load(&folder).unwrap().x[0], 1);
    }
}

#[test]
fn element_whose_dtype_has_another_size_is_saved_nowhere_and_leaves_no_trace() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let odd = || MmapArray1::from(vec![Odd(1), Odd(2)]);
    let map = |key: &str| BTreeMap::from([(key.to_owned(), odd())]);
    assert_dtype(One { x: odd() }.save(&folder));
    assert_dtype(Plain { x: vec![Odd(1)] }.save(&folder));
    assert_dtype(Split { x: map("a") }.save(&folder));
    let large = MmapArray1::from(vec![Odd(1); 100]);
    assert_dtype(Split { x: BTreeMap::from([("a".to_owned(), large)]) }.save(&folder));
    assert!(Pickled { x: odd() }.save(&folder).is_err());
    assert!(pickle::to_vec(&odd()).is_err());
    assert!(serde_json::to_string(&odd()).is_err());
    assert_dtype(AnyArray::try_from(odd()));
    assert_dtype(MmapArray1::<Odd>::zeros_in(&folder, 3));
    assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
}

/// A byte that calls itself something else at each call.
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[repr(transparent)]
struct Fickle(u8);

static CALLS: AtomicUsize = AtomicUsize::new(0);

impl Element for Fickle {
    fn dtype() -> Dtype {
        let void = |len| Dtype::Void { len };
        let dtypes = [
            u8::dtype(),
            i8::dtype(),
            u64::dtype(),
            void(1),
            Dtype::Int { size: 3, order: ByteOrder::Little },
            Dtype::Record(Record::of::<u8>(vec![varpack::npy::Field::of::<u64>("x", 0)])),
            Dtype::Bool,
            Dtype::Object,
            u16::dtype().with_byte_order(ByteOrder::Big),
            void(0),
        ];
        // In no order, and mostly the first: a save and a load may agree.
        let call = CALLS.fetch_add(1, Ordering::Relaxed) as u64;
        let mixed = (call.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as usize;
        let [first, ..] = &dtypes;
        dtypes.get(mixed % (4 * dtypes.len())).unwrap_or(first).clone()
    }

    fn accepts(_dtype: &Dtype, _logical: Option<&str>) -> bool {
        true
    }

    fn logical_name() -> Option<&'static str> {
        [None, Some("fickle"), Some("\u{1b}\n\0")][CALLS.load(Ordering::Relaxed) % 3]
    }
}

#[test]
fn dtype_that_changes_from_call_to_call_breaks_no_file() {
    let parent = tempfile::tempdir().unwrap();
    let mut loaded = 0;
    for index in 0..200 {
        let folder = parent.path().join(index.to_string());
        let x = MmapArray1::from(vec![Fickle(1); 5]);
        if (One { x }).save(&folder).is_ok() {
            let array = any(&folder, Mode::ReadWrite);
            assert_eq!(array.as_bytes(), [1; 5]);
            loaded += usize::from(One::<Fickle>::load(&folder).is_ok());
        } else {
            assert!(!folder.exists());
        }
        if let Ok(array) = AnyArray::try_from(MmapArray1::from(vec![Fickle(1); 5])) {
            assert_eq!((array.as_bytes().len(), array.dtype().itemsize()), (5, 1));
            if let Ok(bytes) = pickle::to_vec(&array) {
                assert_eq!(pickle::from_slice::<AnyArray>(&bytes).unwrap().as_bytes(), [1; 5]);
            }
        }
        if let Ok(bytes) = pickle::to_vec(&MmapArray1::from(vec![Fickle(1); 5])) {
            assert_eq!(pickle::from_slice::<AnyArray>(&bytes).unwrap().as_bytes(), [1; 5]);
        }
        if let Ok(mut zeros) = MmapArray1::<Fickle>::zeros_in(parent.path(), 70_000) {
            zeros.view_mut().unwrap()[69_999] = Fickle(3);
            assert_eq!(zeros[69_999], Fickle(3));
        }
    }
    assert!(loaded > 0);
}

/// Takes any dtype, and denies none.
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[repr(transparent)]
struct Anything(u64);

impl Element for Anything {
    fn dtype() -> Dtype {
        u64::dtype()
    }

    fn check_dtype(_dtype: &Dtype, _logical: Option<&str>) -> varpack::Result<()> {
        Ok(())
    }
}

#[test]
fn element_that_takes_any_dtype_gets_only_what_is_as_large() {
    let (_parent, folder) = saved(vec![1.5_f64; 100_000]);
    let mut one = One::<Anything>::edit(&folder).unwrap();
    assert_eq!(one.x[0], Anything(1.5_f64.to_bits()));
    one.x.view_mut().unwrap()[99_999] = Anything(0);
    drop(one);
    assert_eq!(One::<f64>::load(&folder).unwrap().x[99_999], 0.0);
    for len in LENGTHS {
        let (_parent, folder) = saved(vec![1.5_f32; len]);
        assert_eq!(One::<Anything>::load(&folder).unwrap_err().kind(), ErrorKind::Dtype);
        let mut array = any(&folder, Mode::ReadWrite);
        assert_eq!(array.view::<Anything, Ix1>().unwrap_err().kind(), ErrorKind::Dtype);
        assert_eq!(array.view_mut::<Anything, Ix1>().unwrap_err().kind(), ErrorKind::Dtype);
        assert_eq!(array.downcast::<Anything, Ix1>().unwrap_err().kind(), ErrorKind::Dtype);
    }
}

#[derive(NpyElement, Clone, Copy, Debug, PartialEq)]
#[repr(C, align(16))]
struct Wide {
    parts: [f64; 2],
}

#[test]
fn elements_aligned_to_16_bytes_are_loaded_in_any_number_and_mode() {
    let parent = tempfile::tempdir().unwrap();
    for len in (0..200).chain([10_000]) {
        let folder = parent.path().join(len.to_string());
        let one = One { x: vec![Wide { parts: [0.5, 2.0] }; len].into() };
        one.save_with(&folder, &SaveOptions::new().sync(false)).unwrap();
        for mode in MODES {
            let options = LoadOptions::new().mode(mode);
            let one = One::<Wide>::load_with(&folder, &options).unwrap();
            assert!(one.x.len() == len && one.x.iter().all(|wide| wide.parts == [0.5, 2.0]));
        }
    }
    let bytes = pickle::to_vec(&MmapArray1::from(vec![Wide { parts: [1.0; 2] }; 3])).unwrap();
    assert_eq!(pickle::from_slice::<MmapArray1<Wide>>(&bytes).unwrap()[2].parts, [1.0; 2]);
}

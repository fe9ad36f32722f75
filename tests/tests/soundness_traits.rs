//! Traits beside `Element` that lie, and claims under serde: whatever a safe implementation says, nothing is undefined
//! behaviour, and no file that it brings about is broken.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used)]

use ndarray::{Ix0, Ix1, IxDyn, Shape, ShapeBuilder, StrideShape};
use serde::de::{Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, SerializeStruct as _, Serializer};
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use varpack::npy::bytemuck::{Pod, Zeroable};
use varpack::npy::{ByteOrder, Dtype, Element, Header};
use varpack::{
    AnyArray, ErrorKind, LoadOptions, MmapArray, MmapArray1, MmapArray3, MmapArrayD, Mode,
    NpyElement, PackFields, PackReader, PackWriter, SaveFields, Varpack, pickle,
};

#[derive(Varpack)]
struct One<T: Element> {
    #[varpack(mmap)]
    x: MmapArray1<T>,
}

/// Eight bytes that call themselves six times as many.
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[repr(transparent)]
struct OddField(u64);

impl Element for OddField {
    fn dtype() -> Dtype {
        u64::dtype()
    }

    fn sub_array_shape() -> Vec<usize> {
        vec![2, 3]
    }
}

#[derive(NpyElement, Clone, Copy)]
#[repr(C)]
struct WithOddField {
    first: OddField,
    second: OddField,
}

#[test]
fn field_that_calls_itself_larger_than_it_is_makes_its_record_no_element() {
    let parent = tempfile::tempdir().unwrap();
    let record = WithOddField { first: OddField(1), second: OddField(2) };
    let folder = parent.path().join("run");
    let error = One { x: vec![record; 3].into() }.save(&folder).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Dtype);
    assert!(error.to_string().contains("'first' reaches past its record"), "{error}");
    assert!(!folder.exists());
}

#[test]
fn element_that_calls_itself_a_larger_array_than_it_is_is_refused_both_ways() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let error = One { x: vec![OddField(1); 3].into() }.save(&folder).unwrap_err();
    assert_eq!((error.kind(), folder.exists()), (ErrorKind::Dtype, false));
    let numbers = AnyArray::try_from(MmapArray3::<u64>::zeros((5, 2, 3))).unwrap();
    for error in [
        numbers.view::<OddField, Ix1>().unwrap_err(),
        numbers.clone().downcast::<OddField, Ix1>().unwrap_err(),
        numbers.view::<[OddField; 5], Ix0>().unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Dtype);
        assert!(error.to_string().contains("uint64 of 8 bytes"), "{error}");
    }
    let path = parent.path().join("x.npy");
    numbers.save_npy(&path).unwrap();
    let error = MmapArray1::<OddField>::open(&path, Mode::ReadOnly).unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::Dtype, Some(&*path)));
    assert!(MmapArray1::<OddField>::zeros_in(parent.path(), 3).is_err());
}

/// Eight bytes that are another array at each call: `[u32; 2]`, `[u16; 4]`, `[u8; 8]`, or no array.
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[repr(transparent)]
struct Shifting(u64);

static CALLS: AtomicUsize = AtomicUsize::new(0);

impl Element for Shifting {
    fn dtype() -> Dtype {
        let size = 1 << (CALLS.fetch_add(1, Ordering::Relaxed) / 3 % 4);
        Dtype::Uint { size, order: ByteOrder::NATIVE }
    }

    fn sub_array_shape() -> Vec<usize> {
        match CALLS.fetch_add(1, Ordering::Relaxed) / 2 % 5 {
            0 => vec![2],
            1 => vec![4],
            2 => vec![2, 4],
            3 => vec![8],
            _ => vec![],
        }
    }

    fn accepts(_: &Dtype, _: Option<&str>) -> bool {
        true
    }
}

#[test]
fn element_whose_shape_changes_from_call_to_call_is_seen_in_memory_that_is_there_or_refused() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("x.npy");
    let (mut seen, mut refused) = (0, 0);
    for round in 0..400_usize {
        CALLS.store(round, Ordering::Relaxed);
        let shape = [vec![6, 8], vec![48], vec![3, 2, 8], vec![6, 4, 2]][round % 4].clone();
        let mut any = AnyArray::try_from(MmapArrayD::<u8>::ones(shape)).unwrap();
        any.save_npy(&path).unwrap();
        let bytes = any.as_bytes().len();
        let views = [
            any.view::<Shifting, IxDyn>().map(|view| view.len()),
            any.view_mut::<Shifting, IxDyn>().map(|view| view.len()),
            MmapArrayD::<Shifting>::open(&path, Mode::ReadOnly).map(|array| array.len()),
            any.downcast::<Shifting, IxDyn>().map(|array| array.iter().count()),
        ];
        for view in views {
            match view {
                Ok(len) => {
                    assert!(len * 8 <= bytes, "{len} of {bytes}");
                    seen += 1;
                }
                Err(_) => refused += 1,
            }
        }
        // A file is whole, whatever it is of.
        if MmapArray1::from(vec![Shifting(7); 3]).save_npy(&path).is_ok() {
            assert_eq!(AnyArray::open(&path, Mode::ReadOnly).unwrap().as_bytes().len(), 24);
        }
    }
    assert!(seen > 20 && refused > 20, "{seen} {refused}");
}

#[test]
fn bytes_that_are_others_at_the_second_look_are_looked_at_once() {
    struct Shrinking<'b>(&'b [u8], Cell<usize>);

    impl AsRef<[u8]> for Shrinking<'_> {
        fn as_ref(&self) -> &[u8] {
            let looks = self.1.replace(self.1.get() + 1);
            &self.0[..self.0.len() - looks]
        }
    }

    let header = Header { dtype: u8::dtype(), fortran_order: false, shape: vec![4] };
    let array = AnyArray::from_bytes(header, Shrinking(&[1, 2, 3, 4], Cell::new(0))).unwrap();
    assert_eq!(array.as_bytes(), [1, 2, 3, 4]);
}

#[test]
fn shape_that_is_another_at_the_second_look_is_looked_at_once() {
    struct Growing;

    static LOOKS: AtomicUsize = AtomicUsize::new(0);

    impl ShapeBuilder for Growing {
        type Dim = Ix1;
        type Strides = Ix1;

        fn into_shape_with_order(self) -> Shape<Ix1> {
            (100_000 * LOOKS.fetch_add(1, Ordering::Relaxed)).into_shape_with_order()
        }

        fn f(self) -> Shape<Ix1> {
            self.into_shape_with_order()
        }

        fn set_f(self, _is_fortran: bool) -> Shape<Ix1> {
            self.into_shape_with_order()
        }

        fn strides(self, strides: Ix1) -> StrideShape<Ix1> {
            4.strides(strides[0])
        }
    }

    let parent = tempfile::tempdir().unwrap();
    for looks in 0..3 {
        let mut array = MmapArray::<u8, Ix1>::zeros_in(parent.path(), Growing).unwrap();
        assert_eq!(array.len(), 100_000 * looks);
        array.view_mut().unwrap().fill(1);
    }
}

/// Claims in serde's terms to be an array, with parts of its own.
struct Claimed {
    dtype: &'static str,
    shape: Vec<usize>,
    bytes: usize,
}

struct Raw(usize);

impl Serialize for Raw {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&vec![2; self.0])
    }
}

struct Parts<'p>(&'p Claimed);

impl Serialize for Parts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut parts = serializer.serialize_struct("Array", 4)?;
        parts.serialize_field("dtype", self.0.dtype)?;
        parts.serialize_field("fortran_order", &false)?;
        parts.serialize_field("shape", &self.0.shape)?;
        parts.serialize_field("values", &Raw(self.0.bytes))?;
        parts.end()
    }
}

impl Serialize for Claimed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct("$varpack::array", &Parts(self))
    }
}

#[test]
fn value_that_claims_to_be_an_array_is_one_or_an_error() {
    let claimed = |dtype, shape, bytes| pickle::to_vec(&Claimed { dtype, shape, bytes });
    for (dtype, shape, bytes) in [
        ("'<u8'", vec![2], 15),
        ("'<u8'", vec![2], 17),
        ("'<u3'", vec![2], 6),
        ("'|O'", vec![2], 16),
        ("'|u1'", vec![1; 65], 1),
        ("'|u1'", vec![usize::MAX, 2], 1),
        ("'|V0'", vec![usize::MAX], 0),
        ("[('x', '<u8'), ('x', '<u8')]", vec![1], 16),
    ] {
        assert!(claimed(dtype, shape.clone(), bytes).is_err(), "{dtype} {shape:?}");
    }
    let truths = claimed("'|b1'", vec![2], 2).unwrap();
    assert_eq!(pickle::from_slice::<AnyArray>(&truths).unwrap().as_bytes(), [2, 2]);
    assert!(pickle::from_slice::<MmapArray1<bool>>(&truths).is_err(), "2 is no `bool`");
}

/// Asks for an array, and takes whatever comes.
#[derive(Debug)]
struct Asking;

impl<'de> Deserialize<'de> for Asking {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Asking;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("anything")
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(
                self,
                inner: D,
            ) -> Result<Asking, D::Error> {
                let _ = serde::de::IgnoredAny::deserialize(inner)?;
                Ok(Asking)
            }
        }

        deserializer.deserialize_newtype_struct("$varpack::array", Any)
    }
}

#[test]
fn value_that_asks_for_an_array_gets_data_or_an_error() {
    let array = pickle::to_vec(&MmapArray1::from(vec![true])).unwrap();
    pickle::from_slice::<Asking>(&array).unwrap();
    let _ = pickle::from_slice::<Asking>(&pickle::to_vec(&7).unwrap());
}

/// Loads one variable into two fields, and writes it twice.
struct Twice {
    first: MmapArray1<f64>,
    second: MmapArray1<f64>,
}

impl SaveFields for Twice {
    fn write_fields<'p>(&'p self, writer: &mut PackWriter<'p>) -> varpack::Result<()> {
        writer.field("x").mmap(&self.first)?;
        writer.field("x").mmap(&self.second)
    }
}

impl PackFields for Twice {
    fn read_fields(reader: &mut PackReader<'_>) -> varpack::Result<Self> {
        Ok(Self { first: reader.field("x").mmap()?, second: reader.field("x").mmap()? })
    }
}

#[test]
fn variable_that_is_loaded_into_two_fields_is_mapped_once() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    One { x: vec![1.0_f64; 100_000].into() }.save(&folder).unwrap();
    let mut twice =
        Twice::load_with(&folder, &LoadOptions::new().mode(varpack::Mode::ReadWrite)).unwrap();
    assert_eq!((twice.first.is_mapped(), twice.second.is_mapped()), (true, false));
    twice.first.view_mut().unwrap()[0] = 2.0;
    twice.second.view_mut().unwrap()[1] = 3.0;
    assert_eq!((twice.first[1], twice.second[0]), (1.0, 1.0));
    assert!(twice.report().to_string().contains("x"), "{}", twice.report());
    assert!(twice.save().is_err(), "two variables of one name");
}

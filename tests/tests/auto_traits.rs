//! What threads and `catch_unwind` may do with each public type: its auto traits, asserted.

use std::cell::Cell;
use std::panic::{RefUnwindSafe, UnwindSafe};
use varpack::npy::{
    Bool8, ByteOrder, Datetime64, Dtype, Field, FixedBytes, FixedText, Header, Record, TimeUnit,
    Timedelta64, Unit, Void, resolution,
};
use varpack::{
    AnyArray, ArrayOr, Error, ErrorKind, FieldReader, FieldWriter, LoadAction, LoadEntry,
    LoadOptions, LoadReport, Loaded, MmapArray, MmapArray1, MmapArray2, MmapArray3, MmapArray4,
    MmapArray5, MmapArray6, MmapArrayD, Mode, Pack, PackItem, PackItems, PackMap, PackReader,
    PackRules, PackValue, PackWriter, Progress, ReadReason, Recover, SaveOptions, pickle,
};

/// That types have every auto trait.
macro_rules! have_all {
    ($($type:ty)*) => {
        const _: () = {
            const fn has_all<T: Send + Sync + Unpin + UnwindSafe + RefUnwindSafe>() {}
            $(has_all::<$type>();)*
        };
    };
}

/// That a type lacks a trait: with it, which of two implementations is meant would be open.
macro_rules! lack {
    ($($type:ty: $($auto:ident)*;)*) => {$($(
        const _: fn() = || {
            struct With;
            trait Lacks<T> {
                fn told() {}
            }
            impl<T: ?Sized> Lacks<()> for T {}
            impl<T: ?Sized + $auto> Lacks<With> for T {}
            <$type as Lacks<_>>::told();
        };
    )*)*};
}

have_all! {
    MmapArray<f32, ndarray::Ix2> MmapArray1<u8> MmapArray2<u8> MmapArray3<u8> MmapArray4<u8> MmapArray5<u8>
    MmapArray6<u8> MmapArrayD<u8> AnyArray Mode ReadReason
    ArrayOr<MmapArray1<u8>, String>
    Pack PackItem PackItems<'static> PackMap PackRules PackValue Loaded<u64>
    LoadAction LoadEntry LoadReport Progress Recover
    LoadOptions SaveOptions
    Error ErrorKind
}

have_all! {
    Bool8 ByteOrder Datetime64<resolution::Nanoseconds> Timedelta64<resolution::Nanoseconds>
    resolution::Multiple<resolution::Nanoseconds, 10> Dtype Field FixedBytes<5> FixedText<5> Header Record TimeUnit
    Unit Void<5>
}

have_all! {
    pickle::BigInt pickle::Build pickle::Document<'static> pickle::Global pickle::Node<'static>
    pickle::Object pickle::ObjectArray pickle::Scalar pickle::Shared<pickle::Object>
    pickle::SurrogateStr pickle::Value pickle::Writer
}

// What a save collects are references to values of any type, which may be `Cell`s; what a load hands out is of one
// thread, and notes in its report what it hands out. Both live within one call: nothing is left of them after a panic.
const _: () = {
    const fn is_unpin<T: Unpin>() {}
    is_unpin::<PackWriter<'static>>();
    is_unpin::<FieldWriter<'static, 'static, u64>>();
    is_unpin::<PackReader<'static>>();
    is_unpin::<FieldReader<'static, 'static, u64>>();
};

lack! {
    PackWriter<'static>: Send Sync UnwindSafe RefUnwindSafe;
    FieldWriter<'static, 'static, u64>: Send Sync UnwindSafe RefUnwindSafe;
    PackReader<'static>: Send Sync UnwindSafe RefUnwindSafe;
    FieldReader<'static, 'static, u64>: Send Sync UnwindSafe RefUnwindSafe;
}

// What holds values of the caller's has the auto traits that they have.
lack! {
    Loaded<Cell<u8>>: Sync RefUnwindSafe;
    Loaded<*const u8>: Send Sync;
    ArrayOr<MmapArray1<u8>, Cell<u8>>: Sync RefUnwindSafe;
    MmapArray<Cell<u8>, ndarray::Ix1>: Sync;
    MmapArray<*const u8, ndarray::Ix1>: Send Sync;
}

/// What the zero-copy buffers of `arrow` ask of an owner.
const fn owns_a_buffer<T: RefUnwindSafe + Send + Sync + 'static>(_: &T) {}

#[test]
fn public_types_have_the_auto_traits_that_they_can_have() {
    // That this file compiles is the test; and that an array is what an owner of a buffer has to be.
    owns_a_buffer(&MmapArray1::from(vec![0.5]));
}

//! Rust types as elements, against arrays that NumPy wrote.

use half::{bf16, f16};
use num_complex::Complex;
use std::fmt::Debug;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use varpack::ErrorKind;
use varpack::npy::bytemuck::{bytes_of, checked};
use varpack::npy::resolution::*;
use varpack::npy::{Bool8, Datetime64, Dtype, Element, FixedBytes, FixedText, Timedelta64, Void};
use varpack_tests::npy_goldens::goldens;

/// The elements of NumPy's array `name`, the same from both versions of NumPy.
fn read<T: Element + PartialEq + Debug>(name: &str) -> Vec<T> {
    let [first, second] = goldens().each_ref().map(|goldens| {
        let case = &goldens.cases[name];
        T::check_dtype(&case.header().dtype, None).unwrap();
        case.native_data()
            .chunks_exact(size_of::<T>())
            .map(|bytes| checked::try_pod_read_unaligned(bytes).unwrap())
            .collect::<Vec<T>>()
    });
    assert_eq!(first, second);
    first
}

#[test]
fn bools_are_read() {
    assert_eq!(read::<bool>("bool"), [true, false, true]);
    assert_eq!(read::<Bool8>("bool"), [true, false, true]);
}

#[test]
fn integers_of_both_byte_orders_are_read() {
    for order in ["<", ">"] {
        assert_eq!(read::<i8>(&format!("i1{order}")), [0, 1, -2, i8::MAX, i8::MIN]);
        assert_eq!(read::<i16>(&format!("i2{order}")), [0, 1, -2, i16::MAX, i16::MIN]);
        assert_eq!(read::<i32>(&format!("i4{order}")), [0, 1, -2, i32::MAX, i32::MIN]);
        assert_eq!(read::<i64>(&format!("i8{order}")), [0, 1, -2, i64::MAX, i64::MIN]);
        assert_eq!(read::<u8>(&format!("u1{order}")), [0, 1, 2, u8::MAX]);
        assert_eq!(read::<u16>(&format!("u2{order}")), [0, 1, 2, u16::MAX]);
        assert_eq!(read::<u32>(&format!("u4{order}")), [0, 1, 2, u32::MAX]);
        assert_eq!(read::<u64>(&format!("u8{order}")), [0, 1, 2, u64::MAX]);
    }
}

#[test]
fn floats_of_both_byte_orders_are_read() {
    for order in ["<", ">"] {
        let halves: Vec<f32> =
            read::<f16>(&format!("f2{order}")).into_iter().map(f32::from).collect();
        assert_eq!(halves, [0.0, -0.0, 1.5, f32::NEG_INFINITY]);
        assert_eq!(read::<f32>(&format!("f4{order}")), [0.0, -0.0, 1.5, f32::NEG_INFINITY]);
        assert_eq!(read::<f64>(&format!("f8{order}")), [0.0, -0.0, 1.5, f64::NEG_INFINITY]);
        let complex = [Complex::new(1.5, -2.0), Complex::new(0.0, 3.0)];
        assert_eq!(read::<Complex<f64>>(&format!("c16{order}")), complex);
        let complex = [Complex::new(1.5, -2.0), Complex::new(0.0, 3.0)];
        assert_eq!(read::<Complex<f32>>(&format!("c8{order}")), complex);
    }
}

#[test]
fn times_are_read_by_their_unit() {
    fn check<R: Resolution>(symbol: &str) {
        let ticks = [0, 1, -1, i64::MIN];
        let times = read::<Datetime64<R>>(&format!("datetime_{symbol}"));
        assert_eq!(times, ticks.map(Datetime64::new));
        let deltas = read::<Timedelta64<R>>(&format!("timedelta_{symbol}"));
        assert_eq!(deltas, ticks.map(Timedelta64::new));
    }
    check::<Years>("Y");
    check::<Months>("M");
    check::<Weeks>("W");
    check::<Days>("D");
    check::<Hours>("h");
    check::<Minutes>("m");
    check::<Seconds>("s");
    check::<Milliseconds>("ms");
    check::<Microseconds>("us");
    check::<Nanoseconds>("ns");
    check::<Picoseconds>("ps");
    check::<Femtoseconds>("fs");
    check::<Attoseconds>("as");
    assert_eq!(read::<Datetime64<Generic>>("datetime_generic"), [Datetime64::NAT]);
    assert_eq!(
        read::<Timedelta64<Generic>>("timedelta_generic"),
        [Timedelta64::new(5), Timedelta64::NAT]
    );
    assert_eq!(
        read::<Datetime64<Multiple<Seconds, 25>>>("datetime_25s"),
        [Datetime64::new(2), Datetime64::NAT]
    );
    assert_eq!(
        read::<Datetime64<Nanoseconds>>("datetime_big_endian"),
        [Datetime64::new(1_709_208_000_000_000_000), Datetime64::NAT]
    );
    assert_eq!(
        read::<Timedelta64<Multiple<Milliseconds, 10>>>("timedelta_big_endian"),
        [Timedelta64::new(-3)]
    );
}

#[test]
fn byte_strings_lose_their_padding_and_no_more() {
    let values = read::<FixedBytes<5>>("bytes");
    let values: Vec<&[u8]> = values.iter().map(FixedBytes::as_bytes).collect();
    assert_eq!(values, [b"left".as_slice(), b"a\0b", b"12345", b""]);
}

#[test]
fn text_of_both_byte_orders_is_read() {
    for order in ["<", ">"] {
        let values = read::<FixedText<4>>(&format!("text{order}"));
        assert_eq!(values, ["Łódź", "", "a\0b", "\u{1f409}"]);
        assert_eq!(values[3].to_text().unwrap(), "\u{1f409}");
    }
}

#[test]
fn a_lone_surrogate_is_an_error_as_text_and_kept_as_a_code_point() {
    let value = read::<FixedText<2>>("text_surrogate")[0];
    let error = value.to_text().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Value);
    assert_eq!(error.found(), Some("code point 0xd800"));
    assert_eq!(value.code_points(), [0xd800, 0x61]);
    assert_eq!(value.to_string(), "\u{fffd}a");
    assert_eq!(FixedText::from([u32::MAX]).to_string(), "\u{fffd}");
}

#[test]
fn voids_keep_every_byte() {
    assert_eq!(read::<Void<2>>("void"), [Void::from(*b"\x01\0"), Void::from(*b"\xff\xff")]);
}

#[test]
fn bfloat16_is_a_void_of_two_bytes_with_a_logical_name() {
    assert_eq!(bf16::dtype().descr(), "'|V2'");
    assert_eq!(bf16::logical_name(), Some("bfloat16"));
    for descr in ["<V2", "|V2"] {
        let dtype = Dtype::parse(descr).unwrap();
        assert!(bf16::accepts(&dtype, Some("bfloat16")));
        assert!(bf16::accepts(&dtype, None), "our metadata is lost when Python saves again");
        assert!(!bf16::accepts(&dtype, Some("float8_e5m2")));
        assert!(Void::<2>::accepts(&dtype, Some("bfloat16")));
    }
    let error = bf16::check_dtype(&Dtype::parse("=f2").unwrap(), None).unwrap_err();
    assert_eq!(error.to_string(), "expected dtype |V2 (bfloat16), found float16");
}

#[test]
fn other_dtypes_are_refused_with_both_names() {
    fn error<T: Element>(descr: &str) -> String {
        T::check_dtype(&Dtype::parse(descr).unwrap(), None).unwrap_err().to_string()
    }
    assert_eq!(error::<f32>("=f8"), "expected dtype float32, found float64");
    let foreign = if cfg!(target_endian = "big") { "<i4" } else { ">i4" };
    assert_eq!(error::<f32>(foreign), format!("expected dtype float32, found {foreign}"));
    assert_eq!(error::<u8>("|b1"), "expected dtype uint8, found bool");
    assert_eq!(error::<bool>("|u1"), "expected dtype bool, found uint8");
    assert_eq!(error::<FixedBytes<3>>("|S5"), "expected dtype |S3, found |S5");
    assert_eq!(error::<FixedBytes<3>>("|V3"), "expected dtype |S3, found |V3");
    assert_eq!(
        error::<Datetime64<Nanoseconds>>("=M8[us]"),
        "expected dtype datetime64[ns], found datetime64[us]"
    );
    assert_eq!(
        error::<Datetime64<Seconds>>("=m8[s]"),
        "expected dtype datetime64[s], found timedelta64[s]"
    );
    assert_eq!(error::<f64>("|O"), "expected dtype float64, found object");
}

#[test]
fn every_dtype_is_as_large_as_its_type() {
    fn check<T: Element>() {
        assert_eq!(T::dtype().itemsize(), size_of::<T>());
        assert!(T::dtype().is_native());
        assert!(T::accepts(&T::dtype(), T::logical_name()));
        assert_eq!(Dtype::parse(T::dtype().descr().trim_matches('\'')).unwrap(), T::dtype());
    }
    check::<bool>();
    check::<Bool8>();
    check::<i8>();
    check::<u64>();
    check::<f16>();
    check::<bf16>();
    check::<Complex<f64>>();
    check::<Datetime64<Multiple<Hours, 6>>>();
    check::<Timedelta64<Generic>>();
    check::<FixedBytes<9>>();
    check::<FixedText<3>>();
    check::<Void<7>>();
}

#[test]
fn every_byte_but_0_is_a_true_bool8() {
    let two: Bool8 = checked::try_pod_read_unaligned(&[2]).unwrap();
    assert_eq!(two, Bool8::TRUE);
    assert_eq!(two, true);
    assert_eq!(two.to_byte(), 2);
    assert!(bool::from(two) && !bool::from(!two));
    assert!(Bool8::FALSE < two);
    assert_eq!(format!("{two} {:?}", Bool8::default()), "true false");
    assert_eq!(bytes_of(&Bool8::from(true)), [1]);
}

#[test]
fn values_too_long_for_their_dtype_are_refused() {
    let error = FixedBytes::<3>::new(b"four").unwrap_err();
    assert_eq!(error.to_string(), "too long for dtype |S3: expected at most 3 bytes, found 4");
    let error = FixedText::<3>::new("Łódź").unwrap_err();
    assert_eq!(error.to_string(), "too long for dtype U3: expected at most 3 characters, found 4");
    assert_eq!(FixedBytes::<3>::new(b"a\0\0").unwrap(), FixedBytes::new(b"a").unwrap());
}

#[test]
fn not_a_time_equals_itself_and_sorts_last() {
    let mut times = [Datetime64::<Days>::NAT, Datetime64::new(3), Datetime64::new(i64::MIN + 1)];
    times.sort();
    assert_eq!(times.map(Datetime64::ticks), [i64::MIN + 1, 3, i64::MIN]);
    assert_eq!(times[2], Datetime64::NAT);
    assert_eq!(format!("{:?} {:?}", times[1], times[2]), "3[D] NaT[D]");
}

#[test]
fn times_before_1970_round_down() {
    let before = UNIX_EPOCH - Duration::from_millis(1500);
    let seconds = Datetime64::<Seconds>::try_from(before).unwrap();
    assert_eq!(seconds.ticks(), -2, "as NumPy rounds");
    let nanoseconds = Datetime64::<Nanoseconds>::try_from(before).unwrap();
    assert_eq!(SystemTime::try_from(nanoseconds).unwrap(), before);
    let attosecond = SystemTime::try_from(Datetime64::<Attoseconds>::new(-1)).unwrap();
    assert_eq!(attosecond, UNIX_EPOCH - Duration::from_nanos(1));
}

#[test]
fn times_out_of_range_are_errors() {
    let kind = |error: varpack::Error| error.kind();
    let far = UNIX_EPOCH + Duration::from_secs(20_000_000_000);
    assert_eq!(Datetime64::<Nanoseconds>::try_from(far).map_err(kind), Err(ErrorKind::Value));
    assert!(Datetime64::<Seconds>::try_from(far).is_ok());
    for ticks in [i64::MAX, i64::MIN + 1] {
        assert!(SystemTime::try_from(Datetime64::<Weeks>::new(ticks)).is_err());
        assert!(
            SystemTime::try_from(Datetime64::<Multiple<Weeks, 2_147_483_647>>::new(ticks)).is_err()
        );
    }
    assert!(SystemTime::try_from(Datetime64::<Seconds>::NAT).is_err());
    assert!(Duration::try_from(Timedelta64::<Seconds>::NAT).is_err());
    assert!(Duration::try_from(Timedelta64::<Seconds>::new(-1)).is_err());
    assert!(Duration::try_from(Timedelta64::<Weeks>::new(i64::MAX)).is_err());
    assert!(Timedelta64::<Attoseconds>::try_from(Duration::MAX).is_err());
    assert_eq!(
        Timedelta64::<Milliseconds>::try_from(Duration::from_micros(2999)).unwrap().ticks(),
        2
    );
}

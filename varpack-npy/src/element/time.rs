//! Elements of time: datetime64 and timedelta64, with their units as types.

use super::Element;
use crate::{ByteOrder, Dtype};
use crate::{Error, ErrorKind, Result};
use bytemuck::{Pod, Zeroable};
use std::cmp::Ordering;
use std::fmt;
use std::marker::PhantomData;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub use resolution::{FixedResolution, Resolution};

mod form;
pub mod resolution;

/// A point in time as a number of ticks since 1970-01-01T00:00 UTC: NumPy's `datetime64`, the
/// length of a tick being a type of [`resolution`].
///
/// The least `i64` is "not a time", [`NAT`](Self::NAT). Unlike NumPy's, it equals itself, so that
/// these are keys and compare as arrays; it sorts last, as NumPy sorts it.
///
/// ```
/// use std::time::{Duration, SystemTime, UNIX_EPOCH};
/// use varpack_npy::resolution::{Days, Nanoseconds};
/// use varpack_npy::{Datetime64, Element};
///
/// let time = UNIX_EPOCH + Duration::from_millis(1500);
/// let stamp = Datetime64::<Nanoseconds>::try_from(time)?;
/// assert_eq!(stamp.ticks(), 1_500_000_000);
/// assert_eq!(SystemTime::try_from(stamp)?, time);
/// assert_eq!(Datetime64::<Days>::dtype().name(), "datetime64[D]");
/// assert!(Datetime64::<Days>::NAT.is_nat());
/// # Ok::<(), varpack_npy::Error>(())
/// ```
///
/// Under serde it is a NumPy scalar in a pickle (`varpack_pickle`), which no other unit is read as, and the number of
/// ticks elsewhere.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Pod, Zeroable)]
#[repr(transparent)]
pub struct Datetime64<R> {
    ticks: i64,
    resolution: PhantomData<R>,
}

/// A length of time as a number of ticks, negative ones too: NumPy's `timedelta64`.
///
/// "Not a time" is as in [`Datetime64`].
///
/// ```
/// use std::time::Duration;
/// use varpack_npy::resolution::{Multiple, Seconds};
/// use varpack_npy::{Element, Timedelta64};
///
/// type Slot = Timedelta64<Multiple<Seconds, 25>>;
/// assert_eq!(Slot::dtype().name(), "timedelta64[25s]");
/// assert_eq!(Duration::try_from(Slot::new(2))?, Duration::from_secs(50));
/// # Ok::<(), varpack_npy::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Pod, Zeroable)]
#[repr(transparent)]
pub struct Timedelta64<R> {
    ticks: i64,
    resolution: PhantomData<R>,
}

/// What the two have alike.
macro_rules! ticks {
    ($type:ident, $variant:ident) => {
        impl<R: Resolution> $type<R> {
            /// Not a time.
            pub const NAT: Self = Self::new(i64::MIN);

            /// So many ticks; `i64::MIN` is [`NAT`](Self::NAT).
            ///
            /// ```
            /// # use varpack_npy::{Timedelta64, resolution::Seconds};
            /// assert!(Timedelta64::<Seconds>::new(1) < Timedelta64::new(2));
            /// ```
            pub const fn new(ticks: i64) -> Self {
                Self { ticks, resolution: PhantomData }
            }

            /// The number of ticks, `i64::MIN` for [`NAT`](Self::NAT).
            ///
            /// ```
            /// # use varpack_npy::{Timedelta64, resolution::{Multiple, Seconds}};
            /// let minute = std::time::Duration::from_secs(60);
            /// assert_eq!(Timedelta64::<Multiple<Seconds, 25>>::try_from(minute)?.ticks(), 2); // rounded down
            /// # Ok::<(), varpack_npy::Error>(())
            /// ```
            pub const fn ticks(self) -> i64 {
                self.ticks
            }

            /// Whether it is not a time.
            ///
            /// ```
            /// # use varpack_npy::{Datetime64, resolution::Days};
            /// assert!(Datetime64::<Days>::new(i64::MIN).is_nat());
            /// assert!(!Datetime64::<Days>::default().is_nat()); // 1970-01-01
            /// ```
            pub const fn is_nat(self) -> bool {
                self.ticks == i64::MIN
            }

            /// The number of ticks.
            fn time(self) -> Result<i64> {
                if self.is_nat() { Err(not_a_time()) } else { Ok(self.ticks) }
            }
        }

        #[diagnostic::do_not_recommend]
        impl<R: Resolution> Element for $type<R> {
            fn dtype() -> Dtype {
                Dtype::$variant { unit: R::UNIT, order: ByteOrder::NATIVE }
            }
        }

        impl<R: Resolution> Default for $type<R> {
            fn default() -> Self {
                Self::new(0)
            }
        }

        impl<R: Resolution> PartialOrd for $type<R> {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        impl<R: Resolution> Ord for $type<R> {
            fn cmp(&self, other: &Self) -> Ordering {
                // One less makes the least number, "not a time", the greatest.
                self.ticks.wrapping_sub(1).cmp(&other.ticks.wrapping_sub(1))
            }
        }

        impl<R: Resolution> fmt::Debug for $type<R> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                if self.is_nat() {
                    write!(f, "NaT{}", R::UNIT)
                } else {
                    write!(f, "{}{}", self.ticks, R::UNIT)
                }
            }
        }
    };
}

ticks!(Datetime64, Datetime);
ticks!(Timedelta64, Timedelta);

/// Rounded down to a whole tick, as NumPy does.
impl<R: FixedResolution> TryFrom<SystemTime> for Datetime64<R> {
    type Error = Error;

    fn try_from(time: SystemTime) -> Result<Self> {
        let attoseconds = match time.duration_since(UNIX_EPOCH) {
            Ok(since) => attoseconds(since),
            Err(before) => attoseconds(before.duration()).map(|attoseconds| -attoseconds),
        };
        let ticks = attoseconds.map(|attoseconds| attoseconds.div_euclid(R::ATTOSECONDS));
        Ok(Self::new(ticks.and_then(whole_ticks).ok_or_else(out_of_range)?))
    }
}

/// Rounded down to what `SystemTime` resolves, a nanosecond on Linux.
impl<R: FixedResolution> TryFrom<Datetime64<R>> for SystemTime {
    type Error = Error;

    fn try_from(time: Datetime64<R>) -> Result<Self> {
        let attoseconds = i128::from(time.time()?).checked_mul(R::ATTOSECONDS);
        // Down to a nanosecond, before the sign is taken off.
        let nanoseconds =
            attoseconds.ok_or_else(out_of_range)?.div_euclid(ATTOSECONDS_A_NANOSECOND);
        let duration = duration(nanoseconds.unsigned_abs()).ok_or_else(out_of_range)?;
        let time = if nanoseconds < 0 {
            UNIX_EPOCH.checked_sub(duration)
        } else {
            UNIX_EPOCH.checked_add(duration)
        };
        time.ok_or_else(out_of_range)
    }
}

/// Rounded down to a whole tick.
impl<R: FixedResolution> TryFrom<Duration> for Timedelta64<R> {
    type Error = Error;

    fn try_from(duration: Duration) -> Result<Self> {
        let ticks = attoseconds(duration).map(|attoseconds| attoseconds / R::ATTOSECONDS);
        Ok(Self::new(ticks.and_then(whole_ticks).ok_or_else(out_of_range)?))
    }
}

/// Rounded down to a nanosecond; a negative one is an error.
impl<R: FixedResolution> TryFrom<Timedelta64<R>> for Duration {
    type Error = Error;

    fn try_from(delta: Timedelta64<R>) -> Result<Self> {
        let ticks = u128::try_from(delta.time()?).map_err(|_| out_of_range())?;
        let attoseconds = ticks.checked_mul(R::ATTOSECONDS.unsigned_abs());
        let nanoseconds = attoseconds.map(|n| n / ATTOSECONDS_A_NANOSECOND.unsigned_abs());
        nanoseconds.and_then(duration).ok_or_else(out_of_range)
    }
}

const ATTOSECONDS_A_NANOSECOND: i128 = 1_000_000_000;

fn attoseconds(duration: Duration) -> Option<i128> {
    i128::try_from(duration.as_nanos()).ok()?.checked_mul(ATTOSECONDS_A_NANOSECOND)
}

fn duration(nanoseconds: u128) -> Option<Duration> {
    let seconds = u64::try_from(nanoseconds / 1_000_000_000).ok()?;
    let rest = u32::try_from(nanoseconds % 1_000_000_000).ok()?;
    Some(Duration::new(seconds, rest))
}

/// `None` for what does not fit, and for the number that is "not a time".
fn whole_ticks(ticks: i128) -> Option<i64> {
    i64::try_from(ticks).ok().filter(|&ticks| ticks != i64::MIN)
}

fn not_a_time() -> Error {
    Error::msg(ErrorKind::Value, "not a time").with_expected("a time").with_found("NaT")
}

fn out_of_range() -> Error {
    Error::msg(ErrorKind::Value, "time is out of range")
}

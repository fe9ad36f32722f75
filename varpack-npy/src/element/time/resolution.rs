//! The lengths of a tick, as types: [`Nanoseconds`], [`Days`], [`Multiple<Seconds, 25>`](Multiple).
//!
//! ```
//! use varpack_npy::resolution::{Days, FixedResolution, Resolution};
//!
//! assert_eq!(Days::UNIT.to_string(), "[D]");
//! assert_eq!(Days::ATTOSECONDS, 86_400_000_000_000_000_000_000);
//! ```

use crate::{TimeUnit, Unit};
use bytemuck::{Pod, Zeroable};
use std::fmt::Debug;
use std::hash::Hash;

/// The length of a tick of a [`Datetime64`](super::Datetime64) or
/// [`Timedelta64`](super::Timedelta64). Implemented by the types of this module, which have no
/// bytes: hence `Pod`.
///
/// ```
/// use varpack_npy::resolution::{Multiple, Nanoseconds, Resolution, Seconds};
///
/// assert_eq!(Nanoseconds::UNIT.to_string(), "[ns]");
/// assert_eq!(Multiple::<Seconds, 25>::UNIT.count, 25);
/// ```
pub trait Resolution: sealed::Sealed + Pod + Debug + Ord + Hash + Send + Sync {
    /// The unit in NumPy.
    const UNIT: TimeUnit;
}

/// A [`Resolution`] of the same length at any date: all but [`Years`], [`Months`] and [`Generic`].
///
/// ```
/// use varpack_npy::resolution::{FixedResolution, Milliseconds};
///
/// assert_eq!(Milliseconds::ATTOSECONDS, 10_i128.pow(15));
/// ```
#[diagnostic::on_unimplemented(
    message = "a tick of `{Self}` has no fixed length",
    note = "years and months differ in length, and the generic unit has none"
)]
pub trait FixedResolution: Resolution {
    /// Attoseconds (1e-18 s) in a tick.
    const ATTOSECONDS: i128;
}

/// `COUNT` of another resolution in one tick, as in `datetime64[25s]`. `COUNT` is from 1 to
/// 2,147,483,647, which is checked where it is used.
///
/// ```
/// use varpack_npy::resolution::{Multiple, Resolution, Seconds};
///
/// assert_eq!(Multiple::<Seconds, 25>::UNIT.to_string(), "[25s]");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Pod, Zeroable)]
#[repr(transparent)]
pub struct Multiple<R, const COUNT: u32>(R);

impl<R: Base, const COUNT: u32> Resolution for Multiple<R, COUNT> {
    const UNIT: TimeUnit = {
        assert!(COUNT > 0 && COUNT <= i32::MAX.unsigned_abs(), "a count is from 1 to 2147483647");
        TimeUnit { count: COUNT, base: R::UNIT.base }
    };
}

impl<R: Base + FixedResolution, const COUNT: u32> FixedResolution for Multiple<R, COUNT> {
    // Without loss: `i128` holds every `u32`; `i128::from` is not const.
    const ATTOSECONDS: i128 = R::ATTOSECONDS * COUNT as i128;
}

impl<R: Base, const COUNT: u32> sealed::Sealed for Multiple<R, COUNT> {}

/// A single unit that has a length or a calendar: what can be multiplied.
///
/// ```
/// use varpack_npy::resolution::{Days, Multiple, Resolution};
///
/// type Fortnight = Multiple<Days, 14>;
/// assert_eq!(Fortnight::UNIT.to_string(), "[14D]");
/// ```
pub trait Base: Resolution {}

mod sealed {
    pub trait Sealed {}
}

macro_rules! resolutions {
    ($($(#[$doc:meta])* $name:ident: $unit:ident $(= $attoseconds:expr)?;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Pod, Zeroable)]
        #[repr(C)]
        pub struct $name;

        impl sealed::Sealed for $name {}

        impl Resolution for $name {
            const UNIT: TimeUnit = TimeUnit { count: 1, base: Unit::$unit };
        }

        $(impl FixedResolution for $name {
            const ATTOSECONDS: i128 = $attoseconds;
        })?
    )*};
}

const SECOND: i128 = 1_000_000_000_000_000_000;

resolutions! {
    /// No unit: numbers that take on the unit of what they meet.
    Generic: Generic;
    /// `[Y]`, of the Gregorian calendar.
    Years: Year;
    /// `[M]`, of the Gregorian calendar.
    Months: Month;
    /// `[W]`
    Weeks: Week = 7 * 86_400 * SECOND;
    /// `[D]`
    Days: Day = 86_400 * SECOND;
    /// `[h]`
    Hours: Hour = 3_600 * SECOND;
    /// `[m]`
    Minutes: Minute = 60 * SECOND;
    /// `[s]`
    Seconds: Second = SECOND;
    /// `[ms]`, 1e-3 s
    Milliseconds: Millisecond = SECOND / 1_000;
    /// `[us]`, 1e-6 s
    Microseconds: Microsecond = SECOND / 1_000_000;
    /// `[ns]`, 1e-9 s: what pandas uses
    Nanoseconds: Nanosecond = SECOND / 1_000_000_000;
    /// `[ps]`, 1e-12 s
    Picoseconds: Picosecond = 1_000_000;
    /// `[fs]`, 1e-15 s
    Femtoseconds: Femtosecond = 1_000;
    /// `[as]`, 1e-18 s
    Attoseconds: Attosecond = 1;
}

macro_rules! bases {
    ($($name:ident)*) => {$( impl Base for $name {} )*};
}

bases! {
    Years Months Weeks Days Hours Minutes Seconds Milliseconds Microseconds Nanoseconds Picoseconds
    Femtoseconds Attoseconds
}

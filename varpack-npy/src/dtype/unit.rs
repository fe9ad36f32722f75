//! The units of datetime64 and timedelta64.

use crate::literal::quoted;
use crate::{Error, ErrorKind, Result};
use std::fmt;

/// The length of a tick of a datetime64 or timedelta64: `[25s]` is `count` 25 of base `Second`.
///
/// ```
/// use varpack_npy::{Dtype, TimeUnit, Unit};
///
/// let Dtype::Timedelta { unit, .. } = Dtype::parse("<m8[25s]")? else { unreachable!() };
/// assert_eq!(unit, TimeUnit { count: 25, base: Unit::Second });
/// # Ok::<(), varpack_npy::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TimeUnit {
    /// How many of the base unit make one tick, at least 1.
    pub count: u32,
    /// The base unit.
    pub base: Unit,
}

/// The base units of datetime64, in NumPy's order.
///
/// ```
/// use varpack_npy::{TimeUnit, Unit};
///
/// assert_eq!(TimeUnit { count: 1, base: Unit::Nanosecond }.to_string(), "[ns]");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// No unit: numbers that take on the unit of what they meet.
    Generic,
    /// `Y`
    Year,
    /// `M`
    Month,
    /// `W`
    Week,
    /// `D`
    Day,
    /// `h`
    Hour,
    /// `m`
    Minute,
    /// `s`
    Second,
    /// `ms`
    Millisecond,
    /// `us`
    Microsecond,
    /// `ns`
    Nanosecond,
    /// `ps`
    Picosecond,
    /// `fs`
    Femtosecond,
    /// `as`
    Attosecond,
}

impl Unit {
    const ALL: [Self; 14] = [
        Self::Generic,
        Self::Year,
        Self::Month,
        Self::Week,
        Self::Day,
        Self::Hour,
        Self::Minute,
        Self::Second,
        Self::Millisecond,
        Self::Microsecond,
        Self::Nanosecond,
        Self::Picosecond,
        Self::Femtosecond,
        Self::Attosecond,
    ];

    /// NumPy's symbol: `ns`, `D`, `generic`.
    ///
    /// ```
    /// assert_eq!(varpack_npy::Unit::Minute.symbol(), "m");
    /// ```
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Generic => "generic",
            Self::Year => "Y",
            Self::Month => "M",
            Self::Week => "W",
            Self::Day => "D",
            Self::Hour => "h",
            Self::Minute => "m",
            Self::Second => "s",
            Self::Millisecond => "ms",
            Self::Microsecond => "us",
            Self::Nanosecond => "ns",
            Self::Picosecond => "ps",
            Self::Femtosecond => "fs",
            Self::Attosecond => "as",
        }
    }
}

impl TimeUnit {
    /// A base unit by its symbol (`ns`, `generic`), and how many of it make a tick.
    ///
    /// # Errors
    /// [`Dtype`](ErrorKind::Dtype) if there is no such unit, or the count is not in `1..2**31`.
    ///
    /// ```
    /// use varpack_npy::TimeUnit;
    ///
    /// assert_eq!(TimeUnit::new("s", 25)?.to_string(), "[25s]");
    /// assert!(TimeUnit::new("fortnight", 1).is_err());
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    pub fn new(symbol: &str, count: i64) -> Result<Self> {
        let base = Unit::ALL.into_iter().find(|unit| unit.symbol() == symbol).ok_or_else(|| {
            Error::msg(ErrorKind::Dtype, "no such unit of time")
                .with_expected("one of Y, M, W, D, h, m, s, ms, us, ns, ps, fs, as")
                .with_found(quoted(symbol))
        })?;
        let unit = u32::try_from(count).map(|count| Self { count, base });
        match unit.ok().filter(|unit| unit.has_known_count()) {
            Some(_) if base == Unit::Generic => Ok(Self { count: 1, base }),
            Some(unit) => Ok(unit),
            None => Err(Error::msg(ErrorKind::Dtype, "bad length of a tick")
                .with_expected("a count from 1 to 2147483647")),
        }
    }

    /// NumPy keeps the count in a C int.
    pub(super) fn has_known_count(self) -> bool {
        self.count > 0 && i32::try_from(self.count).is_ok()
    }

    /// Parses what stands between the brackets: `ns`, `25s`. (NumPy also takes a divisor, `D/24`,
    /// but never writes one.)
    pub(super) fn parse(text: &str) -> Result<Self> {
        let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (count, symbol) = text.split_at(split);
        // Too many digits for an `i64` are too many for a count.
        let count = if count.is_empty() { 1 } else { count.parse().unwrap_or(i64::MAX) };
        Self::new(symbol, count)
    }
}

/// In brackets as a type string has it, nothing for the generic unit: `[ns]`, `[25s]`.
impl fmt::Display for TimeUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self { base: Unit::Generic, .. } => Ok(()),
            Self { count: 1, base } => write!(f, "[{}]", base.symbol()),
            Self { count, base } => write!(f, "[{count}{}]", base.symbol()),
        }
    }
}

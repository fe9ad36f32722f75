//! The text of a report: a line for each variable, in columns.

use crate::text;
use std::fmt;

/// One line. Names are escaped and cut where they are printed.
pub(super) struct Row<'r> {
    pub(super) variable: &'r str,
    pub(super) action: &'r dyn fmt::Display,
    pub(super) array: Option<&'r (String, Vec<usize>)>,
    pub(super) value: Option<&'r str>,
    pub(super) bytes: Option<u64>,
    pub(super) filename: Option<&'r str>,
    /// In brackets at the end.
    pub(super) reason: Option<&'r dyn fmt::Display>,
}

/// Prints the rows, and the notes below them.
pub(super) fn print<'r>(
    f: &mut fmt::Formatter<'_>,
    rows: impl Iterator<Item = Row<'r>> + Clone,
    notes: &[String],
) -> fmt::Result {
    let width = |row: Row<'_>| text::name(row.variable).to_string().chars().count();
    let widest = rows.clone().map(width).max().unwrap_or_default();
    for row in rows {
        let variable = text::name(row.variable).to_string();
        write!(f, "{variable:widest$}  {}", row.action)?;
        if let Some((dtype, shape)) = row.array {
            write!(f, "  {} {shape:?}", text::name(dtype))?;
        }
        if let Some(value) = row.value {
            write!(f, "  {value}")?;
        }
        if let Some(bytes) = row.bytes {
            write!(f, "  {}", Bytes(bytes))?;
        }
        if let Some(filename) = row.filename {
            write!(f, "  {}", text::name(filename))?;
        }
        if let Some(reason) = row.reason {
            write!(f, "  ({reason})")?;
        }
        writeln!(f)?;
    }
    notes.iter().try_for_each(|note| writeln!(f, "note: {note}"))
}

/// A number of bytes as people read it: `512 B`, `1.5 KiB`.
pub(super) struct Bytes(pub(super) u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
        // In tenths, of the largest unit of which there is one.
        let (mut tenths, mut unit) = (u128::from(self.0) * 10, "B");
        for larger in UNITS {
            if tenths < 10_240 {
                break;
            }
            (tenths, unit) = ((tenths + 512) / 1024, larger);
        }
        if unit == "B" {
            return write!(f, "{} B", self.0);
        }
        write!(f, "{}.{} {unit}", tenths / 10, tenths % 10)
    }
}

#[cfg(test)]
mod tests {
    use super::Bytes;

    #[test]
    fn bytes_are_shown_in_the_largest_unit_of_which_there_is_one() {
        let shown =
            [0, 1023, 1024, 1536, 1_048_575, 1 << 20, u64::MAX].map(|it| Bytes(it).to_string());
        assert_eq!(
            shown,
            ["0 B", "1023 B", "1.0 KiB", "1.5 KiB", "1.0 MiB", "1.0 MiB", "16.0 EiB"]
        );
    }
}

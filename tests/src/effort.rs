//! How much of what has no end is tried.

/// Whether everything is to be run, and not the sample that continuous integration has time for:
/// `VARPACK_FULL=1`.
#[must_use]
pub fn is_full() -> bool {
    std::env::var_os("VARPACK_FULL").is_some_and(|value| value == "1")
}

//! A goal, what was measured, and the verdict, which follows from both.

/// What two times that ought to be equal may differ by on a noisy machine.
pub(crate) const SAME: f64 = 1.25;

/// A number that must not be greater, or smaller, than the goal.
pub(crate) struct Goal {
    /// What is done.
    pub(crate) what: String,
    /// What it is compared with, or the unit.
    pub(crate) to: String,
    pub(crate) limit: f64,
    pub(crate) bound: Bound,
    pub(crate) found: f64,
    pub(crate) unit: &'static str,
}

/// On which side of the limit the number has to be.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Bound {
    AtMost,
    Under,
}

impl Goal {
    /// A ratio of times that has to be at most `limit`.
    pub(crate) fn ratio(
        what: impl Into<String>,
        to: impl Into<String>,
        limit: f64,
        found: f64,
    ) -> Self {
        let (what, to) = (what.into(), to.into());
        Self { what, to, limit, bound: Bound::AtMost, found, unit: "x" }
    }

    /// To be faster than a peer: a ratio of times that has to be under 1.
    pub(crate) fn ahead(what: impl Into<String>, of: impl Into<String>, found: f64) -> Self {
        Self { bound: Bound::Under, ..Self::ratio(what, of, 1.0, found) }
    }

    /// A number of a unit that has to be under `limit`.
    pub(crate) fn under(
        what: impl Into<String>,
        limit: f64,
        found: f64,
        unit: &'static str,
    ) -> Self {
        let (what, to) = (what.into(), String::new());
        Self { what, to, limit, bound: Bound::Under, found, unit }
    }

    /// A number of a unit that has to be at most `limit`.
    pub(crate) fn at_most(
        what: impl Into<String>,
        limit: f64,
        found: f64,
        unit: &'static str,
    ) -> Self {
        Self { bound: Bound::AtMost, ..Self::under(what, limit, found, unit) }
    }

    /// Whether the goal is met; not if nothing was measured.
    pub(crate) fn is_met(&self) -> bool {
        match self.bound {
            Bound::AtMost => self.found <= self.limit,
            Bound::Under => self.found < self.limit,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdict_follows_from_the_numbers() {
        assert!(Goal::ratio("save", "raw", 1.1, 1.1).is_met());
        assert!(!Goal::ratio("save", "raw", 1.1, 1.11).is_met());
        assert!(Goal::ahead("save", "np.save", 0.99).is_met());
        assert!(!Goal::ahead("save", "np.save", 1.0).is_met());
        assert!(Goal::at_most("crates", 35.0, 35.0, "crates").is_met());
        assert!(!Goal::under("memory", 16.0, 16.0, "MiB").is_met());
    }

    #[test]
    fn goal_without_a_measurement_is_not_met() {
        assert!(!Goal::ratio("save", "raw", 1.1, f64::NAN).is_met());
    }
}

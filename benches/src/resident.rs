//! The resident memory of this process: what an action takes at its peak, and what it leaves.

use crate::Result;
use serde::{Deserialize, Serialize};
use std::fs;

/// The growth that an action brings, in bytes.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Usage {
    /// At its peak.
    pub(crate) peak: u64,
    /// While what it gave is still there.
    pub(crate) held: u64,
}

/// Does something and says what it took, beside what it gave.
pub(crate) fn usage_of<T>(action: impl FnOnce() -> Result<T>) -> Result<(Usage, T)> {
    // The peak is now what is resident: proc_pid_clear_refs(5).
    fs::write("/proc/self/clear_refs", "5")?;
    let before = resident("VmRSS")?;
    let result = action()?;
    let usage = Usage {
        peak: resident("VmHWM")?.saturating_sub(before),
        held: resident("VmRSS")?.saturating_sub(before),
    };
    Ok((usage, result))
}

/// A line of this process's status, in bytes.
fn resident(name: &str) -> Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let kibibytes = line.and_then(|line| line.split_whitespace().next());
    Ok(kibibytes.ok_or_else(|| format!("no {name} in /proc/self/status"))?.parse::<u64>()? * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peak_counts_what_is_freed_again_and_held_does_not() {
        let (usage, _) = usage_of(|| {
            let passing = vec![1_u8; 64 << 20];
            assert_eq!(passing.iter().map(|&byte| u64::from(byte)).sum::<u64>(), 64 << 20);
            drop(passing);
            Ok(vec![1_u8; 16 << 20])
        })
        .unwrap();
        // Other tests of this process take and free a little meanwhile.
        assert!(usage.peak >= 60 << 20, "{usage:?}");
        assert!((12 << 20..40 << 20).contains(&usage.held), "{usage:?}");
    }
}

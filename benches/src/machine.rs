//! What the figures were taken on and with: the machine, and the versions of everybody.

use crate::Result;
use crate::goal::Goal;
use crate::options::workspace;
use crate::works::Setting;
use serde::Deserialize;
use serde_json::json;
use std::fs;
use std::process::Command;

/// Crates that the tree of varpack may have.
const MOST_CRATES: f64 = 35.0;

/// The peers whose versions are in the lock file.
const PEERS: [&str; 7] =
    ["ndarray", "ndarray-npy", "npyz", "safetensors", "epserde", "rkyv", "serde-pickle"];

/// The machine and the versions.
pub(crate) struct Machine {
    pub(crate) cpu: String,
    pub(crate) cores: usize,
    pub(crate) memory: String,
    pub(crate) kernel: String,
    pub(crate) tmpfs: String,
    pub(crate) disk: String,
    pub(crate) rust: String,
    pub(crate) python: Versions,
    pub(crate) peers: Vec<String>,
    /// Of varpack, itself counted, normal edges.
    crates: usize,
}

/// What Python says of itself.
#[derive(Deserialize)]
pub(crate) struct Versions {
    pub(crate) python: String,
    pub(crate) numpy: String,
    pub(crate) joblib: String,
}

impl Machine {
    pub(crate) fn find(setting: &Setting<'_>) -> Result<Self> {
        let lock = fs::read_to_string(workspace().join("Cargo.lock"))?;
        let peers =
            PEERS.iter().filter_map(|peer| Some(format!("{peer} {}", locked(&lock, peer)?)));
        Ok(Self {
            cpu: field("/proc/cpuinfo", "model name")?,
            cores: setting.cores,
            memory: field("/proc/meminfo", "MemTotal")?,
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease")?.trim().to_owned(),
            tmpfs: setting.tmpfs.name.clone(),
            disk: setting.disk.name.clone(),
            rust: said_by(&mut Command::new("rustc"), &["--version"])?,
            python: serde_json::from_value(setting.python.prepare("versions", json!({}))?)?,
            peers: peers.collect(),
            crates: crates()?,
        })
    }

    /// That the user's tree stays small.
    pub(crate) fn crates_goal(&self) -> Goal {
        let crates = u32::try_from(self.crates).map_or(f64::INFINITY, f64::from);
        Goal::at_most("crates in `cargo tree -p varpack -e normal`", MOST_CRATES, crates, "crates")
    }
}

/// The crates of varpack's tree, itself counted.
fn crates() -> Result<usize> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(workspace());
    let arguments =
        ["tree", "--offline", "-p", "varpack", "-e", "normal", "--prefix", "none", "--no-dedupe"];
    let tree = said_by(&mut command, &arguments)?;
    let mut names: Vec<_> =
        tree.lines().map(|line| line.split(" (").next().unwrap_or(line)).collect();
    names.sort_unstable();
    names.dedup();
    Ok(names.len())
}

/// What a command prints.
fn said_by(command: &mut Command, arguments: &[&str]) -> Result<String> {
    let output = command.args(arguments).output()?;
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(format!("{command:?}: {}: {message}", output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// A field of a file of lines `name : value`.
fn field(path: &str, name: &str) -> Result<String> {
    let text = fs::read_to_string(path)?;
    let value = text.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        (found.trim() == name).then(|| value.trim().to_owned())
    });
    Ok(value.unwrap_or_else(|| "unknown".to_owned()))
}

/// The version of a package in a lock file.
fn locked<'l>(lock: &'l str, package: &str) -> Option<&'l str> {
    let (_, after) = lock.split_once(&format!("name = \"{package}\"\nversion = \""))?;
    after.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_is_that_of_the_package_and_not_of_a_longer_name() {
        let lock =
            "name = \"npyz-derive\"\nversion = \"0.1\"\n\nname = \"npyz\"\nversion = \"0.9\"\n";
        assert_eq!(locked(lock, "npyz"), Some("0.9"));
        assert_eq!(locked(lock, "npy"), None);
    }
}

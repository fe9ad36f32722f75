//! The command line.

use crate::Result;
use std::env;
use std::path::{Path, PathBuf};

pub(crate) const HELP: &str = "\
cargo run --release -p varpack-benches -- [OPTIONS]

Measures varpack beside its peers and writes BENCHMARKS.md and docs/benchmarks.svg.

  --quick        small data and few rounds: whether it runs, not how fast anything is
  --only WORK    W1 to W8; may be given more than once
  --disk FOLDER  a folder on the disk to measure on; by default the target folder
  --out FOLDER   where to write; by default the workspace, and target/benchmarks for a
                 run that is quick or not whole, so that it replaces no whole one
";

/// What is asked for.
pub(crate) enum Action {
    Help,
    Run(Options),
    /// To be a process that measures its own memory.
    Child {
        case: String,
        sizes: String,
    },
}

/// How to run.
pub(crate) struct Options {
    pub(crate) quick: bool,
    /// The works to run; all if empty.
    pub(crate) only: Vec<String>,
    pub(crate) disk: PathBuf,
    pub(crate) out: PathBuf,
}

impl Options {
    /// Reads the arguments after the program's name.
    ///
    /// # Errors
    /// If one is unknown or lacks its value.
    pub(crate) fn parse(arguments: impl Iterator<Item = String>) -> Result<Action> {
        let (mut quick, mut only, mut disk, mut out) = (false, Vec::new(), None, None);
        let mut arguments = arguments.peekable();
        while let Some(argument) = arguments.next() {
            let mut value =
                || arguments.next().ok_or_else(|| format!("{argument} needs a value; see --help"));
            match argument.as_str() {
                "--help" | "-h" => return Ok(Action::Help),
                "--child" => return Ok(Action::Child { case: value()?, sizes: value()? }),
                "--quick" => quick = true,
                "--only" => only.push(value()?.to_uppercase()),
                "--disk" => disk = Some(PathBuf::from(value()?)),
                "--out" => out = Some(PathBuf::from(value()?)),
                _ => return Err(format!("unknown argument {argument}; see --help").into()),
            }
        }
        let known = |only: &String| crate::WORKS.iter().any(|(name, _)| name == only);
        if let Some(unknown) = only.iter().find(|only| !known(only)) {
            return Err(format!("expected W1 to W8, found {unknown}").into());
        }
        let workspace = workspace();
        let target =
            env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace.join("target"), PathBuf::from);
        let whole = !quick && only.is_empty();
        Ok(Action::Run(Self {
            quick,
            only,
            out: out.unwrap_or_else(|| if whole { workspace } else { target.join("benchmarks") }),
            disk: disk.unwrap_or(target),
        }))
    }
}

/// The root of the workspace.
pub(crate) fn workspace() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Action> {
        Options::parse(arguments.iter().map(|&argument| argument.to_owned()))
    }

    #[test]
    fn run_that_is_not_whole_does_not_replace_the_report() {
        let out = |arguments: &[&str]| match parse(arguments) {
            Ok(Action::Run(options)) => options.out,
            _ => panic!("no run"),
        };
        assert_eq!(out(&[]), workspace());
        assert_ne!(out(&["--quick"]), workspace());
        assert_ne!(out(&["--only", "w2"]), workspace());
        assert_eq!(out(&["--quick", "--out", "x"]), Path::new("x"));
    }

    #[test]
    fn unknown_works_and_arguments_are_refused() {
        for arguments in [&["--only", "W9"][..], &["--only"], &["--fast"]] {
            assert!(parse(arguments).is_err(), "{arguments:?}");
        }
    }
}

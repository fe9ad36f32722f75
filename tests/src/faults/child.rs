//! The child process: it makes one save, or one load, and says how that went.

use super::endless;
use super::scenario::{finish, scenario};
use super::state::State;
use super::stress;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};
use varpack::{ErrorKind, LoadOptions, Mode, Result, Varpack};

/// Looked for by the child when its work begins, so that a trace shows where that is.
pub(super) const WINDOW_BEGIN: &str = "/varpack-test-begins";

/// Looked for by the child when its work is over.
pub(super) const WINDOW_END: &str = "/varpack-test-ends";

/// How to start the child.
#[derive(Clone, Debug)]
pub struct Child {
    program: PathBuf,
}

/// What the child says of its work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// `ok`, or the error's kind.
    pub kind: String,
    /// The path that the error names.
    pub path: PathBuf,
    /// The whole error.
    pub text: String,
}

impl Said {
    /// Whether the error says that the save is made all the same.
    pub fn is_committed(&self) -> bool {
        [ErrorKind::CommitPending, ErrorKind::DurabilityUnknown]
            .iter()
            .any(|kind| self.kind == format!("{kind:?}"))
    }
}

impl Child {
    /// `program`: the path of `varpack-test-child`, which only integration tests are told.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self { program: program.into() }
    }

    /// Where the program stands.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// The command line for a scenario's work on a folder.
    pub fn command(&self, work: &str, folder: &Path) -> Vec<String> {
        let folder = folder.to_str().expect("a temporary folder's name is UTF-8");
        vec![self.program.to_string_lossy().into_owned(), work.to_owned(), folder.to_owned()]
    }

    /// Runs the work behind the words of another program (`prlimit --nofile=9`), or none.
    ///
    /// # Panics
    /// If the child cannot be started.
    pub fn run(&self, before: &[&str], work: &str, folder: &Path) -> Output {
        let mut words = before.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        words.extend(self.command(work, folder));
        Command::new(&words[0])
            .args(&words[1..])
            .output()
            .unwrap_or_else(|error| panic!("cannot run {words:?}: {error}"))
    }

    /// What it said, if it came to its end.
    ///
    /// # Panics
    /// If it ended in any other way than by saying how its work went: by a panic, say.
    pub fn said(output: &Output, at: &str) -> Said {
        let text = String::from_utf8_lossy(&output.stdout);
        let mut lines = text.lines();
        assert!(output.status.success(), "{at}: {output:?}");
        let mut line = || lines.next().unwrap_or_default().to_owned();
        Said { kind: line(), path: line().into(), text: line() }
    }
}

/// What `varpack-test-child` does: `<work> <folder>`.
pub fn run_command(mut arguments: impl Iterator<Item = String>) -> ExitCode {
    let (Some(work), Some(folder)) = (arguments.next(), arguments.next()) else {
        eprintln!("expected: work folder");
        return ExitCode::FAILURE;
    };
    let folder = Path::new(&folder);
    if let Some(words) = work.strip_prefix("stress ") {
        let outcome = stress::command(words, folder);
        println!("{}", outcome.as_ref().unwrap_or_else(|why| why));
        return outcome.map_or(ExitCode::FAILURE, |_| ExitCode::SUCCESS);
    }
    look_for(WINDOW_BEGIN);
    let outcome = do_work(&work, folder);
    look_for(WINDOW_END);
    let mut said = String::new();
    let written = match outcome {
        Ok(()) => writeln!(said, "ok"),
        Err(error) => {
            let path = error.path().unwrap_or(Path::new("")).display().to_string();
            writeln!(said, "{:?}\n{path}\n{error}", error.kind())
        }
    };
    print!("{said}");
    written.map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)
}

fn do_work(work: &str, folder: &Path) -> Result<()> {
    let modes = [
        ("load r+", Mode::ReadWrite),
        ("load r", Mode::ReadOnly),
        ("load c", Mode::CopyOnWrite),
        ("load memory", Mode::InMemory),
    ];
    if let Some((_, mode)) = modes.iter().find(|(name, _)| *name == work) {
        let loaded = State::load_with(folder, &LoadOptions::new().mode(*mode))?;
        return match loaded.marks() {
            Ok(_) => Ok(()),
            Err(torn) => panic!("{torn}"),
        };
    }
    if let Some(make) = endless::maker(work) {
        return endless::work(make, folder);
    }
    if work == "edit" {
        let mut state = State::edit(folder)?;
        state.board.view_mut()?.fill(9);
        return state.flush();
    }
    if work == "finish" {
        return finish(folder);
    }
    (scenario(work).run)(folder)
}

fn look_for(nothing: &str) {
    // What the system says does not matter, only that it was asked.
    let _ = Path::new(nothing).exists();
}

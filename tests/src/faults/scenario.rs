//! The saves that are killed and failed: what is there before, what is done, what may be seen after.

use super::child::Child;
use super::files::assert_whole;
use super::state::{Marks, State, grid, part, unnamed_grid};
use super::strace::{Call, Injection, strace};
use ndarray::Array1;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use varpack::{
    AnyArray, ErrorKind, LoadOptions, MmapArray1, Mode, Pack, Recover, Result, SaveOptions,
    Varpack, recover,
};

/// One save, or another operation on a folder.
pub struct Scenario {
    /// What happens, in words.
    pub name: &'static str,
    /// Where the folder is, below a scratch folder.
    place: &'static str,
    /// Makes what is there before.
    prepare: fn(&Child, &Path),
    /// Does it, in the child.
    pub run: fn(&Path) -> Result<()>,
    /// What may be seen afterwards; the last is what is seen when nothing went wrong.
    pub outcomes: fn() -> Vec<Seen>,
}

/// What a load gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// There is no folder.
    Nothing,
    /// An interrupted save that waits for its user's word.
    Conflict,
    /// A state.
    State(Marks),
}

impl Seen {
    /// Loads a folder, every element looked at.
    ///
    /// # Errors
    /// If it is torn, or cannot be loaded for any other reason than [`Seen`] knows.
    pub fn load(folder: &Path, mode: Mode) -> std::result::Result<Self, String> {
        match State::load_with(folder, &LoadOptions::new().mode(mode)) {
            Ok(state) => state.marks().map(Self::State),
            Err(error) if error.kind() == ErrorKind::NotFound && !folder.exists() => {
                Ok(Self::Nothing)
            }
            Err(error) if error.kind() == ErrorKind::InterruptedSaveConflict => Ok(Self::Conflict),
            Err(error) => Err(error.to_string()),
        }
    }
}

impl Scenario {
    /// Makes what is there before; gives the folder.
    pub fn prepare(&self, child: &Child, root: &Path) -> PathBuf {
        let folder = root.join(self.place);
        (self.prepare)(child, &folder);
        folder
    }

    /// Panics unless the folder that arrays were copied from, if there is one, holds what it held.
    ///
    /// # Panics
    /// See above; `at` says when.
    pub fn assert_source_kept(folder: &Path, at: &str) {
        let source = source(folder);
        if source.exists() {
            let seen = Seen::load(&source, Mode::ReadOnly);
            assert_eq!(seen, Ok(Seen::State(large("large", 2))), "{at}: the folder copied from");
            assert_whole(&source, at);
        }
    }

    /// Whether it is a save, which is made or not made, and not the settling of one.
    pub fn is_save(&self) -> bool {
        !(self.outcomes)().contains(&Seen::Conflict)
    }
}

/// The scenario of a name.
///
/// # Panics
/// If there is none.
pub fn scenario(name: &str) -> &'static Scenario {
    let found = SCENARIOS.iter().find(|scenario| scenario.name == name);
    found.unwrap_or_else(|| panic!("there is no scenario `{name}`"))
}

/// All of them.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "a new folder",
        place: "state",
        prepare: nothing,
        run: |folder| State::new(&Marks::all(2)).save(folder),
        outcomes: || vec![Seen::Nothing, Seen::State(Marks::all(2))],
    },
    Scenario {
        name: "a new folder below new folders",
        place: "above/it/state",
        prepare: nothing,
        run: |folder| State::new(&Marks::all(2)).save(folder),
        outcomes: || vec![Seen::Nothing, Seen::State(Marks::all(2))],
    },
    Scenario {
        name: "one value changed",
        place: "state",
        prepare: first,
        run: |folder| {
            let mut state = State::load(folder)?;
            state.set_step(2);
            state.save(folder)
        },
        outcomes: || vec![one(), Seen::State(Marks { step: 2, ..Marks::all(1) })],
    },
    Scenario {
        name: "one array replaced",
        place: "state",
        prepare: first,
        run: |folder| {
            let mut state = State::load(folder)?;
            state.grid = grid(2);
            state.save(folder)
        },
        outcomes: || vec![one(), Seen::State(Marks { grid: 2, ..Marks::all(1) })],
    },
    Scenario {
        name: "an array edited in mode c",
        place: "state",
        prepare: first,
        run: |folder| {
            let mut state = State::load_with(folder, &LoadOptions::new().mode(Mode::CopyOnWrite))?;
            state.board.view_mut()?.fill(2);
            state.set_history(2);
            state.save()
        },
        outcomes: || vec![one(), Seen::State(Marks { board: 2, history: 2, ..Marks::all(1) })],
    },
    Scenario {
        // The one thing that is no part of a save's all or nothing.
        name: "an array edited in place, then saved with a value",
        place: "state",
        prepare: first,
        run: |folder| {
            let mut state = State::edit(folder)?;
            state.board.view_mut()?.fill(2);
            state.set_step(2);
            state.save(folder)
        },
        outcomes: || {
            let edited = Marks { board: 2, ..Marks::all(1) };
            let saved = Marks { step: 2, ..edited.clone() };
            vec![one(), Seen::State(edited), Seen::State(saved)]
        },
    },
    Scenario {
        name: "everything replaced",
        place: "state",
        prepare: first,
        run: |folder| State::new(&Marks::all(2)).save(folder),
        outcomes: || vec![one(), Seen::State(Marks::all(2))],
    },
    Scenario {
        name: "everything replaced, unsynced",
        place: "state",
        prepare: first,
        run: |folder| {
            let unsynced = SaveOptions::new().sync(false);
            State::new(&Marks::all(2)).save_with(folder, &unsynced).map(drop)
        },
        outcomes: || vec![one(), Seen::State(Marks::all(2))],
    },
    Scenario {
        name: "a map that lost keys and gained one",
        place: "state",
        prepare: first,
        run: |folder| {
            let mut state = State::load(folder)?;
            state.parts.remove("train");
            state.parts.remove("test");
            state.parts.insert("extra".to_owned(), part("extra", 2));
            state.save(folder)
        },
        outcomes: || vec![one(), Seen::State(other_keys())],
    },
    Scenario {
        name: "a variable removed through Pack",
        place: "state",
        prepare: first,
        run: |folder| {
            let mut pack = Pack::open(folder)?;
            drop(pack.remove("small"));
            let board: MmapArray1<u64> = Array1::from_elem(10_000, 2).into();
            pack.insert("board", AnyArray::try_from(board)?)?;
            pack.save()
        },
        outcomes: || vec![one(), Seen::State(Marks { small: 0, board: 2, ..Marks::all(1) })],
    },
    Scenario {
        name: "an array of zeros moved into a new folder",
        place: "state",
        prepare: nothing,
        run: |folder| {
            let mut state = State::new(&Marks::all(2));
            state.grid = unnamed_grid(folder, 2)?;
            state.save(folder)
        },
        outcomes: || vec![Seen::Nothing, Seen::State(Marks::all(2))],
    },
    Scenario {
        name: "an array of zeros moved over another",
        place: "state",
        prepare: first,
        run: |folder| {
            let mut state = State::load(folder)?;
            state.grid = unnamed_grid(folder, 2)?;
            state.set_step(2);
            state.save(folder)
        },
        outcomes: || vec![one(), Seen::State(Marks { grid: 2, step: 2, ..Marks::all(1) })],
    },
    Scenario {
        name: "arrays copied from another folder",
        place: "state",
        prepare: |child, folder| {
            first(child, folder);
            save(&source(folder), &large("large", 2));
        },
        run: |folder| State::load(source(folder))?.save(folder),
        outcomes: || vec![one(), Seen::State(large("large", 2))],
    },
    Scenario {
        name: "a large array under another key",
        place: "state",
        prepare: |_, folder| save(folder, &large("large", 1)),
        run: |folder| {
            let mut state = State::load(folder)?;
            let moved = state.parts.remove("large").expect("it is there");
            state.parts.insert("large too".to_owned(), moved);
            state.save(folder)
        },
        outcomes: || vec![Seen::State(large("large", 1)), Seen::State(large("large too", 1))],
    },
    Scenario {
        name: "a cancelled save",
        place: "state",
        prepare: first,
        run: |folder| {
            let mut state = State::new(&Marks::all(2));
            state.grid = unnamed_grid(folder, 2)?;
            // By then both pickles are staged, and the array of zeros has its name.
            let options = SaveOptions::new().progress(|progress| match progress.files_done {
                ..5 => ControlFlow::Continue(()),
                _ => ControlFlow::Break(()),
            });
            let saved = state.save_with(folder, &options);
            assert!(saved.is_err(), "the save was made");
            saved.map(drop)
        },
        outcomes: || vec![one()],
    },
    Scenario {
        name: "a map of 150 arrays",
        place: "state",
        prepare: |_, folder| save(folder, &many(1)),
        run: |folder| State::new(&many(2)).save(folder),
        outcomes: || vec![Seen::State(many(1)), Seen::State(many(2))],
    },
    Scenario {
        name: "a save over an interrupted one",
        place: "state",
        prepare: interrupted,
        run: |folder| State::new(&Marks::all(3)).save(folder),
        outcomes: || vec![Seen::State(Marks::all(2)), Seen::State(Marks::all(3))],
    },
    Scenario {
        name: "an edit that finishes an interrupted save",
        place: "state",
        prepare: interrupted,
        run: finish,
        outcomes: || vec![Seen::State(Marks::all(2))],
    },
    Scenario {
        name: "an interrupted save dropped after a foreign one",
        place: "state",
        prepare: interrupted_then_changed,
        run: |folder| recover(folder, Recover::KeepFolder),
        outcomes: || vec![Seen::Conflict, Seen::State(Marks { history: 7, ..Marks::all(1) })],
    },
    Scenario {
        name: "an interrupted save kept after a foreign one",
        place: "state",
        prepare: interrupted_then_changed,
        run: |folder| recover(folder, Recover::KeepCommit),
        outcomes: || vec![Seen::Conflict, Seen::State(Marks::all(2))],
    },
];

/// The first `view_mut`, which changes nothing itself, finishes an interrupted save.
pub(super) fn finish(folder: &Path) -> Result<()> {
    let mut state = State::edit(folder)?;
    state.board.view_mut().map(drop)?;
    state.flush()
}

fn one() -> Seen {
    Seen::State(Marks::all(1))
}

fn other_keys() -> Marks {
    let mut marks = Marks::all(1);
    marks.parts = [("extra".to_owned(), 2), ("ä/b".to_owned(), 1)].into();
    marks
}

fn large(key: &str, mark: u64) -> Marks {
    Marks { parts: [(key.to_owned(), mark)].into(), ..Marks::all(mark) }
}

/// The folder that arrays are copied from.
fn source(folder: &Path) -> PathBuf {
    folder.with_file_name("source")
}

fn many(mark: u64) -> Marks {
    let parts = (0..150).map(|key| (format!("key {key}"), mark)).collect();
    Marks { parts, ..Marks::all(mark) }
}

fn nothing(_: &Child, _: &Path) {}

fn first(_: &Child, folder: &Path) {
    save(folder, &Marks::all(1));
}

fn save(folder: &Path, marks: &Marks) {
    State::new(marks).save_with(folder, &SaveOptions::new().sync(false)).expect("a first save");
}

/// Killed at the rename after the commit point: nothing has been moved into its place.
fn interrupted(child: &Child, folder: &Path) {
    first(child, folder);
    let work = child.command("everything replaced", folder);
    strace().run(&work, &Injection::kill(&Call::new("renameat", 1)));
    assert!(folder.join(".varpack-commit").exists(), "the save was not interrupted");
}

/// What a program that knows nothing of the commit folder does: it writes a file of the folder anew.
fn interrupted_then_changed(child: &Child, folder: &Path) {
    interrupted(child, folder);
    let theirs = folder.with_extension("theirs");
    save(&theirs, &Marks::all(7));
    let bytes = fs::read(theirs.join("history.pickle")).expect("a saved pickle");
    fs::write(folder.join("history.pickle"), bytes).expect("a folder that may be written");
    fs::remove_dir_all(theirs).expect("a folder of ours");
}

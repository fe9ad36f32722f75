//! The processes of the stress run: loaders, savers and in-place editors of one folder.

use super::child::Child;
use super::state::{Marks, State};
use std::path::Path;
use std::process::{self, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use varpack::{Error, ErrorKind, LoadOptions, Mode, Pack, SaveOptions, Varpack};

/// Long enough for all others to take their turn.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a process does over and over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Loads in one mode after the other, typed and through `Pack`.
    Load,
    /// Loads, changes all or some, saves.
    Save,
    /// Edits a mapped array in place.
    Edit,
}

/// How often it did what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Loads whose every element was looked at.
    pub loads: usize,
    /// Saves made.
    pub saves: usize,
    /// Edits in place, flushed.
    pub edits: usize,
    /// Refusals: someone else was in the way, or was faster.
    pub refused: usize,
}

/// Works on the folder until the time is over.
///
/// # Errors
/// What no process may see: a torn state, or an error other than that of being refused.
pub fn work(
    role: Role,
    folder: &Path,
    time: Duration,
    seed: u64,
) -> std::result::Result<Counts, String> {
    let start = Instant::now();
    let mut counts = Counts::default();
    let mut turn = seed;
    while start.elapsed() < time {
        turn = turn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let dice = turn >> 33;
        let outcome = match role {
            Role::Load => load(folder, dice),
            Role::Save => save(folder, dice),
            Role::Edit => edit(folder, dice),
        };
        match outcome {
            Ok(()) if role == Role::Load => counts.loads += 1,
            Ok(()) if role == Role::Save => {
                counts.loads += 1;
                counts.saves += 1;
            }
            Ok(()) => counts.edits += 1,
            Err(Failure::Refused) => counts.refused += 1,
            Err(Failure::Bad(why)) => return Err(format!("{role:?}: {why}")),
        }
        sleep(Duration::from_micros(dice % 1500));
        if role != Role::Edit {
            lull();
        }
    }
    Ok(counts)
}

/// An edit in place never waits for loads, and of six processes one always has the folder loaded: five
/// times a second they all begin nothing new for a moment. What they meet after it is an edit.
fn lull() {
    let now =
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().subsec_millis() % 200;
    if let Some(left) = 15_u32.checked_sub(now) {
        sleep(Duration::from_millis(left.into()));
    }
}

enum Failure {
    /// Someone else was in the way.
    Refused,
    /// What must not be.
    Bad(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error.kind() {
            ErrorKind::Busy | ErrorKind::Stale => Self::Refused,
            _ => Self::Bad(error.to_string()),
        }
    }
}

fn checked(state: &State) -> std::result::Result<Marks, Failure> {
    let marks = state.marks().map_err(Failure::Bad)?;
    if marks.is_of_one_save() { Ok(marks) } else { Err(Failure::Bad(format!("mixed: {marks:?}"))) }
}

fn load(folder: &Path, dice: u64) -> std::result::Result<(), Failure> {
    let modes = [Mode::ReadWrite, Mode::ReadOnly, Mode::CopyOnWrite, Mode::InMemory];
    let mode = modes[usize::try_from(dice % 4).unwrap_or_default()];
    let options = LoadOptions::new().mode(mode).wait(PATIENCE);
    if dice.is_multiple_of(16) {
        return load_dynamic(folder, &options);
    }
    let state = State::load_with(folder, &options)?;
    let before = checked(&state)?;
    // What is mapped stays as it was, whatever is saved meanwhile.
    sleep(Duration::from_micros(dice % 300));
    if checked(&state)? != before {
        return Err(Failure::Bad(format!("changed under a load: it was {before:?}")));
    }
    Ok(())
}

fn load_dynamic(folder: &Path, options: &LoadOptions) -> std::result::Result<(), Failure> {
    let pack = Pack::open_with(folder, options)?;
    let board = pack.try_get("board")?.as_array().map(varpack::AnyArray::view::<u64, ndarray::Ix1>);
    let board = board.ok_or_else(|| Failure::Bad("`board` is no array".into()))??;
    if board.iter().any(|mark| *mark != board[0]) {
        return Err(Failure::Bad("`board` is torn".into()));
    }
    Ok(())
}

fn save(folder: &Path, dice: u64) -> std::result::Result<(), Failure> {
    let options = SaveOptions::new().wait(PATIENCE).sync(dice.is_multiple_of(8));
    let mut state = State::load_with(folder, &LoadOptions::new().wait(PATIENCE))?;
    checked(&state)?;
    let mut new = State::new(&Marks::all(1 + dice % 0xFF_FFFE));
    if dice.is_multiple_of(2) {
        // The array that others edit in place stays the folder's own.
        std::mem::swap(&mut new.board, &mut state.board);
    }
    drop(state);
    new.save_with(folder, &options)?;
    Ok(())
}

fn edit(folder: &Path, dice: u64) -> std::result::Result<(), Failure> {
    let options = LoadOptions::new().mode(Mode::ReadWrite).wait(PATIENCE);
    let mut state = State::load_with(folder, &options)?;
    let mut board = state.board.view_mut()?;
    let (mut left, mut right) = board.view_mut().split_at(ndarray::Axis(0), 5_000);
    left.fill(dice);
    // Whoever could see it now would see it torn.
    sleep(Duration::from_micros(200));
    right.fill(dice);
    Ok(state.flush()?)
}

/// The child's work `stress <role> <milliseconds> <seed>`.
///
/// # Errors
/// What no process may see.
pub(super) fn command(words: &str, folder: &Path) -> std::result::Result<String, String> {
    let words: Vec<&str> = words.split(' ').collect();
    let [role, millis, seed] = words[..] else { return Err(format!("bad words {words:?}")) };
    let role = match role {
        "Load" => Role::Load,
        "Save" => Role::Save,
        "Edit" => Role::Edit,
        other => return Err(format!("no role `{other}`")),
    };
    let number = |text: &str| text.parse::<u64>().map_err(|error| error.to_string());
    let counts = work(role, folder, Duration::from_millis(number(millis)?), number(seed)?)?;
    Ok(format!("{} {} {} {}", counts.loads, counts.saves, counts.edits, counts.refused))
}

/// Starts a process with a role.
///
/// # Panics
/// If it cannot be started.
pub fn start(
    child: &Child,
    role: Role,
    folder: &Path,
    time: Duration,
    seed: u64,
) -> process::Child {
    let words = child.command(&format!("stress {role:?} {} {seed}", time.as_millis()), folder);
    let mut command = process::Command::new(&words[0]);
    command.args(&words[1..]).stdout(Stdio::piped()).spawn().expect("the child starts")
}

/// Waits for a process's end.
///
/// # Panics
/// If it died (a torn map is a `SIGBUS`), or saw what no process may see.
pub fn finish(started: process::Child) -> Counts {
    let output = started.wait_with_output().expect("the child is waited for");
    let said = String::from_utf8_lossy(&output.stdout);
    let numbers: Vec<usize> =
        said.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let [loads, saves, edits, refused] = numbers[..] else {
        panic!("{}: {said}", output.status);
    };
    Counts { loads, saves, edits, refused }
}

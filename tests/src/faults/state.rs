//! A struct of every kind of variable, each of which tells which save it comes from.

use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::path::Path;
use varpack::{MmapArray1, MmapArray2, Varpack};

/// A row of the separate pickle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Epoch {
    epoch: u64,
    loss: f64,
}

/// What is saved: arrays that are mapped on load, one that is read, a map of arrays, a variable in a
/// pickle of its own and two in the shared one.
#[derive(Debug, Varpack)]
pub struct State {
    /// 96 KiB: mapped.
    #[varpack(mmap)]
    pub grid: MmapArray2<f64>,
    /// 40 bytes: read. A folder may lack it.
    #[varpack(mmap, default)]
    pub small: MmapArray1<u32>,
    /// Arrays under keys that come and go: 80 bytes each, or 1.2 MB under keys that begin with `large`.
    #[varpack(mmap)]
    pub parts: BTreeMap<String, MmapArray1<f32>>,
    /// 80 KiB, mapped: what is edited in place.
    #[varpack(mmap)]
    pub board: MmapArray1<u64>,
    #[varpack(separate)]
    history: Vec<Epoch>,
    step: u64,
    label: String,
}

/// Which save each variable comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marks {
    /// The array that is mapped.
    pub grid: u64,
    /// The array that is read; 0 if the folder lacks it.
    pub small: u64,
    /// The map of arrays.
    pub parts: BTreeMap<String, u64>,
    /// The array that is edited in place.
    pub board: u64,
    /// The separate pickle.
    pub history: u64,
    /// Both variables of the shared pickle.
    pub step: u64,
}

impl Marks {
    /// All of one save.
    pub fn all(mark: u64) -> Self {
        let parts = ["train", "test", "ä/b"].map(|key| (key.to_owned(), mark));
        Self {
            grid: mark,
            small: mark,
            parts: parts.into(),
            board: mark,
            history: mark,
            step: mark,
        }
    }

    /// Whether all is of one save, whatever was edited in place.
    pub fn is_of_one_save(&self) -> bool {
        let one = Self { board: self.board, ..Self::all(self.step) };
        *self == one
    }
}

/// Every `f32`, `f64` and `u32` holds such a number exactly.
fn small(mark: u64) -> u32 {
    u32::try_from(mark % (1 << 24)).unwrap_or_default()
}

/// An array of the map.
pub(super) fn part(key: &str, mark: u64) -> MmapArray1<f32> {
    #[allow(clippy::cast_precision_loss, reason = "under 2^24")]
    Array1::from_elem(part_len(key), small(mark) as f32).into()
}

/// How many elements the map's array has. From 1 MiB on, arrays that only move are copied by the system.
fn part_len(key: &str) -> usize {
    if key.starts_with("large") { 300_000 } else { 20 }
}

const GRID: (usize, usize) = (96, 128);

/// A mapped array.
pub(super) fn grid(mark: u64) -> MmapArray2<f64> {
    Array2::from_elem(GRID, f64::from(small(mark))).into()
}

/// The same in a file without a name, which a save moves into the folder.
///
/// # Errors
/// If there is no room for it.
pub(super) fn unnamed_grid(folder: &Path, mark: u64) -> varpack::Result<MmapArray2<f64>> {
    let mut grid = MmapArray2::zeros_in(folder, GRID)?;
    grid.view_mut()?.fill(f64::from(small(mark)));
    Ok(grid)
}

impl State {
    /// The state with these marks.
    pub fn new(marks: &Marks) -> Self {
        let mut state = Self {
            grid: grid(marks.grid),
            small: Array1::from_elem(10, small(marks.small)).into(),
            parts: marks.parts.iter().map(|(key, &mark)| (key.clone(), part(key, mark))).collect(),
            board: Array1::from_elem(10_000, marks.board).into(),
            history: Vec::new(),
            step: 0,
            label: String::new(),
        };
        if marks.small == 0 {
            state.small = MmapArray1::default();
        }
        state.set_history(marks.history);
        state.set_step(marks.step);
        state
    }

    /// Marks the separate pickle.
    pub fn set_history(&mut self, mark: u64) {
        self.history = (0..30).map(|epoch| Epoch { epoch, loss: f64::from(small(mark)) }).collect();
    }

    /// Marks both variables of the shared pickle.
    pub fn set_step(&mut self, mark: u64) {
        self.step = mark;
        self.label = format!("step {mark}");
    }

    /// Which save each variable comes from, every element looked at.
    ///
    /// # Errors
    /// What is torn: a variable whose elements come from different saves.
    pub fn marks(&self) -> Result<Marks, String> {
        let parts = self
            .parts
            .iter()
            .map(|(key, part)| {
                let elements = part.iter().map(|x| whole(*x));
                Ok((key.clone(), one(key, part_len(key), elements)?))
            })
            .collect::<Result<_, String>>()?;
        if self.label != format!("step {}", self.step) {
            return Err(format!("step {} is torn from the label `{}`", self.step, self.label));
        }
        let small = match self.small.len() {
            0 => 0,
            _ => one("small", 10, self.small.iter().map(|x| u64::from(*x)))?,
        };
        Ok(Marks {
            grid: one("grid", GRID.0 * GRID.1, self.grid.iter().map(|x| whole(*x)))?,
            small,
            parts,
            board: one("board", 10_000, self.board.iter().copied())?,
            history: one("history", 30, self.history.iter().map(|epoch| whole(epoch.loss)))?,
            step: self.step,
        })
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "marks are under 2^24")]
fn whole(number: impl Into<f64>) -> u64 {
    number.into() as u64
}

/// The one value that all elements have.
fn one<T: Ord + Debug>(
    name: &str,
    len: usize,
    mut elements: impl ExactSizeIterator<Item = T>,
) -> Result<T, String> {
    if elements.len() != len {
        return Err(format!("`{name}` has {} elements and not {len}", elements.len()));
    }
    let mark = elements.next().ok_or_else(|| format!("`{name}` is empty"))?;
    let others: BTreeSet<T> = elements.filter(|element| *element != mark).collect();
    if others.is_empty() {
        Ok(mark)
    } else {
        Err(format!("`{name}` is torn: it holds {mark:?} and {others:?}"))
    }
}

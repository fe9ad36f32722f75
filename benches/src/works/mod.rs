//! The works, one file each: what is done, by whom, and which goals it shows.

pub(crate) mod changed;
pub(crate) mod large;
pub(crate) mod maps;
pub(crate) mod memory;
pub(crate) mod pickles;
pub(crate) mod readme;
pub(crate) mod small;

use crate::goal::Goal;
use crate::measure::Outcome;
use crate::peers::python::Server;
use crate::place::Place;

/// What a work needs.
pub(crate) struct Setting<'a> {
    pub(crate) tmpfs: &'a Place,
    pub(crate) disk: &'a Place,
    pub(crate) python: &'a Server,
    /// Threads that varpack uses by default, and that the plain system calls are given.
    pub(crate) cores: usize,
    /// Smaller data and fewer rounds.
    pub(crate) quick: bool,
}

impl Setting<'_> {
    /// One of two numbers: of the whole run, or of a quick one.
    pub(crate) fn pick(&self, whole: usize, quick: usize) -> usize {
        if self.quick { quick } else { whole }
    }
}

/// What a work has shown.
#[derive(Default)]
pub(crate) struct Section {
    /// Its short name, such as `W1`.
    pub(crate) work: &'static str,
    pub(crate) title: String,
    /// What a reader has to know, before the tables.
    pub(crate) text: String,
    pub(crate) tables: Vec<Table>,
    /// Tables of other things than times.
    pub(crate) figures: Vec<Figures>,
    pub(crate) goals: Vec<Goal>,
    pub(crate) panels: Vec<Panel>,
}

/// A table of a work: the rows of a contest, beside those of one of them.
pub(crate) struct Table {
    pub(crate) outcome: Outcome,
    /// The row that the others are compared with.
    pub(crate) bound: &'static str,
}

/// A table of text.
pub(crate) struct Figures {
    pub(crate) title: String,
    pub(crate) head: &'static [&'static str],
    pub(crate) rows: Vec<Vec<String>>,
}

/// A part of the picture.
pub(crate) struct Panel {
    pub(crate) title: String,
    /// Who, and the milliseconds.
    pub(crate) bars: Vec<(String, f64)>,
}

impl Panel {
    /// A bar for each row of a contest.
    pub(crate) fn new(title: impl Into<String>, outcome: &Outcome) -> Self {
        let bars = outcome.rows.iter().map(|row| (row.name.clone(), row.median()));
        Self { title: title.into(), bars: bars.collect() }
    }
}

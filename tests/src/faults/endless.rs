//! A child that saves one generation after the other until it is killed.

use super::child::Child;
use super::mount::text;
use super::state::{Marks, State, unnamed_grid};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{self, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use varpack::{Result, Varpack};

/// What is saved as a generation: of one mark throughout, with a map whose keys change.
pub fn generation(number: u64) -> Marks {
    let mut marks = Marks::all(number);
    marks.parts.remove("train");
    marks.parts.insert(format!("key {}", number % 3), number);
    marks
}

/// How a generation is made that is saved to a folder.
type Make = fn(&Path, u64) -> Result<State>;

/// The kinds of the child's work.
const WORKS: [(&str, Make); 2] = [
    ("endless", |_, number| Ok(State::new(&generation(number)))),
    ("endless, an array of zeros moved", |folder, number| {
        let mut state = State::new(&generation(number));
        state.grid = unnamed_grid(folder, number)?;
        Ok(state)
    }),
];

/// How the child's work of that name makes a generation, if it is one of these.
pub(super) fn maker(work: &str) -> Option<Make> {
    WORKS.iter().find(|(name, _)| *name == work).map(|(_, make)| *make)
}

/// Prints the number of each generation once its save has returned.
///
/// # Errors
/// Those of a save.
pub(super) fn work(make: Make, folder: &Path) -> Result<()> {
    for number in 1.. {
        make(folder, number)?.save(folder)?;
        println!("{number}");
        if std::io::stdout().flush().is_err() {
            break;
        }
    }
    Ok(())
}

/// The running child.
#[derive(Debug)]
pub struct Endless {
    process: process::Child,
    saved: Arc<AtomicU64>,
}

impl Endless {
    /// Starts the work `endless`, or a kind of it, and waits until a few generations are saved.
    ///
    /// # Panics
    /// If it saves nothing.
    pub fn start(child: &Child, work: &str, folder: &Path) -> Self {
        let process =
            Command::new(child.program()).args([work, text(folder)]).stdout(Stdio::piped()).spawn();
        let mut process = process.expect("the child starts");
        let saved = Arc::new(AtomicU64::new(0));
        let output = BufReader::new(process.stdout.take().expect("its output is piped"));
        let heard = Arc::clone(&saved);
        thread::spawn(move || {
            for number in output.lines().map_while(std::io::Result::ok) {
                heard.store(number.parse().unwrap_or_default(), Ordering::SeqCst);
            }
        });
        let started = Instant::now();
        while saved.load(Ordering::SeqCst) < 3 {
            assert!(started.elapsed() < Duration::from_secs(60), "it saves nothing");
            thread::sleep(Duration::from_millis(1));
        }
        Self { process, saved }
    }

    /// The last generation that is known to be saved.
    pub fn saved(&self) -> u64 {
        self.saved.load(Ordering::SeqCst)
    }
}

impl Drop for Endless {
    fn drop(&mut self) {
        // It has no end of its own.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

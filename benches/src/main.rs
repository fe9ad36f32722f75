//! The benchmarks: one command that measures varpack beside what its users would pick instead, and
//! writes what it found.
//!
//! `cargo run --release -p varpack-benches` takes some minutes and writes `BENCHMARKS.md` and
//! `docs/benchmarks.svg`. `--help` says the rest.

mod chart;
mod data;
mod goal;
mod machine;
mod measure;
mod options;
mod peers;
mod place;
mod report;
mod resident;
mod values;
mod works;

use options::{Action, Options};
use peers::python::Server;
use place::Place;
use std::fs;
use std::path::Path;
use std::process::ExitCode;
use works::{Section, Setting};

/// Whatever goes wrong ends the run.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// A work's name and what runs it.
type Work = (&'static str, fn(&Setting<'_>) -> Result<Section>);

/// All works, in the order of the report.
const WORKS: [Work; 8] = [
    ("W1", works::large::run),
    ("W2", works::maps::run),
    ("W3", works::pickles::run),
    ("W4", works::small::run),
    ("W5", works::changed::run),
    ("W6", works::maps::run_growing),
    ("W7", works::memory::run),
    ("W8", works::readme::run),
];

fn main() -> ExitCode {
    let done = match Options::parse(std::env::args().skip(1)) {
        Ok(Action::Help) => {
            print!("{}", options::HELP);
            Ok(())
        }
        Ok(Action::Child { case, sizes }) => works::memory::child(&case, &sizes),
        Ok(Action::Run(options)) => run(&options),
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<()> {
    let (tmpfs, disk) = (Place::new(Path::new("/dev/shm"))?, Place::new(&options.disk)?);
    let python = Server::start()?;
    let setting = Setting {
        tmpfs: &tmpfs,
        disk: &disk,
        python: &python,
        cores: std::thread::available_parallelism()?.get(),
        quick: options.quick,
    };
    let mut sections = Vec::new();
    for (name, work) in WORKS {
        if options.only.is_empty() || options.only.iter().any(|only| only == name) {
            eprintln!("{name}");
            sections.push(work(&setting)?);
        }
    }
    let machine = machine::Machine::find(&setting)?;
    let mut goals: Vec<_> =
        sections.iter_mut().flat_map(|section| section.goals.drain(..)).collect();
    goals.push(machine.crates_goal());
    let report = report::markdown(&machine, &goals, &sections, options);
    fs::create_dir_all(options.out.join("docs"))?;
    fs::write(options.out.join("BENCHMARKS.md"), &report)?;
    let panels: Vec<_> = sections.iter().flat_map(|section| &section.panels).collect();
    chart::draw(&options.out.join("docs/benchmarks.svg"), &panels)?;
    println!("{report}");
    eprintln!("written to {}", options.out.display());
    Ok(())
}

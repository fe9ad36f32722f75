//! The report: what was found, as Markdown.

use crate::goal::{Bound, Goal};
use crate::machine::Machine;
use crate::measure::ratio;
use crate::options::Options;
use crate::works::{Figures, Section, Table};
use std::fmt::{Display, Write};

/// The whole report.
pub(crate) fn markdown(
    machine: &Machine,
    goals: &[Goal],
    sections: &[Section],
    options: &Options,
) -> String {
    let mut text = String::from(
        "# Benchmarks\n\n\
         Written by `cargo run --release -p varpack-benches`, and never by hand.\n\n",
    );
    if options.quick {
        text += "**A quick run: small data, few rounds. It shows that everything works, and no speed.**\n\n";
    }
    text += "![Times beside the peers, on a logarithmic scale](docs/benchmarks.svg)\n\n";
    text += "## Goals\n\n";
    text += &goals_table(goals);
    text += "\n## How it was taken\n\n";
    text += &machine_table(machine);
    text += METHOD;
    for section in sections {
        // Writing to a string cannot fail.
        let _ = write!(text, "\n## {}: {}\n\n{}\n", section.work, section.title, section.text);
        for table in &section.tables {
            text += &times_table(table);
        }
        for figures in &section.figures {
            text += &figures_table(figures);
        }
    }
    text
}

/// What a reader has to know of all figures.
const METHOD: &str = "
All contestants of a table run in turns in one process, each in a fresh folder: one warm-up round, then the rounds that
count, each in another order. Times are medians, with the shortest and the longest. A ratio is the median of the
ratios within the rounds, so that a slow second of the machine does not count for one side alone; it is what to look at, for
the times are of this machine. Peers in Python run in a child process that takes its own times. Caches are warm: files were
written just before they are read. Each load's sum of what it touched is compared with what was saved, each folder that
varpack saved is loaded again, and each save's bytes are counted; none of that is timed. What does not sync is compared with
what does not, and a synced save with system calls that sync too.

`cargo run --release -p varpack-benches --bin build_time` measures what the derive costs in compile time.
";

fn goals_table(goals: &[Goal]) -> String {
    let rows = goals.iter().map(|goal| {
        let sign = match goal.bound {
            Bound::AtMost => "≤",
            Bound::Under => "<",
        };
        let number = |value: f64| with_unit(value, goal.unit);
        [
            goal.what.clone(),
            goal.to.clone(),
            format!("{sign} {}", number(goal.limit)),
            number(goal.found),
            if goal.is_met() { "met".to_owned() } else { "**missed**".to_owned() },
        ]
    });
    table(&["what", "beside", "goal", "measured", "verdict"], rows)
}

fn with_unit(value: f64, unit: &str) -> String {
    match unit {
        "x" => format!("{}x", significant(value)),
        "crates" => format!("{value} {unit}"),
        _ => format!("{} {unit}", significant(value)),
    }
}

fn machine_table(machine: &Machine) -> String {
    let python = &machine.python;
    let rows = [
        ["processor", &format!("{}, {} cores", machine.cpu, machine.cores)],
        ["memory", &machine.memory],
        ["kernel", &format!("Linux {}", machine.kernel)],
        ["file systems", &format!("{}, and {} on a disk", machine.tmpfs, machine.disk)],
        ["Rust", &machine.rust],
        ["Python", &format!("{}, NumPy {}, joblib {}", python.python, python.numpy, python.joblib)],
        ["crates", &machine.peers.join(", ")],
    ];
    table(&["", ""], rows)
}

fn times_table(Table { outcome, bound }: &Table) -> String {
    let bounding = outcome.rows.iter().find(|row| row.name == *bound);
    let rows = outcome.rows.iter().map(|row| {
        let (low, high) = row.spread();
        let beside = bounding.map_or(f64::NAN, |bounding| ratio(row, bounding));
        let name = &row.name;
        [
            if name.starts_with("varpack") { format!("**{name}**") } else { name.clone() },
            row.threads.to_string(),
            format!("{}x", significant(beside)),
            significant(row.median()),
            format!("{}..{}", significant(low), significant(high)),
        ]
    });
    let head = ["who", "threads", &format!("ratio to {bound}"), "ms", "min..max"];
    format!("\n### {}\n\n{}", outcome.title, table(&head, rows))
}

fn figures_table(figures: &Figures) -> String {
    format!("\n### {}\n\n{}", figures.title, table(figures.head, &figures.rows))
}

/// A table; columns of numbers are aligned to the right.
fn table<R: AsRef<[C]>, C: Display>(head: &[&str], rows: impl IntoIterator<Item = R>) -> String {
    let mut text = line(head);
    text += &line(&vec!["---"; head.len()]);
    for row in rows {
        text += &line(row.as_ref());
    }
    text
}

fn line(cells: &[impl Display]) -> String {
    let mut text = String::from("|");
    for cell in cells {
        // Writing to a string cannot fail.
        let _ = write!(text, " {cell} |");
    }
    text + "\n"
}

/// A number with three digits that count, and all of those before the point.
fn significant(value: f64) -> String {
    match value.abs() {
        100.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        1.0.. => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::{Outcome, Row};
    use std::time::Duration;

    fn row(name: &str, milliseconds: &[u64]) -> Row {
        let times = milliseconds.iter().map(|&time| Duration::from_millis(time)).collect();
        Row { name: name.to_owned(), threads: 2, times }
    }

    #[test]
    fn times_stand_beside_those_of_the_bound() {
        let rows = vec![row("plain", &[10, 20, 30]), row("varpack", &[11, 20, 60])];
        let outcome = Outcome { title: "save".to_owned(), rows };
        let expected = "\n### save\n\n\
            | who | threads | ratio to plain | ms | min..max |\n\
            | --- | --- | --- | --- | --- |\n\
            | plain | 2 | 1.00x | 20.0 | 10.0..30.0 |\n\
            | **varpack** | 2 | 1.10x | 20.0 | 11.0..60.0 |\n";
        assert_eq!(times_table(&Table { outcome, bound: "plain" }), expected);
    }

    #[test]
    fn goals_show_their_verdict() {
        let goals = [
            Goal::ratio("save", "plain", 1.1, 1.0449),
            Goal::under("memory", 16.0, 17.25, "MiB"),
            Goal::at_most("crates", 35.0, 33.0, "crates"),
        ];
        let expected = "| what | beside | goal | measured | verdict |\n\
            | --- | --- | --- | --- | --- |\n\
            | save | plain | ≤ 1.10x | 1.04x | met |\n\
            | memory |  | < 16.0 MiB | 17.2 MiB | **missed** |\n\
            | crates |  | ≤ 35 crates | 33 crates | met |\n";
        assert_eq!(goals_table(&goals), expected);
    }

    #[test]
    fn numbers_keep_three_digits() {
        let shown = [1234.5, 99.96, 9.999, 0.1234].map(significant);
        assert_eq!(shown, ["1234", "100.0", "10.00", "0.123"]);
    }
}

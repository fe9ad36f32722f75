//! Measuring: contestants in turns, each in a fresh folder, and what the times say.

use crate::Result;
use crate::place::Place;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::time::{Duration, Instant};

/// What a contestant does in an empty folder, and the time of what counts of it.
type Run<'a> = Box<dyn FnMut(&Path) -> Result<Duration> + 'a>;

/// One who takes part in a contest.
struct Contestant<'a> {
    name: String,
    threads: usize,
    run: Run<'a>,
    times: Vec<Duration>,
}

/// Several ways to do one thing under the same conditions.
///
/// They run in turns: one warm-up round, then rounds that count, each in another order.
/// A slow second of the machine is so shared by all, and ratios are taken within a round. On a disk
/// nothing that another one wrote is still to be written when one begins.
pub(crate) struct Contest<'a> {
    title: String,
    place: &'a Place,
    rounds: usize,
    written: u64,
    contestants: Vec<Contestant<'a>>,
}

impl<'a> Contest<'a> {
    pub(crate) fn new(title: impl Into<String>, place: &'a Place, rounds: usize) -> Self {
        Self { title: title.into(), place, rounds, written: 0, contestants: Vec::new() }
    }

    /// Each contestant leaves at least so many bytes in its folder, or the contest fails.
    pub(crate) fn writes(mut self, bytes: u64) -> Self {
        self.written = bytes;
        self
    }

    /// Adds a contestant. It gets an empty folder and gives the time of what counts; the folder is
    /// removed after each round.
    pub(crate) fn add(
        &mut self,
        name: impl Into<String>,
        threads: usize,
        run: impl FnMut(&Path) -> Result<Duration> + 'a,
    ) {
        let (name, run) = (name.into(), Box::new(run));
        self.contestants.push(Contestant { name, threads, run, times: Vec::new() });
    }

    /// Runs all rounds.
    ///
    /// # Errors
    /// The first of a contestant's, with its name.
    pub(crate) fn run(mut self) -> Result<Outcome> {
        let start = Instant::now();
        eprint!("  {}: {} contestants, {} rounds", self.title, self.contestants.len(), self.rounds);
        for round in 0..=self.rounds {
            for number in order(round, self.contestants.len()) {
                let contestant = &mut self.contestants[number];
                let folder = self.place.fresh()?;
                self.place.settle()?;
                let time = (contestant.run)(folder.path())
                    .and_then(|time| holds(folder.path(), self.written).map(|()| time))
                    .map_err(|error| format!("{}: {}: {error}", self.title, contestant.name))?;
                if round > 0 {
                    contestant.times.push(time);
                }
            }
        }
        eprintln!(", {:.1} s", start.elapsed().as_secs_f64());
        let rows = self
            .contestants
            .into_iter()
            .map(|Contestant { name, threads, times, .. }| Row { name, threads, times });
        Ok(Outcome { title: self.title, rows: rows.collect() })
    }
}

/// The contestants of a round in turn: another order each round, so that nobody always comes after the
/// same one and finds its own code and files warm, or cold.
fn order(round: usize, contestants: usize) -> Vec<usize> {
    let mut order: Vec<_> = (0..contestants).collect();
    order.sort_by_cached_key(|number| {
        // Not the hash of maps, which is another one in each process.
        let mut hasher = DefaultHasher::new();
        (round, number).hash(&mut hasher);
        hasher.finish()
    });
    order
}

/// Fails if a folder holds fewer bytes than were to be written.
fn holds(folder: &Path, expected: u64) -> Result<()> {
    let found = bytes_in(folder)?;
    if found < expected {
        return Err(format!("expected {expected} bytes on disk, found {found}").into());
    }
    Ok(())
}

/// The bytes of all files below a folder.
fn bytes_in(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let metadata = entry.as_ref().map_err(ToString::to_string)?.metadata()?;
        bytes += if metadata.is_dir() { bytes_in(&entry?.path())? } else { metadata.len() };
    }
    Ok(bytes)
}

/// The times of one contestant, in the order of the rounds.
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) threads: usize,
    pub(crate) times: Vec<Duration>,
}

impl Row {
    /// The median time, in milliseconds.
    pub(crate) fn median(&self) -> f64 {
        median(self.times.iter().map(milliseconds).collect())
    }

    /// The shortest and the longest time, in milliseconds.
    pub(crate) fn spread(&self) -> (f64, f64) {
        let times = self.times.iter().map(milliseconds);
        times.fold((f64::INFINITY, 0.0), |(low, high), time| (low.min(time), high.max(time)))
    }
}

/// What a contest has shown.
pub(crate) struct Outcome {
    pub(crate) title: String,
    pub(crate) rows: Vec<Row>,
}

impl Outcome {
    pub(crate) fn row(&self, name: &str) -> Result<&Row> {
        let found = self.rows.iter().find(|row| row.name == name);
        found.ok_or_else(|| format!("{}: no contestant {name}", self.title).into())
    }

    /// How much longer one takes than another: the median of the ratios within each round.
    pub(crate) fn ratio(&self, of: &str, to: &str) -> Result<f64> {
        Ok(ratio(self.row(of)?, self.row(to)?))
    }
}

/// The median of the ratios of two contestants' times within each round.
pub(crate) fn ratio(of: &Row, to: &Row) -> f64 {
    let ratios = of.times.iter().zip(&to.times).map(|(of, to)| milliseconds(of) / milliseconds(to));
    median(ratios.collect())
}

/// The middle one, or the mean of the two in the middle; not a number if there are none.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match (values.len() % 2, values.get(middle)) {
        (_, None) => f64::NAN,
        (1, Some(&value)) => value,
        (_, Some(&upper)) => f64::midpoint(values[middle - 1], upper),
    }
}

fn milliseconds(time: &Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// The time of an action that must not fail.
pub(crate) fn timed(action: impl FnOnce() -> Result<()>) -> Result<Duration> {
    let start = Instant::now();
    action()?;
    Ok(start.elapsed())
}

/// The time of a load, whose sum of what it touched has to be right. What it holds is dropped after the
/// clock has stopped.
pub(crate) fn timed_load<T>(
    expected: f64,
    load: impl FnOnce() -> Result<(f64, T)>,
) -> Result<Duration> {
    let start = Instant::now();
    let (sum, held) = load()?;
    let time = start.elapsed();
    drop(held);
    check_sum(expected, sum)?;
    Ok(time)
}

/// Fails if what was loaded is not what was saved.
pub(crate) fn check_sum(expected: f64, found: f64) -> Result<()> {
    // Sums of small whole numbers are exact.
    if found != expected {
        return Err(format!("expected a sum of {expected}, found {found}").into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, milliseconds: &[u64]) -> Row {
        let times = milliseconds.iter().map(|&time| Duration::from_millis(time)).collect();
        Row { name: name.to_owned(), threads: 1, times }
    }

    #[test]
    fn median_is_the_middle_of_an_odd_and_the_mean_of_an_even_number() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
        assert!(median(Vec::new()).is_nan());
    }

    #[test]
    fn spread_is_the_shortest_and_the_longest() {
        assert_eq!(row("x", &[3, 1, 2]).spread(), (1.0, 3.0));
    }

    #[test]
    fn ratio_is_taken_within_rounds() {
        // A slow second round of the machine: 2, 2 and 3 times as long.
        let (slow, fast) = (row("slow", &[2, 200, 3]), row("fast", &[1, 100, 1]));
        assert_eq!(ratio(&slow, &fast), 2.0);
    }

    #[test]
    fn first_round_is_not_counted() {
        let place = Place::temporary().unwrap();
        let runs = std::cell::Cell::new(0);
        let mut contest = Contest::new("warm-up", &place, 2);
        contest.add("x", 1, |_| {
            runs.set(runs.get() + 1);
            Ok(Duration::from_millis(1))
        });
        let outcome = contest.run().unwrap();
        assert_eq!((runs.get(), outcome.row("x").unwrap().times.len()), (3, 2));
    }

    #[test]
    fn rounds_have_all_contestants_in_different_orders() {
        let mut orders: Vec<_> = (0..4).map(|round| order(round, 11)).collect();
        orders.sort();
        orders.dedup();
        assert_eq!(orders.len(), 4);
        for mut order in orders {
            order.sort_unstable();
            assert_eq!(order, (0..11).collect::<Vec<_>>());
        }
    }

    #[test]
    fn save_that_writes_too_little_fails_the_contest() {
        let place = Place::temporary().unwrap();
        let mut contest = Contest::new("short", &place, 1).writes(4);
        contest.add("three bytes", 1, |folder| timed(|| Ok(fs::write(folder.join("x"), "abc")?)));
        let message = contest.run().err().unwrap().to_string();
        assert_eq!(message, "short: three bytes: expected 4 bytes on disk, found 3");
    }

    #[test]
    fn load_of_other_elements_fails() {
        assert!(timed_load(3.0, || Ok((3.0, ()))).is_ok());
        assert!(timed_load(3.0, || Ok((2.0, ()))).is_err());
    }
}

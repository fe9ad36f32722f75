//! W3: a million values and more as a pickle, written and read, in memory and as a folder.

use super::{Panel, Section, Setting, Table};
use crate::Result;
use crate::goal::Goal;
use crate::measure::{Contest, Outcome, timed};
use crate::peers::python::Server;
use crate::values::{Folder, Row, Values};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use std::fmt::Debug;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};
use varpack::{SaveOptions, Varpack, pickle};

/// Runs it.
pub(crate) fn run(setting: &Setting<'_>) -> Result<Section> {
    let (floats, entries) = if setting.quick { (100_000, 10_000) } else { (1_000_000, 100_000) };
    let values = Values::new(floats, entries);
    setting.python.prepare("make_values", json!({"floats": floats, "entries": entries}))?;
    let size = pickle::to_vec(&values)?.len();
    let rkyv = ::rkyv::to_bytes::<::rkyv::rancor::Error>(&values)?;

    let mut write = Contest::new("write to memory", setting.tmpfs, setting.pick(11, 2));
    writers(&mut write, setting.python, &values);
    write.add("rkyv", 1, |_| {
        let start = Instant::now();
        let bytes = ::rkyv::to_bytes::<::rkyv::rancor::Error>(&values)?;
        let time = start.elapsed();
        drop(bytes);
        Ok(time)
    });
    let write = write.run()?;

    let folder = setting.tmpfs.fresh()?;
    let files = Files::new(folder.path(), &values)?;
    let mut read = Contest::new("read from memory", setting.tmpfs, setting.pick(11, 2));
    readers(&mut read, setting.python, &values, &files);
    read.add("rkyv", 1, |_| {
        read_checked(&values, || Ok(::rkyv::from_bytes::<Values, ::rkyv::rancor::Error>(&rkyv)?))
    });
    let read = read.run()?;

    let (rows_written, rows_read, rows_size) = rows(setting)?;
    let saved = as_folder(setting, Values::new(floats, entries))?;
    setting.python.prepare("forget", json!({}))?;

    let total = floats + 2 * entries;
    let goals = vec![
        Goal::ratio(
            format!("write a pickle of {total} values"),
            "serde-pickle",
            1.0,
            write.ratio("varpack", "serde-pickle")?,
        ),
        Goal::ratio(
            "read it",
            "serde-pickle, a third of its time",
            1.0 / 3.0,
            read.ratio("varpack", "serde-pickle")?,
        ),
        Goal::ahead("read it", "CPython", read.ratio("varpack", "CPython")?),
    ];
    let panels = vec![
        Panel::new(format!("write {total} values"), &write),
        Panel::new(format!("read {total} values"), &read),
    ];
    Ok(Section {
        work: "W3",
        title: format!("{floats} floats, a map of {entries} texts to integers, {entries} texts"),
        text: format!(
            "As one pickle of protocol 4, {:.1} MB; then {} rows of three fields, {:.2} MB. What was read is \
             compared with what was written, every value. rkyv's format is its own; epserde has no maps.",
            megabytes(size),
            setting.pick(100_000, 10_000),
            megabytes(rows_size),
        ),
        tables: vec![
            Table { outcome: write, bound: "serde-pickle" },
            Table { outcome: read, bound: "serde-pickle" },
            Table { outcome: rows_written, bound: "serde-pickle" },
            Table { outcome: rows_read, bound: "serde-pickle" },
            Table { outcome: saved, bound: "plain write(2) of the pickle" },
        ],
        goals,
        panels,
        ..Section::default()
    })
}

/// Pickles of the values as each of the codecs writes them.
struct Files {
    ours: Vec<u8>,
    theirs: Vec<u8>,
    /// The same as ours, for Python.
    path: std::path::PathBuf,
}

impl Files {
    fn new(folder: &Path, values: &impl Serialize) -> Result<Self> {
        let ours = pickle::to_vec(values)?;
        let theirs = serde_pickle::to_vec(values, serde_pickle::SerOptions::new())?;
        let path = folder.join("values.pickle");
        fs::write(&path, &ours)?;
        Ok(Self { ours, theirs, path })
    }
}

fn writers<'a>(contest: &mut Contest<'a>, python: &'a Server, values: &'a impl Serialize) {
    contest.add("varpack", 1, |_| time_of(|| Ok(pickle::to_vec(values)?)));
    contest.add("serde-pickle", 1, |_| {
        time_of(|| Ok(serde_pickle::to_vec(values, serde_pickle::SerOptions::new())?))
    });
    contest.add("CPython", 1, |_| python.time("pickle_dumps", json!({})));
}

fn readers<'a, T: DeserializeOwned + PartialEq + Debug>(
    contest: &mut Contest<'a>,
    python: &'a Server,
    values: &'a T,
    files: &'a Files,
) {
    contest
        .add("varpack", 1, |_| read_checked(values, || Ok(pickle::from_slice::<T>(&files.ours)?)));
    let theirs =
        |bytes: &[u8]| Ok(serde_pickle::from_slice::<T>(bytes, serde_pickle::DeOptions::new())?);
    contest.add("serde-pickle", 1, move |_| read_checked(values, || theirs(&files.theirs)));
    contest.add("serde-pickle, varpack's file", 1, move |_| {
        read_checked(values, || theirs(&files.ours))
    });
    contest.add("CPython", 1, |_| python.time("pickle_loads", json!({"path": files.path})));
}

/// Rows of three fields, written and read, and the bytes of their pickle.
fn rows(setting: &Setting<'_>) -> Result<(Outcome, Outcome, usize)> {
    let count = if setting.quick { 10_000 } else { 100_000 };
    let rows = Row::many(count);
    setting.python.prepare("make_rows", json!({"count": count}))?;
    let folder = setting.tmpfs.fresh()?;
    let files = Files::new(folder.path(), &rows)?;
    let rounds = setting.pick(11, 2);
    let mut write = Contest::new(format!("write {count} rows"), setting.tmpfs, rounds);
    writers(&mut write, setting.python, &rows);
    let mut read = Contest::new(format!("read {count} rows"), setting.tmpfs, rounds);
    readers(&mut read, setting.python, &rows, &files);
    Ok((write.run()?, read.run()?, files.ours.len()))
}

/// The whole of a save and a load of a folder that holds the values.
fn as_folder(setting: &Setting<'_>, values: Values) -> Result<Outcome> {
    let bytes = pickle::to_vec(&values)?;
    let data = Folder { values };
    let folder = setting.tmpfs.fresh()?;
    let path = folder.path().join("run");
    let options = SaveOptions::new().sync(false);
    data.save_with(&path, &options)?;
    let title = format!("as a folder, {}, unsynced", setting.tmpfs.name);
    let mut contest = Contest::new(title, setting.tmpfs, setting.pick(7, 2));
    contest.add("plain write(2) of the pickle", 1, |folder| {
        timed(|| Ok(fs::write(folder.join("values.pickle"), &bytes)?))
    });
    contest.add("varpack, save", 1, |folder| {
        timed(|| Ok(data.save_with(folder.join("run"), &options).map(drop)?))
    });
    contest.add("varpack, load", 1, |_| read_checked(&data, || Ok(Folder::load(&path)?)));
    contest.run()
}

fn time_of<T>(action: impl FnOnce() -> Result<T>) -> Result<Duration> {
    let start = Instant::now();
    let made = action()?;
    let time = start.elapsed();
    drop(made);
    Ok(time)
}

/// The time of a read whose result has to be equal.
fn read_checked<T: PartialEq + Debug>(
    expected: &T,
    read: impl FnOnce() -> Result<T>,
) -> Result<Duration> {
    let start = Instant::now();
    let found = read()?;
    let time = start.elapsed();
    if found != *expected {
        return Err("what was read is not what was written".into());
    }
    Ok(time)
}

fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}

//! W2 and W6: maps of many small arrays, saved, saved again and loaded.

use super::{Panel, Section, Setting, Table};
use crate::Result;
use crate::data::{Map, bytes};
use crate::goal::Goal;
use crate::measure::{Contest, Outcome, check_sum, timed, timed_load};
use crate::peers::{ndarray_npy, npyz, raw, rkyv, safetensors, trusted};
use serde_json::json;
use std::cell::RefCell;
use std::path::Path;
use std::time::Duration;
use varpack::{SaveOptions, Varpack};

/// Elements of each array: 4,000 bytes.
const LEN: usize = 1000;

const PLAIN: &str = "plain create + write";
const PLAIN_ALL: &str = "plain create + write, all cores";
const REPLACE: &str = "plain create + write + rename";
const READ: &str = "plain open + read";
const MAP: &str = "plain open + mmap + touch";

/// Runs W2: 10,000 arrays, with all peers.
pub(crate) fn run(setting: &Setting<'_>) -> Result<Section> {
    let count = setting.pick(10_000, 1_000);
    let data = Map::new(count, LEN);
    let names: Vec<&str> = data.split.keys().map(String::as_str).collect();
    setting.python.prepare("make_arrays", json!({"names": names, "length": LEN}))?;
    let saved = save(setting, &data)?;
    let unsynced = save_on_disk(setting, &data, false)?;
    let synced = save_on_disk(setting, &data, true)?;
    let loaded = load(setting, &data, true)?;
    setting.python.prepare("forget", json!({}))?;
    let goals = vec![
        Goal::ratio(
            format!("save a map of {count} arrays of 4 KB, new, unsynced, {}", setting.tmpfs.name),
            "plain create + `write`, one thread",
            1.3,
            saved.ratio("varpack", PLAIN)?,
        ),
        Goal::ratio(
            format!("load that map, {}", setting.tmpfs.name),
            "plain open + fstat + mmap + touch",
            0.5,
            loaded.ratio("varpack", MAP)?,
        ),
    ];
    let panels = vec![
        Panel::new(format!("save {count} arrays of 4 KB"), &saved),
        Panel::new(format!("load {count} arrays of 4 KB"), &loaded),
    ];
    Ok(Section {
        work: "W2",
        title: format!("a map of {count} `f32` arrays of 1,000 elements"),
        text: "A load touches one element of each array. safetensors, epserde, rkyv and joblib write one file, \
               which NumPy does not read, and in which one array cannot be replaced. joblib cannot map that many: \
               it runs out of open files. The Python program took 10,684 ms to save and 1,162 ms to load (as \
               given, on another such machine: it cannot be installed here)."
            .into(),
        tables: vec![
            Table { outcome: saved, bound: PLAIN },
            Table { outcome: unsynced, bound: PLAIN },
            Table { outcome: synced, bound: PLAIN },
            Table { outcome: loaded, bound: MAP },
        ],
        goals,
        panels,
        ..Section::default()
    })
}

/// Runs W6: how that grows with the number of arrays.
pub(crate) fn run_growing(setting: &Setting<'_>) -> Result<Section> {
    let mut tables = Vec::new();
    let mut goals = Vec::new();
    let mut counts = vec![1_000];
    if !setting.quick {
        counts.extend([10_000, 100_000]);
    }
    for count in counts {
        let data = Map::new(count, LEN);
        let rounds = if count > 10_000 { 2 } else { setting.pick(5, 1) };
        tables.push(Table { outcome: save_plain(setting, &data, rounds)?, bound: PLAIN });
        let loaded = load(setting, &data, false)?;
        let again = save_again(setting, &data, rounds)?;
        if count == 10_000 || setting.quick {
            goals.push(Goal::ratio(
                format!("save {count} arrays over older ones, unsynced, {}", setting.tmpfs.name),
                "plain create + `write`, one thread",
                2.2,
                again.ratio("varpack, all changed", PLAIN)?,
            ));
        }
        if count == 100_000 {
            goals.push(Goal::at_most(
                format!("load a map of {count} arrays: arrays that are not there"),
                0.0,
                missing(setting, &data)?,
                "arrays",
            ));
        }
        tables.push(Table { outcome: again, bound: PLAIN });
        tables.push(Table { bound: READ, outcome: loaded });
    }
    Ok(Section {
        work: "W6",
        title: "maps of 1,000, 10,000 and 100,000 arrays of 4 KB".into(),
        text: "A process may hold 65,530 maps, so that nobody maps 100,000 files. \"All changed\": each array is \
               another one than at the last save; \"nothing changed\": each is as it was loaded."
            .into(),
        tables,
        goals,
        ..Section::default()
    })
}

/// Saves with varpack, and then looks whether it is there.
fn save_ours(data: &Map, folder: &Path, sync: bool, threads: usize) -> Result<Duration> {
    let options = SaveOptions::new().sync(sync).threads(threads);
    let folder = folder.join("run");
    let time = timed(|| Ok(data.save_with(&folder, &options).map(drop)?))?;
    check_sum(data.touch(), Map::load(&folder)?.touch())?;
    Ok(time)
}

fn save(setting: &Setting<'_>, data: &Map) -> Result<Outcome> {
    let (cores, python, place) = (setting.cores, setting.python, setting.tmpfs);
    let arrays = &data.named();
    let title = format!("save, new, {}, unsynced", place.name);
    let mut contest = Contest::new(title, place, setting.pick(7, 2)).writes(bytes(arrays));
    contest.add(PLAIN, 1, |folder| timed(|| raw::save(folder, arrays, 1, raw::Durable::No)));
    contest.add(PLAIN_ALL, cores, |folder| {
        timed(|| raw::save(folder, arrays, cores, raw::Durable::No))
    });
    contest.add("varpack", cores, |folder| save_ours(data, folder, false, 0));
    contest.add("varpack, one thread", 1, |folder| save_ours(data, folder, false, 1));
    contest.add("np.save", 1, |folder| python.time_save("np_save", folder));
    contest.add("ndarray-npy", 1, |folder| timed(|| ndarray_npy::save(folder, arrays)));
    contest.add("npyz", 1, |folder| timed(|| npyz::save(folder, arrays)));
    contest.add("joblib, one file", 1, |folder| python.time_save("joblib_save", folder));
    contest.add("safetensors, one file", 1, |folder| timed(|| safetensors::save(folder, arrays)));
    contest.add("epserde, one file", 1, |folder| {
        timed(|| trusted::epserde_store(&folder.join("arrays"), arrays))
    });
    contest.add("rkyv, one file", 1, |folder| timed(|| rkyv::save(folder, arrays)));
    contest.run()
}

fn save_on_disk(setting: &Setting<'_>, data: &Map, sync: bool) -> Result<Outcome> {
    let (cores, place) = (setting.cores, setting.disk);
    let arrays = &data.named();
    let (said, how) = if sync {
        ("synced, by one `syncfs`", raw::Durable::All)
    } else {
        ("unsynced", raw::Durable::No)
    };
    let title = format!("save, new, {}, {said}", place.name);
    let mut contest = Contest::new(title, place, setting.pick(3, 1)).writes(bytes(arrays));
    contest.add(PLAIN, 1, move |folder| timed(|| raw::save(folder, arrays, 1, how)));
    contest.add(PLAIN_ALL, cores, move |folder| timed(|| raw::save(folder, arrays, cores, how)));
    contest.add("varpack", cores, move |folder| save_ours(data, folder, sync, 0));
    contest.run()
}

/// A load; with all peers, or with the plain system calls alone.
fn load(setting: &Setting<'_>, data: &Map, peers: bool) -> Result<Outcome> {
    let (cores, python, place) = (setting.cores, setting.python, setting.tmpfs);
    let arrays = &data.named();
    let names: Vec<_> = arrays.iter().map(|(name, _)| *name).collect();
    let lens: Vec<_> = arrays.iter().map(|(name, elements)| (*name, elements.len())).collect();
    let (names, lens) = (&names, &lens);
    let sum = data.touch();
    let folder = place.fresh()?;
    let plain = &folder.path().join("plain");
    let others = &folder.path().join("others");
    let ours = &folder.path().join("run");
    std::fs::create_dir(plain)?;
    std::fs::create_dir(others)?;
    data.save_with(ours, &SaveOptions::new().sync(false))?;
    raw::save(plain, arrays, cores, raw::Durable::No)?;

    let title = format!("load {} arrays, {}, warm", names.len(), place.name);
    let rounds = if names.len() > 10_000 { 3 } else { setting.pick(7, 2) };
    let mut contest = Contest::new(title, place, rounds);
    contest.add(READ, 1, |_| timed_load(sum, || raw::load_read(plain, lens, 1)));
    contest.add("plain open + read, all cores", cores, |_| {
        timed_load(sum, || raw::load_read(plain, lens, cores))
    });
    if names.len() < 60_000 {
        contest.add(MAP, 1, |_| timed_load(sum, || raw::load_mapped(plain, names)));
    }
    contest.add("varpack", cores, |_| {
        timed_load(sum, || {
            let map = Map::load(ours)?;
            Ok((map.touch(), map))
        })
    });
    if peers {
        ndarray_npy::save(others, arrays)?;
        python.time_save("joblib_save", others)?;
        safetensors::save(others, arrays)?;
        trusted::epserde_store(&others.join("arrays.epserde"), arrays)?;
        rkyv::save(others, arrays)?;
        contest.add("np.load", 1, |_| python.time_load("np_load_read", others, sum));
        contest.add("np.load, mapped", 1, |_| python.time_load("np_load_mapped", others, sum));
        contest
            .add("ndarray-npy", 1, |_| timed_load(sum, || ndarray_npy::load_read(others, names)));
        contest.add("npyz", 1, |_| timed_load(sum, || npyz::load_read(others, names)));
        contest.add("joblib, one file", 1, |_| python.time_load("joblib_load_read", others, sum));
        contest.add("safetensors, one file, mapped", 1, |_| {
            timed_load(sum, || safetensors::load_mapped(others, names))
        });
        contest.add("epserde, one file, mapped", 1, |_| {
            timed_load(sum, || trusted::epserde_map(&others.join("arrays.epserde")))
        });
        contest.add("rkyv, one file, mapped", 1, |_| timed_load(sum, || rkyv::load_mapped(others)));
    }
    contest.run()
}

fn save_plain(setting: &Setting<'_>, data: &Map, rounds: usize) -> Result<Outcome> {
    let (cores, place) = (setting.cores, setting.tmpfs);
    let arrays = &data.named();
    let title = format!("save {} arrays, new, {}, unsynced", arrays.len(), place.name);
    let mut contest = Contest::new(title, place, rounds).writes(bytes(arrays));
    contest.add(PLAIN, 1, |folder| timed(|| raw::save(folder, arrays, 1, raw::Durable::No)));
    contest.add(PLAIN_ALL, cores, |folder| {
        timed(|| raw::save(folder, arrays, cores, raw::Durable::No))
    });
    contest.add("varpack", cores, |folder| save_ours(data, folder, false, 0));
    contest.run()
}

/// Saves over a folder: all arrays changed, or none.
fn save_again(setting: &Setting<'_>, data: &Map, rounds: usize) -> Result<Outcome> {
    let place = setting.tmpfs;
    let folder = place.fresh()?;
    let [changed, unchanged, plain] =
        ["changed", "unchanged", "plain"].map(|name| folder.path().join(name));
    let options = SaveOptions::new().sync(false);
    data.save_with(&changed, &options)?;
    data.save_with(&unchanged, &options)?;
    std::fs::create_dir(&plain)?;
    raw::save(&plain, &data.named(), 1, raw::Durable::No)?;

    let title = format!("save {} arrays again, {}, unsynced", data.split.len(), place.name);
    let ours = &RefCell::new(Map::load(&changed)?);
    let kept = &Map::load(&unchanged)?;
    let arrays = &data.named();
    let (changed, unchanged, plain, options) = (&changed, &unchanged, &plain, &options);
    let mut contest = Contest::new(title, place, rounds);
    contest.add(PLAIN, 1, |folder| timed(|| raw::save(folder, arrays, 1, raw::Durable::No)));
    contest.add(REPLACE, 1, |_| timed(|| raw::replace(plain, arrays, 1, raw::Durable::No)));
    contest.add("varpack, all changed", setting.cores, |_| {
        // Owned, and so no edits in place: they are written anew.
        let map = &mut *ours.borrow_mut();
        for array in map.split.values_mut() {
            *array = std::mem::take(array).into_owned().into();
        }
        timed(|| Ok(map.save_with(changed, options).map(drop)?))
    });
    contest.add("varpack, nothing changed", setting.cores, |_| {
        timed(|| Ok(kept.save_with(unchanged, options).map(drop)?))
    });
    let outcome = contest.run()?;
    check_sum(data.touch(), Map::load(changed)?.touch())?;
    Ok(outcome)
}

/// How many arrays of a map a load does not give back as they were saved.
fn missing(setting: &Setting<'_>, data: &Map) -> Result<f64> {
    let folder = setting.tmpfs.fresh()?;
    data.save_with(folder.path(), &SaveOptions::new().sync(false))?;
    let loaded = Map::load(folder.path())?;
    let found = |name| loaded.split.get(name);
    let missing = data.split.iter().filter(|(name, array)| found(*name) != Some(array)).count();
    Ok(f64::from(u32::try_from(missing)?))
}

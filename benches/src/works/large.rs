//! W1: four large arrays, saved, loaded as maps, loaded into memory.

use super::{Panel, Section, Setting, Table};
use crate::Result;
use crate::data::{Arrays, ELEMENT, bytes};
use crate::goal::{Goal, SAME};
use crate::measure::{Contest, Outcome, check_sum, timed, timed_load};
use crate::peers::{ndarray_npy, npyz, raw, rkyv, safetensors, trusted};
use serde_json::json;
use std::path::Path;
use std::time::Duration;
use varpack::{LoadOptions, Mode, SaveOptions, Varpack};

const PLAIN: &str = "plain write(2)";
const PLAIN_ONE: &str = "plain write(2), one thread";
const MAP: &str = "plain open + mmap + touch";
const FOLDER: &str = "plain, the folder's other files too";
const SMALL: &str = "varpack, 4 x 1 MiB";
const READ: &str = "plain open + read";

/// Runs it.
pub(crate) fn run(setting: &Setting<'_>) -> Result<Section> {
    let mib = setting.pick(256, 16);
    let len = (mib << 20) / ELEMENT;
    let data = Arrays::new(len);
    setting.python.prepare("make_arrays", json!({"names": Arrays::NAMES, "length": len}))?;

    let saved = save_new(setting, &data)?;
    let again = save_again(setting, &data)?;
    let unsynced = save_on_disk(setting, &data, false)?;
    let synced = save_on_disk(setting, &data, true)?;
    let (mapped, read) = load(setting, &data)?;
    setting.python.prepare("forget", json!({}))?;

    let mut goals = vec![Goal::ratio(
        format!("save 4 x {mib} MiB, new, unsynced, {}", setting.tmpfs.name),
        format!("plain parallel `write(2)`, {} threads", setting.cores),
        1.10,
        saved.ratio("varpack", PLAIN)?,
    )];
    for peer in ["np.save", "ndarray-npy", "safetensors", "joblib"] {
        goals.push(Goal::ahead("the same", peer, saved.ratio("varpack", peer)?));
    }
    goals.push(Goal::ratio(
        format!("save 4 x {mib} MiB, new, synced, {}", setting.disk.name),
        "plain parallel `write(2)` + `fsync`",
        1.10,
        synced.ratio("varpack", PLAIN)?,
    ));
    goals.push(Goal::ratio(
        "load those, mapped, one element of each touched",
        "plain open + mmap + touch",
        1.3,
        mapped.ratio("varpack", MAP)?,
    ));
    goals.push(Goal::ratio(
        "the same, independent of the bytes",
        "four arrays of 1 MiB",
        SAME,
        mapped.ratio("varpack", SMALL)?,
    ));
    let panels = vec![
        Panel::new(format!("save 4 x {mib} MiB"), &saved),
        Panel::new(format!("load 4 x {mib} MiB, mapped"), &mapped),
    ];
    let table = |outcome, bound| Table { outcome, bound };
    Ok(Section {
        work: "W1",
        title: format!("four `f32` arrays of {mib} MiB"),
        text: "Loads as maps touch one element of each array; loads into memory read all of it. Varpack's \
               files, headers and names are those of `np.save`, and a folder appears whole or not at all."
            .into(),
        tables: vec![
            table(saved, PLAIN),
            table(again, PLAIN),
            table(unsynced, PLAIN),
            table(synced, PLAIN),
            table(mapped, MAP),
            table(read, READ),
        ],
        goals,
        panels,
        ..Section::default()
    })
}

/// Saves with varpack, and then looks whether it is there.
pub(crate) fn save(data: &Arrays, folder: &Path, sync: bool, threads: usize) -> Result<Duration> {
    let options = SaveOptions::new().sync(sync).threads(threads);
    let folder = folder.join("run");
    let time = timed(|| Ok(data.save_with(&folder, &options).map(drop)?))?;
    let loaded = Arrays::load(&folder)?;
    check_sum(data.touch(), loaded.touch())?;
    Ok(time)
}

fn save_new(setting: &Setting<'_>, data: &Arrays) -> Result<Outcome> {
    let (cores, python) = (setting.cores, setting.python);
    let arrays = &data.named();
    let mut contest = Contest::new(
        format!("save, new, {}, unsynced", setting.tmpfs.name),
        setting.tmpfs,
        setting.pick(5, 2),
    )
    .writes(bytes(arrays));
    contest
        .add(PLAIN, cores, |folder| timed(|| raw::save(folder, arrays, cores, raw::Durable::No)));
    contest.add("varpack", cores, |folder| save(data, folder, false, 0));
    contest.add(PLAIN_ONE, 1, |folder| timed(|| raw::save(folder, arrays, 1, raw::Durable::No)));
    contest.add("varpack, one thread", 1, |folder| save(data, folder, false, 1));
    contest.add("np.save", 1, |folder| python.time_save("np_save", folder));
    contest.add("joblib", 1, |folder| python.time_save("joblib_save", folder));
    contest.add("ndarray-npy", 1, |folder| timed(|| ndarray_npy::save(folder, arrays)));
    contest.add("npyz", 1, |folder| timed(|| npyz::save(folder, arrays)));
    contest.add("safetensors", 1, |folder| timed(|| safetensors::save(folder, arrays)));
    contest.add("epserde", 1, |folder| {
        timed(|| trusted::epserde_store(&folder.join("arrays"), arrays))
    });
    contest.add("rkyv", 1, |folder| timed(|| rkyv::save(folder, arrays)));
    contest.run()
}

/// A save over a folder that holds other arrays.
fn save_again(setting: &Setting<'_>, data: &Arrays) -> Result<Outcome> {
    let (cores, python) = (setting.cores, setting.python);
    let arrays = &data.named();
    let place = setting.tmpfs;
    let title = format!("save, over an older folder, all changed, {}, unsynced", place.name);
    let folders = [place.fresh()?, place.fresh()?, place.fresh()?];
    let [plain, varpack, numpy] = &folders;
    raw::save(plain.path(), arrays, cores, raw::Durable::No)?;
    python.time_save("np_save", numpy.path())?;
    // Nothing has changed since the last round, and all of it is to be written.
    let options = &SaveOptions::new().sync(false).overwrite(true);
    let mut contest = Contest::new(title, place, setting.pick(3, 1));
    contest.add(PLAIN, cores, |_| {
        timed(|| raw::replace(plain.path(), arrays, cores, raw::Durable::No))
    });
    contest.add("varpack", cores, |_| {
        timed(|| Ok(data.save_with(varpack.path(), options).map(drop)?))
    });
    contest.add("np.save, in place", 1, |_| python.time_save("np_save", numpy.path()));
    contest.run()
}

fn save_on_disk(setting: &Setting<'_>, data: &Arrays, sync: bool) -> Result<Outcome> {
    let (cores, python) = (setting.cores, setting.python);
    let arrays = &data.named();
    let said = if sync { "synced" } else { "unsynced" };
    let mut contest = Contest::new(
        format!("save, new, {}, {said}", setting.disk.name),
        setting.disk,
        setting.pick(3, 1),
    )
    .writes(bytes(arrays));
    let how = if sync { raw::Durable::Each } else { raw::Durable::No };
    contest.add(PLAIN, cores, move |folder| timed(|| raw::save(folder, arrays, cores, how)));
    contest.add("varpack", cores, move |folder| save(data, folder, sync, 0));
    if !sync {
        contest.add("np.save", 1, |folder| python.time_save("np_save", folder));
        contest.add("ndarray-npy", 1, |folder| timed(|| ndarray_npy::save(folder, arrays)));
    }
    contest.run()
}

/// Loads as maps, and into memory. All that read `.npy` files read those of varpack.
fn load(setting: &Setting<'_>, data: &Arrays) -> Result<(Outcome, Outcome)> {
    let (cores, python, place) = (setting.cores, setting.python, setting.tmpfs);
    let arrays = &data.named();
    let names = &Arrays::NAMES;
    let sum = data.touch();
    let folder = place.fresh()?;
    let others = folder.path();
    let ours = &others.join("run");
    data.save_with(ours, &SaveOptions::new().sync(false))?;
    raw::save(others, arrays, cores, raw::Durable::No)?;
    python.time_save("joblib_save", others)?;
    safetensors::save(others, arrays)?;
    trusted::epserde_store(&others.join("arrays.epserde"), arrays)?;
    rkyv::save(others, arrays)?;
    let small = &others.join("small");
    let small_data = Arrays::new((1 << 20) / ELEMENT);
    let small_sum = small_data.touch();
    small_data.save_with(small, &SaveOptions::new().sync(false))?;

    let load = |mode| {
        let options = LoadOptions::new().mode(mode);
        move |_: &Path| {
            timed_load(sum, || {
                let arrays = Arrays::load_with(ours, &options)?.into_inner();
                Ok((arrays.touch(), arrays))
            })
        }
    };
    let title = format!("load, mapped, {}, warm", place.name);
    let mut mapped = Contest::new(title, place, setting.pick(25, 5));
    mapped.add(MAP, 1, |_| timed_load(sum, || raw::load_mapped(others, names)));
    mapped.add(FOLDER, 1, |_| timed_load(sum, || raw::load_folder(ours, names)));
    mapped.add("varpack", cores, load(Mode::ReadWrite));
    mapped.add(SMALL, cores, |_| {
        timed_load(small_sum, || {
            let arrays = Arrays::load(small)?;
            Ok((arrays.touch(), arrays))
        })
    });
    mapped.add("varpack, mode r", cores, load(Mode::ReadOnly));
    mapped.add("np.load, mapped", 1, |_| python.time_load("np_load_mapped", ours, sum));
    mapped.add("joblib, mapped", 1, |_| python.time_load("joblib_load_mapped", others, sum));
    mapped.add("ndarray-npy", 1, |_| timed_load(sum, || ndarray_npy::load_mapped(ours, names)));
    mapped.add("safetensors", 1, |_| timed_load(sum, || safetensors::load_mapped(others, names)));
    mapped.add("epserde", 1, |_| {
        timed_load(sum, || trusted::epserde_map(&others.join("arrays.epserde")))
    });
    mapped.add("rkyv", 1, |_| timed_load(sum, || rkyv::load_mapped(others)));
    let mapped = mapped.run()?;

    let lens: Vec<_> = arrays.iter().map(|(name, elements)| (*name, elements.len())).collect();
    let lens = &lens;
    let title = format!("load, into memory, {}, warm", place.name);
    let mut read = Contest::new(title, place, setting.pick(3, 1));
    read.add(READ, cores, |_| timed_load(sum, || raw::load_read(others, lens, cores)));
    read.add("plain open + read, one thread", 1, |_| {
        timed_load(sum, || raw::load_read(others, lens, 1))
    });
    read.add("varpack, in memory", cores, load(Mode::InMemory));
    read.add("np.load", 1, |_| python.time_load("np_load_read", ours, sum));
    read.add("joblib", 1, |_| python.time_load("joblib_load_read", others, sum));
    read.add("ndarray-npy", 1, |_| timed_load(sum, || ndarray_npy::load_read(ours, names)));
    read.add("npyz", 1, |_| timed_load(sum, || npyz::load_read(ours, names)));
    read.add("epserde", 1, |_| {
        timed_load(sum, || trusted::epserde_read(&others.join("arrays.epserde")))
    });
    Ok((mapped, read.run()?))
}

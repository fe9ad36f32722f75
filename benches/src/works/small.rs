//! W4: four arrays of 4 MiB and a number, saved and loaded.

use super::{Panel, Section, Setting, Table};
use crate::Result;
use crate::data::{Arrays, ELEMENT};
use crate::measure::{Contest, Outcome, timed, timed_load};
use crate::peers::{ndarray_npy, raw, rkyv, safetensors, trusted};
use crate::works::large;
use serde_json::json;
use varpack::{SaveOptions, Varpack};

const PLAIN: &str = "plain write(2)";
const MAP: &str = "plain open + mmap + touch";

/// Runs it.
pub(crate) fn run(setting: &Setting<'_>) -> Result<Section> {
    let mib = setting.pick(4, 1);
    let len = (mib << 20) / ELEMENT;
    let data = Arrays::new(len);
    setting.python.prepare("make_arrays", json!({"names": Arrays::NAMES, "length": len}))?;
    let saved = save(setting, &data)?;
    let synced = synced(setting, &data)?;
    let loaded = load(setting, &data)?;
    setting.python.prepare("forget", json!({}))?;
    let panels = vec![Panel::new(format!("save 4 x {mib} MiB and a number"), &saved)];
    Ok(Section {
        work: "W4",
        title: format!("four `f32` arrays of {mib} MiB and one integer"),
        text: "The peers save the arrays alone.".into(),
        tables: vec![
            Table { outcome: saved, bound: PLAIN },
            Table { outcome: synced, bound: PLAIN },
            Table { outcome: loaded, bound: MAP },
        ],
        panels,
        ..Section::default()
    })
}

fn save(setting: &Setting<'_>, data: &Arrays) -> Result<Outcome> {
    let (cores, python, place) = (setting.cores, setting.python, setting.tmpfs);
    let arrays = &data.named();
    let title = format!("save, new, {}, unsynced", place.name);
    let mut contest = Contest::new(title, place, setting.pick(15, 3));
    contest
        .add(PLAIN, cores, |folder| timed(|| raw::save(folder, arrays, cores, raw::Durable::No)));
    contest.add("varpack", cores, |folder| large::save(data, folder, false, 0));
    contest.add("varpack, one thread", 1, |folder| large::save(data, folder, false, 1));
    contest.add("np.save", 1, |folder| python.time_save("np_save", folder));
    contest.add("joblib", 1, |folder| python.time_save("joblib_save", folder));
    contest.add("ndarray-npy", 1, |folder| timed(|| ndarray_npy::save(folder, arrays)));
    contest.add("safetensors", 1, |folder| timed(|| safetensors::save(folder, arrays)));
    contest.add("epserde", 1, |folder| {
        timed(|| trusted::epserde_store(&folder.join("arrays"), arrays))
    });
    contest.add("rkyv", 1, |folder| timed(|| rkyv::save(folder, arrays)));
    contest.run()
}

fn synced(setting: &Setting<'_>, data: &Arrays) -> Result<Outcome> {
    let (cores, place) = (setting.cores, setting.disk);
    let arrays = &data.named();
    let title = format!("save, new, {}, synced", place.name);
    let mut contest = Contest::new(title, place, setting.pick(7, 2));
    contest
        .add(PLAIN, cores, |folder| timed(|| raw::save(folder, arrays, cores, raw::Durable::Each)));
    contest.add("varpack", cores, |folder| large::save(data, folder, true, 0));
    contest.run()
}

fn load(setting: &Setting<'_>, data: &Arrays) -> Result<Outcome> {
    let (cores, python, place) = (setting.cores, setting.python, setting.tmpfs);
    let names = &Arrays::NAMES;
    let sum = data.touch();
    let folder = place.fresh()?;
    let others = folder.path();
    let ours = &others.join("run");
    data.save_with(ours, &SaveOptions::new().sync(false))?;
    raw::save(others, &data.named(), cores, raw::Durable::No)?;
    safetensors::save(others, &data.named())?;
    let title = format!("load, mapped, {}, warm", place.name);
    let mut contest = Contest::new(title, place, setting.pick(25, 3));
    contest.add(MAP, 1, |_| timed_load(sum, || raw::load_mapped(others, names)));
    contest.add("varpack", cores, |_| {
        timed_load(sum, || {
            let arrays = Arrays::load(ours)?;
            Ok((arrays.touch(), arrays))
        })
    });
    contest.add("np.load, mapped", 1, |_| python.time_load("np_load_mapped", ours, sum));
    contest.add("ndarray-npy", 1, |_| timed_load(sum, || ndarray_npy::load_mapped(ours, names)));
    contest.add("safetensors", 1, |_| timed_load(sum, || safetensors::load_mapped(others, names)));
    contest.run()
}

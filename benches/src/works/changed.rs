//! W5: one number in a folder of large arrays is changed and the folder saved.

use super::{Panel, Section, Setting, Table};
use crate::Result;
use crate::data::{Arrays, ELEMENT};
use crate::goal::{Goal, SAME};
use crate::measure::{Contest, Outcome, timed};
use crate::peers::{raw, safetensors};
use crate::place::Place;
use serde_json::json;
use std::cell::RefCell;
use varpack::{SaveOptions, Varpack};

const PLAIN: &str = "plain create + write + rename";
const LARGE: &str = "varpack, large folder";
const SMALL: &str = "varpack, small folder";

/// Runs it.
pub(crate) fn run(setting: &Setting<'_>) -> Result<Section> {
    let (large, small) = (setting.pick(1024, 64), 16);
    let tmpfs = change(setting, setting.tmpfs, large, small, false)?;
    let unsynced = change(setting, setting.disk, large, small, false)?;
    let synced = change(setting, setting.disk, large, small, true)?;
    let mut goals = Vec::new();
    for (outcome, place) in [(&tmpfs, setting.tmpfs), (&unsynced, setting.disk)] {
        goals.push(Goal::under(
            format!("change one number in {large} MiB and save, unsynced, {}", place.name),
            5.0,
            outcome.row(LARGE)?.median(),
            "ms",
        ));
        goals.push(Goal::ratio(
            format!("the same, independent of the size, {}", place.name),
            format!("a folder of {small} MiB"),
            SAME,
            outcome.ratio(LARGE, SMALL)?,
        ));
    }
    let panels = vec![Panel::new(format!("change one number in {large} MiB, save"), &tmpfs)];
    let table = |outcome| Table { outcome, bound: PLAIN };
    Ok(Section {
        work: "W5",
        title: format!("one number changed in a folder of {large} MiB, and of {small} MiB"),
        text: "What is timed is the save of a struct that was loaded before. The plain calls write two small files \
               and rename them over older ones, and on the disk sync each and the folder. Of the peers with one \
               file each would write all of it again: safetensors shows it."
            .into(),
        tables: vec![table(tmpfs), table(unsynced), table(synced)],
        goals,
        panels,
        ..Section::default()
    })
}

fn change(
    setting: &Setting<'_>,
    place: &Place,
    large: usize,
    small: usize,
    sync: bool,
) -> Result<Outcome> {
    let folder = place.fresh()?;
    let [plain, python, peer] = ["plain", "python", "peer"].map(|name| folder.path().join(name));
    for path in [&plain, &python, &peer] {
        std::fs::create_dir(path)?;
    }
    let options = &SaveOptions::new().sync(sync);
    let loaded = |mib: usize| {
        let path = folder.path().join(mib.to_string());
        Arrays::new((mib << 20) / 4 / ELEMENT).save_with(&path, &SaveOptions::new().sync(sync))?;
        Ok::<_, Box<dyn std::error::Error>>((RefCell::new(Arrays::load(&path)?), path))
    };
    let [(large, large_path), (small, small_path)] = [loaded(large)?, loaded(small)?];

    let said = if sync { "synced" } else { "unsynced" };
    let rounds = setting.pick(15, 3);
    let mut contest = Contest::new(format!("save, {}, {said}", place.name), place, rounds);
    let number = &[0.0][..];
    let files = &[("__misc_vars__.pickle", number), ("varpack.json", number)];
    let how = if sync { raw::Durable::Each } else { raw::Durable::No };
    contest.add(PLAIN, 1, |_| timed(|| raw::replace(&plain, files, 1, how)));
    for (name, run, path) in [(LARGE, &large, &large_path), (SMALL, &small, &small_path)] {
        contest.add(name, 1, move |_| {
            let run = &mut *run.borrow_mut();
            run.step += 1;
            let time = timed(|| Ok(run.save_with(path, options).map(drop)?))?;
            let found = Arrays::load(path)?.step;
            if found != run.step {
                return Err(format!("expected step {}, found {found}", run.step).into());
            }
            Ok(time)
        });
    }
    if !sync {
        contest.add("pickle of the number alone, CPython", 1, |_| {
            setting.python.time("replace_number", json!({"folder": python}))
        });
    }
    let mut outcome = contest.run()?;
    if !sync && place.name == setting.tmpfs.name {
        // Once a round would be most of the time of the whole run.
        let arrays = large.borrow();
        let mut contest = Contest::new("safetensors", place, 1);
        contest.add("safetensors, all written again", 1, |_| {
            timed(|| safetensors::save(&peer, &arrays.named()))
        });
        outcome.rows.extend(contest.run()?.rows);
    }
    Ok(outcome)
}

//! W7: the memory that a save and a load take beyond the data, each in a process of its own.

use super::{Figures, Section, Setting};
use crate::Result;
use crate::data::{Arrays, ELEMENT, Map};
use crate::goal::Goal;
use crate::peers::python::Server;
use crate::peers::{ndarray_npy, safetensors};
use crate::resident::{Usage, usage_of};
use crate::values::{Folder, Values};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use varpack::{LoadOptions, Mode, SaveOptions, Varpack, pickle};

/// The goal: 16 MiB beyond arrays and pickles.
const LIMIT: f64 = 16.0;

/// How large the data are: enough for a process to make the same as another one.
#[derive(Clone, Serialize, Deserialize)]
struct Sizes {
    /// Where files are, or go.
    folder: PathBuf,
    /// Elements of each of the four arrays.
    len: usize,
    /// Arrays of the map, of 1,000 elements.
    count: usize,
    floats: u32,
    entries: u32,
}

impl Sizes {
    fn arrays(&self) -> Arrays {
        Arrays::new(self.len)
    }

    fn map(&self) -> Map {
        Map::new(self.count, 1000)
    }

    fn values(&self) -> Values {
        Values::new(self.floats, self.entries)
    }

    fn ours(&self) -> PathBuf {
        self.folder.join("run")
    }

    fn pickle(&self) -> PathBuf {
        self.folder.join("values.pickle")
    }
}

/// One thing that is done in a process of its own.
struct Case {
    name: &'static str,
    work: &'static str,
    what: &'static str,
    who: &'static str,
    /// What there must be, made before by another process.
    prepare: fn(&Sizes) -> Result<()>,
    run: fn(&Sizes) -> Result<Usage>,
    /// The bytes that are the data's own, of those that come to be held, and of the pickle.
    own: fn(&Own) -> u64,
}

/// Sizes of data, in bytes.
struct Own {
    arrays: u64,
    map: u64,
    /// As they are in memory.
    values: u64,
    pickle: u64,
}

const NOTHING: fn(&Sizes) -> Result<()> = |_| Ok(());

const CASES: &[Case] = &[
    Case {
        name: "w1-save",
        work: "W1",
        what: "save",
        who: "varpack",
        prepare: NOTHING,
        run: |sizes| {
            let data = sizes.arrays();
            only_usage_of(|| Ok(data.save_with(sizes.ours(), &unsynced()).map(drop)?))
        },
        own: |_| 0,
    },
    Case {
        name: "w1-save-ndarray-npy",
        work: "W1",
        what: "save",
        who: "ndarray-npy",
        prepare: NOTHING,
        run: |sizes| {
            let data = sizes.arrays();
            only_usage_of(|| ndarray_npy::save(&sizes.folder, &data.named()))
        },
        own: |_| 0,
    },
    Case {
        name: "w1-save-safetensors",
        work: "W1",
        what: "save",
        who: "safetensors",
        prepare: NOTHING,
        run: |sizes| {
            let data = sizes.arrays();
            only_usage_of(|| safetensors::save(&sizes.folder, &data.named()))
        },
        own: |_| 0,
    },
    Case {
        name: "w1-load",
        work: "W1",
        what: "load, mapped",
        who: "varpack",
        prepare: |sizes| Ok(sizes.arrays().save_with(sizes.ours(), &unsynced()).map(drop)?),
        run: |sizes| {
            only_usage_of(|| {
                let data = Arrays::load(sizes.ours())?;
                data.touch();
                Ok(data)
            })
        },
        own: |_| 0,
    },
    Case {
        name: "w1-load-memory",
        work: "W1",
        what: "load, into memory",
        who: "varpack",
        prepare: |sizes| Ok(sizes.arrays().save_with(sizes.ours(), &unsynced()).map(drop)?),
        run: |sizes| {
            let options = LoadOptions::new().mode(Mode::InMemory);
            only_usage_of(|| Ok(Arrays::load_with(sizes.ours(), &options)?))
        },
        own: |own| own.arrays,
    },
    Case {
        name: "w1-load-memory-ndarray-npy",
        work: "W1",
        what: "load, into memory",
        who: "ndarray-npy",
        prepare: |sizes| ndarray_npy::save(&sizes.folder, &sizes.arrays().named()),
        run: |sizes| only_usage_of(|| ndarray_npy::load_read(&sizes.folder, &Arrays::NAMES)),
        own: |own| own.arrays,
    },
    Case {
        name: "w2-save",
        work: "W2",
        what: "save",
        who: "varpack",
        prepare: NOTHING,
        run: |sizes| {
            let data = sizes.map();
            only_usage_of(|| Ok(data.save_with(sizes.ours(), &unsynced()).map(drop)?))
        },
        own: |_| 0,
    },
    Case {
        name: "w2-load",
        work: "W2",
        what: "load",
        who: "varpack",
        prepare: |sizes| Ok(sizes.map().save_with(sizes.ours(), &unsynced()).map(drop)?),
        run: |sizes| only_usage_of(|| Ok(Map::load(sizes.ours())?)),
        own: |own| own.map,
    },
    Case {
        name: "w3-save",
        work: "W3",
        what: "save",
        who: "varpack",
        prepare: NOTHING,
        run: |sizes| {
            let data = Folder { values: sizes.values() };
            only_usage_of(|| Ok(data.save_with(sizes.ours(), &unsynced()).map(drop)?))
        },
        own: |own| own.pickle,
    },
    Case {
        name: "w3-save-serde-pickle",
        work: "W3",
        what: "save",
        who: "serde-pickle",
        prepare: NOTHING,
        run: |sizes| {
            let data = sizes.values();
            let options = serde_pickle::SerOptions::new();
            only_usage_of(|| Ok(fs::write(sizes.pickle(), serde_pickle::to_vec(&data, options)?)?))
        },
        own: |own| own.pickle,
    },
    Case {
        name: "w3-load",
        work: "W3",
        what: "load",
        who: "varpack",
        prepare: |sizes| {
            Ok(Folder { values: sizes.values() }.save_with(sizes.ours(), &unsynced()).map(drop)?)
        },
        run: |sizes| {
            let (usage, loaded) = usage_of(|| Ok(Folder::load(sizes.ours())?))?;
            same(sizes, &loaded.values)?;
            Ok(usage)
        },
        own: |own| own.pickle + own.values,
    },
    Case {
        name: "w3-load-serde-pickle",
        work: "W3",
        what: "load",
        who: "serde-pickle",
        prepare: |sizes| Ok(fs::write(sizes.pickle(), pickle::to_vec(&sizes.values())?)?),
        run: |sizes| {
            let options = serde_pickle::DeOptions::new();
            let (usage, loaded) =
                usage_of(|| Ok(serde_pickle::from_slice(&fs::read(sizes.pickle())?, options)?))?;
            same(sizes, &loaded)?;
            Ok(usage)
        },
        own: |own| own.pickle + own.values,
    },
];

/// What the values themselves take, to be taken off.
const VALUES: Case = Case {
    name: "values",
    work: "W3",
    what: "the values alone",
    who: "",
    prepare: NOTHING,
    run: |sizes| only_usage_of(|| Ok(sizes.values())),
    own: |_| 0,
};

/// What something takes, where what it gives is not looked at.
fn only_usage_of<T>(action: impl FnOnce() -> Result<T>) -> Result<Usage> {
    Ok(usage_of(action)?.0)
}

fn unsynced() -> SaveOptions {
    SaveOptions::new().sync(false)
}

/// Fails if values are not what was saved.
fn same(sizes: &Sizes, loaded: &Values) -> Result<()> {
    if *loaded != sizes.values() {
        return Err("what was loaded is not what was saved".into());
    }
    Ok(())
}

/// The other side of [`ask`]: does one case in this process and prints what it took.
pub(crate) fn child(name: &str, sizes: &str) -> Result<()> {
    let case = CASES.iter().chain([&VALUES]).find(|case| case.name == name);
    let case = case.ok_or_else(|| format!("no case {name}"))?;
    let usage = (case.run)(&serde_json::from_str(sizes)?)?;
    println!("{}", serde_json::to_string(&usage)?);
    Ok(())
}

/// Has a case done by another process.
fn ask(case: &Case, sizes: &Sizes) -> Result<Usage> {
    let output = Command::new(std::env::current_exe()?)
        .args(["--child", case.name, &serde_json::to_string(sizes)?])
        .output()?;
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(format!("{}: {}: {message}", case.name, output.status).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Runs it.
pub(crate) fn run(setting: &Setting<'_>) -> Result<Section> {
    let sizes = |folder: &Path| Sizes {
        folder: folder.to_owned(),
        len: (setting.pick(256, 16) << 20) / ELEMENT,
        count: setting.pick(10_000, 1_000),
        floats: if setting.quick { 100_000 } else { 1_000_000 },
        entries: if setting.quick { 10_000 } else { 100_000 },
    };
    let folder = setting.tmpfs.fresh()?;
    let all = sizes(folder.path());
    let own = Own {
        arrays: (4 * all.len * ELEMENT) as u64,
        map: (all.count * 1000 * ELEMENT) as u64,
        values: ask(&VALUES, &all)?.held,
        pickle: pickle::to_vec(&all.values())?.len() as u64,
    };
    let mut rows = Vec::new();
    let mut goals = Vec::new();
    let mut add = |work: &str, what: &str, who: &str, usage: &Usage, own: u64| {
        let beyond = mebibytes(usage.peak) - mebibytes(own);
        if who == "varpack" {
            let what = format!("memory of {work} {what}, beyond the data");
            goals.push(Goal::under(what, LIMIT, beyond, "MiB"));
        }
        let cells = [usage.peak, own].map(|bytes| format!("{:.1}", mebibytes(bytes)));
        let texts = [work, what, who].map(str::to_owned);
        rows.push([&texts[..], &cells[..], &[format!("{beyond:.1}")][..]].concat());
    };
    for case in CASES {
        let folder = setting.tmpfs.fresh()?;
        let sizes = sizes(folder.path());
        eprintln!("  {}", case.name);
        (case.prepare)(&sizes)?;
        add(case.work, case.what, case.who, &ask(case, &sizes)?, (case.own)(&own));
    }
    for (work, what, who, call, loads) in [
        ("W1", "save", "np.save", "np_save", false),
        ("W1", "save", "joblib", "joblib_save", false),
        ("W1", "load, mapped", "np.load", "np_load_mapped", false),
        ("W1", "load, into memory", "np.load", "np_load_read", true),
    ] {
        let folder = setting.tmpfs.fresh()?;
        let data = Arrays::new(all.len);
        ndarray_npy::save(folder.path(), &data.named())?;
        let python = Server::start()?;
        python.prepare("make_arrays", json!({"names": Arrays::NAMES, "length": all.len}))?;
        let args = json!({"action": call, "args": {"folder": folder.path()}});
        let usage = serde_json::from_value(python.prepare("memory", args)?)?;
        add(work, what, who, &usage, if loads { own.arrays } else { 0 });
    }
    rows.sort();
    Ok(Section {
        work: "W7",
        title: "memory beyond the data".into(),
        text: "The growth of a process's resident memory at its peak (`VmHWM`, reset before), each in a process of its \
               own, less what is the data's: arrays that are read, the pickle, and the values that come out of it. \
               Maps count with the pages that were touched."
            .into(),
        figures: vec![Figures {
            title: format!("{}, unsynced", setting.tmpfs.name),
            head: &["work", "what", "who", "peak, MiB", "the data's own, MiB", "beyond, MiB"],
            rows,
        }],
        goals,
        ..Section::default()
    })
}

fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

//! W8: the example in the README of the Python program, at ten times its size.

use super::{Panel, Section, Setting, Table};
use crate::Result;
use crate::measure::{Contest, Outcome, check_sum, timed, timed_load};
use ndarray::Array2;
use serde_json::json;
use std::collections::BTreeMap;
use varpack::{MmapArray2, SaveOptions, Varpack};

/// Its four variables.
#[derive(Varpack)]
struct Readme {
    #[varpack(mmap)]
    var1: MmapArray2<f64>,
    var2: u32,
    var3: String,
    #[varpack(mmap)]
    var4: BTreeMap<String, MmapArray2<f64>>,
}

impl Readme {
    fn new() -> Self {
        let key1 = ("key1".to_owned(), Array2::ones((2000, 1000)).into());
        let key2 = ("key2".to_owned(), Array2::zeros((500, 2000)).into());
        Self {
            var1: Array2::ones((1000, 1000)).into(),
            var2: 20,
            var3: "some string".to_owned(),
            var4: BTreeMap::from([key1, key2]),
        }
    }

    /// One element of each array, and the number.
    fn touch(&self) -> f64 {
        let last = |array: &MmapArray2<f64>| array.last().copied().unwrap_or_default();
        last(&self.var1) + self.var4.values().map(last).sum::<f64>() + f64::from(self.var2)
    }
}

/// Runs it.
pub(crate) fn run(setting: &Setting<'_>) -> Result<Section> {
    setting.python.prepare("make_readme", json!({}))?;
    let data = Readme::new();
    let saved = save(setting, &data)?;
    let loaded = load(setting, &data)?;
    setting.python.prepare("forget", json!({}))?;
    Ok(Section {
        work: "W8",
        title: "the README example of the Python program, ten times its size".into(),
        text: "`var1` of 1000 x 1000, `var2 = 20`, `var3 = 'some string'`, `var4` with 2000 x 1000 and 500 x 2000 \
               `float64`: 32 MB. The Python program cannot be installed here; it took 3,645 ms to save four arrays \
               with as many elements (as given, on another such machine), for it measures sizes one element at a \
               time."
            .into(),
        panels: vec![Panel::new("the README example, save", &saved)],
        tables: vec![
            Table { outcome: saved, bound: "np.save + pickle" },
            Table { outcome: loaded, bound: "np.load, mapped, + pickle" },
        ],
        ..Section::default()
    })
}

fn save(setting: &Setting<'_>, data: &Readme) -> Result<Outcome> {
    let title = format!("save, new, {}, unsynced", setting.tmpfs.name);
    let mut contest = Contest::new(title, setting.tmpfs, setting.pick(9, 2)).writes(32_000_000);
    contest.add("varpack", setting.cores, |folder| {
        let (folder, options) = (folder.join("run"), SaveOptions::new().sync(false));
        let time = timed(|| Ok(data.save_with(&folder, &options).map(drop)?))?;
        check_sum(data.touch(), Readme::load(&folder)?.touch())?;
        Ok(time)
    });
    contest.add("np.save + pickle", 1, |folder| setting.python.time_save("readme_save", folder));
    contest.add("joblib, the arrays", 1, |folder| setting.python.time_save("joblib_save", folder));
    contest.run()
}

fn load(setting: &Setting<'_>, data: &Readme) -> Result<Outcome> {
    let folder = setting.tmpfs.fresh()?;
    let ours = &folder.path().join("run");
    let sum = data.touch();
    data.save_with(ours, &SaveOptions::new().sync(false))?;
    setting.python.time_save("readme_save", folder.path())?;
    let title = format!("load, mapped, {}, warm", setting.tmpfs.name);
    let mut contest = Contest::new(title, setting.tmpfs, setting.pick(25, 3));
    contest.add("varpack", setting.cores, |_| {
        timed_load(sum, || {
            let readme = Readme::load(ours)?;
            if readme.var3 != data.var3 {
                return Err(format!("expected {:?}, found {:?}", data.var3, readme.var3).into());
            }
            Ok((readme.touch(), readme))
        })
    });
    contest.add("np.load, mapped, + pickle", 1, |_| {
        setting.python.time_load("readme_load", folder.path(), sum)
    });
    contest.run()
}

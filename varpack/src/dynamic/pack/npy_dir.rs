//! A directory of `.npy` files as a pack, with nothing in it that says so.

use super::Pack;
use super::held::HeldVariable;
use crate::array::repeats::ReadKind;
use crate::array::{ArrayFile, ArrayType, OpenOptions, Opener, nobody};
use crate::dynamic::value::PackValue;
use crate::folder::load::missing;
use crate::folder::options::LoadOptions;
use crate::folder::report::{LoadAction, LoadReport};
use crate::layout::name;
use crate::pickle::Document;
use crate::store::folder::{Folder, Snapshot};
use crate::store::load_progress::Tally;
use crate::{Error, ErrorKind, ReadReason, Result, parallel, text};
use std::path::Path;

/// What ends the name of a file that is a variable.
const SUFFIX: &str = ".npy";

/// More entries of a directory are not looked at.
const MOST: usize = 1_000_000;

/// Bytes of a variable beside its array: its names, its line in the report, and what ties the array to its file.
const HELD: u64 = 1024;

impl Pack {
    /// Opens a directory of `.npy` files as it is, copy-on-write (mode `c`): each is a variable by its stem, in the order of their names.
    /// Files with other endings, and hidden ones, are left out; what else is, the [`report`](Self::report) says.
    ///
    /// Nothing is written to the directory, and each array is tied to its file as one that [`AnyArray::open`] has opened. The pack
    /// is attached to no folder: [`save_to`](Self::save_to) makes a varpack folder of it, elsewhere or of the directory itself,
    /// whose files stay as they are then; [`AnyArray::save_npy`] writes one array back.
    ///
    /// # Errors
    /// Those of [`AnyArray::open`] for each file, but that Python objects are values, as in [`open`](Self::open);
    /// [`Usage`](ErrorKind::Usage) if it is a varpack folder; [`Limit`](ErrorKind::Limit) if it has more than a million entries.
    ///
    /// ```
    /// use varpack::{MmapArray1, MmapArray2, Pack};
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let features = folder.path().join("features");
    /// # std::fs::create_dir(&features).unwrap();
    /// // By `np.save`, say.
    /// MmapArray2::<f32>::ones((300, 400)).save_npy(features.join("images.npy"))?;
    /// MmapArray1::from(vec![1_u8, 0, 1]).save_npy(features.join("labels.npy"))?;
    ///
    /// let mut pack = Pack::from_npy_dir(&features)?;
    /// assert_eq!(pack.names().collect::<Vec<_>>(), ["images", "labels"]);
    /// assert_eq!(pack.view::<f32, ndarray::Ix2>("images")?.sum(), 120_000.0);
    /// pack.insert_value("classes", &["no", "yes"])?;
    /// pack.save_to(folder.path().join("run"))?; // copies the files
    /// # Ok::<(), varpack::Error>(())
    /// ```
    ///
    /// [`AnyArray::open`]: crate::AnyArray::open
    /// [`AnyArray::save_npy`]: crate::AnyArray::save_npy
    pub fn from_npy_dir(directory: impl AsRef<Path>) -> Result<Self> {
        Self::from_npy_dir_with(directory, &LoadOptions::default())
    }

    /// Opens a directory of `.npy` files, as the options say.
    ///
    /// # Errors
    /// Those of [`from_npy_dir`](Self::from_npy_dir); [`MissingVariable`](ErrorKind::MissingVariable) if a variable to skip does
    /// not exist, [`Cancelled`](ErrorKind::Cancelled) if the [progress callback](LoadOptions::progress) ends it,
    /// [`Limit`](ErrorKind::Limit) if it takes more memory than the options let it.
    ///
    /// ```
    /// # use varpack::{LoadOptions, MmapArray1, Mode, Pack};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// # for name in ["x.npy", "broken.npy"] {
    /// #     MmapArray1::from(vec![0.5, 0.25]).save_npy(folder.join(name))?;
    /// # }
    /// let options = LoadOptions::new().mode(Mode::ReadOnly).skip(["broken"]);
    /// let pack = Pack::from_npy_dir_with(folder, &options)?;
    /// assert_eq!(pack.names().collect::<Vec<_>>(), ["x"]);
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn from_npy_dir_with(directory: impl AsRef<Path>, options: &LoadOptions) -> Result<Self> {
        let folder =
            Folder::open_same(&options.system, directory.as_ref(), options.same, options.wait)?;
        let path = folder.dir().path();
        if !folder.is_not_ours() {
            let message = "it is a varpack folder: open it with `Pack::open`";
            return Err(Error::msg(ErrorKind::Usage, message).with_path(path));
        }
        let dir = folder.dir().id()?;
        let snapshot = folder.snapshot(options.trust, false)?;
        let tally = Tally::new(options.progress.as_ref(), dir);
        let mut pack = Self { trust: options.trust, ..Self::default() };
        let files = files(&folder, &snapshot, options, &tally, &mut pack.report)?;
        let open_options = OpenOptions {
            mode: options.mode,
            wait: options.wait.unwrap_or_default(),
            is_limited: options.trust.max_in_memory.is_some(),
            locks_each: true,
        };
        let opener = Opener::new(&folder, dir, &snapshot, open_options, &tally, nobody());
        let each = parallel::each(options.threads, files.len());
        parallel::for_each_in_order(
            options.threads,
            &files,
            |file| {
                let is_wanted = !options.skip.contains(stem(file));
                is_wanted.then(|| opener.open(file, ArrayType::any_or_objects(), None, each))
            },
            |file, opened| {
                let variable = stem(file).to_owned();
                let Some(opened) = opened else {
                    pack.report.other(&variable, Some(file), LoadAction::Skipped);
                    return Ok(());
                };
                let opened = match opened {
                    Err(error)
                        if error.kind() == ErrorKind::NotFound
                            && folder.dir().stat(file)?.is_none() =>
                    {
                        pack.report.note(format_args!(
                            "`{}` is left out: it has gone since the directory was listed",
                            text::name(file)
                        ));
                        return Ok(());
                    }
                    opened => opened,
                };
                let value = opened
                    .and_then(|it| read(&opener, &snapshot, it, file, &mut pack.report))
                    .map_err(|error| error.with_variable(&variable).with_path(path.join(file)))?;
                pack.variables.insert(HeldVariable { name: variable, value, loaded: false });
                Ok(())
            },
        )?;
        tally.finish()?;
        for note in snapshot.of_strangers() {
            pack.report.note(note);
        }
        Ok(pack)
    }
}

fn stem(file: &str) -> &str {
    file.strip_suffix(SUFFIX).unwrap_or(file)
}

/// The files that are variables, sorted.
fn files(
    folder: &Folder,
    snapshot: &Snapshot<'_>,
    options: &LoadOptions,
    tally: &Tally,
    report: &mut LoadReport,
) -> Result<Vec<String>> {
    let dir = folder.dir();
    let names = dir.list(MOST + 1)?;
    if names.len() > MOST {
        return Err(Error::msg(ErrorKind::Limit, "the directory is too large")
            .with_path(dir.path())
            .with_expected(format!("at most {MOST} entries")));
    }
    let mut files = Vec::new();
    let mut leave_out = |note: String| {
        let taken = snapshot.budget().take(note.len() as u64);
        taken.map_err(|error| error.with_path(dir.path()))?;
        report.note(note);
        Ok::<_, Error>(())
    };
    for name in names {
        let Some(file) = name.to_str() else {
            if name.as_encoded_bytes().ends_with(SUFFIX.as_bytes()) {
                leave_out(format!("`{}` is left out: its name is not UTF-8", name.display()))?;
            }
            continue;
        };
        if !file.ends_with(SUFFIX) || file.starts_with('.') {
            continue;
        }
        match name::check_stem(stem(file)) {
            Ok(()) => {
                snapshot.budget().take(HELD).map_err(|error| error.with_path(dir.path()))?;
                tally.announce(file, 0);
                files.push(file.to_owned());
            }
            Err(error) => leave_out(format!("`{}` is left out: {error}", text::name(file)))?,
        }
    }
    files.sort_unstable();
    for name in &options.skip {
        if !files.iter().any(|file| stem(file) == name) {
            let names = files.iter().map(|file| stem(file));
            return Err(missing(name, name, names).with_path(dir.path()));
        }
    }
    Ok(files)
}

/// An array, or the Python objects that are pickled behind a header.
fn read(
    opener: &Opener<'_>,
    snapshot: &Snapshot<'_>,
    opened: ArrayFile,
    file: &str,
    report: &mut LoadReport,
) -> Result<PackValue> {
    let variable = stem(file);
    if let Some(pickle) = opened.objects() {
        opener.note_read(&opened.identity(), ReadKind::Pickle)?;
        let document = Document::parse_in(pickle, snapshot.budget())?;
        let value = document.root().to_value()?;
        report.value(variable, file, Some(ReadReason::Objects), Some(document.root()), None);
        return Ok(PackValue::Value(value));
    }
    let bound = opener.bind(opened, file, variable)?;
    report.array(variable, file, bound.header(), bound.placed());
    Ok(PackValue::Array(bound.any(None)))
}

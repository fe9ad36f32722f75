//! What one load has at hand: the manifest, the shared pickle, the opener of arrays, the report.

pub(crate) mod found;

use super::baseline::{Baseline, is_split};
use super::content::item_path;
use super::group::{Flattened, beginning_with};
use super::report::{LoadAction, LoadReport};
use crate::array::repeats::ReadKind;
use crate::array::{ArrayFile, OpenOptions, Opener, Witness};
use crate::layout::manifest::{Entry, Manifest};
use crate::layout::name;
use crate::layout::own::{MANIFEST, SHARED_PICKLE};
use crate::os::dir::Identity;
use crate::pickle::internal::{Fingerprint, Fingerprints};
use crate::pickle::{Document, Node};
use crate::store::folder::{Folder, Snapshot};
use crate::store::load_progress::Tally;
use crate::{Error, ErrorKind, LoadOptions, Mode, Result, text};
use found::Found;
use std::cell::{OnceCell, Ref, RefCell};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Weak};

/// See the file's first line.
pub(crate) struct Context<'f> {
    pub(crate) folder: &'f Arc<Folder>,
    pub(crate) snapshot: &'f Snapshot<'f>,
    pub(crate) opener: Opener<'f>,
    pub(crate) tally: &'f Tally,
    pub(crate) options: &'f LoadOptions,
    pub(crate) manifest: &'f Manifest,
    /// The shared pickle, if a variable is in it.
    pub(crate) shared: Option<SharedPickle<'f>>,
    pub(crate) report: RefCell<LoadReport>,
    /// What is remembered of the folder, by the struct and its arrays.
    pub(crate) baseline: &'f Arc<Baseline>,
    /// Whether anything may come of this load that remembers.
    may_remember: bool,
    /// Items of maps that the caller skips, and those that there are beside them.
    skipped_items: RefCell<SkippedItems>,
    /// The variables' names in order, once a field is flattened.
    sorted: OnceCell<BTreeSet<Box<str>>>,
    /// What flattened fields have made so far.
    pub(crate) flattened: Flattened,
}

/// What was found of the items that a load skips.
#[derive(Default)]
pub(crate) struct SkippedItems {
    /// By variable, as the folder calls it.
    pub(crate) keys: HashMap<String, HashSet<Fingerprint>>,
    /// The paths of all items of the maps of which some are to be skipped: `w[key]`.
    pub(crate) paths: BTreeSet<String>,
}

/// The shared pickle and the variables in it.
pub(crate) struct SharedPickle<'f> {
    /// What its file was.
    pub(crate) identity: Identity,
    pub(crate) root: Node<'f>,
    variables: HashMap<&'f str, Node<'f>>,
}

impl<'f> SharedPickle<'f> {
    fn new(document: &'f Document<'f>, identity: Identity) -> Self {
        let root = document.root();
        Self { identity, root, variables: root.by_name() }
    }
}

/// Loads start over when a save came in between. The second time no save can that knows of the lock; programs
/// that do not, and change the folder without a pause, must not keep one forever.
const TRIES: u32 = 100;

/// Opens a folder and reads it through `read`, again if it has changed meanwhile. `remembers`: whether what was
/// seen is remembered though no array carries it.
pub(crate) fn with_folder<T>(
    path: &std::path::Path,
    options: &LoadOptions,
    remembers: bool,
    mut read: impl FnMut(&Context<'_>) -> Result<T>,
) -> Result<(T, LoadReport, Arc<Folder>)> {
    let folder = match &options.open {
        Some(folder) => Arc::clone(folder),
        None => Folder::open_same(&options.system, path, options.same, options.wait)?,
    };
    for attempt in 0..TRIES {
        let snapshot = folder.snapshot(options.trust, attempt > 0)?;
        let result = read_snapshot(&folder, &snapshot, options, remembers, &mut read);
        let is_cancelled = result.as_ref().is_err_and(|error| error.kind() == ErrorKind::Cancelled);
        let result = match is_cancelled {
            true => result.map_err(|error| error.with_path(path)),
            false => result,
        };
        if is_cancelled || snapshot.is_stable()? {
            let (value, report) = result?;
            told(folder.dir().path(), &report);
            drop(snapshot);
            return Ok((value, report, folder));
        }
    }
    Err(Error::msg(ErrorKind::Busy, "the folder changes faster than it can be read")
        .with_path(folder.dir().path()))
}

/// Names that are looked at in a folder that is none of ours.
const LOOKED_AT: usize = 1000;

/// Whether a folder holds what `np.save` writes.
fn has_arrays(folder: &Folder) -> bool {
    let names = folder.dir().list(LOOKED_AT).unwrap_or_default();
    names.iter().any(|name| std::path::Path::new(name).extension().is_some_and(|it| it == "npy"))
}

/// Tells the log of a load.
fn told(path: &std::path::Path, report: &LoadReport) {
    let path = text::path(path);
    log::debug!(folder:% = path, variables = report.entries().len(); "loaded {path}:\n{report}");
}

fn read_snapshot<T>(
    folder: &Arc<Folder>,
    snapshot: &Snapshot<'_>,
    options: &LoadOptions,
    remembers: bool,
    read: &mut impl FnMut(&Context<'_>) -> Result<T>,
) -> Result<(T, LoadReport)> {
    let path = |file: &str| folder.dir().path().join(file);
    let dir = folder.dir().id()?;
    let tally = Tally::new(options.progress.as_ref(), dir);
    let bytes = snapshot.read_manifest().map_err(|error| match error.kind() {
        ErrorKind::NotFound if has_arrays(folder) => {
            let message = "it has `.npy` files: `Pack::from_npy_dir` loads a directory of those";
            error.with_message(message).with_expected("a folder with a `varpack.json`")
        }
        ErrorKind::NotFound => error.with_expected("a folder with a `varpack.json`"),
        _ => error,
    })?;
    let manifest = Manifest::parse(&bytes, snapshot.budget())
        .map_err(|error| error.with_path(path(MANIFEST)))?;
    announce_all(&tally, &manifest, &options.skip);
    tally.file(MANIFEST, bytes.len())?;
    drop(bytes);
    let is_shared = manifest.iter().any(|(_, entry)| entry.filename == SHARED_PICKLE);
    let (bytes, identity) = match is_shared {
        true => snapshot
            .read_pickle(SHARED_PICKLE)
            .map(|(bytes, stands)| (Some(bytes), Some(stands)))?,
        false => (None, None),
    };
    let baseline = Baseline::new(dir, folder.dir().path().to_owned());
    let in_shared = |error: Error| error.with_path(path(SHARED_PICKLE));
    let parse = |bytes| Document::parse_in(bytes, snapshot.budget());
    let shared = bytes.as_deref().map(parse).transpose().map_err(in_shared)?;
    if let Some(bytes) = &bytes {
        tally.file(SHARED_PICKLE, bytes.len())?;
    }
    let mut report = LoadReport::default();
    if let Some(reason) = folder.unlocked_because() {
        report.note(format!("the folder is not locked ({reason}): `view_mut` will be refused"));
    } else if options.mode == Mode::ReadWrite
        && let Err(reason) = folder.writable_lock()
    {
        report.note(format!(
            "the folder cannot be locked for writing ({reason}): `view_mut` will be refused"
        ));
    }
    for note in shared_files(&manifest) {
        report.note(note);
    }
    let shared =
        shared.as_ref().zip(identity).map(|(shared, identity)| SharedPickle::new(shared, identity));
    let has_arrays = || {
        let mut in_shared = shared.iter().flat_map(|shared| shared.variables.values());
        let has_array = |entry: &Entry| entry.is_array() || entry.uses_placeholders == Some(true);
        manifest.iter().any(|(_, entry)| has_array(entry)) || in_shared.any(|node| is_split(*node))
    };
    let open_options = OpenOptions {
        mode: options.mode,
        wait: options.wait.unwrap_or_default(),
        is_limited: options.trust.max_in_memory.is_some(),
        locks_each: false,
    };
    let witness: Weak<dyn Witness> = Arc::<Baseline>::downgrade(&baseline);
    let context = Context {
        folder,
        snapshot,
        opener: Opener::new(folder, dir, snapshot, open_options, &tally, witness),
        tally: &tally,
        options,
        manifest: &manifest,
        may_remember: remembers || has_arrays(),
        shared,
        report: RefCell::new(report),
        baseline: &baseline,
        skipped_items: RefCell::default(),
        sorted: OnceCell::new(),
        flattened: Flattened::default(),
    };
    let value = read(&context)?;
    tally.finish()?;
    let mut report = context.report.into_inner();
    for note in snapshot.of_strangers() {
        report.note(note);
    }
    Ok((value, report))
}

/// Counts the files of the manifest's variables, but for those in `skip`. Of the arrays of a map it
/// says the names only; their bytes are counted as they are found.
fn announce_all(tally: &Tally, manifest: &Manifest, skip: &BTreeSet<String>) {
    if !tally.is_watched() {
        return;
    }
    for (_, entry) in manifest.iter().filter(|(name, _)| !skip.contains(*name)) {
        let size = entry.bytes();
        let is_own = entry.filename != SHARED_PICKLE;
        tally.announce(&entry.filename, size.filter(|_| is_own).unwrap_or_default());
        for file in entry.files.iter().flatten() {
            tally.announce(file, 0);
        }
    }
}

/// Names and notes that are listed one by one. A folder may have thousands.
const LISTED: usize = 20;

/// What there is to say of variables with one file, or with files that are one where case does not
/// count. The Python program writes both, and both load.
fn shared_files(manifest: &Manifest) -> Vec<String> {
    let mut owners = HashMap::new();
    let mut notes = Vec::new();
    let mut left_out = 0_usize;
    for (variable, Entry { filename, .. }) in manifest.iter() {
        if filename == SHARED_PICKLE {
            continue;
        }
        let owner = owners.entry(filename.to_lowercase()).or_insert((variable, filename));
        let (first, file) = *owner;
        if first == variable {
            continue;
        }
        if notes.len() == LISTED {
            left_out += 1;
            continue;
        }
        let (first, variable) = (text::name(first), text::name(variable));
        notes.push(if file == filename {
            format!("`{first}` and `{variable}` are both in {filename}")
        } else {
            format!(
                "`{first}` and `{variable}` are in files whose names differ only by case: \
                 {file} and {filename}"
            )
        });
    }
    if left_out > 0 {
        notes.push(format!("{left_out} more variables share their files"));
    }
    notes
}

impl Context<'_> {
    /// The first of the names that the folder has.
    pub(crate) fn find<'n>(
        &self,
        names: impl IntoIterator<Item = &'n str>,
    ) -> Option<(&'n str, &Entry)> {
        names.into_iter().find_map(|name| Some((name, self.manifest.get(name)?)))
    }

    /// The variables whose names begin so.
    pub(crate) fn below<'n>(&'n self, prefix: &'n str) -> impl Iterator<Item = &'n str> {
        let sorted = self.sorted.get_or_init(|| self.manifest.names().map(Box::from).collect());
        beginning_with(sorted, prefix)
    }

    /// Whether the caller skips items of a map.
    pub(crate) fn skips_items_of(&self, variable: &str) -> bool {
        let rest = self.options.skip.iter().filter_map(|name| name.strip_prefix(variable));
        self.manifest.get(variable).is_some() && rest.into_iter().any(|rest| rest.starts_with('['))
    }

    /// Whether the caller skips this one, which is noted then.
    pub(crate) fn skips_item(&self, variable: &str, file: &str, key: Node<'_>) -> bool {
        let path = item_path(variable, &key.raw_name());
        let is_skipped = self.options.skip.contains(&path);
        let mut items = self.skipped_items.borrow_mut();
        if is_skipped {
            let keys = items.keys.entry(variable.to_owned()).or_default();
            keys.insert(Fingerprints::default().of_key(key));
            self.report.borrow_mut().other(&path, Some(file), LoadAction::Skipped);
        }
        items.paths.insert(path);
        is_skipped
    }

    /// The items of maps that could be skipped, where some are to be.
    pub(crate) fn skippable_items(&self) -> Ref<'_, BTreeSet<String>> {
        Ref::map(self.skipped_items.borrow(), |items| &items.paths)
    }

    /// The items that were skipped, by variable as the folder calls it.
    pub(crate) fn skipped_items(&self) -> Ref<'_, HashMap<String, HashSet<Fingerprint>>> {
        Ref::map(self.skipped_items.borrow(), |items| &items.keys)
    }

    /// Notes that the folder has a field by two of its names: the first counts.
    pub(crate) fn note_other_names(&self, names: &[&str]) {
        let mut present = names.iter().filter(|name| self.manifest.get(name).is_some());
        let Some(first) = present.next() else { return };
        for other in present {
            let (first, other) = (text::name(first), text::name(other));
            self.report.borrow_mut().note(format!(
                "the folder has both `{first}` and `{other}`, which are names of one field: `{first}` counts"
            ));
        }
    }

    /// Gives a variable to `read`, from wherever it stands. `opened`: its array file, if that is open
    /// already; `by_item`: whether it is read item by item, as a map or a nested struct is.
    pub(crate) fn with_found<T>(
        &self,
        variable: &str,
        entry: &Entry,
        opened: Option<Result<ArrayFile>>,
        by_item: bool,
        read: impl FnOnce(Found<'_>) -> Result<T>,
    ) -> Result<T> {
        let (path, file) = (variable.to_owned(), entry.filename.as_str());
        let found = Found { context: self, entry, path, file, node: None, opened, cast: None };
        if entry.is_array() {
            return read(found);
        }
        let told = self.report.borrow().entries().len();
        if entry.filename == SHARED_PICKLE {
            let Some(node) = self.shared_node(variable) else {
                let root = self.shared.as_ref().map(|shared| shared.root);
                return Err(found.locate(not_shared(variable, root)));
            };
            let value = read(Found { node: Some(node), ..found })?;
            self.tell_of_empty(told, variable, entry, node);
            return Ok(value);
        }
        let pickle = self.snapshot.read_pickle(file);
        let (bytes, stands) = pickle.map_err(|error| found.locate(error))?;
        self.opener.note_read(&stands, ReadKind::Pickle).map_err(|error| found.locate(error))?;
        let document = Document::parse_in(&bytes, self.snapshot.budget())
            .map_err(|error| found.locate(error))?;
        self.tally.file(file, bytes.len())?;
        let value = read(Found { node: Some(document.root()), ..found })?;
        self.tell_of_empty(told, variable, entry, document.root());
        if self.is_remembered() {
            self.baseline.note_pickle(self, variable, file, stands, document.root(), by_item);
        }
        Ok(value)
    }

    /// Enters a variable of which the report tells nothing that came since there were `told` entries: a map without items, say.
    fn tell_of_empty(&self, told: usize, variable: &str, entry: &Entry, node: Node<'_>) {
        let mut report = self.report.borrow_mut();
        if report.entries().len() == told {
            report.value(variable, &entry.filename, None, Some(node), Some(entry));
        }
    }

    /// Whether what is seen is worth a look that tells later whether it is still the same.
    fn is_remembered(&self) -> bool {
        self.may_remember || Arc::strong_count(self.baseline) > 1
    }

    /// A variable in the shared pickle.
    pub(crate) fn shared_node(&self, variable: &str) -> Option<Node<'_>> {
        self.shared.as_ref()?.variables.get(variable).copied()
    }

    /// The error for a variable that the folder lacks: says which there are.
    pub(crate) fn missing(&self, variable: &str, path: &str) -> Error {
        missing(variable, path, self.manifest.names()).with_path(self.folder.dir().path())
    }
}

/// The error for a variable that the shared pickle lacks: says which it has.
pub(crate) fn not_shared(variable: &str, shared: Option<Node<'_>>) -> Error {
    let entries = shared.and_then(|shared| shared.entries());
    let is_dict = entries.is_some();
    let names: Vec<_> = entries.into_iter().flatten().filter_map(|(key, _)| key.as_str()).collect();
    let error = missing(variable, variable, names.iter().copied())
        .with_message("the manifest says it is in the shared pickle, but that lacks it");
    match shared {
        Some(shared) if !is_dict => error.with_found(shared.kind_name()),
        _ => error,
    }
}

/// The error for a name that is not among those that exist.
pub(crate) fn missing<'n>(
    variable: &str,
    path: &str,
    names: impl Iterator<Item = &'n str> + Clone,
) -> Error {
    /// So that a few long names do not crowd out the rest of the error.
    const LISTED_BYTES: usize = 800;
    let mut found = String::new();
    let mut listed = 0;
    for name in names.clone().take(LISTED) {
        let name = text::bounded_name(name);
        if listed > 0 && found.len() + name.len() > LISTED_BYTES {
            break;
        }
        found.push_str(if listed > 0 { ", `" } else { "`" });
        found.push_str(&name);
        found.push('`');
        listed += 1;
    }
    match names.clone().count().saturating_sub(listed) {
        0 if listed == 0 => found = "no variables".to_owned(),
        0 => {}
        left_out => found = format!("{found}, {left_out} more"),
    }
    let mut message = "there is no such variable".to_owned();
    if let Some(nearest) = name::nearest(variable, names) {
        message += &format!("; did you mean `{nearest}`?");
    }
    Error::msg(ErrorKind::MissingVariable, message)
        .with_variable(path)
        .with_expected(format!("`{}`", text::bounded_name(variable)))
        .with_found(found)
}

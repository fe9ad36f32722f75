//! What a caller can say of a load and of a save.

use super::fs::DirId;
use crate::Mode;
use std::collections::BTreeSet;
use std::time::Duration;

/// How a folder is loaded.
///
/// ```
/// use varpack::{LoadOptions, Mode};
///
/// let options = LoadOptions::new().mode(Mode::CopyOnWrite).skip(["history"]);
/// # let _ = options;
/// ```
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    pub(crate) mode: Mode,
    pub(crate) skip: BTreeSet<String>,
    pub(crate) wait: Option<Duration>,
}

impl LoadOptions {
    /// Mode `r+`, nothing skipped, no waiting.
    pub fn new() -> Self {
        Self::default()
    }

    /// How arrays are opened.
    #[must_use]
    pub fn mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// Variables, by their names in the folder, that are not loaded: their fields have their
    /// defaults. A save of the [`Loaded`](crate::Loaded) keeps what the folder holds.
    #[must_use]
    pub fn skip<I: IntoIterator<Item: Into<String>>>(mut self, variables: I) -> Self {
        self.skip.extend(variables.into_iter().map(Into::into));
        self
    }

    /// How long to wait while another process writes to the folder in place; by default not at all.
    #[must_use]
    pub fn wait(mut self, at_most: Duration) -> Self {
        self.wait = Some(at_most);
        self
    }
}

/// How a folder is saved.
///
/// ```
/// use varpack::SaveOptions;
///
/// let options = SaveOptions::new().sync(false).prune(true);
/// # let _ = options;
/// ```
#[derive(Clone, Debug)]
pub struct SaveOptions {
    pub(crate) sync: bool,
    pub(crate) prune: bool,
    pub(crate) overwrite: bool,
    pub(crate) overwrite_fields: BTreeSet<String>,
    pub(crate) keep: BTreeSet<String>,
    /// The folder that it has to be: another may stand under the path by now.
    pub(crate) into: Option<DirId>,
    /// Variables that are taken out of the folder: those that a [`Pack`](crate::Pack) has lost.
    pub(crate) remove: BTreeSet<String>,
    pub(crate) wait: Option<Duration>,
}

impl Default for SaveOptions {
    fn default() -> Self {
        Self {
            sync: true,
            prune: false,
            overwrite: false,
            overwrite_fields: BTreeSet::new(),
            keep: BTreeSet::new(),
            into: None,
            remove: BTreeSet::new(),
            wait: None,
        }
    }
}

impl SaveOptions {
    /// Synced, nothing pruned or overwritten, no waiting.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the save is on the disk when it returns: `true` by default. Without, a kill of the process
    /// still leaves the old state or the new one, but a power cut may not.
    #[must_use]
    pub fn sync(mut self, sync: bool) -> Self {
        self.sync = sync;
        self
    }

    /// Whether variables of the folder that the struct does not know are removed; they are kept by
    /// default.
    #[must_use]
    pub fn prune(mut self, prune: bool) -> Self {
        self.prune = prune;
        self
    }

    /// Whether every field is written, whatever the folder holds: what someone else has saved since
    /// the load is lost. By default that is a [`Stale`](crate::ErrorKind::Stale) error.
    #[must_use]
    pub fn overwrite(mut self, overwrite: bool) -> Self {
        self.overwrite = overwrite;
        self
    }

    /// A `skip_load` field that is written even though it has its default value.
    #[must_use]
    pub fn overwrite_field(mut self, variable: impl Into<String>) -> Self {
        self.overwrite_fields.insert(variable.into());
        self
    }

    /// Variables that stay as the folder holds them, whatever the fields' values are: those that
    /// [`LoadOptions::skip`] skipped. [`Loaded::save`](crate::Loaded::save) knows them by itself.
    #[must_use]
    pub fn keep<I: IntoIterator<Item: Into<String>>>(mut self, variables: I) -> Self {
        self.keep.extend(variables.into_iter().map(Into::into));
        self
    }

    pub(crate) fn into_folder(mut self, folder: DirId) -> Self {
        self.into = Some(folder);
        self
    }

    /// How long to wait for other saves and for in-place writers of the folder; by default not at all.
    #[must_use]
    pub fn wait(mut self, at_most: Duration) -> Self {
        self.wait = Some(at_most);
        self
    }
}

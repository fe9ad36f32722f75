//! Which variables and arrays of a `Pack` get files of their own, and which are not saved.

use std::collections::BTreeSet;

/// Which variables and arrays of a [`Pack`](crate::Pack) get files of their own, and which are not saved. The
/// defaults are the Python program's.
///
/// ```
/// use varpack::{Pack, PackRules};
///
/// let mut pack = Pack::new();
/// pack.set_rules(PackRules::new().separate(["history"]).split_min_len(1));
/// ```
#[derive(Clone, Debug)]
pub struct PackRules {
    pub(crate) split_max_keys: usize,
    pub(crate) split_min_len: usize,
    pub(crate) separate_min_size: usize,
    pub(crate) separate: BTreeSet<String>,
    pub(crate) skip_save: BTreeSet<String>,
}

impl Default for PackRules {
    fn default() -> Self {
        Self {
            split_max_keys: 1000,
            split_min_len: 10_000,
            separate_min_size: 10_000,
            separate: BTreeSet::new(),
            skip_save: BTreeSet::new(),
        }
    }
}

impl PackRules {
    /// The Python program's. See [`PackRules`] for an example.
    pub fn new() -> Self {
        Self::default()
    }

    /// A dictionary with this many keys or more stays whole in its pickle; 1000 by default.
    ///
    /// ```
    /// # use varpack::{AnyArray, MmapArray1, Pack, PackMap, PackRules};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// # let mut pack = Pack::new();
    /// let mut split = PackMap::new();
    /// split.insert("train", AnyArray::try_from(MmapArray1::from(vec![1.0, 2.0]))?);
    /// pack.insert("split", split)?;
    /// pack.set_rules(PackRules::new().split_min_len(1).split_max_keys(1));
    /// pack.save_to(folder)?;
    /// assert!(!folder.join("split-train.npy").exists());
    /// # Ok::<(), varpack::Error>(())
    /// ```
    #[must_use]
    pub fn split_max_keys(mut self, keys: usize) -> Self {
        self.split_max_keys = keys;
        self
    }

    /// Arrays of a dictionary with at least so many elements get files of their own; 10,000 by default.
    ///
    /// ```
    /// # use varpack::{AnyArray, MmapArray1, Pack, PackMap, PackRules};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// # let mut pack = Pack::new();
    /// let mut split = PackMap::new();
    /// split.insert("train", AnyArray::try_from(MmapArray1::from(vec![1.0, 2.0]))?);
    /// pack.insert("split", split)?;
    /// pack.set_rules(PackRules::new().split_min_len(1));
    /// pack.save_to(folder)?;
    /// assert!(folder.join("split-train.npy").exists());
    /// # Ok::<(), varpack::Error>(())
    /// ```
    #[must_use]
    pub fn split_min_len(mut self, elements: usize) -> Self {
        self.split_min_len = elements;
        self
    }

    /// A value whose pickle has at least so many bytes gets a file of its own; 10,000 by default.
    ///
    /// ```
    /// # use varpack::{Pack, PackRules, PackValue};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// # let mut pack = Pack::new();
    /// pack.insert("notes", PackValue::serialize("longer than eight bytes")?)?;
    /// pack.set_rules(PackRules::new().separate_min_size(8));
    /// pack.save_to(folder)?;
    /// assert!(folder.join("notes.pickle").exists());
    /// # Ok::<(), varpack::Error>(())
    /// ```
    #[must_use]
    pub fn separate_min_size(mut self, bytes: usize) -> Self {
        self.separate_min_size = bytes;
        self
    }

    /// Variables that get a pickle of their own whatever their size.
    ///
    /// ```
    /// # use varpack::{Pack, PackRules, PackValue};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// # let mut pack = Pack::new();
    /// pack.insert("history", PackValue::serialize(&vec![0.5])?)?;
    /// pack.set_rules(PackRules::new().separate(["history"]));
    /// pack.save_to(folder)?;
    /// assert!(folder.join("history.pickle").exists());
    /// # Ok::<(), varpack::Error>(())
    /// ```
    #[must_use]
    pub fn separate<I: IntoIterator<Item: Into<String>>>(mut self, variables: I) -> Self {
        self.separate.extend(variables.into_iter().map(Into::into));
        self
    }

    /// Variables that are not saved. What the folder holds of them stays.
    ///
    /// ```
    /// # use varpack::{Pack, PackRules, PackValue};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// # let mut pack = Pack::new();
    /// pack.insert("cache", PackValue::serialize(&vec![0.5])?)?;
    /// pack.set_rules(PackRules::new().skip_save(["cache"]));
    /// pack.save_to(folder)?;
    /// assert!(Pack::open(folder)?.get("cache").is_none());
    /// # Ok::<(), varpack::Error>(())
    /// ```
    #[must_use]
    pub fn skip_save<I: IntoIterator<Item: Into<String>>>(mut self, variables: I) -> Self {
        self.skip_save.extend(variables.into_iter().map(Into::into));
        self
    }
}

//! What a save reads of a folder before it looks into it.

use crate::Result;
use crate::budget::Budget;
use crate::layout::manifest::{MANIFEST_CAP, Manifest};
use crate::layout::own::{MANIFEST, SHARED_PICKLE};
use crate::os;
use crate::pickle::Node;
use crate::pickle::internal::{Carried, Fingerprints};
use crate::store::commit::Commit;
use crate::store::trust::Trust;
use std::collections::HashMap;

/// The bytes that the save reads: empty for a folder that does not exist yet.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    pub(super) manifest: Option<Manifest>,
    pub(super) shared: Option<Vec<u8>>,
    /// What the save may still read.
    pub(super) budget: Budget,
}

impl Contents {
    pub(crate) fn read(commit: &Commit) -> Result<Self> {
        let Some(dir) = commit.dir() else { return Ok(Self::default()) };
        if dir.identity(MANIFEST)?.is_none() {
            return Ok(Self::default());
        }
        let (text, _) = dir.read_file(MANIFEST, MANIFEST_CAP)?;
        let budget = Trust::default().budget();
        let manifest = Manifest::parse(&text, &budget)
            .map_err(|error| error.with_path(dir.path().join(MANIFEST)))?;
        let shared = match dir.identity(SHARED_PICKLE)? {
            Some(_) => Some(dir.read_file(SHARED_PICKLE, os::memory_size())?.0),
            None => None,
        };
        Ok(Self { manifest: Some(manifest), shared, budget })
    }
}

/// What a save asks of the shared pickle more than once.
#[derive(Default)]
pub(crate) struct SharedNodes<'d> {
    /// The variables by name, once one is asked for.
    variables: Option<HashMap<&'d str, Node<'d>>>,
    pub(super) fingerprints: Fingerprints,
    /// What was carried over into the new one.
    pub(super) carried: Carried,
    /// The same into the last of those that have pickles of their own.
    pub(super) alone: Carried,
}

impl<'d> SharedNodes<'d> {
    pub(super) fn get(&mut self, root: Node<'d>, variable: &str) -> Option<Node<'d>> {
        self.variables.get_or_insert_with(|| root.by_name()).get(variable).copied()
    }
}

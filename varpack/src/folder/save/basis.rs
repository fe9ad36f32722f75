//! What a save goes by: of the loads that a struct and its arrays come with, the one that the struct is of.

use super::stale::older;
use crate::Result;
use crate::array::Witness;
use crate::folder::baseline::{Baseline, Whose};
use crate::folder::content::Variable;
use crate::os::dir::DirId;
use std::sync::Arc;

/// See the file's first line.
pub(super) struct Basis {
    /// That load; `None` if nothing ties the struct to one of this folder.
    pub(super) load: Option<Arc<Baseline>>,
    /// Whether who saves has loaded it itself, and not only got arrays from there.
    pub(super) is_own: bool,
    /// Whether an array comes with it.
    pub(super) is_carried: bool,
    /// The other loads, of whatever folders.
    pub(super) others: Vec<Arc<Baseline>>,
    /// Those of this folder, if it is only known by arrays, and these are of several loads: some were put to the others,
    /// and nobody can tell which.
    pub(super) mixed: Vec<Arc<Baseline>>,
}

impl Basis {
    /// Of a save to the folder `dir`. `own`: the load of who saves; `overwrites`: whether whose state it is does not matter.
    ///
    /// # Errors
    /// [`Stale`](crate::ErrorKind::Stale) if the struct is another load's, in the place of the one that saves.
    pub(super) fn of(
        dir: DirId,
        own: Option<Arc<Baseline>>,
        variables: &[Variable<'_>],
        overwrites: bool,
    ) -> Result<Self> {
        let mut others: Vec<Arc<Baseline>> = Vec::new();
        for variable in variables {
            variable.content.for_each_array(&mut |array| {
                let seen = array.binding().and_then(Baseline::of);
                others.extend(
                    seen.filter(|seen| !others.iter().rev().any(|it| Arc::ptr_eq(it, seen))),
                );
                Ok(())
            })?;
        }
        let mut here: Vec<_> = others.iter().filter(|load| load.dir() == dir).cloned().collect();
        here.sort_by_key(|load| load.rank());
        here.dedup_by(|next, load| next.is_of_load(load));
        let is_own = own.as_ref().is_some_and(|own| own.dir() == dir);
        let load = own.as_ref().filter(|_| is_own).or(here.first()).cloned();
        let is_carried =
            load.as_ref().is_some_and(|load| here.iter().any(|array| array.is_of_load(load)));
        if let (Some(own), Some(oldest), false) = (&load, here.first(), is_carried || overwrites) {
            check_own(own, oldest, variables)?;
        }
        let mixed = if is_own { Vec::new() } else { here.into_iter().skip(1).collect() };
        others.extend(own.filter(|own| !others.iter().any(|it| Arc::ptr_eq(it, own))));
        others.retain(|other| load.as_ref().is_none_or(|load| !Arc::ptr_eq(load, other)));
        Ok(Self { load, is_own, is_carried, others, mixed })
    }

    /// Whether what differs in the folder may be older here, and not newer there: another copy of what was loaded has
    /// saved since; or arrays alone tell of the load, and they may have been put into a newer struct.
    pub(super) fn is_superseded(&self) -> bool {
        self.load.as_ref().is_some_and(|load| !self.is_own || load.is_superseded())
    }
}

/// Whether a struct of which no array comes with its own load is that load's all the same, and not another's in its place;
/// `oldest`: the load that its arrays come with.
fn check_own(own: &Baseline, oldest: &Baseline, variables: &[Variable<'_>]) -> Result<()> {
    if own.sight().is_of_all {
        return Ok(()); // a pack knows by itself what it has not touched
    }
    // Values are the caller's own code: they are not asked under a lock.
    let (sight, oldest) = (own.sight().clone(), oldest.sight().clone());
    let mut is_others = None;
    for variable in variables {
        match sight.whose(&oldest, variable)? {
            Whose::Own => return Ok(()),
            Whose::Other => is_others = is_others.or(Some(variable)),
            Whose::Neither => {}
        }
    }
    is_others.map_or(Ok(()), |variable| {
        let error = older().with_variable(variable.name.as_ref());
        Err(error.with_path(own.path()))
    })
}

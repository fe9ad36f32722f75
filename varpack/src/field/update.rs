//! An update of a struct.

use super::loaded::Loaded;
use super::{fields::PackFields, load};
use crate::Result;
use crate::folder::options::{LoadOptions, SaveOptions};
use crate::folder::update::hold;
use std::path::Path;

/// As [`Varpack::update_with`](crate::Varpack::update_with) says.
pub(crate) fn update<T: PackFields, R>(
    folder: &Path,
    load: &LoadOptions,
    save: &SaveOptions,
    change: impl FnOnce(&mut T) -> Result<R>,
) -> Result<R> {
    let read = |options: &LoadOptions| load::load::<T>(folder, options, true);
    let (loaded, result, save, _in_use) =
        hold(folder, load, save, read, |loaded: &mut Loaded<T>| change(loaded))?;
    loaded.save_with(&save)?;
    Ok(result)
}

//! A load of a struct.

use super::fields::PackFields;
use super::loaded::Loaded;
use super::reader::PackReader;
use super::writer::PackWriter;
use crate::Result;
use crate::folder::baseline::Baseline;
use crate::folder::content::Variable;
use crate::folder::load as context;
use crate::folder::options::LoadOptions;
use std::cell::RefCell;
use std::path::Path;
use std::sync::Arc;

/// As [`Varpack::load_with`] says. `remembers`: whether what was seen is remembered though no array carries it.
pub(crate) fn load<T: PackFields>(
    folder: &Path,
    options: &LoadOptions,
    remembers: bool,
) -> Result<Loaded<T>> {
    let loaded = context::with_folder(folder, options, remembers, |context| {
        let asked = RefCell::default();
        let mut reader = PackReader::new(context, &asked);
        let value = T::read_fields(&mut reader)?;
        reader.finish()?;
        let baseline = context.baseline;
        if let Ok(fields) = PackWriter::collect(&value)
            && (remembers || has_arrays(&fields))
        {
            baseline.complete(context, Some(&fields));
            tell_of_skipped(&fields, baseline)?;
        }
        Ok((value, Arc::clone(baseline)))
    })?;
    let ((value, baseline), report, folder) = loaded;
    let (identity, folder) = (folder.dir().id()?, folder.dir().path().to_owned());
    let trust = options.trust;
    let remembered = baseline.into();
    Ok(Loaded { value, folder, identity, trust, report, remembered })
}

/// Whether an array carries what is remembered.
fn has_arrays(fields: &[Variable<'_>]) -> bool {
    let mut found = false;
    for field in fields {
        // Nothing in it can fail.
        let _ = field.content.for_each_array(&mut |array| {
            found |= array.binding().is_some();
            Ok(())
        });
    }
    found
}

/// Lets the arrays that stand for what was skipped carry what was seen, as those that were loaded do: a struct that was
/// swapped with another is known by them.
fn tell_of_skipped(fields: &[Variable<'_>], baseline: &Arc<Baseline>) -> Result<()> {
    let sight = baseline.sight();
    fields.iter().filter(|field| sight.is_skipped(field)).try_for_each(|field| {
        field.content.for_each_array(&mut |array| {
            if let Some(binding) = array.binding() {
                binding.remember(Arc::clone(baseline) as _);
            }
            Ok(())
        })
    })
}

//! Where `cast` has an effect.

use crate::attr::Skip;
use crate::ctxt::Ctxt;
use crate::model::Field;
use crate::ty::{Written, innermost};

/// It is of loads, and for arrays whose dtype the type says.
pub(crate) fn has_effect(ctxt: &Ctxt, field: &Field<'_>) {
    let ([_], Some(cast)) = (field.attrs.storage.as_slice(), &field.attrs.cast) else { return };
    if let [skip] = field.attrs.skip.as_slice()
        && skip.value == Skip::Load
    {
        let idle = "`cast` has no effect beside `skip_load`: the field is not loaded";
        ctxt.error_between(cast, skip, idle);
    }
    let array = match Written::of(innermost(field.ty)) {
        Written::Vec(entry) | Written::Map { value: entry, .. } => innermost(entry),
        _ => innermost(field.ty),
    };
    let array = match Written::of(array) {
        Written::ArrayOr(array) => innermost(array),
        _ => array,
    };
    if let Written::AnyArray = Written::of(array) {
        ctxt.error(
            cast,
            "`cast` has no effect on an `AnyArray`, which is of whichever dtype its file has",
        );
    }
}

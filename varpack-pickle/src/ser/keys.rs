//! Typed writes of dicts' keys.

use crate::Result;
use crate::ser::serializer::Serializer;
use crate::value::kinds::Value;
use crate::write::dict_keys::is_plain;
use crate::write::output::ODD;
use crate::write::writer::Writer;
use serde::Serialize;
use std::any::type_name;

/// Writes the key of an entry, and remembers it until its dict [ends](DictKeys::end).
///
/// # Errors
/// `Value` if Python cannot hash it; any error of its own `Serialize`.
pub(crate) fn write<K: Serialize + ?Sized>(
    writer: &mut Writer,
    depth: usize,
    key: &K,
) -> Result<()> {
    let start = writer.out.len();
    writer.key_start = Some(start);
    key.serialize(Serializer::key(writer, depth))?;
    let handed = writer.handed_key.take();
    if is_plain(&writer.out, &writer.names, start) {
        writer.out.keys.push(start);
        return Ok(());
    }
    // A value that is all of the key is looked at as it is: many keys may share its parts.
    let value = match handed {
        Some((end, value)) if end == writer.out.len() => value,
        _ => value(key)?,
    };
    writer.out.keys.push(ODD);
    writer.out.odd_keys.push(value);
    Ok(())
}

/// A key as the value that Python sees.
#[cold]
fn value<K: Serialize + ?Sized>(key: &K) -> Result<Value> {
    let mut writer = Writer::new();
    writer.lone_key(key)?;
    Value::from_slice(&writer.finish()?)
}

/// Whether the keys of a map cannot repeat, nor be equal in Python: texts or integers, in one of the usual maps.
/// The names of types are not promised to stay; where one is unknown, its keys are checked.
#[inline]
pub(super) fn are_distinct<K, I>() -> bool {
    let (map, key) = (type_name::<I>(), type_name::<K>());
    let is_map = [
        "&alloc::collections::btree::map::BTreeMap<",
        "&std::collections::hash::map::HashMap<",
        "&indexmap::map::IndexMap<",
    ]
    .iter()
    .any(|name| map.starts_with(name));
    let is_key = matches!(
        key,
        "&alloc::string::String"
            | "&&str"
            | "&char"
            | "&i8"
            | "&i16"
            | "&i32"
            | "&i64"
            | "&isize"
            | "&i128"
            | "&u8"
            | "&u16"
            | "&u32"
            | "&u64"
            | "&usize"
            | "&u128"
    );
    is_map && is_key
}

#[cfg(test)]
mod tests;

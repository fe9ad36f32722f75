//! How large a value is as plain data, where what it shares stands wherever it is referred to.

use crate::budget::to_u64;
use crate::limits::MAX_DEPTH;
use crate::record_place::{RecordPlace, record_place};
use crate::value::kinds::{ContentsId, Value};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// Bytes that an item takes beside its own: about what it takes in memory.
const ITEM: u64 = 24;

/// Bytes that plain data may have whatever the size of the value.
const BASE: u64 = 64 << 20;

/// Bytes that plain data may have for each byte of the value, beyond [`BASE`].
const FACTOR: u64 = 64;

/// What is known of a container.
#[derive(Clone, Copy, Default)]
struct PlainSize {
    /// Bytes as plain data, of all below it.
    bytes: u64,
    /// Levels below it.
    depth: usize,
}

/// What is still to be done, the last first.
enum MeasureTask<'v> {
    Value(&'v Value),
    /// What this holds is measured, from so many on.
    Sum(&'v Value, usize),
}

/// Checks that a value can be written as plain data, before a byte of it is: that it is nested no deeper than
/// the writer's stack can follow, and no more than 64 MiB and 64 times its own size if it shares parts. It
/// takes a time in proportion to the value, whatever it would expand to.
///
/// # Errors
/// Why it cannot.
pub(crate) fn check(root: &Value) -> Result<(), String> {
    let mut seen: HashMap<ContentsId, PlainSize> = HashMap::new();
    let mut dtypes = DtypeTexts::default();
    let mut own = 0_u64;
    let mut done: Vec<PlainSize> = Vec::new();
    let mut tasks = vec![MeasureTask::Value(root)];
    while let Some(task) = tasks.pop() {
        match task {
            MeasureTask::Value(value) => {
                let Some(identity) = container(value) else {
                    let (bytes, dtype) = (leaf(value), dtypes.of(value));
                    own = own.saturating_add(dtype.new);
                    // A string counts as often as it is referred to: it is one of the value's bytes all
                    // the same if it is short, and else known by where it stands.
                    own = own.saturating_add(match string(value) {
                        Some(identity) if seen.insert(identity, PlainSize::default()).is_some() => {
                            ITEM
                        }
                        _ => bytes,
                    });
                    done.push(PlainSize { bytes: bytes.saturating_add(dtype.bytes), depth: 0 });
                    continue;
                };
                match seen.get(&identity) {
                    Some(extent) => {
                        own = own.saturating_add(ITEM);
                        done.push(*extent);
                    }
                    None => {
                        tasks.push(MeasureTask::Sum(value, done.len()));
                        let children = children(value);
                        tasks.extend(children.map(MeasureTask::Value));
                    }
                }
            }
            MeasureTask::Sum(value, start) => {
                let mut extent = PlainSize { bytes: ITEM, depth: 0 };
                for part in done.drain(start..) {
                    extent.bytes = extent.bytes.saturating_add(part.bytes);
                    extent.depth = extent.depth.max(part.depth.saturating_add(1));
                }
                own = own.saturating_add(ITEM);
                if let Some(identity) = container(value) {
                    seen.insert(identity, extent);
                }
                done.push(extent);
            }
        }
    }
    let PlainSize { bytes, depth } = done.pop().unwrap_or_default();
    let most = own.saturating_mul(FACTOR).saturating_add(BASE);
    if depth > MAX_DEPTH {
        Err(format!("a value nests over {MAX_DEPTH} levels"))
    } else if bytes > most {
        Err(format!(
            "the shared parts of a value expand too far: to {bytes} bytes, and at most {most} are \
             written of {own}"
        ))
    } else {
        Ok(())
    }
}

/// Which container it is; the others are no plain data.
fn container(value: &Value) -> Option<ContentsId> {
    let is_container = matches!(value, Value::Dict(_)) || value.as_slice().is_some();
    value.identity().filter(|_| is_container)
}

/// Which string or array it is, if it has bytes.
fn string(value: &Value) -> Option<ContentsId> {
    value.identity().filter(|_| leaf(value) > ITEM)
}

fn leaf(value: &Value) -> u64 {
    let len = match value {
        Value::Str(text) => text.len(),
        Value::Bytes(bytes) | Value::ByteArray(bytes) => bytes.len(),
        Value::Array(array) => array.as_bytes().len(),
        Value::Scalar(scalar) => scalar.bytes.len(),
        _ => 0,
    };
    to_u64(len).saturating_add(ITEM)
}

/// How long the texts of structured dtypes are, of which every array is written with its own.
#[derive(Default)]
struct DtypeTexts(HashMap<RecordPlace, u64>);

struct DtypeText {
    bytes: u64,
    /// Those of a text that was not there before.
    new: u64,
}

impl DtypeTexts {
    fn of(&mut self, value: &Value) -> DtypeText {
        let Value::Array(array) = value else { return DtypeText { bytes: 0, new: 0 } };
        let Some(place) = record_place(array.dtype()) else {
            return DtypeText { bytes: 0, new: 0 };
        };
        match self.0.entry(place) {
            Entry::Occupied(known) => DtypeText { bytes: *known.get(), new: 0 },
            Entry::Vacant(unknown) => {
                let bytes = *unknown.insert(to_u64(array.dtype().descr().len()));
                DtypeText { bytes, new: bytes }
            }
        }
    }
}

fn children(value: &Value) -> Box<dyn Iterator<Item = &Value> + '_> {
    match value {
        Value::Dict(entries) => Box::new(entries.iter().flat_map(|(key, value)| [key, value])),
        value => Box::new(value.as_slice().unwrap_or_default().iter()),
    }
}

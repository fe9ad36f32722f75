//! A fingerprint of a dict's key: equal for keys that Python takes for equal.
//!
//! Numbers of all types compare by their exact value, as Python and NumPy hash them; frozensets in any
//! order. Nothing recurses, and what a key shares is looked at once, whatever it would expand to.

use crate::bigint::shortest;
use crate::npy::Dtype;
use crate::record_place::record_place;
use crate::value::kinds::{Object, Scalar, Value};
use numbers::{code_point, float, little, whole};
use seen::{SeenKeys, place};
use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::mem;

/// Makes fingerprints of 128 bits, unless told otherwise under a secret of its own: nobody can make two keys
/// that share one, and by chance none do.
#[derive(Clone, Debug, Default)]
pub struct KeyDigests<S = RandomState>(S, S);

/// The fingerprint of a key.
#[derive(Clone, Copy, Debug)]
pub struct KeyDigest {
    /// Of all of it.
    pub digest: u128,
    /// Whether Python is sure to take keys of this fingerprint for one. Not so of a NaN, which is equal to
    /// nothing, and of objects, whose classes decide.
    pub is_certain: bool,
}

impl KeyDigest {
    fn certain(digest: u128) -> Self {
        Self { digest, is_certain: true }
    }

    fn uncertain(digest: u128) -> Self {
        Self { digest, is_certain: false }
    }
}

/// What kind of thing a part of a fingerprint stands for.
#[derive(Clone, Copy, Hash)]
enum Tag {
    None,
    Int,
    Float,
    Complex,
    Text,
    Surrogates,
    Bytes,
    Tuple,
    FrozenSet,
    Dtype,
    Time,
    Global,
    /// A part of an object, by its own kind.
    Exact,
}

/// What is still to be done, the last first.
enum DigestTask<'v> {
    Value(&'v Value, Sense),
    /// The digests of what this holds are there, from so many on.
    Join(&'v Value, Sense, usize),
}

/// How a value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Sense {
    /// As Python compares keys.
    Key,
    /// As any key; also one that Python cannot hash.
    Any,
    /// As [`Value`]s are: inside of an object.
    Exact,
}

impl<S: BuildHasher> KeyDigests<S> {
    /// Of a key that Python has to be able to hash.
    ///
    /// # Errors
    /// What it is, if Python cannot.
    pub(crate) fn of_key(
        &self,
        key: &Value,
        seen: &mut SeenKeys,
    ) -> Result<KeyDigest, &'static str> {
        self.digest(key, Sense::Key, seen)
    }

    /// Of any value.
    pub fn of_any(&self, key: &Value, seen: &mut SeenKeys) -> KeyDigest {
        self.digest(key, Sense::Any, seen).unwrap_or(KeyDigest::uncertain(0))
    }

    fn digest(
        &self,
        key: &Value,
        sense: Sense,
        seen: &mut SeenKeys,
    ) -> Result<KeyDigest, &'static str> {
        if !key.has_children() {
            return self.leaf(key, sense, seen);
        }
        let mut done: Vec<KeyDigest> = Vec::new();
        let mut tasks = vec![DigestTask::Value(key, sense)];
        while let Some(task) = tasks.pop() {
            match task {
                DigestTask::Value(value, sense) if !value.has_children() => {
                    done.push(self.leaf(value, sense, seen)?);
                }
                DigestTask::Value(value, sense) => {
                    let place = place(value, sense);
                    match place.and_then(|place| seen.get(place)) {
                        Some(digest) => done.push(digest),
                        None => {
                            tasks.push(DigestTask::Join(value, sense, done.len()));
                            parts(value, sense, &mut tasks)?;
                        }
                    }
                }
                DigestTask::Join(value, sense, start) => {
                    let digest = self.join(value, sense, done.get(start..).unwrap_or_default());
                    done.truncate(start);
                    done.push(digest);
                    if let Some(place) = place(value, sense) {
                        seen.insert(place, value, digest);
                    }
                }
            }
        }
        Ok(done.pop().unwrap_or(KeyDigest::uncertain(0)))
    }

    fn hash(&self, parts: impl Hash) -> u128 {
        let Self(low, high) = self;
        u128::from(high.hash_one(&parts)) << 64 | u128::from(low.hash_one(&parts))
    }

    /// Of what holds no other values.
    fn leaf(
        &self,
        value: &Value,
        sense: Sense,
        seen: &mut SeenKeys,
    ) -> Result<KeyDigest, &'static str> {
        let place = place(value, sense);
        if let Some(digest) = place.and_then(|place| seen.get(place)) {
            return Ok(digest);
        }
        let digest = self.new_leaf(value, sense, seen)?;
        if let Some(place) = place {
            seen.insert(place, value, digest);
        }
        Ok(digest)
    }

    fn new_leaf(
        &self,
        value: &Value,
        sense: Sense,
        seen: &mut SeenKeys,
    ) -> Result<KeyDigest, &'static str> {
        if sense == Sense::Exact {
            return Ok(KeyDigest::certain(self.exact(value, seen)));
        }
        Ok(match value {
            Value::None => KeyDigest::certain(self.hash(Tag::None)),
            Value::Bool(value) => self.int(&[u8::from(*value)]),
            Value::Int(value) => self.int(&value.to_le_bytes()),
            Value::BigInt(value) => self.int(value.to_le_bytes()),
            Value::Float(value) => self.float(*value),
            Value::Complex(value) => self.complex(value.re, value.im),
            Value::Str(text) => KeyDigest::certain(self.hash((Tag::Text, &**text))),
            Value::SurrogateStr(text) => KeyDigest::certain(self.hash((Tag::Surrogates, text))),
            Value::Bytes(bytes) => KeyDigest::certain(self.hash((Tag::Bytes, &**bytes))),
            Value::Scalar(scalar) => self.scalar(scalar, seen),
            Value::Dtype(dtype) => {
                let dtype = self.dtype(dtype, seen);
                KeyDigest::certain(self.hash((Tag::Dtype, dtype)))
            }
            Value::Global(global) => KeyDigest::certain(self.hash((Tag::Global, &**global))),
            Value::ByteArray(_) | Value::Array(_) if sense == Sense::Key => {
                return Err(value.kind_name());
            }
            other => KeyDigest::uncertain(self.exact(other, seen)),
        })
    }

    /// To the last bit.
    fn exact(&self, value: &Value, seen: &mut SeenKeys) -> u128 {
        let kind = (Tag::Exact, mem::discriminant(value));
        match value {
            Value::Array(array) => {
                let dtype = self.dtype(array.dtype(), seen);
                let order = array.header().fortran_order;
                self.hash((kind, dtype, array.shape(), order, array.as_bytes()))
            }
            Value::Scalar(scalar) => {
                self.hash((kind, self.dtype(&scalar.dtype, seen), &scalar.bytes))
            }
            Value::Dtype(dtype) => self.hash((kind, self.dtype(dtype, seen))),
            _ => self.hash((kind, ExactLeaf(value))),
        }
    }

    /// Of a dtype, whose fields are looked at once.
    fn dtype(&self, dtype: &Dtype, seen: &mut SeenKeys) -> u128 {
        let Some(place) = record_place(dtype) else { return self.hash(dtype) };
        seen.records.entry(place).or_insert_with(|| (self.hash(dtype), dtype.clone())).0
    }

    /// Two's complement, the lowest byte first.
    fn int(&self, bytes: &[u8]) -> KeyDigest {
        KeyDigest::certain(self.hash((Tag::Int, shortest(bytes))))
    }

    fn float(&self, value: f64) -> KeyDigest {
        match whole(value) {
            Some(bytes) => self.int(&bytes),
            None => KeyDigest {
                digest: self.hash((Tag::Float, value.to_bits())),
                is_certain: !value.is_nan(),
            },
        }
    }

    fn complex(&self, re: f64, im: f64) -> KeyDigest {
        if im == 0.0 {
            return self.float(re);
        }
        // `+ 0.0` makes one of the two zeros.
        let digest = self.hash((Tag::Complex, (re + 0.0).to_bits(), im.to_bits()));
        KeyDigest { digest, is_certain: !re.is_nan() && !im.is_nan() }
    }

    /// Numbers and texts of NumPy are those of Python, as dicts see them.
    fn scalar(&self, scalar: &Scalar, seen: &mut SeenKeys) -> KeyDigest {
        let Scalar { dtype, bytes } = scalar;
        let known = match dtype {
            Dtype::Bool => Some(self.int(&[u8::from(bytes.iter().any(|&byte| byte != 0))])),
            Dtype::Int { order, .. } => Some(self.int(&little(bytes, *order))),
            Dtype::Uint { order, .. } => {
                let mut bytes = little(bytes, *order);
                bytes.push(0);
                Some(self.int(&bytes))
            }
            Dtype::Float { order, .. } => {
                float(&little(bytes, *order)).map(|value| self.float(value))
            }
            Dtype::Complex { order, .. } => {
                let (re, im) = bytes.split_at(bytes.len() / 2);
                let parts = float(&little(re, *order)).zip(float(&little(im, *order)));
                parts.map(|(re, im)| self.complex(re, im))
            }
            Dtype::Bytes { .. } => {
                let len = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
                let bytes = bytes.get(..len).unwrap_or_default();
                Some(KeyDigest::certain(self.hash((Tag::Bytes, bytes))))
            }
            Dtype::Text { order, .. } => {
                let points = bytes.chunks(4).map(|point| code_point(point, *order));
                let text = points.collect::<Option<String>>();
                let text = text.as_deref().map(|text| text.trim_end_matches('\0'));
                text.map(|text| KeyDigest::certain(self.hash((Tag::Text, text))))
            }
            Dtype::Datetime { order, .. } | Dtype::Timedelta { order, .. } => Some(KeyDigest {
                digest: self.hash((Tag::Time, dtype, bytes)),
                // "Not a time" is equal to nothing.
                is_certain: little(bytes, *order) != i64::MIN.to_le_bytes(),
            }),
            _ => None,
        };
        known.unwrap_or_else(|| {
            KeyDigest::uncertain(self.hash((Tag::Exact, self.dtype(dtype, seen), bytes)))
        })
    }

    /// Of what holds others, whose digests are given.
    fn join(&self, value: &Value, sense: Sense, parts: &[KeyDigest]) -> KeyDigest {
        let mut digests: Vec<u128> = parts.iter().map(|part| part.digest).collect();
        let digest = match value {
            Value::Tuple(_) if sense != Sense::Exact => self.hash((Tag::Tuple, digests)),
            Value::FrozenSet(_) if sense != Sense::Exact => {
                digests.sort_unstable();
                self.hash((Tag::FrozenSet, digests))
            }
            Value::ObjectArray(array) => {
                self.hash((Tag::Exact, &array.shape, array.fortran_order, digests))
            }
            Value::Object(object) => {
                let Object { build, kwargs, state, setter, list_items, dict_items, .. } = &**object;
                let there = (kwargs.is_some(), state.is_some(), setter.is_some());
                let lens = (list_items.len(), dict_items.len());
                self.hash((Tag::Exact, build, there, lens, digests))
            }
            other => self.hash((Tag::Exact, mem::discriminant(other), digests)),
        };
        let is_known = matches!(value, Value::Tuple(_) | Value::FrozenSet(_));
        KeyDigest { digest, is_certain: is_known && parts.iter().all(|part| part.is_certain) }
    }
}

/// Leaves the digests of what a value holds to be made.
fn parts<'v>(
    value: &'v Value,
    sense: Sense,
    tasks: &mut Vec<DigestTask<'v>>,
) -> Result<(), &'static str> {
    match value {
        Value::Tuple(items) | Value::FrozenSet(items) => {
            tasks.extend(items.iter().map(|item| DigestTask::Value(item, sense)));
        }
        Value::Object(object) => {
            let Object { callable, args, kwargs, state, setter, list_items, dict_items, .. } =
                &**object;
            let first =
                [callable, args].into_iter().chain([kwargs, state, setter].into_iter().flatten());
            let entries = dict_items.iter().flat_map(|(key, value)| [key, value]);
            let all = first.chain(list_items).chain(entries);
            tasks.extend(all.map(|part| DigestTask::Value(part, Sense::Exact)));
        }
        _ if sense == Sense::Key => return Err(value.kind_name()),
        Value::List(items) | Value::Set(items) => {
            tasks.extend(items.iter().map(|item| DigestTask::Value(item, Sense::Exact)));
        }
        Value::ObjectArray(array) => {
            tasks.extend(array.items.iter().map(|item| DigestTask::Value(item, Sense::Exact)));
        }
        Value::Dict(entries) => {
            let all = entries.iter().flat_map(|(key, value)| [key, value]);
            tasks.extend(all.map(|part| DigestTask::Value(part, Sense::Exact)));
        }
        _ => {}
    }
    Ok(())
}

/// What holds no others, nor a dtype, to the last bit.
struct ExactLeaf<'v>(&'v Value);

impl Hash for ExactLeaf<'_> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        match self.0 {
            Value::Bool(value) => value.hash(hasher),
            Value::Int(value) => value.hash(hasher),
            Value::BigInt(value) => value.hash(hasher),
            Value::Float(value) => value.to_bits().hash(hasher),
            Value::Complex(value) => (value.re.to_bits(), value.im.to_bits()).hash(hasher),
            Value::Str(text) | Value::Placeholder(text) => text.hash(hasher),
            Value::SurrogateStr(text) => text.hash(hasher),
            Value::Bytes(bytes) | Value::ByteArray(bytes) => bytes.hash(hasher),
            Value::Global(global) => global.hash(hasher),
            _ => {}
        }
    }
}

mod numbers;
pub(crate) mod seen;
#[cfg(test)]
mod tests;

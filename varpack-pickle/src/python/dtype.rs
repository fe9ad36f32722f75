//! NumPy's dtypes inside a pickle, from the calls that make them.

use crate::arena::facts::RecordSource;
use crate::arena::item::Item;
use crate::arena::nodes::{Arena, GlobalData, NodeData};
use crate::arena::pool::Run;
use crate::budget::Meter;
use crate::format::calls::Known;
use crate::limits::{MAX_DTYPE_DEPTH, MAX_DTYPE_FIELDS};
use crate::npy::internal::MAX_TYPESTR;
use crate::npy::{Dtype, Element as _, Field, Record, TimeUnit};
use crate::python::kind::Kind;
use crate::python::shape::{self, unexpected};
use crate::{Error, ErrorKind, Result};
use std::collections::HashMap;

/// The dtype that an item is: a call of `numpy.dtype`. A structured one is read once of what describes it.
pub(crate) fn dtype<'d>(arena: &'d Arena<'d>, meter: &Meter, item: Item<'d>) -> Result<Dtype> {
    let id = match item {
        Item::Node(id) => Some(id),
        _ => None,
    };
    if let Some(dtype) = id.and_then(|id| arena.facts.known_record(id)) {
        return Ok(dtype);
    }
    let dtype = DtypeReader { arena, meter, fields: 0, for_elements: false }.dtype(item, 0)?;
    if let (Some(id), Dtype::Record(_)) = (id, &dtype) {
        arena.facts.know_record(id, &dtype, meter)?;
    }
    Ok(dtype)
}

/// What the elements of a dtype are, where the [`Dtype`] alone does not tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ElementKind {
    /// What the dtype says.
    Numpy,
    /// Numbers of `ml_dtypes.bfloat16`, a `V2` to NumPy.
    Bfloat16,
    /// Texts of a `StringDType` (NEP 55), whose pickle has them as objects: what is no `str` is missing.
    Text,
}

/// As [`dtype`], for elements of a type of the caller's: also such dtypes as a [`Dtype`] has no place for, which
/// are never written again from this.
pub(crate) fn element<'d>(
    arena: &'d Arena<'d>,
    meter: &Meter,
    item: Item<'d>,
) -> Result<(Dtype, ElementKind)> {
    let Some((called, first)) = call(arena, item) else {
        return Err(unexpected("a NumPy dtype", &arena.type_name(item)));
    };
    if called.module.starts_with("numpy.") && called.name == STRING_DTYPE {
        return Ok((Dtype::Object, ElementKind::Text));
    }
    match first {
        Some(Kind::Global(GlobalData { module: "ml_dtypes", name: "bfloat16", .. }))
            if !is_big_endian(arena, item) =>
        {
            Ok((half::bf16::dtype(), ElementKind::Bfloat16))
        }
        Some(Kind::Global(GlobalData { name: "record", .. })) => {
            let mut reader = DtypeReader { arena, meter, fields: 0, for_elements: true };
            Ok((reader.dtype(item, 0)?, ElementKind::Numpy))
        }
        _ => Ok((dtype(arena, meter, item)?, ElementKind::Numpy)),
    }
}

/// What `numpy.dtypes.StringDType` is pickled as a call of.
const STRING_DTYPE: &str = "_convert_to_stringdtype_kwargs";

/// Whether the state of a dtype says so.
fn is_big_endian<'d>(arena: &'d Arena<'d>, item: Item<'d>) -> bool {
    let Item::Node(id) = item else { return false };
    let NodeData::Object(object) = arena.node(id) else { return false };
    let state = arena.object(*object).state.and_then(|state| arena.tuple(state));
    state.and_then(|state| arena.text(*state.get(1)?)) == Some(">")
}

/// What an object's pickle calls, and the first argument.
fn call<'d>(arena: &'d Arena<'d>, item: Item<'d>) -> Option<(GlobalData<'d>, Option<Kind<'d>>)> {
    let Item::Node(id) = item else { return None };
    let NodeData::Object(object) = arena.node(id) else { return None };
    let object = arena.object(*object);
    Some((arena.callable(object)?, arena.args(object).first().map(|first| arena.kind(*first))))
}

struct DtypeReader<'d, 'm> {
    arena: &'d Arena<'d>,
    meter: &'m Meter,
    fields: usize,
    /// Whether the class of a record's elements is left out: `numpy.record`.
    for_elements: bool,
}

impl<'d> DtypeReader<'d, '_> {
    fn dtype(&mut self, item: Item<'d>, depth: usize) -> Result<Dtype> {
        match self.dtype_or_subarray(item, depth)? {
            (dtype, shape) if shape.is_empty() => Ok(dtype),
            _ => Err(outside_of_record()),
        }
    }

    /// A dtype, and the shape of the sub-array if it is one.
    fn dtype_or_subarray(&mut self, item: Item<'d>, depth: usize) -> Result<(Dtype, Vec<usize>)> {
        if depth > MAX_DTYPE_DEPTH {
            return Err(Error::new(ErrorKind::Limit)
                .with_expected(format!("a dtype of at most {MAX_DTYPE_DEPTH} levels")));
        }
        let arena = self.arena;
        let object = match item {
            Item::Node(id) => match arena.node(id) {
                NodeData::Object(index) if arena.extra(*index).setter.is_none() => {
                    arena.object(*index)
                }
                _ => return Err(unexpected("a NumPy dtype", &arena.type_name(item))),
            },
            _ => return Err(unexpected("a NumPy dtype", &arena.type_name(item))),
        };
        if arena.callable(object).is_none_or(|global| global.known != Known::Dtype) {
            return Err(unexpected("a NumPy dtype", &arena.type_name(item)));
        }
        let Some(first) = arena.args(object).first() else {
            return Err(unexpected("the name of a dtype", "no arguments"));
        };
        if let Kind::Dict(_) = arena.kind(*first) {
            let aligned = matches!(arena.args(object).get(1), Some(Item::Bool(true)));
            let record = self.once([*first; 2], 0, aligned, depth, |reader| {
                reader.record_from_lists(*first, aligned, depth)
            });
            return Ok((record?, Vec::new()));
        }
        let name = match (arena.text(*first), arena.kind(*first)) {
            (Some(name), _) => name,
            (None, Kind::Global(GlobalData { module, name: "record", .. }))
                if self.for_elements && module.starts_with("numpy") =>
            {
                "V"
            }
            _ => {
                return Err(Error::new(ErrorKind::Dtype)
                    .with_expected("a dtype of NumPy's own")
                    .with_found_shown(&arena.type_name(*first)));
            }
        };
        match object.state {
            None => Ok((Dtype::parse(name)?, Vec::new())),
            Some(state) => self.with_state(name, state, depth),
        }
    }

    /// The state is `(version, byte order, sub-array, names, fields, itemsize, alignment, flags)`
    /// and, for datetime64, metadata: `arraydescr_reduce` in numpy's descriptor.c.
    fn with_state(
        &mut self,
        name: &str,
        state: Item<'d>,
        depth: usize,
    ) -> Result<(Dtype, Vec<usize>)> {
        let arena = self.arena;
        let Some([_, order, subarray, names, fields, itemsize, rest @ ..]) = arena.tuple(state)
        else {
            return Err(unexpected("the state of a NumPy dtype", &arena.type_name(state)));
        };
        if let Some([base, shape]) = arena.tuple(*subarray) {
            let shape = match shape {
                Item::Int(_) => vec![int(*shape)?],
                _ => shape::shape(arena, *shape)?,
            };
            // Refused whatever its elements are.
            if depth == 0 && !shape.is_empty() {
                return Err(outside_of_record());
            }
            return Ok((self.dtype(*base, depth + 1)?, shape));
        }
        if let Some(listed) = arena.tuple(*names) {
            // NumPy 1 takes the flags for a `char` with a sign.
            let aligned =
                matches!(rest.get(1), Some(Item::Int(flags)) if flags & ALIGNED_STRUCT != 0);
            let itemsize = int(*itemsize)?;
            let record = self.once([*names, *fields], itemsize, aligned, depth, |reader| {
                reader.record(listed, *fields, itemsize, aligned, depth)
            });
            return Ok((record?, Vec::new()));
        }
        let order = arena.text(*order).filter(|order| matches!(*order, "<" | ">" | "|" | "="));
        let order = order.ok_or_else(|| unexpected("a byte order", "something else"))?;
        let dtype = match name.len() {
            0..=MAX_TYPESTR => Dtype::parse(&format!("{order}{name}"))?,
            _ => Dtype::parse(name)?,
        };
        match rest.get(2).and_then(|metadata| arena.tuple(*metadata)) {
            Some([_, unit]) => Ok((dtype.with_time_unit(self.unit(*unit)?), Vec::new())),
            _ => Ok((dtype, Vec::new())),
        }
    }

    /// `(b"ns", 25, 1, 1)` is `[25ns]`.
    fn unit(&self, item: Item<'d>) -> Result<TimeUnit> {
        let arena = self.arena;
        let Some([base, Item::Int(count), ..]) = arena.tuple(item) else {
            return Err(unexpected("a unit of time", &arena.type_name(item)));
        };
        let bytes = arena.bytes(*base).or_else(|| Some(arena.text(*base)?.as_bytes()));
        match bytes.filter(|base| base.len() <= MAX_TYPESTR).map(std::str::from_utf8) {
            Some(Ok(base)) => TimeUnit::new(base, *count),
            _ => Err(unexpected("a unit of time", &arena.type_name(*base))),
        }
    }

    /// A structured dtype, which is read once of what describes its names and fields. Inside of another one it
    /// counts each time.
    fn once(
        &mut self,
        [names, fields]: [Item<'d>; 2],
        itemsize: usize,
        aligned: bool,
        depth: usize,
        read: impl FnOnce(&mut Self) -> Result<Dtype>,
    ) -> Result<Dtype> {
        let (Item::Node(names), Item::Node(fields), 0) = (names, fields, depth) else {
            return read(self);
        };
        let for_elements = self.for_elements;
        let source = RecordSource { names, fields, itemsize, aligned, for_elements };
        self.arena.facts.record(source, self.meter, || read(self))
    }

    fn count_field(&mut self) -> Result<()> {
        self.fields += 1;
        if self.fields > MAX_DTYPE_FIELDS {
            return Err(Error::new(ErrorKind::Limit)
                .with_expected(format!("a dtype of at most {MAX_DTYPE_FIELDS} fields")));
        }
        self.meter.charge(FIELD)
    }

    fn record(
        &mut self,
        names: &[Item<'d>],
        fields: Item<'d>,
        itemsize: usize,
        aligned: bool,
        depth: usize,
    ) -> Result<Dtype> {
        let arena = self.arena;
        let described = self.entries(fields)?;
        let mut record = Vec::with_capacity(names.len());
        for name in names {
            self.count_field()?;
            let name =
                arena.text(*name).ok_or_else(|| unexpected("a field's name", "no string"))?;
            let field = described.get(name).and_then(|field| arena.tuple(*field));
            let (Some([dtype, offset]) | Some([dtype, offset, _])) = field else {
                return Err(unexpected("the dtype and offset of a field", "something else"));
            };
            let title = field.and_then(|field| arena.text(*field.get(2)?));
            self.meter.charge(name.len().saturating_add(title.map_or(0, str::len)))?;
            let title = title.map(str::to_owned);
            let offset = int(*offset)?;
            let (dtype, shape) = self.dtype_or_subarray(*dtype, depth + 1)?;
            record.push(Field { name: name.to_owned(), title, dtype, shape, offset });
        }
        Ok(Dtype::Record(Record::new(record, itemsize, aligned)?))
    }

    /// A record from the lists of its names, formats, offsets and titles, as this crate writes it.
    fn record_from_lists(&mut self, item: Item<'d>, aligned: bool, depth: usize) -> Result<Dtype> {
        let arena = self.arena;
        let parts = self.entries(item)?;
        let list = |key| match parts.get(key).map(|part| arena.kind(*part)) {
            Some(Kind::List(run) | Kind::Tuple(run)) => Ok(arena.items(run)),
            Some(other) => Err(unexpected("a list for each part of a record", other.name())),
            None => Ok(arena.items(Run::EMPTY)),
        };
        let (names, mut formats, mut offsets) =
            (list("names")?, list("formats")?, list("offsets")?);
        let mut titles = list("titles")?;
        let mut fields = Vec::new();
        for name in names {
            self.count_field()?;
            let (Some(name), Some(format), Some(offset)) =
                (arena.text(name), formats.next(), offsets.next())
            else {
                return Err(unexpected("a name, a format and an offset of each field", "fewer"));
            };
            let (dtype, shape) = match arena.tuple(format) {
                Some([base, shape]) => {
                    (self.dtype(*base, depth + 1)?, shape::shape(arena, *shape)?)
                }
                _ => (self.dtype(format, depth + 1)?, Vec::new()),
            };
            let title = titles.next().and_then(|title| arena.text(title));
            self.meter.charge(name.len().saturating_add(title.map_or(0, str::len)))?;
            let title = title.map(str::to_owned);
            let offset = int(offset)?;
            fields.push(Field { name: name.to_owned(), title, dtype, shape, offset });
        }
        let itemsize = parts.get("itemsize").map_or(Ok(0), |itemsize| int(*itemsize))?;
        Ok(Dtype::Record(Record::new(fields, itemsize, aligned)?))
    }

    fn entries(&self, item: Item<'d>) -> Result<HashMap<&'d str, Item<'d>>> {
        let Kind::Dict(run) = self.arena.kind(item) else {
            return Err(unexpected("a dict of fields", &self.arena.type_name(item)));
        };
        self.meter.charge_each(run.len(), size_of::<(&str, Item<'_>)>())?;
        let mut items = self.arena.items(run);
        let mut entries = HashMap::new();
        while let (Some(key), Some(value)) = (items.next(), items.next()) {
            entries.extend(self.arena.text(key).map(|key| (key, value)));
        }
        Ok(entries)
    }
}

/// Bytes of a field beside its names: itself, while the vector of them grows, and its shape.
const FIELD: usize = 2 * size_of::<Field>();

/// NumPy's `NPY_ALIGNED_STRUCT`.
const ALIGNED_STRUCT: i64 = 0x80;

fn outside_of_record() -> Error {
    unexpected("a dtype", "a sub-array outside of a record")
}

fn int(item: Item<'_>) -> Result<usize> {
    match item {
        Item::Int(value) => usize::try_from(value).ok(),
        _ => None,
    }
    .ok_or_else(|| unexpected("a natural number in a NumPy dtype", "something else"))
}

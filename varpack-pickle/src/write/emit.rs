//! From a [`Value`] to a pickle, without recursion.

use crate::format::calls::Build;
use crate::format::opcode as op;
use crate::npy::Dtype;
use crate::value::kinds::{Object, Value};
use crate::write::batch::Batch;
use crate::write::emit_numpy;
use crate::write::writer::{ObjectPlace, Writer};
use crate::{Error, ErrorKind, Result};
use std::slice;

/// A value as a pickle of its own.
pub(crate) fn to_vec(value: &Value) -> Result<Vec<u8>> {
    let mut writer = Writer::new();
    writer.node(value)?;
    writer.finish()
}

impl Writer {
    /// Writes a value as it is, at any depth; what it shares, inside and with other values of this
    /// writer, stays shared.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] if no value can stand here; [`ErrorKind::Value`] if Python could not read it.
    ///
    /// ```
    /// use varpack_pickle::{Value, Writer};
    ///
    /// let mut writer = Writer::new();
    /// let value = Value::list([Value::None]);
    /// writer.node(&value)?;
    /// assert_eq!(Value::from_slice(&writer.finish()?)?, value);
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    pub fn node(&mut self, value: &Value) -> Result<()> {
        self.start_value()?;
        self.guarded(|writer| write(writer, value, value.is_shared()))?;
        self.end_value();
        Ok(())
    }
}

/// What is still to be written, the last first.
enum EmitTask<'v> {
    Value(&'v Value),
    Op(u8),
    /// The object on top is whole: later references find it in the memo.
    Memoize(&'v Value),
    /// Items up to the opcode that takes them all.
    Items(slice::Iter<'v, Value>),
    Batches {
        items: slice::Iter<'v, Value>,
        batch: Batch,
        opcode: u8,
    },
    Entries {
        entries: slice::Iter<'v, (Value, Value)>,
        batch: Batch,
    },
    /// An object, by its reference in the memo.
    Get(&'v Value),
}

/// Writes a value whose place the writer has made sure of.
pub(crate) fn value(writer: &mut Writer, root: &Value) -> Result<()> {
    write(writer, root, root.is_shared())
}

/// As [`value`], of one that was handed over: a reference of its owner's and this one are to the same.
pub(crate) fn handed(writer: &mut Writer, root: &Value) -> Result<()> {
    let start = writer.out.len();
    write(writer, root, root.references() > 2)?;
    if writer.key_start == Some(start) {
        writer.handed_key = Some((writer.out.len(), root.clone()));
    }
    Ok(())
}

fn write(writer: &mut Writer, root: &Value, is_shared: bool) -> Result<()> {
    let mut tasks = Vec::new();
    start(writer, root, is_shared, &mut tasks)?;
    while let Some(task) = tasks.pop() {
        match task {
            EmitTask::Value(value) => start(writer, value, value.is_shared(), &mut tasks)?,
            EmitTask::Op(opcode) => writer.out.op(opcode),
            EmitTask::Memoize(value) => {
                let index = writer.out.memoize()?;
                remember(writer, value, ObjectPlace::Memo(index));
            }
            EmitTask::Get(value) => {
                if let Some((place, _)) = value.identity().and_then(|id| writer.shared.get(&id)) {
                    writer.refer(*place);
                }
            }
            EmitTask::Items(mut items) => {
                if let Some(item) = items.next() {
                    tasks.push(EmitTask::Items(items));
                    start(writer, item, item.is_shared(), &mut tasks)?;
                }
            }
            EmitTask::Batches { mut items, mut batch, opcode } => loop {
                batch.end_item(&mut writer.out, opcode);
                let Some(item) = items.next() else {
                    batch.end(&mut writer.out, opcode);
                    break;
                };
                batch.start_item(&mut writer.out);
                if !scalar(writer, item) {
                    tasks.push(EmitTask::Batches { items, batch, opcode });
                    start(writer, item, item.is_shared(), &mut tasks)?;
                    break;
                }
            },
            EmitTask::Entries { mut entries, mut batch } => {
                batch.end_item(&mut writer.out, op::SETITEMS);
                match entries.next() {
                    Some((key, value)) => {
                        batch.start_item(&mut writer.out);
                        tasks.push(EmitTask::Entries { entries, batch });
                        tasks.push(EmitTask::Value(value));
                        start(writer, key, key.is_shared(), &mut tasks)?;
                    }
                    None => batch.end(&mut writer.out, op::SETITEMS),
                }
            }
        }
    }
    writer.keys.forget();
    Ok(())
}

/// Later references to a value find it there.
fn remember(writer: &mut Writer, value: &Value, place: ObjectPlace) {
    if let Some(identity) = value.identity() {
        writer.shared.insert(identity, (place, value.clone()));
    }
}

/// Writes a value that is one opcode. They come in long lists, which need no task for each.
fn scalar(writer: &mut Writer, value: &Value) -> bool {
    match value {
        Value::None => writer.out.op(op::NONE),
        Value::Bool(value) => writer.out.bool(*value),
        Value::Int(value) => writer.out.int(*value),
        Value::Float(value) => writer.out.float(*value),
        _ => return false,
    }
    writer.out.cut();
    true
}

/// Writes what can be written of a value at once, and leaves tasks for the rest. `is_shared`: whether the
/// pickle may refer to it again.
fn start<'v>(
    writer: &mut Writer,
    value: &'v Value,
    is_shared: bool,
    tasks: &mut Vec<EmitTask<'v>>,
) -> Result<()> {
    if scalar(writer, value) {
        return Ok(());
    }
    writer.out.cut();
    // Whether or not others refer to it.
    writer.begun += 1;
    if let Some(identity) = value.identity().filter(|_| is_shared) {
        if let Some((place, _)) = writer.shared.get(&identity) {
            writer.refer(*place);
            return Ok(());
        }
        // An object with a setter needs itself in the memo before it is whole; classes and dtypes always are
        // in it.
        match value {
            Value::Global(_) | Value::Dtype(_) => {}
            // Some of the references may be to it from elsewhere: only the second one here leaves a trace.
            _ if writer.compares => remember(writer, value, ObjectPlace::Nth(writer.begun)),
            Value::Object(_) => {}
            _ => tasks.push(EmitTask::Memoize(value)),
        }
    }
    let batches = |items: &'v [Value], opcode| EmitTask::Batches {
        items: items.iter(),
        batch: Batch::default(),
        opcode,
    };
    match value {
        // Written above.
        Value::None | Value::Bool(_) | Value::Int(_) | Value::Float(_) => {}
        Value::BigInt(value) => writer.out.big_int(value)?,
        Value::Complex(value) => {
            writer.global("builtins", "complex")?;
            writer.out.float(value.re);
            writer.out.float(value.im);
            writer.out.op(op::TUPLE2);
            writer.out.op(op::REDUCE);
        }
        Value::Str(text) => writer.out.str(text)?,
        Value::SurrogateStr(text) => writer.out.surrogate_str(text.as_bytes())?,
        Value::Bytes(bytes) => writer.out.bytes(bytes)?,
        Value::ByteArray(bytes) => writer.byte_array(bytes)?,
        Value::List(items) => {
            writer.out.op(op::EMPTY_LIST);
            tasks.push(batches(items, op::APPENDS));
        }
        Value::Set(items) => {
            writer.keys.check(items.iter())?;
            writer.out.op(op::EMPTY_SET);
            tasks.push(batches(items, op::ADDITEMS));
        }
        Value::FrozenSet(items) => {
            writer.keys.check(items.iter())?;
            writer.out.op(op::MARK);
            tasks.push(EmitTask::Op(op::FROZENSET));
            tasks.push(EmitTask::Items(items.iter()));
        }
        Value::Tuple(items) => {
            let opcode = op::tuple(items.len());
            if opcode == op::TUPLE {
                writer.out.op(op::MARK);
            }
            tasks.push(EmitTask::Op(opcode));
            tasks.push(EmitTask::Items(items.iter()));
        }
        Value::Dict(entries) => {
            writer.keys.check(entries.iter().map(|(key, _)| key))?;
            writer.out.op(op::EMPTY_DICT);
            tasks.push(EmitTask::Entries { entries: entries.iter(), batch: Batch::default() });
        }
        Value::Array(array) => emit_numpy::array(writer, array.header(), array.as_bytes())?,
        Value::ObjectArray(array) => {
            check_len(array.items.len(), &array.shape)?;
            emit_numpy::begin_array(writer, &array.shape, &Dtype::Object, array.fortran_order)?;
            writer.out.op(op::EMPTY_LIST);
            tasks.push(EmitTask::Op(op::BUILD));
            tasks.push(EmitTask::Op(op::TUPLE));
            tasks.push(batches(&array.items, op::APPENDS));
        }
        Value::Scalar(scalar) => {
            if scalar.bytes.len() != scalar.dtype.itemsize() {
                return Err(Error::new(ErrorKind::Dtype)
                    .with_expected(format!("{} bytes of a scalar", scalar.dtype.itemsize()))
                    .with_found(scalar.bytes.len().to_string()));
            }
            emit_numpy::scalar(writer, &scalar.dtype, &scalar.bytes)?;
        }
        Value::Dtype(dtype) => {
            let index = writer.dtype(dtype)?;
            if is_shared {
                remember(writer, value, ObjectPlace::Memo(index));
            }
        }
        Value::Placeholder(filename) => writer.write_placeholder(filename)?,
        Value::Global(global) => {
            let index = writer.global(&global.module, &global.name)?;
            if is_shared {
                remember(writer, value, ObjectPlace::Memo(index));
            }
        }
        Value::Object(object) => {
            if is_dict(object) {
                writer.keys.check(object.dict_items.iter().map(|(key, _)| key))?;
            }
            start_object(writer, value, object, is_shared, tasks)?;
        }
    }
    Ok(())
}

/// An object is made, put into the memo, filled with items and then with its state, as CPython's
/// `save_reduce` does.
fn start_object<'v>(
    writer: &mut Writer,
    value: &'v Value,
    object: &'v Object,
    is_shared: bool,
    tasks: &mut Vec<EmitTask<'v>>,
) -> Result<()> {
    let Value::Tuple(args) = &object.args else {
        return Err(unwritable("the arguments of an object", "a tuple", &object.args));
    };
    if !object.callable.is_callable() {
        let expected = "a class or function";
        return Err(unwritable("what makes an object", expected, &object.callable));
    }
    match (&object.state, &object.setter) {
        (Some(_), Some(setter)) if !setter.is_callable() => {
            let expected = "a class or function";
            return Err(unwritable("what sets the state of an object", expected, setter));
        }
        (Some(state), Some(setter)) => {
            for opcode in [op::POP, op::REDUCE, op::TUPLE2] {
                tasks.push(EmitTask::Op(opcode));
            }
            tasks.extend([EmitTask::Value(state), EmitTask::Get(value), EmitTask::Value(setter)]);
        }
        (Some(state), None) => tasks.extend([EmitTask::Op(op::BUILD), EmitTask::Value(state)]),
        (None, _) => {}
    }
    let dict_items = object.dict_items.iter();
    tasks.push(EmitTask::Entries { entries: dict_items, batch: Batch::default() });
    let list_items = object.list_items.iter();
    tasks.push(EmitTask::Batches {
        items: list_items,
        batch: Batch::default(),
        opcode: op::APPENDS,
    });
    if writer.compares && object.setter.is_some() {
        remember(writer, value, ObjectPlace::Nth(writer.begun));
    } else if !writer.compares && (is_shared || object.setter.is_some()) {
        tasks.push(EmitTask::Memoize(value));
    }
    match (object.build, &object.kwargs) {
        (Build::Instance, _) => {
            writer.out.op(op::MARK);
            tasks.extend([EmitTask::Op(op::OBJ), EmitTask::Items(args.iter())]);
        }
        (Build::NewEx, Some(kwargs @ Value::Dict(_))) => {
            tasks.extend([
                EmitTask::Op(op::NEWOBJ_EX),
                EmitTask::Value(kwargs),
                EmitTask::Value(&object.args),
            ]);
        }
        (Build::NewEx, other) => {
            let found = other.as_ref().unwrap_or(&Value::None);
            return Err(unwritable("the keyword arguments of an object", "a dict", found));
        }
        (Build::New, _) => tasks.extend([EmitTask::Op(op::NEWOBJ), EmitTask::Value(&object.args)]),
        (Build::Reduce, _) => {
            tasks.extend([EmitTask::Op(op::REDUCE), EmitTask::Value(&object.args)])
        }
    }
    tasks.push(EmitTask::Value(&object.callable));
    Ok(())
}

/// Whether an object is one of Python's own dicts, of which it is known how they compare their keys.
fn is_dict(object: &Object) -> bool {
    matches!(&object.callable, Value::Global(class) if class.module == "collections"
        && matches!(class.name.as_str(), "OrderedDict" | "defaultdict" | "Counter"))
}

fn check_len(found: usize, shape: &[usize]) -> Result<()> {
    let expected = shape.iter().try_fold(1_usize, |product, &len| product.checked_mul(len));
    if expected == Some(found) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Shape)
        .with_expected(format!("as many elements as the shape {shape:?} has"))
        .with_found(found.to_string()))
}

fn unwritable(what: &str, expected: &str, found: &Value) -> Error {
    Error::msg(ErrorKind::Value, what).with_expected(expected).with_found(found.kind_name())
}

//! Prints what is read from each file of a corpus in a form that `compare_with_cpython.py` builds objects from.
//!
//! `canonical pickle FOLDER` or `canonical npy FOLDER`: for each file a line with its name, then a pickle's value as
//! operations of a stack machine, each a line, or a header's three parts; then an empty line. A file that is refused
//! has the line `refused` and the reason, one that cannot be told in full the line `skipped`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};
use varpack::Result;
use varpack::npy::Header;
use varpack::pickle::{SurrogateStr, Value};

/// Lines that one value may take: shared parts are told anew at each reference.
const MAX_LINES: usize = 100_000;

/// Tells what a file holds; `None` if that cannot be told in full.
type Read = fn(&[u8]) -> Result<Option<String>>;

/// What is still to be told, the last first.
enum Task<'v> {
    Value(&'v Value),
    /// What takes its parts off the stack.
    Whole(&'static str, usize),
}

/// A value, parts first; `None` if it is too long, or holds what is not plain data.
fn operations(root: &Value) -> Option<String> {
    let mut text = String::new();
    let mut lines = 0;
    let mut tasks = vec![Task::Value(root)];
    while let Some(task) = tasks.pop() {
        lines += 1;
        if lines > MAX_LINES {
            return None;
        }
        let value = match task {
            Task::Value(value) => value,
            Task::Whole(operation, parts) => {
                let _ = writeln!(text, "{operation} {parts}");
                continue;
            }
        };
        let (operation, items) = match value {
            Value::None => ("none".to_owned(), None),
            Value::Bool(value) => (format!("bool {}", u8::from(*value)), None),
            Value::Int(value) => (format!("int {value}"), None),
            Value::BigInt(value) => (format!("int {value}"), None),
            Value::Float(value) => (format!("float {:016x}", value.to_bits()), None),
            Value::Complex(value) => {
                let (re, im) = (value.re.to_bits(), value.im.to_bits());
                (format!("complex {re:016x}{im:016x}"), None)
            }
            Value::Str(value) => (format!("str {}", hex(value.as_bytes())), None),
            Value::SurrogateStr(value) => {
                (format!("str {}", hex(SurrogateStr::as_bytes(value))), None)
            }
            Value::Bytes(value) => (format!("bytes {}", hex(value)), None),
            Value::ByteArray(value) => (format!("bytearray {}", hex(value)), None),
            Value::List(items) => (String::new(), Some(("list", items))),
            Value::Tuple(items) => (String::new(), Some(("tuple", items))),
            Value::Set(items) => (String::new(), Some(("set", items))),
            Value::FrozenSet(items) => (String::new(), Some(("frozenset", items))),
            Value::Dict(entries) => {
                tasks.push(Task::Whole("dict", entries.len()));
                for (key, value) in entries.iter().rev() {
                    tasks.extend([Task::Value(value), Task::Value(key)]);
                }
                continue;
            }
            _ => return None,
        };
        match items {
            None => {
                let _ = writeln!(text, "{operation}");
            }
            Some((kind, items)) => {
                tasks.push(Task::Whole(kind, items.len()));
                tasks.extend(items.iter().rev().map(Task::Value));
            }
        }
    }
    Some(text)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn pickle(bytes: &[u8]) -> Result<Option<String>> {
    Ok(operations(&Value::from_slice(bytes)?))
}

fn npy(bytes: &[u8]) -> Result<Option<String>> {
    let header = Header::parse(bytes)?;
    let (descr, order, shape) = (header.dtype.descr(), header.fortran_order, header.shape);
    let shape: String = shape.iter().map(|len| format!("{len},")).collect();
    Ok(Some(format!("{descr}\n{}\n({shape})\n", u8::from(order))))
}

fn main() {
    let arguments: Vec<String> = env::args().collect();
    let (read, folder): (Read, _) = match arguments.as_slice() {
        [_, kind, folder] if kind == "pickle" => (pickle, Path::new(folder)),
        [_, kind, folder] if kind == "npy" => (npy, Path::new(folder)),
        _ => panic!("usage: canonical pickle|npy FOLDER"),
    };
    let files = fs::read_dir(folder).expect("a folder to list");
    let files: BTreeSet<_> = files.map(|file| file.expect("an entry").path()).collect();
    for path in files {
        println!("{}", path.file_name().expect("a file's name").display());
        match read(&fs::read(&path).expect("a file to read")) {
            Ok(Some(text)) => print!("{text}"),
            Ok(None) => println!("skipped"),
            Err(error) => println!("refused {}", error.to_string().replace('\n', " ")),
        }
        println!();
    }
}

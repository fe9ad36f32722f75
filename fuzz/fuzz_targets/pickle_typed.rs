//! Any bytes as a pickle, read through serde as types of many shapes: what is read is written as a pickle
//! that reads the same.

#![no_main]
#![allow(clippy::large_enum_variant, reason = "the types are those that a user writes")]

use libfuzzer_sys::fuzz_target;
use ndarray::{Ix1, Ix2, IxDyn};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use varpack::npy::{Bool8, Datetime64, FixedBytes, FixedText, resolution::Seconds};
use varpack::pickle::{Document, Value, to_vec};
use varpack::{AnyArray, ErrorKind, MmapArray};

#[derive(Serialize, Deserialize)]
struct Epoch {
    step: u64,
    loss: f64,
    #[serde(default)]
    note: Option<String>,
    #[serde(default, alias = "labels")]
    tags: Vec<String>,
    weights: Option<MmapArray<f64, Ix1>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Strict {
    a: i8,
    b: f32,
}

#[derive(Serialize, Deserialize)]
struct Flat {
    value: i64,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

#[derive(Serialize, Deserialize)]
struct Pair(u16, String);

#[derive(Serialize, Deserialize)]
enum Event {
    Idle,
    Run(f64),
    Move(i32, i32),
    Stop { code: u8, reason: Option<String> },
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Shape {
    Circle { radius: f64 },
    Square { side: f64 },
    Grid { array: MmapArray<f32, Ix2> },
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Either {
    Number(i64),
    Text(String),
    Numbers(Vec<f64>),
    Array(MmapArray<u8, IxDyn>),
    Branch(Tree),
}

#[derive(Serialize, Deserialize)]
struct Tree {
    value: i64,
    left: Option<Box<Tree>>,
    right: Option<Box<Tree>>,
}

/// Reads a type; what was read goes through a pickle of ours unchanged.
fn reads_back<T: Serialize + DeserializeOwned>(document: &Document<'_>) {
    let Ok(value) = document.root().deserialize::<T>() else { return };
    let written = match to_vec(&value) {
        Ok(written) => written,
        // Python has no such dict: two keys are one, or one cannot be hashed.
        Err(error) if error.kind() == ErrorKind::Value => return,
        Err(error) => panic!("what was read can be written: {error}"),
    };
    let again = Document::parse(&written).expect("our own pickle");
    let again: T = again.root().deserialize().expect("our own pickle, of the same type");
    let rewritten = to_vec(&again).expect("what was read can be written");
    let value = |pickle: &[u8]| Value::from_slice(pickle).expect("our own pickle");
    assert_eq!(value(&rewritten), value(&written));
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(document) = Document::parse(bytes) else { return };
    let document = &document;
    reads_back::<()>(document);
    reads_back::<bool>(document);
    reads_back::<i8>(document);
    reads_back::<u64>(document);
    reads_back::<i128>(document);
    reads_back::<f32>(document);
    reads_back::<f64>(document);
    reads_back::<char>(document);
    reads_back::<String>(document);
    reads_back::<Vec<f64>>(document);
    reads_back::<Vec<u8>>(document);
    reads_back::<[i32; 3]>(document);
    reads_back::<(i64, String, f64, bool)>(document);
    reads_back::<Option<Vec<Option<String>>>>(document);
    reads_back::<BTreeSet<i64>>(document);
    reads_back::<BTreeMap<String, i64>>(document);
    reads_back::<BTreeMap<i32, String>>(document);
    reads_back::<BTreeMap<(i32, String), Vec<f32>>>(document);
    reads_back::<Epoch>(document);
    reads_back::<Vec<Epoch>>(document);
    reads_back::<Strict>(document);
    reads_back::<Flat>(document);
    reads_back::<Pair>(document);
    reads_back::<Event>(document);
    reads_back::<Vec<Event>>(document);
    reads_back::<Vec<Shape>>(document);
    reads_back::<Vec<Either>>(document);
    reads_back::<Tree>(document);
    reads_back::<MmapArray<f32, Ix2>>(document);
    reads_back::<MmapArray<i64, IxDyn>>(document);
    reads_back::<MmapArray<Bool8, IxDyn>>(document);
    reads_back::<MmapArray<bool, IxDyn>>(document);
    reads_back::<MmapArray<FixedBytes<3>, IxDyn>>(document);
    reads_back::<MmapArray<FixedText<2>, IxDyn>>(document);
    reads_back::<MmapArray<Datetime64<Seconds>, IxDyn>>(document);
    reads_back::<BTreeMap<String, MmapArray<f64, Ix2>>>(document);
    reads_back::<Vec<AnyArray>>(document);
    reads_back::<Value>(document);
    reads_back::<Vec<(Value, Option<Value>)>>(document);
    reads_back::<serde_json::Value>(document);
    let _ = document.root().deserialize::<&str>();
    let _ = document.root().deserialize::<Vec<Cow<'_, [u8]>>>();
    let _ = document.root().deserialize::<IgnoredAny>();
});

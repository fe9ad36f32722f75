//! The values of W3: many floats, texts and integers, and rows of three fields.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use varpack::Varpack;

/// A million floats, a map and a list of texts.
#[derive(
    Serialize, Deserialize, PartialEq, Debug, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize,
)]
pub(crate) struct Values {
    floats: Vec<f64>,
    map: BTreeMap<String, u32>,
    strings: Vec<String>,
}

/// One of many rows.
#[derive(Serialize, Deserialize, PartialEq, Debug)]
pub(crate) struct Row {
    step: u32,
    loss: f64,
    note: String,
}

/// The same values as a folder.
#[derive(Varpack, PartialEq, Debug)]
pub(crate) struct Folder {
    #[varpack(separate)]
    pub(crate) values: Values,
}

impl Values {
    pub(crate) fn new(floats: u32, entries: u32) -> Self {
        Self {
            floats: (0..floats).map(|i| f64::from(i) * 0.5).collect(),
            map: (0..entries).map(|i| (format!("key{i:06}"), i * 3)).collect(),
            strings: (0..entries).map(|i| format!("string number {i}")).collect(),
        }
    }
}

impl Row {
    pub(crate) fn many(count: u32) -> Vec<Self> {
        let row = |i| Self { step: i, loss: f64::from(i) * 0.25, note: format!("row {i}") };
        (0..count).map(row).collect()
    }
}

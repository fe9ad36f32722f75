//! Programs that know all of the folder, or some of it, and what they have in memory.

use super::item::{ALL, Item};
use std::collections::BTreeMap;
use varpack::{MmapArray1, PackFields, PackReader, PackWriter, Result, SaveFields, Varpack};

pub(crate) type Array = MmapArray1<f64>;

/// What marks one content of an item: each that is made is another one. `None`: it is `None`, or at its default.
pub(crate) type Token = Option<u64>;

#[derive(Varpack, Clone, Default)]
pub(crate) struct Optimizer {
    pub(crate) epoch: u64,
    #[varpack(mmap)]
    pub(crate) moments: Option<Array>,
}

#[derive(Varpack, Clone, Default)]
pub(crate) struct Model {
    #[varpack(mmap)]
    kernel: Array,
    #[varpack(mmap, alias = "offset")]
    bias: Option<Array>,
    #[varpack(alias = "factor")]
    scale: u64,
    seed: Option<u64>,
    #[varpack(nested)]
    optimizer: Optimizer,
}

/// Has all fields. By hand, for the derive lets no struct be nested that has arrays so deep.
#[derive(Clone)]
pub(crate) struct Whole {
    weights: Array,
    mask: Option<Array>,
    layers: BTreeMap<String, Array>,
    step: u64,
    rate: u64,
    history: Vec<u64>,
    notes: u64,
    model: Model,
}

impl SaveFields for Whole {
    fn write_fields<'a>(&'a self, writer: &mut PackWriter<'a>) -> Result<()> {
        writer.field("weights").mmap(&self.weights)?;
        writer.field("mask").alias("old_mask").mmap(&self.mask)?;
        writer.field("layers").mmap(&self.layers)?;
        writer.field("step").value(&self.step)?;
        writer.field("rate").alias("lr").value(&self.rate)?;
        writer.field("history").separate(&self.history)?;
        writer.field("notes").skip_load(u64::default).value(&self.notes)?;
        writer.field("model").nested(&self.model)
    }
}

impl PackFields for Whole {
    fn read_fields(reader: &mut PackReader<'_>) -> Result<Self> {
        Ok(Self {
            weights: reader.field("weights").mmap()?,
            mask: reader.field("mask").alias("old_mask").default(Option::default).mmap()?,
            layers: reader.field("layers").default(BTreeMap::default).mmap()?,
            step: reader.field("step").value()?,
            rate: reader.field("rate").alias("lr").value()?,
            history: reader.field("history").default(Vec::default).separate()?,
            notes: reader.field("notes").default(u64::default).skip_load()?,
            model: reader.field("model").default(Model::default).nested()?,
        })
    }
}

#[derive(Varpack, Clone, Default)]
pub(crate) struct PartOfModel {
    #[varpack(mmap, alias = "offset")]
    bias: Option<Array>,
    #[varpack(alias = "factor")]
    scale: u64,
}

/// Knows some variables, and some of the nested struct.
#[derive(Varpack, Clone)]
pub(crate) struct Part {
    #[varpack(mmap)]
    weights: Array,
    #[varpack(mmap, default)]
    layers: BTreeMap<String, Array>,
    notes: u64,
    #[varpack(nested, default)]
    model: PartOfModel,
}

#[derive(Varpack, Clone, Default)]
pub(crate) struct PartOfOptimizer {
    epoch: u64,
}

#[derive(Varpack, Clone, Default)]
pub(crate) struct Outer {
    seed: Option<u64>,
    #[varpack(nested)]
    optimizer: PartOfOptimizer,
}

/// Knows some of the struct that is nested in the nested one.
#[derive(Varpack, Clone)]
pub(crate) struct Deep {
    #[varpack(mmap)]
    weights: Array,
    #[varpack(nested, default)]
    model: Outer,
}

/// Has no array that could tell where it comes from.
#[derive(Varpack, Clone)]
pub(crate) struct Values {
    step: u64,
    #[varpack(alias = "lr")]
    rate: u64,
    #[varpack(separate, default)]
    history: Vec<u64>,
}

#[derive(Varpack)]
pub(crate) struct OlderModel {
    #[varpack(mmap)]
    kernel: Array,
    #[varpack(mmap)]
    offset: Option<Array>,
    factor: u64,
    seed: Option<u64>,
    #[varpack(nested)]
    optimizer: Optimizer,
}

/// All of it by its older names.
pub(crate) struct Older {
    weights: Array,
    old_mask: Option<Array>,
    layers: BTreeMap<String, Array>,
    step: u64,
    lr: u64,
    history: Vec<u64>,
    notes: u64,
    model: OlderModel,
}

varpack_tests::fields_by_hand!(Older {
    weights: mmap,
    old_mask: mmap,
    layers: mmap,
    step: value,
    lr: value,
    history: separate,
    notes: value,
    model: nested
});

impl Whole {
    /// Nothing but defaults.
    pub(crate) fn empty() -> Self {
        Self {
            weights: Array::default(),
            mask: None,
            layers: BTreeMap::new(),
            step: 0,
            rate: 0,
            history: Vec::new(),
            notes: 0,
            model: Model::default(),
        }
    }
}

impl From<Whole> for Older {
    fn from(whole: Whole) -> Self {
        let Whole { weights, mask, layers, step, rate, history, notes, model } = whole;
        let Model { kernel, bias, scale, seed, optimizer } = model;
        let model = OlderModel { kernel, offset: bias, factor: scale, seed, optimizer };
        Self { weights, old_mask: mask, layers, step, lr: rate, history, notes, model }
    }
}

/// Where an item is in a struct.
pub(crate) enum Slot<'a> {
    Array(&'a mut Array),
    Maybe(&'a mut Option<Array>),
    Key(&'a mut BTreeMap<String, Array>, &'static str),
    Number(&'a mut u64),
    MaybeNumber(&'a mut Option<u64>),
    List(&'a mut Vec<u64>),
}

/// What an item is set to.
pub(crate) enum Content {
    None,
    Number(u64),
    Array(Array),
}

/// A new array of a token: of its own length, so that no two files of one inode pass for one. Those of some tokens are
/// large enough to be mapped.
pub(crate) fn new_array(token: u64) -> Array {
    let len = token as usize + if token.is_multiple_of(5) { 9_000 } else { 3 };
    vec![token as f64; len].into()
}

/// The token of an array: `None` if it is empty, as a default is.
pub(crate) fn token_of(elements: &[f64]) -> Token {
    let first = *elements.first()?;
    assert!(elements.iter().all(|element| *element == first), "an array of two contents");
    Some(first as u64)
}

impl<'a> Slot<'a> {
    pub(crate) fn token(self) -> Token {
        match self {
            Self::Number(number) => Some(*number).filter(|number| *number != 0),
            Self::MaybeNumber(number) => *number,
            Self::List(list) => list.first().copied(),
            arrays => token_of(arrays.array()?.as_slice()?),
        }
    }

    pub(crate) fn array(self) -> Option<&'a mut Array> {
        match self {
            Self::Array(array) => Some(array),
            Self::Maybe(array) => array.as_mut(),
            Self::Key(map, key) => map.get_mut(key),
            _ => None,
        }
    }

    pub(crate) fn set(self, content: Content) {
        match (self, content) {
            (Self::Array(slot), Content::Array(array)) => *slot = array,
            (Self::Maybe(slot), Content::Array(array)) => *slot = Some(array),
            (Self::Maybe(slot), Content::None) => *slot = None,
            (Self::Key(map, key), Content::Array(array)) => drop(map.insert(key.into(), array)),
            (Self::Key(map, key), Content::None) => drop(map.remove(key)),
            (Self::Number(slot), Content::Number(number)) => *slot = number,
            (Self::MaybeNumber(slot), Content::Number(number)) => *slot = Some(number),
            (Self::MaybeNumber(slot), Content::None) => *slot = None,
            (Self::List(slot), Content::Number(number)) => *slot = vec![number; 3],
            _ => panic!("a content of another kind than the item's"),
        }
    }
}

/// A type of which the model knows where its items are.
pub(crate) trait Fields: Varpack + PackFields + Clone + 'static {
    /// `None` for what the type does not know.
    fn slot(&mut self, item: Item) -> Option<Slot<'_>>;
}

impl Fields for Whole {
    fn slot(&mut self, item: Item) -> Option<Slot<'_>> {
        let Model { kernel, bias, scale, seed, optimizer } = &mut self.model;
        Some(match item {
            Item::Weights => Slot::Array(&mut self.weights),
            Item::Mask => Slot::Maybe(&mut self.mask),
            Item::Layer(key) => Slot::Key(&mut self.layers, key),
            Item::Step => Slot::Number(&mut self.step),
            Item::Rate => Slot::Number(&mut self.rate),
            Item::History => Slot::List(&mut self.history),
            Item::Notes => Slot::Number(&mut self.notes),
            Item::Kernel => Slot::Array(kernel),
            Item::Bias => Slot::Maybe(bias),
            Item::Scale => Slot::Number(scale),
            Item::Seed => Slot::MaybeNumber(seed),
            Item::Epoch => Slot::Number(&mut optimizer.epoch),
            Item::Moments => Slot::Maybe(&mut optimizer.moments),
        })
    }
}

impl Fields for Part {
    fn slot(&mut self, item: Item) -> Option<Slot<'_>> {
        Some(match item {
            Item::Weights => Slot::Array(&mut self.weights),
            Item::Layer(key) => Slot::Key(&mut self.layers, key),
            Item::Notes => Slot::Number(&mut self.notes),
            Item::Bias => Slot::Maybe(&mut self.model.bias),
            Item::Scale => Slot::Number(&mut self.model.scale),
            _ => return None,
        })
    }
}

impl Fields for Deep {
    fn slot(&mut self, item: Item) -> Option<Slot<'_>> {
        Some(match item {
            Item::Weights => Slot::Array(&mut self.weights),
            Item::Seed => Slot::MaybeNumber(&mut self.model.seed),
            Item::Epoch => Slot::Number(&mut self.model.optimizer.epoch),
            _ => return None,
        })
    }
}

impl Fields for Values {
    fn slot(&mut self, item: Item) -> Option<Slot<'_>> {
        Some(match item {
            Item::Step => Slot::Number(&mut self.step),
            Item::Rate => Slot::Number(&mut self.rate),
            Item::History => Slot::List(&mut self.history),
            _ => return None,
        })
    }
}

/// Those that a struct knows.
pub(crate) fn known(fields: &mut impl Fields) -> Vec<Item> {
    ALL.into_iter().filter(|item| fields.slot(*item).is_some()).collect()
}

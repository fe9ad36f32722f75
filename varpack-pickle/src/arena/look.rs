//! Looking into an arena, without a thought of what its parts are to Python.

use crate::arena::facts;
use crate::arena::item::Item;
use crate::arena::nodes::{Arena, GlobalData, NodeData, ObjectData};

impl<'d> Arena<'d> {
    /// The class or function that an object's pickle calls.
    pub(crate) fn callable(&self, object: &ObjectData<'d>) -> Option<GlobalData<'d>> {
        match object.callable {
            Item::Node(id) => match self.node(id) {
                NodeData::Global(global) => Some(self.global(*global)),
                _ => None,
            },
            _ => None,
        }
    }

    /// The positional arguments of a call.
    pub(crate) fn args(&self, object: &ObjectData<'d>) -> &[Item<'d>] {
        self.tuple(object.args).unwrap_or_default()
    }

    /// The items of a tuple.
    pub(crate) fn tuple(&self, item: Item<'d>) -> Option<&[Item<'d>]> {
        match item {
            Item::Node(id) => match self.node(id) {
                NodeData::Tuple(run) => self.as_slice(*run),
                _ => None,
            },
            _ => None,
        }
    }

    /// The text of a `str`.
    pub(crate) fn text(&'d self, item: Item<'d>) -> Option<&'d str> {
        match item {
            Item::Str(text) | Item::SharedStr(text) => Some(text),
            Item::Node(id) => match self.node(id) {
                NodeData::OwnedStr(text) => Some(text),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether the text of a `str` is ASCII, as it has to be where Python 2 had bytes.
    pub(crate) fn ascii(&'d self, item: Item<'d>) -> Option<&'d str> {
        self.text(item).filter(|text| self.facts.is_ascii(text))
    }

    /// Notes that a text may be asked for in Latin-1.
    pub(crate) fn note_encoded(&mut self, text: Item<'d>) {
        let text = self.text(text).filter(|text| !self.facts.is_ascii(text));
        if let Some(place) = text.map(facts::place) {
            self.facts.note_latin1(place);
        }
    }
}

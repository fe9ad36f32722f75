//! The state that BUILD, or a call of `__reduce__`'s state setter, gives an object.

use crate::arena::item::{Item, NodeId};
use crate::arena::nodes::{Arena, NodeData};
use crate::format::input::{Fault, Step};
use crate::machine::fills::FillPart;
use crate::machine::run::Machine;

impl<'a> Machine<'a, '_> {
    /// Gives an object its state; `setter`: what is called with it, if that is no BUILD.
    ///
    /// An object whose constructor's arguments lead back to it is written once inside of them, whole, and Python's own
    /// pickler in Python (`pickle._Pickler`, on which others build) then writes its state once more, asked for anew.
    /// That changes nothing.
    pub(super) fn set_state(
        &mut self,
        target: NodeId,
        state: Item<'a>,
        setter: Option<Item<'a>>,
    ) -> Step<()> {
        let NodeData::Object(object) = *self.arena.node(target) else { return Ok(()) };
        if let Some(first) = self.arena.object(object).state {
            let mut left = self.uncompared;
            let setters = match (self.arena.extra(object).setter, setter) {
                (None, None) => true,
                (Some(first), Some(setter)) => is_same(&self.arena, first, setter, &mut left),
                _ => false,
            };
            let is_same = setters && is_same(&self.arena, first, state, &mut left);
            self.uncompared = left;
            return match is_same {
                true => Ok(()),
                false => Err(Fault::invalid("the object has another state already")),
            };
        }
        self.arena.object_mut(object).state = Some(state);
        if setter.is_some() {
            self.arena.extra_mut(object).setter = setter;
        }
        self.note(target, FillPart::State)
    }
}

/// Whether two items are one to Python, but for the containers that hold them. `left`: how many items and bytes may yet
/// be looked at. One that was written twice stands in the pickle twice; what is expanded from few bytes has no end.
fn is_same<'a>(arena: &Arena<'a>, one: Item<'a>, other: Item<'a>, left: &mut usize) -> bool {
    let mut pairs = vec![(one, other)];
    while let Some((one, other)) = pairs.pop() {
        let Some(rest) = left.checked_sub(1) else { return false };
        *left = rest;
        let (one, other) = match (one, other) {
            (Item::Node(one), Item::Node(other)) if one == other => continue,
            (Item::Node(one), Item::Node(other)) => (arena.node(one), arena.node(other)),
            _ if is_same_scalar(one, other, left) => continue,
            _ => return false,
        };
        let (one, other) = match (one, other) {
            (NodeData::List(one), NodeData::List(other))
            | (NodeData::Tuple(one), NodeData::Tuple(other))
            | (NodeData::Dict(one), NodeData::Dict(other)) => (*one, *other),
            (NodeData::Global(one), NodeData::Global(other)) => {
                if arena.global(*one) != arena.global(*other) {
                    return false;
                }
                continue;
            }
            (NodeData::BigInt(one), NodeData::BigInt(other))
            | (NodeData::ByteArray(one), NodeData::ByteArray(other))
            | (NodeData::Surrogates(one), NodeData::Surrogates(other)) => {
                if !are_same_bytes(one, other, left) {
                    return false;
                }
                continue;
            }
            (NodeData::OwnedBigInt(one), NodeData::OwnedBigInt(other))
            | (NodeData::OwnedSurrogates(one), NodeData::OwnedSurrogates(other))
            | (NodeData::OwnedBytes(one), NodeData::OwnedBytes(other)) => {
                if !are_same_bytes(one, other, left) {
                    return false;
                }
                continue;
            }
            (NodeData::OwnedStr(one), NodeData::OwnedStr(other)) => {
                if !are_same_bytes(one.as_bytes(), other.as_bytes(), left) {
                    return false;
                }
                continue;
            }
            _ => return false,
        };
        if one.len() != other.len() || one.len() > *left {
            return false;
        }
        pairs.extend(arena.items(one).zip(arena.items(other)));
    }
    true
}

fn is_same_scalar(one: Item<'_>, other: Item<'_>, left: &mut usize) -> bool {
    match (one, other) {
        (Item::None, Item::None) => true,
        (Item::Bool(one), Item::Bool(other)) => one == other,
        (Item::Int(one), Item::Int(other)) => one == other,
        (Item::Float(one), Item::Float(other)) => one.to_bits() == other.to_bits(),
        (Item::Str(one) | Item::SharedStr(one), Item::Str(other) | Item::SharedStr(other)) => {
            are_same_bytes(one.as_bytes(), other.as_bytes(), left)
        }
        (
            Item::Bytes(one) | Item::SharedBytes(one),
            Item::Bytes(other) | Item::SharedBytes(other),
        ) => are_same_bytes(one, other, left),
        _ => false,
    }
}

fn are_same_bytes(one: &[u8], other: &[u8], left: &mut usize) -> bool {
    if std::ptr::eq(one, other) {
        return true;
    }
    match left.checked_sub(one.len()) {
        Some(rest) if one.len() == other.len() => {
            *left = rest;
            one == other
        }
        _ => false,
    }
}

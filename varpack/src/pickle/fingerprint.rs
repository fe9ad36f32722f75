//! A fingerprint of what a pickle holds, to tell by whether it is still the same: equal for equal objects,
//! however their pickles share and name their parts.
//!
//! Nothing recurses, and what is shared is looked at once. A fingerprint never leaves the process: it is
//! made under a secret, so that nobody can make two objects that have the same one.

use super::arena::{Arena, Children, Item, NodeData, NodeId};
use super::node::Node;
use std::collections::HashMap;
use std::hash::{BuildHasher, DefaultHasher, Hash, Hasher, RandomState};
use std::sync::OnceLock;

/// Bytes of the longest text that is looked at anew wherever it is referred to, which takes two bytes.
const SHORT: usize = 64;

/// A hash of 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Fingerprint(u64);

fn hasher() -> DefaultHasher {
    static SECRET: OnceLock<RandomState> = OnceLock::new();
    SECRET.get_or_init(RandomState::new).build_hasher()
}

impl Fingerprint {
    /// Of anything that the program has made itself.
    pub(crate) fn of(value: impl Hash) -> Self {
        let mut hasher = hasher();
        value.hash(&mut hasher);
        Self(hasher.finish())
    }

    pub(crate) fn as_u64(self) -> u64 {
        self.0
    }

    /// The one of a node that is this text.
    pub(crate) fn of_text(text: &str) -> Self {
        Self::of_leaf(Item::Str(text))
    }

    /// The one of a node that is this integer.
    pub(crate) fn of_int(value: i64) -> Self {
        Self::of_leaf(Item::Int(value))
    }

    fn of_leaf(item: Item<'_>) -> Self {
        let mut hasher = hasher();
        Texts::default().write_leaf(item, &mut hasher);
        Self(hasher.finish())
    }
}

/// The fingerprints of what one document shares, each made once.
#[derive(Default)]
pub(crate) struct Fingerprints {
    nodes: HashMap<NodeId, u64>,
    texts: Texts,
    /// Whether those of what holds itself are made.
    has_loops: bool,
}

/// The hashes of long texts and bytes, by where they stand: many references, and the names of many classes,
/// may be to one.
#[derive(Default)]
struct Texts(HashMap<(usize, usize), u64>);

/// A node whose parts are being looked at.
struct Open<'d, 'a> {
    id: NodeId,
    parts: Children<'d, 'a>,
    hasher: DefaultHasher,
    /// Of what is the same in any order.
    unordered: Option<Unordered>,
}

/// The items of a set, or of a dict: equal ones are pickled in any order.
struct Unordered {
    items: Vec<u64>,
    /// Whether each two are a key and its value.
    are_pairs: bool,
}

impl Unordered {
    fn sorted(mut self) -> Vec<u64> {
        if self.are_pairs {
            self.items = self.items.chunks(2).map(|pair| Fingerprint::of(pair).0).collect();
        }
        self.items.sort_unstable();
        self.items
    }
}

impl Fingerprints {
    /// Of what holds itself, equal objects have one fingerprint if they are pickled in one order, and share the
    /// same parts.
    pub(crate) fn of(&mut self, node: Node<'_>) -> Fingerprint {
        let arena = &node.document.arena;
        let item = plain(arena, node.item);
        let Item::Node(id) = item else { return Fingerprint::of_leaf(item) };
        if node.document.is_cyclic(id) && !self.has_loops {
            self.has_loops = true;
            // What each can reach comes before it.
            node.document.loops.iter().for_each(|members| self.close(arena, members));
        }
        Fingerprint(self.of_node(arena, id))
    }

    /// Of a loop: its nodes are numbered, in the order in which they are come upon from the first, and stand for
    /// each other by their numbers.
    fn close(&mut self, arena: &Arena<'_>, members: &[NodeId]) {
        let mut numbers: HashMap<NodeId, Option<usize>> =
            members.iter().map(|&id| (id, None)).collect();
        let mut found = Vec::new();
        if let Some(&first) = members.first() {
            numbers.insert(first, Some(0));
            found.push(first);
        }
        let mut hasher = hasher();
        let mut at = 0;
        while let Some(&id) = found.get(at) {
            at += 1;
            let Open { parts, hasher: head, unordered, .. } = open(arena, id);
            head.finish().hash(&mut hasher);
            // Of a set or a dict, what is in no loop comes in any order.
            let size = match &unordered {
                None => usize::MAX,
                Some(unordered) => 1 + usize::from(unordered.are_pairs),
            };
            let mut free = Vec::new();
            let mut group = Vec::new();
            let mut is_free = true;
            for part in parts {
                let number = match part {
                    Item::Node(id) => numbers.get_mut(&id),
                    _ => None,
                };
                group.push(match (number, part) {
                    (Some(number), Item::Node(id)) => {
                        is_free = false;
                        Fingerprint::of((
                            b'r',
                            *number.get_or_insert_with(|| {
                                found.push(id);
                                found.len() - 1
                            }),
                        ))
                        .0
                    }
                    _ => self.of_part(arena, part),
                });
                if group.len() == size {
                    let hash = Fingerprint::of(&group).0;
                    if is_free {
                        free.push(hash)
                    } else {
                        hash.hash(&mut hasher)
                    }
                    group.clear();
                    is_free = true;
                }
            }
            free.sort_unstable();
            (group, free).hash(&mut hasher);
        }
        let whole = hasher.finish();
        for (id, number) in numbers {
            self.nodes.insert(id, Fingerprint::of((whole, number)).0);
        }
    }

    fn of_part(&mut self, arena: &Arena<'_>, part: Item<'_>) -> u64 {
        match plain(arena, part) {
            Item::Node(id) => self.of_node(arena, id),
            leaf => self.leaf(leaf),
        }
    }

    fn of_node(&mut self, arena: &Arena<'_>, id: NodeId) -> u64 {
        if let Some(known) = self.known(arena, id) {
            return known;
        }
        let mut last = 0;
        let mut path = vec![open(arena, id)];
        while let Some(Open { id, parts, hasher, unordered }) = path.last_mut() {
            let Some(part) = parts.next() else {
                if let Some(unordered) = unordered.take() {
                    unordered.sorted().hash(hasher);
                }
                last = hasher.finish();
                if arena.is_shared(*id) {
                    self.nodes.insert(*id, last);
                }
                path.pop();
                if let Some(parent) = path.last_mut() {
                    parent.add(last);
                }
                continue;
            };
            match plain(arena, part) {
                Item::Node(child) => match self.known(arena, child) {
                    Some(known) => add(hasher, unordered, known),
                    None => path.push(open(arena, child)),
                },
                leaf => match unordered {
                    Some(unordered) => unordered.items.push(self.leaf(leaf)),
                    None => self.texts.write_leaf(leaf, hasher),
                },
            }
        }
        last
    }

    /// Of a node that was looked at before, or refers to no others.
    fn known(&mut self, arena: &Arena<'_>, id: NodeId) -> Option<u64> {
        if let Some(&known) = self.nodes.get(&id) {
            return Some(known);
        }
        let leaf = self.texts.node_leaf(arena, id)?;
        if arena.is_shared(id) {
            self.nodes.insert(id, leaf);
        }
        Some(leaf)
    }

    fn leaf(&mut self, leaf: Item<'_>) -> u64 {
        let mut hasher = hasher();
        self.texts.write_leaf(leaf, &mut hasher);
        hasher.finish()
    }
}

impl Open<'_, '_> {
    fn add(&mut self, part: u64) {
        add(&mut self.hasher, &mut self.unordered, part);
    }
}

fn add(hasher: &mut DefaultHasher, unordered: &mut Option<Unordered>, part: u64) {
    match unordered {
        Some(unordered) => unordered.items.push(part),
        None => (b'n', part).hash(hasher),
    }
}

fn open<'d, 'a>(arena: &'d Arena<'a>, id: NodeId) -> Open<'d, 'a> {
    let mut hasher = hasher();
    let mut unordered = None;
    match arena.node(id) {
        node @ (NodeData::Set(_) | NodeData::FrozenSet(_) | NodeData::Dict(_)) => {
            let are_pairs = matches!(node, NodeData::Dict(_));
            unordered = Some(Unordered { items: Vec::new(), are_pairs });
        }
        NodeData::Object(index) => {
            let (object, extra) = (arena.object(*index), arena.extra(*index));
            let there = (extra.kwargs.is_some(), object.state.is_some(), extra.setter.is_some());
            (object.build, there, object.list_items.len(), object.dict_items.len())
                .hash(&mut hasher);
        }
        _ => {}
    }
    let parts = arena.children(id);
    (std::mem::discriminant(arena.node(id)), parts.size_hint()).hash(&mut hasher);
    Open { id, parts, hasher, unordered }
}

/// A text or bytes that are a node are the same as those that are none.
fn plain<'d>(arena: &'d Arena<'_>, item: Item<'d>) -> Item<'d> {
    match item {
        Item::Node(id) => match arena.node(id) {
            NodeData::OwnedStr(text) => Item::Str(text),
            NodeData::OwnedBytes(bytes) => Item::Bytes(bytes),
            _ => item,
        },
        _ => item,
    }
}

impl Texts {
    /// Of a node that refers to no others.
    fn node_leaf(&mut self, arena: &Arena<'_>, id: NodeId) -> Option<u64> {
        let mut hasher = hasher();
        match arena.node(id) {
            NodeData::Global(global) => {
                let global = arena.global(*global);
                b'g'.hash(&mut hasher);
                self.write(global.module.as_bytes(), &mut hasher);
                self.write(global.name.as_bytes(), &mut hasher);
            }
            NodeData::BigInt(bytes) => (b'i', *bytes).hash(&mut hasher),
            NodeData::OwnedBigInt(bytes) => (b'i', &**bytes).hash(&mut hasher),
            NodeData::ByteArray(bytes) => (b'a', *bytes).hash(&mut hasher),
            NodeData::Surrogates(bytes) => (b'u', *bytes).hash(&mut hasher),
            NodeData::OwnedSurrogates(bytes) => (b'u', &**bytes).hash(&mut hasher),
            _ => return None,
        }
        Some(hasher.finish())
    }

    fn write_leaf(&mut self, item: Item<'_>, hasher: &mut DefaultHasher) {
        match item {
            Item::None => b'N'.hash(hasher),
            Item::Bool(value) => (b'B', value).hash(hasher),
            Item::Int(value) => (b'I', value).hash(hasher),
            Item::Float(value) => (b'F', value.to_bits()).hash(hasher),
            Item::Str(text) | Item::SharedStr(text) => {
                b'S'.hash(hasher);
                self.write(text.as_bytes(), hasher);
            }
            Item::Bytes(bytes) | Item::SharedBytes(bytes) => {
                b'Y'.hash(hasher);
                self.write(bytes, hasher);
            }
            Item::Node(id) => id.hash(hasher),
        }
    }

    /// Writes text or bytes, if they are long by their hash.
    fn write(&mut self, bytes: &[u8], hasher: &mut DefaultHasher) {
        bytes.len().hash(hasher);
        if bytes.len() <= SHORT {
            return hasher.write(bytes);
        }
        let place = (bytes.as_ptr().addr(), bytes.len());
        self.0.entry(place).or_insert_with(|| Fingerprint::of(bytes).0).hash(hasher);
    }
}

#[cfg(test)]
mod tests;

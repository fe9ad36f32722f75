//! A fingerprint of what a pickle holds, to tell by whether it is still the same: equal for equal objects,
//! however their pickles share and name their parts, and by whichever protocol and NumPy they were made (see
//! [`form`]).
//!
//! Nothing recurses, and what is shared is looked at once. A fingerprint never leaves the process: it is
//! made under a secret, so that nobody can make two objects that have the same one.

use crate::arena::item::{Item, NodeId};
use crate::arena::nodes::{Arena, NodeChildren, NodeData};
use crate::budget::Meter;
use crate::document::node::Node;
use crate::document::parsed::Document;
use crate::python::kind::Kind;
use crate::record_place::RecordPlace;
use std::collections::HashMap;
use std::hash::{BuildHasher, DefaultHasher, Hash, Hasher, RandomState};
use std::sync::OnceLock;

/// Bytes of the longest text that is looked at anew wherever it is referred to, which takes two bytes.
const SHORT: usize = 64;

/// A hash of 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(u64);

fn hasher() -> DefaultHasher {
    static SECRET: OnceLock<RandomState> = OnceLock::new();
    SECRET.get_or_init(RandomState::new).build_hasher()
}

impl Fingerprint {
    /// Of anything that the program has made itself.
    pub fn of(value: impl Hash) -> Self {
        let mut hasher = hasher();
        value.hash(&mut hasher);
        Self(hasher.finish())
    }

    /// As a number.
    pub fn as_u64(self) -> u64 {
        self.0
    }

    /// The one of a node that is this text.
    pub fn of_text(text: &str) -> Self {
        Self::of_leaf(Item::Str(text))
    }

    /// The one of a node that is this integer.
    pub fn of_int(value: i64) -> Self {
        Self::of_leaf(Item::Int(value))
    }

    fn of_leaf(item: Item<'_>) -> Self {
        let mut leaf = Vec::new();
        Texts::default().write_leaf(item, &mut leaf);
        Self(bytes_hash(&leaf))
    }
}

/// The fingerprints of what one document shares, each made once.
#[derive(Default)]
pub struct Fingerprints {
    nodes: HashMap<NodeId, u64>,
    texts: Texts,
    /// What is yet to be hashed of the node that is looked at: many leaves at once take a fraction of the time.
    batch: Vec<u8>,
    /// Whether those of what holds itself are made.
    has_loops: bool,
    /// Of sets that are made of a list, and whether they are frozen: many may be of one.
    sets: HashMap<(NodeId, bool), u64>,
    /// Of structured dtypes, which many others may have in common.
    records: HashMap<RecordPlace, u64>,
    /// Counts copies of elements.
    meter: Option<Meter>,
}

/// The hashes of long texts and bytes, by where they stand: many references, and the names of many classes,
/// may be to one.
#[derive(Default)]
struct Texts(HashMap<(usize, usize), u64>);

/// A node whose parts are being looked at.
struct Open<'d> {
    id: NodeId,
    parts: NodeChildren<'d, 'd>,
    hasher: DefaultHasher,
    /// Of what is the same in any order.
    unordered: Option<Unordered>,
    /// The list that the items of a set come from, which others may come from too.
    list: Option<(NodeId, bool)>,
}

/// What a node is looked at as.
#[expect(clippy::large_enum_variant, reason = "it is taken apart at once")]
enum NodeForm<'d> {
    /// Text or bytes, which are the same as those that are no node.
    Leaf(Item<'d>),
    /// It is known by now.
    Known(u64),
    Open(Open<'d>),
}

/// The items of a set, or of a dict: equal ones are pickled in any order.
struct Unordered {
    /// Of the items' hashes, which are secret: so nobody can choose items with the sum of others.
    sum: u64,
    /// Whether each two are a key and its value.
    are_pairs: bool,
    /// A key that was looked at, before its value.
    key: Option<u64>,
}

/// Bytes that are hashed at once.
const BATCH: usize = 4096;

impl Fingerprints {
    /// Of what holds itself, equal objects have one fingerprint if they are pickled in one order, and share the
    /// same parts.
    pub fn of(&mut self, node: Node<'_>) -> Fingerprint {
        let document = node.document;
        let Item::Node(id) = node.item else { return Fingerprint::of_leaf(node.item) };
        if document.is_cyclic(id) && !self.has_loops {
            self.has_loops = true;
            // What each can reach comes before it.
            document.loops.iter().for_each(|members| self.close(document, members));
        }
        Fingerprint(self.of_part(document, node.item))
    }

    /// Of what is the same to Python wherever it is pickled: nothing else may share it, and there is but one way to say
    /// it. `None` of all else.
    pub fn of_plain(node: Node<'_>) -> Option<Fingerprint> {
        let is_plain = match node.item {
            Item::None | Item::Bool(_) | Item::Int(_) | Item::Float(_) => true,
            Item::Str(text) => text.len() <= SHORT,
            _ => false,
        };
        is_plain.then(|| Fingerprint::of_leaf(node.item))
    }

    /// Of a loop: its nodes are numbered, in the order in which they are come upon from the first, and stand for
    /// each other by their numbers.
    fn close<'d>(&mut self, document: &'d Document<'d>, members: &[NodeId]) {
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
            let NodeForm::Open(open) = self.form(document, id) else {
                self.of_part(document, Item::Node(id)).hash(&mut hasher);
                continue;
            };
            let Open { parts, hasher: head, unordered, .. } = open;
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
                    _ => self.of_part(document, part),
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

    fn of_part<'d>(&mut self, document: &'d Document<'d>, part: Item<'d>) -> u64 {
        let leaf = match part {
            Item::Node(id) => match self.form(document, id) {
                NodeForm::Leaf(leaf) => leaf,
                NodeForm::Known(known) => return known,
                NodeForm::Open(open) => return self.of_open(document, open),
            },
            leaf => leaf,
        };
        let mut bytes = Vec::new();
        self.texts.write_leaf(leaf, &mut bytes);
        bytes_hash(&bytes)
    }

    fn of_open<'d>(&mut self, document: &'d Document<'d>, root: Open<'d>) -> u64 {
        let mut last = 0;
        let mut path = vec![root];
        while let Some(top) = path.last_mut() {
            let Some(part) = top.parts.next() else {
                last = top.finish(&mut self.batch);
                if document.arena.is_shared(top.id) {
                    self.nodes.insert(top.id, last);
                }
                self.sets.extend(top.list.map(|list| (list, last)));
                path.pop();
                if let Some(parent) = path.last_mut() {
                    parent.add(last, &mut self.batch);
                }
                continue;
            };
            let Item::Node(child) = part else {
                self.texts.write_leaf(part, &mut self.batch);
                top.after_part(&mut self.batch);
                continue;
            };
            // What is in the batch stays there: a form has one of its own.
            match self.form(document, child) {
                NodeForm::Leaf(leaf) => {
                    self.texts.write_leaf(leaf, &mut self.batch);
                    top.after_part(&mut self.batch);
                }
                NodeForm::Known(known) => top.add(known, &mut self.batch),
                NodeForm::Open(open) => {
                    top.flush(&mut self.batch);
                    path.push(open);
                }
            }
        }
        last
    }

    /// Of a key of a dict: of an integer or text of NumPy's types as of Python's own, which a typed map reads it
    /// as, and which Python takes for the same key.
    pub fn of_key(&mut self, node: Node<'_>) -> Fingerprint {
        if !matches!(node.document.arena.kind(node.item), Kind::Scalar(_)) {
            return self.of(node);
        }
        if let Ok(int) = node.deserialize::<i64>() {
            return Fingerprint::of_int(int);
        }
        match node.deserialize::<String>() {
            Ok(text) => Fingerprint::of_text(&text),
            Err(_) => self.of(node),
        }
    }
}

impl Open<'_> {
    /// Adds a part that is a node.
    fn add(&mut self, part: u64, batch: &mut Vec<u8>) {
        batch.push(b'n');
        batch.extend(part.to_le_bytes());
        self.after_part(batch);
    }

    /// Takes up a part that is in the batch.
    fn after_part(&mut self, batch: &mut Vec<u8>) {
        match &mut self.unordered {
            None if batch.len() < BATCH => {}
            None => self.flush(batch),
            Some(unordered) => {
                let mut hash = bytes_hash(batch);
                batch.clear();
                if unordered.are_pairs {
                    match unordered.key.take() {
                        None => return unordered.key = Some(hash),
                        Some(key) => hash = Fingerprint::of((key, hash)).0,
                    }
                }
                unordered.sum = unordered.sum.wrapping_add(hash);
            }
        }
    }

    /// Leaves nothing in the batch.
    fn flush(&mut self, batch: &mut Vec<u8>) {
        self.hasher.write(batch);
        batch.clear();
    }

    fn finish(&mut self, batch: &mut Vec<u8>) -> u64 {
        self.flush(batch);
        if let Some(unordered) = &self.unordered {
            self.hasher.write_u64(unordered.sum);
        }
        self.hasher.finish()
    }
}

fn bytes_hash(bytes: &[u8]) -> u64 {
    let mut hasher = hasher();
    hasher.write(bytes);
    hasher.finish()
}

impl Texts {
    /// Of a node that refers to no others.
    fn node_leaf(&mut self, arena: &Arena<'_>, id: NodeId) -> Option<u64> {
        let mut hasher = hasher();
        match arena.node(id) {
            NodeData::Global(global) => {
                let global = arena.global(*global);
                let mut names = vec![b'g'];
                self.write(global.module.as_bytes(), &mut names);
                self.write(global.name.as_bytes(), &mut names);
                hasher.write(&names);
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

    /// Writes what is no node, so that nothing else is written like it.
    fn write_leaf(&mut self, item: Item<'_>, batch: &mut Vec<u8>) {
        let mut word = |tag: u8, word: u64| {
            let mut bytes = [tag; 9];
            bytes[1..].copy_from_slice(&word.to_le_bytes());
            batch.extend_from_slice(&bytes);
        };
        match item {
            Item::None => batch.push(b'N'),
            Item::Bool(value) => batch.extend([b'B', value.into()]),
            Item::Int(value) => word(b'I', value.cast_unsigned()),
            Item::Float(value) => word(b'F', value.to_bits()),
            Item::Str(text) | Item::SharedStr(text) => {
                batch.push(b'S');
                self.write(text.as_bytes(), batch);
            }
            Item::Bytes(bytes) | Item::SharedBytes(bytes) => {
                batch.push(b'Y');
                self.write(bytes, batch);
            }
            Item::Node(id) => word(b'n', Fingerprint::of(id).0),
        }
    }

    /// Writes text or bytes, if they are long by their hash.
    fn write(&mut self, bytes: &[u8], batch: &mut Vec<u8>) {
        batch.extend((bytes.len() as u64).to_le_bytes());
        if bytes.len() <= SHORT {
            return batch.extend_from_slice(bytes);
        }
        let place = (bytes.as_ptr().addr(), bytes.len());
        let hash = *self.0.entry(place).or_insert_with(|| bytes_hash(bytes));
        batch.extend(hash.to_le_bytes());
    }
}

mod form;
#[cfg(test)]
mod tests;

//! What a pickle holds one of: a scalar in place, or the index of anything else.

/// A value as it stands on the stack, in the memo and inside containers. Copying it copies what
/// Python copies: the value of an immutable scalar, the reference to anything else.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Item<'a> {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(&'a str),
    Bytes(&'a [u8]),
    /// As `Str`, fetched from the memo: there is another reference to it.
    SharedStr(&'a str),
    /// As `Bytes`, fetched from the memo.
    SharedBytes(&'a [u8]),
    Node(NodeId),
}

/// The index of a [`NodeData`](crate::arena::nodes::NodeData) in its [`Arena`](crate::arena::nodes::Arena).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct NodeId(u32);

impl NodeId {
    pub(crate) fn new(index: u32) -> Self {
        Self(index)
    }

    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

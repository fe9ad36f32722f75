//! The steps in which a pickle fills what it makes.

use crate::arena::item::NodeId;

/// One step in which a container or an object gets more of what it holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fill {
    pub(super) node: NodeId,
    /// How many nodes the pickle has made before it.
    pub(super) made: u32,
    /// How many such steps come before it.
    pub(super) order: u32,
    pub(super) part: Part,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Part {
    /// So many items.
    Items(u32),
    /// So many keys and values, taken together.
    Entries(u32),
    /// The state of an object.
    State,
}

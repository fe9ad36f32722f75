//! The steps in which a pickle fills what it makes.

use crate::arena::item::NodeId;

/// One step in which a container or an object gets more of what it holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fill {
    pub(crate) node: NodeId,
    /// How many nodes the pickle has made before it.
    pub(crate) made: u32,
    /// How many such steps come before it.
    pub(crate) order: u32,
    pub(crate) part: FillPart,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum FillPart {
    /// So many items.
    Items(u32),
    /// So many keys and values, taken together.
    Entries(u32),
    /// The state of an object.
    State,
}

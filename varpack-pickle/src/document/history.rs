//! In which order a pickle fills what it makes: what a call is given, and what Python hashes, may be half made then.

use crate::Result;
use crate::arena::item::NodeId;
use crate::budget::HeldBytes;
use crate::document::parsed::Document;
use crate::machine::fills::Fill;
use crate::machine::run;

/// The steps of one pickle, by node, and those of a node in order.
#[derive(Debug)]
pub(crate) struct History {
    fills: Vec<Fill>,
    _held: Option<HeldBytes>,
}

impl History {
    /// Runs the pickle once more: where nothing holds itself, nobody has to know.
    ///
    /// # Errors
    /// `Limit` if the document's budget has no room for it.
    pub(crate) fn of(document: &Document<'_>) -> Result<Self> {
        let mut held = document.held();
        let mut fills = run::fills(document.bytes, held.as_mut())?;
        if let Some(held) = &mut held {
            held.hold(fills.capacity() * size_of::<Fill>())?;
        }
        fills.sort_unstable_by_key(|fill| (fill.node.index(), fill.order));
        Ok(Self { fills, _held: held })
    }

    /// How a node is filled.
    pub(crate) fn of_node(&self, node: NodeId) -> &[Fill] {
        let start = self.fills.partition_point(|fill| fill.node.index() < node.index());
        let own = self.fills[start..].iter().take_while(|fill| fill.node == node).count();
        &self.fills[start..start + own]
    }
}

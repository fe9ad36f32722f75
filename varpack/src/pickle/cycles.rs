//! Finds the nodes that hold themselves, however far down, before anything follows them.

use super::arena::{Arena, Children, Item, NodeId};
use crate::Result;
use crate::budget::{Budget, Held};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Unseen,
    /// On the path from the root to here.
    Open,
    /// Nothing beneath it is a cycle.
    Finite,
    /// A cycle is beneath it, or it is part of one.
    Cyclic,
}

/// A node on the path, its children that are left, and whether one was cyclic.
type Step<'d, 'a> = (NodeId, Children<'d, 'a>, bool);

/// Which nodes cannot be followed to an end, by index. Empty if there are none.
///
/// # Errors
/// `Limit` if the budget has no room for the look.
pub(super) fn find(
    arena: &Arena<'_>,
    root: Item<'_>,
    budget: Option<&Budget>,
) -> Result<Vec<bool>> {
    let Item::Node(root) = root else { return Ok(Vec::new()) };
    if !arena.has_sharing() {
        return Ok(Vec::new());
    }
    let mut held = budget.cloned().map(Held::none);
    let mut hold = |path: usize| match &mut held {
        Some(held) => held.hold(2 * arena.node_count() + path * size_of::<Step<'_, '_>>()),
        None => Ok(()),
    };
    hold(0)?;
    let mut marks = vec![Mark::Unseen; arena.node_count()];
    let mut path: Vec<Step<'_, '_>> = Vec::new();
    let mut any = false;
    marks[root.index()] = Mark::Open;
    path.push((root, arena.children(root), false));
    while let Some((id, children, cyclic)) = path.last_mut() {
        let Some(child) = children.next() else {
            let (id, cyclic) = (*id, *cyclic);
            path.pop();
            marks[id.index()] = if cyclic { Mark::Cyclic } else { Mark::Finite };
            any |= cyclic;
            if let Some((_, _, parent)) = path.last_mut() {
                *parent |= cyclic;
            }
            continue;
        };
        let Item::Node(child) = child else { continue };
        match marks[child.index()] {
            Mark::Unseen => {
                marks[child.index()] = Mark::Open;
                if path.len() == path.capacity() {
                    hold(2 * path.len())?;
                }
                path.push((child, arena.children(child), false));
            }
            Mark::Open | Mark::Cyclic => *cyclic = true,
            Mark::Finite => {}
        }
    }
    Ok(if any { marks.iter().map(|&mark| mark == Mark::Cyclic).collect() } else { Vec::new() })
}

//! Finds the nodes that hold themselves, however far down, before anything follows them.

use super::arena::{Arena, Children, Item, NodeId};

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

/// Which nodes cannot be followed to an end, by index. Empty if there are none.
pub(super) fn find(arena: &Arena<'_>, root: Item<'_>) -> Vec<bool> {
    let Item::Node(root) = root else { return Vec::new() };
    if !arena.has_sharing() {
        return Vec::new();
    }
    let mut marks = vec![Mark::Unseen; arena.node_count()];
    let mut path: Vec<(NodeId, Children<'_, '_>, bool)> = Vec::new();
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
                path.push((child, arena.children(child), false));
            }
            Mark::Open | Mark::Cyclic => *cyclic = true,
            Mark::Finite => {}
        }
    }
    if any { marks.iter().map(|&mark| mark == Mark::Cyclic).collect() } else { Vec::new() }
}

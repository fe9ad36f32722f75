//! Finds the nodes that hold themselves, however far down, before anything follows them, and their loops.

use crate::Result;
use crate::arena::item::{Item, NodeId};
use crate::arena::nodes::{Arena, NodeChildren};
use crate::budget::{Budget, HeldBytes};

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
type PathStep<'d, 'a> = (NodeId, NodeChildren<'d, 'a>, bool);

/// Which nodes cannot be followed to an end, by index. Empty if there are none.
///
/// # Errors
/// `Limit` if the budget has no room for the look.
pub(crate) fn find(
    arena: &Arena<'_>,
    root: Item<'_>,
    budget: Option<&Budget>,
) -> Result<Vec<bool>> {
    let Item::Node(root) = root else { return Ok(Vec::new()) };
    if !arena.has_sharing() {
        return Ok(Vec::new());
    }
    let mut held = budget.cloned().map(HeldBytes::none);
    let mut hold = |path: usize| match &mut held {
        Some(held) => held.hold(2 * arena.node_count() + path * size_of::<PathStep<'_, '_>>()),
        None => Ok(()),
    };
    hold(0)?;
    let mut marks = vec![Mark::Unseen; arena.node_count()];
    let mut path: Vec<PathStep<'_, '_>> = Vec::new();
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

/// Nodes that hold each other: from each of them every other can be reached.
pub(crate) type Loop = Box<[NodeId]>;

/// A node on the path, its children that are left, the first node on the path that is reached from it, and whether
/// it is among its own children.
type Visit<'d, 'a> = (NodeId, NodeChildren<'d, 'a>, u32, bool);

/// The loops beneath a node, each after those that can be reached from it (R. Tarjan, Depth-first search and linear
/// graph algorithms, 1972). Of each the node that the pickle makes first comes first.
///
/// # Errors
/// `Limit` if the budget has no room for the look.
pub(super) fn loops(
    arena: &Arena<'_>,
    root: Item<'_>,
    cyclic: &[bool],
    budget: Option<&Budget>,
) -> Result<Vec<Loop>> {
    /// Beneath no open node.
    const CLOSED: u32 = u32::MAX;
    let is_cyclic = |id: NodeId| cyclic.get(id.index()) == Some(&true);
    let Item::Node(root) = root else { return Ok(Vec::new()) };
    let mut held = budget.cloned().map(HeldBytes::none);
    let mut hold = |path: usize| match &mut held {
        Some(held) => held.hold(
            arena.node_count() * (size_of::<u32>() + 3 * size_of::<NodeId>())
                + path * size_of::<Visit<'_, '_>>(),
        ),
        None => Ok(()),
    };
    hold(0)?;
    // By node, in which order they were seen: from 1 on.
    let mut order = vec![0_u32; arena.node_count()];
    let mut last = 0;
    let mut path: Vec<Visit<'_, '_>> = Vec::new();
    let mut open: Vec<NodeId> = Vec::new();
    let mut loops = Vec::new();
    let mut next = Some(root).filter(|&root| is_cyclic(root));
    loop {
        if let Some(id) = next.take() {
            last += 1;
            order[id.index()] = last;
            open.push(id);
            if path.len() == path.capacity() {
                hold(2 * path.len())?;
            }
            path.push((id, arena.children(id), last, false));
        }
        let Some((id, children, first, holds_itself)) = path.last_mut() else { return Ok(loops) };
        match children.next() {
            Some(Item::Node(child)) if is_cyclic(child) => match order[child.index()] {
                0 => next = Some(child),
                CLOSED => {}
                seen => {
                    *first = (*first).min(seen);
                    *holds_itself |= child == *id;
                }
            },
            Some(_) => {}
            None => {
                let (id, first, holds_itself) = (*id, *first, *holds_itself);
                path.pop();
                if let Some((_, _, parent, _)) = path.last_mut() {
                    *parent = (*parent).min(first);
                }
                if first == order[id.index()] {
                    let start = open.iter().rposition(|&open| open == id).unwrap_or_default();
                    let mut members = open.split_off(start);
                    members.iter().for_each(|member| order[member.index()] = CLOSED);
                    if members.len() > 1 || holds_itself {
                        members.sort_unstable_by_key(|member| member.index());
                        loops.push(members.into());
                    }
                }
            }
        }
    }
}

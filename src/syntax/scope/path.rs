//! From an offset to the nodes around it.

use std::ops::Range;

use tree_sitter::{Node, TreeCursor};

/// A node on the way from the root to a leaf.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step<'tree> {
    /// The node.
    pub node: Node<'tree>,
    /// The field of its parent that it is in, or `""`.
    pub field: &'tree str,
}

impl<'tree> Step<'tree> {
    /// The node's kind.
    pub fn kind(&self) -> &'tree str {
        self.node.kind()
    }
}

/// Finds leaves by their range and keeps the way to them, since `Node::parent` starts from the root at every call.
///
/// Going on from one leaf to a later one takes only the steps that the two ways don't share.
pub(super) struct PathCursor<'tree> {
    cursor: TreeCursor<'tree>,
    path: Vec<Step<'tree>>,
}

impl<'tree> PathCursor<'tree> {
    /// A cursor that stands on `root`.
    pub fn new(root: Node<'tree>) -> PathCursor<'tree> {
        PathCursor { cursor: root.walk(), path: vec![Step { node: root, field: "" }] }
    }

    /// The way from the root down to the leaf with exactly this byte `range`, both included; `None` if there is no such
    /// leaf. It has at least two steps.
    pub fn leaf_at(&mut self, range: &Range<usize>) -> Option<&[Step<'tree>]> {
        while !self.stands_around(range) {
            if !self.cursor.goto_parent() {
                return None;
            }
            self.path.pop();
        }
        while self.cursor.goto_first_child_for_byte(range.start).is_some() {
            self.path.push(Step { node: self.cursor.node(), field: self.cursor.field_name().unwrap_or("") });
            if !self.stands_around(range) {
                return None;
            }
        }
        (self.path.len() > 1 && self.cursor.node().byte_range() == *range).then_some(&self.path)
    }

    fn stands_around(&self, range: &Range<usize>) -> bool {
        let node = self.cursor.node();
        node.start_byte() <= range.start && range.end <= node.end_byte()
    }
}

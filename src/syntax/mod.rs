//! One file's text: its tree, its names, its imports and its style.

pub mod exports;
pub mod imports;
mod mask;
pub mod parse;
mod patience;
pub mod query;
pub mod scope;
pub mod source;
pub mod style;

use tree_sitter::{Language, Node};

use crate::path::RelPath;

/// The named children of a node, comments left out: the arguments of a list, the statements of a block.
pub fn children(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).filter(|child| child.kind() != "comment").collect()
}

/// The two grammars of TypeScript. They differ in `<T>x` (a cast, or a JSX element).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// `.ts`, `.mts`, `.cts`
    TypeScript,
    /// `.tsx`
    Tsx,
}

impl Dialect {
    /// The dialect that the extension of `path` stands for; `None` if it isn't TypeScript.
    pub fn of(path: &RelPath) -> Option<Dialect> {
        match path.file_name().rsplit_once('.')?.1 {
            "ts" | "mts" | "cts" => Some(Dialect::TypeScript),
            "tsx" => Some(Dialect::Tsx),
            _ => None,
        }
    }

    /// The tree-sitter grammar.
    pub fn language(self) -> Language {
        match self {
            Dialect::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
            Dialect::Tsx => tree_sitter_typescript::LANGUAGE_TSX.into(),
        }
    }
}

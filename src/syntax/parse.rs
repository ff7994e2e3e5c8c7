//! Text to tree.

use tree_sitter::{Parser, Tree};

use super::Dialect;

/// A tree, and the bytes that had to be masked so that the grammar could read the text.
#[derive(Debug, Clone)]
pub struct Parsed {
    /// The tree. Its offsets are those of the original text.
    pub tree: Tree,
}

/// Parses `text`.
pub fn parse(text: &str, dialect: Dialect) -> Parsed {
    let mut parser = Parser::new();
    parser.set_language(&dialect.language()).expect("the grammar's version is checked at build time");
    let tree = parser.parse(text, None).expect("no timeout, no cancellation");
    Parsed { tree }
}

//! A parsed file.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tree_sitter::Node;

use super::Dialect;
use super::imports::Imports;
use super::parse::{self, Parsed};
use super::scope::Name;
use super::style::Style;
use crate::edit::Edit;
use crate::path::RelPath;

/// One file: its text, its tree, and what is drawn from them on demand.
#[derive(Debug)]
pub struct SourceFile {
    /// Where it is.
    pub path: RelPath,
    /// Its text as it was read, a byte order mark included. All offsets are byte offsets into it.
    pub text: Arc<str>,
    /// Which grammar read it.
    pub dialect: Dialect,
    parsed: Parsed,
    style: OnceLock<Style>,
    imports: OnceLock<Arc<Imports>>,
    names: Mutex<HashMap<String, Arc<Name>>>,
}

impl SourceFile {
    /// Parses `text`.
    pub fn parse(path: RelPath, text: Arc<str>, dialect: Dialect) -> SourceFile {
        let parsed = parse::parse(&text, dialect);
        SourceFile::from_parsed(path, text, dialect, parsed)
    }

    /// The file as it stands after `edits` (sorted by offset, none overlapping) have made `text` of it. Reuses the tree.
    pub fn edited(&self, text: Arc<str>, edits: &[Edit]) -> SourceFile {
        let parsed = self.parsed.reparse(&self.text, &text, edits);
        SourceFile::from_parsed(self.path.clone(), text, self.dialect, parsed)
    }

    fn from_parsed(path: RelPath, text: Arc<str>, dialect: Dialect, parsed: Parsed) -> SourceFile {
        SourceFile {
            path,
            text,
            dialect,
            parsed,
            style: OnceLock::new(),
            imports: OnceLock::new(),
            names: Mutex::default(),
        }
    }

    /// The root of the tree. Its offsets are those of the text, but a node's text must come from [`Self::text_of`]:
    /// what the grammar can't read was masked before it was parsed.
    pub fn root(&self) -> Node<'_> {
        self.parsed.tree.root_node()
    }

    /// The text of a node.
    pub fn text_of(&self, node: Node<'_>) -> &str {
        self.text.get(node.byte_range()).unwrap_or_default()
    }

    /// Where the grammar couldn't follow: byte ranges of what it skipped, empty ones where something is missing.
    pub fn errors(&self) -> Vec<std::ops::Range<usize>> {
        self.parsed.errors()
    }

    /// Whether it took too long to read: nothing is known of it then.
    pub fn is_given_up(&self) -> bool {
        self.parsed.is_given_up()
    }

    /// The file's quotes, semicolons, line ends and indent.
    pub fn style(&self) -> &Style {
        self.style.get_or_init(|| Style::of(self))
    }

    /// The file's imports, and where a new one would go.
    pub fn imports(&self) -> &Arc<Imports> {
        self.imports.get_or_init(|| Arc::new(Imports::of(self)))
    }

    /// The byte offset where the line starts that a byte offset is on.
    pub fn line_start(&self, offset: usize) -> usize {
        self.text[..offset].rfind('\n').map_or(0, |at| at + 1)
    }

    /// The blanks at the start of the line that a byte offset is on.
    pub fn indent_at(&self, offset: usize) -> &str {
        let line = &self.text[self.line_start(offset)..];
        &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
    }

    /// All that the file says of one name; found out at the first question.
    pub fn name(&self, name: &str) -> Arc<Name> {
        let known = || self.names.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known().get(name) {
            return Arc::clone(found);
        }
        let found = Arc::new(Name::find(self.root(), &self.text, name));
        known().insert(name.to_owned(), Arc::clone(&found));
        found
    }

    /// The nodes from the root down to the smallest one that covers the byte range, the root first.
    pub fn path_to(&self, range: std::ops::Range<usize>) -> Vec<Node<'_>> {
        let mut path = vec![self.root()];
        let mut cursor = self.root().walk();
        while cursor.goto_first_child_for_byte(range.start).is_some() {
            let mut node = cursor.node();
            // A child that ends where the range starts comes first if the range lies between two children.
            while node.end_byte() < range.end.max(range.start + 1) && cursor.goto_next_sibling() {
                node = cursor.node();
            }
            if node.start_byte() > range.start || node.end_byte() < range.end {
                break;
            }
            path.push(node);
        }
        path
    }
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    /// `text` as `src/a.tsx`.
    pub(crate) fn file(text: &str) -> SourceFile {
        SourceFile::parse(RelPath::new("src/a.tsx").unwrap(), text.into(), Dialect::Tsx)
    }

    #[test]
    fn the_path_leads_down_to_the_smallest_node() {
        let file = file("f(a, { b: console.log('x') });\n");
        let at = file.text.find("console").unwrap();
        let kinds: Vec<_> = file.path_to(at..at + 7).iter().map(Node::kind).collect();
        assert_eq!(
            kinds,
            [
                "program",
                "expression_statement",
                "call_expression",
                "arguments",
                "object",
                "pair",
                "call_expression",
                "member_expression",
                "identifier"
            ]
        );
    }
}

//! A parsed file.

use std::collections::HashMap;
use std::ops::Range;
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
    errors: OnceLock<Vec<Range<usize>>>,
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

    /// The file with another text, which differs from this one in a place or two: what is typed. Reuses the tree; what
    /// comes out is that of [`Self::parse`].
    pub fn retyped(&self, text: Arc<str>) -> SourceFile {
        let (range, new) = difference(&self.text, &text);
        let edit = Edit { path: self.path.clone(), range, text: new.to_owned() };
        let parsed = self.parsed.retype(&self.text, &text, &[edit]);
        SourceFile::from_parsed(self.path.clone(), text, self.dialect, parsed)
    }

    fn from_parsed(path: RelPath, text: Arc<str>, dialect: Dialect, parsed: Parsed) -> SourceFile {
        SourceFile {
            path,
            text,
            dialect,
            parsed,
            errors: OnceLock::new(),
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
    pub fn errors(&self) -> &[Range<usize>] {
        self.errors.get_or_init(|| self.parsed.errors())
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

/// The only stretch that differs: its byte range in `before`, and what stands there in `after`.
fn difference<'t>(before: &str, after: &'t str) -> (Range<usize>, &'t str) {
    let shared = |(one, other): &(u8, u8)| one == other;
    let mut start = before.bytes().zip(after.bytes()).take_while(shared).count();
    while !before.is_char_boundary(start) {
        start -= 1;
    }
    let rest = before.bytes().skip(start).rev().zip(after.bytes().skip(start).rev());
    let mut end = rest.take_while(shared).count();
    // The bytes that they share may start inside of two different characters.
    while !before.is_char_boundary(before.len() - end) {
        end -= 1;
    }
    (start..before.len() - end, &after[start..after.len() - end])
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
    fn the_difference_is_what_was_typed() {
        for (before, after, range, new) in [
            ("", "", 0..0, ""),
            ("ab", "ab", 2..2, ""),
            ("ab", "axb", 1..1, "x"),
            ("aab", "ab", 1..2, ""),
            ("aa", "aaa", 2..2, "a"),
            ("abc", "xyz", 0..3, "xyz"),
            // Of é (c3 a9), è (c3 a8) and © (c2 a9) parts are the same.
            ("xéy", "xèy", 1..3, "è"),
            ("xéy", "x©y", 1..3, "©"),
            ("é", "éé", 2..2, "é"),
        ] {
            assert_eq!(difference(before, after), (range, new), "{before} {after}");
        }
    }

    #[test]
    fn a_retyped_file_is_the_one_of_its_text() {
        let known = file("f('é');\nconst a = <p>A & B</p>;\n");
        let _ = known.errors();
        for text in ["f('è');\nconst a = <p>A & B</p>;\n", "f('é';\nconst a = <p>A & B</p>;\n", "", "x"] {
            let (retyped, fresh) = (known.retyped(text.into()), file(text));
            assert_eq!(&*retyped.text, text);
            assert_eq!(retyped.root().to_sexp(), fresh.root().to_sexp());
            assert_eq!(retyped.errors(), fresh.errors());
        }
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

//! The shapes of valid TypeScript that the grammar can't read, and what it is given to read instead.
//!
//! A mask has the length of what it covers, so that all offsets stay true. Each shape has three parts: how it looks in
//! the text ([`propose`]), what is put in its place ([`Mask::paint`]), and what the tree must make of that
//! ([`Mask::holds`]). The last one is what makes masking safe: an `&` of an expression looks like one of JSX text, but
//! the tree tells them apart once it can be read.

use std::ops::Range;

use tree_sitter::{Node, Tree};

use super::Dialect;

/// A place where the parser was given other bytes than those of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mask {
    /// The bytes that were replaced, as offsets into the text.
    pub range: Range<usize>,
    /// What stands there.
    pub shape: Shape,
}

/// What the grammar stumbles over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shape {
    /// `&` in JSX text or in the string of a JSX attribute that starts no entity. Read as a control character, which is
    /// text there and an error anywhere else.
    Ampersand,
    /// `import('x')` as a type. Read as an identifier.
    ImportType,
    /// The `type` of `export type * from`. Read as blanks.
    ExportTypeStar,
    /// A member named `abstract`, or `accessor` in a class. Its first letter is read as another one.
    MemberName,
    /// The variance `in` or `out` of a type parameter. Read as blanks.
    Variance,
    /// `using x: T` and `for (using x of y)`, after `await` or not. Read as `const`.
    Using,
    /// The blank at the end of a statement or member, before a line that starts with a name like `in_stock`: the
    /// grammar takes its `in` for the operator. Read as `;`.
    BeforeInName,
    /// The blank at the end of a member of a type, before a line that starts with the `<` of a call signature. Read as
    /// `;`.
    BeforeCallSignature,
    /// A line break other than `\n` or `\r\n`, at which the grammar inserts no semicolon. Read as `\n`.
    LineBreak,
}

impl Shape {
    /// Whether the grammar can't do without the mask at any place where it holds. Some types may be `import('x').T`,
    /// and others may not.
    pub(super) fn is_needed_wherever_it_holds(self) -> bool {
        self != Shape::ImportType
    }
}

impl Mask {
    /// Puts the replacement into `bytes`, the text.
    pub(super) fn paint(&self, bytes: &mut [u8]) {
        let bytes = &mut bytes[self.range.clone()];
        match self.shape {
            Shape::Ampersand => bytes.fill(1),
            Shape::MemberName => bytes.fill(b'_'),
            Shape::BeforeInName | Shape::BeforeCallSignature => bytes.fill(b';'),
            Shape::ExportTypeStar | Shape::Variance => blank(bytes),
            Shape::ImportType => {
                let (name, rest) = bytes.split_at_mut("import".len());
                name.fill(b'_');
                blank(rest);
            }
            Shape::Using => {
                let (before, using) = bytes.split_at_mut(bytes.len() - "using".len());
                blank(before);
                using.copy_from_slice(b"const");
            }
            Shape::LineBreak => {
                blank(bytes);
                bytes.fill(b' ');
                bytes[0] = b'\n';
            }
        }
    }

    /// Whether `tree`, the tree of the masked text, reads the place as what it is.
    pub(super) fn holds(&self, tree: &Tree) -> bool {
        let Range { start, end } = self.range;
        let root = tree.root_node();
        let Some(covering) = root.descendant_for_byte_range(start, end) else { return false };
        match self.shape {
            Shape::Ampersand => match covering.kind() {
                "jsx_text" => true,
                "string_fragment" => ancestor(covering, 2).is_some_and(|node| node.kind() == "jsx_attribute"),
                _ => false,
            },
            Shape::ImportType => {
                root.descendant_for_byte_range(start, start + "import".len()).is_some_and(is_start_of_type)
            }
            Shape::ExportTypeStar => covering.kind() == "export_statement",
            Shape::MemberName => covering.kind() == "property_identifier",
            Shape::Variance => covering.kind() == "type_parameters",
            Shape::Using => root
                .descendant_for_byte_range(end - "const".len(), end)
                .filter(|word| word.kind() == "const")
                .and_then(|word| word.parent())
                .is_some_and(|node| matches!(node.kind(), "lexical_declaration" | "for_in_statement")),
            Shape::BeforeInName => ends_statement(covering) || ends_typed_member(covering),
            Shape::BeforeCallSignature => ends_typed_member(covering),
            Shape::LineBreak => covering.child_count() > 0,
        }
    }

    /// Whether the two share a byte.
    pub(super) fn overlaps(&self, other: &Mask) -> bool {
        self.range.start < other.range.end && other.range.start < self.range.end
    }
}

/// The masks that may help in the ranges `near` (sorted) of `text`, sorted, without overlaps. `tree` is a tree of the
/// text, masked or not: comments are taken from it.
pub(super) fn propose(text: &str, tree: &Tree, dialect: Dialect, near: &[Range<usize>]) -> Vec<Mask> {
    let finder = Finder { bytes: text.as_bytes(), tree, dialect };
    let mut found: Vec<Mask> = near.iter().cloned().flatten().filter_map(|at| finder.at(at)).collect();
    // A file of such line breaks is one line to the grammar, so nothing is near.
    found.extend(finder.line_breaks());
    found.sort_by_key(|mask| (mask.range.start, mask.shape));
    found.dedup_by(|later, earlier| earlier.overlaps(later));
    found
}

struct Finder<'t> {
    bytes: &'t [u8],
    tree: &'t Tree,
    dialect: Dialect,
}

impl Finder<'_> {
    /// The mask that what starts at `at` calls for.
    fn at(&self, at: usize) -> Option<Mask> {
        let mask = |range, shape| Some(Mask { range, shape });
        match self.bytes[at] {
            b'&' if self.dialect == Dialect::Tsx && !is_entity(&self.bytes[at..]) => mask(at..at + 1, Shape::Ampersand),
            b'<' => mask(self.blank_before_line_of(at)?, Shape::BeforeCallSignature),
            byte if is_name(byte) && (at == 0 || !is_name(self.bytes[at - 1])) => {
                let (range, shape) = self.at_word(at..self.end_of_word(at))?;
                mask(range, shape)
            }
            _ => None,
        }
    }

    fn at_word(&self, word: Range<usize>) -> Option<(Range<usize>, Shape)> {
        let next = self.skip_blanks(word.end);
        let next_byte = self.bytes.get(next).copied();
        match &self.bytes[word.clone()] {
            b"import" => Some((word.start..self.end_of_import(next)?, Shape::ImportType)),
            b"type" if next_byte == Some(b'*') && self.word_before(word.start) == b"export" => {
                Some((word, Shape::ExportTypeStar))
            }
            b"abstract" | b"accessor" if !next_byte.is_some_and(is_name) || self.has_line_break(word.end..next) => {
                Some((word.start..word.start + 1, Shape::MemberName))
            }
            b"in" | b"out" if next > word.end && next_byte.is_some_and(is_name) => {
                let starts_parameter = match self.byte_before(word.start) {
                    Some(b'<' | b',') => true,
                    _ => matches!(self.word_before(word.start), b"in" | b"const"),
                };
                starts_parameter.then_some((word, Shape::Variance))
            }
            b"using" if next_byte.is_some_and(is_name) && !self.has_line_break(word.end..next) => {
                let after_name = self.skip_blanks(self.end_of_word(next));
                let is_unreadable = self.bytes.get(after_name) == Some(&b':')
                    || &self.bytes[after_name..self.end_of_word(after_name)] == b"of";
                let await_word = self.word_before(word.start);
                let start = if await_word == b"await" { self.start_of_word_before(word.start) } else { word.start };
                is_unreadable.then_some((start..word.end, Shape::Using))
            }
            name if looks_like_in(name) => Some((self.blank_before_line_of(word.start)?, Shape::BeforeInName)),
            _ => None,
        }
    }

    fn line_breaks(&self) -> impl Iterator<Item = Mask> {
        let carriage_returns = memchr::memchr_iter(b'\r', self.bytes)
            .filter(|&at| self.bytes.get(at + 1) != Some(&b'\n'))
            .map(|at| at..at + 1);
        let separators = memchr::memmem::find_iter(self.bytes, b"\xe2\x80")
            .filter(|&at| matches!(self.bytes.get(at + 2), Some(0xa8 | 0xa9)))
            .map(|at| at..at + 3);
        carriage_returns.chain(separators).map(|range| Mask { range, shape: Shape::LineBreak })
    }

    /// The first blank after what comes before the line that `at` starts; comments in between don't count. `None` if
    /// `at` doesn't start a line.
    fn blank_before_line_of(&self, at: usize) -> Option<Range<usize>> {
        let mut end = self.skip_blanks_back(at);
        if !self.has_line_break(end..at) {
            return None;
        }
        while end > 0 {
            let comment = self.tree.root_node().descendant_for_byte_range(end - 1, end)?;
            if comment.kind() != "comment" {
                break;
            }
            end = self.skip_blanks_back(comment.start_byte());
        }
        (end > 0 && is_blank(self.bytes[end])).then_some(end..end + 1)
    }

    /// The end of `import('x')` or `import('x', …)`, whose `(` is at `open`.
    fn end_of_import(&self, open: usize) -> Option<usize> {
        if self.bytes.get(open) != Some(&b'(') {
            return None;
        }
        let quote = self.skip_blanks(open + 1);
        let quote_byte = *self.bytes.get(quote).filter(|byte| matches!(byte, b'\'' | b'"'))?;
        let string_end = quote + 2 + memchr::memchr(quote_byte, &self.bytes[quote + 1..])?;
        Some(string_end + memchr::memchr(b')', &self.bytes[string_end..])? + 1)
    }

    fn has_line_break(&self, range: Range<usize>) -> bool {
        memchr::memchr(b'\n', &self.bytes[range]).is_some()
    }

    fn end_of_word(&self, at: usize) -> usize {
        at + self.bytes[at..].iter().take_while(|&&byte| is_name(byte)).count()
    }

    fn skip_blanks(&self, at: usize) -> usize {
        at + self.bytes[at..].iter().take_while(|&&byte| is_blank(byte)).count()
    }

    fn skip_blanks_back(&self, at: usize) -> usize {
        at - self.bytes[..at].iter().rev().take_while(|&&byte| is_blank(byte)).count()
    }

    fn byte_before(&self, at: usize) -> Option<u8> {
        self.skip_blanks_back(at).checked_sub(1).map(|last| self.bytes[last])
    }

    fn start_of_word_before(&self, at: usize) -> usize {
        let end = self.skip_blanks_back(at);
        end - self.bytes[..end].iter().rev().take_while(|&&byte| is_name(byte)).count()
    }

    /// The word before the blanks before `at`; empty if something else stands there.
    fn word_before(&self, at: usize) -> &[u8] {
        &self.bytes[self.start_of_word_before(at)..self.skip_blanks_back(at)]
    }
}

/// Whether the grammar's scanner takes the start of `name` for the operator `in` or `instanceof`: it looks at the next
/// character only, and takes none but a letter for a part of the name.
fn looks_like_in(name: &[u8]) -> bool {
    [&b"in"[..], b"instanceof"].iter().any(|operator| {
        name.strip_prefix(*operator).and_then(<[u8]>::first).is_some_and(|byte| !byte.is_ascii_alphabetic())
    })
}

/// Whether `bytes` start with an entity: `&amp;`, `&#39;`, `&#x27;`.
fn is_entity(bytes: &[u8]) -> bool {
    let Some(length) = memchr::memchr(b';', &bytes[..bytes.len().min(32)]) else { return false };
    match &bytes[1..length] {
        [b'#', b'x' | b'X', digits @ ..] => matches!(digits.len(), 1..=6) && digits.iter().all(u8::is_ascii_hexdigit),
        [b'#', digits @ ..] => matches!(digits.len(), 1..=5) && digits.iter().all(u8::is_ascii_digit),
        name => !name.is_empty() && name.iter().all(u8::is_ascii_alphabetic),
    }
}

/// Whether a name may go on with `byte`; all of Unicode beyond ASCII counts.
fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | 0x80..)
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// Blanks `bytes`, but for line breaks.
fn blank(bytes: &mut [u8]) {
    bytes.iter_mut().filter(|byte| !matches!(byte, b'\n' | b'\r')).for_each(|byte| *byte = b' ');
}

/// The parent of the parent …, `steps` times.
fn ancestor(node: Node<'_>, steps: usize) -> Option<Node<'_>> {
    (0..steps).try_fold(node, |node, _| node.parent())
}

/// Whether `name` is a type, or the module in `module.T` or `typeof module.x` as a type.
fn is_start_of_type(name: Node<'_>) -> bool {
    if name.kind() == "type_identifier" {
        return true;
    }
    let outer = std::iter::successors(name.parent(), Node::parent)
        .find(|node| !matches!(node.kind(), "nested_identifier" | "member_expression" | "subscript_expression"));
    name.kind() == "identifier"
        && outer.is_some_and(|node| matches!(node.kind(), "nested_type_identifier" | "type_query"))
}

/// Whether `semicolon` ends a statement, and is not one by itself (as after `if (x)`).
fn ends_statement(semicolon: Node<'_>) -> bool {
    semicolon.kind() == ";"
        && semicolon.prev_sibling().is_some()
        && semicolon.parent().is_some_and(|node| {
            let kind = node.kind();
            kind != "for_statement"
                && (kind.ends_with("_statement") || kind.ends_with("_declaration") || kind == "function_signature")
        })
}

/// Whether `semicolon` ends a member of a class or type whose type or value is stated: such a one can't go on in the
/// next line.
fn ends_typed_member(semicolon: Node<'_>) -> bool {
    semicolon.kind() == ";"
        && semicolon.parent().is_some_and(|node| matches!(node.kind(), "interface_body" | "object_type" | "class_body"))
        && semicolon.prev_named_sibling().is_some_and(|member| {
            ["type", "return_type", "value"].iter().any(|field| member.child_by_field_name(field).is_some())
        })
}

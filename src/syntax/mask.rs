//! The shapes of valid TypeScript that the grammar can't read, and what it is given to read instead.
//!
//! A mask has the length of what it covers, so that all offsets stay true. Each shape has three parts: how it looks in
//! the text (`propose`), what is put in its place (`Mask::paint`), and what the tree must make of that
//! (`Mask::holds`). The last one is what makes masking safe: an `&` of an expression looks like one of JSX text, but
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
    /// Whether a text that the grammar could read without the mask has the same tree with it. Not so for
    /// `import('x')`, which the grammar can read in some types.
    pub(super) fn keeps_readable_tree(self) -> bool {
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
            // Between tokens. Strings and templates hold tokens as well.
            Shape::LineBreak => {
                covering.child_count() > 0 && !matches!(covering.kind(), "string" | "template_string" | "jsx_element")
            }
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
                let before = &self.bytes[..self.end_of_token_before(word.start)];
                let starts_parameter = matches!(before.last(), Some(b'<' | b','))
                    || matches!(self.word_before(word.start), b"in" | b"const");
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
        if !self.has_line_break(self.skip_blanks_back(at)..at) {
            return None;
        }
        let end = self.end_of_token_before(at);
        (end > 0 && is_blank(self.bytes[end])).then_some(end..end + 1)
    }

    /// Where the token before `at` ends, blanks and comments left out; 0 if there is none.
    fn end_of_token_before(&self, at: usize) -> usize {
        let mut end = self.skip_blanks_back(at);
        while let Some(last) = end.checked_sub(1) {
            match self.tree.root_node().descendant_for_byte_range(last, end) {
                Some(comment) if comment.kind() == "comment" => end = self.skip_blanks_back(comment.start_byte()),
                _ => break,
            }
        }
        end
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::*;
    use crate::syntax::parse::{Parsed, parse};

    /// Asserts that `text` has to be masked at `masked`, and can be read then: no errors, and each `console.log(1)` is
    /// a call where it stands.
    #[track_caller]
    fn reads(text: &str, dialect: Dialect, shape: Shape, masked: &[&str]) -> Parsed {
        let parsed = parse(text, dialect);
        assert_eq!(parsed.errors(), Vec::<Range<usize>>::new(), "{text}");
        let masks: Vec<(Shape, &str)> =
            parsed.masks.iter().map(|mask| (mask.shape, &text[mask.range.clone()])).collect();
        assert_eq!(masks, masked.iter().map(|&masked| (shape, masked)).collect::<Vec<_>>(), "{text}");
        for (at, call) in text.match_indices("console.log(1)") {
            assert_eq!(kind_of(&parsed, at..at + call.len()), "call_expression", "{text}");
        }
        parsed
    }

    #[track_caller]
    fn reads_ts(text: &str, shape: Shape, masked: &[&str]) -> Parsed {
        reads(&format!("{text}\nconsole.log(1);\n"), Dialect::TypeScript, shape, masked)
    }

    #[track_caller]
    fn reads_tsx(text: &str, masked: usize) -> Parsed {
        reads(&format!("{text}\nconsole.log(1);\n"), Dialect::Tsx, Shape::Ampersand, &vec!["&"; masked])
    }

    /// The kind of the node that has exactly this range.
    #[track_caller]
    fn kind_of(parsed: &Parsed, range: Range<usize>) -> &str {
        let node = parsed.tree.root_node().descendant_for_byte_range(range.start, range.end).unwrap();
        assert_eq!(node.byte_range(), range);
        node.kind()
    }

    #[track_caller]
    fn is_left_alone(text: &str, dialect: Dialect) {
        let parsed = parse(text, dialect);
        assert_eq!(parsed.masks, [], "{text}");
        assert!(parsed.tree.root_node().has_error(), "{text}");
    }

    #[test]
    fn ampersands_in_jsx_text() {
        let text = "const a = <p>A & B</p>;";
        let parsed = reads_tsx(text, 1);
        let start = text.find("A &").unwrap();
        assert_eq!(kind_of(&parsed, start..start + "A & B".len()), "jsx_text");
        reads_tsx("const a = <p>A && B</p>;", 2);
        reads_tsx("const a = <p>Q&A, R&D &nosemicolon & {a && <b>C &#; D &</b>}</p>;", 6);
        reads_tsx("const a = <p>A &amp; B &#39; &#x27;\n  & C</p>;", 1);
        reads_tsx("const a = (\n  <div>\n    <h1>A & B</h1>\n    <p>C & D & E {f & g}</p>\n  </div>\n);", 3);
    }

    #[test]
    fn ampersands_in_jsx_attributes() {
        let text = "const a = <a href=\"?a=1&b=2\">x</a>;";
        let parsed = reads_tsx(text, 1);
        let start = text.find("?a").unwrap();
        assert_eq!(kind_of(&parsed, start..start + "?a=1&b=2".len()), "string_fragment");
        reads_tsx("const a = <a href='?a=1&b=2&c=3' title={'A & B'}>C & D</a>;", 3);
    }

    #[test]
    fn other_ampersands_are_never_masked() {
        let masked = |text: &str| {
            let parsed = parse(text, Dialect::Tsx);
            parsed.masks.iter().map(|mask| mask.range.start).collect::<Vec<_>>()
        };
        let others =
            "/* a & b */ type A = B & C; const d = e & f, g = 'h & i', j = `k & l`, m = /n&o/, p = <q r={'s&t'} />;";
        assert_eq!(masked(others), Vec::<usize>::new());
        let text = format!("{others} const u = <p>A & B</p>; {others}");
        assert_eq!(masked(&text), [text.find("& B").unwrap()]);
        assert_eq!(masked(&format!("{others} f(; {others}")), Vec::<usize>::new());
    }

    #[test]
    fn import_types() {
        let import = "import('x')";
        let parsed = reads_ts("let x: import('x').T[];", Shape::ImportType, &[import]);
        assert_eq!(kind_of(&parsed, 7..22), "array_type");
        for text in [
            "let x: import('x').T<U>;",
            "let x: null | import('x').T<U>;",
            "let x: import('x').A.B['c'];",
            "let x: readonly import('x').T[];",
            "let x: (import('x').T);",
            "type A = keyof import('x').T;",
            "function f(a: import('x').T[], b: string) { console.log(1) }",
            "const x = await f<typeof import('x')>();",
            "const x = await import('y'); let y: import('x').T[];",
        ] {
            reads_ts(text, Shape::ImportType, &[import]);
        }
        reads_ts("let x: import(\n  \"é\",\n).T[];", Shape::ImportType, &["import(\n  \"é\",\n)"]);
    }

    #[test]
    fn a_dynamic_import_is_never_masked() {
        is_left_alone(
            "const x = await import('y'); import('z').then(; const t = typeof import('z');\n",
            Dialect::TypeScript,
        );
    }

    #[test]
    fn export_type_star() {
        reads_ts("export type * from './x';", Shape::ExportTypeStar, &["type"]);
        reads_ts("export type * as ns from './x';", Shape::ExportTypeStar, &["type"]);
    }

    #[test]
    fn member_names() {
        let parsed = reads_ts("interface A { abstract: string; b: 1 }", Shape::MemberName, &["a"]);
        assert_eq!(kind_of(&parsed, 14..22), "property_identifier");
        for text in [
            "interface A { abstract?(): void }",
            "interface A {\n  abstract\n  b: string\n}",
            "type A = { abstract(): void; b: string };",
            "class A { abstract = 1; b() { console.log(1) } }",
            "class A { private abstract<T>() {} }",
            "class A { accessor: string }",
            "class A { accessor() { console.log(1) } }",
        ] {
            reads_ts(text, Shape::MemberName, &["a"]);
        }
    }

    #[test]
    fn variance() {
        reads_ts("interface A<in T, out U, in out V> { a: T }", Shape::Variance, &["in", "out", "in", "out"]);
        reads_ts("class A<\n  // why\n  out T = B,\n> {}", Shape::Variance, &["out"]);
    }

    #[test]
    fn using() {
        reads_ts("using x: T = f();", Shape::Using, &["using"]);
        reads_ts("await using x: T = f();", Shape::Using, &["await using"]);
        reads_ts("for (await using x of y) { console.log(1) }", Shape::Using, &["await using"]);
    }

    #[test]
    fn names_that_start_like_an_operator() {
        for name in ["in1", "in_x", "in$", "iné", "instanceof_"] {
            reads_ts(&format!("foo()\n{name}.x()"), Shape::BeforeInName, &["\n"]);
        }
        reads_ts("foo()\r\nin_x = 1", Shape::BeforeInName, &["\r"]);
        reads_ts("foo() // a\n  /* b */\n  // c\nin_x = 1", Shape::BeforeInName, &[" "]);
        reads_ts("let a = 'http://b'\nin_x++", Shape::BeforeInName, &["\n"]);
        reads_ts("if (a)\n  in_x()\nfoo()\nin_x()", Shape::BeforeInName, &["\n"]);
        reads_ts("interface A {\n  a: string\n  in_stock: boolean\n}", Shape::BeforeInName, &["\n"]);
        reads_ts("class A {\n  a = 1\n  in_stock = 2\n}", Shape::BeforeInName, &["\n"]);
    }

    #[test]
    fn a_line_that_goes_on_gets_no_semicolon() {
        is_left_alone("foo(; const a = 'x'\n  in y\nif (a)\n  in_x()\n", Dialect::TypeScript);
    }

    #[test]
    fn call_signatures() {
        let text = "interface A {\n  (a: string): void\n  <T>(a: T): B<T> // b\n  <U>(a: U): void\n  c\n  <V>(): V\n}";
        let parsed = reads_ts(text, Shape::BeforeCallSignature, &["\n", " "]);
        let start = text.find("c\n").unwrap();
        assert_eq!(kind_of(&parsed, start..start + "c\n  <V>(): V".len()), "method_signature");
    }

    #[test]
    fn line_breaks() {
        reads_ts("foo()\rbar() // a\rbaz('b')", Shape::LineBreak, &["\r", "\r"]);
        reads_ts("foo()\u{2028}bar('\u{2028}')", Shape::LineBreak, &["\u{2028}"]);
    }

    #[test]
    fn a_mask_has_the_length_of_what_it_covers_and_keeps_line_breaks() {
        let text = "import(\n\t'é',\r\n).T[]";
        let mut bytes = text.as_bytes().to_vec();
        let range = 0..text.find('.').unwrap();
        Mask { range, shape: Shape::ImportType }.paint(&mut bytes);
        assert_eq!(String::from_utf8(bytes).unwrap(), "______ \n      \r\n .T[]");
    }
}

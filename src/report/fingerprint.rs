//! What a violation is known by when lines move: the declaration around it, and its code without layout.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;
use sha2::{Digest, Sha256};
use tree_sitter::Node;

use super::Report;
use crate::project::RelPath;
use crate::syntax::Dialect;
use crate::syntax::source::SourceFile;

/// What a violation is known by, beside its rule and its file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint {
    /// The names of the declarations around it, the outermost first: `Orders > load`; empty at the top of the file.
    pub declaration: String,
    /// A hash of its code, written without layout: 16 hexadecimal digits of SHA-256.
    pub hash: String,
}

impl Report {
    /// Finds out what each violation is known by. This parses every file that has one.
    pub fn add_fingerprints(&mut self) {
        let paths: BTreeSet<&RelPath> = self.findings.iter().map(|finding| &finding.path).collect();
        let paths: Vec<RelPath> = paths.into_iter().cloned().collect();
        let texts = &self.texts;
        let findings = &self.findings;
        let known: Vec<Vec<(usize, Fingerprint)>> = paths
            .par_iter()
            .map(|path| {
                let (Some(text), Some(dialect)) = (texts.get(path), Dialect::of(path)) else { return Vec::new() };
                let file = SourceFile::parse(path.clone(), Arc::clone(text), dialect);
                let own = findings.iter().enumerate().filter(|(_, finding)| finding.path == *path);
                own.map(|(index, finding)| (index, Fingerprint::of(&file, &finding.range))).collect()
            })
            .collect();
        for (index, fingerprint) in known.into_iter().flatten() {
            self.findings[index].fingerprint = Some(fingerprint);
        }
    }
}

impl Fingerprint {
    /// The fingerprint of what stands at a byte range of `file`.
    pub fn of(file: &SourceFile, range: &Range<usize>) -> Fingerprint {
        let path = file.path_to(range.clone());
        let names: Vec<&str> = path.iter().filter_map(|node| declared(file, *node, range)).collect();
        let digest = Sha256::digest(normalised(file, &path, range).as_bytes());
        let hash = digest.iter().take(8).fold(String::new(), |mut hash, byte| {
            let _ = write!(hash, "{byte:02x}");
            hash
        });
        Fingerprint { declaration: names.join(" > "), hash }
    }
}

/// The name that a node declares around a byte range.
fn declared<'t>(file: &'t SourceFile, node: Node<'t>, range: &Range<usize>) -> Option<&'t str> {
    let name = match node.kind() {
        "function_declaration"
        | "generator_function_declaration"
        | "class_declaration"
        | "abstract_class_declaration"
        | "method_definition"
        | "variable_declarator"
        | "public_field_definition"
        | "internal_module"
        | "enum_declaration" => node.child_by_field_name("name")?,
        "pair" => node.child_by_field_name("key")?,
        _ => return None,
    };
    // Not what is declared, if that is what the range is about.
    (name.end_byte() <= range.start && node.byte_range() != *range).then(|| file.text_of(name))
}

/// The tokens of a byte range, a blank between; a literal with what is around it. What formatters add or take away is left
/// out: semicolons, commas before a bracket, brackets around parameters, the kind of quotes.
fn normalised(file: &SourceFile, path: &[Node<'_>], range: &Range<usize>) -> String {
    let Some(mut node) = path.last().copied() else { return String::new() };
    if matches!(node.kind(), "string" | "template_string") && path.len() > 1 {
        node = path[path.len() - 2];
    }
    let whole = if node.byte_range().start <= range.start && node.kind() != "program" {
        node.byte_range()
    } else {
        range.clone()
    };
    // A range that is a part of a large node, such as the callee of a handler.
    let whole = if whole.len() > 4 * range.len().max(64) { range.clone() } else { whole };
    let mut tokens = Vec::new();
    leaves(file, node, &whole, &mut tokens);
    let mut text = String::new();
    for (index, token) in tokens.iter().enumerate() {
        let next = tokens.get(index + 1).map(String::as_str);
        let is_layout =
            matches!(token.as_str(), ";" | "(" | ")") || token == "," && matches!(next, Some(")" | "]" | "}") | None);
        if !is_layout {
            text.push_str(token);
            text.push(' ');
        }
    }
    text
}

fn leaves(file: &SourceFile, node: Node<'_>, range: &Range<usize>, tokens: &mut Vec<String>) {
    if node.end_byte() <= range.start || node.start_byte() >= range.end || node.kind() == "comment" {
        return;
    }
    let text = file.text_of(node);
    if node.kind() == "string" {
        let inner = text.trim_matches(['\'', '"']);
        tokens.push(format!("\"{}\"", inner.replace("\\'", "'").replace("\\\"", "\"")));
    } else if node.kind() == "jsx_text" {
        tokens.extend(text.split_whitespace().map(str::to_owned));
    } else if node.child_count() == 0 {
        tokens.push(text.trim().to_owned());
    } else {
        let mut cursor = node.walk();
        let children: Vec<Node<'_>> = node.children(&mut cursor).collect();
        children.into_iter().for_each(|child| leaves(file, child, range, tokens));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::source::tests::file;

    fn of(text: &str, needle: &str) -> Fingerprint {
        let start = text.find(needle).expect("the needle is there");
        Fingerprint::of(&file(text), &(start..start + needle.len()))
    }

    #[test]
    fn layout_changes_nothing() {
        let one = of("function f() { console.log('a', { b: 1 }); }", "console.log('a', { b: 1 })");
        for other in [
            "// moved\n\nfunction f() {\n  console.log(\n    \"a\",\n    {\n      b: 1,\n    },\n  )\n}",
            "const x = 1;\nfunction f() { if (x) { console.log('a', /* why */ { b: 1 }) } }",
        ] {
            let start = other.find("console").expect("it is there");
            let end = other.rfind(')').expect("it is there") + 1;
            assert_eq!(Fingerprint::of(&file(other), &(start..end)), one, "{other}");
        }
        assert_eq!(one.declaration, "f");
    }

    #[test]
    fn what_is_said_and_where_does() {
        let one = of("function f() { console.log('a') }", "console.log('a')");
        assert_ne!(of("function f() { console.log('b') }", "console.log('b')"), one);
        assert_ne!(of("function g() { console.log('a') }", "console.log('a')"), one);
        assert_ne!(of("function f() { console.warn('a') }", "console.warn('a')"), one);
        let deep = of("class A { run() { const go = () => { console.log('a') } } }", "console.log('a')");
        assert_eq!(deep.declaration, "A > run > go");
    }

    #[test]
    fn a_literal_is_known_by_what_holds_it() {
        let row = of("f({ tenant_id: 'x', a: 1 })", "'x'");
        assert_ne!(row.hash, of("f({ org_id: 'x', a: 1 })", "'x'").hash);
        assert_eq!(row.hash, of("f({ tenant_id: \"x\", b: 2 })", "\"x\"").hash);
    }
}

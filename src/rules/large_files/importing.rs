//! Import statements: those that a new module takes over from its file, and those of new modules.

use std::collections::BTreeSet;

use tree_sitter::Node;

use super::outline::Outline;
use crate::syntax::source::SourceFile;

/// How long a line may be that names what is imported.
const WIDTH: usize = 100;

/// A name of a new module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The name.
    pub name: String,
    /// Whether it is only a type.
    pub is_type: bool,
}

/// The import of some names of a new module.
pub fn named(file: &SourceFile, names: &[Named], specifier: &str) -> String {
    statement(file, "import", names, specifier)
}

/// The export of some names of a new module.
pub fn exported(file: &SourceFile, names: &[Named], specifier: &str) -> String {
    statement(file, "export", names, specifier)
}

fn statement(file: &SourceFile, word: &str, names: &[Named], specifier: &str) -> String {
    let all_types = names.iter().all(|named| named.is_type);
    let clause = |named: &Named| {
        if named.is_type && !all_types { format!("type {}", named.name) } else { named.name.clone() }
    };
    let word = if all_types { format!("{word} type") } else { word.to_owned() };
    let names: Vec<String> = names.iter().map(clause).collect();
    let style = file.style();
    let end = if style.semicolons { ";" } else { "" };
    format!("{word} {} from {}{end}", braced(file, &names), style.quoted(specifier))
}

/// Names between braces, on lines of their own if there are too many for one.
fn braced(file: &SourceFile, names: &[String]) -> String {
    let line = format!("{{ {} }}", names.join(", "));
    if line.len() <= WIDTH {
        return line;
    }
    let style = file.style();
    let lines: String = names.iter().map(|name| format!("{}{name},{}", style.indent, style.newline)).collect();
    format!("{{{}{lines}}}", style.newline)
}

/// The file's imports as far as they bring in `bindings` (places in [`Outline::bindings`]), in their order; with `React`
/// where `needs_react`.
pub fn copies(outline: &Outline<'_>, bindings: &BTreeSet<usize>, needs_react: bool) -> Vec<String> {
    let file = outline.file;
    let nodes = statements(file);
    let mut copies = Vec::new();
    for (statement, node) in nodes.iter().enumerate() {
        let of_statement: Vec<usize> =
            (0..outline.bindings.len()).filter(|at| outline.bindings[*at].statement == statement).collect();
        let is_wanted =
            |at: &&usize| bindings.contains(at) || needs_react && outline.bindings[**at].binding.local == "React";
        let wanted: Vec<usize> = of_statement.iter().filter(is_wanted).copied().collect();
        if wanted.is_empty() {
            continue;
        }
        let pragmas = pragmas_above(file, *node).map(|start| &file.text[start..node.start_byte()]).unwrap_or_default();
        let text = if wanted.len() == of_statement.len() {
            file.text_of(*node).to_owned()
        } else {
            part(outline, *node, &wanted)
        };
        copies.push(format!("{pragmas}{text}"));
    }
    copies
}

/// The import of types of React's beside what `bindings` bring in.
pub fn react_types(outline: &Outline<'_>, bindings: &BTreeSet<usize>, types: &BTreeSet<&str>) -> Option<String> {
    let is_there = |name: &str| bindings.iter().any(|at| outline.bindings[*at].binding.local == name);
    let names: Vec<Named> = types
        .iter()
        .filter(|name| !is_there(name))
        .map(|name| Named { name: (*name).to_owned(), is_type: true })
        .collect();
    (!names.is_empty()).then(|| named(outline.file, &names, "react"))
}

/// The import statements of a file that bring something in, or nothing: as [`crate::syntax::imports::Imports`] counts them.
pub fn statements(file: &SourceFile) -> Vec<Node<'_>> {
    let root = file.root();
    let mut cursor = root.walk();
    let nodes: Vec<Node<'_>> =
        root.named_children(&mut cursor).filter(|node| node.kind() == "import_statement").collect();
    let known = &file.imports().statements;
    nodes.into_iter().filter(|node| known.iter().any(|import| import.range == node.byte_range())).collect()
}

/// Where the comments start that tell a tool something about an import: `// @ts-ignore`, `// @deno-types=…`.
pub fn pragmas_above(file: &SourceFile, node: Node<'_>) -> Option<usize> {
    const MARKS: [&str; 5] = ["@ts-", "@deno-types", "eslint-disable-next-line", "deno-lint-ignore ", "biome-ignore "];
    let mut start = None;
    let mut below = node;
    while let Some(comment) = below.prev_named_sibling().filter(|it| it.kind() == "comment") {
        let gap = &file.text[comment.end_byte()..below.start_byte()];
        let text = file.text_of(comment);
        let is_pragma = MARKS.iter().any(|mark| text.contains(mark)) && !text.contains("@ts-nocheck");
        if gap.matches('\n').count() != 1 || !is_pragma {
            break;
        }
        start = Some(comment.start_byte());
        below = comment;
    }
    start
}

/// A statement with some of its bindings only.
fn part(outline: &Outline<'_>, node: Node<'_>, wanted: &[usize]) -> String {
    let file = outline.file;
    let source = node.child_by_field_name("source").map_or(node.end_byte(), |source| source.start_byte());
    let statement_type = node.child(1).is_some_and(|word| word.kind() == "type");
    let (mut clauses, mut names, mut has_remarks) = (Vec::new(), Vec::new(), false);
    for at in wanted {
        let binding = &outline.bindings[*at].binding;
        match binding.imported.as_str() {
            "default" if !is_named(file, node, &binding.local) => clauses.push(binding.local.clone()),
            "*" => clauses.push(format!("* as {}", binding.local)),
            imported => {
                let word = if binding.type_only && !statement_type { "type " } else { "" };
                let alias = if imported == binding.local { String::new() } else { format!(" as {}", binding.local) };
                let remark = remark(file, node, &binding.local);
                has_remarks |= !remark.is_empty();
                names.push((format!("{word}{imported}{alias}"), remark));
            }
        }
    }
    if has_remarks {
        let style = file.style();
        let line = |(name, remark): &(String, &str)| {
            let gap = if remark.is_empty() { "" } else { " " };
            format!("{}{name},{gap}{remark}{}", style.indent, style.newline)
        };
        clauses.push(format!("{{{}{}}}", style.newline, names.iter().map(line).collect::<String>()));
    } else if !names.is_empty() {
        clauses.push(braced(file, &names.into_iter().map(|(name, _)| name).collect::<Vec<_>>()));
    }
    let word = if statement_type { "import type" } else { "import" };
    format!("{word} {} from {}", clauses.join(", "), &file.text[source..node.end_byte()])
}

/// What is said behind a name on its line.
fn remark<'t>(file: &'t SourceFile, node: Node<'_>, local: &str) -> &'t str {
    let all = specifiers(node);
    let found = all.iter().find(|specifier| {
        let name = specifier.child_by_field_name("alias").or_else(|| specifier.child_by_field_name("name"));
        name.is_some_and(|name| file.text_of(name) == local)
    });
    let line = found.and_then(|specifier| file.text[specifier.end_byte()..].lines().next()).unwrap_or_default();
    let behind = line.trim_start_matches(',').trim();
    if behind.starts_with("//") { behind } else { "" }
}

/// Whether a name stands between the braces: `{ default as name }`.
fn is_named(file: &SourceFile, node: Node<'_>, local: &str) -> bool {
    specifiers(node).iter().any(|specifier| {
        let name = specifier.child_by_field_name("alias").or_else(|| specifier.child_by_field_name("name"));
        name.is_some_and(|name| file.text_of(name) == local)
    })
}

/// What stands between the braces of an import.
pub fn specifiers(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    let clause = node.named_children(&mut cursor).find(|child| child.kind() == "import_clause");
    let Some(clause) = clause else { return Vec::new() };
    let mut cursor = clause.walk();
    let Some(braces) = clause.named_children(&mut cursor).find(|child| child.kind() == "named_imports") else {
        return Vec::new();
    };
    let mut cursor = braces.walk();
    braces.named_children(&mut cursor).filter(|child| child.kind() == "import_specifier").collect()
}

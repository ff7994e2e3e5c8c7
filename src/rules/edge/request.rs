//! The request of a handler, and places for statements that use it.

use std::ops::Range;

use tree_sitter::Node;

use super::handler::{arguments, is_function, statements};
use crate::syntax::source::SourceFile;

/// How the request gets its name.
#[derive(Debug)]
pub struct Naming {
    /// The edit: a byte range, and what stands there then.
    pub edit: (Range<usize>, String),
    /// The statement that takes it apart again.
    pub statement: Option<String>,
}

/// The name of a function's request, and what gives it one. `needs_type` where nothing else says that it is a request.
///
/// # Errors
/// The reason why it can't have one.
pub fn of(file: &SourceFile, function: Node<'_>, needs_type: bool) -> Result<(String, Option<Naming>), String> {
    if let Some(parameter) = function.child_by_field_name("parameter") {
        return Ok((file.text_of(parameter).to_owned(), None));
    }
    let list = function.child_by_field_name("parameters").ok_or("its handler has no parameters")?;
    let first = arguments(list).first().copied();
    let name =
        || free_name(file, function, &["req", "request", "incoming"]).ok_or("all names for its request are taken");
    let Some(first) = first else {
        let name = name()?;
        let typed = if needs_type { ": Request" } else { "" };
        let edit = (list.byte_range(), format!("({name}{typed})"));
        return Ok((name, Some(Naming { edit, statement: None })));
    };
    let pattern = first.child_by_field_name("pattern").ok_or("its first parameter can't be read")?;
    match pattern.kind() {
        "identifier" => Ok((file.text_of(pattern).to_owned(), None)),
        "object_pattern" if first.child_by_field_name("value").is_none() => {
            let name = name()?;
            let end = if file.style().semicolons { ";" } else { "" };
            let statement = format!("const {} = {name}{end}", file.text_of(pattern));
            Ok((name.clone(), Some(Naming { edit: (pattern.byte_range(), name), statement: Some(statement) })))
        }
        _ => Err("its first parameter is no plain request".to_owned()),
    }
}

/// The first of `names` that nothing in `function` is called.
pub fn free_name(file: &SourceFile, function: Node<'_>, names: &[&str]) -> Option<String> {
    let range = function.byte_range();
    let is_free = |name: &&&str| {
        let found = file.name(name);
        !found.references.iter().any(|at| range.contains(&at.start))
            && !found.declarations.iter().any(|declaration| range.contains(&declaration.range.start))
    };
    names.iter().find(is_free).map(|name| (*name).to_owned())
}

/// The innermost function around a byte offset.
pub fn innermost_function(file: &SourceFile, offset: usize) -> Option<Node<'_>> {
    let path = file.path_to(offset..offset + 1);
    path.into_iter().rev().find(|node| is_function(*node))
}

/// Whether a node has a child of a kind: `async`, `*`.
pub fn has_child(node: Node<'_>, word: &str) -> bool {
    let mut cursor = node.walk();
    node.children(&mut cursor).any(|child| child.kind() == word)
}

/// The edits that put `lines` at the start of a function's block, apart from what follows if `apart`.
pub fn at_start(
    file: &SourceFile,
    function: Node<'_>,
    body: Node<'_>,
    lines: &[String],
    apart: bool,
) -> Vec<(Range<usize>, String)> {
    let newline = file.style().newline;
    let outer = file.indent_at(function.start_byte());
    let open = body.start_byte() + 1;
    let rest = &file.text[open..body.end_byte() - 1];
    let first = statements(body).first().copied();
    let has_lines = rest.trim_start_matches([' ', '\t']).starts_with(['\n', '\r']);
    let inner = match first {
        Some(first) if has_lines => file.indent_at(first.start_byte()).to_owned(),
        _ => format!("{outer}{}", file.style().indent),
    };
    let text: String = lines.iter().map(|line| format!("{newline}{inner}{line}")).collect();
    if has_lines {
        let gap = if apart && first.is_some() { newline } else { "" };
        return vec![(open..open, format!("{text}{gap}"))];
    }
    let close = body.end_byte() - 1;
    let inside = rest.trim_matches([' ', '\t']);
    let start = open + (rest.len() - rest.trim_start_matches([' ', '\t']).len());
    if inside.is_empty() {
        return vec![(open..close, format!("{text}{newline}{outer}"))];
    }
    let end = start + inside.len();
    vec![(open..start, format!("{text}{newline}{inner}")), (end..close, format!("{newline}{outer}"))]
}

/// The end of the line, if nothing but a comment stands on it behind a byte offset.
pub fn line_end(file: &SourceFile, offset: usize) -> Option<usize> {
    let line = &file.text[offset..];
    let line = &line[..line.find(['\n', '\r']).unwrap_or(line.len())];
    let rest = line.trim();
    let is_comment = rest.starts_with("//") || rest.starts_with("/*") && rest.ends_with("*/");
    (rest.is_empty() || is_comment).then(|| offset + line.trim_end().len())
}

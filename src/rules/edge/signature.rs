//! More parameters for functions, and more arguments for their calls.

use std::ops::Range;

use tree_sitter::Node;

use super::calls::{Call, Refusal};
use super::handler::{arguments, is_function};
use super::place::Function;
use crate::edit::Edit;
use crate::syntax::source::SourceFile;

/// The node of a function that may have more parameters.
///
/// # Errors
/// Why it may not.
pub fn node_of<'t>(file: &'t SourceFile, function: &Function) -> Result<Node<'t>, Refusal> {
    let path = file.path_to(function.start..function.start + 1);
    let node = path.iter().rev().find(|node| node.start_byte() == function.start && is_function(**node)).copied();
    let node = node.ok_or_else(|| refused(file, function, "can't be read"))?;
    if is_broken(file, &node.byte_range()) {
        return Err(refused(file, function, "can't be parsed"));
    }
    match unfit(file, function, node) {
        Some(reason) => Err(refused(file, function, reason)),
        None => Ok(node),
    }
}

/// A refusal that starts with the function's name.
pub fn refused(file: &SourceFile, function: &Function, reason: &str) -> Refusal {
    Refusal::at(file, function.name.0..function.name.1, format!("`{}` {reason}", function.called))
}

/// Whether another parameter can stand behind `parameters`.
///
/// # Errors
/// Why it can't.
pub fn takes_more(file: &SourceFile, function: &Function, parameters: &[Node<'_>]) -> Result<(), Refusal> {
    for parameter in parameters {
        if parameter.kind() == "optional_parameter" {
            return Err(refused(file, function, "has an optional parameter, which no required one can follow"));
        }
        if parameter.child_by_field_name("pattern").is_some_and(|pattern| pattern.kind() == "rest_pattern") {
            return Err(refused(file, function, "has a rest parameter, which must be the last one"));
        }
    }
    Ok(())
}

/// Whether the first parameter is `this`, which calls don't pass.
pub fn takes_this(file: &SourceFile, parameters: &[Node<'_>]) -> bool {
    parameters
        .first()
        .and_then(|first| first.child_by_field_name("pattern"))
        .is_some_and(|name| file.text_of(name) == "this")
}

/// Whether the parser could not follow at a byte range.
pub fn is_broken(file: &SourceFile, range: &Range<usize>) -> bool {
    file.errors().iter().any(|error| error.start <= range.end && range.start <= error.end)
}

/// Why a function can't have another parameter.
fn unfit(file: &SourceFile, function: &Function, node: Node<'_>) -> Option<&'static str> {
    let body = node.child_by_field_name("body").map(|body| file.text_of(body)).unwrap_or_default();
    let declarations = file.name(&function.called);
    let overloads = declarations.declarations.iter().filter(|known| known.top_level && known.kind.is_value()).count();
    let path = file.path_to(node.byte_range());
    let declarator = path.iter().rev().find(|parent| parent.kind() == "variable_declarator");
    let is_typed = declarator.is_some_and(|declarator| {
        declarator.child_by_field_name("type").is_some()
            && declarator.child_by_field_name("value").map(|value| value.id()) == Some(node.id())
    });
    match () {
        () if overloads > 1 => Some("is overloaded"),
        () if is_typed => Some("has a type that is declared elsewhere"),
        () if body.contains("arguments[") || body.contains("arguments.") || body.contains("...arguments") => {
            Some("reads its `arguments`")
        }
        () => None,
    }
}

/// Adds `text` behind the last of `items`, which stand between the brackets of `list`.
pub fn appended(file: &SourceFile, list: Node<'_>, items: &[Node<'_>], text: &str) -> Edit {
    let Some(last) = items.last() else {
        return edit(file, list.start_byte() + 1..list.end_byte() - 1, text.to_owned());
    };
    let rest = &file.text[last.end_byte()..list.end_byte() - 1];
    let comma = rest.find(',').map(|at| last.end_byte() + at + 1);
    let is_on_its_line = file.text[file.line_start(last.start_byte())..last.start_byte()].trim().is_empty();
    let gap = if is_on_its_line && rest.contains('\n') {
        format!("{}{}", file.style().newline, file.indent_at(last.start_byte()))
    } else {
        " ".to_owned()
    };
    match comma {
        Some(at) => edit(file, at..at, format!("{gap}{text},")),
        None => edit(file, last.end_byte()..last.end_byte(), format!(",{gap}{text}")),
    }
}

/// The arguments of a call, if they can be read and more can stand behind them.
///
/// # Errors
/// Why not.
pub fn given<'t>(file: &'t SourceFile, call: &Call) -> Result<(Node<'t>, Vec<Node<'t>>), Refusal> {
    let refuse = |reason: &str| Refusal::at(file, call.start..call.end, reason.to_owned());
    let path = file.path_to(call.start..call.end);
    let node = path.iter().rev().find(|node| node.byte_range() == (call.start..call.end));
    let list = node.and_then(|node| node.child_by_field_name("arguments")).filter(|list| list.kind() == "arguments");
    let list = list.filter(|_| !is_broken(file, &(call.start..call.end)));
    let list = list.ok_or_else(|| refuse("the call has no arguments that can be read"))?;
    let items = arguments(list);
    if items.iter().any(|item| item.kind() == "spread_element") {
        return Err(refuse("the call spreads its arguments"));
    }
    Ok((list, items))
}

/// The edit that passes `text` as the argument at `index` of a call; `None` if it passes one there already, which is none
/// of a parameter that `is_new`.
///
/// # Errors
/// Why the call can't pass it.
pub fn passed(file: &SourceFile, call: &Call, index: usize, is_new: bool, text: &str) -> Result<Option<Edit>, Refusal> {
    let refuse = |reason: &str| Refusal::at(file, call.start..call.end, reason.to_owned());
    let (list, items) = given(file, call)?;
    if items.len() > index {
        return if is_new { Err(refuse("the call passes more than there are parameters")) } else { Ok(None) };
    }
    let missing = "undefined, ".repeat(index - items.len());
    Ok(Some(appended(file, list, &items, &format!("{missing}{text}"))))
}

/// An edit of `file`.
pub fn edit(file: &SourceFile, range: Range<usize>, text: String) -> Edit {
    Edit { path: file.path.clone(), range, text }
}

//! Functions that are given the tenant, and what has to be written for that.

use std::ops::Range;

use tree_sitter::Node;

use super::calls::{Call, Refusal};
use crate::edit::Edit;
use crate::rules::edge::handler::arguments;
use crate::rules::edge::place::Function;
use crate::rules::edge::request::free_name;
use crate::syntax::source::SourceFile;

/// Names for the tenant, the first free one is taken.
pub const NAMES: [&str; 4] = ["tenantId", "callerTenantId", "requestTenantId", "tenantOfCaller"];

/// A function that is given the tenant in a parameter.
#[derive(Debug, Clone)]
pub struct Signature {
    /// The parameter's name.
    pub name: String,
    /// Its place among the parameters, from 0.
    pub index: usize,
    /// What makes it one.
    pub edits: Vec<Edit>,
    /// A declaration that it takes the place of: the byte range of the literal in it.
    pub instead_of: Option<Range<usize>>,
}

/// How `function` is given the tenant; `needs` are the byte ranges in it that want one, `default` is that of a parameter's
/// default among them.
///
/// # Errors
/// Why it can't be.
pub fn signature(
    file: &SourceFile,
    function: &Function,
    needs: &[Range<usize>],
    default: Option<&Range<usize>>,
) -> Result<Signature, Refusal> {
    let path = file.path_to(function.start..function.start + 1);
    let node =
        path.iter().rev().find(|node| node.start_byte() == function.start && super::is_function(**node)).copied();
    let refuse =
        |reason: &str| Refusal::at(file, function.name.0..function.name.1, format!("`{}` {reason}", function.called));
    let node = node.ok_or_else(|| refuse("can't be read"))?;
    if is_broken(file, &node.byte_range()) {
        return Err(refuse("can't be parsed"));
    }
    if let Some(reason) = unfit(file, function, node) {
        return Err(refuse(reason));
    }
    let Some(list) = node.child_by_field_name("parameters") else {
        // `row => …`
        let bare = node.child_by_field_name("parameter").ok_or_else(|| refuse("has no parameters"))?;
        let name = free_name(file, node, &NAMES).ok_or_else(|| refuse("has all names for a tenant taken"))?;
        let edit = edit(file, bare.byte_range(), format!("({}, {name}: string)", file.text_of(bare)));
        return Ok(Signature { name, index: 1, edits: vec![edit], instead_of: None });
    };
    let parameters: Vec<Node<'_>> = arguments(list);
    if let Some(default) = default {
        let holds = |parameter: &&Node<'_>| parameter.byte_range().contains(&default.start);
        let index = parameters
            .iter()
            .position(|parameter| holds(&parameter))
            .ok_or_else(|| refuse("takes it in a way that can't be read"))?;
        let parameter = parameters[index];
        let pattern = parameter.child_by_field_name("pattern").filter(|pattern| pattern.kind() == "identifier");
        let (Some(pattern), Some(value)) = (pattern, parameter.child_by_field_name("value")) else {
            return Err(refuse("takes it apart among its parameters"));
        };
        if parameters[..index].iter().any(|parameter| parameter.kind() == "optional_parameter") {
            return Err(refuse("has an optional parameter before it"));
        }
        let typed = if parameter.child_by_field_name("type").is_some() { "" } else { ": string" };
        let before = parameter.child_by_field_name("type").unwrap_or(pattern).end_byte();
        let edit = edit(file, before..value.end_byte(), typed.to_owned());
        let index = index - usize::from(takes_this(file, &parameters));
        return Ok(Signature { name: file.text_of(pattern).to_owned(), index, edits: vec![edit], instead_of: None });
    }
    for parameter in &parameters {
        if parameter.kind() == "optional_parameter" {
            return Err(refuse("has an optional parameter, which no required one can follow"));
        }
        if parameter.child_by_field_name("pattern").is_some_and(|pattern| pattern.kind() == "rest_pattern") {
            return Err(refuse("has a rest parameter, which must be the last one"));
        }
    }
    let (name, instead_of) = match needs.iter().find_map(|need| Some((constant(file, node, need)?, need.clone()))) {
        Some((name, need)) => (name, Some(need)),
        None => (free_name(file, node, &NAMES).ok_or_else(|| refuse("has all names for a tenant taken"))?, None),
    };
    let mut edits = vec![appended(file, list, &parameters, &format!("{name}: string"))];
    if let Some(need) = &instead_of {
        edits.push(edit(file, line_of(file, need), String::new()));
    }
    Ok(Signature { name, index: parameters.len() - usize::from(takes_this(file, &parameters)), edits, instead_of })
}

/// Whether the first parameter is `this`, which calls don't pass.
fn takes_this(file: &SourceFile, parameters: &[Node<'_>]) -> bool {
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

/// The name of a `const` of a function that is nothing but the literal at `need`, and whose place a parameter can take.
fn constant(file: &SourceFile, function: Node<'_>, need: &Range<usize>) -> Option<String> {
    let path = file.path_to(need.clone());
    let at = path.iter().rposition(|node| node.kind() == "variable_declarator")?;
    let (declarator, declaration) = (path[at], *path.get(at.checked_sub(1)?)?);
    let value = declarator.child_by_field_name("value")?;
    let name = declarator.child_by_field_name("name").filter(|name| name.kind() == "identifier")?;
    let text = file.text_of(name);
    let found = file.name(text);
    let inside = found.declarations.iter().filter(|known| function.byte_range().contains(&known.range.start)).count();
    // Outside of the block it may mean something else.
    let block = path.get(at.checked_sub(2)?)?.byte_range();
    let is_inside = found
        .references
        .iter()
        .filter(|at| function.byte_range().contains(&at.start))
        .all(|at| block.contains(&at.start));
    let line = line_of(file, need);
    let is_alone = file.text[line.clone()].trim() == file.text_of(declaration).trim();
    let is_const = file.text_of(declaration).starts_with("const") && declaration.named_child_count() == 1;
    (value.byte_range() == *need && inside == 1 && is_inside && is_alone && is_const).then(|| text.to_owned())
}

/// The line that the statement around a byte range ends on, from the statement's own line on; its line end included.
fn line_of(file: &SourceFile, need: &Range<usize>) -> Range<usize> {
    let path = file.path_to(need.clone());
    let statement = path.iter().rev().find(|node| node.kind() == "lexical_declaration");
    let range = statement.map_or(need.clone(), |statement| statement.byte_range());
    let end = file.text[range.end..].find('\n').map_or(file.text.len(), |at| range.end + at + 1);
    file.line_start(range.start)..end
}

/// Adds `text` behind the last of `items`, which stand between the brackets of `list`.
fn appended(file: &SourceFile, list: Node<'_>, items: &[Node<'_>], text: &str) -> Edit {
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

/// The edit that passes `text` as the argument at `index` of a call; `None` if it passes one there already, which is none
/// of a parameter that `is_new`.
///
/// # Errors
/// Why the call can't pass it.
pub fn passed(file: &SourceFile, call: &Call, index: usize, is_new: bool, text: &str) -> Result<Option<Edit>, Refusal> {
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

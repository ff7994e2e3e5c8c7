//! Messages for calls that have no words of their own.

use tree_sitter::Node;

use super::context::FileContext;
use super::json;
use super::names;
use super::text::{Joining, joined};

/// The longest expression that a message of our own quotes, in bytes.
pub const MAX_EXPRESSION: usize = 60;

/// `<function>: <expressions>`, then the words of later literals; without these, `<function> failed` where something that was thrown is
/// logged. `call` is the call that logs; `value_follows` says whether
/// a value stands behind the last literal.
pub fn made(
    cx: &FileContext<'_>,
    call: Node<'_>,
    values: &[Node<'_>],
    later: impl Iterator<Item = Joining>,
    value_follows: bool,
) -> String {
    let mut later = later.peekable();
    if later.peek().is_none() && logs_failure(cx, call) {
        return format!("{} failed", function(cx, call));
    }
    let expressions: Vec<String> = values.iter().map(|value| expression(cx, *value)).collect();
    joined(&format!("{}: {}", function(cx, call), expressions.join(", ")), later, value_follows)
}

/// Whether a call logs what was thrown, or, as an error or a warning, the `error` of a result.
fn logs_failure(cx: &FileContext<'_>, call: Node<'_>) -> bool {
    let method = call.child_by_field_name("function").and_then(|function| function.child_by_field_name("property"));
    let is_loud = method.is_some_and(|method| matches!(cx.file.text_of(method), "error" | "warn"));
    let Some(list) = call.child_by_field_name("arguments") else { return false };
    let mut cursor = list.walk();
    list.named_children(&mut cursor).any(|argument| {
        let last = names::core(argument).child_by_field_name("property").map(|property| cx.file.text_of(property));
        let start = names::start_of_chain(argument);
        start.is_some_and(|start| if is_loud { cx.is_error(start) } else { cx.is_thrown(start) })
            || is_loud && last == Some("error")
    })
}

/// The name of the innermost function around `node` that has one, else that of the edge function or of the file.
pub fn function(cx: &FileContext<'_>, node: Node<'_>) -> String {
    enclosing_function(cx, node).unwrap_or_else(|| cx.module_name.clone())
}

/// An expression as words: its own text if that is short and plain, else its keys or its name.
pub fn expression(cx: &FileContext<'_>, node: Node<'_>) -> String {
    let node = json::stringified(cx, node).unwrap_or(node);
    let text = cx.file.text_of(node);
    let is_plain = |text: &str| {
        text.len() <= MAX_EXPRESSION && text.chars().all(|part| part.is_alphanumeric() || "_$.?![]()".contains(part))
    };
    if is_plain(text) {
        return text.to_owned();
    }
    let name = names::candidates(cx, node).into_iter().next().unwrap_or_default();
    if node.kind() != "object" {
        return name;
    }
    let mut cursor = node.walk();
    let keys: Vec<&str> = node
        .named_children(&mut cursor)
        .filter_map(|entry| match entry.kind() {
            "pair" => entry.child_by_field_name("key"),
            "shorthand_property_identifier" => Some(entry),
            _ => None,
        })
        .map(|key| cx.file.text_of(key).trim_matches(['\'', '"']))
        .filter(|key| is_plain(key))
        .collect();
    let keys = keys.join(", ");
    if keys.is_empty() || keys.len() > MAX_EXPRESSION { name } else { keys }
}

/// The name of the innermost function or method around a node that has one.
pub fn enclosing_function(cx: &FileContext<'_>, node: Node<'_>) -> Option<String> {
    let path = cx.file.path_to(node.byte_range());
    (1..path.len()).rev().find_map(|depth| {
        let name = function_name(cx, path[depth], &path[..depth])?;
        let name = cx.file.text_of(name).trim_start_matches('#').trim_matches(['\'', '"']);
        let is_plain = name.chars().all(|part| part.is_alphanumeric() || matches!(part, '_' | '$'));
        is_plain.then(|| name.to_owned())
    })
}

/// What a function is called, be it by its own name or by what holds it; `above` are the nodes around it.
fn function_name<'t>(cx: &FileContext<'_>, function: Node<'t>, above: &[Node<'t>]) -> Option<Node<'t>> {
    match function.kind() {
        "function_declaration" | "generator_function_declaration" | "method_definition" => {
            function.child_by_field_name("name")
        }
        "function_expression" | "generator_function" | "arrow_function" => function
            .child_by_field_name("name")
            .or_else(|| holder_name(*above.last()?))
            .or_else(|| hook_name(cx, above)),
        _ => None,
    }
}

/// The name of what an expression is the value of.
fn holder_name(holder: Node<'_>) -> Option<Node<'_>> {
    match holder.kind() {
        "variable_declarator" | "public_field_definition" => holder.child_by_field_name("name"),
        "pair" => holder.child_by_field_name("key"),
        "assignment_expression" => {
            let left = holder.child_by_field_name("left")?;
            left.child_by_field_name("property").or(Some(left))
        }
        _ => None,
    }
}

/// `save` in `const save = useCallback(() => …)`, whose parts are `above` the function.
fn hook_name<'t>(cx: &FileContext<'_>, above: &[Node<'t>]) -> Option<Node<'t>> {
    let [.., holder, call, arguments] = above else { return None };
    let is_hook = arguments.kind() == "arguments"
        && call.child_by_field_name("function").is_some_and(|hook| {
            let name = cx.file.text_of(hook);
            name.rsplit('.').next().is_some_and(|name| name.starts_with("use"))
        });
    if is_hook { holder_name(*holder) } else { None }
}

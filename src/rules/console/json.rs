//! Values that are logged as JSON: the logger makes JSON by itself, where it wants any.

use tree_sitter::Node;

use super::context::FileContext;

/// `x` in `JSON.stringify(x)` and `JSON.stringify(x, null, 2)`. With a replacer, which may leave something out or hide it,
/// the text stays.
pub fn stringified<'t>(cx: &FileContext<'_>, node: Node<'t>) -> Option<Node<'t>> {
    let function = node.child_by_field_name("function").filter(|_| node.kind() == "call_expression")?;
    let is_json = cx.file.text_of(function) == "JSON.stringify" && cx.file.name("JSON").is_global_at(node.start_byte());
    let list = node.child_by_field_name("arguments").filter(|list| is_json && list.kind() == "arguments")?;
    let mut cursor = list.walk();
    let mut arguments = list.named_children(&mut cursor);
    let value = arguments.next().filter(|value| !matches!(value.kind(), "spread_element" | "comment"))?;
    let is_replacer =
        arguments.next().is_some_and(|replacer| !matches!(cx.file.text_of(replacer), "null" | "undefined"));
    let is_plain = arguments.all(|indent| matches!(indent.kind(), "number" | "string" | "undefined"));
    let around = [node.start_byte()..value.start_byte(), value.end_byte()..node.end_byte()];
    (!is_replacer && is_plain && !around.into_iter().any(|gap| cx.has_comment(gap))).then_some(value)
}

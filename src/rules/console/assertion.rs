//! `console.assert(condition, …)`, which logs if the condition doesn't hold.

use tree_sitter::Node;

use super::arguments::{Words, rewritten};
use super::call::{Arguments, Rewrite, Target, check};
use super::context::FileContext;
use super::message::{self, Message};
use super::{errors, made, text};
use crate::syntax::children;
use crate::syntax::query::console::calls;

/// What the console says of an assertion that fails.
const FAILED: &str = "Assertion failed: ";

/// Drafts the rewrite of `console.assert(condition, …)`, which logs if the condition doesn't hold. `call` is a statement
/// of a block.
pub fn draft(
    cx: &FileContext<'_>,
    call: Node<'_>,
    found: &calls::Match<'_>,
    target: Target<'_>,
) -> Result<Rewrite, String> {
    let arguments = children(found.arguments);
    let (condition, rest) = arguments.split_first().ok_or("it asserts nothing")?;
    check(cx, call, found, &arguments)?;
    if !rest.iter().all(|argument| is_steady(cx, *argument, 0)) {
        return Err("what it logs would only be evaluated where the assertion fails".into());
    }
    let to_next = condition.start_byte()..rest.first().map_or(condition.end_byte(), Node::start_byte);
    if cx.has_comment(found.arguments.start_byte()..condition.start_byte()) || cx.has_comment(to_next.clone()) {
        return Err("a comment stands beside its condition".into());
    }
    let lead = &cx.file.text[found.arguments.start_byte() + 1..condition.start_byte()];
    let between = if lead.contains('\n') { format!(",{lead}") } else { ", ".to_owned() };
    let failed = || format!("{FAILED}{}", stated(cx, *condition));
    let (level_place, edits) = match rest.first() {
        None => {
            let text = text::quoted(&failed(), cx.file.style().quote);
            ((condition.start_byte(), between), vec![(condition.byte_range(), text)])
        }
        Some(next) => {
            let words = if Message::of(cx, *next).is_some() { Words::LedBy(FAILED) } else { Words::Given(failed()) };
            let (mut edits, _) = rewritten(cx, call, found.arguments, rest, words, target)?;
            edits.insert(0, (to_next, String::new()));
            ((next.start_byte(), between), edits)
        }
    };
    Ok(Rewrite {
        level: target.level,
        callee: call.start_byte()..found.arguments.start_byte(),
        lead: format!("if ({}) ", negated(cx, *condition)),
        quote: cx.file.style().quote,
        arguments: Arguments::Edited { level_place, edits },
    })
}

/// Whether evaluating `node` changes nothing, so that it doesn't matter whether it is.
fn is_steady(cx: &FileContext<'_>, node: Node<'_>, depth: usize) -> bool {
    const MAX_DEPTH: usize = 20;
    if errors::is_quiet(node) || message::is_literal(cx, node) {
        return true;
    }
    let mut cursor = node.walk();
    depth < MAX_DEPTH
        && matches!(
            node.kind(),
            "object" | "array" | "pair" | "template_string" | "template_substitution" | "binary_expression"
        )
        && node.named_children(&mut cursor).all(|child| {
            let is_inert = matches!(
                child.kind(),
                "property_identifier"
                    | "shorthand_property_identifier"
                    | "string_fragment"
                    | "escape_sequence"
                    | "comment"
            );
            is_inert || is_steady(cx, child, depth + 1)
        })
}

/// A condition as words: as it is written, if that is short.
fn stated(cx: &FileContext<'_>, condition: Node<'_>) -> String {
    let text = cx.file.text_of(condition);
    let is_plain = text.len() <= made::MAX_EXPRESSION && !text.contains(['\'', '"', '`', '\\', '\n', '{']);
    if is_plain { text.to_owned() } else { made::expression(cx, condition) }
}

/// The opposite of a condition.
fn negated(cx: &FileContext<'_>, condition: Node<'_>) -> String {
    let text = cx.file.text_of(condition);
    let is_negation = condition.kind() == "unary_expression" && text.starts_with('!');
    match condition.kind() {
        _ if is_negation => text[1..].trim_start().to_owned(),
        "identifier"
        | "member_expression"
        | "subscript_expression"
        | "call_expression"
        | "parenthesized_expression"
        | "true"
        | "false" => format!("!{text}"),
        _ => format!("!({text})"),
    }
}

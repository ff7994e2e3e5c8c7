//! Where a file uses the global console, and how.

use std::ops::Range;

use tree_sitter::Node;

use super::context::FileContext;
use super::names::core;
use super::position::{Position, position};
use super::reference::Reference;
use crate::syntax::query::Matches;
use crate::syntax::query::console::calls;

/// A use of the global console.
#[derive(Debug)]
pub struct Use<'t> {
    /// What is reported: the call, or the reference.
    pub range: Range<usize>,
    /// How it is named: `console.log`, `console`.
    pub name: String,
    /// The method, if one is named.
    pub method: Option<String>,
    /// How it is used.
    pub kind: Kind<'t>,
}

/// How the console is used.
#[derive(Debug)]
pub enum Kind<'t> {
    /// A call.
    Call {
        /// The call.
        call: Node<'t>,
        /// Its parts.
        found: calls::Match<'t>,
        /// Where it stands.
        position: Position,
    },
    /// One of its methods, handed on as a function.
    Reference(Reference<'t>),
    /// Something else, for the reason that is given.
    Other(&'static str),
}

/// The uses in a file, in order. `hits` are the byte offsets of the word `console`.
pub fn find<'t>(cx: &FileContext<'t>, hits: &[usize]) -> Vec<Use<'t>> {
    hits.iter().filter_map(|hit| at(cx, *hit..hit + "console".len())).collect()
}

/// The use at one occurrence of the word, if it is one.
fn at<'t>(cx: &FileContext<'t>, word: Range<usize>) -> Option<Use<'t>> {
    let path = cx.file.path_to(word.clone());
    let (leaf, above) = path.split_last().filter(|(leaf, _)| leaf.byte_range() == word)?;
    let (console, above) = match leaf.kind() {
        "identifier" | "shorthand_property_identifier" => {
            let name = cx.file.name("console");
            let is_reference = name.references.iter().any(|range| range.start == word.start);
            (is_reference && name.is_global_at(word.start)).then_some((*leaf, above))?
        }
        // `globalThis.console`, `globalThis['console']`
        "property_identifier" | "string_fragment" => {
            let above = if leaf.kind() == "string_fragment" { above.split_last()?.1 } else { above };
            let (member, above) = above.split_last()?;
            let object = member.child_by_field_name("object")?;
            is_global_object(cx, object).then_some((*member, above))?
        }
        _ => return None,
    };
    // A question whether there is a console, or of which type it is.
    let is_asked = above.iter().any(|node| node.kind() == "type_query")
        || above.last().is_some_and(|parent| {
            parent.kind() == "unary_expression"
                && parent.child_by_field_name("operator").is_some_and(|operator| operator.kind() == "typeof")
        });
    (!is_asked).then(|| classify(cx, console, above))
}

/// Whether a node is the global object: `globalThis`, `(window as any)`, `globalThis.window`.
fn is_global_object(cx: &FileContext<'_>, node: Node<'_>) -> bool {
    let is_so_called = |name: Node<'_>| matches!(cx.file.text_of(name), "globalThis" | "window" | "self" | "global");
    let mut node = core(node);
    while node.kind() == "member_expression" && node.child_by_field_name("property").is_some_and(is_so_called) {
        let Some(object) = node.child_by_field_name("object") else { return false };
        node = core(object);
    }
    node.kind() == "identifier"
        && is_so_called(node)
        && cx.file.name(cx.file.text_of(node)).is_global_at(node.start_byte())
}

fn classify<'t>(cx: &FileContext<'t>, console: Node<'t>, above: &[Node<'t>]) -> Use<'t> {
    let other = |node: Node<'t>, name: &str, method: Option<String>, reason| Use {
        range: node.byte_range(),
        name: name.to_owned(),
        method,
        kind: Kind::Other(reason),
    };
    let wrappers = above.iter().rev().take_while(|node| is_wrapper(**node)).count();
    let (above, wrappers) = above.split_at(above.len() - wrappers);
    let (bare, console) = (console, wrappers.first().copied().unwrap_or(console));
    let parent = above.last().copied();
    let Some(access) =
        parent.filter(|node| node.child_by_field_name("object").map(|node| node.id()) == Some(console.id()))
    else {
        return other(bare, "console", None, handed_on(cx, parent, above));
    };
    let method = match access.kind() {
        "member_expression" => access.child_by_field_name("property"),
        _ => access
            .child_by_field_name("index")
            .filter(|index| index.kind() == "string")
            .and_then(|index| index.named_child(0)),
    };
    let Some(method) = method.map(|method| cx.file.text_of(method).to_owned()) else {
        return other(access, "console[…]", None, "which method is called is only known at run time");
    };
    let name = format!("console.{method}");
    let above = &above[..above.len() - 1];
    let call =
        above.last().filter(|node| node.child_by_field_name("function").map(|node| node.id()) == Some(access.id()));
    let Some(call) = call else {
        return match Reference::of(cx, access, &method, above) {
            Ok(reference) => {
                Use { range: access.byte_range(), name, method: Some(method), kind: Kind::Reference(reference) }
            }
            Err(reason) => other(access, &name, Some(method), reason),
        };
    };
    let found = calls::Match::at(*call, cx.file.dialect, &cx.file.text);
    let found = found.filter(|found| found.console.id() == console.id());
    let kind = match (found, position(*call, &above[..above.len() - 1])) {
        (Some(found), Ok(position)) => Kind::Call { call: *call, found, position },
        (None, _) => Kind::Other("it is not called in a way that is known"),
        (_, Err(reason)) => Kind::Other(reason),
    };
    Use { range: call.byte_range(), name, method: Some(method), kind }
}

/// Why the console itself stays where it is handed on.
fn handed_on(cx: &FileContext<'_>, parent: Option<Node<'_>>, above: &[Node<'_>]) -> &'static str {
    let call = above.iter().rev().nth(1).filter(|_| parent.is_some_and(|parent| parent.kind() == "arguments"));
    let function = call.and_then(|call| call.child_by_field_name("function")).map(|function| cx.file.text_of(function));
    let is_spy = |name: &str| ["spyOn", "stub", "spy", "mock.method"].iter().any(|spy| name.ends_with(spy));
    if function.is_some_and(is_spy) { "a test spies on it" } else { "the console itself is handed on" }
}

/// Whether a node is what it holds: `(console)`, `console!`, `console as any`.
fn is_wrapper(node: Node<'_>) -> bool {
    matches!(
        node.kind(),
        "parenthesized_expression"
            | "non_null_expression"
            | "as_expression"
            | "satisfies_expression"
            | "type_assertion"
    )
}

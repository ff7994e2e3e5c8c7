//! Queries of supabase-js: `client.from('table')` and the calls that follow.

use std::ops::Range;

use tree_sitter::Node;

use crate::rules::edge::handler::{arguments, core};
use crate::syntax::source::SourceFile;

/// A query.
#[derive(Debug, Clone)]
pub struct Query<'t> {
    /// The node of the last call. Where it has types of its own, `await q.single<Row>()`, the grammar takes the `await` into
    /// it.
    pub node: Node<'t>,
    /// The byte range of the whole chain of calls, without an `await`.
    pub range: Range<usize>,
    /// Whether the node has taken an `await` into it.
    pub has_await: bool,
    /// What `from` is called on.
    pub client: Node<'t>,
    /// The table.
    pub table: &'t str,
    /// The calls behind `from`, in order.
    pub steps: Vec<Step<'t>>,
}

/// One call of a chain.
#[derive(Debug, Clone)]
pub struct Step<'t> {
    /// The method.
    pub method: &'t str,
    /// What it is called with.
    pub arguments: Vec<Node<'t>>,
}

/// What a query does with the rows of its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// It reads one row.
    ReadOne,
    /// It reads any number of rows, or counts them.
    Read,
    /// It adds rows, and touches none that are there.
    Insert,
    /// It changes or deletes rows that are there.
    Change,
}

impl<'t> Query<'t> {
    /// The query whose table's name, a string, covers the byte `offset`.
    pub fn at(file: &'t SourceFile, offset: usize) -> Option<Query<'t>> {
        let path = file.path_to(offset..offset + 1);
        let at = path.iter().rposition(|node| node.kind() == "string")?;
        let (list, from) = (path.get(at.checked_sub(1)?)?, path.get(at.checked_sub(2)?)?);
        let member = from.child_by_field_name("function").filter(|_| from.kind() == "call_expression")?;
        let method = member.child_by_field_name("property").map(|method| file.text_of(method));
        if list.kind() != "arguments" || method != Some("from") || arguments(*list).len() != 1 {
            return None;
        }
        let table = file.text_of(path[at]).trim_matches(['\'', '"']);
        let client = member.child_by_field_name("object")?;
        // A bucket of files is no table.
        if core(client).child_by_field_name("property").is_some_and(|name| file.text_of(name) == "storage") {
            return None;
        }
        let mut query =
            Query { node: *from, range: from.byte_range(), has_await: false, client, table, steps: Vec::new() };
        // Up from call to call, through casts.
        let (mut value, mut index) = (*from, at - 2);
        while let Some(parent) = index.checked_sub(1).and_then(|above| path.get(above)).copied() {
            index -= 1;
            if core(parent).id() == core(value).id() {
                value = parent;
                continue;
            }
            let is_on = |node: Node<'t>, field: &str, child: Node<'t>| {
                node.child_by_field_name(field).is_some_and(|found| found.id() == child.id())
            };
            if parent.kind() != "member_expression" || !is_on(parent, "object", value) {
                break;
            }
            let above = |levels: usize| index.checked_sub(levels).and_then(|above| path.get(above)).copied();
            let taken = above(1).filter(|node| node.kind() == "await_expression");
            let callee = taken.unwrap_or(parent);
            let call = above(if taken.is_some() { 2 } else { 1 });
            let call = call.filter(|call| call.kind() == "call_expression" && is_on(*call, "function", callee));
            let Some(call) = call else { break };
            let method = parent.child_by_field_name("property").map(|name| file.text_of(name)).unwrap_or_default();
            // These make a promise of it: what follows is the query's no longer.
            if matches!(method, "then" | "catch" | "finally") {
                break;
            }
            let list = call.child_by_field_name("arguments");
            query.steps.push(Step { method, arguments: list.map(arguments).unwrap_or_default() });
            (query.node, value) = (call, call);
            // A cast stands before it.
            query.range.start = if query.has_await { query.range.start } else { parent.start_byte() };
            query.range.end = call.end_byte();
            query.has_await |= taken.is_some();
            index -= if taken.is_some() { 2 } else { 1 };
        }
        Some(query)
    }

    /// All queries of `file` on one of `tables`, by the byte offsets at which the tables' names stand.
    pub fn all(file: &'t SourceFile, tables: &[&str], hits: &[usize]) -> Vec<Query<'t>> {
        let found = hits.iter().filter_map(|hit| Query::at(file, *hit));
        let mut found: Vec<Query<'t>> = found.filter(|query| tables.contains(&query.table)).collect();
        found.dedup_by_key(|query| query.node.id());
        found
    }

    /// The call of a method.
    pub fn step(&self, method: &str) -> Option<&Step<'t>> {
        self.steps.iter().find(|step| step.method == method)
    }

    /// What it does.
    pub fn purpose(&self) -> Purpose {
        let has = |methods: &[&str]| self.steps.iter().any(|step| methods.contains(&step.method));
        match () {
            () if has(&["update", "delete", "upsert"]) => Purpose::Change,
            () if has(&["insert"]) => Purpose::Insert,
            () if has(&["single", "maybeSingle"]) => Purpose::ReadOne,
            () => Purpose::Read,
        }
    }

    /// The value that `column` has to have.
    pub fn equal_to(&self, file: &SourceFile, column: &str) -> Option<Node<'t>> {
        let step = self.steps.iter().find(|step| {
            let first = step.arguments.first().and_then(|first| string(file, *first));
            step.method == "eq" && first == Some(column)
        })?;
        step.arguments.get(1).copied()
    }
}

/// What stands between the quotes of a string, or in a template without places, if it needs no unescaping.
pub fn string<'t>(file: &'t SourceFile, node: Node<'_>) -> Option<&'t str> {
    let node = core(node);
    let text = file.text_of(node);
    let is_plain = match node.kind() {
        "string" => true,
        "template_string" => !text.contains("${"),
        _ => false,
    };
    (is_plain && !text.contains('\\') && text.len() >= 2).then(|| &text[1..text.len() - 1])
}

/// Whether a node is a constant that says itself what it is: a text, a number, `true`, `null`.
pub fn is_literal(file: &SourceFile, node: Node<'_>) -> bool {
    let node = core(node);
    match node.kind() {
        "number" | "true" | "false" | "null" | "undefined" => true,
        "unary_expression" => node.named_child(0).is_some_and(|inner| inner.kind() == "number"),
        _ => string(file, node).is_some(),
    }
}

/// A name, or a member of one, without casts: what can be written twice and is the same both times. `None` for all else.
pub fn plain<'t>(file: &'t SourceFile, node: Node<'_>) -> Option<&'t str> {
    let node = core(node);
    let mut inner = node;
    loop {
        match inner.kind() {
            "identifier" | "this" | "shorthand_property_identifier" => return Some(file.text_of(node)),
            "member_expression" | "non_null_expression" | "parenthesized_expression" => {
                inner = inner.child_by_field_name("object").or_else(|| inner.named_child(0))?;
            }
            _ => return None,
        }
    }
}

/// The name at the root of what [`plain`] takes.
pub fn root_of(node: Node<'_>) -> Option<Node<'_>> {
    let mut inner = core(node);
    while let "member_expression" | "non_null_expression" | "parenthesized_expression" = inner.kind() {
        inner = inner.child_by_field_name("object").or_else(|| inner.named_child(0))?;
    }
    matches!(inner.kind(), "identifier" | "shorthand_property_identifier").then_some(inner)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::syntax::source::tests::file;

    fn found(text: &str) -> Option<(String, String, Purpose)> {
        let file = file(text);
        let query = Query::at(&file, text.find("'t'")? + 1)?;
        let methods: Vec<&str> = query.steps.iter().map(|step| step.method).collect();
        Some((file.text[query.range.clone()].to_owned(), methods.join(" "), query.purpose()))
    }

    #[test]
    fn a_query_is_its_whole_chain() {
        for (text, chain, methods, purpose) in [
            (
                "await a.from('t').select('*').eq('id', x).single();",
                "a.from('t').select('*').eq('id', x).single()",
                "select eq single",
                Purpose::ReadOne,
            ),
            ("a.from('t').select().then((b) => b)", "a.from('t').select()", "select", Purpose::Read),
            (
                "f(a.b.from('t').delete().eq('id', x))",
                "a.b.from('t').delete().eq('id', x)",
                "delete eq",
                Purpose::Change,
            ),
            (
                "await (a.from('t') as any).insert(x).select().single()",
                "(a.from('t') as any).insert(x).select().single()",
                "insert select single",
                Purpose::Insert,
            ),
            (
                "const q = a\n  // why\n  .from('t')\n  .select<B>('*')\n  .maybeSingle<C>()",
                "a\n  // why\n  .from('t')\n  .select<B>('*')\n  .maybeSingle<C>()",
                "select maybeSingle",
                Purpose::ReadOne,
            ),
            (
                "x(await a.from('t').select('*').single()).then(y)",
                "a.from('t').select('*').single()",
                "select single",
                Purpose::ReadOne,
            ),
            (
                "await a.from('t').select<B>('*').eq('id', x).single<B>()",
                "a.from('t').select<B>('*').eq('id', x).single<B>()",
                "select eq single",
                Purpose::ReadOne,
            ),
            ("a.from('t').select.single()", "a.from('t')", "", Purpose::Read),
        ] {
            assert_eq!(found(text), Some((chain.to_owned(), methods.to_owned(), purpose)), "{text}");
        }
        for text in [
            "a.to('t').select()",
            "from('t').select()",
            "a.storage.from('t').update(b, c)",
            "a.from('t', b)",
            "a.from(['t'])",
            "'t'",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }

    #[test]
    fn what_may_be_written_twice_is_plain() {
        for (text, expected) in [
            ("id", Some("id")),
            ("body.id", Some("body.id")),
            ("body?.a.id!", Some("body?.a.id")),
            ("(id as string)", Some("id")),
            ("this.id", Some("this.id")),
            ("f(id)", None),
            ("body[i]", None),
            ("await id", None),
            ("a ?? b", None),
        ] {
            let file = file(&format!("x({text});"));
            let path = file.path_to(2..2 + text.len());
            let list = path.iter().rev().find(|node| node.kind() == "arguments").unwrap();
            assert_eq!(plain(&file, list.named_child(0).unwrap()), expected, "{text}");
        }
    }
}

//! What the conditions around a part of the JSX say of the values that it uses.

use tree_sitter::Node;

use super::super::outline::any_below;
use super::region::Region;
use super::types::Type;
use crate::syntax::source::SourceFile;

/// The conditions under which a region is rendered.
pub struct Guards<'t> {
    file: &'t SourceFile,
    conditions: Vec<Condition<'t>>,
    /// The region's text.
    text: String,
}

/// A condition, and whether it holds where the region is rendered.
struct Condition<'t> {
    node: Node<'t>,
    holds: bool,
}

impl<'t> Guards<'t> {
    /// The conditions around `region`.
    pub fn of(file: &'t SourceFile, region: &Region<'_>) -> Guards<'t> {
        let path = file.path_to(region.range.clone());
        let mut conditions = Vec::new();
        for pair in path.windows(2) {
            let (parent, child) = (pair[0], pair[1]);
            let is = |field: &str| parent.child_by_field_name(field) == Some(child);
            match parent.kind() {
                "binary_expression" if is("right") => {
                    let operator = parent.child_by_field_name("operator").map(|it| file.text_of(it));
                    let left = parent.child_by_field_name("left");
                    conditions.extend(left.map(|node| Condition { node, holds: operator == Some("&&") }));
                }
                "ternary_expression" | "if_statement" if is("consequence") || is("alternative") => {
                    let condition = parent.child_by_field_name("condition");
                    conditions.extend(condition.map(|node| Condition { node, holds: is("consequence") }));
                }
                "switch_body" => {
                    let value = path.iter().rev().find(|it| it.kind() == "switch_statement" && covers(**it, parent));
                    let value = value.and_then(|it| it.child_by_field_name("value"));
                    conditions.extend(value.map(|node| Condition { node, holds: false }));
                }
                "statement_block" => {
                    let mut cursor = parent.walk();
                    let before =
                        parent.named_children(&mut cursor).take_while(|it| it.end_byte() <= child.start_byte());
                    let leaving = before.filter(|it| it.kind() == "if_statement" && leaves(*it));
                    let left = leaving.filter_map(|it| it.child_by_field_name("condition"));
                    conditions.extend(left.map(|node| Condition { node, holds: false }));
                }
                _ => {}
            }
        }
        let text = region.places().into_iter().map(|place| file.text[place].to_owned()).collect();
        Guards { file, conditions, text }
    }

    /// The type of `name` as the conditions leave it.
    ///
    /// # Errors
    /// If they say more than a type can, as a clause.
    pub fn narrowed(&self, name: &str, ty: Type) -> Result<Type, String> {
        let mut ty = ty;
        for condition in &self.conditions {
            if !self.mentions(condition.node, name) {
                continue;
            }
            if self.asks_for_shape(condition.node, name)
                && self.may_have_shapes(&self.without_nothing(name, ty.clone()).text)
            {
                return Err(format!("a condition around it tells something of `{name}`, which a component can't know"));
            }
            if self.proves(condition.node, condition.holds, name) {
                ty = self.without_nothing(name, ty);
                continue;
            }
            if let Some(member) = self.member_in_both(condition.node, name) {
                return Err(format!(
                    "a condition around it tells something of `{member}`, which a component can't know"
                ));
            }
            let parts = union_parts(&ty.text);
            let is_literal = parts.len() > 1 && ty.text.contains(['\'', '"']);
            let is_nullable = parts.iter().any(|part| matches!(*part, "null" | "undefined"));
            if is_literal || is_nullable {
                return Err(format!("a condition around it tells something of `{name}`, which a component can't know"));
            }
        }
        Ok(ty)
    }

    fn mentions(&self, node: Node<'t>, name: &str) -> bool {
        any_below(node, &mut |it| it.kind() == "identifier" && self.file.text_of(it) == name)
    }

    /// Whether a condition that holds, or doesn't, says that `name` isn't null and isn't undefined.
    fn proves(&self, node: Node<'t>, holds: bool, name: &str) -> bool {
        let field = |field: &str| node.child_by_field_name(field);
        let text = |field: &str| node.child_by_field_name(field).map_or("", |it| self.file.text_of(it));
        match node.kind() {
            "identifier" => holds && self.file.text_of(node) == name,
            "parenthesized_expression" => node.named_child(0).is_some_and(|inner| self.proves(inner, holds, name)),
            "unary_expression" if text("operator") == "!" => {
                field("argument").is_some_and(|inner| self.proves(inner, !holds, name))
            }
            "binary_expression" => match (text("operator"), holds) {
                ("&&", true) | ("||", false) => {
                    [field("left"), field("right")].into_iter().flatten().any(|side| self.proves(side, holds, name))
                }
                ("!=", true) | ("==", false) => text("left") == name && matches!(text("right"), "null" | "undefined"),
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether a condition tells which of several shapes `name` has: by one of its properties, by `in` or `instanceof`, or by
    /// a function such as `isCircle`.
    fn asks_for_shape(&self, condition: Node<'t>, name: &str) -> bool {
        let is_name = |node: Option<Node<'t>>| node.is_some_and(|node| self.file.text_of(node) == name);
        let field = |node: Node<'t>, field: &str| node.child_by_field_name(field);
        any_below(condition, &mut |it| match it.kind() {
            "member_expression" => {
                let property = field(it, "property").map_or("", |property| self.file.text_of(property));
                let is_called = it.parent().is_some_and(|call| field(call, "function") == Some(it));
                is_name(field(it, "object")) && property != "length" && !is_called
            }
            "subscript_expression" => is_name(field(it, "object")),
            "binary_expression" => match field(it, "operator").map(|operator| self.file.text_of(operator)) {
                Some("in") => is_name(field(it, "right")),
                Some("instanceof") => is_name(field(it, "left")),
                _ => false,
            },
            "call_expression" => {
                let callee = field(it, "function").map_or("", |callee| self.file.text_of(callee));
                let called = callee.rsplit('.').next().unwrap_or_default();
                let asks = called.strip_prefix("is").is_some_and(|rest| rest.starts_with(|c: char| c.is_uppercase()));
                let first = field(it, "arguments").and_then(|arguments| arguments.named_child(0));
                asks && is_name(first)
            }
            _ => false,
        })
    }

    /// Whether a type may be one of several shapes: all but what is seen to be none.
    fn may_have_shapes(&self, ty: &str) -> bool {
        const PLAIN: [&str; 7] = ["string", "number", "boolean", "bigint", "symbol", "any", "unknown"];
        if PLAIN.contains(&ty) || ty.ends_with("[]") {
            return false;
        }
        if union_parts(ty).len() == 1 && ty.starts_with('{') {
            return false;
        }
        let is_one = any_below(self.file.root(), &mut |it| {
            let is_named = it.child_by_field_name("name").is_some_and(|name| self.file.text_of(name) == ty);
            let value = it.child_by_field_name("value").map(|value| value.kind());
            is_named
                && (it.kind() == "interface_declaration"
                    || it.kind() == "type_alias_declaration" && value == Some("object_type"))
        });
        !is_one
    }

    /// A type without null and undefined.
    fn without_nothing(&self, name: &str, ty: Type) -> Type {
        let parts = union_parts(&ty.text);
        if parts.len() > 1 {
            let kept: Vec<&str> = parts.into_iter().filter(|part| !matches!(*part, "null" | "undefined")).collect();
            return Type { text: kept.join(" | "), ..ty };
        }
        let is_opaque = ty.text.ends_with(']') && !ty.text.ends_with("[]");
        if is_opaque && self.text.contains(&format!("{name}.")) {
            return Type { text: format!("NonNullable<{}>", ty.text), ..ty };
        }
        ty
    }

    /// A property of `name` that a condition asks for and the region uses.
    fn member_in_both(&self, condition: Node<'t>, name: &str) -> Option<String> {
        let mut found = None;
        any_below(condition, &mut |it| {
            let is_of_name = it.kind() == "member_expression"
                && it.child_by_field_name("object").is_some_and(|object| self.file.text_of(object) == name);
            let member = self.file.text_of(it).replace("?.", ".");
            if is_of_name && !member.ends_with(".length") && self.text.replace("?.", ".").contains(&member) {
                found = Some(member);
            }
            found.is_some()
        });
        found
    }
}

/// The parts of a union type.
pub fn union_parts(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0_usize, 0);
    let mut before = ' ';
    for (at, letter) in text.char_indices() {
        match letter {
            '(' | '[' | '{' | '<' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            '>' if before != '=' => depth = depth.saturating_sub(1),
            // Behind an arrow all is the result.
            '>' => return vec![text.trim()],
            '|' if depth == 0 => {
                parts.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
        before = letter;
    }
    parts.push(text[start..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}

fn covers(outer: Node<'_>, inner: Node<'_>) -> bool {
    outer.start_byte() <= inner.start_byte() && inner.end_byte() <= outer.end_byte()
}

/// Whether an `if` leaves the function if its condition holds, and does nothing else.
fn leaves(node: Node<'_>) -> bool {
    if node.child_by_field_name("alternative").is_some() {
        return false;
    }
    let Some(body) = node.child_by_field_name("consequence") else { return false };
    let mut cursor = body.walk();
    let last = match body.kind() {
        "statement_block" => body.named_children(&mut cursor).filter(|it| it.kind() != "comment").last(),
        _ => Some(body),
    };
    last.is_some_and(|last| matches!(last.kind(), "return_statement" | "throw_statement"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unions_have_parts() {
        assert_eq!(union_parts("User | null"), ["User", "null"]);
        assert_eq!(union_parts("Array<A | B>"), ["Array<A | B>"]);
        assert_eq!(union_parts("(a: A | B) => C | null"), ["(a: A | B) => C | null"]);
        assert_eq!(union_parts("\n  | 'a'\n  | 'b'"), ["'a'", "'b'"]);
    }
}

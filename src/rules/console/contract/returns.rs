//! What a logger's methods give back: where a call's value is used, a logger that gives something back would change it.

use tree_sitter::Node;

use super::reader::{Callable, MAX_DEPTH, Place, Reader};

impl<'m> Reader<'m> {
    /// Whether a call is known to give nothing back, as a call of the console does.
    pub fn returns_nothing(self, callable: Callable<'m>, depth: usize) -> bool {
        let list = match callable {
            Callable::Console => return true,
            Callable::Parameters(list) if depth < MAX_DEPTH => list,
            Callable::Parameters(_) | Callable::Anything | Callable::Unknown => return false,
        };
        let Some(function) = list.node.parent().map(|function| list.at(function)) else { return false };
        if let Some(stated) = function.field("return_type") {
            return matches!(stated.text().trim_start_matches([':', ' ']), "void" | "undefined");
        }
        let is_plain = !function.text().starts_with("async") && !function.text().starts_with("function*");
        let Some(body) = function.field("body").filter(|_| is_plain) else { return false };
        match body.node.kind() {
            "statement_block" => !returns_value(body.node),
            "call_expression" => self.call_returns_nothing(body, depth),
            _ => false,
        }
    }

    /// `console.info(…)`, `write('info', …)`
    fn call_returns_nothing(self, call: Place<'m>, depth: usize) -> bool {
        let Some(function) = call.field("function") else { return false };
        if function.text().starts_with("console.") {
            return true;
        }
        let declaration = self.declaration(function.file, function.text());
        let callable = declaration.and_then(|declaration| self.callable(declaration, depth + 1));
        callable.is_some_and(|callable| self.returns_nothing(callable, depth + 1))
    }
}

/// Whether the body of a function has a `return` with a value, functions in it not counted.
fn returns_value(body: Node<'_>) -> bool {
    let mut waiting = vec![body];
    while let Some(node) = waiting.pop() {
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            match child.kind() {
                "return_statement" if child.named_child_count() > 0 => return true,
                "function_declaration"
                | "function_expression"
                | "arrow_function"
                | "method_definition"
                | "generator_function"
                | "generator_function_declaration"
                | "class_declaration" => {}
                _ => waiting.push(child),
            }
        }
    }
    false
}

//! The function that handles requests, as far as the entry file has it.

use tree_sitter::Node;

use crate::project::Project;
use crate::syntax::children;
use crate::syntax::exports::{self, Target};
use crate::syntax::source::SourceFile;

/// What is known of a handler.
#[derive(Debug, Clone, Copy)]
pub struct Handler<'t> {
    /// The function.
    pub function: Node<'t>,
    /// Where it is declared, if the serve call only names it.
    pub declared: Option<Node<'t>>,
}

/// The function in `slot`, the expression that is served: itself, what it names, or the only one among the arguments of a
/// wrapper.
pub fn of<'t>(file: &'t SourceFile, slot: Node<'t>) -> Option<Handler<'t>> {
    let slot = core(slot);
    match slot.kind() {
        "call_expression" => {
            let list = slot.child_by_field_name("arguments")?;
            let mut cursor = list.walk();
            let arguments: Vec<Node<'t>> = list.named_children(&mut cursor).collect();
            // A wrapper in a wrapper is looked into as well.
            let mut found = arguments.into_iter().filter_map(|argument| of(file, argument));
            match (found.next(), found.next()) {
                (Some(only), None) => Some(only),
                _ => None,
            }
        }
        _ => direct(file, slot),
    }
}

fn direct<'t>(file: &'t SourceFile, slot: Node<'t>) -> Option<Handler<'t>> {
    let slot = core(slot);
    match slot.kind() {
        "identifier" => {
            let name = file.name(file.text_of(slot));
            let declaration = name.resolve(slot.start_byte())?;
            let path = file.path_to(declaration.range.clone());
            let declared = path.into_iter().rev().nth(1)?;
            let function = match declared.kind() {
                "variable_declarator" => core(declared.child_by_field_name("value")?),
                _ => declared,
            };
            is_function(function).then_some(Handler { function, declared: Some(declared) })
        }
        _ => is_function(slot).then_some(Handler { function: slot, declared: None }),
    }
}

/// Whether the function that `slot` names is one of another module of the project, and takes a single argument.
pub fn takes_one(project: &Project, file: &SourceFile, slot: Node<'_>) -> bool {
    let slot = core(slot);
    let local = file.text_of(slot);
    let import = file.imports().of_local(local).filter(|_| slot.kind() == "identifier");
    let Some((import, binding)) = import else { return false };
    let Some(path) = project.resolver.resolve(&file.path, &import.specifier) else { return false };
    let Some(module) = project.parse(&path) else { return false };
    let export = exports::of(&module).into_iter().find(|export| export.name == binding.imported);
    let Some(Target::Local(node)) = export.map(|export| export.target) else { return false };
    let function = if node.kind() == "variable_declarator" { node.child_by_field_name("value") } else { Some(node) };
    let function = function.map(core).filter(|function| is_function(*function));
    function.is_some_and(|function| {
        let parameters = function.child_by_field_name("parameters").map(|list| list.named_child_count());
        parameters.map_or_else(|| function.child_by_field_name("parameter").is_some(), |count| count <= 1)
    })
}

/// Whether a node is a function with its code.
pub fn is_function(node: Node<'_>) -> bool {
    matches!(node.kind(), "arrow_function" | "function_expression" | "function_declaration" | "method_definition")
}

/// The expression inside of casts and parentheses.
pub fn core(mut node: Node<'_>) -> Node<'_> {
    while matches!(
        node.kind(),
        "parenthesized_expression" | "as_expression" | "satisfies_expression" | "non_null_expression"
    ) {
        match node.named_child(0) {
            Some(inner) => node = inner,
            None => break,
        }
    }
    node
}

/// The arguments of a call, comments left out.
pub fn arguments(list: Node<'_>) -> Vec<Node<'_>> {
    children(list)
}

/// The statements of a block.
pub fn statements(block: Node<'_>) -> Vec<Node<'_>> {
    children(block)
}

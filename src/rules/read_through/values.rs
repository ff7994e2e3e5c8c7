//! What stands behind names.

use tree_sitter::Node;

use crate::syntax::scope::DeclarationKind;
use crate::syntax::source::SourceFile;

/// The names in a node that stand for values.
pub fn identifiers(node: Node<'_>) -> Vec<Node<'_>> {
    let mut found = Vec::new();
    let mut waiting = vec![node];
    while let Some(node) = waiting.pop() {
        if matches!(node.kind(), "identifier" | "shorthand_property_identifier") {
            found.push(node);
        }
        let mut cursor = node.walk();
        waiting.extend(node.named_children(&mut cursor));
    }
    found
}

/// The value of the constant that `name` means where it stands; nothing for a part of a value.
pub fn value_of<'t>(file: &'t SourceFile, name: Node<'_>) -> Option<Node<'t>> {
    let found = file.name(file.text_of(name));
    let declaration = found.resolve(name.start_byte())?;
    if declaration.kind != DeclarationKind::Const || declaration.destructured {
        return None;
    }
    let path = file.path_to(declaration.range.clone());
    path.iter().rev().nth(1)?.child_by_field_name("value")
}

/// Whether the name stays what it is: a constant, an import, a function, or a parameter that nothing assigns to.
pub fn is_constant(file: &SourceFile, name: Node<'_>) -> bool {
    let found = file.name(file.text_of(name));
    let Some(declaration) = found.resolve(name.start_byte()) else { return false };
    match declaration.kind {
        DeclarationKind::Const | DeclarationKind::Import { .. } | DeclarationKind::Function => true,
        DeclarationKind::Parameter => !found.references.iter().any(|range| {
            let path = file.path_to(range.clone());
            let is_same = found.resolve(range.start).is_some_and(|known| known.range == declaration.range);
            let target = path.iter().rev().nth(1).filter(|parent| {
                matches!(
                    parent.kind(),
                    "assignment_expression" | "augmented_assignment_expression" | "update_expression"
                )
            });
            let is_left = target.is_some_and(|parent| {
                parent.child_by_field_name("left").is_none_or(|left| left.byte_range() == *range)
            });
            is_same && is_left
        }),
        _ => false,
    }
}

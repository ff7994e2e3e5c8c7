//! What a module exports, and where its top level declares a name.

use tree_sitter::Node;

use super::source::SourceFile;

/// One export of a module.
#[derive(Debug, Clone)]
pub struct Export<'t> {
    /// The name that importers use; `default` for the default export, `*` for everything of another module.
    pub name: String,
    /// What stands behind it.
    pub target: Target<'t>,
}

/// What an export stands for.
#[derive(Debug, Clone)]
pub enum Target<'t> {
    /// A declaration of this file: a function, a class, or a `variable_declarator`; or the expression that is the default.
    Local(Node<'t>),
    /// A name of another module: `export { name } from 'specifier'`.
    Other {
        /// The name there; `*` for all.
        name: String,
        /// The module.
        specifier: String,
    },
    /// A type, or a name whose declaration isn't here.
    Unknown,
}

/// The exports of `file`, in order.
pub fn of<'t>(file: &'t SourceFile) -> Vec<Export<'t>> {
    let root = file.root();
    let mut cursor = root.walk();
    let statements: Vec<Node<'t>> =
        root.named_children(&mut cursor).filter(|node| node.kind() == "export_statement").collect();
    statements.into_iter().flat_map(|statement| of_statement(file, statement)).collect()
}

/// The top-level declaration of a value named `name`.
pub fn declaration<'t>(file: &'t SourceFile, name: &str) -> Option<Node<'t>> {
    let root = file.root();
    let mut cursor = root.walk();
    let children: Vec<Node<'t>> = root.named_children(&mut cursor).collect();
    children
        .into_iter()
        .filter_map(|node| match node.kind() {
            "export_statement" => node.child_by_field_name("declaration"),
            _ => Some(node),
        })
        .flat_map(declared)
        .find(|node| node.child_by_field_name("name").is_some_and(|found| file.text_of(found) == name))
}

/// The named declarations that a statement makes: of a `const`, each of its declarators.
fn declared(node: Node<'_>) -> Vec<Node<'_>> {
    match node.kind() {
        "lexical_declaration" | "variable_declaration" => {
            let mut cursor = node.walk();
            node.named_children(&mut cursor).filter(|child| child.kind() == "variable_declarator").collect()
        }
        _ => vec![node],
    }
}

fn of_statement<'t>(file: &'t SourceFile, statement: Node<'t>) -> Vec<Export<'t>> {
    let mut cursor = statement.walk();
    let children: Vec<Node<'t>> = statement.children(&mut cursor).collect();
    let source = statement.child_by_field_name("source");
    let specifier = source.map(|source| file.text_of(source).trim_matches(['\'', '"']).to_owned());

    if children.iter().any(|child| child.kind() == "default") {
        let value = statement.child_by_field_name("value").or_else(|| statement.child_by_field_name("declaration"));
        let target = value.map_or(Target::Unknown, |value| match value.kind() {
            "identifier" => local(file, file.text_of(value)),
            _ => Target::Local(value),
        });
        return vec![Export { name: "default".into(), target }];
    }
    if let Some(node) = statement.child_by_field_name("declaration") {
        let named = declared(node).into_iter().filter_map(|node| {
            let name = file.text_of(node.child_by_field_name("name")?).to_owned();
            let is_type = matches!(node.kind(), "interface_declaration" | "type_alias_declaration");
            Some(Export { name, target: if is_type { Target::Unknown } else { Target::Local(node) } })
        });
        return named.collect();
    }
    if let Some(clause) = children.iter().find(|child| child.kind() == "export_clause") {
        let mut cursor = clause.walk();
        let specifiers = clause.named_children(&mut cursor).filter(|child| child.kind() == "export_specifier");
        let exports = specifiers.filter_map(|specifier_node| {
            let name = file.text_of(specifier_node.child_by_field_name("name")?);
            let alias = specifier_node.child_by_field_name("alias").map_or(name, |alias| file.text_of(alias));
            let target = match &specifier {
                Some(specifier) => Target::Other { name: name.to_owned(), specifier: specifier.clone() },
                None => local(file, name),
            };
            Some(Export { name: alias.to_owned(), target })
        });
        return exports.collect();
    }
    match specifier {
        Some(specifier) if children.iter().any(|child| child.kind() == "*") => {
            vec![Export { name: "*".into(), target: Target::Other { name: "*".into(), specifier } }]
        }
        _ => Vec::new(),
    }
}

/// A name of this file as an export's target; one that is imported stands for the other module's.
fn local<'t>(file: &'t SourceFile, name: &str) -> Target<'t> {
    if let Some(node) = declaration(file, name) {
        return Target::Local(node);
    }
    for import in &file.imports().statements {
        if let Some(binding) = import.bindings.iter().find(|binding| binding.local == name && !binding.type_only) {
            return Target::Other { name: binding.imported.clone(), specifier: import.specifier.clone() };
        }
    }
    Target::Unknown
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use crate::syntax::source::tests::file;

    #[test]
    fn every_way_to_export() {
        let file = file(
            "import { z } from './z';\nconst a = 1;\nexport { a, a as b, z };\nexport const c = 2, d = 3;\n\
             export function e() {}\nexport default a;\nexport { f as g } from './f';\nexport * from './h';\n\
             export interface I {}\n",
        );
        let exports: Vec<String> = of(&file)
            .into_iter()
            .map(|export| match export.target {
                Target::Local(node) => format!("{}={}", export.name, node.kind()),
                Target::Other { name, specifier } => format!("{}={name}@{specifier}", export.name),
                Target::Unknown => format!("{}=?", export.name),
            })
            .collect();
        assert_eq!(
            exports,
            [
                "a=variable_declarator",
                "b=variable_declarator",
                "z=z@./z",
                "c=variable_declarator",
                "d=variable_declarator",
                "e=function_declaration",
                "default=variable_declarator",
                "g=f@./f",
                "*=*@./h",
                "I=?"
            ]
        );
    }
}

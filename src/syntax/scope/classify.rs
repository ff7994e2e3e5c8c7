//! What one occurrence of a name is: a declaration, a reference, or neither.

use std::ops::Range;

use tree_sitter::Node;

use super::path::Step;
use super::{Declaration, DeclarationKind};

/// What an occurrence of a name is.
#[derive(Debug)]
pub(super) enum Occurrence {
    /// No identifier of the file's scopes: a property, a label, a string, a comment, a name that only other modules see.
    Other,
    /// A reference to a value.
    Reference,
    /// A reference to a type or to a namespace of types.
    TypeReference,
    /// A declaration.
    Declaration(Declaration),
}

/// Classifies the leaf that `path` leads to, the root and the leaf included. `text` is that of the whole file.
pub(super) fn classify(path: &[Step], text: &str) -> Occurrence {
    let site = Site { path, text };
    match site.up(0).kind() {
        "identifier" => site.identifier(),
        "type_identifier" => site.type_identifier(),
        "shorthand_property_identifier" => Occurrence::Reference,
        "shorthand_property_identifier_pattern" => site.pattern(),
        "property_identifier" => site.property_identifier(),
        "string_fragment" => site.string_fragment(),
        _ => Occurrence::Other,
    }
}

/// Where a declaration is visible: the index of a node in the path, and the byte from which on it counts.
struct Scope {
    owner: usize,
    start: usize,
}

/// An occurrence, and the way to it.
struct Site<'a, 'tree> {
    path: &'a [Step<'tree>],
    text: &'a str,
}

impl<'a, 'tree> Site<'a, 'tree> {
    /// The leaf for 0, its parent for 1, and so on; the root above the root.
    fn up(&self, levels: usize) -> &'a Step<'tree> {
        &self.path[(self.path.len() - 1).saturating_sub(levels)]
    }

    fn leaf(&self) -> Node<'tree> {
        self.up(0).node
    }

    fn leaf_is_first_named_child(&self) -> bool {
        self.up(1).node.named_child(0) == Some(self.leaf())
    }

    fn text_of(&self, node: Node) -> &'a str {
        self.text.get(node.byte_range()).unwrap_or("")
    }

    fn identifier(&self) -> Occurrence {
        let parent = self.up(1);
        match (parent.kind(), self.up(0).field) {
            ("function_declaration" | "generator_function_declaration" | "function_signature", "name") => {
                self.in_block(DeclarationKind::Function)
            }
            ("function_expression" | "generator_function", "name") => self.in_parent(DeclarationKind::Function),
            ("enum_declaration", "name") => self.in_block(DeclarationKind::Enum),
            ("internal_module" | "module", "name") => self.in_block(namespace_kind(parent.node)),
            ("nested_identifier" | "member_expression", "object") => self.leftmost_of_dotted(),
            ("nested_type_identifier", "module") => Occurrence::TypeReference,

            ("import_clause" | "namespace_import" | "import_require_clause", _) => self.import(false),
            ("import_specifier", "alias") => self.import(begins_with(parent.node, "type")),
            ("import_specifier", _) if parent.node.child_by_field_name("alias").is_some() => Occurrence::Other,
            ("import_specifier", _) => self.import(begins_with(parent.node, "type")),
            ("import_alias", _) if self.leaf_is_first_named_child() => self.import(false),

            ("export_specifier", "name") => self.export(),
            ("export_specifier" | "namespace_export", _) => Occurrence::Other,
            // `export as namespace log`; `export = log` is a reference.
            ("export_statement", "") if parent.node.child(1).is_some_and(|word| word.kind() == "as") => {
                Occurrence::Other
            }

            ("jsx_opening_element" | "jsx_closing_element" | "jsx_self_closing_element", "name")
                if self.text_of(self.leaf()).starts_with(|c: char| c.is_ascii_lowercase()) =>
            {
                Occurrence::Other
            }
            ("jsx_namespace_name", _) => Occurrence::Other,

            ("index_signature", "name") => self.in_parent(DeclarationKind::Parameter),
            _ => self.pattern(),
        }
    }

    fn type_identifier(&self) -> Occurrence {
        match (self.up(1).kind(), self.up(0).field) {
            ("class_declaration" | "abstract_class_declaration", "name") => self.in_block(DeclarationKind::Class),
            ("class", "name") => self.in_parent(DeclarationKind::Class),
            ("interface_declaration" | "type_alias_declaration", "name") => self.in_block(DeclarationKind::Type),
            ("type_parameter", "name") => {
                let start = self.up(2).node.start_byte();
                self.declare(DeclarationKind::Type, Scope { owner: self.index(3), start })
            }
            ("mapped_type_clause", "name") => self.declare(DeclarationKind::Type, self.whole(self.index(2))),
            ("infer_type", _) if self.leaf_is_first_named_child() => self.inferred(),
            ("nested_type_identifier", "name") => Occurrence::Other,
            _ => Occurrence::TypeReference,
        }
    }

    /// A property is an enum's member, a further name of `namespace a.b`, or none of ours.
    fn property_identifier(&self) -> Occurrence {
        match self.up(1).kind() {
            "enum_body" | "enum_assignment" => self.enum_member(0),
            "nested_identifier" | "member_expression" => match self.dotted() {
                // `a.b` is seen where `a`'s body is, and that is the rest of the declaration.
                (levels, "internal_module" | "module") => {
                    let scope = Scope { owner: self.index(levels), start: self.leaf().start_byte() };
                    self.declare(namespace_kind(self.up(levels).node), scope)
                }
                _ => Occurrence::Other,
            },
            _ => Occurrence::Other,
        }
    }

    /// `'log'` names a member in `enum E { 'log' = 1 }`.
    fn string_fragment(&self) -> Occurrence {
        match (self.up(2).kind(), self.up(1).field) {
            ("enum_body" | "enum_assignment", "name") if self.up(1).node.named_child_count() == 1 => {
                self.enum_member(1)
            }
            _ => Occurrence::Other,
        }
    }

    /// `levels` up from the leaf is the node that is the member's name.
    fn enum_member(&self, levels: usize) -> Occurrence {
        let body = match (self.up(levels + 1).kind(), self.up(levels).field) {
            ("enum_body", _) => levels + 1,
            ("enum_assignment", "name") => levels + 2,
            _ => return Occurrence::Other,
        };
        self.declare(DeclarationKind::EnumMember, self.whole(self.index(body)))
    }

    /// The way up through `a.b.c`: how many levels, and the kind of the node that holds it all.
    fn dotted(&self) -> (usize, &'tree str) {
        let mut levels = 1;
        while matches!(self.up(levels).kind(), "nested_identifier" | "member_expression")
            && self.up(levels).field == "object"
        {
            levels += 1;
        }
        if matches!(self.up(levels).kind(), "nested_identifier" | "member_expression") {
            levels += 1;
        }
        (levels, self.up(levels).kind())
    }

    fn leftmost_of_dotted(&self) -> Occurrence {
        match self.dotted() {
            (levels, "internal_module" | "module") => {
                let scope = self.whole(self.block(levels));
                self.declare(namespace_kind(self.up(levels).node), scope)
            }
            (_, "nested_type_identifier") => Occurrence::TypeReference,
            _ => Occurrence::Reference,
        }
    }

    fn import(&self, type_only: bool) -> Occurrence {
        let statement = self.path.iter().rfind(|step| step.kind() == "import_statement");
        let word = statement.and_then(|statement| statement.node.child(1));
        let type_only = type_only || word.is_some_and(|word| !word.is_named() && word.kind() == "type");
        self.in_block(DeclarationKind::Import { type_only })
    }

    /// The name of an `export { name }` without its alias.
    fn export(&self) -> Occurrence {
        let statement = self.up(3).node;
        if statement.child_by_field_name("source").is_some() {
            Occurrence::Other
        } else if begins_with(self.up(1).node, "type") || statement.child(1).is_some_and(|word| word.kind() == "type") {
            Occurrence::TypeReference
        } else {
            Occurrence::Reference
        }
    }

    /// A type that `infer` names is seen in the true branch of the conditional type that it is matched in.
    fn inferred(&self) -> Occurrence {
        let conditional = (1..self.path.len() - 1)
            .find(|&levels| self.up(levels).field == "right" && self.up(levels + 1).kind() == "conditional_type");
        let branch = conditional.and_then(|levels| self.up(levels + 1).node.child_by_field_name("consequence"));
        match (conditional, branch) {
            (Some(levels), Some(branch)) => {
                let owner = self.index(levels + 1);
                Occurrence::Declaration(self.declaration(DeclarationKind::Type, branch.byte_range(), owner))
            }
            _ => Occurrence::Other,
        }
    }

    /// An identifier that may be (a part of) the pattern of a binding. If it is not, it is a reference.
    fn pattern(&self) -> Occurrence {
        let shorthand = self.up(0).kind() == "shorthand_property_identifier_pattern";
        let mut destructured = shorthand;
        let mut property = shorthand.then(|| self.leaf().byte_range());
        let mut levels = 1;
        loop {
            let parent = self.up(levels);
            match (parent.kind(), self.up(levels - 1).field) {
                ("assignment_pattern" | "object_assignment_pattern", "left") => {}
                ("pair_pattern", "value") => {
                    if !destructured {
                        property = parent.node.child_by_field_name("key").map(|key| key.byte_range());
                    }
                    destructured = true;
                }
                ("object_pattern" | "array_pattern" | "rest_pattern", _) => destructured = true,
                _ => break,
            }
            levels += 1;
        }
        // A label in a tuple type, as `[log: string, ...rest: any[]]`, is a parameter to the grammar.
        if matches!(self.up(levels).kind(), "required_parameter" | "optional_parameter")
            && self.up(levels - 1).field == "name"
        {
            return Occurrence::Other;
        }
        match self.binding(levels) {
            Some(mut declaration) => {
                declaration.property = property;
                declaration.destructured = destructured;
                Occurrence::Declaration(declaration)
            }
            None => Occurrence::Reference,
        }
    }

    /// The declaration whose pattern is `levels - 1` up from the leaf; `None` if nothing is bound there.
    fn binding(&self, levels: usize) -> Option<Declaration> {
        let binder = self.up(levels);
        let (kind, scope) = match (binder.kind(), self.up(levels - 1).field) {
            ("variable_declarator", "name") => match self.up(levels + 1).node.child_by_field_name("kind") {
                Some(word) => self.variable(word, levels),
                None => (DeclarationKind::Var, self.whole(self.function(levels))),
            },
            ("for_in_statement", "left") => self.variable(binder.node.child_by_field_name("kind")?, levels),
            // The grammar takes `using x = y` for an assignment.
            ("assignment_expression", "left") if begins_with(binder.node, "using") => {
                (DeclarationKind::Const, self.whole(self.block(levels)))
            }
            ("catch_clause", "parameter") => (DeclarationKind::CatchParameter, self.whole(self.index(levels))),
            ("arrow_function", "parameter") => (self.parameter_kind(levels, true), self.whole(self.index(levels))),
            ("required_parameter" | "optional_parameter", "pattern") => return Some(self.parameter(levels)),
            _ => return None,
        };
        Some(self.declaration(kind, self.range(&scope), scope.owner))
    }

    fn variable(&self, word: Node, levels: usize) -> (DeclarationKind, Scope) {
        match word.kind() {
            "const" => (DeclarationKind::Const, self.whole(self.block(levels))),
            "let" => (DeclarationKind::Let, self.whole(self.block(levels))),
            _ => (DeclarationKind::Var, self.whole(self.function(levels))),
        }
    }

    /// `levels` up is the parameter: it is seen from the first parenthesis to the end of the function.
    fn parameter(&self, levels: usize) -> Declaration {
        let parameters = self.up(levels + 1).node;
        let first = parameters.named_children(&mut parameters.walk()).find(|child| !child.is_extra());
        let kind = self.parameter_kind(levels + 2, first == Some(self.up(levels).node));
        let scope = Scope { owner: self.index(levels + 2), start: parameters.start_byte() };
        let mut declaration = self.declaration(kind, self.range(&scope), scope.owner);
        for parameter in parameters.named_children(&mut parameters.walk()) {
            let mut cursor = parameter.walk();
            let decorators = parameter.children_by_field_name("decorator", &mut cursor);
            declaration.outside.extend(decorators.map(|decorator| decorator.byte_range()));
        }
        declaration
    }

    /// The kind of a parameter of the function that is `levels` up; `first` if no parameter stands before it.
    fn parameter_kind(&self, levels: usize, first: bool) -> DeclarationKind {
        if first && self.is_rejection_handler(levels) {
            DeclarationKind::RejectionParameter
        } else {
            DeclarationKind::Parameter
        }
    }

    /// Whether the function that is `levels` up is the callback of `.catch(…)`, or the second of `.then(…)`.
    fn is_rejection_handler(&self, levels: usize) -> bool {
        let (function, arguments, call) = (self.up(levels).node, self.up(levels + 1), self.up(levels + 2));
        if arguments.kind() != "arguments" || call.kind() != "call_expression" {
            return false;
        }
        let Some(method) = call.node.child_by_field_name("function").and_then(|f| f.child_by_field_name("property"))
        else {
            return false;
        };
        let position = match self.text_of(method) {
            "catch" => 0,
            "then" => 1,
            _ => return false,
        };
        let mut cursor = arguments.node.walk();
        arguments.node.named_children(&mut cursor).filter(|child| !child.is_extra()).nth(position) == Some(function)
    }

    /// The index of the node whose scope block-bound names go to that are declared `levels` up.
    fn block(&self, levels: usize) -> usize {
        self.enclosing(levels, |_, kind| {
            matches!(kind, "statement_block" | "switch_body" | "for_statement" | "for_in_statement")
        })
    }

    /// The index of the node that a `var` goes to that stands `levels` up.
    fn function(&self, levels: usize) -> usize {
        self.enclosing(levels, |parent, kind| {
            kind == "statement_block"
                && matches!(
                    parent,
                    "function_declaration"
                        | "function_expression"
                        | "generator_function_declaration"
                        | "generator_function"
                        | "arrow_function"
                        | "method_definition"
                        | "class_static_block"
                        | "internal_module"
                        | "module"
                        | "ambient_declaration"
                )
        })
    }

    /// The index of the nearest node, from `levels` up on, that `is_scope(parent's kind, kind)`; else that of the root.
    fn enclosing(&self, levels: usize, is_scope: impl Fn(&str, &str) -> bool) -> usize {
        let nearest = self.index(levels);
        (1..=nearest).rev().find(|&at| is_scope(self.path[at - 1].kind(), self.path[at].kind())).unwrap_or(0)
    }

    fn index(&self, levels: usize) -> usize {
        (self.path.len() - 1).saturating_sub(levels)
    }

    fn whole(&self, owner: usize) -> Scope {
        Scope { owner, start: self.path[owner].node.start_byte() }
    }

    fn range(&self, scope: &Scope) -> Range<usize> {
        match scope.owner {
            // The root's node leaves out leading blanks.
            0 => 0..self.text.len(),
            owner => scope.start..self.path[owner].node.end_byte(),
        }
    }

    fn in_block(&self, kind: DeclarationKind) -> Occurrence {
        self.declare(kind, self.whole(self.block(1)))
    }

    fn in_parent(&self, kind: DeclarationKind) -> Occurrence {
        self.declare(kind, self.whole(self.index(1)))
    }

    fn declare(&self, kind: DeclarationKind, scope: Scope) -> Occurrence {
        Occurrence::Declaration(self.declaration(kind, self.range(&scope), scope.owner))
    }

    fn declaration(&self, kind: DeclarationKind, scope: Range<usize>, owner: usize) -> Declaration {
        let is_global = owner > 0
            && self.path[owner].kind() == "statement_block"
            && self.path[owner - 1].kind() == "ambient_declaration";
        Declaration {
            range: self.leaf().byte_range(),
            scope: if is_global { 0..self.text.len() } else { scope },
            kind: if is_global { DeclarationKind::Global } else { kind },
            property: None,
            destructured: false,
            top_level: owner == 0,
            ambient: self.path.iter().any(|step| step.kind() == "ambient_declaration"),
            outside: Vec::new(),
        }
    }
}

/// Whether the first word of `node` is the keyword `word`.
fn begins_with(node: Node, word: &str) -> bool {
    node.child(0).is_some_and(|first| !first.is_named() && first.kind() == word)
}

/// A namespace that holds nothing but types is no value.
fn namespace_kind(namespace: Node) -> DeclarationKind {
    let Some(body) = namespace.child_by_field_name("body") else { return DeclarationKind::Namespace };
    let mut open = vec![body];
    while let Some(node) = open.pop() {
        for statement in node.named_children(&mut node.walk()).filter(|statement| !statement.is_extra()) {
            match statement.kind() {
                "interface_declaration" | "type_alias_declaration" | "import_alias" | "import_statement" => {}
                "export_statement" if holds(statement, "import_alias") => return DeclarationKind::Namespace,
                "export_statement" | "ambient_declaration" | "expression_statement" => open.push(statement),
                "internal_module" | "module" => match statement.child_by_field_name("body") {
                    Some(body) => open.push(body),
                    None => return DeclarationKind::Namespace,
                },
                _ => return DeclarationKind::Namespace,
            }
        }
    }
    DeclarationKind::Type
}

fn holds(statement: Node, kind: &str) -> bool {
    statement.named_children(&mut statement.walk()).any(|child| child.kind() == kind)
}

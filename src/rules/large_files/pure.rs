//! Whether evaluating something has no effect and doesn't depend on when it happens.

use tree_sitter::Node;

use crate::syntax::imports::Import;
use crate::syntax::source::SourceFile;

/// What is known of the values of one file.
pub struct Purity<'t> {
    file: &'t SourceFile,
}

/// Constructors that only make something.
const MAKERS: [&str; 9] = [
    "Set",
    "Map",
    "WeakMap",
    "WeakSet",
    "RegExp",
    "TextEncoder",
    "TextDecoder",
    "Intl.NumberFormat",
    "Intl.DateTimeFormat",
];

/// Functions of the language that only make something of their arguments.
const FUNCTIONS: [&str; 15] = [
    "Object.freeze",
    "Object.keys",
    "Object.values",
    "Object.entries",
    "Object.fromEntries",
    "Number",
    "String",
    "Boolean",
    "BigInt",
    "Symbol",
    "Symbol.for",
    "parseInt",
    "parseFloat",
    // What the environment says doesn't change while modules are loaded.
    "Deno.env.get",
    "String.raw",
];

/// Functions of packages that only make something: the package, and its functions (all of them if none are named).
const PACKAGES: [(&str, &[&str]); 5] = [
    ("react", &["createContext", "createRef", "forwardRef", "memo", "lazy"]),
    ("zod", &[]),
    ("class-variance-authority", &["cva"]),
    ("tailwind-variants", &["tv"]),
    ("valibot", &[]),
];

/// Methods of literals that only make something.
const METHODS: [&str; 6] = ["join", "trim", "concat", "toLowerCase", "toUpperCase", "split"];

impl<'t> Purity<'t> {
    /// Nothing is read yet.
    pub fn of(file: &'t SourceFile) -> Purity<'t> {
        Purity { file }
    }

    /// Whether evaluating an expression has no effect, and gives the same whenever modules are loaded.
    pub fn is_pure(&self, node: Node<'t>) -> bool {
        match node.kind() {
            "string"
            | "number"
            | "true"
            | "false"
            | "null"
            | "undefined"
            | "regex"
            | "identifier"
            | "arrow_function"
            | "function_expression"
            | "generator_function"
            | "comment" => true,
            "template_string" => self.all_pure(node, &["string_fragment", "escape_sequence"]),
            "template_substitution"
            | "parenthesized_expression"
            | "array"
            | "spread_element"
            | "binary_expression"
            | "ternary_expression"
            | "computed_property_name" => self.all_pure(node, &[]),
            "object" => self.all_pure(node, &["shorthand_property_identifier", "method_definition"]),
            "pair" => {
                node.child_by_field_name("key")
                    .is_none_or(|key| key.kind() != "computed_property_name" || self.is_pure(key))
                    && self.field_is_pure(node, "value")
            }
            "as_expression" | "satisfies_expression" | "non_null_expression" => {
                node.named_child(0).is_some_and(|value| self.is_pure(value))
            }
            "unary_expression" => {
                !self.file.text_of(node).starts_with("delete") && self.field_is_pure(node, "argument")
            }
            "member_expression" => self.field_is_pure(node, "object"),
            "meta_property" => true,
            "subscript_expression" => self.field_is_pure(node, "object") && self.field_is_pure(node, "index"),
            "call_expression" => self.is_pure_call(node),
            "new_expression" => {
                let made = node.child_by_field_name("constructor");
                made.is_some_and(|made| MAKERS.contains(&self.file.text_of(made)) && self.is_global(made))
                    && self.arguments_are_pure(node)
            }
            "class" => self.is_pure_class(node),
            _ => false,
        }
    }

    /// Whether defining a class runs nothing: its static fields are pure, and it has no static block.
    pub fn is_pure_class(&self, node: Node<'t>) -> bool {
        let Some(body) = node.child_by_field_name("body") else { return false };
        let mut cursor = node.walk();
        let mut heritage = node.named_children(&mut cursor).filter(|child| child.kind() == "class_heritage");
        let extends_pure = heritage.all(|heritage| {
            let mut cursor = heritage.walk();
            let mut clauses = heritage.named_children(&mut cursor).filter(|clause| clause.kind() == "extends_clause");
            clauses.all(|clause| self.field_is_pure(clause, "value"))
        });
        let mut cursor = body.walk();
        extends_pure
            && body.named_children(&mut cursor).all(|member| match member.kind() {
                "class_static_block" | "decorator" => false,
                "public_field_definition" => {
                    let mut cursor = member.walk();
                    let is_static = member.children(&mut cursor).any(|word| word.kind() == "static");
                    let value = member.child_by_field_name("value");
                    let named = member.child_by_field_name("name");
                    named.is_none_or(|name| name.kind() != "computed_property_name")
                        && (!is_static || value.is_none_or(|value| self.is_pure(value)))
                }
                "method_definition" => {
                    member.child_by_field_name("name").is_none_or(|name| name.kind() != "computed_property_name")
                }
                _ => true,
            })
    }

    /// Whether the members of an enum are pure.
    pub fn is_pure_enum(&self, node: Node<'t>) -> bool {
        let Some(body) = node.child_by_field_name("body") else { return false };
        let mut cursor = body.walk();
        let mut members = body.named_children(&mut cursor).filter(|member| member.kind() == "enum_assignment");
        members.all(|member| self.field_is_pure(member, "value"))
    }

    /// `[]`, `{}`, `new Map()`: made to be filled.
    pub fn is_empty_container(&self, node: Node<'t>) -> bool {
        match node.kind() {
            "as_expression" | "satisfies_expression" | "parenthesized_expression" => {
                node.named_child(0).is_some_and(|value| self.is_empty_container(value))
            }
            "array" | "object" => node.named_child_count() == 0,
            "new_expression" => {
                let made = node.child_by_field_name("constructor").map(|made| self.file.text_of(made));
                matches!(made, Some("Set" | "Map" | "WeakMap" | "WeakSet"))
                    && node.child_by_field_name("arguments").is_none_or(|given| given.named_child_count() == 0)
            }
            _ => false,
        }
    }

    fn is_pure_call(&self, node: Node<'t>) -> bool {
        if !self.arguments_are_pure(node) {
            return false;
        }
        let Some(callee) = node.child_by_field_name("function") else { return false };
        let text = self.file.text_of(callee);
        if FUNCTIONS.contains(&text) && self.is_global(callee) {
            return true;
        }
        if let Some((object, method)) = callee.child_by_field_name("object").zip(callee.child_by_field_name("property"))
        {
            let is_literal = matches!(object.kind(), "string" | "template_string" | "array");
            if is_literal && METHODS.contains(&self.file.text_of(method)) {
                return self.is_pure(object);
            }
        }
        self.is_of_package(callee)
    }

    /// Whether what is called comes from a package whose functions only make something: `memo`, `React.memo`, or any method
    /// of a chain (`z.object({}).strict`) or of a constant that is one.
    fn is_of_package(&self, callee: Node<'t>) -> bool {
        let mut root = callee;
        loop {
            root = match root.kind() {
                "member_expression" => match root.child_by_field_name("object") {
                    Some(object) => object,
                    None => return false,
                },
                "call_expression" => {
                    let Some(function) = root.child_by_field_name("function").filter(|_| self.arguments_are_pure(root))
                    else {
                        return false;
                    };
                    function
                }
                "identifier" => break,
                _ => return false,
            };
        }
        let name = self.file.text_of(root);
        if let Some((import, binding)) = self.file.imports().of_local(name) {
            return PACKAGES.iter().any(|(package, functions)| {
                let called = match binding.imported.as_str() {
                    "default" | "*" => callee.child_by_field_name("property").map(|it| self.file.text_of(it)),
                    imported => Some(imported),
                };
                is_package(import, package)
                    && (functions.is_empty() || called.is_some_and(|called| functions.contains(&called)))
            });
        }
        let declared =
            crate::syntax::exports::declaration(self.file, name).filter(|node| node.end_byte() < root.start_byte());
        let value = declared.and_then(|node| node.child_by_field_name("value"));
        value.is_some_and(|value| value.kind() == "call_expression" && self.is_schema(value))
    }

    /// Whether a call is part of a chain that makes a schema, whose methods make schemas in turn.
    fn is_schema(&self, call: Node<'t>) -> bool {
        let mut root = call;
        while let Some(next) = root.child_by_field_name("function").or_else(|| root.child_by_field_name("object")) {
            root = next;
        }
        let import = self.file.imports().of_local(self.file.text_of(root));
        import.is_some_and(|(import, _)| is_package(import, "zod")) && self.is_pure(call)
    }

    fn arguments_are_pure(&self, call: Node<'t>) -> bool {
        call.child_by_field_name("arguments").is_none_or(|given| {
            if given.kind() == "template_string" { self.is_pure(given) } else { self.all_pure(given, &[]) }
        })
    }

    fn all_pure(&self, node: Node<'t>, fine: &[&str]) -> bool {
        let mut cursor = node.walk();
        node.named_children(&mut cursor).all(|child| fine.contains(&child.kind()) || self.is_pure(child))
    }

    fn field_is_pure(&self, node: Node<'t>, field: &str) -> bool {
        node.child_by_field_name(field).is_some_and(|child| self.is_pure(child))
    }

    /// Whether the leftmost name of `a.b.c` is none of the file's own.
    fn is_global(&self, node: Node<'t>) -> bool {
        let mut root = node;
        while let Some(object) = root.child_by_field_name("object") {
            root = object;
        }
        root.kind() == "identifier" && self.file.name(self.file.text_of(root)).is_global_at(root.start_byte())
    }
}

/// Whether an import is of a package, from wherever it comes: `zod`, `npm:zod@3`, `https://deno.land/x/zod@v3/mod.ts`.
fn is_package(import: &Import, package: &str) -> bool {
    import.specifier.split(['/', ':']).any(|part| part.split('@').next() == Some(package))
}

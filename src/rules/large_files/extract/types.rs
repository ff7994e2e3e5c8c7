//! The types of variables, as far as their declarations say them.

use std::ops::Range;

use tree_sitter::Node;

use super::guards::union_parts;
use super::region::Region;
use crate::project::Project;
use crate::syntax::exports::{self, Target};
use crate::syntax::scope::Declaration;
use crate::syntax::source::SourceFile;

/// A type that was written down.
#[derive(Debug, Clone)]
pub struct Type {
    /// Its text.
    pub text: String,
    /// The byte ranges of the file that the text was made from: names in it mean what they mean there.
    pub sources: Vec<Range<usize>>,
    /// Types of React's that it names besides.
    pub react: Vec<&'static str>,
}

/// Reads types out of a file.
pub struct Types<'a, 't> {
    pub project: &'a Project,
    pub file: &'t SourceFile,
    pub region: &'a Region<'t>,
}

type Read = Result<Type, String>;

const FUNCTIONS: [&str; 3] = ["arrow_function", "function_expression", "function_declaration"];

impl Type {
    fn plain(text: &str) -> Type {
        Type { text: text.to_owned(), sources: Vec::new(), react: Vec::new() }
    }

    fn map(self, change: impl FnOnce(String) -> String) -> Type {
        Type { text: change(self.text), ..self }
    }

    /// The same, or undefined.
    fn or_undefined(self) -> Type {
        self.map(|text| {
            if union_parts(&text).contains(&"undefined") { text } else { format!("{} | undefined", operand(&text)) }
        })
    }

    /// The type of what a list of this type holds.
    fn element(self) -> Type {
        self.map(|text| {
            if union_parts(&text).len() > 1 {
                return format!("({text})[number]");
            }
            let text = operand(&text);
            if let Some(element) = text.strip_suffix("[]") {
                return element.trim_start_matches("readonly ").to_owned();
            }
            let inner = ["Array<", "ReadonlyArray<"].iter().find_map(|head| text.strip_prefix(head)?.strip_suffix('>'));
            inner.map_or_else(|| format!("{text}[number]"), str::to_owned)
        })
    }
}

impl<'t> Types<'_, 't> {
    /// The type of what is declared.
    ///
    /// # Errors
    /// Why it isn't known, as a clause.
    pub fn of(&self, declaration: &Declaration, name: &str) -> Read {
        let path = self.file.path_to(declaration.range.clone());
        let steps: Vec<Node<'t>> = path.iter().rev().copied().collect();
        let binder = steps.iter().position(|node| {
            matches!(
                node.kind(),
                "variable_declarator" | "required_parameter" | "optional_parameter" | "arrow_function"
            ) || node.kind() == "function_declaration"
        });
        let Some((at, binder)) = binder.and_then(|at| Some((at, *steps.get(at)?))) else {
            return Err("it is declared in a way that says none".to_owned());
        };
        let pattern = at.checked_sub(1).and_then(|below| steps.get(below).copied());
        match binder.kind() {
            "function_declaration" => self.function(binder, name),
            "variable_declarator" => self.variable(binder, declaration, name),
            "arrow_function" => self.callback_parameter(&steps[at..], pattern, binder),
            _ => match binder.child_by_field_name("type") {
                Some(annotation) => {
                    let ty = self.annotation(annotation);
                    let whole = binder.child_by_field_name("pattern");
                    if whole.is_some_and(|whole| whole.kind() == "object_pattern") {
                        let is_optional = binder.kind() == "optional_parameter";
                        return if is_optional { Err(OPTIONAL.to_owned()) } else { self.part(&ty, whole, declaration) };
                    }
                    if declaration.destructured {
                        return Err("it is taken out of a list".to_owned());
                    }
                    Ok(if binder.kind() == "optional_parameter" { ty.or_undefined() } else { ty })
                }
                None => self.callback_parameter(&steps[(at + 2).min(steps.len())..], pattern, binder),
            },
        }
    }

    /// `: T`
    fn annotation(&self, annotation: Node<'t>) -> Type {
        let node = annotation.named_child(0).unwrap_or(annotation);
        self.written(node)
    }

    fn written(&self, node: Node<'t>) -> Type {
        Type { text: self.file.text_of(node).to_owned(), sources: vec![node.byte_range()], react: Vec::new() }
    }

    fn variable(&self, declarator: Node<'t>, declaration: &Declaration, name: &str) -> Read {
        let (pattern, value) = (declarator.child_by_field_name("name"), declarator.child_by_field_name("value"));
        let annotated = declarator.child_by_field_name("type").map(|it| self.annotation(it));
        let Some(pattern) = pattern else { return Err("it has no name".to_owned()) };
        match pattern.kind() {
            "identifier" => match (annotated, value) {
                (Some(ty), _) => Ok(ty),
                (None, Some(value)) => self.value(value, name),
                (None, None) => Err("annotate it".to_owned()),
            },
            "object_pattern" => {
                let ty = match (annotated, value) {
                    (Some(ty), _) => ty,
                    (None, Some(value)) => self.value(value, name)?,
                    (None, None) => return Err("annotate it".to_owned()),
                };
                self.part(&ty, Some(pattern), declaration)
            }
            "array_pattern" => {
                let mut cursor = pattern.walk();
                let place =
                    pattern.named_children(&mut cursor).position(|child| child.byte_range() == declaration.range);
                let state = value.filter(|value| self.callee(*value) == Some("useState"));
                match (state, place) {
                    (Some(state), Some(0)) => self.state(state),
                    (Some(state), Some(1)) => {
                        let ty = self.state(state)?;
                        let mut react = ty.react.clone();
                        react.extend(["Dispatch", "SetStateAction"]);
                        Ok(Type { react, ..ty.map(|text| format!("Dispatch<SetStateAction<{text}>>")) })
                    }
                    _ => Err("it is taken out of a list".to_owned()),
                }
            }
            _ => Err("annotate it".to_owned()),
        }
    }

    /// The type of a property that a pattern takes out of a value of type `ty`.
    fn part(&self, ty: &Type, pattern: Option<Node<'t>>, declaration: &Declaration) -> Read {
        let pattern = pattern.filter(|it| it.kind() == "object_pattern").ok_or("it is taken out of a list")?;
        let mut cursor = pattern.walk();
        let parts: Vec<Node<'t>> = pattern.named_children(&mut cursor).collect();
        let within =
            |node: &&Node<'t>| node.start_byte() <= declaration.range.start && declaration.range.end <= node.end_byte();
        let part = parts.iter().find(within).ok_or("annotate it")?;
        let (bound, has_default) = match part.kind() {
            "object_assignment_pattern" => (part.child_by_field_name("left").unwrap_or(*part), true),
            _ => (*part, false),
        };
        let key = match bound.kind() {
            "shorthand_property_identifier_pattern" => bound,
            "pair_pattern" => {
                let value = bound.child_by_field_name("value");
                let value = value.filter(|value| value.byte_range() == declaration.range);
                let key = value.and_then(|_| bound.child_by_field_name("key"));
                key.filter(|key| key.kind() == "property_identifier").ok_or("it is taken out of something inside")?
            }
            _ => return Err("it is what is left of an object".to_owned()),
        };
        let key = self.file.text_of(key);
        if let Some((found, is_optional)) = self.property(ty, key) {
            return Ok(if is_optional && !has_default { found.or_undefined() } else { found });
        }
        let quote = self.file.style().quote;
        let text = format!("{}[{quote}{key}{quote}]", operand(&ty.text));
        let text = if has_default { format!("Exclude<{text}, undefined>") } else { text };
        Ok(Type { text, sources: ty.sources.clone(), react: ty.react.clone() })
    }

    /// What an object type of this file says of a property, and whether that may be missing.
    fn property(&self, ty: &Type, key: &str) -> Option<(Type, bool)> {
        let source = ty.sources.first().filter(|_| ty.sources.len() == 1)?;
        let node = self.file.path_to(source.clone()).into_iter().find(|it| it.byte_range() == *source)?;
        let body = if ty.text.starts_with('{') {
            self.file
                .path_to(source.clone())
                .into_iter()
                .find(|it| it.kind() == "object_type" && it.byte_range() == *source)?
        } else {
            self.object_type_called(self.file.text_of(node))?
        };
        let mut cursor = body.walk();
        let property = body.named_children(&mut cursor).find(|child| {
            child.kind() == "property_signature"
                && child.child_by_field_name("name").is_some_and(|name| self.file.text_of(name) == key)
        })?;
        let annotation = property.child_by_field_name("type")?;
        let name_end = property.child_by_field_name("name")?.end_byte();
        let is_optional = self.file.text[name_end..annotation.start_byte()].contains('?');
        Some((self.annotation(annotation), is_optional))
    }

    /// The body of the object type that the file's top level calls so; `None` if it is generic.
    fn object_type_called(&self, name: &str) -> Option<Node<'t>> {
        let root = self.file.root();
        let mut cursor = root.walk();
        let mut declared = root.named_children(&mut cursor).filter_map(|node| match node.kind() {
            "export_statement" => node.child_by_field_name("declaration"),
            _ => Some(node),
        });
        let found = declared.find(|node| {
            matches!(node.kind(), "interface_declaration" | "type_alias_declaration")
                && node.child_by_field_name("type_parameters").is_none()
                && node.child_by_field_name("name").is_some_and(|it| self.file.text_of(it) == name)
        })?;
        let body = found.child_by_field_name("body").or_else(|| found.child_by_field_name("value"))?;
        matches!(body.kind(), "interface_body" | "object_type").then_some(body)
    }

    /// The type of what an expression gives.
    fn value(&self, node: Node<'t>, name: &str) -> Read {
        match node.kind() {
            "string" | "template_string" => Ok(Type::plain("string")),
            "number" => Ok(Type::plain("number")),
            "true" | "false" => Ok(Type::plain("boolean")),
            "parenthesized_expression" => node.named_child(0).map_or_else(unknown, |inner| self.value(inner, name)),
            "as_expression" if !self.file.text_of(node).ends_with("as const") => {
                node.named_child(1).map_or_else(unknown, |ty| Ok(self.written(ty)))
            }
            "unary_expression" if self.file.text_of(node).starts_with('!') => Ok(Type::plain("boolean")),
            "binary_expression" => {
                let operator = node.child_by_field_name("operator").map_or("", |it| self.file.text_of(it));
                match operator {
                    "===" | "!==" | "==" | "!=" | "<" | ">" | "<=" | ">=" | "in" | "instanceof" => {
                        Ok(Type::plain("boolean"))
                    }
                    _ => unknown(),
                }
            }
            "member_expression" => {
                let property = node.child_by_field_name("property").map_or("", |it| self.file.text_of(it));
                let is_optional = self.file.text_of(node).contains("?.");
                if property == "length" && !is_optional { Ok(Type::plain("number")) } else { unknown() }
            }
            "identifier" => {
                let found = self.file.name(self.file.text_of(node));
                let declaration = found.resolve(node.start_byte()).filter(|it| !it.top_level);
                declaration.map_or_else(unknown, |it| self.of(it, name))
            }
            kind if FUNCTIONS.contains(&kind) => self.function(node, name),
            "await_expression" => unknown(),
            "call_expression" => self.call(node, name),
            _ => unknown(),
        }
    }

    /// The name of what is called, without `React.`.
    fn callee(&self, call: Node<'t>) -> Option<&'t str> {
        let callee = call.child_by_field_name("function").filter(|_| call.kind() == "call_expression")?;
        let text = self.file.text_of(callee);
        Some(text.strip_prefix("React.").unwrap_or(text))
    }

    fn call(&self, node: Node<'t>, name: &str) -> Read {
        let stated = node.child_by_field_name("type_arguments").and_then(|it| it.named_child(0));
        let first = node.child_by_field_name("arguments").and_then(|it| it.named_child(0));
        match (self.callee(node), stated, first) {
            (Some("useCallback"), None, Some(function)) => self.value(function, name),
            (Some("useMemo"), Some(ty), _) => Ok(self.written(ty)),
            (Some("useMemo"), None, Some(made)) => {
                made.child_by_field_name("return_type").map_or_else(unknown, |ty| Ok(self.annotation(ty)))
            }
            (Some("useRef"), Some(ty), initial) => self.reference(ty, initial),
            (Some("useRef" | "useState" | "useReducer" | "useContext"), _, _) => unknown(),
            (Some("Boolean"), None, _) => Ok(Type::plain("boolean")),
            (Some(callee), None, _) if !callee.contains('.') => self.result(node, callee),
            _ => unknown(),
        }
    }

    /// What `useState` holds.
    fn state(&self, call: Node<'t>) -> Read {
        let stated = call.child_by_field_name("type_arguments").and_then(|it| it.named_child(0));
        let initial = call.child_by_field_name("arguments").and_then(|it| it.named_child(0));
        match (stated, initial) {
            (Some(ty), Some(_)) => Ok(self.written(ty)),
            (Some(ty), None) => Ok(self.written(ty).or_undefined()),
            (None, Some(initial)) if !FUNCTIONS.contains(&initial.kind()) => self.value(initial, "state"),
            _ => unknown(),
        }
    }

    /// What `useRef<T>(initial)` gives; that depends on React's own types.
    fn reference(&self, ty: Node<'t>, initial: Option<Node<'t>>) -> Read {
        let written = self.written(ty);
        let starts_empty = initial.is_some_and(|it| it.kind() == "null");
        let holds_null = union_parts(&written.text).contains(&"null");
        let major = self.react_types();
        let text = match (starts_empty && !holds_null, major) {
            (_, None) => return Err("package.json doesn't say which version of @types/react there is".to_owned()),
            (true, Some(..19)) => format!("RefObject<{}>", written.text),
            (true, Some(_)) => format!("RefObject<{} | null>", written.text),
            (false, Some(..19)) => {
                return Ok(Type {
                    react: vec!["MutableRefObject"],
                    ..written.map(|text| format!("MutableRefObject<{text}>"))
                });
            }
            (false, Some(_)) => format!("RefObject<{}>", written.text),
        };
        Ok(Type { text, sources: written.sources, react: vec!["RefObject"] })
    }

    /// The major version of `@types/react`.
    fn react_types(&self) -> Option<u32> {
        let mut folder = self.file.path.parent();
        while let Some(at) = folder {
            let manifest = at.join("package.json").and_then(|path| self.project.sources.read(&path).ok());
            let stated = manifest.and_then(|text| {
                let rest = text.split("\"@types/react\"").nth(1)?.to_owned();
                let digits: String = rest
                    .chars()
                    .skip_while(|letter| !letter.is_ascii_digit())
                    .take_while(char::is_ascii_digit)
                    .collect();
                digits.parse().ok()
            });
            if stated.is_some() {
                return stated;
            }
            folder = at.parent();
        }
        None
    }

    /// What a function of the project gives: `ReturnType<typeof useX>`.
    fn result(&self, call: Node<'t>, callee: &str) -> Read {
        let at = call.start_byte();
        let found = self.file.name(callee);
        if !found.resolve(at).is_some_and(|declaration| declaration.top_level) {
            return unknown();
        }
        let is_plain = match self.file.imports().of_local(callee) {
            None => {
                exports::declaration(self.file, callee).is_some_and(|node| is_plain_function(self.file, node, callee))
            }
            Some((import, binding)) => {
                let module = self.project.resolver.resolve(&self.file.path, &import.specifier);
                let module = module.and_then(|path| self.project.parse(&path));
                module.is_some_and(|module| {
                    exports::of(&module).into_iter().filter(|export| export.name == binding.imported).any(|export| {
                        matches!(export.target, Target::Local(node) if is_plain_function(&module, node, callee))
                    })
                })
            }
        };
        if !is_plain {
            return Err(format!("what `{callee}` gives depends on how it is called: annotate it"));
        }
        let source = call.child_by_field_name("function").map(|it| it.byte_range());
        Ok(Type {
            text: format!("ReturnType<typeof {callee}>"),
            sources: source.into_iter().collect(),
            react: Vec::new(),
        })
    }

    /// The type of a function, from what it says of its parameters and its result.
    fn function(&self, node: Node<'t>, name: &str) -> Read {
        if node.child_by_field_name("type_parameters").is_some() {
            return Err("it is generic".to_owned());
        }
        let mut sources = Vec::new();
        let mut texts = Vec::new();
        if let Some(only) = node.child_by_field_name("parameter") {
            return Err(format!("its parameter `{}` has no type", self.file.text_of(only)));
        }
        let parameters = node.child_by_field_name("parameters");
        let mut cursor = node.walk();
        let parameters: Vec<Node<'t>> =
            parameters.map(|it| it.named_children(&mut cursor).collect()).unwrap_or_default();
        for parameter in parameters.into_iter().filter(|it| it.kind() != "comment") {
            let pattern = parameter.child_by_field_name("pattern").ok_or("annotate it")?;
            let shown = self.file.text_of(pattern);
            if !matches!(pattern.kind(), "identifier" | "rest_pattern") {
                return Err("its parameters are taken apart".to_owned());
            }
            let has_default = parameter.child_by_field_name("value");
            let mark = if has_default.is_some() || parameter.kind() == "optional_parameter" { "?" } else { "" };
            let ty = match (parameter.child_by_field_name("type"), has_default) {
                (Some(annotation), _) => self.annotation(annotation),
                (None, Some(value)) => self.value(value, name)?,
                (None, None) => return Err(format!("its parameter `{shown}` has no type")),
            };
            sources.extend(ty.sources);
            texts.push(format!("{shown}{mark}: {}", ty.text));
        }
        let is_async = self.file.text_of(node).starts_with("async");
        let result = match node.child_by_field_name("return_type") {
            Some(annotation) => {
                let ty = self.annotation(annotation);
                sources.extend(ty.sources);
                ty.text
            }
            None if !self.gives_something(node, name) => {
                if is_async {
                    "Promise<void>".to_owned()
                } else {
                    "void".to_owned()
                }
            }
            None => return Err("what it gives isn't declared".to_owned()),
        };
        Ok(Type { text: format!("({}) => {result}", texts.join(", ")), sources, react: Vec::new() })
    }

    /// Whether somebody may ask what a function gives.
    fn gives_something(&self, node: Node<'t>, name: &str) -> bool {
        let Some(body) = node.child_by_field_name("body") else { return true };
        if body.kind() == "statement_block" {
            return returns_value(body) && !self.is_only_a_handler(name);
        }
        // A setter of a state gives nothing.
        let is_setter = self
            .callee(body)
            .and_then(|callee| callee.strip_prefix("set"))
            .is_some_and(|rest| rest.starts_with(|letter: char| letter.is_ascii_uppercase()));
        !is_setter && !self.is_only_a_handler(name)
    }

    /// Whether the region does nothing with a function but hand it to events of plain elements.
    fn is_only_a_handler(&self, name: &str) -> bool {
        let found = self.file.name(name);
        let mut inside = found.references.iter().filter(|it| self.region.contains(it.start)).peekable();
        inside.peek().is_some()
            && inside.all(|reference| {
                let path = self.file.path_to(reference.clone());
                let steps: Vec<&Node<'t>> = path.iter().rev().collect();
                let [_, expression, attribute, element, ..] = steps.as_slice() else { return false };
                let is_event = expression.kind() == "jsx_expression"
                    && attribute.kind() == "jsx_attribute"
                    && attribute.named_child(0).is_some_and(|it| self.file.text_of(it).starts_with("on"));
                let tag = element.child_by_field_name("name").map_or("", |it| self.file.text_of(it));
                is_event && tag.starts_with(|letter: char| letter.is_ascii_lowercase())
            })
    }

    /// The type of a parameter of a callback: `messages.map((message, index) => …)`. `above` starts at the function.
    fn callback_parameter(&self, above: &[Node<'t>], pattern: Option<Node<'t>>, binder: Node<'t>) -> Read {
        let annotate = || Err("annotate it".to_owned());
        let [function, arguments, call, ..] = above else { return annotate() };
        let callee = call.child_by_field_name("function").filter(|_| arguments.kind() == "arguments");
        let Some(callee) = callee.filter(|it| it.kind() == "member_expression") else { return annotate() };
        let method = callee.child_by_field_name("property").map_or("", |it| self.file.text_of(it));
        if !matches!(method, "map" | "flatMap" | "forEach" | "filter") || self.file.text_of(callee).contains("?.") {
            return annotate();
        }
        let mut cursor = function.walk();
        let place = match function.child_by_field_name("parameters") {
            Some(parameters) => parameters.named_children(&mut cursor).position(|it| it == binder),
            None => Some(0),
        };
        match (place, pattern.map(|it| it.kind())) {
            (Some(0), Some("identifier")) => {
                let list = callee.child_by_field_name("object").ok_or("annotate it")?;
                Ok(self.value(list, "it")?.element())
            }
            (Some(1), Some("identifier")) => Ok(Type::plain("number")),
            _ => annotate(),
        }
    }
}

/// A type's text as a part of another: in parentheses if it is a function, a choice or the like.
fn operand(text: &str) -> String {
    let is_plain =
        union_parts(text).len() == 1 && !["=>", " extends ", "&", "keyof "].iter().any(|it| text.contains(it));
    let is_object = text.starts_with('{') && text.ends_with('}');
    if is_plain || is_object && union_parts(text).len() == 1 { text.to_owned() } else { format!("({text})") }
}

const OPTIONAL: &str = "it is taken out of something that may be missing";

fn unknown() -> Read {
    Err("annotate it".to_owned())
}

/// Whether a function returns a value, those inside of it aside.
fn returns_value(node: Node<'_>) -> bool {
    let mut cursor = node.walk();
    let children: Vec<Node<'_>> = node.named_children(&mut cursor).collect();
    children.into_iter().any(|child| match child.kind() {
        "return_statement" => child.named_child(0).is_some_and(|value| value.kind() != "comment"),
        "arrow_function" | "function_expression" | "function_declaration" | "method_definition" | "class" => false,
        _ => returns_value(child),
    })
}

/// Whether a declaration is one function that is neither generic nor overloaded.
fn is_plain_function(file: &SourceFile, node: Node<'_>, name: &str) -> bool {
    let function = match node.kind() {
        "variable_declarator" => node.child_by_field_name("value"),
        _ => Some(node),
    };
    let is_function = function.is_some_and(|function| {
        matches!(function.kind(), "arrow_function" | "function_expression" | "function_declaration")
            && function.child_by_field_name("type_parameters").is_none()
    });
    is_function && file.name(name).declarations.iter().filter(|declaration| declaration.top_level).count() <= 1
}

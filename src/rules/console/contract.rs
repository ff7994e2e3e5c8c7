//! How a logger is called: read from its module's exports, or stated in phase2.toml.

use tree_sitter::Node;

use crate::config::{Form, Level};
use crate::project::{Project, RelPath};
use crate::syntax::Dialect;
use crate::syntax::exports::{self, Target};
use crate::syntax::source::SourceFile;

/// How a logger is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contract {
    /// The export to import, `default` for the default export.
    pub export: String,
    /// A function, an object, or a factory of such objects.
    pub form: Form,
    /// What a factory is called with.
    pub factory_argument: FactoryArgument,
    /// How each level is logged, in the order of [`Level::ALL`]; `None` for a level that the logger lacks.
    methods: [Option<Method>; 4],
}

/// How a logger logs at one level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Method {
    /// The method's name; for a function its level argument.
    pub name: String,
    /// What comes behind the message.
    pub tail: Tail,
}

/// The parameters behind the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tail {
    /// None that could take fields.
    Nothing,
    /// `fields`
    Fields,
    /// `error, fields`
    ErrorFields(ErrorType),
    /// `error` alone.
    Error(ErrorType),
}

/// What may be passed for an `error` parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorType {
    /// Any value.
    Anything,
    /// Only an `Error`: a catch variable, which may be `unknown`, doesn't type-check there.
    ErrorOnly,
}

/// What a factory is called with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FactoryArgument {
    /// Nothing.
    Nothing,
    /// The name.
    Name,
    /// An object that has the name under this key.
    Field(String),
}

impl Contract {
    /// The contract that phase2.toml states, without a look at the module.
    pub fn stated(export: &str, form: Form) -> Contract {
        let method = |level: Level| Some(Method { name: level.as_str().into(), tail: Tail::Fields });
        Contract {
            export: export.into(),
            form,
            factory_argument: FactoryArgument::Name,
            methods: Level::ALL.map(method),
        }
    }

    /// How a record of `level` is logged.
    pub fn method(&self, level: Level) -> Option<&Method> {
        self.methods[level as usize].as_ref()
    }

    /// Reads the contract from the module at `path`: of its exports the one that is stated, else a function
    /// `log(level, message, fields)`, else an object with level methods, else a factory of such objects.
    ///
    /// The error is a sentence that lists what the module does export.
    pub fn read(project: &Project, path: &RelPath, stated: Option<&str>) -> Result<Contract, String> {
        let file = module(project, path).ok_or_else(|| "it can't be read".to_owned())?;
        let mut found = Vec::new();
        collect(project, &file, None, 0, &mut found);
        let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        let listed = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
        if let Some(stated) = stated {
            if !names.contains(&stated) {
                return Err(format!("it doesn't export `{stated}`; it exports {listed}"));
            }
            found.retain(|(name, _)| name == stated);
        }
        let usable = found.into_iter().filter_map(|(name, contract)| Some((name, contract?)));
        let best = usable.min_by_key(|(name, contract)| {
            let form = match contract.form {
                Form::Function => 0,
                Form::Object => 1,
                Form::Factory => 2,
            };
            let name = ["logger", "log", "createLogger"].iter().position(|usual| usual == name).unwrap_or(3);
            (form, name)
        });
        best.map(|(_, contract)| contract).ok_or_else(|| match stated {
            Some(stated) => format!("its export `{stated}` is neither a function (level, message, fields), nor an object with the methods info, warn and error, nor a factory of one"),
            None => format!("it exports neither a function (level, message, fields), nor an object with the methods info, warn and error, nor a factory of one; it exports {listed}"),
        })
    }
}

/// How many modules a re-export is followed through.
const MAX_REEXPORTS: usize = 5;

fn module(project: &Project, path: &RelPath) -> Option<SourceFile> {
    let text = project.sources.read(path).ok()?;
    Some(SourceFile::parse(path.clone(), text, Dialect::of(path)?))
}

/// The exports of `file` with their contracts; `only` one of them, if that is asked for. Re-exports are followed.
fn collect(
    project: &Project,
    file: &SourceFile,
    only: Option<&str>,
    depth: usize,
    found: &mut Vec<(String, Option<Contract>)>,
) {
    for export in exports::of(file) {
        if only.is_some_and(|only| only != export.name && export.name != "*") {
            continue;
        }
        match export.target {
            Target::Local(node) => {
                let contract =
                    Reader { file }.contract(node).map(|contract| Contract { export: export.name.clone(), ..contract });
                found.push((export.name, contract));
            }
            Target::Other { name, specifier } if depth < MAX_REEXPORTS => {
                let other = project.resolver.resolve(&file.path, &specifier).and_then(|path| module(project, &path));
                let Some(other) = other else { continue };
                let mut theirs = Vec::new();
                let only = if name == "*" { only } else { Some(name.as_str()) };
                collect(project, &other, only, depth + 1, &mut theirs);
                for (their_name, contract) in theirs {
                    let name = if export.name == "*" { their_name } else { export.name.clone() };
                    found.push((name.clone(), contract.map(|contract| Contract { export: name, ..contract })));
                }
            }
            Target::Other { .. } | Target::Unknown => found.push((export.name, None)),
        }
    }
}

/// The methods of an object, by name.
type Methods<'t> = Vec<(String, Callable<'t>)>;

/// Something that can be called.
#[derive(Debug, Clone, Copy)]
enum Callable<'t> {
    /// By its `formal_parameters`, or a single bare parameter.
    Parameters(Node<'t>),
    /// `console.info` and what is bound to it: takes anything.
    Anything,
}

/// What a parameter's type takes.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Takes {
    /// One of these strings: a level.
    Level(Vec<String>),
    Text,
    /// An object of any keys.
    AnyFields,
    /// An `Error`.
    Error,
    Anything,
    /// Numbers, objects of fixed keys, …
    Other,
}

/// One parameter.
struct Parameter {
    name: String,
    takes: Takes,
    optional: bool,
    rest: bool,
}

/// Reads the declarations of one file.
struct Reader<'t> {
    file: &'t SourceFile,
}

impl<'t> Reader<'t> {
    fn text(&self, node: Node<'t>) -> &'t str {
        self.file.text_of(node)
    }

    /// The contract of what is declared at `node`; its `export` is left empty.
    fn contract(&self, node: Node<'t>) -> Option<Contract> {
        if let Some(callable) = self.callable(node, 0) {
            return self.function(callable).or_else(|| self.factory(node, callable));
        }
        let methods = self.methods(node, 0)?;
        let methods = self.levels(&methods)?;
        Some(Contract {
            export: String::new(),
            form: Form::Object,
            factory_argument: FactoryArgument::Nothing,
            methods,
        })
    }

    /// `log(level, message, fields)`
    fn function(&self, callable: Callable<'t>) -> Option<Contract> {
        let Callable::Parameters(parameters) = callable else { return None };
        let parameters = self.parameters(parameters);
        let (first, rest) = parameters.split_first()?;
        let Takes::Level(levels) = &first.takes else { return None };
        let tail = tail(rest)?;
        let methods = Level::ALL.map(|level| {
            let names = spellings(level);
            let name = names.iter().find(|name| levels.is_empty() || levels.iter().any(|known| known == *name))?;
            Some(Method { name: (*name).to_owned(), tail })
        });
        let factory_argument = FactoryArgument::Nothing;
        Some(Contract { export: String::new(), form: Form::Function, factory_argument, methods })
    }

    /// `createLogger(name)`
    fn factory(&self, node: Node<'t>, callable: Callable<'t>) -> Option<Contract> {
        let Callable::Parameters(parameters) = callable else { return None };
        let factory_argument = match self.parameters(parameters).split_first() {
            None => FactoryArgument::Nothing,
            Some((_, more)) if more.iter().any(|parameter| !parameter.optional) => return None,
            Some((first, _)) => match first.takes {
                Takes::Text | Takes::Anything => FactoryArgument::Name,
                _ => self.name_field(parameters, first)?,
            },
        };
        let methods = self.levels(&self.returned(node, 0)?)?;
        Some(Contract { export: String::new(), form: Form::Factory, factory_argument, methods })
    }

    /// The key of an object parameter that takes the name: the only one that is required, or a usual one.
    fn name_field(&self, parameters: Node<'t>, first: &Parameter) -> Option<FactoryArgument> {
        const USUAL: [&str; 8] =
            ["function", "functionName", "name", "module", "service", "component", "scope", "source"];
        let annotation = parameters.named_child(0)?.child_by_field_name("type")?.named_child(0)?;
        if first.takes == Takes::AnyFields {
            return Some(FactoryArgument::Field("function".into()));
        }
        let body = self.object_type(annotation, 0)?;
        let mut cursor = body.walk();
        let members: Vec<Node<'t>> =
            body.named_children(&mut cursor).filter(|member| member.kind() == "property_signature").collect();
        let name = |member: &Node<'t>| member.child_by_field_name("name").map(|name| self.text(name));
        let mut required = members
            .iter()
            .filter(|member| !self.text(**member).split(':').next().is_some_and(|key| key.trim_end().ends_with('?')));
        let key = match (required.next(), required.next()) {
            (Some(only), None) => name(only),
            (None, _) => members.iter().filter_map(name).find(|name| USUAL.contains(name)),
            _ => None,
        }?;
        USUAL.contains(&key).then(|| FactoryArgument::Field(key.to_owned()))
    }

    /// The level methods among `methods`: at least an error and one of info and warn.
    fn levels(&self, methods: &Methods<'t>) -> Option<[Option<Method>; 4]> {
        let levels = Level::ALL.map(|level| {
            spellings(level).iter().find_map(|name| {
                let (_, callable) = methods.iter().find(|(known, _)| known == name)?;
                let tail = match callable {
                    Callable::Anything => Tail::Fields,
                    Callable::Parameters(parameters) => tail(&self.parameters(*parameters))?,
                };
                Some(Method { name: (*name).to_owned(), tail })
            })
        });
        let [_, info, warn, error] = &levels;
        (error.is_some() && (info.is_some() || warn.is_some())).then_some(levels)
    }

    /// The parameters of a function-like node, if it is one.
    fn callable(&self, node: Node<'t>, depth: usize) -> Option<Callable<'t>> {
        match node.kind() {
            "function_declaration"
            | "function_expression"
            | "arrow_function"
            | "generator_function_declaration"
            | "method_definition"
            | "method_signature"
            | "function_type"
            | "function_signature" => node
                .child_by_field_name("parameters")
                .or_else(|| node.child_by_field_name("parameter"))
                .map(Callable::Parameters),
            "variable_declarator" | "public_field_definition" | "pair" | "property_signature" => {
                let value = node.child_by_field_name("value").and_then(|value| self.callable(value, depth));
                let annotation = || {
                    let annotation = node.child_by_field_name("type")?.named_child(0)?;
                    self.callable(annotation, depth)
                };
                value.or_else(annotation)
            }
            "parenthesized_expression" | "as_expression" | "satisfies_expression" | "parenthesized_type" => {
                self.callable(node.named_child(0)?, depth)
            }
            "identifier" | "shorthand_property_identifier" if depth < MAX_REEXPORTS => {
                self.callable(exports::declaration(self.file, self.text(node))?, depth + 1)
            }
            "type_identifier" if depth < MAX_REEXPORTS => {
                let alias = exports::declaration(self.file, self.text(node))?;
                (alias.kind() == "type_alias_declaration")
                    .then(|| alias.child_by_field_name("value"))?
                    .and_then(|value| self.callable(value, depth + 1))
            }
            "member_expression" if self.text(node).starts_with("console.") => Some(Callable::Anything),
            "call_expression" if self.text(node).starts_with("console.") => Some(Callable::Anything),
            _ => None,
        }
    }

    /// The methods of an object, an instance, a class (its static ones) or a type.
    fn methods(&self, node: Node<'t>, depth: usize) -> Option<Methods<'t>> {
        if depth > MAX_REEXPORTS {
            return None;
        }
        match node.kind() {
            "variable_declarator" => {
                let value = node.child_by_field_name("value").and_then(|value| self.methods(value, depth + 1));
                value.or_else(|| self.methods(node.child_by_field_name("type")?.named_child(0)?, depth + 1))
            }
            "as_expression" | "satisfies_expression" | "parenthesized_expression" | "parenthesized_type" => {
                let value = self.methods(node.named_child(0)?, depth + 1);
                value.or_else(|| self.methods(node.named_child(1)?, depth + 1))
            }
            "object" | "interface_body" | "object_type" => Some(self.members(node, |_| true)),
            "class_declaration" | "abstract_class_declaration" | "class" => {
                Some(self.members(node.child_by_field_name("body")?, |member| is_static(member)))
            }
            "interface_declaration" => self.methods(node.child_by_field_name("body")?, depth + 1),
            "type_alias_declaration" => self.methods(node.child_by_field_name("value")?, depth + 1),
            "new_expression" => {
                let class = exports::declaration(self.file, self.text(node.child_by_field_name("constructor")?))?;
                self.instance(class)
            }
            // `Logger.getInstance()`, `createLogger('app')`
            "call_expression" => {
                let function = node.child_by_field_name("function")?;
                match function.kind() {
                    "member_expression" => {
                        let object = function.child_by_field_name("object")?;
                        let class = exports::declaration(self.file, self.text(object))?;
                        self.instance(class)
                    }
                    _ => self.returned(exports::declaration(self.file, self.text(function))?, depth + 1),
                }
            }
            "identifier" | "type_identifier" => {
                let declaration = exports::declaration(self.file, self.text(node))?;
                match (node.kind(), declaration.kind()) {
                    ("type_identifier", "class_declaration" | "abstract_class_declaration") => {
                        self.instance(declaration)
                    }
                    _ => self.methods(declaration, depth + 1),
                }
            }
            _ => None,
        }
    }

    /// The public methods of a class's instances.
    fn instance(&self, class: Node<'t>) -> Option<Methods<'t>> {
        let is_class = matches!(class.kind(), "class_declaration" | "abstract_class_declaration");
        let body = is_class.then(|| class.child_by_field_name("body"))??;
        Some(self.members(body, |member| {
            let mut cursor = member.walk();
            let hidden = member.children(&mut cursor).any(|child| {
                child.kind() == "accessibility_modifier" && matches!(self.text(child), "private" | "protected")
            });
            !hidden && !is_static(member)
        }))
    }

    fn members(&self, body: Node<'t>, wanted: impl Fn(Node<'t>) -> bool) -> Methods<'t> {
        let mut cursor = body.walk();
        let members: Vec<Node<'t>> = body.named_children(&mut cursor).collect();
        let methods = members.into_iter().filter(|member| wanted(*member)).filter_map(|member| {
            let name = match member.kind() {
                "shorthand_property_identifier" => member,
                "pair" => member.child_by_field_name("key")?,
                _ => member.child_by_field_name("name")?,
            };
            Some((self.text(name).trim_matches(['\'', '"']).to_owned(), self.callable(member, 0)?))
        });
        methods.collect()
    }

    /// The methods of what a function returns.
    fn returned(&self, function: Node<'t>, depth: usize) -> Option<Methods<'t>> {
        let function = match function.kind() {
            "variable_declarator" => function.child_by_field_name("value")?,
            _ => function,
        };
        let annotation = function.child_by_field_name("return_type").and_then(|annotation| annotation.named_child(0));
        if let Some(methods) = annotation.and_then(|annotation| self.methods(annotation, depth + 1)) {
            return Some(methods);
        }
        let body = function.child_by_field_name("body")?;
        if body.kind() != "statement_block" {
            return self.methods(body, depth + 1);
        }
        let mut cursor = body.walk();
        let statements: Vec<Node<'t>> = body.named_children(&mut cursor).collect();
        let result = statements.iter().rfind(|node| node.kind() == "return_statement")?.named_child(0)?;
        self.methods(result, depth + 1).or_else(|| {
            // `const logger = { … }; return logger;`
            let mut locals = statements.iter().filter(|node| node.kind() == "lexical_declaration");
            let local = locals.find_map(|node| {
                let declarator = node.named_child(0)?;
                (self.text(declarator.child_by_field_name("name")?) == self.text(result)).then_some(declarator)
            })?;
            self.methods(local, depth + 1)
        })
    }

    fn parameters(&self, list: Node<'t>) -> Vec<Parameter> {
        if list.kind() == "identifier" {
            let name = self.text(list).to_owned();
            return vec![Parameter { takes: untyped(&name), name, optional: false, rest: false }];
        }
        let mut cursor = list.walk();
        let parameters = list.named_children(&mut cursor).filter(|node| node.kind().ends_with("_parameter"));
        let parameters = parameters.filter_map(|node| {
            let pattern = node.child_by_field_name("pattern")?;
            let rest = pattern.kind() == "rest_pattern";
            let name = self.text(pattern).trim_start_matches("...").to_owned();
            let optional = node.kind() == "optional_parameter" || node.child_by_field_name("value").is_some() || rest;
            let takes = match node.child_by_field_name("type").and_then(|annotation| annotation.named_child(0)) {
                Some(annotation) => self.takes(annotation, &name, 0),
                None => untyped(&name),
            };
            Some(Parameter { name, takes, optional, rest })
        });
        parameters.collect()
    }

    /// What a type takes. `name` is the parameter's, for types that say little.
    fn takes(&self, node: Node<'t>, name: &str, depth: usize) -> Takes {
        if depth > MAX_REEXPORTS {
            return Takes::Other;
        }
        match node.kind() {
            "predefined_type" => match self.text(node) {
                "string" if is_level_name(name) => Takes::Level(Vec::new()),
                "string" => Takes::Text,
                "any" | "unknown" => Takes::Anything,
                "object" => Takes::AnyFields,
                _ => Takes::Other,
            },
            "parenthesized_type" | "readonly_type" => {
                node.named_child(0).map_or(Takes::Other, |inner| self.takes(inner, name, depth + 1))
            }
            "literal_type" => match node.named_child(0) {
                Some(literal) if literal.kind() == "string" => {
                    Takes::Level(vec![self.text(literal).trim_matches(['\'', '"']).to_owned()])
                }
                _ => Takes::Other,
            },
            "union_type" => self.union(node, name, depth),
            "object_type" | "interface_body" => {
                let mut cursor = node.walk();
                let open = node.named_children(&mut cursor).all(|member| member.kind() != "property_signature")
                    || self.has_index(node);
                if open { Takes::AnyFields } else { Takes::Other }
            }
            "generic_type" => {
                let text: String = self.text(node).split_whitespace().collect();
                match text.as_str() {
                    "Record<string,unknown>" | "Record<string,any>" | "Record<PropertyKey,unknown>" => Takes::AnyFields,
                    _ => Takes::Other,
                }
            }
            "array_type" => match node.named_child(0).map(|element| self.takes(element, name, depth + 1)) {
                Some(Takes::Anything) => Takes::Anything,
                _ => Takes::Other,
            },
            "type_identifier" => self.named(node, name, depth),
            _ => Takes::Other,
        }
    }

    fn union(&self, node: Node<'t>, name: &str, depth: usize) -> Takes {
        let mut members = Vec::new();
        let mut stack = vec![node];
        while let Some(node) = stack.pop() {
            let mut cursor = node.walk();
            for child in node.named_children(&mut cursor) {
                match child.kind() {
                    "union_type" => stack.push(child),
                    _ if matches!(self.text(child), "null" | "undefined") => {}
                    _ => members.push(self.takes(child, name, depth + 1)),
                }
            }
        }
        let levels: Option<Vec<String>> = members
            .iter()
            .map(|member| if let Takes::Level(levels) = member { Some(levels.clone()) } else { None })
            .collect::<Option<Vec<_>>>()
            .map(|levels| levels.concat());
        if let Some(levels) = levels.filter(|levels| !levels.is_empty()) {
            return Takes::Level(levels);
        }
        for kind in [Takes::Anything, Takes::AnyFields, Takes::Text, Takes::Error] {
            if members.contains(&kind) {
                return kind;
            }
        }
        Takes::Other
    }

    /// What a named type takes: by its declaration here, else by its name.
    fn named(&self, node: Node<'t>, name: &str, depth: usize) -> Takes {
        let type_name = self.text(node);
        match exports::declaration(self.file, type_name) {
            Some(declaration) => match declaration.kind() {
                "type_alias_declaration" => declaration
                    .child_by_field_name("value")
                    .map_or(Takes::Other, |value| self.takes(value, name, depth + 1)),
                "interface_declaration" => {
                    let mut cursor = declaration.walk();
                    let extends = declaration.named_children(&mut cursor).any(|child| {
                        child.kind() == "extends_type_clause" && self.text(child).contains("Record<string")
                    });
                    let body = declaration.child_by_field_name("body");
                    if extends || body.is_some_and(|body| self.has_index(body)) {
                        Takes::AnyFields
                    } else {
                        Takes::Other
                    }
                }
                _ => Takes::Other,
            },
            None if type_name.ends_with("Error") => Takes::Error,
            None if is_level_name(type_name) => Takes::Level(Vec::new()),
            // Imported: its name and its place say that it is for fields.
            None => Takes::AnyFields,
        }
    }

    /// The members of an object type, through a named one.
    fn object_type(&self, node: Node<'t>, depth: usize) -> Option<Node<'t>> {
        match node.kind() {
            "object_type" | "interface_body" => Some(node),
            "type_identifier" if depth < MAX_REEXPORTS => {
                let declaration = exports::declaration(self.file, self.text(node))?;
                let body =
                    declaration.child_by_field_name("body").or_else(|| declaration.child_by_field_name("value"))?;
                self.object_type(body, depth + 1)
            }
            _ => None,
        }
    }

    fn has_index(&self, body: Node<'t>) -> bool {
        let mut cursor = body.walk();
        body.named_children(&mut cursor).any(|member| {
            member.kind() == "index_signature" && {
                let value: String = self.text(member).split_whitespace().collect();
                value.contains("]:any") || value.contains("]:unknown")
            }
        })
    }
}

/// The names that a level goes by, the usual one first.
fn spellings(level: Level) -> &'static [&'static str] {
    match level {
        Level::Debug => &["debug", "trace", "verbose", "DEBUG"],
        Level::Info => &["info", "log", "INFO"],
        Level::Warn => &["warn", "warning", "WARN"],
        Level::Error => &["error", "ERROR"],
    }
}

fn is_level_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with("level") || name == "severity"
}

fn is_error_name(name: &str) -> bool {
    matches!(name, "e" | "err" | "error" | "exception" | "cause" | "errorOrData" | "maybeError")
}

fn is_static(member: Node<'_>) -> bool {
    let mut cursor = member.walk();
    member.children(&mut cursor).any(|child| child.kind() == "static")
}

fn untyped(name: &str) -> Takes {
    if is_level_name(name) { Takes::Level(Vec::new()) } else { Takes::Anything }
}

/// What the parameters, the message first, take behind it; `None` if they can't be called with a message alone.
fn tail(parameters: &[Parameter]) -> Option<Tail> {
    let (message, rest) = parameters.split_first()?;
    if message.rest {
        return (message.takes == Takes::Anything).then_some(Tail::Fields);
    }
    if !matches!(message.takes, Takes::Text | Takes::Anything) {
        return None;
    }
    let as_error = |parameter: &Parameter| match parameter.takes {
        Takes::Anything if is_error_name(&parameter.name) && !parameter.rest => Some(ErrorType::Anything),
        Takes::Error => Some(ErrorType::ErrorOnly),
        _ => None,
    };
    let is_fields = |parameter: &Parameter| matches!(parameter.takes, Takes::AnyFields | Takes::Anything);
    let (tail, used) = match rest {
        [error, fields, ..] if as_error(error).is_some() && is_fields(fields) => {
            (as_error(error).map_or(Tail::Fields, Tail::ErrorFields), 2)
        }
        [error, ..] if as_error(error).is_some() => (as_error(error).map_or(Tail::Fields, Tail::Error), 1),
        [fields, ..] if is_fields(fields) => (Tail::Fields, 1),
        _ => (Tail::Nothing, 0),
    };
    rest[used..].iter().all(|parameter| parameter.optional).then_some(tail)
}

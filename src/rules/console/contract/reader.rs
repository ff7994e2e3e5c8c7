//! Reads from declarations how a logger is called.

use tree_sitter::Node;

use super::modules::Modules;
use super::types::{Parameter, Takes};
use super::{Contract, ErrorParameter, ErrorType, FactoryArgument, FieldsParameter, Method};
use crate::config::{Form, Level};
use crate::syntax::children;
use crate::syntax::exports::{self, Target};
use crate::syntax::source::SourceFile;

/// How far declarations are followed from one to the next.
pub const MAX_DEPTH: usize = 12;

/// Packages whose loggers take the message first and then anything. (Pino takes the fields first.)
pub const PACKAGES: [&str; 4] = ["winston", "consola", "tslog", "loglevel"];

/// Reads the declarations of a logger's modules.
#[derive(Clone, Copy)]
pub struct Reader<'m> {
    /// The modules.
    pub modules: &'m Modules<'m>,
}

/// A node, and the file that it is of.
#[derive(Clone, Copy)]
pub struct Place<'m> {
    /// The file.
    pub file: &'m SourceFile,
    /// The node.
    pub node: Node<'m>,
}

impl<'m> Place<'m> {
    /// The text of the node.
    pub fn text(self) -> &'m str {
        self.file.text_of(self.node)
    }

    /// What the node has as `field`.
    pub fn field(self, field: &str) -> Option<Place<'m>> {
        Some(self.at(self.node.child_by_field_name(field)?))
    }

    /// A named child of the node.
    pub fn child(self, index: usize) -> Option<Place<'m>> {
        Some(self.at(self.node.named_child(u32::try_from(index).ok()?)?))
    }

    /// The named children but comments.
    pub fn children(self) -> Vec<Place<'m>> {
        children(self.node).into_iter().map(|node| self.at(node)).collect()
    }

    /// The type that it is annotated with.
    pub fn annotation(self) -> Option<Place<'m>> {
        self.field("type")?.child(0)
    }

    /// Another node of the same file.
    pub fn at(self, node: Node<'m>) -> Place<'m> {
        Place { file: self.file, node }
    }
}

/// The methods of an object, by name.
type Methods<'m> = Vec<(String, Callable<'m>)>;

/// Something that can be called.
#[derive(Clone, Copy)]
pub enum Callable<'m> {
    /// By its `formal_parameters`, or a single bare parameter.
    Parameters(Place<'m>),
    /// `console.info` and what is bound to it: takes anything.
    Console,
    /// A method of a known package: takes anything.
    Anything,
    /// There is something, but not what it takes: `info: isDev ? console.info : noop`.
    Unknown,
}

impl<'m> Reader<'m> {
    /// The exports of a module by name, each with its contract if it has one.
    pub fn exports(self, file: &'m SourceFile) -> Vec<(String, Option<Contract>)> {
        let exported = self.exported(file, None, 0);
        let is_same = |one: &Option<Place<'m>>, other: &Option<Place<'m>>| match (one, other) {
            (Some(one), Some(other)) => one.file.path == other.file.path && one.node.id() == other.node.id(),
            _ => false,
        };
        exported
            .iter()
            .map(|(name, place)| {
                let others = exported.iter().filter(|(other, same)| other != name && is_same(place, same));
                let aliases: Vec<String> = others.map(|(other, _)| other.clone()).collect();
                let contract = place.and_then(|place| self.contract(place)).filter(|contract| {
                    // A hook can't be called where its rules don't allow one.
                    contract.form != Form::Factory || !is_hook(name)
                });
                let contract = contract.map(|contract| Contract { export: name.clone(), aliases, ..contract });
                (name.clone(), contract)
            })
            .collect()
    }

    /// The contract of a module whose exports are themselves the methods: `export function info(message, fields)` …
    pub fn namespace(self, file: &'m SourceFile) -> Option<Contract> {
        let exports = self.exported(file, None, 0).into_iter();
        let methods: Methods<'m> =
            exports.filter_map(|(name, place)| Some((name, self.callable(place?, 0)?))).collect();
        let methods = self.levels(&methods)?;
        let factory_argument = FactoryArgument::Nothing;
        Some(Contract { export: "*".to_owned(), aliases: Vec::new(), form: Form::Object, factory_argument, methods })
    }

    /// The exports of a module, those of others that it hands on among them; only the one of a name if that is asked for.
    fn exported(self, file: &'m SourceFile, only: Option<&str>, depth: usize) -> Vec<(String, Option<Place<'m>>)> {
        let mut found = Vec::new();
        for export in exports::of(file) {
            if only.is_some_and(|only| only != export.name && export.name != "*") {
                continue;
            }
            let Target::Other { name, specifier } = export.target else {
                let place = if let Target::Local(node) = export.target { Some(Place { file, node }) } else { None };
                found.push((export.name, place));
                continue;
            };
            let other = self.modules.imported(file, &specifier).filter(|_| depth < MAX_DEPTH);
            match (other, name.as_str()) {
                (Some(other), "*") if export.name == "*" => {
                    let theirs = self.exported(other, only, depth + 1).into_iter();
                    found.extend(theirs.filter(|(name, _)| name != "default"));
                }
                (Some(other), name) => {
                    let theirs = self.exported(other, Some(name), depth + 1).into_iter();
                    found.extend(theirs.map(|(_, place)| (export.name.clone(), place)));
                }
                (None, _) => found.push((export.name, None)),
            }
        }
        without_implementations(found)
    }

    /// What declares `name` at the top level of `file`, or of the module that it is imported from.
    pub fn declaration(self, file: &'m SourceFile, name: &str) -> Option<Place<'m>> {
        self.declared(file, name, 0)
    }

    fn declared(self, file: &'m SourceFile, name: &str, depth: usize) -> Option<Place<'m>> {
        if let Some(node) = exports::declaration(file, name) {
            return Some(Place { file, node });
        }
        let (import, binding) = file.imports().of_local(name)?;
        let (imported, specifier) = (binding.imported.as_str(), import.specifier.as_str());
        let other = self.modules.imported(file, specifier).filter(|_| depth < MAX_DEPTH)?;
        let value = || self.exported(other, Some(imported), depth + 1).into_iter().find_map(|(_, place)| place);
        exports::declaration(other, imported).map(|node| Place { file: other, node }).or_else(value).or_else(|| {
            let reexports = exports::of(other).into_iter().filter_map(|export| match export.target {
                Target::Other { name, specifier } if export.name == imported || export.name == "*" => {
                    Some((if name == "*" { imported.to_owned() } else { name }, specifier))
                }
                _ => None,
            });
            // A type that the other module hands on.
            reexports.into_iter().find_map(|(name, specifier)| {
                self.declared(self.modules.imported(other, &specifier)?, &name, depth + 1)
            })
        })
    }

    /// The contract of what is declared at `place`; its `export` is left empty.
    fn contract(self, place: Place<'m>) -> Option<Contract> {
        if let Some(callable) = self.callable(place, 0) {
            return self.function(callable).or_else(|| self.factory(place, callable));
        }
        let methods = self.levels(&self.methods(place, 0)?)?;
        let factory_argument = FactoryArgument::Nothing;
        Some(Contract::unnamed(Form::Object, factory_argument, methods))
    }

    /// `log(level, message, fields)`
    fn function(self, callable: Callable<'m>) -> Option<Contract> {
        let returns_nothing = self.returns_nothing(callable, 0);
        let Callable::Parameters(parameters) = callable else { return None };
        let parameters = self.parameters(parameters);
        let (first, rest) = parameters.split_first()?;
        let Takes::Level(levels) = &first.takes else { return None };
        let (error, fields) = behind_message(rest)?;
        let methods = Level::ALL.map(|level| {
            let is_known = |name: &&&str| levels.is_empty() || levels.iter().any(|known| known == **name);
            let name = spellings(level).iter().find(is_known)?;
            Some(Method { name: (*name).to_owned(), error: error.clone(), fields: fields.clone(), returns_nothing })
        });
        let factory_argument = FactoryArgument::Nothing;
        is_logger(&methods).then(|| Contract::unnamed(Form::Function, factory_argument, methods))
    }

    /// `createLogger(name)`
    fn factory(self, place: Place<'m>, callable: Callable<'m>) -> Option<Contract> {
        let Callable::Parameters(list) = callable else { return None };
        let parameters = self.parameters(list);
        let factory_argument = match parameters.split_first() {
            None => FactoryArgument::Nothing,
            Some((_, more)) if more.iter().any(|parameter| !parameter.optional) => return None,
            Some((first, _)) => match first.takes {
                Takes::Text | Takes::Anything => FactoryArgument::Name,
                _ => match self.name_key(list, first) {
                    Some(key) => FactoryArgument::Field(key),
                    None if first.optional => FactoryArgument::Nothing,
                    None => return None,
                },
            },
        };
        let methods = self.levels(&self.returned(place, 0)?)?;
        Some(Contract::unnamed(Form::Factory, factory_argument, methods))
    }

    /// The key of an object parameter that takes the name: the only one that is required, or a usual one.
    fn name_key(self, list: Place<'m>, first: &Parameter) -> Option<String> {
        const USUAL: [&str; 8] =
            ["function", "functionName", "name", "module", "service", "component", "scope", "source"];
        let shape = self.shape(list.child(0)?.annotation()?, 0)?;
        let mut required = shape.members.iter().filter(|member| member.required);
        let is_usual = |name: &&str| USUAL.contains(name);
        let key = match (required.next(), required.next()) {
            (Some(only), None) => Some(only.name.as_str()).filter(is_usual),
            (None, _) => shape.members.iter().map(|member| member.name.as_str()).find(is_usual),
            _ => None,
        };
        let any = matches!(first.takes, Takes::Fields(_)) && shape.members.is_empty();
        key.or_else(|| any.then_some("function")).map(str::to_owned)
    }

    /// The level methods among `methods`, if they make a logger.
    fn levels(self, methods: &Methods<'m>) -> Option<[Option<Method>; 4]> {
        let levels = Level::ALL.map(|level| {
            let is_there = |name: &&&str| methods.iter().any(|(known, _)| known == **name);
            let name = spellings(level).iter().find(is_there)?;
            let (_, callable) = methods.iter().rfind(|(known, _)| known == name)?;
            let (error, fields) = match callable {
                Callable::Console | Callable::Anything => (None, Some(FieldsParameter::default())),
                Callable::Parameters(list) => behind_message(&self.parameters(*list))?,
                Callable::Unknown => return None,
            };
            let returns_nothing = self.returns_nothing(*callable, 0);
            Some(Method { name: (*name).to_owned(), error, fields, returns_nothing })
        });
        is_logger(&levels).then_some(levels)
    }

    /// The parameters of a function-like node, if it is one. What a declaration says of its type goes first.
    pub fn callable(self, place: Place<'m>, depth: usize) -> Option<Callable<'m>> {
        if depth > MAX_DEPTH {
            return None;
        }
        match place.node.kind() {
            "function_declaration"
            | "function_expression"
            | "arrow_function"
            | "generator_function_declaration"
            | "method_definition"
            | "method_signature"
            | "abstract_method_signature"
            | "function_type"
            | "function_signature" => {
                place.field("parameters").or_else(|| place.field("parameter")).map(Callable::Parameters)
            }
            "variable_declarator" | "public_field_definition" | "pair" | "property_signature" => {
                let typed = place.annotation().and_then(|annotation| self.callable(annotation, depth + 1));
                typed.or_else(|| self.callable(place.field("value")?, depth + 1))
            }
            "parenthesized_expression" | "as_expression" | "satisfies_expression" | "parenthesized_type" => {
                self.callable(place.child(0)?, depth + 1)
            }
            "identifier" | "shorthand_property_identifier" => {
                self.callable(self.declaration(place.file, place.text())?, depth + 1)
            }
            "type_identifier" => {
                let alias = self.declaration(place.file, place.text())?;
                let is_alias = alias.node.kind() == "type_alias_declaration";
                self.callable(alias.field("value").filter(|_| is_alias)?, depth + 1)
            }
            "member_expression" | "call_expression" if place.text().starts_with("console.") => Some(Callable::Console),
            _ => None,
        }
    }

    /// The methods of an object, an instance, a class (its static ones) or a type.
    fn methods(self, place: Place<'m>, depth: usize) -> Option<Methods<'m>> {
        if depth > MAX_DEPTH {
            return None;
        }
        match place.node.kind() {
            "variable_declarator" => {
                let typed = place.annotation().and_then(|annotation| self.methods(annotation, depth + 1));
                typed.or_else(|| self.methods(place.field("value")?, depth + 1))
            }
            "satisfies_expression" => self.satisfying(place, depth),
            // `{ … } as Logger`, but `{ … } as const` is what it is.
            "as_expression" => {
                let cast = place.child(1).and_then(|cast| self.methods(cast, depth + 1));
                cast.or_else(|| self.methods(place.child(0)?, depth + 1))
            }
            "parenthesized_expression" | "parenthesized_type" | "readonly_type" | "non_null_expression" => {
                self.methods(place.child(0)?, depth + 1)
            }
            "object" | "interface_body" | "object_type" => Some(self.members(place, depth, |_| true)),
            "class_declaration" | "abstract_class_declaration" | "class" => self.of_class(place, depth, true),
            "interface_declaration" => self.of_interface(place, depth),
            "type_alias_declaration" => self.methods(place.field("value")?, depth + 1),
            "intersection_type" => {
                let parts = place.children().into_iter().filter_map(|part| self.methods(part, depth + 1));
                Some(parts.flatten().collect())
            }
            "generic_type" => self.of_record(place, depth),
            "new_expression" => {
                let class = place.field("constructor")?;
                if is_of_package(class) {
                    return Some(Level::ALL.map(|level| (level.as_str().to_owned(), Callable::Anything)).to_vec());
                }
                self.of_class(self.declaration(class.file, class.text())?, depth, false)
            }
            "call_expression" => self.of_call(place, depth),
            "type_identifier" => {
                let declaration = self.declaration(place.file, place.text())?;
                match declaration.node.kind() {
                    "class_declaration" | "abstract_class_declaration" => self.of_class(declaration, depth, false),
                    _ => self.methods(declaration, depth + 1),
                }
            }
            "identifier" => self.methods(self.declaration(place.file, place.text())?, depth + 1),
            _ => None,
        }
    }

    /// `Record<LogLevel, (message: string) => void>`, `Readonly<Logger>`
    fn of_record(self, place: Place<'m>, depth: usize) -> Option<Methods<'m>> {
        let arguments = place.field("type_arguments")?;
        match place.field("name")?.text() {
            "Record" => {
                let Takes::Level(names) = self.takes(arguments.child(0)?, "", depth + 1) else { return None };
                let callable = self.callable(arguments.child(1)?, depth + 1)?;
                Some(names.into_iter().map(|name| (name, callable)).collect())
            }
            "Readonly" => self.methods(arguments.child(0)?, depth + 1),
            _ => None,
        }
    }

    /// `{ … } satisfies Logger`: the object's own methods, with the types that it leaves to the interface.
    fn satisfying(self, place: Place<'m>, depth: usize) -> Option<Methods<'m>> {
        let own = self.methods(place.child(0)?, depth + 1)?;
        let typed = place.child(1).and_then(|typed| self.methods(typed, depth + 1)).unwrap_or_default();
        let with_types = |(name, callable): (String, Callable<'m>)| {
            let Callable::Parameters(list) = callable else { return (name, callable) };
            let theirs = typed.iter().find_map(|(known, callable)| match callable {
                Callable::Parameters(theirs) if *known == name => Some(*theirs),
                _ => None,
            });
            let is_untyped = list.children().iter().all(|parameter| parameter.annotation().is_none());
            match theirs.filter(|theirs| is_untyped && theirs.children().len() == list.children().len()) {
                Some(theirs) => (name, Callable::Parameters(theirs)),
                None => (name, callable),
            }
        };
        Some(own.into_iter().map(with_types).collect())
    }

    /// `Logger.getInstance()`, `createLogger('app')`, `base.child({ … })`, `Object.freeze({ … })`
    fn of_call(self, place: Place<'m>, depth: usize) -> Option<Methods<'m>> {
        let function = place.field("function")?;
        if is_of_package(function) {
            return Some(Level::ALL.map(|level| (level.as_str().to_owned(), Callable::Anything)).to_vec());
        }
        if function.text() == "Object.freeze" {
            return self.methods(place.field("arguments")?.child(0)?, depth + 1);
        }
        if function.node.kind() != "member_expression" {
            return self.returned(self.declaration(function.file, function.text())?, depth + 1);
        }
        let object = function.field("object")?;
        let declaration = self.declaration(object.file, object.text())?;
        if let Some(instance) = self.of_class(declaration, depth, false) {
            return Some(instance);
        }
        let is_same = matches!(function.field("property")?.text(), "child" | "with" | "extend" | "withContext");
        if is_same { self.methods(declaration, depth + 1) } else { None }
    }

    /// The public methods of a class, those of the class that it extends among them: the static ones, or its instances'.
    fn of_class(self, class: Place<'m>, depth: usize, of_class_itself: bool) -> Option<Methods<'m>> {
        let is_class = matches!(class.node.kind(), "class_declaration" | "abstract_class_declaration" | "class");
        if !is_class || depth > MAX_DEPTH {
            return None;
        }
        let heritage = class.children().into_iter().find(|child| child.node.kind() == "class_heritage");
        let base = heritage.and_then(|heritage| heritage.child(0)?.field("value"));
        let base = base.and_then(|base| self.declaration(base.file, base.text()));
        let mut methods = base.and_then(|base| self.of_class(base, depth + 1, of_class_itself)).unwrap_or_default();
        methods.extend(self.members(class.field("body")?, depth, |member| {
            let mut cursor = member.walk();
            let mut words = member.children(&mut cursor).map(|child| class.file.text_of(child));
            let is_static = has_word(member, "static");
            !words.any(|word| matches!(word, "private" | "protected")) && is_static == of_class_itself
        }));
        Some(methods)
    }

    /// The methods of an interface, those of the ones that it extends among them.
    fn of_interface(self, interface: Place<'m>, depth: usize) -> Option<Methods<'m>> {
        let extended = interface.children().into_iter().filter(|child| child.node.kind() == "extends_type_clause");
        let bases = extended.flat_map(Place::children);
        let mut methods: Methods<'m> = bases.filter_map(|base| self.methods(base, depth + 1)).flatten().collect();
        methods.extend(self.methods(interface.field("body")?, depth + 1)?);
        Some(methods)
    }

    fn members(self, body: Place<'m>, depth: usize, is_wanted: impl Fn(Node<'m>) -> bool) -> Methods<'m> {
        let mut methods = Methods::new();
        // An optional method can't be called just so.
        let is_there = |member: &Place<'m>| is_wanted(member.node) && !has_word(member.node, "?");
        for member in body.children().into_iter().filter(is_there) {
            let name = match member.node.kind() {
                "spread_element" => {
                    methods.extend(member.child(0).and_then(|spread| self.spread(spread, depth)).unwrap_or_default());
                    continue;
                }
                "shorthand_property_identifier" => Some(member),
                "pair" => member.field("key"),
                _ => member.field("name"),
            };
            if let Some(name) = name {
                let callable = self.callable(member, depth + 1).unwrap_or(Callable::Unknown);
                methods.push((name.text().trim_matches(['\'', '"']).to_owned(), callable));
            }
        }
        methods
    }

    /// The methods that `...spread` brings into an object.
    fn spread(self, spread: Place<'m>, depth: usize) -> Option<Methods<'m>> {
        if spread.text() == "console" {
            return Some(Level::ALL.map(|level| (level.as_str().to_owned(), Callable::Console)).to_vec());
        }
        self.methods(spread, depth + 1)
    }

    /// The methods of what a function returns.
    fn returned(self, function: Place<'m>, depth: usize) -> Option<Methods<'m>> {
        if depth > MAX_DEPTH {
            return None;
        }
        let function = match function.node.kind() {
            "variable_declarator" => function.field("value")?,
            _ => function,
        };
        if function.node.kind() == "identifier" {
            return self.returned(self.declaration(function.file, function.text())?, depth + 1);
        }
        let annotation = function.field("return_type").and_then(|annotation| annotation.child(0));
        if let Some(methods) = annotation.and_then(|annotation| self.methods(annotation, depth + 1)) {
            return Some(methods);
        }
        let body = function.field("body")?;
        if body.node.kind() != "statement_block" {
            return self.methods(body, depth + 1);
        }
        let statements = body.children();
        let result = statements.iter().rfind(|statement| statement.node.kind() == "return_statement")?.child(0)?;
        let local = || {
            // `const logger = { … }; return logger;`
            let locals = statements.iter().filter(|statement| statement.node.kind() == "lexical_declaration");
            let mut declarators = locals.flat_map(|declaration| declaration.children());
            declarators.find(|declarator| declarator.field("name").is_some_and(|name| name.text() == result.text()))
        };
        self.methods(local().unwrap_or(result), depth + 1)
    }
}

/// Overloads without the implementation, which callers don't see; of those the one with the most parameters.
fn without_implementations<'m>(found: Vec<(String, Option<Place<'m>>)>) -> Vec<(String, Option<Place<'m>>)> {
    let is_overload = |place: &Option<Place<'m>>| place.is_some_and(|place| place.node.kind() == "function_signature");
    let parameters = |place: &Option<Place<'m>>| {
        place.and_then(|place| place.field("parameters")).map_or(0, |list| list.node.named_child_count())
    };
    let is_kept = |(index, (name, place)): &(usize, &(String, Option<Place<'m>>))| {
        let overloads = || found.iter().enumerate().filter(|(_, (known, place))| known == name && is_overload(place));
        let best = overloads().max_by_key(|(_, (_, place))| parameters(place)).map(|(best, _)| best);
        best.is_none_or(|best| best == *index || !(is_overload(place) || place.is_some()))
    };
    found.iter().enumerate().filter(is_kept).map(|(_, export)| export.clone()).collect()
}

/// Whether what is called or constructed comes from one of the known packages.
fn is_of_package(function: Place<'_>) -> bool {
    let name = function.text().split(['.', '(']).next().unwrap_or_default();
    function.file.imports().of_local(name).is_some_and(|(import, _)| {
        let specifier = import.specifier.trim_start_matches("npm:").trim_start_matches("https://esm.sh/");
        PACKAGES.iter().any(|package| {
            specifier.strip_prefix(package).is_some_and(|rest| rest.is_empty() || rest.starts_with(['@', '/']))
        })
    })
}

/// Whether an unnamed child of `node` is this word.
fn has_word(node: Node<'_>, word: &str) -> bool {
    let mut cursor = node.walk();
    node.children(&mut cursor).any(|child| child.kind() == word)
}

/// Whether a logger has enough methods to be one: at least an error and one of info and warn.
fn is_logger([_, info, warn, error]: &[Option<Method>; 4]) -> bool {
    error.is_some() && (info.is_some() || warn.is_some())
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

/// What the parameters, the message first, take behind it. `None` if we can't call them: one wants what we don't have.
fn behind_message(parameters: &[Parameter]) -> Option<(Option<ErrorParameter>, Option<FieldsParameter>)> {
    let (message, rest) = parameters.split_first()?;
    if message.rest {
        return (message.takes == Takes::Anything).then(|| (None, Some(FieldsParameter::default())));
    }
    if !matches!(message.takes, Takes::Text | Takes::Anything) {
        return None;
    }
    let (error, fields) = match rest {
        [error, fields, ..] if error.as_error(Some(fields)).is_some() && fields.as_fields().is_some() => {
            (error.as_error(Some(fields)), fields.as_fields())
        }
        [error, ..] if error.as_error(None).is_some() => (error.as_error(None), None),
        [fields, ..] => (None, fields.as_fields()),
        [] => (None, None),
    };
    let used = usize::from(error.is_some()) + usize::from(fields.is_some());
    rest[used..].iter().all(|parameter| parameter.optional).then_some((error, fields))
}

impl Parameter {
    /// As the parameter for an error, where `next` is the one for fields.
    fn as_error(&self, next: Option<&Parameter>) -> Option<ErrorParameter> {
        let has_name =
            matches!(self.name.as_str(), "e" | "err" | "error" | "exception" | "cause" | "errorOrData" | "maybeError");
        let accepts = match &self.takes {
            _ if self.rest => return None,
            Takes::Anything if has_name => ErrorType::Anything,
            Takes::Error => ErrorType::ErrorOnly,
            // `error?: Error | Record<string, unknown>` before fields of their own.
            Takes::ErrorOrFields(taken) => match next {
                Some(next) if next.optional => {
                    let fields = FieldsParameter { required: !self.optional, taken: taken.clone() };
                    ErrorType::ErrorOrFields(fields)
                }
                Some(_) => ErrorType::ErrorOnly,
                None => return None,
            },
            _ => return None,
        };
        Some(ErrorParameter { accepts, required: !self.optional, absent: self.absent })
    }

    /// As the parameter for fields.
    fn as_fields(&self) -> Option<FieldsParameter> {
        let taken = match &self.takes {
            Takes::Anything => Vec::new(),
            Takes::Fields(taken) | Takes::ErrorOrFields(taken) => taken.clone(),
            _ => return None,
        };
        Some(FieldsParameter { required: !self.optional, taken })
    }
}

/// Whether a function is called as React's hooks are.
fn is_hook(name: &str) -> bool {
    name.strip_prefix("use").is_some_and(|rest| rest.starts_with(char::is_uppercase))
}

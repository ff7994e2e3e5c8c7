//! Methods of the console that are handed on as functions: `.catch(console.error)`, `onError={console.error}`.
//!
//! An arrow function takes their place, with a message that is drawn from the call that they hang on. Its parameters are
//! `unknown`, so that it fits wherever the method did.

use tree_sitter::Node;

use super::call::{Arguments, Rewrite, Target};
use super::context::FileContext;
use super::contract::{ErrorType, Method};
use super::errors;
use super::made;
use super::names::{self, core};
use super::text::quoted;
use crate::syntax::children;

/// A method of the console that is handed on.
#[derive(Debug)]
pub struct Reference<'t> {
    /// `console.error`
    access: Node<'t>,
    /// What is said when it is called.
    message: String,
    /// What it is called with.
    given: Given,
}

/// What a function that is handed on is called with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Given {
    /// What a promise was rejected with.
    Error,
    /// What a promise was fulfilled with.
    Result,
    /// An element of a list, and its place.
    Item,
    /// A line of text that is all there is to say.
    Line,
    /// Nobody knows.
    Anything,
}

const HANDED_ON: &str = "it is handed on as a function, not called";

impl<'t> Reference<'t> {
    /// What `access`, the method `method`, is handed on to; `above` are the nodes around it, the root first.
    ///
    /// # Errors
    /// The reason why no other function can take its place.
    pub fn of(
        cx: &FileContext<'_>,
        access: Node<'t>,
        method: &str,
        above: &[Node<'t>],
    ) -> Result<Reference<'t>, &'static str> {
        let mut around = above.iter().rev().copied();
        let parent = around.next().ok_or(HANDED_ON)?;
        let holder = around.next().ok_or(HANDED_ON)?;
        let (message, given) = match parent.kind() {
            "arguments" => of_argument(cx, access, parent, holder)?,
            "jsx_expression" if holder.kind() == "jsx_attribute" => {
                let attribute = holder.named_child(0).ok_or(HANDED_ON)?;
                let element = around.next().and_then(|element| element.child_by_field_name("name"));
                let element = element.map_or("", |name| cx.file.text_of(name));
                (format!("{element} {}", cx.file.text_of(attribute)).trim_start().to_owned(), Given::Anything)
            }
            "pair" if holder.kind() == "object" => {
                let key = parent.child_by_field_name("key").filter(|key| key.kind() == "property_identifier");
                let key = cx.file.text_of(key.ok_or(HANDED_ON)?);
                if key == method || ["log", "debug", "info", "warn", "error"].contains(&key) {
                    return Err("it is handed on as the method of a logger");
                }
                let call = around.nth(1).and_then(|call| call.child_by_field_name("function"));
                let called = call.map(|function| chain(cx, function)).unwrap_or_default();
                (format!("{called} {key}").trim_start().to_owned(), Given::Anything)
            }
            "assignment_expression"
                if parent.child_by_field_name("left").is_some_and(|left| left.id() == access.id()) =>
            {
                return Err("the console is assigned to");
            }
            _ => return Err(HANDED_ON),
        };
        Ok(Reference { access, message, given })
    }

    /// The arrow function that takes its place.
    ///
    /// # Errors
    /// The reason why the logger's method can't take what it is called with.
    pub fn draft(&self, cx: &FileContext<'_>, target: Target<'_>) -> Result<Rewrite, String> {
        let (parameters, values): (_, &[&str]) = match self.given {
            Given::Error => ("error: unknown", &["error"]),
            Given::Result => ("result: unknown", &["result"]),
            Given::Item => ("item: unknown, index: unknown", &["item", "index"]),
            Given::Line => ("line: string", &[]),
            Given::Anything => ("...args: unknown[]", &["args"]),
        };
        let quote = cx.file.style().quote;
        let arguments = if self.given == Given::Error {
            error_arguments(target.method, target.traits.flattens_errors)?
        } else if self.given == Given::Line {
            if !requires_no_error(target.method) || target.method.fields.as_ref().is_some_and(|fields| fields.required)
            {
                return Err(HANDED_ON.to_owned());
            }
            String::new()
        } else {
            let fields = target.method.fields.as_ref().filter(|_| requires_no_error(target.method));
            let Some(_) = fields else {
                return Err(format!("the logger's `{}` has no parameter that takes any fields", target.method.name));
            };
            let absent = target.method.error.as_ref().filter(|error| error.fields_instead().is_none());
            let absent = absent.map_or(String::new(), |error| format!(", {}", error.absent.unwrap_or("undefined")));
            format!("{absent}, {{ {} }}", values.join(", "))
        };
        let taken: Vec<&str> = target.method.taken_fields().collect();
        if values.iter().any(|value| taken.contains(value) || cx.options.reserved.iter().any(|name| name == value)) {
            return Err("its value would need another name in the fields".to_owned());
        }
        let prefix = if target.method.returns_nothing { "" } else { "void " };
        let message = if self.given == Given::Line { "line".to_owned() } else { quoted(&self.message, quote) };
        Ok(Rewrite {
            level: target.level,
            callee: self.access.byte_range(),
            lead: format!("({parameters}) => {prefix}"),
            quote,
            arguments: Arguments::Written(format!("{message}{arguments}")),
        })
    }
}

/// Whether a method can be called without an error.
fn requires_no_error(method: &Method) -> bool {
    method.error.as_ref().is_none_or(|error| !error.required || error.absent.is_some())
}

/// What stands behind the message to log the parameter `error`, which is `unknown`.
fn error_arguments(method: &Method, flattens_errors: bool) -> Result<String, String> {
    let value = if flattens_errors { errors::details_of("error") } else { "error".to_owned() };
    let field = if flattens_errors { format!("error: {value}") } else { value.clone() };
    let takes_fields = method.fields.is_some();
    match &method.error {
        Some(parameter) if parameter.accepts == ErrorType::Anything => Ok(format!(", {value}")),
        Some(parameter) if takes_fields => {
            let other = parameter.absent.unwrap_or("new Error(String(error))");
            Ok(format!(", error instanceof Error ? error : {other}, {{ {field} }}"))
        }
        None if takes_fields => Ok(format!(", {{ {field} }}")),
        Some(_) => Err(format!("the logger's `{}` takes nothing but an Error, which this may not be", method.name)),
        None => Err(format!("the logger's `{}` has no parameter that takes any fields", method.name)),
    }
}

/// The message for an argument of `call`, and what it is called with.
fn of_argument(
    cx: &FileContext<'_>,
    access: Node<'_>,
    list: Node<'_>,
    call: Node<'_>,
) -> Result<(String, Given), &'static str> {
    let field = if call.kind() == "new_expression" { "constructor" } else { "function" };
    let function = call.child_by_field_name(field).ok_or(HANDED_ON)?;
    let method = function.child_by_field_name("property").map_or("", |property| cx.file.text_of(property));
    let object = function.child_by_field_name("object");
    let arguments = children(list);
    let index = arguments.iter().position(|argument| argument.id() == access.id()).unwrap_or(0);
    let hung_on = |object: Node<'_>| {
        let chain = chain(cx, promise(cx, object));
        if chain.is_empty() { made::function(cx, call) } else { chain }
    };
    match (method, index, object) {
        ("catch", 0, Some(object)) | ("then", 1, Some(object)) => {
            Ok((format!("{} failed", hung_on(object)), Given::Error))
        }
        ("then", 0, Some(object)) => Ok((format!("{} result", hung_on(object)), Given::Result)),
        ("forEach", 0, Some(object)) => Ok((format!("{}: item", hung_on(object)), Given::Item)),
        ("off" | "removeEventListener" | "removeListener" | "unsubscribe", ..) => Err(REMOVED),
        ("on" | "once" | "addEventListener" | "addListener", ..) if is_removed_somewhere(cx) => Err(REMOVED),
        ("bind" | "call" | "apply", ..) => Err(HANDED_ON),
        _ if is_logger_of_hono(cx, function) => Ok((String::new(), Given::Line)),
        _ => {
            let called = chain(cx, function);
            let called = if called.is_empty() { made::function(cx, call) } else { called };
            let event = arguments.first().filter(|first| index > 0 && first.kind() == "string");
            let event = event.and_then(|event| event.named_child(0)).map(|event| cx.file.text_of(event));
            let is_plain = |text: &&str| text.chars().all(|part| part.is_alphanumeric() || "_-:.".contains(part));
            Ok((event.filter(is_plain).map_or(called.clone(), |event| format!("{called}: {event}")), Given::Anything))
        }
    }
}

/// Whether `function` is the middleware of Hono that makes a line of each request, and hands it to what it is given:
/// `app.use(logger(console.log))`.
fn is_logger_of_hono(cx: &FileContext<'_>, function: Node<'_>) -> bool {
    let imported = cx.file.imports().of_local(cx.file.text_of(function));
    imported.is_some_and(|(import, binding)| binding.imported == "logger" && import.specifier.contains("hono"))
}

const REMOVED: &str = "it is a listener that may be removed again, by being the same function";

fn is_removed_somewhere(cx: &FileContext<'_>) -> bool {
    [".removeEventListener(", ".removeListener(", ".off("].iter().any(|call| cx.file.text.contains(call))
}

/// What a chain of `.then`, `.catch` and `.finally` starts with.
fn promise<'t>(cx: &FileContext<'_>, object: Node<'t>) -> Node<'t> {
    let mut node = core(object);
    while let Some(function) = node.child_by_field_name("function").filter(|_| node.kind() == "call_expression") {
        let property = function.child_by_field_name("property").map(|property| cx.file.text_of(property));
        let inner = function.child_by_field_name("object");
        match inner.filter(|_| matches!(property, Some("then" | "catch" | "finally"))) {
            Some(inner) => node = core(inner),
            None => break,
        }
    }
    node
}

/// The names along a chain, as in `supabase.from.insert`; of a long one the last two.
fn chain(cx: &FileContext<'_>, node: Node<'_>) -> String {
    let names = names::chain(cx, node);
    let whole = names.join(".");
    if whole.len() <= made::MAX_EXPRESSION { whole } else { names[names.len().saturating_sub(2)..].join(".") }
}

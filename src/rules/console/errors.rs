//! What of a call goes to the logger's parameter for an error.

use tree_sitter::Node;

use super::context::FileContext;
use super::contract::{ErrorParameter, ErrorType, Method};
use super::fields::Part;
use super::names;
use crate::syntax::scope::DeclarationKind;

/// What goes to the logger's `error` parameter.
#[derive(Debug)]
pub enum ErrorArgument<'t> {
    /// Nothing: it has none, or nothing follows it.
    Nothing,
    /// An argument, where it stands.
    InPlace {
        /// The argument.
        argument: Node<'t>,
        /// The value in it, or itself.
        node: Node<'t>,
    },
    /// An argument that goes from its place.
    Moved {
        /// The argument.
        argument: Node<'t>,
        /// What stands for it: only names, so that nothing is evaluated earlier.
        text: String,
    },
    /// This text, for no argument of its own: nothing, or what is an error of a field's value.
    Written(String),
}

/// How a value is passed as an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pass {
    /// As it is.
    AsItIs,
    /// Only if it turns out to be an `Error`.
    IfItIsOne,
}

impl<'t> ErrorArgument<'t> {
    /// Takes the value for the error parameter of `method` out of `parts`. A value that may not be an `Error` where only
    /// one is accepted stays among them as well, so that whatever was thrown is logged.
    ///
    /// # Errors
    /// The reason why the call can't be rewritten.
    pub fn take(
        cx: &FileContext<'_>,
        method: &Method,
        flattens_errors: bool,
        parts: &mut Vec<Part<'t>>,
    ) -> Result<ErrorArgument<'t>, String> {
        let Some(parameter) = &method.error else { return Ok(ErrorArgument::Nothing) };
        let found = parts.iter().enumerate().find_map(|(index, part)| match part {
            Part::Value(value) if !value.is_in_message => Some((index, pass(cx, value.node, &parameter.accepts)?)),
            _ => None,
        });
        let Some((index, pass)) = found else { return ErrorArgument::without(method, parameter, parts) };
        let node = parts[index].node();
        let argument = parts[index].argument().unwrap_or(node);
        let before: Vec<Node<'_>> = parts[..index].iter().filter(|part| part.is_field()).map(Part::node).collect();
        if !before.iter().all(|node| is_quiet(*node)) && may_change(cx, node) {
            return Err("the error might be another one before the values in front of it are evaluated".into());
        }
        if pass == Pass::AsItIs {
            parts.remove(index);
            let flattens = flattens_errors && parameter.accepts == ErrorType::Anything;
            if let Some(details) = details(cx, node).filter(|_| flattens) {
                return Ok(ErrorArgument::Moved { argument, text: details });
            }
            let moved = || ErrorArgument::Moved { argument, text: cx.file.text_of(node).to_owned() };
            return Ok(if before.is_empty() { ErrorArgument::InPlace { argument, node } } else { moved() });
        }
        if method.fields.is_none() {
            return Err(format!("the logger's `{}` takes nothing but an Error, which this may not be", method.name));
        }
        let name = cx.file.text_of(names::core(node));
        let other = parameter.absent.map_or_else(|| format!("new Error(String({name}))"), str::to_owned);
        Ok(ErrorArgument::Written(format!("{name} instanceof Error ? {name} : {other}")))
    }

    /// What is passed where nothing is known to be an error.
    fn without(method: &Method, parameter: &ErrorParameter, parts: &[Part<'_>]) -> Result<ErrorArgument<'t>, String> {
        let is_needed = parameter.required || method.fields.is_some() && parts.iter().any(Part::is_field);
        match parameter.absent {
            _ if !is_needed || parameter.fields_instead().is_some() => Ok(ErrorArgument::Nothing),
            Some(absent) => Ok(ErrorArgument::Written(absent.to_owned())),
            None => {
                Err(format!("the logger's `{}` requires an Error, and nothing here is known to be one", method.name))
            }
        }
    }
}

/// How `node` is passed where `accepts` says what may be; `None` if it isn't known to be an error.
fn pass(cx: &FileContext<'_>, node: Node<'_>, accepts: &ErrorType) -> Option<Pass> {
    let inner = names::core(node);
    if !matches!(inner.kind(), "identifier" | "shorthand_property_identifier") || node.kind() == "await_expression" {
        return None;
    }
    if *accepts == ErrorType::Anything {
        return (cx.is_error(inner) || is_named_error(cx, inner)).then_some(Pass::AsItIs);
    }
    let is_cast = matches!(node.kind(), "as_expression" | "satisfies_expression")
        && node.named_child(1).is_some_and(|cast| cx.is_error_type(cast));
    if is_cast && (cx.is_error(inner) || is_named_error(cx, inner)) {
        return Some(Pass::AsItIs);
    }
    let pass = typed(cx, inner)?;
    let is_known = pass == Pass::AsItIs && node.id() == inner.id();
    // `import Error from 'next/error'` is no class of errors.
    let can_be_tested = cx.file.name("Error").is_global_at(node.start_byte());
    if is_known { Some(Pass::AsItIs) } else { can_be_tested.then_some(Pass::IfItIsOne) }
}

/// What to log instead of a value that may be an error, where the logger makes JSON of it: of an `Error` that leaves
/// nothing but its own properties. `None` for a value that isn't known to be one, or can't be asked.
pub fn details(cx: &FileContext<'_>, node: Node<'_>) -> Option<String> {
    let name = cx.file.text_of(names::core(node));
    let can_be_tested = cx.file.name("Error").is_global_at(node.start_byte());
    pass(cx, node, &ErrorType::ErrorOnly).filter(|_| can_be_tested)?;
    Some(details_of(name))
}

/// The details of the variable `name`, if that is an `Error`, else itself.
pub fn details_of(name: &str) -> String {
    format!("{name} instanceof Error ? {{ ...{name}, message: {name}.message, stack: {name}.stack }} : {name}")
}

/// How an identifier is passed to a parameter of the type `Error`, by its own type.
fn typed(cx: &FileContext<'_>, identifier: Node<'_>) -> Option<Pass> {
    let name = cx.file.name(cx.file.text_of(identifier));
    let declaration = name.resolve(identifier.start_byte())?;
    let path = cx.file.path_to(declaration.range.clone());
    let around = || path.iter().rev().skip(1);
    let looks_so = || cx.is_error(identifier) || is_named_error(cx, identifier);
    let Some(annotation) = around().take(2).find_map(|node| node.child_by_field_name("type")) else {
        // Of other values the type may be one that `instanceof` doesn't take: `const [error, setError] = useState('')`.
        let is_testable = declaration.is_error() && !is_narrowed(cx, &path, identifier)
            || cx.is_error(identifier) && around().any(|node| is_query(cx, *node));
        return is_testable.then_some(Pass::IfItIsOne);
    };
    let annotation = annotation.named_child(0)?;
    let text = cx.file.text_of(annotation);
    let is_optional = around().take(1).any(|node| node.kind() == "optional_parameter");
    match text {
        "any" => looks_so().then_some(Pass::AsItIs),
        "unknown" => (looks_so() && !is_narrowed(cx, &path, identifier)).then_some(Pass::IfItIsOne),
        _ if cx.is_error_type(annotation) && !is_optional => Some(Pass::AsItIs),
        _ => text.split('|').any(|member| is_error_class(cx, member.trim())).then_some(Pass::IfItIsOne),
    }
}

/// Whether a type is called as classes of errors are, and is no alias, which may stand for a text.
fn is_error_class(cx: &FileContext<'_>, name: &str) -> bool {
    name.ends_with("Error") && !cx.file.text.contains(&format!("type {name} ="))
}

/// Whether a variable gets what a query of supabase-js resolves to: `await supabase.from('x').select()`. Its errors are
/// objects; those of others may be texts.
fn is_query(cx: &FileContext<'_>, declarator: Node<'_>) -> bool {
    let value = declarator.child_by_field_name("value").filter(|_| declarator.kind() == "variable_declarator");
    let promise = value.filter(|value| value.kind() == "await_expression").and_then(|value| value.named_child(0));
    promise.is_some_and(|promise| {
        let text = cx.file.text_of(promise).to_ascii_lowercase();
        ["supabase", "query", ".from(", ".rpc("].iter().any(|word| text.contains(word))
    })
}

/// Whether the code around says more of a value's type, `typeof e === 'string'`, so that `instanceof` may not be allowed.
/// `path` leads to its declaration.
fn is_narrowed(cx: &FileContext<'_>, path: &[Node<'_>], identifier: Node<'_>) -> bool {
    let name = cx.file.text_of(identifier);
    let block = path.iter().rev().find(|node| node.end_byte() >= identifier.end_byte());
    block.is_some_and(|block| cx.file.text_of(*block).contains(&format!("typeof {name}")))
}

/// Whether an identifier is called as errors are: `err`, `insertError`; but not `isError` or `onError`, nor a function.
fn is_named_error(cx: &FileContext<'_>, identifier: Node<'_>) -> bool {
    const OTHERS: [&str; 6] = ["is", "has", "on", "set", "show", "handle"];
    let text = cx.file.text_of(identifier);
    let is_other = |text: &str| {
        let mut rests = OTHERS.iter().filter_map(|other| text.strip_prefix(other));
        rests.any(|rest| rest.starts_with(char::is_uppercase))
    };
    let is_so_called = matches!(text, "error" | "err" | "e" | "ex" | "exception")
        || text.ends_with("Error") && !text.starts_with(char::is_uppercase) && !is_other(text);
    let name = cx.file.name(text);
    let declared = name.resolve(identifier.start_byte()).map(|declaration| declaration.kind);
    use DeclarationKind::{CatchParameter, Const, Let, Parameter, RejectionParameter, Var};
    is_so_called && matches!(declared, Some(CatchParameter | Const | Let | Parameter | RejectionParameter | Var))
}

/// Whether evaluating `node` changes nothing.
pub fn is_quiet(node: Node<'_>) -> bool {
    match node.kind() {
        "identifier" | "this" => true,
        "member_expression" => node.child_by_field_name("object").is_some_and(is_quiet),
        _ => false,
    }
}

/// Whether a name may be assigned to while a call is evaluated.
fn may_change(cx: &FileContext<'_>, node: Node<'_>) -> bool {
    let node = names::core(node);
    let name = cx.file.name(cx.file.text_of(node));
    let declaration = name.resolve(node.start_byte());
    declaration.is_none_or(|declaration| matches!(declaration.kind, DeclarationKind::Let | DeclarationKind::Var))
}

//! Who calls: the tenant and the user of a request, as far as somebody has verified its token before a place is reached.

use std::ops::Range;
use std::rc::Rc;

use tree_sitter::Node;

use super::passing::{Called, Passing};
use super::values::{identifiers, value_of};
use crate::config::Fallback;
use crate::project::RelPath;
use crate::rules::edge::files::Files;
use crate::rules::edge::handler::{arguments, core};
use crate::rules::edge::place::Place;
use crate::rules::edge::request::{has_child, innermost_function};
use crate::rules::edge::user;
use crate::rules::edge::verified::{self, Verified};
use crate::rules::is_helper_module;
use crate::rules::tenants::claims;
use crate::rules::tenants::helper::{self, Helper, REQUIRE, VERIFYING};
use crate::syntax::exports::{self, Target};
use crate::syntax::source::SourceFile;

/// Calls that check a token, by the last names of what is called.
const CHECKS: [&str; 3] = ["getUser", "getClaims", "jwtVerify"];

/// A caller whose token was verified.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The request, as an expression; none in a function that is given the caller instead.
    pub request: Option<String>,
    /// The tenant, as an expression: nothing, where the token names none.
    pub tenant: String,
    /// The names that hold it.
    pub own_names: Vec<String>,
    /// All names that hold the tenant, or an id in its place where the token names none.
    pub tenant_names: Vec<String>,
    /// The user's id, as an expression.
    pub user: Option<String>,
    /// What has to be written for the tenant.
    pub for_tenant: Passing,
    /// What has to be written for the user.
    pub for_user: Passing,
    /// The function that is given the caller.
    pub called: Option<Rc<Called>>,
}

/// What is said where no request is.
pub const NOBODY: &str = "no request is in scope, so nobody is known";

/// What is said where tokens name no tenant.
pub const NO_TENANT: &str = "nothing was seen that writes a tenant into tokens, and nothing is cached without one: \
                             state `claim-source` under [tenants]";

/// The verified caller at the byte `range` of `file`, in a function that has the request.
///
/// # Errors
/// Why none is known there, as a clause.
pub fn of_request(files: &Files<'_>, file: &SourceFile, place: &Place, range: &Range<usize>) -> Result<Caller, String> {
    if place.naming.is_some() {
        return Err("its handler has no name for the request".to_owned());
    }
    let path = file.path_to(place.function.clone());
    let function = path.into_iter().rev().find(|node| node.byte_range() == place.function);
    let function = function.ok_or("its handler can't be read")?;
    let block = function.child_by_field_name("body").filter(|body| body.kind() == "statement_block");
    let base = files.project.supabase_of(&file.path).and_then(|folder| folder.base.join("functions"));
    let base = base.unwrap_or_else(RelPath::root);
    let helper = helper::of(files, &base, files.project.config.tenants.function.get_ref())?;
    trust(files, &helper)?;
    verify(files, file, place, function, range, &helper)?;
    let known = block.and_then(|block| user::of(file, block, range.start));
    let known = known.map(|user| format!("{}.id", user.name));
    tenant(files, file, place, &helper, known, range)
}

/// Whether the tenant that `helper` tells comes from the token.
///
/// # Errors
/// That it isn't seen, as a clause.
pub fn trust(files: &Files<'_>, helper: &Helper) -> Result<(), String> {
    if helper.new_file.is_some() {
        return Ok(());
    }
    let file = files.get(&helper.path).ok_or_else(|| format!("{} can't be read", helper.path))?;
    if is_helper_module(&file.text) {
        return Ok(());
    }
    let export = exports::of(&file).into_iter().find(|export| export.name == helper.function);
    let own = match export.map(|export| export.target) {
        Some(Target::Local(node)) => squeezed(file.text_of(node)),
        _ => String::new(),
    };
    // What reads no header by itself leaves that to the rest of its module.
    let text = if own.contains("headers.get(") { own } else { squeezed(&file.text) };
    let reads: Vec<&str> = text.split("headers.get(").skip(1).collect();
    let is_token = |rest: &&str| rest.get(1..).is_some_and(|rest| rest.starts_with("authorization"));
    let others = ["user_metadata", "searchparams", ".json()", "cookie", ".url"];
    if reads.is_empty() || !reads.iter().all(is_token) || others.iter().any(|word| text.contains(word)) {
        return Err(format!(
            "it isn't seen that `{}` of {} takes the tenant from the token alone, which callers can't write",
            helper.function, helper.path
        ));
    }
    Ok(())
}

/// Whether the token that the tenant is taken from was verified before `range`.
fn verify(
    files: &Files<'_>,
    file: &SourceFile,
    place: &Place,
    function: Node<'_>,
    range: &Range<usize>,
    helper: &Helper,
) -> Result<(), String> {
    if helper::verifies(files, helper) {
        return Ok(());
    }
    let checks = checks(file, function);
    let (before, behind): (Vec<Node<'_>>, Vec<Node<'_>>) =
        checks.into_iter().partition(|check| check.end_byte() <= range.start);
    match verified::of(files, file, place, std::slice::from_ref(range)) {
        _ if before.is_empty() && !behind.is_empty() => Err("it stands before the authentication".to_owned()),
        _ if !before.iter().all(|check| is_of_request(file, *check)) => {
            Err("it isn't seen that the token that is checked is the one in the request's Authorization header".to_owned())
        }
        Verified::ByCode { .. } if is_hoisted(file, place, range) => {
            Err("its function may be called before the authentication".to_owned())
        }
        Verified::ByPlatform | Verified::ByCode { .. } | Verified::ByHelper => Ok(()),
        Verified::No => Err(
            "nobody has verified the token before it: neither the platform (verify_jwt) nor the handler (`auth.getUser()`)"
                .to_owned(),
        ),
    }
}

/// Whether a place is in a function that is known in all of the handler, also above its declaration.
fn is_hoisted(file: &SourceFile, place: &Place, range: &Range<usize>) -> bool {
    let inner = file.path_to(range.clone()).into_iter().rev().take_while(|node| node.byte_range() != place.function);
    inner.into_iter().any(|node| node.kind() == "function_declaration")
}

/// The calls in a function that check a token.
fn checks<'t>(file: &'t SourceFile, function: Node<'t>) -> Vec<Node<'t>> {
    let named = CHECKS.iter().flat_map(|name| {
        let found = file.text.match_indices(name).map(|(at, _)| at..at + name.len());
        found.filter(|at| function.byte_range().contains(&at.start)).collect::<Vec<_>>()
    });
    let call = |at: Range<usize>| {
        let path = file.path_to(at.clone());
        let call = path.into_iter().rev().take(3).find(|node| node.kind() == "call_expression")?;
        let callee = call.child_by_field_name("function")?;
        (callee.end_byte() == at.end).then_some(call)
    };
    named.filter_map(call).collect()
}

/// Whether a check is about the token in the request's header: it is given that, or its client is.
fn is_of_request(file: &SourceFile, check: Node<'_>) -> bool {
    let arguments = check.child_by_field_name("arguments").map(arguments).unwrap_or_default();
    match (arguments.first(), check.child_by_field_name("function")) {
        (Some(token), _) => reads_header(file, *token),
        (None, Some(callee)) => reads_header(file, callee),
        (None, None) => false,
    }
}

/// How many variables a value is followed through.
const DEPTH: usize = 4;

/// Whether a value comes from the Authorization header of a request.
pub fn reads_header(file: &SourceFile, node: Node<'_>) -> bool {
    fn follow(file: &SourceFile, node: Node<'_>, depth: usize) -> bool {
        let text = squeezed(file.text_of(node));
        let is_read = ["headers.get(", "headers?.get(", ".header("].iter().any(|get| {
            text.match_indices(get)
                .any(|(at, _)| text.get(at + get.len() + 1..).is_some_and(|rest| rest.starts_with("authorization")))
        });
        is_read
            || depth < DEPTH
                && identifiers(node)
                    .into_iter()
                    .filter_map(|name| value_of(file, name))
                    .any(|value| !value.byte_range().contains(&node.start_byte()) && follow(file, value, depth + 1))
    }
    follow(file, node, 0)
}

/// A text without blanks, in lower case.
pub fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<String>().to_ascii_lowercase()
}

/// A variable that holds the tenant.
struct Variable {
    name: String,
    /// What stands behind its `||`.
    fallback: Option<Instead>,
}

#[derive(PartialEq, Eq)]
enum Instead {
    /// An id for all who have no tenant.
    Literal,
    /// The user, or what the resolver answers: nobody shares it who isn't meant to.
    Own,
}

fn tenant(
    files: &Files<'_>,
    file: &SourceFile,
    place: &Place,
    helper: &Helper,
    user: Option<String>,
    range: &Range<usize>,
) -> Result<Caller, String> {
    let options = &files.project.config.tenants;
    let variables = variables(files, file, place, helper, user.as_deref(), range);
    let own = variables.iter().find(|variable| variable.fallback != Some(Instead::Literal));
    let is_claimed = own.is_none_or(|variable| variable.fallback.is_none());
    let or_user = user.as_ref().filter(|_| options.fallback == Fallback::User && own.is_none());
    if is_claimed && or_user.is_none() && claims::source(files).is_none() {
        return Err(NO_TENANT.to_owned());
    }
    let names = |is_wanted: &dyn Fn(&Variable) -> bool| {
        variables.iter().filter(|variable| is_wanted(variable)).map(|variable| variable.name.clone()).collect()
    };
    let caller = Caller {
        request: Some(place.request.clone()),
        tenant: own.map(|variable| variable.name.clone()).unwrap_or_default(),
        own_names: names(&|variable| variable.fallback != Some(Instead::Literal)),
        tenant_names: names(&|_| true),
        user: user.clone(),
        for_tenant: Passing::default(),
        for_user: Passing::default(),
        called: None,
    };
    if own.is_some() {
        return Ok(caller);
    }
    let (local, wanted) = helper::binding(files, file, helper, &helper.function, &[range.start]);
    let call = format!("{local}({})", place.request);
    if helper.is_async && !innermost_function(file, range.start).is_some_and(|function| has_child(function, "async")) {
        return Err(format!("`{}` answers with a promise, and its function isn't async", helper.function));
    }
    let tenant = match (helper.is_async, or_user) {
        (false, None) => call,
        (true, None) => format!("await {call}"),
        (false, Some(user)) => format!("{call} || {user}"),
        (true, Some(user)) => format!("(await {call}) || {user}"),
    };
    let for_tenant = Passing {
        edits: Vec::new(),
        imports: vec![(file.path.clone(), wanted)],
        new_files: helper.new_file.iter().cloned().collect(),
    };
    Ok(Caller { tenant, for_tenant, ..caller })
}

/// The constants before `range` that hold what the helper tells of the request.
fn variables(
    files: &Files<'_>,
    file: &SourceFile,
    place: &Place,
    helper: &Helper,
    user: Option<&str>,
    range: &Range<usize>,
) -> Vec<Variable> {
    let is_helper = |written: &str| files.project.resolver.resolve(&file.path, written).as_ref() == Some(&helper.path);
    let functions = [helper.function.as_str(), REQUIRE, VERIFYING];
    let locals = functions.iter().filter_map(|function| file.imports().local_name(function, is_helper));
    let calls = locals.flat_map(|local| file.name(local).references.clone());
    let variable = |called: Range<usize>| {
        let path = file.path_to(called);
        let (callee, call) = (path.last()?, path.len().checked_sub(2).map(|at| path[at])?);
        let given = call.child_by_field_name("arguments").map(arguments).unwrap_or_default();
        let is_call = call.child_by_field_name("function").is_some_and(|function| function.id() == callee.id());
        if !is_call || given.first().map(|given| file.text_of(*given)) != Some(place.request.as_str()) {
            return None;
        }
        let mut fallback = None;
        let mut value = call;
        for parent in path[..path.len() - 2].iter().rev() {
            match parent.kind() {
                "await_expression" | "parenthesized_expression" => value = *parent,
                "binary_expression" if fallback.is_none() => {
                    let (left, right) = (parent.child_by_field_name("left")?, parent.child_by_field_name("right")?);
                    let operator = parent.child_by_field_name("operator").map(|operator| file.text_of(operator));
                    if left.id() != value.id() || !matches!(operator, Some("||" | "??")) {
                        return None;
                    }
                    fallback = Some(instead(files, file, right, user)?);
                    value = *parent;
                }
                "variable_declarator" => {
                    let name = parent.child_by_field_name("name").filter(|name| name.kind() == "identifier")?;
                    let text = file.text_of(name);
                    let declared = file.name(text);
                    let sees = declared.resolve(range.start).is_some_and(|known| known.range == name.byte_range());
                    let is_const = value_of(file, name).is_some_and(|known| known.id() == value.id());
                    return (sees && is_const && parent.end_byte() <= range.start)
                        .then(|| Variable { name: text.to_owned(), fallback });
                }
                _ => return None,
            }
        }
        None
    };
    calls.filter_map(variable).collect()
}

/// What counts where the token names no tenant; `None` if nobody knows what that is.
fn instead(files: &Files<'_>, file: &SourceFile, node: Node<'_>, user: Option<&str>) -> Option<Instead> {
    let options = &files.project.config.tenants;
    let node = core(node);
    let text = file.text_of(node);
    let resolves = options.fallback == Fallback::Resolve
        && options.resolver_parts().is_some_and(|(_, export)| text.contains(&format!("{export}(")));
    match node.kind() {
        "string" | "template_string" => Some(Instead::Literal),
        _ if Some(text) == user || resolves => Some(Instead::Own),
        _ => None,
    }
}

//! The edits of a plan: the tenant is asked for where the request is, and passed on to where it is not.

use std::ops::Range;

use tree_sitter::Node;

use super::helper::{self, Helper, REQUIRE};
use super::is_function;
use super::plan::{Plan, Request, Thread};
use super::site::Need;
use super::thread::NAMES;
use crate::config::Fallback;
use crate::edit::{Edit, Wanted};
use crate::project::RelPath;
use crate::rules::edge::calls::{Call, Refusal};
use crate::rules::edge::files::Files;
use crate::rules::edge::place::Function;
use crate::rules::edge::preflight::{self, Preflight};
use crate::rules::edge::request::{at_start, free_name, has_child, innermost_function, line_end};
use crate::rules::edge::signature::{edit, is_broken, passed};
use crate::rules::edge::user;
use crate::rules::edge::verified::Verified;
use crate::syntax::source::SourceFile;

/// What is done in one function.
#[derive(Debug, Default, Clone)]
pub struct Work {
    /// The edits, in any files.
    pub edits: Vec<Edit>,
    /// The imports that they rely on.
    pub imports: Vec<(RelPath, Wanted)>,
}

/// What is done in a function that has the request.
///
/// # Errors
/// Why it can't be done.
pub fn of_request(
    files: &Files<'_>,
    plan: &Plan,
    request: &Request,
    helper: &Helper,
    verified: Verified,
) -> Result<Work, Refusal> {
    let place = &request.place;
    let file = files.get(&place.path).ok_or_else(|| gone(&place.path))?;
    let file: &SourceFile = &file;
    let refuse = |reason: &str| Refusal::at(file, place.function.clone(), reason.to_owned());
    if is_broken(file, &place.function) {
        return Err(refuse("the code around it can't be parsed"));
    }
    let function = node_at(file, &place.function).ok_or_else(|| refuse("its function can't be read"))?;
    let fallback = files.project.config.tenants.fallback;
    let uses: Vec<usize> = uses(request).iter().map(|range| range.start).collect();
    let asked = if fallback == Fallback::Deny { REQUIRE } else { helper.function.as_str() };
    let (local, wanted) = helper::binding(files, file, helper, asked, &uses);
    let mut work = Work { edits: Vec::new(), imports: vec![(place.path.clone(), wanted)] };
    if let Some(naming) = &place.naming {
        work.edits.push(edit(file, naming.edit.0.clone(), naming.edit.1.clone()));
    }
    let awaited = |call: String| if helper.is_async { format!("(await {call})") } else { call };
    let call = awaited(format!("{local}({})", place.request));
    let is_single = request.needs.len() + request.calls.len() == 1;
    let needs_statement = matches!(fallback, Fallback::User | Fallback::Deny)
        || place.naming.as_ref().is_some_and(|naming| naming.statement.is_some());
    let first = uses.iter().min().copied().unwrap_or(place.function.start);
    let is_async_there = innermost_is_async(file, first);
    let ids = plan.ids_of_request(request);
    if ids.len() > 1 && !request.calls.is_empty() {
        return Err(refuse("it stands for more than one tenant"));
    }
    // One constant can't go on with several ids.
    let in_place = (is_single || ids.len() > 1) && !needs_statement && (!helper.is_async || is_async_there);
    if ids.len() > 1 && !in_place && fallback == Fallback::Literal {
        return Err(refuse("it stands for more than one tenant"));
    }
    let body = function.child_by_field_name("body");
    let block = body.filter(|body| body.kind() == "statement_block");
    let (fallback_text, more) = fallback_of(files, file, request, function, ids.first())?;
    work.imports.extend(more.map(|wanted| (place.path.clone(), wanted)));
    let expression = format!("{call} || {fallback_text}");
    if in_place || block.is_none() {
        if needs_statement {
            return Err(refuse("its handler has no block for the statements that the fallback needs"));
        }
        if helper.is_async && !has_child(function, "async") {
            return Err(refuse(&format!("`{}` answers with a promise, and its function isn't async", helper.function)));
        }
        for need in &request.needs {
            // Each goes on with its own id.
            let expression =
                if fallback == Fallback::Literal { format!("{call} || {}", need.text) } else { expression.clone() };
            work.edits.push(edit(file, need.range.clone(), fitted(file, need, &expression)));
        }
        pass(files, plan, &request.calls, &expression, &mut work)?;
        return Ok(work);
    }
    let block = block.ok_or_else(|| refuse("its function has no block"))?;
    if helper.is_async && !has_child(function, "async") {
        return Err(refuse(&format!("`{}` answers with a promise, and its function isn't async", helper.function)));
    }
    let may_await = !helper.is_async || is_async_there;
    if let Some(constant) = constant(file, request).filter(|_| !needs_statement && may_await) {
        for need in &request.needs {
            let text = if need.range == constant.value { expression.clone() } else { constant.name.clone() };
            work.edits.push(edit(file, need.range.clone(), short(file, need, &text)));
        }
        pass(files, plan, &request.calls, &constant.name, &mut work)?;
        return Ok(work);
    }
    let name = free_name(file, function, &NAMES).ok_or_else(|| refuse("all names for the tenant are taken"))?;
    let end = if file.style().semicolons { ";" } else { "" };
    let mut lines: Vec<String> = place.naming.iter().filter_map(|naming| naming.statement.clone()).collect();
    match fallback {
        Fallback::Deny => {
            if !place.is_handler {
                return Err(refuse("only a handler can answer 401"));
            }
            lines.push(format!("const {name} = {call}{end}"));
            lines.push(format!("if ({name} instanceof Response) return {name}{end}"));
        }
        _ => lines.push(format!("const {name} = {expression}{end}")),
    }
    let behind = match fallback {
        Fallback::User => user::of(file, block, first).map(|user| user.end),
        _ => None,
    };
    let checked = match verified {
        Verified::ByCode { end } => Some(end),
        Verified::ByPlatform | Verified::ByHelper | Verified::No => None,
    };
    let declared = inserted(file, function, block, first, behind.max(checked), &lines);
    // It may stand in a block of its own, a `try`.
    let at = declared.first().map_or(first, |edit| edit.range.start);
    let around = file.path_to(at..at);
    let scope = around.into_iter().rev().find(|node| node.kind() == "statement_block").map(|node| node.byte_range());
    if !scope.is_some_and(|scope| uses.iter().all(|at| scope.contains(at))) {
        return Err(refuse("the request can't be used in one place for all that need its tenant"));
    }
    work.edits.extend(declared);
    for need in &request.needs {
        work.edits.push(edit(file, need.range.clone(), short(file, need, &name)));
    }
    pass(files, plan, &request.calls, &name, &mut work)?;
    Ok(work)
}

/// A constant of the handler that is to hold the tenant, for all others that want it.
struct Constant {
    name: String,
    /// The byte range of the literal that it holds now.
    value: Range<usize>,
}

/// The constant among the needs of a request that stands before all others, where these see it.
fn constant(file: &SourceFile, request: &Request) -> Option<Constant> {
    let first = request.needs.iter().min_by_key(|need| need.range.start)?;
    let path = file.path_to(first.range.clone());
    let at = path.iter().rposition(|node| node.kind() == "variable_declarator")?;
    let (declarator, declaration, block) = (path[at], path.get(at.checked_sub(1)?)?, path.get(at.checked_sub(2)?)?);
    let name = declarator.child_by_field_name("name").filter(|name| name.kind() == "identifier")?;
    let is_value = declarator.child_by_field_name("value").is_some_and(|value| value.byte_range() == first.range);
    let is_const = file.text_of(*declaration).starts_with("const");
    let found = file.name(file.text_of(name));
    let sees = |range: &Range<usize>| {
        let is_it = found.resolve(range.start).is_some_and(|known| known.range == name.byte_range());
        range.start > declaration.end_byte() && block.byte_range().contains(&range.start) && is_it
    };
    let others = uses(request).into_iter().filter(|range| *range != first.range);
    let seen_by_all = others.into_iter().all(|range| sees(&range));
    (is_value && is_const && seen_by_all)
        .then(|| Constant { name: file.text_of(name).to_owned(), value: first.range.clone() })
}

/// What is done in a function that is given the tenant.
///
/// # Errors
/// Why it can't be done.
pub fn of_thread(files: &Files<'_>, plan: &Plan, function: &Function, thread: &Thread) -> Result<Work, Refusal> {
    let file = files.get(&function.path).ok_or_else(|| gone(&function.path))?;
    let Some(signature) = &thread.signature else { return Ok(Work::default()) };
    if plan.ids_of(function).len() > 1 {
        let name = function.name.0..function.name.1;
        return Err(Refusal::at(&file, name, format!("`{}` stands for more than one tenant", function.called)));
    }
    let mut work = Work { edits: signature.edits.clone(), imports: Vec::new() };
    let replaced =
        thread.needs.iter().filter(|need| !need.is_default && Some(&need.range) != signature.instead_of.as_ref());
    work.edits.extend(replaced.map(|need| edit(&file, need.range.clone(), short(&file, need, &signature.name))));
    pass(files, plan, &thread.calls, &signature.name, &mut work)?;
    Ok(work)
}

/// Lets calls pass `text`.
fn pass(
    files: &Files<'_>,
    plan: &Plan,
    calls: &[(Function, Call)],
    text: &str,
    work: &mut Work,
) -> Result<(), Refusal> {
    for (function, call) in calls {
        let file = files.get(&call.path).ok_or_else(|| gone(&call.path))?;
        let Some(thread) = plan.threads.get(function) else { continue };
        let Some(signature) = &thread.signature else { continue };
        let is_new = !thread.needs.iter().any(|need| need.is_default);
        work.edits.extend(passed(&file, call, signature.index, is_new, text)?);
    }
    Ok(())
}

/// The byte ranges in a function that want the tenant.
pub fn uses(request: &Request) -> Vec<Range<usize>> {
    let needs = request.needs.iter().map(|need| need.range.clone());
    needs.chain(request.calls.iter().map(|(_, call)| call.start..call.end)).collect()
}

/// What counts where the token names no tenant, and what has to be imported for it.
fn fallback_of(
    files: &Files<'_>,
    file: &SourceFile,
    request: &Request,
    function: Node<'_>,
    id: Option<&String>,
) -> Result<(String, Option<Wanted>), Refusal> {
    let options = &files.project.config.tenants;
    let refuse = |reason: String| Refusal::at(file, request.place.function.clone(), reason);
    match options.fallback {
        Fallback::Literal | Fallback::Deny => {
            let own = request.needs.first().map(|need| need.text.clone());
            // The ids are plain: they may stand between quotes.
            let id = id.map(|id| file.style().quoted(id)).unwrap_or_default();
            Ok((own.unwrap_or(id), None))
        }
        Fallback::User => {
            let body = function.child_by_field_name("body").filter(|body| body.kind() == "statement_block");
            let first = uses(request).iter().map(|range| range.start).min().unwrap_or_default();
            let found = body.and_then(|body| user::of(file, body, first));
            found.map(|user| (format!("{}.id", user.name), None)).ok_or_else(|| {
                refuse(
                    "no user is known before it: the handler has no `auth.getUser()` that refuses whoever is none"
                        .to_owned(),
                )
            })
        }
        Fallback::Resolve => {
            let (module, export) =
                options.resolver_parts().ok_or_else(|| refuse("no resolver is configured".to_owned()))?;
            let folder = files.project.supabase_of(&file.path);
            let path = folder.and_then(|folder| folder.base.join("functions")?.join(module));
            let path = path.filter(|path| files.project.sources.exists(path));
            let path = path.ok_or_else(|| refuse(format!("the resolver's module {module} doesn't exist")))?;
            if !has_child(function, "async") {
                return Err(refuse("its resolver is awaited, and its function isn't async".to_owned()));
            }
            let resolver = Helper { path, function: export.to_owned(), is_async: true, new_file: None };
            let starts: Vec<usize> = uses(request).iter().map(|range| range.start).collect();
            let (local, wanted) = helper::binding(files, file, &resolver, export, &starts);
            Ok((format!("(await {local}({}))", request.place.request), Some(wanted)))
        }
    }
}

/// An expression in the place of a need: between brackets where its neighbours would take it apart.
pub fn fitted(file: &SourceFile, need: &Need, expression: &str) -> String {
    let path = file.path_to(need.range.clone());
    let parent = path.iter().rev().find(|node| node.byte_range() != need.range);
    let is_tight = parent.is_some_and(|parent| match parent.kind() {
        "binary_expression" => {
            parent.child_by_field_name("operator").is_none_or(|operator| file.text_of(operator) != "||")
        }
        "as_expression" | "satisfies_expression" | "non_null_expression" | "await_expression" => true,
        _ => false,
    });
    let expression = if is_tight { format!("({expression})") } else { expression.to_owned() };
    short(file, need, &expression)
}

/// The same for what stands in an object by its name alone, which then needs its key.
pub fn short(file: &SourceFile, need: &Need, expression: &str) -> String {
    if !need.range.is_empty() {
        return expression.to_owned();
    }
    let key = &need.text;
    if key == expression && file.text[..need.range.start].ends_with(key.as_str()) {
        String::new()
    } else {
        format!(": {expression}")
    }
}

/// The edits that put `lines` into a function's block: behind the whole preflight, and behind the byte offset `least`.
fn inserted(
    file: &SourceFile,
    function: Node<'_>,
    block: Node<'_>,
    first: usize,
    least: Option<usize>,
    lines: &[String],
) -> Vec<Edit> {
    let newline = file.style().newline;
    let preflight = match preflight::of(file, block) {
        Preflight::Behind { statement } if statement.end_byte() <= first => Some(statement.end_byte()),
        _ => None,
    };
    if let Some(end) = preflight.max(least) {
        let indent = file.indent_at(end);
        let text: String = lines.iter().map(|line| format!("{newline}{indent}{line}")).collect();
        return vec![match line_end(file, end) {
            Some(at) => edit(file, at..at, format!("{newline}{text}")),
            None => edit(file, end..end, format!("{text}{newline}{indent}")),
        }];
    }
    let edits = at_start(file, function, block, lines, false).into_iter();
    edits.map(|(range, text)| edit(file, range, text)).collect()
}

/// Whether the innermost function around a byte offset is async.
fn innermost_is_async(file: &SourceFile, offset: usize) -> bool {
    innermost_function(file, offset).is_some_and(|function| has_child(function, "async"))
}

/// The function with exactly this byte range.
fn node_at<'t>(file: &'t SourceFile, range: &Range<usize>) -> Option<Node<'t>> {
    file.path_to(range.clone()).into_iter().rev().find(|node| node.byte_range() == *range && is_function(*node))
}

/// The refusal of a file that can't be read.
pub fn gone(path: &RelPath) -> Refusal {
    Refusal { reason: format!("{path} can't be read"), related: Vec::new() }
}

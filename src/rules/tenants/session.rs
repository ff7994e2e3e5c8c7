//! Code that runs in the browser: there is no request, so the tenant comes from where phase2.toml says.

use std::ops::Range;

use tree_sitter::Node;

use super::edits::{Work, fitted, gone, short};
use super::helper::{self, Helper};
use super::is_function;
use super::site::Need;
use super::thread::NAMES;
use crate::config::Frontend;
use crate::project::RelPath;
use crate::rules::edge::calls::Refusal;
use crate::rules::edge::files::Files;
use crate::rules::edge::handler::statements;
use crate::rules::edge::request::{free_name, has_child};
use crate::rules::edge::signature::{edit, is_broken};
use crate::syntax::source::SourceFile;

/// A function in the browser that needs the tenant.
#[derive(Debug)]
pub struct Session {
    /// The byte range of the function.
    pub function: Range<usize>,
    /// Whether it is a component or a hook, which call hooks; else it awaits.
    pub calls_hook: bool,
    /// The expressions that are to become the tenant.
    pub needs: Vec<Need>,
}

/// The function around `need` that can ask for the tenant, with its byte offset.
///
/// # Errors
/// Why there is none.
pub fn around(files: &Files<'_>, file: &SourceFile, need: &Need) -> Result<(usize, Session), Refusal> {
    let options = &files.project.config.tenants.frontend;
    let refuse = |reason: &str| Refusal::at(file, need.range.clone(), reason.to_owned());
    if options.module.is_none() {
        return Err(refuse("it runs in the browser: name where the tenant comes from under [tenants.frontend]"));
    }
    let path = file.path_to(need.range.clone());
    let functions: Vec<usize> = (0..path.len()).rev().filter(|index| is_function(path[*index])).collect();
    let innermost = functions.first().map(|index| path[*index]);
    let session = |function: Node<'_>, calls_hook: bool| {
        (function.start_byte(), Session { function: function.byte_range(), calls_hook, needs: Vec::new() })
    };
    if let Some(function) = innermost.filter(|function| has_child(*function, "async") && options.export.is_some()) {
        return Ok(session(function, false));
    }
    let component = functions.iter().rev().find(|index| {
        let name = match path[**index].kind() {
            "function_declaration" => path[**index].child_by_field_name("name"),
            _ => index.checked_sub(1).and_then(|parent| path[parent].child_by_field_name("name")),
        };
        let name = name.map(|name| file.text_of(name)).unwrap_or_default();
        let is_hook =
            name.strip_prefix("use").is_some_and(|rest| rest.starts_with(|letter: char| letter.is_uppercase()));
        is_hook || name.starts_with(|letter: char| letter.is_uppercase())
    });
    match component {
        Some(index) if options.hook.is_some() => Ok(session(path[*index], true)),
        _ => Err(refuse("it runs in the browser, neither in an async function nor in a component")),
    }
}

/// What is done in a function in the browser.
///
/// # Errors
/// Why it can't be done.
pub fn work(files: &Files<'_>, path: &RelPath, session: &Session) -> Result<Work, Refusal> {
    let file = files.get(path).ok_or_else(|| gone(path))?;
    let refuse = |reason: &str| Refusal::at(&file, session.function.clone(), reason.to_owned());
    if is_broken(&file, &session.function) {
        return Err(refuse("the code around it can't be parsed"));
    }
    let Frontend { module, export, hook } = &files.project.config.tenants.frontend;
    let base =
        files.project.file(path).map(|known| files.project.unit(known).base.clone()).unwrap_or_else(RelPath::root);
    let module = module.as_ref().and_then(|module| base.join(module.get_ref()));
    let module = module.filter(|module| files.project.sources.exists(module));
    let module = module.ok_or_else(|| refuse("the module of [tenants.frontend] doesn't exist"))?;
    let name = if session.calls_hook { hook } else { export };
    let name = name.as_ref().map(|name| name.get_ref().clone()).unwrap_or_default();
    let source = Helper { path: module, function: name.clone(), is_async: !session.calls_hook, new_file: None };
    let uses: Vec<usize> = session.needs.iter().map(|need| need.range.start).collect();
    let (local, wanted) = helper::binding(files, &file, &source, &name, &uses);
    let mut work = Work { edits: Vec::new(), imports: vec![(path.clone(), wanted)] };
    if !session.calls_hook {
        let replaced = session.needs.iter().map(|need| {
            edit(&file, need.range.clone(), fitted(&file, need, &format!("(await {local}()) || {}", need.text)))
        });
        work.edits.extend(replaced);
        return Ok(work);
    }
    let path_to = file.path_to(session.function.clone());
    let function = path_to.into_iter().rev().find(|node| node.byte_range() == session.function && is_function(*node));
    let function = function.ok_or_else(|| refuse("its component can't be read"))?;
    let block = function.child_by_field_name("body").filter(|body| body.kind() == "statement_block");
    let first = block.and_then(|block| statements(block).first().copied());
    let (Some(first), Some(need)) = (first, session.needs.first()) else {
        return Err(refuse("its component has no block that a hook could be called in"));
    };
    let name = free_name(&file, function, &NAMES).ok_or_else(|| refuse("all names for the tenant are taken"))?;
    let (newline, indent) = (file.style().newline, file.indent_at(first.start_byte()));
    let end = if file.style().semicolons { ";" } else { "" };
    let line = format!("const {name} = {local}() || {}{end}{newline}{indent}", need.text);
    work.edits.push(edit(&file, first.start_byte()..first.start_byte(), line));
    work.edits.extend(session.needs.iter().map(|need| edit(&file, need.range.clone(), short(&file, need, &name))));
    Ok(work)
}

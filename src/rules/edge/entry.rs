//! Where an edge function's entry file serves, and what.

use std::ops::Range;

use memchr::memmem;
use tree_sitter::Node;

use super::handler::{arguments, core, is_function};
use crate::project::{Project, RelPath};
use crate::rules::Related;
use crate::syntax::exports::{self, Target};
use crate::syntax::source::SourceFile;

/// What an entry file does.
#[derive(Debug)]
pub enum Entry<'t> {
    /// It serves, in one place.
    Serve(Serve<'t>),
    /// Nobody can tell what it serves.
    Unclear {
        /// The place.
        range: Range<usize>,
        /// Why.
        reason: String,
        /// Other places that matter.
        related: Vec<Related>,
    },
}

/// Where a file serves.
#[derive(Debug)]
pub struct Serve<'t> {
    /// What is reported: `Deno.serve`.
    pub range: Range<usize>,
    /// The expression that is served.
    pub slot: Node<'t>,
    /// Whether the handler is a method, `export default { fetch(req) { … } }`.
    pub is_method: bool,
}

/// The modules of the standard library that export `serve`.
fn is_std_http(specifier: &str) -> bool {
    specifier.contains("deno.land/std") && specifier.contains("/http")
        || specifier.starts_with("jsr:@std/http")
        || matches!(
            specifier,
            "std/http/server.ts" | "http/server.ts" | "std/server" | "std/http" | "@std/http" | "std/http/server"
        )
        || specifier.ends_with("/http/server.ts")
}

/// What `file`, an entry file, does.
pub fn of<'t>(project: &Project, file: &'t SourceFile) -> Entry<'t> {
    let unclear =
        |range: Range<usize>, reason: &str| Entry::Unclear { range, reason: reason.to_owned(), related: Vec::new() };
    if file.text.trim().is_empty() {
        return unclear(0..0, "the file is empty");
    }
    let calls = calls(file);
    match calls[..] {
        [call] => served(file, call),
        [] => exported(file).unwrap_or_else(|| elsewhere(project, file)),
        [_, second, ..] => {
            let range = second.start_byte()
                ..second.child_by_field_name("arguments").map_or(second.end_byte(), |list| list.start_byte());
            unclear(range, &format!("it serves in {} places", calls.len()))
        }
    }
}

/// The calls of `Deno.serve` and of the standard library's `serve`.
fn calls(file: &SourceFile) -> Vec<Node<'_>> {
    let imports = &file.imports().statements;
    let local = imports.iter().filter(|import| is_std_http(&import.specifier)).find_map(|import| {
        import.bindings.iter().find(|binding| binding.imported == "serve").map(|binding| binding.local.as_str())
    });
    let mut calls = Vec::new();
    let deno = file.name("Deno");
    for at in memmem::find_iter(file.text.as_bytes(), "Deno") {
        let path = file.path_to(at..at + "Deno".len());
        let [.., call, member, leaf] = path[..] else { continue };
        let is_serve = leaf.byte_range() == (at..at + 4)
            && member.child_by_field_name("property").is_some_and(|name| file.text_of(name) == "serve")
            && deno.references.iter().any(|range| range.start == at)
            && deno.is_global_at(at);
        calls.extend(is_call_of(call, member).then_some(call).filter(|_| is_serve));
    }
    if let Some(local) = local {
        let name = file.name(local);
        for range in &name.references {
            let path = file.path_to(range.clone());
            let [.., call, leaf] = path[..] else { continue };
            let is_import = name.resolve(range.start).is_some_and(|declaration| declaration.top_level);
            calls.extend(is_call_of(call, leaf).then_some(call).filter(|_| is_import));
        }
    }
    calls.sort_by_key(Node::start_byte);
    calls
}

fn is_call_of(call: Node<'_>, function: Node<'_>) -> bool {
    call.kind() == "call_expression"
        && call.child_by_field_name("function").map(|node| node.id()) == Some(function.id())
}

/// What a call of `serve` serves: its first argument that is no object of options, or the `handler` of that.
fn served<'t>(file: &'t SourceFile, call: Node<'t>) -> Entry<'t> {
    let is_deno = file.text_of(call).starts_with("Deno");
    let list = call.child_by_field_name("arguments").filter(|list| list.kind() == "arguments");
    let range = call.start_byte()..list.map_or(call.end_byte(), |list| list.start_byte());
    let arguments: Vec<Node<'t>> = list.map_or_else(Vec::new, arguments);
    let slot = match arguments[..] {
        [options, handler, ..] if options.kind() == "object" => Some(handler),
        // `Deno.serve(options, handler)`, but `serve(handler, options)`.
        [first, handler] if is_deno && !is_function(first) && handler.kind() != "object" => Some(handler),
        [options] if options.kind() == "object" => member(file, options, "handler"),
        [handler, ..] if handler.kind() != "spread_element" => Some(handler),
        _ => None,
    };
    match slot {
        Some(slot) => Entry::Serve(Serve { range, slot, is_method: false }),
        None => Entry::Unclear { range, reason: "what it serves isn't written there".to_owned(), related: Vec::new() },
    }
}

/// The value of a key of an object.
fn member<'t>(file: &SourceFile, object: Node<'t>, key: &str) -> Option<Node<'t>> {
    let mut cursor = object.walk();
    object.named_children(&mut cursor).find_map(|entry| match entry.kind() {
        "pair" if file.text_of(entry.child_by_field_name("key")?) == key => entry.child_by_field_name("value"),
        "method_definition" if file.text_of(entry.child_by_field_name("name")?) == key => Some(entry),
        "shorthand_property_identifier" if file.text_of(entry) == key => Some(entry),
        _ => None,
    })
}

/// `export default { fetch: … }`
fn exported(file: &SourceFile) -> Option<Entry<'_>> {
    let default = exports::of(file).into_iter().find(|export| export.name == "default")?;
    let Target::Local(mut object) = default.target else { return None };
    if object.kind() == "variable_declarator" {
        object = object.child_by_field_name("value")?;
    }
    while matches!(object.kind(), "satisfies_expression" | "as_expression" | "parenthesized_expression") {
        object = object.named_child(0)?;
    }
    let slot = member(file, object, "fetch").filter(|_| object.kind() == "object")?;
    let range = slot.child_by_field_name("name").unwrap_or(slot).byte_range();
    let range =
        range.start..range.end.min(file.text[range.start..].find('\n').map_or(range.end, |line| range.start + line));
    if slot.kind() == "shorthand_property_identifier" {
        let reason = "its `fetch` is written in short".to_owned();
        return Some(Entry::Unclear { range, reason, related: Vec::new() });
    }
    Some(Entry::Serve(Serve { range, is_method: slot.kind() == "method_definition", slot }))
}

/// Which argument of its function `name` the module at `path` serves as it is: `function serveApp(handler) {
/// Deno.serve(handler); }`
fn serves_argument(project: &Project, path: &RelPath, name: &str) -> Option<usize> {
    let module = project.parse(path)?;
    let export = exports::of(&module).into_iter().find(|export| export.name == name)?;
    let Target::Local(node) = export.target else { return None };
    let function = if node.kind() == "variable_declarator" { node.child_by_field_name("value")? } else { node };
    let [call] = calls(&module)[..] else { return None };
    let Entry::Serve(Serve { slot, .. }) = served(&module, call) else { return None };
    let slot = core(slot);
    let parameters = function.child_by_field_name("parameters")?;
    let mut cursor = parameters.walk();
    let patterns: Vec<Node<'_>> = parameters
        .named_children(&mut cursor)
        .filter_map(|parameter| parameter.child_by_field_name("pattern"))
        .collect();
    let declared = module.name(module.text_of(slot)).resolve(slot.start_byte())?.range.clone();
    patterns.iter().position(|pattern| slot.kind() == "identifier" && pattern.byte_range() == declared)
}

/// An argument of the call of what is named in `range`.
fn argument<'t>(file: &'t SourceFile, range: &Range<usize>, index: usize) -> Option<Node<'t>> {
    let path = file.path_to(range.clone());
    let [.., call, callee] = path[..] else { return None };
    let list = call.child_by_field_name("arguments").filter(|_| is_call_of(call, callee))?;
    let arguments = arguments(list);
    let is_plain = arguments.iter().all(|argument| argument.kind() != "spread_element");
    arguments.get(index).copied().filter(|_| is_plain)
}

/// A file that hands what it serves to another module, or doesn't serve at all.
fn elsewhere<'t>(project: &Project, file: &'t SourceFile) -> Entry<'t> {
    for import in &file.imports().statements {
        for binding in import.bindings.iter().filter(|binding| binding.local.to_ascii_lowercase().contains("serve")) {
            let name = file.name(&binding.local);
            let called = name.references.iter().find(|range| file.text[range.end..].trim_start().starts_with('('));
            if let Some(range) = called {
                let module = project.resolver.resolve(&file.path, &import.specifier);
                let handed = module.as_ref().and_then(|path| serves_argument(project, path, &binding.imported));
                if let Some(slot) = handed.and_then(|index| argument(file, range, index)) {
                    return Entry::Serve(Serve { range: range.clone(), slot, is_method: false });
                }
                let shown = module.as_ref().map_or(import.specifier.clone(), ToString::to_string);
                let reason = format!(
                    "`{}` of {shown} serves it: limit it there, or say under [rate-limit.exempt] why not",
                    binding.local
                );
                let related =
                    module.map(|path| Related { path, range: 0..0, message: "it is served from here".to_owned() });
                return Entry::Unclear { range: range.clone(), reason, related: related.into_iter().collect() };
            }
        }
    }
    let end = file.text.find('\n').unwrap_or(file.text.len());
    Entry::Unclear { range: 0..end, reason: "it has no call that serves".to_owned(), related: Vec::new() }
}

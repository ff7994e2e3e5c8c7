//! All calls of a function, in all files of the project.

use std::collections::BTreeSet;
use std::ops::Range;

use tree_sitter::Node;

use super::files::Files;
use super::place::Function;
use crate::project::RelPath;
use crate::rules::Related;
use crate::syntax::exports::{self, Target};
use crate::syntax::source::SourceFile;

/// A plain call.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call {
    /// The file.
    pub path: RelPath,
    /// The byte offset of the call.
    pub start: usize,
    /// The byte offset behind it.
    pub end: usize,
}

/// Why not all calls can be found, or not all are plain calls.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// The reason, as a clause.
    pub reason: String,
    /// The places that show it.
    pub related: Vec<Related>,
}

impl Refusal {
    /// A reason with the place that shows it.
    pub fn at(file: &SourceFile, range: Range<usize>, reason: String) -> Refusal {
        let related = Related { path: file.path.clone(), range, message: reason.clone() };
        Refusal { reason, related: vec![related] }
    }
}

/// A reason why a function has no request, with one more call in the chain; `nothing` says that there is none.
pub fn chained(nothing: &str, file: &SourceFile, function: &Function, call: &Call, reason: &str) -> String {
    let line = file.text[..call.start].matches('\n').count() + 1;
    let link = format!("`{}` is called at {}:{line}", function.called, file.path);
    match reason.strip_prefix(&format!("{nothing}: ")) {
        Some(rest) => format!("{nothing}: {link}; {rest}"),
        None => format!("{nothing}: {link}, where {reason}"),
    }
}

/// All calls of `function`.
///
/// # Errors
/// A use of it that is no plain call.
pub fn of(files: &Files<'_>, function: &Function) -> Result<Vec<Call>, Refusal> {
    let mut search = Search { files, calls: Vec::new(), seen: BTreeSet::new(), is_exported: false };
    let Some(file) = files.get(&function.path) else { return Ok(Vec::new()) };
    search.in_file(&file, &function.called, function.name.0)?;
    for export in exports::of(&file) {
        let Target::Local(node) = export.target else { continue };
        let name = node.child_by_field_name("name").map(|name| name.start_byte());
        if name == Some(function.name.0) {
            search.is_exported = true;
            search.imports(&function.path, &export.name)?;
        }
    }
    if search.is_exported
        && let Some(path) = files.project.mentioned_outside(&[&function.called, stem(&function.path)])
    {
        let range = function.name.0..function.name.1;
        let reason = format!("`{}` may be called in {path} as well, which is outside of the roots", function.called);
        return Err(Refusal::at(&file, range, reason));
    }
    let mut calls = search.calls;
    calls.sort();
    calls.dedup();
    Ok(calls)
}

struct Search<'f, 'p> {
    files: &'f Files<'p>,
    calls: Vec<Call>,
    /// The exports that were looked for.
    seen: BTreeSet<(RelPath, String)>,
    /// Whether other files can call it.
    is_exported: bool,
}

/// What importers write of a module's path at least.
fn stem(path: &RelPath) -> &str {
    path.file_name().split('.').next().unwrap_or_default()
}

/// The nodes that lead to each use of a name that means what is declared at the byte offset `declared`.
fn uses<'t>(file: &'t SourceFile, name: &str, declared: usize) -> Vec<Vec<Node<'t>>> {
    let found = file.name(name);
    let is_own = |at: usize| at != declared && found.resolve(at).is_some_and(|known| known.range.start == declared);
    let own = found.references.iter().filter(|range| is_own(range.start));
    own.map(|range| file.path_to(range.clone())).collect()
}

impl Search<'_, '_> {
    /// The uses of a name in one file, where it means what is declared at the byte offset `declared`.
    fn in_file(&mut self, file: &SourceFile, name: &str, declared: usize) -> Result<(), Refusal> {
        uses(file, name, declared).into_iter().try_for_each(|path| self.take(file, &path, name))
    }

    /// One use: `path` leads to it.
    fn take(&mut self, file: &SourceFile, path: &[Node<'_>], name: &str) -> Result<(), Refusal> {
        let [.., parent, node] = path[..] else { return Ok(()) };
        if parent.kind() == "call_expression"
            && parent.child_by_field_name("function").map(|callee| callee.id()) == Some(node.id())
        {
            self.calls.push(Call { path: file.path.clone(), start: parent.start_byte(), end: parent.end_byte() });
            return Ok(());
        }
        if matches!(parent.kind(), "export_specifier" | "export_statement") {
            return Ok(()); // Its importers are looked for as well.
        }
        Err(Refusal::at(file, node.byte_range(), format!("`{name}` is used as a value there, not called")))
    }

    /// The uses of what the module at `path` exports as `name`, in all files.
    fn imports(&mut self, path: &RelPath, name: &str) -> Result<(), Refusal> {
        if !self.seen.insert((path.clone(), name.to_owned())) {
            return Ok(());
        }
        let stem = stem(path);
        // An index is imported by the name of its folder.
        let folder = path.parent().filter(|_| stem == "index").map(|folder| folder.file_name().to_owned());
        for file in self.files.with(folder.as_deref().unwrap_or(stem)) {
            if file.path != *path {
                self.in_importer(&file, path, name)?;
            }
        }
        Ok(())
    }

    fn in_importer(&mut self, file: &SourceFile, module: &RelPath, name: &str) -> Result<(), Refusal> {
        let resolver = &self.files.project.resolver;
        let is_module = |specifier: &str| resolver.resolve(&file.path, specifier).as_ref() == Some(module);
        for import in file.imports().statements.iter().filter(|import| is_module(&import.specifier)) {
            for binding in import.bindings.iter().filter(|binding| !binding.type_only) {
                let found = file.name(&binding.local);
                let declared =
                    found.declarations.iter().find(|known| import.range.contains(&known.range.start)).cloned();
                let Some(declared) = declared else { continue };
                if binding.imported == name {
                    self.in_file(file, &binding.local, declared.range.start)?;
                    for export in exports_of(file, &binding.local) {
                        self.imports(&file.path, &export)?;
                    }
                } else if binding.imported == "*" {
                    self.in_namespace(file, &binding.local, declared.range.start, name)?;
                }
            }
        }
        for export in exports::of(file) {
            let Target::Other { name: theirs, specifier } = export.target else { continue };
            if is_module(&specifier) && (theirs == name || theirs == "*") {
                let handed_on = if export.name == "*" { name.to_owned() } else { export.name };
                self.imports(&file.path, &handed_on)?;
            }
        }
        self.on_demand(file, &is_module, name)
    }

    /// `import * as learning from './learning.ts'; learning.extract(…)`
    fn in_namespace(&mut self, file: &SourceFile, local: &str, declared: usize, name: &str) -> Result<(), Refusal> {
        for path in uses(file, local, declared) {
            let [.., member, leaf] = path[..] else { continue };
            let property = member.child_by_field_name("property").filter(|_| member.kind() == "member_expression");
            match property.map(|property| file.text_of(property)) {
                Some(property) if property == name => self.take(file, &path[..path.len() - 1], name)?,
                Some(_) => {}
                None => {
                    let reason = format!("the module of `{name}` is used as a value there");
                    return Err(Refusal::at(file, leaf.byte_range(), reason));
                }
            }
        }
        Ok(())
    }

    /// `const { extract } = await import('./learning.ts')`
    fn on_demand(&mut self, file: &SourceFile, is_module: &dyn Fn(&str) -> bool, name: &str) -> Result<(), Refusal> {
        for (at, _) in file.text.match_indices("import(") {
            let path = file.path_to(at..at + "import(".len());
            let Some(call) = path.iter().rev().find(|node| node.kind() == "call_expression").copied() else { continue };
            let argument = call.child_by_field_name("arguments").and_then(|list| list.named_child(0));
            let specifier = argument.map(|node| file.text_of(node).trim_matches(['\'', '"', '`'])).unwrap_or_default();
            if call.start_byte() != at || !is_module(specifier) {
                continue;
            }
            let pattern = path
                .iter()
                .rev()
                .find(|node| node.kind() == "variable_declarator")
                .and_then(|declarator| declarator.child_by_field_name("name"))
                .filter(|pattern| pattern.kind() == "object_pattern");
            let Some(pattern) = pattern else {
                return Err(Refusal::at(
                    file,
                    call.byte_range(),
                    format!("the module of `{name}` is imported on demand there"),
                ));
            };
            let mut cursor = pattern.walk();
            let members: Vec<Node<'_>> = pattern.named_children(&mut cursor).collect();
            for member in members {
                let (key, local) = match member.kind() {
                    "pair_pattern" => (member.child_by_field_name("key"), member.child_by_field_name("value")),
                    _ => (Some(member), Some(member)),
                };
                if let (Some(key), Some(local)) = (key, local)
                    && file.text_of(key) == name
                {
                    self.in_file(file, file.text_of(local), local.start_byte())?;
                }
            }
        }
        Ok(())
    }
}

/// The names under which a file exports what it imports as `local`.
fn exports_of(file: &SourceFile, local: &str) -> Vec<String> {
    let root = file.root();
    let mut cursor = root.walk();
    let statements: Vec<Node<'_>> =
        root.named_children(&mut cursor).filter(|node| node.kind() == "export_statement").collect();
    let clauses = statements.into_iter().filter(|statement| statement.child_by_field_name("source").is_none());
    let specifiers = clauses.flat_map(|statement| {
        let mut cursor = statement.walk();
        let clause = statement.named_children(&mut cursor).find(|node| node.kind() == "export_clause");
        clause.map_or_else(Vec::new, |clause| {
            let mut cursor = clause.walk();
            clause.named_children(&mut cursor).collect::<Vec<_>>()
        })
    });
    let named = specifiers.filter_map(|specifier| {
        let name = specifier.child_by_field_name("name")?;
        let alias = specifier.child_by_field_name("alias").unwrap_or(name);
        (file.text_of(name) == local).then(|| file.text_of(alias).to_owned())
    });
    named.collect()
}

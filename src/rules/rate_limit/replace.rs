//! Our module in place of a project's own helper: `phase2 init --replace-helper`. It has the same exports and the same
//! style, so that nothing that imports it has to change.

use std::collections::BTreeSet;

use tree_sitter::Node;

use super::helper::{FUNCTION, Helper, LIMITS};
use super::runtime;
use crate::config::Tier;
use crate::edit::FileChange;
use crate::project::{Problem, Project, RelPath};
use crate::syntax::Dialect;
use crate::syntax::imports::{Binding, Import};
use crate::syntax::source::SourceFile;

/// What becomes of the helper at `path`; of one that doesn't exist yet, the module as a fix brings it along.
///
/// # Errors
/// Why it can't be replaced.
pub fn of(project: &Project, path: &RelPath) -> Result<FileChange, Problem> {
    let problem = |reason: String| Problem {
        path: Some(path.clone()),
        message: format!("can't be replaced: {reason}; nothing was written"),
    };
    let helper = Helper::at(project, path.clone())?;
    if let Some(new) = helper.new_file {
        return Ok(FileChange { path: path.clone(), before: None, after: new.text.to_string() });
    }
    let file = project.parse(path).ok_or_else(|| problem("it can't be read".to_owned()))?;
    let tiers = tiers(project, &file, &helper).map_err(problem)?;
    let listed: Vec<(&str, &Tier)> = tiers.iter().map(|(name, tier)| (name.as_str(), tier)).collect();
    let text = runtime::in_place_of(&helper, &project.config, &listed, limit_type(&file).as_deref());
    let text = match PER_MINUTE.iter().find(|key| file.text.contains(&format!("{key}:"))) {
        Some(key) => text.replace("perMinute", key),
        None => text,
    };
    let own = SourceFile::parse(path.clone(), text.as_str().into(), Dialect::TypeScript);
    let carried = carried(&file, &own).map_err(problem)?;
    Ok(FileChange { path: path.clone(), before: Some(file.text.clone()), after: format!("{text}{carried}") })
}

/// The names of what a tier admits in a minute, ours first.
const PER_MINUTE: [&str; 4] = ["perMinute", "perMin", "requestsPerMinute", "per_minute"];

/// The type that the helper declares for its limits, which those of single functions may have other members of.
fn limit_type(file: &SourceFile) -> Option<String> {
    let function = statements(file).into_iter().find(|node| declared(file, *node).contains(&FUNCTION))?;
    let text = file.text_of(function);
    let names = statements(file).into_iter().filter(|node| {
        let declaration = node.child_by_field_name("declaration").unwrap_or(*node);
        matches!(declaration.kind(), "interface_declaration" | "type_alias_declaration")
    });
    let mut names = names.filter(|node| node.kind() == "export_statement").flat_map(|node| declared(file, node));
    let is_limits = |name: &&str| text.contains(&format!(": {name}")) && !text.contains(&format!("=> {name}"));
    names.find(is_limits).filter(|name| *name != "RateLimit").map(str::to_owned)
}

/// The tiers of the helper, by its names: with its own numbers, where they can be read, else with those of phase2.toml.
fn tiers(project: &Project, file: &SourceFile, helper: &Helper) -> Result<Vec<(String, Tier)>, String> {
    let known = &project.config.rate_limit.tiers;
    let tier = |name: &&str| {
        let stated = known.iter().find(|(tier, _)| tier.eq_ignore_ascii_case(name)).map(|(_, tier)| *tier);
        let tier = tier_of(file, name).or(stated).ok_or_else(|| {
            format!("its tier `{name}` has no `perMinute` that can be read; declare [rate-limit.tiers.{name}] in phase2.toml")
        })?;
        Ok(((*name).to_owned(), tier))
    };
    helper.tier_names().iter().map(tier).collect()
}

/// What the helper `file` says that its tier `name` admits, if that is written in numbers.
pub(super) fn tier_of(file: &SourceFile, name: &str) -> Option<Tier> {
    let statement = statements(file).into_iter().find(|statement| declared(file, *statement).contains(&LIMITS))?;
    let (_, entry) = file.text_of(statement).split_once(&format!("{name}:"))?;
    let entry = entry.split('}').next().unwrap_or_default();
    let number = |keys: &[&str]| {
        let (_, rest) = keys.iter().find_map(|key| entry.split_once(&format!("{key}:")))?;
        let digits = rest.trim_start().split(|letter: char| !letter.is_ascii_digit() && letter != '_').next()?;
        digits.replace('_', "").parse().ok()
    };
    let per_minute = number(&PER_MINUTE)?;
    Some(Tier { burst: number(&["burst"]).unwrap_or(per_minute), per_minute, on_error: None })
}

/// What the module `file` exports beyond ours, with all that it needs, as text for the end of `own`.
fn carried(file: &SourceFile, own: &SourceFile) -> Result<String, String> {
    let ours: BTreeSet<&str> = statements(own).into_iter().flat_map(|node| declared(own, node)).collect();
    let all = statements(file);
    let is_ours = |node: &Node<'_>| declared(file, *node).iter().all(|name| exports(own, name) || *name == FUNCTION);
    let mut wanted: Vec<Node<'_>> = Vec::new();
    for node in all.iter().filter(|node| node.kind() == "export_statement") {
        let is_list = node.child_by_field_name("declaration").is_none();
        if is_list && node.child_by_field_name("source").is_none() {
            return Err(format!("how it exports can't be followed: `{}`", first_line(file, *node)));
        }
        if is_list || !is_ours(node) {
            wanted.push(*node);
        }
    }
    let mut taken: Vec<Node<'_>> = Vec::new();
    while let Some(node) = wanted.pop() {
        if taken.iter().any(|known| known.id() == node.id()) {
            continue;
        }
        taken.push(node);
        for other in &all {
            let names = declared(file, *other);
            let is_used = names.iter().any(|name| uses(file, name, node));
            if is_used && !(other.kind() == "export_statement" && is_ours(other)) {
                wanted.push(*other);
            }
        }
    }
    taken.sort_by_key(Node::start_byte);
    if let Some(name) = taken.iter().flat_map(|node| declared(file, *node)).find(|name| ours.contains(name)) {
        return Err(format!("it has a `{name}` that its other exports need, and ours has another one"));
    }
    let imports = file.imports().statements.iter().filter_map(|import| imported(file, import, &taken));
    let statements = taken.iter().map(|node| {
        let start = above(file, node.start_byte());
        format!("\n{}\n", &file.text[start..node.end_byte()])
    });
    let imports: String = imports.collect();
    let gap = if imports.is_empty() { "" } else { "\n" };
    Ok(format!("{gap}{imports}{}", statements.collect::<String>()))
}

/// The statements at the top of a module.
fn statements(file: &SourceFile) -> Vec<Node<'_>> {
    let root = file.root();
    let mut cursor = root.walk();
    root.named_children(&mut cursor).filter(|node| !matches!(node.kind(), "comment" | "import_statement")).collect()
}

/// The names that a statement at the top declares.
fn declared<'t>(file: &'t SourceFile, statement: Node<'t>) -> Vec<&'t str> {
    let node = statement.child_by_field_name("declaration").unwrap_or(statement);
    let name = |node: Node<'t>| node.child_by_field_name("name").map(|name| file.text_of(name));
    match node.kind() {
        "lexical_declaration" | "variable_declaration" => {
            let mut cursor = node.walk();
            node.named_children(&mut cursor).filter_map(name).collect()
        }
        "export_statement" | "expression_statement" => Vec::new(),
        _ => name(node).into_iter().collect(),
    }
}

/// Whether our module exports a name.
fn exports(own: &SourceFile, name: &str) -> bool {
    statements(own).into_iter().any(|node| node.kind() == "export_statement" && declared(own, node).contains(&name))
}

/// Whether a statement uses a name of the file's top, as a value or as a type.
fn uses(file: &SourceFile, name: &str, statement: Node<'_>) -> bool {
    let found = file.name(name);
    let range = statement.byte_range();
    let value = found.references.iter().any(|at| {
        range.contains(&at.start) && found.resolve(at.start).is_some_and(|declaration| declaration.top_level)
    });
    let is_declared_here = declared(file, statement).contains(&name);
    !is_declared_here && (value || found.type_references.iter().any(|at| range.contains(&at.start)))
}

/// An import, with the names of it that `statements` use.
fn imported(file: &SourceFile, import: &Import, statements: &[Node<'_>]) -> Option<String> {
    let is_used = |binding: &&Binding| statements.iter().any(|statement| uses(file, &binding.local, *statement));
    let used: Vec<&Binding> = import.bindings.iter().filter(is_used).collect();
    let word = if import.type_only { "import type" } else { "import" };
    let named = used.iter().filter(|binding| !matches!(binding.imported.as_str(), "default" | "*")).map(|binding| {
        let kind = if binding.type_only && !import.type_only { "type " } else { "" };
        let alias = if binding.imported == binding.local { String::new() } else { format!(" as {}", binding.local) };
        format!("{kind}{}{alias}", binding.imported)
    });
    let named: Vec<String> = named.collect();
    let whole = used.iter().find_map(|binding| match binding.imported.as_str() {
        "default" => Some(binding.local.clone()),
        "*" => Some(format!("* as {}", binding.local)),
        _ => None,
    });
    let list = if named.is_empty() { None } else { Some(format!("{{ {} }}", named.join(", "))) };
    let parts: Vec<String> = whole.into_iter().chain(list).collect();
    (!parts.is_empty()).then(|| format!("{word} {} from '{}';\n", parts.join(", "), import.specifier))
}

/// The start of the comments right above a byte offset.
fn above(file: &SourceFile, offset: usize) -> usize {
    let mut start = offset;
    let root = file.root();
    let mut cursor = root.walk();
    let comments: Vec<Node<'_>> = root.named_children(&mut cursor).filter(|node| node.kind() == "comment").collect();
    for comment in comments.iter().rev().filter(|comment| comment.end_byte() <= offset) {
        let gap = &file.text[comment.end_byte()..start];
        if !gap.trim().is_empty() || gap.matches('\n').count() > 1 {
            break;
        }
        start = comment.start_byte();
    }
    start
}

fn first_line<'t>(file: &'t SourceFile, node: Node<'t>) -> &'t str {
    file.text_of(node).lines().next().unwrap_or_default()
}

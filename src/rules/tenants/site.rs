//! The tenant literals of a project, and where each of them is used.

use std::ops::Range;
use std::sync::Arc;

use tree_sitter::Node;

use super::flow::{Flow, Flows, Operation, Target, is_choice};
use super::literal;
use crate::config::Frontend;
use crate::excludes::Excludes;
use crate::project::RelPath;
use crate::rules::edge::files::Files;
use crate::rules::edge::handler::core;
use crate::rules::suppression;
use crate::syntax::exports::{self, Target as ExportTarget};
use crate::syntax::source::SourceFile;

/// A tenant literal.
#[derive(Debug)]
pub struct Site {
    /// The file.
    pub path: RelPath,
    /// The literal's byte range.
    pub range: Range<usize>,
    /// The literal as it is written.
    pub text: String,
    /// How it stands.
    pub standing: Standing,
    /// What it flows into.
    pub targets: Vec<(Target, Operation)>,
    /// The columns of these, or their other names for a tenant.
    pub keys: Vec<(Target, String)>,
    /// The expressions to be replaced by the caller's tenant.
    pub needs: Vec<Need>,
    /// Uses of a variable that go on with the id.
    pub stays: Vec<Range<usize>>,
    /// A spread behind it in its object, which may override it.
    pub overridden_by: Option<String>,
}

/// How a literal stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It is hardcoded.
    Hardcoded,
    /// It is what counts where the request names no tenant.
    Fallback,
    /// It is meant for the whole platform: why.
    Allowed(String),
    /// A comment excuses it.
    Excused,
}

/// An expression that the caller's tenant should take the place of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// The file.
    pub path: RelPath,
    /// The byte range of the expression.
    pub range: Range<usize>,
    /// What stands there, and counts where the request names no tenant.
    pub text: String,
    /// The id that it stands for.
    pub id: String,
    /// Whether it is the default of a parameter.
    pub is_default: bool,
}

/// What is asked of every file.
pub struct Survey<'f, 'p> {
    pub files: &'f Files<'p>,
    ids: Vec<&'p str>,
    keys: &'p [String],
    allowed: Excludes,
    excluded: Excludes,
    function: &'p str,
    /// Whether the row of a table is one of the platform: it is written by SQL under the id, and by nothing else.
    is_platform_row: &'f dyn Fn(&str) -> bool,
}

impl<'f, 'p> Survey<'f, 'p> {
    /// A survey of `files`.
    pub fn of(files: &'f Files<'p>, is_platform_row: &'f dyn Fn(&str) -> bool) -> Survey<'f, 'p> {
        let options = &files.project.config.tenants;
        let patterns = |patterns: &[toml::Spanned<String>]| {
            let patterns: Vec<&str> = patterns.iter().map(|pattern| pattern.get_ref().as_str()).collect();
            Excludes::new(&patterns).expect("the configuration's globs are checked when it is read")
        };
        Survey {
            files,
            ids: options.ids.iter().map(|id| id.get_ref().as_str()).collect(),
            keys: &options.keys,
            allowed: patterns(&options.allow),
            excluded: patterns(&options.exclude),
            function: options.function.get_ref(),
            is_platform_row,
        }
    }

    /// The tenant literals of the file at `path`.
    pub fn sites(&self, path: &RelPath) -> Vec<Site> {
        if self.excluded.excludes_file(path.as_str()) {
            return Vec::new();
        }
        let Some(file) = self.files.get(path) else { return Vec::new() };
        let literals = literal::at(&file, &self.ids, &literal::hits(&file.text, &self.ids));
        literals.into_iter().filter_map(|literal| self.site(&file, literal)).collect()
    }

    fn site(&self, file: &Arc<SourceFile>, node: Node<'_>) -> Option<Site> {
        let text = file.text_of(node).to_owned();
        let range = node.byte_range();
        let mut site = Site {
            path: file.path.clone(),
            range: range.clone(),
            text: text.clone(),
            standing: Standing::Hardcoded,
            targets: Vec::new(),
            keys: Vec::new(),
            needs: Vec::new(),
            stays: Vec::new(),
            overridden_by: overridden_by(file, node),
        };
        let is_of_request = |node: Node<'_>| self.is_of_request(file, node, 0);
        let flow = Flows { file, keys: self.keys, is_of_request: &is_of_request }.of(node);
        let mut is_fallback = flow.is_fallback;
        let constant = flow.variable.filter(|declarator| is_at_top(file, *declarator));
        let exported = constant.map_or_else(Vec::new, |declarator| exported_names(file, declarator));
        if let Some(name) = exported.iter().find(|name| self.allowed.excludes_file(name)) {
            site.standing = Standing::Allowed(format!("`{name}` is exported for the whole platform"));
            return Some(site);
        }
        let mut places = self.places(file, &flow, constant.is_some());
        for name in &exported {
            let (more, counts) = self.imported(&file.path, name);
            places.extend(more);
            is_fallback |= counts;
        }
        if places.is_empty() && !flow.is_named && !is_fallback {
            return None;
        }
        site.targets = places.iter().filter_map(|place| place.target.clone()).collect();
        let keys = places.iter().filter_map(|place| Some((place.target.clone()?.0, place.key.clone())));
        site.keys = keys.collect();
        if suppression::is_excused(file, super::META.name, range.clone()) {
            site.standing = Standing::Excused;
            return Some(site);
        }
        if is_fallback && places.is_empty() {
            site.standing = Standing::Fallback;
            return Some(site);
        }
        // A row of the platform is looked up under the id by everybody.
        let is_platform = |place: &Place| matches!(&place.target, Some((Target::Table(table), Operation::Read)) if (self.is_platform_row)(table));
        if !places.is_empty() && places.iter().all(is_platform) {
            let table = site.targets.first().map(|(target, _)| target.name().to_owned()).unwrap_or_default();
            site.standing =
                Standing::Allowed(format!("the row of `{table}` is the platform's: SQL inserts it under the id"));
            return Some(site);
        }
        let id = site.text.trim_matches(['\'', '"', '`']).to_owned();
        let need = |path: &RelPath, range: &Range<usize>, text: &str, is_default: bool| Need {
            path: path.clone(),
            range: range.clone(),
            text: text.to_owned(),
            id: id.clone(),
            is_default,
        };
        if constant.is_some() {
            let open = places.iter().filter(|place| !is_platform(place));
            site.needs = open.map(|place| need(&place.path, &place.range, &place.text, false)).collect();
            if site.needs.is_empty() {
                return None; // Named like a tenant, and used as none.
            }
        } else {
            site.needs = vec![need(&file.path, &range, &text, flow.parameter.is_some())];
            let (staying, moving): (Vec<&Place>, Vec<&Place>) =
                places.iter().partition(|place| is_platform(place) && place.range != range);
            site.targets = moving.iter().filter_map(|place| place.target.clone()).collect();
            site.stays = staying.iter().map(|place| place.range.clone()).collect();
        }
        Some(site)
    }

    /// Where a value is used as a tenant in its file.
    fn places(&self, file: &SourceFile, flow: &Flow<'_>, is_constant: bool) -> Vec<Place> {
        let place = |found: &super::flow::Use<'_>| Place {
            path: file.path.clone(),
            range: found.node.byte_range(),
            text: file.text_of(found.node).to_owned(),
            target: found.target.clone(),
            key: found.key.clone(),
            // `{ tenantId }` can't be replaced without its key.
            is_short: found.node.kind() == "shorthand_property_identifier",
        };
        let places = flow.uses.iter().map(place);
        places
            .map(|place| match place.is_short && is_constant {
                true => Place { range: place.range.end..place.range.end, ..place },
                false => place,
            })
            .collect()
    }

    /// Where other files use what the module at `path` exports as `name`, and whether it is a fallback in one.
    fn imported(&self, path: &RelPath, name: &str) -> (Vec<Place>, bool) {
        let resolver = &self.files.project.resolver;
        let (mut places, mut is_fallback) = (Vec::new(), false);
        for file in self.files.with(name) {
            let is_module = |written: &str| resolver.resolve(&file.path, written).as_ref() == Some(path);
            let Some(local) = file.imports().local_name(name, is_module).map(str::to_owned) else { continue };
            if self.excluded.excludes_file(file.path.as_str()) {
                continue;
            }
            let found = file.name(&local);
            let is_of_request = |node: Node<'_>| self.is_of_request(&file, node, 0);
            let flows = Flows { file: &file, keys: self.keys, is_of_request: &is_of_request };
            for range in &found.references {
                let Some(node) = file.path_to(range.clone()).last().copied() else { continue };
                let is_import = found.resolve(range.start).is_some_and(|known| known.top_level);
                if is_import {
                    let flow = flows.of(node);
                    is_fallback |= flow.is_fallback;
                    places.extend(self.places(&file, &flow, true));
                }
            }
        }
        (places, is_fallback)
    }

    /// Whether an expression is the tenant of a request.
    fn is_of_request(&self, file: &SourceFile, node: Node<'_>, depth: usize) -> bool {
        let node = core(node);
        match node.kind() {
            "await_expression" => node.named_child(0).is_some_and(|inner| self.is_of_request(file, inner, depth)),
            "call_expression" => node.child_by_field_name("function").is_some_and(|callee| {
                let callee = file.text_of(callee);
                let imported = file.imports().of_local(callee).map(|(_, binding)| binding.imported.as_str());
                let callee = imported.unwrap_or(callee);
                let Frontend { export, hook, .. } = &self.files.project.config.tenants.frontend;
                callee == self.function || export.iter().chain(hook).any(|name| name.get_ref() == callee)
            }),
            "binary_expression" if is_choice(file, node) => ["left", "right"]
                .iter()
                .any(|side| node.child_by_field_name(side).is_some_and(|side| self.is_of_request(file, side, depth))),
            // What the team itself reads out of the token: `user.app_metadata.tenant_id`, `claims.tenant_id`
            "member_expression" => {
                let text = file.text_of(node);
                let object = text.split(['.', '?', '!']).next().unwrap_or_default();
                text.contains("app_metadata")
                    || matches!(object, "claims" | "payload" | "jwt" | "decoded" | "jwtPayload")
            }
            "identifier" if depth < 3 => {
                let found = file.name(file.text_of(node));
                let declaration = found.resolve(node.start_byte()).filter(|known| !known.destructured);
                let value = declaration.and_then(|known| {
                    let path = file.path_to(known.range.clone());
                    path.iter().rev().nth(1)?.child_by_field_name("value")
                });
                value.is_some_and(|value| self.is_of_request(file, value, depth + 1))
            }
            _ => false,
        }
    }
}

/// A place where a value is used as a tenant.
struct Place {
    path: RelPath,
    range: Range<usize>,
    text: String,
    target: Option<(Target, Operation)>,
    key: String,
    is_short: bool,
}

/// Whether a declarator stands at the top of its module.
fn is_at_top(file: &SourceFile, declarator: Node<'_>) -> bool {
    let path = file.path_to(declarator.byte_range());
    path.iter().all(|node| {
        matches!(
            node.kind(),
            "program" | "export_statement" | "lexical_declaration" | "variable_declaration" | "variable_declarator"
        )
    })
}

/// The names under which a declarator is exported.
fn exported_names(file: &SourceFile, declarator: Node<'_>) -> Vec<String> {
    let exports = exports::of(file).into_iter();
    let own =
        exports.filter(|export| matches!(&export.target, ExportTarget::Local(node) if node.id() == declarator.id()));
    own.map(|export| export.name).collect()
}

/// A spread that stands behind a literal in its object.
fn overridden_by(file: &SourceFile, node: Node<'_>) -> Option<String> {
    let path = file.path_to(node.byte_range());
    let pair = path.iter().rev().find(|node| node.kind() == "pair")?;
    let object = path.iter().rev().find(|node| node.kind() == "object")?;
    let mut cursor = object.walk();
    let spread = object
        .named_children(&mut cursor)
        .find(|member| member.kind() == "spread_element" && member.start_byte() > pair.end_byte())?;
    Some(file.text_of(spread).to_owned())
}

//! The text of a new module.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use tree_sitter::Node;

use super::grouping::{Grouping, Purpose};
use super::importing::{self, Named};
use super::outline::{Item, Outline, has_jsx, is_of_file, is_string_statement};
use crate::path::RelPath;
use crate::project::Project;
use crate::syntax::source::SourceFile;

/// Where each module goes, and what of it others need.
pub struct Layout<'a, 't> {
    pub project: &'a Project,
    pub outline: &'a Outline<'t>,
    pub grouping: &'a Grouping,
    /// The file that is split.
    pub path: &'a RelPath,
    pub paths: BTreeMap<Purpose, RelPath>,
}

/// The names of one module that another file needs.
pub struct Needed {
    /// The module.
    pub purpose: Purpose,
    /// How it is imported.
    pub specifier: String,
    /// Its names.
    pub names: Vec<Named>,
}

impl<'t> Layout<'_, 't> {
    /// What `users` need of the modules, those in `own` excepted; by the order of the modules' first statements.
    pub fn needed(&self, users: &BTreeSet<usize>, from: &RelPath, own: Option<&Purpose>) -> Vec<Needed> {
        let outline = self.outline;
        let places: Vec<Range<usize>> = users.iter().flat_map(|unit| outline.units[*unit].places.clone()).collect();
        let mut needed: Vec<(usize, Needed)> = Vec::new();
        for (purpose, units) in self.grouping.iter().filter(|(purpose, _)| Some(*purpose) != own) {
            let used = units.iter().filter(|unit| users.iter().any(|user| outline.units[*user].uses.contains(unit)));
            let names: Vec<Named> = used.flat_map(|unit| self.names_at(*unit, &places)).collect();
            let first = units.iter().map(|unit| outline.units[*unit].start()).min();
            if let (false, Some(first)) = (names.is_empty(), first) {
                let specifier = self.specifier(from, purpose);
                needed.push((first, Needed { purpose: purpose.clone(), specifier, names }));
            }
        }
        needed.sort_by_key(|(first, _)| *first);
        needed.into_iter().map(|(_, needed)| needed).collect()
    }

    /// The names of a unit that are used at one of some places.
    fn names_at(&self, unit: usize, places: &[Range<usize>]) -> Vec<Named> {
        let unit = &self.outline.units[unit];
        if unit.made.is_some() {
            return unit.names.iter().map(|name| Named { name: name.clone(), is_type: false }).collect();
        }
        let is_used = |name: &&String| {
            let offsets = super::outline::references(self.outline.file, name);
            offsets.iter().any(|at| places.iter().any(|place| place.contains(at)))
        };
        let names = unit.names.iter().filter(is_used);
        names.map(|name| Named { name: name.clone(), is_type: unit.declares_type(name) }).collect()
    }

    /// How `from` imports a module.
    pub fn specifier(&self, from: &RelPath, purpose: &Purpose) -> String {
        let imports = self.outline.file.imports();
        let siblings: Vec<&str> = imports.statements.iter().map(|import| import.specifier.as_str()).collect();
        self.paths.get(purpose).map_or_else(String::new, |to| self.project.sibling_specifier(from, to, &siblings))
    }

    /// The names of a module that it must export: what others need, and what it is made for.
    fn exports(&self, purpose: &Purpose, units: &BTreeSet<usize>) -> BTreeSet<String> {
        let others: BTreeSet<usize> = (0..self.outline.units.len()).filter(|unit| !units.contains(unit)).collect();
        let needed = self.needed(&others, self.path, None).into_iter().filter(|needed| needed.purpose == *purpose);
        let mut names: BTreeSet<String> = needed.flat_map(|needed| needed.names).map(|named| named.name).collect();
        if let Purpose::Own(head) = purpose {
            names.extend(self.outline.units[*head].names.first().cloned());
        }
        names
    }

    /// The text of the module for `purpose`.
    pub fn text(&self, purpose: &Purpose, units: &BTreeSet<usize>) -> String {
        let file = self.outline.file;
        let newline = file.style().newline;
        let mut items: Vec<&Item<'t>> = units.iter().flat_map(|unit| &self.outline.units[*unit].items).collect();
        items.sort_by_key(|item| item.range.start);
        let exports = self.exports(purpose, units);
        let mut body = String::new();
        for (at, item) in items.iter().enumerate() {
            if let Some(before) = at.checked_sub(1).map(|before| items[before]) {
                body.push_str(gap(file, before, item, newline).as_str());
            }
            body.push_str(&self.body(item, &exports));
        }
        let made = units.iter().filter_map(|unit| self.outline.units[*unit].made.as_ref());
        for made in made.clone() {
            if !body.is_empty() {
                body.push_str(&newline.repeat(2));
            }
            body.push_str(&made.text);
        }
        let has_jsx = units.iter().any(|unit| has_jsx(&self.outline.units[*unit], file));
        let bindings: BTreeSet<usize> =
            units.iter().flat_map(|unit| self.outline.units[*unit].bindings.iter().copied()).collect();
        let own = self.paths.get(purpose).unwrap_or(self.path);
        let mut imports = importing::copies(self.outline, &bindings, has_jsx && needs_react(self.project, file));
        imports.extend(
            self.needed(units, own, Some(purpose)).iter().map(|it| importing::named(file, &it.names, &it.specifier)),
        );
        let types: BTreeSet<&str> = made.flat_map(|made| made.types.iter().copied()).collect();
        imports.splice(0..0, importing::react_types(self.outline, &bindings, &types));
        let is_type = units.iter().all(|unit| self.outline.units[*unit].is_type());
        let blocks = [header(file, is_type).join(newline), imports.join(newline), body];
        let blocks: Vec<&String> = blocks.iter().filter(|block| !block.is_empty()).collect();
        let joined = blocks.iter().map(|block| block.as_str()).collect::<Vec<_>>().join(&format!("{newline}{newline}"));
        joined + newline
    }

    /// A statement with its comments, exported if it has to be.
    fn body(&self, item: &Item<'_>, exports: &BTreeSet<String>) -> String {
        let file = self.outline.file;
        let (range, start) = (&item.range, item.node.start_byte());
        let is_wanted = !item.is_exported && item.names.iter().any(|name| exports.contains(name));
        let word = if is_wanted { "export " } else { "" };
        let before = file.text[range.start..start].trim_start_matches('\u{feff}');
        format!("{before}{word}{}", &file.text[start..range.end])
    }
}

/// What stands between two statements: a blank line, but for those that stood on adjacent lines.
fn gap(file: &SourceFile, before: &Item<'_>, item: &Item<'_>, newline: &str) -> String {
    let between = file.text.get(before.range.end..item.range.start).unwrap_or_default();
    let is_adjacent = between.trim().is_empty() && between.matches('\n').count() == 1;
    if is_adjacent { newline.to_owned() } else { newline.repeat(2) }
}

/// What must stand at the top of each file: directives and comments for all of it.
fn header(file: &SourceFile, is_type: bool) -> Vec<String> {
    let root = file.root();
    let mut cursor = root.walk();
    let is_top = |node: &Node<'_>| {
        matches!(node.kind(), "comment" | "hash_bang_line" | "import_statement") || is_string_statement(*node)
    };
    let top: Vec<Node<'_>> = root.named_children(&mut cursor).take_while(is_top).collect();
    let wanted = top.iter().filter(|node| match node.kind() {
        "comment" => is_of_file(file.text_of(**node)),
        // Types alone run nowhere.
        "expression_statement" => !is_type,
        _ => false,
    });
    wanted.map(|node| file.text_of(*node).trim_start_matches('\u{feff}').to_owned()).collect()
}

/// Whether JSX needs the name `React` in this file: because `tsconfig.json` has the classic transform.
pub fn needs_react(project: &Project, file: &SourceFile) -> bool {
    let folders: Vec<RelPath> = std::iter::successors(file.path.parent(), RelPath::parent).collect();
    let configurations = folders.iter().flat_map(|folder| {
        ["tsconfig.json", "tsconfig.app.json", "deno.json"].iter().filter_map(|name| folder.join(name))
    });
    let texts = configurations.into_iter().filter_map(|path| project.sources.read(&path).ok());
    texts.into_iter().any(|text| {
        let squeezed: String = text.split_whitespace().collect();
        squeezed.contains("\"jsx\":\"react\"")
    })
}

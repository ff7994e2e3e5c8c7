//! Which of a file's exports other files use.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::path::RelPath;
use crate::project::Project;
use crate::syntax::exports::{self, Target};
use crate::syntax::source::SourceFile;

/// What other files use of one file's exports.
#[derive(Debug, Default, Clone)]
pub struct Importers {
    /// Somebody has the whole module, or it can't be told what somebody takes of it.
    pub all: bool,
    names: BTreeSet<String>,
}

impl Importers {
    /// Whether somebody may use the export `name`.
    pub fn use_name(&self, name: &str) -> bool {
        self.all || self.names.contains(name)
    }
}

/// Who imports each of `paths`.
pub fn of(project: &Project, paths: &[&RelPath]) -> BTreeMap<RelPath, Importers> {
    let targets: Vec<(&RelPath, String)> = paths.iter().map(|path| (*path, word_of(path))).collect();
    let found = project.files.par_iter().flat_map_iter(|file| in_file(project, &file.path, &targets));
    let found: Vec<(RelPath, Importers)> = found.collect();
    let mut all: BTreeMap<RelPath, Importers> = BTreeMap::new();
    for (path, importers) in found {
        let known = all.entry(path).or_default();
        known.all |= importers.all;
        known.names.extend(importers.names);
    }
    for (path, word) in targets {
        let known = all.entry(path.clone()).or_default();
        // A folder's index has many names; and what isn't looked at may import what it likes.
        known.all |= word == "index" || project.mentioned_outside(&[&format!("/{word}")]).is_some();
        // What nobody imports may be for a framework, which goes by the names of the exports.
        known.all |= known.names.is_empty();
    }
    all
}

/// The word that every import of a module has.
fn word_of(path: &RelPath) -> String {
    let name = path.file_name();
    name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned()
}

fn in_file(project: &Project, path: &RelPath, targets: &[(&RelPath, String)]) -> Vec<(RelPath, Importers)> {
    let Ok(text) = project.sources.read(path) else { return Vec::new() };
    let mut file: Option<SourceFile> = None;
    let mut found = Vec::new();
    for (target, word) in targets.iter().filter(|(target, word)| *target != path && text.contains(word.as_str())) {
        let means = |specifier: &str| project.resolver.resolve(path, specifier).as_ref() == Some(*target);
        let places: Vec<usize> = text
            .match_indices(word.as_str())
            .map(|(at, _)| at)
            .filter(|at| quoted_at(&text, *at).is_some_and(means))
            .collect();
        if places.is_empty() {
            continue;
        }
        if file.is_none() {
            file = project.parse(path);
        }
        match &file {
            Some(file) => found.push(((*target).clone(), of_file(file, &places, &means))),
            None => found.push(((*target).clone(), Importers { all: true, names: BTreeSet::new() })),
        }
    }
    found
}

/// What stands between the quotes around an offset.
fn quoted_at(text: &str, at: usize) -> Option<&str> {
    let is_quote = |c: char| matches!(c, '\'' | '"' | '`' | '\n');
    let start = text[..at].rfind(is_quote)? + 1;
    let end = at + text[at..].find(is_quote)?;
    text.get(start..end)
}

/// What `file` takes of a module that `means` knows the specifiers of; `places` are where these stand.
fn of_file(file: &SourceFile, places: &[usize], means: &dyn Fn(&str) -> bool) -> Importers {
    let mut importers = Importers::default();
    let mut known = Vec::new();
    for import in file.imports().statements.iter().filter(|import| means(&import.specifier)) {
        known.push(import.range.clone());
        for binding in &import.bindings {
            importers.all |= binding.imported == "*";
            importers.names.insert(binding.imported.clone());
        }
    }
    let root = file.root();
    let mut cursor = root.walk();
    for statement in root.named_children(&mut cursor).filter(|node| node.kind() == "export_statement") {
        if statement.child_by_field_name("source").is_some() {
            known.push(statement.byte_range());
        }
    }
    for export in exports::of(file) {
        if let Target::Other { name, specifier } = export.target
            && means(&specifier)
        {
            importers.all |= name == "*";
            importers.names.insert(name);
        }
    }
    // `import('./x')`, `vi.mock('./x')`, and whatever else names the module.
    importers.all |= places.iter().any(|at| !known.iter().any(|range| range.contains(at)));
    importers
}

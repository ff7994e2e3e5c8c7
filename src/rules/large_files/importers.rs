//! Which of a file's exports other files use.

use std::collections::{BTreeMap, BTreeSet};

use aho_corasick::AhoCorasick;
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

/// Files, by the word that every import of each has; several may share one.
struct Targets<'p> {
    paths: Vec<Vec<&'p RelPath>>,
    words: Vec<String>,
    /// Finds the words, each by its place in the list.
    search: AhoCorasick,
}

impl<'p> Targets<'p> {
    fn of(paths: &[&'p RelPath]) -> Targets<'p> {
        let mut by_word: BTreeMap<String, Vec<&RelPath>> = BTreeMap::new();
        paths.iter().for_each(|path| by_word.entry(word_of(path)).or_default().push(path));
        let (words, paths): (Vec<String>, Vec<Vec<&RelPath>>) = by_word.into_iter().unzip();
        let search = AhoCorasick::new(&words).expect("the names of files are short");
        Targets { paths, words, search }
    }

    /// Where the words stand in `text`: for each of those that do, the byte offsets.
    fn places(&self, text: &str) -> BTreeMap<usize, Vec<usize>> {
        let mut places: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        // A file may be called `.ts`.
        for found in self.search.find_overlapping_iter(text).filter(|found| !found.is_empty()) {
            places.entry(found.pattern().as_usize()).or_default().push(found.start());
        }
        places
    }

    /// The words that code outside of the project's files has behind a `/`.
    fn mentioned_outside(&self, project: &Project) -> BTreeSet<usize> {
        let mut mentioned = BTreeSet::new();
        for (_, text) in project.code_outside() {
            let places = self.places(&text).into_iter();
            let is_path = |at: &usize| text[..*at].ends_with('/');
            mentioned.extend(places.filter(|(_, places)| places.iter().any(is_path)).map(|(word, _)| word));
        }
        mentioned
    }
}

/// Who imports each of `paths`.
pub fn of(project: &Project, paths: &[&RelPath]) -> BTreeMap<RelPath, Importers> {
    let targets = Targets::of(paths);
    let found = project.files.par_iter().flat_map_iter(|file| in_file(project, &file.path, &targets));
    let found: Vec<(RelPath, Importers)> = found.collect();
    let mut all: BTreeMap<RelPath, Importers> = BTreeMap::new();
    for (path, importers) in found {
        let known = all.entry(path).or_default();
        known.all |= importers.all;
        known.names.extend(importers.names);
    }
    let mentioned = targets.mentioned_outside(project);
    for (index, (word, paths)) in targets.words.iter().zip(&targets.paths).enumerate() {
        for path in paths {
            let known = all.entry((*path).clone()).or_default();
            // A folder's index has many names; and what isn't looked at may import what it likes.
            known.all |= word == "index" || mentioned.contains(&index);
            // What nobody imports may be for a framework, which goes by the names of the exports.
            known.all |= known.names.is_empty();
        }
    }
    all
}

/// The word that every import of a module has.
fn word_of(path: &RelPath) -> String {
    let name = path.file_name();
    name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned()
}

fn in_file(project: &Project, path: &RelPath, targets: &Targets<'_>) -> Vec<(RelPath, Importers)> {
    let Ok(text) = project.sources.read(path) else { return Vec::new() };
    let mut file: Option<SourceFile> = None;
    let mut found = Vec::new();
    for (word, places) in targets.places(&text) {
        let meaning = |at: usize| project.resolver.resolve(path, quoted_at(&text, at)?);
        let meanings: Vec<(usize, RelPath)> = places.into_iter().filter_map(|at| Some((at, meaning(at)?))).collect();
        for target in targets.paths[word].iter().filter(|target| **target != path) {
            let means = |specifier: &str| project.resolver.resolve(path, specifier).as_ref() == Some(*target);
            let places: Vec<usize> = meanings.iter().filter(|(_, path)| path == *target).map(|(at, _)| *at).collect();
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

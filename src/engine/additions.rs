//! The imports and declarations that fixes want, as edits.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use super::scan::{Snapshot, View};
use crate::edit::Wanted;
use crate::edit::{Edit, Fix};
use crate::project::{Project, RelPath};
use crate::syntax::Dialect;
use crate::syntax::source::SourceFile;

/// A project as a pass finds it.
#[derive(Clone, Copy)]
pub struct State<'a> {
    pub project: &'a Project,
    pub view: View<'a>,
}

impl State<'_> {
    /// What there is to know of a file; `None` if it can't be read as TypeScript.
    pub fn snapshot(&self, path: &RelPath) -> Option<Arc<Snapshot>> {
        if let Some(record) = self.view.get(path) {
            return Some(Arc::clone(&record.snapshot));
        }
        let (dialect, text) = (Dialect::of(path)?, self.project.sources.read(path).ok()?);
        Some(Arc::new(Snapshot::with_tree(SourceFile::parse(path.clone(), text, dialect))))
    }
}

/// Writes the imports and declarations of fixes. Remembers what specifiers mean, since finding that out asks the disk.
pub struct Additions<'a> {
    state: State<'a>,
    meanings: RefCell<HashMap<RelPath, HashMap<String, Option<RelPath>>>>,
}

impl<'a> Additions<'a> {
    pub fn to(state: State<'a>) -> Additions<'a> {
        Additions { state, meanings: RefCell::default() }
    }

    /// The edits of one fix as if it were the only one, sorted by path and offset.
    pub fn complete(&self, fix: &Fix) -> Vec<Edit> {
        let additions = fix.paths().into_iter().flat_map(|path| self.of(&[fix], path));
        let mut edits: Vec<Edit> = additions.chain(fix.edits.iter().cloned()).collect();
        edits.sort_by(|a, b| (&a.path, a.range.start, a.range.end).cmp(&(&b.path, b.range.start, b.range.end)));
        edits
    }

    /// The insertions that `fixes` want in the file at `path`, united and sorted by offset. Where they go doesn't depend
    /// on which fixes are united.
    pub fn of(&self, fixes: &[&Fix], path: &RelPath) -> Vec<Edit> {
        let mut wanted: Vec<Wanted> = Vec::new();
        let mut declarations: Vec<String> = Vec::new();
        for fix in fixes {
            for (_, want) in fix.imports.iter().filter(|(file, _)| file == path) {
                if !wanted.contains(want) {
                    wanted.push(want.clone());
                }
            }
            for (_, statement) in fix.declarations.iter().filter(|(file, _)| file == path) {
                if !declarations.contains(statement) {
                    declarations.push(statement.clone());
                }
            }
        }
        if wanted.is_empty() && declarations.is_empty() {
            return Vec::new();
        }
        let Some(snapshot) = self.state.snapshot(path) else { return Vec::new() };
        let same_module = |one: &str, other: &str| {
            one == other || self.meaning(path, one).is_some_and(|module| self.meaning(path, other) == Some(module))
        };
        let insertions = snapshot.imports.additions(&wanted, &declarations, same_module).into_iter();
        insertions.map(|(at, text)| Edit { path: path.clone(), range: at..at, text }).collect()
    }

    /// The file that `specifier` means in the file at `path`.
    fn meaning(&self, path: &RelPath, specifier: &str) -> Option<RelPath> {
        let mut meanings = self.meanings.borrow_mut();
        let of_file = meanings.entry(path.clone()).or_default();
        if let Some(known) = of_file.get(specifier) {
            return known.clone();
        }
        let found = self.state.project.resolver.resolve(path, specifier);
        of_file.insert(specifier.to_owned(), found.clone());
        found
    }
}

//! The files that a pass looks into, each parsed once.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::project::{Project, RelPath};
use crate::syntax::source::SourceFile;

/// Parsed files by their paths.
pub struct Files<'p> {
    /// The project.
    pub project: &'p Project,
    parsed: RefCell<BTreeMap<RelPath, Option<Arc<SourceFile>>>>,
}

impl<'p> Files<'p> {
    /// None are parsed yet.
    pub fn of(project: &'p Project) -> Files<'p> {
        Files { project, parsed: RefCell::default() }
    }

    /// The file at `path`; `None` if it can't be read.
    pub fn get(&self, path: &RelPath) -> Option<Arc<SourceFile>> {
        if let Some(known) = self.parsed.borrow().get(path) {
            return known.clone();
        }
        let file = self.project.parse(path).map(Arc::new);
        self.parsed.borrow_mut().insert(path.clone(), file.clone());
        file
    }

    /// The project's files whose texts have `word`.
    pub fn with(&self, word: &str) -> Vec<Arc<SourceFile>> {
        let finder = memchr::memmem::Finder::new(word);
        let files = self.project.files.iter().map(|file| &file.path);
        let has_word =
            |path: &&RelPath| self.project.sources.read(path).is_ok_and(|text| finder.find(text.as_bytes()).is_some());
        files.filter(has_word).filter_map(|path| self.get(path)).collect()
    }
}

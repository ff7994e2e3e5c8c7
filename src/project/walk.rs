//! The files of the roots.

use std::path::Path;

use walkdir::{DirEntry, WalkDir};

use super::ignores::Ignores;
use super::unit::functions_folder;
use super::{Problem, RelPath};
use crate::excludes::{DEFAULT_EXCLUDES, Excludes};
use crate::syntax::Dialect;

/// What a walk over the roots found.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// The TypeScript files, sorted by path.
    pub(super) files: Vec<Listed>,
    /// What an exclude pattern left out and git doesn't ignore, sorted by path.
    pub(super) excluded: Vec<Excluded>,
    /// What could not be looked at.
    pub(super) problems: Vec<Problem>,
}

/// A file that was found.
#[derive(Debug)]
pub(super) struct Listed {
    /// Its path.
    pub(super) path: RelPath,
    /// Its size in bytes.
    pub(super) size: u64,
    /// The innermost root that it lies in.
    pub(super) root: RelPath,
}

/// A file or folder that an exclude pattern left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excluded {
    /// Its path. Of a folder, everything in it is left out.
    pub path: RelPath,
    /// The pattern that matched.
    pub pattern: String,
}

/// Lists the TypeScript files below `roots`, which are folders of the project at `project` (an absolute path), sorted,
/// each once.
///
/// Ignored, excluded and hidden folders are not entered, symlinks not followed. A root counts whatever its own name; in
/// it the same holds for what is below.
pub(super) fn list(project: &Path, roots: &[RelPath], excludes: &Excludes, ignores: &mut Ignores) -> Listing {
    let mut walker = Walker { project, roots, excludes, ignores, listing: Listing::default() };
    for root in roots {
        walker.walk(root);
    }
    let mut listing = walker.listing;
    listing.files.sort_by(|a, b| a.path.cmp(&b.path));
    listing.excluded.sort_by(|a, b| a.path.cmp(&b.path));
    listing
}

struct Walker<'a> {
    project: &'a Path,
    roots: &'a [RelPath],
    excludes: &'a Excludes,
    ignores: &'a mut Ignores,
    listing: Listing,
}

impl Walker<'_> {
    fn walk(&mut self, root: &RelPath) {
        let mut walk = WalkDir::new(root.to_absolute(self.project)).sort_by_file_name().into_iter();
        while let Some(entry) = walk.next() {
            match entry {
                Ok(entry) if entry.depth() == 0 => {}
                Ok(entry) => {
                    if !self.visit(&entry, root) && entry.file_type().is_dir() {
                        walk.skip_current_dir();
                    }
                }
                Err(error) => self.report(&error),
            }
        }
    }

    /// Lists `entry` if it is a file that counts. Returns whether the walk may go into it if it is a folder.
    fn visit(&mut self, entry: &DirEntry, root: &RelPath) -> bool {
        let is_folder = entry.file_type().is_dir();
        let name = entry.file_name().to_string_lossy();
        let may_count =
            if is_folder { !name.starts_with('.') } else { entry.file_type().is_file() && is_typescript(&name) };
        if !may_count || self.is_ignored(entry) {
            return false;
        }
        let Some(path) = RelPath::from_absolute(self.project, entry.path()) else {
            let kind = if is_folder { "folder" } else { "file" };
            let message = format!("the name of the {kind} {:?} is not valid Unicode: rename it", entry.path());
            self.listing.problems.push(Problem { path: None, message });
            return false;
        };
        if is_folder && self.roots.binary_search(&path).is_ok() {
            return false; // walked by itself
        }
        if let Some(pattern) = self.excludes.matching(path.as_str(), is_folder)
            && !(is_folder && is_function_named_like_output(entry, &path, pattern))
        {
            self.listing.excluded.push(Excluded { path, pattern: pattern.to_owned() });
            return false;
        }
        if !is_folder {
            match entry.metadata() {
                Ok(data) => self.listing.files.push(Listed { path, size: data.len(), root: root.clone() }),
                Err(error) => self.report(&error),
            }
        }
        true
    }

    fn is_ignored(&mut self, entry: &DirEntry) -> bool {
        if let Some(parent) = entry.path().parent() {
            self.ignores.enter(parent);
        }
        self.ignores.is_ignored(entry.path(), entry.file_type().is_dir())
    }

    fn report(&mut self, error: &walkdir::Error) {
        let path = error.path().and_then(|path| RelPath::from_absolute(self.project, path));
        let reason = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
        let message = format!("can't be looked into ({reason}): make it readable, or exclude it");
        self.listing.problems.push(Problem { path, message });
    }
}

/// Whether a file of this name holds TypeScript.
fn is_typescript(name: &str) -> bool {
    RelPath::new(name).is_some_and(|path| Dialect::of(&path).is_some())
}

/// Whether the folder is an edge function that happens to be called `build` or `dist`: its name is its URL, and nobody
/// puts a build's output there.
fn is_function_named_like_output(entry: &DirEntry, path: &RelPath, pattern: &str) -> bool {
    DEFAULT_EXCLUDES.contains(&pattern)
        && path.parent().is_some_and(|parent| functions_folder(path).as_ref() == Some(&parent))
        && entry.path().join("index.ts").is_file()
}

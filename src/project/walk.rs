//! The files of the roots.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rayon::Scope;
use walkdir::{DirEntry, WalkDir};

use super::ignores::{IGNORE_FILE, Ignores, Unreadable};
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
    /// Ignore files that could not be read.
    pub(super) unreadable: Vec<Unreadable>,
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
/// each once. `ignores` are the rules for the project's own entries. The folders are read on the threads of the rayon pool
/// that this is called in.
///
/// Ignored, excluded and hidden folders are not entered, symlinks not followed. A root counts whatever its own name; in
/// it the same holds for what is below.
pub(super) fn list(project: &Path, roots: &[RelPath], excludes: &Excludes, ignores: &Ignores) -> Listing {
    let walker = Walker { project, roots, excludes, listing: Mutex::default() };
    rayon::scope(|scope| {
        for root in roots {
            walker.root(scope, root, ignores);
        }
    });
    let mut listing = walker.listing.into_inner().unwrap_or_else(PoisonError::into_inner);
    listing.files.sort_by(|a, b| a.path.cmp(&b.path));
    listing.excluded.sort_by(|a, b| a.path.cmp(&b.path));
    listing
}

struct Walker<'a> {
    project: &'a Path,
    roots: &'a [RelPath],
    excludes: &'a Excludes,
    /// What was found so far, in no order.
    listing: Mutex<Listing>,
}

impl<'a> Walker<'a> {
    fn root<'s>(&'s self, scope: &Scope<'s>, root: &'s RelPath, ignores: &Ignores) {
        let mut listing = Listing::default();
        let mut folder = self.project.to_path_buf();
        let mut rules = ignores.clone();
        for part in root.parts() {
            // The project's own rules are there already, those of the root come with its entries.
            if folder != self.project {
                rules = rules.within(&folder, &mut listing.unreadable);
            }
            folder.push(part);
        }
        self.found(listing);
        let is_project = folder == self.project;
        scope.spawn(move |scope| self.folder(scope, &folder, root, &rules, is_project));
    }

    /// Lists the entries of a folder, and has those of its folders listed. `has_rules` says whether `ignores` has the rules
    /// of the folder's own ignore file.
    fn folder<'s>(&'s self, scope: &Scope<'s>, folder: &Path, root: &'s RelPath, ignores: &Ignores, has_rules: bool) {
        let mut listing = Listing::default();
        let entries: Vec<_> = WalkDir::new(folder).min_depth(1).max_depth(1).into_iter().collect();
        let has_file = entries.iter().flatten().any(|entry| entry.file_name() == IGNORE_FILE);
        let ignores =
            if has_file && !has_rules { ignores.within(folder, &mut listing.unreadable) } else { ignores.clone() };
        for entry in entries {
            match entry {
                Ok(entry) => {
                    if let Some(inner) = self.visit(&entry, root, &ignores, &mut listing) {
                        let ignores = ignores.clone();
                        scope.spawn(move |scope| self.folder(scope, &inner, root, &ignores, false));
                    }
                }
                Err(error) => self.report(&error, &mut listing),
            }
        }
        self.found(listing);
    }

    /// Lists `entry` if it is a file that counts. The folder that the walk may go into, if it is one.
    fn visit(&self, entry: &DirEntry, root: &RelPath, ignores: &Ignores, listing: &mut Listing) -> Option<PathBuf> {
        let is_folder = entry.file_type().is_dir();
        let name = entry.file_name().to_string_lossy();
        let may_count =
            if is_folder { !name.starts_with('.') } else { entry.file_type().is_file() && is_typescript(&name) };
        if !may_count || ignores.is_ignored(entry.path(), is_folder) {
            return None;
        }
        let Some(path) = RelPath::from_absolute(self.project, entry.path()) else {
            let kind = if is_folder { "folder" } else { "file" };
            let message = format!("the name of the {kind} {:?} is not valid Unicode: rename it", entry.path());
            listing.problems.push(Problem { path: None, message });
            return None;
        };
        if is_folder && self.roots.binary_search(&path).is_ok() {
            return None; // walked by itself
        }
        if let Some(pattern) = self.excludes.matching(path.as_str(), is_folder)
            && !(is_folder && is_function_named_like_output(entry, &path, pattern))
        {
            listing.excluded.push(Excluded { path, pattern: pattern.to_owned() });
            return None;
        }
        if is_folder {
            return Some(entry.path().to_path_buf());
        }
        match entry.metadata() {
            Ok(data) => listing.files.push(Listed { path, size: data.len(), root: root.clone() }),
            Err(error) => self.report(&error, listing),
        }
        None
    }

    fn report(&self, error: &walkdir::Error, listing: &mut Listing) {
        let path = error.path().and_then(|path| RelPath::from_absolute(self.project, path));
        let reason = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
        let message = format!("can't be looked into ({reason}): make it readable, or exclude it");
        listing.problems.push(Problem { path, message });
    }

    fn found(&self, listing: Listing) {
        let mut all = self.listing.lock().unwrap_or_else(PoisonError::into_inner);
        all.files.extend(listing.files);
        all.excluded.extend(listing.excluded);
        all.problems.extend(listing.problems);
        all.unreadable.extend(listing.unreadable);
    }
}

/// Whether a file of this name holds TypeScript.
pub(super) fn is_typescript(name: &str) -> bool {
    RelPath::new(name).is_some_and(|path| Dialect::of(&path).is_some())
}

/// Whether the folder is an edge function that happens to be called `build` or `dist`: its name is its URL, and nobody
/// puts a build's output there.
fn is_function_named_like_output(entry: &DirEntry, path: &RelPath, pattern: &str) -> bool {
    DEFAULT_EXCLUDES.contains(&pattern)
        && path.parent().is_some_and(|parent| functions_folder(path).as_ref() == Some(&parent))
        && entry.path().join("index.ts").is_file()
}

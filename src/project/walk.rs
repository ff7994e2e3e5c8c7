//! The files of the roots.

use std::path::Path;

use walkdir::{DirEntry, WalkDir};

use super::excludes::{DEFAULT_EXCLUDES, Excludes};
use super::ignores::Ignores;
use super::unit::functions_folder;
use super::{Problem, RelPath};
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
    let mut listing = Listing::default();
    for root in roots {
        list_root(project, root, roots, excludes, ignores, &mut listing);
    }
    listing.files.sort_by(|a, b| a.path.cmp(&b.path));
    listing.excluded.sort_by(|a, b| a.path.cmp(&b.path));
    listing
}

fn list_root(
    project: &Path,
    root: &RelPath,
    roots: &[RelPath],
    excludes: &Excludes,
    ignores: &mut Ignores,
    listing: &mut Listing,
) {
    let mut walk = WalkDir::new(root.to_absolute(project)).sort_by_file_name().into_iter();
    while let Some(entry) = walk.next() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                listing.problems.push(unreadable(project, &error));
                continue;
            }
        };
        if entry.depth() == 0 || !(entry.file_type().is_dir() || entry.file_type().is_file()) {
            continue;
        }
        let is_folder = entry.file_type().is_dir();
        match consider(project, &entry, roots, excludes, ignores) {
            Verdict::Take(path) if is_folder => drop(path),
            Verdict::Take(path) => match entry.metadata() {
                Ok(data) => listing.files.push(Listed { path, size: data.len(), root: root.clone() }),
                Err(error) => listing.problems.push(unreadable(project, &error)),
            },
            verdict => {
                match verdict {
                    Verdict::Exclude(excluded) => listing.excluded.push(excluded),
                    Verdict::Report(problem) => listing.problems.push(problem),
                    _ => {}
                }
                if is_folder {
                    walk.skip_current_dir();
                }
            }
        }
    }
}

/// What becomes of an entry.
enum Verdict {
    Take(RelPath),
    Leave,
    Exclude(Excluded),
    Report(Problem),
}

fn consider(
    project: &Path,
    entry: &DirEntry,
    roots: &[RelPath],
    excludes: &Excludes,
    ignores: &mut Ignores,
) -> Verdict {
    let is_folder = entry.file_type().is_dir();
    let name = entry.file_name().to_string_lossy();
    let may_count = if is_folder { !name.starts_with('.') } else { is_typescript(&name) };
    let path = RelPath::from_absolute(project, entry.path());
    // A root inside of a root is walked by itself, whatever is said of it here.
    let is_root = is_folder && path.as_ref().is_some_and(|path| roots.binary_search(path).is_ok());
    if !may_count || is_root || is_ignored(entry, ignores) {
        return Verdict::Leave;
    }
    let Some(path) = path else {
        let kind = if is_folder { "folder" } else { "file" };
        let message = format!("the name of the {kind} {:?} is not valid Unicode: rename it", entry.path());
        return Verdict::Report(Problem { path: None, message });
    };
    match excludes.matching(&path, is_folder) {
        Some(pattern) if !(is_folder && is_function_named_like_output(entry, &path, pattern)) => {
            let pattern = pattern.to_owned();
            Verdict::Exclude(Excluded { path, pattern })
        }
        _ => Verdict::Take(path),
    }
}

/// Whether a file of this name holds TypeScript.
fn is_typescript(name: &str) -> bool {
    RelPath::new(name).is_some_and(|path| Dialect::of(&path).is_some())
}

fn is_ignored(entry: &DirEntry, ignores: &mut Ignores) -> bool {
    if let Some(parent) = entry.path().parent() {
        ignores.enter(parent);
    }
    ignores.is_ignored(entry.path(), entry.file_type().is_dir())
}

/// Whether the folder is an edge function that happens to be called `build` or `dist`: its name is its URL, and nobody
/// puts a build's output there.
fn is_function_named_like_output(entry: &DirEntry, path: &RelPath, pattern: &str) -> bool {
    DEFAULT_EXCLUDES.contains(&pattern)
        && path.parent().is_some_and(|parent| functions_folder(path).as_ref() == Some(&parent))
        && entry.path().join("index.ts").is_file()
}

fn unreadable(project: &Path, error: &walkdir::Error) -> Problem {
    let path = error.path().and_then(|path| RelPath::from_absolute(project, path));
    let reason = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
    Problem { path, message: format!("can't be looked into ({reason}): make it readable, or exclude it") }
}

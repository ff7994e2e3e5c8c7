//! The part of a project that the command line's PATHs name.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use super::RelPath;

/// A PATH that can't be used. Each is an error rather than a shrug: a check of nothing must not pass.
#[derive(Debug, thiserror::Error)]
pub enum SelectionError {
    /// Nothing is there.
    #[error("`{}` does not exist", .path.display())]
    NotFound {
        /// The PATH as it was given.
        path: PathBuf,
    },
    /// The system refuses to say what is there.
    #[error("`{}` can't be looked at ({source})", .path.display())]
    Unreadable {
        /// The PATH as it was given.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is not inside of the project.
    #[error(
        "`{}` is outside of the project root {}\nname a path inside of it, or another root with `--root DIR`",
        .path.display(), .root.display()
    )]
    Outside {
        /// The PATH as it was given.
        path: PathBuf,
        /// The project root.
        root: PathBuf,
    },
    /// Its name is not valid Unicode.
    #[error("the name of `{}` is not valid Unicode: rename it", .path.display())]
    NotUnicode {
        /// The PATH as it was given.
        path: PathBuf,
    },
    /// It is there, but none of the project's files is in it.
    #[error(
        "`{}` holds no TypeScript file of the project: it is outside of `roots` ({}), or excluded, or ignored by git",
        .path.display(), .roots.join(", ")
    )]
    Empty {
        /// The PATH as it was given.
        path: PathBuf,
        /// The roots that were searched.
        roots: Vec<String>,
    },
}

/// Which files are reported on and changed. The others are still known.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Files and folders; `None` means everything.
    prefixes: Option<Vec<RelPath>>,
    /// The only files; `None` means all.
    only: Option<BTreeSet<RelPath>>,
    /// These aren't.
    without: BTreeSet<RelPath>,
    /// Whether no file may be added.
    adds_nothing: bool,
}

/// What is made of PATHs that name none of the project's files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Leniency {
    /// Those where nothing is are passed over.
    pub missing: bool,
    /// Those that are there, and excluded or no TypeScript, are passed over.
    pub excluded: bool,
}

impl Selection {
    /// Every file.
    pub fn everything() -> Selection {
        Selection::default()
    }

    /// What `paths` name, each a file or a folder, absolute or relative to the folder `cwd`; everything if there are
    /// none. `root` is the project root, `files` are the project's and `roots` the folders that they were found in.
    pub(super) fn new<'a>(
        paths: &[PathBuf],
        cwd: &Path,
        root: &Path,
        files: impl Iterator<Item = &'a RelPath> + Clone,
        roots: &[RelPath],
        leniency: Leniency,
    ) -> Result<Selection, SelectionError> {
        if paths.is_empty() {
            return Ok(Selection::everything());
        }
        let root = real(root)?;
        let mut prefixes = Vec::with_capacity(paths.len());
        for path in paths {
            let absolute = match real(&cwd.join(path)) {
                Err(SelectionError::NotFound { .. }) if leniency.missing => continue,
                found => found.map_err(|error| error.about(path))?,
            };
            if !absolute.starts_with(&root) {
                return Err(SelectionError::Outside { path: path.clone(), root });
            }
            let Some(prefix) = RelPath::from_absolute(&root, &absolute) else {
                return Err(SelectionError::NotUnicode { path: path.clone() });
            };
            if !files.clone().any(|file| file.is_within(&prefix)) {
                if leniency.missing || leniency.excluded {
                    continue;
                }
                let roots = roots.iter().map(RelPath::to_string).collect();
                return Err(SelectionError::Empty { path: path.clone(), roots });
            }
            prefixes.push(prefix);
        }
        Ok(Selection { prefixes: Some(prefixes), ..Selection::default() })
    }

    /// The same without what isn't among `files`.
    pub fn only(self, files: BTreeSet<RelPath>) -> Selection {
        Selection { only: Some(files), ..self }
    }

    /// The same without `files`.
    pub fn without(self, files: BTreeSet<RelPath>) -> Selection {
        Selection { without: files, ..self }
    }

    /// The same, but fixes that bring files along are withheld.
    pub fn without_new_files(self) -> Selection {
        Selection { adds_nothing: true, ..self }
    }

    /// Whether a fix may bring files along.
    pub fn may_add_files(&self) -> bool {
        !self.adds_nothing
    }

    /// Whether nothing at all is selected.
    pub fn is_empty(&self) -> bool {
        self.prefixes.as_ref().is_some_and(Vec::is_empty) || self.only.as_ref().is_some_and(BTreeSet::is_empty)
    }

    /// Whether `path` is in it.
    pub fn contains(&self, path: &RelPath) -> bool {
        self.prefixes.as_ref().is_none_or(|prefixes| prefixes.iter().any(|prefix| path.is_within(prefix)))
            && self.only.as_ref().is_none_or(|only| only.contains(path))
            && !self.without.contains(path)
    }
}

impl SelectionError {
    /// The same, naming `given` as the path.
    fn about(mut self, given: &Path) -> SelectionError {
        if let SelectionError::NotFound { path } | SelectionError::Unreadable { path, .. } = &mut self {
            *path = given.to_path_buf();
        }
        self
    }
}

/// `path` without symlinks and dots: files are known by their real path below the real root.
fn real(path: &Path) -> Result<PathBuf, SelectionError> {
    path.canonicalize().map_err(|source| match source.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => SelectionError::NotFound { path: path.to_path_buf() },
        _ => SelectionError::Unreadable { path: path.to_path_buf(), source },
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::*;
    use crate::project::testing::{Tree, rel};

    fn tree() -> Tree {
        Tree::new(&[("p/src/a/x.ts", ""), ("p/src/b.ts", ""), ("p/docs/note.md", ""), ("elsewhere/y.ts", "")])
    }

    fn select(tree: &Tree, cwd: &str, paths: &[&Path]) -> Result<Vec<&'static str>, SelectionError> {
        let paths: Vec<PathBuf> = paths.iter().map(|path| path.to_path_buf()).collect();
        let files = [rel("src/a/x.ts"), rel("src/b.ts")];
        let selection =
            Selection::new(&paths, &tree.path(cwd), &tree.path("p"), files.iter(), &[rel("src")], Leniency::default())?;
        Ok(["src/a/x.ts", "src/b.ts", "src/b.tsx"].into_iter().filter(|path| selection.contains(&rel(path))).collect())
    }

    #[test]
    fn files_and_folders_from_any_folder() {
        let tree = tree();
        assert_eq!(select(&tree, "p", &[]).unwrap().len(), 3);
        assert_eq!(select(&tree, "p", &[Path::new("src/a")]).unwrap(), ["src/a/x.ts"]);
        assert_eq!(select(&tree, "p/src/a", &[Path::new("../b.ts")]).unwrap(), ["src/b.ts"]);
        assert_eq!(select(&tree, "elsewhere", &[&tree.path("p/src/a")]).unwrap(), ["src/a/x.ts"]);
        assert_eq!(select(&tree, "p/docs", &[Path::new("../src/a/x.ts"), Path::new("../src/b.ts")]).unwrap().len(), 2);
        assert_eq!(select(&tree, "p", &[Path::new(".")]).unwrap().len(), 3);
    }

    #[cfg(unix)]
    #[test]
    fn symlinked_working_folders_and_paths() {
        let tree = tree();
        std::os::unix::fs::symlink(tree.path("p"), tree.path("link")).unwrap();
        let linked = tree.path("").join("link");
        let files = [rel("src/a/x.ts")];
        let selection = Selection::new(
            &[PathBuf::from("src/a")],
            &linked,
            &linked,
            files.iter(),
            &[rel("src")],
            Leniency::default(),
        )
        .unwrap();
        assert!(selection.contains(&files[0]) && !selection.contains(&rel("src/b.ts")));
    }

    #[test]
    fn paths_that_select_nothing_are_errors() {
        let tree = tree();
        let error = |path: &str| select(&tree, "p", &[Path::new("src"), Path::new(path)]).unwrap_err();
        assert!(matches!(error("src/gone.ts"), SelectionError::NotFound { path } if path == Path::new("src/gone.ts")));
        assert!(matches!(error("src/b.ts/x"), SelectionError::NotFound { .. }));
        assert!(matches!(error("../elsewhere"), SelectionError::Outside { .. }));
        assert!(matches!(error(".."), SelectionError::Outside { .. }));
        let empty = error("docs");
        assert!(matches!(empty, SelectionError::Empty { .. }) && empty.to_string().contains("(src)"));
    }
}

//! The folders that a project's files are looked for in.

use std::fs;
use std::path::{Path, PathBuf};

use globset::GlobBuilder;
use walkdir::WalkDir;

use super::RelPath;
use super::ignores::{Ignores, Unreadable};
use crate::excludes::Excludes;

/// The roots if the configuration names none; those that exist count.
pub const DEFAULT_ROOTS: &[&str] = &["supabase/functions", "src"];

/// The roots can't be told.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum RootsError {
    /// None of the default roots exists.
    #[error(
        "{} has none of the folders that are looked into by default ({})\n\
         set `roots` in phase2.toml to the folders with your TypeScript, or name another project root with `--root DIR`",
        .project.display(), .looked_for.join(", ")
    )]
    NoDefault {
        /// The project root.
        project: PathBuf,
        /// The folders that it doesn't have.
        looked_for: Vec<String>,
    },
    /// `roots` is an empty list.
    #[error("`roots` is empty: name at least one folder, or leave the key out for the default")]
    NoneGiven,
    /// A configured root matches no folder.
    #[error(
        "`{pattern}` in `roots` matches no folder of {}\n\
         it is relative to the project root; symlinks are not followed, and a wildcard finds no hidden, ignored or \
         excluded folder",
        .project.display()
    )]
    NoFolder {
        /// The pattern as it was given.
        pattern: String,
        /// The project root.
        project: PathBuf,
    },
    /// A configured root is not a usable pattern.
    #[error("`{pattern}` in `roots` can't be used: {reason}")]
    BadPattern {
        /// The pattern as it was given.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// The folders that `patterns` (the default if `None`) stand for, sorted, each once. `project` is an absolute path, `ignores`
/// are the rules for its own entries.
///
/// A root that is spelled out counts even if it is ignored, hidden or excluded; what a wildcard finds doesn't.
pub(super) fn expand(
    project: &Path,
    patterns: Option<&[String]>,
    excludes: &Excludes,
    ignores: &Ignores,
    unreadable: &mut Vec<Unreadable>,
) -> Result<Vec<RelPath>, RootsError> {
    let mut roots = Vec::new();
    match patterns {
        None => {
            roots.extend(
                DEFAULT_ROOTS.iter().filter_map(|root| RelPath::new(root)).filter(|root| is_folder(project, root)),
            );
            if roots.is_empty() {
                let looked_for = DEFAULT_ROOTS.iter().map(|root| (*root).to_owned()).collect();
                return Err(RootsError::NoDefault { project: project.to_path_buf(), looked_for });
            }
        }
        Some([]) => return Err(RootsError::NoneGiven),
        Some(patterns) => {
            for pattern in patterns {
                let found = expand_one(project, pattern, excludes, ignores, unreadable)?;
                if found.is_empty() {
                    return Err(RootsError::NoFolder { pattern: pattern.clone(), project: project.to_path_buf() });
                }
                roots.extend(found);
            }
        }
    }
    roots.sort();
    roots.dedup();
    Ok(roots)
}

fn expand_one(
    project: &Path,
    pattern: &str,
    excludes: &Excludes,
    ignores: &Ignores,
    unreadable: &mut Vec<Unreadable>,
) -> Result<Vec<RelPath>, RootsError> {
    let bad = |reason: &str| RootsError::BadPattern { pattern: pattern.to_owned(), reason: reason.to_owned() };
    if pattern.is_empty() {
        return Err(bad("it is empty; `.` is the project root"));
    }
    if pattern.starts_with('/') {
        return Err(bad("it has to be relative to the project root"));
    }
    let whole = RelPath::new(pattern).ok_or_else(|| bad("it leads out of the project root"))?;
    let is_wild = |part: &&str| part.contains(['*', '?', '[', '{']);
    if !whole.parts().any(|part| is_wild(&part)) {
        return Ok(Some(whole).filter(|root| is_folder(project, root)).into_iter().collect());
    }
    let glob = GlobBuilder::new(whole.as_str())
        .literal_separator(true)
        .build()
        .map_err(|source| bad(&source.kind().to_string()))?
        .compile_matcher();
    let spelled_out: Vec<&str> = whole.parts().take_while(|part| !is_wild(part)).collect();
    let Some(start) = RelPath::new(&spelled_out.join("/")).filter(|start| is_folder(project, start)) else {
        return Ok(Vec::new());
    };
    // Braces may hold a `/`, `**` any number of them; otherwise no root lies deeper than the pattern is long.
    let depth = if whole.as_str().contains("**") || whole.as_str().contains('{') {
        usize::MAX
    } else {
        whole.parts().count() - spelled_out.len()
    };

    let mut folder = project.to_path_buf();
    // The rules for the entries of the folder where the walk is, and of those around it.
    let mut rules = vec![ignores.clone()];
    for part in &spelled_out {
        folder.push(part);
        rules = vec![rules[0].within(&folder, unreadable)];
    }
    let mut found = Vec::new();
    let mut walk =
        WalkDir::new(start.to_absolute(project)).min_depth(1).max_depth(depth).sort_by_file_name().into_iter();
    while let Some(entry) = walk.next() {
        let Some(entry) = entry.ok().filter(|entry| entry.file_type().is_dir()) else { continue };
        let Some(folder) = RelPath::from_absolute(project, entry.path()) else {
            walk.skip_current_dir();
            continue;
        };
        rules.truncate(entry.depth());
        let Some(around) = rules.last() else { continue };
        let hidden = folder.file_name().starts_with('.');
        if hidden || excludes.matching(folder.as_str(), true).is_some() || around.is_ignored(entry.path(), true) {
            walk.skip_current_dir();
            continue;
        }
        rules.push(around.within(entry.path(), unreadable));
        if glob.is_match(folder.as_str()) {
            found.push(folder);
        }
    }
    Ok(found)
}

/// Whether `folder` is one on disk, none of its parts below the project root being a symlink.
fn is_folder(project: &Path, folder: &RelPath) -> bool {
    let mut path = project.to_path_buf();
    for part in folder.parts() {
        path.push(part);
        if !fs::symlink_metadata(&path).is_ok_and(|data| data.is_dir()) {
            return false;
        }
    }
    path.is_dir()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::*;
    use crate::excludes::DEFAULT_EXCLUDES;
    use crate::project::testing::Tree;

    fn expand_in(tree: &Tree, patterns: Option<&[&str]>) -> Result<Vec<String>, RootsError> {
        let patterns: Option<Vec<String>> = patterns.map(|list| list.iter().map(|text| (*text).to_owned()).collect());
        let excludes = Excludes::new(DEFAULT_EXCLUDES).unwrap();
        let mut unreadable = Vec::new();
        let ignores = Ignores::of_project(&tree.path(""), &mut unreadable);
        let roots = expand(&tree.path(""), patterns.as_deref(), &excludes, &ignores, &mut unreadable)?;
        Ok(roots.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn the_defaults_that_exist_count() {
        let tree = Tree::new(&[("src/a.ts", "")]);
        assert_eq!(expand_in(&tree, None).unwrap(), ["src"]);
        let error = expand_in(&Tree::new(&[("app/a.ts", "")]), None).unwrap_err().to_string();
        assert!(error.contains("supabase/functions, src") && error.contains("--root"), "{error}");
    }

    #[test]
    fn wildcards_find_folders_that_are_not_left_out() {
        let tree = Tree::new(&[
            (".gitignore", "apps/old\n"),
            ("apps/web/src/a.ts", ""),
            ("apps/api/src/a.ts", ""),
            ("apps/old/src/a.ts", ""),
            ("apps/.cache/src/a.ts", ""),
            ("apps/node_modules/src/a.ts", ""),
            ("apps/web/deep/src/a.ts", ""),
            ("apps/note.md", ""),
            ("packages/ui/src/a.ts", ""),
        ]);
        assert_eq!(expand_in(&tree, Some(&["apps/*/src"])).unwrap(), ["apps/api/src", "apps/web/src"]);
        assert_eq!(
            expand_in(&tree, Some(&["**/src"])).unwrap(),
            ["apps/api/src", "apps/web/deep/src", "apps/web/src", "packages/ui/src"]
        );
        assert_eq!(
            expand_in(&tree, Some(&["{apps/web,packages/*}/src", "./packages/ui/src/"])).unwrap(),
            ["apps/web/src", "packages/ui/src"]
        );
    }

    #[test]
    fn a_root_that_is_spelled_out_counts_though_it_is_ignored() {
        let tree = Tree::new(&[(".gitignore", "dist\n"), ("dist/a.ts", ""), (".hidden/a.ts", "")]);
        assert_eq!(expand_in(&tree, Some(&["dist", ".hidden", "."])).unwrap(), ["", ".hidden", "dist"]);
    }

    #[test]
    fn roots_that_find_nothing_are_errors() {
        let tree = Tree::new(&[("src/a.ts", "")]);
        for pattern in ["lib", "apps/*/src", "src/*", "src/a.ts"] {
            let error = expand_in(&tree, Some(&["src", pattern])).unwrap_err();
            assert!(matches!(&error, RootsError::NoFolder { pattern: named, .. } if named == pattern), "{error}");
        }
        for pattern in ["", "/src", "../x", "src/[", "a/../../b"] {
            let error = expand_in(&tree, Some(&[pattern])).unwrap_err();
            assert!(matches!(error, RootsError::BadPattern { .. }), "{error}");
        }
        assert_eq!(expand_in(&tree, Some(&[])), Err(RootsError::NoneGiven));
    }

    #[cfg(unix)]
    #[test]
    fn a_symlink_is_no_root() {
        let tree = Tree::new(&[("real/a.ts", "")]);
        std::os::unix::fs::symlink(tree.path("real"), tree.path("src")).unwrap();
        assert!(matches!(expand_in(&tree, None), Err(RootsError::NoDefault { .. })));
        assert!(matches!(expand_in(&tree, Some(&["src"])), Err(RootsError::NoFolder { .. })));
    }
}

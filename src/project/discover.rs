//! Where the project's root is.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::config::FILE_NAME;

/// No folder upwards looks like the root of a project.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{}", describe(.looked_in))]
pub struct NoRoot {
    /// The folders that were looked at, innermost first.
    pub looked_in: Vec<PathBuf>,
}

fn describe(looked_in: &[PathBuf]) -> String {
    let mut text = format!(
        "no project found: none of these folders has {FILE_NAME}, supabase/functions, supabase/config.toml or .git:"
    );
    for folder in looked_in {
        let _ = write!(text, "\n  {}", folder.display());
    }
    let _ = write!(text, "\nname the root with `--root DIR`, or create {FILE_NAME} (it may be empty) in it");
    text
}

/// Finds the root of the project that `start`, an absolute path of a folder, belongs to.
///
/// It is the nearest folder upwards with `phase2.toml`; if there is none, the nearest with `supabase/functions` or
/// `supabase/config.toml`; if there is none either, the nearest with `.git`.
pub fn find_root(start: &Path) -> Result<PathBuf, NoRoot> {
    let criteria: [fn(&Path) -> bool; 3] = [
        |folder| folder.join(FILE_NAME).is_file(),
        |folder| folder.join("supabase/functions").is_dir() || folder.join("supabase/config.toml").is_file(),
        // In a linked worktree and in a submodule `.git` is a file.
        |folder| folder.join(".git").exists(),
    ];
    criteria
        .iter()
        .find_map(|holds| start.ancestors().find(|folder| holds(folder)))
        .map(Path::to_path_buf)
        .ok_or_else(|| NoRoot { looked_in: start.ancestors().map(Path::to_path_buf).collect() })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::*;
    use crate::project::testing::Tree;

    #[test]
    fn the_configuration_file_wins_over_a_nearer_supabase_folder() {
        let tree = Tree::new(&[("phase2.toml", ""), ("apps/web/supabase/config.toml", ""), ("apps/web/src/a.ts", "")]);
        assert_eq!(find_root(&tree.path("apps/web/src")), Ok(tree.path("")));
    }

    #[test]
    fn a_supabase_folder_wins_over_a_nearer_repository() {
        let tree = Tree::new(&[("supabase/functions/a/index.ts", ""), ("src/.git", "gitdir: elsewhere")]);
        assert_eq!(find_root(&tree.path("src")), Ok(tree.path("")));
    }

    #[test]
    fn the_nearest_of_a_kind_counts() {
        let tree = Tree::new(&[("phase2.toml", ""), ("a/phase2.toml", ""), ("a/b/c.ts", "")]);
        assert_eq!(find_root(&tree.path("a/b")), Ok(tree.path("a")));
    }

    #[test]
    fn a_repository_will_do() {
        let tree = Tree::new(&[(".git/HEAD", ""), ("a/b.ts", "")]);
        assert_eq!(find_root(&tree.path("a")), Ok(tree.path("")));
    }

    #[test]
    fn nothing_found_lists_the_folders_and_the_way_out() {
        let error = NoRoot { looked_in: vec![PathBuf::from("/a/b"), PathBuf::from("/a")] };
        let text = error.to_string();
        assert!(text.contains("\n  /a/b\n  /a\n") && text.contains("--root DIR"), "{text}");
    }
}

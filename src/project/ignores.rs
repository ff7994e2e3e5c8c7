//! What git ignores, asked folder by folder from the outside in.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// The ignore files that count at one place of a walk.
///
/// Precedence is git's: a deeper `.gitignore` overrides a shallower one, `.git/info/exclude` comes after them, and
/// `core.excludesFile` last. Each file is read once as long as the walk goes depth first.
pub(super) struct Ignores {
    /// The work tree's top, or the project root outside of git; `None` if nothing is ignored.
    top: Option<PathBuf>,
    /// `core.excludesFile` and `.git/info/exclude`, the stronger one last.
    repository: Vec<Gitignore>,
    /// A chain of folders from `top` down to where the walk is, each with the rules of its `.gitignore`.
    folders: Vec<(PathBuf, Gitignore)>,
    /// Ignore files that could not be read, with the reason.
    pub(super) unreadable: Vec<(PathBuf, String)>,
}

impl Ignores {
    /// Nothing is ignored.
    pub(super) fn none() -> Ignores {
        Ignores { top: None, repository: Vec::new(), folders: Vec::new(), unreadable: Vec::new() }
    }

    /// The rules that hold in the project at `root`, an absolute path. The folders from the top of the work tree, which
    /// may lie above, down to the root count; outside of git those from the root on.
    pub(super) fn of_project(root: &Path) -> Ignores {
        let mut ignores = Ignores::none();
        let work_tree = root.ancestors().find(|folder| folder.join(".git").exists());
        if let Some(work_tree) = work_tree {
            let (global, _) = GitignoreBuilder::new(work_tree).build_global();
            let exclude = ignores.read(work_tree, &git_folder(work_tree).join("info/exclude"));
            ignores.repository = vec![global, exclude];
        }
        ignores.top = Some(work_tree.unwrap_or(root).to_path_buf());
        ignores
    }

    /// Moves to `folder`, so that `is_ignored` can be asked about its entries.
    pub(super) fn enter(&mut self, folder: &Path) {
        // Nearly always it is where the walk is already.
        if self.folders.last().is_some_and(|(last, _)| last.as_os_str() == folder.as_os_str()) {
            return;
        }
        let Some(top) = self.top.clone() else { return };
        while self.folders.last().is_some_and(|(last, _)| !folder.starts_with(last)) {
            self.folders.pop();
        }
        let entered = self.folders.len();
        let mut missing: Vec<&Path> = folder.ancestors().take_while(|ancestor| ancestor.starts_with(&top)).collect();
        missing.reverse();
        for ancestor in missing.into_iter().skip(entered) {
            let rules = self.read(ancestor, &ancestor.join(".gitignore"));
            self.folders.push((ancestor.to_path_buf(), rules));
        }
    }

    /// Whether `path`, an entry of the folder that was entered last, is ignored.
    pub(super) fn is_ignored(&self, path: &Path, is_folder: bool) -> bool {
        let folders = self.folders.iter().rev().map(|(_, rules)| rules);
        for rules in folders.chain(self.repository.iter().rev()) {
            match rules.matched(path, is_folder) {
                Match::Ignore(_) => return true,
                Match::Whitelist(_) => return false,
                Match::None => {}
            }
        }
        false
    }

    /// The rules of `file`, taken from `folder`. A pattern that can't be read is passed over, as git does.
    fn read(&mut self, folder: &Path, file: &Path) -> Gitignore {
        let bytes = match fs::read(file) {
            Ok(bytes) => bytes,
            Err(error) => {
                if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::IsADirectory) {
                    self.unreadable.push((file.to_path_buf(), error.to_string()));
                }
                return Gitignore::empty();
            }
        };
        let text = String::from_utf8_lossy(&bytes);
        let mut builder = GitignoreBuilder::new(folder);
        for line in text.trim_start_matches('\u{feff}').lines() {
            let _ = builder.add_line(None, line);
        }
        builder.build().unwrap_or_else(|_| Gitignore::empty())
    }
}

/// The folder that holds a work tree's `info/exclude`. In a linked worktree `.git` is a file that names another folder,
/// which in turn names the one that all worktrees share.
fn git_folder(work_tree: &Path) -> PathBuf {
    let git = work_tree.join(".git");
    let Some(linked) = fs::read_to_string(&git).ok().and_then(|text| {
        let folder = text.strip_prefix("gitdir:")?.trim();
        Some(work_tree.join(folder))
    }) else {
        return git;
    };
    match fs::read_to_string(linked.join("commondir")) {
        Ok(shared) => linked.join(shared.trim()),
        Err(_) => linked,
    }
}

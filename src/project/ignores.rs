//! What git ignores, asked folder by folder from the outside in.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// The name of the files that say in a folder what is ignored in it.
pub(super) const IGNORE_FILE: &str = ".gitignore";

/// The ignore files that count for the entries of one folder. Cloning is cheap.
///
/// Precedence is git's: a deeper `.gitignore` overrides a shallower one, `.git/info/exclude` comes after them, and
/// `core.excludesFile` last.
#[derive(Debug, Clone)]
pub(super) struct Ignores {
    /// `core.excludesFile` and `.git/info/exclude`, the stronger one last.
    repository: Arc<[Gitignore]>,
    /// The innermost folder on the way here that has a `.gitignore`.
    innermost: Option<Arc<Level>>,
    /// Whether anything is ignored at all.
    is_respected: bool,
}

/// The `.gitignore` of a folder, and those of the folders around it.
#[derive(Debug)]
struct Level {
    rules: Gitignore,
    outer: Option<Arc<Level>>,
}

/// An ignore file that can't be read, with what the system said.
#[derive(Debug)]
pub(super) struct Unreadable {
    pub(super) file: PathBuf,
    pub(super) reason: String,
}

impl Ignores {
    /// Nothing is ignored.
    pub(super) fn none() -> Ignores {
        Ignores { repository: Arc::default(), innermost: None, is_respected: false }
    }

    /// The rules for the entries of the project at `root`, an absolute path. The folders from the top of the work tree,
    /// which may lie above, down to the root count; outside of git the root alone.
    pub(super) fn of_project(root: &Path, unreadable: &mut Vec<Unreadable>) -> Ignores {
        let work_tree = root.ancestors().find(|folder| folder.join(".git").exists());
        let mut ignores = Ignores { is_respected: true, ..Ignores::none() };
        if let Some(work_tree) = work_tree {
            let (global, _) = GitignoreBuilder::new(work_tree).build_global();
            let exclude = read(work_tree, &git_folder(work_tree).join("info/exclude"), unreadable);
            ignores.repository = [Some(global), exclude].into_iter().flatten().collect();
        }
        let top = work_tree.unwrap_or(root);
        let mut folders: Vec<&Path> = root.ancestors().take_while(|folder| folder.starts_with(top)).collect();
        folders.reverse();
        folders.into_iter().fold(ignores, |ignores, folder| ignores.within(folder, unreadable))
    }

    /// The rules for the entries of `folder`, itself an entry of the folder that these rules are for.
    pub(super) fn within(&self, folder: &Path, unreadable: &mut Vec<Unreadable>) -> Ignores {
        let mut ignores = self.clone();
        if self.is_respected
            && let Some(rules) = read(folder, &folder.join(IGNORE_FILE), unreadable)
        {
            ignores.innermost = Some(Arc::new(Level { rules, outer: self.innermost.clone() }));
        }
        ignores
    }

    /// Whether `path`, an entry of the folder that the rules are for, is ignored.
    pub(super) fn is_ignored(&self, path: &Path, is_folder: bool) -> bool {
        let levels = std::iter::successors(self.innermost.as_deref(), |level| level.outer.as_deref());
        let rules = levels.map(|level| &level.rules).chain(self.repository.iter().rev());
        let said = rules.map(|rules| rules.matched(path, is_folder)).find(|said| !said.is_none());
        matches!(said, Some(Match::Ignore(_)))
    }
}

/// The rules of `file`, taken from `folder`, if it is there. A pattern that can't be read is passed over, as git does.
fn read(folder: &Path, file: &Path, unreadable: &mut Vec<Unreadable>) -> Option<Gitignore> {
    let bytes = match fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) => {
            if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::IsADirectory) {
                unreadable.push(Unreadable { file: file.to_path_buf(), reason: error.to_string() });
            }
            return None;
        }
    };
    let text = String::from_utf8_lossy(&bytes);
    let mut builder = GitignoreBuilder::new(folder);
    for line in text.trim_start_matches('\u{feff}').lines() {
        let _ = builder.add_line(None, line);
    }
    builder.build().ok()
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

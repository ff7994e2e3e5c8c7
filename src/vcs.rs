//! Which files git could not bring back: asked before anything is overwritten.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::process::{Command, Output};

use thiserror::Error;

use crate::project::RelPath;

/// What git says about the project.
#[derive(Debug, PartialEq, Eq)]
pub enum Vcs {
    /// The project is in no git repository.
    NoRepository,
    /// The project is in one.
    Git {
        /// Those of the paths whose content no commit holds, sorted.
        dirty: Vec<RelPath>,
    },
}

/// Why git could not be asked.
#[derive(Debug, Error)]
pub enum VcsError {
    /// The project is in a repository, but there is no `git` to ask.
    #[error("the project is in a git repository, but `git` can't be run: {0}")]
    NotInstalled(io::Error),
    /// git refuses, for instance because the repository belongs to somebody else.
    #[error("`git {command}` failed: {message}")]
    Failed {
        /// The arguments that tell which command it was.
        command: String,
        /// What git said.
        message: String,
    },
}

/// Finds out which of `paths` hold something that git could not bring back: modified or staged, untracked, ignored, or
/// with changes that git was told to overlook. A path where nothing exists, and nothing should, is clean.
///
/// The repository is the one that `root` lies in, even inside of a hook, where git's variables name another.
///
/// # Errors
/// When the project is in a repository and git can't be asked.
pub fn uncommitted(root: &Path, paths: &[RelPath]) -> Result<Vcs, VcsError> {
    let Some(prefix) = prefix(root)? else { return Ok(Vcs::NoRepository) };
    // Paths of a status start at the repository's top folder, those of ls-files at the project root.
    let status = git(
        root,
        &[
            "status",
            "--porcelain=v1",
            "-z",
            "--untracked-files=no",
            "--no-renames",
            "--ignore-submodules=none",
            "--",
            ".",
        ],
    )?;
    let changed: Vec<RelPath> = records(&status.stdout)
        .filter_map(|record| record.get(3..)?.strip_prefix(prefix.as_str()))
        .filter_map(RelPath::new)
        .collect();
    let files = git(root, &["ls-files", "-z", "-v", "--recurse-submodules", "--", "."])?;
    // `H` is a file that git watches. The other letters are files that are not merged, or that git overlooks.
    let watched: BTreeSet<&str> = records(&files.stdout).filter_map(|record| record.strip_prefix("H ")).collect();

    let exists = |path: &RelPath| path.to_absolute(root).symlink_metadata().is_ok();
    let is_dirty = |path: &&RelPath| {
        // A changed submodule is named as a whole.
        changed.iter().any(|changed| path.is_within(changed)) || (!watched.contains(path.as_str()) && exists(path))
    };
    let dirty: BTreeSet<RelPath> = paths.iter().filter(is_dirty).cloned().collect();
    Ok(Vcs::Git { dirty: dirty.into_iter().collect() })
}

/// The path of `root` in its repository, with a `/` at its end if it isn't the top folder; `None` if it is in none.
fn prefix(root: &Path) -> Result<Option<String>, VcsError> {
    let arguments = ["rev-parse", "--is-inside-work-tree", "--show-prefix"];
    let output = match run(root, &arguments) {
        Ok(output) => output,
        Err(_) if !root.ancestors().any(|folder| folder.join(".git").exists()) => return Ok(None),
        Err(error) => return Err(VcsError::NotInstalled(error)),
    };
    let said = String::from_utf8_lossy(&output.stdout);
    let mut lines = said.lines();
    match (output.status.success(), lines.next()) {
        (true, Some("true")) => Ok(Some(lines.next().unwrap_or_default().to_owned())),
        // Inside of a `.git` folder or a bare repository: nothing there is under version control.
        (true, _) => Ok(None),
        // The words of git when there is none here or further up; a broken or foreign repository has others.
        (false, _) if String::from_utf8_lossy(&output.stderr).contains("not a git repository (or any") => Ok(None),
        (false, _) => Err(failed(&arguments, &output)),
    }
}

/// Runs a command that should succeed.
fn git(root: &Path, arguments: &[&str]) -> Result<Output, VcsError> {
    let output = run(root, arguments).map_err(VcsError::NotInstalled)?;
    if output.status.success() { Ok(output) } else { Err(failed(arguments, &output)) }
}

fn run(root: &Path, arguments: &[&str]) -> io::Result<Output> {
    let mut command = Command::new("git");
    // Without locks, so that another git command in the same repository isn't disturbed.
    command.arg("--no-optional-locks").arg("-C").arg(root).args(arguments);
    // Its words are read, so they must not be translated.
    command.env("LC_ALL", "C");
    // git sets these for its hooks. They would hold for another folder than the root, or for an unfinished index.
    for name in [
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_PREFIX",
        "GIT_COMMON_DIR",
        "GIT_OBJECT_DIRECTORY",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_QUARANTINE_PATH",
        "GIT_NAMESPACE",
    ] {
        command.env_remove(name);
    }
    command.output()
}

fn failed(arguments: &[&str], output: &Output) -> VcsError {
    let message = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    let message = if message.is_empty() { output.status.to_string() } else { message };
    VcsError::Failed { command: arguments.iter().take(1).copied().collect(), message }
}

/// The records of a `-z` listing. A name that isn't Unicode is none of ours.
fn records(listing: &[u8]) -> impl Iterator<Item = &str> {
    listing.split(|&byte| byte == 0).filter_map(|record| std::str::from_utf8(record).ok())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests;

//! What is asked of git: which files it could not bring back, what changed, and what was there before.

pub mod past;

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
    /// What was asked for needs a repository.
    #[error("the project is in no git repository, so that nobody knows what changed; leave the option out")]
    NoRepository,
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

/// What is to be looked at, in git's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changes {
    /// What differs from the last commit, untracked files among it.
    Uncommitted,
    /// The same, from where the branch left this revision.
    Since(String),
    /// What is staged.
    Staged,
}

/// The files of the project at `root` that changed, deleted ones left out; sorted.
///
/// # Errors
/// When the project is in no repository, or git can't be asked.
pub fn changed(root: &Path, changes: &Changes) -> Result<Vec<RelPath>, VcsError> {
    in_repository(root)?;
    let mut listed: Vec<String> = Vec::new();
    let options =
        ["diff", "--name-only", "-z", "--relative", "--no-renames", "--diff-filter=d", "--ignore-submodules=all"];
    let mut diff = |more: &[&str]| -> Result<(), VcsError> {
        let arguments: Vec<&str> = options.iter().chain(more).copied().chain(["--", "."]).collect();
        listed.extend(records(&git(root, &arguments)?.stdout).map(str::to_owned));
        Ok(())
    };
    match changes {
        Changes::Staged => diff(&["--cached"])?,
        Changes::Uncommitted if has_commit(root) => diff(&["HEAD"])?,
        Changes::Uncommitted => diff(&["--cached"])?,
        Changes::Since(revision) => diff(&[&merge_base(root, revision)?])?,
    }
    if *changes != Changes::Staged {
        listed.extend(untracked(root)?.into_iter().map(|path| path.as_str().to_owned()));
    }
    let paths: BTreeSet<RelPath> = listed.iter().filter_map(|path| RelPath::new(path)).collect();
    Ok(paths.into_iter().collect())
}

/// The files that git neither watches nor ignores.
///
/// # Errors
/// When git can't be asked.
pub fn untracked(root: &Path) -> Result<Vec<RelPath>, VcsError> {
    let files = git(root, &["ls-files", "-z", "--others", "--exclude-standard", "--", "."])?;
    Ok(records(&files.stdout).filter_map(RelPath::new).collect())
}

/// The files whose content in the work tree isn't that of the index.
///
/// # Errors
/// When git can't be asked.
pub fn unstaged(root: &Path) -> Result<Vec<RelPath>, VcsError> {
    let arguments = ["diff", "--name-only", "-z", "--relative", "--no-renames", "--ignore-submodules=all", "--", "."];
    Ok(records(&git(root, &arguments)?.stdout).filter_map(RelPath::new).collect())
}

/// The content that the index has of `path`; `None` if it has none.
///
/// # Errors
/// When git can't be run.
pub fn in_index(root: &Path, path: &RelPath) -> Result<Option<Vec<u8>>, VcsError> {
    blob(root, &format!(":./{path}"))
}

/// The content that `path` had where the branch left `revision`; `None` if it wasn't there.
///
/// # Errors
/// When there is no such revision, or git can't be asked.
pub fn at_merge_base(root: &Path, revision: &str, path: &RelPath) -> Result<Option<Vec<u8>>, VcsError> {
    in_repository(root)?;
    blob(root, &format!("{}:./{path}", merge_base(root, revision)?))
}

/// The files that were renamed since the last commit that changed `path`: their old and their new names.
///
/// # Errors
/// When git can't be asked.
pub fn renames_since(root: &Path, path: &RelPath) -> Result<Vec<(RelPath, RelPath)>, VcsError> {
    if prefix(root)?.is_none() || !has_commit(root) {
        return Ok(Vec::new());
    }
    let commit = git(root, &["log", "-1", "--format=%H", "--", path.as_str()])?;
    let commit = String::from_utf8_lossy(&commit.stdout).trim().to_owned();
    if commit.is_empty() {
        return Ok(Vec::new());
    }
    renames(root, &commit)
}

/// The files that were renamed since the branch left `revision`: their old and their new names.
///
/// # Errors
/// When there is no such revision, or git can't be asked.
pub fn renames_from(root: &Path, revision: &str) -> Result<Vec<(RelPath, RelPath)>, VcsError> {
    renames(root, &merge_base(root, revision)?)
}

fn renames(root: &Path, commit: &str) -> Result<Vec<(RelPath, RelPath)>, VcsError> {
    let arguments = ["diff", "--name-status", "-z", "--relative", "-M", "--diff-filter=R", commit, "--", "."];
    let output = git(root, &arguments)?;
    let fields: Vec<&str> = records(&output.stdout).collect();
    let renames = fields.chunks_exact(3).filter(|fields| fields[0].starts_with('R'));
    Ok(renames.filter_map(|fields| Some((RelPath::new(fields[1])?, RelPath::new(fields[2])?))).collect())
}

/// The commit where the branch left `revision`.
fn merge_base(root: &Path, revision: &str) -> Result<String, VcsError> {
    if revision.starts_with('-') {
        return Err(VcsError::Failed {
            command: "merge-base".to_owned(),
            message: format!("`{revision}` is no revision"),
        });
    }
    let output = git(root, &["merge-base", revision, "HEAD"])?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn has_commit(root: &Path) -> bool {
    run(root, &["rev-parse", "--verify", "--quiet", "HEAD"]).is_ok_and(|output| output.status.success())
}

fn blob(root: &Path, name: &str) -> Result<Option<Vec<u8>>, VcsError> {
    let output = run(root, &["cat-file", "blob", name]).map_err(VcsError::NotInstalled)?;
    Ok(output.status.success().then_some(output.stdout))
}

fn in_repository(root: &Path) -> Result<(), VcsError> {
    prefix(root)?.map(drop).ok_or(VcsError::NoRepository)
}

/// The folder of `root` in its repository, with a `/` at its end; empty at the top, and where git doesn't say.
pub fn folder_in_repository(root: &Path) -> String {
    prefix(root).ok().flatten().unwrap_or_default()
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
    command(root, arguments).output()
}

fn command(root: &Path, arguments: &[&str]) -> Command {
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
    command
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

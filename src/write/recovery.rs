//! What is done about a run that was interrupted.

use std::fmt;
use std::fs;
use std::path::Path;

use tempfile::TempPath;

use super::journal::{Entry, Fingerprint, Journal, remove_draft};
use super::{SkipReason, Skipped, WriteError, refuse_symlinks, remove_folders, replace, sync_folders};
use crate::project::RelPath;

/// What became of a run that was interrupted.
#[derive(Debug, PartialEq, Eq)]
pub enum Recovered {
    /// It had not changed any file yet; its temporary files were removed.
    Undone,
    /// It had begun to change files, so that the rest was done as well.
    Finished {
        /// The files that hold their new text now, sorted by path.
        files: Vec<RelPath>,
        /// The files that couldn't be finished, sorted by path.
        skipped: Vec<Skipped>,
    },
}

impl fmt::Display for Recovered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Recovered::Undone => {
                f.write_str("an earlier run was interrupted before it changed a file; its temporary files were removed")
            }
            Recovered::Finished { files, skipped } if skipped.is_empty() => {
                write!(
                    f,
                    "an earlier run was interrupted while it wrote; all of its {} files are now written",
                    files.len()
                )
            }
            Recovered::Finished { files, skipped } => write!(
                f,
                "an earlier run was interrupted while it wrote; {} of its files are now written, {} could not be",
                files.len(),
                skipped.len()
            ),
        }
    }
}

/// How far a run came with one file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// The target holds the new text.
    Done,
    /// The new text waits in the temporary file, and the target is as it was.
    Ready,
    /// Neither: whether the new text is there, and what the target holds.
    Stuck { temp: bool, target: Option<Fingerprint> },
}

/// Finishes or undoes the run whose journal lies in `root`, and removes the journal. `None` if there is none.
///
/// If a file was renamed already, all that can be are; if none was, nothing has changed and nothing will.
///
/// # Errors
/// When the journal or the files that it names can't be used; then it stays where it is.
pub fn recover(root: &Path) -> Result<Option<Recovered>, WriteError> {
    remove_draft(root);
    let Some(journal) = Journal::load(root)? else { return Ok(None) };
    let mut states = Vec::new();
    for entry in &journal.entries {
        refuse_symlinks(root, &entry.target)?;
        refuse_symlinks(root, &entry.temp)?;
        states.push(state(root, entry)?);
    }
    let recovered = if states.contains(&State::Done) {
        finish(root, &journal, &states)
    } else {
        journal.entries.iter().for_each(|entry| remove_temp(root, entry));
        Recovered::Undone
    };
    remove_folders(root, &journal.folders);
    Journal::remove(root)?;
    Ok(Some(recovered))
}

fn state(root: &Path, entry: &Entry) -> Result<State, WriteError> {
    let read = |path: &RelPath| {
        let path = path.to_absolute(root);
        Fingerprint::of_file(&path).map_err(WriteError::io("read", &path))
    };
    let (temp, target) = (read(&entry.temp)? == Some(entry.after), read(&entry.target)?);
    Ok(match target {
        target if target == Some(entry.after) => State::Done,
        target if temp && target == entry.before => State::Ready,
        target => State::Stuck { temp, target },
    })
}

fn finish(root: &Path, journal: &Journal, states: &[State]) -> Recovered {
    let (mut files, mut skipped) = (Vec::new(), Vec::new());
    for (entry, state) in journal.entries.iter().zip(states) {
        let outcome = match state {
            State::Done => Ok(()),
            State::Ready => rename(root, entry),
            State::Stuck { temp: false, .. } => Err(SkipReason::Lost),
            State::Stuck { temp: true, target: None } => Err(SkipReason::Gone),
            State::Stuck { temp: true, target: Some(_) } if entry.before.is_none() => Err(SkipReason::Appeared),
            State::Stuck { temp: true, target: Some(_) } => Err(SkipReason::Changed),
        };
        remove_temp(root, entry);
        match outcome {
            Ok(()) => files.push(entry.target.clone()),
            Err(reason) => skipped.push(Skipped { path: entry.target.clone(), reason }),
        }
    }
    sync_folders(root, &files);
    Recovered::Finished { files, skipped }
}

fn rename(root: &Path, entry: &Entry) -> Result<(), SkipReason> {
    let temp = TempPath::try_from_path(entry.temp.to_absolute(root))
        .map_err(|error| SkipReason::Refused(error.to_string()))?;
    replace(temp, &entry.target.to_absolute(root), entry.before.is_none())
}

fn remove_temp(root: &Path, entry: &Entry) {
    // Mostly it isn't there any more.
    let _ = fs::remove_file(entry.temp.to_absolute(root));
}

//! The only room that touches the user's files: all of a run's changes are written, or none.
//!
//! 1. A journal in the project root names every file that will change: what it holds now, what it will hold, and the
//!    temporary file beside it. Killed at any point from here on, a run can be finished or undone by [`recover`].
//! 2. All temporary files are written and synced. If one of them can't be, all are removed and nothing has changed.
//! 3. All originals are read again. One that isn't what the fixes were made for is left as it is and reported.
//! 4. The temporary files are renamed over their targets, in the order of their paths, and the folders synced.
//! 5. The journal is removed.

mod journal;
mod recovery;

use std::collections::BTreeSet;
use std::fmt;
use std::fs::{self, File, Metadata};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use tempfile::{NamedTempFile, TempPath};
use thiserror::Error;

use crate::edit::FileChange;
use crate::project::RelPath;
use journal::{Entry, Journal};

pub use journal::JOURNAL;
pub use recovery::{Recovered, recover};

/// What [`write()`] did. Both lists are sorted by path.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// The files that now hold their new text.
    pub files: Vec<RelPath>,
    /// The files that were left as they are, because they aren't what the fixes were made for.
    pub skipped: Vec<Skipped>,
}

/// A file that was not written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skipped {
    /// The file.
    pub path: RelPath,
    /// Why.
    pub reason: SkipReason,
}

/// Why a file was not written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SkipReason {
    /// It holds something else than when it was read.
    Changed,
    /// It was to be changed and isn't there any more.
    Gone,
    /// It was to be new and is there by now.
    Appeared,
    /// Its new text was lost with the run that was interrupted.
    Lost,
    /// The system refused; its own words.
    Refused(String),
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SkipReason::Changed => f.write_str("changed while phase2 ran; not overwritten, run again"),
            SkipReason::Gone => f.write_str("was deleted while phase2 ran; not written"),
            SkipReason::Appeared => f.write_str("was created while phase2 ran; not overwritten, run again"),
            SkipReason::Lost => f.write_str("its new text was lost when the run was interrupted; run again"),
            SkipReason::Refused(error) => write!(f, "could not be replaced: {error}"),
        }
    }
}

/// Why nothing could be written, or a run that was interrupted not be mended.
#[derive(Debug, Error)]
pub enum WriteError {
    /// The system refused something before any file was changed.
    #[error("can't {action} {}: {source}; nothing was changed", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// What it was tried on.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// A change would go through a symbolic link, and so perhaps out of the project.
    #[error("{0} is, or lies behind, a symbolic link, which phase2 doesn't write through; nothing was changed")]
    Symlink(RelPath),
    /// A folder or a device stands where a file should be.
    #[error("{0} is not a regular file; nothing was changed")]
    NotAFile(RelPath),
    /// A journal is there: a run was interrupted, or another one is writing at this moment.
    #[error(
        "{} is there: another run is writing, or was interrupted and not recovered; nothing was changed",
        .0.display()
    )]
    JournalExists(PathBuf),
    /// The journal of a run that was interrupted makes no sense.
    #[error(
        "{} was left by a run that was interrupted and can't be used: {reason}; see what `git status` says about the \
         project's files, delete the journal and all files named `.phase2-*.tmp`, then run again",
        path.display()
    )]
    Journal {
        /// The journal.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// All files are as they should be, but the journal is still there.
    #[error("the files were written, but {} can't be removed: {source}; delete it", path.display())]
    JournalStays {
        /// The journal.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
}

impl WriteError {
    fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> WriteError {
        move |source| WriteError::Io { action, path: path.to_path_buf(), source }
    }
}

/// Puts `changes` on disk below `root`, as the module says. Modes are kept, owners where the system lets us; folders
/// of new files are made. A change to the text that is already there is left out.
///
/// # Errors
/// When not everything could be prepared; then no file was changed. [`WriteError::JournalStays`] is the exception.
pub fn write(root: &Path, changes: &[FileChange]) -> Result<Written, WriteError> {
    let mut changes: Vec<&FileChange> =
        changes.iter().filter(|change| change.before.as_deref() != Some(&*change.after)).collect();
    changes.sort_by(|a, b| a.path.cmp(&b.path));

    let mut written = Written::default();
    let mut present = Vec::new();
    for change in changes {
        match unwritable(root, change)? {
            Some(reason) => written.skipped.push(Skipped { path: change.path.clone(), reason }),
            None => present.push(change),
        }
    }
    if present.is_empty() {
        return Ok(written);
    }
    let journal = Journal::new(root, &present);
    journal.save(root)?;
    let staged = match stage(root, &journal, &present) {
        Ok(staged) => staged,
        Err(error) => {
            // The temporary files are gone by now. What else can't be removed is no worse than the error itself.
            remove_folders(root, &journal.folders);
            let _ = Journal::remove(root);
            return Err(error);
        }
    };
    commit(root, staged, &mut written);
    remove_folders(root, &journal.folders);
    sync_folders(root, &written.files);
    written.skipped.sort();
    Journal::remove(root)?;
    Ok(written)
}

/// Looks at a target before anything is written: whether it must be left alone.
///
/// # Errors
/// When it is nothing that may be replaced.
fn unwritable(root: &Path, change: &FileChange) -> Result<Option<SkipReason>, WriteError> {
    refuse_symlinks(root, &change.path)?;
    let target = change.path.to_absolute(root);
    match fs::symlink_metadata(&target) {
        Ok(_) if change.before.is_none() => Ok(Some(SkipReason::Appeared)),
        Ok(metadata) if !metadata.is_file() => Err(WriteError::NotAFile(change.path.clone())),
        Ok(_) => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(change.before.as_ref().map(|_| SkipReason::Gone)),
        Err(error) => Err(WriteError::io("look at", &target)(error)),
    }
}

/// No part of a path below the root may be a symbolic link.
fn refuse_symlinks(root: &Path, path: &RelPath) -> Result<(), WriteError> {
    let mut place = root.to_path_buf();
    for part in path.parts() {
        place.push(part);
        if fs::symlink_metadata(&place).is_ok_and(|metadata| metadata.is_symlink()) {
            return Err(WriteError::Symlink(path.clone()));
        }
    }
    Ok(())
}

/// A change whose new text lies in a temporary file, which is removed when this is dropped.
struct Staged<'c> {
    change: &'c FileChange,
    temp: TempPath,
}

/// Writes and syncs the temporary files of all changes, or none.
fn stage<'c>(root: &Path, journal: &Journal, changes: &[&'c FileChange]) -> Result<Vec<Staged<'c>>, WriteError> {
    for folder in &journal.folders {
        let folder = folder.to_absolute(root);
        fs::create_dir_all(&folder).map_err(WriteError::io("make the folder", &folder))?;
    }
    // In parallel, as most of the time goes into waiting for the disk.
    journal
        .entries
        .par_iter()
        .zip(changes)
        .map(|(entry, change)| Ok(Staged { change, temp: stage_one(root, entry, change)? }))
        .collect()
}

fn stage_one(root: &Path, entry: &Entry, change: &FileChange) -> Result<TempPath, WriteError> {
    let path = entry.temp.to_absolute(root);
    let fail = || WriteError::io("write", &path);
    let mut temp = create(&path, change.before.is_none()).map_err(fail())?;
    temp.write_all(change.after.as_bytes()).map_err(fail())?;
    if change.before.is_some() {
        let target = change.path.to_absolute(root);
        let original = fs::metadata(&target).map_err(WriteError::io("look at", &target))?;
        keep_owner(temp.as_file(), &original);
        temp.as_file().set_permissions(original.permissions()).map_err(fail())?;
    }
    temp.as_file().sync_all().map_err(fail())?;
    Ok(temp.into_temp_path())
}

/// Makes a temporary file that must not be there yet. It is for our eyes only, until it gets the original's mode; one
/// that becomes a new file has the mode of any new file.
fn create(path: &Path, new: bool) -> io::Result<NamedTempFile> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(name).rand_bytes(0);
    #[cfg(unix)]
    if new {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    #[cfg(not(unix))]
    let _ = new;
    builder.tempfile_in(folder)
}

/// Gives `file` the owner of the original. Only root may do so for any owner, so that a refusal is no error.
#[cfg(unix)]
fn keep_owner(file: &File, original: &Metadata) {
    use std::os::unix::fs::{MetadataExt as _, fchown};
    let _ = fchown(file, Some(original.uid()), Some(original.gid()));
}

#[cfg(not(unix))]
fn keep_owner(_file: &File, _original: &Metadata) {}

/// Checks all originals again and renames the temporary files of those that are still the same.
fn commit(root: &Path, staged: Vec<Staged<'_>>, written: &mut Written) {
    let checked: Vec<_> = staged.into_par_iter().map(|staged| (check(root, staged.change), staged)).collect();
    // Not before all are checked: reading takes long, and nobody should see the project half changed for that long.
    for (checked, Staged { change, temp }) in checked {
        let outcome = checked.and_then(|()| replace(temp, &change.path.to_absolute(root), change.before.is_none()));
        match outcome {
            Ok(()) => written.files.push(change.path.clone()),
            Err(reason) => written.skipped.push(Skipped { path: change.path.clone(), reason }),
        }
    }
}

/// Whether a file still is what the fixes were made for, byte for byte.
fn check(root: &Path, change: &FileChange) -> Result<(), SkipReason> {
    let found = fs::read(change.path.to_absolute(root));
    match (&change.before, found) {
        (Some(before), Ok(found)) if found == before.as_bytes() => Ok(()),
        (Some(_), Ok(_)) => Err(SkipReason::Changed),
        (None, Ok(_)) => Err(SkipReason::Appeared),
        (None, Err(error)) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        (Some(_), Err(error)) if error.kind() == io::ErrorKind::NotFound => Err(SkipReason::Gone),
        (_, Err(error)) => Err(SkipReason::Refused(error.to_string())),
    }
}

/// Renames a temporary file to its target; it is removed if that fails.
fn replace(temp: TempPath, target: &Path, new: bool) -> Result<(), SkipReason> {
    let renamed = if new { temp.persist_noclobber(target) } else { temp.persist(target) };
    renamed.map_err(|error| match error.error.kind() {
        io::ErrorKind::AlreadyExists if new => SkipReason::Appeared,
        _ => SkipReason::Refused(error.error.to_string()),
    })
}

/// Removes those of the folders that were made for new files and got none. Innermost first.
fn remove_folders(root: &Path, folders: &[RelPath]) {
    for folder in folders.iter().rev() {
        // One that isn't empty stays, which is what is wanted.
        let _ = fs::remove_dir(folder.to_absolute(root));
    }
}

/// Makes renames last. The renames are done whatever the system says here, so that a refusal is no error.
fn sync_folders(root: &Path, files: &[RelPath]) {
    let folders: BTreeSet<RelPath> =
        files.iter().flat_map(|file| std::iter::successors(file.parent(), RelPath::parent)).collect();
    folders.par_iter().for_each(|folder| sync_folder(&folder.to_absolute(root)));
}

fn sync_folder(folder: &Path) {
    // Only Unix opens folders.
    if cfg!(unix)
        && let Ok(folder) = File::open(folder)
    {
        let _ = folder.sync_all();
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests;

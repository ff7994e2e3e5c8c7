//! The journal: what a run is about to do, on disk before it does anything.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{WriteError, sync_folder};
use crate::edit::FileChange;
use crate::project::RelPath;

/// The journal's name in the project root.
pub const JOURNAL: &str = ".phase2-journal.json";
/// The journal until it is whole. A run that is killed here has done nothing else yet.
const DRAFT: &str = ".phase2-journal.tmp";
const VERSION: u32 = 1;
const TEMP_PREFIX: &str = ".phase2-";
const TEMP_SUFFIX: &str = ".tmp";

/// All that a run is about to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Journal {
    /// The files, sorted by path.
    pub entries: Vec<Entry>,
    /// The folders that are made for new files, outermost first.
    pub folders: Vec<RelPath>,
}

/// What becomes of one file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub target: RelPath,
    /// Where its new text is until it is renamed: in the same folder.
    pub temp: RelPath,
    /// What it holds; `None` if it is new.
    pub before: Option<Fingerprint>,
    /// What it will hold.
    pub after: Fingerprint,
}

/// Enough of a content to tell whether a file still holds it. No protection from forgery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Fingerprint {
    length: u64,
    /// FNV-1a: the same in every version of phase2, which the hashes of the standard library don't promise.
    hash: u64,
}

impl Fingerprint {
    pub(super) fn of(bytes: &[u8]) -> Fingerprint {
        let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        Fingerprint { length: bytes.len() as u64, hash }
    }

    /// That of a file; `None` if it isn't there.
    pub(super) fn of_file(path: &Path) -> io::Result<Option<Fingerprint>> {
        match fs::read(path) {
            Ok(bytes) => Ok(Some(Fingerprint::of(&bytes))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Journal {
    /// Plans the temporary files and folders of `changes`, which are sorted by path.
    pub(super) fn new(root: &Path, changes: &[&FileChange]) -> Journal {
        let process = std::process::id();
        let entries = changes.iter().enumerate().map(|(at, change)| {
            let name = format!("{TEMP_PREFIX}{process}-{at}{TEMP_SUFFIX}");
            Entry {
                target: change.path.clone(),
                temp: sibling(&change.path, &name),
                before: change.before.as_ref().map(|text| Fingerprint::of(text.as_bytes())),
                after: Fingerprint::of(change.after.as_bytes()),
            }
        });
        let folders: BTreeSet<RelPath> = changes
            .iter()
            .flat_map(|change| std::iter::successors(change.path.parent(), RelPath::parent))
            .filter(|folder| !folder.to_absolute(root).is_dir())
            .collect();
        Journal { entries: entries.collect(), folders: folders.into_iter().collect() }
    }

    /// Writes the journal, whole or not at all.
    ///
    /// # Errors
    /// When one is there already, or when it can't be written.
    pub(super) fn save(&self, root: &Path) -> Result<(), WriteError> {
        let path = root.join(JOURNAL);
        let fail = || WriteError::io("write", &path);
        let stored = serde_json::to_vec(&Stored::from(self)).map_err(io::Error::from).map_err(fail())?;
        remove_draft(root);
        let mut file = tempfile::Builder::new().prefix(DRAFT).rand_bytes(0).tempfile_in(root).map_err(fail())?;
        file.write_all(&stored).map_err(fail())?;
        file.as_file().sync_all().map_err(fail())?;
        file.persist_noclobber(&path).map_err(|error| match error.error.kind() {
            io::ErrorKind::AlreadyExists => WriteError::JournalExists(path.clone()),
            _ => fail()(error.error),
        })?;
        sync_folder(root);
        Ok(())
    }

    /// Reads the journal that is there, if any.
    ///
    /// # Errors
    /// When it can't be read, or isn't one that phase2 wrote.
    pub(super) fn load(root: &Path) -> Result<Option<Journal>, WriteError> {
        let path = root.join(JOURNAL);
        let useless = |reason: String| WriteError::Journal { path: path.clone(), reason };
        let stored = match fs::read(&path) {
            Ok(stored) => stored,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(useless(error.to_string())),
        };
        let stored: Stored = serde_json::from_slice(&stored).map_err(|error| useless(error.to_string()))?;
        stored.check().map(Some).map_err(useless)
    }

    /// Removes the journal: the run is over.
    ///
    /// # Errors
    /// When it can't be removed.
    pub(super) fn remove(root: &Path) -> Result<(), WriteError> {
        let path: PathBuf = root.join(JOURNAL);
        fs::remove_file(&path).map_err(|source| WriteError::JournalStays { path, source })?;
        sync_folder(root);
        Ok(())
    }
}

/// Removes the draft of a run that was killed while it wrote it. Mostly there is none.
pub(super) fn remove_draft(root: &Path) {
    let _ = fs::remove_file(root.join(DRAFT));
}

fn sibling(path: &RelPath, name: &str) -> RelPath {
    let folder = path.parent().unwrap_or_else(RelPath::root);
    folder.join(name).expect("a plain name doesn't lead out of a folder")
}

/// The journal as it lies on disk.
#[derive(Serialize, Deserialize)]
struct Stored {
    version: u32,
    entries: Vec<StoredEntry>,
    folders: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct StoredEntry {
    target: String,
    temp: String,
    before: Option<Fingerprint>,
    after: Fingerprint,
}

impl From<&Journal> for Stored {
    fn from(journal: &Journal) -> Stored {
        let entries = journal.entries.iter().map(|entry| StoredEntry {
            target: entry.target.to_string(),
            temp: entry.temp.to_string(),
            before: entry.before,
            after: entry.after,
        });
        let folders = journal.folders.iter().map(RelPath::to_string).collect();
        Stored { version: VERSION, entries: entries.collect(), folders }
    }
}

impl Stored {
    /// A journal may have come with a repository: only what phase2 itself would write is acted upon.
    fn check(self) -> Result<Journal, String> {
        if self.version != VERSION {
            return Err(format!("its version is {}, this phase2 knows {VERSION}", self.version));
        }
        let entries = self.entries.into_iter().map(|entry| {
            let (target, temp) = (inside(&entry.target)?, inside(&entry.temp)?);
            let name = temp.file_name();
            if target.parent() != temp.parent() || !name.starts_with(TEMP_PREFIX) || !name.ends_with(TEMP_SUFFIX) {
                return Err(format!("{temp} is no temporary file of {target}"));
            }
            Ok(Entry { target, temp, before: entry.before, after: entry.after })
        });
        let entries = entries.collect::<Result<_, String>>()?;
        let folders = self.folders.iter().map(|folder| inside(folder)).collect::<Result<_, String>>()?;
        Ok(Journal { entries, folders })
    }
}

/// A path that stays in the project and is no root.
fn inside(path: &str) -> Result<RelPath, String> {
    RelPath::new(path)
        .filter(|inside| !path.is_empty() && inside.as_str() == path)
        .ok_or_else(|| format!("`{path}` is no path inside of the project"))
}

//! What a project was like in past weeks, out of git: each week's last commit is laid out in a folder elsewhere and looked
//! at there. The user's own files and git's index are left alone; results are kept in git's folder.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use chrono::DateTime;
use ignore::gitignore::gitconfig_excludes_path;
use sha2::{Digest, Sha256};
use tempfile::{NamedTempFile, TempDir};

use crate::program;
use crate::report::status::{History, Numbers, Week};
use crate::report::summary::count;
use crate::vcs::past::{self, Blobs, Entry, Kind};
use crate::vcs::{self, VcsError};

const DAY: i64 = 24 * 60 * 60;
const WEEK: i64 = 7 * DAY;

/// Files whose content nobody looks at: they are laid out empty.
const UNREAD: [&str; 20] = [
    "avif", "bmp", "eot", "gif", "gz", "ico", "jpeg", "jpg", "mov", "mp3", "mp4", "otf", "pdf", "png", "ttf", "wasm",
    "webm", "webp", "woff2", "zip",
];

/// Why there is no history.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// See [`VcsError`].
    #[error(transparent)]
    Vcs(#[from] VcsError),
    /// There is no room for it, or git doesn't have it.
    #[error("a commit can't be laid out to be looked at: {0}")]
    Io(#[from] io::Error),
}

/// Looks at the last commit of each of the past `weeks` weeks before `now` (seconds since 1970), of the project at `root`.
/// `judge` says what the rules find in a folder; `settings` is all that it goes by.
///
/// # Errors
/// If git can't be asked, or a commit can't be laid out.
pub fn of(
    root: &Path,
    weeks: u16,
    now: i64,
    settings: &str,
    judge: &dyn Fn(&Path) -> Numbers,
) -> Result<History, HistoryError> {
    let commits = past::first_parents(root)?;
    let mut history = History::default();
    let Some(oldest) = commits.last() else {
        history.remarks.push("the repository has no commit: nothing is known of past weeks".to_owned());
        return Ok(history);
    };
    let kept = Kept::of(root, settings)?;
    let mut layout = None;
    let mut unknown = 0;
    for back in (0..i64::from(weeks)).rev() {
        let monday = now.div_euclid(DAY) - (now.div_euclid(DAY) + 3).rem_euclid(7);
        let monday = monday * DAY - back * WEEK;
        let Some(commit) = commits.iter().find(|commit| commit.seconds < monday + WEEK) else {
            unknown += 1;
            continue;
        };
        let tree = past::tree(root, commit)?;
        let numbers = match kept.get(&tree) {
            Some(numbers) => numbers,
            None => {
                let numbers = match &mut layout {
                    Some(layout) => numbers(layout, &tree, judge),
                    none => numbers(none.insert(Layout::of(root)?), &tree, judge),
                }?;
                kept.put(&tree, &numbers);
                numbers
            }
        };
        history.weeks.push(Week { monday: day(monday), commit: commit.id.clone(), numbers });
    }
    if unknown > 0 {
        let (start, unknown) = (day(oldest.seconds), count(unknown, "week"));
        history.remarks.push(if past::is_shallow(root)? {
            format!("this clone is shallow and begins on {start}: `git fetch --unshallow` brings the {unknown} before")
        } else {
            format!("the history begins on {start}: there is nothing to show of the {unknown} before")
        });
    }
    Ok(history)
}

fn numbers(layout: &mut Layout, tree: &str, judge: &dyn Fn(&Path) -> Numbers) -> Result<Numbers, HistoryError> {
    layout.take(tree)?;
    let mut numbers = judge(&layout.project);
    // The folder has a name that says nothing to anybody.
    let real = layout.project.canonicalize().unwrap_or_else(|_| layout.project.clone());
    for folder in [&real, &layout.project] {
        numbers.error = numbers.error.map(|error| error.replace(&folder.display().to_string(), "the commit"));
    }
    Ok(numbers)
}

/// A moment as a date in UTC.
fn day(seconds: i64) -> String {
    DateTime::from_timestamp(seconds, 0).map_or_else(String::new, |moment| moment.format("%F").to_string())
}

/// Results of former runs.
#[derive(Debug)]
struct Kept {
    folder: PathBuf,
    /// The hash of all that a result depends on beside the commit.
    settings: Sha256,
}

impl Kept {
    fn of(root: &Path, settings: &str) -> Result<Kept, VcsError> {
        let git = past::git_folder(root)?;
        let program = program::identity();
        let ignored = [Some(git.join("info/exclude")), gitconfig_excludes_path()].map(|path| fs::read(path?).ok());
        let prefix = vcs::folder_in_repository(root);
        let all = format!("{program:?}\0{prefix}\0{ignored:?}\0{settings}");
        Ok(Kept { folder: git.join("phase2/history"), settings: Sha256::new_with_prefix(all) })
    }

    fn path(&self, tree: &str) -> PathBuf {
        let hash = self.settings.clone().chain_update(tree).finalize();
        let name: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        self.folder.join(format!("{name}.json"))
    }

    /// What can't be read isn't there.
    fn get(&self, tree: &str) -> Option<Numbers> {
        serde_json::from_slice(&fs::read(self.path(tree)).ok()?).ok()
    }

    /// What can't be kept is found out again the next time.
    fn put(&self, tree: &str, numbers: &Numbers) {
        // Some problems pass, such as too little time.
        if numbers.problems > 0 {
            return;
        }
        let write = || -> io::Result<()> {
            fs::create_dir_all(&self.folder)?;
            let mut file = NamedTempFile::new_in(&self.folder)?;
            file.write_all(&serde_json::to_vec(numbers)?)?;
            file.persist(self.path(tree))?;
            Ok(())
        };
        let _ = write();
    }
}

/// A folder that holds a commit's files.
#[derive(Debug)]
struct Layout {
    root: PathBuf,
    top: TempDir,
    /// The project's folder in it.
    project: PathBuf,
    blobs: Blobs,
    /// What is there.
    present: BTreeMap<Vec<u8>, Entry>,
}

impl Layout {
    fn of(root: &Path) -> Result<Layout, HistoryError> {
        let top = TempDir::with_prefix("phase2-history-")?;
        // With it the folder counts as a work tree, in which what git ignores is left out.
        let info = top.path().join(".git/info");
        fs::create_dir_all(&info)?;
        let exclude = past::git_folder(root)?.join("info/exclude");
        if exclude.is_file() {
            fs::copy(exclude, info.join("exclude"))?;
        }
        let project = top.path().join(vcs::folder_in_repository(root));
        Ok(Layout { root: root.to_path_buf(), blobs: Blobs::of(root)?, top, project, present: BTreeMap::new() })
    }

    /// Makes the folder hold what the tree does.
    fn take(&mut self, tree: &str) -> Result<(), HistoryError> {
        let entries = past::entries(&self.root, tree)?;
        let wanted: BTreeMap<Vec<u8>, Entry> = entries.into_iter().map(|entry| (entry.path.clone(), entry)).collect();
        // Without links nothing is ever written through one.
        let is_over = |entry: &Entry| entry.kind == Kind::Link || wanted.get(&entry.path) != Some(entry);
        let over: Vec<Vec<u8>> =
            self.present.values().filter(|entry| is_over(entry)).map(|entry| entry.path.clone()).collect();
        for path in over {
            self.remove(&path)?;
        }
        for kind in [Kind::File, Kind::Link] {
            for entry in wanted.values().filter(|entry| entry.kind == kind) {
                if !self.present.contains_key(&entry.path) {
                    self.add(entry)?;
                }
            }
        }
        Ok(())
    }

    fn remove(&mut self, path: &[u8]) -> io::Result<()> {
        self.present.remove(path);
        let Some(path) = on_disk(self.top.path(), path) else { return Ok(()) };
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        // git has no empty folders.
        let above = path.ancestors().skip(1).take_while(|folder| *folder != self.top.path());
        above.map(fs::remove_dir).take_while(Result::is_ok).for_each(drop);
        Ok(())
    }

    fn add(&mut self, entry: &Entry) -> io::Result<()> {
        self.present.insert(entry.path.clone(), entry.clone());
        let Some(path) = on_disk(self.top.path(), &entry.path) else { return Ok(()) };
        let extension = path.extension().and_then(|extension| extension.to_str()).map(str::to_ascii_lowercase);
        let is_unread = extension.is_some_and(|extension| UNREAD.contains(&extension.as_str()));
        let bytes = if is_unread { Vec::new() } else { self.blobs.read(&entry.blob)? };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        match entry.kind {
            Kind::File => fs::write(path, bytes),
            Kind::Link => link(&bytes, &entry.path, &path),
        }
    }
}

#[cfg(unix)]
fn on_disk(top: &Path, path: &[u8]) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStrExt as _;
    Some(top.join(std::ffi::OsStr::from_bytes(path)))
}

#[cfg(not(unix))]
fn on_disk(top: &Path, path: &[u8]) -> Option<PathBuf> {
    Some(top.join(std::str::from_utf8(path).ok()?))
}

/// Makes a link to `target`, unless that lies outside of the repository: then it would be another file's here.
#[cfg(unix)]
fn link(target: &[u8], from: &[u8], path: &Path) -> io::Result<()> {
    use std::os::unix::ffi::OsStrExt as _;
    let depth = from.iter().filter(|&&byte| byte == b'/').count();
    let mut depth = i64::try_from(depth).unwrap_or(0);
    let stays_inside = !target.starts_with(b"/")
        && target.split(|&byte| byte == b'/').all(|part| {
            depth += match part {
                b"" | b"." => 0,
                b".." => -1,
                _ => 1,
            };
            depth >= 0
        });
    if stays_inside { std::os::unix::fs::symlink(std::ffi::OsStr::from_bytes(target), path) } else { Ok(()) }
}

#[cfg(not(unix))]
fn link(_target: &[u8], _from: &[u8], _path: &Path) -> io::Result<()> {
    Ok(())
}

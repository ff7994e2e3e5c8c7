//! What git has of the past: the commits of a branch, and what each of them holds.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use super::{VcsError, command, git, has_commit, in_repository};

/// A commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its hash.
    pub id: String,
    /// When it was made, in seconds since 1970.
    pub seconds: i64,
}

/// What a commit has at one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// From the top of the repository; never leads out of it, nor into a `.git`.
    pub path: Vec<u8>,
    /// What it is.
    pub kind: Kind,
    /// The hash of its content.
    pub blob: String,
}

/// What an [`Entry`] is. Submodules are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    File,
    /// A symbolic link.
    Link,
}

/// The commits of the present branch, the latest first: of each merge only the first parent.
///
/// # Errors
/// When the project is in no repository, has no commit, or git can't be asked.
pub fn first_parents(root: &Path) -> Result<Vec<Commit>, VcsError> {
    in_repository(root)?;
    if !has_commit(root) {
        return Ok(Vec::new());
    }
    let log = git(root, &["log", "--first-parent", "--no-show-signature", "--format=%H %ct", "HEAD"])?;
    let commit = |line: &str| {
        let (id, seconds) = line.split_once(' ')?;
        Some(Commit { id: id.to_owned(), seconds: seconds.parse().ok()? })
    };
    Ok(String::from_utf8_lossy(&log.stdout).lines().filter_map(commit).collect())
}

/// Whether older commits were left out when the repository was cloned.
///
/// # Errors
/// When git can't be asked.
pub fn is_shallow(root: &Path) -> Result<bool, VcsError> {
    Ok(git(root, &["rev-parse", "--is-shallow-repository"])?.stdout.starts_with(b"true"))
}

/// The folder that git keeps what all work trees of the repository share in.
///
/// # Errors
/// When git can't be asked.
pub fn git_folder(root: &Path) -> Result<PathBuf, VcsError> {
    let said = git(root, &["rev-parse", "--git-common-dir"])?;
    Ok(root.join(String::from_utf8_lossy(&said.stdout).trim_end_matches(['\r', '\n'])))
}

/// The hash of what a commit holds: two that hold the same have the same.
///
/// # Errors
/// When git can't be asked.
pub fn tree(root: &Path, commit: &Commit) -> Result<String, VcsError> {
    let said = git(root, &["rev-parse", "--verify", &format!("{}^{{tree}}", commit.id)])?;
    Ok(String::from_utf8_lossy(&said.stdout).trim().to_owned())
}

/// All that a tree holds, from the top of the repository.
///
/// # Errors
/// When git can't be asked.
pub fn entries(root: &Path, tree: &str) -> Result<Vec<Entry>, VcsError> {
    let listing = git(root, &["ls-tree", "-r", "-z", "--full-tree", tree])?;
    let entry = |record: &[u8]| {
        let tab = record.iter().position(|&byte| byte == b'\t')?;
        let (head, path) = (std::str::from_utf8(&record[..tab]).ok()?, &record[tab + 1..]);
        let mut words = head.split(' ');
        let kind = match words.next()? {
            "100644" | "100664" | "100755" => Kind::File,
            "120000" => Kind::Link,
            _ => return None,
        };
        let blob = words.nth(1)?.to_owned();
        stays_inside(path).then(|| Entry { path: path.to_vec(), kind, blob })
    };
    Ok(listing.stdout.split(|&byte| byte == 0).filter_map(entry).collect())
}

/// Whether a path of a tree, which somebody may have made by hand, is one that git itself would write.
fn stays_inside(path: &[u8]) -> bool {
    let is_plain = |part: &[u8]| !matches!(part, b"" | b"." | b"..") && !part.eq_ignore_ascii_case(b".git");
    path.split(|&byte| byte == b'/').all(is_plain) && (cfg!(unix) || !path.contains(&b'\\'))
}

/// A git that hands out blobs, one after the other.
#[derive(Debug)]
pub struct Blobs {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Blobs {
    /// Starts it. Nothing is fetched from a network.
    ///
    /// # Errors
    /// When git can't be run.
    pub fn of(root: &Path) -> Result<Blobs, VcsError> {
        let mut command = command(root, &["cat-file", "--batch"]);
        command.env("GIT_NO_LAZY_FETCH", "1").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(VcsError::NotInstalled)?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(questions), Some(answers)) => Ok(Blobs { child, questions, answers: BufReader::new(answers) }),
            _ => Err(VcsError::NotInstalled(io::Error::other("its streams can't be used"))),
        }
    }

    /// What a blob holds.
    ///
    /// # Errors
    /// When the repository doesn't have it, as a partial clone may not; or git doesn't answer.
    pub fn read(&mut self, blob: &str) -> io::Result<Vec<u8>> {
        writeln!(self.questions, "{blob}")?;
        self.questions.flush()?;
        let mut head = String::new();
        self.answers.read_line(&mut head)?;
        let size = head.trim_end().rsplit_once(" blob ").and_then(|(_, size)| size.parse::<u64>().ok());
        let missing = || io::Error::other("the repository doesn't have all of this commit: fetch what is missing");
        let size = size.ok_or_else(missing)?;
        let mut bytes = Vec::new();
        (&mut self.answers).take(size).read_to_end(&mut bytes)?;
        self.answers.read_exact(&mut [0])?;
        Ok(bytes)
    }
}

impl Drop for Blobs {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_lead_elsewhere_are_none() {
        for path in ["a", "a/b.ts", "..a/b", ".github/x", "a/.gitignore"] {
            assert!(stays_inside(path.as_bytes()), "{path}");
        }
        for path in ["", "../a", "a/../b", "/a", ".git/config", "a/.GIT/hooks/x", "a//b"] {
            assert!(!stays_inside(path.as_bytes()), "{path}");
        }
    }
}

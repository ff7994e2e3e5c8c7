//! Small projects on disk, for this module's tests.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use super::RelPath;

/// A folder full of files that goes away with its value.
pub(crate) struct Tree {
    _folder: TempDir,
    root: PathBuf,
}

impl Tree {
    /// Writes `files`: relative path and content.
    pub(crate) fn new(files: &[(&str, &str)]) -> Tree {
        // Not a hidden folder, and its real path: what is found is compared with it.
        let folder = tempfile::Builder::new().prefix("phase2-").tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let tree = Tree { _folder: folder, root };
        for (path, text) in files {
            tree.write(path, text.as_bytes());
        }
        tree
    }

    /// Writes one file, with the folders that it needs.
    pub(crate) fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// The absolute path of `path`; the root for the empty one.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        rel(path).to_absolute(&self.root)
    }
}

/// `path` as a relative path.
pub(crate) fn rel(path: &str) -> RelPath {
    RelPath::new(path).unwrap()
}

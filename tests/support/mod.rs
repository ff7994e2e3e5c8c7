//! What the integration tests share.

// Each test binary compiles this module and none uses all of it.
#![allow(dead_code, clippy::unwrap_used)]

pub mod node;
pub mod npm;
#[cfg(target_os = "linux")]
pub mod postgres;
pub mod python;
pub mod redis;
pub mod wheel;

use std::fs;
use std::path::Path;

use tempfile::TempDir;

/// A temporary folder with `files`: their paths from it, and their contents. Its name has no dot in front, which would hide
/// it from a walk.
pub fn project<P: AsRef<Path>, T: AsRef<[u8]>>(files: impl IntoIterator<Item = (P, T)>) -> TempDir {
    let root = tempfile::Builder::new().prefix("phase2-").tempdir().unwrap();
    for (path, text) in files {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    root
}

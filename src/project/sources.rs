//! Every text of the project is read here.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::RelPath;
use super::observer::Observer;

/// The texts of a project: those on disk below its root, and an overlay that hides them (an editor's buffers, the
/// result of a fix that is being proved). Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Sources {
    root: Arc<Path>,
    overlay: Arc<HashMap<RelPath, Arc<str>>>,
    /// Who is told of what is read, if anybody. Clones share it.
    observer: Option<Arc<Observer>>,
}

/// A file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It isn't there.
    #[error("`{path}` does not exist any more: run again")]
    Gone {
        /// The file.
        path: RelPath,
    },
    /// The system refuses.
    #[error("`{path}` can't be read ({source}): make it readable, or exclude it")]
    Unreadable {
        /// The file.
        path: RelPath,
        /// What the system said.
        source: io::Error,
    },
    /// It is text in another encoding.
    #[error("`{path}` is UTF-16: save it as UTF-8, or exclude it")]
    Utf16 {
        /// The file.
        path: RelPath,
    },
    /// It is not text, or text in an old encoding.
    #[error("`{path}` is not UTF-8 (from byte {offset} on): save it as UTF-8, or exclude it")]
    NotUtf8 {
        /// The file.
        path: RelPath,
        /// Offset in bytes of the first that is wrong.
        offset: usize,
    },
}

impl ReadError {
    /// The file that it is about.
    pub fn path(&self) -> &RelPath {
        match self {
            ReadError::Gone { path }
            | ReadError::Unreadable { path, .. }
            | ReadError::Utf16 { path }
            | ReadError::NotUtf8 { path, .. } => path,
        }
    }
}

impl Sources {
    /// The files on disk below `root`.
    pub fn new(root: &Path) -> Sources {
        Sources { root: root.into(), overlay: Arc::default(), observer: None }
    }

    /// The same with `changes` over it; what already was over it stays where `changes` says nothing.
    pub fn with_overlay(&self, changes: impl IntoIterator<Item = (RelPath, Arc<str>)>) -> Sources {
        let mut overlay = HashMap::clone(&self.overlay);
        overlay.extend(changes);
        Sources { overlay: Arc::new(overlay), ..self.clone() }
    }

    /// The same, telling `observer` from now on what is asked of it, except by [`Self::read_owned`].
    pub(super) fn observed_by(&self, observer: &Arc<Observer>) -> Sources {
        Sources { observer: Some(Arc::clone(observer)), ..self.clone() }
    }

    /// The text that hides the file at `path`, or stands in for one that isn't there.
    pub fn overlaid(&self, path: &RelPath) -> Option<&Arc<str>> {
        self.overlay.get(path)
    }

    /// The text of a file as it is: a byte order mark and carriage returns stay.
    ///
    /// # Errors
    /// If it isn't there, or is no UTF-8.
    pub fn read(&self, path: &RelPath) -> Result<Arc<str>, ReadError> {
        let text = match self.overlay.get(path) {
            Some(text) => Ok(Arc::clone(text)),
            None => self.read_from_disk(path).map(Arc::from),
        };
        if let Some(observer) = &self.observer {
            observer.read(path, &text);
        }
        text
    }

    /// The same, as a text that nobody shares yet: of most files nothing is kept. Nobody is told of it.
    ///
    /// # Errors
    /// As for [`Self::read`].
    pub fn read_owned(&self, path: &RelPath) -> Result<String, ReadError> {
        match self.overlay.get(path) {
            Some(text) => Ok(text.to_string()),
            None => self.read_from_disk(path),
        }
    }

    fn read_from_disk(&self, path: &RelPath) -> Result<String, ReadError> {
        let bytes = std::fs::read(self.on_disk(path)).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => ReadError::Gone { path: path.clone() },
            _ => ReadError::Unreadable { path: path.clone(), source },
        })?;
        if looks_like_utf16(&bytes) {
            return Err(ReadError::Utf16 { path: path.clone() });
        }
        String::from_utf8(bytes)
            .map_err(|error| ReadError::NotUtf8 { path: path.clone(), offset: error.utf8_error().valid_up_to() })
    }

    /// Whether there is a file (not a folder) at `path`.
    pub fn exists(&self, path: &RelPath) -> bool {
        let exists = self.overlay.contains_key(path) || self.on_disk(path).is_file();
        if let Some(observer) = &self.observer {
            observer.asked(path, exists);
        }
        exists
    }

    /// Where `path` is on disk, whether or not the overlay hides it.
    pub fn on_disk(&self, path: &RelPath) -> PathBuf {
        path.to_absolute(&self.root)
    }
}

/// By its byte order mark; without one by a NUL beside an ASCII character at the very start, which no source has.
fn looks_like_utf16(bytes: &[u8]) -> bool {
    matches!(
        bytes,
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] | [0, 1..=0x7F, 0, 1..=0x7F, ..] | [1..=0x7F, 0, 1..=0x7F, 0, ..]
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::*;
    use crate::project::testing::{Tree, rel};

    #[test]
    fn bytes_stay_as_they_are() {
        let tree = Tree::new(&[("a.ts", "\u{feff}x\r\n")]);
        assert_eq!(&*Sources::new(&tree.path("")).read(&rel("a.ts")).unwrap(), "\u{feff}x\r\n");
    }

    #[test]
    fn the_overlay_hides_the_disk_and_adds_to_it() {
        let tree = Tree::new(&[("a.ts", "disk"), ("b.ts", "disk")]);
        let disk = Sources::new(&tree.path(""));
        let first = disk.with_overlay([(rel("a.ts"), "one".into()), (rel("new.ts"), "new".into())]);
        let second = first.with_overlay([(rel("a.ts"), "two".into())]);
        let texts = |sources: &Sources| {
            ["a.ts", "b.ts", "new.ts"].map(|path| sources.read(&rel(path)).ok().map(|t| t.to_string()))
        };
        assert_eq!(texts(&disk), [Some("disk".into()), Some("disk".into()), None]);
        assert_eq!(texts(&first), [Some("one".into()), Some("disk".into()), Some("new".into())]);
        assert_eq!(texts(&second), [Some("two".into()), Some("disk".into()), Some("new".into())]);
        assert!(first.exists(&rel("new.ts")) && !disk.exists(&rel("new.ts")));
    }

    #[test]
    fn a_folder_is_not_a_file() {
        let tree = Tree::new(&[("a/b.ts", "")]);
        let sources = Sources::new(&tree.path(""));
        assert!(!sources.exists(&rel("a")));
        assert!(matches!(sources.read(&rel("a")), Err(ReadError::Unreadable { .. })));
    }

    #[test]
    fn each_failure_is_told_apart() {
        let tree = Tree::new(&[]);
        let wide = |text: &str, bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
        tree.write("le.ts", &wide("\u{feff}let x", u16::to_le_bytes));
        tree.write("be.ts", &wide("\u{feff}let x", u16::to_be_bytes));
        tree.write("bare.ts", &wide("let x", u16::to_le_bytes));
        tree.write("latin.ts", b"// caf\xe9\n");
        let sources = Sources::new(&tree.path(""));
        for path in ["le.ts", "be.ts", "bare.ts"] {
            assert!(matches!(sources.read(&rel(path)), Err(ReadError::Utf16 { .. })), "{path}");
        }
        assert!(matches!(sources.read(&rel("latin.ts")), Err(ReadError::NotUtf8 { offset: 6, .. })));
        let gone = sources.read(&rel("gone.ts")).unwrap_err();
        assert!(matches!(gone, ReadError::Gone { .. }) && gone.path() == &rel("gone.ts"));
    }
}

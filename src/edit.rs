//! What a fix is made of: plain text edits, wanted imports and new files.

use std::ops::Range;
use std::sync::Arc;

use crate::project::RelPath;

/// A replacement of a range of one file.
///
/// An empty range is an insertion, an empty text a deletion.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Edit {
    /// The file that is edited.
    pub path: RelPath,
    /// Byte offsets into the file as it is on disk, a byte order mark included; the end is exclusive.
    pub range: Range<usize>,
    /// What stands there afterwards.
    pub text: String,
}

/// A file that a fix brings along.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NewFile {
    /// Where it goes.
    pub path: RelPath,
    /// Its whole text.
    pub text: String,
}

/// How far a fix may be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Applicability {
    /// Keeps what the program means; `phase2 fix` applies it.
    Safe,
    /// May change what the program means; applied with `--unsafe-fixes`.
    Unsafe,
    /// Shown, never applied.
    DisplayOnly,
}

impl Applicability {
    /// The name that reports use.
    pub fn as_str(self) -> &'static str {
        match self {
            Applicability::Safe => "safe",
            Applicability::Unsafe => "unsafe",
            Applicability::DisplayOnly => "display-only",
        }
    }
}

/// What becomes of one file: the result of all fixes that were taken and proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileChange {
    /// The file.
    pub path: RelPath,
    /// Its text as it was read; `None` if the file is new.
    pub before: Option<Arc<str>>,
    /// Its text afterwards.
    pub after: String,
}

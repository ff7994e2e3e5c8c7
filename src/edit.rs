//! What a fix is made of: plain text edits, wanted imports and new files.

use std::ops::Range;

use crate::project::RelPath;

/// A replacement of a range of one file.
///
/// An empty range is an insertion, an empty text a deletion.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    /// The file that is edited.
    pub path: RelPath,
    /// Byte offsets into the file as it is on disk, a byte order mark included; the end is exclusive.
    pub range: Range<usize>,
    /// What stands there afterwards.
    pub text: String,
}

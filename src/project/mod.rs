//! The tree on disk: which files belong to the project, and how they refer to each other.

mod path;

pub use path::RelPath;

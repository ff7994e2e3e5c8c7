//! Paths inside of a project.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Serialize, Serializer};

/// A path relative to the project root, its parts joined by `/` on every platform, without `.` and `..`.
///
/// Cloning is cheap. The order is that of the bytes, which is the order that all output is sorted by.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelPath(Arc<str>);

impl RelPath {
    /// Joins the parts of `path`, resolving `.` and `..`; `None` if it leads out of the root.
    pub fn new(path: &str) -> Option<RelPath> {
        let mut parts: Vec<&str> = Vec::new();
        for part in path.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop()?;
                }
                part => parts.push(part),
            }
        }
        Some(RelPath(parts.join("/").into()))
    }

    /// The root itself: the empty path.
    pub fn root() -> RelPath {
        RelPath("".into())
    }

    /// `path` relative to `root`; `None` if it is not below it or is not valid Unicode.
    pub fn from_absolute(root: &Path, path: &Path) -> Option<RelPath> {
        let relative = path.strip_prefix(root).ok()?;
        let parts: Option<Vec<&str>> = relative.components().map(|part| part.as_os_str().to_str()).collect();
        RelPath::new(&parts?.join("/"))
    }

    /// The path as text, `/` between its parts.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path on disk, below `root`.
    pub fn to_absolute(&self, root: &Path) -> PathBuf {
        let mut path = root.to_path_buf();
        path.extend(self.parts());
        path
    }

    /// The parts of the path, outermost first.
    pub fn parts(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('/').filter(|part| !part.is_empty())
    }

    /// The last part: a file's name. Empty for the root.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// The folder that holds this path; `None` for the root.
    pub fn parent(&self) -> Option<RelPath> {
        if self.0.is_empty() {
            return None;
        }
        Some(RelPath(self.0.rsplit_once('/').map_or("", |(parent, _)| parent).into()))
    }

    /// `other`, which may hold `.` and `..`, taken from this folder; `None` if it leads out of the root.
    pub fn join(&self, other: &str) -> Option<RelPath> {
        RelPath::new(&format!("{}/{other}", self.0))
    }

    /// Whether this path is `folder` or lies below it.
    pub fn is_within(&self, folder: &RelPath) -> bool {
        folder.0.is_empty()
            || self.0.strip_prefix(&*folder.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// How `target` is reached from this folder: `./x` or `../x`.
    pub fn relative_to(&self, target: &RelPath) -> String {
        let (from, to): (Vec<&str>, Vec<&str>) = (self.parts().collect(), target.parts().collect());
        let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
        let up = "../".repeat(from.len() - shared);
        let up = if up.is_empty() { "./" } else { &up };
        format!("{up}{}", to[shared..].join("/"))
    }
}

impl fmt::Display for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &self.0)
    }
}

impl Serialize for RelPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for RelPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<RelPath, D::Error> {
        let path = <&str>::deserialize(deserializer)?;
        RelPath::new(path).ok_or_else(|| D::Error::custom("a path leads out of the project"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> RelPath {
        RelPath::new(text).expect("inside of the root")
    }

    #[test]
    fn dots_are_resolved_and_never_lead_out() {
        assert_eq!(path("a/./b/../c").as_str(), "a/c");
        assert_eq!(RelPath::new("a/../../b"), None);
        assert_eq!(path("src/x").join("../y.ts"), Some(path("src/y.ts")));
    }

    #[test]
    fn relative_specifiers() {
        assert_eq!(path("src/pages").relative_to(&path("src/lib/logger")), "../lib/logger");
        assert_eq!(path("src").relative_to(&path("src/lib/logger")), "./lib/logger");
        assert_eq!(RelPath::root().relative_to(&path("a.ts")), "./a.ts");
    }

    #[test]
    fn within_is_by_whole_parts() {
        assert!(path("src/a").is_within(&path("src")));
        assert!(!path("src2/a").is_within(&path("src")));
        assert!(path("src").is_within(&RelPath::root()));
    }
}

//! The files that have most lines.

use std::cmp::Reverse;

use rayon::prelude::*;
use serde::Serialize;

use super::{Project, RelPath, is_generated, is_minified, lines_of};

/// A file, and how long it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileLength {
    /// Where it is, from the project root.
    pub path: String,
    /// How many lines it has.
    pub lines: usize,
}

impl Project {
    /// The `count` files that have most lines, the longest first. Files that nobody wrote by hand, and those that can't be
    /// read, are left out.
    pub fn largest_files(&self, count: usize) -> Vec<FileLength> {
        let lines = |path: &RelPath| {
            let text = self.sources.read_owned(path).ok()?;
            let is_by_hand = !is_generated(&text) && !is_minified(&text);
            is_by_hand.then(|| FileLength { path: path.as_str().to_owned(), lines: lines_of(&text) })
        };
        let mut files: Vec<FileLength> = self.files.par_iter().filter_map(|file| lines(&file.path)).collect();
        files.sort_by(|a, b| (Reverse(a.lines), &a.path).cmp(&(Reverse(b.lines), &b.path)));
        files.truncate(count);
        files
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::config::Config;
    use crate::project::testing::Tree;

    #[test]
    fn the_longest_come_first_without_what_is_generated() {
        let long = "a();\n".repeat(30);
        let generated = format!("// @generated\n{long}");
        let files = [("a.ts", "a();"), ("b.ts", &long), ("c.ts", &generated), ("d.ts", "a();\nb();\n"), ("e.ts", "")];
        let files = files.map(|(name, text)| (format!("src/{name}"), text));
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), *text)).collect();
        let tree = Tree::new(&files);
        let project = Project::open(&tree.path(""), Config::built_in()).unwrap();
        let found = project.largest_files(3);
        let found: Vec<(&str, usize)> = found.iter().map(|file| (file.path.as_str(), file.lines)).collect();
        assert_eq!(found, [("src/b.ts", 30), ("src/d.ts", 2), ("src/a.ts", 1)]);
    }
}

//! What is left out by name.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

/// What is left out unless the configuration says otherwise.
///
/// Short on purpose: a source file that is left out by mistake passes every check. Words that are as often a page's or a
/// feature's name as a tool's output folder (`vendor`, `coverage`, `out`, `generated`) are not here; where such a folder
/// is output, `.gitignore` or the header of its files says so. Hidden folders are left out without being named.
pub const DEFAULT_EXCLUDES: &[&str] = &[
    "node_modules/",
    "dist/",
    "build/",
    "__generated__/",
    "*.d.ts",
    "*.d.mts",
    "*.d.cts",
    "*.generated.ts",
    "*.generated.tsx",
    "*.gen.ts",
    "*.gen.tsx",
    "*.min.*",
];

/// A pattern that can't be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the exclude pattern `{pattern}` can't be used: {reason}")]
pub struct ExcludeError {
    /// The pattern as it was given.
    pub pattern: String,
    /// What is wrong with it.
    pub reason: String,
}

/// A set of exclude patterns.
///
/// A pattern without a `/` matches the name of a file or a folder at any depth. One with a `/` is relative to the
/// project root. A `/` at the end makes it match folders only. What lies in a matched folder is left out with it.
#[derive(Debug, Clone)]
pub struct Excludes {
    set: GlobSet,
    patterns: Vec<Pattern>,
}

#[derive(Debug, Clone)]
struct Pattern {
    text: String,
    folders_only: bool,
}

impl Excludes {
    /// Compiles `patterns`.
    pub fn new<S: AsRef<str>>(patterns: &[S]) -> Result<Excludes, ExcludeError> {
        let mut builder = GlobSetBuilder::new();
        let mut compiled = Vec::with_capacity(patterns.len());
        for pattern in patterns {
            let text = pattern.as_ref();
            let error = |reason: &str| ExcludeError { pattern: text.to_owned(), reason: reason.to_owned() };
            builder.add(
                GlobBuilder::new(&glob_of(text).map_err(error)?)
                    .literal_separator(true)
                    .backslash_escape(true)
                    .build()
                    .map_err(|source| error(&source.kind().to_string()))?,
            );
            compiled.push(Pattern { text: text.to_owned(), folders_only: text.ends_with('/') });
        }
        let set = builder.build().map_err(|source| ExcludeError {
            pattern: source.glob().unwrap_or_default().to_owned(),
            reason: source.kind().to_string(),
        })?;
        Ok(Excludes { set, patterns: compiled })
    }

    /// The first pattern that matches `path` itself (from the project root, its parts joined by `/`); the folders above it
    /// are not looked at.
    pub fn matching(&self, path: &str, is_folder: bool) -> Option<&str> {
        self.set
            .matches(path)
            .into_iter()
            .map(|index| &self.patterns[index])
            .find(|pattern| is_folder || !pattern.folders_only)
            .map(|pattern| pattern.text.as_str())
    }

    /// Whether a pattern matches the file at `path` or a folder that it lies in.
    pub fn excludes_file(&self, path: &str) -> bool {
        let folders = path.match_indices('/').map(|(end, _)| &path[..end]);
        self.matching(path, false).is_some() || folders.into_iter().any(|folder| self.matching(folder, true).is_some())
    }
}

/// The glob over whole relative paths that `pattern` stands for.
fn glob_of(pattern: &str) -> Result<String, &'static str> {
    let body = pattern.strip_suffix('/').unwrap_or(pattern);
    if body.is_empty() {
        return Err("it is empty");
    }
    if body.starts_with('!') {
        return Err("a pattern can't take others back; leave those out instead");
    }
    if body.split('/').any(|part| part == "..") {
        return Err("it leads out of the project root");
    }
    if !body.contains('/') {
        return Ok(format!("**/{body}"));
    }
    let relative = body.strip_prefix('/').or_else(|| body.strip_prefix("./")).unwrap_or(body);
    Ok(relative.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::*;

    fn excluded(pattern: &str, path: &str, is_folder: bool) -> bool {
        Excludes::new(&[pattern]).unwrap().matching(path, is_folder).is_some()
    }

    #[test]
    fn a_name_matches_at_any_depth_and_a_path_from_the_root() {
        assert!(excluded("legacy", "src/a/legacy", true));
        assert!(excluded("*.test.ts", "src/a/b.test.ts", false));
        assert!(excluded("legacy", "legacy", false));
        assert!(!excluded("legacy", "src/legacy2", true));
        assert!(excluded("src/legacy", "src/legacy", true));
        assert!(excluded("./src/legacy", "src/legacy", true));
        assert!(excluded("/src", "src", true) && !excluded("/src", "a/src", true));
        assert!(!excluded("src/legacy", "apps/src/legacy", true));
        assert!(excluded("apps/*/legacy", "apps/web/legacy", true));
        assert!(!excluded("apps/*/legacy", "apps/web/src/legacy", true));
        assert!(excluded("**/fixtures/*.ts", "a/b/fixtures/x.ts", false));
    }

    #[test]
    fn a_file_is_excluded_with_its_folder() {
        let excludes = Excludes::new(&["__tests__", "*.test.ts", "src/old/"]).unwrap();
        for path in ["src/__tests__/a/b.ts", "a.test.ts", "src/old/x/y.ts"] {
            assert!(excludes.excludes_file(path), "{path}");
        }
        assert!(!excludes.excludes_file("src/a.ts") && !excludes.excludes_file("lib/src/old/x.ts"));
    }

    #[test]
    fn a_slash_at_the_end_means_folders() {
        assert!(excluded("build/", "src/build", true));
        assert!(!excluded("build/", "src/build", false));
    }

    #[test]
    fn patterns_that_cannot_work_are_errors() {
        for pattern in ["", "/", "!keep.ts", "../x", "a[", "{a"] {
            let error = Excludes::new(&[pattern]).unwrap_err();
            assert_eq!(error.pattern, pattern);
        }
    }

    #[test]
    fn the_defaults_leave_sources_alone() {
        let excludes = Excludes::new(DEFAULT_EXCLUDES).unwrap();
        let matching = |path: &str| excludes.matching(path, false).is_some();
        for path in ["src/types.d.ts", "src/routeTree.gen.ts", "src/api.generated.tsx", "src/lib.min.ts"] {
            assert!(matching(path), "{path}");
        }
        for path in ["src/build.ts", "src/generated.ts", "src/d.ts", "src/vendor/a.ts", "src/min.ts"] {
            assert!(!matching(path), "{path}");
        }
    }
}

//! The options of the rule `large-files`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use super::{ConfigError, ConfigFile};
use crate::excludes::Excludes;

/// The options of the rule `large-files`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LargeFiles {
    /// The most lines that a file may have.
    #[schemars(with = "usize")]
    pub max_lines: Spanned<usize>,
    /// The fewest lines that are worth a module of their own.
    #[schemars(with = "usize")]
    pub min_lines: Spanned<usize>,
    /// Patterns of files that may be as long as they like.
    #[schemars(with = "Vec<String>")]
    pub exclude: Vec<Spanned<String>>,
    /// Patterns of files that are long for a reason, each with the reason.
    #[schemars(with = "BTreeMap<String, String>")]
    pub allow: BTreeMap<Spanned<String>, Spanned<String>>,
}

impl LargeFiles {
    /// Why a file may be long; `path` is taken from the project root.
    pub fn reason(&self, path: &str) -> Option<&str> {
        let allowed = self.allow.iter().find(|(pattern, _)| matches(pattern.get_ref(), path));
        allowed.map(|(_, reason)| reason.get_ref().as_str())
    }

    /// Whether nobody asks how long a file is.
    pub fn is_excluded(&self, path: &str) -> bool {
        self.exclude.iter().any(|pattern| matches(pattern.get_ref(), path))
    }

    /// What the types can't say.
    pub(super) fn validate(&self, file: &ConfigFile) -> Result<(), ConfigError> {
        for (value, key) in [(&self.max_lines, "max-lines"), (&self.min_lines, "min-lines")] {
            if *value.get_ref() == 0 {
                let help = "give a number of lines from 1 on";
                return Err(file.reject(&format!("`{key}` is 0"), Some(value.span()), Some(help)));
            }
        }
        file.check_patterns(self.exclude.iter().chain(self.allow.keys()))?;
        match self.allow.values().find(|reason| reason.get_ref().trim().is_empty()) {
            Some(reason) => {
                let help = "say why the file is that long, for the next reader";
                Err(file.reject("a file is allowed without a reason", Some(reason.span()), Some(help)))
            }
            None => Ok(()),
        }
    }
}

/// Whether a pattern is about the file at `path`. Patterns are checked when they are read.
fn matches(pattern: &str, path: &str) -> bool {
    Excludes::new(&[pattern]).is_ok_and(|patterns| patterns.excludes_file(path))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::*;
    use crate::config::Config;

    #[test]
    fn what_can_not_be_is_an_error_with_a_way_out() {
        for (text, said) in [
            ("max-lines = 0", "`max-lines` is 0"),
            ("min-lines = 0", "`min-lines` is 0"),
            ("exclude = ['a[']", "a["),
            ("allow = { 'a[' = 'why' }", "a["),
            ("allow = { 'src/a.ts' = ' ' }", "without a reason"),
        ] {
            let file = ConfigFile::new("phase2.toml", &format!("[large-files]\n{text}\n"));
            match Config::parse(&file, &["large-files"]) {
                Err(ConfigError::Invalid { message, help, .. }) => {
                    assert!(message.contains(said) && help.is_some(), "{text}: {message}");
                }
                other => panic!("{text}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_file_is_allowed_by_its_path_or_by_a_pattern() {
        let text = "[large-files.allow]\n'src/a.ts' = 'one'\n'src/pages/' = 'two'\n";
        let config = Config::parse(&ConfigFile::new("phase2.toml", text), &["large-files"]).unwrap().large_files;
        let reasons = ["src/a.ts", "src/pages/deep/b.tsx", "src/b/a.ts"].map(|path| config.reason(path));
        assert_eq!(reasons, [Some("one"), Some("two"), None]);
    }
}

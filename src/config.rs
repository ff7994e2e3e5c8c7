//! phase2.toml: its types, its defaults, and errors that point into the file.

mod console;
mod identifier;
mod large_files;
mod rate_limit;
mod read_through;
pub mod schema;
mod tenants;

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use miette::{Diagnostic, NamedSource, SourceSpan};
use schemars::JsonSchema;
use serde::Deserialize;
use thiserror::Error;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

pub use self::console::{Console, Form, Level, Levels, Logger, Tags, Templates};
pub use self::large_files::LargeFiles;
pub use self::rate_limit::{LimiterStyle, OnError, RateLimit, ServiceRole, Tier};
pub use self::read_through::{CachedTable, ReadThrough, Scope};
pub use self::tenants::{ClaimSource, Fallback, Frontend, Tenants};
use crate::excludes::Excludes;

/// The name of the configuration file.
pub const FILE_NAME: &str = "phase2.toml";

/// The default options of each rule. The keys that no rule owns have theirs beside what they are for.
const DEFAULTS: [&str; 5] = [
    include_str!("../rules/console/defaults.toml"),
    include_str!("../rules/rate-limit/defaults.toml"),
    include_str!("../rules/tenants/defaults.toml"),
    include_str!("../rules/large-files/defaults.toml"),
    include_str!("../rules/read-through/defaults.toml"),
];

/// A project's configuration: what its phase2.toml says, over the defaults.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// Folders that are looked at, as globs from the project root; unset: the usual ones, as far as they exist.
    #[schemars(with = "Vec<String>")]
    pub roots: Option<Vec<Spanned<String>>>,
    /// The names of the rules that run when the command line names none; unset: those that are on by default, and
    /// those that have a table of their own.
    #[schemars(with = "Vec<String>")]
    pub rules: Option<Vec<Spanned<String>>>,
    /// Patterns of files and folders that are left out; unset: the usual ones.
    #[schemars(with = "Vec<String>")]
    pub exclude: Option<Vec<Spanned<String>>>,
    /// More such patterns.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub extend_exclude: Vec<Spanned<String>>,
    /// Whether files that git ignores are left out.
    #[serde(default = "yes")]
    pub respect_gitignore: bool,
    /// The options of the rule `console`.
    pub console: Console,
    /// The options of the rule `rate-limit`.
    pub rate_limit: RateLimit,
    /// The options of the rule `tenants`.
    pub tenants: Tenants,
    /// The options of the rule `large-files`.
    pub large_files: LargeFiles,
    /// The options of the rule `read-through`.
    pub read_through: ReadThrough,
    /// The tables that phase2.toml has itself: a rule whose options it states is meant to run.
    #[serde(skip)]
    pub stated: Vec<String>,
}

/// Why a configuration can't be used.
#[derive(Debug, Error, Diagnostic)]
pub enum ConfigError {
    /// The file can't be read.
    #[error("{} can't be read: {reason}", path.display())]
    #[diagnostic(help("name another file with --config, or use --isolated for the built-in defaults"))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The file says something that can't be.
    #[error("{message}")]
    Invalid {
        /// What is wrong.
        message: String,
        /// The file.
        #[source_code]
        file: Arc<NamedSource<String>>,
        /// The place.
        #[label("here")]
        place: Option<SourceSpan>,
        /// The way out.
        #[help]
        help: Option<String>,
    },
}

/// A configuration file as it was read: what errors point into.
#[derive(Debug, Clone)]
pub struct ConfigFile {
    source: Arc<NamedSource<String>>,
}

impl ConfigFile {
    /// Reads the file at `path`, which errors name as `shown`.
    ///
    /// # Errors
    /// If it can't be read, or isn't UTF-8.
    pub fn read(path: &Path, shown: &Path) -> Result<ConfigFile, ConfigError> {
        let unreadable = |reason: String| ConfigError::Unreadable { path: shown.to_owned(), reason };
        let bytes = fs::read(path).map_err(|error| unreadable(error.to_string()))?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let offset = error.utf8_error().valid_up_to();
            unreadable(format!("it is not UTF-8 (from byte {offset} on); save it as UTF-8"))
        })?;
        Ok(ConfigFile::new(&shown.display().to_string(), &text))
    }

    /// The file of that name and text. A byte order mark says nothing.
    pub fn new(name: &str, text: &str) -> ConfigFile {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        ConfigFile { source: Arc::new(NamedSource::new(name, text.to_owned())) }
    }

    /// The error that what stands at `span` (byte offsets, a byte order mark not counted) can't be, and the way out.
    pub fn reject(&self, message: &str, span: Option<Range<usize>>, help: Option<&str>) -> ConfigError {
        ConfigError::Invalid {
            message: message.to_owned(),
            file: Arc::clone(&self.source),
            place: span.map(SourceSpan::from),
            help: help.map(str::to_owned),
        }
    }

    /// Whether all `patterns` of files and folders can be used.
    fn check_patterns<'p>(&self, patterns: impl IntoIterator<Item = &'p Spanned<String>>) -> Result<(), ConfigError> {
        for pattern in patterns {
            if let Err(error) = Excludes::new(&[pattern.get_ref()]) {
                let help = "`*`, `**`, `?`, `[…]` and `{a,b}` are known; a pattern with `/` starts at the project root";
                return Err(self.reject(&error.to_string(), Some(pattern.span()), Some(help)));
            }
        }
        Ok(())
    }
}

impl Config {
    /// The built-in configuration.
    pub fn built_in() -> Config {
        let config = Config::deserialize(toml::de::Deserializer::from(defaults()));
        config.expect("the built-in configuration is tested")
    }

    /// What `file` says, over the defaults; `rules` are the names of the rules that there are.
    ///
    /// # Errors
    /// If it says something that can't be.
    pub fn parse(file: &ConfigFile, rules: &[&str]) -> Result<Config, ConfigError> {
        let misread = |error: toml::de::Error| {
            let (message, help) = in_plain_words(error.message());
            file.reject(&message, error.span(), help.as_deref())
        };
        let own = DeTable::parse(file.source.inner()).map_err(misread)?;
        for (key, help) in [
            ("roots", "name the folders that hold the project's TypeScript, or leave the key out"),
            ("rules", "name the rules that are to run, or leave the key out"),
        ] {
            let value = own.get_ref().get(key);
            if let Some(empty) = value.filter(|value| value.get_ref().as_array().is_some_and(|list| list.is_empty())) {
                return Err(file.reject(&format!("`{key}` is empty"), Some(empty.span()), Some(help)));
            }
        }
        let tables = own.get_ref().keys().map(|key| key.get_ref().to_string()).collect();
        let stated = rate_limit::stated_functions(own.get_ref());
        let merged = overlay(defaults(), own).map_err(|place| {
            let help = "write its name in brackets, `[name]`, and its keys below";
            file.reject("this should be a table", Some(place), Some(help))
        })?;
        let mut config = Config::deserialize(toml::de::Deserializer::from(merged)).map_err(misread)?;
        config.rate_limit.stated = stated;
        config.stated = tables;
        config.validate(file, rules)?;
        Ok(config)
    }

    /// What the types can't say.
    fn validate(&self, file: &ConfigFile, rules: &[&str]) -> Result<(), ConfigError> {
        for rule in self.rules.iter().flatten() {
            let name = rule.get_ref();
            if !rules.contains(&name.as_str()) {
                let message = format!("there is no rule `{name}`");
                return Err(file.reject(&message, Some(rule.span()), Some(&suggestion(name, rules))));
            }
        }
        let patterns = self.exclude.iter().flatten().chain(&self.extend_exclude).chain(&self.console.exclude);
        file.check_patterns(patterns)?;
        self.rate_limit.validate(file)?;
        self.tenants.validate(file)?;
        self.large_files.validate(file)?;
        self.read_through.validate(file)?;
        [&self.console.edge, &self.console.frontend].into_iter().try_for_each(|logger| logger.validate(file))
    }
}

/// The default of keys that are on.
fn yes() -> bool {
    true
}

/// The built-in tables as one.
fn defaults() -> Spanned<DeTable<'static>> {
    let tables = DEFAULTS.map(|text| DeTable::parse(text).expect("the built-in configuration is tested"));
    let empty = Spanned::new(0..0, DeTable::new());
    tables.into_iter().try_fold(empty, overlay).expect("the built-in configuration is tested")
}

/// `upper` over `lower`: tables are united, all else is replaced. Spans are kept.
///
/// # Errors
/// The place of what isn't a table in `upper`, and is one in `lower`.
fn overlay<'i>(
    mut lower: Spanned<DeTable<'i>>,
    upper: Spanned<DeTable<'i>>,
) -> Result<Spanned<DeTable<'i>>, Range<usize>> {
    let table = lower.get_mut();
    for (key, new) in upper.into_inner() {
        let span = new.span();
        let value = match (table.remove(key.get_ref().as_ref()).map(Spanned::into_inner), new.into_inner()) {
            (Some(DeValue::Table(old)), DeValue::Table(new)) => {
                let united = overlay(Spanned::new(span.clone(), old), Spanned::new(span.clone(), new))?;
                DeValue::Table(united.into_inner())
            }
            (Some(DeValue::Table(_)), _) => return Err(span),
            (_, value) => value,
        };
        table.insert(key, Spanned::new(span, value));
    }
    Ok(lower)
}

/// What the TOML reader says, in the words of the file instead of serde's, and the way out.
fn in_plain_words(message: &str) -> (String, Option<String>) {
    // A message's first line says it; what follows repeats the known names.
    let message = message.lines().next().unwrap_or(message);
    let (said, expected) = message.split_once(", expected ").unwrap_or((message, ""));
    let quoted = |text: &str| text.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<String>>();
    for (serde, ours) in [("unknown field ", "unknown key "), ("unknown variant ", "unknown value ")] {
        if let Some(name) = said.strip_prefix(serde) {
            let known = quoted(expected);
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            return (format!("{ours}{name}"), Some(suggestion(name.trim_matches('`'), &known)));
        }
    }
    let Some(found) = said.strip_prefix("invalid type: ") else { return (message.to_owned(), None) };
    let (wanted, help) = match expected {
        "a sequence" => ("a list", "write a list in brackets: `[\"a\", \"b\"]`"),
        "a boolean" => (expected, "write `true` or `false`, without quotes"),
        "a string" => (expected, "write it in quotes"),
        _ => return (message.to_owned(), None),
    };
    (format!("this is {}, and should be {wanted}", with_article(found)), Some(help.to_owned()))
}

/// What serde found, as part of a sentence: "string "a"" → "the string "a"".
fn with_article(found: &str) -> String {
    match found {
        "sequence" => "a list".to_owned(),
        "map" => "a table".to_owned(),
        value => format!("the {value}"),
    }
}

/// The way out for somebody who wrote `name`: the known name that is probably meant, or all of them.
pub fn suggestion(name: &str, known: &[&str]) -> String {
    nearest(name, known)
        .map_or_else(|| format!("known here: {}", known.join(", ")), |near| format!("did you mean `{near}`?"))
}

/// The known name that `name` was probably meant to be.
pub fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let close = known.iter().map(|known| (strsim::damerau_levenshtein(name, known), *known));
    close.filter(|(distance, known)| *distance <= known.len().max(name.len()) / 3).min().map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    fn parse(text: &str) -> Result<Config, ConfigError> {
        Config::parse(&ConfigFile::new("phase2.toml", text), &["console", "suppression"])
    }

    fn error(text: &str) -> (String, String, Option<String>) {
        match parse(text).unwrap_err() {
            ConfigError::Invalid { message, place, help, .. } => {
                let place = place.map(|place| text[place.offset()..place.offset() + place.len()].to_owned());
                (message, place.unwrap_or_default(), help)
            }
            other => panic!("{other}"),
        }
    }

    #[test]
    fn the_defaults_are_whole() {
        let config = Config::built_in();
        assert!(config.roots.is_none() && config.respect_gitignore);
        assert_eq!(config.console.levels.trace, Level::Debug);
        assert_eq!(config.console.edge.module.get_ref(), "_shared/logger.ts");
        assert_eq!(config.console.edge.export.as_ref().map(Spanned::get_ref), None);
    }

    #[test]
    fn what_a_project_says_is_laid_over_them() {
        let config =
            parse("roots = ['app']\n[console.levels]\nlog = 'debug'\n[console.edge]\nexport = 'audit'\n").unwrap();
        assert_eq!(config.roots.unwrap()[0].get_ref(), "app");
        assert_eq!((config.console.levels.log, config.console.levels.warn), (Level::Debug, Level::Warn));
        assert_eq!(config.console.edge.module.get_ref(), "_shared/logger.ts");
    }

    #[test]
    fn errors_point_at_their_place() {
        let (message, place, help) = error("[console]\nlevls = 1\n");
        assert!(message.contains("unknown key `levls`"), "{message}");
        assert_eq!((place.as_str(), help.as_deref()), ("levls", Some("did you mean `levels`?")));

        let (message, place, help) = error("[console.levels]\nlog = 'wran'\n");
        assert!(message.contains("unknown value `wran`"), "{message}");
        assert_eq!((place.as_str(), help.as_deref()), ("'wran'", Some("did you mean `warn`?")));

        assert_eq!(error("roots = ['src'\n").0, "unclosed array, expected `]`");
    }

    #[test]
    fn wrong_types_are_told_in_the_words_of_the_file() {
        let said = |text: &str| {
            let (message, place, help) = error(text);
            (message, place, help.unwrap_or_default())
        };
        let owned = |all: [&str; 3]| all.map(str::to_owned).into();
        for (text, expected) in [
            (
                "respect-gitignore = 'yes'\n",
                [
                    "this is the string \"yes\", and should be a boolean",
                    "'yes'",
                    "write `true` or `false`, without quotes",
                ],
            ),
            (
                "roots = 'src'\n",
                [
                    "this is the string \"src\", and should be a list",
                    "'src'",
                    "write a list in brackets: `[\"a\", \"b\"]`",
                ],
            ),
            (
                "[console.edge]\nmodule = ['a']\n",
                ["this is a list, and should be a string", "['a']", "write it in quotes"],
            ),
            (
                "[console]\nlevels = 1\n",
                ["this should be a table", "1", "write its name in brackets, `[name]`, and its keys below"],
            ),
        ] {
            assert_eq!(said(text), owned(expected), "{text}");
        }
    }

    #[test]
    fn a_byte_order_mark_says_nothing() {
        assert!(parse("\u{feff}respect-gitignore = false\n").is_ok_and(|config| !config.respect_gitignore));
    }

    #[test]
    fn impossible_values_are_refused() {
        assert_eq!(error("exclude = ['a[']\n").1, "'a['");
        assert_eq!(error("rules = ['consle']\n").2.as_deref(), Some("did you mean `console`?"));
        assert_eq!(error("# roots\nroots = []\n").1, "[]");
        assert_eq!(error("rules = [ ]\n").1, "[ ]");
        assert_eq!(error("[console.edge]\nmodule = '../logger.ts'\n").1, "'../logger.ts'");
        assert_eq!(error("[console.edge]\nmodule = 'npm:pino'\n").1, "'npm:pino'");
        assert_eq!(error("[console.frontend]\nalias = 'a-b'\n").1, "'a-b'");
        assert_eq!(error("[console.frontend]\nalias = 'class'\n").1, "'class'");
        assert_eq!(error("[console.frontend]\nalias = 'm²'\n").1, "'m²'");
        let pino = "[console.edge]\nmodule = 'npm:pino@9'\nexport = 'pino'\nform = 'object'\n";
        assert_eq!(error(pino).1, "'npm:pino@9'");
    }
}

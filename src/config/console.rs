//! The options of the rule `console`.

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use super::identifier::{TAKEN_WORDS, is_identifier};
use super::{ConfigError, ConfigFile};

/// The options of the rule `console`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Console {
    /// Patterns of files whose console is left alone.
    #[schemars(with = "Vec<String>")]
    pub exclude: Vec<Spanned<String>>,
    /// Names that the logger writes itself.
    pub reserved: Vec<String>,
    /// What becomes of a `[tag]` that a message starts with.
    pub tags: Tags,
    /// The level of each console method.
    pub levels: Levels,
    /// The logger of files below `supabase/functions`.
    pub edge: Logger,
    /// The logger of all other files.
    pub frontend: Logger,
}

/// The level that each method of the console logs at.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are the console's own method names")]
pub struct Levels {
    pub log: Level,
    pub info: Level,
    pub debug: Level,
    pub trace: Level,
    pub warn: Level,
    pub error: Level,
}

impl Levels {
    /// The level of a console method; `None` for one that writes no record (`table`, `time`, …).
    pub fn of(&self, method: &str) -> Option<Level> {
        match method {
            "log" => Some(self.log),
            "info" => Some(self.info),
            "debug" => Some(self.debug),
            "trace" => Some(self.trace),
            "warn" => Some(self.warn),
            "error" => Some(self.error),
            _ => None,
        }
    }
}

/// How serious a log record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Level {
    Debug,
    Info,
    Warn,
    Error,
}

impl Level {
    /// All levels, the least serious first.
    pub const ALL: [Level; 4] = [Level::Debug, Level::Info, Level::Warn, Level::Error];

    /// The name of the level, which is also that of a logger's method.
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Debug => "debug",
            Level::Info => "info",
            Level::Warn => "warn",
            Level::Error => "error",
        }
    }
}

/// Which logger the files of a surface use.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Logger {
    /// The module: a TypeScript file, or a package as it is imported.
    #[schemars(with = "String")]
    pub module: Spanned<String>,
    /// What to import from it; unset: read from the module.
    #[schemars(with = "String")]
    pub export: Option<Spanned<String>>,
    /// How the export is called; unset: read from the module.
    pub form: Option<Form>,
    /// The local name where the exported one is taken.
    #[schemars(with = "String")]
    pub alias: Option<Spanned<String>>,
    /// What becomes of values inside of a message; unset: by whether the module is the one that a fix brings along.
    pub templates: Option<Templates>,
}

/// What becomes of a `[tag]` that a message starts with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Tags {
    /// It stays in the message.
    Keep,
    /// It becomes the field `tag`.
    Field,
}

/// What becomes of values inside of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Templates {
    /// They stay there: `` `Order ${id}` ``
    Keep,
    /// They become fields, which the logger shows in their places: `'Order {id}', { id }`
    Places,
}

/// How a logger is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// `log(level, message, fields)`
    Function,
    /// `logger.info(message, fields)`
    Object,
    /// `createLogger(name)` gives such an object.
    Factory,
}

impl Logger {
    /// Whether the module is a file of the project, not a package.
    pub fn is_file(&self) -> bool {
        let module = self.module.get_ref();
        !module.contains(':') && [".ts", ".tsx", ".mts"].iter().any(|extension| module.ends_with(extension))
    }

    pub(super) fn validate(&self, file: &ConfigFile) -> Result<(), ConfigError> {
        let module = self.module.get_ref();
        let reject = |message: &str, help: &str| Err(file.reject(message, Some(self.module.span()), Some(help)));
        if module.is_empty() {
            return reject("the logger's module is empty", "name a file such as `_shared/logger.ts`");
        }
        if self.is_file() && (module.starts_with(['/', '.']) || module.split('/').any(|part| part == "..")) {
            let help = "give it from the functions folder (edge) or from the folder that holds `src` (frontend), without `.` and `..`";
            return reject(&format!("the logger's module `{module}` is not a plain path"), help);
        }
        if !self.is_file() && (self.export.is_none() || self.form.is_none()) {
            let message = format!("`{module}` is a package, whose exports are not read");
            return reject(&message, "state `export` and `form` beside `module`");
        }
        if ["pino", "npm:pino"].iter().any(|pino| module == pino || module.starts_with(&format!("{pino}@"))) {
            let help = "it takes the fields before the message: name a module of your own that takes them behind it";
            return reject("pino can't be called as the logger", help);
        }
        let is_usable = |name: &str| is_identifier(name) && !TAKEN_WORDS.contains(&name);
        // An export may be called `default`.
        let exports = self.export.iter().filter(|name| !is_identifier(name.get_ref()));
        let aliases = self.alias.iter().filter(|name| !is_usable(name.get_ref()));
        if let Some(name) = exports.chain(aliases).next() {
            let message = format!("`{}` is not a JavaScript name", name.get_ref());
            let help = "use letters, digits, `_` and `$`, and no word of the language";
            return Err(file.reject(&message, Some(name.span()), Some(help)));
        }
        Ok(())
    }
}

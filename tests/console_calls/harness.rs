//! Small projects that are fixed as the command line would.

use std::collections::BTreeMap;

use phase2::config::{Config, ConfigFile};
use phase2::engine::{self, FixMode, Request};
use phase2::project::{Leniency, Project, RelPath};
use phase2::rules;

use crate::support::project;

/// A logger, and how the snippets reach it.
#[derive(Clone, Copy)]
pub struct Logger {
    /// Where its module is.
    pub path: &'static str,
    /// The module.
    pub module: &'static str,
    /// The folder of the snippets.
    pub snippets: &'static str,
    /// The name of each of their files, in a folder of its own.
    pub file: &'static str,
    /// The import that each snippet has already.
    pub import: &'static str,
}

/// `log(level, message, fields)`
pub const FUNCTION: Logger = Logger {
    path: "supabase/functions/_shared/logger.ts",
    module: "export type LogLevel = 'debug' | 'info' | 'warn' | 'error';\n\
             export function log(level: LogLevel, message: string, fields?: Record<string, unknown>): void {}\n",
    snippets: "supabase/functions/_snippets",
    file: "orders.ts",
    import: "import { log } from '../../_shared/logger.ts';\n\n",
};

/// The same, which puts fields into their places in the message.
pub const PLACES: Logger = Logger {
    module: "// phase2 added this file; it is yours now.\n\
             export type LogLevel = 'debug' | 'info' | 'warn' | 'error';\n\
             export function log(level: LogLevel, message: string, fields?: Record<string, unknown>): void {}\n",
    ..FUNCTION
};

/// `logger.info(message, fields)`
pub const OBJECT: Logger = Logger {
    path: "src/lib/logger.ts",
    module: "type Fields = Record<string, unknown>;\n\
             export const logger = {\n\
             \x20 debug: (message: string, fields?: Fields): void => {},\n\
             \x20 info(message: string, fields?: Fields): void {},\n\
             \x20 warn(message: string, fields?: Fields): void {},\n\
             \x20 error(message: string, fields?: Fields): void {},\n\
             };\n",
    snippets: "src/snippets",
    file: "orders.ts",
    import: "import { logger } from '../../lib/logger';\n\n",
};

/// `logger.error(message, error, fields)` beside `logger.info(message, fields)`
pub const WITH_ERROR: Logger = Logger {
    module: "type Fields = Record<string, unknown>;\n\
             export const logger = {\n\
             \x20 debug: (message: string, fields?: Fields): void => {},\n\
             \x20 info(message: string, fields?: Fields): void {},\n\
             \x20 warn(message: string, fields?: Fields): void {},\n\
             \x20 error(message: string, error?: unknown, fields?: Fields): void {},\n\
             };\n",
    ..OBJECT
};

/// `logger.error(message, error, fields)`, which takes nothing but an `Error` there
pub const ERROR_ONLY: Logger = Logger {
    module: "type Fields = Record<string, unknown>;\n\
             export const logger = {\n\
             \x20 debug: (message: string, fields?: Fields): void => {},\n\
             \x20 info(message: string, fields?: Fields): void {},\n\
             \x20 warn(message: string, fields?: Fields): void {},\n\
             \x20 error(message: string, error?: Error, fields?: Fields): void {},\n\
             };\n",
    ..OBJECT
};

/// `logger.error(message, fields)`, and `logger.error(message, error, fields)`
pub const ERROR_OR_FIELDS: Logger = Logger {
    module: "type Fields = Record<string, unknown>;\n\
             export const logger = {\n\
             \x20 debug: (message: string, fields?: Fields): void => {},\n\
             \x20 info(message: string, fields?: Fields): void {},\n\
             \x20 warn(message: string, fields?: Fields): void {},\n\
             \x20 error(message: string, errorOrData?: Error | Fields, data?: Fields): void {},\n\
             };\n",
    ..OBJECT
};

/// What became of a project.
#[derive(Debug)]
pub struct Fixed {
    /// The texts of the files that were changed.
    pub texts: BTreeMap<String, String>,
    /// The help of each violation that was left, in the order of files and places.
    pub left: Vec<String>,
    /// The remarks.
    pub notes: Vec<String>,
    /// What went wrong.
    pub errors: Vec<String>,
}

/// Fixes a project of `files`, with `config` as its phase2.toml.
pub fn fix(config: &str, files: &[(&str, &str)]) -> Fixed {
    let folder = project(files.iter().copied());
    let config = Config::parse(&ConfigFile::new("phase2.toml", config), &rules::names()).unwrap();
    let project = Project::open(folder.path(), config).unwrap();
    let selection = project.select(&[], folder.path(), Leniency::default()).unwrap();
    let rules: Vec<_> = rules::all().into_iter().filter(|rule| rule.meta().on_by_default).collect();
    let request = Request {
        rules: &rules,
        suppression: true,
        selection: &selection,
        fix: FixMode::Safe,
        chosen: None,
        progress: &|| {},
    };
    let outcome = engine::run(&project, &request);
    let remaining = outcome.remaining;
    Fixed {
        texts: outcome.changes.into_iter().map(|change| (change.path.to_string(), change.after)).collect(),
        left: remaining.findings.into_iter().map(|finding| finding.help.unwrap_or_default()).collect(),
        notes: outcome.found.notes.into_iter().map(|note| say_of(note.path, &note.message)).collect(),
        errors: remaining.errors.into_iter().map(|problem| say_of(problem.path, &problem.message)).collect(),
    }
}

fn say_of(path: Option<RelPath>, message: &str) -> String {
    path.map_or_else(String::new, |path| format!("{path}: ")) + message
}

impl Logger {
    /// Fixes each snippet in a file of its own, all in one project. The logger is imported there already, and
    /// that import is not part of the results.
    pub fn fix(&self, snippets: &[&str]) -> Vec<String> {
        let path = |index: usize| format!("{}/{index}/{}", self.snippets, self.file);
        let texts: Vec<(String, String)> = snippets
            .iter()
            .enumerate()
            .map(|(index, snippet)| (path(index), format!("{}{snippet}", self.import)))
            .collect();
        let mut files: Vec<(&str, &str)> = texts.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        files.push((self.path, self.module));
        let mut fixed = fix("", &files);
        let of_error =
            |error: &String| texts.iter().find(|(path, _)| error.starts_with(path)).map_or("", |(_, text)| text);
        let errors: Vec<String> = fixed.errors.iter().map(|error| format!("{error}\n{}", of_error(error))).collect();
        assert!(errors.is_empty(), "no fix may have to be withdrawn:\n{}", errors.join("\n"));
        let results = texts.iter().map(|(path, text)| {
            let after = fixed.texts.remove(path).unwrap_or_else(|| text.clone());
            let Some(after) = after.strip_prefix(self.import) else { panic!("the import changed:\n{after}") };
            after.to_owned()
        });
        results.collect()
    }

    /// Checks what becomes of each snippet: before, after.
    pub fn check(&self, table: &[(&str, &str)]) {
        let befores: Vec<&str> = table.iter().map(|(before, _)| *before).collect();
        let results = self.fix(&befores);
        let mut wrong = String::new();
        for ((before, expected), after) in table.iter().zip(&results) {
            if after != expected {
                wrong += &format!("\n   before  {before}\n expected  {expected}\n    found  {after}\n");
            }
        }
        assert!(wrong.is_empty(), "{wrong}");
    }

    /// The same in files that may have JSX in them.
    pub fn check_tsx(&self, table: &[(&str, &str)]) {
        Logger { file: "orders.tsx", ..*self }.check(table);
    }

    /// Checks that each snippet stays, for a reason that has these words in it.
    pub fn refuses(&self, table: &[(&str, &str)]) {
        let mut wrong = String::new();
        for (before, reason) in table {
            let file = format!("{}/0/{}", self.snippets, self.file);
            let text = format!("{}{before}", self.import);
            let fixed = fix("", &[(self.path, self.module), (&file, &text)]);
            assert_eq!(fixed.errors, [""; 0]);
            let is_refused = fixed.texts.is_empty() && fixed.left.iter().any(|help| help.contains(reason));
            if !is_refused {
                wrong += &format!("\n before  {before}\n expected  {reason}\n  found  {fixed:?}\n");
            }
        }
        assert!(wrong.is_empty(), "{wrong}");
    }
}

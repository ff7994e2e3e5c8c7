//! Which loggers a project has, for the phase2.toml that `phase2 init` writes.

use std::collections::BTreeSet;

use super::contract::Contract;
use crate::config::Logger;
use crate::project::{Project, Surface, Unit};

/// A logger that isn't where phase2.toml looks for one by default.
#[derive(Debug)]
pub struct Found {
    /// Its table below `[console]`.
    pub table: &'static str,
    /// The module, as the table names it.
    pub module: String,
    /// Why it is thought to be the logger.
    pub reason: String,
}

/// The loggers of `project` that phase2.toml has to name. A surface with several candidates has none.
pub fn of(project: &Project) -> Vec<Found> {
    let options = &project.config.console;
    let surfaces = [("edge", Surface::Edge, &options.edge), ("frontend", Surface::Frontend, &options.frontend)];
    surfaces
        .into_iter()
        .filter_map(|(table, surface, logger)| {
            let units = project.units.iter().filter(|unit| unit.surface == surface);
            let modules: BTreeSet<String> = units.flat_map(|unit| candidates(project, unit, logger)).collect();
            let module = modules.first().filter(|_| modules.len() == 1)?.clone();
            Some(Found { table, reason: format!("The only module that logs, besides the console: {module}"), module })
        })
        .collect()
}

/// The modules of a unit that read as loggers and are called so; none if it has the usual one.
fn candidates(project: &Project, unit: &Unit, usual: &Logger) -> Vec<String> {
    const NAMES: [&str; 6] =
        ["logger.ts", "log.ts", "logging.ts", "logger.tsx", "structured-logger.ts", "appLogger.ts"];
    let has_usual = unit.base.join(usual.module.get_ref()).is_some_and(|path| project.sources.exists(&path));
    if has_usual {
        return Vec::new();
    }
    let files =
        project.files.iter().filter(|file| project.unit(file) == unit && NAMES.contains(&file.path.file_name()));
    let loggers = files
        .filter(|file| project.parse(&file.path).is_some_and(|parsed| Contract::of_file(project, &parsed).is_some()));
    let below = |path: &str| path[unit.base.as_str().len()..].trim_start_matches('/').to_owned();
    loggers.map(|file| below(file.path.as_str())).collect()
}

//! The logger of each part of a project: which module, how it is called, and which files it is made of.

use std::collections::{BTreeMap, BTreeSet};

use super::barrels::Barrels;
use super::contract::{Contract, Modules, Stated};
use crate::config::{self, Form, Templates};
use crate::edit::NewFile;
use crate::project::{Problem, Project, RelPath, Surface, Unit, UnitId};
use crate::rules::is_helper_module;

/// The module that a fix brings along where the edge functions have no logger.
const EDGE_RUNTIME: &str = include_str!("../../../rules/console/runtime/edge.ts");
/// The same for everything else.
const BROWSER_RUNTIME: &str = include_str!("../../../rules/console/runtime/browser.ts");

/// The loggers of a project, one for each unit.
#[derive(Debug)]
pub struct Loggers {
    units: Vec<Logger>,
    /// The logger modules themselves.
    modules: BTreeSet<RelPath>,
    /// The files that a logger module imports, directly or not, and that module.
    closure: BTreeMap<RelPath, RelPath>,
}

/// The logger of one unit.
#[derive(Debug)]
pub enum Logger {
    /// It can be called.
    Usable(Box<Usable>),
    /// It can't.
    Unusable {
        /// The module.
        module: RelPath,
        /// Why, as a clause.
        reason: String,
    },
}

/// A logger that can be called.
#[derive(Debug)]
pub struct Usable {
    /// The module as people name it: a path, or a package.
    pub module: String,
    /// How it is called.
    pub contract: Contract,
    /// The configured name where the exported one is taken.
    pub alias: Option<String>,
    /// What it makes of messages and fields.
    pub traits: Traits,
    /// The module itself, if it doesn't exist yet.
    pub new_file: Option<NewFile>,
    file: Option<RelPath>,
    barrels: Barrels,
}

/// What a logger makes of messages and fields.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traits {
    /// Whether it gives a field another name where that would hide what the record itself says.
    pub guards_names: bool,
    /// Whether it puts the field `name` in the place of `{name}` in a message.
    pub renders_places: bool,
    /// Whether an `Error` among the fields loses its message and its stack: as JSON it is `{}`.
    pub flattens_errors: bool,
}

impl Loggers {
    /// Reads the loggers of all units.
    pub fn of(project: &Project) -> Loggers {
        let mut loggers = Loggers { units: Vec::new(), modules: BTreeSet::new(), closure: BTreeMap::new() };
        for unit in &project.units {
            let options = match unit.surface {
                Surface::Edge => &project.config.console.edge,
                Surface::Frontend => &project.config.console.frontend,
            };
            let file = options.is_file().then(|| unit.base.join(stated_path(project, unit, options))).flatten();
            let Some(file) = file else {
                loggers.units.push(Logger::Usable(Box::new(package(options))));
                continue;
            };
            let file = match located(project, file) {
                Ok(file) => file,
                Err(module) => {
                    let reason = "it is not TypeScript, which a logger is read from".to_owned();
                    loggers.units.push(Logger::Unusable { module, reason });
                    continue;
                }
            };
            let modules = Modules::load(project, &file);
            for part in modules.run_by(&file) {
                loggers.closure.entry(part).or_insert_with(|| file.clone());
            }
            loggers.units.push(logger(&modules, unit.surface, options, &file));
            loggers.modules.insert(file);
        }
        loggers
    }

    /// The logger of a unit.
    pub fn of_unit(&self, unit: UnitId) -> &Logger {
        &self.units[unit.index()]
    }

    /// Whether a file is a logger module.
    pub fn is_module(&self, path: &RelPath) -> bool {
        self.modules.contains(path)
    }

    /// The logger module that imports a file, directly or not.
    pub fn implemented_with(&self, path: &RelPath) -> Option<&RelPath> {
        self.closure.get(path)
    }
}

impl Usable {
    /// The name that an import of it has in a file where nothing stands against that.
    pub fn exported_name(&self) -> String {
        match self.contract.export.as_str() {
            "default" | "*" => "logger".to_owned(),
            name => name.to_owned(),
        }
    }

    /// How `path` names the module, in the way of its other imports.
    pub fn specifier(&self, project: &Project, path: &RelPath, siblings: &[&str]) -> String {
        match &self.file {
            Some(file) => project.specifier(path, file, siblings),
            None => self.module.clone(),
        }
    }

    /// Whether `written` in an import of `path` names the module.
    pub fn is_imported_as(&self, project: &Project, path: &RelPath, written: &str) -> bool {
        match &self.file {
            Some(file) => project.resolver.resolve(path, written).as_ref() == Some(file),
            None => written == self.module,
        }
    }

    /// Whether `written` in an import of `path` names a module that hands the logger on under its own name.
    pub fn is_handed_on_by(&self, project: &Project, path: &RelPath, written: &str) -> bool {
        let name = self.contract.export.as_str();
        let Some(file) = self.file.as_ref().filter(|_| !matches!(name, "default" | "*")) else { return false };
        let barrel = project.resolver.resolve(path, written);
        barrel.is_some_and(|barrel| self.barrels.hand_on(project, &barrel, name, file))
    }
}

/// The path of a logger's module from the base of its unit. In an app without a `src` folder what would be in there is
/// beside it.
fn stated_path<'o>(project: &Project, unit: &Unit, options: &'o config::Logger) -> &'o str {
    let stated = options.module.get_ref().as_str();
    let is_in = |folder: &RelPath| project.files.iter().any(|file| file.path.is_within(folder));
    match (unit.surface, unit.base.join("src")) {
        (Surface::Frontend, Some(src)) if !is_in(&src) => stated.strip_prefix("src/").unwrap_or(stated),
        _ => stated,
    }
}

/// The logger's module where phase2.toml says that it is at `stated`: that file, or one that an import of it means as well.
/// If there is none, nothing is in the way of a new one at `stated`; what is in the way is the error.
fn located(project: &Project, stated: RelPath) -> Result<RelPath, RelPath> {
    const MODULES: [&str; 5] = [".ts", ".tsx", ".mts", "/index.ts", "/index.tsx"];
    const OTHERS: [&str; 9] =
        [".js", ".jsx", ".mjs", ".cjs", ".cts", ".d.ts", "/index.js", "/index.jsx", "/index.d.ts"];
    if project.sources.exists(&stated) {
        return Ok(stated);
    }
    let stem = stated.as_str().rsplit_once('.').map_or(stated.as_str(), |(stem, _)| stem);
    let stem = stem.strip_suffix("/index").unwrap_or(stem);
    let at = |endings: &[&str]| {
        let mut paths = endings.iter().filter_map(|ending| RelPath::new(&format!("{stem}{ending}")));
        paths.find(|path| project.sources.exists(path))
    };
    match (at(&MODULES), at(&OTHERS)) {
        (Some(module), _) => Ok(module),
        (None, Some(other)) => Err(other),
        (None, None) => Ok(stated),
    }
}

/// The name that the surface of a file has in phase2.toml.
pub fn surface(path: &RelPath) -> &'static str {
    match Surface::of(path) {
        Surface::Edge => "edge",
        Surface::Frontend => "frontend",
    }
}

/// The problem that a module which can't be used is.
pub fn problem(module: &RelPath, reason: &str) -> Problem {
    let surface = surface(module);
    let message = format!(
        "can't be used as the logger: {reason}; state `module`, or `export` and `form`, under [console.{surface}] in phase2.toml"
    );
    Problem { path: Some(module.clone()), message }
}

/// A logger from a package, which phase2.toml states all of.
fn package(options: &config::Logger) -> Usable {
    let export = stated(options).export.unwrap_or("default");
    let contract = Contract::plain(export, options.form.unwrap_or(Form::Object));
    let traits = Traits { renders_places: options.templates == Some(Templates::Places), ..Traits::default() };
    usable(options, contract, traits, None, None)
}

/// A logger from the module at `path`, be it there or not.
fn logger(modules: &Modules<'_>, surface: Surface, options: &config::Logger, path: &RelPath) -> Logger {
    let is_new = modules.file(path).is_none() && !modules.exists(path);
    let contract =
        if is_new { of_runtime(surface, stated(options)) } else { Contract::read(modules, path, stated(options)) };
    let text = match surface {
        Surface::Edge => EDGE_RUNTIME,
        Surface::Frontend => BROWSER_RUNTIME,
    };
    let is_own = is_new || modules.file(path).is_some_and(|file| is_helper_module(&file.text));
    let traits = Traits {
        guards_names: is_own,
        renders_places: options.templates.map_or(is_own, |templates| templates == Templates::Places),
        flattens_errors: !is_own && modules.flatten_errors(),
    };
    let new_file = is_new.then(|| NewFile { path: path.clone(), text: text.into() });
    match contract {
        Ok(contract) => Logger::Usable(Box::new(usable(options, contract, traits, new_file, Some(path.clone())))),
        Err(reason) => Logger::Unusable { module: path.clone(), reason },
    }
}

/// The contract of the module that a fix brings along.
fn of_runtime(surface: Surface, stated: Stated<'_>) -> Result<Contract, String> {
    let own = match surface {
        Surface::Edge => ("log", Form::Function),
        Surface::Frontend => ("logger", Form::Object),
    };
    let fits = |(export, form): &(&str, Form)| {
        stated.export.is_none_or(|stated| stated == *export) && stated.form.is_none_or(|stated| stated == *form)
    };
    let found = [own, ("createLogger", Form::Factory)].into_iter().find(fits);
    found.map(|(export, form)| Contract::of_runtime(export, form)).ok_or_else(|| {
        format!(
            "it doesn't exist, and the one that a fix would bring along has a {} `{}` and a factory `createLogger` only",
            if own.1 == Form::Function { "function" } else { "logger object" },
            own.0
        )
    })
}

fn stated(options: &config::Logger) -> Stated<'_> {
    Stated { export: options.export.as_ref().map(|name| name.get_ref().as_str()), form: options.form }
}

fn usable(
    options: &config::Logger,
    contract: Contract,
    traits: Traits,
    new_file: Option<NewFile>,
    file: Option<RelPath>,
) -> Usable {
    Usable {
        module: file.as_ref().map_or_else(|| options.module.get_ref().clone(), ToString::to_string),
        contract,
        alias: options.alias.as_ref().map(|alias| alias.get_ref().clone()),
        traits,
        new_file,
        file,
        barrels: Barrels::default(),
    }
}

//! The logger of each part of a project: which module, how it is called, and which files it is made of.

use std::collections::{BTreeMap, BTreeSet};

use super::contract::Contract;
use crate::config::{self, Form};
use crate::edit::NewFile;
use crate::project::{Problem, Project, RelPath, Surface, UnitId};
use crate::syntax::Dialect;
use crate::syntax::source::SourceFile;

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
    Usable(Usable),
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
    /// The module itself, if it doesn't exist yet.
    pub new_file: Option<NewFile>,
    file: Option<RelPath>,
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
            let file = options.is_file().then(|| unit.base.join(options.module.get_ref())).flatten();
            if let Some(file) = &file {
                if loggers.modules.insert(file.clone()) {
                    follow_imports(project, file, file, &mut loggers.closure);
                }
            }
            loggers.units.push(logger(project, unit.surface, options, file));
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
        if self.contract.export == "default" { "logger".to_owned() } else { self.contract.export.clone() }
    }

    /// How `path` names the module, in the way of its other imports.
    pub fn specifier(&self, project: &Project, path: &RelPath, siblings: &[&str]) -> String {
        match &self.file {
            Some(file) => project.resolver.specifier(path, file, siblings),
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
}

/// The problem that a module which can't be used is.
pub fn problem(module: &RelPath, reason: &str) -> Problem {
    let surface = match Surface::of(module) {
        Surface::Edge => "edge",
        Surface::Frontend => "frontend",
    };
    let message = format!(
        "can't be used as the logger: {reason}; state `module`, or `export` and `form`, under [console.{surface}] in phase2.toml"
    );
    Problem { path: Some(module.clone()), message }
}

fn logger(project: &Project, surface: Surface, options: &config::Logger, file: Option<RelPath>) -> Logger {
    let stated = options.export.as_ref().map(|name| name.get_ref().clone());
    let usable = |contract: Contract, new_file: Option<NewFile>| {
        Logger::Usable(Usable {
            module: file.as_ref().map_or_else(|| options.module.get_ref().clone(), ToString::to_string),
            contract,
            alias: options.alias.as_ref().map(|alias| alias.get_ref().clone()),
            new_file,
            file: file.clone(),
        })
    };
    let Some(path) = &file else {
        let form = options.form.unwrap_or(Form::Object);
        return usable(Contract::stated(&stated.unwrap_or_else(|| "default".into()), form), None);
    };
    if project.sources.exists(path) {
        let contract = match (&stated, options.form) {
            (Some(export), Some(form)) => Ok(Contract::stated(export, form)),
            (stated, _) => Contract::read(project, path, stated.as_deref()),
        };
        return match contract {
            Ok(contract) => usable(contract, None),
            Err(reason) => Logger::Unusable { module: path.clone(), reason },
        };
    }
    let (text, own, own_form) = match surface {
        Surface::Edge => (EDGE_RUNTIME, "log", Form::Function),
        Surface::Frontend => (BROWSER_RUNTIME, "logger", Form::Object),
    };
    let (export, form) = match stated.as_deref() {
        None => (own, own_form),
        Some(name) if name == own => (own, own_form),
        Some("createLogger") => ("createLogger", Form::Factory),
        Some(other) => {
            let reason = format!(
                "it doesn't exist, and the one that a fix would bring along exports {own} and createLogger, not `{other}`"
            );
            return Logger::Unusable { module: path.clone(), reason };
        }
    };
    usable(Contract::stated(export, form), Some(NewFile { path: path.clone(), text: text.into() }))
}

/// Notes all files that `file` imports as values, directly or not, as parts of `module`.
fn follow_imports(project: &Project, module: &RelPath, file: &RelPath, closure: &mut BTreeMap<RelPath, RelPath>) {
    let mut queue = vec![file.clone()];
    while let Some(file) = queue.pop() {
        let (Some(dialect), Ok(text)) = (Dialect::of(&file), project.sources.read(&file)) else { continue };
        let source = SourceFile::parse(file.clone(), text, dialect);
        for import in source.imports().statements.iter().filter(|import| !import.type_only) {
            let Some(target) = project.resolver.resolve(&file, &import.specifier) else { continue };
            if target != *module && !closure.contains_key(&target) {
                closure.insert(target.clone(), module.clone());
                queue.push(target);
            }
        }
    }
}

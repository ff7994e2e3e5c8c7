//! The rule `console`: calls of the console become records of the project's logger. See rules/console/rule.md.

mod call;
mod context;
mod contract;
mod fields;
mod layout;
mod loggers;
mod message;
mod names;
mod uses;

use std::ops::Range;

use self::call::Rewrite;
use self::context::FileContext;
use self::contract::FactoryArgument;
use self::loggers::{Logger, Loggers, Usable};
use self::uses::{Kind, Use};
use super::{Facts, Meta, Pass, Resolution, Rule, Violation};
use crate::config::Form;
use crate::edit::{Applicability, Edit, Fix};
use crate::excludes::Excludes;
use crate::project::{Project, ProjectFile, RelPath};
use crate::syntax::imports::Wanted;
use crate::syntax::source::SourceFile;

/// What the rule is.
pub const META: Meta = Meta {
    name: "console",
    summary: "console calls become records of the project's structured logger",
    page: include_str!("../../../rules/console/rule.md"),
    on_by_default: true,
    triggers: &["console"],
};

/// The rule.
#[derive(Debug)]
pub struct ConsoleRule;

impl Rule for ConsoleRule {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn start<'p>(&self, project: &'p Project) -> Box<dyn Pass + 'p> {
        let options = &project.config.console;
        let patterns: Vec<&str> = options.exclude.iter().map(|pattern| pattern.get_ref().as_str()).collect();
        let excluded = Excludes::new(&patterns).expect("the configuration's globs are checked when it is read");
        Box::new(ConsolePass { project, excluded, loggers: Loggers::of(project) })
    }
}

struct ConsolePass<'p> {
    project: &'p Project,
    excluded: Excludes,
    loggers: Loggers,
}

/// The violations of one file, and its logger, whose module may be unusable.
struct ConsoleFacts {
    violations: Vec<Violation>,
    unusable: Option<(RelPath, String)>,
}

impl Pass for ConsolePass<'_> {
    fn collect(&self, entry: &ProjectFile, file: &SourceFile, hits: &[usize]) -> Option<Facts> {
        if self.loggers.is_module(&entry.path) || self.excluded.excludes_file(entry.path.as_str()) {
            return None;
        }
        // Written between quotes of any kind.
        let module_name = self.project.module_name(&entry.path).replace(['\'', '"', '`', '\\', '$'], "_");
        let cx = FileContext::new(file, &self.project.config.console, module_name);
        let uses = uses::find(&cx, hits);
        if uses.is_empty() {
            return None;
        }
        let logger = self.loggers.of_unit(entry.unit);
        let violations = match logger {
            Logger::Usable(logger) => self.violations(&cx, logger, uses),
            Logger::Unusable { module, reason } => {
                let help = format!("no fix: {module} can't be used as the logger: {reason}");
                uses.into_iter().map(|found| violation(file, found, help.clone(), None)).collect()
            }
        };
        let unusable = match logger {
            Logger::Usable(_) => None,
            Logger::Unusable { module, reason } => Some((module.clone(), reason.clone())),
        };
        Some(Box::new(ConsoleFacts { violations, unusable }))
    }

    fn resolve(&self, facts: &[(&RelPath, &Facts)]) -> Resolution {
        let mut resolution = Resolution::default();
        for (_, facts) in facts {
            let Some(facts) = facts.downcast_ref::<ConsoleFacts>() else { continue };
            resolution.violations.extend(facts.violations.iter().cloned());
            if let Some((module, reason)) = &facts.unusable {
                let problem = loggers::problem(module, reason);
                if !resolution.problems.contains(&problem) {
                    resolution.problems.push(problem);
                }
            }
        }
        resolution
    }
}

impl ConsolePass<'_> {
    /// The violations of a file whose logger can be used, those with a fix and those without.
    fn violations(&self, cx: &FileContext<'_>, logger: &Usable, uses: Vec<Use<'_>>) -> Vec<Violation> {
        let drafts: Vec<Result<Rewrite, String>> = uses.iter().map(|found| self.draft(cx, logger, found)).collect();
        let places: Vec<usize> = drafts.iter().flatten().map(|rewrite| rewrite.callee.start).collect();
        let binding = Bindings::of(self.project, cx, logger, &places);
        let mut violations = Vec::with_capacity(uses.len());
        for (found, draft) in uses.into_iter().zip(drafts) {
            violations.push(match draft {
                Ok(rewrite) => {
                    let (call, fix) = binding.fix(cx, logger, rewrite);
                    let help = format!("log it with `{call}` from {}", logger.module);
                    violation(cx.file, found, help, Some(fix))
                }
                Err(reason) => violation(cx.file, found, format!("no fix: {reason}"), None),
            });
        }
        violations
    }

    /// The rewrite of one use, or the reason why there is none.
    fn draft(&self, cx: &FileContext<'_>, logger: &Usable, found: &Use<'_>) -> Result<Rewrite, String> {
        if let Some(module) = self.loggers.implemented_with(&cx.file.path) {
            return Err(format!("the logger {module} imports this file, which can't log through it in turn"));
        }
        let Some(method) = &found.method else { return Err(other_reason(&found.kind)) };
        let Some(level) = cx.options.levels.of(method) else {
            return Err(format!("a logger has no counterpart of `console.{method}`"));
        };
        let Kind::Statement(call, matched) = &found.kind else { return Err(other_reason(&found.kind)) };
        if touches_error(cx.file, &found.range) {
            return Err("the code around it can't be parsed".into());
        }
        let Some(target) = logger.contract.method(level) else {
            let module = &logger.module;
            return Err(format!("{module} has no method for the level `{}` (see [console.levels])", level.as_str()));
        };
        call::draft(cx, *call, matched, level, target)
    }
}

fn other_reason(kind: &Kind<'_>) -> String {
    match kind {
        Kind::Other(reason) => (*reason).to_owned(),
        Kind::Statement(..) => "which method is called isn't known".to_owned(),
    }
}

fn violation(file: &SourceFile, found: Use<'_>, help: String, fix: Option<Fix>) -> Violation {
    Violation {
        rule: META.name,
        path: file.path.clone(),
        range: found.range,
        message: format!("`{}` writes past the structured logger", found.name),
        help: Some(help),
        related: Vec::new(),
        fix,
    }
}

/// Whether the parser lost its way in a place, right beside it, or around it.
fn touches_error(file: &SourceFile, range: &Range<usize>) -> bool {
    file.errors().iter().any(|error| error.start <= range.end && range.start <= error.end)
}

/// The names by which a file's calls reach the logger.
struct Bindings {
    /// A name that is there already, and the calls that see it.
    present: Option<(String, Vec<usize>)>,
    /// The name for the others, and what brings it in.
    added: String,
    imports: Vec<Wanted>,
    declaration: Option<String>,
}

impl Bindings {
    fn of(project: &Project, cx: &FileContext<'_>, logger: &Usable, places: &[usize]) -> Bindings {
        let path = &cx.file.path;
        let imports = cx.file.imports();
        let siblings: Vec<&str> = imports.statements.iter().map(|import| import.specifier.as_str()).collect();
        let specifier = logger.specifier(project, path, &siblings);
        let is_module = |written: &str| logger.is_imported_as(project, path, written);
        let imported = imports.local_name(&logger.contract.export, is_module).map(str::to_owned);

        let sees = |name: &str, place: usize| cx.name(name).resolve(place).is_some_and(|seen| seen.top_level);
        if logger.contract.form == Form::Factory {
            let made = imported.as_deref().and_then(|factory| made_by(cx, factory));
            let seen_at = made.map(|name| {
                let places = places.iter().copied().filter(|place| sees(&name, *place)).collect();
                (name, places)
            });
            let factory = imported.unwrap_or_else(|| free_name(cx, logger, &logger.exported_name(), &[]));
            let added = free_name(cx, logger, "logger", places);
            let argument = match &logger.contract.factory_argument {
                FactoryArgument::Nothing => String::new(),
                FactoryArgument::Name => cx.file.style().quoted(&cx.module_name),
                FactoryArgument::Field(key) => format!("{{ {key}: {} }}", cx.file.style().quoted(&cx.module_name)),
            };
            let end = if cx.file.style().semicolons { ";" } else { "" };
            let declaration = Some(format!("const {added} = {factory}({argument}){end}"));
            let imports = vec![Wanted { specifier, imported: logger.contract.export.clone(), local: factory }];
            return Bindings { present: seen_at, added, imports, declaration };
        }
        let present = imported.map(|name| {
            let places = places.iter().copied().filter(|place| sees(&name, *place)).collect();
            (name, places)
        });
        let added = free_name(cx, logger, &logger.exported_name(), places);
        let imports = vec![Wanted { specifier, imported: logger.contract.export.clone(), local: added.clone() }];
        Bindings { present, added, imports, declaration: None }
    }

    /// The fix of one rewrite, and how the logger is called in it.
    fn fix(&self, cx: &FileContext<'_>, logger: &Usable, rewrite: Rewrite) -> (String, Fix) {
        let path = &cx.file.path;
        let is_seen = |(_, places): &&(String, Vec<usize>)| places.contains(&rewrite.callee.start);
        let present = self.present.as_ref().filter(is_seen);
        let local = present.map_or(&self.added, |(name, _)| name);
        let method = logger.contract.method(rewrite.level).map_or("", |method| method.name.as_str());
        let mut edits: Vec<(Range<usize>, String)> = Vec::with_capacity(rewrite.edits.len() + 2);
        let call = if logger.contract.form == Form::Function {
            let (place, between) = rewrite.level_place;
            edits.push((place..place, format!("{quote}{method}{quote}{between}", quote = rewrite.quote)));
            local.clone()
        } else {
            format!("{local}.{method}")
        };
        edits.push((rewrite.callee, call.clone()));
        edits.extend(rewrite.edits);
        let edits = edits.into_iter().map(|(range, text)| Edit { path: path.clone(), range, text }).collect();
        let mut fix = Fix { applicability: Applicability::Safe, ..Fix::safe(edits) };
        if present.is_none() {
            fix.imports = self.imports.iter().map(|wanted| (path.clone(), wanted.clone())).collect();
            fix.declarations = self.declaration.iter().map(|statement| (path.clone(), statement.clone())).collect();
        }
        fix.new_files.extend(logger.new_file.clone());
        (call, fix)
    }
}

/// The first name for `wanted` that all `places` would see: itself, the alias, the alias with a number.
fn free_name(cx: &FileContext<'_>, logger: &Usable, wanted: &str, places: &[usize]) -> String {
    let alias = logger.alias.clone().unwrap_or_else(|| names::camel(&["app", wanted]));
    let numbered = (2..).map(|number| format!("{alias}{number}"));
    let mut candidates = [wanted.to_owned(), alias.clone()].into_iter().chain(numbered);
    candidates.find(|name| cx.name(name).is_free_for_import(places)).unwrap_or(alias)
}

/// The module-level variable that holds what `factory` made: `const log = createLogger('x')`.
fn made_by(cx: &FileContext<'_>, factory: &str) -> Option<String> {
    let root = cx.file.root();
    let mut cursor = root.walk();
    root.named_children(&mut cursor).find_map(|statement| {
        let declaration = match statement.kind() {
            "export_statement" => statement.child_by_field_name("declaration")?,
            _ => statement,
        };
        let declarator = declaration.named_child(0).filter(|node| node.kind() == "variable_declarator")?;
        let value = declarator.child_by_field_name("value").filter(|value| value.kind() == "call_expression")?;
        let called = value.child_by_field_name("function")?;
        let name = declarator.child_by_field_name("name").filter(|name| name.kind() == "identifier")?;
        (cx.file.text_of(called) == factory).then(|| cx.file.text_of(name).to_owned())
    })
}

//! The rule `console`: calls of the console become records of the project's logger. See rules/console/rule.md.

mod arguments;
mod assertion;
mod barrels;
mod bindings;
mod call;
mod context;
mod contract;
mod errors;
mod fields;
mod implementations;
mod json;
mod layout;
mod loggers;
mod made;
mod message;
mod names;
mod position;
mod reference;
mod sentence;
pub mod survey;
mod text;
mod uses;

use std::ops::Range;

use serde::{Deserialize, Serialize};

use self::bindings::Bindings;
use self::call::Rewrite;
use self::context::FileContext;
use self::loggers::{Logger, Loggers, Usable};
use self::position::Position;
use self::uses::{Kind, Use};
use super::kept::{self, KeptViolation, Texts};
use super::{Asked, Facts, Meta, Note, Pass, Resolution, Rule, Violation};
use crate::config::{Console, Level};
use crate::edit::Fix;
use crate::excludes::Excludes;
use crate::project::{Project, ProjectFile, RelPath, UnitId};
use crate::syntax::source::SourceFile;

/// What the rule is.
pub const META: Meta = Meta {
    name: "console",
    summary: "console calls become records of the project's structured logger",
    page: include_str!("../../../rules/console/rule.md"),
    on_by_default: true,
    triggers: &["console"],
    subjects: None,
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

/// What there is to say of one file.
struct ConsoleFacts {
    unit: UnitId,
    violations: Vec<Violation>,
    /// Whether it exports what reads as a logger.
    is_logger: bool,
}

#[derive(Serialize, Deserialize)]
struct KeptFacts {
    violations: Vec<KeptViolation>,
    is_logger: bool,
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
        let own = implementations::exported(self.project, &cx);
        let violations = match self.loggers.of_unit(entry.unit) {
            Logger::Usable(logger) => self.violations(&cx, logger, own.as_deref(), uses),
            Logger::Unusable { module, reason } => {
                let help = format!("no fix: {module} can't be used as the logger: {reason}");
                uses.into_iter().map(|found| violation(file, found, help.clone(), None)).collect()
            }
        };
        Some(Box::new(ConsoleFacts { unit: entry.unit, violations, is_logger: own.is_some() }))
    }

    fn keep(&self, facts: &Facts, texts: &Texts) -> Option<Vec<u8>> {
        let ConsoleFacts { unit: _, violations, is_logger } = facts.downcast_ref()?;
        let violations = violations.iter().map(|violation| KeptViolation::of(violation, texts)).collect();
        kept::bytes(&KeptFacts { violations, is_logger: *is_logger })
    }

    fn recall(&self, entry: &ProjectFile, kept: &[u8], texts: &Texts) -> Option<Facts> {
        let KeptFacts { violations, is_logger } = kept::value(kept)?;
        let violations = violations.into_iter().map(|violation| violation.of_rule(META.name, texts));
        let violations = violations.collect::<Option<_>>()?;
        Some(Box::new(ConsoleFacts { unit: entry.unit, violations, is_logger }))
    }

    fn resolve(&self, facts: &[(&RelPath, &Facts)]) -> Resolution {
        self.resolve_for(facts, &|_| true)
    }

    fn resolve_for(&self, facts: &[(&RelPath, &Facts)], asked: Asked<'_>) -> Resolution {
        let facts: Vec<(&RelPath, &ConsoleFacts)> =
            facts.iter().filter_map(|(path, facts)| Some((*path, facts.downcast_ref()?))).collect();
        let mut resolution = Resolution { notes: self.notes(&facts), ..Resolution::default() };
        for (path, facts) in facts {
            if asked(path) {
                resolution.violations.extend(facts.violations.iter().cloned());
            }
            if let Logger::Unusable { module, reason } = self.loggers.of_unit(facts.unit) {
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
    /// Where fixes would bring a logger along: the files that look like one already.
    fn notes(&self, facts: &[(&RelPath, &ConsoleFacts)]) -> Vec<Note> {
        let is_wanted = |unit: UnitId| {
            let of_unit = facts.iter().filter(|(_, facts)| facts.unit == unit);
            of_unit.into_iter().any(|(_, facts)| facts.violations.iter().any(|violation| violation.fix.is_some()))
        };
        let note = |(path, facts): &(&RelPath, &ConsoleFacts)| {
            let Logger::Usable(logger) = self.loggers.of_unit(facts.unit) else { return None };
            let is_in_the_way = facts.is_logger && logger.new_file.is_some() && is_wanted(facts.unit);
            let surface = loggers::surface(path);
            let message = format!(
                "looks like a logger: name it as `module` under [console.{surface}] in phase2.toml to use it instead of a new {}",
                logger.module
            );
            is_in_the_way.then(|| Note { rule: None, path: Some((*path).clone()), message })
        };
        facts.iter().filter_map(note).collect()
    }

    /// The violations of a file whose logger can be used, those with a fix and those without. `own` is its export that
    /// reads as a logger.
    fn violations(
        &self,
        cx: &FileContext<'_>,
        logger: &Usable,
        own: Option<&str>,
        uses: Vec<Use<'_>>,
    ) -> Vec<Violation> {
        let draft = |found| self.draft(cx, logger, own, found);
        let drafts: Vec<Result<Rewrite, String>> = uses.iter().map(draft).collect();
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
    fn draft(
        &self,
        cx: &FileContext<'_>,
        logger: &Usable,
        own: Option<&str>,
        found: &Use<'_>,
    ) -> Result<Rewrite, String> {
        if let Some(module) = self.loggers.implemented_with(&cx.file.path) {
            return Err(format!("the logger {module} imports this file, which can't log through it in turn"));
        }
        if let Some(export) = own {
            let exports = if export == "*" { "what".to_owned() } else { format!("`{export}`, which") };
            return Err(format!("it is a logger's own: this file exports {exports} reads as a logger"));
        }
        if implementations::is_around(cx, &found.range) {
            return Err("it is a logger's own: it stands among methods that are named as levels".into());
        }
        if let Kind::Call { call, found, .. } = &found.kind
            && let Some(helper) = implementations::handing_on(cx, *call, found.arguments)
        {
            return Err(format!("it is a logger's own: `{helper}` hands on what its callers log"));
        }
        let method = match (&found.kind, &found.method) {
            (Kind::Other(reason), _) => return Err((*reason).to_owned()),
            (_, Some(method)) => method.as_str(),
            (_, None) => return Err("which method is called isn't known".to_owned()),
        };
        let Some(level) = level_of(cx.options, method, &found.kind) else {
            return Err(format!("a logger has no counterpart of `console.{method}`"));
        };
        if level == Level::Info && cx.is_in_main(found.range.start) {
            return Err("it is what a command prints, not what it logs: only `import.meta.main` runs it".into());
        }
        if cx.declares_modules_as_a_script() {
            let reason = "the file is a script that declares modules, which an import would make augmentations of them";
            return Err(reason.to_owned());
        }
        if touches_error(cx.file, &found.range) {
            return Err("the code around it can't be parsed".into());
        }
        let Some(target) = logger.contract.method(level) else {
            let module = &logger.module;
            return Err(format!("{module} has no method for the level `{}` (see [console.levels])", level.as_str()));
        };
        let target = call::Target { level, method: target, traits: logger.traits, tags: cx.options.tags };
        match &found.kind {
            Kind::Call { call, found, position } if method == "assert" => match position {
                Position::Statement => assertion::draft(cx, *call, found, target),
                _ => Err("an assertion becomes an `if`, which can't stand there".to_owned()),
            },
            Kind::Call { call, found, position } => {
                let mut rewrite = call::draft(cx, *call, found, target)?;
                if *position == Position::Used && !target.method.returns_nothing {
                    rewrite.lead.push_str("void ");
                }
                Ok(rewrite)
            }
            Kind::Reference(reference) => reference.draft(cx, target),
            Kind::Other(reason) => Err((*reason).to_owned()),
        }
    }
}

/// The level that a method of the console logs at, where a record can tell what it does.
fn level_of(options: &Console, method: &str, kind: &Kind<'_>) -> Option<Level> {
    match (method, kind) {
        ("assert", Kind::Call { .. }) => Some(options.levels.error),
        // With columns it shows less than the record would.
        ("table", Kind::Call { found, .. }) if found.arguments.named_child_count() == 1 => Some(options.levels.log),
        _ => options.levels.of(method),
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

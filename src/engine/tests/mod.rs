//! The engine, run with rules that exist for one test only.

#![allow(clippy::unwrap_used, clippy::panic)]

mod caching;
mod combining;
mod proving;
mod remembering;
mod running;

use std::path::{Path, PathBuf};

use rayon::ThreadPoolBuilder;

use super::{FixMode, Outcome, Request, run};
use crate::config::Config;
use crate::edit::Wanted;
use crate::edit::{Edit, Fix, NewFile};
use crate::project::testing::{Tree, rel};
use crate::project::{Leniency, Project, ProjectFile, RelPath};
use crate::rules::kept::{self, KeptViolation, Texts};
use crate::rules::{Facts, Meta, Pass, Resolution, Rule, Violation};
use crate::syntax::source::SourceFile;

/// The violations at one place, each with its fix or without one. The place is the byte offset of the rule's trigger.
type Script = fn(&Place<'_>) -> Vec<Option<Fix>>;

/// A rule that does what a script says at each place where its name stands.
struct Scripted {
    meta: &'static Meta,
    script: Script,
}

/// A place where a rule's name stands.
struct Place<'p> {
    project: &'p Project,
    file: &'p SourceFile,
    at: usize,
    word: &'static str,
}

fn rule(name: &'static str, script: Script) -> Box<dyn Rule> {
    let triggers: &'static [&'static str] = Box::leak(Box::new([name]));
    let meta = Meta { name, summary: "", page: "", on_by_default: true, triggers, subjects: None };
    Box::new(Scripted { meta: Box::leak(Box::new(meta)), script })
}

impl Rule for Scripted {
    fn meta(&self) -> &'static Meta {
        self.meta
    }

    fn start<'p>(&self, project: &'p Project) -> Box<dyn Pass + 'p> {
        Box::new(ScriptedPass { project, meta: self.meta, script: self.script })
    }
}

struct ScriptedPass<'p> {
    project: &'p Project,
    meta: &'static Meta,
    script: Script,
}

impl Pass for ScriptedPass<'_> {
    fn collect(&self, _entry: &ProjectFile, file: &SourceFile, hits: &[usize]) -> Option<Facts> {
        let mut violations = Vec::new();
        for &at in hits {
            let word = self.meta.name;
            let fixes = (self.script)(&Place { project: self.project, file, at, word });
            violations.extend(fixes.into_iter().map(|fix| Violation {
                rule: word,
                path: file.path.clone(),
                range: at..at + word.len(),
                message: format!("{word} is here"),
                help: None,
                related: Vec::new(),
                fix,
            }));
        }
        (!violations.is_empty()).then(|| Box::new(violations) as Facts)
    }

    fn keep(&self, facts: &Facts, texts: &Texts) -> Option<Vec<u8>> {
        let violations = facts.downcast_ref::<Vec<Violation>>()?.iter();
        kept::bytes(&violations.map(|violation| KeptViolation::of(violation, texts)).collect::<Vec<_>>())
    }

    fn recall(&self, _entry: &ProjectFile, kept: &[u8], texts: &Texts) -> Option<Facts> {
        let violations = kept::value::<Vec<KeptViolation>>(kept)?.into_iter();
        let violations = violations.map(|violation| violation.of_rule(self.meta.name, texts));
        Some(Box::new(violations.collect::<Option<Vec<Violation>>>()?))
    }

    fn resolve(&self, facts: &[(&RelPath, &Facts)]) -> Resolution {
        let violations = facts.iter().flat_map(|(_, facts)| facts.downcast_ref::<Vec<Violation>>().unwrap().clone());
        Resolution { violations: violations.collect(), ..Resolution::default() }
    }
}

impl Place<'_> {
    /// Puts `text` in the place of the word.
    fn replace(&self, text: &str) -> Edit {
        self.edit(0..self.word.len(), text)
    }

    /// Puts `text` before the word.
    fn insert(&self, text: &str) -> Edit {
        self.edit(0..0, text)
    }

    /// An edit at offsets from the word's.
    fn edit(&self, range: std::ops::Range<usize>, text: &str) -> Edit {
        let range = self.at + range.start..self.at + range.end;
        Edit { path: self.file.path.clone(), range, text: text.to_owned() }
    }

    /// An edit of the first `from` in this file.
    fn swap(&self, from: &str, to: &str) -> Edit {
        let at = self.file.text.find(from).unwrap();
        Edit { path: self.file.path.clone(), range: at..at + from.len(), text: to.to_owned() }
    }

    /// An edit of the first `from` in the file at `path`.
    fn swap_in(&self, path: &str, from: &str, to: &str) -> Edit {
        let text = self.project.sources.read(&rel(path)).unwrap();
        let at = text.find(from).unwrap_or(text.len());
        Edit { path: rel(path), range: at..(at + from.len()).min(text.len()), text: to.to_owned() }
    }

    fn import(&self, name: &str) -> (RelPath, Wanted) {
        let wanted = Wanted { specifier: "./helper".into(), imported: name.into(), local: name.into() };
        (self.file.path.clone(), wanted)
    }
}

fn safe(edits: impl IntoIterator<Item = Edit>) -> Vec<Option<Fix>> {
    vec![Some(Fix::safe(edits.into_iter().collect()))]
}

fn new_file(path: &str, text: &str) -> NewFile {
    NewFile { path: rel(path), text: text.into() }
}

/// How a test runs the engine.
struct Setup<'t> {
    tree: &'t Tree,
    rules: Vec<Box<dyn Rule>>,
    mode: FixMode,
    paths: &'t [&'t str],
    threads: usize,
}

impl<'t> Setup<'t> {
    fn new(tree: &'t Tree, rules: impl IntoIterator<Item = Box<dyn Rule>>) -> Setup<'t> {
        Setup { tree, rules: rules.into_iter().collect(), mode: FixMode::Safe, paths: &[], threads: 2 }
    }

    fn run(self) -> Outcome {
        let root = self.tree.path("");
        let project = Project::open(&root, Config::built_in()).unwrap();
        let paths: Vec<PathBuf> = self.paths.iter().map(PathBuf::from).collect();
        let selection = project.select(&paths, Path::new(&root), Leniency::default()).unwrap();
        let request = Request {
            rules: &self.rules,
            suppression: true,
            selection: &selection,
            fix: self.mode,
            chosen: None,
            progress: &|| {},
        };
        let pool = ThreadPoolBuilder::new().num_threads(self.threads).build().unwrap();
        pool.install(|| run(&project, &request))
    }
}

/// What `rules` make of `files`.
fn fix(files: &[(&str, &str)], rules: impl IntoIterator<Item = Box<dyn Rule>>) -> Outcome {
    Setup::new(&Tree::new(files), rules).run()
}

/// What `rules` make of one file; its own text if it isn't changed.
fn fix_one(text: &str, rules: impl IntoIterator<Item = Box<dyn Rule>>) -> (String, Outcome) {
    let outcome = fix(&[("src/a.ts", text)], rules);
    (after(&outcome, "src/a.ts").unwrap_or(text).to_owned(), outcome)
}

fn after<'o>(outcome: &'o Outcome, path: &str) -> Option<&'o str> {
    outcome.changes.iter().find(|change| change.path.as_str() == path).map(|change| change.after.as_str())
}

/// The errors of a run, as `path: message`.
fn errors(outcome: &Outcome) -> Vec<String> {
    let errors = &outcome.remaining.errors;
    let path = |path: &Option<RelPath>| path.as_ref().map_or("-", RelPath::as_str).to_owned();
    errors.iter().map(|error| format!("{}: {}", path(&error.path), error.message)).collect()
}

/// Asserts that one error starts with `start`, and that there is no other.
#[track_caller]
fn one_error(outcome: &Outcome, start: &str) {
    let errors = errors(outcome);
    assert!(errors.len() == 1 && errors[0].starts_with(start), "{errors:#?}");
}

/// What is said of the violations that were found and have no fix.
fn refusals(outcome: &Outcome) -> Vec<&str> {
    let refused = outcome.found.findings.iter().filter(|found| found.fix.is_none());
    refused.map(|found| found.help.as_deref().unwrap_or_default()).collect()
}

/// The violations that are left, as `rule@path: help`.
fn left(outcome: &Outcome) -> Vec<String> {
    let findings = &outcome.remaining.findings;
    let help = |help: &Option<String>| help.clone().unwrap_or_default();
    findings.iter().map(|found| format!("{}@{}: {}", found.rule, found.path, help(&found.help))).collect()
}

const WITHDRAWN: &str = "its fix was withdrawn: it did not stand the proof";

/// A rule that never gives trouble: `fine` becomes `good`.
fn fine() -> Box<dyn Rule> {
    rule("fine", |place| safe([place.replace("good")]))
}

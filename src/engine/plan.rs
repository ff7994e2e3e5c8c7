//! Fixes become one change of each file: merged, applied pass by pass, and proved.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use super::prove::{self, Flaw};
use super::scan::{self, Record, Scan, Triggers, View};
use super::{FixMode, Judgement, Run};
use crate::edit::{Edit, FileChange, Fix};
use crate::project::{Problem, Project, RelPath};
use crate::report::Report;
use crate::rules::{Note, Violation};
use crate::syntax::Dialect;
use crate::syntax::imports::Wanted;
use crate::syntax::source::SourceFile;

/// How often the result is looked at again for fixes that had to wait. The last look must find none.
const MAX_PASSES: usize = 4;

/// What the plan came to.
pub struct Planned {
    pub changes: Vec<FileChange>,
    /// What is left.
    pub remaining: Report,
}

/// A violation, told from all others of the same text.
type Key = (&'static str, RelPath, usize, usize);

fn key(violation: &Violation) -> Key {
    (violation.rule, violation.path.clone(), violation.range.start, violation.range.end)
}

/// The fixes to withdraw, each with the reason.
type Withdrawals = BTreeMap<Key, String>;

/// What a plan is made from.
pub struct Plan<'a> {
    pub run: &'a Run<'a>,
    pub scan: &'a Scan,
    pub judgement: &'a Judgement,
    pub mode: FixMode,
}

/// The project after some passes.
struct Progress {
    /// The texts that are changed so far, those of new files among them.
    texts: BTreeMap<RelPath, Arc<str>>,
    /// The project over these texts; `None` before the first pass.
    project: Option<Project>,
    /// The records of the changed files.
    records: BTreeMap<RelPath, Record>,
    violations: Vec<Violation>,
    notes: BTreeSet<Note>,
    /// The withdrawn fixes, where they stand by now.
    excluded: BTreeSet<Key>,
}

impl Plan<'_> {
    /// Applies all wanted fixes that stand the proof. A fix that doesn't is withdrawn, and all is done again without it.
    pub fn make(&self) -> Planned {
        let mut withdrawn = Withdrawals::new();
        loop {
            match self.attempt(&withdrawn) {
                Ok(progress) => return self.finish(progress, &withdrawn),
                Err(flawed) => {
                    let before = withdrawn.len();
                    withdrawn.extend(flawed);
                    if withdrawn.len() == before {
                        // Nothing more can be told apart: give all fixes up rather than write what isn't proved.
                        let all = self.judgement.violations.iter().filter(|violation| violation.fix.is_some());
                        withdrawn.extend(all.map(|violation| (key(violation), "it could not be proved".to_owned())));
                    }
                }
            }
        }
    }

    fn attempt(&self, withdrawn: &Withdrawals) -> Result<Progress, Withdrawals> {
        let mut progress = Progress {
            texts: BTreeMap::new(),
            project: None,
            records: BTreeMap::new(),
            violations: self.judgement.violations.clone(),
            notes: self.judgement.notes.clone(),
            excluded: withdrawn.keys().cloned().collect(),
        };
        for pass in 0..=MAX_PASSES {
            let view = View { first: &self.scan.records, changed: &progress.records };
            let project = progress.project.as_ref().unwrap_or(self.run.project);
            let wanted: Vec<&Violation> = progress
                .violations
                .iter()
                .filter(|violation| violation.fix.as_ref().is_some_and(|fix| self.mode.takes(fix.applicability)))
                .filter(|violation| !progress.excluded.contains(&key(violation)))
                .collect();
            if wanted.is_empty() {
                break;
            }
            if pass == MAX_PASSES {
                let reason = format!("it leaves something to fix even after {MAX_PASSES} passes");
                return Err(self.blame(withdrawn, &wanted.into_iter().flat_map(fix_paths).collect(), &reason));
            }
            let merged = merge(project, view, &wanted);
            let (changed, flawed) = prove_all(project, view, &merged);
            if !flawed.is_empty() {
                return Err(if pass == 0 {
                    guilty(project, view, &wanted, &flawed)
                } else {
                    self.blame(withdrawn, &flawed.keys().collect(), "a later pass over its file failed")
                });
            }
            let step = Step { changed, edits: merged.edits, new_files: merged.new_files };
            progress = self.advance(progress, step);
        }
        Ok(progress)
    }

    /// The project with one more pass done.
    fn advance(&self, before: Progress, step: Step) -> Progress {
        let Progress { mut texts, mut records, excluded, .. } = before;
        let mut changed = step.changed;
        for (path, text) in step.new_files {
            let text: Arc<str> = text.into();
            texts.insert(path.clone(), Arc::clone(&text));
            changed.extend(Dialect::of(&path).map(|dialect| SourceFile::parse(path, text, dialect)));
        }
        texts.extend(changed.iter().map(|file| (file.path.clone(), Arc::clone(&file.text))));
        let project = self.run.project.with_overlay(texts.clone());
        let passes = self.run.start(&project);
        let triggers = Triggers::of(self.run.request);
        let again = changed.into_par_iter().filter_map(|file| {
            let path = file.path.clone();
            Some((path.clone(), scan::again(project.file(&path)?, file, &triggers, &passes)))
        });
        records.extend(again.collect::<Vec<_>>());
        let view = View { first: &self.scan.records, changed: &records };
        let Judgement { violations, notes, .. } = self.run.judge(&passes, self.scan, view);
        drop(passes);
        let excluded = excluded.into_iter().map(|key| shifted(key, &step.edits)).collect();
        Progress { texts, project: Some(project), records, violations, notes, excluded }
    }

    /// What is left, and the changes.
    fn finish(&self, progress: Progress, withdrawn: &Withdrawals) -> Planned {
        let Progress { texts, project, records, violations, notes, excluded } = progress;
        let problems = withdrawn.iter().map(|(key, reason)| withdrawal(self.scan, key, reason));
        let problems = self.judgement.problems.iter().cloned().chain(problems).collect();
        let mut left = Judgement { violations, notes, problems };
        for violation in &mut left.violations {
            if excluded.contains(&key(violation)) {
                violation.fix = None;
                violation.help = Some("its fix was withdrawn: it did not stand the proof".into());
            }
        }
        let view = View { first: &self.scan.records, changed: &records };
        let current = project.as_ref().unwrap_or(self.run.project);
        let remaining = self.run.report(current, self.scan, view, &left);
        let changes = texts.into_iter().map(|(path, after)| FileChange {
            before: self.run.project.sources.read(&path).ok(),
            path,
            after: after.to_string(),
        });
        let changes = changes.filter(|change| change.before.as_deref() != Some(change.after.as_str()));
        Planned { changes: changes.collect(), remaining }
    }

    /// All fixes of the first pass that touch one of `paths`.
    fn blame(&self, withdrawn: &Withdrawals, paths: &BTreeSet<&RelPath>, reason: &str) -> Withdrawals {
        let touches = |violation: &&Violation| fix_paths(violation).iter().any(|path| paths.contains(path));
        let keys = self.judgement.violations.iter().filter(touches).map(key);
        keys.filter(|key| !withdrawn.contains_key(key)).map(|key| (key, reason.to_owned())).collect()
    }
}

/// What one pass does.
struct Step {
    changed: Vec<SourceFile>,
    edits: BTreeMap<RelPath, Vec<Edit>>,
    new_files: BTreeMap<RelPath, String>,
}

/// The edits of one fix as if it were the only one, sorted.
pub fn edits_of(project: &Project, view: View<'_>, fix: &Fix) -> Vec<Edit> {
    let mut edits = fix.edits.clone();
    for path in fix.paths() {
        edits.extend(additions(project, view, path, &[fix]));
    }
    edits.sort_by(|a, b| (&a.path, a.range.start, a.range.end).cmp(&(&b.path, b.range.start, b.range.end)));
    edits
}

/// The import and declaration insertions that `fixes` want in one file.
fn additions(project: &Project, view: View<'_>, path: &RelPath, fixes: &[&Fix]) -> Vec<Edit> {
    let mut wanted: Vec<Wanted> = Vec::new();
    let mut declarations: Vec<String> = Vec::new();
    for fix in fixes {
        let imports = fix.imports.iter().filter(|(file, _)| file == path).map(|(_, wanted)| wanted);
        imports.for_each(|want| {
            if !wanted.contains(want) {
                wanted.push(want.clone())
            }
        });
        let statements = fix.declarations.iter().filter(|(file, _)| file == path).map(|(_, statement)| statement);
        statements.for_each(|it| {
            if !declarations.contains(it) {
                declarations.push(it.clone())
            }
        });
    }
    if wanted.is_empty() && declarations.is_empty() {
        return Vec::new();
    }
    let parsed;
    let imports = match view.get(path) {
        Some(record) => &record.imports,
        None => {
            let (Some(dialect), Ok(text)) = (Dialect::of(path), project.sources.read(path)) else { return Vec::new() };
            parsed = SourceFile::parse(path.clone(), text, dialect);
            parsed.imports()
        }
    };
    let same_module = |one: &str, other: &str| {
        one == other || {
            let target = project.resolver.resolve(path, one);
            target.is_some() && target == project.resolver.resolve(path, other)
        }
    };
    let insertions = imports.additions(&wanted, &declarations, same_module).into_iter();
    insertions.map(|(at, text)| Edit { path: path.clone(), range: at..at, text }).collect()
}

/// The fixes of one pass as one set of edits.
struct Merged<'v> {
    taken: Vec<&'v Violation>,
    /// Sorted by offset, none overlapping.
    edits: BTreeMap<RelPath, Vec<Edit>>,
    new_files: BTreeMap<RelPath, String>,
}

/// Takes each fix whose edits don't overlap with those taken before; the others wait for the next pass.
fn merge<'v>(project: &Project, view: View<'_>, wanted: &[&'v Violation]) -> Merged<'v> {
    let mut merged = Merged { taken: Vec::new(), edits: BTreeMap::new(), new_files: BTreeMap::new() };
    for violation in wanted {
        let Some(fix) = &violation.fix else { continue };
        let fits = |edit: &Edit| merged.edits.get(&edit.path).is_none_or(|edits| fits_into(edits, edit));
        let agrees = |path: &RelPath, text: &String| merged.new_files.get(path).is_none_or(|known| known == text);
        if !fix.edits.iter().all(fits) || !fix.new_files.iter().all(|file| agrees(&file.path, &file.text)) {
            continue;
        }
        for edit in &fix.edits {
            let edits = merged.edits.entry(edit.path.clone()).or_default();
            // Behind everything at the same offset: rules come in their order, and insertions before replacements.
            let at = edits.partition_point(|known| order(known) <= order(edit));
            if !edits[..at].iter().rev().take_while(|known| order(known) == order(edit)).any(|known| known == edit) {
                edits.insert(at, edit.clone());
            }
        }
        merged.new_files.extend(fix.new_files.iter().map(|file| (file.path.clone(), file.text.clone())));
        merged.taken.push(violation);
    }
    let fixes: Vec<&Fix> = merged.taken.iter().filter_map(|violation| violation.fix.as_ref()).collect();
    let paths: BTreeSet<&RelPath> = fixes.iter().flat_map(|fix| fix.paths()).collect();
    for path in paths {
        let edits = merged.edits.entry(path.clone()).or_default();
        for addition in additions(project, view, path, &fixes) {
            // An import stands before anything else that goes in at its place.
            let at = edits.partition_point(|known| known.range.start < addition.range.start);
            edits.insert(at, addition);
        }
    }
    merged
}

fn order(edit: &Edit) -> (usize, bool) {
    (edit.range.start, !edit.range.is_empty())
}

/// Whether `edit` overlaps with none of `edits`, or stands among them already. Insertions may touch anything.
fn fits_into(edits: &[Edit], edit: &Edit) -> bool {
    let start = edits.partition_point(|known| known.range.end < edit.range.start);
    edits[start..].iter().take_while(|known| known.range.start <= edit.range.end).all(|known| {
        let apart = known.range.end <= edit.range.start || edit.range.end <= known.range.start;
        known == edit || apart
    })
}

/// `text` after `edits`, which are sorted and don't overlap.
pub fn apply(text: &str, edits: &[Edit]) -> String {
    let mut result = String::with_capacity(text.len() + edits.iter().map(|edit| edit.text.len()).sum::<usize>());
    let mut done = 0;
    for edit in edits {
        result.push_str(&text[done..edit.range.start]);
        result.push_str(&edit.text);
        done = edit.range.end;
    }
    result.push_str(&text[done..]);
    result
}

/// Applies and proves the edits of each file: the files that are sound, and what is wrong with the others.
fn prove_all(project: &Project, view: View<'_>, merged: &Merged<'_>) -> (Vec<SourceFile>, BTreeMap<RelPath, Flaw>) {
    let fixes: Vec<&Fix> = merged.taken.iter().filter_map(|violation| violation.fix.as_ref()).collect();
    let files: Vec<(&RelPath, &Vec<Edit>)> = merged.edits.iter().collect();
    let proved: Vec<(&RelPath, Result<SourceFile, Flaw>)> = files
        .into_par_iter()
        .map(|(path, edits)| {
            let removed = removed_comments(&fixes, path);
            (path, prove::prove(project, view.get(path), path, edits, &removed))
        })
        .collect();
    let (mut sound, mut flawed) = (Vec::new(), BTreeMap::new());
    for (path, result) in proved {
        match result {
            Ok(file) => sound.push(file),
            Err(flaw) => {
                flawed.insert(path.clone(), flaw);
            }
        }
    }
    (sound, flawed)
}

fn removed_comments(fixes: &[&Fix], path: &RelPath) -> Vec<Range<usize>> {
    let removed = fixes.iter().flat_map(|fix| &fix.removed_comments);
    removed.filter(|(file, _)| file == path).map(|(_, range)| range.clone()).collect()
}

fn fix_paths(violation: &Violation) -> Vec<&RelPath> {
    violation.fix.as_ref().map(Fix::paths).unwrap_or_default()
}

/// The fixes that spoil the files of `flawed`: those that do so alone, else all that touch them.
fn guilty(project: &Project, view: View<'_>, wanted: &[&Violation], flawed: &BTreeMap<RelPath, Flaw>) -> Withdrawals {
    let mut withdrawals = Withdrawals::new();
    for (path, flaw) in flawed {
        let touching: Vec<&Violation> =
            wanted.iter().copied().filter(|violation| fix_paths(violation).contains(&path)).collect();
        let alone = |violation: &Violation| {
            let merged = merge(project, view, &[violation]);
            let fixes: Vec<&Fix> = violation.fix.iter().collect();
            prove::prove(project, view.get(path), path, merged.edits.get(path)?, &removed_comments(&fixes, path)).err()
        };
        let alone: Withdrawals =
            touching.iter().filter_map(|violation| Some((key(violation), alone(violation)?.to_string()))).collect();
        if alone.is_empty() {
            withdrawals.extend(touching.iter().map(|violation| (key(violation), flaw.to_string())));
        } else {
            withdrawals.extend(alone);
        }
    }
    withdrawals
}

/// Where a violation that wasn't fixed stands after `edits`.
fn shifted(key: Key, edits: &BTreeMap<RelPath, Vec<Edit>>) -> Key {
    let (rule, path, start, end) = key;
    let shift = |offset: usize| {
        let before = edits
            .get(&path)
            .into_iter()
            .flatten()
            .take_while(|edit| edit.range.end <= offset && edit.range.start < offset.max(1));
        before.fold(offset, |at, edit| at + edit.text.len() - edit.range.len())
    };
    let (start, end) = (shift(start), shift(end));
    (rule, path, start, end)
}

fn withdrawal(scan: &Scan, (rule, path, start, _): &Key, reason: &str) -> Problem {
    let line = scan.records.get(path).map_or(1, |record| record.text[..*start].matches('\n').count() + 1);
    let message = format!(
        "the {rule} fix at line {line} was withdrawn: {reason}. This is a defect of phase2; the file is otherwise as it should be"
    );
    Problem { path: Some(path.clone()), message }
}

//! Fixes become one change of each file: pass by pass, each proved.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use rayon::prelude::*;

use super::Run;
use super::additions::State;
use super::judge::Judgement;
use super::merge::{Merged, merge};
use super::passes::Passes;
use super::prove::{Draft, Flaw, moved};
use super::scan::{Record, Scan, View};
use crate::edit::{Edit, FileChange, Fix};
use crate::project::{Problem, Project, RelPath};
use crate::report::Report;
use crate::rules::Violation;
use crate::syntax::Dialect;
use crate::syntax::source::SourceFile;

/// How many passes may change something: fixes that overlap with others wait for the next one. The look after the last
/// must find nothing to do.
const MAX_PASSES: usize = 4;

/// What the plan came to.
pub struct Planned {
    /// Sorted by path.
    pub changes: Vec<FileChange>,
    /// What is left.
    pub remaining: Report,
    /// What was judged at first, without the fixes that were withdrawn.
    pub proved: Judgement,
    /// The files of each fix that was made in more than one.
    pub together: Vec<BTreeSet<RelPath>>,
}

/// What a plan is made from.
pub struct Plan<'a> {
    pub run: &'a Run<'a>,
    pub scan: &'a Scan,
    pub judgement: &'a Rc<Judgement>,
}

/// A violation, told from all others in the same texts. Those of one rule at one range share their fate.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    rule: &'static str,
    path: RelPath,
    start: usize,
    end: usize,
}

/// The fixes of the first look that are withdrawn, each with the reason.
type Withdrawals = BTreeMap<Key, Reason>;

/// Why a fix is withdrawn.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Reason {
    /// What is wrong with the result.
    Own(String),
    /// Another fix of a file that can't be parsed is.
    GoesAlong,
}

/// Violations whose fixes failed, each with the reason.
type Guilty<'v> = Vec<(&'v Violation, String)>;

/// The project after some passes.
struct Progress {
    /// What becomes of each file so far, those that are new among them.
    files: BTreeMap<RelPath, Texts>,
    /// The project over these texts; `None` before the first pass.
    project: Option<Project>,
    /// The records of the files that were looked at again.
    records: BTreeMap<RelPath, Record>,
    judgement: Rc<Judgement>,
    /// The files of each fix that was made in more than one.
    together: Vec<BTreeSet<RelPath>>,
    /// The edits of each pass.
    history: Vec<BTreeMap<RelPath, Vec<Edit>>>,
}

/// What becomes of a file.
struct Texts {
    /// What was analysed; `None` if the file is new.
    before: Option<Arc<str>>,
    after: Arc<str>,
}

impl Plan<'_> {
    /// Applies all wanted fixes that stand the proof. A fix that doesn't is withdrawn in every file, and all is done again
    /// without it, so that what depends on it goes as well.
    pub fn make(&self) -> Planned {
        let mut withdrawn = Withdrawals::new();
        // It ends: each attempt that fails withdraws one more fix, and without any there is nothing to fail.
        loop {
            match self.attempt(&withdrawn) {
                Ok(progress) => return self.finish(progress, &withdrawn),
                Err(more) => withdrawn.extend(more),
            }
        }
    }

    /// All passes, without the fixes that are withdrawn. The error is what has to be withdrawn besides.
    fn attempt(&self, withdrawn: &Withdrawals) -> Result<Progress, Withdrawals> {
        let mut progress = Progress {
            files: BTreeMap::new(),
            project: None,
            records: BTreeMap::new(),
            judgement: Rc::clone(self.judgement),
            together: Vec::new(),
            history: Vec::new(),
        };
        loop {
            let judgement = Rc::clone(&progress.judgement);
            let excluded = progress.excluded(withdrawn);
            let mut wanted = self.run.wanted(&judgement);
            wanted.retain(|violation| !excluded.contains_key(&Key::of(violation)));
            let is_single = self.run.request.chosen.is_some() || self.run.only_proves;
            let is_over = is_single && !progress.history.is_empty();
            if wanted.is_empty() || is_over {
                return Ok(progress);
            }
            let done = if progress.history.len() < MAX_PASSES {
                self.pass(&mut progress, wanted)
            } else {
                let reason = format!("it leaves something to fix even after {MAX_PASSES} passes");
                Err(wanted.into_iter().map(|violation| (violation, reason.clone())).collect())
            };
            done.map_err(|guilty| self.blame(withdrawn, &progress, &guilty))?;
        }
    }

    /// Applies as many of the `wanted` fixes as go together.
    fn pass<'v>(&self, progress: &mut Progress, mut wanted: Vec<&'v Violation>) -> Result<(), Guilty<'v>> {
        loop {
            let trial = Trial::of(self.state(progress), &wanted);
            let flaws = match self.carry_out(progress, &trial) {
                Ok(()) => return Ok(()),
                Err(flaws) => flaws,
            };
            let state = self.state(progress);
            let guilty: Guilty<'v> = flaws.keys().flat_map(|path| trial.unsound_alone(state, path)).collect();
            if !guilty.is_empty() {
                return Err(guilty);
            }
            // Each is sound alone: those that don't go with the ones before them wait for the next pass.
            let waiting: Vec<&Violation> = flaws.keys().flat_map(|path| trial.unsound_together(state, path)).collect();
            if waiting.is_empty() {
                let touching = flaws.iter().flat_map(|(path, flaw)| trial.touching(path).map(move |it| (it, flaw)));
                return Err(touching.map(|(violation, flaw)| (violation, flaw.to_string())).collect());
            }
            wanted.retain(|violation| !waiting.iter().any(|it| std::ptr::eq(*it, *violation)));
        }
    }

    /// Puts a trial into `progress` if all files are sound afterwards.
    fn carry_out(&self, progress: &mut Progress, trial: &Trial<'_>) -> Result<(), BTreeMap<RelPath, Flaw>> {
        let drafts = trial.drafts(self.state(progress))?;
        if self.run.only_proves {
            let proved = drafts.par_iter().map(|draft| draft.prove().map_err(|flaw| (draft.path.clone(), flaw)));
            let flaws: BTreeMap<RelPath, Flaw> = proved.filter_map(Result::err).collect();
            progress.history.push(trial.merged.edits.clone());
            return if flaws.is_empty() { Ok(()) } else { Err(flaws) };
        }
        let overlay = drafts.iter().map(|draft| (draft.path.clone(), Arc::clone(&draft.after)));
        let project = progress.project.as_ref().unwrap_or(self.run.project).with_overlay(overlay);
        let passes = self.run.start(&project);
        let first = Some(&self.scan.records).filter(|_| progress.history.is_empty());
        // The tree of a file dies with its task.
        let look = |draft: &Draft| -> Result<Option<Record>, (RelPath, Flaw)> {
            if let Some(record) = first.and_then(|records| proved_ahead(records, draft, &project)) {
                return Ok(Some(record));
            }
            let file = draft.prove().map_err(|flaw| (draft.path.clone(), flaw))?;
            Ok(file.and_then(|file| Some(Record::of(project.file(&draft.path)?, &file, &passes))))
        };
        let (mut records, mut flaws) = (Vec::new(), BTreeMap::new());
        for looked in drafts.par_iter().map(look).collect::<Vec<_>>() {
            match looked {
                Ok(record) => records.extend(record),
                Err((path, flaw)) => {
                    flaws.insert(path, flaw);
                }
            }
        }
        if !flaws.is_empty() {
            return Err(flaws);
        }
        if drafts.iter().any(|draft| draft.before().is_none()) {
            let changed: BTreeSet<&RelPath> = drafts.iter().map(|draft| &draft.path).collect();
            records.extend(self.look_again(progress, &changed, &passes));
        }
        progress.records.extend(records.into_iter().map(|record| (record.path().clone(), record)));
        let view = View { first: &self.scan.records, since: &progress.records };
        progress.judgement = Rc::new(self.run.judge(&passes, view));
        drop(passes);
        progress.project = Some(project);
        progress.history.push(trial.merged.edits.clone());
        progress.together.extend(trial.together());
        for draft in drafts {
            let before = || draft.before().cloned();
            let texts = progress.files.entry(draft.path.clone());
            let texts = texts.or_insert_with(|| Texts { before: before(), after: Arc::clone(&draft.after) });
            texts.after = Arc::clone(&draft.after);
        }
        Ok(())
    }

    /// New records of the files that aren't `changed`: what the rules say of them may depend on modules that are there now.
    fn look_again(&self, progress: &Progress, changed: &BTreeSet<&RelPath>, passes: &Passes<'_>) -> Vec<Record> {
        let records = self.state(progress).view.records();
        let others = records.into_par_iter().filter(|record| !changed.contains(record.path()));
        let again = others.filter_map(|record| {
            if let Some(file) = &record.snapshot.tree {
                return Some(Record::of(&record.entry, file, passes));
            }
            let (path, text) = (record.path().clone(), Arc::clone(&record.snapshot.text));
            let file = SourceFile::parse(path.clone(), text, Dialect::of(&path)?);
            Some(Record::of(&record.entry, &file, passes))
        });
        again.collect()
    }

    fn state<'s>(&'s self, progress: &'s Progress) -> State<'s> {
        State {
            project: progress.project.as_ref().unwrap_or(self.run.project),
            view: View { first: &self.scan.records, since: &progress.records },
        }
    }

    /// The fixes of the first look that fixes which failed after some passes go back to: they themselves if they were
    /// there from the start; else those of the same rule that touch the same files, for they brought them up; else all
    /// that do; else all. Never none that isn't withdrawn yet, if there is one. Along with them go the other fixes of files
    /// that have syntax errors.
    fn blame(&self, withdrawn: &Withdrawals, progress: &Progress, guilty: &Guilty<'_>) -> Withdrawals {
        let first = self.judgement.violations.iter().filter(|violation| violation.fix.is_some());
        let first = first.map(|violation| (Key::of(violation), violation));
        let first: Vec<(Key, &Violation)> = first.filter(|(key, _)| !withdrawn.contains_key(key)).collect();
        let now: BTreeMap<Key, &Key> = first.iter().map(|(key, _)| (key.after(&progress.history), key)).collect();
        let mut blamed = Withdrawals::new();
        for (violation, reason) in guilty {
            if let Some(key) = now.get(&Key::of(violation)) {
                blamed.insert((*key).clone(), Reason::Own(reason.clone()));
                continue;
            }
            let files = touched(violation);
            let is_near = |it: &Violation| touched(it).iter().any(|path| files.contains(path));
            let is_alike = |it: &Violation| it.rule == violation.rule && is_near(it);
            let choices: [&dyn Fn(&Violation) -> bool; 3] = [&is_alike, &is_near, &|_| true];
            let blame = choices.into_iter().find(|blame| first.iter().any(|(_, it)| blame(it)));
            let chosen = first.iter().filter(|(_, it)| blame.is_some_and(|blame| blame(it)));
            blamed.extend(chosen.map(|(key, _)| (key.clone(), Reason::Own(reason.clone()))));
        }
        // What the parser makes of broken code may change with anything that is written near it: were the other fixes of such
        // a file made, the next run might find sound what this one withdraws.
        let guilty = first.iter().filter(|(key, _)| blamed.contains_key(key));
        let files: BTreeSet<&RelPath> = guilty.flat_map(|(_, violation)| touched(violation)).collect();
        let broken: BTreeSet<&RelPath> = files.into_iter().filter(|path| is_broken(self.scan, path)).collect();
        for (key, violation) in &first {
            if touched(violation).iter().any(|path| broken.contains(path)) {
                blamed.entry(key.clone()).or_insert(Reason::GoesAlong);
            }
        }
        blamed
    }

    /// What is left, and the changes.
    fn finish(&self, progress: Progress, withdrawn: &Withdrawals) -> Planned {
        let withdrawals = withdrawn.iter().filter_map(|(key, reason)| match reason {
            Reason::Own(reason) => Some(withdrawal(self.scan, key, reason)),
            Reason::GoesAlong => None,
        });
        let problems = self.judgement.problems.iter().chain(&progress.judgement.problems).cloned();
        let problems: BTreeSet<Problem> = problems.chain(withdrawals).collect();
        let without = |judgement: &Judgement, excluded: &BTreeMap<Key, &Reason>| Judgement {
            violations: judgement.violations.iter().map(|violation| kept(violation, excluded)).collect(),
            notes: self.judgement.notes.union(&judgement.notes).cloned().collect(),
            problems: problems.clone(),
            subjects: judgement.subjects.clone(),
        };
        let left = without(&progress.judgement, &progress.excluded(withdrawn));
        let proved = without(self.judgement, &withdrawn.iter().map(|(key, reason)| (key.clone(), reason)).collect());
        let remaining = self.run.report(self.state(&progress), self.scan, &left);
        let together = progress.together;
        let changes = progress.files.into_iter().map(|(path, Texts { before, after })| FileChange {
            path,
            before,
            after: after.to_string(),
        });
        let changes = changes.filter(|change| change.before.as_deref() != Some(change.after.as_str()));
        Planned { changes: changes.collect(), remaining, proved, together }
    }
}

/// A violation without its fix if that is one of those that were withdrawn.
fn kept(violation: &Violation, withdrawn: &BTreeMap<Key, &Reason>) -> Violation {
    let mut violation = violation.clone();
    if let Some(reason) = withdrawn.get(&Key::of(&violation)) {
        violation.fix = None;
        let why = match reason {
            Reason::Own(_) => "it did not stand the proof",
            Reason::GoesAlong => "another one of the file did not stand the proof, as the file has a syntax error",
        };
        violation.help = Some(format!("its fix was withdrawn: {why}"));
    }
    violation
}

impl Progress {
    /// Where the withdrawn fixes' violations stand by now.
    fn excluded<'w>(&self, withdrawn: &'w Withdrawals) -> BTreeMap<Key, &'w Reason> {
        withdrawn.iter().map(|(key, reason)| (key.after(&self.history), reason)).collect()
    }
}

impl Key {
    fn of(violation: &Violation) -> Key {
        let Range { start, end } = violation.range;
        Key { rule: violation.rule, path: violation.path.clone(), start, end }
    }

    /// That of the same violation after some passes that didn't fix it.
    fn after(&self, history: &[BTreeMap<RelPath, Vec<Edit>>]) -> Key {
        let edits = history.iter().filter_map(|edits| edits.get(&self.path));
        let Range { start, end } = edits.fold(self.start..self.end, |range, edits| moved(&range, edits));
        Key { start, end, ..self.clone() }
    }
}

/// Fixes that are tried together.
struct Trial<'v> {
    violations: Vec<&'v Violation>,
    merged: Merged,
}

impl<'v> Trial<'v> {
    fn of(state: State<'_>, wanted: &[&'v Violation]) -> Trial<'v> {
        let (violations, fixes): (Vec<&Violation>, Vec<&Fix>) =
            wanted.iter().filter_map(|violation| Some((*violation, violation.fix.as_ref()?))).unzip();
        let merged = merge(state, &fixes);
        Trial { violations, merged }
    }

    /// The files of each fix that was taken and has more than one.
    fn together(&self) -> impl Iterator<Item = BTreeSet<RelPath>> {
        let fixes = self.merged.taken.iter().filter_map(|index| self.violations.get(*index)?.fix.as_ref());
        fixes.map(|fix| fix.paths().into_iter().cloned().collect::<BTreeSet<_>>()).filter(|paths| paths.len() > 1)
    }

    /// All files as they would be, or what keeps some of them from being anything.
    fn drafts(&self, state: State<'_>) -> Result<Vec<Draft>, BTreeMap<RelPath, Flaw>> {
        let edited = self.merged.edits.keys().map(|path| (path, self.draft(state, path)));
        let new = self.merged.new_files.iter().map(|(path, text)| (path, Draft::new(state.project, path, text)));
        let (mut drafts, mut flaws) = (Vec::new(), BTreeMap::new());
        for (path, draft) in edited.chain(new) {
            match draft {
                Ok(draft) => drafts.extend(draft),
                Err(flaw) => {
                    flaws.insert(path.clone(), flaw);
                }
            }
        }
        if flaws.is_empty() { Ok(drafts) } else { Err(flaws) }
    }

    fn draft(&self, state: State<'_>, path: &RelPath) -> Result<Option<Draft>, Flaw> {
        Draft::edited(state, path, &self.merged).map(Some)
    }

    /// What is wrong with the file at `path`, if anything.
    fn flaw_in(&self, state: State<'_>, path: &RelPath) -> Option<Flaw> {
        let draft = match self.merged.new_files.get(path) {
            Some(text) => Draft::new(state.project, path, text),
            None => self.draft(state, path),
        };
        match draft {
            Ok(draft) => draft?.prove().err(),
            Err(flaw) => Some(flaw),
        }
    }

    /// Those that were taken and change the file at `path`, or bring it along.
    fn touching(&self, path: &RelPath) -> impl Iterator<Item = &'v Violation> {
        self.merged.taken.iter().map(|index| self.violations[*index]).filter(move |violation| {
            let fix = violation.fix.as_ref();
            fix.is_some_and(|fix| fix.paths().contains(&path) || fix.new_files.iter().any(|file| file.path == *path))
        })
    }

    /// Those that spoil the file at `path` all by themselves.
    fn unsound_alone(&self, state: State<'_>, path: &RelPath) -> Guilty<'v> {
        let touching = self.touching(path);
        let flawed = |violation| Some((violation, Trial::of(state, &[violation]).flaw_in(state, path)?.to_string()));
        touching.filter_map(flawed).collect()
    }

    /// Those that spoil the file at `path` along with the ones before them.
    fn unsound_together(&self, state: State<'_>, path: &RelPath) -> Vec<&'v Violation> {
        let (mut sound, mut unsound) = (Vec::new(), Vec::new());
        for violation in self.touching(path) {
            sound.push(violation);
            if Trial::of(state, &sound).flaw_in(state, path).is_some() {
                unsound.extend(sound.pop());
            }
        }
        unsound
    }
}

/// The record of a file after the first pass, if what is drafted is what was proved of it right after its scan.
fn proved_ahead(first: &BTreeMap<RelPath, Record>, draft: &Draft, project: &Project) -> Option<Record> {
    let record = first.get(&draft.path)?;
    let (edits, removed) = draft.edits()?;
    let snapshot = record.ahead.as_ref()?.after(edits, removed)?;
    let facts = record.facts.iter().map(|_| None).collect();
    let entry = project.file(&draft.path)?.clone();
    Some(Record { entry, snapshot, facts, directives: Vec::new(), failures: Vec::new(), ahead: None })
}

/// The files that a violation is in, or that its fix would change.
fn touched(violation: &Violation) -> BTreeSet<&RelPath> {
    let by_fix = violation.fix.as_ref().map(Fix::paths).unwrap_or_default();
    by_fix.into_iter().chain([&violation.path]).collect()
}

fn withdrawal(scan: &Scan, key: &Key, reason: &str) -> Problem {
    let before = scan.records.get(&key.path).and_then(|record| record.snapshot.text.get(..key.start));
    let line = before.map_or(1, |before| before.matches('\n').count() + 1);
    let rule = key.rule;
    let advice = if is_broken(scan, &key.path) {
        "the file has a syntax error already: mend that first. Until then no other fix is made there"
    } else {
        "this is a defect of phase2. The other fixes are not affected"
    };
    let message = format!("the {rule} fix at line {line} was withdrawn: {reason}; {advice}");
    Problem { path: Some(key.path.clone()), message }
}

/// Whether a file has syntax errors.
fn is_broken(scan: &Scan, path: &RelPath) -> bool {
    scan.records.get(path).is_some_and(|record| !record.snapshot.errors.is_empty())
}

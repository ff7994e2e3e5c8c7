//! `phase2 fix` and `phase2 check`

use std::collections::BTreeSet;

use super::cache::Runner;
use super::gate::Gate;
use super::load::{self, Place};
use super::output::Outputs;
use super::progress::Progress;
use super::scope::Scoped;
use super::terminal::{Failure, Stream, Terminal};
use super::{CLEAN, Common, FixArgs, TROUBLE};
use super::{ask, split_by, unsaved};
use crate::edit::FileChange;
use crate::engine::{FixMode, Outcome, Request};
use crate::project::{Project, RelPath, Selection};
use crate::report::patch::Patch;
use crate::report::summary::{self, Ending};
use crate::report::{Note, Problem, Report};
use crate::rules::{self, Meta, Rule, Violation};
use crate::write::{self, JOURNAL, Recovered};

/// Fixes, shows the patch, or reports; the exit status.
///
/// # Errors
/// If the command can't do what was asked, or can't print what came of it.
pub fn run(terminal: &Terminal, common: &Common, args: &FixArgs) -> Result<u8, Failure> {
    let outputs = Outputs::of(common, args.statistics)?;
    let (place, mut notes) = Place::judged_by(common, args.gate.config_from.as_deref())?;
    let (rules, suppression) = load::chosen(&args.scope.rules, &place.config)?;
    let writes = !args.check && !args.diff && !args.scope.is_stdin();
    // Before the files are listed, as it may add some.
    let recovered = if writes { recover(terminal, &place)? } else { Vec::new() };
    let Scoped { project, selection, stdin, unstaged, problems } = args.scope.open(&place)?;
    let gate = Gate::of(&args.gate, &place, &project)?;
    notes.extend(gate.notes.iter().cloned());
    notes.extend(load::packages_outside(&project));
    let mut metas: Vec<&'static Meta> = rules.iter().map(|rule| rule.meta()).collect();
    metas.extend(suppression.then_some(&rules::suppression::META));
    let mut job = Job {
        terminal,
        common,
        args,
        project: &project,
        selection: &selection,
        rules: &rules,
        suppression,
        runner: Runner::of(terminal, common, &args.cache, &project),
        metas,
        outputs,
        gate,
        notes,
        unstaged: unstaged.into_iter().collect(),
    };
    let mut outcome = if selection.is_empty() { job.nothing() } else { job.look(None) };
    let sharded = args.shard.map(|shard| {
        let known = project.files.iter().map(|file| file.path.clone()).chain(job.gate.paths()).collect();
        shard.take(&mut outcome, &known, &selection, args.diff)
    });
    job.selection = sharded.as_ref().unwrap_or(&selection);
    for report in [&mut outcome.found, &mut outcome.remaining] {
        report.errors.extend(problems.iter().cloned());
        report.notes.extend(job.notes.iter().cloned());
    }
    match &stdin {
        Some(path) if !args.check && !args.diff => job.pass_on(outcome, path),
        _ if args.check => job.check(outcome),
        _ if args.diff => job.propose(outcome),
        _ if args.interactive => job.ask(outcome, recovered),
        _ => job.fix(outcome, recovered),
    }
}

/// Finishes or undoes what a run that was killed left behind, and says so. What could not be finished is returned.
pub fn recover(terminal: &Terminal, place: &Place) -> Result<Vec<Problem>, Failure> {
    let Some(recovered) = write::recover(&place.root)? else { return Ok(Vec::new()) };
    let note = Note { rule: None, path: None, message: recovered.to_string() };
    terminal.print(Stream::Err, |err, look| summary::write_note(err, &note, look))?;
    Ok(match recovered {
        Recovered::Finished { skipped, .. } => {
            skipped.iter().map(|skipped| not_written(skipped, "not written by the run before")).collect()
        }
        Recovered::Undone => Vec::new(),
    })
}

pub fn not_written(skipped: &write::Skipped, what: &str) -> Problem {
    Problem { path: Some(skipped.path.clone()), message: format!("{what}: {}", skipped.reason) }
}

/// A run, and what is done with its outcome.
pub struct Job<'a> {
    pub terminal: &'a Terminal,
    common: &'a Common,
    pub args: &'a FixArgs,
    pub project: &'a Project,
    selection: &'a Selection,
    rules: &'a [Box<dyn Rule>],
    suppression: bool,
    runner: Runner,
    metas: Vec<&'static Meta>,
    outputs: Outputs<'a>,
    gate: Gate<'a>,
    notes: Vec<Note>,
    /// Files of which only a part is staged.
    unstaged: Vec<RelPath>,
}

impl Job<'_> {
    /// What there is to say where nothing is selected.
    fn nothing(&self) -> Outcome {
        Outcome { found: Report::default(), remaining: Report::default(), changes: Vec::new(), together: Vec::new() }
    }

    /// Runs the rules; `chosen` are the violations to mend, if not all.
    pub fn look(&self, chosen: Option<&(dyn Fn(&Violation) -> bool + Sync)>) -> Outcome {
        self.look_by(self.rules, chosen)
    }

    /// The same by some of the rules.
    fn look_by(&self, rules: &[Box<dyn Rule>], chosen: Option<&(dyn Fn(&Violation) -> bool + Sync)>) -> Outcome {
        let progress = Progress::new(self.terminal, self.project.files.len());
        let request = Request {
            rules,
            suppression: self.suppression,
            selection: self.selection,
            fix: if self.args.unsafe_fixes { FixMode::Unsafe } else { FixMode::Safe },
            chosen,
            progress: &|| progress.tick(),
        };
        let outcome = self.runner.run(self.project, &request);
        progress.finish();
        outcome
    }

    /// What the rules make of the files one after the other: by the first, by the first two, and so on; each with the name
    /// of the last of them.
    pub fn rule_by_rule(&self) -> Vec<(&'static str, Vec<FileChange>)> {
        let names: Vec<&'static str> = self.rules.iter().map(|rule| rule.meta().name).collect();
        let steps = (1..=names.len()).map(|count| {
            let rules: Vec<Box<dyn Rule>> =
                rules::all().into_iter().filter(|rule| names[..count].contains(&rule.meta().name)).collect();
            (names[count - 1], self.look_by(&rules, None).changes)
        });
        steps.collect()
    }

    /// Writes the changes and reports what is left.
    fn fix(&self, outcome: Outcome, recovered: Vec<Problem>) -> Result<u8, Failure> {
        let Outcome { found, remaining: mut left, changes, .. } = outcome;
        let partly: Vec<&RelPath> =
            changes.iter().map(|change| &change.path).filter(|path| self.unstaged.contains(path)).collect();
        if !partly.is_empty() {
            let listed: String = partly.iter().map(|path| format!("\n  {path}")).collect();
            return Err(Failure::Plain(format!(
                "nothing was written: only a part of these files is staged, and all of them would be changed:{listed}\n\
                 stage them as they are, or stash the rest (`git stash --keep-index`)"
            )));
        }
        // What is staged is in the index, from where git brings it back.
        if !self.args.scope.staged {
            unsaved::refuse(&self.project.root, &changes, self.args.allow_dirty, self.args.allow_no_vcs)?;
        }
        let written = write::write(&self.project.root, &changes)?;
        for skipped in &written.skipped {
            keep(&mut left, &found, &skipped.path);
            left.errors.push(not_written(skipped, "not written"));
        }
        left.errors.extend(recovered);
        left.errors.sort();
        let fixed = found.findings.len().saturating_sub(left.findings.len());
        let is_stale = self.judge(&mut left);
        left.notes = notes(&found, &left);
        self.report(Stream::Out, &left)?;
        if self.common.verbose {
            self.terminal.print(Stream::Err, |err, _| {
                written.files.iter().try_for_each(|path| writeln!(err, "written: {path}"))
            })?;
        }
        self.summary(&left, Ending::Fixed { fixed, files: written.files.len() })?;
        Ok(self.gate.status(&left, is_stale))
    }

    /// Asks about each fix, and writes those that are wanted.
    fn ask(&self, outcome: Outcome, recovered: Vec<Problem>) -> Result<u8, Failure> {
        let wanted = ask::wanted(self, &outcome.found)?;
        let is_chosen =
            |violation: &Violation| wanted.contains(&ask::key(violation.rule, &violation.path, &violation.range));
        let mut outcome = self.look(Some(&is_chosen));
        outcome.remaining.notes.extend(self.notes.iter().cloned());
        self.fix(outcome, recovered)
    }

    /// Reports what was found, behind the patch if that is wanted as well.
    fn check(&self, outcome: Outcome) -> Result<u8, Failure> {
        let Outcome { mut found, changes, .. } = outcome;
        found.notes.extend(self.interruption());
        let is_stale = self.judge(&mut found);
        found.notes = notes(&found, &found);
        if !self.args.diff {
            self.report(Stream::Out, &found)?;
            self.summary(&found, Ending::Reported)?;
            return Ok(self.gate.status(&found, is_stale));
        }
        self.terminal.print(Stream::Out, |out, look| Patch::of(&changes).write(out, look.color))?;
        self.report(Stream::Err, &found)?;
        // What programs read says it all, and must stay alone.
        if !self.outputs.is_for_programs() {
            self.summary(&found, Ending::Reported)?;
        }
        Ok(self.gate.status(&found, is_stale))
    }

    /// Prints the patch, or writes several. Violations that it leaves are no failure.
    fn propose(&self, outcome: Outcome) -> Result<u8, Failure> {
        let Outcome { found, remaining: mut left, changes, .. } = outcome;
        left.notes.extend(self.interruption());
        let patch = Patch::of(&changes);
        match &self.args.split_by {
            Some(what) => left.notes.extend(split_by::write(self, what, &found, &changes)?),
            None => self.terminal.print(Stream::Out, |out, look| patch.write(out, look.color))?,
        }
        let fixed = found.findings.len().saturating_sub(left.findings.len());
        self.judge(&mut left);
        left.notes = notes(&found, &left);
        self.summary(&left, Ending::Proposed { fixed, files: changes.len(), hunks: patch.hunks() })?;
        Ok(if left.errors.is_empty() { CLEAN } else { TROUBLE })
    }

    /// Prints the file that came on stdin as it is after its fixes; what is left goes to stderr.
    fn pass_on(&self, outcome: Outcome, path: &RelPath) -> Result<u8, Failure> {
        let Outcome { found, remaining: mut left, changes, .. } = outcome;
        let text = self.project.sources.read(path).map_err(|error| Failure::Plain(error.to_string()))?;
        let change = changes.iter().find(|change| change.path == *path);
        let after = change.map_or(&*text, |change| change.after.as_str());
        self.terminal.print(Stream::Out, |out, _| out.write_all(after.as_bytes()))?;
        let fixed = found.findings.len().saturating_sub(left.findings.len());
        let is_stale = self.judge(&mut left);
        self.report(Stream::Err, &left)?;
        if !self.outputs.is_for_programs() {
            self.summary(
                &left,
                Ending::Proposed { fixed, files: usize::from(change.is_some()), hunks: Patch::of(&changes).hunks() },
            )?;
        }
        Ok(self.gate.status(&left, is_stale))
    }

    /// Takes out of a report what the baseline accepts; whether entries of that match nothing.
    fn judge(&self, report: &mut Report) -> bool {
        let names: Vec<&str> = self.metas.iter().map(|meta| meta.name).collect();
        let is_stale = self.gate.apply(report, self.selection, &names);
        if self.outputs.needs_fingerprints() && !self.gate.needs_fingerprints() {
            report.add_fingerprints();
        }
        is_stale
    }

    /// What is said of a journal by a command that leaves it alone.
    fn interruption(&self) -> Option<Note> {
        let message = "an earlier `phase2 fix` was interrupted, or another one is writing now: the files may be a mix of \
                       old and new; the next `phase2 fix` finishes or undoes what was interrupted";
        self.project.root.join(JOURNAL).exists().then(|| Note { rule: None, path: None, message: message.to_owned() })
    }

    /// Prints the violations.
    fn report(&self, stream: Stream, report: &Report) -> Result<(), Failure> {
        self.outputs.print(self.terminal, stream, &self.project.root, report, &self.metas)
    }

    /// Says on stderr how it ended.
    fn summary(&self, report: &Report, ending: Ending) -> Result<(), Failure> {
        self.terminal.print(Stream::Err, |err, look| {
            if self.common.quiet {
                return summary::write_errors(err, report, look);
            }
            if self.common.verbose {
                for left_out in &self.project.excluded {
                    writeln!(err, "left out: {} (pattern `{}`)", left_out.path, left_out.pattern)?;
                }
            }
            if self.selection.is_empty() {
                return writeln!(err, "Nothing to look at: none of the project's files is meant.");
            }
            summary::write(err, report, ending, look)
        })
    }
}

/// The notes of both reports that say something: those about the violations of a rule only if it has any.
fn notes(found: &Report, left: &Report) -> Vec<Note> {
    let has_any = |rule: &str| found.findings.iter().any(|finding| finding.rule == rule);
    let of_found = found.notes.iter().filter(|note| note.rule.is_some());
    let of_left = left.notes.iter().filter(|note| note.rule.is_none());
    let told = of_found.chain(of_left).filter(|note| note.rule.is_none_or(has_any));
    let told: BTreeSet<&Note> = told.collect();
    told.into_iter().cloned().collect()
}

/// Puts what was `found` in a file back into what is `left`: the file was not written after all.
fn keep(left: &mut Report, found: &Report, path: &RelPath) {
    left.findings.retain(|finding| finding.path != *path);
    left.findings.extend(found.findings.iter().filter(|finding| finding.path == *path).cloned());
    left.findings.sort_by(|a, b| (&a.path, a.range.start, a.rule).cmp(&(&b.path, b.range.start, b.rule)));
    left.texts.extend(found.texts.get_key_value(path).map(|(path, text)| (path.clone(), text.clone())));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Finding;

    fn finding(path: &str, start: usize) -> Finding {
        let path = RelPath::new(path).expect("inside of the root");
        let (message, range) = ("uses the console".to_owned(), start..start + 1);
        Finding { rule: "console", path, range, message, help: None, related: Vec::new(), fix: None, fingerprint: None }
    }

    #[test]
    fn what_was_found_in_a_file_that_could_not_be_written_is_left() {
        let skipped = RelPath::new("b.ts").expect("inside of the root");
        let mut found =
            Report { findings: vec![finding("a.ts", 0), finding("b.ts", 0), finding("b.ts", 9)], ..Report::default() };
        found.texts.insert(skipped.clone(), "before".into());
        let mut left = Report { findings: vec![finding("b.ts", 12), finding("c.ts", 3)], ..Report::default() };
        left.texts.insert(skipped.clone(), "after".into());
        keep(&mut left, &found, &skipped);
        let places: Vec<_> = left.findings.iter().map(|it| (it.path.as_str(), it.range.start)).collect();
        assert_eq!(places, [("b.ts", 0), ("b.ts", 9), ("c.ts", 3)]);
        assert_eq!(&*left.texts[&skipped], "before");
    }
}

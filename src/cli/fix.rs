//! `phase2 fix` and `phase2 check`

use super::load::{self, Place};
use super::progress::Progress;
use super::terminal::{Failure, Stream, Terminal};
use super::unsaved;
use super::{CLEAN, Common, FixArgs, Format, TROUBLE, VIOLATIONS};
use crate::edit::FileChange;
use crate::engine::{self, FixMode, Outcome, Request};
use crate::project::{Project, RelPath};
use crate::report::summary::{self, Ending};
use crate::report::{Note, Problem, Report, concise, json, patch, pretty};
use crate::write::{self, JOURNAL, Recovered};

/// Fixes, shows the patch, or reports; the exit status.
///
/// # Errors
/// If the command can't do what was asked, or can't print what came of it.
pub fn run(terminal: &Terminal, common: &Common, args: &FixArgs) -> Result<u8, Failure> {
    if common.output_format == Format::Markdown {
        return Err(Failure::Plain("`-o markdown` is of `phase2 status` only: use pretty, concise or json".to_owned()));
    }
    let place = Place::of(common)?;
    let (rules, suppression) = load::chosen(&args.scope.rules, &place.config)?;
    let writes = !args.check && !args.diff;
    // Before the files are listed, as it may add some.
    let recovered = if writes { recover(terminal, &place)? } else { Vec::new() };
    let project = place.open()?;
    let selection = project.select(&args.scope.paths, &place.cwd)?;

    let mode = if args.unsafe_fixes { FixMode::Unsafe } else { FixMode::Safe };
    let progress = Progress::new(terminal, project.files.len());
    let request = Request {
        rules: &rules,
        suppression,
        selection: &selection,
        fix: mode,
        threads: common.threads.map_or(0, usize::from),
        progress: &|| progress.tick(),
    };
    let outcome = engine::run(&project, &request)?;
    progress.finish();

    let job = Job { terminal, common, args, project: &project };
    if args.check {
        job.check(outcome)
    } else if args.diff {
        job.propose(outcome)
    } else {
        job.fix(outcome, recovered)
    }
}

/// Finishes or undoes what a run that was killed left behind, and says so. What could not be finished is returned.
fn recover(terminal: &Terminal, place: &Place) -> Result<Vec<Problem>, Failure> {
    let Some(recovered) = write::recover(&place.root)? else { return Ok(Vec::new()) };
    let note = Note { path: None, message: recovered.to_string() };
    terminal.print(Stream::Err, |err, look| summary::write_note(err, &note, look))?;
    Ok(match recovered {
        Recovered::Finished { skipped, .. } => {
            skipped.iter().map(|skipped| not_written(skipped, "not written by the run before")).collect()
        }
        Recovered::Undone => Vec::new(),
    })
}

fn not_written(skipped: &write::Skipped, what: &str) -> Problem {
    Problem { path: Some(skipped.path.clone()), message: format!("{what}: {}", skipped.reason) }
}

/// What is done with an outcome.
struct Job<'a> {
    terminal: &'a Terminal,
    common: &'a Common,
    args: &'a FixArgs,
    project: &'a Project,
}

impl Job<'_> {
    /// Writes the changes and reports what is left.
    fn fix(&self, outcome: Outcome, recovered: Vec<Problem>) -> Result<u8, Failure> {
        let Outcome { found, remaining: mut left, changes } = outcome;
        unsaved::refuse(&self.project.root, &changes, self.args.allow_dirty, self.args.allow_no_vcs)?;
        let written = write::write(&self.project.root, &changes)?;
        for skipped in &written.skipped {
            keep(&mut left, &found, &skipped.path);
            left.errors.push(not_written(skipped, "not written"));
        }
        left.errors.extend(recovered);
        left.errors.sort();
        self.report(Stream::Out, &left)?;
        if self.common.verbose {
            self.terminal.print(Stream::Err, |err, _| {
                written.files.iter().try_for_each(|path| writeln!(err, "written: {path}"))
            })?;
        }
        let fixed = found.findings.len().saturating_sub(left.findings.len());
        self.summary(&left, Ending::Fixed { fixed, files: written.files.len() })?;
        Ok(status(&left))
    }

    /// Reports what was found, behind the patch if that is wanted as well.
    fn check(&self, outcome: Outcome) -> Result<u8, Failure> {
        let Outcome { mut found, changes, .. } = outcome;
        found.notes.extend(self.interruption());
        if !self.args.diff {
            self.report(Stream::Out, &found)?;
            self.summary(&found, Ending::Reported)?;
            return Ok(status(&found));
        }
        self.patch(&changes)?;
        self.report(Stream::Err, &found)?;
        // A JSON object says it all, and must stay alone to be read.
        if self.common.output_format != Format::Json {
            self.summary(&found, Ending::Reported)?;
        }
        Ok(status(&found))
    }

    /// Prints the patch. Violations that it leaves are no failure.
    fn propose(&self, outcome: Outcome) -> Result<u8, Failure> {
        let Outcome { found, remaining: mut left, changes } = outcome;
        left.notes.extend(self.interruption());
        self.patch(&changes)?;
        let fixed = found.findings.len().saturating_sub(left.findings.len());
        self.summary(&left, Ending::Proposed { fixed, files: changes.len() })?;
        Ok(if left.errors.is_empty() { CLEAN } else { TROUBLE })
    }

    /// What is said of a journal by a command that leaves it alone.
    fn interruption(&self) -> Option<Note> {
        let message = "an earlier `phase2 fix` was interrupted, or another one is writing now: the files may be a mix of \
                       old and new; the next `phase2 fix` finishes or undoes what was interrupted";
        self.project.root.join(JOURNAL).exists().then(|| Note { path: None, message: message.to_owned() })
    }

    /// Prints the violations.
    fn report(&self, stream: Stream, report: &Report) -> Result<(), Failure> {
        self.terminal.print(stream, |out, look| match self.common.output_format {
            Format::Pretty => pretty::write(out, report, look),
            Format::Concise => concise::write(out, report),
            Format::Json => json::write(out, report),
            Format::Markdown => Ok(()),
        })
    }

    fn patch(&self, changes: &[FileChange]) -> Result<(), Failure> {
        self.terminal.print(Stream::Out, |out, look| patch::write(out, changes, look.color))
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
            summary::write(err, report, ending, look)
        })
    }
}

/// Puts what was `found` in a file back into what is `left`: the file was not written after all.
fn keep(left: &mut Report, found: &Report, path: &RelPath) {
    left.findings.retain(|finding| finding.path != *path);
    left.findings.extend(found.findings.iter().filter(|finding| finding.path == *path).cloned());
    left.findings.sort_by(|a, b| (&a.path, a.range.start, a.rule).cmp(&(&b.path, b.range.start, b.rule)));
    left.texts.extend(found.texts.get_key_value(path).map(|(path, text)| (path.clone(), text.clone())));
}

fn status(report: &Report) -> u8 {
    match (report.errors.is_empty(), report.findings.is_empty()) {
        (false, _) => TROUBLE,
        (true, false) => VIOLATIONS,
        (true, true) => CLEAN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Finding;

    fn finding(path: &str, start: usize) -> Finding {
        let path = RelPath::new(path).expect("inside of the root");
        let (message, range) = ("uses the console".to_owned(), start..start + 1);
        Finding { rule: "console", path, range, message, help: None, related: Vec::new(), fix: None }
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

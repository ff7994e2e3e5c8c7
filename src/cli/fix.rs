//! `phase2 fix` and `phase2 check`

use std::env;
use std::io::{self, BufWriter, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::terminal::{Failure, Terminal};
use super::{CLEAN, Common, FixArgs, Format, TROUBLE, VIOLATIONS, load};
use crate::edit::FileChange;
use crate::engine::{self, FixMode, Outcome, Request};
use crate::project::{Project, RelPath};
use crate::report::{Look, Problem, Report, concise, json, patch, pretty, summary};
use crate::vcs::{self, Vcs};
use crate::write::{self, Written};

/// How long a run takes before its progress is shown.
const QUIET_START: Duration = Duration::from_millis(700);

/// Fixes, shows the patch, or reports; the exit status.
///
/// # Errors
/// If the command can't do what was asked; nothing was written then.
pub fn run(terminal: &Terminal, common: &Common, args: &FixArgs) -> Result<u8, Failure> {
    let project = load::project(common)?;
    let selection = project.select(&args.scope.paths, &env::current_dir()?)?;
    let (rules, suppression) = load::chosen(&args.scope.rules, &project.config)?;
    let writes = !args.check && !args.diff;
    let recovered = if writes { recover(&project)? } else { Vec::new() };

    let mode = if args.unsafe_fixes { FixMode::Unsafe } else { FixMode::Safe };
    let bar = progress(terminal, project.files.len());
    let request = Request {
        rules: &rules,
        suppression,
        selection: &selection,
        fix: (writes || args.diff).then_some(mode),
        threads: common.threads.map_or(0, usize::from),
        progress: &|| bar.inc(1),
    };
    let outcome = engine::run(&project, &request)?;
    bar.finish_and_clear();

    let Outcome { found, remaining, changes } = outcome;
    let mut notes = Notes { terminal, common, project: &project };
    if writes {
        let mut remaining = remaining.unwrap_or_default();
        refuse_unsaved(&project, args, &changes)?;
        let written = write::write(&project.root, &changes)?;
        remaining.errors.extend(recovered);
        remaining.errors.extend(written.skipped.iter().map(|skipped| Problem {
            path: Some(skipped.path.clone()),
            message: format!("not written: {}", skipped.reason),
        }));
        remaining.errors.sort();
        report(&mut io::stdout().lock(), terminal.stdout, common.output_format, &remaining)?;
        notes.fixed(&found, &remaining, &written)?;
        return Ok(status(&remaining));
    }
    if args.diff {
        let mut out = BufWriter::new(io::stdout().lock());
        patch::write(&mut out, &changes, terminal.stdout.color)?;
        out.flush()?;
    }
    match (args.check, remaining) {
        (true, remaining) => {
            let mut found = found;
            found.errors = remaining.map_or(found.errors, |remaining| remaining.errors);
            if args.diff {
                report(&mut io::stderr().lock(), terminal.stderr, common.output_format, &found)?;
            } else {
                report(&mut io::stdout().lock(), terminal.stdout, common.output_format, &found)?;
            }
            notes.summary(&found)?;
            Ok(status(&found))
        }
        (false, remaining) => {
            let remaining = remaining.unwrap_or_default();
            notes.proposed(&found, &remaining, &changes)?;
            Ok(if remaining.errors.is_empty() { CLEAN } else { TROUBLE })
        }
    }
}

fn status(report: &Report) -> u8 {
    match (report.errors.is_empty(), report.findings.is_empty()) {
        (false, _) => TROUBLE,
        (true, false) => VIOLATIONS,
        (true, true) => CLEAN,
    }
}

/// Finishes or undoes what a run that was killed left behind, and says so.
fn recover(project: &Project) -> Result<Vec<Problem>, Failure> {
    let Some(recovered) = write::recover(&project.root)? else { return Ok(Vec::new()) };
    writeln!(io::stderr().lock(), "note: {recovered}")?;
    let problem = |skipped: &write::Skipped| Problem {
        path: Some(skipped.path.clone()),
        message: format!("not written by the run before: {}", skipped.reason),
    };
    Ok(match &recovered {
        write::Recovered::Finished { skipped, .. } => skipped.iter().map(problem).collect(),
        write::Recovered::Undone => Vec::new(),
    })
}

/// Refuses to change files that git couldn't bring back, unless that is allowed.
fn refuse_unsaved(project: &Project, args: &FixArgs, changes: &[FileChange]) -> Result<(), Failure> {
    let existing: Vec<RelPath> =
        changes.iter().filter(|change| change.before.is_some()).map(|change| change.path.clone()).collect();
    if existing.is_empty() || (args.allow_dirty && args.allow_no_vcs) {
        return Ok(());
    }
    match vcs::uncommitted(&project.root, &existing)? {
        Vcs::NoRepository if !args.allow_no_vcs => Err(Failure::Plain(
            "nothing was written: the project is not in a git repository, so that changes can't be taken back; \
             use --allow-no-vcs to write all the same, or --diff to see the patch"
                .to_owned(),
        )),
        Vcs::Git { dirty } if !dirty.is_empty() && !args.allow_dirty => {
            let listed: String = dirty.iter().map(|path| format!("\n  {path}")).collect();
            Err(Failure::Plain(format!(
                "nothing was written: these files would be changed, and have uncommitted changes:{listed}\n\
                 commit or stash them, or use --allow-dirty"
            )))
        }
        _ => Ok(()),
    }
}

/// Prints the violations.
fn report(out: &mut dyn Write, look: Look, format: Format, report: &Report) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    match format {
        Format::Pretty => pretty::write(&mut out, report, look)?,
        Format::Concise => concise::write(&mut out, report)?,
        Format::Json => json::write(&mut out, report)?,
    }
    out.flush()
}

/// A bar on stderr, if somebody watches; it appears when the run turns out long.
fn progress(terminal: &Terminal, files: usize) -> ProgressBar {
    if !terminal.is_watched {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(Some(files as u64), ProgressDrawTarget::stderr_with_hz(10));
    let template = if terminal.stderr.unicode { "{bar:30} {pos}/{len} files" } else { "{bar:30.#.} {pos}/{len} files" };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.set_draw_target(ProgressDrawTarget::hidden());
    let delayed = bar.clone();
    std::thread::spawn(move || {
        std::thread::sleep(QUIET_START);
        if !delayed.is_finished() {
            delayed.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
        }
    });
    bar
}

/// What is said on stderr when all is done.
struct Notes<'a> {
    terminal: &'a Terminal,
    common: &'a Common,
    project: &'a Project,
}

impl Notes<'_> {
    fn summary(&mut self, report: &Report) -> io::Result<()> {
        let mut err = io::stderr().lock();
        if self.common.verbose {
            for left_out in &self.project.excluded {
                writeln!(err, "left out: {} (pattern `{}`)", left_out.path, left_out.pattern)?;
            }
        }
        if self.common.quiet {
            return summary::write_errors(&mut err, report, self.terminal.stderr);
        }
        summary::write(&mut err, report, self.terminal.stderr)
    }

    fn fixed(&mut self, found: &Report, remaining: &Report, written: &Written) -> io::Result<()> {
        self.summary(remaining)?;
        let mut err = io::stderr().lock();
        if self.common.verbose {
            for path in &written.files {
                writeln!(err, "written: {path}")?;
            }
        }
        if self.common.quiet || written.files.is_empty() {
            return Ok(());
        }
        let fixed = found.findings.len().saturating_sub(remaining.findings.len());
        writeln!(err, "Fixed {fixed}; {} written.", summary::count(written.files.len(), "file"))
    }

    fn proposed(&mut self, found: &Report, remaining: &Report, changes: &[FileChange]) -> io::Result<()> {
        self.summary(remaining)?;
        if self.common.quiet {
            return Ok(());
        }
        let fixed = found.findings.len().saturating_sub(remaining.findings.len());
        let files = summary::count(changes.len(), "file");
        writeln!(io::stderr().lock(), "The patch would fix {fixed} in {files}; the table shows what it leaves.")
    }
}

//! `phase2 fix --interactive`: fix by fix, with the answers of `git add -p`.
//!
//! Nothing is written before the last answer: whoever interrupts the questions finds all files as they were.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufRead;
use std::ops::Range;

use super::fix::Job;
use super::terminal::{Failure, Stream};
use crate::edit::{Applicability, Edit, FileChange};
use crate::project::RelPath;
use crate::report::patch::Patch;
use crate::report::{Finding, Look, Report, pretty};

/// What a violation is told by within one run: rule, file, byte range.
pub type Key = (&'static str, RelPath, usize, usize);

const HELP: &str = "\
y - apply this fix
n - do not apply this fix
a - apply this fix and all later ones in this file
d - apply neither this fix nor any of the later ones in this file
q - quit; apply neither this fix nor any of the remaining ones
? - print help";

/// The key of a violation.
pub fn key(rule: &'static str, path: &RelPath, range: &Range<usize>) -> Key {
    (rule, path.clone(), range.start, range.end)
}

/// Asks about each fix that could be applied; the violations whose fixes are wanted. A fix of several violations is one
/// question.
///
/// # Errors
/// If the terminal can't be written.
pub fn wanted(job: &Job<'_>, report: &Report) -> Result<BTreeSet<Key>, Failure> {
    let takes = |applicability: Applicability| match applicability {
        Applicability::Safe => true,
        Applicability::Unsafe => job.args.unsafe_fixes,
        Applicability::DisplayOnly => false,
    };
    let fixable =
        report.findings.iter().filter(|finding| finding.fix.as_ref().is_some_and(|fix| takes(fix.applicability)));
    let mut questions: Vec<Vec<&Finding>> = Vec::new();
    for finding in fixable {
        let edits = |finding: &Finding| finding.fix.as_ref().map(|fix| fix.edits.clone());
        match questions.iter_mut().find(|question| edits(question[0]) == edits(finding)) {
            Some(question) => question.push(finding),
            None => questions.push(vec![finding]),
        }
    }
    let mut wanted = BTreeSet::new();
    // The files whose remaining questions have their answer.
    let mut decided: BTreeMap<&RelPath, bool> = BTreeMap::new();
    let mut lines = std::io::stdin().lock().lines();
    let count = questions.len();
    for (index, question) in questions.iter().enumerate() {
        let path = &question[0].path;
        let answer = match decided.get(path) {
            Some(answer) => *answer,
            None => {
                show(job, report, question)?;
                loop {
                    let prompt = format!("({}/{count}) Apply this fix [y,n,a,d,q,?]? ", index + 1);
                    job.terminal.print(Stream::Out, |out, look| write!(out, "{}", look.paint("1;34", &prompt)))?;
                    // At the end of the input nobody is there to say yes.
                    let line = lines.next().and_then(Result::ok).unwrap_or_else(|| "q".to_owned());
                    match line.trim().chars().next() {
                        Some('y') => break true,
                        Some('n') => break false,
                        Some('a') => {
                            decided.insert(path, true);
                            break true;
                        }
                        Some('d') => {
                            decided.insert(path, false);
                            break false;
                        }
                        Some('q') => return Ok(wanted),
                        _ => {
                            job.terminal.print(Stream::Out, |out, look| writeln!(out, "{}", look.paint("31", HELP)))?
                        }
                    }
                }
            }
        };
        if answer {
            wanted.extend(question.iter().map(|finding| key(finding.rule, &finding.path, &finding.range)));
        }
    }
    Ok(wanted)
}

/// Shows the violations of a question, and the patch of their fix.
fn show(job: &Job<'_>, report: &Report, question: &[&Finding]) -> Result<(), Failure> {
    let part = Report {
        findings: question.iter().map(|finding| (*finding).clone()).collect(),
        texts: report.texts.clone(),
        ..Report::default()
    };
    let changes = changes(job, question[0]);
    job.terminal.print(Stream::Out, |out, look: Look| {
        pretty::write(out, &part, look)?;
        Patch::of(&changes).write(out, look.color)
    })
}

/// What a fix makes of its files.
fn changes(job: &Job<'_>, finding: &Finding) -> Vec<FileChange> {
    let Some(fix) = &finding.fix else { return Vec::new() };
    let mut by_file: BTreeMap<&RelPath, Vec<&Edit>> = BTreeMap::new();
    fix.edits.iter().for_each(|edit| by_file.entry(&edit.path).or_default().push(edit));
    let changed = by_file.into_iter().filter_map(|(path, edits)| {
        let before = job.project.sources.read(path).ok()?;
        let mut after = before.to_string();
        for edit in edits.iter().rev() {
            after.replace_range(edit.range.clone(), &edit.text);
        }
        Some(FileChange { path: path.clone(), before: Some(before), after })
    });
    let brought = fix.new_files.iter().map(|file| FileChange {
        path: file.path.clone(),
        before: None,
        after: format!("// {} lines\n", file.text.lines().count()),
    });
    changed.chain(brought).collect()
}

//! `phase2 baseline`

use super::cache::Runner;
use super::gate;
use super::load::{self, Place};
use super::terminal::{Failure, Stream, Terminal};
use super::{BaselineArgs, CLEAN, Common, TROUBLE};
use crate::baseline::{Baseline, Entry};
use crate::edit::FileChange;
use crate::project::RelPath;
use crate::report::Note;
use crate::report::summary::{self, count};
use crate::rules;
use crate::write;

/// Accepts all violations that there are, or removes the entries that match nothing; the exit status.
///
/// # Errors
/// If the project can't be looked at, or the file can't be written.
pub fn run(terminal: &Terminal, common: &Common, args: &BaselineArgs) -> Result<u8, Failure> {
    let place = Place::of(common)?;
    let (chosen, suppression) = load::chosen(&[], &place.config)?;
    let project = place.open()?;
    let stated = args.baseline.as_ref().filter(|path| place.cwd.join(path).exists());
    let mut located = gate::locate(&place, &project, stated)?;
    if let Some(path) = &args.baseline {
        located.name = path.display().to_string();
    }
    let mut report = load::report(terminal, &Runner::plain(terminal), &project, &chosen, suppression);
    if !report.errors.is_empty() {
        terminal.print(Stream::Err, |err, look| summary::write_errors(err, &report, look))?;
        return Ok(TROUBLE);
    }
    report.add_fingerprints();
    let before = located.text.as_deref().map(|text| Baseline::parse(&located.name, text)).transpose();
    let after = match (args.prune, before) {
        (false, _) => Baseline::of(&report),
        (true, Err(error)) => return Err(error.into()),
        (true, Ok(None)) => {
            return Err(Failure::Plain(format!("there is no {} to prune: `phase2 baseline` writes one", located.name)));
        }
        (true, Ok(Some(known))) => {
            let renames = crate::baseline::renames(&project, located.path.as_ref(), &known);
            let known = known.renamed(&renames);
            let mut names: Vec<&str> = chosen.iter().map(|rule| rule.meta().name).collect();
            names.extend(suppression.then_some(rules::suppression::META.name));
            let judged = |entry: &Entry| names.contains(&entry.rule.as_str());
            let stale = known.apply(&mut report, &judged).stale;
            known.without(&stale)
        }
    };
    let target = args
        .baseline
        .as_ref()
        .map_or_else(|| project.root.join(crate::baseline::FILE_NAME), |path| place.cwd.join(path));
    let inside = target
        .parent()
        .and_then(|folder| folder.canonicalize().ok())
        .zip(target.file_name())
        .and_then(|(folder, name)| RelPath::from_absolute(&project.root, &folder.join(name)));
    let path = inside.ok_or_else(|| Failure::Plain(format!("{} is outside of the project", target.display())))?;
    let change = FileChange { path, before: located.text.map(Into::into), after: after.to_text() };
    let written = write::write(&project.root, std::slice::from_ref(&change))?;
    if let Some(skipped) = written.skipped.first() {
        return Err(Failure::Plain(format!("{}: {}", skipped.path, skipped.reason)));
    }
    if !common.quiet {
        let message = format!("{} accepted by {}", count(after.len(), "violation"), change.path);
        terminal.print(Stream::Err, |err, look| {
            summary::write_note(err, &Note { rule: None, path: None, message }, look)
        })?;
    }
    Ok(CLEAN)
}

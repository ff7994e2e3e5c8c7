//! `phase2 split FILE`

use std::ops::RangeInclusive;

use super::fix::{not_written, recover};
use super::load::Place;
use super::progress::Progress;
use super::terminal::{Failure, Stream, Terminal};
use super::{CLEAN, Common, SplitArgs, TROUBLE, unsaved};
use crate::edit::FileChange;
use crate::engine::{self, FixMode, Outcome, Request};
use crate::project::{Leniency, Project, RelPath};
use crate::report::patch::Patch;
use crate::report::{Report, summary};
use crate::rules::Rule;
use crate::rules::large_files::LargeFilesRule;
use crate::rules::large_files::order::{Order, What};
use crate::write;

/// Takes declarations out of a file, or prints the patch; the exit status.
///
/// # Errors
/// If that can't be done, or can't be told.
pub fn run(terminal: &Terminal, common: &Common, args: &SplitArgs) -> Result<u8, Failure> {
    let place = Place::of(common)?;
    let recovered = if args.diff { Vec::new() } else { recover(terminal, &place)? };
    let project = place.open()?;
    let selection = project.select(std::slice::from_ref(&args.file), &place.cwd, Leniency::default())?;
    let mut selected = project.files.iter().map(|file| &file.path).filter(|path| selection.contains(path));
    let path = match (selected.next(), args.file.is_dir()) {
        (Some(path), false) => path.clone(),
        _ => return Err(Failure::Plain(format!("`{}` is a folder: name one file", args.file.display()))),
    };
    let what = match (&args.extract, &args.name) {
        (Some(lines), Some(name)) => What::Component { lines: lines.clone(), name: name.clone() },
        _ if args.take.is_empty() => What::Best,
        _ => What::Names(args.take.clone()),
    };
    let rules: Vec<Box<dyn Rule>> = vec![Box::new(LargeFilesRule::ordered(Order { path: path.clone(), what }))];
    let progress = Progress::new(terminal, project.files.len());
    let request = Request {
        rules: &rules,
        suppression: false,
        // Modules go beside the file, which is the only one that is changed.
        selection: &selection,
        fix: FixMode::Unsafe,
        // What is asked for is done once.
        chosen: Some(&|_| true),
        progress: &|| progress.tick(),
    };
    let Outcome { found, changes, .. } = engine::run(&project, &request);
    progress.finish();
    let description = described(&project, &path, &found)?;
    if args.diff {
        terminal.print(Stream::Out, |out, look| Patch::of(&changes).write(out, look.color))?;
    } else {
        unsaved::refuse(&project.root, &changes, args.allow_dirty, args.allow_no_vcs)?;
        let written = write::write(&project.root, &changes)?;
        let skipped = written.skipped.iter().map(|skipped| not_written(skipped, "not written"));
        let errors: Vec<_> = recovered.into_iter().chain(skipped).collect();
        if !errors.is_empty() {
            let report = Report { errors, ..Report::default() };
            terminal.print(Stream::Err, |err, look| summary::write_errors(err, &report, look))?;
            return Ok(TROUBLE);
        }
    }
    if !common.quiet {
        let verb = if args.diff { "The patch" } else { "Done:" };
        terminal.print(Stream::Err, |err, _| {
            writeln!(err, "{verb} {}", description.trim_start_matches("unsafe fix: "))?;
            changes.iter().filter(|change| change.before.is_none()).try_for_each(|change| new_module(err, change))
        })?;
    }
    Ok(CLEAN)
}

/// The lines that `text` means: `120-180`, or one of them.
///
/// # Errors
/// If it means none.
pub fn lines(text: &str) -> Result<RangeInclusive<usize>, String> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    match (first.trim().parse::<usize>(), last.trim().parse::<usize>()) {
        (Ok(first), Ok(last)) if 0 < first && first <= last => Ok(first..=last),
        _ => Err("give the first and the last line, as in 120-180".to_owned()),
    }
}

fn new_module(err: &mut dyn std::io::Write, change: &FileChange) -> std::io::Result<()> {
    writeln!(err, "  {}", change.path)
}

/// What the split does, in words.
///
/// # Errors
/// Why it can't be done.
fn described(project: &Project, path: &RelPath, found: &Report) -> Result<String, Failure> {
    if let Some(problem) = found.errors.first() {
        return Err(Failure::Plain(format!("{path} was not split: {}", problem.message)));
    }
    let Some(finding) = found.findings.first() else {
        let text = project.sources.read(path).map_err(|error| Failure::Plain(error.to_string()))?;
        let reason = if text.contains("phase2-ignore-file") {
            "a `phase2-ignore-file` comment excuses it: remove that first"
        } else {
            "it is generated or minified: split what it is made from"
        };
        return Err(Failure::Plain(format!("{path} was not split: {reason}")));
    };
    let help = finding.help.clone().unwrap_or_default();
    match &finding.fix {
        Some(_) => Ok(help),
        None => Err(Failure::Plain(format!("{path} was not split: {}", help.trim_start_matches("no fix: ")))),
    }
}

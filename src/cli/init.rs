//! `phase2 init`

use super::load::Place;
use super::terminal::{Failure, Stream, Terminal};
use super::unsaved;
use super::{CLEAN, Common, InitArgs};
use crate::config::FILE_NAME;
use crate::edit::FileChange;
use crate::init;
use crate::project::{Project, RelPath};
use crate::report::patch::Patch;
use crate::report::{Note, summary};
use crate::rules::rate_limit::replace;
use crate::rules::rate_limit::survey::{self, State};
use crate::write;

/// Writes phase2.toml, and the helper where that is asked for; the exit status.
///
/// # Errors
/// If there is one already, or something can't be read, replaced or written.
pub fn run(terminal: &Terminal, common: &Common, args: &InitArgs) -> Result<u8, Failure> {
    let root = Place::root_of(common)?;
    let path = RelPath::new(FILE_NAME).expect("a plain name");
    let existing = root.join(FILE_NAME).exists();
    // What is there goes on to count where only the helper is replaced.
    let project = if existing && !args.force { Place::of(common)?.open()? } else { init::open(&root)? };
    let mut changes = Vec::new();
    if args.force || args.diff || !existing {
        let before = if existing { Some(project.sources.read(&path).map_err(|error| plain(&error))?) } else { None };
        let found = if existing && !args.force { init::open(&root)? } else { init::open(&project.root)? };
        changes.push(FileChange { path, before, after: init::configuration(&found) });
    } else if !args.replace_helper {
        return Err(Failure::Plain(format!(
            "{FILE_NAME} is there already; nothing was written\nuse --force to write it anew, or --diff to see what that would change"
        )));
    }
    let replaced = if args.replace_helper { replacements(&project)? } else { Vec::new() };
    if args.diff {
        changes.extend(replaced);
        terminal.print(Stream::Out, |out, look| Patch::of(&changes).write(out, look.color))?;
        return Ok(CLEAN);
    }
    unsaved::refuse(&project.root, &replaced, args.allow_dirty, args.allow_no_vcs)?;
    changes.extend(replaced);
    let written = write::write(&project.root, &changes)?;
    if let Some(skipped) = written.skipped.first() {
        return Err(Failure::Plain(format!("{}: {}", skipped.path, skipped.reason)));
    }
    if !common.quiet {
        let mut said: Vec<String> = written.files.iter().map(|path| format!("written: {path}")).collect();
        let offers = survey::of(&project).helpers.iter().any(|found| matches!(found.state, State::Missing));
        if offers && !args.replace_helper {
            said.push(
                "there is no rate limit helper: the first `phase2 fix` brings one along, `phase2 init --replace-helper` writes it now"
                    .to_owned(),
            );
        }
        terminal.print(Stream::Err, |err, look| {
            said.iter().try_for_each(|message| {
                summary::write_note(err, &Note { rule: None, path: None, message: message.clone() }, look)
            })
        })?;
    }
    Ok(CLEAN)
}

/// Our module in place of each helper.
fn replacements(project: &Project) -> Result<Vec<FileChange>, Failure> {
    let helpers = survey::of(project).helpers;
    let paths = helpers.iter().filter_map(|found| found.base.join(&found.module));
    paths.map(|path| replace::of(project, &path).map_err(|problem| Failure::Plain(problem_text(&problem)))).collect()
}

fn problem_text(problem: &crate::project::Problem) -> String {
    problem.path.as_ref().map_or_else(String::new, |path| format!("{path} ")) + &problem.message
}

fn plain(error: &dyn std::error::Error) -> Failure {
    Failure::Plain(error.to_string())
}

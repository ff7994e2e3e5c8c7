//! What is looked at: PATHs, what git says has changed, or a text on stdin.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::load::Place;
use super::terminal::Failure;
use crate::project::{Leniency, Problem, Project, RelPath, Selection};
use crate::vcs::{self, Changes};

/// The options that say what is looked at.
#[derive(Debug, Args)]
pub struct Scope {
    /// Files and folders to report and change, or `-` for stdin [default: the whole project]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Run this rule only; may be given more than once
    #[arg(long = "rule", value_name = "NAME")]
    pub rules: Vec<String>,
    /// Look at what differs from the last commit only, untracked files among it
    #[arg(long, conflicts_with_all = ["since", "staged"])]
    changed: bool,
    /// Look at what differs from where the branch left REF only
    #[arg(long, value_name = "REF", conflicts_with = "staged")]
    since: Option<String>,
    /// Look at what is staged only, as it is staged
    #[arg(long)]
    pub staged: bool,
    /// The name of the file that comes on stdin, for `-`
    #[arg(long, value_name = "FILE")]
    stdin_filename: Option<PathBuf>,
    /// Take no PATH for an error that names none of the project's files
    #[arg(long)]
    no_error_on_unmatched_pattern: bool,
    /// Pass PATHs over that are excluded, instead of an error
    #[arg(long)]
    force_exclude: bool,
}

/// A project with the part of it that is looked at.
pub struct Scoped {
    /// The project, as it is on disk, in the index, or with a text from stdin over it.
    pub project: Project,
    /// What is reported and changed.
    pub selection: Selection,
    /// The file that came on stdin.
    pub stdin: Option<RelPath>,
    /// Files whose work tree differs from what was looked at.
    pub unstaged: BTreeSet<RelPath>,
    /// What could not be looked at.
    pub problems: Vec<Problem>,
}

impl Scope {
    /// Whether the text comes on stdin.
    pub fn is_stdin(&self) -> bool {
        self.paths.iter().any(|path| path == Path::new("-"))
    }

    /// What is looked at.
    ///
    /// # Errors
    /// If it can't be told.
    pub fn open(&self, place: &Place) -> Result<Scoped, Failure> {
        if self.is_stdin() {
            return self.open_stdin(place);
        }
        if self.stdin_filename.is_some() {
            return Err(Failure::Plain("--stdin-filename goes with `-` as the only PATH".to_owned()));
        }
        let project = place.open()?;
        let leniency = Leniency { missing: self.no_error_on_unmatched_pattern, excluded: self.force_exclude };
        let selection = project.select(&self.paths, &place.cwd, leniency)?;
        let changes = match (&self.since, self.changed, self.staged) {
            (Some(revision), _, _) => Some(Changes::Since(revision.clone())),
            (None, true, _) => Some(Changes::Uncommitted),
            (None, false, true) => Some(Changes::Staged),
            (None, false, false) => None,
        };
        let mut scoped = Scoped { project, selection, stdin: None, unstaged: BTreeSet::new(), problems: Vec::new() };
        let Some(changes) = changes else { return Ok(scoped) };
        if changes == Changes::Staged {
            self.take_index(&mut scoped)?;
        }
        let changed = vcs::changed(&scoped.project.root, &changes)?;
        let known = changed.into_iter().filter(|path| scoped.project.file(path).is_some()).collect();
        scoped.selection = scoped.selection.only(known);
        Ok(scoped)
    }

    /// Puts the index in the place of the work tree.
    fn take_index(&self, scoped: &mut Scoped) -> Result<(), Failure> {
        let root = scoped.project.root.clone();
        let untracked: BTreeSet<RelPath> = vcs::untracked(&root)?.into_iter().collect();
        scoped.unstaged = vcs::unstaged(&root)?.into_iter().collect();
        let mut overlay: BTreeMap<RelPath, Arc<str>> = BTreeMap::new();
        for path in &scoped.unstaged {
            let Some(bytes) = vcs::in_index(&root, path)? else { continue };
            match String::from_utf8(bytes) {
                Ok(text) => drop(overlay.insert(path.clone(), text.into())),
                Err(_) if scoped.project.file(path).is_some() => scoped.problems.push(Problem {
                    path: Some(path.clone()),
                    message: "skipped: what is staged of it is not UTF-8".to_owned(),
                }),
                Err(_) => {}
            }
        }
        scoped.project = scoped.project.with_overlay(overlay).without(&untracked);
        Ok(())
    }

    fn open_stdin(&self, place: &Place) -> Result<Scoped, Failure> {
        if self.paths.len() > 1 || self.changed || self.since.is_some() || self.staged {
            return Err(Failure::Plain("`-` must be the only PATH, and goes with no option of git".to_owned()));
        }
        let Some(name) = &self.stdin_filename else {
            return Err(Failure::Plain(
                "`-` needs --stdin-filename: what a file is called decides what may be done in it".to_owned(),
            ));
        };
        let project = place.open()?;
        let absolute = place.cwd.join(name);
        let folder = absolute.parent().and_then(|folder| folder.canonicalize().ok());
        let real = folder.zip(absolute.file_name()).map(|(folder, name)| folder.join(name));
        let path = real.and_then(|real| RelPath::from_absolute(&project.root, &real));
        let path = path.ok_or_else(|| {
            Failure::Plain(format!("`{}` lies in no folder of the project {}", name.display(), project.root.display()))
        })?;
        let mut bytes = Vec::new();
        std::io::stdin()
            .read_to_end(&mut bytes)
            .map_err(|error| Failure::Plain(format!("stdin can't be read: {error}")))?;
        let text =
            String::from_utf8(bytes).map_err(|_| Failure::Plain("what comes on stdin is not UTF-8".to_owned()))?;
        let project = project.with_overlay([(path.clone(), Arc::from(text))]);
        let only = BTreeSet::from([path.clone()]).into_iter().filter(|path| project.file(path).is_some()).collect();
        let selection = Selection::everything().only(only).without_new_files();
        Ok(Scoped { project, selection, stdin: Some(path), unstaged: BTreeSet::new(), problems: Vec::new() })
    }
}

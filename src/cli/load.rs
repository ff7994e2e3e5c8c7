//! From the command line to the project.

use std::env;
use std::path::{Path, PathBuf};

use super::Common;
use super::cache::Runner;
use super::progress::Progress;
use super::terminal::{Failure, Terminal};
use crate::config::{Config, ConfigFile, FILE_NAME, suggestion};
use crate::engine::{FixMode, Request};
use crate::project::{Project, ProjectError, RelPath, Selection, find_root};
use crate::report::summary::count;
use crate::report::{Note, Report};
use crate::rules::{self, Rule};
use crate::vcs;

/// Where the project is and what it says about itself, before any of its files is looked at.
pub struct Place {
    /// The folder that the command was started in.
    pub cwd: PathBuf,
    /// The project root, as it was given or found.
    pub root: PathBuf,
    /// What its configuration says, over the defaults.
    pub config: Config,
    /// The file that says so.
    file: Option<ConfigFile>,
}

impl Place {
    /// The place that the command line means.
    ///
    /// # Errors
    /// If there is no project, or its configuration can't be used.
    pub fn of(common: &Common) -> Result<Place, Failure> {
        Ok(Place::judged_by(common, None)?.0)
    }

    /// The same, by the configuration that was there where the branch left the revision `config_from`; and what there is to
    /// say of that.
    ///
    /// # Errors
    /// As for [`Self::of`], or if git can't be asked.
    pub fn judged_by(common: &Common, config_from: Option<&str>) -> Result<(Place, Vec<Note>), Failure> {
        let cwd = current_dir()?;
        let root = Place::root_of(common)?;
        let mut notes = Vec::new();
        let file = match config_from {
            None => config_file(common, &cwd, &root)?,
            Some(revision) => {
                let path = RelPath::new(FILE_NAME).expect("a plain name");
                let bytes = vcs::at_merge_base(&root, revision, &path)?;
                let before = bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
                let now = std::fs::read_to_string(root.join(FILE_NAME)).ok();
                if before != now {
                    let message = format!(
                        "this branch changes {FILE_NAME} ({}), which doesn't count: that of {revision} does",
                        difference(before.as_deref().unwrap_or_default(), now.as_deref().unwrap_or_default())
                    );
                    notes.push(Note { rule: None, path: None, message });
                }
                before.map(|text| ConfigFile::new(&format!("{FILE_NAME} of {revision}"), &text))
            }
        };
        let config = match &file {
            Some(file) => Config::parse(file, &rules::names())?,
            None => Config::built_in(),
        };
        Ok((Place { cwd, root, config, file }, notes))
    }

    /// The project root that the command line means.
    ///
    /// # Errors
    /// If there is no project.
    pub fn root_of(common: &Common) -> Result<PathBuf, Failure> {
        let cwd = current_dir()?;
        Ok(match &common.root {
            Some(root) => cwd.join(root),
            None => find_root(&cwd)?,
        })
    }

    /// Lists the project's files.
    ///
    /// # Errors
    /// If that can't be done, be it for what the configuration says.
    pub fn open(&self) -> Result<Project, Failure> {
        Project::open(&self.root, self.config.clone()).map_err(|error| self.locate(error))
    }

    /// An error about one of the configured roots, with its place in the file.
    fn locate(&self, error: ProjectError) -> Failure {
        let (Some(place), Some(file)) = (error.place(&self.config), &self.file) else { return error.into() };
        let said = error.to_string();
        let (message, help) = said.split_once('\n').map_or((said.as_str(), None), |(said, help)| (said, Some(help)));
        file.reject(message, Some(place), help).into()
    }
}

/// How many lines one text has more than another, and the other way round.
fn difference(before: &str, after: &str) -> String {
    let diff = similar::TextDiff::from_lines(before, after);
    let count = |tag: similar::ChangeTag| diff.iter_all_changes().filter(|change| change.tag() == tag).count();
    let (added, removed) = (count(similar::ChangeTag::Insert), count(similar::ChangeTag::Delete));
    format!("{added} lines added, {removed} removed")
}

fn current_dir() -> Result<PathBuf, Failure> {
    env::current_dir()
        .map_err(|error| Failure::Plain(format!("the folder that phase2 was started in can't be used: {error}")))
}

/// The configuration file that counts, if any does.
fn config_file(common: &Common, cwd: &Path, root: &Path) -> Result<Option<ConfigFile>, Failure> {
    let path = match &common.config {
        Some(path) => cwd.join(path),
        None => root.join(FILE_NAME),
    };
    if common.isolated || (common.config.is_none() && !path.exists()) {
        return Ok(None);
    }
    let shown = common.config.as_deref().unwrap_or_else(|| path.strip_prefix(cwd).unwrap_or(&path));
    Ok(Some(ConfigFile::read(&path, shown)?))
}

/// The rules that are to run, and whether `suppression` is among them: those that `named` asks for, else those of the
/// configuration, else those that are on by default or have options there.
///
/// # Errors
/// If there is no rule of a name.
pub fn chosen(named: &[String], config: &Config) -> Result<(Vec<Box<dyn Rule>>, bool), Failure> {
    if let Some(name) = named.iter().find(|name| !rules::names().contains(&name.as_str())) {
        return Err(unknown(name));
    }
    Ok(rules::running(named, config))
}

/// What the rules find in the whole project.
pub fn report(
    terminal: &Terminal,
    runner: &Runner,
    project: &Project,
    rules: &[Box<dyn Rule>],
    suppression: bool,
) -> Report {
    let progress = Progress::new(terminal, project.files.len());
    let request = Request {
        rules,
        suppression,
        selection: &Selection::everything(),
        fix: FixMode::Safe,
        chosen: None,
        progress: &|| progress.tick(),
    };
    let report = runner.run(project, &request).found;
    progress.finish();
    report
}

/// What there is to say of a monorepo's packages that nobody looks into, unless somebody has said where to look.
pub fn packages_outside(project: &Project) -> Option<Note> {
    let outside = if project.config.roots.is_some() { Vec::new() } else { project.packages_outside() };
    let (first, others) = outside.split_first()?;
    let others =
        if others.is_empty() { String::new() } else { format!(" and {}", count(others.len(), "more package")) };
    let looked_into: Vec<&str> = project.roots.iter().map(RelPath::as_str).collect();
    let message = format!(
        "nobody looks into {first}{others}: only into {}. `roots` in phase2.toml says where to look; `phase2 init` proposes it",
        looked_into.join(" and ")
    );
    Some(Note { rule: None, path: None, message })
}

/// The error for a rule that isn't.
pub fn unknown(name: &str) -> Failure {
    let suggestion = suggestion(name, &rules::names());
    Failure::Plain(format!("there is no rule `{name}`: {suggestion}\n`phase2 rules` lists them all"))
}

//! A project that documents are open of: opened once, kept between keystrokes, opened again when more than texts changed.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Settings;
use super::documents::Documents;
use crate::baseline::{self, Baseline};
use crate::config::{self, Config, ConfigError, ConfigFile};
use crate::engine::{FixMode, Memory, Outcome, Request};
use crate::project::{Project, RelPath, Selection};
use crate::report::Report;
use crate::rules::{self, Rule, Violation};
use crate::syntax::Dialect;

/// A project, by its root.
pub struct Served {
    root: PathBuf,
    opened: Option<Opened>,
    /// The configuration that counts: the last that could be used.
    config: Option<Config>,
    is_stale: bool,
    /// What keeps it from its work, or from all of it.
    pub complaints: Vec<Complaint>,
    /// What was found in the documents that are open, if nothing changed since.
    report: Option<Arc<Report>>,
    has_news: bool,
}

/// Something that is wrong with a file that the project is run by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// The file, if it is about one.
    pub path: Option<PathBuf>,
    /// Its text.
    pub text: Arc<str>,
    /// The place, in bytes.
    pub range: Range<usize>,
    /// What is wrong, and the way out.
    pub message: String,
    /// Whether somebody who has set phase2 up must see it; else it is for the log.
    pub is_loud: bool,
}

/// A project that could be opened.
pub struct Opened {
    /// As it is on disk, under the open documents that are configurations or were never saved.
    base: Project,
    rules: Vec<Box<dyn Rule>>,
    suppression: bool,
    baseline: Option<Baseline>,
    memory: Memory,
}

/// A run that failed: a defect.
#[derive(Debug)]
pub struct Defect;

/// Which violations are to be mended.
pub type Choice<'a> = &'a (dyn Fn(&Violation) -> bool + Sync);

impl Served {
    /// The project at `root`, which isn't looked at yet.
    pub fn at(root: PathBuf) -> Served {
        Served {
            root,
            opened: None,
            config: None,
            is_stale: true,
            complaints: Vec::new(),
            report: None,
            has_news: true,
        }
    }

    /// Where a file is in the project; `None` if it is outside.
    pub fn path(&self, path: &Path) -> Option<RelPath> {
        RelPath::from_absolute(&self.root, path)
    }

    /// Whether something changed since this was asked last.
    pub fn has_news(&mut self) -> bool {
        std::mem::take(&mut self.has_news)
    }

    /// Takes notice that what was found may not be so any more.
    fn change(&mut self) {
        self.report = None;
        self.has_news = true;
    }

    /// Takes notice that everything may have changed.
    pub fn reopen(&mut self) {
        self.is_stale = true;
        self.change();
    }

    /// Takes notice of a document that was opened, changed or closed.
    pub fn document_changed(&mut self, path: &Path, is_closed: bool) {
        self.change();
        let Some(path) = self.path(path) else { return };
        let Some(opened) = &self.opened else {
            self.is_stale = true;
            return;
        };
        let is_project_file = opened.base.file(&path).is_some();
        self.is_stale |= match Dialect::of(&path) {
            // The project was opened with a file that is nowhere any more.
            Some(_) if is_project_file => is_closed && opened.base.sources.overlaid(&path).is_some(),
            // One that isn't the project's counts as it is on disk; one that isn't there may be the project's.
            Some(_) => !path.to_absolute(&self.root).is_file(),
            None => is_configuration(&path),
        };
    }

    /// Takes notice of a file that changed on disk, `is_there` before and after.
    pub fn file_changed(&mut self, path: &Path, is_there: bool) {
        let Some(path) = self.path(path).filter(matters) else { return };
        self.change();
        match &mut self.opened {
            Some(opened) if is_there && opened.base.file(&path).is_some() => opened.memory.forget(&path),
            _ => self.is_stale = true,
        }
    }

    /// What is found in the documents that are open; `None` if the project can't be opened.
    ///
    /// # Errors
    /// If the run failed.
    pub fn report(&mut self, settings: &Settings, documents: &Documents) -> Result<Option<Arc<Report>>, Defect> {
        if let Some(report) = &self.report {
            return Ok(Some(Arc::clone(report)));
        }
        let Some(opened) = self.opened(settings, documents) else { return Ok(None) };
        let project = opened.project(documents);
        let open = opened.open(documents);
        let mut report = opened.find(&project, &|violation| open.contains(&violation.path), &open)?;
        if let Some(baseline) = &opened.baseline {
            report.add_fingerprints();
            report.accepted = baseline.apply(&mut report, &|_| false).accepted;
        }
        let report = Arc::new(report);
        self.report = Some(Arc::clone(&report));
        Ok(Some(report))
    }

    /// The project, opened if it wasn't, or has to be again.
    pub fn opened(&mut self, settings: &Settings, documents: &Documents) -> Option<&mut Opened> {
        if self.is_stale {
            self.is_stale = false;
            self.complaints.clear();
            // What was known is let go first: it may be large.
            self.opened = None;
            self.opened = self.open(settings, documents);
        }
        self.opened.as_mut()
    }

    fn open(&mut self, settings: &Settings, documents: &Documents) -> Option<Opened> {
        let file = self.configure(settings, documents);
        let config = self.config.clone()?;
        let overlay: Vec<(RelPath, Arc<str>)> = within(&self.root, documents)
            .filter(|(path, _)| is_configuration(path) || !path.to_absolute(&self.root).is_file())
            .collect();
        let base = match Project::open_under(&self.root, config.clone(), overlay) {
            Ok(base) => base,
            Err(error) => {
                let place = error.place(&config);
                let text = file.map(|(_, text)| text).unwrap_or_default();
                let path = place.as_ref().map(|_| self.configuration(settings));
                self.complain(path, text, place, error.to_string());
                return None;
            }
        };
        let (rules, suppression) = rules::running(&[], &config);
        let baseline = self.baseline(&base, documents);
        Some(Opened { base, rules, suppression, baseline, memory: Memory::new() })
    }

    /// Reads the configuration; one that can't be used leaves the one before.
    fn configure(&mut self, settings: &Settings, documents: &Documents) -> Option<(ConfigFile, Arc<str>)> {
        let path = self.configuration(settings);
        let text = documents.get(&path).map(|document| Arc::clone(&document.text));
        let is_named = settings.config.is_some();
        if settings.is_isolated || (text.is_none() && !is_named && !path.exists()) {
            self.config = Some(Config::built_in());
            return None;
        }
        let text = text.map_or_else(|| fs::read_to_string(&path).map(Arc::from), Ok);
        let text: Arc<str> = match text {
            Ok(text) => text,
            Err(error) => {
                self.complain(Some(path), "".into(), None, format!("can't be read: {error}"));
                return None;
            }
        };
        let file = ConfigFile::new(config::FILE_NAME, &text);
        match Config::parse(&file, &rules::names()) {
            Ok(config) => self.config = Some(config),
            Err(error) => {
                let message = with_help(&error);
                // Places are those of the text without a byte order mark.
                let mark = text.len() - text.strip_prefix('\u{feff}').unwrap_or(&text).len();
                let place = match &error {
                    ConfigError::Invalid { place: Some(place), .. } => {
                        Some(mark + place.offset()..mark + place.offset() + place.len())
                    }
                    _ => None,
                };
                self.complain(Some(path), Arc::clone(&text), place, message);
            }
        }
        Some((file, text))
    }

    fn configuration(&self, settings: &Settings) -> PathBuf {
        settings.config.clone().unwrap_or_else(|| self.root.join(config::FILE_NAME))
    }

    fn baseline(&mut self, project: &Project, documents: &Documents) -> Option<Baseline> {
        let path = self.root.join(baseline::FILE_NAME);
        let text = documents.get(&path).map(|document| Arc::clone(&document.text));
        let text = text.map_or_else(|| fs::read_to_string(&path).map(Arc::from), Ok);
        let text: Arc<str> = match text {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return None,
            Err(error) => {
                self.complain(Some(path), "".into(), None, format!("can't be read: {error}"));
                return None;
            }
        };
        match Baseline::parse(baseline::FILE_NAME, &text) {
            Ok(found) => {
                let renames = baseline::renames(project, RelPath::new(baseline::FILE_NAME).as_ref(), &found);
                Some(found.renamed(&renames))
            }
            Err(error) => {
                let lines = text.split_inclusive('\n');
                let start: usize = lines.take(error.line().saturating_sub(1)).map(str::len).sum();
                self.complain(Some(path), text, Some(start..start), error.to_string());
                None
            }
        }
    }

    fn complain(&mut self, path: Option<PathBuf>, text: Arc<str>, range: Option<Range<usize>>, message: String) {
        // A repository without any folder of phase2's is none of its own.
        let is_loud =
            path.is_some() || self.root.join(config::FILE_NAME).exists() || self.root.join("supabase").is_dir();
        self.complaints.push(Complaint { path, text, range: range.unwrap_or(0..0), message, is_loud });
    }
}

impl Opened {
    /// The project under its files that are open.
    pub fn project(&self, documents: &Documents) -> Project {
        let open = within(&self.base.root, documents).filter(|(path, _)| self.base.file(path).is_some());
        self.base.with_overlay(open)
    }

    /// The documents that are open, and in no other project.
    pub fn open(&self, documents: &Documents) -> BTreeSet<RelPath> {
        let of_project = documents.of_project(&self.base.root);
        of_project.filter_map(|(path, _)| RelPath::from_absolute(&self.base.root, path)).collect()
    }

    /// Runs the rules. Fixes of the violations in `choice` are made and proved; violations are reported of `open` files.
    ///
    /// # Errors
    /// If that failed; the next run starts anew.
    pub fn run(
        &mut self,
        project: &Project,
        fix: FixMode,
        choice: Choice<'_>,
        open: &BTreeSet<RelPath>,
    ) -> Result<Outcome, Defect> {
        self.ask(fix, choice, |memory, request| memory.run(project, request, &|path| open.contains(path)))
    }

    /// What the rules find in `open` files. The safe fixes of the violations in `choice` are proved.
    ///
    /// # Errors
    /// As for [`Self::run`].
    pub fn find(&mut self, project: &Project, choice: Choice<'_>, open: &BTreeSet<RelPath>) -> Result<Report, Defect> {
        self.ask(FixMode::Safe, choice, |memory, request| memory.find(project, request, &|path| open.contains(path)))
    }

    fn ask<T>(
        &mut self,
        fix: FixMode,
        choice: Choice<'_>,
        ask: impl FnOnce(&mut Memory, &Request<'_>) -> T,
    ) -> Result<T, Defect> {
        let request = Request {
            rules: &self.rules,
            suppression: self.suppression,
            selection: &Selection::everything(),
            fix,
            chosen: Some(choice),
            progress: &|| {},
        };
        let memory = &mut self.memory;
        catch_unwind(AssertUnwindSafe(|| ask(memory, &request))).map_err(|_| {
            self.memory = Memory::new();
            Defect
        })
    }
}

/// The open documents below `root`, with their texts.
fn within<'d>(root: &'d Path, documents: &'d Documents) -> impl Iterator<Item = (RelPath, Arc<str>)> + 'd {
    let all = documents.iter();
    all.filter_map(move |(path, document)| Some((RelPath::from_absolute(root, path)?, Arc::clone(&document.text))))
}

/// Whether the project is read in the light of a file, beside its TypeScript.
fn is_configuration(path: &RelPath) -> bool {
    matches!(extension(path), "json" | "jsonc" | "toml")
}

fn extension(path: &RelPath) -> &str {
    path.file_name().rsplit_once('.').map_or("", |(_, extension)| extension)
}

/// Whether anything may depend on a file on disk.
fn matters(path: &RelPath) -> bool {
    /// TypeScript and what may import it; configurations; what deploys and calls functions.
    const EXTENSIONS: [&str; 16] = [
        "ts", "tsx", "mts", "cts", "js", "jsx", "mjs", "cjs", "json", "jsonc", "toml", "sql", "yml", "yaml", "sh",
        "lock",
    ];
    let name = path.file_name();
    let is_installed = path.parts().any(|part| part == "node_modules" || part == ".git");
    let is_known =
        EXTENSIONS.contains(&extension(path)) || matches!(name, ".gitignore" | ".ignore" | "Makefile" | "justfile");
    is_known && !is_installed
}

fn with_help(error: &ConfigError) -> String {
    match error {
        ConfigError::Invalid { message, help: Some(help), .. } => format!("{message}\n{help}"),
        error => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::*;
    use crate::project::testing::{Tree, rel};

    #[test]
    fn a_run_that_panics_is_a_defect_and_the_next_one_starts_anew() {
        let tree =
            Tree::new(&[("phase2.toml", ""), ("supabase/functions/a/index.ts", "Deno.serve(() => new Response());\n")]);
        let (settings, documents) = (Settings::default(), Documents::default());
        let mut served = Served::at(tree.path(""));
        let opened = served.opened(&settings, &documents).unwrap();
        let project = opened.project(&documents);
        let open = BTreeSet::from([rel("supabase/functions/a/index.ts")]);
        let panicking: Choice<'_> = &|_| panic!("this panic belongs to a test");
        assert!(opened.run(&project, FixMode::Safe, panicking, &open).is_err());
        let outcome = opened.run(&project, FixMode::Safe, &|_| false, &open).unwrap();
        assert_eq!(outcome.found.findings.len(), 1);
    }
}

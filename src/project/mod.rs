//! The tree on disk: which files belong to the project, and how they refer to each other.

mod content;
mod deployment;
mod discover;
mod habits;
mod ignores;
mod largest;
mod observer;
mod packages;
mod resolve;
mod roots;
mod selection;
mod sources;
mod supabase;
#[cfg(test)]
pub(crate) mod testing;
mod unit;
mod walk;

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

pub use content::{is_generated, is_minified, lines_of};
pub use deployment::Deployment;
pub use discover::{NoRoot, find_root};
pub use habits::Habit;
pub use largest::FileLength;
pub use observer::{Hash, Observed, Observer, hash};
pub use resolve::Resolver;
pub use roots::{DEFAULT_ROOTS, RootsError};
pub use selection::{Leniency, Selection, SelectionError};
pub use sources::{ReadError, Sources};
pub use supabase::{EdgeFunction, SupabaseError, SupabaseFolder};
pub use unit::{Surface, Unit};
pub use walk::Excluded;

pub use crate::path::RelPath;

use crate::config::Config;
use crate::excludes::{DEFAULT_EXCLUDES, ExcludeError, Excludes};
use crate::syntax::Dialect;
use crate::syntax::source::SourceFile;
use habits::Habits;
use ignores::{Ignores, Unreadable};
use toml::Spanned;
use walk::Listed;

/// A project as one run sees it: its files, their texts and how they refer to each other.
#[derive(Debug)]
pub struct Project {
    /// The project root: an absolute path without symlinks.
    pub root: PathBuf,
    /// The folders that the files were found in, sorted.
    pub roots: Vec<RelPath>,
    /// The TypeScript files of the roots, sorted by path.
    pub files: Vec<ProjectFile>,
    /// The units that the files belong to.
    pub units: Vec<Unit>,
    /// The supabase folders that have edge functions in the roots, sorted.
    pub supabase: Vec<SupabaseFolder>,
    deployment: Arc<OnceLock<Deployment>>,
    /// The files' texts.
    pub sources: Sources,
    /// What imports mean.
    pub resolver: Resolver,
    /// What was left out by an exclude pattern, though git doesn't ignore it.
    pub excluded: Vec<Excluded>,
    /// What could not be looked at: each may hide a file, so a run that has any must not end well.
    pub problems: Vec<Problem>,
    /// What its phase2.toml says.
    pub config: Arc<Config>,
    habits: Habits,
    excludes: Excludes,
}

/// A file of the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectFile {
    /// Where it is.
    pub path: RelPath,
    /// Its size in bytes when it was listed.
    pub size: u64,
    /// The unit that it belongs to.
    pub unit: UnitId,
}

/// One of a project's units; see [`Project::unit`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct UnitId(usize);

impl UnitId {
    /// Its place in [`Project::units`].
    pub fn index(self) -> usize {
        self.0
    }
}

/// Something about the project on disk that went wrong, but not so that nothing else could be done.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Problem {
    /// The file or folder, if it has a path that can be told.
    pub path: Option<RelPath>,
    /// What went wrong, and the way out.
    pub message: String,
}

/// A project that can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// The root is not a folder that can be read.
    #[error("the project root {} can't be used: {source}", .root.display())]
    Root {
        /// The root as it was given.
        root: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// See [`RootsError`].
    #[error(transparent)]
    Roots(#[from] RootsError),
    /// See [`ExcludeError`].
    #[error(transparent)]
    Exclude(#[from] ExcludeError),
    /// See [`SupabaseError`].
    #[error(transparent)]
    Supabase(#[from] SupabaseError),
}

impl ProjectError {
    /// The place in phase2.toml that it is about, in bytes, if it is about one.
    pub fn place(&self, config: &Config) -> Option<Range<usize>> {
        let ProjectError::Roots(RootsError::NoFolder { pattern, .. } | RootsError::BadPattern { pattern, .. }) = self
        else {
            return None;
        };
        config.roots.iter().flatten().find(|root| root.get_ref() == pattern).map(Spanned::span)
    }
}

impl Project {
    /// Lists the files of the project at `root`, on the threads of the rayon pool that it is called in.
    pub fn open(root: &Path, config: Config) -> Result<Project, ProjectError> {
        Project::open_under(root, config, [])
    }

    /// The same with other texts for some files, which count before anything is read.
    ///
    /// # Errors
    /// As for [`Self::open`].
    pub fn open_under(
        root: &Path,
        config: Config,
        overlay: impl IntoIterator<Item = (RelPath, Arc<str>)>,
    ) -> Result<Project, ProjectError> {
        let canonical = root.canonicalize().and_then(|canonical| canonical.read_dir().map(|_| canonical));
        let root = canonical.map_err(|source| ProjectError::Root { root: root.to_path_buf(), source })?;
        let stated = |patterns: &[Spanned<String>]| patterns.iter().map(|pattern| pattern.get_ref().clone()).collect();
        let usual = || DEFAULT_EXCLUDES.iter().map(|pattern| (*pattern).to_owned()).collect();
        let mut patterns: Vec<String> = config.exclude.as_deref().map_or_else(usual, stated);
        patterns.extend::<Vec<String>>(stated(&config.extend_exclude));
        let excludes = Excludes::new(&patterns)?;
        let mut unreadable = Vec::new();
        let ignores =
            if config.respect_gitignore { Ignores::of_project(&root, &mut unreadable) } else { Ignores::none() };
        let roots: Option<Vec<String>> = config.roots.as_deref().map(stated);
        let roots = roots::expand(&root, roots.as_deref(), &excludes, &ignores, &mut unreadable)?;
        let listing = walk::list(&root, &roots, &excludes, &ignores);
        unreadable.extend(listing.unreadable);

        let overlay: Vec<(RelPath, Arc<str>)> = overlay.into_iter().collect();
        let sources = Sources::new(&root).with_overlay(overlay.iter().cloned());
        let (files, units) = assign_units(&listing.files, &sources);
        let supabase = load_supabase(&sources, &files, &units)?;
        let resolver = Resolver::new(&sources, function_maps(&supabase));
        let mut problems = listing.problems;
        problems.extend(unreadable.into_iter().map(|Unreadable { file, reason }| Problem {
            path: RelPath::from_absolute(&root, &file),
            message: format!("the ignore file {} can't be read ({reason}): make it readable", file.display()),
        }));
        problems.sort();
        problems.dedup();
        let mut project = Project {
            root,
            roots,
            files,
            units,
            supabase,
            sources,
            resolver,
            excluded: listing.excluded,
            problems,
            deployment: Arc::default(),
            config: Arc::new(config),
            habits: Habits::default(),
            excludes,
        };
        for (path, text) in overlay {
            project.put(path, text.len() as u64);
        }
        Ok(project)
    }

    /// The file at `path`, if it is one of the project's.
    pub fn file(&self, path: &RelPath) -> Option<&ProjectFile> {
        self.files.binary_search_by(|file| file.path.cmp(path)).ok().map(|index| &self.files[index])
    }

    /// The unit of `file`, which must be one of this project's.
    pub fn unit(&self, file: &ProjectFile) -> &Unit {
        &self.units[file.unit.0]
    }

    /// How `from` imports `to`, which need not exist yet, in the way of `siblings`, the specifiers of its other imports; an
    /// alias that neither they nor any other file of its unit has is left alone, where the unit's files show their own way.
    /// (Such an alias may be for the editor only: nothing has to resolve it when the program runs.)
    pub fn specifier(&self, from: &RelPath, to: &RelPath, siblings: &[&str]) -> String {
        let specifier = self.resolver.specifier(from, to, siblings);
        let Some((alias, _)) = specifier.split_once('/').filter(|(head, _)| !head.starts_with('.')) else {
            return specifier;
        };
        let is_alias = |sibling: &&str| sibling.split_once('/').is_some_and(|(head, _)| head == alias);
        let Some(unit) = self.file(from).map(|file| file.unit) else { return specifier };
        if !siblings.iter().any(is_alias) && self.habits.shun(self, unit, alias) {
            return self.resolver.relative_specifier(from, to, siblings);
        }
        specifier
    }

    /// How `from` imports `to`, a module of the same folder that need not exist yet: relative, with the siblings' extension.
    pub fn sibling_specifier(&self, from: &RelPath, to: &RelPath, siblings: &[&str]) -> String {
        match Surface::of(from) {
            Surface::Edge => self.resolver.specifier(from, to, &[]),
            Surface::Frontend => self.resolver.relative_specifier(from, to, siblings),
        }
    }

    /// The name of the module at `path`: that of its edge function; else its own without the extension, or its folder's
    /// if it is an `index`.
    pub fn module_name(&self, path: &RelPath) -> String {
        if let Some(function) = self.supabase_of(path).and_then(|folder| folder.function_of(path)) {
            return function.to_owned();
        }
        let stem = path.file_name().split('.').next().unwrap_or_default();
        match path.parent() {
            Some(folder) if stem == "index" && !folder.file_name().is_empty() => folder.file_name().to_owned(),
            _ => stem.to_owned(),
        }
    }

    /// The file at `path`, parsed; `None` if it can't be read, or isn't TypeScript.
    pub fn parse(&self, path: &RelPath) -> Option<SourceFile> {
        let dialect = Dialect::of(path)?;
        Some(SourceFile::parse(path.clone(), self.sources.read(path).ok()?, dialect))
    }

    /// The supabase folder that `path` lies in.
    pub fn supabase_of(&self, path: &RelPath) -> Option<&SupabaseFolder> {
        self.supabase.iter().find(|folder| path.is_within(&folder.base))
    }

    /// A file outside of the roots, or excluded from them, whose text has all `words`: it isn't looked at, but may use what
    /// the project's files export.
    pub fn mentioned_outside(&self, words: &[&str]) -> Option<RelPath> {
        self.code_outside().find(|(_, text)| words.iter().all(|word| text.contains(word))).map(|(path, _)| path)
    }

    /// The code outside of the roots, or excluded from them. What git ignores and installed packages are passed over.
    pub fn code_outside(&self) -> impl Iterator<Item = (RelPath, Arc<str>)> {
        const CODE: [&str; 8] = ["ts", "tsx", "mts", "cts", "js", "jsx", "mjs", "cjs"];
        let mut walk = ignore::WalkBuilder::new(&self.root);
        walk.follow_links(false).filter_entry(|entry| entry.file_name() != "node_modules");
        walk.build().filter_map(Result::ok).filter_map(|entry| {
            let path = RelPath::from_absolute(&self.root, entry.path())?;
            let is_code =
                entry.path().extension().is_some_and(|extension| CODE.iter().any(|known| extension == *known));
            if !is_code || self.file(&path).is_some() || !entry.file_type().is_some_and(|kind| kind.is_file()) {
                return None;
            }
            let text = self.sources.read(&path).ok()?;
            Some((path, text))
        })
    }

    /// How the edge functions are deployed and called; found out at the first question.
    pub fn deployment(&self) -> &Deployment {
        self.deployment.get_or_init(|| Deployment::of(&self.root, &self.supabase))
    }

    /// What the command line's `paths` name, seen from the folder `cwd`; everything if there are none.
    pub fn select(&self, paths: &[PathBuf], cwd: &Path, leniency: Leniency) -> Result<Selection, SelectionError> {
        Selection::new(paths, cwd, &self.root, self.files.iter().map(|file| &file.path), &self.roots, leniency)
    }

    /// The same project with other texts for some files. A file that is new and lies in a root joins the project, unless
    /// it is excluded.
    pub fn with_overlay(&self, changes: impl IntoIterator<Item = (RelPath, Arc<str>)>) -> Project {
        let changes: Vec<(RelPath, Arc<str>)> = changes.into_iter().collect();
        let sources = self.sources.with_overlay(changes.iter().cloned());
        let mut project = Project {
            root: self.root.clone(),
            roots: self.roots.clone(),
            files: self.files.clone(),
            units: self.units.clone(),
            supabase: self.supabase.clone(),
            resolver: self.resolver.over(&sources),
            sources,
            excluded: self.excluded.clone(),
            problems: self.problems.clone(),
            deployment: Arc::clone(&self.deployment),
            config: Arc::clone(&self.config),
            habits: self.habits.clone(),
            excludes: self.excludes.clone(),
        };
        for (path, text) in changes {
            project.put(path, text.len() as u64);
        }
        project
    }

    /// The same project, whose sources tell `observer` from now on what is asked of them.
    pub fn observed_by(&self, observer: &Arc<Observer>) -> Project {
        let mut project = self.with_overlay([]);
        project.sources = self.sources.observed_by(observer);
        project.resolver = self.resolver.over(&project.sources);
        project
    }

    /// Forgets what was found out about how its files are written, and shared with the projects that it was made from, if
    /// some of it isn't so any more. Whether all of it still is.
    pub fn review_habits(&self) -> bool {
        self.habits.review(self)
    }

    /// What was found out so far about how its files are written.
    pub fn habits(&self) -> Vec<Habit> {
        self.habits.known()
    }

    /// Takes over what was found out about how its files are written, if all of it is so still. Whether it is.
    pub fn recall_habits(&self, habits: &[Habit]) -> bool {
        self.habits.recall(habits);
        self.habits.review(self)
    }

    /// The same project without some files.
    pub fn without(mut self, paths: &BTreeSet<RelPath>) -> Project {
        self.files.retain(|file| !paths.contains(&file.path));
        self
    }

    /// Makes `path` a file of the project, if it may be one.
    fn put(&mut self, path: RelPath, size: u64) {
        match self.files.binary_search_by(|file| file.path.cmp(&path)) {
            Ok(index) => self.files[index].size = size,
            Err(index) => {
                let Some(root) = self.root_of(&path) else { return };
                let unit = Unit::of(&path, root, &self.sources);
                // A unit that is new goes to the end: the other files' ids stay.
                let id = self.units.iter().position(|known| *known == unit).unwrap_or_else(|| {
                    self.units.push(unit);
                    self.units.len() - 1
                });
                self.files.insert(index, ProjectFile { path, size, unit: UnitId(id) });
            }
        }
    }

    /// The innermost root of a file that would be listed if it were there.
    fn root_of(&self, path: &RelPath) -> Option<&RelPath> {
        Dialect::of(path)?;
        let within = self.roots.iter().filter(|root| path.is_within(root));
        let root = within.max_by_key(|root| root.as_str().len())?;
        let below = std::iter::successors(Some(path.clone()), RelPath::parent).take_while(|folder| folder != root);
        let excluded = below.into_iter().any(|part| self.excludes.matching(part.as_str(), part != *path).is_some());
        (!excluded).then_some(root)
    }
}

fn assign_units(listed: &[Listed], sources: &Sources) -> (Vec<ProjectFile>, Vec<Unit>) {
    let of_files: Vec<Unit> = listed.iter().map(|file| Unit::of(&file.path, &file.root, sources)).collect();
    let units: Vec<Unit> = of_files.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect();
    let id = |unit: &Unit| UnitId(units.partition_point(|known| known < unit));
    let file =
        |(file, unit): (&Listed, &Unit)| ProjectFile { path: file.path.clone(), size: file.size, unit: id(unit) };
    (listed.iter().zip(&of_files).map(file).collect(), units)
}

fn load_supabase(
    sources: &Sources,
    files: &[ProjectFile],
    units: &[Unit],
) -> Result<Vec<SupabaseFolder>, SupabaseError> {
    units
        .iter()
        .filter(|unit| unit.surface == Surface::Edge)
        .filter_map(|unit| unit.base.parent())
        .map(|base| SupabaseFolder::load(sources, base, files.iter().map(|file| &file.path)))
        .collect()
}

/// The import maps that `config.toml` names, each with its function's folder.
fn function_maps(supabase: &[SupabaseFolder]) -> Vec<(RelPath, RelPath)> {
    let of_folder = |folder: &SupabaseFolder| -> Vec<(RelPath, RelPath)> {
        let maps = folder
            .functions
            .iter()
            .filter_map(|(name, function)| Some((folder.function_folder(name)?, function.import_map.clone()?)));
        maps.collect()
    };
    supabase.iter().flat_map(of_folder).collect()
}

#[cfg(test)]
mod tests;

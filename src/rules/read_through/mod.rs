//! The rule `read-through`: hot reads go through a cache. See rules/read-through/rule.md.

mod browser;
mod caller;
mod client;
mod group;
mod helper;
mod passing;
mod proxy;
mod query;
mod read;
pub mod survey;
mod values;
mod write;

use std::collections::BTreeMap;
use std::sync::Arc;

use self::group::{Group, Place};
use self::passing::Callers;
use self::proxy::{Proxy, Selections};
use self::query::{Purpose, Query};
use super::edge::files::Files;
use super::kept::Texts;
use super::{Facts, Meta, Note, Pass, Resolution, Rule, Subject, Subjects, Violation};
use crate::config::Config;
use crate::excludes::Excludes;
use crate::project::{Project, ProjectFile, RelPath, Surface};
use crate::syntax::source::SourceFile;

/// What the rule is.
pub const META: Meta = Meta {
    name: "read-through",
    summary: "rows that are read often go through a cache, each tenant's apart",
    page: include_str!("../../../rules/read-through/rule.md"),
    on_by_default: false,
    // The tables of phase2.toml.
    triggers: &[],
    subjects: Some(Subjects { name: "reads of cached tables", group: "table" }),
};

/// The rule.
#[derive(Debug)]
pub struct ReadThroughRule;

impl Rule for ReadThroughRule {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn triggers(&self, config: &Config) -> Vec<String> {
        config.read_through.tables.keys().cloned().collect()
    }

    fn start<'p>(&self, project: &'p Project) -> Box<dyn Pass + 'p> {
        Box::new(ReadThroughPass { project })
    }
}

struct ReadThroughPass<'p> {
    project: &'p Project,
}

/// By table, the reads of one row and the changes, each with its file.
type ByTable<'t> = BTreeMap<&'t str, Vec<(Place, &'t SourceFile, Query<'t>)>>;

/// A file with queries of a cached table. What becomes of them, only all files together tell.
struct HasQueries;

impl ReadThroughPass<'_> {
    fn tables(&self) -> Vec<&str> {
        self.project.config.read_through.tables.keys().map(String::as_str).collect()
    }

    /// The edge function that reads for the browser, or why there is none, as a clause.
    fn proxy(&self, files: &Files<'_>, found: &ByTable<'_>) -> Result<Proxy, String> {
        let options = &self.project.config.read_through;
        let name = options.proxy.as_ref().ok_or(
            "it runs in the browser, where no credential of Redis may be: let an edge function read it, or name one that does \
             as `proxy` under [read-through]",
        )?;
        let mut selections = Selections::new();
        let all = found.values().flatten().filter(|(place, ..)| *place == Place::Browser);
        for (_, file, query) in all {
            if let Some(table) = options.tables.get(query.table) {
                browser::select(&mut selections, file, query, table);
            }
        }
        Proxy::of(files, name.get_ref(), &selections)
    }

    /// Where a query is: the functions folder, or the browser.
    fn place(&self, path: &RelPath) -> Place {
        let unit = self.project.file(path).map(|file| self.project.unit(file));
        match unit {
            Some(unit) if unit.surface == Surface::Edge => Place::Functions(unit.base.clone()),
            _ => Place::Browser,
        }
    }
}

impl Pass for ReadThroughPass<'_> {
    fn judges_files_alone(&self) -> bool {
        false
    }

    fn collect(&self, _entry: &ProjectFile, file: &SourceFile, hits: &[usize]) -> Option<Facts> {
        (!Query::all(file, &self.tables(), hits).is_empty()).then(|| Box::new(HasQueries) as Facts)
    }

    fn keep(&self, facts: &Facts, _texts: &Texts) -> Option<Vec<u8>> {
        facts.downcast_ref::<HasQueries>().map(|HasQueries| Vec::new())
    }

    fn recall(&self, _entry: &ProjectFile, _kept: &[u8], _texts: &Texts) -> Option<Facts> {
        Some(Box::new(HasQueries))
    }

    fn resolve(&self, facts: &[(&RelPath, &Facts)]) -> Resolution {
        let options = &self.project.config.read_through;
        let mut resolution = Resolution::default();
        if options.tables.is_empty() {
            let message = "no table is named under [read-through.tables]: `phase2 init` proposes some".to_owned();
            resolution.notes.push(Note { rule: None, path: None, message });
            return resolution;
        }
        let excluded: Vec<&str> = options.exclude.iter().map(|pattern| pattern.get_ref().as_str()).collect();
        let excluded = Excludes::new(&excluded).expect("the configuration's globs are checked when it is read");
        let files = Files::of(self.project);
        let paths = facts.iter().map(|(path, _)| *path).filter(|path| !excluded.excludes_file(path.as_str()));
        let parsed: Vec<Arc<SourceFile>> = paths.filter_map(|path| files.get(path)).collect();
        let tables = self.tables();
        let callers = Callers::of(&files, &excluded);
        let mut found: ByTable<'_> = BTreeMap::new();
        for file in &parsed {
            for query in Query::all(file, &tables, &hits(&file.text, &tables)) {
                if matches!(query.purpose(), Purpose::ReadOne | Purpose::Change) {
                    found.entry(query.table).or_default().push((self.place(&file.path), file, query));
                }
            }
        }
        let proxy = self.proxy(&files, &found);
        for (name, queries) in found {
            let Some(table) = options.tables.get(name) else { continue };
            Group::tell_all(&callers, name, table, &queries, &proxy, &mut resolution);
        }
        resolution.violations.sort_by(|a, b| (&a.path, a.range.start).cmp(&(&b.path, b.range.start)));
        resolution
    }
}

/// The byte offsets at which one of `words` stands in a text, sorted.
fn hits(text: &str, words: &[&str]) -> Vec<usize> {
    let all = words.iter().flat_map(|word| memchr::memmem::find_iter(text.as_bytes(), word.as_bytes()));
    let mut hits: Vec<usize> = all.collect();
    hits.sort_unstable();
    hits
}

/// `path:line`
fn at(file: &SourceFile, offset: usize) -> String {
    format!("{}:{}", file.path, file.text[..offset].matches('\n').count() + 1)
}

fn violation(file: &SourceFile, query: &Query<'_>, message: String, help: String) -> Violation {
    Violation {
        rule: META.name,
        path: file.path.clone(),
        range: query.range.clone(),
        message,
        help: Some(help),
        related: Vec::new(),
        fix: None,
    }
}

fn subject(file: &SourceFile, query: &Query<'_>, detail: Option<String>, is_done: bool) -> Subject {
    Subject {
        rule: META.name,
        name: at(file, query.range.start),
        path: file.path.clone(),
        is_done,
        group: query.table.to_owned(),
        detail,
        caveat: None,
    }
}

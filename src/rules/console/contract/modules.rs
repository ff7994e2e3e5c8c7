//! The modules that a logger is made of, parsed.

use std::collections::{BTreeMap, BTreeSet};

use crate::project::{Project, RelPath};
use crate::syntax::Dialect;
use crate::syntax::source::SourceFile;

/// A logger's module and all that it imports or exports again, directly or not.
#[derive(Debug)]
pub struct Modules<'p> {
    project: &'p Project,
    files: BTreeMap<RelPath, SourceFile>,
    /// A module that somebody else has parsed.
    lent: Option<&'p SourceFile>,
}

/// The largest file that is read for its types alone, in bytes. Larger ones are generated and say nothing of loggers.
const MAX_TYPES: usize = 200_000;

impl<'p> Modules<'p> {
    /// Reads the modules from `path` on. What can't be read is left out.
    pub fn load(project: &'p Project, path: &RelPath) -> Modules<'p> {
        let mut modules = Modules { project, files: BTreeMap::new(), lent: None };
        let mut queue = vec![(path.clone(), false)];
        while let Some((path, type_only)) = queue.pop() {
            if modules.files.contains_key(&path) {
                continue;
            }
            let (Some(dialect), Ok(text)) = (Dialect::of(&path), project.sources.read(&path)) else { continue };
            if type_only && text.len() > MAX_TYPES {
                continue;
            }
            let file = SourceFile::parse(path.clone(), text, dialect);
            let resolved = links(&file).into_iter().filter_map(|link| {
                Some((project.resolver.resolve(&path, &link.specifier)?, type_only || link.type_only))
            });
            queue.extend(resolved);
            modules.files.insert(path, file);
        }
        modules
    }

    /// `file` alone, without what it imports.
    pub fn alone(project: &'p Project, file: &'p SourceFile) -> Modules<'p> {
        Modules { project, files: BTreeMap::new(), lent: Some(file) }
    }

    /// One of the modules.
    pub fn file(&self, path: &RelPath) -> Option<&SourceFile> {
        self.files.get(path).or(self.lent.filter(|file| file.path == *path))
    }

    /// Whether there is a file at `path`, be it readable or not.
    pub fn exists(&self, path: &RelPath) -> bool {
        self.project.sources.exists(path)
    }

    /// The module that `specifier` names in `file`.
    pub fn imported(&self, file: &SourceFile, specifier: &str) -> Option<&SourceFile> {
        self.file(&self.project.resolver.resolve(&file.path, specifier)?)
    }

    /// Whether they make JSON of what they log, and nowhere look into an `Error` first.
    pub fn flatten_errors(&self) -> bool {
        const LOOKS: [&str; 13] = [
            "instanceof Error",
            ".stack",
            "isError",
            "getOwnPropertyNames",
            "getOwnPropertyDescriptors",
            "serializeError",
            "serialize-error",
            "errorToJSON",
            "Error.prototype",
            "error.message",
            "error?.message",
            "err.message",
            "err?.message",
        ];
        let texts = || self.files.values().map(|file| &*file.text);
        texts().any(|text| text.contains("JSON.stringify("))
            && !texts().any(|text| LOOKS.iter().any(|look| text.contains(look)))
    }

    /// The files that run when the module at `path` does: those that it imports for more than types, itself excepted.
    pub fn run_by(&self, path: &RelPath) -> BTreeSet<RelPath> {
        let mut seen = BTreeSet::from([path.clone()]);
        let mut queue = vec![path.clone()];
        while let Some(file) = queue.pop().and_then(|path| self.file(&path)) {
            for link in links(file).iter().filter(|link| !link.type_only) {
                let Some(target) = self.project.resolver.resolve(&file.path, &link.specifier) else { continue };
                if seen.insert(target.clone()) {
                    queue.push(target);
                }
            }
        }
        seen.remove(path);
        seen
    }
}

/// One `… from 'specifier'`.
struct Link {
    specifier: String,
    type_only: bool,
}

fn links(file: &SourceFile) -> Vec<Link> {
    let imports = file.imports().statements.iter();
    let mut links: Vec<Link> =
        imports.map(|import| Link { specifier: import.specifier.clone(), type_only: import.type_only }).collect();
    let root = file.root();
    let mut cursor = root.walk();
    for statement in root.named_children(&mut cursor).filter(|node| node.kind() == "export_statement") {
        let Some(source) = statement.child_by_field_name("source") else { continue };
        let specifier = file.text_of(source).trim_matches(['\'', '"']).to_owned();
        links.push(Link { specifier, type_only: statement.child(1).is_some_and(|word| word.kind() == "type") });
    }
    links
}

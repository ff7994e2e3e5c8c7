//! Modules that hand a logger on: `export { logger } from './logger'`.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use crate::project::{Project, RelPath};
use crate::syntax::exports::{self, Target};

/// What is known of the modules that might hand one export of one module on. Each is read once.
#[derive(Debug, Default)]
pub struct Barrels(Mutex<HashMap<RelPath, bool>>);

impl Barrels {
    /// Whether the module at `path` hands on the export `name` of `origin`, under that name.
    pub fn hand_on(&self, project: &Project, path: &RelPath, name: &str, origin: &RelPath) -> bool {
        if let Some(known) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(path) {
            return *known;
        }
        let found = leads_to(project, path, name, (name, origin), &mut HashSet::new());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(path.clone(), found);
        found
    }
}

/// Whether the export `name` of the module at `path` is that of another module, the `goal`. Modules may export each other:
/// what was `seen` isn't asked again.
fn leads_to(
    project: &Project,
    path: &RelPath,
    name: &str,
    goal: (&str, &RelPath),
    seen: &mut HashSet<(RelPath, String)>,
) -> bool {
    if (name, path) == goal {
        return true;
    }
    if !seen.insert((path.clone(), name.to_owned())) {
        return false;
    }
    let Some(file) = project.parse(path) else { return false };
    exports::of(&file).into_iter().any(|export| {
        let Target::Other { name: theirs, specifier } = export.target else { return false };
        let theirs = match export.name.as_str() {
            "*" => name,
            own if own == name => theirs.as_str(),
            _ => return false,
        };
        let other = project.resolver.resolve(path, &specifier);
        other.is_some_and(|other| leads_to(project, &other, theirs, goal, seen))
    })
}

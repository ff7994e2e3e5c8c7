//! How the files of a unit are written, where one of them doesn't say.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use memchr::memmem;
use serde::{Deserialize, Serialize};

use super::{Project, UnitId};

/// How many relative imports show that a unit does without its aliases.
const ENOUGH: usize = 10;

/// Whether the files of a unit do without an alias that they have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Habit {
    unit: UnitId,
    alias: String,
    is_shunned: bool,
}

/// What was found out so far. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Habits {
    shunned: Arc<Mutex<HashMap<(UnitId, String), bool>>>,
}

impl Habits {
    /// Whether no file of a unit imports from `alias` (`@` in `@/lib/x`), though there are imports enough to tell.
    pub(super) fn shun(&self, project: &Project, unit: UnitId, alias: &str) -> bool {
        let key = (unit, alias.to_owned());
        let mut shunned = self.shunned.lock().unwrap_or_else(PoisonError::into_inner);
        *shunned.entry(key).or_insert_with(|| is_shunned(project, unit, alias))
    }

    /// All that was found out, sorted.
    pub(super) fn known(&self) -> Vec<Habit> {
        let shunned = self.shunned.lock().unwrap_or_else(PoisonError::into_inner);
        let habit = |((unit, alias), is_shunned): (&(UnitId, String), &bool)| Habit {
            unit: *unit,
            alias: alias.clone(),
            is_shunned: *is_shunned,
        };
        let mut known: Vec<Habit> = shunned.iter().map(habit).collect();
        known.sort();
        known
    }

    /// Takes over what was found out before.
    pub(super) fn recall(&self, habits: &[Habit]) {
        let mut shunned = self.shunned.lock().unwrap_or_else(PoisonError::into_inner);
        shunned.extend(habits.iter().map(|habit| ((habit.unit, habit.alias.clone()), habit.is_shunned)));
    }

    /// Forgets what was found out if some of it isn't so any more. Whether all of it still is.
    pub(super) fn review(&self, project: &Project) -> bool {
        let mut shunned = self.shunned.lock().unwrap_or_else(PoisonError::into_inner);
        let holds = shunned.iter().all(|((unit, alias), known)| is_shunned(project, *unit, alias) == *known);
        if !holds {
            shunned.clear();
        }
        holds
    }
}

fn is_shunned(project: &Project, unit: UnitId, alias: &str) -> bool {
    let quoted = |start: &str| [format!("'{start}"), format!("\"{start}")];
    let aliased = quoted(&format!("{alias}/"));
    let relative = [quoted("./"), quoted("../")].concat();
    let mut seen = 0;
    for file in project.files.iter().filter(|file| file.unit == unit) {
        let Ok(text) = project.sources.read_owned(&file.path) else { continue };
        if aliased.iter().any(|start| memmem::find(text.as_bytes(), start.as_bytes()).is_some()) {
            return false;
        }
        seen += relative.iter().map(|start| memmem::find_iter(text.as_bytes(), start).count()).sum::<usize>();
    }
    seen >= ENOUGH
}

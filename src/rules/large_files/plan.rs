//! What is taken out of a file, and what becomes of it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use super::grouping::{Grouping, Purpose, Wanted, group};
use super::importers::Importers;
use super::leave;
use super::module::Layout;
use super::naming::Names;
use super::outline::{Outline, has_jsx};
use crate::edit::{Applicability, Edit, Fix, NewFile};
use crate::path::RelPath;
use crate::project::{Project, lines_of};

/// How many modules a file is split into at most if nobody says which: more would only hide that it should be thought over.
const MAX_MODULES: usize = 8;
/// How many lines a further module must be worth.
const PRICE_OF_MODULE: usize = 4;

/// A file that is too large, and what is known of it.
pub struct LargeFile<'a, 't> {
    pub project: &'a Project,
    pub path: &'a RelPath,
    pub outline: &'a Outline<'t>,
    pub importers: &'a Importers,
    pub names: &'a Names<'a>,
    /// The most lines that a file may have.
    pub max_lines: usize,
    /// The fewest lines that are worth a module.
    pub min_lines: usize,
}

/// Something that could be taken out.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// What it is; `None` for all types.
    pub unit: Option<usize>,
    /// How many lines the file would lose.
    pub lines: usize,
    /// The place in the file.
    pub range: Range<usize>,
}

/// A split that was worked out.
#[derive(Debug)]
pub struct Split {
    pub modules: Vec<Module>,
    pub edits: Vec<Edit>,
    /// How many lines the file has left.
    pub lines_left: usize,
}

/// A new module.
#[derive(Debug)]
pub struct Module {
    pub path: RelPath,
    pub text: String,
}

impl Split {
    /// The split as a fix.
    pub fn fix(&self, path: &RelPath) -> Fix {
        let new_files = self
            .modules
            .iter()
            .map(|module| NewFile { path: module.path.clone(), text: Arc::from(module.text.as_str()) });
        Fix {
            applicability: Applicability::Unsafe,
            edits: self.edits.clone(),
            imports: Vec::new(),
            declarations: Vec::new(),
            new_files: new_files.collect(),
            removed_comments: self.edits.iter().map(|edit| (path.clone(), edit.range.clone())).collect(),
        }
    }
}

impl LargeFile<'_, '_> {
    /// What could be taken out, the best first: by the lines that the file would lose.
    pub fn candidates(&self) -> Vec<Candidate> {
        let (nothing, before) = (Wanted::default(), Grouping::new());
        let mut candidates: Vec<Candidate> =
            self.options().into_iter().filter_map(|unit| self.candidate(unit, &nothing, &before)).collect();
        candidates.sort_by_key(|candidate| (std::cmp::Reverse(candidate.lines), candidate.range.start));
        candidates
    }

    /// What may be wanted: all types, and each unit that doesn't stay.
    fn options(&self) -> Vec<Option<usize>> {
        let units = (0..self.outline.units.len()).filter(|at| self.outline.units[*at].stays.is_none());
        std::iter::once(None).chain(units.map(Some)).collect()
    }

    /// What taking `unit` as well as `taken`, which is grouped as `before`, would bring, if it is worth a module.
    fn candidate(&self, unit: Option<usize>, taken: &Wanted, before: &Grouping) -> Option<Candidate> {
        let file = self.outline.file;
        let lines_of =
            |units: &BTreeSet<usize>| units.iter().map(|at| self.outline.units[*at].lines(file) + 1).sum::<usize>();
        let moved = |grouping: &Grouping| grouping.values().flatten().copied().collect::<BTreeSet<usize>>();
        let after = group(self.outline, &with(taken, unit));
        let more_modules = after.len().saturating_sub(before.len());
        let gained = lines_of(&moved(&after)).checked_sub(lines_of(&moved(before)) + more_modules)?;
        let is_worth_it = gained >= self.min_lines.max(1) + PRICE_OF_MODULE * more_modules.saturating_sub(1);
        let fits = after.values().all(|units| lines_of(units) <= self.max_lines);
        let first = match unit {
            Some(unit) => self.outline.units[unit].items.first(),
            None => self
                .outline
                .units
                .iter()
                .filter(|it| it.is_type() && it.stays.is_none())
                .find_map(|it| it.items.first()),
        }?;
        let is_many = unit.is_some() || after.values().any(|units| units.len() > 1);
        (is_worth_it && fits && is_many && after.len() <= MAX_MODULES).then(|| Candidate {
            unit,
            lines: gained,
            range: first.node.byte_range(),
        })
    }

    /// Where a module goes.
    fn module_path(&self, purpose: &Purpose, has_jsx: bool) -> Result<RelPath, String> {
        let unit = match purpose {
            Purpose::Types => return self.names.path(&self.names.of_shared("types"), has_jsx),
            Purpose::Constants => return self.names.path(&self.names.of_shared("constants"), has_jsx),
            Purpose::Own(unit) => &self.outline.units[*unit],
        };
        let own = self.names.path(&self.names.of_declaration(unit.name()), has_jsx);
        let what = if unit.is_type() { "types" } else { "constants" };
        match own {
            // A type may be called as the file is.
            Err(_) if unit.is_type() || unit.is_constant(self.outline.file) => {
                self.names.path(&self.names.of_shared(what), has_jsx)
            }
            own => own,
        }
    }

    /// The best until the file is below the limit, or nothing is left that is worth it.
    ///
    /// # Errors
    /// Why there is nothing at all, as a clause; `None` if nothing is worth it.
    pub fn best(&self) -> Result<Wanted, Option<String>> {
        let mut wanted = Wanted::default();
        let (mut refused, mut reason) = (BTreeSet::new(), None);
        loop {
            let options = self.options();
            let open = options.into_iter().filter(|unit| match unit {
                _ if refused.contains(unit) => false,
                Some(unit) => !wanted.heads.contains(unit),
                None => !wanted.types,
            });
            let before = group(self.outline, &wanted);
            let candidates = open.filter_map(|unit| self.candidate(unit, &wanted, &before));
            let best = candidates.max_by_key(|candidate| (candidate.lines, std::cmp::Reverse(candidate.range.start)));
            let Some(best) = best else { break };
            let more = with(&wanted, best.unit);
            let split = match self.split(&more) {
                Ok(split) => split,
                Err(why) => {
                    refused.insert(best.unit);
                    reason = reason.or(Some(why));
                    continue;
                }
            };
            wanted = more;
            if split.lines_left <= self.max_lines {
                break;
            }
        }
        if wanted.types || !wanted.heads.is_empty() { Ok(wanted) } else { Err(reason) }
    }

    /// The modules and edits that take out what is wanted.
    ///
    /// # Errors
    /// Why that can't be done, as a clause.
    pub fn split(&self, wanted: &Wanted) -> Result<Split, String> {
        if let Some(reason) = self.names.refusal() {
            return Err(reason);
        }
        for head in &wanted.heads {
            let unit = &self.outline.units[*head];
            if let Some(stay) = &unit.stays {
                return Err(format!("`{}` can't be taken out: {stay}", unit.name()));
            }
        }
        let grouping = group(self.outline, wanted);
        let mut layout = Layout {
            project: self.project,
            outline: self.outline,
            grouping: &grouping,
            path: self.path,
            paths: BTreeMap::new(),
        };
        let mut stems = BTreeSet::new();
        for (purpose, units) in &grouping {
            let has_jsx = units.iter().any(|unit| has_jsx(&self.outline.units[*unit], self.outline.file));
            let path = self.module_path(purpose, has_jsx)?;
            if !stems.insert(path.as_str().to_lowercase()) {
                return Err(format!("two modules would be {path}"));
            }
            layout.paths.insert(purpose.clone(), path);
        }
        let edits = leave::edits(&layout, self.importers)?;
        let modules: Vec<Module> = grouping
            .iter()
            .filter_map(|(purpose, units)| {
                Some(Module { path: layout.paths.get(purpose)?.clone(), text: layout.text(purpose, units) })
            })
            .collect();
        let text = &self.outline.file.text;
        let removed: usize = edits.iter().map(|edit| breaks(&text[edit.range.clone()])).sum();
        let added: usize = edits.iter().map(|edit| breaks(&edit.text)).sum();
        Ok(Split { modules, edits, lines_left: (lines_of(text) + added).saturating_sub(removed) })
    }
}

/// `wanted` and `unit`; all types for `None`.
fn with(wanted: &Wanted, unit: Option<usize>) -> Wanted {
    let mut wanted = wanted.clone();
    match unit {
        Some(unit) => wanted.heads.push(unit),
        None => wanted.types = true,
    }
    wanted
}

/// How many line breaks a text has.
pub fn breaks(text: &str) -> usize {
    memchr::memchr_iter(b'\n', text.as_bytes()).count()
}

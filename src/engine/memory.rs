//! What is kept of a project between runs, for a caller that stays while files change one by one, as an editor's server does.
//!
//! A file is looked at again if its text is another one. What the rules collected from the others stays, unless one of the
//! files that they consulted for it is among those that changed: then all are looked at again. Violations, which depend on
//! all files, are resolved anew each time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use rayon::prelude::*;

use super::passes::{Passes, Triggers};
use super::scan::{self, Former, KEPT_SOURCE_BYTES, Scan, Seen};
use super::{Outcome, Request, Run};
use crate::project::{Problem, Project, ProjectFile, RelPath};
use crate::report::Report;
use crate::rules::Asked;

/// What is known of a project. It belongs to one list of rules and one configuration; with others a new one is needed.
#[derive(Debug, Default)]
pub struct Memory {
    looks: BTreeMap<RelPath, Look>,
    scan: Scan,
    /// The files that the rules read for the facts that are kept, beside each file itself.
    consulted: BTreeSet<RelPath>,
    /// Configurations that can't be used, which the rules came upon meanwhile.
    unusable: BTreeSet<Problem>,
    looked_at: usize,
}

/// What is remembered of a file besides its record.
#[derive(Debug)]
struct Look {
    /// The text in the project's overlay; `None` if it was read from disk.
    overlaid: Option<Arc<str>>,
    /// Whether the disk has another text by now.
    is_stale: bool,
    is_left_out: bool,
    is_parsed: bool,
    problem: Option<Problem>,
}

impl Memory {
    /// Nothing is known yet.
    pub fn new() -> Memory {
        Memory::default()
    }

    /// Makes the next run read a file again, though the overlay is as it was.
    pub fn forget(&mut self, path: &RelPath) {
        if let Some(look) = self.looks.get_mut(path) {
            look.is_stale = true;
        }
    }

    /// How many files the last run looked at.
    pub fn looked_at(&self) -> usize {
        self.looked_at
    }

    /// Runs `request` over `project` as [`super::run`] does, but looks at those files only that it doesn't know. Only
    /// violations in files that are `asked` about are reported and mended.
    ///
    /// Between two runs files may have other texts in the overlay, or on disk if [`Self::forget`] was told, and there may
    /// be more or fewer TypeScript files. After any other change a new memory is needed.
    pub fn run(&mut self, project: &Project, request: &Request<'_>, asked: Asked<'_>) -> Outcome {
        self.outcome(project, request, asked, false)
    }

    /// What a run finds. Wanted fixes are made and proved once; nobody looks for what they leave.
    pub fn find(&mut self, project: &Project, request: &Request<'_>, asked: Asked<'_>) -> Report {
        self.outcome(project, request, asked, true).found
    }

    fn outcome(&mut self, project: &Project, request: &Request<'_>, asked: Asked<'_>, only_proves: bool) -> Outcome {
        let observer = Arc::default();
        let project = &project.observed_by(&observer);
        let triggers = Triggers::of(request.rules, &project.config);
        let run = Run { project, request, triggers, asked, only_proves };
        let mut unknown: Vec<&ProjectFile> = project.files.iter().filter(|file| !self.knows(project, file)).collect();
        let is_consulted = unknown.iter().any(|file| self.consulted.contains(&file.path));
        let are_others = !self.looks.keys().eq(project.files.iter().map(|file| &file.path));
        if is_consulted || are_others || (!unknown.is_empty() && !project.review_habits()) {
            *self = Memory::new();
            unknown = project.files.iter().collect();
        }
        let passes = run.start(project);
        self.look(project, &passes, unknown);
        // Before anything is resolved: that is done anew, whatever it reads.
        match observer.finish() {
            Some(observed) => self.consulted.extend(observed.read.into_keys()),
            // Nobody knows what was made of which text.
            None => self.looks.values_mut().for_each(|look| look.is_stale = true),
        }
        self.unusable.extend(project.resolver.problems());
        self.count(project);
        run.outcome_of(&passes, &self.scan)
    }

    fn knows(&self, project: &Project, file: &ProjectFile) -> bool {
        let look = self.looks.get(&file.path);
        look.is_some_and(|look| !look.is_stale && look.overlaid.as_ref() == project.sources.overlaid(&file.path))
    }

    fn look(&mut self, project: &Project, passes: &Passes<'_>, mut files: Vec<&ProjectFile>) {
        // The largest go first, since one of them may take as long as all others.
        files.sort_by_key(|file| std::cmp::Reverse(file.size));
        self.looked_at = files.len();
        let look = |entry: &ProjectFile| {
            let overlaid = project.sources.overlaid(&entry.path).cloned();
            // What somebody is working at has a tree, from which the proof goes on.
            let room = AtomicUsize::new(if overlaid.is_some() { KEPT_SOURCE_BYTES } else { 0 });
            // Of what was typed since, only a part is parsed.
            let tree = self.scan.records.get(&entry.path).and_then(|record| record.snapshot.tree.as_ref());
            let former = tree.map_or(Former::Nothing, Former::Tree);
            (entry.path.clone(), overlaid, scan::look(project, entry, passes, &|record| record, &room, former))
        };
        let seen: Vec<_> = files.into_par_iter().with_max_len(1).map(look).collect();
        for (path, overlaid, seen) in seen {
            self.remember(path, overlaid, seen);
        }
    }

    /// What there is to say of all looks.
    fn count(&mut self, project: &Project) {
        let looks = || self.looks.values();
        self.scan.files_seen = looks().filter(|look| !look.is_left_out).count();
        self.scan.files_parsed = looks().filter(|look| look.is_parsed).count();
        let problems = project.problems.iter().chain(&self.unusable);
        self.scan.problems = problems.chain(looks().filter_map(|look| look.problem.as_ref())).cloned().collect();
    }

    fn remember(&mut self, path: RelPath, overlaid: Option<Arc<str>>, seen: Seen) {
        let is_left_out = matches!(seen, Seen::LeftOut);
        let is_parsed = matches!(seen, Seen::Parsed | Seen::Recorded(_));
        let mut problem = None;
        self.scan.records.remove(&path);
        match seen {
            Seen::Recorded(record) => drop(self.scan.records.insert(path.clone(), *record)),
            Seen::Failed(found) => problem = Some(found),
            Seen::LeftOut | Seen::Clean | Seen::Parsed => {}
        }
        self.looks.insert(path, Look { overlaid, is_stale: false, is_left_out, is_parsed, problem });
    }
}

//! scan → collect → resolve → plan → prove, in parallel.

mod additions;
mod ahead;
mod cache;
mod comments;
mod judge;
mod memory;
mod merge;
mod passes;
mod plan;
mod prove;
mod scan;
mod shelf;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use rayon::prelude::*;

use self::additions::{Additions, State};
pub use self::cache::{Cache, Cached};
use self::judge::Judgement;
pub use self::memory::Memory;
use self::passes::{Passes, Triggers};
use self::plan::{Plan, Planned};
use self::scan::{Scan, View};
use self::shelf::Shelf;
use crate::edit::{Applicability, FileChange};
use crate::project::{Project, RelPath, Selection};
use crate::report::{Finding, FindingFix, Report, Stats};
use crate::rules::{Asked, Rule, Violation};

/// What is asked of a run.
pub struct Request<'a> {
    /// The rules, in the order in which their insertions stand at one offset.
    pub rules: &'a [Box<dyn Rule>],
    /// Whether the rule `suppression` runs as well. Suppressions count either way.
    pub suppression: bool,
    /// Which files are reported and changed. All are known.
    pub selection: &'a Selection,
    /// The fixes that are wanted. They are tried and proved in any case, so that a report names none that fails.
    pub fix: FixMode,
    /// Which violations are to be mended, if not all that have a wanted fix; then in one pass, as they were shown.
    pub chosen: Option<&'a (dyn Fn(&Violation) -> bool + Sync)>,
    /// Called once for each file that was looked at.
    pub progress: &'a (dyn Fn() + Sync),
}

/// Which fixes are applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FixMode {
    /// Safe ones.
    Safe,
    /// Safe and unsafe ones.
    Unsafe,
}

impl FixMode {
    fn takes(self, applicability: Applicability) -> bool {
        match applicability {
            Applicability::Safe => true,
            Applicability::Unsafe => self == FixMode::Unsafe,
            Applicability::DisplayOnly => false,
        }
    }
}

/// What a run came to.
#[derive(Debug)]
pub struct Outcome {
    /// What was found in the files as they are.
    pub found: Report,
    /// What is left after the fixes, in the files as they would be.
    pub remaining: Report,
    /// What the fixes make of the files, sorted by path.
    pub changes: Vec<FileChange>,
    /// The files of each fix that was made in more than one.
    pub together: Vec<BTreeSet<RelPath>>,
}

/// Runs `request` over `project`, on the threads of the rayon pool that it is called in.
pub fn run(project: &Project, request: &Request<'_>) -> Outcome {
    let triggers = Triggers::of(request.rules, &project.config);
    Run { project, request, triggers, asked: &|_| true, only_proves: false }.outcome()
}

/// One run.
struct Run<'a> {
    project: &'a Project,
    request: &'a Request<'a>,
    triggers: Triggers,
    /// The files whose violations somebody wants to read about or to mend, of those that are selected.
    asked: Asked<'a>,
    /// Whether fixes are made and proved once, and nobody asks what they leave.
    only_proves: bool,
}

impl Run<'_> {
    fn outcome(&self) -> Outcome {
        let passes = self.start(self.project);
        let scan = self.scan(&passes, None);
        self.end(&passes, scan)
    }

    /// Scans the project, but those files only that aren't on the `shelf`; they are afterwards.
    fn scan(&self, passes: &Passes<'_>, shelf: Option<&Shelf<'_>>) -> Scan {
        let prove = |record| self.with_proof(passes, record);
        scan::all(self.project, passes, &prove, self.request.progress, shelf)
    }

    /// What comes of a project that was scanned, for somebody who has no other use for the scan.
    fn end(&self, passes: &Passes<'_>, scan: Scan) -> Outcome {
        let outcome = self.outcome_of(passes, &scan);
        // Trees have many nodes: freeing them takes long enough to be shared.
        scan.records.into_par_iter().for_each(drop);
        outcome
    }

    /// What comes of a project that was scanned.
    fn outcome_of(&self, passes: &Passes<'_>, scan: &Scan) -> Outcome {
        let unchanged = BTreeMap::new();
        let view = View { first: &scan.records, since: &unchanged };
        let judgement = Rc::new(self.judge(passes, view));
        let Planned { changes, remaining, proved, together } = Plan { run: self, scan, judgement: &judgement }.make();
        let found = self.report(State { project: self.project, view }, scan, &proved);
        Outcome { found, remaining, changes, together }
    }

    fn start<'p>(&'p self, project: &'p Project) -> Passes<'p> {
        Passes::start(self.request.rules, &self.triggers, project)
    }

    fn judge(&self, passes: &Passes<'_>, view: View<'_>) -> Judgement {
        judge::judge(passes, view, self.request.selection, self.request.suppression, self.asked)
    }

    /// The violations whose fixes are to be applied: by rule, then in their order.
    fn wanted<'v>(&self, judgement: &'v Judgement) -> Vec<&'v Violation> {
        let is_taken =
            |violation: &Violation| violation.fix.as_ref().is_some_and(|fix| self.request.fix.takes(fix.applicability));
        let is_chosen = |violation: &Violation| self.request.chosen.is_none_or(|chosen| chosen(violation));
        let taken = judgement.violations.iter().filter(|violation| is_taken(violation) && is_chosen(violation));
        let mut wanted: Vec<&Violation> = taken.collect();
        wanted.sort_by_key(|violation| self.rank(violation.rule));
        wanted
    }

    /// The place of a rule in the order in which fixes are applied; `suppression` comes last.
    fn rank(&self, rule: &str) -> usize {
        let rules = self.request.rules;
        rules.iter().position(|known| known.meta().name == rule).unwrap_or(rules.len())
    }

    /// The judgement of a project as a report.
    fn report(&self, state: State<'_>, scan: &Scan, judgement: &Judgement) -> Report {
        let additions = Additions::to(state);
        let findings = judgement.violations.iter().map(|violation| finding(violation, &additions)).collect();
        // After the findings, as their imports may bring up more of them.
        let resolvers = [&self.project.resolver, &state.project.resolver];
        let unusable = resolvers.into_iter().flat_map(|resolver| resolver.problems());
        let errors: BTreeSet<_> = judgement.problems.iter().chain(&scan.problems).cloned().chain(unusable).collect();
        let mut report = Report {
            findings,
            notes: judgement.notes.iter().cloned().collect(),
            errors: errors.into_iter().collect(),
            subjects: judgement.subjects.iter().cloned().collect(),
            accepted: 0,
            stats: Stats { files_seen: scan.files_seen, files_parsed: scan.files_parsed },
            texts: BTreeMap::new(),
        };
        let related = report.findings.iter().flat_map(|finding| &finding.related).map(|place| &place.path);
        let paths: BTreeSet<&RelPath> = report.findings.iter().map(|finding| &finding.path).chain(related).collect();
        let text = |path: &RelPath| match state.view.get(path) {
            Some(record) => Some(Arc::clone(&record.snapshot.text)),
            None => state.project.sources.read(path).ok(),
        };
        report.texts = paths.into_iter().filter_map(|path| Some((path.clone(), text(path)?))).collect();
        report
    }
}

fn finding(violation: &Violation, additions: &Additions<'_>) -> Finding {
    Finding {
        rule: violation.rule,
        path: violation.path.clone(),
        range: violation.range.clone(),
        message: violation.message.clone(),
        help: violation.help.clone(),
        related: violation.related.clone(),
        fingerprint: None,
        fix: violation.fix.as_ref().map(|fix| FindingFix {
            applicability: fix.applicability,
            edits: additions.complete(fix),
            new_files: fix.new_files.clone(),
        }),
    }
}

#[cfg(test)]
mod tests;

//! scan → collect → resolve → plan → prove, in parallel.

mod plan;
mod prove;
mod scan;

use std::collections::{BTreeMap, BTreeSet};

use rayon::ThreadPoolBuilder;

use self::plan::Plan;
use self::scan::{Scan, View};
use crate::edit::{Applicability, FileChange};
use crate::project::{Problem, Project, RelPath, Selection};
use crate::report::{Finding, FindingFix, Report, Stats};
use crate::rules::{Note, Pass, Rule, Violation, suppression};

/// What is asked of a run.
pub struct Request<'a> {
    /// The rules, in the order in which their insertions stand at one offset.
    pub rules: &'a [Box<dyn Rule>],
    /// Whether the rule `suppression` runs as well. Suppressions count either way.
    pub suppression: bool,
    /// Which files are reported and changed. All are known.
    pub selection: &'a Selection,
    /// The fixes that are wanted; `None` to report only.
    pub fix: Option<FixMode>,
    /// How many threads; 0 for one a core.
    pub threads: usize,
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
    /// What is left after the fixes, in the files as they would be. The same as `found` if none were asked for.
    pub remaining: Option<Report>,
    /// What the fixes make of the files, sorted by path.
    pub changes: Vec<FileChange>,
}

/// Runs `request` over `project`.
///
/// # Errors
/// If the threads can't be started.
pub fn run(project: &Project, request: &Request<'_>) -> Result<Outcome, rayon::ThreadPoolBuildError> {
    let pool = ThreadPoolBuilder::new().num_threads(request.threads).build()?;
    Ok(pool.install(|| Run { project, request }.outcome()))
}

/// One run.
struct Run<'a> {
    project: &'a Project,
    request: &'a Request<'a>,
}

/// The violations of a project at one moment.
struct Judgement {
    violations: Vec<Violation>,
    notes: BTreeSet<Note>,
    problems: BTreeSet<Problem>,
}

impl Run<'_> {
    fn outcome(&self) -> Outcome {
        let passes = self.start(self.project);
        let scan = scan::all(self.project, self.request, &passes);
        let unchanged = BTreeMap::new();
        let view = View { first: &scan.records, changed: &unchanged };
        let judgement = self.judge(&passes, &scan, view);
        let found = self.report(self.project, &scan, view, &judgement);
        let Some(mode) = self.request.fix else { return Outcome { found, remaining: None, changes: Vec::new() } };
        let planned = Plan { run: self, scan: &scan, judgement: &judgement, mode }.make();
        Outcome { found, remaining: Some(planned.remaining), changes: planned.changes }
    }

    fn start<'p>(&self, project: &'p Project) -> Vec<Box<dyn Pass + 'p>> {
        self.request.rules.iter().map(|rule| rule.start(project)).collect()
    }

    /// The violations that stand: of all that the rules resolve, those that are not suppressed, in the selection. A fix
    /// that reaches out of the selection is withheld.
    fn judge(&self, passes: &[Box<dyn Pass + '_>], scan: &Scan, view: View<'_>) -> Judgement {
        let records = view.records();
        let mut judgement = Judgement {
            violations: Vec::new(),
            notes: BTreeSet::new(),
            problems: scan.problems.iter().cloned().collect(),
        };
        for (index, pass) in passes.iter().enumerate() {
            let facts = records.iter().filter_map(|record| Some((record.path(), record.facts[index].as_ref()?)));
            let facts: Vec<_> = facts.collect();
            let resolution = pass.resolve(&facts);
            judgement.violations.extend(resolution.violations);
            judgement.notes.extend(resolution.notes);
            judgement.problems.extend(resolution.problems);
        }
        let ran: Vec<&str> = self.request.rules.iter().map(|rule| rule.meta().name).collect();
        let directives = records.iter().map(|record| (record.path(), record.directives.as_slice()));
        let left = suppression::apply(directives, &mut judgement.violations, &ran);
        if self.request.suppression {
            judgement.violations.extend(left);
        }
        judgement.violations.retain(|violation| self.request.selection.contains(&violation.path));
        for violation in &mut judgement.violations {
            withhold(self.request.selection, violation);
        }
        judgement.violations.sort_by(|a, b| {
            (&a.path, a.range.start, a.range.end, a.rule).cmp(&(&b.path, b.range.start, b.range.end, b.rule))
        });
        judgement
    }

    /// The judgement as a report.
    fn report(&self, project: &Project, scan: &Scan, view: View<'_>, judgement: &Judgement) -> Report {
        let findings = judgement.violations.iter().map(|violation| Finding {
            rule: violation.rule,
            path: violation.path.clone(),
            range: violation.range.clone(),
            message: violation.message.clone(),
            help: violation.help.clone(),
            related: violation.related.clone(),
            fix: violation.fix.as_ref().map(|fix| FindingFix {
                applicability: fix.applicability,
                edits: plan::edits_of(project, view, fix),
                new_files: fix.new_files.clone(),
            }),
        });
        let mut report = Report {
            findings: findings.collect(),
            notes: judgement.notes.iter().cloned().collect(),
            errors: judgement.problems.iter().cloned().collect(),
            stats: Stats { files_seen: scan.files_seen, files_parsed: scan.files_parsed },
            ..Report::default()
        };
        let related = |finding: &Finding| finding.related.iter().map(|place| place.path.clone()).collect::<Vec<_>>();
        let mut paths: BTreeSet<RelPath> = report.findings.iter().flat_map(related).collect();
        paths.extend(report.findings.iter().map(|finding| finding.path.clone()));
        for path in paths {
            let text = view.get(&path).map(|record| record.text.clone());
            if let Some(text) = text.or_else(|| project.sources.read(&path).ok()) {
                report.texts.insert(path, text);
            }
        }
        report
    }
}

/// Takes the fix from a violation if it needs edits outside of the selection, and says so.
fn withhold(selection: &Selection, violation: &mut Violation) {
    let Some(fix) = &violation.fix else { return };
    let outside: Vec<String> =
        fix.paths().into_iter().filter(|path| !selection.contains(path)).map(ToString::to_string).collect();
    if !outside.is_empty() {
        violation.help = Some(format!("fix withheld: it also needs {}", outside.join(", ")));
        violation.fix = None;
    }
}

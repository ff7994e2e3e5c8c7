//! From facts to the violations that stand.

use std::collections::BTreeSet;

use super::passes::{Failure, Passes};
use super::scan::View;
use crate::project::{Problem, Selection};
use crate::rules::suppression;
use crate::rules::{Asked, Note, Subject, Violation};

/// What the rules have to say of a project at one moment.
#[derive(Debug)]
pub struct Judgement {
    /// Sorted by path, then by offset, then by rule.
    pub violations: Vec<Violation>,
    pub notes: BTreeSet<Note>,
    pub problems: BTreeSet<Problem>,
    pub subjects: BTreeSet<Subject>,
}

/// The violations that stand: of all that the rules resolve, those that are not suppressed, in the selection. A fix
/// that reaches out of the selection is withheld.
///
/// `reports_suppressions` is whether what is wrong with the suppressions themselves counts. Of the files that nobody has
/// `asked` about there are no violations.
pub fn judge(
    passes: &Passes<'_>,
    view: View<'_>,
    selection: &Selection,
    reports_suppressions: bool,
    asked: Asked<'_>,
) -> Judgement {
    let records = view.records();
    let (resolution, failures) = passes.resolve(&records, asked);
    let failures: Vec<&Failure> = records.iter().flat_map(|record| &record.failures).chain(&failures).collect();
    // Nobody knows whether a directive is needed by a rule that failed.
    let is_done = |rule: &&str| !failures.iter().any(|failure| failure.rule == *rule);
    let done: Vec<&str> = passes.names().into_iter().filter(is_done).collect();
    let mut violations = resolution.violations;
    let directives = records.iter().map(|record| (record.path(), record.directives.as_slice()));
    let about_directives = suppression::apply(directives, &mut violations, &done);
    if reports_suppressions {
        violations.extend(about_directives);
    }
    violations.retain(|violation| asked(&violation.path) && selection.contains(&violation.path));
    for violation in &mut violations {
        withhold(selection, violation);
    }
    violations.sort_by(|a, b| {
        (&a.path, a.range.start, a.range.end, a.rule).cmp(&(&b.path, b.range.start, b.range.end, b.rule))
    });
    let failed = failures.iter().map(|failure| failure.problem.clone());
    Judgement {
        violations,
        notes: resolution
            .notes
            .into_iter()
            .filter(|note| note.path.as_ref().is_none_or(|path| selection.contains(path)))
            .collect(),
        problems: failed.chain(resolution.problems).collect(),
        subjects: resolution.subjects.into_iter().collect(),
    }
}

/// Takes the fix from a violation if it needs edits outside of the selection, and says so.
fn withhold(selection: &Selection, violation: &mut Violation) {
    let Some(fix) = &violation.fix else { return };
    let outside: Vec<&str> =
        fix.paths().into_iter().filter(|path| !selection.contains(path)).map(|path| path.as_str()).collect();
    if let Some(file) = fix.new_files.first().filter(|_| !selection.may_add_files()) {
        violation.help = Some(format!("fix withheld: it brings {} along", file.path));
        violation.fix = None;
        return;
    }
    if !outside.is_empty() {
        violation.help = Some(format!("fix withheld: it also needs {}", outside.join(", ")));
        violation.fix = None;
    }
}

//! Fixes as code actions. Each is made and proved by the engine before it is offered.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use gen_lsp_types::{self as lsp, CodeActionKind};

use super::client::Client;
use super::diagnostics;
use super::documents::Documents;
use super::edits;
use super::served::{Choice, Defect, Opened};
use super::text::Text;
use crate::edit::{Applicability, FileChange};
use crate::engine::FixMode;
use crate::project::{Project, RelPath};
use crate::report::{Finding, Report};

/// The kind of the action that fixes all that is safe in a document.
pub const FIX_ALL: &str = "source.fixAll.phase2";

/// How often what fixes left to each other is fixed again, as in `phase2 fix`.
const MAX_PASSES: usize = 4;

/// What is asked about a document.
pub struct Asked<'a> {
    pub client: &'a Client,
    pub documents: &'a Documents,
    /// The project's root.
    pub root: &'a Path,
    /// The document.
    pub path: &'a RelPath,
    /// What was found in the project.
    pub report: &'a Report,
    /// The bytes that the editor asks about.
    pub range: Range<usize>,
    /// The kinds that it wants, with all below them; all if it doesn't say.
    pub only: Option<&'a [CodeActionKind]>,
}

impl Asked<'_> {
    /// The actions: fixes of what is in the range, of all of its rules, suppressions, and of all that is safe in the file.
    ///
    /// # Errors
    /// If a run failed.
    pub fn actions(&self, opened: &mut Opened) -> Result<Vec<lsp::CodeAction>, Defect> {
        let Some(text) = self.report.texts.get(self.path) else { return Ok(Vec::new()) };
        let places = Text::new(text, self.client.encoding);
        let run = &mut Run {
            project: opened.project(self.documents),
            open: opened.open(self.documents),
            opened,
            before: None,
        };
        let mut actions = Vec::new();
        if self.wants(&CodeActionKind::QuickFix) {
            let met: Vec<&Finding> = self.findings().filter(|finding| self.is_met(finding)).collect();
            for finding in &met {
                actions.extend(self.fix(run, &places, finding)?);
            }
            actions.extend(self.fix_rules(run, &met)?);
            for finding in &met {
                actions.extend(self.suppress(run, &places, text, finding)?);
            }
        }
        let fix_all = CodeActionKind::Custom(FIX_ALL.into());
        if self.wants(&fix_all) && self.findings().any(is_safe) {
            let changes = run.all(self.path, &|_| true)?;
            actions.extend(self.action("Fix all that phase2 can fix safely".to_owned(), fix_all, &changes));
        }
        Ok(actions)
    }

    fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.report.findings.iter().filter(|finding| finding.path == *self.path)
    }

    fn is_met(&self, finding: &Finding) -> bool {
        finding.range.start <= self.range.end && self.range.start <= finding.range.end
    }

    fn wants(&self, kind: &CodeActionKind) -> bool {
        let Some(only) = self.only else { return true };
        only.iter().any(|wanted| {
            let below = kind.as_str().strip_prefix(wanted.as_str());
            below.is_some_and(|below| wanted.as_str().is_empty() || below.is_empty() || below.starts_with('.'))
        })
    }

    /// The fix of one violation.
    fn fix(&self, run: &mut Run<'_>, places: &Text<'_>, finding: &Finding) -> Result<Option<lsp::CodeAction>, Defect> {
        let (mode, warning) = match finding.fix.as_ref().map(|fix| fix.applicability) {
            Some(Applicability::Safe) => (FixMode::Safe, ""),
            Some(Applicability::Unsafe) => (FixMode::Unsafe, "Unsafe, may change what the program means: "),
            Some(Applicability::DisplayOnly) | None => return Ok(None),
        };
        let changes = run.one(mode, finding)?;
        let what = finding.help.as_deref().and_then(|help| help.lines().next()).unwrap_or(&finding.message);
        let title = format!("{warning}{what} ({})", finding.rule);
        Ok(self.action(title, CodeActionKind::QuickFix, &changes).map(|action| lsp::CodeAction {
            diagnostics: Some(vec![diagnostics::of_finding(places, finding)]),
            is_preferred: (mode == FixMode::Safe).then_some(true),
            ..action
        }))
    }

    /// For each rule of the violations that are `met`, the safe fixes of all of its violations in the document.
    fn fix_rules(&self, run: &mut Run<'_>, met: &[&Finding]) -> Result<Vec<lsp::CodeAction>, Defect> {
        let mut rules: Vec<&'static str> = met.iter().map(|finding| finding.rule).collect();
        rules.sort_unstable();
        rules.dedup();
        let mut actions = Vec::new();
        for rule in rules {
            if self.findings().any(|finding| finding.rule == rule && is_safe(finding)) {
                let changes = run.all(self.path, &|known| known == rule)?;
                let title = format!("Fix all of rule {rule} in this file");
                actions.extend(self.action(title, CodeActionKind::QuickFix, &changes));
            }
        }
        Ok(actions)
    }

    /// A comment above the line that excuses the violation, if one does.
    fn suppress(
        &self,
        run: &mut Run<'_>,
        places: &Text<'_>,
        text: &str,
        finding: &Finding,
    ) -> Result<Option<lsp::CodeAction>, Defect> {
        let line = places.line_around(finding.range.start);
        let indent: String = text[line.clone()].chars().take_while(|letter| letter.is_whitespace()).collect();
        let line_break = if text[line.end..].starts_with("\r\n") { "\r\n" } else { "\n" };
        let directive = format!("phase2-ignore {}: REASON", finding.rule);
        for comment in [format!("// {directive}"), format!("{{/* {directive} */}}")] {
            let mut after = text.to_owned();
            after.insert_str(line.start, &format!("{indent}{comment}{line_break}"));
            if run.is_excused(self.path, after.as_str().into(), finding.rule)? {
                let change = FileChange { path: self.path.clone(), before: Some(text.into()), after };
                let title = format!("Suppress {} on this line", finding.rule);
                return Ok(self.action(title, CodeActionKind::QuickFix, &[change]));
            }
        }
        Ok(None)
    }

    /// An action, if there is something to change and the client can do it.
    fn action(&self, title: String, kind: CodeActionKind, changes: &[FileChange]) -> Option<lsp::CodeAction> {
        if changes.is_empty() {
            return None;
        }
        let edit = edits::of_changes(self.client, self.documents, self.root, changes)?;
        Some(lsp::CodeAction { title, kind: Some(kind), edit: Some(edit), ..lsp::CodeAction::default() })
    }
}

fn is_safe(finding: &Finding) -> bool {
    finding.fix.as_ref().is_some_and(|fix| fix.applicability == Applicability::Safe)
}

/// What the engine is asked for one answer.
struct Run<'a> {
    opened: &'a mut Opened,
    project: Project,
    open: BTreeSet<RelPath>,
    /// What is found as it is, beside what the baseline accepts.
    before: Option<Report>,
}

impl Run<'_> {
    /// What becomes of the files if one violation is mended.
    fn one(&mut self, mode: FixMode, finding: &Finding) -> Result<Vec<FileChange>, Defect> {
        let Finding { rule, path, range, .. } = finding;
        let choice: Choice<'_> = &|it| it.rule == *rule && it.path == *path && it.range == *range;
        Ok(self.opened.run(&self.project, mode, choice, &self.open)?.changes)
    }

    /// What becomes of the files if all that is safe is mended in the one at `path`, as far as the rules are `wanted`.
    fn all(&mut self, path: &RelPath, wanted: &(dyn Fn(&str) -> bool + Sync)) -> Result<Vec<FileChange>, Defect> {
        let choice: Choice<'_> = &|it| it.path == *path && wanted(it.rule);
        let mut all: BTreeMap<RelPath, FileChange> = BTreeMap::new();
        for _ in 0..MAX_PASSES {
            let after = all.values().map(|change| (change.path.clone(), Arc::from(change.after.as_str())));
            let project = self.project.with_overlay(after.collect::<Vec<_>>());
            let outcome = self.opened.run(&project, FixMode::Safe, choice, &self.open)?;
            for change in outcome.changes {
                let known = all.entry(change.path.clone()).or_insert_with(|| change.clone());
                known.after = change.after;
            }
            let left = outcome.remaining.findings;
            if !left.iter().any(|finding| finding.path == *path && wanted(finding.rule) && is_safe(finding)) {
                break;
            }
        }
        Ok(all.into_values().collect())
    }

    /// Whether fewer violations of `rule`, and as many of the others, are found in the file at `path` if its text is `after`.
    fn is_excused(&mut self, path: &RelPath, after: Arc<str>, rule: &str) -> Result<bool, Defect> {
        let project = self.project.with_overlay([(path.clone(), after)]);
        let before = match self.before.take() {
            Some(before) => before,
            None => self.opened.find(&self.project, &|_| false, &self.open)?,
        };
        let found = self.opened.find(&project, &|_| false, &self.open)?;
        let counted = |report: &Report, rule: Option<&str>| {
            let own = report.findings.iter().filter(|finding| finding.path == *path);
            own.filter(|finding| rule.is_none_or(|rule| finding.rule == rule)).count()
        };
        let lost = |rule| counted(&before, rule).saturating_sub(counted(&found, rule));
        let is_excused =
            found.errors.len() <= before.errors.len() && lost(Some(rule)) > 0 && lost(None) == lost(Some(rule));
        self.before = Some(before);
        Ok(is_excused)
    }
}

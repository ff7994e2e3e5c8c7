//! phase2-baseline.json: the violations that a team accepts for now. A check fails on others only.
//!
//! An entry is known by its rule, its file, the declarations around it and a hash of its code, never by a line or a count:
//! code may move and be laid out anew. Equal violations in one declaration have an entry each.
//!
//! The file has one entry a line, sorted, each with a comma behind it, and always the same last line: two branches that
//! change different lines merge.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::project::{Project, RelPath};
use crate::report::{Finding, Report};
use crate::vcs;

/// The name of the file, in the project root.
pub const FILE_NAME: &str = "phase2-baseline.json";

const VERSION: u32 = 1;

/// An accepted violation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The file, from the project root, with `/`.
    pub path: String,
    /// The rule.
    pub rule: String,
    /// The names of the declarations around it; empty at the top of the file.
    #[serde(rename = "in")]
    pub declaration: String,
    /// The hash of its code.
    pub hash: String,
}

/// The accepted violations, sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    entries: Vec<Entry>,
}

/// A baseline that can't be used.
#[derive(Debug, Error)]
#[error(
    "{name}:{line}: {message}\nwrite it anew with `phase2 baseline`, or take the other side of a merge and run that again"
)]
pub struct BaselineError {
    /// The file, or where it comes from.
    name: String,
    /// The line, from 1.
    line: usize,
    /// What is wrong.
    message: String,
}

impl BaselineError {
    /// The line that it is about, from 1.
    pub fn line(&self) -> usize {
        self.line
    }
}

/// What a baseline did to a report.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// How many violations it accepts.
    pub accepted: usize,
    /// The entries that nothing matches any more.
    pub stale: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    violations: Vec<Option<Entry>>,
}

impl Entry {
    fn of(finding: &Finding) -> Option<Entry> {
        let known = finding.fingerprint.as_ref()?;
        Some(Entry {
            path: finding.path.as_str().to_owned(),
            rule: finding.rule.to_owned(),
            declaration: known.declaration.clone(),
            hash: known.hash.clone(),
        })
    }
}

impl Baseline {
    /// The baseline that accepts all violations of `report`, whose fingerprints are known.
    pub fn of(report: &Report) -> Baseline {
        let mut entries: Vec<Entry> = report.findings.iter().filter_map(Entry::of).collect();
        entries.sort();
        Baseline { entries }
    }

    /// Reads the text of a baseline; `name` is for errors.
    ///
    /// # Errors
    /// If it isn't one.
    pub fn parse(name: &str, text: &str) -> Result<Baseline, BaselineError> {
        let error = |line: usize, message: String| BaselineError { name: name.to_owned(), line, message };
        let marked = text.lines().position(|line| line.starts_with("<<<<<<<") || line.starts_with(">>>>>>>"));
        if let Some(line) = marked {
            return Err(error(line + 1, "it has the marks of a merge that isn't done".to_owned()));
        }
        let file: File = serde_json::from_str(text).map_err(|found| error(found.line(), found.to_string()))?;
        if file.version != VERSION {
            return Err(error(1, format!("version {} is not known here, only {VERSION}", file.version)));
        }
        let mut entries: Vec<Entry> = file.violations.into_iter().flatten().collect();
        entries.sort();
        Ok(Baseline { entries })
    }

    /// The text of the file.
    pub fn to_text(&self) -> String {
        let mut text = format!("{{\"version\":{VERSION},\"violations\":[\n");
        for entry in &self.entries {
            let line = serde_json::to_string(entry).unwrap_or_default();
            let _ = writeln!(text, "{line},");
        }
        text.push_str("null]}\n");
        text
    }

    /// How many violations it accepts.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it accepts none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entries.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The same with the files' new names.
    pub fn renamed(mut self, renames: &[(RelPath, RelPath)]) -> Baseline {
        for entry in &mut self.entries {
            if let Some((_, new)) = renames.iter().find(|(old, _)| old.as_str() == entry.path) {
                entry.path = new.as_str().to_owned();
            }
        }
        self.entries.sort();
        self
    }

    /// The same without `stale` entries.
    pub fn without(mut self, stale: &[Entry]) -> Baseline {
        for entry in stale {
            if let Some(at) = self.entries.iter().position(|known| known == entry) {
                self.entries.remove(at);
            }
        }
        self
    }

    /// Takes what it accepts out of `report`, whose fingerprints are known. Entries that are not `judged`, because their
    /// file wasn't looked at or their rule didn't run, are never stale.
    pub fn apply(&self, report: &mut Report, judged: &dyn Fn(&Entry) -> bool) -> Applied {
        let mut open: BTreeMap<&Entry, usize> = BTreeMap::new();
        self.entries.iter().for_each(|entry| *open.entry(entry).or_default() += 1);
        let before = report.findings.len();
        report.findings.retain(|finding| {
            let left = Entry::of(finding).and_then(|entry| open.get_mut(&entry)).filter(|left| **left > 0);
            let is_new = left.is_none();
            if let Some(left) = left {
                *left -= 1;
            }
            is_new
        });
        let stale = open
            .into_iter()
            .filter(|(entry, _)| judged(entry))
            .flat_map(|(entry, left)| std::iter::repeat_n(entry.clone(), left))
            .collect();
        Applied { accepted: before - report.findings.len(), stale }
    }

    /// How many entries `other` has that this one doesn't, and the other way round.
    pub fn difference(&self, other: &Baseline) -> (usize, usize) {
        let mut counts: BTreeMap<&Entry, isize> = BTreeMap::new();
        other.entries.iter().for_each(|entry| *counts.entry(entry).or_default() += 1);
        self.entries.iter().for_each(|entry| *counts.entry(entry).or_default() -= 1);
        let sum =
            |sign: isize| counts.values().filter(|count| **count * sign > 0).map(|count| count.unsigned_abs()).sum();
        (sum(1), sum(-1))
    }
}

/// The renames since the baseline at `path` was written, if it names files that are gone. Where git can't say there are none.
pub fn renames(project: &Project, path: Option<&RelPath>, baseline: &Baseline) -> Vec<(RelPath, RelPath)> {
    let is_gone = |entry: &Entry| RelPath::new(&entry.path).is_some_and(|path| !project.sources.exists(&path));
    if !baseline.entries().iter().any(is_gone) {
        return Vec::new();
    }
    path.and_then(|path| vcs::renames_since(&project.root, path).ok()).unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::report::Fingerprint;
    use std::sync::Arc;

    fn finding(path: &str, hash: &str) -> Finding {
        Finding {
            rule: "console",
            path: RelPath::new(path).unwrap(),
            range: 0..1,
            message: "uses the console".into(),
            help: None,
            related: Vec::new(),
            fix: None,
            fingerprint: Some(Fingerprint { declaration: "f".into(), hash: hash.into() }),
        }
    }

    fn report(hashes: &[&str]) -> Report {
        let texts = [(RelPath::new("a.ts").unwrap(), Arc::from("x"))].into_iter().collect();
        Report { findings: hashes.iter().map(|hash| finding("a.ts", hash)).collect(), texts, ..Report::default() }
    }

    #[test]
    fn others_are_left_and_the_gone_are_stale() {
        let baseline = Baseline::of(&report(&["a", "b", "b"]));
        let mut now = report(&["b", "c", "b", "b"]);
        let applied = baseline.apply(&mut now, &|_| true);
        let left: Vec<&str> = now.findings.iter().map(|it| it.fingerprint.as_ref().unwrap().hash.as_str()).collect();
        assert_eq!(left, ["c", "b"], "a third equal one is new, and a new one doesn't make up for one that is gone");
        assert_eq!((applied.accepted, applied.stale.len()), (2, 1));
        assert_eq!(applied.stale[0].hash, "a");
        let unjudged = baseline.apply(&mut report(&[]), &|_| false);
        assert_eq!(unjudged.stale, []);
    }

    #[test]
    fn it_is_read_as_it_is_written() {
        let baseline = Baseline::of(&report(&["b", "a"]));
        let text = baseline.to_text();
        assert_eq!(text.lines().count(), 4);
        assert!(text.lines().nth(1).unwrap().ends_with("\"hash\":\"a\"},"), "{text}");
        assert_eq!(Baseline::parse("x", &text).unwrap(), baseline);
        assert_eq!(Baseline::parse("x", &Baseline::default().to_text()).unwrap(), Baseline::default());
    }

    #[test]
    fn what_is_none_is_told_with_its_line() {
        let error = |text: &str| Baseline::parse("b.json", text).unwrap_err().to_string();
        assert!(error("{\n<<<<<<< ours\n").starts_with("b.json:2: it has the marks of a merge"));
        assert!(error("{\"version\":2,\"violations\":[]}").contains("version 2 is not known"));
        assert!(error("{\"version\":1,\"violations\":[{\"rule\":1}]}").starts_with("b.json:1: "));
    }

    #[test]
    fn renames_and_differences() {
        let baseline = Baseline::of(&report(&["a", "b"]));
        let renames = [(RelPath::new("a.ts").unwrap(), RelPath::new("b/c.ts").unwrap())];
        let renamed = baseline.clone().renamed(&renames);
        assert!(renamed.entries().iter().all(|entry| entry.path == "b/c.ts"));
        assert_eq!(baseline.difference(&Baseline::of(&report(&["a", "c", "c"]))), (2, 1));
        assert_eq!(baseline.clone().without(&baseline.entries()[..1]).len(), 1);
    }
}

//! What a run found, and how it is printed: one file per output format. A reporter never knows a rule.
//!
//! The formats of the violations are [`pretty`] and [`concise`] for people, [`json`] for programs, [`github`], [`gitlab`],
//! [`sarif`], [`rdjson`], [`junit`] and [`checkstyle`] for code hosts and CI, [`statistics`] for their numbers; [`summary`] is for the person at the
//! terminal, whatever the format; [`patch`] prints what `fix` would do to the files; [`status`] how far a project is.

pub mod checkstyle;
pub mod concise;
mod excerpt;
mod fingerprint;
pub mod github;
pub mod gitlab;
pub mod json;
pub mod junit;
pub mod patch;
pub mod position;
pub mod pretty;
pub mod rdjson;
pub mod sarif;
pub mod statistics;
pub mod status;
pub mod summary;
mod tally;

pub use fingerprint::Fingerprint;
pub use tally::Tally;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;
use std::sync::Arc;

use miette::GraphicalTheme;
use sha2::{Digest, Sha256};

use crate::edit::{Applicability, Edit, NewFile};
use crate::project::RelPath;

pub use crate::project::Problem;
pub use crate::rules::{Note, Related, Subject};

/// Everything that a run has to say.
#[derive(Debug, Default)]
pub struct Report {
    /// The violations, sorted by path, then by offset, then by rule.
    pub findings: Vec<Finding>,
    /// Remarks that change no exit status.
    pub notes: Vec<Note>,
    /// What went wrong: files that were skipped, fixes that were withdrawn. Any of them makes the exit status 2.
    pub errors: Vec<Problem>,
    /// How many violations the baseline accepts; they aren't among the findings.
    pub accepted: usize,
    /// Counts.
    pub stats: Stats,
    /// How far the things are that the rules are about.
    pub subjects: Vec<Subject>,
    /// The text of each file that a finding or a related place points into, as it was read (a byte order mark
    /// included).
    pub texts: BTreeMap<RelPath, Arc<str>>,
}

impl Report {
    /// The same with the paths of a folder further up, in which the project lies in `folder` (with a `/` at its end): code
    /// hosts count from the top of the repository.
    pub fn seen_from_above(&self, folder: &str) -> Report {
        let above = |path: &RelPath| RelPath::new(&format!("{folder}{path}")).unwrap_or_else(|| path.clone());
        let finding = |finding: &Finding| {
            let mut finding = finding.clone();
            finding.path = above(&finding.path);
            finding.related.iter_mut().for_each(|related| related.path = above(&related.path));
            if let Some(fix) = &mut finding.fix {
                fix.edits.iter_mut().for_each(|edit| edit.path = above(&edit.path));
                fix.new_files.iter_mut().for_each(|file| file.path = above(&file.path));
            }
            finding
        };
        let problem = |problem: &Problem| Problem { path: problem.path.as_ref().map(above), ..problem.clone() };
        Report {
            findings: self.findings.iter().map(finding).collect(),
            notes: self.notes.clone(),
            errors: self.errors.iter().map(problem).collect(),
            accepted: self.accepted,
            stats: self.stats,
            subjects: Vec::new(),
            texts: self.texts.iter().map(|(path, text)| (above(path), Arc::clone(text))).collect(),
        }
    }
}

/// A violation, with the edits of its fix as they would be made if it were the only one.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The rule's name.
    pub rule: &'static str,
    /// The file.
    pub path: RelPath,
    /// Byte offsets into the file; the end is exclusive.
    pub range: Range<usize>,
    /// What is wrong: a short sentence without a full stop.
    pub message: String,
    /// What to do about it, or why there is no fix.
    pub help: Option<String>,
    /// Other places that matter for this one.
    pub related: Vec<Related>,
    /// The fix, if there is one.
    pub fix: Option<FindingFix>,
    /// What it is known by when lines move, if the run was asked for that.
    pub fingerprint: Option<Fingerprint>,
}

impl Finding {
    /// What it is known by, as one word for code hosts: the same as long as its rule, file, declaration and code are.
    pub fn identity(&self) -> String {
        let (declaration, hash) = match &self.fingerprint {
            Some(known) => (known.declaration.clone(), known.hash.clone()),
            None => (String::new(), self.range.start.to_string()),
        };
        let text = [self.rule, self.path.as_str(), declaration.as_str(), hash.as_str()].join("\0");
        Sha256::digest(text.as_bytes()).iter().take(16).fold(String::new(), |mut word, byte| {
            let _ = write!(word, "{byte:02x}");
            word
        })
    }

    /// How the formats for people name what can be done: `safe`, `unsafe`, `display-only` or `no fix`.
    pub fn fix_word(&self) -> &'static str {
        self.fix.as_ref().map_or("no fix", |fix| fix.applicability.as_str())
    }
}

/// The edits that would mend a violation.
#[derive(Debug, Clone)]
pub struct FindingFix {
    /// How far it may be trusted.
    pub applicability: Applicability,
    /// Its edits, sorted by path and offset.
    pub edits: Vec<Edit>,
    /// The files that it brings along.
    pub new_files: Vec<NewFile>,
}

/// Counts of a run.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Stats {
    /// Files in the roots that were read.
    pub files_seen: usize,
    /// Files that were parsed.
    pub files_parsed: usize,
}

/// What the terminal, or whatever takes the output, can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Whether to use colours.
    pub color: bool,
    /// Whether to draw with characters beyond ASCII. Source lines are shown as they are in any case.
    pub unicode: bool,
    /// Columns of a line.
    pub width: usize,
}

impl Look {
    /// How miette draws on it.
    pub fn theme(self) -> GraphicalTheme {
        match (self.unicode, self.color) {
            (true, true) => GraphicalTheme::unicode(),
            (true, false) => GraphicalTheme::unicode_nocolor(),
            (false, true) => GraphicalTheme::ascii(),
            (false, false) => GraphicalTheme::none(),
        }
    }

    /// `text` in the colour of an ANSI `code` (`"31"` is red), or as it is if colours aren't wanted.
    pub fn paint(self, code: &str, text: &str) -> String {
        if self.color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// `text` on one line: what would break the line or steer a terminal becomes a blank.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod samples;

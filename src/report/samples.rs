//! Small reports for the tests of the formats.

use std::sync::Arc;

use crate::edit::{Applicability, Edit};
use crate::project::RelPath;
use crate::report::{Finding, FindingFix, Report};

pub(super) fn path(text: &str) -> RelPath {
    RelPath::new(text).expect("inside of the root")
}

/// A violation of the rule `console` at the first place where `needle` stands in `text`.
pub(super) fn finding(file: &str, text: &str, needle: &str) -> Finding {
    let start = text.find(needle).expect("the needle is in the text");
    Finding {
        rule: "console",
        path: path(file),
        range: start..start + needle.len(),
        message: "uses the console".into(),
        help: None,
        related: Vec::new(),
        fix: None,
        fingerprint: None,
    }
}

/// A fix with one edit.
pub(super) fn fixed(applicability: Applicability) -> FindingFix {
    let edit = Edit { path: path("src/a.ts"), range: 0..0, text: "x".into() };
    FindingFix { applicability, edits: vec![edit], new_files: Vec::new() }
}

pub(super) fn report(findings: Vec<Finding>, texts: &[(&str, &str)]) -> Report {
    let texts = texts.iter().map(|(file, text)| (path(file), Arc::from(*text))).collect();
    Report { findings, texts, ..Report::default() }
}

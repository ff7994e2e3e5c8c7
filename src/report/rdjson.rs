//! Reviewdog's diagnostic format. Lines and columns count from 1, columns in bytes of UTF-8.

use std::io::{self, Write};
use std::ops::Range;

use serde::Serialize;

use crate::edit::Applicability;
use crate::report::{Finding, Report};

/// The lines that a suggestion may span. A fix with edits further apart can't be taken over from a comment.
const SPAN: usize = 20;

#[derive(Serialize)]
struct Root<'r> {
    source: Source,
    severity: &'static str,
    diagnostics: Vec<Diagnostic<'r>>,
}

#[derive(Serialize)]
struct Source {
    name: &'static str,
}

#[derive(Serialize)]
struct Diagnostic<'r> {
    message: String,
    location: Location<'r>,
    severity: &'static str,
    code: Code<'r>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suggestions: Vec<Suggestion>,
}

#[derive(Serialize)]
struct Code<'r> {
    value: &'r str,
}

#[derive(Serialize)]
struct Location<'r> {
    path: &'r str,
    range: Span,
}

#[derive(Serialize)]
struct Span {
    start: Place,
    end: Place,
}

#[derive(Serialize)]
struct Place {
    line: usize,
    column: usize,
}

#[derive(Serialize)]
struct Suggestion {
    range: Span,
    text: String,
}

/// Prints the violations.
///
/// # Errors
/// When `out` can't be written.
pub fn write(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    let diagnostics = report.findings.iter().map(|finding| {
        let text = report.texts.get(&finding.path).map_or("", |text| text);
        let help = finding.help.as_ref().map_or_else(String::new, |help| format!("\n{help}"));
        Diagnostic {
            message: format!("{}{help}", finding.message),
            location: Location { path: finding.path.as_str(), range: span(text, &finding.range) },
            severity: "ERROR",
            code: Code { value: finding.rule },
            suggestions: suggestion(finding, text).into_iter().collect(),
        }
    });
    let root = Root { source: Source { name: "phase2" }, severity: "ERROR", diagnostics: diagnostics.collect() };
    serde_json::to_writer(&mut *out, &root)?;
    writeln!(out)
}

/// The fix as one replacement, if it is a safe one that concerns a few lines of one file.
fn suggestion(finding: &Finding, text: &str) -> Option<Suggestion> {
    let fix =
        finding.fix.as_ref().filter(|fix| fix.applicability == Applicability::Safe && fix.new_files.is_empty())?;
    let start = fix.edits.iter().map(|edit| edit.range.start).min()?;
    let end = fix.edits.iter().map(|edit| edit.range.end).max()?;
    let old = text.get(start..end)?;
    if fix.edits.iter().any(|edit| edit.path != finding.path) || old.matches('\n').count() > SPAN {
        return None;
    }
    let mut new = String::new();
    let mut at = start;
    for edit in &fix.edits {
        new.push_str(text.get(at..edit.range.start)?);
        new.push_str(&edit.text);
        at = edit.range.end;
    }
    new.push_str(text.get(at..end)?);
    Some(Suggestion { range: span(text, &(start..end)), text: new })
}

fn span(text: &str, range: &Range<usize>) -> Span {
    let place = |offset: usize| {
        let before = text.get(..offset).unwrap_or(text);
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        Place { line: before.matches('\n').count() + 1, column: before.len() - start + 1 }
    };
    Span { start: place(range.start), end: place(range.end) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::edit::Edit;
    use crate::report::FindingFix;
    use crate::report::samples::{finding, path, report};

    #[test]
    fn columns_are_bytes_and_a_fix_is_one_suggestion() {
        let text = "é;\nconsole.log('é', a)\n";
        let mut found = finding("a.ts", text, "console.log('é', a)");
        let at = found.range.start;
        let edit = |range: Range<usize>, text: &str| Edit { path: path("a.ts"), range, text: text.into() };
        let edits = vec![edit(at..at + 11, "log"), edit(at + 18..at + 19, "{ a }")];
        found.fix = Some(FindingFix { applicability: Applicability::Safe, edits, new_files: Vec::new() });
        let mut out = Vec::new();
        write(&mut out, &report(vec![found], &[("a.ts", text)])).unwrap();
        let root: serde_json::Value = serde_json::from_slice(&out).unwrap();
        let only = &root["diagnostics"][0];
        assert_eq!(only["location"]["range"]["end"], serde_json::json!({ "line": 2, "column": 21 }));
        assert_eq!(only["suggestions"][0]["text"], "log('é', { a }");
    }
}

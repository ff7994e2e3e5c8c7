//! One JSON object for programs. README describes it; within version 1 fields are only ever added.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::ops::Range;

use serde::Serialize;

use crate::edit::Applicability;
use crate::project::RelPath;
use crate::report::position::Positions;
use crate::report::{Finding, FindingFix, Note, Problem, Report, Tally};

const VERSION: u32 = 1;

#[derive(Serialize)]
struct Root<'r> {
    version: u32,
    violations: Vec<Violation<'r>>,
    notes: Vec<Remark<'r>>,
    errors: Vec<Remark<'r>>,
    summary: Summary,
}

#[derive(Serialize)]
struct Violation<'r> {
    rule: &'r str,
    path: &'r str,
    start: Place,
    end: Place,
    message: &'r str,
    help: Option<&'r str>,
    related: Vec<Related<'r>>,
    fix: Option<Fix<'r>>,
}

/// Line and column from 1, the column in UTF-16 code units; the offset in bytes, a byte order mark included.
#[derive(Serialize)]
struct Place {
    line: usize,
    column: usize,
    offset: usize,
}

#[derive(Serialize)]
struct Related<'r> {
    path: &'r str,
    start: Place,
    end: Place,
    message: &'r str,
}

#[derive(Serialize)]
struct Fix<'r> {
    applicability: &'static str,
    edits: Vec<Edit<'r>>,
}

#[derive(Serialize)]
struct Edit<'r> {
    path: &'r str,
    start: usize,
    end: usize,
    text: &'r str,
    /// Only there, and true, when the file doesn't exist yet.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    new: bool,
}

#[derive(Serialize)]
struct Remark<'r> {
    path: Option<&'r str>,
    message: &'r str,
}

#[derive(Serialize)]
struct Summary {
    files_seen: usize,
    files_parsed: usize,
    /// Violations that the baseline accepts, which are not listed.
    accepted: usize,
    #[serde(flatten)]
    tally: Tally,
    by_rule: BTreeMap<&'static str, Tally>,
}

/// Prints the whole report as one object and a line break.
///
/// # Errors
/// When `out` can't be written.
pub fn write(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    let positions = Positions::new(report);
    let root = Root {
        version: VERSION,
        violations: report.findings.iter().map(|finding| violation(finding, &positions)).collect(),
        notes: report.notes.iter().map(note).collect(),
        errors: report.errors.iter().map(problem).collect(),
        summary: Summary {
            files_seen: report.stats.files_seen,
            files_parsed: report.stats.files_parsed,
            accepted: report.accepted,
            tally: report.tally(),
            by_rule: report.tally_by_rule(),
        },
    };
    serde_json::to_writer(&mut *out, &root)?;
    out.write_all(b"\n")
}

fn violation<'r>(finding: &'r Finding, positions: &Positions<'_>) -> Violation<'r> {
    let (start, end) = places(positions, &finding.path, &finding.range);
    let related = finding.related.iter().map(|related| {
        let (start, end) = places(positions, &related.path, &related.range);
        Related { path: related.path.as_str(), start, end, message: &related.message }
    });
    Violation {
        rule: finding.rule,
        path: finding.path.as_str(),
        start,
        end,
        message: &finding.message,
        help: finding.help.as_deref(),
        related: related.collect(),
        fix: finding.fix.as_ref().map(fix),
    }
}

fn places(positions: &Positions<'_>, path: &RelPath, range: &Range<usize>) -> (Place, Place) {
    let place = |offset| {
        let position = positions.at(path, offset);
        Place { line: position.line, column: position.column, offset }
    };
    (place(range.start), place(range.end))
}

fn fix(fix: &FindingFix) -> Fix<'_> {
    let edits = fix.edits.iter().map(|edit| Edit {
        path: edit.path.as_str(),
        start: edit.range.start,
        end: edit.range.end,
        text: &edit.text,
        new: false,
    });
    let new_files = fix.new_files.iter().map(|file| Edit {
        path: file.path.as_str(),
        start: 0,
        end: 0,
        text: &file.text,
        new: true,
    });
    Fix { applicability: Applicability::as_str(fix.applicability), edits: edits.chain(new_files).collect() }
}

fn note(note: &Note) -> Remark<'_> {
    Remark { path: note.path.as_ref().map(RelPath::as_str), message: &note.message }
}

fn problem(problem: &Problem) -> Remark<'_> {
    Remark { path: problem.path.as_ref().map(RelPath::as_str), message: &problem.message }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::edit::NewFile;
    use crate::report::samples::{self, path};
    use crate::report::{Related as ReportRelated, Stats};
    use serde_json::{Value, json};

    fn printed(report: &Report) -> String {
        let mut out = Vec::new();
        write(&mut out, report).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn an_empty_report() {
        assert_eq!(
            printed(&Report::default()),
            "{\"version\":1,\"violations\":[],\"notes\":[],\"errors\":[],\"summary\":{\"files_seen\":0,\
             \"files_parsed\":0,\"accepted\":0,\"violations\":0,\"safe\":0,\"unsafe\":0,\"unfixable\":0,\"by_rule\":{}}}\n"
        );
    }

    #[test]
    fn everything_that_a_violation_can_hold() {
        let text = "\u{feff}'😀'; console.log(1)\r\n";
        let mut finding = samples::finding("src/a.ts", text, "console.log(1)");
        finding.help = Some("use the logger".into());
        finding.related =
            vec![ReportRelated { path: path("src/a.ts"), range: 3..9, message: "a string stands here".into() }];
        let mut fix = samples::fixed(Applicability::Unsafe);
        fix.new_files = vec![NewFile { path: path("src/lib/logger.ts"), text: "export {}\n".into() }];
        finding.fix = Some(fix);
        let mut report = samples::report(vec![finding], &[("src/a.ts", text)]);
        report.notes = vec![Note { rule: None, path: None, message: "a note".into() }];
        report.errors = vec![Problem { path: Some(path("src/b.ts")), message: "not UTF-8".into() }];
        report.stats = Stats { files_seen: 2, files_parsed: 1 };

        let counts = json!({"violations": 1, "safe": 0, "unsafe": 1, "unfixable": 0});
        let found: Value = serde_json::from_str(&printed(&report)).unwrap();
        assert_eq!(
            found,
            json!({
                "version": 1,
                "violations": [{
                    "rule": "console",
                    "path": "src/a.ts",
                    "start": {"line": 1, "column": 7, "offset": 11},
                    "end": {"line": 1, "column": 21, "offset": 25},
                    "message": "uses the console",
                    "help": "use the logger",
                    "related": [{
                        "path": "src/a.ts",
                        "start": {"line": 1, "column": 1, "offset": 3},
                        "end": {"line": 1, "column": 5, "offset": 9},
                        "message": "a string stands here",
                    }],
                    "fix": {"applicability": "unsafe", "edits": [
                        {"path": "src/a.ts", "start": 0, "end": 0, "text": "x"},
                        {"path": "src/lib/logger.ts", "start": 0, "end": 0, "text": "export {}\n", "new": true},
                    ]},
                }],
                "notes": [{"path": null, "message": "a note"}],
                "errors": [{"path": "src/b.ts", "message": "not UTF-8"}],
                "summary": {
                    "files_seen": 2, "files_parsed": 1, "accepted": 0,
                    "violations": 1, "safe": 0, "unsafe": 1, "unfixable": 0,
                    "by_rule": {"console": counts},
                },
            })
        );
    }

    #[test]
    fn what_is_only_shown_counts_as_unfixable() {
        let text = "console.log(1)";
        let mut shown = samples::finding("src/a.ts", text, "console");
        shown.fix = Some(samples::fixed(Applicability::DisplayOnly));
        let report = samples::report(vec![shown, samples::finding("src/a.ts", text, "log")], &[("src/a.ts", text)]);
        let found: Value = serde_json::from_str(&printed(&report)).unwrap();
        assert_eq!(found["summary"]["unfixable"], 2);
        assert_eq!(found["violations"][0]["fix"]["applicability"], "display-only");
        assert_eq!(found["violations"][1]["fix"], Value::Null);
        assert_eq!(found["violations"][1]["help"], Value::Null);
    }
}

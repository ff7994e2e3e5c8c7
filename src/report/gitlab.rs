//! The code quality report of GitLab: a JSON array of issues, in the manner of Code Climate.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use crate::report::Report;
use crate::report::position::Positions;

#[derive(Serialize)]
struct Issue<'r> {
    description: String,
    check_name: &'r str,
    /// Different for each issue, and the same for one that only moved.
    fingerprint: String,
    severity: &'static str,
    location: Location<'r>,
}

#[derive(Serialize)]
struct Location<'r> {
    path: &'r str,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
    end: usize,
}

/// Prints the violations.
///
/// # Errors
/// When `out` can't be written.
pub fn write(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    let positions = Positions::new(report);
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let issues = report.findings.iter().map(|finding| {
        let known = finding.identity();
        let number = seen.entry(known.clone()).and_modify(|number| *number += 1).or_insert(0);
        let help = finding.help.as_ref().map_or_else(String::new, |help| format!(": {help}"));
        Issue {
            description: format!("{}{help}", finding.message),
            check_name: finding.rule,
            fingerprint: if *number == 0 { known } else { format!("{known}-{number}") },
            severity: "major",
            location: Location {
                path: finding.path.as_str(),
                lines: Lines {
                    begin: positions.at(&finding.path, finding.range.start).line,
                    end: positions.at(&finding.path, finding.range.end).line,
                },
            },
        }
    });
    let issues: Vec<Issue<'_>> = issues.collect();
    serde_json::to_writer_pretty(&mut *out, &issues)?;
    writeln!(out)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::report::samples::{finding, report};

    #[test]
    fn each_issue_has_a_fingerprint_of_its_own() {
        let text = "console.log(1)";
        let mut out = Vec::new();
        write(&mut out, &report(vec![finding("a.ts", text, text); 2], &[("a.ts", text)])).unwrap();
        let issues: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(issues[0]["check_name"], "console");
        assert_eq!(issues[0]["location"]["lines"]["begin"], 1);
        assert_ne!(issues[0]["fingerprint"], issues[1]["fingerprint"]);
    }
}

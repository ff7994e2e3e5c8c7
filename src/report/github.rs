//! Annotations of GitHub Actions: workflow commands that its runner reads from a step's output.
//!
//! A runner shows the first ten annotations of each kind that a step prints. So what is beyond that stands behind them as
//! plain lines, and the tenth says so.

use std::io::{self, Write};

use crate::report::position::Positions;
use crate::report::{Report, concise, one_line};

/// How many annotations of one kind a step may have.
const LIMIT: usize = 10;

/// Prints the violations.
///
/// # Errors
/// When `out` can't be written.
pub fn write(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    let positions = Positions::new(report);
    let is_more = report.findings.len() > LIMIT;
    let shown = if is_more { LIMIT - 1 } else { report.findings.len() };
    for finding in &report.findings[..shown] {
        let start = positions.at(&finding.path, finding.range.start);
        let end = positions.at(&finding.path, finding.range.end);
        let help = finding.help.as_ref().map_or_else(String::new, |help| format!("\n{help}"));
        writeln!(
            out,
            "::error file={},line={},endLine={},col={},endColumn={},title={}::{}",
            property(finding.path.as_str()),
            start.line,
            end.line,
            start.column,
            end.column,
            property(&format!("phase2 ({})", finding.rule)),
            data(&format!("{}{help}", finding.message))
        )?;
    }
    if is_more {
        let more = report.findings.len() - shown;
        writeln!(
            out,
            "::error title=phase2::{}",
            data(&format!("{more} more violations: see the output of this step"))
        )?;
        concise::write(out, report)?;
    }
    for problem in &report.errors {
        let file = problem.path.as_ref().map_or_else(String::new, |path| format!(" file={}", property(path.as_str())));
        writeln!(out, "::error{file}::{}", data(&one_line(&problem.message)))?;
    }
    Ok(())
}

/// What stands behind the colons.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::report::samples::{finding, report};

    fn printed(report: &Report) -> String {
        let mut out = Vec::new();
        write(&mut out, report).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn an_annotation_each() {
        let text = "a;\n\tconsole.log(1)";
        let mut found = finding("src/a,b.ts", text, "console.log(1)");
        found.message = "100% wrong\nhere".into();
        found.help = Some("mend it".into());
        assert_eq!(
            printed(&report(vec![found], &[("src/a,b.ts", text)])),
            "::error file=src/a%2Cb.ts,line=2,endLine=2,col=2,endColumn=16,title=phase2 (console)::100%25 wrong%0Ahere%0Amend it\n"
        );
    }

    #[test]
    fn the_limit_of_a_step_is_kept() {
        let text = "console.log(1)";
        let many = report(vec![finding("a.ts", text, text); 12], &[("a.ts", text)]);
        let printed = printed(&many);
        assert_eq!(printed.lines().filter(|line| line.starts_with("::error")).count(), 10);
        assert!(printed.contains("::error title=phase2::3 more violations"));
        assert_eq!(printed.lines().filter(|line| line.starts_with("a.ts:1:1 console")).count(), 12);
        let ten = report(vec![finding("a.ts", text, text); 10], &[("a.ts", text)]);
        assert!(!self::printed(&ten).contains("more violations"));
    }
}

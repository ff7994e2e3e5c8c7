//! One line for each violation: `path:line:column rule message [safe]`.

use std::io::{self, Write};

use crate::report::position::Positions;
use crate::report::{Report, one_line};

/// Prints the violations, in the order of the report. The brackets hold `safe`, `unsafe`, `display-only` or `no fix`.
///
/// # Errors
/// When `out` can't be written.
pub fn write(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    let positions = Positions::new(report);
    for finding in &report.findings {
        let start = positions.at(&finding.path, finding.range.start);
        writeln!(
            out,
            "{}:{}:{} {} {} [{}]",
            one_line(finding.path.as_str()),
            start.line,
            start.column,
            finding.rule,
            one_line(&finding.message),
            finding.fix_word()
        )?;
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::edit::Applicability;
    use crate::report::samples::{finding, fixed, report};

    #[test]
    fn a_line_each() {
        let text = "const é = 1;\n\tconsole.log(é)\n";
        let mut findings = vec![finding("src/a.ts", text, "é = 1"), finding("src/a.ts", text, "console.log(é)")];
        findings[0].message = "two\nlines".into();
        findings[1].fix = Some(fixed(Applicability::Safe));
        let mut third = finding("src/a.ts", text, "log");
        third.fix = Some(fixed(Applicability::DisplayOnly));
        findings.push(third);
        let mut out = Vec::new();
        write(&mut out, &report(findings, &[("src/a.ts", text)])).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "src/a.ts:1:7 console two lines [no fix]\n\
             src/a.ts:2:2 console uses the console [safe]\n\
             src/a.ts:2:10 console uses the console [display-only]\n"
        );
    }
}

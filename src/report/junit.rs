//! JUnit's XML, as CI servers read it: a suite for each file, a failed test for each violation.

use std::io::{self, Write};

use quick_junit::{NonSuccessKind, Report as Junit, TestCase, TestCaseStatus, TestSuite};

use crate::report::position::Positions;
use crate::report::{Report, one_line};

/// Prints the violations. A run without any has one suite with one test that passed: some servers take an empty report for
/// a failure.
///
/// # Errors
/// When `out` can't be written.
pub fn write(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    let positions = Positions::new(report);
    let mut junit = Junit::new("phase2");
    for findings in report.findings.chunk_by(|a, b| a.path == b.path) {
        let path = &findings[0].path;
        let mut suite = TestSuite::new(path.as_str());
        for finding in findings {
            let start = positions.at(path, finding.range.start);
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(one_line(&finding.message)).set_type(finding.rule);
            let help = finding.help.as_deref().unwrap_or_default();
            status.set_description(format!("{path}:{}:{} {}\n{help}", start.line, start.column, finding.message));
            let mut case = TestCase::new(format!("{}:{}:{}", finding.rule, start.line, start.column), status);
            case.set_classname(path.as_str());
            suite.add_test_case(case);
        }
        junit.add_test_suite(suite);
    }
    for problem in &report.errors {
        let name = problem.path.as_ref().map_or("phase2", |path| path.as_str());
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_message(one_line(&problem.message)).set_type("error");
        let mut suite = TestSuite::new(name);
        suite.add_test_case(TestCase::new("error", status));
        junit.add_test_suite(suite);
    }
    if report.findings.is_empty() && report.errors.is_empty() {
        let mut suite = TestSuite::new("phase2");
        suite.add_test_case(TestCase::new("no violations", TestCaseStatus::success()));
        junit.add_test_suite(suite);
    }
    junit.serialize(&mut *out).map_err(io::Error::other)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::report::samples::{finding, report};

    #[test]
    fn a_suite_for_each_file() {
        let text = "console.log('<&>')";
        let mut found = finding("a.ts", text, text);
        found.message = "says <&> \u{1b}[31m".into();
        let mut out = Vec::new();
        write(&mut out, &report(vec![found, finding("b.ts", text, text)], &[("a.ts", text), ("b.ts", text)])).unwrap();
        let xml = String::from_utf8(out).unwrap();
        assert!(xml.contains("<testsuites name=\"phase2\" tests=\"2\" skipped=\"0\" failures=\"2\""), "{xml}");
        assert!(xml.contains("says &lt;&amp;&gt;") && !xml.contains('\u{1b}'), "{xml}");
    }
}

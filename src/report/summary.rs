//! What the person at the terminal is told at the end, whatever the format of the report.

use std::collections::BTreeSet;
use std::io::{self, Write};

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use crate::project::RelPath;
use crate::report::{Look, Report, Tally, one_line};

/// Prints the notes, the errors, and a table of the violations by rule.
///
/// # Errors
/// When `out` can't be written.
pub fn write(out: &mut dyn Write, report: &Report, look: Look) -> io::Result<()> {
    for note in &report.notes {
        remark(out, &look.paint("36", "note"), note.path.as_ref(), &note.message)?;
    }
    write_errors(out, report, look)?;
    let seen = count(report.stats.files_seen, "file");
    if report.findings.is_empty() {
        return writeln!(out, "No violations in {seen}.");
    }
    writeln!(out, "{}", table(report, look))?;
    let files: BTreeSet<&RelPath> = report.findings.iter().map(|finding| &finding.path).collect();
    writeln!(out, "{} in {} of {seen}.", count(report.findings.len(), "violation"), files.len())
}

/// Prints the errors alone.
///
/// # Errors
/// When `out` can't be written.
pub fn write_errors(out: &mut dyn Write, report: &Report, look: Look) -> io::Result<()> {
    for problem in &report.errors {
        remark(out, &look.paint("31", "error"), problem.path.as_ref(), &problem.message)?;
    }
    Ok(())
}

fn remark(out: &mut dyn Write, kind: &str, path: Option<&RelPath>, message: &str) -> io::Result<()> {
    match path {
        Some(path) => writeln!(out, "{kind}: {}: {message}", one_line(path.as_str())),
        None => writeln!(out, "{kind}: {message}"),
    }
}

fn table(report: &Report, look: Look) -> Table {
    let mut table = Table::new();
    table
        .load_preset(if look.unicode { presets::UTF8_FULL_CONDENSED } else { presets::ASCII_FULL_CONDENSED })
        .set_content_arrangement(ContentArrangement::Disabled)
        .force_no_tty()
        .set_header(["rule", "violations", "safe", "unsafe", "no fix"]);
    let rules = report.tally_by_rule();
    for (rule, tally) in &rules {
        table.add_row(row(rule, *tally));
    }
    if rules.len() > 1 {
        table.add_row(row("all", report.tally()));
    }
    table.column_iter_mut().skip(1).for_each(|column| column.set_cell_alignment(CellAlignment::Right));
    table
}

fn row(name: &str, tally: Tally) -> [String; 5] {
    [
        name.to_owned(),
        tally.violations.to_string(),
        tally.safe.to_string(),
        tally.not_safe.to_string(),
        tally.unfixable.to_string(),
    ]
}

/// `1 file`, `2 files`.
pub fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::edit::Applicability;
    use crate::report::samples::{finding, fixed, path, report};
    use crate::report::{Note, Problem, Stats};

    const PLAIN: Look = Look { color: false, unicode: false, width: 80 };

    fn printed(report: &Report, look: Look) -> String {
        let mut out = Vec::new();
        write(&mut out, report, look).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn nothing_found() {
        let report = Report { stats: Stats { files_seen: 1, files_parsed: 0 }, ..Report::default() };
        assert_eq!(printed(&report, PLAIN), "No violations in 1 file.\n");
    }

    #[test]
    fn a_row_for_each_rule_and_one_for_all() {
        let text = "console.log(1)";
        let mut findings = vec![finding("a.ts", text, "console"), finding("a.ts", text, "log")];
        findings[0].fix = Some(fixed(Applicability::Unsafe));
        findings.push(finding("b.ts", text, "1"));
        findings[2].rule = "tenants";
        findings[2].fix = Some(fixed(Applicability::Safe));
        let mut report = report(findings, &[("a.ts", text), ("b.ts", text)]);
        report.stats.files_seen = 3;
        report.notes = vec![Note { path: None, message: "a note".into() }];
        report.errors = vec![Problem { path: Some(path("c.ts")), message: "not UTF-8".into() }];
        let expected = "\
note: a note
error: c.ts: not UTF-8
+---------+------------+------+--------+--------+
| rule    | violations | safe | unsafe | no fix |
+===============================================+
| console |          2 |    0 |      1 |      1 |
| tenants |          1 |    1 |      0 |      0 |
| all     |          3 |    1 |      1 |      1 |
+---------+------------+------+--------+--------+
3 violations in 2 of 3 files.
";
        assert_eq!(printed(&report, PLAIN), expected);
        assert!(printed(&report, Look { color: true, ..PLAIN }).starts_with("\x1b[36mnote\x1b[0m: a note\n"));
        assert!(printed(&report, Look { unicode: true, ..PLAIN }).contains("│ console ┆          2 ┆"));
    }
}

//! What the person at the terminal is told at the end, whatever the format of the report.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use crate::project::RelPath;
use crate::report::{Look, Note, Report, Tally, one_line};

/// What a run did about the violations that it found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It reported them.
    Reported,
    /// It printed a patch that would mend so many of them and change so many files.
    Proposed {
        /// Violations that the patch mends.
        fixed: usize,
        /// Files that it changes, new ones among them.
        files: usize,
        /// The hunks that these have.
        hunks: usize,
    },
    /// It mended so many of them and wrote so many files.
    Fixed {
        /// Violations that are gone.
        fixed: usize,
        /// Files that were written, new ones among them.
        files: usize,
    },
}

/// Prints the notes, the errors, a table of the violations by rule, and a sentence. `report` holds the violations that
/// are there by now, or would be with the patch applied.
///
/// # Errors
/// When `out` can't be written.
pub fn write(out: &mut dyn Write, report: &Report, ending: Ending, look: Look) -> io::Result<()> {
    report.notes.iter().try_for_each(|note| write_note(out, note, look))?;
    write_errors(out, report, look)?;
    if !report.findings.is_empty() {
        writeln!(out, "{}", table(report, look))?;
    }
    if matches!(ending, Ending::Proposed { .. }) {
        reasons(out, report)?;
    }
    writeln!(out, "{}", sentence(report, ending))
}

/// How many reasons are listed.
const REASONS: usize = 10;

/// Why violations are left, the most frequent reason first.
fn reasons(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    let mut reasons: BTreeMap<(&str, &str, &str), usize> = BTreeMap::new();
    for finding in &report.findings {
        let help = finding.help.as_deref().unwrap_or_default();
        *reasons.entry((finding.rule, finding.fix_word(), help)).or_default() += 1;
    }
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    for ((rule, fix, help), number) in reasons.iter().take(REASONS) {
        let fix = if help.starts_with(fix) { String::new() } else { format!(" [{fix}]") };
        writeln!(out, "left: {number} {rule}{fix} {}", one_line(help))?;
    }
    if reasons.len() > REASONS {
        writeln!(
            out,
            "left: {} for other reasons",
            reasons[REASONS..].iter().map(|(_, number)| number).sum::<usize>()
        )?;
    }
    Ok(())
}

/// How it all ended.
fn sentence(report: &Report, ending: Ending) -> String {
    let text = plain_sentence(report, ending);
    match (report.accepted, text.strip_suffix('.')) {
        (0, _) => text,
        (accepted, Some(text)) if report.findings.is_empty() => format!("{text}; {accepted} accepted by the baseline."),
        (accepted, _) => format!("{text} {accepted} more are accepted by the baseline."),
    }
}

fn plain_sentence(report: &Report, ending: Ending) -> String {
    let violations = |number: usize| count(number, "violation");
    let seen = count(report.stats.files_seen, "file");
    let tally = report.tally();
    let files: BTreeSet<&RelPath> = report.findings.iter().map(|finding| &finding.path).collect();
    let place = format!("in {} of {seen}", files.len());
    let left = match tally.violations {
        0 => "none is left.".to_owned(),
        number => format!("{number} left {place}.{}", way_out(tally)),
    };
    match ending {
        Ending::Reported if tally.violations == 0 => format!("No violations in {seen}."),
        Ending::Reported => format!("{} {place}.{}", violations(tally.violations), way_out(tally)),
        Ending::Proposed { files: 0, .. } | Ending::Fixed { files: 0, .. } if tally.violations == 0 => {
            format!("Nothing to fix: no violations in {seen}.")
        }
        Ending::Proposed { files: 0, .. } => format!("Nothing to propose: {left}"),
        Ending::Fixed { files: 0, .. } => format!("Nothing was changed: {left}"),
        Ending::Proposed { fixed, files, hunks } => {
            let changes = format!("{} in {}", count(files, "file"), count(hunks, "hunk"));
            format!("The patch fixes {} and changes {changes}; {left}", violations(fixed))
        }
        Ending::Fixed { fixed, files } => {
            format!("Fixed {}, wrote {}; {left}", violations(fixed), count(files, "file"))
        }
    }
}

/// What `fix` could still do about the violations.
fn way_out(Tally { safe, not_safe, .. }: Tally) -> String {
    match (safe, not_safe) {
        (0, 0) => String::new(),
        (0, not_safe) => format!(" `phase2 fix --unsafe-fixes` mends {not_safe}."),
        (safe, 0) => format!(" `phase2 fix` mends {safe}."),
        (safe, not_safe) => format!(" `phase2 fix` mends {safe}, and {not_safe} more with --unsafe-fixes."),
    }
}

/// Prints a note.
///
/// # Errors
/// When `out` can't be written.
pub fn write_note(out: &mut dyn Write, note: &Note, look: Look) -> io::Result<()> {
    remark(out, &look.paint("36", "note"), note.path.as_ref(), &note.message)
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
    use crate::report::samples::{finding, fixed as fixed_by, path, report};
    use crate::report::{Problem, Stats};

    const PLAIN: Look = Look { color: false, unicode: false, width: 80 };

    fn printed(report: &Report, look: Look) -> String {
        let mut out = Vec::new();
        write(&mut out, report, Ending::Reported, look).unwrap();
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
        findings[0].fix = Some(fixed_by(Applicability::Unsafe));
        findings.push(finding("b.ts", text, "1"));
        findings[2].rule = "tenants";
        findings[2].fix = Some(fixed_by(Applicability::Safe));
        let mut report = report(findings, &[("a.ts", text), ("b.ts", text)]);
        report.stats.files_seen = 3;
        report.notes = vec![Note { rule: None, path: None, message: "a note".into() }];
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
3 violations in 2 of 3 files. `phase2 fix` mends 1, and 1 more with --unsafe-fixes.
";
        assert_eq!(printed(&report, PLAIN), expected);
        assert!(printed(&report, Look { color: true, ..PLAIN }).starts_with("\x1b[36mnote\x1b[0m: a note\n"));
        assert!(printed(&report, Look { unicode: true, ..PLAIN }).contains("│ console ┆          2 ┆"));
    }
    #[test]
    fn the_last_sentence() {
        let text = "console.log(1)";
        let mut left = report(vec![finding("a.ts", text, "console")], &[("a.ts", text)]);
        let mut none = report(Vec::new(), &[]);
        left.stats.files_seen = 2;
        none.stats.files_seen = 2;
        let (few, zero) = ((3, 1), (0, 0));
        let proposed = |(fixed, files)| Ending::Proposed { fixed, files, hunks: 2 * files };
        let fixed = |(fixed, files)| Ending::Fixed { fixed, files };
        for (report, ending, expected) in [
            (&none, Ending::Reported, "No violations in 2 files."),
            (&left, Ending::Reported, "1 violation in 1 of 2 files."),
            (&none, proposed(few), "The patch fixes 3 violations and changes 1 file in 2 hunks; none is left."),
            (
                &left,
                proposed(few),
                "The patch fixes 3 violations and changes 1 file in 2 hunks; 1 left in 1 of 2 files.",
            ),
            (&none, proposed(zero), "Nothing to fix: no violations in 2 files."),
            (&left, proposed(zero), "Nothing to propose: 1 left in 1 of 2 files."),
            (&none, fixed(few), "Fixed 3 violations, wrote 1 file; none is left."),
            (&left, fixed(few), "Fixed 3 violations, wrote 1 file; 1 left in 1 of 2 files."),
            (&none, fixed(zero), "Nothing to fix: no violations in 2 files."),
            (&left, fixed(zero), "Nothing was changed: 1 left in 1 of 2 files."),
        ] {
            assert_eq!(sentence(report, ending), expected);
        }
        left.findings[0].fix = Some(fixed_by(Applicability::Unsafe));
        assert_eq!(
            sentence(&left, fixed(zero)),
            "Nothing was changed: 1 left in 1 of 2 files. `phase2 fix --unsafe-fixes` mends 1."
        );
    }
}

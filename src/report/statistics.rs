//! How many violations there are of each kind.

use std::collections::BTreeMap;
use std::io::{self, Write};

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use crate::report::{Look, Report, one_line};

/// Prints a row for each kind of violation: a rule, what can be done, and the message without its names. The most frequent
/// come first.
///
/// # Errors
/// When `out` can't be written.
pub fn write(out: &mut dyn Write, report: &Report, look: Look) -> io::Result<()> {
    let mut kinds: BTreeMap<(&str, &str, String), usize> = BTreeMap::new();
    for finding in &report.findings {
        *kinds.entry((finding.rule, finding.fix_word(), without_names(&finding.message))).or_default() += 1;
    }
    let mut rows: Vec<((&str, &str, String), usize)> = kinds.into_iter().collect();
    rows.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let mut table = Table::new();
    table
        .load_preset(if look.unicode { presets::UTF8_FULL_CONDENSED } else { presets::ASCII_FULL_CONDENSED })
        .set_content_arrangement(ContentArrangement::Disabled)
        .force_no_tty()
        .set_header(["number", "rule", "fix", "what"]);
    for ((rule, fix, message), number) in rows {
        table.add_row([number.to_string(), rule.to_owned(), fix.to_owned(), one_line(&message)]);
    }
    if let Some(column) = table.column_mut(0) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    if !report.findings.is_empty() {
        writeln!(out, "{table}")?;
    }
    Ok(())
}

/// A message with `…` in the place of what stands between backticks or brackets.
fn without_names(message: &str) -> String {
    let parts: Vec<&str> = message.split('`').collect();
    let text: String =
        parts.iter().enumerate().map(|(index, part)| if index % 2 == 1 { "`…`" } else { part }).collect();
    text.split(" (").next().unwrap_or_default().to_owned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::report::samples::{finding, report};

    #[test]
    fn kinds_are_counted_whatever_they_name() {
        let text = "console.log(1)";
        let mut findings = vec![finding("a.ts", text, text); 3];
        findings[0].message = "`console.log` writes past the logger".into();
        findings[1].message = "`console.warn` writes past the logger".into();
        let mut out = Vec::new();
        let look = Look { color: false, unicode: false, width: 80 };
        write(&mut out, &report(findings, &[("a.ts", text)]), look).unwrap();
        let table = String::from_utf8(out).unwrap();
        assert!(table.contains("|      2 | console | no fix | `…` writes past the logger |"), "{table}");
        assert!(table.contains("|      1 | console | no fix | uses the console"), "{table}");
    }
}

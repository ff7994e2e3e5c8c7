//! How far a project is: `phase2 status`.

mod history;
mod html;

use std::collections::BTreeMap;
use std::io::{self, Write};

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use serde::Serialize;

pub use self::history::{History, Numbers, Week};
pub use self::html::write as write_html;

use crate::project::FileLength;
use crate::report::summary::count;
use crate::report::{Look, Report, Subject, Tally, one_line};
use crate::rules::Meta;

/// How far the things of one rule are.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
struct Progress<'r> {
    done: usize,
    /// Those that a safe fix does.
    fixable: usize,
    all: usize,
    /// How many of each group there are, and how many of these are done.
    groups: BTreeMap<&'r str, Group>,
    /// Those that aren't done.
    open: Vec<Open<'r>>,
    /// Those that are, and have something wrong with them.
    caveats: Vec<Open<'r>>,
}

#[derive(Debug, Default, PartialEq, Eq, Serialize)]
struct Group {
    done: usize,
    fixable: usize,
    all: usize,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct Open<'r> {
    name: &'r str,
    path: &'r str,
    detail: Option<&'r str>,
}

/// What is known beside the report of a run.
#[derive(Debug, Clone, Copy)]
pub struct Known<'r> {
    /// What the project is called.
    pub project: &'r str,
    /// The day of the run, as in 2026-11-28.
    pub day: &'r str,
    /// The rules that ran.
    pub ran: &'r [&'static Meta],
    /// Those that didn't, as nothing asks for them.
    pub off: &'r [&'r str],
    /// The longest files first, if anybody asked.
    pub largest_files: Option<&'r [FileLength]>,
    /// How many lines a file should have at most.
    pub max_lines: usize,
    /// The tables that are partitioned by time, if a database or a snapshot was asked.
    pub partitioned_tables: Option<&'r [PartitionedTable]>,
    /// The numbers of past weeks, if anybody asked.
    pub history: Option<&'r History>,
}

/// A table that is partitioned by time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PartitionedTable {
    /// Its name with the schema.
    pub name: String,
    /// How many partitions it has.
    pub partitions: usize,
    /// How many months after the present one have a partition; below 0 if the present one has none. `None` if no partition
    /// ends.
    pub months_ahead: Option<i64>,
    /// How many rows are in its default partition, if it has one.
    pub rows_in_default: Option<i64>,
}

/// Everything that is printed.
#[derive(Debug, Serialize)]
struct Status<'r> {
    version: u32,
    files_seen: usize,
    /// By rule, those that the run had.
    rules: BTreeMap<&'r str, Tally>,
    /// The rules that are off.
    off: &'r [&'r str],
    /// By rule, as far as it is about things of its own.
    progress: BTreeMap<&'r str, Progress<'r>>,
    /// The longest first.
    largest_files: Option<&'r [FileLength]>,
    /// If a database or a snapshot was asked.
    partitioned_tables: Option<&'r [PartitionedTable]>,
    /// If anybody asked.
    history: Option<&'r History>,
    notes: Vec<String>,
    errors: Vec<String>,
}

impl<'r> Status<'r> {
    fn of(report: &'r Report, known: &Known<'r>) -> Status<'r> {
        let mut tallies: BTreeMap<&str, Tally> = known.ran.iter().map(|rule| (rule.name, Tally::default())).collect();
        tallies.extend(report.tally_by_rule());
        let mut progress: BTreeMap<&str, Progress<'_>> = BTreeMap::new();
        for Subject { rule, name, path, is_done, group, detail, caveat } in &report.subjects {
            let progress = progress.entry(rule).or_default();
            let is_fixable = !is_done && detail.is_none();
            let of_group = progress.groups.entry(group.as_str()).or_default();
            of_group.all += 1;
            of_group.done += usize::from(*is_done);
            of_group.fixable += usize::from(is_fixable);
            progress.all += 1;
            progress.done += usize::from(*is_done);
            progress.fixable += usize::from(is_fixable);
            if !is_done {
                progress.open.push(Open { name, path: path.as_str(), detail: detail.as_deref() });
            } else if let Some(caveat) = caveat {
                progress.caveats.push(Open { name, path: path.as_str(), detail: Some(caveat) });
            }
        }
        let said = |path: Option<&crate::project::RelPath>, message: &str| {
            path.map_or_else(String::new, |path| format!("{path}: ")) + message
        };
        Status {
            version: 1,
            files_seen: report.stats.files_seen,
            rules: tallies,
            off: known.off,
            progress,
            largest_files: known.largest_files,
            partitioned_tables: known.partitioned_tables,
            history: known.history,
            notes: report.notes.iter().map(|note| said(note.path.as_ref(), &note.message)).collect(),
            errors: report.errors.iter().map(|problem| said(problem.path.as_ref(), &problem.message)).collect(),
        }
    }
}

/// Prints tables for a terminal.
///
/// # Errors
/// When `out` can't be written.
pub fn write_pretty(out: &mut dyn Write, report: &Report, known: &Known<'_>, look: Look) -> io::Result<()> {
    let preset = if look.unicode { presets::UTF8_FULL_CONDENSED } else { presets::ASCII_FULL_CONDENSED };
    write_tables(out, &Status::of(report, known), preset, "")
}

/// Prints the same in Markdown.
///
/// # Errors
/// When `out` can't be written.
pub fn write_markdown(out: &mut dyn Write, report: &Report, known: &Known<'_>) -> io::Result<()> {
    write_tables(out, &Status::of(report, known), presets::ASCII_MARKDOWN, "## ")
}

/// Prints one JSON object. Within version 1 fields may be added; none is removed or changes its meaning.
///
/// # Errors
/// When `out` can't be written.
pub fn write_json(out: &mut dyn Write, report: &Report, known: &Known<'_>) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &Status::of(report, known))?;
    writeln!(out)
}

fn write_tables(out: &mut dyn Write, status: &Status<'_>, preset: &str, head: &str) -> io::Result<()> {
    for (rule, progress) in &status.progress {
        let percent = progress.done * 100 / progress.all.max(1);
        writeln!(out, "{head}{rule}: {} of {} done ({percent} %)\n", progress.done, progress.all)?;
        let mut table = new_table(preset, &["", "done", "all"]);
        for (group, Group { done, all, .. }) in &progress.groups {
            table.add_row([(*group).to_owned(), done.to_string(), all.to_string()]);
        }
        right(&mut table);
        writeln!(out, "{table}\n")?;
        for (head, listed) in [("not done", &progress.open), ("done, but", &progress.caveats)] {
            if !listed.is_empty() {
                let mut table = new_table(preset, &[head, "why"]);
                for open in listed {
                    table.add_row([open.name.to_owned(), one_line(open.detail.unwrap_or("`phase2 fix` does it"))]);
                }
                writeln!(out, "{table}\n")?;
            }
        }
    }
    writeln!(out, "{head}Violations in {}\n", count(status.files_seen, "file"))?;
    let mut table = new_table(preset, &["rule", "violations", "safe", "unsafe", "no fix"]);
    for (rule, tally) in &status.rules {
        let numbers = [tally.violations, tally.safe, tally.not_safe, tally.unfixable].map(|number| number.to_string());
        table.add_row(std::iter::once((*rule).to_owned()).chain(numbers));
    }
    for rule in status.off {
        table.add_row([*rule, "off", "", "", ""]);
    }
    right(&mut table);
    writeln!(out, "{table}")?;
    if let Some(tables) = status.partitioned_tables {
        writeln!(out, "\n{head}Tables that are partitioned by time\n")?;
        let mut table = new_table(preset, &["table", "partitions", "months ahead", "rows in the default partition"]);
        let shown = |number: Option<i64>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
        for PartitionedTable { name, partitions, months_ahead, rows_in_default } in tables {
            table.add_row([one_line(name), partitions.to_string(), shown(*months_ahead), shown(*rows_in_default)]);
        }
        right(&mut table);
        writeln!(out, "{}", if tables.is_empty() { "none".to_owned() } else { table.to_string() })?;
    }
    if let Some(history) = status.history {
        write_history(out, history, preset, head)?;
    }
    let remarks =
        status.notes.iter().map(|note| ("note", note)).chain(status.errors.iter().map(|error| ("error", error)));
    for (index, (kind, message)) in remarks.enumerate() {
        let gap = if index == 0 { "\n" } else { "" };
        let bullet = if head.is_empty() { "" } else { "- " };
        writeln!(out, "{gap}{bullet}{kind}: {}", one_line(message))?;
    }
    Ok(())
}

fn write_history(out: &mut dyn Write, history: &History, preset: &str, head: &str) -> io::Result<()> {
    writeln!(out, "\n{head}Violations week by week\n")?;
    let mut table = new_table(preset, &["week of", "violations", "safe", "unsafe", "no fix"]);
    for Week { monday, numbers, .. } in &history.weeks {
        let Tally { violations, safe, not_safe, unfixable } = numbers.all;
        let week = if numbers.problems > 0 { format!("{monday} (incomplete)") } else { monday.clone() };
        match &numbers.error {
            Some(error) => table.add_row([week, one_line(error)]),
            None => table.add_row(
                std::iter::once(week).chain([violations, safe, not_safe, unfixable].map(|number| number.to_string())),
            ),
        };
    }
    right(&mut table);
    if !history.weeks.is_empty() {
        writeln!(out, "{table}")?;
    }
    history.remarks.iter().try_for_each(|remark| writeln!(out, "{remark}"))
}

fn new_table(preset: &str, header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(preset).set_content_arrangement(ContentArrangement::Disabled).force_no_tty();
    table.set_header(header.to_vec());
    table
}

/// Sets all columns but the first to the right.
fn right(table: &mut Table) {
    table.column_iter_mut().skip(1).for_each(|column| column.set_cell_alignment(CellAlignment::Right));
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::report::samples::path;
    use crate::report::{Note, Stats};
    use crate::rules::{console, rate_limit};

    #[test]
    fn what_is_done_and_what_is_not() {
        let subject = |name: &str, is_done: bool, group: &str| Subject {
            rule: "rate-limit",
            name: name.to_owned(),
            path: path("a/index.ts"),
            is_done,
            group: group.to_owned(),
            detail: (!is_done).then(|| "limit it".to_owned()),
            caveat: (name == "c").then(|| "wired, helper defective".to_owned()),
        };
        let report = Report {
            subjects: vec![subject("a", true, "high"), subject("b", false, "high"), subject("c", true, "auth")],
            notes: vec![Note { rule: None, path: Some(path("b.ts")), message: "is defective".into() }],
            stats: Stats { files_seen: 3, files_parsed: 3 },
            ..Report::default()
        };
        let tables = [
            PartitionedTable {
                name: "public.a".into(),
                partitions: 9,
                months_ahead: Some(3),
                rows_in_default: Some(12),
            },
            PartitionedTable { name: "public.b".into(), partitions: 1, months_ahead: None, rows_in_default: None },
        ];
        let known = Known {
            project: "shop",
            day: "2026-11-28",
            ran: &[&console::META, &rate_limit::META],
            off: &["read-through"],
            largest_files: None,
            max_lines: 200,
            partitioned_tables: Some(&tables),
            history: None,
        };
        let mut out = Vec::new();
        write_markdown(&mut out, &report, &known).unwrap();
        let expected = "\
## rate-limit: 2 of 3 done (66 %)

|      | done | all |
|------|------|-----|
| auth |    1 |   1 |
| high |    1 |   2 |

| not done | why      |
|----------|----------|
| b        | limit it |

| done, but | why                     |
|-----------|-------------------------|
| c         | wired, helper defective |

## Violations in 3 files

| rule         | violations | safe | unsafe | no fix |
|--------------|------------|------|--------|--------|
| console      |          0 |    0 |      0 |      0 |
| rate-limit   |          0 |    0 |      0 |      0 |
| read-through |        off |      |        |        |

## Tables that are partitioned by time

| table    | partitions | months ahead | rows in the default partition |
|----------|------------|--------------|-------------------------------|
| public.a |          9 |            3 |                            12 |
| public.b |          1 |            - |                             - |

- note: b.ts: is defective
";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
        let mut out = Vec::new();
        write_json(&mut out, &report, &Known { ran: &[&console::META], off: &["tenants"], ..known }).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(
            json["progress"]["rate-limit"]["groups"]["high"],
            serde_json::json!({ "done": 1, "fixable": 0, "all": 2 })
        );
        assert_eq!(json["rules"]["console"]["violations"], 0);
        assert_eq!(json["partitioned_tables"][1]["rows_in_default"], serde_json::Value::Null);
        assert_eq!(json["partitioned_tables"][0]["months_ahead"], 3);
        assert_eq!(json["off"], serde_json::json!(["tenants"]));
    }
}

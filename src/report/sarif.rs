//! SARIF 2.1.0, for code scanning: rules with their pages, results with fixes and fingerprints.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::ops::Range;

use serde_sarif::sarif::{
    ArtifactChange, ArtifactContent, ArtifactLocation, Fix, Invocation, Location, Message, MultiformatMessageString,
    Notification, PhysicalLocation, Region, Replacement, ReportingDescriptor, Result as Outcome, ResultLevel, Run,
    Sarif, Tool, ToolComponent,
};

use crate::edit::Edit;
use crate::project::RelPath;
use crate::report::position::Positions;
use crate::report::{Finding, FindingFix, Problem, Report};
use crate::rules::Meta;

/// The name of our fingerprints; a change of what they are made of needs another.
const FINGERPRINT: &str = "phase2/v1";
const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// Prints the whole report as one log. `rules` are those that ran.
///
/// # Errors
/// When `out` can't be written.
pub fn write(out: &mut dyn Write, report: &Report, rules: &[&Meta]) -> io::Result<()> {
    let positions = Positions::new(report);
    let driver = ToolComponent::builder()
        .name("phase2")
        .version(env!("CARGO_PKG_VERSION"))
        .semantic_version(env!("CARGO_PKG_VERSION"))
        .rules(rules.iter().map(|rule| descriptor(rule)).collect::<Vec<_>>())
        .build();
    let notifications: Vec<Notification> = report.errors.iter().map(notification).collect();
    let invocation = Invocation::builder()
        .execution_successful(report.errors.is_empty())
        .tool_execution_notifications(notifications)
        .build();
    let index = |name: &str| rules.iter().position(|rule| rule.name == name).and_then(|at| i64::try_from(at).ok());
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let results = report.findings.iter().map(|finding| {
        let known = finding.identity();
        let number = seen.entry(known.clone()).and_modify(|number| *number += 1).or_insert(0);
        let fingerprint = format!("{known}:{number}");
        result(finding, &positions, index(finding.rule).unwrap_or(-1), fingerprint)
    });
    let results: Vec<Outcome> = results.collect();
    let run = Run::builder()
        .tool(Tool::builder().driver(driver).build())
        .invocations(vec![invocation])
        .column_kind("utf16CodeUnits")
        .results(results)
        .build();
    let log = Sarif::builder().schema(SCHEMA).version("2.1.0").runs(vec![run]).build();
    serde_json::to_writer_pretty(&mut *out, &log)?;
    writeln!(out)
}

fn descriptor(rule: &Meta) -> ReportingDescriptor {
    let text = |text: &str| MultiformatMessageString::builder().text(text).build();
    ReportingDescriptor::builder()
        .id(rule.name)
        .name(rule.name)
        .short_description(text(rule.summary))
        .full_description(text(rule.summary))
        .help(MultiformatMessageString::builder().text(rule.page).markdown(rule.page).build())
        .build()
}

fn result(finding: &Finding, positions: &Positions<'_>, index: i64, fingerprint: String) -> Outcome {
    let help = finding.help.as_ref().map_or_else(String::new, |help| format!("\n{help}"));
    let related = finding.related.iter().map(|related| {
        let mut place = location(positions, &related.path, &related.range);
        place.message = Some(message(&related.message));
        place
    });
    let fixes: Vec<Fix> =
        finding.fix.iter().filter(|fix| !fix.edits.is_empty()).map(|fix| self::fix(fix, positions)).collect();
    Outcome::builder()
        .rule_id(finding.rule)
        .rule_index(index)
        .level(ResultLevel::Error)
        .message(message(&format!("{}{help}", finding.message)))
        .locations(vec![location(positions, &finding.path, &finding.range)])
        .related_locations(related.collect::<Vec<_>>())
        .partial_fingerprints(BTreeMap::from([(FINGERPRINT.to_owned(), fingerprint)]))
        .fixes(fixes)
        .build()
}

fn message(text: &str) -> Message {
    Message::builder().text(text).build()
}

fn artifact(path: &RelPath) -> ArtifactLocation {
    // A path is no URI before what is special there is escaped.
    let uri: String = path
        .as_str()
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect();
    ArtifactLocation::builder().uri(uri).uri_base_id("%SRCROOT%").build()
}

fn location(positions: &Positions<'_>, path: &RelPath, range: &Range<usize>) -> Location {
    let place = PhysicalLocation::builder().artifact_location(artifact(path)).region(region(positions, path, range));
    Location::builder().physical_location(place.build()).build()
}

fn region(positions: &Positions<'_>, path: &RelPath, range: &Range<usize>) -> Region {
    let number = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let (start, end) = (positions.at(path, range.start), positions.at(path, range.end));
    Region::builder()
        .start_line(number(start.line))
        .start_column(number(start.column))
        .end_line(number(end.line))
        .end_column(number(end.column))
        .build()
}

fn fix(fix: &FindingFix, positions: &Positions<'_>) -> Fix {
    let mut by_file: BTreeMap<&RelPath, Vec<&Edit>> = BTreeMap::new();
    fix.edits.iter().for_each(|edit| by_file.entry(&edit.path).or_default().push(edit));
    let changed = by_file.into_iter().map(|(path, edits)| {
        let replacements = edits.into_iter().map(|edit| {
            let region = region(positions, path, &edit.range);
            Replacement::builder().deleted_region(region).inserted_content(content(&edit.text)).build()
        });
        change(path, replacements.collect())
    });
    let brought = fix.new_files.iter().map(|file| {
        let start = Region::builder().start_line(1i64).start_column(1i64).end_line(1i64).end_column(1i64).build();
        change(
            &file.path,
            vec![Replacement::builder().deleted_region(start).inserted_content(content(&file.text)).build()],
        )
    });
    Fix::builder()
        .description(message(&format!("{} fix", fix.applicability.as_str())))
        .artifact_changes(changed.chain(brought).collect::<Vec<_>>())
        .build()
}

fn change(path: &RelPath, replacements: Vec<Replacement>) -> ArtifactChange {
    ArtifactChange::builder().artifact_location(artifact(path)).replacements(replacements).build()
}

fn content(text: &str) -> ArtifactContent {
    ArtifactContent::builder().text(text).build()
}

fn notification(problem: &Problem) -> Notification {
    let places: Vec<Location> = problem
        .path
        .iter()
        .map(|path| {
            let place = PhysicalLocation::builder().artifact_location(artifact(path)).build();
            Location::builder().physical_location(place).build()
        })
        .collect();
    Notification::builder().level("error").message(message(&problem.message)).locations(places).build()
}

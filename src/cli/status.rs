//! `phase2 status`

use super::load::{self, Place};
use super::output::Output;
use super::partition::snapshot_in;
use super::terminal::{Failure, Stream, Terminal};
use super::{CLEAN, Common, Format, StatusArgs, TROUBLE};
use crate::partition::overview;
use crate::report::status::{self, Known, PartitionedTable};
use crate::rules;

/// Prints how far the project is, by all rules that the arguments or the configuration name; the exit status. Nothing is
/// written.
///
/// # Errors
/// If the project can't be looked at, or stdout can't be written.
pub fn run(terminal: &Terminal, common: &Common, args: &StatusArgs) -> Result<u8, Failure> {
    let place = Place::of(common)?;
    let (chosen, suppression) = load::chosen(&args.rules, &place.config)?;
    let project = place.open()?;
    let report = load::report(terminal, &project, &chosen, suppression);
    let mut names: Vec<&str> = chosen.iter().map(|rule| rule.meta().name).collect();
    names.extend(suppression.then_some(rules::suppression::META.name));
    let is_off = |name: &&str| args.rules.is_empty() && !names.contains(name);
    let off: Vec<&str> = rules::names().into_iter().filter(is_off).collect();
    let tables = partitioned_tables(args)?;
    let known = Known { ran: &names, off: &off, partitioned_tables: tables.as_deref() };
    let [Output { format, file: None }] = &common.output_format[..] else {
        return Err(Failure::Plain("`phase2 status` prints one format, to stdout".to_owned()));
    };
    if !matches!(format, Format::Pretty | Format::Concise | Format::Markdown | Format::Json) {
        return Err(Failure::Plain("`phase2 status` prints pretty, json or markdown".to_owned()));
    }
    terminal.print(Stream::Out, |out, look| match format {
        Format::Markdown => status::write_markdown(out, &report, &known),
        Format::Json => status::write_json(out, &report, &known),
        _ => status::write_pretty(out, &report, &known, look),
    })?;
    Ok(if report.errors.is_empty() { CLEAN } else { TROUBLE })
}

/// The tables that are partitioned by time. A database is asked only where an option names it.
fn partitioned_tables(args: &StatusArgs) -> Result<Option<Vec<PartitionedTable>>, Failure> {
    if let Some(path) = &args.from_snapshot {
        return Ok(Some(overview::of_snapshot(&snapshot_in(path)?).into_iter().collect()));
    }
    Ok(args.database_url.as_deref().map(overview::of_database).transpose()?)
}

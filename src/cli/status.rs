//! `phase2 status`

use std::io::Write;
use std::path::Path;
use std::time::SystemTime;

use chrono::{DateTime, Utc};

use super::cache::Runner;
use super::load::{self, Place};
use super::output::{Output, one_on_stdout, print_into};
use super::partition::snapshot_in;
use super::terminal::{Failure, Stream, Terminal};
use super::{CLEAN, Common, Format, StatusArgs, TROUBLE};
use crate::history;
use crate::partition::overview;
use crate::project::Project;
use crate::report::status::{self, Known, Numbers, PartitionedTable};
use crate::rules::{self, Meta};

/// How many of the largest files are shown.
const LARGEST_FILES: usize = 10;

/// Prints how far the project is, by all rules that the arguments or the configuration name; the exit status. Nothing is
/// written but what `-o` names.
///
/// # Errors
/// If the project can't be looked at, or the output can't be written.
pub fn run(terminal: &Terminal, common: &Common, args: &StatusArgs) -> Result<u8, Failure> {
    let outputs = &common.output_format;
    let formats = [Format::Pretty, Format::Concise, Format::Markdown, Format::Json, Format::Html];
    if outputs.iter().any(|output| !formats.contains(&output.format)) {
        return Err(Failure::Plain("`phase2 status` prints pretty, json, markdown or html".to_owned()));
    }
    one_on_stdout(outputs)?;
    let place = Place::of(common)?;
    let (chosen, suppression) = load::chosen(&args.rules, &place.config)?;
    let project = place.open()?;
    let runner = Runner::of(terminal, common, &args.cache, &project);
    let mut report = load::report(terminal, &runner, &project, &chosen, suppression);
    report.notes.extend(load::packages_outside(&project));
    let mut ran: Vec<&'static Meta> = chosen.iter().map(|rule| rule.meta()).collect();
    ran.extend(suppression.then_some(&rules::suppression::META));
    let is_off = |name: &&str| args.rules.is_empty() && !ran.iter().any(|meta| meta.name == *name);
    let off: Vec<&str> = rules::names().into_iter().filter(is_off).collect();
    let tables = partitioned_tables(args)?;
    let has_files = outputs.iter().any(|output| matches!(output.format, Format::Json | Format::Html));
    let largest_files = has_files.then(|| project.largest_files(LARGEST_FILES));
    let now = DateTime::<Utc>::from(SystemTime::now());
    let judge = |folder: &Path| match Project::open(folder, place.config.clone()) {
        Ok(project) => Numbers::of(&load::report(terminal, &Runner::plain(terminal), &project, &chosen, suppression)),
        Err(error) => Numbers::unknown(error.to_string()),
    };
    let settings = format!("{:?}\0{:?}", ran.iter().map(|meta| meta.name).collect::<Vec<_>>(), place.config);
    let history = |weeks| history::of(&project.root, weeks, now.timestamp(), &settings, &judge);
    let history = args.history.map(history).transpose()?;
    let known = Known {
        project: &project.root.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
        day: &now.format("%F").to_string(),
        ran: &ran,
        off: &off,
        largest_files: largest_files.as_deref(),
        max_lines: *project.config.large_files.max_lines.get_ref(),
        partitioned_tables: tables.as_deref(),
        history: history.as_ref(),
    };
    for Output { format, file } in outputs {
        let write = |out: &mut dyn Write, look| match format {
            Format::Markdown => status::write_markdown(out, &report, &known),
            Format::Json => status::write_json(out, &report, &known),
            Format::Html => status::write_html(out, &report, &known),
            _ => status::write_pretty(out, &report, &known, look),
        };
        match file {
            Some(path) => {
                print_into(terminal, path, write)?;
                if !common.quiet {
                    let name = path.display();
                    terminal.print(Stream::Err, |err, _| writeln!(err, "the status is in {name}"))?;
                }
            }
            None => terminal.print(Stream::Out, write)?,
        }
    }
    Ok(if report.errors.is_empty() { CLEAN } else { TROUBLE })
}

/// How many weeks a word such as `26w` stands for: up to ten years.
///
/// # Errors
/// If it stands for none.
pub fn weeks(word: &str) -> Result<u16, String> {
    let number = word.strip_suffix('w').and_then(|number| number.parse().ok());
    number
        .filter(|weeks| (1..=520).contains(weeks))
        .ok_or_else(|| "a number of weeks from 1w to 520w, such as 26w".to_owned())
}

/// The tables that are partitioned by time. A database is asked only where an option names it.
fn partitioned_tables(args: &StatusArgs) -> Result<Option<Vec<PartitionedTable>>, Failure> {
    if let Some(path) = &args.from_snapshot {
        return Ok(Some(overview::of_snapshot(&snapshot_in(path)?).into_iter().collect()));
    }
    Ok(args.database_url.as_deref().map(overview::of_database).transpose()?)
}

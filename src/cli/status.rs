//! `phase2 status`

use super::load::{self, Place};
use super::output::Output;
use super::terminal::{Failure, Stream, Terminal};
use super::{CLEAN, Common, Format, TROUBLE};
use crate::report::status::{self, Rules};
use crate::rules;

/// Prints how far the project is, by all rules that `named` or the configuration names; the exit status. Nothing is
/// written.
///
/// # Errors
/// If the project can't be looked at, or stdout can't be written.
pub fn run(terminal: &Terminal, common: &Common, named: &[String]) -> Result<u8, Failure> {
    let place = Place::of(common)?;
    let (chosen, suppression) = load::chosen(named, &place.config)?;
    let project = place.open()?;
    let report = load::report(terminal, &project, &chosen, suppression);
    let mut names: Vec<&str> = chosen.iter().map(|rule| rule.meta().name).collect();
    names.extend(suppression.then_some(rules::suppression::META.name));
    let is_off = |name: &&str| named.is_empty() && !names.contains(name);
    let off: Vec<&str> = rules::names().into_iter().filter(is_off).collect();
    let names = Rules { ran: &names, off: &off };
    let [Output { format, file: None }] = &common.output_format[..] else {
        return Err(Failure::Plain("`phase2 status` prints one format, to stdout".to_owned()));
    };
    if !matches!(format, Format::Pretty | Format::Concise | Format::Markdown | Format::Json) {
        return Err(Failure::Plain("`phase2 status` prints pretty, json or markdown".to_owned()));
    }
    terminal.print(Stream::Out, |out, look| match format {
        Format::Markdown => status::write_markdown(out, &report, &names),
        Format::Json => status::write_json(out, &report, &names),
        _ => status::write_pretty(out, &report, &names, look),
    })?;
    Ok(if report.errors.is_empty() { CLEAN } else { TROUBLE })
}

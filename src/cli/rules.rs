//! `phase2 rules`

use super::CLEAN;
use super::terminal::{Failure, Stream, Terminal};
use crate::rules;

/// Prints a line per rule: its name, whether it is on by default, and what it is about.
///
/// # Errors
/// If stdout can't be written.
pub fn run(terminal: &Terminal) -> Result<u8, Failure> {
    let metas = rules::metas();
    let width = metas.iter().map(|meta| meta.name.len()).max().unwrap_or_default();
    terminal.print(Stream::Out, |out, _| {
        metas.iter().try_for_each(|meta| {
            let mode = if meta.on_by_default { "on " } else { "off" };
            writeln!(out, "{:width$}  {mode}  {}", meta.name, meta.summary)
        })
    })?;
    Ok(CLEAN)
}

//! `phase2 rules`

use std::io::{self, Write};

use super::CLEAN;
use super::terminal::{Failure, Terminal};
use crate::rules;

/// Prints a line per rule.
///
/// # Errors
/// If stdout can't be written.
pub fn run(_terminal: &Terminal) -> Result<u8, Failure> {
    let metas = rules::metas();
    let width = metas.iter().map(|meta| meta.name.len()).max().unwrap_or_default();
    let mut out = io::stdout().lock();
    for meta in metas {
        let mode = if meta.on_by_default { "on " } else { "off" };
        writeln!(out, "{:width$}  {mode}  {}", meta.name, meta.summary)?;
    }
    Ok(CLEAN)
}

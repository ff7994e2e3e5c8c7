//! `phase2 explain RULE`

use super::terminal::{Failure, Stream, Terminal};
use super::{CLEAN, load};
use crate::rules;

/// Prints the page of a rule.
///
/// # Errors
/// If there is no such rule, or stdout can't be written.
pub fn run(terminal: &Terminal, name: &str) -> Result<u8, Failure> {
    let metas = rules::metas();
    let meta = metas.iter().find(|meta| meta.name == name).ok_or_else(|| load::unknown(name))?;
    terminal.print(Stream::Out, |out, _| out.write_all(meta.page.as_bytes()))?;
    Ok(CLEAN)
}

//! `phase2 explain RULE`

use std::io::{self, Write};

use super::terminal::{Failure, Terminal};
use super::{CLEAN, load};
use crate::rules;

/// Prints the page of a rule.
///
/// # Errors
/// If there is no such rule, or stdout can't be written.
pub fn run(_terminal: &Terminal, name: &str) -> Result<u8, Failure> {
    let metas = rules::metas();
    let Some(meta) = metas.iter().find(|meta| meta.name == name) else {
        return Err(load::unknown(name, &rules::names()));
    };
    io::stdout().lock().write_all(meta.page.as_bytes())?;
    Ok(CLEAN)
}

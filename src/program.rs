//! Which program this is, for results that are kept for later runs.

use std::fs;

/// The version, and what tells builds of one version apart: size and time of the program's file. `None` if that can't be read.
pub fn identity() -> Option<String> {
    let data = std::env::current_exe().and_then(fs::metadata).ok()?;
    Some(format!("{} {} {:?}", env!("CARGO_PKG_VERSION"), data.len(), data.modified().ok()?))
}

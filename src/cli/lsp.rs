//! `phase2 lsp`

use super::terminal::Failure;
use super::{CLEAN, Common, VIOLATIONS};
use crate::lsp::{self, Settings};

/// Serves an editor; the exit status that the protocol wants: 1 if the client left without asking to.
///
/// # Errors
/// If the folders of the command line can't be used, or the client doesn't speak the protocol.
pub fn run(common: &Common) -> Result<u8, Failure> {
    let absolute = |path: &std::path::PathBuf| {
        path.canonicalize().map_err(|error| Failure::Plain(format!("`{}` can't be used: {error}", path.display())))
    };
    let settings = Settings {
        root: common.root.as_ref().map(absolute).transpose()?,
        config: common.config.as_ref().map(absolute).transpose()?,
        is_isolated: common.isolated,
    };
    let is_proper =
        lsp::serve(settings).map_err(|error| Failure::Plain(format!("the editor can't be served: {error}")))?;
    Ok(if is_proper { CLEAN } else { VIOLATIONS })
}

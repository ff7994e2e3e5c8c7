//! Files that git couldn't bring back.

use std::path::Path;

use super::terminal::Failure;
use crate::edit::FileChange;
use crate::project::RelPath;
use crate::vcs::{self, Vcs};

/// Refuses to change files that git couldn't bring back, unless that is allowed.
///
/// # Errors
/// Which files these are, and the option by which to go on; or that git can't be asked.
pub fn refuse(root: &Path, changes: &[FileChange], allow_dirty: bool, allow_no_vcs: bool) -> Result<(), Failure> {
    let existing: Vec<RelPath> =
        changes.iter().filter(|change| change.before.is_some()).map(|change| change.path.clone()).collect();
    if existing.is_empty() || (allow_dirty && allow_no_vcs) {
        return Ok(());
    }
    match vcs::uncommitted(root, &existing)? {
        Vcs::NoRepository if !allow_no_vcs => Err(Failure::Plain(
            "nothing was written: the project is in no git repository, which could bring the files back\n\
             use --allow-no-vcs to write all the same, or --diff to see the patch"
                .to_owned(),
        )),
        Vcs::Git { dirty } if !dirty.is_empty() && !allow_dirty => {
            let listed: String = dirty.iter().map(|path| format!("\n  {path}")).collect();
            Err(Failure::Plain(format!(
                "nothing was written: these files would be changed, and have uncommitted changes:{listed}\n\
                 commit or stash them, or use --allow-dirty to write all the same"
            )))
        }
        _ => Ok(()),
    }
}

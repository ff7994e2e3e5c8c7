//! `--shard I/N`: one of several parts of a project, the same ones every time.

use std::collections::BTreeSet;
use std::str::FromStr;

use sha2::{Digest, Sha256};

use super::groups::Groups;
use crate::engine::Outcome;
use crate::project::{RelPath, Selection};
use crate::report::Report;

/// One of so many parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// From 1.
    index: u64,
    count: u64,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Shard, String> {
        let number = |text: &str| text.parse::<u32>().ok().map(u64::from);
        let parts = text.split_once('/').and_then(|(index, count)| Some((number(index)?, number(count)?)));
        match parts {
            Some((index, count)) if (1..=count).contains(&index) => Ok(Shard { index, count }),
            _ => Err("a shard is written 2/5: the second of five".to_owned()),
        }
    }
}

impl Shard {
    /// Takes out of an outcome what belongs to other shards; what is left of the selection.
    ///
    /// A file's shard is told by its path alone, unless fixes join it with others: those are in one shard, so that no fix is
    /// torn. `known` are the paths that something may be said of, those that are gone among them. What went wrong elsewhere
    /// than in a file is in all.
    ///
    /// Files that fixes bring along are in the first of several patches, as only one may bring them. Where files are written, they
    /// go with each shard whose fixes need them, so that each is whole.
    pub fn take(
        self,
        outcome: &mut Outcome,
        known: &BTreeSet<RelPath>,
        selection: &Selection,
        is_patch: bool,
    ) -> Selection {
        let groups = groups(outcome);
        let files: BTreeSet<&RelPath> = known.iter().chain(outcome.changes.iter().map(|change| &change.path)).collect();
        let others = files.into_iter().filter(|path| self.of_group(groups.of(path)) != self.index);
        let selection = selection.clone().without(others.cloned().collect());
        let own = outcome.found.findings.iter().filter(|finding| selection.contains(&finding.path));
        let own = own.filter_map(|finding| finding.fix.as_ref()).flat_map(|fix| &fix.new_files);
        let needed: BTreeSet<RelPath> = own.map(|file| file.path.clone()).collect();
        outcome.changes.retain(|change| match change.before {
            None if is_patch => self.index == 1,
            None => needed.contains(&change.path),
            Some(_) => selection.contains(&change.path),
        });
        for report in [&mut outcome.found, &mut outcome.remaining] {
            keep(report, &selection);
        }
        selection
    }

    /// The shard of a group: by a hash of its first path, which is the same on every machine.
    fn of_group(self, first: &RelPath) -> u64 {
        let hash = Sha256::digest(first.as_str().as_bytes());
        let hash = hash.iter().take(8).fold(0, |number: u64, byte| number << 8 | u64::from(*byte));
        hash % self.count + 1
    }
}

/// Which files have fixes in common, those aside that fixes bring along.
fn groups(outcome: &Outcome) -> Groups<RelPath> {
    let new: BTreeSet<&RelPath> =
        outcome.changes.iter().filter(|change| change.before.is_none()).map(|change| &change.path).collect();
    let mut groups = Groups::new();
    let fixes = outcome.found.findings.iter().filter_map(|finding| finding.fix.as_ref());
    for fix in fixes {
        groups.join(fix.edits.iter().map(|edit| edit.path.clone()).filter(|path| !new.contains(path)));
    }
    for together in &outcome.together {
        groups.join(together.iter().filter(|path| !new.contains(*path)).cloned());
    }
    groups
}

fn keep(report: &mut Report, selection: &Selection) {
    report.findings.retain(|finding| selection.contains(&finding.path));
    report.errors.retain(|problem| problem.path.as_ref().is_none_or(|path| selection.contains(path)));
    report.notes.retain(|note| note.path.as_ref().is_none_or(|path| selection.contains(path)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_count_from_one() {
        assert_eq!("2/5".parse(), Ok(Shard { index: 2, count: 5 }));
        for wrong in ["0/5", "6/5", "1/0", "1", "a/2", "1/2/3", "-1/2", ""] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }
}

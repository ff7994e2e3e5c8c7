//! Proofs ahead of the plan: of what the fixes of one file make of it, right after it was scanned.
//!
//! The plan may come to other edits, as it knows all files; then it proves those. It rarely does, and then the tree is gone
//! with the scan of its file, while it is still in the processor's caches. Keeping all trees until the plan takes 20 times
//! the memory of the sources, and about half of the time of the parse to fill and to free it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::Run;
use super::additions::State;
use super::merge::merge;
use super::passes::Passes;
use super::prove::Draft;
use super::scan::{Record, Snapshot, View};
use crate::edit::{Edit, Fix};
use crate::project::RelPath;

/// What edits make of a file, proved: it has no trigger of any rule left.
#[derive(Debug)]
pub struct Ahead {
    pub edits: Vec<Edit>,
    /// Comments whose removal is meant.
    pub removed: Vec<Range<usize>>,
    /// The file with them.
    pub after: Arc<Snapshot>,
}

impl Ahead {
    /// The snapshot of the file after `edits`, which remove the comments `removed`, if that is what was proved.
    pub fn after(&self, edits: &[Edit], removed: &[Range<usize>]) -> Option<Arc<Snapshot>> {
        (self.edits == edits && self.removed == removed).then(|| Arc::clone(&self.after))
    }
}

impl Run<'_> {
    /// The record with a proof of the fixes of its file, if these change no other file and leave nothing to look at. It has
    /// no need of its tree then.
    pub fn with_proof(&self, passes: &Passes<'_>, record: Record) -> Record {
        if !passes.judge_alone(&record.facts) {
            return record;
        }
        let path = record.path().clone();
        let mut alone = BTreeMap::from([(path.clone(), record)]);
        let proof = self.proof(passes, &alone);
        let mut record = alone.remove(&path).expect("it was put in under this path");
        if proof.is_some() {
            record.drop_tree();
        }
        Record { ahead: proof, ..record }
    }

    fn proof(&self, passes: &Passes<'_>, alone: &BTreeMap<RelPath, Record>) -> Option<Ahead> {
        let path = alone.keys().next()?;
        let since = BTreeMap::new();
        let view = View { first: alone, since: &since };
        let judgement = self.judge(passes, view);
        let fixes: Vec<&Fix> = self.wanted(&judgement).into_iter().filter_map(|found| found.fix.as_ref()).collect();
        if fixes.is_empty() || fixes.iter().any(|fix| fix.paths().into_iter().any(|other| other != path)) {
            return None;
        }
        let state = State { project: self.project, view };
        let merged = merge(state, &fixes);
        let draft = Draft::edited(state, path, &merged).ok()?;
        let has_more = !passes.hits(&draft.after).is_empty() || passes.want(self.project.file(path)?, &draft.after);
        if has_more || merged.taken.len() < fixes.len() {
            return None;
        }
        let file = draft.prove().ok()??;
        let edits = merged.edits.get(path).cloned().unwrap_or_default();
        let removed = merged.removed_comments.get(path).cloned().unwrap_or_default();
        Some(Ahead { edits, removed, after: Arc::new(Snapshot::of(&file)) })
    }
}

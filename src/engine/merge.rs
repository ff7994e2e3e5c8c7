//! The fixes of one pass become one set of edits.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use super::additions::{Additions, State};
use crate::edit::{Edit, Fix};
use crate::project::RelPath;

/// Fixes that go together, as one.
#[derive(Debug, Default)]
pub struct Merged {
    /// The places in the list of the fixes that were taken. The others overlap with them.
    pub taken: Vec<usize>,
    /// The edits of each file: by offset, insertions before a replacement that starts there, imports before other
    /// insertions, these in the order of their fixes. They overlap only if those of a single fix do.
    pub edits: BTreeMap<RelPath, Vec<Edit>>,
    /// The comments of each file whose removal is meant.
    pub removed_comments: BTreeMap<RelPath, Vec<Range<usize>>>,
    /// The new files and their texts.
    pub new_files: BTreeMap<RelPath, Arc<str>>,
    /// Where imports and declarations will be inserted.
    reserved: BTreeMap<RelPath, BTreeSet<usize>>,
}

/// Takes each of `fixes` that doesn't overlap with those taken before it.
pub fn merge(state: State<'_>, fixes: &[&Fix]) -> Merged {
    let additions = Additions::to(state);
    let mut merged = Merged::default();
    for (index, fix) in fixes.iter().enumerate() {
        let imports: Vec<Edit> = fix.paths().into_iter().flat_map(|path| additions.of(&[fix], path)).collect();
        if merged.fits(fix, &imports) {
            merged.take(fix, &imports);
            merged.taken.push(index);
        }
    }
    let mut by_path: BTreeMap<&RelPath, Vec<&Fix>> = BTreeMap::new();
    for fix in merged.taken.iter().map(|index| fixes[*index]) {
        fix.paths().into_iter().for_each(|path| by_path.entry(path).or_default().push(fix));
    }
    for (path, fixes) in by_path {
        let edits = merged.edits.entry(path.clone()).or_default();
        // From the last to the first, so that each stands before all else at its place.
        for addition in additions.of(&fixes, path).into_iter().rev() {
            let at = edits.partition_point(|known| known.range.start < addition.range.start);
            edits.insert(at, addition);
        }
    }
    merged
}

impl Merged {
    /// Whether `fix`, which wants the insertions `imports`, overlaps with nothing that was taken.
    fn fits(&self, fix: &Fix, imports: &[Edit]) -> bool {
        let is_apart = |edit: &Edit| self.edits.get(&edit.path).is_none_or(|edits| fits_into(edits, edit));
        let spares_imports = |edit: &Edit| {
            let Some(reserved) = self.reserved.get(&edit.path) else { return true };
            let inside = edit.range.start + 1..edit.range.end;
            inside.is_empty() || reserved.range(inside).next().is_none()
        };
        fix.edits.iter().all(|edit| is_apart(edit) && spares_imports(edit))
            && imports.iter().all(is_apart)
            && fix.new_files.iter().all(|file| self.new_files.get(&file.path).is_none_or(|known| *known == file.text))
    }

    fn take(&mut self, fix: &Fix, imports: &[Edit]) {
        let is_new = |edit: &&Edit| !self.edits.get(&edit.path).is_some_and(|edits| stands_among(edits, edit));
        // All are looked up before the first goes in: the same insertion twice in one fix is meant twice.
        let new: Vec<Edit> = fix.edits.iter().filter(is_new).cloned().collect();
        for edit in new {
            let edits = self.edits.entry(edit.path.clone()).or_default();
            let at = edits.partition_point(|known| order(known) <= order(&edit));
            edits.insert(at, edit);
        }
        for import in imports {
            self.reserved.entry(import.path.clone()).or_default().insert(import.range.start);
        }
        for (path, comment) in &fix.removed_comments {
            self.removed_comments.entry(path.clone()).or_default().push(comment.clone());
        }
        self.new_files.extend(fix.new_files.iter().map(|file| (file.path.clone(), Arc::clone(&file.text))));
    }
}

/// What the edits of a file are sorted by.
fn order(edit: &Edit) -> (usize, bool) {
    (edit.range.start, !edit.range.is_empty())
}

/// Whether `edit` is one of `edits`, which are sorted.
fn stands_among(edits: &[Edit], edit: &Edit) -> bool {
    let first = edits.partition_point(|known| order(known) < order(edit));
    edits[first..].iter().take_while(|known| order(known) == order(edit)).any(|known| known == edit)
}

/// Whether `edit` overlaps with none of `edits`, which are sorted, or stands among them already. Edits may touch, and
/// any number of insertions may share an offset.
fn fits_into(edits: &[Edit], edit: &Edit) -> bool {
    // As they don't overlap, their ends are in order too.
    let first = edits.partition_point(|known| known.range.end < edit.range.start);
    edits[first..].iter().take_while(|known| known.range.start <= edit.range.end).all(|known| {
        let is_apart = known.range.end <= edit.range.start || edit.range.end <= known.range.start;
        known == edit || is_apart
    })
}

/// `text` after `edits`, which are sorted. `None` if one lies outside of the text, inside of a character, or in another.
pub fn apply(text: &str, edits: &[Edit]) -> Option<String> {
    let mut result = String::with_capacity(text.len() + edits.iter().map(|edit| edit.text.len()).sum::<usize>());
    let mut done = 0;
    for edit in edits {
        result.push_str(text.get(done..edit.range.start)?);
        result.push_str(&edit.text);
        done = edit.range.end;
        // An end before its start would take what stands between them twice.
        if done < edit.range.start {
            return None;
        }
    }
    result.push_str(text.get(done..)?);
    Some(result)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, clippy::reversed_empty_ranges)]

    use super::*;

    fn edit(range: Range<usize>, text: &str) -> Edit {
        Edit { path: RelPath::new("a.ts").unwrap(), range, text: text.to_owned() }
    }

    #[test]
    fn edits_fit_where_they_touch_and_not_where_they_overlap() {
        let taken = [edit(2..2, "i"), edit(4..4, "j"), edit(4..8, "r"), edit(8..8, "k"), edit(10..12, "s")];
        for range in [0..2, 2..2, 2..4, 4..4, 8..8, 8..10, 9..9, 12..12, 12..20] {
            assert!(fits_into(&taken, &edit(range.clone(), "x")), "{range:?}");
        }
        for range in [0..3, 0..4, 2..5, 4..8, 4..5, 5..5, 7..8, 7..9, 3..20, 11..11, 11..13] {
            assert!(!fits_into(&taken, &edit(range.clone(), "x")), "{range:?}");
        }
        assert!(taken.iter().all(|known| fits_into(&taken, known)));
    }

    #[test]
    fn edits_are_applied_if_they_fit_the_text() {
        let edits = [edit(0..0, "<"), edit(1..1, "a"), edit(1..3, "b"), edit(3..3, "c"), edit(4..4, ">")];
        assert_eq!(apply("xéy", &edits).unwrap(), "<xabcy>");
        for wrong in
            [vec![edit(2..2, "")], vec![edit(0..9, "")], vec![edit(3..1, "")], vec![edit(0..3, ""), edit(1..3, "")]]
        {
            assert_eq!(apply("xéy", &wrong), None, "{wrong:?}");
        }
    }
}

//! The proof that a change is sound: nothing new that can't be parsed, no comment lost.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::additions::State;
use super::comments;
use super::merge::{Merged, apply};
use super::scan::Snapshot;
use crate::edit::Edit;
use crate::project::{Project, RelPath};
use crate::syntax::Dialect;
use crate::syntax::source::SourceFile;

/// What is wrong with a changed file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flaw {
    /// It can't be parsed where it could before.
    Syntax,
    /// A comment is gone; its first line.
    Comment(String),
    /// The file can't be read, or isn't TypeScript.
    Unreadable,
    /// An edit lies outside of the text, inside of a character, or in another edit.
    Misplaced,
    /// There is a file with another text where a new one would go.
    Occupied,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Flaw::Syntax => write!(f, "the result would not parse"),
            Flaw::Comment(comment) => write!(f, "the comment `{comment}` would be lost"),
            Flaw::Unreadable => write!(f, "a file that it changes can't be read as TypeScript"),
            Flaw::Misplaced => write!(f, "its edits don't fit the text"),
            Flaw::Occupied => write!(f, "there is another file where it needs a new one"),
        }
    }
}

/// A file as the fixes of one pass would have it.
#[derive(Debug)]
pub struct Draft {
    pub path: RelPath,
    pub after: Arc<str>,
    dialect: Option<Dialect>,
    change: Change,
}

/// What is done to a file.
#[derive(Debug)]
enum Change {
    New,
    Edited {
        before: Arc<Snapshot>,
        edits: Vec<Edit>,
        /// Comments whose removal is meant.
        removed: Vec<Range<usize>>,
    },
}

impl Draft {
    /// What `merged` makes of the file at `path`.
    pub fn edited(state: State<'_>, path: &RelPath, merged: &Merged) -> Result<Draft, Flaw> {
        let dialect = Dialect::of(path);
        let before = state.snapshot(path).filter(|_| dialect.is_some()).ok_or(Flaw::Unreadable)?;
        let edits = merged.edits.get(path).cloned().unwrap_or_default();
        let after = apply(&before.text, &edits).ok_or(Flaw::Misplaced)?.into();
        let removed = merged.removed_comments.get(path).cloned().unwrap_or_default();
        Ok(Draft { path: path.clone(), after, dialect, change: Change::Edited { before, edits, removed } })
    }

    /// A new file; `None` if it is there already.
    pub fn new(project: &Project, path: &RelPath, text: &Arc<str>) -> Result<Option<Draft>, Flaw> {
        if project.sources.exists(path) {
            let is_same = project.sources.read(path).is_ok_and(|present| present == *text);
            return if is_same { Ok(None) } else { Err(Flaw::Occupied) };
        }
        Ok(Some(Draft { path: path.clone(), after: Arc::clone(text), dialect: Dialect::of(path), change: Change::New }))
    }

    /// The text before; `None` if the file is new.
    pub fn before(&self) -> Option<&Arc<str>> {
        match &self.change {
            Change::New => None,
            Change::Edited { before, .. } => Some(&before.text),
        }
    }

    /// The edits, and the comments whose removal is meant; `None` if the file is new.
    pub fn edits(&self) -> Option<(&[Edit], &[Range<usize>])> {
        match &self.change {
            Change::New => None,
            Change::Edited { edits, removed, .. } => Some((edits, removed)),
        }
    }

    /// The file afterwards, if it is sound; `None` if it is a new one that isn't TypeScript.
    pub fn prove(&self) -> Result<Option<SourceFile>, Flaw> {
        let Some(dialect) = self.dialect else { return Ok(None) };
        let after = || Arc::clone(&self.after);
        let parse = || SourceFile::parse(self.path.clone(), after(), dialect);
        let Change::Edited { before, edits, removed } = &self.change else {
            let file = parse();
            return if file.errors().is_empty() { Ok(Some(file)) } else { Err(Flaw::Syntax) };
        };
        let file = before.tree.as_ref().map_or_else(parse, |tree| tree.edited(after(), edits));
        let known: Vec<Range<usize>> = before.errors.iter().map(|error| moved(error, edits)).collect();
        let is_known = |error: &Range<usize>| known.iter().any(|it| it.start <= error.start && error.end <= it.end);
        if !file.errors().iter().all(is_known) {
            return Err(Flaw::Syntax);
        }
        match lost_comment(before, &file, removed) {
            Some(comment) => Err(Flaw::Comment(comment.lines().next().unwrap_or_default().to_owned())),
            None => Ok(Some(file)),
        }
    }
}

/// A comment that stands in `before` more often than in `after`, those in `removed` aside.
fn lost_comment<'b>(before: &'b Snapshot, after: &SourceFile, removed: &[Range<usize>]) -> Option<&'b str> {
    let left = comments::find(after);
    let mut counts: HashMap<&str, usize> = HashMap::with_capacity(left.len());
    for range in left {
        *counts.entry(&after.text[range]).or_default() += 1;
    }
    let may_go = |comment: &Range<usize>| removed.iter().any(|it| it.start <= comment.start && comment.end <= it.end);
    let kept = before.comments.iter().filter(|comment| !may_go(comment)).map(|range| &before.text[range.clone()]);
    let mut kept = kept;
    kept.find(|comment| match counts.get_mut(comment) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    })
}

/// Where a range is after `edits`, which are sorted and don't overlap. What is inserted at its ends stays outside.
pub fn moved(range: &Range<usize>, edits: &[Edit]) -> Range<usize> {
    let shift = |offset: usize, edits: &mut dyn Iterator<Item = &Edit>| {
        edits.fold(offset, |at, edit| (at + edit.text.len()).saturating_sub(edit.range.len()))
    };
    let start = shift(range.start, &mut edits.iter().take_while(|edit| edit.range.end <= range.start));
    let inside = |edit: &&Edit| edit.range.end <= range.end && edit.range.start < range.end;
    let end = shift(range.end, &mut edits.iter().take_while(inside));
    start..end.max(start)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::*;

    #[test]
    fn ranges_move_with_the_edits_before_and_inside_of_them() {
        let edit = |range, text: &str| Edit { path: RelPath::new("a.ts").unwrap(), range, text: text.to_owned() };
        let after = |edits: &[Edit]| moved(&(4..8), edits);
        assert_eq!(after(&[edit(0..2, "x")]), 3..7);
        assert_eq!(after(&[edit(0..4, ""), edit(8..9, "xyz")]), 0..4);
        assert_eq!(after(&[edit(5..6, "xyz")]), 4..10);
        assert_eq!(after(&[edit(4..8, "x")]), 4..5);
        // What goes in at the ends stays outside.
        assert_eq!(after(&[edit(4..4, "xy"), edit(8..8, "z")]), 6..10);
        assert_eq!(moved(&(4..4), &[edit(4..4, "xy")]), 6..6);
        assert_eq!(moved(&(0..4), &[edit(0..0, "xy")]), 2..6);
    }
}

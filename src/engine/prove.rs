//! The proof that a change is sound: nothing new that can't be parsed, no comment lost.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::plan;
use super::scan::Record;
use crate::edit::Edit;
use crate::project::{Project, RelPath};
use crate::syntax::Dialect;
use crate::syntax::source::SourceFile;

/// What is wrong with a changed file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flaw {
    /// It can't be parsed where it could before.
    Syntax,
    /// A comment is gone.
    Comment(String),
    /// The file can't be read, or isn't TypeScript.
    Unreadable,
    /// An edit lies outside of the text, inside of a character, or in another edit.
    Misplaced,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Flaw::Syntax => write!(f, "the result would not parse"),
            Flaw::Comment(comment) => write!(f, "the comment `{comment}` would be lost"),
            Flaw::Unreadable => write!(f, "the file can't be read as TypeScript"),
            Flaw::Misplaced => write!(f, "its edits don't fit the text"),
        }
    }
}

/// The file after `edits` (sorted), if it is sound. `removed` are comments that may go.
pub fn prove(
    project: &Project,
    record: Option<&Record>,
    path: &RelPath,
    edits: &[Edit],
    removed: &[Range<usize>],
) -> Result<SourceFile, Flaw> {
    let text = match record {
        Some(record) => record.text.clone(),
        None => project.sources.read(path).map_err(|_| Flaw::Unreadable)?,
    };
    let dialect = Dialect::of(path).ok_or(Flaw::Unreadable)?;
    let fits = edits.iter().all(|edit| text.get(edit.range.clone()).is_some())
        && edits.windows(2).all(|pair| pair[0].range.end <= pair[1].range.start);
    if !fits {
        return Err(Flaw::Misplaced);
    }
    let after: Arc<str> = plan::apply(&text, edits).into();
    let parse = || SourceFile::parse(path.clone(), text.clone(), dialect);
    let file = match record.and_then(|record| record.kept.as_ref()) {
        Some(kept) => kept.edited(after, edits),
        None => SourceFile::parse(path.clone(), after, dialect),
    };
    let errors_before = record.map_or_else(|| parse().errors().len(), |record| record.errors);
    if file.errors().len() > errors_before {
        return Err(Flaw::Syntax);
    }
    // Walking both trees costs as much as parsing: only where an edit could touch a comment.
    let slashes = |text: &str| text.contains("//") || text.contains("/*");
    if edits.iter().any(|edit| slashes(&text[edit.range.clone()]) || slashes(&edit.text)) {
        let fresh;
        let before = match record.and_then(|record| record.kept.as_ref()) {
            Some(kept) => kept,
            None => {
                fresh = parse();
                &fresh
            }
        };
        let mut left = comments(&file, &[]);
        for (comment, count) in comments(before, removed) {
            if left.remove(comment).unwrap_or(0) < count {
                return Err(Flaw::Comment(comment.lines().next().unwrap_or_default().to_owned()));
            }
        }
    }
    Ok(file)
}

/// The comments of a file but those in `but`, each with how often it stands there.
fn comments<'f>(file: &'f SourceFile, but: &[Range<usize>]) -> BTreeMap<&'f str, usize> {
    let mut comments = BTreeMap::new();
    let mut cursor = file.root().walk();
    loop {
        let node = cursor.node();
        if node.kind() == "comment"
            && !but.iter().any(|range| range.start <= node.start_byte() && node.end_byte() <= range.end)
        {
            *comments.entry(file.text_of(node)).or_default() += 1;
        }
        if cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return comments;
            }
        }
    }
}

//! What fixes make of files, as edits of a workspace.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use gen_lsp_types as lsp;
use similar::{Algorithm, DiffTag, capture_diff_slices};

use super::client::Client;
use super::documents::Documents;
use super::text::Text;
use crate::edit::FileChange;

/// The edit that makes `changes` in the project at `root`; `None` if the client can't do it.
pub fn of_changes(
    client: &Client,
    documents: &Documents,
    root: &Path,
    changes: &[FileChange],
) -> Option<lsp::WorkspaceEdit> {
    let (mut versioned, mut plain) = (Vec::new(), HashMap::new());
    for change in changes {
        let path = change.path.to_absolute(root);
        let uri = client.uri_of(documents, &path)?;
        let document = documents.get(&path);
        if change.before.is_none() {
            if !client.can_create_files {
                return None;
            }
            let options = lsp::CreateFileOptions { overwrite: Some(false), ignore_if_exists: Some(false) };
            versioned.push(lsp::DocumentChange::CreateFile(lsp::CreateFile {
                uri: uri.clone(),
                options: Some(options),
                annotation_id: None,
            }));
        }
        let edits = text_edits(change.before.as_deref().unwrap_or_default(), &change.after, client);
        if client.can_version_edits {
            let identifier = lsp::OptionalVersionedTextDocumentIdentifier {
                version: document.map(|document| document.version),
                text_document_identifier: lsp::TextDocumentIdentifier { uri },
            };
            let edits = edits.into_iter().map(lsp::Edit::TextEdit).collect();
            versioned.push(lsp::TextDocumentEdit { text_document: identifier, edits }.into());
        } else {
            plain.insert(uri, edits);
        }
    }
    let is_versioned = client.can_version_edits;
    Some(lsp::WorkspaceEdit {
        changes: (!is_versioned).then_some(plain),
        document_changes: is_versioned.then_some(versioned),
        change_annotations: None,
    })
}

fn text_edits(before: &str, after: &str, client: &Client) -> Vec<lsp::TextEdit> {
    let places = Text::new(before, client.encoding);
    let edits = differences(before, after).into_iter();
    edits.map(|(range, text)| lsp::TextEdit { range: places.range(&range), new_text: text.to_owned() }).collect()
}

/// What stands in `after` instead of which bytes of `before`: line by line, and of changed lines only what differs.
fn differences<'t>(before: &str, after: &'t str) -> Vec<(Range<usize>, &'t str)> {
    let (old, new) = (lines(before), lines(after));
    let texts = |lines: &[(usize, &str)]| lines.iter().map(|(_, line)| (*line).to_owned()).collect::<Vec<_>>();
    let operations = capture_diff_slices(Algorithm::Myers, &texts(&old), &texts(&new));
    let changed = operations.iter().filter(|operation| operation.tag() != DiffTag::Equal);
    changed
        .map(|operation| {
            let old = bytes(&old, operation.old_range(), before.len());
            let new = bytes(&new, operation.new_range(), after.len());
            let (head, tail) = in_common(&before[old.clone()], &after[new.clone()]);
            (old.start + head..old.end - tail, &after[new.start + head..new.end - tail])
        })
        .collect()
}

/// The lines of a text with their breaks, each with its offset.
fn lines(text: &str) -> Vec<(usize, &str)> {
    let lines = text.split_inclusive('\n').scan(0, |end, line| {
        let start = *end;
        *end += line.len();
        Some((start, line))
    });
    lines.collect()
}

/// The bytes of some of a text's lines.
fn bytes(lines: &[(usize, &str)], range: Range<usize>, length: usize) -> Range<usize> {
    let offset = |line: usize| lines.get(line).map_or(length, |(start, _)| *start);
    offset(range.start)..offset(range.end)
}

/// How many bytes two texts have in common at their starts, and behind that at their ends. No place has a break on one side
/// of which is a carriage return, and on the other its line feed: no position is between them.
fn in_common(one: &str, other: &str) -> (usize, usize) {
    let same = |pairs: &mut dyn Iterator<Item = (char, char)>| {
        pairs.take_while(|(one, other)| one == other).map(|(one, _)| one.len_utf8()).sum::<usize>()
    };
    let mut head = same(&mut one.chars().zip(other.chars()));
    if one[..head].ends_with('\r') {
        head -= 1;
    }
    let mut tail = same(&mut one[head..].chars().rev().zip(other[head..].chars().rev()));
    let splits = |text: &str| text[..text.len() - tail].ends_with('\r') && text[text.len() - tail..].starts_with('\n');
    if splits(one) || splits(other) {
        tail -= 1;
    }
    (head, tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apply(before: &str, edits: &[(Range<usize>, &str)]) -> String {
        let mut text = before.to_owned();
        edits.iter().rev().for_each(|(range, new)| text.replace_range(range.clone(), new));
        text
    }

    #[test]
    fn only_what_differs_is_replaced_and_the_result_is_the_same() {
        for (before, after, expected) in [
            ("a\nb(1)\nc\n", "a\nlog(1)\nc\n", vec![(2..3, "log")]),
            ("a\nc", "a\nb\nc", vec![(2..2, "b\n")]),
            ("", "a\n", vec![(0..0, "a\n")]),
            ("a\nb\n", "", vec![(0..4, "")]),
            ("aéb\r\nx\r\n", "aèb\r\nx\r\n", vec![(1..3, "è")]),
            ("a\r\n", "a\r\nb\r\n", vec![(3..3, "b\r\n")]),
            ("a\r", "a\r\n", vec![(1..2, "\r\n")]),
            ("x;;x", "x;x", vec![(2..3, "")]),
        ] {
            let found = differences(before, after);
            assert_eq!(found, expected, "{before:?} {after:?}");
            assert_eq!(apply(before, &found), after);
        }
    }
}

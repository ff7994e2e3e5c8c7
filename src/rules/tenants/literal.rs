//! Tenant literals: where one of the configured ids stands in the code, and what it is there.

use tree_sitter::Node;

use crate::syntax::source::SourceFile;

/// The strings and plain templates of `file` that are one of `ids`, by the byte offsets at which the ids stand.
pub fn at<'t>(file: &'t SourceFile, ids: &[&str], hits: &[usize]) -> Vec<Node<'t>> {
    let mut found: Vec<Node<'t>> = Vec::new();
    for hit in hits {
        let path = file.path_to(*hit..*hit + 1);
        let literal = path.into_iter().rev().take(3).find(|node| matches!(node.kind(), "string" | "template_string"));
        let Some(literal) = literal else { continue };
        let text = file.text_of(literal);
        let is_id = text.len() > 2 && ids.contains(&&text[1..text.len() - 1]);
        if is_id && !found.iter().any(|known| known.id() == literal.id()) {
            found.push(literal);
        }
    }
    found
}

/// The byte offsets at which one of `ids` stands in a text.
pub fn hits(text: &str, ids: &[&str]) -> Vec<usize> {
    let mut hits: Vec<usize> =
        ids.iter().flat_map(|id| memchr::memmem::find_iter(text.as_bytes(), id.as_bytes())).collect();
    hits.sort_unstable();
    hits
}

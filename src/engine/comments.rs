//! The comments of a file.

use std::ops::Range;

use memchr::memchr_iter;

use crate::syntax::source::SourceFile;

/// The byte ranges of all comments, in order. Only the parts of the tree that hold a `//` or a `/*` are walked, which
/// takes a fraction of a walk over all of it.
pub fn find(file: &SourceFile) -> Vec<Range<usize>> {
    let bytes = file.text.as_bytes();
    let mut starts = memchr_iter(b'/', bytes).filter(|at| matches!(bytes.get(at + 1), Some(b'/' | b'*'))).peekable();
    let mut comments = Vec::new();
    let mut cursor = file.root().walk();
    loop {
        let node = cursor.node();
        while starts.next_if(|at| *at < node.start_byte()).is_some() {}
        let Some(&start) = starts.peek() else { return comments };
        if start < node.end_byte() {
            if node.kind() == "comment" {
                comments.push(node.byte_range());
            } else if cursor.goto_first_child() {
                continue;
            }
            // Inside of a comment, or of a string and its like.
            while starts.next_if(|at| *at < node.end_byte()).is_some() {}
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return comments;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::*;
    use crate::syntax::source::tests::file;

    #[test]
    fn comments_are_told_from_what_looks_like_one() {
        let file = file(
            "#!/usr/bin//env deno\n/* a */ f(/* b */ 'http://c', /\\/*d/, `//e ${g /* h */}//i`); // j // k\n\
             const x = <p title=\"//l\">// m {/* n */} /* o */</p>;\n/** p\n * // q\n */\nclass A { /* r */ }\n// s",
        );
        assert!(file.errors().is_empty(), "{:?}", file.errors());
        let found: Vec<&str> = find(&file).into_iter().map(|range| &file.text[range]).collect();
        let comments =
            ["/* a */", "/* b */", "/* h */", "// j // k", "/* n */", "/** p\n * // q\n */", "/* r */", "// s"];
        assert_eq!(found, comments);
    }
}

//! How a file is written: what is put into it follows its own habits.

use serde::{Deserialize, Deserializer, Serialize};
use tree_sitter::Node;

use super::source::SourceFile;

/// A line end: `\n` or `\r\n`.
pub type Newline = &'static str;

/// The habits of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Style {
    /// The quote that most of its strings have, those of its imports first: `'` or `"`.
    pub quote: char,
    /// Whether its statements end with a semicolon.
    pub semicolons: bool,
    /// What its lines end with.
    #[serde(deserialize_with = "known_newline")]
    pub newline: Newline,
    /// One level of indent.
    pub indent: String,
}

/// How many strings and statements are looked at in a file that has no import to go by.
const SAMPLE: usize = 60;

impl Style {
    /// Reads the habits of `file`.
    pub fn of(file: &SourceFile) -> Style {
        let imports: Vec<Node<'_>> = {
            let root = file.root();
            let mut cursor = root.walk();
            root.named_children(&mut cursor).filter(|node| node.kind() == "import_statement").collect()
        };
        let quotes: Vec<char> = imports
            .iter()
            .filter_map(|import| import.child_by_field_name("source"))
            .filter_map(|source| file.text_of(source).chars().next())
            .collect();
        let ends: Vec<bool> = imports.iter().map(|import| file.text_of(*import).ends_with(';')).collect();
        let (quotes, ends) = if imports.is_empty() { sample(file) } else { (quotes, ends) };
        Style {
            quote: if majority(quotes.iter().map(|quote| *quote == '"')).unwrap_or(false) { '"' } else { '\'' },
            semicolons: majority(ends.into_iter()).unwrap_or(true),
            newline: newline(&file.text),
            indent: indent(&file.text),
        }
    }

    /// `text` between the file's quotes. The text must hold neither quotes nor backslashes.
    pub fn quoted(&self, text: &str) -> String {
        format!("{quote}{text}{quote}", quote = self.quote)
    }
}

/// Whether more than half are true; `None` for a draw or for nothing at all.
fn majority(votes: impl Iterator<Item = bool>) -> Option<bool> {
    let balance: i64 = votes.map(|vote| if vote { 1 } else { -1 }).sum();
    (balance != 0).then_some(balance > 0)
}

/// The quotes of the first strings, and whether the first statements end with a semicolon.
fn sample(file: &SourceFile) -> (Vec<char>, Vec<bool>) {
    let (mut quotes, mut ends) = (Vec::new(), Vec::new());
    let mut cursor = file.root().walk();
    'walk: while quotes.len() < SAMPLE && ends.len() < SAMPLE {
        let node = cursor.node();
        match node.kind() {
            "string" => quotes.extend(file.text_of(node).chars().next()),
            "expression_statement" | "lexical_declaration" | "return_statement" => {
                ends.push(file.text_of(node).ends_with(';'));
            }
            _ => {}
        }
        if cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                break 'walk;
            }
        }
    }
    (quotes, ends)
}

/// The line end of the first line.
fn newline(text: &str) -> Newline {
    match memchr::memchr(b'\n', text.as_bytes()) {
        Some(at) if at > 0 && text.as_bytes()[at - 1] == b'\r' => "\r\n",
        _ => "\n",
    }
}

fn known_newline<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Newline, D::Error> {
    <&str>::deserialize(deserializer).map(newline)
}

/// The indent of the first line that has one; comment lines (` * …`) don't count.
fn indent(text: &str) -> String {
    text.lines()
        .filter_map(|line| {
            let rest = line.trim_start_matches([' ', '\t']);
            let indent = &line[..line.len() - rest.len()];
            let usable = !indent.is_empty() && !rest.is_empty() && !rest.starts_with('*');
            usable.then(|| if indent.starts_with('\t') { "\t" } else { indent })
        })
        .find(|indent| *indent == "\t" || (2..=8).contains(&indent.len()))
        .unwrap_or("  ")
        .to_owned()
}

#[cfg(test)]
mod tests {
    use crate::syntax::source::tests::file;

    #[test]
    fn imports_decide() {
        let style = file("import a from \"a\"\nconst x = 'b';\nfoo('c');\n").style().clone();
        assert_eq!((style.quote, style.semicolons), ('"', false));
    }

    #[test]
    fn without_imports_the_code_decides() {
        let style = file("const x = \"b\"\nfoo(\"c\")\n").style().clone();
        assert_eq!((style.quote, style.semicolons), ('"', false));
        let style = file("").style().clone();
        assert_eq!((style.quote, style.semicolons, style.newline, style.indent.as_str()), ('\'', true, "\n", "  "));
    }

    #[test]
    fn line_ends_and_indent() {
        let style = file("/**\r\n * x\r\n */\r\nif (a) {\r\n    b();\r\n}\r\n").style().clone();
        assert_eq!((style.newline, style.indent.as_str()), ("\r\n", "    "));
        assert_eq!(file("if (a) {\n\tb();\n}\n").style().indent, "\t");
    }
}

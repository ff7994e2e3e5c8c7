//! What the literals of a call say: their texts without quotes, cut to what reads, joined, and quoted again.
//!
//! A text is kept as it is written, with its escapes, but for those of quotes: those depend on what it will stand between.

use tree_sitter::Node;

use super::context::FileContext;

/// The text of a string or of a part of a template that `raw` is the inside of: no quote in it is escaped, and no line
/// ends in it.
pub fn unescaped_quotes(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut letters = raw.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\n' => text.push_str("\\n"),
            '\r' => {}
            '\\' => match letters.next() {
                Some(plain @ ('\'' | '"' | '`' | '$' | '{')) => text.push(plain),
                // A line that goes on in the next one.
                Some('\n') => {}
                Some('\r') => drop(letters.next()),
                Some(other) => text.extend(['\\', other]),
                None => {}
            },
            _ => text.push(letter),
        }
    }
    text
}

/// The inside of a literal that says `text` between two of `quote`.
pub fn escaped(text: &str, quote: char) -> String {
    let mut inside = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => {
                inside.push(letter);
                inside.extend(letters.next());
            }
            _ if letter == quote => inside.extend(['\\', quote]),
            '$' if quote == '`' && letters.peek() == Some(&'{') => inside.push_str("\\$"),
            _ => inside.push(letter),
        }
    }
    inside
}

/// `text` as a literal, between two of `quote`; or of the other one, if that leaves fewer quotes to escape.
pub fn quoted(text: &str, quote: char) -> String {
    let count = |wanted: char| text.chars().filter(|letter| *letter == wanted).count();
    let other = if quote == '"' { '\'' } else { '"' };
    let quote = if quote != '`' && count(quote) > count(other) { other } else { quote };
    format!("{quote}{}{quote}", escaped(text, quote))
}

/// What a literal says, without the blanks around it. Empty if it has no letter or digit: `|` or `---` between two values
/// says nothing without them.
pub fn words(cx: &FileContext<'_>, node: Node<'_>) -> String {
    let text = cx.file.text_of(node);
    if !text.starts_with(['\'', '"', '`']) {
        return if node.kind() == "object" { String::new() } else { text.to_owned() };
    }
    let raw = trim_start(trim_end(&text[1..text.len() - 1]));
    if raw.chars().any(char::is_alphanumeric) { unescaped_quotes(raw) } else { String::new() }
}

/// A text that joins others.
pub struct Joining {
    /// What it says.
    pub words: String,
    /// Whether a value was logged between it and the text before.
    pub follows_value: bool,
}

/// Texts as one that reads. What is itself a label stands behind a comma; where a value stood between two texts, or stands
/// behind the last of such, there is an ellipsis. The last colon and blanks go.
pub fn joined(first: &str, later: impl Iterator<Item = Joining>, value_follows: bool) -> String {
    let mut text = first.to_owned();
    let mut has_gap = false;
    for part in later.filter(|part| !part.words.is_empty()) {
        let label = trim_label(&text);
        let was_label = label.len() < trim_end(&text).len();
        text.truncate(label.len());
        let is_label = part.words.ends_with(':');
        let between = match (was_label && is_label, part.follows_value) {
            _ if text.is_empty() => "",
            (true, _) => ", ",
            (false, true) => " … ",
            (false, false) => " ",
        };
        has_gap |= between == " … ";
        text.push_str(between);
        text.push_str(&part.words);
    }
    let label = trim_label(&text).len();
    let is_label = label < trim_end(&text).len();
    text.truncate(label);
    if has_gap && value_follows && !is_label {
        text.push_str(" …");
    }
    text
}

/// `text` without what leads on to a value at its end: blanks, a colon, `=`, `->`, `(` and their like. A line of three or
/// more signs is no label, and stays.
pub fn trim_label(text: &str) -> &str {
    const ENDS: [&str; 9] = ["->", "=>", "→", ":", "=", "|", "(", ",", "-"];
    let mut short = trim_end(text);
    loop {
        let rest = ENDS.iter().find_map(|end| {
            let rest = short.strip_suffix(end)?;
            let is_line = ["--", "=="].iter().any(|line| rest.ends_with(line));
            // `user-` is a word, `user -` is not.
            let is_word = *end == "-" && !rest.is_empty() && trim_end(rest).len() == rest.len();
            (!is_line && !is_word && !ends_with_escape(rest)).then_some(rest)
        });
        match rest {
            Some(rest) => short = trim_end(rest),
            None => return short,
        }
    }
}

/// `text` without the blanks at its start, `\n` and `\t` among them.
pub fn trim_start(text: &str) -> &str {
    let mut short = text.trim_start();
    while let Some(rest) = ["\\n", "\\t", "\\r"].iter().find_map(|escape| short.strip_prefix(escape)) {
        short = rest.trim_start();
    }
    short
}

/// `text` without the blanks at its end, `\n` and `\t` among them.
pub fn trim_end(text: &str) -> &str {
    let mut short = text;
    loop {
        let next = short.trim_end();
        let next = ["\\n", "\\t", "\\r"]
            .iter()
            .find_map(|escape| next.strip_suffix(escape).filter(|rest| !ends_with_escape(rest)))
            .unwrap_or(next);
        if next.len() == short.len() {
            break;
        }
        short = next;
    }
    // A blank that is escaped keeps its backslash company.
    if ends_with_escape(short) { text } else { short }
}

/// Whether the last backslash of `text` has nothing left to escape.
fn ends_with_escape(text: &str) -> bool {
    text.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_lose_their_colon() {
        assert_eq!(trim_label("Failed: "), "Failed");
        assert_eq!(trim_label("Failed :\\n"), "Failed");
        assert_eq!(trim_label("a\\\\n"), "a\\\\n");
        assert_eq!(trim_label("a\\ "), "a\\ ");
        assert_eq!(trim_label("a\\:"), "a\\:");
        for end in ["::", " =", " = ", " ->", " =>", " →", ":\\n", " |", " (", ",", " -", " == "] {
            assert_eq!(trim_label(&format!("a{end}")), "a", "{end}");
        }
        for text in ["a ===", "a ---", "a --->", "=====", "a-", "a)", "a!", "a >"] {
            assert_eq!(trim_label(text), text);
        }
    }

    #[test]
    fn texts_are_joined_so_that_they_read() {
        let join = |parts: &[&str], follows_value: bool| {
            let later = parts[1..].iter().map(|part| Joining { words: (*part).to_owned(), follows_value });
            joined(parts[0], later, follows_value)
        };
        assert_eq!(join(&["Query:", "User:"], true), "Query, User");
        assert_eq!(join(&["a:", "of"], true), "a … of …");
        assert_eq!(join(&["done in", "ms."], true), "done in … ms. …");
        assert_eq!(join(&["done", "in", "ms"], false), "done in ms");
        assert_eq!(join(&["", "x:"], true), "x");
    }

    #[test]
    fn quotes_are_escaped_for_what_they_stand_between() {
        let text = unescaped_quotes("it\\'s \\\"so\\\" \\`x\\` \\${a} \\n\\\\ \\u0041");
        assert_eq!(text, "it's \"so\" `x` ${a} \\n\\\\ \\u0041");
        assert_eq!(quoted(&text, '\''), "'it\\'s \"so\" `x` ${a} \\n\\\\ \\u0041'");
        assert_eq!(quoted(&text, '`'), "`it's \"so\" \\`x\\` \\${a} \\n\\\\ \\u0041`");
        assert_eq!(quoted("it's", '\''), "\"it's\"");
        assert_eq!(quoted("a \"b\"", '"'), "'a \"b\"'");
        assert_eq!(unescaped_quotes("a\r\nb\\\r\nc"), "a\\nbc");
    }
}

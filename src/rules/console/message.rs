//! The message of a record: the text that a call logs, and what later literals add to it.

use tree_sitter::Node;

use super::call::Script;
use super::context::FileContext;
use super::names;

/// The first argument of a call, where it is a text.
#[derive(Debug, Clone, Copy)]
pub enum Message<'t> {
    /// A string, or a template without substitutions.
    Constant(Node<'t>),
    /// A template with substitutions.
    Template(Node<'t>),
    /// A sum with a text in it, which is a text as a whole.
    Sum(Node<'t>),
}

/// The longest expression that a message of our own quotes, in bytes.
const MAX_EXPRESSION: usize = 60;

impl<'t> Message<'t> {
    /// The message that `argument` is; `None` if it may be something else than a text.
    pub fn of(argument: Node<'t>) -> Option<Message<'t>> {
        match argument.kind() {
            "string" => Some(Message::Constant(argument)),
            "template_string" if last_substitution(argument).is_none() => Some(Message::Constant(argument)),
            "template_string" => Some(Message::Template(argument)),
            "binary_expression" if is_text(argument) => Some(Message::Sum(argument)),
            _ => None,
        }
    }

    fn node(self) -> Node<'t> {
        match self {
            Message::Constant(node) | Message::Template(node) | Message::Sum(node) => node,
        }
    }

    /// Whether the console would put later arguments into it: `%s`, `%d`, `%i`, `%f`, `%j`, `%o`, `%O`, `%c`, as the
    /// Console Standard's formatter and Node have them.
    pub fn has_directive(self, cx: &FileContext<'_>) -> bool {
        let text = cx.file.text_of(self.node()).as_bytes();
        text.windows(2).any(|pair| pair[0] == b'%' && b"sdifjoOc".contains(&pair[1]))
    }

    /// Makes the message fit for what follows: where values do, a trailing colon or blank goes; `literals` join it. Where
    /// nothing is left of it, it gets words of our own.
    pub fn edit(
        self,
        cx: &FileContext<'_>,
        call: Node<'_>,
        arguments: &[Node<'_>],
        literals: &[Node<'_>],
        carries_values: bool,
        script: &mut Script,
    ) {
        if !carries_values && literals.is_empty() {
            return;
        }
        let (quoted, start) = match self {
            Message::Constant(node) => (node, node.start_byte() + 1),
            Message::Template(node) => {
                (node, last_substitution(node).map_or(node.start_byte() + 1, |last| last.end_byte()))
            }
            Message::Sum(node) => match rightmost(node) {
                right if right.kind() == "string" => (right, right.start_byte() + 1),
                _ => {
                    let quote = cx.file.style().quote;
                    let text = joined("", literals.iter().map(|literal| literal_text(cx, *literal, quote)));
                    if !text.is_empty() {
                        script.insert(node.end_byte(), format!(" + {quote}{text}{quote}"));
                    }
                    return;
                }
            },
        };
        let end = quoted.end_byte() - 1;
        let quote = cx.file.text[..=end].chars().next_back().unwrap_or('\'');
        let own = &cx.file.text[start..end];
        let text = joined(own, literals.iter().map(|literal| literal_text(cx, *literal, quote)));
        if text.trim().is_empty() && matches!(self, Message::Constant(_)) {
            script.replace(start..end, made(cx, call, &arguments[1..], &[]));
            return;
        }
        let kept = own.bytes().zip(text.bytes()).take_while(|(a, b)| a == b).count();
        let kept = (0..=kept).rev().find(|at| own.is_char_boundary(*at) && text.is_char_boundary(*at)).unwrap_or(0);
        script.replace(start + kept..end, text[kept..].to_owned());
    }
}

/// The quote that a text beside `argument` gets: its own, else the file's.
pub fn quote(cx: &FileContext<'_>, argument: Node<'_>) -> char {
    match cx.file.text_of(argument).chars().next() {
        Some(own @ ('\'' | '"')) => own,
        _ => cx.file.style().quote,
    }
}

/// Whether an argument says the same every time, so that it belongs into the message.
pub fn is_literal(cx: &FileContext<'_>, node: Node<'_>) -> bool {
    match node.kind() {
        "string" | "number" | "true" | "false" | "null" | "undefined" => true,
        "template_string" => last_substitution(node).is_none(),
        "identifier" => cx.file.text_of(node) == "undefined",
        _ => false,
    }
}

/// Words for a call that has none: `<function>: <expression>`, then the literals.
pub fn made(cx: &FileContext<'_>, call: Node<'_>, arguments: &[Node<'_>], literals: &[Node<'_>]) -> String {
    let function = enclosing_function(cx, call).unwrap_or_else(|| cx.module_name.clone());
    let expression = arguments.first().map(|argument| expression(cx, *argument)).unwrap_or_default();
    let later = literals.iter().filter(|literal| arguments.first().map(Node::id) != Some(literal.id()));
    let later = later.map(|literal| literal_text(cx, *literal, cx.file.style().quote));
    joined(&format!("{function}: {expression}"), later)
}

/// An expression as words: its own text if that is short and plain, else its keys or its name.
fn expression(cx: &FileContext<'_>, node: Node<'_>) -> String {
    let text = cx.file.text_of(node);
    let is_plain = |text: &str| {
        text.len() <= MAX_EXPRESSION && text.chars().all(|part| part.is_alphanumeric() || "_$.?![]()".contains(part))
    };
    if is_plain(text) {
        return text.to_owned();
    }
    let name = names::candidates(cx, node).into_iter().next().unwrap_or_default();
    if node.kind() != "object" {
        return name;
    }
    let mut cursor = node.walk();
    let keys: Vec<&str> = node
        .named_children(&mut cursor)
        .filter_map(|entry| match entry.kind() {
            "pair" => entry.child_by_field_name("key"),
            "shorthand_property_identifier" => Some(entry),
            _ => None,
        })
        .map(|key| cx.file.text_of(key).trim_matches(['\'', '"']))
        .filter(|key| is_plain(key))
        .collect();
    let keys = keys.join(", ");
    if keys.is_empty() || keys.len() > MAX_EXPRESSION { name } else { keys }
}

/// The name of the innermost named function or method around a node.
fn enclosing_function(cx: &FileContext<'_>, node: Node<'_>) -> Option<String> {
    let path = cx.file.path_to(node.byte_range());
    path.iter().enumerate().rev().find_map(|(depth, node)| {
        let name = match node.kind() {
            "function_declaration" | "generator_function_declaration" | "method_definition" => {
                node.child_by_field_name("name")
            }
            "function_expression" | "arrow_function" => {
                let holder = depth.checked_sub(1).map(|above| path[above])?;
                node.child_by_field_name("name").or_else(|| match holder.kind() {
                    "variable_declarator" | "public_field_definition" => holder.child_by_field_name("name"),
                    "pair" => holder.child_by_field_name("key"),
                    _ => None,
                })
            }
            _ => None,
        }?;
        let name = cx.file.text_of(name);
        let is_plain = name.chars().all(|part| part.is_alphanumeric() || part == '_' || part == '$');
        is_plain.then(|| name.to_owned())
    })
}

/// Whether an expression is a text whatever its other operands are.
fn is_text(mut node: Node<'_>) -> bool {
    loop {
        match node.kind() {
            "string" | "template_string" => return true,
            "parenthesized_expression" => match node.named_child(0) {
                Some(inner) => node = inner,
                None => return false,
            },
            "binary_expression" if node.child_by_field_name("operator").is_some_and(|sign| sign.kind() == "+") => {
                let right = node.child_by_field_name("right").map(|right| right.kind());
                if matches!(right, Some("string" | "template_string")) {
                    return true;
                }
                match node.child_by_field_name("left") {
                    Some(left) => node = left,
                    None => return false,
                }
            }
            _ => return false,
        }
    }
}

/// The last operand of a sum.
fn rightmost(node: Node<'_>) -> Node<'_> {
    node.child_by_field_name("right").unwrap_or(node)
}

fn last_substitution(template: Node<'_>) -> Option<Node<'_>> {
    let mut cursor = template.walk();
    template.named_children(&mut cursor).filter(|child| child.kind() == "template_substitution").last()
}

/// A literal's text without the blanks around it, escaped as `quote` wants it.
fn literal_text(cx: &FileContext<'_>, node: Node<'_>, quote: char) -> String {
    let text = cx.file.text_of(node);
    let Some(own_quote) = text.chars().next().filter(|first| matches!(first, '\'' | '"' | '`')) else {
        return if node.kind() == "object" { String::new() } else { text.to_owned() };
    };
    let raw = trim_end(&text[1..text.len() - 1]).trim_start();
    let raw = raw.strip_prefix("\\n").unwrap_or(raw).trim_start();
    if own_quote == quote {
        return raw.to_owned();
    }
    let mut result = String::with_capacity(raw.len());
    let mut escaped = false;
    let mut letters = raw.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\n' => result.push_str("\\n"),
            '\r' => {}
            _ if !escaped && letter == quote => {
                result.push('\\');
                result.push(letter);
            }
            '$' if !escaped && quote == '`' && letters.peek() == Some(&'{') => result.push_str("\\$"),
            _ => result.push(letter),
        }
        escaped = letter == '\\' && !escaped;
    }
    result
}

/// Texts as one that reads: what is itself a label stands behind a comma. The last colon and blanks go.
fn joined(first: &str, later: impl Iterator<Item = String>) -> String {
    let mut text = first.to_owned();
    for part in later.filter(|part| !part.is_empty()) {
        let label = trim_label(&text);
        let was_label = label.len() < trim_end(&text).len();
        text.truncate(label.len());
        let is_label = part.ends_with(':');
        if !text.is_empty() {
            text.push_str(if was_label && is_label { ", " } else { " " });
        }
        text.push_str(&part);
    }
    let length = trim_label(&text).len();
    text.truncate(length);
    text
}

/// `text`, the inside of a literal, without the blanks, one colon, and the blanks before that at its end.
fn trim_label(text: &str) -> &str {
    let short = trim_end(text);
    trim_end(short.strip_suffix(':').unwrap_or(short))
}

/// `text`, the inside of a literal, without the blanks at its end, `\n` and `\t` among them.
fn trim_end(text: &str) -> &str {
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
        assert_eq!(trim_label("a::"), "a:");
        assert_eq!(trim_label("a\\ "), "a\\ ");
    }

    #[test]
    fn texts_are_joined_so_that_they_read() {
        let join = |parts: &[&str]| joined(parts[0], parts[1..].iter().map(|part| (*part).to_owned()));
        assert_eq!(join(&["Query:", "User:"]), "Query, User");
        assert_eq!(join(&["a:", "of"]), "a of");
        assert_eq!(join(&["done", "in", "ms"]), "done in ms");
        assert_eq!(join(&["", "x:"]), "x");
    }
}

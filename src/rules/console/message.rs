//! The message of a record: the text that a call logs, and what later literals add to it.

use std::ops::Range;

use tree_sitter::Node;

use super::context::FileContext;
use super::layout::Script;
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
    /// Something else that is a text whatever happens: `x ? 'a' : 'b'`.
    Other(Node<'t>),
}

/// The longest expression that a message of our own quotes, in bytes.
const MAX_EXPRESSION: usize = 60;

impl<'t> Message<'t> {
    /// The message that `argument` is; `None` if it may be something else than a text.
    pub fn of(cx: &FileContext<'_>, argument: Node<'t>) -> Option<Message<'t>> {
        let node = unparenthesised(argument);
        match node.kind() {
            "string" => Some(Message::Constant(node)),
            "template_string" if last_substitution(node).is_none() => Some(Message::Constant(node)),
            "template_string" => Some(Message::Template(node)),
            _ if !is_text(cx, node) => None,
            "binary_expression" => Some(Message::Sum(node)),
            _ => Some(Message::Other(node)),
        }
    }

    /// Whether the console would put later arguments into it: `%s`, `%d`, `%i`, `%f`, `%j`, `%o`, `%O`, `%c`, as the
    /// Console Standard's formatter and Node have them, or would make one sign of `%%`.
    pub fn has_directive(self, cx: &FileContext<'_>) -> bool {
        let (Message::Constant(node) | Message::Template(node) | Message::Sum(node) | Message::Other(node)) = self;
        let mut nodes = vec![node];
        let is_directive =
            |text: &str| text.as_bytes().windows(2).any(|pair| pair[0] == b'%' && b"%sdifjoOc".contains(&pair[1]));
        while let Some(node) = nodes.pop() {
            match node.kind() {
                "string" if is_directive(cx.file.text_of(node)) => return true,
                "template_string" if texts(cx, node).any(is_directive) => return true,
                "binary_expression" | "ternary_expression" | "parenthesized_expression" => {
                    let mut cursor = node.walk();
                    nodes.extend(node.named_children(&mut cursor));
                }
                _ => {}
            }
        }
        false
    }

    /// Whether there is nothing to be seen of it.
    pub fn is_blank(self, cx: &FileContext<'_>) -> bool {
        let Message::Constant(node) = self else { return false };
        let text = cx.file.text_of(node);
        trim_end(&text[1..text.len() - 1]).is_empty()
    }

    /// Writes the message as it is when values follow it: without a trailing colon or blank, and with the `literals`. Where
    /// nothing is left of it, it gets words of our own. `arguments` are those of `call`, the message first.
    pub fn write(
        self,
        cx: &FileContext<'_>,
        call: Node<'_>,
        arguments: &[Node<'_>],
        literals: &[Node<'_>],
        script: &mut Script<'_>,
    ) {
        let whole = arguments[0].byte_range();
        let Some((quoted, start)) = self.last_text() else { return self.append(cx, whole, literals, script) };
        let end = quoted.end_byte() - 1;
        let quote = quote_of(cx, quoted);
        let own = &cx.file.text[start..end];
        let mut text = joined(own, literals.iter().map(|literal| literal_text(cx, *literal, quote)));
        let follows_value = quoted.start_byte() + 1 < start;
        if follows_value && trim_label(own).is_empty() && !text.is_empty() {
            // `${x}: ` and `done` are `${x} done`.
            text.insert(0, ' ');
        } else if !follows_value && text.trim().is_empty() {
            match self {
                Message::Sum(sum) => return keep_without_last(cx, sum, quoted, whole, script),
                _ => text = made(cx, call, &arguments[1..], &[], quote),
            }
        }
        let kept = own.bytes().zip(text.bytes()).take_while(|(a, b)| a == b).count();
        let kept = (0..=kept).rev().find(|at| own.is_char_boundary(*at) && text.is_char_boundary(*at)).unwrap_or(0);
        script.keep(whole.start..start + kept);
        script.put(&text[kept..]);
        script.keep(end..whole.end);
    }

    /// The literal that the message ends with, and the offset where its last text begins. `None` if it ends with a value.
    fn last_text(self) -> Option<(Node<'t>, usize)> {
        let mut node = match self {
            Message::Constant(node) | Message::Template(node) | Message::Sum(node) => node,
            Message::Other(_) => return None,
        };
        while matches!(node.kind(), "binary_expression" | "parenthesized_expression") {
            node = match node.kind() {
                "binary_expression" if !is_sum(node) => return None,
                "binary_expression" => node.child_by_field_name("right")?,
                _ => node.named_child(0)?,
            };
        }
        match node.kind() {
            "string" => Some((node, node.start_byte() + 1)),
            "template_string" => {
                Some((node, last_substitution(node).map_or(node.start_byte() + 1, |last| last.end_byte())))
            }
            _ => None,
        }
    }

    /// Writes a message that ends with a value, and adds the literals to it as a text.
    fn append(self, cx: &FileContext<'_>, whole: Range<usize>, literals: &[Node<'_>], script: &mut Script<'_>) {
        let quote = cx.file.style().quote;
        let text = joined("", literals.iter().map(|literal| literal_text(cx, *literal, quote)));
        let needs_parentheses = matches!(self, Message::Other(node) if node.byte_range() == whole) && !text.is_empty();
        script.put(if needs_parentheses { "(" } else { "" });
        script.keep(whole);
        script.put(if needs_parentheses { ")" } else { "" });
        if !text.is_empty() {
            script.put(&format!(" + {quote} {text}{quote}"));
        }
    }
}

/// Keeps a sum without `last`, the text at its end of which nothing is left; with it, if the sum is a text only by it.
fn keep_without_last(
    cx: &FileContext<'_>,
    sum: Node<'_>,
    last: Node<'_>,
    whole: Range<usize>,
    script: &mut Script<'_>,
) {
    let right = sum.child_by_field_name("right");
    let left = sum.child_by_field_name("left").filter(|left| is_text(cx, *left));
    match left {
        Some(left)
            if right.map(|right| right.id()) == Some(last.id())
                && !cx.has_comment(left.end_byte()..last.start_byte()) =>
        {
            script.keep(whole.start..left.end_byte());
            script.keep(last.end_byte()..whole.end);
        }
        _ => script.keep(whole),
    }
}

/// The quote that a text beside `argument` gets: its own, else the file's.
pub fn quote(cx: &FileContext<'_>, argument: Node<'_>) -> char {
    match quote_of(cx, argument) {
        own @ ('\'' | '"') => own,
        _ => cx.file.style().quote,
    }
}

/// The first character of a node.
fn quote_of(cx: &FileContext<'_>, node: Node<'_>) -> char {
    cx.file.text_of(node).chars().next().unwrap_or_default()
}

/// Whether an argument says the same every time, so that it belongs into the message.
pub fn is_literal(cx: &FileContext<'_>, node: Node<'_>) -> bool {
    match node.kind() {
        "string" | "number" | "true" | "false" | "null" | "undefined" => true,
        "template_string" => last_substitution(node).is_none(),
        "identifier" => cx.file.text_of(node) == "undefined",
        "unary_expression" => {
            cx.file.text_of(node).starts_with('-') && node.named_child(0).is_some_and(|child| child.kind() == "number")
        }
        _ => false,
    }
}

/// The `literals` of a call whose first argument is no text as its message, to stand between two of `quote`; `None` if they
/// hold no words.
pub fn of_literals(cx: &FileContext<'_>, literals: &[Node<'_>], quote: char) -> Option<String> {
    let is_text = |literal: &Node<'_>| {
        matches!(literal.kind(), "string" | "template_string")
            && literal_text(cx, *literal, quote).contains(char::is_alphabetic)
    };
    let text = || joined("", literals.iter().map(|literal| literal_text(cx, *literal, quote)));
    literals.iter().any(is_text).then(text)
}

/// Words for a call that has none, to stand between two of `quote`: `<function>: <expression>`, then the literals.
pub fn made(
    cx: &FileContext<'_>,
    call: Node<'_>,
    arguments: &[Node<'_>],
    literals: &[Node<'_>],
    quote: char,
) -> String {
    let function = enclosing_function(cx, call).unwrap_or_else(|| cx.module_name.clone());
    let expression = arguments.first().map(|argument| expression(cx, *argument)).unwrap_or_default();
    let later = literals.iter().filter(|literal| arguments.first().map(Node::id) != Some(literal.id()));
    let later = later.map(|literal| literal_text(cx, *literal, quote));
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

/// The name of the innermost function or method around a node that has one.
fn enclosing_function(cx: &FileContext<'_>, node: Node<'_>) -> Option<String> {
    let path = cx.file.path_to(node.byte_range());
    (1..path.len()).rev().find_map(|depth| {
        let name = function_name(cx, path[depth], &path[..depth])?;
        let name = cx.file.text_of(name).trim_start_matches('#').trim_matches(['\'', '"']);
        let is_plain = name.chars().all(|part| part.is_alphanumeric() || matches!(part, '_' | '$'));
        is_plain.then(|| name.to_owned())
    })
}

/// What a function is called, be it by its own name or by what holds it; `above` are the nodes around it.
fn function_name<'t>(cx: &FileContext<'_>, function: Node<'t>, above: &[Node<'t>]) -> Option<Node<'t>> {
    match function.kind() {
        "function_declaration" | "generator_function_declaration" | "method_definition" => {
            function.child_by_field_name("name")
        }
        "function_expression" | "generator_function" | "arrow_function" => function
            .child_by_field_name("name")
            .or_else(|| holder_name(*above.last()?))
            .or_else(|| hook_name(cx, above)),
        _ => None,
    }
}

/// The name of what an expression is the value of.
fn holder_name(holder: Node<'_>) -> Option<Node<'_>> {
    match holder.kind() {
        "variable_declarator" | "public_field_definition" => holder.child_by_field_name("name"),
        "pair" => holder.child_by_field_name("key"),
        "assignment_expression" => {
            let left = holder.child_by_field_name("left")?;
            left.child_by_field_name("property").or(Some(left))
        }
        _ => None,
    }
}

/// `save` in `const save = useCallback(() => …)`, whose parts are `above` the function.
fn hook_name<'t>(cx: &FileContext<'_>, above: &[Node<'t>]) -> Option<Node<'t>> {
    let [.., holder, call, arguments] = above else { return None };
    let is_hook = arguments.kind() == "arguments"
        && call.child_by_field_name("function").is_some_and(|hook| {
            let name = cx.file.text_of(hook);
            name.rsplit('.').next().is_some_and(|name| name.starts_with("use"))
        });
    if is_hook { holder_name(*holder) } else { None }
}

/// Whether an expression is a text whatever its operands are.
fn is_text(cx: &FileContext<'_>, node: Node<'_>) -> bool {
    // The methods of a text that give another one.
    const TO_TEXT: [&str; 7] = ["repeat", "padStart", "padEnd", "trim", "concat", "toUpperCase", "toLowerCase"];
    // A sum may have thousands of operands, so its left side is followed in a loop.
    let mut node = unparenthesised(node);
    while is_sum(node) {
        if node.child_by_field_name("right").is_some_and(|right| is_text(cx, right)) {
            return true;
        }
        let Some(left) = node.child_by_field_name("left") else { return false };
        node = unparenthesised(left);
    }
    match node.kind() {
        "string" | "template_string" => true,
        "ternary_expression" => ["consequence", "alternative"]
            .iter()
            .all(|branch| node.child_by_field_name(branch).is_some_and(|branch| is_text(cx, branch))),
        "call_expression" => node.child_by_field_name("function").is_some_and(|function| {
            let property = function.child_by_field_name("property").map(|property| cx.file.text_of(property));
            property.is_some_and(|property| TO_TEXT.contains(&property))
                && function
                    .child_by_field_name("object")
                    .is_some_and(|object| matches!(object.kind(), "string" | "template_string"))
        }),
        _ => false,
    }
}

fn is_sum(node: Node<'_>) -> bool {
    node.kind() == "binary_expression" && node.child_by_field_name("operator").is_some_and(|sign| sign.kind() == "+")
}

fn unparenthesised(mut node: Node<'_>) -> Node<'_> {
    while node.kind() == "parenthesized_expression" && node.named_child_count() == 1 {
        let Some(inner) = node.named_child(0) else { break };
        node = inner;
    }
    node
}

/// The texts of a template between its substitutions.
fn texts<'t>(cx: &'t FileContext<'_>, template: Node<'t>) -> impl Iterator<Item = &'t str> {
    let mut cursor = template.walk();
    let substitutions = template.named_children(&mut cursor).filter(|child| child.kind() == "template_substitution");
    let mut bounds = vec![template.start_byte()];
    bounds.extend(substitutions.flat_map(|substitution| [substitution.start_byte(), substitution.end_byte()]));
    bounds.push(template.end_byte());
    (0..bounds.len() / 2).map(move |index| &cx.file.text[bounds[2 * index]..bounds[2 * index + 1]])
}

fn last_substitution(template: Node<'_>) -> Option<Node<'_>> {
    let mut cursor = template.walk();
    template.named_children(&mut cursor).filter(|child| child.kind() == "template_substitution").last()
}

/// A literal's text without the blanks around it, escaped as `quote` wants it. Empty if it has no letter or digit.
fn literal_text(cx: &FileContext<'_>, node: Node<'_>, quote: char) -> String {
    let text = cx.file.text_of(node);
    let Some(own_quote) = text.chars().next().filter(|first| matches!(first, '\'' | '"' | '`')) else {
        return if node.kind() == "object" { String::new() } else { text.to_owned() };
    };
    let raw = trim_end(&text[1..text.len() - 1]).trim_start();
    let raw = raw.strip_prefix("\\n").unwrap_or(raw).trim_start();
    if !raw.chars().any(char::is_alphanumeric) {
        return String::new(); // `|` or `---` between two values says nothing without them.
    }
    if own_quote == quote {
        return raw.to_owned();
    }
    let mut result = String::with_capacity(raw.len());
    let mut escaped = false;
    let mut letters = raw.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            // A line that goes on in the next one.
            '\n' if escaped => drop(result.pop()),
            '\n' => result.push_str("\\n"),
            '\r' => continue,
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

/// `text`, the inside of a literal, without what leads on to a value at its end: blanks, a colon, `=`, `->`, `(` and their
/// like. A line of three or more signs is no label, and stays.
fn trim_label(text: &str) -> &str {
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
        let join = |parts: &[&str]| joined(parts[0], parts[1..].iter().map(|part| (*part).to_owned()));
        assert_eq!(join(&["Query:", "User:"]), "Query, User");
        assert_eq!(join(&["a:", "of"]), "a of");
        assert_eq!(join(&["done", "in", "ms"]), "done in ms");
        assert_eq!(join(&["", "x:"]), "x");
    }
}

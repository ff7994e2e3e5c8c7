//! The message of a record: the text that a call logs, and what later literals add to it.

use std::ops::Range;

use tree_sitter::Node;

use super::context::FileContext;
use super::layout::Script;
use super::text::{Joining, escaped, joined, trim_end, trim_label};

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

    /// Writes the message as it is when values follow it: without a trailing colon or blank, and with the words of the
    /// literals that stand `later`. Where nothing is left of it, it gets the words that are `made` for it.
    pub fn write(
        self,
        cx: &FileContext<'_>,
        whole: Range<usize>,
        (later, value_follows): (Vec<Joining>, bool),
        made: impl Fn() -> String,
        script: &mut Script<'_>,
    ) {
        let Some((quoted, start)) = self.last_text() else {
            return self.append(cx, whole, &joined("", later.into_iter(), value_follows), script);
        };
        let end = quoted.end_byte() - 1;
        let quote = quote_of(cx, quoted);
        let own = &cx.file.text[start..end];
        // Words of others are escaped as these are.
        let later = later.into_iter().map(|part| Joining { words: escaped(&part.words, quote), ..part });
        let mut text = joined(own, later, value_follows);
        let follows_value = quoted.start_byte() + 1 < start;
        if follows_value && trim_label(own).is_empty() && !text.is_empty() {
            // `${x}: ` and `done` are `${x} done`.
            text.insert(0, ' ');
        } else if !follows_value && text.trim().is_empty() {
            match self {
                Message::Sum(sum) => return keep_without_last(cx, sum, quoted, whole, script),
                _ => text = escaped(&made(), quote),
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

    /// Writes a message that ends with a value, and adds `words` to it.
    fn append(self, cx: &FileContext<'_>, whole: Range<usize>, words: &str, script: &mut Script<'_>) {
        let needs_parentheses = matches!(self, Message::Other(node) if node.byte_range() == whole) && !words.is_empty();
        script.put(if needs_parentheses { "(" } else { "" });
        script.keep(whole);
        script.put(if needs_parentheses { ")" } else { "" });
        if !words.is_empty() {
            let quote = cx.file.style().quote;
            script.put(&format!(" + {quote} {}{quote}", escaped(words, quote)));
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

/// Whether an expression is a text whatever its operands are.
pub fn is_text(cx: &FileContext<'_>, node: Node<'_>) -> bool {
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

/// Whether a node is `a + b`.
pub fn is_sum(node: Node<'_>) -> bool {
    node.kind() == "binary_expression" && node.child_by_field_name("operator").is_some_and(|sign| sign.kind() == "+")
}

/// What stands in parentheses.
pub fn unparenthesised(mut node: Node<'_>) -> Node<'_> {
    while node.kind() == "parenthesized_expression" && node.named_child_count() == 1 {
        let Some(inner) = node.named_child(0) else { break };
        node = inner;
    }
    node
}

/// The texts of a template between its substitutions.
fn texts<'t>(cx: &'t FileContext<'_>, template: Node<'t>) -> impl Iterator<Item = &'t str> {
    let substitutions = substitutions(template).into_iter();
    let mut bounds = vec![template.start_byte()];
    bounds.extend(substitutions.flat_map(|substitution| [substitution.start_byte(), substitution.end_byte()]));
    bounds.push(template.end_byte());
    (0..bounds.len() / 2).map(move |index| &cx.file.text[bounds[2 * index]..bounds[2 * index + 1]])
}

/// The `${…}` of a template.
pub fn substitutions(template: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = template.walk();
    template.named_children(&mut cursor).filter(|child| child.kind() == "template_substitution").collect()
}

fn last_substitution(template: Node<'_>) -> Option<Node<'_>> {
    substitutions(template).pop()
}

//! What a logged value is called in the fields of a record.

use tree_sitter::Node;

use super::context::FileContext;

/// The names that a value may go by, the best one first, each longer than the one before. Never empty.
pub fn candidates(cx: &FileContext<'_>, value: Node<'_>) -> Vec<String> {
    let value = core(value);
    let names = match value.kind() {
        "identifier" => {
            let name = cx.file.text_of(value);
            if cx.is_error(value) && name != "error" {
                vec!["error".to_owned(), name.to_owned()]
            } else {
                vec![name.to_owned()]
            }
        }
        "member_expression" | "subscript_expression" => joined(&parts(cx, value), 2),
        "call_expression" => called(cx, value),
        "new_expression" => match value.child_by_field_name("constructor") {
            Some(class) if cx.file.text_of(class).ends_with("Error") => vec!["error".to_owned()],
            Some(class) => joined(&parts(cx, class), 1),
            None => Vec::new(),
        },
        "unary_expression" => match value.child_by_field_name("argument") {
            Some(argument) => candidates(cx, argument),
            None => Vec::new(),
        },
        "binary_expression" => match value.child_by_field_name("operator").map(|operator| operator.kind()) {
            Some("??" | "||") => child_names(cx, value, "left"),
            Some("&&") => child_names(cx, value, "right"),
            _ => Vec::new(),
        },
        "ternary_expression" => child_names(cx, value, "consequence"),
        "assignment_expression" => child_names(cx, value, "left"),
        "object" => vec!["details".to_owned()],
        "array" => vec!["values".to_owned()],
        "template_string" => vec!["text".to_owned()],
        _ => Vec::new(),
    };
    if names.is_empty() { vec!["value".to_owned()] } else { names }
}

/// The value inside of what doesn't change it: parentheses, `await`, casts, `!`.
pub fn core(mut node: Node<'_>) -> Node<'_> {
    while matches!(
        node.kind(),
        "parenthesized_expression"
            | "await_expression"
            | "as_expression"
            | "satisfies_expression"
            | "non_null_expression"
            | "type_assertion"
    ) {
        let inner = match node.kind() {
            "type_assertion" => node.named_child(1),
            _ => node.named_child(0),
        };
        match inner {
            Some(inner) => node = inner,
            None => break,
        }
    }
    node
}

fn child_names(cx: &FileContext<'_>, node: Node<'_>, field: &str) -> Vec<String> {
    node.child_by_field_name(field).map(|child| candidates(cx, child)).unwrap_or_default()
}

/// A call goes by the name that is called; a conversion by what it converts.
fn called(cx: &FileContext<'_>, call: Node<'_>) -> Vec<String> {
    const CONVERSIONS: [&str; 5] = ["String", "Number", "Boolean", "JSON.stringify", "structuredClone"];
    let Some(function) = call.child_by_field_name("function") else { return Vec::new() };
    let argument = call.child_by_field_name("arguments").and_then(|arguments| arguments.named_child(0));
    match argument {
        Some(argument) if CONVERSIONS.contains(&cx.file.text_of(function)) => candidates(cx, argument),
        _ => joined(&parts(cx, function), 1),
    }
}

/// The names along a chain: `a.b?.c()['d']` → a, b, c, d. `this` and computed keys say nothing.
fn parts(cx: &FileContext<'_>, node: Node<'_>) -> Vec<String> {
    let mut parts = Vec::new();
    let mut next = Some(node);
    while let Some(node) = next.map(core) {
        let (name, object) = match node.kind() {
            "member_expression" => (node.child_by_field_name("property"), node.child_by_field_name("object")),
            "subscript_expression" => {
                let key = node.child_by_field_name("index").filter(|index| index.kind() == "string");
                (key.and_then(|key| key.named_child(0)), node.child_by_field_name("object"))
            }
            "call_expression" => (None, node.child_by_field_name("function")),
            "identifier" => (Some(node), None),
            _ => (None, None),
        };
        parts.extend(name.map(|name| cx.file.text_of(name).to_owned()));
        next = object;
    }
    parts.reverse();
    parts
}

/// The last `least` names as one in camel case, then one more of them each time.
fn joined(parts: &[String], least: usize) -> Vec<String> {
    let shortest = least.min(parts.len()).max(1);
    (shortest..=parts.len()).map(|count| camel(&parts[parts.len() - count..])).filter(|name| !name.is_empty()).collect()
}

/// `["user", "created_at"]` → `userCreatedAt`, `["Deno", "env"]` → `denoEnv`, `["NODE_ENV"]` → `nodeEnv`.
pub fn camel<T: AsRef<str>>(parts: &[T]) -> String {
    let words = parts.iter().flat_map(|part| {
        let part = part.as_ref();
        let shouted = part.chars().all(|letter| !letter.is_lowercase());
        part.split(|letter: char| !letter.is_alphanumeric() && letter != '$')
            .filter(|word| !word.is_empty())
            .map(move |word| if shouted { word.to_lowercase() } else { word.to_owned() })
            .collect::<Vec<String>>()
    });
    let mut name = String::new();
    for word in words {
        let mut letters = word.chars();
        let Some(first) = letters.next() else { continue };
        if name.is_empty() {
            name.extend(first.to_lowercase());
        } else {
            name.extend(first.to_uppercase());
        }
        name.push_str(letters.as_str());
    }
    if name.starts_with(|first: char| first.is_ascii_digit()) { format!("value{name}") } else { name }
}

//! What a logged value is called in the fields of a record.

use tree_sitter::Node;

use super::context::FileContext;

/// The names that a value may go by, the best one first, each longer than the one before. Never empty.
pub fn candidates(cx: &FileContext<'_>, value: Node<'_>) -> Vec<String> {
    let value = telling(cx, value);
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
        "call_expression" => match value.child_by_field_name("function") {
            Some(function) => joined(&parts(cx, function), 1),
            None => Vec::new(),
        },
        "new_expression" => match value.child_by_field_name("constructor") {
            Some(class) if cx.file.text_of(class).ends_with("Error") => vec!["error".to_owned()],
            Some(class) => joined(&parts(cx, class), 1),
            None => Vec::new(),
        },
        "object" => vec!["details".to_owned()],
        "array" => vec!["values".to_owned()],
        "template_string" => vec!["text".to_owned()],
        _ => Vec::new(),
    };
    if names.is_empty() { vec!["value".to_owned()] } else { names }
}

/// The part of a value that tells what it is: what is converted, negated or assigned to; of `x ?? y` and `c ? x : y` the
/// first choice.
fn telling<'t>(cx: &FileContext<'_>, value: Node<'t>) -> Node<'t> {
    let mut value = core(value);
    loop {
        let inner = match value.kind() {
            "unary_expression" => value.child_by_field_name("argument"),
            "ternary_expression" => value.child_by_field_name("consequence"),
            "assignment_expression" => value.child_by_field_name("left"),
            "binary_expression" => match value.child_by_field_name("operator").map(|operator| operator.kind()) {
                Some("??" | "||") => value.child_by_field_name("left"),
                Some("&&") => value.child_by_field_name("right"),
                _ => None,
            },
            "call_expression" => converted(cx, value),
            _ => None,
        };
        match inner {
            Some(inner) => value = core(inner),
            None => return value,
        }
    }
}

/// `x` in `String(x)` and `JSON.stringify(x)`.
fn converted<'t>(cx: &FileContext<'_>, call: Node<'t>) -> Option<Node<'t>> {
    const CONVERSIONS: [&str; 5] = ["String", "Number", "Boolean", "JSON.stringify", "structuredClone"];
    let function = call.child_by_field_name("function")?;
    let arguments =
        call.child_by_field_name("arguments").filter(|_| CONVERSIONS.contains(&cx.file.text_of(function)))?;
    let mut cursor = arguments.walk();
    arguments.named_children(&mut cursor).find(|argument| !matches!(argument.kind(), "comment" | "spread_element"))
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
